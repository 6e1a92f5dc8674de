#include "store/finding.h"

static const char *const states[] = {"struck", "corrected", "added"};

const char *correction_state_name(correction_state s) { return states[s]; }

static correction_state state_of(str s) {
    return str_eq(s, S("struck"))  ? CORRECTION_STRUCK
           : str_eq(s, S("added")) ? CORRECTION_ADDED
                                   : CORRECTION_CORRECTED;
}

err store_listening_put(db_conn *c, int64_t brand, const struct store_listening *r) {
    db_query *q = db_sql(c, "INSERT INTO listening (brand_id, message_id, catalogue_version, heard) "
                            "VALUES ($1, $2, $3, $4) ON CONFLICT (brand_id, message_id) DO UPDATE SET "
                            "catalogue_version = excluded.catalogue_version, heard = excluded.heard");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->message_id);
    db_bind_int(q, 3, r->catalogue_version);
    db_bind_text(q, 4, r->heard);
    return db_done(q);
}

err store_listening_get(db_conn *c, arena *a, int64_t brand, int64_t message, struct store_listening *ret) {
    db_query *q =
        db_sql(c, "SELECT catalogue_version, heard FROM listening WHERE brand_id = $1 AND message_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    struct store_listening r = {.message_id = message};
    if (db_row(q)) {
        r.catalogue_version = db_int(q, "catalogue_version");
        r.heard = db_text(q, a, "heard");
    }
    TRY(db_done(q));
    *ret = r;
    return ERR_NONE;
}

err store_correction_put(db_conn *c, int64_t brand, const struct store_correction *r) {
    db_query *q =
        db_sql(c, "INSERT INTO correction (brand_id, message_id, id, kind, start_at, end_at, state, "
                  "found_value, value, agent_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
                  "ON CONFLICT (brand_id, message_id, id) DO UPDATE SET state = excluded.state, "
                  "value = excluded.value, agent_id = excluded.agent_id, at = excluded.at");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->message_id);
    db_bind_int(q, 3, r->id);
    db_bind_text(q, 4, r->kind);
    db_bind_int(q, 5, r->start);
    db_bind_int(q, 6, r->end);
    db_bind_text(q, 7, str_z(states[r->state]));
    db_bind_text(q, 8, r->found_value);
    db_bind_text(q, 9, r->value);
    db_bind_int(q, 10, r->agent_id);
    db_bind_int(q, 11, r->at);
    return db_done(q);
}

err store_correction_delete(db_conn *c, int64_t brand, int64_t message, int64_t id) {
    db_query *q = db_sql(c, "DELETE FROM correction WHERE brand_id = $1 AND message_id = $2 AND id = $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    db_bind_int(q, 3, id);
    return db_done(q);
}

err store_corrections_of(db_conn *c, arena *a, int64_t brand, int64_t message, store_correction_list *ret) {
    db_query *q =
        db_sql(c, "SELECT r.id, r.kind, r.start_at, r.end_at, r.state, r.found_value, r.value, r.agent_id, "
                  "r.at, COALESCE(p.name, '') AS agent_name FROM correction r "
                  "LEFT JOIN agent g ON g.brand_id = r.brand_id AND g.id = r.agent_id "
                  "LEFT JOIN account p ON p.id = g.account_id "
                  "WHERE r.brand_id = $1 AND r.message_id = $2 ORDER BY r.at, r.id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    store_correction_list rows = {0};
    while (db_row(q))
        *list_add(a, &rows) = (struct store_correction){.message_id = message,
                                                        .id = db_int(q, "id"),
                                                        .kind = db_text(q, a, "kind"),
                                                        .start = db_int(q, "start_at"),
                                                        .end = db_int(q, "end_at"),
                                                        .state = state_of(db_text(q, a, "state")),
                                                        .found_value = db_text(q, a, "found_value"),
                                                        .value = db_text(q, a, "value"),
                                                        .agent_id = db_int(q, "agent_id"),
                                                        .at = db_int(q, "at"),
                                                        .agent_name = db_text(q, a, "agent_name")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_correction_counts(db_conn *c, arena *a, int64_t brand, int64_t since,
                            store_correction_count_list *ret) {
    db_query *q =
        db_sql(c, "SELECT kind, state, COUNT(*) AS n FROM correction WHERE brand_id = $1 AND at >= $2 "
                  "AND agent_id <> 0 "
                  "GROUP BY kind, state ORDER BY kind, state");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, since);
    store_correction_count_list rows = {0};
    while (db_row(q))
        *list_add(a, &rows) = (struct store_correction_count){
            db_text(q, a, "kind"), state_of(db_text(q, a, "state")), db_int(q, "n")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}
