/* hook_sign: webhooks signed as Standard Webhooks 1.0.0 has it (standardwebhooks.com), symmetric. What is
 * signed is "ID.SECONDS.BODY" with HMAC-SHA-256; three headers go with the body: webhook-id         the same
 * at every try of one message; no full stop in it webhook-timestamp  seconds since 1970 of this try
 *     webhook-signature  "v1,BASE64", or several of them with spaces between
 * Pure. */
#ifndef LONGHAND_SOCIAL_HOOK_SIGN_H
#define LONGHAND_SOCIAL_HOOK_SIGN_H

#include "base/err.h"
#include "base/str.h"

enum {
    HOOK_KEY_MIN = 24, /* bytes, as the specification has it */
    HOOK_KEY_MAX = 64,
    HOOK_WINDOW_SECONDS = 300, /* how far the sender's clock may be from ours */
    HOOK_ID_MAX = 200,
    HOOK_SIGNATURE_MAX = 2000,            /* bytes of the header */
    HOOK_BODY_MAX = 1 << 20,              /* bytes that are taken in */
    HOOK_OLD_SECRET_MS = 24 * 3600 * 1000 /* how long the secret before the present one is still good */
};

/* "whsec_" and 32 random bytes in base64. */
str hook_secret_new(arena *a);
bool hook_secret_fits(str secret);

/* What is kept of a webhook, sealed: the JSON of social_account.secret. */
struct hook_keys {
    str secret, old;   /* old "": there is none */
    int64_t old_until; /* ms UTC */
    str token;         /* of the address that is posted to */
};
str hook_keys_write(arena *a, const struct hook_keys *keys);
bool hook_keys_read(arena *a, str json, struct hook_keys *ret);

/* The header: signed with the present secret, and with the old one while it is good. */
str hook_signature(arena *a, const struct hook_keys *keys, str id, int64_t now, str body);

struct hook_headers {
    str id, timestamp, signature;
};
typedef enum hook_verdict {
    HOOK_GOOD,
    HOOK_UNSIGNED, /* a header is missing or not what it should be */
    HOOK_FORGED,   /* no signature of it fits */
    HOOK_STALE     /* rightly signed, but too long ago or in the future */
} hook_verdict;
/* Compares in constant time. `ret_off`: by how many seconds the sender's clock is behind (negative: ahead),
 * when the signature fits. */
hook_verdict hook_verify(arena *a, const struct hook_keys *keys, const struct hook_headers *h, str body,
                         int64_t now, int64_t *ret_off);

#endif
