/* store account: people who sign in. The only rows, with sessions and links, that belong to no brand. */
#ifndef LONGHAND_STORE_ACCOUNT_H
#define LONGHAND_STORE_ACCOUNT_H

#include "base/list.h"
#include "db/db.h"

struct store_account {
    int64_t id;
    str email; /* lower case, unique */
    str name;
    str password; /* an Argon2id string; "" until an invitation is taken up */
    str zone, language;
    int64_t created_at, disabled_at;
};
typedef LIST(struct store_account) store_account_list;

/* ERR_CONFLICT when the id or the address is there. */
err store_account_insert(db_conn *c, arena *a, const struct store_account *account);
/* ERR_MISSING when there is none. `email` must be in lower case. */
err store_account_by_id(db_conn *c, arena *a, int64_t id, struct store_account *ret_account);
err store_account_by_email(db_conn *c, arena *a, str email, struct store_account *ret_account);
err store_account_list_all(db_conn *c, arena *a, store_account_list *ret_accounts); /* by address */

/* ERR_MISSING when there is no such account. */
err store_account_set_password(db_conn *c, arena *a, int64_t id, str password);
/* Only where the stored string is still `old`: a rehash must not undo a change made meanwhile. Changing
 * nothing is no error. */
err store_account_rehash(db_conn *c, arena *a, int64_t id, str old, str fresh);
err store_account_set_profile(db_conn *c, arena *a, int64_t id, str name, str zone, str language);
err store_account_set_disabled(db_conn *c, arena *a, int64_t id, int64_t disabled_at);

#endif
