/* bluesky_call: questions to a server of the AT Protocol, with the account's tokens: an app password's
 * session (com.atproto.server.createSession) or OAuth with DPoP (atproto.com/specs/oauth). Renews the tokens
 * when the server says that they are old, repeats a question once when it wants a nonce, and keeps every
 * secret out of what is reported. Not thread-safe. */
#ifndef LONGHAND_SOCIAL_BLUESKY_CALL_H
#define LONGHAND_SOCIAL_BLUESKY_CALL_H

#include "net/call.h"
#include "social/bluesky.h"

struct bsky {
    struct social_call *call;
    arena *a;
    int64_t now;
    str pds; /* origin */
    str did;
    str access, refresh;
    str password; /* of an app; "" with OAuth */
    /* OAuth. */
    bool oauth;
    str issuer, token_url, client, key; /* dpop.h */
    str server_nonce, issuer_nonce;     /* of this call's answers */
    /* What the server's clock shows more than ours, ms, by its last answer; 0 for less than a few seconds. */
    int64_t ahead;
    /* Of the last answer. */
    int status;
    str error; /* the name of what was wrong: "ExpiredToken", ... */
    bool too_long;
    bool may_have_arrived; /* no answer, or one of a gateway: it may have been done */
};

/* From what the account keeps. ERR_INVALID when that cannot be used: then nothing was asked. */
err bsky_open(struct social_call *c, struct bsky *ret);
/* The account's `secret` out of what is held here; kept by `renewed`, where there is one. */
err bsky_keep(struct bsky *b);

struct bsky_ask {
    enum call_method method;
    const char *what; /* "app.bsky.feed.getPosts" */
    str query;        /* "" or encoded, without '?' */
    str body, type;
    size_t max;  /* of the answer */
    bool writes; /* whoever gets no answer does not know whether it was done */
};
/* DONE: the answer is 2xx and in `ret`. Else `report` is filled, and result says the same. */
social_result bsky_ask(struct bsky *b, const struct bsky_ask *q, struct call_answer *ret,
                       struct social_report *report);
social_result bsky_get(struct bsky *b, const char *what, str query, struct call_answer *ret,
                       struct social_report *report);

/* A new session from user and password. */
social_result bsky_sign_in(struct bsky *b, str identifier, struct bluesky_session *ret,
                           struct social_report *report);

/* One request to the OAuth server, with its proof and its nonce. */
social_result bsky_form(struct bsky *b, str url, str form, struct call_answer *ret,
                        struct social_report *report);
/* What a token endpoint answered, into `b`; `sub` "" : any account. */
bool bsky_take_tokens(struct bsky *b, str body, str sub);

/* Something of `s` that may be shown: one line, none of our secrets. */
str bsky_line(struct bsky *b, str s);
social_result bsky_says(struct bsky *b, struct social_report *report, social_result r, str says);

void bsky_param(arena *a, str *query, const char *name, str value); /* adds name=value, encoded */

#endif
