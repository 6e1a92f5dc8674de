/* The inside of letter/burst. */
#ifndef LONGHAND_LETTER_BURST_OWN_H
#define LONGHAND_LETTER_BURST_OWN_H

#include "letter/burst.h"

enum {
    BURST_HOUR = 3600000,
    WEEK_HOURS = 168,
    BANDS = 6,
    BAND_ROWS = 4,
    SHORT_WORDS = 5, /* different words; letters with fewer are not compared */
    LANGUAGES = 32,
    WINDOWS = 4,
    TABLE_LEAST = 1 << 12,
    BURST_NO_LANGUAGE = 1,
};

struct ring_letter {
    int64_t id, customer, at;
    uint32_t *keys; /* its different words, sorted; then n bytes: see burst_order */
    uint16_t language;
    uint8_t n, words;
    uint32_t bands[BANDS], whole; /* whole: of all its different words */
};

/* Its words as they stood: which of the different ones each is, BURST_GAP where a pair may not reach over. */
enum { BURST_GAP = UINT8_MAX };
_Static_assert((int)BURST_LETTER_WORDS < (int)BURST_GAP, "a byte says which");
static inline uint8_t *burst_order(const struct ring_letter *l) { return (uint8_t *)(l->keys + l->words); }
static inline size_t burst_bytes(const struct ring_letter *l) { return l->words * sizeof *l->keys + l->n; }
/* Do two words make a pair here? Place i and the next one; i + 1 < n. */
static inline bool burst_pair_at(const struct ring_letter *l, size_t i, uint32_t *ret_a, uint32_t *ret_b) {
    const uint8_t *order = burst_order(l);
    if (order[i] == BURST_GAP || order[i + 1] == BURST_GAP) return false;
    *ret_a = l->keys[order[i]];
    *ret_b = l->keys[order[i + 1]];
    return true;
}

struct counted {
    uint32_t key; /* 0: free */
    float count;  /* times burst.gain */
};

struct language_volume {
    uint16_t code; /* 0: free */
    float voices;
};

struct burst {
    struct ring_letter *ring; /* by at, id */
    size_t first, n, cap;     /* ring[first .. first + n) */
    struct counted *table;
    size_t table_cap, table_n;
    double gain;    /* what a voice adds now; doubles in 28 days, so that all before fades */
    int64_t folded; /* hours before this are part of what is usual; ms; 0: nothing came yet */
    double voices, hours;
    float by_hour[WEEK_HOURS], hours_of[WEEK_HOURS]; /* voices, and how many such hours there were */
    struct language_volume languages[LANGUAGES];
    int64_t since[WINDOWS]; /* letters since the window was looked at */
};

static inline uint32_t burst_mix(uint32_t x) {
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    return x ^ x >> 16;
}

float *burst_count_of(const struct burst *b, uint32_t key); /* NULL: none */
void burst_count_put(struct burst *b, uint32_t key, float add);
float burst_language_voices(const struct burst *b, uint16_t code);
uint16_t burst_language_code(str language);
/* ret[i]: the first of the letters that letter i is one voice with (itself, mostly). */
void burst_voices_of(const struct ring_letter *letters, size_t n, arena *a, uint32_t *ret);
/* The letters in the order of their voices, those of one by time. */
uint32_t *burst_by_voice(arena *a, const uint32_t *voice, size_t n);
/* Voices that hours [from, to) lead to expect. */
double burst_usual(const struct burst *b, int64_t from, int64_t to);

#endif
