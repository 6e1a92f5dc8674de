#include "desk/password.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <uninorm.h>

#include "base/random.h"
#include "desk/password_cost.h"

enum { AT_ONCE = 2, WAITING_MAX = 32 };

/* How the hash of a password begins that was made with today's cost. */
struct beginning {
    char text[64];
};
static struct beginning todays(void) {
    struct beginning b;
    snprintf(b.text, sizeof b.text, "$argon2id$v=19$m=%zu,t=%llu,p=1$", password_cost.memory / 1024,
             password_cost.passes);
    return b;
}

/* A well-formed hash that no password fits, of the same cost as a real one. */
#define NOBODY "AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_free = PTHREAD_COND_INITIALIZER;
static int gate_inside, gate_waiting;

/* Those who wait hold a thread of the web server each: beyond a number they are better sent away. */
static err gate_enter(void) {
    err code = ERR_NONE;
    pthread_mutex_lock(&gate);
    if (gate_inside >= AT_ONCE && gate_waiting >= WAITING_MAX) {
        code = err_set(ERR_BUSY, "Too many people are signing in right now; try again in a few seconds.");
    } else {
        gate_waiting++;
        while (gate_inside >= AT_ONCE) pthread_cond_wait(&gate_free, &gate);
        gate_waiting--;
        gate_inside++;
    }
    pthread_mutex_unlock(&gate);
    return code;
}

static void gate_leave(void) {
    pthread_mutex_lock(&gate);
    gate_inside--;
    pthread_cond_signal(&gate_free);
    pthread_mutex_unlock(&gate);
}

static bool usable(str password) {
    return password.n <= PASSWORD_MAX_BYTES && str_is_utf8(password) && !str_has(password, 0);
}

static str nfc(arena *a, str text) {
    if (text.n == 0) return S("");
    size_t n = 0;
    uint8_t *normal = u8_normalize(UNINORM_NFC, (const uint8_t *)text.p, text.n, NULL, &n);
    if (!normal) return text;
    str copy = str_copy(a, (str){(const char *)normal, n});
    sodium_memzero(normal, n);
    free(normal);
    return copy;
}

static size_t characters(str text) {
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
    return n;
}

static bool one_character_repeated(str text) {
    for (size_t i = 1; i < text.n; i++) {
        if (text.p[i] != text.p[0]) return false;
    }
    return true;
}

/* Of at least ten characters, since shorter ones are refused anyway. */
static const char *const commonplace[] = {
    "1234567890",   "0123456789",   "0987654321",  "9876543210",   "12345678910", "123456789a",
    "1q2w3e4r5t",   "1qaz2wsx3edc", "qwertyuiop",  "qwerty1234",   "qwerty12345", "qwertzuiop",
    "qwertz1234",   "azertyuiop",   "asdfghjkl1",  "asdfghjkl;",   "password12",  "password123",
    "password1234", "passw0rd123",  "mypassword",  "mypassword1",  "newpassword", "changeme12",
    "changeme123",  "letmein123",   "letmein1234", "welcome123",   "welcome1234", "administrator",
    "admin12345",   "iloveyou12",   "iloveyou123", "iloveyou1234", "abcdefghij",  "abcdefghijk",
    "abc1234567",   "superman123",  "football123", "sunshine123",  "princess123", "1111111111",
    "passwort123",  "hallo12345",   "contrasena1", "motdepasse1",  "longhand123", "longhandlonghand",
};

static bool is_commonplace(str password) {
    if (one_character_repeated(password)) return true;
    for (size_t i = 0; i < sizeof commonplace / sizeof *commonplace; i++) {
        if (str_eq_nocase(password, str_z(commonplace[i]))) return true;
    }
    return false;
}

err password_check(arena *a, str password, str email, str name) {
    if (password.n > PASSWORD_MAX_BYTES) {
        return err_set(ERR_INVALID, "The password is longer than %d bytes.", PASSWORD_MAX_BYTES);
    }
    if (!usable(password)) return err_set(ERR_INVALID, "The password holds characters that are not text.");
    str normal = nfc(a, password);
    if (characters(normal) < PASSWORD_MIN_CHARACTERS) {
        return err_set(ERR_INVALID, "The password needs at least %d characters; a few words make a good one.",
                       PASSWORD_MIN_CHARACTERS);
    }
    str local = str_slice(email, 0, str_find_char(email, '@', 0));
    str trimmed = str_trim(normal);
    if (str_eq_nocase(trimmed, email) || str_eq_nocase(trimmed, local) || str_eq_nocase(trimmed, name)) {
        return err_set(ERR_INVALID, "The password must not be your name or your mail address.");
    }
    if (is_commonplace(normal)) {
        return err_set(ERR_INVALID, "This password is one of those that are tried first; choose another.");
    }
    return ERR_NONE;
}

err password_hash(arena *a, str password, str *ret_hash) {
    if (!usable(password)) return err_set(ERR_INVALID, "The password holds characters that are not text.");
    str normal = nfc(a, password);
    char *hash = arena_alloc(a, crypto_pwhash_STRBYTES);
    TRY(gate_enter());
    int failed = crypto_pwhash_str_alg(hash, normal.p, normal.n, password_cost.passes, password_cost.memory,
                                       crypto_pwhash_ALG_ARGON2ID13);
    gate_leave();
    if (failed) return err_set(ERR_BUSY, "There was no memory to compute a password; try again soon.");
    *ret_hash = str_z(hash);
    return ERR_NONE;
}

err password_verify(arena *a, str password, str hash, bool *ret_right) {
    bool real = hash.n > 0 && usable(password);
    str normal = usable(password) ? nfc(a, password) : S("");
    const char *against = real ? str_cstr(a, hash) : str_fmt(a, "%s" NOBODY, todays().text).p;
    TRY(gate_enter());
    int differs = crypto_pwhash_str_verify(against, normal.p, normal.n);
    gate_leave();
    *ret_right = real && differs == 0;
    return ERR_NONE;
}

bool password_outdated(str hash) {
    struct beginning b = todays();
    return !str_starts(hash, str_z(b.text));
}

str password_new(arena *a) {
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
    unsigned char chance[20];
    random_bytes(chance, sizeof chance);
    char *text = arena_alloc(a, 24);
    size_t n = 0;
    for (size_t i = 0; i < sizeof chance; i++) {
        if (i && i % 4 == 0) text[n++] = '-';
        text[n++] = letters[chance[i] % 32];
    }
    return (str){text, n};
}
