/* Sending, against a server that goes wrong in every way on purpose. It runs in this process and speaks
 * over real TCP; story tests send through Postfix. */
#include "mail/send.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"

/* What the server does at each step; NULL is the ordinary answer, "" closes, "hang" says nothing more. */
struct script {
    const char *greeting, *hello, *auth, *mail, *rcpt, *data, *dot, *again; /* again: the second MAIL */
    bool slowly;                                                            /* answers byte by byte */
    bool no_bye;                                                            /* says nothing to QUIT */
};

#define TOKEN "dXNlcj1kZXNrAWF1dGg9QmVhcmVyIHRvawEB\r\n" /* user=desk 01 auth=Bearer tok 01 01 */
#define CREDENTIALS "AGRlc2sAc2VjcmV0\r\n"               /* NUL desk NUL secret, in base64 */

struct server {
    int fd, port;
    pthread_t thread;
    struct script script;
    atomic_int connections, dots, commands;
    atomic_bool saw_dot, stop, waited; /* waited: ten seconds passed after QUIT, and they were still there */
    pthread_mutex_t lock;
    buf letter; /* as it came, dots stuffed, without the final dot */
    buf talk;   /* the commands */
};

struct input {
    buf bytes;
    size_t at; /* read up to here */
};

static bool line_in(struct server *s, int fd, struct input *i, str *ret_line) {
    buf *in = &i->bytes;
    for (;;) {
        size_t end = str_find(buf_str(in), S("\r\n"), i->at);
        if (end != SIZE_MAX) {
            *ret_line = str_slice(buf_str(in), i->at, end + 2);
            i->at = end + 2;
            return true;
        }
        buf_drop_front(in, i->at);
        i->at = 0;
        struct pollfd at = {fd, POLLIN, 0};
        while (poll(&at, 1, 20) == 0)
            if (atomic_load(&s->stop)) return false;
        char *room = buf_room(in, 65536);
        ssize_t n = recv(fd, room, 65536, 0);
        if (n <= 0) return false;
        buf_grew(in, (size_t)n);
    }
}

/* False when the connection is to end. */
static bool answer(struct server *s, int fd, const char *scripted, const char *usual) {
    const char *text = scripted ? scripted : usual;
    if (strcmp(text, "hang") == 0) {
        while (!atomic_load(&s->stop)) usleep(5000);
        return false;
    }
    for (size_t i = 0, n = strlen(text); s->script.slowly && i < n; i++) {
        send(fd, text + i, 1, MSG_NOSIGNAL);
        usleep(500);
    }
    if (!s->script.slowly) send(fd, text, strlen(text), MSG_NOSIGNAL);
    /* An answer that is not whole is the last thing said. */
    return strlen(text) > 2 && strcmp(text + strlen(text) - 2, "\r\n") == 0 && strncmp(text, "421", 3) != 0;
}

static bool letter_in(struct server *s, int fd, struct input *in) {
    str line;
    pthread_mutex_lock(&s->lock);
    buf_clear(&s->letter);
    pthread_mutex_unlock(&s->lock);
    while (line_in(s, fd, in, &line)) {
        if (str_eq(line, S(".\r\n"))) {
            atomic_store(&s->saw_dot, true);
            atomic_fetch_add(&s->dots, 1);
            return answer(s, fd, s->script.dot, "250 2.0.0 Queued as 1\r\n");
        }
        pthread_mutex_lock(&s->lock);
        buf_add(&s->letter, line);
        pthread_mutex_unlock(&s->lock);
    }
    return false;
}

static void converse(struct server *s, int fd) {
    struct input in = {BUF_MAX(64 << 20), 0};
    str line;
    int mails = 0;
    bool open = answer(s, fd, s->script.greeting, "220 server.test ESMTP\r\n");
    while (open && line_in(s, fd, &in, &line)) {
        str said = line;
        pthread_mutex_lock(&s->lock);
        buf_add(&s->talk, said);
        pthread_mutex_unlock(&s->lock);
        atomic_fetch_add(&s->commands, 1);
        if (str_starts(said, S("EHLO")))
            open =
                answer(s, fd, s->script.hello, "250-server.test\r\n250-SIZE 100000000\r\n250 SMTPUTF8\r\n");
        else if (str_starts(said, S("AUTH")))
            open = answer(s, fd, NULL, "334 \r\n") && line_in(s, fd, &in, &line) &&
                   answer(s, fd,
                          str_eq(line, S(CREDENTIALS)) || str_eq(line, S(TOKEN)) ? s->script.auth
                                                                                 : "535 Not so\r\n",
                          "235 2.7.0 Welcome\r\n");
        else if (str_starts(said, S("MAIL")))
            open = answer(s, fd, mails++ && s->script.again ? s->script.again : s->script.mail,
                          "250 2.1.0 Ok\r\n");
        else if (str_starts(said, S("RCPT")))
            open = answer(s, fd, s->script.rcpt, "250 2.1.5 Ok\r\n");
        else if (str_starts(said, S("DATA")))
            open = answer(s, fd, s->script.data, "354 Go\r\n") &&
                   (s->script.data ? true : letter_in(s, fd, &in));
        else if (str_starts(said, S("QUIT")) && s->script.no_bye) {
            struct pollfd at = {fd, POLLRDHUP, 0};
            atomic_store(&s->waited, poll(&at, 1, 10000) == 0);
            open = false;
        } else if (str_starts(said, S("QUIT")))
            open = false;
        else
            open = answer(s, fd, NULL, "502 5.5.1 What?\r\n");
    }
    buf_free(&in.bytes);
}

static void *run_server(void *argument) {
    struct server *s = argument;
    while (!atomic_load(&s->stop)) {
        struct pollfd at = {s->fd, POLLIN, 0};
        if (poll(&at, 1, 20) <= 0) continue;
        int fd = accept(s->fd, NULL, NULL);
        if (fd < 0) continue;
        atomic_fetch_add(&s->connections, 1);
        converse(s, fd);
        close(fd);
    }
    return NULL;
}

static struct server *server_new(struct script script) {
    struct server *s = calloc(1, sizeof *s);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    s->script = script;
    pthread_mutex_init(&s->lock, NULL);
    s->letter = s->talk = BUF_MAX(64 << 20);
    s->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(s->fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(s->fd, 10), 0);
    assert_int_equal(getsockname(s->fd, (struct sockaddr *)&at, &n), 0);
    s->port = ntohs(at.sin_port);
    pthread_create(&s->thread, NULL, run_server, s);
    return s;
}

static void server_end(struct server *s) {
    smtp_thread_end();
    atomic_store(&s->stop, true);
    pthread_join(s->thread, NULL);
    close(s->fd);
    buf_free(&s->letter);
    buf_free(&s->talk);
    free(s);
}

/* --- The side that sends --- */

struct witness {
    struct server *server;
    size_t letter_bytes; /* what must have arrived when before_dot runs */
    int asked;
    err answer;
};

/* The promise itself: all of the letter is at the server, its end is not, however long we wait here. */
static err before_dot(void *context) {
    struct witness *w = context;
    w->asked++;
    for (int i = 0; i < 100; i++) {
        assert_false(atomic_load(&w->server->saw_dot));
        pthread_mutex_lock(&w->server->lock);
        bool whole = w->server->letter.n >= w->letter_bytes;
        pthread_mutex_unlock(&w->server->lock);
        if (whole) break;
        usleep(2000);
    }
    usleep(5000);
    assert_false(atomic_load(&w->server->saw_dot));
    return w->answer ? err_set(w->answer, "The disk is full.") : ERR_NONE;
}

static struct smtp_options options_for(struct server *s) {
    return (struct smtp_options){
        .host = S("127.0.0.1"), .port = s->port, .tls = SMTP_TLS_NEVER, .timeout_seconds = 30};
}

#define LETTER S("Subject: x\r\n\r\nDear Luka\r\n")

struct result {
    send_result result;
    char says[600];
    int dots, connections, asked;
};

static bool hangs(const char *answer) { return answer && strcmp(answer, "hang") == 0; }

static struct result send_with(struct script script, struct smtp_options *change, err dot_answer) {
    ARENA_AUTO arena *a = arena_new(0);
    struct server *s = server_new(script);
    struct smtp_options o = options_for(s);
    if (hangs(script.mail) || hangs(script.dot)) o.timeout_seconds = 1;
    if (change) {
        o.tls = change->tls;
        o.user = change->user;
        o.password = change->password;
    }
    struct witness w = {s, 0, 0, dot_answer};
    struct send_report report = {.result = (send_result)-1};
    assert_int_equal(
        smtp_send(a, &o, S("desk@shop.test"), S("luka@home.test"), LETTER, before_dot, &w, &report), 0);
    struct result r = {.result = report.result, .asked = w.asked};
    snprintf(r.says, sizeof r.says, "%.*s", STR_FMT(report.says));
    server_end(s);
    return r;
}

static void check(struct script script, send_result want, const char *says, int asked) {
    struct result r = send_with(script, NULL, ERR_NONE);
    if (r.result != want || !strstr(r.says, says) || r.asked != asked)
        fail_msg("result %d not %d, asked %d not %d, says: %s", r.result, want, r.asked, asked, r.says);
}

static void every_fault(void **state) {
    (void)state;
    check((struct script){0}, SEND_ACCEPTED, "250 2.0.0 Queued as 1", 1);
    check((struct script){.slowly = true, .dot = "250-2.0.0 Many\r\n250 2.0.0 Words\r\n"}, SEND_ACCEPTED,
          "250 2.0.0 Words", 1);
    check((struct script){.dot = "251 Odd\r\n"}, SEND_ACCEPTED, "251 Odd", 1);
    /* Refused, at every stage, by the server's own words. */
    check((struct script){.greeting = "554 5.7.1 Not you\r\n"}, SEND_REFUSED, "554 5.7.1 Not you", 0);
    check((struct script){.mail = "550-5.7.1 No\r\n550 5.7.1 Bad sender\r\n"}, SEND_REFUSED,
          "550 5.7.1 Bad sender", 0);
    check((struct script){.rcpt = "550 5.1.1 Nobody\r\n"}, SEND_REFUSED, "550 5.1.1 Nobody", 0);
    check((struct script){.data = "554 5.5.1 None\r\n"}, SEND_REFUSED, "554 5.5.1 None", 0);
    check((struct script){.dot = "554 5.6.0 Spam\r\n"}, SEND_REFUSED, "554 5.6.0 Spam", 1);
    check((struct script){.dot = "554-5.6.0 Spam\r\n554"}, SEND_REFUSED, "554-5.6.0 Spam", 1);
    /* Later. */
    check((struct script){.greeting = "421 4.3.2 Busy\r\n"}, SEND_LATER, "421 4.3.2 Busy", 0);
    check((struct script){.mail = "451 4.3.0 Disk\r\n"}, SEND_LATER, "451 4.3.0 Disk", 0);
    check((struct script){.rcpt = "450 4.2.0 Grey\r\n"}, SEND_LATER, "450 4.2.0 Grey", 0);
    check((struct script){.data = "452 4.3.1 Full\r\n"}, SEND_LATER, "452 4.3.1 Full", 0);
    check((struct script){.dot = "451 4.7.1 Again\r\n"}, SEND_LATER, "451 4.7.1 Again", 1);
    /* Broken off or silent before the dot. */
    check((struct script){.greeting = ""}, SEND_LATER, "could not take the letter", 0);
    check((struct script){.rcpt = ""}, SEND_LATER, "could not take the letter", 0);
    check((struct script){.mail = "hang"}, SEND_LATER, "could not take the letter", 0);
    check((struct script){.data = "25"}, SEND_LATER, "could not take the letter", 0);
    /* Broken off or silent after the dot. */
    check((struct script){.dot = ""}, SEND_UNCERTAIN, "no answer came", 1);
    check((struct script){.dot = "hang"}, SEND_UNCERTAIN, "no answer came", 1);
    check((struct script){.dot = "25"}, SEND_UNCERTAIN, "no answer came", 1);
    check((struct script){.dot = "250-2.0.0 Queued\r\n250"}, SEND_UNCERTAIN, "no answer came", 1);
    check((struct script){.dot = "354 What?\r\n"}, SEND_UNCERTAIN, "354 What?", 1);
}

static void dot_is_held_back(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    struct server *s = server_new((struct script){0});
    struct smtp_options o = options_for(s);
    struct witness w = {s, LETTER.n, 0, ERR_FULL};
    struct send_report report;
    assert_int_equal(smtp_send(a, &o, S("d@s.test"), S("l@h.test"), LETTER, before_dot, &w, &report), 0);
    assert_int_equal(report.result, SEND_LATER);
    assert_true(str_eq(report.says, S("The letter was not sent: The disk is full.")));
    assert_int_equal(w.asked, 1);
    w.answer = ERR_NONE;
    assert_int_equal(smtp_send(a, &o, S("d@s.test"), S("l@h.test"), LETTER, before_dot, &w, &report), 0);
    assert_int_equal(report.result, SEND_ACCEPTED);
    assert_int_equal(atomic_load(&s->dots), 1);
    /* Without a witness it is sent as well. */
    assert_int_equal(smtp_send(a, &o, S("d@s.test"), S("l@h.test"), LETTER, NULL, NULL, &report), 0);
    assert_int_equal(report.result, SEND_ACCEPTED);
    server_end(s);
}

/* A server that closes while a large letter is on its way, before any dot. */
static void broken_in_the_middle(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    struct server *s = server_new((struct script){.data = "354 Go\r\n"}); /* reads the letter as commands */
    struct smtp_options o = options_for(s);
    buf large = BUF_MAX(64 << 20);
    while (large.n < 8 << 20) buf_add(&large, S("QUIT\r\n"));
    struct witness w = {s, 0, 0, ERR_NONE};
    struct send_report report;
    assert_int_equal(smtp_send(a, &o, S("d@s.test"), S("l@h.test"), buf_str(&large), before_dot, &w, &report),
                     0);
    assert_int_equal(report.result, SEND_LATER);
    assert_int_equal(w.asked, 0);
    buf_free(&large);
    server_end(s);
}

static str stuffed(arena *a, str letter) {
    buf out = BUF_MAX(letter.n * 2 + 10);
    for (size_t i = 0; i < letter.n; i++) {
        if (letter.p[i] == '.' && (i == 0 || (i >= 2 && letter.p[i - 1] == '\n' && letter.p[i - 2] == '\r')))
            buf_add_char(&out, '.');
        buf_add_char(&out, letter.p[i]);
    }
    if (!str_ends(letter, S("\r\n"))) buf_add(&out, S("\r\n"));
    str copy = str_copy(a, buf_str(&out));
    buf_free(&out);
    return copy;
}

/* Letters of dots and line ends, short ones and ones that pass libcurl's buffer, arrive as they are, over
 * one connection; before_dot always stands between the last byte and the dot. */
static void bytes_arrive(void **state) {
    (void)state;
    struct server *s = server_new((struct script){0});
    struct smtp_options o = options_for(s);
    static const char *const pieces[] = {".",       "\r\n", "\r\n.",  "a",         "\r\n.\r\n",
                                         "\r\r\n.", "..",   "\r\n..", "Dear Luka", "\r\n.\r\n."};
    unsigned seed = 7;
    for (int i = 0; i < 120; i++) {
        ARENA_AUTO arena *a = arena_new(0);
        BUF_AUTO buf letter = BUF_MAX(1 << 20);
        size_t want =
            i % 10 == 9 ? 65536 * 3 + (size_t)(rand_r(&seed) % 100) : 1 + (size_t)(rand_r(&seed) % 60);
        while (letter.n < want) buf_add_z(&letter, pieces[rand_r(&seed) % 10]);
        if (i % 2 && !str_ends(buf_str(&letter), S("\r\n"))) buf_add(&letter, S("\r\n"));
        str wire = stuffed(a, buf_str(&letter));
        /* When the letter does not end with a line, libcurl adds one to the dot. */
        struct witness w = {s, str_ends(buf_str(&letter), S("\r\n")) ? wire.n : 0, 0, ERR_NONE};
        struct send_report report;
        atomic_store(&s->saw_dot, false);
        assert_int_equal(
            smtp_send(a, &o, S("d@s.test"), S("l@h.test"), buf_str(&letter), before_dot, &w, &report), 0);
        if (report.result != SEND_ACCEPTED) fail_msg("%.*s", STR_FMT(report.says));
        assert_int_equal(w.asked, 1);
        pthread_mutex_lock(&s->lock);
        assert_int_equal(s->letter.n, wire.n);
        assert_memory_equal(s->letter.p, wire.p, wire.n);
        pthread_mutex_unlock(&s->lock);
    }
    assert_int_equal(atomic_load(&s->dots), 120);
    assert_int_equal(atomic_load(&s->connections), 1);
    server_end(s);
}

/* The kept connection was closed by the server: nothing was said, so a new one is used at once. */
static void stale_connection(void **state) {
    (void)state;
    static const char *const again[] = {"", "421 4.4.2 Idle\r\n"};
    for (int i = 0; i < 2; i++) {
        ARENA_AUTO arena *a = arena_new(0);
        struct server *s = server_new((struct script){.again = again[i]});
        struct smtp_options o = options_for(s);
        struct send_report report;
        for (int n = 0; n < 2; n++) {
            struct witness w = {s, 0, 0, ERR_NONE};
            atomic_store(&s->saw_dot, false);
            assert_int_equal(smtp_send(a, &o, S("d@s.test"), S("l@h.test"), LETTER, before_dot, &w, &report),
                             0);
            if (report.result != SEND_ACCEPTED) fail_msg("%.*s", STR_FMT(report.says));
            assert_int_equal(w.asked, 1);
        }
        assert_int_equal(atomic_load(&s->connections), 2);
        assert_int_equal(atomic_load(&s->dots), 2);
        server_end(s);
    }
}

static bool was_said(struct server *s, const char *what) {
    pthread_mutex_lock(&s->lock);
    bool said = str_find(buf_str(&s->talk), str_z(what), 0) != SIZE_MAX;
    pthread_mutex_unlock(&s->lock);
    return said;
}

static void addresses(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    struct server *s = server_new((struct script){0});
    struct smtp_options o = options_for(s);
    o.helo = S("desk.shop.test");
    struct send_report report = {.result = SEND_UNCERTAIN};
    static const char *const wrong[] = {
        "", "a@b\r\nRCPT TO:<c@d>", "a@b\n", "a@b> NOTIFY=NEVER", "<a@b>", "\"a@b", "a\x7f@b", "\xff@b"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(smtp_send(a, &o, S(""), str_z(wrong[i]), LETTER, NULL, NULL, &report), ERR_INVALID);
        if (i)
            assert_int_equal(smtp_send(a, &o, str_z(wrong[i]), S("a@b"), LETTER, NULL, NULL, &report),
                             ERR_INVALID);
    }
    assert_int_equal(smtp_send(a, &o, S("a@b"), S("a@b\0c"), LETTER, NULL, NULL, &report), ERR_INVALID);
    static const char *const hosts[] = {"", "a/b", "a@b", "a\r\nb", "a b", "a?b", "a#b", "a%2fb"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct smtp_options bad = o;
        bad.host = str_z(hosts[i]);
        assert_int_equal(smtp_send(a, &bad, S(""), S("a@b"), LETTER, NULL, NULL, &report), ERR_INVALID);
    }
    assert_int_equal(report.result, SEND_UNCERTAIN);
    assert_int_equal(atomic_load(&s->commands), 0);
    assert_int_equal(smtp_send(a, &o, S(""), S("\"a b\"@c.test"), LETTER, NULL, NULL, &report), 0);
    assert_int_equal(report.result, SEND_ACCEPTED);
    assert_int_equal(smtp_send(a, &o, S("d@s.test"), S("änne@c.test"), LETTER, NULL, NULL, &report), 0);
    assert_int_equal(report.result, SEND_ACCEPTED);
    smtp_thread_end();
    assert_true(was_said(s, "EHLO desk.shop.test\r\n"));
    assert_true(was_said(s, "MAIL FROM:<> SIZE="));
    assert_true(was_said(s, "RCPT TO:<\"a b\"@c.test>\r\n"));
    assert_true(was_said(s, " SMTPUTF8\r\nRCPT TO:<änne@c.test>\r\n"));
    server_end(s);

    s = server_new((struct script){.hello = "250-server.test\r\n250 8BITMIME\r\n"});
    o = options_for(s);
    assert_int_equal(smtp_send(a, &o, S("d@s.test"), S("l@h.test"), LETTER, NULL, NULL, &report), 0);
    assert_int_equal(report.result, SEND_ACCEPTED);
    assert_int_equal(smtp_send(a, &o, S("d@s.test"), S("änne@c.test"), LETTER, NULL, NULL, &report), 0);
    assert_int_equal(report.result, SEND_REFUSED);
    assert_non_null(strstr(str_cstr(a, report.says), "SMTPUTF8"));
    assert_int_equal(atomic_load(&s->dots), 1);
    assert_false(was_said(s, "änne"));
    server_end(s);
}

static void signing_in(void **state) {
    (void)state;
    struct smtp_options o = {.tls = SMTP_TLS_NEVER, .user = S("desk"), .password = S("secret")};
    struct script script = {.hello = "250-server.test\r\n250 AUTH PLAIN LOGIN\r\n"};
    assert_int_equal(send_with(script, &o, ERR_NONE).result, SEND_ACCEPTED);
    script.auth = "535 5.7.8 Wrong password\r\n";
    struct result r = send_with(script, &o, ERR_NONE);
    assert_int_equal(r.result, SEND_REFUSED);
    assert_string_equal(r.says, "535 5.7.8 Wrong password");
    script.auth = "454 4.7.0 Later\r\n";
    assert_int_equal(send_with(script, &o, ERR_NONE).result, SEND_LATER);
    /* A server that does not offer it is not sent the letter without. */
    script = (struct script){0};
    r = send_with(script, &o, ERR_NONE);
    assert_int_equal(r.result, SEND_LATER);
    assert_int_equal(r.asked, 0);
    assert_non_null(strstr(r.says, "AUTH"));
}

/* Without STARTTLS, or with a broken one, nothing of the letter and no password is said. */
static void tls_is_required(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    static const char *const hello[] = {"250-server.test\r\n250 AUTH PLAIN\r\n",
                                        "250-server.test\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n",
                                        "502 5.5.1 What is EHLO?\r\n"};
    for (int i = 0; i < 3; i++) {
        struct server *s = server_new((struct script){.hello = hello[i]});
        struct smtp_options o = options_for(s);
        o.tls = SMTP_TLS_REQUIRED;
        o.user = S("desk");
        o.password = S("secret");
        struct witness w = {s, 0, 0, ERR_NONE};
        struct send_report report;
        assert_int_equal(smtp_send(a, &o, S("d@s.test"), S("l@h.test"), LETTER, before_dot, &w, &report), 0);
        assert_int_equal(report.result, i == 0 ? SEND_LATER : SEND_REFUSED);
        assert_int_equal(w.asked, 0);
        assert_false(was_said(s, "AUTH"));
        assert_false(was_said(s, "MAIL"));
        server_end(s);
    }
}

static void nobody_there(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    struct server *s = server_new((struct script){0});
    struct smtp_options o = options_for(s);
    server_end(s);
    struct send_report report;
    assert_int_equal(smtp_send(a, &o, S("d@s.test"), S("l@h.test"), LETTER, NULL, NULL, &report), 0);
    assert_int_equal(report.result, SEND_LATER);
    o.host = S("no-such-host.invalid");
    assert_int_equal(smtp_send(a, &o, S("d@s.test"), S("l@h.test"), LETTER, NULL, NULL, &report), 0);
    assert_int_equal(report.result, SEND_LATER);
    smtp_thread_end();
}

/* RFC 1870: what the server says it takes is asked for before a letter is begun. */
static void size_is_respected(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    struct server *s =
        server_new((struct script){.hello = "250-server.test\r\n250-SIZE 30\r\n250 SMTPUTF8\r\n"});
    struct smtp_options o = options_for(s);
    struct witness w = {s, 0, 0, ERR_NONE};
    struct send_report report;
    assert_int_equal(smtp_send(a, &o, S("d@s.test"), S("l@h.test"), S("Subject: x\r\n\r\nHi\r\n"), before_dot,
                               &w, &report),
                     0);
    assert_int_equal(report.result, SEND_ACCEPTED);
    assert_int_equal(smtp_send(a, &o, S("d@s.test"), S("l@h.test"),
                               S("Subject: x\r\n\r\nDear Luka, dear Gran\r\n"), before_dot, &w, &report),
                     0);
    assert_int_equal(report.result, SEND_REFUSED);
    assert_non_null(strstr(str_cstr(a, report.says), "takes letters of at most"));
    assert_int_equal(w.asked, 1);
    assert_int_equal(atomic_load(&s->dots), 1);
    server_end(s);
    check((struct script){.hello = "250-server.test\r\n250 SIZE\r\n"}, SEND_ACCEPTED, "250 2.0.0", 1);
    check((struct script){.hello = "250-server.test\r\n250 SIZE 0\r\n"}, SEND_ACCEPTED, "250 2.0.0", 1);
}

static void by_token(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    struct server *s = server_new((struct script){.hello = "250-server.test\r\n250 AUTH PLAIN XOAUTH2\r\n"});
    struct smtp_options o = options_for(s);
    struct send_report report;
    o.user = S("desk");
    o.bearer = S("tok");
    assert_int_equal(smtp_send(a, &o, S("d@s.test"), S("l@h.test"), LETTER, NULL, NULL, &report), 0);
    assert_int_equal(report.result, SEND_ACCEPTED);
    assert_true(was_said(s, "AUTH XOAUTH2"));
    o.bearer = S("old"); /* another connection, and not let in */
    assert_int_equal(smtp_send(a, &o, S("d@s.test"), S("l@h.test"), LETTER, NULL, NULL, &report), 0);
    assert_int_not_equal(report.result, SEND_ACCEPTED);
    assert_int_equal(atomic_load(&s->dots), 1);
    server_end(s);
}

/* Letters of two inboxes by turns: each relay's connection stays. */
static void a_connection_for_each_relay(void **state) {
    (void)state;
    struct server *s[2] = {server_new((struct script){0}), server_new((struct script){0})};
    for (int i = 0; i < 6; i++) {
        ARENA_AUTO arena *a = arena_new(0);
        struct smtp_options o = options_for(s[i % 2]);
        struct send_report report;
        assert_int_equal(smtp_send(a, &o, S("d@s.test"), S("l@h.test"), LETTER, NULL, NULL, &report), 0);
        assert_int_equal(report.result, SEND_ACCEPTED);
    }
    for (int i = 0; i < 2; i++) assert_int_equal(atomic_load(&s[i]->connections), 1);
    for (int i = 0; i < 2; i++) server_end(s[i]);
}

/* A server that says nothing to QUIT holds up nobody who wants to stop. */
static void silent_at_the_end(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    struct server *s = server_new((struct script){.no_bye = true});
    struct smtp_options o = options_for(s);
    struct send_report report;
    assert_int_equal(smtp_send(a, &o, S("d@s.test"), S("l@h.test"), LETTER, NULL, NULL, &report), 0);
    assert_int_equal(report.result, SEND_ACCEPTED);
    smtp_thread_end();
    while (!was_said(s, "QUIT")) usleep(1000);
    bool waited = atomic_load(&s->waited);
    server_end(s);
    assert_false(waited);
}

int main(void) {
    smtp_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault),          cmocka_unit_test(dot_is_held_back),
        cmocka_unit_test(broken_in_the_middle), cmocka_unit_test(bytes_arrive),
        cmocka_unit_test(stale_connection),     cmocka_unit_test(addresses),
        cmocka_unit_test(signing_in),           cmocka_unit_test(tls_is_required),
        cmocka_unit_test(nobody_there),         cmocka_unit_test(by_token),
        cmocka_unit_test(size_is_respected),    cmocka_unit_test(a_connection_for_each_relay),
        cmocka_unit_test(silent_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
