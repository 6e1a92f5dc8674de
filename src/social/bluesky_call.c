#include "social/bluesky_call.h"

#include "base/random.h"
#include "format/json.h"
#include "format/url.h"
#include "net/post.h"
#include "social/dpop.h"

enum { SECRET_MAX = 15 << 10, TOKEN_MAX = 8 << 10, QUERY_MAX = 16 << 10, SKEW_MS = 5000, NONCE_MAX = 512 };

/* ---- what is kept ---- */

static str kept(arena *a, const json_t *json, const char *key) {
    str s;
    return json_take_str(json, key, &s) ? str_copy(a, s) : S("");
}

err bsky_open(struct social_call *c, struct bsky *ret) {
    arena *a = c->arena;
    JSON_AUTO json_t *json = NULL;
    struct bsky b = {.call = c, .a = a, .now = clock_now(c->clock)};
    if (json_read(c->account->secret, &json) || !json_is_object(json))
        return err_set(ERR_INVALID, "Nothing is kept to sign in with.");
    b.pds = kept(a, json, "pds");
    b.did = kept(a, json, "did");
    b.access = kept(a, json, "access");
    b.refresh = kept(a, json, "refresh");
    b.password = kept(a, json, "password");
    b.issuer = kept(a, json, "issuer");
    b.token_url = kept(a, json, "token_url");
    b.client = kept(a, json, "client");
    b.key = kept(a, json, "key");
    b.oauth = b.key.n > 0;
    if (!bluesky_is_did(b.did) || !b.pds.n || post_url_check(a, b.pds, c->inside))
        return err_set(ERR_INVALID, "What is kept to sign in with is damaged.");
    *ret = b;
    return ERR_NONE;
}

static void keep(struct json_out *o, const char *key, str value) {
    if (!value.n) return;
    json_key(o, str_z(key));
    json_str(o, value);
}

err bsky_keep(struct bsky *b) {
    BUF_AUTO buf out = BUF_MAX(SECRET_MAX);
    struct json_out o = json_begin(&out);
    struct social_account *account = b->call->account;
    json_open_object(&o);
    keep(&o, "pds", b->pds), keep(&o, "did", b->did);
    keep(&o, "access", b->access), keep(&o, "refresh", b->refresh);
    keep(&o, "password", b->password);
    keep(&o, "issuer", b->issuer), keep(&o, "token_url", b->token_url);
    keep(&o, "client", b->client), keep(&o, "key", b->key);
    json_close_object(&o);
    if (!json_done(&o)) return err_set(ERR_LIMIT, "The server's tokens are too long.");
    str secret = str_copy(b->a, buf_str(&out));
    if (account->renewed) TRY(account->renewed(account->renewed_context, secret));
    account->secret = secret;
    return ERR_NONE;
}

/* ---- what may be said ---- */

/* The beginning is enough: a part of a secret is none to be shown either. */
static bool holds(str text, str secret) {
    return secret.n >= 8 && str_find(text, str_slice(secret, 0, 12), 0) != SIZE_MAX;
}

str bsky_line(struct bsky *b, str s) {
    if (!str_is_utf8(s)) return S("(bytes that are no text)");
    if (holds(s, b->access) || holds(s, b->refresh) || holds(s, b->password) || holds(s, b->key))
        return S("(it repeats what is secret)");
    s = str_clip_utf8(str_trim(s), 300);
    char *z = str_cstr(b->a, s);
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)z[i] < ' ' || z[i] == 0x7F) z[i] = ' ';
    return (str){z, s.n};
}

social_result bsky_says(struct bsky *b, struct social_report *report, social_result r, str says) {
    *report = (struct social_report){.result = r, .says = bsky_line(b, says), .retry_at = report->retry_at};
    if (r != SOCIAL_LATER) report->retry_at = 0;
    return r;
}

void bsky_param(arena *a, str *query, const char *name, str value) {
    BUF_AUTO buf b = BUF_MAX(QUERY_MAX);
    buf_add(&b, *query);
    if (b.n) buf_add_char(&b, '&');
    buf_add_z(&b, name);
    buf_add_char(&b, '=');
    url_encode(&b, value);
    if (buf_ok(&b)) *query = str_copy(a, buf_str(&b));
}

/* ---- one request ---- */

static void take_clock(struct bsky *b, const struct call_answer *answer) {
    int64_t theirs = call_server_time(answer), ours = clock_now(b->call->clock);
    if (!theirs) return;
    b->ahead = theirs - ours;
    if (b->ahead > -SKEW_MS && b->ahead < SKEW_MS) b->ahead = 0;
}

static bool is_nonce(str s) {
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~') return false;
    return s.n > 0 && s.n <= NONCE_MAX;
}

/* A proof of the key for this request, by the server's clock (RFC 9449 11.1: `iat` is judged by it). */
static err proof(struct bsky *b, enum call_method method, str url, str nonce, str token, str *ret) {
    const struct dpop_proof p = {.method = call_method_name(method),
                                 .url = url,
                                 .at = clock_now(b->call->clock) + b->ahead,
                                 .nonce = nonce,
                                 .token = token};
    return dpop_make(b->a, b->key, &p, ret);
}

/* How a request that got no answer ended. */
static social_result no_answer(struct bsky *b, err e, bool writes, struct social_report *report) {
    b->status = 0;
    b->error = S("");
    b->too_long = e == ERR_LIMIT;
    b->may_have_arrived = e == ERR_NETWORK || e == ERR_LIMIT;
    if (e == ERR_DENIED || e == ERR_INVALID) return bsky_says(b, report, SOCIAL_REFUSED, str_z(err_text()));
    return bsky_says(b, report, writes && b->may_have_arrived ? SOCIAL_UNCERTAIN : SOCIAL_LATER,
                     str_z(err_text()));
}

static bool is_error(const struct bsky *b, const char *name) { return str_eq(b->error, str_z(name)); }

/* What an answer that is not 2xx means. */
static social_result judge(struct bsky *b, const struct call_answer *answer, bool writes,
                           struct social_report *report) {
    str words;
    bluesky_read_error(b->a, answer->body, &b->error, &words);
    b->status = answer->status;
    b->too_long = false;
    b->may_have_arrived = answer->status == 502 || answer->status == 503 || answer->status == 504;
    str says = str_fmt(b->a, "%d %.*s %.*s", answer->status, STR_FMT(b->error), STR_FMT(words));
    report->retry_at = call_again_at(answer, clock_now(b->call->clock));
    if (answer->status == 429) return bsky_says(b, report, SOCIAL_LATER, says);
    if (answer->status >= 500 && answer->status != 501)
        return bsky_says(b, report, writes && b->may_have_arrived ? SOCIAL_UNCERTAIN : SOCIAL_LATER, says);
    if (is_error(b, "AccountTakedown") || is_error(b, "AccountDeactivated") ||
        is_error(b, "AccountSuspended") || answer->status == 401)
        return bsky_says(b, report, SOCIAL_SIGN_IN, says);
    if (answer->status >= 300 && answer->status < 400)
        return bsky_says(
            b, report, SOCIAL_REFUSED,
            str_fmt(b->a, "%d: the server sends on to another address; connect that one.", answer->status));
    return bsky_says(b, report, SOCIAL_REFUSED, says);
}

static err send_once(struct bsky *b, const struct bsky_ask *q, str token, bool proves,
                     struct call_answer *ret) {
    struct call_header headers[3];
    size_t n = 0;
    str url = str_fmt(b->a, "%.*s/xrpc/%s", STR_FMT(b->pds), q->what), dpop = S("");
    if (proves) {
        TRY(proof(b, q->method, url, b->server_nonce, token, &dpop));
        headers[n++] = (struct call_header){S("DPoP"), dpop};
    }
    if (token.n) {
        BUF_AUTO buf line = BUF_MAX(TOKEN_MAX + 64);
        buf_add_z(&line, proves ? "DPoP " : "Bearer ");
        buf_add(&line, token);
        if (!buf_ok(&line)) return err_set(ERR_INVALID, "The token that is kept is too long.");
        headers[n++] = (struct call_header){S("Authorization"), str_copy(b->a, buf_str(&line))};
    }
    headers[n++] = (struct call_header){S("Accept"), S("application/json")};
    if (q->query.n) {
        BUF_AUTO buf whole = BUF_MAX(QUERY_MAX);
        buf_add(&whole, url), buf_add_char(&whole, '?'), buf_add(&whole, q->query);
        if (!buf_ok(&whole)) return err_set(ERR_INVALID, "The question is too long.");
        url = str_copy(b->a, buf_str(&whole));
    }
    const struct call_wish wish = {.method = q->method,
                                   .url = url,
                                   .body = q->body,
                                   .type = q->type,
                                   .headers = headers,
                                   .nheaders = n,
                                   .inside = b->call->inside,
                                   .timeout_seconds =
                                       b->call->timeout_seconds ? b->call->timeout_seconds : 20,
                                   .max = q->max ? q->max : BLUESKY_ANSWER_BYTES};
    TRY(call_http(b->a, &wish, ret));
    take_clock(b, ret);
    str nonce = call_header_of(ret, "dpop-nonce");
    if (is_nonce(nonce)) b->server_nonce = nonce;
    return ERR_NONE;
}

/* The resource server wants a (newer) nonce: RFC 9449 9, in WWW-Authenticate; some say it in the body. */
static bool wants_nonce(arena *a, const struct call_answer *answer) {
    str name, words;
    if (answer->status != 401 && answer->status != 400) return false;
    if (str_find(call_header_of(answer, "www-authenticate"), S("use_dpop_nonce"), 0) != SIZE_MAX) return true;
    bluesky_read_error(a, answer->body, &name, &words);
    return str_eq(name, S("use_dpop_nonce"));
}

/* The proof was refused though there is a nonce: the clocks differ, and by now we know by how much. */
static bool wants_clock(struct bsky *b, const struct call_answer *answer) {
    str name, words;
    if ((answer->status != 401 && answer->status != 400) || !b->ahead) return false;
    if (str_find(call_header_of(answer, "www-authenticate"), S("invalid_dpop_proof"), 0) != SIZE_MAX)
        return true;
    bluesky_read_error(b->a, answer->body, &name, &words);
    return str_eq(name, S("invalid_dpop_proof"));
}

static err send_proved(struct bsky *b, const struct bsky_ask *q, struct call_answer *ret) {
    int64_t ahead = b->ahead;
    TRY(send_once(b, q, b->access, b->oauth, ret));
    if (!b->oauth) return ERR_NONE;
    bool again = wants_nonce(b->a, ret) || (ahead != b->ahead && wants_clock(b, ret));
    return again ? send_once(b, q, b->access, true, ret) : ERR_NONE;
}

/* ---- tokens ---- */

static bool is_old_token(arena *a, const struct call_answer *answer) {
    str name, words;
    if (answer->status != 401 && answer->status != 400) return false;
    if (str_find(call_header_of(answer, "www-authenticate"), S("invalid_token"), 0) != SIZE_MAX) return true;
    bluesky_read_error(a, answer->body, &name, &words);
    return str_eq(name, S("ExpiredToken")) || str_eq(name, S("InvalidToken")) ||
           str_eq(name, S("invalid_token")) || (answer->status == 401 && str_eq(name, S("AuthMissing")));
}

static social_result keep_now(struct bsky *b, struct social_report *report) {
    if (!bsky_keep(b)) return SOCIAL_DONE;
    return bsky_says(b, report, SOCIAL_LATER, str_z(err_text()));
}

static social_result take_session(struct bsky *b, const struct bluesky_session *s,
                                  struct social_report *report) {
    if (b->did.n && !str_eq(b->did, s->did))
        return bsky_says(b, report, SOCIAL_SIGN_IN, S("The server now signs in another account."));
    b->did = s->did;
    b->access = s->access;
    b->refresh = s->refresh;
    return keep_now(b, report);
}

social_result bsky_sign_in(struct bsky *b, str identifier, struct bluesky_session *ret,
                           struct social_report *report) {
    BUF_AUTO buf body = BUF_MAX(8 << 10);
    struct json_out o = json_begin(&body);
    json_open_object(&o);
    keep(&o, "identifier", identifier);
    keep(&o, "password", b->password);
    json_close_object(&o);
    struct call_answer answer;
    const struct bsky_ask q = {.method = CALL_POST,
                               .what = "com.atproto.server.createSession",
                               .body = buf_str(&body),
                               .type = S("application/json")};
    err e = send_once(b, &q, S(""), false, &answer);
    if (e) return no_answer(b, e, false, report);
    if (answer.status != 200) {
        social_result r = judge(b, &answer, false, report);
        return r == SOCIAL_REFUSED && answer.status == 400
                   ? bsky_says(b, report, SOCIAL_SIGN_IN, report->says)
                   : r;
    }
    if (bluesky_read_session(b->a, answer.body, ret))
        return bsky_says(b, report, SOCIAL_LATER, str_z(err_text()));
    return SOCIAL_DONE;
}

/* An app password's session: by its refresh token, or anew when that has ended, too. */
static social_result renew_session(struct bsky *b, struct social_report *report) {
    struct bluesky_session s;
    struct call_answer answer;
    const struct bsky_ask q = {.method = CALL_POST, .what = "com.atproto.server.refreshSession"};
    err e = send_once(b, &q, b->refresh, false, &answer);
    if (e) return no_answer(b, e, false, report);
    if (answer.status == 200 && !bluesky_read_session(b->a, answer.body, &s))
        return take_session(b, &s, report);
    if (answer.status == 200) return bsky_says(b, report, SOCIAL_LATER, str_z(err_text()));
    if (answer.status != 400 && answer.status != 401) return judge(b, &answer, false, report);
    if (!b->password.n) return judge(b, &answer, false, report);
    social_result r = bsky_sign_in(b, b->did, &s, report);
    return r == SOCIAL_DONE ? take_session(b, &s, report) : r;
}

bool bsky_take_tokens(struct bsky *b, str body, str sub) {
    JSON_AUTO json_t *json = NULL;
    if (bluesky_json(body, &json)) return false;
    str access = kept(b->a, json, "access_token"), refresh = kept(b->a, json, "refresh_token");
    str whose = kept(b->a, json, "sub"), type = kept(b->a, json, "token_type");
    if (!access.n || access.n > TOKEN_MAX || refresh.n > TOKEN_MAX) return false;
    if (!str_eq_nocase(type, S("DPoP")) || !bluesky_is_did(whose)) return false;
    if (sub.n && !str_eq(sub, whose)) return false;
    for (size_t i = 0; i < access.n; i++)
        if (access.p[i] <= ' ' || access.p[i] > '~') return false;
    b->access = access;
    if (refresh.n) b->refresh = refresh;
    b->did = whose;
    return true;
}

static err send_form(struct bsky *b, str url, str form, struct call_answer *ret) {
    str dpop;
    TRY(proof(b, CALL_POST, url, b->issuer_nonce, S(""), &dpop));
    const struct call_header headers[] = {{S("DPoP"), dpop}, {S("Accept"), S("application/json")}};
    const struct call_wish wish = {.method = CALL_POST,
                                   .url = url,
                                   .body = form,
                                   .type = S("application/x-www-form-urlencoded"),
                                   .headers = headers,
                                   .nheaders = 2,
                                   .inside = b->call->inside,
                                   .timeout_seconds = 20,
                                   .max = 64 << 10};
    TRY(call_http(b->a, &wish, ret));
    take_clock(b, ret);
    str nonce = call_header_of(ret, "dpop-nonce");
    if (is_nonce(nonce)) b->issuer_nonce = nonce;
    return ERR_NONE;
}

social_result bsky_form(struct bsky *b, str url, str form, struct call_answer *ret,
                        struct social_report *report) {
    int64_t ahead = b->ahead;
    err e = send_form(b, url, form, ret);
    if (!e && (wants_nonce(b->a, ret) || (ahead != b->ahead && wants_clock(b, ret))))
        e = send_form(b, url, form, ret);
    if (e) return no_answer(b, e, false, report);
    if (ret->status == 200 || ret->status == 201) return SOCIAL_DONE;
    social_result r = judge(b, ret, false, report);
    return r == SOCIAL_REFUSED && (is_error(b, "invalid_grant") || is_error(b, "invalid_client") ||
                                   is_error(b, "access_denied"))
               ? bsky_says(b, report, SOCIAL_SIGN_IN, report->says)
               : r;
}

static social_result renew_oauth(struct bsky *b, struct social_report *report) {
    struct call_answer answer;
    str form = S("grant_type=refresh_token");
    bsky_param(b->a, &form, "refresh_token", b->refresh);
    bsky_param(b->a, &form, "client_id", b->client);
    if (!b->refresh.n) return bsky_says(b, report, SOCIAL_SIGN_IN, S("The consent has ended."));
    social_result r = bsky_form(b, b->token_url, form, &answer, report);
    if (r) return r;
    if (!bsky_take_tokens(b, answer.body, b->did))
        return bsky_says(b, report, SOCIAL_SIGN_IN, S("The server gives tokens that cannot be used."));
    return keep_now(b, report);
}

/* Tokens that another process renewed since: they are used instead of renewing once more. */
static bool take_latest(struct bsky *b) {
    struct social_account *account = b->call->account;
    struct bsky now;
    str secret, before = account->secret;
    if (!account->latest || account->latest(account->renewed_context, b->a, &secret)) return false;
    if (str_eq(secret, before)) return false;
    account->secret = secret;
    if (bsky_open(b->call, &now) || !str_eq(now.did, b->did)) {
        account->secret = before;
        return false;
    }
    b->access = now.access, b->refresh = now.refresh;
    b->key = now.key, b->oauth = now.oauth;
    return true;
}

/* ---- asking ---- */

social_result bsky_ask(struct bsky *b, const struct bsky_ask *q, struct call_answer *ret,
                       struct social_report *report) {
    *report = (struct social_report){.result = SOCIAL_DONE};
    err e = send_proved(b, q, ret);
    if (!e && is_old_token(b->a, ret) && take_latest(b)) e = send_proved(b, q, ret);
    if (!e && is_old_token(b->a, ret)) {
        social_result r = b->oauth ? renew_oauth(b, report) : renew_session(b, report);
        /* The question itself was refused: whatever became of the renewal, it was not done. */
        if (r == SOCIAL_UNCERTAIN) r = bsky_says(b, report, SOCIAL_LATER, report->says);
        if (r) return r;
        e = send_proved(b, q, ret);
    }
    if (e) return no_answer(b, e, q->writes, report);
    if (ret->status < 200 || ret->status > 299) return judge(b, ret, q->writes, report);
    b->status = ret->status;
    b->error = S("");
    b->too_long = b->may_have_arrived = false;
    return SOCIAL_DONE;
}

social_result bsky_get(struct bsky *b, const char *what, str query, struct call_answer *ret,
                       struct social_report *report) {
    const struct bsky_ask q = {.method = CALL_GET, .what = what, .query = query};
    return bsky_ask(b, &q, ret, report);
}
