/* get: bytes from somebody else's server, whose address stands in a stranger's letter. The guard of
 * net/post.h: the address that is connected to is judged, for every connection and every redirect, so that
 * nothing leads into the operator's own network. Nothing tells the server who asks: no cookies, no referrer,
 * no language, no name of ours, no credentials, no connection kept. */
#ifndef LONGHAND_NET_GET_H
#define LONGHAND_NET_GET_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

enum { GET_REDIRECTS_MAX = 3 };

struct get_wish {
    str url;             /* http and https; http is asked for over https unless `inside` */
    size_t max;          /* bytes; a longer answer is refused */
    int timeout_seconds; /* of the whole, redirects included; 0 means 10 */
    bool inside;         /* any address, and http: for tests only, since strangers name these addresses */
};

/* ERR_NETWORK when there is no answer or another status than 200; ERR_LIMIT when it is longer than `max`;
 * ERR_DENIED when the address may not be reached; ERR_INVALID when it is none. */
err get_bytes(arena *a, const struct get_wish *wish, str *ret_bytes);

#endif
