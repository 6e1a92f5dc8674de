#include "store/acknowledge.h"

static const char *const states[] = {"due", "sent", "skipped", "failed"};

static acknowledge_state state_of(str s) {
    for (int i = 0; i <= ACKNOWLEDGE_FAILED; i++)
        if (str_eq(s, str_z(states[i]))) return (acknowledge_state)i;
    return ACKNOWLEDGE_FAILED;
}

err store_acknowledge_insert(db_conn *c, int64_t brand, const struct store_acknowledge *row) {
    db_query *q =
        db_sql(c, "INSERT INTO acknowledgement (brand_id, conversation_id, message_id, address_hash, state, "
                  "created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, row->conversation_id);
    db_bind_int(q, 3, row->message_id);
    db_bind_text(q, 4, row->address_hash);
    db_bind_text(q, 5, str_z(states[row->state]));
    db_bind_int(q, 6, row->created_at);
    db_bind_int(q, 7, row->updated_at);
    return db_done(q);
}

err store_acknowledge_state(db_conn *c, int64_t brand, int64_t conversation, acknowledge_state state,
                            int64_t now) {
    db_query *q = db_sql(c, "UPDATE acknowledgement SET state = $3, updated_at = $4 "
                            "WHERE brand_id = $1 AND conversation_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_text(q, 3, str_z(states[state]));
    db_bind_int(q, 4, now);
    return db_done(q);
}

err store_acknowledge_get(db_conn *c, arena *a, int64_t brand, int64_t conversation,
                          struct store_acknowledge *ret) {
    db_query *q = db_sql(c, "SELECT message_id, address_hash, state, created_at, updated_at "
                            "FROM acknowledgement WHERE brand_id = $1 AND conversation_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    struct store_acknowledge row = {.conversation_id = conversation};
    bool there = db_row(q);
    if (there) {
        row.message_id = db_int(q, "message_id");
        row.address_hash = db_text(q, a, "address_hash");
        row.state = state_of(db_text(q, a, "state"));
        row.created_at = db_int(q, "created_at");
        row.updated_at = db_int(q, "updated_at");
    }
    TRY(db_done(q));
    if (!there) return err_set(ERR_MISSING, "No acknowledgement was to be sent for this conversation.");
    *ret = row;
    return ERR_NONE;
}

static err count(db_query *q, int64_t *ret) {
    int64_t n = db_row(q) ? db_int(q, "n") : 0;
    TRY(db_done(q));
    *ret = n;
    return ERR_NONE;
}

err store_acknowledge_count(db_conn *c, int64_t brand, str address_hash, int64_t since,
                            int64_t *ret_to_address, int64_t *ret_of_brand) {
    db_query *q =
        db_sql(c, "SELECT COUNT(*) AS n FROM acknowledgement WHERE brand_id = $1 AND address_hash = $2 "
                  "AND created_at > $3");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, address_hash);
    db_bind_int(q, 3, since);
    TRY(count(q, ret_to_address));
    q = db_sql(c, "SELECT COUNT(*) AS n FROM acknowledgement WHERE brand_id = $1 AND created_at > $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, since);
    return count(q, ret_of_brand);
}

err store_acknowledge_delete(db_conn *c, int64_t brand, int64_t conversation) {
    db_query *q = db_sql(c, "DELETE FROM acknowledgement WHERE brand_id = $1 AND conversation_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    return db_done(q);
}
