/* Bytes for somebody else's server: which addresses are reached, and what goes over the wire. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/post.h"

static bool fits(const char *text) {
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return post_address_fits((const struct sockaddr *)&v4, sizeof v4);
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return post_address_fits((const struct sockaddr *)&v6, sizeof v6);
}

static void test_addresses(void **state) {
    (void)state;
    static const char *const closed[] = {"0.0.0.0",
                                         "0.1.2.3",
                                         "10.0.0.1",
                                         "10.255.255.255",
                                         "100.64.0.1",
                                         "100.127.255.255",
                                         "127.0.0.1",
                                         "127.255.255.254",
                                         "169.254.169.254",
                                         "172.16.0.1",
                                         "172.31.255.255",
                                         "192.0.0.8",
                                         "192.0.2.1",
                                         "192.88.99.1",
                                         "192.168.1.1",
                                         "198.18.0.1",
                                         "198.19.255.255",
                                         "198.51.100.7",
                                         "203.0.113.9",
                                         "224.0.0.1",
                                         "239.255.255.255",
                                         "240.0.0.1",
                                         "255.255.255.255",
                                         "::",
                                         "::1",
                                         "::127.0.0.1",
                                         "::ffff:127.0.0.1",
                                         "::ffff:10.0.0.1",
                                         "::ffff:169.254.169.254",
                                         "64:ff9b::127.0.0.1",
                                         "64:ff9b::a00:1",
                                         "64:ff9b:1::1",
                                         "100::1",
                                         "2001::1",
                                         "2001:0:7f00:1::",
                                         "2001:db8::1",
                                         "2002:7f00:1::1",
                                         "2002:a00:1::",
                                         "2002:c0a8:101::5",
                                         "3fff::1",
                                         "fc00::1",
                                         "fd12:3456::1",
                                         "fe80::1",
                                         "fec0::1",
                                         "ff02::1",
                                         "4000::1"};
    static const char *const open[] = {
        "1.1.1.1",         "9.255.255.255", "11.0.0.1",    "100.63.255.255", "100.128.0.1",
        "126.255.255.1",   "128.0.0.1",     "169.253.0.1", "172.15.0.1",     "172.32.0.1",
        "192.0.1.1",       "192.167.0.1",   "198.17.0.1",  "198.20.0.1",     "223.255.255.254",
        "2606:4700::1111", "2a00:1450::1",  "2001:200::1", "::ffff:1.1.1.1", "64:ff9b::101:101",
        "2002:101:101::"};
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
        if (fits(closed[i])) fail_msg("%s may be reached", closed[i]);
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        if (!fits(open[i])) fail_msg("%s may not be reached", open[i]);
    struct sockaddr unix_socket = {.sa_family = AF_UNIX};
    assert_false(post_address_fits(&unix_socket, sizeof unix_socket));
}

/* ---- a server on loopback ---- */

static struct {
    int fd, port, taken;
    pthread_t thread;
    char got[8192];
    const char *answer;
} peer;

static void *serve(void *unused) {
    (void)unused;
    for (;;) {
        int c = accept(peer.fd, NULL, NULL);
        if (c < 0) return NULL;
        peer.taken++;
        size_t n = 0;
        char *body = NULL;
        struct pollfd p = {.fd = c, .events = POLLIN};
        while (n < sizeof peer.got - 1 && poll(&p, 1, 300) == 1) {
            ssize_t r = read(c, peer.got + n, sizeof peer.got - 1 - n);
            if (r <= 0) break;
            n += (size_t)r;
            peer.got[n] = '\0';
            body = strstr(peer.got, "\r\n\r\n");
            if (body && strstr(body, "}")) break;
        }
        if (peer.answer && write(c, peer.answer, strlen(peer.answer)) < 0) abort();
        close(c);
    }
}

static int start(void **state) {
    (void)state;
    struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_addr = in6addr_any};
    socklen_t n = sizeof a;
    int off = 0;
    peer.fd = socket(AF_INET6, SOCK_STREAM, 0);
    setsockopt(peer.fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(peer.fd, (struct sockaddr *)&a, sizeof a) || listen(peer.fd, 16) ||
        getsockname(peer.fd, (struct sockaddr *)&a, &n))
        return -1;
    peer.port = ntohs(a.sin6_port);
    return pthread_create(&peer.thread, NULL, serve, NULL);
}

static int stop(void **state) {
    (void)state;
    shutdown(peer.fd, SHUT_RDWR);
    close(peer.fd);
    return pthread_join(peer.thread, NULL);
}

static err send_to(arena *a, const char *url, bool inside, struct post_answer *ret) {
    struct post_header headers[] = {{"Longhand-Id", S("7")}};
    return post_send(a,
                     &(struct post_wish){.url = str_fmt(a, url, peer.port),
                                         .body = S("{\"a\":1}"),
                                         .type = S("application/json"),
                                         .headers = headers,
                                         .nheaders = 1,
                                         .inside = inside,
                                         .timeout_seconds = 5},
                     ret);
}

/* Every spelling of this machine is refused, and nothing is connected. */
static void test_nothing_inside_is_reached(void **state) {
    (void)state;
    static const char *const spellings[] = {
        "https://127.0.0.1:%d/",
        "https://localhost:%d/",
        "https://LOCALHOST:%d/",
        "https://localhost.:%d/",
        "https://127.1:%d/",
        "https://127.0.1:%d/",
        "https://2130706433:%d/",
        "https://0x7f000001:%d/",
        "https://0x7f.1:%d/",
        "https://0177.0.0.1:%d/",
        "https://017700000001:%d/",
        "https://0:%d/",
        "https://0.0.0.0:%d/",
        "https://[::1]:%d/",
        "https://[::]:%d/",
        "https://[0:0:0:0:0:0:0:1]:%d/",
        "https://[::ffff:127.0.0.1]:%d/",
        "https://[::ffff:7f00:1]:%d/",
        "https://[::127.0.0.1]:%d/",
        "https://127.0.0.1.:%d/",
        "http://127.0.0.1:%d/",
        "http://1.1.1.1:%d/",
        "ftp://127.0.0.1:%d/",
        "file:///etc/passwd?%d",
        "gopher://127.0.0.1:%d/",
        "https://user@127.0.0.1:%d/",
        "https://makers.example@127.0.0.1:%d/",
        "https://127.0.0.1:%d\\@makers.example/",
        "https://127.0.0.1:%d#@makers.example/",
        "//127.0.0.1:%d/",
        "127.0.0.1:%d",
        "https://",
        "https:///x%d",
        "https://ma kers.example:%d/",
        "https://\t127.0.0.1:%d/",
        "https://%%31%%32%%37.0.0.1:%d/",
        "https://\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1:%d/",
        "https://[fe80::1%%25lo]:%d/",
    };
    ARENA_AUTO arena *a = arena_new(0);
    peer.taken = 0;
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        struct post_answer answer = {.status = -1};
        err e = send_to(a, spellings[i], false, &answer);
        if (!e) fail_msg("%s was reached", spellings[i]);
        assert_int_equal(answer.status, -1);
    }
    usleep(100000);
    assert_int_equal(peer.taken, 0);
}

static void test_what_is_sent(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    struct post_answer answer;
    peer.taken = 0;
    peer.answer = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nthank\ns";
    assert_int_equal(send_to(a, "http://127.0.0.1:%d/hook", true, &answer), ERR_NONE);
    assert_int_equal(answer.status, 200);
    assert_true(str_eq(answer.says, S("thank s")));
    assert_true(strstr(peer.got, "POST /hook HTTP/1.1\r\n") != NULL);
    assert_true(strstr(peer.got, "\r\nContent-Type: application/json\r\n") != NULL);
    assert_true(strstr(peer.got, "\r\nLonghand-Id: 7\r\n") != NULL);
    assert_true(strstr(peer.got, "\r\n\r\n{\"a\":1}") != NULL);
    /* It is not led anywhere else. */
    peer.taken = 0;
    char moved[200];
    snprintf(moved, sizeof moved,
             "HTTP/1.1 307 Away\r\nLocation: http://127.0.0.1:%d/elsewhere\r\nContent-Length: 0\r\n\r\n",
             peer.port);
    peer.answer = moved;
    assert_int_equal(send_to(a, "http://127.0.0.1:%d/hook", true, &answer), ERR_NONE);
    assert_int_equal(answer.status, 307);
    assert_int_equal(peer.taken, 1);
    /* No answer is no answer. */
    peer.answer = NULL;
    assert_int_equal(send_to(a, "http://127.0.0.1:%d/hook", true, &answer), ERR_NETWORK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_nothing_inside_is_reached),
        cmocka_unit_test(test_what_is_sent),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
