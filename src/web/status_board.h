/* status_board: the open status pages as bytes in memory. A thread looks for changes and makes a page anew,
 * which takes the place of the old one as a whole; who asks for a page never waits for the database, a disk
 * or a rendering. A copy of each goes to the disk (desk/status_copy.h). While the database is away everything
 * stays as it is. */
#ifndef LONGHAND_WEB_STATUS_BOARD_H
#define LONGHAND_WEB_STATUS_BOARD_H

#include "http/http.h"
#include "web/status_render.h"

struct status_board;

/* `secure`: answers carry HSTS. */
struct status_board *status_board_new(struct desk *d, bool secure);
void status_board_free(struct status_board *b); /* ends the thread; NULL is allowed */
/* Begin to look, at once and then every two seconds or when woken. Without it status_board_refresh does so.
 */
err status_board_start(struct status_board *b);
void status_board_wake(struct status_board *b);
/* Look now: make what changed, let go what was closed. Errors of the disk are logged, and tried again. */
err status_board_refresh(struct status_board *b);

/* For http_options.quick: /status/SLUG, /status/SLUG/feed.atom, /status/SLUG/status.json, and at a page's own
 * host
 * /, /feed.atom and /status.json. Answers 304 to a fitting If-None-Match, or else If-Modified-Since. */
http_kept *status_board_quick(struct status_board *b, const struct http_request *q);

/* The same for a handler, and what else is known of the page without a database. All in the arena. */
struct status_shown {
    int64_t brand;
    str bytes, etag, modified; /* modified: "" none */
    struct store_brand row;    /* slug, name, language, zone */
};
bool status_board_get(struct status_board *b, arena *a, str slug, status_form form, struct status_shown *ret);
/* When the word that was promised first on a brand's page is due, passed or not; 0 none is promised. */
int64_t status_board_due(struct status_board *b, int64_t brand);
/* Headers that go with it, beside the type; in the arena. */
void status_board_headers(const struct status_board *b, arena *a, status_form form, str etag, str modified,
                          http_pairs *ret);

#endif
