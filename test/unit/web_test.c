/* The web floor: every row of the table, judged and run, without a socket (the last one has one). */
#include <arpa/inet.h>
#include <sys/socket.h>

#include "web_kit.h"

#include "base/embedded.h"
#include "base/meter.h"
#include "web/live.h"

/* ---- the table ---- */

static void test_every_row_has_words(void **state) {
    (void)state;
    size_t n;
    const struct web_route *r = web_routes(&n);
    assert_true(n > 30);
    for (size_t i = 0; i < n; i++) {
        assert_true(r[i].path[0] == '/');
        assert_true(strlen(r[i].does) > 5);
        assert_true(r[i].does[strlen(r[i].does) - 1] != '.');
        assert_non_null(r[i].run);
        assert_true(strlen(r[i].handler) > 2);
        bool of_brand = strncmp(r[i].path, "/b/:brand", 9) == 0;
        if (of_brand != (r[i].who >= WHO_READ)) fail_msg("%s: who and path do not fit", r[i].path);
        for (size_t k = 0; k < i; k++)
            if (r[k].method == r[i].method && strcmp(r[k].path, r[i].path) == 0)
                fail_msg("%s twice", r[i].path);
    }
    BUF_AUTO buf text = BUF_MAX(1 << 20), json = BUF_MAX(1 << 20);
    routes_print(&text, false);
    routes_print(&json, true);
    assert_true(has(buf_str(&text), "/b/:brand/c/:id/reply"));
    JSON_AUTO json_t *root = NULL;
    assert_ok(json_read(buf_str(&json), &root));
    assert_int_equal(json_array_size(json_object_get(root, "routes")), n);
    for (size_t i = 0; i < n; i++) {
        str path, who;
        const json_t *row = json_array_get(json_object_get(root, "routes"), i);
        assert_true(json_take_str(row, "path", &path) && json_take_str(row, "who", &who));
        assert_int_equal(str_eq(who, S("PUBLIC")), r[i].who == WHO_PUBLIC);
    }
}

/* A row's path with its pieces filled in. */
static const char *filled(const struct web_route *r, const char *slug, int64_t id) {
    BUF_AUTO buf b = BUF_MAX(1000);
    str rest = str_z(r->path), piece;
    for (bool first = true; str_split(&rest, '/', &piece); first = false) {
        if (!first) buf_add_char(&b, '/');
        if (str_eq(piece, S(":brand")))
            buf_add_z(&b, slug);
        else if (str_eq(piece, S(":id")))
            buf_add_int(&b, id);
        else if (str_eq(piece, S(":view")))
            buf_add_z(&b, "waiting");
        else if (str_starts(piece, S(":")))
            buf_add_z(&b, "x");
        else
            buf_add(&b, piece);
    }
    return str_cstr(kit.a, buf_str(&b));
}

static void test_anonymous_is_refused(void **state) {
    (void)state;
    size_t n;
    const struct web_route *r = web_routes(&n);
    for (size_t i = 0; i < n; i++) {
        if (r[i].who == WHO_PUBLIC) continue;
        const char *path = filled(&r[i], "tidewatch-toys", site.conversation);
        struct hit h = shoot(r[i].method, path, .form = "text=kept+words");
        if (r[i].method == HTTP_GET) {
            assert_status(h, 303);
            assert_true(str_starts(h.location, S("/sign-in?next=%2F")));
        } else {
            assert_status(h, 401);
            assert_has(h, "kept words");
        }
        if (!r[i].json) continue;
        h = shoot(r[i].method, api(path));
        assert_status(h, 401);
        assert_true(has(h.body, "\"error\":{\"kind\":\"denied\""));
        assert_str(hit_header(&h, "WWW-Authenticate"), "Bearer");
        /* The cookie is not for programs' addresses. */
        assert_status(shoot(r[i].method, api(path), .as = &site.ines), 401);
    }
}

static const char everything[] =
    "account=x&password=x&text=x&to=a%40b.example&subject=s&version=1&agent=77&reason=none_needed&doing="
    "looking"
    "&remove=77&name=x&address=else%40customer.example&role=agent&kind=paper&zone=UTC"
    "&language=en&email=q%40q.example&value=1&folders=INBOX&message=77&quote=x&aside=1&sure=1"
    "&network=x&number=x&day=2026-01-01&reader=77&question=x&note=x&attachment=77";

static bool has_id(const struct web_route *r) { return strstr(r->path, "/:id") != NULL; }

static int64_t foreign_id(const struct web_route *r) {
    if (strstr(r->path, "/m/:id")) return site.other_letter;
    if (strstr(r->path, "/a/:id") || strstr(r->path, "/thumb/:id")) return site.other_file;
    if (strstr(r->path, "/customers/:id")) return site.other_customer;
    if (strstr(r->path, "/c/:id")) return site.other_conversation;
    if (strstr(r->path, "/agents/:id")) return site.hugo.agent.id;
    if (strstr(r->path, "/inboxes/:id")) return site.other_inbox.inbox;
    return site.other_conversation;
}

static void test_another_brand_is_missing(void **state) {
    (void)state;
    size_t n;
    const struct web_route *r = web_routes(&n);
    for (size_t i = 0; i < n; i++) {
        if (r[i].who < WHO_READ) continue;
        struct shot s = {.method = r[i].method, .form = everything};
        if (r[i].method == HTTP_POST) s.file = S("some bytes");
        /* Somebody who does not work for the brand, and a brand that is not there, look alike. */
        s.path = filled(&r[i], "tidewatch-toys", site.conversation);
        s.as = &site.hugo;
        assert_status(kit_shoot(s), 404);
        s.path = filled(&r[i], "no-such-brand", site.conversation);
        s.as = &site.ines;
        assert_status(kit_shoot(s), 404);
        if (!has_id(&r[i])) continue;
        /* A row of the other brand, asked for in one's own. */
        s.path = filled(&r[i], "tidewatch-toys", foreign_id(&r[i]));
        struct hit h = kit_shoot(s);
        if (h.status != 404) fail_msg("%s %s: %d", http_method_name(r[i].method), s.path, h.status);
        if (!r[i].json) continue;
        s.path = api(s.path);
        s.as = NULL, s.by = &site.ines;
        h = kit_shoot(s);
        if (h.status != 404) fail_msg("%s %s: %d", http_method_name(r[i].method), s.path, h.status);
    }
}

static void test_roles(void **state) {
    (void)state;
    size_t n;
    const struct web_route *r = web_routes(&n);
    for (size_t i = 0; i < n; i++) {
        struct shot s = {
            .method = r[i].method, .path = filled(&r[i], "tidewatch-toys", 77), .form = everything};
        s.as = &site.rita;
        if (r[i].who >= WHO_PACK) assert_status(kit_shoot(s), 403);
        s.as = &site.omar;
        if (r[i].who >= WHO_LEAD) assert_status(kit_shoot(s), 403);
        s.as = &site.lena;
        if (r[i].who >= WHO_ADMIN) assert_status(kit_shoot(s), 403);
    }
    struct hit h = shoot(HTTP_GET, kit_path(TOYS "/c/%lld", site.conversation), .as = &site.rita);
    assert_status(h, 200);
    assert_has(h, "Keeper Juno fell");
    assert_false(has(h.body, "reply-form"));
    /* Blocking concerns the work of others. */
    h = shoot(HTTP_POST, kit_path(TOYS "/c/%lld/junk", site.conversation), .as = &site.omar,
              .form = "block=1");
    assert_status(h, 403);
}

/* ---- forms ---- */

static void test_csrf(void **state) {
    (void)state;
    const char *path = kit_path(TOYS "/c/%lld/note", site.conversation);
    const char *form = "text=my+note";
    struct hit h = shoot(HTTP_POST, path, .as = &site.ines, .form = form, .csrf = "");
    assert_status(h, 403);
    assert_has(h, "my note");
    assert_status(shoot(HTTP_POST, path, .as = &site.ines, .form = form, .csrf = "forged"), 403);
    const char *others = str_cstr(kit.a, site.omar.csrf);
    assert_status(shoot(HTTP_POST, path, .as = &site.ines, .form = form, .csrf = others), 403);
    h = shoot(HTTP_POST, path, .as = &site.ines, .form = form, .header = "Sec-Fetch-Site",
              .value = "cross-site");
    assert_status(h, 403);
    h = shoot(HTTP_POST, path, .as = &site.ines, .form = form, .csrf = "", .header = "X-CSRF",
              .value = str_cstr(kit.a, site.ines.csrf), .header2 = "Sec-Fetch-Site", .value2 = "same-origin");
    assert_status(h, 303);
    h = shoot(HTTP_POST, api(path), .by = &site.ines, .json = "{\"text\": \"by a program\"}");
    assert_status(h, 200);
    assert_str(h.body, "{\"ok\":true}");
    h = shoot(HTTP_GET, kit_path(TOYS "/c/%lld", site.conversation), .as = &site.ines);
    assert_has(h, "by a program");
    assert_has(h, "Note by Ines Duarte");
}

/* Nothing of such a request can be read, so no row has a form to show again. */
static void test_broken_json(void **state) {
    (void)state;
    size_t n;
    const struct web_route *r = web_routes(&n);
    for (size_t i = 0; i < n; i++) {
        if (r[i].method != HTTP_POST) continue;
        /* Of strangers, who sign what they send; hook_test has it. */
        if (strcmp(r[i].path, "/hook/:token") == 0) continue;
        const char *path = filled(&r[i], "tidewatch-toys", site.conversation);
        struct hit h = shoot(HTTP_POST, path, .as = &site.ines, .json = "{\"text\": ");
        assert_status(h, 422);
        assert_has(h, "Something is missing");
        assert_str(h.type, "text/html; charset=utf-8");
        assert_status(shoot(HTTP_POST, path, .as = &site.ines, .json = "[]"), 422);
        if (r[i].json) assert_status(shoot(HTTP_POST, api(path), .by = &site.ines, .json = "{"), 422);
    }
}

static void test_expired_session(void **state) {
    (void)state;
    struct web_person old = site.ines;
    old.session = kit_session(site.ines.agent.account_id, &old.csrf);
    kit.now += 31 * (int64_t)DAY_MS;
    struct hit h = shoot(HTTP_GET, TOYS "/list/mine", .query = "after=1.2", .as = &old);
    assert_status(h, 303);
    assert_str(h.location, "/sign-in?next=%2Fb%2Ftidewatch-toys%2Flist%2Fmine%3Fafter%3D1.2");
    assert_status(shoot(HTTP_GET, TOYS "/list/mine", .as = &old, .header = "X-Fragment", .value = "list"),
                  401);
    h = shoot(HTTP_POST, kit_path(TOYS "/c/%lld/reply", site.conversation), .as = &old,
              .form = "text=long+work");
    assert_status(h, 401);
    assert_has(h, "long work");
    assert_has(h, "Sign in");
    kit.now -= 31 * (int64_t)DAY_MS;
}

static void test_addresses_that_are_none(void **state) {
    (void)state;
    struct hit h = shoot(HTTP_GET, "/no/such/page", .as = &site.ines);
    assert_status(h, 404);
    assert_has(h, "No letter is lost by this");
    assert_has(h, "<a class=\"brand\" href=\"/\"><svg");
    h = shoot(HTTP_GET, "/api/v1/no/such");
    assert_status(h, 404);
    assert_true(has(h.body, "{\"error\":{\"kind\":\"missing\""));
    h = shoot(HTTP_GET, kit_path(TOYS "/c/%lld/reply", site.conversation), .as = &site.ines);
    assert_status(h, 405);
    assert_str(hit_header(&h, "Allow"), "POST");
    h = shoot(HTTP_DELETE, kit_path(TOYS "/c/%lld", site.conversation), .as = &site.ines);
    assert_status(h, 405);
    assert_str(hit_header(&h, "Allow"), "GET, HEAD");
    assert_status(shoot(HTTP_GET, TOYS "/c/0", .as = &site.ines), 404);
    assert_status(shoot(HTTP_GET, TOYS "/c/nine", .as = &site.ines), 404);
    assert_status(shoot(HTTP_GET, TOYS "/list/nosuch", .as = &site.ines), 404);
    assert_status(shoot(HTTP_GET, TOYS "/list/waiting", .query = "after=a.b", .as = &site.ines), 404);
}

static void test_headers(void **state) {
    (void)state;
    struct hit h = shoot(HTTP_GET, TOYS "/list/waiting", .as = &site.ines);
    assert_status(h, 200);
    str csp = hit_header(&h, "Content-Security-Policy");
    assert_true(has(csp, "default-src 'none'") && has(csp, "script-src 'self'") &&
                has(csp, "frame-ancestors 'none'"));
    assert_false(has(csp, "unsafe"));
    assert_str(hit_header(&h, "X-Content-Type-Options"), "nosniff");
    assert_str(hit_header(&h, "Referrer-Policy"), "no-referrer");
    assert_str(hit_header(&h, "Cache-Control"), "no-store");
    assert_int_equal(hit_header(&h, "Strict-Transport-Security").n, 0);
    site.web->secure = true;
    h = shoot(HTTP_GET, "/healthz");
    site.web->secure = false;
    assert_status(h, 200);
    assert_true(hit_header(&h, "Strict-Transport-Security").n > 0);
    h = shoot(HTTP_GET, str_cstr(kit.a, str_fmt(kit.a, "/assets/%s/longhand.css", embedded_version())));
    assert_status(h, 200);
    assert_true(has(hit_header(&h, "Cache-Control"), "immutable"));
    str tag = hit_header(&h, "ETag");
    h = shoot(HTTP_GET, "/assets/old/longhand.css", .header = "If-None-Match", .value = str_cstr(kit.a, tag));
    assert_status(h, 304);
    assert_status(shoot(HTTP_GET, "/assets/x/nosuch.css"), 404);
}

/* Every parameter has a name, every piece of the path is one, and no other is. */
static void check_parameters(const char *path, const json_t *all) {
    size_t in_path = 0, pieces = 0;
    for (const char *p = path; (p = strchr(p, '{')); p++) pieces++;
    for (size_t i = 0; i < json_array_size(all); i++) {
        str name, in;
        assert_true(json_take_str(json_array_get(all, i), "name", &name));
        assert_true(json_take_str(json_array_get(all, i), "in", &in));
        if (!name.n) fail_msg("%s: a parameter without a name", path);
        if (str_eq(in, S("query"))) continue;
        assert_str(in, "path");
        in_path++;
        str piece = str_fmt(kit.a, "{%.*s}", STR_FMT(name));
        if (str_find(str_z(path), piece, 0) == SIZE_MAX) fail_msg("%s: %.*s", path, STR_FMT(name));
    }
    assert_int_equal(in_path, pieces);
}

static void test_openapi(void **state) {
    (void)state;
    struct hit h = shoot(HTTP_GET, "/api/v1/openapi.json");
    assert_status(h, 200);
    JSON_AUTO json_t *root = NULL;
    assert_ok(json_read(h.body, &root));
    str text;
    assert_true(json_take_str(root, "openapi", &text));
    assert_str(text, "3.1.0");
    size_t n, listed = 0, with_json = 0;
    const struct web_route *r = web_routes(&n);
    for (size_t i = 0; i < n; i++) with_json += r[i].json != NULL;
    const char *path;
    json_t *item;
    json_object_foreach(json_object_get(root, "paths"), path, item) {
        assert_null(strchr(path, ':'));
        listed += json_object_size(item);
        const char *verb;
        json_t *operation;
        json_object_foreach(item, verb, operation)
            check_parameters(path, json_object_get(operation, "parameters"));
    }
    assert_int_equal(listed, with_json);
    const json_t *reply =
        json_object_get(json_object_get(json_object_get(root, "paths"), "/b/{brand}/c/{id}/reply"), "post");
    assert_int_equal(json_array_size(json_object_get(reply, "parameters")), 2);
    assert_true(has(h.body, "\"key\":{\"type\":\"string\"}"));
}

/* ---- what happens elsewhere ---- */

static int64_t fresh_letter(const char *subject) {
    struct kit_letter l = {.to = site.inbox,
                           .from = "ada@customer.example",
                           .name = "Ada",
                           .subject = subject,
                           .text = "Please help."};
    kit.now += 1000;
    kit_put_letter(&l);
    return l.conversation;
}

static void test_presence(void **state) {
    (void)state;
    const char *path = kit_path(TOYS "/c/%lld/presence", site.conversation);
    struct hit h = shoot(HTTP_POST, path, .as = &site.omar, .form = "doing=writing");
    assert_status(h, 200);
    assert_str(h.type, "application/json");
    h = shoot(HTTP_POST, path, .as = &site.ines, .form = "doing=looking");
    assert_has(h, "\"name\":\"Omar\",\"doing\":\"writing\"");
    assert_has(h, "\"version\":");
    assert_status(shoot(HTTP_POST, path, .as = &site.ines, .form = "doing=dancing"), 422);
    kit.now += LIVE_PRESENCE_MS;
    h = shoot(HTTP_POST, path, .as = &site.ines, .form = "doing=looking");
    assert_false(has(h.body, "Omar"));
    h = shoot(HTTP_POST, path, .as = &site.ines, .form = "doing=left");
    assert_has(h, "\"people\":[]");
}

static int knock(int port, const char *text) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct timeval wait = {.tv_sec = 5};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(send(fd, text, strlen(text), 0), strlen(text));
    return fd;
}

static void read_until(int fd, buf *b, const char *wanted) {
    while (str_find(buf_str(b), str_z(wanted), 0) == SIZE_MAX) {
        char *room = buf_room(b, 4096);
        ssize_t n = recv(fd, room, 4096, 0);
        if (n <= 0) fail_msg("no \"%s\" in: %.*s", wanted, STR_FMT(buf_str(b)));
        buf_grew(b, (size_t)n);
    }
}

static void test_live_stream(void **state) {
    (void)state;
    http_server *server;
    struct http_options options = {
        .listen = S("127.0.0.1:0"), .workers = 2, .handler = web_handle, .context = site.web};
    assert_ok(http_server_start(&options, &server));
    web_attach(site.web, server);
    str head = str_fmt(kit.a, "GET " TOYS "/live HTTP/1.1\r\nHost: x\r\nCookie: longhand=%.*s\r\n\r\n",
                       STR_FMT(site.omar.session));
    int fd = knock(http_server_port(server), str_cstr(kit.a, head));
    BUF_AUTO buf b = BUF_MAX(1 << 20);
    read_until(fd, &b, "text/event-stream");
    int64_t id = fresh_letter("Live one");
    read_until(fd, &b, "event: letter");
    assert_true(has(buf_str(&b), "event: list"));
    assert_true(has(buf_str(&b), "\"counts\":{\"waiting\":"));
    read_until(fd, &b, "\"snippet\":\"Please help.\"");
    buf_clear(&b);
    shoot(HTTP_POST, kit_path(TOYS "/c/%lld/presence", id), .as = &site.ines, .form = "doing=writing");
    read_until(fd, &b, "\"name\":\"Ines Duarte\",\"doing\":\"writing\"");
    /* Of another brand nothing is heard. */
    buf_clear(&b);
    struct kit_letter other = {
        .to = site.other_inbox, .from = "q@customer.example", .name = "Q", .subject = "q", .text = "secret"};
    kit_put_letter(&other);
    shoot(HTTP_POST, kit_path(TOYS "/c/%lld/note", id), .as = &site.ines, .form = "text=n");
    read_until(fd, &b, "\"what\":\"note\"");
    assert_false(has(buf_str(&b), "secret"));
    close(fd);
    http_server_stop(server);
    site.web->http = NULL;
}

/* Figures for monitoring: nobody learns of them without a token, and they name nobody. */
static void test_figures(void **state) {
    (void)state;
    assert_status(shoot(HTTP_GET, "/metrics"), 404);
    kit.d.metrics_token = S("0123456789abcdef");
    assert_status(shoot(HTTP_GET, "/metrics"), 403);
    assert_status(shoot(HTTP_GET, "/metrics", .header = "Authorization", .value = "Bearer 0123456789abcdeg"),
                  403);
    assert_status(shoot(HTTP_GET, "/metrics", .header = "Authorization", .value = "Bearer 0123456789abcde"),
                  403);
    struct kit_letter letter = {.to = site.inbox,
                                .from = "kim@customer.example",
                                .name = "Kim",
                                .subject = "figures",
                                .text = "Hello"};
    int64_t before = meter_of(METER_KEPT);
    kit_put_letter(&letter);
    struct hit h = shoot(HTTP_GET, "/metrics", .header = "Authorization", .value = "Bearer 0123456789abcdef");
    assert_status(h, 200);
    assert_true(has(h.body, "# TYPE longhand_letters_kept_total counter\n"));
    assert_true(has(h.body, "longhand_waiting{brand=\"tidewatch-toys\"} "));
    assert_true(has(h.body, "longhand_inbox_letter_timestamp_seconds{brand=\"tidewatch-toys\",inbox=\""));
    str kept = str_fmt(kit.a, "\nlonghand_letters_kept_total %lld\n", (long long)before + 1);
    assert_true(str_find(h.body, kept, 0) != SIZE_MAX);
    assert_false(has(h.body, "@"));
    kit.d.metrics_token = S("");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_every_row_has_words),
        KIT_TEST(test_anonymous_is_refused),
        KIT_TEST(test_another_brand_is_missing),
        KIT_TEST(test_roles),
        KIT_TEST(test_csrf),
        KIT_TEST(test_broken_json),
        KIT_TEST(test_expired_session),
        KIT_TEST(test_addresses_that_are_none),
        KIT_TEST(test_headers),
        KIT_TEST(test_openapi),
        KIT_TEST(test_presence),
        KIT_TEST(test_live_stream),
        KIT_TEST(test_figures),
    };
    return cmocka_run_group_tests_name("web", tests, kit_open_site, kit_close_site);
}
