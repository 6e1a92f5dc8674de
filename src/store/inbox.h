/* store inbox: addresses of a brand that letters come to, and the way its letters leave. */
#ifndef LONGHAND_STORE_INBOX_H
#define LONGHAND_STORE_INBOX_H

#include "base/list.h"
#include "db/db.h"

struct store_inbox {
    int64_t brand_id, id;
    str address; /* lower case */
    str name;
    bool is_default;
    str transport; /* maildir, smtp */
    str smtp_host;
    int64_t smtp_port;
    str smtp_tls; /* required, implicit, never */
    str smtp_user, smtp_password, smtp_ca_file;
    int64_t silent_after_hours;
    int64_t letter_at; /* when the last letter came; 0 none yet */
    int64_t created_at, disabled_at;
};
typedef LIST(struct store_inbox) store_inbox_list;

/* ERR_CONFLICT when the brand has this address. */
err store_inbox_insert(db_conn *c, arena *a, const struct store_inbox *inbox);
/* Everything but is_default, letter_at, created_at and disabled_at. ERR_MISSING when there is none. */
err store_inbox_update(db_conn *c, arena *a, const struct store_inbox *inbox);
/* ERR_MISSING when there is none. Disabled ones are found too. */
err store_inbox_by_id(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_inbox *ret_inbox);
/* Across brands, for a letter that comes in; not disabled. `address` must be in lower case. The oldest,
 * should two brands have it. */
err store_inbox_by_address(db_conn *c, arena *a, str address, struct store_inbox *ret_inbox);
/* Of one brand, disabled or not. */
err store_inbox_of_brand_by_address(db_conn *c, arena *a, int64_t brand, str address,
                                    struct store_inbox *ret_inbox);
err store_inbox_default(db_conn *c, arena *a, int64_t brand, struct store_inbox *ret_inbox);
/* The default first, then by address, disabled ones too. */
err store_inbox_list_of_brand(db_conn *c, arena *a, int64_t brand, store_inbox_list *ret_inboxes);

/* Make this one the default and no other. Lock the brand first. */
err store_inbox_set_default(db_conn *c, arena *a, int64_t brand, int64_t id);
err store_inbox_set_disabled(db_conn *c, arena *a, int64_t brand, int64_t id, int64_t disabled_at);
/* A letter came at `at`. Written only when `at` is more than a minute later than what is there, so that a
 * stream of letters does not write this row each time. */
err store_inbox_set_letter_at(db_conn *c, arena *a, int64_t brand, int64_t id, int64_t at);

#endif
