/* store rhythm: in which hours letters came to an inbox, and which inboxes are silent now. */
#ifndef LONGHAND_STORE_RHYTHM_H
#define LONGHAND_STORE_RHYTHM_H

#include "base/list.h"
#include "db/db.h"

/* Count the letters that came since the last time, up to `limit` of them; ret_more: there are more. Hours are
 * counted from 1970, and those before `oldest` forgotten. */
err store_rhythm_count(db_conn *c, arena *a, int64_t brand, int64_t oldest, int limit, bool *ret_more);

typedef LIST(int64_t) hour_list;
/* Those in which a letter came, in order. */
err store_rhythm_hours(db_conn *c, arena *a, int64_t brand, int64_t inbox, hour_list *ret);

struct store_silence {
    int64_t inbox_id, silent_at, last_at;
    str address;
};
typedef LIST(struct store_silence) store_silence_list;
/* silent_at 0: not silent any more. One that is silent already keeps its silent_at. */
err store_silence_set(db_conn *c, int64_t brand, int64_t inbox, int64_t silent_at, int64_t last_at);
/* Of inboxes in use to which no letter came since it was found silent. */
err store_silences(db_conn *c, arena *a, int64_t brand, store_silence_list *ret);

#endif
