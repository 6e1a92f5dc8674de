/* mime_header: header fields of a mail -> names, text, dates, ids. RFC 5322, 2047. Own, because real mail
 * carries raw 8-bit bytes, NUL and half-encoded words that a strict reader drops. */
#ifndef LONGHAND_FORMAT_MIME_HEADER_H
#define LONGHAND_FORMAT_MIME_HEADER_H

#include "format/mime.h"

struct mime_field {
    str name;  /* as written */
    str value; /* as it stands: folded, undecoded; without the last line end */
};
typedef LIST(struct mime_field) mime_field_list;

/* The fields of a header block. Lines that are no field are passed over. */
void mime_fields(arena *a, str head, mime_field_list *ret_fields);
/* The value of the first field of that name, "" when there is none. */
str mime_field_first(const mime_field_list *fields, str name);
bool mime_field_has(const mime_field_list *fields, str name);

/* One line of clean text: unfolded, encoded words decoded (adjacent words of one charset are joined before
 * they are converted, so characters may be split between them), raw 8-bit bytes guessed. */
str mime_decode(arena *a, str value);

/* ms since 1970 of an RFC 5322 date, obsolete forms and common mistakes allowed; 0 when it is none. */
int64_t mime_date(str value, int *ret_zone_minutes);

/* Add the message ids in a value (the text between < and >, without white space) that are not yet in the
 * list, `max` in the list at most; from the last to the first with `backwards`. */
void mime_ids(arena *a, str value, bool backwards, size_t max, str_list *ids);

/* Add the mailboxes of an address list (RFC 5322 3.4, obsolete forms and common mistakes allowed). */
void mime_addresses(arena *a, str value, mime_address_list *list);

#endif
