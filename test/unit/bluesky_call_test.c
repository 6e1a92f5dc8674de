/* net/call, DPoP, and Bluesky's adapter against a server that misbehaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>

#include "base/random.h"
#include "format/json.h"
#include "format/rfc3339.h"
#include "http/http.h"
#include "net/call.h"
#include "social/bluesky.h"
#include "social/dpop.h"

enum { NOW_S = 1800000000 };
static arena *a;
static int64_t clock_at;
static bool same(str s, const char *z) { return str_eq(s, str_z(z)); }

/* ---- the server: one answer after the other, as the test wrote them down ---- */

struct reply {
    const char *path; /* the end of the path asked; NULL any */
    int status;
    const char *body;
    const char *header, *value; /* one, or NULL */
};
static struct {
    http_server *server;
    pthread_mutex_t lock;
    const struct reply *replies;
    size_t n, at;
    bool wrong;
    char paths[40][80];      /* what was asked */
    char authorization[200]; /* of the last */
    char body[4000];
    str dpop[40]; /* the proofs */
} peer = {.lock = PTHREAD_MUTEX_INITIALIZER};
static arena *peer_arena;

static void keep(char *to, size_t room, str s) {
    size_t n = s.n < room - 1 ? s.n : room - 1;
    if (n) memcpy(to, s.p, n);
    to[n] = '\0';
}

static void respond(void *context, struct http_request *q, struct http_response *r) {
    (void)context;
    pthread_mutex_lock(&peer.lock);
    const struct reply *one = peer.at < peer.n ? &peer.replies[peer.at] : NULL;
    if (peer.at < 40) {
        keep(peer.paths[peer.at], sizeof peer.paths[0], q->path);
        peer.dpop[peer.at] = str_copy(peer_arena, http_header(q, S("dpop")));
    }
    keep(peer.authorization, sizeof peer.authorization, http_header(q, S("authorization")));
    keep(peer.body, sizeof peer.body, q->body);
    if (!one || (one->path && !str_ends(q->path, str_z(one->path)))) peer.wrong = true;
    peer.at++;
    r->type = S("application/json");
    r->status = one ? one->status : 500;
    buf_add_z(&r->body, one ? one->body : "{}");
    if (one && one->header) http_header_add(q, r, str_z(one->header), str_z(one->value));
    pthread_mutex_unlock(&peer.lock);
}

static void script(const struct reply *replies, size_t n) {
    peer.replies = replies, peer.n = n, peer.at = 0, peer.wrong = false;
}
#define SCRIPT(...)                                                                                          \
    static const struct reply replies_[] = {__VA_ARGS__};                                                    \
    script(replies_, sizeof replies_ / sizeof *replies_)

static void all_asked(void) {
    if (peer.at != peer.n || peer.wrong) {
        for (size_t i = 0; i < peer.at && i < 40; i++) print_message("asked %s\n", peer.paths[i]);
        fail_msg("%zu questions of %zu", peer.at, peer.n);
    }
}

static str base_url(void) { return str_fmt(a, "http://127.0.0.1:%d", http_server_port(peer.server)); }

static int open_all(void **state) {
    (void)state;
    random_start();
    a = arena_new(0), peer_arena = arena_new(0);
    const struct http_options options = {.listen = S("127.0.0.1:0"), .workers = 1, .handler = respond};
    return http_server_start(&options, &peer.server) ? -1 : 0;
}

static int close_all(void **state) {
    (void)state;
    http_server_stop(peer.server);
    arena_free(a), arena_free(peer_arena);
    return 0;
}

/* ---- call ---- */

static void test_a_call(void **state) {
    (void)state;
    SCRIPT({"/x", 418, "tea", "RateLimit-Reset", "1800000060"});
    const struct call_header headers[] = {{S("Authorization"), S("Bearer one")}, {S("X-Empty"), S("")}};
    const struct call_wish wish = {.method = CALL_POST,
                                   .url = str_fmt(a, "%.*s/x?y=1", STR_FMT(base_url())),
                                   .body = S("{}"),
                                   .type = S("application/json"),
                                   .headers = headers,
                                   .nheaders = 2,
                                   .inside = true};
    struct call_answer answer;
    assert_int_equal(call_http(a, &wish, &answer), ERR_NONE);
    all_asked();
    assert_int_equal(answer.status, 418);
    assert_true(same(answer.body, "tea") && same(call_header_of(&answer, "ratelimit-reset"), "1800000060"));
    assert_true(same(call_header_of(&answer, "no-such"), ""));
    assert_string_equal(peer.authorization, "Bearer one");
    assert_string_equal(peer.body, "{}");
    assert_true(call_server_time(&answer) > 0);
    assert_int_equal(call_again_at(&answer, (int64_t)NOW_S * 1000), (int64_t)(NOW_S + 60) * 1000);
}

static void test_calls_that_are_refused(void **state) {
    (void)state;
    struct call_answer answer;
    struct call_wish wish = {.url = base_url()};
    assert_int_equal(call_http(a, &wish, &answer), ERR_INVALID); /* http */
    wish.url = S("https://127.0.0.1:1/");
    assert_int_equal(call_http(a, &wish, &answer), ERR_INVALID);
    wish.url = S("https://localhost/");
    assert_int_equal(call_http(a, &wish, &answer), ERR_INVALID);
    const struct call_header bad = {S("X-A"), S("1\r\nX-B: 2")}, name = {S("X A"), S("1")};
    wish = (struct call_wish){.url = base_url(), .inside = true, .headers = &bad, .nheaders = 1};
    assert_int_equal(call_http(a, &wish, &answer), ERR_INVALID);
    wish.headers = &name;
    assert_int_equal(call_http(a, &wish, &answer), ERR_INVALID);
    /* Nobody listens: nothing was sent. */
    wish = (struct call_wish){.url = S("http://127.0.0.1:1/"), .inside = true};
    assert_int_equal(call_http(a, &wish, &answer), ERR_BUSY);
    SCRIPT({NULL, 200, "0123456789", NULL, NULL});
    wish = (struct call_wish){.url = base_url(), .inside = true, .max = 9};
    assert_int_equal(call_http(a, &wish, &answer), ERR_LIMIT);
}

/* Redirects are answers: what is sent goes nowhere else. */
static void test_a_redirect_is_an_answer(void **state) {
    (void)state;
    SCRIPT({NULL, 302, "", "Location", "http://127.0.0.1:1/"});
    struct call_answer answer;
    const struct call_wish wish = {.url = base_url(), .inside = true};
    assert_int_equal(call_http(a, &wish, &answer), ERR_NONE);
    assert_int_equal(answer.status, 302);
    all_asked();
}

static int64_t again(const char *name, const char *value) {
    const struct call_header h = {str_z(name), str_z(value)};
    const struct call_answer answer = {.headers = (struct call_header *)&h, .nheaders = 1};
    int64_t at = call_again_at(&answer, (int64_t)NOW_S * 1000);
    return at ? at / 1000 - NOW_S : -1;
}

static void test_when_to_ask_again(void **state) {
    (void)state;
    assert_int_equal(again("retry-after", "30"), 30);
    assert_int_equal(again("retry-after", "Fri, 15 Jan 2027 08:01:00 GMT"), 60);
    assert_int_equal(again("retry-after", "soon"), -1);
    assert_int_equal(again("retry-after", "-5"), -1);
    assert_int_equal(again("retry-after", "999999999999999999"), -1);
    assert_int_equal(again("ratelimit-reset", "1800000010"), 10);
    assert_int_equal(again("ratelimit-reset", "17"), 17);
    assert_int_equal(again("ratelimit-reset", "1700000000"), 0);
    assert_int_equal(again("x-ratelimit-reset", "2027-01-15T08:05:00.000000Z"), 300);
    assert_int_equal(again("x-ratelimit-reset", "2037-01-15T08:05:00Z"), 86400);
}

static void test_times(void **state) {
    (void)state;
    int64_t at = 0;
    assert_true(rfc3339_read(S("2026-11-22T07:33:11.123456Z"), &at) && at == 1795332791123);
    assert_true(rfc3339_read(S("2026-11-22t09:33:11+02:00"), &at) && at == 1795332791000);
    assert_true(rfc3339_read(S("2024-02-29 00:00:00Z"), &at) && rfc3339_read(S("2016-12-31T23:59:60Z"), &at));
    assert_true(same(rfc3339_write(a, 1795332791123), "2026-11-22T07:33:11.123Z"));
    assert_true(same(rfc3339_write(a, -5), "1970-01-01T00:00:00.000Z"));
    static const char *const none[] = {"",
                                       "2026",
                                       "2026-11-22",
                                       "2026-11-22T07:33:11",
                                       "2026-13-22T07:33:11Z",
                                       "2026-02-30T07:33:11Z",
                                       "2025-02-29T00:00:00Z",
                                       "2026-11-22T24:33:11Z",
                                       "2026-11-22T07:33:11.Z",
                                       "2026-11-22T07:33:11Zx",
                                       "1969-12-31T23:59:59Z",
                                       "2026-11-22T07:33:11+2:00"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (rfc3339_read(str_z(none[i]), &at)) fail_msg("\"%s\" is no time", none[i]);
}

static void test_a_form_with_a_file(void **state) {
    (void)state;
    const struct call_part parts[] = {{"description", S(""), S(""), S("a \"hat\"")},
                                      {"file", S("a\"b\r\n.png"), S("image/png"), S("\x89PNG\0x")}};
    str type, body;
    assert_int_equal(call_multipart(a, parts, 2, &type, &body), ERR_NONE);
    assert_true(str_starts(type, S("multipart/form-data; boundary=longhand-")));
    assert_true(
        str_find(body,
                 S("name=\"file\"; filename=\"a_b__.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\0x\r\n"),
                 0) != SIZE_MAX);
    assert_true(str_ends(body, S("--\r\n")));
}

/* ---- proofs ---- */

static str part(str jwt, int which) {
    str piece = S("");
    for (int i = 0; i <= which; i++) assert_true(str_split(&jwt, '.', &piece));
    char *bytes = arena_alloc(a, piece.n + 1);
    size_t n = 0;
    assert_int_equal(sodium_base642bin((unsigned char *)bytes, piece.n + 1, piece.p, piece.n, NULL, &n, NULL,
                                       sodium_base64_VARIANT_URLSAFE_NO_PADDING),
                     0);
    return (str){bytes, n};
}

/* The signature is one of the key in the head, over the two parts in front of it. */
static void verify(str jwt, str jwk) {
    JSON_AUTO json_t *json = NULL;
    unsigned char x[32], y[32];
    assert_int_equal(json_read(jwk, &json), ERR_NONE);
    const char *xs = json_string_value(json_object_get(json, "x")),
               *ys = json_string_value(json_object_get(json, "y"));
    assert_int_equal(
        sodium_base642bin(x, 32, xs, strlen(xs), NULL, NULL, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING),
        0);
    assert_int_equal(
        sodium_base642bin(y, 32, ys, strlen(ys), NULL, NULL, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING),
        0);
    str raw = part(jwt, 2);
    assert_int_equal(raw.n, 64);
    size_t end = 0;
    for (size_t i = 0; i < jwt.n; i++)
        if (jwt.p[i] == '.') end = i;
    gnutls_datum_t dx = {x, 32}, dy = {y, 32}, der, text = {(unsigned char *)jwt.p, (unsigned)end};
    const gnutls_datum_t r = {(unsigned char *)raw.p, 32}, s = {(unsigned char *)raw.p + 32, 32};
    gnutls_pubkey_t key;
    gnutls_pubkey_init(&key);
    assert_int_equal(gnutls_pubkey_import_ecc_raw(key, GNUTLS_ECC_CURVE_SECP256R1, &dx, &dy), 0);
    assert_int_equal(gnutls_encode_rs_value(&der, &r, &s), 0);
    assert_true(gnutls_pubkey_verify_data2(key, GNUTLS_SIGN_ECDSA_SECP256R1_SHA256, 0, &text, &der) >= 0);
    gnutls_free(der.data);
    gnutls_pubkey_deinit(key);
}

static void test_proofs(void **state) {
    (void)state;
    str key, jwk, one, two;
    const struct dpop_proof p = {.method = "POST",
                                 .url = S("https://pds.test/xrpc/a.b?c=d#e"),
                                 .at = (int64_t)NOW_S * 1000 + 999,
                                 .nonce = S("the-nonce"),
                                 .token = S("the-token")};
    /* r and s begin with zero bytes now and then. */
    for (int i = 0; i < 40; i++) {
        if (i % 8 == 0) assert_int_equal(dpop_key_new(a, &key), ERR_NONE);
        assert_int_equal(dpop_public(a, key, &jwk), ERR_NONE);
        assert_int_equal(dpop_make(a, key, &p, &one), ERR_NONE);
        verify(one, jwk);
    }
    assert_int_equal(key.n, 128);
    assert_int_equal(dpop_make(a, key, &p, &two), ERR_NONE);
    JSON_AUTO json_t *head = NULL;
    JSON_AUTO json_t *claims = NULL;
    JSON_AUTO json_t *other = NULL;
    assert_int_equal(json_read(part(one, 0), &head), ERR_NONE);
    assert_int_equal(json_read(part(one, 1), &claims), ERR_NONE);
    assert_int_equal(json_read(part(two, 1), &other), ERR_NONE);
    assert_string_equal(json_string_value(json_object_get(head, "typ")), "dpop+jwt");
    assert_string_equal(json_string_value(json_object_get(head, "alg")), "ES256");
    assert_null(json_object_get(json_object_get(head, "jwk"), "d"));
    assert_string_equal(json_string_value(json_object_get(claims, "htm")), "POST");
    assert_string_equal(json_string_value(json_object_get(claims, "htu")), "https://pds.test/xrpc/a.b");
    assert_int_equal(json_integer_value(json_object_get(claims, "iat")), NOW_S);
    assert_string_equal(json_string_value(json_object_get(claims, "nonce")), "the-nonce");
    assert_string_equal(json_string_value(json_object_get(claims, "ath")),
                        str_cstr(a, dpop_hash(a, S("the-token"))));
    assert_string_not_equal(json_string_value(json_object_get(claims, "jti")),
                            json_string_value(json_object_get(other, "jti")));
    assert_int_equal(dpop_make(a, S("short"), &p, &two), ERR_INVALID);
    /* RFC 7636 appendix B. */
    assert_true(same(dpop_hash(a, S("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")),
                     "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
}

/* ---- the adapter ---- */

static int renewals;
static str kept;
static bool keeps;

static err renewed(void *context, str secret) {
    (void)context;
    if (!keeps) return err_set(ERR_DATABASE, "Nothing can be kept now.");
    renewals++;
    kept = str_copy(a, secret);
    return ERR_NONE;
}

static struct social_account account;
static wall_clock stands;

static struct social_call a_call(bool oauth) {
    str key = S(""), more = S("\"password\":\"CANARY-password\"");
    if (oauth) {
        assert_int_equal(dpop_key_new(a, &key), ERR_NONE);
        more = str_fmt(a,
                       "\"key\":\"%.*s\",\"client\":\"https://desk.test/"
                       "c\",\"issuer\":\"%.*s\",\"token_url\":\"%.*s/token\"",
                       STR_FMT(key), STR_FMT(base_url()), STR_FMT(base_url()));
    }
    keeps = true, renewals = 0;
    clock_at = (int64_t)NOW_S * 1000;
    stands = clock_fixed(&clock_at);
    account = (struct social_account){.kind = SOCIAL_BLUESKY, .id = S("at://did:plc:us"), .renewed = renewed};
    account.secret = str_fmt(a,
                             "{\"pds\":\"%.*s\",\"did\":\"did:plc:us\",\"access\":\"CANARY-access-1\","
                             "\"refresh\":\"CANARY-refresh-1\",%.*s}",
                             STR_FMT(base_url()), STR_FMT(more));
    return (struct social_call){
        .arena = a, .account = &account, .clock = &stands, .inside = true, .timeout_seconds = 5};
}

#define PROFILE "{\"did\":\"did:plc:us\",\"handle\":\"us.test\",\"followersCount\":7}"
#define TOKENS(n)                                                                                            \
    "{\"did\":\"did:plc:us\",\"handle\":\"us.test\",\"accessJwt\":\"CANARY-access-" n                        \
    "\",\"refreshJwt\":\"CANARY-refresh-" n "\"}"

static struct social_report profile_of(struct social_call *c) {
    struct social_report report;
    struct social_profile p;
    assert_int_equal(social_bluesky.profile(c, S(""), &p, &report), ERR_NONE);
    if (str_find(report.says, S("CANARY"), 0) != SIZE_MAX) fail_msg("\"%.*s\"", STR_FMT(report.says));
    if (report.result == SOCIAL_DONE) assert_int_equal(p.followers, 7);
    return report;
}

static void test_an_old_token_is_renewed(void **state) {
    (void)state;
    struct social_call c = a_call(false);
    SCRIPT({"getProfile", 400, "{\"error\":\"ExpiredToken\",\"message\":\"Token has expired\"}", NULL, NULL},
           {"refreshSession", 200, TOKENS("2"), NULL, NULL}, {"getProfile", 200, PROFILE, NULL, NULL});
    assert_int_equal(profile_of(&c).result, SOCIAL_DONE);
    all_asked();
    assert_int_equal(renewals, 1);
    assert_string_equal(peer.authorization, "Bearer CANARY-access-2");
    assert_true(str_eq(kept, account.secret) && str_find(kept, S("CANARY-password"), 0) != SIZE_MAX);
}

static err latest(void *context, arena *to, str *ret_secret) {
    (void)context;
    *ret_secret = str_copy(to, kept);
    return ERR_NONE;
}

/* A token to renew by works once: who finds that another process was quicker takes what that one was given.
 */
static void test_tokens_that_another_process_renewed_are_used(void **state) {
    (void)state;
    struct social_call c = a_call(false);
    account.latest = latest;
    kept = str_fmt(a,
                   "{\"pds\":\"%.*s\",\"did\":\"did:plc:us\",\"access\":\"CANARY-access-2\","
                   "\"refresh\":\"CANARY-refresh-2\",\"password\":\"CANARY-password\"}",
                   STR_FMT(base_url()));
    SCRIPT({"getProfile", 401, "{\"error\":\"ExpiredToken\"}", NULL, NULL},
           {"getProfile", 200, PROFILE, NULL, NULL});
    assert_int_equal(profile_of(&c).result, SOCIAL_DONE);
    all_asked();
    assert_int_equal(renewals, 0);
    assert_string_equal(peer.authorization, "Bearer CANARY-access-2");
    /* Those have ended, too, and nobody was quicker: it is renewed. */
    static const struct reply ended[] = {{"getProfile", 401, "{\"error\":\"ExpiredToken\"}", NULL, NULL},
                                         {"refreshSession", 200, TOKENS("3"), NULL, NULL},
                                         {"getProfile", 200, PROFILE, NULL, NULL}};
    script(ended, 3);
    assert_int_equal(profile_of(&c).result, SOCIAL_DONE);
    all_asked();
    assert_int_equal(renewals, 1);
}

static void test_a_refresh_token_that_ended_gives_way_to_the_password(void **state) {
    (void)state;
    struct social_call c = a_call(false);
    SCRIPT({"getProfile", 401, "{\"error\":\"InvalidToken\"}", NULL, NULL},
           {"refreshSession", 400, "{\"error\":\"ExpiredToken\"}", NULL, NULL},
           {"createSession", 200, TOKENS("3"), NULL, NULL}, {"getProfile", 200, PROFILE, NULL, NULL});
    assert_int_equal(profile_of(&c).result, SOCIAL_DONE);
    all_asked();
}

static void test_somebody_has_to_sign_in(void **state) {
    (void)state;
    struct social_call c = a_call(false);
    SCRIPT({"getProfile", 401, "{\"error\":\"InvalidToken\"}", NULL, NULL},
           {"refreshSession", 401, "{}", NULL, NULL},
           {"createSession", 401,
            "{\"error\":\"AuthenticationRequired\",\"message\":\"Wrong: CANARY-password\"}", NULL, NULL});
    struct social_report r = profile_of(&c);
    all_asked();
    assert_int_equal(r.result, SOCIAL_SIGN_IN);
    /* Another account than the one that was connected. */
    c = a_call(false);
    static const struct reply other[] = {
        {"getProfile", 401, "{\"error\":\"InvalidToken\"}", NULL, NULL},
        {"refreshSession", 200, "{\"did\":\"did:plc:other\",\"accessJwt\":\"x\",\"refreshJwt\":\"y\"}", NULL,
         NULL}};
    script(other, 2);
    assert_int_equal(profile_of(&c).result, SOCIAL_SIGN_IN);
    account.secret = S("nonsense");
    assert_int_equal(profile_of(&c).result, SOCIAL_SIGN_IN);
}

/* Tokens that cannot be kept are not used: after a restart they would be lost. */
static void test_tokens_are_kept_before_they_are_used(void **state) {
    (void)state;
    struct social_call c = a_call(false);
    keeps = false;
    SCRIPT({"getProfile", 400, "{\"error\":\"ExpiredToken\"}", NULL, NULL},
           {"refreshSession", 200, TOKENS("2"), NULL, NULL});
    assert_int_equal(profile_of(&c).result, SOCIAL_LATER);
    all_asked();
}

static void test_what_an_answer_means(void **state) {
    (void)state;
    static const struct {
        struct reply reply;
        social_result result;
        int64_t retry_s;
    } cases[] = {
        {{NULL, 429, "{\"error\":\"RateLimitExceeded\"}", "ratelimit-reset", "1800000300"},
         SOCIAL_LATER,
         300},
        {{NULL, 503, "<html>busy</html>", "Retry-After", "20"}, SOCIAL_LATER, 20},
        {{NULL, 500, "", NULL, NULL}, SOCIAL_LATER, 0},
        {{NULL, 200, "nonsense", NULL, NULL}, SOCIAL_LATER, 0},
        {{NULL, 200, "{}", NULL, NULL}, SOCIAL_LATER, 0},
        {{NULL, 501, "{\"error\":\"MethodNotImplemented\"}", NULL, NULL}, SOCIAL_REFUSED, 0},
        {{NULL, 400, "{\"error\":\"InvalidRequest\",\"message\":\"Profile not found\"}", NULL, NULL},
         SOCIAL_GONE,
         0},
        {{NULL, 400, "{\"error\":\"AccountTakedown\"}", NULL, NULL}, SOCIAL_SIGN_IN, 0},
        {{NULL, 302, "", "Location", "https://elsewhere.test/"}, SOCIAL_REFUSED, 0},
        {{NULL, 403, "{\"message\":\"it is CANARY-access-1 \\u0007\"}", NULL, NULL}, SOCIAL_REFUSED, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct social_call c = a_call(false);
        script(&cases[i].reply, 1);
        struct social_report r = profile_of(&c);
        if (r.result != cases[i].result)
            fail_msg("%zu: %s %.*s", i, social_result_text(r.result), STR_FMT(r.says));
        assert_int_equal(r.retry_at, cases[i].retry_s ? (NOW_S + cases[i].retry_s) * 1000LL : 0);
    }
    struct social_call c = a_call(false);
    account.secret =
        S("{\"pds\":\"http://127.0.0.1:1\",\"did\":\"did:plc:us\",\"access\":\"x\",\"refresh\":\"y\"}");
    assert_int_equal(profile_of(&c).result, SOCIAL_LATER);
    c.inside = false;
    assert_int_equal(profile_of(&c).result, SOCIAL_SIGN_IN);
}

/* ---- OAuth ---- */

static str claim(size_t question, const char *name) {
    JSON_AUTO json_t *json = NULL;
    assert_int_equal(json_read(part(peer.dpop[question], 1), &json), ERR_NONE);
    const json_t *v = json_object_get(json, name);
    return str_copy(a, json_is_string(v) ? str_z(json_string_value(v)) : S(""));
}

static void test_a_nonce_is_taken(void **state) {
    (void)state;
    struct social_call c = a_call(true);
    static const struct reply replies[] = {
        {"getProfile", 401, "{\"error\":\"use_dpop_nonce\"}", "DPoP-Nonce", "nonce-1"},
        {"getProfile", 200, PROFILE, NULL, NULL}};
    script(replies, 2);
    assert_int_equal(profile_of(&c).result, SOCIAL_DONE);
    all_asked();
    assert_true(!claim(0, "nonce").n && same(claim(1, "nonce"), "nonce-1"));
    assert_true(str_eq(claim(1, "ath"), dpop_hash(a, S("CANARY-access-1"))));
    assert_string_equal(peer.authorization, "DPoP CANARY-access-1");
    /* A server that is never content is not asked for ever. */
    static const struct reply never[] = {
        {"getProfile", 401, "{\"error\":\"use_dpop_nonce\"}", "DPoP-Nonce", "nonce-1"},
        {"getProfile", 401, "{\"error\":\"use_dpop_nonce\"}", "DPoP-Nonce", "nonce-2"}};
    script(never, 2);
    c = a_call(true);
    assert_int_equal(profile_of(&c).result, SOCIAL_SIGN_IN);
    all_asked();
}

/* Our clock stands in 2027; the server's is the machine's. Its second question is dated by the server. */
static void test_clocks_that_differ(void **state) {
    (void)state;
    struct social_call c = a_call(true);
    static const struct reply replies[] = {
        {"getProfile", 401, "{\"error\":\"invalid_dpop_proof\"}", "DPoP-Nonce", "n"},
        {"getProfile", 200, PROFILE, NULL, NULL}};
    script(replies, 2);
    assert_int_equal(profile_of(&c).result, SOCIAL_DONE);
    all_asked();
    JSON_AUTO json_t *one = NULL;
    JSON_AUTO json_t *two = NULL;
    assert_int_equal(json_read(part(peer.dpop[0], 1), &one), ERR_NONE);
    assert_int_equal(json_read(part(peer.dpop[1], 1), &two), ERR_NONE);
    int64_t real = clock_now(NULL) / 1000, said = json_integer_value(json_object_get(two, "iat"));
    assert_int_equal(json_integer_value(json_object_get(one, "iat")), NOW_S);
    assert_true(said >= real - 10 && said <= real + 10);
}

#define OAUTH(n, sub)                                                                                        \
    "{\"access_token\":\"CANARY-access-" n "\",\"refresh_token\":\"CANARY-refresh-" n                        \
    "\",\"token_type\":\"DPoP\",\"sub\":\"" sub "\"}"
static void test_bound_tokens_are_renewed(void **state) {
    (void)state;
    struct social_call c = a_call(true);
    static const struct reply replies[] = {
        {"getProfile", 401, "{\"error\":\"invalid_token\"}", NULL, NULL},
        {"/token", 400, "{\"error\":\"use_dpop_nonce\"}", "DPoP-Nonce", "issuer-1"},
        {"/token", 200, OAUTH("2", "did:plc:us"), NULL, NULL},
        {"getProfile", 200, PROFILE, NULL, NULL}};
    script(replies, 4);
    assert_int_equal(profile_of(&c).result, SOCIAL_DONE);
    all_asked();
    assert_true(same(claim(2, "nonce"), "issuer-1") && !claim(3, "nonce").n);
    assert_string_equal(peer.authorization, "DPoP CANARY-access-2");
    assert_int_equal(renewals, 1);
    static const struct reply ended[] = {{"getProfile", 401, "{\"error\":\"invalid_token\"}", NULL, NULL},
                                         {"/token", 400, "{\"error\":\"invalid_grant\"}", NULL, NULL}};
    script(ended, 2);
    c = a_call(true);
    assert_int_equal(profile_of(&c).result, SOCIAL_SIGN_IN);
    static const struct reply another[] = {{"getProfile", 401, "{\"error\":\"invalid_token\"}", NULL, NULL},
                                           {"/token", 200, OAUTH("2", "did:plc:other"), NULL, NULL}};
    script(another, 2);
    c = a_call(true);
    assert_int_equal(profile_of(&c).result, SOCIAL_SIGN_IN);
    all_asked();
    assert_int_equal(renewals, 0);
}

/* ---- publishing ---- */

#define HERE(key, text)                                                                                      \
    "{\"uri\":\"at://did:plc:us/app.bsky.feed.post/" key "\",\"cid\":\"bafy\",\"value\":{\"text\":\"" text   \
    "\"}}"
#define MISSING "{\"error\":\"RecordNotFound\",\"message\":\"Could not locate record\"}"

static struct social_report publish(struct social_wish *w, struct social_published *ret) {
    struct social_call c = a_call(false);
    struct social_report report;
    *ret = (struct social_published){S(""), S(""), S("")};
    assert_int_equal(social_bluesky.publish(&c, w, ret, &report), ERR_NONE);
    all_asked();
    return report;
}

static void test_an_unclear_answer_is_looked_into(void **state) {
    (void)state;
    struct social_wish w = {.key = 1, .at = 1, .text = S("Hello")};
    struct social_published p;
    static const struct {
        struct reply replies[2];
        social_result result;
    } cases[] = {
        /* As the reference server refuses a second one: an inner error; it is there. */
        {{{"createRecord", 500, "{\"error\":\"InternalServerError\"}", NULL, NULL},
          {"getRecord", 200, HERE("2222222222223", "Hello"), NULL, NULL}},
         SOCIAL_DONE},
        {{{"createRecord", 409, "{\"error\":\"RecordAlreadyExists\"}", NULL, NULL},
          {"getRecord", 200, HERE("2222222222223", "Hello"), NULL, NULL}},
         SOCIAL_DONE},
        {{{"createRecord", 500, "{}", NULL, NULL},
          {"getRecord", 200, HERE("2222222222223", "Other words"), NULL, NULL}},
         SOCIAL_REFUSED},
        {{{"createRecord", 500, "{}", NULL, NULL}, {"getRecord", 400, MISSING, NULL, NULL}}, SOCIAL_LATER},
        {{{"createRecord", 500, "{}", NULL, NULL}, {"getRecord", 500, "{}", NULL, NULL}}, SOCIAL_UNCERTAIN},
        {{{"createRecord", 504, "gateway", NULL, NULL}, {"getRecord", 400, MISSING, NULL, NULL}},
         SOCIAL_UNCERTAIN},
        {{{"createRecord", 504, "gateway", NULL, NULL},
          {"getRecord", 200, HERE("2222222222223", "Hello"), NULL, NULL}},
         SOCIAL_DONE},
        {{{"createRecord", 200, "nonsense", NULL, NULL},
          {"getRecord", 200, HERE("2222222222223", "Hello"), NULL, NULL}},
         SOCIAL_DONE},
        {{{"createRecord", 200, "nonsense", NULL, NULL}, {"getRecord", 500, "", NULL, NULL}},
         SOCIAL_UNCERTAIN},
        {{{"createRecord", 400,
           "{\"error\":\"InvalidRequest\",\"message\":\"Record/text must not be longer\"}", NULL, NULL},
          {"getRecord", 400, MISSING, NULL, NULL}},
         SOCIAL_REFUSED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        script(cases[i].replies, 2);
        struct social_report r = publish(&w, &p);
        if (r.result != cases[i].result)
            fail_msg("%zu: %s %.*s", i, social_result_text(r.result), STR_FMT(r.says));
        assert_true((p.id.n > 0) == (r.result == SOCIAL_DONE));
    }
    static const struct reply limited[] = {{"createRecord", 429, "{}", "ratelimit-reset", "1800000300"}};
    script(limited, 1);
    struct social_report r = publish(&w, &p);
    assert_true(r.result == SOCIAL_LATER && r.retry_at == (NOW_S + 300) * 1000LL);
}

static void test_what_cannot_be_said(void **state) {
    (void)state;
    struct social_call c = a_call(false);
    struct social_report report;
    struct social_published p;
    script(NULL, 0);
    char *many = arena_alloc(a, 400);
    memset(many, 'a', 400);
    const struct social_image picture = {S("no picture"), S("image/png"), S("")};
    const struct social_wish wishes[] = {
        {.key = 0, .text = S("x")},
        {.key = 1, .text = S("")},
        {.key = 1, .text = S("  \n")},
        {.key = 1, .text = {many, 301}},
        {.key = 1, .text = S("\xFF")},
        {.key = 1, .text = S("x"), .visibility = POST_PRIVATE},
        {.key = 1, .text = S("x"), .visibility = POST_UNLISTED},
        {.key = 1, .text = S("x"), .spoiler = S("boats")},
        {.key = 1, .text = S("x"), .reply_to = {S("https://x.test/1"), S("")}},
        {.key = 1, .text = S("x"), .images = &picture, .nimages = 1},
        {.key = 1, .text = S("x"), .images = &picture, .nimages = 5},
    };
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++)
        if (social_bluesky.publish(&c, &wishes[i], &p, &report) != ERR_INVALID) fail_msg("%zu was said", i);
    assert_int_equal(social_bluesky.remove(&c, S("at://did:plc:other/app.bsky.feed.post/1"), &report),
                     ERR_INVALID);
    all_asked();
}

/* ---- fetching ---- */

static void test_a_page_that_is_too_long_is_asked_in_pieces(void **state) {
    (void)state;
    struct social_call c = a_call(false);
    struct social_page page;
    struct social_report report;
    char *big = arena_alloc(a, BLUESKY_ANSWER_BYTES + 2);
    memset(big, ' ', BLUESKY_ANSWER_BYTES + 1);
    const struct reply replies[] = {{"listNotifications", 200, big, NULL, NULL},
                                    {"listNotifications", 200, big, NULL, NULL},
                                    {"listNotifications", 200, "{\"notifications\":[]}", NULL, NULL}};
    script(replies, 3);
    assert_int_equal(social_bluesky.fetch(&c, S(""), 0, &page, &report), ERR_NONE);
    all_asked();
    assert_int_equal(report.result, SOCIAL_DONE);
    assert_false(page.more);
    /* What fails leaves everything as it is. */
    static const struct reply bad[] = {{"listNotifications", 200, "{\"notifications\":[", NULL, NULL}};
    script(bad, 1);
    page.cursor = S("untouched");
    assert_int_equal(social_bluesky.fetch(&c, S("{\"mark\":5}"), 0, &page, &report), ERR_NONE);
    assert_int_equal(report.result, SOCIAL_LATER);
    assert_true(same(page.cursor, "untouched"));
}

/* In no list of views: gone only when the record is gone, too. */
static void test_only_what_is_gone_is_gone(void **state) {
    (void)state;
    struct social_call c = a_call(false);
    post_list posts;
    struct social_report report;
    const str ids[] = {S("at://did:plc:ann/app.bsky.feed.post/1"), S("at://did:plc:ann/app.bsky.feed.post/2"),
                       S("no post")};
    SCRIPT({"getPosts", 200, "{\"posts\":[]}", NULL, NULL}, {"getRecord", 400, MISSING, NULL, NULL},
           {"getRecord", 502, "", NULL, NULL});
    assert_int_equal(social_bluesky.look(&c, ids, 3, &posts, &report), ERR_NONE);
    all_asked();
    assert_int_equal(report.result, SOCIAL_DONE);
    assert_int_equal(posts.n, 1);
    assert_true(posts.v[0].deleted && str_eq(posts.v[0].id, ids[0]));
}

static void test_the_client_document(void **state) {
    (void)state;
    JSON_AUTO json_t *json = NULL;
    str text = social_bluesky.client_document(a, S("https://desk.test/c.json"), S("https://desk.test/back"),
                                              S("Tidewatch"));
    assert_int_equal(json_read(text, &json), ERR_NONE);
    assert_string_equal(json_string_value(json_object_get(json, "client_id")), "https://desk.test/c.json");
    assert_true(json_is_true(json_object_get(json, "dpop_bound_access_tokens")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_call),
        cmocka_unit_test(test_calls_that_are_refused),
        cmocka_unit_test(test_a_redirect_is_an_answer),
        cmocka_unit_test(test_when_to_ask_again),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_a_form_with_a_file),
        cmocka_unit_test(test_proofs),
        cmocka_unit_test(test_an_old_token_is_renewed),
        cmocka_unit_test(test_tokens_that_another_process_renewed_are_used),
        cmocka_unit_test(test_a_refresh_token_that_ended_gives_way_to_the_password),
        cmocka_unit_test(test_somebody_has_to_sign_in),
        cmocka_unit_test(test_tokens_are_kept_before_they_are_used),
        cmocka_unit_test(test_what_an_answer_means),
        cmocka_unit_test(test_a_nonce_is_taken),
        cmocka_unit_test(test_clocks_that_differ),
        cmocka_unit_test(test_bound_tokens_are_renewed),
        cmocka_unit_test(test_an_unclear_answer_is_looked_into),
        cmocka_unit_test(test_what_cannot_be_said),
        cmocka_unit_test(test_a_page_that_is_too_long_is_asked_in_pieces),
        cmocka_unit_test(test_only_what_is_gone_is_gone),
        cmocka_unit_test(test_the_client_document),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
