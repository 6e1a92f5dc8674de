#include "store/bounce.h"

err store_bounce_insert(db_conn *c, int64_t brand, int position, const struct store_bounce *r) {
    db_query *q =
        db_sql(c, "INSERT INTO bounce (brand_id, message_id, position, reply_id, recipient, reason, status, "
                  "code, says, is_delayed, is_hard, at) "
                  "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->message_id);
    db_bind_int(q, 3, position);
    db_bind_int(q, 4, r->reply_id);
    db_bind_text(q, 5, r->recipient);
    db_bind_text(q, 6, str_z(bounce_reason_name(r->reason)));
    db_bind_text(q, 7, r->status);
    db_bind_int(q, 8, r->code);
    db_bind_text(q, 9, r->says);
    db_bind_int(q, 10, r->delayed);
    db_bind_int(q, 11, r->hard);
    db_bind_int(q, 12, r->at);
    return db_done(q);
}

static bounce_reason reason_from(str name) {
    for (int i = 0; i < BOUNCE_REASONS; i++)
        if (str_eq(name, str_z(bounce_reason_name((bounce_reason)i)))) return (bounce_reason)i;
    return BOUNCE_UNDEFINED;
}

err store_bounces_of(db_conn *c, arena *a, int64_t brand, int64_t conversation, store_bounce_list *ret) {
    db_query *q =
        db_sql(c, "SELECT b.message_id, b.reply_id, b.recipient, b.reason, b.status, b.code, b.says, "
                  "b.is_delayed, b.is_hard, b.at FROM message m JOIN bounce b ON b.brand_id = m.brand_id "
                  "AND b.message_id = m.id WHERE m.brand_id = $1 AND m.conversation_id = $2 "
                  "ORDER BY b.message_id, b.position LIMIT 1000");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    store_bounce_list rows = {0};
    while (db_row(q)) {
        struct store_bounce *r = list_add(a, &rows);
        *r = (struct store_bounce){
            .message_id = db_int(q, "message_id"),
            .reply_id = db_int(q, "reply_id"),
            .recipient = db_text(q, a, "recipient"),
            .reason = reason_from(db_text(q, a, "reason")),
            .status = db_text(q, a, "status"),
            .code = (int)db_int(q, "code"),
            .says = db_text(q, a, "says"),
            .delayed = db_int(q, "is_delayed") != 0,
            .hard = db_int(q, "is_hard") != 0,
            .at = db_int(q, "at"),
        };
    }
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_bounce_delete(db_conn *c, int64_t brand, int64_t conversation) {
    db_query *q = db_sql(c, "DELETE FROM bounce WHERE brand_id = $1 AND message_id IN "
                            "(SELECT id FROM message WHERE brand_id = $1 AND conversation_id = $2)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    return db_done(q);
}
