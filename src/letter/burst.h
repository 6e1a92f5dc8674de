/* burst: many people say the same thing now, and usually do not. Pure; one of these for each brand.
 *
 * A letter is a row of words: stems without stop words, numbers, and the codes of products. Words that stand
 * next to each other make a pair. A letter counts once for a voice: all letters of one customer within a day
 * are one voice, and so is a letter that is nearly the same as one before it (of the different words of two,
 * at least 60 % in both), whoever sent it. So neither one sender nor a flood from one template is many
 * people, and whoever repeats what others wrote adds nothing and takes nothing away.
 *
 * What is usual: decayed counts (half of it gone in 28 days) of the voices that used a word or pair, in
 * letters older than BURST_DAY, and of all voices by hour of the week (UTC). A window of the last 1, 3, 8 or
 * 24 hours with v voices (or as many as that hour of the week leads to expect, if more) is compared with
 * that: with c of N usual voices, the number X among v more is negative binomial (a Poisson count whose rate
 * is known from c only, Gamma(c + 1/2, N)): P(X = k) = C(k + c - 1/2, k) (N / (N + v))^(c + 1/2) (v / (N +
 * v))^k. v and N are those of the language of the letters that use it where that gives more, so that many
 * letters in one language are no burst of all its words. The chance is multiplied by how many words were
 * looked at.
 *
 * The least likely word seeds a cluster: the letters that use it, the words those share beyond what is usual
 * (by the logarithm of how much more often), and all letters that have enough of these; twice, as both grow.
 * A cluster counts when at least two words that do not hang together speak for it, or when more people write
 * than usual and one word does. A number alone (a version that many name) does not.
 *
 * The order in which letters are added says nothing; the same letter twice counts once. Time comes with the
 * calls. Memory: at most BURST_LETTERS letters of a day and BURST_WORDS counts, 25 MB together; what was
 * counted least goes first. */
#ifndef LONGHAND_LETTER_BURST_H
#define LONGHAND_LETTER_BURST_H

#include "base/buf.h"
#include "base/err.h"
#include "letter/text.h"

enum {
    BURST_LETTER_WORDS = 96, /* of a letter; what follows is not looked at */
    BURST_LETTERS = 16384,
    BURST_WORDS = 1 << 20,
    BURST_CLUSTER_WORDS = 24,
    BURST_CLUSTERS = 4, /* in one look */
    BURST_VOICES = 5,   /* fewer are no cluster; of many letters, one in fifty */
};
#define BURST_DAY (24 * (int64_t)3600000)

/* The lowest two bits of a word's key. */
typedef enum burst_class { BURST_WORD, BURST_NUMBER, BURST_PRODUCT, BURST_PAIR } burst_class;
static inline burst_class burst_class_of(uint32_t key) { return (burst_class)(key & 3); }

/* ---- the words of a letter ---- */

struct burst_words {
    uint32_t *keys; /* in order; 0 where a pair may not reach over */
    str *shown;     /* each as it was written, folded */
    size_t n;
};
/* `texts`: the subject and what was newly written, each read in its language. `products`: codes. */
void burst_words_of(arena *a, const struct text *texts, size_t ntexts, const str *products, size_t nproducts,
                    struct burst_words *ret);
uint32_t burst_pair(uint32_t first, uint32_t second);
/* How a key, of a pair too, is written in these words; "" when it is not among them. */
str burst_shown(arena *a, const struct burst_words *words, uint32_t key);

/* ---- counting ---- */

typedef struct burst burst;
burst *burst_new(void);
void burst_free(burst *b);

struct burst_letter {
    int64_t id, customer, at; /* at: ms; of one letter always the same */
    str language;             /* "" unknown */
    const uint32_t *keys;     /* burst_words */
    size_t n;
};
/* False when it is there already. Older than a day: it is counted with what is usual. */
bool burst_add(burst *b, const struct burst_letter *letter);
/* Is it counted, or so old that nobody knows? */
bool burst_has(const burst *b, int64_t id, int64_t at);
/* Take a letter of the last day out: it was junk, or its words are deleted. */
void burst_remove(burst *b, int64_t id, int64_t at);
/* The time is now: letters that are older than a day become part of what is usual. Done by burst_look, too.
 */
void burst_advance(burst *b, int64_t now);
struct burst_count {
    int64_t letters;      /* of the last day */
    double voices;        /* usual, decayed */
    double hours;         /* that what is usual goes by, decayed */
    size_t words, memory; /* counts; bytes */
};
void burst_counts(const burst *b, struct burst_count *ret);

/* ---- looking ---- */

struct burst_word {
    uint32_t key, first, second; /* of a pair: its words; else 0 */
    int64_t voices;              /* in the window */
    double expected, chance;     /* of so many or more, times how many words were looked at; at most 1 */
    int64_t window;              /* ms */
    double weight;               /* for burst_score; 0: it only says why */
};
typedef LIST(struct burst_word) burst_word_list;
struct burst_cluster {
    burst_word_list words; /* those that letters join by, heaviest first, then pairs that say why */
    int64_t *letters;      /* ids, by time */
    size_t n;
    int64_t voices, began; /* began: when the first letter came */
    double usual;          /* voices that this window leads to expect, of everything */
    int64_t all;           /* voices in it */
    double chance;         /* of the least likely word */
};
typedef LIST(struct burst_cluster) burst_cluster_list;
/* What bursts now, least likely first. Nothing before three days and sixty voices are known, or four weeks
 * with a few. A window with more than 24 letters is only looked at again when an eighth to a quarter is new,
 * so that the cost of a letter does not grow with how many there are. */
void burst_look(burst *b, arena *a, int64_t now, burst_cluster_list *ret);

/* What it found was not kept: the next look looks at all windows again. */
void burst_again(burst *b);
/* The words that these letters of the last day share beyond what is usual, for letters that people put
 * together; none for fewer than three voices. */
void burst_shared(const burst *b, arena *a, const int64_t *ids, size_t n, burst_word_list *ret);

/* How much of a cluster's words a letter has: the sum of their weights, each once. It joins from BURST_JOIN
 * on when it has at least two. */
#define BURST_JOIN 4.5
struct burst_weight {
    uint32_t key;
    double weight;
};
double burst_score(const uint32_t *keys, size_t n, const struct burst_weight *words, size_t nwords,
                   int *ret_shared);

/* How much of the cluster's words are these: 0 to 1, by weight. From BURST_SAME on they are of one cause. */
#define BURST_SAME 0.3
double burst_overlap(const struct burst_cluster *c, const struct burst_weight *words, size_t nwords);

/* ---- keeping ---- */

/* What is usual, as bytes; without the letters of the last day, which are added again. */
bool burst_save(const burst *b, buf *to);
/* ERR_INVALID for anything that burst_save did not write. */
err burst_load(str bytes, burst **ret);
/* Letters from here on are not in what was saved. */
int64_t burst_folded(const burst *b);

#endif
