/* The records: words as ranks, and the texts that hold them. */
#include <stdlib.h>
#include <string.h>

#include "near/near_build.h"

static uint8_t *put_varint(uint8_t *p, uint32_t v) {
    for (; v > 127; v >>= 7) *p++ = (uint8_t)(v | 128);
    *p++ = (uint8_t)v;
    return p;
}
static inline const uint8_t *get_varint(const uint8_t *p, uint32_t *ret) {
    uint32_t v = *p & 127;
    for (int shift = 7; *p++ > 127; shift += 7) v |= (uint32_t)(*p & 127) << shift;
    *ret = v;
    return p;
}

/* Which texts hold a sentence, oldest first, each text once. */
static err collect_held(struct build *b) {
    b->first_held = near_big(((size_t)b->sentences_n + 1) * sizeof *b->first_held);
    b->held = near_big(b->uses_n * sizeof *b->held);
    if (!b->first_held || !b->held) return near_no_memory();
    for (uint32_t i = 0; i < b->uses_n; i++)
        if (b->use[i] != NEAR_NONE) b->first_held[b->use[i]]++;
    uint32_t sum = 0;
    for (uint32_t i = 0; i <= b->sentences_n; i++) { /* the end of each: they are filled from behind */
        if (i < b->sentences_n) sum += b->first_held[i];
        b->first_held[i] = sum;
    }
    uint32_t use = b->uses_n;
    for (uint32_t t = b->texts_n; t--;)
        for (uint32_t s = b->texts[t].n; s--;)
            if (b->use[--use] != NEAR_NONE) b->held[--b->first_held[b->use[use]]] = t;
    return ERR_NONE;
}

/* Ask the memory early for what will be counted and looked up. */
static void fetch_ahead(const struct build *b, const near_word *words, uint32_t n, uint64_t *ret_hashes) {
    for (uint32_t i = 0; i < n; i++) __builtin_prefetch(near_build_slot(b, words[i]));
    for (uint32_t i = 0; i + 1 < n; i++) {
        ret_hashes[i] = near_hash_bigram(words[i], words[i + 1]);
        __builtin_prefetch(&b->df[near_df_slot(ret_hashes[i], b->df_mask)], 1);
    }
}

/* Count the bigrams' frequencies; returns how many are repetitions within the sentence. Counting is Morris's:
 * a step of the logarithmic scale is taken with the chance of one in its width, so a byte is enough and the
 * table stays small; only the order of frequencies matters. */
static uint32_t count_bigrams(struct build *b, const uint64_t *hashes, uint32_t n) {
    uint64_t seen = 0;
    uint32_t repeated = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint8_t *df = &b->df[near_df_slot(hashes[i], b->df_mask)];
        b->chance = b->chance * 0xd1342543de82ef95u + 1;
        uint32_t width = *df < 16 ? 1 : (uint32_t)2 << (*df - 16) / 8;
        if (*df < UINT8_MAX && !(b->chance >> 32 & (width - 1))) ++*df;
        uint64_t bit = (uint64_t)1 << (hashes[i] >> 58);
        if (seen & bit) {
            uint32_t j = 0;
            while (hashes[j] != hashes[i]) j++;
            repeated += j < i;
        }
        seen |= bit;
    }
    return repeated;
}

struct choice {
    uint32_t *stamp; /* by customer: the sentence + 1 that counted them last */
    uint32_t place[NEAR_LIST_MAX], n, customers;
};

/* All texts when there are few, else the newest of each of the newest customers. */
static void choose_texts(const struct build *b, uint32_t sentence, struct choice *c) {
    uint32_t from = b->first_held[sentence], to = b->first_held[sentence + 1];
    c->n = c->customers = 0;
    for (uint32_t i = to; i-- > from;) {
        uint32_t text = b->held[i], customer = b->customer[text];
        bool first = c->stamp[customer] != sentence + 1;
        c->stamp[customer] = sentence + 1;
        c->customers += first;
        bool again = i + 1 < to && b->held[i + 1] == text;
        if (!again && (first || to - from <= NEAR_LIST_MAX) && c->n < NEAR_LIST_MAX) c->place[c->n++] = text;
    }
}

static uint8_t *put_record(const struct build *b, uint8_t *p, const near_word *words, uint32_t n,
                           uint32_t repeated, const struct choice *c) {
    p = put_varint(p, n << 1 | (repeated > 0));
    if (repeated) p = put_varint(p, repeated);
    for (uint32_t i = 0; i < n; i++) p = put_varint(p, near_build_word(b, words[i])->count - 1);
    p = put_varint(p, c->customers);
    p = put_varint(p, c->n);
    for (uint32_t i = 0; i < c->n; i++) p = put_varint(p, i ? c->place[i - 1] - c->place[i] : c->place[0]);
    return p;
}

static err lay_out(struct build *b, struct choice *c) {
    near_word scratch[NEAR_WORDS_MAX];
    const near_word *words;
    uint64_t hashes[NEAR_WORDS_MAX];
    for (uint32_t i = 0; i < b->sentences_n; i++) {
        uint32_t n = near_build_words(b, b->from[i], scratch, &words);
        fetch_ahead(b, words, n, hashes);
        choose_texts(b, i, c);
        b->record[i] = (uint32_t)(b->records_n / 4);
        uint32_t repeated = count_bigrams(b, hashes, n ? n - 1 : 0);
        uint8_t *end = put_record(b, b->records + b->records_n, words, n, repeated, c);
        if (n >= NEAR_RUN)
            b->runs += (uint64_t)(n - NEAR_RUN + 1) * (c->customers < NEAR_RUN_MAX ? c->customers : 1);
        b->records_n = ((size_t)(end - b->records) + 3) & ~(size_t)3;
        if (b->records_n / 4 >= NEAR_NONE - 1000)
            return err_set(ERR_LIMIT, "There are too many sentences for one index.");
    }
    return ERR_NONE;
}

uint32_t near_build_spelled(const struct build *b, uint32_t record, near_word *ret, const uint8_t **ret_end) {
    const uint8_t *p = b->records + (size_t)record * 4;
    uint32_t head, skip, rank;
    p = get_varint(p, &head);
    if (head & 1) p = get_varint(p, &skip);
    uint32_t n = head >> 1;
    for (uint32_t i = 0; i < n; i++) {
        p = get_varint(p, &rank);
        ret[i] = b->spell[rank];
    }
    *ret_end = p;
    return n;
}

uint32_t near_build_customers(const uint8_t *end) {
    uint32_t customers;
    get_varint(end, &customers);
    return customers;
}

static err write_texts(struct build *b) {
    near_writer_begin(&b->out, NEAR_SENTENCES);
    for (uint32_t i = 0; i < b->uses_n; i++) {
        if (b->use[i] != NEAR_NONE) b->use[i] = b->record[b->use[i]];
    }
    near_writer_put(&b->out, b->use, b->uses_n * sizeof *b->use);
    TRY(near_writer_end(&b->out));
    uint32_t first = 0;
    near_writer_begin(&b->out, NEAR_TEXTS);
    for (uint32_t i = 0; i < b->texts_n; i++) {
        const struct near_source *t = &b->texts[i];
        struct near_file_text out = {
            .id = t->id, .customer = t->customer, .at = t->at, .first = first, .n = t->n};
        near_writer_put(&b->out, &out, sizeof out);
        first += t->n;
    }
    return near_writer_end(&b->out);
}

static err count_and_lay_out(struct build *b) {
    size_t slots = 1 << 8;
    while (slots < (size_t)b->sentences_n * 3 / 2 && slots < 1 << 28) slots *= 2;
    b->df_mask = slots - 1;
    b->df = near_big(slots);
    struct choice c = {.stamp = calloc(b->customers_n + 1, sizeof *c.stamp)};
    err e = !b->df || !c.stamp ? near_no_memory() : lay_out(b, &c);
    free(c.stamp);
    return e;
}

err near_build_records(struct build *b) {
    TRY(collect_held(b));
    /* The most the records may take: 5 bytes a number. Untouched pages cost nothing. */
    b->records_room = b->words.said * 5 + (size_t)b->sentences_n * 28 + (size_t)b->uses_n * 5 + 64;
    b->records = near_big(b->records_room);
    b->record = near_big((size_t)b->sentences_n * sizeof *b->record);
    if (!b->records || !b->record) return near_no_memory();
    TRY(count_and_lay_out(b));
    TRY(write_texts(b));
    near_big_free(b->from, b->uses_n * sizeof *b->from);
    b->from = NULL;
    near_big_free(b->use, b->uses_n * sizeof *b->use);
    b->use = NULL;
    TRY(near_writer_section(&b->out, NEAR_DF, b->df, b->df_mask + 1));
    return near_writer_section(&b->out, NEAR_RECORDS, b->records, b->records_n);
}
