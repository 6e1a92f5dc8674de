/* post: bytes to somebody else's HTTPS server, whose address a person of a brand typed in: so it must not
 * reach into the operator's own network (server-side request forgery).
 *
 * The address that is connected to is judged, after the name was resolved and for every connection, so that
 * no spelling and no name server can lead inside; redirects are not followed; no proxy, no credentials, no
 * cookies, no other protocol. */
#ifndef LONGHAND_NET_POST_H
#define LONGHAND_NET_POST_H

#include <sys/socket.h>

#include "base/err.h"
#include "base/str.h"

/* May a socket to this address be opened? IPv4: not for this host, private, shared (RFC 6598), loopback,
 * link-local, reserved, documentation, benchmarks, multicast, broadcast (RFC 6890). IPv6: only global unicast
 * 2000::/3 without those parts of it; an address that carries an IPv4 one (mapped, 6to4, NAT64) is judged by
 * that. Every other family: no. */
bool post_address_fits(const struct sockaddr *address, socklen_t n);

/* https, a host, no user, at most 2,000 bytes, no control characters or spaces. ERR_INVALID says what. With
 * `inside`, http too. Does not look the name up; an address in numbers is judged at once unless `inside`. */
err post_url_check(arena *a, str url, bool inside);

struct post_header {
    const char *name;
    str value; /* of our own making: one line */
};
struct post_wish {
    str url, body, type;
    const struct post_header *headers;
    size_t nheaders;
    bool inside;         /* the operator lets it reach any address, and http: for tests and closed networks */
    int timeout_seconds; /* of the whole; 0 means 20 */
    size_t answer_bytes; /* how much of the answer is kept; 0 means 2,000, at most 64 KB */
};
struct post_answer {
    int status;
    str says; /* the beginning of the body, as one line */
    str body; /* as much of it as was asked for, as it came */
};
/* ERR_NETWORK when there was no answer (the sentence says why); ERR_DENIED when the address may not be
 * reached. Any HTTP status is an answer. */
err post_send(arena *a, const struct post_wish *wish, struct post_answer *ret);

#endif
