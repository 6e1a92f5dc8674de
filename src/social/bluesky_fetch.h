/* bluesky_fetch: how far the mentions of an account were read, between two calls. Pure.
 *
 * The network gives notices newest first, sorted by the earlier of when a post was written (by its author's
 * clock) and when it was seen. So a late one may turn up further down, and the page that is asked first is
 * looked through as a whole each time, and once an hour more; `seen` tells what was handed over before. What
 * it does not hold may be handed over again: the desk keeps a post once. */
#ifndef LONGHAND_SOCIAL_BLUESKY_FETCH_H
#define LONGHAND_SOCIAL_BLUESKY_FETCH_H

#include "social/bluesky.h"

enum {
    BLUESKY_SEEN = 150,     /* posts remembered as handed over */
    BLUESKY_SEEN_CHARS = 8, /* of each: 48 bits of a hash */
    BLUESKY_WALK_PAGES = 5000,
    BLUESKY_OVERLAP_MS = 15 * MINUTE_MS, /* every walk goes so far behind what was read */
    BLUESKY_DEEP_MS = 2 * HOUR_MS, /* and one in BLUESKY_DEEP_EVERY_MS so far, for clocks that are slow */
    BLUESKY_DEEP_EVERY_MS = HOUR_MS
};

struct bluesky_way {
    int64_t since;        /* nothing older is handed over */
    int64_t mark;         /* what is older was read before */
    int64_t top;          /* of the walk that is on: what `mark` becomes when it ends */
    int64_t low;          /* the oldest that this walk has seen; 0 at its start */
    int64_t deep;         /* when a deep walk began last */
    bool is_deep;         /* this one is */
    str at;               /* the network's cursor of this walk; "" at its start */
    int64_t pages, empty; /* of this walk; how many of them in a row were empty */
    str fresh, seen;      /* handed over on this walk, and before it: BLUESKY_SEEN_CHARS each, newest first */
};

bool bluesky_way_read(arena *a, str cursor, struct bluesky_way *ret); /* "" is the beginning */
str bluesky_way_write(arena *a, const struct bluesky_way *w);

/* Take a page in: what was handed over before is taken out of it, and `w` becomes the way after it. False:
 * the walk ends here, and `ret_why` says it when it ends for another reason than that all was read ("" : that
 * one). `now` bounds what the network says of times. */
bool bluesky_way_step(arena *a, struct bluesky_way *w, struct bluesky_page *page, int64_t now, str *ret_why);

#endif
