#include "letter/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void assert_str(str got, const char *want) {
    if (!str_eq(got, str_z(want))) fail_msg("got \"%.*s\", want \"%s\"", STR_FMT(got), want);
}

static struct text cut(arena *a, const char *z, const char *language) {
    struct text t;
    text_of(a, str_z(z), str_z(language), &t);
    return t;
}

/* The folded words, parted by '|' within a sentence and " / " between sentences. */
static str shown(arena *a, const struct text *t) {
    str out = {0};
    for (size_t i = 0; i < t->nwords; i++) {
        const char *between = !i ? "" : t->words[i].sentence != t->words[i - 1].sentence ? " / " : "|";
        out = str_fmt(a, "%.*s%s%.*s", STR_FMT(out), between, STR_FMT(t->words[i].folded));
    }
    return out;
}

static void words_are_cut_and_folded(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"Hello. My name is Luka", "hello / my|name|is|luka"},
        {"I don\xe2\x80\x99t know, we've tried", "i|don't|know|we've|tried"},
        {"M\xc3\xb6"
         "chte ich Stra\xc3\x9f"
         "e",
         "mochte|ich|strasse"},
        {"It cost 3.99 or 1,200 at 10:30", "it|cost|3.99|or|1,200|at|10:30"},
        {"set 9449-1", "set|9449|1"},
        {"see https://example.org/a?b=c. Thanks", "see|https://example.org/a?b=c / thanks"},
        {"write to me@example.org!", "write|to|me@example.org"},
        {"Mr. Smith and J. Doe came.", "mr|smith|and|j|doe|came"},
        {"pa\xe2\x80\x8bssword", "password"},
        {"p\xd0\xb0ssword", "password"}, /* a Cyrillic a */
        {"\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
         "\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82"},
        {"\xe4\xbd\xa0\xe5\xa5\xbd\xe3\x80\x82\xe8\xb0\xa2", "\xe4\xbd\xa0|\xe5\xa5\xbd / \xe8\xb0\xa2"},
        {"Thanks.Please help", "thanks / please|help"},
        {"l'eau", "l|eau"},
        {"version 115.0.2 broke", "version|115.0.2|broke"},
        {"", ""},
        {"\xff\xfe bad \xff bytes", "bad|bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text t = cut(a, cases[i].text, "en");
        assert_str(shown(a, &t), cases[i].words);
    }
}

static void sentences_end_where_people_end_them(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    struct text t =
        cut(a,
            "Dear team,\n\nWith all my money I got for Christmas I bought the big ship and it is\n"
            "really good! Can you help? Thank you (so much).\n- one thing\n- another thing\n\n"
            "Kind regards\nAnna",
            "en");
    static const char *const want[] = {
        "Dear team,",
        "With all my money I got for Christmas I bought the big ship and it is\nreally good!",
        "Can you help?",
        "Thank you (so much).",
        "one thing",
        "another thing",
        "Kind regards",
        "Anna"};
    assert_int_equal(t.nsentences, sizeof want / sizeof *want);
    for (size_t i = 0; i < t.nsentences; i++) assert_str(text_sentence(&t, i), want[i]);
    assert_true(t.sentences[2].asks);
    assert_false(t.sentences[1].asks);
    assert_int_equal(t.sentences[0].paragraph, 0);
    assert_int_equal(t.sentences[7].paragraph, 2);
}

static void a_day_of_a_month_ends_no_sentence(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    struct text t = cut(a, "Ich schicke es am 3. M\xc3\xa4rz. Danke.", "de");
    assert_int_equal(t.nsentences, 2);
    assert_str(text_sentence(&t, 0), "Ich schicke es am 3. M\xc3\xa4rz.");
}

static void offsets_lead_back(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    struct text t = cut(a, "Jay ZX \xf0\x9f\x98\x80 is lost", "en");
    assert_int_equal(t.nwords, 4);
    assert_str(text_span(&t, 0, 2), "Jay ZX");
    assert_int_equal(text_word_at(&t, 0), 0);
    assert_int_equal(text_word_at(&t, 4), 1);
    assert_int_equal(text_word_at(&t, 400), 4);
    uint32_t at[2] = {t.words[2].start, t.words[3].end}, units[2];
    text_utf16(t.bytes, at, 2, units);
    assert_int_equal(units[0], 10); /* the emoji is two units and four bytes */
    assert_int_equal(units[1], 17);
    assert_true(t.words[1].flags & WORD_CAPITALS);
    assert_true(t.words[0].flags & WORD_CAPITAL);
    assert_false(t.words[2].flags & WORD_CAPITAL);
}

static void stems_join_forms(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    struct text t = cut(a, "Luka's figures figure", "en");
    assert_str(t.words[0].stem, "luka");
    assert_int_equal(t.words[1].hash, t.words[2].hash);
    assert_int_not_equal(t.words[1].folded_hash, t.words[2].folded_hash);
}

static void large_and_hostile_texts_end(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    size_t n = 1 << 20;
    char *big = arena_alloc(a, n);
    static const char *const fill[] = {"a.b@", "\n", "? ", "'", "1.", "x ", "\xe2\x80\x8b"};
    for (size_t k = 0; k < sizeof fill / sizeof *fill; k++) {
        size_t len = strlen(fill[k]);
        for (size_t i = 0; i < n; i++) big[i] = fill[k][i % len];
        struct text t;
        text_of(a, (str){big, n}, S("en"), &t);
        assert_true(t.nwords <= TEXT_WORDS_MAX);
        for (size_t i = 0; i < t.nwords; i++)
            assert_true(t.words[i].end <= n && t.words[i].start < t.words[i].end);
        arena_reset(a);
        big = arena_alloc(a, n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_cut_and_folded), cmocka_unit_test(sentences_end_where_people_end_them),
        cmocka_unit_test(offsets_lead_back),        cmocka_unit_test(a_day_of_a_month_ends_no_sentence),
        cmocka_unit_test(stems_join_forms),         cmocka_unit_test(large_and_hostile_texts_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
