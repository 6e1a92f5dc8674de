#include <string.h>

#include "format/json.h"
#include "format/rfc3339.h"
#include "social/bluesky.h"

/* ---- what may be anything ---- */

err bluesky_json(str body, json_t **ret) {
    json_error_t why;
    if (body.n > BLUESKY_ANSWER_BYTES) return err_set(ERR_LIMIT, "The answer is too long.");
    json_t *json = json_loadb(body.p ? body.p : "", body.n, JSON_ALLOW_NUL, &why);
    if (!json) return err_set(ERR_INVALID, "The answer is no JSON: %s.", why.text);
    *ret = json;
    return ERR_NONE;
}

static str text_in(const json_t *object, const char *key) {
    str s;
    return json_take_str(object, key, &s) ? s : S("");
}

static int64_t int_in(const json_t *object, const char *key, int64_t otherwise) {
    int64_t v;
    return json_take_int(object, key, &v) ? v : otherwise;
}

static int64_t time_in(const json_t *object, const char *key) {
    int64_t at;
    return rfc3339_read(text_in(object, key), &at) ? at : 0;
}

static str first_text(const json_t *array) {
    const json_t *one = json_array_get(array, 0);
    return json_is_string(one) ? (str){json_string_value(one), json_string_length(one)} : S("");
}

static bool has_type(const json_t *object, const char *type) {
    return str_eq(text_in(object, "$type"), str_z(type));
}

/* An id or a token goes into headers and addresses: visible ASCII. */
static bool is_word(str s, size_t max) {
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~') return false;
    return s.n > 0 && s.n <= max;
}

static str word_in(const json_t *object, const char *key, size_t max) {
    str s = text_in(object, key);
    return is_word(s, max) ? s : S("");
}

static str post_in(const json_t *object, const char *key) {
    str uri = text_in(object, key);
    return bluesky_is_post(uri) ? uri : S("");
}

/* ---- errors, sessions ---- */

void bluesky_read_error(arena *a, str body, str *ret_name, str *ret_words) {
    JSON_AUTO json_t *json = NULL;
    *ret_name = *ret_words = S("");
    if (bluesky_json(body, &json)) return;
    str name = text_in(json, "error"), words = text_in(json, "message");
    if (!words.n) words = text_in(json, "error_description");
    for (size_t i = 0; i < name.n; i++)
        if (!((name.p[i] | 0x20) >= 'a' && (name.p[i] | 0x20) <= 'z') && name.p[i] != '_') name = S("");
    *ret_name = str_copy(a, str_slice(name, 0, 60));
    *ret_words = str_copy(a, str_clip_utf8(words, 300));
}

/* https://host:port out of an address; the rest is left out. */
static str origin_of(str url) {
    size_t from = str_find(url, S("://"), 0);
    if (from == SIZE_MAX) return S("");
    for (size_t i = from + 3; i < url.n; i++)
        if (url.p[i] == '/' || url.p[i] == '?' || url.p[i] == '#') return str_slice(url, 0, i);
    return url;
}

str bluesky_read_pds(arena *a, const json_t *did_doc) {
    const json_t *services = json_object_get(did_doc, "service"), *one;
    size_t i;
    json_array_foreach(services, i, one) {
        str id = text_in(one, "id"), url = word_in(one, "serviceEndpoint", 500);
        if (!str_ends(id, S("#atproto_pds"))) continue;
        if (str_eq(text_in(one, "type"), S("AtprotoPersonalDataServer"))) return str_copy(a, origin_of(url));
    }
    return S("");
}

err bluesky_read_session(arena *a, str body, struct bluesky_session *ret) {
    enum { TOKEN = 16 << 10 };
    JSON_AUTO json_t *json = NULL;
    TRY(bluesky_json(body, &json));
    str did = text_in(json, "did"), access = word_in(json, "accessJwt", TOKEN);
    str refresh = word_in(json, "refreshJwt", TOKEN), handle = text_in(json, "handle");
    if (!bluesky_is_did(did) || !access.n || !refresh.n)
        return err_set(ERR_INVALID, "The server's answer lacks the account or its tokens.");
    *ret = (struct bluesky_session){.did = str_copy(a, did),
                                    .handle = bluesky_is_handle(handle) ? str_copy(a, handle) : S(""),
                                    .access = str_copy(a, access),
                                    .refresh = str_copy(a, refresh),
                                    .pds = bluesky_read_pds(a, json_object_get(json, "didDoc"))};
    return ERR_NONE;
}

/* ---- a post ---- */

static bool has_label(const json_t *labels, const char *value) {
    const json_t *one;
    size_t i;
    json_array_foreach(labels, i, one) if (str_eq(text_in(one, "val"), str_z(value))) return true;
    return false;
}

static void read_author(arena *a, const json_t *json, struct post_author *ret) {
    str handle = text_in(json, "handle");
    ret->id = str_fmt(a, "at://%.*s", STR_FMT(text_in(json, "did")));
    /* A handle that its own domain does not confirm is told as handle.invalid. */
    ret->handle = bluesky_is_handle(handle) ? str_lower(a, handle) : S("");
    ret->name = str_copy(a, text_in(json, "displayName"));
    ret->followers = int_in(json, "followersCount", -1);
    if (ret->followers < 0) ret->followers = -1;
    ret->machine = has_label(json_object_get(json, "labels"), "bot");
}

/* One of app.bsky.richtext.facet's features, for the bytes from..to. */
static void read_feature(arena *a, const json_t *feature, int64_t from, int64_t to, str text,
                         post_link_list *list) {
    struct post_link l = {.from = from, .to = to};
    if (has_type(feature, "app.bsky.richtext.facet#mention")) {
        str did = text_in(feature, "did"), seen = str_slice(text, (size_t)from, (size_t)to);
        if (!bluesky_is_did(did)) return;
        l.kind = POST_LINK_MENTION;
        l.target = str_fmt(a, "at://%.*s", STR_FMT(did));
        if (str_starts(seen, S("@"))) l.handle = str_copy(a, str_slice(seen, 1, seen.n));
    } else if (has_type(feature, "app.bsky.richtext.facet#link")) {
        l.kind = POST_LINK_URL;
        l.target = str_copy(a, word_in(feature, "uri", POST_URL_MAX));
    } else if (has_type(feature, "app.bsky.richtext.facet#tag")) {
        l.kind = POST_LINK_TAG;
        l.target = str_copy(a, text_in(feature, "tag"));
    }
    if (l.target.n) *list_add(a, list) = l;
}

static void read_facets(arena *a, const json_t *facets, str text, post_link_list *list) {
    const json_t *facet, *feature;
    size_t i, k;
    json_array_foreach(facets, i, facet) {
        const json_t *index = json_object_get(facet, "index");
        int64_t from = int_in(index, "byteStart", -1), to = int_in(index, "byteEnd", -1);
        if (from < 0 || to < from || (uint64_t)to > text.n) continue;
        json_array_foreach(json_object_get(facet, "features"), k, feature) {
            if (list->n >= POST_LINKS_MAX) return;
            read_feature(a, feature, from, to, text, list);
        }
    }
}

static void add_image(arena *a, post_image_list *list, str url, str alt, str type) {
    if (list->n >= POST_IMAGES_MAX || (!url.n && !alt.n)) return;
    *list_add(a, list) = (struct post_image){str_copy(a, url), str_copy(a, alt), str_copy(a, type)};
}

/* The pictures of an embed: of a view with their addresses, of a record without. Galleries say items where
 * pictures say images. */
static void read_pictures(arena *a, const json_t *embed, post_image_list *list) {
    const json_t *rows = json_object_get(embed, "images"), *one;
    size_t i;
    if (!rows) rows = json_object_get(embed, "items");
    json_array_foreach(rows, i, one) {
        str type = text_in(json_object_get(one, "image"), "mimeType");
        add_image(a, list, word_in(one, "fullsize", POST_URL_MAX), text_in(one, "alt"), type);
    }
    if (has_type(embed, "app.bsky.embed.video#view"))
        add_image(a, list, word_in(embed, "thumbnail", POST_URL_MAX), text_in(embed, "alt"), S("video/mp4"));
    else if (has_type(embed, "app.bsky.embed.video"))
        add_image(a, list, S(""), text_in(embed, "alt"), S("video/mp4"));
}

static bool is_media(const json_t *embed) {
    str type = text_in(embed, "$type");
    return str_starts(type, S("app.bsky.embed.images")) || str_starts(type, S("app.bsky.embed.video")) ||
           str_starts(type, S("app.bsky.embed.gallery"));
}

/* The embed of a record, or the media half of one that quotes, too. */
static const json_t *media_of(const json_t *embed) {
    const json_t *media = json_object_get(embed, "media");
    return media ? media : embed;
}

static void read_embed(arena *a, const json_t *record, const json_t *view, struct post *p) {
    const json_t *embed = json_object_get(record, "embed");
    const json_t *quoted = json_object_get(embed, "record");
    /* recordWithMedia holds the strong reference one level deeper. */
    if (has_type(embed, "app.bsky.embed.recordWithMedia")) quoted = json_object_get(quoted, "record");
    p->quote = str_copy(a, post_in(quoted, "uri"));
    read_pictures(a, media_of(json_is_object(view) ? view : embed), &p->images);
    const json_t *card = json_object_get(media_of(embed), "external");
    str uri = word_in(card, "uri", POST_URL_MAX);
    if (uri.n && p->links.n < POST_LINKS_MAX)
        *list_add(a, &p->links) = (struct post_link){.kind = POST_LINK_URL, .target = str_copy(a, uri)};
}

/* What its author warns of (com.atproto.label.defs#selfLabels). */
static str read_spoiler(arena *a, const json_t *record) {
    static const char *const known[] = {"graphic-media", "nudity", "porn", "sexual"};
    const json_t *values = json_object_get(json_object_get(record, "labels"), "values");
    BUF_AUTO buf b = BUF_MAX(200);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!has_label(values, known[i])) continue;
        if (b.n) buf_add_z(&b, ", ");
        buf_add_z(&b, known[i]);
    }
    return str_copy(a, buf_str(&b));
}

static bool is_by(str uri, str did) { return did.n && str_eq(bluesky_uri_did(uri), did); }

static post_kind kind_of(const struct post *p, str did) {
    if (is_by(p->reply_to, did) || is_by(p->root, did)) return POST_REPLY;
    if (is_by(p->quote, did)) return POST_QUOTE;
    for (size_t i = 0; i < p->links.n; i++)
        if (p->links.v[i].kind == POST_LINK_MENTION && is_by(p->links.v[i].target, did)) return POST_MENTION;
    return POST_OTHER;
}

/* A record of app.bsky.feed.post as it stands in a notice (`view` NULL) or in a post view. */
static bool read_post(arena *a, const json_t *row, const json_t *view, str did, struct post *ret) {
    const json_t *record = json_object_get(row, "record"), *reply = json_object_get(record, "reply");
    const json_t *parent = json_object_get(reply, "parent"), *root = json_object_get(reply, "root");
    const json_t *author = json_object_get(row, "author");
    str uri = post_in(row, "uri"), cid = word_in(row, "cid", 200);
    if (!uri.n || !cid.n || !json_is_object(record)) return false;
    if (!str_eq(text_in(author, "did"), bluesky_uri_did(uri))) return false;
    struct post p = {.id = str_copy(a, uri), .version = str_copy(a, cid), .url = bluesky_url(a, uri)};
    read_author(a, author, &p.author);
    p.text = str_copy(a, text_in(record, "text"));
    p.language = str_copy(a, first_text(json_object_get(record, "langs")));
    p.reply_to = str_copy(a, post_in(parent, "uri"));
    p.root = str_copy(a, post_in(root, "uri"));
    if (p.reply_to.n) p.reply_to_version = str_copy(a, word_in(parent, "cid", 200));
    if (p.root.n) p.root_version = str_copy(a, word_in(root, "cid", 200));
    /* What its author's clock says, unless that lies after the moment it was seen. */
    int64_t written = time_in(record, "createdAt"), seen = time_in(row, "indexedAt");
    p.created_at = written && (!seen || written < seen) ? written : seen;
    read_facets(a, json_object_get(record, "facets"), p.text, &p.links);
    read_embed(a, record, view, &p);
    p.spoiler = read_spoiler(a, record);
    p.visibility = POST_PUBLIC;
    p.kind = kind_of(&p, did);
    if (post_normal(a, &p)) return false;
    *ret = p;
    return true;
}

/* ---- pages ---- */

static void count(struct bluesky_page *page, int64_t at) {
    if (!at) return;
    if (!page->newest || at > page->newest) page->newest = at;
    if (!page->oldest || at < page->oldest) page->oldest = at;
}

static bool reason_kind(str reason, post_kind *ret) {
    if (str_eq(reason, S("mention"))) return *ret = POST_MENTION, true;
    if (str_eq(reason, S("reply"))) return *ret = POST_REPLY, true;
    if (str_eq(reason, S("quote"))) return *ret = POST_QUOTE, true;
    return false;
}

/* A post may be told twice, as a reply and as a mention. */
static bool is_told(const struct bluesky_page *page, str id) {
    for (size_t i = 0; i < page->notices.n; i++)
        if (str_eq(page->notices.v[i].post.id, id)) return true;
    return false;
}

static void read_notice(arena *a, const json_t *row, str did, struct bluesky_page *page) {
    struct bluesky_notice n = {.at = time_in(row, "indexedAt")};
    post_kind kind;
    count(page, n.at);
    if (!reason_kind(text_in(row, "reason"), &kind) || !read_post(a, row, NULL, did, &n.post)) return;
    if (is_by(n.post.id, did) || is_told(page, n.post.id)) return;
    if (n.post.kind == POST_OTHER) n.post.kind = kind;
    n.unseen_media = is_media(media_of(json_object_get(json_object_get(row, "record"), "embed")));
    *list_add(a, &page->notices) = n;
}

static str cursor_in(arena *a, const json_t *json) {
    return str_copy(a, word_in(json, "cursor", BLUESKY_CURSOR_MAX));
}

err bluesky_read_notices(arena *a, str body, str did, struct bluesky_page *ret) {
    JSON_AUTO json_t *json = NULL;
    TRY(bluesky_json(body, &json));
    const json_t *rows = json_object_get(json, "notifications"), *row;
    size_t i;
    if (!json_is_array(rows)) return err_set(ERR_INVALID, "The answer has no list of notifications.");
    struct bluesky_page page = {.cursor = cursor_in(a, json), .rows = json_array_size(rows)};
    json_array_foreach(rows, i, row) if (i < BLUESKY_PAGE) read_notice(a, row, did, &page);
    *ret = page;
    return ERR_NONE;
}

err bluesky_read_posts(arena *a, str body, str did, struct bluesky_page *ret) {
    JSON_AUTO json_t *json = NULL;
    TRY(bluesky_json(body, &json));
    const json_t *rows = json_object_get(json, "posts"), *row;
    size_t i;
    if (!json_is_array(rows)) return err_set(ERR_INVALID, "The answer has no list of posts.");
    struct bluesky_page page = {.cursor = cursor_in(a, json), .rows = json_array_size(rows)};
    json_array_foreach(rows, i, row) {
        struct bluesky_notice n = {.at = time_in(row, "indexedAt")};
        if (i >= BLUESKY_PAGE) break;
        count(&page, n.at);
        const json_t *view = json_object_get(row, "embed");
        if (!read_post(a, row, view, did, &n.post) || is_told(&page, n.post.id)) continue;
        *list_add(a, &page.notices) = n;
    }
    *ret = page;
    return ERR_NONE;
}

/* ---- profiles, records ---- */

static bool read_profile(arena *a, const json_t *json, struct social_profile *ret) {
    struct post_author who;
    if (!bluesky_is_did(text_in(json, "did"))) return false;
    read_author(a, json, &who);
    int64_t follows = int_in(json, "followsCount", -1), posts = int_in(json, "postsCount", -1);
    *ret = (struct social_profile){
        .id = who.id,
        .handle = who.handle,
        .name = who.name,
        .url = str_fmt(a, "https://bsky.app/profile/%.*s", STR_FMT(text_in(json, "did"))),
        .followers = who.followers,
        .follows = follows < 0 ? -1 : follows,
        .posts = posts < 0 ? -1 : posts,
        .machine = who.machine,
    };
    return true;
}

err bluesky_read_profile(arena *a, str body, struct social_profile *ret) {
    JSON_AUTO json_t *json = NULL;
    TRY(bluesky_json(body, &json));
    if (!read_profile(a, json, ret)) return err_set(ERR_INVALID, "The answer holds no profile.");
    return ERR_NONE;
}

err bluesky_read_profiles(arena *a, str body, social_profile_list *ret) {
    JSON_AUTO json_t *json = NULL;
    TRY(bluesky_json(body, &json));
    const json_t *rows = json_object_get(json, "profiles"), *row;
    social_profile_list list = {0};
    size_t i;
    if (!json_is_array(rows)) return err_set(ERR_INVALID, "The answer has no list of profiles.");
    json_array_foreach(rows, i, row) {
        struct social_profile p;
        if (i < BLUESKY_PAGE && read_profile(a, row, &p)) *list_add(a, &list) = p;
    }
    *ret = list;
    return ERR_NONE;
}

static err read_place(arena *a, const json_t *json, struct social_place *ret) {
    str uri = post_in(json, "uri"), cid = word_in(json, "cid", 200);
    if (!uri.n || !cid.n) return err_set(ERR_INVALID, "The answer does not say where the post is.");
    *ret = (struct social_place){str_copy(a, uri), str_copy(a, cid)};
    return ERR_NONE;
}

err bluesky_read_created(arena *a, str body, struct social_place *ret) {
    JSON_AUTO json_t *json = NULL;
    TRY(bluesky_json(body, &json));
    return read_place(a, json, ret);
}

err bluesky_read_record(arena *a, str body, struct social_place *ret, str *ret_text) {
    JSON_AUTO json_t *json = NULL;
    TRY(bluesky_json(body, &json));
    const json_t *value = json_object_get(json, "value");
    if (!json_is_object(value)) return err_set(ERR_INVALID, "The answer holds no record.");
    TRY(read_place(a, json, ret));
    *ret_text = str_copy(a, text_in(value, "text"));
    return ERR_NONE;
}
