/* The matcher on a catalogue of our own, small enough to know by heart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "letter/catalogue.h"

#define ITEM(kind, id, name, theme, year)                                                                    \
    { CATALOGUE_##kind, {id, sizeof(id) - 1}, {name, sizeof(name) - 1}, {theme, sizeof(theme) - 1}, year }

enum {
    RAIDER_OLD,
    RAIDER_NEW,
    FERRY,
    CRANE,
    BAKERY,
    SERIES_1,
    SERIES_2,
    SERIES_3,
    SERIES_4,
    VIM_OLD,
    VIM_NEW,
    VIM_SET,
    CAPTAIN,
    BAKER,
    ANCHOR,
    BRICK,
    HOOK,
    TORSO,
    ELSE,
    MEI,
};
static const struct catalogue_item items[] = {
    ITEM(PRODUCT, "9120-1", "Sub Marine Drifter", "Deep Blue", 2012),
    ITEM(PRODUCT, "71820-1", "Sub Marine Drifter", "Deep Blue", 2021),
    ITEM(PRODUCT, "5120-1", "Night Ferry", "Harbour", 2022),
    ITEM(PRODUCT, "3308-1", "Grand Canal Crane Zephyr", "Harbour", 2024),
    ITEM(PRODUCT, "6021-1", "Corner Bakery", "Town", 2023),
    ITEM(PRODUCT, "8100-1", "Librarian Ottoline", "Surprise", 2013),
    ITEM(PRODUCT, "8100-2", "Diver Quentin", "Surprise", 2013),
    ITEM(PRODUCT, "8100-3", "Cellist Ondine", "Surprise", 2013),
    ITEM(PRODUCT, "8100-4", "Juggler Pavo", "Surprise", 2013),
    ITEM(FIGURE, "fig-1", "Vim QX with Harpoon", "", 0),
    ITEM(FIGURE, "fig-2", "Vim QX (new head)", "", 0),
    ITEM(PRODUCT, "9553-1", "Vim QX", "Deep Blue", 2012),
    ITEM(FIGURE, "fig-3", "Captain Fenn", "", 0),
    ITEM(FIGURE, "fig-4", "Baker, white hat", "", 0),
    ITEM(PART, "77-014", "Anchor, black", "", 0),
    ITEM(PART, "3001", "Brick 2 x 4", "", 0),
    ITEM(PART, "4733", "Hook", "", 0),
    ITEM(PART, "973c26h01pr0391", "Torso, striped", "", 0),
    ITEM(PRODUCT, "4733-1", "Windmill of Kessel", "Harbour", 2019),
    ITEM(FIGURE, "fig-5", "Mei", "", 0),
};
enum { ITEMS = sizeof items / sizeof *items };
static const struct catalogue_link links[] = {
    {RAIDER_OLD, VIM_OLD, 1}, {RAIDER_NEW, VIM_NEW, 1}, {FERRY, CAPTAIN, 1},
    {FERRY, ANCHOR, 2},       {BAKERY, BAKER, 1},
};
static const struct catalogue_alias aliases[] = {
    {{"Nachtfähre", 11}, FERRY}, {{"the old tub", 11}, FERRY}, {{"night ferry", 11}, FERRY}};

static struct catalogue *c;
static arena *a;

static int open_catalogue(void **state) {
    (void)state;
    a = arena_new(0);
    c = catalogue_build(items, ITEMS, links, sizeof links / sizeof *links, aliases,
                        sizeof aliases / sizeof *aliases);
    return 0;
}
static int close_catalogue(void **state) {
    (void)state;
    catalogue_free(c);
    arena_free(a);
    return 0;
}

static catalogue_hit_list find(str text) {
    struct text t;
    catalogue_hit_list hits;
    text_of(a, text, S("en"), &t);
    catalogue_find(c, a, &t, &hits);
    uint32_t last = 0;
    for (size_t i = 0; i < hits.n; i++) {
        const struct catalogue_hit *h = &hits.v[i];
        assert_true(h->from >= last && h->to > h->from && h->to <= t.nwords);
        assert_true(h->item < ITEMS || (h->item == UINT32_MAX && h->ncandidates >= 2));
        assert_true(h->sure >= 0 && h->sure <= 1 && h->why);
        last = h->to;
    }
    return hits;
}

/* The hits as text: "9120-1 ?fig-1,fig-2". */
static void finds(const char *text, const char *want) {
    catalogue_hit_list hits = find(str_z(text));
    BUF_AUTO buf b = BUF_MAX(10000);
    for (size_t i = 0; i < hits.n; i++) {
        if (i) buf_add_char(&b, ' ');
        if (hits.v[i].item != UINT32_MAX) {
            buf_add(&b, items[hits.v[i].item].id);
            continue;
        }
        for (uint32_t k = 0; k < hits.v[i].ncandidates; k++) {
            buf_add_char(&b, k ? ',' : '?');
            buf_add(&b, items[hits.v[i].candidates[k]].id);
        }
    }
    if (!str_eq(buf_str(&b), str_z(want)))
        fail_msg("\"%s\" gives \"%.*s\", not \"%s\"", text, STR_FMT(buf_str(&b)), want);
}

static void names(void **state) {
    (void)state;
    finds("We love the Grand Canal Crane Zephyr.", "3308-1");
    finds("we love the grand canal crane zephyr", "3308-1");
    finds("the GrandCanal crane zephyr", "3308-1");
    finds("grandcanalcranezephyr", "3308-1");
    finds("the Grand-Canal Crane Zephyrs", "3308-1");
    finds("my Grand Canal Crane Zepyhr is broken", "3308-1");
    finds("my Grnad Canal Crane Zephyr", "3308-1");
    finds("Captain Fenn fell into the water", "fig-3");
    finds("Unsere Nachtfähre ist kaputt", "5120-1");
    finds("my night ferry",
          "5120-1"); /* its name is another name as well, and it is one thing all the same */
    finds("Unsere NACHTFAHRE ist kaputt", "5120-1");
}

static void numbers(void **state) {
    (void)state;
    finds("The number is 9120.", "9120-1");
    finds("set 9120-1", "9120-1");
    finds("#9120", "9120-1");
    finds("the Corner Bakery (6021)", "6021-1 6021-1");
    finds("I paid 9120 dollars", "");
    finds("order 9120", "");
    finds("invoice number 9120", "");
    finds("call 0171 9120", "");
    finds("it was 50 % of 9120 pieces", "");
    finds("fig-3 please", "fig-3");
    finds("set no9120", "9120-1");
    finds("https://shop.example/9120", "");
}

static void parts_need_a_word_for_them(void **state) {
    (void)state;
    finds("3001", "");
    finds("in 3001 everything will be better", "");
    finds("I need the part 3001", "3001");
    finds("piece number 3001 is missing", "3001");
    finds("973c26h01pr0391", "973c26h01pr0391");
    finds("the brick 4733 is broken", "4733");
    finds("the set 4733 is broken", "4733-1");
}

static void the_rest_of_the_letter_decides(void **state) {
    (void)state;
    finds("I lost Vim QX", "?9553-1,fig-1,fig-2");
    finds("Sub Marine Drifter", "?9120-1,71820-1");
    finds("Submarine Drifter, the number is 9120. I lost Vim QX at the shop.", "9120-1 9120-1 fig-1");
    finds("I lost Vim QX at the shop. He is from set 71820.", "fig-2 71820-1");
    finds("the Submarine Drifter from 2021", "71820-1");
    finds("the Submarine Drifter from 1999", "?9120-1,71820-1");
}

static void contents_are_known_by_less(void **state) {
    (void)state;
    finds("My set 9120 is great but Vim is gone. Poor Vim!", "9120-1 fig-1 fig-1");
    finds("Poor Vim!", "");
    finds("The Night Ferry set came with no anchor, it is missing.", "5120-1 77-014");
    finds("The ship lost its anchor.", "");
    finds("In the Corner Bakery set the baker is missing", "6021-1 fig-4");
    finds("My name is Fenn and I have the Night Ferry set", "5120-1");
}

static void a_series_is_not_its_first_item(void **state) {
    (void)state;
    finds("set 8100", "?8100-1,8100-2,8100-3,8100-4");
    finds("set 8100, the Juggler Pavo", "8100-4 8100-4");
    finds("set 8100-2", "8100-2");
}

static void everyday_words_are_no_names(void **state) {
    (void)state;
    finds("one night the ferry, then a corner and a bakery", "");
    finds("give it to me, I want it", "");
    finds("It took 2 weeks in 2012.", "");
    finds("the captain of the ship and the baker", "");
    finds("", "");
    finds("   \n\n ", "");
}

static void bad_input_ends_soon(void **state) {
    (void)state;
    static const char *const pieces[] = {"Sub Marine ",
                                         "sub marine drifte ",
                                         "9120 ",
                                         "part 3001 ",
                                         "Vim QX ",
                                         "set set set ",
                                         "\xE4\xB8\xAD\xE6\x96\x87",
                                         "sub\xE2\x80\x8Bmarine ",
                                         "\xFF\xFE",
                                         "grandcanalcranezephy ",
                                         "8100-2-3-4-5-",
                                         "a",
                                         "(",
                                         "\n"};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        BUF_AUTO buf b = BUF_MAX(256 << 10);
        while (b.n + 40 < 256 << 10) buf_add_z(&b, pieces[i]);
        int64_t from = clock_monotonic_ms();
        find(buf_str(&b));
        assert_true(clock_monotonic_ms() - from < 3000);
        arena_reset(a);
    }
    uint32_t dice = 7;
    for (int k = 0; k < 200; k++) {
        BUF_AUTO buf b = BUF_MAX(1 << 16);
        for (int i = 0; i < 60; i++) {
            dice = dice * 1664525 + 1013904223;
            buf_add_z(&b, pieces[(dice >> 16) % (sizeof pieces / sizeof *pieces)]);
        }
        find(buf_str(&b));
    }
    finds("sub\xE2\x80\x8Bmarine drifter from 2021", "71820-1");
}

static void looks_items_up(void **state) {
    (void)state;
    assert_int_equal(catalogue_size(c), ITEMS);
    for (uint32_t i = 0; i < ITEMS; i++) {
        assert_int_equal(catalogue_item_of(c, items[i].kind, items[i].id), i);
        assert_true(str_eq(catalogue_item_at(c, i)->name, items[i].name));
    }
    assert_int_equal(catalogue_item_of(c, CATALOGUE_PART, S("9120-1")), UINT32_MAX);
    assert_null(catalogue_item_at(c, ITEMS));
    struct catalogue *none = catalogue_build(NULL, 0, NULL, 0, NULL, 0);
    struct text t;
    catalogue_hit_list hits;
    text_of(a, S("set 9120"), S("en"), &t);
    catalogue_find(none, a, &t, &hits);
    assert_int_equal(hits.n, 0);
    assert_int_equal(catalogue_item_of(none, CATALOGUE_PRODUCT, S("9120-1")), UINT32_MAX);
    catalogue_free(none);
    catalogue_free(NULL);
}

static void says_why(void **state) {
    (void)state;
    catalogue_hit_list hits = find(S("Submarine Drifter, number 9120"));
    assert_int_equal(hits.n, 2);
    assert_string_equal(hits.v[0].why, "several have this name; {0} decides");
    assert_true(str_eq(hits.v[0].why_arg, S("9120-1")));
    assert_string_equal(hits.v[1].why, "the number of a product");
    hits = find(S("The Night Ferry set. Captain Fenn is lost."));
    assert_int_equal(hits.n, 2);
    assert_string_equal(hits.v[1].why, "the name of one thing only");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(numbers),
        cmocka_unit_test(parts_need_a_word_for_them),
        cmocka_unit_test(the_rest_of_the_letter_decides),
        cmocka_unit_test(contents_are_known_by_less),
        cmocka_unit_test(a_series_is_not_its_first_item),
        cmocka_unit_test(everyday_words_are_no_names),
        cmocka_unit_test(bad_input_ends_soon),
        cmocka_unit_test(looks_items_up),
        cmocka_unit_test(says_why),
    };
    return cmocka_run_group_tests(tests, open_catalogue, close_catalogue);
}
