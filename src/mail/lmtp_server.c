#include "mail/lmtp.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory.h"
#include "mail/lmtp_loop.h"
#include "mail/relays.h"

enum { CONNECTIONS_DEFAULT = 100, BACKLOG = 128 };

struct lmtp_server {
    char *host;
    int fd, port; /* fd is -1 from the moment the loop owns it */
    char *path;   /* of the Unix socket, or NULL */
    dev_t device;
    ino_t inode;
    int wake; /* an eventfd, readable from the moment of stopping on; never read */
    pthread_t thread;
    lmtp_loop *loop;
};

static err system_err(const char *doing, const char *what) {
    err code = errno == EACCES || errno == EPERM ? ERR_DENIED : errno == EADDRINUSE ? ERR_CONFLICT : ERR_IO;
    return err_set(code, "Cannot %s %s: %s.", doing, what, strerror(errno));
}

static char *copy(str s) {
    char *z = memory_take(s.n + 1);
    if (s.n) memcpy(z, s.p, s.n);
    z[s.n] = '\0';
    return z;
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
    lmtp_loop_free(s->loop);
    free(s->path);
    free(s->host);
    free(s);
}

static void *run(void *loop) {
    lmtp_loop_run(loop);
    return NULL;
}

static err start(lmtp_server *s, arena *a, const struct lmtp_options *options, const struct lmtp_smtp *smtp) {
    if (smtp && !smtp->tls && !relays_all_here(smtp->relays))
        return err_set(ERR_INVALID,
                       "Relays on other machines need a certificate: letters do not travel in clear.");
    if (str_has(options->listen, '/'))
        TRY(listen_unix(s, a, options->listen));
    else
        TRY(listen_tcp(a, options->listen, &s->fd, &s->port));
    s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->wake < 0) return system_err("start", "the mail server");
    struct lmtp_loop_options o = {.listener = s->fd,
                                  .stop = s->wake,
                                  .tcp = !s->path,
                                  .host = str_z(s->host),
                                  .max_size = options->max_size,
                                  .connections =
                                      options->connections ? options->connections : CONNECTIONS_DEFAULT,
                                  .hooks = options->hooks,
                                  .smtp = smtp};
    TRY(lmtp_loop_new(&o, &s->loop));
    int no = pthread_create(&s->thread, NULL, run, s->loop);
    if (no) return err_set(ERR_IO, "Cannot start the mail server: %s.", strerror(no));
    s->fd = -1;
    return ERR_NONE;
}

err lmtp_server_start_smtp(const struct lmtp_options *options, const struct lmtp_smtp *smtp,
                           lmtp_server **ret_server) {
    ARENA_AUTO arena *a = arena_new(0);
    lmtp_server *s = memory_zeroed(sizeof *s);
    s->fd = s->wake = -1;
    s->host = copy(options->host);
    err code = start(s, a, options, smtp);
    if (code) {
        server_free(s);
        return code;
    }
    *ret_server = s;
    return ERR_NONE;
}

err lmtp_server_start(const struct lmtp_options *options, lmtp_server **ret_server) {
    return lmtp_server_start_smtp(options, NULL, ret_server);
}

int lmtp_server_port(const lmtp_server *s) { return s->port; }

void lmtp_server_stop(lmtp_server *s) {
    if (!s) return;
    lmtp_ring(s->wake);
    pthread_join(s->thread, NULL);
    server_free(s);
}
