#include "near/near_grams.h"

#include <stdlib.h>
#include <xxhash.h>

uint64_t near_hash_sentence(const near_word *words, uint32_t n) {
    return XXH3_64bits_withSeed(words, n * sizeof *words, 7);
}

static int by_order(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Most sentences have a dozen bigrams, where insertion is fastest. */
static void sort_orders(uint64_t *v, uint32_t n) {
    if (n > 48) {
        qsort(v, n, sizeof *v, by_order);
        return;
    }
    for (uint32_t i = 1; i < n; i++) {
        uint64_t x = v[i];
        uint32_t j = i;
        for (; j && v[j - 1] > x; j--) v[j] = v[j - 1];
        v[j] = x;
    }
}

uint32_t near_orders(const near_word *words, uint32_t n, const uint8_t *df, uint64_t df_mask, uint64_t *ret) {
    if (n < 2) return 0;
    if (n > NEAR_WORDS_MAX) n = NEAR_WORDS_MAX;
    uint64_t hashes[NEAR_WORDS_MAX];
    for (uint32_t i = 0; i + 1 < n; i++) {
        hashes[i] = near_hash_bigram(words[i], words[i + 1]);
        if (df) __builtin_prefetch(&df[near_df_slot(hashes[i], df_mask)]);
    }
    for (uint32_t i = 0; i + 1 < n; i++) {
        uint64_t often = df ? df[near_df_slot(hashes[i], df_mask)] : 0;
        ret[i] = often << 56 | hashes[i] >> 8;
    }
    sort_orders(ret, n - 1);
    uint32_t distinct = 1;
    for (uint32_t i = 1; i + 1 < n; i++)
        if (ret[i] != ret[distinct - 1]) ret[distinct++] = ret[i];
    return distinct;
}

uint32_t near_rarest(const near_word *words, uint32_t n, const uint8_t *df, uint64_t df_mask,
                     uint64_t ret[NEAR_KEYS]) {
    uint64_t orders[NEAR_WORDS_MAX];
    uint32_t kept = 0;
    if (n > NEAR_WORDS_MAX) n = NEAR_WORDS_MAX;
    for (uint32_t i = 0; i + 1 < n; i++) {
        orders[i] = near_hash_bigram(words[i], words[i + 1]);
        if (df) __builtin_prefetch(&df[near_df_slot(orders[i], df_mask)]);
    }
    for (uint32_t i = 0; i + 1 < n; i++) {
        uint64_t often = df ? df[near_df_slot(orders[i], df_mask)] : 0, x = often << 56 | orders[i] >> 8;
        if (kept == NEAR_KEYS && x >= ret[kept - 1]) continue;
        uint32_t at = kept;
        while (at && ret[at - 1] > x) at--;
        if (at && ret[at - 1] == x) continue; /* repeated */
        if (kept < NEAR_KEYS) kept++;
        for (uint32_t j = kept - 1; j > at; j--) ret[j] = ret[j - 1];
        ret[at] = x;
    }
    for (uint32_t i = 0; i < kept; i++) ret[i] <<= 8;
    return kept;
}
