#include "format/json.h"
#include "format/picture.h"
#include "social/bluesky_own.h"

enum { MENTIONS_MAX = 20 };

/* ---- what is there already ---- */

/* A record of a post in a repository: DONE and where it is; GONE for certain not; anything else unknown. */
static social_result ask_record(struct bsky *b, str did, str rkey, struct social_place *ret, str *ret_text,
                                struct social_report *report) {
    struct call_answer answer;
    str query = S("collection=app.bsky.feed.post");
    bsky_param(b->a, &query, "repo", did);
    bsky_param(b->a, &query, "rkey", rkey);
    social_result r = bsky_get(b, "com.atproto.repo.getRecord", query, &answer, report);
    if (r == SOCIAL_REFUSED && b->status == 400 && str_eq(b->error, S("RecordNotFound")))
        return bsky_says(b, report, SOCIAL_GONE, report->says);
    if (r) return r;
    if (bluesky_read_record(b->a, answer.body, ret, ret_text))
        return bsky_says(b, report, SOCIAL_LATER, str_z(err_text()));
    return SOCIAL_DONE;
}

static void fill(struct bsky *b, struct social_place place, struct social_published *ret) {
    *ret = (struct social_published){place.id, place.version, bluesky_url(b->a, place.id)};
}

/* Whether our key has been published. A post under our key with other words is somebody else's doing: that
 * is REFUSED. */
static social_result look_for(struct bsky *b, const struct social_wish *wish, struct social_published *ret,
                              struct social_report *report) {
    struct social_place place;
    str text;
    social_result r = ask_record(b, b->did, bluesky_rkey(b->a, wish->key), &place, &text, report);
    if (r) return r;
    if (!str_eq(text, wish->text))
        return bsky_says(b, report, SOCIAL_REFUSED, S("Another post has taken the place of this one."));
    fill(b, place, ret);
    return SOCIAL_DONE;
}

err bluesky_find(struct social_call *c, const struct social_wish *wish, struct social_published *ret,
                 struct social_report *report) {
    struct bsky b;
    if (bluesky_begin(c, &b, report)) look_for(&b, wish, ret, report);
    return ERR_NONE;
}

/* ---- what can be said at all ---- */

static err check_pictures(const struct social_wish *w) {
    if (w->nimages > BLUESKY_IMAGES)
        return err_set(ERR_INVALID, "A post on Bluesky holds at most %d pictures.", BLUESKY_IMAGES);
    for (size_t i = 0; i < w->nimages; i++) {
        if (w->images[i].bytes.n > BLUESKY_IMAGE_BYTES)
            return err_set(ERR_INVALID, "Bluesky takes pictures of at most 2 MB; this one is larger.");
        if (!picture_type(w->images[i].bytes).n)
            return err_set(ERR_INVALID, "Bluesky takes PNG, JPEG, GIF and WebP pictures only.");
        if (bluesky_graphemes(w->images[i].alt) > BLUESKY_ALT_GRAPHEMES)
            return err_set(ERR_INVALID, "The words for a picture are longer than %d characters.",
                           BLUESKY_ALT_GRAPHEMES);
    }
    return ERR_NONE;
}

static err check(const struct social_wish *w) {
    size_t n = bluesky_graphemes(w->text);
    if (w->key <= 0) return err_set(ERR_INVALID, "The post has no key.");
    if (w->visibility == POST_PRIVATE)
        return err_set(ERR_INVALID, "Longhand does not send Bluesky's private messages.");
    if (w->visibility != POST_PUBLIC) return err_set(ERR_INVALID, "On Bluesky every post is public.");
    if (w->spoiler.n) return err_set(ERR_INVALID, "Bluesky has no content warnings in words.");
    if (!str_is_utf8(w->text) || str_has(w->text, '\0'))
        return err_set(ERR_INVALID, "The post is not a text.");
    if (!str_trim(w->text).n && !w->nimages) return err_set(ERR_INVALID, "The post is empty.");
    if (n > BLUESKY_GRAPHEMES || w->text.n > BLUESKY_BYTES)
        return err_set(ERR_INVALID, "The post has %zu characters; Bluesky takes %d.", n, BLUESKY_GRAPHEMES);
    if ((w->reply_to.id.n && !bluesky_is_post(w->reply_to.id)) ||
        (w->root.id.n && !bluesky_is_post(w->root.id)) || (w->quote.id.n && !bluesky_is_post(w->quote.id)))
        return err_set(ERR_INVALID, "What is answered is no post of Bluesky.");
    return check_pictures(w);
}

/* ---- what it answers ---- */

/* The post as the network has it now. What we wrote ourselves is asked of our own server, since the network
 * may not have seen it yet. */
static social_result look_up(struct bsky *b, struct social_place *place, struct social_report *report) {
    struct social_place now;
    str text, did = bluesky_uri_did(place->id), query = S("");
    if (str_eq(did, b->did)) {
        social_result r = ask_record(b, did, bluesky_uri_rkey(place->id), &now, &text, report);
        if (!r && !place->version.n) place->version = now.version;
        return r;
    }
    struct call_answer answer;
    struct bluesky_page page;
    bsky_param(b->a, &query, "uris", place->id);
    social_result r = bsky_get(b, "app.bsky.feed.getPosts", query, &answer, report);
    if (r) return r;
    if (bluesky_read_posts(b->a, answer.body, b->did, &page))
        return bsky_says(b, report, SOCIAL_LATER, str_z(err_text()));
    if (!page.notices.n)
        return bsky_says(b, report, SOCIAL_GONE, S("The post that this answers is not there any more."));
    if (!place->version.n) place->version = page.notices.v[0].post.version;
    return SOCIAL_DONE;
}

static social_result thread_of(struct bsky *b, const struct social_wish *w, struct bluesky_draft *d,
                               struct social_report *report) {
    d->parent = w->reply_to;
    d->root = w->root.id.n ? w->root : w->reply_to;
    d->quote = w->quote;
    if (d->parent.id.n) {
        social_result r = look_up(b, &d->parent, report);
        if (r) return r;
        if (str_eq(d->root.id, d->parent.id)) d->root = d->parent;
        /* A thread goes on when its first post is gone, as long as its name is known. */
        if (!d->root.version.n) r = look_up(b, &d->root, report);
        if (r) return r;
    }
    return d->quote.id.n ? look_up(b, &d->quote, report) : SOCIAL_DONE;
}

/* ---- who is mentioned ---- */

/* The account behind a handle; a handle that nobody has stays plain text. */
static social_result resolve(struct bsky *b, const struct social_wish *w, struct post_link *l,
                             struct social_report *report) {
    JSON_AUTO json_t *json = NULL;
    struct call_answer answer;
    str did, query = S("");
    if (str_eq_nocase(l->handle, w->to_handle) && bluesky_is_did(bluesky_uri_did(w->to_id))) {
        l->target = w->to_id;
        return SOCIAL_DONE;
    }
    bsky_param(b->a, &query, "handle", l->handle);
    social_result r = bsky_get(b, "com.atproto.identity.resolveHandle", query, &answer, report);
    if (r == SOCIAL_REFUSED) return SOCIAL_DONE;
    if (r) return r;
    if (!bluesky_json(answer.body, &json) && json_take_str(json, "did", &did) && bluesky_is_did(did))
        l->target = str_fmt(b->a, "at://%.*s", STR_FMT(did));
    return SOCIAL_DONE;
}

static social_result links_of(struct bsky *b, const struct social_wish *w, struct bluesky_draft *d,
                              struct social_report *report) {
    post_link_list list;
    size_t mentions = 0;
    bluesky_find_links(b->a, w->text, &list);
    for (size_t i = 0; i < list.n; i++) {
        if (list.v[i].kind != POST_LINK_MENTION || ++mentions > MENTIONS_MAX) continue;
        social_result r = resolve(b, w, &list.v[i], report);
        if (r) return r;
    }
    d->links = list.v;
    d->nlinks = list.n;
    return SOCIAL_DONE;
}

/* ---- pictures ---- */

/* The same bytes get the same name, so that sending them again makes nothing new. `holder` keeps the answer's
 * JSON, since the blob is written into the post as it came. */
static social_result upload(struct bsky *b, const struct social_image *image, struct bluesky_picture *ret,
                            json_t **holder, struct social_report *report) {
    struct call_answer answer;
    const struct bsky_ask q = {.method = CALL_POST,
                               .what = "com.atproto.repo.uploadBlob",
                               .body = image->bytes,
                               .type = picture_type(image->bytes)};
    social_result r = bsky_ask(b, &q, &answer, report);
    if (r) return r;
    str link = S("");
    if (!bluesky_json(answer.body, holder)) {
        ret->blob = json_object_get(*holder, "blob");
        json_take_str(json_object_get(ret->blob, "ref"), "$link", &link);
    }
    if (!link.n || link.n > 200)
        return bsky_says(b, report, SOCIAL_LATER, S("The server does not say where a picture is."));
    ret->alt = image->alt;
    bluesky_picture_size(image->bytes, &ret->width, &ret->height);
    return SOCIAL_DONE;
}

/* ---- the post ---- */

/* The server did not say that it took the post. It refuses a second one under the same key, but in its own
 * way (some as an inner error), so what is there tells. */
static social_result after(struct bsky *b, const struct social_wish *w, social_result r,
                           struct social_published *ret, struct social_report *report) {
    struct social_report first = *report, second;
    int status = b->status;
    if (r == SOCIAL_SIGN_IN || status == 429) return r;
    social_result there = look_for(b, w, ret, &second);
    if (there == SOCIAL_DONE || there == SOCIAL_REFUSED) {
        *report = second;
        return there;
    }
    /* An answer that was one, and nothing is there: then nothing was done. */
    if (there != SOCIAL_GONE && status >= 500) r = SOCIAL_UNCERTAIN;
    *report = first;
    report->result = r;
    if (r != SOCIAL_LATER) report->retry_at = 0;
    return r;
}

static social_result create(struct bsky *b, const struct social_wish *w, struct bluesky_draft *d,
                            struct social_published *ret, struct social_report *report) {
    struct call_answer answer;
    struct social_place place;
    str body;
    if (bluesky_write_post(b->a, b->did, bluesky_rkey(b->a, w->key), d, &body))
        return bsky_says(b, report, SOCIAL_REFUSED, str_z(err_text()));
    const struct bsky_ask q = {.method = CALL_POST,
                               .what = "com.atproto.repo.createRecord",
                               .body = body,
                               .type = S("application/json"),
                               .writes = true};
    social_result r = bsky_ask(b, &q, &answer, report);
    if (!r && bluesky_read_created(b->a, answer.body, &place))
        r = bsky_says(b, report, SOCIAL_UNCERTAIN, str_z(err_text()));
    if (r) return after(b, w, r, ret, report);
    fill(b, place, ret);
    return SOCIAL_DONE;
}

err bluesky_publish(struct social_call *c, const struct social_wish *w, struct social_published *ret,
                    struct social_report *report) {
    struct bsky b;
    struct bluesky_picture pictures[BLUESKY_IMAGES] = {0};
    json_t *holders[BLUESKY_IMAGES] = {0};
    struct bluesky_draft d = {.text = w->text, .language = w->language, .at = w->at, .pictures = pictures};
    TRY(check(w));
    if (!bluesky_begin(c, &b, report)) return ERR_NONE;
    social_result r = thread_of(&b, w, &d, report);
    if (!r) r = links_of(&b, w, &d, report);
    for (; !r && d.npictures < w->nimages; d.npictures++) {
        size_t i = d.npictures;
        r = upload(&b, &w->images[i], &pictures[i], &holders[i], report);
    }
    if (!r) create(&b, w, &d, ret, report);
    for (size_t i = 0; i < BLUESKY_IMAGES; i++) json_decref(holders[i]);
    return ERR_NONE;
}

err bluesky_remove(struct social_call *c, str id, struct social_report *report) {
    struct bsky b;
    struct call_answer answer;
    if (!bluesky_begin(c, &b, report)) return ERR_NONE;
    if (!bluesky_is_post(id) || !str_eq(bluesky_uri_did(id), b.did))
        return err_set(ERR_INVALID, "This is no post of this account.");
    BUF_AUTO buf body = BUF_MAX(4000);
    struct json_out o = json_begin(&body);
    json_open_object(&o);
    json_key(&o, S("repo")), json_str(&o, b.did);
    json_key(&o, S("collection")), json_str(&o, S("app.bsky.feed.post"));
    json_key(&o, S("rkey")), json_str(&o, bluesky_uri_rkey(id));
    json_close_object(&o);
    const struct bsky_ask q = {.method = CALL_POST,
                               .what = "com.atproto.repo.deleteRecord",
                               .body = buf_str(&body),
                               .type = S("application/json"),
                               .writes = true};
    bsky_ask(&b, &q, &answer, report);
    return ERR_NONE;
}
