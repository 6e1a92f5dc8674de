/* relays: the hosts that may hand letters to an SMTP listener, as addresses and networks. */
#ifndef LONGHAND_MAIL_RELAYS_H
#define LONGHAND_MAIL_RELAYS_H

#include <sys/socket.h>

#include "base/arena.h"
#include "base/err.h"
#include "format/mime.h"

/* IPv4 stands as ::ffff:a.b.c.d, so that a peer is the same one whichever socket it came by. */
struct relay_net {
    unsigned char bytes[16];
    int bits; /* of them that must be the same */
};
struct relays {
    struct relay_net *v;
    size_t n;
};

/* "192.0.2.7", "192.0.2.0/24", "2001:db8::/64". ERR_INVALID: an empty list, not an address, bits behind the
 * network's, or a network of everybody ("/0"). The array is in the arena. */
err relays_read(arena *a, str_list list, struct relays *ret);
bool relays_know(const struct relays *r, const struct sockaddr_storage *peer);
/* Every one of them is this machine (127.0.0.0/8, ::1). */
bool relays_all_here(const struct relays *r);
/* The peer is this machine; its 16 bytes. False, and zeros, where it is no Internet address. */
bool relay_is_here(const struct sockaddr_storage *peer);
bool relay_bytes(const struct sockaddr_storage *peer, unsigned char ret_bytes[16]);

#endif
