/* Consent and tokens, against a provider of our own; on both engines. */
#include "unit/people_kit.h"

#include <pthread.h>
#include <sodium.h>

#include "desk/brands.h"
#include "desk/fetch.h"
#include "desk/people.h"
#include "format/url.h"
#include "http/http.h"
#include "net/oauth.h"

/* ---- the provider ---- */

static struct {
    http_server *server;
    pthread_mutex_t lock;
    int asked;                         /* how often for tokens */
    char challenge[64], redirect[200]; /* of the last consent */
    const char *refuse;                /* answer with this error */
    int status;                        /* and this status */
    bool no_refresh, rotate;
    int refresh_seconds;
    bool wrong;      /* something of a request was not as it should be */
    db_fn meanwhile; /* is written before the answer */
    int wait_ms;     /* before the answer */
} provider = {.lock = PTHREAD_MUTEX_INITIALIZER};

static str challenge_of(arena *a, str verifier) {
    unsigned char hash[32];
    char *text = arena_alloc(a, 64);
    crypto_hash_sha256(hash, (const unsigned char *)verifier.p, verifier.n);
    sodium_bin2base64(text, 64, hash, sizeof hash, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return str_z(text);
}

static void judge(struct http_request *q) {
    bool code = str_eq(http_form(q, S("grant_type")), S("authorization_code"));
    bool good = str_eq(http_form(q, S("client_id")), S("the-client")) &&
                str_eq(http_form(q, S("client_secret")), S("CANARY-client")) && !q->raw_query.n;
    if (code)
        good = good && str_eq(http_form(q, S("code")), S("CANARY-code")) &&
               str_eq(http_form(q, S("redirect_uri")), str_z(provider.redirect)) &&
               str_eq(challenge_of(q->arena, http_form(q, S("code_verifier"))), str_z(provider.challenge));
    else
        good = good && str_starts(http_form(q, S("refresh_token")), S("CANARY-refresh"));
    if (!good) provider.wrong = true;
}

static void answer(void *context, struct http_request *q, struct http_response *r) {
    (void)context;
    pthread_mutex_lock(&provider.lock);
    judge(q);
    if (provider.meanwhile && db_write(kit.db, provider.meanwhile, NULL)) provider.wrong = true;
    if (provider.wait_ms) nanosleep(&(struct timespec){.tv_nsec = provider.wait_ms * 1000000L}, NULL);
    int n = ++provider.asked;
    r->type = S("application/json");
    if (provider.refuse) {
        r->status = provider.status;
        buf_add_fmt(&r->body, "{\"error\":\"%s\",\"error_description\":\"CANARY-client was seen\"}",
                    provider.refuse);
    } else {
        buf_add_fmt(&r->body,
                    "{\"access_token\":\"CANARY-access-%d\",\"expires_in\":3600,\"token_type\":\"Bearer\"",
                    n);
        bool code = str_eq(http_form(q, S("grant_type")), S("authorization_code"));
        if ((code && !provider.no_refresh) || provider.rotate)
            buf_add_fmt(&r->body, ",\"refresh_token\":\"CANARY-refresh-%d\"", n);
        if (provider.refresh_seconds)
            buf_add_fmt(&r->body, ",\"refresh_token_expires_in\":%d", provider.refresh_seconds);
        buf_add(&r->body, S("}"));
    }
    pthread_mutex_unlock(&provider.lock);
}

static int provider_start(void **state) {
    (void)state;
    const struct http_options options = {.listen = S("127.0.0.1:0"), .workers = 1, .handler = answer};
    return http_server_start(&options, &provider.server) ? -1 : 0;
}

static int open_sqlite(void **state) { return provider_start(state) ? -1 : kit_open_sqlite(state); }
static int open_postgres(void **state) { return provider_start(state) ? -1 : kit_open_postgres(state); }
static int close_all(void **state) {
    http_server_stop(provider.server);
    return kit_close(state);
}

/* ---- the mailbox ---- */

static struct store_inbox inbox;
static struct store_agent admin;

static struct fetch_form by_consent(void) {
    str base = str_fmt(kit.a, "http://127.0.0.1:%d", http_server_port(provider.server));
    return (struct fetch_form){.host = S("imap.mail.example"),
                               .user = S("post@mail.example"),
                               .sign_in = S("oauth"),
                               .provider = S("own"),
                               .authorize_url = str_fmt(kit.a, "%.*s/authorize?tenant=x", STR_FMT(base)),
                               .token_url = str_fmt(kit.a, "%.*s/token", STR_FMT(base)),
                               .scope = S("mail offline"),
                               .client_id = S("the-client"),
                               .client_secret = S("CANARY-client")};
}

static void a_mailbox(void) {
    provider.asked = provider.refresh_seconds = 0;
    provider.refuse = NULL;
    provider.meanwhile = NULL, provider.wait_ms = 0;
    provider.no_refresh = provider.rotate = provider.wrong = false;
    struct store_brand brand;
    struct people_invited invited;
    struct inbox_form in = {.address = kit_email("box"), .silent_after_hours = -1};
    struct fetch_form form = by_consent();
    kit.d.posts_inside = true;
    assert_ok(brand_create(&kit.d, kit.a, kit_email("Brand "), S("UTC"), S("en"), &brand));
    assert_ok(
        people_invite(&kit.d, kit.a, brand.id, kit_email("ines"), S("Ines"), ROLE_ADMINISTRATOR, &invited));
    admin = invited.agent;
    assert_ok(inbox_create(&kit.d, kit.a, brand.id, &in, &inbox));
    assert_ok(fetch_set_up(&kit.d, kit.a, brand.id, inbox.id, &form));
}

static struct store_fetch row(void) {
    struct store_fetch f;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_fetch_get(c, kit.a, inbox.brand_id, inbox.id, &f));
    return f;
}

static str part_of(str url, const char *wanted) {
    str rest = str_slice(url, str_find_char(url, '?', 0) + 1, url.n), name, value;
    while (url_pair(kit.a, &rest, &name, &value))
        if (str_eq(name, str_z(wanted))) return value;
    return S("");
}

/* Ask for consent; gives the state that comes back. */
static str ask(void) {
    str url;
    assert_ok(fetch_consent_ask(&kit.d, kit.a, inbox.brand_id, inbox.id, admin.account_id, &url));
    assert_true(str_find(url, S("/authorize?tenant=x&response_type=code"), 0) != SIZE_MAX);
    assert_str(part_of(url, "code_challenge_method"), "S256");
    assert_str(part_of(url, "redirect_uri"), "https://desk.example/consent");
    assert_str(part_of(url, "scope"), "mail offline");
    assert_str(part_of(url, "login_hint"), "post@mail.example");
    assert_true(str_find(url, S("CANARY"), 0) == SIZE_MAX);
    snprintf(provider.challenge, sizeof provider.challenge, "%.*s", STR_FMT(part_of(url, "code_challenge")));
    snprintf(provider.redirect, sizeof provider.redirect, "%.*s", STR_FMT(part_of(url, "redirect_uri")));
    return part_of(url, "state");
}

static err come_back(str state, int64_t account) {
    struct fetch_consented at = {0};
    return fetch_consent_done(&kit.d, kit.a, account, state, S("CANARY-code"), S(""), &at);
}

static err sign_in_to_it(struct imap_login *login) {
    return fetch_login(&kit.d, kit.a, inbox.brand_id, inbox.id, login);
}

/* ---- tests ---- */

static void test_consent_and_refresh(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct imap_login login;
    a_mailbox();
    struct store_fetch f = row();
    assert_int_equal(fetch_view_of(&f, kit.now).health, FETCH_TROUBLE);
    assert_int_equal(sign_in_to_it(&login), ERR_DENIED);
    assert_int_equal(provider.asked, 0);
    int64_t version = f.version;
    assert_ok(come_back(ask(), admin.account_id));
    assert_false(provider.wrong);
    f = row();
    assert_true(f.version > version);
    assert_int_equal(fetch_view_of(&f, kit.now).health, FETCH_WELL);
    assert_true(str_find(f.refresh_token, S("CANARY"), 0) == SIZE_MAX);
    assert_true(str_find(f.access_token, S("CANARY"), 0) == SIZE_MAX);
    assert_true(str_find(f.client_secret, S("CANARY"), 0) == SIZE_MAX);
    assert_ok(sign_in_to_it(&login));
    assert_str(login.bearer, "CANARY-access-1");
    assert_str(login.user, "post@mail.example");
    assert_int_equal(login.password.n, 0);
    /* It is good for an hour: five minutes before that a new one is asked for. */
    kit.now += 54 * MINUTE_MS;
    assert_ok(sign_in_to_it(&login));
    assert_str(login.bearer, "CANARY-access-1");
    kit.now += 2 * MINUTE_MS;
    provider.rotate = true;
    assert_ok(sign_in_to_it(&login));
    assert_str(login.bearer, "CANARY-access-2");
    assert_ok(sign_in_to_it(&login));
    assert_int_equal(provider.asked, 2);
    assert_false(provider.wrong);
    /* The server refuses the token all the same: the next try asks for another. */
    struct imap_state refused = {.brand = inbox.brand_id,
                                 .account = inbox.id,
                                 .phase = IMAP_WAITING,
                                 .failures = 1,
                                 .code = ERR_DENIED,
                                 .says = S("The server refused the token.")};
    assert_ok(fetch_state(&kit.d, kit.a, &refused));
    assert_ok(sign_in_to_it(&login));
    assert_str(login.bearer, "CANARY-access-3");
}

static void test_consent_ends(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct imap_login login;
    a_mailbox();
    provider.refresh_seconds = 30 * 86400;
    assert_ok(come_back(ask(), admin.account_id));
    struct store_fetch f = row();
    assert_int_equal(f.refresh_expires_at, kit.now + 30 * (int64_t)DAY_MS);
    assert_int_equal(fetch_view_of(&f, kit.now + 15 * (int64_t)DAY_MS).health, FETCH_WELL);
    struct fetch_view soon = fetch_view_of(&f, kit.now + 17 * (int64_t)DAY_MS);
    assert_int_equal(soon.health, FETCH_SOON);
    assert_int_equal(soon.ends_at, f.refresh_expires_at);
    assert_int_equal(fetch_view_of(&f, kit.now + 31 * (int64_t)DAY_MS).health, FETCH_TROUBLE);
    kit.now += 2 * HOUR_MS;
    provider.refuse = "invalid_grant", provider.status = 400;
    assert_int_equal(sign_in_to_it(&login), ERR_DENIED);
    assert_true(str_find(str_z(err_text()), S("consent"), 0) != SIZE_MAX);
    assert_true(str_find(str_z(err_text()), S("CANARY"), 0) == SIZE_MAX);
    provider.refuse = "invalid_client", provider.status = 401;
    assert_int_equal(sign_in_to_it(&login), ERR_DENIED);
    assert_true(str_find(str_z(err_text()), S("CANARY"), 0) == SIZE_MAX);
    provider.refuse = "temporarily_unavailable", provider.status = 503;
    assert_int_equal(sign_in_to_it(&login), ERR_NETWORK);
    provider.refuse = NULL;
    assert_ok(sign_in_to_it(&login));
}

static void test_who_may_come_back(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    a_mailbox();
    str first = ask();
    assert_int_equal(come_back(S("nothing"), admin.account_id), ERR_MISSING);
    assert_int_equal(come_back(S(""), admin.account_id), ERR_MISSING);
    /* The browser of a second administrator; and what was used once is used up. */
    struct people_invited second;
    assert_ok(people_invite(&kit.d, kit.a, inbox.brand_id, kit_email("eva"), S("Eva"), ROLE_ADMINISTRATOR,
                            &second));
    assert_int_equal(come_back(first, second.agent.account_id), ERR_MISSING);
    assert_int_equal(come_back(first, admin.account_id), ERR_MISSING);
    assert_ok(come_back(ask(), admin.account_id));
    /* Whoever asked may not administer any more. */
    str former = ask();
    assert_ok(people_set_role(&kit.d, kit.a, inbox.brand_id, admin.id, ROLE_AGENT));
    assert_int_equal(come_back(former, admin.account_id), ERR_DENIED);
    assert_ok(people_set_role(&kit.d, kit.a, inbox.brand_id, admin.id, ROLE_ADMINISTRATOR));
    str late = ask();
    kit.now += 16 * MINUTE_MS;
    assert_int_equal(come_back(late, admin.account_id), ERR_CONFLICT);
    /* What it was for has changed meanwhile: the code must not go to another provider. */
    str changed = ask();
    struct fetch_form form = by_consent();
    form.client_id = S("another-client");
    form.client_secret = S("CANARY-other");
    assert_ok(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &form));
    int asked = provider.asked;
    assert_int_equal(come_back(changed, admin.account_id), ERR_CONFLICT);
    assert_int_equal(provider.asked, asked);
    assert_int_equal(row().refresh_token.n, 0);
    struct fetch_consented at = {0};
    form = by_consent();
    assert_ok(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &form));
    assert_int_equal(
        fetch_consent_done(&kit.d, kit.a, admin.account_id, ask(), S(""), S("access_denied"), &at),
        ERR_INVALID);
    assert_int_equal(at.inbox, inbox.id);
    provider.no_refresh = true;
    assert_int_equal(come_back(ask(), admin.account_id), ERR_INVALID);
    provider.no_refresh = false;
    assert_ok(come_back(ask(), admin.account_id));
}

/* A consent is for one mailbox at one server, by one client. */
static void test_consent_stays_with_its_server(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    a_mailbox();
    assert_ok(come_back(ask(), admin.account_id));
    struct fetch_form form = by_consent();
    form.client_secret = S("");
    form.after = S("seen");
    assert_ok(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &form));
    assert_true(row().refresh_token.n > 0);
    assert_true(row().client_secret.n > 0);
    struct fetch_form other = form;
    other.host = S("imap.evil.example");
    assert_ok(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &other));
    assert_int_equal(row().refresh_token.n, 0);
    assert_int_equal(row().access_token.n, 0);
    assert_ok(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &form));
    assert_ok(come_back(ask(), admin.account_id));
    other = form;
    other.token_url = S("https://evil.example/token");
    assert_ok(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &other));
    assert_int_equal(row().refresh_token.n, 0);
    assert_int_equal(row().client_secret.n, 0);
    /* A desk that is not allowed inside its own network asks nobody there. */
    kit.d.posts_inside = false;
    assert_int_equal(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &form), ERR_INVALID);
    other.token_url = S("https://169.254.169.254/token");
    assert_int_equal(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &other), ERR_INVALID);
}

/* ---- two at once ---- */

static err consent_anew(db_conn *c, void *arg) {
    (void)arg;
    return store_fetch_set_access(c, inbox.brand_id, inbox.id, S("newer access"), kit.now + DAY_MS,
                                  S("newer refresh"), kit.now + 2 * (int64_t)DAY_MS);
}

static err another_client(db_conn *c, void *arg) {
    (void)arg;
    struct store_fetch f;
    ARENA_AUTO arena *a = arena_new(0);
    TRY(store_fetch_get(c, a, inbox.brand_id, inbox.id, &f));
    f.client_id = S("another");
    return store_fetch_put(c, &f);
}

/* The provider takes its time; meanwhile something else is kept. */
static void test_what_is_newer_stays(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct imap_login login;
    a_mailbox();
    assert_ok(come_back(ask(), admin.account_id));
    kit.now += 2 * HOUR_MS;
    provider.rotate = true;
    provider.meanwhile = consent_anew;
    assert_int_equal(sign_in_to_it(&login), ERR_BUSY);
    assert_str(row().refresh_token, "newer refresh");
    assert_int_equal(row().refresh_expires_at, kit.now + 2 * (int64_t)DAY_MS);
    assert_ok(sign_in_to_it(&login));
    assert_str(login.bearer, "newer access");
    /* A consent for what is not set up any more. */
    str late = ask();
    provider.meanwhile = another_client;
    assert_int_equal(come_back(late, admin.account_id), ERR_CONFLICT);
    assert_str(row().refresh_token, "newer refresh");
    assert_false(provider.wrong);
}

static void *sign_in_beside(void *arg) {
    ARENA_AUTO arena *a = arena_new(0);
    struct imap_login login;
    err *ret = arg;
    *ret = fetch_login(&kit.d, a, inbox.brand_id, inbox.id, &login);
    if (!*ret && !str_eq(login.bearer, S("CANARY-access-2"))) *ret = ERR_INTERNAL;
    return NULL;
}

static void test_one_refresh_at_a_time(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    enum { AT_ONCE = 4 };
    pthread_t threads[AT_ONCE];
    err results[AT_ONCE];
    a_mailbox();
    assert_ok(come_back(ask(), admin.account_id));
    kit.now += 2 * HOUR_MS;
    provider.rotate = true;
    provider.wait_ms = 50;
    for (int i = 0; i < AT_ONCE; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, sign_in_beside, &results[i]), 0);
    for (int i = 0; i < AT_ONCE; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < AT_ONCE; i++) assert_int_equal(results[i], ERR_NONE);
    assert_int_equal(provider.asked, 2);
}

static void test_answers(void **state) {
    (void)state;
    arena *a = arena_new(0);
    struct oauth_tokens t;
    static const char *const broken[] = {
        "",
        "[]",
        "null",
        "{",
        "{}",
        "{\"access_token\":1}",
        "{\"access_token\":\"\"}",
        "{\"access_token\":\"a\\r\\nb\"}",
        "{\"access_token\":\"a b\"}",
        "{\"access_token\":\"x\",\"refresh_token\":\"a\\nb\"}",
        "<html>",
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        assert_int_equal(oauth_read_answer(a, 200, str_z(broken[i]), &t), ERR_NETWORK);
    assert_int_equal(oauth_read_answer(a, 500, S("{\"access_token\":\"x\"}"), &t), ERR_NETWORK);
    assert_int_equal(oauth_read_answer(a, 400, S("{\"error\":\"<script>\"}"), &t), ERR_NETWORK);
    assert_int_equal(oauth_read_answer(a, 429, S("{\"error\":\"slow_down\"}"), &t), ERR_NETWORK);
    assert_int_equal(oauth_read_answer(a, 200, S("{\"access_token\":\"x\",\"expires_in\":\"3599\"}"), &t),
                     ERR_NONE);
    assert_int_equal(t.access_seconds, 3599);
    assert_int_equal(oauth_read_answer(a, 200, S("{\"access_token\":\"x\",\"expires_in\":-5}"), &t),
                     ERR_NONE);
    assert_int_equal(t.access_seconds, 0);
    struct oauth_client c = {
        .authorize_url = S("https://login.example/a"), .id = S("i&d"), .redirect_url = S("https://d/")};
    str url;
    assert_int_equal(oauth_link(a, &c, S("state"), S("verifier"), S(""), &url), ERR_NONE);
    assert_true(str_find(url, S("client_id=i%26d"), 0) != SIZE_MAX);
    assert_int_equal(oauth_verifier(a).n, 43);
    assert_non_null(oauth_provider_named(S("google")));
    assert_non_null(oauth_provider_named(S("microsoft")));
    assert_null(oauth_provider_named(S("own")));
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        KIT_TEST(test_consent_and_refresh),
        KIT_TEST(test_consent_ends),
        KIT_TEST(test_who_may_come_back),
        KIT_TEST(test_consent_stays_with_its_server),
        KIT_TEST(test_what_is_newer_stays),
        KIT_TEST(test_one_refresh_at_a_time),
    };
    return cmocka_run_group_tests_name("sqlite", tests, open_sqlite, close_all) |
           cmocka_run_group_tests_name("postgres", tests, open_postgres, close_all);
}
