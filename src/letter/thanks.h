/* thanks: what in a letter or a public post thanks, praises, or tells others: quoted, with why. Pure.
 *
 * What it goes by are patterns (assets/lang/thanks: English, German, French, Spanish) and, for English, the
 * model of feelings (letter/feeling.h) where they say nothing. Thanks for what is yet to come ("thanks in
 * advance"), for nothing, in a question or a condition, sneered, quoted, or only the end of a letter that
 * asks, are none. */
#ifndef LONGHAND_LETTER_THANKS_H
#define LONGHAND_LETTER_THANKS_H

#include "base/list.h"
#include "letter/text.h"

typedef enum thanks_kind {
    THANKS_THANKS, /* for help, an answer, the product, something had */
    THANKS_PRAISE, /* of us, of a person here, of the product or the letter */
    THANKS_TELLS   /* tells others of it, or a story of what came of it */
} thanks_kind;
enum { THANKS_KINDS = THANKS_TELLS + 1 };
const char *thanks_kind_name(thanks_kind k); /* "thanks", "praise", "tells" */
bool thanks_kind_of(str name, thanks_kind *ret);

struct thanks_found {
    thanks_kind kind;
    uint32_t from, to; /* words of the text */
    const char *why;   /* one plain sentence, T("...") */
};
typedef LIST(struct thanks_found) thanks_list;

enum { THANKS_FOUND_MAX = 20 };

/* The words that the caller knows to be no part of what is said: of a signature, a greeting, an ask. */
enum { THANKS_SKIP = 1, THANKS_IN_ASK = 2 };
/* In order, at most THANKS_FOUND_MAX, none overlapping another of the same kind. `marks`: a byte for each
 * word, of the bits above; NULL: none. `asks`: the letter asks for something, so that a bare "thank you" at
 * its end is how one ends a letter. In a language without patterns nothing is found. About 20 us a letter. */
void thanks_of(arena *a, const struct text *t, const uint8_t *marks, bool asks, thanks_list *ret);

#endif
