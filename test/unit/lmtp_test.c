/* The LMTP protocol without sockets, then the server over real ones. */
#include "mail/lmtp.h"

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

/* A desk that knows desk@x, busy@x, full@x and änne@x, and keeps letters in memory. */
struct desk {
    pthread_mutex_t lock;
    buf letters; /* "from|rcpt|data\n" each */
    int kept;
    int slow_ms;
    err keep_answer;
    const char *says;
};

static err on_recipient(void *context, str address) {
    (void)context;
    if (str_starts(address, S("busy@"))) return ERR_DATABASE;
    if (str_starts(address, S("full@"))) return ERR_FULL;
    if (str_starts(address, S("desk@")) || str_starts(address, S("änne@"))) return ERR_NONE;
    return ERR_MISSING;
}

static err on_keep(void *context, const struct lmtp_envelope *e, size_t index) {
    struct desk *d = context;
    if (d->slow_ms) usleep((useconds_t)d->slow_ms * 1000);
    if (d->keep_answer && index == 1) return d->keep_answer;
    pthread_mutex_lock(&d->lock);
    buf_add(&d->letters, e->mail_from);
    buf_add_char(&d->letters, '|');
    buf_add(&d->letters, e->rcpt.v[index]);
    buf_add_char(&d->letters, '|');
    buf_add(&d->letters, e->data);
    buf_add_char(&d->letters, '\n');
    d->kept++;
    pthread_mutex_unlock(&d->lock);
    if (d->says) buf_add_z(e->says, d->says);
    return ERR_NONE;
}

static struct desk desk_new(void) {
    struct desk d = {.lock = PTHREAD_MUTEX_INITIALIZER, .letters = BUF_MAX(64 << 20)};
    return d;
}

static struct lmtp_hooks hooks_of(struct desk *d) { return (struct lmtp_hooks){d, on_recipient, on_keep}; }

enum { TEST_MAX = 1000 };

/* Say `in` to a new session, whole and again byte by byte; both must give the same. Returns what was
 * answered; *ret_open is whether the connection stays open. */
static char *answers(struct desk *d, str in, bool *ret_open) {
    char *text[2];
    struct desk start = *d;
    for (int way = 0; way < 2; way++) {
        *d = start;
        d->letters = BUF_MAX(64 << 20);
        struct lmtp_hooks hooks = hooks_of(d);
        lmtp_session *s = lmtp_session_new(&hooks, S("desk.test"), TEST_MAX);
        buf out = BUF_MAX(1 << 20);
        bool open = true;
        size_t step = way == 0 ? in.n : 1;
        for (size_t i = 0; i < in.n && open; i += step) open = lmtp_feed(s, str_slice(in, i, i + step), &out);
        buf_add_char(&out, '\0');
        text[way] = out.p;
        *ret_open = open;
        lmtp_session_free(s);
        if (way == 0) start.letters = d->letters;
    }
    assert_string_equal(text[0], text[1]);
    assert_true(str_eq(buf_str(&start.letters), buf_str(&d->letters)));
    buf_free(&start.letters);
    free(text[1]);
    return text[0];
}

static void expect(struct desk *d, str in, const char *want, bool want_open) {
    bool open;
    char *got = answers(d, in, &open);
    assert_string_equal(got, want);
    assert_int_equal(open, want_open);
    free(got);
}

#define LHLO "LHLO mta.test\r\n"
#define LHLO_OK                                                                                              \
    "250-desk.test\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"         \
    "250-CHUNKING\r\n250 SIZE 1000\r\n"
#define MAIL "MAIL FROM:<a@b>\r\n"
#define MAIL_OK "250 2.1.0 Sender noted\r\n"
#define RCPT "RCPT TO:<desk@x>\r\n"
#define RCPT_OK "250 2.1.5 Recipient noted\r\n"
#define GO "354 End with CRLF . CRLF\r\n"
#define KEPT "250 2.0.0 Kept\r\n"
#define QUIT "QUIT\r\n"
#define BYE "221 2.0.0 Goodbye\r\n"

static void letter_is_kept(void **state) {
    (void)state;
    struct desk d = desk_new();
    expect(&d, S(LHLO MAIL RCPT "DATA\r\nSubject: x\r\n\r\n..dot\r\n.\r\n" QUIT),
           LHLO_OK MAIL_OK RCPT_OK GO KEPT BYE, false);
    assert_true(str_eq(buf_str(&d.letters), S("a@b|desk@x|Subject: x\r\n\r\n.dot\r\n\n")));
    buf_free(&d.letters);
}

static void one_answer_per_recipient(void **state) {
    (void)state;
    struct desk d = desk_new();
    expect(&d,
           S(LHLO "mail from: <> SIZE=10 BODY=8BITMIME SMTPUTF8\r\n" RCPT "RCPT TO:<nobody@x>\r\n"
                  "RCPT TO:<busy@x>\r\nRCPT TO:<full@x>\r\n" RCPT "RCPT TO:<änne@x>\r\nDATA\r\n.\r\n"),
           LHLO_OK MAIL_OK RCPT_OK
           "550 5.1.1 No such inbox here\r\n"
           "451 4.3.0 The desk cannot look the address up now; try again later\r\n"
           "452 4.3.1 No space left; try again later\r\n" RCPT_OK RCPT_OK GO KEPT KEPT KEPT,
           true);
    assert_true(str_eq(buf_str(&d.letters), S("|desk@x|\n|desk@x|\n|änne@x|\n")));
    buf_free(&d.letters);
    d.keep_answer = ERR_FULL;
    d.says = "conversation 7\r\n";
    expect(&d, S(LHLO MAIL RCPT RCPT "DATA\r\nx\r\n.\r\n"),
           LHLO_OK MAIL_OK RCPT_OK RCPT_OK GO
           "250 2.0.0 conversation 7  \r\n452 4.3.1 No space left; try again later\r\n",
           true);
    buf_free(&d.letters);
    d.keep_answer = ERR_LIMIT;
    expect(&d, S(LHLO MAIL RCPT RCPT "DATA\r\nx\r\n.\r\n"),
           LHLO_OK MAIL_OK RCPT_OK RCPT_OK GO
           "250 2.0.0 conversation 7  \r\n552 5.3.4 The letter is larger than this inbox takes\r\n",
           true);
    buf_free(&d.letters);
    d.keep_answer = ERR_DATABASE;
    expect(&d, S(LHLO MAIL RCPT RCPT "DATA\r\nx\r\n.\r\n"),
           LHLO_OK MAIL_OK RCPT_OK RCPT_OK GO
           "250 2.0.0 conversation 7  \r\n451 4.3.0 The desk cannot keep the letter now; try again later\r\n",
           true);
    buf_free(&d.letters);
}

static void order_of_commands(void **state) {
    (void)state;
    struct desk d = desk_new();
    expect(
        &d, S(MAIL RCPT "DATA\r\n" LHLO RCPT MAIL MAIL "DATA\r\nRCPT TO:<nobody@x>\r\nDATA\r\nRSET\r\n" RCPT),
        "503 5.5.1 Say LHLO first\r\n503 5.5.1 Say MAIL first\r\n503 5.5.1 Say MAIL and RCPT "
        "first\r\n" LHLO_OK "503 5.5.1 Say MAIL first\r\n" MAIL_OK "503 5.5.1 There is a sender already\r\n"
        "503 5.5.1 Say RCPT first\r\n550 5.1.1 No such inbox here\r\n503 5.5.1 No valid recipients\r\n"
        "250 2.0.0 Forgotten\r\n503 5.5.1 Say MAIL first\r\n",
        true);
    expect(
        &d, S("HELO x\r\nEHLO x\r\nLHLO\r\nNOOP x\r\nVRFY desk\r\nFOO\r\n\r\nNO\0OP\r\n" QUIT "NOOP\r\n"),
        "500 5.5.1 This is LMTP, not SMTP: say LHLO\r\n500 5.5.1 This is LMTP, not SMTP: say LHLO\r\n"
        "501 5.5.4 Say LHLO and your name\r\n250 2.0.0 Here\r\n252 2.0.0 Send a letter and see\r\n"
        "500 5.5.1 Unknown command\r\n500 5.5.1 Unknown command\r\n500 5.5.2 A command holds no NUL\r\n" BYE,
        false);
    /* LHLO in a transaction ends it. */
    expect(&d, S(LHLO MAIL LHLO RCPT), LHLO_OK MAIL_OK LHLO_OK "503 5.5.1 Say MAIL first\r\n", true);
    buf_free(&d.letters);
}

static void parameters(void **state) {
    (void)state;
    struct desk d = desk_new();
    static const struct {
        const char *say, *want;
    } cases[] = {
        {"MAIL FROM:<a@b> SIZE=1000", MAIL_OK},
        {"MAIL FROM:<a@b> SIZE=1001", "552 5.3.4 The letter is larger than this desk takes\r\n"},
        {"MAIL FROM:<a@b> SIZE=99999999999999999999",
         "552 5.3.4 The letter is larger than this desk takes\r\n"},
        {"MAIL FROM:<a@b> SIZE=-1", "501 5.5.4 SIZE needs a number\r\n"},
        {"MAIL FROM:<a@b> SIZE=", "501 5.5.4 SIZE needs a number\r\n"},
        {"MAIL FROM:<a@b> BODY=7BIT", MAIL_OK},
        {"MAIL FROM:<a@b> BODY=BINARYMIME", "501 5.5.4 BODY is 7BIT or 8BITMIME\r\n"},
        {"MAIL FROM:<a@b> RET=HDRS", "555 5.5.4 Unknown parameter\r\n"},
        {"MAIL FROM:<a@b> AUTH=<>", "555 5.5.4 Unknown parameter\r\n"},
        {"MAIL FROM:<a@b>SIZE=1", "501 5.1.7 Say MAIL FROM:<address>\r\n"},
        {"MAIL FROM:a@b", "501 5.1.7 Say MAIL FROM:<address>\r\n"},
        {"MAIL FROM:<a@b", "501 5.1.7 Say MAIL FROM:<address>\r\n"},
        {"MAIL FROM:<a b@c>", "501 5.1.7 Say MAIL FROM:<address>\r\n"},
        {"MAIL FROM:<\"a\\", "501 5.1.7 Say MAIL FROM:<address>\r\n"},
        {"MAIL FROM:<\"a b>\"@c>", MAIL_OK},
        {"MAIL FROM:<@r1,@r2:a@b>", MAIL_OK},
        {"MAIL FROM:<\xc3\xa4@b>", "553 5.6.7 This address needs SMTPUTF8\r\n"},
        {"MAIL FROM:<\xc3\xa4@b> SMTPUTF8", MAIL_OK},
        {"MAIL FROM:<\xff@b> SMTPUTF8", "501 5.1.7 Say MAIL FROM:<address>\r\n"},
        {"MAIL FROM:<a@b> SMTPUTF8=1", "555 5.5.4 Unknown parameter\r\n"},
        {"MAIL FROM:<a@b>\r\nRCPT TO:<desk@x> NOTIFY=NEVER", MAIL_OK "555 5.5.4 Unknown parameter\r\n"},
        {"MAIL FROM:<a@b>\r\nRCPT TO:<>", MAIL_OK "501 5.1.3 Say RCPT TO:<address>\r\n"},
        {"MAIL FROM:<a@b>\r\nRCPT TO:<\xc3\xa4nne@x>", MAIL_OK "553 5.6.7 This address needs SMTPUTF8\r\n"},
        {"MAIL FROM:<a@b>\r\nRCPT TO:<@r:desk@x>", MAIL_OK RCPT_OK},
        {"MAIL FROM:<a@b>\r\nRCPT TO:<desk@x>\r\nDATA now",
         MAIL_OK RCPT_OK "501 5.5.4 DATA stands alone\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char say[300], want[500];
        snprintf(say, sizeof say, LHLO "%s\r\n", cases[i].say);
        snprintf(want, sizeof want, LHLO_OK "%s", cases[i].want);
        expect(&d, str_z(say), want, true);
        buf_free(&d.letters);
    }
}

/* CVE-2023-51764: what one server takes for the end of a letter another does not. */
static void bare_line_ends(void **state) {
    (void)state;
    struct desk d = desk_new();
    static const char body[] = "a\n.\nb\r.\rc\r\n.\nd\n.\r\ne\r\n.\rf\r.\r\ng\r\n.\r\r\nh\0i\r\n..\r\n";
    BUF_AUTO buf in = BUF_MAX(1000);
    buf_add(&in, S(LHLO MAIL RCPT "DATA\r\n"));
    buf_add(&in, (str){body, sizeof body - 1});
    buf_add(&in, S(".\r\n" QUIT));
    expect(&d, buf_str(&in), LHLO_OK MAIL_OK RCPT_OK GO KEPT BYE, false);
    /* A dot after a true line end that does not end the letter is stuffing, and is dropped. */
    assert_true(str_eq(buf_str(&d.letters),
                       S("a@b|desk@x|a\n.\nb\r.\rc\r\n\nd\n.\r\ne\r\n\rf\r.\r\ng\r\n\r\r\nh\0i\r\n.\r\n\n")));
    buf_free(&d.letters);
    const char *no = LHLO_OK "500 5.5.2 A line ends with CR and LF, and neither stands alone\r\n";
    expect(&d, S(LHLO "NOOP\n" QUIT), no, false);
    expect(&d, S(LHLO "NOOP\rNOOP\r\n" QUIT), no, false);
    expect(&d, S(LHLO "NOOP\r\r\n" QUIT), no, false);
    expect(&d, S(LHLO "MAIL FROM:<a@b>\nRCPT TO:<desk@x>\r\n" QUIT), no, false);
}

static void limits(void **state) {
    (void)state;
    struct desk d = desk_new();
    BUF_AUTO buf in = BUF_MAX(1 << 20);
    char line[101];
    memset(line, 'x', 100);
    line[100] = '\0';
    /* Ten lines of 98 and CRLF are exactly the limit; one byte more is too much, and is said once for
     * each recipient after the end of the letter. */
    for (int over = 0; over < 2; over++) {
        buf_clear(&in);
        buf_add(&in, S(LHLO MAIL RCPT RCPT "DATA\r\n"));
        for (int i = 0; i < 10; i++) buf_add_fmt(&in, "%.98s\r\n", line);
        if (over) buf_add(&in, S("."));
        if (over) buf_add(&in, S(".\r\n"));
        buf_add(&in, S(".\r\n" QUIT));
        const char *no = "552 5.3.4 The letter is larger than this inbox takes\r\n";
        char want[1000];
        snprintf(want, sizeof want, LHLO_OK MAIL_OK RCPT_OK RCPT_OK GO "%s%s" BYE, over ? no : KEPT,
                 over ? no : KEPT);
        d.kept = 0;
        expect(&d, buf_str(&in), want, false);
        assert_int_equal(d.kept, over ? 0 : 2);
        buf_free(&d.letters);
    }
    /* A line of 4096 bytes is a line, one of 4097 is not. */
    for (int over = 0; over < 2; over++) {
        buf_clear(&in);
        buf_add(&in, S("NOOP "));
        for (int i = 0; i < 4091 + over; i++) buf_add_char(&in, 'x');
        buf_add(&in, S("\r\n"));
        expect(&d, buf_str(&in), over ? "500 5.5.2 The line is too long\r\n" : "250 2.0.0 Here\r\n", !over);
    }
    buf_clear(&in);
    BUF_AUTO buf want = BUF_MAX(1 << 20);
    for (int i = 0; i < 25; i++) buf_add(&in, S("HELP\r\n"));
    for (int i = 0; i < 19; i++) buf_add(&want, S("500 5.5.1 Unknown command\r\n"));
    buf_add(&want, (str){"421 4.7.0 Too many unknown commands\r\n", 38});
    expect(&d, buf_str(&in), want.p, false);
    buf_clear(&in);
    buf_clear(&want);
    buf_add(&in, S(LHLO MAIL));
    buf_add(&want, S(LHLO_OK MAIL_OK));
    for (int i = 0; i < 1001; i++) buf_add(&in, S(RCPT));
    for (int i = 0; i < 1000; i++) buf_add(&want, S(RCPT_OK));
    buf_add(&want, S("452 4.5.3 Too many recipients; send the others in a new transaction\r\n\0"));
    expect(&d, buf_str(&in), want.p, true);
}

static void chunks(void **state) {
    (void)state;
    struct desk d = desk_new();
    expect(&d,
           S(LHLO MAIL RCPT "BDAT 4\r\na\n.\n"
                            "DATA\r\n" RCPT "bdat 3 last\r\n\r\n." MAIL RCPT "BDAT 0 LAST\r\n" QUIT),
           LHLO_OK MAIL_OK RCPT_OK "250 2.0.0 Chunk noted\r\n503 5.5.1 Say MAIL and RCPT first\r\n"
                                   "503 5.5.1 Say MAIL first\r\n" KEPT MAIL_OK RCPT_OK KEPT BYE,
           false);
    assert_true(str_eq(buf_str(&d.letters), S("a@b|desk@x|a\n.\n\r\n.\na@b|desk@x|\n")));
    buf_free(&d.letters);
    /* Bytes of a chunk are never commands, wanted or not. */
    expect(&d, S(LHLO "BDAT 6 LAST\r\nQUIT\r\n" MAIL "BDAT 6\r\nQUIT\r\n" QUIT),
           LHLO_OK "503 5.5.1 Say MAIL and RCPT first\r\n" MAIL_OK
                   "503 5.5.1 Say MAIL and RCPT first\r\n" BYE,
           false);
    static const char *const wrong[] = {"BDAT", "BDAT x", "BDAT -1", "BDAT 5 LAST x",
                                        "BDAT 99999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char say[100];
        snprintf(say, sizeof say, "%s\r\nNOOP\r\n", wrong[i]);
        expect(&d, str_z(say), "501 5.5.4 BDAT needs a size\r\n", false);
    }
    BUF_AUTO buf in = BUF_MAX(1 << 20);
    buf_add(&in, S(LHLO MAIL RCPT "BDAT 1001\r\n"));
    for (int i = 0; i < 1001; i++) buf_add_char(&in, 'x');
    buf_add(&in, S("BDAT 1 LAST\r\nx" QUIT));
    const char *no = "552 5.3.4 The letter is larger than this inbox takes\r\n";
    char want[500];
    snprintf(want, sizeof want, LHLO_OK MAIL_OK RCPT_OK "%s%s" BYE, no, no);
    expect(&d, buf_str(&in), want, false);
    assert_int_equal(d.letters.n, 0);
}

/* --- Over sockets --- */

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

static lmtp_server *serve(struct desk *d, str listen, int connections) {
    struct lmtp_options o = {listen, S("desk.test"), 1 << 20, connections, hooks_of(d)};
    lmtp_server *s = NULL;
    err code = lmtp_server_start(&o, &s);
    if (code) fail_msg("%s", err_text());
    return s;
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

static void *stop_server(void *s) {
    lmtp_server_stop(s);
    return NULL;
}

static void stop_lets_letters_end(void **state) {
    (void)state;
    struct desk d = desk_new();
    d.slow_ms = 50;
    lmtp_server *s = serve(&d, S("127.0.0.1:0"), 0);
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
        cmocka_unit_test(letter_is_kept),
        cmocka_unit_test(one_answer_per_recipient),
        cmocka_unit_test(order_of_commands),
        cmocka_unit_test(parameters),
        cmocka_unit_test(bare_line_ends),
        cmocka_unit_test(limits),
        cmocka_unit_test(chunks),
        cmocka_unit_test(server_keeps_and_caps),
        cmocka_unit_test(server_closes_smugglers),
        cmocka_unit_test(stop_lets_letters_end),
        cmocka_unit_test(unix_socket_and_hand_over),
        cmocka_unit_test(addresses_to_listen_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
