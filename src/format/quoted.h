/* quoted: what a letter newly says, apart from what it quotes, forwards and signs with.
 *
 * Works on lines, without knowing the letter's language: the words that mail programs put above a quote are
 * known for English, German, French, Spanish, Dutch, Italian, Portuguese, Japanese and some more. In doubt a
 * line was said: showing too much costs a glance, hiding what somebody wrote costs the answer. */
#ifndef LONGHAND_FORMAT_QUOTED_H
#define LONGHAND_FORMAT_QUOTED_H

#include "base/arena.h"
#include "base/list.h"
#include "base/str.h"

typedef enum quoted_kind {
    QUOTED_SAID,    /* newly written */
    QUOTED_CONTEXT, /* lines with '>' that stand above an answer to them: to be shown, not listened to */
    QUOTED_QUOTE,   /* an earlier message, with the line that announces it */
    QUOTED_FORWARD, /* a forwarded message, with its heading; when nothing else was written, the heading alone
                     */
    QUOTED_SIGNATURE, /* behind "-- ", or "Sent from my telephone" */
} quoted_kind;
enum { QUOTED_KINDS = QUOTED_SIGNATURE + 1 };
const char *quoted_kind_name(quoted_kind k); /* "said", "context", "quote", "forward", "signature" */

/* Bytes [start, end) of the text. */
struct quoted_part {
    quoted_kind kind;
    size_t start, end;
};
typedef LIST(struct quoted_part) quoted_part_list;

enum { QUOTED_LINES_MAX = 20000 };

/* In order, without gaps or overlaps, each at least one byte, neighbours of different kinds; none for an
 * empty text. Lines end with LF or CRLF. A text of more than QUOTED_LINES_MAX lines is all said from there
 * on. */
void quoted_split(arena *a, str text, quoted_part_list *ret_parts);

/* The text without quotes, forwards and signatures, trimmed. `context`: with QUOTED_CONTEXT. */
str quoted_said(arena *a, str text, const quoted_part_list *parts, bool context);

/* The text with what it quotes and forwards blanked out, byte for byte, so that offsets stay; signatures are
 * kept, since they say who wrote. The text itself when it quotes nothing or says nothing else. */
str quoted_blank(arena *a, str text);

#endif
