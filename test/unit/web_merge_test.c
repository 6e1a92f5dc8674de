/* Merging through the router: who may, what programs send and get, stale pages, old links, and what is
 * proposed. */
#include "web_people_kit.h"

#include "desk/merge.h"

static const struct web_person *somebody(int i) {
    const struct web_person *const all[] = {&site.ines, &site.lena, &site.omar, &site.rita, &site.hugo};
    return all[i];
}

static int64_t letter_from(const char *from, const char *subject, const char *text) {
    struct kit_letter l = {
        .to = site.inbox, .from = from, .name = "Ada Quay", .subject = subject, .text = text};
    kit_put_letter(&l);
    site.letter = l.id;
    return l.conversation;
}

static const char *fresh(void) {
    static int n;
    return str_cstr(kit.a, str_fmt(kit.a, "quay%d@customer.example", ++n));
}

static const char *text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static const char *text(const char *fmt, ...) {
    char out[4096];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(out, sizeof out, fmt, ap);
    va_end(ap);
    return str_cstr(kit.a, str_z(out));
}

#define ID(x) ((long long)(x))

static struct conversation look(int64_t id) {
    DB_READ_AUTO db_conn *c = NULL;
    struct conversation v;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_conversation_get(c, kit.a, site.toys.brand.id, id, &v));
    return v;
}

static const char *at(int64_t conversation, const char *rest) {
    return text(TOYS "/c/%lld%s", ID(conversation), rest);
}

static void assert_text(struct hit h, const char *part) {
    if (str_find(h.body, str_z(part), 0) == SIZE_MAX)
        fail_msg("no \"%s\" in %d: %.*s", part, h.status, STR_FMT(h.body));
}

/* A number in JSON: "operation":"123". */
static int64_t number(struct hit h, const char *name) {
    int64_t n = 0;
    str found = behind(h.body, text("\"%s\":\"", name));
    assert_true(str_to_int(found, &n));
    return n;
}

static void test_who_may(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    const char *from = fresh();
    int64_t a = letter_from(from, "Crane", "It broke."), b = letter_from(from, "Hook", "It is blue.");
    int64_t letter = site.letter;
    static const int look_at[] = {200, 200, 200, 403, 404}, may[] = {303, 303, 303, 403, 404};
    for (int i = 0; i < 5; i++) {
        const struct web_person *p = somebody(i);
        assert_status(fetch(.path = at(a, "/merge"), .as = p), look_at[i]);
        assert_status(fetch(.path = at(a, text("/merge/%lld", ID(b))), .as = p), look_at[i]);
        struct hit h =
            fetch(.method = HTTP_POST, .path = at(a, "/merge"), .as = p, .form = text("into=%lld", ID(b)));
        assert_status(h, may[i]);
        h = fetch(.method = HTTP_POST, .path = at(a, "/move"), .as = p, .form = "inbox=99");
        assert_int_equal(h.status == may[i], i > 2);
        if (i > 2) {
            assert_status(fetch(.method = HTTP_POST, .path = at(b, "/split"), .as = p,
                                .form = text("message=%lld", ID(letter))),
                          may[i]);
            assert_status(fetch(.method = HTTP_POST, .path = text(TOYS "/merges/%lld/undo", ID(a)), .as = p),
                          may[i]);
            assert_status(
                fetch(.method = HTTP_POST, .path = text(TOYS "/m/%lld/forwarded", ID(letter)), .as = p),
                may[i]);
            assert_status(
                fetch(.method = HTTP_POST, .path = at(b, "/not-related"), .as = p, .form = "related=1"),
                may[i]);
        }
    }
    /* Nothing of another brand. */
    assert_status(fetch(.path = at(site.other_conversation, "/merge"), .as = &site.omar), 404);
    struct hit h = fetch(.method = HTTP_POST, .path = api(at(b, "/merge")), .by = &site.omar,
                         .json = text("{\"into\":\"%lld\"}", ID(site.other_conversation)));
    assert_status(h, 404);
    h = fetch(.method = HTTP_POST, .path = at(b, "/merge"), .as = &site.omar, .csrf = "wrong",
              .form = "into=1");
    assert_status(h, 403);
}

static void test_programs(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    const char *from = fresh();
    int64_t a = letter_from(from, "Crane", "It broke."), b = letter_from(from, "Hook", "It is blue.");
    int64_t in_b = site.letter;
    struct hit h = fetch(.path = api(at(a, "/merge")), .by = &site.omar);
    assert_status(h, 200);
    assert_text(h, text("\"candidates\":[{\"id\":\"%lld\"", ID(b)));
    h = fetch(.method = HTTP_POST, .path = api(at(b, "/merge")), .by = &site.omar,
              .json = text("{\"into\":\"%lld\",\"version\":99}", ID(a)));
    assert_status(h, 409);
    h = fetch(.method = HTTP_POST, .path = api(at(b, "/merge")), .by = &site.omar, .json = "{}");
    assert_status(h, 422);
    h = fetch(.method = HTTP_POST, .path = api(at(b, "/merge")), .by = &site.omar,
              .json = text("{\"into\":\"%lld\",\"version\":%lld}", ID(a), ID(look(b).version)));
    assert_status(h, 200);
    int64_t merged = number(h, "operation");
    assert_int_equal(number(h, "conversation"), a);
    assert_text(h, "\"repeated\":false");
    /* A program that asks for the old one gets the one it leads to. */
    h = fetch(.path = api(at(b, "")), .by = &site.omar);
    assert_status(h, 200);
    assert_text(h, text("\"conversation\":{\"id\":\"%lld\"", ID(a)));
    h = fetch(.path = api(at(a, "/merge")), .by = &site.omar);
    assert_text(h, "\"kind\":\"merge\"");
    h = fetch(.method = HTTP_POST, .path = api(at(a, "/split")), .by = &site.omar,
              .json = text("{\"messages\":[\"%lld\"],\"subject\":\"The hook\"}", ID(in_b)));
    assert_status(h, 200);
    int64_t parted = number(h, "operation"), own = number(h, "conversation");
    assert_str(look(own).subject, "The hook");
    h = fetch(.method = HTTP_POST, .path = api(at(a, "/split")), .by = &site.omar,
              .json = "{\"messages\":[\"x\"]}");
    assert_status(h, 422);
    /* The merge cannot be undone before what was built on it. */
    h = fetch(.method = HTTP_POST, .path = api(text(TOYS "/merges/%lld/undo", ID(merged))), .by = &site.omar);
    assert_status(h, 409);
    assert_text(h, "came or went");
    assert_status(
        fetch(.method = HTTP_POST, .path = api(text(TOYS "/merges/%lld/undo", ID(parted))), .by = &site.omar),
        200);
    assert_status(
        fetch(.method = HTTP_POST, .path = api(text(TOYS "/merges/%lld/undo", ID(merged))), .by = &site.omar),
        200);
    h = fetch(.method = HTTP_POST, .path = api(text(TOYS "/merges/%lld/undo", ID(merged))), .by = &site.omar);
    assert_text(h, "\"repeated\":true");
    assert_int_equal(look(b).merged_into, 0);
}

/* What is one person's alone stands in the way of what is ticked. */
static void test_strangers_with_a_child(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t a = letter_from(fresh(), "Crane", "It broke."), b = letter_from(fresh(), "Hook", "It is blue.");
    long long one = ID(look(a).customer_id), other = ID(look(b).customer_id);
    assert_status(fetch(.method = HTTP_POST, .path = at(b, "/child"), .as = &site.omar, .form = "child=1"),
                  303);
    struct hit h = fetch(.method = HTTP_POST, .path = at(a, "/merge"), .as = &site.omar,
                         .form = text("into=%lld&customers=%lld+%lld", ID(b), one, other));
    assert_status(h, 409);
    assert_text(h, "a child wrote");
    assert_text(h, "a note that names number");
    assert_int_equal(look(a).merged_into, 0);
    h = fetch(.method = HTTP_POST, .path = api(at(b, "/merge")), .by = &site.omar,
              .json = text("{\"into\":\"%lld\",\"customers\":\"%lld %lld\"}", ID(a), one, other));
    assert_status(h, 409);
    assert_text(h, "a child wrote");
}

static void test_strangers(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t a = letter_from(fresh(), "Crane", "It broke."), b = letter_from(fresh(), "Hook", "It is blue.");
    long long one = ID(look(a).customer_id), other = ID(look(b).customer_id);
    struct hit h = fetch(.path = at(a, text("/merge/%lld", ID(b))), .as = &site.omar);
    assert_text(h, "letters of two people");
    assert_text(h, text("value=\"%lld %lld\" required", one, other));
    h = fetch(.method = HTTP_POST, .path = at(a, "/merge"), .as = &site.omar,
              .form = text("into=%lld", ID(b)));
    assert_status(h, 409);
    assert_text(h, "letters of two customers");
    assert_text(h, "This one stays");
    h = fetch(.method = HTTP_POST, .path = at(a, "/merge"), .as = &site.omar,
              .form = text("into=%lld&customers=%lld+7", ID(b), one));
    assert_status(h, 409);
    h = fetch(.method = HTTP_POST, .path = at(a, "/merge"), .as = &site.omar,
              .form = text("into=%lld&customers=%lld+%lld", ID(b), one, other));
    assert_status(h, 303);
}

/* Pages that were open while their conversation was merged: links lead on, and nothing is written where
 * nobody looks. */
static void test_stale_pages(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    const char *from = fresh();
    int64_t a = letter_from(from, "Crane", "It broke."), b = letter_from(from, "Hook", "It is blue.");
    struct hit h = fetch(.method = HTTP_POST, .path = at(b, "/merge"), .as = &site.omar,
                         .form = text("into=%lld", ID(a)));
    assert_status(h, 303);
    assert_str(h.location, at(a, ""));
    h = fetch(.path = at(b, ""), .as = &site.rita);
    assert_status(h, 303);
    assert_str(h.location, at(a, ""));
    h = fetch(.path = at(b, ""), .as = &site.omar, .header = "X-Fragment", .value = "conversation");
    assert_status(h, 200);
    assert_text(h, "It is blue.");
    assert_text(h, text("data-conversation=\"%lld\"", ID(a)));
    static const char *const posts[][2] = {
        {"/note", "text=Hm"},
        {"/take", ""},
        {"/release", ""},
        {"/reopen", ""},
        {"/junk", ""},
        {"/close", "reason=none_needed"},
        {"/draft", "text=Dear+Ada"},
        {"/reply", "text=Dear+Ada&to=a@b.example"},
        {"/child", "child=1"},
        {"/worry", "worry=hm"},
        {"/promises", "text=Boat&day=2027-02-01"},
        {"/gestures", "kind=extra&item=Shell&quantity=1&cost=1&judgement=so&key=k1"},
        {"/link", ""},
        {"/split", "message=1"},
        {"/move", "inbox=1"}};
    for (size_t i = 0; i < sizeof posts / sizeof *posts; i++) {
        h = fetch(.method = HTTP_POST, .path = at(b, posts[i][0]), .as = &site.omar, .form = posts[i][1]);
        if (h.status != 409) fail_msg("%s: %d", posts[i][0], h.status);
        /* A reply says it in its own way, with what happened. */
        assert_text(h, i == 7 ? "Not sent: something changed" : "merged into another one");
        if (posts[i][1][0] == 't') assert_text(h, i == 0 ? "Hm" : i == 10 ? "Boat" : "Dear Ada");
    }
    assert_status(
        fetch(.method = HTTP_POST, .path = at(b, "/presence"), .as = &site.omar, .form = "doing=looking"),
        200);
}

static void test_what_is_proposed(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    const char *from = fresh();
    int64_t a = letter_from(from, "Crane", "It broke."), b = letter_from(from, "Hook", "It is blue.");
    struct hit h = fetch(.path = at(b, ""), .as = &site.omar);
    assert_text(h, "the same person, and that one is still open");
    assert_text(h, at(b, text("/merge/%lld", ID(a))));
    /* Who only reads sees it, and no buttons. */
    h = fetch(.path = at(b, ""), .as = &site.rita);
    assert_text(h, "Possibly the same matter");
    assert_true(str_find(h.body, S("/not-related"), 0) == SIZE_MAX);
    h = fetch(.method = HTTP_POST, .path = at(b, "/not-related"), .as = &site.omar,
              .form = text("related=%lld", ID(a)));
    assert_status(h, 303);
    h = fetch(.path = at(b, ""), .as = &site.omar);
    assert_true(str_find(h.body, S("Possibly the same matter"), 0) == SIZE_MAX);
    /* A forwarded letter. */
    int64_t id = letter_from(
        "letters@tidewatch.example", "Fwd: Mast",
        "---------- Forwarded message ---------\nFrom: Bo <bo@writer.example>\nSubject: Mast\n\nHello "
        "<script>alert(1)</script>");
    int64_t letter = site.letter;
    h = fetch(.path = at(id, ""), .as = &site.omar);
    assert_text(h, "letters@tidewatch.example forwarded a letter of Bo");
    assert_text(h, "Nobody vouches that letters@tidewatch.example sent this.");
    assert_true(str_find(h.body, S("<script>alert"), 0) == SIZE_MAX);
    h = fetch(.path = at(id, ""), .as = &site.rita);
    assert_true(str_find(h.body, S("Make it their letter"), 0) == SIZE_MAX);
    h = fetch(.method = HTTP_POST, .path = text(TOYS "/m/%lld/forwarded", ID(letter)), .as = &site.omar,
              .form = "name=Bo&address=omar@tidewatch.example");
    assert_status(h, 422);
    assert_text(h, "address of ours");
    assert_text(h, "Make it their letter");
    h = fetch(.method = HTTP_POST, .path = text(TOYS "/m/%lld/forwarded", ID(letter)), .as = &site.omar,
              .form = "");
    assert_status(h, 303);
    h = fetch(.path = at(id, ""), .as = &site.omar);
    assert_text(h, "bo@writer.example");
    assert_true(str_find(h.body, S("Make it their letter"), 0) == SIZE_MAX);
}

static void test_pages(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t a = letter_from(fresh(), "Crane", "It broke.");
    struct hit h = fetch(.path = at(a, "/merge"), .as = &site.omar);
    assert_text(h, "has no other conversation");
    assert_text(h, "There is only one message here");
    h = fetch(.path = at(a, "/merge"), .query = "q=%3Cb%3Exylophone", .as = &site.omar);
    assert_text(h, "Nothing was found for");
    assert_text(h, "&lt;b&gt;xylophone");
    h = fetch(.path = at(a, "/merge"), .query = text("q=%lld", ID(look(site.conversation).number)),
              .as = &site.omar);
    assert_text(h, at(a, text("/merge/%lld", ID(site.conversation))));
    assert_ok(conversation_note(&kit.d, kit.a, &site.omar.actor, a, S("Look here"), &site.letter));
    h = fetch(.method = HTTP_POST, .path = at(a, "/split"), .as = &site.omar, .form = "subject=Kept+subject");
    assert_status(h, 422);
    assert_text(h, "Choose at least one");
    assert_text(h, "Kept subject");
    h = fetch(.method = HTTP_POST, .path = at(a, "/split"), .as = &site.omar,
              .form = text("subject=x&version=1&message=%lld", ID(site.letter)));
    assert_status(h, 409);
    assert_text(h, text("value=\"%lld\" checked", ID(site.letter)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_who_may),     KIT_TEST(test_programs),
        KIT_TEST(test_strangers),   KIT_TEST(test_strangers_with_a_child),
        KIT_TEST(test_stale_pages), KIT_TEST(test_what_is_proposed),
        KIT_TEST(test_pages),
    };
    return cmocka_run_group_tests_name("sqlite", tests, kit_open_site, kit_close_site) |
           cmocka_run_group_tests_name("postgres", tests, kit_open_site_postgres, kit_close_site);
}
