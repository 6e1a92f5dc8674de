/* rate: how often something was tried lately, in a table of fixed size.
 *
 * A sliding window over the times of the last tries. Where the table is full the entry longest untouched is
 * dropped. Which place a key gets depends on a random number of this process, so that nobody can choose
 * keys to push a certain one out. */
#ifndef LONGHAND_DESK_RATE_H
#define LONGHAND_DESK_RATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum { RATE_MOST = 10, RATE_WAYS = 8, RATE_SETS = 512 };

struct rate_entry {
    uint64_t key; /* 0: free */
    int64_t at[RATE_MOST];
    int64_t touched;
    int n;
};

struct rate {
    pthread_mutex_t lock;
    uint64_t secret;
    struct rate_entry entries[RATE_SETS][RATE_WAYS];
};
#define RATE_EMPTY                                                                                           \
    { .lock = PTHREAD_MUTEX_INITIALIZER }

/* Count one try of `what` (any bytes) at `now`, unless `most` (at most RATE_MOST) lie within the last
 * `window` ms: then false, and it is not counted. Safe from many threads. */
bool rate_take(struct rate *r, str what, int most, int64_t window, int64_t now);
void rate_give_back(struct rate *r, str what); /* the last try was none */
void rate_forget(struct rate *r, str what);
void rate_forget_all(struct rate *r);
/* The network of an address: of IPv6 its first half, which is what one customer of a provider has. */
str rate_network(arena *a, str peer);

#endif
