/* feeling: how somebody feels by one sentence of theirs: a small linear model's opinion, for sentences that
 * do not say it in so many words. Pure.
 *
 * The model (assets/lang/LL.feelings, made by tools/feelings.c) knows the 28 labels of GoEmotions; the desk
 * has fewer, plainer words. It is right about three times out of four where it is sure enough to show and one
 * in two elsewhere (docs/feelings.md has the figures), it was trained on public posts and not on letters: it
 * sorts and points at, and never asserts. What a person says of themselves ("I am really upset") is found by
 * the patterns of the pack and goes before this. */
#ifndef LONGHAND_LETTER_FEELING_H
#define LONGHAND_LETTER_FEELING_H

#include "base/err.h"
#include "letter/listen.h"

typedef enum feeling {
    FEELING_UPSET, /* annoyed, disgusted */
    FEELING_ANGRY,
    FEELING_DISAPPOINTED,
    FEELING_SAD,
    FEELING_WORRIED,
    FEELING_CONFUSED,
    FEELING_SORRY,
    FEELING_EMBARRASSED,
    FEELING_SURPRISED,
    FEELING_CURIOUS,
    FEELING_HOPEFUL,
    FEELING_GLAD, /* happy, excited, fond, relieved */
    FEELING_AMUSED,
    FEELING_PROUD,
    FEELING_ADMIRING,
    FEELING_THANKFUL,
} feeling;
enum { FEELINGS = FEELING_THANKFUL + 1, FEELING_LABELS = 28 };
const char *feeling_name(feeling f); /* "upset", "angry", "thankful" ...: value of FINDING_FEELING */
bool feeling_of_name(str name, feeling *ret);
/* Of a label 0 to 27, alphabetical as GoEmotions has them, neutral last: its name there ("admiration"), and
 * what the desk calls it; false for neutral, approval, caring, curiosity, desire, disapproval, realization,
 * which are attitudes rather than feelings. */
const char *feeling_label_name(unsigned label);
bool feeling_of_label(unsigned label, feeling *ret);

/* A model points into the bytes it was read from. */
struct feeling_model {
    const uint8_t *buckets; /* nbuckets + 1 numbers of 16 bits, little-endian: where a bucket's rows begin */
    const uint8_t *tags;    /* a number of 16 bits for each row: the rest of its feature's hash */
    const int8_t *rows;     /* nrows times FEELING_LABELS weights */
    uint32_t nbuckets, nrows;    /* nbuckets is a power of two */
    float scale[FEELING_LABELS]; /* what one step of a weight is worth */
    float bias[FEELING_LABELS];
    float likely[FEELING_LABELS]; /* a score (log-odds) from here on gives the label: best F1 */
    float show[FEELING_LABELS];   /* from here on sure enough to show, if likely; infinite where nothing is */
    str about;                    /* source, licence and figures, as text */
};

/* The model of a language, read on first use; NULL where there is none: then only patterns tell feelings.
 * Today there is one for "en". May be called by any thread. */
const struct feeling_model *feeling_model_find(str language);
/* Reads a model that lies in `bytes`, which must outlive it. ERR_INVALID when it is damaged or of another
 * version. */
err feeling_model_read(str bytes, struct feeling_model *ret);

struct feeling_found {
    float score[FEELING_LABELS]; /* log-odds */
    uint32_t labels;             /* bit i: label i is likely; 0 when nothing is */
    uint32_t feelings;           /* bit per `feeling` that is likely */
    uint32_t shown;              /* those of `feelings` that are sure enough to show to a person */
    feeling strongest;           /* of `shown` the one furthest above its bar; undefined when shown is 0 */
    float sure;                  /* its probability as the model sees it, 0 to 1; 0 when shown is 0 */
};

/* How the words [from, to) of `t` feel: one sentence, or a whole short text. The signs behind the last word,
 * up to the next one, count too. Without a model (NULL), or without words, everything is 0. About 1 µs. */
void feeling_of(const struct feeling_model *m, const struct text *t, size_t from, size_t to,
                struct feeling_found *ret);

/* What the model sees of a text: hashes, not each only once; how many. For the trainer. */
enum { FEELING_FEATURES_MAX = 1024 };
size_t feeling_features(const struct text *t, size_t from, size_t to, uint32_t ret[FEELING_FEATURES_MAX]);

/* What a letter mainly is, from counts; without a model the patterns' feelings alone fill it. */
struct feeling_tally {
    uint32_t sentences; /* of the letter proper: no greeting, no signature */
    uint32_t unhappy;   /* of them: upset, angry or disappointed */
    uint32_t kind;      /* thankful, admiring, glad; not mere formulas of politeness ("thanks in advance") */
    uint32_t asks;
    uint32_t faults; /* events that are ours: broken, missing, late, wrong, outage, charge */
    uint32_t losses; /* events that are theirs: lost */
};
/* Counts one sentence by its feelings (bits per `feeling`): the model's `shown`, or the patterns'. */
void feeling_count(struct feeling_tally *tally, uint32_t feelings);
/* Complaint: they are unhappy and a fault is told; or there is a fault and nothing is asked; or they are
 * unhappy more often than kind, and neither ask for something nor lost it themselves.
 * Thanks: kind more often than unhappy, no fault, and either nothing is asked or half the letter is kind.
 * Ask: something is asked, or a loss is told. Other: the rest. In this order. */
letter_sort feeling_sort(const struct feeling_tally *tally);

#endif
