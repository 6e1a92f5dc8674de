/* store/survey: the one question of an inbox, who was asked, and what they said. Every function runs inside
 * the caller's transaction. */
#ifndef LONGHAND_STORE_SURVEY_H
#define LONGHAND_STORE_SURVEY_H

#include "base/list.h"
#include "db/db.h"

/* See the schema. */
struct survey {
    int64_t inbox_id;
    bool asks;
    str question, choices;
    int64_t after_days, pause_months, looked_at, agent_id, updated_at;
};
typedef LIST(struct survey) survey_list;
/* updated_at 0: nobody set anything. */
err store_survey_get(db_conn *c, arena *a, int64_t brand, int64_t inbox, struct survey *ret);
err store_survey_put(db_conn *c, int64_t brand, const struct survey *row);
/* Those that ask. */
err store_surveys(db_conn *c, arena *a, int64_t brand, survey_list *ret);
err store_survey_looked(db_conn *c, int64_t brand, int64_t inbox, int64_t at);

/* Conversations of an inbox by mail that were answered and done in (after, until], oldest first. */
struct survey_done {
    int64_t conversation_id, closed_at;
};
typedef LIST(struct survey_done) survey_done_list;
err store_survey_done(db_conn *c, arena *a, int64_t brand, int64_t inbox, int64_t after, int64_t until,
                      int limit, survey_done_list *ret);
/* The newest letter by a person (0 none, "" no address), and who wrote the last reply (0 nobody). */
struct survey_talk {
    int64_t letter_id, agent_id;
    str address;
};
err store_survey_talk(db_conn *c, arena *a, int64_t brand, int64_t conversation, struct survey_talk *ret);

/* never: they were asked, and said that they want to be asked no more. */
typedef enum survey_state {
    SURVEY_DUE,
    SURVEY_SENT,
    SURVEY_SKIPPED,
    SURVEY_FAILED,
    SURVEY_NEVER
} survey_state;

struct survey_ask {
    int64_t brand_id, id, conversation_id, agent_id;
    str person, hash;
    survey_state state;
    str question, choices, words, chosen;
    int64_t created_at, expires_at, answered_at;
    str customer_name, subject; /* joined; not written, by store_survey_answers only */
};
typedef LIST(struct survey_ask) survey_ask_list;
err store_survey_ask_insert(db_conn *c, const struct survey_ask *row);
/* state, hash, words, chosen, expires_at, answered_at. */
err store_survey_ask_update(db_conn *c, const struct survey_ask *row);
/* ERR_MISSING when there is none. */
err store_survey_ask_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct survey_ask *ret);
err store_survey_ask_by_hash(db_conn *c, arena *a, str hash, struct survey_ask *ret);
/* Questions to a person since then; those skipped do not count. */
err store_survey_asked(db_conn *c, int64_t brand, str person, int64_t since, int64_t *ret);

/* Answers in [from, until), of `agent` (-1: all), newest first, before {answered_at, id}. */
err store_survey_answers(db_conn *c, arena *a, int64_t brand, int64_t agent, int64_t from, int64_t until,
                         str chosen, int64_t before_at, int64_t before_id, int limit, survey_ask_list *ret);
err store_survey_answer_count(db_conn *c, int64_t brand, int64_t agent, int64_t from, int64_t until,
                              int64_t *ret);
/* How often each choice was taken, by how often. */
struct survey_choice {
    str chosen;
    int64_t n;
};
typedef LIST(struct survey_choice) survey_choice_list;
err store_survey_choices(db_conn *c, arena *a, int64_t brand, int64_t agent, int64_t from, int64_t until,
                         survey_choice_list *ret);

/* Ids of the questions of a conversation. */
typedef LIST(int64_t) survey_ids;
err store_survey_of(db_conn *c, arena *a, int64_t brand, int64_t conversation, survey_ids *ret);
/* What was said there goes, whose it was, and no link works any more. That somebody was asked stays. */
err store_survey_forget(db_conn *c, int64_t brand, int64_t conversation);

#endif
