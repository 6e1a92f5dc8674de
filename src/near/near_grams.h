/* What the file and the memory part share: how sentences become hashes, and the limits of both.
 *
 * A bigram is two words in a row; a sentence is known by the set of its bigrams. It is found by its rarest
 * ones, so everybody must agree which those are: they are ordered by how often they occur (df, as the file
 * in use counts it: a byte on a logarithmic scale), then by hash. Both stand in one number, the order:
 * df << 56 | hash >> 8. A hash is therefore worth its upper 56 bits. */
#ifndef LONGHAND_NEAR_GRAMS_H
#define LONGHAND_NEAR_GRAMS_H

#include "near/near.h"

enum {
    NEAR_WORDS_MAX = 512,      /* words of a sentence that count; what is behind is not read */
    NEAR_SENTENCES_MAX = 4096, /* sentences of a text */
    NEAR_KEYS = 4,             /* rarest bigrams a sentence is filed under */
    NEAR_LIST_MAX = 64,        /* sentences filed under one bigram; texts listed under one sentence */
    NEAR_EXACT_WORDS = 3,      /* sentences up to this many words are only found word for word */
    NEAR_RUN = 4,              /* words of a run */
    NEAR_RUN_MAX = 255,        /* customers of a run are counted up to here */
};

static inline uint64_t near_mix(uint64_t x) {
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93u;
    x ^= x >> 29;
    x *= 0xd6e8feb86659fd93u;
    return x ^ x >> 32;
}
static inline uint64_t near_pair(uint32_t a, uint32_t b) { return (uint64_t)a << 32 | b; }
static inline uint64_t near_hash_bigram(near_word a, near_word b) {
    return near_mix(near_pair(a, b) + 0x9e3779b97f4a7c15u) & ~(uint64_t)255;
}
static inline uint64_t near_hash_run(const near_word w[NEAR_RUN]) {
    return near_mix(near_pair(w[0], w[1]) * 0x9fb21c651e98df25u ^ near_mix(near_pair(w[2], w[3]) + 1));
}
/* Of an id, for tables. */
static inline uint64_t near_hash_id(int64_t id) { return near_mix((uint64_t)id * 0x9e3779b97f4a7c15u + 3); }
/* Of "this customer got that", what being the hash of a run or a sentence. */
static inline uint64_t near_hash_got(uint64_t what, int64_t customer) {
    return near_mix(what ^ (uint64_t)customer * 0x9e3779b97f4a7c15u);
}

/* Of all words of a sentence: two sentences with the same hash are the same. */
uint64_t near_hash_sentence(const near_word *words, uint32_t n);

/* The place of a bigram in the table of frequencies, of mask + 1 bytes: 0 to 15 times as they are, then eight
 * steps for each doubling. */
static inline size_t near_df_slot(uint64_t hash, uint64_t mask) { return hash >> 20 & mask; }

/* The distinct bigrams of a sentence as orders, rarest first; df may be NULL (nothing is known). `ret` has
 * room for NEAR_WORDS_MAX. Returns how many. */
uint32_t near_orders(const near_word *words, uint32_t n, const uint8_t *df, uint64_t df_mask, uint64_t *ret);

/* The hashes of the NEAR_KEYS rarest, or fewer, rarest first; df may be NULL. Returns how many. */
uint32_t near_rarest(const near_word *words, uint32_t n, const uint8_t *df, uint64_t df_mask,
                     uint64_t ret[NEAR_KEYS]);

#endif
