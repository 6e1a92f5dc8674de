/* A raw HTTP client for the tests of src/http: says exactly what a test wants said. */
#ifndef LONGHAND_TEST_HTTP_CLIENT_H
#define LONGHAND_TEST_HTTP_CLIENT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "http/http.h"

static inline int dial(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = 8};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0) return fd;
    close(fd);
    return -1;
}

static inline bool say(int fd, str text) {
    while (text.n) {
        ssize_t n = send(fd, text.p, text.n, MSG_NOSIGNAL);
        if (n < 0) return false;
        text = str_slice(text, (size_t)n, text.n);
    }
    return true;
}
static inline void say_z(int fd, const char *text) { assert_true(say(fd, str_z(text))); }

/* One answer as it came. `whole` is NULL when the connection ended or fell silent before it was complete. */
struct answer {
    int status;
    char *whole;
    const char *body;
    size_t n, body_n;
};

static inline const char *answer_header(const struct answer *r, const char *name) {
    static _Thread_local char value[1024];
    size_t n = strlen(name);
    for (const char *line = strstr(r->whole, "\r\n"); line && line + 2 < r->body;
         line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, n) || line[2 + n] != ':') continue;
        const char *from = line + 3 + n, *to = strstr(from, "\r\n");
        while (*from == ' ') from++;
        snprintf(value, sizeof value, "%.*s", (int)(to - from), from);
        return value;
    }
    return NULL;
}

/* Reads one answer by its Content-Length; `headless` for one to HEAD. Free `whole`. */
static inline struct answer hear_one(int fd, bool headless) {
    struct answer r = {0};
    size_t cap = 1 << 16;
    r.whole = calloc(1, cap + 1);
    size_t want = SIZE_MAX;
    while (r.n < want) {
        if (r.n == cap) {
            r.whole = realloc(r.whole, cap * 2 + 1);
            memset(r.whole + cap, 0, cap + 1);
            cap *= 2;
        }
        /* Byte by byte in the header, so that nothing of the next answer is taken. */
        ssize_t n = recv(fd, r.whole + r.n, want == SIZE_MAX ? 1 : (want < cap ? want : cap) - r.n, 0);
        if (n <= 0) {
            free(r.whole);
            return (struct answer){0};
        }
        r.n += (size_t)n;
        char *end = want == SIZE_MAX ? strstr(r.whole, "\r\n\r\n") : NULL;
        if (!end) continue;
        r.body = end + 4;
        const char *length = answer_header(&r, "Content-Length");
        want = (size_t)(r.body - r.whole) + (length && !headless ? strtoul(length, NULL, 10) : 0);
    }
    r.body = strstr(r.whole, "\r\n\r\n") + 4;
    r.body_n = r.n - (size_t)(r.body - r.whole);
    r.status = (int)strtol(r.whole + 9, NULL, 10);
    return r;
}
static inline struct answer hear(int fd) { return hear_one(fd, false); }

/* Nothing more comes and the peer has closed. */
static inline bool hears_end(int fd) {
    char c;
    return recv(fd, &c, 1, 0) <= 0;
}

/* One request on a connection of its own; the answer must be complete. */
static inline struct answer ask_bytes(int port, str request) {
    int fd = dial(port);
    assert_true(fd >= 0);
    say(fd, request);
    struct answer r = hear(fd);
    close(fd);
    return r;
}
static inline struct answer ask(int port, const char *request) { return ask_bytes(port, str_z(request)); }

static inline void assert_answer(int port, const char *request, int status, const char *body) {
    struct answer r = ask(port, request);
    assert_non_null(r.whole);
    assert_int_equal(r.status, status);
    if (body) assert_string_equal(r.body, body);
    free(r.whole);
}

static inline void rest_ms(int ms) {
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
}

#endif
