/* room_status: what the status page says of an incident, from its room: suggested from what everybody may
 * say, written by whoever coordinates or keeps the page. */
#ifndef LONGHAND_DESK_ROOM_STATUS_H
#define LONGHAND_DESK_ROOM_STATUS_H

#include "desk/room.h"
#include "desk/status.h"

/* status_post for post->incident, which is set. ERR_DENIED, naming who may, for everybody else in the room.
 */
err room_status_post(struct desk *d, arena *a, const struct actor *who, const struct status_post *post,
                     int64_t *ret_update);

/* May this person of the room? Nobody who was never there. */
static inline bool room_keeps_status(const struct room_person *p) {
    return p->agent_id && (p->role == ROOM_COORDINATOR || p->role == ROOM_STATUS);
}
/* First names of those who may, "Ines, Joss"; "" nobody. */
str room_status_keepers(arena *a, const room_person_list *people);
/* The facts that hold and were looked at in time, as sentences in the order in which they were written, as
 * many as an update takes; "" none. */
str room_status_words(arena *a, const struct room_look *l);
/* Of the facts, withdrawn ones among them: the first that was taken out and still stands in these words, word
 * for word; NULL none. */
const struct room_fact *room_status_wrong(const room_fact_list *facts, str words);

#endif
