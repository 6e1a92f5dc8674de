#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistr.h>
#include <xxhash.h>

str str_z(const char *z) { return (str){z ? z : "", z ? strlen(z) : 0}; }

str str_copy(arena *a, str s) { return (str){arena_copy(a, s.p, s.n), s.n}; }

char *str_cstr(arena *a, str s) {
    char *z = arena_alloc(a, s.n + 1);
    if (s.n) memcpy(z, s.p, s.n);
    return z;
}

str str_fmt(arena *a, const char *fmt, ...) {
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0) abort();
    char *z = arena_alloc(a, (size_t)n + 1);
    vsnprintf(z, (size_t)n + 1, fmt, again);
    va_end(again);
    return (str){z, (size_t)n};
}

bool str_eq(str a, str b) { return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0); }

bool str_eq_nocase(str a, str b) { return a.n == b.n && (a.n == 0 || strncasecmp(a.p, b.p, a.n) == 0); }

int str_cmp(str a, str b) {
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

bool str_starts(str s, str prefix) { return s.n >= prefix.n && str_eq(str_slice(s, 0, prefix.n), prefix); }

bool str_starts_nocase(str s, str prefix) {
    return s.n >= prefix.n && str_eq_nocase(str_slice(s, 0, prefix.n), prefix);
}

bool str_ends(str s, str suffix) {
    return s.n >= suffix.n && str_eq(str_slice(s, s.n - suffix.n, s.n), suffix);
}

bool str_has(str s, char c) { return str_find_char(s, c, 0) != SIZE_MAX; }

size_t str_find(str s, str needle, size_t from) {
    if (from > s.n) return SIZE_MAX;
    if (needle.n == 0) return from;
    if (needle.n > s.n - from) return SIZE_MAX;
    const char *at = memmem(s.p + from, s.n - from, needle.p, needle.n);
    return at ? (size_t)(at - s.p) : SIZE_MAX;
}

size_t str_find_char(str s, char c, size_t from) {
    if (from >= s.n) return SIZE_MAX;
    const char *at = memchr(s.p + from, c, s.n - from);
    return at ? (size_t)(at - s.p) : SIZE_MAX;
}

str str_slice(str s, size_t from, size_t to) {
    if (to > s.n) to = s.n;
    if (from > to) from = to;
    return (str){s.p ? s.p + from : s.p, to - from};
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

str str_trim(str s) {
    while (s.n && is_space(s.p[0])) s.p++, s.n--;
    while (s.n && is_space(s.p[s.n - 1])) s.n--;
    return s;
}

str str_lower(arena *a, str s) {
    char *p = arena_copy(a, s.p, s.n);
    for (size_t i = 0; i < s.n; i++)
        if (p[i] >= 'A' && p[i] <= 'Z') p[i] += 'a' - 'A';
    return (str){p, s.n};
}

bool str_split(str *rest, char sep, str *ret_piece) {
    if (!rest->p) return false;
    size_t at = str_find_char(*rest, sep, 0);
    if (at == SIZE_MAX) {
        *ret_piece = *rest;
        *rest = (str){NULL, 0};
        return true;
    }
    *ret_piece = str_slice(*rest, 0, at);
    *rest = str_slice(*rest, at + 1, rest->n);
    return true;
}

bool str_line(str *rest, str *ret_line) {
    if (rest->n == 0) return false;
    size_t at = str_find_char(*rest, '\n', 0);
    size_t end = at == SIZE_MAX ? rest->n : at;
    str line = str_slice(*rest, 0, end);
    if (at != SIZE_MAX && line.n && line.p[line.n - 1] == '\r') line.n--;
    *rest = str_slice(*rest, at == SIZE_MAX ? rest->n : at + 1, rest->n);
    *ret_line = line;
    return true;
}

bool str_to_int(str s, int64_t *ret_value) {
    bool minus = s.n && s.p[0] == '-';
    if (minus) s = str_slice(s, 1, s.n);
    if (s.n == 0) return false;
    int64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') return false;
        /* Counted downwards, so that the smallest number fits. */
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, s.p[i] - '0', &v)) return false;
    }
    if (!minus && __builtin_sub_overflow((int64_t)0, v, &v)) return false;
    *ret_value = v;
    return true;
}

str str_clip_utf8(str s, size_t max) {
    if (s.n <= max) return s;
    while (max && ((unsigned char)s.p[max] & 0xC0) == 0x80) max--;
    return str_slice(s, 0, max);
}

bool str_is_utf8(str s) { return s.n == 0 || u8_check((const uint8_t *)s.p, s.n) == NULL; }

uint64_t str_hash(str s) { return XXH3_64bits(s.p, s.n); }
