/* checking: the letter check with all a desk knows: the letter, the catalogue, what was said to others, the
 * brand's facts, phrases and voice. Every way to send runs this one. */
#ifndef LONGHAND_DESK_CHECKING_H
#define LONGHAND_DESK_CHECKING_H

#include "desk/desk.h"
#include "letter/check.h"

struct checking_wish {
    int64_t conversation; /* 0: we write first */
    str text;             /* the reply */
    str agent_name;       /* "": the actor's */
};
/* The remarks, with the texts of the earlier replies they rest on. */
err checking_run(struct desk *d, arena *a, const struct actor *who, const struct checking_wish *wish,
                 struct checked *ret);

/* The remarks that stop a send, by the brand's settings (setting `check_stops`: kinds, by default name,
 * greeting, slot, canned_letter): those of level stop and of a kind that is on. */
err checking_stops(struct desk *d, arena *a, int64_t brand, const struct checked *checked, remark_list *ret);

/* Where near-indexes live: DATA/near/BRAND-replies.near. Loaded on first use. */
err checking_learn(struct desk *d, arena *a, int64_t brand, int64_t message); /* the job `learn` */
/* Learn every reply of every brand anew; progress(context, done, total) may be NULL. */
err checking_reindex(struct desk *d, void (*progress)(void *context, int64_t done, int64_t total),
                     void *context);
/* Save what was learned since the last file; the desk calls it now and then and before it ends. */
err checking_save(struct desk *d);

#endif
