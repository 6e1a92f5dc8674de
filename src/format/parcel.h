/* parcel: structs as bytes between a process and its child. Items of a tag (1 byte), a length (4 bytes,
 * lowest first) and that many bytes; an item may hold items. What is taken out is checked as input of a
 * stranger: the child may have been taken over by the letter it read. */
#ifndef LONGHAND_FORMAT_PARCEL_H
#define LONGHAND_FORMAT_PARCEL_H

#include "base/buf.h"
#include "format/auth_results.h"
#include "format/bounce.h"
#include "format/mime.h"

void parcel_put(buf *out, int tag, str value);
void parcel_put_int(buf *out, int tag, int64_t value);
/* An item of items: put them between the two. */
size_t parcel_open(buf *out, int tag);
void parcel_close(buf *out, size_t mark);

/* Take the next item off `*rest`; false at the end, or, with `*rest` not empty, where the bytes are no item.
 */
bool parcel_next(str *rest, int *ret_tag, str *ret_value);
bool parcel_int(str value, int64_t *ret_value); /* exactly 8 bytes */

/* Valid UTF-8 of at most `max` bytes without control characters but, with `lines`, newline and tab. */
bool parcel_text_ok(str text, size_t max, bool lines);

/* A letter without `html` and `html_parts`. */
void parcel_put_letter(buf *out, const struct mime_letter *letter);

/* The values point into `bytes`; lists are in the arena. ERR_INVALID when anything passes what mime.h and
 * mime_default_limits allow. */
err parcel_get_letter(arena *a, str bytes, struct mime_letter *ret_letter);

/* What a letter says of one that came back (bounce.h), and of who sent it (auth_results.h). Taken out as a
 * letter is. */
void parcel_put_bounce(buf *out, const struct bounce *bounce);
err parcel_get_bounce(arena *a, str bytes, struct bounce *ret_bounce);
void parcel_put_auth(buf *out, const auth_header_list *headers);
err parcel_get_auth(arena *a, str bytes, auth_header_list *ret_headers);

#endif
