/* call: one question to the HTTPS server of a social network, and its answer. The server's address may have
 * been typed in by a person of a brand, so the guard of net/post.h stands here, too: the address that is
 * connected to is judged, for every connection; redirects are not followed (an answer of 3xx is an answer);
 * no proxy, no cookies, no credentials but the headers that are passed in, no connection kept, no other
 * protocol. No sentence holds a header or a body. */
#ifndef LONGHAND_NET_CALL_H
#define LONGHAND_NET_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum call_method { CALL_GET, CALL_POST, CALL_PUT, CALL_PATCH, CALL_DELETE };
const char *call_method_name(enum call_method method); /* "GET", ... as in a request line and a DPoP proof */

enum {
    CALL_HEADERS_MAX = 64,       /* of an answer; more are left out */
    CALL_BODY_MAX = 64 << 20,    /* of what is sent */
    CALL_ANSWER_BYTES = 1 << 20, /* where none is said */
    CALL_SECONDS = 30,
};

struct call_header {
    str name, value;
};

struct call_wish {
    enum call_method method;
    str url;        /* https, with its query */
    str body, type; /* type is Content-Type; "" where there is no body */
    const struct call_header *headers;
    size_t nheaders;
    bool inside;         /* any address, and http: for tests and closed networks */
    int timeout_seconds; /* of the whole; 0 means CALL_SECONDS */
    size_t max;          /* bytes of the answer's body, longer is ERR_LIMIT; 0 means CALL_ANSWER_BYTES */
};

struct call_answer {
    int status;                  /* 200 and more */
    str body;                    /* any bytes */
    struct call_header *headers; /* names in small letters, values trimmed, in their order */
    size_t nheaders;
};

/* Any HTTP status is an answer. Without one:
 * ERR_BUSY     nothing was sent: no such name, nobody listens, no TLS. Doing it again doubles nothing.
 * ERR_NETWORK  it may have arrived: broken off or silent. Look before you do it again.
 * ERR_LIMIT    there was an answer, and it is longer than `max`.
 * ERR_DENIED   the address leads into the operator's own network.
 * ERR_INVALID  no usable address, a header that is not one line of text, a body that is too long. */
err call_http(arena *a, const struct call_wish *wish, struct call_answer *ret);

/* The first header of that name (in small letters), or "". */
str call_header_of(const struct call_answer *answer, const char *name);

/* When the server wants to be asked again, in ms since 1970, from `now`: of Retry-After (seconds or an HTTP
 * date, RFC 9110 10.2.3), RateLimit-Reset and X-RateLimit-Reset (seconds since 1970, seconds from now, or an
 * RFC 3339 time) the latest. Never before `now`, never more than a day after it; 0 where nothing is said. */
int64_t call_again_at(const struct call_answer *answer, int64_t now);

/* How many more questions it will take (RateLimit-Remaining, X-RateLimit-Remaining); -1 where not said. */
int64_t call_remaining(const struct call_answer *answer);

/* The server's own clock (the header Date) in ms since 1970; 0 where it has none. */
int64_t call_server_time(const struct call_answer *answer);

/* multipart/form-data (RFC 7578) out of parts. `file` "" is a plain field. Names are ours; a file's name is
 * cleaned of what could end it. */
struct call_part {
    const char *name;
    str file, type, bytes;
};
err call_multipart(arena *a, const struct call_part *parts, size_t n, str *ret_type, str *ret_body);

#endif
