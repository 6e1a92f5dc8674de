/* Removing a text takes back what it counted. A customer is counted for a run in one part only, the first in
 * which they got it; when their last text with it leaves that part, another part may have to count them. */
#include <stdlib.h>

#include "base/memory.h"
#include "near/near_own.h"

void near_own_runs(const near *x, int64_t customer, struct near_table *ret) {
    const struct near_file *f = x->file;
    uint32_t from, to, ranks[NEAR_WORDS_MAX];
    near_file_texts_of_customer(f, customer, &from, &to);
    for (uint32_t looked = 0; to-- > from && looked < NEAR_OWN_MAX; looked++) {
        uint32_t place = f->by_customer[to];
        if (place >= f->texts_n || near_gone(x, place)) continue;
        const uint32_t *records = NULL;
        uint32_t n = near_file_sentences(f, place, &records);
        for (uint32_t i = 0; i < n; i++) {
            struct near_record r;
            if (!near_file_words(f, records[i], ranks, &r) || !near_file_spell(f, ranks, r.n)) continue;
            for (uint32_t at = 0; at + NEAR_RUN <= r.n; at++) near_tally_add(ret, near_hash_run(ranks + at));
        }
    }
}

/* What the customer still has, part by part. */
struct still {
    int64_t customer;
    struct near_table part[NEAR_PARTS];
};

static void count_again(struct near_delta *d, uint64_t run, uint64_t got) {
    near_tally_add(&d->got, got);
    near_tally_add(&d->runs, run);
}

static void take_back(near *x, const struct still *still, uint64_t run) {
    uint64_t got = near_hash_got(run, still->customer);
    int counted = NEAR_PART_OPEN;
    while (counted > NEAR_PART_FILE &&
           !(near_part(x, counted) && near_tally_find(&near_part(x, counted)->got, got)))
        counted--;
    if (near_tally_find(&still->part[counted], run)) return;
    if (counted == NEAR_PART_FILE) {
        if (x->file) near_tally_add(&x->fewer, run);
    } else {
        near_tally_drop(&near_part(x, counted)->got, got);
        near_tally_drop(&near_part(x, counted)->runs, run);
    }
    if (near_tally_find(&still->part[NEAR_PART_FILE], run)) return;
    for (int part = NEAR_PART_SEALED; part < NEAR_PARTS; part++) {
        if (part == counted || !near_tally_find(&still->part[part], run)) continue;
        count_again(near_part(x, part), run, got);
        return;
    }
}

static void take_back_runs(near *x, const struct still *still, struct near_table *done,
                           const near_word *words, uint32_t n) {
    for (uint32_t at = 0; at + NEAR_RUN <= n; at++) {
        uint64_t run = near_hash_run(words + at);
        if (near_tally_find(done, run)) continue;
        near_tally_add(done, run);
        take_back(x, still, run);
    }
}

static void forget_from_file(near *x, uint32_t place, const struct still *still) {
    const uint32_t *records = NULL;
    uint32_t n = near_file_sentences(x->file, place, &records), ranks[NEAR_WORDS_MAX];
    struct near_table done = {0};
    for (uint32_t i = 0; i < n; i++) {
        struct near_record r;
        x->gone_said += records[i] != NEAR_NONE;
        if (near_file_words(x->file, records[i], ranks, &r) && near_file_spell(x->file, ranks, r.n))
            take_back_runs(x, still, &done, ranks, r.n);
    }
    near_table_free(&done);
}

static void forget_from_memory(near *x, const struct near_delta_text *t, const struct still *still) {
    const uint32_t *log = t->log;
    struct near_table done = {0};
    for (uint32_t i = 0; i < t->n; log += *log + 1, i++) take_back_runs(x, still, &done, log + 1, *log);
    near_table_free(&done);
}

static void still_has(const near *x, int64_t customer, struct still *ret) {
    *ret = (struct still){.customer = customer};
    if (x->file) near_own_runs(x, customer, &ret->part[NEAR_PART_FILE]);
    for (int part = NEAR_PART_SEALED; part < NEAR_PARTS; part++)
        if (near_part(x, part)) near_delta_still(near_part(x, part), customer, &ret->part[part]);
}

static void still_free(struct still *s) {
    for (int part = 0; part < NEAR_PARTS; part++) near_table_free(&s->part[part]);
}

bool near_forget(near *x, enum near_part_kind part, int64_t id) {
    struct still still;
    if (part == NEAR_PART_FILE) {
        uint32_t place = x->file ? near_file_text_of(x->file, id) : NEAR_NONE;
        if (place == NEAR_NONE || near_gone(x, place)) return false;
        if (!x->gone) x->gone = memory_array(x->file->texts_n / 64 + 1, sizeof *x->gone);
        x->gone[place / 64] |= (uint64_t)1 << place % 64;
        x->gone_n++;
        still_has(x, x->file->texts[place].customer, &still);
        forget_from_file(x, place, &still);
    } else {
        struct near_delta *d = near_part(x, part);
        struct near_delta_text *t = d ? near_delta_find(d, id) : NULL;
        if (!t) return false;
        near_delta_remove(d, t);
        if (t->silent) return true;
        still_has(x, t->customer, &still);
        forget_from_memory(x, t, &still);
    }
    still_free(&still);
    return true;
}
