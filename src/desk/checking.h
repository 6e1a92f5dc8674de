/* checking: the letter check with all a desk knows: the letter, the catalogue, what was said to others, the
 * brand's facts, phrases and voice. Every way to send runs this one. */
#ifndef LONGHAND_DESK_CHECKING_H
#define LONGHAND_DESK_CHECKING_H

#include "desk/desk.h"
#include "letter/check.h"

/* The setting `check_stops` where a brand has set none: kinds of remarks, parted by spaces. */
#define CHECK_STOPS_STANDARD "name greeting slot canned_letter"

struct room_saying;
struct checking_wish {
    int64_t conversation;             /* 0: we write first */
    str text;                         /* the reply */
    str agent_name;                   /* "": the actor's */
    const struct room_saying *saying; /* of a reply that is being sent (desk/room_said.h); NULL */
    remark_list *stops;               /* what checking_stops would say; NULL: nobody asks */
};
/* The remarks, with the texts of the earlier replies they rest on. */
err checking_run(struct desk *d, arena *a, const struct actor *who, const struct checking_wish *wish,
                 struct checked *ret);

/* The remarks that stop a send: those of level stop and of a kind that is in the brand's `check_stops`. */
err checking_stops(struct desk *d, arena *a, int64_t brand, const struct checked *checked, remark_list *ret);

#endif
