/* pace: how many letters a minute an inbox sends, where its mail server wants no more. Whether the caller may
 * is judged before (RIGHT_ADMIN). */
#ifndef LONGHAND_DESK_PACE_H
#define LONGHAND_DESK_PACE_H

#include "desk/desk.h"

enum { PACE_MAX = 6000 };

/* 0: no limit. */
err pace_get(struct desk *d, int64_t brand, int64_t inbox, int64_t *ret_per_minute);
/* What waits already gets its place by the new limit. ERR_INVALID outside 0 to PACE_MAX, ERR_MISSING for an
 * inbox that is not of the brand. */
err pace_change(struct desk *d, arena *a, int64_t brand, int64_t inbox, int64_t per_minute);

/* Take the next place of an inbox, in the caller's transaction: when the letter that has it may leave, `now`
 * where there is no limit or nothing waits. */
err pace_take_in(db_conn *c, int64_t brand, int64_t inbox, int64_t now, int64_t *ret_at);
/* When that would be, without taking it. */
err pace_next_in(db_conn *c, int64_t brand, int64_t inbox, int64_t now, int64_t *ret_at);

#endif
