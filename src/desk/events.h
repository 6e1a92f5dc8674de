/* events: one line of a conversation's history. Inside the caller's transaction. */
#ifndef LONGHAND_DESK_EVENTS_H
#define LONGHAND_DESK_EVENTS_H

#include "desk/desk.h"

/* `kind` is one of store/event.h. */
err event_add(db_conn *c, const struct actor *who, int64_t conversation, const char *kind, str detail,
              int64_t at);

#endif
