/* Oneself, the brand's administration, and that no page tells a secret; through the router. */
#include "web_people_kit.h"

#include "base/random.h"
#include "store/inbox.h"
#include "store/job.h"

/* ---- oneself ---- */

static void test_account(void **state) {
    (void)state;
    struct hit h = fetch(.method = HTTP_POST, .path = "/account", .as = &site.omar,
                         .form = "name=Omar+<b>&zone=Nowhere/Land&language=en");
    assert_status(h, 422);
    assert_has(h, "Omar &lt;b&gt;");
    assert_has(h, "Nowhere/Land");
    h = fetch(.method = HTTP_POST, .path = "/account", .as = &site.omar,
              .form = "name=Omar+B&zone=Europe/Lisbon&language=en");
    assert_status(h, 303);
    h = fetch(.path = "/api/v1/account", .by = &site.omar);
    assert_has(h, "\"name\":\"Omar B\",\"zone\":\"Europe/Lisbon\"");

    struct web_person other = {0};
    other.session = kit_session(site.omar.agent.account_id, &other.csrf);
    assert_has(fetch(.path = "/account", .as = &site.omar), "in 1 other browser");
    assert_status(fetch(.method = HTTP_POST, .path = "/account/sign-out-others", .as = &site.omar), 303);
    assert_status(fetch(.path = "/account", .as = &other), 303);
    assert_status(fetch(.path = "/account", .as = &site.omar), 200);
}

static void test_password(void **state) {
    (void)state;
    struct store_agent eva;
    hire("eva@tidewatch.example", "Eva", &eva);
    struct web_person in = {0}, other = {0};
    in.session = kit_session(eva.account_id, &in.csrf);
    other.session = kit_session(eva.account_id, &other.csrf);
    struct hit h = fetch(.method = HTTP_POST, .path = "/account/password", .as = &in,
                         .form = "old=wrong+horse+staple&password=new+horse+staple");
    assert_status(h, 403);
    h = fetch(.method = HTTP_POST, .path = "/account/password", .as = &in,
              .form = "old=old+horse+staple&password=eva");
    assert_status(h, 422);
    h = fetch(.method = HTTP_POST, .path = "/account/password", .as = &in,
              .form = "old=old+horse+staple&password=new+horse+staple");
    assert_status(h, 303);
    struct web_person fresh = {.session = cookie_of(&h)};
    assert_int_equal(fresh.session.n, 22);
    assert_status(fetch(.path = "/account", .as = &in), 303);
    assert_status(fetch(.path = "/account", .as = &other), 303);
    assert_status(fetch(.path = "/account", .as = &fresh), 200);
}

static void test_agent(void **state) {
    (void)state;
    struct hit h = fetch(.method = HTTP_POST, .path = TOYS "/account", .as = &site.rita,
                         .form = "signature=Rita%0D%0AKeeper+of+</textarea>figures");
    assert_status(h, 303);
    h = fetch(.path = TOYS "/account", .as = &site.rita);
    assert_has(h, "Rita\nKeeper of &lt;/textarea&gt;figures");
    assert_status(fetch(.method = HTTP_POST, .path = TOYS "/account/away", .as = &site.rita), 303);
    assert_has(fetch(.path = TOYS "/account", .query = "given=0", .as = &site.rita), "You are away since");
    assert_status(fetch(.method = HTTP_POST, .path = TOYS "/account/back", .as = &site.rita), 303);
    assert_has(fetch(.path = TOYS "/account", .as = &site.rita), "I am away");
}

static void test_tokens(void **state) {
    (void)state;
    struct hit h = fetch(.method = HTTP_POST, .path = TOYS "/account/tokens", .as = &site.lena,
                         .form = "name=Warehouse");
    assert_status(h, 200);
    struct web_person program = {.token = behind(h.body, "readonly value=\"")};
    assert_int_equal(program.token.n, 22);
    assert_status(fetch(.path = "/api/v1" TOYS "/account", .by = &program), 200);
    h = fetch(.path = TOYS "/account", .as = &site.lena);
    assert_has(h, "Warehouse");
    assert_true(str_find(h.body, program.token, 0) == SIZE_MAX);
    str id =
        behind(str_slice(h.body, str_find(h.body, S("account/tokens/"), 0), h.body.n), "account/tokens/");
    const char *path = z(TOYS "/account/tokens/%.*s", id);
    /* Nobody ends somebody else's. */
    assert_status(fetch(.method = HTTP_POST, .path = path, .as = &site.omar), 404);
    assert_status(fetch(.method = HTTP_POST, .path = path, .as = &site.lena), 303);
    assert_status(fetch(.path = "/api/v1" TOYS "/account", .by = &program), 401);
    /* A program cannot make itself another, nor change a password or see a link. */
    assert_status(fetch(.method = HTTP_POST, .path = "/api/v1" TOYS "/account/tokens", .by = &site.ines,
                        .json = "{\"name\":\"x\"}"),
                  404);
    assert_status(
        fetch(.method = HTTP_POST, .path = "/api/v1/account/password", .by = &site.ines, .json = "{}"), 404);
}

/* ---- the brand ---- */

static void test_inboxes(void **state) {
    (void)state;
    struct hit h =
        fetch(.method = HTTP_POST, .path = TOYS "/admin/inboxes", .as = &site.ines, .form = "address=nope");
    assert_status(h, 422);
    assert_has(h, "value=\"nope\"");
    h = fetch(.method = HTTP_POST, .path = TOYS "/admin/inboxes", .as = &site.ines,
              .form = "address=letters@harbour.example");
    assert_status(h, 409);
    h = fetch(.method = HTTP_POST, .path = TOYS "/admin/inboxes", .as = &site.ines,
              .form = "address=school@tidewatch.example");
    assert_status(h, 303);
    const char *one = str_cstr(kit.a, h.location);
    h = fetch(
            .method = HTTP_POST, .path = one, .as = &site.ines,
            .form =
                "transport=smtp&smtp_host=mail.tidewatch.example&smtp_port=&smtp_tls=required&smtp_user=post"
                "&smtp_password=CANARY-smtp+1");
    assert_status(h, 303);
    h = fetch(.path = z("/api/v1%.*s", str_z(one)), .by = &site.ines);
    assert_has(h, "\"smtp_port\":587");
    assert_has(h, "\"has_password\":true");
    assert_false(has(h.body, "CANARY"));
    h = fetch(.path = one, .as = &site.ines);
    assert_has(h, "One is kept");
    assert_false(has(h.body, "CANARY"));
    /* Another server must not be given the old one's password. */
    h = fetch(.method = HTTP_POST, .path = one, .as = &site.ines,
              .form = "smtp_host=evil.example&smtp_password=");
    assert_status(h, 422);
    assert_has(h, "evil.example");
    assert_false(has(h.body, "CANARY"));
    h = fetch(.method = HTTP_POST, .path = one, .as = &site.ines, .form = "name=School&smtp_port=x");
    assert_status(h, 422);
    h = fetch(.method = HTTP_POST, .path = one, .as = &site.ines, .form = "name=School");
    assert_status(h, 303);
    h = fetch(.path = z("/api/v1%.*s", str_z(one)), .by = &site.ines);
    assert_has(h, "\"has_password\":true");
    assert_has(h, "\"name\":\"School\"");
    h = fetch(.method = HTTP_POST, .path = z("%.*s/disable", str_z(one)), .as = &site.ines);
    assert_status(h, 303);
    assert_has(fetch(.path = TOYS "/admin/inboxes", .as = &site.ines), "Letters to it are refused");
    assert_status(fetch(.method = HTTP_POST, .path = z("%.*s/enable", str_z(one)), .as = &site.ines), 303);
    h = fetch(.method = HTTP_POST, .path = kit_path(TOYS "/admin/inboxes/%lld/disable", site.toys.inbox.id),
              .as = &site.ines);
    assert_status(h, 409);
    assert_has(h, "default inbox");
}

static void test_brand_and_settings(void **state) {
    (void)state;
    struct hit h = fetch(.method = HTTP_POST, .path = TOYS "/admin/brand", .as = &site.ines,
                         .form = "name=&zone=UTC&language=en");
    assert_status(h, 422);
    h = fetch(.method = HTTP_POST, .path = TOYS "/admin/brand", .as = &site.ines,
              .form = "name=Tidewatch+%26+Toys");
    assert_status(h, 303);
    assert_has(fetch(.path = "/api/v1" TOYS "/admin/brand", .by = &site.ines),
               "\"name\":\"Tidewatch & Toys\"");
    h = fetch(.method = HTTP_POST, .path = TOYS "/admin/settings", .as = &site.ines,
              .form = "undo_seconds=121");
    assert_status(h, 422);
    assert_has(h, "value=\"121\"");
    h = fetch(.method = HTTP_POST, .path = TOYS "/admin/settings", .as = &site.ines,
              .form = "undo_seconds=30&session_days=");
    assert_status(h, 303);
    assert_has(fetch(.path = "/api/v1" TOYS "/admin/settings", .by = &site.ines),
               "\"name\":\"undo_seconds\",\"value\":30,\"is_set\":true,\"default\":10");
    assert_status(
        fetch(.method = HTTP_POST, .path = TOYS "/admin/settings", .as = &site.ines, .form = "undo_seconds="),
        303);
    h = fetch(.method = HTTP_POST, .path = "/brands/new", .as = &site.ines,
              .form = "name=Third+Brand&zone=UTC&language=en");
    assert_status(h, 303);
    assert_str(h.location, "/b/third-brand/admin/inboxes");
    assert_status(fetch(.path = "/b/third-brand/admin/people", .as = &site.ines), 200);
    assert_status(fetch(.path = "/b/third-brand/admin/people", .as = &site.lena), 404);
}

static err put_jobs(db_conn *c, void *arg) {
    int64_t *ids = arg;
    TRY(store_job_put(c, site.toys.brand.id, S("tidy"), 901, ids[0], kit.now + HOUR_MS));
    TRY(store_job_put(c, site.books.brand.id, S("tidy"), 902, ids[1], kit.now + HOUR_MS));
    job_list all = {0};
    TRY(store_job_list(c, kit.a, site.toys.brand.id, 50, &all));
    for (size_t i = 0; i < all.n; i++)
        if (all.v[i].id == ids[0])
            TRY(store_job_postpone(c, &all.v[i], kit.now, S("It fell over."), kit.now));
    return ERR_NONE;
}

static err lease_jobs(db_conn *c, void *arg) {
    return store_job_claim(c, kit.a, S("tidy"), kit.now, kit.now + HOUR_MS, 10, arg);
}

static void test_jobs(void **state) {
    (void)state;
    int64_t ids[2] = {id_new(kit.now), id_new(kit.now)};
    job_list leased = {0};
    assert_ok(db_write(kit.db, put_jobs, ids));
    struct hit h = fetch(.path = TOYS "/admin/jobs", .as = &site.ines);
    assert_status(h, 200);
    assert_has(h, "It fell over.");
    assert_true(str_find(h.body, str_z(kit_path("jobs/%lld/", ids[1])), 0) == SIZE_MAX);
    h = fetch(.method = HTTP_POST, .path = kit_path(TOYS "/admin/jobs/%lld/retry", ids[1]), .as = &site.ines);
    assert_status(h, 404);
    h = fetch(.method = HTTP_POST, .path = kit_path(TOYS "/admin/jobs/%lld/retry", ids[0]), .as = &site.ines);
    assert_status(h, 303);
    h = fetch(.path = "/api/v1" TOYS "/admin/jobs", .by = &site.ines);
    assert_false(has(h.body, "\"dead_at\":1"));
    /* Not while somebody works on it. */
    assert_ok(db_write(kit.db, lease_jobs, &leased));
    assert_int_equal(leased.n, 1);
    h = fetch(.method = HTTP_POST, .path = kit_path(TOYS "/admin/jobs/%lld/retry", ids[0]), .as = &site.ines);
    assert_status(h, 409);
}

static void test_blocked(void **state) {
    (void)state;
    assert_ok(conversation_junk(&kit.d, kit.a, &site.lena.actor, site.conversation, true, -1));
    struct hit h = fetch(.path = TOYS "/blocked", .as = &site.lena);
    assert_has(h, "milo@customer.example");
    h = fetch(.path = "/api/v1" TOYS "/blocked", .by = &site.lena);
    assert_has(h, "\"address\":\"milo@customer.example\"");
    h = fetch(.method = HTTP_POST, .path = TOYS "/blocked/unblock", .as = &site.lena,
              .form = "address=milo@customer.example");
    assert_status(h, 303);
    assert_has(fetch(.path = TOYS "/blocked", .as = &site.lena), "Nobody is blocked.");
}

/* ---- secrets ---- */

static str hex(str bytes) {
    BUF_AUTO buf b = BUF_MAX(1000);
    for (size_t i = 0; i < bytes.n; i++) buf_add_fmt(&b, "%02x", (unsigned char)bytes.p[i]);
    return str_copy(kit.a, buf_str(&b));
}

/* Every GET of the table, as page and as JSON, holds no secret. A page has the reader's own csrf and nobody
 * else's. */
static void test_secrets_stay(void **state) {
    (void)state;
    const struct inbox_form form = {.address = S("canary@tidewatch.example"),
                                    .transport = S("smtp"),
                                    .smtp_host = S("mail.tidewatch.example"),
                                    .smtp_user = S("post"),
                                    .smtp_password = S("CANARY-password"),
                                    .silent_after_hours = -1};
    struct store_inbox inbox;
    assert_ok(inbox_create(&kit.d, kit.a, site.toys.brand.id, &form, &inbox));
    const str secrets[] = {S("CANARY"),
                           S("$argon2"),
                           site.ines.session,
                           site.ines.token,
                           site.lena.csrf,
                           site.lena.session,
                           hex(token_hash(kit.a, site.ines.token)),
                           hex(token_hash(kit.a, site.ines.session)),
                           token_hash(kit.a, site.ines.token)};
    size_t n, seen = 0;
    const struct web_route *rows = web_routes(&n);
    for (size_t i = 0; i < n; i++) {
        if (rows[i].method != HTTP_GET || has(str_z(rows[i].path), "/live")) continue;
        BUF_AUTO buf path = BUF_MAX(1000);
        str rest = str_z(rows[i].path), piece;
        for (bool first = true; str_split(&rest, '/', &piece); first = false) {
            if (!first) buf_add_char(&path, '/');
            if (str_eq(piece, S(":brand")))
                buf_add_z(&path, "tidewatch-toys");
            else if (str_eq(piece, S(":id")))
                buf_add_int(&path, has(str_z(rows[i].path), "inbox") ? inbox.id : site.conversation);
            else if (str_eq(piece, S(":view")))
                buf_add_z(&path, "waiting");
            else
                buf_add(&path, piece);
        }
        const char *at = str_cstr(kit.a, buf_str(&path));
        struct hit page = fetch(.path = at, .as = &site.ines);
        struct hit json = rows[i].json ? fetch(.path = z("/api/v1%.*s", str_z(at)), .by = &site.ines) : page;
        if (page.status == 200) seen++;
        for (size_t k = 0; k < sizeof secrets / sizeof *secrets; k++)
            if (str_find(page.body, secrets[k], 0) != SIZE_MAX ||
                str_find(json.body, secrets[k], 0) != SIZE_MAX)
                fail_msg("%s tells secret %zu", at, k);
        if (rows[i].json && str_find(json.body, S("csrf"), 0) != SIZE_MAX)
            fail_msg("%s has csrf in its JSON", at);
    }
    assert_true(seen > 15);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_account), KIT_TEST(test_password), KIT_TEST(test_agent),
        KIT_TEST(test_tokens),  KIT_TEST(test_inboxes),  KIT_TEST(test_brand_and_settings),
        KIT_TEST(test_jobs),    KIT_TEST(test_blocked),  KIT_TEST(test_secrets_stay),
    };
    (void)kit_open_postgres;
    return cmocka_run_group_tests_name("web admin", tests, kit_open_site, kit_close_site);
}
