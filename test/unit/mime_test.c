/* Mails as they come: charsets, encodings, parts, lies. */
#include "format/mime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "format/mime_charset.h"
#include "format/mime_header.h"
#include "format/mime_text.h"

static arena *a;

static int setup(void **state) {
    (void)state;
    a = arena_new(0);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_free(a);
    return 0;
}

static struct mime_letter read_str(str raw) {
    struct mime_letter l;
    err e = mime_read(a, raw, &mime_default_limits, &l);
    if (e) fail_msg("%s", err_text());
    assert_true(str_is_utf8(l.text) && str_is_utf8(l.html) && str_is_utf8(l.subject));
    return l;
}

static struct mime_letter read_z(const char *raw) { return read_str(str_z(raw)); }

#define assert_str(s, z) assert_string_equal(str_cstr(a, s), z)

static void plain_letter(void **state) {
    (void)state;
    struct mime_letter l = read_z(
        "Return-Path: <luka@x.example>\r\nFrom: Luka <luka@X.example>\r\nTo: Shop <shop@y.example>\r\n"
        "Cc: dad@x.example, mum@x.example\r\nReply-To: dad@x.example\r\nSubject: Jay\r\n ZX\r\n"
        "Date: Mon, 07 Jan 2013 17:02:11 +0100\r\nMessage-ID: <1@x.example>\r\nIn-Reply-To: <r@y.example>\r\n"
        "References: <a@y.example> <b@y.example>\r\n <r@y.example>\r\n\r\nDear shop,\r\nI lost Jay.\r\n\r\n");
    assert_str(l.subject, "Jay ZX");
    assert_str(l.message_id, "1@x.example");
    assert_int_equal(l.references.n, 3);
    assert_str(l.references.v[0], "r@y.example");
    assert_str(l.references.v[1], "b@y.example");
    assert_str(l.references.v[2], "a@y.example");
    assert_str(l.from.v[0].name, "Luka");
    assert_str(l.from.v[0].address, "luka@x.example");
    assert_int_equal(l.cc.n, 2);
    assert_str(l.reply_to.v[0].address, "dad@x.example");
    assert_int_equal(l.sent_at, 1357574531000);
    assert_int_equal(l.zone_minutes, 60);
    assert_str(l.text, "Dear shop,\nI lost Jay.");
    assert_int_equal(l.parts, 1);
    assert_int_equal(l.machine, MIME_PERSON);
    assert_str(l.problem, "");
}

static void nothing_given(void **state) {
    (void)state;
    struct mime_letter l = read_z("Subject: x\n\nhello");
    assert_int_equal(l.from.n, 0);
    assert_int_equal(l.sent_at, 0);
    assert_str(l.message_id, "");
    assert_str(l.text, "hello");
    l = read_z("X: y\n");
    assert_str(l.text, "");
    l = read_z("\nonly a body\n");
    assert_str(l.text, "only a body");
    assert_true(l.problem.n > 0);
    l = read_z("just words, no header");
    assert_str(l.text, "just words, no header");
    l = read_z("From luka@x.example Mon Jan  7 17:02:11 2013\nSubject: mbox\n\nx");
    assert_str(l.subject, "mbox");
    struct mime_letter untouched = {.parts = 77};
    assert_int_equal(mime_read(a, S(""), &mime_default_limits, &untouched), ERR_INVALID);
    assert_int_equal(mime_read(a, S("\r\n\n"), &mime_default_limits, &untouched), ERR_INVALID);
    assert_int_equal(untouched.parts, 77);
}

static void line_ends_and_nul(void **state) {
    (void)state;
    struct mime_letter l = read_z("Subject: old\rFrom: a@b.example\r\rline one\rline two\r");
    assert_str(l.subject, "old");
    assert_str(l.text, "line one\nline two");
    l = read_str(S("Subject: a\0b\nFrom: x\0@y.example\n\none\0two\x01\x02\x7Fthree\tfour\n"));
    assert_str(l.subject, "ab");
    assert_str(l.from.v[0].address, "x@y.example");
    assert_str(l.text, "onetwothree\tfour");
    l = read_z("Subject: mixed\n\na\rb\r\nc\nd\r\r\ne");
    assert_str(l.text, "a\nb\nc\nd\n\ne");
}

static void subjects(void **state) {
    (void)state;
    static const struct {
        const char *raw, *subject;
    } cases[] = {
        {"=?utf-8?q?Gr=C3=BC=C3=9Fe_aus_K=C3=B6ln?=", "Grüße aus Köln"},
        {"=?UTF-8?B?R3LDvMOfZQ==?= =?UTF-8?B?IGF1cyBLw7Zsbg==?=", "Grüße aus Köln"},
        {"=?utf-8?b?5pel5pys6A==?= =?utf-8?b?qp4=?=", "日本語"}, /* cut inside a character */
        {"=?iso-2022-jp?B?GyRCJDMkcyRLJEEkTxsoQg==?=", "こんにちは"},
        {"=?iso-8859-1?q?caf=E9?= au lait", "café au lait"},
        {"=?iso-8859-1*fr?q?caf=E9?=", "café"},
        {"a =?utf-8?q?b?= c", "a b c"},
        {"=?utf-8?q?a?=\r\n =?utf-8?q?b?=", "ab"},
        {"=?utf-8?q?two words?=", "two words"},
        {"=?windows-1252?q?=80_100?=", "€ 100"},
        {"=?no-such-charset?q?=C3=A9?=", "é"},
        {"=?utf-8?q?half=C3?=", "halfÃ"},
        {"caf\xE9", "café"},
        {"caf\xC3\xA9", "café"},
        {"=?utf-8?x?abc?=", "=?utf-8?x?abc?="},
        {"=?utf-8?q?open", "=?utf-8?q?open"},
        {"=?", "=?"},
        {"tab\tand\r\n\tfold", "tab and fold"},
        {"=?utf-8?q?line=0Abreak=00nul?=", "line breaknul"},
        {"=?gb2312?B?xOO6ww==?=", "你好"},
        {"=?koi8-r?B?8NLJ18XU?=", "Привет"},
        {"=?ks_c_5601-1987?B?vsiz5w==?=", "안녕"},
        {"=?big5?B?p0Gmbg==?=", "你好"},
        {"=?shift_jis?B?k/qWew==?=", "日本"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *got = str_cstr(a, mime_decode(a, str_z(cases[i].raw)));
        if (strcmp(got, cases[i].subject) != 0) fail_msg("%s gives \"%s\"", cases[i].raw, got);
    }
}

static void charsets(void **state) {
    (void)state;
    static const struct {
        const char *charset, *bytes, *text;
    } cases[] = {
        {"utf-8", "caf\xC3\xA9", "café"},
        {"utf-8", "caf\xE9 cr\xE8me", "café crème"},         /* a lie: it is windows-1252 */
        {"iso-8859-1", "caf\xC3\xA9", "café"},               /* a lie: it is UTF-8 */
        {"iso-8859-1", "\x93quoted\x94 \x80", "“quoted” €"}, /* means windows-1252 */
        {"us-ascii", "caf\xE9", "café"},
        {"", "caf\xC3\xA9", "café"},
        {"", "caf\xE9", "café"},
        {"x-unknown", "caf\xE9", "café"},
        {"nonsense/../charset", "caf\xE9", "café"},
        {"utf-8", "good \xC3\xA9\xC3\xA8\xC3\xA0 bad \xFF end", "good éèà bad \uFFFD end"},
        {"iso-8859-15", "\xA4", "€"},
        {"iso-8859-2", "\xB1", "ą"},
        {"windows-1251", "\xCF\xF0\xE8", "При"},
        {"cp-850", "\x82", "é"},
        {"UTF-7", "Hi +AOQ-", "Hi ä"},
        {"euc-kr", "\xBE\xC8", "안"},
        {"iso-8859-9", "\xFD", "ı"},
        {"macintosh", "\x8E", "é"},
        {"windows-1252",
         "a\x81"
         "b",
         "a\uFFFD"
         "b"},
        {"iso-2022-kr", "plain", "plain"},
        {"gb18030", "\xC4\xE3\xBA\xC3\xC4\xE3\xBA\xC3\xC4\xE3\xBA\xC3\xC4\xE3\xBA\xC3\xFF",
         "你好你好你好你好\uFFFD"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *got = str_cstr(a, mime_to_utf8(a, str_z(cases[i].bytes), str_z(cases[i].charset)));
        if (strcmp(got, cases[i].text) != 0) fail_msg("case %zu, %s, gives \"%s\"", i, cases[i].charset, got);
    }
    assert_str(mime_to_utf8(a, S("H\0i\0"), S("utf-16")), "Hi");
    assert_str(mime_to_utf8(a, S("\0H\0i"), S("utf-16be")), "Hi");
    assert_str(mime_clean(a, mime_to_utf8(a, S("\xFF\xFEH\0i\0"), S("utf-16")), false), "Hi");
    assert_str(mime_to_utf8(a, S("not wide"), S("utf-16")), "not wide");
}

static void flowed(void **state) {
    (void)state;
    assert_str(mime_flowed(a, S("one \ntwo\nthree\n"), false), "one two\nthree\n");
    assert_str(mime_flowed(a, S("del \nsp\n"), true), "delsp\n");
    assert_str(mime_flowed(a, S("> quoted \n> still\n>> deeper\nmine\n"), false),
               "> quoted still\n>> deeper\nmine\n");
    assert_str(mime_flowed(a, S(" From here\n >not quoted\n"), false), "From here\n>not quoted\n");
    assert_str(mime_flowed(a, S("text \n-- \nLuka\n"), false), "text \n-- \nLuka\n");
    assert_str(mime_flowed(a, S("> a \nb\n"), false), "> a \nb\n");
    assert_str(mime_flowed(a, S("last "), false), "last ");
    assert_str(mime_flowed(a, S(""), false), "");
    struct mime_letter l =
        read_z("Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\n\nauto \nbus\n");
    assert_str(l.text, "autobus");
}

static void alternatives(void **state) {
    (void)state;
    static const char both[] =
        "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n%s\n--b\n"
        "Content-Type: text/html\n\n<p>Rich <b>words</b> that say more</p>\n--b--\n";
    struct mime_letter l = read_str(S("Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: "
                                      "text/plain\n\nplain words\n--b\n"
                                      "Content-Type: text/html\n\n<p>Rich</p>\n--b--\n"));
    assert_str(l.text, "plain words");
    assert_false(l.text_from_html);
    assert_str(l.html, "<p>Rich</p>");
    assert_int_equal(l.parts, 2);
    static const char *const stubs[] = {"", "   \n", "Your mail program cannot show HTML.",
                                        "Zum Lesen bitte HTML einschalten"};
    for (size_t i = 0; i < sizeof stubs / sizeof *stubs; i++) {
        str frame = str_z(both);
        size_t at = str_find(frame, S("%s"), 0);
        str head = str_slice(frame, 0, at), tail = str_slice(frame, at + 2, frame.n);
        l = read_str(str_fmt(a, "%.*s%s%.*s", STR_FMT(head), stubs[i], STR_FMT(tail)));
        if (!str_eq(l.text, S("Rich words that say more")) && i < 2)
            fail_msg("stub %zu gives %s", i, str_cstr(a, l.text));
    }
    l = read_z("Content-Type: text/html; charset=utf-8\n\n<p>only</p><p>html</p>");
    assert_str(l.text, "only\n\nhtml");
    assert_true(l.text_from_html);
    l = read_str(S("Content-Type: text/html\n\n<meta http-equiv=Content-Type content=\"text/html; "
                   "charset=koi8-r\"><p>\xF0\xD2\xC9\xD7\xC5\xD4</p>"));
    assert_str(l.text, "Привет");
}

static void mixed_and_related(void **state) {
    (void)state;
    struct mime_letter l =
        read_z("Content-Type: multipart/mixed; boundary=m\n\npreamble\n--m\nContent-Type: multipart/related; "
               "boundary=r\n\n--r\n"
               "Content-Type: text/html\n\n<p>See <img src=\"cid:p1@x\"></p>\n--r\nContent-Type: image/png; "
               "name=one.png\nContent-ID: <p1@x>\n"
               "Content-Transfer-Encoding: base64\n\nAAEC\n--r\nContent-Type: image/gif\nContent-ID: "
               "<p2@x>\n\nx\n--r--\n--m\n"
               "Content-Type: text/plain\nContent-Disposition: attachment; filename=\"C:\\\\notes\\\\my "
               "list.txt\"\n\nnot the text\n--m\n"
               "Content-Type: text/plain\n\na footer\n--m\nContent-Type: "
               "application/PDF\nContent-Disposition: attachment;\n"
               " filename*0*=utf-8''Gr%C3%BC; filename*1*=%C3%9Fe; "
               "filename*2=.pdf\nContent-Transfer-Encoding: base64\n\nJVBERg==\n--m--\n");
    assert_str(l.text, "See\n\na footer");
    assert_int_equal(l.parts, 6);
    assert_int_equal(l.attachments.n, 4);
    assert_str(l.attachments.v[0].name, "one.png");
    assert_str(l.attachments.v[0].type, "image/png");
    assert_str(l.attachments.v[0].content_id, "p1@x");
    assert_true(l.attachments.v[0].shown_inline);
    assert_int_equal(l.attachments.v[0].bytes.n, 3);
    assert_memory_equal(l.attachments.v[0].bytes.p, "\0\1\2", 3);
    assert_false(l.attachments.v[1].shown_inline);
    assert_str(l.attachments.v[2].name, "my list.txt");
    assert_str(l.attachments.v[2].bytes, "not the text");
    assert_str(l.attachments.v[3].name, "Grüße.pdf");
    assert_str(l.attachments.v[3].type, "application/pdf");
    assert_str(l.attachments.v[3].bytes, "%PDF");
    assert_int_equal(l.html_parts.n, 2);
}

static void inner_letter(void **state) {
    (void)state;
    struct mime_letter l =
        read_z("Content-Type: multipart/mixed; boundary=m\n\n--m\n\nlook at this\n--m\nContent-Type: "
               "message/rfc822\n\n"
               "Subject: =?utf-8?q?Caf=C3=A9/bar?=\nFrom: x@y.example\n\ninner text\n--m--\n");
    assert_str(l.text, "look at this");
    assert_int_equal(l.parts, 2);
    assert_int_equal(l.attachments.n, 1);
    assert_str(l.attachments.v[0].name, "Café-bar.eml");
    assert_str(l.attachments.v[0].type, "message/rfc822");
    assert_str(l.attachments.v[0].bytes,
               "Subject: =?utf-8?q?Caf=C3=A9/bar?=\nFrom: x@y.example\n\ninner text");
}

static void names_are_cleaned(void **state) {
    (void)state;
    static const struct {
        const char *raw, *name;
    } cases[] = {{"../../etc/passwd", "passwd"},
                 {"C:\\x\\y.doc", "y.doc"},
                 {"a\u202Egpj.exe", "agpj.exe"},
                 {"\u200B.htaccess", "htaccess"},
                 {".\u3164.profile", "profile"},
                 {"x.exe. .", "x.exe"},
                 {"  sp ace .txt  ", "sp ace .txt"},
                 {"..", ""},
                 {"a\x01\x1F"
                  "b",
                  "ab"},
                 {"", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_str(mime_file_name(a, str_z(cases[i].raw)), cases[i].name);
    char name[400];
    memset(name, 'n', sizeof name);
    memcpy(name + 395, ".jpeg", 5);
    str cut = mime_file_name(a, (str){name, 400});
    assert_int_equal(cut.n, 200);
    assert_true(str_ends(cut, S(".jpeg")));
}

static void dates(void **state) {
    (void)state;
    static const struct {
        const char *date;
        int64_t at;
        int zone;
    } cases[] = {
        {"Mon, 07 Jan 2013 17:02:11 +0000", 1357578131000, 0},
        {"7 Jan 13 17:02 GMT", 1357578120000, 0},
        {"Mon, 7 Jan 2013 09:02:11 -0800 (PST)", 1357578131000, -480},
        {"Mon Jan  7 17:02:11 2013", 1357578131000, 0},
        {"Mon Jan  7 12:02:11 EST 2013", 1357578131000, -300},
        {"2013-01-07 17:02:11 +0000", 1357578131000, 0},
        {"2013-01-07T18:02:11+01:00", 1357578131000, 60},
        {"Mon, 7 Jan 2013 5:02:11 PM +0000", 1357578131000, 0},
        {"Mon, 07 Jan 113 17:02:11 +0000", 1357578131000, 0},
        {"07-Jan-2013 17:02:11 GMT", 1357578131000, 0},
        {"Mon, 07 Jan 2013 22:32:11 +0530", 1357578131000, 330},
        {"Thu, 29 Feb 2024 00:00:00 +0000", 1709164800000, 0},
        {"Wed, 31 Dec 1969 23:59:59 +0000", -1000, 0},
        {"Fri, 30 Feb 2024 00:00:00 +0000", 0, 0},
        {"Mon, 07 Foo 2013 17:02:11 +0000", 0, 0},
        {"Mon, 07 Jan 2013 25:02:11 +0000", 0, 0},
        {"yesterday", 0, 0},
        {"", 0, 0},
        {"99999999999999999999 Jan 99999999999999999", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int zone = 0;
        int64_t at = mime_date(str_z(cases[i].date), &zone);
        if (at != cases[i].at || zone != cases[i].zone)
            fail_msg("%s gives %lld, %d", cases[i].date, (long long)at, zone);
    }
}

static void ids(void **state) {
    (void)state;
    struct mime_letter l = read_z("Message-ID: no brackets@x\nIn-Reply-To: your letter of Monday "
                                  "<a@x>\nReferences: <a@x><b@x> junk <c\n d@x> <> <e@x\n\n");
    assert_str(l.message_id, "");
    assert_int_equal(l.references.n, 3);
    assert_str(l.references.v[0], "a@x");
    assert_str(l.references.v[1], "cd@x");
    assert_str(l.references.v[2], "b@x");
    BUF_AUTO buf many = BUF_MAX(1 << 16);
    buf_add(&many, S("References:"));
    for (int i = 0; i < 200; i++) buf_add_fmt(&many, " <%d@x>\n", i);
    buf_add(&many, S("\nx"));
    l = read_str(buf_str(&many));
    assert_int_equal(l.references.n, 50);
    assert_str(l.references.v[0], "199@x");
}

static void machines(void **state) {
    (void)state;
    static const struct {
        const char *raw;
        mime_machine machine;
    } cases[] = {
        {"Subject: hello\n\nx", MIME_PERSON},
        {"Auto-Submitted: no\n\nx", MIME_PERSON},
        {"Subject: Out of office\n\nx", MIME_PERSON},
        {"Auto-Submitted: auto-replied\n\nx", MIME_AUTO_REPLY},
        {"Auto-Submitted: auto-generated; x=y\nReturn-Path: <>\n\nx", MIME_AUTO_REPLY},
        {"X-Autoreply: yes\n\nx", MIME_AUTO_REPLY},
        {"Precedence: auto_reply\n\nx", MIME_AUTO_REPLY},
        {"Return-Path: <>\nSubject: failure\n\nx", MIME_BOUNCE},
        {"Return-Path: <a@b.example>\n\nx", MIME_PERSON},
        {"From: Mail Delivery <MAILER-DAEMON@x.example>\nAuto-Submitted: auto-replied\n\nx", MIME_BOUNCE},
        {"X-Failed-Recipients: a@b.example\n\nx", MIME_BOUNCE},
        {"Auto-Submitted: auto-replied\nContent-Type: multipart/report; report-type=delivery-status; "
         "boundary=b\n\n--b\n\nx\n--b--\n",
         MIME_BOUNCE},
        {"Content-Type: multipart/report; report-type=disposition-notification; "
         "boundary=b\n\n--b\n\nx\n--b--\n",
         MIME_AUTO_REPLY},
        {"List-Id: <l.example>\n\nx", MIME_LIST},
        {"Precedence: bulk\n\nx", MIME_LIST},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (read_z(cases[i].raw).machine != cases[i].machine) fail_msg("%s", cases[i].raw);
}

static void broken_parts(void **state) {
    (void)state;
    assert_str(read_z("Content-Type: multipart/mixed\n\nno boundary at all").text, "no boundary at all");
    assert_str(read_z("Content-Type: multipart/mixed; boundary=x\n\nnever comes").text, "never comes");
    assert_str(read_z("Content-Type: multipart/mixed; boundary=x\n\n--x\n\nnever ends").text, "never ends");
    assert_str(read_z("Content-Type: text/plain; charset=\"utf-8\nSubject: lost quote\n\nx").text, "x");
    assert_str(read_z("Content-Type: garbage\n\nx").text, "x");
    assert_str(read_z("Content-Transfer-Encoding: base64\n\nSGVsbG8").text, "Hello");
    assert_str(read_z("Content-Transfer-Encoding: quoted-printable\n\na=\nb=3D=zz=").text, "ab==zz");
    assert_str(read_z("Content-Transfer-Encoding: unheard-of\n\nplain").text, "plain");
    assert_int_equal(read_z("Content-Type: multipart/mixed; boundary=x\n\n--x--\n").parts, 0);
    struct mime_letter l = read_z("Content-Type: multipart/encrypted; boundary=x\n\n--x\nContent-Type: "
                                  "application/pgp-encrypted\n\nVersion: 1\n--x--\n");
    assert_true(l.problem.n > 0);
    l = read_z("Content-Type: ../../x; name=y\n\nx");
    assert_true(l.attachments.n == 0 || str_eq(l.attachments.v[0].type, S("application/octet-stream")));
}

static void bombs(void **state) {
    (void)state;
    int64_t began = clock_monotonic_ms();
    BUF_AUTO buf bomb = BUF_MAX(64 << 20);
    for (int i = 0; i < 20000; i++)
        buf_add_fmt(&bomb, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
    struct mime_letter l = read_str(buf_str(&bomb));
    assert_true(str_find(l.problem, S("nested too deep"), 0) != SIZE_MAX);
    buf_clear(&bomb);
    buf_add(&bomb, S("Content-Type: multipart/mixed; boundary=b\n\n"));
    for (int i = 0; i < 300000; i++) buf_add(&bomb, S("--b\n\nx\n"));
    l = read_str(buf_str(&bomb));
    assert_int_equal(l.parts, 1000);
    assert_true(str_find(l.problem, S("more than 1000 parts"), 0) != SIZE_MAX);
    buf_clear(&bomb);
    buf_add(&bomb, S("Subject: first\n"));
    for (int i = 0; i < 200000; i++) buf_add_fmt(&bomb, "X-Header-%d: some value\n", i);
    buf_add(&bomb, S("\nthe body"));
    l = read_str(buf_str(&bomb));
    assert_str(l.subject, "first");
    assert_str(l.text, "the body");
    assert_true(str_find(l.problem, S("header"), 0) != SIZE_MAX);
    buf_clear(&bomb);
    buf_add(&bomb, S("Subject: "));
    while (bomb.n < (3 << 20)) buf_add(&bomb, S("=?utf-8?q?x?= "));
    buf_add(&bomb, S("\n\nbody"));
    assert_str(read_str(buf_str(&bomb)).text, "body");
    buf_clear(&bomb);
    buf_add(&bomb, S("Subject: long\n\n"));
    while (bomb.n < (25 << 20)) buf_add(&bomb, S("A line of text that is said again and again.\n"));
    l = read_str(buf_str(&bomb));
    assert_true(l.text.n <= mime_default_limits.text_bytes && l.text.n > 1 << 20);
    assert_true(str_find(l.problem, S("too long"), 0) != SIZE_MAX);
    assert_true(clock_monotonic_ms() - began < 20000);
}

static void body_offset(void **state) {
    (void)state;
    assert_int_equal(mime_body_offset(S("a: b\r\n\r\nx")), 8);
    assert_int_equal(mime_body_offset(S("a: b\n\nx")), 6);
    assert_int_equal(mime_body_offset(S("\nx")), 1);
    assert_int_equal(mime_body_offset(S("a: b\n")), 5);
    assert_int_equal(mime_body_offset(S("a: b")), 4);
    assert_int_equal(mime_body_offset(S("")), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(plain_letter, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_given, setup, teardown),
        cmocka_unit_test_setup_teardown(line_ends_and_nul, setup, teardown),
        cmocka_unit_test_setup_teardown(subjects, setup, teardown),
        cmocka_unit_test_setup_teardown(charsets, setup, teardown),
        cmocka_unit_test_setup_teardown(flowed, setup, teardown),
        cmocka_unit_test_setup_teardown(alternatives, setup, teardown),
        cmocka_unit_test_setup_teardown(mixed_and_related, setup, teardown),
        cmocka_unit_test_setup_teardown(inner_letter, setup, teardown),
        cmocka_unit_test_setup_teardown(names_are_cleaned, setup, teardown),
        cmocka_unit_test_setup_teardown(dates, setup, teardown),
        cmocka_unit_test_setup_teardown(ids, setup, teardown),
        cmocka_unit_test_setup_teardown(machines, setup, teardown),
        cmocka_unit_test_setup_teardown(broken_parts, setup, teardown),
        cmocka_unit_test_setup_teardown(bombs, setup, teardown),
        cmocka_unit_test_setup_teardown(body_offset, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
