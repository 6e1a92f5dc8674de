/* lmtp_loop: the one thread that serves all connections of an LMTP listener (part of lmtp.h). */
#ifndef LONGHAND_MAIL_LMTP_LOOP_H
#define LONGHAND_MAIL_LMTP_LOOP_H

#include "mail/lmtp.h"

struct lmtp_loop_options {
    int listener; /* not blocking; closed by the loop when it stops */
    int stop;     /* becomes readable when the loop is to stop, and stays so */
    bool tcp;
    str host;
    size_t max_size;
    int connections;
    struct lmtp_hooks hooks;
    const struct lmtp_smtp *smtp; /* NULL: LMTP */
};

/* Serve until `stop`, then as lmtp_server_stop says. */
typedef struct lmtp_loop lmtp_loop;
err lmtp_loop_new(const struct lmtp_loop_options *options, lmtp_loop **ret_loop);
void lmtp_loop_run(lmtp_loop *l);
void lmtp_loop_free(lmtp_loop *l); /* NULL is allowed */

/* Make an eventfd that stands at 0 or was read since readable. It takes that always, so whatever the system
 * says it is tried again. */
void lmtp_ring(int eventfd);

#endif
