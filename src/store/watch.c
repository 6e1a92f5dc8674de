#include "store/watch.h"

#include "base/clock.h"

err store_watch_put(db_conn *c, int64_t brand, int64_t message) {
    db_query *q = db_sql(c, "INSERT INTO watch_letter (brand_id, message_id) VALUES ($1, $2) "
                            "ON CONFLICT (brand_id, message_id) DO NOTHING");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    return db_done(q);
}

err store_watch_done(db_conn *c, int64_t brand, int64_t message) {
    db_query *q = db_sql(c, "DELETE FROM watch_letter WHERE brand_id = $1 AND message_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    return db_done(q);
}

#define COLUMNS                                                                                              \
    "m.conversation_id, v.customer_id, m.created_at, m.said_at, m.machine, m.subject, m.text, "              \
    "v.closed_kind, COALESCE(l.heard, '') AS heard "
#define LISTENED "LEFT JOIN listening l ON l.brand_id = m.brand_id AND l.message_id = m.id "

/* conversation.closed_kind of junk. */
enum { JUNK = 3 };

static err take(db_query *q, arena *a, watch_letter_list *ret) {
    watch_letter_list rows = {0};
    while (db_row(q)) {
        struct watch_letter *r = list_add(a, &rows);
        int64_t came = db_int(q, "created_at"), said = db_int(q, "said_at");
        *r = (struct watch_letter){.id = db_int(q, "id"),
                                   .conversation_id = db_int(q, "conversation_id"),
                                   .customer_id = db_int(q, "customer_id"),
                                   .at = said > 0 && said < came - DAY_MS ? said : came,
                                   .came_at = came,
                                   .subject = db_text(q, a, "subject"),
                                   .text = db_text(q, a, "text"),
                                   .heard = db_text(q, a, "heard")};
        r->left_out =
            db_text(q, a, "machine").n || db_int(q, "closed_kind") == JUNK || (!r->text.n && !r->subject.n);
    }
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_watch_fresh(db_conn *c, arena *a, int64_t brand, int limit, watch_letter_list *ret) {
    db_query *q = db_sql(c, "SELECT w.message_id AS id, " COLUMNS "FROM watch_letter w "
                            "LEFT JOIN message m ON m.brand_id = w.brand_id AND m.id = w.message_id "
                            "LEFT JOIN conversation v ON v.brand_id = m.brand_id AND "
                            "v.id = m.conversation_id " LISTENED "WHERE w.brand_id = $1 "
                            "ORDER BY w.message_id LIMIT $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, limit);
    return take(q, a, ret);
}

err store_watch_letters(db_conn *c, arena *a, int64_t brand, int64_t after, int64_t last, bool waiting,
                        int limit, watch_letter_list *ret) {
    db_query *q = db_sql(c, "SELECT m.id, " COLUMNS "FROM message m "
                            "JOIN conversation v ON v.brand_id = m.brand_id AND "
                            "v.id = m.conversation_id " LISTENED "WHERE m.brand_id = $1 AND m.id > $2 "
                            "AND m.id <= $3 AND m.kind = 'letter' AND ($4 = 1 OR NOT EXISTS (SELECT 1 FROM "
                            "watch_letter x WHERE x.brand_id = m.brand_id AND x.message_id = m.id)) "
                            "ORDER BY m.id LIMIT $5");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, after);
    db_bind_int(q, 3, last);
    db_bind_int(q, 4, waiting);
    db_bind_int(q, 5, limit);
    return take(q, a, ret);
}

err store_watch_letter(db_conn *c, arena *a, int64_t brand, int64_t message, struct watch_letter *ret) {
    watch_letter_list rows;
    TRY(store_watch_letters(c, a, brand, message - 1, message, true, 1, &rows));
    if (!rows.n) return err_set(ERR_MISSING, "There is no such letter.");
    *ret = rows.v[0];
    return ERR_NONE;
}

err store_watch_from(db_conn *c, int64_t brand, int64_t most, int64_t *ret_id) {
    db_query *q = db_sql(c, "SELECT id FROM message WHERE brand_id = $1 AND kind = 'letter' "
                            "ORDER BY id DESC LIMIT 1 OFFSET $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, most);
    int64_t id = db_row(q) ? db_int(q, "id") : 0;
    TRY(db_done(q));
    *ret_id = id;
    return ERR_NONE;
}
