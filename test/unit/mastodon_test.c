/* The Mastodon adapter: what it makes of statuses, and of a server (of our own, played by a script) that
 * answers well, badly or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>

#include "base/random.h"
#include "format/json.h"
#include "format/post_fit.h"
#include "http/http.h"
#include "social/mastodon_own.h"
#include "social/mastodon_text.h"

#define assert_str(s, text)                                                                                  \
    do {                                                                                                     \
        str s_ = (s);                                                                                        \
        if (!str_eq(s_, str_z(text))) fail_msg("%s is \"%.*s\", not \"%s\"", #s, STR_FMT(s_), text);         \
    } while (0)
#define assert_ok(call) assert_int_equal(call, ERR_NONE)

static arena *a;

/* ---- text ---- */

static str text_of(const char *html) {
    post_link_list links = {0};
    return mastodon_text(a, str_z(html), false, &links);
}

static void texts(void **state) {
    (void)state;
    assert_str(text_of("<p>Keeper Juno &amp; I<br>are <b>here</b>.</p><p>Bye</p>"),
               "Keeper Juno & I\nare here.\n\nBye");
    assert_str(
        text_of("<p>one</p><blockquote><p>two</p><p>three</p></blockquote><ul><li>a</li><li>b</li></ul>"),
        "one\n\n> two\n\n> three\n\n- a\n- b");
    assert_str(text_of("a &lt;b&gt; &#x1F600; &#39;q&#39; &nope; &amp;lt;"),
               "a <b> \xF0\x9F\x98\x80 'q' &nope; &lt;");
    assert_str(text_of("x<script>alert('</p>')</script>y<style>p{}</style>z<!-- c -->!"), "xyz!");
    assert_str(text_of("<p>hello <img alt=\":wave:\" src=x> you"), "hello :wave: you");
    assert_str(text_of("a<p title=\"1 > 0\">b"), "a\n\nb");
    assert_str(text_of("bad \xFF\xC3 bytes"), "bad \xEF\xBF\xBD\xEF\xBF\xBD bytes");
    assert_str(text_of("cut off <a href=\"https://x.example"), "cut off");
    assert_str(text_of("<pre>a  b\n c</pre>"), "a  b\n c");
    assert_str(text_of(""), "");
}

static void links(void **state) {
    (void)state;
    post_link_list l = {0};
    str t = mastodon_text(
        a,
        S("<p><span class=\"h-card\"><a href=\"https://toys.example/@help\" class=\"u-url "
          "mention\">@<span>help</span>"
          "</a></span> see <a href=\"https://shop.example/a?b=1&amp;c=2\"><span "
          "class=\"invisible\">https://</span>"
          "<span class=\"ellipsis\">shop.example/a?b=1</span><span class=\"invisible\">&amp;c=2</span></a> "
          "<a class=\"mention hashtag\" href=\"https://toys.example/tags/juno\">#<span>juno</span></a> "
          "<a href=\"https://else.example/\">my words</a> <a href=\"javascript:alert(1)\">no</a></p>"),
        false, &l);
    assert_str(t, "@help see https://shop.example/a?b=1&c=2 #juno my words (https://else.example/) no");
    assert_int_equal(l.n, 4);
    assert_int_equal(l.v[0].kind, POST_LINK_MENTION);
    assert_str(l.v[0].target, "https://toys.example/@help");
    assert_str(str_slice(t, (size_t)l.v[0].from, (size_t)l.v[0].to), "@help");
    assert_int_equal(l.v[1].kind, POST_LINK_URL);
    assert_str(l.v[1].target, "https://shop.example/a?b=1&c=2");
    assert_str(str_slice(t, (size_t)l.v[1].from, (size_t)l.v[1].to), "https://shop.example/a?b=1&c=2");
    assert_int_equal(l.v[2].kind, POST_LINK_TAG);
    assert_str(l.v[2].target, "juno");
    assert_str(l.v[3].target, "https://else.example/");
    /* As the documentation prints it: the pieces apart. */
    l = (post_link_list){0};
    t = mastodon_text(
        a,
        S("<a href=\"https://example.com/page/long\">\n  <span class=\"invisible\">https://</span>\n  "
          "<span class=\"ellipsis\">example.com/page</span>\n  <span class=\"invisible\">/long</span>\n</a> "
          "x"),
        false, &l);
    assert_str(t, "https://example.com/page/long x");
    l = (post_link_list){0};
    const char *quote =
        "<p class=\"quote-inline\">RE: <a href=\"https://x.example/1\">https://x.example/1</a></p><p>Yes</p>";
    assert_str(mastodon_text(a, str_z(quote), true, &l), "Yes");
    assert_str(mastodon_text(a, str_z(quote), false, &l), "RE: https://x.example/1\n\nYes");
}

static int64_t length(str text, int64_t per_url) {
    return post_length(text, &(struct post_fit){.per_url = per_url, .mentions_short = true});
}

/* As Mastodon counts ("Posting to your profile": Links, Mentions). */
static void lengths(void **state) {
    (void)state;
    assert_int_equal(length(S("hello"), 23), 5);
    assert_int_equal(length(S("a https://shop.example/very/long/way/to/somewhere/else?x=1 b"), 23), 27);
    assert_int_equal(length(S("https://a.example"), 23), 23);
    assert_int_equal(length(S("(see https://a.example/b)."), 23), 5 + 23 + 2);
    assert_int_equal(length(S("http:// is nothing"), 23), 18);
    assert_int_equal(length(S("@luka@very.long.server.example hi"), 23), 5 + 3);
    assert_int_equal(length(S("hi @luka@server.example, and @milo"), 23), 3 + 5 + 11);
    assert_int_equal(length(S("luka@server.example"), 23), 19); /* mail, no mention */
    /* A family of four, a flag, e with its accent apart: one each. */
    assert_int_equal(
        length(S("\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7\xE2\x80\x8D"
                 "\xF0\x9F\x91\xA6\xF0\x9F\x87\xB3\xF0\x9F\x87\xB1"
                 "e\xCC\x81"),
               23),
        3);
    assert_int_equal(length(S(""), 23), 0);
}

/* ---- entities ---- */

static const struct mastodon_home home = {{"t", 1}, {"7", 1}, {"toys.example", 12}};

static const char status_json[] =
    "{\"id\":\"101\",\"created_at\":\"2026-11-20T10:00:00.000Z\",\"edited_at\":\"2026-11-20T10:05:00.000Z\","
    "\"in_reply_to_id\":\"99\",\"in_reply_to_account_id\":\"7\",\"sensitive\":true,\"spoiler_text\":\"broken "
    "toy\","
    "\"visibility\":\"private\",\"language\":\"en\",\"uri\":\"https://far.example/users/Luka/statuses/1\","
    "\"url\":\"https://far.example/@Luka/1\",\"content\":\"<p><a href=\\\"https://toys.example/@help\\\" "
    "class=\\\"u-url mention\\\">@<span>help</span></a> it "
    "broke</p>\",\"account\":{\"id\":\"55\",\"username\":"
    "\"Luka\",\"acct\":\"Luka@Far.example\",\"display_name\":\"Luka "
    "\\u202e7\",\"followers_count\":12,\"bot\":false},"
    "\"media_attachments\":[{\"id\":\"1\",\"type\":\"image\",\"url\":\"https://files.example/"
    "a.PNG?x\",\"description\":"
    "\"a "
    "wheel\"},{\"type\":\"image\",\"url\":\"javascript:x\"}],\"mentions\":[{\"id\":\"7\",\"username\":"
    "\"help\","
    "\"acct\":\"help\",\"url\":\"https://toys.example/@help\"}],\"quote\":null}";

static void statuses(void **state) {
    (void)state;
    JSON_AUTO json_t *json = NULL;
    struct post p;
    assert_ok(json_read(str_z(status_json), &json));
    assert_ok(mastodon_status(a, &home, json, S("mention"), &p));
    assert_str(p.id, "101");
    assert_str(p.version, "2026-11-20T10:05:00.000Z");
    assert_str(p.url, "https://far.example/@Luka/1");
    assert_str(p.author.id, "https://far.example/@luka");
    assert_str(p.author.handle, "luka@far.example");
    assert_int_equal(p.author.followers, 12);
    assert_str(p.text, "@help it broke");
    assert_str(p.spoiler, "broken toy");
    assert_int_equal(p.visibility, POST_FOLLOWERS);
    assert_int_equal(p.kind, POST_REPLY);
    assert_str(p.reply_to, "99");
    assert_int_equal(p.edited_at - p.created_at, 5 * 60000);
    assert_int_equal(p.images.n, 1);
    assert_str(p.images.v[0].type, "image/png");
    assert_str(p.images.v[0].alt, "a wheel");
    assert_int_equal(p.links.n, 1);
    assert_str(p.links.v[0].target, "https://toys.example/@help");
    assert_str(p.links.v[0].handle, "help@toys.example");
    json_object_set_new(json, "visibility", json_string("something new"));
    assert_ok(mastodon_status(a, &home, json, S("mention"), &p));
    assert_int_equal(p.visibility, POST_PRIVATE);
    assert_int_equal(p.kind, POST_DIRECT);
    json_object_del(json, "account");
    assert_int_equal(mastodon_status(a, &home, json, S("mention"), &p), ERR_INVALID);
}

static void ids(void **state) {
    (void)state;
    assert_str(mastodon_id(a, S("toys.example"), S("Help")), "https://toys.example/@help");
    assert_str(mastodon_id(a, S("toys.example"), S("a@b.example:3000")), "https://b.example:3000/@a");
    assert_str(mastodon_id(a, S("toys.example"), S("a@b/c")), "");
    assert_str(mastodon_id(a, S("toys.example"), S("")), "");
    assert_str(mastodon_acct(a, S("https://far.example/@luka")), "luka@far.example");
    assert_str(mastodon_acct(a, S("https://far.example/users/luka")), "");
    assert_str(mastodon_acct(a, S("at://did:plc:x")), "");
    assert_true(mastodon_id_later(S("100"), S("99")));
    assert_false(mastodon_id_later(S("99"), S("100")));
    assert_false(mastodon_id_later(S("99"), S("99")));
    assert_str(mastodon_link_next(
                   a, S("<https://x.example/api/v1/notifications?limit=2&max_id=34975535>; rel=\"next\", "
                        "<https://x.example/api/v1/notifications?min_id=34975861>; rel=\"prev\"")),
               "34975535");
    assert_str(mastodon_link_next(a, S("<https://x.example/?max_id=1;rm>; rel=\"next\"")), "");
    assert_str(mastodon_link_next(a, S("<https://x.example/?min_id=5>; rel=\"prev\"")), "");
    assert_str(mastodon_link_next(a, S("<")), "");
}

static void rules(void **state) {
    (void)state;
    str limits, domain;
    assert_ok(mastodon_instance(
        a,
        S("{\"domain\":\"Toys.example\",\"configuration\":{\"statuses\":{\"max_characters\":5000,"
          "\"max_media_attachments\":6,\"characters_reserved_per_url\":20},\"media_attachments\":{"
          "\"image_size_limit\":1000000}}}"),
        &limits, &domain));
    struct social_limits l = mastodon_limits_read(limits);
    assert_str(domain, "toys.example");
    assert_int_equal(l.graphemes, 5000);
    assert_int_equal(l.per_url, 20);
    assert_int_equal(l.images, 6);
    assert_int_equal(l.image_bytes, 1000000);
    assert_int_equal(mastodon_limits_read(S("")).graphemes, 500);
    assert_int_equal(mastodon_limits_read(S("nonsense")).per_url, 23);
    assert_ok(mastodon_instance(a, S("{\"uri\":\"x\",\"max_toot_chars\":3000}"), &limits, &domain));
    assert_int_equal(mastodon_limits_read(limits).graphemes, 3000);
    assert_int_equal(mastodon_instance(a, S("[1]"), &limits, &domain), ERR_INVALID);
}

/* ---- our own words ---- */

static struct social_wish wish_of(const char *text) {
    return (struct social_wish){.key = 5,
                                .at = 1800000000000,
                                .text = str_z(text),
                                .to_id = S("https://far.example/@luka"),
                                .to_handle = S("luka@far.example")};
}

static void wishes(void **state) {
    (void)state;
    JSON_AUTO json_t *parent = NULL;
    struct social_limits most = mastodon_limits_read(S(""));
    struct social_wish w = wish_of("we are sorry");
    assert_ok(json_read(
        S("{\"mentions\":[{\"id\":\"7\",\"acct\":\"help\"},{\"id\":\"8\",\"acct\":\"mum@far.example\"},"
          "{\"id\":\"9\",\"acct\":\"bad acct/\"},{\"id\":\"10\",\"acct\":\"luka@far.example\"}]}"),
        &parent));
    assert_str(mastodon_text_of_wish(a, &home, &w, parent, POST_PUBLIC, &most),
               "@luka@far.example @mum@far.example we are sorry");
    assert_str(mastodon_text_of_wish(a, &home, &w, parent, POST_PRIVATE, &most),
               "@luka@far.example we are sorry");
    w.text = S("Dear @Luka@far.example, ask @mum@far.example");
    assert_str(mastodon_text_of_wish(a, &home, &w, parent, POST_PUBLIC, &most),
               "Dear @Luka@far.example, ask @mum@far.example");
    w.text = S("@Luka@far.example so sorry");
    assert_str(mastodon_text_of_wish(a, &home, &w, parent, POST_PUBLIC, &most),
               "@luka@far.example @mum@far.example so sorry");
    /* A longer name is another person. */
    w.text = S("Dear @luka@far.example.org");
    most.graphemes = 30;
    assert_str(mastodon_text_of_wish(a, &home, &w, NULL, POST_PUBLIC, &most), "Dear @luka@far.example.org");
    w.text = S("Dear @lukas");
    assert_str(mastodon_text_of_wish(a, &home, &w, parent, POST_PUBLIC, &most),
               "@luka@far.example @mum@far.example Dear @lukas");
    most.graphemes = 20; /* no room for the other one */
    assert_str(mastodon_text_of_wish(a, &home, &w, parent, POST_PUBLIC, &most),
               "@luka@far.example Dear @lukas");
    assert_true(mastodon_same(a, S("@luka @mum we are\n\nsorry"), S("we are sorry")));
    assert_true(mastodon_same(a, S("Dear @luka, see https://x.example/"),
                              S("Dear @luka@far.example, see\nhttps://x.example/")));
    assert_true(mastodon_same(a, S("thanks @luka."), S("thanks @luka@far.example.")));
    assert_false(mastodon_same(a, S("we are not sorry"), S("we are sorry")));
}

/* ---- a server ---- */

struct play {
    const char *path; /* how the request begins: "GET /api/v1/..." */
    int status;
    const char *body, *link, *header, *value;
};
static struct {
    http_server *server;
    pthread_mutex_t lock;
    const struct play *plays;
    size_t n;
    int asked;
    char last[8][600]; /* "POST /api/v1/statuses BODY key=..." */
    struct social_account account;
    struct social_call call;
} net = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void serve(void *context, struct http_request *q, struct http_response *r) {
    (void)context;
    pthread_mutex_lock(&net.lock);
    str what = str_fmt(q->arena, "%s %.*s%s%.*s", http_method_name(q->method), STR_FMT(q->path),
                       q->raw_query.n ? "?" : "", STR_FMT(q->raw_query));
    str form = S("");
    for (size_t i = 0; i < q->form.n; i++)
        form = str_fmt(q->arena, "%.*s %.*s=%.*s", STR_FMT(form), STR_FMT(q->form.v[i].name),
                       STR_FMT(q->form.v[i].value));
    str once = http_header(q, S("Idempotency-Key")), bearer = http_header(q, S("Authorization"));
    snprintf(net.last[net.asked++ % 8], sizeof net.last[0], "%.*s%.*s once=%.*s %.*s", STR_FMT(what),
             STR_FMT(form), STR_FMT(once), STR_FMT(bearer));
    r->status = 404;
    r->type = S("application/json");
    buf_add_z(&r->body, "");
    for (size_t i = 0; i < net.n; i++) {
        if (!str_starts(what, str_z(net.plays[i].path))) continue;
        r->status = net.plays[i].status;
        if (net.plays[i].body) buf_add_z(&r->body, net.plays[i].body);
        if (net.plays[i].link) http_header_add(q, r, S("Link"), str_z(net.plays[i].link));
        if (net.plays[i].header) http_header_add(q, r, str_z(net.plays[i].header), str_z(net.plays[i].value));
        break;
    }
    pthread_mutex_unlock(&net.lock);
}

static int64_t now_ms = 1800000000000;
static wall_clock clock_of_test;

/* What a scripted answer leaves out is not there. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#define PLAY(...)                                                                                            \
    do {                                                                                                     \
        static const struct play plays_[] = {__VA_ARGS__};                                                   \
        net.plays = plays_;                                                                                  \
        net.n = sizeof plays_ / sizeof *plays_;                                                              \
        net.asked = 0;                                                                                       \
    } while (0)

static int open_server(void **state) {
    (void)state;
    random_start();
    a = arena_new(0);
    struct http_options o = {.listen = S("127.0.0.1:0"), .workers = 2, .handler = serve};
    if (http_server_start(&o, &net.server)) return -1;
    clock_of_test = clock_fixed(&now_ms);
    net.account = (struct social_account){
        .kind = SOCIAL_MASTODON,
        .server = str_fmt(a, "http://127.0.0.1:%d", http_server_port(net.server)),
        .secret = mastodon_home_write(a, &(struct mastodon_home){S("CANARY"), S("7"), S("toys.example")}),
        .limits = S("")};
    net.call = (struct social_call){
        .arena = a, .account = &net.account, .clock = &clock_of_test, .inside = true, .timeout_seconds = 5};
    return 0;
}

static int close_server(void **state) {
    (void)state;
    http_server_stop(net.server);
    arena_free(a);
    return 0;
}

#define NOTICE(id, sid)                                                                                      \
    "{\"id\":\"" id                                                                                          \
    "\",\"type\":\"mention\",\"created_at\":\"2027-01-15T08:00:00.000Z\",\"status\":{\"id\":\"" sid          \
    "\",\"created_at\":\"2027-01-15T08:00:00.000Z\",\"visibility\":\"public\",\"content\":\"<p>n" id         \
    "</p>\",\"account\":{\"id\":\"55\",\"acct\":\"luka@far.example\"}}}"
#define OURS                                                                                                 \
    "{\"id\":\"90\",\"type\":\"mention\",\"status\":{\"id\":\"1\",\"created_at\":\"2027-01-15T08:00:00."     \
    "000Z\",\"content\":\"x\",\"account\":{\"id\":\"7\",\"acct\":\"help\"}}}"

static struct social_page page;
static struct social_report report;

static void fetching(void **state) {
    (void)state;
    const struct social_network *m = &social_mastodon;
    PLAY({"GET /api/v1/notifications?", 200,
          "[" NOTICE("12", "102") ",{\"id\":\"11\",\"type\":\"favourite\"},{\"id\":\"10\",\"type\":"
                                  "\"mention\",\"status\":{}},"
                                  "7," OURS "," NOTICE("9", "101") "]"});
    assert_ok(m->fetch(&net.call, S("8"), 0, &page, &report));
    assert_int_equal(report.result, SOCIAL_DONE);
    assert_int_equal(page.posts.n, 2);
    assert_str(page.posts.v[0].text, "n9"); /* oldest first */
    assert_str(page.posts.v[1].text, "n12");
    assert_str(page.cursor, "90");
    assert_non_null(strstr(net.last[0], "min_id=8"));
    assert_non_null(strstr(net.last[0], "Bearer CANARY"));
    /* Nothing new. */
    PLAY({"GET /api/v1/notifications?", 200, "[]"});
    assert_ok(m->fetch(&net.call, S("90"), 0, &page, &report));
    assert_str(page.cursor, "90");
    assert_false(page.more);
    /* The same page for ever: it is seen, and nothing moves. */
    PLAY({"GET /api/v1/notifications?", 200, "[" NOTICE("12", "102") "]"});
    assert_ok(m->fetch(&net.call, S("90"), 0, &page, &report));
    assert_int_equal(page.posts.n, 0);
    assert_str(page.cursor, "90");
    assert_true(page.more);
    /* Newly connected: back to that moment, and not further. */
    PLAY({"GET "
          "/api/v1/notifications?limit=40&types%5B%5D=mention&types%5B%5D=quote&types%5B%5D=update&max_id=9",
          200, "[" NOTICE("8", "100") "]"},
         {"GET /api/v1/notifications?", 200, "[" NOTICE("12", "102") "," NOTICE("9", "101") "]",
          "<http://x/api/v1/notifications?max_id=9>; rel=\"next\""});
    assert_ok(m->fetch(&net.call, S(""), 1799999999000, &page, &report));
    assert_int_equal(page.posts.n, 2);
    assert_true(page.more);
    assert_true(str_starts(page.cursor, S("back 1 12 9 ")));
    assert_ok(m->fetch(&net.call, page.cursor, 0, &page, &report));
    assert_int_equal(page.posts.n, 1);
    assert_true(page.more);
    assert_ok(m->fetch(&net.call, page.cursor, 0, &page, &report)); /* the same again: it ends */
    assert_str(page.cursor, "12");
    assert_ok(m->fetch(&net.call, S(""), 1900000000000, &page, &report));
    assert_int_equal(page.posts.n, 0);
    assert_str(page.cursor, "12");
    assert_int_equal(m->fetch(&net.call, S("back x"), 0, &page, &report), ERR_INVALID);
    assert_int_equal(m->fetch(&net.call, S("a b"), 0, &page, &report), ERR_INVALID);
}

static void bad_servers(void **state) {
    (void)state;
    const struct social_network *m = &social_mastodon;
    PLAY(
        {"GET /", 429, "{\"error\":\"Too many\"}", NULL, "X-RateLimit-Reset", "2027-01-15T08:05:00.000000Z"});
    assert_ok(m->fetch(&net.call, S("8"), 0, &page, &report));
    assert_int_equal(report.result, SOCIAL_LATER);
    assert_int_equal(report.retry_at, 1800000300000);
    PLAY({"GET /", 500, "<h1>oops</h1>"});
    assert_ok(m->fetch(&net.call, S("8"), 0, &page, &report));
    assert_int_equal(report.result, SOCIAL_LATER);
    /* It repeats what it was asked with: nobody is shown that. */
    str before = net.account.secret;
    net.account.secret =
        mastodon_home_write(a, &(struct mastodon_home){S("CANARY-of-ours"), S("7"), S("toys.example")});
    PLAY({"GET /", 400, "{\"error\":\"Bearer CANARY-of-ours may not\"}"});
    assert_ok(m->fetch(&net.call, S("8"), 0, &page, &report));
    assert_true(str_find(report.says, S("CANARY"), 0) == SIZE_MAX && report.says.n);
    net.account.secret = before;
    static const char *const nonsense[] = {
        "", "{}", "null", "[", "[[],{},7,null]", "<html>", "{\"error\":1}", "\"x\""};
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        struct play p = {"GET /", 200, nonsense[i], NULL, NULL, NULL};
        net.plays = &p, net.n = 1;
        assert_ok(m->fetch(&net.call, S("8"), 0, &page, &report));
        assert_int_equal(report.result, SOCIAL_LATER);
    }
    PLAY({"GET /", 401, "{\"error\":\"The access token is invalid\"}"});
    assert_ok(m->fetch(&net.call, S("8"), 0, &page, &report));
    assert_int_equal(report.result, SOCIAL_SIGN_IN);
    assert_non_null(strstr(report.says.p, "The access token is invalid"));
    PLAY({"GET /", 302, "", NULL, "Location", "http://127.0.0.1:1/"});
    assert_ok(m->fetch(&net.call, S("8"), 0, &page, &report));
    assert_int_equal(report.result, SOCIAL_LATER);
    /* Nobody listens: nothing was done, even of a post. */
    str there = net.account.server;
    net.account.server = S("http://127.0.0.1:1");
    struct social_wish w = wish_of("hello");
    struct social_published done;
    assert_ok(m->publish(&net.call, &w, &done, &report));
    assert_int_equal(report.result, SOCIAL_LATER);
    net.account.server = there;
}

#define PARENT                                                                                               \
    "{\"id\":\"101\",\"created_at\":\"2027-01-15T08:00:00.000Z\",\"visibility\":\"unlisted\",\"content\":"   \
    "\"x\",\"account\":{"                                                                                    \
    "\"id\":\"55\",\"acct\":\"luka@far.example\"},\"mentions\":[{\"id\":\"7\",\"acct\":\"help\"},{\"id\":"   \
    "\"8\",\"acct\":\"mum\"}]}"

static void publishing(void **state) {
    (void)state;
    const struct social_network *m = &social_mastodon;
    struct social_published done;
    struct social_wish w = wish_of("we are sorry");
    w.reply_to.id = S("101");
    w.language = S("en-GB");
    PLAY({"GET /api/v1/statuses/101", 200, PARENT},
         {"POST /api/v1/statuses", 200, "{\"id\":\"200\",\"url\":\"https://toys.example/@help/200\"}"});
    assert_ok(m->publish(&net.call, &w, &done, &report));
    assert_int_equal(report.result, SOCIAL_DONE);
    assert_str(done.id, "200");
    assert_str(done.url, "https://toys.example/@help/200");
    /* Asked for as public; the post answered is unlisted, so the answer is. */
    assert_string_equal(net.last[1],
                        "POST /api/v1/statuses status=@luka@far.example @mum@toys.example we are sorry "
                        "visibility=unlisted in_reply_to_id=101 language=en once=longhand-5 Bearer CANARY");
    PLAY({"GET /", 404, "{\"error\":\"Record not found\"}"});
    assert_ok(m->publish(&net.call, &w, &done, &report));
    assert_int_equal(report.result, SOCIAL_GONE);
    assert_int_equal(net.asked, 1); /* nothing was posted */
    PLAY({"GET /", 200, PARENT}, {"POST /", 422, "{\"error\":\"Validation failed: Text is bad\"}"});
    assert_ok(m->publish(&net.call, &w, &done, &report));
    assert_int_equal(report.result, SOCIAL_REFUSED);
    assert_non_null(strstr(report.says.p, "Text is bad"));
    static const struct {
        int status;
        const char *body;
        social_result is;
    } answers[] = {{500, "", SOCIAL_UNCERTAIN},
                   {502, "x", SOCIAL_UNCERTAIN},
                   {503, "", SOCIAL_LATER},
                   {429, "", SOCIAL_LATER},
                   {200, "nonsense", SOCIAL_UNCERTAIN},
                   {200, "{}", SOCIAL_UNCERTAIN},
                   {200, "{\"id\":\"../x\"}", SOCIAL_UNCERTAIN},
                   {401, "", SOCIAL_SIGN_IN},
                   {403, "{\"error\":\"This action is outside the authorized scopes\"}", SOCIAL_SIGN_IN},
                   {403, "{\"error\":\"This action is not allowed\"}", SOCIAL_REFUSED},
                   {404, "", SOCIAL_GONE}};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct play p[] = {{"GET /", 200, PARENT, NULL, NULL, NULL},
                           {"POST /", answers[i].status, answers[i].body, NULL, NULL, NULL}};
        net.plays = p, net.n = 2;
        assert_ok(m->publish(&net.call, &w, &done, &report));
        if (report.result != answers[i].is)
            fail_msg("%d gives %s", answers[i].status, social_result_text(report.result));
    }
    PLAY({"GET /", 200, PARENT});
    w.text = str_fmt(a, "%0500d", 1);
    assert_ok(m->publish(&net.call, &w, &done, &report));
    assert_int_equal(report.result, SOCIAL_REFUSED);
    assert_non_null(strstr(report.says.p, "506 characters; this server takes 500"));
    w.reply_to.id = S("1/../2");
    assert_int_equal(m->publish(&net.call, &w, &done, &report), ERR_INVALID);
}

static void pictures(void **state) {
    (void)state;
    struct social_published done;
    struct social_wish w = wish_of("look");
    const struct social_image images[] = {{S("\x89PNG"), S("image/png"), S("a new wheel")}};
    w.images = images;
    w.nimages = 1;
    w.spoiler = S("toys");
    PLAY({"POST /api/v2/media", 202, "{\"id\":\"31\",\"url\":null}"},
         {"GET /api/v1/media/31", 200, "{\"id\":\"31\"}"},
         {"POST /api/v1/statuses", 200, "{\"id\":\"201\"}"});
    assert_ok(social_mastodon.publish(&net.call, &w, &done, &report));
    assert_int_equal(report.result, SOCIAL_DONE);
    assert_non_null(strstr(net.last[0], "description=a new wheel"));
    assert_non_null(strstr(net.last[2], "spoiler_text=toys"));
    assert_non_null(strstr(net.last[2], "media_ids[]=31"));
    PLAY({"POST /api/v2/media", 422, "{\"error\":\"File content type is invalid\"}"});
    assert_ok(social_mastodon.publish(&net.call, &w, &done, &report));
    assert_int_equal(report.result, SOCIAL_REFUSED);
    PLAY({"POST /api/v2/media", 500, ""});
    assert_ok(social_mastodon.publish(&net.call, &w, &done, &report));
    assert_int_equal(report.result, SOCIAL_LATER); /* nothing was posted */
}

#define STATUS(id, at, re, text)                                                                             \
    "{\"id\":\"" id "\",\"created_at\":\"2027-01-15T" at                                                     \
    "Z\",\"visibility\":\"public\",\"in_reply_to_id\":" re ",\"content\":\"<p>" text                         \
    "</p>\",\"account\":{\"id\":\"7\",\"acct\":\"help\"}}"

static void finding(void **state) {
    (void)state;
    struct social_published done = {0};
    struct social_wish w = wish_of("we are sorry");
    w.reply_to.id = S("101");
    net.plays = (const struct play[]){
        {"GET /api/v1/accounts/7/statuses?", 200,
         "[" STATUS("210", "08:10:00", "null", "we are sorry") "," STATUS(
             "209", "08:00:01", "\"101\"", "@luka @mum we are<br>sorry") "," STATUS("208", "07:00:00", "null",
                                                                                    "old") "]",
         NULL, NULL, NULL}};
    net.n = 1;
    assert_ok(social_mastodon.find(&net.call, &w, &done, &report));
    assert_int_equal(report.result, SOCIAL_DONE);
    assert_str(done.id, "209");
    w.text = S("something else");
    assert_ok(social_mastodon.find(&net.call, &w, &done, &report));
    assert_int_equal(report.result, SOCIAL_GONE); /* read back to before it was written: not there */
    PLAY({"GET /", 200, "[" STATUS("210", "08:10:00", "null", "other") "]"});
    assert_ok(social_mastodon.find(&net.call, &w, &done, &report));
    assert_int_equal(report.result, SOCIAL_LATER); /* the same page for ever: nobody knows */
    assert_int_equal(net.asked, 2);                /* and it is not asked for a third time */
    PLAY({"GET /", 500, ""});
    assert_ok(social_mastodon.find(&net.call, &w, &done, &report));
    assert_int_equal(report.result, SOCIAL_LATER);
    PLAY({"GET /", 404, ""});
    assert_ok(social_mastodon.find(&net.call, &w, &done, &report));
    assert_int_equal(report.result, SOCIAL_LATER); /* no answer to the question, so no "not there" */
}

static void looking(void **state) {
    (void)state;
    post_list got = {0};
    const str both[] = {S("101"), S("102")};
    PLAY({"GET /api/v1/statuses?", 200, "[" PARENT "]"}, {"GET /api/v1/statuses/102", 404, ""});
    assert_ok(social_mastodon.look(&net.call, both, 2, &got, &report));
    assert_int_equal(report.result, SOCIAL_DONE);
    assert_int_equal(got.n, 2);
    assert_false(got.v[0].deleted);
    assert_str(got.v[1].id, "102");
    assert_true(got.v[1].deleted);
    /* A server of before 4.3, and one that answers about another post. */
    PLAY({"GET /api/v1/statuses?", 404, ""}, {"GET /api/v1/statuses/101", 200, PARENT},
         {"GET /", 200, PARENT});
    assert_ok(social_mastodon.look(&net.call, both, 2, &got, &report));
    assert_int_equal(report.result, SOCIAL_LATER);
    PLAY({"GET /", 503, ""});
    assert_ok(social_mastodon.look(&net.call, both, 2, &got, &report));
    assert_int_equal(report.result, SOCIAL_LATER);
    const str bad[] = {S("1?x")};
    assert_int_equal(social_mastodon.look(&net.call, bad, 1, &got, &report), ERR_INVALID);
}

static void signing_in(void **state) {
    (void)state;
    str server = net.account.server;
    struct social_account mine = {.kind = SOCIAL_MASTODON};
    struct social_call c = net.call;
    c.account = &mine;
    struct social_sign_in typed = {server, S(""), S(" tok ")};
    PLAY({"GET /api/v2/instance", 200,
          "{\"domain\":\"toys.example\",\"configuration\":{\"statuses\":{\"max_characters\":600}}}"},
         {"GET /api/v1/accounts/verify_credentials", 200,
          "{\"id\":\"7\",\"acct\":\"Help\",\"followers_count\":3300,\"statuses_count\":5}"});
    assert_ok(social_mastodon.sign_in(&c, &typed, &report));
    assert_int_equal(report.result, SOCIAL_DONE);
    assert_str(mine.id, "https://toys.example/@help");
    assert_str(mine.account, "help@toys.example");
    assert_int_equal(social_mastodon.limits(&mine).graphemes, 600);
    struct social_profile p;
    assert_ok(social_mastodon.profile(&c, S(""), &p, &report));
    assert_int_equal(p.followers, 3300);
    PLAY({"GET /api/v2/instance", 404, ""}, {"GET /api/v1/instance", 200, "{\"uri\":\"x\"}"},
         {"GET /api/v1/accounts/verify_credentials", 401, "{\"error\":\"The access token is invalid\"}"});
    assert_ok(social_mastodon.sign_in(&c, &typed, &report));
    assert_int_equal(report.result, SOCIAL_SIGN_IN);
    assert_null(strstr(report.says.p, "tok "));
    typed.password = S("two words");
    assert_ok(social_mastodon.sign_in(&c, &typed, &report));
    assert_int_equal(report.result, SOCIAL_REFUSED);
    typed = (struct social_sign_in){S(""), S("help"), S("tok")};
    assert_ok(social_mastodon.sign_in(&c, &typed, &report));
    assert_int_equal(report.result, SOCIAL_REFUSED);
    /* Inside the operator's network nobody is asked. */
    c.inside = false;
    typed = (struct social_sign_in){S("127.0.0.1"), S(""), S("tok")};
    assert_ok(social_mastodon.sign_in(&c, &typed, &report));
    assert_int_equal(report.result, SOCIAL_REFUSED);
}

static void consenting(void **state) {
    (void)state;
    str server = net.account.server, url, pending;
    struct social_account mine = {.kind = SOCIAL_MASTODON};
    struct social_call c = net.call;
    c.account = &mine;
    struct social_sign_in typed = {server, S(""), S("")};
    PLAY(
        {"POST /api/v1/apps", 200, "{\"client_id\":\"CID\",\"client_secret\":\"CSEC\"}"},
        {"POST /oauth/token", 200, "{\"access_token\":\"TOK\",\"token_type\":\"Bearer\",\"scope\":\"read\"}"},
        {"GET /api/v2/instance", 200, "{\"domain\":\"toys.example\"}"},
        {"GET /api/v1/accounts/verify_credentials", 200, "{\"id\":\"7\",\"acct\":\"help\"}"});
    assert_ok(social_mastodon.consent_begin(&c, &typed, S("https://desk.example/x"),
                                            S("https://desk.example/back"), S("STATE"), &url, &pending,
                                            &report));
    assert_int_equal(report.result, SOCIAL_DONE);
    assert_non_null(strstr(str_cstr(a, url), "/oauth/authorize?response_type=code&client_id=CID"));
    assert_non_null(strstr(str_cstr(a, url), "state=STATE"));
    assert_ok(social_mastodon.consent_end(&c, pending, S("error=access_denied&state=STATE"), &report));
    assert_int_equal(report.result, SOCIAL_REFUSED);
    assert_ok(social_mastodon.consent_end(&c, pending, S("code=abc&state=STATE"), &report));
    assert_int_equal(report.result, SOCIAL_DONE);
    assert_str(mine.id, "https://toys.example/@help");
    struct mastodon_home there;
    assert_true(mastodon_home_read(a, mine.secret, &there));
    assert_str(there.token, "TOK");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),      cmocka_unit_test(links),      cmocka_unit_test(lengths),
        cmocka_unit_test(statuses),   cmocka_unit_test(ids),        cmocka_unit_test(rules),
        cmocka_unit_test(wishes),     cmocka_unit_test(fetching),   cmocka_unit_test(bad_servers),
        cmocka_unit_test(publishing), cmocka_unit_test(pictures),   cmocka_unit_test(finding),
        cmocka_unit_test(looking),    cmocka_unit_test(signing_in), cmocka_unit_test(consenting),
    };
    return cmocka_run_group_tests(tests, open_server, close_server);
}
