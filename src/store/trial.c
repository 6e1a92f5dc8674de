#include "store/trial.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const char *const views[TRIAL_VIEWS] = {"running", "waiting", "done"};
static const char *const case_states[TRIAL_CASE_STATES] = {"in", "waiting", "told", "skipped"};

const char *trial_view_name(trial_view v) { return views[v]; }
const char *trial_case_state_name(trial_case_state v) { return case_states[v]; }

bool trial_view_from(str s, trial_view *ret) {
    for (size_t i = 0; i < COUNT(views); i++) {
        if (!str_eq(s, str_z(views[i]))) continue;
        *ret = (trial_view)i;
        return true;
    }
    return false;
}

/* ---- trials ---- */

static void bind_changing(db_query *q, int64_t brand, const struct store_trial *r) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_text(q, 3, r->name);
    db_bind_text(q, 4, r->about);
    db_bind_int(q, 5, r->ends_day);
    db_bind_text(q, 6, r->result);
    db_bind_int(q, 7, r->ended_at);
    db_bind_int(q, 8, r->ended_by);
    db_bind_int(q, 9, r->ended_mark);
    db_bind_int(q, 10, r->version);
}

err store_trial_insert(db_conn *c, int64_t brand, const struct store_trial *r) {
    db_query *q = db_sql(c, "INSERT INTO trial (brand_id, id, name, about, ends_day, result, ended_at, "
                            "ended_by, ended_mark, version, defect_id, agent_id, created_at) VALUES ($1, $2, "
                            "$3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)");
    bind_changing(q, brand, r);
    db_bind_int(q, 11, r->defect_id);
    db_bind_int(q, 12, r->agent_id);
    db_bind_int(q, 13, r->created_at);
    return db_done(q);
}

err store_trial_update(db_conn *c, int64_t brand, const struct store_trial *r) {
    db_query *q = db_sql(c, "UPDATE trial SET name = $3, about = $4, ends_day = $5, result = $6, "
                            "ended_at = $7, ended_by = $8, ended_mark = $9, version = $10 "
                            "WHERE brand_id = $1 AND id = $2 AND version = $10 - 1");
    bind_changing(q, brand, r);
    TRY(db_done(q));
    if (!db_changes(q))
        return err_set(ERR_CONFLICT, "Somebody changed this test at the same moment; look again.");
    return ERR_NONE;
}

/* The first reply that went out after the end: it is not kept, it stands among the messages. One that failed
 * or of which nobody knows told nobody. */
#define TOLD(of, ended)                                                                                      \
    "(SELECT MIN(m.id) FROM message m WHERE m.brand_id = " of ".brand_id AND m.conversation_id = " of        \
    ".conversation_id AND m.kind = 'reply' AND m.state IN ('held', 'queued', 'sent', 'recorded') "           \
    "AND m.id > " ended ")"
#define CASES_WITH(more)                                                                                     \
    "(SELECT COUNT(*) FROM trial_case k WHERE k.brand_id = t.brand_id AND k.trial_id = t.id" more ")"
#define WAITING                                                                                              \
    " AND k.skipped_at = 0 AND NOT EXISTS (SELECT 1 FROM message m WHERE m.brand_id = k.brand_id AND "       \
    "m.conversation_id = k.conversation_id AND m.kind = 'reply' AND m.state IN ('held', 'queued', 'sent', "  \
    "'recorded') AND m.id > t.ended_mark)"
#define TRIALS                                                                                               \
    "SELECT t.id, t.name, t.about, t.defect_id, t.ends_day, t.result, t.agent_id, t.created_at, "            \
    "t.ended_at, t.ended_by, t.ended_mark, t.version, COALESCE(d.product_code, '') AS product_code, "        \
    "COALESCE(d.product_name, '') AS product_name, COALESCE(d.part_code, '') AS part_code, "                 \
    "COALESCE(d.part_name, '') AS part_name, "                                                               \
    "COALESCE((SELECT p.name FROM agent g JOIN account p ON p.id = g.account_id WHERE g.brand_id = "         \
    "t.brand_id AND g.id = t.agent_id), '') AS agent_name, "                                                 \
    "COALESCE((SELECT p.name FROM agent g JOIN account p ON p.id = g.account_id WHERE g.brand_id = "         \
    "t.brand_id AND g.id = t.ended_by), '') AS ended_name, " CASES_WITH("") " AS cases, " CASES_WITH(        \
        " AND k.skipped_at > 0") " AS skipped, CASE WHEN t.ended_at = 0 THEN "                               \
                                 "0 ELSE " CASES_WITH(WAITING) ""                                            \
                                                               " END AS "                                    \
                                                               "waiting FROM "                               \
                                                               "trial t LEFT "                               \
                                                               "JOIN defect d "                              \
                                                               "ON d.brand_id "                              \
                                                               "= t.brand_id "                               \
                                                               "AND d.id = "                                 \
                                                               "t.defect_id "                                \
                                                               "WHERE "                                      \
                                                               "t.brand_id = "                               \
                                                               "$1 "

static err take(db_query *q, arena *a, store_trial_list *ret) {
    store_trial_list rows = {0};
    while (db_row(q)) {
        struct store_trial *r = list_add(a, &rows);
        *r = (struct store_trial){.id = db_int(q, "id"),
                                  .name = db_text(q, a, "name"),
                                  .about = db_text(q, a, "about"),
                                  .defect_id = db_int(q, "defect_id"),
                                  .ends_day = db_int(q, "ends_day"),
                                  .result = db_text(q, a, "result"),
                                  .agent_id = db_int(q, "agent_id"),
                                  .created_at = db_int(q, "created_at"),
                                  .ended_at = db_int(q, "ended_at"),
                                  .ended_by = db_int(q, "ended_by"),
                                  .ended_mark = db_int(q, "ended_mark"),
                                  .version = db_int(q, "version"),
                                  .defect = {.id = db_int(q, "defect_id"),
                                             .product_code = db_text(q, a, "product_code"),
                                             .product_name = db_text(q, a, "product_name"),
                                             .part_code = db_text(q, a, "part_code"),
                                             .part_name = db_text(q, a, "part_name")},
                                  .agent_name = db_text(q, a, "agent_name"),
                                  .ended_name = db_text(q, a, "ended_name"),
                                  .cases = db_int(q, "cases"),
                                  .skipped = db_int(q, "skipped"),
                                  .waiting = db_int(q, "waiting")};
        if (r->ended_at) r->told = r->cases - r->skipped - r->waiting;
    }
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_trial_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_trial *ret) {
    db_query *q = db_sql(c, TRIALS "AND t.id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    store_trial_list rows;
    TRY(take(q, a, &rows));
    if (!rows.n) return err_set(ERR_MISSING, "There is no such test.");
    *ret = rows.v[0];
    return ERR_NONE;
}

#define SOMEBODY_WAITS                                                                                       \
    "EXISTS (SELECT 1 FROM trial_case k WHERE k.brand_id = t.brand_id AND k.trial_id = t.id" WAITING ")"
#define PAGE " AND t.id < $2 ORDER BY t.id DESC LIMIT $3"

static const char *view_sql(trial_view view) {
    switch (view) {
    case TRIALS_RUNNING: return TRIALS "AND t.ended_at = 0" PAGE;
    case TRIALS_WAITING: return TRIALS "AND t.ended_at > 0 AND " SOMEBODY_WAITS PAGE;
    case TRIALS_DONE: return TRIALS "AND t.ended_at > 0 AND NOT " SOMEBODY_WAITS PAGE;
    }
    return "";
}

err store_trials(db_conn *c, arena *a, int64_t brand, trial_view view, int64_t before, int limit,
                 store_trial_list *ret) {
    db_query *q = db_sql(c, view_sql(view));
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, before ? before : INT64_MAX);
    db_bind_int(q, 3, limit);
    return take(q, a, ret);
}

err store_trials_to_choose(db_conn *c, arena *a, int64_t brand, int limit, store_trial_list *ret) {
    db_query *q = db_sql(c, "SELECT id, name, defect_id, ends_day FROM trial WHERE brand_id = $1 AND "
                            "ended_at = 0 ORDER BY id DESC LIMIT $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, limit);
    store_trial_list rows = {0};
    while (db_row(q))
        *list_add(a, &rows) = (struct store_trial){.id = db_int(q, "id"),
                                                   .name = db_text(q, a, "name"),
                                                   .defect_id = db_int(q, "defect_id"),
                                                   .ends_day = db_int(q, "ends_day")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_trials_of_defect(db_conn *c, arena *a, int64_t brand, int64_t defect, int limit,
                           store_trial_list *ret) {
    db_query *q =
        db_sql(c, TRIALS "AND t.defect_id = $2 ORDER BY CASE WHEN t.ended_at = 0 THEN 0 ELSE 1 END, "
                         "t.id DESC LIMIT $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, defect);
    db_bind_int(q, 3, limit);
    return take(q, a, ret);
}

/* ---- the customers in them ---- */

err store_trial_case_insert(db_conn *c, int64_t brand, const struct store_trial_case *r, bool *ret_there) {
    db_query *q = db_sql(c, "INSERT INTO trial_case (brand_id, trial_id, customer_id, conversation_id, "
                            "agent_id, at, skipped_at, skip_why) VALUES ($1, $2, $3, $4, $5, $6, 0, '') "
                            "ON CONFLICT (brand_id, trial_id, customer_id) DO NOTHING");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->trial_id);
    db_bind_int(q, 3, r->customer_id);
    db_bind_int(q, 4, r->conversation_id);
    db_bind_int(q, 5, r->agent_id);
    db_bind_int(q, 6, r->at);
    TRY(db_done(q));
    *ret_there = db_changes(q) == 0;
    return ERR_NONE;
}

err store_trial_case_skip(db_conn *c, int64_t brand, const struct store_trial_case *r) {
    db_query *q = db_sql(c, "UPDATE trial_case SET skipped_at = $4, skip_why = $5 WHERE brand_id = $1 AND "
                            "trial_id = $2 AND customer_id = $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->trial_id);
    db_bind_int(q, 3, r->customer_id);
    db_bind_int(q, 4, r->skipped_at);
    db_bind_text(q, 5, r->skip_why);
    return db_done(q);
}

err store_trial_case_delete(db_conn *c, int64_t brand, int64_t trial, int64_t customer) {
    db_query *q = db_sql(c, "DELETE FROM trial_case WHERE brand_id = $1 AND trial_id = $2 AND "
                            "customer_id = $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, trial);
    db_bind_int(q, 3, customer);
    return db_done(q);
}

#define CASES                                                                                                \
    "SELECT k.trial_id, k.customer_id, k.conversation_id, k.agent_id, k.at, k.skipped_at, k.skip_why, "      \
    "v.number, v.snippet, v.agent_id AS holder_id, u.name AS customer_name, t.name AS trial_name, "          \
    "t.result, t.ended_at, t.ends_day, "                                                                     \
    "COALESCE((SELECT p.name FROM agent g JOIN account p ON p.id = g.account_id WHERE g.brand_id = "         \
    "k.brand_id AND g.id = k.agent_id), '') AS agent_name, "                                                 \
    "COALESCE((SELECT p.name FROM agent g JOIN account p ON p.id = g.account_id WHERE g.brand_id = "         \
    "k.brand_id AND g.id = v.agent_id), '') AS holder_name, CASE WHEN t.ended_at = 0 THEN 0 ELSE "           \
    "COALESCE(" TOLD(                                                                                        \
        "k", "t.ended_mark") ", 0) END AS told FROM trial_case k "                                           \
                             "JOIN trial t ON t.brand_id = k.brand_id AND t.id = k.trial_id "                \
                             "JOIN conversation v ON v.brand_id = k.brand_id AND v.id = k.conversation_id "  \
                             "JOIN customer u ON u.brand_id = k.brand_id AND u.id = k.customer_id WHERE "    \
                             "k.brand_id = $1 "

static err take_cases(db_query *q, arena *a, store_trial_case_list *ret) {
    store_trial_case_list rows = {0};
    while (db_row(q)) {
        struct store_trial_case *r = list_add(a, &rows);
        *r = (struct store_trial_case){.trial_id = db_int(q, "trial_id"),
                                       .customer_id = db_int(q, "customer_id"),
                                       .conversation_id = db_int(q, "conversation_id"),
                                       .agent_id = db_int(q, "agent_id"),
                                       .at = db_int(q, "at"),
                                       .skipped_at = db_int(q, "skipped_at"),
                                       .skip_why = db_text(q, a, "skip_why"),
                                       .told_message = db_int(q, "told"),
                                       .number = db_int(q, "number"),
                                       .holder_id = db_int(q, "holder_id"),
                                       .ended_at = db_int(q, "ended_at"),
                                       .ends_day = db_int(q, "ends_day"),
                                       .customer_name = db_text(q, a, "customer_name"),
                                       .agent_name = db_text(q, a, "agent_name"),
                                       .holder_name = db_text(q, a, "holder_name"),
                                       .snippet = db_text(q, a, "snippet"),
                                       .trial_name = db_text(q, a, "trial_name"),
                                       .result = db_text(q, a, "result")};
        r->state = !r->ended_at      ? TRIAL_CASE_IN
                   : r->told_message ? TRIAL_CASE_TOLD
                   : r->skipped_at   ? TRIAL_CASE_SKIPPED
                                     : TRIAL_CASE_WAITING;
    }
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_trial_case_get(db_conn *c, arena *a, int64_t brand, int64_t trial, int64_t customer,
                         struct store_trial_case *ret) {
    db_query *q = db_sql(c, CASES "AND k.trial_id = $2 AND k.customer_id = $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, trial);
    db_bind_int(q, 3, customer);
    store_trial_case_list rows;
    TRY(take_cases(q, a, &rows));
    if (!rows.n) return err_set(ERR_MISSING, "This customer is not in the test.");
    *ret = rows.v[0];
    return ERR_NONE;
}

err store_trial_cases(db_conn *c, arena *a, int64_t brand, int64_t trial, bool waiting, struct page_key after,
                      int limit, store_trial_case_list *ret) {
#define PAGED "AND k.trial_id = $2 AND (k.at, k.customer_id) > ($3, $4) "
    db_query *q =
        waiting ? db_sql(c, CASES PAGED "AND t.ended_at > 0" WAITING " ORDER BY k.at, k.customer_id LIMIT $5")
                : db_sql(c, CASES PAGED "ORDER BY k.at, k.customer_id LIMIT $5");
#undef PAGED
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, trial);
    db_bind_int(q, 3, after.at);
    db_bind_int(q, 4, after.id);
    db_bind_int(q, 5, limit);
    return take_cases(q, a, ret);
}

err store_trial_cases_of_conversation(db_conn *c, arena *a, int64_t brand, int64_t conversation,
                                      store_trial_case_list *ret) {
    db_query *q = db_sql(c, CASES "AND k.conversation_id = $2 ORDER BY k.trial_id DESC");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    return take_cases(q, a, ret);
}

err store_trial_last_writer(db_conn *c, int64_t brand, int64_t conversation, int64_t *ret_agent) {
    db_query *q = db_sql(c, "SELECT agent_id FROM message WHERE brand_id = $1 AND conversation_id = $2 AND "
                            "kind = 'reply' AND agent_id > 0 ORDER BY id DESC LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    int64_t agent = 0;
    if (db_row(q)) agent = db_int(q, "agent_id");
    TRY(db_done(q));
    *ret_agent = agent;
    return ERR_NONE;
}

err store_trial_count_waiting(db_conn *c, int64_t brand, int64_t since, int cap, int *ret) {
    db_query *q = db_sql(c, "SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM trial t JOIN trial_case k ON "
                            "k.brand_id = t.brand_id AND k.trial_id = t.id WHERE t.brand_id = $1 AND "
                            "t.ended_at > $3" WAITING " LIMIT $2) x");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, cap);
    db_bind_int(q, 3, since);
    int n = 0;
    if (db_row(q)) n = (int)db_int(q, "n");
    TRY(db_done(q));
    *ret = n;
    return ERR_NONE;
}
