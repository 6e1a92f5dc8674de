/* listen: what a letter says: who wrote, what happened, what they ask, feel and promise, in their own words.
 * Pure; no model of language, every finding says why. */
#ifndef LONGHAND_LETTER_LISTEN_H
#define LONGHAND_LETTER_LISTEN_H

#include "letter/catalogue.h"

typedef enum finding_kind {
    FINDING_NAME,    /* value: the name */
    FINDING_AGE,     /* value: "7" */
    FINDING_PRODUCT, /* value: the item's id, for products and figures */
    FINDING_PART,    /* value: the item's id */
    FINDING_ORDER,   /* value: the number */
    FINDING_EVENT,   /* what happened; value: lost, broken, missing, late, wrong, outage, charge, other */
    FINDING_ASK,     /* what they ask */
    FINDING_PROMISE, /* what they promise */
    FINDING_FEELING, /* how they feel, quoted; value: upset, angry, worried, sad, glad, thankful, ... */
    FINDING_THANKS,  /* what they thank for or praise, or whom they tell; value: thanks_kind_name */
} finding_kind;
enum { FINDING_KINDS = FINDING_THANKS + 1 };
const char *finding_kind_name(finding_kind k); /* "name", "age", ... */
bool finding_kind_of(str name, finding_kind *ret);

/* What the letter mainly is. */
typedef enum letter_sort { SORT_ASK, SORT_COMPLAINT, SORT_THANKS, SORT_OTHER } letter_sort;
const char *letter_sort_name(letter_sort s); /* "ask", "complaint", "thanks", "other" */

struct finding {
    finding_kind kind;
    uint32_t start, end; /* bytes of the letter's text; both 0 when it stands elsewhere (From, subject) */
    str value;
    const char *why; /* one plain sentence, T("..."), {0} for why_arg */
    str why_arg;
    str candidates[8]; /* of a product: ids it may be; of a name: other names that disagree */
    uint32_t ncandidates;
};
typedef LIST(struct finding) finding_list;

struct listen_input {
    str text; /* what they newly wrote */
    str subject, from_name, from_address;
    str language;                      /* "" : find out */
    const struct catalogue *catalogue; /* NULL: none */
};
struct heard {
    str language;  /* found or given; "" unknown */
    bool has_pack; /* rules of this language are there; else only numbers, products and From */
    bool child;    /* a child wrote it, or somebody for a child in its words */
    letter_sort sort;
    bool clipped;          /* only the beginning was listened to (LISTEN_MAX bytes) */
    finding_list findings; /* by start, then kind */
    struct text text;      /* the words, for the check */
};
enum { LISTEN_MAX = 256 << 10 };

/* Not "listen": that is the name of a call of the system. */
void listen_to(arena *a, const struct listen_input *in, struct heard *ret);

/* The language of a text by its letters and most frequent words: "en", "de", "fr", "ja" ...; "" when it
 * cannot tell (too short, mixed). Knows more languages than there are packs. */
str language_of(str text);

#endif
