#include "store/room.h"

#include <stdlib.h>

#define NAME_OF(alias, column)                                                                               \
    "COALESCE((SELECT p.name FROM agent g JOIN account p ON p.id = g.account_id WHERE g.brand_id = " alias   \
    ".brand_id AND g.id = " alias "." column "), '')"

static const char *const kinds[] = {"say", "unknown"};

const char *room_fact_kind_name(room_fact_kind v) { return kinds[v == ROOM_FACT_UNKNOWN]; }

bool room_fact_kind_from(str s, room_fact_kind *ret) {
    for (int i = 0; i < 2; i++) {
        if (!str_eq(s, str_z(kinds[i]))) continue;
        *ret = (room_fact_kind)i;
        return true;
    }
    return false;
}

static void bind_changing(db_query *q, int64_t brand, const struct room_fact *r) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_text(q, 3, r->text);
    db_bind_int(q, 4, r->owner_id);
    db_bind_int(q, 5, r->good_ms);
    db_bind_int(q, 6, r->checked_at);
    db_bind_int(q, 7, r->checked_by);
    db_bind_int(q, 8, r->withdrawn_at);
    db_bind_int(q, 9, r->withdrawn_by);
    db_bind_text(q, 10, r->withdrawn_why);
    db_bind_int(q, 11, r->version);
}

err store_room_fact_insert(db_conn *c, int64_t brand, const struct room_fact *r) {
    db_query *q = db_sql(c, "INSERT INTO room_fact (brand_id, id, text, owner_id, good_ms, checked_at, "
                            "checked_by, withdrawn_at, withdrawn_by, withdrawn_why, version, incident_id, "
                            "kind, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
                            "$11, $12, $13, $14, $15)");
    bind_changing(q, brand, r);
    db_bind_int(q, 12, r->incident_id);
    db_bind_text(q, 13, str_z(room_fact_kind_name(r->kind)));
    db_bind_int(q, 14, r->created_at);
    db_bind_int(q, 15, r->created_by);
    return db_done(q);
}

err store_room_fact_update(db_conn *c, int64_t brand, const struct room_fact *r) {
    db_query *q = db_sql(c, "UPDATE room_fact SET text = $3, owner_id = $4, good_ms = $5, checked_at = $6, "
                            "checked_by = $7, withdrawn_at = $8, withdrawn_by = $9, withdrawn_why = $10, "
                            "version = $11 WHERE brand_id = $1 AND id = $2 AND version = $11 - 1");
    bind_changing(q, brand, r);
    TRY(db_done(q));
    if (!db_changes(q))
        return err_set(ERR_CONFLICT, "Somebody changed this fact at the same moment; look again.");
    return ERR_NONE;
}

/* `told`: an expression of how many customers were told; counting them costs a step for each. */
#define FACTS_WITH(told)                                                                                     \
    "SELECT f.id, f.incident_id, f.kind, f.text, f.owner_id, f.good_ms, f.checked_at, f.checked_by, "        \
    "f.created_at, f.created_by, f.withdrawn_at, f.withdrawn_by, f.withdrawn_why, f.version, " /**/ NAME_OF( \
        "f", "owner_id") " AS owner_name, " /**/ NAME_OF("f", "checked_by") " AS checked_name, " /**/        \
        NAME_OF("f", "withdrawn_by") " AS withdrawn_name, " told " AS told FROM room_fact f "
#define FACTS                                                                                                \
    FACTS_WITH("(SELECT COUNT(*) FROM (SELECT DISTINCT t.customer_id FROM room_told t WHERE t.brand_id = "   \
               "f.brand_id AND t.fact_id = f.id) x)")

static void read_fact(db_query *q, arena *a, struct room_fact *r) {
    *r = (struct room_fact){.id = db_int(q, "id"),
                            .incident_id = db_int(q, "incident_id"),
                            .text = db_text(q, a, "text"),
                            .owner_id = db_int(q, "owner_id"),
                            .good_ms = db_int(q, "good_ms"),
                            .checked_at = db_int(q, "checked_at"),
                            .checked_by = db_int(q, "checked_by"),
                            .created_at = db_int(q, "created_at"),
                            .created_by = db_int(q, "created_by"),
                            .withdrawn_at = db_int(q, "withdrawn_at"),
                            .withdrawn_by = db_int(q, "withdrawn_by"),
                            .withdrawn_why = db_text(q, a, "withdrawn_why"),
                            .version = db_int(q, "version"),
                            .owner_name = db_text(q, a, "owner_name"),
                            .checked_name = db_text(q, a, "checked_name"),
                            .withdrawn_name = db_text(q, a, "withdrawn_name"),
                            .told = db_int(q, "told")};
    room_fact_kind_from(db_text(q, a, "kind"), &r->kind);
}

err store_room_fact_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct room_fact *ret) {
    db_query *q = db_sql(c, FACTS "WHERE f.brand_id = $1 AND f.id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    struct room_fact r;
    bool found = db_row(q);
    if (found) read_fact(q, a, &r);
    TRY(db_done(q));
    if (!found) return err_set(ERR_MISSING, "There is no such fact.");
    *ret = r;
    return ERR_NONE;
}

err store_room_facts(db_conn *c, arena *a, int64_t brand, int64_t incident, bool withdrawn,
                     room_fact_list *ret) {
    db_query *q =
        db_sql(c, FACTS "WHERE f.brand_id = $1 AND f.incident_id = $2 AND ($3 = 1 OR f.withdrawn_at = 0) "
                        "ORDER BY f.id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, withdrawn);
    room_fact_list list = {0};
    while (db_row(q)) read_fact(q, a, list_add(a, &list));
    TRY(db_done(q));
    *ret = list;
    return ERR_NONE;
}

err store_room_facts_stated(db_conn *c, arena *a, int64_t brand, int64_t incident, room_fact_list *ret) {
    db_query *q = db_sql(c, FACTS_WITH("0") "WHERE f.brand_id = $1 AND f.incident_id = $2 ORDER BY f.id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    room_fact_list list = {0};
    while (db_row(q)) read_fact(q, a, list_add(a, &list));
    TRY(db_done(q));
    *ret = list;
    return ERR_NONE;
}

err store_room_facts_gone(db_conn *c, int64_t brand, int64_t incident, int64_t *ret) {
    db_query *q =
        db_sql(c, "SELECT COUNT(*) AS n FROM room_fact WHERE brand_id = $1 AND incident_id = $2 AND "
                  "withdrawn_at > 0");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    int64_t n = db_row(q) ? db_int(q, "n") : 0;
    TRY(db_done(q));
    *ret = n;
    return ERR_NONE;
}

/* ---- who was told ---- */

err store_room_told_put(db_conn *c, int64_t brand, int64_t incident, const struct room_told *r) {
    db_query *q = db_sql(c, "INSERT INTO room_told (brand_id, fact_id, message_id, incident_id, "
                            "conversation_id, customer_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7) "
                            "ON CONFLICT DO NOTHING");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->fact_id);
    db_bind_int(q, 3, r->message_id);
    db_bind_int(q, 4, incident);
    db_bind_int(q, 5, r->conversation_id);
    db_bind_int(q, 6, r->customer_id);
    db_bind_int(q, 7, r->at);
    return db_done_later(q);
}

static err collect(db_query *q, arena *a, room_told_list *ret) {
    room_told_list list = {0};
    while (db_row(q))
        *list_add(a, &list) = (struct room_told){.fact_id = db_int(q, "fact_id"),
                                                 .message_id = db_int(q, "message_id"),
                                                 .conversation_id = db_int(q, "conversation_id"),
                                                 .customer_id = db_int(q, "customer_id"),
                                                 .at = db_int(q, "at"),
                                                 .customer_name = db_text(q, a, "customer_name"),
                                                 .agent_name = db_text(q, a, "agent_name"),
                                                 .fact = db_text(q, a, "fact"),
                                                 .again = db_int(q, "again")};
    TRY(db_done(q));
    *ret = list;
    return ERR_NONE;
}

#define TOLD                                                                                                 \
    "SELECT t.fact_id, t.message_id, t.conversation_id, t.customer_id, t.at, u.name AS customer_name, "      \
    "COALESCE(m.from_name, '') AS agent_name, f.text AS fact, COALESCE((SELECT MIN(o.message_id) FROM "      \
    "room_owed o WHERE o.brand_id = t.brand_id AND o.incident_id = t.incident_id AND o.kind = 'fact' AND "   \
    "o.fact_id = t.fact_id AND o.customer_id = t.customer_id AND o.state = 'done'), 0) AS again FROM "       \
    "room_told t JOIN room_fact f ON f.brand_id = t.brand_id AND f.id = t.fact_id "                          \
    "JOIN customer u ON u.brand_id = t.brand_id AND u.id = t.customer_id "                                   \
    "LEFT JOIN message m ON m.brand_id = t.brand_id AND m.id = t.message_id "

err store_room_told(db_conn *c, arena *a, int64_t brand, int64_t fact, int64_t after, int limit,
                    room_told_list *ret) {
    db_query *q =
        db_sql(c, TOLD "WHERE t.brand_id = $1 AND t.fact_id = $2 AND t.message_id > $3 AND t.message_id = "
                       "(SELECT MIN(x.message_id) FROM room_told x WHERE x.brand_id = t.brand_id AND "
                       "x.fact_id = t.fact_id AND x.customer_id = t.customer_id) "
                       "ORDER BY t.message_id LIMIT $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, fact);
    db_bind_int(q, 3, after);
    db_bind_int(q, 4, limit);
    return collect(q, a, ret);
}

/* Sorted here: to sort there, SQLite would rather read all that anybody was told. */
static int by_fact(const void *x, const void *y) {
    const struct room_told *a = x, *b = y;
    if (a->fact_id != b->fact_id) return a->fact_id < b->fact_id ? -1 : 1;
    return a->message_id < b->message_id ? -1 : a->message_id > b->message_id;
}

err store_room_told_to(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t customer,
                       room_told_list *ret) {
    db_query *q = db_sql(c, TOLD "WHERE t.brand_id = $1 AND t.incident_id = $2 AND t.customer_id = $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, customer);
    room_told_list all = {0}, first = {0};
    TRY(collect(q, a, &all));
    if (all.n) qsort(all.v, all.n, sizeof *all.v, by_fact);
    for (size_t i = 0; i < all.n; i++)
        if (!i || all.v[i].fact_id != all.v[i - 1].fact_id) *list_add(a, &first) = all.v[i];
    *ret = first;
    return ERR_NONE;
}
