/* store/customer: who wrote, under which addresses. */
#ifndef LONGHAND_STORE_CUSTOMER_H
#define LONGHAND_STORE_CUSTOMER_H

#include "base/list.h"
#include "db/db.h"

struct customer {
    int64_t id;
    str name, about;
    int64_t created_at;
};
struct customer_address {
    str address; /* normal form (address_normal) */
    int64_t customer_id, created_at, blocked_at;
};
typedef LIST(struct customer_address) customer_address_list;
typedef LIST(struct customer) customer_list;

err store_customer_insert(db_conn *c, int64_t brand, const struct customer *row);
err store_customer_update(db_conn *c, int64_t brand, const struct customer *row); /* name and about */
err store_customer_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct customer *ret);
/* Name begins with or address contains `part`; newest first. */
err store_customer_find(db_conn *c, arena *a, int64_t brand, str part, int limit, customer_list *ret);

/* ERR_CONFLICT never: an address already known is left as it is. */
err store_customer_address_insert(db_conn *c, int64_t brand, const struct customer_address *row);
/* ret->customer_id is 0 when nobody of the brand has it. */
err store_customer_address_get(db_conn *c, arena *a, int64_t brand, str address,
                               struct customer_address *ret);
err store_customer_addresses(db_conn *c, arena *a, int64_t brand, int64_t customer,
                             customer_address_list *ret);
err store_customer_block(db_conn *c, int64_t brand, str address, int64_t blocked_at);
err store_customer_blocked(db_conn *c, arena *a, int64_t brand, int limit, customer_address_list *ret);

#endif
