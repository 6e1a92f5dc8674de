/* OAuth as the AT Protocol wants it (atproto.com/specs/oauth): the server of the account names its
 * authorization server; the request is pushed to that (PAR, RFC 9126), the browser only carries its name;
 * PKCE (RFC 7636); every token is bound to a key of ours (DPoP). We are a public client: the document under
 * client_id is all that the server knows of us. */
#include "base/random.h"
#include "format/json.h"
#include "format/url.h"
#include "net/post.h"
#include "social/bluesky_own.h"
#include "social/dpop.h"

enum { DOCUMENT_MAX = 64 << 10, URL_MAX = 2000 };
static const char scope[] = "atproto transition:generic";

static void put(struct json_out *o, const char *key, str value) {
    json_key(o, str_z(key));
    json_str(o, value);
}

static void put_list(struct json_out *o, const char *key, str one, str two) {
    json_key(o, str_z(key));
    json_open_array(o);
    json_str(o, one);
    if (two.n) json_str(o, two);
    json_close_array(o);
}

str bluesky_client_document(arena *a, str client_id, str redirect_url, str brand_name) {
    BUF_AUTO buf b = BUF_MAX(DOCUMENT_MAX);
    struct json_out o = json_begin(&b);
    json_open_object(&o);
    put(&o, "client_id", client_id);
    put(&o, "client_name", brand_name);
    put(&o, "application_type", S("web"));
    put(&o, "scope", str_z(scope));
    put_list(&o, "grant_types", S("authorization_code"), S("refresh_token"));
    put_list(&o, "response_types", S("code"), S(""));
    put_list(&o, "redirect_uris", redirect_url, S(""));
    put(&o, "token_endpoint_auth_method", S("none"));
    json_key(&o, S("dpop_bound_access_tokens")), json_bool(&o, true);
    json_close_object(&o);
    return str_copy(a, buf_str(&b));
}

/* ---- who lets people in ---- */

/* A public JSON document of a server. GONE where it has none. */
static social_result document(struct bsky *b, str origin, const char *path, json_t **ret,
                              struct social_report *report) {
    struct call_answer answer;
    const struct call_header accept = {S("Accept"), S("application/json")};
    const struct call_wish wish = {.url = str_fmt(b->a, "%.*s%s", STR_FMT(origin), path),
                                   .headers = &accept,
                                   .nheaders = 1,
                                   .inside = b->call->inside,
                                   .timeout_seconds = 20,
                                   .max = DOCUMENT_MAX};
    err e = call_http(b->a, &wish, &answer);
    if (e == ERR_DENIED || e == ERR_INVALID) return bsky_says(b, report, SOCIAL_REFUSED, str_z(err_text()));
    if (e) return bsky_says(b, report, SOCIAL_LATER, str_z(err_text()));
    if (answer.status != 200) {
        str says = str_fmt(b->a, "%.*s answers %d.", STR_FMT(origin), answer.status);
        return bsky_says(b, report, answer.status >= 500 || answer.status == 429 ? SOCIAL_LATER : SOCIAL_GONE,
                         says);
    }
    if (bluesky_json(answer.body, ret)) return bsky_says(b, report, SOCIAL_LATER, str_z(err_text()));
    return SOCIAL_DONE;
}

static str address(struct bsky *b, const json_t *json, const char *key) {
    str s;
    if (!json_take_str(json, key, &s) || s.n > URL_MAX || post_url_check(b->a, s, b->call->inside))
        return S("");
    return str_copy(b->a, s);
}

/* The authorization server that the account's server trusts; the server itself where it names none. */
static social_result find_issuer(struct bsky *b, str origin, str *ret_issuer, struct social_report *report) {
    JSON_AUTO json_t *json = NULL;
    social_result r = document(b, origin, "/.well-known/oauth-protected-resource", &json, report);
    *ret_issuer = origin;
    if (r == SOCIAL_GONE) return SOCIAL_DONE;
    if (r) return r;
    const json_t *first = json_array_get(json_object_get(json, "authorization_servers"), 0);
    str s = json_is_string(first) ? str_z(json_string_value(first)) : S("");
    if (str_ends(s, S("/"))) s = str_slice(s, 0, s.n - 1);
    if (!s.n || s.n > URL_MAX || post_url_check(b->a, s, b->call->inside))
        return bsky_says(b, report, SOCIAL_REFUSED, S("The server does not say who lets people in."));
    *ret_issuer = str_copy(b->a, s);
    return SOCIAL_DONE;
}

struct issuer {
    str authorize, token, push;
};

static social_result read_issuer(struct bsky *b, struct issuer *ret, struct social_report *report) {
    JSON_AUTO json_t *json = NULL;
    str named;
    social_result r = document(b, b->issuer, "/.well-known/oauth-authorization-server", &json, report);
    if (r == SOCIAL_GONE)
        return bsky_says(b, report, SOCIAL_REFUSED, S("The server knows no OAuth; use an app password."));
    if (r) return r;
    struct issuer i = {address(b, json, "authorization_endpoint"), address(b, json, "token_endpoint"),
                       address(b, json, "pushed_authorization_request_endpoint")};
    /* RFC 8414 3.3: one that speaks for another is none. */
    if (!json_take_str(json, "issuer", &named) || !str_eq(named, b->issuer))
        return bsky_says(b, report, SOCIAL_REFUSED, S("The server that lets people in gives another name."));
    if (!i.authorize.n || !i.token.n || !i.push.n)
        return bsky_says(b, report, SOCIAL_REFUSED,
                         S("The server lacks a part of OAuth; use an app password."));
    *ret = i;
    return SOCIAL_DONE;
}

/* ---- going there ---- */

static str pending_of(struct bsky *b, str origin, str redirect_url, str verifier) {
    BUF_AUTO buf out = BUF_MAX(DOCUMENT_MAX);
    struct json_out o = json_begin(&out);
    json_open_object(&o);
    put(&o, "server", origin), put(&o, "issuer", b->issuer), put(&o, "token_url", b->token_url);
    put(&o, "client", b->client), put(&o, "redirect", redirect_url);
    put(&o, "verifier", verifier), put(&o, "key", b->key);
    json_close_object(&o);
    return str_copy(b->a, buf_str(&out));
}

static social_result push(struct bsky *b, const struct issuer *i, str redirect_url, str state, str verifier,
                          str login, str *ret_name, struct social_report *report) {
    JSON_AUTO json_t *json = NULL;
    struct call_answer answer;
    str form = S("response_type=code&code_challenge_method=S256"), name;
    bsky_param(b->a, &form, "client_id", b->client);
    bsky_param(b->a, &form, "redirect_uri", redirect_url);
    bsky_param(b->a, &form, "scope", str_z(scope));
    bsky_param(b->a, &form, "state", state);
    bsky_param(b->a, &form, "code_challenge", dpop_hash(b->a, verifier));
    if (login.n) bsky_param(b->a, &form, "login_hint", login);
    social_result r = bsky_form(b, i->push, form, &answer, report);
    if (r) return r;
    if (bluesky_json(answer.body, &json) || !json_take_str(json, "request_uri", &name) || name.n > URL_MAX)
        return bsky_says(b, report, SOCIAL_LATER, S("The server gives the question no name."));
    *ret_name = str_copy(b->a, name);
    return SOCIAL_DONE;
}

static str verifier_new(arena *a) {
    str one = token_new(a), two = token_new(a); /* 44 characters, RFC 7636 4.1 */
    return str_fmt(a, "%.*s%.*s", STR_FMT(one), STR_FMT(two));
}

err bluesky_consent_begin(struct social_call *c, const struct social_sign_in *typed, str client_id,
                          str redirect_url, str state, str *ret_url, str *ret_pending,
                          struct social_report *report) {
    struct bsky b = {
        .call = c, .a = c->arena, .now = clock_now(c->clock), .client = client_id, .oauth = true};
    struct issuer issuer;
    str origin, name;
    *report = (struct social_report){.result = SOCIAL_DONE, .says = S("")};
    TRY(bluesky_server(c->arena, typed->server, c->inside, &origin));
    TRY(dpop_key_new(c->arena, &b.key));
    str login = bluesky_account(c->arena, typed->account, origin), verifier = verifier_new(c->arena);
    if (find_issuer(&b, origin, &b.issuer, report) || read_issuer(&b, &issuer, report)) return ERR_NONE;
    b.token_url = issuer.token;
    if (push(&b, &issuer, redirect_url, state, verifier, login, &name, report)) return ERR_NONE;
    str query = S("");
    bsky_param(c->arena, &query, "client_id", client_id);
    bsky_param(c->arena, &query, "request_uri", name);
    char between = str_has(issuer.authorize, '?') ? '&' : '?';
    *ret_url = str_fmt(c->arena, "%.*s%c%.*s", STR_FMT(issuer.authorize), between, STR_FMT(query));
    *ret_pending = pending_of(&b, origin, redirect_url, verifier);
    *report = (struct social_report){.result = SOCIAL_DONE, .says = S("")};
    return ERR_NONE;
}

/* ---- coming back ---- */

struct returned {
    str code, issuer, error;
};

static struct returned read_query(arena *a, str query) {
    struct returned r = {S(""), S(""), S("")};
    str name, value;
    while (url_pair(a, &query, &name, &value)) {
        if (str_eq(name, S("code"))) r.code = value;
        if (str_eq(name, S("iss"))) r.issuer = value;
        if (str_eq(name, S("error"))) r.error = value;
    }
    return r;
}

/* Whose account it is, asked of the server that we were told to use, and where it is held: there or on a
 * server that trusts the same authorization server. Else the latter would speak for accounts of others. */
static social_result find_home(struct bsky *b, str *ret_handle, struct social_report *report) {
    JSON_AUTO json_t *json = NULL;
    struct call_answer answer;
    str did, issuer, query = S("");
    bsky_param(b->a, &query, "repo", b->did);
    social_result r = bsky_get(b, "com.atproto.repo.describeRepo", query, &answer, report);
    if (r) return r;
    if (bluesky_json(answer.body, &json) || !json_take_str(json, "did", &did) || !str_eq(did, b->did))
        return bsky_says(b, report, SOCIAL_REFUSED,
                         S("The server does not know the account that consented."));
    str home = bluesky_read_pds(b->a, json_object_get(json, "didDoc"));
    if (!json_take_str(json, "handle", ret_handle) || !bluesky_is_handle(*ret_handle)) *ret_handle = b->did;
    *ret_handle = str_copy(b->a, *ret_handle);
    if (!home.n || str_eq(home, b->pds)) return SOCIAL_DONE;
    if (post_url_check(b->a, home, b->call->inside) || find_issuer(b, home, &issuer, report) ||
        !str_eq(issuer, b->issuer))
        return bsky_says(b, report, SOCIAL_REFUSED,
                         S("The account is held by another server than the one that let it in."));
    b->pds = home;
    return SOCIAL_DONE;
}

static bool read_pending(struct bsky *b, str pending, str *ret_redirect, str *ret_verifier) {
    JSON_AUTO json_t *json = NULL;
    str origin;
    if (json_read(pending, &json)) return false;
    if (!json_take_str(json, "server", &origin) || !json_take_str(json, "issuer", &b->issuer) ||
        !json_take_str(json, "token_url", &b->token_url) || !json_take_str(json, "client", &b->client) ||
        !json_take_str(json, "key", &b->key) || !json_take_str(json, "redirect", ret_redirect) ||
        !json_take_str(json, "verifier", ret_verifier))
        return false;
    b->pds = str_copy(b->a, origin);
    b->issuer = str_copy(b->a, b->issuer), b->token_url = str_copy(b->a, b->token_url);
    b->client = str_copy(b->a, b->client), b->key = str_copy(b->a, b->key);
    *ret_redirect = str_copy(b->a, *ret_redirect), *ret_verifier = str_copy(b->a, *ret_verifier);
    return true;
}

static social_result finish(struct bsky *b, str code, str redirect_url, str verifier, str *ret_handle,
                            struct social_report *report) {
    struct call_answer answer;
    str form = S("grant_type=authorization_code");
    bsky_param(b->a, &form, "code", code);
    bsky_param(b->a, &form, "redirect_uri", redirect_url);
    bsky_param(b->a, &form, "client_id", b->client);
    bsky_param(b->a, &form, "code_verifier", verifier);
    social_result r = bsky_form(b, b->token_url, form, &answer, report);
    if (r) return r;
    if (!bsky_take_tokens(b, answer.body, S("")))
        return bsky_says(b, report, SOCIAL_REFUSED, S("The server gives tokens that cannot be used."));
    return find_home(b, ret_handle, report);
}

err bluesky_consent_end(struct social_call *c, str pending, str query, struct social_report *report) {
    struct bsky b = {.call = c, .a = c->arena, .now = clock_now(c->clock), .oauth = true};
    str redirect_url, verifier, handle = S("");
    struct returned back = read_query(c->arena, query);
    *report = (struct social_report){.result = SOCIAL_DONE, .says = S("")};
    if (!read_pending(&b, pending, &redirect_url, &verifier))
        return err_set(ERR_INVALID, "This consent was not begun here; begin again.");
    str origin = b.pds;
    if (back.error.n || !back.code.n) {
        bsky_says(&b, report, SOCIAL_REFUSED,
                  str_fmt(c->arena, "No consent was given: %.*s", STR_FMT(back.error)));
        return ERR_NONE;
    }
    /* RFC 9207: a code of another server is not brought to this one. */
    if (!str_eq(back.issuer, b.issuer)) {
        bsky_says(&b, report, SOCIAL_REFUSED, S("The consent comes from another server than the one asked."));
        return ERR_NONE;
    }
    err (*renewed)(void *, str) = c->account->renewed;
    c->account->renewed = NULL; /* whoever connects it keeps it */
    social_result r = finish(&b, back.code, redirect_url, verifier, &handle, report);
    if (!r && bsky_keep(&b)) r = bsky_says(&b, report, SOCIAL_LATER, str_z(err_text()));
    c->account->renewed = renewed;
    if (!r) bluesky_fill(&b, origin, handle);
    return ERR_NONE;
}
