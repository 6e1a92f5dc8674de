/* The memory part of an index: what was added since the file was written. Texts are noted one after another
 * in a log of words, which is what the next file is made from; beside it stand tables for answering. All
 * functions need the lock of struct near: for writing where the delta is not const. */
#ifndef LONGHAND_NEAR_DELTA_H
#define LONGHAND_NEAR_DELTA_H

#include "near/near_file.h"
#include "near/near_table.h"

/* Elements that never move: chunks of 2^15. */
struct near_pile {
    char **chunk;
    size_t chunks, cap;
    uint32_t n, size;
};
static inline void *near_pile_at(const struct near_pile *p, uint32_t i) {
    return p->chunk[i >> 15] + (size_t)(i & 32767) * p->size;
}
void *near_pile_add(struct near_pile *p); /* zeroed */

struct near_delta_text {
    int64_t id, customer, at;
    const uint32_t *log;  /* for each sentence: how many words, then the words */
    uint32_t n, first;    /* sentences; the first of its uses */
    bool removed, silent; /* silent: only noted for the next file, has no uses */
};
struct near_delta_sentence {
    uint64_t hash;
    const near_word *words; /* in the log */
    uint32_t n, last;       /* words; its newest use + 1 */
    uint32_t customers;     /* distinct */
};
/* One sentence of one text. */
struct near_delta_use {
    uint32_t sentence; /* NEAR_NONE: it has no words */
    uint32_t text;
    uint32_t before; /* the use before of the same sentence + 1 */
};

struct near_delta {
    struct near_pile texts, sentences, uses;
    char **log; /* chunks */
    size_t logs, log_cap, log_bytes, log_room;
    uint32_t *log_next;
    struct near_table ids;   /* id -> texts */
    struct near_table exact; /* hash of a sentence -> sentences */
    struct near_table keys;  /* bigram -> sentences */
    struct near_table runs;  /* run -> customers who did not have it before */
    struct near_table got;   /* (run or sentence, customer) counted in runs or customers */
    uint64_t said;           /* sentences with words, of texts not removed */
    uint32_t removed;        /* texts */
};

struct near_delta *near_delta_new(void);
void near_delta_free(struct near_delta *d); /* NULL is allowed */
size_t near_delta_bytes(const struct near_delta *d);

static inline struct near_delta_text *near_delta_text(const struct near_delta *d, uint32_t i) {
    return near_pile_at(&d->texts, i);
}
static inline struct near_delta_sentence *near_delta_sentence(const struct near_delta *d, uint32_t i) {
    return near_pile_at(&d->sentences, i);
}
static inline struct near_delta_use *near_delta_use(const struct near_delta *d, uint32_t i) {
    return near_pile_at(&d->uses, i);
}

/* The text with that id that is not removed, or NULL. */
struct near_delta_text *near_delta_find(const struct near_delta *d, int64_t id);
/* The sentence with exactly these words, or NEAR_NONE. */
uint32_t near_delta_exact(const struct near_delta *d, uint64_t hash, const near_word *words, uint32_t n);

/* What was known before, for counting a customer once. */
struct near_before {
    const struct near_file *file;   /* may be NULL */
    const struct near_delta *delta; /* an older one, may be NULL */
    const struct near_table *own;   /* runs the customer got in texts of the file */
};
/* Note the text for the next file; it is no answer yet. Returns its place. */
uint32_t near_delta_note(struct near_delta *d, const struct near_text *text);
/* Make it one. */
void near_delta_learn(struct near_delta *d, uint32_t place, const struct near_before *before);
/* No answer any more. The runs stay counted: see near_forget. */
void near_delta_remove(struct near_delta *d, struct near_delta_text *t);
/* Everything the customer got in texts that are not removed, as a tally of hashes of sentences and runs. */
void near_delta_still(const struct near_delta *d, int64_t customer, struct near_table *ret);
/* File the sentences under their rarest bigrams again: another file counts them differently. */
void near_delta_refile(struct near_delta *d, const struct near_file *file);

#endif
