#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "format/url.h"

static arena *a;
static int start(void **state) {
    (void)state;
    a = arena_new(0);
    return 0;
}
static int stop(void **state) {
    (void)state;
    arena_free(a);
    return 0;
}

static void assert_str(str got, str want) {
    if (!str_eq(got, want)) print_error("got \"%.*s\"\n", STR_FMT(got));
    assert_true(str_eq(got, want));
}

static void encodes(void **state) {
    (void)state;
    buf b BUF_AUTO = BUF_MAX(1000);
    url_encode(&b, S("aZ09._~-"));
    assert_str(buf_str(&b), S("aZ09._~-"));
    buf_clear(&b);
    url_encode(&b, S(" /?&=+%\"\0\xc3\xa9x"));
    assert_str(buf_str(&b), S("%20%2F%3F%26%3D%2B%25%22%00%C3%A9x"));
    buf_clear(&b);
    url_encode(&b, S(""));
    assert_int_equal(b.n, 0);
    buf small BUF_AUTO = BUF_MAX(5);
    url_encode(&small, S("a b c"));
    assert_false(buf_ok(&small));
}

static void decodes_paths(void **state) {
    (void)state;
    str got = S("untouched");
    static const str wrong[] = {S("%"), S("a%"), S("a%2"), S("%zz"), S("%2g"), S("%%41"), S("% 41")};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) assert_false(url_decode(a, wrong[i], &got));
    assert_str(got, S("untouched"));
    assert_true(url_decode(a, S("/a+b%2Fc%c3%A9%00"), &got));
    assert_str(got, S("/a+b/c\xc3\xa9\0"));
    assert_true(url_decode(a, S(""), &got));
    assert_str(got, S(""));
}

static void decodes_forms(void **state) {
    (void)state;
    assert_str(url_decode_form(a, S("a+b%2Bc")), S("a b+c"));
    assert_str(url_decode_form(a, S("100%")), S("100%"));
    assert_str(url_decode_form(a, S("%4")), S("%4"));
    assert_str(url_decode_form(a, S("%zz%41+%")), S("%zzA %"));
    assert_str(url_decode_form(a, S("%2541")), S("%41")); /* once, not twice */
}

static void splits_pairs(void **state) {
    (void)state;
    str rest = S("&a=1&&b&=c&d=e=f&%3D=%26&"), name, value;
    static const str want[][2] = {
        {S("a"), S("1")}, {S("b"), S("")}, {S(""), S("c")}, {S("d"), S("e=f")}, {S("="), S("&")}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        assert_true(url_pair(a, &rest, &name, &value));
        assert_str(name, want[i][0]);
        assert_str(value, want[i][1]);
    }
    assert_false(url_pair(a, &rest, &name, &value));
    rest = (str){NULL, 0};
    assert_false(url_pair(a, &rest, &name, &value));
}

static void goes_there_and_back(void **state) {
    (void)state;
    char all[256];
    for (int i = 0; i < 256; i++) all[i] = (char)i;
    str bytes = {all, sizeof all}, got;
    buf b BUF_AUTO = BUF_MAX(1000);
    url_encode(&b, bytes);
    assert_true(url_decode(a, buf_str(&b), &got));
    assert_str(got, bytes);
    assert_str(url_decode_form(a, buf_str(&b)), bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes),
        cmocka_unit_test(decodes_paths),
        cmocka_unit_test(decodes_forms),
        cmocka_unit_test(splits_pairs),
        cmocka_unit_test(goes_there_and_back),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
