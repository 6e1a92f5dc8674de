/* status_copy: the status pages as files, so that a web server can show them while the desk or its database
 * is down: DATA/status/SLUG/index.html, feed.atom, status.json. Each file is replaced as a whole. */
#ifndef LONGHAND_DESK_STATUS_COPY_H
#define LONGHAND_DESK_STATUS_COPY_H

#include "base/list.h"
#include "desk/desk.h"

typedef LIST(str) status_slug_list;

/* Readable for everybody who can reach the folder. Written only when it differs from what is there. ERR_IO,
 * ERR_FULL. */
err status_copy_put(const struct desk *d, arena *a, str slug, const char *file, str bytes);
/* The bytes, or ERR_MISSING. */
err status_copy_get(const struct desk *d, arena *a, str slug, const char *file, str *ret_bytes);
/* Of pages that are not open any more nothing stays, and nothing of writing that was broken off. */
err status_copy_keep_only(const struct desk *d, arena *a, const status_slug_list *open);

#endif
