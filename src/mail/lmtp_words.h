/* lmtp_words: what stands behind MAIL and RCPT, and what is answered to an error (part of lmtp.h). */
#ifndef LONGHAND_MAIL_LMTP_WORDS_H
#define LONGHAND_MAIL_LMTP_WORDS_H

#include "base/err.h"
#include "base/str.h"

bool lmtp_is_ascii(str s);
/* Take `<path>` off the front of `*rest` (RFC 5321 4.1.2). A source route is dropped, as C of the RFC
 * asks. A quoted local part may hold spaces and angle brackets. */
bool lmtp_take_path(str *rest, str *ret_path);
/* Take `FROM:` or `TO:` off the front; a space before the colon is no address, one after it is forgiven. */
bool lmtp_take_word(str *rest, str word);

/* As lmtp.h says of the hooks. The first ends with CRLF, the second is without. */
const char *lmtp_recipient_answer(err code);
const char *lmtp_keep_answer(err code);

#endif
