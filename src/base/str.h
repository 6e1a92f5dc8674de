/* str: a pointer and a length. Never NUL-terminated unless a comment says so; never owned.
 * Bytes are UTF-8 by convention, any bytes by right. */
#ifndef LONGHAND_BASE_STR_H
#define LONGHAND_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

typedef struct str {
    const char *p;
    size_t n;
} str;

#define S(literal) ((str){"" literal, sizeof(literal) - 1})
#define STR_FMT(s) (int)((s).n > 4096 ? 4096 : (s).n), (s).p ? (s).p : "" /* for "%.*s"; clipped at 4 KB */

str str_z(const char *z); /* from a NUL-terminated string; NULL gives the empty str */
str str_copy(arena *a, str s);
char *str_cstr(arena *a, str s); /* NUL-terminated copy; an inner NUL ends what C sees */
/* printf into the arena. */
str str_fmt(arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

bool str_eq(str a, str b);
bool str_eq_nocase(str a, str b); /* ASCII case only */
int str_cmp(str a, str b);        /* bytewise, as memcmp, shorter first */
bool str_starts(str s, str prefix);
bool str_starts_nocase(str s, str prefix);
bool str_ends(str s, str suffix);
bool str_has(str s, char c);

/* Offset of the first `needle` in `s` at or after `from`, or SIZE_MAX. */
size_t str_find(str s, str needle, size_t from);
size_t str_find_char(str s, char c, size_t from);

/* The part [from, to), clipped to the str. */
str str_slice(str s, size_t from, size_t to);
str str_trim(str s);            /* without leading and trailing ASCII white space */
str str_lower(arena *a, str s); /* ASCII only */

/* Take the next piece before `sep` off `*rest`; false when nothing is left. "a,b" gives "a", "b";
 * "a," gives "a", "". */
bool str_split(str *rest, char sep, str *ret_piece);
/* Take the next line off `*rest`, without its LF or CRLF. */
bool str_line(str *rest, str *ret_line);

/* Whole decimal number, optional '-', nothing else; false when not one or out of range. */
bool str_to_int(str s, int64_t *ret_value);

/* Cut at `max` bytes without splitting a UTF-8 sequence. */
str str_clip_utf8(str s, size_t max);
bool str_is_utf8(str s); /* valid UTF-8 by RFC 3629, no surrogates */

uint64_t str_hash(str s); /* XXH3, fixed seed: for tables in memory and stable on disk */

#endif
