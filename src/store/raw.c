#include "store/raw.h"

err store_raw_insert(db_conn *c, int64_t brand, const struct raw *r) {
    db_query *q = db_sql(
        c, "INSERT INTO raw (brand_id, id, inbox_id, state, mail_from, rcpt, size, hash, bytes, "
           "message_id, problem, received_at, origin, form) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
           "$11, $12, $13, $14)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_int(q, 3, r->inbox_id);
    db_bind_text(q, 4, str_z(raw_state_name(r->state)));
    db_bind_text(q, 5, r->mail_from);
    db_bind_text(q, 6, r->rcpt);
    db_bind_int(q, 7, r->size);
    db_bind_text(q, 8, r->hash);
    if (r->in_object)
        db_bind_null(q, 9);
    else
        db_bind_blob(q, 9, r->bytes);
    db_bind_int(q, 10, r->message_id);
    db_bind_text(q, 11, r->problem);
    db_bind_int(q, 12, r->received_at);
    db_bind_text(q, 13, str_z(raw_origin_name(r->origin)));
    db_bind_text(q, 14, str_z(raw_form_name(r->form)));
    return db_done_later(q);
}

err store_raw_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct raw *ret) {
    db_query *q =
        db_sql(c, "SELECT id, inbox_id, state, mail_from, rcpt, size, hash, bytes, message_id, problem, "
                  "received_at, origin, form FROM raw WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    struct raw r = {0};
    if (db_row(q)) {
        r = (struct raw){
            .id = db_int(q, "id"),
            .inbox_id = db_int(q, "inbox_id"),
            .mail_from = db_text(q, a, "mail_from"),
            .rcpt = db_text(q, a, "rcpt"),
            .size = db_int(q, "size"),
            .hash = db_text(q, a, "hash"),
            .bytes = db_blob(q, a, "bytes"),
            .in_object = db_is_null(q, "bytes"),
            .message_id = db_int(q, "message_id"),
            .problem = db_text(q, a, "problem"),
            .received_at = db_int(q, "received_at"),
        };
        raw_state_from(db_text(q, a, "state"), &r.state);
        raw_origin_from(db_text(q, a, "origin"), &r.origin);
        raw_form_from(db_text(q, a, "form"), &r.form);
    }
    TRY(db_done(q));
    if (!r.id) return err_set(ERR_MISSING, "There are no bytes kept under this number.");
    *ret = r;
    return ERR_NONE;
}

err store_raw_settle(db_conn *c, int64_t brand, int64_t id, raw_state state, int64_t message, str problem) {
    db_query *q =
        db_sql(c, "UPDATE raw SET state = $3, message_id = $4, problem = $5 WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    db_bind_text(q, 3, str_z(raw_state_name(state)));
    db_bind_int(q, 4, message);
    db_bind_text(q, 5, problem);
    return db_done(q);
}

err store_raw_delete(db_conn *c, int64_t brand, int64_t id) {
    db_query *q = db_sql(c, "DELETE FROM raw WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    return db_done(q);
}

err store_object_hashes(db_conn *c, arena *a, hash_list *ret) {
    db_query *q = db_sql(c, "SELECT hash FROM raw WHERE bytes IS NULL UNION SELECT hash FROM attachment "
                            "WHERE bytes IS NULL");
    hash_list rows = {0};
    while (db_row(q)) *list_add(a, &rows) = db_text(q, a, "hash");
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}
