#include "store/session.h"

/* Columns of account p, brand b and agent g under names of their own, for both kinds of who. */
#define WHO_COLUMNS                                                                                          \
    "p.id AS account_id, p.email, p.name, p.zone, p.language, p.created_at AS account_created_at, "          \
    "p.disabled_at AS account_disabled_at, b.id AS brand_id, b.slug, b.name AS brand_name, "                 \
    "b.zone AS brand_zone, b.language AS brand_language, b.next_number, b.created_at AS brand_created_at, "  \
    "g.id AS agent_id, g.role, g.signature, g.away_at, g.created_at AS agent_created_at, "                   \
    "g.disabled_at AS agent_disabled_at "

static void read_who(db_query *q, arena *a, struct store_who *who) {
    who->account = (struct store_account){
        .id = db_int(q, "account_id"),
        .email = db_text(q, a, "email"),
        .name = db_text(q, a, "name"),
        .zone = db_text(q, a, "zone"),
        .language = db_text(q, a, "language"),
        .created_at = db_int(q, "account_created_at"),
        .disabled_at = db_int(q, "account_disabled_at"),
    };
    who->brand = (struct store_brand){
        .id = db_int(q, "brand_id"),
        .slug = db_text(q, a, "slug"),
        .name = db_text(q, a, "brand_name"),
        .zone = db_text(q, a, "brand_zone"),
        .language = db_text(q, a, "brand_language"),
        .next_number = db_int(q, "next_number"),
        .created_at = db_int(q, "brand_created_at"),
    };
    if (db_is_null(q, "agent_id")) return;
    who->agent = (struct store_agent){
        .brand_id = who->brand.id,
        .id = db_int(q, "agent_id"),
        .account_id = who->account.id,
        .role = db_text(q, a, "role"),
        .signature = db_text(q, a, "signature"),
        .away_at = db_int(q, "away_at"),
        .created_at = db_int(q, "agent_created_at"),
        .disabled_at = db_int(q, "agent_disabled_at"),
        .email = who->account.email,
        .name = who->account.name,
        .account_disabled_at = who->account.disabled_at,
    };
}

err store_session_insert(db_conn *c, arena *a, const struct store_session *session) {
    (void)a;
    db_query *q = db_sql(c, "INSERT INTO session (hash, account_id, csrf, created_at, seen_at, expires_at) "
                            "VALUES ($1, $2, $3, $4, $5, $6)");
    db_bind_blob(q, 1, session->hash);
    db_bind_int(q, 2, session->account_id);
    db_bind_text(q, 3, session->csrf);
    db_bind_int(q, 4, session->created_at);
    db_bind_int(q, 5, session->seen_at);
    db_bind_int(q, 6, session->expires_at);
    db_row(q);
    return db_done(q);
}

err store_session_touch(db_conn *c, arena *a, str hash, int64_t now, int64_t before) {
    (void)a;
    db_query *q = db_sql(c, "UPDATE session SET seen_at = $2 WHERE hash = $1 AND seen_at <= $3");
    db_bind_blob(q, 1, hash);
    db_bind_int(q, 2, now);
    db_bind_int(q, 3, before);
    db_row(q);
    return db_done(q);
}

err store_session_delete(db_conn *c, arena *a, str hash) {
    (void)a;
    db_query *q = db_sql(c, "DELETE FROM session WHERE hash = $1");
    db_bind_blob(q, 1, hash);
    db_row(q);
    return db_done(q);
}

err store_session_delete_of_account(db_conn *c, arena *a, int64_t account, str but) {
    (void)a;
    db_query *q = db_sql(c, "DELETE FROM session WHERE account_id = $1 AND hash <> $2");
    db_bind_int(q, 1, account);
    db_bind_blob(q, 2, but.n ? but : S(""));
    db_row(q);
    return db_done(q);
}

err store_session_delete_expired(db_conn *c, arena *a, int64_t now, int64_t seen_before) {
    (void)a;
    db_query *q = db_sql(c, "DELETE FROM session WHERE expires_at <= $1 OR seen_at <= $2");
    db_bind_int(q, 1, now);
    db_bind_int(q, 2, seen_before);
    db_row(q);
    return db_done(q);
}

err store_session_count(db_conn *c, arena *a, int64_t account, int64_t *ret_count) {
    (void)a;
    db_query *q = db_sql(c, "SELECT COUNT(*) AS count FROM session WHERE account_id = $1");
    db_bind_int(q, 1, account);
    int64_t count = db_row(q) ? db_int(q, "count") : 0;
    TRY(db_done(q));
    *ret_count = count;
    return ERR_NONE;
}

/* Idle time is the shortest of all brands of the account, so that a page outside any brand cannot keep a
 * session alive which a stricter brand would have ended. */
static const char WHO_BY_SESSION[] =
    "SELECT s.hash, s.csrf, s.created_at AS session_created_at, s.seen_at, s.expires_at, " WHO_COLUMNS
    ", (SELECT MIN(COALESCE(CAST(x.value AS BIGINT), CAST($3 AS BIGINT))) FROM agent m "
    "LEFT JOIN setting x ON x.brand_id = m.brand_id AND x.name = 'session_idle_hours' "
    "WHERE m.account_id = s.account_id AND m.disabled_at = 0) AS idle_hours "
    "FROM session s JOIN account p ON p.id = s.account_id "
    "LEFT JOIN brand b ON b.slug = $2 "
    "LEFT JOIN agent g ON g.brand_id = b.id AND g.account_id = p.id "
    "WHERE s.hash = $1";

err store_who(db_conn *c, arena *a, str session_hash, str brand_slug, int64_t idle_hours,
              struct store_who *ret_who) {
    db_query *q = db_sql(c, WHO_BY_SESSION);
    db_bind_blob(q, 1, session_hash);
    db_bind_text(q, 2, brand_slug);
    db_bind_int(q, 3, idle_hours);
    struct store_who who = {0};
    bool there = db_row(q);
    if (there) {
        read_who(q, a, &who);
        who.session = (struct store_session){
            .hash = db_blob(q, a, "hash"),
            .account_id = who.account.id,
            .csrf = db_text(q, a, "csrf"),
            .created_at = db_int(q, "session_created_at"),
            .seen_at = db_int(q, "seen_at"),
            .expires_at = db_int(q, "expires_at"),
        };
        who.idle_hours = db_is_null(q, "idle_hours") ? idle_hours : db_int(q, "idle_hours");
    }
    TRY(db_done(q));
    if (!there) return err_set(ERR_MISSING, "There is no such session.");
    *ret_who = who;
    return ERR_NONE;
}

err store_who_token(db_conn *c, arena *a, str token_hash, str brand_slug, struct store_who *ret_who) {
    db_query *q = db_sql(c, "SELECT t.id AS token_id, t.used_at, t.revoked_at, " WHO_COLUMNS
                            "FROM token t JOIN brand b ON b.id = t.brand_id "
                            "JOIN agent g ON g.brand_id = t.brand_id AND g.id = t.agent_id "
                            "JOIN account p ON p.id = g.account_id "
                            "WHERE t.hash = $1 AND (b.slug = $2 OR CAST($3 AS BIGINT) = 0)");
    db_bind_blob(q, 1, token_hash);
    db_bind_text(q, 2, brand_slug);
    db_bind_int(q, 3, (int64_t)brand_slug.n);
    struct store_who who = {0};
    bool there = db_row(q);
    if (there) {
        read_who(q, a, &who);
        who.token_id = db_int(q, "token_id");
        who.token_used_at = db_int(q, "used_at");
        who.token_revoked_at = db_int(q, "revoked_at");
    }
    TRY(db_done(q));
    if (!there) return err_set(ERR_MISSING, "There is no such token.");
    *ret_who = who;
    return ERR_NONE;
}
