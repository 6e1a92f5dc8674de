/* Purchases from a file and from the shop, followers around an incident, and the one question: whom it is
 * asked, and what becomes of the answer. On both engines. */
#include <string.h>

#include "people_kit.h"

#include "base/zone.h"
#include "desk/child.h"
#include "desk/conversation.h"
#include "desk/fans.h"
#include "desk/filing.h"
#include "desk/follower.h"
#include "desk/forget_person.h"
#include "desk/intake.h"
#include "desk/order.h"
#include "desk/people.h"
#include "desk/promise.h"
#include "desk/reply.h"
#include "desk/survey.h"
#include "social/hook_sign.h"
#include "store/customer.h"
#include "store/job.h"
#include "store/raw.h"

static struct {
    struct people_setup_done done;
    struct actor ines;
    struct intake_inbox inbox;
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
    assert_ok(intake_find(&kit.d, kit.a, S("letters@tidewatch.example"), &w.inbox));
    w.ines = (struct actor){w.done.brand.id, w.done.admin.id, S("Ines")};
}

/* ---- letters by mail ---- */

struct filing_it {
    struct filing f;
    int64_t conversation;
};

static err file_it(db_conn *c, void *arg) {
    struct filing_it *x = arg;
    return filing_put(c, kit.a, &x->f, kit.now, &x->conversation);
}

static int64_t letter(str address, const char *text) {
    static int n;
    struct filing_it x = {.f = {.brand = w.ines.brand}};
    int64_t id;
    str bytes = str_fmt(kit.a, "Subject: Lamp\r\n\r\n%s %d\r\n", text, ++n);
    assert_ok(intake_keep(&kit.d, kit.a, w.inbox, address, S("x@example.org"), bytes, &id));
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_raw_get(c, kit.a, w.ines.brand, id, &x.f.raw));
    x.f.message = (struct message){.id = id,
                                   .kind = MESSAGE_LETTER,
                                   .raw_id = id,
                                   .from_name = S("Ada"),
                                   .from_address = address,
                                   .subject = S("Lamp"),
                                   .text = str_z(text),
                                   .rfc_id = str_fmt(kit.a, "%lld@customer.example", (long long)id),
                                   .said_at = kit.now,
                                   .created_at = kit.now};
    *list_add(kit.a, &x.f.addresses) = (struct message_address){0, ROLE_FROM, S("Ada"), address};
    assert_ok(db_write(kit.db, file_it, &x));
    return x.conversation;
}

static void answer(int64_t conversation) {
    static int n;
    n++;
    struct reply_wish wish = {.conversation = conversation,
                              .seen_version = -1,
                              .subject = S("Re"),
                              .text = str_fmt(kit.a, "Reply %d to you.", n),
                              .key = str_fmt(kit.a, "more %d", n),
                              .override = S("a test"),
                              .close_after = true,
                              .by_hand = true};
    struct reply_made made = {0};
    assert_ok(reply_send(&kit.d, kit.a, &w.ines, &wish, &made));
}

/* ---- purchases ---- */

static int64_t signs(fan_kind kind) {
    DB_READ_AUTO db_conn *c = NULL;
    struct fan_ask ask = {-1, 0, INT64_MAX};
    int64_t n;
    assert_ok(fans_count(&kit.d, kit.a, w.ines.brand));
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_fan_sign_count(c, w.ines.brand, kind, &ask, &n));
    return n;
}

static struct fan_week week_of(int64_t at) {
    DB_READ_AUTO db_conn *c = NULL;
    const struct zone *zone;
    fan_week_list rows;
    assert_ok(zone_load(S("Europe/Berlin"), &zone));
    int64_t week = fans_week_of(zone, at);
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_fan_weeks(c, kit.a, w.ines.brand, week, week, &rows));
    assert_int_equal(rows.n, 1);
    return rows.v[0];
}

static purchase_list purchases(void) {
    DB_READ_AUTO db_conn *c = NULL;
    purchase_list all;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_purchases(c, kit.a, w.ines.brand, 0, 0, 100, &all));
    return all;
}

static void test_purchases(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    str ada = S("ada@customer.example");
    kit.now = friday - 30 * (int64_t)DAY_MS;
    answer(letter(ada, "My lamp is broken."));
    kit.now = friday;
    struct order_report r = {0};
    assert_ok(order_import(&kit.d, kit.a, &w.ines,
                           S("day;Number;address;amount;currency;what\n"
                             "2027-01-10;A-1;Ada@Customer.example;12,50;EUR;A lighthouse\n"
                             "2026-11-10;A-0;ada@customer.example;;;before we answered\n"
                             "2027-01-11;B-1;bo@customer.example;3;XXX;\n"
                             "2027-01-11;B-2;bo@customer.example;;;A tug\n"
                             "11.01.2027;B-3;bo@customer.example;;;\n"
                             "2027-02-11;B-4;bo@customer.example;;;\n"
                             "2027-01-11;;bo@customer.example;;;\n"
                             "2027-01-11;B-5;nobody;;;\n"),
                           &r));
    assert_int_equal(r.kept, 3);
    assert_int_equal(r.nproblems, 5);
    assert_int_equal(r.problems.v[0].line, 4);
    purchase_list all = purchases();
    assert_int_equal(all.n, 3);
    assert_str(all.v[0].number, "B-2");
    assert_true(all.v[0].person < 0);
    assert_int_equal(all.v[1].amount, 1250);
    assert_str(all.v[1].customer_name, "Ada");
    assert_int_equal(signs(FAN_PURCHASE), 1);
    /* Bo writes at last: what was bought before finds its owner, and what is bought afterwards counts. */
    answer(letter(S("bo@customer.example"), "Which tug is it?"));
    assert_int_equal(signs(FAN_PURCHASE), 1);
    assert_str(purchases().v[0].customer_name, "Ada");
    struct order_form f = {
        S("B-9"), S("bo+shop@customer.example"), S("2027-01-15T09:30:00Z"), S(""), S(""), S(""), S("")};
    assert_ok(order_put(&kit.d, kit.a, &w.ines, &f, PURCHASE_API));
    assert_int_equal(signs(FAN_PURCHASE), 2);
    f.address = S("bo@customer.example");
    assert_ok(order_put(&kit.d, kit.a, &w.ines, &f, PURCHASE_API));
    assert_int_equal(purchases().n, 4);
    assert_int_equal(signs(FAN_PURCHASE), 2);
    static const char *const wrong[] = {"", "2027-01-15T25:00:00Z", "2027-01-15T09:30:00", "2027-13-01",
                                        "tomorrow"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        f.day = str_z(wrong[i]);
        assert_int_equal(order_put(&kit.d, kit.a, &w.ines, &f, PURCHASE_API), ERR_INVALID);
    }
    assert_int_equal(order_import(&kit.d, kit.a, &w.ines, S("number,day\n1,2027-01-01\n"), &r), ERR_INVALID);
    assert_int_equal(order_import(&kit.d, kit.a, &w.ines, S("\xff"), &r), ERR_INVALID);
    assert_int_equal(order_import(&kit.d, kit.a, &w.ines, S(""), &r), ERR_INVALID);
    /* Without a head the columns are taken as they stand. */
    assert_ok(order_import(&kit.d, kit.a, &w.ines, S("C-1,cy@customer.example,2027-01-02\n"), &r));
    assert_int_equal(r.kept, 1);
}

static int64_t bought_at(const char *number) {
    purchase_list all = purchases();
    for (size_t i = 0; i < all.n; i++)
        if (str_eq(all.v[i].number, str_z(number))) return all.v[i].bought_at;
    return 0;
}

/* Given back is given back: in whatever order a shop tells it, and however often. */
static void test_refunds(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    kit.now = friday;
    str di = S("di@customer.example");
    answer(letter(di, "Is there a red one?"));
    kit.now += 3 * (int64_t)DAY_MS;
    int64_t before = signs(FAN_PURCHASE);
    struct order_report r = {0};
    struct order_form f = {
        .number = S("R-1"), .address = di, .day = S("2027-01-18T05:30:00-02:00"), .what = S("A red one")};
    assert_ok(order_put(&kit.d, kit.a, &w.ines, &f, PURCHASE_API));
    assert_int_equal(bought_at("R-1"), friday + (2 * 24 + 23) * (int64_t)HOUR_MS + 30 * (int64_t)MINUTE_MS);
    assert_int_equal(signs(FAN_PURCHASE), before + 1);
    assert_ok(
        order_import(&kit.d, kit.a, &w.ines, S("number,address,day,refunded\nR-1,,,yes\nR-2,,,YES\n"), &r));
    assert_int_equal(r.kept, 2);
    assert_int_equal(signs(FAN_PURCHASE), before);
    assert_int_equal(bought_at("R-1"), 0);
    /* What comes late brings neither back. */
    assert_ok(order_put(&kit.d, kit.a, &w.ines, &f, PURCHASE_API));
    f.number = S("R-2");
    assert_ok(order_put(&kit.d, kit.a, &w.ines, &f, PURCHASE_API));
    assert_int_equal(signs(FAN_PURCHASE), before);
    f.number = S("R-3");
    f.refunded = S("perhaps");
    assert_int_equal(order_put(&kit.d, kit.a, &w.ines, &f, PURCHASE_API), ERR_INVALID);
    static const char *const wrong[] = {"2027-01-15T10:30:00", "2027-01-15T10:30:00+2:00",
                                        "2027-01-15T10:30:00Zz", "2027-01-15T10:30:0xZ",
                                        "2027-01-15T10:30:00.5+01:00x"};
    f.refunded = S("");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        f.day = str_z(wrong[i]);
        assert_int_equal(order_put(&kit.d, kit.a, &w.ines, &f, PURCHASE_API), ERR_INVALID);
    }
    f.day = S("2027-01-15t10:30:00.25+01:00");
    assert_ok(order_put(&kit.d, kit.a, &w.ines, &f, PURCHASE_API));
    assert_int_equal(bought_at("R-3"), friday + HOUR_MS + 30 * (int64_t)MINUTE_MS);
}

static err take(const char *id, int64_t at, str body, str secret, int64_t *ret_kept) {
    struct hook_keys keys = {.secret = secret, .old = S("")};
    struct order_hook_call call = {.slug = w.done.brand.slug,
                                   .id = str_z(id),
                                   .timestamp = str_fmt(kit.a, "%lld", (long long)(at / SECOND_MS)),
                                   .signature = hook_signature(kit.a, &keys, str_z(id), at, body),
                                   .body = body};
    return order_hook_take(&kit.d, kit.a, &call, ret_kept);
}

static err drop(db_conn *c, void *arg) { return fans_drop(c, kit.a, w.ines.brand, *(int64_t *)arg); }

/* Whoever is to go leaves no purchase behind that nobody has, and comes back to it if they stay after all. */
static void test_drop(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    kit.now = friday;
    str gil = S("gil@customer.example");
    answer(letter(gil, "Does it float?"));
    kit.now += DAY_MS;
    struct order_form f = {.number = S("G-1"), .address = gil, .day = S("2027-01-15T20:00:00Z")};
    int64_t before = signs(FAN_PURCHASE);
    assert_ok(order_put(&kit.d, kit.a, &w.ines, &f, PURCHASE_API));
    assert_int_equal(signs(FAN_PURCHASE), before + 1);
    int64_t person = purchases().v[0].person;
    assert_true(person > 0);
    assert_ok(db_write(kit.db, drop, &person));
    assert_true(purchases().v[0].person < 0);
    assert_int_equal(signs(FAN_PURCHASE), before + 1);
    assert_int_equal(purchases().v[0].person, person);
}

static void test_hook(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    str secret, old,
        one = S("{\"number\":\"H-1\",\"address\":\"ada@customer.example\",\"day\":\"2027-01-14\"}");
    int64_t kept = 0;
    size_t before = purchases().n;
    assert_int_equal(take("m1", kit.now, one, hook_secret_new(kit.a), &kept), ERR_DENIED);
    assert_ok(order_hook_new(&kit.d, kit.a, &w.ines, &secret));
    assert_ok(take("m1", kit.now, one, secret, &kept));
    assert_int_equal(kept, 1);
    /* The same message again is the same purchase. */
    assert_ok(take("m1", kit.now, one, secret, &kept));
    assert_int_equal(purchases().n, before + 1);
    assert_int_equal(take("m2", kit.now, one, hook_secret_new(kit.a), &kept), ERR_DENIED);
    assert_int_equal(take("m2", kit.now - 400 * SECOND_MS, one, secret, &kept), ERR_DENIED);
    /* All or nothing. */
    str two =
        S("{\"purchases\":[{\"number\":\"H-2\",\"address\":\"ada@customer.example\",\"day\":\"2027-01-14\"},"
          "{\"number\":\"H-3\",\"address\":\"\",\"day\":\"2027-01-14\"}]}");
    assert_int_equal(take("m3", kit.now, two, secret, &kept), ERR_INVALID);
    assert_int_equal(take("m3", kit.now, S("nonsense"), secret, &kept), ERR_INVALID);
    assert_int_equal(take("m3", kit.now, S("{\"purchases\":3}"), secret, &kept), ERR_INVALID);
    /* A number as the number, and an amount that is none: it is said, and never silently left out. */
    str odd =
        S("{\"number\":77,\"address\":\"ada@customer.example\",\"day\":\"2027-01-14\",\"amount\":19.9}");
    assert_int_equal(take("m3", kit.now, odd, secret, &kept), ERR_INVALID);
    str given_back = S("{\"purchases\":[{\"number\":77,\"address\":\"ada@customer.example\",\"day\":"
                       "\"2027-01-14\"},{\"number\":\"77\",\"refunded\":true}]}");
    assert_ok(take("m3", kit.now, given_back, secret, &kept));
    assert_int_equal(kept, 2);
    assert_int_equal(purchases().n, before + 1);
    old = secret;
    assert_ok(order_hook_new(&kit.d, kit.a, &w.ines, &secret));
    assert_int_equal(take("m4", kit.now, one, old, &kept), ERR_DENIED);
    assert_ok(order_hook_end(&kit.d, kit.a, &w.ines));
    assert_int_equal(take("m5", kit.now, one, secret, &kept), ERR_DENIED);
}

/* ---- followers ---- */

static void test_followers_change(void **state) {
    (void)state;
    struct follower rows[80];
    struct follower_change x;
    /* A count every day of 70: 10 more a week, but in the week from the 60th day on 70 more. */
    for (int i = 0; i < 70; i++) {
        rows[i] = (struct follower){.day = fans_day_plus(20260901, i), .n = 1000 + i / 7 * 10};
        if (i >= 60) rows[i].n += 60;
    }
    int64_t day = fans_day_plus(20260901, 60);
    follower_change_of(rows, 70, day, &x);
    assert_true(x.known);
    assert_int_equal(x.gained, 70);
    assert_int_equal(x.usual, 10);
    assert_int_equal(x.most, 10);
    assert_int_equal(x.weeks, 8);
    /* Four weeks before it are enough, three are not. */
    follower_change_of(rows + 31, 39, day, &x);
    assert_true(x.known);
    assert_int_equal(x.weeks, 4);
    follower_change_of(rows + 38, 32, day, &x);
    assert_false(x.known);
    /* Nothing after it, and a hole around it. */
    follower_change_of(rows, 60, day, &x);
    assert_false(x.known);
    follower_change_of(rows, 64, day, &x);
    assert_true(x.known);
    assert_int_equal(x.gained, 70);
    follower_change_of(rows, 62, day, &x);
    assert_false(x.known);
    follower_change_of(rows, 0, day, &x);
    assert_false(x.known);
}

static void test_followers(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    struct order_report r;
    struct follower_form f = {S("Fediverse"), S("2027-01-14"), S("120")};
    assert_ok(follower_put(&kit.d, kit.a, &w.ines, &f));
    f.count = S("121");
    assert_ok(follower_put(&kit.d, kit.a, &w.ines, &f));
    f.day = S("2027-01-16");
    assert_int_equal(follower_put(&kit.d, kit.a, &w.ines, &f), ERR_INVALID);
    f = (struct follower_form){S(" "), S(""), S("1")};
    assert_int_equal(follower_put(&kit.d, kit.a, &w.ines, &f), ERR_INVALID);
    f = (struct follower_form){S("X"), S(""), S("many")};
    assert_int_equal(follower_put(&kit.d, kit.a, &w.ines, &f), ERR_INVALID);
    assert_ok(follower_import(&kit.d, kit.a, &w.ines,
                              S("network,day,followers\nX,2027-01-01,5\nX,2027-01-02,6\nX,x,7\n"), &r));
    assert_int_equal(r.kept, 2);
    assert_int_equal(r.nproblems, 1);
    follower_list all;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_followers(c, kit.a, w.ines.brand, 0, &all));
    assert_int_equal(all.n, 3);
    assert_int_equal(all.v[0].n, 121);
    db_read_end(c);
    c = NULL;
    f = (struct follower_form){S("X"), S("2027-01-01"), S("")};
    assert_ok(follower_put(&kit.d, kit.a, &w.ines, &f));
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_followers(c, kit.a, w.ines.brand, 0, &all));
    assert_int_equal(all.n, 2);
}

/* ---- the one question ---- */

static job_list due(void) {
    job_list all = {0}, of_kind = {0};
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_job_list(c, kit.a, w.ines.brand, 1000, &all));
    for (size_t i = 0; i < all.n; i++)
        if (str_eq(all.v[i].kind, S("survey"))) *list_add(kit.a, &of_kind) = all.v[i];
    return of_kind;
}

static struct survey_ask ask_of(int64_t id) {
    DB_READ_AUTO db_conn *c = NULL;
    struct survey_ask k;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_survey_ask_get(c, kit.a, w.ines.brand, id, &k));
    return k;
}

/* The link in the mail that was put into our own folder. */
static int find_link(const char *path, const struct stat *st, int type, struct FTW *at);
static char found_token[64];
static int find_link(const char *path, const struct stat *st, int type, struct FTW *at) {
    (void)st, (void)at;
    char bytes[8192];
    if (type != FTW_F || !strstr(path, "maildir")) return 0;
    FILE *f = fopen(path, "rb");
    size_t n = fread(bytes, 1, sizeof bytes - 1, f);
    fclose(f);
    bytes[n] = 0;
    const char *link = strstr(bytes, "/answer/");
    if (link) snprintf(found_token, 23, "%s", link + 8);
    return 0;
}

static int burn(const char *path, const struct stat *st, int type, struct FTW *at) {
    (void)st, (void)at;
    return type == FTW_F && strstr(path, "maildir") ? remove(path) : 0;
}
static void burn_mails(void) { nftw(kit.folder, burn, 16, FTW_PHYS); }

static str sent_token(void) {
    found_token[0] = 0;
    nftw(kit.folder, find_link, 16, FTW_PHYS);
    return str_copy(kit.a, str_z(found_token));
}

static const struct survey_form form = {true, {"How was it?", 11}, {"Well\nNot so well", 16}, 5, 6};

static void test_survey_form(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    struct survey_form f = form;
    assert_int_equal(survey_set(&kit.d, kit.a, &w.ines, 77, &f), ERR_MISSING);
    f.choices = S("One");
    assert_int_equal(survey_set(&kit.d, kit.a, &w.ines, w.inbox.inbox, &f), ERR_INVALID);
    f.choices = S("Yes\nYes");
    assert_int_equal(survey_set(&kit.d, kit.a, &w.ines, w.inbox.inbox, &f), ERR_INVALID);
    f.choices = S("1a\n2a\n3a\n4a\n5a\n6a\n7a");
    assert_int_equal(survey_set(&kit.d, kit.a, &w.ines, w.inbox.inbox, &f), ERR_INVALID);
    f = form, f.question = S(" ");
    assert_int_equal(survey_set(&kit.d, kit.a, &w.ines, w.inbox.inbox, &f), ERR_INVALID);
    f = form, f.after_days = 0;
    assert_int_equal(survey_set(&kit.d, kit.a, &w.ines, w.inbox.inbox, &f), ERR_INVALID);
    f = form, f.pause_months = 61;
    assert_int_equal(survey_set(&kit.d, kit.a, &w.ines, w.inbox.inbox, &f), ERR_INVALID);
}

static void test_survey(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    const int64_t day = DAY_MS;
    kit.now = friday + 100 * day;
    /* Off: nobody is asked. What was done before it was switched on is not asked about. */
    answer(letter(S("early@customer.example"), "Hello."));
    kit.now += 10 * day;
    assert_ok(survey_look(&kit.d, kit.a, w.ines.brand));
    assert_int_equal(due().n, 0);
    assert_ok(survey_set(&kit.d, kit.a, &w.ines, w.inbox.inbox, &form));
    kit.now += day;
    int64_t eve = letter(S("eve@customer.example"), "Where is my lamp?"),
            kid = letter(S("kid@customer.example"), "I am seven.");
    answer(eve);
    answer(kid);
    answer(letter(S("eve+again@customer.example"), "And my boat?"));
    int64_t open = letter(S("open@customer.example"), "Not answered.");
    assert_ok(child_set(&kit.d, kit.a, &w.ines, kid, true, -1));
    kit.now += 4 * day;
    assert_ok(survey_look(&kit.d, kit.a, w.ines.brand));
    assert_int_equal(due().n, 0);
    kit.now += 2 * day;
    assert_ok(survey_look(&kit.d, kit.a, w.ines.brand));
    assert_ok(survey_look(&kit.d, kit.a, w.ines.brand));
    /* Not the child, not who waits, and one person once. */
    job_list jobs = due();
    assert_int_equal(jobs.n, 1);
    struct survey_ask k = ask_of(jobs.v[0].subject_id);
    assert_int_equal(k.conversation_id, eve);
    assert_int_not_equal(k.conversation_id, open);
    assert_int_equal(k.hash.n, 0);
    assert_ok(survey_send(&kit.d, kit.a, &jobs.v[0]));
    k = ask_of(k.id);
    assert_int_equal(k.state, SURVEY_SENT);
    assert_int_equal(k.hash.n, 32);
    str token = sent_token();
    assert_int_equal(token.n, 22);
    struct survey_link link;
    assert_ok(survey_open(&kit.d, kit.a, S("AAAAAAAAAAAAAAAAAAAAAA"), &link));
    assert_int_equal(link.state, SURVEY_LINK_WRONG);
    assert_ok(survey_open(&kit.d, kit.a, token, &link));
    assert_int_equal(link.state, SURVEY_LINK_GOOD);
    assert_int_equal(survey_answer(&kit.d, kit.a, token, S("  "), 0, &link), ERR_INVALID);
    assert_int_equal(survey_answer(&kit.d, kit.a, token, S("  "), 3, &link), ERR_INVALID);
    assert_ok(survey_answer(&kit.d, kit.a, token, S(" She laughed. "), 1, &link));
    assert_int_equal(link.state, SURVEY_LINK_GOOD);
    assert_ok(survey_answer(&kit.d, kit.a, token, S("again"), 2, &link));
    assert_int_equal(link.state, SURVEY_LINK_USED);
    k = ask_of(k.id);
    assert_str(k.words, "She laughed.");
    assert_str(k.chosen, "Well");
    /* Half a year later the same person may be asked again, and not before. */
    kit.now += 100 * day;
    answer(letter(S("eve@customer.example"), "Something else."));
    kit.now += 6 * day;
    assert_ok(survey_look(&kit.d, kit.a, w.ines.brand));
    assert_int_equal(due().n, 0);
    kit.now += 100 * day;
    answer(letter(S("eve@customer.example"), "And another."));
    kit.now += 6 * day;
    assert_ok(survey_look(&kit.d, kit.a, w.ines.brand));
    jobs = due();
    assert_int_equal(jobs.n, 1);
    /* It turns out before it leaves that a child wrote. */
    assert_ok(child_set(&kit.d, kit.a, &w.ines, ask_of(jobs.v[0].subject_id).conversation_id, true, -1));
    assert_ok(survey_send(&kit.d, kit.a, &jobs.v[0]));
    assert_int_equal(ask_of(jobs.v[0].subject_id).state, SURVEY_SKIPPED);
    assert_int_equal(due().n, 0);
    /* The link of the first question is long used up, but who does not want to be asked again can still say
     * so. */
    assert_ok(survey_never(&kit.d, kit.a, S("AAAAAAAAAAAAAAAAAAAAAA"), &link));
    assert_int_equal(link.state, SURVEY_LINK_WRONG);
    kit.now += 300 * day;
    answer(letter(S("eve+toys@customer.example"), "One more."));
    kit.now += 6 * day;
    assert_ok(survey_look(&kit.d, kit.a, w.ines.brand));
    jobs = due();
    assert_int_equal(jobs.n, 1);
    assert_ok(survey_never(&kit.d, kit.a, token, &link));
    assert_ok(survey_send(&kit.d, kit.a, &jobs.v[0]));
    assert_int_equal(ask_of(jobs.v[0].subject_id).state, SURVEY_SKIPPED);
    kit.now += 3000 * day;
    answer(letter(S("eve@customer.example"), "Years later."));
    kit.now += 6 * day;
    assert_ok(survey_look(&kit.d, kit.a, w.ines.brand));
    assert_int_equal(due().n, 0);
    assert_str(ask_of(k.id).words, "She laughed.");
}

/* ---- forgetting ---- */

static void test_forget(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    const int64_t day = DAY_MS;
    kit.now = friday + 6000 * day;
    str zoe = S("zoe@customer.example");
    burn_mails();
    assert_ok(survey_set(&kit.d, kit.a, &w.ines, w.inbox.inbox, &form));
    int64_t conversation = letter(zoe, "Where is my lamp?");
    answer(conversation);
    kit.now += 6 * day;
    struct order_form f = {S("Z-1"), zoe,   promise_day_text(kit.a, fans_day_of(zone_utc, kit.now)),
                           S(""),    S(""), S("A secret present"),
                           S("")};
    assert_ok(order_put(&kit.d, kit.a, &w.ines, &f, PURCHASE_API));
    assert_int_equal(signs(FAN_PURCHASE) > 0, true);
    assert_ok(survey_look(&kit.d, kit.a, w.ines.brand));
    job_list jobs = due();
    assert_int_equal(jobs.n, 1);
    assert_ok(survey_send(&kit.d, kit.a, &jobs.v[0]));
    str token = sent_token();
    struct survey_link link;
    assert_ok(survey_answer(&kit.d, kit.a, token, S("My secret words."), 0, &link));
    struct forget_plan plan;
    assert_ok(forget_person_plan(&kit.d, kit.a, w.ines.brand, zoe, &plan));
    assert_ok(forget_person(&kit.d, kit.a, &w.ines, plan.customer.id, zoe, &plan));
    struct survey_ask k = ask_of(jobs.v[0].subject_id);
    assert_str(k.words, "");
    assert_str(k.person, "");
    assert_int_equal(k.hash.n, 0);
    assert_str(sent_token(), "");
    purchase_list all = purchases();
    for (size_t i = 0; i < all.n; i++) assert_false(str_eq(all.v[i].number, S("Z-1")));
    /* What they bought was one of that week's. */
    assert_int_equal(week_of(kit.now).purchases, 1);
    assert_ok(fans_count(&kit.d, kit.a, w.ines.brand));
    assert_int_equal(week_of(kit.now).purchases, 0);
}

int main(void) {
    const struct CMUnitTest pure[] = {cmocka_unit_test(test_followers_change)};
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_purchases), KIT_TEST(test_refunds),     KIT_TEST(test_drop),   KIT_TEST(test_hook),
        KIT_TEST(test_followers), KIT_TEST(test_survey_form), KIT_TEST(test_survey), KIT_TEST(test_forget),
    };
    return cmocka_run_group_tests_name("followers", pure, NULL, NULL) | KIT_RUN(tests);
}
