/* Webhooks: the signature, what comes in (kept once, or refused without a word to strangers), what goes out,
 * and the pages. On both engines. */
#include "unit/web_kit.h"

#include <pthread.h>

#include "desk/hook.h"
#include "http/http.h"
#include "jobs/jobs.h"
#include "store/channel.h"
#include "store/post.h"

/* ---- the signature ---- */

static struct hook_keys keys_of(const char *secret) {
    return (struct hook_keys){.secret = str_z(secret), .old = S(""), .token = S("t")};
}

#define KNOWN "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

static hook_verdict judge(const struct hook_keys *k, const char *id, const char *at, const char *sig,
                          const char *body, int64_t now) {
    int64_t off;
    struct hook_headers h = {str_z(id), str_z(at), str_z(sig)};
    return hook_verify(kit.a, k, &h, str_z(body), now, &off);
}

static void test_signature(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct hook_keys k = keys_of(KNOWN);
    const char *body = "{\"test\": 2432232314}", *id = "msg_p5jXN8AQM9LWM0D4loKWxJek", *at = "1614265330";
    const char *sig = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    int64_t now = 1614265330000;
    /* The value that other implementations of the specification have for this. */
    assert_str(hook_signature(kit.a, &k, str_z(id), now, str_z(body)), sig);
    assert_int_equal(judge(&k, id, at, sig, body, now), HOOK_GOOD);
    assert_int_equal(
        judge(&k, id, at, "v1a,xx v2,yy v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", body, now),
        HOOK_GOOD);
    assert_int_equal(judge(&k, id, at, sig, body, now + 300999), HOOK_GOOD);
    assert_int_equal(judge(&k, id, at, sig, body, now + 301000), HOOK_STALE);
    assert_int_equal(judge(&k, id, at, sig, body, now - 301000), HOOK_STALE);
    assert_int_equal(judge(&k, id, at, sig, "{\"test\": 2432232315}", now), HOOK_FORGED);
    assert_int_equal(judge(&k, "msg_other", at, sig, body, now), HOOK_FORGED);
    assert_int_equal(judge(&k, id, "1614265331", sig, body, now), HOOK_FORGED);
    assert_int_equal(judge(&k, id, "01614265330", sig, body, now),
                     HOOK_FORGED); /* as it was signed, or not */
    static const struct {
        const char *id, *at, *sig;
    } none[] = {{"", "1614265330", "v1,x"}, {"a.b", "1614265330", "v1,x"}, {"a b", "1614265330", "v1,x"},
                {"a", "", "v1,x"},          {"a", "16x", "v1,x"},          {"a", "-1", "v1,x"},
                {"a", "1614265330", ""},    {"a", "9999999999999", "v1,x"}};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(judge(&k, none[i].id, none[i].at, none[i].sig, body, now), HOOK_UNSIGNED);
    static const char *const bad[] = {"v1,",
                                      "v1",
                                      ",",
                                      "v1,g0hM9SsE",
                                      "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
                                      "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OF=",
                                      "v1,\x01\x02"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(judge(&k, id, at, bad[i], body, now), HOOK_FORGED);
    /* The secret before the present one, as long as it is good. */
    struct hook_keys two = keys_of("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    two.old = S(KNOWN);
    two.old_until = now + 1;
    assert_int_equal(judge(&two, id, at, sig, body, now), HOOK_GOOD);
    assert_true(has(hook_signature(kit.a, &two, str_z(id), now, str_z(body)), " v1,g0hM9SsE"));
    two.old_until = now;
    assert_int_equal(judge(&two, id, at, sig, body, now), HOOK_FORGED);
    assert_true(hook_secret_fits(hook_secret_new(kit.a)));
    assert_false(hook_secret_fits(S("whsec_c2hvcnQ=")));
    assert_false(hook_secret_fits(S("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")));
}

/* ---- calling ---- */

static struct {
    int64_t inbox;
    str secret, token;
} hook;

static str token_now(void) {
    struct hook_view v;
    assert_ok(hook_get(&kit.d, kit.a, site.toys.brand.id, hook.inbox, &v));
    size_t at = str_find(v.address, S("/hook/"), 0);
    return str_slice(v.address, at + 6, v.address.n);
}

static void make(const char *name, const char *url) {
    assert_ok(hook_add(&kit.d, kit.a, &site.ines.actor, str_z(name), str_z(url), &hook.inbox, &hook.secret));
    hook.token = token_now();
}

struct sending {
    str secret, token, body, peer;
    const char *id, *type;
    int64_t late_ms;
    bool unsigned_;
};

static struct hit send_it(struct sending s) {
    struct hook_keys k = {.secret = s.secret.n ? s.secret : hook.secret, .old = S("")};
    int64_t at = kit.now - s.late_ms;
    str id = str_z(s.id ? s.id : "one");
    struct http_request q = {.arena = kit.a,
                             .method = HTTP_POST,
                             .path = str_fmt(kit.a, "/hook/%.*s", STR_FMT(s.token.n ? s.token : hook.token)),
                             .peer = s.peer.n ? s.peer : S("192.0.2.9"),
                             .body = s.body,
                             .content_type = str_z(s.type ? s.type : "application/json")};
    struct http_response r = {.status = 200, .body = BUF_MAX(1 << 20)};
    if (!s.unsigned_) {
        add_pair(kit.a, &q.headers, S("Webhook-Id"), id);
        add_pair(kit.a, &q.headers, S("Webhook-Timestamp"), str_fmt(kit.a, "%lld", (long long)(at / 1000)));
        add_pair(kit.a, &q.headers, S("Webhook-Signature"), hook_signature(kit.a, &k, id, at, s.body));
    }
    web_handle(site.web, &q, &r);
    struct hit h = {r.status, str_copy(kit.a, buf_str(&r.body)), r.type, S(""), r.headers};
    buf_free(&r.body);
    return h;
}
#define call(...) send_it((struct sending){__VA_ARGS__})

static str post_of(const char *id, const char *text) {
    return str_fmt(
        kit.a,
        "{\"id\":\"%s\",\"author\":{\"id\":\"milo\",\"handle\":\"milo\"},\"text\":\"%s\",\"created_at\":"
        "\"2026-11-20T10:00:00Z\",\"kind\":\"review\",\"rating\":2,\"rating_max\":5}",
        id, text);
}

static int64_t kept(void) {
    struct store_channel row;
    assert_ok(channel_get(&kit.d, kit.a, site.toys.brand.id, hook.inbox, &row));
    return row.kept;
}

static int64_t unread(void) {
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    db_query *q = db_sql(c, "SELECT COUNT(*) AS n FROM raw WHERE brand_id = $1 AND inbox_id = $2");
    db_bind_int(q, 1, site.toys.brand.id);
    db_bind_int(q, 2, hook.inbox);
    assert_true(db_row(q));
    int64_t n = db_int(q, "n");
    assert_ok(db_done(q));
    return n;
}

static void test_taking(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    make("App store", "");
    str one = post_of("r1", "It broke");
    struct hit h = call(.body = one, .id = "call-1");
    assert_status(h, 200);
    assert_has(h, "\"kept\":1");
    assert_int_equal(unread(), 1);
    /* The same again, later and signed anew: told yes, kept once. */
    h = call(.body = one, .id = "call-1");
    assert_status(h, 200);
    assert_has(h, "\"repeat\":true");
    /* Even with another body: the id counts. */
    h = call(.body = post_of("r2", "else"), .id = "call-1");
    assert_has(h, "\"repeat\":true");
    assert_int_equal(unread(), 1);
    /* Many at once, or none of them. */
    h = call(.body = str_fmt(kit.a, "[%.*s,%.*s]", STR_FMT(post_of("r3", "a")), STR_FMT(post_of("r4", "b"))),
             .id = "call-2");
    assert_has(h, "\"kept\":2");
    assert_int_equal(unread(), 3);
    assert_int_equal(kept(), 3);
    h = call(.body = str_fmt(kit.a, "[%.*s,{\"id\":\"r6\"}]", STR_FMT(post_of("r5", "a"))), .id = "call-3");
    assert_status(h, 422);
    assert_has(h, "Post 2 of 2: ");
    assert_int_equal(unread(), 3);
    /* What was wrong may be sent again under its id, put right. */
    h = call(.body = post_of("r5", "a"), .id = "call-3");
    assert_has(h, "\"kept\":1");
    static const char *const bad[] = {
        "", "x", "[]", "{}", "[1]", "null", "7", "[[]]", "{\"id\":\"a\"", "{\"id\":\"a\",\"id\":\"b\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        h = call(.body = str_z(bad[i]), .id = "bad");
        assert_status(h, 422);
    }
    /* Whatever it calls itself: the bytes are read as they came. */
    assert_status(call(.body = post_of("r7", "a"), .id = "call-4", .type = "text/plain"), 200);
    assert_int_equal(unread(), 5);
}

static struct store_post row_of(const char *id) {
    DB_READ_AUTO db_conn *c = NULL;
    struct store_post p;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_post_by_id(c, kit.a, site.toys.brand.id, hook.inbox, str_z(id), &p));
    return p;
}

static str gone_of(const char *id) {
    return str_fmt(kit.a, "{\"id\":\"%s\",\"author\":{\"id\":\"milo\"},\"deleted\":true}", id);
}

/* What is told in the wrong order: its deletion is not undone by words that were on their way. */
static void test_a_deletion_that_comes_first(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int n;
    make("Late", "");
    assert_status(call(.body = gone_of("d1"), .id = "gone-1"), 200);
    assert_status(call(.body = post_of("d2", "It broke"), .id = "came-2"), 200);
    assert_ok(jobs_run_kind(&kit.d, str_z(getenv("LONGHAND")), S("read"), &n));
    assert_status(call(.body = post_of("d1", "I regret this"), .id = "came-1"), 200);
    assert_status(call(.body = gone_of("d2"), .id = "gone-2"), 200);
    assert_ok(jobs_run_kind(&kit.d, str_z(getenv("LONGHAND")), S("read"), &n));
    assert_int_equal(row_of("d1").message_id, 0);
    assert_true(row_of("d2").message_id && row_of("d2").deleted_at);
    assert_int_equal(unread(), 1); /* the bytes of d2, wiped; nothing of d1 */
}

/* ---- the same call at the same moment ---- */

enum { AT_ONCE = 8 };
struct at_once {
    pthread_t thread;
    struct hook_call call;
    struct hook_taken taken;
    arena *a;
};

static void *take_one(void *context) {
    struct at_once *x = context;
    hook_take(&kit.d, x->a, &x->call, &x->taken);
    return NULL;
}

static void test_at_once(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    make("At once", "");
    struct at_once all[AT_ONCE] = {0};
    struct hook_keys k = {.secret = hook.secret, .old = S("")};
    for (int i = 0; i < AT_ONCE; i++) {
        struct hook_call *c = &all[i].call;
        all[i].a = arena_new(0);
        *c = (struct hook_call){.token = hook.token, .peer = S("192.0.2.8")};
        c->body = post_of(str_cstr(kit.a, str_fmt(kit.a, "at-%d", i)), "a");
        c->headers = (struct hook_headers){S("same"), str_fmt(kit.a, "%lld", (long long)(kit.now / 1000)),
                                           hook_signature(kit.a, &k, S("same"), kit.now, c->body)};
    }
    for (int i = 0; i < AT_ONCE; i++)
        assert_int_equal(pthread_create(&all[i].thread, NULL, take_one, &all[i]), 0);
    int kept_now = 0;
    for (int i = 0; i < AT_ONCE; i++) {
        pthread_join(all[i].thread, NULL);
        assert_int_equal(all[i].taken.outcome, HOOK_TAKEN);
        kept_now += !all[i].taken.repeat;
        arena_free(all[i].a);
    }
    assert_int_equal(kept_now, 1);
    assert_int_equal(unread(), 1);
}

static void test_strangers(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    make("Chat", "");
    str one = post_of("s1", "hello"), mine = hook.token;
    struct hit forged = call(.body = one, .secret = S(KNOWN), .peer = S("192.0.2.1"));
    struct hit no_header = call(.body = one, .unsigned_ = true, .peer = S("192.0.2.1"));
    struct hit unknown = call(.body = one, .token = S("1-2-AAAAAAAAAAAAAAAAAAAAAA"), .peer = S("192.0.2.2"));
    struct hit no_token = call(.body = one, .token = S("x"), .peer = S("192.0.2.2"));
    str shorter = str_slice(mine, 0, mine.n - 1);
    struct hit other = call(.body = one, .token = shorter, .peer = S("192.0.2.2"));
    assert_status(forged, 401);
    const struct hit *all[] = {&no_header, &unknown, &no_token, &other};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        assert_int_equal(all[i]->status, 401);
        assert_true(str_eq(all[i]->body, forged.body)); /* one answer for all of them */
    }
    assert_false(has(forged.body, "Chat"));
    /* Who signs rightly is told what is wrong. */
    struct hit h = call(.body = one, .late_ms = 400000, .peer = S("192.0.2.3"));
    assert_status(h, 401);
    assert_has(h, "400 seconds behind");
    h = call(.body = one, .late_ms = -400000, .peer = S("192.0.2.3"));
    assert_has(h, "400 seconds ahead");
    char *large = arena_alloc(kit.a, HOOK_BODY_MAX + 1);
    memset(large, ' ', HOOK_BODY_MAX + 1);
    h = call(.body = ((str){large, HOOK_BODY_MAX + 1}), .peer = S("192.0.2.3"));
    assert_status(h, 413);
    assert_int_equal(unread(), 0);
    /* A body that is no JSON of a stranger's is not looked at. */
    assert_status(call(.body = S("{{{"), .secret = S(KNOWN), .peer = S("192.0.2.4")), 401);
    /* A page of another site cannot even try. */
    assert_status(shoot(HTTP_POST, "/hook/1-2-x", .header = "Sec-Fetch-Site", .value = "cross-site"), 403);
    assert_status(shoot(HTTP_GET, "/hook/1-2-x"), 405);
}

static void test_flood(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    make("Flooded", "");
    int refused = 0, unheard = 0;
    int64_t began = clock_monotonic_ms();
    for (int i = 0; i < 10000; i++) {
        struct hit h = call(.body = S("{}"), .secret = S(KNOWN), .peer = S("198.51.100.7"),
                            .token = i % 2 ? hook.token : S("7-7-AAAAAAAAAAAAAAAAAAAAAA"));
        refused += h.status == 401;
        unheard += h.status == 429;
        if (h.status == 429) assert_true(str_eq(hit_header(&h, "Retry-After"), S("60")));
    }
    print_message("10,000 forged calls: %lld ms, %d heard\n", (long long)(clock_monotonic_ms() - began),
                  refused);
    assert_int_equal(refused, HOOK_FAILURES);
    assert_int_equal(unheard, 10000 - HOOK_FAILURES);
    /* From elsewhere all goes on; and from there again, once the webhook was used rightly. */
    assert_status(call(.body = post_of("f1", "a"), .id = "f-1"), 200);
    assert_status(call(.body = post_of("f2", "a"), .id = "f-2", .peer = S("198.51.100.7")), 200);
    assert_status(call(.body = S("{}"), .token = S("7-7-A"), .peer = S("198.51.100.7")), 429);
    kit.now += HOOK_FAILURE_MS + 1;
    assert_status(call(.body = S("{}"), .token = S("7-7-A"), .peer = S("198.51.100.7")), 401);
}

static void test_turning(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    make("Turning", "");
    struct hook_view v;
    str old = hook.secret, old_token = hook.token;
    assert_ok(hook_rotate(&kit.d, kit.a, &site.ines.actor, hook.inbox, false, &hook.secret));
    assert_false(str_eq(old, hook.secret));
    assert_status(call(.body = post_of("t1", "a"), .id = "t-1", .secret = old), 200);
    assert_status(call(.body = post_of("t2", "a"), .id = "t-2"), 200);
    assert_ok(hook_get(&kit.d, kit.a, site.toys.brand.id, hook.inbox, &v));
    assert_int_equal(v.old_until, kit.now + HOOK_OLD_SECRET_MS);
    kit.now += HOOK_OLD_SECRET_MS;
    assert_status(call(.body = post_of("t3", "a"), .id = "t-3", .secret = old), 401);
    old = hook.secret;
    assert_ok(hook_rotate(&kit.d, kit.a, &site.ines.actor, hook.inbox, true, &hook.secret));
    assert_status(call(.body = post_of("t3", "a"), .id = "t-3", .secret = old), 401);
    assert_ok(hook_new_address(&kit.d, kit.a, &site.ines.actor, hook.inbox));
    assert_status(call(.body = post_of("t3", "a"), .id = "t-3"), 401);
    hook.token = token_now();
    assert_false(str_eq(hook.token, old_token));
    assert_status(call(.body = post_of("t3", "a"), .id = "t-3"), 200);
    /* Nothing of it can be read back. */
    assert_int_equal(v.row.secret.n, 0);
    assert_ok(channel_pause(&kit.d, kit.a, &site.ines.actor, hook.inbox, true));
    struct hit h = call(.body = post_of("t4", "a"), .id = "t-4");
    assert_status(h, 503);
    assert_has(h, "paused");
    assert_ok(channel_pause(&kit.d, kit.a, &site.ines.actor, hook.inbox, false));
    assert_status(call(.body = post_of("t4", "a"), .id = "t-4"), 200);
    assert_ok(channel_remove(&kit.d, kit.a, &site.ines.actor, hook.inbox));
    assert_status(call(.body = post_of("t5", "a"), .id = "t-5"), 401);
    assert_int_equal(hook_rotate(&kit.d, kit.a, &site.ines.actor, hook.inbox, false, &old), ERR_MISSING);
    assert_int_equal(hook_rotate(&kit.d, kit.a, &site.hugo.actor, hook.inbox, false, &old), ERR_MISSING);
}

/* ---- what goes out ---- */

static struct {
    http_server *server;
    pthread_mutex_t lock;
    str secret;
    int asked, status;
    bool right;
    const char *says;
    char id[100], body[2000];
} them = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void take(void *context, struct http_request *q, struct http_response *r) {
    (void)context;
    pthread_mutex_lock(&them.lock);
    struct hook_keys k = {.secret = them.secret, .old = S("")};
    struct hook_headers h = {http_header(q, S("webhook-id")), http_header(q, S("webhook-timestamp")),
                             http_header(q, S("webhook-signature"))};
    int64_t off;
    them.right = hook_verify(q->arena, &k, &h, q->body, kit.now, &off) == HOOK_GOOD;
    snprintf(them.id, sizeof them.id, "%.*s", STR_FMT(h.id));
    snprintf(them.body, sizeof them.body, "%.*s", STR_FMT(q->body));
    them.asked++;
    r->status = them.status;
    r->type = S("application/json");
    buf_add_z(&r->body, them.says ? them.says : "");
    pthread_mutex_unlock(&them.lock);
}

static struct social_report publish(struct channel_use *use, int64_t key, struct social_published *ret) {
    struct social_report report;
    const struct social_image image = {S("abc"), S("image/png"), S("a wheel")};
    struct social_wish wish = {.key = key,
                               .at = 1800000000000,
                               .text = S("Dear Milo, \"she\" is on her way."),
                               .visibility = POST_PUBLIC,
                               .reply_to = {S("r1"), S("")},
                               .to_id = S("milo"),
                               .to_handle = S("milo"),
                               .images = &image,
                               .nimages = 1};
    *ret = (struct social_published){0};
    assert_ok(use->network->publish(&use->call, &wish, ret, &report));
    return report;
}

static void test_sending(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct http_options o = {.listen = S("127.0.0.1:0"), .workers = 2, .handler = take};
    struct channel_use use;
    struct social_published done;
    struct social_report report;
    char url[100];
    assert_ok(http_server_start(&o, &them.server));
    snprintf(url, sizeof url, "http://127.0.0.1:%d/posts", http_server_port(them.server));
    kit.d.posts_inside = true;
    make("Out", url);
    them.secret = hook.secret;
    assert_ok(channel_open(&kit.d, kit.a, site.toys.brand.id, hook.inbox, &use));
    them.status = 201, them.says = "{\"id\":\"p9\",\"url\":\"https://chat.example/p9\"}";
    report = publish(&use, 42, &done);
    assert_int_equal(report.result, SOCIAL_DONE);
    assert_true(them.right);
    assert_string_equal(them.id, "lh-42");
    assert_str(done.id, "p9");
    assert_str(done.url, "https://chat.example/p9");
    assert_non_null(strstr(them.body, "\"type\":\"post.publish\""));
    assert_non_null(strstr(them.body, "\"reply_to\":{\"id\":\"r1\""));
    assert_non_null(strstr(them.body, "\"base64\":\"YWJj\""));
    char first[2000];
    snprintf(first, sizeof first, "%s", them.body);
    static const struct {
        int status;
        const char *says;
        social_result is;
    } answers[] = {{200, "", SOCIAL_DONE},      {200, "thank you", SOCIAL_DONE}, {204, "", SOCIAL_DONE},
                   {401, "", SOCIAL_SIGN_IN},   {410, "", SOCIAL_GONE},          {400, "", SOCIAL_REFUSED},
                   {404, "", SOCIAL_LATER},     {429, "", SOCIAL_LATER},         {503, "", SOCIAL_LATER},
                   {500, "", SOCIAL_UNCERTAIN}, {301, "", SOCIAL_LATER}};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        them.status = answers[i].status, them.says = answers[i].says;
        report = publish(&use, 42, &done);
        if (report.result != answers[i].is)
            fail_msg("%d gives %s", answers[i].status, social_result_text(report.result));
        if (report.result == SOCIAL_DONE) assert_str(done.id, "lh-42");
        assert_string_equal(them.body, first); /* the same at every try, under the same id */
        assert_string_equal(them.id, "lh-42");
    }
    channel_close(&use);
    bool ok;
    str says;
    them.status = 200;
    assert_ok(hook_try(&kit.d, kit.a, &site.ines.actor, hook.inbox, &ok, &says));
    assert_true(ok);
    assert_non_null(strstr(them.body, "\"type\":\"ping\""));
    them.status = 500;
    assert_ok(hook_try(&kit.d, kit.a, &site.ines.actor, hook.inbox, &ok, &says));
    assert_false(ok);
    assert_true(has(says, "500"));
    /* An address inside the operator's network is none, unless the operator says so. */
    kit.d.posts_inside = false;
    assert_int_equal(hook_set_url(&kit.d, kit.a, &site.ines.actor, hook.inbox, S("https://127.0.0.1/x")),
                     ERR_INVALID);
    assert_ok(hook_set_url(&kit.d, kit.a, &site.ines.actor, hook.inbox, S("https://chat.example/posts")));
    assert_status(call(.body = post_of("o1", "a"), .id = "o-1"), 200); /* the secret moved along */
    assert_ok(hook_set_url(&kit.d, kit.a, &site.ines.actor, hook.inbox, S("")));
    assert_ok(channel_open(&kit.d, kit.a, site.toys.brand.id, hook.inbox, &use));
    report = publish(&use, 43, &done);
    assert_int_equal(report.result, SOCIAL_REFUSED);
    channel_close(&use);
    http_server_stop(them.server);
}

/* ---- the pages ---- */

static void test_pages(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct hit h = shoot(HTTP_GET, TOYS "/admin/hooks", .as = &site.lena);
    assert_status(h, 403);
    h = shoot(HTTP_POST, TOYS "/admin/hooks", .as = &site.ines, .form = "name=Review+site&url=ftp%3A%2F%2Fx");
    assert_status(h, 422);
    assert_has(h, "value=\"Review site\""); /* what was typed stays */
    h = shoot(HTTP_POST, TOYS "/admin/hooks", .as = &site.ines, .form = "name=Review+site");
    assert_status(h, 200);
    assert_has(h, "whsec_");
    h = shoot(HTTP_GET, TOYS "/admin/hooks", .as = &site.ines);
    assert_has(h, "Review site");
    assert_false(has(h.body, "whsec_")); /* shown once */
    h = shoot(HTTP_POST, "/api/v1" TOYS "/admin/hooks", .by = &site.ines,
              .json = "{\"name\":\"By program\"}");
    assert_status(h, 200);
    assert_has(h, "\"secret\":\"whsec_");
    make("One more", "");
    const char *at = kit_path(TOYS "/admin/hooks/%lld", hook.inbox);
    at = str_cstr(kit.a, str_z(at));
    h = shoot(HTTP_GET, at, .as = &site.ines);
    assert_has(h, "/hook/");
    assert_has(h, "openssl dgst");
    assert_true(str_find(h.body, hook.secret, 0) == SIZE_MAX);
    assert_status(shoot(HTTP_GET, kit_path(BOOKS "/admin/hooks/%lld", hook.inbox), .as = &site.hugo), 404);
    h = shoot(HTTP_POST, str_cstr(kit.a, str_fmt(kit.a, "%s/rotate", at)), .as = &site.ines,
              .form = "at_once=1");
    assert_has(h, "whsec_");
    h = shoot(HTTP_POST, str_cstr(kit.a, str_fmt(kit.a, "%s/try", at)), .as = &site.ines);
    assert_status(h, 409);
    assert_has(h, "no address to send to");
    h = shoot(HTTP_POST, at, .as = &site.ines, .form = "url=http%3A%2F%2Fx.example");
    assert_status(h, 422);
    assert_has(h, "value=\"http://x.example\"");
    h = shoot(HTTP_POST, str_cstr(kit.a, str_fmt(kit.a, "%s/pause", at)), .as = &site.ines);
    assert_status(h, 303);
    h = shoot(HTTP_GET, at, .as = &site.ines);
    assert_has(h, "Paused");
}

int main(void) {
    /* The day that goes by in test_turning ends everybody's session. */
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_signature), KIT_TEST(test_taking),    KIT_TEST(test_a_deletion_that_comes_first),
        KIT_TEST(test_at_once),   KIT_TEST(test_strangers), KIT_TEST(test_flood),
        KIT_TEST(test_sending),   KIT_TEST(test_pages),     KIT_TEST(test_turning),
    };
    const char *url = getenv("PG_URL");
    int failed = cmocka_run_group_tests_name("webhooks", tests, kit_open_site, kit_close_site);
    if (url && *url)
        failed |=
            cmocka_run_group_tests_name("webhooks, postgres", tests, kit_open_site_postgres, kit_close_site);
    return failed;
}
