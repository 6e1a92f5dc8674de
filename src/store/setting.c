#include "store/setting.h"

err store_setting_get(db_conn *c, arena *a, int64_t brand, str name, str *ret_value) {
    db_query *q = db_sql(c, "SELECT value FROM setting WHERE brand_id = $1 AND name = $2");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, name);
    bool there = db_row(q);
    str value = there ? db_text(q, a, "value") : S("");
    TRY(db_done(q));
    if (!there) return err_set(ERR_MISSING, "This setting has its default.");
    *ret_value = value;
    return ERR_NONE;
}

err store_setting_set(db_conn *c, arena *a, int64_t brand, str name, str value) {
    (void)a;
    db_query *q = db_sql(c, "INSERT INTO setting (brand_id, name, value) VALUES ($1, $2, $3) "
                            "ON CONFLICT (brand_id, name) DO UPDATE SET value = excluded.value");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, name);
    db_bind_text(q, 3, value);
    db_row(q);
    return db_done(q);
}

err store_setting_delete(db_conn *c, arena *a, int64_t brand, str name) {
    (void)a;
    db_query *q = db_sql(c, "DELETE FROM setting WHERE brand_id = $1 AND name = $2");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, name);
    db_row(q);
    return db_done(q);
}

err store_setting_list_of(db_conn *c, arena *a, int64_t brand, store_setting_list *ret_settings) {
    db_query *q = db_sql(c, "SELECT name, value FROM setting WHERE brand_id = $1 ORDER BY name");
    db_bind_int(q, 1, brand);
    store_setting_list all = {0};
    while (db_row(q)) {
        *list_add(a, &all) =
            (struct store_setting){.name = db_text(q, a, "name"), .value = db_text(q, a, "value")};
    }
    TRY(db_done(q));
    *ret_settings = all;
    return ERR_NONE;
}
