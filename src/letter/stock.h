/* stock: phrases that a brand's own replies repeat and its letters do not. Pure.
 *
 * A phrase is 3 to 8 words in a row inside a sentence, as they are folded, without numbers and links. It is
 * learned when it went to at least max(5, 0.1 %) customers and replies use it more than letters do: with r of
 * R replies and l of L letters that hold it and p = (r + l) / (R + L), z = (r / R - l / L) over the root of
 * p (1 - p) (1 / R + 1 / L) is above 3. Of phrases within phrases only the longest is kept, unless the
 * shorter went to half as many more. */
#ifndef LONGHAND_LETTER_STOCK_H
#define LONGHAND_LETTER_STOCK_H

#include "letter/text.h"

enum { STOCK_WORDS_MIN = 3, STOCK_WORDS_MAX = 8, STOCK_CUSTOMERS = 5 };
#define STOCK_SHARE 0.001
#define STOCK_Z 3.0

struct stock_text {
    const struct text *text;
    int64_t customer; /* whom it went to; texts of one customer next to each other */
};
struct stock_phrase {
    str words; /* folded, parted by single spaces */
    uint32_t customers;
    double z;
};
typedef LIST(struct stock_phrase) stock_list;

/* Learns from replies and letters, at most `max` phrases, those of most customers first. Takes time by the
 * words of all replies times six: for a job, not for a page. */
void stock_of(arena *a, const struct stock_text *replies, size_t nreplies, const struct text *letters,
              size_t nletters, size_t max, stock_list *ret);

#endif
