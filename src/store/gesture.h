/* store/gesture: what we did for customers, and what became of it. Rows are never changed; steps are added.
 */
#ifndef LONGHAND_STORE_GESTURE_H
#define LONGHAND_STORE_GESTURE_H

#include "base/list.h"
#include "db/db.h"

typedef enum gesture_kind {
    GESTURE_REPLACEMENT,
    GESTURE_PART,
    GESTURE_REFUND,
    GESTURE_VOUCHER,
    GESTURE_EXTRA
} gesture_kind;
enum { GESTURE_KINDS = GESTURE_EXTRA + 1 };
const char *gesture_kind_name(gesture_kind v); /* "replacement", "part", "refund", "voucher", "extra" */
bool gesture_kind_from(str s, gesture_kind *ret);

/* How it stands: the last step. */
typedef enum gesture_state {
    GESTURE_GIVEN,
    GESTURE_ASKED, /* a lead has to confirm it */
    GESTURE_CONFIRMED,
    GESTURE_DECLINED,
    GESTURE_WITHDRAWN
} gesture_state;
enum { GESTURE_STATES = GESTURE_WITHDRAWN + 1 };
const char *gesture_state_name(gesture_state v); /* "given", "asked", "confirmed", ... */
bool gesture_state_from(str s, gesture_state *ret);
/* Given or confirmed: it holds. */
static inline bool gesture_holds(gesture_state v) { return v == GESTURE_GIVEN || v == GESTURE_CONFIRMED; }

/* See the schema. */
struct store_gesture {
    int64_t id, conversation_id, customer_id, agent_id;
    gesture_kind kind;
    str situation, item_kind, item_code, item_name;
    int64_t quantity, cost;
    str currency;
    int64_t policy_id, month;
    str judgement, key_hash, body_hash;
    int64_t at;
    /* Of the last step and joined; not written. */
    gesture_state state;
    int64_t steps, state_agent_id, state_at, number;
    str state_note, agent_name, state_agent_name, customer_name;
};
typedef LIST(struct store_gesture) store_gesture_list;

/* Without its first step. ERR_CONFLICT when the key is there. */
err store_gesture_insert(db_conn *c, int64_t brand, const struct store_gesture *row);
/* ERR_MISSING when the brand has none of that id. */
err store_gesture_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_gesture *ret);
/* ret->id 0 when there is none. */
err store_gesture_by_key(db_conn *c, arena *a, int64_t brand, str key_hash, struct store_gesture *ret);
/* Oldest first. */
err store_gestures_of_conversation(db_conn *c, arena *a, int64_t brand, int64_t conversation,
                                   store_gesture_list *ret);
/* Newest first, ids below `before` (0: all). */
err store_gestures_of_customer(db_conn *c, arena *a, int64_t brand, int64_t customer, int64_t before,
                               int limit, store_gesture_list *ret);
/* Those that wait for a lead, longest first, ids above `after`. */
err store_gestures_asked(db_conn *c, arena *a, int64_t brand, int64_t after, int limit,
                         store_gesture_list *ret);
/* Outside policy, newest first, ids below `before` (0: all); of one agent unless 0; `unread`: only those that
 * no note says anything of yet. */
err store_gestures_judged(db_conn *c, arena *a, int64_t brand, int64_t agent, bool unread, int64_t before,
                          int limit, store_gesture_list *ret);

struct store_gesture_sums {
    int64_t n;              /* gestures of the conversation, whatever became of them */
    int64_t quantity, cost; /* of those under one policy that were not declined or withdrawn */
};
err store_gesture_sums(db_conn *c, int64_t brand, int64_t conversation, int64_t policy,
                       struct store_gesture_sums *ret);
struct store_step {
    int64_t gesture_id, position; /* from 1 */
    gesture_state step;
    int64_t agent_id, at;
    str note, agent_name; /* the name is joined; not written */
};
typedef LIST(struct store_step) store_step_list;
/* ERR_CONFLICT when a step of this position is there: somebody was faster. */
err store_step_insert(db_conn *c, int64_t brand, const struct store_step *row);
err store_steps_of(db_conn *c, arena *a, int64_t brand, int64_t gesture, store_step_list *ret);

/* When a customer's words are deleted: the judgements, notes and freely described items of a conversation go
 * too. What was given, by whom and for how much stays: the books must go on adding up. */
err store_gestures_forget_words(db_conn *c, int64_t brand, int64_t conversation);

/* Items of the catalogue by their row ids, at most GESTURE_ITEMS_MAX, retired ones too; what is not there is
 * left out. The last cost and quantity with which each was given or asked for, declined and withdrawn ones
 * aside; quantity 0 when it never was. */
enum { GESTURE_ITEMS_MAX = 6 };
struct store_gesture_item {
    int64_t id;
    str name;
    int64_t retired_at, cost, quantity;
};
typedef LIST(struct store_gesture_item) store_gesture_item_list;
err store_gesture_items(db_conn *c, arena *a, int64_t brand, str currency, const int64_t *ids, size_t n,
                        store_gesture_item_list *ret);

/* All of the brand, oldest first, ids above `after`. */
err store_gestures_after(db_conn *c, arena *a, int64_t brand, int64_t after, int limit,
                         store_gesture_list *ret);
/* How many wait for a lead, up to `cap`. */
err store_gestures_asked_count(db_conn *c, int64_t brand, int cap, int *ret);

/* An item of the catalogue by its row id, retired ones too; ERR_MISSING when there is none. */
err store_gesture_item(db_conn *c, arena *a, int64_t brand, int64_t item, str *ret_name,
                       int64_t *ret_retired_at);

#endif
