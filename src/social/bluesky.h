/* bluesky: the adapter of the AT Protocol's app.bsky (https://atproto.com/specs/xrpc, docs.bsky.app), in
 * parts that only bluesky*.c and their tests include. The rest of the desk knows social_bluesky (social.h).
 *
 * Pure here: what is read of answers, what is written into records. What is read may be anything: a member
 * that is absent or of another type makes the post be passed over, never the page. */
#ifndef LONGHAND_SOCIAL_BLUESKY_H
#define LONGHAND_SOCIAL_BLUESKY_H

#include <jansson.h>

#include "social/social.h"

enum {
    BLUESKY_ANSWER_BYTES = 4 << 20, /* a page of posts; a record may have up to 1 MB */
    BLUESKY_PAGE = 100,             /* notices and posts found a page: the most that is given */
    BLUESKY_PROFILES = 25,          /* accounts asked for at once: the most that is given */
    BLUESKY_GRAPHEMES = 300,        /* of app.bsky.feed.post */
    BLUESKY_BYTES = 3000,
    BLUESKY_IMAGES = 4, /* of app.bsky.embed.images */
    BLUESKY_IMAGE_BYTES = 2000000,
    BLUESKY_ALT_GRAPHEMES = 2000, /* what Bluesky's own app lets people write */
    BLUESKY_DID_MAX = 256,
    BLUESKY_CURSOR_MAX = 1000,
};

/* ---- names (bluesky_name.c) ---- */

bool bluesky_is_did(str s);    /* did:plc:…, did:web:… */
bool bluesky_is_handle(str s); /* a host name of two parts or more (atproto.com/specs/handle) */
/* at://DID/app.bsky.feed.post/RKEY, and its parts. */
bool bluesky_is_post(str uri);
str bluesky_uri_did(str uri);
str bluesky_uri_rkey(str uri);
str bluesky_url(arena *a, str uri); /* where people see it */

/* A TID (atproto.com/specs/tid) that stands for our key, and for no other: 13 characters of base32-sortable,
 * the 63 bits of the key. As a time it is an early one, which nobody reads: posts are dated by their own
 * createdAt. `key` > 0. */
str bluesky_rkey(arena *a, int64_t key);

size_t bluesky_graphemes(str text); /* UAX 29 */

/* ---- writing (bluesky_write.c) ---- */

/* The mentions (@handle, without an account yet), addresses and tags in a text, in their order, by bytes. */
void bluesky_find_links(arena *a, str text, post_link_list *ret);

struct bluesky_picture {
    json_t *blob; /* as uploadBlob gave it */
    str alt;
    int width, height; /* 0 where not known */
};
struct bluesky_draft {
    str text, language;
    int64_t at;
    const struct post_link *links; /* mentions without a target are left out */
    size_t nlinks;
    struct social_place parent, root, quote;
    const struct bluesky_picture *pictures;
    size_t npictures;
};
/* The input of com.atproto.repo.createRecord. ERR_LIMIT when it is too long. */
err bluesky_write_post(arena *a, str did, str rkey, const struct bluesky_draft *d, str *ret_json);

/* Pixels of a picture as its first bytes say; false when they do not. PNG, JPEG, GIF, WebP. */
bool bluesky_picture_size(str bytes, int *ret_width, int *ret_height);

/* ---- reading (bluesky_read.c) ---- */

/* Any JSON of a network: NUL in strings and keys twice are taken. ERR_INVALID, ERR_LIMIT. */
err bluesky_json(str body, json_t **ret);

/* The name and the words of an XRPC error, "" where there are none. The name is letters only. */
void bluesky_read_error(arena *a, str body, str *ret_name, str *ret_words);

struct bluesky_session {
    str did, handle, access, refresh;
    str pds; /* of the DID document, an origin; "" where it has none */
};
/* createSession and refreshSession. ERR_INVALID when something is missing. */
err bluesky_read_session(arena *a, str body, struct bluesky_session *ret);
/* The origin of the personal data server in a DID document; "" for none. */
str bluesky_read_pds(arena *a, const json_t *did_doc);

struct bluesky_notice {
    struct post post;
    int64_t at;        /* by which the network sorts: the earlier of written and seen; 0 unknown */
    bool unseen_media; /* has pictures whose addresses only app.bsky.feed.getPosts tells */
};
typedef LIST(struct bluesky_notice) bluesky_notice_list;
struct bluesky_page {
    bluesky_notice_list notices;
    str cursor;             /* "" at the end; one that is longer than BLUESKY_CURSOR_MAX counts as none */
    size_t rows;            /* how many there were, usable or not */
    int64_t newest, oldest; /* `at` of those usable; 0 where there are none */
};
/* app.bsky.notification.listNotifications. `did`: ours; our own posts are left out. */
err bluesky_read_notices(arena *a, str body, str did, struct bluesky_page *ret);
/* app.bsky.feed.getPosts and searchPosts: post views. Ours stay in. */
err bluesky_read_posts(arena *a, str body, str did, struct bluesky_page *ret);

/* app.bsky.actor.getProfile, and the rows of getProfiles. */
err bluesky_read_profile(arena *a, str body, struct social_profile *ret);
err bluesky_read_profiles(arena *a, str body, social_profile_list *ret);

/* createRecord, putRecord: where it is. */
err bluesky_read_created(arena *a, str body, struct social_place *ret);
/* getRecord: where it is, and what a post of ours says there. */
err bluesky_read_record(arena *a, str body, struct social_place *ret, str *ret_text);

#endif
