/* Fans through the router: who may see whose page, what the numbers open to, the files, purchases and
 * followers, the one question. */
#include "web_people_kit.h"

#include "desk/fans.h"
#include "desk/order.h"
#include "social/hook_sign.h"
#include "store/story.h"

#define FANS TOYS "/fans"

static int64_t letter(const char *name, const char *address, const char *text) {
    struct kit_letter l = {
        .to = site.inbox, .from = address, .name = name, .subject = "A lamp", .text = text};
    kit_put_letter(&l);
    site.letter = l.id;
    return l.conversation;
}

static err put_praise(db_conn *c, void *arg) {
    return store_praise_put(c, site.toys.brand.id, *(int64_t *)arg, PRAISE_THANKS);
}

static void reply(const struct web_person *who, int64_t conversation) {
    static int n;
    struct reply_wish wish = {.conversation = conversation,
                              .seen_version = -1,
                              .subject = S("Re"),
                              .text = str_fmt(kit.a, "Reply %d to you.", ++n),
                              .key = str_fmt(kit.a, "fans %d", n),
                              .override = S("a test"),
                              .close_after = true,
                              .by_hand = true};
    struct reply_made made = {0};
    assert_ok(reply_send(&kit.d, kit.a, &who->actor, &wish, &made));
}

static void count(void) { assert_ok(fans_count(&kit.d, kit.a, site.toys.brand.id)); }

static void test_empty(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct hit h = fetch(.path = FANS, .as = &site.rita);
    assert_status(h, 200);
    assert_has(h, "No letter said thank you in this time.");
    assert_has(h, "ranks nobody");
    assert_has(fetch(.path = FANS "/waits", .as = &site.omar), "Nothing is counted yet.");
    assert_has(fetch(.path = FANS "/still", .as = &site.omar), "counted within a few minutes");
    assert_has(fetch(.path = FANS "/followers", .as = &site.omar), "No count is known yet.");
    assert_has(fetch(.path = FANS "/purchases", .as = &site.lena), "No purchase is known.");
    assert_has(fetch(.path = FANS "/letters/returns", .as = &site.omar), "None in this time.");
    count();
    assert_has(fetch(.path = FANS "/still", .as = &site.omar), "too few people yet for a curve");
    assert_status(fetch(.path = FANS "/files/still", .as = &site.omar), 404);
    assert_status(fetch(.path = FANS "/files/nothing", .as = &site.omar), 404);
    assert_status(fetch(.path = FANS "/letters/nothing", .as = &site.omar), 404);
    assert_status(fetch(.path = FANS, .query = "when=2026-13", .as = &site.omar), 404);
    assert_status(fetch(.path = FANS "/weeks/20260101", .as = &site.omar), 404);
    assert_status(fetch(.path = FANS "/waits", .query = "weeks=1000", .as = &site.omar), 422);
}

static void test_whose(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    const char *own = kit_path(FANS "/of/%lld", site.omar.agent.id);
    struct hit h = fetch(.path = own, .as = &site.omar);
    assert_status(h, 200);
    assert_has(h, "Only you and the people you choose see this page.");
    /* Not the lead, and not the administrator. */
    assert_status(fetch(.path = own, .as = &site.lena), 403);
    assert_status(fetch(.path = own, .as = &site.ines), 403);
    assert_status(
        fetch(.path = kit_path(FANS "/of/%lld/letters/thanks", site.omar.agent.id), .as = &site.ines), 403);
    assert_status(fetch(.path = api(own), .by = &site.ines), 403);
    const char *form = str_cstr(kit.a, str_fmt(kit.a, "reader=%lld&on=1", (long long)site.lena.agent.id));
    assert_status(fetch(.method = HTTP_POST, .path = FANS "/share", .as = &site.omar, .form = form), 303);
    assert_has(fetch(.path = own, .as = &site.omar), "May see it; take that back");
    h = fetch(.path = own, .as = &site.lena);
    assert_status(h, 200);
    assert_has(h, "Only Omar and the people they choose see this page.");
    assert_false(has(h.body, "Who may see this page"));
    assert_has(fetch(.path = FANS, .as = &site.lena), "Omar lets you see their fans");
    assert_status(fetch(.path = own, .as = &site.ines), 403);
    form = str_cstr(kit.a, str_fmt(kit.a, "reader=%lld", (long long)site.lena.agent.id));
    assert_status(fetch(.method = HTTP_POST, .path = FANS "/share", .as = &site.omar, .form = form), 303);
    assert_status(fetch(.path = own, .as = &site.lena), 403);
}

static void test_numbers_open(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t c = letter("Nel", "nel@customer.example", "Where is my lamp?");
    kit.now += 3 * (int64_t)HOUR_MS;
    reply(&site.omar, c);
    kit.now += 20 * (int64_t)DAY_MS;
    int64_t back = letter("Nel", "nel@customer.example", "Thank you, the lamp <shines>.\n\n> quoted words\n");
    assert_ok(db_write(kit.db, put_praise, &site.letter));
    site.omar.session = kit_session(site.omar.agent.account_id, &site.omar.csrf);
    count();
    struct hit h = fetch(.path = FANS, .as = &site.omar);
    assert_has(h, "the lamp &lt;shines&gt;");
    assert_has(h, "/fans/letters/thanks?when=2027-02");
    assert_false(has(h.body, "quoted words"));
    const char *list = kit_path("/c/%lld", back);
    h = fetch(.path = FANS "/letters/returns", .query = "when=2027-02", .as = &site.omar);
    assert_true(str_find(h.body, str_z(list), 0) != SIZE_MAX);
    h = fetch(.path = FANS "/letters/thanks", .query = "when=2027", .as = &site.omar);
    assert_has(h, "the lamp &lt;shines&gt;");
    h = fetch(.path = FANS "/letters/returns", .query = "when=2027-01", .as = &site.omar);
    assert_has(h, "None in this time.");
    h = fetch(.path = FANS "/waits", .as = &site.omar);
    assert_has(h, "3 h");
    assert_has(h, "/fans/weeks/20270111?by=first");
    h = fetch(.path = FANS "/weeks/20270111", .as = &site.omar);
    assert_has(h, "Nel");
    /* Nothing on any of these pages is said of an agent. */
    assert_false(has(str_slice(h.body, str_find(h.body, S("<main"), 0), h.body.n), "Omar"));
    h = fetch(.path = FANS "/files/waits", .as = &site.omar);
    assert_str(h.type, "text/csv; charset=utf-8");
    assert_has(h, "2027-01-11,3.00,3.00,3.00,3.00");
    h = fetch(.path = api(FANS "/waits"), .by = &site.omar);
    assert_has(h, "[20270111,10800000,10800000,10800000,10800000]");
    h = fetch(.path = api(FANS), .query = "when=2027-02", .by = &site.omar);
    assert_has(h, "letters that say thank you");
}

static void test_brought_in(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    site.omar.session = kit_session(site.omar.agent.account_id, &site.omar.csrf);
    site.lena.session = kit_session(site.lena.agent.account_id, &site.lena.csrf);
    site.ines.session = kit_session(site.ines.agent.account_id, &site.ines.csrf);
    site.rita.session = kit_session(site.rita.agent.account_id, &site.rita.csrf);
    struct hit h = fetch(.method = HTTP_POST, .path = FANS "/followers", .as = &site.omar,
                         .form = "network=Fediverse&count=many&day=");
    assert_status(h, 422);
    assert_has(h, "must be a whole number");
    assert_has(h, "value=\"many\"");
    h = fetch(.method = HTTP_POST, .path = FANS "/followers", .as = &site.omar,
              .form = "network=Fediverse&count=12");
    assert_status(h, 303);
    assert_has(fetch(.path = FANS "/followers", .as = &site.omar), "<b>12</b>");
    assert_status(
        fetch(.method = HTTP_POST, .path = FANS "/followers", .as = &site.rita, .form = "network=x&count=1"),
        403);
    h = fetch(.method = HTTP_POST, .path = FANS "/purchases/import", .as = &site.lena,
              .form = "csv=number%2Caddress%2Cday%0AQ-1%2Cnel%40customer.example%2C2027-01-20%0AQ-2%2Cx%"
                      "2C2027-01-20");
    assert_status(h, 200);
    assert_has(h, "1 row was kept.");
    assert_has(h, "Line 3");
    assert_has(h, "Q-1");
    assert_status(fetch(.path = FANS "/purchases", .as = &site.omar), 403);
    h = fetch(.method = HTTP_POST, .path = api(FANS "/purchases"), .by = &site.lena,
              .json = "{\"number\":\"Q-3\",\"address\":\"nel@customer.example\",\"day\":\"2027-01-21\"}");
    assert_status(h, 200);
    /* The shop's own way. */
    h = fetch(.method = HTTP_POST, .path = FANS "/purchases/hook", .as = &site.ines, .form = "");
    assert_has(h, "whsec_");
    size_t at = str_find(h.body, S("whsec_"), 0);
    str secret = str_slice(h.body, at, str_find_char(h.body, '<', at));
    assert_false(has(fetch(.path = FANS "/purchases", .as = &site.ines).body, "whsec_"));
    h = fetch(.method = HTTP_POST, .path = "/purchases/tidewatch-toys",
              .json = "{\"number\":\"Q-4\",\"address\":\"nel@customer.example\",\"day\":\"2027-01-21\"}");
    assert_status(h, 403);
    (void)secret;
}

static void test_survey(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    const char *path = kit_path(TOYS "/admin/inboxes/%lld/survey", site.inbox.inbox);
    site.ines.session = kit_session(site.ines.agent.account_id, &site.ines.csrf);
    struct hit h = fetch(.path = path, .as = &site.ines);
    assert_has(h, "How was it, writing with us?");
    assert_false(has(h.body, "value=\"1\" checked"));
    h = fetch(.method = HTTP_POST, .path = path, .as = &site.ines,
              .form = "asks=1&question=How+so%3F&choices=One&after_days=5&pause_months=6");
    assert_status(h, 422);
    assert_has(h, "One choice is none");
    assert_has(h, "How so?");
    h = fetch(.method = HTTP_POST, .path = path, .as = &site.ines,
              .form = "asks=1&question=How+so%3F&choices=&after_days=5&pause_months=6");
    assert_status(h, 303);
    assert_has(fetch(.path = path, .as = &site.ines), "value=\"1\" checked");
    assert_status(fetch(.path = "/answer/nothing"), 404);
    assert_status(fetch(.path = "/answer/AAAAAAAAAAAAAAAAAAAAAA"), 404);
    assert_status(fetch(.method = HTTP_POST, .path = "/answer/AAAAAAAAAAAAAAAAAAAAAA", .form = "words=x"),
                  404);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_empty),      KIT_TEST(test_whose),  KIT_TEST(test_numbers_open),
        KIT_TEST(test_brought_in), KIT_TEST(test_survey),
    };
    int failed = cmocka_run_group_tests_name("web fans", tests, kit_open_site, kit_close_site);
    if (getenv("PG_URL"))
        failed +=
            cmocka_run_group_tests_name("web fans, postgres", tests, kit_open_site_postgres, kit_close_site);
    return failed;
}
