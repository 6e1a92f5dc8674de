/* The virus scanner's protocol against a scripted peer that speaks it as clamd's manual page describes (no
 * virus scanner is run here), and what the desk fetches from strangers' servers. */
#include "net/clamd.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "net/get.h"

static arena *a;

/* ---- a peer that does what it is told, one connection at a time ---- */

static struct peer {
    int listens;
    in_port_t port;
    pthread_t thread;
    const char *says;  /* to a stream that came whole; NULL: by what is in it */
    size_t most;       /* refuse a stream above so many bytes */
    bool hangs_up;     /* right away */
    const char *serve; /* an answer of HTTP, whatever is asked */
    char asked[4096];
    buf got;
} peer;

static bool take(int fd, void *to, size_t n) {
    for (char *p = to; n;) {
        ssize_t k = recv(fd, p, n, 0);
        if (k <= 0) return false;
        p += k, n -= (size_t)k;
    }
    return true;
}

static void say(int fd, const char *text) { (void)!send(fd, text, strlen(text) + 1, MSG_NOSIGNAL); }

static void stream(int fd) {
    static char piece[1 << 20];
    uint32_t n;
    buf_clear(&peer.got);
    while (take(fd, &n, sizeof n) && (n = ntohl(n)) != 0) {
        if (n > sizeof piece || !take(fd, piece, n)) return;
        buf_add(&peer.got, (str){piece, n});
        if (peer.most && peer.got.n > peer.most) {
            say(fd, "INSTREAM size limit exceeded. ERROR");
            return;
        }
    }
    bool bad = str_find(buf_str(&peer.got), S("TEST-VIRUS"), 0) != SIZE_MAX;
    say(fd, peer.says ? peer.says : bad ? "stream: Test.Virus-1 FOUND" : "stream: OK");
}

static void *peer_main(void *none) {
    (void)none;
    for (int fd; (fd = accept(peer.listens, NULL, NULL)) >= 0; close(fd)) {
        char command[64];
        size_t n = 0;
        if (peer.hangs_up) continue;
        if (peer.serve) {
            ssize_t k = recv(fd, peer.asked, sizeof peer.asked - 1, 0);
            peer.asked[k > 0 ? k : 0] = 0;
            (void)!send(fd, peer.serve, strlen(peer.serve), MSG_NOSIGNAL);
            continue;
        }
        while (n < sizeof command && take(fd, command + n, 1) && command[n]) n++;
        if (n < sizeof command && strcmp(command, "zINSTREAM") == 0) stream(fd);
        if (n < sizeof command && strcmp(command, "zVERSION") == 0) say(fd, "ClamAV 1.0.7/27000/Tue");
    }
    return NULL;
}

static int setup(void **state) {
    (void)state;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    a = arena_new(0);
    peer = (struct peer){.got = BUF_MAX(8 << 20)};
    peer.listens = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(peer.listens, (struct sockaddr *)&at, n) || listen(peer.listens, 8) ||
        getsockname(peer.listens, (struct sockaddr *)&at, &n))
        return -1;
    peer.port = ntohs(at.sin_port);
    return pthread_create(&peer.thread, NULL, peer_main, NULL);
}

static int teardown(void **state) {
    (void)state;
    shutdown(peer.listens, SHUT_RDWR);
    pthread_join(peer.thread, NULL);
    close(peer.listens);
    buf_free(&peer.got);
    arena_free(a);
    return 0;
}

static str place(void) { return str_fmt(a, "127.0.0.1:%d", peer.port); }

#define assert_str(s, z) assert_string_equal(str_cstr(a, s), z)

/* ---- the scanner ---- */

static void found_and_not(void **state) {
    (void)state;
    bool found = true;
    str name;
    assert_int_equal(clamd_scan(a, place(), S("a harmless letter"), 0, &found, &name), ERR_NONE);
    assert_false(found);
    assert_str(buf_str(&peer.got), "a harmless letter");
    assert_int_equal(clamd_scan(a, place(), S("x TEST-VIRUS x"), 0, &found, &name), ERR_NONE);
    assert_true(found);
    assert_str(name, "Test.Virus-1");
    assert_int_equal(clamd_scan(a, place(), S(""), 0, &found, &name), ERR_NONE);
    assert_false(found);
    /* Many pieces arrive as the same bytes. */
    size_t n = (3 << 20) + 17;
    char *large = arena_alloc(a, n);
    for (size_t i = 0; i < n; i++) large[i] = (char)(i * 7 >> 3);
    assert_int_equal(clamd_scan(a, place(), (str){large, n}, 0, &found, &name), ERR_NONE);
    assert_true(str_eq(buf_str(&peer.got), (str){large, n}));
    str version;
    assert_int_equal(clamd_version(a, place(), &version), ERR_NONE);
    assert_str(version, "ClamAV 1.0.7/27000/Tue");
}

static void what_it_cannot_do(void **state) {
    (void)state;
    bool found = true;
    str name = S("untouched");
    peer.most = 1000;
    char *large = arena_alloc(a, 4 << 20);
    assert_int_equal(clamd_scan(a, place(), (str){large, 4 << 20}, 0, &found, &name), ERR_LIMIT);
    peer.most = 0;
    peer.says = "stream: Can't allocate memory ERROR";
    assert_int_equal(clamd_scan(a, place(), S("x"), 0, &found, &name), ERR_INVALID);
    assert_non_null(strstr(err_text(), "Can't allocate memory"));
    peer.says = "stream: \xFF\x01 FOUND";
    assert_int_equal(clamd_scan(a, place(), S("x"), 0, &found, &name), ERR_NONE);
    assert_str(name, "a name that is no text");
    peer.says = NULL;
    peer.hangs_up = true;
    name = S("untouched");
    assert_int_equal(clamd_scan(a, place(), S("x"), 0, &found, &name), ERR_NETWORK);
    assert_int_equal(clamd_scan(a, S("/no/such/socket"), S("x"), 0, &found, &name), ERR_NETWORK);
    assert_str(name, "untouched");
    static const char *const wrong[] = {"",
                                        "clamd",
                                        "192.0.2.1:3310",
                                        "127.0.0.1",
                                        "127.0.0.1:0",
                                        "127.0.0.1:99999",
                                        "[2001:db8::1]:3310",
                                        "localhost:3310",
                                        "::1:3310",
                                        ":3310"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(clamd_place_check(str_z(wrong[i])), ERR_INVALID);
    assert_int_equal(clamd_place_check(S("/run/clamav/clamd.ctl")), ERR_NONE);
    assert_int_equal(clamd_place_check(S("[::1]:3310")), ERR_NONE);
}

/* ---- pictures from elsewhere ---- */

static err get(const char *path, size_t max, str *ret) {
    struct get_wish w = {.url = str_fmt(a, "http://127.0.0.1:%d%s", peer.port, path),
                         .max = max,
                         .inside = true,
                         .timeout_seconds = 5};
    return get_bytes(a, &w, ret);
}

static void nothing_tells_who_asks(void **state) {
    (void)state;
    str bytes;
    peer.serve = "HTTP/1.1 200 OK\r\nSet-Cookie: who=you\r\nContent-Length: 5\r\n\r\nPNG!!";
    assert_int_equal(get("/p.png?for=milo", 100, &bytes), ERR_NONE);
    assert_str(bytes, "PNG!!");
    assert_int_equal(get("/p.png", 100, &bytes), ERR_NONE);
    static const char *const never[] = {"Cookie",          "Referer",  "Authorization",
                                        "Accept-Language", "Longhand", "longhand"};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) assert_null(strstr(peer.asked, never[i]));
    assert_int_equal(get("/p.png", 4, &bytes), ERR_LIMIT);
    peer.serve = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    assert_int_equal(get("/p.png", 100, &bytes), ERR_NETWORK);
    peer.serve = "HTTP/1.1 302 Found\r\nLocation: /p.png\r\nContent-Length: 0\r\n\r\n"; /* for ever */
    assert_int_equal(get("/p.png", 100, &bytes), ERR_NETWORK);
    peer.serve = "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n";
    assert_int_equal(get("/p.png", 100000, &bytes), ERR_NETWORK);
    peer.serve = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\ncut";
    assert_int_equal(get("/p.png", 100, &bytes), ERR_NETWORK);
}

static void nothing_leads_inside(void **state) {
    (void)state;
    static const char *const places[] = {"http://127.0.0.1:%d/",
                                         "https://127.0.0.1:%d/",
                                         "https://localhost:%d/",
                                         "https://[::1]:%d/",
                                         "https://[::ffff:127.0.0.1]:%d/",
                                         "https://2130706433:%d/",
                                         "https://0x7f.1:%d/",
                                         "https://0177.0.0.1:%d/",
                                         "https://127.1:%d/",
                                         "https://0.0.0.0:%d/",
                                         "https://[::]:%d/",
                                         "https://169.254.169.254:%d/",
                                         "https://10.0.0.1:%d/",
                                         "https://[fe80::1]:%d/",
                                         "https://[64:ff9b::7f00:1]:%d/",
                                         "https://user:pw@127.0.0.1:%d/"};
    str bytes;
    peer.serve = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nin";
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char url[200];
        snprintf(url, sizeof url, places[i], peer.port);
        struct get_wish w = {.url = str_z(url), .max = 100, .timeout_seconds = 5};
        err e = get_bytes(a, &w, &bytes);
        if (e != ERR_DENIED && e != ERR_INVALID) fail_msg("%s: %s %s", url, err_name(e), err_text());
    }
    assert_string_equal(peer.asked, "");
    /* http is asked for over https: it is the place that is refused and not the scheme. */
    struct get_wish plain = {.url = S("http://127.0.0.1/"), .max = 100};
    assert_int_equal(get_bytes(a, &plain, &bytes), ERR_INVALID);
    assert_non_null(strstr(err_text(), "private network"));
    static const char *const wrong[] = {
        "file:///etc/passwd", "ftp://x.example/", "gopher://x.example/",          "javascript:x",
        "https://",           "//x.example/",     "https://x.example/\r\nHost: y"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct get_wish w = {.url = str_z(wrong[i]), .max = 100, .inside = true};
        assert_int_equal(get_bytes(a, &w, &bytes), ERR_INVALID);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(found_and_not, setup, teardown),
        cmocka_unit_test_setup_teardown(what_it_cannot_do, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_tells_who_asks, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_leads_inside, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
