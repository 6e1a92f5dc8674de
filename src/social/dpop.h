/* dpop: proofs that a request comes from who holds a key (RFC 9449), as JSON Web Signatures with ES256
 * (RFC 7515, RFC 7518 3.4: ECDSA on P-256 with SHA-256, r and s as 32 bytes each). By GnuTLS. */
#ifndef LONGHAND_SOCIAL_DPOP_H
#define LONGHAND_SOCIAL_DPOP_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* A new key: 128 characters of [A-Za-z0-9_-], the base64url of x, y and d (32 bytes each), to be kept
 * sealed. ERR_INTERNAL when GnuTLS has none. */
err dpop_key_new(arena *a, str *ret_key);

/* Its public half as a JSON Web Key (RFC 7517), members in the order of RFC 7638, which makes it ready for a
 * thumbprint: {"crv":"P-256","kty":"EC","x":"…","y":"…"}. ERR_INVALID when `key` is none. */
err dpop_public(arena *a, str key, str *ret_jwk);

struct dpop_proof {
    const char *method; /* "POST" */
    str url;            /* of the request; its query and fragment are left out of the proof */
    int64_t at;         /* ms UTC, by the clock of the server */
    str nonce;          /* what the server gave last; "" for none */
    str token;          /* the access token that goes with it, whose hash is named; "" for none */
};
/* The value of the header DPoP. A new jti each time. ERR_INVALID when `key` is none. */
err dpop_make(arena *a, str key, const struct dpop_proof *proof, str *ret_header);

/* BASE64URL(SHA-256(text)): PKCE's challenge of a verifier (RFC 7636 4.2), and `ath`. */
str dpop_hash(arena *a, str text);

#endif
