/* store/outbox: one row for each recipient of a reply; and drafts, from which replies come. */
#ifndef LONGHAND_STORE_OUTBOX_H
#define LONGHAND_STORE_OUTBOX_H

#include "base/list.h"
#include "db/db.h"
#include "store/states.h"

struct outbox {
    int64_t id, message_id, inbox_id;
    str recipient; /* normal form */
    outbox_state state;
    int64_t ready_at, attempts;
    str says; /* the server's words, or what went wrong */
    int64_t updated_at;
    int64_t conversation_id; /* joined; not written */
    str subject;             /* joined; not written */
};
typedef LIST(struct outbox) outbox_list;

err store_outbox_insert(db_conn *c, int64_t brand, const struct outbox *row);
err store_outbox_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct outbox *ret);
/* state, ready_at, attempts, says, updated_at */
err store_outbox_update(db_conn *c, int64_t brand, const struct outbox *row);
err store_outbox_of_message(db_conn *c, arena *a, int64_t brand, int64_t message, outbox_list *ret);
err store_outbox_of_conversation(db_conn *c, arena *a, int64_t brand, int64_t conversation, outbox_list *ret);
/* All rows of a message, and the jobs that were to send them. */
err store_outbox_delete(db_conn *c, int64_t brand, int64_t message);
/* The rows in a state, newest first. */
err store_outbox_in_state(db_conn *c, arena *a, int64_t brand, outbox_state state, int limit,
                          outbox_list *ret);

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
