#include "social/mastodon_text.h"

#include <string.h>

#include "base/buf.h"

enum { URL_BYTES = POST_URL_MAX, DEPTH = 20 };

/* ---- writing ---- */

/* What stands between two words is only settled when the second one comes. */
struct writer {
    arena *a;
    buf out;
    int lines;  /* line ends wanted before the next word, at most 2 */
    bool gap;   /* a space wanted before the next word */
    bool item;  /* the next word begins an item */
    int quotes; /* quotes around */
    int pre;    /* preformatted around */
    int skip;   /* paragraphs around that are left out */
    bool in_link;
    struct post_link link;
    size_t link_from; /* where its words begin */
    post_link_list *links;
};

static void want_lines(struct writer *w, int n) {
    if (w->lines < n) w->lines = n;
    w->gap = false;
}

static void before_word(struct writer *w) {
    bool first = w->out.n == 0, fresh = first || w->lines > 0;
    for (int i = 0; i < w->lines && !first; i++) buf_add_char(&w->out, '\n');
    for (int i = 0; i < w->quotes && fresh; i++) buf_add(&w->out, S("> "));
    if (w->item && fresh) buf_add(&w->out, S("- "));
    if (!fresh && w->gap) buf_add_char(&w->out, ' ');
    w->lines = 0;
    w->gap = w->item = false;
}

static void put(struct writer *w, str piece) {
    if (w->skip || w->out.n + piece.n + 64 > w->out.max) return;
    before_word(w);
    if (w->in_link && w->link_from == SIZE_MAX) w->link_from = w->out.n;
    buf_add(&w->out, piece);
}

static void put_blank(struct writer *w, char c) {
    if (w->pre && c == '\n')
        want_lines(w, w->lines < 2 ? w->lines + 1 : 2);
    else if (w->pre && w->out.n)
        put(w, S(" "));
    else if (!w->lines)
        w->gap = true;
}

/* ---- tags ---- */

struct tag {
    str name; /* lower case by comparison without case */
    bool closes;
    str rest; /* its attributes */
};

/* The next attribute, name and value without quotes; entities in it stay. */
static bool attribute(str *rest, str *ret_name, str *ret_value) {
    size_t i = 0;
    str s = *rest;
    while (i < s.n && (memchr(" \t\r\n\f/", s.p[i], 6) || s.p[i] == '=')) i++;
    size_t from = i;
    while (i < s.n && !memchr(" \t\r\n\f=/", s.p[i], 7)) i++;
    *ret_name = str_slice(s, from, i);
    *ret_value = S("");
    while (i < s.n && memchr(" \t\r\n\f", s.p[i], 5)) i++;
    if (i < s.n && s.p[i] == '=') {
        i++;
        while (i < s.n && memchr(" \t\r\n\f", s.p[i], 5)) i++;
        char quote = i < s.n && (s.p[i] == '"' || s.p[i] == '\'') ? s.p[i] : 0;
        if (quote) i++;
        from = i;
        while (i < s.n && (quote ? s.p[i] != quote : !memchr(" \t\r\n\f", s.p[i], 5))) i++;
        *ret_value = str_slice(s, from, i);
        if (quote && i < s.n) i++;
    }
    *rest = str_slice(s, i, s.n);
    return ret_name->n > 0;
}

static str attribute_of(str rest, str name) {
    str n, v;
    while (attribute(&rest, &n, &v))
        if (str_eq_nocase(n, name)) return v;
    return S("");
}

static bool has_class(const struct tag *t, str name) {
    str all = attribute_of(t->rest, S("class")), one;
    while (str_split(&all, ' ', &one))
        if (str_eq_nocase(one, name)) return true;
    return false;
}

/* From '<' at `from` to behind '>'; SIZE_MAX when it does not end. */
static size_t tag_end(str s, size_t from) {
    char quote = 0;
    for (size_t i = from + 1; i < s.n; i++) {
        if (quote)
            quote = s.p[i] == quote ? 0 : quote;
        else if (s.p[i] == '>')
            return i + 1;
        else if ((s.p[i] == '"' || s.p[i] == '\'') && s.p[i - 1] == '=')
            quote = s.p[i];
    }
    return SIZE_MAX;
}

static bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static struct tag tag_read(str inner) {
    struct tag t = {.closes = inner.n && inner.p[0] == '/'};
    size_t from = t.closes, i = from;
    while (i < inner.n && (letter(inner.p[i]) || (inner.p[i] >= '0' && inner.p[i] <= '9'))) i++;
    t.name = str_slice(inner, from, i);
    t.rest = str_slice(inner, i, inner.n);
    return t;
}

static bool is(const struct tag *t, const char *names) {
    str rest = str_z(names), one;
    while (str_split(&rest, ' ', &one))
        if (str_eq_nocase(one, t->name)) return true;
    return false;
}

/* ---- entities ---- */

static uint32_t number_of(str digits) {
    bool hex = digits.n && (digits.p[0] == 'x' || digits.p[0] == 'X');
    uint32_t v = 0;
    if (hex) digits = str_slice(digits, 1, digits.n);
    if (!digits.n || digits.n > 7) return 0;
    for (size_t i = 0; i < digits.n; i++) {
        char c = digits.p[i];
        uint32_t d = c >= '0' && c <= '9'          ? (uint32_t)(c - '0')
                     : hex && c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10
                     : hex && c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A') + 10
                                                   : 99;
        if (d > (hex ? 15u : 9u)) return 0;
        v = v * (hex ? 16 : 10) + d;
    }
    return v;
}

/* The character that "&...;" at `from` stands for; 0 when it is none that is known. */
static uint32_t entity(str s, size_t from, size_t *ret_to) {
    static const struct {
        const char *name;
        uint32_t is;
    } known[] = {{"amp", '&'},      {"lt", '<'},       {"gt", '>'},       {"quot", '"'},
                 {"apos", '\''},    {"nbsp", ' '},     {"shy", 0xAD},     {"hellip", 0x2026},
                 {"ndash", 0x2013}, {"mdash", 0x2014}, {"copy", 0xA9},    {"euro", 0x20AC},
                 {"lsquo", 0x2018}, {"rsquo", 0x2019}, {"ldquo", 0x201C}, {"rdquo", 0x201D}};
    size_t to = from + 1;
    while (to < s.n && to - from < 12 && s.p[to] != ';') to++;
    if (to >= s.n || s.p[to] != ';') return 0;
    str name = str_slice(s, from + 1, to);
    *ret_to = to + 1;
    if (name.n > 1 && name.p[0] == '#') return number_of(str_slice(name, 1, name.n));
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_eq(name, str_z(known[i].name))) return known[i].is;
    return 0;
}

/* An address from an attribute: entities undone, http or https, nothing but visible ASCII; else "". */
static str address_of(arena *a, str value) {
    BUF_AUTO buf b = BUF_MAX(URL_BYTES);
    value = str_trim(value);
    for (size_t i = 0; i < value.n;) {
        size_t to = i + 1;
        uint32_t c = value.p[i] == '&' ? entity(value, i, &to) : 0;
        if (c)
            buf_add_utf8(&b, c);
        else
            buf_add(&b, str_slice(value, i, to = i + 1));
        i = to;
    }
    str url = buf_str(&b);
    if (!buf_ok(&b) || !(str_starts_nocase(url, S("https://")) || str_starts_nocase(url, S("http://"))))
        return S("");
    for (size_t i = 0; i < url.n; i++)
        if ((unsigned char)url.p[i] <= ' ' || (unsigned char)url.p[i] >= 0x7F) return S("");
    return str_copy(a, url);
}

/* ---- what tags do ---- */

static str bare(str url) {
    if (str_starts_nocase(url, S("https://"))) url = str_slice(url, 8, url.n);
    if (str_starts_nocase(url, S("http://"))) url = str_slice(url, 7, url.n);
    return str_ends(url, S("/")) ? str_slice(url, 0, url.n - 1) : url;
}

/* The three pieces of an address may stand apart, or on lines of their own. */
static bool same_without_blanks(str words, str url) {
    size_t k = 0;
    for (size_t i = 0; i < words.n; i++) {
        if (words.p[i] == ' ' || words.p[i] == '\n') continue;
        if (k >= url.n || words.p[i] != url.p[k]) return false;
        k++;
    }
    return k == url.n;
}

static void link_ends(struct writer *w) {
    if (!w->in_link) return;
    w->in_link = false;
    if (w->link_from == SIZE_MAX || w->link_from >= w->out.n) return;
    str words = str_slice(buf_str(&w->out), w->link_from, w->out.n);
    struct post_link link = w->link;
    link.from = (int64_t)w->link_from;
    link.to = (int64_t)w->out.n;
    if (link.kind == POST_LINK_TAG || (link.kind == POST_LINK_URL && words.p[0] == '#')) {
        link.kind = POST_LINK_TAG;
        link.target = str_copy(w->a, str_slice(words, words.p[0] == '#', words.n));
    } else if (link.kind == POST_LINK_URL && same_without_blanks(words, link.target)) {
        w->out.n = w->link_from;
        buf_add(&w->out, link.target);
        link.to = (int64_t)w->out.n;
    } else if (link.kind == POST_LINK_URL && !str_eq_nocase(bare(words), bare(link.target))) {
        w->gap = true;
        put(w, str_fmt(w->a, "(%.*s)", STR_FMT(link.target)));
    }
    if (w->links->n < POST_LINKS_MAX) *list_add(w->a, w->links) = link;
}

static void link_begins(struct writer *w, const struct tag *t) {
    link_ends(w);
    str url = address_of(w->a, attribute_of(t->rest, S("href")));
    if (!url.n) return;
    w->in_link = true;
    w->link_from = SIZE_MAX;
    w->link = (struct post_link){.kind = has_class(t, S("hashtag"))   ? POST_LINK_TAG
                                         : has_class(t, S("mention")) ? POST_LINK_MENTION
                                                                      : POST_LINK_URL,
                                 .target = url};
}

static void count(int *depth, bool closes) {
    if (closes)
        *depth -= *depth > 0;
    else if (*depth < DEPTH)
        ++*depth;
}

static void paragraph(struct writer *w, const struct tag *t, bool quotes) {
    if (t->closes && w->skip)
        w->skip = 0;
    else if (!t->closes && quotes && has_class(t, S("quote-inline")))
        w->skip = 1;
    want_lines(w, 2);
}

static void text_piece(struct writer *w, str s);

static void does(struct writer *w, const struct tag *t, bool quotes) {
    if (is(t, "a")) {
        if (t->closes)
            link_ends(w);
        else
            link_begins(w, t);
    } else if (is(t, "br")) {
        want_lines(w, w->lines < 2 ? w->lines + 1 : 2);
    } else if (is(t, "p")) {
        paragraph(w, t, quotes);
    } else if (is(t, "blockquote")) {
        want_lines(w, 2);
        count(&w->quotes, t->closes);
    } else if (is(t, "pre")) {
        want_lines(w, 2);
        count(&w->pre, t->closes);
    } else if (is(t, "li")) {
        want_lines(w, 1);
        w->item = !t->closes;
    } else if (is(t, "img") && !t->closes) {
        text_piece(w, attribute_of(t->rest, S("alt")));
    } else if (is(t, "div ul ol h1 h2 h3 h4 h5 h6 hr table tr section article")) {
        want_lines(w, is(t, "div tr") ? 1 : 2);
    }
}

/* Behind an element whose content is no text; SIZE_MAX when it never ends. */
static size_t behind(str s, size_t from, str name) {
    for (size_t i = from; (i = str_find(s, S("</"), i)) != SIZE_MAX; i += 2)
        if (str_starts_nocase(str_slice(s, i + 2, s.n), name)) return tag_end(s, i);
    return SIZE_MAX;
}

/* ---- text ---- */

static size_t sequence(str s, size_t i) {
    unsigned char c = (unsigned char)s.p[i];
    size_t n = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    return i + n <= s.n && str_is_utf8(str_slice(s, i, i + n)) ? n : 0;
}

static void put_code_point(struct writer *w, uint32_t c) {
    if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
        put_blank(w, (char)c);
        return;
    }
    if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return;
    BUF_AUTO buf b = BUF_MAX(8);
    buf_add_utf8(&b, c);
    put(w, buf_str(&b));
}

static void text_piece(struct writer *w, str s) {
    for (size_t i = 0; i < s.n;) {
        unsigned char c = (unsigned char)s.p[i];
        size_t to = i + 1;
        uint32_t is_entity = c == '&' ? entity(s, i, &to) : 0;
        if (is_entity) {
            put_code_point(w, is_entity);
            i = to;
            continue;
        }
        size_t n = sequence(s, i);
        if (!n)
            put(w, S("\xEF\xBF\xBD"));
        else if (c < 0x80)
            put_code_point(w, c);
        else if (!(n == 2 && c == 0xC2 && (unsigned char)s.p[i + 1] < 0xA0))
            put(w, str_slice(s, i, i + n));
        i += n ? n : 1;
    }
}

str mastodon_text(arena *a, str content, bool quotes, post_link_list *ret_links) {
    struct writer w = {.a = a, .out = BUF_MAX(POST_TEXT_MAX), .links = ret_links};
    for (size_t i = 0; i < content.n;) {
        size_t next = str_find_char(content, '<', i);
        text_piece(&w, str_slice(content, i, next == SIZE_MAX ? content.n : next));
        if (next == SIZE_MAX) break;
        if (str_starts(str_slice(content, next, content.n), S("<!--"))) {
            size_t end = str_find(content, S("-->"), next + 4);
            if (end == SIZE_MAX) break;
            i = end + 3;
            continue;
        }
        i = tag_end(content, next);
        if (i == SIZE_MAX) break;
        struct tag t = tag_read(str_slice(content, next + 1, i - 1));
        if (!t.closes && is(&t, "script style head title template svg math textarea iframe object")) {
            i = behind(content, i, t.name);
            if (i == SIZE_MAX) break;
        } else {
            does(&w, &t, quotes);
        }
    }
    link_ends(&w);
    str text = str_copy(a, buf_str(&w.out));
    buf_free(&w.out);
    return text;
}
