/* Pages of boxes and stock: who may, what is refused, what a program is told. */
#include "web_kit.h"

#include "desk/child.h"
#include "desk/gesture.h"
#include "jobs/jobs.h"

static struct web_person pia; /* a packer */

static const char *fmt(const char *text, int64_t id) { return kit_path(text, id); }

static json_t *parsed(struct hit h) {
    json_t *root = NULL;
    assert_status(h, 200);
    assert_ok(json_read(h.body, &root));
    return root;
}

static int64_t id_in(struct hit h, const char *key) {
    JSON_AUTO json_t *root = parsed(h);
    int64_t id = 0;
    assert_true(json_take_id(root, key, &id));
    return id;
}

static int64_t keys;
/* By a program: a box with a figure of no catalogue and a letter. */
static int64_t make_box(const char *address) {
    str json = str_fmt(kit.a,
                       "{\"key\":\"web-box-%lld\",\"address\":\"%s\",\"letter\":\"Dear Milo\",\"promise\":"
                       "\"none\",\"items\":[{\"kind\":\"\",\"code\":\"\",\"name\":\"Oar\",\"quantity\":2}]}",
                       (long long)++keys, address);
    return id_in(shoot(HTTP_POST, api(fmt(TOYS "/c/%lld/box", site.conversation)), .by = &site.omar,
                       .json = str_cstr(kit.a, json)),
                 "id");
}

static int open_site(void **state) {
    if (kit_open_site(state)) return -1;
    pia = kit_hire("pia@tidewatch.example", "Pia", ROLE_PACKER);
    return 0;
}
static int open_site_postgres(void **state) {
    if (kit_open_site_postgres(state)) return -1;
    pia = kit_hire("pia@tidewatch.example", "Pia", ROLE_PACKER);
    return 0;
}

static void test_packers(void **state) {
    (void)state;
    int64_t box = make_box("3 Quay Lane");
    assert_status(shoot(HTTP_GET, TOYS "/boxes", .as = &pia), 200);
    assert_status(shoot(HTTP_GET, fmt(TOYS "/boxes/%lld", box), .as = &pia), 200);
    assert_status(shoot(HTTP_POST, fmt(TOYS "/boxes/%lld/pick", box), .as = &pia, .form = "position=1"), 303);
    /* Packing is not answering. */
    assert_status(shoot(HTTP_POST, fmt(TOYS "/c/%lld/note", site.conversation), .as = &pia, .form = "text=x"),
                  403);
    assert_status(shoot(HTTP_POST, fmt(TOYS "/boxes/%lld/change", box), .as = &pia, .form = "letter=x"), 403);
    assert_status(shoot(HTTP_POST, TOYS "/carriers", .as = &pia, .form = "name=x"), 403);
    assert_status(shoot(HTTP_GET, TOYS "/boxes/export.csv", .as = &pia), 403);
    /* Whoever only reads sees no addresses of boxes. */
    assert_status(shoot(HTTP_GET, TOYS "/boxes", .as = &site.rita), 403);
    assert_status(shoot(HTTP_GET, fmt(TOYS "/boxes/%lld/letter.pdf", box), .as = &site.rita), 403);
}

static void test_another_brand(void **state) {
    (void)state;
    int64_t box = make_box("3 Quay Lane");
    static const char *const rows[] = {"", "/letter.pdf", "/slip.pdf", "/label.pdf", "/all.pdf", "/change"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        str path = str_fmt(kit.a, BOOKS "/boxes/%lld%s", (long long)box, rows[i]);
        assert_status(shoot(HTTP_GET, str_cstr(kit.a, path), .as = &site.hugo), 404);
    }
    assert_status(shoot(HTTP_POST, fmt(BOOKS "/boxes/%lld/pack", box), .as = &site.hugo, .form = "all=1"),
                  404);
    assert_status(shoot(HTTP_GET, BOOKS "/box/1", .as = &site.hugo), 404);
    /* One's own letters do not go to an address of somebody else's box. */
    struct hit h = shoot(HTTP_POST, fmt(BOOKS "/c/%lld/box", site.other_conversation), .as = &site.hugo,
                         .form = str_cstr(kit.a, str_fmt(kit.a, "key=12345678&earlier=%lld&quantity=1&name=x",
                                                         (long long)box)));
    assert_status(h, 404);
}

static void test_making(void **state) {
    (void)state;
    const char *path = fmt(TOYS "/c/%lld/box", site.conversation);
    struct hit h =
        shoot(HTTP_POST, path, .as = &site.omar,
              .form = "key=form-key-1&quantity=-1&name=Oar&address=3+Quay&letter=Dear+%3Cb%3EMilo");
    assert_status(h, 422);
    assert_has(h, "must be a whole number");
    assert_has(h, "Dear &lt;b&gt;Milo");
    assert_has(h, "3 Quay</textarea>");
    assert_status(shoot(HTTP_POST, path, .as = &site.omar, .form = "key=form-key-1&address=x"), 422);
    /* The same key: the same box; another body: refused. */
    const char *once =
        "{\"key\":\"program-1\",\"items\":[{\"name\":\"Oar\",\"quantity\":1}],\"address\":\"x\"}";
    const char *other =
        "{\"key\":\"program-1\",\"items\":[{\"name\":\"Oar\",\"quantity\":2}],\"address\":\"x\"}";
    int64_t first = id_in(shoot(HTTP_POST, api(path), .by = &site.omar, .json = once), "id");
    assert_int_equal(id_in(shoot(HTTP_POST, api(path), .by = &site.omar, .json = once), "id"), first);
    assert_status(shoot(HTTP_POST, api(path), .by = &site.omar, .json = other), 409);
    assert_status(
        shoot(HTTP_POST, api(path), .by = &site.omar, .json = "{\"key\":\"program-2\",\"items\":7}"), 422);
    h = shoot(HTTP_GET, fmt(TOYS "/c/%lld", site.conversation), .as = &site.omar);
    assert_has(h, "id=\"boxes\"");
    h = shoot(HTTP_GET, api(fmt(TOYS "/c/%lld", site.conversation)), .by = &site.omar);
    assert_has(h, "\"boxes\":[{");
    h = shoot(HTTP_GET, api(fmt(TOYS "/c/%lld", site.conversation)), .by = &site.rita);
    assert_has(h, "\"boxes\":[]");
    h = shoot(HTTP_GET, fmt(TOYS "/c/%lld", site.conversation), .as = &site.rita);
    assert_has(h, "id=\"boxes\"");
    assert_false(has(h.body, "/boxes/"));
}

static void test_steps(void **state) {
    (void)state;
    int64_t box = make_box("3 Quay Lane");
    const char *one = fmt(TOYS "/boxes/%lld", box);
    assert_status(shoot(HTTP_POST, fmt(TOYS "/boxes/%lld/send", box), .as = &pia), 409);
    assert_status(shoot(HTTP_POST, fmt(TOYS "/boxes/%lld/pack", box), .as = &pia, .form = "version=9&all=1"),
                  409);
    assert_status(shoot(HTTP_POST, fmt(TOYS "/boxes/%lld/pack", box), .as = &pia, .form = "version=1&all=1"),
                  303);
    struct hit h = shoot(HTTP_POST, fmt(TOYS "/boxes/%lld/send", box), .as = &pia,
                         .form = "carrier=Harrow+Post&tracking=AB12&due_day=2027-02-30");
    assert_status(h, 422);
    assert_has(h, "AB12");
    assert_has(h, "must be written like");
    h = shoot(HTTP_POST, fmt(TOYS "/boxes/%lld/send", box), .as = &pia,
              .form = "carrier=Harrow+Post&tracking=AB12&due_day=2027-02-20");
    assert_str(h.location, one);
    JSON_AUTO json_t *root = parsed(shoot(HTTP_GET, api(one), .by = &pia));
    str text;
    assert_true(json_take_str(root, "state", &text));
    assert_str(text, "sent");
    assert_true(json_take_str(root, "due_day", &text));
    assert_str(text, "2027-02-20");
    h = shoot(HTTP_GET, TOYS "/boxes/find", .as = &pia, .query = "q=AB12");
    assert_str(h.location, one);
    h = shoot(HTTP_GET, TOYS "/boxes/find", .as = &pia, .query = "q=%3Cscript%3E");
    assert_status(h, 200);
    assert_has(h, "&lt;script&gt;");
}

static void test_locked(void **state) {
    (void)state;
    struct kit_letter l = {.to = site.inbox,
                           .from = "luka@customer.example",
                           .name = "Luka",
                           .subject = "Hi",
                           .text = "I am 7."};
    kit.now += 1000;
    kit_put_letter(&l);
    assert_ok(child_set(&kit.d, kit.a, &site.omar.actor, l.conversation, true, -1));
    const char *json = "{\"key\":\"locked-1\",\"items\":[{\"name\":\"Oar\",\"quantity\":1}]}";
    int64_t box = id_in(
        shoot(HTTP_POST, api(fmt(TOYS "/c/%lld/box", l.conversation)), .by = &site.omar, .json = json), "id");
    assert_status(
        shoot(HTTP_POST, api(fmt(TOYS "/boxes/%lld/pick", box)), .by = &pia, .json = "{\"position\":1}"),
        409);
    assert_status(
        shoot(HTTP_POST, api(fmt(TOYS "/boxes/%lld/pack", box)), .by = &pia, .json = "{\"all\":true}"), 409);
    assert_status(shoot(HTTP_POST, api(fmt(TOYS "/boxes/%lld/change", box)), .by = &site.omar,
                        .json = "{\"address\":\"x\"}"),
                  409);
    assert_status(shoot(HTTP_GET, api(fmt(TOYS "/boxes/%lld/slip.pdf", box)), .by = &pia), 409);
    struct hit h = shoot(HTTP_GET, fmt(TOYS "/boxes/%lld", box), .as = &pia);
    assert_has(h, "no grown-up has confirmed");
    assert_false(has(h.body, "all.pdf"));
}

static void test_printing(void **state) {
    (void)state;
    int64_t box = make_box("3 Quay Lane");
    struct hit h = shoot(HTTP_GET, fmt(TOYS "/boxes/%lld/letter.pdf", box), .as = &pia);
    assert_status(h, 200);
    assert_str(h.type, "application/pdf");
    assert_true(str_starts(h.body, S("%PDF-")));
    assert_true(has(hit_header(&h, "Content-Security-Policy"), "default-src 'none'"));
    assert_true(str_starts(hit_header(&h, "Content-Disposition"), S("inline; filename=\"box-")));
    h = shoot(HTTP_POST, TOYS "/boxes/print", .as = &pia, .form = "slip=1");
    assert_status(h, 422);
    h = shoot(HTTP_POST, TOYS "/boxes/print", .as = &pia,
              .form = str_cstr(kit.a, str_fmt(kit.a, "box=%lld", (long long)box)));
    assert_status(h, 422);
    assert_has(h, "Choose what to print");
    assert_has(h, "checked");
    str json = str_fmt(kit.a, "{\"boxes\":[\"%lld\"],\"parts\":\"letter slip\"}", (long long)box);
    int64_t run =
        id_in(shoot(HTTP_POST, api(TOYS "/boxes/print"), .by = &pia, .json = str_cstr(kit.a, json)), "print");
    h = shoot(HTTP_GET, fmt(TOYS "/boxes/prints/%lld", run), .as = &pia);
    assert_str(hit_header(&h, "Refresh"), "1");
    assert_status(shoot(HTTP_GET, fmt(TOYS "/boxes/prints/%lld/boxes.pdf", run), .as = &pia), 409);
    int done;
    assert_ok(jobs_run_kind(&kit.d, S("/proc/self/exe"), S("print"), &done));
    h = shoot(HTTP_GET, fmt(TOYS "/boxes/prints/%lld", run), .as = &pia);
    assert_has(h, "1 box, 2 pages");
    assert_int_equal(hit_header(&h, "Refresh").n, 0);
    h = shoot(HTTP_GET, fmt(TOYS "/boxes/prints/%lld/boxes.pdf", run), .as = &pia);
    assert_true(str_starts(h.body, S("%PDF-")));
    assert_status(shoot(HTTP_GET, fmt(BOOKS "/boxes/prints/%lld", run), .as = &site.hugo), 404);
    assert_status(shoot(HTTP_GET, fmt(BOOKS "/boxes/prints/%lld/boxes.pdf", run), .as = &site.hugo), 404);
}

static void test_stock(void **state) {
    (void)state;
    struct hit h = shoot(HTTP_POST, TOYS "/stock/receive", .as = &pia,
                         .form = "kind=part&code=7-7&place=B2&quantity=9999999999999999999&name=Door");
    assert_status(h, 422);
    h = shoot(HTTP_POST, TOYS "/stock/receive", .as = &pia,
              .form = "kind=part&code=7-7&place=B2&quantity=4&name=Door");
    assert_status(h, 303);
    assert_str(h.location, TOYS "/stock/item?kind=part&code=7-7&colour=&kept=1");
    assert_status(shoot(HTTP_POST, TOYS "/stock/count", .as = &pia,
                        .form = "kind=part&code=7-7&place=B2&quantity=3&seen_on_hand=9"),
                  409);
    assert_status(shoot(HTTP_POST, TOYS "/stock/correct", .as = &pia,
                        .form = "kind=part&code=7-7&place=B2&quantity=-1"),
                  422);
    assert_status(shoot(HTTP_POST, TOYS "/stock/correct", .as = &pia,
                        .form = "kind=part&code=7-7&place=B2&quantity=-1&reason=broken"),
                  303);
    h = shoot(HTTP_GET, api(TOYS "/stock"), .by = &pia);
    assert_has(h, "\"on_hand\":3,\"reserved\":0,\"free\":3");
    assert_status(shoot(HTTP_GET, TOYS "/stock/item", .as = &pia, .query = "kind=part&code=none"), 404);
    assert_status(shoot(HTTP_GET, BOOKS "/stock/item", .as = &site.hugo, .query = "kind=part&code=7-7"), 404);
    h = shoot(HTTP_POST, TOYS "/stock/import", .as = &pia,
              .file = S("kind,code,place,on_hand\npart,7-7,B2,x\n"));
    assert_status(h, 422);
    assert_has(h, "Line 2");
    h = shoot(HTTP_POST, TOYS "/stock/import", .as = &pia,
              .file = S("kind,code,place,on_hand\npart,7-7,B2,8\n"));
    assert_status(h, 200);
    assert_has(h, "1 line read");
    h = shoot(HTTP_GET, TOYS "/stock/export.csv", .as = &pia);
    assert_has(h, "7-7");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_packers), KIT_TEST(test_another_brand), KIT_TEST(test_making), KIT_TEST(test_steps),
        KIT_TEST(test_locked),  KIT_TEST(test_printing),      KIT_TEST(test_stock),
    };
    int failed = cmocka_run_group_tests_name("sqlite", tests, open_site, kit_close_site);
    const char *url = getenv("PG_URL");
    if (url && *url)
        failed |= cmocka_run_group_tests_name("postgres", tests, open_site_postgres, kit_close_site);
    return failed;
}
