/* mime_guess: which charset 8-bit text is most likely in, when a mail does not say or says what cannot be.
 * Pure. */
#ifndef LONGHAND_FORMAT_MIME_GUESS_H
#define LONGHAND_FORMAT_MIME_GUESS_H

#include "base/str.h"

/* iconv's name of a charset in which such bytes are written text of another script than Latin: Cyrillic
 * ("CP1251", "KOI8-R"), Japanese ("CP932", "EUC-JP", "ISO-2022-JP-3"), Chinese ("GB18030", "BIG5-HKSCS"),
 * Korean ("CP949"). NULL where they may as well be Latin: in doubt it is that. Looks at the first 16 KB.
 * `bytes` are not UTF-8. */
const char *mime_guess(str bytes);

#endif
