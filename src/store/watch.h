/* store/watch: letters as the watch counts them (desk/incident_watch.h). */
#ifndef LONGHAND_STORE_WATCH_H
#define LONGHAND_STORE_WATCH_H

#include "base/list.h"
#include "db/db.h"

err store_watch_put(db_conn *c, int64_t brand, int64_t message);
err store_watch_done(db_conn *c, int64_t brand, int64_t message);

struct watch_letter {
    int64_t id, conversation_id, customer_id;
    int64_t at; /* when it came; when it was written, where that is more than a day before */
    int64_t came_at;
    str subject, text, heard; /* heard: text of desk/listening.c; "" not yet */
    bool left_out;            /* it is no person's letter, or in junk, or has no words (any more) */
};
typedef LIST(struct watch_letter) watch_letter_list;
/* Those that were not counted yet, by id. What is no more comes as left_out with nothing but its id. */
err store_watch_fresh(db_conn *c, arena *a, int64_t brand, int limit, watch_letter_list *ret);
/* Letters that came, ids above `after` and up to `last`, by id; those that were not counted yet only with
 * `waiting`. */
err store_watch_letters(db_conn *c, arena *a, int64_t brand, int64_t after, int64_t last, bool waiting,
                        int limit, watch_letter_list *ret);
/* ERR_MISSING when there is none. */
err store_watch_letter(db_conn *c, arena *a, int64_t brand, int64_t message, struct watch_letter *ret);
/* The id from which on at most `most` letters came. */
err store_watch_from(db_conn *c, int64_t brand, int64_t most, int64_t *ret_id);

#endif
