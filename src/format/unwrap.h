/* unwrap: lines that a mail program broke at its margin flow again. Pure. */
#ifndef LONGHAND_FORMAT_UNWRAP_H
#define LONGHAND_FORMAT_UNWRAP_H

#include "base/str.h"

/* The same text with some line ends turned into spaces, so that every offset stays what it was. A line end is
 * the mail program's when the next line's first word would not have fitted on the line: margins from 40 to 80
 * characters are recognised. Empty lines, quotes ("> "), lists and indented lines are left alone. */
str text_unwrap(arena *a, str text);

#endif
