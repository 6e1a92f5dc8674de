/* Bursts: what is an incident, what is a flood, what is a Monday; order, repetition, memory, and the file.
 * Letters are made up from a few hundred words of which some are frequent, so that what is usual has a shape.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "letter/burst.h"

enum { WORDS = 900, LETTER = 24 };
static const int64_t start = 1800000000000; /* a Friday, 08:00 UTC */
static arena *kept;
static uint64_t seed;
static int64_t next_id;

static uint32_t dice(uint32_t n) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)((seed >> 11) % n);
}

static int setup(void **state) {
    (void)state;
    kept = arena_new((size_t)1 << 30);
    seed = 0x9e3779b97f4a7c15u;
    next_id = 1;
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_free(kept);
    return 0;
}

/* Frequent ones come first. */
static str usual_text(const char *more) {
    str s = S("");
    for (int i = 0; i < LETTER; i++) {
        uint32_t w = dice(3) ? dice(WORDS) : dice(40);
        s = str_fmt(kept, "%.*s%sq%c%cz%u", STR_FMT(s), i % 8 ? " " : ". ", 'a' + (char)(w % 7),
                    'a' + (char)(w % 11), w);
    }
    return str_fmt(kept, "%.*s. %s", STR_FMT(s), more);
}

static struct burst_letter letter_of(int64_t customer, int64_t at, str body, const char *language) {
    struct text t;
    struct burst_words w;
    text_of(kept, body, str_z(language), &t);
    burst_words_of(kept, &t, 1, NULL, 0, &w);
    return (struct burst_letter){next_id++, customer, at, str_z(language), w.keys, w.n};
}

static int64_t put(burst *b, int64_t customer, int64_t at, const char *more) {
    struct burst_letter l = letter_of(customer, at, usual_text(more), "en");
    assert_true(burst_add(b, &l));
    return l.id;
}

/* `days` days until `now` with `a_day` letters each, most of them by day. */
static burst *history(int64_t now, int days, int a_day) {
    burst *b = burst_new();
    for (int64_t day = -days; day < 0; day++) {
        for (int i = 0; i < a_day; i++) {
            int64_t hour = dice(4) ? 7 + dice(12) : dice(24);
            put(b, 100000 + next_id, now + day * DAY_MS + hour * HOUR_MS / 2 + dice(HOUR_MS), "");
        }
        burst_advance(b, now + (day + 1) * DAY_MS);
    }
    return b;
}

static burst_cluster_list look(burst *b, int64_t now) {
    burst_cluster_list list;
    burst_again(b);
    burst_look(b, kept, now, &list);
    return list;
}

static bool holds(const struct burst_cluster *c, int64_t id) {
    for (size_t i = 0; i < c->n; i++)
        if (c->letters[i] == id) return true;
    return false;
}

static const char *const outage[] = {"The harbour map stays empty and the map page says error E42.",
                                     "Your map page shows nothing, only E42, where is the harbour map?",
                                     "We see error E42 instead of the harbour map. What now?",
                                     "Is the harbour map broken? The page is blank with E42.",
                                     "My harbour map is gone. E42 it says.",
                                     "No harbour map today, just an error, E42, on that page.",
                                     "E42! The children cannot open the harbour map.",
                                     "I cannot load the harbour map (E42)."};

static void quiet_weeks_are_quiet(void **state) {
    (void)state;
    burst *b = history(start, 35, 40);
    for (int i = 0; i < 400; i++) {
        int64_t at = start + i * 36 * MINUTE_MS;
        burst_cluster_list list;
        put(b, 500 + i, at, "");
        burst_look(b, kept, at, &list);
        assert_int_equal(list.n, 0);
    }
    burst_free(b);
}

static void many_say_the_same(void **state) {
    (void)state;
    burst *b = history(start, 21, 40);
    int64_t ids[8], other;
    for (int i = 0; i < 4; i++) ids[i] = put(b, i + 1, start + i * 4 * MINUTE_MS, outage[i]);
    assert_int_equal(look(b, start + 20 * MINUTE_MS).n, 0); /* four are not many */
    for (int i = 4; i < 8; i++) ids[i] = put(b, i + 1, start + i * 4 * MINUTE_MS, outage[i]);
    other = put(b, 77, start + 25 * MINUTE_MS, "");
    burst_cluster_list list = look(b, start + 40 * MINUTE_MS);
    assert_int_equal(list.n, 1);
    const struct burst_cluster *c = &list.v[0];
    int in = 0;
    for (int i = 0; i < 8; i++) in += holds(c, ids[i]);
    assert_true(in >= 7);
    assert_false(holds(c, other));
    assert_int_equal(c->began, start);
    assert_int_equal(c->voices, (int64_t)c->n);
    assert_true(c->chance < 1e-4 && c->words.n >= 2);
    for (size_t i = 0; i < c->words.n; i++)
        assert_true(c->words.v[i].expected < (double)c->words.v[i].voices);
    burst_free(b);
}

static void one_sender_is_one_voice(void **state) {
    (void)state;
    burst *b = history(start, 21, 40);
    for (int i = 0; i < 200; i++) put(b, 7, start + i * 10 * SECOND_MS, outage[i % 8]);
    assert_int_equal(look(b, start + HOUR_MS).n, 0);
    burst_free(b);
}

/* From 300 senders, with a name and a number of their own in each. */
/* Somebody repeats in public what others wrote, word for word. */
static void who_repeats_takes_nothing_away(void **state) {
    (void)state;
    burst *b = history(start, 21, 40);
    for (int i = 0; i < 8; i++) {
        str said = usual_text(outage[i]);
        struct burst_letter own = letter_of(i + 1, start + i * 4 * MINUTE_MS, said, "en"),
                            again = letter_of(99, start + (i * 4 + 1) * MINUTE_MS, said, "en");
        assert_true(burst_add(b, &own) && burst_add(b, &again));
    }
    burst_cluster_list list = look(b, start + 40 * MINUTE_MS);
    assert_int_equal(list.n, 1);
    assert_true(list.v[0].voices >= 7 && list.v[0].voices <= 8);
    burst_free(b);
}

/* Three letters a week, for months: what eight people say within an hour is an incident all the same. */
static void a_small_brand_has_incidents(void **state) {
    (void)state;
    for (int weeks = 2; weeks <= 20; weeks += 18) {
        burst *b = burst_new();
        for (int64_t day = -7 * weeks; day < 0; day++) {
            if (day % 7 == -1 || day % 7 == -3 || day % 7 == -6)
                put(b, 100000 + next_id, start + day * DAY_MS, "");
            burst_advance(b, start + (day + 1) * DAY_MS);
        }
        for (int i = 0; i < 8; i++) put(b, i + 1, start + i * 4 * MINUTE_MS, outage[i]);
        assert_int_equal(look(b, start + 40 * MINUTE_MS).n, weeks > 2);
        burst_free(b);
    }
}

/* A new desk brings in the mail of eight weeks, a page at a time: it then knows how many usually write. */
static void what_is_brought_in_tells_the_hours(void **state) {
    (void)state;
    burst *b = burst_new();
    const char *const new_version = "Mine is 4711.5.";
    for (int i = 0; i < 56 * 24; i++) {
        put(b, 100000 + next_id, start - (56 * 24 - i) * (int64_t)HOUR_MS, "");
        if (i % 200 == 199) assert_int_equal(look(b, start).n, 0);
    }
    for (int i = 0; i < 24; i++) put(b, i + 1, start + i * (int64_t)HOUR_MS, i % 3 ? "" : new_version);
    assert_int_equal(look(b, start + DAY_MS).n, 0);
    burst_free(b);
}

static void one_template_is_one_voice(void **state) {
    (void)state;
    burst *b = history(start, 21, 40);
    str text = usual_text(outage[0]);
    for (int i = 0; i < 300; i++) {
        struct burst_letter l =
            letter_of(i + 1, start + i * SECOND_MS,
                      str_fmt(kept, "Dear shop. %.*s Yours, sender%d %d", STR_FMT(text), i, 77 + i), "en");
        assert_true(burst_add(b, &l));
    }
    assert_int_equal(look(b, start + HOUR_MS).n, 0);
    burst_free(b);
}

static void short_copies_are_no_incident(void **state) {
    (void)state;
    burst *b = history(start, 21, 40);
    for (int i = 0; i < 100; i++) {
        struct burst_letter l = letter_of(i + 1, start + i * SECOND_MS, S("Cheap anchors"), "en");
        assert_true(burst_add(b, &l));
    }
    assert_int_equal(look(b, start + HOUR_MS).n, 0);
    burst_free(b);
}

static void a_number_alone_is_none(void **state) {
    (void)state;
    burst *b = history(start, 21, 40);
    /* A dozen more than on any day, and each names a version. */
    for (int i = 0; i < 12; i++) put(b, 900 + i, start - DAY_MS + i * 100 * MINUTE_MS, "Mine is 4711.0.");
    assert_int_equal(look(b, start).n, 0);
    burst_free(b);
    b = history(start, 21, 40);
    /* But where more write than usual, and that is what they write about, it is one. */
    for (int i = 0; i < 12; i++) put(b, 2000 + i, start + i * 4 * MINUTE_MS, "Mine is 4711.");
    assert_int_equal(look(b, start + 50 * MINUTE_MS).n, 1);
    burst_free(b);
}

/* Eight people write about one thing, in an hour in which `others` write about anything. */
static bool proposed_among(int others) {
    burst *b = history(start, 14, 400);
    for (int64_t i = 0; i < others; i++) put(b, 90000 + i, start + i * HOUR_MS / others, "");
    for (int i = 0; i < 8; i++) put(b, i + 1, start + i * 5 * MINUTE_MS, outage[i]);
    bool some = look(b, start + HOUR_MS).n > 0;
    burst_free(b);
    return some;
}

/* Eight are many among a few, and not where hundreds write: there one in fifty is asked for. */
static void limits_grow_with_the_desk(void **state) {
    (void)state;
    assert_true(proposed_among(2));
    assert_true(proposed_among(200));
    assert_false(proposed_among(700));
}

/* Twenty letters in one language on a day are no burst of that language's words. */
static void a_language_is_no_incident(void **state) {
    (void)state;
    static const char *const words[] = {"qualcuno", "perche", "della",  "nave",
                                        "questo",   "grazie", "vorrei", "anche"};
    burst *b = history(start, 21, 40);
    int64_t id = 0;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < (round ? 14 : 42); i++) {
            str s = S("");
            for (int k = 0; k < 14; k++)
                s = str_fmt(kept, "%.*s %s", STR_FMT(s),
                            k % 3 ? words[dice(8)] : (const char *)usual_text("").p + 2 + 6 * k);
            s = str_slice(s, 0, 300);
            int64_t at = round ? start + i * 3 * MINUTE_MS : start - 15 * DAY_MS + i * 8 * HOUR_MS;
            struct burst_letter l = letter_of(40000 + ++id, at, s, "it");
            assert_true(burst_add(b, &l));
        }
    }
    assert_int_equal(look(b, start + HOUR_MS).n, 0);
    burst_free(b);
}

static bool same_look(burst *x, burst *y, int64_t now) {
    burst_cluster_list a = look(x, now), b = look(y, now);
    bool same = a.n == b.n && a.n > 0;
    for (size_t i = 0; same && i < a.n; i++) {
        const struct burst_cluster *p = &a.v[i], *q = &b.v[i];
        same = p->n == q->n && p->words.n == q->words.n && p->voices == q->voices && p->chance == q->chance &&
               memcmp(p->letters, q->letters, p->n * sizeof *p->letters) == 0;
        for (size_t k = 0; same && k < p->words.n; k++)
            same = p->words.v[k].key == q->words.v[k].key && p->words.v[k].weight == q->words.v[k].weight;
    }
    return same;
}

static void shuffle(struct burst_letter *l, size_t n) {
    for (size_t i = n; i > 1; i--) {
        size_t k = dice((uint32_t)i);
        struct burst_letter x = l[i - 1];
        l[i - 1] = l[k];
        l[k] = x;
    }
}

/* Whatever the order in which letters of a minute are added, and however often. */
static void order_and_repetition_say_nothing(void **state) {
    (void)state;
    enum { N = 60 };
    for (int round = 0; round < 12; round++) {
        uint64_t before = seed;
        int64_t first = next_id;
        burst *x = history(start, 14, 30);
        int64_t after_id = next_id;
        uint64_t after = seed;
        seed = before, next_id = first;
        burst *y = history(start, 14, 30);
        seed = after, next_id = after_id;
        struct burst_letter all[N];
        for (int i = 0; i < N; i++)
            all[i] = letter_of(1 + dice(40), start + (i / 10) * MINUTE_MS + dice(MINUTE_MS),
                               usual_text(i % 3 ? "" : outage[dice(8)]), "en");
        for (int i = 0; i < N; i++) assert_true(burst_add(x, &all[i]));
        for (int i = 0; i < N; i += 10) {
            shuffle(all + i, 10);
            for (int k = i; k < i + 10; k++) assert_true(burst_add(y, &all[k]));
            for (int k = i; k < i + 10; k++) assert_false(burst_add(y, &all[k]));
        }
        assert_true(same_look(x, y, start + 10 * MINUTE_MS));
        burst_free(x);
        burst_free(y);
    }
}

static void the_file_holds_what_is_usual(void **state) {
    (void)state;
    burst *x = history(start, 21, 40), *y = NULL;
    BUF_AUTO buf file = BUF_MAX(1 << 24), again = BUF_MAX(1 << 24);
    burst_advance(x, start + DAY_MS); /* all of it is usual now */
    assert_true(burst_save(x, &file));
    assert_int_equal(burst_load(buf_str(&file), &y), ERR_NONE);
    assert_int_equal(burst_folded(x), burst_folded(y));
    assert_true(burst_save(y, &again));
    assert_true(str_eq(buf_str(&file), buf_str(&again)));
    for (int i = 0; i < 8; i++) {
        struct burst_letter l = letter_of(i + 1, start + DAY_MS + i * MINUTE_MS, usual_text(outage[i]), "en");
        assert_true(burst_add(x, &l) && burst_add(y, &l));
    }
    assert_true(same_look(x, y, start + DAY_MS + HOUR_MS));
    burst *none = NULL;
    for (size_t cut = 0; cut < file.n; cut += 1 + file.n / 300)
        assert_int_equal(burst_load(str_slice(buf_str(&file), 0, cut), &none), ERR_INVALID);
    for (size_t at = 0; at < file.n; at += 1 + file.n / 300) {
        file.p[at] ^= 4;
        assert_int_equal(burst_load(buf_str(&file), &none), ERR_INVALID);
        file.p[at] ^= 4;
    }
    assert_null(none);
    burst_free(x);
    burst_free(y);
}

static void what_is_taken_out_does_not_count(void **state) {
    (void)state;
    burst *b = history(start, 21, 40);
    int64_t ids[8];
    for (int i = 0; i < 8; i++) ids[i] = put(b, i + 1, start + i * MINUTE_MS, outage[i]);
    assert_int_equal(look(b, start + HOUR_MS).n, 1);
    for (int i = 0; i < 5; i++) burst_remove(b, ids[i], start + i * MINUTE_MS);
    assert_int_equal(look(b, start + HOUR_MS).n, 0);
    burst_remove(b, 424242, start); /* there is none of it */
    burst_free(b);
}

static void memory_has_a_limit(void **state) {
    (void)state;
    burst *b = burst_new();
    struct burst_count c;
    uint32_t keys[BURST_LETTER_WORDS];
    for (int64_t i = 0; i < 24000; i++) {
        for (int k = 0; k < BURST_LETTER_WORDS; k++) keys[k] = (dice(UINT32_MAX) & ~3u) | 4;
        struct burst_letter l = {i + 1, i + 1, start + i * 4 * SECOND_MS, S("en"), keys, BURST_LETTER_WORDS};
        assert_true(burst_add(b, &l));
        if (i % 3000 == 0) burst_advance(b, l.at);
    }
    burst_counts(b, &c);
    assert_true(c.letters <= BURST_LETTERS && c.words <= BURST_WORDS);
    assert_true(c.memory <= 25000000);
    burst_free(b);
}

/* What speaks for itself: words as they stand, pairs, versions, products. */
static void words_are_shown_as_written(void **state) {
    (void)state;
    struct text t;
    struct burst_words w, v;
    str product = S("Harbour Crane");
    text_of(kept, S("Since the update to 89.0 my ADD-ONS are disabled. See https://tidewatch.example/x"),
            S("en"), &t);
    burst_words_of(kept, &t, 1, &product, 1, &w);
    text_of(kept, S("Add-ons! Version 89 disabled them."), S("en"), &t);
    burst_words_of(kept, &t, 1, NULL, 0, &v);
    struct burst_weight words[3] = {{0, 2}, {0, 3}, {0, 4}};
    bool pair = false;
    for (size_t i = 0; i < w.n; i++) {
        str shown = w.keys[i] ? burst_shown(kept, &w, w.keys[i]) : S("");
        if (str_eq(shown, S("89.0"))) words[0].key = w.keys[i];
        if (str_eq(shown, S("disabled"))) words[1].key = w.keys[i];
        if (str_eq(shown, product)) words[2].key = w.keys[i];
        assert_true(str_find(shown, S("tidewatch"), 0) >= shown.n);
        if (i + 1 < w.n && w.keys[i] && w.keys[i + 1])
            pair = pair || str_eq(burst_shown(kept, &w, burst_pair(w.keys[i], w.keys[i + 1])), S("add ons"));
    }
    assert_true(pair && words[0].key && words[1].key && words[2].key);
    assert_int_equal(burst_class_of(words[0].key), BURST_NUMBER);
    assert_int_equal(burst_class_of(words[2].key), BURST_PRODUCT);
    int shared;
    double score = burst_score(v.keys, v.n, words, 3, &shared);
    assert_int_equal(shared, 2);
    assert_true(score == 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(quiet_weeks_are_quiet, setup, teardown),
        cmocka_unit_test_setup_teardown(many_say_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(one_sender_is_one_voice, setup, teardown),
        cmocka_unit_test_setup_teardown(who_repeats_takes_nothing_away, setup, teardown),
        cmocka_unit_test_setup_teardown(a_small_brand_has_incidents, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_brought_in_tells_the_hours, setup, teardown),
        cmocka_unit_test_setup_teardown(one_template_is_one_voice, setup, teardown),
        cmocka_unit_test_setup_teardown(short_copies_are_no_incident, setup, teardown),
        cmocka_unit_test_setup_teardown(a_number_alone_is_none, setup, teardown),
        cmocka_unit_test_setup_teardown(limits_grow_with_the_desk, setup, teardown),
        cmocka_unit_test_setup_teardown(a_language_is_no_incident, setup, teardown),
        cmocka_unit_test_setup_teardown(order_and_repetition_say_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(the_file_holds_what_is_usual, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_taken_out_does_not_count, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_has_a_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(words_are_shown_as_written, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
