#include "store/event.h"

err store_event_insert(db_conn *c, int64_t brand, const struct event *r) {
    db_query *q = db_sql(c, "INSERT INTO event (brand_id, id, conversation_id, agent_id, kind, detail, at) "
                            "VALUES ($1, $2, $3, $4, $5, $6, $7)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_int(q, 3, r->conversation_id);
    db_bind_int(q, 4, r->agent_id);
    db_bind_text(q, 5, r->kind);
    db_bind_text(q, 6, r->detail);
    db_bind_int(q, 7, r->at);
    return db_done(q);
}

err store_event_list(db_conn *c, arena *a, int64_t brand, int64_t conversation, int limit, event_list *ret) {
    db_query *q = db_sql(c, "SELECT e.id, e.conversation_id, e.agent_id, e.kind, e.detail, e.at, "
                            "COALESCE(p.name, '') AS agent_name FROM event e LEFT JOIN agent g "
                            "ON g.brand_id = e.brand_id AND g.id = e.agent_id LEFT JOIN account p "
                            "ON p.id = g.account_id WHERE e.brand_id = $1 AND e.conversation_id = $2 "
                            "ORDER BY e.id DESC LIMIT $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, limit);
    event_list rows = {0};
    while (db_row(q)) {
        struct event *r = list_add(a, &rows);
        *r = (struct event){
            .id = db_int(q, "id"),
            .conversation_id = db_int(q, "conversation_id"),
            .agent_id = db_int(q, "agent_id"),
            .kind = db_text(q, a, "kind"),
            .detail = db_text(q, a, "detail"),
            .at = db_int(q, "at"),
            .agent_name = db_text(q, a, "agent_name"),
        };
    }
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}
