/* mbox: one file of many mails (RFC 4155, and the customs it describes). Pure: whoever reads the file asks
 * here about its lines.
 *
 * A mail begins behind a line "From somebody DATE" that stands at the start or behind an empty line. Mail
 * programs put '>' before lines of a mail that would look so ("mboxrd": before those that have '>' already,
 * too); some forget, so the line must hold a date, or a header must follow. Content-Length is not believed.
 */
#ifndef LONGHAND_FORMAT_MBOX_H
#define LONGHAND_FORMAT_MBOX_H

#include "base/arena.h"
#include "base/str.h"

/* Is `line` one behind which a mail begins? `next`: the line behind it, perhaps cut. Without line ends.
 * after_empty: it is the file's first line or stands behind an empty one. */
bool mbox_begins(str line, str next, bool after_empty);

/* The date of such a line, ms since 1970, as UTC where it names no zone; 0 when there is none. */
int64_t mbox_date(str line);

/* The mail as it was: from behind the line to before the next one, without the empty line that parts them,
 * one
 * '>' less where a line was quoted. The slice itself when nothing was. */
str mbox_mail(arena *a, str bytes);

/* What a mail's header says, without reading the mail: enough to put it in its place. `head`: its beginning,
 * at most as much as holds the header; the rest does not matter. */
struct mail_peek {
    int64_t received_at;           /* of the topmost Received; 0 none */
    int64_t sent_at;               /* Date; 0 none */
    str from;                      /* address, lower case; "" none */
    bool answered, deleted, draft; /* X-Status, X-Mozilla-Status */
};
void mail_peek(arena *a, str head, struct mail_peek *ret);

#endif
