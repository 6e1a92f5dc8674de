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

static err take_ids(db_query *q, arena *a, id_list *ret) {
    id_list ids = {0};
    while (db_row(q)) *list_add(a, &ids) = db_int(q, "id");
    TRY(db_done(q));
    *ret = ids;
    return ERR_NONE;
}

err store_learned_after(db_conn *c, arena *a, int64_t brand, int64_t generation, int64_t after, int limit,
                        store_learned_list *ret) {
    db_query *q = db_sql(c, "SELECT l.message_id AS id, CASE WHEN m.id IS NULL THEN 1 ELSE 0 END AS gone "
                            "FROM learned l LEFT JOIN message m ON m.brand_id = l.brand_id AND "
                            "m.id = l.message_id WHERE l.brand_id = $1 AND l.generation > $2 "
                            "AND l.message_id > $3 ORDER BY l.message_id LIMIT $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, generation);
    db_bind_int(q, 3, after);
    db_bind_int(q, 4, limit);
    store_learned_list rows = {0};
    while (db_row(q)) *list_add(a, &rows) = (struct store_learned){db_int(q, "id"), db_int(q, "gone") != 0};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
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

/* Each row by its key: SQLite, left to itself, would begin with the customers of the brand. */
static err said_of_whom(db_conn *c, arena *a, int64_t brand, struct store_said *r) {
    db_query *q = db_sql(c, "SELECT v.customer_id, k.name AS customer_name FROM conversation v "
                            "JOIN customer k ON k.brand_id = v.brand_id AND k.id = v.customer_id "
                            "WHERE v.brand_id = $1 AND v.id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->conversation_id);
    if (db_row(q)) {
        r->customer_id = db_int(q, "customer_id");
        r->customer_name = db_text(q, a, "customer_name");
    }
    return db_done(q);
}

static err said_to_what(db_conn *c, arena *a, int64_t brand, struct store_said *r) {
    db_query *q =
        db_sql(c, "SELECT id, text, from_name FROM message WHERE brand_id = $1 AND conversation_id = $2 "
                  "AND id < $3 AND kind = 'letter' ORDER BY id DESC LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->conversation_id);
    db_bind_int(q, 3, r->message_id);
    if (db_row(q)) {
        r->letter_id = db_int(q, "id");
        r->letter = db_text(q, a, "text");
        r->letter_from = db_text(q, a, "from_name");
    }
    return db_done(q);
}

err store_said_get(db_conn *c, arena *a, int64_t brand, int64_t message, struct store_said *ret) {
    db_query *q = db_sql(c, "SELECT conversation_id, said_at, state, text, from_name FROM message "
                            "WHERE brand_id = $1 AND id = $2 AND kind = 'reply'");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    struct store_said r = {.message_id = message};
    bool found = db_row(q);
    if (found) {
        r.conversation_id = db_int(q, "conversation_id");
        r.said_at = db_int(q, "said_at");
        r.failed = str_eq(db_text(q, a, "state"), S("failed"));
        r.text = db_text(q, a, "text");
        r.agent_name = db_text(q, a, "from_name");
    }
    TRY(db_done(q));
    /* One without words had them deleted (store/forget.h). */
    if (!found || !r.text.n) return err_set(ERR_MISSING, "There is no such reply.");
    TRY(said_of_whom(c, a, brand, &r));
    TRY(said_to_what(c, a, brand, &r));
    *ret = r;
    return ERR_NONE;
}
