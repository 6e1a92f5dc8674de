#include "http_client.h"

#include <pthread.h>

enum { MAX_BODY = 64 * 1024 };

static http_server *server;
static int port;
static atomic_int calls;

static void echo_pairs(struct http_response *r, const char *what, const http_pairs *pairs) {
    for (size_t i = 0; i < pairs->n; i++)
        buf_add_fmt(&r->body, "%s %.*s=%.*s\n", what, STR_FMT(pairs->v[i].name), STR_FMT(pairs->v[i].value));
}

static void echo(struct http_request *q, struct http_response *r) {
    buf_add_fmt(&r->body, "%s %.*s\n", http_method_name(q->method), STR_FMT(q->path));
    echo_pairs(r, "query", &q->query);
    echo_pairs(r, "form", &q->form);
    echo_pairs(r, "cookie", &q->cookies);
    for (size_t i = 0; i < q->files.n; i++) {
        struct http_file *f = &q->files.v[i];
        buf_add_fmt(&r->body, "file %.*s %.*s %.*s %zu %016llx\n", STR_FMT(f->field), STR_FMT(f->name),
                    STR_FMT(f->type), f->bytes.n, (unsigned long long)str_hash(f->bytes));
    }
    buf_add_fmt(&r->body, "type %.*s\nbody %zu %.*s\npeer %.*s\n", STR_FMT(q->content_type), q->body.n,
                STR_FMT(q->body), STR_FMT(q->peer));
}

static void handle(void *context, struct http_request *q, struct http_response *r) {
    assert_ptr_equal(context, &calls);
    atomic_fetch_add(&calls, 1);
    r->type = S("text/plain; charset=utf-8");
    if (str_eq(q->path, S("/slow"))) rest_ms(10);
    if (str_eq(q->path, S("/away"))) {
        http_redirect(q, r, http_query(q, S("to")));
    } else if (str_eq(q->path, S("/inject"))) {
        http_header_add(q, r, S("X-Test"), http_query(q, S("v")));
        buf_add(&r->body, S("secret"));
    } else if (str_eq(q->path, S("/type"))) {
        r->type = http_query(q, S("v"));
    } else if (str_eq(q->path, S("/cookies"))) {
        http_cookie_set(q, r, S("__Host-session"), S("abc-123_~"), 3600, true);
        http_cookie_set(q, r, S("old"), S(""), 0, false);
        http_cookie_set(q, r, S("passing"), S("x"), -1, false);
    } else if (str_eq(q->path, S("/badcookie"))) {
        http_cookie_set(q, r, S("a"), http_query(q, S("v")), 1, false);
    } else if (str_eq(q->path, S("/big"))) {
        char *room = buf_room(&r->body, 3 << 20);
        memset(room, 'x', 3 << 20);
        buf_grew(&r->body, 3 << 20);
    } else if (str_eq(q->path, S("/toobig"))) {
        buf_room(&r->body, 65 << 20);
    } else if (str_eq(q->path, S("/static"))) {
        r->static_body = S("carved in stone");
    } else if (str_eq(q->path, S("/304"))) {
        r->status = 304;
        http_header_add(q, r, S("ETag"), S("\"1\""));
    } else if (str_eq(q->path, S("/404"))) {
        r->status = 404;
    } else {
        echo(q, r);
    }
}

static int start(void **state) {
    (void)state;
    struct http_options options = {
        .listen = S("127.0.0.1:0"), .workers = 4, .max_body = MAX_BODY, .handler = handle, .context = &calls};
    if (http_server_start(&options, &server)) return -1;
    port = http_server_port(server);
    return 0;
}

static int stop(void **state) {
    (void)state;
    http_server_stop(server);
    return 0;
}

#define HOST "Host: localhost\r\n"
#define NO_BODY "type \nbody 0 \npeer 127.0.0.1\n"

static void answers_a_get(void **state) {
    (void)state;
    struct answer r = ask(port, "GET /c/5%20%C3%A9?a=1&b=%26+x&&c HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(r.status, 200);
    assert_string_equal(r.body, "GET /c/5 é\nquery a=1\nquery b=& x\nquery c=\n" NO_BODY);
    assert_string_equal(answer_header(&r, "Content-Type"), "text/plain; charset=utf-8");
    assert_non_null(answer_header(&r, "Date"));
    assert_null(answer_header(&r, "Server"));
    free(r.whole);
    assert_answer(port, "DELETE /x HTTP/1.0\r\n\r\n", 200, "DELETE /x\n" NO_BODY);
    assert_answer(port, "BREW /pot HTTP/1.1\r\n" HOST "\r\n", 200, "OTHER /pot\n" NO_BODY);
    assert_answer(port, "GET http://localhost:1/x/y?z HTTP/1.1\r\n" HOST "\r\n", 200,
                  "GET /x/y\nquery z=\n" NO_BODY);
    assert_answer(port, "GET http://localhost HTTP/1.1\r\n" HOST "\r\n", 200, "GET /\n" NO_BODY);
    assert_answer(port, "GET /static HTTP/1.1\r\n" HOST "\r\n", 200, "carved in stone");
    assert_answer(port, "GET /404 HTTP/1.1\r\n" HOST "\r\n", 404, "");
}

static void head_has_no_body(void **state) {
    (void)state;
    int fd = dial(port);
    say_z(fd, "HEAD /static HTTP/1.1\r\n" HOST "\r\nGET /static HTTP/1.1\r\n" HOST "\r\n");
    struct answer r = hear_one(fd, true);
    assert_int_equal(r.status, 200);
    assert_string_equal(answer_header(&r, "Content-Length"), "15");
    free(r.whole);
    r = hear(fd); /* were there a body, this would begin with it */
    assert_int_equal(r.status, 200);
    assert_string_equal(r.body, "carved in stone");
    free(r.whole);
    close(fd);
    struct answer unchanged = ask(port, "GET /304 HTTP/1.0\r\n" HOST "\r\n");
    assert_int_equal(unchanged.status, 304);
    assert_string_equal(answer_header(&unchanged, "ETag"), "\"1\"");
    assert_int_equal(unchanged.body_n, 0);
    free(unchanged.whole);
}

static void pipelined_requests_keep_their_order(void **state) {
    (void)state;
    int fd = dial(port);
    buf b BUF_AUTO = BUF_MAX(1 << 16);
    for (int i = 0; i < 50; i++)
        buf_add_fmt(&b, "POST /%s?i=%d HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc",
                    i % 10 ? "p" : "slow", i);
    assert_true(say(fd, buf_str(&b)));
    for (int i = 0; i < 50; i++) {
        struct answer r = hear(fd);
        assert_int_equal(r.status, 200);
        char want[64];
        snprintf(want, sizeof want, "query i=%d\n", i);
        assert_non_null(strstr(r.body, want));
        assert_non_null(strstr(r.body, "body 3 abc\n"));
        free(r.whole);
    }
    close(fd);
}

static void bodies_come_whole(void **state) {
    (void)state;
    int fd = dial(port);
    say_z(fd,
          "POST /b HTTP/1.1\r\n" HOST "Content-Length: 12\r\nContent-Type: Text/Plain; charset=x\r\n\r\n");
    for (int i = 0; i < 4; i++) {
        rest_ms(30);
        say_z(fd, "abc");
    }
    struct answer r = hear(fd);
    assert_string_equal(r.body, "POST /b\ntype text/plain\nbody 12 abcabcabcabc\npeer 127.0.0.1\n");
    free(r.whole);
    say_z(fd, "PUT /b HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    rest_ms(20);
    say_z(fd, "4;x=y\r\ndefg\r\n0\r\n\r\n");
    r = hear(fd);
    assert_string_equal(r.body, "PUT /b\ntype \nbody 7 abcdefg\npeer 127.0.0.1\n");
    free(r.whole);
    say_z(fd, "PATCH /b HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    struct answer go_on = hear_one(fd, true);
    assert_int_equal(go_on.status, 100);
    free(go_on.whole);
    say_z(fd, "hi");
    r = hear(fd);
    assert_string_equal(r.body, "PATCH /b\ntype \nbody 2 hi\npeer 127.0.0.1\n");
    free(r.whole);
    close(fd);
    struct answer big = ask(port, "GET /big HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(big.body_n, 3 << 20);
    free(big.whole);
}

static void too_large_is_413(void **state) {
    (void)state;
    int before = atomic_load(&calls);
    int fd = dial(port);
    say_z(fd, "POST /b HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 65537\r\n\r\n");
    struct answer r = hear(fd);
    assert_int_equal(r.status, 413);
    assert_string_equal(answer_header(&r, "Connection"), "close");
    free(r.whole);
    assert_true(hears_end(fd));
    close(fd);
    /* A client that sends all before it reads still gets the answer, not a reset. */
    buf b BUF_AUTO = BUF_MAX(4 << 20);
    buf_add(&b, S("POST /b HTTP/1.1\r\n" HOST "Content-Length: 3000000\r\n\r\n"));
    memset(buf_room(&b, 3000000), 'x', 3000000);
    buf_grew(&b, 3000000);
    fd = dial(port);
    assert_true(say(fd, buf_str(&b)));
    r = hear(fd);
    assert_non_null(r.whole);
    assert_int_equal(r.status, 413);
    free(r.whole);
    assert_true(hears_end(fd));
    close(fd);
    buf_clear(&b);
    buf_add(&b, S("POST /b HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"));
    for (int i = 0; i < 9; i++) {
        buf_add(&b, S("2000\r\n"));
        memset(buf_room(&b, 8192), 'x', 8192);
        buf_grew(&b, 8192);
        buf_add(&b, S("\r\n"));
    }
    buf_add(&b, S("0\r\n\r\n"));
    r = ask_bytes(port, buf_str(&b));
    assert_int_equal(r.status, 413);
    free(r.whole);
    assert_answer(port, "POST /b HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n", 413,
                  NULL);
    assert_int_equal(atomic_load(&calls), before);
}

static void a_broken_body_reaches_no_handler(void **state) {
    (void)state;
    int before = atomic_load(&calls);
    int fd = dial(port);
    say_z(fd, "POST /b HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabc");
    shutdown(fd, SHUT_WR);
    assert_true(hears_end(fd));
    close(fd);
    fd = dial(port);
    say_z(fd, "POST /b HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n5\r\nabc");
    shutdown(fd, SHUT_WR);
    assert_true(hears_end(fd));
    close(fd);
    fd = dial(port);
    say_z(fd, "POST /b HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n");
    struct answer r = hear(fd);
    assert_int_equal(r.status, 400);
    free(r.whole);
    close(fd);
    rest_ms(50);
    assert_int_equal(atomic_load(&calls), before);
    /* A length that is too short leaves bytes that are no request. */
    fd = dial(port);
    say_z(fd, "POST /b HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabcGARBAGE\r\n\r\n");
    r = hear(fd);
    assert_non_null(strstr(r.body, "body 3 abc\n"));
    free(r.whole);
    close(fd);
}

static void bad_requests_are_400(void **state) {
    (void)state;
    int before = atomic_load(&calls);
    static const char *const lines[] = {
        "GET /%zz HTTP/1.1\r\n" HOST "\r\n",
        "GET /% HTTP/1.1\r\n" HOST "\r\n",
        "GET /%2 HTTP/1.1\r\n" HOST "\r\n",
        "GET /a%00b HTTP/1.1\r\n" HOST "\r\n",
        "GET /%ff HTTP/1.1\r\n" HOST "\r\n",
        "GET /%ed%a0%80 HTTP/1.1\r\n" HOST "\r\n",
        "GET /a\xff HTTP/1.1\r\n" HOST "\r\n",
        "GET /a b HTTP/1.1\r\n" HOST "\r\n",
        "GET /a\tb HTTP/1.1\r\n" HOST "\r\n",
        "GET /#x HTTP/1.1\r\n" HOST "\r\n",
        "GET a HTTP/1.1\r\n" HOST "\r\n",
        "OPTIONS * HTTP/1.1\r\n" HOST "\r\n",
        "GET /?a=%ff HTTP/1.1\r\n" HOST "\r\n",
        "GET /?a=%00 HTTP/1.1\r\n" HOST "\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "Host: other\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: +3\r\n\r\nabc",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 3, 3\r\n\r\nabc",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x3\r\n\r\nabc",
        "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length : 3\r\n\r\nabc",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "X-\x01: y\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "X: a\x02\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "no colon\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct answer r = ask(port, lines[i]);
        if (r.status != 400) print_error("got %d for: %s\n", r.status, lines[i]);
        assert_int_equal(r.status, 400);
        free(r.whole);
    }
    /* Nothing behind a request of doubtful length is read as another. */
    int fd = dial(port);
    say_z(fd, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
              "GET /smuggled HTTP/1.1\r\n" HOST "\r\n");
    struct answer first = hear(fd);
    assert_int_equal(first.status, 400);
    free(first.whole);
    assert_true(hears_end(fd));
    close(fd);
    rest_ms(20);
    assert_int_equal(atomic_load(&calls), before);
    struct answer r = ask(port, "GET /%zz HTTP/1.1\r\n" HOST "\r\n");
    assert_string_equal(answer_header(&r, "Content-Type"), "text/plain; charset=utf-8");
    free(r.whole);
    buf b BUF_AUTO = BUF_MAX(1 << 20);
    buf_add(&b, S("GET / HTTP/1.1\r\n" HOST "X: "));
    memset(buf_room(&b, 40000), 'x', 40000);
    buf_grew(&b, 40000);
    buf_add(&b, S("\r\n\r\n"));
    r = ask_bytes(port, buf_str(&b));
    assert_int_equal(r.status, 431);
    free(r.whole);
}

static void forms_are_read(void **state) {
    (void)state;
    assert_answer(port,
                  "POST /f HTTP/1.1\r\n" HOST
                  "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
                  "Content-Length: 35\r\n\r\nname=Luka+%C3%B6&text=a%0D%0Ab&x&=y",
                  200,
                  "POST /f\nform name=Luka ö\nform text=a\r\nb\nform x=\nform =y\n"
                  "type application/x-www-form-urlencoded\nbody 0 \npeer 127.0.0.1\n");
    assert_answer(port,
                  "POST /f HTTP/1.1\r\n" HOST "Content-Type: application/x-www-form-urlencoded\r\n"
                  "Content-Length: 5\r\n\r\na=%ff",
                  400, NULL);
    assert_answer(
        port, "POST /f HTTP/1.1\r\n" HOST "Content-Type: multipart/form-data\r\nContent-Length: 2\r\n\r\nab",
        400, NULL);
}

static void a_binary_file_comes_in(void **state) {
    (void)state;
    char bytes[4096];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)(i * 7 + i / 256);
    memcpy(bytes + 100, "\r\n--edg", 7); /* nearly the boundary */
    buf body BUF_AUTO = BUF_MAX(1 << 16), b BUF_AUTO = BUF_MAX(1 << 16);
    buf_add(
        &body,
        S("--edge\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n"
          "--edge\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"C:\\pics\\a %22b%22.png\"\r\n"
          "Content-Type: image/PNG; x=y\r\n\r\n"));
    buf_add(&body, (str){bytes, sizeof bytes});
    buf_add(&body, S("\r\n--edge\r\nContent-Disposition: form-data; name=\"none\"; filename=\"\"\r\n"
                     "Content-Type: application/octet-stream\r\n\r\n\r\n--edge--\r\n"));
    buf_add_fmt(&b,
                "POST /f HTTP/1.1\r\n" HOST "Content-Type: multipart/form-data; boundary=\"edge\"\r\n"
                "Content-Length: %zu\r\n\r\n",
                body.n);
    buf_add(&b, buf_str(&body));
    struct answer r = ask_bytes(port, buf_str(&b));
    char want[512];
    snprintf(want, sizeof want,
             "POST /f\nform note=hello\nfile photo a \"b\".png image/png 4096 %016llx\n"
             "type multipart/form-data\nbody 0 \npeer 127.0.0.1\n",
             (unsigned long long)str_hash((str){bytes, sizeof bytes}));
    assert_string_equal(r.body, want);
    free(r.whole);
}

static void cookies_go_both_ways(void **state) {
    (void)state;
    assert_answer(port, "GET /x HTTP/1.1\r\n" HOST "Cookie: a=1; b=\"two\"; c; =d; a=3\r\n\r\n", 200,
                  "GET /x\ncookie a=1\ncookie b=two\ncookie a=3\n" NO_BODY);
    struct answer r = ask(port, "GET /cookies HTTP/1.1\r\n" HOST "\r\n");
    assert_non_null(strstr(r.whole,
                           "Set-Cookie: __Host-session=abc-123_~; Path=/; HttpOnly; SameSite=Lax; Secure; "
                           "Max-Age=3600\r\n"));
    assert_non_null(strstr(r.whole,
                           "Set-Cookie: old=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Expires=Thu, 01 Jan "
                           "1970 00:00:00 GMT\r\n"));
    assert_non_null(strstr(r.whole, "Set-Cookie: passing=x; Path=/; HttpOnly; SameSite=Lax\r\n"));
    free(r.whole);
    assert_answer(port, "GET /badcookie?v=a;b HTTP/1.1\r\n" HOST "\r\n", 500, NULL);
}

static void nothing_is_injected(void **state) {
    (void)state;
    struct answer r = ask(port, "GET /inject?v=a%0d%0aX-Evil:+1 HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(r.status, 500);
    assert_null(strstr(r.whole, "Evil"));
    assert_null(strstr(r.whole, "secret"));
    free(r.whole);
    r = ask(port, "GET /away?to=/x%0d%0aX-Evil:+1 HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(r.status, 500);
    assert_null(answer_header(&r, "Location"));
    free(r.whole);
    r = ask(port, "GET /type?v=a%0aX-Evil:+1 HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(r.status, 500);
    assert_null(strstr(r.whole, "Evil"));
    free(r.whole);
    r = ask(port, "GET /inject?v=fine HTTP/1.1\r\n" HOST "\r\n");
    assert_string_equal(answer_header(&r, "X-Test"), "fine");
    free(r.whole);
    r = ask(port, "GET /away?to=/c/5?q=%C3%A9+x HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(r.status, 303);
    assert_string_equal(answer_header(&r, "Location"), "/c/5?q=%C3%A9%20x");
    free(r.whole);
    assert_answer(port, "GET /toobig HTTP/1.1\r\n" HOST "\r\n", 500, NULL);
}

static void *one_of_many(void *context) {
    bool *good = context;
    int fd = dial(port);
    if (fd < 0) return NULL;
    *good = true;
    for (int i = 0; i < 3 && *good; i++) {
        say(fd, S("POST /slow HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nabcd"));
        struct answer r = hear(fd);
        *good = r.whole && r.status == 200 && strstr(r.body, "body 4 abcd\n");
        free(r.whole);
    }
    close(fd);
    return NULL;
}

static void two_hundred_at_once(void **state) {
    (void)state;
    pthread_t threads[200];
    bool good[200] = {false};
    for (int i = 0; i < 200; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, one_of_many, &good[i]), 0);
    for (int i = 0; i < 200; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < 200; i++) assert_true(good[i]);
}

static void bad_addresses_are_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {"", "8080", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:x", "[::1]"};
    http_server *s = NULL;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct http_options options = {.listen = str_z(wrong[i]), .handler = handle};
        assert_int_equal(http_server_start(&options, &s), ERR_INVALID);
    }
    char taken[32];
    snprintf(taken, sizeof taken, "127.0.0.1:%d", port);
    struct http_options options = {.listen = str_z(taken), .handler = handle};
    assert_int_equal(http_server_start(&options, &s), ERR_IO);
    assert_null(s);
    assert_non_null(strstr(err_text(), taken));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_a_get),
        cmocka_unit_test(head_has_no_body),
        cmocka_unit_test(pipelined_requests_keep_their_order),
        cmocka_unit_test(bodies_come_whole),
        cmocka_unit_test(too_large_is_413),
        cmocka_unit_test(a_broken_body_reaches_no_handler),
        cmocka_unit_test(bad_requests_are_400),
        cmocka_unit_test(forms_are_read),
        cmocka_unit_test(a_binary_file_comes_in),
        cmocka_unit_test(cookies_go_both_ways),
        cmocka_unit_test(nothing_is_injected),
        cmocka_unit_test(two_hundred_at_once),
        cmocka_unit_test(bad_addresses_are_refused),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
