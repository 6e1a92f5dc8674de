/* notice: letters that the desk itself writes to those who work here, with a link in them. They leave by the
 * default inbox of one of the account's brands, one that has a mail server before one that keeps letters in a
 * folder. Links are built from desk.public_url only, never from a request. */
#ifndef LONGHAND_WEB_NOTICE_H
#define LONGHAND_WEB_NOTICE_H

#include "desk/desk.h"

enum { NOTICES_AT_ONCE = 8, NOTICE_WAIT_SECONDS = 15 };

enum notice_result {
    NOTICE_SENT,   /* the mail server has it */
    NOTICE_KEPT,   /* in the Maildir of this machine: nobody outside of it gets it */
    NOTICE_FAILED, /* or it is not known */
};

/* The address of a link's page. */
str notice_link(const struct desk *d, arena *a, bool invitation, str token);

/* Somebody forgot their password: look up whether there is such an account, make a link and send it, all of
 * it in a thread of its own, so that nothing in the answer depends on it. What goes wrong there is logged,
 * without the address. ERR_BUSY when NOTICES_AT_ONCE are under way. */
err notice_ask_reset(const struct desk *d, str email, str peer);
/* Until no notice needs the desk any more. (A mail server may still be talked to; that needs nothing of it.)
 */
void notice_wait(void);

/* The invitation to a brand, sent while the caller waits. */
enum notice_result notice_invite(const struct desk *d, arena *a, int64_t brand, str email, str token);

#endif
