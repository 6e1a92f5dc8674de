/* Worries, and whom they go to. */
#include "store/child.h"

#define NAME_OF(agent)                                                                                       \
    "COALESCE((SELECT x.name FROM agent y JOIN account x ON x.id = y.account_id "                            \
    "WHERE y.brand_id = w.brand_id AND y.id = " agent "), '') "

#define ROWS                                                                                                 \
    "SELECT w.id, w.conversation_id, w.message_id, w.agent_id, w.note, w.at, w.closed_at, w.closed_by, "     \
    "w.closed_note, v.subject, v.agent_id AS holder_id, u.name AS customer_name, " NAME_OF(                  \
        "w.agent_id") "AS agent_name, " NAME_OF("w.closed_by") "AS closed_name, " NAME_OF("v.agent_id") "AS" \
                                                                                                        " h" \
                                                                                                        "ol" \
                                                                                                        "de" \
                                                                                                        "r_" \
                                                                                                        "na" \
                                                                                                        "me" \
                                                                                                        " "  \
                                                                                                        "FR" \
                                                                                                        "OM" \
                                                                                                        " w" \
                                                                                                        "or" \
                                                                                                        "ry" \
                                                                                                        " w" \
                                                                                                        " J" \
                                                                                                        "OI" \
                                                                                                        "N " \
                                                                                                        "co" \
                                                                                                        "nv" \
                                                                                                        "er" \
                                                                                                        "sa" \
                                                                                                        "ti" \
                                                                                                        "on" \
                                                                                                        " v" \
                                                                                                        " O" \
                                                                                                        "N " \
                                                                                                        "v." \
                                                                                                        "br" \
                                                                                                        "an" \
                                                                                                        "d_" \
                                                                                                        "id" \
                                                                                                        " =" \
                                                                                                        " w" \
                                                                                                        ".b" \
                                                                                                        "ra" \
                                                                                                        "nd" \
                                                                                                        "_i" \
                                                                                                        "d " \
                                                                                                        "AN" \
                                                                                                        "D " \
                                                                                                        "v." \
                                                                                                        "id" \
                                                                                                        " =" \
                                                                                                        " w" \
                                                                                                        ".c" \
                                                                                                        "on" \
                                                                                                        "ve" \
                                                                                                        "rs" \
                                                                                                        "at" \
                                                                                                        "io" \
                                                                                                        "n_" \
                                                                                                        "id" \
                                                                                                        " "  \
                                                                                                        "JO" \
                                                                                                        "IN" \
                                                                                                        " c" \
                                                                                                        "us" \
                                                                                                        "to" \
                                                                                                        "me" \
                                                                                                        "r " \
                                                                                                        "u " \
                                                                                                        "ON" \
                                                                                                        " u" \
                                                                                                        ".b" \
                                                                                                        "ra" \
                                                                                                        "nd" \
                                                                                                        "_i" \
                                                                                                        "d " \
                                                                                                        "= " \
                                                                                                        "v." \
                                                                                                        "br" \
                                                                                                        "an" \
                                                                                                        "d_" \
                                                                                                        "id" \
                                                                                                        " A" \
                                                                                                        "ND" \
                                                                                                        " u" \
                                                                                                        ".i" \
                                                                                                        "d " \
                                                                                                        "= " \
                                                                                                        "v." \
                                                                                                        "cu" \
                                                                                                        "st" \
                                                                                                        "om" \
                                                                                                        "er" \
                                                                                                        "_i" \
                                                                                                        "d " \
                                                                                                        "WH" \
                                                                                                        "ER" \
                                                                                                        "E " \
                                                                                                        "w." \
                                                                                                        "br" \
                                                                                                        "an" \
                                                                                                        "d_" \
                                                                                                        "id" \
                                                                                                        " =" \
                                                                                                        " $" \
                                                                                                        "1 "

static void read_row(db_query *q, arena *a, struct store_worry *r) {
    *r = (struct store_worry){.id = db_int(q, "id"),
                              .conversation_id = db_int(q, "conversation_id"),
                              .message_id = db_int(q, "message_id"),
                              .agent_id = db_int(q, "agent_id"),
                              .note = db_text(q, a, "note"),
                              .at = db_int(q, "at"),
                              .closed_at = db_int(q, "closed_at"),
                              .closed_by = db_int(q, "closed_by"),
                              .closed_note = db_text(q, a, "closed_note"),
                              .agent_name = db_text(q, a, "agent_name"),
                              .closed_name = db_text(q, a, "closed_name"),
                              .customer_name = db_text(q, a, "customer_name"),
                              .subject = db_text(q, a, "subject"),
                              .holder_name = db_text(q, a, "holder_name"),
                              .holder_id = db_int(q, "holder_id")};
}

err store_worry_insert(db_conn *c, int64_t brand, const struct store_worry *r) {
    db_query *q = db_sql(c, "INSERT INTO worry (brand_id, id, conversation_id, message_id, agent_id, note, "
                            "at, closed_at, closed_by, closed_note) "
                            "VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, '') ON CONFLICT DO NOTHING");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_int(q, 3, r->conversation_id);
    db_bind_int(q, 4, r->message_id);
    db_bind_int(q, 5, r->agent_id);
    db_bind_text(q, 6, r->note);
    db_bind_int(q, 7, r->at);
    TRY(db_done(q));
    if (db_changes(q)) return ERR_NONE;
    return err_set(ERR_CONFLICT, "Somebody is looking after this letter already.");
}

err store_worry_close(db_conn *c, int64_t brand, int64_t id, int64_t by, str note, int64_t now) {
    db_query *q = db_sql(c, "UPDATE worry SET closed_at = $3, closed_by = $4, closed_note = $5 "
                            "WHERE brand_id = $1 AND id = $2 AND closed_at = 0");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    db_bind_int(q, 3, now);
    db_bind_int(q, 4, by);
    db_bind_text(q, 5, note);
    TRY(db_done(q));
    return db_changes(q) ? ERR_NONE : err_set(ERR_CONFLICT, "This was looked after and closed already.");
}

err store_worry_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_worry *ret) {
    db_query *q = db_sql(c, ROWS "AND w.id = $2");
    struct store_worry r = {0};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    bool there = db_row(q);
    if (there) read_row(q, a, &r);
    TRY(db_done(q));
    if (!there) return err_set(ERR_MISSING, "There is no such worry.");
    *ret = r;
    return ERR_NONE;
}

err store_worry_of(db_conn *c, arena *a, int64_t brand, int64_t conversation, struct store_worry *ret) {
    db_query *q = db_sql(c, ROWS "AND w.conversation_id = $2 AND w.closed_at = 0");
    struct store_worry r = {0};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    if (db_row(q)) read_row(q, a, &r);
    TRY(db_done(q));
    *ret = r;
    return ERR_NONE;
}

err store_worries(db_conn *c, arena *a, int64_t brand, bool open, int64_t after, int limit,
                  store_worry_list *ret) {
    db_query *q = open ? db_sql(c, ROWS "AND w.closed_at = 0 AND w.id > $2 ORDER BY w.id LIMIT $3")
                       : db_sql(c, ROWS "AND w.closed_at > 0 AND w.id < $2 ORDER BY w.id DESC LIMIT $3");
    store_worry_list rows = {0};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, after || open ? after : INT64_MAX);
    db_bind_int(q, 3, limit);
    while (db_row(q)) read_row(q, a, list_add(a, &rows));
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_worry_count(db_conn *c, int64_t brand, int64_t *ret_n) {
    db_query *q = db_sql(c, "SELECT COUNT(*) AS n FROM worry WHERE brand_id = $1 AND closed_at = 0");
    db_bind_int(q, 1, brand);
    int64_t n = db_row(q) ? db_int(q, "n") : 0;
    TRY(db_done(q));
    *ret_n = n;
    return ERR_NONE;
}

err store_safeguards(db_conn *c, arena *a, int64_t brand, store_safeguard_list *ret) {
    db_query *q = db_sql(
        c,
        "SELECT g.id, g.role, g.away_at, p.name, CASE WHEN s.agent_id IS NULL THEN 0 ELSE 1 END AS chosen, "
        "(SELECT COUNT(*) FROM worry w JOIN conversation v ON v.brand_id = w.brand_id "
        "AND v.id = w.conversation_id WHERE w.brand_id = g.brand_id AND w.closed_at = 0 "
        "AND v.agent_id = g.id) AS open FROM agent g JOIN account p ON p.id = g.account_id "
        "LEFT JOIN safeguard s ON s.brand_id = g.brand_id AND s.agent_id = g.id "
        "WHERE g.brand_id = $1 AND g.disabled_at = 0 AND p.disabled_at = 0 ORDER BY p.name, g.id");
    store_safeguard_list rows = {0};
    db_bind_int(q, 1, brand);
    while (db_row(q))
        *list_add(a, &rows) = (struct store_safeguard){.agent_id = db_int(q, "id"),
                                                       .name = db_text(q, a, "name"),
                                                       .role = db_text(q, a, "role"),
                                                       .on = db_int(q, "chosen") != 0,
                                                       .away = db_int(q, "away_at") != 0,
                                                       .open = db_int(q, "open")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_safeguard_is(db_conn *c, int64_t brand, int64_t agent, bool *ret) {
    db_query *q = db_sql(c, "SELECT 1 AS one FROM safeguard WHERE brand_id = $1 AND agent_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, agent);
    bool is = db_row(q);
    TRY(db_done(q));
    *ret = is;
    return ERR_NONE;
}

err store_safeguard_put(db_conn *c, int64_t brand, int64_t agent, int64_t by, int64_t now) {
    db_query *q = db_sql(c, "INSERT INTO safeguard (brand_id, agent_id, added_by, at) "
                            "VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, agent);
    db_bind_int(q, 3, by);
    db_bind_int(q, 4, now);
    return db_done(q);
}

err store_safeguard_delete(db_conn *c, int64_t brand, int64_t agent) {
    db_query *q = db_sql(c, "DELETE FROM safeguard WHERE brand_id = $1 AND agent_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, agent);
    return db_done(q);
}
