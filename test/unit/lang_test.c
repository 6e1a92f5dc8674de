/* lang: choosing, looking up, plural forms, filling; over languages made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/lang.h"

/* Instead of the tables from po/: this program brings its own. */
static const char *const de_forms[] = {"März", "{0} Byte", "{0} Bytes", "Ende"};
static const struct lang_entry de_entries[] = {
    {"March", de_forms, 1}, {"{0} byte", de_forms + 1, 2}, {"End", de_forms + 3, 1}, {"", NULL, 0}};
static const char *const fr_forms[] = {"{0} octet", "{0} octets"};
static const struct lang_entry fr_entries[] = {{"{0} byte", fr_forms, 2}, {"", NULL, 0}};
static uint16_t de_slots[4], fr_slots[2]; /* full but for one, so that probing has to wrap */

static const struct lang de = {.tag = "de",
                               .name = "Deutsch",
                               .plural = LANG_PLURAL_ONE,
                               .offered = true,
                               .entries = de_entries,
                               .slots = de_slots,
                               .slot_mask = 3};
static const struct lang fr = {.tag = "fr",
                               .name = "Français",
                               .plural = LANG_PLURAL_ABOVE1,
                               .offered = true,
                               .entries = fr_entries,
                               .slots = fr_slots,
                               .slot_mask = 1};
static const struct lang es = {.tag = "es", .name = "Español", .plural = LANG_PLURAL_ONE, .offered = true};
static const struct lang it = {.tag = "it", .name = "Italiano", .plural = LANG_PLURAL_ONE};
static const struct lang pt_br = {
    .tag = "pt-BR", .name = "Português", .plural = LANG_PLURAL_ABOVE1, .offered = true};
const struct lang *const lang_tables[] = {&de, &fr, &es, &it, &pt_br, NULL};

static void fill(const struct lang *l, uint16_t *slots) {
    for (uint16_t i = 0; l->entries[i].n; i++) {
        uint32_t at = lang_hash(l->entries[i].id) & l->slot_mask;
        while (slots[at]) at = (at + 1) & l->slot_mask;
        slots[at] = (uint16_t)(i + 1);
    }
}

static void expect_choice(const char *accept, const char *tag) {
    assert_string_equal(lang_choose(str_z(accept))->tag, tag);
}

static void test_choose(void **state) {
    (void)state;
    expect_choice("", "en");
    expect_choice("de", "de");
    expect_choice("de-AT,en;q=0.5", "de");
    expect_choice("DE_ch", "de");
    expect_choice("tlh, de;q=0.3, fr;q=0.7", "fr");
    expect_choice("en-GB,en;q=0.9,de;q=0.8", "en");
    expect_choice("de;q=0, en;q=0.1", "en");
    expect_choice("de;q=0", "en");
    expect_choice("*", "en");
    expect_choice("fr ; q=0.2 , de ; q=0.20", "fr");
    expect_choice("de;q=2, fr;q=0.1", "fr");
    expect_choice("de;q=1.001, fr;q=0.001", "fr");
    expect_choice("de;q=, fr;q=x, es;q=0.5", "es");
    expect_choice("it", "en"); /* not offered */
    expect_choice("it, fr;q=0.1", "fr");
    expect_choice("pt", "en"); /* the reader did not ask for Brazil's */
    expect_choice("pt-br", "pt-BR");
    expect_choice(",,,;;;q=,-,-de,de-", "de");
    ARENA_AUTO arena *a = arena_new(0);
    char *many = arena_alloc(a, 100001);
    memset(many, ',', 100000);
    expect_choice(many, "en");
    memset(many, 'd', 100000);
    expect_choice(many, "en");
}

static void test_find(void **state) {
    (void)state;
    assert_string_equal(lang_find(S("de"))->name, "Deutsch");
    assert_ptr_equal(lang_find(S("de-AT-1996")), lang_find(S("de")));
    assert_ptr_equal(lang_find(S("en-US")), &lang_english);
    assert_null(lang_find(S("")));
    assert_null(lang_find(S("d")));
    assert_null(lang_find(S("tlh")));
    assert_null(lang_find(S("-")));
    assert_ptr_equal(lang_at(0), &lang_english);
    size_t n = 0;
    while (lang_at(n)) n++;
    assert_int_equal(n, 6);
    assert_ptr_equal(lang_find(S("it")), &it);
    assert_null(lang_at(n + 5));
}

static void test_text(void **state) {
    (void)state;
    assert_true(str_eq(lang_text(&de, "March"), S("März")));
    assert_true(str_eq(lang_text(&de, "No such text at all"), S("No such text at all")));
    assert_true(str_eq(lang_text(&de, ""), S("")));
    assert_true(str_eq(lang_text(NULL, "March"), S("March")));
    assert_true(str_eq(lang_text(&lang_english, "March"), S("March")));
    assert_true(str_eq(lang_plural(&de, 1, TN("{0} byte", "{0} bytes")), S("{0} Byte")));
    assert_true(str_eq(lang_plural(&de, 2, TN("{0} byte", "{0} bytes")), S("{0} Bytes")));
    assert_true(str_eq(lang_plural(&fr, 0, TN("{0} byte", "{0} bytes")), S("{0} octet")));
    assert_true(str_eq(lang_plural(NULL, 0, "one", "many"), S("many")));
    assert_true(str_eq(lang_plural(&de, 1, "one untranslated", "many"), S("one untranslated")));
}

/* Every text of every language is found, and through the hash. */
static void test_every_entry(void **state) {
    (void)state;
    for (size_t i = 1; lang_at(i); i++) {
        const struct lang *l = lang_at(i);
        for (const struct lang_entry *e = l->entries; e && e->n; e++) {
            assert_true(lang_text(l, e->id).p == e->forms[0]);
            assert_true(e->n == 1 || e->n == lang_plural_count(l->plural));
        }
    }
}

static void expect_filled(const char *text, int nargs, const char *want) {
    static const str args[] = {{"A", 1}, {"{0}", 3}, {"", 0},  {"3", 1}, {"4", 1},
                               {"5", 1}, {"6", 1},   {"7", 1}, {"8", 1}, {"9", 1}};
    BUF_AUTO buf b = BUF_MAX(256);
    lang_fmt(&b, NULL, text, args, nargs);
    str got = buf_str(&b);
    assert_int_equal(got.n, strlen(want));
    assert_memory_equal(got.p, want, got.n);
}

static void test_fill(void **state) {
    (void)state;
    expect_filled("plain", 2, "plain");
    expect_filled("{1}{0}", 2, "{0}A");
    expect_filled("<{0}> {2}|{9}", 10, "<A> |9");
    expect_filled("{0} {1} {2}", 1, "A {1} {2}");
    expect_filled("{a} {0 {0", 2, "{a} {0 {0");
    expect_filled("{{0}}", 2, "{A}");
    expect_filled("", 2, "");
    expect_filled("{0}", 0, "{0}");
}

/* Digits are the forms of 0, 1, 2, ... */
static void expect_forms(enum lang_plural_rule rule, const char *want) {
    int count = lang_plural_count(rule);
    for (int n = 0; want[n]; n++) {
        int form = lang_plural_form(rule, n);
        assert_int_equal(form, want[n] - '0');
        assert_int_equal(lang_plural_form(rule, -n), form);
        assert_true(form < count);
    }
    for (int64_t n = 0; n < 100000; n += 7) assert_true(lang_plural_form(rule, n) < count);
    assert_true(lang_plural_form(rule, INT64_MIN) < count);
}

static void test_forms(void **state) {
    (void)state;
    expect_forms(LANG_PLURAL_NONE, "0000000000000000000000000000000000");
    expect_forms(LANG_PLURAL_ONE, "1011111111111111111111111111111111");
    expect_forms(LANG_PLURAL_ABOVE1, "0011111111111111111111111111111111");
    expect_forms(LANG_PLURAL_RUSSIAN, "2011122222222222222220111222222011");
    expect_forms(LANG_PLURAL_POLISH, "2011122222222222222222111222222211");
    expect_forms(LANG_PLURAL_CZECH, "2011122222222222222222222222222222");
    expect_forms(LANG_PLURAL_SLOVENIAN, "3012233333333333333333333333333333");
    expect_forms(LANG_PLURAL_LITHUANIAN, "2011111111222222222220111111112011");
    expect_forms(LANG_PLURAL_ROMANIAN, "1011111111111111111122222222222222");
    expect_forms(LANG_PLURAL_ARABIC, "0123333333344444444444444444444444");
    assert_int_equal(lang_plural_form(LANG_PLURAL_RUSSIAN, 111), 2);
    assert_int_equal(lang_plural_form(LANG_PLURAL_RUSSIAN, 121), 0);
    assert_int_equal(lang_plural_form(LANG_PLURAL_SLOVENIAN, 101), 0);
    assert_int_equal(lang_plural_form(LANG_PLURAL_ROMANIAN, 101), 1);
    assert_int_equal(lang_plural_form(LANG_PLURAL_ROMANIAN, 100), 2);
    assert_int_equal(lang_plural_form(LANG_PLURAL_ARABIC, 102), 5);
    assert_int_equal(lang_plural_form(LANG_PLURAL_ARABIC, 103), 3);
}

int main(void) {
    fill(&de, de_slots);
    fill(&fr, fr_slots);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choose),      cmocka_unit_test(test_find), cmocka_unit_test(test_text),
        cmocka_unit_test(test_every_entry), cmocka_unit_test(test_fill), cmocka_unit_test(test_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
