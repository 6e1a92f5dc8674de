/* history: what a near index remembers, as the letter check asks for it; and what of a reply an index is
 * given. The command line, `reindex` and the job that learns replies all go through here, so that index and
 * question leave out the same words. */
#ifndef LONGHAND_DESK_HISTORY_H
#define LONGHAND_DESK_HISTORY_H

#include "letter/check.h"
#include "near/near.h"

/* One customer's view of an index: what went to them does not count. `view` is what the check takes; it lives
 * as long as the struct, which is used by one thread at a time. */
struct history {
    near *index;
    int64_t customer; /* 0: everybody counts */
    arena *arena;     /* for lists of answers */
    struct check_history view;
};

/* `index` NULL gives a history without replies. */
void history_for(struct history *h, arena *a, near *index, int64_t customer);

/* One reply with what it answers. Texts that are not known are "". */
struct history_said {
    int64_t id, customer, at;
    str reply, letter;
    str customer_name, letter_name, agent_name; /* letter_name: as it stands in the letter's From */
};
/* The reply as an index takes it, in the arena. Greetings and closings are in it like every sentence, so that
 * a sentence has the same number in the index and in the text. `catalogue` may be NULL. */
void history_text(arena *a, const struct history_said *said, const struct catalogue *catalogue,
                  struct near_text *ret);

/* Fill the words of evidence of earlier replies: `fetch` gives the text of one by id, false when it is gone.
 * `start` and `end` become the sentence that is like the remark's, or the beginning of the reply. `reply` is
 * the text that was checked. */
void history_quote(arena *a, str reply, struct checked *checked,
                   bool (*fetch)(void *context, int64_t id, str *ret_text), void *context);

#endif
