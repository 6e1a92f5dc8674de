/* When a child wrote, over HTTP: the banner and its JSON, the question to a grown-up, their page, worries. */
#include "web_kit.h"

#include "desk/child.h"
#include "jobs/jobs.h"

#define C(rest) kit_path(TOYS "/c/%lld" rest, site.conversation)

static void run_jobs(void) {
    int done;
    assert_ok(jobs_run_kind(&kit.d, S("/nonexistent"), S("ask"), &done));
    assert_ok(jobs_run_kind(&kit.d, S("/nonexistent"), S("forget"), &done));
}

static int64_t from_child(const char *name, const char *from) {
    struct kit_letter l = {.to = site.inbox,
                           .from = from,
                           .name = name,
                           .subject = "Juno",
                           .text = str_cstr(kit.a, str_fmt(kit.a, "I am %s, seven years old.", name))};
    kit.now += 1000;
    kit_put_letter(&l);
    return l.conversation;
}

static int64_t another(const char *from) { return from_child("Luka Apul", from); }

static struct store_child child_of(int64_t conversation) {
    struct store_child k;
    assert_ok(child_get(&kit.d, kit.a, site.toys.brand.id, conversation, &k));
    return k;
}

static void test_who_may(void **state) {
    (void)state;
    struct hit h = shoot(HTTP_GET, api(C("/child")), .by = &site.rita);
    assert_status(h, 200);
    assert_has(h, "\"state\":\"none\"");
    assert_has(h, "\"locked\":false");
    assert_status(shoot(HTTP_POST, C("/child"), .as = &site.rita, .form = "child=1"), 403);
    assert_status(shoot(HTTP_POST, C("/child"), .as = &site.omar, .csrf = "", .form = "child=1"), 403);
    assert_status(shoot(HTTP_POST, C("/child/delete"), .as = &site.omar), 403);
    assert_status(shoot(HTTP_POST, C("/child/delete"), .as = &site.lena), 409);
    /* Of another brand: not there. */
    assert_status(shoot(HTTP_GET, api(C("/child")), .by = &site.hugo), 401);
    const char *foreign = kit_path(TOYS "/c/%lld/child", site.other_conversation);
    assert_status(shoot(HTTP_GET, api(foreign), .by = &site.ines), 404);
    assert_status(shoot(HTTP_POST, api(foreign), .by = &site.ines, .json = "{\"child\":true}"), 404);
    assert_false(has(shoot(HTTP_GET, C(""), .as = &site.rita).body, "A child, or something that worries"));
}

static void test_said(void **state) {
    (void)state;
    struct hit h =
        shoot(HTTP_POST, api(C("/child")), .by = &site.omar, .json = "{\"child\":true,\"version\":0}");
    assert_status(h, 200);
    assert_has(h, "\"state\":\"set\"");
    assert_has(h, "\"locked\":true");
    assert_has(h, "\"by\":\"Omar\"");
    h = shoot(HTTP_POST, api(C("/child")), .by = &site.lena, .json = "{\"child\":false,\"version\":0}");
    assert_status(h, 409);
    h = shoot(HTTP_GET, C(""), .as = &site.lena);
    assert_has(h, "Short, warm words");
    assert_has(h, "30 days later");
    assert_has(h, "value=\"milo@customer.example\"");
    assert_has(h, "Delete now");
    assert_false(has(shoot(HTTP_GET, C(""), .as = &site.omar).body, "Delete now"));
    assert_has(shoot(HTTP_GET, api(C("")), .by = &site.omar), "\"child\":{\"state\":\"set\"");
    h = shoot(HTTP_GET, C(""), .as = &site.rita);
    assert_has(h, "Short, warm words");
    assert_false(has(h.body, "Ask a grown-up</summary>"));
}

static void test_asked(void **state) {
    (void)state;
    int64_t v = another("family1@example.org");
    const char *ask = kit_path(TOYS "/c/%lld/child/ask", v);
    assert_ok(child_set(&kit.d, kit.a, &site.omar.actor, v, true, -1));
    struct hit h = shoot(HTTP_POST, ask, .as = &site.omar, .form = "email=%3Cb%3Enobody");
    assert_status(h, 422);
    assert_has(h, "value=\"&lt;b&gt;nobody\"");
    assert_has(h, "id=\"ask-grown-up\" open");
    h = shoot(HTTP_POST, ask, .as = &site.omar, .form = "email=mother@example.org");
    assert_int_equal(h.status, 303);
    h = shoot(HTTP_POST, api(ask), .by = &site.omar, .json = "{\"email\":\"mother@example.org\"}");
    assert_status(h, 429);
    h = shoot(HTTP_GET, kit_path(TOYS "/c/%lld", v), .as = &site.omar);
    assert_has(h, "A mail to mother@example.org is on its way.");
    run_jobs();
    h = shoot(HTTP_GET, kit_path(TOYS "/c/%lld", v), .as = &site.omar);
    assert_has(h, "A grown-up was asked (mother@example.org");
}

/* The link of the newest question: a fresh token in its place, since the mail's own is kept nowhere. */
struct relink {
    int64_t conversation;
    str token;
};

static err relink(db_conn *c, void *arg) {
    struct relink *x = arg;
    store_ask_list all;
    TRY(store_asks_of(c, kit.a, site.toys.brand.id, x->conversation, &all));
    all.v[0].hash = token_hash(kit.a, x->token);
    return store_ask_update(c, &all.v[0]);
}

static const char *link_of(int64_t conversation, const char *email) {
    assert_ok(child_ask(&kit.d, kit.a, &site.omar.actor, conversation, str_z(email)));
    run_jobs();
    struct relink x = {conversation, token_new(kit.a)};
    assert_ok(db_write(kit.db, relink, &x));
    return str_cstr(kit.a, str_fmt(kit.a, "/grown-up/%.*s", STR_FMT(x.token)));
}

static void test_grown_up(void **state) {
    (void)state;
    int64_t v = another("family2@example.org");
    const char *link = link_of(v, "mother2@example.org");
    for (int i = 0; i < 3; i++) {
        struct hit h = shoot(HTTP_GET, link);
        assert_status(h, 200);
        assert_has(h, "We are Tidewatch Toys.");
        assert_false(has(h.body, "Luka") || has(h.body, "Juno") || has(h.body, "family2"));
        assert_str(hit_header(&h, "X-Robots-Tag"), "noindex, nofollow");
        assert_str(hit_header(&h, "Cache-Control"), "no-store");
    }
    assert_int_equal(child_of(v).state, CHILD_ASKED);
    struct hit h = shoot(HTTP_POST, link, .form = "name=%3Ci%3EMarisa&country=Germany&keep_memory=1");
    assert_status(h, 422);
    assert_has(h, "&lt;i&gt;Marisa");
    assert_has(h, "name=\"keep_memory\" value=\"1\" checked");
    h = shoot(HTTP_POST, link,
              .form = "name=Marisa&country=%E6%97%A5%E6%9C%AC&address=%E6%9D%B1%E4%BA%AC%0A1");
    assert_status(h, 200);
    assert_has(h, "Thank you");
    assert_int_equal(child_of(v).state, CHILD_CONFIRMED);
    assert_str(child_of(v).address, "\xe6\x9d\xb1\xe4\xba\xac\n1");
    h = shoot(HTTP_POST, link, .form = "name=Else&country=X&address=Elsewhere");
    assert_status(h, 410);
    assert_has(h, "You have answered already");
    assert_str(child_of(v).name, "Marisa");
    h = shoot(HTTP_GET, link);
    assert_status(h, 410);
    const char *const wrong[] = {"/grown-up/x", "/grown-up/aaaaaaaaaaaaaaaaaaaaaa", "/grown-up/%00"};
    for (size_t i = 0; i < 3; i++) {
        h = shoot(HTTP_GET, wrong[i]);
        assert_status(h, 404);
        assert_has(h, "does not lead anywhere");
        assert_status(shoot(HTTP_POST, wrong[i], .form = "decline=1"), 404);
    }
    link = link_of(another("family3@example.org"), "mother3@example.org");
    kit.now += 15 * (int64_t)DAY_MS;
    h = shoot(HTTP_GET, link);
    assert_status(h, 410);
    assert_has(h, "too old");
    kit.now -= 15 * (int64_t)DAY_MS; /* the others are still signed in */
}

static void test_deleted(void **state) {
    (void)state;
    int64_t v = from_child("Wimpelbrink", "family4@example.org");
    const char *page = kit_path(TOYS "/c/%lld", v);
    const char *link = link_of(v, "mother4@example.org");
    struct hit h = shoot(HTTP_POST, link, .form = "decline=1&name=ignored");
    assert_status(h, 200);
    assert_has(h, "Nothing will be sent.");
    run_jobs();
    h = shoot(HTTP_GET, page, .as = &site.ines);
    assert_status(h, 200);
    assert_has(h, "The words of this conversation were deleted on");
    assert_has(h, "Its words were deleted.");
    assert_false(has(h.body, "Wimpelbrink") || has(h.body, "family4"));
    assert_false(has(h.body, "id=\"reply-form\""));
    assert_has(shoot(HTTP_GET, api(page), .by = &site.omar), "\"deleted_at\":1");

    v = another("family5@example.org");
    page = kit_path(TOYS "/c/%lld", v);
    assert_ok(child_set(&kit.d, kit.a, &site.omar.actor, v, true, -1));
    assert_status(
        shoot(HTTP_POST, api(kit_path(TOYS "/c/%lld/child/delete", v)), .by = &site.lena, .json = "{}"), 200);
    run_jobs();
    assert_has(shoot(HTTP_GET, page, .as = &site.ines), "The words of this conversation were deleted on");
    assert_status(
        shoot(HTTP_POST, api(kit_path(TOYS "/c/%lld/child/delete", v)), .by = &site.lena, .json = "{}"), 409);
}

static void test_worries(void **state) {
    (void)state;
    int64_t v = another("family6@example.org");
    const char *page = kit_path(TOYS "/c/%lld", v);
    assert_status(shoot(HTTP_GET, TOYS "/worries", .as = &site.lena), 403);
    struct hit h = shoot(HTTP_GET, TOYS "/worries", .as = &site.ines);
    assert_has(h, "No letter worries anybody.");
    assert_has(h, "Nobody yet.");
    assert_status(shoot(HTTP_POST, kit_path(TOYS "/worries/people/%lld", site.lena.agent.id),
                        .as = &site.lena, .form = "on=1"),
                  403);
    h = shoot(HTTP_POST, kit_path(TOYS "/worries/people/%lld", site.rita.agent.id), .as = &site.ines,
              .form = "on=1");
    assert_status(h, 422);
    assert_has(h, "Rita cannot answer letters here.");
    h = shoot(HTTP_POST, kit_path(TOYS "/worries/people/%lld", site.lena.agent.id), .as = &site.ines,
              .form = "on=1");
    assert_int_equal(h.status, 303);
    h = shoot(HTTP_POST, kit_path(TOYS "/c/%lld/worry", v), .as = &site.omar, .form = "worry=+");
    assert_status(h, 422);
    assert_has(h, "id=\"care\" data-part open");
    h = shoot(HTTP_POST, api(kit_path(TOYS "/c/%lld/worry", v)), .by = &site.omar,
              .json = "{\"worry\":\"<b>alone</b> at night\"}");
    assert_status(h, 200);
    /* Who told, who looks after it, and administrators read it; others see that somebody does. */
    assert_has(shoot(HTTP_GET, page, .as = &site.omar), "&lt;b&gt;alone&lt;/b&gt; at night");
    assert_has(shoot(HTTP_GET, page, .as = &site.lena), "&lt;b&gt;alone&lt;/b&gt; at night");
    h = shoot(HTTP_GET, page, .as = &site.rita);
    assert_has(h, "Omar worries about this letter.");
    assert_has(h, "Lena looks after it.");
    assert_false(has(h.body, "at night"));
    h = shoot(HTTP_GET, TOYS "/list/waiting", .as = &site.lena);
    assert_has(h, "1 letter worries somebody here.");
    assert_false(has(shoot(HTTP_GET, TOYS "/list/waiting", .as = &site.omar).body, "worries somebody here"));
    h = shoot(HTTP_GET, api(TOYS "/worries"), .by = &site.lena);
    assert_has(h, "\"worry\":\"\\u003cb");
    assert_has(h, "\"name\":\"Lena\"");
    size_t at = str_find(h.body, S("\"id\":\""), 0);
    int64_t id;
    str rest = str_slice(h.body, at + 6, h.body.n);
    assert_true(str_to_int(str_slice(rest, 0, str_find_char(rest, '"', 0)), &id));
    const char *close = kit_path(TOYS "/worries/%lld/close", id);
    assert_status(shoot(HTTP_POST, close, .as = &site.omar, .form = "sentence=Well"), 403);
    h = shoot(HTTP_POST, close, .as = &site.lena, .form = "sentence=%3F%3F");
    assert_status(h, 422);
    assert_has(h, "value=\"??\"");
    h = shoot(HTTP_POST, close, .as = &site.lena, .form = "sentence=I+spoke+with+them");
    assert_int_equal(h.status, 303);
    assert_status(shoot(HTTP_POST, api(close), .by = &site.lena, .json = "{\"sentence\":\"Again\"}"), 409);
    h = shoot(HTTP_GET, TOYS "/worries", .query = "view=closed", .as = &site.lena);
    assert_has(h, "I spoke with them");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_who_may),  KIT_TEST(test_said),    KIT_TEST(test_asked),
        KIT_TEST(test_grown_up), KIT_TEST(test_deleted), KIT_TEST(test_worries),
    };
    (void)kit_open_postgres;
    return cmocka_run_group_tests_name("web child", tests, kit_open_site, kit_close_site);
}
