#include "store/survey.h"

static const char *const states[] = {"due", "sent", "skipped", "failed", "never"};

static survey_state state_of(str s) {
    for (int i = 0; i <= SURVEY_NEVER; i++)
        if (str_eq(s, str_z(states[i]))) return (survey_state)i;
    return SURVEY_FAILED;
}

/* ---- the question ---- */

#define SURVEY_COLUMNS                                                                                       \
    "SELECT inbox_id, asks, question, choices, after_days, pause_months, looked_at, agent_id, updated_at "   \
    "FROM survey WHERE brand_id = $1 AND "

static struct survey survey_of(db_query *q, arena *a) {
    return (struct survey){.inbox_id = db_int(q, "inbox_id"),
                           .asks = db_int(q, "asks") != 0,
                           .question = db_text(q, a, "question"),
                           .choices = db_text(q, a, "choices"),
                           .after_days = db_int(q, "after_days"),
                           .pause_months = db_int(q, "pause_months"),
                           .looked_at = db_int(q, "looked_at"),
                           .agent_id = db_int(q, "agent_id"),
                           .updated_at = db_int(q, "updated_at")};
}

err store_survey_get(db_conn *c, arena *a, int64_t brand, int64_t inbox, struct survey *ret) {
    struct survey row = {.inbox_id = inbox, .question = S(""), .choices = S("")};
    db_query *q = db_sql(c, SURVEY_COLUMNS "inbox_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    if (db_row(q)) row = survey_of(q, a);
    TRY(db_done(q));
    *ret = row;
    return ERR_NONE;
}

err store_surveys(db_conn *c, arena *a, int64_t brand, survey_list *ret) {
    survey_list rows = {0};
    db_query *q = db_sql(c, SURVEY_COLUMNS "asks = 1 ORDER BY inbox_id");
    db_bind_int(q, 1, brand);
    while (db_row(q)) *list_add(a, &rows) = survey_of(q, a);
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_survey_put(db_conn *c, int64_t brand, const struct survey *r) {
    db_query *q =
        db_sql(c, "INSERT INTO survey (brand_id, inbox_id, asks, question, choices, after_days, "
                  "pause_months, looked_at, agent_id, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, "
                  "$9, $10) ON CONFLICT (brand_id, inbox_id) DO UPDATE SET asks = excluded.asks, question "
                  "= excluded.question, choices = excluded.choices, after_days = excluded.after_days, "
                  "pause_months = excluded.pause_months, looked_at = excluded.looked_at, agent_id = "
                  "excluded.agent_id, updated_at = excluded.updated_at");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->inbox_id);
    db_bind_int(q, 3, r->asks);
    db_bind_text(q, 4, r->question);
    db_bind_text(q, 5, r->choices);
    db_bind_int(q, 6, r->after_days);
    db_bind_int(q, 7, r->pause_months);
    db_bind_int(q, 8, r->looked_at);
    db_bind_int(q, 9, r->agent_id);
    db_bind_int(q, 10, r->updated_at);
    return db_done(q);
}

err store_survey_looked(db_conn *c, int64_t brand, int64_t inbox, int64_t at) {
    db_query *q = db_sql(
        c, "UPDATE survey SET looked_at = $3 WHERE brand_id = $1 AND inbox_id = $2 AND looked_at < $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_bind_int(q, 3, at);
    return db_done(q);
}

/* ---- whom to ask ---- */

err store_survey_done(db_conn *c, arena *a, int64_t brand, int64_t inbox, int64_t after, int64_t until,
                      int limit, survey_done_list *ret) {
    survey_done_list rows = {0};
    db_query *q =
        db_sql(c, "SELECT id, closed_at FROM conversation WHERE brand_id = $1 AND closed_kind = 1 AND "
                  "closed_at > $2 AND closed_at <= $3 AND inbox_id = $4 AND channel = 'mail' ORDER BY "
                  "closed_at, id LIMIT $5");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, after);
    db_bind_int(q, 3, until);
    db_bind_int(q, 4, inbox);
    db_bind_int(q, 5, limit);
    while (db_row(q)) *list_add(a, &rows) = (struct survey_done){db_int(q, "id"), db_int(q, "closed_at")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_survey_talk(db_conn *c, arena *a, int64_t brand, int64_t conversation, struct survey_talk *ret) {
    struct survey_talk t = {.address = S("")};
    db_query *q =
        db_sql(c, "SELECT id, from_address FROM message WHERE brand_id = $1 AND conversation_id = $2 AND "
                  "kind = 'letter' AND machine = '' ORDER BY id DESC LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    if (db_row(q)) {
        t.letter_id = db_int(q, "id");
        t.address = db_text(q, a, "from_address");
    }
    TRY(db_done(q));
    q = db_sql(
        c, "SELECT agent_id FROM message WHERE brand_id = $1 AND conversation_id = $2 AND kind = 'reply' AND "
           "state IN ('sent', 'recorded') ORDER BY id DESC LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    if (db_row(q)) t.agent_id = db_int(q, "agent_id");
    TRY(db_done(q));
    *ret = t;
    return ERR_NONE;
}

/* ---- who was asked ---- */

err store_survey_ask_insert(db_conn *c, const struct survey_ask *r) {
    db_query *q =
        db_sql(c, "INSERT INTO survey_ask (brand_id, id, conversation_id, agent_id, person, hash, state, "
                  "question, choices, words, chosen, created_at, expires_at, answered_at) VALUES ($1, $2, "
                  "$3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)");
    db_bind_int(q, 1, r->brand_id);
    db_bind_int(q, 2, r->id);
    db_bind_int(q, 3, r->conversation_id);
    db_bind_int(q, 4, r->agent_id);
    db_bind_text(q, 5, r->person);
    db_bind_blob(q, 6, r->hash);
    db_bind_text(q, 7, str_z(states[r->state]));
    db_bind_text(q, 8, r->question);
    db_bind_text(q, 9, r->choices);
    db_bind_text(q, 10, r->words);
    db_bind_text(q, 11, r->chosen);
    db_bind_int(q, 12, r->created_at);
    db_bind_int(q, 13, r->expires_at);
    db_bind_int(q, 14, r->answered_at);
    return db_done(q);
}

err store_survey_ask_update(db_conn *c, const struct survey_ask *r) {
    db_query *q =
        db_sql(c, "UPDATE survey_ask SET state = $3, hash = $4, words = $5, chosen = $6, expires_at = $7, "
                  "answered_at = $8 WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, r->brand_id);
    db_bind_int(q, 2, r->id);
    db_bind_text(q, 3, str_z(states[r->state]));
    db_bind_blob(q, 4, r->hash);
    db_bind_text(q, 5, r->words);
    db_bind_text(q, 6, r->chosen);
    db_bind_int(q, 7, r->expires_at);
    db_bind_int(q, 8, r->answered_at);
    return db_done(q);
}

#define ASK_COLUMNS                                                                                          \
    "k.brand_id, k.id, k.conversation_id, k.agent_id, k.person, k.hash, k.state, k.question, k.choices, "    \
    "k.words, k.chosen, k.created_at, k.expires_at, k.answered_at"

static struct survey_ask ask_of(db_query *q, arena *a) {
    return (struct survey_ask){.brand_id = db_int(q, "brand_id"),
                               .id = db_int(q, "id"),
                               .conversation_id = db_int(q, "conversation_id"),
                               .agent_id = db_int(q, "agent_id"),
                               .person = db_text(q, a, "person"),
                               .hash = db_blob(q, a, "hash"),
                               .state = state_of(db_text(q, a, "state")),
                               .question = db_text(q, a, "question"),
                               .choices = db_text(q, a, "choices"),
                               .words = db_text(q, a, "words"),
                               .chosen = db_text(q, a, "chosen"),
                               .created_at = db_int(q, "created_at"),
                               .expires_at = db_int(q, "expires_at"),
                               .answered_at = db_int(q, "answered_at")};
}

static err one_ask(db_query *q, arena *a, struct survey_ask *ret) {
    struct survey_ask row = {0};
    if (db_row(q)) row = ask_of(q, a);
    TRY(db_done(q));
    if (!row.id) return err_set(ERR_MISSING, "There is no such question.");
    *ret = row;
    return ERR_NONE;
}

err store_survey_ask_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct survey_ask *ret) {
    db_query *q = db_sql(c, "SELECT " ASK_COLUMNS " FROM survey_ask k WHERE k.brand_id = $1 AND k.id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    return one_ask(q, a, ret);
}

err store_survey_ask_by_hash(db_conn *c, arena *a, str hash, struct survey_ask *ret) {
    db_query *q = db_sql(c, "SELECT " ASK_COLUMNS " FROM survey_ask k WHERE k.hash = $1");
    db_bind_blob(q, 1, hash);
    return one_ask(q, a, ret);
}

static err count_of(db_query *q, int64_t *ret) {
    int64_t n = db_row(q) ? db_int(q, "n") : 0;
    TRY(db_done(q));
    *ret = n;
    return ERR_NONE;
}

err store_survey_asked(db_conn *c, int64_t brand, str person, int64_t since, int64_t *ret) {
    db_query *q =
        db_sql(c, "SELECT COUNT(*) AS n FROM survey_ask WHERE brand_id = $1 AND person = $2 AND ((created_at "
                  "> $3 AND state <> 'skipped') OR state = 'never')");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, person);
    db_bind_int(q, 3, since);
    return count_of(q, ret);
}

/* ---- answers ---- */

#define OF_SPAN "k.brand_id = $1 AND k.answered_at >= $2 AND k.answered_at < $3 AND k.answered_at > 0 "

/* ret_next: the number of the next parameter. */
static void bind_span(db_query *q, int64_t brand, int64_t agent, int64_t from, int64_t until, int *ret_next) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, from);
    db_bind_int(q, 3, until);
    db_bind_int(q, 4, agent);
    *ret_next = 5;
}

#define OF_AGENT "AND ($4 < 0 OR k.agent_id = $4) "

err store_survey_answers(db_conn *c, arena *a, int64_t brand, int64_t agent, int64_t from, int64_t until,
                         str chosen, int64_t before_at, int64_t before_id, int limit, survey_ask_list *ret) {
    survey_ask_list rows = {0};
    int next;
    db_query *q = db_sql(
        c, "SELECT " ASK_COLUMNS ", u.name AS customer_name, v.subject FROM survey_ask k JOIN "
           "conversation v ON v.brand_id = k.brand_id AND v.id = k.conversation_id JOIN customer u "
           "ON u.brand_id = v.brand_id AND u.id = v.customer_id WHERE " OF_SPAN OF_AGENT
           "AND (k.answered_at, k.id) < ($5, $6) AND ($8 = '' OR k.chosen = $8) ORDER BY k.answered_at "
           "DESC, k.id DESC LIMIT $7");
    bind_span(q, brand, agent, from, until, &next);
    db_bind_int(q, next, before_id ? before_at : INT64_MAX);
    db_bind_int(q, next + 1, before_id ? before_id : INT64_MAX);
    db_bind_int(q, next + 2, limit);
    db_bind_text(q, next + 3, chosen);
    while (db_row(q)) {
        struct survey_ask *row = list_add(a, &rows);
        *row = ask_of(q, a);
        row->customer_name = db_text(q, a, "customer_name");
        row->subject = db_text(q, a, "subject");
    }
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_survey_answer_count(db_conn *c, int64_t brand, int64_t agent, int64_t from, int64_t until,
                              int64_t *ret) {
    int next;
    db_query *q = db_sql(c, "SELECT COUNT(*) AS n FROM survey_ask k WHERE " OF_SPAN OF_AGENT);
    bind_span(q, brand, agent, from, until, &next);
    return count_of(q, ret);
}

err store_survey_choices(db_conn *c, arena *a, int64_t brand, int64_t agent, int64_t from, int64_t until,
                         survey_choice_list *ret) {
    survey_choice_list rows = {0};
    int next;
    db_query *q = db_sql(c, "SELECT k.chosen, COUNT(*) AS n FROM survey_ask k WHERE " OF_SPAN OF_AGENT
                            "AND k.chosen <> '' GROUP BY k.chosen ORDER BY n DESC, k.chosen LIMIT 50");
    bind_span(q, brand, agent, from, until, &next);
    while (db_row(q)) *list_add(a, &rows) = (struct survey_choice){db_text(q, a, "chosen"), db_int(q, "n")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

/* ---- forgetting ---- */

err store_survey_of(db_conn *c, arena *a, int64_t brand, int64_t conversation, survey_ids *ret) {
    survey_ids ids = {0};
    db_query *q =
        db_sql(c, "SELECT id FROM survey_ask WHERE brand_id = $1 AND conversation_id = $2 ORDER BY id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    while (db_row(q)) *list_add(a, &ids) = db_int(q, "id");
    TRY(db_done(q));
    *ret = ids;
    return ERR_NONE;
}

err store_survey_forget(db_conn *c, int64_t brand, int64_t conversation) {
    db_query *q =
        db_sql(c, "UPDATE survey_ask SET words = '', chosen = '', person = '', hash = $3, answered_at = 0, "
                  "state = CASE "
                  "state WHEN 'due' THEN 'skipped' ELSE state END WHERE brand_id = $1 AND conversation_id "
                  "= $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_blob(q, 3, S(""));
    return db_done(q);
}
