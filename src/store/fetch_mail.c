/* What became of each mail of a mailbox that is fetched; see fetch.h. */
#include "store/fetch.h"

static void bind_place(db_query *q, const struct store_fetch_place *at) {
    db_bind_int(q, 1, at->brand);
    db_bind_int(q, 2, at->inbox);
    db_bind_int(q, 3, at->folder);
    db_bind_int(q, 4, at->uid_validity);
    db_bind_int(q, 5, at->uid);
}

static err count_of(db_query *q, int64_t brand, int64_t inbox, int64_t *ret_count) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    int64_t n = db_row(q) ? db_int(q, "n") : 0;
    TRY(db_done(q));
    *ret_count = n;
    return ERR_NONE;
}

/* ---- kept ---- */

/* Whether these bytes were kept from another place; and whether this place is still one of the mailbox. */
static err kept_elsewhere(db_conn *c, const struct store_fetch_place *at, str hash, bool *ret) {
    db_query *q = db_sql(c, "SELECT CASE WHEN EXISTS (SELECT 1 FROM fetch_mail m WHERE m.brand_id = $1 "
                            "AND m.inbox_id = $2 AND m.hash = $5 AND NOT (m.folder_id = $3 "
                            "AND m.uid_validity = $4)) THEN 1 ELSE 0 END AS elsewhere FROM fetch_folder d "
                            "JOIN fetch_account f ON f.brand_id = d.brand_id AND f.inbox_id = d.inbox_id "
                            "WHERE d.brand_id = $1 AND d.inbox_id = $2 AND d.id = $3 "
                            "AND d.stood = f.version");
    db_bind_int(q, 1, at->brand);
    db_bind_int(q, 2, at->inbox);
    db_bind_int(q, 3, at->folder);
    db_bind_int(q, 4, at->uid_validity);
    db_bind_blob(q, 5, hash);
    bool stands = db_row(q), there = stands && db_int(q, "elsewhere");
    TRY(db_done(q));
    if (!stands)
        return err_set(ERR_BUSY, "The settings of this mailbox changed meanwhile. It is looked at again.");
    *ret = there;
    return ERR_NONE;
}

/* What is noted there has other bytes: the number of that mail was given to another one. */
static err put_in_place_of(db_conn *c, const struct store_fetch_place *at, int64_t raw, str hash,
                           bool pending, bool *ret_other) {
    db_query *q = db_sql(c, "UPDATE fetch_mail SET raw_id = $6, hash = $7, pending = $8 WHERE brand_id = $1 "
                            "AND inbox_id = $2 AND folder_id = $3 AND uid_validity = $4 AND uid = $5 "
                            "AND hash <> $7");
    bind_place(q, at);
    db_bind_int(q, 6, raw);
    db_bind_blob(q, 7, hash);
    db_bind_int(q, 8, pending);
    db_row(q);
    TRY(db_done(q));
    *ret_other = db_changes(q) > 0;
    return ERR_NONE;
}

err store_fetch_mail_put(db_conn *c, const struct store_fetch_place *at, int64_t raw, str hash, bool pending,
                         bool *ret_new) {
    bool elsewhere, other = true;
    TRY(kept_elsewhere(c, at, hash, &elsewhere));
    db_query *q =
        db_sql(c, "INSERT INTO fetch_mail (brand_id, inbox_id, folder_id, uid_validity, uid, raw_id, "
                  "hash, pending) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING");
    bind_place(q, at);
    db_bind_int(q, 6, elsewhere ? 0 : raw);
    db_bind_blob(q, 7, hash);
    db_bind_int(q, 8, pending);
    db_row(q);
    TRY(db_done(q));
    if (!db_changes(q)) TRY(put_in_place_of(c, at, elsewhere ? 0 : raw, hash, pending, &other));
    *ret_new = other && !elsewhere;
    return ERR_NONE;
}

err store_fetch_mail_done(db_conn *c, const struct store_fetch_place *at) {
    db_query *q = db_sql(c, "UPDATE fetch_mail SET pending = 0 WHERE brand_id = $1 AND inbox_id = $2 "
                            "AND folder_id = $3 AND uid_validity = $4 AND uid = $5");
    bind_place(q, at);
    db_row(q);
    return db_done(q);
}

err store_fetch_mail_pending(db_conn *c, arena *a, int64_t brand, int64_t inbox, int64_t folder,
                             int64_t uid_validity, uid_list *ret) {
    db_query *q =
        db_sql(c, "SELECT uid FROM fetch_mail WHERE brand_id = $1 AND inbox_id = $2 AND folder_id = $3 "
                  "AND uid_validity = $4 AND pending = 1 ORDER BY uid");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_bind_int(q, 3, folder);
    db_bind_int(q, 4, uid_validity);
    uid_list all = {0};
    while (db_row(q)) *list_add(a, &all) = db_int(q, "uid");
    TRY(db_done(q));
    *ret = all;
    return ERR_NONE;
}

/* ---- set aside ---- */

err store_fetch_aside_put(db_conn *c, const struct store_fetch_aside *x) {
    db_query *q =
        db_sql(c, "INSERT INTO fetch_aside (brand_id, inbox_id, folder_id, uid_validity, uid, id, reason, "
                  "size, tries, first_at, tried_at, retry_at) "
                  "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $9, $10) "
                  "ON CONFLICT (brand_id, inbox_id, folder_id, uid_validity, uid) DO UPDATE SET "
                  "reason = excluded.reason, size = excluded.size, tries = fetch_aside.tries + 1, "
                  "tried_at = excluded.tried_at, retry_at = excluded.retry_at");
    bind_place(q, &x->at);
    db_bind_int(q, 6, x->id);
    db_bind_text(q, 7, x->reason);
    db_bind_int(q, 8, x->size);
    db_bind_int(q, 9, x->tried_at);
    db_bind_int(q, 10, x->retry_at);
    db_row(q);
    return db_done(q);
}

err store_fetch_aside_delete(db_conn *c, const struct store_fetch_place *at) {
    db_query *q =
        db_sql(c, "DELETE FROM fetch_aside WHERE brand_id = $1 AND inbox_id = $2 AND folder_id = $3 "
                  "AND uid_validity = $4 AND uid = $5");
    bind_place(q, at);
    db_row(q);
    return db_done(q);
}

static struct store_fetch_aside read_aside(db_query *q, arena *a) {
    return (struct store_fetch_aside){
        .at = {db_int(q, "brand_id"), db_int(q, "inbox_id"), db_int(q, "folder_id"),
               db_int(q, "uid_validity"), db_int(q, "uid")},
        .id = db_int(q, "id"),
        .folder = db_text(q, a, "name"),
        .reason = db_text(q, a, "reason"),
        .size = db_int(q, "size"),
        .tries = db_int(q, "tries"),
        .first_at = db_int(q, "first_at"),
        .tried_at = db_int(q, "tried_at"),
        .retry_at = db_int(q, "retry_at"),
    };
}

#define SELECT_ASIDE                                                                                         \
    "SELECT x.brand_id, x.inbox_id, x.folder_id, x.uid_validity, x.uid, x.id, f.name, x.reason, x.size, "    \
    "x.tries, x.first_at, x.tried_at, x.retry_at FROM fetch_aside x "                                        \
    "JOIN fetch_folder f ON f.brand_id = x.brand_id AND f.inbox_id = x.inbox_id AND f.id = x.folder_id "

static err read_asides(db_query *q, arena *a, store_fetch_aside_list *ret) {
    store_fetch_aside_list all = {0};
    while (db_row(q)) *list_add(a, &all) = read_aside(q, a);
    TRY(db_done(q));
    *ret = all;
    return ERR_NONE;
}

err store_fetch_aside_of_folder(db_conn *c, arena *a, int64_t brand, int64_t inbox, int64_t folder,
                                int64_t uid_validity, store_fetch_aside_list *ret) {
    db_query *q = db_sql(c, SELECT_ASIDE "WHERE x.brand_id = $1 AND x.inbox_id = $2 AND x.folder_id = $3 "
                                         "AND x.uid_validity = $4 ORDER BY x.uid");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_bind_int(q, 3, folder);
    db_bind_int(q, 4, uid_validity);
    return read_asides(q, a, ret);
}

err store_fetch_asides(db_conn *c, arena *a, int64_t brand, int64_t inbox, int64_t after, int limit,
                       store_fetch_aside_list *ret) {
    db_query *q = db_sql(c, SELECT_ASIDE "WHERE x.brand_id = $1 AND x.inbox_id = $2 AND x.id > $3 "
                                         "ORDER BY x.id LIMIT $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_bind_int(q, 3, after);
    db_bind_int(q, 4, limit);
    return read_asides(q, a, ret);
}

err store_fetch_aside_count(db_conn *c, int64_t brand, int64_t inbox, int64_t *ret_count) {
    return count_of(db_sql(c, "SELECT COUNT(*) AS n FROM fetch_aside WHERE brand_id = $1 AND inbox_id = $2"),
                    brand, inbox, ret_count);
}

err store_fetch_aside_retry(db_conn *c, int64_t brand, int64_t inbox, int64_t id, int64_t now) {
    db_query *q = db_sql(c, "UPDATE fetch_aside SET retry_at = $4 WHERE brand_id = $1 AND inbox_id = $2 "
                            "AND (id = $3 OR $3 = 0)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_bind_int(q, 3, id);
    db_bind_int(q, 4, now);
    db_row(q);
    TRY(db_done(q));
    if (db_changes(q) || !id) return ERR_NONE;
    return err_set(ERR_MISSING, "This mail is not set aside any more.");
}

static err run_of_folder(db_query *q, int64_t brand, int64_t inbox, int64_t folder, int64_t uid_validity) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_bind_int(q, 3, folder);
    db_bind_int(q, 4, uid_validity);
    db_row(q);
    return db_done(q);
}

err store_fetch_renumbered(db_conn *c, int64_t brand, int64_t inbox, int64_t folder, int64_t uid_validity) {
    TRY(run_of_folder(
        db_sql(c, "DELETE FROM fetch_aside WHERE brand_id = $1 AND inbox_id = $2 AND folder_id = $3 "
                  "AND uid_validity <> $4"),
        brand, inbox, folder, uid_validity));
    return run_of_folder(db_sql(c, "UPDATE fetch_mail SET pending = 0 WHERE brand_id = $1 AND inbox_id = $2 "
                                   "AND folder_id = $3 AND uid_validity <> $4 AND pending = 1"),
                         brand, inbox, folder, uid_validity);
}

/* ---- consent ---- */

err store_fetch_consent_put(db_conn *c, const struct store_fetch_consent *x, str hash) {
    db_query *q = db_sql(c, "INSERT INTO fetch_consent (brand_id, hash, inbox_id, account_id, verifier, "
                            "created_at) VALUES ($1, $2, $3, $4, $5, $6)");
    db_bind_int(q, 1, x->brand_id);
    db_bind_blob(q, 2, hash);
    db_bind_int(q, 3, x->inbox_id);
    db_bind_int(q, 4, x->account_id);
    db_bind_text(q, 5, x->verifier);
    db_bind_int(q, 6, x->created_at);
    db_row(q);
    return db_done(q);
}

err store_fetch_consent_take(db_conn *c, arena *a, str hash, struct store_fetch_consent *ret) {
    db_query *q =
        db_sql(c, "DELETE FROM fetch_consent WHERE hash = $1 RETURNING brand_id, inbox_id, account_id, "
                  "verifier, created_at");
    db_bind_blob(q, 1, hash);
    struct store_fetch_consent x = {0};
    bool there = db_row(q);
    if (there)
        x = (struct store_fetch_consent){.brand_id = db_int(q, "brand_id"),
                                         .inbox_id = db_int(q, "inbox_id"),
                                         .account_id = db_int(q, "account_id"),
                                         .verifier = db_text(q, a, "verifier"),
                                         .created_at = db_int(q, "created_at")};
    TRY(db_done(q));
    if (!there)
        return err_set(ERR_MISSING, "This answer belongs to no question of ours. Ask for consent again.");
    *ret = x;
    return ERR_NONE;
}

err store_fetch_consent_sweep(db_conn *c, int64_t before) {
    db_query *q = db_sql(c, "DELETE FROM fetch_consent WHERE created_at < $1");
    db_bind_int(q, 1, before);
    db_row(q);
    return db_done(q);
}
