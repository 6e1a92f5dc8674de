/* mastodon_read: what a Mastodon server answers, made into what src/social speaks of. Pure; entities as
 * docs.joinmastodon.org/entities describes them. A server that answers nonsense gets ERR_INVALID, one item of
 * a list that is nonsense is left out. */
#ifndef LONGHAND_SOCIAL_MASTODON_READ_H
#define LONGHAND_SOCIAL_MASTODON_READ_H

#include <jansson.h>

#include "social/social.h"

/* What is known of an account of ours; the JSON of social_account.secret. */
struct mastodon_home {
    str token;
    str account; /* the account's number on its server */
    str domain;  /* of handles; not always the server's own name */
};
/* The JSON, and back; false when it is none of ours. */
str mastodon_home_write(arena *a, const struct mastodon_home *home);
bool mastodon_home_read(arena *a, str secret, struct mastodon_home *ret);

/* "name" or "name@server.example" (an `acct`) to https://server.example/@name, all in small letters; "" for
 * what is no acct. */
str mastodon_id(arena *a, str domain, str acct);
/* Back: name@server.example; "" for what is none. */
str mastodon_acct(arena *a, str id);

/* Ids are numbers in text that grow (docs: "cast from an integer, but not guaranteed to be a number"): the
 * longer is the later one, of two as long the one that sorts behind. */
bool mastodon_id_later(str a, str b);
/* 1 to 64 letters, digits, '-' and '_': what may stand in a path or query as it is. */
bool mastodon_id_fits(str id);

/* One Status; `kind` "" stands for: found by searching. ERR_INVALID when it is none. */
err mastodon_status(arena *a, const struct mastodon_home *home, const json_t *status, str kind,
                    struct post *ret);
/* The id of the account that wrote it. */
str mastodon_status_by(const json_t *status);
/* An Account. */
err mastodon_profile(arena *a, const struct mastodon_home *home, const json_t *account,
                     struct social_profile *ret);

/* A page of Notification entities: those that are mentions, quotes and the like, without our own. */
struct mastodon_notices {
    post_list posts;    /* as they come: newest first */
    size_t n;           /* how many notifications there were */
    str newest, oldest; /* ids; "" for none */
    int64_t oldest_at;  /* ms UTC; 0 unknown */
};
err mastodon_notices_read(arena *a, const struct mastodon_home *home, str body, struct mastodon_notices *ret);

/* max_id of the address that a Link header (RFC 8288) names as rel="next"; "" for none. */
str mastodon_link_next(arena *a, str header);

/* /api/v2/instance or /api/v1/instance to the JSON of social_account.limits, and the domain ("" in v1).
 * Missing numbers are the usual ones. */
err mastodon_instance(arena *a, str body, str *ret_limits, str *ret_domain);
struct social_limits mastodon_limits_read(str limits);

/* The server's own words of an Error entity, one line of at most 300 bytes; "" for none. */
str mastodon_words(arena *a, str body);

#endif
