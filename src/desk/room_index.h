/* room_index: the replies of one incident in memory, for desk/room_said.h. */
#ifndef LONGHAND_DESK_ROOM_INDEX_H
#define LONGHAND_DESK_ROOM_INDEX_H

#include "desk/desk.h"
#include "near/near.h"

struct room_index;
/* Brought up to date with what is committed now. Give back with room_index_close; any thread. */
err room_index_open(struct desk *d, int64_t brand, int64_t incident, struct room_index **ret);
void room_index_close(struct room_index *x);

near *room_index_near(struct room_index *x);
/* Of a reply: its serial and when it was announced or sent; INT64_MAX and 0 for one that is not there. */
int64_t room_index_serial(struct room_index *x, int64_t message);
int64_t room_index_at(struct room_index *x, int64_t message);

#endif
