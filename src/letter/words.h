/* words: text -> the words it is found by. Pure.
 *
 * A word is a run of letters, digits and marks; case is folded, accents are taken off (NFKD without Mn),
 * and it is stemmed (libstemmer) in the brand's language. Chinese, Japanese and Korean characters are a
 * word each, since no space parts them. Query and index go through the same mill, so both databases find
 * the same letters. A word holds only letters, digits and bytes above 127, at most 64 bytes. */
#ifndef LONGHAND_LETTER_WORDS_H
#define LONGHAND_LETTER_WORDS_H

#include "base/list.h"
#include "base/str.h"

typedef LIST(str) word_list;

/* Each word once, in order of first appearance, at most `max`. `language`: "en", "de", ...; an unknown one
 * means no stemming. */
void words_of(arena *a, str text, str language, size_t max, word_list *ret_words);
/* One word, without what is no part of a word: case and accents off. */
str word_fold(arena *a, str word);
/* The stem of a folded word; itself where the language has no stemmer. */
str word_stem(arena *a, str folded, str language);
/* Letters, digits and marks make words; of some scripts each letter stands alone. */
bool word_takes(uint32_t c);
bool word_alone(uint32_t c);

/* The words parted by single spaces, as store_words_put takes them. */
str words_joined(arena *a, const word_list *words);

#endif
