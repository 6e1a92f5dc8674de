#include "social/dpop.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <sodium.h>
#include <string.h>

#include "base/random.h"
#include "format/json.h"

enum { SIDE = 32, KEY_BYTES = 3 * SIDE, KEY_CHARS = 128, JWT_BYTES = 64 << 10 };
enum { BASE64URL = sodium_base64_VARIANT_URLSAFE_NO_PADDING };

static str base64url(arena *a, const void *bytes, size_t n) {
    size_t room = sodium_base64_encoded_len(n, BASE64URL);
    char *text = arena_alloc(a, room);
    return str_z(sodium_bin2base64(text, room, bytes, n, BASE64URL));
}

str dpop_hash(arena *a, str text) {
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const unsigned char *)text.p, text.n);
    return base64url(a, hash, sizeof hash);
}

static err failed(int code) {
    return err_set(ERR_INTERNAL, "A key cannot be used: %s.", gnutls_strerror(code));
}

/* A number of GnuTLS, which may have a zero byte in front or lack some, as 32 bytes. */
static bool side(const gnutls_datum_t *d, unsigned char to[SIDE]) {
    const unsigned char *p = d->data;
    size_t n = d->size;
    while (n > SIDE && *p == 0) p++, n--;
    if (n > SIDE) return false;
    memset(to, 0, SIDE);
    memcpy(to + (SIDE - n), p, n);
    return true;
}

err dpop_key_new(arena *a, str *ret_key) {
    gnutls_privkey_t key;
    gnutls_datum_t x = {0}, y = {0}, d = {0};
    unsigned char bytes[KEY_BYTES];
    int code = gnutls_privkey_init(&key);
    if (code) return failed(code);
    code = gnutls_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    if (!code) code = gnutls_privkey_export_ecc_raw(key, NULL, &x, &y, &d);
    bool fits = !code && side(&x, bytes) && side(&y, bytes + SIDE) && side(&d, bytes + 2 * SIDE);
    if (fits) *ret_key = base64url(a, bytes, sizeof bytes);
    sodium_memzero(bytes, sizeof bytes);
    if (d.data) sodium_memzero(d.data, d.size);
    gnutls_free(x.data), gnutls_free(y.data), gnutls_free(d.data);
    gnutls_privkey_deinit(key);
    return fits ? ERR_NONE : failed(code ? code : GNUTLS_E_INTERNAL_ERROR);
}

static err key_bytes(str key, unsigned char bytes[KEY_BYTES]) {
    size_t n = 0;
    if (key.n != KEY_CHARS || sodium_base642bin(bytes, KEY_BYTES, key.p, key.n, NULL, &n, NULL, BASE64URL) ||
        n != KEY_BYTES)
        return err_set(ERR_INVALID, "The key that was kept is none.");
    return ERR_NONE;
}

static void jwk(struct json_out *o, arena *a, const unsigned char bytes[KEY_BYTES]) {
    json_open_object(o);
    json_key(o, S("crv")), json_str(o, S("P-256"));
    json_key(o, S("kty")), json_str(o, S("EC"));
    json_key(o, S("x")), json_str(o, base64url(a, bytes, SIDE));
    json_key(o, S("y")), json_str(o, base64url(a, bytes + SIDE, SIDE));
    json_close_object(o);
}

err dpop_public(arena *a, str key, str *ret_jwk) {
    unsigned char bytes[KEY_BYTES];
    TRY(key_bytes(key, bytes));
    BUF_AUTO buf b = BUF_MAX(JWT_BYTES);
    struct json_out o = json_begin(&b);
    jwk(&o, a, bytes);
    sodium_memzero(bytes, sizeof bytes);
    *ret_jwk = str_copy(a, buf_str(&b));
    return ERR_NONE;
}

/* What GnuTLS gives as a DER SEQUENCE of r and s, as RFC 7518 3.4 wants them. */
static bool raw_signature(const gnutls_datum_t *der, unsigned char to[2 * SIDE]) {
    gnutls_datum_t r = {0}, s = {0};
    if (gnutls_decode_rs_value(der, &r, &s)) return false;
    bool ok = side(&r, to) && side(&s, to + SIDE);
    gnutls_free(r.data), gnutls_free(s.data);
    return ok;
}

static err sign(arena *a, const unsigned char bytes[KEY_BYTES], str text, str *ret_signature) {
    gnutls_datum_t x = {(unsigned char *)bytes, SIDE}, y = {(unsigned char *)bytes + SIDE, SIDE};
    gnutls_datum_t d = {(unsigned char *)bytes + 2 * SIDE, SIDE}, der = {0};
    gnutls_datum_t data = {(unsigned char *)text.p, (unsigned)text.n};
    unsigned char raw[2 * SIDE];
    gnutls_privkey_t key;
    int code = gnutls_privkey_init(&key);
    if (code) return failed(code);
    code = gnutls_privkey_import_ecc_raw(key, GNUTLS_ECC_CURVE_SECP256R1, &x, &y, &d);
    if (code) {
        gnutls_privkey_deinit(key);
        return err_set(ERR_INVALID, "The key that was kept is none.");
    }
    code = gnutls_privkey_sign_data2(key, GNUTLS_SIGN_ECDSA_SECP256R1_SHA256, 0, &data, &der);
    bool ok = !code && raw_signature(&der, raw);
    gnutls_free(der.data);
    gnutls_privkey_deinit(key);
    if (!ok) return failed(code ? code : GNUTLS_E_INTERNAL_ERROR);
    *ret_signature = base64url(a, raw, sizeof raw);
    return ERR_NONE;
}

static str head_of(arena *a, const unsigned char bytes[KEY_BYTES]) {
    BUF_AUTO buf b = BUF_MAX(JWT_BYTES);
    struct json_out o = json_begin(&b);
    json_open_object(&o);
    json_key(&o, S("typ")), json_str(&o, S("dpop+jwt"));
    json_key(&o, S("alg")), json_str(&o, S("ES256"));
    json_key(&o, S("jwk"));
    jwk(&o, a, bytes);
    json_close_object(&o);
    return base64url(a, b.p, b.n);
}

/* RFC 9449 4.2: htu is the target URI without query and fragment. */
static str bare(str url) {
    size_t end = url.n;
    for (size_t i = 0; i < end; i++)
        if (url.p[i] == '?' || url.p[i] == '#') end = i;
    return str_slice(url, 0, end);
}

static str claims_of(arena *a, const struct dpop_proof *p) {
    BUF_AUTO buf b = BUF_MAX(JWT_BYTES);
    struct json_out o = json_begin(&b);
    json_open_object(&o);
    json_key(&o, S("jti")), json_str(&o, token_new(a));
    json_key(&o, S("htm")), json_str(&o, str_z(p->method));
    json_key(&o, S("htu")), json_str(&o, bare(p->url));
    json_key(&o, S("iat")), json_int(&o, p->at / 1000);
    if (p->token.n) json_key(&o, S("ath")), json_str(&o, dpop_hash(a, p->token));
    if (p->nonce.n) json_key(&o, S("nonce")), json_str(&o, p->nonce);
    json_close_object(&o);
    return base64url(a, b.p, b.n);
}

err dpop_make(arena *a, str key, const struct dpop_proof *proof, str *ret_header) {
    unsigned char bytes[KEY_BYTES];
    TRY(key_bytes(key, bytes));
    BUF_AUTO buf b = BUF_MAX(JWT_BYTES);
    buf_add(&b, head_of(a, bytes));
    buf_add_char(&b, '.');
    buf_add(&b, claims_of(a, proof));
    str signature = S("");
    err e = sign(a, bytes, buf_str(&b), &signature);
    sodium_memzero(bytes, sizeof bytes);
    if (e) return e;
    buf_add_char(&b, '.');
    buf_add(&b, signature);
    if (!buf_ok(&b)) return err_set(ERR_INVALID, "An address is too long to be proved.");
    *ret_header = str_copy(a, buf_str(&b));
    return ERR_NONE;
}
