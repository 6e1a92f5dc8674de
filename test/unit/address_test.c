/* Addresses as people and programs write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "format/mime_header.h"

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

/* "name|address;name|address" */
static char *list(const char *value) {
    mime_address_list l = {0};
    mime_addresses(a, str_z(value), &l);
    BUF_AUTO buf out = BUF_MAX(1 << 16);
    for (size_t i = 0; i < l.n; i++) {
        if (i) buf_add_char(&out, ';');
        buf_add(&out, l.v[i].name);
        buf_add_char(&out, '|');
        buf_add(&out, l.v[i].address);
    }
    return str_cstr(a, buf_str(&out));
}

static void header_lists(void **state) {
    (void)state;
    static const struct {
        const char *value, *list;
    } cases[] = {
        {"a@b.example", "|a@b.example"},
        {"A.B@Example.COM", "|A.B@example.com"},
        {"Luka Apps <luka@example.org>", "Luka Apps|luka@example.org"},
        {"\"Apps, Luka\" <luka@example.org>, x@y.example", "Apps, Luka|luka@example.org;|x@y.example"},
        {"Apps, Luka <luka@example.org>", "Apps, Luka|luka@example.org"},
        {"luka@example.org (Luka \\(7\\) Apps)", "Luka (7) Apps|luka@example.org"},
        {"<luka@example.org> (Luka)", "Luka|luka@example.org"},
        {"=?utf-8?q?J=C3=B6rg_M=C3=BCller?= <j@x.example>", "Jörg Müller|j@x.example"},
        {"\"=?utf-8?b?SsO2cmc=?=\" <j@x.example>", "Jörg|j@x.example"},
        {"=?utf-8?b?SsM=?= =?utf-8?b?tnJn?= <j@x.example>", "Jörg|j@x.example"},
        {"J\xF6rg <j@x.example>", "Jörg|j@x.example"},
        {"'Luka' <l@x.example>", "Luka|l@x.example"},
        {"\"l@x.example\" <l@x.example>", "l@x.example|l@x.example"},
        {"l@x.example <l@x.example>", "l@x.example|l@x.example"},
        {"undisclosed-recipients:;", "undisclosed-recipients|"},
        {"Team: a@x.example, B <b@x.example>; c@x.example", "|a@x.example;B|b@x.example;|c@x.example"},
        {"<@relay.example,@b.example:a@x.example>", "|a@x.example"},
        {"<mailto:a@x.example>", "|a@x.example"},
        {"mailto:a@x.example", "|a@x.example"},
        {"<<a@x.example>>", "|a@x.example"},
        {"Name <a@x.example", "Name|a@x.example"},
        {"Whomever", "Whomever|"},
        {"\"john.doe\"@x.example", "|\"john.doe\"@x.example"},
        {"5\" disc <a@x.example>", "5\" disc|a@x.example"},
        {"a@[192.0.2.1]", "|a@[192.0.2.1]"},
        {"päivi@mäki.example", "|päivi@mäki.example"},
        {", ,a@x.example,,", "|a@x.example"},
        {"a @ x . example", "|a@x.example"},
        {"A\r\n B\r\n <a@x.example>", "A B|a@x.example"},
        {"Evil\x01\x02 <a@x.example>", "Evil|a@x.example"},
        {"Name <not an address>", "Name|"},
        {"(only a comment)", ""},
        {"", ""},
        {"<>", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *got = list(cases[i].value);
        if (strcmp(got, cases[i].list) != 0)
            fail_msg("%s gives %s, not %s", cases[i].value, got, cases[i].list);
    }
}

static void normal_form(void **state) {
    (void)state;
    str normal;
    assert_true(address_normal(a, S("  Luka.Apps+Toys@EXAMPLE.Org. "), &normal));
    assert_string_equal(str_cstr(a, normal), "Luka.Apps+Toys@example.org");
    static const char *const good[] = {"a@b",         "a.b@c.d",        "\"a\\\"b\"@c",
                                       "ä@ö.example", "a..b@c.example", "!#$%&'*+-/=?^_`{|}~@c.example",
                                       "a@[IPv6:::1]"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!address_normal(a, str_z(good[i]), &normal)) fail_msg("refused: %s", good[i]);
    static const char *const bad[] = {
        "",       "a",     "@b",    "a@",      "a b@c",       "a@b c",           "a@b@c d",
        "a@b..c", "a@.b",  "<a@b>", "a@b>",    "a\n@b",       "a@b\r\nBcc: x@y", "a@b,c@d",
        "a;b@c",  "a@b:c", "(a)@b", "a@b\x7F", "a@b\xC2\x85", "\xFF@b",          "a\"b@c",
        "\"a@b",  "a@[]",  "a@[1",  "a@b/c",   "a\t@b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (address_normal(a, str_z(bad[i]), &normal)) fail_msg("taken: %s", bad[i]);
    char longest[300];
    memset(longest, 'a', sizeof longest);
    longest[64] = '@';
    assert_true(address_normal(a, (str){longest, 254}, &normal));
    assert_false(address_normal(a, (str){longest, 255}, &normal));
    longest[64] = 'a', longest[65] = '@';
    assert_false(address_normal(a, (str){longest, 100}, &normal));
}

static void typed_by_a_person(void **state) {
    (void)state;
    struct mime_address m;
    assert_true(address_parse(a, S(" Luka Apps <luka@Example.org> "), &m));
    assert_string_equal(str_cstr(a, m.name), "Luka Apps");
    assert_string_equal(str_cstr(a, m.address), "luka@example.org");
    assert_true(address_parse(a, S("luka@example.org"), &m));
    assert_int_equal(m.name.n, 0);
    assert_false(address_parse(a, S("Luka"), &m));
    assert_false(address_parse(a, S(""), &m));
    assert_false(address_parse(a, S("a@b.example, c@d.example"), &m));
    assert_false(address_parse(a, S("a@b.example\nBcc: c@d.example"), &m));
    assert_string_equal(str_cstr(a, m.address), "luka@example.org"); /* untouched by the failures */
}

static void long_lists_are_fast(void **state) {
    (void)state;
    BUF_AUTO buf many = BUF_MAX(2 << 20);
    static const char *const pieces[] = {
        "(",    "\"",     "<", "a,", "a:", "=?utf-8?q?", "<a@b>,", "((", "\\", "a@b;", "=?utf-8?q?a?= ",
        "\"\\", "=?a?q?", "=?"};
    for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++) {
        buf_clear(&many);
        while (many.n < 200000) buf_add_z(&many, pieces[k]);
        mime_address_list l = {0};
        mime_addresses(a, buf_str(&many), &l);
        assert_true(l.n <= 2001);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(header_lists, setup, teardown),
        cmocka_unit_test_setup_teardown(normal_form, setup, teardown),
        cmocka_unit_test_setup_teardown(typed_by_a_person, setup, teardown),
        cmocka_unit_test_setup_teardown(long_lists_are_fast, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
