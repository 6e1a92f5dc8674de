/* Making the next file. Everything is counted first and then put where it belongs; the big arrays come from
 * mmap and are given back as soon as their section is written. */
#include "near/near_build.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* ---- memory ---- */

void *near_big(size_t bytes) {
    size_t n = bytes ? bytes : 1;
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) return NULL;
    if (n >= 4 << 20) madvise(p, n, MADV_HUGEPAGE);
    return p;
}

void near_big_free(void *p, size_t bytes) {
    if (p) munmap(p, bytes ? bytes : 1);
}

/* ---- texts, in order ---- */

static int by_age(const void *a, const void *b) {
    const struct near_source *x = a, *y = b;
    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

struct keyed {
    int64_t key;
    uint32_t place;
};
static int by_key(const void *a, const void *b) {
    const struct keyed *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static struct keyed *keyed_by(const struct build *b, bool customer) {
    struct keyed *k = malloc((b->texts_n + 1) * sizeof *k);
    if (!k) return NULL;
    for (uint32_t i = 0; i < b->texts_n; i++)
        k[i] = (struct keyed){customer ? b->texts[i].customer : b->texts[i].id, i};
    qsort(k, b->texts_n, sizeof *k, by_key);
    return k;
}

static err write_places(struct build *b, enum near_section section, const struct keyed *k) {
    near_writer_begin(&b->out, section);
    for (uint32_t i = 0; i < b->texts_n; i++) near_writer_put(&b->out, &k[i].place, sizeof k[i].place);
    return near_writer_end(&b->out);
}

static err order_texts(struct build *b) {
    qsort(b->texts, b->texts_n, sizeof *b->texts, by_age);
    struct keyed *k = keyed_by(b, false);
    if (!k) return near_no_memory();
    err e = write_places(b, NEAR_BY_ID, k);
    free(k);
    TRY(e);
    k = keyed_by(b, true);
    b->customer = near_big(b->texts_n * sizeof *b->customer);
    if (!k || !b->customer) {
        free(k);
        return near_no_memory();
    }
    for (uint32_t i = 0; i < b->texts_n; i++) {
        b->customers_n += !i || k[i].key != k[i - 1].key;
        b->customer[k[i].place] = b->customers_n - 1;
    }
    e = write_places(b, NEAR_BY_CUSTOMER, k);
    free(k);
    return e;
}

/* ---- sentences ---- */

uint32_t near_build_words(const struct build *b, uint64_t from, near_word *scratch, const near_word **ret) {
    if (!(from & NEAR_FROM_FILE)) {
        const uint32_t *log = (const uint32_t *)(uintptr_t)from;
        *ret = log + 1;
        return *log;
    }
    struct near_record r;
    if (!near_file_words(b->file, (uint32_t)from, scratch, &r) || !near_file_spell(b->file, scratch, r.n))
        return 0;
    *ret = scratch;
    return r.n;
}

static err grow_words(struct build *b) {
    struct near_words old = b->words;
    uint32_t cap = old.cap ? old.cap * 2 : 1 << 12;
    struct near_counted *slot = calloc(cap, sizeof *slot);
    if (!slot || !cap) {
        free(slot);
        return near_no_memory();
    }
    b->words.slot = slot;
    b->words.cap = cap;
    for (uint32_t i = 0; i < old.cap; i++)
        if (old.slot[i].count) *near_build_word(b, old.slot[i].word) = old.slot[i];
    free(old.slot);
    return ERR_NONE;
}

static err count_words(struct build *b, const near_word *words, uint32_t n) {
    if (b->words.n + n > b->words.cap / 2) TRY(grow_words(b));
    b->words.said += n;
    for (uint32_t i = 0; i < n; i++) __builtin_prefetch(near_build_slot(b, words[i]), 1);
    for (uint32_t i = 0; i < n; i++) {
        struct near_counted *c = near_build_word(b, words[i]);
        if (!c->count) {
            c->word = words[i];
            b->words.n++;
        }
        if (c->count < UINT32_MAX) c->count++;
    }
    return ERR_NONE;
}

/* The number of the sentence, a new one where it was not met before. `hash` 0: not known yet. */
static err number_sentence(struct build *b, uint64_t from, uint64_t hash, uint32_t *ret) {
    near_word scratch[NEAR_WORDS_MAX];
    const near_word *words;
    uint32_t n = near_build_words(b, from, scratch, &words);
    if (!n) {
        *ret = NEAR_NONE;
        return ERR_NONE;
    }
    if (!hash) hash = near_hash_sentence(words, n);
    uint64_t tag = hash >> 32 << 32;
    size_t at = hash & b->met_mask;
    for (; b->met[at]; at = (at + 1) & b->met_mask) {
        if ((b->met[at] ^ tag) >> 32 || b->hash[(uint32_t)b->met[at] - 1] != hash) continue;
        *ret = (uint32_t)b->met[at] - 1;
        return ERR_NONE;
    }
    /* A word takes a byte at least; records that overlap would multiply what a small file holds. */
    if (from & NEAR_FROM_FILE && (b->words_of_file += n) > b->file->records_n)
        return err_set(ERR_INVALID, "The index file is damaged: its records overlap.");
    *ret = b->sentences_n++;
    b->met[at] = tag | b->sentences_n;
    b->hash[*ret] = hash;
    b->from[*ret] = from;
    return count_words(b, words, n);
}

static err count_uses(struct build *b) {
    uint64_t uses = 0;
    for (uint32_t i = 0; i < b->texts_n; i++) {
        struct near_source *t = &b->texts[i];
        const uint32_t *records;
        if (!t->log) t->n = near_file_sentences(b->file, t->place, &records);
        uses += t->n;
    }
    /* Ranges that overlap would multiply what a small file holds. */
    uint64_t held = b->file ? b->file->sentences_n : 0;
    for (uint32_t i = 0; i < b->texts_n; i++)
        if (b->texts[i].log) held += b->texts[i].n;
    if (uses > held) return err_set(ERR_INVALID, "The index file is damaged: its texts overlap.");
    if (uses >= NEAR_NONE / 2) return err_set(ERR_LIMIT, "There are too many sentences for one index.");
    b->uses_n = (uint32_t)uses;
    return ERR_NONE;
}

/* The sentences of one text. Where each was met is asked from memory for all of them at once. */
static err number_text(struct build *b, const struct near_source *t, uint32_t *use) {
    uint64_t hashes[NEAR_SENTENCES_MAX];
    const uint32_t *log = t->log, *records = NULL;
    if (!log) near_file_sentences(b->file, t->place, &records);
    for (uint32_t s = 0; log && s < t->n; log += *log + 1, s++) {
        hashes[s] = *log ? near_hash_sentence(log + 1, *log) : 0;
        __builtin_prefetch(&b->met[hashes[s] & b->met_mask], 1);
    }
    log = t->log;
    for (uint32_t s = 0; s < t->n; s++) {
        uint64_t from = log ? (uintptr_t)log : NEAR_FROM_FILE | records[s];
        TRY(number_sentence(b, from, log ? hashes[s] : 0, &use[s]));
        b->said += use[s] != NEAR_NONE;
        if (log) log += *log + 1;
    }
    return ERR_NONE;
}

/* Every sentence gets a number, and every text the numbers of its sentences. */
static err number_sentences(struct build *b) {
    TRY(count_uses(b));
    size_t slots = 1 << 12;
    while (slots < (size_t)b->uses_n + b->uses_n / 2) slots *= 2;
    b->met_mask = slots - 1;
    b->met = near_big(slots * sizeof *b->met);
    b->hash = near_big(b->uses_n * sizeof *b->hash);
    b->from = near_big(b->uses_n * sizeof *b->from);
    b->use = near_big(b->uses_n * sizeof *b->use);
    if (!b->met || !b->hash || !b->from || !b->use) return near_no_memory();
    uint32_t *use = b->use;
    for (uint32_t i = 0; i < b->texts_n; use += b->texts[i++].n) TRY(number_text(b, &b->texts[i], use));
    near_big_free(b->met, slots * sizeof *b->met);
    b->met = NULL;
    return ERR_NONE;
}

/* ---- the words, most frequent first ---- */

static int by_count(const void *a, const void *b) {
    const struct near_counted *x = a, *y = b;
    if (x->count != y->count) return x->count < y->count ? 1 : -1;
    return (x->word > y->word) - (x->word < y->word);
}

static err rank_words(struct build *b) {
    struct near_counted *sorted = malloc((b->words.n + 1) * sizeof *sorted);
    uint32_t slots = 16, n = 0;
    while (slots < b->words.n * 2) slots *= 2;
    uint32_t *slot = calloc(slots, sizeof *slot);
    b->spell = malloc((b->words.n + 1) * sizeof *b->spell);
    if (!sorted || !slot || !b->spell) {
        free(sorted);
        free(slot);
        return near_no_memory();
    }
    for (uint32_t i = 0; i < b->words.cap; i++)
        if (b->words.slot[i].count) sorted[n++] = b->words.slot[i];
    qsort(sorted, n, sizeof *sorted, by_count);
    for (uint32_t rank = 0; rank < n; rank++) {
        b->spell[rank] = sorted[rank].word;
        near_build_word(b, sorted[rank].word)->count = rank + 1;
        uint32_t at = (uint32_t)near_mix(sorted[rank].word) & (slots - 1);
        while (slot[at]) at = (at + 1) & (slots - 1);
        slot[at] = rank + 1;
    }
    free(sorted);
    err e = near_writer_section(&b->out, NEAR_WORDS, b->spell, n * sizeof *b->spell);
    if (!e) e = near_writer_section(&b->out, NEAR_WORD_SLOTS, slot, slots * sizeof *slot);
    free(slot);
    return e;
}

/* ---- all of it ---- */

static void build_free(struct build *b) {
    size_t uses = b->uses_n;
    near_big_free(b->met, (b->met_mask + 1) * sizeof *b->met);
    near_big_free(b->hash, uses * sizeof *b->hash);
    near_big_free(b->from, uses * sizeof *b->from);
    near_big_free(b->use, uses * sizeof *b->use);
    near_big_free(b->customer, b->texts_n * sizeof *b->customer);
    near_big_free(b->first_held, ((size_t)b->sentences_n + 1) * sizeof *b->first_held);
    near_big_free(b->held, uses * sizeof *b->held);
    near_big_free(b->record, (size_t)b->sentences_n * sizeof *b->record);
    near_big_free(b->records, b->records_room);
    near_big_free(b->df, b->df_mask + 1);
    free(b->words.slot);
    free(b->spell);
}

static err build_all(struct build *b) {
    TRY(order_texts(b));
    TRY(number_sentences(b));
    TRY(rank_words(b));
    TRY(near_build_records(b));
    TRY(near_build_keys(b));
    return near_build_runs(b);
}

err near_build(const char *path, int64_t generation, const struct near_file *file,
               struct near_source *sources, size_t n) {
    if (n >= NEAR_NONE) return err_set(ERR_LIMIT, "There are too many texts for one index.");
    struct build b = {.file = file, .texts = sources, .texts_n = (uint32_t)n};
    TRY(near_writer_open(&b.out, path));
    err e = build_all(&b);
    e = near_writer_close(
        &b.out, e, &(struct near_head){.generation = generation, .distinct = b.sentences_n, .said = b.said});
    build_free(&b);
    return e;
}
