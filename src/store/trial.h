/* store/trial: tests of ours, the customers whose cases are in them, and who of them waits for a letter. */
#ifndef LONGHAND_STORE_TRIAL_H
#define LONGHAND_STORE_TRIAL_H

#include "store/defect.h"

struct store_trial {
    int64_t id;
    str name, about;
    int64_t defect_id; /* 0: about none */
    int64_t ends_day;
    str result;
    int64_t agent_id, created_at, ended_at, ended_by, ended_mark, version;
    /* Joined; not written. */
    struct store_defect defect;
    str agent_name, ended_name;
    int64_t cases, waiting, told, skipped; /* told and waiting: of an ended one */
};
typedef LIST(struct store_trial) store_trial_list;

err store_trial_insert(db_conn *c, int64_t brand, const struct store_trial *row);
/* Name, about, ends_day, result, ended. ERR_CONFLICT when the stored row is not of version
 * `row->version - 1`. */
err store_trial_update(db_conn *c, int64_t brand, const struct store_trial *row);
err store_trial_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_trial *ret);
typedef enum trial_view {
    TRIALS_RUNNING,
    TRIALS_WAITING, /* ended, and somebody waits for a letter */
    TRIALS_DONE     /* ended, and nobody does */
} trial_view;
enum { TRIAL_VIEWS = TRIALS_DONE + 1 };
const char *trial_view_name(trial_view v); /* "running", "waiting", "done" */
bool trial_view_from(str s, trial_view *ret);
/* Latest first, ids below `before` (0: all). */
err store_trials(db_conn *c, arena *a, int64_t brand, trial_view view, int64_t before, int limit,
                 store_trial_list *ret);
/* Running ones without their counts, latest first: to choose from. */
err store_trials_to_choose(db_conn *c, arena *a, int64_t brand, int limit, store_trial_list *ret);
/* Running ones about a defect, and ended ones; latest first. */
err store_trials_of_defect(db_conn *c, arena *a, int64_t brand, int64_t defect, int limit,
                           store_trial_list *ret);

typedef enum trial_case_state {
    TRIAL_CASE_IN, /* the trial runs */
    TRIAL_CASE_WAITING,
    TRIAL_CASE_TOLD,   /* a reply went out in its conversation after the end */
    TRIAL_CASE_SKIPPED /* a person said why none is needed */
} trial_case_state;
enum { TRIAL_CASE_STATES = TRIAL_CASE_SKIPPED + 1 };
const char *trial_case_state_name(trial_case_state v); /* "in", "waiting", "told", "skipped" */

struct store_trial_case {
    int64_t trial_id, customer_id, conversation_id, agent_id, at, skipped_at;
    str skip_why;
    /* Joined; not written. */
    trial_case_state state;
    int64_t told_at, told_message, number, holder_id, ended_at, ends_day;
    str customer_name, agent_name, holder_name, snippet, trial_name, result;
};
typedef LIST(struct store_trial_case) store_trial_case_list;

/* ret_there: the customer is in it already; nothing is written then. */
err store_trial_case_insert(db_conn *c, int64_t brand, const struct store_trial_case *row, bool *ret_there);
err store_trial_case_skip(db_conn *c, int64_t brand, const struct store_trial_case *row); /* at and why */
err store_trial_case_delete(db_conn *c, int64_t brand, int64_t trial, int64_t customer);
err store_trial_case_get(db_conn *c, arena *a, int64_t brand, int64_t trial, int64_t customer,
                         struct store_trial_case *ret);
/* In the order in which they were taken in, those behind {at, customer}; `waiting`: only those. */
err store_trial_cases(db_conn *c, arena *a, int64_t brand, int64_t trial, bool waiting, struct page_key after,
                      int limit, store_trial_case_list *ret);
/* Of a conversation, latest trial first. */
err store_trial_cases_of_conversation(db_conn *c, arena *a, int64_t brand, int64_t conversation,
                                      store_trial_case_list *ret);
/* Who last replied in the conversation, 0 nobody. */
err store_trial_last_writer(db_conn *c, int64_t brand, int64_t conversation, int64_t *ret_agent);
/* Customers who wait, of trials that ended after `since`. */
err store_trial_count_waiting(db_conn *c, int64_t brand, int64_t since, int cap, int *ret);

#endif
