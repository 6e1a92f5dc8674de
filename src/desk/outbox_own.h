/* Shared by outbox.c and outbox_decide.c: one row of the outbox while something becomes of it. */
#ifndef LONGHAND_DESK_OUTBOX_OWN_H
#define LONGHAND_DESK_OUTBOX_OWN_H

#include "desk/outbox.h"
#include "mail/send.h"
#include "store/inbox.h"
#include "store/raw.h"

struct outbox_work {
    struct desk *desk;
    arena *arena;
    const struct job *job;   /* NULL where a person or a report decides */
    const struct actor *who; /* NULL where the job works */
    struct outbox row;
    struct store_inbox inbox;
    struct raw raw;
    bool go; /* hand it to the transport */
    struct send_report report;
    bool arrived; /* a person's word */
    int64_t at;   /* of outbox_leave_at */
};

static inline int64_t outbox_brand(const struct outbox_work *w) {
    return w->job ? w->job->brand_id : w->who->brand;
}

/* Write the row in its new state, the message's state, and what follows from it: failed, uncertain and
 * bounced ones bring the conversation back to a person. */
err outbox_put(db_conn *c, struct outbox_work *w, outbox_state state);
/* It went after all: where the conversation waits only because of this reply, it is answered again. */
err outbox_answered(db_conn *c, struct outbox_work *w);
/* It is sent: somebody said so, with these words. */
err outbox_arrived(db_conn *c, struct outbox_work *w, str says);

#endif
