/* The web floor: every row of the table, judged and run, without a socket (the last one has one). */
#include <arpa/inet.h>
#include <sys/socket.h>

#include "web_kit.h"

#include "base/embedded.h"
#include "web/live.h"
#include "web/search_page.h"

#define TOYS "/b/tidewatch-toys"
#define BOOKS "/b/harbour-books"

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
            if (r[k].method == r[i].method && strcmp(r[k].path, r[i].path) == 0) fail_msg("%s twice", r[i].path);
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
        if (str_eq(piece, S(":brand"))) buf_add_z(&b, slug);
        else if (str_eq(piece, S(":id"))) buf_add_int(&b, id);
        else if (str_eq(piece, S(":view"))) buf_add_z(&b, "waiting");
        else if (str_starts(piece, S(":"))) buf_add_z(&b, "x");
        else buf_add(&b, piece);
    }
    return str_cstr(kit.a, buf_str(&b));
}

static const char *api(const char *path) { return str_cstr(kit.a, str_fmt(kit.a, "/api/v1%s", path)); }

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

static const char everything[] = "text=x&to=a%40b.example&subject=s&version=1&agent=77&reason=none_needed&doing=looking"
                                 "&remove=77&name=x&address=else%40customer.example&role=agent&kind=paper&zone=UTC"
                                 "&language=en&email=q%40q.example&value=1";

static bool has_id(const struct web_route *r) { return strstr(r->path, "/:id") != NULL; }

static int64_t foreign_id(const struct web_route *r) {
    if (strstr(r->path, "/m/:id")) return site.other_letter;
    if (strstr(r->path, "/a/:id")) return site.other_file;
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
        struct shot s = {.method = r[i].method, .path = filled(&r[i], "tidewatch-toys", 77), .form = everything};
        s.as = &site.rita;
        if (r[i].who >= WHO_WRITE) assert_status(kit_shoot(s), 403);
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
    h = shoot(HTTP_POST, kit_path(TOYS "/c/%lld/junk", site.conversation), .as = &site.omar, .form = "block=1");
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
    h = shoot(HTTP_POST, path, .as = &site.ines, .form = form, .header = "Sec-Fetch-Site", .value = "cross-site");
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

static void test_expired_session(void **state) {
    (void)state;
    struct web_person old = site.ines;
    old.session = kit_session(site.ines.agent.account_id, &old.csrf);
    kit.now += 31 * (int64_t)DAY_MS;
    struct hit h = shoot(HTTP_GET, TOYS "/list/mine", .query = "after=1.2", .as = &old);
    assert_status(h, 303);
    assert_str(h.location, "/sign-in?next=%2Fb%2Ftidewatch-toys%2Flist%2Fmine%3Fafter%3D1.2");
    assert_status(shoot(HTTP_GET, TOYS "/list/mine", .as = &old, .header = "X-Fragment", .value = "list"), 401);
    h = shoot(HTTP_POST, kit_path(TOYS "/c/%lld/reply", site.conversation), .as = &old, .form = "text=long+work");
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
    assert_true(has(csp, "default-src 'none'") && has(csp, "script-src 'self'") && has(csp, "frame-ancestors 'none'"));
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

/* ---- a conversation ---- */

static void test_conversation_page(void **state) {
    (void)state;
    struct hit h = shoot(HTTP_GET, kit_path(TOYS "/c/%lld", site.conversation), .as = &site.ines);
    assert_status(h, 200);
    assert_has(h, "fell down the drain &lt;b&gt;");
    assert_false(has(h.body, "drain <b>"));
    assert_has(h, "value=\"&quot;Milo, 7&quot; &lt;milo@customer.example&gt;\"");
    assert_has(h, "value=\"Re: Keeper Juno\"");
    assert_has(h, "/list/waiting");
    assert_has(h, "Letters are not leaving this machine");
    h = shoot(HTTP_GET, kit_path(TOYS "/c/%lld", site.conversation), .as = &site.ines,
              .query = str_cstr(kit.a, str_fmt(kit.a, "sent=%lld", (long long)site.letter)));
    assert_has(h, "<iframe class=\"frame\" sandbox=\"allow-popups");
    assert_has(h, "2 pictures from elsewhere are not shown");
    h = shoot(HTTP_GET, kit_path(TOYS "/c/%lld", site.conversation), .as = &site.ines, .header = "X-Fragment",
              .value = "conversation");
    assert_false(has(h.body, "<html"));
    assert_has(h, "id=\"thread\"");
}

static void test_conversation_json(void **state) {
    (void)state;
    struct hit h = shoot(HTTP_GET, api(kit_path(TOYS "/c/%lld", site.conversation)), .by = &site.rita);
    assert_status(h, 200);
    assert_str(h.type, "application/json");
    JSON_AUTO json_t *root = NULL;
    assert_ok(json_read(h.body, &root));
    int64_t id;
    str text;
    assert_true(json_take_id(json_object_get(root, "conversation"), "id", &id));
    assert_int_equal(id, site.conversation);
    const json_t *m = json_array_get(json_object_get(root, "messages"), 0);
    assert_true(json_take_id(m, "id", &id));
    assert_int_equal(id, site.letter);
    assert_true(json_take_str(m, "kind", &text));
    assert_str(text, "letter");
    assert_true(json_take_str(m, "from", &text));
    assert_str(text, "milo@customer.example");
    assert_true(json_take_str(m, "subject", &text));
    assert_str(text, "Keeper Juno");
    assert_true(json_take_str(m, "text", &text));
    assert_true(has(text, "<b>& \"was lost\"</b>"));
    /* A token is for its own brand, and for addresses of programs. */
    assert_status(shoot(HTTP_GET, api(kit_path(BOOKS "/c/%lld", site.other_conversation)), .by = &site.ines), 401);
    assert_status(shoot(HTTP_GET, kit_path(TOYS "/c/%lld", site.conversation), .by = &site.ines), 303);
}

static int64_t fresh_letter(const char *subject) {
    struct kit_letter l = {.to = site.inbox, .from = "ada@customer.example", .name = "Ada", .subject = subject,
                           .text = "Please help."};
    kit.now += 1000;
    kit_put_letter(&l);
    return l.conversation;
}

static int64_t version_of(int64_t id) {
    struct conversation v;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_conversation_get(c, kit.a, site.inbox.brand, id, &v));
    return v.version;
}

static const char *reply_form(int64_t version, const char *text) {
    return str_cstr(kit.a, str_fmt(kit.a, "version=%lld&to=ada%%40customer.example&subject=Re&text=%s",
                                   (long long)version, text));
}

static int64_t message_in(str text, const char *before) {
    size_t at = str_find(text, str_z(before), 0);
    assert_true(at != SIZE_MAX);
    int64_t id = 0;
    for (at += strlen(before); at < text.n && text.p[at] >= '0' && text.p[at] <= '9'; at++)
        id = id * 10 + (text.p[at] - '0');
    return id;
}

static void test_reply_and_take_back(void **state) {
    (void)state;
    int64_t id = fresh_letter("Ferry");
    const char *page = kit_path(TOYS "/c/%lld", id), *send = kit_path(TOYS "/c/%lld/reply", id);
    struct hit h = shoot(HTTP_POST, send, .as = &site.ines, .form = reply_form(1, ""));
    assert_status(h, 422);
    assert_has(h, "The reply is empty.");
    h = shoot(HTTP_POST, send, .as = &site.ines, .form = "version=1&to=nonsense&subject=Re&text=Dear+Ada");
    assert_status(h, 422);
    assert_has(h, "is not an address");
    assert_has(h, "\nDear Ada</textarea>");
    h = shoot(HTTP_POST, send, .as = &site.ines, .form = reply_form(1, "Dear+Ada%0D%0Ahere"));
    assert_status(h, 303);
    assert_str(h.location, page);
    h = shoot(HTTP_GET, page, .as = &site.ines);
    assert_has(h, "data-take-back");
    assert_has(h, "On hold");
    assert_has(h, "To ada@customer.example");
    int64_t message = message_in(h.body, TOYS "/m/");
    assert_true(message > 0);
    size_t at = str_find(h.body, S("/take-back"), 0);
    str before = str_slice(h.body, at - 30, at);
    size_t slash = str_find(before, S("/m/"), 0);
    assert_true(str_to_int(str_slice(before, slash + 3, before.n), &message));
    h = shoot(HTTP_POST, kit_path(TOYS "/m/%lld/take-back", message), .as = &site.ines);
    assert_status(h, 303);
    h = shoot(HTTP_GET, page, .as = &site.ines);
    assert_has(h, "\nDear Ada\nhere</textarea>");
    assert_has(h, "You took a reply back");
    /* Once more, by a script, which goes there itself. */
    h = shoot(HTTP_POST, send, .as = &site.ines, .form = reply_form(version_of(id), "Dear+Ada"),
              .header = "X-Fragment", .value = "send");
    assert_status(h, 200);
    assert_str(hit_header(&h, "X-Location"), page);
    kit.now += 20 * SECOND_MS;
}

static void test_stale_reply(void **state) {
    (void)state;
    int64_t id = fresh_letter("Stale");
    int64_t seen = version_of(id);
    assert_ok(conversation_take(&kit.d, kit.a, &site.omar.actor, id, false));
    struct hit h = shoot(HTTP_POST, kit_path(TOYS "/c/%lld/reply", id), .as = &site.ines,
                         .form = reply_form(seen, "My+long+answer"));
    assert_status(h, 409);
    assert_has(h, "Not sent: something changed");
    assert_has(h, "Omar took this over");
    assert_has(h, "Your reply goes to ada@customer.example");
    assert_has(h, "\nMy long answer</textarea>");
    assert_true(str_find(h.body, str_fmt(kit.a, "class=\"conflict\" data-version=\"%lld\"", (long long)version_of(id)),
                         0) != SIZE_MAX);
    h = shoot(HTTP_POST, kit_path(TOYS "/c/%lld/reply", id), .as = &site.ines, .form = reply_form(seen, "x"),
              .header = "X-Fragment", .value = "send");
    assert_status(h, 409);
    assert_false(has(h.body, "<html"));
    assert_has(h, "id=\"conflict\"");
    /* A page that hides what it showed may not send. */
    h = shoot(HTTP_POST, kit_path(TOYS "/c/%lld/reply", id), .as = &site.ines,
              .form = "to=ada%40customer.example&text=x");
    assert_status(h, 422);
    h = shoot(HTTP_POST, api(kit_path(TOYS "/c/%lld/reply", id)), .by = &site.ines,
              .json = "{\"text\": \"T\", \"to\": \"ada@customer.example\", \"version\": 1}");
    assert_status(h, 409);
    assert_true(has(h.body, "\"kind\":\"conflict\""));
    h = shoot(HTTP_POST, api(kit_path(TOYS "/c/%lld/reply", id)), .by = &site.ines,
              .json = "{\"text\": \"T\", \"to\": \"ada@customer.example\"}");
    assert_status(h, 200);
    assert_true(has(h.body, "\"message\":\""));
    h = shoot(HTTP_POST, api(kit_path(TOYS "/c/%lld/reply", id)), .by = &site.ines, .json = "[1]");
    assert_status(h, 422);
}

static void test_draft_and_files(void **state) {
    (void)state;
    int64_t id = fresh_letter("Draft");
    const char *page = kit_path(TOYS "/c/%lld", id);
    struct hit h = shoot(HTTP_POST, kit_path(TOYS "/c/%lld/draft", id), .as = &site.omar,
                         .form = "text=half+a+letter&to=ada%40customer.example&subject=S", .header = "Accept",
                         .value = "application/json");
    assert_status(h, 200);
    assert_str(h.body, "{\"ok\":true}");
    h = shoot(HTTP_POST, kit_path(TOYS "/c/%lld/attach", id), .as = &site.omar, .file = KIT_PNG,
              .header = "X-Fragment", .value = "attached");
    assert_status(h, 200);
    assert_has(h, "cat.png");
    int64_t file = message_in(h.body, "data-attachment=\"");
    h = shoot(HTTP_GET, page, .as = &site.omar);
    assert_has(h, "half a letter</textarea>");
    assert_has(h, "Take off cat.png");
    /* Nobody else sees a draft or its files. */
    h = shoot(HTTP_GET, page, .as = &site.ines);
    assert_false(has(h.body, "half a letter"));
    assert_false(has(h.body, "cat.png"));
    assert_status(shoot(HTTP_GET, kit_path(TOYS "/a/%lld", file), .as = &site.ines), 404);
    const char *remove = kit_path("remove=%lld", file);
    assert_status(shoot(HTTP_POST, kit_path(TOYS "/c/%lld/detach", id), .as = &site.ines, .form = remove), 404);
    h = shoot(HTTP_POST, kit_path(TOYS "/c/%lld/detach", id), .as = &site.omar, .form = remove,
              .header = "X-Fragment", .value = "attached");
    assert_status(h, 200);
    assert_false(has(h.body, "cat.png"));
    h = shoot(HTTP_POST, kit_path(TOYS "/c/%lld/draft/drop", id), .as = &site.omar);
    assert_status(h, 303);
    assert_false(has(shoot(HTTP_GET, page, .as = &site.omar).body, "half a letter"));
}

static void test_files_of_a_letter(void **state) {
    (void)state;
    struct hit h = shoot(HTTP_GET, kit_path(TOYS "/a/%lld", site.file), .as = &site.rita);
    assert_status(h, 200);
    assert_str(h.type, "image/png");
    assert_true(has(hit_header(&h, "Content-Security-Policy"), "sandbox"));
    h = shoot(HTTP_GET, kit_path(TOYS "/a/%lld/page.html", site.file), .as = &site.rita);
    assert_str(h.type, "application/octet-stream");
    assert_str(hit_header(&h, "Content-Disposition"),
               "attachment; filename=\"dr__in _1_.png\"; filename*=UTF-8''dr%C3%A4in%20%221%22.png");
    h = shoot(HTTP_GET, kit_path(TOYS "/m/%lld/raw", site.letter), .as = &site.rita);
    assert_str(h.type, "text/plain; charset=us-ascii");
    assert_true(str_starts(h.body, S("Subject: Keeper Juno\r\n")));
    assert_true(has(hit_header(&h, "Content-Disposition"), "attachment"));
    h = shoot(HTTP_GET, kit_path(TOYS "/m/%lld/html", site.letter), .as = &site.rita);
    assert_true(has(hit_header(&h, "Content-Security-Policy"), "default-src 'none'; img-src data:"));
    assert_has(h, "<img src=\"data:image/png;base64,iVBOR");
    /* What says it is a picture and is none is not shown. */
    struct kit_letter l = {.to = site.inbox, .from = "eve@customer.example", .name = "Eve", .subject = "x",
                           .text = "x", .html = "<p><img src=\"cid:a\" alt=\"a\"><img src=\"cid:none\" alt=\"b\"></p>",
                           .file = "x.png", .content_id = "a", .file_bytes = S("<script>alert(1)</script>"),
                           .file_type = S("image/png")};
    kit_put_letter(&l);
    h = shoot(HTTP_GET, kit_path(TOYS "/a/%lld", l.file_id), .as = &site.ines);
    assert_str(h.type, "application/octet-stream");
    assert_true(has(hit_header(&h, "Content-Disposition"), "attachment"));
    h = shoot(HTTP_GET, kit_path(TOYS "/m/%lld/html", l.id), .as = &site.ines);
    assert_has(h, "<img src=\"data:,\" alt=\"a\"><img src=\"data:,\" alt=\"b\">");
    /* HTML that no sanitiser of ours can have written is not shown at all. */
    struct kit_letter bad = l;
    bad.html = "<p onclick=\"x\">x</p><script>x</script>";
    kit_put_letter(&bad);
    h = shoot(HTTP_GET, kit_path(TOYS "/m/%lld/html", bad.id), .as = &site.ines);
    assert_status(h, 422);
    assert_false(has(h.body, "<script>x"));
}

static void test_actions(void **state) {
    (void)state;
    int64_t id = fresh_letter("Actions");
    const char *page = kit_path(TOYS "/c/%lld", id);
#define ACT(verb, form_text) shoot(HTTP_POST, kit_path(TOYS "/c/%lld/" verb, id), .as = &site.ines, .form = form_text)
    assert_status(ACT("take", ""), 303);
    assert_has(shoot(HTTP_GET, page, .as = &site.ines), "You are answering");
    struct hit h = shoot(HTTP_POST, kit_path(TOYS "/c/%lld/take", id), .as = &site.omar);
    assert_status(h, 409);
    assert_has(h, "Ines Duarte is answering this one.");
    assert_status(ACT("release", ""), 303);
    h = ACT("close", "");
    assert_status(h, 422);
    assert_has(h, "A letter here has no answer yet");
    assert_status(ACT("close", "reason=blocked"), 422);
    assert_status(ACT("close", "reason=machine"), 303);
    assert_has(shoot(HTTP_GET, page, .as = &site.ines), "Closed without an answer: written by a machine");
    assert_has(shoot(HTTP_GET, TOYS "/list/closed", .as = &site.ines), "Actions");
    assert_status(ACT("reopen", ""), 303);
    assert_status(ACT("junk", "block=1"), 303);
    assert_has(shoot(HTTP_GET, TOYS "/list/junk", .as = &site.ines), "Actions");
    assert_has(shoot(HTTP_GET, page, .as = &site.ines), "(blocked)");
    assert_status(ACT("reopen", ""), 303);
    assert_false(has(shoot(HTTP_GET, page, .as = &site.ines).body, "(blocked)"));
    h = ACT("note", "text=");
    assert_status(h, 422);
    assert_has(h, "The note is empty.");
    h = shoot(HTTP_POST, kit_path(TOYS "/c/%lld/pass", id), .as = &site.ines,
              .form = str_cstr(kit.a, str_fmt(kit.a, "agent=%lld&text=you+know+her", (long long)site.lena.agent.id)));
    /* Lena was invited and has never signed in with a password, but she may answer. */
    assert_status(h, 303);
    h = shoot(HTTP_GET, page, .as = &site.ines);
    assert_has(h, "You passed this on to Lena");
    assert_has(h, "you know her");
}

/* ---- other pages ---- */

static void test_lists_and_paging(void **state) {
    (void)state;
    for (int i = 0; i < 55; i++) fresh_letter("Page");
    struct hit h = shoot(HTTP_GET, TOYS "/list/waiting", .as = &site.ines);
    assert_has(h, "Next 50");
    size_t at = str_find(h.body, S("/list/waiting?after="), 0);
    str after = str_slice(h.body, at + 14, str_find_char(h.body, '"', at));
    h = shoot(HTTP_GET, TOYS "/list/waiting", .query = str_cstr(kit.a, after), .as = &site.ines);
    assert_status(h, 200);
    assert_has(h, "From the start");
    h = shoot(HTTP_GET, TOYS "/list/waiting", .as = &site.ines, .header = "X-Fragment", .value = "list");
    assert_false(has(h.body, "<html"));
    assert_true(has(hit_header(&h, "X-Counts"), "waiting="));
    h = shoot(HTTP_GET, api(TOYS "/list/waiting"), .by = &site.omar);
    JSON_AUTO json_t *root = NULL;
    assert_ok(json_read(h.body, &root));
    assert_int_equal(json_array_size(json_object_get(root, "conversations")), 50);
    assert_has(shoot(HTTP_GET, TOYS "/list/mine", .as = &site.lena), "Actions");
    h = shoot(HTTP_GET, BOOKS "/list/done", .as = &site.hugo);
    assert_has(h, "Nothing here yet.");
    /* A count is fresh once something changed. */
    h = shoot(HTTP_GET, BOOKS "/list/waiting", .as = &site.hugo);
    assert_has(h, "data-count=\"waiting\">1<");
    struct kit_letter l = {.to = site.other_inbox, .from = "z@customer.example", .name = "Z", .subject = "z", .text = "z"};
    kit_put_letter(&l);
    assert_has(shoot(HTTP_GET, BOOKS "/list/waiting", .as = &site.hugo), "data-count=\"waiting\">2<");
}

static void test_search(void **state) {
    (void)state;
    struct hit h = shoot(HTTP_GET, TOYS "/search", .query = "q=drains+keeper", .as = &site.rita);
    assert_status(h, 200);
    assert_has(h, "<mark>Keeper</mark>");
    assert_has(h, "<mark>drain</mark> &lt;b&gt;");
    h = shoot(HTTP_GET, TOYS "/search", .query = "q=%3Cscript%3E+nothing", .as = &site.rita);
    assert_has(h, "No letter holds all of these words.");
    assert_has(h, "value=\"&lt;script&gt; nothing\"");
    h = shoot(HTTP_GET, TOYS "/search", .query = "q=1", .as = &site.rita);
    assert_status(h, 303);
    assert_str(h.location, kit_path(TOYS "/c/%lld", site.conversation));
    assert_status(shoot(HTTP_GET, TOYS "/search", .query = "q=%22%27*+AND+OR+%28", .as = &site.rita), 200);
    assert_status(shoot(HTTP_GET, TOYS "/search", .query = "q=a&before=x", .as = &site.rita), 422);
    h = shoot(HTTP_GET, api(TOYS "/search"), .query = "q=keeper", .by = &site.rita);
    assert_true(has(h.body, "\"customer_name\":\"Milo, 7\""));
    word_list words = {0};
    search_pieces pieces;
    words_of(kit.a, S("käse"), S("de"), 5, &words);
    search_mark(kit.a, S("de"), S("Der Kase, der Käse."), &words, false, &pieces);
    assert_int_equal(pieces.n, 5);
    assert_str(pieces.v[1].text, "Kase");
    assert_str(pieces.v[3].text, "Käse");
}

static void test_customer(void **state) {
    (void)state;
    const char *page = kit_path(TOYS "/customers/%lld", site.customer);
    struct hit h = shoot(HTTP_POST, page, .as = &site.omar, .form = "name=Milo+Berg&text=Seven+years+old.");
    assert_status(h, 303);
    h = shoot(HTTP_GET, page, .as = &site.omar);
    assert_has(h, "<h1>Milo Berg</h1>");
    assert_has(h, "Seven years old.</textarea>");
    h = shoot(HTTP_POST, page, .as = &site.omar, .form = "name=&text=kept+too");
    assert_status(h, 422);
    assert_has(h, "kept too</textarea>");
    const char *add = kit_path(TOYS "/customers/%lld/address", site.customer);
    assert_status(shoot(HTTP_POST, add, .as = &site.omar, .form = "address=milo2%40customer.example"), 303);
    assert_status(shoot(HTTP_POST, add, .as = &site.omar, .form = "address=ada%40customer.example"), 409);
    assert_status(shoot(HTTP_POST, add, .as = &site.omar, .form = "address=nonsense"), 422);
    assert_has(shoot(HTTP_GET, page, .as = &site.omar), "milo2@customer.example");
    h = shoot(HTTP_POST, kit_path(TOYS "/customers/%lld/unblock", site.customer), .as = &site.lena,
              .form = "address=ada%40customer.example");
    assert_status(h, 404);
    h = shoot(HTTP_GET, api(page), .by = &site.rita);
    assert_true(has(h.body, "\"name\":\"Milo Berg\""));
    h = shoot(HTTP_GET, TOYS "/write", .query = kit_path("customer=%lld", site.customer), .as = &site.omar);
    assert_true(has(h.body, "name=\"to\" value=\"milo"));
}

static void test_write_first_and_type_in(void **state) {
    (void)state;
    struct hit h = shoot(HTTP_POST, TOYS "/write/reply", .as = &site.omar, .form = "to=&text=Hello+there&subject=Hi");
    assert_status(h, 422);
    assert_has(h, "Hello there</textarea>");
    h = shoot(HTTP_POST, TOYS "/write/reply", .as = &site.omar,
              .form = "to=new%40customer.example&text=Hello+there&subject=Hi");
    assert_status(h, 303);
    assert_true(str_starts(h.location, S(TOYS "/c/")));
    assert_has(shoot(HTTP_GET, str_cstr(kit.a, h.location), .as = &site.omar), "Hello there");
    h = shoot(HTTP_POST, TOYS "/type-in", .as = &site.omar, .form = "kind=call&name=&text=She+called");
    assert_status(h, 422);
    assert_has(h, "She called</textarea>");
    assert_status(shoot(HTTP_POST, TOYS "/type-in", .as = &site.omar, .form = "name=A&text=b&date=2020-13-40"), 422);
    h = shoot(HTTP_POST, TOYS "/type-in", .as = &site.omar, .form = "kind=call&name=Greta&text=She+called&date=2026-03-12");
    assert_status(h, 303);
    h = shoot(HTTP_GET, str_cstr(kit.a, h.location), .as = &site.omar);
    assert_has(h, "By telephone");
    assert_has(h, "12 March 2026");
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
    }
    assert_int_equal(listed, with_json);
    const json_t *reply = json_object_get(
        json_object_get(json_object_get(root, "paths"), "/b/{brand}/c/{id}/reply"), "post");
    assert_int_equal(json_array_size(json_object_get(reply, "parameters")), 2);
}

/* ---- what happens elsewhere ---- */

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
    struct http_options options = {.listen = S("127.0.0.1:0"), .workers = 2, .handler = web_handle,
                                   .context = site.web};
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
    struct kit_letter other = {.to = site.other_inbox, .from = "q@customer.example", .name = "Q", .subject = "q", .text = "secret"};
    kit_put_letter(&other);
    shoot(HTTP_POST, kit_path(TOYS "/c/%lld/note", id), .as = &site.ines, .form = "text=n");
    read_until(fd, &b, "\"what\":\"note\"");
    assert_false(has(buf_str(&b), "secret"));
    close(fd);
    http_server_stop(server);
    site.web->http = NULL;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_every_row_has_words),
        KIT_TEST(test_anonymous_is_refused),
        KIT_TEST(test_another_brand_is_missing),
        KIT_TEST(test_roles),
        KIT_TEST(test_csrf),
        KIT_TEST(test_expired_session),
        KIT_TEST(test_addresses_that_are_none),
        KIT_TEST(test_headers),
        KIT_TEST(test_conversation_page),
        KIT_TEST(test_conversation_json),
        KIT_TEST(test_search),
        KIT_TEST(test_reply_and_take_back),
        KIT_TEST(test_stale_reply),
        KIT_TEST(test_draft_and_files),
        KIT_TEST(test_files_of_a_letter),
        KIT_TEST(test_actions),
        KIT_TEST(test_lists_and_paging),
        KIT_TEST(test_customer),
        KIT_TEST(test_write_first_and_type_in),
        KIT_TEST(test_openapi),
        KIT_TEST(test_presence),
        KIT_TEST(test_live_stream),
    };
    return cmocka_run_group_tests_name("web", tests, kit_open_site, kit_close_site);
}
