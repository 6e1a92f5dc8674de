#include "social/hook_sign.h"

#include <sodium.h>

#include "base/clock.h"
#include "base/random.h"
#include "format/json.h"

enum { SECRET_BYTES = 32, SIGNATURES_MAX = 10, KEYS_BYTES = 4096 };

/* ---- secrets ---- */

static str base64(arena *a, const unsigned char *bytes, size_t n) {
    size_t room = sodium_base64_encoded_len(n, sodium_base64_VARIANT_ORIGINAL);
    char *text = arena_alloc(a, room);
    sodium_bin2base64(text, room, bytes, n, sodium_base64_VARIANT_ORIGINAL);
    return str_z(text);
}

str hook_secret_new(arena *a) {
    unsigned char bytes[SECRET_BYTES];
    random_bytes(bytes, sizeof bytes);
    str secret = str_fmt(a, "whsec_%.*s", STR_FMT(base64(a, bytes, sizeof bytes)));
    sodium_memzero(bytes, sizeof bytes);
    return secret;
}

/* The key of "whsec_BASE64"; its length, 0 for none. */
static size_t key_of(str secret, unsigned char *key) {
    size_t n = 0;
    if (!str_starts(secret, S("whsec_"))) return 0;
    str text = str_slice(secret, 6, secret.n);
    if (sodium_base642bin(key, HOOK_KEY_MAX, text.p, text.n, NULL, &n, NULL, sodium_base64_VARIANT_ORIGINAL))
        return 0;
    return n >= HOOK_KEY_MIN ? n : 0;
}

bool hook_secret_fits(str secret) {
    unsigned char key[HOOK_KEY_MAX];
    bool fits = key_of(secret, key) > 0;
    sodium_memzero(key, sizeof key);
    return fits;
}

str hook_keys_write(arena *a, const struct hook_keys *keys) {
    BUF_AUTO buf b = BUF_MAX(KEYS_BYTES);
    struct json_out o = json_begin(&b);
    json_open_object(&o);
    json_key(&o, S("secret")), json_str(&o, keys->secret);
    json_key(&o, S("old")), json_str(&o, keys->old);
    json_key(&o, S("old_until")), json_int(&o, keys->old_until);
    json_key(&o, S("token")), json_str(&o, keys->token);
    json_close_object(&o);
    return str_copy(a, buf_str(&b));
}

static str take(arena *a, const json_t *json, const char *key) {
    str s;
    return json_take_str(json, key, &s) ? str_copy(a, s) : S("");
}

bool hook_keys_read(arena *a, str json, struct hook_keys *ret) {
    JSON_AUTO json_t *read = NULL;
    if (!json.n || json_read(json, &read)) return false;
    struct hook_keys k = {take(a, read, "secret"), take(a, read, "old"), 0, take(a, read, "token")};
    if (!json_take_int(read, "old_until", &k.old_until)) k.old_until = 0;
    if (!hook_secret_fits(k.secret)) return false;
    *ret = k;
    return true;
}

/* ---- signing ---- */

static void add(crypto_auth_hmacsha256_state *s, str text) {
    crypto_auth_hmacsha256_update(s, (const unsigned char *)(text.n ? text.p : ""), text.n);
}

static bool mac_of(str secret, str id, str seconds, str body, unsigned char *mac) {
    unsigned char key[HOOK_KEY_MAX];
    size_t n = key_of(secret, key);
    if (!n) return false;
    crypto_auth_hmacsha256_state s;
    crypto_auth_hmacsha256_init(&s, key, n);
    add(&s, id), add(&s, S(".")), add(&s, seconds), add(&s, S(".")), add(&s, body);
    crypto_auth_hmacsha256_final(&s, mac);
    sodium_memzero(key, sizeof key);
    return true;
}

static bool old_counts(const struct hook_keys *keys, int64_t now) {
    return keys->old.n && now < keys->old_until;
}

str hook_signature(arena *a, const struct hook_keys *keys, str id, int64_t now, str body) {
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    str seconds = str_fmt(a, "%lld", (long long)(now / SECOND_MS)), header = S("");
    if (mac_of(keys->secret, id, seconds, body, mac))
        header = str_fmt(a, "v1,%.*s", STR_FMT(base64(a, mac, sizeof mac)));
    if (old_counts(keys, now) && mac_of(keys->old, id, seconds, body, mac))
        header = str_fmt(a, "%.*s v1,%.*s", STR_FMT(header), STR_FMT(base64(a, mac, sizeof mac)));
    return header;
}

/* ---- judging ---- */

/* Neither a full stop, so that nothing signed can be read in two ways, nor anything that is not visible. */
static bool id_fits(str id) {
    for (size_t i = 0; i < id.n; i++)
        if (id.p[i] <= ' ' || id.p[i] > '~' || id.p[i] == '.') return false;
    return id.n > 0 && id.n <= HOOK_ID_MAX;
}

static bool seconds_fit(str text, int64_t *ret) {
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9') return false;
    return text.n > 0 && text.n <= 12 && str_to_int(text, ret);
}

static bool one_fits(str signatures, const unsigned char *mac) {
    str one;
    bool fits = false;
    for (int i = 0; i < SIGNATURES_MAX && str_split(&signatures, ' ', &one); i++) {
        unsigned char there[crypto_auth_hmacsha256_BYTES];
        size_t n = 0;
        if (!str_starts(one, S("v1,"))) continue;
        if (sodium_base642bin(there, sizeof there, one.p + 3, one.n - 3, NULL, &n, NULL,
                              sodium_base64_VARIANT_ORIGINAL) ||
            n != sizeof there)
            continue;
        fits = sodium_memcmp(there, mac, sizeof there) == 0 || fits;
    }
    return fits;
}

hook_verdict hook_verify(arena *a, const struct hook_keys *keys, const struct hook_headers *h, str body,
                         int64_t now, int64_t *ret_off) {
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    int64_t seconds;
    (void)a;
    if (!id_fits(h->id) || !seconds_fit(h->timestamp, &seconds) || !h->signature.n ||
        h->signature.n > HOOK_SIGNATURE_MAX)
        return HOOK_UNSIGNED;
    bool fits = mac_of(keys->secret, h->id, h->timestamp, body, mac) && one_fits(h->signature, mac);
    if (!fits && old_counts(keys, now))
        fits = mac_of(keys->old, h->id, h->timestamp, body, mac) && one_fits(h->signature, mac);
    if (!fits) return HOOK_FORGED;
    int64_t off = now / SECOND_MS - seconds;
    *ret_off = off;
    return off > HOOK_WINDOW_SECONDS || off < -HOOK_WINDOW_SECONDS ? HOOK_STALE : HOOK_GOOD;
}
