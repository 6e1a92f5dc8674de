#include "store/link.h"

static err missing(void) {
    return err_set(ERR_MISSING, "This link is not valid: it was used already, is too old, or was cut short.");
}

static err one_link(db_query *q, arena *a, struct store_link *ret_link) {
    struct store_link found = {0};
    bool there = db_row(q);
    if (there) {
        found = (struct store_link){
            .hash = db_blob(q, a, "hash"),
            .kind = db_text(q, a, "kind"),
            .account_id = db_int(q, "account_id"),
            .created_at = db_int(q, "created_at"),
            .expires_at = db_int(q, "expires_at"),
            .used_at = db_int(q, "used_at"),
        };
    }
    TRY(db_done(q));
    if (!there) return missing();
    *ret_link = found;
    return ERR_NONE;
}

err store_link_insert(db_conn *c, arena *a, const struct store_link *link) {
    (void)a;
    db_query *q = db_sql(c, "INSERT INTO link (hash, kind, account_id, created_at, expires_at, used_at) "
                            "VALUES ($1, $2, $3, $4, $5, $6)");
    db_bind_blob(q, 1, link->hash);
    db_bind_text(q, 2, link->kind);
    db_bind_int(q, 3, link->account_id);
    db_bind_int(q, 4, link->created_at);
    db_bind_int(q, 5, link->expires_at);
    db_bind_int(q, 6, link->used_at);
    db_row(q);
    return db_done(q);
}

err store_link_by_hash(db_conn *c, arena *a, str hash, struct store_link *ret_link) {
    db_query *q = db_sql(c, "SELECT hash, kind, account_id, created_at, expires_at, used_at FROM link "
                            "WHERE hash = $1");
    db_bind_blob(q, 1, hash);
    return one_link(q, a, ret_link);
}

err store_link_use(db_conn *c, arena *a, str hash, int64_t now, struct store_link *ret_link) {
    db_query *q =
        db_sql(c, "UPDATE link SET used_at = $2 WHERE hash = $1 AND used_at = 0 AND expires_at > $3 "
                  "RETURNING hash, kind, account_id, created_at, expires_at, used_at");
    db_bind_blob(q, 1, hash);
    db_bind_int(q, 2, now);
    db_bind_int(q, 3, now);
    return one_link(q, a, ret_link);
}

err store_link_use_all(db_conn *c, arena *a, int64_t account, int64_t now) {
    (void)a;
    db_query *q = db_sql(c, "UPDATE link SET used_at = $2 WHERE account_id = $1 AND used_at = 0");
    db_bind_int(q, 1, account);
    db_bind_int(q, 2, now);
    db_row(q);
    return db_done(q);
}

err store_link_count_since(db_conn *c, arena *a, int64_t account, str kind, int64_t since,
                           int64_t *ret_count) {
    (void)a;
    db_query *q = db_sql(c, "SELECT COUNT(*) AS count FROM link "
                            "WHERE account_id = $1 AND kind = $2 AND created_at > $3");
    db_bind_int(q, 1, account);
    db_bind_text(q, 2, kind);
    db_bind_int(q, 3, since);
    int64_t count = db_row(q) ? db_int(q, "count") : 0;
    TRY(db_done(q));
    *ret_count = count;
    return ERR_NONE;
}

err store_link_delete_expired(db_conn *c, arena *a, int64_t before) {
    (void)a;
    db_query *q = db_sql(c, "DELETE FROM link WHERE expires_at <= $1");
    db_bind_int(q, 1, before);
    db_row(q);
    return db_done(q);
}
