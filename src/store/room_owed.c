#include "store/room_queue.h"

#define NAME_OF(alias, column)                                                                               \
    "COALESCE((SELECT p.name FROM agent g JOIN account p ON p.id = g.account_id WHERE g.brand_id = " alias   \
    ".brand_id AND g.id = " alias "." column "), '')"

static const char *const kinds[] = {"fixed", "fact"};
const char *room_owed_kind_name(room_owed_kind v) { return kinds[v == ROOM_OWED_FACT]; }

/* One a customer, in the conversation in which they were answered last. */
err store_owed_fixed(db_conn *c, int64_t brand, int64_t incident, int64_t at, int64_t *ret_n) {
    db_query *q = db_sql(
        c,
        "INSERT INTO room_owed (brand_id, incident_id, kind, fact_id, customer_id, conversation_id, since, "
        "state, message_id, agent_id, dropped_why, done_at) SELECT s.brand_id, s.incident_id, 'fixed', 0, "
        "v.customer_id, MAX(v.id), $3, 'due', 0, 0, '', 0 FROM room_said s JOIN conversation v ON "
        "v.brand_id = s.brand_id AND v.id = s.conversation_id WHERE s.brand_id = $1 AND s.incident_id = $2 "
        "AND s.state = 'said' GROUP BY s.brand_id, s.incident_id, v.customer_id ON CONFLICT DO NOTHING");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, at);
    TRY(db_done(q));
    *ret_n = db_changes(q);
    return ERR_NONE;
}

err store_owed_fact(db_conn *c, int64_t brand, int64_t incident, int64_t fact, int64_t at, int64_t *ret_n) {
    db_query *q = db_sql(
        c,
        "INSERT INTO room_owed (brand_id, incident_id, kind, fact_id, customer_id, conversation_id, since, "
        "state, message_id, agent_id, dropped_why, done_at) SELECT t.brand_id, t.incident_id, 'fact', "
        "t.fact_id, t.customer_id, MAX(t.conversation_id), $4, 'due', 0, 0, '', 0 FROM room_told t WHERE "
        "t.brand_id = $1 AND t.incident_id = $2 AND t.fact_id = $3 GROUP BY t.brand_id, t.incident_id, "
        "t.fact_id, t.customer_id ON CONFLICT DO NOTHING");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, fact);
    db_bind_int(q, 4, at);
    TRY(db_done(q));
    *ret_n = db_changes(q);
    return ERR_NONE;
}

err store_owed_of_fact(db_conn *c, int64_t brand, int64_t incident, int64_t fact, int64_t *ret_n) {
    db_query *q =
        db_sql(c, "SELECT COUNT(*) AS n FROM room_owed WHERE brand_id = $1 AND incident_id = $2 AND "
                  "kind = 'fact' AND fact_id = $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, fact);
    int64_t n = db_row(q) ? db_int(q, "n") : 0;
    TRY(db_done(q));
    *ret_n = n;
    return ERR_NONE;
}

err store_owed_done(db_conn *c, int64_t brand, int64_t incident, int64_t customer, int64_t message,
                    int64_t agent, int64_t at) {
    db_query *q =
        db_sql(c, "UPDATE room_owed SET state = 'done', message_id = $4, agent_id = $5, done_at = $6 "
                  "WHERE brand_id = $1 AND incident_id = $2 AND customer_id = $3 AND state = 'due'");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, customer);
    db_bind_int(q, 4, message);
    db_bind_int(q, 5, agent);
    db_bind_int(q, 6, at);
    return db_done_later(q);
}

err store_owed_drop(db_conn *c, int64_t brand, int64_t incident, int64_t customer, int64_t agent, str why,
                    int64_t at, bool *ret_there) {
    db_query *q =
        db_sql(c, "UPDATE room_owed SET state = 'dropped', dropped_why = $5, agent_id = $4, done_at = "
                  "$6 WHERE brand_id = $1 AND incident_id = $2 AND customer_id = $3 AND state = 'due'");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, customer);
    db_bind_int(q, 4, agent);
    db_bind_text(q, 5, why);
    db_bind_int(q, 6, at);
    TRY(db_done(q));
    *ret_there = db_changes(q) > 0;
    return ERR_NONE;
}

#define OWED                                                                                                 \
    "SELECT o.kind, o.fact_id, o.customer_id, o.conversation_id, o.since, o.state, o.message_id, "           \
    "o.agent_id, o.dropped_why, o.done_at, u.name AS customer_name, " NAME_OF(                               \
        "o",                                                                                                 \
        "agent_id") " AS agent_name, COALESCE((SELECT f.text FROM room_fact f WHERE f.brand_id = "           \
                    "o.brand_id AND f.id = o.fact_id), '') AS fact FROM room_owed o JOIN customer u ON "     \
                    "u.brand_id = o.brand_id AND u.id = o.customer_id "

static err collect(db_query *q, arena *a, room_owed_list *ret) {
    room_owed_list list = {0};
    while (db_row(q))
        *list_add(a, &list) = (struct room_owed){
            .kind = str_eq(db_text(q, a, "kind"), S("fact")) ? ROOM_OWED_FACT : ROOM_OWED_FIXED,
            .fact_id = db_int(q, "fact_id"),
            .customer_id = db_int(q, "customer_id"),
            .conversation_id = db_int(q, "conversation_id"),
            .since = db_int(q, "since"),
            .message_id = db_int(q, "message_id"),
            .done_at = db_int(q, "done_at"),
            .agent_id = db_int(q, "agent_id"),
            .state = db_text(q, a, "state"),
            .dropped_why = db_text(q, a, "dropped_why"),
            .customer_name = db_text(q, a, "customer_name"),
            .agent_name = db_text(q, a, "agent_name"),
            .fact = db_text(q, a, "fact")};
    TRY(db_done(q));
    *ret = list;
    return ERR_NONE;
}

err store_owed(db_conn *c, arena *a, int64_t brand, int64_t incident, str state, struct page_key after,
               int limit, room_owed_list *ret) {
    db_query *q =
        db_sql(c, OWED "WHERE o.brand_id = $1 AND o.incident_id = $2 AND o.state = $3 AND (o.since, "
                       "o.conversation_id) > ($4, $5) ORDER BY o.since, o.conversation_id LIMIT $6");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_text(q, 3, state);
    db_bind_int(q, 4, after.at);
    db_bind_int(q, 5, after.id);
    db_bind_int(q, 6, limit);
    return collect(q, a, ret);
}

err store_owed_to(db_conn *c, arena *a, int64_t brand, int64_t conversation, room_owed_list *ret) {
    db_query *q = db_sql(c, OWED "JOIN conversation v ON v.brand_id = o.brand_id AND v.customer_id = "
                                 "o.customer_id AND v.incident_id = o.incident_id WHERE o.brand_id = $1 AND "
                                 "v.id = $2 AND o.state = 'due' ORDER BY o.since, o.fact_id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    return collect(q, a, ret);
}
