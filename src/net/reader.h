/* reader: letters are parsed in a child process without privileges (`longhand reader`, the same program
 * started again), so that a hostile mail costs one letter's rendering and never the desk.
 * The child has two pipes and nothing else: rlimits on memory, CPU time, files and processes, and the filter
 * of net/confine.h. */
#ifndef LONGHAND_NET_READER_H
#define LONGHAND_NET_READER_H

#include "format/auth_results.h"
#include "format/bounce.h"
#include "format/html.h"
#include "format/mime.h"

typedef struct reader reader;

struct reader_letter {
    struct mime_letter mime; /* mime.html is empty here; see safe */
    safe_html safe;          /* the HTML, sanitised; "" when none or refused */
    int remote_images;       /* left out */
    html_url_list urls;      /* of reader_read_remote: where those are that `safe` has a place for */
    struct bounce bounce;    /* what it reports of other letters; no rows for nothing */
    auth_header_list auth;   /* who is said to have sent it, by anybody */
};

/* One child, started when first needed, again after it died, and after a thousand letters. Use from one
 * thread at a time. The child dies with the thread that made it work first: keep the thread that reads.
 * `program` is the path of the longhand binary ("/proc/self/exe" in the desk). */
reader *reader_new(str program);
void reader_free(reader *r);

/* How long a letter may take: 14 s for the first try, 20 s with the second one. For tests. */
void reader_patience(reader *r, int64_t first_try_ms, int64_t both_tries_ms);

/* Parse one letter of at most 50 MiB. A letter that ends the child is tried a second time without its HTML,
 * whose words are then the text. ERR_INVALID with a sentence for people when it cannot be read (the child
 * said so, or died, or took longer than 20 s); ERR_IO when no child can be started, ERR_BUSY when there is no
 * memory for the answer. The answer stays in the
 * arena, which takes up to twice the letter and 40 MiB of it. What the child says is checked: text is clean
 * UTF-8 within the limits of mime.h, addresses have the shape of such, and `safe` passes html_is_safe. */
err reader_read(reader *r, arena *a, str raw, struct reader_letter *ret_letter);

/* The same, with a place in `safe` for each picture from elsewhere (html_sanitise_remote) and its address: at
 * most HTML_REMOTE_MAX, http or https, one line each. Without the second try. */
err reader_read_remote(reader *r, arena *a, str raw, struct reader_letter *ret_letter);

/* A small JPEG of a picture of at most 50 MiB, as picture_small makes it, by the same child. ERR_INVALID when
 * there is none to be made: no picture, damaged, too large, or the child died of it. */
err reader_small(reader *r, arena *a, str bytes, str *ret_jpeg);

/* The child's side: serve requests on stdin until it closes. Returns the exit status. */
int reader_main(void);

#endif
