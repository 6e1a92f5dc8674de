/* Days that replies name. Today is Monday, 7 January 2013, 17:02 in London, 18:02 in Berlin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/clock.h"
#include "letter/dates.h"

static const int64_t now = 1357578131000LL;

struct example {
    const char *language, *text;
    int year, month, day; /* 0: no date */
};

static void expect(const struct example *e, const struct zone *zone) {
    arena *a = arena_new(0);
    struct text t;
    date_hit_list dates = {0};
    text_of(a, str_z(e->text), str_z(e->language), &t);
    dates_find(a, &t, 0, t.nwords, now, zone, &dates);
    int64_t want = e->year ? zone_instant(zone, e->year, e->month, e->day + 1, 0, 0) - SECOND_MS : 0;
    int64_t got = dates.n ? dates.v[0].due_at : 0;
    if (got != want) {
        struct local_time l;
        zone_local(zone, got, &l);
        print_error("\"%s\": got %lld-%02d-%02d (%zu)\n", e->text, got ? (long long)l.year : 0LL, l.month,
                    l.day, dates.n);
    }
    assert_int_equal(got, want);
    arena_free(a);
}

static void reads_english(void **state) {
    (void)state;
    static const struct example examples[] = {
        {"en", "It will be with you within two weeks.", 2013, 1, 21},
        {"en", "within the next two weeks", 2013, 1, 21},
        {"en", "I will write to you by Friday.", 2013, 1, 11},
        {"en", "by Monday", 2013, 1, 14},
        {"en", "We will call you on 3 March.", 2013, 3, 3},
        {"en", "We will call you on March 3rd, 2014.", 2014, 3, 3},
        {"en", "on the 3rd of March", 2013, 3, 3},
        {"en", "You will hear from me tomorrow.", 2013, 1, 8},
        {"en", "the day after tomorrow", 2013, 1, 9},
        {"en", "I will look at it today.", 2013, 1, 7},
        {"en", "in 3 to 5 working days", 2013, 1, 14},
        {"en", "within 24 hours", 2013, 1, 8},
        {"en", "by the end of the month", 2013, 1, 31},
        {"en", "next week", 2013, 1, 18},
        {"en", "within a month", 2013, 2, 7},
        {"en", "It leaves us on 2013-01-30.", 2013, 1, 30},
        {"en", "by 30/01/2013", 2013, 1, 30},
        {"en", "by the 15th", 2013, 1, 15},
        {"en", "by the 5th", 2013, 2, 5},
        {"en", "You have it today or tomorrow.", 2013, 1, 8},
        {"en", "by Wednesday or Thursday", 2013, 1, 10},
        {"en", "on Friday or Saturday", 2013, 1, 12},
        {"en", "by 26/11", 2013, 11, 26},
        {"en", "half of it is 1/2 of it", 0, 0, 0},
        {"en", "I will call you at 15:00.", 2013, 1, 7},
        {"en", "I will call you at 3 pm.", 2013, 1, 7},
        {"en", "I will call you at 15:00 on Friday.", 2013, 1, 11},
        {"en", "The score was 3:10 to us.", 0, 0, 0},
        {"en", "on 2 January", 0, 0, 0},
        {"en", "soon", 0, 0, 0},
        {"en", "We will get back to you in due course.", 0, 0, 0},
        {"en", "shortly, as soon as possible, in the near future", 0, 0, 0},
        {"en", "Version 5.3 may help, may it not?", 0, 0, 0},
        {"en", "three of the sun hats sat there", 0, 0, 0},
        {"en", "", 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) expect(&examples[i], zone_utc);
}

static void reads_german(void **state) {
    (void)state;
    static const struct example examples[] = {
        {"de", "Ich melde mich bis Freitag.", 2013, 1, 11},
        {"de", "innerhalb von zwei Wochen", 2013, 1, 21},
        {"de", "in den nächsten drei Tagen", 2013, 1, 10},
        {"de", "in 3 bis 5 Werktagen", 2013, 1, 14},
        {"de", "am 3. März", 2013, 3, 3},
        {"de", "bis zum 5.3.", 2013, 3, 5},
        {"de", "am 05.03.2014", 2014, 3, 5},
        {"de", "bis morgen", 2013, 1, 8},
        {"de", "übermorgen", 2013, 1, 9},
        {"de", "bis Ende des Monats", 2013, 1, 31},
        {"de", "nächste Woche", 2013, 1, 18},
        {"de", "heute oder morgen", 2013, 1, 8},
        {"de", "um 15:00 Uhr", 2013, 1, 7},
        {"de", "um 15 Uhr am Freitag", 2013, 1, 11},
        {"de", "in Kürze, baldmöglichst, zu gegebener Zeit", 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) expect(&examples[i], zone_utc);
}

static void ends_the_day_in_the_zone(void **state) {
    (void)state;
    const struct zone *zone;
    if (zone_load(S("Europe/Berlin"), &zone)) skip();
    expect(&(struct example){"en", "by Friday", 2013, 1, 11}, zone);
    expect(&(struct example){"en", "on 31 March", 2013, 3, 31}, zone); /* the clocks change that day */
    if (zone_load(S("America/New_York"), &zone)) skip();
    expect(&(struct example){"en", "by 3/5/2013", 2013, 3, 5}, zone);
    expect(&(struct example){"en", "tomorrow", 2013, 1, 8}, zone);
}

static void finds_each_place(void **state) {
    (void)state;
    arena *a = arena_new(0);
    struct text t;
    date_hit_list dates = {0};
    text_of(a, S("I call on Friday and write within two weeks, on 3 March 2013 at the latest."), S("en"), &t);
    dates_find(a, &t, 0, t.nwords, now, NULL, &dates);
    assert_int_equal(dates.n, 3);
    assert_true(str_eq(text_span(&t, dates.v[0].from, dates.v[0].to), S("on Friday")));
    assert_true(str_eq(text_span(&t, dates.v[1].from, dates.v[1].to), S("within two weeks")));
    assert_true(str_eq(text_span(&t, dates.v[2].from, dates.v[2].to), S("on 3 March 2013")));
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_english),
        cmocka_unit_test(reads_german),
        cmocka_unit_test(ends_the_day_in_the_zone),
        cmocka_unit_test(finds_each_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
