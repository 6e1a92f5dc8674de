/* The missing-pieces pages by hand-made requests: who may, steps and what they carry, refusals that keep what
 * was typed, other sites, the private page and its links. */
#include "web_kit.h"

#include "desk/box.h"
#include "desk/catalogue.h"
#include "desk/missing.h"
#include "desk/settings.h"
#include "desk/track.h"

#define PAGE "/missing/tidewatch-toys"
#define TEXT(...) str_cstr(kit.a, str_fmt(kit.a, __VA_ARGS__))

static bool holds(str body, const char *part) { return str_find(body, str_z(part), 0) != SIZE_MAX; }

static struct catalogue_source source(const char *name, const char *text) {
    return (struct catalogue_source){str_z(name), str_z(text)};
}

static int open_missing(void) {
    BUF_AUTO buf many = BUF_MAX(100000);
    buf_add(&many, S("product,part,quantity,colour,element\n5120,77-1,2,,\n5120,10-204,6,navy,1020411\n"));
    BUF_AUTO buf parts = BUF_MAX(100000);
    buf_add(&parts, S("id,name\n77-1,\"Anchor <b>, black\"\n10-204,Plate 2 \xC3\x97 4\n"));
    for (int i = 0; i < 60; i++) {
        buf_add_fmt(&parts, "x-%d,Thing %02d\n", i, i);
        buf_add_fmt(&many, "4410,x-%d,3,,\n", i);
    }
    const struct catalogue_source files[] = {
        source("products.csv", "id,name\n5120,Night Ferry\n4410,Lighthouse\n"),
        {S("parts.csv"), str_copy(kit.a, buf_str(&parts))},
        source("colours.csv", "id,name,rgb\nnavy,Dark blue,24405c\n"),
        {S("pieces.csv"), str_copy(kit.a, buf_str(&many))}};
    struct catalogue_report r;
    assert_ok(
        catalogue_import(&kit.d, kit.a, site.toys.brand.id, files, sizeof files / sizeof *files, NULL, &r));
    assert_int_equal(r.nproblems, 0);
    assert_ok(setting_change(&kit.d, kit.a, site.toys.brand.id, S("missing_pieces"), S("1")));
    return 0;
}

static int open_sqlite(void **state) { return kit_open_site(state) ? -1 : open_missing(); }

static const char *piece_key(const char *code) {
    struct missing_product p;
    missing_piece_list list = {0};
    assert_ok(missing_product(&kit.d, kit.a, site.toys.brand.id, S("5120"), &p, &list));
    for (size_t i = 0; i < list.n; i++)
        if (str_eq(list.v[i].code, str_z(code))) return TEXT("n-%016" PRIx64, list.v[i].key);
    fail_msg("no %s", code);
    return "";
}

static const char *whole(const char *email, const char *key, const char *more) {
    return str_cstr(kit.a,
                    str_fmt(kit.a,
                            "step=3&do=send&product=5120&%s=2&words=The+bag+was+empty.&name=Ruth+Meyer&"
                            "email=%s&address=Hafenstrasse+5%%0A20457+Hamburg&country=DE&key=%s&%s",
                            piece_key("10-204"), email, key, more));
}

static void off_is_not_there(void **state) {
    (void)state;
    struct hit h = shoot(HTTP_GET, "/missing/harbour-books");
    assert_status(h, 404);
    h = shoot(HTTP_GET, "/missing/nobody");
    assert_status(h, 404);
    h = shoot(HTTP_POST, "/missing/harbour-books", .form = "do=find&q=x");
    assert_status(h, 404);
}

static void looking(void **state) {
    (void)state;
    struct hit h = shoot(HTTP_GET, PAGE);
    assert_status(h, 200);
    assert_has(h, "Which piece is missing?");
    assert_true(has(hit_header(&h, "Content-Security-Policy"), "default-src 'none'"));
    assert_true(str_eq(hit_header(&h, "Referrer-Policy"), S("no-referrer")));
    h = shoot(HTTP_GET, PAGE, .query = "q=night+fery");
    assert_has(h, "product:5120");
    h = shoot(HTTP_GET, PAGE, .query = "q=zzzz");
    assert_has(h, "We find nothing");
    h = shoot(HTTP_GET, PAGE, .query = "q=%3Cscript%3Ealert%281%29");
    assert_false(has(h.body, "<script>alert"));
    h = shoot(HTTP_GET, PAGE, .query = "product=5120");
    assert_has(h, "fill=\"#24405c\"");
    assert_has(h, "Dark blue, 1020411");
    assert_has(h, "Anchor &lt;b&gt;, black");
    h = shoot(HTTP_GET, PAGE, .query = "product=4711"); /* back to the first step */
    assert_status(h, 200);
    assert_has(h, "Number or name on the box");
    h = shoot(HTTP_GET, "/api/v1" PAGE, .query = "product=5120");
    assert_status(h, 200);
    assert_has(h, "\"element\":\"1020411\"");
}

static void steps_carry_along(void **state) {
    (void)state;
    const char *key = piece_key("10-204");
    struct hit h = shoot(HTTP_POST, PAGE, .form = "step=0&do=product:5120&words=kept&name=Ruth");
    assert_status(h, 200);
    assert_has(h, "name=\"words\" value=\"kept\"");
    assert_has(h, "name=\"name\" value=\"Ruth\"");
    h = shoot(HTTP_POST, PAGE, .form = TEXT("step=1&do=next&product=5120&%s=3&address=a%%0D%%0Ab", key));
    assert_status(h, 200);
    assert_has(h, "What happened?");
    assert_has(h, "3 pieces");
    assert_true(holds(h.body, TEXT("name=\"%s\" value=\"3\"", key)));
    assert_has(h, "value=\"a\nb\"");
    h = shoot(HTTP_POST, PAGE, .form = TEXT("step=2&do=to:1&product=5120&%s=3&words=Dear", key));
    assert_has(h, "name=\"words\" value=\"Dear\"");
    assert_has(h, "value=\"3\" min=\"0\" max=\"6\"");
    /* What is searched for or on another page does not lose what was chosen. */
    h = shoot(HTTP_POST, PAGE, .form = TEXT("step=1&do=look&product=5120&%s=3&find=anchor", key));
    assert_true(holds(h.body, TEXT("type=\"hidden\" name=\"%s\" value=\"3\"", key)));
    h = shoot(HTTP_POST, PAGE, .form = "step=1&do=from:40&product=4410");
    assert_has(h, "Thing 45");
    assert_false(has(h.body, "Thing 10"));
    assert_has(h, "Earlier pieces");
    /* Another product: what was chosen of the first is none of it. */
    h = shoot(HTTP_POST, PAGE, .form = TEXT("step=0&do=product:4410&product=5120&%s=3", key));
    assert_false(holds(h.body, TEXT("name=\"%s\"", key)));
    h = shoot(HTTP_POST, PAGE, .form = "step=0&do=unknown&q=the+old+boat");
    assert_status(h, 200);
    assert_has(h, "Which piece is missing?");
    assert_has(h, "the old boat");
    assert_false(has(h.body, "Not in the list?"));
}

static void refusals_keep_what_was_typed(void **state) {
    (void)state;
    const char *key = piece_key("10-204");
    const char *const counts[] = {"-1", "7", "99999999999999999999", "two"};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct hit h = shoot(HTTP_POST, PAGE,
                             .form = TEXT("step=1&do=next&product=5120&words=kept&%s=%s", key, counts[i]));
        assert_status(h, 422);
        assert_has(h, "role=\"alert\"");
        assert_has(h, "name=\"words\" value=\"kept\"");
    }
    struct hit h = shoot(HTTP_POST, PAGE, .form = "step=1&do=next&product=5120");
    assert_status(h, 422);
    h = shoot(HTTP_POST, PAGE, .form = "step=3&do=send&product=0000&words=kept&name=Ruth");
    assert_status(h, 422);
    assert_has(h, "name=\"words\" value=\"kept\"");
    h = shoot(HTTP_POST, PAGE, .form = "step=0&do=unknown&q=");
    assert_status(h, 422);
    h = shoot(HTTP_POST, PAGE, .form = whole("nobody", "key-of-form-1", ""));
    assert_status(h, 422);
    assert_has(h, "The bag was empty.");
    assert_has(h, "20457 Hamburg");
    assert_has(h, "Ruth Meyer");
    h = shoot(HTTP_POST, PAGE, .form = "step=77&do=to:99&product=5120&from=99999999&opened=-3&n-xyz=1&n-=2");
    assert_status(h, 200);
}

static str token_of(const struct hit *h) {
    str at = h->location;
    assert_true(str_starts(at, S("/your/")));
    return str_slice(at, 6, str_find_char(at, '?', 0));
}

static void telling_and_the_private_page(void **state) {
    (void)state;
    struct hit h = shoot(HTTP_POST, PAGE, .form = whole("ruth@customer.example", "key-of-form-2", ""));
    assert_status(h, 303);
    str token = token_of(&h);
    const char *path = str_cstr(kit.a, str_fmt(kit.a, "/your/%.*s", STR_FMT(token)));
    h = shoot(HTTP_GET, path, .query = "new=1");
    assert_status(h, 200);
    assert_has(h, "Thank you, Ruth");
    assert_true(holds(h.body, TEXT("http://desk.example%s", path)));
    assert_has(h, "noindex");
    assert_true(has(hit_header(&h, "X-Robots-Tag"), "noindex"));
    assert_true(str_eq(hit_header(&h, "Cache-Control"), S("no-store")));
    assert_true(str_eq(hit_header(&h, "Referrer-Policy"), S("no-referrer")));
    assert_false(has(h.body, "Meyer") || has(h.body, "Hamburg") || has(h.body, "ruth@") ||
                 has(h.body, "empty"));
    h = shoot(HTTP_GET, path);
    assert_has(h, "How it stands, Ruth");
    assert_has(h, "A person reads your letter");
    assert_has(h, "Plate 2");
    h = shoot(HTTP_GET, "/your/AAAAAAAAAAAAAAAAAAAAAA");
    assert_status(h, 404);
    assert_has(h, "This page has gone");
    int64_t now = kit.now;
    kit.now += 91 * (int64_t)DAY_MS;
    h = shoot(HTTP_GET, path);
    assert_status(h, 410);
    assert_has(h, "This page has gone");
    assert_false(has(h.body, "Ruth"));
    kit.now = now;
}

static void other_sites_cannot(void **state) {
    (void)state;
    const char *form = whole("other@customer.example", "key-of-form-3", "");
    struct hit h = shoot(HTTP_POST, PAGE, .form = form, .header = "Sec-Fetch-Site", .value = "cross-site");
    assert_status(h, 403);
    h = shoot(HTTP_POST, PAGE, .form = form, .header = "Sec-Fetch-Site", .value = "same-site");
    assert_status(h, 403);
    h = shoot(HTTP_POST, PAGE, .form = form, .header = "Origin", .value = "https://evil.example");
    assert_status(h, 403);
    h = shoot(HTTP_POST, "/api/v1" PAGE, .form = form, .header = "Origin", .value = "https://evil.example");
    assert_status(h, 403);
    h = shoot(HTTP_POST, PAGE, .form = form, .header = "Origin", .value = "http://10.0.0.7:8080",
              .header2 = "Host", .value2 = "10.0.0.7:8080");
    assert_status(h, 303);
    h = shoot(HTTP_POST, PAGE, .form = whole("other2@customer.example", "key-of-form-4", ""),
              .header = "Origin", .value = "null", .header2 = "Sec-Fetch-Site", .value2 = "same-origin");
    assert_status(h, 303);
}

static void too_often(void **state) {
    (void)state;
    missing_forget_tries();
    int status = 0;
    for (int i = 0; i < 12 && status != 429; i++) {
        str email = kit_email("often"), key = str_fmt(kit.a, "key-of-often-%d", i);
        status =
            shoot(HTTP_POST, PAGE, .form = whole(str_cstr(kit.a, email), str_cstr(kit.a, key), "")).status;
    }
    assert_int_equal(status, 429);
    missing_forget_tries();
}

static void programs_can(void **state) {
    (void)state;
    const char *json =
        TEXT("{\"product\":\"5120\",\"pieces\":[{\"key\":\"%s\",\"quantity\":2}],\"name\":\"Ada\","
             "\"email\":\"ada@customer.example\",\"address\":\"Quay 1\",\"key\":\"from-a-program\"}",
             piece_key("10-204"));
    struct hit h = shoot(HTTP_POST, "/api/v1" PAGE, .json = json);
    assert_status(h, 200);
    assert_has(h, "\"link\":\"http://desk.example/your/");
    h = shoot(HTTP_POST, "/api/v1" PAGE,
              .json = "{\"pieces\":[{\"key\":7,\"quantity\":\"x\"},3],\"product\":\"5120\"}");
    assert_status(h, 422);
    h = shoot(HTTP_POST, "/api/v1" PAGE, .json = TEXT("%.*s}", (int)strlen(json) - 1, json));
    assert_status(h, 200); /* the same once more */
    BUF_AUTO buf other = BUF_MAX(4096);
    buf_add(&other, str_slice(str_z(json), 0, str_find(str_z(json), S("Quay 1"), 0)));
    buf_add(&other, S("Quay 2\",\"key\":\"from-a-program\"}"));
    h = shoot(HTTP_POST, "/api/v1" PAGE, .json = str_cstr(kit.a, buf_str(&other)));
    assert_status(h, 409);
}

static void a_childs_address_is_not_taken(void **state) {
    (void)state;
    missing_forget_tries();
    struct hit h =
        shoot(HTTP_POST, PAGE, .form = whole("mother@customer.example", "key-of-child", "who=child"));
    assert_status(h, 303);
    str token = token_of(&h);
    h = shoot(HTTP_GET, str_cstr(kit.a, str_fmt(kit.a, "/your/%.*s", STR_FMT(token))), .query = "new=1");
    assert_has(h, "We have asked your grown-up by e-mail");
}

static void agents_make_and_end_links(void **state) {
    (void)state;
    missing_forget_tries();
    struct hit h = shoot(HTTP_POST, PAGE, .form = whole("links@customer.example", "key-of-links", ""));
    struct track_view v;
    assert_ok(track_open(&kit.d, kit.a, token_of(&h), &v));
    const char *conversation = kit_path(TOYS "/c/%lld", v.conversation),
               *link = kit_path(TOYS "/c/%lld/link", v.conversation);
    const char *end = kit_path(TOYS "/c/%lld/link/end", v.conversation),
               *links = kit_path(TOYS "/c/%lld/links", v.conversation);
    h = shoot(HTTP_GET, conversation, .as = &site.omar);
    assert_status(h, 200);
    assert_has(h, "Their private page");
    assert_has(h, "Make a new link");
    h = shoot(HTTP_GET, conversation, .as = &site.rita);
    assert_false(has(h.body, "Make a new link"));
    h = shoot(HTTP_POST, link, .as = &site.rita);
    assert_status(h, 403);
    h = shoot(HTTP_POST, link, .as = &site.hugo);
    assert_status(h, 404);
    h = shoot(HTTP_POST, link, .as = &site.omar, .csrf = "wrong");
    assert_status(h, 403);
    h = shoot(HTTP_POST, link, .as = &site.omar);
    assert_status(h, 200);
    assert_has(h, "http://desk.example/your/");
    h = shoot(HTTP_POST, api(link), .by = &site.omar);
    assert_has(h, "\"link\":\"http://desk.example/your/");
    h = shoot(HTTP_GET, api(links), .by = &site.rita);
    assert_status(h, 200);
    assert_has(h, "\"works\":true");
    h = shoot(HTTP_POST, api(end), .by = &site.omar, .json = "{}");
    assert_status(h, 200);
    h = shoot(HTTP_POST, api(end), .by = &site.omar, .json = "{}");
    assert_status(h, 404);
    h = shoot(HTTP_GET, api(links), .by = &site.rita);
    assert_false(has(h.body, "\"works\":true"));
    h = shoot(HTTP_GET, kit_path(TOYS "/c/%lld", site.conversation), .as = &site.omar);
    assert_false(has(h.body, "Their private page"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(off_is_not_there),
        KIT_TEST(looking),
        KIT_TEST(steps_carry_along),
        KIT_TEST(refusals_keep_what_was_typed),
        KIT_TEST(telling_and_the_private_page),
        KIT_TEST(other_sites_cannot),
        KIT_TEST(too_often),
        KIT_TEST(programs_can),
        KIT_TEST(a_childs_address_is_not_taken),
        KIT_TEST(agents_make_and_end_links),
    };
    return cmocka_run_group_tests_name("web missing", tests, open_sqlite, kit_close_site);
}
