#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "format/csv.h"

static arena *a;

static int open_arena(void **state) {
    (void)state;
    a = arena_new(0);
    return 0;
}
static int close_arena(void **state) {
    (void)state;
    arena_free(a);
    return 0;
}

static void row_is(struct csv_in *in, size_t line, size_t n, const char *const *fields) {
    assert_int_equal(csv_next(in, a), CSV_ROW);
    assert_int_equal(in->line, line);
    assert_int_equal(in->nfields, n);
    for (size_t i = 0; i < n; i++)
        if (!str_eq(in->fields[i], str_z(fields[i])))
            fail_msg("\"%.*s\", not \"%s\"", STR_FMT(in->fields[i]), fields[i]);
}
#define ROW(in, line, ...)                                                                                   \
    row_is(in, line, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *[]){__VA_ARGS__})

static void reads(void **state) {
    (void)state;
    struct csv_in in =
        csv_begin(S("\xEF\xBB\xBFid,name\r\n1,\"a, \"\"b\"\"\"\r\n\r\n2,\"x\ny\"\n3,5\" nail,\n,"));
    ROW(&in, 1, "id", "name");
    ROW(&in, 2, "1", "a, \"b\"");
    ROW(&in, 4, "2", "x\ny");
    ROW(&in, 6, "3", "5\" nail", "");
    ROW(&in, 7, "", "");
    assert_int_equal(csv_next(&in, a), CSV_END);
}

static void finds_the_separator(void **state) {
    (void)state;
    struct csv_in in = csv_begin(S("id;\"a,b,c\";x\n1;2,5;3\n"));
    ROW(&in, 1, "id", "a,b,c", "x");
    ROW(&in, 2, "1", "2,5", "3");
    in = csv_begin(S("id\tname\n1\t2"));
    ROW(&in, 1, "id", "name");
}

static void a_mistake_costs_one_line(void **state) {
    (void)state;
    struct csv_in in = csv_begin(S("id,name\n1,\"open\n2,fine\n3,\"a\"b\n4,good\n"));
    ROW(&in, 1, "id", "name");
    assert_int_equal(csv_next(&in, a), CSV_BROKEN);
    assert_int_equal(in.line, 2);
    ROW(&in, 3, "2", "fine");
    assert_int_equal(csv_next(&in, a), CSV_BROKEN);
    assert_int_equal(in.line, 4);
    assert_string_equal(in.why, "text stands behind a closing quote");
    ROW(&in, 5, "4", "good");
    assert_int_equal(csv_next(&in, a), CSV_END);
}

static void has_limits(void **state) {
    (void)state;
    BUF_AUTO buf b = BUF_MAX(1 << 20);
    buf_add(&b, S("a,b\n\""));
    for (int i = 0; i < CSV_FIELD_MAX + 2; i++) buf_add_char(&b, 'x');
    buf_add(&b, S("\"\n1,2\n"));
    for (int i = 0; i < CSV_FIELDS_MAX; i++) buf_add_char(&b, ',');
    buf_add(&b, S("\n3,4\n"));
    struct csv_in in = csv_begin(buf_str(&b));
    ROW(&in, 1, "a", "b");
    assert_int_equal(csv_next(&in, a), CSV_BROKEN);
    ROW(&in, 3, "1", "2");
    assert_int_equal(csv_next(&in, a), CSV_BROKEN);
    ROW(&in, 5, "3", "4");
}

static void written(const char *field, const char *want) {
    BUF_AUTO buf b = BUF_MAX(1000);
    struct csv_out o = {.to = &b};
    csv_field(&o, str_z(field));
    csv_field(&o, S("z"));
    csv_end_row(&o);
    buf_add_char(&b, 0);
    char expected[256];
    snprintf(expected, sizeof expected, "%s,z\r\n", want);
    assert_string_equal(b.p, expected);
}

static void writes(void **state) {
    (void)state;
    written("plain", "plain");
    written("", "\"\"");
    written("a,b", "\"a,b\"");
    written("say \"hi\"", "\"say \"\"hi\"\"\"");
    written("=1+1", "\"'=1+1\"");
    written("\uFF1D1+1", "\"'\uFF1D1+1\"");
    written("\uFF20SUM(1)", "\"'\uFF20SUM(1)\"");
    written("\uFEFF=1+1", "\"'\uFEFF=1+1\"");
    written("\n=1", "\"'\n=1\"");
    written("\uFEFFa", "\uFEFFa");
    written("@SUM(A1)", "\"'@SUM(A1)\"");
    written("-cmd", "\"'-cmd\"");
    written("+49 30 1", "\"'+49 30 1\"");
    written("\t=1", "\"'\t=1\"");
    written("-5", "-5");
    written("+4.5", "+4.5");
    written("-1-1", "\"'-1-1\"");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads),
        cmocka_unit_test(finds_the_separator),
        cmocka_unit_test(a_mistake_costs_one_line),
        cmocka_unit_test(has_limits),
        cmocka_unit_test(writes),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
