/* serve: the running desk, for `serve` and `demo`. */
#ifndef LONGHAND_CLI_SERVE_H
#define LONGHAND_CLI_SERVE_H

#include "cli/cli.h"

/* Run until SIGINT or SIGTERM. `ready` is called once pages are served, with the port bound. */
err serve_run(struct cli_desk *c, void (*ready)(void *context, int port), void *context);

/* The lock of a running desk. ret_alone false: one runs in this folder. Else the desk cannot start until
 * *ret_lock is closed. */
err serve_alone(struct cli_desk *c, int *ret_lock, bool *ret_alone);

#endif
