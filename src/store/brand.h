/* store brand: the companies or labels a desk serves. */
#ifndef LONGHAND_STORE_BRAND_H
#define LONGHAND_STORE_BRAND_H

#include "base/list.h"
#include "db/db.h"

struct store_brand {
    int64_t id;
    str slug; /* in addresses of pages: [a-z0-9-], unique */
    str name, zone, language;
    int64_t next_number; /* of the next conversation, from 1 */
    int64_t created_at;
};
typedef LIST(struct store_brand) store_brand_list;

/* ERR_CONFLICT when the id or the slug is there. */
err store_brand_insert(db_conn *c, arena *a, const struct store_brand *brand);
/* ERR_MISSING when there is none. */
err store_brand_by_id(db_conn *c, arena *a, int64_t id, struct store_brand *ret_brand);
err store_brand_by_slug(db_conn *c, arena *a, str slug, struct store_brand *ret_brand);
/* Oldest first. */
err store_brand_list_all(db_conn *c, arena *a, store_brand_list *ret_brands);
/* The brands in which the account is an agent who is not disabled, by name. */
err store_brand_list_of_account(db_conn *c, arena *a, int64_t account, store_brand_list *ret_brands);
err store_brand_update(db_conn *c, arena *a, int64_t id, str name, str zone, str language);

/* Take the next conversation number. Two writers never get the same one: the second waits for, or tries
 * again after, the first one's transaction. */
err store_brand_number(db_conn *c, arena *a, int64_t brand, int64_t *ret_number);

/* Let no other transaction that locks this brand pass until ours ends: for rules over several rows, such
 * as "one administrator stays". ERR_MISSING when there is no such brand. */
err store_brand_lock(db_conn *c, arena *a, int64_t brand);

#endif
