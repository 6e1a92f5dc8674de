#include "store/customer.h"

err store_customer_insert(db_conn *c, int64_t brand, const struct customer *row) {
    db_query *q =
        db_sql(c, "INSERT INTO customer (brand_id, id, name, about, created_at) VALUES ($1, $2, $3, $4, $5)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, row->id);
    db_bind_text(q, 3, row->name);
    db_bind_text(q, 4, row->about);
    db_bind_int(q, 5, row->created_at);
    return db_done(q);
}

err store_customer_update(db_conn *c, int64_t brand, const struct customer *row) {
    db_query *q = db_sql(c, "UPDATE customer SET name = $3, about = $4 WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, row->id);
    db_bind_text(q, 3, row->name);
    db_bind_text(q, 4, row->about);
    return db_done(q);
}

static void read_customer(db_query *q, arena *a, struct customer *r) {
    *r = (struct customer){
        .id = db_int(q, "id"),
        .name = db_text(q, a, "name"),
        .about = db_text(q, a, "about"),
        .created_at = db_int(q, "created_at"),
    };
}

err store_customer_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct customer *ret) {
    db_query *q =
        db_sql(c, "SELECT id, name, about, created_at FROM customer WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    struct customer row;
    bool found = db_row(q);
    if (found) read_customer(q, a, &row);
    TRY(db_done(q));
    if (!found) return err_set(ERR_MISSING, "There is no such customer.");
    *ret = row;
    return ERR_NONE;
}

/* The part with LIKE's own characters escaped by '!'. */
static str like(arena *a, const char *before, str part) {
    char *p = arena_alloc(a, part.n * 2 + 3);
    size_t n = 0;
    for (; *before; before++) p[n++] = *before;
    for (size_t i = 0; i < part.n; i++) {
        if (part.p[i] == '%' || part.p[i] == '_' || part.p[i] == '!') p[n++] = '!';
        p[n++] = part.p[i];
    }
    p[n++] = '%';
    return (str){p, n};
}

err store_customer_find(db_conn *c, arena *a, int64_t brand, str part, int limit, customer_list *ret) {
    db_query *q = db_sql(c, "SELECT id, name, about, created_at FROM customer WHERE brand_id = $1 AND "
                            "(LOWER(name) LIKE $2 ESCAPE '!' "
                            "OR id IN (SELECT customer_id FROM customer_address WHERE brand_id = $1 AND "
                            "address LIKE $3 ESCAPE '!')) "
                            "ORDER BY id DESC LIMIT $4");
    str lower = str_lower(a, part);
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, like(a, "", lower));
    db_bind_text(q, 3, like(a, "%", lower));
    db_bind_int(q, 4, limit);
    customer_list rows = {0};
    while (db_row(q)) read_customer(q, a, list_add(a, &rows));
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_customer_address_insert(db_conn *c, int64_t brand, const struct customer_address *row) {
    db_query *q =
        db_sql(c, "INSERT INTO customer_address (brand_id, address, customer_id, created_at, blocked_at) "
                  "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (brand_id, address) DO NOTHING");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, row->address);
    db_bind_int(q, 3, row->customer_id);
    db_bind_int(q, 4, row->created_at);
    db_bind_int(q, 5, row->blocked_at);
    return db_done(q);
}

static void read_address(db_query *q, arena *a, struct customer_address *r) {
    *r = (struct customer_address){
        .address = db_text(q, a, "address"),
        .customer_id = db_int(q, "customer_id"),
        .created_at = db_int(q, "created_at"),
        .blocked_at = db_int(q, "blocked_at"),
    };
}

err store_customer_address_get(db_conn *c, arena *a, int64_t brand, str address,
                               struct customer_address *ret) {
    db_query *q = db_sql(c, "SELECT address, customer_id, created_at, blocked_at FROM customer_address "
                            "WHERE brand_id = $1 AND address = $2");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, address);
    struct customer_address row = {0};
    if (db_row(q)) read_address(q, a, &row);
    TRY(db_done(q));
    *ret = row;
    return ERR_NONE;
}

static err collect_addresses(db_query *q, arena *a, customer_address_list *ret) {
    customer_address_list rows = {0};
    while (db_row(q)) read_address(q, a, list_add(a, &rows));
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_customer_addresses(db_conn *c, arena *a, int64_t brand, int64_t customer,
                             customer_address_list *ret) {
    db_query *q =
        db_sql(c, "SELECT address, customer_id, created_at, blocked_at FROM customer_address "
                  "WHERE brand_id = $1 AND customer_id = $2 ORDER BY created_at, address LIMIT 200");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, customer);
    return collect_addresses(q, a, ret);
}

err store_customer_block(db_conn *c, int64_t brand, str address, int64_t blocked_at) {
    db_query *q =
        db_sql(c, "UPDATE customer_address SET blocked_at = $3 WHERE brand_id = $1 AND address = $2");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, address);
    db_bind_int(q, 3, blocked_at);
    return db_done(q);
}

err store_customer_blocked(db_conn *c, arena *a, int64_t brand, int limit, customer_address_list *ret) {
    db_query *q = db_sql(c, "SELECT address, customer_id, created_at, blocked_at FROM customer_address "
                            "WHERE brand_id = $1 AND blocked_at > 0 ORDER BY blocked_at DESC LIMIT $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, limit);
    return collect_addresses(q, a, ret);
}
