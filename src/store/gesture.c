#include "store/gesture.h"

static const char *const kinds[GESTURE_KINDS] = {"replacement", "part", "refund", "voucher", "extra"};
static const char *const states[GESTURE_STATES] = {"given", "asked", "confirmed", "declined", "withdrawn"};

static bool find_name(const char *const *names, int n, str s, int *ret) {
    for (int i = 0; i < n; i++) {
        if (!str_eq(s, str_z(names[i]))) continue;
        *ret = i;
        return true;
    }
    return false;
}

const char *gesture_kind_name(gesture_kind v) { return kinds[v]; }
bool gesture_kind_from(str s, gesture_kind *ret) {
    int i;
    if (!find_name(kinds, GESTURE_KINDS, s, &i)) return false;
    *ret = (gesture_kind)i;
    return true;
}

const char *gesture_state_name(gesture_state v) { return states[v]; }
bool gesture_state_from(str s, gesture_state *ret) {
    int i;
    if (!find_name(states, GESTURE_STATES, s, &i)) return false;
    *ret = (gesture_state)i;
    return true;
}

/* ---- gestures ---- */

#define COLUMNS                                                                                              \
    "SELECT g.id, g.conversation_id, g.customer_id, g.agent_id, g.kind, g.situation, g.item_kind, "          \
    "g.item_code, g.item_name, g.quantity, g.cost, g.currency, g.policy_id, g.month, g.judgement, "          \
    "g.key_hash, g.body_hash, g.at, s.position, s.step, s.agent_id AS state_agent_id, "                      \
    "s.note AS state_note, s.at AS state_at, v.number, COALESCE(p.name, '') AS agent_name, "                 \
    "COALESCE(ps.name, '') AS state_agent_name, k.name AS customer_name "
/* The joined step is the one that none follows. */
#define JOINS                                                                                                \
    "LEFT JOIN gesture_step n ON n.brand_id = s.brand_id AND n.gesture_id = s.gesture_id "                   \
    "AND n.position = s.position + 1 "                                                                       \
    "JOIN conversation v ON v.brand_id = g.brand_id AND v.id = g.conversation_id "                           \
    "JOIN customer k ON k.brand_id = g.brand_id AND k.id = g.customer_id "                                   \
    "LEFT JOIN agent x ON x.brand_id = g.brand_id AND x.id = g.agent_id "                                    \
    "LEFT JOIN account p ON p.id = x.account_id "                                                            \
    "LEFT JOIN agent xs ON xs.brand_id = s.brand_id AND xs.id = s.agent_id "                                 \
    "LEFT JOIN account ps ON ps.id = xs.account_id "
#define ROWS                                                                                                 \
    COLUMNS "FROM gesture g JOIN gesture_step s ON s.brand_id = g.brand_id AND s.gesture_id = g.id " JOINS   \
            "WHERE g.brand_id = $1 AND n.position IS NULL "
/* Of pages: the rows are picked before anything is joined; SQLite would else join with all that come after.
 */
#define PAGE(picked)                                                                                         \
    COLUMNS "FROM (SELECT w.* FROM " picked ") g "                                                           \
            "JOIN gesture_step s ON s.brand_id = g.brand_id AND s.gesture_id = g.id " JOINS                  \
            "WHERE n.position IS NULL ORDER BY g.id"

static void take_row(db_query *q, arena *a, struct store_gesture *r) {
    *r = (struct store_gesture){.id = db_int(q, "id"),
                                .conversation_id = db_int(q, "conversation_id"),
                                .customer_id = db_int(q, "customer_id"),
                                .agent_id = db_int(q, "agent_id"),
                                .situation = db_text(q, a, "situation"),
                                .item_kind = db_text(q, a, "item_kind"),
                                .item_code = db_text(q, a, "item_code"),
                                .item_name = db_text(q, a, "item_name"),
                                .quantity = db_int(q, "quantity"),
                                .cost = db_int(q, "cost"),
                                .currency = db_text(q, a, "currency"),
                                .policy_id = db_int(q, "policy_id"),
                                .month = db_int(q, "month"),
                                .judgement = db_text(q, a, "judgement"),
                                .key_hash = db_text(q, a, "key_hash"),
                                .body_hash = db_text(q, a, "body_hash"),
                                .at = db_int(q, "at"),
                                .steps = db_int(q, "position"),
                                .state_agent_id = db_int(q, "state_agent_id"),
                                .state_note = db_text(q, a, "state_note"),
                                .state_at = db_int(q, "state_at"),
                                .number = db_int(q, "number"),
                                .agent_name = db_text(q, a, "agent_name"),
                                .state_agent_name = db_text(q, a, "state_agent_name"),
                                .customer_name = db_text(q, a, "customer_name")};
    gesture_kind_from(db_text(q, a, "kind"), &r->kind);
    gesture_state_from(db_text(q, a, "step"), &r->state);
}

static err take_rows(db_query *q, arena *a, store_gesture_list *ret) {
    store_gesture_list rows = {0};
    while (db_row(q)) take_row(q, a, list_add(a, &rows));
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

static err first_row(db_query *q, arena *a, struct store_gesture *ret) {
    store_gesture_list rows = {0};
    TRY(take_rows(q, a, &rows));
    *ret = rows.n ? rows.v[0] : (struct store_gesture){0};
    return ERR_NONE;
}

err store_gesture_insert(db_conn *c, int64_t brand, const struct store_gesture *r) {
    db_query *q =
        db_sql(c, "INSERT INTO gesture (brand_id, id, conversation_id, customer_id, agent_id, kind, "
                  "situation, item_kind, item_code, item_name, quantity, cost, currency, policy_id, month, "
                  "judgement, key_hash, body_hash, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
                  "$12, $13, $14, $15, $16, $17, $18, $19)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_int(q, 3, r->conversation_id);
    db_bind_int(q, 4, r->customer_id);
    db_bind_int(q, 5, r->agent_id);
    db_bind_text(q, 6, str_z(kinds[r->kind]));
    db_bind_text(q, 7, r->situation);
    db_bind_text(q, 8, r->item_kind);
    db_bind_text(q, 9, r->item_code);
    db_bind_text(q, 10, r->item_name);
    db_bind_int(q, 11, r->quantity);
    db_bind_int(q, 12, r->cost);
    db_bind_text(q, 13, r->currency);
    db_bind_int(q, 14, r->policy_id);
    db_bind_int(q, 15, r->month);
    db_bind_text(q, 16, r->judgement);
    db_bind_text(q, 17, r->key_hash);
    db_bind_text(q, 18, r->body_hash);
    db_bind_int(q, 19, r->at);
    return db_done(q);
}

err store_gesture_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_gesture *ret) {
    db_query *q = db_sql(c, ROWS "AND g.id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    struct store_gesture row;
    TRY(first_row(q, a, &row));
    if (!row.id) return err_set(ERR_MISSING, "There is no such gesture.");
    *ret = row;
    return ERR_NONE;
}

err store_gesture_by_key(db_conn *c, arena *a, int64_t brand, str key_hash, struct store_gesture *ret) {
    db_query *q = db_sql(c, ROWS "AND g.key_hash = $2");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, key_hash);
    return first_row(q, a, ret);
}

err store_gestures_of_conversation(db_conn *c, arena *a, int64_t brand, int64_t conversation,
                                   store_gesture_list *ret) {
    db_query *q = db_sql(c, ROWS "AND g.conversation_id = $2 ORDER BY g.id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    return take_rows(q, a, ret);
}

err store_gestures_of_customer(db_conn *c, arena *a, int64_t brand, int64_t customer, int64_t before,
                               int limit, store_gesture_list *ret) {
    db_query *q = db_sql(c, PAGE("gesture w WHERE w.brand_id = $1 AND w.customer_id = $2 AND w.id < $3 "
                                 "ORDER BY w.id DESC LIMIT $4") " DESC");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, customer);
    db_bind_int(q, 3, before ? before : INT64_MAX);
    db_bind_int(q, 4, limit);
    return take_rows(q, a, ret);
}

err store_gestures_asked(db_conn *c, arena *a, int64_t brand, int64_t after, int limit,
                         store_gesture_list *ret) {
    db_query *q =
        db_sql(c, PAGE("gesture_step q JOIN gesture w ON w.brand_id = q.brand_id AND w.id = q.gesture_id "
                       "WHERE q.brand_id = $1 AND q.step = 'asked' AND q.gesture_id > $2 "
                       "AND NOT EXISTS (SELECT 1 FROM gesture_step r WHERE r.brand_id = q.brand_id AND "
                       "r.gesture_id = q.gesture_id AND r.position = q.position + 1) "
                       "ORDER BY q.gesture_id LIMIT $3"));
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, after);
    db_bind_int(q, 3, limit);
    return take_rows(q, a, ret);
}

err store_gestures_after(db_conn *c, arena *a, int64_t brand, int64_t after, int limit,
                         store_gesture_list *ret) {
    db_query *q = db_sql(c, PAGE("gesture w WHERE w.brand_id = $1 AND w.id > $2 ORDER BY w.id LIMIT $3"));
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, after);
    db_bind_int(q, 3, limit);
    return take_rows(q, a, ret);
}

err store_gestures_asked_count(db_conn *c, int64_t brand, int cap, int *ret) {
    db_query *q = db_sql(c, "SELECT COUNT(*) AS n FROM (SELECT 1 FROM gesture_step q WHERE q.brand_id = $1 "
                            "AND q.step = 'asked' AND NOT EXISTS (SELECT 1 FROM gesture_step r WHERE "
                            "r.brand_id = q.brand_id AND r.gesture_id = q.gesture_id AND r.position = "
                            "q.position + 1) LIMIT $2) w");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, cap);
    int n = db_row(q) ? (int)db_int(q, "n") : 0;
    TRY(db_done(q));
    *ret = n;
    return ERR_NONE;
}

#define UNREAD                                                                                               \
    "AND NOT EXISTS (SELECT 1 FROM judgement_note j WHERE j.brand_id = w.brand_id AND j.gesture_id = w.id) "
#define JUDGED(which)                                                                                        \
    PAGE("gesture w WHERE w.brand_id = $1 AND w.policy_id = 0 AND w.id < $2 " which                          \
         "ORDER BY w.id DESC LIMIT $3")                                                                      \
    " DESC"

err store_gestures_judged(db_conn *c, arena *a, int64_t brand, int64_t agent, bool unread, int64_t before,
                          int limit, store_gesture_list *ret) {
    const char *sql = agent ? unread ? JUDGED("AND w.agent_id = $4 " UNREAD) : JUDGED("AND w.agent_id = $4 ")
                      : unread ? JUDGED(UNREAD)
                               : JUDGED("");
    db_query *q = db_sql(c, sql);
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, before ? before : INT64_MAX);
    db_bind_int(q, 3, limit);
    if (agent) db_bind_int(q, 4, agent);
    return take_rows(q, a, ret);
}

#define GONE                                                                                                 \
    "EXISTS (SELECT 1 FROM gesture_step s WHERE s.brand_id = g.brand_id AND s.gesture_id = g.id "            \
    "AND s.step IN ('declined', 'withdrawn'))"

err store_gesture_sums(db_conn *c, int64_t brand, int64_t conversation, int64_t policy,
                       struct store_gesture_sums *ret) {
    struct store_gesture_sums sums = {0};
    db_query *q =
        db_sql(c, "SELECT COUNT(*) AS n, "
                  "COALESCE(SUM(CASE WHEN g.policy_id = $3 AND NOT " GONE " THEN g.quantity ELSE 0 END), 0) "
                  "AS quantity, "
                  "COALESCE(SUM(CASE WHEN g.policy_id = $3 AND NOT " GONE " THEN g.cost ELSE 0 END), 0) "
                  "AS cost FROM gesture g WHERE g.brand_id = $1 AND g.conversation_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, policy);
    if (db_row(q))
        sums = (struct store_gesture_sums){db_int(q, "n"), db_int(q, "quantity"), db_int(q, "cost")};
    TRY(db_done(q));
    *ret = sums;
    return ERR_NONE;
}

/* ---- steps ---- */

err store_step_insert(db_conn *c, int64_t brand, const struct store_step *r) {
    db_query *q = db_sql(c, "INSERT INTO gesture_step (brand_id, gesture_id, position, step, agent_id, note, "
                            "at) VALUES ($1, $2, $3, $4, $5, $6, $7)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->gesture_id);
    db_bind_int(q, 3, r->position);
    db_bind_text(q, 4, str_z(states[r->step]));
    db_bind_int(q, 5, r->agent_id);
    db_bind_text(q, 6, r->note);
    db_bind_int(q, 7, r->at);
    return db_done(q);
}

err store_steps_of(db_conn *c, arena *a, int64_t brand, int64_t gesture, store_step_list *ret) {
    db_query *q = db_sql(c, "SELECT s.position, s.step, s.agent_id, s.note, s.at, COALESCE(p.name, '') AS "
                            "agent_name FROM gesture_step s "
                            "LEFT JOIN agent x ON x.brand_id = s.brand_id AND x.id = s.agent_id "
                            "LEFT JOIN account p ON p.id = x.account_id "
                            "WHERE s.brand_id = $1 AND s.gesture_id = $2 ORDER BY s.position");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, gesture);
    store_step_list rows = {0};
    while (db_row(q)) {
        struct store_step *r = list_add(a, &rows);
        *r = (struct store_step){.gesture_id = gesture,
                                 .position = db_int(q, "position"),
                                 .agent_id = db_int(q, "agent_id"),
                                 .at = db_int(q, "at"),
                                 .note = db_text(q, a, "note"),
                                 .agent_name = db_text(q, a, "agent_name")};
        gesture_state_from(db_text(q, a, "step"), &r->step);
    }
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

static err run_on(db_query *q, int64_t brand, int64_t conversation) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    return db_done(q);
}

#define ITS_GESTURES                                                                                         \
    "WHERE brand_id = $1 AND gesture_id IN (SELECT id FROM gesture WHERE brand_id = $1 AND conversation_id " \
    "= "                                                                                                     \
    "$2)"

err store_gestures_forget_words(db_conn *c, int64_t brand, int64_t conversation) {
    TRY(run_on(db_sql(c, "DELETE FROM judgement_note " ITS_GESTURES), brand, conversation));
    TRY(run_on(db_sql(c, "UPDATE gesture_step SET note = '' " ITS_GESTURES), brand, conversation));
    return run_on(db_sql(c, "UPDATE gesture SET judgement = '', item_name = CASE WHEN item_code = '' THEN '' "
                            "ELSE item_name END WHERE brand_id = $1 AND conversation_id = $2"),
                  brand, conversation);
}

err store_gesture_items(db_conn *c, arena *a, int64_t brand, str currency, const int64_t *ids, size_t n,
                        store_gesture_item_list *ret) {
    db_query *q = db_sql(
        c,
        "SELECT i.id, i.name, i.retired_at, COALESCE(l.cost, 0) AS cost, COALESCE(l.quantity, 0) AS quantity "
        "FROM catalogue_item i LEFT JOIN gesture l ON l.brand_id = i.brand_id AND l.id = ("
        "SELECT MAX(g.id) FROM gesture g WHERE g.brand_id = i.brand_id AND g.item_kind = CASE i.kind "
        "WHEN 0 THEN 'product' WHEN 1 THEN 'figure' ELSE 'part' END AND g.item_code = i.code "
        "AND g.currency = $2 AND g.kind IN ('replacement', 'part', 'extra') AND g.cost > 0 AND NOT " GONE
        ") WHERE i.brand_id = $1 AND i.id IN ($3, $4, $5, $6, $7, $8)");
    store_gesture_item_list rows = {0};
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, currency);
    for (size_t i = 0; i < GESTURE_ITEMS_MAX; i++) db_bind_int(q, 3 + (int)i, i < n ? ids[i] : 0);
    while (db_row(q))
        *list_add(a, &rows) =
            (struct store_gesture_item){db_int(q, "id"), db_text(q, a, "name"), db_int(q, "retired_at"),
                                        db_int(q, "cost"), db_int(q, "quantity")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_gesture_item(db_conn *c, arena *a, int64_t brand, int64_t item, str *ret_name,
                       int64_t *ret_retired_at) {
    db_query *q = db_sql(c, "SELECT name, retired_at FROM catalogue_item WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, item);
    bool there = db_row(q);
    str name = there ? db_text(q, a, "name") : S("");
    int64_t retired = there ? db_int(q, "retired_at") : 0;
    TRY(db_done(q));
    if (!there) return err_set(ERR_MISSING, "The catalogue has no such item.");
    *ret_name = name;
    *ret_retired_at = retired;
    return ERR_NONE;
}
