/* store/learned: which replies the index of what was said holds (desk/heart.h), and the replies themselves in
 * the order they were said. */
#ifndef LONGHAND_STORE_LEARNED_H
#define LONGHAND_STORE_LEARNED_H

#include "base/list.h"
#include "db/db.h"

/* The message is surely in the index's file from `generation` on; or, when it is gone, surely out of it. */
err store_learned_put(db_conn *c, int64_t brand, int64_t message, int64_t generation);
/* Those with ids above `after` whose generation is above `generation`, ascending, at most `limit`. */
struct store_learned {
    int64_t id;
    bool gone; /* the message is no more */
};
typedef LIST(struct store_learned) store_learned_list;
err store_learned_after(db_conn *c, arena *a, int64_t brand, int64_t generation, int64_t after, int limit,
                        store_learned_list *ret);
typedef LIST(int64_t) id_list;
/* Replies of the brand with ids above `after`, ascending, at most `limit`; all but failed ones. */
err store_reply_ids(db_conn *c, arena *a, int64_t brand, int64_t after, int limit, id_list *ret);
/* The same below `before`, the newest first. */
err store_reply_ids_before(db_conn *c, arena *a, int64_t brand, int64_t before, int limit, id_list *ret);
err store_reply_count(db_conn *c, int64_t brand, int64_t *ret_n);

/* What the index needs to know of a reply. ERR_MISSING when there is no such reply. */
struct store_said {
    int64_t message_id, conversation_id, customer_id, said_at;
    bool failed;
    str text, agent_name, customer_name;
    int64_t letter_id; /* the newest letter before it; 0 when we wrote first */
    str letter, letter_from;
};
err store_said_get(db_conn *c, arena *a, int64_t brand, int64_t message, struct store_said *ret);

#endif
