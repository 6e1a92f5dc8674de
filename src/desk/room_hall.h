/* room_hall: what the desk holds in memory for its rooms; for desk/room*.c. */
#ifndef LONGHAND_DESK_ROOM_HALL_H
#define LONGHAND_DESK_ROOM_HALL_H

#include <threads.h>

#include "desk/room.h"

enum { HALL_INDEXES = 8, HALL_COUNTS = 8, HALL_CHANNELS = 12, HALL_TAKING = 64 };

struct hall_count {
    int64_t brand, incident; /* brand 0: free */
    int64_t until;           /* monotonic ms: as long as it stands without being counted anew */
    bool counting;           /* somebody counts anew; the others take what there is */
    struct room_counts counts;
    struct room_channel channels[HALL_CHANNELS];
    char names[HALL_CHANNELS][16];
};
struct hall_chart {
    int64_t brand, incident, from, step, until;
    struct room_bucket steps[ROOM_STEPS];
};
struct hall_taking {
    int64_t conversation, customer; /* 0: free */
};
/* On the stack of whoever waits. */
struct hall_turn {
    cnd_t comes;
    bool is_here;
    struct hall_turn *next;
};
struct hall {
    mtx_t lock;
    struct room_index *indexes[HALL_INDEXES]; /* the latest asked first */
    struct hall_count counts[HALL_COUNTS];
    struct hall_chart charts[HALL_COUNTS];
    struct hall_taking taking[HALL_TAKING]; /* whom somebody of this process is taking just now */
    struct hall_turn *first, **last;        /* those who wait to write to a room (room_write), in order */
    bool writes;                            /* somebody does */
    int64_t others_until; /* monotonic ms: other processes do, too; of whoever's turn it is */
};
struct hall *hall_of(struct desk *d);
/* One of this process at a time, in the order in which they came. */
void hall_enter(struct hall *h);
void hall_leave(struct hall *h);
void room_index_drop_all(struct hall *h);

#endif
