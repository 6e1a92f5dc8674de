/* store/event: what happened to a conversation besides messages; append-only. */
#ifndef LONGHAND_STORE_EVENT_H
#define LONGHAND_STORE_EVENT_H

#include "base/list.h"
#include "db/db.h"

struct event {
    int64_t id, conversation_id, agent_id; /* agent 0: the desk itself */
    str kind;   /* taken, released, passed, closed, reopened, junk, not_junk, blocked, unblocked, taken_back,
                   send_failed, send_uncertain, reread, away */
    str detail; /* a name, a reason, the server's words */
    int64_t at;
    str agent_name; /* joined; not written */
};
typedef LIST(struct event) event_list;

err store_event_insert(db_conn *c, int64_t brand, const struct event *row);
err store_event_list(db_conn *c, arena *a, int64_t brand, int64_t conversation, int limit, event_list *ret);

#endif
