/* mime_charset: bytes in the charsets that mails name, or name wrongly -> clean UTF-8. By iconv. */
#ifndef LONGHAND_FORMAT_MIME_CHARSET_H
#define LONGHAND_FORMAT_MIME_CHARSET_H

#include "base/arena.h"
#include "base/str.h"

/* Valid UTF-8 from `bytes`, whatever they are. `charset` is the name the mail gives, "" for none; aliases are
 * known (the WHATWG ones: iso-8859-1 is read as windows-1252, gb2312 as gb18030, ...). What is not so encoded
 * is read as UTF-8 when it is that, else as what it looks like (mime_guess.h), else as windows-1252; single
 * bad bytes become U+FFFD. */
str mime_to_utf8(arena *a, str bytes, str charset);

/* U+FFFD for every byte that belongs to no UTF-8 sequence. */
str mime_repair_utf8(arena *a, str bytes);

/* Load the converters of the charsets that occur in mail, and keep them: afterwards no file is opened for
 * them. For a process that is about to give up opening files. Safe to repeat. */
void mime_charset_preload(void);

/* Without control characters and byte order marks; CRLF and lone CR become LF. With `one_line` every run of
 * white space is one space and the ends are trimmed. `text` is valid UTF-8. */
str mime_clean(arena *a, str text, bool one_line);

#endif
