#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "http/parts.h"

http_stream *http_stream_new(http_server *s) {
    (void)s; /* belongs to a server only once it is attached, and may outlive it */
    http_stream *st = memory_zeroed(sizeof *st);
    st->watch.kind = WATCH_STREAM;
    atomic_init(&st->refs, 1);
    atomic_init(&st->gone, false);
    pthread_mutex_init(&st->lock, NULL);
    st->fd = -1;
    st->out = BUF_MAX(STREAM_WAITING_MAX + 64 * 1024);
    return st;
}

http_stream *http_stream_ref(http_stream *st) {
    atomic_fetch_add(&st->refs, 1);
    return st;
}

void http_stream_unref(http_stream *st) {
    if (!st || atomic_fetch_sub(&st->refs, 1) != 1) return;
    buf_free(&st->out);
    pthread_mutex_destroy(&st->lock);
    free(st);
}

bool http_stream_gone(const http_stream *st) { return atomic_load(&st->gone); }

/* The caller holds the lock in all of these. */

/* The porter sees the socket hang up, and lets go of it. */
static void hang_up(http_stream *st) {
    atomic_store(&st->gone, true);
    if (st->fd >= 0) shutdown(st->fd, SHUT_RDWR);
}

static void flush_out(http_stream *st) {
    if (st->fd < 0) return;
    while (st->sent < st->out.n) {
        ssize_t n = send(st->fd, st->out.p + st->sent, st->out.n - st->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        if (n < 0) {
            hang_up(st);
            return;
        }
        st->sent += (size_t)n;
        st->progress_at = clock_monotonic_ms();
    }
    if (st->sent == st->out.n) {
        buf_free(&st->out); /* thousands of idle streams hold no memory for what they sent */
        st->sent = 0;
        if (st->ending) hang_up(st);
    } else if (st->sent >= STREAM_WAITING_MAX / 4) {
        buf_drop_front(&st->out, st->sent);
        st->sent = 0;
    }
}

static void add_event(buf *b, str event, str data) {
    if (event.n) {
        buf_add(b, S("event: "));
        for (size_t i = 0; i < event.n; i++)
            if (event.p[i] != '\n' && event.p[i] != '\r') buf_add_char(b, event.p[i]);
        buf_add_char(b, '\n');
    }
    /* A line of data ends with CR, LF or both (HTML 9.2.6). */
    size_t from = 0;
    for (size_t i = 0; i <= data.n; i++) {
        if (i < data.n && data.p[i] != '\n' && data.p[i] != '\r') continue;
        buf_add(b, S("data: "));
        buf_add(b, str_slice(data, from, i));
        buf_add_char(b, '\n');
        if (i + 1 < data.n && data.p[i] == '\r' && data.p[i + 1] == '\n') i++;
        from = i + 1;
    }
    buf_add_char(b, '\n');
}

bool http_stream_send(http_stream *st, str event, str data) {
    if (atomic_load(&st->gone)) return false;
    pthread_mutex_lock(&st->lock);
    if (!atomic_load(&st->gone) && !st->ending) {
        bool idle = st->sent == st->out.n;
        add_event(&st->out, event, data);
        /* Half an event must not leave, so one that is too large ends the stream before it is sent. */
        if (!buf_ok(&st->out) || st->out.n - st->sent > STREAM_WAITING_MAX) {
            hang_up(st);
        } else if (idle) {
            flush_out(st);
        }
    }
    bool here = !atomic_load(&st->gone) && !st->ending;
    pthread_mutex_unlock(&st->lock);
    return here;
}

void http_stream_end(http_stream *st) {
    pthread_mutex_lock(&st->lock);
    st->ending = true;
    if (st->fd >= 0) flush_out(st);
    pthread_mutex_unlock(&st->lock);
}

void stream_attach(struct porter *p, http_stream *st, int fd, str head) {
    /* A peer that vanished without a word is noticed by the system, not only by a full buffer. */
    int ms = 60000;
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
    pthread_mutex_lock(&st->lock);
    buf whole = BUF_MAX(st->out.max);
    buf_add(&whole, head);
    buf_add(&whole, buf_str(&st->out));
    buf_free(&st->out);
    st->out = whole;
    st->fd = fd;
    st->progress_at = clock_monotonic_ms();
    if (!buf_ok(&st->out)) hang_up(st); /* half a head must not leave */
    pthread_mutex_unlock(&st->lock);

    pthread_mutex_lock(&p->lock);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = st};
    bool taken = !p->closed && p->stream_count < p->server->streams_max &&
                 epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
    if (taken) {
        st->next = p->streams;
        if (p->streams) p->streams->prev = st;
        p->streams = st;
        p->stream_count++;
        /* What waits is sent by the porter, to whom a fresh socket is announced as writable. */
    }
    pthread_mutex_unlock(&p->lock);
    if (taken) return;
    stream_close(st);
    http_stream_unref(st);
}

void stream_event(http_stream *st, uint32_t events, bool *ret_gone) {
    pthread_mutex_lock(&st->lock);
    if (events & EPOLLOUT) flush_out(st);
    *ret_gone = events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP);
    pthread_mutex_unlock(&st->lock);
}

bool stream_tick(http_stream *st, int64_t now, bool heartbeat) {
    pthread_mutex_lock(&st->lock);
    if (st->sent < st->out.n) {
        if (now - st->progress_at > IDLE_TIME_MS) hang_up(st);
    } else if (heartbeat && !atomic_load(&st->gone)) {
        buf_add(&st->out, S(": still here\n\n"));
        flush_out(st);
    }
    bool keep = !atomic_load(&st->gone);
    pthread_mutex_unlock(&st->lock);
    return keep;
}

void stream_close(http_stream *st) {
    pthread_mutex_lock(&st->lock);
    st->ending = true;
    flush_out(st);
    atomic_store(&st->gone, true);
    if (st->fd >= 0) close(st->fd);
    st->fd = -1;
    buf_free(&st->out);
    st->sent = 0;
    pthread_mutex_unlock(&st->lock);
}
