/* Defects, alarms, tests and what makers are told, through the router: who may, what comes back to a form,
 * what a page makes of markup, and what programs get. */
#include "web_people_kit.h"

#include "desk/defect_watch.h"
#include "jobs/jobs.h"

#define DEFECTS TOYS "/defects"
#define TRIALS TOYS "/trials"

static void jobs(const char *kind) {
    int n;
    assert_ok(jobs_run_kind(&kit.d, S("/nowhere"), str_z(kind), &n));
}

static struct hit post(const struct web_person *as, const char *path, const char *form) {
    return fetch(.method = HTTP_POST, .path = path, .as = as, .form = form);
}

static struct hit ask(const struct web_person *by, const char *path, const char *json) {
    return fetch(.method = HTTP_POST, .path = path, .by = by, .json = json);
}

static int64_t new_letter(const char *text) {
    static int n;
    struct kit_letter l = {.to = site.inbox, .name = "Ravi", .subject = "Crane"};
    l.from = str_cstr(kit.a, str_fmt(kit.a, "ravi%d@customer.example", ++n));
    l.text = text;
    kit_put_letter(&l);
    return l.conversation;
}

static str record(int64_t conversation, const char *form) {
    struct hit h = post(&site.omar, kit_path(TOYS "/c/%lld/defect", conversation), form);
    assert_status(h, 303);
    h = fetch(.path = api(kit_path(TOYS "/c/%lld", conversation)), .by = &site.omar);
    str cases = str_slice(h.body, str_find(h.body, S("\"defects\":"), 0), h.body.n);
    return behind(cases, "\"defect\":\"");
}

static void test_who_may(void **state) {
    (void)state;
    static const char *const pages[] = {"/defects", "/trials", "/defects/export.csv", "/defects/export.json"};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        const char *path = z(TOYS "%.*s", str_z(pages[i]));
        assert_status(fetch(.path = path, .as = &site.rita), 200);
        assert_status(fetch(.path = path, .as = &site.hugo), 404);
        assert_status(fetch(.path = path), 303);
    }
    assert_status(fetch(.path = DEFECTS "/units", .as = &site.omar), 403);
    assert_status(fetch(.path = DEFECTS "/units", .as = &site.lena), 200);
    assert_status(fetch(.path = DEFECTS "/makers", .as = &site.lena), 403);
    assert_status(fetch(.path = DEFECTS "/makers", .as = &site.ines), 200);
    assert_status(fetch(.path = TRIALS "/new", .as = &site.omar), 403);
    assert_status(post(&site.omar, TRIALS, "name=x"), 403);
    assert_status(post(&site.rita, kit_path(TOYS "/c/%lld/defect", site.conversation), "product=x"), 403);
    assert_status(post(&site.omar, kit_path(TOYS "/c/%lld/defect", site.other_conversation), "product=x"),
                  404);
    assert_status(fetch(.method = HTTP_POST, .path = kit_path(TOYS "/c/%lld/defect", site.conversation),
                        .as = &site.omar, .form = "product=x", .csrf = "wrong"),
                  403);
    /* Empty pages say what they are for. */
    assert_has(fetch(.path = DEFECTS, .as = &site.rita), "Nobody has recorded a defect yet.");
    assert_has(fetch(.path = TRIALS, .as = &site.rita), "No test runs.");
    assert_has(fetch(.path = DEFECTS "/units", .as = &site.lena), "Nothing yet.");
}

static void test_recording(void **state) {
    (void)state;
    int64_t c = new_letter("The hook of my crane <b>broke</b> off.");
    const char *path = kit_path(TOYS "/c/%lld/defect", c);
    assert_has(fetch(.path = path, .as = &site.omar), "The hook of my crane &lt;b&gt;broke&lt;/b&gt; off.");
    struct hit h = post(&site.omar, path, "words=kept+%3Ci%3E&lot=L-7&packed=tomorrow&product=Crane");
    assert_status(h, 422);
    assert_has(h, "The packing date must be a day");
    assert_has(h, "kept &lt;i&gt;");
    assert_has(h, "value=\"L-7\"");
    assert_status(post(&site.omar, path, "words=x"), 422);
    assert_status(post(&site.omar, path, "product=Crane&symptom=exploded"), 422);
    str defect = record(c, "product=%3Cu%3ECrane&part=hook&symptom=broken&words=The+hook+of+my+crane");
    assert_true(defect.n > 0);
    h = ask(&site.omar, api(path), "{\"product\":\"<u>Crane\",\"part\":\"hook\",\"symptom\":\"broken\"}");
    assert_status(h, 200);
    assert_has(h, "\"repeated\":true");
    h = fetch(.path = kit_path(TOYS "/c/%lld", c), .as = &site.omar);
    assert_has(h, "For the makers");
    assert_has(h, "&lt;u&gt;Crane: hook");
    assert_has(h, "Lot unknown");
    assert_false(has(h.body, "<u>"));
    /* A reader sees it and has no buttons. */
    h = fetch(.path = kit_path(TOYS "/c/%lld", c), .as = &site.rita);
    assert_has(h, "For the makers");
    assert_false(has(h.body, "/take-back"));
    /* The lot came in later; who saw an older row is told. */
    h = fetch(.path = api(kit_path(TOYS "/c/%lld", c)), .by = &site.omar);
    str rest = str_slice(h.body, str_find(h.body, S("\"defects\":"), 0), h.body.n);
    const char *one = z(TOYS "/cases/%.*s", behind(rest, "\"id\":\""));
    assert_status(post(&site.omar, z("%.*s/describe", str_z(one)), "lot=L-9&packed=2026-12-04&seen=1"), 303);
    assert_status(post(&site.omar, z("%.*s/describe", str_z(one)), "lot=L-10&seen=1"), 409);
    assert_has(fetch(.path = z(DEFECTS "/%.*s", defect), .as = &site.rita), "Lot L-9, packed");
    assert_status(post(&site.omar, z("%.*s/take-back", str_z(one)), "at=defect"), 303);
    assert_has(fetch(.path = z(DEFECTS "/%.*s", defect), .as = &site.rita), "None any more");
    assert_status(fetch(.path = DEFECTS "/1", .as = &site.rita), 404);
    assert_status(fetch(.path = DEFECTS "/99999999999999999999", .as = &site.rita), 404);
    assert_status(fetch(.path = z(DEFECTS "/%.*s", defect), .query = "after=x", .as = &site.rita), 422);
}

static str alarm_world(void) {
    str defect = S("");
    for (int i = 0; i < 30; i++)
        defect = record(
            new_letter("The little mast broke off on the first day."),
            "product=Ferry&part=mast&symptom=broken&words=The+little+mast+broke+off+on+the+first+day.");
    new_letter("The little mast broke off on the first day, too.");
    jobs("listen");
    jobs("alarm");
    desk_changed(&kit.d, site.inbox.brand, 0, "alarm");
    return defect;
}

static void test_alarm(void **state) {
    (void)state;
    str defect = alarm_world();
    const char *one = z(DEFECTS "/%.*s", defect);
    struct hit h = fetch(.path = one, .as = &site.lena);
    assert_has(h, "Alarm: more letters than its history explains");
    assert_has(h, "30 letters in seven days.");
    assert_has(h, "one letter a week would be nothing special");
    assert_has(h, "Letters a week, oldest first: 0, 0,");
    assert_has(h, "/acknowledge");
    assert_has(h, "It is the same: Ravi");
    assert_false(has(fetch(.path = one, .as = &site.omar).body, "/acknowledge"));
    /* It rises for leads. */
    assert_has(fetch(.path = TRIALS, .as = &site.lena), "/defects?alarms=1");
    assert_has(fetch(.path = DEFECTS, .query = "alarms=1", .as = &site.lena), "Ferry: mast");
    /* The page's numbers and the program's are the same. */
    h = fetch(.path = api(one), .by = &site.rita);
    assert_has(h, "\"seen\":30");
    assert_has(h, "\"week\":30");
    str alarm = behind(str_slice(h.body, str_find(h.body, S("\"alarm\":"), 0), h.body.n), "\"id\":\"");
    const char *close = z(TOYS "/alarms/%.*s/close", alarm);
    assert_status(post(&site.lena, close, "note="), 422);
    assert_status(post(&site.omar, close, "note=done"), 403);
    assert_status(post(&site.hugo, close, "note=done"), 404);
    assert_status(post(&site.lena, z(TOYS "/alarms/%.*s/acknowledge", alarm), "note=We+look+<b>.&seen=1"),
                  303);
    assert_status(post(&site.lena, close, "note=Solved&seen=1"), 409);
    assert_has(fetch(.path = one, .as = &site.omar), "We look &lt;b&gt;.");
    assert_status(post(&site.lena, close, "note=A+new+mould&seen=2"), 303);
    assert_has(fetch(.path = one, .as = &site.omar), "A new mould");
    assert_has(fetch(.path = DEFECTS, .query = "alarms=1", .as = &site.lena), "No alarm stands.");
    /* Joining a letter that says the same. */
    h = fetch(.path = api(one), .by = &site.rita);
    str like = str_slice(h.body, str_find(h.body, S("\"letters_like\":"), 0), h.body.n);
    str form =
        str_fmt(kit.a, "conversation=%.*s&symptom=broken", STR_FMT(behind(like, "\"conversation\":\"")));
    assert_status(post(&site.omar, z("%.*s/join", str_z(one)), str_cstr(kit.a, form)), 303);
    assert_has(fetch(.path = api(one), .by = &site.rita), "\"all\":31");
    assert_has(fetch(.path = api(one), .by = &site.rita), "\"letters_like\":[]");
}

static void test_exports(void **state) {
    (void)state;
    record(new_letter("=1+1 broke"), "product=%3D1%2B1&words=%3D1%2B1+broke&symptom=broken");
    struct hit h = fetch(.path = DEFECTS "/export.csv", .as = &site.rita);
    assert_status(h, 200);
    assert_str(h.type, "text/csv; charset=utf-8");
    assert_true(has(hit_header(&h, "Content-Disposition"), "tidewatch-toys-defects.csv"));
    assert_has(h, "\"'=1+1\"");
    assert_has(h, "\"'=1+1 broke\"");
    assert_false(has(h.body, "Ravi"));
    h = fetch(.path = api(DEFECTS "/export.json"), .by = &site.rita);
    assert_has(h, "\"words\":\"=1+1 broke\"");
}

static void test_units(void **state) {
    (void)state;
    struct hit h = post(&site.lena, DEFECTS "/units", "csv=product,units%0Ax,1");
    assert_status(h, 422);
    assert_has(h, "The file needs the columns product, month and units.");
    assert_has(h, "product,units");
    h = post(&site.lena, DEFECTS "/units", "csv=Ferry,2026-11,1200%0AFerry,2026-12,%3Cb%3E%0A");
    assert_status(h, 200);
    assert_has(h, "1 row was kept.");
    assert_has(h, "“&lt;b&gt;” is no whole number");
    assert_has(h, "line 2");
    assert_has(h, "2026-11");
    h = ask(&site.lena, api(DEFECTS "/units"), "{\"csv\":\"Ferry,2026-12,5\\nnonsense\"}");
    assert_status(h, 200);
    assert_has(h, "\"kept\":1");
    assert_has(h, "\"line\":2");
    h = fetch(.method = HTTP_POST, .path = DEFECTS "/units", .as = &site.lena,
              .file = S("Ferry,2027-01,7\n"));
    assert_status(h, 200);
    assert_has(fetch(.path = api(DEFECTS "/units"), .by = &site.lena), "\"sold_in_a_year\":1212");
}

static void test_makers(void **state) {
    (void)state;
    struct hit h = post(&site.ines, DEFECTS "/makers", "url=http%3A%2F%2Fmakers.example%2F%3Cb%3E");
    assert_status(h, 422);
    assert_has(h, "The address must begin with https://.");
    assert_has(h, "makers.example/&lt;b&gt;");
    static const char *const inside[] = {"https://127.0.0.1/x", "https://localhost/",
                                         "https://[::1]/",      "https://169.254.169.254/",
                                         "https://2130706433",  "https://u:p@makers.example/"};
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
        h = ask(&site.ines, api(DEFECTS "/makers"), z("{\"url\":\"%.*s\"}", str_z(inside[i])));
        assert_status(h, 422);
    }
    assert_status(post(&site.ines, DEFECTS "/makers/try", ""), 409);
    h = ask(&site.ines, api(DEFECTS "/makers"), "{\"url\":\"https://makers.example/longhand\"}");
    assert_status(h, 200);
    str secret = behind(h.body, "\"secret\":\"");
    assert_true(secret.n >= 22);
    /* Never again. */
    assert_true(str_find(fetch(.path = api(DEFECTS "/makers"), .by = &site.ines).body, secret, 0) ==
                SIZE_MAX);
    assert_true(str_find(fetch(.path = DEFECTS "/makers", .as = &site.ines).body, secret, 0) == SIZE_MAX);
    assert_status(post(&site.ines, DEFECTS "/makers/try", ""), 303);
    assert_has(fetch(.path = DEFECTS "/makers", .as = &site.ines), "Hello from this desk");
    assert_status(post(&site.ines, DEFECTS "/makers", "url="), 200);
}

static void test_trials(void **state) {
    (void)state;
    struct hit h = post(&site.lena, TRIALS, "name=&about=A+%3Cb%3Ethicker");
    assert_status(h, 422);
    assert_has(h, "A &lt;b&gt;thicker");
    assert_status(post(&site.lena, TRIALS, "name=Old&ends=2001-01-01"), 422);
    int64_t c = new_letter("The hook broke off.");
    str defect = record(c, "product=Lighthouse&part=lamp&symptom=broken&words=The+hook+broke+off.");
    h = ask(&site.lena, api(TRIALS),
            z("{\"name\":\"Thicker <hook>\",\"defect\":\"%.*s\",\"ends\":\"2027-03-01\"}", defect));
    assert_status(h, 200);
    const char *one = z(TRIALS "/%.*s", behind(h.body, "\"trial\":\""));
    /* From the conversation: nothing is sent. */
    h = fetch(.path = kit_path(TOYS "/c/%lld", c), .as = &site.omar);
    assert_has(h, "Take this case into a test");
    str form = str_fmt(kit.a, "trial=%s", strrchr(one, '/') + 1);
    assert_status(post(&site.omar, kit_path(TOYS "/c/%lld/trial", c), str_cstr(kit.a, form)), 303);
    assert_has(fetch(.path = kit_path(TOYS "/c/%lld", c), .as = &site.omar), "The test runs");
    assert_has(fetch(.path = one, .as = &site.rita), "Thicker &lt;hook&gt;");
    h = ask(&site.lena, api(z("%.*s/take-all", str_z(one))), "{}");
    assert_has(h, "\"taken_in\":0");
    assert_status(post(&site.omar, z("%.*s/end", str_z(one)), "result=x"), 403);
    h = post(&site.lena, z("%.*s/end", str_z(one)), "result=&seen=1");
    assert_status(h, 422);
    assert_has(h, "What came of it? Whoever writes");
    assert_status(post(&site.lena, z("%.*s/end", str_z(one)), "result=It+holds+%3C4+kg.&seen=9"), 409);
    h = post(&site.lena, z("%.*s/end", str_z(one)), "result=It+holds+%3C4+kg.&seen=1");
    assert_status(h, 303);
    const char *queue = z("%.*s/queue", str_z(one));
    h = fetch(.path = queue, .as = &site.omar);
    assert_has(h, "1 customer waits for a letter");
    assert_has(h, "?view=waiting#news-");
    assert_has(fetch(.path = TRIALS, .query = "view=waiting", .as = &site.rita), "Thicker &lt;hook&gt;");
    h = fetch(.path = kit_path(TOYS "/c/%lld", c), .as = &site.omar);
    assert_has(h, "waits to hear what became of the test");
    assert_has(h, "It holds &lt;4 kg.");
    assert_has(h, "they wait to hear what became of it");
    assert_has(fetch(.path = TOYS "/list/waiting", .as = &site.omar), "To be told of a test");
    /* A reply that goes the usual way, through the check. */
    h = ask(
        &site.omar, api(kit_path(TOYS "/c/%lld/reply", c)),
        "{\"text\":\"Dear Ravi, the hook that broke off went into our test, and a thicker one now holds four "
        "kilos. Thank you for telling us. Omar\",\"to\":\"ravi@customer.example\",\"subject\":\"Crane\","
        "\"key\":\"k1\"}");
    assert_status(h, 200);
    desk_changed(&kit.d, site.inbox.brand, 0, "reply");
    assert_has(fetch(.path = api(queue), .by = &site.rita), "\"queue\":[]");
    assert_has(fetch(.path = queue, .as = &site.omar), "Everybody in this test has heard");
    assert_has(fetch(.path = api(one), .by = &site.rita), "\"state\":\"told\"");
    assert_false(has(fetch(.path = kit_path(TOYS "/c/%lld", c), .as = &site.omar).body, "waits to hear"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_who_may), KIT_TEST(test_recording), KIT_TEST(test_alarm),  KIT_TEST(test_exports),
        KIT_TEST(test_units),   KIT_TEST(test_makers),    KIT_TEST(test_trials),
    };
    (void)kit_open_postgres;
    return cmocka_run_group_tests_name("web defects", tests, kit_open_site, kit_close_site);
}
