/* Answers that are kept ready: sent without a worker, one after the other on a connection, and everything
 * else goes its usual way. */
#include "http_client.h"

static atomic_int quick_calls, handler_calls;
static http_kept *kept;
static http_server *server;
static int port;

static void handle(void *context, struct http_request *q, struct http_response *r) {
    (void)context;
    atomic_fetch_add(&handler_calls, 1);
    r->type = S("text/plain");
    buf_add(&r->body, S("handler "));
    buf_add(&r->body, q->path);
}

static http_kept *quick(void *context, const struct http_request *q) {
    assert_ptr_equal(context, &port);
    atomic_fetch_add(&quick_calls, 1);
    return str_eq(q->path, S("/kept")) && http_header(q, S("Host")).n ? http_kept_ref(kept) : NULL;
}

static int start(void **state) {
    (void)state;
    const struct http_pair headers[] = {{S("ETag"), S("\"one\"")}, {S("Cache-Control"), S("public")}};
    kept = http_kept_new(200, S("text/html; charset=utf-8"), S("<p>kept</p>"), headers, 2);
    struct http_options options = {.listen = S("127.0.0.1:0"),
                                   .workers = 2,
                                   .max_body = 1000,
                                   .handler = handle,
                                   .quick = quick,
                                   .context = &port};
    if (!kept || http_server_start(&options, &server)) return -1;
    port = http_server_port(server);
    return 0;
}

static int stop(void **state) {
    (void)state;
    http_server_stop(server);
    http_kept_unref(kept);
    return 0;
}

static void it_is_sent(void **state) {
    (void)state;
    int fd = dial(port), before = atomic_load(&handler_calls);
    for (int i = 0; i < 50; i++) {
        say_z(fd, i % 2 ? "GET /kept HTTP/1.1\r\nHost: x\r\n\r\n"
                        : "GET /kept?utm=1 HTTP/1.1\r\nHost: x\r\n\r\n");
        struct answer r = hear(fd);
        assert_non_null(r.whole);
        assert_int_equal(r.status, 200);
        assert_int_equal(r.body_n, 11);
        assert_memory_equal(r.body, "<p>kept</p>", 11);
        assert_string_equal(answer_header(&r, "ETag"), "\"one\"");
        assert_string_equal(answer_header(&r, "Content-Type"), "text/html; charset=utf-8");
        free(r.whole);
    }
    assert_int_equal(atomic_load(&handler_calls), before);
    say_z(fd, "HEAD /kept HTTP/1.1\r\nHost: x\r\n\r\n");
    struct answer r = hear_one(fd, true);
    assert_int_equal(r.status, 200);
    assert_string_equal(answer_header(&r, "Content-Length"), "11");
    assert_int_equal(r.body_n, 0);
    free(r.whole);
    /* The same connection, the usual way. */
    say_z(fd, "GET /other HTTP/1.1\r\nHost: x\r\n\r\n");
    r = hear(fd);
    assert_memory_equal(r.body, "handler /other", 14);
    free(r.whole);
    close(fd);
}

/* Neither what is not a plain GET nor what is malformed comes to it. */
static void others_are_not_asked_about(void **state) {
    (void)state;
    static const struct {
        const char *request;
        int status;
    } all[] = {
        {"POST /kept HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 200},
        {"GET /%6bept HTTP/1.1\r\nHost: x\r\n\r\n", 200},
        {"GET /kept HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi", 200},
        {"GET /kept HTTP/1.1\r\n\r\n", 400},
        {"GET /kept HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        int before = atomic_load(&quick_calls), fd = dial(port);
        say_z(fd, all[i].request);
        struct answer r = hear(fd);
        if (r.status != all[i].status) fail_msg("%s: %d", all[i].request, r.status);
        assert_int_equal(atomic_load(&quick_calls), before);
        free(r.whole);
        close(fd);
    }
}

static void headers_are_judged(void **state) {
    (void)state;
    const struct http_pair bad[] = {{S("X"), S("a\r\nSet-Cookie: b")}};
    assert_null(http_kept_new(200, S("text/plain"), S("x"), bad, 1));
    const struct http_pair name[] = {{S("X Y"), S("a")}};
    assert_null(http_kept_new(200, S("text/plain"), S("x"), name, 1));
    http_kept *k = http_kept_new(304, S(""), S(""), NULL, 0);
    assert_non_null(k);
    assert_ptr_equal(http_kept_ref(k), k);
    http_kept_unref(k);
    http_kept_unref(k);
    http_kept_unref(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_is_sent),
                                       cmocka_unit_test(others_are_not_asked_about),
                                       cmocka_unit_test(headers_are_judged)};
    return cmocka_run_group_tests(tests, start, stop);
}
