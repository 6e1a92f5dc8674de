#include "store/incoming.h"

err store_incoming_get(db_conn *c, arena *a, int64_t brand, int64_t inbox, struct store_incoming *ret) {
    db_query *q = db_sql(c, "SELECT authserv_id, reply_addresses, acknowledges, updated_at "
                            "FROM inbox_incoming WHERE brand_id = $1 AND inbox_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    struct store_incoming row = {.inbox_id = inbox, .authserv_id = S("")};
    if (db_row(q)) {
        row.authserv_id = db_text(q, a, "authserv_id");
        row.reply_addresses = db_int(q, "reply_addresses") != 0;
        row.acknowledges = db_int(q, "acknowledges") != 0;
        row.updated_at = db_int(q, "updated_at");
    }
    TRY(db_done(q));
    *ret = row;
    return ERR_NONE;
}

err store_incoming_put(db_conn *c, int64_t brand, const struct store_incoming *row) {
    db_query *q = db_sql(
        c, "INSERT INTO inbox_incoming (brand_id, inbox_id, authserv_id, reply_addresses, acknowledges, "
           "updated_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (brand_id, inbox_id) DO UPDATE SET "
           "authserv_id = excluded.authserv_id, reply_addresses = excluded.reply_addresses, "
           "acknowledges = excluded.acknowledges, updated_at = excluded.updated_at");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, row->inbox_id);
    db_bind_text(q, 3, row->authserv_id);
    db_bind_int(q, 4, row->reply_addresses);
    db_bind_int(q, 5, row->acknowledges);
    db_bind_int(q, 6, row->updated_at);
    return db_done(q);
}

err store_reply_address_insert(db_conn *c, int64_t brand, str hash, int64_t message, int64_t now) {
    db_query *q = db_sql(c, "INSERT INTO reply_address (brand_id, hash, message_id, created_at) "
                            "VALUES ($1, $2, $3, $4)");
    db_bind_int(q, 1, brand);
    db_bind_blob(q, 2, hash);
    db_bind_int(q, 3, message);
    db_bind_int(q, 4, now);
    return db_done(q);
}

err store_reply_address_find(db_conn *c, int64_t brand, str hash, int64_t *ret_conversation) {
    db_query *q = db_sql(c, "SELECT m.conversation_id FROM reply_address r JOIN message m "
                            "ON m.brand_id = r.brand_id AND m.id = r.message_id "
                            "WHERE r.brand_id = $1 AND r.hash = $2");
    db_bind_int(q, 1, brand);
    db_bind_blob(q, 2, hash);
    int64_t conversation = 0;
    if (db_row(q)) conversation = db_int(q, "conversation_id");
    TRY(db_done(q));
    *ret_conversation = conversation;
    return ERR_NONE;
}

err store_reply_address_delete(db_conn *c, int64_t brand, int64_t conversation) {
    db_query *q = db_sql(c, "DELETE FROM reply_address WHERE brand_id = $1 AND message_id IN "
                            "(SELECT id FROM message WHERE brand_id = $1 AND conversation_id = $2)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    return db_done(q);
}
