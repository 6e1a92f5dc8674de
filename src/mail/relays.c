#include "mail/relays.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

static void from_four(const void *four, unsigned char ret_bytes[16]) {
    memcpy(ret_bytes, mapped, sizeof mapped);
    memcpy(ret_bytes + sizeof mapped, four, 4);
}

bool relay_bytes(const struct sockaddr_storage *peer, unsigned char ret_bytes[16]) {
    memset(ret_bytes, 0, 16);
    if (peer->ss_family == AF_INET) {
        from_four(&((const struct sockaddr_in *)peer)->sin_addr, ret_bytes);
        return true;
    }
    if (peer->ss_family != AF_INET6) return false;
    memcpy(ret_bytes, &((const struct sockaddr_in6 *)peer)->sin6_addr, 16);
    return true;
}

static bool within(const unsigned char bytes[16], const unsigned char net[16], int bits) {
    int whole = bits / 8, rest = bits % 8;
    if (memcmp(bytes, net, (size_t)whole) != 0) return false;
    return rest == 0 || ((bytes[whole] ^ net[whole]) >> (8 - rest)) == 0;
}

static bool here(const unsigned char bytes[16], int bits) {
    static const unsigned char v4[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127}, v6[16] = {[15] = 1};
    return (bits >= 104 && within(bytes, v4, 104)) || (bits == 128 && within(bytes, v6, 128));
}

/* No bit is set behind the network's own: "192.0.2.7/24" is a slip, and which one it is nobody can say. */
static bool clean(const struct relay_net *net) {
    for (int bit = net->bits; bit < 128; bit++)
        if (net->bytes[bit / 8] >> (7 - bit % 8) & 1) return false;
    return true;
}

static err read_one(arena *a, str text, struct relay_net *ret) {
    size_t slash = str_find_char(text, '/', 0);
    const char *address = str_cstr(a, str_slice(text, 0, slash));
    struct relay_net net = {.bits = 128};
    struct in_addr four;
    int base = 0;
    bool good = !str_has(text, '\0');
    if (good && inet_pton(AF_INET, address, &four) == 1) {
        base = 96;
        from_four(&four, net.bytes);
    } else {
        good = good && inet_pton(AF_INET6, address, net.bytes) == 1;
    }
    int64_t bits;
    if (good && slash != SIZE_MAX) {
        good = str_to_int(str_slice(text, slash + 1, text.n), &bits) && bits >= 0 && bits <= 128 - base;
        if (good) net.bits = base + (int)bits;
    }
    if (!good)
        return err_set(ERR_INVALID,
                       "\"%.*s\" in smtp_relays is no address and no network such as 192.0.2.0/24.",
                       STR_FMT(text));
    if (net.bits == base || net.bits == 0)
        return err_set(ERR_INVALID, "\"%.*s\" in smtp_relays would let everybody in.", STR_FMT(text));
    if (!clean(&net))
        return err_set(ERR_INVALID, "\"%.*s\" in smtp_relays has an address longer than its network.",
                       STR_FMT(text));
    *ret = net;
    return ERR_NONE;
}

err relays_read(arena *a, str_list list, struct relays *ret) {
    if (list.n == 0)
        return err_set(ERR_INVALID, "smtp_relays names nobody, so nobody could hand over a letter.");
    struct relays r = {arena_array(a, list.n, sizeof *r.v), list.n};
    for (size_t i = 0; i < list.n; i++) TRY(read_one(a, list.v[i], &r.v[i]));
    *ret = r;
    return ERR_NONE;
}

bool relays_know(const struct relays *r, const struct sockaddr_storage *peer) {
    unsigned char bytes[16];
    if (!relay_bytes(peer, bytes)) return false;
    for (size_t i = 0; i < r->n; i++)
        if (within(bytes, r->v[i].bytes, r->v[i].bits)) return true;
    return false;
}

bool relays_all_here(const struct relays *r) {
    for (size_t i = 0; i < r->n; i++)
        if (!here(r->v[i].bytes, r->v[i].bits)) return false;
    return true;
}

bool relay_is_here(const struct sockaddr_storage *peer) {
    unsigned char bytes[16];
    return relay_bytes(peer, bytes) && here(bytes, 128);
}
