#include "store/override.h"

err store_override_insert(db_conn *c, int64_t brand, const struct store_override *r) {
    db_query *q = db_sql(
        c, "INSERT INTO override (brand_id, id, conversation_id, message_id, agent_id, kinds, because, "
           "at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_int(q, 3, r->conversation_id);
    db_bind_int(q, 4, r->message_id);
    db_bind_int(q, 5, r->agent_id);
    db_bind_text(q, 6, r->kinds);
    db_bind_text(q, 7, r->because);
    db_bind_int(q, 8, r->at);
    return db_done_later(q);
}

err store_override_delete(db_conn *c, int64_t brand, int64_t message) {
    db_query *q = db_sql(c, "DELETE FROM override WHERE brand_id = $1 AND message_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    return db_done(q);
}

static err take(db_query *q, arena *a, store_override_list *ret) {
    store_override_list rows = {0};
    while (db_row(q))
        *list_add(a, &rows) = (struct store_override){.id = db_int(q, "id"),
                                                      .conversation_id = db_int(q, "conversation_id"),
                                                      .message_id = db_int(q, "message_id"),
                                                      .agent_id = db_int(q, "agent_id"),
                                                      .kinds = db_text(q, a, "kinds"),
                                                      .because = db_text(q, a, "because"),
                                                      .at = db_int(q, "at"),
                                                      .agent_name = db_text(q, a, "agent_name"),
                                                      .subject = db_text(q, a, "subject"),
                                                      .number = db_int(q, "number")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

#define OVERRIDE_ROWS                                                                                        \
    "SELECT o.id, o.conversation_id, o.message_id, o.agent_id, o.kinds, o.because, o.at, "                   \
    "COALESCE(p.name, '') AS agent_name, v.subject, v.number FROM override o "                               \
    "JOIN conversation v ON v.brand_id = o.brand_id AND v.id = o.conversation_id "                           \
    "LEFT JOIN agent g ON g.brand_id = o.brand_id AND g.id = o.agent_id "                                    \
    "LEFT JOIN account p ON p.id = g.account_id WHERE o.brand_id = $1 "

err store_override_list_of(db_conn *c, arena *a, int64_t brand, int64_t before_id, int limit,
                           store_override_list *ret) {
    db_query *q = db_sql(c, OVERRIDE_ROWS "AND ($2 = 0 OR o.id < $2) ORDER BY o.id DESC LIMIT $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, before_id);
    db_bind_int(q, 3, limit);
    return take(q, a, ret);
}

err store_override_of_conversation(db_conn *c, arena *a, int64_t brand, int64_t conversation,
                                   store_override_list *ret) {
    db_query *q = db_sql(c, OVERRIDE_ROWS "AND o.conversation_id = $2 ORDER BY o.id LIMIT 100");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    return take(q, a, ret);
}
