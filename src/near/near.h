/* near: what was said before, found again when it is said in nearly the same words.
 *
 * One index holds the texts of one brand (its replies; a second one its letters). It knows nothing of
 * people, products or rules: a text comes as sentences of numbered words (a skeleton: names, numbers and
 * what was taken from the letter are left out by the caller), and goes by ids.
 *
 * It lies beside the database and is derived from it: an immutable file, read through mmap by any number of
 * processes, and what was added since, in memory. near_save writes both as the next file. What was not saved
 * is lost with the process; the caller adds it again (adding the same text twice does nothing), guided by
 * near_generation. Threads: one may add or save while others ask. */
#ifndef LONGHAND_NEAR_NEAR_H
#define LONGHAND_NEAR_NEAR_H

#include "base/err.h"
#include "base/list.h"
#include "base/str.h"

typedef uint32_t near_word; /* hash of a word; never 0 */
typedef struct near near;

struct near_sentence {
    const near_word *words;
    uint32_t n;
};
struct near_text {
    int64_t id;       /* of the message; greater than 0 */
    int64_t customer; /* whom it went to (or who wrote it) */
    int64_t at;       /* milliseconds since 1970 */
    const struct near_sentence *sentences;
    size_t n;
};

/* Open the index in `path` (one file; need not exist yet). read_only: never written, near_save is refused.
 * A file that is damaged or of another version is not used: the index opens empty, its generation is 0 and
 * *ret_damaged tells, so that the caller says so and adds everything again. */
err near_open(str path, bool read_only, near **ret, bool *ret_damaged);
void near_close(near *x);

/* Number of the file in use: 0 none; each near_save makes it one more. What is added now will be in the file
 * near_generation + 1. */
int64_t near_generation(near *x);
err near_add(near *x, const struct near_text *text);
/* Forget a text; at once for answers, and in the bytes of the file with the next near_save. */
err near_remove(near *x, int64_t id);
/* Write file and memory as the next file: temporary name, checksum, fsync, rename. May take long; answers
 * and additions go on meanwhile. ERR_FULL and ERR_IO leave the old file and the memory as they are. */
err near_save(near *x);

struct near_count {
    uint64_t texts, sentences, distinct; /* distinct skeletons of sentences */
    uint64_t bytes;                      /* in memory, mapped file included */
    uint64_t unsaved;                    /* sentences added since the last file */
};
void near_counts(near *x, struct near_count *ret);

/* Who else got a sentence like this one. */
struct near_hit {
    float alike;        /* Jaccard of bigrams, 0 to 1; 1 is the same skeleton */
    uint32_t customers; /* distinct others who got a sentence like it, over all likes; a lower bound above 64 */
    uint32_t sentence;  /* which sentence of the text `text` it is */
    int64_t text;       /* the latest such text; near_hit of an earlier one follows in `earlier` */
    int64_t earlier[3]; /* up to three more texts, newest first, 0 behind the last */
};
/* The likest earlier sentence with at least `min_alike`, among texts that did not go to `customer` (0: among
 * all). ret->alike 0 when there is none. */
void near_like(near *x, const struct near_sentence *sentence, int64_t customer, float min_alike,
               struct near_hit *ret);

/* To how many other customers the run of four words went: 0 to 255 (stays there). */
uint32_t near_run(near *x, const near_word words[4], int64_t customer);

/* Earlier texts that hold much of this one. */
struct near_vote {
    int64_t text, customer;
    float share; /* of this text's words (in skeleton) that stand in sentences like those of `text`, 0 to 1 */
};
typedef LIST(struct near_vote) near_vote_list;
/* Best first, at most `max`, share at least `min_share`, none that went to `customer`. */
void near_texts_like(near *x, arena *a, const struct near_sentence *sentences, size_t n, int64_t customer,
                     float min_share, size_t max, near_vote_list *ret);

#endif
