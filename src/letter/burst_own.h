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
    uint32_t *keys; /* n in order, then m different ones, sorted */
    uint16_t n, m, language;
    uint32_t bands[BANDS], whole; /* whole: of all its different words */
};

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
/* Voices that hours [from, to) lead to expect. */
double burst_usual(const struct burst *b, int64_t from, int64_t to);

#endif
