/* store/override: replies that went out although the check said stop. A row is never changed, and is
 * deleted only with a reply that was taken back before it left. */
#ifndef LONGHAND_STORE_OVERRIDE_H
#define LONGHAND_STORE_OVERRIDE_H

#include "base/list.h"
#include "db/db.h"

struct store_override {
    int64_t id, conversation_id, message_id, agent_id;
    str kinds;   /* of the remarks, parted by spaces */
    str because; /* the agent's sentence */
    int64_t at;
    str agent_name, subject; /* joined; not written */
    int64_t number;          /* of the conversation; joined */
};
typedef LIST(struct store_override) store_override_list;

err store_override_insert(db_conn *c, int64_t brand, const struct store_override *row);
/* Of a message that was taken back; none is no error. */
err store_override_delete(db_conn *c, int64_t brand, int64_t message);
/* Newest first, ids below `before_id` (0: all). */
err store_override_list_of(db_conn *c, arena *a, int64_t brand, int64_t before_id, int limit,
                           store_override_list *ret);
/* Of a conversation, oldest first. */
err store_override_of_conversation(db_conn *c, arena *a, int64_t brand, int64_t conversation,
                                   store_override_list *ret);

#endif
