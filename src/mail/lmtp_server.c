#include "mail/lmtp.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

enum {
    CONNECTIONS_DEFAULT = 100,
    BACKLOG = 128,
    CHUNK = 64 * 1024,
    /* The longest answers to one chunk: LHLO again and again, twenty times its length. */
    REPLIES_MAX = 4 << 20,
    IDLE_MS = 5 * MINUTE_MS, /* RFC 5321 4.5.3.2.7 */
    STOP_MS = 5 * SECOND_MS,
    GOODBYE_MS = SECOND_MS,
    BACKOFF_MS = 100,
    STACK_BYTES = 1 << 20, /* a hundred stacks of the default 8 MiB would pass the limits of small machines */
};

struct connection {
    lmtp_server *server;
    pthread_t thread;
    int fd;
    bool used;        /* the thread is to be joined */
    atomic_bool done; /* and has nothing more to do */
};

struct lmtp_server {
    struct lmtp_hooks hooks;
    char *host;
    size_t max_size;
    int fd, port;
    char *path; /* of the Unix socket, or NULL */
    dev_t device;
    ino_t inode;
    int wake; /* an eventfd, readable from the moment of stopping on; never read */
    pthread_t acceptor;
    int connections;
    struct connection *at;
};

static err system_err(const char *doing, const char *what) {
    err code = errno == EACCES || errno == EPERM ? ERR_DENIED : errno == EADDRINUSE ? ERR_CONFLICT : ERR_IO;
    return err_set(code, "Cannot %s %s: %s.", doing, what, strerror(errno));
}

static char *copy(str s) {
    char *z = malloc(s.n + 1);
    if (!z) abort();
    if (s.n) memcpy(z, s.p, s.n);
    z[s.n] = '\0';
    return z;
}

/* --- One connection --- */

/* Wait for `events` or for stopping; a stop counts only while `heed_stop`. */
static bool wait_for(lmtp_server *s, int fd, short events, int64_t until, bool heed_stop,
                     bool *ret_stopping) {
    struct pollfd at[2] = {{fd, events, 0}, {heed_stop ? s->wake : -1, POLLIN, 0}};
    for (;;) {
        int64_t left = until - clock_monotonic_ms();
        int n = poll(at, 2, left > 0 ? (int)left : 0);
        if (n < 0 && errno == EINTR) continue;
        *ret_stopping = at[1].revents != 0;
        return n > 0 && at[0].revents != 0;
    }
}

static bool write_all(lmtp_server *s, int fd, str bytes) {
    int64_t until = clock_monotonic_ms() + IDLE_MS;
    while (bytes.n) {
        ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        bool stopping;
        if (n > 0)
            bytes = str_slice(bytes, (size_t)n, bytes.n);
        else if (errno != EINTR && errno != EAGAIN)
            return false;
        else if (errno == EAGAIN && !wait_for(s, fd, POLLOUT, until, false, &stopping))
            return false;
    }
    return true;
}

/* Closing with bytes unread resets the connection, and the last answer may be lost with it: say that no
 * more is sent, and give the peer a moment to hear it. */
static void say_goodbye(lmtp_server *s, int fd, char *chunk) {
    shutdown(fd, SHUT_WR);
    int64_t until = clock_monotonic_ms() + GOODBYE_MS;
    bool stopping;
    while (wait_for(s, fd, POLLIN, until, false, &stopping) && recv(fd, chunk, CHUNK, MSG_DONTWAIT) > 0) {
    }
}

/* Read and answer until the peer leaves, is silent for too long, or the server stops. Once it stops, a
 * connection without a transaction is closed at once and any other when lmtp_server_stop says. */
static void converse(lmtp_server *s, int fd, lmtp_session *session, char *chunk, buf *out) {
    bool stopping = false;
    lmtp_greet(session, out);
    if (!write_all(s, fd, buf_str(out))) return;
    for (;;) {
        if (stopping && !lmtp_in_transaction(session)) {
            write_all(s, fd, S("421 4.3.2 The desk is stopping; try again soon\r\n"));
            return;
        }
        bool heed = !stopping;
        bool ready = wait_for(s, fd, POLLIN, clock_monotonic_ms() + IDLE_MS, heed, &stopping);
        stopping = stopping || !heed;
        if (!ready && stopping) continue;
        if (!ready) {
            write_all(s, fd, S("421 4.4.2 Silent for too long\r\n"));
            return;
        }
        ssize_t n = recv(fd, chunk, CHUNK, MSG_DONTWAIT);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n <= 0) return;
        buf_clear(out);
        bool more = lmtp_feed(session, (str){chunk, (size_t)n}, out);
        if (out->n && !write_all(s, fd, buf_str(out))) return;
        if (!more) return;
    }
}

static void *run_connection(void *argument) {
    struct connection *c = argument;
    lmtp_server *s = c->server;
    BUF_AUTO buf out = BUF_MAX(REPLIES_MAX);
    lmtp_session *session = lmtp_session_new(&s->hooks, str_z(s->host), s->max_size);
    char *chunk = malloc(CHUNK);
    if (!chunk) abort();
    converse(s, c->fd, session, chunk, &out);
    say_goodbye(s, c->fd, chunk);
    free(chunk);
    lmtp_session_free(session);
    /* The descriptor stays open until the thread is joined, so that a stop cannot meet its number reused;
     * the peer is told now. */
    shutdown(c->fd, SHUT_RDWR);
    atomic_store(&c->done, true);
    return NULL;
}

/* --- Accepting --- */

static void join(struct connection *c) {
    pthread_join(c->thread, NULL);
    close(c->fd);
    c->used = false;
}

static struct connection *free_place(lmtp_server *s) {
    struct connection *found = NULL;
    for (int i = 0; i < s->connections; i++) {
        struct connection *c = &s->at[i];
        if (c->used && atomic_load(&c->done)) join(c);
        if (!c->used && !found) found = c;
    }
    return found;
}

static bool start_connection(lmtp_server *s, int fd) {
    struct connection *c = free_place(s);
    if (!c) return false;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    c->server = s;
    c->fd = fd;
    atomic_store(&c->done, false);
    c->used = pthread_create(&c->thread, &attributes, run_connection, c) == 0;
    pthread_attr_destroy(&attributes);
    return c->used;
}

static void *run_acceptor(void *argument) {
    lmtp_server *s = argument;
    static const char busy[] = "421 4.3.2 Too many connections; try again soon\r\n";
    for (;;) {
        struct pollfd at[2] = {{s->fd, POLLIN, 0}, {s->wake, POLLIN, 0}};
        if (poll(at, 2, -1) < 0 && errno != EINTR) return NULL;
        if (at[1].revents) return NULL;
        int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) {
            /* Out of descriptors or memory: the listener stays readable, so wait without spinning. */
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                poll(&at[1], 1, BACKOFF_MS);
            continue;
        }
        int on = 1;
        if (!s->path) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (start_connection(s, fd)) continue;
        send(fd, busy, sizeof busy - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        close(fd);
    }
}

/* --- Listening --- */

/* "ADDR:PORT" or "[ADDR]:PORT" -> a bound socket. */
static err listen_tcp(arena *a, str listen_at, int *ret_fd, int *ret_port) {
    size_t colon = listen_at.n;
    while (colon && listen_at.p[colon - 1] != ':') colon--;
    str host = str_slice(listen_at, 0, colon ? colon - 1 : 0),
        port = str_slice(listen_at, colon, listen_at.n);
    if (host.n >= 2 && host.p[0] == '[' && str_ends(host, S("]"))) host = str_slice(host, 1, host.n - 1);
    int64_t number;
    if (!colon || host.n == 0 || !str_to_int(port, &number) || number < 0 || number > 65535)
        return err_set(ERR_INVALID, "\"%.*s\" is not ADDRESS:PORT.", STR_FMT(listen_at));
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found;
    const char *name = str_cstr(a, listen_at);
    int no = getaddrinfo(str_cstr(a, host), str_cstr(a, port), &hints, &found);
    if (no) return err_set(ERR_INVALID, "Cannot listen at %s: %s.", name, gai_strerror(no));
    int on = 1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bool good = fd >= 0 && bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0;
    freeaddrinfo(found);
    struct sockaddr_storage bound;
    socklen_t n = sizeof bound;
    if (!good || getsockname(fd, (struct sockaddr *)&bound, &n) < 0) {
        err code = system_err("listen at", name);
        if (fd >= 0) close(fd);
        return code;
    }
    *ret_fd = fd;
    *ret_port = ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                                  : ((struct sockaddr_in *)&bound)->sin_port);
    return ERR_NONE;
}

static bool unix_address(const char *path, struct sockaddr_un *ret_address) {
    size_t n = strlen(path);
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (n >= sizeof ret_address->sun_path) return false;
    memcpy(ret_address->sun_path, path, n);
    return true;
}

/* ERR_NONE when nobody answers at `path` and it may be replaced. */
static err path_is_free(const char *path, const struct sockaddr_un *address) {
    struct stat st;
    if (lstat(path, &st) < 0) return errno == ENOENT ? ERR_NONE : system_err("look at", path);
    if (!S_ISSOCK(st.st_mode)) return err_set(ERR_INVALID, "%s exists and is not a socket.", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return system_err("listen at", path);
    int no = connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 ? errno : 0;
    close(fd);
    if (no == ECONNREFUSED || no == ENOENT) return ERR_NONE;
    errno = no;
    if (no && no != EAGAIN) return system_err("listen at", path);
    return err_set(ERR_CONFLICT, "Another server listens at %s.", path);
}

/* The socket is made beside its place and moved there when it listens: at no moment does the path hold a
 * socket that refuses, which another start would take for a stale one, or one with a wider mode. */
static err listen_unix(lmtp_server *s, arena *a, str listen_at) {
    const char *path = str_cstr(a, listen_at);
    const char *fresh = str_cstr(a, str_fmt(a, "%s.%d", path, (int)getpid()));
    struct sockaddr_un final, address;
    if (!unix_address(path, &final) || !unix_address(fresh, &address))
        return err_set(ERR_INVALID, "The socket's path is too long: %s.", path);
    TRY(path_is_free(path, &final));
    unlink(fresh);
    struct stat st;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || chmod(fresh, 0660) < 0 ||
        listen(fd, BACKLOG) < 0 || lstat(fresh, &st) < 0 || rename(fresh, path) < 0) {
        err code = system_err("listen at", path);
        if (fd >= 0) close(fd);
        unlink(fresh);
        return code;
    }
    s->fd = fd;
    s->device = st.st_dev;
    s->inode = st.st_ino;
    s->path = copy(listen_at);
    return ERR_NONE;
}

static void server_free(lmtp_server *s) {
    if (s->fd >= 0) close(s->fd);
    if (s->wake >= 0) close(s->wake);
    struct stat st;
    if (s->path && lstat(s->path, &st) == 0 && st.st_dev == s->device && st.st_ino == s->inode)
        unlink(s->path);
    free(s->path);
    free(s->host);
    free(s->at);
    free(s);
}

static err start(lmtp_server *s, arena *a, const struct lmtp_options *options) {
    if (str_has(options->listen, '/'))
        TRY(listen_unix(s, a, options->listen));
    else
        TRY(listen_tcp(a, options->listen, &s->fd, &s->port));
    s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->wake < 0) return system_err("start", "the mail server");
    int no = pthread_create(&s->acceptor, NULL, run_acceptor, s);
    if (no) return err_set(ERR_IO, "Cannot start the mail server: %s.", strerror(no));
    return ERR_NONE;
}

err lmtp_server_start(const struct lmtp_options *options, lmtp_server **ret_server) {
    ARENA_AUTO arena *a = arena_new(0);
    lmtp_server *s = calloc(1, sizeof *s);
    if (!s) abort();
    s->hooks = options->hooks;
    s->max_size = options->max_size;
    s->fd = s->wake = -1;
    s->connections = options->connections ? options->connections : CONNECTIONS_DEFAULT;
    s->at = calloc((size_t)s->connections, sizeof *s->at);
    s->host = copy(options->host);
    if (!s->at) abort();
    err code = start(s, a, options);
    if (code) {
        server_free(s);
        return code;
    }
    *ret_server = s;
    return ERR_NONE;
}

int lmtp_server_port(const lmtp_server *s) { return s->port; }

static bool all_done(lmtp_server *s) {
    for (int i = 0; i < s->connections; i++)
        if (s->at[i].used && !atomic_load(&s->at[i].done)) return false;
    return true;
}

void lmtp_server_stop(lmtp_server *s) {
    if (!s) return;
    uint64_t one = 1;
    if (write(s->wake, &one, sizeof one) < 0) abort(); /* an eventfd at 0 takes one */
    pthread_join(s->acceptor, NULL);
    close(s->fd);
    s->fd = -1;
    int64_t until = clock_monotonic_ms() + STOP_MS;
    while (!all_done(s) && clock_monotonic_ms() < until) poll(NULL, 0, 5);
    for (int i = 0; i < s->connections; i++) {
        if (!s->at[i].used) continue;
        shutdown(s->at[i].fd, SHUT_RDWR);
        join(&s->at[i]);
    }
    server_free(s);
}
