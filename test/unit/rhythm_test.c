/* Is an inbox more silent than is usual for it? Weeks of letters are made up; both engines. */
#include "unit/people_kit.h"

#include "desk/brands.h"
#include "desk/intake.h"
#include "desk/rhythm.h"
#include "jobs/jobs.h"

enum { WEEK = RHYTHM_HOURS, MOST = 10 * RHYTHM_HOURS };

/* A Sunday, 0 h UTC. */
static const int64_t sunday = 1800144000000 / HOUR_MS;

struct weeks {
    int64_t hours[MOST];
    size_t n;
};

static bool office(int64_t hour) {
    struct local_time t;
    zone_local(zone_utc, hour * HOUR_MS, &t);
    return t.weekday >= 1 && t.weekday <= 5 && t.hour >= 9 && t.hour < 17;
}

/* Letters in every office hour of `count` weeks before sunday. */
static struct weeks office_weeks(int count) {
    struct weeks w = {.n = 0};
    for (int64_t h = sunday - count * WEEK; h < sunday; h++)
        if (office(h)) w.hours[w.n++] = h;
    return w;
}

static struct rhythm at(const struct weeks *w, int64_t now) {
    return rhythm_of(zone_utc, w->hours, w->n, now);
}

static void test_an_office(void **state) {
    (void)state;
    struct weeks w = office_weeks(8);
    assert_true(at(&w, sunday).known);
    assert_false(at(&w, sunday).silent);
    /* The weekend and the night before Monday are rest. */
    assert_false(at(&w, sunday + 24 + 10).silent);
    /* Monday goes by without a letter. */
    assert_true(at(&w, sunday + 24 + 15).silent);
    int first = 0;
    while (!at(&w, sunday + 24 + first).silent) first++;
    assert_in_range(first, 12, 15); /* three to six silent office hours */
    /* The longest past silence is a weekend and weighs next to nothing, its edges apart. */
    assert_true(at(&w, sunday).longest < 4);
}

static void test_little_is_known(void **state) {
    (void)state;
    struct weeks w = office_weeks(1);
    assert_false(at(&w, sunday + 24 + 23).known);
    assert_false(at(&w, sunday + 24 + 23).silent);
    struct weeks few = office_weeks(8);
    few.n = 20;
    assert_false(at(&few, sunday + 24 + 23).known);
    struct weeks none = {.n = 0};
    assert_false(at(&none, sunday).known);
}

/* A shop with one letter a day, at any hour: a day without one is nothing, ten days are. */
static void test_a_quiet_shop(void **state) {
    (void)state;
    struct weeks w = {.n = 0};
    for (int64_t day = -56; day < 0; day++) w.hours[w.n++] = sunday + day * 24 + (day * 7 + 700) % 24;
    int64_t last = w.hours[w.n - 1];
    assert_true(at(&w, last + 36).known);
    assert_false(at(&w, last + 36).silent);
    assert_false(at(&w, last + 72).silent);
    assert_true(at(&w, last + 14 * 24).silent);
}

/* A week of holidays in the past: as long a silence again is no alarm, half as much more is. */
static void test_it_was_silent_before(void **state) {
    (void)state;
    struct weeks all = office_weeks(8), w = {.n = 0};
    for (size_t i = 0; i < all.n; i++)
        if (all.hours[i] < sunday - 5 * WEEK || all.hours[i] >= sunday - 4 * WEEK)
            w.hours[w.n++] = all.hours[i];
    assert_false(at(&w, sunday + 24 + 16).silent);
    assert_false(at(&w, sunday + WEEK).silent);
    assert_true(at(&w, sunday + 2 * WEEK).silent);
}

/* ---- the job ---- */

static void letter_at(struct intake_inbox to, int64_t hour) {
    static int n;
    struct intake_letter l = {.to = to,
                              .mail_from = S("milo@customer.example"),
                              .recipient = S("x@toys.example"),
                              .bytes = str_fmt(kit.a, "Subject: %d\r\n\r\nx\r\n", ++n),
                              .received_at = hour * HOUR_MS + 60000};
    intake_keep_many(&kit.d, kit.a, &l, 1);
    assert_ok(l.result);
}

static store_silence_list silent(int64_t brand) {
    store_silence_list list = {0};
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_silences(c, kit.a, brand, &list));
    return list;
}

static void run_at(int64_t hour) {
    int done;
    kit.now = hour * HOUR_MS;
    assert_ok(jobs_run_kind(&kit.d, S("/bin/false"), S("rhythm"), &done));
    assert_true(done > 0);
}

static void test_the_alarm(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct store_brand brand;
    struct store_inbox inbox;
    kit.now = (sunday - 3 * WEEK) * HOUR_MS;
    assert_ok(brand_create(&kit.d, kit.a, kit_email("Brand "), S("UTC"), S("en"), &brand));
    struct inbox_form form = {.address = kit_email("silent"), .silent_after_hours = -1};
    assert_ok(inbox_create(&kit.d, kit.a, brand.id, &form, &inbox));
    struct intake_inbox to = {brand.id, inbox.id};
    struct weeks w = office_weeks(3);
    for (size_t i = 0; i < w.n; i++) letter_at(to, w.hours[i]);
    assert_ok(rhythm_start(&kit.d, kit.a));
    run_at(sunday + 10);
    assert_int_equal(silent(brand.id).n, 0);
    run_at(sunday + 24 + 20);
    assert_int_equal(silent(brand.id).n, 1);
    assert_int_equal(silent(brand.id).v[0].inbox_id, inbox.id);
    int64_t since = silent(brand.id).v[0].silent_at;
    run_at(sunday + 48 + 20);
    assert_int_equal(silent(brand.id).v[0].silent_at, since);
    letter_at(to, sunday + 48 + 21);
    run_at(sunday + 48 + 22);
    assert_int_equal(silent(brand.id).n, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_office),
        cmocka_unit_test(test_little_is_known),
        cmocka_unit_test(test_a_quiet_shop),
        cmocka_unit_test(test_it_was_silent_before),
        KIT_TEST(test_the_alarm),
    };
    return KIT_RUN(tests);
}
