#include "store/channel.h"

static const char *const states[] = {"new", "well", "waiting", "trouble", "sign_in"};

const char *channel_state_text(channel_state s) { return states[s]; }

bool channel_state_from(str text, channel_state *ret) {
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        if (!str_eq(text, str_z(states[i]))) continue;
        *ret = (channel_state)i;
        return true;
    }
    return false;
}

#define SELECT_CHANNEL                                                                                       \
    "SELECT h.brand_id AS brand_id, h.inbox_id AS inbox_id, kind, server, account, account_id, secret, "     \
    "limits, pending, pending_hash, pending_by, pending_at, found, state, says, failures, next_at, "         \
    "contact_at, post_at, kept, paused_at, version, followers_at, h.created_at AS created_at, i.address AS " \
    "address, "                                                                                              \
    "i.name AS name, i.disabled_at AS disabled_at FROM channel h JOIN inbox i ON i.brand_id = h.brand_id "   \
    "AND i.id = h.inbox_id "

static void read_channel(db_query *q, arena *a, struct store_channel *r) {
    *r = (struct store_channel){
        .brand_id = db_int(q, "brand_id"),
        .inbox_id = db_int(q, "inbox_id"),
        .kind = db_text(q, a, "kind"),
        .server = db_text(q, a, "server"),
        .account = db_text(q, a, "account"),
        .account_id = db_text(q, a, "account_id"),
        .secret = db_text(q, a, "secret"),
        .limits = db_text(q, a, "limits"),
        .pending = db_text(q, a, "pending"),
        .pending_hash = db_text(q, a, "pending_hash"),
        .pending_by = db_int(q, "pending_by"),
        .pending_at = db_int(q, "pending_at"),
        .found = db_text(q, a, "found"),
        .says = db_text(q, a, "says"),
        .failures = db_int(q, "failures"),
        .next_at = db_int(q, "next_at"),
        .contact_at = db_int(q, "contact_at"),
        .post_at = db_int(q, "post_at"),
        .kept = db_int(q, "kept"),
        .paused_at = db_int(q, "paused_at"),
        .version = db_int(q, "version"),
        .created_at = db_int(q, "created_at"),
        .followers_at = db_int(q, "followers_at"),
        .address = db_text(q, a, "address"),
        .name = db_text(q, a, "name"),
        .inbox_disabled_at = db_int(q, "disabled_at"),
    };
    channel_state_from(db_text(q, a, "state"), &r->state);
}

static err one(db_query *q, arena *a, struct store_channel *ret) {
    struct store_channel row;
    bool there = db_row(q);
    if (there) read_channel(q, a, &row);
    TRY(db_done(q));
    if (!there) return err_set(ERR_MISSING, "There is no such account.");
    *ret = row;
    return ERR_NONE;
}

static err all(db_query *q, arena *a, store_channel_list *ret) {
    store_channel_list rows = {0};
    while (db_row(q)) read_channel(q, a, list_add(a, &rows));
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

/* $1 to $16 mean the same in the insert and in the update. */
static void bind_account(db_query *q, const struct store_channel *r) {
    db_bind_int(q, 1, r->brand_id);
    db_bind_int(q, 2, r->inbox_id);
    db_bind_text(q, 3, r->server);
    db_bind_text(q, 4, r->account);
    db_bind_text(q, 5, r->account_id);
    db_bind_text(q, 6, r->secret);
    db_bind_text(q, 7, r->limits);
    db_bind_text(q, 8, r->pending);
    db_bind_text(q, 9, r->pending_hash);
    db_bind_int(q, 10, r->pending_by);
    db_bind_int(q, 11, r->pending_at);
    db_bind_text(q, 12, r->found);
    db_bind_text(q, 13, str_z(channel_state_text(r->state)));
    db_bind_text(q, 14, r->says);
    db_bind_int(q, 15, r->failures);
    db_bind_int(q, 16, r->next_at);
    db_bind_int(q, 17, r->contact_at);
    db_bind_int(q, 18, r->paused_at);
}

err store_channel_insert(db_conn *c, const struct store_channel *r) {
    db_query *q = db_sql(
        c, "INSERT INTO channel (brand_id, inbox_id, server, account, account_id, secret, limits, pending, "
           "pending_hash, pending_by, pending_at, found, state, says, failures, next_at, contact_at, "
           "paused_at, kind, created_at, post_at, kept, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
           "$10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, 0, 0, 1)");
    bind_account(q, r);
    db_bind_text(q, 19, r->kind);
    db_bind_int(q, 20, r->created_at);
    return db_done(q);
}

err store_channel_connect(db_conn *c, const struct store_channel *r) {
    db_query *q = db_sql(
        c, "UPDATE channel SET server = $3, account = $4, account_id = $5, secret = $6, limits = $7, "
           "pending = $8, pending_hash = $9, pending_by = $10, pending_at = $11, found = $12, state = $13, "
           "says = $14, failures = $15, next_at = $16, contact_at = $17, paused_at = $18, "
           "version = version + 1 WHERE brand_id = $1 AND inbox_id = $2");
    bind_account(q, r);
    return db_done(q);
}

err store_channel_round(db_conn *c, const struct store_channel *r, bool *ret_same) {
    db_query *q =
        db_sql(c, "UPDATE channel SET found = $4, state = $5, says = $6, failures = $7, next_at = $8, "
                  "contact_at = CASE WHEN contact_at < $9 THEN $9 ELSE contact_at END, "
                  "post_at = CASE WHEN post_at < $10 THEN $10 ELSE post_at END, kept = kept + $11 "
                  "WHERE brand_id = $1 AND inbox_id = $2 AND version = $3");
    db_bind_int(q, 1, r->brand_id);
    db_bind_int(q, 2, r->inbox_id);
    db_bind_int(q, 3, r->version);
    db_bind_text(q, 4, r->found);
    db_bind_text(q, 5, str_z(channel_state_text(r->state)));
    db_bind_text(q, 6, r->says);
    db_bind_int(q, 7, r->failures);
    db_bind_int(q, 8, r->next_at);
    db_bind_int(q, 9, r->contact_at);
    db_bind_int(q, 10, r->post_at);
    db_bind_int(q, 11, r->kept);
    TRY(db_done(q));
    *ret_same = db_changes(q) > 0;
    return ERR_NONE;
}

err store_channel_secret(db_conn *c, int64_t brand, int64_t inbox, int64_t version, str secret,
                         bool *ret_same) {
    db_query *q =
        db_sql(c, "UPDATE channel SET secret = $4 WHERE brand_id = $1 AND inbox_id = $2 AND version = $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_bind_int(q, 3, version);
    db_bind_text(q, 4, secret);
    TRY(db_done(q));
    *ret_same = db_changes(q) > 0;
    return ERR_NONE;
}

err store_channel_followers(db_conn *c, int64_t brand, int64_t inbox, int64_t at) {
    db_query *q = db_sql(c, "UPDATE channel SET followers_at = $3 WHERE brand_id = $1 AND inbox_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_bind_int(q, 3, at);
    return db_done(q);
}

err store_channel_pause(db_conn *c, int64_t brand, int64_t inbox, int64_t paused_at) {
    db_query *q = db_sql(c, "UPDATE channel SET paused_at = $3 WHERE brand_id = $1 AND inbox_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_bind_int(q, 3, paused_at);
    return db_done(q);
}

err store_channel_kept(db_conn *c, int64_t brand, int64_t inbox, int64_t n, int64_t at) {
    db_query *q = db_sql(c, "UPDATE channel SET kept = kept + $3, post_at = $4, contact_at = $4, "
                            "state = 'well', says = '' WHERE brand_id = $1 AND inbox_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_bind_int(q, 3, n);
    db_bind_int(q, 4, at);
    return db_done(q);
}

err store_channel_delete(db_conn *c, int64_t brand, int64_t inbox) {
    db_query *q = db_sql(c, "DELETE FROM channel WHERE brand_id = $1 AND inbox_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    return db_done(q);
}

err store_channel_get(db_conn *c, arena *a, int64_t brand, int64_t inbox, struct store_channel *ret) {
    db_query *q = db_sql(c, SELECT_CHANNEL "WHERE h.brand_id = $1 AND h.inbox_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    return one(q, a, ret);
}

err store_channel_by_pending(db_conn *c, arena *a, str hash, struct store_channel *ret) {
    db_query *q = db_sql(c, SELECT_CHANNEL "WHERE h.pending_hash = $1 AND h.pending_hash <> ''");
    db_bind_text(q, 1, hash);
    return one(q, a, ret);
}

err store_channel_same(db_conn *c, arena *a, int64_t brand, str kind, str account_id, int64_t but,
                       struct store_channel *ret) {
    db_query *q = db_sql(c, SELECT_CHANNEL "WHERE h.brand_id = $1 AND h.kind = $2 AND h.account_id = $3 "
                                           "AND h.inbox_id <> $4");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, kind);
    db_bind_text(q, 3, account_id);
    db_bind_int(q, 4, but);
    return one(q, a, ret);
}

err store_channel_list_of_brand(db_conn *c, arena *a, int64_t brand, store_channel_list *ret) {
    db_query *q = db_sql(c, SELECT_CHANNEL "WHERE h.brand_id = $1 ORDER BY h.created_at, h.inbox_id");
    db_bind_int(q, 1, brand);
    return all(q, a, ret);
}
