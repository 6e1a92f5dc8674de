#include "store/promise.h"

static const char *const whose_names[] = {"ours", "theirs"};
static const char *const states[PROMISE_STATES] = {"open", "kept", "broken", "released"};
static const char *const proofs[PROOF_KINDS] = {"", "message", "box", "incident"};
static const char *const views[PROMISE_VIEWS] = {"due", "late", "open", "kept", "broken", "released"};
static const char *const step_names[PROMISE_STEPS] = {"made",     "moved",    "warned", "kept",     "broken",
                                                      "released", "reopened", "agreed", "disagreed"};

static bool find_name(const char *const *names, int n, str s, int *ret) {
    for (int i = 0; i < n; i++) {
        if (!str_eq(s, str_z(names[i]))) continue;
        *ret = i;
        return true;
    }
    return false;
}

#define NAMES(type, prefix, names, n)                                                                        \
    const char *prefix##_name(type v) { return names[v]; }                                                   \
    bool prefix##_from(str s, type *ret) {                                                                   \
        int i;                                                                                               \
        if (!find_name(names, n, s, &i)) return false;                                                       \
        *ret = (type)i;                                                                                      \
        return true;                                                                                         \
    }
NAMES(promise_whose, promise_whose, whose_names, 2)
NAMES(promise_state, promise_state, states, PROMISE_STATES)
NAMES(proof_kind, proof_kind, proofs, PROOF_KINDS)
NAMES(promise_view, promise_view, views, PROMISE_VIEWS)
NAMES(promise_step_kind, promise_step, step_names, PROMISE_STEPS)

/* ---- rows ---- */

#define HOLDER "CASE WHEN v.agent_id <> 0 THEN v.agent_id ELSE p.agent_id END"
#define WITH_HOLDER                                                                                          \
    "JOIN conversation v ON v.brand_id = p.brand_id AND v.id = p.conversation_id "                           \
    "LEFT JOIN agent h ON h.brand_id = p.brand_id AND h.id = " HOLDER " "
#define GONE "(h.id IS NULL OR h.away_at > 0 OR h.disabled_at > 0)"

/* Looked up for the rows that are shown only; as joins they would be done, and planned, for all. */
#define NAME_OF(agent)                                                                                       \
    "COALESCE((SELECT x.name FROM agent y JOIN account x ON x.id = y.account_id "                            \
    "WHERE y.brand_id = p.brand_id AND y.id = " agent "), '') "

#define AGENT_NAME NAME_OF("p.agent_id")
#define HOLDER_NAME NAME_OF("h.id")
#define SETTLED_NAME NAME_OF("p.settled_by")
#define LAST_NOTE                                                                                            \
    "COALESCE((SELECT s.note FROM promise_step s WHERE s.brand_id = p.brand_id AND s.promise_id = p.id "     \
    "AND s.position = p.steps), '') "

#define SAID_AT                                                                                              \
    "COALESCE((SELECT m.said_at FROM message m WHERE m.brand_id = p.brand_id AND m.id = p.message_id), "     \
    "p.created_at) "

#define ROWS                                                                                                 \
    "SELECT p.id, p.conversation_id, p.customer_id, p.message_id, p.whose, p.text, p.due_day, p.due_at, "    \
    "p.rise_at, p.warned_at, p.warned_day, p.state, p.proof_kind, p.proof_id, p.agreed, p.steps, "           \
    "p.agent_id, p.created_at, p.settled_at, p.settled_by, v.number, v.subject, " HOLDER " AS holder_id, "   \
    "CASE WHEN " GONE " THEN 1 ELSE 0 END AS holder_gone, u.name AS customer_name, " AGENT_NAME              \
    "AS agent_name, " HOLDER_NAME "AS holder_name, " SETTLED_NAME "AS settled_name, " LAST_NOTE              \
    "AS note, " SAID_AT "AS said_at "                                                                        \
    "FROM promise p " WITH_HOLDER "JOIN customer u ON u.brand_id = p.brand_id AND u.id = p.customer_id "     \
    "WHERE p.brand_id = $1 "

static void read_row(db_query *q, arena *a, struct store_promise *r) {
    *r = (struct store_promise){.id = db_int(q, "id"),
                                .conversation_id = db_int(q, "conversation_id"),
                                .customer_id = db_int(q, "customer_id"),
                                .message_id = db_int(q, "message_id"),
                                .text = db_text(q, a, "text"),
                                .due_day = db_int(q, "due_day"),
                                .due_at = db_int(q, "due_at"),
                                .rise_at = db_int(q, "rise_at"),
                                .warned_at = db_int(q, "warned_at"),
                                .warned_day = db_int(q, "warned_day"),
                                .proof.id = db_int(q, "proof_id"),
                                .agreed = db_int(q, "agreed") != 0,
                                .steps = db_int(q, "steps"),
                                .agent_id = db_int(q, "agent_id"),
                                .created_at = db_int(q, "created_at"),
                                .settled_at = db_int(q, "settled_at"),
                                .settled_by = db_int(q, "settled_by"),
                                .number = db_int(q, "number"),
                                .holder_id = db_int(q, "holder_id"),
                                .holder_gone = db_int(q, "holder_gone") != 0,
                                .subject = db_text(q, a, "subject"),
                                .customer_name = db_text(q, a, "customer_name"),
                                .agent_name = db_text(q, a, "agent_name"),
                                .holder_name = db_text(q, a, "holder_name"),
                                .settled_name = db_text(q, a, "settled_name"),
                                .note = db_text(q, a, "note"),
                                .said_at = db_int(q, "said_at")};
    promise_whose_from(db_text(q, a, "whose"), &r->whose);
    promise_state_from(db_text(q, a, "state"), &r->state);
    proof_kind_from(db_text(q, a, "proof_kind"), &r->proof.kind);
}

static err take(db_query *q, arena *a, store_promise_list *ret) {
    store_promise_list rows = {0};
    while (db_row(q)) read_row(q, a, list_add(a, &rows));
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

static void bind_changing(db_query *q, int64_t brand, const struct store_promise *r) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_int(q, 3, r->due_day);
    db_bind_int(q, 4, r->due_at);
    db_bind_int(q, 5, r->rise_at);
    db_bind_int(q, 6, r->warned_at);
    db_bind_int(q, 7, r->warned_day);
    db_bind_text(q, 8, str_z(states[r->state]));
    db_bind_text(q, 9, str_z(proofs[r->proof.kind]));
    db_bind_int(q, 10, r->proof.id);
    db_bind_int(q, 11, r->agreed);
    db_bind_int(q, 12, r->steps);
    db_bind_int(q, 13, r->settled_at);
    db_bind_int(q, 14, r->settled_by);
}

err store_promise_insert(db_conn *c, int64_t brand, const struct store_promise *r) {
    db_query *q = db_sql(
        c, "INSERT INTO promise (brand_id, id, due_day, due_at, rise_at, warned_at, warned_day, state, "
           "proof_kind, proof_id, agreed, steps, settled_at, settled_by, conversation_id, customer_id, "
           "message_id, whose, text, agent_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
           "$11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)");
    bind_changing(q, brand, r);
    db_bind_int(q, 15, r->conversation_id);
    db_bind_int(q, 16, r->customer_id);
    db_bind_int(q, 17, r->message_id);
    db_bind_text(q, 18, str_z(whose_names[r->whose]));
    db_bind_text(q, 19, r->text);
    db_bind_int(q, 20, r->agent_id);
    db_bind_int(q, 21, r->created_at);
    return db_done(q);
}

err store_promise_update(db_conn *c, int64_t brand, const struct store_promise *r) {
    db_query *q = db_sql(
        c, "UPDATE promise SET due_day = $3, due_at = $4, rise_at = $5, warned_at = $6, warned_day = $7, "
           "state = $8, proof_kind = $9, proof_id = $10, agreed = $11, steps = $12, settled_at = $13, "
           "settled_by = $14 WHERE brand_id = $1 AND id = $2 AND steps = $12 - 1");
    bind_changing(q, brand, r);
    TRY(db_done(q));
    if (!db_changes(q))
        return err_set(ERR_CONFLICT, "Somebody changed this promise at the same moment; look again.");
    return ERR_NONE;
}

err store_promise_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_promise *ret) {
    db_query *q = db_sql(c, ROWS "AND p.id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    store_promise_list rows;
    TRY(take(q, a, &rows));
    if (!rows.n) return err_set(ERR_MISSING, "There is no such promise.");
    *ret = rows.v[0];
    return ERR_NONE;
}

/* ---- deleting ---- */

static err run_on(db_query *q, int64_t brand, int64_t id) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    return db_done(q);
}

#define DELETE_STEPS(which)                                                                                  \
    "DELETE FROM promise_step WHERE brand_id = $1 AND promise_id IN "                                        \
    "(SELECT id FROM promise WHERE brand_id = $1 AND " which ")"
#define DELETE_PROMISES(which) "DELETE FROM promise WHERE brand_id = $1 AND " which
#define OF_MESSAGE "message_id = $2 AND message_id > 0"
#define NOT_AGREED "conversation_id = $2 AND whose = 'theirs' AND agreed = 0"

err store_promises_delete_of_message(db_conn *c, int64_t brand, int64_t message) {
    TRY(run_on(db_sql(c, DELETE_STEPS(OF_MESSAGE)), brand, message));
    return run_on(db_sql(c, DELETE_PROMISES(OF_MESSAGE)), brand, message);
}

err store_promises_delete_not_agreed(db_conn *c, int64_t brand, int64_t conversation) {
    TRY(run_on(db_sql(c, DELETE_STEPS(NOT_AGREED)), brand, conversation));
    return run_on(db_sql(c, DELETE_PROMISES(NOT_AGREED)), brand, conversation);
}

/* ---- lists ---- */

#define HELD_BY(n) "($" n " = 0 OR ($" n " > 0 AND " HOLDER " = $" n ") OR ($" n " < 0 AND " GONE ")) "
#define RISING(which)                                                                                        \
    ROWS "AND p.state = 'open' AND p.whose = 'ours' AND " which " AND (p.rise_at, p.id) > ($2, $3) "         \
         "AND " HELD_BY("5") "ORDER BY p.rise_at, p.id LIMIT $4"
#define SETTLED(which)                                                                                       \
    ROWS "AND p.state = '" which "' AND p.whose = 'ours' AND (p.settled_at, p.id) < ($2, $3) "               \
         "AND " HELD_BY("5") "ORDER BY p.settled_at DESC, p.id DESC LIMIT $4"

static bool is_open(promise_view view) { return view <= PROMISES_OPEN; }

static const char *view_sql(promise_view view) {
    switch (view) {
    case PROMISES_DUE:
    case PROMISES_OPEN: return RISING("p.rise_at <= $6");
    case PROMISES_LATE: return RISING("p.rise_at < $6 AND p.due_at < $6");
    case PROMISES_KEPT: return SETTLED("kept");
    case PROMISES_BROKEN: return SETTLED("broken");
    case PROMISES_RELEASED: return SETTLED("released");
    }
    return "";
}

err store_promises(db_conn *c, arena *a, int64_t brand, const struct promise_ask *ask, struct page_key after,
                   int limit, store_promise_list *ret) {
    if (after.id == 0) after.at = after.id = is_open(ask->view) ? -1 : INT64_MAX;
    db_query *q = db_sql(c, view_sql(ask->view));
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, after.at);
    db_bind_int(q, 3, after.id);
    db_bind_int(q, 4, limit);
    db_bind_int(q, 5, ask->holder);
    if (is_open(ask->view))
        db_bind_int(q, 6,
                    ask->view == PROMISES_DUE    ? ask->today_end
                    : ask->view == PROMISES_LATE ? ask->now
                                                 : INT64_MAX);
    return take(q, a, ret);
}

struct page_key promise_key(promise_view view, const struct store_promise *row) {
    return (struct page_key){is_open(view) ? row->rise_at : row->settled_at, row->id};
}

#define COUNTED(tables, which)                                                                               \
    "SELECT SUM(CASE WHEN p.due_at < $2 THEN 1 ELSE 0 END) AS late, "                                        \
    "SUM(CASE WHEN p.due_at >= $2 AND p.due_at <= $3 THEN 1 ELSE 0 END) AS today, COUNT(*) AS n "            \
    "FROM promise p " tables "WHERE p.brand_id = $1 AND p.state = 'open' AND p.whose = 'ours' "              \
    "AND p.rise_at <= $3 " which

err store_promise_count(db_conn *c, int64_t brand, const struct promise_ask *ask,
                        struct promise_counts *ret) {
    /* Of all: without the joins, since every page asks. */
    db_query *q = db_sql(c, ask->holder ? COUNTED(WITH_HOLDER, "AND " HELD_BY("4")) : COUNTED("", ""));
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, ask->now);
    db_bind_int(q, 3, ask->today_end);
    if (ask->holder) db_bind_int(q, 4, ask->holder);
    struct promise_counts n = {0};
    if (db_row(q)) {
        n.late = db_int(q, "late");
        n.today = db_int(q, "today");
        n.warned = db_int(q, "n") - n.late - n.today;
    }
    TRY(db_done(q));
    *ret = n;
    return ERR_NONE;
}

err store_promises_of_conversation(db_conn *c, arena *a, int64_t brand, int64_t conversation, int64_t after,
                                   int limit, store_promise_list *ret) {
    db_query *q = db_sql(c, ROWS "AND p.conversation_id = $2 AND p.id > $3 ORDER BY p.id LIMIT $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, after);
    db_bind_int(q, 4, limit);
    return take(q, a, ret);
}

err store_promises_of_customer(db_conn *c, arena *a, int64_t brand, int64_t customer, int64_t before,
                               int limit, store_promise_list *ret) {
    db_query *q = db_sql(c, ROWS "AND p.customer_id = $2 AND p.id < $3 "
                                 "AND (p.whose = 'ours' OR p.agreed = 1) ORDER BY p.id DESC LIMIT $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, customer);
    db_bind_int(q, 3, before ? before : INT64_MAX);
    db_bind_int(q, 4, limit);
    return take(q, a, ret);
}

err store_promise_memories(db_conn *c, arena *a, int64_t brand, int64_t customer, int64_t except, int limit,
                           store_promise_list *ret) {
    db_query *q = db_sql(c, ROWS "AND p.customer_id = $2 AND p.conversation_id <> $3 AND p.whose = 'theirs' "
                                 "AND p.agreed = 1 AND p.state IN ('open', 'kept') "
                                 "ORDER BY p.id DESC LIMIT $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, customer);
    db_bind_int(q, 3, except);
    db_bind_int(q, 4, limit);
    return take(q, a, ret);
}

err store_promises_beside(db_conn *c, arena *a, int64_t brand, int64_t conversation, int64_t customer,
                          int limit, store_promise_list *ret) {
    db_query *q = db_sql(c, ROWS "AND p.id IN (SELECT id FROM promise WHERE brand_id = $1 AND "
                                 "conversation_id = $2 UNION SELECT id FROM promise WHERE brand_id = $1 AND "
                                 "customer_id = $3 AND whose = 'theirs' AND agreed = 1 AND state IN ('open', "
                                 "'kept')) ORDER BY p.id DESC LIMIT $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, customer);
    db_bind_int(q, 4, limit);
    return take(q, a, ret);
}

static err first_or_none(db_query *q, arena *a, struct store_promise *ret) {
    store_promise_list rows;
    TRY(take(q, a, &rows));
    *ret = rows.n ? rows.v[0] : (struct store_promise){0};
    return ERR_NONE;
}

err store_promise_same_theirs(db_conn *c, arena *a, int64_t brand, int64_t message, str text,
                              struct store_promise *ret) {
    db_query *q = db_sql(c, ROWS "AND p.message_id = $2 AND p.message_id > 0 AND p.text = $3 AND p.whose = "
                                 "'theirs' ORDER BY p.id LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    db_bind_text(q, 3, text);
    return first_or_none(q, a, ret);
}

err store_promise_same_ours(db_conn *c, arena *a, int64_t brand, int64_t conversation, str text, int64_t day,
                            struct store_promise *ret) {
    /* The plus keeps SQLite from going through all that is due on that day. */
    db_query *q = db_sql(c, ROWS "AND p.conversation_id = $2 AND p.text = $3 AND +p.due_day = $4 "
                                 "AND p.message_id = 0 AND p.whose = 'ours' AND p.state = 'open' "
                                 "ORDER BY p.id LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_text(q, 3, text);
    db_bind_int(q, 4, day);
    return first_or_none(q, a, ret);
}

err store_promises_proved_by(db_conn *c, arena *a, int64_t brand, int64_t customer, int64_t message,
                             store_promise_list *ret) {
    db_query *q = db_sql(c, ROWS "AND p.customer_id = $2 AND p.proof_kind = 'message' AND p.proof_id = $3 "
                                 "AND p.state <> 'open' ORDER BY p.id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, customer);
    db_bind_int(q, 3, message);
    return take(q, a, ret);
}

err store_promises_after(db_conn *c, arena *a, int64_t brand, int64_t after, int limit,
                         store_promise_list *ret) {
    db_query *q = db_sql(c, ROWS "AND p.id > $2 AND p.whose = 'ours' ORDER BY p.id LIMIT $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, after);
    db_bind_int(q, 3, limit);
    return take(q, a, ret);
}

/* ---- a change of zone ---- */

err store_promise_days(db_conn *c, arena *a, int64_t brand, day_list *ret) {
    db_query *q = db_sql(c, "SELECT DISTINCT due_day FROM promise WHERE brand_id = $1 AND state = 'open' "
                            "AND due_day > 0 ORDER BY due_day");
    db_bind_int(q, 1, brand);
    day_list days = {0};
    while (db_row(q)) *list_add(a, &days) = db_int(q, "due_day");
    TRY(db_done(q));
    *ret = days;
    return ERR_NONE;
}

err store_promise_day_ends(db_conn *c, int64_t brand, int64_t day, int64_t due_at) {
    db_query *q =
        db_sql(c, "UPDATE promise SET due_at = $3, rise_at = CASE WHEN warned_at > 0 AND warned_at < $3 "
                  "THEN warned_at ELSE $3 END WHERE brand_id = $1 AND due_day = $2 AND state = 'open'");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, day);
    db_bind_int(q, 3, due_at);
    return db_done(q);
}

/* ---- steps ---- */

err store_promise_step_insert(db_conn *c, int64_t brand, const struct promise_step *r) {
    db_query *q =
        db_sql(c, "INSERT INTO promise_step (brand_id, promise_id, position, step, from_day, to_day, "
                  "proof_kind, proof_id, note, agent_id, at) "
                  "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->promise_id);
    db_bind_int(q, 3, r->position);
    db_bind_text(q, 4, str_z(step_names[r->step]));
    db_bind_int(q, 5, r->from_day);
    db_bind_int(q, 6, r->to_day);
    db_bind_text(q, 7, str_z(proofs[r->proof.kind]));
    db_bind_int(q, 8, r->proof.id);
    db_bind_text(q, 9, r->note);
    db_bind_int(q, 10, r->agent_id);
    db_bind_int(q, 11, r->at);
    return db_done(q);
}

err store_promise_steps(db_conn *c, arena *a, int64_t brand, int64_t promise, promise_step_list *ret) {
    db_query *q = db_sql(c, "SELECT s.position, s.step, s.from_day, s.to_day, s.proof_kind, s.proof_id, "
                            "s.note, s.agent_id, s.at, COALESCE(p.name, '') AS agent_name "
                            "FROM promise_step s "
                            "LEFT JOIN agent g ON g.brand_id = s.brand_id AND g.id = s.agent_id "
                            "LEFT JOIN account p ON p.id = g.account_id "
                            "WHERE s.brand_id = $1 AND s.promise_id = $2 ORDER BY s.position");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, promise);
    promise_step_list rows = {0};
    while (db_row(q)) {
        struct promise_step *r = list_add(a, &rows);
        *r = (struct promise_step){.promise_id = promise,
                                   .position = db_int(q, "position"),
                                   .from_day = db_int(q, "from_day"),
                                   .to_day = db_int(q, "to_day"),
                                   .proof.id = db_int(q, "proof_id"),
                                   .note = db_text(q, a, "note"),
                                   .agent_id = db_int(q, "agent_id"),
                                   .at = db_int(q, "at"),
                                   .agent_name = db_text(q, a, "agent_name")};
        promise_step_from(db_text(q, a, "step"), &r->step);
        proof_kind_from(db_text(q, a, "proof_kind"), &r->proof.kind);
    }
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}
