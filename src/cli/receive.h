/* receive: what an LMTP listener does with recipients and letters: find the inbox, keep the letter. */
#ifndef LONGHAND_CLI_RECEIVE_H
#define LONGHAND_CLI_RECEIVE_H

#include "desk/desk.h"
#include "mail/lmtp.h"

/* Hooks over a desk, for any number of listeners. An inbox found is remembered for a second: a stream of
 * letters to one address asks the database once. Free after the listeners have stopped. */
struct receiver;
struct receiver *receiver_new(struct desk *d);
void receiver_free(struct receiver *r); /* NULL is allowed */
struct lmtp_hooks receiver_hooks(struct receiver *r);

#endif
