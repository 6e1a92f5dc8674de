#include "store/policy.h"

static const char *const answers[POLICY_ANSWERS] = {"replacement", "part",        "refund", "voucher",
                                                    "extra",       "ask_payment", "none"};

const char *policy_answer_name(policy_answer v) { return answers[v]; }

bool policy_answer_from(str s, policy_answer *ret) {
    for (int i = 0; i < POLICY_ANSWERS; i++) {
        if (!str_eq(s, str_z(answers[i]))) continue;
        *ret = (policy_answer)i;
        return true;
    }
    return false;
}

/* ---- policies ---- */

#define POLICY_ROWS                                                                                          \
    "SELECT f.id, f.situation, f.item_kind, f.item_code, f.answer, f.amount, f.quantity, f.hint, "           \
    "f.agent_id, f.updated_at, f.retired_at, COALESCE(p.name, '') AS agent_name, "                           \
    "f.item_name FROM policy f "                                                                             \
    "LEFT JOIN agent g ON g.brand_id = f.brand_id AND g.id = f.agent_id "                                    \
    "LEFT JOIN account p ON p.id = g.account_id "                                                            \
    "WHERE f.brand_id = $1 "

static err take_policies(db_query *q, arena *a, store_policy_list *ret) {
    store_policy_list rows = {0};
    while (db_row(q)) {
        struct store_policy *r = list_add(a, &rows);
        *r = (struct store_policy){.id = db_int(q, "id"),
                                   .situation = db_text(q, a, "situation"),
                                   .item_kind = db_text(q, a, "item_kind"),
                                   .item_code = db_text(q, a, "item_code"),
                                   .answer = ANSWER_NONE,
                                   .amount = db_int(q, "amount"),
                                   .quantity = db_int(q, "quantity"),
                                   .hint = db_text(q, a, "hint"),
                                   .agent_id = db_int(q, "agent_id"),
                                   .updated_at = db_int(q, "updated_at"),
                                   .retired_at = db_int(q, "retired_at"),
                                   .agent_name = db_text(q, a, "agent_name"),
                                   .item_name = db_text(q, a, "item_name")};
        policy_answer_from(db_text(q, a, "answer"), &r->answer);
    }
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

static err first_policy(db_query *q, arena *a, struct store_policy *ret) {
    store_policy_list rows = {0};
    TRY(take_policies(q, a, &rows));
    *ret = rows.n ? rows.v[0] : (struct store_policy){0};
    return ERR_NONE;
}

err store_policy_insert(db_conn *c, int64_t brand, const struct store_policy *r) {
    db_query *q =
        db_sql(c, "INSERT INTO policy (brand_id, id, situation, item_kind, item_code, answer, amount, "
                  "quantity, hint, agent_id, updated_at, item_name, retired_at) "
                  "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_text(q, 3, r->situation);
    db_bind_text(q, 4, r->item_kind);
    db_bind_text(q, 5, r->item_code);
    db_bind_text(q, 6, str_z(answers[r->answer]));
    db_bind_int(q, 7, r->amount);
    db_bind_int(q, 8, r->quantity);
    db_bind_text(q, 9, r->hint);
    db_bind_int(q, 10, r->agent_id);
    db_bind_int(q, 11, r->updated_at);
    db_bind_text(q, 12, r->item_name);
    return db_done(q);
}

err store_policy_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_policy *ret) {
    db_query *q = db_sql(c, POLICY_ROWS "AND f.id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    struct store_policy row;
    TRY(first_policy(q, a, &row));
    if (!row.id) return err_set(ERR_MISSING, "There is no such policy.");
    *ret = row;
    return ERR_NONE;
}

err store_policy_retire(db_conn *c, int64_t brand, int64_t id, int64_t agent, int64_t now, bool *ret_was) {
    db_query *q = db_sql(c, "UPDATE policy SET retired_at = $3, agent_id = $4 "
                            "WHERE brand_id = $1 AND id = $2 AND retired_at = 0");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    db_bind_int(q, 3, now);
    db_bind_int(q, 4, agent);
    TRY(db_done(q));
    *ret_was = db_changes(q) == 1;
    return ERR_NONE;
}

err store_policies(db_conn *c, arena *a, int64_t brand, store_policy_list *ret) {
    db_query *q = db_sql(c, POLICY_ROWS "AND f.retired_at = 0 "
                                        "ORDER BY f.situation, f.item_kind, f.item_code, f.id");
    db_bind_int(q, 1, brand);
    return take_policies(q, a, ret);
}

err store_policies_retired(db_conn *c, arena *a, int64_t brand, int limit, store_policy_list *ret) {
    db_query *q =
        db_sql(c, POLICY_ROWS "AND f.retired_at > 0 ORDER BY f.retired_at DESC, f.id DESC LIMIT $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, limit);
    return take_policies(q, a, ret);
}

err store_policy_at(db_conn *c, arena *a, int64_t brand, str situation, str item_kind, str item_code,
                    struct store_policy *ret) {
    db_query *q = db_sql(c, POLICY_ROWS "AND f.situation = $2 AND f.item_kind = $3 AND f.item_code = $4 "
                                        "AND f.retired_at = 0");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, situation);
    db_bind_text(q, 3, item_kind);
    db_bind_text(q, 4, item_code);
    return first_policy(q, a, ret);
}

static err take_number(db_query *q, const char *column, int64_t *ret) {
    int64_t n = db_row(q) ? db_int(q, column) : 0;
    TRY(db_done(q));
    *ret = n;
    return ERR_NONE;
}

err store_policy_amounts(db_conn *c, int64_t brand, int64_t *ret) {
    db_query *q = db_sql(
        c, "SELECT (SELECT COUNT(*) FROM policy WHERE brand_id = $1 AND retired_at = 0 AND amount > 0) "
           "+ (SELECT COUNT(*) FROM allowance WHERE brand_id = $1 AND amount > 0) AS n");
    db_bind_int(q, 1, brand);
    return take_number(q, "n", ret);
}

/* ---- allowances ---- */

err store_allowance_put(db_conn *c, int64_t brand, const struct store_allowance *r) {
    db_query *q =
        db_sql(c, "INSERT INTO allowance (brand_id, role, agent_id, amount, updated_by, updated_at) "
                  "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (brand_id, role, agent_id) DO UPDATE SET "
                  "amount = excluded.amount, updated_by = excluded.updated_by, "
                  "updated_at = excluded.updated_at");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, r->role);
    db_bind_int(q, 3, r->agent_id);
    db_bind_int(q, 4, r->amount);
    db_bind_int(q, 5, r->updated_by);
    db_bind_int(q, 6, r->updated_at);
    return db_done(q);
}

err store_allowance_delete(db_conn *c, int64_t brand, str role, int64_t agent) {
    db_query *q = db_sql(c, "DELETE FROM allowance WHERE brand_id = $1 AND role = $2 AND agent_id = $3");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, role);
    db_bind_int(q, 3, agent);
    return db_done(q);
}

err store_allowances(db_conn *c, arena *a, int64_t brand, store_allowance_list *ret) {
    db_query *q = db_sql(c, "SELECT role, agent_id, amount, updated_by, updated_at FROM allowance "
                            "WHERE brand_id = $1 ORDER BY agent_id, role");
    db_bind_int(q, 1, brand);
    store_allowance_list rows = {0};
    while (db_row(q))
        *list_add(a, &rows) = (struct store_allowance){.role = db_text(q, a, "role"),
                                                       .agent_id = db_int(q, "agent_id"),
                                                       .amount = db_int(q, "amount"),
                                                       .updated_by = db_int(q, "updated_by"),
                                                       .updated_at = db_int(q, "updated_at")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_allowance_of(db_conn *c, int64_t brand, int64_t agent, str role, int64_t *ret_amount) {
    db_query *q = db_sql(c, "SELECT amount FROM allowance WHERE brand_id = $1 AND ((role = '' AND "
                            "agent_id = $2) OR (role = $3 AND agent_id = 0)) ORDER BY agent_id DESC LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, agent);
    db_bind_text(q, 3, role);
    return take_number(q, "amount", ret_amount);
}

/* ---- what is spent ---- */

err store_used_get(db_conn *c, int64_t brand, int64_t agent, int64_t month, str currency, int64_t *ret_used) {
    db_query *q = db_sql(c, "SELECT used FROM allowance_used WHERE brand_id = $1 AND agent_id = $2 "
                            "AND month = $3 AND currency = $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, agent);
    db_bind_int(q, 3, month);
    db_bind_text(q, 4, currency);
    return take_number(q, "used", ret_used);
}

static err take_used(db_query *q, arena *a, store_used_list *ret) {
    store_used_list rows = {0};
    while (db_row(q))
        *list_add(a, &rows) = (struct store_used){db_int(q, "agent_id"), db_int(q, "month"),
                                                  db_text(q, a, "currency"), db_int(q, "used")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_used_of_agent(db_conn *c, arena *a, int64_t brand, int64_t agent, int limit, store_used_list *ret) {
    db_query *q = db_sql(c, "SELECT agent_id, month, currency, used FROM allowance_used WHERE brand_id = $1 "
                            "AND agent_id = $2 ORDER BY month DESC, currency LIMIT $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, agent);
    db_bind_int(q, 3, limit);
    return take_used(q, a, ret);
}

err store_used_in_month(db_conn *c, arena *a, int64_t brand, int64_t month, str currency,
                        store_used_list *ret) {
    db_query *q = db_sql(c, "SELECT agent_id, month, currency, used FROM allowance_used WHERE brand_id = $1 "
                            "AND month = $2 AND currency = $3 ORDER BY agent_id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, month);
    db_bind_text(q, 3, currency);
    return take_used(q, a, ret);
}

static void used_key(db_query *q, int64_t brand, int64_t agent, int64_t month, str currency) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, agent);
    db_bind_int(q, 3, month);
    db_bind_text(q, 4, currency);
}

err store_used_spend(db_conn *c, int64_t brand, int64_t agent, int64_t month, str currency, int64_t cost,
                     int64_t amount, bool *ret_spent) {
    db_query *q = db_sql(c, "INSERT INTO allowance_used (brand_id, agent_id, month, currency, used) "
                            "VALUES ($1, $2, $3, $4, 0) ON CONFLICT (brand_id, agent_id, month, currency) "
                            "DO NOTHING");
    used_key(q, brand, agent, month, currency);
    TRY(db_done(q));
    q = db_sql(c, "UPDATE allowance_used SET used = used + $5 WHERE brand_id = $1 AND agent_id = $2 "
                  "AND month = $3 AND currency = $4 AND used + $5 <= $6");
    used_key(q, brand, agent, month, currency);
    db_bind_int(q, 5, cost);
    db_bind_int(q, 6, amount);
    TRY(db_done(q));
    *ret_spent = db_changes(q) == 1;
    return ERR_NONE;
}

err store_used_give_back(db_conn *c, int64_t brand, int64_t agent, int64_t month, str currency,
                         int64_t cost) {
    db_query *q = db_sql(c, "UPDATE allowance_used SET used = used - $5 WHERE brand_id = $1 AND "
                            "agent_id = $2 AND month = $3 AND currency = $4 AND used >= $5");
    used_key(q, brand, agent, month, currency);
    db_bind_int(q, 5, cost);
    TRY(db_done(q));
    if (db_changes(q) != 1)
        return err_set(ERR_INTERNAL, "Less was spent in %lld than is to be given back.", (long long)month);
    return ERR_NONE;
}
