/* For programs that fetch from a real IMAP server: a client that fills mailboxes, a proxy that cuts
 * connections after a number of bytes, and a keeper in memory that counts. */
#ifndef TEST_IMAP_PEER_H
#define TEST_IMAP_PEER_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "mail/imap.h"

static inline void die(const char *what) {
    fprintf(stderr, "imap: %s\n", what);
    exit(1);
}

static inline void pause_ms(long ms) {
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* A number of the command line. */
static inline int number(const char *z) {
    int64_t n = 0;
    if (!str_to_int(str_z(z), &n) || n < 1 || n > 65535) die("not a number");
    return (int)n;
}

/* --- A client that waits for each answer --- */

struct client {
    int fd;
    buf in;
    int tags;
};

static inline int connect_to(int port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0) die("no socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static inline void client_write(struct client *c, str bytes) {
    for (size_t at = 0; at < bytes.n;) {
        ssize_t n = send(c->fd, bytes.p + at, bytes.n - at, MSG_NOSIGNAL);
        if (n <= 0) die("the server broke off");
        at += (size_t)n;
    }
}

static inline void client_read(struct client *c) {
    char chunk[65536];
    ssize_t n = recv(c->fd, chunk, sizeof chunk, 0);
    if (n <= 0) die("the server broke off");
    buf_add(&c->in, (str){chunk, (size_t)n});
}

/* The whole answer stays in c->in until the next one. False for NO and BAD. */
static inline bool client_say(struct client *c, const char *command) {
    char line[4096], tag[20];
    buf_clear(&c->in);
    int n = snprintf(line, sizeof line, "c%d %s\r\n", ++c->tags, command);
    client_write(c, (str){line, (size_t)n});
    (void)snprintf(tag, sizeof tag, "c%d ", c->tags);
    for (;;) {
        str rest = buf_str(&c->in), piece;
        while (str_line(&rest, &piece))
            if (str_starts(piece, str_z(tag)) && str_ends((str){c->in.p, c->in.n}, S("\r\n")))
                return str_starts(str_slice(piece, strlen(tag), piece.n), S("OK"));
        client_read(c);
    }
}

static inline void client_must(struct client *c, const char *command) {
    if (client_say(c, command)) return;
    fprintf(stderr, "imap: %s: %.*s\n", command, (int)c->in.n, c->in.p);
    exit(1);
}

static inline void client_open(struct client *c, int port, const char *user, const char *password) {
    char line[300];
    *c = (struct client){.fd = connect_to(port), .in = BUF_MAX(64 << 20)};
    if (c->fd < 0) die("cannot connect");
    client_read(c);
    (void)snprintf(line, sizeof line, "LOGIN \"%s\" \"%s\"", user, password);
    client_must(c, line);
}

static inline void client_close(struct client *c) {
    close(c->fd);
    buf_free(&c->in);
}

/* Mail `number`, with `padding` bytes more. */
static inline void client_append(struct client *c, const char *folder, int number, size_t padding) {
    char command[400];
    BUF_AUTO buf mail = BUF_MAX(80 << 20);
    buf_add_fmt(&mail,
                "From: Luka <luka@customer.test>\r\nTo: desk@desk.test\r\nSubject: Mail\r\n"
                "Message-ID: <%d@customer.test>\r\n\r\nMail \"%d\" {3}\r\n",
                number, number);
    for (size_t i = 0; i < padding; i++) buf_add_char(&mail, i % 70 == 69 ? '\n' : 'x');
    if (padding) buf_add_z(&mail, "\r\n");
    (void)snprintf(command, sizeof command, "a%d APPEND \"%s\" {%zu+}\r\n", ++c->tags, folder, mail.n);
    client_write(c, str_z(command));
    client_write(c, buf_str(&mail));
    client_write(c, S("\r\n"));
    buf_clear(&c->in);
    while (str_find(buf_str(&c->in), S(" OK "), 0) == SIZE_MAX) client_read(c);
}

/* --- A proxy --- */

enum { LINES_MAX = 64, PAIRS_MAX = 256 };

/* Where to go in. The first connection after `armed` was set is cut after so many bytes. */
struct line {
    int listener, port, to;
    atomic_long armed;  /* bytes; -1 never */
    atomic_bool upward; /* counts what the client says, else what the server says */
    atomic_int cuts, connections;
    atomic_long passed; /* bytes of the last connection in the counted direction */
};

struct pair {
    struct line *line;
    int client, server;
    long left; /* -1 without end */
    bool counted;
};

struct proxy {
    struct line lines[LINES_MAX];
    int n;
    struct pair pairs[PAIRS_MAX];
    int npairs;
    atomic_bool stop;
    pthread_t thread;
};

static inline int listen_at(int *ret_port) {
    struct sockaddr_in at = {.sin_family = AF_INET};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 100) < 0)
        die("cannot listen");
    getsockname(fd, (struct sockaddr *)&at, &n);
    *ret_port = ntohs(at.sin_port);
    return fd;
}

static inline struct line *proxy_line(struct proxy *p, int to) {
    struct line *l = &p->lines[p->n++];
    l->listener = listen_at(&l->port);
    l->to = to;
    atomic_store(&l->armed, -1);
    return l;
}

static inline void proxy_accept(struct proxy *p, struct line *l) {
    int client = accept4(l->listener, NULL, NULL, SOCK_CLOEXEC), server = connect_to(l->to), on = 1;
    if (client < 0 || server < 0 || p->npairs == PAIRS_MAX) {
        close(client);
        close(server);
        return;
    }
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    long armed = atomic_exchange(&l->armed, -1);
    atomic_fetch_add(&l->connections, 1);
    atomic_store(&l->passed, 0);
    p->pairs[p->npairs++] = (struct pair){l, client, server, armed, true};
}

/* False when it is over. */
static inline bool proxy_pass(struct pair *x, bool upward) {
    char chunk[16384];
    int from = upward ? x->client : x->server, to = upward ? x->server : x->client;
    bool counts = upward == atomic_load(&x->line->upward);
    size_t max = sizeof chunk;
    if (counts && x->left >= 0 && (size_t)x->left < max) max = (size_t)x->left;
    ssize_t n = max ? recv(from, chunk, max, MSG_DONTWAIT) : 0;
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    if (n == 0 && max) return false;
    for (ssize_t at = 0; at < n;) {
        ssize_t sent = send(to, chunk + at, (size_t)(n - at), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        at += sent;
    }
    if (!counts) return true;
    atomic_fetch_add(&x->line->passed, n);
    if (x->left < 0) return true;
    x->left -= n;
    if (x->left > 0) return true;
    atomic_fetch_add(&x->line->cuts, 1);
    return false;
}

static inline void *proxy_run(void *argument) {
    struct proxy *p = argument;
    static struct pollfd fds[LINES_MAX + 2 * PAIRS_MAX];
    while (!atomic_load(&p->stop)) {
        int n = 0;
        for (int i = 0; i < p->n; i++) fds[n++] = (struct pollfd){p->lines[i].listener, POLLIN, 0};
        for (int i = 0; i < p->npairs; i++) {
            fds[n++] = (struct pollfd){p->pairs[i].client, POLLIN, 0};
            fds[n++] = (struct pollfd){p->pairs[i].server, POLLIN, 0};
        }
        poll(fds, (nfds_t)n, 50);
        int pairs = p->npairs, kept = 0;
        for (int i = 0; i < p->n; i++)
            if (fds[i].revents) proxy_accept(p, &p->lines[i]);
        for (int i = 0; i < p->npairs; i++) {
            struct pair *x = &p->pairs[i];
            bool on = true;
            if (i < pairs && fds[p->n + 2 * i].revents) on = proxy_pass(x, true);
            if (on && i < pairs && fds[p->n + 2 * i + 1].revents) on = proxy_pass(x, false);
            if (on) {
                p->pairs[kept++] = *x;
                continue;
            }
            close(x->client);
            close(x->server);
        }
        p->npairs = kept;
    }
    return NULL;
}

static inline void proxy_start(struct proxy *p) {
    if (pthread_create(&p->thread, NULL, proxy_run, p)) die("no thread");
}

static inline void proxy_stop(struct proxy *p) {
    atomic_store(&p->stop, true);
    pthread_join(p->thread, NULL);
    for (int i = 0; i < p->n; i++) close(p->lines[i].listener);
    for (int i = 0; i < p->npairs; i++) close(p->pairs[i].client), close(p->pairs[i].server);
}

/* --- A keeper --- */

enum { NUMBERS = 2000, BOXES = 256, FOLDERS = 3 };

/* What is known of one account. Everything under `lock`. */
struct box {
    struct imap_login login;
    struct {
        uint32_t uidvalidity, mark, old_until;
        uint64_t modseq;
        struct imap_uid aside[200], pending[NUMBERS];
        int naside, npending;
    } folders[FOLDERS];
    unsigned char times[NUMBERS]; /* by the mail's number; each content counts once under `again` */
    int total;
    struct imap_state state;
    char says[400];
    int64_t kept_at; /* monotonic: the last */
    long waits;      /* states in which it waited after a failure */
    void (*on_keep)(struct box *b, struct imap_batch *batch);
};

struct keeper {
    pthread_mutex_t lock;
    struct box boxes[BOXES]; /* by the account's id */
    imap_fetcher *fetcher;
    bool pokes; /* after a failure: at once again */
};

static inline int folder_of(str name) {
    return str_eq(name, S("INBOX")) ? 0 : str_eq(name, S("Desk")) ? 1 : 2;
}

static inline err on_login(void *context, arena *a, int64_t brand, int64_t account, struct imap_login *ret) {
    struct keeper *k = context;
    (void)a, (void)brand;
    pthread_mutex_lock(&k->lock);
    *ret = k->boxes[account].login;
    pthread_mutex_unlock(&k->lock);
    return ERR_NONE;
}

static inline err on_stand(void *context, arena *a, int64_t brand, int64_t account, str folder,
                           struct imap_stand *ret) {
    struct keeper *k = context;
    struct box *b = &k->boxes[account];
    int f = folder_of(folder);
    (void)brand;
    pthread_mutex_lock(&k->lock);
    ret->uidvalidity = b->folders[f].uidvalidity;
    ret->mark = b->folders[f].mark;
    ret->old_until = b->folders[f].old_until;
    ret->modseq = b->folders[f].modseq;
    for (int i = 0; i < b->folders[f].naside; i++) *list_add(a, &ret->aside) = b->folders[f].aside[i];
    for (int i = 0; i < b->folders[f].npending; i++) *list_add(a, &ret->pending) = b->folders[f].pending[i];
    pthread_mutex_unlock(&k->lock);
    return ERR_NONE;
}

static inline int number_of(str mail) {
    size_t at = str_find(mail, S("Mail \""), 0);
    int64_t n = 0;
    if (at == SIZE_MAX || !str_to_int(str_slice(mail, at + 6, str_find_char(mail, '"', at + 6)), &n))
        return 0;
    return n > 0 && n < NUMBERS ? (int)n : 0;
}

static inline void drop_uid(struct imap_uid *list, int *n, uint32_t uid) {
    for (int i = 0; i < *n; i++)
        if (list[i].uid == uid) list[i--] = list[--*n];
}

static inline err on_keep(void *context, arena *a, struct imap_batch *batch) {
    struct keeper *k = context;
    struct box *b = &k->boxes[batch->account];
    int f = folder_of(batch->folder);
    (void)a;
    pthread_mutex_lock(&k->lock);
    if (batch->fresh) b->folders[f].naside = b->folders[f].npending = 0;
    for (size_t i = 0; i < batch->n; i++) {
        struct imap_mail *m = &batch->mails[i];
        drop_uid(b->folders[f].aside, &b->folders[f].naside, m->uid);
        if (m->state == IMAP_MAIL_HERE) {
            int number = number_of(m->bytes);
            if (!(batch->again && b->times[number])) b->times[number]++, b->total++;
            b->kept_at = clock_monotonic_ms();
            m->result = ERR_NONE;
            if (batch->pending)
                b->folders[f].pending[b->folders[f].npending++] = (struct imap_uid){.uid = m->uid};
        } else if (m->state != IMAP_MAIL_GONE)
            b->folders[f].aside[b->folders[f].naside++] = (struct imap_uid){m->uid, m->tries, m->retry_at};
    }
    b->folders[f].uidvalidity = batch->uidvalidity;
    b->folders[f].mark = batch->mark;
    b->folders[f].old_until = batch->old_until;
    b->folders[f].modseq = batch->modseq;
    pthread_mutex_unlock(&k->lock);
    if (b->on_keep) b->on_keep(b, batch);
    return ERR_NONE;
}

static inline err on_acted(void *context, arena *a, const struct imap_acted *acted) {
    struct keeper *k = context;
    struct box *b = &k->boxes[acted->account];
    int f = folder_of(acted->folder);
    (void)a;
    pthread_mutex_lock(&k->lock);
    for (size_t i = 0; i < acted->n; i++)
        drop_uid(b->folders[f].pending, &b->folders[f].npending, acted->uids[i]);
    pthread_mutex_unlock(&k->lock);
    return ERR_NONE;
}

static inline void on_state(void *context, const struct imap_state *state) {
    struct keeper *k = context;
    struct box *b = &k->boxes[state->account];
    pthread_mutex_lock(&k->lock);
    b->state = *state;
    (void)snprintf(b->says, sizeof b->says, "%.*s", STR_FMT(state->says));
    bool again = state->phase == IMAP_WAITING && state->failures;
    b->waits += again;
    pthread_mutex_unlock(&k->lock);
    if (again && k->pokes) imap_fetcher_poke(k->fetcher, state->account);
}

static inline imap_phase box_phase(struct keeper *k, int id, int *ret_total) {
    pthread_mutex_lock(&k->lock);
    imap_phase phase = k->boxes[id].state.phase;
    if (ret_total) *ret_total = k->boxes[id].total;
    pthread_mutex_unlock(&k->lock);
    return phase;
}

#endif
