/* outbox: a reply leaves, once. ready -> sending -> dot_sent -> sent.
 *
 * dot_sent is committed before the final dot of the SMTP dialogue. A crash before it may be repeated safely;
 * a crash or a silence after it is `uncertain`: shown to a person, never sent again on its own. */
#ifndef LONGHAND_DESK_OUTBOX_H
#define LONGHAND_DESK_OUTBOX_H

#include "desk/desk.h"
#include "store/job.h"
#include "store/outbox.h"

enum { OUTBOX_ATTEMPTS_MAX = 10 }; /* with square growth from a minute: nearly five hours */

/* Do one `send` job to its end: deliver, or put it off, or show it to a person. Ends or postpones the job in
 * the transaction that writes the result. An error means the job should be tried again later. */
err outbox_send(struct desk *d, arena *a, const struct job *job);

/* A person's decision on a failed or uncertain one. Retry sends it again (ERR_CONFLICT when it is neither);
 * settle says what became of it: arrived, or given up. */
err outbox_retry(struct desk *d, arena *a, const struct actor *who, int64_t id, int64_t *ret_conversation);
err outbox_settle(struct desk *d, arena *a, const struct actor *who, int64_t id, bool arrived,
                  int64_t *ret_conversation);

#endif
