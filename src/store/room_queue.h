/* store/room_queue: who waits in an incident, who holds them, who is owed another letter. */
#ifndef LONGHAND_STORE_ROOM_QUEUE_H
#define LONGHAND_STORE_ROOM_QUEUE_H

#include "store/conversation.h"
#include "store/learned.h"

/* ---- claims ----
 *
 * Taking and ending one are each a single INSERT ... ON CONFLICT, and nothing that answers or takes reads
 * claims in a transaction that writes: on PostgreSQL two transactions that read and wrote this small table
 * would refuse each other whomever they are about. */

typedef enum room_claim_state { ROOM_CLAIM_HELD, ROOM_CLAIM_PASSED, ROOM_CLAIM_SNOOZED } room_claim_state;
enum { ROOM_CLAIM_STATES = ROOM_CLAIM_SNOOZED + 1 };
const char *room_claim_state_name(room_claim_state v); /* "held", "passed", "snoozed" */

struct room_claim {
    int64_t conversation_id, incident_id, agent_id;
    room_claim_state state;
    int64_t by_id;
    str note;
    int64_t taken_at, until_at;
    str agent_name, by_name; /* joined; not written */
};
/* conversation_id 0 when nobody ever held it. Rows stay when their time is over. */
err store_claim_get(db_conn *c, arena *a, int64_t brand, int64_t conversation, struct room_claim *ret);
/* The one that an agent holds in an incident, also when its time is over and nobody else took it; else one
 * that they were passed, until its time is over. Only of conversations that still wait, or are owed a letter.
 */
err store_claim_of(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t agent, int64_t now,
                   struct room_claim *ret);
/* false when somebody else holds it. */
err store_claim_take(db_conn *c, int64_t brand, const struct room_claim *row, int64_t now, bool *ret_taken);
/* Whatever stood there is replaced. */
err store_claim_put(db_conn *c, int64_t brand, const struct room_claim *row);
err store_claim_drop(db_conn *c, int64_t brand, int64_t conversation);
/* The agent's own, or one that was put off, ends: the conversation is answered. Nobody's row stays. */
err store_claim_end(db_conn *c, int64_t brand, int64_t conversation, int64_t incident, int64_t agent);
/* Goes on to hold until then, where the agent holds it. */
err store_claim_renew(db_conn *c, int64_t brand, int64_t conversation, int64_t agent, int64_t until);
err store_skip_put(db_conn *c, int64_t brand, int64_t agent, int64_t conversation, int64_t until);

/* ---- who is next ---- */

struct room_waiting {
    int64_t conversation_id, customer_id, since;
    int64_t merged_into; /* of the owed; 0 */
};
typedef LIST(struct room_waiting) room_waiting_list;
/* Who waits in the incident, longest first, by (since, conversation) after `after`, whoever holds them. */
err store_room_queue(db_conn *c, arena *a, int64_t brand, int64_t incident, struct page_key after, int limit,
                     room_waiting_list *ret);
/* The same of those who are owed another letter and do not wait for one anyway. */
err store_room_queue_owed(db_conn *c, arena *a, int64_t brand, int64_t incident, struct page_key after,
                          int limit, room_waiting_list *ret);

/* A claim in short: `state` and for whom, of which customer. */
struct room_hold {
    int64_t conversation_id, agent_id, customer_id;
    room_claim_state state;
};
typedef LIST(struct room_hold) room_hold_list;
/* Those of the incident that hold at `now`. */
err store_room_holds(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t now, room_hold_list *ret);
/* What the agent left to the others, and still does. */
err store_room_skips(db_conn *c, arena *a, int64_t brand, int64_t agent, int64_t now, id_list *ret);
/* How many letters each of them wrote, counted up to 50; those that are not there keep what stands there. */
enum { ROOM_MOST_OF = 12 };
err store_room_letters(db_conn *c, int64_t brand, const int64_t conversations[static ROOM_MOST_OF],
                       int64_t ret_letters[static ROOM_MOST_OF]);

/* ---- who is owed ---- */

typedef enum room_owed_kind { ROOM_OWED_FIXED, ROOM_OWED_FACT } room_owed_kind;
const char *room_owed_kind_name(room_owed_kind v); /* "fixed", "fact" */

struct room_owed {
    room_owed_kind kind;
    int64_t fact_id, customer_id, conversation_id, since, message_id, done_at, agent_id;
    str state; /* "due", "done", "dropped" */
    str dropped_why;
    str customer_name, agent_name, fact; /* joined; not written */
};
typedef LIST(struct room_owed) room_owed_list;
/* Everybody who was answered in the incident is owed one; who is already stays as they are. ret: how many. */
err store_owed_fixed(db_conn *c, int64_t brand, int64_t incident, int64_t at, int64_t *ret_n);
/* Everybody who was told the fact. */
err store_owed_fact(db_conn *c, int64_t brand, int64_t incident, int64_t fact, int64_t at, int64_t *ret_n);
/* Who are, or were, owed one because of this fact. */
err store_owed_of_fact(db_conn *c, int64_t brand, int64_t incident, int64_t fact, int64_t *ret_n);
/* A reply to the customer is written, in whichever conversation: what they were owed in the incident is done.
 */
err store_owed_done(db_conn *c, int64_t brand, int64_t incident, int64_t customer, int64_t message,
                    int64_t agent, int64_t at);
/* No letter is needed. false when none is due. */
err store_owed_drop(db_conn *c, int64_t brand, int64_t incident, int64_t customer, int64_t agent, str why,
                    int64_t at, bool *ret_there);
/* In one state ("due", "done", "dropped"), by (since, customer) after `after`. */
err store_owed(db_conn *c, arena *a, int64_t brand, int64_t incident, str state, struct page_key after,
               int limit, room_owed_list *ret);
/* What the customer of a conversation is owed now in the incident that it is in. */
err store_owed_to(db_conn *c, arena *a, int64_t brand, int64_t conversation, room_owed_list *ret);

/* ---- counts ---- */

struct room_channel {
    str channel;
    int64_t waiting, oldest;
};
typedef LIST(struct room_channel) room_channel_list;
struct room_counts {
    room_channel_list channels;
    int64_t waiting, oldest; /* 0 when nobody waits */
    int64_t held, snoozed;
    int64_t said, people;    /* replies, and to how many customers */
    int64_t said_lately;     /* replies since `lately` */
    int64_t came_lately;     /* letters that began to wait since */
    int64_t owed, owed_done; /* second letters */
    int64_t in, proposed;    /* conversations of the incident, and such as may belong to it */
};
err store_room_counts(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t now, int64_t lately,
                      struct room_counts *ret);

/* For the chart: how many began to wait and how many were answered in each stretch of `step` ms from `from`.
 */
struct room_bucket {
    int64_t at, came, said;
};
err store_room_buckets(db_conn *c, int64_t brand, int64_t incident, int64_t from, int64_t step, int n,
                       struct room_bucket *ret);

#endif
