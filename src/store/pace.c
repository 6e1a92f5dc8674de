#include "store/pace.h"

err store_pace_get(db_conn *c, int64_t brand, int64_t inbox, struct pace *ret) {
    db_query *q = db_sql(c, "SELECT per_minute, next_at FROM pace WHERE brand_id = $1 AND inbox_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    struct pace row = {.inbox_id = inbox};
    if (db_row(q)) {
        row.per_minute = db_int(q, "per_minute");
        row.next_at = db_int(q, "next_at");
    }
    TRY(db_done(q));
    *ret = row;
    return ERR_NONE;
}

err store_pace_put(db_conn *c, int64_t brand, const struct pace *row) {
    db_query *q =
        db_sql(c, row->per_minute ? "INSERT INTO pace (brand_id, inbox_id, per_minute, next_at) "
                                    "VALUES ($1, $2, $3, $4) ON CONFLICT (brand_id, inbox_id) DO UPDATE SET "
                                    "per_minute = excluded.per_minute, next_at = excluded.next_at"
                                  : "DELETE FROM pace WHERE brand_id = $1 AND inbox_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, row->inbox_id);
    if (row->per_minute) {
        db_bind_int(q, 3, row->per_minute);
        db_bind_int(q, 4, row->next_at);
    }
    return db_done(q);
}
