/* child: when a child wrote. Suggested by listening, said (and taken back) by a person. From then on a box
 * of the conversation stays locked until a grown-up confirms, by a link that works once, and types the
 * address; nothing of it leaves the desk by surveys, webhooks or exports; and its words are deleted on a
 * schedule (desk/forget.h).
 *
 * Whether the caller may is judged before (RIGHT_WRITE). Changes are told as desk_changed "child" and stand
 * in the history as the events child_set, child_unset, grown_up_asked, grown_up_confirmed,
 * grown_up_declined, delete_now, worry, worry_closed; none of their details holds a word of the child, nor an
 * address. */
#ifndef LONGHAND_DESK_CHILD_H
#define LONGHAND_DESK_CHILD_H

#include "desk/desk.h"
#include "store/child.h"
#include "store/job.h"

enum {
    CHILD_ASKS_MAX = 3,           /* questions in one conversation */
    CHILD_ASK_PAUSE_MINUTES = 10, /* between two of them */
    CHILD_ASKS_A_DAY = 3,         /* to one address, from the whole desk */
    CHILD_LINK_DAYS = 14,
    CHILD_NOTE_BYTES = 2000
};

/* ---- for everybody ---- */

/* In the caller's transaction: a person said that a child wrote, and no grown-up has confirmed. No box may
 * be picked, packed, sent or printed, nor its address be set. */
err child_locked_in(db_conn *c, arena *a, int64_t brand, int64_t conversation, bool *ret_locked);
/* In the caller's transaction, before words are written: ERR_CONFLICT when those of the conversation are
 * deleted, since nothing would delete the new ones. */
err child_writable_in(db_conn *c, arena *a, int64_t brand, int64_t conversation);
/* Where a grown-up said a box may go; "" when none has (or it is deleted). For a box made afterwards. */
err child_address_in(db_conn *c, arena *a, int64_t brand, int64_t conversation, str *ret_address,
                     str *ret_country);
/* May nothing of this conversation go to webhooks, exports or surveys? A person said that a child wrote; or
 * nobody said anything yet and listening thinks so. */
err child_is_in(db_conn *c, arena *a, int64_t brand, int64_t conversation, bool *ret);
/* The same with a read of its own; true when it cannot be told. */
bool child_is(const struct desk *d, arena *a, int64_t brand, int64_t conversation);
/* How it stands. ret->delete_at is set when the day is known. */
err child_get(const struct desk *d, arena *a, int64_t brand, int64_t conversation, struct store_child *ret);
err child_get_in(db_conn *c, arena *a, int64_t brand, int64_t conversation, struct store_child *ret);

/* ---- what people do ---- */

/* A child wrote; or, with `child` false, no: the box is free again and links that are out work no more.
 * `seen_version` -1 does not say. ERR_CONFLICT when it was changed since, or when a grown-up has answered.
 * Saying it again is ERR_NONE. */
err child_set(struct desk *d, arena *a, const struct actor *who, int64_t conversation, bool child,
              int64_t seen_version);
/* In a write of the caller's, such as a public form whose sender says so; agent 0. */
err child_set_in(db_conn *c, arena *a, const struct actor *who, int64_t conversation, bool child,
                 int64_t now);

/* Ask a grown-up: a mail with fixed words in the language of the letters, and a link; from our own inbox.
 * Marks the conversation as a child's, too. Links sent before work no more. The mail leaves by the job `ask`.
 * ERR_INVALID for the address; ERR_LIMIT above the numbers above; ERR_CONFLICT when a grown-up has confirmed
 * or declined. */
err child_ask(struct desk *d, arena *a, const struct actor *who, int64_t conversation, str grown_up_email);
/* The job `ask`. */
err child_ask_send(struct desk *d, arena *a, const struct job *job);

/* ---- the grown-up ---- */

typedef enum child_link_state {
    CHILD_LINK_GOOD,
    CHILD_LINK_WRONG, /* no such link */
    CHILD_LINK_USED,
    CHILD_LINK_ENDED, /* a newer one was sent, or it is no longer needed */
    CHILD_LINK_EXPIRED
} child_link_state;
struct child_link {
    child_link_state state;
    int64_t brand_id, conversation_id, ask_id; /* 0 for a wrong one */
    str brand_name, brand_language, inbox_address;
    int64_t expires_at;
    child_state answered; /* of a used one: confirmed or declined */
    bool keep_memory;
    str name; /* who confirmed */
};
/* What the page shows; changes nothing, since mail programs open links by themselves. */
err child_link_open(const struct desk *d, arena *a, str token, struct child_link *ret);

struct child_answer {
    str name;    /* one line, at most 200 bytes */
    str address; /* at most 12 lines, any script */
    str country; /* two letters or a name */
    bool keep_memory;
    bool decline; /* send nothing, delete everything; the rest may be "" */
};
/* ONE transaction: the link is used up, the child confirmed, the address in every open box, the memories
 * agreed to. ret->state says whether it was: of two at once one finds it used. ERR_INVALID for what was
 * typed; the link stays good then. */
err child_link_answer(struct desk *d, arena *a, str token, const struct child_answer *answer,
                      struct child_link *ret);

/* In the caller's transaction, when a grown-up wants everything of `conversation` deleted (`declined`: by
 * their link): the same for all that was split or forwarded from it or to it and is a child's still, unless
 * the grown-up of another customer has confirmed there. */
err child_parts_forget_in(db_conn *c, arena *a, const struct actor *who, int64_t conversation, bool declined,
                          int64_t now);

/* ---- worries ---- */

/* The letter goes to a person who looks after worries, on top of their list, and is not deleted before the
 * worry is closed. `message` 0: the newest letter. ERR_CONFLICT when a worry is open already. */
err worry_raise(struct desk *d, arena *a, const struct actor *who, int64_t conversation, int64_t message,
                str note, int64_t *ret_id);
/* By who looks after worries, or an administrator (worry_may): else ERR_DENIED. Needs a sentence. */
err worry_close(struct desk *d, arena *a, const struct actor *who, int64_t worry, str sentence,
                int64_t *ret_conversation);
err worry_may_in(db_conn *c, arena *a, const struct actor *who, bool *ret);
/* ERR_INVALID for who cannot answer letters. */
err safeguard_set(struct desk *d, arena *a, const struct actor *who, int64_t agent, bool on);

#endif
