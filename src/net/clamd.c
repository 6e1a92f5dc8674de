#include "net/clamd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"

enum { PIECE = 128 << 10, ANSWER_MAX = 4096 };

static void close_fd(int *fd) {
    if (*fd >= 0) close(*fd);
}
#define FD_AUTO __attribute__((cleanup(close_fd)))

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un local;
};

static bool port_of(str text, in_port_t *ret) {
    int64_t v;
    if (!str_to_int(text, &v) || v < 1 || v > 65535) return false;
    *ret = htons((uint16_t)v);
    return true;
}

static err address_of(str place, union address *to, socklen_t *ret_n) {
    char host[INET6_ADDRSTRLEN];
    memset(to, 0, sizeof *to);
    if (place.n && place.p[0] == '/') {
        if (place.n >= sizeof to->local.sun_path || memchr(place.p, 0, place.n))
            return err_set(ERR_INVALID, "The path of the virus scanner's socket is too long.");
        to->local.sun_family = AF_UNIX;
        memcpy(to->local.sun_path, place.p, place.n);
        *ret_n = sizeof to->local;
        return ERR_NONE;
    }
    size_t colon = place.n;
    while (colon && place.p[colon - 1] != ':') colon--;
    str name = str_slice(place, 0, colon ? colon - 1 : 0), port = str_slice(place, colon, place.n);
    bool six = name.n > 2 && name.p[0] == '[' && name.p[name.n - 1] == ']';
    if (six) name = str_slice(name, 1, name.n - 1);
    if (colon && name.n && name.n < sizeof host) {
        memcpy(host, name.p, name.n);
        host[name.n] = 0;
        if (six && inet_pton(AF_INET6, host, &to->v6.sin6_addr) == 1 && port_of(port, &to->v6.sin6_port) &&
            IN6_IS_ADDR_LOOPBACK(&to->v6.sin6_addr)) {
            to->v6.sin6_family = AF_INET6;
            *ret_n = sizeof to->v6;
            return ERR_NONE;
        }
        if (!six && inet_pton(AF_INET, host, &to->v4.sin_addr) == 1 && port_of(port, &to->v4.sin_port) &&
            ntohl(to->v4.sin_addr.s_addr) >> 24 == 127) {
            to->v4.sin_family = AF_INET;
            *ret_n = sizeof to->v4;
            return ERR_NONE;
        }
    }
    return err_set(ERR_INVALID,
                   "The virus scanner must be the path of a socket, such as /run/clamav/clamd.ctl, or an "
                   "address of this machine in numbers, such as 127.0.0.1:3310.");
}

err clamd_place_check(str place) {
    union address to;
    socklen_t n;
    return address_of(place, &to, &n);
}

static err lost(const char *doing) {
    return err_set(ERR_NETWORK, "The virus scanner %s: %s.", doing,
                   errno == EAGAIN || errno == EWOULDBLOCK ? "it says nothing" : strerror(errno));
}

static err reach(str place, int seconds, int *ret_fd) {
    union address to;
    socklen_t n;
    TRY(address_of(place, &to, &n));
    FD_AUTO int fd = socket(to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = seconds > 0 ? seconds : CLAMD_SECONDS};
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) || connect(fd, &to.any, n))
        return lost("cannot be reached");
    *ret_fd = fd;
    fd = -1;
    return ERR_NONE;
}

static bool send_all(int fd, const void *bytes, size_t n) {
    const char *p = bytes;
    while (n) {
        ssize_t put = send(fd, p, n, MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        p += put;
        n -= (size_t)put;
    }
    return true;
}

/* Up to the NUL that ends it, as the "z" in front of the command asks for. */
static err take_answer(arena *a, int fd, str *ret) {
    char text[ANSWER_MAX];
    size_t n = 0;
    while (n < sizeof text) {
        ssize_t got = recv(fd, text + n, sizeof text - n, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return lost("does not answer");
        if (got == 0) break;
        char *end = memchr(text + n, 0, (size_t)got);
        n += (size_t)got;
        if (!end) continue;
        *ret = str_copy(a, (str){text, (size_t)(end - text)});
        return ERR_NONE;
    }
    return err_set(ERR_NETWORK, "The virus scanner broke off.");
}

/* Pieces with their lengths, highest byte first; a piece of none ends it. */
static bool send_pieces(int fd, str bytes) {
    for (size_t at = 0; at <= bytes.n; at += PIECE) {
        str piece = str_slice(bytes, at, at + PIECE);
        uint32_t n = htonl((uint32_t)piece.n);
        if (piece.n && (!send_all(fd, &n, sizeof n) || !send_all(fd, piece.p, piece.n))) return false;
    }
    uint32_t none = 0;
    return send_all(fd, &none, sizeof none);
}

static str one_line(arena *a, str text) {
    text = str_clip_utf8(text, CLAMD_NAME_MAX);
    if (!str_is_utf8(text)) return S("a name that is no text");
    char *z = str_cstr(a, text);
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)z[i] < ' ' || z[i] == 0x7F) z[i] = ' ';
    return str_trim((str){z, text.n});
}

err clamd_scan(arena *a, str place, str bytes, int seconds, bool *ret_found, str *ret_name) {
    FD_AUTO int fd = -1;
    str answer;
    TRY(reach(place, seconds, &fd));
    bool sent = send_all(fd, "zINSTREAM", sizeof "zINSTREAM") && send_pieces(fd, bytes);
    err unsent = sent ? ERR_NONE : lost("broke off");
    /* It says why it broke off, and then the rest cannot be sent. */
    err e = take_answer(a, fd, &answer);
    if (e) return unsent ? unsent : e;
    str rest = str_trim(answer);
    if (str_starts(rest, S("stream: "))) rest = str_slice(rest, 8, rest.n);
    if (str_eq(rest, S("OK")) && sent) {
        *ret_found = false;
        *ret_name = S("");
        return ERR_NONE;
    }
    if (str_ends(rest, S(" FOUND"))) {
        *ret_found = true;
        *ret_name = one_line(a, str_slice(rest, 0, rest.n - 6));
        return ERR_NONE;
    }
    if (str_find(rest, S("size limit exceeded"), 0) != SIZE_MAX)
        return err_set(ERR_LIMIT, "The virus scanner does not take so large a file.");
    return err_set(ERR_INVALID, "The virus scanner says: %.*s", STR_FMT(one_line(a, rest)));
}

err clamd_version(arena *a, str place, str *ret_version) {
    FD_AUTO int fd = -1;
    str answer;
    TRY(reach(place, 5, &fd));
    if (!send_all(fd, "zVERSION", sizeof "zVERSION")) return lost("broke off");
    TRY(take_answer(a, fd, &answer));
    *ret_version = one_line(a, answer);
    return ERR_NONE;
}
