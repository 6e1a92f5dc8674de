/* forwarded: a letter that somebody sends on, by the heading that mail programs put above it: who wrote it,
 * when, about what, and what they wrote. English, German, French, Spanish, Dutch, Italian, Portuguese,
 * Japanese and the Nordic languages. What it finds are words in a text that anybody can type: a proposal,
 * never evidence. */
#ifndef LONGHAND_FORMAT_FORWARDED_H
#define LONGHAND_FORMAT_FORWARDED_H

#include "base/arena.h"
#include "base/str.h"

enum { FORWARDED_LINES_MAX = 20000, FORWARDED_HEADING_MAX = 16 };

struct forwarded {
    str name;       /* of the writer, one line; "" when only the address stands there */
    str address;    /* in normal form, lower case; "" when the heading names none */
    str subject;    /* "" when it names none */
    str date;       /* as it stands there */
    str text;       /* what they wrote, without the '>' of a heading that has them, trimmed */
    size_t start;   /* where the heading, or the line that announces it, begins */
    bool announced; /* a line such as "Forwarded message" stands above */
};

/* The first forwarded message of a text (UTF-8, lines end with LF or CRLF). A heading is a line that names
 * the sender and at least one of date, subject and recipient. The strings are in the arena or in `text`. */
bool forwarded_find(arena *a, str text, struct forwarded *ret);

/* Does a subject say "Fwd:"? `ret_rest`, if not NULL: without that and any "Re:" beside it. */
bool forwarded_subject(str subject, str *ret_rest);

#endif
