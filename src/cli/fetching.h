/* fetching: the running desk's fetcher: its accounts follow what stands in the database. */
#ifndef LONGHAND_CLI_FETCHING_H
#define LONGHAND_CLI_FETCHING_H

#include "desk/desk.h"

/* One thread beside the fetcher's own looks every second what was added, changed, paused, removed or asked
 * for: by pages of this process or by the command line of another. smtp_start comes first. */
struct fetching;
err fetching_start(struct desk *d, struct fetching **ret);
void fetching_stop(struct fetching *f); /* NULL is allowed */

#endif
