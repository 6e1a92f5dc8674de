/* trial: a test of ours that cases are taken into. When it ends, a person writes down what came of it, and
 * every customer in it waits for one personal letter that says so: in the conversation, written by whoever
 * wrote there before where that is possible, checked like any reply. Nothing is ever sent by itself, neither
 * then nor when a case is taken in.
 *
 * A customer is in a trial once, with one conversation. Whether they were told is not kept: a reply that went
 * out in that conversation after the end says so, and one that is taken back or fails no longer does.
 * Changes are told as desk_changed "trial" and stand in the history as the events trial_in, trial_out,
 * trial_ended, trial_skipped; detail: the trial's name. */
#ifndef LONGHAND_DESK_TRIAL_H
#define LONGHAND_DESK_TRIAL_H

#include "desk/desk.h"
#include "store/trial.h"

enum { TRIAL_NAME_BYTES = 200, TRIAL_ABOUT_BYTES = 2000, TRIAL_RESULT_BYTES = 10000, TRIAL_WHY_BYTES = 500 };

struct trial_wish {
    str name;         /* one line */
    str about;        /* what is tested, for whoever writes; "" */
    int64_t defect;   /* 0: about none in particular */
    int64_t ends_day; /* 20261204, today or later; 0 not said */
};
err trial_start(struct desk *d, arena *a, const struct actor *who, const struct trial_wish *wish,
                int64_t *ret_id);
/* While it runs. `seen_version` -1: not checked; else ERR_CONFLICT. */
err trial_change(struct desk *d, arena *a, const struct actor *who, int64_t trial,
                 const struct trial_wish *wish, int64_t seen_version);
/* With what came of it, facts for writers: at least a word. Every conversation in it waits for us again, on
 * the list of its agent, else of who last replied, if they still answer letters here and are not away; else
 * on everybody's. ERR_CONFLICT when it has ended. */
err trial_end(struct desk *d, arena *a, const struct actor *who, int64_t trial, str result,
              int64_t seen_version);

/* Take a conversation's customer in, while it runs. ret_there: they are in it already. */
err trial_take_in(struct desk *d, arena *a, const struct actor *who, int64_t trial, int64_t conversation,
                  bool *ret_there);
/* Every conversation with a case of the trial's defect; how many were new. Nobody is written to. */
err trial_take_all(struct desk *d, arena *a, const struct actor *who, int64_t trial, int *ret_new);
/* Out again, while it runs. */
err trial_take_out(struct desk *d, arena *a, const struct actor *who, int64_t trial, int64_t customer);
/* They need no letter, and why: a sentence. Once it has ended. */
err trial_skip(struct desk *d, arena *a, const struct actor *who, int64_t trial, int64_t customer, str why);
/* They wait again. */
err trial_unskip(struct desk *d, arena *a, const struct actor *who, int64_t trial, int64_t customer);

#endif
