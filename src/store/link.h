/* store link: single-use links for invitations and password resets. Only the hash of a link is kept. */
#ifndef LONGHAND_STORE_LINK_H
#define LONGHAND_STORE_LINK_H

#include "db/db.h"

struct store_link {
    str hash; /* 32 bytes, token_hash */
    str kind; /* invitation, reset */
    int64_t account_id, created_at, expires_at, used_at;
};

err store_link_insert(db_conn *c, arena *a, const struct store_link *link);
/* ERR_MISSING when there is none. Used and expired ones are found too. */
err store_link_by_hash(db_conn *c, arena *a, str hash, struct store_link *ret_link);
/* Mark it used, if it is neither used nor expired at `now`: of two at once exactly one gets ERR_NONE, the
 * other ERR_MISSING. */
err store_link_use(db_conn *c, arena *a, str hash, int64_t now, struct store_link *ret_link);
/* Mark all unused links of the account used. */
err store_link_use_all(db_conn *c, arena *a, int64_t account, int64_t now);
/* How many of the kind were made after `since`. */
err store_link_count_since(db_conn *c, arena *a, int64_t account, str kind, int64_t since,
                           int64_t *ret_count);
err store_link_delete_expired(db_conn *c, arena *a, int64_t before);

#endif
