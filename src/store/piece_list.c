#include "store/piece_list.h"

err store_colours(db_conn *c, arena *a, int64_t brand, store_colour_list *ret_colours) {
    db_query *q = db_sql(c, "SELECT code, name, rgb, clear FROM catalogue_colour WHERE brand_id = $1 "
                            "ORDER BY code");
    db_bind_int(q, 1, brand);
    store_colour_list all = {0};
    while (db_row(q)) {
        struct store_colour row = {.code = db_text(q, a, "code"), .clear = db_int(q, "clear") != 0};
        row.name = db_text(q, a, "name");
        row.rgb = db_text(q, a, "rgb");
        *list_add(a, &all) = row;
    }
    TRY(db_done(q));
    *ret_colours = all;
    return ERR_NONE;
}

err store_colour_put(db_conn *c, int64_t brand, const struct store_colour *colour) {
    db_query *q = db_sql(c, "INSERT INTO catalogue_colour (brand_id, code, name, rgb, clear) "
                            "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (brand_id, code) DO UPDATE SET "
                            "name = excluded.name, rgb = excluded.rgb, clear = excluded.clear");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, colour->code);
    db_bind_text(q, 3, colour->name);
    db_bind_text(q, 4, colour->rgb);
    db_bind_int(q, 5, colour->clear);
    return db_done(q);
}

err store_lots_all(db_conn *c, arena *a, int64_t brand, bool with_lots, store_lots_list *ret_lots) {
    db_query *q =
        with_lots ? db_sql(c, "SELECT holder_id, n, source, lots FROM catalogue_pieces WHERE brand_id = $1 "
                              "ORDER BY holder_id")
                  : db_sql(c, "SELECT holder_id, n, source FROM catalogue_pieces WHERE brand_id = $1 "
                              "ORDER BY holder_id");
    db_bind_int(q, 1, brand);
    store_lots_list all = {0};
    while (db_row(q)) {
        struct store_lots row = {db_int(q, "holder_id"), db_int(q, "n"), db_int(q, "source"), {0}};
        if (with_lots) row.lots = db_blob(q, a, "lots");
        *list_add(a, &all) = row;
    }
    TRY(db_done(q));
    *ret_lots = all;
    return ERR_NONE;
}

err store_lots_of(db_conn *c, arena *a, int64_t brand, int64_t holder, struct store_lots *ret_lots) {
    db_query *q =
        db_sql(c, "SELECT n, source, lots FROM catalogue_pieces WHERE brand_id = $1 AND holder_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, holder);
    struct store_lots row = {0};
    if (db_row(q))
        row = (struct store_lots){holder, db_int(q, "n"), db_int(q, "source"), db_blob(q, a, "lots")};
    TRY(db_done(q));
    *ret_lots = row;
    return ERR_NONE;
}

/* Eight rows go in one statement: over a network the journeys are what takes the time. */
enum { ROWS = 8 };

#define INTO "INSERT INTO catalogue_pieces (brand_id, holder_id, n, source, lots) VALUES "
#define OR                                                                                                   \
    " ON CONFLICT (brand_id, holder_id) DO UPDATE SET n = excluded.n, source = excluded.source, "            \
    "lots = excluded.lots"

err store_lots_put(db_conn *c, int64_t brand, const struct store_lots *rows, size_t n) {
    for (size_t i = 0; i < n;) {
        size_t many = n - i >= ROWS ? ROWS : 1;
        db_query *q =
            many == ROWS
                ? db_sql(c, INTO "($1, $2, $3, $4, $5), ($1, $6, $7, $8, $9), ($1, $10, $11, $12, $13), "
                                 "($1, $14, $15, $16, $17), ($1, $18, $19, $20, $21), "
                                 "($1, $22, $23, $24, $25), ($1, $26, $27, $28, $29), "
                                 "($1, $30, $31, $32, $33)" OR)
                : db_sql(c, INTO "($1, $2, $3, $4, $5)" OR);
        db_bind_int(q, 1, brand);
        for (size_t k = 0; k < many; k++) {
            int at = (int)k * 4 + 2;
            db_bind_int(q, at, rows[i + k].holder);
            db_bind_int(q, at + 1, rows[i + k].n);
            db_bind_int(q, at + 2, rows[i + k].source);
            db_bind_blob(q, at + 3, rows[i + k].lots);
        }
        TRY(db_done(q));
        i += many;
    }
    return ERR_NONE;
}

err store_lots_delete(db_conn *c, int64_t brand, int64_t holder) {
    db_query *q = db_sql(c, "DELETE FROM catalogue_pieces WHERE brand_id = $1 AND holder_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, holder);
    return db_done(q);
}

err store_contents_of(db_conn *c, arena *a, int64_t brand, int64_t holder, store_content_list *ret_contents) {
    db_query *q = db_sql(c, "SELECT i.kind, i.code, i.name, l.quantity, i.retired_at FROM catalogue_link l "
                            "JOIN catalogue_item i ON i.brand_id = l.brand_id AND i.id = l.item_id "
                            "WHERE l.brand_id = $1 AND l.holder_id = $2 ORDER BY i.kind, i.name, i.id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, holder);
    store_content_list all = {0};
    while (db_row(q)) {
        struct store_content row = {.kind = db_int(q, "kind"), .code = db_text(q, a, "code")};
        row.name = db_text(q, a, "name");
        row.quantity = db_int(q, "quantity");
        row.retired_at = db_int(q, "retired_at");
        *list_add(a, &all) = row;
    }
    TRY(db_done(q));
    *ret_contents = all;
    return ERR_NONE;
}
