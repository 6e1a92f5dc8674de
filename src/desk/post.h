/* post: a post about us is kept like a letter, read by the job `read`, and filed.
 *
 * Which conversation: the one of its thread, where its author is that conversation's customer; a private
 * message also the one in which we last wrote privately to its author. Else, as long as an earlier public
 * post of the same author and inbox waits and came within a day, the one that waits: so whoever posts ten
 * thousand times stands on the list once. Anything else begins a new one, which points to the thread's first.
 *
 * The same (inbox, post id) is one message for ever: what comes again changed is an edit (the words before
 * are kept and shown), what comes again as deleted takes its words away. Both count the conversation's
 * version up, so that a reply to the old words is refused. */
#ifndef LONGHAND_DESK_POST_H
#define LONGHAND_DESK_POST_H

#include "desk/filing.h"
#include "format/post.h"
#include "store/post.h"

enum { POST_JOINS_MS = DAY_MS, POST_PRIVATE_DAYS = 90 };

struct post_kept {
    err result; /* as intake_keep returns it; the sentence is not kept */
    int64_t id; /* what its message will be; 0 where it is known as it is, or not kept */
};
/* Keep posts durably; read later. ERR_NONE: every result is filled. They need to be normal (post_normal).
 * `also` (may be NULL) runs in their transaction, and fails it where it fails; it is not run when one of them
 * cannot be kept now (ERR_FULL, ERR_BUSY, ...), which is then returned. */
err post_keep(struct desk *d, arena *a, int64_t brand, int64_t inbox, const struct post *posts, size_t n,
              db_fn also, void *also_arg, struct post_kept *ret_kept);

/* The customer's address that an author is known by: its id, with hook://INBOX/ before one without a scheme;
 * of a web address in lower case. */
str post_author_address(arena *a, int64_t inbox, str author_id);

/* The images and links of a row. What cannot be read is none. */
void post_extra_read(arena *a, str extra, post_image_list *ret_images, post_link_list *ret_links);

/* For the job `read`: the bytes become what is filed; ERR_INVALID says what is wrong with them. */
err post_fill(db_conn *c, arena *a, str bytes, struct filing *f);
/* In the transaction that files it (filing.c). Known: an edit, a deletion, the same again; `ret_done`. */
err post_known_in(db_conn *c, arena *a, struct filing *f, int64_t now, int64_t *ret_conversation,
                  bool *ret_done);
err post_place_in(db_conn *c, arena *a, const struct filing *f, int64_t now, int64_t *ret_conversation,
                  int64_t *ret_related);
err post_put_in(db_conn *c, arena *a, const struct filing *f);

#endif
