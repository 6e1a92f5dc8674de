#include <string.h>

#include "format/html.h"
#include "format/html_tree.h"

enum { OUT_MAX = 8 << 20, ROUNDS = 3, URL_MAX = 8192, ALT_MAX = 1000 };

struct builder {
    buf out;
    int remote;
    arena *a;
    html_url_list *urls; /* where addresses of pictures are wanted; NULL they are not */
    bool fresh_pre;      /* <pre> was the last thing written */
    bool too_deep;
};

struct ctx {
    struct builder *to;
    int depth, marks;
    bool tiny;
};

static void walk(const GumboNode *node, struct ctx c);

static void children(const GumboNode *node, struct ctx c) {
    const GumboVector *list = &node->v.element.children;
    c.depth++;
    for (unsigned i = 0; i < list->length; i++) walk(list->data[i], c);
}

static void put_tag(struct builder *b, const char *name) {
    b->fresh_pre = false;
    buf_add_char(&b->out, '<');
    buf_add_z(&b->out, name);
}

static void put_end(struct builder *b, const char *name) {
    b->fresh_pre = false;
    buf_add_z(&b->out, "</");
    buf_add_z(&b->out, name);
    buf_add_char(&b->out, '>');
}

static bool control(str s, size_t i) {
    unsigned char c = (unsigned char)s.p[i];
    return c < 0x20 || c == 0x7F || (c == 0xC2 && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xA0);
}

/* Escaped, line ends as spaces, other control characters left out; the backtick too is escaped, which old
 * engines took for a quote. */
static void put_value(buf *out, str value) {
    for (size_t i = 0; i < value.n; i++) {
        char ch = value.p[i];
        if (ch == '\n' || ch == '\t' || ch == '\r' || ch == '\f')
            buf_add_char(out, ' ');
        else if (control(value, i))
            i += (unsigned char)ch == 0xC2;
        else if (ch == '`')
            buf_add(out, S("&#96;"));
        else
            html_escape(out, str_slice(value, i, i + 1));
    }
}

static void put_attribute(struct builder *b, const char *name, str value) {
    buf_add_char(&b->out, ' ');
    buf_add_z(&b->out, name);
    buf_add(&b->out, S("=\""));
    put_value(&b->out, value);
    buf_add_char(&b->out, '"');
}

static void put_text(struct builder *b, str text) {
    if (text.n && text.p[0] == '\n' && b->fresh_pre)
        buf_add_char(&b->out, '\n'); /* the parser takes the first away */
    if (text.n) b->fresh_pre = false;
    size_t from = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (!control(text, i) || text.p[i] == '\n' || text.p[i] == '\t') continue;
        html_escape(&b->out, str_slice(text, from, i));
        if (text.p[i] == '\r' || text.p[i] == '\f') buf_add_char(&b->out, ' ');
        from = i + 1 + ((unsigned char)text.p[i] == 0xC2);
    }
    html_escape(&b->out, str_slice(text, from, text.n));
}

static bool is_lang(str s) {
    if (s.n == 0 || s.n > 35) return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i] | 0x20;
        if (!((c >= 'a' && c <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '-')) return false;
    }
    return true;
}

static bool is_dir(str s) {
    return str_eq_nocase(s, S("ltr")) || str_eq_nocase(s, S("rtl")) || str_eq_nocase(s, S("auto"));
}

static void put_language(struct builder *b, const GumboNode *node) {
    str dir = html_attribute(node, "dir"), lang = html_attribute(node, "lang");
    if (is_dir(dir)) put_attribute(b, "dir", dir);
    if (is_lang(lang)) put_attribute(b, "lang", lang);
}

static bool has_language(const GumboNode *node) {
    return is_dir(html_attribute(node, "dir")) || is_lang(html_attribute(node, "lang"));
}

static void put_number(struct builder *b, const GumboNode *node, const char *name, int64_t max) {
    int64_t v;
    str value = html_attribute(node, name);
    if (value.n <= 4 && str_to_int(value, &v) && v > 0 && v <= max) {
        buf_add_fmt(&b->out, " %s=\"%d\"", name, (int)v);
    }
}

/* Of the three schemes, without control characters, which a browser would skip over. */
static bool good_link(str url) {
    if (url.n > URL_MAX) return false;
    for (size_t i = 0; i < url.n; i++)
        if (control(url, i)) return false;
    return (str_starts_nocase(url, S("http://")) && url.n > 7) ||
           (str_starts_nocase(url, S("https://")) && url.n > 8) ||
           (str_starts_nocase(url, S("mailto:")) && url.n > 7);
}

static void unwrap(const GumboNode *node, struct ctx c) {
    /* A wrapper around blocks leaves a <div>: without it <h1> would stand in <h1>, or an item in an item. */
    const char *name = html_has_block(node) ? "div" : has_language(node) ? "span" : NULL;
    if (!name) {
        children(node, c);
        return;
    }
    put_tag(c.to, name);
    put_language(c.to, node);
    buf_add_char(&c.to->out, '>');
    children(node, c);
    put_end(c.to, name);
}

static void put_link(const GumboNode *node, struct ctx c) {
    str href = str_trim(html_attribute(node, "href"));
    if (!good_link(href)) {
        unwrap(node, c);
        return;
    }
    put_tag(c.to, "a");
    put_attribute(c.to, "href", href);
    buf_add(&c.to->out, S(" rel=\"noopener noreferrer nofollow\" target=\"_blank\""));
    put_language(c.to, node);
    buf_add_char(&c.to->out, '>');
    children(node, c);
    put_end(c.to, "a");
}

/* "1", "0", "1px", "0.5 px", "1%": nothing to look at. */
static bool is_speck(str size) {
    size = str_trim(size);
    size_t i = 0;
    while (i < size.n && (size.p[i] == '0' || size.p[i] == '+' || size.p[i] == ' ')) i++;
    if (i < size.n && size.p[i] == '1') i++;
    bool number = i > 0 && (i == size.n || !(size.p[i] >= '0' && size.p[i] <= '9'));
    return number && size.n > 0;
}

/* Of an img: a picture that is there to be asked for and not to be seen. */
static bool is_tracker(const GumboNode *node) {
    char value[32];
    if (is_speck(html_attribute(node, "width")) || is_speck(html_attribute(node, "height"))) return true;
    str style = html_attribute(node, "style");
    return (html_style_value(style, S("width"), value, sizeof value) && is_speck(str_z(value))) ||
           (html_style_value(style, S("height"), value, sizeof value) && is_speck(str_z(value))) ||
           (html_style_value(style, S("opacity"), value, sizeof value) && str_eq(str_z(value), S("0")));
}

static bool wanted(const struct builder *b, const GumboNode *node, str source) {
    return b->urls && b->urls->n < HTML_REMOTE_MAX && good_link(source) &&
           !str_starts_nocase(source, S("mailto:")) && !is_tracker(node);
}

static void put_image(const GumboNode *node, struct ctx c) {
    str source = str_trim(html_attribute(node, "src")),
        alt = str_clip_utf8(html_attribute(node, "alt"), ALT_MAX);
    if (wanted(c.to, node, source)) {
        *list_add(c.to->a, c.to->urls) = str_copy(c.to->a, source);
        source = str_fmt(c.to->a, "cid:remote-%zu@longhand", c.to->urls->n - 1);
    }
    if (!str_starts_nocase(source, S("cid:")) || source.n > 1000) {
        bool local =
            source.n == 0 || str_starts_nocase(source, S("data:")) || str_starts_nocase(source, S("cid:"));
        c.to->remote += !local;
        if (!c.tiny) put_text(c.to, alt);
        return;
    }
    put_tag(c.to, "img");
    buf_add(&c.to->out, S(" src=\"cid:"));
    put_value(&c.to->out, str_slice(source, 4, source.n));
    buf_add_char(&c.to->out, '"');
    put_attribute(c.to, "alt", alt);
    put_number(c.to, node, "width", 4000);
    put_number(c.to, node, "height", 4000);
    buf_add_char(&c.to->out, '>');
}

static void keep(const GumboNode *node, struct ctx c, struct html_kind kind) {
    GumboTag tag = node->v.element.tag;
    const char *name = kind.name;
    if ((kind.mark & c.marks) || (tag == GUMBO_TAG_SPAN && !has_language(node))) {
        unwrap(node, c);
        return;
    }
    c.marks |= kind.mark;
    if (tag == GUMBO_TAG_A) {
        put_link(node, c);
        return;
    }
    if (tag == GUMBO_TAG_IMG) {
        put_image(node, c);
        return;
    }
    bool is_void = tag == GUMBO_TAG_BR || tag == GUMBO_TAG_HR;
    if ((tag == GUMBO_TAG_P || tag == GUMBO_TAG_SPAN) && html_has_block(node)) name = "div";
    put_tag(c.to, name);
    if (!is_void) put_language(c.to, node);
    if (tag == GUMBO_TAG_TD || tag == GUMBO_TAG_TH) {
        put_number(c.to, node, "colspan", 1000);
        put_number(c.to, node, "rowspan", 1000);
    }
    buf_add_char(&c.to->out, '>');
    if (is_void) return;
    c.to->fresh_pre = str_eq(str_z(name), S("pre"));
    children(node, c);
    put_end(c.to, name);
}

static void walk(const GumboNode *node, struct ctx c) {
    if (c.depth > HTML_WALK_MAX) c.to->too_deep = true;
    if (c.to->too_deep) return;
    if (node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE ||
        node->type == GUMBO_NODE_CDATA) {
        if (!c.tiny) put_text(c.to, str_z(node->v.text.text));
        return;
    }
    if (node->type != GUMBO_NODE_ELEMENT) return;
    struct html_kind kind = html_kind_of(node);
    if (kind.fate == HTML_DROP || html_is_hidden(node)) return;
    c.tiny = html_is_tiny(node, c.tiny);
    switch (kind.fate) {
    case HTML_DROP: return;
    case HTML_UNWRAP: unwrap(node, c); return;
    case HTML_KEEP:
    case HTML_BLOCK: keep(node, c, kind); return;
    }
}

/* One rebuild. The output starts with no white space, which the parser would not keep. */
static err rebuild(arena *a, str html, size_t max, html_url_list *urls, str *ret_html, int *ret_remote) {
    struct html_tree tree;
    TRY(html_tree_parse(html, max, &tree));
    struct builder b = {.out = BUF_MAX(OUT_MAX), .a = a, .urls = urls};
    if (tree.body) children(tree.body, (struct ctx){.to = &b});
    html_tree_free(&tree);
    bool good = buf_ok(&b.out) && !b.too_deep;
    if (good) {
        *ret_html = str_copy(a, str_trim(buf_str(&b.out)));
        *ret_remote = b.remote;
    }
    buf_free(&b.out);
    return good ? ERR_NONE : err_set(ERR_LIMIT, "The HTML is nested too deep, or too large when cleaned.");
}

/* Rebuild until it stays as it is. */
static bool settle(arena *a, str *html) {
    for (int i = 0; i < ROUNDS; i++) {
        str again;
        int remote;
        if (rebuild(a, *html, OUT_MAX, NULL, &again, &remote)) return false;
        if (str_eq(again, *html)) return html_is_safe(again);
        *html = again;
    }
    return false;
}

static err sanitise(arena *a, str html, html_url_list *urls, safe_html *ret_html, int *ret_remote) {
    str out, text;
    int remote;
    TRY(rebuild(a, html, HTML_BYTES_MAX, urls, &out, &remote));
    if (!settle(a, &out)) {
        /* What two readings do not agree on is shown as its words. */
        TRY(html_to_text(a, html, &text));
        BUF_AUTO buf plain = BUF_MAX(OUT_MAX);
        html_from_text(&plain, text);
        int none;
        TRY(rebuild(a, str_copy(a, buf_str(&plain)), OUT_MAX, NULL, &out, &none));
        if (!settle(a, &out)) return err_set(ERR_LIMIT, "The HTML cannot be cleaned.");
    }
    ret_html->html = out;
    *ret_remote = remote;
    return ERR_NONE;
}

err html_sanitise(arena *a, str html, safe_html *ret_html, int *ret_remote) {
    return sanitise(a, html, NULL, ret_html, ret_remote);
}

err html_sanitise_remote(arena *a, str html, safe_html *ret_html, int *ret_remote, html_url_list *ret_urls) {
    html_url_list urls = *ret_urls;
    TRY(sanitise(a, html, &urls, ret_html, ret_remote));
    *ret_urls = urls;
    return ERR_NONE;
}
