#include "near/near_delta.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void *near_pile_add(struct near_pile *p) {
    if (p->n >> 15 == p->chunks) {
        if (p->chunks == p->cap) {
            p->cap = p->cap ? p->cap * 2 : 8;
            p->chunk = memory_again(p->chunk, p->cap * sizeof *p->chunk);
        }
        p->chunk[p->chunks++] = memory_array(32768, p->size);
    }
    return near_pile_at(p, p->n++);
}

static void pile_free(struct near_pile *p) {
    for (size_t i = 0; i < p->chunks; i++) free(p->chunk[i]);
    free(p->chunk);
}

static size_t pile_bytes(const struct near_pile *p) { return p->chunks * 32768 * p->size; }

struct near_delta *near_delta_new(void) {
    struct near_delta *d = memory_zeroed(sizeof *d);
    d->texts.size = sizeof(struct near_delta_text);
    d->sentences.size = sizeof(struct near_delta_sentence);
    d->uses.size = sizeof(struct near_delta_use);
    return d;
}

void near_delta_free(struct near_delta *d) {
    if (!d) return;
    near_table_free(&d->ids);
    near_table_free(&d->exact);
    near_table_free(&d->keys);
    near_table_free(&d->runs);
    near_table_free(&d->got);
    pile_free(&d->texts);
    pile_free(&d->sentences);
    pile_free(&d->uses);
    for (size_t i = 0; i < d->logs; i++) free(d->log[i]);
    free(d->log);
    free(d);
}

size_t near_delta_bytes(const struct near_delta *d) {
    return sizeof *d + pile_bytes(&d->texts) + pile_bytes(&d->sentences) + pile_bytes(&d->uses) +
           d->log_bytes + near_table_bytes(&d->ids) + near_table_bytes(&d->exact) +
           near_table_bytes(&d->keys) + near_table_bytes(&d->runs) + near_table_bytes(&d->got);
}

struct near_delta_text *near_delta_find(const struct near_delta *d, int64_t id) {
    uint32_t places[NEAR_LIST_MAX]; /* the same id again only after a removal, or one of 2^32 beside it */
    uint32_t n = near_many_find(&d->ids, near_hash_id(id), places, NEAR_LIST_MAX);
    while (n--) {
        struct near_delta_text *t = near_delta_text(d, places[n]);
        if (t->id == id && !t->removed) return t;
    }
    return NULL;
}

uint32_t near_delta_exact(const struct near_delta *d, uint64_t hash, const near_word *words, uint32_t n) {
    uint32_t found[8], many = near_many_find(&d->exact, hash, found, 8);
    for (uint32_t i = 0; i < many; i++) {
        const struct near_delta_sentence *s = near_delta_sentence(d, found[i]);
        if (s->hash == hash && s->n == n && !memcmp(s->words, words, n * sizeof *words)) return found[i];
    }
    return NEAR_NONE;
}

/* Room for `n` numbers in one piece. */
static uint32_t *log_take(struct near_delta *d, size_t n) {
    if (n > d->log_room) {
        size_t room = n > 1 << 16 ? n : 1 << 16;
        if (d->logs == d->log_cap) {
            d->log_cap = d->log_cap ? d->log_cap * 2 : 8;
            d->log = memory_again(d->log, d->log_cap * sizeof *d->log);
        }
        d->log_next = memory_take(room * sizeof *d->log_next);
        d->log[d->logs++] = (char *)d->log_next;
        d->log_room = room;
        d->log_bytes += room * sizeof *d->log_next;
    }
    uint32_t *at = d->log_next;
    d->log_next += n;
    d->log_room -= n;
    return at;
}

static uint32_t words_of(const struct near_sentence *s) {
    return s->n > NEAR_WORDS_MAX ? NEAR_WORDS_MAX : s->n;
}

uint32_t near_delta_note(struct near_delta *d, const struct near_text *text) {
    uint32_t n = text->n > NEAR_SENTENCES_MAX ? NEAR_SENTENCES_MAX : (uint32_t)text->n;
    size_t need = (size_t)n + 1; /* even without sentences a text has a place in the log */
    for (uint32_t i = 0; i < n; i++) need += words_of(&text->sentences[i]);
    uint32_t *log = log_take(d, need), *put = log;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t words = words_of(&text->sentences[i]);
        *put++ = words;
        if (words) memcpy(put, text->sentences[i].words, words * sizeof *put);
        put += words;
        d->said += words > 0;
    }
    uint32_t place = d->texts.n;
    *(struct near_delta_text *)near_pile_add(&d->texts) = (struct near_delta_text){
        .id = text->id, .customer = text->customer, .at = text->at, .log = log, .n = n, .silent = true};
    near_many_add(&d->ids, near_hash_id(text->id), place, UINT32_MAX);
    return place;
}

static void file_under_keys(struct near_delta *d, uint32_t sentence, const struct near_file *file) {
    const struct near_delta_sentence *s = near_delta_sentence(d, sentence);
    if (s->n <= NEAR_EXACT_WORDS) return;
    uint64_t keys[NEAR_KEYS];
    uint32_t n = near_rarest(s->words, s->n, file ? file->df : NULL, file ? file->df_mask : 0, keys);
    for (uint32_t i = 0; i < n; i++) near_table_prefetch(&d->keys, keys[i]);
    for (uint32_t i = 0; i < n; i++) near_many_add(&d->keys, keys[i], sentence, NEAR_LIST_MAX);
}

void near_delta_refile(struct near_delta *d, const struct near_file *file) {
    near_table_free(&d->keys);
    for (uint32_t i = 0; i < d->sentences.n; i++) file_under_keys(d, i, file);
}

/* Count the runs of a sentence for a customer who did not have them before. */
static void count_runs(struct near_delta *d, const near_word *words, uint32_t n, int64_t customer,
                       const struct near_before *before) {
    uint64_t runs[NEAR_WORDS_MAX];
    uint32_t many = n < NEAR_RUN ? 0 : n - NEAR_RUN + 1;
    for (uint32_t i = 0; i < many; i++) {
        runs[i] = near_hash_run(words + i);
        near_table_prefetch(&d->runs, runs[i]);
        near_table_prefetch(&d->got, near_hash_got(runs[i], customer));
    }
    for (uint32_t i = 0; i < many; i++) {
        uint64_t got = near_hash_got(runs[i], customer);
        if (near_tally_find(&d->runs, runs[i]) == NEAR_RUN_MAX || near_tally_find(&d->got, got)) continue;
        if (before->own && near_tally_find(before->own, runs[i])) continue;
        if (before->delta && near_tally_find(&before->delta->got, got)) continue;
        near_tally_add(&d->got, got);
        near_tally_add(&d->runs, runs[i]);
    }
}

static uint32_t sentence_for(struct near_delta *d, uint64_t hash, const near_word *words, uint32_t n,
                             const struct near_file *file) {
    uint32_t i = near_delta_exact(d, hash, words, n);
    if (i != NEAR_NONE) return i;
    i = d->sentences.n;
    struct near_delta_sentence *s = near_pile_add(&d->sentences);
    *s = (struct near_delta_sentence){.hash = hash, .words = words, .n = n};
    near_many_add(&d->exact, hash, i, UINT32_MAX);
    file_under_keys(d, i, file);
    return i;
}

void near_delta_learn(struct near_delta *d, uint32_t place, const struct near_before *before) {
    struct near_delta_text *t = near_delta_text(d, place);
    t->silent = false;
    t->first = d->uses.n;
    const uint32_t *log = t->log;
    for (uint32_t i = 0; i < t->n; i++) {
        uint32_t n = *log++, at = d->uses.n;
        struct near_delta_use *use = near_pile_add(&d->uses);
        *use = (struct near_delta_use){.sentence = NEAR_NONE, .text = place};
        if (n) {
            uint64_t hash = near_hash_sentence(log, n), got = near_hash_got(hash, t->customer);
            use->sentence = sentence_for(d, hash, log, n, before->file);
            struct near_delta_sentence *s = near_delta_sentence(d, use->sentence);
            use->before = s->last;
            s->last = at + 1;
            if (!near_tally_find(&d->got, got)) {
                near_tally_add(&d->got, got);
                s->customers++;
                count_runs(d, log, n, t->customer, before);
            }
        }
        log += n;
    }
}

void near_delta_still(const struct near_delta *d, int64_t customer, struct near_table *ret) {
    for (uint32_t i = 0; i < d->texts.n; i++) {
        const struct near_delta_text *t = near_delta_text(d, i);
        if (t->removed || t->silent || t->customer != customer) continue;
        const uint32_t *log = t->log;
        for (uint32_t s = 0; s < t->n; log += *log + 1, s++) {
            if (*log) near_tally_add(ret, near_hash_sentence(log + 1, *log));
            for (uint32_t from = 0; from + NEAR_RUN <= *log; from++)
                near_tally_add(ret, near_hash_run(log + 1 + from));
        }
    }
}

void near_delta_remove(struct near_delta *d, struct near_delta_text *t) {
    t->removed = true;
    d->removed++;
    struct near_table still = {0};
    if (!t->silent) near_delta_still(d, t->customer, &still);
    const uint32_t *log = t->log;
    for (uint32_t i = 0; i < t->n; log += *log + 1, i++) {
        uint32_t n = *log;
        d->said -= n > 0;
        if (!n || t->silent) continue;
        uint64_t hash = near_hash_sentence(log + 1, n), got = near_hash_got(hash, t->customer);
        if (!near_tally_find(&d->got, got) || near_tally_find(&still, hash)) continue;
        near_tally_drop(&d->got, got);
        uint32_t s = near_delta_exact(d, hash, log + 1, n);
        if (s != NEAR_NONE) near_delta_sentence(d, s)->customers--;
    }
    near_table_free(&still);
}
