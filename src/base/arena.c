#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { BLOCK_SIZE = 32 * 1024 };

typedef struct block {
    struct block *next;
    size_t size, used;
    alignas(max_align_t) unsigned char data[];
} block;

struct arena {
    block *head; /* the block being filled; older ones behind it */
    size_t used, limit;
};

static void die(const char *why) {
    fprintf(stderr, "longhand: %s\n", why);
    abort();
}

static block *block_new(size_t size) {
    block *b = memory_take(sizeof *b + size);
    b->next = NULL;
    b->size = size;
    b->used = 0;
    return b;
}

arena *arena_new(size_t limit) {
    arena *a = memory_take(sizeof *a);
    a->head = NULL;
    a->used = 0;
    a->limit = limit ? limit : ARENA_DEFAULT_LIMIT;
    return a;
}

static void drop_all_but_last(arena *a) {
    while (a->head && a->head->next) {
        block *b = a->head;
        a->head = b->next;
        free(b);
    }
}

void arena_free(arena *a) {
    if (!a) return;
    drop_all_but_last(a);
    free(a->head);
    free(a);
}

void arena_reset(arena *a) {
    drop_all_but_last(a);
    if (a->head && a->head->size > BLOCK_SIZE) {
        free(a->head);
        a->head = NULL;
    }
    if (a->head) a->head->used = 0;
    a->used = 0;
}

void *arena_alloc(arena *a, size_t n) {
    if (n > a->limit || a->used > a->limit - n) die("an arena passed its limit");
    size_t need = (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    block *b = a->head;
    if (!b || b->size - b->used < need) {
        b = block_new(need > BLOCK_SIZE ? need : BLOCK_SIZE);
        b->next = a->head;
        a->head = b;
    }
    void *p = b->data + b->used;
    b->used += need;
    a->used += n;
    memset(p, 0, n);
    return p;
}

void *arena_array(arena *a, size_t count, size_t size) {
    size_t n;
    if (__builtin_mul_overflow(count, size, &n)) die("an array is too large");
    return arena_alloc(a, n);
}

void *arena_copy(arena *a, const void *p, size_t n) {
    void *q = arena_alloc(a, n);
    if (n) memcpy(q, p, n);
    return q;
}

size_t arena_used(const arena *a) { return a->used; }

void arena_freep(arena **a) { arena_free(*a); }
