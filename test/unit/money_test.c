#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "format/money.h"

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

static struct currency in(const char *code) {
    struct currency c;
    if (currency_from(str_z(code), &c)) fail_msg("%s: %s", code, err_text());
    return c;
}

static void reads_as(const char *text, const char *code, int64_t minor) {
    int64_t got = -1;
    if (money_parse(str_z(text), in(code), &got)) fail_msg("%s: %s", text, err_text());
    if (got != minor) fail_msg("%s %s is %lld", text, code, (long long)got);
}

static void refused(const char *text, const char *code, err why, const char *says) {
    int64_t got = -7;
    assert_int_equal(money_parse(str_z(text), in(code), &got), why);
    assert_int_equal(got, -7);
    if (!strstr(err_text(), says)) fail_msg("%s says \"%s\"", text, err_text());
}

static void knows_currencies(void **state) {
    (void)state;
    assert_int_equal(money_exponent(in("EUR")), 2);
    assert_int_equal(money_exponent(in("jpy")), 0);
    assert_int_equal(money_exponent(in(" Kwd ")), 3);
    assert_int_equal(money_exponent(in("UYW")), 4);
    assert_int_equal(money_exponent(in("ZWG")), 2); /* the last of its list */
    assert_int_equal(money_exponent(in("XPF")), 0);
    assert_int_equal(money_exponent(in("TND")), 3);
    struct currency c = {"EUR"};
    static const char *const none[] = {"", "EU", "EURO", "XTS", "XAU", "E R", "R A", "\xC3\xA9R", "D A"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(currency_from(str_z(none[i]), &c), ERR_INVALID);
    assert_int_equal(currency_from((str){"E\0R", 3}, &c), ERR_INVALID);
    assert_string_equal(c.code, "EUR");
    assert_true(currency_same(in("eur"), c));
    assert_false(currency_same(in("USD"), c));
}

static void reads_amounts(void **state) {
    (void)state;
    reads_as("3.99", "EUR", 399);
    reads_as("3,99", "EUR", 399);
    reads_as(" 4 ", "EUR", 400);
    reads_as("0", "EUR", 0);
    reads_as("0.5", "EUR", 50);
    reads_as("007.05", "EUR", 705);
    reads_as("EUR 3.99", "EUR", 399);
    reads_as("3,99eur", "EUR", 399);
    reads_as("1200", "JPY", 1200);
    reads_as("1.234", "KWD", 1234);
    reads_as("1.5", "KWD", 1500);
    reads_as("0.0001", "UYW", 1);
    reads_as("10000000000.00", "EUR", MONEY_MAX);
    refused("10000000000.01", "EUR", ERR_LIMIT, "larger");
    refused("99999999999999999999999999999999", "JPY", ERR_LIMIT, "larger");
    refused("-1", "EUR", ERR_INVALID, "negative");
    refused("1.234", "EUR", ERR_INVALID, "between thousands");
    refused("1,234", "EUR", ERR_INVALID, "between thousands");
    refused("1.2345", "EUR", ERR_INVALID, "at most 2 decimals");
    refused("1.5", "JPY", ERR_INVALID, "no decimals");
    refused("3.99 USD", "EUR", ERR_INVALID, "counts in EUR");
    refused("USD3.99", "EUR", ERR_INVALID, "USD");
    refused("three", "EUR", ERR_INVALID, "not the code");
    static const char *const none[] = {"",
                                       ".",
                                       ",5",
                                       "5.",
                                       "1.2.3",
                                       "1 200",
                                       "0x10",
                                       "1e5",
                                       "+1",
                                       "--1",
                                       "1,,2",
                                       "\xE2\x82\xAC"
                                       "5",
                                       "NaN 1",
                                       "1\n2",
                                       "EUR",
                                       "EUR 1 EUR"};
    int64_t got = -7;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (money_parse(str_z(none[i]), in("EUR"), &got) != ERR_INVALID) fail_msg("\"%s\" is read", none[i]);
    assert_int_equal(money_parse((str){"1\0", 2}, in("EUR"), &got), ERR_INVALID);
    assert_int_equal(got, -7);
}

static void is_text(str s, const char *text) {
    if (!str_eq(s, str_z(text))) fail_msg("\"%.*s\", not \"%s\"", STR_FMT(s), text);
}

static void writes_amounts(void **state) {
    (void)state;
    is_text(money_number(a, 399, in("EUR")), "3.99");
    is_text(money_number(a, 5, in("EUR")), "0.05");
    is_text(money_number(a, 0, in("EUR")), "0.00");
    is_text(money_number(a, -399, in("EUR")), "-3.99");
    is_text(money_number(a, 0, in("JPY")), "0");
    is_text(money_number(a, 1200, in("JPY")), "1200");
    is_text(money_number(a, 1, in("KWD")), "0.001");
    is_text(money_number(a, INT64_MAX, in("EUR")), "92233720368547758.07");
    is_text(money_number(a, INT64_MIN, in("JPY")), "-9223372036854775808");
    is_text(money_text(a, 120050, in("EUR"), S("en")), "1\xE2\x80\xAF"
                                                       "200.50\xC2\xA0"
                                                       "EUR");
    is_text(money_text(a, 120050, in("EUR"), S("de")), "1\xE2\x80\xAF"
                                                       "200,50\xC2\xA0"
                                                       "EUR");
    is_text(money_text(a, 123456789, in("JPY"), S("ja")), "123\xE2\x80\xAF"
                                                          "456\xE2\x80\xAF"
                                                          "789\xC2\xA0JPY");
    is_text(money_text(a, 99999, in("USD"), S("en-US")), "999.99\xC2\xA0USD");
    is_text(money_text(a, -100000, in("EUR"), S("")), "-1\xE2\x80\xAF"
                                                      "000.00\xC2\xA0"
                                                      "EUR");
}

static void multiplies(void **state) {
    (void)state;
    int64_t got = -7;
    assert_int_equal(money_times(399, 3, &got), ERR_NONE);
    assert_int_equal(got, 1197);
    assert_int_equal(money_times(INT64_MAX, 2, &got), ERR_LIMIT);
    assert_int_equal(money_times(MONEY_MAX, 2, &got), ERR_LIMIT);
    assert_int_equal(money_times(1, -1, &got), ERR_INVALID);
    assert_int_equal(money_times(-1, 1, &got), ERR_INVALID);
    assert_int_equal(got, 1197);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(knows_currencies), cmocka_unit_test(reads_amounts),
                                       cmocka_unit_test(writes_amounts), cmocka_unit_test(multiplies)};
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
