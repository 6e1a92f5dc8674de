/* outbox: a reply leaves, once. ready -> sending -> dot_sent -> sent.
 *
 * dot_sent is committed before the final dot of the SMTP dialogue. A crash before it may be repeated safely;
 * a crash or a silence after it is `uncertain`: shown to a person, never sent again on its own. */
#ifndef LONGHAND_DESK_OUTBOX_H
#define LONGHAND_DESK_OUTBOX_H

#include "desk/desk.h"
#include "format/bounce.h"
#include "store/job.h"
#include "store/message.h"
#include "store/outbox.h"

enum { OUTBOX_ATTEMPTS_MAX = 10 }; /* with square growth from a minute: nearly five hours */

/* Do one `send` job to its end: deliver, or put it off, or show it to a person. Ends or postpones the job in
 * the transaction that writes the result. An error means the job should be tried again later. */
err outbox_send(struct desk *d, arena *a, const struct job *job);

/* Does it wait for a person's decision: failed, uncertain, bounced, stopped? */
bool outbox_undecided(outbox_state s);
/* That decision. Retry sends it again (ERR_CONFLICT when there is nothing to decide any more); settle says
 * what became of it: arrived, or given up. One that was stopped has not left: it is sent by retry, or taken
 * back. */
err outbox_retry(struct desk *d, arena *a, const struct actor *who, int64_t id, int64_t *ret_conversation);
err outbox_settle(struct desk *d, arena *a, const struct actor *who, int64_t id, bool arrived,
                  int64_t *ret_conversation);

/* In the caller's transaction: a mail system says what became of the letter with this Message-ID (without <>)
 * that went to `recipient` ("" where it does not say to whom). `*ret_ours` is false, and nothing changes,
 * where we never sent such a letter to them: anyone can write a report. Of a letter with one recipient the
 * report may name another address, since mail is forwarded. Given up: the state becomes `bounced` with its
 * words, and the conversation is back with a person. Delayed or complained about: an event in the
 * conversation. Delivered, away, complained about: an uncertain one is known to have arrived. The same report
 * again changes nothing. */
err outbox_bounced_in(db_conn *c, struct desk *d, arena *a, int64_t brand, str message_id, str recipient,
                      const struct bounce_row *row, int64_t now, bool *ret_ours);

/* In the caller's transaction: a letter from `from`, who takes part in the conversation, answers this reply
 * of ours; or the reply lies in a folder of what was sent (`from` ""). Where it was uncertain whether it
 * left, it is known now; of a reply to several only for who answers. */
err outbox_answered_in(db_conn *c, struct desk *d, arena *a, int64_t brand, const struct message *reply,
                       str from);

#endif
