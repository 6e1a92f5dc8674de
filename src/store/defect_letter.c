#include "store/defect_letter.h"

err store_letter_learned_put(db_conn *c, int64_t brand, int64_t message, int64_t generation) {
    db_query *q =
        db_sql(c, "INSERT INTO learned_letter (brand_id, message_id, generation) VALUES ($1, $2, $3) "
                  "ON CONFLICT (brand_id, message_id) DO UPDATE SET generation = excluded.generation");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    db_bind_int(q, 3, generation);
    return db_done(q);
}

err store_letters_learn_again(db_conn *c, int64_t brand, int64_t conversation) {
    db_query *q = db_sql(c, "UPDATE learned_letter SET generation = $3 WHERE brand_id = $1 AND message_id IN "
                            "(SELECT id FROM message WHERE brand_id = $1 AND conversation_id = $2 AND "
                            "kind = 'letter')");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, LETTER_NOT_LEARNED);
    return db_done(q);
}

#define MARKS                                                                                                \
    "SELECT l.message_id AS id, CASE WHEN m.id IS NULL THEN 1 ELSE 0 END AS gone, l.generation AS "          \
    "generation FROM learned_letter l LEFT JOIN message m ON m.brand_id = l.brand_id AND m.id = "            \
    "l.message_id "

static err marks_of(db_query *q, arena *a, int64_t brand, int64_t generation, int64_t after, int limit,
                    store_letter_mark_list *ret) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, generation);
    db_bind_int(q, 3, after);
    db_bind_int(q, 4, limit);
    store_letter_mark_list rows = {0};
    while (db_row(q))
        *list_add(a, &rows) = (struct store_letter_mark){db_int(q, "id"), db_int(q, "gone") != 0,
                                                         db_int(q, "generation") == LETTER_NOT_LEARNED};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_letters_learned_after(db_conn *c, arena *a, int64_t brand, int64_t generation, int64_t after,
                                int limit, store_letter_mark_list *ret) {
    db_query *q = db_sql(c, MARKS "WHERE l.brand_id = $1 AND l.generation > $2 AND l.message_id > $3 "
                                  "ORDER BY l.message_id LIMIT $4");
    return marks_of(q, a, brand, generation, after, limit, ret);
}

err store_letters_not_learned(db_conn *c, arena *a, int64_t brand, int64_t after, int limit,
                              store_letter_mark_list *ret) {
    db_query *q = db_sql(c, MARKS "WHERE l.brand_id = $1 AND l.generation = $2 AND l.message_id > $3 "
                                  "ORDER BY l.message_id LIMIT $4");
    return marks_of(q, a, brand, LETTER_NOT_LEARNED, after, limit, ret);
}

err store_letter_ids(db_conn *c, arena *a, int64_t brand, int64_t after, int limit, id_list *ret) {
    db_query *q = db_sql(c, "SELECT id FROM message WHERE brand_id = $1 AND id > $2 AND kind = 'letter' "
                            "ORDER BY id LIMIT $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, after);
    db_bind_int(q, 3, limit);
    id_list ids = {0};
    while (db_row(q)) *list_add(a, &ids) = db_int(q, "id");
    TRY(db_done(q));
    *ret = ids;
    return ERR_NONE;
}

/* CROSS JOIN keeps SQLite from beginning at all conversations of the brand, as it does without statistics. */
err store_letter_get(db_conn *c, arena *a, int64_t brand, int64_t message, struct store_letter *ret) {
    db_query *q = db_sql(c, "SELECT m.id, m.conversation_id, m.text, m.from_name, m.machine, m.created_at, "
                            "v.customer_id, v.number, u.name AS customer_name FROM message m "
                            "CROSS JOIN conversation v CROSS JOIN customer u "
                            "WHERE m.brand_id = $1 AND m.id = $2 AND m.kind = 'letter' "
                            "AND v.brand_id = m.brand_id AND v.id = m.conversation_id "
                            "AND u.brand_id = v.brand_id AND u.id = v.customer_id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    struct store_letter row = {0};
    if (db_row(q))
        row = (struct store_letter){.id = db_int(q, "id"),
                                    .conversation_id = db_int(q, "conversation_id"),
                                    .customer_id = db_int(q, "customer_id"),
                                    .number = db_int(q, "number"),
                                    .at = db_int(q, "created_at"),
                                    .text = db_text(q, a, "text"),
                                    .from_name = db_text(q, a, "from_name"),
                                    .customer_name = db_text(q, a, "customer_name"),
                                    .machine = db_text(q, a, "machine").n > 0};
    TRY(db_done(q));
    if (!row.id) return err_set(ERR_MISSING, "There is no such letter.");
    *ret = row;
    return ERR_NONE;
}

err store_defect_words_forget(db_conn *c, int64_t brand, int64_t conversation) {
    db_query *q =
        db_sql(c, "UPDATE defect_case SET words = '', start_at = 0, end_at = 0, version = version + 1 "
                  "WHERE brand_id = $1 AND conversation_id = $2 AND words <> ''");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    return db_done(q);
}
