/* The LMTP protocol without sockets; lmtp_server_test.c has the server over real ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lmtp_kit.h"

enum { TEST_MAX = 1000 };

/* What a server does with a session that stops at its letters. */
static bool take_all(struct desk *d, lmtp_session *s, str in, buf *out) {
    for (;;) {
        size_t used = lmtp_take(s, in, out);
        in = str_slice(in, used, in.n);
        const struct lmtp_envelope *e = lmtp_waiting(s);
        if (!e) return lmtp_open(s);
        assert_int_equal(lmtp_take(s, S("QUIT\r\n"), out), 0);
        struct lmtp_letter *letters = calloc(e->rcpt.n, sizeof *letters);
        size_t n = e->rcpt.n;
        for (size_t i = 0; i < n; i++)
            letters[i] = (struct lmtp_letter){.envelope = e, .index = i, .says = BUF_MAX(200)};
        on_keep_many(d, letters, n);
        lmtp_answer(s, letters, out);
        for (size_t i = 0; i < n; i++) buf_free(&letters[i].says);
        free(letters);
    }
}

/* Say `in` to a new session, whole and again byte by byte, and both again to one that stops at its letters;
 * all must give the same. Returns what was
 * answered; *ret_open is whether the connection stays open. */
static char *answers(struct desk *d, str in, bool *ret_open) {
    char *text[4];
    struct desk start = *d;
    for (int way = 0; way < 4; way++) {
        *d = start;
        d->letters = BUF_MAX(64 << 20);
        struct lmtp_hooks hooks = way < 2 ? hooks_of(d) : many_hooks_of(d);
        lmtp_session *s = lmtp_session_new(&hooks, S("desk.test"), TEST_MAX);
        buf out = BUF_MAX(1 << 20);
        bool open = true;
        size_t step = way % 2 == 0 ? in.n : 1;
        for (size_t i = 0; i < in.n && open; i += step) {
            str piece = str_slice(in, i, i + step);
            open = way < 2 ? lmtp_feed(s, piece, &out) : take_all(d, s, piece, &out);
        }
        buf_add_char(&out, '\0');
        text[way] = out.p;
        if (way == 0) *ret_open = open;
        assert_int_equal(open, *ret_open);
        lmtp_session_free(s);
        if (way == 0) {
            start.letters = d->letters;
            continue;
        }
        assert_string_equal(text[0], text[way]);
        assert_true(str_eq(buf_str(&start.letters), buf_str(&d->letters)));
        free(text[way]);
        if (way < 3) buf_free(&d->letters);
    }
    buf_free(&start.letters);
    return text[0];
}

static void expect(struct desk *d, str in, const char *want, bool want_open) {
    bool open;
    char *got = answers(d, in, &open);
    assert_string_equal(got, want);
    assert_int_equal(open, want_open);
    free(got);
}

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

/* A letter that would pass the memory all sessions share is swallowed, and the next one finds room again. */
static void shared_memory(void **state) {
    (void)state;
    struct desk d = desk_new();
    struct lmtp_hooks hooks = hooks_of(&d);
    struct lmtp_memory memory = {.max = 1100};
    lmtp_session *a = lmtp_session_new(&hooks, S("desk.test"), TEST_MAX),
                 *b = lmtp_session_new(&hooks, S("desk.test"), TEST_MAX);
    lmtp_session_share(a, &memory);
    lmtp_session_share(b, &memory);
    char text[701];
    memset(text, 'x', 700);
    BUF_AUTO buf out = BUF_MAX(10000);
    str head = S(LHLO MAIL RCPT "BDAT 700\r\n"), body = {text, 700};
    assert_true(lmtp_feed(a, head, &out) && lmtp_feed(a, body, &out));
    assert_true(memory.held >= 700);
    buf_clear(&out);
    assert_true(lmtp_feed(b, head, &out) && lmtp_feed(b, body, &out));
    assert_true(str_ends(buf_str(&out), S("452 4.3.1 No space left; try again later\r\n")));
    buf_clear(&out);
    assert_true(lmtp_feed(b, S("BDAT 2 LAST\r\nyy"), &out));
    assert_true(str_eq(buf_str(&out), S("452 4.3.1 No space left; try again later\r\n")));
    buf_clear(&out);
    assert_true(lmtp_feed(a, S("BDAT 2 LAST\r\nyy"), &out));
    assert_true(str_eq(buf_str(&out), S(KEPT)));
    assert_int_equal(memory.held, 0);
    buf_clear(&out);
    assert_true(lmtp_feed(b, S(MAIL RCPT "BDAT 700 LAST\r\n"), &out) && lmtp_feed(b, body, &out));
    assert_true(str_eq(buf_str(&out), S(MAIL_OK RCPT_OK KEPT)));
    assert_int_equal(d.kept, 2);
    assert_true(lmtp_feed(a, S(MAIL RCPT "BDAT 700\r\n"), &out) && lmtp_feed(a, body, &out));
    lmtp_session_free(a);
    lmtp_session_free(b);
    assert_int_equal(memory.held, 0);
    buf_free(&d.letters);
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
        cmocka_unit_test(shared_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
