/* Random bytes (libsodium) and ids. */
#ifndef LONGHAND_BASE_RANDOM_H
#define LONGHAND_BASE_RANDOM_H

#include <stdint.h>

#include "base/str.h"

/* Call once before anything else here; safe to repeat. Aborts when the system gives no randomness. */
void random_start(void);
void random_bytes(void *to, size_t n);

/* A new 63-bit id that sorts by time: 42 bits of milliseconds since 2020-01-01 UTC, then 21 bits that
 * start at random each millisecond and count up. Ids of one process never repeat or fall; two
 * processes may meet with chance 2^-21 in one millisecond, and then the primary key refuses. Before 12
 * January 2020 it is id_past. */
int64_t id_new(int64_t now_ms);

/* An id for something older, that sorts among those made at that time: for mail that is brought in. Of times
 * before 12 January 2020 only the order is kept (id_time is then some day in January 2020). The low bits
 * count up from a random start, so that a process never repeats one; another may have made it, with chance
 * 2^-21. */
int64_t id_past(int64_t at_ms);

/* When the id was made, in ms since 1970. */
int64_t id_time(int64_t id);

/* 128 random bits as 22 characters of [A-Za-z0-9_-]. */
str token_new(arena *a);
/* BLAKE2b-256 of a token, for storage: only the hash is ever kept. 32 bytes. */
str token_hash(arena *a, str token);
/* BLAKE2b-256 as 64 hexadecimal characters. */
str content_hash(arena *a, str bytes);

#endif
