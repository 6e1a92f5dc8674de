#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "mail/lmtp.h"

enum { SILENCE_MS = 120 * SECOND_MS, ANSWERS_MAX = 64 * 1024 };

struct client {
    int fd;
    buf in; /* answers that came and are not read yet */
};

static err broken(const char *what) {
    return err_set(ERR_NETWORK, "The running desk did not answer (%s); the letter may have been kept.", what);
}

static err wait_for(struct client *c, short events) {
    struct pollfd at = {c->fd, events, 0};
    int n;
    do n = poll(&at, 1, SILENCE_MS);
    while (n < 0 && errno == EINTR);
    return n > 0 ? ERR_NONE : broken(n ? strerror(errno) : "silent for two minutes");
}

static err say(struct client *c, str bytes) {
    while (bytes.n) {
        TRY(wait_for(c, POLLOUT));
        ssize_t n = send(c->fd, bytes.p, bytes.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EINTR && errno != EAGAIN) return broken(strerror(errno));
        if (n > 0) bytes = str_slice(bytes, (size_t)n, bytes.n);
    }
    return ERR_NONE;
}

/* The last line of the next answer, without its CRLF; lines "250-..." before it are dropped. */
static err hear(arena *a, struct client *c, str *ret_line) {
    for (;;) {
        size_t end = str_find(buf_str(&c->in), S("\r\n"), 0);
        if (end != SIZE_MAX) {
            str line = str_copy(a, str_slice(buf_str(&c->in), 0, end));
            buf_drop_front(&c->in, end + 2);
            if (line.n > 3 && line.p[3] == '-') continue;
            *ret_line = line;
            return ERR_NONE;
        }
        TRY(wait_for(c, POLLIN));
        char *room = buf_room(&c->in, 4096);
        if (!room) return broken("its answer has no end");
        ssize_t n = recv(c->fd, room, 4096, MSG_DONTWAIT);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n <= 0) return broken(n ? strerror(errno) : "it closed the connection");
        buf_grew(&c->in, (size_t)n);
    }
}

static err answer_code(str line) {
    if (str_starts(line, S("2"))) return ERR_NONE;
    err code = ERR_NETWORK;
    if (str_starts(line, S("452")))
        code = ERR_FULL;
    else if (str_starts(line, S("552")))
        code = ERR_LIMIT;
    else if (str_starts(line, S("4")))
        code = ERR_BUSY;
    else if (str_starts(line, S("5")))
        code = ERR_INVALID;
    return err_set(code, "The running desk says: %.*s", STR_FMT(line));
}

/* Four answers come in order (LHLO, MAIL, RCPT, BDAT); the first that refuses is the result. All is sent
 * at once: a refused BDAT swallows its bytes. */
static err converse(arena *a, struct client *c, str mail_from, str rcpt, str data, str *ret_reply) {
    str line;
    TRY(hear(a, c, &line));
    TRY(answer_code(line));
    TRY(say(c, str_fmt(a,
                       "LHLO longhand\r\nMAIL FROM:<%.*s> SIZE=%zu BODY=8BITMIME SMTPUTF8\r\n"
                       "RCPT TO:<%.*s>\r\nBDAT %zu LAST\r\n",
                       STR_FMT(mail_from), data.n, STR_FMT(rcpt), data.n)));
    TRY(say(c, data));
    for (int i = 0; i < 4; i++) {
        TRY(hear(a, c, &line));
        TRY(answer_code(line));
    }
    *ret_reply = line;
    /* The letter is kept: what becomes of the goodbye does not matter. */
    if (say(c, S("QUIT\r\n")) == ERR_NONE) (void)hear(a, c, &line);
    return ERR_NONE;
}

static bool sayable(str address) {
    for (size_t i = 0; i < address.n; i++)
        if ((unsigned char)address.p[i] < ' ' || address.p[i] == 0x7F) return false;
    return address.n <= 320;
}

err lmtp_hand_over(arena *a, str socket_path, str mail_from, str rcpt, str data, str *ret_reply) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!sayable(mail_from) || !sayable(rcpt))
        return err_set(ERR_INVALID, "The address holds control characters or is too long.");
    if (socket_path.n == 0 || socket_path.n >= sizeof address.sun_path)
        return err_set(ERR_MISSING, "The socket's path is too long: %.*s.", STR_FMT(socket_path));
    memcpy(address.sun_path, socket_path.p, socket_path.n);
    struct client c = {socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), BUF_MAX(ANSWERS_MAX)};
    if (c.fd < 0) return err_set(ERR_IO, "Cannot make a socket: %s.", strerror(errno));
    err code;
    if (connect(c.fd, (struct sockaddr *)&address, sizeof address) < 0) {
        err kind = errno == EACCES || errno == EPERM ? ERR_DENIED : ERR_MISSING;
        code = err_set(kind, "No desk answers at %.*s: %s.", STR_FMT(socket_path), strerror(errno));
    } else {
        code = converse(a, &c, mail_from, rcpt, data, ret_reply);
    }
    close(c.fd);
    buf_free(&c.in);
    return code;
}
