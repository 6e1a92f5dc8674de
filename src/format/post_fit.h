/* post_fit: how long a text is on a network, and how it is parted into a thread when it is longer. Lengths
 * are in user-perceived characters (extended grapheme clusters, UAX 29), so that an emoji family is one. */
#ifndef LONGHAND_FORMAT_POST_FIT_H
#define LONGHAND_FORMAT_POST_FIT_H

#include "base/err.h"
#include "base/list.h"
#include "base/str.h"

enum { POST_PARTS_MAX = 10 };

struct post_fit {
    int64_t graphemes, bytes; /* 0: no limit */
    int64_t per_url;          /* what every web address counts as; 0: as it is */
    bool mentions_short;      /* @name@server counts as @name */
};
typedef LIST(str) post_part_list;

int64_t post_length(str text, const struct post_fit *fit);
bool post_fits(str text, const struct post_fit *fit);

/* `text`, trimmed, as parts that fit, each behind `front` ("" or "@name "), none ending inside a word or an
 * address: at the end of a paragraph or sentence where one is near, else where a line may be broken (UAX 14).
 * ERR_INVALID: a piece between two such places is longer than a post. ERR_LIMIT: more than POST_PARTS_MAX.
 * The sentence is for the person who wrote it. An empty text has no parts. */
err post_split(arena *a, str text, str front, const struct post_fit *fit, post_part_list *ret);

#endif
