/* store/room: the room of an incident: who is there, what may be said, who holds whom, what was said. */
#ifndef LONGHAND_STORE_ROOM_H
#define LONGHAND_STORE_ROOM_H

#include "store/conversation.h"
#include "store/learned.h"

/* ---- the room itself ---- */

struct store_room {
    int64_t incident_id;
    int64_t said, undone; /* see the schema */
    int64_t fixed_at, fixed_by;
    str fixed_says, learned;
    int64_t version;
    str fixed_name; /* joined; not written */
};
/* All 0 and "" where nothing was written yet. */
err store_room_get(db_conn *c, arena *a, int64_t brand, int64_t incident, struct store_room *ret);
/* Makes the row where there is none. */
err store_room_make(db_conn *c, int64_t brand, int64_t incident);
err store_room_fixed(db_conn *c, int64_t brand, int64_t incident, int64_t agent, str says, int64_t at);
err store_room_learned(db_conn *c, int64_t brand, int64_t incident, str learned);

/* The incident's own row in short, without its counts. state: a store_incident's, as text; "" there is none.
 */
err store_room_incident(db_conn *c, arena *a, int64_t brand, int64_t incident, str *ret_state, str *ret_title,
                        int64_t *ret_began_at);
/* How many incidents are open, and the latest of them. */
err store_room_open(db_conn *c, int64_t brand, int64_t *ret_n, int64_t *ret_latest);
/* How many were ever in the room. */
err store_room_people_count(db_conn *c, int64_t brand, int64_t incident, int64_t *ret);

/* Set conversation.incident_id (the incident that it is in, 0 none) from incident_conversation: of one
 * conversation, and of all that an incident has or had. */
err store_room_place(db_conn *c, int64_t brand, int64_t conversation);
err store_room_place_all(db_conn *c, int64_t brand, int64_t incident);
/* An incident becomes another one: what its room holds goes there. */
err store_room_merge(db_conn *c, int64_t brand, int64_t from, int64_t into);

/* ---- people ---- */

typedef enum room_role { ROOM_COORDINATOR, ROOM_WRITER, ROOM_STATUS } room_role;
enum { ROOM_ROLES = ROOM_STATUS + 1 };
const char *room_role_name(room_role v); /* "coordinator", "writer", "status" */
bool room_role_from(str s, room_role *ret);

struct room_person {
    int64_t agent_id;
    room_role role;
    str says; /* "Lunch until 12:15"; "" nothing */
    bool away;
    int64_t joined_at, seen_at;
    /* Joined; not written. */
    str name;
    int64_t holds; /* the conversation that they hold, 0 none; with whom and what about */
    str holds_name, holds_snippet;
};
typedef LIST(struct room_person) room_person_list;
err store_room_person_put(db_conn *c, int64_t brand, int64_t incident, const struct room_person *row);
/* A sign of them: a new row is a writer's. Reads nothing, so that on PostgreSQL those who come at once do not
 * refuse each other. */
err store_room_person_seen(db_conn *c, int64_t brand, int64_t incident, int64_t agent, int64_t at);
/* agent_id 0 when they were never there. */
err store_room_person_get(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t agent,
                          struct room_person *ret);
/* Coordinators first, then by name; `now` decides which claims hold. */
err store_room_people(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t now,
                      room_person_list *ret);

/* ---- the timeline ---- */

typedef enum room_event_kind {
    ROOM_EVENT_FACT,
    ROOM_EVENT_FACT_CHANGED,
    ROOM_EVENT_WITHDRAWN,
    ROOM_EVENT_ROLE,
    ROOM_EVENT_NOTE,
    ROOM_EVENT_HANDOVER,
    ROOM_EVENT_MILESTONE,
    ROOM_EVENT_STATUS,
    ROOM_EVENT_FIXED,
    ROOM_EVENT_LEARNED,
} room_event_kind;
enum { ROOM_EVENT_KINDS = ROOM_EVENT_LEARNED + 1 };
const char *room_event_kind_name(room_event_kind v); /* "fact", "fact_changed", ... */

struct room_event {
    int64_t id, agent_id;
    room_event_kind kind;
    str text;
    int64_t about_id; /* the fact, agent or message */
    int64_t at;
    str agent_name, about_name; /* joined; about_name: of an agent */
    int64_t told;               /* of a withdrawn fact: how many had been told; counted by the list */
};
typedef LIST(struct room_event) room_event_list;
err store_room_event_insert(db_conn *c, int64_t brand, int64_t incident, const struct room_event *row);
/* Latest first, ids below `before` (0: all). */
err store_room_events(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t before, int limit,
                      room_event_list *ret);

/* ---- facts ---- */

typedef enum room_fact_kind { ROOM_FACT_SAY, ROOM_FACT_UNKNOWN } room_fact_kind;
const char *room_fact_kind_name(room_fact_kind v); /* "say", "unknown" */
bool room_fact_kind_from(str s, room_fact_kind *ret);

struct room_fact {
    int64_t id, incident_id;
    room_fact_kind kind;
    str text;
    int64_t owner_id, good_ms, checked_at, checked_by, created_at, created_by;
    int64_t withdrawn_at, withdrawn_by;
    str withdrawn_why;
    int64_t version;
    /* Joined; not written. */
    str owner_name, checked_name, withdrawn_name;
    int64_t told; /* customers */
};
typedef LIST(struct room_fact) room_fact_list;
err store_room_fact_insert(db_conn *c, int64_t brand, const struct room_fact *row);
/* ERR_CONFLICT when the stored row is not of version `row->version - 1`. */
err store_room_fact_update(db_conn *c, int64_t brand, const struct room_fact *row);
err store_room_fact_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct room_fact *ret);
/* As they were written; `withdrawn`: those too. */
err store_room_facts(db_conn *c, arena *a, int64_t brand, int64_t incident, bool withdrawn,
                     room_fact_list *ret);

/* All of them, withdrawn ones too, without how many were told: for the check. */
err store_room_facts_stated(db_conn *c, arena *a, int64_t brand, int64_t incident, room_fact_list *ret);
/* How many were withdrawn. */
err store_room_facts_gone(db_conn *c, int64_t brand, int64_t incident, int64_t *ret);

struct room_told {
    int64_t fact_id, message_id, conversation_id, customer_id, at;
    /* Joined; not written. */
    str customer_name, agent_name, fact;
    int64_t again; /* the reply that corrected it, 0 none yet */
};
typedef LIST(struct room_told) room_told_list;
err store_room_told_put(db_conn *c, int64_t brand, int64_t incident, const struct room_told *row);
/* Who was told a fact, one row a customer (their first reply with it), earliest first, message ids above
 * `after`. */
err store_room_told(db_conn *c, arena *a, int64_t brand, int64_t fact, int64_t after, int limit,
                    room_told_list *ret);
/* What a customer was told in an incident: the first time of each fact. */
err store_room_told_to(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t customer,
                       room_told_list *ret);

/* ---- what was said ---- */

struct room_said {
    int64_t serial, message_id, conversation_id, customer_id, agent_id, waited_since, at;
    bool sending; /* announced, not sent */
    str words;    /* 32-bit words, a 0 behind each sentence */
};
typedef LIST(struct room_said) room_said_list;
/* Takes the next serial: serials are in the order of commits. */
/* For db_turn_begin: those who write to a room. */
err store_room_turn(db_conn *c, int64_t brand, int64_t incident);
err store_room_announce(db_conn *c, int64_t brand, int64_t incident, const struct room_said *row,
                        int64_t *ret_serial);
/* The announced one is sent; false when its announcement is gone, or from before `dead_before`: then the
 * transaction must be undone. */
err store_room_sent(db_conn *c, int64_t brand, int64_t incident, int64_t serial, int64_t waited_since,
                    int64_t at, int64_t dead_before, bool *ret_there);
/* Announced and not sent: gone. */
err store_room_unannounce(db_conn *c, int64_t brand, int64_t incident, int64_t serial);
/* A reply is taken back: what room_said and room_told knew of it, and what it had done for room_owed. */
err store_room_undo(db_conn *c, int64_t brand, int64_t message);
/* Serials above `after`, ascending, but announcements from before `dead_before`. */
err store_room_said(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t after, int64_t dead_before,
                    int limit, room_said_list *ret);
/* What became of those that were announced, from serial `low` to `high`; what was taken away is missing. */
struct room_on_its_way {
    int64_t serial, at;
    bool sending;
};
typedef LIST(struct room_on_its_way) room_on_its_way_list;
err store_room_on_their_way(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t low, int64_t high,
                            room_on_its_way_list *ret);
err store_room_state(db_conn *c, int64_t brand, int64_t incident, int64_t *ret_said, int64_t *ret_undone);
/* Replies of the incident so far. */
err store_room_said_count(db_conn *c, int64_t brand, int64_t incident, int64_t *ret);

/* A line of "who was told what", for the review. */
struct room_line {
    int64_t serial, message_id, conversation_id, number, customer_id, agent_id, waited_since, at;
    str customer_name, agent_name, channel, text;
};
typedef LIST(struct room_line) room_line_list;
err store_room_lines(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t after, int limit,
                     room_line_list *ret);

/* Words of a conversation are deleted. */
err store_room_forget(db_conn *c, int64_t brand, int64_t conversation);

#endif
