/* store/conversation: rows of `conversation`. Every function runs inside the caller's transaction. */
#ifndef LONGHAND_STORE_CONVERSATION_H
#define LONGHAND_STORE_CONVERSATION_H

#include "base/list.h"
#include "db/db.h"
#include "store/states.h"

struct conversation {
    int64_t id, number, inbox_id, customer_id;
    channel channel;
    str subject, snippet;
    conversation_state state;
    int64_t waiting_since; /* 0: nothing unanswered */
    int64_t agent_id;      /* 0: nobody's */
    int closed_kind;
    close_reason closed_reason;
    int64_t closed_at, closed_by, related_id, version, created_at, updated_at;
    int64_t incident_id;           /* the incident it is in (store/room.h); 0; not written here */
    int64_t merged_into;           /* a signpost to this one (store/merge.h); 0; not written here */
    str customer_name, agent_name; /* joined; not written */
};
typedef LIST(struct conversation) conversation_list;

typedef enum conversation_view {
    VIEW_WAITING,    /* waiting for us, longest first */
    VIEW_MINE,       /* the same, of one agent */
    VIEW_UNASSIGNED, /* the same, of nobody */
    VIEW_THEM,       /* waiting for them, latest first */
    VIEW_DONE,       /* answered and done, latest first */
    VIEW_CLOSED,     /* closed without an answer, latest first */
    VIEW_JUNK        /* latest first */
} conversation_view;
const char *conversation_view_name(conversation_view v); /* "waiting", "mine", ... */
bool conversation_view_from(str s, conversation_view *ret);

/* Where a page ended: the sort column and id of its last row. {0, 0}: from the start. */
struct page_key {
    int64_t at, id;
};

err store_conversation_insert(db_conn *c, int64_t brand, const struct conversation *row);
err store_conversation_update(db_conn *c, int64_t brand, const struct conversation *row);
/* ERR_MISSING when the brand has none of that id. */
err store_conversation_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct conversation *ret);
err store_conversation_by_number(db_conn *c, arena *a, int64_t brand, int64_t number,
                                 struct conversation *ret);
/* At most `limit` rows after `after`; `agent` matters for VIEW_MINE only. */
err store_conversation_view(db_conn *c, arena *a, int64_t brand, conversation_view view, int64_t agent,
                            struct page_key after, int limit, conversation_list *ret);
struct page_key conversation_key(conversation_view view, const struct conversation *row);
/* How many a view holds, counted up to `cap`. */
err store_conversation_count(db_conn *c, int64_t brand, conversation_view view, int64_t agent, int cap,
                             int *ret);
err store_conversation_of_customer(db_conn *c, arena *a, int64_t brand, int64_t customer, int64_t before_id,
                                   int limit, conversation_list *ret);
/* The customer's newest one but `except`, or 0. */
err store_conversation_latest_of(db_conn *c, int64_t brand, int64_t customer, int64_t except,
                                 int64_t *ret_id);
/* Those of an incident that wait, longest first. */
err store_conversation_of_incident(db_conn *c, arena *a, int64_t brand, int64_t incident,
                                   struct page_key after, int limit, conversation_list *ret);
/* Ids of the open ones that an agent holds. */
err store_conversation_held_by(db_conn *c, arena *a, int64_t brand, int64_t agent, conversation_list *ret);

#endif
