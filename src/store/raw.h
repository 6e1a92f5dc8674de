/* store/raw: what came, byte for byte, and what went out. */
#ifndef LONGHAND_STORE_RAW_H
#define LONGHAND_STORE_RAW_H

#include "base/list.h"
#include "db/db.h"
#include "store/states.h"

struct raw {
    int64_t id, inbox_id;
    raw_state state;
    str mail_from, rcpt; /* the envelope */
    int64_t size;
    str hash;  /* content_hash, the name of its object; "" when `bytes` stand in the row */
    str bytes; /* "" when in_object */
    bool in_object;
    int64_t message_id; /* of a duplicate: the first one's message */
    str problem;
    int64_t received_at;
    raw_origin origin;
    raw_form form;
};
typedef LIST(struct raw) raw_list;

err store_raw_insert(db_conn *c, int64_t brand, const struct raw *row);
err store_raw_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct raw *ret);
err store_raw_settle(db_conn *c, int64_t brand, int64_t id, raw_state state, int64_t message, str problem);
err store_raw_delete(db_conn *c, int64_t brand, int64_t id);
/* Hashes of all that is kept as objects, of every brand: for backup. */
typedef LIST(str) hash_list;
err store_object_hashes(db_conn *c, arena *a, hash_list *ret);

#endif
