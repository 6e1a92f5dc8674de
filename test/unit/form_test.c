#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "http/form.h"

static arena *a;
static http_pairs pairs;
static http_files files;

static int start(void **state) {
    (void)state;
    a = arena_new(0);
    pairs = (http_pairs){.v = NULL};
    files = (http_files){.v = NULL};
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

#define FIELD(name) "Content-Disposition: form-data; name=\"" name "\"\r\n\r\n"
#define FILE_PART(name, file) "Content-Disposition: form-data; name=\"" name "\"; filename=\"" file "\"\r\n"

static void reads_parts(void **state) {
    (void)state;
    str body = S("preamble to be ignored\r\n--b\r\n" FIELD("one") "1\r\n--b \t\r\n" FIELD(
        "empty") "\r\n"
                 "--b\r\n" FIELD(
                     "lines") "a\r\n--bc\r\n--\r\n\r\nb\r\n"
                              "--b\r\ncontent-type: text/plain\r\nX-Other: "
                              "y\r\ncontent-DISPOSITION:form-data;name=token\r\n\r\nt\r\n"
                              "--b\r\n" FILE_PART(
                                  "f",
                                  "a.bin") "Content-Type: image/JPEG;q=1\r\n\r\n\0\r\n\xff\r\n"
                                           "--b\r\n" FILE_PART(
                                               "f",
                                               "empty.txt") "\r\n\r\n"
                                                            "--b\r\n" FILE_PART(
                                                                "none",
                                                                "") "\r\n\r\n--b--\r\nepilogue\r\n--b\r\n");
    assert_int_equal(form_multipart(a, S("b"), body, &pairs, &files), ERR_NONE);
    assert_int_equal(pairs.n, 4);
    assert_str(pairs.v[0].value, S("1"));
    assert_str(pairs.v[1].name, S("empty"));
    assert_str(pairs.v[1].value, S(""));
    assert_str(pairs.v[2].value, S("a\r\n--bc\r\n--\r\n\r\nb"));
    assert_str(pairs.v[3].name, S("token"));
    assert_int_equal(files.n, 2);
    assert_str(files.v[0].name, S("a.bin"));
    assert_str(files.v[0].type, S("image/jpeg"));
    assert_str(files.v[0].bytes, S("\0\r\n\xff"));
    assert_str(files.v[1].type, S("application/octet-stream"));
    assert_str(files.v[1].bytes, S(""));
}

static void names_lose_their_tricks(void **state) {
    (void)state;
    str body = S("--b\r\n" FILE_PART(
        "f",
        "../../etc/passwd") "\r\nx\r\n"
                            "--b\r\n" FILE_PART(
                                "f",
                                "C:\\dir\\a.txt") "\r\nx\r\n"
                                                  "--b\r\n" FILE_PART(
                                                      "f",
                                                      "q\\\"uo%22te%0D%0A%41.txt") "\r\nx\r\n"
                                                                                   "--b\r\n" FILE_PART(
                                                                                       "f",
                                                                                       "/") "\r\nx\r\n--b--");
    assert_int_equal(form_multipart(a, S("b"), body, &pairs, &files), ERR_NONE);
    assert_int_equal(files.n, 4);
    assert_str(files.v[0].name, S("passwd"));
    assert_str(files.v[1].name, S("a.txt"));
    assert_str(files.v[2].name, S("q\"uo\"te%41.txt"));
    assert_str(files.v[3].name, S(""));
}

static void refuses_broken_forms(void **state) {
    (void)state;
    static const str wrong[] = {
        S(""),
        S("--b"),
        S("--b\r\n"),
        S("--b\r\n" FIELD("a") "1"),
        S("--b\r\n" FIELD("a") "1\r\n--b"),
        S("--b\r\n" FIELD("a") "1\r\n--b\r\n"),
        S("--b\r\n" FIELD("a") "1\r\n--c--\r\n"),
        S("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n--b--\r\n"),
        S("--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--\r\n"),
        S("--b\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n1\r\n--b--\r\n"),
        S("--b\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n--b--\r\n"),
        S("--b\r\nno colon\r\n\r\n1\r\n--b--\r\n"),
        S("--b\r\n\r\n1\r\n--b--\r\n"),
        S("--b\r\n" FIELD("a\xff") "1\r\n--b--\r\n"),
        S("--b\r\n" FIELD("a") "\xff\r\n--b--\r\n"),
        S("--b\r\n" FIELD("a") "\0\r\n--b--\r\n"),
        S("--b\r\n" FILE_PART("a", "\xff") "\r\n1\r\n--b--\r\n"),
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (form_multipart(a, S("b"), wrong[i], &pairs, &files) != ERR_INVALID)
            fail_msg("taken: %s", wrong[i].p);
    assert_int_equal(form_multipart(a, S(""), S("--\r\n"), &pairs, &files), ERR_INVALID);
    str good = S("--b--");
    assert_int_equal(form_multipart(a, S("b"), good, &pairs, &files), ERR_NONE);
    buf long_header BUF_AUTO = BUF_MAX(1 << 20);
    buf_add(&long_header, S("--b\r\nX: "));
    for (int i = 0; i < 20000; i++) buf_add_char(&long_header, 'x');
    buf_add(&long_header, S("\r\n" FIELD("a") "1\r\n--b--"));
    assert_int_equal(form_multipart(a, S("b"), buf_str(&long_header), &pairs, &files), ERR_INVALID);
}

static void counts_are_capped(void **state) {
    (void)state;
    buf b BUF_AUTO = BUF_MAX(1 << 20);
    for (int i = 0; i < 1000; i++) buf_add(&b, S("a=1&"));
    assert_int_equal(form_urlencoded(a, buf_str(&b), &pairs), ERR_NONE);
    assert_int_equal(pairs.n, 1000);
    assert_int_equal(form_urlencoded(a, S("b"), &pairs), ERR_LIMIT);
    pairs.n = 0;
    for (int over = 0; over < 2; over++) {
        buf_clear(&b);
        for (int i = 0; i < 20 + over; i++) buf_add(&b, S("--b\r\n" FILE_PART("f", "x") "\r\n1\r\n"));
        buf_add(&b, S("--b--"));
        files.n = 0;
        assert_int_equal(form_multipart(a, S("b"), buf_str(&b), &pairs, &files), over ? ERR_LIMIT : ERR_NONE);
        assert_int_equal(files.n, 20);
    }
    assert_int_equal(form_urlencoded(a, S("a=%FF"), &pairs), ERR_INVALID);
    assert_int_equal(form_urlencoded(a, S("a%00=1"), &pairs), ERR_INVALID);
}

static void finds_parameters(void **state) {
    (void)state;
    str v = S("untouched");
    assert_false(form_parameter(a, S("text/plain"), S("charset"), &v));
    assert_false(form_parameter(a, S("a; xcharset=1; charset"), S("char"), &v));
    assert_false(
        form_parameter(a, S("a; b=\"; charset=x"), S("charset"), &v)); /* inside a quote that never ends */
    assert_str(v, S("untouched"));
    assert_true(form_parameter(a, S("a ;  CharSet = utf-8 ; b"), S("charset"), &v));
    assert_str(v, S("utf-8"));
    assert_true(form_parameter(a, S("a; x=\"; charset=no\"; charset=\"y\\\"e\\\\s;\""), S("charset"), &v));
    assert_str(v, S("y\"e\\s;"));
    assert_true(form_parameter(a, S("a; b"), S("b"), &v));
    assert_str(v, S(""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_parts, start, stop),
        cmocka_unit_test_setup_teardown(names_lose_their_tricks, start, stop),
        cmocka_unit_test_setup_teardown(refuses_broken_forms, start, stop),
        cmocka_unit_test_setup_teardown(counts_are_capped, start, stop),
        cmocka_unit_test_setup_teardown(finds_parameters, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
