/* check: what people type into forms about themselves, brands and inboxes. All give ERR_INVALID with a
 * sentence that names the field. */
#ifndef LONGHAND_DESK_CHECK_H
#define LONGHAND_DESK_CHECK_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum { CHECK_NAME_BYTES = 200, CHECK_TEXT_BYTES = 10000 };

/* One line, trimmed: valid UTF-8 without control characters. A name ends up in mail headers, where a line
 * break would begin a header of its own. `what` begins the sentence: "The name". */
err check_line(const char *what, str text, size_t max_bytes, str *ret_line);
err check_line_or_empty(const char *what, str text, size_t max_bytes, str *ret_line);
/* One line that says something to whoever reads it later: at least one letter, and no character that is not
 * seen but changes how the rest is read (controls of Latin-1, line separators, bidirectional overrides). */
err check_sentence(const char *what, str text, size_t max_bytes, str *ret_line);
/* The same, or nothing. */
err check_sentence_or_empty(const char *what, str text, size_t max_bytes, str *ret_line);
/* Several lines; CRLF and CR become LF. */
err check_text(arena *a, const char *what, str text, size_t max_bytes, str *ret_text);
/* local@domain, all of it in lower case: one person, one spelling. */
err check_email(arena *a, str text, str *ret_email);
/* "UTC" or a name the system's zone files know, such as Europe/Berlin. */
err check_zone(str zone);
/* "en", "de", "pt-BR". */
err check_language(str language);

#endif
