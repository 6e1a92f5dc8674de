/* SMTP from a relay: the session without sockets, cut at every byte; who counts as a relay; and the
 * listener's door. TLS itself, and a real Postfix: test/story/relay.test.mjs. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "mail/relays.h"

#include "lmtp_kit.h"

enum { TEST_MAX = 1000, SEGMENTS = 4 };

#define EHLO "EHLO relay.test\r\n"
#define OFFER(tls)                                                                                           \
    "250-desk.test\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n" tls     \
    "250-CHUNKING\r\n250 SIZE 1000\r\n"
#define EHLO_OK OFFER("")
#define EHLO_TLS OFFER("250-STARTTLS\r\n")
#define BEGIN "220 2.0.0 Begin\r\n"
#define NOT_YET "530 5.7.0 Say STARTTLS first\r\n"
#define UNKNOWN "500 5.5.1 Unknown command\r\n"
#define FIRST "503 5.5.1 Say MAIL and RCPT first\r\n"

/* Say the segments to a new session, each in two pieces cut at `cut` (byte by byte for 0). A segment after
 * which the session waits for TLS ends with the handshake; the last one need not. */
static bool say(struct desk *d, lmtp_tls tls, const str *segments, size_t cut, buf *out) {
    struct lmtp_hooks hooks = hooks_of(d);
    lmtp_session *s = lmtp_session_new(&hooks, S("desk.test"), TEST_MAX);
    lmtp_session_smtp(s, tls);
    for (int i = 0; i < SEGMENTS && segments[i].n; i++) {
        str in = segments[i];
        if (cut) {
            lmtp_feed(s, str_slice(in, 0, cut), out);
            lmtp_feed(s, str_slice(in, cut < in.n ? cut : in.n, in.n), out);
        } else {
            for (size_t k = 0; k < in.n; k++) lmtp_feed(s, str_slice(in, k, k + 1), out);
        }
        if (lmtp_tls_awaited(s)) lmtp_tls_begun(s);
    }
    bool open = lmtp_open(s);
    lmtp_session_free(s);
    return open;
}

static void expect_all(lmtp_tls tls, const str *segments, const char *want, const char *letters,
                       bool want_open) {
    size_t longest = 0;
    for (int i = 0; i < SEGMENTS; i++)
        if (segments[i].n > longest) longest = segments[i].n;
    for (size_t cut = 0; cut <= longest; cut++) {
        struct desk d = desk_new();
        BUF_AUTO buf out = BUF_MAX(1 << 20);
        bool open = say(&d, tls, segments, cut, &out);
        buf_add_char(&out, '\0');
        assert_string_equal(out.p, want);
        buf_add_char(&d.letters, '\0');
        assert_string_equal(d.letters.p, letters);
        assert_int_equal(open, want_open);
        buf_free(&d.letters);
    }
}

static void expect(str in, const char *want, const char *letters) {
    expect_all(LMTP_TLS_NONE, (str[SEGMENTS]){in}, want, letters, true);
}

static void letters_are_kept(void **state) {
    (void)state;
    expect(S(EHLO MAIL RCPT "DATA\r\nSubject: x\r\n\r\n..dot\r\n.\r\nVRFY desk\r\n"),
           EHLO_OK MAIL_OK RCPT_OK GO KEPT "252 2.0.0 Send a letter and see\r\n",
           "a@b|desk@x|Subject: x\r\n\r\n.dot\r\n\n");
    expect(S("HELO relay.test\r\n" MAIL RCPT "BDAT 3\r\nabcBDAT 2 LAST\r\nd\nNOOP\r\n"),
           "250 desk.test\r\n" MAIL_OK RCPT_OK "250 2.0.0 Chunk noted\r\n" KEPT "250 2.0.0 Here\r\n",
           "a@b|desk@x|abcd\n\n");
    expect(S(MAIL LHLO "EHLO\r\n"),
           "503 5.5.1 Say EHLO first\r\n500 5.5.1 This is SMTP, not LMTP: say EHLO\r\n"
           "501 5.5.4 Say EHLO and your name\r\n",
           "");
    expect(S(EHLO "MAIL FROM:<a@b> SIZE=1001\r\n" MAIL RCPT "BDAT 1001 LAST\r\n"),
           EHLO_OK "552 5.3.4 The letter is larger than this desk takes\r\n" MAIL_OK RCPT_OK, "");
}

/* Nobody signs in, and nothing goes to other people. */
static void it_relays_nothing(void **state) {
    (void)state;
    expect(S(EHLO "AUTH PLAIN AGEAYg==\r\nETRN x\r\n" MAIL "RCPT TO:<milo@elsewhere.test>\r\n"
                  "RCPT TO:<@desk.test:milo@elsewhere.test>\r\nRCPT TO:<milo%elsewhere.test@x>\r\n"
                  "RCPT TO:<elsewhere.test!milo@x>\r\nRCPT TO:<>\r\nDATA\r\nRSET\r\n"),
           EHLO_OK UNKNOWN UNKNOWN MAIL_OK
           "550 5.1.1 No such inbox here\r\n550 5.1.1 No such inbox here\r\n550 5.1.1 No such inbox here\r\n"
           "550 5.1.1 No such inbox here\r\n501 5.1.3 Say RCPT TO:<address>\r\n"
           "554 5.5.1 No valid recipients\r\n250 2.0.0 Forgotten\r\n",
           "");
}

static void one_recipient_a_letter(void **state) {
    (void)state;
    expect(
        S(EHLO MAIL RCPT
          "RCPT TO:<desk@X>\r\nRCPT TO:<desk@y>\r\nRCPT TO:<nobody@x>\r\nDATA\r\nx\r\n.\r\n" MAIL
          "RCPT TO:<desk@y>\r\nDATA\r\nx\r\n.\r\n"),
        EHLO_OK MAIL_OK RCPT_OK RCPT_OK
        "452 4.5.3 One recipient a letter; send it again for this one\r\n550 5.1.1 No such inbox here\r\n" GO
            KEPT MAIL_OK RCPT_OK GO KEPT,
        "a@b|desk@x|x\r\n\na@b|desk@y|x\r\n\n");
}

/* CVE-2023-51764: what another server takes for the end of a letter, this one takes for its text. */
static void nothing_is_smuggled(void **state) {
    (void)state;
    static const char *const ends[] = {"\n.\n",   "\n.\r\n", "\r\n.\n",      "\r.\r",
                                       "\r\n.\r", "\n\n.\n", "\r\r\n.\r\r\n"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        ARENA_AUTO arena *a = arena_new(0);
        const char *inside = "MAIL FROM:<boss@x>\r\nRCPT TO:<desk@x>\r\nDATA\r\nsecond";
        str in = str_fmt(a, EHLO MAIL RCPT "DATA\r\nfirst%s%s\r\n.\r\n", ends[i], inside);
        /* A dot that is stuffed after a real CRLF goes, as it must. */
        const char *kept = !strcmp(ends[i], "\r\n.\n")         ? "\r\n\n"
                           : !strcmp(ends[i], "\r\n.\r")       ? "\r\n\r"
                           : !strcmp(ends[i], "\r\r\n.\r\r\n") ? "\r\r\n\r\r\n"
                                                               : ends[i];
        expect(in, EHLO_OK MAIL_OK RCPT_OK GO KEPT,
               str_cstr(a, str_fmt(a, "a@b|desk@x|first%s%s\r\n\n", kept, inside)));
    }
    expect_all(LMTP_TLS_NONE, (str[SEGMENTS]){S(EHLO "NOOP\nNOOP\r\n")},
               EHLO_OK "500 5.5.2 A line ends with CR and LF, and neither stands alone\r\n", "", false);
}

static void tls_comes_first(void **state) {
    (void)state;
    /* Required: nothing but the way to TLS; the bytes of a BDAT are no commands. */
    expect_all(LMTP_TLS_REQUIRED,
               (str[SEGMENTS]){
                   S(EHLO MAIL RCPT "DATA\r\nVRFY x\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\nSTARTTLS now\r\n")},
               EHLO_TLS NOT_YET NOT_YET NOT_YET NOT_YET FIRST
               "250 2.0.0 Here\r\n501 5.5.4 STARTTLS stands alone\r\n",
               "", true);
    expect_all(LMTP_TLS_REQUIRED,
               (str[SEGMENTS]){S(EHLO "STARTTLS\r\n"), S(EHLO MAIL RCPT "DATA\r\nx\r\n.\r\nSTARTTLS\r\n")},
               EHLO_TLS BEGIN EHLO_OK MAIL_OK RCPT_OK GO KEPT "503 5.5.1 TLS has begun already\r\n",
               "a@b|desk@x|x\r\n\n", true);
    /* Offered: a letter in clear is taken, and a transaction does not reach across. */
    expect_all(LMTP_TLS_OFFERED,
               (str[SEGMENTS]){S(EHLO MAIL RCPT "DATA\r\nx\r\n.\r\n" MAIL RCPT "STARTTLS\r\n"),
                               S("DATA\r\n" MAIL EHLO "DATA\r\n")},
               EHLO_TLS MAIL_OK RCPT_OK GO KEPT MAIL_OK RCPT_OK BEGIN FIRST
               "503 5.5.1 Say EHLO first\r\n" EHLO_OK FIRST,
               "a@b|desk@x|x\r\n\n", true);
    expect(S(EHLO "STARTTLS\r\n"), EHLO_OK "502 5.5.1 TLS is not offered here\r\n", "");
}

/* CVE-2011-0411: what comes behind STARTTLS in clear is not taken for what the peer says over TLS, neither a
 * whole command nor half of one. */
static void nothing_is_injected(void **state) {
    (void)state;
    expect_all(LMTP_TLS_REQUIRED,
               (str[SEGMENTS]){S(EHLO "STARTTLS\r\n" EHLO
                                      "MAIL FROM:<evil@b>\r\nRCPT TO:<desk@x>\r\nDATA\r\nevil\r\n.\r\nNO"),
                               S("NOOP\r\n" MAIL)},
               EHLO_TLS BEGIN "250 2.0.0 Here\r\n503 5.5.1 Say EHLO first\r\n", "", true);
}

/* --- A relay that tries again --- */

enum { PEOPLE = 4 };
struct inboxes {
    int kept[PEOPLE], refusals[PEOPLE]; /* so often it still says no */
};

static int whom(str address) { return address.p[0] - '0'; }

static err inbox_takes(void *context, str address) {
    (void)context, (void)address;
    return ERR_NONE;
}

static err inbox_keeps(void *context, const struct lmtp_envelope *e, size_t index) {
    struct inboxes *in = context;
    int who = whom(e->rcpt.v[index]);
    if (in->refusals[who]-- > 0) return ERR_DATABASE;
    in->kept[who]++;
    return ERR_NONE;
}

/* One try for all that are still to be served, as RFC 5321 has it: who was accepted shares the last answer.
 */
static void relay_tries(lmtp_session *s, bool done[PEOPLE]) {
    BUF_AUTO buf out = BUF_MAX(1 << 16);
    bool accepted[PEOPLE] = {false};
    lmtp_feed(s, S(MAIL), &out);
    for (int i = 0; i < PEOPLE; i++) {
        if (done[i]) continue;
        char rcpt[] = "RCPT TO:<0@x>\r\n";
        rcpt[9] = (char)('0' + i);
        buf_clear(&out);
        lmtp_feed(s, str_z(rcpt), &out);
        accepted[i] = out.p[0] == '2';
        assert_true(accepted[i] || str_starts(buf_str(&out), S("452 4.5.3 ")));
    }
    lmtp_feed(s, S("DATA\r\n"), &out);
    buf_clear(&out);
    lmtp_feed(s, S("x\r\n.\r\n"), &out);
    /* One answer. */
    assert_int_equal(str_find_char(buf_str(&out), '\n', 0), out.n - 1);
    for (int i = 0; i < PEOPLE; i++) done[i] = done[i] || (accepted[i] && out.p[0] == '2');
}

/* Whichever inboxes fail, and how often: each gets the letter once. */
static void failures_double_nothing(void **state) {
    (void)state;
    for (int fails = 0; fails < 81; fails++) {
        struct inboxes in = {.refusals = {fails % 3, fails / 3 % 3, fails / 9 % 3, fails / 27}};
        struct lmtp_hooks hooks = {.context = &in, .recipient = inbox_takes, .keep = inbox_keeps};
        lmtp_session *s = lmtp_session_new(&hooks, S("desk.test"), TEST_MAX);
        lmtp_session_smtp(s, LMTP_TLS_NONE);
        BUF_AUTO buf out = BUF_MAX(1 << 16);
        lmtp_feed(s, S(EHLO), &out);
        bool done[PEOPLE] = {false};
        for (int i = 0; i < PEOPLE * 3; i++)
            if (!(done[0] && done[1] && done[2] && done[3])) relay_tries(s, done);
        for (int i = 0; i < PEOPLE; i++) assert_int_equal(in.kept[i], 1);
        lmtp_session_free(s);
    }
}

/* --- Who is a relay --- */

static err read_list(arena *a, const char *z, struct relays *ret) {
    str_list list = {0};
    str rest = str_z(z), piece;
    while (rest.n && str_split(&rest, ' ', &piece)) *list_add(a, &list) = piece;
    return relays_read(a, list, ret);
}

static struct sockaddr_storage peer(const char *address) {
    struct sockaddr_storage ss = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&ss;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&ss;
    if (inet_pton(AF_INET, address, &v4->sin_addr) == 1)
        ss.ss_family = AF_INET;
    else if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1)
        ss.ss_family = AF_INET6;
    return ss;
}

static bool knows(const struct relays *r, const char *address) {
    struct sockaddr_storage ss = peer(address);
    return relays_know(r, &ss);
}

static void who_is_a_relay(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    struct relays r;
    assert_int_equal(read_list(a, "192.0.2.7 198.51.100.64/26 2001:db8::/33", &r), ERR_NONE);
    static const char *const in[] = {"192.0.2.7",      "::ffff:192.0.2.7", "198.51.100.64",
                                     "198.51.100.127", "2001:db8::1",      "2001:db8:7fff::1"};
    static const char *const out[] = {"192.0.2.6",   "192.0.2.8",        "198.51.100.63", "198.51.100.128",
                                      "127.0.0.1",   "2001:db8:8000::1", "2001:db7::1",   "::1",
                                      "::192.0.2.7", "no address"};
    for (size_t i = 0; i < sizeof in / sizeof *in; i++) assert_true(knows(&r, in[i]));
    for (size_t i = 0; i < sizeof out / sizeof *out; i++) assert_false(knows(&r, out[i]));
    assert_false(relays_all_here(&r));
    assert_int_equal(read_list(a, "127.0.0.0/8 127.0.0.2 ::1 ::ffff:127.0.0.3", &r), ERR_NONE);
    assert_true(relays_all_here(&r));
    assert_int_equal(read_list(a, "126.0.0.0/7", &r), ERR_NONE);
    assert_false(relays_all_here(&r));
    struct sockaddr_storage here = peer("127.9.9.9"), mapped_here = peer("::ffff:127.0.0.1"),
                            there = peer("192.0.2.7");
    assert_true(relay_is_here(&here) && relay_is_here(&mapped_here) && !relay_is_here(&there));
    static const char *const wrong[] = {
        "",     "192.0.2",        "192.0.2.7/33", "192.0.2.7/", "192.0.2.7/24", "0.0.0.0/0",
        "::/0", "2001:db8::1/64", "relay.test",   "/24",        "::1/129",      "::ffff:0.0.0.0/-1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(read_list(a, wrong[i], &r), ERR_INVALID);
}

/* --- The door --- */

static int call(int port) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

/* The first line. */
static void hears(int fd, const char *want) {
    char got[512];
    size_t n = 0;
    while (n < sizeof got - 1 && (n == 0 || got[n - 1] != '\n') && recv(fd, got + n, 1, 0) == 1) n++;
    got[n] = '\0';
    assert_string_equal(got, want);
}

static void closed(int fd) {
    char end;
    assert_int_equal(recv(fd, &end, 1, 0), 0);
    close(fd);
}

static void who_may_talk(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    struct desk d = desk_new();
    struct relays here, there;
    assert_int_equal(read_list(a, "127.0.0.1", &here), ERR_NONE);
    assert_int_equal(read_list(a, "192.0.2.7", &there), ERR_NONE);
    struct lmtp_options o = {S("127.0.0.1:0"), S("desk.test"), 1 << 20, 0, many_hooks_of(&d)};
    struct lmtp_smtp smtp = {.relays = &there};
    lmtp_server *s;
    assert_int_equal(lmtp_server_start_smtp(&o, &smtp, &s), ERR_INVALID);
    /* It is never used: no peer of this test may say STARTTLS. */
    smtp.tls = (struct tls_server *)&d;
    assert_int_equal(lmtp_server_start_smtp(&o, &smtp, &s), ERR_NONE);
    int fd = call(lmtp_server_port(s));
    hears(fd, "554 5.7.1 This desk takes letters from its own relays only\r\n");
    closed(fd);
    lmtp_server_stop(s);
    smtp = (struct lmtp_smtp){.relays = &here, .per_peer = 2};
    assert_int_equal(lmtp_server_start_smtp(&o, &smtp, &s), ERR_NONE);
    int one = call(lmtp_server_port(s)), two = call(lmtp_server_port(s));
    hears(one, "220 desk.test ESMTP Longhand\r\n");
    hears(two, "220 desk.test ESMTP Longhand\r\n");
    fd = call(lmtp_server_port(s));
    hears(fd, "421 4.7.0 Too many connections from your address; try again soon\r\n");
    closed(fd);
    close(one);
    close(two);
    lmtp_server_stop(s);
    buf_free(&d.letters);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_are_kept),
        cmocka_unit_test(it_relays_nothing),
        cmocka_unit_test(one_recipient_a_letter),
        cmocka_unit_test(nothing_is_smuggled),
        cmocka_unit_test(tls_comes_first),
        cmocka_unit_test(nothing_is_injected),
        cmocka_unit_test(failures_double_nothing),
        cmocka_unit_test(who_is_a_relay),
        cmocka_unit_test(who_may_talk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
