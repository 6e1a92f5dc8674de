/* mime_text: small steps on decoded text and names. Pure. */
#ifndef LONGHAND_FORMAT_MIME_TEXT_H
#define LONGHAND_FORMAT_MIME_TEXT_H

#include "base/arena.h"
#include "base/str.h"

/* RFC 3676: soft line breaks joined, space-stuffing undone, quote marks as "> " once per level. Text with LF.
 */
str mime_flowed(arena *a, str text, bool delsp);

/* A file name for display: the last component of a path, without control, bidi and zero-width characters,
 * at most 200 bytes with the extension kept. */
str mime_file_name(arena *a, str name);

/* The charset that an HTML page names in a meta element of its first 2 KB, "" when none. */
str mime_meta_charset(str html);

/* Without trailing white space and leading empty lines. */
str mime_trim_text(str text);

#endif
