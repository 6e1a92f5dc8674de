/* social: networks where people write about a brand in public, behind one small interface.
 *
 * An adapter knows its network's calls and nothing of the desk: no database, no clock of its own, no state
 * between calls but what stands in struct social_account. Each call is blocking, bounded by
 * `timeout_seconds`, and made by one thread at a time for one account (the desk sees to it).
 *
 * Every function returns ERR_NONE and says in `ret_report` what the network made of it; another error is a
 * mistake of the caller (ERR_INVALID: something that cannot be said on this network). Outputs besides the
 * report are filled only with SOCIAL_DONE. */
#ifndef LONGHAND_SOCIAL_SOCIAL_H
#define LONGHAND_SOCIAL_SOCIAL_H

#include "base/clock.h"
#include "format/post.h"

typedef enum social_kind { SOCIAL_BLUESKY, SOCIAL_MASTODON, SOCIAL_HOOK } social_kind;
enum { SOCIAL_KINDS = SOCIAL_HOOK + 1 };
const char *social_kind_text(social_kind k); /* "bluesky", "mastodon", "hook": inbox.transport, channel */
bool social_kind_from(str text, social_kind *ret);

/* As mail/send.h has it for letters. */
typedef enum social_result {
    SOCIAL_DONE,    /* the network says so */
    SOCIAL_REFUSED, /* the network says no, and trying again will not help */
    SOCIAL_LATER, /* nothing was done: 429, 5xx, no connection, an answer that makes no sense to a question */
    SOCIAL_UNCERTAIN, /* only of publish and remove: the request was sent whole and no clear answer came */
    SOCIAL_SIGN_IN, /* the account is not let in any more: a person must connect it anew. Nothing was done */
    SOCIAL_GONE     /* what it is about is not there: the post answered or removed, the profile */
} social_result;

struct social_report {
    social_result result;
    str says;         /* the network's words, or what went wrong, one line, in the arena; never a token */
    int64_t retry_at; /* of LATER: not before this moment (ms UTC), by Retry-After or the like; 0 unknown */
};

/* How long a post may be; read by social_limits_of from the network's rules and what sign_in found. 0 stands
 * for no limit. */
struct social_limits {
    int64_t graphemes; /* user-perceived characters (UAX 29) */
    int64_t bytes;
    int64_t per_url;                          /* every https:// address counts as so many; 0: as it is */
    bool mentions_short;                      /* @name@server counts as @name */
    int64_t private_graphemes, private_bytes; /* of a private message, where it is another one; 0: the same */
    int64_t images, alt_graphemes, image_bytes;
    bool no_private; /* private messages cannot be sent on it */
    bool quotes;     /* a post of ours can show another one below it */
};

/* An account as the desk keeps it. */
struct social_account {
    social_kind kind;
    str server;  /* https://bsky.social, https://mastodon.example; of a hook the address we send to, or "" */
    str account; /* the handle or name that signs in: what a person typed; of a hook its name */
    str id;      /* struct post_author's id of the account itself; "" before the first sign_in */
    /* JSON of the adapter's own making, sealed at rest: what sign_in or consent_end gave, tokens, keys. */
    str secret;
    str limits; /* JSON of the adapter's own making, what sign_in found of limits; "" */
    /* Tokens were renewed: kept durably before this returns, and `secret` is to be the same from then on.
     * Call it before the new tokens are used for anything. An error: give up with SOCIAL_LATER. NULL: not
     * kept. */
    err (*renewed)(void *context, str secret);
    /* What is kept now: another process of the desk may have renewed it. Look before you renew, since a token
     * to renew by works once. NULL: nobody else can have. */
    err (*latest)(void *context, arena *a, str *ret_secret);
    void *renewed_context;
};

struct social_call {
    arena *arena;
    struct social_account *account;
    const wall_clock *clock;
    bool inside;         /* private networks and http may be reached (net/post.h) */
    int timeout_seconds; /* of one request; 0 means 20 */
};

/* What a person typed to connect an account. */
struct social_sign_in {
    str server, account;
    str password; /* an app password, an access token, a shared secret */
};
struct social_profile {
    str id, handle, name, url;
    int64_t followers, follows, posts; /* -1: not known */
    bool machine;
};
typedef LIST(struct social_profile) social_profile_list;
typedef LIST(struct post) post_list;

enum { SOCIAL_FETCH_MAX = 100, SOCIAL_LOOK_MAX = 25, SOCIAL_CURSOR_MAX = 4000 };

/* One page of what is new. */
struct social_page {
    post_list posts; /* oldest first where the network can; each post_normal; our own posts left out */
    str cursor;      /* opaque; to be given to the next call; at most SOCIAL_CURSOR_MAX bytes */
    bool more;       /* ask again at once */
};

struct social_image {
    str bytes, type, alt;
};
struct social_place {
    str id, version; /* of a post; "" for none */
};
/* A post of ours. */
struct social_wish {
    int64_t key; /* the outbox row's id, > 0, 63 bits: the same key is published once, however often tried */
    int64_t at;  /* when it was written, ms UTC; the same at every try */
    str text, language, spoiler;
    post_visibility visibility;
    struct social_place reply_to, root; /* root "" : the post answered is the first of its thread */
    struct social_place quote;          /* shown below the text; "" for none. Only where the network has it */
    str to_id, to_handle;               /* whom it answers; with POST_PRIVATE the only one who gets it */
    const struct social_image *images;
    size_t nimages;
};
struct social_published {
    str id, version, url;
};

struct social_network {
    social_kind kind;
    const char *title; /* "Bluesky": a proper name, not translated */

    /* Try what was typed; fills account: server (normalised), account, id, secret, limits. */
    err (*sign_in)(struct social_call *c, const struct social_sign_in *typed,
                   struct social_report *ret_report);

    /* OAuth, where the network has it (else NULL). client_document: the public JSON that some networks read
     * at `client_id` (an address of ours). consent_begin: where the person's browser goes; `ret_pending` is
     * kept sealed and given to consent_end with what the browser brought back (its query string, decoded by
     * the adapter), which fills the account as sign_in does. `state` must stand in the address. */
    str (*client_document)(arena *a, str client_id, str redirect_url, str brand_name);
    err (*consent_begin)(struct social_call *c, const struct social_sign_in *typed, str client_id,
                         str redirect_url, str state, str *ret_url, str *ret_pending,
                         struct social_report *ret_report);
    err (*consent_end)(struct social_call *c, str pending, str query, struct social_report *ret_report);

    /* The next page after `cursor` ("" : from `since` on, ms UTC, or where the network begins). NULL: nothing
     * is fetched, posts come by themselves (hook). */
    err (*fetch)(struct social_call *c, str cursor, int64_t since, struct social_page *ret,
                 struct social_report *ret_report);
    /* How these posts stand now; what is gone has only id and deleted. At most SOCIAL_LOOK_MAX; in any order.
     * NULL: cannot be asked. */
    err (*look)(struct social_call *c, const str *ids, size_t n, post_list *ret,
                struct social_report *ret_report);

    err (*publish)(struct social_call *c, const struct social_wish *wish, struct social_published *ret,
                   struct social_report *ret_report);
    /* Was it published under this key? SOCIAL_DONE: yes, and `ret` is filled. SOCIAL_GONE: no, for certain.
     * Anything else: not known. */
    err (*find)(struct social_call *c, const struct social_wish *wish, struct social_published *ret,
                struct social_report *ret_report);
    err (*remove)(struct social_call *c, str id, struct social_report *ret_report); /* of ours */

    /* `who`: an author's id, "" for the account itself. NULL: has no profiles. */
    err (*profile)(struct social_call *c, str who, struct social_profile *ret,
                   struct social_report *ret_report);
    /* Public posts with these words; pages as fetch. NULL: has no search. */
    err (*search)(struct social_call *c, str words, str cursor, struct social_page *ret,
                  struct social_report *ret_report);

    /* Never fails; by `account->limits` where there are some, else the network's usual ones. */
    struct social_limits (*limits)(const struct social_account *account);
};

/* The registry. NULL while there is no adapter of that kind. */
const struct social_network *social_network_of(social_kind k);
extern const struct social_network social_bluesky, social_mastodon, social_hook;

/* Tests put their own in its place; NULL puts the real one back. Before threads begin. */
void social_replace(social_kind k, const struct social_network *network);

const char *social_result_text(
    social_result r); /* "done", "refused", "later", "uncertain", "sign_in", "gone" */

#endif
