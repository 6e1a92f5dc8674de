#include "format/post.h"

#include <stddef.h>
#include <string.h>

#include "format/json.h"
#include "format/mime_charset.h"
#include "format/rfc3339.h"

static const char *const kinds[] = {"mention", "reply", "quote", "direct", "review", "other"};
static const char *const visibilities[] = {"public", "unlisted", "followers", "direct"};
static const char *const link_kinds[] = {"link", "mention", "tag"};

const char *post_kind_text(post_kind k) { return kinds[k]; }
const char *post_visibility_text(post_visibility v) { return visibilities[v]; }
const char *post_link_kind_text(post_link_kind k) { return link_kinds[k]; }

static bool find_name(const char *const *names, int n, str text, int *ret) {
    for (int i = 0; i < n; i++)
        if (str_eq(text, str_z(names[i]))) {
            *ret = i;
            return true;
        }
    return false;
}

bool post_kind_from(str text, post_kind *ret) {
    int i;
    if (!find_name(kinds, POST_KINDS, text, &i)) return false;
    *ret = (post_kind)i;
    return true;
}

bool post_visibility_from(str text, post_visibility *ret) {
    int i;
    if (!find_name(visibilities, POST_VISIBILITIES, text, &i)) return false;
    *ret = (post_visibility)i;
    return true;
}

/* ---- the members that are texts: one table for reading, writing and cutting ---- */

/* CUT: may be shortened. WHOLE: an id, an address; too long is as good as none. */
typedef enum text_rule { CUT_LINES, CUT_LINE, WHOLE } text_rule;
struct text_member {
    const char *name;
    size_t at;
    size_t max;
    text_rule rule;
};
#define OF(member) offsetof(struct post, member)
static const struct text_member of_post[] = {
    {"id", OF(id), POST_URL_MAX, WHOLE},
    {"version", OF(version), POST_URL_MAX, WHOLE},
    {"url", OF(url), POST_URL_MAX, WHOLE},
    {"title", OF(title), POST_NAME_MAX, CUT_LINE},
    {"text", OF(text), POST_TEXT_MAX, CUT_LINES},
    {"language", OF(language), 35, WHOLE},
    {"reply_to", OF(reply_to), POST_URL_MAX, WHOLE},
    {"reply_to_version", OF(reply_to_version), POST_URL_MAX, WHOLE},
    {"root", OF(root), POST_URL_MAX, WHOLE},
    {"root_version", OF(root_version), POST_URL_MAX, WHOLE},
    {"quote", OF(quote), POST_URL_MAX, WHOLE},
    {"spoiler", OF(spoiler), POST_ALT_MAX, CUT_LINE},
};
static const struct text_member of_author[] = {
    {"id", offsetof(struct post_author, id), POST_URL_MAX, WHOLE},
    {"handle", offsetof(struct post_author, handle), POST_NAME_MAX, CUT_LINE},
    {"name", offsetof(struct post_author, name), POST_NAME_MAX, CUT_LINE},
};
static const struct text_member of_image[] = {
    {"url", offsetof(struct post_image, url), POST_URL_MAX, WHOLE},
    {"alt", offsetof(struct post_image, alt), POST_ALT_MAX, CUT_LINES},
    {"type", offsetof(struct post_image, type), 100, WHOLE},
};
static const struct text_member of_link[] = {
    {"target", offsetof(struct post_link, target), POST_URL_MAX, WHOLE},
    {"handle", offsetof(struct post_link, handle), POST_NAME_MAX, CUT_LINE},
};
#define COUNT(table) (sizeof(table) / sizeof *(table))

static str *text_of(void *object, const struct text_member *m) { return (str *)((char *)object + m->at); }

/* ---- normal ---- */

static bool is_clean_word(str s) {
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= 0x20 || s.p[i] == 0x7f) return false;
    return str_is_utf8(s);
}

static str normal_text(arena *a, str s, const struct text_member *m) {
    if (m->rule == WHOLE) return s.n <= m->max && is_clean_word(s) ? s : S("");
    /* Cleaning may make it longer: a bad byte becomes three. */
    s = str_clip_utf8(s, m->max);
    return str_clip_utf8(mime_clean(a, mime_repair_utf8(a, s), m->rule == CUT_LINE), m->max);
}

static void normal_members(arena *a, void *object, const struct text_member *table, size_t n) {
    for (size_t i = 0; i < n; i++) {
        str *s = text_of(object, &table[i]);
        *s = normal_text(a, *s, &table[i]);
    }
}

static bool is_web_address(str s) {
    return str_starts_nocase(s, S("https://")) || str_starts_nocase(s, S("http://"));
}

static size_t bytes_of(void *object, const struct text_member *table, size_t n) {
    size_t sum = 0;
    for (size_t i = 0; i < n; i++) sum += text_of(object, &table[i])->n;
    return sum;
}

/* Without what has no address, and no more than fits. */
static void normal_images(arena *a, struct post *p, size_t *left) {
    post_image_list kept = {0};
    for (size_t i = 0; i < p->images.n && kept.n < POST_IMAGES_MAX; i++) {
        struct post_image image = p->images.v[i];
        normal_members(a, &image, of_image, COUNT(of_image));
        size_t n = bytes_of(&image, of_image, COUNT(of_image));
        if (!is_web_address(image.url) || n > *left) continue;
        *left -= n;
        *list_add(a, &kept) = image;
    }
    p->images = kept;
}

static bool at_edge(str text, int64_t at) {
    return at == (int64_t)text.n || ((unsigned char)text.p[at] & 0xC0) != 0x80;
}

static bool lies_in(str text, const struct post_link *l) {
    return l->from >= 0 && l->from < l->to && l->to <= (int64_t)text.n && at_edge(text, l->from) &&
           at_edge(text, l->to);
}

/* In the order of the text, none over another; one without a place in it comes last. `moved`: the text was
 * changed, and the places count for nothing. */
static void normal_links(arena *a, struct post *p, bool moved, size_t *left) {
    post_link_list kept = {0};
    for (size_t i = 0; i < p->links.n && kept.n < POST_LINKS_MAX; i++) {
        struct post_link l = p->links.v[i];
        normal_members(a, &l, of_link, COUNT(of_link));
        size_t n = bytes_of(&l, of_link, COUNT(of_link));
        bool fits = l.target.n && (l.kind != POST_LINK_URL || is_web_address(l.target));
        if (!fits || n > *left) continue;
        *left -= n;
        if (moved || !lies_in(p->text, &l)) l.from = l.to = 0;
        size_t at = kept.n;
        (void)list_add(a, &kept);
        while (at && l.to && (!kept.v[at - 1].to || kept.v[at - 1].from > l.from)) {
            kept.v[at] = kept.v[at - 1];
            at--;
        }
        kept.v[at] = l;
    }
    for (size_t i = 1; i < kept.n && kept.v[i].to;) {
        if (kept.v[i].from >= kept.v[i - 1].to) {
            i++;
            continue;
        }
        memmove(kept.v + i, kept.v + i + 1, (kept.n - i - 1) * sizeof *kept.v);
        kept.n--;
    }
    p->links = kept;
}

static bool is_moment(int64_t at) { return at >= 0 && at <= 253402300799999; }

err post_normal(arena *a, struct post *p) {
    str said = p->text;
    size_t left = POST_EXTRA_MAX;
    normal_members(a, p, of_post, COUNT(of_post));
    normal_members(a, &p->author, of_author, COUNT(of_author));
    if (!p->id.n) return err_set(ERR_INVALID, "The post has no id, or one that is too long or not one word.");
    if (!p->author.id.n)
        return err_set(ERR_INVALID, "The post's author has no id, or one that is too long or not one word.");
    if (!is_web_address(p->url)) p->url = S("");
    if (!is_moment(p->created_at)) p->created_at = 0;
    if (!is_moment(p->edited_at)) p->edited_at = 0;
    if (p->author.followers < 0) p->author.followers = -1;
    if (p->rating_max <= 0 || p->rating_max > 1000 || p->rating < 0 || p->rating > p->rating_max)
        p->rating = p->rating_max = 0;
    /* A text that was only cut at its end keeps its places. */
    normal_links(a, p, !str_starts(said, p->text), &left);
    normal_images(a, p, &left);
    return ERR_NONE;
}

/* ---- writing ---- */

static void write_members(struct json_out *o, const void *object, const struct text_member *table, size_t n) {
    for (size_t i = 0; i < n; i++) {
        str s = *(const str *)((const char *)object + table[i].at);
        if (!s.n) continue;
        json_key(o, str_z(table[i].name));
        json_str(o, s);
    }
}

static void write_time(struct json_out *o, const char *name, int64_t at) {
    if (!at) return;
    ARENA_AUTO arena *a = arena_new(0);
    json_key(o, str_z(name));
    json_str(o, rfc3339_write(a, at));
}

static void write_int(struct json_out *o, const char *name, int64_t v) {
    json_key(o, str_z(name));
    json_int(o, v);
}

static void write_author(struct json_out *o, const struct post_author *x) {
    json_key(o, S("author"));
    json_open_object(o);
    write_members(o, x, of_author, COUNT(of_author));
    if (x->followers >= 0) write_int(o, "followers", x->followers);
    if (x->machine) {
        json_key(o, S("machine"));
        json_bool(o, true);
    }
    json_close_object(o);
}

static void write_images(struct json_out *o, const struct post *p) {
    if (!p->images.n) return;
    json_key(o, S("images"));
    json_open_array(o);
    for (size_t i = 0; i < p->images.n; i++) {
        json_open_object(o);
        write_members(o, &p->images.v[i], of_image, COUNT(of_image));
        json_close_object(o);
    }
    json_close_array(o);
}

static void write_links(struct json_out *o, const struct post *p) {
    if (!p->links.n) return;
    json_key(o, S("links"));
    json_open_array(o);
    for (size_t i = 0; i < p->links.n; i++) {
        const struct post_link *l = &p->links.v[i];
        json_open_object(o);
        json_key(o, S("kind"));
        json_str(o, str_z(post_link_kind_text(l->kind)));
        if (l->to) {
            write_int(o, "from", l->from);
            write_int(o, "to", l->to);
        }
        write_members(o, l, of_link, COUNT(of_link));
        json_close_object(o);
    }
    json_close_array(o);
}

void post_write(buf *to, const struct post *p) {
    struct json_out o = json_begin(to);
    json_open_object(&o);
    json_key(&o, S("format"));
    json_str(&o, S("post/1"));
    write_members(&o, p, of_post, COUNT(of_post));
    write_author(&o, &p->author);
    write_time(&o, "created_at", p->created_at);
    write_time(&o, "edited_at", p->edited_at);
    if (p->deleted) {
        json_key(&o, S("deleted"));
        json_bool(&o, true);
    }
    json_key(&o, S("kind"));
    json_str(&o, str_z(post_kind_text(p->kind)));
    json_key(&o, S("visibility"));
    json_str(&o, str_z(post_visibility_text(p->visibility)));
    write_images(&o, p);
    write_links(&o, p);
    if (p->rating_max) {
        write_int(&o, "rating", p->rating);
        write_int(&o, "rating_max", p->rating_max);
    }
    json_close_object(&o);
    if (!json_done(&o)) to->failed = true;
}

/* ---- reading ---- */

/* What is wrong with the member `name` of `whose` ("", "author.", ...). */
static err wrong(const char *whose, const char *name, const char *must) {
    return err_set(ERR_INVALID, "The post's member \"%s%s\" %s.", whose, name, must);
}

static err read_text(arena *a, const json_t *json, const char *whose, const struct text_member *m, str *ret) {
    const json_t *v = json_object_get(json, m->name);
    str s;
    if (!v || json_is_null(v)) return ERR_NONE;
    if (!json_take_str(json, m->name, &s)) return wrong(whose, m->name, "must be a text");
    if (s.n > m->max)
        return err_set(ERR_LIMIT, "The post's member \"%s%s\" is longer than %zu bytes.", whose, m->name,
                       m->max);
    if (m->rule == WHOLE && !is_clean_word(s)) return wrong(whose, m->name, "must have no spaces in it");
    *ret = str_copy(a, s);
    return ERR_NONE;
}

static err read_members(arena *a, const json_t *json, const char *whose, void *object,
                        const struct text_member *table, size_t n) {
    for (size_t i = 0; i < n; i++) TRY(read_text(a, json, whose, &table[i], text_of(object, &table[i])));
    return ERR_NONE;
}

static err read_int(const json_t *json, const char *whose, const char *name, int64_t *ret) {
    const json_t *v = json_object_get(json, name);
    if (!v || json_is_null(v)) return ERR_NONE;
    if (!json_is_integer(v) || json_integer_value(v) < 0)
        return wrong(whose, name, "must be a whole number of 0 or more");
    *ret = json_integer_value(v);
    return ERR_NONE;
}

static err read_bool(const json_t *json, const char *whose, const char *name, bool *ret) {
    const json_t *v = json_object_get(json, name);
    if (!v || json_is_null(v)) return ERR_NONE;
    if (!json_is_boolean(v)) return wrong(whose, name, "must be true or false");
    *ret = json_is_true(v);
    return ERR_NONE;
}

static err read_time(const json_t *json, const char *name, int64_t *ret) {
    const json_t *v = json_object_get(json, name);
    str text;
    int64_t at = 0;
    if (!v || json_is_null(v)) return ERR_NONE;
    bool fits = json_take_str(json, name, &text) ? rfc3339_read(text, &at)
                                                 : json_is_integer(v) && is_moment(json_integer_value(v));
    if (!fits) return wrong("", name, "must be a time like 2026-05-04T09:30:00Z, or milliseconds since 1970");
    *ret = json_is_integer(v) ? json_integer_value(v) : at;
    return ERR_NONE;
}

static err read_name(const json_t *json, const char *whose, const char *name, const char *const *names, int n,
                     int *ret) {
    const json_t *v = json_object_get(json, name);
    str text;
    if (!v || json_is_null(v)) return ERR_NONE;
    if (!json_take_str(json, name, &text) || !find_name(names, n, text, ret))
        return wrong(whose, name, "is none of the words that are known for it");
    return ERR_NONE;
}

static err read_array(const json_t *json, const char *name, size_t max, const json_t **ret) {
    const json_t *v = json_object_get(json, name);
    *ret = NULL;
    if (!v || json_is_null(v)) return ERR_NONE;
    if (!json_is_array(v)) return wrong("", name, "must be an array");
    if (json_array_size(v) > max)
        return err_set(ERR_LIMIT, "The post's member \"%s\" has more than %zu entries.", name, max);
    for (size_t i = 0; i < json_array_size(v); i++)
        if (!json_is_object(json_array_get(v, i))) return wrong("", name, "must be an array of objects");
    *ret = v;
    return ERR_NONE;
}

static err read_images(arena *a, const json_t *json, struct post *p) {
    const json_t *array;
    TRY(read_array(json, "images", POST_IMAGES_MAX, &array));
    for (size_t i = 0; i < json_array_size(array); i++) {
        struct post_image *image = list_add(a, &p->images);
        TRY(read_members(a, json_array_get(array, i), "images.", image, of_image, COUNT(of_image)));
        if (!is_web_address(image->url)) return wrong("images.", "url", "must begin with https://");
    }
    return ERR_NONE;
}

static err read_links(arena *a, const json_t *json, struct post *p) {
    const json_t *array;
    TRY(read_array(json, "links", POST_LINKS_MAX, &array));
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *from = json_array_get(array, i);
        struct post_link *l = list_add(a, &p->links);
        int kind = POST_LINK_URL;
        TRY(read_members(a, from, "links.", l, of_link, COUNT(of_link)));
        TRY(read_name(from, "links.", "kind", link_kinds, POST_LINK_KINDS, &kind));
        TRY(read_int(from, "links.", "from", &l->from));
        TRY(read_int(from, "links.", "to", &l->to));
        l->kind = (post_link_kind)kind;
    }
    return ERR_NONE;
}

static err read_author(arena *a, const json_t *json, struct post *p) {
    const json_t *author = json_object_get(json, "author");
    p->author.followers = -1;
    if (!json_is_object(author)) return wrong("", "author", "must be an object with an id");
    TRY(read_members(a, author, "author.", &p->author, of_author, COUNT(of_author)));
    TRY(read_int(author, "author.", "followers", &p->author.followers));
    return read_bool(author, "author.", "machine", &p->author.machine);
}

static err read_all(arena *a, const json_t *json, struct post *p) {
    int kind = POST_MENTION, visibility = -1;
    str format;
    if (!json_is_object(json)) return err_set(ERR_INVALID, "A post is a JSON object.");
    if (json_object_get(json, "format") &&
        (!json_take_str(json, "format", &format) || !str_eq(format, S("post/1"))))
        return wrong("", "format", "must be \"post/1\"");
    TRY(read_members(a, json, "", p, of_post, COUNT(of_post)));
    TRY(read_author(a, json, p));
    TRY(read_time(json, "created_at", &p->created_at));
    TRY(read_time(json, "edited_at", &p->edited_at));
    TRY(read_bool(json, "", "deleted", &p->deleted));
    TRY(read_name(json, "", "kind", kinds, POST_KINDS, &kind));
    TRY(read_name(json, "", "visibility", visibilities, POST_VISIBILITIES, &visibility));
    p->kind = (post_kind)kind;
    /* Who calls it a private message and does not say more means that nobody else is to see it. */
    if (visibility < 0) visibility = p->kind == POST_DIRECT ? POST_PRIVATE : POST_PUBLIC;
    p->visibility = (post_visibility)visibility;
    TRY(read_images(a, json, p));
    TRY(read_links(a, json, p));
    TRY(read_int(json, "", "rating", &p->rating));
    TRY(read_int(json, "", "rating_max", &p->rating_max));
    if (p->rating > p->rating_max) return wrong("", "rating", "is larger than \"rating_max\"");
    return ERR_NONE;
}

err post_read_json(arena *a, const struct json_t *json, struct post *ret) {
    struct post p = {0};
    TRY(read_all(a, json, &p));
    TRY(post_normal(a, &p));
    *ret = p;
    return ERR_NONE;
}

err post_read_parts(arena *a, const struct json_t *json, struct post *ret) {
    struct post p = {0};
    TRY(read_images(a, json, &p));
    TRY(read_links(a, json, &p));
    *ret = p;
    return ERR_NONE;
}

err post_read(arena *a, str json, struct post *ret) {
    JSON_AUTO json_t *root = NULL;
    if (json.n > POST_BYTES_MAX) return err_set(ERR_LIMIT, "A post is at most %d bytes.", POST_BYTES_MAX);
    TRY(json_read(json, &root));
    return post_read_json(a, root, ret);
}
