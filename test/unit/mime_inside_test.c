/* Files that hold more than a file: Outlook's wrapping, calendar entries, letters in letters; and text whose
 * charset is not said or said wrongly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "format/about.h"
#include "format/html.h"
#include "format/mime.h"
#include "format/mime_charset.h"
#include "format/mime_guess.h"
#include "format/rtf.h"
#include "format/tnef.h"

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

#define assert_str(s, z) assert_string_equal(str_cstr(a, s), z)

static struct mime_letter read_str(str raw) {
    struct mime_letter l;
    assert_int_equal(mime_read(a, raw, &mime_default_limits, &l), ERR_NONE);
    return l;
}

/* ---- winmail.dat ---- */

static void put_number(buf *b, uint32_t v, int n) {
    for (int i = 0; i < n; i++) buf_add_char(b, (char)(v >> (8 * i)));
}

static void put_attribute(buf *b, int level, uint32_t id, str value) {
    put_number(b, (uint32_t)level, 1);
    put_number(b, id, 4);
    put_number(b, (uint32_t)value.n, 4);
    buf_add(b, value);
    put_number(b, 0, 2);
}

static void put_property(buf *b, int type, int id, str value) {
    put_number(b, (uint32_t)type, 2);
    put_number(b, (uint32_t)id, 2);
    put_number(b, 1, 4);
    put_number(b, (uint32_t)value.n, 4);
    buf_add(b, value);
    for (size_t i = value.n; i % 4; i++) buf_add_char(b, 0);
}

/* Kept as it is: the kind MELA. */
static str stored_rtf(const char *rtf) {
    buf b = BUF_MAX(100000);
    put_number(&b, (uint32_t)strlen(rtf) + 12, 4);
    put_number(&b, (uint32_t)strlen(rtf), 4);
    put_number(&b, 0x414C454D, 4);
    put_number(&b, 0, 4);
    buf_add_z(&b, rtf);
    str out = str_copy(a, buf_str(&b));
    buf_free(&b);
    return out;
}

static str winmail(const char *rtf) {
    BUF_AUTO buf b = BUF_MAX(1 << 20), p = BUF_MAX(1 << 20);
    put_number(&b, 0x223E9F78, 4);
    put_number(&b, 1, 2);
    put_attribute(&b, 1, 0x00069007, S("\xE4\x04\0\0\0\0\0\0")); /* 1252 */
    put_number(&p, 1, 4);
    put_property(&p, 0x102, 0x1009, stored_rtf(rtf));
    put_attribute(&b, 1, 0x00069003, buf_str(&p));
    put_attribute(&b, 2, 0x00069002, S("rend"));
    put_attribute(&b, 2, 0x00018010, S("PLAN~1.PDF\0"));
    put_attribute(&b, 2, 0x0006800F, S("%PDF-1.7 the plan"));
    buf_clear(&p);
    put_number(&p, 3, 4);
    put_property(&p, 0x1F, 0x3707, S("p\0l\0\xE4\0n\0.\0p\0d\0f\0\0\0"));
    put_property(&p, 0x1E, 0x370E, S("application/pdf\0"));
    put_property(&p, 0x1E, 0x3712, S("plan@x\0"));
    put_attribute(&b, 2, 0x00069005, buf_str(&p));
    return str_copy(a, buf_str(&b));
}

static void outlooks_wrapping(void **state) {
    (void)state;
    struct tnef t;
    str bytes = winmail("{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0 Arial;}}\\f0 Dear T\\'f6be,\\par\n"
                        "it is \\u8220?here\\u8221?\\emdash{\\*\\generator x}{\\b now}.\\par}");
    assert_int_equal(tnef_read(a, bytes, true, &t), ERR_NONE);
    assert_str(t.text, "Dear Töbe,\nit is “here”—now.\n");
    assert_int_equal(t.files.n, 1);
    assert_str(t.files.v[0].name, "plän.pdf");
    assert_str(t.files.v[0].type, "application/pdf");
    assert_str(t.files.v[0].content_id, "plan@x");
    assert_str(t.files.v[0].bytes, "%PDF-1.7 the plan");
    /* Cut anywhere it is read as far as it goes, or refused. */
    for (size_t n = 0; n < bytes.n; n++) {
        err e = tnef_read(a, str_slice(bytes, 0, n), true, &t);
        assert_true(e == ERR_NONE || (e == ERR_INVALID && n < 4));
    }
}

static void its_html_comes_back(void **state) {
    (void)state;
    bool html;
    str said = rtf_read(a,
                        S("{\\rtf1\\ansi\\fromhtml1 {\\*\\htmltag18 <p>}\\htmlrtf {\\par \\htmlrtf0 Tide &"
                          "{\\*\\htmltag84 <b>}\\htmlrtf {\\b \\htmlrtf0 low\\htmlrtf }\\htmlrtf0 "
                          "{\\*\\htmltag92 </b>}{\\*\\htmltag26 </p>}}"),
                        &html);
    assert_true(html);
    assert_str(said, "<p>Tide &amp;<b>low</b></p>");
    said = rtf_read(a, S("no rtf at all"), &html);
    assert_false(html);
    assert_str(said, "no rtf at all");
}

static void packed_text(void **state) {
    (void)state;
    str rtf;
    /* The example of [MS-OXRTFCP], 4.1.1. */
    str packed =
        S("\x2d\0\0\0\x2b\0\0\0\x4c\x5a\x46\x75\xf1\xc5\xc7\xa7\x03\0\x0a\0\x72\x63\x70\x67\x31\x32\x35"
          "\x42\x32\x0a\xf3\x20\x68\x65\x6c\x09\0\x20\x62\x77\x05\xb0\x6c\x64\x7d\x0a\x80\x0f\xa0");
    assert_int_equal(rtf_expand(a, packed, &rtf), ERR_NONE);
    assert_str(rtf, "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
    assert_int_equal(rtf_expand(a, S("short"), &rtf), ERR_INVALID);
    assert_int_equal(rtf_expand(a, S("\x2d\0\0\0\xFF\xFF\xFF\x7F\x4c\x5a\x46\x75\0\0\0\0\0"), &rtf),
                     ERR_LIMIT);
}

static str base64(str bytes) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    buf b = BUF_MAX(bytes.n * 2 + 100);
    for (size_t i = 0; i < bytes.n; i += 3) {
        uint32_t v = 0;
        size_t n = bytes.n - i < 3 ? bytes.n - i : 3;
        for (size_t k = 0; k < 3; k++) v = v << 8 | (k < n ? (unsigned char)bytes.p[i + k] : 0);
        for (size_t k = 0; k < 4; k++) buf_add_char(&b, k <= n ? digits[v >> (18 - 6 * k) & 63] : '=');
        if (i % 57 == 54) buf_add_char(&b, '\n');
    }
    str out = str_copy(a, buf_str(&b));
    buf_free(&b);
    return out;
}

static void a_letter_in_the_wrapping(void **state) {
    (void)state;
    str dat = base64(winmail("{\\rtf1\\ansi Only here it is said.\\par}"));
    const char *form =
        "From: a@x.example\nSubject: plan\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b"
        "\n\n--b\nContent-Type: text/plain\n\n%s\n--b\nContent-Type: application/ms-tnef; "
        "name=winmail.dat\nContent-Transfer-Encoding: base64\n\n";
    BUF_AUTO buf b = BUF_MAX(1 << 20);
    buf_add_fmt(&b, form, "");
    buf_add(&b, dat);
    buf_add(&b, S("\n--b--\n"));
    struct mime_letter l = read_str(buf_str(&b));
    assert_str(l.text, "Only here it is said.");
    assert_int_equal(l.attachments.n, 1);
    assert_str(l.attachments.v[0].name, "plän.pdf");
    assert_str(l.attachments.v[0].bytes, "%PDF-1.7 the plan");
    /* What stands beside it is not said twice. */
    buf_clear(&b);
    buf_add_fmt(&b, form, "It is said here.");
    buf_add(&b, dat);
    buf_add(&b, S("\n--b--\n"));
    l = read_str(buf_str(&b));
    assert_str(l.text, "It is said here.");
    /* A file of that name that is none is a file. */
    l = read_str(S("From: a@x.example\nContent-Type: application/ms-tnef; name=winmail.dat\n\nnothing\n"));
    assert_int_equal(l.attachments.n, 1);
    assert_str(l.attachments.v[0].name, "winmail.dat");
}

/* ---- calendar ---- */

#define BERLIN                                                                                               \
    "BEGIN:VTIMEZONE\r\nTZID:W. Europe Standard Time\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\n"       \
    "TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\r\n"       \
    "END:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+"        \
    "0200\r\n"                                                                                               \
    "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"

static void calendar_entries(void **state) {
    (void)state;
    struct about x;
    const char *meeting =
        "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n" BERLIN
        "BEGIN:VEVENT\r\nSUMMARY:Fitting of the ma\r\n st\\, aft\r\nLOCATION:Pier 4\\nShed 2\r\n"
        "DTSTART;TZID=\"W. Europe Standard Time\":20260710T160500\r\nDURATION:PT1H30M\r\n"
        "ORGANIZER;CN=\"Ilse; "
        "Boatyard\":mailto:ilse@yard.example\r\nBEGIN:VALARM\r\nSUMMARY:ring\r\nEND:VALARM\r\n"
        "END:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:another\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    assert_true(calendar_about(a, str_z(meeting), &x));
    assert_str(x.subject, "Fitting of the mast, aft");
    assert_str(x.where, "Pier 4 Shed 2");
    assert_str(x.from, "Ilse; Boatyard <ilse@yard.example>");
    assert_true(x.at == 1783692300000); /* 2026-07-10 14:05 UTC: summer */
    assert_true(x.until == x.at + 90 * 60 * 1000);
    assert_int_equal(x.wish, ABOUT_INVITES);
    assert_int_equal(x.more, 1);
    assert_false(x.floating || x.all_day);
    assert_true(
        calendar_about(a,
                       str_fmt(a,
                               "%sBEGIN:VEVENT\nDTSTART;TZID=W. Europe Standard Time:20260110T160500\n"
                               "STATUS:CANCELLED\nEND:VEVENT\n",
                               BERLIN),
                       &x));
    assert_true(x.at == 1768057500000); /* 15:05 UTC: winter */
    assert_int_equal(x.wish, ABOUT_CANCELS);
    assert_true(calendar_about(a,
                               S("BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260224\nDTEND;VALUE=DATE:20260227\n"
                                 "RRULE:FREQ=YEARLY\nEND:VEVENT\n"),
                               &x));
    assert_true(x.all_day && x.repeats);
    assert_true(x.at == 1771891200000 && x.until == 1772064000000); /* to the 26th */
    assert_true(calendar_about(a, S("BEGIN:VEVENT\nDTSTART;TZID=Nowhere:20260224T100000\nEND:VEVENT\n"), &x));
    assert_true(x.floating && x.at == 1771927200000);
    assert_true(calendar_about(a, S("BEGIN:VEVENT\nDTSTART:20260224T100000Z\nEND:VEVENT\n"), &x));
    assert_true(!x.floating && x.at == 1771927200000 && x.until == 0);
    assert_false(calendar_about(a, S("BEGIN:VJOURNAL\nSUMMARY:x\nEND:VJOURNAL\n"), &x));
    assert_true(calendar_about(a, S("BEGIN:VEVENT\nDTSTART:99999999T999999\nSUMMARY:odd\nEND:VEVENT\n"), &x));
    assert_true(x.at == 0);
}

static void an_invitation_is_told(void **state) {
    (void)state;
    struct about x;
    struct mime_letter l = read_str(
        S("From: a@x.example\nContent-Type: multipart/mixed; boundary=m\n\n--m\n"
          "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nCome!\n--b\n"
          "Content-Type: text/calendar; "
          "method=REQUEST\n\nBEGIN:VEVENT\nSUMMARY:Launch\nEND:VEVENT\n\n--b--\n--m\n"
          "Content-Type: application/ics; "
          "name=invite.ics\n\nBEGIN:VEVENT\nSUMMARY:Launch\nEND:VEVENT\n\n--m--\n"));
    assert_str(l.text, "Come!");
    assert_int_equal(l.attachments.n, 2);
    assert_str(l.attachments.v[0].name, "invitation.ics");
    assert_true(about_read(l.attachments.v[0].about, &x));
    assert_str(x.subject, "Launch");
    assert_int_equal(l.attachments.v[1].about.n, 0); /* told once */
}

/* ---- letters in letters ---- */

static void a_letter_inside(void **state) {
    (void)state;
    struct about x;
    struct mime_letter l =
        read_str(S("From: a@x.example\nSubject: fwd\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
                   "Content-Type: text/plain\n\nSee below.\n--b\nContent-Type: message/rfc822\n\n"
                   "From: =?utf-8?q?J=C3=B6rn?= <joern@y.example>\nSubject: the hull\nDate: Mon, 07 Jan 2013 "
                   "17:02:11 +0100\n"
                   "Content-Type: multipart/mixed; boundary=c\n\n--c\nContent-Type: text/html\n\n<p>It "
                   "<b>leaks</b>.</p>\n--c\n"
                   "Content-Type: message/rfc822\n\nSubject: deeper\n\nx\n--c--\n--b--\n"));
    assert_int_equal(l.attachments.n, 1);
    assert_str(l.attachments.v[0].type, "message/rfc822");
    assert_str(l.attachments.v[0].name, "the hull.eml");
    assert_true(about_read(l.attachments.v[0].about, &x));
    assert_int_equal(x.kind, ABOUT_LETTER);
    assert_str(x.subject, "the hull");
    assert_str(x.from, "Jörn <joern@y.example>");
    assert_true(x.at == 1357574531000);
    assert_str(x.text, "It leaks.");
    assert_false(x.cut);
}

static void about_is_written_and_read(void **state) {
    (void)state;
    char long_text[20000];
    memset(long_text, 'x', sizeof long_text);
    struct about x = {.kind = ABOUT_LETTER,
                      .subject = S("a\nkind\tevent\r\n"),
                      .from = (str){long_text, sizeof long_text},
                      .at = 7,
                      .where = S(""),
                      .text = (str){long_text, sizeof long_text}},
                 y;
    str text = about_write(a, &x);
    assert_true(text.n > 6000 && text.n <= ABOUT_BYTES_MAX);
    assert_true(about_read(text, &y));
    assert_int_equal(y.kind, ABOUT_LETTER);
    assert_str(y.subject, "a kind event");
    assert_int_equal(y.from.n, ABOUT_LINE_MAX);
    assert_true(y.cut && y.at == 7 && y.text.n == ABOUT_TEXT_MAX);
    static const char *const wrong[] = {"",
                                        "kind\tnobody\n\n",
                                        "subject\tx\n\n",
                                        "kind\tletter\nat\tnever\n\n",
                                        "kind\tletter\nwhat\tx\n\n",
                                        "kind\n\n",
                                        "kind\tletter\nmore\t-1\n\n",
                                        "kind\tevent\nat\t99999999999999999\n\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) assert_false(about_read(str_z(wrong[i]), &y));
}

/* ---- charsets ---- */

static void what_it_looks_like(void **state) {
    (void)state;
    static const struct {
        const char *label, *bytes, *text;
    } cases[] = {
        /* Written "Добрый день, корабль не плывёт" and the like. */
        {"", "\xC4\xEE\xE1\xF0\xFB\xE9 \xE4\xE5\xED\xFC, \xEA\xEE\xF0\xE0\xE1\xEB\xFC",
         "Добрый день, корабль"},
        {"iso-8859-1", "\xC4\xEE\xE1\xF0\xFB\xE9 \xE4\xE5\xED\xFC, \xEA\xEE\xF0\xE0\xE1\xEB\xFC",
         "Добрый день, корабль"},
        {"unknown-8bit", "\xE4\xCF\xC2\xD2\xD9\xCA \xC4\xC5\xCE\xD8, \xCB\xCF\xD2\xC1\xC2\xCC\xD8",
         "Добрый день, корабль"},
        {"", "\x82\xB1\x82\xF1\x82\xC9\x82\xBF\x82\xCD\x81\x41\x91\x44", "こんにちは、船"},
        {"", "\xA4\xB3\xA4\xF3\xA4\xCB\xA4\xC1\xA4\xCF\xA1\xA2\xC1\xA5", "こんにちは、船"},
        {"", "\x1b$B$3$s$K$A$O\x1b(B", "こんにちは"},
        {"us-ascii", "\x1b$B$3$s$K$A$O\x1b(B", "こんにちは"},
        {"", "\xBE\xC8\xB3\xE7\xC7\xCF\xBC\xBC\xBF\xE4 \xB9\xE8\xB0\xA1", "안녕하세요 배가"},
        {"", "\xC4\xE3\xBA\xC3\xA3\xAC\xCE\xD2\xB5\xC4\xB4\xAC\xC2\xA9\xCB\xAE\xC1\xCB",
         "你好，我的船漏水了"},
        /* Latin stays Latin. */
        {"",
         "Das gro\xDF"
         "e Schiff f\xE4hrt \xFC"
         "ber die \xD6"
         "stliche See, sch\xF6n!",
         "Das große Schiff fährt über die Östliche See, schön!"},
        {"", "\xE9\xE9n \xE9\xE9nheid \xE0\xE9\xF4\xFB na\xEFve \xE7\xE0", "één éénheid àéôû naïve çà"},
        {"iso-8859-1",
         "\x93"
         "quoted\x94 \x96 \x85",
         "“quoted” – …"},
        {"", "\xAF\xAF\xAF\xAF\xAF\xAF\xAF\xAF\xAF\xAF\xAF\xAF", "¯¯¯¯¯¯¯¯¯¯¯¯"},
        {"utf-16le", "\x60\x4f\x7d\x59", "你好"},
        {"macintosh", "caf\x8E", "café"},
        {"windows-1250", "\xB3\xF3\xBF", "łóż"},
        {"ks_c_5601-1987", "\xBE\xC8", "안"},
        {"gb18030", "\x81\x30\x84\x36", "¥"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_str(mime_to_utf8(a, str_z(cases[i].bytes), str_z(cases[i].label)), cases[i].text);
}

/* ---- quotes in HTML ---- */

static void quote_at_the_end(void **state) {
    (void)state;
    static const struct {
        const char *html, *quote;
    } cases[] = {
        {"<p>Yes.</p><blockquote><p>Will you?</p></blockquote>", "<blockquote><p>Will you?</p></blockquote>"},
        {"<p>Yes.</p><div>Ines wrote:<blockquote>a<blockquote>b</blockquote></blockquote><br> </div>",
         "<blockquote>a<blockquote>b</blockquote></blockquote>"},
        {"<p>One.</p><blockquote>a</blockquote><p>Two.</p><blockquote>b</blockquote>",
         "<blockquote>b</blockquote>"},
        {"<blockquote>a</blockquote><p>My answer.</p>", NULL},
        {"<blockquote>all of it is quoted</blockquote>", NULL},
        {"<p>no quote</p>", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t from, to;
        str html = str_z(cases[i].html);
        assert_true(html_is_safe(html));
        bool found = html_quote_at_end(html, &from, &to);
        assert_int_equal(found, cases[i].quote != NULL);
        if (found) assert_str(str_slice(html, from, to), cases[i].quote);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(outlooks_wrapping, setup, teardown),
        cmocka_unit_test_setup_teardown(its_html_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(packed_text, setup, teardown),
        cmocka_unit_test_setup_teardown(a_letter_in_the_wrapping, setup, teardown),
        cmocka_unit_test_setup_teardown(calendar_entries, setup, teardown),
        cmocka_unit_test_setup_teardown(an_invitation_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_letter_inside, setup, teardown),
        cmocka_unit_test_setup_teardown(about_is_written_and_read, setup, teardown),
        cmocka_unit_test_setup_teardown(what_it_looks_like, setup, teardown),
        cmocka_unit_test_setup_teardown(quote_at_the_end, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
