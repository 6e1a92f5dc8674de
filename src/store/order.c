#include "store/order.h"

static const char *const sources[] = {"file", "api", "hook"};

const char *purchase_source_name(purchase_source s) { return sources[s]; }

static purchase_source source_of(str s) {
    for (int i = 0; i <= PURCHASE_HOOK; i++)
        if (str_eq(s, str_z(sources[i]))) return (purchase_source)i;
    return PURCHASE_FILE;
}

err store_purchase_put(db_conn *c, int64_t brand, const struct purchase *r, int64_t *ret_was) {
    int64_t was = 0;
    bool known = false;
    db_query *q = db_sql(c, "SELECT person FROM purchase WHERE brand_id = $1 AND number = $2");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, r->number);
    if (db_row(q)) {
        known = true;
        was = db_int(q, "person");
    }
    TRY(db_done(q));
    *ret_was = was;
    if (known && !was) return ERR_NONE;
    q = db_sql(
        c, "INSERT INTO purchase (brand_id, id, number, person, bought_at, amount, currency, what, source, "
           "created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (brand_id, number) DO "
           "UPDATE SET person = excluded.person, bought_at = excluded.bought_at, amount = excluded.amount, "
           "currency = excluded.currency, what = excluded.what, source = excluded.source");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_text(q, 3, r->number);
    db_bind_int(q, 4, r->person);
    db_bind_int(q, 5, r->bought_at);
    db_bind_int(q, 6, r->amount);
    db_bind_text(q, 7, r->currency);
    db_bind_text(q, 8, r->what);
    db_bind_text(q, 9, str_z(sources[r->source]));
    db_bind_int(q, 10, r->created_at);
    return db_done(q);
}

#define COLUMNS                                                                                              \
    "SELECT p.id, p.number, p.person, p.bought_at, p.amount, p.currency, p.what, p.source, p.created_at, "   \
    "COALESCE(u.name, '') AS customer_name FROM purchase p LEFT JOIN customer u ON u.brand_id = p.brand_id " \
    "AND u.id = p.person WHERE p.brand_id = $1 AND p.person <> 0 AND "

static struct purchase row_of(db_query *q, arena *a) {
    return (struct purchase){.id = db_int(q, "id"),
                             .number = db_text(q, a, "number"),
                             .person = db_int(q, "person"),
                             .bought_at = db_int(q, "bought_at"),
                             .amount = db_int(q, "amount"),
                             .currency = db_text(q, a, "currency"),
                             .what = db_text(q, a, "what"),
                             .source = source_of(db_text(q, a, "source")),
                             .created_at = db_int(q, "created_at"),
                             .customer_name = db_text(q, a, "customer_name")};
}

err store_purchases(db_conn *c, arena *a, int64_t brand, int64_t before_at, int64_t before_id, int limit,
                    purchase_list *ret) {
    purchase_list rows = {0};
    db_query *q =
        db_sql(c, COLUMNS "(p.bought_at, p.id) < ($2, $3) ORDER BY p.bought_at DESC, p.id DESC LIMIT $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, before_id ? before_at : INT64_MAX);
    db_bind_int(q, 3, before_id ? before_id : INT64_MAX);
    db_bind_int(q, 4, limit);
    while (db_row(q)) *list_add(a, &rows) = row_of(q, a);
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_purchase_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct purchase *ret) {
    struct purchase row = {0};
    db_query *q = db_sql(c, COLUMNS "p.id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    if (db_row(q)) row = row_of(q, a);
    TRY(db_done(q));
    if (!row.id) return err_set(ERR_MISSING, "There is no such purchase.");
    *ret = row;
    return ERR_NONE;
}

err store_purchase_any(db_conn *c, int64_t brand, bool *ret) {
    db_query *q = db_sql(c, "SELECT id FROM purchase WHERE brand_id = $1 AND person <> 0 LIMIT 1");
    db_bind_int(q, 1, brand);
    bool any = db_row(q);
    TRY(db_done(q));
    *ret = any;
    return ERR_NONE;
}

err store_purchase_claim(db_conn *c, int64_t brand, int64_t person, int64_t customer, bool *ret_moved) {
    db_query *q = db_sql(c, "UPDATE purchase SET person = $3 WHERE brand_id = $1 AND person = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, person);
    db_bind_int(q, 3, customer);
    TRY(db_done(q));
    *ret_moved = db_changes(q) > 0;
    return ERR_NONE;
}

/* ---- the shop's secret ---- */

err store_purchase_hook_get(db_conn *c, arena *a, int64_t brand, struct purchase_hook *ret) {
    struct purchase_hook row = {.secret = S("")};
    db_query *q =
        db_sql(c, "SELECT secret, agent_id, updated_at, told_at FROM purchase_hook WHERE brand_id = $1");
    db_bind_int(q, 1, brand);
    if (db_row(q))
        row = (struct purchase_hook){db_text(q, a, "secret"), db_int(q, "agent_id"), db_int(q, "updated_at"),
                                     db_int(q, "told_at")};
    TRY(db_done(q));
    *ret = row;
    return ERR_NONE;
}

err store_purchase_hook_put(db_conn *c, int64_t brand, const struct purchase_hook *r) {
    db_query *q =
        db_sql(c, "INSERT INTO purchase_hook (brand_id, secret, agent_id, updated_at, told_at) VALUES ($1, "
                  "$2, $3, $4, $5) ON CONFLICT (brand_id) DO UPDATE SET secret = excluded.secret, "
                  "agent_id = excluded.agent_id, updated_at = excluded.updated_at");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, r->secret);
    db_bind_int(q, 3, r->agent_id);
    db_bind_int(q, 4, r->updated_at);
    db_bind_int(q, 5, r->told_at);
    return db_done(q);
}

err store_purchase_hook_told(db_conn *c, int64_t brand, int64_t now) {
    db_query *q = db_sql(c, "UPDATE purchase_hook SET told_at = $2 WHERE brand_id = $1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, now);
    return db_done(q);
}
