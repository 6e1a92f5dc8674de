/* store/incoming: what an inbox believes of the mail that comes to it, and the addresses that replies of ours
 * ask to be answered at. */
#ifndef LONGHAND_STORE_INCOMING_H
#define LONGHAND_STORE_INCOMING_H

#include "base/list.h"
#include "db/db.h"

struct store_incoming {
    int64_t inbox_id;
    str authserv_id;      /* whose Authentication-Results are believed (RFC 8601), lower case; "" nobody's */
    bool reply_addresses; /* its mail server delivers name+anything@domain, so replies may ask for that */
    bool acknowledges;    /* a first letter gets the fixed words "we have it" */
    int64_t updated_at;
};
/* What stands when nobody has chosen: all off. */
err store_incoming_get(db_conn *c, arena *a, int64_t brand, int64_t inbox, struct store_incoming *ret);
err store_incoming_put(db_conn *c, int64_t brand, const struct store_incoming *row);

/* `hash`: token_hash of what stands behind the "+". It leads to the message, and so to wherever that stands
 * now: merging, splitting and moving need do nothing. */
err store_reply_address_insert(db_conn *c, int64_t brand, str hash, int64_t message, int64_t now);
/* The conversation that the reply with this address stands in; 0 when there is none. */
err store_reply_address_find(db_conn *c, int64_t brand, str hash, int64_t *ret_conversation);
/* Of all replies that stand in a conversation. A reply that is deleted takes its own with it. */
err store_reply_address_delete(db_conn *c, int64_t brand, int64_t conversation);

#endif
