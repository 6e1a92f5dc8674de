/* memory: what is taken from the system, and a reserve for the moment when it gives none.
 *
 * The serving process sets some memory aside when it starts. When malloc fails, pieces of it are given back
 * to the system and the call is tried again, so that work that has begun goes on to its end, with its locks,
 * transactions and descriptors in order; nothing is unwound. While the reserve is not whole memory_short()
 * says so, and no new work is begun: letters get 452, requests 503, jobs wait. The reserve is made whole
 * again as soon as the system gives memory. A call for more than the reserve holds, or when it is used up,
 * waits ten seconds for others to end; then the process aborts, and whoever runs it starts it again: what was
 * told as kept is on the disk. What could be large asks first (memory_room) or can fail (memory_try). */
#ifndef LONGHAND_BASE_MEMORY_H
#define LONGHAND_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

enum { MEMORY_RESERVE = 32 << 20 }; /* of the serving process; addresses, not resident */

/* Set `bytes` aside, at most 64 MiB; 0 gives all back. Without a reserve a failed call aborts at once. */
void memory_reserve(size_t bytes);

/* As malloc, calloc(1, n) and realloc, but never NULL; released by free. n = 0 gives a pointer, too. */
void *memory_take(size_t n);
void *memory_zeroed(size_t n);
void *memory_again(void *p, size_t n);
/* As realloc, helped by the reserve; NULL when that is not enough, and `p` stays as it was. */
void *memory_try(void *p, size_t n);

/* For libraries that take functions of ours: the same as calloc and strdup. */
void *memory_array(size_t count, size_t size);
char *memory_strdup(const char *z);
/* A library had no memory: give a piece of the reserve back, so that it may be asked again. False when there
 * is none. */
bool memory_help(void);

/* The reserve is not whole, and cannot be made whole now. Asked at most ten times a second for real. */
bool memory_short(void);
/* Could `n` bytes be had now without the reserve? */
bool memory_room(size_t n);

/* Where memory comes from: realloc unless a test gives another function; NULL sets it back. */
void memory_source(void *(*realloc_like)(void *p, size_t n));

#endif
