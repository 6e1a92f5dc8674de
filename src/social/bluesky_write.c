#include <string.h>

#include "format/json.h"
#include "format/rfc3339.h"
#include "social/bluesky.h"

/* ---- what is a link in a text ---- */

/* Every byte of a letter beyond ASCII counts as one of a word, so that no character is split. */
static bool is_wordish(char c) {
    return (c & 0x80) || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* May something begin here? Not inside of a word or an address. */
static bool is_start(str text, size_t at) {
    if (at == 0) return true;
    char c = text.p[at - 1];
    return !is_wordish(c) && c != '@' && c != '#' && c != '/' && c != '.' && c != '_' && c != '-';
}

static size_t until_space(str text, size_t at) {
    while (at < text.n && (unsigned char)text.p[at] > ' ' && text.p[at] != 0x7F) at++;
    return at;
}

static size_t handle_end(str text, size_t at) {
    size_t end = at;
    while (end < text.n &&
           ((is_wordish(text.p[end]) && !(text.p[end] & 0x80)) || str_has(S(".-"), text.p[end])))
        end++;
    while (end > at && str_has(S(".-"), text.p[end - 1])) end--;
    return end;
}

/* Without what closes the sentence; a bracket stays when it was opened inside. */
static size_t url_end(str text, size_t at) {
    size_t end = until_space(text, at);
    for (size_t i = at; i < end; i++)
        if (str_has(S("<>\""), text.p[i])) end = i;
    for (bool more = true; more && end > at;) {
        char c = text.p[end - 1];
        more = str_has(S(".,;:!?'*_"), c);
        if (c == ')') more = !str_has(str_slice(text, at, end), '(');
        if (c == ']') more = !str_has(str_slice(text, at, end), '[');
        if (more) end--;
    }
    return end;
}

static size_t tag_end(str text, size_t at) {
    size_t end = at;
    while (end < text.n && (is_wordish(text.p[end]) || text.p[end] == '_')) end++;
    return end;
}

static bool is_number(str s) {
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9') return false;
    return true;
}

static void add(arena *a, post_link_list *list, post_link_kind kind, size_t from, size_t to, str target,
                str handle) {
    *list_add(a, list) = (struct post_link){kind, (int64_t)from, (int64_t)to, target, handle};
}

/* What begins at `at`; returns where it ends, `at` when there is nothing. */
static size_t one_link(arena *a, str text, size_t at, post_link_list *list) {
    str rest = str_slice(text, at, text.n);
    if (rest.p[0] == '@') {
        size_t end = handle_end(text, at + 1);
        str handle = str_slice(text, at + 1, end);
        /* name@host is an address of mail. */
        if (!bluesky_is_handle(handle) || (end < text.n && text.p[end] == '@')) return at;
        add(a, list, POST_LINK_MENTION, at, end, S(""), str_lower(a, handle));
        return end;
    }
    if (rest.p[0] == '#') {
        size_t end = tag_end(text, at + 1);
        str tag = str_slice(text, at + 1, end);
        if (!tag.n || is_number(tag) || bluesky_graphemes(tag) > 64) return at;
        add(a, list, POST_LINK_TAG, at, end, tag, S(""));
        return end;
    }
    if (str_starts_nocase(rest, S("https://")) || str_starts_nocase(rest, S("http://"))) {
        size_t host = str_find(text, S("://"), at) + 3, end = url_end(text, at);
        if (end <= host || !is_wordish(text.p[host])) return at;
        add(a, list, POST_LINK_URL, at, end, str_slice(text, at, end), S(""));
        return end;
    }
    return at;
}

void bluesky_find_links(arena *a, str text, post_link_list *ret) {
    post_link_list list = {0};
    for (size_t i = 0; i < text.n && list.n < POST_LINKS_MAX;) {
        size_t end = is_start(text, i) ? one_link(a, text, i, &list) : i;
        i = end > i ? end : i + 1;
    }
    *ret = list;
}

/* ---- the record ---- */

static void key_str(struct json_out *o, const char *key, str value) {
    json_key(o, str_z(key));
    json_str(o, value);
}

static void write_ref(struct json_out *o, const char *key, struct social_place place) {
    json_key(o, str_z(key));
    json_open_object(o);
    key_str(o, "uri", place.id);
    key_str(o, "cid", place.version);
    json_close_object(o);
}

static void write_facet(struct json_out *o, const struct post_link *l) {
    json_open_object(o);
    json_key(o, S("index"));
    json_open_object(o);
    json_key(o, S("byteStart")), json_int(o, l->from);
    json_key(o, S("byteEnd")), json_int(o, l->to);
    json_close_object(o);
    json_key(o, S("features"));
    json_open_array(o);
    json_open_object(o);
    switch (l->kind) {
    case POST_LINK_MENTION:
        key_str(o, "$type", S("app.bsky.richtext.facet#mention"));
        key_str(o, "did", bluesky_uri_did(l->target));
        break;
    case POST_LINK_URL:
        key_str(o, "$type", S("app.bsky.richtext.facet#link"));
        key_str(o, "uri", l->target);
        break;
    case POST_LINK_TAG:
        key_str(o, "$type", S("app.bsky.richtext.facet#tag"));
        key_str(o, "tag", l->target);
        break;
    }
    json_close_object(o);
    json_close_array(o);
    json_close_object(o);
}

static void write_facets(struct json_out *o, const struct bluesky_draft *d) {
    size_t n = 0;
    for (size_t i = 0; i < d->nlinks; i++) n += d->links[i].target.n > 0;
    if (!n) return;
    json_key(o, S("facets"));
    json_open_array(o);
    for (size_t i = 0; i < d->nlinks; i++)
        if (d->links[i].target.n) write_facet(o, &d->links[i]);
    json_close_array(o);
}

/* The blob as the server gave it, member by member, so that nothing else of its answer gets in. */
static void write_blob(struct json_out *o, const json_t *blob) {
    str link = S(""), type = S("");
    int64_t size = 0;
    json_take_str(json_object_get(blob, "ref"), "$link", &link);
    json_take_str(blob, "mimeType", &type);
    json_take_int(blob, "size", &size);
    json_open_object(o);
    key_str(o, "$type", S("blob"));
    json_key(o, S("ref"));
    json_open_object(o);
    key_str(o, "$link", link);
    json_close_object(o);
    key_str(o, "mimeType", type);
    json_key(o, S("size")), json_int(o, size);
    json_close_object(o);
}

static void write_pictures(struct json_out *o, const struct bluesky_draft *d) {
    json_open_object(o);
    key_str(o, "$type", S("app.bsky.embed.images"));
    json_key(o, S("images"));
    json_open_array(o);
    for (size_t i = 0; i < d->npictures; i++) {
        const struct bluesky_picture *p = &d->pictures[i];
        json_open_object(o);
        json_key(o, S("image")), write_blob(o, p->blob);
        key_str(o, "alt", p->alt);
        if (p->width > 0 && p->height > 0) {
            json_key(o, S("aspectRatio"));
            json_open_object(o);
            json_key(o, S("width")), json_int(o, p->width);
            json_key(o, S("height")), json_int(o, p->height);
            json_close_object(o);
        }
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}

static void write_quote(struct json_out *o, struct social_place quote) {
    json_open_object(o);
    key_str(o, "$type", S("app.bsky.embed.record"));
    write_ref(o, "record", quote);
    json_close_object(o);
}

static void write_embed(struct json_out *o, const struct bluesky_draft *d) {
    if (!d->npictures && !d->quote.id.n) return;
    json_key(o, S("embed"));
    if (!d->quote.id.n) {
        write_pictures(o, d);
    } else if (!d->npictures) {
        write_quote(o, d->quote);
    } else {
        json_open_object(o);
        key_str(o, "$type", S("app.bsky.embed.recordWithMedia"));
        json_key(o, S("record")), write_quote(o, d->quote);
        json_key(o, S("media")), write_pictures(o, d);
        json_close_object(o);
    }
}

/* A language tag as BCP 47 has it, as far as the server looks. */
static bool is_language(str s) {
    if (s.n < 2 || s.n > 35 || s.p[0] == '-' || s.p[s.n - 1] == '-') return false;
    for (size_t i = 0; i < s.n; i++)
        if ((!is_wordish(s.p[i]) || (s.p[i] & 0x80)) && s.p[i] != '-') return false;
    return true;
}

static void write_record(struct json_out *o, arena *a, const struct bluesky_draft *d) {
    json_open_object(o);
    key_str(o, "$type", S("app.bsky.feed.post"));
    key_str(o, "text", d->text);
    key_str(o, "createdAt", rfc3339_write(a, d->at));
    if (is_language(d->language)) {
        json_key(o, S("langs"));
        json_open_array(o);
        json_str(o, d->language);
        json_close_array(o);
    }
    if (d->parent.id.n) {
        json_key(o, S("reply"));
        json_open_object(o);
        write_ref(o, "root", d->root.id.n ? d->root : d->parent);
        write_ref(o, "parent", d->parent);
        json_close_object(o);
    }
    write_facets(o, d);
    write_embed(o, d);
    json_close_object(o);
}

err bluesky_write_post(arena *a, str did, str rkey, const struct bluesky_draft *d, str *ret_json) {
    BUF_AUTO buf b = BUF_MAX(256 << 10);
    struct json_out o = json_begin(&b);
    json_open_object(&o);
    key_str(&o, "repo", did);
    key_str(&o, "collection", S("app.bsky.feed.post"));
    key_str(&o, "rkey", rkey);
    json_key(&o, S("record")), write_record(&o, a, d);
    json_close_object(&o);
    if (!json_done(&o)) return err_set(ERR_LIMIT, "The post is too long to be sent.");
    *ret_json = str_copy(a, buf_str(&b));
    return ERR_NONE;
}

/* ---- how large a picture is ---- */

static unsigned be16(const unsigned char *p) { return (unsigned)p[0] << 8 | p[1]; }
static unsigned le16(const unsigned char *p) { return (unsigned)p[1] << 8 | p[0]; }

/* The first frame header of a JPEG (ITU T.81 B.2.2). */
static bool jpeg_size(const unsigned char *p, size_t n, unsigned *w, unsigned *h) {
    for (size_t i = 2; i + 9 < n && p[i] == 0xFF;) {
        unsigned kind = p[i + 1];
        if (kind == 0xFF) {
            i++;
            continue;
        }
        if (kind >= 0xC0 && kind <= 0xCF && kind != 0xC4 && kind != 0xC8 && kind != 0xCC) {
            *h = be16(p + i + 5), *w = be16(p + i + 7);
            return true;
        }
        i += 2 + be16(p + i + 2);
    }
    return false;
}

/* RFC 9649: a picture that is VP8X, VP8L or VP8. */
static bool webp_size(const unsigned char *p, size_t n, unsigned *w, unsigned *h) {
    if (n < 30) return false;
    if (!memcmp(p + 12, "VP8X", 4)) {
        *w = 1 + (le16(p + 24) | (unsigned)p[26] << 16), *h = 1 + (le16(p + 27) | (unsigned)p[29] << 16);
    } else if (!memcmp(p + 12, "VP8L", 4)) {
        unsigned bits = le16(p + 21) | le16(p + 23) << 16;
        *w = 1 + (bits & 0x3FFF), *h = 1 + (bits >> 14 & 0x3FFF);
    } else if (!memcmp(p + 12, "VP8 ", 4)) {
        *w = le16(p + 26) & 0x3FFF, *h = le16(p + 28) & 0x3FFF;
    } else {
        return false;
    }
    return true;
}

bool bluesky_picture_size(str bytes, int *ret_width, int *ret_height) {
    const unsigned char *p = (const unsigned char *)bytes.p;
    unsigned w = 0, h = 0;
    bool ok = false;
    if (bytes.n >= 24 && !memcmp(p, "\x89PNG\r\n\x1a\n", 8))
        w = be16(p + 16) << 16 | be16(p + 18), h = be16(p + 20) << 16 | be16(p + 22), ok = true;
    else if (bytes.n >= 10 && !memcmp(p, "GIF8", 4))
        w = le16(p + 6), h = le16(p + 8), ok = true;
    else if (bytes.n > 12 && !memcmp(p, "RIFF", 4) && !memcmp(p + 8, "WEBP", 4))
        ok = webp_size(p, bytes.n, &w, &h);
    else if (bytes.n > 4 && !memcmp(p, "\xFF\xD8", 2))
        ok = jpeg_size(p, bytes.n, &w, &h);
    if (!ok || !w || !h || w > 1000000 || h > 1000000) return false;
    *ret_width = (int)w;
    *ret_height = (int)h;
    return true;
}
