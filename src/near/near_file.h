/* The file of an index: immutable, read through mmap. Layout (little-endian, this machine's only):
 *
 *     head      struct near_head, with a checksum of itself and one of every section (XXH3)
 *     sections  each begins at a multiple of 64
 *
 *   WORDS       near_word of each rank; rank 0 is the most frequent word
 *   WORD_SLOTS  rank + 1 by hash of the word, 0 free, linear probing; a power of two many
 *   DF          frequency of bigrams, about, on a logarithmic scale; a power of two many
 *   TEXTS       struct near_file_text, oldest first; a text is known inside by its place here
 *   BY_ID, BY_CUSTOMER  places of texts in order of id; of customer, then place
 *   SENTENCES   of all texts, one after another: which record each sentence is, NEAR_NONE for an empty one
 *   RECORDS     the distinct sentences, each at a multiple of 4; a record is known by its offset / 4:
 *               varints n * 2 + d, [repeated bigrams if d is 1], n ranks, customers, listed, then the places
 *               of `listed` texts that hold it, newest first: the newest, then how much less each next is
 *   KEY_*       lists: hash of a bigram or of a whole sentence -> records
 *   RUN_*       lists: hash of a run -> customers (0 to 255)
 *
 * A list is found through DIR: the entries of bucket b are those from DIR[b] to DIR[b + 1]; of those, the
 * ones with the hash's TAG. The checksums find damage; they do not make a file trustworthy, so every number
 * in it is checked where it is used and a wrong one reads as "nothing there". */
#ifndef LONGHAND_NEAR_FILE_H
#define LONGHAND_NEAR_FILE_H

#include <sys/types.h>

#include "near/near_grams.h"

enum near_section {
    NEAR_WORDS,
    NEAR_WORD_SLOTS,
    NEAR_DF,
    NEAR_TEXTS,
    NEAR_BY_ID,
    NEAR_BY_CUSTOMER,
    NEAR_SENTENCES,
    NEAR_RECORDS,
    NEAR_KEY_DIR,
    NEAR_KEY_TAGS,
    NEAR_KEY_IDS,
    NEAR_RUN_DIR,
    NEAR_RUN_TAGS,
    NEAR_RUN_COUNTS,
    NEAR_SECTIONS
};
#define NEAR_MAGIC 0x7261656e2d686cf1u
enum {
    NEAR_VERSION = 1,
    NEAR_ALIGN = 64,
    NEAR_BUCKET_MAX = 1 << 16, /* entries of a bucket that are looked at: there are not more tags */
};
#define NEAR_NONE UINT32_MAX

struct near_head {
    uint64_t magic;
    uint32_t version, sections;
    int64_t generation;
    uint64_t size;           /* of the whole file */
    uint64_t distinct, said; /* records; sentences with words */
    struct {
        uint64_t at, bytes, sum;
    } section[NEAR_SECTIONS];
    uint64_t sum; /* of all above */
};

struct near_file_text {
    int64_t id, customer, at;
    uint32_t first, n; /* of SENTENCES */
};

struct near_lists {
    const uint32_t *dir;
    const uint16_t *tags;
    uint32_t buckets, n;
};

struct near_file {
    const uint8_t *map;
    size_t size;
    dev_t device; /* which file it is, to see when another took its place */
    ino_t inode;
    int64_t generation;
    uint64_t distinct, said;
    const near_word *words;
    const uint32_t *word_slots;
    uint32_t words_n, word_mask;
    const uint8_t *df;
    uint64_t df_mask;
    const struct near_file_text *texts;
    const uint32_t *by_id, *by_customer, *sentences;
    uint32_t texts_n, sentences_n;
    const uint8_t *records;
    size_t records_n; /* bytes */
    struct near_lists keys, runs;
    const uint32_t *key_ids;
    const uint8_t *run_counts;
};

/* ERR_MISSING: no such file. ERR_INVALID: damaged, or of another version. ERR_IO. */
err near_file_open(const char *path, struct near_file **ret);
void near_file_close(struct near_file *f); /* NULL is allowed */
/* The same from memory, which must outlive it and begin at a multiple of 64; `map` and `size` of ret are
 * not to be unmapped. ERR_INVALID. */
err near_file_read(const uint8_t *bytes, size_t size, struct near_file *ret);

/* NEAR_NONE for a word that is not in the file. */
uint32_t near_file_rank(const struct near_file *f, near_word word);

struct near_record {
    uint32_t n;         /* words */
    uint32_t bigrams;   /* distinct ones */
    const uint8_t *end; /* where the words end and the texts begin */
};
/* The ranks of a record's words to `ranks` (room for NEAR_WORDS_MAX); false when there is no such record. */
bool near_file_words(const struct near_file *f, uint32_t record, uint32_t *ranks, struct near_record *ret);
/* Ranks to words, in place; false when one is not in the file. */
bool near_file_spell(const struct near_file *f, uint32_t *ranks, uint32_t n);
/* The places of the texts listed with it, newest first, to `texts` (room for NEAR_LIST_MAX); returns how
 * many; places are valid. ret_customers: how many customers got it, more than listed perhaps. */
uint32_t near_file_listed(const struct near_file *f, const struct near_record *r, uint32_t *texts,
                          uint32_t *ret_customers);

/* The range of a bucket, [*ret_from, *ret_to). */
static inline uint32_t near_bucket(uint64_t hash, uint32_t buckets) {
    return (uint32_t)((hash >> 32) * buckets >> 32);
}
static inline uint16_t near_tag(uint64_t hash) { return (uint16_t)(hash >> 16); }
void near_lists_range(const struct near_lists *l, uint64_t hash, uint32_t *ret_from, uint32_t *ret_to);

/* Customers of a run, 0 to 255. */
uint32_t near_file_run(const struct near_file *f, uint64_t hash);
/* The place of the text with that id, or NEAR_NONE. */
uint32_t near_file_text_of(const struct near_file *f, int64_t id);
/* The customer's texts are by_customer[from, to). */
void near_file_texts_of_customer(const struct near_file *f, int64_t customer, uint32_t *ret_from,
                                 uint32_t *ret_to);
/* The records of a text's sentences: a range of `sentences`, never out of it. */
static inline uint32_t near_file_sentences(const struct near_file *f, uint32_t place, const uint32_t **ret) {
    const struct near_file_text *t = &f->texts[place];
    if (t->first > f->sentences_n || t->n > f->sentences_n - t->first || t->n > NEAR_SENTENCES_MAX) return 0;
    *ret = f->sentences + t->first;
    return t->n;
}

#endif
