/* The sentences that the index and its peers are measured with. Synthetic, made from a number, so that ten
 * million need no disk: sentence i is always the same.
 *
 * Words are drawn by Zipf's law (density 1/rank) from 300,000. Of a hundred sentences
 *   60 are new: phrases of two to four words from a bank of 500,000 (drawn by Zipf's law too) between single
 *      words, 6 to 18 words long,
 *   30 are variants of a template, a new sentence of 8 to 20 words of which none to three words are replaced;
 *      there is a template for every twenty sentences, drawn by Zipf's law,
 *   10 are macros, sent word for word: 5,000 of them, drawn by Zipf's law.
 * Real mail repeats phrases less evenly and has typing mistakes; no figure measured with this says how well
 * canned replies are recognised (test/eval does), only how fast and how complete the search is. */
#ifndef LONGHAND_BENCH_NEAR_CORPUS_H
#define LONGHAND_BENCH_NEAR_CORPUS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

enum { CORPUS_WORDS = 300000, CORPUS_PHRASES = 500000, CORPUS_MACROS = 5000, CORPUS_LONGEST = 24 };

struct corpus_sentence {
    uint32_t n, rank[CORPUS_LONGEST];
};

static inline uint64_t corpus_next(uint64_t *state) { /* splitmix64 */
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
static inline uint32_t corpus_below(uint64_t *state, uint32_t n) {
    return (uint32_t)((corpus_next(state) >> 32) * n >> 32);
}
static inline uint32_t corpus_zipf(uint64_t *state, uint32_t n) {
    double u = (double)(corpus_next(state) >> 11) / 9007199254740992.0;
    uint32_t r = (uint32_t)exp(u * log((double)n + 1)) - 1;
    return r < n ? r : n - 1;
}
static inline uint64_t corpus_seed(uint64_t kind, uint64_t number) {
    uint64_t state = kind << 56 ^ number * 0xd6e8feb86659fd93u;
    corpus_next(&state);
    return state;
}

static inline void corpus_phrase(struct corpus_sentence *s, uint32_t phrase) {
    uint64_t r = corpus_seed(1, phrase);
    for (uint32_t n = 2 + corpus_below(&r, 3); n && s->n < CORPUS_LONGEST; n--)
        s->rank[s->n++] = corpus_zipf(&r, CORPUS_WORDS);
}
static inline void corpus_new(struct corpus_sentence *s, uint64_t r, uint32_t shortest, uint32_t longest) {
    uint32_t n = shortest + corpus_below(&r, longest - shortest + 1);
    s->n = 0;
    while (s->n < n)
        if (corpus_below(&r, 10) < 6)
            corpus_phrase(s, corpus_zipf(&r, CORPUS_PHRASES));
        else
            s->rank[s->n++] = corpus_zipf(&r, CORPUS_WORDS);
    s->n = n;
}
/* Replace `edits` words by others. */
static inline void corpus_edit(struct corpus_sentence *s, uint64_t *r, uint32_t edits) {
    uint32_t done[CORPUS_LONGEST] = {0};
    while (edits) {
        uint32_t at = corpus_below(r, s->n), word = corpus_zipf(r, CORPUS_WORDS);
        if (done[at] || s->rank[at] == word) continue;
        done[at] = 1;
        s->rank[at] = word;
        edits--;
    }
}

/* Sentence i of a corpus of `all`. */
static inline void corpus_said(uint64_t i, uint64_t all, struct corpus_sentence *ret) {
    uint64_t r = corpus_seed(2, i);
    uint32_t kind = corpus_below(&r, 100), templates = (uint32_t)(all / 20 < 1000 ? 1000 : all / 20);
    if (kind < 60) {
        corpus_new(ret, corpus_next(&r), 6, 18);
    } else if (kind < 90) {
        corpus_new(ret, corpus_seed(3, corpus_zipf(&r, templates)), 8, 20);
        corpus_edit(ret, &r, corpus_below(&r, 4));
    } else {
        corpus_new(ret, corpus_seed(4, corpus_zipf(&r, CORPUS_MACROS)), 8, 20);
    }
}
/* A sentence that was never said, and question q: one that was, with so many words changed. */
static inline void corpus_unsaid(uint64_t q, struct corpus_sentence *ret) {
    corpus_new(ret, corpus_seed(5, q), 6, 18);
}
static inline uint64_t corpus_question(uint64_t q, uint64_t all, uint32_t edits,
                                       struct corpus_sentence *ret) {
    uint64_t r = corpus_seed(6, q), i = (uint64_t)(((unsigned __int128)corpus_next(&r) * all) >> 64);
    corpus_said(i, all, ret);
    corpus_edit(ret, &r, edits);
    return i;
}

/* As the index takes it: a number that looks like a hash, different for each word. */
static inline uint32_t corpus_word(uint32_t rank) { return (rank + 1) * 2654435761u; }
/* As text: syllables, shorter for frequent words; at least four letters. Their trigrams are about as varied
 * as those of English words (2,000 and 500 by turns, 10 bits), which is what a trigram index lives on.
 * Returns the bytes written to `ret`, which has room for CORPUS_LONGEST * 8. */
static inline size_t corpus_text(const struct corpus_sentence *s, char *ret) {
    size_t n = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        if (i) ret[n++] = ' ';
        for (uint32_t r = s->rank[i] + 100; r; r /= 100) {
            ret[n++] = "bcdfghjklmnprstvwxzq"[r % 100 / 5];
            ret[n++] = "aeiou"[r % 5];
        }
    }
    return n;
}
/* Jaccard of the sets of bigrams. */
static inline double corpus_alike(const struct corpus_sentence *a, const struct corpus_sentence *b) {
    const struct corpus_sentence *both[2] = {a, b};
    uint32_t sizes[2] = {0, 0}, common = 0;
    for (int s = 0; s < 2; s++)
        for (uint32_t i = 0; i + 1 < both[s]->n; i++) {
            const uint32_t *w = both[s]->rank;
            uint32_t again = 0, there = 0;
            for (uint32_t j = 0; j < i; j++) again |= w[j] == w[i] && w[j + 1] == w[i + 1];
            if (again) continue;
            sizes[s]++;
            const struct corpus_sentence *o = both[1 - s];
            for (uint32_t j = 0; j + 1 < o->n; j++) there |= o->rank[j] == w[i] && o->rank[j + 1] == w[i + 1];
            common += s == 0 && there;
        }
    uint32_t all = sizes[0] + sizes[1] - common;
    return all ? (double)common / all : 0;
}

#endif
