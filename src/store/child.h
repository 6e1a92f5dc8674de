/* store/child: what people said about a child having written, questions to grown-ups, worries, and whom those
 * go to. Deleting words is store/forget.h. */
#ifndef LONGHAND_STORE_CHILD_H
#define LONGHAND_STORE_CHILD_H

#include "base/list.h"
#include "db/db.h"

typedef enum child_state {
    CHILD_NONE, /* nobody said so, or a person said that no child wrote (then version > 0) */
    CHILD_SET,
    CHILD_ASKED, /* a grown-up was */
    CHILD_CONFIRMED,
    CHILD_DECLINED /* the grown-up wants nothing sent and everything deleted */
} child_state;
enum { CHILD_STATES = CHILD_DECLINED + 1 };
const char *child_state_name(child_state v); /* "none", "set", "asked", "confirmed", "declined" */
bool child_state_from(str s, child_state *ret);

/* See the schema. version 0: nobody said anything yet. */
struct store_child {
    int64_t conversation_id;
    child_state state;
    int64_t agent_id, at, settled_at;
    str name, address, country;
    bool keep_memory;
    int64_t forget_at, forgotten_at, version;
    /* Joined; not written. */
    str agent_name;
    int64_t done_at;                /* since when the conversation is done; 0: it is not */
    int64_t worry_id;               /* the open one; 0 */
    int64_t merged_into;            /* of the conversation */
    int64_t delete_at, delete_days; /* when the words go; 0: no day yet. Filled by desk/child.c */
    int64_t asks;                   /* questions so far */
    int64_t asked_at, ask_expires_at, ask_used_at; /* of the last one */
    str ask_email, ask_state, ask_says;
};
typedef LIST(struct store_child) store_child_list;

/* version 0 and CHILD_NONE where nothing was said yet. One statement. */
err store_child_get(db_conn *c, arena *a, int64_t brand, int64_t conversation, struct store_child *ret);
/* Writes the row with version + 1. ERR_CONFLICT when the stored one has another version (0: there is one). */
err store_child_put(db_conn *c, int64_t brand, const struct store_child *row);
/* Does listening say, of any letter of the conversation, that a child wrote? */
err store_child_heard(db_conn *c, arena *a, int64_t brand, int64_t conversation, bool *ret);

struct store_ask {
    int64_t brand_id, id, conversation_id, agent_id;
    str email, hash, state, says; /* state: waiting, sent, failed */
    int64_t created_at, expires_at, used_at, ended_at;
};
typedef LIST(struct store_ask) store_ask_list;
err store_ask_insert(db_conn *c, const struct store_ask *row);
/* hash, state, says, expires_at. */
err store_ask_update(db_conn *c, const struct store_ask *row);
/* ERR_MISSING when there is none. */
err store_ask_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_ask *ret);
/* By the hash of a token, whatever became of it. */
err store_ask_by_hash(db_conn *c, arena *a, str hash, struct store_ask *ret);
/* Newest first. */
err store_asks_of(db_conn *c, arena *a, int64_t brand, int64_t conversation, store_ask_list *ret);
/* Use it up, if it is neither used, ended nor expired: of two at once exactly one gets ERR_NONE, the other
 * ERR_MISSING. */
err store_ask_use(db_conn *c, int64_t brand, int64_t id, int64_t now);
/* The links made so far work no more. */
err store_asks_end(db_conn *c, int64_t brand, int64_t conversation, int64_t now);
/* To this address after `since`, from any brand of the desk. */
err store_asks_to(db_conn *c, str email, int64_t since, int64_t *ret_n);

struct store_worry {
    int64_t id, conversation_id, message_id, agent_id;
    str note;
    int64_t at, closed_at, closed_by;
    str closed_note;
    /* Joined; not written. */
    str agent_name, closed_name, customer_name, subject, holder_name;
    int64_t holder_id;
};
typedef LIST(struct store_worry) store_worry_list;
/* ERR_CONFLICT when one is open in the conversation. */
err store_worry_insert(db_conn *c, int64_t brand, const struct store_worry *row);
/* ERR_CONFLICT when it is closed already. */
err store_worry_close(db_conn *c, int64_t brand, int64_t id, int64_t by, str note, int64_t now);
err store_worry_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_worry *ret);
/* Open ones, longest first, ids above `after`; or closed ones, newest first, ids below `after` (0: all). */
err store_worries(db_conn *c, arena *a, int64_t brand, bool open, int64_t after, int limit,
                  store_worry_list *ret);
err store_worry_count(db_conn *c, int64_t brand, int64_t *ret_n); /* open ones */
/* The open one of a conversation; id 0 when there is none. */
err store_worry_of(db_conn *c, arena *a, int64_t brand, int64_t conversation, struct store_worry *ret);

struct store_safeguard {
    int64_t agent_id;
    str name, role;
    bool on, away;
    int64_t open; /* worries in conversations they hold */
};
typedef LIST(struct store_safeguard) store_safeguard_list;
/* Everybody who works in the brand, by name. */
err store_safeguards(db_conn *c, arena *a, int64_t brand, store_safeguard_list *ret);
err store_safeguard_is(db_conn *c, int64_t brand, int64_t agent, bool *ret);
err store_safeguard_put(db_conn *c, int64_t brand, int64_t agent, int64_t by, int64_t now);
err store_safeguard_delete(db_conn *c, int64_t brand, int64_t agent);

#endif
