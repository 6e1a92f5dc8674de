/* lmtp_load: send many letters to an LMTP server and measure.
 *
 *   lmtp_load ADDR:PORT|SOCKET RCPT CONNECTIONS LETTERS SIZE [--log FILE] [--from N] [--retry SECONDS]
 *
 * Letter number i has the Message-ID <load-i@lmtp-load.test> and a text of its own; SIZE is in bytes, at
 * least 400. Prints letters a second and the time from MAIL to the last answer.
 * --log FILE    append the Message-ID of each letter when its 250 came, before anything else is sent
 * --from N      number the letters from N (0)
 * --retry S     as an MTA does: when the connection breaks or the answer is 4xx, send the same letter again,
 *               until it is kept or no letter at all was kept for S seconds
 * One thread serves all connections, so that this program takes little of the machine it measures on.
 * Exit status: 0 all kept, 1 some not, 2 misuse. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"

enum { SIZE_LEAST = 400, ANSWER_MAX = 8192, LINES = 500 };

/* What a connection waits for. */
enum step {
    STEP_IDLE, /* nothing: it begins a letter at `until` */
    STEP_GREETING,
    STEP_HELLO,
    STEP_ENVELOPE, /* the answers to MAIL, RCPT and DATA */
    STEP_LETTER,
    STEP_RESET,
    STEP_QUIT,
    STEP_DONE,
};

struct peer {
    enum step step;
    int fd;
    int64_t i, began, until; /* the letter; when its MAIL went; when to begin it */
    buf letter;
    int answers, refusal; /* how many are awaited; the first of them that refuses */
    int code;             /* what the envelope got */
    char text[ANSWER_MAX];
    size_t n; /* bytes of `text` */
};

static struct {
    const char *at;
    const char *rcpt;
    int connections;
    int64_t letters, size, from, retry;
    int log;
} load = {.log = -1};

static buf lines = BUF_MAX(64 << 10);
static size_t line_at[LINES];
static struct peer *peers;
static int64_t next_letter, kept, refused, broken, last_kept_us;
static int64_t *took_us;      /* per letter */
static int epoll, live, idle; /* live: peers that are not done; idle: those at STEP_IDLE */

static int64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int dial(void) {
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct sockaddr_in far = {.sin_family = AF_INET};
    const char *colon = strrchr(load.at, ':');
    int64_t port;
    bool is_path = strchr(load.at, '/') != NULL;
    int fd = socket(is_path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, no;
    if (is_path) {
        snprintf(local.sun_path, sizeof local.sun_path, "%s", load.at);
        no = connect(fd, (struct sockaddr *)&local, sizeof local);
    } else {
        char host[64];
        snprintf(host, sizeof host, "%.*s", colon ? (int)(colon - load.at) : 0, load.at);
        if (!colon || !str_to_int(str_z(colon + 1), &port) || inet_pton(AF_INET, host, &far.sin_addr) != 1) {
            fprintf(stderr, "lmtp_load: %s is neither ADDR:PORT nor a socket's path\n", load.at);
            exit(2);
        }
        far.sin_port = htons((uint16_t)port);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        no = connect(fd, (struct sockaddr *)&far, sizeof far);
    }
    if (no == 0) return fd;
    close(fd);
    return -1;
}

static bool say(int fd, str bytes) {
    while (bytes.n) {
        ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        if (n <= 0) return false;
        bytes = str_slice(bytes, (size_t)n, bytes.n);
    }
    return true;
}

static void make_lines(void) {
    static const char *const words[] = {"harbour", "lantern",  "kite",    "missing",     "wheel",
                                        "sorry",   "blue",     "captain", "yesterday",   "please",
                                        "found",   "birthday", "bridge",  "piece",       "small",
                                        "parcel",  "whistle",  "thank",   "grandmother", "tide"};
    unsigned seed = 1;
    for (int i = 0; i < LINES; i++) {
        line_at[i] = lines.n;
        while (lines.n - line_at[i] < 60) {
            buf_add_z(&lines, words[rand_r(&seed) % 20]);
            buf_add_char(&lines, ' ');
        }
        buf_add(&lines, S("\r\n"));
    }
}

/* With the dot that ends it. Made of lines that are ready, since this program shares the machine with what it
 * measures. */
static void write_letter(buf *out, int64_t i) {
    size_t size = (size_t)load.size;
    buf_clear(out);
    buf_add_fmt(
        out,
        "From: Customer %lld <customer-%lld@lmtp-load.test>\r\nTo: <%s>\r\nSubject: About letter "
        "%lld\r\nMessage-ID: <load-%lld@lmtp-load.test>\r\nDate: Mon, 03 Mar 2025 10:%02d:%02d "
        "+0000\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nNumber %lld\r\n",
        (long long)i, (long long)i, load.rcpt, (long long)i, (long long)i, (int)(i / 60 % 60), (int)(i % 60),
        (long long)i);
    unsigned at = (unsigned)i * 2654435761u >> 8;
    while (out->n < size - 2) {
        str some = str_slice(buf_str(&lines), line_at[at % LINES], lines.n);
        buf_add(out, str_slice(some, 0, size - 2 - out->n));
        at = 0;
    }
    if (out->p[out->n - 1] == '\r') out->p[out->n - 1] = 'x';
    buf_add(out, S("\r\n.\r\n"));
}

static void note(int64_t i) {
    char line[80];
    int n = snprintf(line, sizeof line, "<load-%lld@lmtp-load.test>\n", (long long)i);
    if (load.log >= 0 && write(load.log, line, (size_t)n) != n) {
        fprintf(stderr, "lmtp_load: cannot write the log: %s\n", strerror(errno));
        exit(1);
    }
}

static void hang_up(struct peer *p) {
    if (p->fd >= 0) close(p->fd);
    p->fd = -1;
}

static void rest(struct peer *p, int64_t until) {
    p->step = STEP_IDLE;
    p->until = until;
    idle++;
}

static void ask(struct peer *p, enum step step, str bytes, int answers) {
    p->step = step;
    p->answers = answers;
    p->refusal = 0;
    if (!say(p->fd, bytes)) shutdown(p->fd, SHUT_RDWR); /* and the end is heard as any other */
}

static void send_envelope(struct peer *p) {
    char head[1000];
    int n =
        snprintf(head, sizeof head, "MAIL FROM:<customer-%lld@lmtp-load.test>\r\nRCPT TO:<%s>\r\nDATA\r\n",
                 (long long)(load.from + p->i), load.rcpt);
    p->began = now_us();
    ask(p, STEP_ENVELOPE, (str){head, (size_t)n}, 3);
}

static bool worth_another_try(int code) {
    return load.retry && code < 500 && now_us() - last_kept_us <= load.retry * 1000000;
}

static bool take_next(struct peer *p) {
    if (next_letter >= load.letters) return false;
    p->i = next_letter++;
    write_letter(&p->letter, load.from + p->i);
    return true;
}

static void done(struct peer *p) {
    hang_up(p);
    p->step = STEP_DONE;
    live--;
}

/* `code`: 250, another one, or 0 when it broke off. */
static void end_letter(struct peer *p, int code) {
    took_us[p->i] = code == 250 ? now_us() - p->began : -1;
    if (code == 250) {
        note(load.from + p->i);
        kept++;
        last_kept_us = now_us();
        if (take_next(p))
            send_envelope(p);
        else
            ask(p, STEP_QUIT, S("QUIT\r\n"), 1);
        return;
    }
    *(code ? &refused : &broken) += 1;
    /* 421 announces the end of the connection. */
    if (code == 0 || code == 421) hang_up(p);
    if (worth_another_try(code))
        rest(p, now_us() + 20000);
    else if (take_next(p))
        rest(p, 0);
    else
        done(p);
}

static void begin(struct peer *p) {
    idle--;
    if (p->fd >= 0) {
        send_envelope(p);
        return;
    }
    p->fd = dial();
    p->n = 0;
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = p};
    if (p->fd < 0)
        end_letter(p, 0);
    else if (epoll_ctl(epoll, EPOLL_CTL_ADD, p->fd, &e))
        abort();
    else
        ask(p, STEP_GREETING, S(""), 1);
}

static void broke_off(struct peer *p) {
    hang_up(p);
    if (p->step == STEP_QUIT)
        done(p);
    else if (p->step != STEP_IDLE)
        end_letter(p, p->step == STEP_RESET ? p->code : 0);
}

/* The last of the awaited answers came; `code` is its, or that of the first that refuses. */
static void answered(struct peer *p, int code) {
    switch (p->step) {
    case STEP_GREETING:
        if (code == 220)
            ask(p, STEP_HELLO, S("LHLO lmtp-load.test\r\n"), 1);
        else
            broke_off(p);
        break;
    case STEP_HELLO:
        if (code == 250)
            send_envelope(p);
        else
            broke_off(p);
        break;
    case STEP_ENVELOPE:
        p->code = code;
        if (code == 354)
            ask(p, STEP_LETTER, buf_str(&p->letter), 1);
        else
            ask(p, STEP_RESET, S("RSET\r\n"), 1);
        break;
    case STEP_LETTER: end_letter(p, code); break;
    case STEP_RESET: end_letter(p, p->code); break;
    case STEP_QUIT: done(p); break;
    case STEP_IDLE:
    case STEP_DONE: break;
    }
}

static void hear(struct peer *p) {
    ssize_t more = recv(p->fd, p->text + p->n, sizeof p->text - p->n, 0);
    if (more <= 0) {
        broke_off(p);
        return;
    }
    p->n += (size_t)more;
    str rest = {p->text, p->n}, line;
    while (p->answers && str_has(rest, '\n')) {
        str_line(&rest, &line);
        int64_t code = 0;
        if (line.n < 3 || (line.n > 3 && line.p[3] == '-')) continue;
        str_to_int(str_slice(line, 0, 3), &code);
        if (code >= 400 && !p->refusal) p->refusal = (int)code;
        if (--p->answers) continue;
        memmove(p->text, rest.p, rest.n);
        p->n = rest.n;
        answered(p, p->refusal ? p->refusal : (int)code);
        return;
    }
    memmove(p->text, rest.p, rest.n);
    p->n = rest.n;
}

static void run(void) {
    struct epoll_event events[64];
    while (live) {
        int n = epoll_wait(epoll, events, 64, idle ? 1 : -1);
        for (int i = 0; i < n; i++) hear(events[i].data.ptr);
        if (!idle) continue;
        int64_t now = now_us();
        for (int i = 0; i < load.connections; i++)
            if (peers[i].step == STEP_IDLE && peers[i].until <= now) begin(&peers[i]);
    }
}

static int by_time(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void report(int64_t us) {
    qsort(took_us, (size_t)load.letters, sizeof *took_us, by_time);
    int64_t n = kept, first = load.letters - n; /* those not kept are -1 */
    printf("%lld of %lld letters kept in %.2f s: %.0f letters/s", (long long)n, (long long)load.letters,
           (double)us / 1e6, (double)n * 1e6 / (double)us);
    if (n)
        printf(", p50 %.2f ms, p99 %.2f ms", (double)took_us[first + (n - 1) / 2] / 1000,
               (double)took_us[first + (n - 1) * 99 / 100] / 1000);
    printf("; %lld refusals, %lld breaks\n", (long long)refused, (long long)broken);
}

static bool read_arguments(int argc, char **argv) {
    int64_t connections;
    if (argc < 6 || !str_to_int(str_z(argv[3]), &connections) || !str_to_int(str_z(argv[4]), &load.letters) ||
        !str_to_int(str_z(argv[5]), &load.size))
        return false;
    load.at = argv[1];
    load.rcpt = argv[2];
    load.connections = (int)connections;
    for (int i = 6; i + 1 < argc; i += 2) {
        str name = str_z(argv[i]);
        if (str_eq(name, S("--log")))
            load.log = open(argv[i + 1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        else if (str_eq(name, S("--from")) && str_to_int(str_z(argv[i + 1]), &load.from))
            continue;
        else if (!str_eq(name, S("--retry")) || !str_to_int(str_z(argv[i + 1]), &load.retry))
            return false;
        if (str_eq(name, S("--log")) && load.log < 0) return false;
    }
    return argc % 2 == 0 && connections >= 1 && connections <= 1000 && load.letters >= 1 &&
           load.letters <= 10000000 && load.size >= SIZE_LEAST && load.size <= 100 << 20 &&
           strlen(load.rcpt) < 300;
}

int main(int argc, char **argv) {
    if (!read_arguments(argc, argv)) {
        fprintf(stderr,
                "usage: lmtp_load ADDR:PORT|SOCKET RCPT CONNECTIONS LETTERS SIZE [--log FILE] [--from N] "
                "[--retry SECONDS]\n");
        return 2;
    }
    took_us = calloc((size_t)load.letters, sizeof *took_us);
    peers = calloc((size_t)load.connections, sizeof *peers);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!took_us || !peers || epoll < 0) abort();
    make_lines();
    int64_t began = now_us();
    last_kept_us = began;
    for (int i = 0; i < load.connections; i++) {
        struct peer *p = &peers[i];
        *p = (struct peer){.fd = -1, .letter = BUF_MAX((size_t)load.size + 4096)};
        live++;
        if (take_next(p))
            rest(p, 0);
        else
            done(p);
    }
    run();
    report(now_us() - began);
    for (int i = 0; i < load.connections; i++) buf_free(&peers[i].letter);
    buf_free(&lines);
    free(took_us);
    free(peers);
    return kept == load.letters ? 0 : 1;
}
