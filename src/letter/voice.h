/* voice: by which words the letters a brand holds up differ from all it sends. Pure.
 *
 * Log-likelihood ratio of two corpora (Dunning 1993; Rayson and Garside 2000): with a word's counts a and b
 * in texts of c and d words, G2 = 2 (a ln(a / E1) + b ln(b / E2)), E1 = c (a + b) / (c + d), E2 = d (a + b) /
 * (c + d). Only the top words are fit to be shown: single words say little. */
#ifndef LONGHAND_LETTER_VOICE_H
#define LONGHAND_LETTER_VOICE_H

#include "letter/text.h"

struct voice_word {
    str folded;
    double g2;                 /* above 10.83: by chance one time in a thousand */
    uint32_t approved, others; /* how often */
};
typedef LIST(struct voice_word) voice_list;

/* The words that approved texts use more and less than the others, strongest first, at most `max` each. A
 * word counts that stands in VOICE_TEXTS of the texts at least, with G2 of VOICE_G2 or more; numbers, links
 * and what is capitalised inside a sentence (names) do not. */
enum { VOICE_TEXTS = 3 };
#define VOICE_G2 10.83
void voice_of(arena *a, const struct text *approved, size_t napproved, const struct text *others,
              size_t nothers, size_t max, voice_list *ret_more, voice_list *ret_less);

#endif
