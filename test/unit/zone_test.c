/* zone: the calendar, zone files of the system (skipped where tzdata is missing), broken files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/zone.h"

static const struct zone *load(const char *name) {
    const struct zone *z = NULL;
    err e = zone_load(str_z(name), &z);
    if (e == ERR_MISSING) skip();
    assert_int_equal(e, ERR_NONE);
    return z;
}

/* "2026-03-29 03:00:00 +0120 CEST 0" */
static void expect_local(const struct zone *z, int64_t seconds, const char *want) {
    struct local_time l;
    zone_local(z, seconds * 1000, &l);
    ARENA_AUTO arena *a = arena_new(0);
    int offset = l.offset_minutes < 0 ? -l.offset_minutes : l.offset_minutes;
    str got = str_fmt(a, "%lld-%02d-%02d %02d:%02d:%02d %c%02d%02d %s %d", (long long)l.year, l.month, l.day,
                      l.hour, l.minute, l.second, l.offset_minutes < 0 ? '-' : '+', offset / 60, offset % 60,
                      l.abbreviation, l.weekday);
    assert_string_equal(got.p, want);
}

static void test_utc(void **state) {
    (void)state;
    expect_local(zone_utc, 0, "1970-01-01 00:00:00 +0000 UTC 4");
    expect_local(NULL, -1, "1969-12-31 23:59:59 +0000 UTC 3");
    expect_local(zone_utc, 951782400, "2000-02-29 00:00:00 +0000 UTC 2");
    expect_local(zone_utc, -62135596800, "1-01-01 00:00:00 +0000 UTC 1");
    expect_local(zone_utc, 253402300799, "9999-12-31 23:59:59 +0000 UTC 5");
    struct local_time l;
    zone_local(zone_utc, INT64_MAX, &l);
    assert_int_equal(l.year, 292278994);
    zone_local(zone_utc, INT64_MIN, &l);
    assert_int_equal(l.year, -292275055);
    zone_local(zone_utc, -1, &l); /* the millisecond before 1970 */
    assert_int_equal(l.second, 59);
    assert_string_equal(zone_name(NULL).p, "UTC");
}

static void test_calendar_round_trip(void **state) {
    (void)state;
    for (int64_t day = -800000; day < 800000; day += 13) {
        struct local_time l;
        zone_local(zone_utc, day * DAY_MS, &l);
        assert_int_equal(zone_days(l.year, l.month, l.day), day);
        assert_int_equal(zone_instant(zone_utc, (int)l.year, l.month, l.day, 0, 0), day * DAY_MS);
    }
}

static void test_instant_carries_over(void **state) {
    (void)state;
    int64_t first_of_march = zone_instant(NULL, 2026, 3, 1, 0, 0);
    assert_int_equal(zone_instant(NULL, 2026, 2, 29, 0, 0), first_of_march);
    assert_int_equal(zone_instant(NULL, 2025, 15, 1, 0, 0), first_of_march);
    assert_int_equal(zone_instant(NULL, 2027, -9, 1, 0, 0), first_of_march);
    assert_int_equal(zone_instant(NULL, 2026, 2, 28, 23, 60), first_of_march);
    assert_int_equal(zone_instant(NULL, 2024, 3, 0, 0, 0), zone_instant(NULL, 2024, 2, 29, 0, 0));
    assert_int_equal(zone_instant(NULL, 20000, 1, 1, 0, 0), zone_instant(NULL, 9999, 1, 1, 0, 0));
    zone_instant(NULL, INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX);
    zone_instant(NULL, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN);
}

static void test_berlin(void **state) {
    (void)state;
    const struct zone *z = load("Europe/Berlin");
    expect_local(z, 1774745999, "2026-03-29 01:59:59 +0100 CET 0");
    expect_local(z, 1774746000, "2026-03-29 03:00:00 +0200 CEST 0");
    expect_local(z, 1792889999, "2026-10-25 02:59:59 +0200 CEST 0");
    expect_local(z, 1792890000, "2026-10-25 02:00:00 +0100 CET 0");
    expect_local(z, 4118083200, "2100-07-01 02:00:00 +0200 CEST 4"); /* by the rule in the footer */
    expect_local(z, 1000000000, "2001-09-09 03:46:40 +0200 CEST 0");
    /* Skipped: forward by the gap. Twice: the earlier. */
    assert_int_equal(zone_instant(z, 2026, 3, 29, 2, 30), 1774747800000);  /* 03:30 CEST */
    assert_int_equal(zone_instant(z, 2026, 10, 25, 2, 30), 1792888200000); /* CEST */
    assert_int_equal(zone_instant(z, 2026, 7, 1, 12, 0), 1782900000000);
    assert_int_equal(zone_instant(z, 2100, 7, 1, 2, 0), 4118083200000);
    const struct zone *again = load("Europe/Berlin");
    assert_ptr_equal(z, again);
    assert_true(str_eq(zone_name(z), S("Europe/Berlin")));
}

static void test_odd_zones(void **state) {
    (void)state;
    expect_local(load("Asia/Kolkata"), 1782900000, "2026-07-01 15:30:00 +0530 IST 3");
    expect_local(load("America/St_Johns"), 1782900000, "2026-07-01 07:30:00 -0230 NDT 3");
    expect_local(load("Australia/Lord_Howe"), 1767225600, "2026-01-01 11:00:00 +1100 +11 4");
    expect_local(load("Australia/Lord_Howe"), 1782900000, "2026-07-01 20:30:00 +1030 +1030 3");
    expect_local(load("Europe/Dublin"), 1767225600, "2026-01-01 00:00:00 +0000 GMT 4");
    expect_local(load("Europe/Dublin"), 4118083200, "2100-07-01 01:00:00 +0100 IST 4");
    expect_local(load("America/Sao_Paulo"), 4118083200, "2100-06-30 21:00:00 -0300 -03 3");
    expect_local(load("Etc/GMT+5"), 0, "1969-12-31 19:00:00 -0500 -05 3");
    /* Samoa had no 30 December 2011. */
    const struct zone *apia = load("Pacific/Apia");
    struct local_time l;
    zone_local(apia, zone_instant(apia, 2011, 12, 30, 12, 0), &l);
    assert_int_equal(l.day, 31);
    assert_int_equal(l.hour, 12);
}

static void test_names(void **state) {
    (void)state;
    static const char *const refused[] = {
        "",
        "/etc/passwd",
        "../../../etc/passwd",
        "Europe/../Berlin",
        "Europe/Be rlin",
        "zone.tab",
        "Europe/Berlin\n",
        "Europe\\Berlin",
        "right/Europe/Berlin",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        const struct zone *z = (const struct zone *)&z;
        assert_int_equal(zone_load(str_z(refused[i]), &z), ERR_INVALID);
        assert_ptr_equal(z, &z); /* untouched */
    }
    const struct zone *z;
    assert_int_equal(zone_load((str){"Europe/Berlin\0x", 15}, &z), ERR_INVALID);
    assert_int_equal(zone_load(S("Europe/Atlantis"), &z), ERR_MISSING);
    assert_int_equal(zone_load(S("Europe/Berlin/Mitte"), &z), ERR_MISSING);
    load("Europe/Berlin");
    assert_int_equal(zone_load(S("Europe"), &z), ERR_INVALID); /* a folder */
    assert_non_null(strstr(err_text(), "Europe"));
}

/* ---- files made here ---- */

enum { MADE_MAX = 512 };

struct made {
    unsigned char p[MADE_MAX];
    size_t n;
};

static void put(struct made *m, const void *p, size_t n) {
    assert_true(m->n + n <= MADE_MAX);
    memcpy(m->p + m->n, p, n);
    m->n += n;
}

static void put_number(struct made *m, int64_t v, int bytes) {
    for (int i = bytes - 1; i >= 0; i--) put(m, &(unsigned char){(unsigned char)((uint64_t)v >> (8 * i))}, 1);
}

static void put_header(struct made *m, char version, int leaps, int times, int types, int chars) {
    put(m, "TZif", 4);
    put(m, &version, 1);
    put(m, (const char[15]){0}, 15);
    put_number(m, 0, 4);
    put_number(m, 0, 4);
    put_number(m, leaps, 4);
    put_number(m, times, 4);
    put_number(m, types, 4);
    put_number(m, chars, 4);
}

/* One change at second 1000 from A (0) to B (one hour), then the footer. */
static struct made made_zone(const char *footer) {
    struct made m = {.n = 0};
    put_header(&m, '2', 0, 0, 1, 4);
    put_number(&m, 0, 4);
    put(&m, "\0\0AAA", 6);
    put_header(&m, '2', 0, 1, 2, 8);
    put_number(&m, 1000, 8);
    put(&m, "\1", 1);
    put_number(&m, 0, 4);
    put(&m, "\0\0", 2);
    put_number(&m, 3600, 4);
    put(&m, "\1\4AAA\0BBB", 10);
    put(&m, footer, strlen(footer));
    return m;
}

static err parse(arena *a, const struct made *m, const struct zone **ret) {
    return zone_parse(a, S("Made"), (str){(const char *)m->p, m->n}, ret);
}

static void test_made_zone(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    const struct zone *z;
    struct made m = made_zone("\n\n");
    assert_int_equal(parse(a, &m, &z), ERR_NONE);
    expect_local(z, 999, "1970-01-01 00:16:39 +0000 AAA 4");
    expect_local(z, 1000, "1970-01-01 01:16:40 +0100 BBB 4");
    expect_local(z, 4118083200, "2100-07-01 01:00:00 +0100 BBB 4");
    m = made_zone("\nAAA5BBB3,J60/0,J61/25:30:15\n");
    assert_int_equal(parse(a, &m, &z), ERR_NONE);
    expect_local(z, 1772341200 - 1, "2026-02-28 23:59:59 -0500 AAA 6");
    expect_local(z, 1772341200, "2026-03-01 02:00:00 -0300 BBB 0"); /* J60 is 1 March in every year */
    expect_local(z, 1835499600, "2028-03-01 02:00:00 -0300 BBB 3");
    expect_local(z, 1772512214, "2026-03-03 01:30:14 -0300 BBB 2");
    expect_local(z, 1772512215, "2026-03-02 23:30:15 -0500 AAA 1");
    m = made_zone("\n<+03>-3<+04>,0/0,J365/25\n"); /* summer all year */
    assert_int_equal(parse(a, &m, &z), ERR_NONE);
    expect_local(z, 1767225600, "2026-01-01 04:00:00 +0400 +04 4");
    expect_local(z, 1782900000, "2026-07-01 14:00:00 +0400 +04 3");
}

static void test_broken_files(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    const struct zone *z;
    struct made good = made_zone("\nAAA0BBB,M3.5.0,M10.5.0/3\n");
    assert_int_equal(parse(a, &good, &z), ERR_NONE);
    for (size_t n = 0; n < good.n; n++) { /* cut anywhere */
        struct made m = good;
        m.n = n;
        assert_int_equal(parse(a, &m, &z), ERR_INVALID);
    }
    static const char *const footers[] = {
        "",
        "\n",
        "AAA0\n",
        "\nAA0\n",
        "\nAAA\n",
        "\nAAA25\n",
        "\nAAA0BBB\n",
        "\nAAA0BBB,M3.5.0\n",
        "\nAAA0BBB,M13.5.0,M10.5.0\n",
        "\nAAA0BBB,M3.6.0,M10.5.0\n",
        "\nAAA0BBB,M3.5.7,M10.5.0\n",
        "\nAAA0BBB,J0,J5\n",
        "\nAAA0BBB,366,5\n",
        "\nAAA0BBB,1/168,5\n",
        "\n<AAA0\n",
        "\n<A A>0\n",
        "\nAAA0BBB,1,2x\n",
        "\n<ABCDEFGHIJKLM>0\n",
        "\nAAA0:60\n",
    };
    for (size_t i = 0; i < sizeof footers / sizeof footers[0]; i++) {
        struct made m = made_zone(footers[i]);
        assert_int_equal(parse(a, &m, &z), ERR_INVALID);
    }
    struct made m = good;
    m.p[0] = 'X';
    assert_int_equal(parse(a, &m, &z), ERR_INVALID);
    m = (struct made){.n = 0};
    put_header(&m, 0, 1, 0, 1, 4); /* leap seconds */
    put(&m, (const char[64]){0}, 64);
    assert_int_equal(parse(a, &m, &z), ERR_INVALID);
    assert_non_null(strstr(err_text(), "leap"));
    m = (struct made){.n = 0};
    put_header(&m, 0, 0, -1, 1, 4); /* a negative count */
    put(&m, (const char[64]){0}, 64);
    assert_int_equal(parse(a, &m, &z), ERR_INVALID);
    static char large[256 * 1024 + 1];
    assert_int_equal(zone_parse(a, S("x"), (str){large, sizeof large}, &z), ERR_INVALID);
}

static void test_version_1(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    const struct zone *z;
    struct made m = {.n = 0};
    put_header(&m, 0, 0, 2, 2, 8);
    put_number(&m, -2000, 4);
    put_number(&m, 1000, 4);
    put(&m, "\1\0", 2);
    put_number(&m, 0, 4);
    put(&m, "\0\0", 2);
    put_number(&m, -7200, 4);
    put(&m, "\1\4AAA\0BBB", 10);
    assert_int_equal(parse(a, &m, &z), ERR_NONE);
    expect_local(z, -2001, "1969-12-31 23:26:39 +0000 AAA 3");
    expect_local(z, -2000, "1969-12-31 21:26:40 -0200 BBB 3");
    expect_local(z, 999, "1969-12-31 22:16:39 -0200 BBB 3");
    expect_local(z, 1000, "1970-01-01 00:16:40 +0000 AAA 4");
    m.p[44 + 8] = 2; /* a type that does not exist */
    assert_int_equal(parse(a, &m, &z), ERR_INVALID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utc),
        cmocka_unit_test(test_calendar_round_trip),
        cmocka_unit_test(test_instant_carries_over),
        cmocka_unit_test(test_berlin),
        cmocka_unit_test(test_odd_zones),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_made_zone),
        cmocka_unit_test(test_broken_files),
        cmocka_unit_test(test_version_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
