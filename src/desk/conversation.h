/* conversation: what people do with one, besides writing. Each call is one transaction, leaves an event,
 * and is ERR_MISSING for a conversation of another brand. */
#ifndef LONGHAND_DESK_CONVERSATION_H
#define LONGHAND_DESK_CONVERSATION_H

#include "desk/desk.h"
#include "format/mime.h"
#include "store/conversation.h"

/* Make it the actor's. ERR_CONFLICT, saying who, when it is somebody else's, unless `even_so`. */
err conversation_take(struct desk *d, arena *a, const struct actor *who, int64_t id, bool even_so);
/* Back to the list, for everybody. */
err conversation_release(struct desk *d, arena *a, const struct actor *who, int64_t id);
/* Hand it to another agent of the brand. ERR_INVALID when that one is away, disabled or may not write. */
err conversation_pass(struct desk *d, arena *a, const struct actor *who, int64_t id, int64_t agent);

/* `seen_version` of the next two: ERR_CONFLICT when the conversation changed since, so that no letter is
 * closed unseen; -1 is not checked.
 *
 * Done. With an unanswered letter in it a reason is needed (ERR_INVALID says so); without one,
 * CLOSE_ANSWERED. */
err conversation_close(struct desk *d, arena *a, const struct actor *who, int64_t id, close_reason reason,
                       int64_t seen_version);
/* Open again: waiting for us when a letter was never answered, else for them. */
err conversation_reopen(struct desk *d, arena *a, const struct actor *who, int64_t id);
/* Junk: closed with the reason spam; `block` also blocks the sender's address, so that what comes from it
 * later goes to junk by itself (kept, listed, never dropped). The way back is conversation_reopen, which
 * unblocks the sender too. */
err conversation_junk(struct desk *d, arena *a, const struct actor *who, int64_t id, bool block,
                      int64_t seen_version);
err conversation_unblock(struct desk *d, arena *a, const struct actor *who, str address);

/* An internal note. ERR_INVALID when empty or above 100,000 bytes. */
err conversation_note(struct desk *d, arena *a, const struct actor *who, int64_t id, str text,
                      int64_t *ret_message);

/* A letter that came on paper or by telephone, typed in. Without an address the customer is new. */
struct typed_letter {
    channel channel; /* CHANNEL_PAPER or CHANNEL_CALL */
    int64_t inbox;   /* 0: the default */
    str name, address, subject, text;
    int64_t came_at; /* 0: now; not in the future */
};
err conversation_type_in(struct desk *d, arena *a, const struct actor *who, const struct typed_letter *letter,
                         int64_t *ret_conversation, int64_t *ret_message);

/* All open ones of an agent go back to the list: they are away, or gone. */
err conversation_give_back_all(struct desk *d, arena *a, const struct actor *who, int64_t agent,
                               int *ret_count);

/* Change what we know of a customer. */
err customer_describe(struct desk *d, arena *a, const struct actor *who, int64_t customer, str name,
                      str about);
/* Add an address. ERR_CONFLICT when another customer of the brand has it. */
err customer_add_address(struct desk *d, arena *a, const struct actor *who, int64_t customer, str address);

#endif
