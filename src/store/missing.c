#include "store/missing.h"

static const char *const states[] = {"due", "sent", "failed"};

const char *missing_mail_state_name(missing_mail_state v) { return states[v]; }

static missing_mail_state state_of(str s) {
    return str_eq(s, S("due"))    ? MISSING_MAIL_DUE
           : str_eq(s, S("sent")) ? MISSING_MAIL_SENT
                                  : MISSING_MAIL_FAILED;
}

err store_missing_mail_insert(db_conn *c, int64_t brand, const struct store_missing_mail *row) {
    db_query *q =
        db_sql(c, "INSERT INTO missing_mail (brand_id, conversation_id, address_hash, language, state, "
                  "created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, row->conversation_id);
    db_bind_text(q, 3, row->address_hash);
    db_bind_text(q, 4, row->language);
    db_bind_text(q, 5, str_z(states[row->state]));
    db_bind_int(q, 6, row->created_at);
    db_bind_int(q, 7, row->updated_at);
    return db_done(q);
}

err store_missing_mail_state(db_conn *c, int64_t brand, int64_t conversation, missing_mail_state state,
                             int64_t now) {
    db_query *q = db_sql(c, "UPDATE missing_mail SET state = $3, updated_at = $4 "
                            "WHERE brand_id = $1 AND conversation_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_text(q, 3, str_z(states[state]));
    db_bind_int(q, 4, now);
    return db_done(q);
}

err store_missing_mail_get(db_conn *c, arena *a, int64_t brand, int64_t conversation,
                           struct store_missing_mail *ret) {
    db_query *q = db_sql(c, "SELECT address_hash, language, state, created_at, updated_at FROM missing_mail "
                            "WHERE brand_id = $1 AND conversation_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    struct store_missing_mail row = {.conversation_id = conversation};
    bool there = db_row(q);
    if (there) {
        row.address_hash = db_text(q, a, "address_hash");
        row.language = db_text(q, a, "language");
        row.state = state_of(db_text(q, a, "state"));
        row.created_at = db_int(q, "created_at");
        row.updated_at = db_int(q, "updated_at");
    }
    TRY(db_done(q));
    if (!there) return err_set(ERR_MISSING, "No mail was to be sent for this conversation.");
    *ret = row;
    return ERR_NONE;
}

err store_missing_mail_count(db_conn *c, int64_t brand, str address_hash, int64_t since,
                             int64_t *ret_to_address, int64_t *ret_of_brand) {
    db_query *q =
        db_sql(c, "SELECT COUNT(*) AS n FROM missing_mail WHERE brand_id = $1 AND address_hash = $2 "
                  "AND created_at > $3");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, address_hash);
    db_bind_int(q, 3, since);
    int64_t to_address = db_row(q) ? db_int(q, "n") : 0;
    TRY(db_done(q));
    q = db_sql(c, "SELECT COUNT(*) AS n FROM missing_mail WHERE brand_id = $1 AND created_at > $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, since);
    int64_t of_brand = db_row(q) ? db_int(q, "n") : 0;
    TRY(db_done(q));
    *ret_to_address = to_address;
    *ret_of_brand = of_brand;
    return ERR_NONE;
}

err store_missing_mail_delete(db_conn *c, int64_t brand, int64_t conversation) {
    db_query *q = db_sql(c, "DELETE FROM missing_mail WHERE brand_id = $1 AND conversation_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    return db_done(q);
}
