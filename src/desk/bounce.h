/* bounce: a mail system's report about a reply of ours is believed where it names that reply by its
 * Message-ID, which nobody else can know, and somebody it went to. Then it stands beside the reply, which is
 * marked, and the conversation is back with a person. Any other report is an ordinary letter. */
#ifndef LONGHAND_DESK_BOUNCE_H
#define LONGHAND_DESK_BOUNCE_H

#include "desk/desk.h"
#include "format/bounce.h"

/* In the caller's transaction. Marks what the report tells of; the conversation the reply stands in, and the
 * reply, or 0 and 0 where it is no report about ours (then nothing changed). */
err bounce_mark_in(db_conn *c, struct desk *d, arena *a, int64_t brand, const struct bounce *b, int64_t now,
                   int64_t *ret_conversation, int64_t *ret_reply);
/* And after the report itself was kept as the message `letter`: what it says, recipient by recipient. */
err bounce_keep_in(db_conn *c, arena *a, int64_t brand, const struct bounce *b, int64_t letter, int64_t reply,
                   int64_t now);

/* For people, to be translated where it is shown: what happened to {0}, what it means, what to do. Of a
 * delayed one that it is on its way. */
const char *bounce_sentence(bounce_reason reason, bool delayed);

#endif
