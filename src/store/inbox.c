#include "store/inbox.h"

#include "base/clock.h"

#define SELECT_INBOX                                                                                         \
    "SELECT brand_id, id, address, name, is_default, transport, smtp_host, smtp_port, smtp_tls, smtp_user, " \
    "smtp_password, smtp_ca_file, silent_after_hours, letter_at, created_at, disabled_at FROM inbox "

static struct store_inbox read_inbox(db_query *q, arena *a) {
    return (struct store_inbox){
        .brand_id = db_int(q, "brand_id"),
        .id = db_int(q, "id"),
        .address = db_text(q, a, "address"),
        .name = db_text(q, a, "name"),
        .is_default = db_int(q, "is_default") != 0,
        .transport = db_text(q, a, "transport"),
        .smtp_host = db_text(q, a, "smtp_host"),
        .smtp_port = db_int(q, "smtp_port"),
        .smtp_tls = db_text(q, a, "smtp_tls"),
        .smtp_user = db_text(q, a, "smtp_user"),
        .smtp_password = db_text(q, a, "smtp_password"),
        .smtp_ca_file = db_text(q, a, "smtp_ca_file"),
        .silent_after_hours = db_int(q, "silent_after_hours"),
        .letter_at = db_int(q, "letter_at"),
        .created_at = db_int(q, "created_at"),
        .disabled_at = db_int(q, "disabled_at"),
    };
}

static err missing(void) { return err_set(ERR_MISSING, "There is no such inbox."); }

static err one_inbox(db_query *q, arena *a, struct store_inbox *ret_inbox) {
    struct store_inbox found = {0};
    bool there = db_row(q);
    if (there) found = read_inbox(q, a);
    TRY(db_done(q));
    if (!there) return missing();
    *ret_inbox = found;
    return ERR_NONE;
}

static err changed_one(db_query *q) {
    db_row(q);
    TRY(db_done(q));
    return db_changes(q) == 0 ? missing() : ERR_NONE;
}

/* $1 to $12 mean the same in the insert and the update. */
static void bind_inbox(db_query *q, const struct store_inbox *inbox) {
    db_bind_int(q, 1, inbox->brand_id);
    db_bind_int(q, 2, inbox->id);
    db_bind_text(q, 3, inbox->address);
    db_bind_text(q, 4, inbox->name);
    db_bind_text(q, 5, inbox->transport);
    db_bind_text(q, 6, inbox->smtp_host);
    db_bind_int(q, 7, inbox->smtp_port);
    db_bind_text(q, 8, inbox->smtp_tls);
    db_bind_text(q, 9, inbox->smtp_user);
    db_bind_text(q, 10, inbox->smtp_password);
    db_bind_text(q, 11, inbox->smtp_ca_file);
    db_bind_int(q, 12, inbox->silent_after_hours);
}

err store_inbox_insert(db_conn *c, arena *a, const struct store_inbox *inbox) {
    (void)a;
    db_query *q = db_sql(
        c, "INSERT INTO inbox (brand_id, id, address, name, transport, smtp_host, smtp_port, smtp_tls, "
           "smtp_user, "
           "smtp_password, smtp_ca_file, silent_after_hours, is_default, letter_at, created_at, disabled_at) "
           "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)");
    bind_inbox(q, inbox);
    db_bind_int(q, 13, inbox->is_default);
    db_bind_int(q, 14, inbox->letter_at);
    db_bind_int(q, 15, inbox->created_at);
    db_bind_int(q, 16, inbox->disabled_at);
    db_row(q);
    return db_done(q);
}

err store_inbox_update(db_conn *c, arena *a, const struct store_inbox *inbox) {
    (void)a;
    db_query *q = db_sql(c, "UPDATE inbox SET address = $3, name = $4, transport = $5, smtp_host = $6, "
                            "smtp_port = $7, smtp_tls = $8, smtp_user = $9, smtp_password = $10, "
                            "smtp_ca_file = $11, silent_after_hours = $12 WHERE brand_id = $1 AND id = $2");
    bind_inbox(q, inbox);
    return changed_one(q);
}

err store_inbox_by_id(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_inbox *ret_inbox) {
    db_query *q = db_sql(c, SELECT_INBOX "WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    return one_inbox(q, a, ret_inbox);
}

err store_inbox_by_address(db_conn *c, arena *a, str address, struct store_inbox *ret_inbox) {
    db_query *q =
        db_sql(c, SELECT_INBOX "WHERE address = $1 AND disabled_at = 0 ORDER BY created_at, id LIMIT 1");
    db_bind_text(q, 1, address);
    return one_inbox(q, a, ret_inbox);
}

err store_inbox_of_brand_by_address(db_conn *c, arena *a, int64_t brand, str address,
                                    struct store_inbox *ret_inbox) {
    db_query *q = db_sql(c, SELECT_INBOX "WHERE brand_id = $1 AND address = $2");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, address);
    return one_inbox(q, a, ret_inbox);
}

err store_inbox_default(db_conn *c, arena *a, int64_t brand, struct store_inbox *ret_inbox) {
    db_query *q = db_sql(c, SELECT_INBOX "WHERE brand_id = $1 AND is_default = 1 AND disabled_at = 0");
    db_bind_int(q, 1, brand);
    return one_inbox(q, a, ret_inbox);
}

err store_inbox_list_of_brand(db_conn *c, arena *a, int64_t brand, store_inbox_list *ret_inboxes) {
    db_query *q = db_sql(c, SELECT_INBOX "WHERE brand_id = $1 ORDER BY is_default DESC, address");
    db_bind_int(q, 1, brand);
    store_inbox_list all = {0};
    while (db_row(q)) *list_add(a, &all) = read_inbox(q, a);
    TRY(db_done(q));
    *ret_inboxes = all;
    return ERR_NONE;
}

err store_inbox_set_default(db_conn *c, arena *a, int64_t brand, int64_t id) {
    (void)a;
    db_query *others =
        db_sql(c, "UPDATE inbox SET is_default = 0 WHERE brand_id = $1 AND id <> $2 AND is_default = 1");
    db_bind_int(others, 1, brand);
    db_bind_int(others, 2, id);
    db_row(others);
    TRY(db_done(others));
    db_query *q = db_sql(c, "UPDATE inbox SET is_default = 1 WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    return changed_one(q);
}

err store_inbox_set_disabled(db_conn *c, arena *a, int64_t brand, int64_t id, int64_t disabled_at) {
    (void)a;
    db_query *q = db_sql(c, "UPDATE inbox SET disabled_at = $3 WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    db_bind_int(q, 3, disabled_at);
    return changed_one(q);
}

err store_inbox_set_letter_at(db_conn *c, arena *a, int64_t brand, int64_t id, int64_t at) {
    (void)a;
    db_query *q =
        db_sql(c, "UPDATE inbox SET letter_at = $3 WHERE brand_id = $1 AND id = $2 AND letter_at < $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    db_bind_int(q, 3, at);
    db_bind_int(q, 4, at - MINUTE_MS);
    db_row(q);
    return db_done(q);
}
