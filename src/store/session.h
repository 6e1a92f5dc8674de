/* store session: who is signed in. Only the hash of what the browser holds is kept. */
#ifndef LONGHAND_STORE_SESSION_H
#define LONGHAND_STORE_SESSION_H

#include "db/db.h"
#include "store/account.h"
#include "store/agent.h"
#include "store/brand.h"

struct store_session {
    str hash; /* 32 bytes, token_hash */
    int64_t account_id;
    str csrf;
    int64_t created_at, seen_at, expires_at;
};

/* Whoever asks for a page: everything a request needs to know of them. Says what is there; whether it is
 * expired, disabled or revoked is the desk's to judge. */
struct store_who {
    struct store_account account; /* without the password */
    struct store_brand brand;     /* id 0: no brand with that slug */
    struct store_agent agent;     /* id 0: not an agent of that brand */
    struct store_session session; /* of a browser; account_id 0 for a program */
    int64_t idle_hours;           /* the shortest session_idle_hours of the account's brands */
    int64_t token_id;             /* of a program, else 0 */
    int64_t token_used_at, token_revoked_at;
};

err store_session_insert(db_conn *c, arena *a, const struct store_session *session);
/* Moves seen_at forward when it is `before` or older. */
err store_session_touch(db_conn *c, arena *a, str hash, int64_t now, int64_t before);
/* Deleting what is not there is no error. */
err store_session_delete(db_conn *c, arena *a, str hash);
/* All of the account but the one with hash `but`; "" spares none. */
err store_session_delete_of_account(db_conn *c, arena *a, int64_t account, str but);
err store_session_delete_expired(db_conn *c, arena *a, int64_t now, int64_t seen_before);
err store_session_count(db_conn *c, arena *a, int64_t account, int64_t *ret_count);

/* One statement for each page request. ERR_MISSING when no session has this hash. `brand_slug` may be "".
 * `idle_hours` stands for brands that have not set session_idle_hours. */
err store_who(db_conn *c, arena *a, str session_hash, str brand_slug, int64_t idle_hours,
              struct store_who *ret_who);
/* The same for a program's token, which belongs to one brand: ERR_MISSING too when `brand_slug` is neither
 * "" nor that brand's. */
err store_who_token(db_conn *c, arena *a, str token_hash, str brand_slug, struct store_who *ret_who);

#endif
