#include "store/account.h"

#define COLUMNS "id, email, name, password, zone, language, created_at, disabled_at"

static struct store_account read_account(db_query *q, arena *a) {
    return (struct store_account){
        .id = db_int(q, "id"),
        .email = db_text(q, a, "email"),
        .name = db_text(q, a, "name"),
        .password = db_text(q, a, "password"),
        .zone = db_text(q, a, "zone"),
        .language = db_text(q, a, "language"),
        .created_at = db_int(q, "created_at"),
        .disabled_at = db_int(q, "disabled_at"),
    };
}

static err one_account(db_query *q, arena *a, struct store_account *ret_account) {
    struct store_account found = {0};
    bool there = db_row(q);
    if (there) found = read_account(q, a);
    TRY(db_done(q));
    if (!there) return err_set(ERR_MISSING, "There is no such account.");
    *ret_account = found;
    return ERR_NONE;
}

static err changed_one(db_query *q) {
    db_row(q);
    TRY(db_done(q));
    if (db_changes(q) == 0) return err_set(ERR_MISSING, "There is no such account.");
    return ERR_NONE;
}

err store_account_insert(db_conn *c, arena *a, const struct store_account *account) {
    (void)a;
    db_query *q = db_sql(c, "INSERT INTO account (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
    db_bind_int(q, 1, account->id);
    db_bind_text(q, 2, account->email);
    db_bind_text(q, 3, account->name);
    db_bind_text(q, 4, account->password);
    db_bind_text(q, 5, account->zone);
    db_bind_text(q, 6, account->language);
    db_bind_int(q, 7, account->created_at);
    db_bind_int(q, 8, account->disabled_at);
    db_row(q);
    return db_done(q);
}

err store_account_by_id(db_conn *c, arena *a, int64_t id, struct store_account *ret_account) {
    db_query *q = db_sql(c, "SELECT " COLUMNS " FROM account WHERE id = $1");
    db_bind_int(q, 1, id);
    return one_account(q, a, ret_account);
}

err store_account_by_email(db_conn *c, arena *a, str email, struct store_account *ret_account) {
    db_query *q = db_sql(c, "SELECT " COLUMNS " FROM account WHERE email = $1");
    db_bind_text(q, 1, email);
    return one_account(q, a, ret_account);
}

err store_account_list_all(db_conn *c, arena *a, store_account_list *ret_accounts) {
    db_query *q = db_sql(c, "SELECT " COLUMNS " FROM account ORDER BY email");
    store_account_list all = {0};
    while (db_row(q)) *list_add(a, &all) = read_account(q, a);
    TRY(db_done(q));
    *ret_accounts = all;
    return ERR_NONE;
}

err store_account_set_password(db_conn *c, arena *a, int64_t id, str password) {
    (void)a;
    db_query *q = db_sql(c, "UPDATE account SET password = $2 WHERE id = $1");
    db_bind_int(q, 1, id);
    db_bind_text(q, 2, password);
    return changed_one(q);
}

err store_account_rehash(db_conn *c, arena *a, int64_t id, str old, str fresh) {
    (void)a;
    db_query *q = db_sql(c, "UPDATE account SET password = $3 WHERE id = $1 AND password = $2");
    db_bind_int(q, 1, id);
    db_bind_text(q, 2, old);
    db_bind_text(q, 3, fresh);
    db_row(q);
    return db_done(q);
}

err store_account_set_profile(db_conn *c, arena *a, int64_t id, str name, str zone, str language) {
    (void)a;
    db_query *q = db_sql(c, "UPDATE account SET name = $2, zone = $3, language = $4 WHERE id = $1");
    db_bind_int(q, 1, id);
    db_bind_text(q, 2, name);
    db_bind_text(q, 3, zone);
    db_bind_text(q, 4, language);
    return changed_one(q);
}

err store_account_set_disabled(db_conn *c, arena *a, int64_t id, int64_t disabled_at) {
    (void)a;
    db_query *q = db_sql(c, "UPDATE account SET disabled_at = $2 WHERE id = $1");
    db_bind_int(q, 1, id);
    db_bind_int(q, 2, disabled_at);
    return changed_one(q);
}
