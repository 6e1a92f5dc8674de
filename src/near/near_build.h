/* The making of a file, in steps that each write sections. A sentence is known by its number, in the order
 * in which the texts bring them; numbers become records when these are laid out. */
#ifndef LONGHAND_NEAR_BUILD_H
#define LONGHAND_NEAR_BUILD_H

#include "near/near_own.h"
#include "near/near_write.h"

/* Zeroed memory whose pages cost nothing until they are touched. NULL: none left. */
void *near_big(size_t bytes);
void near_big_free(void *p, size_t bytes);
static inline err near_no_memory(void) {
    return err_set(ERR_LIMIT, "There is not enough memory to write the index.");
}

struct near_counted {
    near_word word;
    uint32_t count; /* 0: free slot; how often, and once words are ranked: rank + 1 */
};
struct near_words {
    struct near_counted *slot;
    uint32_t cap, n;
    uint64_t said; /* words of all distinct sentences */
};

/* Where the words of a sentence are: a place in a log of words, or this bit and a record of the old file. */
#define NEAR_FROM_FILE ((uint64_t)1 << 63)

struct build {
    struct near_writer out;
    const struct near_file *file; /* the one in use, or NULL */
    struct near_source *texts;
    uint32_t texts_n;
    uint32_t *customer; /* of each text, numbered from 0 */
    uint32_t customers_n;
    uint64_t *met; /* by hash: upper half of it, number + 1 */
    size_t met_mask;
    uint64_t *hash, *from; /* of each sentence */
    uint32_t sentences_n;
    uint32_t *use, uses_n; /* the sentences of all texts, one text after another */
    uint64_t said, words_of_file;
    struct near_words words;
    near_word *spell;            /* by rank */
    uint32_t *first_held, *held; /* the texts that hold sentence i: held[first_held[i]] up to the next */
    uint32_t *record;            /* of each sentence */
    uint8_t *records;
    size_t records_n, records_room;
    uint64_t runs; /* (run, customer), equal ones included */
    uint8_t *df;
    uint64_t chance; /* a generator that starts the same each time: equal texts make equal files */
    uint64_t df_mask;
};

/* The words of a sentence; `scratch` has room for NEAR_WORDS_MAX. 0: there are none, or the file is wrong. */
uint32_t near_build_words(const struct build *b, uint64_t from, near_word *scratch, const near_word **ret);
/* Where the search for a word begins; words are hashes already. */
static inline struct near_counted *near_build_slot(const struct build *b, near_word word) {
    return &b->words.slot[(word * 0x9e3779b1u >> 8 ^ word) & (b->words.cap - 1)];
}
/* The slot of the word, or the free one where it belongs. */
static inline struct near_counted *near_build_word(const struct build *b, near_word word) {
    struct near_counted *c = near_build_slot(b, word), *end = b->words.slot + b->words.cap;
    while (c->count && c->word != word)
        if (++c == end) c = b->words.slot;
    return c;
}
/* The words of a finished record, and where they end. */
uint32_t near_build_spelled(const struct build *b, uint32_t record, near_word *ret, const uint8_t **ret_end);
/* What stands there. */
uint32_t near_build_customers(const uint8_t *end);

err near_build_records(struct build *b); /* NEAR_RECORDS, NEAR_SENTENCES, NEAR_TEXTS, NEAR_DF */
err near_build_keys(struct build *b);
err near_build_runs(struct build *b);

#endif
