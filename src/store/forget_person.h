/* store/forget_person: one customer, wherever they stand. */
#ifndef LONGHAND_STORE_FORGET_PERSON_H
#define LONGHAND_STORE_FORGET_PERSON_H

#include "store/forget.h"

/* What there is of them. */
struct store_person_count {
    int64_t conversations, letters, replies, notes, files, drafts, boxes, gestures;
    int64_t elsewhere;   /* letters of theirs in conversations of others */
    int64_t named;       /* messages of others that name an address of theirs */
    int64_t worries;     /* open ones */
    int64_t leaving;     /* replies to them that are on their way out at this moment */
    int64_t unsent;      /* replies to others, too, which have not left for them or may be sent again */
    int64_t accounts_at; /* the newest gesture or sent box that bookkeeping needs; 0 none */
};
err store_person_count(db_conn *c, int64_t brand, int64_t customer, struct store_person_count *ret);
/* Of these, what is still to be sent or decided. */
err store_person_sending(db_conn *c, int64_t brand, int64_t customer, int64_t *ret_leaving,
                         int64_t *ret_unsent);
/* The first of the merges that stand by which something of theirs, that nobody can tell from the rest, is in
 * a conversation of somebody else: numbers, as conversations are called. All 0: there is none. */
struct store_person_merged {
    int64_t from_number, to_number;
    bool draft; /* all messages were split off, a draft is still there */
};
err store_person_merged(db_conn *c, arena *a, int64_t brand, int64_t customer,
                        struct store_person_merged *ret);
/* What of theirs stands in conversations of others, besides letters, once there is no such merge: boxes,
 * gestures, promises, and what came along with merged conversations. Before store_merge_forget takes away by
 * what that is known. `subject` stands instead of what was promised. */
err store_forget_with_others(db_conn *c, arena *a, int64_t brand, int64_t customer, str subject);
/* Conversations whose words are still there, and letters of theirs in conversations of others. */
err store_person_conversations(db_conn *c, arena *a, int64_t brand, int64_t customer, int limit,
                               forget_ids *ret);
err store_person_elsewhere(db_conn *c, arena *a, int64_t brand, int64_t customer, int limit, forget_ids *ret);

/* One letter alone. ret_conversation: where it stands. */
err store_forget_message(db_conn *c, arena *a, int64_t brand, int64_t message, hash_list *ret_objects,
                         int64_t *ret_conversation);
/* Promises of theirs, agreed ones too. */
err store_forget_their_promises(db_conn *c, int64_t brand, int64_t conversation);
/* The customer, after everything else: name, addresses, and the addresses in what others said. */
err store_forget_person(db_conn *c, int64_t brand, int64_t customer, str name);

/* Without their name: that somebody was forgotten. */
struct store_forgotten {
    int64_t customer_id, agent_id, at, conversations, messages, keep_until, settled_at;
    str agent_name; /* joined; not written */
};
err store_forgotten_put(db_conn *c, int64_t brand, const struct store_forgotten *row);
/* ret->at 0: they were not. */
err store_forgotten_get(db_conn *c, arena *a, int64_t brand, int64_t customer, struct store_forgotten *ret);
err store_forgotten_due(db_conn *c, arena *a, int64_t brand, int64_t now, int limit, forget_ids *ret);
/* What bookkeeping needed: gestures and boxes with all that hangs on them. */
err store_forget_accounts(db_conn *c, int64_t brand, int64_t customer, int64_t now);

#endif
