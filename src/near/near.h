/* near: what was said before, found again when it is said in nearly the same words.
 *
 * One index holds the texts of one brand (its replies; a second one its letters). It knows nothing of
 * people, products or rules: a text comes as sentences of numbered words (a skeleton: names, numbers and
 * what was taken from the letter are left out by the caller), and goes by ids.
 *
 * It lies beside the database and is derived from it: an immutable file, read through mmap by any number of
 * processes, and what was added since, in memory. near_save writes both as the next file. What was not saved
 * is lost with the process; the caller adds it again (adding the same text twice does nothing), guided by
 * near_generation and near_next, or by near_has. Threads: all may add, save and ask at the same time. */
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

/* Number of the file in use: 0 none; each near_save that has something to write makes it one more. */
int64_t near_generation(near *x);
/* Number of the first file that is sure to hold what was added before this call, when no other process
 * writes: near_generation + 1, and one more while near_save is at work. */
int64_t near_next(near *x);
/* Whether the text is in the file or in memory and was not removed. */
bool near_has(near *x, int64_t id);
/* Of a sentence the first 512 words count, of a text the first 4,096 sentences. ERR_INVALID: id below 1. */
err near_add(near *x, const struct near_text *text);
/* The same, but it is found only after the next near_save: for rebuilding, faster and with less memory. */
err near_load(near *x, const struct near_text *text);
/* Forget a text; at once for answers, and in the bytes of the file with the next near_save. Until then a
 * sentence that more than 64 texts hold may count a customer too few. */
err near_remove(near *x, int64_t id);
/* Another process may have written the file since: use the new one. What is not saved here stays. */
err near_refresh(near *x, bool *ret_changed);
/* Write file and memory as the next file: temporary name, checksum, fsync, rename. May take long; answers
 * and additions go on meanwhile. ERR_FULL and ERR_IO leave the old file and the memory as they are. Several
 * processes may add and save: the file of another is taken first (a lock on `path`.lock parts them). */
err near_save(near *x);

struct near_count {
    uint64_t texts, sentences;
    uint64_t distinct; /* skeletons; one that is in the file and in memory counts twice */
    uint64_t bytes;    /* in memory, mapped file included */
    uint64_t unsaved;  /* sentences added, and texts removed, since the last file */
};
void near_counts(near *x, struct near_count *ret);

/* Who else got a sentence like this one. */
struct near_hit {
    float alike;        /* Jaccard of bigrams, 0 to 1; 1 is the same skeleton */
    uint32_t customers; /* distinct others who got one like it, over all likes; a lower bound above 64 */
    uint32_t sentence;  /* which sentence of the text `text` it is */
    int64_t text;       /* the latest text with the likest sentence */
    int64_t earlier[3]; /* the newest such texts of up to three other customers, 0 behind the last */
};
/* The likest earlier sentence with at least `min_alike`, among texts that did not go to `customer` (0: among
 * all). ret->alike 0 when there is none. Sentences of one to three words are found word for word only. */
void near_like(near *x, const struct near_sentence *sentence, int64_t customer, float min_alike,
               struct near_hit *ret);

/* To how many other customers the run of four words went: 0 to 255 (stays there). */
uint32_t near_run(near *x, const near_word words[4], int64_t customer);

/* Earlier texts that hold much of this one: each of its sentences counts with its words when the earlier text
 * has one that is alike, by NEAR_ALIKE, or NEAR_ALIKE_SHORT below NEAR_SHORT_WORDS words. */
#define NEAR_ALIKE 0.35f
#define NEAR_ALIKE_SHORT 0.5f
enum { NEAR_SHORT_WORDS = 9 };
struct near_vote {
    int64_t text, customer;
    float share; /* of this text's words (in skeleton) that stand in sentences like those of `text`, 0 to 1 */
};
typedef LIST(struct near_vote) near_vote_list;
/* Best first, at most `max`, share at least `min_share`, none that went to `customer`. */
void near_texts_like(near *x, arena *a, const struct near_sentence *sentences, size_t n, int64_t customer,
                     float min_share, size_t max, near_vote_list *ret);

#endif
