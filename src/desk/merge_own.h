/* What the files of merge share. */
#ifndef LONGHAND_DESK_MERGE_OWN_H
#define LONGHAND_DESK_MERGE_OWN_H

#include "desk/merge.h"
#include "store/child.h"

/* One operation on its way. `op` is made anew by each run of the transaction, but for its id and moment. */
struct merging {
    struct desk *desk;
    arena *a;
    const struct actor *who;
    int64_t now;
    struct merge_operation op;
    struct merge_done done;
};

struct merging merging_begin(struct desk *d, arena *a, const struct actor *who, merge_kind kind);
/* The conversation, with its version as it was seen (-1 is not checked), and not a signpost. */
err merging_take(db_conn *c, struct merging *x, int64_t id, int64_t seen, struct conversation *ret);
/* Write down the operation, and both rows as they stand. */
err merging_write_down(db_conn *c, struct merging *x, const struct conversation *from,
                       const struct conversation *to, str about);
/* Move a row from op.from_id to op.to_id and write that down. */
err merging_move(db_conn *c, struct merging *x, merge_sort sort, struct merge_key key);
/* An event of the operation. */
err merging_event(db_conn *c, struct merging *x, int64_t conversation, const char *kind, str detail);
/* Both rows as they are now, and what hangs on `to` (and, with `both`, on `from`). */
err merging_end(db_conn *c, struct merging *x, bool both);
/* The words are there, and nobody wants them gone. */
err merging_child_ok(db_conn *c, struct merging *x, int64_t conversation, struct store_child *ret);
/* A letter became a note, is a letter again, or is gone: the index of letters learns it. */
err merging_relearn(db_conn *c, struct merging *x, int64_t message);
/* After the commit. */
void merging_told(const struct merging *x);

/* ---- splitting, for others that part a conversation ---- */

struct splitting {
    struct merging m;
    const int64_t *messages;
    size_t n;
    str subject;
    struct conversation from, to;
};
/* op.from_id must be taken (x->from) and op.to_id set: makes x->to with the messages in it, and writes both
 * rows. */
err splitting_part(db_conn *c, struct splitting *x);

str merging_number(arena *a, int64_t number);

#endif
