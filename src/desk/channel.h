/* channel: a brand's accounts on networks (social/social.h). Each is an inbox; what comes is kept as
 * desk/post.h says.
 *
 * An account is used by one thread at a time (channel_open), because tokens are renewed in use. What a
 * network answers badly is told on the account's page and tried again later; no account waits for another. */
#ifndef LONGHAND_DESK_CHANNEL_H
#define LONGHAND_DESK_CHANNEL_H

#include "desk/desk.h"
#include "social/social.h"
#include "store/channel.h"
#include "store/job.h"

enum {
    CHANNEL_CONSENT_MS = 15 * MINUTE_MS,
    CHANNEL_BUSY_MS = 15 * SECOND_MS, /* between rounds while posts come */
    CHANNEL_IDLE_MS = MINUTE_MS,
    CHANNEL_WAIT_MAX_MS = 6 * HOUR_MS, /* however long a network asks to wait */
    CHANNEL_PAGES_MAX = 20             /* of one round */
};

/* What a person typed. */
struct channel_form {
    str kind;     /* bluesky, mastodon, hook */
    str server;   /* "" the network's usual one */
    str account;  /* handle or name */
    str password; /* an app password, an access token; of a hook the shared secret, "" makes one */
    str name;     /* how the inbox is called in lists; "" the account */
};
/* Try it at the network, then keep it: a new inbox that begins to be read from now on. ERR_INVALID,
 * ERR_DENIED or ERR_NETWORK with the network's words; ERR_CONFLICT where the brand has the account already.
 * Blocks for the network's answer. */
err channel_add(struct desk *d, arena *a, const struct actor *who, const struct channel_form *form,
                int64_t *ret_inbox);
/* Connect it anew: another password, or another server of the same account. */
err channel_reconnect(struct desk *d, arena *a, const struct actor *who, int64_t inbox,
                      const struct channel_form *form);
/* Nothing is fetched or published while it is paused. */
err channel_pause(struct desk *d, arena *a, const struct actor *who, int64_t inbox, bool paused);
/* Its words stay; its credentials go, and its inbox is switched off. */
err channel_remove(struct desk *d, arena *a, const struct actor *who, int64_t inbox);
err channel_look(struct desk *d, arena *a, const struct actor *who, int64_t inbox); /* a round now */

/* OAuth, where the network has it: the address the browser goes to; inbox 0 for a new account. Back from
 * there: only the account of the desk that asked, once, within CHANNEL_CONSENT_MS. */
str channel_client_id(const struct desk *d, arena *a);
str channel_redirect_url(const struct desk *d, arena *a);
err channel_consent_ask(struct desk *d, arena *a, const struct actor *who, int64_t account, int64_t inbox,
                        const struct channel_form *form, str *ret_url);
err channel_consent_done(struct desk *d, arena *a, int64_t account, str state, str query, int64_t *ret_brand,
                         int64_t *ret_inbox);
/* The JSON that a network reads at channel_client_id. */
err channel_client_document(const struct desk *d, arena *a, social_kind kind, str *ret_json);

err channel_get(const struct desk *d, arena *a, int64_t brand, int64_t inbox, struct store_channel *ret);

/* An account in use. `call` and `account` point into it: it must not be moved. */
struct channel_use {
    struct desk *desk;
    arena *arena;
    struct store_channel row;
    const struct social_network *network;
    struct social_account account;
    struct social_call call;
    bool held;
};
/* ERR_BUSY: somebody else uses it; try again soon. ERR_CONFLICT: paused, switched off. ERR_MISSING: removed.
 * ERR_DENIED: its credentials cannot be opened. Close it in every case that returned ERR_NONE. */
err channel_open(struct desk *d, arena *a, int64_t brand, int64_t inbox, struct channel_use *use);
void channel_close(struct channel_use *use);
/* Without a lock or credentials, for what is asked of limits alone. */
struct social_limits channel_limits(const struct store_channel *row);

/* The job `mentions`: one round of one account. Ends or postpones its job. */
err channel_round(struct desk *d, arena *a, const struct job *job);

#endif
