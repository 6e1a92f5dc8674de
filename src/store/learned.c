#include "store/learned.h"

err store_learned_put(db_conn *c, int64_t brand, int64_t message, int64_t generation) {
    db_query *q =
        db_sql(c, "INSERT INTO learned (brand_id, message_id, generation) VALUES ($1, $2, $3) "
                  "ON CONFLICT (brand_id, message_id) DO UPDATE SET generation = excluded.generation");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    db_bind_int(q, 3, generation);
    return db_done(q);
}

err store_learned_delete(db_conn *c, int64_t brand, int64_t message) {
    db_query *q = db_sql(c, "DELETE FROM learned WHERE brand_id = $1 AND message_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    return db_done(q);
}

static err take_ids(db_query *q, arena *a, id_list *ret) {
    id_list ids = {0};
    while (db_row(q)) *list_add(a, &ids) = db_int(q, "id");
    TRY(db_done(q));
    *ret = ids;
    return ERR_NONE;
}

err store_learned_after(db_conn *c, arena *a, int64_t brand, int64_t generation, int64_t after, int limit,
                        id_list *ret) {
    db_query *q = db_sql(c, "SELECT message_id AS id FROM learned WHERE brand_id = $1 AND generation > $2 "
                            "AND message_id > $3 ORDER BY message_id LIMIT $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, generation);
    db_bind_int(q, 3, after);
    db_bind_int(q, 4, limit);
    return take_ids(q, a, ret);
}

err store_reply_ids(db_conn *c, arena *a, int64_t brand, int64_t after, int limit, id_list *ret) {
    db_query *q = db_sql(c, "SELECT id FROM message WHERE brand_id = $1 AND id > $2 AND kind = 'reply' "
                            "AND state <> 'failed' ORDER BY id LIMIT $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, after);
    db_bind_int(q, 3, limit);
    return take_ids(q, a, ret);
}

err store_reply_ids_before(db_conn *c, arena *a, int64_t brand, int64_t before, int limit, id_list *ret) {
    db_query *q = db_sql(c, "SELECT id FROM message WHERE brand_id = $1 AND id < $2 AND kind = 'reply' "
                            "AND state <> 'failed' ORDER BY id DESC LIMIT $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, before);
    db_bind_int(q, 3, limit);
    return take_ids(q, a, ret);
}

err store_reply_count(db_conn *c, int64_t brand, int64_t *ret_n) {
    db_query *q = db_sql(c, "SELECT COUNT(*) AS n FROM message WHERE brand_id = $1 AND kind = 'reply' "
                            "AND state <> 'failed'");
    db_bind_int(q, 1, brand);
    int64_t n = 0;
    if (db_row(q)) n = db_int(q, "n");
    TRY(db_done(q));
    *ret_n = n;
    return ERR_NONE;
}

err store_said_get(db_conn *c, arena *a, int64_t brand, int64_t message, struct store_said *ret) {
    db_query *q = db_sql(
        c,
        "SELECT m.conversation_id, m.said_at, m.state, m.text, m.from_name, v.customer_id, "
        "k.name AS customer_name, COALESCE((SELECT MAX(l.id) FROM message l WHERE l.brand_id = m.brand_id "
        "AND l.conversation_id = m.conversation_id AND l.kind = 'letter' AND l.id < m.id), 0) AS letter_id "
        "FROM message m JOIN conversation v ON v.brand_id = m.brand_id AND v.id = m.conversation_id "
        "JOIN customer k ON k.brand_id = v.brand_id AND k.id = v.customer_id "
        "WHERE m.brand_id = $1 AND m.id = $2 AND m.kind = 'reply'");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    struct store_said r = {.message_id = message};
    bool found = db_row(q);
    if (found) {
        r.conversation_id = db_int(q, "conversation_id");
        r.customer_id = db_int(q, "customer_id");
        r.said_at = db_int(q, "said_at");
        r.failed = str_eq(db_text(q, a, "state"), S("failed"));
        r.text = db_text(q, a, "text");
        r.agent_name = db_text(q, a, "from_name");
        r.customer_name = db_text(q, a, "customer_name");
        r.letter_id = db_int(q, "letter_id");
    }
    TRY(db_done(q));
    if (!found) return err_set(ERR_MISSING, "There is no such reply.");
    if (r.letter_id) {
        q = db_sql(c, "SELECT text, from_name FROM message WHERE brand_id = $1 AND id = $2");
        db_bind_int(q, 1, brand);
        db_bind_int(q, 2, r.letter_id);
        if (db_row(q)) {
            r.letter = db_text(q, a, "text");
            r.letter_from = db_text(q, a, "from_name");
        }
        TRY(db_done(q));
    }
    *ret = r;
    return ERR_NONE;
}
