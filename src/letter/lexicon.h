/* lexicon: in which word groups of its language's pack a word stands, all told at once. The check and the
 * skeletons ask this of every word of every reply; asking the pack group by group costs most of their time.
 */
#ifndef LONGHAND_LETTER_LEXICON_H
#define LONGHAND_LETTER_LEXICON_H

#include "letter/text.h"

enum {
    LEX_STOP = 1 << 0,
    LEX_COMMON = 1 << 1,
    LEX_NUMBER = 1 << 2,
    LEX_MONTH = 1 << 3,
    LEX_WEEKDAY = 1 << 4,
    LEX_FIRSTNAME = 1 << 5,
    LEX_DECIDE = 1 << 6,
    LEX_INSTRUCT = 1 << 7,
    LEX_WE = 1 << 8,
    LEX_I = 1 << 9,
    LEX_ABSTRACT = 1 << 10,
    LEX_BEFORE_ABSTRACT = 1 << 11,
    LEX_ALIKE = 1 << 12,
};

struct lexicon;
/* Of the language's pack; NULL when it has none. Made on first use, any thread may ask; lives as long as the
 * program. */
const struct lexicon *lexicon_find(str language);
/* LEX_... of a word; 0 without a lexicon. */
uint32_t lexicon_of(const struct lexicon *l, const struct word *w);

#endif
