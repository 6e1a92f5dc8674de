#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "http/parts.h"

enum { LINGERS_MAX = 64, LINGER_TIME_MS = 3000, LINGER_BYTES = 64 << 20, TICK_MS = 1000, RETRY_MS = 100 };

/* "host:port", "[v6]:port" or ":port"; false when neither. */
static bool split_address(str listen, char *host, size_t host_n, char *port, size_t port_n) {
    size_t colon = SIZE_MAX;
    for (size_t i = 0; i < listen.n; i++)
        if (listen.p[i] == ':') colon = i;
    if (colon == SIZE_MAX) return false;
    str h = str_slice(listen, 0, colon), p = str_slice(listen, colon + 1, listen.n);
    if (str_starts(h, S("[")) && str_ends(h, S("]"))) h = str_slice(h, 1, h.n - 1);
    int64_t number;
    if (h.n >= host_n || p.n >= port_n || str_has(h, '\0') || !str_to_int(p, &number) || number < 0 ||
        number > 65535)
        return false;
    memcpy(host, h.p, h.n);
    host[h.n] = 0;
    memcpy(port, p.p, p.n);
    port[p.n] = 0;
    return true;
}

static int listen_on(const struct addrinfo *at) {
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), yes = 1;
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0) return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static int port_of(int fd) {
    struct sockaddr_storage at;
    socklen_t n = sizeof at;
    if (getsockname(fd, (struct sockaddr *)&at, &n)) return 0;
    return ntohs(at.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&at)->sin6_port
                                          : ((struct sockaddr_in *)&at)->sin_port);
}

err porter_open(struct porter *p, str listen, int *ret_port) {
    char host[256], port[8];
    if (!split_address(listen, host, sizeof host, port, sizeof port))
        return err_set(ERR_INVALID, "\"%.*s\" is not an address to listen on; write 127.0.0.1:8080.",
                       STR_FMT(listen));
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found;
    int why = getaddrinfo(*host ? host : NULL, port, &hints, &found);
    if (why) return err_set(ERR_INVALID, "Cannot listen on %.*s: %s.", STR_FMT(listen), gai_strerror(why));
    p->listen = listen_on(found);
    freeaddrinfo(found);
    if (p->listen < 0) return err_set(ERR_IO, "Cannot listen on %.*s: %s.", STR_FMT(listen), strerror(errno));
    *ret_port = port_of(p->listen);
    return ERR_NONE;
}

static bool watch_fd(struct porter *p, int fd, uint32_t events, struct watch *w) {
    struct epoll_event event = {.events = events, .data.ptr = w};
    return epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* Takes in all that wait. False when the system had no descriptor to give: to be tried again. */
static bool accept_all(struct porter *p) {
    while (p->listen >= 0) {
        struct sockaddr_storage from;
        socklen_t n = sizeof from;
        int fd = accept4(p->listen, (struct sockaddr *)&from, &n, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) {
            if (errno == EINTR || errno == ECONNABORTED) continue;
            return errno == EAGAIN || errno == EWOULDBLOCK;
        }
        int yes = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        /* Closes `fd` itself when it is at its limit. */
        MHD_add_connection(p->server->daemon, fd, (struct sockaddr *)&from, n);
    }
    return true;
}

struct guest *porter_guest_new(struct porter *p, int fd) {
    struct guest *g = memory_zeroed(sizeof *g);
    g->fd = fd;
    atomic_init(&g->deadline, clock_monotonic_ms() + p->server->header_time);
    pthread_mutex_lock(&p->lock);
    g->next = p->guests;
    if (p->guests) p->guests->prev = g;
    p->guests = g;
    pthread_mutex_unlock(&p->lock);
    return g;
}

void porter_guest_free(struct porter *p, struct guest *g) {
    pthread_mutex_lock(&p->lock);
    if (g->next) g->next->prev = g->prev;
    if (g->prev) {
        g->prev->next = g->next;
    } else {
        p->guests = g->next;
    }
    pthread_mutex_unlock(&p->lock);
    free(g);
}

void porter_linger(struct porter *p, int fd) {
    shutdown(fd, SHUT_WR);
    struct straggler *l = memory_take(sizeof *l);
    *l = (struct straggler){
        .watch.kind = WATCH_LINGER, .fd = fd, .deadline = clock_monotonic_ms() + LINGER_TIME_MS};
    pthread_mutex_lock(&p->lock);
    bool taken =
        !p->closed && p->linger_count < LINGERS_MAX && watch_fd(p, fd, EPOLLIN | EPOLLRDHUP, &l->watch);
    if (taken) {
        l->next = p->lingers;
        if (p->lingers) p->lingers->prev = l;
        p->lingers = l;
        p->linger_count++;
    }
    pthread_mutex_unlock(&p->lock);
    if (taken) return;
    close(fd);
    free(l);
}

static void linger_drop(struct porter *p, struct straggler *l) {
    pthread_mutex_lock(&p->lock);
    if (l->next) l->next->prev = l->prev;
    if (l->prev) {
        l->prev->next = l->next;
    } else {
        p->lingers = l->next;
    }
    p->linger_count--;
    pthread_mutex_unlock(&p->lock);
    epoll_ctl(p->epoll, EPOLL_CTL_DEL, l->fd, NULL);
    close(l->fd);
    free(l);
}

static void linger_read(struct porter *p, struct straggler *l) {
    char waste[16 * 1024];
    ssize_t n = recv(l->fd, waste, sizeof waste, MSG_DONTWAIT);
    if (n > 0) l->read += (size_t)n;
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) || l->read > LINGER_BYTES) linger_drop(p, l);
}

static void stream_drop(struct porter *p, http_stream *st) {
    pthread_mutex_lock(&p->lock);
    if (st->next) st->next->prev = st->prev;
    if (st->prev) {
        st->prev->next = st->next;
    } else {
        p->streams = st->next;
    }
    p->stream_count--;
    pthread_mutex_unlock(&p->lock);
    /* Closing alone would not take it out of the set while libmicrohttpd has its own descriptor open. */
    epoll_ctl(p->epoll, EPOLL_CTL_DEL, st->fd, NULL);
    stream_close(st);
    http_stream_unref(st);
}

/* Nobody but the porter takes a stream or a linger off its list, so the lock is needed for the step alone. */
#define NEXT_OF(p, item)                                                                                     \
    ({                                                                                                       \
        pthread_mutex_lock(&(p)->lock);                                                                      \
        __typeof__(item) next_ = (item)->next;                                                               \
        pthread_mutex_unlock(&(p)->lock);                                                                    \
        next_;                                                                                               \
    })

static void tick(struct porter *p, int64_t now, bool heartbeat) {
    pthread_mutex_lock(&p->lock);
    for (struct guest *g = p->guests; g; g = g->next) {
        int64_t deadline = atomic_load(&g->deadline);
        if (deadline && now > deadline) shutdown(g->fd, SHUT_RDWR);
    }
    http_stream *st = p->streams;
    struct straggler *l = p->lingers;
    pthread_mutex_unlock(&p->lock);
    for (http_stream *next; st; st = next) {
        next = NEXT_OF(p, st);
        if (!stream_tick(st, now, heartbeat)) stream_drop(p, st);
    }
    for (struct straggler *next; l; l = next) {
        next = NEXT_OF(p, l);
        if (now > l->deadline) linger_drop(p, l);
    }
}

static void drop_all(struct porter *p) {
    if (p->listen >= 0) close(p->listen);
    p->listen = -1;
    pthread_mutex_lock(&p->lock);
    http_stream *st = p->streams;
    struct straggler *l = p->lingers;
    pthread_mutex_unlock(&p->lock);
    for (http_stream *next; st; st = next) {
        next = NEXT_OF(p, st);
        stream_drop(p, st);
    }
    for (struct straggler *next; l; l = next) {
        next = NEXT_OF(p, l);
        linger_drop(p, l);
    }
}

/* What others asked for; false when the thread is to end. */
static bool obey(struct porter *p) {
    pthread_mutex_lock(&p->lock);
    bool admit = p->admit, shut = p->closed && !p->shut, leave = p->leave;
    p->admit = false;
    pthread_mutex_unlock(&p->lock);
    if (admit && p->listen >= 0) {
        /* Edge-triggered, so that running out of descriptors does not become a busy loop. */
        struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = &p->watch_listen};
        epoll_ctl(p->epoll, EPOLL_CTL_MOD, p->listen, &event);
    }
    if (shut) {
        drop_all(p);
        pthread_mutex_lock(&p->lock);
        p->shut = true;
        pthread_cond_broadcast(&p->changed);
        pthread_mutex_unlock(&p->lock);
    }
    return !leave;
}

static void handle(struct porter *p, struct epoll_event *event, bool *accept_again) {
    struct watch *w = event->data.ptr;
    switch (w->kind) {
    case WATCH_LISTEN: *accept_again = !accept_all(p); break;
    case WATCH_WAKE: {
        uint64_t count;
        if (read(p->wake, &count, sizeof count) < 0) break;
        break;
    }
    case WATCH_STREAM: {
        bool gone;
        stream_event((http_stream *)w, event->events, &gone);
        if (gone) stream_drop(p, (http_stream *)w);
        break;
    }
    case WATCH_LINGER: linger_read(p, (struct straggler *)w); break;
    }
}

static void *porter_run(void *context) {
    struct porter *p = context;
    pthread_setname_np(pthread_self(), "http porter");
    struct epoll_event events[256];
    int64_t now = clock_monotonic_ms(), next_tick = now + TICK_MS,
            next_beat = now + p->server->heartbeat_time;
    bool accept_again = false;
    while (obey(p)) {
        int64_t wait = accept_again ? RETRY_MS : next_tick - now;
        int n = epoll_wait(p->epoll, events, 256, wait < 0 ? 0 : (int)wait);
        for (int i = 0; i < n; i++) handle(p, &events[i], &accept_again);
        if (accept_again) accept_again = !accept_all(p);
        now = clock_monotonic_ms();
        if (now < next_tick) continue;
        bool heartbeat = now >= next_beat;
        tick(p, now, heartbeat);
        next_tick = now + TICK_MS;
        if (heartbeat) next_beat = now + p->server->heartbeat_time;
    }
    return NULL;
}

err porter_start(struct porter *p) {
    p->epoll = epoll_create1(EPOLL_CLOEXEC);
    p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    p->watch_listen.kind = WATCH_LISTEN;
    p->watch_wake.kind = WATCH_WAKE;
    if (p->epoll < 0 || p->wake < 0 || !watch_fd(p, p->listen, 0, &p->watch_listen) ||
        !watch_fd(p, p->wake, EPOLLIN, &p->watch_wake))
        return err_set(ERR_IO, "Cannot wait for connections: %s.", strerror(errno));
    if (pthread_create(&p->thread, NULL, porter_run, p))
        return err_set(ERR_IO, "The system gives no more threads.");
    p->running = true;
    return ERR_NONE;
}

static void wake(struct porter *p) {
    uint64_t one = 1;
    while (write(p->wake, &one, sizeof one) < 0 && errno == EINTR) continue;
}

void porter_admit(struct porter *p) {
    pthread_mutex_lock(&p->lock);
    p->admit = true;
    pthread_mutex_unlock(&p->lock);
    wake(p);
}

void porter_shut(struct porter *p) {
    if (!p->running) return;
    pthread_mutex_lock(&p->lock);
    p->closed = true;
    wake(p);
    while (!p->shut) pthread_cond_wait(&p->changed, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

void porter_leave(struct porter *p) {
    if (p->running) {
        pthread_mutex_lock(&p->lock);
        p->leave = true;
        pthread_mutex_unlock(&p->lock);
        wake(p);
        pthread_join(p->thread, NULL);
    }
    if (p->listen >= 0) close(p->listen);
    if (p->epoll >= 0) close(p->epoll);
    if (p->wake >= 0) close(p->wake);
}
