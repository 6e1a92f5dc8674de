/* rtf: the words of an RTF text, roughly: what Outlook puts into winmail.dat. Pure.
 *
 * Text, paragraphs, tabs, characters by number and by code page; fonts, pictures, fields' codes and all other
 * destinations are passed over. RTF that was made from HTML ([MS-OXRTFEX]) gives that HTML back. */
#ifndef LONGHAND_FORMAT_RTF_H
#define LONGHAND_FORMAT_RTF_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* What is unpacked, and how much of it is read: more than a letter's text may be. */
enum { RTF_BYTES_MAX = 8 << 20, RTF_READ_MAX = 2 << 20 };

/* Clean UTF-8 at most as long as mime.h allows; `ret_is_html`: it is HTML, not yet sanitised. Never fails:
 * what is no RTF comes out as the text it may be. */
str rtf_read(arena *a, str rtf, bool *ret_is_html);

/* [MS-OXRTFCP]: LZFu, or kept as it is (MELA). ERR_INVALID when it is neither or is cut; ERR_LIMIT above
 * RTF_BYTES_MAX. Memory and time are at most eight times the input. */
err rtf_expand(arena *a, str packed, str *ret_rtf);

#endif
