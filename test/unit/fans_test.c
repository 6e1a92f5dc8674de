/* What became of letters: the curve against worked examples, and what is counted of returns, purchases, waits
 * and lives, on both engines. */
#include <math.h>
#include <string.h>

#include "people_kit.h"

#include "base/zone.h"
#include "desk/conversation.h"
#include "desk/fans.h"
#include "desk/people.h"
#include "desk/reply.h"
#include "desk/settings.h"
#include "store/finding.h"

/* ---- the curve ---- */

static void close_to(double is, double wanted, double by) {
    if (fabs(is - wanted) > by) fail_msg("%.6f, not %.6f", is, wanted);
}

/* Remission in weeks of the 21 patients with 6-MP, Freireich et al. (1963), Blood 21, 699-716, the textbooks'
 * example: 6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+. By hand: S(6) = 18/21, S(7)
 * = S(6) * 16/17, S(10) = S(7) * 14/15, S(13) = S(10) * 11/12, S(16) = S(13) * 10/11, S(22) = S(16) * 6/7,
 * S(23) = S(22) * 5/6. */
static void test_curve_textbook(void **state) {
    (void)state;
    static const int gone[] = {6, 6, 6, 7, 10, 13, 16, 22, 23},
                     lost[] = {6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35};
    static const struct {
        int day, at_risk;
        double stay, low, high;
    } wanted[] = {
        {5, 21, 1, 1, 1},
        {6, 21, 18.0 / 21, 0.620, 0.952},
        {7, 17, 0.806723, 0.563, 0.923},
        {8, 15, 0.806723, 0.563, 0.923},
        {10, 15, 0.752941, 0.503, 0.889},
        {13, 12, 0.690196, 0.432, 0.849},
        {16, 11, 0.627451, 0.368, 0.805},
        {22, 7, 0.537815, 0.268, 0.747},
        {23, 6, 0.448179, 0.188, 0.680},
        {35, 1, 0.448179, 0.188, 0.680},
        {36, 0, 0.448179, 0.188, 0.680},
    };
    arena *a = arena_new(0);
    struct curve_count *c = arena_alloc(a, sizeof *c);
    curve_step_list steps;
    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++) curve_add(c, gone[i], true);
    for (size_t i = 0; i < sizeof lost / sizeof *lost; i++) curve_add(c, lost[i], false);
    assert_int_equal(curve_people(c), 21);
    curve_steps(a, c, &steps);
    assert_int_equal(curve_last_day(&steps), 35);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        struct curve_point p = curve_at(&steps, wanted[i].day);
        assert_int_equal(p.at_risk, wanted[i].at_risk);
        close_to(p.stay, wanted[i].stay, 1e-6);
        close_to(p.low, wanted[i].low, 6e-4);
        close_to(p.high, wanted[i].high, 6e-4);
    }
    /* Greenwood's sum at 7 by hand: 3 / (21 * 18) + 1 / (17 * 16) = 0.0116129; the band from log(-log S):
     * S ^ exp(+-1.96 * sqrt(0.0116129) / ln 0.806723). */
    double width = 1.959963984540054 * sqrt(3.0 / (21 * 18) + 1.0 / (17 * 16)) / log(0.8067226890756303);
    close_to(curve_at(&steps, 7).low, pow(0.8067226890756303, exp(-width)), 1e-9);
    close_to(curve_at(&steps, 7).high, pow(0.8067226890756303, exp(width)), 1e-9);
    arena_free(a);
}

static void test_curve_edges(void **state) {
    (void)state;
    arena *a = arena_new(0);
    struct curve_count *c = arena_alloc(a, sizeof *c);
    curve_step_list steps;
    curve_steps(a, c, &steps);
    assert_int_equal(steps.n, 0);
    assert_int_equal(curve_last_day(&steps), -1);
    close_to(curve_at(&steps, 100).stay, 1, 0);
    assert_int_equal(curve_at(&steps, 100).at_risk, 0);
    /* Everybody goes: no band is left to draw. A day before the first, and one behind the last. */
    curve_add(c, -1, true);
    curve_add(c, 3, true);
    curve_add(c, 3, true);
    curve_steps(a, c, &steps);
    assert_int_equal(curve_people(c), 2);
    close_to(curve_at(&steps, 2).stay, 1, 0);
    close_to(curve_at(&steps, 3).stay, 0, 0);
    close_to(curve_at(&steps, 3).high, 0, 0);
    assert_int_equal(curve_at(&steps, 3).gone, 2);
    /* Who goes after the last day of all was there on it. */
    memset(c, 0, sizeof *c);
    curve_add(c, 5000, true);
    curve_steps(a, c, &steps);
    close_to(curve_at(&steps, CURVE_DAYS + 100).stay, 1, 0);
    assert_int_equal(curve_at(&steps, CURVE_DAYS - 1).at_risk, 1);
    assert_int_equal(curve_at(&steps, CURVE_YEAR).at_risk, 1);
    arena_free(a);
}

/* ---- days ---- */

static void test_days(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    const struct zone *berlin;
    struct fans_span s;
    assert_ok(zone_load(S("Europe/Berlin"), &berlin));
    /* Sunday, 29 March 2026, 23:30 in Berlin: summer time began that night. The week began on Monday the
     * 23rd. */
    int64_t sunday = zone_instant(berlin, 2026, 3, 29, 23, 30);
    assert_int_equal(fans_day_of(berlin, sunday), 20260329);
    assert_int_equal(fans_week_of(berlin, sunday), 20260323);
    assert_int_equal(fans_week_of(berlin, sunday + HOUR_MS), 20260330);
    assert_int_equal(fans_week_of(zone_utc, sunday + HOUR_MS), 20260323);
    assert_int_equal(fans_day_plus(20261231, 1), 20270101);
    assert_int_equal(fans_day_plus(20280301, -1), 20280229);
    assert_true(fans_span_of(berlin, S(""), sunday, &s));
    assert_int_equal(s.from, zone_instant(berlin, 2026, 3, 1, 0, 0));
    assert_int_equal(s.until - s.from, 31 * (int64_t)DAY_MS - HOUR_MS);
    assert_str(fans_span_text(kit.a, &s), "2026-03");
    s = fans_span_move(berlin, &s, -3);
    assert_str(fans_span_text(kit.a, &s), "2025-12");
    s = fans_span_move(berlin, &s, 1);
    assert_str(fans_span_text(kit.a, &s), "2026-01");
    assert_true(fans_span_of(berlin, S("2024"), sunday, &s));
    assert_int_equal(s.until - s.from, 366 * (int64_t)DAY_MS);
    s = fans_span_move(berlin, &s, 1);
    assert_str(fans_span_text(kit.a, &s), "2025");
    /* The week of that Sunday is an hour short; a day says which. */
    assert_true(fans_span_of(berlin, S("2026-03-29"), sunday, &s));
    assert_str(fans_span_text(kit.a, &s), "2026-03-23");
    assert_int_equal(s.from, zone_instant(berlin, 2026, 3, 23, 0, 0));
    assert_int_equal(s.until - s.from, 7 * (int64_t)DAY_MS - HOUR_MS);
    s = fans_span_move(berlin, &s, 31);
    assert_str(fans_span_text(kit.a, &s), "2026-10-26");
    assert_int_equal(s.from, fans_span_move(berlin, &s, -1).until);
    /* In Santiago midnight was left out on Sunday, 8 September 2024; the day began at one. */
    const struct zone *santiago;
    assert_ok(zone_load(S("America/Santiago"), &santiago));
    int64_t one = fans_day_start(santiago, 20240908);
    assert_int_equal(fans_day_of(santiago, one), 20240908);
    assert_int_equal(fans_day_of(santiago, one - 1), 20240907);
    assert_int_equal(fans_week_of(santiago, one), 20240902);
    /* Apia had no 30 December 2011; its week has six days, and none is counted twice. */
    const struct zone *apia;
    assert_ok(zone_load(S("Pacific/Apia"), &apia));
    assert_true(fans_span_of(apia, S("2011-12-31"), sunday, &s));
    assert_str(fans_span_text(kit.a, &s), "2011-12-26");
    assert_int_equal(s.until - s.from, 6 * (int64_t)DAY_MS);
    assert_int_equal(fans_week_of(apia, s.until - 1), 20111226);
    assert_int_equal(fans_week_of(apia, s.until), 20120102);
    static const char *const wrong[] = {"2026-02-30", "2026-13-01", "2026-1-123", "1969-12-31", "2026-13",
                                        "2026-00",    "26-01",      "2026-1",     "20260",      "2026/01",
                                        "x",          "-026",       "1969",       "9999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(fans_span_of(berlin, str_z(wrong[i]), sunday, &s));
}

/* ---- counting ---- */

static struct {
    struct people_setup_done done;
    struct actor ines, tom;
    const struct zone *zone;
} w;

/* 15 January 2027, a Friday, 08:00 UTC. */
static const int64_t friday = 1800000000000;

static void world(void) {
    static void *made_for;
    kit.now = friday;
    if (made_for == kit.db) return;
    made_for = kit.db;
    struct people_setup wanted = {.brand = S("Tidewatch Toys"),
                                  .inbox = S("letters@tidewatch.example"),
                                  .admin = S("ines@tidewatch.example"),
                                  .admin_name = S("Ines"),
                                  .zone = S("Europe/Berlin"),
                                  .language = S("en")};
    assert_ok(people_setup(&kit.d, kit.a, &wanted, &w.done));
    assert_ok(zone_load(S("Europe/Berlin"), &w.zone));
    w.ines = (struct actor){w.done.brand.id, w.done.admin.id, S("Ines")};
    struct people_invited tom;
    assert_ok(
        people_invite(&kit.d, kit.a, w.ines.brand, S("tom@tidewatch.example"), S("Tom"), ROLE_AGENT, &tom));
    w.tom = (struct actor){w.ines.brand, tom.agent.id, S("Tom")};
}

static err put_heard(db_conn *c, void *arg) { return store_listening_put(c, w.ines.brand, arg); }

static const char trouble[] = "{\"language\":\"en\",\"sort\":1,\"found\":[[5,0,3,\"lost\",\"\",\"\"]]}";
static const char question[] = "{\"language\":\"en\",\"sort\":0,\"found\":[[0,0,3,\"Milo\",\"\",\"\"]]}";

/* A letter that comes now; `heard` NULL: nobody has listened yet. */
static int64_t letter(str address, const char *heard) {
    static int n;
    int64_t conversation, message;
    struct typed_letter l = {.channel = CHANNEL_PAPER,
                             .name = S("Milo"),
                             .address = address,
                             .text = str_fmt(kit.a, "Letter %d about the lighthouse.", ++n)};
    assert_ok(conversation_type_in(&kit.d, kit.a, &w.ines, &l, &conversation, &message));
    struct store_listening row = {message, 0, str_z(heard)};
    if (heard) assert_ok(db_write(kit.db, put_heard, &row));
    return conversation;
}

static void reply(const struct actor *who, int64_t conversation, bool done) {
    static int n;
    n++;
    struct reply_wish wish = {.conversation = conversation,
                              .seen_version = -1,
                              .subject = S("Re"),
                              .text = str_fmt(kit.a, "Reply %d to you.", n),
                              .key = str_fmt(kit.a, "reply %d", n),
                              .override = S("a test"),
                              .close_after = done,
                              .by_hand = true};
    struct reply_made made = {0};
    assert_ok(reply_send(&kit.d, kit.a, who, &wish, &made));
}

static void later(int64_t ms) { kit.now += ms; }

static struct fan_ask since(int64_t from) { return (struct fan_ask){-1, from, INT64_MAX}; }

static fan_sign_list signs(fan_kind kind, struct fan_ask ask) {
    DB_READ_AUTO db_conn *c = NULL;
    fan_sign_list rows;
    int64_t n;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_fan_signs(c, kit.a, w.ines.brand, kind, &ask, S(""), (struct fan_key){0, 0}, 100, &rows));
    assert_ok(store_fan_sign_count(c, w.ines.brand, kind, &ask, &n));
    assert_int_equal(n, rows.n);
    return rows;
}

static void count(void) { assert_ok(fans_count(&kit.d, kit.a, w.ines.brand)); }

static struct fan_week week_at(int64_t at) {
    DB_READ_AUTO db_conn *c = NULL;
    fan_week_list rows;
    int64_t week = fans_week_of(w.zone, at);
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_fan_weeks(c, kit.a, w.ines.brand, week, week, &rows));
    assert_int_equal(rows.n, 1);
    return rows.v[0];
}

static void test_returns(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    str milo = kit_email("milo");
    int64_t first = letter(milo, trouble);
    later(2 * HOUR_MS);
    reply(&w.tom, first, true);
    /* Too soon to be a return. */
    later(13 * (int64_t)DAY_MS);
    int64_t soon = letter(milo, question);
    reply(&w.ines, soon, true);
    later(15 * (int64_t)DAY_MS);
    int64_t back = letter(milo, question);
    count();
    fan_sign_list all = signs(FAN_RETURN, since(friday));
    assert_int_equal(all.n, 1);
    assert_int_equal(all.v[0].conversation_id, back);
    assert_str(all.v[0].what, "ask");
    assert_int_equal(all.v[0].agent_id, w.ines.agent);
    assert_str(all.v[0].customer_name, "Milo");
    assert_int_equal(signs(FAN_RETURN, (struct fan_ask){w.tom.agent, friday, INT64_MAX}).n, 0);
    assert_int_equal(signs(FAN_RETURN, (struct fan_ask){w.ines.agent, friday, INT64_MAX}).n, 1);
    assert_int_equal(signs(FAN_RETURN, (struct fan_ask){-1, friday, kit.now}).n, 0);
    assert_int_equal(week_at(kit.now).returns, 1);
    /* Counted again, it is the same; it was junk, after all, and then it is none. */
    count();
    assert_int_equal(signs(FAN_RETURN, since(friday)).n, 1);
    assert_ok(conversation_junk(&kit.d, kit.a, &w.ines, back, false, -1));
    count();
    assert_int_equal(signs(FAN_RETURN, since(friday)).n, 0);
    assert_int_equal(week_at(kit.now).returns, 0);
    assert_int_equal(week_at(kit.now).letters, 0);
}

static void test_not_listened_yet(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    str ada = kit_email("ada");
    kit.now = friday + 100 * (int64_t)DAY_MS;
    int64_t began = kit.now, first = letter(ada, question);
    reply(&w.ines, first, true);
    later(20 * (int64_t)DAY_MS);
    int64_t back = letter(ada, NULL);
    count();
    assert_str(signs(FAN_RETURN, since(began)).v[0].what, "other");
    /* It was kept in mind, and counted again once somebody had listened. */
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    fan_said_list said;
    struct fan_sign s = signs(FAN_RETURN, since(began)).v[0];
    assert_ok(store_fans_said(c, kit.a, w.ines.brand, s.customer_id, 100, &said));
    db_read_end(c);
    c = NULL;
    struct store_listening row = {said.v[said.n - 1].message_id, 0, str_z(trouble)};
    assert_int_equal(said.v[said.n - 1].conversation_id, back);
    assert_ok(db_write(kit.db, put_heard, &row));
    count();
    assert_str(signs(FAN_RETURN, since(began)).v[0].what, "trouble");
}

static void test_waits(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    /* A Monday, so that all of it lies in one week; ten people wait 1 to 10 hours. */
    kit.now = zone_instant(w.zone, 2027, 8, 2, 8, 0);
    int64_t monday = kit.now, of[10];
    for (int i = 0; i < 10; i++) of[i] = letter(kit_email("waits"), question);
    for (int i = 0; i < 10; i++) {
        later(HOUR_MS);
        reply(&w.tom, of[i], i < 4);
    }
    count();
    struct fan_week k = week_at(monday);
    assert_int_equal(k.letters, 10);
    assert_int_equal(k.replies, 10);
    assert_int_equal(k.first_n, 10);
    assert_int_equal(k.first_half, 5 * (int64_t)HOUR_MS);
    assert_int_equal(k.first_tenth, 9 * (int64_t)HOUR_MS);
    assert_int_equal(k.final_n, 4);
    assert_int_equal(k.final_half, 2 * (int64_t)HOUR_MS);
    assert_int_equal(k.final_tenth, 4 * (int64_t)HOUR_MS);
    /* A second reply, in the next week, is the final answer and no first one. */
    kit.now = monday + 8 * (int64_t)DAY_MS;
    reply(&w.tom, of[0], true);
    count();
    assert_int_equal(week_at(monday).final_n, 3);
    k = week_at(kit.now);
    assert_int_equal(k.first_n, 0);
    assert_int_equal(k.first_half, -1);
    assert_int_equal(k.final_half, 8 * (int64_t)DAY_MS);
    DB_READ_AUTO db_conn *c = NULL;
    fan_talk_list rows;
    assert_ok(db_read_begin(kit.db, &c));
    int64_t week = fans_week_of(w.zone, monday);
    assert_ok(store_fan_waits(c, kit.a, w.ines.brand, week, false, (struct fan_key){0, 0}, 4, &rows));
    assert_int_equal(rows.n, 4);
    assert_int_equal(rows.v[0].conversation_id, of[9]);
    struct fan_key last = {rows.v[3].first_ms, rows.v[3].conversation_id};
    assert_ok(store_fan_waits(c, kit.a, w.ines.brand, week, false, last, 100, &rows));
    assert_int_equal(rows.n, 6);
    assert_int_equal(rows.v[0].conversation_id, of[5]);
    assert_ok(store_fan_talks(c, kit.a, w.ines.brand, week, 0, 100, &rows));
    assert_int_equal(rows.n, 10);
}

/* ---- who is still with us ---- */

static struct fans_still still(void) {
    DB_READ_AUTO db_conn *c = NULL;
    struct fans_still s;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(fans_still(c, kit.a, w.ines.brand, &s));
    return s;
}

/* Behind each number stand as many people, however they are paged. */
static void parts_agree(const struct fans_still *s) {
    const struct fans_group *groups[] = {&s->free, &s->trouble};
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    for (int i = 0; i < 6; i++) {
        const struct fans_group *g = groups[i / 3];
        struct fan_watched of = {i / 3 == 1, (fan_part)(i % 3), s->drawn_at, s->quiet_days * (int64_t)DAY_MS};
        int64_t n = 0, wanted = i % 3 == 0 ? g->people : i % 3 == 1 ? g->stayed : g->gone;
        struct fan_key before = {0, 0};
        for (fan_life_list rows = {.n = 1}; rows.n; n += (int64_t)rows.n) {
            assert_ok(store_fan_watched(c, kit.a, w.ines.brand, &of, before, 1, &rows));
            if (!rows.n) break;
            const struct fan_life *l = &rows.v[0];
            before = (struct fan_key){of.trouble ? l->trouble_from : l->free_from, l->person};
        }
        if (n != wanted) fail_msg("part %d: %lld people, not %lld", i, (long long)n, (long long)wanted);
    }
}

static err wipe(db_conn *c, void *arg) {
    (void)arg;
    TRY(db_exec(c, "UPDATE conversation SET closed_kind = 3"));
    return db_exec(c, "UPDATE conversation SET counted = 0");
}

static void test_lives(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    assert_ok(db_write(kit.db, wipe, NULL));
    kit.now = friday + 1000 * (int64_t)DAY_MS;
    const int64_t day = DAY_MS, start = kit.now;
    str a = kit_email("a"), b = kit_email("b"), d = kit_email("d"), f = kit_email("f");
    /* a asks, has trouble after 100 days, is answered a day later, and writes again after 150 more.
     * b has trouble at once and is never heard of again. d asks and writes for ever. */
    int64_t b1 = letter(b, trouble);
    letter(f, trouble);
    letter(a, question);
    letter(d, question);
    later(day);
    reply(&w.tom, b1, true);
    kit.now = start + 100 * day;
    letter(d, question);
    int64_t a2 = letter(a, trouble);
    later(day);
    reply(&w.tom, a2, true);
    /* f was never answered the first time, but now; their silence begins here. */
    kit.now = start + 190 * day;
    int64_t f2 = letter(f, trouble);
    reply(&w.tom, f2, true);
    kit.now = start + 251 * day;
    letter(a, question);
    letter(d, question);
    kit.now = start + 400 * day;
    letter(d, question);
    count();
    struct fans_still s = still();
    assert_true(s.few);
    assert_int_equal(s.quiet_days, 180);
    assert_int_equal(s.drawn_day, fans_day_of(w.zone, kit.now));
    /* Of those who had trouble b was gone after 180 days: the silence began when we answered. a was still
     * there 299 days after the answer. */
    assert_int_equal(s.trouble.people, 3);
    close_to(curve_at(&s.trouble.steps, 179).stay, 1, 0);
    close_to(curve_at(&s.trouble.steps, 180).stay, 1.0 / 3, 1e-9);
    /* A year is over for b alone: f is gone, too, but whoever came with f and stayed is not known yet. */
    assert_int_equal(s.trouble.gone, 1);
    assert_int_equal(s.trouble.stayed, 0);
    parts_agree(&s);
    assert_int_equal(curve_last_day(&s.trouble.steps), 299);
    /* Without trouble: a until theirs, d for all the time; b never. */
    assert_int_equal(s.free.people, 2);
    close_to(s.free.at.stay, 1, 0);
    assert_int_equal(s.free.stayed, 1);
    assert_int_equal(curve_last_day(&s.free.steps), 400);
    /* A shorter silence: everything is counted anew. d wrote 151 and 149 days apart. */
    assert_ok(setting_change(&kit.d, kit.a, w.ines.brand, S("quiet_days"), S("145")));
    count();
    s = still();
    assert_int_equal(s.quiet_days, 145);
    close_to(curve_at(&s.free.steps, 245).stay, 0, 0);
    assert_int_equal(s.trouble.gone, 1);
    assert_int_equal(s.free.gone, 1);
    parts_agree(&s);
    assert_ok(setting_change(&kit.d, kit.a, w.ines.brand, S("quiet_days"), S("")));
}

static void test_shares(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    bool may;
    DB_READ_AUTO db_conn *c = NULL;
    assert_int_equal(fans_share(&kit.d, kit.a, &w.tom, w.tom.agent, true), ERR_INVALID);
    assert_int_equal(fans_share(&kit.d, kit.a, &w.tom, 77, true), ERR_MISSING);
    assert_ok(fans_share(&kit.d, kit.a, &w.tom, w.ines.agent, true));
    assert_ok(fans_share(&kit.d, kit.a, &w.tom, w.ines.agent, true));
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(fans_may(c, w.ines.brand, w.tom.agent, w.tom.agent, &may));
    assert_true(may);
    assert_ok(fans_may(c, w.ines.brand, w.tom.agent, w.ines.agent, &may));
    assert_true(may);
    /* Not the other way round, and not because Ines administers the brand. */
    assert_ok(fans_may(c, w.ines.brand, w.ines.agent, w.tom.agent, &may));
    assert_false(may);
    db_read_end(c);
    c = NULL;
    assert_ok(fans_share(&kit.d, kit.a, &w.tom, w.ines.agent, false));
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(fans_may(c, w.ines.brand, w.tom.agent, w.ines.agent, &may));
    assert_false(may);
}

int main(void) {
    const struct CMUnitTest pure[] = {
        cmocka_unit_test(test_curve_textbook),
        cmocka_unit_test(test_curve_edges),
    };
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_days),  KIT_TEST(test_returns), KIT_TEST(test_not_listened_yet),
        KIT_TEST(test_waits), KIT_TEST(test_lives),   KIT_TEST(test_shares),
    };
    return cmocka_run_group_tests_name("curve", pure, NULL, NULL) | KIT_RUN(tests);
}
