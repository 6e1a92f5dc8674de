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
/* The stem of a folded word and that stem's text_hash; the word itself where the language has no stemmer.
 * `hash`: text_hash of the word, which whoever asks knows already. */
str word_stem(arena *a, str folded, uint32_t hash, str language, uint32_t *ret_hash);
/* It will be asked for soon: the memory that may know it is fetched meanwhile. */
void word_stem_soon(uint32_t hash);
/* Letters, digits and marks make words; of some scripts each letter stands alone. */
bool word_takes_wide(uint32_t c); /* of those above 127 */
static inline bool word_takes(uint32_t c) {
    if (c >= 128) return word_takes_wide(c);
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
static inline bool word_alone(uint32_t c) {
    return (c >= 0x2E80 && c <= 0x9FFF) || (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
           (c >= 0x20000 && c <= 0x3FFFF);
}

/* The words parted by single spaces, as store_words_put takes them. */
str words_joined(arena *a, const word_list *words);

#endif
