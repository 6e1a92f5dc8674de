/* parts: what the files of http share and nobody else sees.
 *
 * Threads: two of libmicrohttpd move the bytes of requests; the workers run handlers; the porter accepts
 * connections, owns the sockets of event streams and keeps time. A request is an `exchange`: filled by a
 * libmicrohttpd thread, then its connection is suspended and the exchange waits in line for a worker, which
 * makes the reply and resumes the connection; libmicrohttpd calls again, and there the reply is sent. At
 * each moment one thread has it. */
#ifndef LONGHAND_HTTP_PARTS_H
#define LONGHAND_HTTP_PARTS_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "http/http.h"

enum {
    HEADER_MAX = 32 * 1024,
    CONNECTIONS_MAX = 4000, /* of libmicrohttpd; event streams do not count */
    STREAMS_MAX = 8000,     /* both less where the system gives fewer descriptors */
    WAITING_MAX = 1000,
    BODY_MAX_DEFAULT = 30 << 20,
    BODIES_MAX = 512 << 20, /* all bodies in memory at once */
    RESPONSE_MAX = 64 << 20,
    HEADER_TIME_MS = 10000, /* the defaults of the options */
    IDLE_TIME_MS = 60000,
    HEARTBEAT_MS = 20000,
    BODY_RATE = 8 * 1024, /* bytes a second a body must keep up, after the first minute */
    DRAIN_TIME_MS = 10000,
    STREAM_WAITING_MAX = 256 * 1024,
};

typedef enum exchange_state {
    EXCHANGE_HEAD,    /* the request line has come */
    EXCHANGE_BODY,    /* the header has come */
    EXCHANGE_WAITING, /* complete, with the workers */
    EXCHANGE_READY,   /* answered by a worker, the answer not yet given to libmicrohttpd */
    EXCHANGE_SENT,
} exchange_state;

struct exchange {
    struct http_server *server;
    struct MHD_Connection *connection;
    struct exchange *next; /* in the waiting line or in the pool */
    arena *arena;
    exchange_state state;
    str target; /* of the request line, as it came */
    str method;
    buf body;
    size_t discarded;    /* bytes of a body that is refused already */
    int refusal;         /* status, 0 when the request is good so far */
    const char *because; /* a sentence for `refusal` */
    bool linger;         /* the client may still be sending when the connection closes */
    bool busy;           /* counted in server->busy */
    struct http_request q;
    struct http_response r;
    struct MHD_Response *reply;
};

/* The porter's view of one connection of libmicrohttpd. */
struct guest {
    struct guest *prev, *next;
    int fd;
    _Atomic int64_t deadline; /* monotonic ms after which the porter shuts the socket; 0 none */
};

/* What an epoll event of the porter points to. */
typedef enum watch_kind { WATCH_LISTEN, WATCH_WAKE, WATCH_STREAM, WATCH_LINGER } watch_kind;
struct watch {
    watch_kind kind;
};

struct straggler {
    struct watch watch;
    struct straggler *prev, *next;
    int fd;
    int64_t deadline;
    size_t read;
};

struct http_stream {
    struct watch watch;
    struct http_stream *prev, *next; /* in the porter's list, under the porter's lock */
    atomic_int refs;
    atomic_bool gone;
    pthread_mutex_t lock; /* for what follows */
    int fd;               /* -1 before it is attached and after it has gone; closed by the porter only */
    buf out;
    size_t sent; /* bytes of `out` that are on their way */
    bool ending;
    int64_t progress_at; /* monotonic; when bytes last left or nothing waited */
};

struct porter {
    struct http_server *server;
    pthread_t thread;
    int epoll, listen, wake;
    struct watch watch_listen, watch_wake;
    pthread_mutex_t lock; /* for what follows */
    struct guest *guests;
    struct http_stream *streams;
    struct straggler *lingers;
    int stream_count, linger_count;
    bool admit;   /* connections may come in now */
    bool closed;  /* nothing is taken in any more */
    bool leave;   /* the thread is to end */
    bool shut;    /* streams and the listening socket are closed */
    bool running; /* only the starter looks */
    pthread_cond_t changed;
};

struct http_kept {
    atomic_int refs;
    int status;
    struct MHD_Response *reply;
};

struct http_server {
    http_handler handler;
    http_quick quick;
    void *context;
    size_t max_body;
    int64_t header_time, idle_time, heartbeat_time; /* ms */
    int connections_max, streams_max;
    int port;
    struct MHD_Daemon *daemon;
    struct porter porter;
    atomic_bool draining;     /* answers close their connection */
    atomic_size_t body_bytes; /* in all exchanges */

    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t work, quiet;
    struct exchange *first, *last; /* the waiting line */
    int waiting;
    int busy;      /* complete requests whose answer has not been sent */
    bool refusing; /* no more work is taken */
    struct exchange *pool;
    int pooled;
    int workers;
    pthread_t *threads;
};

/* request.c */
/* Take header, cookies and peer from libmicrohttpd; sets x->refusal when the request must not go on. */
void request_head(struct exchange *x, const char *method, const char *version);
/* Path, query and form, on the worker. */
void request_finish(struct exchange *x);

/* response.c */
/* Without memory for the answer x->reply stays NULL, and the connection is to be closed. */
void response_refuse(struct exchange *x); /* make x->reply from x->refusal */
void response_make(struct exchange *x);   /* make x->reply from x->r; not for a stream */
str response_stream_head(struct exchange *x);
bool response_is_token(str s);
bool response_is_line(str s); /* no CR, LF, NUL */

/* worker.c */
struct exchange *exchange_new(struct http_server *s);
void exchange_release(struct exchange *x);
err workers_start(struct http_server *s, int n);
/* Hand over a complete request; false when the line is full or closed. */
bool workers_take(struct exchange *x);
/* Wait up to DRAIN_TIME_MS until every answer has been sent, refuse what still waits, wait for what still
 * runs, end the threads. Afterwards no connection is suspended. */
void workers_stop(struct http_server *s);

/* porter.c */
err porter_open(struct porter *p, str listen, int *ret_port);
err porter_start(struct porter *p);
void porter_admit(struct porter *p); /* from now on connections are taken in */
void porter_shut(struct porter *p);  /* stop listening, end the streams; returns when done */
void porter_leave(struct porter *p); /* end the thread, release everything */
struct guest *porter_guest_new(struct porter *p, int fd);
void porter_guest_free(struct porter *p, struct guest *g);
/* Half-close `fd` and read what still comes for a moment, so that the answer is not lost to a reset. Takes
 * over `fd`. */
void porter_linger(struct porter *p, int fd);

/* stream.c */
/* Send `head`, then what the stream holds, then whatever comes. Takes over `fd` and the reference. */
void stream_attach(struct porter *p, http_stream *st, int fd, str head);
/* For the porter: */
void stream_event(http_stream *st, uint32_t events, bool *ret_gone);
bool stream_tick(http_stream *st, int64_t now, bool heartbeat); /* false when it is to be dropped */
void stream_close(http_stream *st);

#endif
