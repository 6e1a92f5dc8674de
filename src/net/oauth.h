/* oauth: how a desk is let into a mailbox without its password (RFC 6749, RFC 7636 PKCE, RFC 8252): a link to
 * a page of the provider, the code that comes back, and the tokens for it. Talks through net/post.h, so that
 * no address typed in reaches into the operator's network. No sentence holds a code, a token or a secret. */
#ifndef LONGHAND_NET_OAUTH_H
#define LONGHAND_NET_OAUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* The two providers that most mailboxes are at, and where their mailboxes are. NULL past the last. */
struct oauth_provider {
    const char *name, *title; /* "google", "Google" */
    const char *authorize_url, *token_url, *scope;
    const char *more; /* what else the link has: "&access_type=offline..." */
    const char *imap_host;
    int imap_port;
};
const struct oauth_provider *oauth_provider_at(size_t i);
const struct oauth_provider *oauth_provider_named(str name); /* NULL: not one of them */

struct oauth_client {
    str authorize_url, token_url, scope;
    str more; /* as above, or "" */
    str id, secret;
    str redirect_url;
    bool inside; /* net/post.h */
};

/* 43 characters of [A-Za-z0-9_-]: the PKCE verifier. */
str oauth_verifier(arena *a);
/* Where the browser goes. `login`: the mailbox's user, so that the right account is asked; may be "". */
err oauth_link(arena *a, const struct oauth_client *c, str state, str verifier, str login, str *ret_url);

struct oauth_tokens {
    str access, refresh;     /* refresh "": the provider gave no new one; the old one stays good */
    int64_t access_seconds;  /* how long it is good; 0 not told */
    int64_t refresh_seconds; /* of the consent; 0 not told */
};
/* The code for tokens, and a refresh token for a new access token. ERR_DENIED: the provider refuses, for good
 * until somebody consents again; ERR_NETWORK: no answer, or none that says so, try again. */
err oauth_exchange(arena *a, const struct oauth_client *c, str code, str verifier, struct oauth_tokens *ret);
err oauth_refresh(arena *a, const struct oauth_client *c, str refresh_token, struct oauth_tokens *ret);

/* What a token endpoint answers (RFC 6749 5.1, 5.2), as bytes. Pure: for the above, tests and the fuzzer. */
err oauth_read_answer(arena *a, int status, str body, struct oauth_tokens *ret);

#endif
