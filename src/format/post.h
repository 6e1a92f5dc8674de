/* post: what somebody said about us on a network, as one document, whichever network it was.
 *
 * An adapter of src/social makes this of a network's answer, a webhook sends it as it is, and its JSON form
 * "post/1" is what the desk keeps as the bytes that came. docs/webhooks.md describes the members for people
 * who send it to the webhook. Pure; texts point into the arena. */
#ifndef LONGHAND_FORMAT_POST_H
#define LONGHAND_FORMAT_POST_H

#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"

enum {
    POST_BYTES_MAX = 1 << 20, /* of the document; one that is normal is never longer */
    POST_TEXT_MAX = 40000,    /* bytes of the text */
    POST_NAME_MAX = 1000,     /* bytes of every other text but the ones below */
    POST_URL_MAX = 2000,      /* bytes of an id, a version or an address */
    POST_ALT_MAX = 4000,      /* bytes of an alt text or a spoiler */
    POST_IMAGES_MAX = 16,
    POST_LINKS_MAX = 200,
    POST_EXTRA_MAX = 60000 /* bytes of all images and links together */
};

typedef enum post_kind {
    POST_MENTION, /* names us */
    POST_REPLY,   /* answers a post of ours */
    POST_QUOTE,   /* quotes a post of ours */
    POST_DIRECT,  /* a private message to us */
    POST_REVIEW,  /* of a shop or a review site */
    POST_OTHER    /* found by searching, or anything else */
} post_kind;
typedef enum post_visibility {
    POST_PUBLIC,
    POST_UNLISTED,  /* for everybody who looks, in no list */
    POST_FOLLOWERS, /* for those who follow its author */
    POST_PRIVATE    /* for those who are named in it: "direct" */
} post_visibility;
typedef enum post_link_kind { POST_LINK_URL, POST_LINK_MENTION, POST_LINK_TAG } post_link_kind;
enum {
    POST_KINDS = POST_OTHER + 1,
    POST_VISIBILITIES = POST_PRIVATE + 1,
    POST_LINK_KINDS = POST_LINK_TAG + 1
};
const char *post_kind_text(post_kind k); /* "mention", "reply", "quote", "direct", "review", "other" */
const char *post_visibility_text(post_visibility v); /* "public", "unlisted", "followers", "direct" */
const char *post_link_kind_text(post_link_kind k);   /* "link", "mention", "tag" */
bool post_kind_from(str text, post_kind *ret);
bool post_visibility_from(str text, post_visibility *ret);

struct post_author {
    /* A URI that stays when the handle changes, and the key of the customer's address: at://did:plc:...,
     * https://server.example/@name (in lower case); from a webhook whatever the sender has (the desk puts
     * hook://INBOX/ before one without a scheme). Required. */
    str id;
    str handle;        /* as people write it, without the leading @: name.example, name@server.example */
    str name;          /* "" where there is none */
    int64_t followers; /* -1: not known */
    bool machine;      /* says of itself that it is a bot */
};
struct post_image {
    str url, alt, type; /* type "image/jpeg", "video/mp4", ...; "" not known */
};
typedef LIST(struct post_image) post_image_list;
/* A part of the text that is more than text. */
struct post_link {
    post_link_kind kind;
    int64_t from, to; /* bytes of `text`, from <= to; both 0 where the place is not known */
    str target;       /* the address; the id of the account; the tag without # */
    str handle;       /* of a mention, without @ */
};
typedef LIST(struct post_link) post_link_list;

struct post {
    /* What the network is asked for it by: at://did/app.bsky.feed.post/..., the number of a status on the
     * account's server, the sender's own. At most one message of an inbox has it. Required. */
    str id;
    str version; /* changes with every edit; needed to answer it on some (the CID); "" for none */
    str url;     /* where people see it; https, or "" */
    struct post_author author;
    str title;                      /* of a review: its title, what it is about; "" */
    str text;                       /* UTF-8, lines parted by LF; no HTML */
    str language;                   /* "en", "de-AT", "" not known */
    int64_t created_at, edited_at;  /* edited_at 0: never */
    bool deleted;                   /* gone, by its author or the network; text may be "" then */
    str reply_to, reply_to_version; /* the post it answers; "" */
    str root, root_version; /* the first post of its thread; of a private message its conversation; "" where
                             * it is the first itself */
    str quote;              /* the post it quotes; "" */
    post_kind kind;
    post_visibility visibility;
    str spoiler; /* a content warning; "" for none. The text is shown after a click */
    post_image_list images;
    post_link_list links;
    int64_t rating, rating_max; /* 0, 0 for none; else 0 <= rating <= rating_max */
};

/* What is longer than its limit is cut (texts at a character), what is no UTF-8 repaired, control characters
 * taken out, links outside of the text dropped: for adapters, before post_write. ERR_INVALID where something
 * required is not there. */
err post_normal(arena *a, struct post *p);

/* The JSON document; times as RFC 3339 in UTC. Always one that post_read takes, if `p` is normal. */
void post_write(buf *to, const struct post *p);

/* Read one. Unknown members are passed over; a known one of the wrong kind, out of its limits or not UTF-8 is
 * refused by name: ERR_INVALID, ERR_LIMIT. Times are RFC 3339 with a zone (format/rfc3339.h), or ms since
 * 1970 UTC. The result is normal. */
err post_read(arena *a, str json, struct post *ret);
/* The same of a value that was read already (one of several in an array). */
struct json_t;
err post_read_json(arena *a, const struct json_t *json, struct post *ret);
/* Its images and links alone, of a document that post_write made. */
err post_read_parts(arena *a, const struct json_t *json, struct post *ret);

#endif
