/* text: a letter or a reply as the heart sees it: words with their place, cut in sentences. Pure.
 *
 * Offsets are bytes of UTF-8 into `bytes`. A word is a run of letters, digits and marks; an apostrophe
 * between letters belongs to it ("don't"), a hyphen parts; an address of the web or of mail is one word;
 * Chinese, Japanese and Korean characters are a word each. A sentence ends at . ! ? … (and their like in
 * other scripts) before space, at an empty line, before a list item, and at a line break that was meant:
 * where the next word would still have fitted in the longest line. Zero-width characters are part of no word
 * and part none; look-alike letters of another script inside a Latin word are folded to Latin. */
#ifndef LONGHAND_LETTER_TEXT_H
#define LONGHAND_LETTER_TEXT_H

#include "base/list.h"
#include "base/str.h"

enum {
    WORD_NUMBER = 1,   /* begins with a digit */
    WORD_LINK = 2,     /* a web or mail address */
    WORD_CAPITAL = 4,  /* begins with a capital letter */
    WORD_CAPITALS = 8, /* two letters or more, all capital */
    WORD_FIRST = 16,   /* first word of its sentence */
    WORD_ALONE = 32,   /* one character of a script without spaces */
};

struct word {
    uint32_t start, end; /* [start, end) */
    uint32_t sentence;
    uint32_t flags;
    uint32_t hash;        /* of stem; never 0 */
    uint32_t folded_hash; /* of folded; text_hash */
    str folded;           /* case and accents off; the apostrophe, if any, is ' */
    str stem;             /* of folded without what follows an apostrophe ("luka's" -> "luka") */
};
struct sentence {
    uint32_t start, end;  /* without white space around it; the closing mark is in it */
    uint32_t word, words; /* the first word and how many */
    uint32_t paragraph;   /* counted by empty lines */
    bool asks;            /* ends in a question mark */
};

struct text {
    str bytes;
    str language; /* as given: decides the stemmer; "" none */
    struct word *words;
    size_t nwords;
    struct sentence *sentences;
    size_t nsentences;
};

/* `text` is kept, not copied. Words beyond TEXT_WORDS_MAX are not looked at. Bytes that are not UTF-8 part
 * words. */
enum { TEXT_WORDS_MAX = 50000 };
void text_of(arena *a, str bytes, str language, struct text *ret);

/* The hash of a folded word or a stem; never 0. The same on every machine and for ever: indexes keep it. */
uint32_t text_hash(str word);

/* A word as text_of folds it: at most 64 bytes. */
str text_fold(arena *a, str word);

/* The text of words [from, to) of `t`, with what stands between them. */
str text_span(const struct text *t, size_t from, size_t to);
/* The first word that ends after `offset`; nwords when none. */
size_t text_word_at(const struct text *t, uint32_t offset);
str text_sentence(const struct text *t, size_t sentence);

/* Byte offsets <-> UTF-16 units, for browsers: one pass over ascending byte offsets. */
void text_utf16(str bytes, const uint32_t *offsets, size_t n, uint32_t *ret_units);

#endif
