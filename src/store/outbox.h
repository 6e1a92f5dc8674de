/* store/outbox: one row for each recipient of a reply; and drafts, from which replies come. */
#ifndef LONGHAND_STORE_OUTBOX_H
#define LONGHAND_STORE_OUTBOX_H

#include "base/list.h"
#include "db/db.h"
#include "store/conversation.h"
#include "store/job.h"
#include "store/states.h"

struct outbox {
    int64_t id, message_id, inbox_id;
    str recipient; /* normal form */
    outbox_state state;
    int64_t ready_at, attempts;
    str says; /* the server's words, or what went wrong */
    int64_t updated_at;
    int64_t later;           /* it leaves at a time that an agent chose; see the schema. 0: it does not */
    int64_t conversation_id; /* joined; not written */
    message_state reply;     /* joined; not written: the state of the whole reply */
    str subject;             /* joined; not written */
};
typedef LIST(struct outbox) outbox_list;

err store_outbox_insert(db_conn *c, int64_t brand, const struct outbox *row);
err store_outbox_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct outbox *ret);
/* state, ready_at, attempts, says, updated_at, later */
err store_outbox_update(db_conn *c, int64_t brand, const struct outbox *row);
err store_outbox_of_message(db_conn *c, arena *a, int64_t brand, int64_t message, outbox_list *ret);
err store_outbox_of_conversation(db_conn *c, arena *a, int64_t brand, int64_t conversation, outbox_list *ret);
/* All rows of a message, and the jobs that were to send them. */
err store_outbox_delete(db_conn *c, int64_t brand, int64_t message);
/* The rows in a state, newest first. */
err store_outbox_in_state(db_conn *c, arena *a, int64_t brand, outbox_state state, int limit,
                          outbox_list *ret);

/* Which rows a person asks for. */
typedef enum outbox_view_kind {
    OUTBOX_VIEW_NEEDS,     /* a person decides: failed, uncertain, bounced, stopped */
    OUTBOX_VIEW_FAILED,    /* refused for good */
    OUTBOX_VIEW_UNCERTAIN, /* nobody knows */
    OUTBOX_VIEW_BOUNCED,   /* came back */
    OUTBOX_VIEW_STOPPED,   /* waits because they wrote again */
    OUTBOX_VIEW_WAITS,     /* held, limited, to be tried again */
    OUTBOX_VIEW_GOING,     /* at this moment */
    OUTBOX_VIEW_SENT,
    OUTBOX_VIEW_GIVEN_UP,
} outbox_view_kind;
enum { OUTBOX_VIEWS = OUTBOX_VIEW_GIVEN_UP + 1 };
const char *outbox_view_name(outbox_view_kind v); /* "needs", "failed", ... */
bool outbox_view_from(str s, outbox_view_kind *ret);

/* At most `limit` rows after `after`, by what changed last. */
err store_outbox_view(db_conn *c, arena *a, int64_t brand, outbox_view_kind view, struct page_key after,
                      int limit, outbox_list *ret);
/* How many a view holds, counted up to `cap`. */
err store_outbox_count(db_conn *c, int64_t brand, outbox_view_kind view, int cap, int *ret);
/* The caller's lease of a `send` job, longer: until `until`. False when it is not the caller's any more. */
err store_outbox_lease(db_conn *c, const struct job *job, int64_t until, bool *ret_mine);
/* What waits because of its inbox's limit is ready, and its jobs are due, at `now`. */
err store_outbox_unlimit(db_conn *c, int64_t brand, int64_t inbox, int64_t now);

struct draft {
    int64_t conversation_id, agent_id;
    message_kind kind; /* reply or note */
    str to_line, cc_line, bcc_line, subject, text;
    int64_t updated_at; /* 0: there is none */
};
err store_draft_put(db_conn *c, int64_t brand, const struct draft *row);
/* An all-zero row when there is none. */
err store_draft_get(db_conn *c, arena *a, int64_t brand, int64_t conversation, int64_t agent,
                    struct draft *ret);
err store_draft_delete(db_conn *c, int64_t brand, int64_t conversation, int64_t agent);

#endif
