/* room: the room in which an incident is answered: who is there, what everybody may state, what happened,
 * what comes after. Whom one writes to next is desk/room_next.h, what colleagues said is desk/room_said.h.
 *
 * Whether the caller may is judged before (RIGHT_WRITE). Changes are told as desk_changed "room". All calls
 * are ERR_MISSING for an incident or fact of another brand, and ERR_CONFLICT in a room whose incident was
 * dismissed or merged. */
#ifndef LONGHAND_DESK_ROOM_H
#define LONGHAND_DESK_ROOM_H

#include "base/buf.h"
#include "desk/incident.h"
#include "store/room.h"
#include "store/room_queue.h"

enum {
    ROOM_FACT_BYTES = 500,
    ROOM_NOTE_BYTES = 2000,
    ROOM_SAYS_BYTES = 100,
    ROOM_FACT_MINUTES = 30,          /* how long a fact holds unseen, where nobody said otherwise */
    ROOM_FACT_MINUTES_MAX = 24 * 60, /* 1 to this */
    ROOM_LATELY_MINUTES = 10,        /* what rates are counted over */
    ROOM_SEEN_MS = 2 * MINUTE_MS,    /* after the last sign of them, a person is not in the room */
    ROOM_FACTS_MAX = 40,
    ROOM_STEPS = 24, /* of the chart */
};

/* ---- looking ---- */

struct room_rate {
    int64_t said, came; /* a minute, times 10 */
    int64_t empty_at;   /* when everybody is answered at this pace; 0 not at this pace, or nobody waits */
};
struct room_rate room_rate_of(const struct room_counts *counts, int64_t now);

struct room_look {
    struct incident incident;
    struct store_room room;
    struct room_counts counts;
    struct room_rate rate;
    room_person_list people;
    room_fact_list facts; /* not withdrawn */
    room_event_list events;
    struct room_person me; /* agent_id 0: was never here */
    int64_t now;
};
/* All of it in one snapshot; counts of some thousands are at most five seconds old,
 * and a little more while they are counted. */
err room_look(struct desk *d, arena *a, const struct actor *who, int64_t incident, int events,
              struct room_look *ret);
err room_counts(struct desk *d, arena *a, int64_t brand, int64_t incident, struct room_counts *ret);

/* How many began to wait and how many were answered in each stretch of `step` ms from `from` (what came
 * before counts into the first); as old as counts may be. */
err room_chart(struct desk *d, db_conn *c, int64_t brand, int64_t incident, int64_t from, int64_t step,
               struct room_bucket ret[static ROOM_STEPS]);

static inline bool room_fact_old(const struct room_fact *f, int64_t now) {
    return f->kind == ROOM_FACT_SAY && !f->withdrawn_at && f->checked_at + f->good_ms < now;
}

/* Of an incident that has, or had, a room: ERR_CONFLICT for a proposed, dismissed or merged one. */
err room_is_open_in(db_conn *c, arena *a, int64_t brand, int64_t incident, struct store_incident *ret);

/* ---- people ---- */

/* A sign of them; whoever comes first is the coordinator, the others write. Writes at most every half minute.
 */
err room_here(struct desk *d, arena *a, const struct actor *who, int64_t incident);
/* Would that write? For a caller who reads more in one snapshot. */
err room_unseen_in(db_conn *c, arena *a, const struct actor *who, int64_t incident, int64_t now, bool *ret);
/* What somebody does: a role for `agent` (themselves or a colleague of the brand), and for oneself a few
 * words and whether one is away. */
err room_set_role(struct desk *d, arena *a, const struct actor *who, int64_t incident, int64_t agent,
                  room_role role);
err room_set_says(struct desk *d, arena *a, const struct actor *who, int64_t incident, str says, bool away);

/* ---- the timeline ---- */

/* kind NOTE, HANDOVER or STATUS, in their own words. */
err room_write_down(struct desk *d, arena *a, const struct actor *who, int64_t incident, room_event_kind kind,
                    str text);
/* In the caller's transaction. */
err room_event_in(db_conn *c, const struct actor *who, int64_t incident, room_event_kind kind, str text,
                  int64_t about, int64_t now);

/* ---- facts ---- */

struct room_fact_wish {
    room_fact_kind kind;
    str text;
    int64_t owner;   /* 0: whoever says it */
    int64_t minutes; /* how long it holds unseen; 0: the standard */
};
err room_fact_add(struct desk *d, arena *a, const struct actor *who, int64_t incident,
                  const struct room_fact_wish *wish, int64_t *ret_id);
/* It still holds, as of now. */
err room_fact_check(struct desk *d, arena *a, const struct actor *who, int64_t fact, int64_t seen_version);
/* Who is asked, and how long it holds. Other words are another fact: withdraw it and add one. */
err room_fact_change(struct desk *d, arena *a, const struct actor *who, int64_t fact, int64_t owner,
                     int64_t minutes, int64_t seen_version);
/* It is not so. Whoever was told is listed; with `write_again` they are owed a letter (ret_n: how many, 0
 * else). */
err room_fact_withdraw(struct desk *d, arena *a, const struct actor *who, int64_t fact, str why,
                       bool write_again, int64_t seen_version, int64_t *ret_n);
/* The same later, for one that is withdrawn. */
err room_fact_write_again(struct desk *d, arena *a, const struct actor *who, int64_t fact, int64_t *ret_n);

/* ---- after ---- */

/* It is fixed: everybody who was answered is owed a second letter, each written by a person. `says`: what
 * there is to tell them, for the writers. Again: those who were answered since are added. */
err room_fixed(struct desk *d, arena *a, const struct actor *who, int64_t incident, str says, int64_t *ret_n);
/* This one needs no letter, and why. */
err room_owed_drop(struct desk *d, arena *a, const struct actor *who, int64_t incident, int64_t customer,
                   str why);
/* What the team learned, for the review. */
err room_learned(struct desk *d, arena *a, const struct actor *who, int64_t incident, str text);

/* The incident's room as files: HTML and markdown are the web's (web/incident_review.c). CSV: who was told
 * what, a line a reply. JSON: all of it. Bytes go to `out`. */
err room_export_csv(struct desk *d, arena *a, int64_t brand, int64_t incident, buf *out);
err room_export_json(struct desk *d, arena *a, const struct actor *who, int64_t incident, buf *out);

/* What the desk holds in memory for its rooms: freed at its end (desk/heart.c). */
void room_close(struct desk *d);

#endif
