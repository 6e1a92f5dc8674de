/* acknowledge: "your letter has come", in fixed words. Off unless an administrator switched it on for an
 * inbox.
 *
 * It answers only the first letter of a conversation, written by a person, whose sender the server that the
 * inbox believes vouches for: so nobody can make the desk write to a third. Never to machines, lists, senders
 * without an address to return to, addresses of our own, blocked ones, or where a child wrote; to one mailbox
 * once in 24 hours, whatever it wrote; a brand sends so many a day and no more. None of the sender's words
 * are in it. It says that a machine wrote it (Auto-Submitted, RFC 3834) and has no sender to answer to (MAIL
 * FROM:<>). */
#ifndef LONGHAND_DESK_ACKNOWLEDGE_H
#define LONGHAND_DESK_ACKNOWLEDGE_H

#include "desk/filing.h"
#include "store/job.h"

enum {
    ACKNOWLEDGE_OF_BRAND = 500,   /* a day */
    ACKNOWLEDGE_AFTER_SECONDS = 5 /* listening has told by then, as a rule, whether a child wrote */
};

/* In the transaction that files the letter that begins a conversation: order one, if the rules allow it. */
err acknowledge_first_in(db_conn *c, arena *a, const struct filing *f, int64_t now);
/* The job `acknowledge`. */
err acknowledge_send(struct desk *d, arena *a, const struct job *job);

#endif
