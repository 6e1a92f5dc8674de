/* room_said: what was said in an incident, by anybody, up to this moment.
 *
 * Of two replies that are alike, one is stopped before it is sent, also when both are sent in the same second
 * from two machines. A reply is announced before it is checked: one small transaction takes the incident's
 * next serial number and leaves the reply's skeleton. That row stays locked until the commit, so serials are
 * in the order of commits: whoever has number n sees, in any later snapshot, everything with a smaller
 * number. Then the reply is checked against those, sent or still on their way, and the transaction that sends
 * it needs the announcement to be there. So of two announced replies the later one always sees the earlier,
 * and the earlier never waits for the later. An announcement that was refused is taken back, one whose
 * process died counts for ROOM_ANNOUNCE_MS; its own sending would then be refused.
 *
 * Announcing takes the conversation's claim, too (desk/room_next.h), or is ERR_CONFLICT, saying who has it.
 *
 * In memory each incident has an index (near/) of its skeletons, brought up to date from the rows before it
 * is asked; it is derived and made anew when replies were taken back. */
#ifndef LONGHAND_DESK_ROOM_SAID_H
#define LONGHAND_DESK_ROOM_SAID_H

#include "desk/desk.h"
#include "letter/check.h"
#include "store/conversation.h"
#include "store/room.h"

#define ROOM_ANNOUNCE_MS (60 * SECOND_MS)
#define ROOM_CLOCKS_MS (20 * SECOND_MS)   /* as far as the clocks of two machines may be apart */
#define ROOM_JUST_NOW_MS (60 * SECOND_MS) /* so young a reply its neighbour's writer cannot have seen */

/* A reply on its way. */
struct room_saying {
    int64_t brand;
    int64_t incident; /* 0: the conversation is in none, and nothing was announced */
    int64_t serial, customer;
    struct desk *desk;
    LIST(int64_t) facts; /* that it states, filled by room_states */
    int64_t gone;        /* how many facts were withdrawn when it was announced */
};
err room_announce(struct desk *d, arena *a, const struct actor *who, int64_t conversation, int64_t message,
                  str text, struct room_saying *ret);
/* The transaction that sends it. */
err room_write(struct desk *d, const struct room_saying *s, db_fn fn, void *arg);
/* It was not sent. */
void room_unannounce(struct desk *d, const struct actor *who, const struct room_saying *s);
/* What the check found stated. */
void room_states(arena *a, const struct checked *checked, struct room_saying *s);
/* In the transaction that sends it, before the conversation changes: ends the claim, notes who was told what
 * and that nothing more is owed to them. ERR_CONFLICT when it took too long, or when a fact was withdrawn
 * since it was announced and it states any: it may be that one. */
err room_sent_in(db_conn *c, arena *a, const struct actor *who, const struct room_saying *s,
                 const struct conversation *v, int64_t message, int64_t now);
/* A reply is taken back, in the caller's transaction: who took it back holds the conversation again. */
err room_taken_back_in(db_conn *c, const struct actor *who, const struct conversation *v, int64_t message,
                       int64_t now);

/* What the check takes of the incident; `incident` NULL: the conversation is in none. `saying`: of a reply
 * that is announced; NULL while it is typed. Used by one thread, ended with room_check_end. */
struct room_check {
    const struct check_incident *incident;
    const struct check_fact *facts; /* that everybody may state: no remark of being said by others */
    size_t nfacts;
    struct room_source *source;
};
/* What is read for it in the caller's snapshot: the facts, and what this customer was told of them. */
struct room_stated {
    int64_t began;
    room_fact_list facts;
    room_told_list told;
};
err room_stated_in(db_conn *c, arena *a, int64_t brand, const struct conversation *v,
                   struct room_stated *ret);
err room_check_begin(struct desk *d, arena *a, int64_t brand, const struct conversation *v,
                     const struct room_stated *stated, const struct room_saying *saying,
                     const struct zone *zone, struct room_check *ret);
void room_check_end(struct room_check *k);
#define ROOM_CHECK_AUTO __attribute__((cleanup(room_check_end)))

#endif
