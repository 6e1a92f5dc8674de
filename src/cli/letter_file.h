/* letter_file: a letter from a file or standard input, for verbs that work without a desk. */
#ifndef LONGHAND_CLI_LETTER_FILE_H
#define LONGHAND_CLI_LETTER_FILE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct letter_file {
    str text;                             /* UTF-8, without NUL */
    str subject, from_name, from_address; /* "" for plain text */
};

/* `path` "-" is standard input. What begins with header lines is read as a mail, in a child process without
 * privileges; anything else is plain text. ERR_MISSING, ERR_IO; ERR_LIMIT above 64 MiB; ERR_INVALID for a
 * mail that cannot be read. */
err letter_file_read(arena *a, const char *path, struct letter_file *ret);
/* The bytes of a file, or of standard input for "-". ERR_MISSING, ERR_IO; ERR_LIMIT above `max`. */
err letter_file_bytes(arena *a, const char *path, size_t max, str *ret);
/* What is no UTF-8, and NUL, becomes U+FFFD, so that what is printed has the offsets that are told. */
str letter_file_clean(arena *a, str bytes);

#endif
