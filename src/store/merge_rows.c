/* The tables that hang on conversations, each in the same three statements. */
#include "base/random.h"
#include "store/merge.h"

/* Where $1 is the brand, $2 the conversation the row stands in, $3 that it goes to or the message it hangs
 * on, $4 and $5 its key. */
struct sort {
    const char *name;
    const char *keys, *of_message, *move; /* of_message NULL: it never hangs on one */
};

#define KEYS(table, id, also, where)                                                                         \
    "SELECT " id " AS id, " also " AS also FROM " table                                                      \
    " WHERE brand_id = $1 AND conversation_id = $2" where " ORDER BY 1, 2"
#define MOVE(table, key)                                                                                     \
    "UPDATE " table " SET conversation_id = $3 WHERE brand_id = $1 AND conversation_id = $2 AND " key
#define BY_ID(table, message_column)                                                                         \
    KEYS(table, "id", "0", ""), KEYS(table, "id", "0", " AND " message_column " = $3"), MOVE(table, "id = $4")
#define WITHOUT_MESSAGE(table) KEYS(table, "id", "0", ""), NULL, MOVE(table, "id = $4")

static const struct sort sorts[MERGE_MARKS] = {
    [SORT_MESSAGE] = {"message", BY_ID("message", "id")},
    [SORT_ATTACHMENT] = {"attachment", BY_ID("attachment", "message_id")},
    [SORT_EVENT] = {"event", WITHOUT_MESSAGE("event")},
    [SORT_OVERRIDE] = {"override", BY_ID("override", "message_id")},
    [SORT_GESTURE] = {"gesture", WITHOUT_MESSAGE("gesture")},
    [SORT_PROMISE] = {"promise", BY_ID("promise", "message_id")},
    [SORT_BOX] = {"box", BY_ID("box", "message_id")},
    [SORT_CHILD_ASK] = {"child_ask", WITHOUT_MESSAGE("child_ask")},
    [SORT_WORRY] = {"worry", BY_ID("worry", "message_id")},
    [SORT_DEFECT_CASE] = {"defect_case", BY_ID("defect_case", "message_id")},
    [SORT_TRIAL_CASE] = {"trial_case", KEYS("trial_case", "trial_id", "customer_id", ""), NULL,
                         MOVE("trial_case", "trial_id = $4 AND customer_id = $5")},
    [SORT_TRACK] = {"track", WITHOUT_MESSAGE("track")},
    [SORT_DRAFT] = {"draft", KEYS("draft", "agent_id", "0", ""), NULL, MOVE("draft", "agent_id = $4")},
    [SORT_ASK_ENDED] = {"ask_ended", NULL, NULL, NULL},
    [SORT_CASE_TAKEN] = {"case_taken", NULL, NULL, NULL},
    [SORT_EVENT_MADE] = {"event_made", NULL, NULL, NULL},
    [SORT_LETTER_MADE] = {"letter_made", NULL, NULL, NULL},
    [SORT_LETTER_NOTED] = {"letter_noted", NULL, NULL, NULL},
    [SORT_FILE_GIVEN] = {"file_given", NULL, NULL, NULL},
    [SORT_CUSTOMER_MADE] = {"customer_made", NULL, NULL, NULL},
    [SORT_INCIDENT_MADE] = {"incident_made", NULL, NULL, NULL},
};

const char *merge_sort_name(merge_sort s) { return sorts[s].name; }

static err collect(db_query *q, arena *a, merge_keys *ret) {
    merge_keys keys = {0};
    while (db_row(q)) *list_add(a, &keys) = (struct merge_key){db_int(q, "id"), db_int(q, "also")};
    TRY(db_done(q));
    *ret = keys;
    return ERR_NONE;
}

err store_merge_keys(db_conn *c, arena *a, int64_t brand, merge_sort sort, int64_t conversation,
                     merge_keys *ret) {
    db_query *q = db_sql(c, sorts[sort].keys);
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    return collect(q, a, ret);
}

err store_merge_keys_of_message(db_conn *c, arena *a, int64_t brand, merge_sort sort, int64_t conversation,
                                int64_t message, merge_keys *ret) {
    if (!sorts[sort].of_message) {
        *ret = (merge_keys){0};
        return ERR_NONE;
    }
    db_query *q = db_sql(c, sorts[sort].of_message);
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, message);
    return collect(q, a, ret);
}

err store_merge_move(db_conn *c, int64_t brand, merge_sort sort, struct merge_key key, int64_t from,
                     int64_t to, bool *ret_moved) {
    db_query *q = db_sql(c, sorts[sort].move);
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, from);
    db_bind_int(q, 3, to);
    db_bind_int(q, 4, key.id);
    if (sort == SORT_TRIAL_CASE) db_bind_int(q, 5, key.also);
    TRY(db_done(q));
    *ret_moved = db_changes(q) == 1;
    return ERR_NONE;
}

err store_merge_note(db_conn *c, int64_t brand, int64_t operation, merge_sort sort, struct merge_key key) {
    db_query *q = db_sql(c, "INSERT INTO merge_row (brand_id, operation_id, sort, row_id, also_id) "
                            "VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, operation);
    db_bind_text(q, 3, str_z(merge_sort_name(sort)));
    db_bind_int(q, 4, key.id);
    db_bind_int(q, 5, key.also);
    return db_done(q);
}

err store_merge_noted(db_conn *c, arena *a, int64_t brand, int64_t operation, merge_sort sort,
                      merge_keys *ret) {
    db_query *q = db_sql(c, "SELECT row_id AS id, also_id AS also FROM merge_row WHERE brand_id = $1 "
                            "AND operation_id = $2 AND sort = $3 ORDER BY row_id, also_id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, operation);
    db_bind_text(q, 3, str_z(merge_sort_name(sort)));
    return collect(q, a, ret);
}

err store_merge_find_noted(db_conn *c, int64_t brand, merge_sort sort, int64_t row, int64_t *ret_id) {
    db_query *q =
        db_sql(c, "SELECT o.id FROM merge_row r JOIN merge_operation o ON o.brand_id = r.brand_id "
                  "AND o.id = r.operation_id WHERE r.brand_id = $1 AND r.sort = $2 AND r.row_id = $3 "
                  "AND o.undone_at = 0 ORDER BY o.id DESC LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, str_z(merge_sort_name(sort)));
    db_bind_int(q, 3, row);
    int64_t id = db_row(q) ? db_int(q, "id") : 0;
    TRY(db_done(q));
    *ret_id = id;
    return ERR_NONE;
}

err store_merge_tie(db_conn *c, int64_t brand, int64_t conversation, int64_t now, merge_tie *ret) {
    db_query *q = db_sql(
        c, "SELECT 1 AS tie FROM track WHERE brand_id = $1 AND conversation_id = $2 AND revoked_at = 0 "
           "AND expires_at > $3 UNION ALL "
           "SELECT 2 AS tie FROM box WHERE brand_id = $1 AND conversation_id = $2 "
           "AND state <> 'cancelled' UNION ALL "
           "SELECT 3 AS tie FROM promise WHERE brand_id = $1 AND conversation_id = $2 "
           "AND state = 'open' UNION ALL "
           "SELECT 4 AS tie FROM gesture g WHERE g.brand_id = $1 AND g.conversation_id = $2 "
           "AND NOT EXISTS (SELECT 1 FROM gesture_step s WHERE s.brand_id = g.brand_id "
           "AND s.gesture_id = g.id AND s.step IN ('declined', 'withdrawn')) ORDER BY 1 LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, now);
    merge_tie tie = db_row(q) ? (merge_tie)db_int(q, "tie") : TIE_NONE;
    TRY(db_done(q));
    *ret = tie;
    return ERR_NONE;
}

/* ---- the same ones? ---- */

bool merge_sort_counts(merge_sort s) {
    return (int)s < (int)MERGE_SORTS && s != SORT_ATTACHMENT && s != SORT_EVENT && s != SORT_TRACK &&
           s != SORT_DRAFT;
}

static err hash_of(db_conn *c, arena *a, int64_t brand, merge_sort sort, int64_t conversation, str *ret) {
    merge_keys keys;
    TRY(store_merge_keys(c, a, brand, sort, conversation, &keys));
    *ret = content_hash(a, (str){(const char *)keys.v, keys.n * sizeof *keys.v});
    return ERR_NONE;
}

err store_merge_set_put(db_conn *c, arena *a, int64_t brand, int64_t operation, int64_t conversation,
                        merge_sort sort) {
    str hash;
    TRY(hash_of(c, a, brand, sort, conversation, &hash));
    db_query *q = db_sql(c, "INSERT INTO merge_set (brand_id, operation_id, conversation_id, sort, hash) "
                            "VALUES ($1, $2, $3, $4, $5)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, operation);
    db_bind_int(q, 3, conversation);
    db_bind_text(q, 4, str_z(merge_sort_name(sort)));
    db_bind_text(q, 5, hash);
    return db_done(q);
}

err store_merge_set_same(db_conn *c, arena *a, int64_t brand, int64_t operation, int64_t conversation,
                         merge_sort sort, bool *ret_same) {
    str hash;
    TRY(hash_of(c, a, brand, sort, conversation, &hash));
    db_query *q = db_sql(c, "SELECT hash FROM merge_set WHERE brand_id = $1 AND operation_id = $2 "
                            "AND conversation_id = $3 AND sort = $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, operation);
    db_bind_int(q, 3, conversation);
    db_bind_text(q, 4, str_z(merge_sort_name(sort)));
    /* What the operation did not look at may have changed. */
    bool same = !db_row(q) || str_eq(db_text(q, a, "hash"), hash);
    TRY(db_done(q));
    *ret_same = same;
    return ERR_NONE;
}
