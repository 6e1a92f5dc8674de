#include "store/import.h"

#include "store/raw.h"

err store_imported_put(db_conn *c, int64_t brand, int64_t inbox, str hash, int64_t raw, bool *ret_fresh) {
    db_query *q = db_sql(c, "INSERT INTO imported (brand_id, inbox_id, hash, raw_id) VALUES ($1, $2, $3, $4) "
                            "ON CONFLICT (brand_id, inbox_id, hash) DO NOTHING");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_bind_text(q, 3, hash);
    db_bind_int(q, 4, raw);
    TRY(db_done(q));
    *ret_fresh = db_changes(q) > 0;
    return ERR_NONE;
}

err store_imported_has(db_conn *c, int64_t brand, int64_t inbox, str hash, bool *ret_known) {
    db_query *q =
        db_sql(c, "SELECT 1 AS yes FROM imported WHERE brand_id = $1 AND inbox_id = $2 AND hash = $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_bind_text(q, 3, hash);
    bool known = db_row(q);
    TRY(db_done(q));
    *ret_known = known;
    return ERR_NONE;
}

err store_unread_put_leased(db_conn *c, int64_t brand, int64_t raw, int64_t run_at, int64_t lease_until) {
    db_query *q = db_sql(c, "INSERT INTO unread (id, brand_id, run_at, lease_until, attempts) "
                            "VALUES ($1, $2, $3, $4, 1)");
    db_bind_int(q, 1, raw);
    db_bind_int(q, 2, brand);
    db_bind_int(q, 3, run_at);
    db_bind_int(q, 4, lease_until);
    return db_done(q);
}

err store_raw_state(db_conn *c, arena *a, int64_t brand, int64_t id, raw_state *ret) {
    db_query *q = db_sql(c, "SELECT state FROM raw WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    raw_state state = RAW_NEW;
    if (db_row(q)) raw_state_from(db_text(q, a, "state"), &state);
    TRY(db_done(q));
    *ret = state;
    return ERR_NONE;
}

err store_import_run_get(db_conn *c, arena *a, int64_t brand, int64_t inbox, str source,
                         struct store_import_run *ret) {
    db_query *q =
        db_sql(c, "SELECT contents, done, total, started_at, updated_at, finished_at FROM import_run "
                  "WHERE brand_id = $1 AND inbox_id = $2 AND source = $3");
    struct store_import_run r = {.inbox_id = inbox, .source = source};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_bind_text(q, 3, source);
    if (db_row(q)) {
        r.contents = db_text(q, a, "contents");
        r.done = db_int(q, "done");
        r.total = db_int(q, "total");
        r.started_at = db_int(q, "started_at");
        r.updated_at = db_int(q, "updated_at");
        r.finished_at = db_int(q, "finished_at");
    }
    TRY(db_done(q));
    *ret = r;
    return ERR_NONE;
}

err store_import_run_put(db_conn *c, int64_t brand, const struct store_import_run *r) {
    db_query *q = db_sql(
        c,
        "INSERT INTO import_run (brand_id, inbox_id, source, contents, done, total, started_at, updated_at, "
        "finished_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (brand_id, inbox_id, source) "
        "DO UPDATE SET contents = excluded.contents, done = excluded.done, total = excluded.total, "
        "started_at = excluded.started_at, updated_at = excluded.updated_at, "
        "finished_at = excluded.finished_at");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->inbox_id);
    db_bind_text(q, 3, r->source);
    db_bind_text(q, 4, r->contents);
    db_bind_int(q, 5, r->done);
    db_bind_int(q, 6, r->total);
    db_bind_int(q, 7, r->started_at);
    db_bind_int(q, 8, r->updated_at);
    db_bind_int(q, 9, r->finished_at);
    return db_done(q);
}

err store_copy_put(db_conn *c, const struct store_copy *r) {
    db_query *q = db_sql(c, "INSERT INTO copy_made (id, kind, path, at) VALUES ($1, $2, $3, $4)");
    db_bind_int(q, 1, r->id);
    db_bind_text(q, 2, r->kind);
    db_bind_text(q, 3, r->path);
    db_bind_int(q, 4, r->at);
    return db_done(q);
}

err store_copy_list_all(db_conn *c, arena *a, store_copy_list *ret) {
    db_query *q = db_sql(c, "SELECT id, kind, path, at FROM copy_made ORDER BY id DESC LIMIT 1000");
    store_copy_list rows = {0};
    while (db_row(q))
        *list_add(a, &rows) = (struct store_copy){.id = db_int(q, "id"),
                                                  .at = db_int(q, "at"),
                                                  .kind = db_text(q, a, "kind"),
                                                  .path = db_text(q, a, "path")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}
