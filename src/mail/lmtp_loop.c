/* All connections of a listener on one thread, and a second one, the keeper, that does nothing but call
 * keep_many. A session whose letter has ended waits; while the keeper is busy more of them come to wait, and
 * then all of those are kept with one call. So the busier the desk the more letters share a sync, what is
 * read and answered overlaps with it, and threads wake each other once a call, not once a letter. */
#include "mail/lmtp_loop.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "mail/relays.h"
#include "mail/tls_server.h"

enum {
    CHUNK = 64 * 1024,
    /* The longest answers to one chunk: LHLO again and again, twenty times its length. */
    REPLIES_MAX = 4 << 20,
    SAYS_MAX = 200,
    LETTERS_KEPT = 1024, /* beyond so many the memory for a round's letters is given back */
    EVENTS = 128,
    ACCEPTS = 16,            /* at once, before those who are connected have their turn */
    IDLE_MS = 5 * MINUTE_MS, /* RFC 5321 4.5.3.2.7 */
    STOP_MS = 5 * SECOND_MS,
    GOODBYE_MS = SECOND_MS,
    SHAKE_MS = 30 * SECOND_MS, /* for the whole of a TLS handshake */
    PER_PEER_DEFAULT = 20,
    BACKOFF_MS = 100,
};

/* Of all listeners together. */
static struct lmtp_memory letters_coming = {.max = 512 << 20};

enum state {
    STATE_FREE,
    STATE_TALKING,
    STATE_SHAKING, /* hands, for TLS */
    STATE_CLOSING, /* its last answer is on its way */
    STATE_LEAVING, /* all is said; waiting for the peer to hear it and close */
};

struct connection {
    enum state state;
    int fd;
    bool keeping;           /* the keeper reads its envelope; it waits, too */
    bool answered;          /* its answers stand in `out` and are still to be sent */
    uint32_t events;        /* asked of epoll; 0 when it is not in the set */
    int64_t until;          /* on the monotonic clock: idle, or stuck, for too long */
    unsigned char peer[16]; /* as relays.h has it; of SMTP */
    tls_link *tls;          /* or NULL */
    lmtp_session *session;
    char *in; /* CHUNK bytes: what came; from in_at to in_n it is not used yet */
    size_t in_at, in_n;
    buf out;
    size_t out_at; /* what is sent of it */
};

struct lmtp_loop {
    struct lmtp_loop_options o;
    int epoll;
    bool stopping;
    int64_t stop_at;   /* while stopping: when those who are left are cut off */
    int64_t accept_at; /* 0, or when to accept again */
    int64_t look_at;   /* the earliest `until` of all, or before it */
    struct connection *at;
    int open, waiting; /* connections; those whose letter waits for the keeper */

    pthread_t keeper;
    sem_t go;
    int kept;          /* an eventfd, readable when the keeper is ready */
    bool keeper_runs;  /* the thread is to be joined */
    bool keeping, end; /* `letters` is the keeper's; the keeper is to end */
    struct lmtp_letter *letters;
    size_t letters_n, letters_cap;
};

/* --- One connection --- */

static void set_deadline(lmtp_loop *l, struct connection *c, int64_t ms) {
    c->until = clock_monotonic_ms() + ms;
    if (c->until < l->look_at) l->look_at = c->until;
}

static void ask_for(lmtp_loop *l, struct connection *c, uint32_t events) {
    if (c->events == events) return;
    struct epoll_event e = {.events = events, .data.ptr = c};
    if (epoll_ctl(l->epoll, c->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &e) == 0)
        c->events = events;
    else
        set_deadline(l, c, 0); /* nothing of it would be heard any more */
}

/* Not while the keeper reads its letter. */
static void drop(lmtp_loop *l, struct connection *c) {
    if (lmtp_waiting(c->session)) l->waiting--;
    /* Closing alone would leave it in the set while a child process that was just made holds a copy. */
    epoll_ctl(l->epoll, EPOLL_CTL_DEL, c->fd, NULL);
    close(c->fd);
    lmtp_session_free(c->session);
    tls_link_free(c->tls);
    free(c->in);
    buf_free(&c->out);
    *c = (struct connection){.fd = -1};
    l->open--;
}

/* Closing with bytes unread resets the connection, and the last answer may be lost with it: say that no
 * more is sent, and give the peer a moment to hear it. */
static void leave(lmtp_loop *l, struct connection *c) {
    if (c->tls) tls_link_bye(c->tls);
    shutdown(c->fd, SHUT_WR);
    c->state = STATE_LEAVING;
    set_deadline(l, c, GOODBYE_MS);
    ask_for(l, c, EPOLLIN);
}

static ssize_t send_some(struct connection *c, const char *bytes, size_t n) {
    return c->tls ? tls_link_send(c->tls, bytes, n) : send(c->fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Send what there is. False when the connection is gone, or when the rest must wait for the peer. */
static bool flush(lmtp_loop *l, struct connection *c) {
    while (c->out_at < c->out.n) {
        ssize_t n = send_some(c, c->out.p + c->out_at, c->out.n - c->out_at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno != EAGAIN) {
            drop(l, c);
            return false;
        }
        if (n < 0) {
            if (c->events != EPOLLOUT) set_deadline(l, c, IDLE_MS);
            ask_for(l, c, EPOLLOUT);
            return false;
        }
        c->out_at += (size_t)n;
    }
    if (c->out.cap > CHUNK) buf_free(&c->out);
    buf_clear(&c->out);
    c->out_at = 0;
    return true;
}

static void shake(lmtp_loop *l, struct connection *c);

static void begin_tls(lmtp_loop *l, struct connection *c) {
    c->tls = tls_link_new(l->o.smtp->tls, c->fd);
    if (!c->tls) {
        drop(l, c);
        return;
    }
    c->state = STATE_SHAKING;
    set_deadline(l, c, SHAKE_MS);
    shake(l, c);
}

/* Take what came as far as it goes: to its end, to the end of a letter, or until the peer must first read
 * its answers. */
static void proceed(lmtp_loop *l, struct connection *c) {
    if (c->in_at < c->in_n && c->out_at == c->out.n) {
        c->in_at += lmtp_take(c->session, (str){c->in + c->in_at, c->in_n - c->in_at}, &c->out);
        if (lmtp_waiting(c->session)) {
            /* What is to be said goes out with the answer to the letter. */
            l->waiting++;
            return;
        }
        if (!lmtp_open(c->session)) c->state = STATE_CLOSING;
    }
    if (l->stopping && c->state == STATE_TALKING && !lmtp_in_transaction(c->session)) {
        buf_add_z(&c->out, "421 4.3.2 The desk is stopping; try again soon\r\n");
        c->state = STATE_CLOSING;
    }
    if (!flush(l, c)) return;
    if (c->state == STATE_CLOSING)
        leave(l, c);
    else if (lmtp_tls_awaited(c->session))
        begin_tls(l, c);
    else
        ask_for(l, c, EPOLLIN);
}

static void shake(lmtp_loop *l, struct connection *c) {
    switch (tls_link_shake(c->tls)) {
    case TLS_BROKEN: drop(l, c); return;
    case TLS_WANTS_READ: ask_for(l, c, EPOLLIN); return;
    case TLS_WANTS_WRITE: ask_for(l, c, EPOLLOUT); return;
    case TLS_DONE: break;
    }
    c->state = STATE_TALKING;
    lmtp_tls_begun(c->session);
    set_deadline(l, c, IDLE_MS);
    proceed(l, c);
}

static void receive(lmtp_loop *l, struct connection *c) {
    bool clear = !c->tls || c->state == STATE_LEAVING;
    ssize_t n = clear ? recv(c->fd, c->in, CHUNK, MSG_DONTWAIT) : tls_link_recv(c->tls, c->in, CHUNK);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (n <= 0) {
        drop(l, c);
        return;
    }
    if (c->state == STATE_LEAVING) return;
    set_deadline(l, c, IDLE_MS);
    c->in_at = 0;
    c->in_n = (size_t)n;
    proceed(l, c);
}

static void on_event(lmtp_loop *l, struct connection *c) {
    if (c->state == STATE_FREE) return;
    if (lmtp_waiting(c->session)) {
        /* It must wait, and would be reported again and again; a peer that hung up even unasked. */
        epoll_ctl(l->epoll, EPOLL_CTL_DEL, c->fd, NULL);
        c->events = 0;
        return;
    }
    if (c->state == STATE_SHAKING)
        shake(l, c);
    else if (c->events != EPOLLOUT)
        receive(l, c);
    else if (flush(l, c)) {
        /* It was the peer that was slow, and it has its five minutes anew. */
        set_deadline(l, c, IDLE_MS);
        proceed(l, c);
    }
}

/* --- Keeping --- */

static void add_letter(lmtp_loop *l, const struct lmtp_envelope *e, size_t index) {
    if (l->letters_n == l->letters_cap) {
        size_t cap = l->letters_cap ? l->letters_cap * 2 : 16;
        l->letters = memory_again(l->letters, cap * sizeof *l->letters);
        for (size_t i = l->letters_cap; i < cap; i++)
            l->letters[i] = (struct lmtp_letter){.says = BUF_MAX(SAYS_MAX)};
        l->letters_cap = cap;
    }
    struct lmtp_letter *letter = &l->letters[l->letters_n++];
    letter->envelope = e;
    letter->index = index;
    letter->result = ERR_INTERNAL;
    buf_clear(&letter->says);
}

static void free_letters(lmtp_loop *l) {
    for (size_t i = 0; i < l->letters_cap; i++) buf_free(&l->letters[i].says);
    free(l->letters);
    l->letters = NULL;
    l->letters_n = l->letters_cap = 0;
}

void lmtp_ring(int eventfd) {
    uint64_t one = 1;
    while (write(eventfd, &one, sizeof one) < 0) {
    }
}

static void *keep_on(void *argument) {
    lmtp_loop *l = argument;
    for (;;) {
        while (sem_wait(&l->go) < 0) {
        }
        if (l->end) return NULL;
        l->o.hooks.keep_many(l->o.hooks.context, l->letters, l->letters_n);
        lmtp_ring(l->kept);
    }
}

static void start_keeping(lmtp_loop *l) {
    if (l->keeping || l->waiting == 0) return;
    l->letters_n = 0;
    for (int i = 0; i < l->o.connections; i++) {
        struct connection *c = &l->at[i];
        const struct lmtp_envelope *e = c->state == STATE_FREE ? NULL : lmtp_waiting(c->session);
        if (!e) continue;
        for (size_t k = 0; k < e->rcpt.n; k++) add_letter(l, e, k);
        c->keeping = true;
    }
    l->waiting = 0;
    l->keeping = true;
    sem_post(&l->go);
}

static void answer_kept(lmtp_loop *l) {
    uint64_t times;
    if (read(l->kept, &times, sizeof times) < 0) return;
    l->keeping = false;
    const struct lmtp_letter *answered = l->letters;
    for (int i = 0; i < l->o.connections; i++) {
        struct connection *c = &l->at[i];
        if (!c->keeping) continue;
        size_t n = lmtp_waiting(c->session)->rcpt.n;
        lmtp_answer(c->session, answered, &c->out);
        answered += n;
        c->keeping = false;
        c->answered = true;
    }
    if (l->letters_cap > LETTERS_KEPT) free_letters(l);
    /* The keeper has its next letters while these answers go out. */
    start_keeping(l);
    for (int i = 0; i < l->o.connections; i++) {
        struct connection *c = &l->at[i];
        if (!c->answered) continue;
        c->answered = false;
        if (!lmtp_open(c->session)) c->state = STATE_CLOSING;
        set_deadline(l, c, IDLE_MS);
        if (flush(l, c)) proceed(l, c);
    }
}

/* --- Accepting --- */

/* NULL where the peer may talk, else what it is told. */
static const char *unwelcome(const lmtp_loop *l, const struct sockaddr_storage *peer) {
    const struct lmtp_smtp *smtp = l->o.smtp;
    if (!smtp) return NULL;
    if (!relays_know(smtp->relays, peer))
        return "554 5.7.1 This desk takes letters from its own relays only\r\n";
    unsigned char bytes[16];
    relay_bytes(peer, bytes);
    int many = 0;
    for (int i = 0; i < l->o.connections; i++)
        many += l->at[i].state != STATE_FREE && memcmp(l->at[i].peer, bytes, sizeof bytes) == 0;
    if (many < (smtp->per_peer ? smtp->per_peer : PER_PEER_DEFAULT)) return NULL;
    return "421 4.7.0 Too many connections from your address; try again soon\r\n";
}

static void speak_smtp(const lmtp_loop *l, struct connection *c, const struct sockaddr_storage *peer) {
    relay_bytes(peer, c->peer);
    lmtp_session_smtp(c->session, !l->o.smtp->tls       ? LMTP_TLS_NONE
                                  : relay_is_here(peer) ? LMTP_TLS_OFFERED
                                                        : LMTP_TLS_REQUIRED);
}

static bool add_connection(lmtp_loop *l, int fd, const struct sockaddr_storage *peer) {
    struct connection *c = NULL;
    for (int i = 0; i < l->o.connections && !c; i++)
        if (l->at[i].state == STATE_FREE) c = &l->at[i];
    if (!c) return false;
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e) < 0) return false;
    *c = (struct connection){.state = STATE_TALKING,
                             .fd = fd,
                             .events = EPOLLIN,
                             .session = lmtp_session_new(&l->o.hooks, l->o.host, l->o.max_size),
                             .in = memory_take(CHUNK),
                             .out = BUF_MAX(REPLIES_MAX)};
    lmtp_session_share(c->session, &letters_coming);
    if (l->o.smtp) speak_smtp(l, c, peer);
    l->open++;
    set_deadline(l, c, IDLE_MS);
    lmtp_greet(c->session, &c->out);
    proceed(l, c);
    return true;
}

static bool listen_for(lmtp_loop *l, uint32_t events) {
    struct epoll_event e = {.events = events, .data.ptr = &l->o.listener};
    return epoll_ctl(l->epoll, EPOLL_CTL_MOD, l->o.listener, &e) == 0;
}

static void accept_some(lmtp_loop *l) {
    static const char busy[] = "421 4.3.2 Too many connections; try again soon\r\n";
    for (int i = 0; i < ACCEPTS && !l->stopping; i++) {
        struct sockaddr_storage peer = {.ss_family = AF_UNSPEC};
        socklen_t peer_n = sizeof peer;
        int fd = accept4(l->o.listener, (struct sockaddr *)&peer, &peer_n, SOCK_CLOEXEC);
        if (fd < 0) {
            /* Out of descriptors or memory: the listener stays readable, so wait without spinning. */
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                l->accept_at = clock_monotonic_ms() + BACKOFF_MS;
                listen_for(l, 0);
            }
            return;
        }
        int on = 1;
        if (l->o.tcp) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        const char *no = unwelcome(l, &peer);
        if (!no && add_connection(l, fd, &peer)) continue;
        if (!no) no = busy;
        send(fd, no, strlen(no), MSG_NOSIGNAL | MSG_DONTWAIT);
        close(fd);
    }
}

/* --- Time --- */

/* Connections without a transaction are told and closed at once, the others when their letter has its
 * answer or the time is up. */
static void begin_stop(lmtp_loop *l) {
    l->stopping = true;
    l->stop_at = clock_monotonic_ms() + STOP_MS;
    epoll_ctl(l->epoll, EPOLL_CTL_DEL, l->o.stop, NULL);
    epoll_ctl(l->epoll, EPOLL_CTL_DEL, l->o.listener, NULL);
    close(l->o.listener);
    for (int i = 0; i < l->o.connections; i++) {
        struct connection *c = &l->at[i];
        if (c->state == STATE_SHAKING) drop(l, c);
        if (c->state == STATE_TALKING && !lmtp_waiting(c->session) && c->out_at == c->out.n) proceed(l, c);
    }
}

static void out_of_time(lmtp_loop *l, struct connection *c) {
    if (c->state != STATE_TALKING || c->out_at < c->out.n) {
        drop(l, c);
        return;
    }
    buf_add_z(&c->out, "421 4.4.2 Silent for too long\r\n");
    c->state = STATE_CLOSING;
    if (flush(l, c)) leave(l, c);
}

static void heed_time(lmtp_loop *l) {
    int64_t now = clock_monotonic_ms();
    if (l->accept_at && now >= l->accept_at) {
        bool heard = l->stopping || listen_for(l, EPOLLIN);
        l->accept_at = heard ? 0 : now + BACKOFF_MS;
    }
    bool cut = l->stopping && now >= l->stop_at;
    if (now < l->look_at && !cut) return;
    l->look_at = now + IDLE_MS;
    for (int i = 0; i < l->o.connections; i++) {
        struct connection *c = &l->at[i];
        if (c->state == STATE_FREE) continue;
        if (cut && !c->keeping)
            drop(l, c);
        else if (now >= c->until && !lmtp_waiting(c->session))
            out_of_time(l, c);
        if (c->state != STATE_FREE && !c->keeping && c->until < l->look_at) l->look_at = c->until;
    }
}

static int time_to_wait(const lmtp_loop *l) {
    int64_t at = l->look_at, now = clock_monotonic_ms();
    if (l->accept_at && l->accept_at < at) at = l->accept_at;
    /* After that time those who are left are with the keeper. */
    if (l->stopping && now < l->stop_at && l->stop_at < at) at = l->stop_at;
    return at <= now ? 0 : at - now < IDLE_MS ? (int)(at - now) : IDLE_MS;
}

/* --- The loop --- */

void lmtp_loop_run(lmtp_loop *l) {
    struct epoll_event events[EVENTS];
    while (!l->stopping || l->open) {
        int n = epoll_wait(l->epoll, events, EVENTS, time_to_wait(l));
        bool stop = false, kept = false;
        for (int i = 0; i < n; i++) {
            void *whose = events[i].data.ptr;
            if (whose == &l->o.stop)
                stop = true;
            else if (whose == &l->kept)
                kept = true;
            else if (whose == &l->o.listener)
                accept_some(l);
            else
                on_event(l, whose);
        }
        /* After the others, so that no event of this round is about a connection that is gone by then. */
        if (kept) answer_kept(l);
        if (stop) begin_stop(l);
        start_keeping(l);
        heed_time(l);
    }
}

static err start(lmtp_loop *l) {
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->kept = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event listener = {.events = EPOLLIN, .data.ptr = &l->o.listener},
                       stop = {.events = EPOLLIN, .data.ptr = &l->o.stop},
                       kept = {.events = EPOLLIN, .data.ptr = &l->kept};
    int no = 0;
    if (l->epoll < 0 || l->kept < 0 || epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->o.listener, &listener) < 0 ||
        epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->o.stop, &stop) < 0 ||
        epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->kept, &kept) < 0)
        no = errno;
    if (!no) no = pthread_create(&l->keeper, NULL, keep_on, l);
    if (no) return err_set(ERR_IO, "Cannot start the mail server: %s.", strerror(no));
    l->keeper_runs = true;
    return ERR_NONE;
}

err lmtp_loop_new(const struct lmtp_loop_options *options, lmtp_loop **ret_loop) {
    lmtp_loop *l = memory_zeroed(sizeof *l);
    l->o = *options;
    l->at = memory_array((size_t)l->o.connections, sizeof *l->at);
    l->look_at = clock_monotonic_ms() + IDLE_MS;
    sem_init(&l->go, 0, 0);
    err code = start(l);
    if (code) {
        lmtp_loop_free(l);
        return code;
    }
    *ret_loop = l;
    return ERR_NONE;
}

void lmtp_loop_free(lmtp_loop *l) {
    if (!l) return;
    if (l->keeper_runs) {
        l->end = true;
        sem_post(&l->go);
        pthread_join(l->keeper, NULL);
    }
    sem_destroy(&l->go);
    free_letters(l);
    if (l->kept >= 0) close(l->kept);
    if (l->epoll >= 0) close(l->epoll);
    free(l->at);
    free(l);
}
