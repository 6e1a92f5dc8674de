/* Shared by outbox.c and outbox_decide.c: one row of the outbox while something becomes of it. */
#ifndef LONGHAND_DESK_OUTBOX_OWN_H
#define LONGHAND_DESK_OUTBOX_OWN_H

#include "desk/outbox.h"
#include "mail/send.h"
#include "social/social.h"
#include "store/inbox.h"
#include "store/post.h"
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
    /* Of a post (job `publish`); else part.outbox_id is 0. */
    struct store_post_out part;
    struct social_published published;
    int64_t retry_at; /* the network asks not to be asked before */
    int64_t wait_ms;  /* not 0: it could not be tried at all, and this is no try */
    bool stopped;     /* what it answers changed: a person decides */
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

/* post_send.c. Of a post: may it go (the parts before it are out)? Marked as handed over; out; given up, and
 * the parts after it with it. The last two look for themselves whether it is one. */
err post_begin_in(db_conn *c, struct outbox_work *w, bool *ret_goes);
err post_tried_in(db_conn *c, struct outbox_work *w);
err post_sent_in(db_conn *c, struct outbox_work *w);
err post_given_up_in(db_conn *c, struct outbox_work *w);
/* As transport_send; the report is in w. */
err post_hand_over(struct outbox_work *w, err (*before_dot)(void *context));

#endif
