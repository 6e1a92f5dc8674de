#include "store/fetch.h"

#define SELECT_FETCH                                                                                         \
    "SELECT f.brand_id, f.inbox_id, host, port, tls, ca_file, sign_in, user_name, password, provider, "      \
    "authorize_url, token_url, scope, client_id, client_secret, refresh_token, refresh_expires_at, "         \
    "access_token, access_expires_at, after_do, move_to, begin_at, version, asked, state, code, says, "      \
    "state_at, "                                                                                             \
    "contact_at, mail_at, retry_at, failing_since, kept, paused_at, f.created_at, i.address, "               \
    "i.disabled_at AS inbox_disabled_at FROM fetch_account f "                                               \
    "JOIN inbox i ON i.brand_id = f.brand_id AND i.id = f.inbox_id "

static struct store_fetch read_fetch(db_query *q, arena *a) {
    return (struct store_fetch){
        .brand_id = db_int(q, "brand_id"),
        .inbox_id = db_int(q, "inbox_id"),
        .host = db_text(q, a, "host"),
        .port = db_int(q, "port"),
        .tls = db_text(q, a, "tls"),
        .ca_file = db_text(q, a, "ca_file"),
        .sign_in = db_text(q, a, "sign_in"),
        .user = db_text(q, a, "user_name"),
        .password = db_text(q, a, "password"),
        .provider = db_text(q, a, "provider"),
        .authorize_url = db_text(q, a, "authorize_url"),
        .token_url = db_text(q, a, "token_url"),
        .scope = db_text(q, a, "scope"),
        .client_id = db_text(q, a, "client_id"),
        .client_secret = db_text(q, a, "client_secret"),
        .refresh_token = db_text(q, a, "refresh_token"),
        .refresh_expires_at = db_int(q, "refresh_expires_at"),
        .access_token = db_text(q, a, "access_token"),
        .access_expires_at = db_int(q, "access_expires_at"),
        .after = db_text(q, a, "after_do"),
        .move_to = db_text(q, a, "move_to"),
        .begin = db_text(q, a, "begin_at"),
        .version = db_int(q, "version"),
        .asked = db_int(q, "asked"),
        .state = db_text(q, a, "state"),
        .code = db_text(q, a, "code"),
        .says = db_text(q, a, "says"),
        .state_at = db_int(q, "state_at"),
        .contact_at = db_int(q, "contact_at"),
        .mail_at = db_int(q, "mail_at"),
        .retry_at = db_int(q, "retry_at"),
        .failing_since = db_int(q, "failing_since"),
        .kept = db_int(q, "kept"),
        .paused_at = db_int(q, "paused_at"),
        .created_at = db_int(q, "created_at"),
        .address = db_text(q, a, "address"),
        .inbox_disabled_at = db_int(q, "inbox_disabled_at"),
    };
}

static err missing(void) { return err_set(ERR_MISSING, "No mailbox is fetched for this inbox."); }

static err changed_one(db_query *q) {
    db_row(q);
    TRY(db_done(q));
    return db_changes(q) == 0 ? missing() : ERR_NONE;
}

/* ---- accounts ---- */

err store_fetch_put(db_conn *c, const struct store_fetch *f) {
    db_query *q = db_sql(
        c,
        "INSERT INTO fetch_account (brand_id, inbox_id, host, port, tls, ca_file, sign_in, user_name, "
        "password, "
        "provider, authorize_url, token_url, scope, client_id, client_secret, refresh_token, "
        "refresh_expires_at, access_token, access_expires_at, after_do, move_to, begin_at, version, asked, "
        "state, code, says, state_at, contact_at, mail_at, retry_at, failing_since, kept, paused_at, "
        "created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, "
        "$21, "
        "$22, $23, 0, 'new', 'none', '', $23, 0, 0, 0, 0, 0, 0, $23) "
        "ON CONFLICT (brand_id, inbox_id) DO UPDATE SET host = excluded.host, port = excluded.port, "
        "tls = excluded.tls, ca_file = excluded.ca_file, sign_in = excluded.sign_in, "
        "user_name = excluded.user_name, password = excluded.password, provider = excluded.provider, "
        "authorize_url = excluded.authorize_url, token_url = excluded.token_url, scope = excluded.scope, "
        "client_id = excluded.client_id, client_secret = excluded.client_secret, "
        "refresh_token = excluded.refresh_token, refresh_expires_at = excluded.refresh_expires_at, "
        "access_token = excluded.access_token, access_expires_at = excluded.access_expires_at, "
        "after_do = excluded.after_do, move_to = excluded.move_to, begin_at = excluded.begin_at, created_at "
        "= excluded.created_at, "
        "version = fetch_account.version + 1, state = 'new', code = 'none', says = '', retry_at = 0, "
        "failing_since = 0");
    db_bind_int(q, 1, f->brand_id);
    db_bind_int(q, 2, f->inbox_id);
    db_bind_text(q, 3, f->host);
    db_bind_int(q, 4, f->port);
    db_bind_text(q, 5, f->tls);
    db_bind_text(q, 6, f->ca_file);
    db_bind_text(q, 7, f->sign_in);
    db_bind_text(q, 8, f->user);
    db_bind_text(q, 9, f->password);
    db_bind_text(q, 10, f->provider);
    db_bind_text(q, 11, f->authorize_url);
    db_bind_text(q, 12, f->token_url);
    db_bind_text(q, 13, f->scope);
    db_bind_text(q, 14, f->client_id);
    db_bind_text(q, 15, f->client_secret);
    db_bind_text(q, 16, f->refresh_token);
    db_bind_int(q, 17, f->refresh_expires_at);
    db_bind_text(q, 18, f->access_token);
    db_bind_int(q, 19, f->access_expires_at);
    db_bind_text(q, 20, f->after);
    db_bind_text(q, 21, f->move_to);
    db_bind_text(q, 22, f->begin);
    db_bind_int(q, 23, f->created_at);
    return db_done(q);
}

err store_fetch_get(db_conn *c, arena *a, int64_t brand, int64_t inbox, struct store_fetch *ret) {
    db_query *q = db_sql(c, SELECT_FETCH "WHERE f.brand_id = $1 AND f.inbox_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    struct store_fetch found = {0};
    bool there = db_row(q);
    if (there) found = read_fetch(q, a);
    TRY(db_done(q));
    if (!there) return missing();
    *ret = found;
    return ERR_NONE;
}

static err read_all(db_query *q, arena *a, store_fetch_list *ret) {
    store_fetch_list all = {0};
    while (db_row(q)) *list_add(a, &all) = read_fetch(q, a);
    TRY(db_done(q));
    *ret = all;
    return ERR_NONE;
}

err store_fetch_list_all(db_conn *c, arena *a, store_fetch_list *ret) {
    return read_all(db_sql(c, SELECT_FETCH "ORDER BY f.brand_id, f.inbox_id"), a, ret);
}

err store_fetch_list_of_brand(db_conn *c, arena *a, int64_t brand, store_fetch_list *ret) {
    db_query *q = db_sql(c, SELECT_FETCH "WHERE f.brand_id = $1 ORDER BY i.address");
    db_bind_int(q, 1, brand);
    return read_all(q, a, ret);
}

static err run_of_account(db_query *q, int64_t brand, int64_t inbox) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_row(q);
    return db_done(q);
}

err store_fetch_forget_folders(db_conn *c, int64_t brand, int64_t inbox) {
    TRY(run_of_account(db_sql(c, "DELETE FROM fetch_aside WHERE brand_id = $1 AND inbox_id = $2"), brand,
                       inbox));
    TRY(run_of_account(db_sql(c, "UPDATE fetch_mail SET pending = 0 WHERE brand_id = $1 AND inbox_id = $2 "
                                 "AND pending = 1"),
                       brand, inbox));
    return run_of_account(db_sql(c, "DELETE FROM fetch_folder WHERE brand_id = $1 AND inbox_id = $2"), brand,
                          inbox);
}

err store_fetch_delete(db_conn *c, int64_t brand, int64_t inbox) {
    TRY(store_fetch_forget_folders(c, brand, inbox));
    TRY(run_of_account(db_sql(c, "DELETE FROM fetch_consent WHERE brand_id = $1 AND inbox_id = $2"), brand,
                       inbox));
    db_query *q = db_sql(c, "DELETE FROM fetch_account WHERE brand_id = $1 AND inbox_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    return changed_one(q);
}

err store_fetch_set_paused(db_conn *c, int64_t brand, int64_t inbox, int64_t paused_at) {
    db_query *q = db_sql(c, "UPDATE fetch_account SET paused_at = $3, version = version + 1, state = 'new', "
                            "code = 'none', says = '', retry_at = 0, failing_since = 0 "
                            "WHERE brand_id = $1 AND inbox_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_bind_int(q, 3, paused_at);
    return changed_one(q);
}

err store_fetch_set_state(db_conn *c, const struct store_fetch *f) {
    db_query *q =
        db_sql(c, "UPDATE fetch_account SET state = $3, says = $4, code = $10, state_at = $5, retry_at = $6, "
                  "failing_since = $7, contact_at = CASE WHEN contact_at > $8 THEN contact_at ELSE $8 END, "
                  "mail_at = CASE WHEN mail_at > $9 THEN mail_at ELSE $9 END "
                  "WHERE brand_id = $1 AND inbox_id = $2");
    db_bind_int(q, 1, f->brand_id);
    db_bind_int(q, 2, f->inbox_id);
    db_bind_text(q, 3, f->state);
    db_bind_text(q, 4, f->says);
    db_bind_int(q, 5, f->state_at);
    db_bind_int(q, 6, f->retry_at);
    db_bind_int(q, 7, f->failing_since);
    db_bind_int(q, 8, f->contact_at);
    db_bind_int(q, 9, f->mail_at);
    db_bind_text(q, 10, f->code);
    return changed_one(q);
}

err store_fetch_set_access(db_conn *c, int64_t brand, int64_t inbox, str access_token, int64_t expires_at,
                           str refresh_token, int64_t refresh_expires_at) {
    db_query *q =
        db_sql(c, "UPDATE fetch_account SET access_token = $3, access_expires_at = $4, "
                  "refresh_token = $5, refresh_expires_at = $6 WHERE brand_id = $1 AND inbox_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_bind_text(q, 3, access_token);
    db_bind_int(q, 4, expires_at);
    db_bind_text(q, 5, refresh_token);
    db_bind_int(q, 6, refresh_expires_at);
    return changed_one(q);
}

err store_fetch_renew_access(db_conn *c, const struct store_fetch *f, str before, bool *ret_done) {
    db_query *q = db_sql(c, "UPDATE fetch_account SET access_token = $3, access_expires_at = $4, "
                            "refresh_token = $5, refresh_expires_at = $6 WHERE brand_id = $1 "
                            "AND inbox_id = $2 AND refresh_token = $7");
    db_bind_int(q, 1, f->brand_id);
    db_bind_int(q, 2, f->inbox_id);
    db_bind_text(q, 3, f->access_token);
    db_bind_int(q, 4, f->access_expires_at);
    db_bind_text(q, 5, f->refresh_token);
    db_bind_int(q, 6, f->refresh_expires_at);
    db_bind_text(q, 7, before);
    db_row(q);
    TRY(db_done(q));
    *ret_done = db_changes(q) > 0;
    return ERR_NONE;
}

err store_fetch_touch(db_conn *c, int64_t brand, int64_t inbox) {
    db_query *q =
        db_sql(c, "UPDATE fetch_account SET version = version + 1, state = 'new', code = 'none', says = '', "
                  "retry_at = 0, failing_since = 0 WHERE brand_id = $1 AND inbox_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    return changed_one(q);
}

err store_fetch_ask(db_conn *c, int64_t brand, int64_t inbox) {
    db_query *q =
        db_sql(c, "UPDATE fetch_account SET asked = asked + 1 WHERE brand_id = $1 AND inbox_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    return changed_one(q);
}

err store_fetch_add_kept(db_conn *c, int64_t brand, int64_t inbox, int64_t n) {
    db_query *q =
        db_sql(c, "UPDATE fetch_account SET kept = kept + $3 WHERE brand_id = $1 AND inbox_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_bind_int(q, 3, n);
    return changed_one(q);
}

err store_fetch_begin_anew(db_conn *c, int64_t brand, int64_t inbox) {
    return run_of_account(db_sql(c, "UPDATE fetch_folder SET uid_validity = 0, uid_mark = 0, "
                                    "old_until = 0, modseq = 0 "
                                    "WHERE brand_id = $1 AND inbox_id = $2"),
                          brand, inbox);
}

/* ---- folders ---- */

#define SELECT_FOLDER                                                                                        \
    "SELECT brand_id, inbox_id, id, name, special, wanted, uid_validity, uid_mark, old_until, modseq, "      \
    "stood, seen_at FROM "                                                                                   \
    "fetch_folder "

static struct store_fetch_folder read_folder(db_query *q, arena *a) {
    return (struct store_fetch_folder){
        .brand_id = db_int(q, "brand_id"),
        .inbox_id = db_int(q, "inbox_id"),
        .id = db_int(q, "id"),
        .name = db_text(q, a, "name"),
        .special = db_text(q, a, "special"),
        .wanted = db_int(q, "wanted") != 0,
        .uid_validity = db_int(q, "uid_validity"),
        .uid_mark = db_int(q, "uid_mark"),
        .old_until = db_int(q, "old_until"),
        .modseq = db_int(q, "modseq"),
        .stood = db_int(q, "stood"),
        .seen_at = db_int(q, "seen_at"),
    };
}

err store_fetch_folders(db_conn *c, arena *a, int64_t brand, int64_t inbox, store_fetch_folder_list *ret) {
    db_query *q = db_sql(c, SELECT_FOLDER "WHERE brand_id = $1 AND inbox_id = $2 ORDER BY name, id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    store_fetch_folder_list all = {0};
    while (db_row(q)) *list_add(a, &all) = read_folder(q, a);
    TRY(db_done(q));
    *ret = all;
    return ERR_NONE;
}

err store_fetch_folder_by_name(db_conn *c, arena *a, int64_t brand, int64_t inbox, str name,
                               struct store_fetch_folder *ret) {
    db_query *q = db_sql(c, SELECT_FOLDER "WHERE brand_id = $1 AND inbox_id = $2 AND name = $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_bind_text(q, 3, name);
    struct store_fetch_folder found = {0};
    bool there = db_row(q);
    if (there) found = read_folder(q, a);
    TRY(db_done(q));
    if (!there) return err_set(ERR_MISSING, "There is no such folder.");
    *ret = found;
    return ERR_NONE;
}

err store_fetch_folder_put(db_conn *c, const struct store_fetch_folder *f) {
    db_query *q = db_sql(
        c, "INSERT INTO fetch_folder (brand_id, inbox_id, id, name, special, wanted, uid_validity, "
           "uid_mark, old_until, modseq, stood, seen_at) VALUES ($1, $2, $3, $4, $7, $5, 0, 0, 0, 0, 0, $6) "
           "ON CONFLICT (brand_id, inbox_id, name) DO UPDATE SET seen_at = excluded.seen_at, "
           "special = excluded.special");
    db_bind_int(q, 1, f->brand_id);
    db_bind_int(q, 2, f->inbox_id);
    db_bind_int(q, 3, f->id);
    db_bind_text(q, 4, f->name);
    db_bind_int(q, 5, f->wanted);
    db_bind_int(q, 6, f->seen_at);
    db_bind_text(q, 7, f->special);
    db_row(q);
    return db_done(q);
}

err store_fetch_folder_set_wanted(db_conn *c, int64_t brand, int64_t inbox, str name, bool wanted) {
    db_query *q = db_sql(c, "UPDATE fetch_folder SET wanted = $4 WHERE brand_id = $1 AND inbox_id = $2 "
                            "AND name = $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_bind_text(q, 3, name);
    db_bind_int(q, 4, wanted);
    db_row(q);
    TRY(db_done(q));
    if (db_changes(q)) return ERR_NONE;
    return err_set(ERR_MISSING, "The mailbox has no folder %.*s. Look at its folders again.", STR_FMT(name));
}

static err changed_meanwhile(db_query *q) {
    db_row(q);
    TRY(db_done(q));
    if (db_changes(q)) return ERR_NONE;
    return err_set(ERR_BUSY, "The settings of this mailbox changed meanwhile. It is looked at again.");
}

err store_fetch_folder_set_stood(db_conn *c, const struct store_fetch_folder *f, int64_t version) {
    db_query *q =
        db_sql(c, "UPDATE fetch_folder SET stood = $4 WHERE brand_id = $1 AND inbox_id = $2 AND id = $3 "
                  "AND $4 = (SELECT version FROM fetch_account WHERE brand_id = $1 AND inbox_id = $2)");
    db_bind_int(q, 1, f->brand_id);
    db_bind_int(q, 2, f->inbox_id);
    db_bind_int(q, 3, f->id);
    db_bind_int(q, 4, version);
    return changed_meanwhile(q);
}

err store_fetch_folder_set_mark(db_conn *c, const struct store_fetch_folder *f) {
    db_query *q =
        db_sql(c, "UPDATE fetch_folder SET uid_mark = CASE WHEN uid_validity = $4 AND uid_mark > $5 "
                  "THEN uid_mark ELSE $5 END, old_until = $7, uid_validity = $4, modseq = $6 "
                  "WHERE brand_id = $1 AND inbox_id = $2 AND id = $3 "
                  "AND stood = (SELECT version FROM fetch_account WHERE brand_id = $1 AND inbox_id = $2)");
    db_bind_int(q, 1, f->brand_id);
    db_bind_int(q, 2, f->inbox_id);
    db_bind_int(q, 3, f->id);
    db_bind_int(q, 4, f->uid_validity);
    db_bind_int(q, 5, f->uid_mark);
    db_bind_int(q, 6, f->modseq);
    db_bind_int(q, 7, f->old_until);
    return changed_meanwhile(q);
}
