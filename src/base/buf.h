/* buf: bytes that grow up to a stated maximum.
 *
 * Writing past the maximum writes nothing more and makes the buf fail, for good; the caller asks once
 * at the end with buf_ok. A buf owns its memory (malloc) and is released by buf_free or BUF_AUTO. */
#ifndef LONGHAND_BASE_BUF_H
#define LONGHAND_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

typedef struct buf {
    char *p;
    size_t n, cap, max;
    bool failed;
} buf;

#define BUF_MAX(bytes) ((buf){.max = (bytes)}) /* an empty buf of at most `bytes` */

void buf_free(buf *b);
void buf_clear(buf *b); /* empty again and not failed; keeps the memory */
bool buf_ok(const buf *b);
str buf_str(const buf *b); /* valid until the next write */

void buf_add(buf *b, str s);
void buf_add_z(buf *b, const char *z);
void buf_add_char(buf *b, char c);
void buf_add_int(buf *b, int64_t v); /* decimal */
void buf_add_fmt(buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_add_utf8(buf *b, uint32_t code_point); /* U+FFFD where not a scalar value */

/* Make room for `n` more bytes and return where they go, or NULL when that passes the maximum;
 * buf_grew says how many of them were filled. */
char *buf_room(buf *b, size_t n);
void buf_grew(buf *b, size_t n);

void buf_drop_front(buf *b, size_t n);

#define BUF_AUTO __attribute__((cleanup(buf_free)))

#endif
