/* compose_encode: the encodings of an outgoing mail. Used by compose.c. */
#ifndef LONGHAND_FORMAT_COMPOSE_ENCODE_H
#define LONGHAND_FORMAT_COMPOSE_ENCODE_H

#include "base/buf.h"
#include "base/str.h"

/* RFC 2045, 6.7: text with LF line ends to lines of at most 76 bytes with CRLF; lines that a transport might
 * touch ("From ", a lone dot) are encoded. Ends with CRLF. */
void encode_quoted_printable(buf *out, str text);
/* RFC 2045, 6.8: lines of 76 characters with CRLF. */
void encode_base64(buf *out, str bytes);

/* A header field, folded before 78 bytes where it can be. Words are added one by one. */
struct header_writer {
    buf *out;
    size_t column;
};
/* "Name:" */
void header_start(struct header_writer *h, const char *name);
/* A word that is not broken, after a space; or after a fold when the line would get too long. */
void header_word(struct header_writer *h, str word);
/* Glued to the last word: a comma. */
void header_glue(struct header_writer *h, str s);
void header_end(struct header_writer *h);
/* Unstructured text: words as they are when ASCII, else RFC 2047 words of UTF-8, never cutting a character.
 */
void header_text(struct header_writer *h, str text);
/* A display name: atoms as they are, else a quoted string, or RFC 2047 words when not ASCII. */
void header_phrase(struct header_writer *h, str name);

/* "; name=value" on a line of its own: quoted when ASCII, else, and when long, in the pieces of RFC 2231. */
void parameter_put(buf *out, const char *name, str value);
/* The same with RFC 2047 words in the quotes: against the standard, and what programs write and read that
 * know no RFC 2231. For the name of a Content-Type, beside the right one of the Content-Disposition. */
void parameter_put_words(buf *out, const char *name, str value);

#endif
