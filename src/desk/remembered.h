/* remembered: answers of the index that were given a moment ago. While an agent types, all sentences but one
 * are those of the last check; only the changed one is looked up again. One table for the process, used by
 * any thread. */
#ifndef LONGHAND_DESK_REMEMBERED_H
#define LONGHAND_DESK_REMEMBERED_H

#include "desk/history.h"

/* Puts itself between `h` and the check: h->view answers from the table where it can. An answer is used only
 * for the same index at the same state, customer, words and limit. Lives as long as `h`. */
struct remembered {
    struct history *history;
    struct check_history inner;
    uint64_t epoch;
};
void remembered_for(struct remembered *r, struct history *h);

/* How many lookups were answered from the table and how many went to the index, since the program began. */
void remembered_counts(uint64_t *ret_answered, uint64_t *ret_asked);

#endif
