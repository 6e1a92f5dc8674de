/* Being let in: an access token that somebody pasted, or OAuth with an app registered at their own server
 * (docs: Obtaining client app access, Logging in with an account). */
#include "format/json.h"
#include "format/url.h"
#include "net/oauth.h"
#include "net/post.h"
#include "social/mastodon_own.h"

enum { PENDING_BYTES = 16 << 10, FORM_BYTES = 8 << 10, CLIENT_BYTES = 500 };

#define SCOPES "read:accounts read:notifications read:statuses read:search write:media write:statuses"

/* ---- which server ---- */

/* "mastodon.example", "https://mastodon.example/", "https://mastodon.example/@name", or the part of a handle
 * behind its last '@'; in small letters, without a path. "" for none. */
static str server_of(struct social_call *c, const struct social_sign_in *typed) {
    str s = str_trim(typed->server);
    if (!s.n) {
        str handle = str_trim(typed->account);
        size_t at = SIZE_MAX;
        for (size_t i = 0; i < handle.n; i++)
            if (handle.p[i] == '@') at = i;
        if (at == SIZE_MAX || at == 0) return S("");
        s = str_slice(handle, at + 1, handle.n);
    }
    const char *scheme = "https://";
    if (str_starts_nocase(s, S("https://"))) {
        s = str_slice(s, 8, s.n);
    } else if (str_starts_nocase(s, S("http://"))) {
        s = str_slice(s, 7, s.n);
        if (c->inside) scheme = "http://";
    }
    s = str_slice(s, 0, str_find_char(s, '/', 0));
    if (!s.n || str_has(s, '?') || str_has(s, '#') || str_has(s, '@')) return S("");
    return str_lower(c->arena, str_fmt(c->arena, "%s%.*s", scheme, STR_FMT(s)));
}

static bool take_server(struct social_call *c, const struct social_sign_in *typed,
                        struct social_report *ret_report) {
    str server = server_of(c, typed);
    if (!server.n) {
        *ret_report = (struct social_report){
            SOCIAL_REFUSED, S("Say which server the account is at, such as mastodon.example."), 0};
        return false;
    }
    if (post_url_check(c->arena, server, c->inside)) {
        *ret_report = (struct social_report){SOCIAL_REFUSED, str_copy(c->arena, str_z(err_text())), 0};
        return false;
    }
    c->account->server = server;
    return true;
}

/* ---- who we are there ---- */

/* The rules of v2; of v1 on servers before 4.0 and much other software. */
static bool ask_rules(struct social_call *c, str *ret_limits, str *ret_domain,
                      struct social_report *ret_report) {
    static const char *const paths[] = {"/api/v2/instance", "/api/v1/instance"};
    for (size_t i = 0; i < 2; i++) {
        struct call_answer answer;
        struct mastodon_ask q = {.path = str_z(paths[i])};
        if (!mastodon_ask(c, &q, &answer, ret_report)) {
            if (ret_report->result != SOCIAL_GONE) return false;
            continue;
        }
        if (!mastodon_instance(c->arena, answer.body, ret_limits, ret_domain)) return true;
    }
    *ret_report = (struct social_report){SOCIAL_REFUSED,
                                         str_fmt(c->arena, "%.*s does not speak as a Mastodon server does.",
                                                 STR_FMT(mastodon_server_name(c->account))),
                                         0};
    return false;
}

static bool ask_us(struct social_call *c, struct mastodon_home *home, struct social_profile *ret,
                   struct social_report *ret_report) {
    struct call_answer answer;
    JSON_AUTO json_t *json = NULL;
    str id;
    struct mastodon_ask q = {.path = S("/api/v1/accounts/verify_credentials"), .token = home->token};
    if (!mastodon_ask(c, &q, &answer, ret_report)) {
        if (ret_report->result == SOCIAL_GONE) ret_report->result = SOCIAL_REFUSED;
        return false;
    }
    if (json_read(answer.body, &json) || mastodon_profile(c->arena, home, json, ret) ||
        !json_take_str(json, "id", &id) || !mastodon_id_fits(id)) {
        *ret_report = mastodon_nonsense(c);
        return false;
    }
    home->account = str_copy(c->arena, id);
    return true;
}

static bool token_fits(str token) {
    for (size_t i = 0; i < token.n; i++)
        if (token.p[i] <= ' ' || token.p[i] > '~') return false;
    return token.n > 0 && token.n <= 2000;
}

/* With a token: whose is it, and what does the server take? Fills the account. */
static err enter(struct social_call *c, str token, struct social_report *ret_report) {
    struct mastodon_home home = {.token = token, .domain = mastodon_server_name(c->account)};
    struct social_profile us;
    str limits, domain;
    if (!ask_rules(c, &limits, &domain, ret_report)) return ERR_NONE;
    if (domain.n) home.domain = domain;
    if (!ask_us(c, &home, &us, ret_report)) return ERR_NONE;
    c->account->account = us.handle;
    c->account->id = us.id;
    c->account->secret = mastodon_home_write(c->arena, &home);
    c->account->limits = limits;
    return ERR_NONE;
}

err mastodon_sign_in(struct social_call *c, const struct social_sign_in *typed,
                     struct social_report *ret_report) {
    str token = str_trim(typed->password);
    if (!take_server(c, typed, ret_report)) return ERR_NONE;
    if (!token_fits(token)) {
        *ret_report = (struct social_report){
            SOCIAL_REFUSED, S("Paste the access token of an application made in the account's settings."), 0};
        return ERR_NONE;
    }
    return enter(c, token, ret_report);
}

/* ---- OAuth ---- */

static void field(buf *form, const char *name, str value) {
    if (form->n) buf_add_char(form, '&');
    buf_add_z(form, name);
    buf_add_char(form, '=');
    url_encode(form, value);
}

static struct oauth_client client_of(struct social_call *c, str id, str secret, str redirect_url) {
    arena *a = c->arena;
    str server = c->account->server;
    return (struct oauth_client){.authorize_url = str_fmt(a, "%.*s/oauth/authorize", STR_FMT(server)),
                                 .token_url = str_fmt(a, "%.*s/oauth/token", STR_FMT(server)),
                                 .scope = S(SCOPES),
                                 .more = S(""),
                                 .id = id,
                                 .secret = secret,
                                 .redirect_url = redirect_url,
                                 .inside = c->inside};
}

static bool make_app(struct social_call *c, str redirect_url, str *ret_id, str *ret_secret,
                     struct social_report *ret_report) {
    struct call_answer answer;
    JSON_AUTO json_t *json = NULL;
    BUF_AUTO buf form = BUF_MAX(FORM_BYTES);
    str id, secret;
    field(&form, "client_name", S("Longhand"));
    field(&form, "redirect_uris", redirect_url);
    field(&form, "scopes", S(SCOPES));
    struct mastodon_ask q = {.method = CALL_POST,
                             .path = S("/api/v1/apps"),
                             .body = buf_str(&form),
                             .type = S("application/x-www-form-urlencoded")};
    if (!mastodon_ask(c, &q, &answer, ret_report)) {
        if (ret_report->result == SOCIAL_GONE) ret_report->result = SOCIAL_REFUSED;
        return false;
    }
    if (json_read(answer.body, &json) || !json_take_str(json, "client_id", &id) ||
        !json_take_str(json, "client_secret", &secret) || id.n > CLIENT_BYTES || secret.n > CLIENT_BYTES) {
        *ret_report = mastodon_nonsense(c);
        return false;
    }
    *ret_id = str_copy(c->arena, id);
    *ret_secret = str_copy(c->arena, secret);
    return true;
}

err mastodon_consent_begin(struct social_call *c, const struct social_sign_in *typed, str client_id,
                           str redirect_url, str state, str *ret_url, str *ret_pending,
                           struct social_report *ret_report) {
    arena *a = c->arena;
    str id, secret, verifier = oauth_verifier(a);
    (void)client_id;
    if (!take_server(c, typed, ret_report)) return ERR_NONE;
    if (!make_app(c, redirect_url, &id, &secret, ret_report)) return ERR_NONE;
    struct oauth_client client = client_of(c, id, secret, redirect_url);
    TRY(oauth_link(a, &client, state, verifier, S(""), ret_url));
    BUF_AUTO buf b = BUF_MAX(PENDING_BYTES);
    struct json_out o = json_begin(&b);
    json_open_object(&o);
    json_key(&o, S("server")), json_str(&o, c->account->server);
    json_key(&o, S("id")), json_str(&o, id);
    json_key(&o, S("secret")), json_str(&o, secret);
    json_key(&o, S("redirect")), json_str(&o, redirect_url);
    json_key(&o, S("verifier")), json_str(&o, verifier);
    json_close_object(&o);
    if (!json_done(&o)) return err_set(ERR_INVALID, "The address to come back to is too long.");
    *ret_pending = str_copy(a, buf_str(&b));
    *ret_report = (struct social_report){SOCIAL_DONE, S(""), 0};
    return ERR_NONE;
}

static str of_query(arena *a, str query, str name) {
    str n, v;
    while (url_pair(a, &query, &n, &v))
        if (str_eq(n, name)) return v;
    return S("");
}

static str take(arena *a, const json_t *json, const char *key) {
    str s;
    return json_take_str(json, key, &s) ? str_copy(a, s) : S("");
}

err mastodon_consent_end(struct social_call *c, str pending, str query, struct social_report *ret_report) {
    arena *a = c->arena;
    JSON_AUTO json_t *json = NULL;
    struct oauth_tokens tokens;
    str code = of_query(a, query, S("code"));
    TRY(json_read(pending, &json));
    if (!code.n) {
        *ret_report =
            (struct social_report){SOCIAL_REFUSED, S("The server gave no consent. Nothing was changed."), 0};
        return ERR_NONE;
    }
    c->account->server = take(a, json, "server");
    struct oauth_client client =
        client_of(c, take(a, json, "id"), take(a, json, "secret"), take(a, json, "redirect"));
    err e = oauth_exchange(a, &client, code, take(a, json, "verifier"), &tokens);
    if (e) {
        str says = e == ERR_DENIED ? S("The server does not accept this consent. Ask for it once more.")
                                   : str_copy(a, str_z(err_text()));
        *ret_report = (struct social_report){e == ERR_DENIED ? SOCIAL_REFUSED : SOCIAL_LATER, says, 0};
        return ERR_NONE;
    }
    return enter(c, tokens.access, ret_report);
}
