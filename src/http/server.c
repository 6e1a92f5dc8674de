#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "http/parts.h"

/* FILES_OTHERS are left to databases, mail and logs. */
enum {
    POOL_BYTES = 40 * 1024,
    FILES_OTHERS = 512,
    FILES_WANTED = CONNECTIONS_MAX + STREAMS_MAX + FILES_OTHERS
};

static struct guest *guest_of(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static int fd_of(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

static void allow(struct exchange *x, int64_t ms) {
    struct guest *g = guest_of(x->connection);
    if (g) atomic_store(&g->deadline, ms ? clock_monotonic_ms() + ms : 0);
}

static void on_connection(void *context, struct MHD_Connection *connection, void **guest,
                          enum MHD_ConnectionNotificationCode what) {
    struct http_server *s = context;
    switch (what) {
    case MHD_CONNECTION_NOTIFY_STARTED: *guest = porter_guest_new(&s->porter, fd_of(connection)); break;
    case MHD_CONNECTION_NOTIFY_CLOSED:
        if (*guest) porter_guest_free(&s->porter, *guest);
        *guest = NULL;
        break;
    }
}

/* The request line has come; the only place where the target is seen as it was sent. */
static void *on_target(void *context, const char *target, struct MHD_Connection *connection) {
    struct exchange *x = exchange_new(context);
    x->connection = connection;
    x->target = str_copy(x->arena, str_z(target));
    allow(x, x->server->header_time);
    return x;
}

static size_t keep_escapes(void *context, struct MHD_Connection *connection, char *s) {
    (void)context;
    (void)connection;
    return strlen(s); /* the target is decoded by request_finish, from our copy */
}

static enum MHD_Result send_reply(struct exchange *x) {
    x->state = EXCHANGE_SENT;
    if (!x->reply) return MHD_NO;
    return MHD_queue_response(x->connection, (unsigned)x->r.status, x->reply);
}

static enum MHD_Result send_refusal(struct exchange *x) {
    response_refuse(x);
    return send_reply(x);
}

static enum MHD_Result head_done(struct exchange *x, const char *method, const char *version) {
    request_head(x, method, version);
    if (x->refusal) return send_refusal(x);
    x->state = EXCHANGE_BODY;
    /* The slowest that is worth waiting for; libmicrohttpd drops silence earlier. */
    int64_t length = 0;
    if (!str_to_int(http_header(&x->q, S("Content-Length")), &length) ||
        length > (int64_t)x->server->max_body)
        length = x->linger ? (int64_t)x->server->max_body : 0;
    allow(x, x->server->idle_time + length / BODY_RATE * SECOND_MS);
    return MHD_YES;
}

static void give_up_body(struct exchange *x, int status, const char *because) {
    x->refusal = status;
    x->because = because;
    atomic_fetch_sub(&x->server->body_bytes, x->body.n);
    buf_free(&x->body);
}

/* libmicrohttpd takes no answer in the middle of a body: one that is refused is read to its end, or until it
 * is too much even for that. */
static enum MHD_Result take_bytes(struct exchange *x, str bytes) {
    if (x->refusal) {
        x->discarded += bytes.n;
        return x->discarded > x->server->max_body ? MHD_NO : MHD_YES;
    }
    size_t before = x->body.n;
    buf_add(&x->body, bytes);
    size_t all = atomic_fetch_add(&x->server->body_bytes, x->body.n - before) + x->body.n - before;
    if (!buf_ok(&x->body) && bytes.n <= x->body.max - before) {
        give_up_body(x, 503, "This server has no memory for what you send at the moment.");
    } else if (!buf_ok(&x->body)) {
        give_up_body(x, 413, "What you send is larger than this server takes.");
    } else if (all > BODIES_MAX) {
        give_up_body(x, 503, "Too much is being sent to this server at once.");
    }
    return MHD_YES;
}

/* What is kept ready goes out from here, without a worker. A server that stops has to say so in each answer,
 * which one that never changes cannot. */
static http_kept *kept_answer(struct exchange *x) {
    struct http_server *s = x->server;
    size_t mark = str_find_char(x->target, '?', 0);
    str path = str_slice(x->target, 0, mark);
    if (!s->quick || x->q.method != HTTP_GET || x->body.n || atomic_load(&s->draining)) return NULL;
    if (!str_starts(path, S("/")) || str_has(path, '%')) return NULL;
    x->q.path = path;
    return s->quick(s->context, &x->q);
}

/* libmicrohttpd holds a reference of its own until it is sent. */
static enum MHD_Result send_kept(struct exchange *x, http_kept *k) {
    x->state = EXCHANGE_SENT;
    enum MHD_Result result = MHD_queue_response(x->connection, (unsigned)k->status, k->reply);
    http_kept_unref(k);
    return result;
}

static enum MHD_Result body_done(struct exchange *x) {
    x->linger = false;
    allow(x, 0);
    if (x->refusal) {
        x->linger = x->discarded > 0;
        return send_refusal(x);
    }
    http_kept *k = kept_answer(x);
    if (k) return send_kept(x, k);
    x->state = EXCHANGE_WAITING;
    MHD_suspend_connection(x->connection);
    if (workers_take(x)) return MHD_YES;
    x->refusal = 503;
    x->because = "This server has too much to do at the moment.";
    response_refuse(x);
    x->state = EXCHANGE_READY;
    MHD_resume_connection(x->connection);
    return MHD_YES;
}

/* The socket of an event stream leaves libmicrohttpd, where a connection costs 40 KB and every resume walks
 * all the suspended: a duplicate lives on with the porter while libmicrohttpd closes its own. That this is
 * no shutdown is one of the things MHD_USE_TURBO means. */
static enum MHD_Result become_stream(struct exchange *x) {
    int fd = fcntl(fd_of(x->connection), F_DUPFD_CLOEXEC, 0);
    x->state = EXCHANGE_SENT;
    if (fd < 0) return MHD_NO;
    http_stream *st = x->r.stream;
    x->r.stream = NULL;
    stream_attach(&x->server->porter, st, fd, response_stream_head(x));
    return MHD_NO;
}

static enum MHD_Result answer(struct exchange *x) {
    if (x->reply || !x->r.stream) return send_reply(x);
    if (!str_eq(x->method, S("HEAD"))) return become_stream(x);
    x->r.type = S("text/event-stream");
    response_make(x);
    return send_reply(x);
}

static enum MHD_Result on_access(void *context, struct MHD_Connection *connection, const char *url,
                                 const char *method, const char *version, const char *upload,
                                 size_t *upload_n, void **exchange) {
    (void)context;
    (void)connection;
    (void)url;
    struct exchange *x = *exchange;
    if (!x) return MHD_NO;
    switch (x->state) {
    case EXCHANGE_HEAD: return head_done(x, method, version);
    case EXCHANGE_BODY:
        if (*upload_n) {
            str bytes = {upload, *upload_n};
            *upload_n = 0;
            return take_bytes(x, bytes);
        }
        return body_done(x);
    case EXCHANGE_READY: return answer(x);
    case EXCHANGE_WAITING:
    case EXCHANGE_SENT: break;
    }
    return MHD_NO;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **exchange,
                         enum MHD_RequestTerminationCode why) {
    struct http_server *s = context;
    struct exchange *x = *exchange;
    if (!x) return;
    *exchange = NULL;
    if (why == MHD_REQUEST_TERMINATED_COMPLETED_OK) {
        allow(x, s->idle_time);
        if (x->linger && !atomic_load(&s->draining)) {
            int fd = fcntl(fd_of(connection), F_DUPFD_CLOEXEC, 0);
            if (fd >= 0) porter_linger(&s->porter, fd);
        }
    }
    exchange_release(x);
}

static void say_nothing(void *context, const char *fmt, va_list ap) {
    (void)context;
    (void)fmt;
    (void)ap;
}

static err daemon_start(struct http_server *s) {
    s->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_NO_LISTEN_SOCKET |
            MHD_USE_TURBO,
        0, NULL, NULL, on_access, s, MHD_OPTION_EXTERNAL_LOGGER, say_nothing, NULL,
        MHD_OPTION_THREAD_POOL_SIZE, 2u, MHD_OPTION_CONNECTION_LIMIT, (unsigned)s->connections_max,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)((s->idle_time + SECOND_MS - 1) / SECOND_MS),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 0,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, s, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, s,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
        MHD_OPTION_END);
    return s->daemon ? ERR_NONE : err_set(ERR_IO, "The HTTP server could not be started.");
}

/* Each connection is a descriptor, and shells and service managers give 1,024 unless asked. */
static void share_descriptors(struct http_server *s) {
    struct rlimit limit;
    s->connections_max = CONNECTIONS_MAX;
    s->streams_max = STREAMS_MAX;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= FILES_WANTED) return;
    limit.rlim_cur = limit.rlim_max < FILES_WANTED ? limit.rlim_max : FILES_WANTED;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= FILES_WANTED) return;
    int left = limit.rlim_cur > 2 * FILES_OTHERS ? (int)limit.rlim_cur - FILES_OTHERS : FILES_OTHERS;
    s->connections_max = left / 3;
    s->streams_max = left - left / 3;
}

static struct http_server *server_new(const struct http_options *options) {
    struct http_server *s = memory_zeroed(sizeof *s);
    s->handler = options->handler;
    s->quick = options->quick;
    s->context = options->context;
    s->max_body = options->max_body ? options->max_body : BODY_MAX_DEFAULT;
    s->header_time = options->header_time_ms > 0 ? options->header_time_ms : HEADER_TIME_MS;
    s->idle_time = options->idle_time_ms > 0 ? options->idle_time_ms : IDLE_TIME_MS;
    s->heartbeat_time = options->heartbeat_ms > 0 ? options->heartbeat_ms : HEARTBEAT_MS;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->work, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->quiet, &monotonic);
    pthread_condattr_destroy(&monotonic);
    s->porter = (struct porter){.server = s, .epoll = -1, .listen = -1, .wake = -1};
    pthread_mutex_init(&s->porter.lock, NULL);
    pthread_cond_init(&s->porter.changed, NULL);
    return s;
}

err http_server_start(const struct http_options *options, http_server **ret_server) {
    struct http_server *s = server_new(options);
    share_descriptors(s);
    /* Signals are for the main thread. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    err e = porter_open(&s->porter, options->listen, &s->port);
    if (!e) e = daemon_start(s);
    if (!e) e = workers_start(s, options->workers > 0 ? options->workers : 8);
    if (!e) e = porter_start(&s->porter);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (e) {
        http_server_stop(s);
        return e;
    }
    *ret_server = s; /* before the first request can come: handlers make streams with it */
    porter_admit(&s->porter);
    return ERR_NONE;
}

int http_server_port(const http_server *s) { return s->port; }

void http_server_stop(http_server *s) {
    if (!s) return;
    atomic_store(&s->draining, true);
    porter_shut(&s->porter);
    workers_stop(s); /* nothing may be suspended when libmicrohttpd stops, or it aborts */
    if (s->daemon) MHD_stop_daemon(s->daemon);
    porter_leave(&s->porter);
    while (s->pool) {
        struct exchange *x = s->pool;
        s->pool = x->next;
        arena_free(x->arena);
        free(x);
    }
    pthread_mutex_destroy(&s->porter.lock);
    pthread_cond_destroy(&s->porter.changed);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->work);
    pthread_cond_destroy(&s->quiet);
    free(s);
}
