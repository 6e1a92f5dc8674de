/* rfc3339: times as web services write them, "2026-11-22T07:33:11.123Z" (RFC 3339 section 5.6). Pure. */
#ifndef LONGHAND_FORMAT_RFC3339_H
#define LONGHAND_FORMAT_RFC3339_H

#include <stdint.h>

#include "base/str.h"

/* To ms since 1970. Any number of decimals (cut at milliseconds); "Z", "+02:00", or "+0200"; 'T', 't' or a
 * space between. A leap second is the second after it. False when it is none, or before 1970. */
bool rfc3339_read(str text, int64_t *ret_at);

/* "2026-11-22T07:33:11.123Z"; before 1970 and after 9999 as the nearest time between. */
str rfc3339_write(arena *a, int64_t at);

#endif
