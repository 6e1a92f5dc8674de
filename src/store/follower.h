/* store/follower: how many follow us somewhere, day by day. */
#ifndef LONGHAND_STORE_FOLLOWER_H
#define LONGHAND_STORE_FOLLOWER_H

#include "base/list.h"
#include "db/db.h"

struct follower {
    str network;
    int64_t day, n; /* day: 20261122 */
    int64_t agent_id, at;
};
typedef LIST(struct follower) follower_list;
/* The same day again changes it. */
err store_follower_put(db_conn *c, int64_t brand, const struct follower *row);
err store_follower_delete(db_conn *c, int64_t brand, str network, int64_t day);
err store_follower_there(db_conn *c, int64_t brand, str network, int64_t day, bool *ret);
/* From `from` on, by network, then day. */
err store_followers(db_conn *c, arena *a, int64_t brand, int64_t from, follower_list *ret);

/* Incidents that were confirmed, newest first. */
struct follower_incident {
    int64_t id, began_at, ended_at;
    str title;
};
typedef LIST(struct follower_incident) follower_incident_list;
err store_follower_incidents(db_conn *c, arena *a, int64_t brand, int limit, follower_incident_list *ret);

#endif
