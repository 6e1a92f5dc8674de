/* serve: the running desk, for `serve` and `demo`. */
#ifndef LONGHAND_CLI_SERVE_H
#define LONGHAND_CLI_SERVE_H

#include "cli/cli.h"

/* Run until SIGINT or SIGTERM. `ready` is called once pages are served, with the port bound. */
err serve_run(struct cli_desk *c, void (*ready)(void *context, int port), void *context);

/* The lock of a running desk. ret_alone false: one runs in this folder. Else the desk cannot start until
 * *ret_lock is closed. */
err serve_alone(struct cli_desk *c, int *ret_lock, bool *ret_alone);

/* After a desk could not be opened, whose sentence lies in err_text(): where that is because PostgreSQL
 * cannot be reached and the folder has copies of status pages, show those until it can, else (and when asked
 * to stop) an error. `listen` NULL: where the configuration says. */
err serve_wait(const char *folder, const char *db_target, const char *listen);

#endif
