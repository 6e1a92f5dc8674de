/* Sorting the entries of a table into its buckets: each entry is written once to the blocks of its partition
 * (16,384 buckets in a row), and a partition is then small enough to be sorted within the processor's cache.
 * A table too large for memory is made a range of buckets at a time. */
#ifndef LONGHAND_NEAR_SORT_H
#define LONGHAND_NEAR_SORT_H

#include "near/near_build.h"

enum { NEAR_PARTITION = 1 << 14, NEAR_BLOCK = 1 << 10 };

struct near_partition {
    uint32_t first, last, filled; /* blocks, and entries in the last */
    uint64_t n;
};
struct near_sorter {
    uint32_t buckets, from, to;
    uint64_t *pool;
    uint32_t *next; /* of each block */
    uint32_t used, blocks;
    struct near_partition *part;
    uint32_t parts;
};

/* A table of `buckets` that will get at most `entries`. */
err near_sorter_open(struct near_sorter *s, uint32_t buckets, uint64_t entries);
void near_sorter_close(struct near_sorter *s);
/* Take the buckets from where the last range ended, at most as many as fit in memory; false after the last.
 */
bool near_sorter_range(struct near_sorter *s);
uint32_t near_sorter_block(struct near_sorter *s); /* for near_sorter_put */

static inline void near_sorter_put(struct near_sorter *s, uint64_t hash, uint32_t value) {
    uint32_t bucket = near_bucket(hash, s->buckets);
    if (bucket < s->from || bucket >= s->to) return;
    uint32_t local = bucket - s->from;
    struct near_partition *p = &s->part[local / NEAR_PARTITION];
    if (p->filled == NEAR_BLOCK || !p->n) {
        uint32_t block = near_sorter_block(s);
        if (p->n)
            s->next[p->last] = block;
        else
            p->first = block;
        p->last = block;
        p->filled = 0;
    }
    p->n++;
    s->pool[(size_t)p->last * NEAR_BLOCK + p->filled++] =
        (uint64_t)(local % NEAR_PARTITION) << 48 | (uint64_t)near_tag(hash) << 32 | value;
}

/* Call for every bucket of the range, in order, empty ones too. Entries are tag << 32 | value, in the order
 * in which they were put; `take` may change them. */
typedef void near_bucket_taker(void *context, uint32_t bucket, uint64_t *entries, uint32_t n);
err near_sorter_each(struct near_sorter *s, near_bucket_taker *take, void *context);

void near_sort_bucket(uint64_t *entries, uint32_t n);

#endif
