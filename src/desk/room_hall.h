/* room_hall: what the desk holds in memory for its rooms; for desk/room*.c. */
#ifndef LONGHAND_DESK_ROOM_HALL_H
#define LONGHAND_DESK_ROOM_HALL_H

#include <threads.h>

#include "desk/room.h"

enum { HALL_INDEXES = 8, HALL_COUNTS = 8, HALL_CHANNELS = 12, HALL_TAKING = 64 };

struct hall_count {
    int64_t brand, incident, until; /* monotonic ms; brand 0: free */
    struct room_counts counts;
    struct room_channel channels[HALL_CHANNELS];
    char names[HALL_CHANNELS][16];
};
struct hall {
    mtx_t lock;
    struct room_index *indexes[HALL_INDEXES]; /* the latest asked first */
    struct hall_count counts[HALL_COUNTS];
    int64_t taking[HALL_TAKING]; /* conversations that somebody of this process is taking just now; 0: free */
    mtx_t writing;               /* room_write */
};
struct hall *hall_of(struct desk *d);
void room_index_drop_all(struct hall *h);

#endif
