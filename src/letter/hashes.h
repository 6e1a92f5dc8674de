/* hashes: a set of word hashes with a number each, in an arena. For one letter or one reply. */
#ifndef LONGHAND_LETTER_HASHES_H
#define LONGHAND_LETTER_HASHES_H

#include "letter/text.h"

struct hashes {
    uint32_t *keys, *values; /* key 0: free */
    uint32_t mask;
};

/* Room for `n` different hashes. */
static inline struct hashes hashes_new(arena *a, size_t n) {
    uint32_t size = 16;
    while (size < n * 2) size *= 2;
    return (struct hashes){arena_array(a, size, sizeof(uint32_t)), arena_array(a, size, sizeof(uint32_t)),
                           size - 1};
}

/* The value of a hash, NULL when it is not in. */
static inline uint32_t *hashes_get(const struct hashes *h, uint32_t key) {
    if (!h->keys || !key) return NULL;
    for (uint32_t i = key & h->mask;; i = (i + 1) & h->mask) {
        if (h->keys[i] == key) return &h->values[i];
        if (!h->keys[i]) return NULL;
    }
}

/* The value of a hash, put in with 0 when it was not. */
static inline uint32_t *hashes_put(struct hashes *h, uint32_t key) {
    uint32_t i = key & h->mask;
    while (h->keys[i] && h->keys[i] != key) i = (i + 1) & h->mask;
    h->keys[i] = key;
    return &h->values[i];
}

#endif
