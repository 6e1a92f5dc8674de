/* The table by which sentences are found: each is filed under itself and under its rarest bigrams. */
#include <stdlib.h>
#include <string.h>

#include "near/near_sort.h"

enum { BUCKET = 8 }; /* entries of a bucket, on average */

struct keys {
    const struct build *build;
    uint32_t *dir, buckets, n;
    uint16_t *tags;
    uint32_t *ids;
    struct filed *scratch;
    uint32_t scratch_n;
    bool no_memory;
};

static void put_keys(const struct build *b, struct near_sorter *s) {
    near_word words[NEAR_WORDS_MAX];
    uint64_t keys[NEAR_KEYS];
    const uint8_t *end;
    for (uint32_t i = 0; i < b->sentences_n; i++) {
        uint32_t n = near_build_spelled(b, b->record[i], words, &end);
        near_sorter_put(s, b->hash[i], b->record[i]);
        uint32_t many = n > NEAR_EXACT_WORDS ? near_rarest(words, n, b->df, b->df_mask, keys) : 0;
        for (uint32_t j = 0; j < many; j++) near_sorter_put(s, keys[j], b->record[i]);
    }
}

struct filed {
    uint16_t tag;
    uint32_t customers, record;
};
/* The ones that went to most customers first: those are the ones to be found again. */
static int by_worth(const void *a, const void *b) {
    const struct filed *x = a, *y = b;
    if (x->tag != y->tag) return x->tag < y->tag ? -1 : 1;
    if (x->customers != y->customers) return x->customers < y->customers ? 1 : -1;
    return (x->record < y->record) - (x->record > y->record);
}

static bool room_for(struct keys *k, uint32_t n) {
    if (n <= k->scratch_n) return true;
    free(k->scratch);
    k->scratch = malloc(n * sizeof *k->scratch);
    k->scratch_n = k->scratch ? n : 0;
    return k->scratch;
}

/* More sentences than are kept under one key: put the best of each tag in front of `ret`. */
static void put_best(struct keys *k, const uint64_t *v, uint32_t n) {
    if (!room_for(k, n)) {
        k->no_memory = true;
        return;
    }
    struct filed *f = k->scratch;
    near_word words[NEAR_WORDS_MAX];
    const uint8_t *end;
    for (uint32_t i = 0; i < n; i++) {
        near_build_spelled(k->build, (uint32_t)v[i], words, &end);
        f[i] = (struct filed){(uint16_t)(v[i] >> 32), near_build_customers(end), (uint32_t)v[i]};
    }
    qsort(f, n, sizeof *f, by_worth);
    for (uint32_t i = 0, same = 0; i < n; i++) {
        same = i && f[i].tag == f[i - 1].tag ? same + 1 : 0;
        if (same >= NEAR_LIST_MAX) continue;
        k->tags[k->n] = f[i].tag;
        k->ids[k->n++] = f[i].record;
    }
}

static void file_bucket(void *context, uint32_t bucket, uint64_t *v, uint32_t n) {
    struct keys *k = context;
    k->dir[bucket] = k->n;
    if (n > NEAR_LIST_MAX) {
        put_best(k, v, n);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        k->tags[k->n] = (uint16_t)(v[i] >> 32);
        k->ids[k->n++] = (uint32_t)v[i];
    }
}

static err file_all(const struct build *b, struct keys *k, uint64_t most) {
    struct near_sorter s;
    err e = near_sorter_open(&s, k->buckets, most);
    while (!e && near_sorter_range(&s)) {
        put_keys(b, &s);
        e = near_sorter_each(&s, file_bucket, k);
        if (!e && k->no_memory) e = near_no_memory();
    }
    near_sorter_close(&s);
    free(k->scratch);
    k->dir[k->buckets] = k->n;
    return e;
}

err near_build_keys(struct build *b) {
    uint64_t most = (uint64_t)b->sentences_n * (NEAR_KEYS + 1);
    if (most >= NEAR_NONE) return err_set(ERR_LIMIT, "There are too many sentences for one index.");
    struct keys k = {.build = b, .buckets = (uint32_t)(most / BUCKET) + 1};
    k.dir = near_big(((size_t)k.buckets + 1) * sizeof *k.dir);
    k.tags = near_big(most * sizeof *k.tags);
    k.ids = near_big(most * sizeof *k.ids);
    err e = !k.dir || !k.tags || !k.ids ? near_no_memory() : file_all(b, &k, most);
    if (!e) e = near_writer_section(&b->out, NEAR_KEY_DIR, k.dir, ((size_t)k.buckets + 1) * sizeof *k.dir);
    if (!e) e = near_writer_section(&b->out, NEAR_KEY_TAGS, k.tags, k.n * sizeof *k.tags);
    if (!e) e = near_writer_section(&b->out, NEAR_KEY_IDS, k.ids, k.n * sizeof *k.ids);
    near_big_free(k.dir, ((size_t)k.buckets + 1) * sizeof *k.dir);
    near_big_free(k.tags, most * sizeof *k.tags);
    near_big_free(k.ids, most * sizeof *k.ids);
    return e;
}
