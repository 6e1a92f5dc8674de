#include "net/oauth.h"

#include <sodium.h>

#include "base/random.h"
#include "format/json.h"
#include "format/url.h"
#include "net/post.h"

enum {
    ANSWER_BYTES = 48 << 10,
    TOKEN_BYTES = 16 << 10,
    URL_BYTES = 8000,
    FORM_BYTES = 64 << 10,
    SECONDS = 20
};

static const struct oauth_provider providers[] = {
    {"google", "Google", "https://accounts.google.com/o/oauth2/v2/auth",
     "https://oauth2.googleapis.com/token", "https://mail.google.com/", "&access_type=offline&prompt=consent",
     "imap.gmail.com", 993},
    {"microsoft", "Microsoft", "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
     "https://login.microsoftonline.com/common/oauth2/v2.0/token",
     "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access",
     "&prompt=select_account", "outlook.office365.com", 993},
};

const struct oauth_provider *oauth_provider_at(size_t i) {
    return i < sizeof providers / sizeof *providers ? &providers[i] : NULL;
}

const struct oauth_provider *oauth_provider_named(str name) {
    for (size_t i = 0; oauth_provider_at(i); i++)
        if (str_eq(name, str_z(providers[i].name))) return &providers[i];
    return NULL;
}

static str base64url(arena *a, const unsigned char *bytes, size_t n) {
    enum { VARIANT = sodium_base64_VARIANT_URLSAFE_NO_PADDING };
    size_t room = sodium_base64_encoded_len(n, VARIANT);
    char *text = arena_alloc(a, room);
    return str_z(sodium_bin2base64(text, room, bytes, n, VARIANT));
}

str oauth_verifier(arena *a) {
    unsigned char bytes[32];
    random_bytes(bytes, sizeof bytes);
    return base64url(a, bytes, sizeof bytes);
}

static void add(buf *b, const char *name, str value) {
    if (b->n) buf_add_char(b, '&');
    buf_add_z(b, name);
    buf_add_char(b, '=');
    url_encode(b, value);
}

err oauth_link(arena *a, const struct oauth_client *c, str state, str verifier, str login, str *ret_url) {
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const unsigned char *)verifier.p, verifier.n);
    BUF_AUTO buf b = BUF_MAX(URL_BYTES);
    add(&b, "response_type", S("code"));
    add(&b, "client_id", c->id);
    add(&b, "redirect_uri", c->redirect_url);
    add(&b, "scope", c->scope);
    add(&b, "state", state);
    add(&b, "code_challenge", base64url(a, hash, sizeof hash));
    add(&b, "code_challenge_method", S("S256"));
    if (login.n) add(&b, "login_hint", login);
    buf_add(&b, c->more);
    if (!buf_ok(&b)) return err_set(ERR_LIMIT, "The way to the provider's page is too long.");
    char between = str_has(c->authorize_url, '?') ? '&' : '?';
    *ret_url = str_fmt(a, "%.*s%c%.*s", STR_FMT(c->authorize_url), between, STR_FMT(buf_str(&b)));
    return ERR_NONE;
}

/* ---- answers ---- */

/* A token goes into a line of IMAP and into a form: visible ASCII (RFC 6749 appendix A.12). */
static bool is_token(str t) {
    for (size_t i = 0; i < t.n; i++)
        if (t.p[i] <= ' ' || t.p[i] > '~') return false;
    return t.n > 0 && t.n <= TOKEN_BYTES;
}

/* The provider's own word for what is wrong: a short name (RFC 6749 5.2). What stands in its description may
 * repeat what we sent. */
static err refused(arena *a, int status, const json_t *json) {
    str name = S("");
    if (json && !json_take_str(json, "error", &name)) name = S("");
    for (size_t i = 0; i < name.n; i++)
        if (!(name.p[i] == '_' || (name.p[i] >= 'a' && name.p[i] <= 'z'))) name = S("");
    name = str_copy(a, str_slice(name, 0, 60));
    if (str_eq(name, S("invalid_grant")))
        return err_set(ERR_DENIED,
                       "The consent for this mailbox has ended (invalid_grant). Ask for consent again.");
    if (str_eq(name, S("invalid_client")) || str_eq(name, S("unauthorized_client")))
        return err_set(ERR_DENIED,
                       "The provider does not accept the client's id or secret (%.*s). Look whether the "
                       "secret has expired, and type it again.",
                       STR_FMT(name));
    if (name.n && status >= 400 && status < 500 && status != 429)
        return err_set(ERR_DENIED, "The provider gives no token: %.*s.", STR_FMT(name));
    return err_set(ERR_NETWORK, "The provider answered the question for a token with %d.", status);
}

static int64_t seconds_of(const json_t *json, const char *name) {
    int64_t n = 0;
    str text;
    /* Some give the number as a string. */
    if (!json_take_int(json, name, &n) && json_take_str(json, name, &text) && !str_to_int(text, &n)) n = 0;
    return n > 0 && n < 10LL * 366 * 86400 ? n : 0;
}

err oauth_read_answer(arena *a, int status, str body, struct oauth_tokens *ret) {
    JSON_AUTO json_t *json = NULL;
    if (json_read(body, &json) || !json_is_object(json)) return refused(a, status, NULL);
    str access, refresh = S("");
    if (status != 200 || !json_take_str(json, "access_token", &access)) return refused(a, status, json);
    if (!json_take_str(json, "refresh_token", &refresh)) refresh = S("");
    if (!is_token(access) || (refresh.n && !is_token(refresh)))
        return err_set(ERR_NETWORK, "The provider's token is none that can be used.");
    int64_t consent = seconds_of(json, "refresh_token_expires_in");
    if (!consent) consent = seconds_of(json, "refresh_expires_in");
    *ret = (struct oauth_tokens){.access = str_copy(a, access),
                                 .refresh = str_copy(a, refresh),
                                 .access_seconds = seconds_of(json, "expires_in"),
                                 .refresh_seconds = consent};
    return ERR_NONE;
}

/* ---- asking ---- */

static err ask(arena *a, const struct oauth_client *c, buf *form, struct oauth_tokens *ret) {
    add(form, "client_id", c->id);
    if (c->secret.n) add(form, "client_secret", c->secret);
    if (!buf_ok(form)) return err_set(ERR_LIMIT, "What the provider needs to know is too long.");
    const struct post_header headers[] = {{"Accept", S("application/json")}};
    const struct post_wish wish = {.url = c->token_url,
                                   .body = buf_str(form),
                                   .type = S("application/x-www-form-urlencoded"),
                                   .headers = headers,
                                   .nheaders = 1,
                                   .inside = c->inside,
                                   .timeout_seconds = SECONDS,
                                   .answer_bytes = ANSWER_BYTES};
    struct post_answer answer;
    TRY(post_send(a, &wish, &answer));
    return oauth_read_answer(a, answer.status, answer.body, ret);
}

err oauth_exchange(arena *a, const struct oauth_client *c, str code, str verifier, struct oauth_tokens *ret) {
    BUF_AUTO buf form = BUF_MAX(FORM_BYTES);
    add(&form, "grant_type", S("authorization_code"));
    add(&form, "code", code);
    add(&form, "redirect_uri", c->redirect_url);
    add(&form, "code_verifier", verifier);
    return ask(a, c, &form, ret);
}

err oauth_refresh(arena *a, const struct oauth_client *c, str refresh_token, struct oauth_tokens *ret) {
    BUF_AUTO buf form = BUF_MAX(FORM_BYTES);
    add(&form, "grant_type", S("refresh_token"));
    add(&form, "refresh_token", refresh_token);
    return ask(a, c, &form, ret);
}
