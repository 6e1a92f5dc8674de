/* imap_names: names of folders. A server without IMAP4rev2 or UTF8=ACCEPT has them in modified UTF-7 (RFC
 * 3501 5.1.3): ASCII stands for itself, "&" is "&-", anything else is UTF-16 in base64 with "," for "/",
 * between "&" and "-". */
#ifndef LONGHAND_MAIL_IMAP_NAMES_H
#define LONGHAND_MAIL_IMAP_NAMES_H

#include "base/buf.h"

/* UTF-8 -> modified UTF-7. False when the name is not UTF-8 or holds NUL, CR or LF. */
bool imap_name_encode(str name, buf *out);
/* Modified UTF-7 -> UTF-8. False, and `out` as it was, when it is none: then the name is to be taken as it
 * stands, as servers with UTF-8 names do. */
bool imap_name_decode(str name, buf *out);
/* As an argument of a command: quoted, in modified UTF-7. A name that has no quoted form, false. */
bool imap_name_quote(str name, buf *out);

#endif
