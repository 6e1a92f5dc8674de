/* store/finding: what was heard in letters, and what people put right. */
#ifndef LONGHAND_STORE_FINDING_H
#define LONGHAND_STORE_FINDING_H

#include "base/list.h"
#include "db/db.h"

/* `heard` is text of desk/listening.c; 0 as version and "" when the letter was not listened to yet. */
struct store_listening {
    int64_t message_id, catalogue_version;
    str heard;
};
err store_listening_put(db_conn *c, int64_t brand, const struct store_listening *row);
err store_listening_get(db_conn *c, arena *a, int64_t brand, int64_t message, struct store_listening *ret);

typedef enum correction_state { CORRECTION_STRUCK, CORRECTION_CORRECTED, CORRECTION_ADDED } correction_state;
const char *correction_state_name(correction_state s); /* "struck", "corrected", "added" */

struct store_correction {
    int64_t message_id, id;
    str kind; /* of the finding */
    int64_t start, end;
    correction_state state;
    str found_value, value;
    int64_t agent_id, at;
    str agent_name; /* joined; not written */
};
typedef LIST(struct store_correction) store_correction_list;
/* Replaces what stood under that id. */
err store_correction_put(db_conn *c, int64_t brand, const struct store_correction *row);
err store_correction_delete(db_conn *c, int64_t brand, int64_t message, int64_t id);
err store_corrections_of(db_conn *c, arena *a, int64_t brand, int64_t message, store_correction_list *ret);

struct store_correction_count {
    str kind;
    correction_state state;
    int64_t n;
};
typedef LIST(struct store_correction_count) store_correction_count_list;
/* How often people put what right, since `since`; by kind and state. */
err store_correction_counts(db_conn *c, arena *a, int64_t brand, int64_t since,
                            store_correction_count_list *ret);

#endif
