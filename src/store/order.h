/* store/order: what people bought, as the shop says. Every function runs inside the caller's transaction. */
#ifndef LONGHAND_STORE_ORDER_H
#define LONGHAND_STORE_ORDER_H

#include "base/list.h"
#include "db/db.h"

typedef enum purchase_source { PURCHASE_FILE, PURCHASE_API, PURCHASE_HOOK } purchase_source;
const char *purchase_source_name(purchase_source s); /* "file", "api", "hook" */

/* See the schema. */
struct purchase {
    int64_t id;
    str number;
    int64_t person, bought_at, amount; /* amount -1: unknown */
    str currency, what;
    purchase_source source;
    int64_t created_at;
    str customer_name; /* joined; not written. "" who never wrote to us */
};
typedef LIST(struct purchase) purchase_list;

/* The number again changes the row. Person 0: it was refunded; the number is kept, so that nothing that comes
 * late brings it back, and nothing else. ret_was: whose it was before; 0 it is new, or was refunded. */
err store_purchase_put(db_conn *c, int64_t brand, const struct purchase *row, int64_t *ret_was);
/* Newest first, before {bought_at, id}; {0, 0}: from the newest. */
err store_purchases(db_conn *c, arena *a, int64_t brand, int64_t before_at, int64_t before_id, int limit,
                    purchase_list *ret);
/* One by its id. ERR_MISSING. */
err store_purchase_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct purchase *ret);
err store_purchase_any(db_conn *c, int64_t brand, bool *ret);
/* Who only bought until now is that customer. *ret_moved: there was something. */
err store_purchase_claim(db_conn *c, int64_t brand, int64_t person, int64_t customer, bool *ret_moved);

struct purchase_hook {
    str secret; /* "" none */
    int64_t agent_id, updated_at, told_at;
};
err store_purchase_hook_get(db_conn *c, arena *a, int64_t brand, struct purchase_hook *ret);
err store_purchase_hook_put(db_conn *c, int64_t brand, const struct purchase_hook *row);
err store_purchase_hook_told(db_conn *c, int64_t brand, int64_t now);

#endif
