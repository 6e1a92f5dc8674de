/* The LMTP server over real sockets. */
#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"

#include "lmtp_kit.h"

static int tcp_connect(int port) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static void put(int fd, str bytes) { assert_int_equal(send(fd, bytes.p, bytes.n, MSG_NOSIGNAL), bytes.n); }

/* Read until `want` is the end of what came, or the peer closes. */
static void await(int fd, const char *want) {
    char got[8192];
    size_t n = 0;
    while (n < sizeof got - 1) {
        ssize_t more = recv(fd, got + n, sizeof got - 1 - n, 0);
        if (more <= 0) break;
        n += (size_t)more;
        if (str_ends((str){got, n}, str_z(want))) return;
    }
    got[n] = '\0';
    fail_msg("wanted %s, got %s", want, got);
}

static lmtp_server *serve_with(struct lmtp_hooks hooks, str listen, int connections) {
    struct lmtp_options o = {listen, S("desk.test"), 1 << 20, connections, hooks};
    lmtp_server *s = NULL;
    err code = lmtp_server_start(&o, &s);
    if (code) fail_msg("%s", err_text());
    return s;
}

static lmtp_server *serve(struct desk *d, str listen, int connections) {
    return serve_with(hooks_of(d), listen, connections);
}

static void server_keeps_and_caps(void **state) {
    (void)state;
    struct desk d = desk_new();
    lmtp_server *s = serve(&d, S("127.0.0.1:0"), 2);
    int port = lmtp_server_port(s), a = tcp_connect(port), b = tcp_connect(port);
    await(a, "220 desk.test LMTP Longhand\r\n");
    await(b, "220 desk.test LMTP Longhand\r\n");
    int c = tcp_connect(port);
    await(c, "421 4.3.2 Too many connections; try again soon\r\n");
    close(c);
    put(a, S(LHLO MAIL RCPT "DATA\r\n"));
    await(a, GO);
    put(a, S("x\r\n.\r\n" QUIT));
    await(a, KEPT BYE);
    char end;
    assert_int_equal(recv(a, &end, 1, 0), 0);
    close(a);
    assert_true(str_eq(buf_str(&d.letters), S("a@b|desk@x|x\r\n\n")));
    /* The place is free again, though perhaps not at once. */
    for (int i = 0; i < 200; i++) {
        c = tcp_connect(port);
        char first[1];
        assert_int_equal(recv(c, first, 1, 0), 1);
        if (first[0] == '2') break;
        close(c);
        usleep(10000);
        assert_true(i < 199);
    }
    close(b);
    close(c);
    lmtp_server_stop(s);
    buf_free(&d.letters);
}

/* The answer to a broken line must reach a peer that is still sending. */
static void server_closes_smugglers(void **state) {
    (void)state;
    struct desk d = desk_new();
    lmtp_server *s = serve(&d, S("127.0.0.1:0"), 0);
    int fd = tcp_connect(lmtp_server_port(s));
    put(fd, S("NOOP\n"));
    for (int i = 0; i < 50; i++) put(fd, S("more and more and more of it\r\n"));
    await(fd, "500 5.5.2 A line ends with CR and LF, and neither stands alone\r\n");
    close(fd);
    lmtp_server_stop(s);
}

/* While one letter is kept, those of the others gather and are kept with the next call; what a peer says
 * meanwhile is answered later, and one that hangs up or pipelines harms nobody. */
static void server_keeps_together(void **state) {
    (void)state;
    enum { PEERS = 6 };
    struct desk d = desk_new();
    d.slow_ms = 100;
    lmtp_server *s = serve_with(many_hooks_of(&d), S("127.0.0.1:0"), 0);
    int fd[PEERS];
    for (int i = 0; i < PEERS; i++) {
        fd[i] = tcp_connect(lmtp_server_port(s));
        put(fd[i], S(LHLO MAIL RCPT "DATA\r\n"));
        await(fd[i], GO);
    }
    put(fd[0], S("first\r\n.\r\n"));
    usleep(30000);
    for (int i = 1; i < PEERS; i++) put(fd[i], S("x\r\n.\r\n"));
    put(fd[1], S(MAIL RCPT "DATA\r\nagain\r\n.\r\n" QUIT));
    close(fd[2]);
    await(fd[0], KEPT);
    /* The loop is not held up by letters that are being kept. */
    int64_t began = clock_monotonic_ms();
    put(fd[0], S("NOOP\r\n"));
    await(fd[0], "250 2.0.0 Here\r\n");
    assert_in_range(clock_monotonic_ms() - began, 0, 90);
    for (int i = 3; i < PEERS; i++) await(fd[i], KEPT);
    await(fd[1], MAIL_OK RCPT_OK GO KEPT BYE);
    lmtp_server_stop(s);
    assert_int_equal(d.kept, PEERS + 1);
    assert_int_equal(d.calls, 3);
    for (int i = 0; i < PEERS; i++)
        if (i != 2) close(fd[i]);
    buf_free(&d.letters);
}

/* One that asks and does not read does not hold up another, and gets all its answers when it reads. */
static void server_waits_for_slow_readers(void **state) {
    (void)state;
    enum { ASKED = 200000 };
    struct desk d = desk_new();
    lmtp_server *s = serve_with(many_hooks_of(&d), S("127.0.0.1:0"), 0);
    int slow = tcp_connect(lmtp_server_port(s)), other = tcp_connect(lmtp_server_port(s));
    await(slow, "220 desk.test LMTP Longhand\r\n");
    size_t n = strlen("VRFY\r\n") * ASKED, sent = 0, got = 0,
           due = strlen("252 2.0.0 Send a letter and see\r\n");
    char *ask = malloc(n), answer[4096];
    for (size_t i = 0; i < n; i++) ask[i] = "VRFY\r\n"[i % 6];
    for (ssize_t more; sent < n; sent += (size_t)more) {
        more = send(slow, ask + sent, n - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (more < 0) break;
    }
    usleep(100000);
    put(other, S(LHLO MAIL RCPT "DATA\r\nx\r\n.\r\n" QUIT));
    await(other, KEPT BYE);
    close(other);
    due *= ASKED;
    while (got < due) {
        ssize_t more = sent < n ? send(slow, ask + sent, n - sent, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
        if (more > 0) sent += (size_t)more;
        more = recv(slow, answer, sizeof answer, 0);
        if (more <= 0) fail_msg("closed after %zu of %zu bytes", got, due);
        got += (size_t)more;
    }
    assert_int_equal(got, due);
    free(ask);
    close(slow);
    lmtp_server_stop(s);
    buf_free(&d.letters);
}

static void *stop_server(void *s) {
    lmtp_server_stop(s);
    return NULL;
}

static void stop_lets_letters_end_with(bool many) {
    struct desk d = desk_new();
    d.slow_ms = 50;
    lmtp_server *s = serve_with(many ? many_hooks_of(&d) : hooks_of(&d), S("127.0.0.1:0"), 0);
    int port = lmtp_server_port(s), idle = tcp_connect(port), busy = tcp_connect(port),
        stuck = tcp_connect(port);
    await(idle, "220 desk.test LMTP Longhand\r\n");
    put(busy, S(LHLO MAIL RCPT "DATA\r\n"));
    await(busy, GO);
    put(stuck, S(LHLO MAIL RCPT "DATA\r\n"));
    await(stuck, GO);
    int64_t began = clock_monotonic_ms();
    pthread_t stopper;
    pthread_create(&stopper, NULL, stop_server, s);
    await(idle, "421 4.3.2 The desk is stopping; try again soon\r\n");
    put(busy, S("late\r\n.\r\n"));
    await(busy, KEPT "421 4.3.2 The desk is stopping; try again soon\r\n");
    close(idle);
    close(busy);
    /* The one that never ends its letter is cut off after five seconds. */
    pthread_join(stopper, NULL);
    int64_t took = clock_monotonic_ms() - began;
    assert_in_range(took, 4900, 9000);
    close(stuck);
    assert_int_equal(d.kept, 1);
    buf_free(&d.letters);
}

static void stop_lets_letters_end(void **state) {
    (void)state;
    stop_lets_letters_end_with(false);
    stop_lets_letters_end_with(true);
}

static void unix_socket_and_hand_over(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    char folder[] = "/tmp/lmtp-test-XX"
                    "XX"
                    "XX";
    assert_non_null(mkdtemp(folder));
    str path = str_fmt(a, "%s/desk.sock", folder);
    const char *z = str_cstr(a, path);
    str reply = S("untouched");
    assert_int_equal(lmtp_hand_over(a, path, S(""), S("desk@x"), S("x"), &reply), ERR_MISSING);
    assert_true(str_eq(reply, S("untouched")));

    /* A socket file whose server died is replaced; one that answers, or another file, is not. */
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path.p, path.n);
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(dead, (struct sockaddr *)&address, sizeof address), 0);
    close(dead);
    assert_int_equal(lmtp_hand_over(a, path, S(""), S("desk@x"), S("x"), &reply), ERR_MISSING);
    struct desk d = desk_new();
    lmtp_server *s = serve(&d, path, 0), *other = NULL;
    struct stat st;
    assert_int_equal(stat(z, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
    struct lmtp_options again = {path, S("desk.test"), 1000, 0, hooks_of(&d)};
    assert_int_equal(lmtp_server_start(&again, &other), ERR_CONFLICT);

    /* Bytes arrive as they are: no line end added, no dot lost. */
    str letter = S("Subject: x\n\n.\n.\r\n..\r\nno end\0");
    assert_int_equal(lmtp_hand_over(a, path, S(""), S("desk@x"), letter, &reply), ERR_NONE);
    assert_true(str_eq(reply, S("250 2.0.0 Kept")));
    assert_true(str_eq(buf_str(&d.letters), str_fmt(a, "|desk@x|Subject: x\n\n.\n.\r\n..\r\nno end%c\n", 0)));
    d.says = "conversation 5 message 6";
    assert_int_equal(lmtp_hand_over(a, path, S("a@b"), S("desk@x"), letter, &reply), ERR_NONE);
    assert_true(str_eq(reply, S("250 2.0.0 conversation 5 message 6")));
    assert_int_equal(lmtp_hand_over(a, path, S("a@b"), S("nobody@x"), letter, &reply), ERR_INVALID);
    assert_string_equal(err_text(), "The running desk says: 550 5.1.1 No such inbox here");
    assert_int_equal(lmtp_hand_over(a, path, S("a@b"), S("full@x"), letter, &reply), ERR_FULL);
    assert_int_equal(lmtp_hand_over(a, path, S("a@b"), S("busy@x"), letter, &reply), ERR_BUSY);
    assert_int_equal(lmtp_hand_over(a, path, S("a@b\r\nQUIT"), S("desk@x"), letter, &reply), ERR_INVALID);
    char *large = calloc(1, (1 << 20) + 1);
    str big = {large, (1 << 20) + 1};
    assert_int_equal(lmtp_hand_over(a, path, S("a@b"), S("desk@x"), big, &reply), ERR_LIMIT);
    buf_clear(&d.letters);
    big.n--;
    assert_int_equal(lmtp_hand_over(a, path, S("a@b"), S("desk@x"), big, &reply), ERR_NONE);
    assert_int_equal(d.letters.n, big.n + strlen("a@b|desk@x|\n"));
    free(large);
    lmtp_server_stop(s);
    assert_int_equal(stat(z, &st), -1);
    FILE *f = fopen(z, "w");
    fclose(f);
    assert_int_equal(lmtp_server_start(&again, &other), ERR_INVALID);
    assert_int_equal(stat(z, &st), 0);
    unlink(z);
    rmdir(folder);
    buf_free(&d.letters);
}

static void addresses_to_listen_at(void **state) {
    (void)state;
    struct desk d = desk_new();
    lmtp_server *s = serve(&d, S("127.0.0.1:0"), 0), *other = NULL;
    static const char *const wrong[] = {"",     "24", ":24", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000",
                                        "[::1]"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct lmtp_options o = {str_z(wrong[i]), S("desk.test"), 1000, 0, hooks_of(&d)};
        assert_int_equal(lmtp_server_start(&o, &other), ERR_INVALID);
    }
    char taken[40];
    snprintf(taken, sizeof taken, "127.0.0.1:%d", lmtp_server_port(s));
    struct lmtp_options o = {str_z(taken), S("desk.test"), 1000, 0, hooks_of(&d)};
    assert_int_equal(lmtp_server_start(&o, &other), ERR_CONFLICT);
    assert_null(other);
    lmtp_server_stop(s);
    lmtp_server_stop(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_keeps_and_caps),         cmocka_unit_test(server_keeps_together),
        cmocka_unit_test(server_waits_for_slow_readers), cmocka_unit_test(server_closes_smugglers),
        cmocka_unit_test(stop_lets_letters_end),         cmocka_unit_test(unix_socket_and_hand_over),
        cmocka_unit_test(addresses_to_listen_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
