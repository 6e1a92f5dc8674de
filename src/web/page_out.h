/* page_out: what compiled templates print through. tools/tmplc describes the templates.
 *
 * Each printing function here escapes for the place the template compiler checked it for; the macros pick
 * the function by type, so that a type without a safe form does not compile. */
#ifndef LONGHAND_WEB_PAGE_OUT_H
#define LONGHAND_WEB_PAGE_OUT_H

#include "base/buf.h"
#include "base/lang.h"
#include "base/zone.h"
#include "format/html.h"

enum { PAGE_SCRATCH = 8, PAGE_SCRATCH_BYTES = 160 };

struct page_out {
    buf *out;
    const struct lang *lang;                        /* NULL is English */
    const struct zone *zone;                        /* NULL is UTC */
    int64_t now;                                    /* ms, of the request; what "today" is measured from */
    char scratch[PAGE_SCRATCH][PAGE_SCRATCH_BYTES]; /* of the ..._text functions; starts zeroed */
    unsigned next_scratch;
};

/* One argument of a translated text. */
struct page_arg {
    str text; /* when `digits` is empty */
    char digits[24];
};

/* ---- for generated code ---- */

void page_bytes(struct page_out *o, const char *markup, size_t n); /* as it is */

void page_put_str(struct page_out *o, str x);
void page_put_z(struct page_out *o, const char *x); /* NULL prints nothing */
void page_put_int(struct page_out *o, long long x);
void page_put_uint(struct page_out *o, unsigned long long x);

void page_path_str(struct page_out *o, str x);
void page_path_z(struct page_out *o, const char *x);
void page_json_str(struct page_out *o, str x);
void page_json_z(struct page_out *o, const char *x);

void page_raw(struct page_out *o, struct safe_html x);
void page_srcdoc(struct page_out *o, struct safe_html x); /* escaped once more, for an attribute */
/* A whole URL: http, https, mailto or relative, at most 8 KB; anything else prints "#". Bytes that must
 * not stand in a URL are percent-encoded, %XX that is there stays (RFC 3986, 2). */
void page_link(struct page_out *o, str url);

struct page_arg page_arg_str(str x);
struct page_arg page_arg_z(const char *x);
struct page_arg page_arg_int(long long x);
struct page_arg page_arg_uint(unsigned long long x);
void page_text(struct page_out *o, const char *msgid, int nargs, const struct page_arg *args);
void page_plural(struct page_out *o, int64_t n, const char *one, const char *many, int nargs,
                 const struct page_arg *args);

/* bool, plain char, pointers and structs have no entry on purpose. */
#define PAGE_BY_TYPE_(x, for_str, for_z, for_int, for_uint)                                                  \
    _Generic((x),                                                                                        \
        str: for_str,                                                                                    \
        const char *: for_z,                                                                             \
        char *: for_z,                                                                                   \
        signed char: for_int,                                                                            \
        short: for_int,                                                                                  \
        int: for_int,                                                                                    \
        long: for_int,                                                                                   \
        long long: for_int,                                                                              \
        unsigned char: for_uint,                                                                         \
        unsigned short: for_uint,                                                                        \
        unsigned: for_uint,                                                                              \
        unsigned long: for_uint,                                                                         \
        unsigned long long: for_uint)

#define page_print(o, x) PAGE_BY_TYPE_(x, page_put_str, page_put_z, page_put_int, page_put_uint)(o, x)
#define page_path(o, x) PAGE_BY_TYPE_(x, page_path_str, page_path_z, page_put_int, page_put_uint)(o, x)
#define page_json(o, x) PAGE_BY_TYPE_(x, page_json_str, page_json_z, page_put_int, page_put_uint)(o, x)
#define page_arg(x) PAGE_BY_TYPE_(x, page_arg_str, page_arg_z, page_arg_int, page_arg_uint)(x)

/* ---- for templates ---- */

/* <time datetime="2025-03-11T16:05:00+01:00">Tuesday 16:05</time>: "16:05" today, the weekday within the
 * last six days, "12 March, 16:05" this year, "12 March 2025" else. Prints nothing for 0. */
void page_when(struct page_out *o, int64_t at);
/* Calendar day only: "Friday, 13 March" this year, "13 March 2026" else; as <time datetime="2026-03-13">. */
void page_day(struct page_out *o, int64_t at);
/* A span of time in its two largest units: "1 d 17 h", "3 h 5 min", "12 min", "under a minute". */
void page_waited(struct page_out *o, int64_t ms);
/* "840 bytes", "2.1 MB" (1 KB = 1000 bytes), one decimal below 10. */
void page_size(struct page_out *o, int64_t bytes);

/* The same as text, to stand in a sentence or an attribute: {{ "Waiting {0}", page_waited_text(o, ms) }}.
 * The result lives in `o` until the eighth call after. */
str page_when_text(struct page_out *o, int64_t at);
str page_day_text(struct page_out *o, int64_t at);
str page_waited_text(struct page_out *o, int64_t ms);
str page_size_text(struct page_out *o, int64_t bytes);
/* "1,834,436": a count that is looked at, its thousands parted as the language does. */
str page_count_text(struct page_out *o, int64_t n);

#endif
