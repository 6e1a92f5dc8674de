#include "store/follower.h"

err store_follower_put(db_conn *c, int64_t brand, const struct follower *r) {
    db_query *q =
        db_sql(c, "INSERT INTO follower (brand_id, network, day, n, agent_id, at) VALUES ($1, $2, $3, $4, "
                  "$5, $6) ON CONFLICT (brand_id, network, day) DO UPDATE SET n = excluded.n, agent_id = "
                  "excluded.agent_id, at = excluded.at");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, r->network);
    db_bind_int(q, 3, r->day);
    db_bind_int(q, 4, r->n);
    db_bind_int(q, 5, r->agent_id);
    db_bind_int(q, 6, r->at);
    return db_done(q);
}

err store_follower_delete(db_conn *c, int64_t brand, str network, int64_t day) {
    db_query *q = db_sql(c, "DELETE FROM follower WHERE brand_id = $1 AND network = $2 AND day = $3");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, network);
    db_bind_int(q, 3, day);
    return db_done(q);
}

err store_follower_there(db_conn *c, int64_t brand, str network, int64_t day, bool *ret) {
    db_query *q =
        db_sql(c, "SELECT 1 AS yes FROM follower WHERE brand_id = $1 AND network = $2 AND day = $3");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, network);
    db_bind_int(q, 3, day);
    bool there = db_row(q);
    TRY(db_done(q));
    *ret = there;
    return ERR_NONE;
}

err store_followers(db_conn *c, arena *a, int64_t brand, int64_t from, follower_list *ret) {
    follower_list rows = {0};
    db_query *q =
        db_sql(c, "SELECT network, day, n, agent_id, at FROM follower WHERE brand_id = $1 AND day >= $2 "
                  "ORDER BY network, day");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, from);
    while (db_row(q))
        *list_add(a, &rows) = (struct follower){db_text(q, a, "network"), db_int(q, "day"), db_int(q, "n"),
                                                db_int(q, "agent_id"), db_int(q, "at")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_follower_incidents(db_conn *c, arena *a, int64_t brand, int limit, follower_incident_list *ret) {
    follower_incident_list rows = {0};
    db_query *q =
        db_sql(c, "SELECT id, title, began_at, ended_at FROM incident WHERE brand_id = $1 AND state IN "
                  "('open', 'over') ORDER BY began_at DESC, id DESC LIMIT $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, limit);
    while (db_row(q))
        *list_add(a, &rows) = (struct follower_incident){db_int(q, "id"), db_int(q, "began_at"),
                                                         db_int(q, "ended_at"), db_text(q, a, "title")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}
