/* store/acknowledge: the mail that says "we have it" to a first letter, one a conversation. */
#ifndef LONGHAND_STORE_ACKNOWLEDGE_H
#define LONGHAND_STORE_ACKNOWLEDGE_H

#include "db/db.h"

typedef enum acknowledge_state {
    ACKNOWLEDGE_DUE,
    ACKNOWLEDGE_SENT,    /* or nobody can tell: it is not sent again */
    ACKNOWLEDGE_SKIPPED, /* something was learned that speaks against it */
    ACKNOWLEDGE_FAILED
} acknowledge_state;

struct store_acknowledge {
    int64_t conversation_id, message_id; /* the letter */
    str address_hash;
    acknowledge_state state;
    int64_t created_at, updated_at;
};
err store_acknowledge_insert(db_conn *c, int64_t brand, const struct store_acknowledge *row);
err store_acknowledge_state(db_conn *c, int64_t brand, int64_t conversation, acknowledge_state state,
                            int64_t now);
/* ERR_MISSING when there is none. */
err store_acknowledge_get(db_conn *c, arena *a, int64_t brand, int64_t conversation,
                          struct store_acknowledge *ret);
/* How many since then to one address, and of the brand. */
err store_acknowledge_count(db_conn *c, int64_t brand, str address_hash, int64_t since,
                            int64_t *ret_to_address, int64_t *ret_of_brand);
err store_acknowledge_delete(db_conn *c, int64_t brand, int64_t conversation);

#endif
