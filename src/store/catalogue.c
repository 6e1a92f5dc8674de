#include "store/catalogue.h"

err store_catalogue_get(db_conn *c, arena *a, int64_t brand, struct store_catalogue *ret_catalogue) {
    db_query *q = db_sql(c, "SELECT version, format, imported_at FROM catalogue WHERE brand_id = $1");
    db_bind_int(q, 1, brand);
    struct store_catalogue got = {.format = S("")};
    if (db_row(q))
        got =
            (struct store_catalogue){db_int(q, "version"), db_text(q, a, "format"), db_int(q, "imported_at")};
    TRY(db_done(q));
    *ret_catalogue = got;
    return ERR_NONE;
}

err store_catalogue_put(db_conn *c, arena *a, int64_t brand, str format, int64_t now) {
    (void)a;
    db_query *q = db_sql(c, "INSERT INTO catalogue (brand_id, version, format, imported_at) "
                            "VALUES ($1, 1, $2, $3) ON CONFLICT (brand_id) DO UPDATE SET "
                            "version = catalogue.version + 1, format = excluded.format, "
                            "imported_at = excluded.imported_at");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, format);
    db_bind_int(q, 3, now);
    return db_done(q);
}

err store_catalogue_items(db_conn *c, arena *a, int64_t brand, store_catalogue_item_list *ret_items) {
    db_query *q = db_sql(c, "SELECT id, kind, code, name, theme, year, retired_at FROM catalogue_item "
                            "WHERE brand_id = $1 ORDER BY id");
    db_bind_int(q, 1, brand);
    store_catalogue_item_list all = {0};
    while (db_row(q)) {
        struct store_catalogue_item item = {.id = db_int(q, "id"), .kind = db_int(q, "kind")};
        item.code = db_text(q, a, "code");
        item.name = db_text(q, a, "name");
        item.theme = db_text(q, a, "theme");
        item.year = db_int(q, "year");
        item.retired_at = db_int(q, "retired_at");
        *list_add(a, &all) = item;
    }
    TRY(db_done(q));
    *ret_items = all;
    return ERR_NONE;
}

err store_catalogue_links(db_conn *c, arena *a, int64_t brand, store_catalogue_link_list *ret_links) {
    db_query *q = db_sql(c, "SELECT holder_id, item_id, quantity FROM catalogue_link WHERE brand_id = $1 "
                            "ORDER BY holder_id, item_id");
    db_bind_int(q, 1, brand);
    store_catalogue_link_list all = {0};
    while (db_row(q))
        *list_add(a, &all) = (struct store_catalogue_link){db_int(q, "holder_id"), db_int(q, "item_id"),
                                                           db_int(q, "quantity")};
    TRY(db_done(q));
    *ret_links = all;
    return ERR_NONE;
}

err store_catalogue_aliases(db_conn *c, arena *a, int64_t brand, store_catalogue_alias_list *ret_aliases) {
    db_query *q = db_sql(c, "SELECT item_id, alias, agent_id FROM catalogue_alias WHERE brand_id = $1 "
                            "ORDER BY item_id, alias");
    db_bind_int(q, 1, brand);
    store_catalogue_alias_list all = {0};
    while (db_row(q)) {
        struct store_catalogue_alias alias = {.item = db_int(q, "item_id")};
        alias.alias = db_text(q, a, "alias");
        alias.agent = db_int(q, "agent_id");
        *list_add(a, &all) = alias;
    }
    TRY(db_done(q));
    *ret_aliases = all;
    return ERR_NONE;
}

/* Eight rows go in one statement: over a network the journeys are what takes the time. */
enum { ROWS = 8 };

#define ITEM_INTO                                                                                            \
    "INSERT INTO catalogue_item (brand_id, id, kind, code, name, theme, year, retired_at) VALUES "
#define ITEM_OR                                                                                              \
    " ON CONFLICT (brand_id, id) DO UPDATE SET name = excluded.name, theme = excluded.theme, "               \
    "year = excluded.year, retired_at = excluded.retired_at"
#define ITEM_ROW(b, c, d, e, f, g) "($1, $" #b ", $" #c ", $" #d ", $" #e ", $" #f ", $" #g ", 0)"

static void bind_item(db_query *q, size_t row, const struct store_catalogue_item *item) {
    int at = (int)row * 6 + 2;
    db_bind_int(q, at, item->id);
    db_bind_int(q, at + 1, item->kind);
    db_bind_text(q, at + 2, item->code);
    db_bind_text(q, at + 3, item->name);
    db_bind_text(q, at + 4, item->theme);
    db_bind_int(q, at + 5, item->year);
}

err store_catalogue_items_put(db_conn *c, int64_t brand, const struct store_catalogue_item *items, size_t n) {
    for (size_t i = 0; i < n;) {
        size_t rows = n - i >= ROWS ? ROWS : 1;
        db_query *q =
            rows == ROWS
                ? db_sql(
                      c,
                      ITEM_INTO ITEM_ROW(2, 3, 4, 5, 6, 7) ", " ITEM_ROW(8, 9, 10, 11, 12, 13) ", " ITEM_ROW(
                          14, 15, 16, 17, 18,
                          19) ", " ITEM_ROW(20, 21, 22, 23, 24,
                                            25) ", " ITEM_ROW(26, 27, 28, 29, 30,
                                                              31) ", " ITEM_ROW(32, 33, 34, 35, 36,
                                                                                37) ", " ITEM_ROW(38, 39, 40,
                                                                                                  41, 42,
                                                                                                  43) ","
                                                                                                      " " ITEM_ROW(
                                                                                                          44,
                                                                                                          45,
                                                                                                          46,
                                                                                                          47,
                                                                                                          48,
                                                                                                          49)
                                                                                                          ITEM_OR)
                : db_sql(c, ITEM_INTO ITEM_ROW(2, 3, 4, 5, 6, 7) ITEM_OR);
        db_bind_int(q, 1, brand);
        for (size_t k = 0; k < rows; k++) bind_item(q, k, &items[i + k]);
        TRY(db_done(q));
        i += rows;
    }
    return ERR_NONE;
}

#define LINK_INTO "INSERT INTO catalogue_link (brand_id, holder_id, item_id, quantity) VALUES "
#define LINK_OR " ON CONFLICT (brand_id, holder_id, item_id) DO UPDATE SET quantity = excluded.quantity"
#define LINK_ROW(b, c, d) "($1, $" #b ", $" #c ", $" #d ")"

err store_catalogue_links_put(db_conn *c, int64_t brand, const struct store_catalogue_link *links, size_t n) {
    for (size_t i = 0; i < n;) {
        size_t rows = n - i >= ROWS ? ROWS : 1;
        db_query *q =
            rows == ROWS
                ? db_sql(c,
                         LINK_INTO
                             LINK_ROW(2, 3, 4) ", " LINK_ROW(5, 6, 7) ", " LINK_ROW(8, 9, 10) ", " LINK_ROW(
                                 11, 12,
                                 13) ", " LINK_ROW(14, 15,
                                                   16) ", " LINK_ROW(17, 18,
                                                                     19) ", " LINK_ROW(20, 21,
                                                                                       22) ", " LINK_ROW(23,
                                                                                                         24,
                                                                                                         25)
                                 LINK_OR)
                : db_sql(c, LINK_INTO LINK_ROW(2, 3, 4) LINK_OR);
        db_bind_int(q, 1, brand);
        for (size_t k = 0; k < rows; k++) {
            int at = (int)k * 3 + 2;
            db_bind_int(q, at, links[i + k].holder);
            db_bind_int(q, at + 1, links[i + k].item);
            db_bind_int(q, at + 2, links[i + k].quantity);
        }
        TRY(db_done(q));
        i += rows;
    }
    return ERR_NONE;
}

err store_catalogue_aliases_put(db_conn *c, int64_t brand, const struct store_catalogue_alias *aliases,
                                size_t n) {
    for (size_t i = 0; i < n; i++) {
        db_query *q = db_sql(c, "INSERT INTO catalogue_alias (brand_id, item_id, alias, agent_id) "
                                "VALUES ($1, $2, $3, $4) ON CONFLICT (brand_id, item_id, alias) DO NOTHING");
        db_bind_int(q, 1, brand);
        db_bind_int(q, 2, aliases[i].item);
        db_bind_text(q, 3, aliases[i].alias);
        db_bind_int(q, 4, aliases[i].agent);
        TRY(db_done(q));
    }
    return ERR_NONE;
}

err store_catalogue_item_exists(db_conn *c, int64_t brand, int64_t id) {
    db_query *q = db_sql(c, "SELECT 1 AS one FROM catalogue_item WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    bool there = db_row(q);
    TRY(db_done(q));
    return there ? ERR_NONE : err_set(ERR_MISSING, "The catalogue has no such item.");
}

err store_catalogue_item_retire(db_conn *c, int64_t brand, int64_t id, int64_t now) {
    db_query *q = db_sql(c, "UPDATE catalogue_item SET retired_at = $3 WHERE brand_id = $1 AND id = $2 "
                            "AND retired_at = 0");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    db_bind_int(q, 3, now);
    return db_done(q);
}

err store_catalogue_link_delete(db_conn *c, int64_t brand, int64_t holder, int64_t item) {
    db_query *q =
        db_sql(c, "DELETE FROM catalogue_link WHERE brand_id = $1 AND holder_id = $2 AND item_id = $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, holder);
    db_bind_int(q, 3, item);
    return db_done(q);
}

err store_catalogue_alias_delete(db_conn *c, int64_t brand, int64_t item, str alias) {
    db_query *q =
        db_sql(c, "DELETE FROM catalogue_alias WHERE brand_id = $1 AND item_id = $2 AND alias = $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, item);
    db_bind_text(q, 3, alias);
    return db_done(q);
}
