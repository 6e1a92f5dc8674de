#include "store/brand.h"

#define COLUMNS "b.id, b.slug, b.name, b.zone, b.language, b.next_number, b.created_at"

static struct store_brand read_brand(db_query *q, arena *a) {
    return (struct store_brand){
        .id = db_int(q, "id"),
        .slug = db_text(q, a, "slug"),
        .name = db_text(q, a, "name"),
        .zone = db_text(q, a, "zone"),
        .language = db_text(q, a, "language"),
        .next_number = db_int(q, "next_number"),
        .created_at = db_int(q, "created_at"),
    };
}

static err missing(void) { return err_set(ERR_MISSING, "There is no such brand."); }

static err one_brand(db_query *q, arena *a, struct store_brand *ret_brand) {
    struct store_brand found = {0};
    bool there = db_row(q);
    if (there) found = read_brand(q, a);
    TRY(db_done(q));
    if (!there) return missing();
    *ret_brand = found;
    return ERR_NONE;
}

static err all_brands(db_query *q, arena *a, store_brand_list *ret_brands) {
    store_brand_list all = {0};
    while (db_row(q)) *list_add(a, &all) = read_brand(q, a);
    TRY(db_done(q));
    *ret_brands = all;
    return ERR_NONE;
}

static err changed_one(db_query *q) {
    db_row(q);
    TRY(db_done(q));
    return db_changes(q) == 0 ? missing() : ERR_NONE;
}

err store_brand_insert(db_conn *c, arena *a, const struct store_brand *brand) {
    (void)a;
    db_query *q = db_sql(c, "INSERT INTO brand (id, slug, name, zone, language, next_number, created_at) "
                            "VALUES ($1, $2, $3, $4, $5, $6, $7)");
    db_bind_int(q, 1, brand->id);
    db_bind_text(q, 2, brand->slug);
    db_bind_text(q, 3, brand->name);
    db_bind_text(q, 4, brand->zone);
    db_bind_text(q, 5, brand->language);
    db_bind_int(q, 6, brand->next_number);
    db_bind_int(q, 7, brand->created_at);
    db_row(q);
    return db_done(q);
}

err store_brand_by_id(db_conn *c, arena *a, int64_t id, struct store_brand *ret_brand) {
    db_query *q = db_sql(c, "SELECT " COLUMNS " FROM brand b WHERE b.id = $1");
    db_bind_int(q, 1, id);
    return one_brand(q, a, ret_brand);
}

err store_brand_by_slug(db_conn *c, arena *a, str slug, struct store_brand *ret_brand) {
    db_query *q = db_sql(c, "SELECT " COLUMNS " FROM brand b WHERE b.slug = $1");
    db_bind_text(q, 1, slug);
    return one_brand(q, a, ret_brand);
}

err store_brand_list_all(db_conn *c, arena *a, store_brand_list *ret_brands) {
    return all_brands(db_sql(c, "SELECT " COLUMNS " FROM brand b ORDER BY b.created_at, b.id"), a,
                      ret_brands);
}

err store_brand_list_of_account(db_conn *c, arena *a, int64_t account, store_brand_list *ret_brands) {
    db_query *q = db_sql(c, "SELECT " COLUMNS " FROM agent g JOIN brand b ON b.id = g.brand_id "
                            "WHERE g.account_id = $1 AND g.disabled_at = 0 ORDER BY b.name, b.id");
    db_bind_int(q, 1, account);
    return all_brands(q, a, ret_brands);
}

err store_brand_update(db_conn *c, arena *a, int64_t id, str name, str zone, str language) {
    (void)a;
    db_query *q = db_sql(c, "UPDATE brand SET name = $2, zone = $3, language = $4 WHERE id = $1");
    db_bind_int(q, 1, id);
    db_bind_text(q, 2, name);
    db_bind_text(q, 3, zone);
    db_bind_text(q, 4, language);
    return changed_one(q);
}

err store_brand_number(db_conn *c, arena *a, int64_t brand, int64_t *ret_number) {
    (void)a;
    db_query *q = db_sql(c, "UPDATE brand SET next_number = next_number + 1 WHERE id = $1 "
                            "RETURNING next_number - 1 AS number");
    db_bind_int(q, 1, brand);
    bool there = db_row(q);
    int64_t number = there ? db_int(q, "number") : 0;
    TRY(db_done(q));
    if (!there) return missing();
    *ret_number = number;
    return ERR_NONE;
}

err store_brand_lock(db_conn *c, arena *a, int64_t brand) {
    (void)a;
    /* An update that changes nothing takes the row's lock on both engines. */
    db_query *q = db_sql(c, "UPDATE brand SET next_number = next_number WHERE id = $1");
    db_bind_int(q, 1, brand);
    return changed_one(q);
}
