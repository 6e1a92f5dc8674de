/* What is left of a reply when all that is particular to it is taken out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "letter/check.h"
#include "letter/stock.h"
#include "letter/voice.h"

static struct skeleton of(arena *a, const char *reply, const char *letter, const char *name,
                          const struct catalogue *catalogue) {
    struct text *r = arena_alloc(a, sizeof *r), *l = arena_alloc(a, sizeof *l);
    struct skeleton s;
    str names[1] = {str_z(name)};
    text_of(a, str_z(reply), S("en"), r);
    text_of(a, str_z(letter), S("en"), l);
    skeleton_of(a, r, &(struct skeleton_mask){l, names, name ? 1 : 0, catalogue}, &s);
    return s;
}

static bool same(const struct skeleton *x, const struct skeleton *y) {
    if (x->n != y->n) return false;
    for (size_t i = 0; i < x->n; i++)
        if (x->counts[i] != y->counts[i] || memcmp(x->sentences[i], y->sentences[i], x->counts[i] * 4))
            return false;
    return true;
}

static void names_and_numbers_go(void **state) {
    (void)state;
    arena *a = arena_new(0);
    struct skeleton x =
        of(a, "Dear Milo, your parcel 4711 left us on Friday, see https://a.example/x1 please.", "", "milo",
           NULL);
    struct skeleton y = of(a, "Dear Ruth, your parcel 998 left us on Tuesday, see https://b.example/ please.",
                           "", "ruth", NULL);
    assert_true(same(&x, &y));
    assert_true(x.counts[0] >= 5);
    arena_free(a);
}

static void pasting_nouns_in_changes_nothing(void **state) {
    (void)state;
    arena *a = arena_new(0);
    const char *letter = "The wheel of my Harbour Glider fell off and now the Keeper cries.";
    struct skeleton x = of(a, "Your request has been received and will be looked into.", letter, "", NULL);
    struct skeleton y =
        of(a, "Your request about Harbour Glider and the Keeper has been received and will be looked into.",
           letter, "", NULL);
    /* One small word stays, "about", which the letter does not have. */
    assert_int_equal(x.counts[0] + 1, y.counts[0]);
    arena_free(a);
}

static void small_words_stay(void **state) {
    (void)state;
    arena *a = arena_new(0);
    struct skeleton x = of(a, "We will send you what you want.", "Will you send me what we want?", "", NULL);
    assert_true(x.counts[0] >= 4);
    struct skeleton none = of(a, "", "", "", NULL);
    assert_int_equal(none.n, 0);
    arena_free(a);
}

static void products_go(void **state) {
    (void)state;
    arena *a = arena_new(0);
    struct catalogue_item items[] = {
        {CATALOGUE_PRODUCT, S("4127-1"), S("Harbour Glider"), S("Tide"), 2024},
        {CATALOGUE_PRODUCT, S("4130-1"), S("Lantern Ferry"), S("Tide"), 2025},
    };
    struct catalogue *c = catalogue_build(items, 2, NULL, 0, NULL, 0);
    struct skeleton x = of(a, "The new box of the Harbour Glider leaves us soon.", "", "", c);
    struct skeleton y = of(a, "The new box of the Lantern Ferry leaves us soon.", "", "", c);
    assert_true(same(&x, &y));
    catalogue_free(c);
    arena_free(a);
}

static void words_know_their_place(void **state) {
    (void)state;
    arena *a = arena_new(0);
    struct text r;
    struct skeleton s;
    text_of(a, S("Hello 5 kites. The red kite flies."), S("en"), &r);
    skeleton_of(a, &r, &(struct skeleton_mask){0}, &s);
    assert_int_equal(s.n, 2);
    for (size_t i = 0; i < s.n; i++)
        for (uint32_t w = 0; w < s.counts[i]; w++) {
            assert_int_equal(r.words[s.words[i][w]].hash, s.sentences[i][w]);
            assert_int_equal(r.words[s.words[i][w]].sentence, i);
        }
    arena_free(a);
}

static void voice_finds_the_words_that_differ(void **state) {
    (void)state;
    arena *a = arena_new(0);
    struct text approved[20], others[20];
    voice_list more, less;
    for (int i = 0; i < 20; i++) {
        text_of(a, S("you and me, we fold the sail again and again in a breeze"), S("en"), &approved[i]);
        text_of(a, S("you and me, we process the enquiry accordingly in a queue"), S("en"), &others[i]);
    }
    voice_of(a, approved, 20, others, 20, 10, &more, &less);
    bool breeze = false, you = false, enquiry = false;
    for (size_t i = 0; i < more.n; i++) {
        breeze |= str_eq(more.v[i].folded, S("breeze"));
        you |= str_eq(more.v[i].folded, S("you"));
    }
    for (size_t i = 0; i < less.n; i++) enquiry |= str_eq(less.v[i].folded, S("enquiry"));
    assert_true(breeze && enquiry && !you);
    voice_of(a, approved, 20, NULL, 0, 10, &more, &less);
    assert_int_equal(more.n + less.n, 0);
    arena_free(a);
}

static void stock_is_what_many_got(void **state) {
    (void)state;
    arena *a = arena_new(0);
    struct text texts[24], letters[24];
    struct stock_text replies[24];
    stock_list list;
    for (int i = 0; i < 24; i++) {
        str own = str_fmt(a, "kite%d sails%d over%d hills%d", i, i, i, i);
        text_of(a,
                i < 12 ? str_fmt(a, "We thank you for reaching out to us today. %s.", own.p)
                       : str_fmt(a, "Something %s happens with the new line.", own.p),
                S("en"), &texts[i]);
        replies[i] = (struct stock_text){&texts[i], i};
        text_of(a, str_fmt(a, "Something happens with the new line, %s.", own.p), S("en"), &letters[i]);
    }
    stock_of(a, replies, 24, letters, 24, 50, &list);
    assert_int_equal(list.n, 2); /* nine words are two phrases of eight */
    for (size_t i = 0; i < list.n; i++) {
        assert_int_equal(list.v[i].customers, 12);
        assert_true(str_find(list.v[i].words, S("thank you for reaching out to us"), 0) != SIZE_MAX);
    }
    for (int i = 0; i < 24; i++) replies[i].customer = 1;
    stock_of(a, replies, 24, letters, 24, 50, &list);
    assert_int_equal(list.n, 0); /* all to one person */
    stock_of(a, NULL, 0, NULL, 0, 50, &list);
    assert_int_equal(list.n, 0);
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_numbers_go),   cmocka_unit_test(pasting_nouns_in_changes_nothing),
        cmocka_unit_test(small_words_stay),       cmocka_unit_test(products_go),
        cmocka_unit_test(words_know_their_place), cmocka_unit_test(voice_finds_the_words_that_differ),
        cmocka_unit_test(stock_is_what_many_got),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
