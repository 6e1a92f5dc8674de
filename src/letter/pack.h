/* pack: what the heart knows of a language: lists of words and patterns, read from assets/lang/LL.*, so that
 * a language is added without touching C.
 *
 * A file is lines; `#` begins a comment (at the line's start), `[group]` begins a group. A group is used as
 * words (pack_has) or as patterns (pack_match), by whoever asks.
 * A pattern is at most 24 elements (a longer line is words only) parted by spaces, each for one word of the
 * text, compared with its folded form: word        that word                   a|b|c     one of these word*
 * words that begin so         ?word     may be missing (also with | and *) <3          up to three words, any
 * #         a number in digits, or a number word of [number]
 *     @group      a word of that group        ^         the sentence begins here (first element only)
 *     $           the sentence ends here (last element only)
 *     { }         the words between are the match's inner part
 *     =value      the rest of the line, last: the match's value
 * A pattern does not reach over a sentence's end. */
#ifndef LONGHAND_LETTER_PACK_H
#define LONGHAND_LETTER_PACK_H

#include "base/err.h"
#include "letter/text.h"

struct pack;

/* The pack of "en", "de-AT" ..., NULL when there is none. Read once from the program; lives as long. */
const struct pack *pack_find(str language);
/* The languages that have a pack; NULL past the last. */
const char *pack_language(size_t i);
/* For tests and tools: a pack from one text, in the arena. ERR_INVALID names the line. */
struct pack_error {
    size_t line;
    const char *why;
};
err pack_read(arena *a, str language, const str *files, size_t n, struct pack_error *ret_error,
              const struct pack **ret);

/* Is the folded word in the group? False for a group there is none of. */
bool pack_has(const struct pack *p, const char *group, str folded);
/* Its value: the rest of the line behind `=` where a line is `word word =value`; "" without. */
str pack_value(const struct pack *p, const char *group, str folded);

struct pack_hit {
    uint32_t from, to;             /* words */
    uint32_t inner_from, inner_to; /* words between { and }; equal when there are none */
    str value;
    uint32_t line; /* which pattern of the group, from 0 */
};
typedef LIST(struct pack_hit) pack_hit_list;
/* Every place where a pattern of the group fits in words [from, to): at each word the longest. Patterns of
 * one group may give hits that overlap. */
void pack_match(arena *a, const struct pack *p, const char *group, const struct text *t, size_t from,
                size_t to, pack_hit_list *ret);
/* The lines of a group as they stand, for those who read them otherwise. */
size_t pack_lines(const struct pack *p, const char *group, const str **ret_lines);

#endif
