/* mime_inside: files of a letter that hold more than a file: winmail.dat, calendar entries, letters. Used by
 * mime_parts.c. Pure. */
#ifndef LONGHAND_FORMAT_MIME_INSIDE_H
#define LONGHAND_FORMAT_MIME_INSIDE_H

#include "format/mime.h"

/* True when the file is Outlook's wrapping and something was in it: its files are then attachments of the
 * letter, and text and HTML what it says, "" for none; the file itself is not to be kept. */
bool mime_inside_tnef(arena *a, str name, str type, str bytes, const struct mime_limits *limits,
                      struct mime_letter *letter, str *ret_text, str *ret_html);

/* Fill `about` (format/about.h) of the letter's last attachment, where there is something to tell. */
void mime_inside_about(arena *a, const struct mime_limits *limits, struct mime_letter *letter);

#endif
