/* hook: webhooks of a brand, each of which is an inbox and a row of `channel` (desk/channel.h). What comes is
 * kept durably before the sender is told so, and once, however often it is sent. docs/webhooks.md is for the
 * sender.
 *
 * The address of a webhook holds a token: BRAND-INBOX-RANDOM, the first two in hexadecimal. It says where to
 * look; the random part is compared with the sealed one. A stranger learns nothing: that there is no such
 * webhook, that it is another one's, and that the signature does not fit, are one answer. */
#ifndef LONGHAND_DESK_HOOK_H
#define LONGHAND_DESK_HOOK_H

#include "desk/channel.h"
#include "social/hook.h"

enum {
    HOOK_FAILURES = 10, /* of one peer within HOOK_FAILURE_MS; then it is refused unheard */
    HOOK_FAILURE_MS = MINUTE_MS
};

/* ---- what comes ---- */

struct hook_call {
    str token; /* of the address */
    struct hook_headers headers;
    str body;
    str peer; /* the network address of who calls */
};
typedef enum hook_outcome {
    HOOK_TAKEN,     /* kept, now or before */
    HOOK_TOO_LARGE, /* more than HOOK_BODY_MAX; told to anybody */
    HOOK_TOO_OFTEN, /* this peer failed too often lately; told to anybody */
    HOOK_REFUSED,   /* unknown, unsigned, forged: the same for all three */
    /* From here on the sender is who they should be, and is told what is wrong. */
    HOOK_CLOCK,  /* the timestamp is too old or ahead */
    HOOK_WRONG,  /* the body is not what it should be */
    HOOK_PAUSED, /* or switched off: try again later */
    HOOK_FULL    /* it could not be kept now: try again later */
} hook_outcome;
struct hook_taken {
    hook_outcome outcome;
    str says;      /* one sentence, in English, for whoever built the sender */
    int64_t kept;  /* posts that are new or changed */
    int64_t known; /* posts that were there as they are; all of them where the webhook-id came before */
    bool repeat;   /* this webhook-id came before */
};
void hook_take(struct desk *d, arena *a, const struct hook_call *call, struct hook_taken *ret);

/* ---- setting up ---- */

struct hook_view {
    struct store_channel row;
    str address;       /* where posts are sent to: PUBLIC_URL/hook/TOKEN */
    int64_t old_until; /* the secret before the present one is still good until then; 0: there is none */
};
/* A new one; `url`: where replies are sent, or "". The secret is given this once. ERR_INVALID, ERR_CONFLICT.
 */
err hook_add(struct desk *d, arena *a, const struct actor *who, str name, str url, int64_t *ret_inbox,
             str *ret_secret);
/* ERR_MISSING: no inbox of that id, or it is no webhook. */
err hook_get(const struct desk *d, arena *a, int64_t brand, int64_t inbox, struct hook_view *ret);
err hook_list(const struct desk *d, arena *a, int64_t brand, store_channel_list *ret);
err hook_set_url(struct desk *d, arena *a, const struct actor *who, int64_t inbox, str url);
/* A new secret, given this once; the one before stays good for HOOK_OLD_SECRET_MS, unless `at_once`. */
err hook_rotate(struct desk *d, arena *a, const struct actor *who, int64_t inbox, bool at_once,
                str *ret_secret);
/* A new address; the one before is refused from now on. */
err hook_new_address(struct desk *d, arena *a, const struct actor *who, int64_t inbox);
/* Say hello to where replies are sent. ERR_CONFLICT: nowhere, or paused. ret_says: what came of it. */
err hook_try(struct desk *d, arena *a, const struct actor *who, int64_t inbox, bool *ret_ok, str *ret_says);

#endif
