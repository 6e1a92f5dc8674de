/* How a brand answers, through the router: who may see and change what, what comes back to a form, and what a
 * page makes of markup in a text. */
#include "web_people_kit.h"

#include "store/override.h"

#define VOICE TOYS "/voice"

static str id_in(const struct hit *h) { return behind(h->body, "\"id\":\""); }

static void test_who_may(void **state) {
    (void)state;
    static const char *const leads[] = {"/phrases",     "/approved",  "/stops",         "/overrides",
                                        "/corrections", "/facts/new", "/frameworks/new"};
    for (size_t i = 0; i < sizeof leads / sizeof *leads; i++) {
        const char *path = z(VOICE "%.*s", str_z(leads[i]));
        assert_status(fetch(.path = path, .as = &site.lena), 200);
        assert_status(fetch(.path = path, .as = &site.ines), 200);
        assert_status(fetch(.path = path, .as = &site.omar), 403);
        assert_status(fetch(.path = path, .as = &site.hugo), 404);
        assert_status(fetch(.path = path), 303);
    }
    assert_status(fetch(.path = VOICE "/frameworks", .as = &site.omar), 200);
    assert_status(fetch(.path = VOICE "/facts", .as = &site.omar), 200);
    assert_status(fetch(.path = VOICE "/facts", .as = &site.rita), 403);
    assert_status(fetch(.path = VOICE, .as = &site.omar), 303);
    static const char *const posts[] = {"/frameworks",        "/facts",         "/phrases",
                                        "/phrases/take-away", "/phrases/learn", "/stops"};
    for (size_t i = 0; i < sizeof posts / sizeof *posts; i++) {
        const char *path = z(VOICE "%.*s", str_z(posts[i]));
        assert_status(
            fetch(.method = HTTP_POST, .path = path, .as = &site.omar, .form = "name=a&text=[[b]]&phrase=c"),
            403);
        assert_status(fetch(.method = HTTP_POST, .path = path, .as = &site.ines, .csrf = "wrong"), 403);
    }
    assert_has(fetch(.path = VOICE "/facts", .as = &site.omar), "Leads and administrators write them.");
}

static void test_frameworks(void **state) {
    (void)state;
    struct hit h = fetch(.method = HTTP_POST, .path = VOICE "/frameworks", .as = &site.lena,
                         .form = "name=Lost+<i>&text=Dear+</textarea>you");
    assert_status(h, 422);
    assert_has(h, "at least one place to write in");
    assert_has(h, "Lost &lt;i&gt;");
    assert_has(h, "Dear &lt;/textarea&gt;you");
    h = fetch(.method = HTTP_POST, .path = "/api/v1" VOICE "/frameworks", .by = &site.lena,
              .json = "{\"name\":\"Lost <i>\",\"text\":\"Dear [[their name]],\\nhere & <b>now</b>\"}");
    assert_status(h, 200);
    const char *one = z(VOICE "/frameworks/%.*s", id_in(&h));
    h = fetch(.path = VOICE "/frameworks", .as = &site.omar);
    assert_has(h, "Lost &lt;i&gt;");
    assert_has(h, "here &amp; &lt;b&gt;now");
    h = fetch(.path = one, .as = &site.omar);
    assert_has(h, "<mark class=\"mark mark--ask\">their name</mark>");
    assert_false(has(h.body, "<textarea"));
    assert_has(fetch(.path = one, .as = &site.lena), "<textarea");
    h = fetch(.method = HTTP_POST, .path = one, .as = &site.lena, .form = "name=Lost&text=[[x]]&seen=1");
    assert_status(h, 409);
    assert_has(h, "Somebody changed this framework");
    assert_has(h, "As it is now: Lost &lt;i&gt;");
    h = fetch(.method = HTTP_POST, .path = z("/api/v1%.*s", str_z(one)), .by = &site.lena,
              .json = "{\"name\":\"Lost\"}");
    assert_status(h, 200);
    assert_has(h, "Dear [[their name]],");
    assert_status(fetch(.method = HTTP_POST, .path = z("%.*s/retire", str_z(one)), .as = &site.omar), 403);
    assert_status(fetch(.method = HTTP_POST, .path = z("%.*s/retire", str_z(one)), .as = &site.lena), 303);
    h = fetch(.path = VOICE "/frameworks", .as = &site.lena);
    assert_has(h, "No frameworks yet.");
    assert_has(h, "Retired (1)");
    assert_false(has(fetch(.path = VOICE "/frameworks", .as = &site.omar).body, "Retired ("));
    assert_status(fetch(.method = HTTP_POST, .path = z("%.*s/restore", str_z(one)), .as = &site.lena), 303);
    assert_status(fetch(.path = VOICE "/frameworks/77", .as = &site.lena), 404);
    assert_status(fetch(.path = z("/b/harbour-books/voice/frameworks/%.*s",
                                  str_slice(str_z(one), strlen(VOICE "/frameworks/"), 99)),
                        .as = &site.hugo),
                  404);
    /* A framework is no fact. */
    assert_status(
        fetch(.path = z(VOICE "/facts/%.*s", str_slice(str_z(one), strlen(VOICE "/frameworks/"), 99)),
              .as = &site.lena),
        404);
}

static void test_facts_on_pages(void **state) {
    (void)state;
    for (int i = 0; i < 53; i++) {
        const char *json =
            str_cstr(kit.a, str_fmt(kit.a, "{\"name\":\"Fact %02d\",\"text\":\"The tide is at %d.\"}", i, i));
        assert_status(
            fetch(.method = HTTP_POST, .path = "/api/v1" VOICE "/facts", .by = &site.ines, .json = json),
            200);
    }
    struct hit h = fetch(.path = VOICE "/facts", .as = &site.omar);
    assert_has(h, "Fact 49");
    assert_false(has(h.body, "Fact 50"));
    assert_has(h, "voice/facts?from=50");
    h = fetch(.path = VOICE "/facts", .query = "from=50", .as = &site.omar);
    assert_has(h, "Fact 52");
    assert_false(has(h.body, "Fact 49"));
    assert_status(fetch(.path = VOICE "/facts", .query = "from=99999999999", .as = &site.omar), 200);
    assert_status(fetch(.path = VOICE "/facts", .query = "from=-1", .as = &site.omar), 422);
}

static void test_phrases_and_stops(void **state) {
    (void)state;
    struct hit h = fetch(.method = HTTP_POST, .path = VOICE "/phrases", .as = &site.lena,
                         .form = "phrase=--&state=allowed");
    assert_status(h, 422);
    assert_has(h, "The phrase holds no word.");
    h = fetch(.method = HTTP_POST, .path = VOICE "/phrases", .as = &site.lena,
              .form = "phrase=a+b&state=learned");
    assert_status(h, 422);
    h = fetch(.method = HTTP_POST, .path = VOICE "/phrases", .as = &site.lena,
              .form = "phrase=a+<b>+\"c&state=added&shown=added");
    assert_status(h, 303);
    assert_true(str_ends(h.location, S("/voice/phrases?state=added&kept=1")));
    h = fetch(.path = VOICE "/phrases", .as = &site.lena);
    assert_has(h, "<q dir=\"auto\">a &lt;b&gt; &quot;c</q>");
    h = fetch(.path = VOICE "/phrases", .query = "state=allowed", .as = &site.lena);
    assert_has(h, "None of these.");
    assert_status(
        fetch(.method = HTTP_POST, .path = VOICE "/phrases/take-away", .as = &site.lena, .form = "phrase=zz"),
        404);
    assert_status(fetch(.method = HTTP_POST, .path = VOICE "/phrases/take-away", .as = &site.lena,
                        .form = "phrase=a+<b>+\"c"),
                  303);
    assert_has(fetch(.path = VOICE "/phrases", .as = &site.lena), "None yet.");
    assert_status(fetch(.method = HTTP_POST, .path = VOICE "/phrases/learn", .as = &site.lena), 303);

    assert_status(fetch(.method = HTTP_POST, .path = VOICE "/stops", .as = &site.lena, .form = "name=1"),
                  303);
    h = fetch(.path = "/api/v1" VOICE "/stops", .by = &site.lena);
    assert_has(h, "{\"name\":true,\"greeting\":false,\"canned_letter\":false,\"slot\":false}");
    /* A program says each; what it leaves out changes nothing. */
    static const char *const parts[] = {
        "{}", "{\"greeting\":true,\"canned_letter\":false,\"slot\":false}",
        "{\"name\":null,\"greeting\":true,\"canned_letter\":false,\"slot\":false}"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        h = fetch(.method = HTTP_POST, .path = "/api/v1" VOICE "/stops", .by = &site.lena, .json = parts[i]);
        assert_status(h, 422);
        assert_has(h, "name must be true or false.");
    }
    assert_status(fetch(.method = HTTP_POST, .path = "/api/v1" VOICE "/stops", .by = &site.lena), 422);
    h = fetch(.path = "/api/v1" VOICE "/stops", .by = &site.lena);
    assert_has(h, "{\"name\":true,\"greeting\":false,");
    assert_status(fetch(.method = HTTP_POST, .path = "/api/v1" VOICE "/stops", .by = &site.lena,
                        .json = "{\"name\":false,\"greeting\":false,\"canned_letter\":false,\"slot\":false}"),
                  200);
    h = fetch(.path = "/api/v1" VOICE "/stops", .by = &site.lena);
    assert_has(h, "{\"name\":false,");
}

static void test_place_of_a_finding(void **state) {
    (void)state;
    const char *path = z("/api/v1" TOYS "/m/%.*s/findings", str_fmt(kit.a, "%lld", (long long)site.letter));
    static const char *const bad[] = {"1.5", "true", "[1]", "-1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *json =
            z("{\"kind\":\"name\",\"start\":%.*s,\"end\":4,\"value\":\"Milo\"}", str_z(bad[i]));
        struct hit h = fetch(.method = HTTP_POST, .path = path, .by = &site.ines, .json = json);
        assert_status(h, 422);
        assert_has(h, "start must be a whole number.");
    }
    assert_status(fetch(.method = HTTP_POST, .path = path, .by = &site.ines,
                        .json = "{\"kind\":\"name\",\"start\":1,\"end\":4,\"value\":\"Mi\\u0007lo\"}"),
                  422);
    assert_status(fetch(.method = HTTP_POST, .path = path, .by = &site.ines,
                        .json = "{\"kind\":\"name\",\"start\":1,\"end\":4,\"value\":\"Milo\"}"),
                  200);
}

/* A reason that says nothing: the page shows what stops the letter again, with the reason's field. */
static void test_reason_refused(void **state) {
    (void)state;
    const char *id = str_cstr(kit.a, str_fmt(kit.a, "%lld", (long long)site.conversation));
    assert_status(fetch(.method = HTTP_POST, .path = "/api/v1" VOICE "/stops", .by = &site.lena,
                        .json = "{\"name\":true,\"greeting\":true,\"canned_letter\":true,\"slot\":true}"),
                  200);
    struct hit h =
        fetch(.method = HTTP_POST, .path = z(TOYS "/c/%.*s/reply", str_z(id)), .as = &site.ines,
              .form = "version=0&to=a%40b.test&subject=Re&text=It+is+[[colour]].&override=.&anyway=1");
    assert_status(h, 422);
    assert_has(h, "Say in one sentence of words");
    assert_has(h, "name=\"override\"");
    assert_has(h, "It is [[colour]].");
    h = fetch(.method = HTTP_POST, .path = z("/api/v1" TOYS "/c/%.*s/reply", str_z(id)), .by = &site.ines,
              .json = "{\"text\":\"It is [[colour]].\",\"override\":\"\\u200b\"}");
    assert_status(h, 422);
    assert_has(h, "\"stops\":");
    assert_has(h, "\"slot\"");
}

static err put_override(db_conn *c, void *arg) {
    int64_t i = *(int64_t *)arg;
    return store_override_insert(
        c, site.toys.brand.id,
        &(struct store_override){.id = i,
                                 .conversation_id = site.conversation,
                                 .message_id = site.letter,
                                 .agent_id = site.omar.agent.id,
                                 .kinds = S("name gone_kind"),
                                 .because = str_fmt(kit.a, "<i>Because %lld", (long long)i),
                                 .at = kit.now});
}

static void test_overrides(void **state) {
    (void)state;
    for (int64_t i = 1; i <= 51; i++) assert_ok(db_write(kit.db, put_override, &i));
    struct hit h = fetch(.path = VOICE "/overrides", .as = &site.lena);
    assert_has(h, "A wrong name \xc2\xb7 gone_kind");
    assert_has(h, "&lt;i&gt;Because 51");
    assert_has(h, "Because 2<");
    assert_false(has(h.body, "Because 1<"));
    assert_has(h, "overrides?before=2\"");
    h = fetch(.path = VOICE "/overrides", .query = "before=2", .as = &site.lena);
    assert_has(h, "Because 1<");
    h = fetch(.path = VOICE "/overrides", .query = "before=1", .as = &site.lena);
    assert_has(h, "There is nothing older.");
    h = fetch(.path = "/api/v1" VOICE "/overrides", .by = &site.lena);
    assert_has(h, "\"kinds\":[\"name\",\"gone_kind\"]");
    assert_has(h, "\"before\":\"2\"");
}

static void test_approve(void **state) {
    (void)state;
    /* A letter of theirs is no reply. */
    assert_status(
        fetch(.method = HTTP_POST, .path = kit_path(TOYS "/m/%lld/approve", site.letter), .as = &site.lena),
        404);
    assert_status(
        fetch(.method = HTTP_POST, .path = kit_path(TOYS "/m/%lld/approve", site.letter), .as = &site.omar),
        403);
    assert_has(fetch(.path = VOICE "/approved", .as = &site.lena), "No reply is approved yet.");
    assert_has(fetch(.path = VOICE "/corrections", .query = "days=0", .as = &site.lena),
               "Nobody had to put anything right");
    assert_status(fetch(.path = VOICE "/corrections", .query = "days=x", .as = &site.lena), 422);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_who_may),           KIT_TEST(test_frameworks),         KIT_TEST(test_facts_on_pages),
        KIT_TEST(test_phrases_and_stops), KIT_TEST(test_reason_refused),     KIT_TEST(test_overrides),
        KIT_TEST(test_approve),           KIT_TEST(test_place_of_a_finding),
    };
    (void)kit_open_postgres;
    return cmocka_run_group_tests_name("web voice", tests, kit_open_site, kit_close_site);
}
