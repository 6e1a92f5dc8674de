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
 * Exit status: 0 all kept, 1 some not, 2 misuse. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"

enum { SIZE_LEAST = 400, ANSWER_MAX = 8192 };

static struct {
    const char *at;
    const char *rcpt;
    int connections;
    int64_t letters, size, from, retry;
    int log;
} load = {.log = -1};

static atomic_llong next_letter, kept, refused, broken, last_kept_us;
static int64_t *took_us; /* per letter */

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

/* Wait for `count` answers; the code of the last, or of the first that refuses; 0 when it broke off. */
static int hear(int fd, int count) {
    static _Thread_local char text[ANSWER_MAX];
    size_t n = 0;
    int refusal = 0;
    for (;;) {
        ssize_t more = recv(fd, text + n, sizeof text - n, 0);
        if (more <= 0) return 0;
        n += (size_t)more;
        str rest = {text, n}, line;
        for (;;) {
            size_t end = str_find(rest, S("\r\n"), 0);
            if (end == SIZE_MAX) break;
            str_line(&rest, &line);
            if (line.n < 3 || (line.n > 3 && line.p[3] == '-')) continue;
            int64_t code = 0;
            str_to_int(str_slice(line, 0, 3), &code);
            if (code >= 400 && !refusal) refusal = (int)code;
            if (--count == 0) return refusal ? refusal : (int)code;
        }
        memmove(text, rest.p, rest.n);
        n = rest.n;
    }
}

static void write_letter(buf *out, int64_t i) {
    static const char *const words[] = {"harbour", "lantern",  "kite",    "missing",     "wheel",
                                        "sorry",   "blue",     "captain", "yesterday",   "please",
                                        "found",   "birthday", "bridge",  "piece",       "small",
                                        "parcel",  "whistle",  "thank",   "grandmother", "tide"};
    unsigned seed = (unsigned)i * 2654435761u + 1;
    buf_clear(out);
    buf_add_fmt(
        out,
        "From: Customer %lld <customer-%lld@lmtp-load.test>\r\nTo: <%s>\r\nSubject: About letter %lld and "
        "the "
        "%s\r\nMessage-ID: <load-%lld@lmtp-load.test>\r\nDate: Mon, 03 Mar 2025 10:%02d:%02d +0000\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n",
        (long long)i, (long long)i, load.rcpt, (long long)i, words[i % 20], (long long)i, (int)(i / 60 % 60),
        (int)(i % 60));
    size_t line = 0;
    while ((int64_t)out->n < load.size - 16) {
        const char *word = words[rand_r(&seed) % 20];
        buf_add_z(out, word);
        line += strlen(word) + 1;
        buf_add_z(out, line > 68 ? "\r\n" : " ");
        if (line > 68) line = 0;
    }
    while ((int64_t)out->n < load.size - 2) buf_add_char(out, 'x');
    buf_add(out, S("\r\n"));
}

static int greet(void) {
    int fd = dial();
    if (fd < 0) return -1;
    if (hear(fd, 1) == 220 && say(fd, S("LHLO lmtp-load.test\r\n")) && hear(fd, 1) == 250) return fd;
    close(fd);
    return -1;
}

/* 250, another code, or 0 when it broke off. */
static int send_letter(int fd, int64_t i, str letter) {
    char head[1000];
    int n =
        snprintf(head, sizeof head, "MAIL FROM:<customer-%lld@lmtp-load.test>\r\nRCPT TO:<%s>\r\nDATA\r\n",
                 (long long)i, load.rcpt);
    if (!say(fd, (str){head, (size_t)n})) return 0;
    int code = hear(fd, 3);
    if (code != 354) {
        if (code) (void)(say(fd, S("RSET\r\n")) && hear(fd, 1));
        return code;
    }
    return say(fd, letter) && say(fd, S(".\r\n")) ? hear(fd, 1) : 0;
}

static void note(int64_t i) {
    char line[80];
    int n = snprintf(line, sizeof line, "<load-%lld@lmtp-load.test>\n", (long long)i);
    if (load.log >= 0 && write(load.log, line, (size_t)n) != n) {
        fprintf(stderr, "lmtp_load: cannot write the log: %s\n", strerror(errno));
        exit(1);
    }
}

static bool worth_another_try(int code) {
    if (!load.retry || code >= 500) return false;
    if (now_us() - atomic_load(&last_kept_us) > load.retry * 1000000) return false;
    usleep(20000);
    return true;
}

static void *run(void *argument) {
    (void)argument;
    BUF_AUTO buf letter = BUF_MAX((size_t)load.size + 4096);
    int fd = -1;
    for (;;) {
        int64_t i = atomic_fetch_add(&next_letter, 1);
        if (i >= load.letters) break;
        write_letter(&letter, load.from + i);
        int code;
        do {
            if (fd < 0) fd = greet();
            int64_t began = now_us();
            code = fd < 0 ? 0 : send_letter(fd, load.from + i, buf_str(&letter));
            took_us[i] = now_us() - began;
            if (code == 250) break;
            atomic_fetch_add(code ? &refused : &broken, 1);
            /* 421 announces the end of the connection. */
            if (fd >= 0 && (code == 0 || code == 421)) close(fd), fd = -1;
        } while (worth_another_try(code));
        if (code != 250) {
            took_us[i] = -1;
            continue;
        }
        note(load.from + i);
        atomic_fetch_add(&kept, 1);
        atomic_store(&last_kept_us, now_us());
    }
    if (fd >= 0) {
        (void)(say(fd, S("QUIT\r\n")) && hear(fd, 1));
        close(fd);
    }
    return NULL;
}

static int by_time(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void report(int64_t us) {
    qsort(took_us, (size_t)load.letters, sizeof *took_us, by_time);
    int64_t n = atomic_load(&kept), first = load.letters - n; /* those not kept are -1 */
    printf("%lld of %lld letters kept in %.2f s: %.0f letters/s", (long long)n, (long long)load.letters,
           (double)us / 1e6, (double)n * 1e6 / (double)us);
    if (n)
        printf(", p50 %.2f ms, p99 %.2f ms", (double)took_us[first + (n - 1) / 2] / 1000,
               (double)took_us[first + (n - 1) * 99 / 100] / 1000);
    printf("; %lld refusals, %lld breaks\n", (long long)atomic_load(&refused),
           (long long)atomic_load(&broken));
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
    pthread_t *threads = calloc((size_t)load.connections, sizeof *threads);
    if (!took_us || !threads) abort();
    int64_t began = now_us();
    atomic_store(&last_kept_us, began);
    for (int i = 0; i < load.connections; i++)
        if (pthread_create(&threads[i], NULL, run, NULL)) abort();
    for (int i = 0; i < load.connections; i++) pthread_join(threads[i], NULL);
    report(now_us() - began);
    bool all = atomic_load(&kept) == load.letters;
    free(took_us);
    free(threads);
    return all ? 0 : 1;
}
