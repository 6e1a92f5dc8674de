/* Who carries boxes. */
#include "store/box.h"

static err take(db_query *q, arena *a, store_carrier_list *ret) {
    store_carrier_list rows = {0};
    while (db_row(q))
        *list_add(a, &rows) = (struct store_carrier){.id = db_int(q, "id"),
                                                     .name = db_text(q, a, "name"),
                                                     .url = db_text(q, a, "url"),
                                                     .updated_at = db_int(q, "updated_at")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

#define ROWS "SELECT r.id, r.name, r.url, r.updated_at FROM carrier r WHERE r.brand_id = $1 "

err store_carriers(db_conn *c, arena *a, int64_t brand, store_carrier_list *ret) {
    db_query *q = db_sql(c, ROWS "ORDER BY r.name");
    db_bind_int(q, 1, brand);
    return take(q, a, ret);
}

err store_carrier_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_carrier *ret) {
    store_carrier_list rows;
    db_query *q = db_sql(c, ROWS "AND r.id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    TRY(take(q, a, &rows));
    if (!rows.n) return err_set(ERR_MISSING, "There is no such carrier.");
    *ret = rows.v[0];
    return ERR_NONE;
}

err store_carrier_by_name(db_conn *c, arena *a, int64_t brand, str name, struct store_carrier *ret) {
    store_carrier_list rows;
    db_query *q = db_sql(c, ROWS "AND r.name = $2");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, name);
    TRY(take(q, a, &rows));
    *ret = rows.n ? rows.v[0] : (struct store_carrier){0};
    return ERR_NONE;
}

static err write_row(db_query *q, int64_t brand, const struct store_carrier *r) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_text(q, 3, r->name);
    db_bind_text(q, 4, r->url);
    db_bind_int(q, 5, r->updated_at);
    return db_done(q);
}

err store_carrier_insert(db_conn *c, int64_t brand, const struct store_carrier *r) {
    return write_row(db_sql(c, "INSERT INTO carrier (brand_id, id, name, url, updated_at) "
                               "VALUES ($1, $2, $3, $4, $5)"),
                     brand, r);
}

err store_carrier_update(db_conn *c, int64_t brand, const struct store_carrier *r) {
    return write_row(db_sql(c, "UPDATE carrier SET name = $3, url = $4, updated_at = $5 "
                               "WHERE brand_id = $1 AND id = $2"),
                     brand, r);
}

err store_carrier_delete(db_conn *c, int64_t brand, int64_t id) {
    db_query *q = db_sql(c, "DELETE FROM carrier WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    return db_done(q);
}
