#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "format/json.h"

static void assert_buf(const buf *b, const char *want) {
    str got = buf_str(b);
    if (!str_eq(got, str_z(want))) print_error("got %.*s\n", STR_FMT(got));
    assert_true(str_eq(got, str_z(want)));
}

static void writes(void **state) {
    (void)state;
    buf b BUF_AUTO = BUF_MAX(10000);
    struct json_out o = json_begin(&b);
    json_open_object(&o);
    json_key(&o, S("id"));
    json_id(&o, 9223372036854775807);
    json_key(&o, S("none"));
    json_id(&o, 0);
    json_key(&o, S("list"));
    json_open_array(&o);
    json_int(&o, -9223372036854775807 - 1);
    json_bool(&o, true);
    json_bool(&o, false);
    json_nil(&o);
    json_open_object(&o);
    json_close_object(&o);
    json_open_array(&o);
    json_open_array(&o);
    json_close_array(&o);
    json_close_array(&o);
    json_close_array(&o);
    assert_false(json_done(&o));
    json_key(&o, S("text"));
    json_str(&o, S("x"));
    json_close_object(&o);
    assert_true(json_done(&o));
    assert_buf(
        &b, "{\"id\":\"9223372036854775807\",\"none\":null,\"list\":[-9223372036854775808,true,false,null,{},"
            "[[]]],\"text\":\"x\"}");
}

static void assert_quoted(str text, const char *want) {
    buf b BUF_AUTO = BUF_MAX(10000);
    json_quote(&b, text);
    assert_buf(&b, want);
}

static void escapes(void **state) {
    (void)state;
    assert_quoted(S(""), "\"\"");
    assert_quoted(S("a\"b\\c/"), "\"a\\\"b\\\\c/\"");
    assert_quoted(S("\n\r\t\b\x1f\x7f\0"), "\"\\n\\r\\t\\u0008\\u001f\\u007f\\u0000\"");
    assert_quoted(S("</script>"), "\"\\u003c/script>\"");
    assert_quoted(S("é€😀"), "\"é€😀\"");
    assert_quoted(S("a\xff"), "\"a\xEF\xBF\xBD\"");
    assert_quoted(S("\xff\xfe"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
    assert_quoted(S("\xe2\x82"), "\"\xEF\xBF\xBD\"");               /* breaks off */
    assert_quoted(S("\xe2\x82x"), "\"\xEF\xBF\xBDx\"");             /* the x is not eaten */
    assert_quoted(S("\xc3\"x"), "\"\xEF\xBF\xBD\\\"x\"");           /* nor a quote */
    assert_quoted(S("\xc0\x80y"), "\"\xEF\xBF\xBD\xEF\xBF\xBDy\""); /* overlong */
}

/* Whatever bytes go in, what comes out is read again by another's parser. */
static void every_string_is_valid(void **state) {
    (void)state;
    uint32_t seed = 1;
    for (int round = 0; round < 2000; round++) {
        char text[64];
        size_t n = (size_t)round % sizeof text;
        for (size_t i = 0; i < n; i++) text[i] = (char)((seed = seed * 1664525 + 1013904223) >> 24);
        buf b BUF_AUTO = BUF_MAX(10000);
        struct json_out o = json_begin(&b);
        json_open_array(&o);
        json_str(&o, (str){text, n});
        json_close_array(&o);
        assert_true(json_done(&o));
        json_t *read JSON_AUTO = json_loadb(b.p, b.n, JSON_ALLOW_NUL, NULL);
        assert_non_null(read);
        const json_t *s = json_array_get(read, 0);
        if (str_is_utf8((str){text, n}))
            assert_true(str_eq((str){json_string_value(s), json_string_length(s)}, (str){text, n}));
    }
}

static void mistakes_show(void **state) {
    (void)state;
    for (int mistake = 0; mistake < 8; mistake++) {
        buf b BUF_AUTO = BUF_MAX(1000);
        struct json_out o = json_begin(&b);
        json_open_object(&o);
        switch (mistake) {
        case 0: json_int(&o, 1); break; /* no key */
        case 1: json_close_array(&o); break;
        case 2:
            json_key(&o, S("a"));
            json_key(&o, S("b"));
            break;
        case 3:
            json_key(&o, S("a"));
            json_close_object(&o);
            break;
        case 4: json_close_object(&o), json_close_object(&o); break;
        case 5: break; /* left open */
        case 6:
            json_key(&o, S("a"));
            for (int i = 0; i < 64; i++) json_open_array(&o);
            for (int i = 0; i < 64; i++) json_close_array(&o);
            break;
        case 7:
            json_key(&o, S("a"));
            json_open_array(&o);
            json_key(&o, S("b"));
            json_close_array(&o);
            break;
        }
        if (mistake != 5 && mistake != 4) json_close_object(&o);
        assert_false(json_done(&o));
    }
}

static void reads(void **state) {
    (void)state;
    json_t *json JSON_AUTO = NULL;
    assert_int_equal(
        json_read(
            S("{\"s\": \"a\\u00e9\", \"i\": -5, \"id\": \"77\", \"b\": true, \"bad\": \"-1\", \"r\": 1.5}"),
            &json),
        ERR_NONE);
    str s = S("untouched");
    int64_t i = 1, id = 2;
    bool b = false;
    assert_true(json_take_str(json, "s", &s));
    assert_true(str_eq(s, S("aé")));
    assert_true(json_take_int(json, "i", &i));
    assert_int_equal(i, -5);
    assert_true(json_take_id(json, "id", &id));
    assert_int_equal(id, 77);
    assert_true(json_take_bool(json, "b", &b));
    assert_true(b);
    assert_false(json_take_id(json, "bad", &id));
    assert_false(json_take_id(json, "i", &id));
    assert_false(json_take_int(json, "r", &i));
    assert_false(json_take_int(json, "s", &i));
    assert_false(json_take_str(json, "absent", &s));
    assert_false(json_take_bool(json, "i", &b));
    assert_int_equal(id, 77);
    assert_int_equal(i, -5);
}

static void refuses(void **state) {
    (void)state;
    static const str wrong[] = {S(""),
                                S("1"),
                                S("\"a\""),
                                S("{"),
                                S("{}x"),
                                S("{\"a\":1,\"a\":2}"),
                                S("{\"a\":1,}"),
                                S("[1]]"),
                                S("[99999999999999999999]"),
                                S("[\"\\u0000\"]"),
                                S("[\"\\ud800\"]"),
                                S("[\"\xff\"]"),
                                S("['a']"),
                                S("[NaN]"),
                                S("[\"a\nb\"]")};
    json_t *json = NULL;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (json_read(wrong[i], &json) != ERR_INVALID) fail_msg("taken: %s", wrong[i].p);
    char deep[80];
    memset(deep, '[', 33);
    memset(deep + 33, ']', 33);
    assert_int_equal(json_read((str){deep, 66}, &json), ERR_LIMIT);
    assert_null(json);
    assert_int_equal(json_read((str){deep + 1, 64}, &json), ERR_NONE);
    json_decref(json);
    json = NULL;
    assert_int_equal(json_read(S("[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\"]"), &json), ERR_NONE);
    json_decref(json);
    json = NULL;
    buf b BUF_AUTO = BUF_MAX(2 << 20);
    buf_add_char(&b, '[');
    while (b.n < 1 << 20) buf_add_char(&b, ' ');
    buf_add_char(&b, ']');
    assert_int_equal(json_read(buf_str(&b), &json), ERR_LIMIT);
    assert_null(json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes),        cmocka_unit_test(escapes), cmocka_unit_test(every_string_is_valid),
        cmocka_unit_test(mistakes_show), cmocka_unit_test(reads),   cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
