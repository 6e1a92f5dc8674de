/* What mail systems say of letters that did not arrive: each of their ways of saying it, in mails of our own.
 */
#include "format/bounce.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/buf.h"

static arena *a;

static int setup(void **state) {
    (void)state;
    a = arena_new(256 << 20);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_free(a);
    return 0;
}

static bool read_str(str raw, struct bounce *ret) {
    struct mime_letter l;
    if (mime_read(a, raw, &mime_default_limits, &l)) fail_msg("%s", err_text());
    return bounce_read(a, raw, &l, ret);
}

/* The mail as it stands here, with LF, and with CRLF as it comes by SMTP: both must say the same. */
static struct bounce read_z(const char *raw) {
    struct bounce b = {0}, crlf = {0};
    BUF_AUTO buf out = BUF_MAX(1 << 20);
    for (const char *p = raw; *p; p++) {
        if (*p == '\n') buf_add_char(&out, '\r');
        buf_add_char(&out, *p);
    }
    assert_true(read_str(str_z(raw), &b));
    assert_true(read_str(buf_str(&out), &crlf));
    assert_int_equal(crlf.rows.n, b.rows.n);
    assert_true(str_eq(crlf.message_id, b.message_id));
    for (size_t i = 0; i < b.rows.n; i++) {
        assert_true(str_eq(crlf.rows.v[i].recipient, b.rows.v[i].recipient));
        assert_true(str_eq(crlf.rows.v[i].says, b.rows.v[i].says));
        assert_int_equal(crlf.rows.v[i].reason, b.rows.v[i].reason);
    }
    return b;
}

static bool none(const char *raw) {
    struct bounce b = {0};
    return !read_str(str_z(raw), &b) && b.rows.n == 0;
}

#define assert_str(s, z) assert_string_equal(str_cstr(a, s), z)

static void assert_row(const struct bounce *b, size_t i, const char *recipient, const char *status, int code,
                       bounce_reason reason) {
    assert_true(i < b->rows.n);
    const struct bounce_row *r = &b->rows.v[i];
    assert_str(r->recipient, recipient);
    assert_str(r->status, status);
    assert_int_equal(r->code, code);
    assert_string_equal(bounce_reason_name(r->reason), bounce_reason_name(reason));
}

/* ---- reports with fields (RFC 3464) ---- */

#define REPORT_TOP                                                                                           \
    "Return-Path: <>\nFrom: MAILER-DAEMON@mx.pier.example (Mail Delivery System)\n"                          \
    "To: hello@tidewatch.example\nSubject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n"         \
    "Content-Type: multipart/report; report-type=delivery-status; boundary=\"q\"\n\n--q\n"                   \
    "Content-Type: text/plain; charset=us-ascii\n\nThis is the mail system at host mx.pier.example.\n\n"
#define REPORT_FIELDS                                                                                        \
    "\n--q\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.pier.example\n\n"
#define REPORT_END                                                                                           \
    "\n--q\nContent-Type: message/rfc822\n\nFrom: hello@tidewatch.example\nTo: iris@buoy.example\n"          \
    "Message-ID:\n <one.two@tidewatch.example>\nSubject: Your tug\n\nDear Iris\n--q--\n"

static void report_postfix(void **state) {
    (void)state;
    struct bounce b = read_z(
        REPORT_TOP "<iris@buoy.example>: host mx.buoy.example[192.0.2.7] said: 550 5.1.1\n"
                   "    <iris@buoy.example>: User unknown (in reply to RCPT TO command)\n" REPORT_FIELDS
                   "Final-Recipient: rfc822; iris@buoy.example\n"
                   "Original-Recipient: rfc822;iris@buoy.example\nAction: failed\nStatus: 5.1.1\n"
                   "Diagnostic-Code: smtp; 550 5.1.1 <iris@buoy.example>: User\n    unknown\n" REPORT_END);
    assert_int_equal(b.rows.n, 1);
    assert_row(&b, 0, "iris@buoy.example", "5.1.1", 550, BOUNCE_USER_UNKNOWN);
    assert_str(b.rows.v[0].says, "550 5.1.1 <iris@buoy.example>: User unknown");
    assert_false(b.rows.v[0].delayed);
    assert_true(bounce_is_hard(&b.rows.v[0]));
    assert_str(b.message_id, "one.two@tidewatch.example");
}

/* The same words behind DATA: the server knows the address and dislikes the letter. */
static void report_refused_letter(void **state) {
    (void)state;
    struct bounce b = read_z(
        REPORT_TOP "<iris@buoy.example>: host mx.buoy.example[192.0.2.7] said: 550\n"
                   "    Unknown user iris@buoy.example (in reply to end of DATA command)\n" REPORT_FIELDS
                   "Final-Recipient: rfc822; iris@buoy.example\nAction: failed\nStatus: 5.0.0\n"
                   "Diagnostic-Code: smtp; 550 Unknown user iris@buoy.example\n" REPORT_END);
    assert_row(&b, 0, "iris@buoy.example", "5.0.0", 550, BOUNCE_FILTERED);
    assert_false(bounce_is_hard(&b.rows.v[0]));
}

/* Words about the sender's domain say nothing of the recipient. */
static void report_refused_sender(void **state) {
    (void)state;
    struct bounce b =
        read_z(REPORT_TOP
               "<iris@buoy.example>: host mx.buoy.example[192.0.2.7] said: 553\n"
               "    domain of hello@tidewatch.example does not exist (in reply to MAIL FROM\n"
               "    command)\n" REPORT_FIELDS
               "Final-Recipient: rfc822; iris@buoy.example\nAction: failed\nStatus: 5.1.8\n"
               "Diagnostic-Code: smtp; 553 domain of hello@tidewatch.example does not exist\n" REPORT_END);
    assert_row(&b, 0, "iris@buoy.example", "5.1.8", 553, BOUNCE_REJECTED);
}

static void report_several(void **state) {
    (void)state;
    struct bounce b = read_z(
        REPORT_TOP REPORT_FIELDS
        "Final-Recipient: rfc822; iris@buoy.example\nAction: failed\nStatus: 5.2.2\n"
        "Diagnostic-Code: smtp; 552 5.2.2 Mailbox full\n\n"
        "Final-Recipient: rfc822; tom@gone.example\nAction: failed\nStatus: 5.1.2\n"
        "Diagnostic-Code: x-unix; Host unknown\n\n"
        "Original-Recipient: rfc822; ann@quay.example\nFinal-Recipient: rfc822; ann@inner.quay.example\n"
        "Action: delivered\nStatus: 2.0.0\nDiagnostic-Code: smtp; 250 ok\n" REPORT_END);
    assert_int_equal(b.rows.n, 3);
    assert_row(&b, 0, "iris@buoy.example", "5.2.2", 552, BOUNCE_MAILBOX_FULL);
    assert_row(&b, 1, "tom@gone.example", "5.1.2", 0, BOUNCE_HOST_UNKNOWN);
    assert_row(&b, 2, "ann@quay.example", "2.0.0", 0, BOUNCE_DELIVERED);
}

static void report_delayed(void **state) {
    (void)state;
    struct bounce b = read_z(REPORT_TOP REPORT_FIELDS
                             "Final-Recipient: rfc822; iris@buoy.example\nAction: delayed\nStatus: 4.4.1\n"
                             "Diagnostic-Code: smtp; connect to mx.buoy.example: Connection timed out\n"
                             "Will-Retry-Until: Tue, 3 Mar 2026 10:00:00 +0100\n" REPORT_END);
    assert_row(&b, 0, "iris@buoy.example", "4.4.1", 0, BOUNCE_EXPIRED);
    assert_true(b.rows.v[0].delayed);
}

static void report_delivered(void **state) {
    (void)state;
    struct bounce b = read_z(REPORT_TOP "Your letter was delivered.\n" REPORT_FIELDS
                                        "Final-Recipient: rfc822; iris@buoy.example\nAction: relayed\n"
                                        "Status: 2.1.9\n" REPORT_END);
    assert_row(&b, 0, "iris@buoy.example", "2.1.9", 0, BOUNCE_DELIVERED);
}

/* The fields leave out why; the words say it. */
static void report_silent(void **state) {
    (void)state;
    struct bounce b = read_z(
        REPORT_TOP "Nothing was delivered to iris@buoy.example: mailbox is full.\n" REPORT_FIELDS
                   "Final-Recipient: rfc822; iris@buoy.example\nAction: failed\nStatus: 5.0.0\n" REPORT_END);
    assert_row(&b, 0, "iris@buoy.example", "5.0.0", 0, BOUNCE_MAILBOX_FULL);
}

/* The boundary is not the one the header names: the fields stand in the text. */
static void report_broken(void **state) {
    (void)state;
    struct bounce b =
        read_z("From: MAILER-DAEMON@mx.pier.example\nSubject: Undelivered Mail\nMIME-Version: 1.0\n"
               "Content-Type: multipart/report; report-type=delivery-status; boundary=\"one\"\n\n--two\n"
               "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.pier.example\n\n"
               "Action: failed\nFinal-Recipient: rfc822; iris@buoy.example\nStatus: 5.1.1\n"
               "Diagnostic-Code: smtp; 550 no such user here\n\n--two--\n");
    assert_int_equal(b.rows.n, 1);
    assert_row(&b, 0, "iris@buoy.example", "5.1.1", 550, BOUNCE_USER_UNKNOWN);
    assert_str(b.rows.v[0].says, "550 no such user here");
}

/* ---- plain words ---- */

static void words_exim(void **state) {
    (void)state;
    struct bounce b =
        read_z("Return-Path: <>\nX-Failed-Recipients: iris@buoy.example\nAuto-Submitted: auto-replied\n"
               "From: Mail Delivery System <Mailer-Daemon@mx.pier.example>\nTo: hello@tidewatch.example\n"
               "Subject: Mail delivery failed: returning message to sender\n\n"
               "A message that you sent could not be delivered to one of its recipients.\n\n"
               "  iris@buoy.example\n    host mx.buoy.example [192.0.2.7]\n"
               "    SMTP error from remote mail server after RCPT TO:<iris@buoy.example>:\n"
               "    550 5.2.1 account disabled\n\n"
               "------ This is a copy of the message, including all the headers. ------\n\n"
               "Return-path: <hello@tidewatch.example>\nTo: someone@else.example\nSubject: Virus\n"
               "Message-Id: <three@tidewatch.example>\n\nuser unknown\n");
    assert_int_equal(b.rows.n, 1);
    assert_row(&b, 0, "iris@buoy.example", "5.2.1", 550, BOUNCE_SUSPEND);
    assert_str(b.message_id, "three@tidewatch.example");
}

static void words_qmail(void **state) {
    (void)state;
    struct bounce b =
        read_z("Return-Path: <>\nFrom: MAILER-DAEMON@pier.example\nTo: hello@tidewatch.example\n"
               "Subject: failure notice\n\nHi. This is the qmail-send program at pier.example.\n"
               "I'm afraid I wasn't able to deliver your message to the following addresses.\n\n"
               "<iris@buoy.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
               "<tom@quay.example>:\n192.0.2.9 does not like recipient.\nRemote host said: 552 over quota\n"
               "Giving up on 192.0.2.9.\n\n--- Below this line is a copy of the message.\n\n"
               "To: iris@buoy.example\nMessage-ID: <four@tidewatch.example>\n\nhello\n");
    assert_int_equal(b.rows.n, 2);
    assert_row(&b, 0, "iris@buoy.example", "5.1.1", 0, BOUNCE_USER_UNKNOWN);
    assert_row(&b, 1, "tom@quay.example", "", 552, BOUNCE_MAILBOX_FULL);
    assert_str(b.message_id, "four@tidewatch.example");
}

static void words_sendmail(void **state) {
    (void)state;
    struct bounce b =
        read_z("From: Mail Delivery Subsystem <MAILER-DAEMON@pier.example>\nTo: hello@tidewatch.example\n"
               "Subject: Returned mail: see transcript for details\n\n"
               "The original message was received at Mon, 2 Mar 2026 09:00:00 +0100\n\n"
               "   ----- Transcript of session follows -----\n... while talking to mx.buoy.example.:\n"
               ">>> RCPT To:<iris@buoy.example>\n<<< 554 5.7.1 blocked using a list of dialups\n"
               "554 5.7.1 <iris@buoy.example>... Access blocked using a list\n\n"
               "   ----- Unsent message follows -----\nReceived: from x\nTo: tom@quay.example\n\nhello\n");
    assert_int_equal(b.rows.n, 1);
    assert_row(&b, 0, "iris@buoy.example", "5.7.1", 554, BOUNCE_BLOCKED);
}

/* Exchange names the sender too, behind "To:", and puts its own day behind the address. */
static void words_exchange(void **state) {
    (void)state;
    struct bounce b =
        read_z("From: System Administrator <postmaster@pier.example>\nTo: hello@tidewatch.example\n"
               "Subject: Undeliverable: Your tug\n\n"
               "Your message did not reach some or all of the intended recipients.\n\n"
               "      Subject:\tYour tug\n      Sent:\t3/2/2026 9:00 AM\n\n"
               "The following recipient(s) could not be reached:\n\n"
               "      iris@buoy.example on 3/2/2026 9:00 AM\n"
               "            The recipient name is not recognized\n");
    assert_int_equal(b.rows.n, 1);
    assert_row(&b, 0, "iris@buoy.example", "", 0, BOUNCE_USER_UNKNOWN);
}

/* What is wrong stands above the address. */
static void words_above(void **state) {
    (void)state;
    struct bounce b =
        read_z("Return-Path: <>\nFrom: Postmaster@pier.example\nTo: hello@tidewatch.example\n"
               "Subject: Mail System Error\n\nThe account is disabled.\n\n<iris@buoy.example>\n");
    assert_row(&b, 0, "iris@buoy.example", "", 0, BOUNCE_SUSPEND);
}

/* Lines that end in CR alone. */
static void words_old_lines(void **state) {
    (void)state;
    char raw[] = "From: postmaster@pier.example\rTo: hello@tidewatch.example\rSubject: failure notice\r\r"
                 "<iris@buoy.example>:\r550 no such user\r\r<tom@buoy.example>:\r552 over quota\r\r--- Below "
                 "this line\r\rMessage-ID: <six@tidewatch.example>\r";
    struct bounce b = {0};
    assert_true(read_str(str_z(raw), &b));
    assert_int_equal(b.rows.n, 2);
    assert_row(&b, 0, "iris@buoy.example", "", 550, BOUNCE_USER_UNKNOWN);
    assert_row(&b, 1, "tom@buoy.example", "", 552, BOUNCE_MAILBOX_FULL);
    assert_str(b.message_id, "six@tidewatch.example");
}

/* ---- what is not a bounce ---- */

static void complaint(void **state) {
    (void)state;
    struct bounce b = read_z(
        "From: <abuse@buoy.example>\nTo: abuse@tidewatch.example\nSubject: FW: Your tug\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=feedback-report; boundary=\"q\"\n\n--q\n"
        "Content-Type: text/plain\n\nThis is an abuse report.\n\n--q\n"
        "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: Loop/1\nVersion: 1\n"
        "Original-Rcpt-To: <iris@buoy.example>\nOriginal-Rcpt-To: <tom@buoy.example>\n\n--q\n"
        "Content-Type: message/rfc822\n\nFrom: hello@tidewatch.example\n"
        "Message-ID: <five@tidewatch.example>\n\nhello\n--q--\n");
    assert_int_equal(b.rows.n, 2);
    assert_row(&b, 0, "iris@buoy.example", "", 0, BOUNCE_FEEDBACK);
    assert_row(&b, 1, "tom@buoy.example", "", 0, BOUNCE_FEEDBACK);
    assert_str(b.rows.v[0].says, "abuse");
    assert_str(b.message_id, "five@tidewatch.example");
    assert_false(bounce_is_hard(&b.rows.v[0]));
}

static void notification(void **state) {
    (void)state;
    struct bounce b = read_z(
        "From: no-reply@sns.cloud.example\nTo: hello@tidewatch.example\nSubject: Notification\n\n"
        "{\"Type\":\"Notification\",\"Message\":\"{\\\"notificationType\\\":\\\"Bounce\\\",\\\"bounce\\\":{"
        "\\\"bouncedRecipients\\\":[{\\\"emailAddress\\\":\\\"iris@buoy.example\\\",\\\"status\\\":\\\"5.1."
        "1\\\","
        "\\\"diagnosticCode\\\":\\\"smtp; 550 5.1.1 user unk!\n nown\\\"}]}}\"}\n\n--\nWrite to nobody.\n");
    assert_int_equal(b.rows.n, 1);
    assert_row(&b, 0, "iris@buoy.example", "5.1.1", 550, BOUNCE_USER_UNKNOWN);
}

static void away(void **state) {
    (void)state;
    struct bounce b =
        read_z("From: Iris <iris@buoy.example>\nTo: hello@tidewatch.example\nAuto-Submitted: auto-replied\n"
               "Subject: Away\n\nI am at sea until Monday. Ask tom@quay.example.\n");
    assert_int_equal(b.rows.n, 1);
    assert_row(&b, 0, "iris@buoy.example", "", 0, BOUNCE_VACATION);
    /* Without that mark, but nobody to answer to and saying so. */
    b = read_z("Return-Path: <>\nFrom: Iris <iris@buoy.example>\nTo: hello@tidewatch.example\n"
               "Subject: Automatic reply: Your tug\n\nI am at sea until Monday.\n");
    assert_row(&b, 0, "iris@buoy.example", "", 0, BOUNCE_VACATION);
}

static void not_a_report(void **state) {
    (void)state;
    assert_true(none("Return-Path: <iris@buoy.example>\nFrom: Iris <iris@buoy.example>\n"
                     "To: hello@tidewatch.example\nSubject: Undeliverable parcel, delivery failed\n\n"
                     "Dear shop,\nmy mail to you came back: 550 5.1.1 user unknown, mailbox full.\n"
                     "<hello@tidewatch.example>: host not found\nFinal-Recipient: rfc822; a@b.example\n"
                     "The parcel could not be delivered to: <the neighbour>.\nIris\n"));
    /* A person who happens to be a postmaster. */
    assert_true(
        none("From: Postmaster <postmaster@buoy.example>\nTo: hello@tidewatch.example\n"
             "Subject: The tug of my son\n\nDear shop, it lost a screw. Write to tom@buoy.example.\n"));
    assert_true(none("From: postmaster@buoy.example\nTo: hello@tidewatch.example\n"
                     "Subject: Delivery of the tug\n\nDear shop, it is delayed, and cost 550 crowns.\n"
                     "My new address is\n\ntom@buoy.example\n"));
    assert_true(none("From: noreply@shop.example\nTo: hello@tidewatch.example\nSubject: Parcel\n\n"
                     "Your parcel could not be delivered to: Pier 4.\n"));
}

static void nothing(void **state) {
    (void)state;
    struct bounce b = {.message_id = S("kept")};
    struct mime_letter empty = {0};
    assert_false(bounce_read(a, S(""), &empty, &b));
    assert_false(bounce_read(a, S("\n"), &empty, &b));
    assert_str(b.message_id, "kept");
    assert_true(none("Subject: x\n\n"));
    /* A report without a word. */
    assert_true(none("From: MAILER-DAEMON@pier.example\nSubject: Undelivered\n\n"));
}

/* ---- forged ---- */

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* `line` 200,000 times below `head`; a run may take 2 s of the processor, which is a hundred times what it
 * takes. */
static struct bounce read_many(const char *head, const char *line) {
    buf raw = BUF_MAX(64 << 20);
    struct bounce b = {0};
    buf_add_z(&raw, head);
    for (int i = 0; i < 200000; i++) {
        const char *number = strchr(line, '#');
        if (number) {
            buf_add(&raw, (str){line, (size_t)(number - line)});
            buf_add_int(&raw, i);
            buf_add_z(&raw, number + 1);
        } else {
            buf_add_z(&raw, line);
        }
    }
    assert_true(buf_ok(&raw));
    struct mime_letter l;
    assert_int_equal(mime_read(a, buf_str(&raw), &mime_default_limits, &l), ERR_NONE);
    double began = seconds();
    bounce_read(a, buf_str(&raw), &l, &b);
    assert_true(seconds() - began < 2);
    assert_true(b.rows.n <= BOUNCE_ROWS_MAX);
    for (size_t i = 0; i < b.rows.n; i++) {
        assert_true(b.rows.v[i].says.n <= BOUNCE_SAYS_BYTES);
        assert_true(str_is_utf8(b.rows.v[i].says) && str_is_utf8(b.rows.v[i].recipient));
    }
    buf_free(&raw);
    return b;
}

#define DAEMON "From: MAILER-DAEMON@pier.example\nSubject: failure notice\n"
#define STATUS                                                                                               \
    DAEMON "MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; "                \
           "boundary=q\n\n--q\nContent-Type: message/delivery-status\n\n"

static void forged(void **state) {
    (void)state;
    struct bounce b = read_many(STATUS, "Final-Recipient: rfc822; a#@b.example\nStatus: 5.1.1\n\n");
    assert_int_equal(b.rows.n, BOUNCE_ROWS_MAX);
    assert_int_equal(b.rows.v[0].reason, BOUNCE_USER_UNKNOWN);
    read_many(STATUS "Final-Recipient: rfc822; a@b.example\nDiagnostic-Code: smtp;\n", " x\n");
    b = read_many(DAEMON "\n", "<a#@b.example>:\n");
    assert_int_equal(b.rows.n, BOUNCE_ROWS_MAX);
    read_many("From: postmaster@pier.example\nSubject: x\n\nunable to deliver\n", "<a#@b.example>:\n");
    read_many(DAEMON "Content-Type: text/plain; charset=utf-8\n\n<a@b.example>: x", "\u00e9");
    read_many(DAEMON "Content-Type: text/plain; charset=utf-8\n\n<a@b.example>: xy", "\u00e9");
    read_many(DAEMON "\n", "@");
    read_many(DAEMON "\n", "5.");
    read_many(DAEMON "\n", "{\"a\":");
    read_many(DAEMON "X: y\n", " \n");
    read_many(DAEMON "\n", "\nFinal-Recipient:");
}

static void bad_bytes(void **state) {
    (void)state;
    static const char raw[] = STATUS "Final-Recipient: rfc822; a\xff\x01"
                                     "b@\xc3.example\nStatus: 5.1.1\n"
                                     "Diagnostic-Code: smtp; 550 no \0such\x7f user \xf0\x9f\n\n--q--\n";
    struct bounce b = {0};
    assert_true(read_str((str){raw, sizeof raw - 1}, &b));
    assert_true(str_is_utf8(b.rows.v[0].recipient) && str_is_utf8(b.rows.v[0].says));
    for (size_t i = 0; i < b.rows.v[0].says.n; i++) assert_true((unsigned char)b.rows.v[0].says.p[i] >= ' ');
    assert_int_equal(b.rows.v[0].reason, BOUNCE_USER_UNKNOWN);
}

/* ---- the reason alone ---- */

/* A host that is not found today may be tomorrow: nothing is final while the system tries on. */
static void hard(void **state) {
    (void)state;
    struct bounce_row r = {.reason = BOUNCE_HOST_UNKNOWN, .status = S("5.1.2"), .code = 550};
    assert_true(bounce_is_hard(&r));
    r.delayed = true;
    assert_false(bounce_is_hard(&r));
    r = (struct bounce_row){.reason = BOUNCE_HOST_UNKNOWN, .status = S("4.4.3")};
    assert_false(bounce_is_hard(&r));
    r = (struct bounce_row){.reason = BOUNCE_USER_UNKNOWN, .status = S(""), .code = 450};
    assert_false(bounce_is_hard(&r));
    r = (struct bounce_row){.reason = BOUNCE_MAILBOX_FULL, .status = S("5.2.2"), .code = 552};
    assert_false(bounce_is_hard(&r));
}

static void reasons(void **state) {
    (void)state;
    static const struct {
        const char *says, *status;
        int code;
        bounce_reason reason;
    } cases[] = {
        {"", "", 0, BOUNCE_UNDEFINED},
        {"", "5.1.1", 0, BOUNCE_USER_UNKNOWN},
        {"", "5.1.10", 0, BOUNCE_NOT_ACCEPT},
        {"", "4.9.9", 0, BOUNCE_ON_HOLD},
        {"no such user", "", 0, BOUNCE_USER_UNKNOWN},
        {"NO SUCH USER", "", 0, BOUNCE_USER_UNKNOWN},
        {"mailbox is full", "5.1.1", 550, BOUNCE_MAILBOX_FULL},
        {"never mind", "", 556, BOUNCE_NOT_ACCEPT},
        {"never mind", "", 550, BOUNCE_FILTERED},
        {"550-5.7.1 Too many 550 5.7.1 connections", "5.7.1", 550, BOUNCE_TOO_MANY},
        {"550 5.7.26 rejected", "5.7.26", 550, BOUNCE_AUTH_FAILURE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bounce_reason r = bounce_reason_of(str_z(cases[i].says), str_z(cases[i].status), cases[i].code);
        if (r != cases[i].reason)
            fail_msg("%s %s: %s", cases[i].says, cases[i].status, bounce_reason_name(r));
    }
    for (int i = 0; i < BOUNCE_REASONS; i++) assert_true(bounce_reason_name((bounce_reason)i)[0] != '\0');
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(report_postfix, setup, teardown),
        cmocka_unit_test_setup_teardown(report_refused_letter, setup, teardown),
        cmocka_unit_test_setup_teardown(report_refused_sender, setup, teardown),
        cmocka_unit_test_setup_teardown(report_several, setup, teardown),
        cmocka_unit_test_setup_teardown(report_delayed, setup, teardown),
        cmocka_unit_test_setup_teardown(report_delivered, setup, teardown),
        cmocka_unit_test_setup_teardown(report_silent, setup, teardown),
        cmocka_unit_test_setup_teardown(report_broken, setup, teardown),
        cmocka_unit_test_setup_teardown(words_exim, setup, teardown),
        cmocka_unit_test_setup_teardown(words_qmail, setup, teardown),
        cmocka_unit_test_setup_teardown(words_sendmail, setup, teardown),
        cmocka_unit_test_setup_teardown(words_exchange, setup, teardown),
        cmocka_unit_test_setup_teardown(words_above, setup, teardown),
        cmocka_unit_test_setup_teardown(words_old_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(complaint, setup, teardown),
        cmocka_unit_test_setup_teardown(notification, setup, teardown),
        cmocka_unit_test_setup_teardown(away, setup, teardown),
        cmocka_unit_test_setup_teardown(not_a_report, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(forged, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(hard, setup, teardown),
        cmocka_unit_test_setup_teardown(reasons, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
