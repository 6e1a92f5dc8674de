/* Arena: memory that lives as long as one request or one job.
 *
 * Everything allocated from an arena is released at once by arena_free or arena_reset. An arena is
 * used by one thread at a time. Allocation never returns NULL: inputs are capped before they reach an
 * arena, so when an arena passes its limit the process aborts. What happens when the system has no memory
 * stands in memory.h. */
#ifndef LONGHAND_BASE_ARENA_H
#define LONGHAND_BASE_ARENA_H

#include <stddef.h>

typedef struct arena arena;

enum { ARENA_DEFAULT_LIMIT = 256 << 20 };

/* A new, empty arena that may hand out at most `limit` bytes; 0 means ARENA_DEFAULT_LIMIT. */
arena *arena_new(size_t limit);
void arena_free(arena *a); /* NULL is allowed */

/* Give back everything handed out, keep the first block for reuse. */
void arena_reset(arena *a);

/* `n` zeroed bytes, aligned for any type. n = 0 gives a valid pointer. */
void *arena_alloc(arena *a, size_t n);
void *arena_array(arena *a, size_t count, size_t size); /* aborts when count*size overflows */
void *arena_copy(arena *a, const void *p, size_t n);

/* Bytes handed out since the last reset. */
size_t arena_used(const arena *a);

void arena_freep(arena **a);
#define ARENA_AUTO __attribute__((cleanup(arena_freep)))

#endif
