/* follower: how many follow us somewhere, and what an incident did to that. Counts come by hand, from a
 * table, or from a channel whose network tells them. */
#ifndef LONGHAND_DESK_FOLLOWER_H
#define LONGHAND_DESK_FOLLOWER_H

#include "desk/desk.h"
#include "desk/order.h"
#include "store/follower.h"

enum { FOLLOWER_ROWS_MAX = 50000, FOLLOWER_NETWORK_BYTES = 60 };

/* By hand. day "" is today. ERR_INVALID names what is wrong. `count` "" takes that day away. */
struct follower_form {
    str network, day, count;
};
err follower_put(struct desk *d, arena *a, const struct actor *who, const struct follower_form *form);
/* A table with the columns network, day and followers. */
err follower_import(struct desk *d, arena *a, const struct actor *who, str csv, struct order_report *ret);
/* What a network said, in the caller's transaction. */
err follower_told_in(db_conn *c, int64_t brand, str network, int64_t day, int64_t count, int64_t now);

/* What was gained in the seven days from `day` on, beside the weeks before. Pure. Counts of other days than
 * the one needed stand in where they are at most FOLLOWER_NEAR days older. */
enum { FOLLOWER_NEAR = 3, FOLLOWER_WEEKS = 8, FOLLOWER_WEEKS_LEAST = 4 };
struct follower_change {
    bool known;     /* false: too few counts before or after it to say */
    int64_t gained; /* in the seven days */
    int64_t usual;  /* the weeks' average before it, rounded */
    int64_t most;   /* the best of those weeks */
    int64_t weeks;  /* how many there were, up to FOLLOWER_WEEKS */
};
/* `rows` of one network, by day. */
void follower_change_of(const struct follower *rows, size_t n, int64_t day, struct follower_change *ret);

#endif
