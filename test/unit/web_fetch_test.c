/* The page of a mailbox that is fetched, through the router: what is kept, refused and never shown. */
#include "web_kit.h"

#include "desk/fetch.h"

static const char *page(const char *rest) {
    return str_cstr(kit.a,
                    str_fmt(kit.a, TOYS "/admin/inboxes/%lld/fetching%s", (long long)site.inbox.inbox, rest));
}

#define GOOD                                                                                                 \
    "host=imap.mail.example&user=post&password=CANARY-password&tls=implicit&sign_in=password&after=leave&"   \
    "begin=all&port="

static void test_setting_up(void **state) {
    (void)state;
    struct hit h = shoot(HTTP_GET, page(""), .as = &site.ines);
    assert_status(h, 200);
    assert_has(h, "What this does");
    h = shoot(HTTP_POST, page(""), .as = &site.ines, .form = "host=imap.mail.example&user=post&tls=implicit");
    assert_status(h, 422);
    assert_has(h, "The password is missing.");
    assert_has(h, "value=\"imap.mail.example\"");
    h = shoot(HTTP_POST, page(""), .as = &site.ines, .form = GOOD "x");
    assert_status(h, 422);
    assert_false(has(h.body, "CANARY"));
    h = shoot(HTTP_POST, page(""), .as = &site.ines, .form = GOOD);
    assert_status(h, 303);
    h = shoot(HTTP_GET, page(""), .as = &site.ines);
    assert_has(h, "One is kept, sealed");
    assert_has(h, "About to begin");
    assert_false(has(h.body, "CANARY"));
    assert_false(has(h.body, "sealed:1:"));
    h = shoot(HTTP_GET, api(page("")), .by = &site.ines);
    assert_status(h, 200);
    assert_has(h, "\"has_password\":true");
    assert_has(h, "\"port\":993");
    assert_false(has(h.body, "CANARY"));
    assert_false(has(h.body, "sealed:1:"));
    /* Another server is not given it. */
    h = shoot(HTTP_POST, page(""), .as = &site.ines, .form = "host=imap.evil.example&user=post");
    assert_status(h, 422);
    assert_has(h, "typed again");
    assert_has(h, "imap.evil.example");
    h = shoot(HTTP_POST, api(page("")), .by = &site.ines, .json = "{\"after\":\"seen\"}");
    assert_status(h, 200);
    assert_has(h, "\"after\":\"seen\"");
    assert_has(h, "\"host\":\"imap.mail.example\"");
    /* This machine is inside. */
    h = shoot(HTTP_POST, page(""), .as = &site.ines, .form = "host=127.0.0.1&user=post&password=x&tls=never");
    assert_status(h, 403);
    assert_has(h, "posts_inside");
}

static void test_who_may(void **state) {
    (void)state;
    const struct web_person *const others[] = {&site.lena, &site.omar, &site.rita};
    for (size_t i = 0; i < 3; i++) {
        assert_status(shoot(HTTP_GET, page(""), .as = others[i]), 403);
        assert_status(shoot(HTTP_POST, page(""), .as = others[i], .form = GOOD), 403);
        assert_status(shoot(HTTP_POST, page("/remove"), .as = others[i], .form = ""), 403);
    }
    assert_status(shoot(HTTP_GET, page(""), .as = &site.hugo), 404);
    assert_status(shoot(HTTP_POST, page("/test"), .as = &site.ines, .form = "", .csrf = "wrong"), 403);
    const char *foreign = kit_path(BOOKS "/admin/inboxes/%lld/fetching", site.inbox.inbox);
    assert_status(shoot(HTTP_GET, foreign, .as = &site.hugo), 404);
    assert_status(shoot(HTTP_POST, foreign, .as = &site.hugo, .form = GOOD), 404);
}

static void test_folders_and_pausing(void **state) {
    (void)state;
    assert_status(shoot(HTTP_POST, page(""), .as = &site.ines, .form = GOOD), 303);
    struct hit h = shoot(HTTP_POST, page("/folders"), .as = &site.ines, .form = "");
    assert_status(h, 422);
    h = shoot(HTTP_POST, page("/folders"), .as = &site.ines, .form = "folders=INBOX&folders=Nowhere");
    assert_status(h, 404);
    assert_status(shoot(HTTP_POST, page("/folders"), .as = &site.ines, .form = "folders=INBOX"), 303);
    assert_status(
        shoot(HTTP_POST, api(page("/folders")), .by = &site.ines, .json = "{\"folders\":\"INBOX\\n\"}"), 200);
    assert_status(shoot(HTTP_POST, page("/pause"), .as = &site.ines, .form = ""), 303);
    h = shoot(HTTP_GET, page(""), .as = &site.ines);
    assert_has(h, "Go on fetching");
    h = shoot(HTTP_GET, TOYS "/admin/inboxes", .as = &site.ines);
    assert_has(h, "Fetched from imap.mail.example: Paused.");
    assert_false(has(h.body, "CANARY"));
    assert_status(shoot(HTTP_POST, page("/resume"), .as = &site.ines, .form = ""), 303);
    assert_status(shoot(HTTP_POST, page("/look"), .as = &site.ines, .form = ""), 303);
    assert_status(shoot(HTTP_POST, page("/retry"), .as = &site.ines, .form = "aside=12"), 404);
    assert_status(shoot(HTTP_POST, page("/consent"), .as = &site.ines, .form = ""), 422);
}

static void set_aside(int n) {
    struct imap_mail *mails = arena_array(kit.a, (size_t)n, sizeof *mails);
    for (int i = 0; i < n; i++)
        mails[i] = (struct imap_mail){.uid = 1 + (uint32_t)i,
                                      .state = IMAP_MAIL_FAILED,
                                      .says = S("The server said: NO <b>broken</b>"),
                                      .tries = 1,
                                      .retry_at = kit.now + HOUR_MS};
    struct imap_batch b = {.brand = site.inbox.brand,
                           .account = site.inbox.inbox,
                           .folder = S("INBOX"),
                           .uidvalidity = 3,
                           .mark = (uint32_t)n,
                           .mails = mails,
                           .n = (size_t)n};
    struct store_fetch f;
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_fetch_get(c, kit.a, b.brand, b.account, &f));
    }
    struct imap_stand stand;
    assert_ok(fetch_stand(&kit.d, kit.a, b.brand, b.account, f.version, b.folder, &stand));
    assert_ok(fetch_keep(&kit.d, kit.a, &b));
}

static void test_trouble_and_what_is_set_aside(void **state) {
    (void)state;
    assert_status(shoot(HTTP_POST, page(""), .as = &site.ines, .form = GOOD), 303);
    set_aside(60);
    struct hit h = shoot(HTTP_GET, page(""), .as = &site.ines);
    assert_has(h, "60 mails are set aside");
    assert_has(h, "NO &lt;b&gt;broken&lt;/b&gt;");
    assert_has(h, "More of them");
    assert_false(has(h.body, "<b>broken"));
    struct imap_state failed = {.brand = site.inbox.brand,
                                .account = site.inbox.inbox,
                                .phase = IMAP_WAITING,
                                .since = kit.now,
                                .failures = 1,
                                .code = ERR_DENIED,
                                .says = S("The server refused the password.")};
    assert_ok(fetch_state(&kit.d, kit.a, &failed));
    h = shoot(HTTP_GET, page(""), .as = &site.ines);
    assert_has(h, "Not let in");
    assert_has(h, "The server refused the password.");
    /* Whoever can do something about it is told on every page. */
    h = shoot(HTTP_GET, TOYS "/admin/settings", .as = &site.ines);
    assert_has(h, "Letters to letters@tidewatch.example are not coming in.");
    h = shoot(HTTP_GET, TOYS "/list/waiting", .as = &site.omar);
    assert_false(has(h.body, "are not coming in."));
    assert_status(shoot(HTTP_POST, page("/remove"), .as = &site.ines, .form = ""), 303);
    h = shoot(HTTP_GET, page(""), .as = &site.ines);
    assert_has(h, "What this does");
}

static void test_consent(void **state) {
    (void)state;
    struct hit h =
        shoot(HTTP_POST, page(""), .as = &site.ines,
              .form = "sign_in=oauth&provider=google&client_id=the-client&client_secret=CANARY-client&"
                      "user=post@mail.example&host=&tls=implicit&port=");
    assert_status(h, 303);
    h = shoot(HTTP_GET, page(""), .as = &site.ines);
    assert_has(h, "imap.gmail.com");
    assert_has(h, "Nobody has consented yet");
    assert_has(h, "http://desk.example/consent");
    assert_false(has(h.body, "CANARY"));
    h = shoot(HTTP_POST, page("/consent"), .as = &site.ines, .form = "");
    assert_status(h, 200);
    assert_has(h, "https://accounts.google.com/o/oauth2/v2/auth?response_type=code");
    assert_has(h, "code_challenge_method=S256");
    assert_false(has(h.body, "CANARY"));
    /* Nobody else can use the way back, and nobody can make one up. */
    assert_status(shoot(HTTP_GET, "/consent", .as = &site.ines, .query = "state=made-up&code=x"), 404);
    assert_status(shoot(HTTP_GET, "/consent", .query = "state=made-up&code=x"), 303);
    assert_status(shoot(HTTP_POST, page("/remove"), .as = &site.ines, .form = ""), 303);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_setting_up),
        KIT_TEST(test_who_may),
        KIT_TEST(test_folders_and_pausing),
        KIT_TEST(test_trouble_and_what_is_set_aside),
        KIT_TEST(test_consent),
    };
    return cmocka_run_group_tests_name("fetch pages", tests, kit_open_site, kit_close_site);
}
