/* store/missing: the mail that says "we have it", one a conversation. */
#ifndef LONGHAND_STORE_MISSING_H
#define LONGHAND_STORE_MISSING_H

#include "db/db.h"

typedef enum missing_mail_state {
    MISSING_MAIL_DUE,
    MISSING_MAIL_SENT, /* or nobody can tell: it is not sent again */
    MISSING_MAIL_FAILED
} missing_mail_state;
const char *missing_mail_state_name(missing_mail_state v); /* "due", "sent", "failed" */

struct store_missing_mail {
    int64_t conversation_id;
    str address_hash; /* of the address it goes to */
    str language;     /* of its words */
    missing_mail_state state;
    int64_t created_at, updated_at;
};
err store_missing_mail_insert(db_conn *c, int64_t brand, const struct store_missing_mail *row);
err store_missing_mail_state(db_conn *c, int64_t brand, int64_t conversation, missing_mail_state state,
                             int64_t now);
/* ERR_MISSING when there is none. */
err store_missing_mail_get(db_conn *c, arena *a, int64_t brand, int64_t conversation,
                           struct store_missing_mail *ret);
/* How many since then to one address, and of the brand. */
err store_missing_mail_count(db_conn *c, int64_t brand, str address_hash, int64_t since,
                             int64_t *ret_to_address, int64_t *ret_of_brand);
err store_missing_mail_delete(db_conn *c, int64_t brand, int64_t conversation);

#endif
