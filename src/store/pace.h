/* store/pace: how many letters a minute an inbox may send. */
#ifndef LONGHAND_STORE_PACE_H
#define LONGHAND_STORE_PACE_H

#include "base/list.h"
#include "db/db.h"

struct pace {
    int64_t inbox_id;
    int64_t per_minute; /* 0: no limit */
    int64_t next_at;    /* when the next letter may leave */
};

/* per_minute 0 where there is no limit. */
err store_pace_get(db_conn *c, int64_t brand, int64_t inbox, struct pace *ret);
/* per_minute 0 takes the limit away. */
err store_pace_put(db_conn *c, int64_t brand, const struct pace *row);

#endif
