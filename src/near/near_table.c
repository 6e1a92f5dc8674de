#include "near/near_table.h"

#include <stdlib.h>

#include "base/memory.h"

/* The upper 32 bits of a slot are those of the hash: they say part and place, so a part can be moved into
 * one twice as large without the hashes it was made from. Slot 0 is free: the lower half is never all zero
 * but in a tally of 0 with a hash of 0, which loses nothing. */
static const struct near_part *part_of(const struct near_table *t, uint64_t hash) {
    return &t->part[hash >> 58];
}
static uint32_t place_of(uint64_t slot, uint32_t cap) { return (uint32_t)(slot >> 32) & (cap - 1); }

static void put(uint64_t *v, uint32_t cap, uint64_t slot) {
    uint32_t i = place_of(slot, cap);
    while (v[i]) i = (i + 1) & (cap - 1);
    v[i] = slot;
}

static struct near_part *part_with_room(struct near_table *t, uint64_t hash) {
    struct near_part *p = &t->part[hash >> 58];
    if (p->cap && p->n < p->cap / 8 * 5) return p;
    uint32_t cap = p->cap ? p->cap * 2 : 16;
    if (!cap) abort(); /* more entries than 32 bits count */
    uint64_t *v = memory_array(cap, sizeof *v);
    for (uint32_t i = 0; i < p->cap; i++)
        if (p->v[i]) put(v, cap, p->v[i]);
    free(p->v);
    p->v = v;
    p->cap = cap;
    return p;
}

void near_table_free(struct near_table *t) {
    for (int i = 0; i < NEAR_TABLE_PARTS; i++) free(t->part[i].v);
    *t = (struct near_table){0};
}

size_t near_table_bytes(const struct near_table *t) {
    size_t bytes = 0;
    for (int i = 0; i < NEAR_TABLE_PARTS; i++) bytes += t->part[i].cap * sizeof *t->part[i].v;
    return bytes;
}

void near_table_prefetch(const struct near_table *t, uint64_t hash) {
    const struct near_part *p = part_of(t, hash);
    if (p->cap) __builtin_prefetch(&p->v[place_of(hash, p->cap)]);
}

bool near_many_add(struct near_table *t, uint64_t hash, uint32_t number, uint32_t most) {
    struct near_part *p = part_with_room(t, hash);
    uint64_t key = hash >> 32;
    uint32_t i = place_of(hash, p->cap), found = 0;
    for (; p->v[i]; i = (i + 1) & (p->cap - 1))
        if (p->v[i] >> 32 == key && ++found == most) return false;
    p->v[i] = key << 32 | (number + 1);
    p->n++;
    return true;
}

uint32_t near_many_find(const struct near_table *t, uint64_t hash, uint32_t *ret, uint32_t max) {
    const struct near_part *p = part_of(t, hash);
    if (!p->cap) return 0;
    uint64_t key = hash >> 32;
    uint32_t n = 0;
    for (uint32_t i = place_of(hash, p->cap); p->v[i] && n < max; i = (i + 1) & (p->cap - 1))
        if (p->v[i] >> 32 == key) ret[n++] = (uint32_t)p->v[i] - 1;
    return n;
}

/* The slot of the hash, or the free one where it would go. */
static uint64_t *tally_slot(const struct near_part *p, uint64_t hash) {
    uint32_t i = place_of(hash, p->cap);
    while (p->v[i] && (p->v[i] ^ hash) >> 8) i = (i + 1) & (p->cap - 1);
    return &p->v[i];
}

uint32_t near_tally_find(const struct near_table *t, uint64_t hash) {
    const struct near_part *p = part_of(t, hash);
    return p->cap ? (uint32_t)(*tally_slot(p, hash) & 255) : 0;
}

uint32_t near_tally_add(struct near_table *t, uint64_t hash) {
    struct near_part *p = part_with_room(t, hash);
    uint64_t *slot = tally_slot(p, hash);
    if (!*slot) {
        *slot = hash & ~(uint64_t)255;
        p->n++;
    }
    if ((*slot & 255) < 255) ++*slot;
    return (uint32_t)(*slot & 255);
}

void near_tally_drop(struct near_table *t, uint64_t hash) {
    const struct near_part *p = part_of(t, hash);
    if (!p->cap) return;
    uint64_t *slot = tally_slot(p, hash);
    if ((*slot & 255) && (*slot & 255) < 255) --*slot;
}
