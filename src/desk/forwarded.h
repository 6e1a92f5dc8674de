/* forwarded: a letter that a colleague forwarded becomes its writer's. A person decides it on what is
 * proposed, since anybody can type "From: ...": what stands in a forwarded text gives nobody a part in a
 * conversation that was there before. */
#ifndef LONGHAND_DESK_FORWARDED_H
#define LONGHAND_DESK_FORWARDED_H

#include "desk/merge.h"
#include "format/forwarded.h"
#include "store/agent.h"
#include "store/inbox.h"
#include "store/message.h"

/* Who may forward: accounts of the brand's people, and its inboxes. */
struct forwarded_ours {
    const store_agent_list *agents;
    const store_inbox_list *inboxes;
};
bool forwarded_is_ours(const struct forwarded_ours *ours, str address);

struct forwarded_offer {
    int64_t message;    /* the colleague's letter; 0: nothing to propose */
    int64_t attachment; /* the letter came as this file; 0: its words stand in the colleague's letter */
    struct forwarded f; /* of who is none of ours */
    str by;             /* the colleague's address */
    bool cut;           /* of a file only the beginning is known */
    bool unsure;        /* nobody vouches that the colleague sent it */
};
/* What a letter proposes: sent by one of ours, and a message forwarded in it or attached to it. Pure but for
 * the arena. A letter that fails its sender's own rules (DMARC) proposes nothing. */
void forwarded_look(arena *a, const struct forwarded_ours *ours, const struct message *letter,
                    const attachment_list *files, struct forwarded_offer *ret);

struct forwarded_wish {
    int64_t message;      /* the colleague's letter */
    int64_t seen_version; /* of its conversation; -1 is not checked */
    str name, address;    /* of the writer, as whoever asks read them; "": as proposed */
};
/* One transaction: a letter of the writer stands beside the colleague's, which is a note from then on; files
 * go with it, and replies go to the writer. In the colleague's own conversation, or, where more was said
 * there, in a new one. ERR_CONFLICT when nothing is proposed (any more); ERR_INVALID for an address that is
 * none or one of ours. Again: ERR_NONE, repeated. Undone by merge_undo. */
err forwarded_take(struct desk *d, arena *a, const struct actor *who, const struct forwarded_wish *wish,
                   struct merge_done *ret_done);

#endif
