/* room_next: whom to write to next. A claim is a row in the database: it holds in every process and on every
 * machine that serves the desk, and it ends by itself when its holder falls silent, so nobody is lost with a
 * closed laptop and no two people ever write to the same person. Not even a claim is trusted alone: sending
 * asks for it once more in its own transaction, beside the conversation's version. */
#ifndef LONGHAND_DESK_ROOM_NEXT_H
#define LONGHAND_DESK_ROOM_NEXT_H

#include "desk/room.h"

#define ROOM_LEASE_MS (10 * MINUTE_MS) /* "It goes back after ten quiet minutes" */
#define ROOM_SKIP_MS (30 * MINUTE_MS)
enum { ROOM_SNOOZE_MINUTES_MAX = 24 * 60 };

struct room_given {
    int64_t conversation; /* 0: nobody waits */
    bool owed;            /* nobody waits any more, and this one is owed another letter */
    bool held;            /* it is the one they held already */
    bool passed;          /* a colleague passed it on: by whom, and their words */
    int64_t by;
    str by_name, note;
    int64_t until_at;
};
/* The next person. Whoever holds one gets that one again; then comes what was passed to them; then whoever
 * waits longest, and of those of the same minute (the first ROOM_MOST_OF of them) who wrote most letters;
 * then those this agent left to others; then whoever is owed another letter, longest first. Whoever wrote
 * twice is given to one writer at a time. Held until `until_at`, longer with every word that is kept of their
 * draft. ERR_BUSY when colleagues were faster all the time. */
err room_next(struct desk *d, arena *a, const struct actor *who, int64_t incident, struct room_given *ret);
/* What they hold, without taking anything. conversation 0: nothing. */
err room_holds(db_conn *c, arena *a, const struct actor *who, int64_t incident, int64_t now,
               struct room_given *ret);

/* Of the one that they hold; ERR_CONFLICT when somebody else has it by now. Draft and place in the queue
 * stay. Leave it to the others; for half an hour it is not given back. */
err room_skip(struct desk *d, arena *a, const struct actor *who, int64_t incident, int64_t conversation);
/* A colleague gets it with their next "Next", within the lease; else it goes back. */
err room_pass(struct desk *d, arena *a, const struct actor *who, int64_t incident, int64_t conversation,
              int64_t agent, str note);
/* Nobody gets it for so many minutes. */
err room_snooze(struct desk *d, arena *a, const struct actor *who, int64_t incident, int64_t conversation,
                int64_t minutes);
/* Back to where it was, for everybody. */
err room_give_back(struct desk *d, arena *a, const struct actor *who, int64_t incident, int64_t conversation);

/* In the transaction of others: words of a draft were kept. Whoever sends a reply takes the claim by that
 * (desk/room_said.h). */
err room_renew_in(db_conn *c, int64_t brand, int64_t conversation, int64_t agent, int64_t now);

#endif
