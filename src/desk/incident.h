/* incident: one cause, now, that makes many people write. The desk proposes (desk/incident_watch.h), people
 * decide: confirm, merge, dismiss, open one by hand, take a conversation in or out. Nothing moves by itself:
 * a letter that comes later is proposed, and a person takes it in.
 *
 * Proposed → open (confirm) or dismissed; open → over (close); proposed or open → merged into another; over →
 * open again; dismissed → proposed again. A conversation is in at most one open incident. One that a person
 * put out is not proposed for that incident again.
 *
 * Whether the caller may is judged before (RIGHT_WRITE). Changes are told as desk_changed "incident", with
 * the conversation where it is about one, and stand in the history of the conversation as the events
 * incident_in, incident_out; detail: the incident's title. `seen_version` -1: not checked; else ERR_CONFLICT
 * says what changed. Functions that end in _in run in the caller's transaction. */
#ifndef LONGHAND_DESK_INCIDENT_H
#define LONGHAND_DESK_INCIDENT_H

#include "desk/desk.h"
#include "store/incident.h"

enum {
    INCIDENT_TITLE_BYTES = 200,
    INCIDENT_NOTE_BYTES = 2000,
    INCIDENT_JOIN_MAX = 500, /* conversations in one call */
};
/* How long the words of a dismissed one propose nothing. */
#define INCIDENT_QUIET_MS (7 * (int64_t)DAY_MS)

/* ---- looking ---- */

struct incident {
    struct store_incident incident;
    incident_word_list words; /* why; empty for one opened by hand that nothing spoke for */
};
err incident_get(struct desk *d, arena *a, int64_t brand, int64_t id, struct incident *ret);
err incident_get_in(db_conn *c, arena *a, int64_t brand, int64_t id, struct incident *ret);
/* Latest first, ids below `before` (0: all), with their words. `states`: 1 << INCIDENT_OPEN | ... */
typedef LIST(struct incident) incident_list_of;
err incident_list(struct desk *d, arena *a, int64_t brand, unsigned states, int64_t before, int limit,
                  incident_list_of *ret);
/* Its conversations in one state, in the order in which they came to it; row ids above `after`. */
err incident_conversations(struct desk *d, arena *a, int64_t brand, int64_t incident, incident_part state,
                           int64_t after, int limit, incident_conversation_list *ret);

/* ---- deciding ---- */

struct incident_wish {
    str title;        /* one line */
    int64_t began_at; /* 0: by its letters, or now */
    const int64_t *conversations;
    size_t n; /* at most INCIDENT_JOIN_MAX; they come in */
};
/* By hand, without a proposal. ERR_MISSING for a conversation there is none of; ERR_CONFLICT where one is in
 * another open incident. */
err incident_open(struct desk *d, arena *a, const struct actor *who, const struct incident_wish *wish,
                  int64_t *ret_id);
/* A proposed one is one: it opens, and the letters that were proposed for it until now come in (those in
 * another open incident stay there, proposed here). `title` "": as proposed. More than INCIDENT_JOIN_MAX come
 * in by several transactions; where one fails, it is open and the rest is proposed. */
err incident_confirm(struct desk *d, arena *a, const struct actor *who, int64_t incident, str title,
                     int64_t seen_version);
err incident_rename(struct desk *d, arena *a, const struct actor *who, int64_t incident, str title,
                    int64_t seen_version);
/* `from` is the same as `into`: its conversations and words go there, and it becomes a signpost
 * (merged_into). An open one into a proposed one: ERR_CONFLICT, the other way round. Neither may be over or
 * dismissed. */
err incident_merge(struct desk *d, arena *a, const struct actor *who, int64_t from, int64_t into,
                   int64_t seen_from, int64_t seen_into);
/* It is none. `why` may be "". For INCIDENT_QUIET_MS the same words propose nothing. */
err incident_dismiss(struct desk *d, arena *a, const struct actor *who, int64_t incident, str why,
                     int64_t seen_version);
/* It is over; what came of it, may be "". Letters that still come are proposed for a day (incident_watch.h).
 */
err incident_close(struct desk *d, arena *a, const struct actor *who, int64_t incident, str note,
                   int64_t seen_version);
/* It was not over, or dismissed by mistake: it is as it was before. */
err incident_reopen(struct desk *d, arena *a, const struct actor *who, int64_t incident,
                    int64_t seen_version);

/* ---- conversations ---- */

/* Into a proposed, open or over one, by a person. In already: ERR_NONE. ERR_CONFLICT when one is in another
 * open incident; nothing is done then. */
err incident_join(struct desk *d, arena *a, const struct actor *who, int64_t incident,
                  const int64_t *conversations, size_t n);
/* All that are proposed for it, at most INCIDENT_JOIN_MAX a call; ret_n: how many came in. */
err incident_join_proposed(struct desk *d, arena *a, const struct actor *who, int64_t incident,
                           int64_t *ret_n);
/* It does not belong: out, and never proposed for this incident again. */
err incident_leave(struct desk *d, arena *a, const struct actor *who, int64_t incident, int64_t conversation);
/* Proposed by the desk or by a rule. Nothing where there is a row already, in whatever state. */
err incident_propose_in(db_conn *c, int64_t brand, int64_t incident, int64_t conversation, int64_t message,
                        str why, int64_t now);

/* A conversation's words are deleted (desk/forget.c); conversations become one (desk/merge.c). */
err incident_forget(db_conn *c, int64_t brand, int64_t conversation);

#endif
