#include "desk/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/random.h"
#include "net/objects.h"

/* What comes before the base64 of nonce and ciphertext; the number is that of the scheme. */
#define MARK S("sealed:1:")

enum {
    KEY = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    VARIANT = sodium_base64_VARIANT_URLSAFE_NO_PADDING
};

str secret_path(arena *a, str folder) { return str_fmt(a, "%.*s/secret.key", STR_FMT(folder)); }

bool secret_is_sealed(str value) { return str_starts(value, MARK); }

/* ---- the key ---- */

static err read_key(arena *a, str folder, unsigned char key[KEY]) {
    str bytes;
    TRY(file_read(a, secret_path(a, folder), 4096, &bytes));
    if (bytes.n != KEY)
        return err_set(ERR_IO,
                       "secret.key in the data folder is not a key of %d bytes any more. Put it back from a "
                       "backup.",
                       KEY);
    memcpy(key, bytes.p, KEY);
    return ERR_NONE;
}

/* Two processes may be the first at once: a link never takes the place of a file that is there. */
static err make_key(arena *a, str folder) {
    unsigned char key[KEY];
    random_start();
    random_bytes(key, sizeof key);
    str path = secret_path(a, folder), fresh = str_fmt(a, "%s.%.*s", path.p, STR_FMT(token_new(a)));
    err e = file_write(a, fresh, (str){(const char *)key, sizeof key}, 0600);
    sodium_memzero(key, sizeof key);
    TRY(e);
    int failed = link(fresh.p, path.p) ? errno : 0;
    unlink(fresh.p);
    if (failed && failed != EEXIST)
        return err_set(ERR_IO, "The key for passwords cannot be made in the data folder: %s.",
                       strerror(failed));
    int dir = open(str_cstr(a, folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool durable = dir >= 0 && fsync(dir) == 0;
    if (dir >= 0) close(dir);
    return durable ? ERR_NONE : err_set(ERR_IO, "The key for passwords cannot be kept in the data folder.");
}

static err key_for_sealing(arena *a, str folder, unsigned char key[KEY]) {
    err e = read_key(a, folder, key);
    if (e != ERR_MISSING) return e;
    TRY(make_key(a, folder));
    return read_key(a, folder, key);
}

/* ---- what a value is bound to ---- */

static str bound_to(arena *a, const struct secret_use *use) {
    return str_fmt(a, "%s\n%lld\n%.*s", use->what, (long long)use->brand, STR_FMT(str_lower(a, use->where)));
}

err secret_seal(const struct desk *d, arena *a, const struct secret_use *use, str plain, str *ret_sealed) {
    if (!plain.n) {
        *ret_sealed = S("");
        return ERR_NONE;
    }
    if (plain.n > SECRET_BYTES)
        return err_set(ERR_LIMIT, "A password or token is longer than %d bytes.", SECRET_BYTES);
    unsigned char key[KEY];
    TRY(key_for_sealing(a, d->folder, key));
    unsigned char *box = arena_alloc(a, NONCE + plain.n + TAG);
    unsigned long long n;
    str bound = bound_to(a, use);
    random_bytes(box, NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(box + NONCE, &n, (const unsigned char *)plain.p, plain.n,
                                               (const unsigned char *)bound.p, bound.n, NULL, box, key);
    sodium_memzero(key, sizeof key);
    size_t room = MARK.n + sodium_base64_ENCODED_LEN(NONCE + n, VARIANT);
    char *text = arena_alloc(a, room);
    memcpy(text, MARK.p, MARK.n);
    sodium_bin2base64(text + MARK.n, room - MARK.n, box, NONCE + n, VARIANT);
    *ret_sealed = str_z(text);
    return ERR_NONE;
}

static err not_opened(void) {
    return err_set(ERR_DENIED,
                   "A kept password or token cannot be opened with the secret.key in the data folder. Put "
                   "the right key back, or type the password again.");
}

err secret_open(const struct desk *d, arena *a, const struct secret_use *use, str sealed, str *ret_plain) {
    if (!secret_is_sealed(sealed)) {
        *ret_plain = sealed;
        return ERR_NONE;
    }
    str text = str_slice(sealed, MARK.n, sealed.n);
    unsigned char *box = arena_alloc(a, text.n + 1), *plain = arena_alloc(a, text.n + 1), key[KEY];
    size_t n;
    if (sodium_base642bin(box, text.n, text.p, text.n, NULL, &n, NULL, VARIANT) || n < NONCE + TAG)
        return not_opened();
    err e = read_key(a, d->folder, key);
    if (e == ERR_MISSING) return not_opened();
    TRY(e);
    unsigned long long got;
    str bound = bound_to(a, use);
    int wrong = crypto_aead_xchacha20poly1305_ietf_decrypt(plain, &got, NULL, box + NONCE, n - NONCE,
                                                           (const unsigned char *)bound.p, bound.n, box, key);
    sodium_memzero(key, sizeof key);
    if (wrong) return not_opened();
    *ret_plain = (str){(const char *)plain, (size_t)got};
    return ERR_NONE;
}
