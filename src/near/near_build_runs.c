/* The table of runs: to how many customers four words went. */
#include <stdlib.h>
#include <string.h>

#include "near/near_sort.h"

enum {
    BUCKET = 8, /* entries of a bucket before equal ones are counted together, on average */
    FOLD = 16,  /* buckets that may become one where many entries were equal */
};
#define EVERYBODY UINT32_MAX /* in place of a customer: more than are counted */

struct runs {
    uint32_t *dir, buckets, n;
    uint16_t *tags;
    uint8_t *counts;
};

struct holders {
    uint32_t n, customer[NEAR_RUN_MAX];
};

/* Who got the sentence, each once. */
static void holders_of(const struct build *b, uint32_t sentence, struct holders *ret) {
    uint32_t from = b->first_held[sentence], to = b->first_held[sentence + 1], n = 0;
    for (uint32_t i = from; i < to && n < NEAR_RUN_MAX; i++) {
        uint32_t customer = b->customer[b->held[i]], j = 0;
        while (j < n && ret->customer[j] != customer) j++;
        if (j == n) ret->customer[n++] = customer;
    }
    if (n == NEAR_RUN_MAX) {
        n = 1;
        ret->customer[0] = EVERYBODY;
    }
    ret->n = n;
}

static void put_runs(const struct build *b, struct near_sorter *s) {
    near_word words[NEAR_WORDS_MAX];
    struct holders h;
    const uint8_t *end;
    for (uint32_t i = 0; i < b->sentences_n; i++) {
        uint32_t n = near_build_spelled(b, b->record[i], words, &end);
        if (n < NEAR_RUN) continue;
        holders_of(b, i, &h);
        for (uint32_t at = 0; at + NEAR_RUN <= n; at++) {
            uint64_t run = near_hash_run(words + at);
            for (uint32_t j = 0; j < h.n; j++) near_sorter_put(s, run, h.customer[j]);
        }
    }
}

/* One entry for each tag, with its number of distinct customers. */
static void count_bucket(void *context, uint32_t bucket, uint64_t *v, uint32_t n) {
    struct runs *r = context;
    near_sort_bucket(v, n);
    r->dir[bucket] = r->n;
    for (uint32_t i = 0; i < n;) {
        uint64_t tag = v[i] >> 32;
        uint32_t customers = 0;
        bool everybody = false;
        for (uint64_t last = UINT64_MAX; i < n && v[i] >> 32 == tag; last = v[i++]) {
            customers += v[i] != last;
            everybody = everybody || (uint32_t)v[i] == EVERYBODY;
        }
        r->tags[r->n] = (uint16_t)tag;
        r->counts[r->n++] = everybody || customers > NEAR_RUN_MAX ? NEAR_RUN_MAX : (uint8_t)customers;
    }
}

static err count_all(const struct build *b, struct runs *r) {
    struct near_sorter s;
    err e = near_sorter_open(&s, r->buckets, b->runs);
    while (!e && near_sorter_range(&s)) {
        put_runs(b, &s);
        e = near_sorter_each(&s, count_bucket, r);
    }
    near_sorter_close(&s);
    TRY(e);
    r->dir[r->buckets] = r->n;
    uint32_t fold = 1;
    while (fold < FOLD && (uint64_t)r->buckets / fold * BUCKET > r->n) fold *= 2;
    r->buckets /= fold;
    for (uint32_t i = 0; i <= r->buckets; i++) r->dir[i] = r->dir[(size_t)i * fold];
    return ERR_NONE;
}

err near_build_runs(struct build *b) {
    if (b->runs >= NEAR_NONE) return err_set(ERR_LIMIT, "There are too many sentences for one index.");
    struct runs r = {.buckets = ((uint32_t)(b->runs / BUCKET) / FOLD + 1) * FOLD};
    size_t dir_n = (size_t)r.buckets + 1;
    r.dir = near_big(dir_n * sizeof *r.dir);
    r.tags = near_big(b->runs * sizeof *r.tags);
    r.counts = near_big(b->runs);
    err e = !r.dir || !r.tags || !r.counts ? near_no_memory() : count_all(b, &r);
    if (!e) e = near_writer_section(&b->out, NEAR_RUN_DIR, r.dir, ((size_t)r.buckets + 1) * sizeof *r.dir);
    if (!e) e = near_writer_section(&b->out, NEAR_RUN_TAGS, r.tags, r.n * sizeof *r.tags);
    if (!e) e = near_writer_section(&b->out, NEAR_RUN_COUNTS, r.counts, r.n);
    near_big_free(r.dir, dir_n * sizeof *r.dir);
    near_big_free(r.tags, b->runs * sizeof *r.tags);
    near_big_free(r.counts, b->runs);
    return e;
}
