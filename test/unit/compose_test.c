/* Replies as bytes: to the letter of the standards, and read back as what was written. */
#include "format/compose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

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

static struct compose_mail reply(void) {
    struct compose_mail m = {.from = {S("Tidewatch Toys"), S("hello@tidewatch.example")},
                             .subject = S("Re: Jay ZX"),
                             .message_id = S("m1@tidewatch.example"),
                             .in_reply_to = S("l1@luka.example"),
                             .at = 1357578131000,
                             .zone_minutes = -330,
                             .text = S("Dear Luka,\n\nJay is on his way.\nBye!\n")};
    *list_add(a, &m.to) = (struct mime_address){S("Luka Apps"), S("luka@luka.example")};
    *list_add(a, &m.references) = S("l0@luka.example");
    *list_add(a, &m.references) = S("l1@luka.example");
    return m;
}

static str bytes_of(const struct compose_mail *m) {
    str bytes;
    if (compose_bytes(a, m, &bytes)) fail_msg("%s", err_text());
    /* CRLF everywhere and no long lines. */
    size_t start = 0;
    for (size_t i = 0; i < bytes.n; i++) {
        if (bytes.p[i] == '\n') assert_true(i > 0 && bytes.p[i - 1] == '\r');
        if (bytes.p[i] == '\r') assert_true(i + 1 < bytes.n && bytes.p[i + 1] == '\n');
        if (bytes.p[i] == '\n') assert_true(i - start <= 998), start = i + 1;
        assert_true(bytes.p[i] != 0);
    }
    return bytes;
}

static struct mime_letter back(str bytes) {
    struct mime_letter l;
    assert_int_equal(mime_read(a, bytes, &mime_default_limits, &l), ERR_NONE);
    assert_str(l.problem, "");
    return l;
}

static void whole_mail(void **state) {
    (void)state;
    struct compose_mail m = reply();
    str bytes = bytes_of(&m);
    size_t type = str_find(bytes, S("Content-Type: multipart/alternative"), 0);
    assert_str(str_slice(bytes, 0, type),
               "From: Tidewatch Toys <hello@tidewatch.example>\r\nTo: Luka Apps "
               "<luka@luka.example>\r\nSubject: Re: Jay ZX\r\n"
               "Date: Mon, 7 Jan 2013 11:32:11 -0530\r\nMessage-ID: <m1@tidewatch.example>\r\nIn-Reply-To: "
               "<l1@luka.example>\r\n"
               "References: <l0@luka.example> <l1@luka.example>\r\nMIME-Version: 1.0\r\n");
    assert_true(
        str_find(
            bytes,
            S("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
              "Dear Luka,\r\n\r\nJay is on his way.\r\nBye!\r\n\r\n--"),
            0) != SIZE_MAX);
    assert_true(str_find(bytes, S("<p>Jay is on his way.<br>\r\nBye!</p>"), 0) != SIZE_MAX);
    assert_true(str_eq(bytes, bytes_of(&m))); /* the same bytes each time */
    struct mime_letter l = back(bytes);
    assert_str(l.subject, "Re: Jay ZX");
    assert_str(l.text, "Dear Luka,\n\nJay is on his way.\nBye!");
    assert_str(l.references.v[0], "l1@luka.example");
    assert_int_equal(l.sent_at, m.at);
    assert_int_equal(l.zone_minutes, -330);
    assert_int_equal(l.machine, MIME_PERSON);
    m.auto_submitted = true;
    assert_int_equal(back(bytes_of(&m)).machine, MIME_AUTO_REPLY);
}

static void headers_of_any_script(void **state) {
    (void)state;
    static const char *const texts[] = {
        "Grüße aus Köln",
        "日本語のとても長い件名です。これは七十五文字を超えるので、折り返されなければなりません。文字の途中で"
        "切れてはいけません。",
        "Привет, Лука! Это очень длинная тема письма, которая не помещается в одну строку заголовка",
        "😀 emoji 👨‍👩‍👧 family",
        "a =?utf-8?q?looks_encoded?= b",
        "ascii subject that is so long that it has to be folded at least once or perhaps twice before it "
        "ends here",
        "two  spaces   kept?",
        "\"quoted\" \\ back, comma; semi: colon <angle> (paren) @at",
        "ends in ü",
        "ü",
        "",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct compose_mail m = reply();
        m.subject = str_z(texts[i]);
        m.from.name = m.to.v[0].name = str_z(texts[i]);
        *list_add(a, &m.cc) = (struct mime_address){str_z(texts[i]), S("cc@x.example")};
        *list_add(a, &m.cc) = (struct mime_address){S(""), S("bare@x.example")};
        str bytes = bytes_of(&m);
        str line, rest = str_slice(bytes, 0, mime_body_offset(bytes));
        while (str_line(&rest, &line)) {
            if (line.n > 78) fail_msg("%zu bytes: %s", line.n, str_cstr(a, line));
            for (size_t k = 0; k < line.n; k++) assert_true((unsigned char)line.p[k] < 0x80);
        }
        struct mime_letter l = back(bytes);
        bool spaces = strstr(texts[i], "  ") != NULL; /* a reader may join them */
        if (!spaces) assert_str(l.subject, texts[i]);
        if (!spaces) assert_str(l.from.v[0].name, texts[i]);
        assert_int_equal(l.to.n, 1);
        assert_int_equal(l.cc.n, 2);
        assert_str(l.cc.v[1].address, "bare@x.example");
    }
}

static void texts_survive(void **state) {
    (void)state;
    BUF_AUTO buf text = BUF_MAX(1 << 20);
    for (int i = 1; i < 200; i++) {
        for (int k = 0; k < i; k++) buf_add(&text, k % 7 ? S("x") : S("ä"));
        buf_add(&text, S("\n"));
    }
    buf_add(&text, S("trailing space \ntab\t\n.\n..\nFrom here\n=3D =\n--=_alt\nlong "));
    for (int i = 0; i < 3000; i++) buf_add(&text, S("y"));
    buf_add(&text, S("\nend"));
    struct compose_mail m = reply();
    m.text = buf_str(&text);
    str bytes = bytes_of(&m);
    str line, rest = bytes;
    while (str_line(&rest, &line)) {
        assert_true(line.n <= 78);
        assert_false(str_eq(line, S(".")));
        assert_false(str_starts(line, S("From ")));
        assert_true(line.n == 0 || (line.p[line.n - 1] != ' ' && line.p[line.n - 1] != '\t'));
    }
    assert_str(back(bytes).text, str_cstr(a, m.text));
    m.text = S("");
    back(bytes_of(&m));
    m.text = S("a\r\nb\rc");
    assert_str(back(bytes_of(&m)).text, "a\nb\nc");
}

static void attachments(void **state) {
    (void)state;
    struct compose_mail m = reply();
    char all[1000];
    for (int i = 0; i < 1000; i++) all[i] = (char)(i * 7);
    static const char *const names[] = {
        "plan.pdf",
        "Grüße aus Köln.txt",
        "日本語のとても長いファイル名、とても長い、とても長い、とても長い.png",
        "q\"uote\\.txt",
        "",
        "a very long file name that goes on and on until it needs more than one piece to be written.doc"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct mime_attachment *t = list_add(a, &m.attachments);
        *t = (struct mime_attachment){
            .name = str_z(names[i]), .type = S("image/png"), .bytes = {all, i * 199}};
    }
    m.attachments.v[0].content_id = S("p1@tidewatch.example");
    m.attachments.v[0].shown_inline = true;
    m.attachments.v[1].type = S("message/rfc822");
    struct mime_letter l = back(bytes_of(&m));
    assert_int_equal(l.attachments.n, m.attachments.n);
    for (size_t i = 0; i < m.attachments.n; i++) {
        if (i != 3) assert_str(l.attachments.v[i].name, names[i]); /* a backslash is a path when read */
        assert_true(str_eq(l.attachments.v[i].bytes, m.attachments.v[i].bytes));
    }
    assert_str(l.attachments.v[0].content_id, "p1@tidewatch.example");
    assert_true(l.attachments.v[0].shown_inline);
    assert_str(l.attachments.v[1].type, "application/octet-stream");
    assert_str(l.text, "Dear Luka,\n\nJay is on his way.\nBye!");
}

static void injection_is_refused(void **state) {
    (void)state;
    static const char *const breaks[] = {"x\r\nBcc: evil@x.example",
                                         "x\nBcc: evil@x.example",
                                         "x\rBcc: evil@x.example",
                                         "x\r\n\r\nbody",
                                         "\n",
                                         "x\r"};
    for (size_t i = 0; i <= sizeof breaks / sizeof *breaks; i++) {
        str bad = i < sizeof breaks / sizeof *breaks ? str_z(breaks[i]) : S("a\0b");
        for (int field = 0; field < 12; field++) {
            struct compose_mail m = reply();
            struct mime_attachment *t = list_add(a, &m.attachments);
            *t = (struct mime_attachment){.name = S("n"), .type = S("a/b"), .bytes = S("x")};
            str *fields[] = {&m.from.name, &m.from.address, &m.to.v[0].name, &m.to.v[0].address,
                             &m.subject,   &m.message_id,   &m.in_reply_to,  &m.references.v[0],
                             &t->name,     &t->type,        &t->content_id,  &m.references.v[1]};
            *fields[field] = bad;
            str bytes = S("untouched");
            if (compose_bytes(a, &m, &bytes) != ERR_INVALID)
                fail_msg("break %zu passes in field %d", i, field);
            assert_str(bytes, "untouched");
        }
    }
    struct compose_mail m = reply();
    str bytes;
    m.to.n = 0;
    assert_int_equal(compose_bytes(a, &m, &bytes), ERR_INVALID);
    m = reply();
    m.message_id = S("");
    assert_int_equal(compose_bytes(a, &m, &bytes), ERR_INVALID);
    m = reply();
    m.to.v[0].address = S("a@b>, <evil@x.example");
    assert_int_equal(compose_bytes(a, &m, &bytes), ERR_INVALID);
}

static void long_threads(void **state) {
    (void)state;
    struct compose_mail m = reply();
    m.references.n = 0;
    for (int i = 0; i < 300; i++)
        *list_add(a, &m.references) = str_fmt(a, "message-number-%d@tidewatch.example", i);
    struct mime_letter l = back(bytes_of(&m));
    assert_str(l.references.v[0], "l1@luka.example");
    assert_str(l.references.v[1], "message-number-299@tidewatch.example");
    assert_str(l.references.v[l.references.n - 1], "message-number-0@tidewatch.example");
    m.in_reply_to = S("");
    m.references.n = 0;
    str bytes = bytes_of(&m);
    assert_true(str_find(bytes, S("References"), 0) == SIZE_MAX &&
                str_find(bytes, S("In-Reply-To"), 0) == SIZE_MAX);
}

static void dates(void **state) {
    (void)state;
    static const struct {
        int64_t at;
        int zone;
        const char *line;
    } cases[] = {{0, 0, "Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n"},
                 {1709164800000, 60, "Date: Thu, 29 Feb 2024 01:00:00 +0100\r\n"},
                 {1735689599999, 0, "Date: Tue, 31 Dec 2024 23:59:59 +0000\r\n"},
                 {1735689599999, 825, "Date: Wed, 1 Jan 2025 13:44:59 +1345\r\n"},
                 {-1000, 0, "Date: Wed, 31 Dec 1969 23:59:59 +0000\r\n"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct compose_mail m = reply();
        m.at = cases[i].at;
        m.zone_minutes = cases[i].zone;
        assert_true(str_find(bytes_of(&m), str_z(cases[i].line), 0) != SIZE_MAX);
    }
}

static void reply_subjects(void **state) {
    (void)state;
    static const struct {
        const char *subject, *reply;
    } cases[] = {{"Jay ZX", "Re: Jay ZX"},
                 {"Re: Jay ZX", "Re: Jay ZX"},
                 {"RE: AW: Re: Jay", "Re: Jay"},
                 {"Antw: x", "Re: x"},
                 {"SV: x", "Re: x"},
                 {"Re[2]: x", "Re: x"},
                 {"Re(3): x", "Re: x"},
                 {"RE : x", "Re: x"},
                 {"回复：你好", "Re: 你好"},
                 {"R: x", "Re: x"},
                 {"Regarding: x", "Re: Regarding: x"},
                 {"Fwd: x", "Re: Fwd: x"},
                 {"Resume", "Re: Resume"},
                 {"", "Re:"},
                 {"Re:", "Re:"},
                 {"  Re:  Re:x ", "Re: x"},
                 {"line\nbreak", "Re: line break"},
                 {"Reply: x", "Re: Reply: x"},
                 {"Re[]: x", "Re: Re[]: x"},
                 {"AW:", "Re:"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_str(compose_reply_subject(a, str_z(cases[i].subject)), cases[i].reply);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whole_mail, setup, teardown),
        cmocka_unit_test_setup_teardown(headers_of_any_script, setup, teardown),
        cmocka_unit_test_setup_teardown(texts_survive, setup, teardown),
        cmocka_unit_test_setup_teardown(attachments, setup, teardown),
        cmocka_unit_test_setup_teardown(injection_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(long_threads, setup, teardown),
        cmocka_unit_test_setup_teardown(dates, setup, teardown),
        cmocka_unit_test_setup_teardown(reply_subjects, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
