/* store/promise: what we said will happen and what customers promised, how it stands, and its steps. Steps
 * are only ever added; a row of `promise` is where they lead to. */
#ifndef LONGHAND_STORE_PROMISE_H
#define LONGHAND_STORE_PROMISE_H

#include "base/list.h"
#include "db/db.h"
#include "store/conversation.h"

typedef enum promise_whose { PROMISE_OURS, PROMISE_THEIRS } promise_whose;
const char *promise_whose_name(promise_whose v); /* "ours", "theirs" */
bool promise_whose_from(str s, promise_whose *ret);

typedef enum promise_state {
    PROMISE_OPEN,
    PROMISE_KEPT,
    PROMISE_BROKEN,
    PROMISE_RELEASED /* the customer needs it no more, or it was none */
} promise_state;
enum { PROMISE_STATES = PROMISE_RELEASED + 1 };
const char *promise_state_name(promise_state v); /* "open", "kept", "broken", "released" */
bool promise_state_from(str s, promise_state *ret);

typedef enum proof_kind { PROOF_NONE, PROOF_MESSAGE, PROOF_BOX, PROOF_INCIDENT } proof_kind;
enum { PROOF_KINDS = PROOF_INCIDENT + 1 };
const char *proof_kind_name(proof_kind v); /* "", "message", "box", "incident" */
bool proof_kind_from(str s, proof_kind *ret);

struct promise_proof {
    proof_kind kind;
    int64_t id; /* of that thing; 0 for PROOF_NONE */
};

/* See the schema. Days are numbers such as 20261204. */
struct store_promise {
    int64_t id, conversation_id, customer_id, message_id;
    promise_whose whose;
    str text;
    int64_t due_day, due_at, rise_at, warned_at, warned_day;
    promise_state state;
    struct promise_proof proof;
    bool agreed;
    int64_t steps, agent_id, created_at, settled_at, settled_by;
    /* Joined; not written. The holder sees to it: who has the conversation, else who promised. */
    int64_t number, holder_id;
    bool holder_gone; /* away, disabled, or nobody */
    str subject, customer_name, agent_name, holder_name, settled_name;
    str note;        /* of the last step: the facts of a warning, why it was moved, broken, released */
    int64_t said_at; /* when the message that says it was said; without one, when it was noted */
};
typedef LIST(struct store_promise) store_promise_list;

/* Without its first step. */
err store_promise_insert(db_conn *c, int64_t brand, const struct store_promise *row);
/* What can change: days, warning, state, proof, agreed, steps, settled. ERR_CONFLICT when the stored row has
 * not `row->steps - 1` steps: somebody was faster. */
err store_promise_update(db_conn *c, int64_t brand, const struct store_promise *row);
/* ERR_MISSING when the brand has none of that id. */
err store_promise_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_promise *ret);
/* With their steps: those of a message; those of customers in a conversation to whose keeping nobody agreed.
 */
err store_promises_delete_of_message(db_conn *c, int64_t brand, int64_t message);
err store_promises_delete_not_agreed(db_conn *c, int64_t brand, int64_t conversation);

/* Ours, as lists for pages. */
typedef enum promise_view {
    PROMISES_DUE,  /* open: late, due today, or known to become late; what rises first */
    PROMISES_LATE, /* open, and the day is over */
    PROMISES_OPEN, /* all open ones */
    PROMISES_KEPT, /* latest first, this and the next two */
    PROMISES_BROKEN,
    PROMISES_RELEASED,
} promise_view;
enum { PROMISE_VIEWS = PROMISES_RELEASED + 1 };
const char *promise_view_name(promise_view v); /* "due", "late", "open", "kept", "broken", "released" */
bool promise_view_from(str s, promise_view *ret);

enum { PROMISES_OF_ALL = 0, PROMISES_OF_NOBODY = -1 };
struct promise_ask {
    promise_view view;
    int64_t holder;    /* of whom; PROMISES_OF_ALL; PROMISES_OF_NOBODY: whose holder is away or gone */
    int64_t now;       /* milliseconds */
    int64_t today_end; /* the due_at of today in the brand's zone */
};
/* At most `limit` rows after `after`, which is promise_key of the last row seen; {0, 0}: from the start. */
err store_promises(db_conn *c, arena *a, int64_t brand, const struct promise_ask *ask, struct page_key after,
                   int limit, store_promise_list *ret);
struct page_key promise_key(promise_view view, const struct store_promise *row);

/* Open ones of ours. No promise counts twice; together they are PROMISES_DUE. */
struct promise_counts {
    int64_t late, today, warned;
};
err store_promise_count(db_conn *c, int64_t brand, const struct promise_ask *ask, struct promise_counts *ret);

/* Ours and theirs. Oldest first, ids above `after`. */
err store_promises_of_conversation(db_conn *c, arena *a, int64_t brand, int64_t conversation, int64_t after,
                                   int limit, store_promise_list *ret);
/* Ours, and of theirs those agreed to; newest first, ids below `before` (0: all). */
err store_promises_of_customer(db_conn *c, arena *a, int64_t brand, int64_t customer, int64_t before,
                               int limit, store_promise_list *ret);
/* Theirs, agreed to, open or kept, from other conversations than `except`; newest first. */
err store_promise_memories(db_conn *c, arena *a, int64_t brand, int64_t customer, int64_t except, int limit,
                           store_promise_list *ret);
/* All that stands beside a conversation, in one question, newest first: ours and theirs said in it, and the
 * memories above from the customer's other conversations. */
err store_promises_beside(db_conn *c, arena *a, int64_t brand, int64_t conversation, int64_t customer,
                          int limit, store_promise_list *ret);
/* ret->id 0 when there is none. Theirs from one letter with these very words; ours, open and added by hand,
 * with these very words for this day. */
err store_promise_same_theirs(db_conn *c, arena *a, int64_t brand, int64_t message, str text,
                              struct store_promise *ret);
err store_promise_same_ours(db_conn *c, arena *a, int64_t brand, int64_t conversation, str text, int64_t day,
                            struct store_promise *ret);
/* Settled ones of the customer that this message proved. */
err store_promises_proved_by(db_conn *c, arena *a, int64_t brand, int64_t customer, int64_t message,
                             store_promise_list *ret);
/* All of ours, oldest first, ids above `after`: for export. */
err store_promises_after(db_conn *c, arena *a, int64_t brand, int64_t after, int limit,
                         store_promise_list *ret);

/* The different days on which open promises are due, for a change of zone, and their new end. */
typedef LIST(int64_t) day_list;
err store_promise_days(db_conn *c, arena *a, int64_t brand, day_list *ret);
err store_promise_day_ends(db_conn *c, int64_t brand, int64_t day, int64_t due_at);

typedef enum promise_step_kind {
    STEP_MADE,
    STEP_MOVED,
    STEP_WARNED, /* it will be late */
    STEP_KEPT,
    STEP_BROKEN,
    STEP_RELEASED,
    STEP_REOPENED,
    STEP_AGREED, /* theirs may be shown in other conversations */
    STEP_DISAGREED
} promise_step_kind;
enum { PROMISE_STEPS = STEP_DISAGREED + 1 };
const char *promise_step_name(promise_step_kind v); /* "made", "moved", "warned", ... */
bool promise_step_from(str s, promise_step_kind *ret);

struct promise_step {
    int64_t promise_id, position; /* from 1 */
    promise_step_kind step;
    int64_t from_day, to_day; /* of made, moved and warned */
    struct promise_proof proof;
    str note;
    int64_t agent_id, at;
    str agent_name; /* joined; not written */
};
typedef LIST(struct promise_step) promise_step_list;
err store_promise_step_insert(db_conn *c, int64_t brand, const struct promise_step *row);
/* Oldest first. */
err store_promise_steps(db_conn *c, arena *a, int64_t brand, int64_t promise, promise_step_list *ret);

#endif
