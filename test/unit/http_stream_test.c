/* Event streams, and how a server stops. */
#include "http_client.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>

static http_server *server;
static int port;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static http_stream *streams[4096];
static int stream_count;
static bool gate_shut;
static int at_gate;

static void pass_gate(void) {
    pthread_mutex_lock(&lock);
    at_gate++;
    pthread_cond_broadcast(&changed);
    while (gate_shut) pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static void set_gate(bool shut) {
    pthread_mutex_lock(&lock);
    gate_shut = shut;
    at_gate = 0;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void wait_for(const int *count, int n) {
    pthread_mutex_lock(&lock);
    while (*count < n) pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static void handle(void *context, struct http_request *q, struct http_response *r) {
    (void)context;
    if (str_eq(q->path, S("/events"))) {
        r->stream = http_stream_new(server);
        http_header_add(q, r, S("X-Extra"), S("yes"));
        http_stream_send(r->stream, S("hello"), http_query(q, S("say")));
        pthread_mutex_lock(&lock);
        streams[stream_count++] = http_stream_ref(r->stream);
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
        return;
    }
    if (str_eq(q->path, S("/gate"))) pass_gate();
    if (str_eq(q->path, S("/slow"))) rest_ms(5);
    buf_add(&r->body, S("done"));
}

static int start_with(int workers, int header_ms, int idle_ms) {
    struct http_options options = {.listen = S("127.0.0.1:0"),
                                   .workers = workers,
                                   .handler = handle,
                                   .header_time_ms = header_ms,
                                   .idle_time_ms = idle_ms,
                                   .heartbeat_ms = idle_ms ? 1000 : 0};
    if (http_server_start(&options, &server)) return -1;
    port = http_server_port(server);
    set_gate(false);
    return 0;
}

static int start(void **state) {
    (void)state;
    return start_with(4, 0, 0);
}

static int start_impatient(void **state) {
    (void)state;
    return start_with(1, 300, 600);
}

static void stop_server(void) {
    http_server_stop(server);
    server = NULL;
    for (int i = 0; i < stream_count; i++) {
        assert_true(http_stream_gone(streams[i]));
        assert_false(http_stream_send(streams[i], S(""), S("too late")));
        http_stream_unref(streams[i]);
    }
    stream_count = 0;
}

static int stop(void **state) {
    (void)state;
    set_gate(false);
    if (server) stop_server();
    return 0;
}

/* Reads until `want` has come; the text so far is kept in `so_far`. */
static void hear_text(int fd, char *so_far, size_t cap, const char *want) {
    size_t n = strlen(so_far);
    while (!strstr(so_far, want)) {
        ssize_t more = recv(fd, so_far + n, cap - 1 - n, 0);
        if (more <= 0) fail_msg("ended before \"%s\": %s", want, so_far);
        n += (size_t)more;
        so_far[n] = 0;
    }
}

static int open_stream(const char *say, char *so_far, size_t cap) {
    int fd = dial(port), before = stream_count;
    assert_true(fd >= 0);
    char request[200];
    snprintf(request, sizeof request, "GET /events?say=%s HTTP/1.1\r\nHost: x\r\n\r\n", say);
    say_z(fd, request);
    wait_for(&stream_count, before + 1);
    so_far[0] = 0;
    hear_text(fd, so_far, cap, "\r\n\r\n");
    return fd;
}

static bool gone_within(http_stream *st, int ms) {
    for (; ms > 0 && !http_stream_gone(st); ms -= 10) rest_ms(10);
    return http_stream_gone(st);
}

static void events_arrive(void **state) {
    (void)state;
    char text[4096];
    int fd = open_stream("first", text, sizeof text);
    hear_text(fd, text, sizeof text, "event: hello\ndata: first\n\n");
    assert_non_null(strstr(text, "HTTP/1.1 200 OK\r\n"));
    assert_non_null(strstr(text, "Content-Type: text/event-stream\r\n"));
    assert_non_null(strstr(text, "Cache-Control: no-store\r\n"));
    assert_non_null(strstr(text, "X-Accel-Buffering: no\r\n"));
    assert_non_null(strstr(text, "X-Extra: yes\r\n"));
    int64_t before = clock_monotonic_ms();
    assert_true(http_stream_send(streams[0], S("ev\r\nil"), S("a\nb\r\nc\rd\n")));
    hear_text(fd, text, sizeof text, "event: evil\ndata: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
    assert_true(http_stream_send(streams[0], S(""), S("")));
    hear_text(fd, text, sizeof text, "\n\ndata: \n\n");
    assert_in_range(clock_monotonic_ms() - before, 0, 500);
    http_stream_end(streams[0]);
    assert_true(hears_end(fd));
    assert_true(gone_within(streams[0], 2000));
    close(fd);
}

static void a_reader_that_leaves_is_noticed(void **state) {
    (void)state;
    char text[4096];
    int fd = open_stream("x", text, sizeof text);
    assert_true(http_stream_send(streams[0], S(""), S("y")));
    close(fd);
    assert_true(gone_within(streams[0], 2000));
    assert_false(http_stream_send(streams[0], S(""), S("z")));
    fd = open_stream("x", text, sizeof text);
    struct linger at_once = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd); /* a reset */
    assert_true(gone_within(streams[1], 2000));
}

static void a_reader_that_sleeps_is_dropped(void **state) {
    (void)state;
    char text[4096];
    static char block[8192];
    memset(block, 'x', sizeof block);
    int fd = open_stream("x", text, sizeof text);
    int sent = 0;
    while (http_stream_send(streams[0], S(""), (str){block, sizeof block})) assert_true(++sent < 10000);
    assert_true(sent > 30); /* 256 KiB and what the system holds */
    assert_true(gone_within(streams[0], 2000));
    close(fd);
    fd = open_stream("x", text, sizeof text);
    static char huge[400 * 1024];
    memset(huge, 'x', sizeof huge);
    assert_false(http_stream_send(streams[1], S(""), (str){huge, sizeof huge}));
    close(fd);
}

static void every_event_comes_in_order(void **state) {
    (void)state;
    char text[4096];
    int fd = open_stream("x", text, sizeof text);
    int64_t next = 0;
    int sent = 0, total = 20000;
    static char line[1 << 16];
    size_t have = 0;
    while (next < total) {
        char number[16];
        for (int i = 0; i < 100 && sent < total; i++, sent++) {
            snprintf(number, sizeof number, "%d", sent);
            assert_true(http_stream_send(streams[0], S("n"), str_z(number)));
        }
        ssize_t n = recv(fd, line + have, sizeof line - have, sent < total ? MSG_DONTWAIT : 0);
        if (n < 0 && sent < total) continue;
        assert_true(n > 0);
        str rest = {line, have + (size_t)n};
        for (size_t end; (end = str_find(rest, S("\n\n"), 0)) != SIZE_MAX;) {
            size_t at = str_find(rest, S("event: n\ndata: "), 0);
            int64_t v;
            if (at < end) {
                assert_true(str_to_int(str_slice(rest, at + 15, end), &v));
                assert_int_equal(v, next++);
            }
            rest = str_slice(rest, end + 2, rest.n);
        }
        memmove(line, rest.p, rest.n);
        have = rest.n;
    }
    close(fd);
}

static void idle_streams_are_kept_alive(void **state) {
    (void)state;
    char text[4096];
    int fd = open_stream("x", text, sizeof text);
    hear_text(fd, text, sizeof text, "data: x\n\n: still here\n\n");
    hear_text(fd, text, sizeof text, ": still here\n\n: still here\n\n");
    close(fd);
}

static void head_and_old_clients(void **state) {
    (void)state;
    int fd = dial(port);
    say_z(fd, "HEAD /events HTTP/1.1\r\nHost: x\r\n\r\n");
    struct answer r = hear_one(fd, true);
    assert_int_equal(r.status, 200);
    free(r.whole);
    assert_true(gone_within(streams[0], 2000));
    close(fd);
    fd = dial(port);
    say_z(fd, "GET /events?say=old HTTP/1.0\r\n\r\n");
    char text[4096] = "";
    hear_text(fd, text, sizeof text, "data: old\n\n");
    close(fd);
}

static void thousands_idle(void **state) {
    (void)state;
    enum { MANY = 4000 };
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < 3 * MANY + 100) skip();
    int *fds = calloc(MANY, sizeof *fds);
    char text[4096];
    for (int i = 0; i < MANY; i++) fds[i] = open_stream("x", text, sizeof text);
    for (int i = 0; i < MANY; i++) assert_true(http_stream_send(streams[i], S("all"), S("now")));
    for (int i = 0; i < MANY; i++) {
        text[0] = 0;
        hear_text(fds[i], text, sizeof text, "event: all\ndata: now\n\n");
    }
    assert_answer(port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 200, "done"); /* they hold no worker */
    int64_t before = clock_monotonic_ms();
    stop_server();
    assert_in_range(clock_monotonic_ms() - before, 0, 3000);
    for (int i = 0; i < MANY; i++) {
        assert_true(hears_end(fds[i]));
        close(fds[i]);
    }
    free(fds);
}

static void *stop_thread(void *context) {
    (void)context;
    http_server_stop(server);
    return NULL;
}

static void stopping_lets_running_requests_finish(void **state) {
    (void)state;
    set_gate(true);
    int fds[10], idle = dial(port); /* 4 run, 6 wait in line */
    for (int i = 0; i < 10; i++) {
        fds[i] = dial(port);
        say_z(fds[i], "GET /gate HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    wait_for(&at_gate, 4);
    pthread_t thread;
    pthread_create(&thread, NULL, stop_thread, NULL);
    int refused = -1;
    for (int i = 0; i < 200 && (refused = dial(port)) >= 0; i++) {
        close(refused);
        rest_ms(10);
    }
    assert_int_equal(refused, -1);
    set_gate(false);
    for (int i = 0; i < 10; i++) {
        struct answer r = hear(fds[i]);
        assert_int_equal(r.status, 200);
        assert_string_equal(r.body, "done");
        assert_string_equal(answer_header(&r, "Connection"), "close");
        free(r.whole);
        assert_true(hears_end(fds[i]));
        close(fds[i]);
    }
    pthread_join(thread, NULL);
    server = NULL;
    assert_true(hears_end(idle));
    close(idle);
}

static atomic_bool over;
static atomic_int complete, torn;

static void *hammer(void *context) {
    (void)context;
    while (!atomic_load(&over)) {
        int fd = dial(port);
        if (fd < 0) break;
        for (int i = 0; i < 20; i++) {
            if (!say(fd, S("POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"))) break;
            struct answer r = hear(fd);
            if (!r.whole) break;
            bool whole = r.status == 200 && r.body_n == 4;
            /* Whoever still stood in line when the server's patience ended is told so. */
            bool told = r.status == 503 && strstr(r.body, "stopping");
            atomic_fetch_add(whole || told ? &complete : &torn, 1);
            free(r.whole);
        }
        close(fd);
    }
    return NULL;
}

static void *watch_events(void *context) {
    (void)context;
    int fd = dial(port);
    if (fd < 0) return NULL;
    say(fd, S("GET /events?say=x HTTP/1.1\r\nHost: x\r\n\r\n"));
    char waste[4096];
    while (recv(fd, waste, sizeof waste, 0) > 0) continue;
    close(fd);
    return NULL;
}

static void stops_under_load(void **state) {
    (void)state;
    for (int round = 0; round < 5; round++) {
        if (!server) assert_int_equal(start_with(4, 0, 0), 0);
        atomic_store(&over, false);
        pthread_t threads[24], watchers[8];
        for (int i = 0; i < 8; i++) pthread_create(&watchers[i], NULL, watch_events, NULL);
        for (int i = 0; i < 24; i++) pthread_create(&threads[i], NULL, hammer, NULL);
        rest_ms(100 + round * 37);
        int64_t before = clock_monotonic_ms();
        pthread_mutex_lock(&lock);
        for (int i = 0; i < stream_count; i++) http_stream_send(streams[i], S("bye"), S("soon"));
        pthread_mutex_unlock(&lock);
        http_server_stop(server);
        server = NULL;
        assert_in_range(clock_monotonic_ms() - before, 0, 5000);
        atomic_store(&over, true);
        for (int i = 0; i < 24; i++) pthread_join(threads[i], NULL);
        for (int i = 0; i < 8; i++) pthread_join(watchers[i], NULL);
        stop_server();
    }
    assert_true(atomic_load(&complete) > 100);
    assert_int_equal(atomic_load(&torn), 0);
}

static void a_full_line_is_503(void **state) {
    (void)state;
    enum { MANY = 1100, LINE = 1000 };
    set_gate(true);
    static int fds[MANY];
    for (int i = 0; i < MANY; i++) {
        fds[i] = dial(port);
        assert_true(fds[i] >= 0);
        say_z(fds[i], "GET /gate HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    int refused = 0, served = 0;
    struct pollfd ready[MANY];
    for (int i = 0; i < MANY; i++) ready[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    int64_t until = clock_monotonic_ms() + 5000;
    while (refused < MANY - LINE - 4 && clock_monotonic_ms() < until) {
        poll(ready, MANY, 100);
        for (int i = 0; i < MANY; i++) {
            if (ready[i].fd < 0 || !(ready[i].revents & POLLIN)) continue;
            struct answer r = hear(fds[i]);
            assert_int_equal(r.status, 503);
            assert_string_equal(answer_header(&r, "Retry-After"), "1");
            free(r.whole);
            ready[i].fd = -1;
            refused++;
        }
    }
    assert_int_equal(refused, MANY - LINE - 4);
    set_gate(false);
    for (int i = 0; i < MANY; i++) {
        if (ready[i].fd >= 0) {
            struct answer r = hear(fds[i]);
            assert_int_equal(r.status, 200);
            free(r.whole);
            served++;
        }
        close(fds[i]);
    }
    assert_int_equal(served, LINE + 4);
}

static void the_slow_are_dropped(void **state) {
    (void)state;
    /* A byte now and then does not keep a header alive. */
    int fd = dial(port), ended = 0;
    say(fd, S("GET / HTTP/1.1\r\nHost: "));
    for (int i = 0; i < 60 && !ended; i++) {
        rest_ms(50);
        char c;
        ended = !say(fd, S("x")) || recv(fd, &c, 1, MSG_DONTWAIT) == 0;
    }
    assert_true(ended);
    close(fd);
    fd = dial(port);
    assert_true(hears_end(fd)); /* said nothing at all */
    close(fd);
    fd = dial(port);
    say_z(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    struct answer r = hear(fd);
    assert_int_equal(r.status, 200);
    free(r.whole);
    assert_true(hears_end(fd)); /* kept, and not used again */
    close(fd);
    fd = dial(port);
    say_z(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
    for (int i = ended = 0; i < 60 && !ended; i++) {
        rest_ms(50);
        char c;
        ended = !say(fd, S("x")) || recv(fd, &c, 1, MSG_DONTWAIT) == 0;
    }
    assert_true(ended); /* a body must come at a fair rate */
    close(fd);
    /* A slow answer is not a slow client. */
    set_gate(true);
    fd = dial(port);
    say_z(fd, "GET /gate HTTP/1.1\r\nHost: x\r\n\r\n");
    rest_ms(2200);
    set_gate(false);
    r = hear(fd);
    assert_int_equal(r.status, 200);
    free(r.whole);
    close(fd);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH(events_arrive),
        WITH(a_reader_that_leaves_is_noticed),
        WITH(a_reader_that_sleeps_is_dropped),
        WITH(every_event_comes_in_order),
        WITH(head_and_old_clients),
        WITH(thousands_idle),
        WITH(stopping_lets_running_requests_finish),
        WITH(stops_under_load),
        WITH(a_full_line_is_503),
        cmocka_unit_test_setup_teardown(idle_streams_are_kept_alive, start_impatient, stop),
        cmocka_unit_test_setup_teardown(the_slow_are_dropped, start_impatient, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
