/* import_sent: what filing does with mail that is brought in (desk/import.h). Inside the caller's
 * transaction. */
#ifndef LONGHAND_DESK_IMPORT_SENT_H
#define LONGHAND_DESK_IMPORT_SENT_H

#include "desk/filing.h"
#include "store/conversation.h"

/* A reply of ours from a Sent folder. It joins the conversation of the message it names first, a letter of
 * theirs or a reply of ours, or begins one with whom it went to. Its text is what was newly written, so that
 * the index of what was said does not learn the words of the letter it quotes; the bytes have the rest. A
 * waiting conversation is answered by it: done, or, when it is younger than IMPORT_PAST_DAYS, waiting for
 * them. f->message becomes a reply in state sent; no outbox row is written, so it never leaves again.
 * ret_over: a reply with this Message-ID stands there, and the raw row is settled as its duplicate. A mail
 * that went to nobody else becomes a letter of the past. */
enum { IMPORT_PAST_DAYS = 14 };
err import_sent_place(db_conn *c, arena *a, struct filing *f, int64_t now, bool *ret_over);
/* Behind its message: the raw row is settled, and the reply is to be learned. */
err import_sent_settle(db_conn *c, const struct filing *f);

/* The id of a conversation that begins with this letter: by its own time where it is older. */
int64_t import_id(const struct raw *raw, int64_t now);
/* An older letter waits for nobody. */
void import_is_past(struct conversation *v, int64_t at);

#endif
