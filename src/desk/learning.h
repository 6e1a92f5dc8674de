/* learning: the index of what was said learns every reply. It is derived from the messages and never the
 * source of truth.
 *
 * A reply is learned by the job `learn`, enqueued in the transaction that writes it (and again in the one
 * that takes it back). Ids precede commits, so a highest id would leave some out; instead each message has a
 * mark: from which file of the index on it is surely in there. What has a later mark than the file in use is
 * learned again; learning twice does nothing. */
#ifndef LONGHAND_DESK_LEARNING_H
#define LONGHAND_DESK_LEARNING_H

#include "desk/desk.h"
#include "near/near.h"
#include "store/job.h"

/* In the caller's transaction: the message was written or taken back, failed or goes again. */
err learning_wanted(db_conn *c, int64_t brand, int64_t message, int64_t now);
/* The job `learn`. Subject 0: catch up with the file, save what is new, and again in ten minutes. */
err learning_run(struct desk *d, arena *a, const job_list *jobs);
/* Enqueue that standing job: of a brand that is made, in its transaction; of every brand, at the desk's
 * start. */
err learning_stand_in(db_conn *c, int64_t brand, int64_t now);
err learning_start(struct desk *d, arena *a);

/* Learn what the file lacks, into `x`; nothing is written. */
err learning_catch_up(struct desk *d, int64_t brand, near *x);

/* Build the brand's index anew from its messages, as a new file. progress(context, done, total) may be NULL.
 * A running desk keeps its own and learns nothing twice. */
struct learning_rebuilt {
    int64_t replies, sentences;
};
err learning_rebuild(struct desk *d, int64_t brand,
                     void (*progress)(void *context, int64_t done, int64_t total), void *context,
                     struct learning_rebuilt *ret);

#endif
