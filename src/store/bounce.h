/* store/bounce: what reports say of replies of ours, recipient by recipient. */
#ifndef LONGHAND_STORE_BOUNCE_H
#define LONGHAND_STORE_BOUNCE_H

#include "base/list.h"
#include "db/db.h"
#include "format/bounce.h"

struct store_bounce {
    int64_t message_id, reply_id; /* the report, and what it is about */
    str recipient, status;
    bounce_reason reason;
    int code;
    str says;
    bool delayed, hard;
    int64_t at;
};
typedef LIST(struct store_bounce) store_bounce_list;

err store_bounce_insert(db_conn *c, int64_t brand, int position, const struct store_bounce *row);
/* Of all reports that stand in a conversation, by report and place in it. */
err store_bounces_of(db_conn *c, arena *a, int64_t brand, int64_t conversation, store_bounce_list *ret);
/* Of the reports in a conversation. */
err store_bounce_delete(db_conn *c, int64_t brand, int64_t conversation);

#endif
