/* The door, links, and who may what to whom; through the router. */
#include <dirent.h>
#include <sys/stat.h>

#include "web_people_kit.h"

#include "web/notice.h"
#include "web/sign_in_page.h"

#define WRONG "The address or the password is wrong."

static struct hit enter(const char *email, str password, const char *more) {
    str form = str_fmt(kit.a, "email=%s&password=%.*s%s", email, STR_FMT(password), more);
    return fetch(.method = HTTP_POST, .path = "/sign-in", .form = str_cstr(kit.a, form));
}

/* ---- the door ---- */

static void test_sign_in(void **state) {
    (void)state;
    struct hit h = fetch(.path = "/sign-in", .query = "next=/b/x/c/1");
    assert_status(h, 200);
    assert_has(h, "name=\"next\" value=\"/b/x/c/1\"");
    assert_true(has(hit_header(&h, "Cache-Control"), "no-store"));

    h = enter("ines@tidewatch.example", S("not+this+one"), "&next=/account");
    assert_status(h, 403);
    assert_has(h, WRONG);
    assert_str(h.type, "text/html; charset=utf-8");
    assert_has(h, "value=\"ines@tidewatch.example\"");
    assert_has(h, "name=\"next\" value=\"/account\"");
    assert_false(has(h.body, "not this one"));
    assert_int_equal(cookie_of(&h).n, 0);
    struct hit unknown = enter("nobody@tidewatch.example", S("not+this+one"), "");
    assert_status(unknown, 403);
    assert_has(unknown, WRONG);

    /* What `longhand setup` printed. */
    h = enter("ines@tidewatch.example", site.toys.first_password, "&next=/account");
    assert_status(h, 303);
    assert_str(h.location, "/account");
    str session = cookie_of(&h);
    assert_int_equal(session.n, 22);
    assert_true(has(hit_header(&h, "Set-Cookie"), "HttpOnly"));
    struct web_person in = {.session = session};
    h = fetch(.path = "/account", .as = &in);
    assert_status(h, 200);
    assert_has(h, "ines@tidewatch.example");
    h = fetch(.path = "/sign-in", .query = "next=/brands", .as = &in);
    assert_status(h, 303);
    assert_str(h.location, "/brands");

    in.csrf = behind(fetch(.path = "/account", .as = &in).body, "data-csrf=\"");
    h = fetch(.method = HTTP_POST, .path = "/sign-out", .as = &in, .csrf = "");
    assert_status(h, 403);
    h = fetch(.method = HTTP_POST, .path = "/sign-out", .as = &in);
    assert_status(h, 303);
    assert_true(has(hit_header(&h, "Set-Cookie"), "Max-Age=0"));
    assert_status(fetch(.path = "/account", .as = &in), 303);
}

static void test_where_to(void **state) {
    (void)state;
    static const char *const bad[] = {"",     "//evil.example", "/\\evil.example", "https://evil.example",
                                      "evil", "/\t/x",          "/sign-out",       "/api/v1/account",
                                      "/a\\b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!str_eq(signin_next(str_z(bad[i])), S("/"))) fail_msg("\"%s\" was taken", bad[i]);
    assert_str(signin_next(S("/b/x/c/12?view=mine")), "/b/x/c/12?view=mine");
    struct hit h = enter("ines@tidewatch.example", site.toys.first_password, "&next=//evil.example/");
    assert_status(h, 303);
    assert_str(h.location, "/");
}

static void test_too_many_tries(void **state) {
    (void)state;
    for (int i = 0; i < 10; i++) assert_status(enter("lena@tidewatch.example", S("wrong"), ""), 403);
    struct hit h = enter("lena@tidewatch.example", S("wrong"), "");
    assert_status(h, 429);
    assert_has(h, "Wait a quarter of an hour");
    assert_has(h, "action=\"/sign-in\"");
    assert_str(hit_header(&h, "Retry-After"), "900");
}

/* A session that somebody planted beforehand is worth nothing afterwards. */
static void test_session_fixation(void **state) {
    (void)state;
    struct web_person planted = {.session = S("AAAAAAAAAAAAAAAAAAAAAA")}, other = {0};
    other.session = kit_session(site.lena.agent.account_id, &other.csrf);
    const struct web_person *before[] = {&planted, &other};
    for (size_t i = 0; i < 2; i++) {
        str form =
            str_fmt(kit.a, "email=ines@tidewatch.example&password=%.*s", STR_FMT(site.toys.first_password));
        struct hit h =
            fetch(.method = HTTP_POST, .path = "/sign-in", .as = before[i], .form = str_cstr(kit.a, form));
        assert_status(h, 303);
        assert_int_equal(cookie_of(&h).n, 22);
        assert_false(str_eq(cookie_of(&h), before[i]->session));
        assert_status(fetch(.path = "/account", .as = before[i]), 303);
    }
}

static void test_sent_from_elsewhere(void **state) {
    (void)state;
    str form =
        str_fmt(kit.a, "email=ines@tidewatch.example&password=%.*s", STR_FMT(site.toys.first_password));
    struct hit h = fetch(.method = HTTP_POST, .path = "/sign-in", .form = str_cstr(kit.a, form),
                         .header = "Sec-Fetch-Site", .value = "cross-site");
    assert_status(h, 403);
    assert_int_equal(cookie_of(&h).n, 0);
}

/* A body that is no JSON fails before any page was begun. */
static void test_broken_bodies(void **state) {
    (void)state;
    static const char *const open[] = {"/sign-in", "/forgotten", "/reset/x", "/invitation/x"};
    for (size_t i = 0; i < 4; i++)
        assert_status(fetch(.method = HTTP_POST, .path = open[i], .json = "{no"), 422);
    static const char *const mine[] = {"/account",          "/account/password",    "/brands/new",
                                       TOYS "/account",     TOYS "/account/tokens", PEOPLE,
                                       PEOPLE "/1/role",    TOYS "/admin/inboxes",  TOYS "/admin/inboxes/1",
                                       TOYS "/admin/brand", TOYS "/admin/settings"};
    for (size_t i = 0; i < sizeof mine / sizeof *mine; i++)
        assert_status(fetch(.method = HTTP_POST, .path = mine[i], .as = &site.ines, .json = "[1]"), 422);
}

/* ---- links ---- */

static str file_text(const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f) fail_msg("%s cannot be read", path);
    char *text = arena_alloc(kit.a, 1 << 17);
    size_t n = fread(text, 1, 1 << 17, f);
    fclose(f);
    return (str){text, n};
}

/* The newest file of the Maildir that names the address; "" when there is none. */
static str mail_to(const char *address) {
    char folder[200], path[800];
    snprintf(folder, sizeof folder, "%s/maildir/new", kit.folder);
    DIR *d = opendir(folder);
    str found = S("");
    char best[256] = "";
    for (const struct dirent *e; d && (e = readdir(d));) {
        if (e->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        str text = file_text(path);
        if (str_find(text, str_z(address), 0) == SIZE_MAX || strcmp(e->d_name, best) < 0) continue;
        snprintf(best, sizeof best, "%s", e->d_name);
        found = text;
    }
    if (d) closedir(d);
    return found;
}

/* The token of a link in a mail, whose lines may be broken by quoted-printable. */
static str token_in(str mail, const char *mark) {
    char *out = arena_alloc(kit.a, mail.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < mail.n; i++) {
        if (str_starts(str_slice(mail, i, mail.n), S("=\n")))
            i++;
        else
            out[n++] = mail.p[i];
    }
    str text = {out, n};
    size_t at = str_find(text, str_z(mark), 0);
    return at == SIZE_MAX ? S("") : str_slice(text, at + strlen(mark), at + strlen(mark) + 22);
}

static struct hit ask(const char *email, const char *host) {
    str form = str_fmt(kit.a, "email=%s", email);
    struct hit h =
        fetch(.method = HTTP_POST, .path = "/forgotten", .form = str_cstr(kit.a, form), .header = "Host",
              .value = host, .header2 = "X-Forwarded-Host", .value2 = "evil.example");
    notice_wait();
    return h;
}

static void test_forgotten(void **state) {
    (void)state;
    struct store_agent piet;
    hire("piet@tidewatch.example", "Piet", &piet);
    struct hit h = ask("piet@tidewatch.example", "evil.example"),
               none = ask("who@tidewatch.example", "evil.example");
    assert_status(h, 200);
    assert_status(none, 200);
    /* The same page but for the address that was typed. */
    assert_has(h, "is on its way there");
    assert_int_equal(h.body.n + strlen("who") - strlen("piet"), none.body.n);
    assert_int_equal(mail_to("who@tidewatch.example").n, 0);
    str mail = mail_to("piet@tidewatch.example");
    assert_true(has(mail, "http://desk.example/reset/"));
    assert_false(has(mail, "evil.example"));

    str token = token_in(mail, "http://desk.example/reset/");
    assert_int_equal(token.n, 22);
    const char *path = z("/reset/%.*s", token);
    for (int i = 0; i < 3; i++) {
        /* Looked at by programs, however often. */
        h = fetch(.path = path);
        assert_status(h, 200);
        assert_has(h, "piet@tidewatch.example");
    }
    h = fetch(.method = HTTP_POST, .path = path, .form = "password=short");
    assert_status(h, 422);
    assert_has(h, "role=\"alert\"");
    assert_status(fetch(.path = z("/invitation/%.*s", token)), 404);
    h = fetch(.method = HTTP_POST, .path = path, .form = "password=new+horse+staple");
    assert_status(h, 303);
    assert_str(h.location, "/");
    assert_int_equal(cookie_of(&h).n, 22);
    assert_false(has(h.body, "new horse staple"));
    assert_status(fetch(.method = HTTP_POST, .path = path, .form = "password=newer+horse+staple"), 404);
    assert_status(fetch(.path = path), 404);
    assert_status(enter("piet@tidewatch.example", S("old+horse+staple"), ""), 403);
    assert_status(enter("piet@tidewatch.example", S("new+horse+staple"), ""), 303);
}

static void test_links_that_are_none(void **state) {
    (void)state;
    struct store_agent noor;
    hire("noor@tidewatch.example", "Noor", &noor);
    str token, old;
    assert_ok(sign_in_make_link(&kit.d, kit.a, noor.account_id, false, &old));
    kit.now += 2 * HOUR_MS;
    assert_ok(sign_in_make_link(&kit.d, kit.a, noor.account_id, false, &token));
    char cut[64], lower[64];
    snprintf(cut, sizeof cut, "/reset/%.*s", 21, token.p);
    snprintf(lower, sizeof lower, "/reset/%.*s.", STR_FMT(token));
    const char *const bad[] = {"/reset/%",
                               "/reset/*",
                               "/reset/_",
                               "/reset/%%%%%%%%%%%%%%%%%%%%%%",
                               "/reset/______________________",
                               "/reset/null",
                               cut,
                               lower,
                               z("/reset/%.*s", old)};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct hit h = fetch(.path = bad[i]);
        if (h.status != 404) fail_msg("%s is %d", bad[i], h.status);
        h = fetch(.method = HTTP_POST, .path = bad[i], .form = "password=new+horse+staple");
        if (h.status != 404) fail_msg("%s takes a password: %d", bad[i], h.status);
        assert_int_equal(cookie_of(&h).n, 0);
    }
    assert_status(fetch(.path = "/reset/"), 404);
    assert_status(fetch(.path = "/reset"), 404);
    assert_status(fetch(.path = z("/reset/%.*s", token)), 200);
    kit.now -= 2 * HOUR_MS;
}

static void test_invitation(void **state) {
    (void)state;
    struct hit h = fetch(.method = HTTP_POST, .path = PEOPLE, .as = &site.ines, .header = "Host",
                         .value = "evil.example", .form = "email=Kai@Tidewatch.example&name=Kai&role=lead");
    assert_status(h, 200);
    assert_has(h, "No mail left this machine");
    str url = behind(h.body, "readonly value=\"");
    assert_true(str_starts(url, S("http://desk.example/invitation/")));
    assert_true(has(mail_to("kai@tidewatch.example"), "http://desk.example/invitation/"));
    assert_false(has(mail_to("kai@tidewatch.example"), "evil.example"));
    const char *path = str_cstr(kit.a, str_slice(url, strlen("http://desk.example"), url.n));
    h = fetch(.path = path);
    assert_status(h, 200);
    assert_has(h, "value=\"Kai\"");
    assert_status(fetch(.method = HTTP_POST, .path = path, .form = "name=Kai+B.&password=kai"), 422);
    h = fetch(.method = HTTP_POST, .path = path, .form = "name=Kai+B.&password=green+horse+staple");
    assert_status(h, 303);
    struct web_person kai = {.session = cookie_of(&h)};
    h = fetch(.path = TOYS "/blocked", .as = &kai);
    assert_status(h, 200);
    assert_has(h, "Kai B.");
    assert_status(fetch(.path = path), 404);
    /* Twice: they are here already, and the form keeps what was typed. */
    h = fetch(.method = HTTP_POST, .path = PEOPLE, .as = &site.ines,
              .form = "email=kai@tidewatch.example&name=Kay");
    assert_status(h, 409);
    assert_has(h, "already");
    assert_has(h, "value=\"Kay\"");
}

/* Whoever administers one brand must not get into another by a link for somebody who works there too. */
static void test_links_across_brands(void **state) {
    (void)state;
    struct sign_in_link taken;
    struct people_invited in_books, in_toys;
    assert_ok(people_invite(&kit.d, kit.a, site.books.brand.id, S("both@harbour.example"), S("Bo"),
                            ROLE_ADMINISTRATOR, &in_books));
    /* Before they have taken up the other brand's invitation, the link would open that one's door. */
    struct hit h =
        fetch(.method = HTTP_POST, .path = PEOPLE, .as = &site.ines, .form = "email=both@harbour.example");
    assert_status(h, 200);
    assert_false(has(h.body, "desk.example/invitation/"));
    h = fetch(.method = HTTP_POST, .path = "/api/v1" PEOPLE, .by = &site.ines,
              .json = "{\"email\":\"both@harbour.example\"}");
    assert_status(h, 200);
    assert_has(h, "\"link\":null");
    assert_ok(people_invite(&kit.d, kit.a, site.books.brand.id, S("both@harbour.example"), S("Bo"),
                            ROLE_ADMINISTRATOR, &in_books));
    assert_ok(sign_in_take_link(&kit.d, kit.a, in_books.link_token, S(""), S("old horse staple"), &taken));
    assert_ok(people_list(&kit.d, kit.a, site.toys.brand.id, &(store_agent_list){0}));
    assert_int_equal(people_invite(&kit.d, kit.a, site.toys.brand.id, S("both@harbour.example"), S(""),
                                   ROLE_AGENT, &in_toys),
                     ERR_CONFLICT);
    struct store_agent bo;
    assert_ok(people_by_email(&kit.d, kit.a, site.toys.brand.id, S("both@harbour.example"), &bo));
    h = fetch(.method = HTTP_POST, .path = kit_path(PEOPLE "/%lld/link", bo.id), .as = &site.ines);
    assert_status(h, 403);
    assert_false(has(h.body, "/reset/"));
    /* For somebody who works here only, it is made. */
    struct store_agent only;
    hire("only@tidewatch.example", "Olly", &only);
    h = fetch(.method = HTTP_POST, .path = kit_path(PEOPLE "/%lld/link", only.id), .as = &site.ines);
    assert_status(h, 200);
    assert_has(h, "http://desk.example/reset/");
}

/* ---- rights ---- */

static void test_roles_of_pages(void **state) {
    (void)state;
    static const struct {
        http_method method;
        const char *path;
        int lena, omar, rita;
    } rows[] = {
        {HTTP_GET, TOYS "/admin", 403, 403, 403},
        {HTTP_GET, PEOPLE, 403, 403, 403},
        {HTTP_POST, PEOPLE, 403, 403, 403},
        {HTTP_GET, TOYS "/admin/inboxes", 403, 403, 403},
        {HTTP_POST, TOYS "/admin/inboxes", 403, 403, 403},
        {HTTP_GET, TOYS "/admin/brand", 403, 403, 403},
        {HTTP_GET, TOYS "/admin/settings", 403, 403, 403},
        {HTTP_GET, TOYS "/admin/jobs", 403, 403, 403},
        {HTTP_GET, TOYS "/blocked", 200, 403, 403},
        {HTTP_POST, TOYS "/blocked/unblock", 303, 403, 403},
        {HTTP_GET, TOYS "/account", 200, 200, 200},
        {HTTP_GET, "/account", 200, 200, 200},
        {HTTP_GET, "/brands/new", 403, 403, 403},
        {HTTP_POST, "/brands/new", 403, 403, 403},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct web_person *who[] = {&site.lena, &site.omar, &site.rita, &site.hugo};
        bool brand = str_starts(str_z(rows[i].path), S("/b/"));
        const int want[] = {rows[i].lena, rows[i].omar, rows[i].rita, 404};
        for (size_t k = 0; k < (brand ? 4 : 3); k++) {
            struct hit h = fetch(.method = rows[i].method, .path = rows[i].path, .as = who[k]);
            if (h.status != want[k]) fail_msg("%s as %zu: %d, not %d", rows[i].path, k, h.status, want[k]);
        }
    }
    assert_status(fetch(.path = PEOPLE, .as = &site.ines), 200);
    assert_status(fetch(.method = HTTP_POST, .path = PEOPLE, .as = &site.ines, .csrf = "wrong",
                        .form = "email=x@tidewatch.example"),
                  403);
}

static void test_last_administrator(void **state) {
    (void)state;
    int64_t ines = site.toys.admin.id;
    struct hit h =
        fetch(.method = HTTP_POST, .path = kit_path(PEOPLE "/%lld/disable", ines), .as = &site.ines);
    assert_status(h, 409);
    assert_has(h, "last administrator");
    h = fetch(.method = HTTP_POST, .path = kit_path(PEOPLE "/%lld/role", ines), .as = &site.ines,
              .form = "role=agent");
    assert_status(h, 409);
    assert_status(fetch(.path = PEOPLE, .as = &site.ines), 200);
    assert_status(fetch(.method = HTTP_POST, .path = kit_path(PEOPLE "/%lld/role", ines), .as = &site.ines,
                        .form = "role=king"),
                  422);
    /* Another brand's people are not there. */
    assert_status(fetch(.method = HTTP_POST, .path = kit_path(PEOPLE "/%lld/disable", site.hugo.agent.id),
                        .as = &site.ines),
                  404);
}

static void test_let_go_and_in(void **state) {
    (void)state;
    struct web_person tom = kit_hire("tom@tidewatch.example", "Tom", ROLE_AGENT);
    assert_status(fetch(.path = TOYS "/account", .as = &tom), 200);
    struct hit h =
        fetch(.method = HTTP_POST, .path = kit_path(PEOPLE "/%lld/disable", tom.agent.id), .as = &site.ines);
    assert_status(h, 303);
    assert_has(fetch(.path = PEOPLE, .query = "given=1", .as = &site.ines), "1 conversation went back");
    assert_status(fetch(.path = TOYS "/account", .as = &tom), 303);
    assert_status(fetch(.path = "/api/v1" TOYS "/account", .by = &tom), 401);
    h = fetch(.path = PEOPLE, .as = &site.ines);
    assert_has(h, "Not let in since");
    assert_has(h, "Let in again");
    assert_status(
        fetch(.method = HTTP_POST, .path = kit_path(PEOPLE "/%lld/enable", tom.agent.id), .as = &site.ines),
        303);
    h = fetch(.method = HTTP_POST, .path = kit_path(PEOPLE "/%lld/role", tom.agent.id), .as = &site.ines,
              .form = "role=lead");
    assert_status(h, 303);
    h = fetch(.path = "/api/v1" PEOPLE, .by = &site.ines);
    assert_status(h, 200);
    assert_has(h, "\"email\":\"tom@tidewatch.example\",\"role\":\"lead\"");
}

/* Only languages fit to be read are offered; one that was chosen before stays chosen. */
static void test_pages_about_oneself(void **state) {
    (void)state;
    struct hit h = fetch(.path = "/account", .as = &site.omar);
    size_t others = 0;
    for (size_t i = 0; lang_at(i); i++) {
        str option = str_fmt(kit.a, "<option value=\"%s\" lang=", lang_at(i)->tag);
        bool shown = str_find(h.body, option, 0) != SIZE_MAX;
        assert_int_equal(shown, i == 0 || lang_at(i)->offered);
        others += !shown;
    }
    if (others) {
        const struct lang *l = lang_find(S("fr"));
        assert_ok(
            people_set_profile(&kit.d, kit.a, site.omar.agent.account_id, S("Omar"), S("UTC"), S("fr")));
        h = fetch(.path = "/account", .as = &site.omar);
        if (l && !l->offered) assert_has(h, "<option value=\"fr\" lang=\"fr\" selected>");
        assert_ok(
            people_set_profile(&kit.d, kit.a, site.omar.agent.account_id, S("Omar"), S("UTC"), S("en")));
    }
    assert_has(fetch(.path = TOYS "/account", .as = &site.omar), "Letters are not leaving this machine.");
    assert_has(fetch(.path = "/brands", .as = &site.ines), "href=\"/brands/new\"");
    assert_false(has(fetch(.path = "/brands", .as = &site.lena).body, "/brands/new"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_pages_about_oneself),
        KIT_TEST(test_sign_in),
        KIT_TEST(test_where_to),
        KIT_TEST(test_too_many_tries),
        KIT_TEST(test_session_fixation),
        KIT_TEST(test_sent_from_elsewhere),
        KIT_TEST(test_broken_bodies),
        KIT_TEST(test_forgotten),
        KIT_TEST(test_links_that_are_none),
        KIT_TEST(test_invitation),
        KIT_TEST(test_links_across_brands),
        KIT_TEST(test_roles_of_pages),
        KIT_TEST(test_last_administrator),
        KIT_TEST(test_let_go_and_in),
    };
    (void)kit_open_postgres;
    return cmocka_run_group_tests_name("web people", tests, kit_open_site, kit_close_site);
}
