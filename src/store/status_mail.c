#include "store/status_mail.h"

static const char *const subscriber_states[] = {"asked", "confirmed", "refused"};
static const char *const mail_states[] = {"due", "sent", "failed"};

/* A word that a later version wrote means: do not write to them. */
static subscriber_state subscriber_state_of(str s) {
    return str_eq(s, S("asked"))       ? SUBSCRIBER_ASKED
           : str_eq(s, S("confirmed")) ? SUBSCRIBER_CONFIRMED
                                       : SUBSCRIBER_REFUSED;
}

static status_mail_state mail_state_of(str s) {
    return str_eq(s, S("due"))    ? STATUS_MAIL_DUE
           : str_eq(s, S("sent")) ? STATUS_MAIL_SENT
                                  : STATUS_MAIL_FAILED;
}

/* ---- subscribers ---- */

#define SUBSCRIBER "id, mailbox, email, language, state, asks, asked_at, hash, expires_at, confirmed_at"

err store_subscriber_put(db_conn *c, int64_t brand, const struct store_subscriber *row) {
    db_query *q = db_sql(
        c, "INSERT INTO status_subscriber (brand_id, " SUBSCRIBER ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, "
           "$9, $10, $11) ON CONFLICT (brand_id, id) DO UPDATE SET email = excluded.email, language = "
           "excluded.language, state = excluded.state, asks = excluded.asks, asked_at = excluded.asked_at, "
           "hash = excluded.hash, expires_at = excluded.expires_at, confirmed_at = excluded.confirmed_at");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, row->id);
    db_bind_text(q, 3, row->mailbox);
    db_bind_text(q, 4, row->email);
    db_bind_text(q, 5, row->language);
    db_bind_text(q, 6, str_z(subscriber_states[row->state]));
    db_bind_int(q, 7, row->asks);
    db_bind_int(q, 8, row->asked_at);
    db_bind_blob(q, 9, row->hash);
    db_bind_int(q, 10, row->expires_at);
    db_bind_int(q, 11, row->confirmed_at);
    return db_done(q);
}

static err one_subscriber(db_query *q, arena *a, struct store_subscriber *ret) {
    struct store_subscriber row = {0};
    bool there = db_row(q);
    if (there)
        row = (struct store_subscriber){.id = db_int(q, "id"),
                                        .mailbox = db_text(q, a, "mailbox"),
                                        .email = db_text(q, a, "email"),
                                        .language = db_text(q, a, "language"),
                                        .state = subscriber_state_of(db_text(q, a, "state")),
                                        .asks = db_int(q, "asks"),
                                        .asked_at = db_int(q, "asked_at"),
                                        .hash = db_blob(q, a, "hash"),
                                        .expires_at = db_int(q, "expires_at"),
                                        .confirmed_at = db_int(q, "confirmed_at")};
    TRY(db_done(q));
    if (!there) return err_set(ERR_MISSING, "Nobody like that gets the words of this status page.");
    *ret = row;
    return ERR_NONE;
}

err store_subscriber_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_subscriber *ret) {
    db_query *q = db_sql(c, "SELECT " SUBSCRIBER " FROM status_subscriber WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    return one_subscriber(q, a, ret);
}

err store_subscriber_by_mailbox(db_conn *c, arena *a, int64_t brand, str mailbox,
                                struct store_subscriber *ret) {
    db_query *q =
        db_sql(c, "SELECT " SUBSCRIBER " FROM status_subscriber WHERE brand_id = $1 AND mailbox = $2");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, mailbox);
    return one_subscriber(q, a, ret);
}

err store_subscriber_by_link(db_conn *c, arena *a, int64_t brand, str hash, struct store_subscriber *ret) {
    db_query *q = db_sql(c, "SELECT " SUBSCRIBER " FROM status_subscriber WHERE brand_id = $1 AND (hash = $2 "
                            "OR id IN (SELECT subscriber_id FROM status_mail WHERE brand_id = $1 AND "
                            "hash = $2)) LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_blob(q, 2, hash);
    return one_subscriber(q, a, ret);
}

err store_subscriber_next(db_conn *c, arena *a, int64_t brand, int64_t after, int64_t at,
                          struct store_subscriber *ret) {
    db_query *q =
        db_sql(c, "SELECT " SUBSCRIBER " FROM status_subscriber WHERE brand_id = $1 AND id > $2 AND "
                  "state = 'confirmed' AND confirmed_at <= $3 ORDER BY id LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, after);
    db_bind_int(q, 3, at);
    return one_subscriber(q, a, ret);
}

static err count_in(db_query *q, int64_t *ret_n) {
    int64_t n = db_row(q) ? db_int(q, "n") : 0;
    TRY(db_done(q));
    *ret_n = n;
    return ERR_NONE;
}

err store_subscriber_asked(db_conn *c, int64_t brand, int64_t since, int64_t *ret_n) {
    db_query *q =
        db_sql(c, "SELECT COUNT(*) AS n FROM status_subscriber WHERE brand_id = $1 AND asked_at > $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, since);
    return count_in(q, ret_n);
}

err store_subscriber_count(db_conn *c, int64_t brand, int64_t *ret_n) {
    db_query *q = db_sql(c, "SELECT COUNT(*) AS n FROM status_subscriber WHERE brand_id = $1 AND "
                            "state = 'confirmed'");
    db_bind_int(q, 1, brand);
    return count_in(q, ret_n);
}

err store_subscriber_delete(db_conn *c, int64_t brand, int64_t id) {
    db_query *q = db_sql(c, "DELETE FROM status_mail WHERE brand_id = $1 AND subscriber_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    TRY(db_done(q));
    q = db_sql(c, "DELETE FROM status_subscriber WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    return db_done(q);
}

err store_subscriber_forget(db_conn *c, int64_t brand, str mailbox, int64_t *ret_n) {
    db_query *q =
        db_sql(c, "DELETE FROM status_mail WHERE brand_id = $1 AND subscriber_id IN (SELECT id FROM "
                  "status_subscriber WHERE brand_id = $1 AND mailbox = $2)");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, mailbox);
    TRY(db_done(q));
    q = db_sql(c, "DELETE FROM status_subscriber WHERE brand_id = $1 AND mailbox = $2");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, mailbox);
    TRY(db_done(q));
    *ret_n = db_changes(q);
    return ERR_NONE;
}

err store_subscriber_sweep(db_conn *c, int64_t silent, int64_t gone, int64_t links) {
    db_query *q = db_sql(c, "UPDATE status_subscriber SET email = '', hash = $2 WHERE state = 'asked' AND "
                            "asked_at < $1 AND email <> ''");
    db_bind_int(q, 1, silent);
    db_bind_blob(q, 2, S(""));
    TRY(db_done(q));
    q = db_sql(c, "DELETE FROM status_subscriber WHERE state <> 'confirmed' AND asked_at < $1");
    db_bind_int(q, 1, gone);
    TRY(db_done(q));
    q = db_sql(c, "DELETE FROM status_mail WHERE state <> 'due' AND at < $1");
    db_bind_int(q, 1, links);
    return db_done(q);
}

/* ---- mails ---- */

err store_status_mail_put(db_conn *c, int64_t brand, const struct store_status_mail *row) {
    db_query *q = db_sql(
        c, "INSERT INTO status_mail (brand_id, update_id, subscriber_id, hash, state, tries, due_at, at) "
           "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (brand_id, update_id, subscriber_id) DO "
           "UPDATE SET hash = excluded.hash, state = excluded.state, tries = excluded.tries, due_at = "
           "excluded.due_at, at = excluded.at");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, row->update_id);
    db_bind_int(q, 3, row->subscriber_id);
    db_bind_blob(q, 4, row->hash);
    db_bind_text(q, 5, str_z(mail_states[row->state]));
    db_bind_int(q, 6, row->tries);
    db_bind_int(q, 7, row->due_at);
    db_bind_int(q, 8, row->at);
    return db_done(q);
}

static err one_mail(db_query *q, arena *a, struct store_status_mail *ret) {
    struct store_status_mail row = {0};
    bool there = db_row(q);
    if (there)
        row = (struct store_status_mail){.update_id = db_int(q, "update_id"),
                                         .subscriber_id = db_int(q, "subscriber_id"),
                                         .hash = db_blob(q, a, "hash"),
                                         .state = mail_state_of(db_text(q, a, "state")),
                                         .tries = db_int(q, "tries"),
                                         .due_at = db_int(q, "due_at"),
                                         .at = db_int(q, "at")};
    TRY(db_done(q));
    if (!there) return err_set(ERR_MISSING, "This update is on its way to nobody like that.");
    *ret = row;
    return ERR_NONE;
}

err store_status_mail_get(db_conn *c, arena *a, int64_t brand, int64_t update, int64_t subscriber,
                          struct store_status_mail *ret) {
    db_query *q =
        db_sql(c, "SELECT update_id, subscriber_id, hash, state, tries, due_at, at FROM status_mail "
                  "WHERE brand_id = $1 AND update_id = $2 AND subscriber_id = $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, update);
    db_bind_int(q, 3, subscriber);
    return one_mail(q, a, ret);
}

err store_status_mail_by_hash(db_conn *c, arena *a, int64_t brand, str hash, struct store_status_mail *ret) {
    db_query *q =
        db_sql(c, "SELECT update_id, subscriber_id, hash, state, tries, due_at, at FROM status_mail "
                  "WHERE brand_id = $1 AND hash = $2 LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_blob(q, 2, hash);
    return one_mail(q, a, ret);
}

err store_status_mail_first_due(db_conn *c, arena *a, int64_t brand, int64_t update,
                                struct store_status_mail *ret) {
    db_query *q =
        db_sql(c, "SELECT update_id, subscriber_id, hash, state, tries, due_at, at FROM status_mail "
                  "WHERE brand_id = $1 AND update_id = $2 AND state = 'due' "
                  "ORDER BY due_at, subscriber_id LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, update);
    return one_mail(q, a, ret);
}

err store_status_mail_count(db_conn *c, int64_t brand, int64_t update, struct status_mail_count *ret) {
    db_query *q = db_sql(c, "SELECT state, COUNT(*) AS n FROM status_mail WHERE brand_id = $1 AND "
                            "update_id = $2 GROUP BY state");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, update);
    struct status_mail_count n = {0};
    ARENA_AUTO arena *a = arena_new(0);
    while (db_row(q)) {
        int64_t k = db_int(q, "n");
        switch (mail_state_of(db_text(q, a, "state"))) {
        case STATUS_MAIL_DUE: n.due = k; break;
        case STATUS_MAIL_SENT: n.sent = k; break;
        case STATUS_MAIL_FAILED: n.failed = k; break;
        }
    }
    TRY(db_done(q));
    *ret = n;
    return ERR_NONE;
}

err store_status_mail_failures(db_conn *c, int64_t brand, int64_t subscriber, int last, int64_t *ret_failed) {
    db_query *q = db_sql(c, "SELECT COALESCE(SUM(CASE WHEN state = 'failed' THEN 1 ELSE 0 END), 0) AS n FROM "
                            "(SELECT state FROM status_mail WHERE brand_id = $1 AND subscriber_id = $2 "
                            "ORDER BY update_id DESC LIMIT $3) AS latest");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, subscriber);
    db_bind_int(q, 3, last);
    return count_in(q, ret_failed);
}

err store_status_mail_drop_due(db_conn *c, int64_t brand, int64_t update) {
    db_query *q =
        db_sql(c, "DELETE FROM status_mail WHERE brand_id = $1 AND update_id = $2 AND state = 'due'");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, update);
    return db_done(q);
}
