/* The inside of `struct near`, for the files of this folder. */
#ifndef LONGHAND_NEAR_OWN_H
#define LONGHAND_NEAR_OWN_H

#include <pthread.h>

#include "near/near_delta.h"

/* An index is up to three parts: the file, and what is in memory. While near_save writes, the memory it
 * writes is sealed and additions go to a new delta. */
enum near_part_kind { NEAR_PART_FILE, NEAR_PART_SEALED, NEAR_PART_OPEN, NEAR_PARTS };

struct near {
    char *path;
    bool read_only;
    pthread_mutex_t saving; /* held while the file is replaced, by near_save or near_refresh */
    /* Answers hold it for reading, changes for writing. Whoever holds `saving` may read what `file` and
     * `sealed` point to without it, but for the marks of removal. */
    pthread_rwlock_t lock;
    struct near_file *file; /* NULL: none */
    uint64_t *gone;         /* a bit for each text of the file: it was removed; NULL: none was */
    uint32_t gone_n;
    uint64_t gone_said;      /* sentences of those */
    struct near_table fewer; /* run -> customers of the file's count who no longer have it */
    struct near_delta *sealed, *open;
    int64_t *forgotten; /* ids removed from file or sealed memory whose bytes are still in the file */
    size_t forgotten_n, forgotten_cap;
};

static inline struct near_delta *near_part(const near *x, enum near_part_kind part) {
    return part == NEAR_PART_SEALED ? x->sealed : x->open;
}
static inline bool near_gone(const near *x, uint32_t place) {
    return x->gone && x->gone[place / 64] >> place % 64 & 1;
}

/* Of one customer's texts in the file only this many, the newest, are read to leave the customer out of a
 * count; whoever has more is counted once too often where only the older ones hold it. */
enum { NEAR_OWN_MAX = 64 };

/* Add to `d` what neither the file nor the older memory has. Holding the lock for writing, as below. */
void near_learn(const near *x, struct near_delta *d, const struct near_delta *older,
                const struct near_text *text);
/* Take the text out of the answers of that part; false when it is not in it. */
bool near_forget(near *x, enum near_part_kind part, int64_t id);
/* near_forget.c: the runs in texts of the file that the customer got and that were not removed. */
void near_own_runs(const near *x, int64_t customer, struct near_table *ret);

/* near_likes.c: sentences like one. */
struct near_like_one {
    float alike;
    uint32_t part, sentence; /* near_part_kind; record or sentence of the delta */
};
enum { NEAR_LIKES_MAX = 512 };
/* At least min_alike, in no order, to `ret` (room for NEAR_LIKES_MAX). Holding the lock. */
uint32_t near_likes(const near *x, const near_word *words, uint32_t n, float min_alike,
                    struct near_like_one *ret);

struct near_seen {
    int64_t id, customer, at;
    uint32_t part, place;
};
/* Texts that hold it and are not removed, to `ret` (room for NEAR_LIST_MAX); ret_customers: a lower bound of
 * how many customers got it, `but` (0: nobody) left out. */
uint32_t near_seen_in(const near *x, const struct near_like_one *like, int64_t but, struct near_seen *ret,
                      uint32_t *ret_customers);

/* near_build.c: a text for the next file, from the file in use (log NULL) or from memory. */
struct near_source {
    int64_t id, customer, at;
    const uint32_t *log;
    uint32_t place, n;
};
/* Write a file at `path`. The sources are put in order. ERR_FULL, ERR_IO, ERR_LIMIT, and ERR_INVALID when
 * `file` turns out to be damaged; the file at `path` is removed then. */
err near_build(const char *path, int64_t generation, const struct near_file *file,
               struct near_source *sources, size_t n);

#endif
