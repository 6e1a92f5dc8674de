#include <stdio.h>
#include <string.h>

#include "format/html.h"
#include "format/html_tree.h"
#include "format/mime_charset.h"

enum { TEXT_MAX = 8 << 20, URL_MAX = 500, LIST_DEPTH = 20 };

/* Writes words into lines. What stands between two words is only settled when the second one comes. */
struct liner {
    buf out;
    int lines;       /* line ends wanted before the next word, at most 2 */
    char gap;        /* ' ' or '\t' wanted before the next word of the line, 0 for none */
    int quotes;      /* blockquotes around */
    int lists;       /* lists around */
    char marker[16]; /* "- " of an item that has no word yet */
    bool tiny, pre;
};

struct ctx {
    struct liner *to;
    int depth;
    int *item; /* counts the items of the ordered list around, or NULL */
    int *cell; /* counts the cells of the row around that have words, or NULL */
};

static void walk(const GumboNode *node, struct ctx c);

static void want_lines(struct liner *l, int n) {
    if (l->lines < n) l->lines = n;
    l->gap = 0;
}

static void line_break(struct liner *l) {
    if (l->lines < 2) l->lines++;
    l->gap = 0;
}

static void start_line(struct liner *l) {
    for (int i = 0; i < l->quotes; i++) buf_add(&l->out, S("> "));
    int indent = l->lists - (l->marker[0] != 0);
    for (int i = 0; i < indent && i < LIST_DEPTH; i++) buf_add(&l->out, S("  "));
    buf_add_z(&l->out, l->marker);
    l->marker[0] = 0;
}

static void before_word(struct liner *l) {
    bool first = l->out.n == 0;
    for (int i = 0; i < l->lines && !first; i++) buf_add_char(&l->out, '\n');
    if (first || l->lines)
        start_line(l);
    else if (l->marker[0]) {
        buf_add_char(&l->out, '\n');
        start_line(l);
    } else if (l->gap) {
        buf_add_char(&l->out, l->gap);
    }
    l->lines = 0;
    l->gap = 0;
}

/* The characters that pad the hidden first lines of newsletters; ZERO WIDTH NON-JOINER only where nothing
 * joins. */
static size_t invisible(const struct liner *l, str s, size_t i) {
    static const char *const none[] = {"\xE2\x80\x8B", "\xEF\xBB\xBF", "\xCD\x8F", "\xC2\xAD",
                                       "\xE2\x81\xA0"};
    str rest = str_slice(s, i, s.n);
    for (size_t k = 0; k < sizeof none / sizeof *none; k++)
        if (str_starts(rest, str_z(none[k]))) return strlen(none[k]);
    bool alone = l->gap || l->lines || l->out.n == 0;
    return alone && str_starts(rest, S("\xE2\x80\x8C")) ? 3 : 0;
}

static size_t blank(str s, size_t i, bool pre) {
    unsigned char c = (unsigned char)s.p[i];
    if (c == '\n' || c == '\r' || c == '\f') return 1;
    if (!pre && (c == ' ' || c == '\t')) return 1;
    return 0;
}

static void put_text(struct liner *l, str s) {
    if (l->tiny) return;
    for (size_t i = 0; i < s.n;) {
        unsigned char c = (unsigned char)s.p[i];
        size_t skip = c >= 0x80 ? invisible(l, s, i) : 0;
        if (skip) {
            i += skip;
        } else if (blank(s, i, l->pre)) {
            if (l->pre && c == '\n')
                line_break(l);
            else if (!l->gap && !l->lines)
                l->gap = ' ';
            i++;
        } else if (str_starts(str_slice(s, i, i + 2), S("\xC2\xA0"))) {
            if (l->pre)
                before_word(l), buf_add_char(&l->out, ' ');
            else if (!l->gap && !l->lines)
                l->gap = ' ';
            i += 2;
        } else if ((c < 0x20 && c != '\t') || c == 0x7F) {
            i++;
        } else if (c == 0xC2 && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xA0) {
            i += 2;
        } else {
            before_word(l);
            buf_add_char(&l->out, (char)c);
            i++;
        }
    }
}

static void children(const GumboNode *node, struct ctx c) {
    const GumboVector *list = &node->v.element.children;
    c.depth++;
    for (unsigned i = 0; i < list->length; i++) walk(list->data[i], c);
}

static str bare_url(str url) {
    url = str_trim(url);
    if (str_starts_nocase(url, S("mailto:"))) return str_slice(url, 7, url.n);
    if (str_starts_nocase(url, S("https://")))
        url = str_slice(url, 8, url.n);
    else if (str_starts_nocase(url, S("http://")))
        url = str_slice(url, 7, url.n);
    if (str_starts_nocase(url, S("www."))) url = str_slice(url, 4, url.n);
    if (str_ends(url, S("/"))) url.n--;
    return url;
}

static void link_element(const GumboNode *node, struct ctx c) {
    struct liner *l = c.to;
    size_t from = l->out.n;
    children(node, c);
    str href = str_trim(html_attribute(node, "href")),
        text = str_trim(str_slice(buf_str(&l->out), from, l->out.n));
    bool mail = str_starts_nocase(href, S("mailto:"));
    bool web = str_starts_nocase(href, S("http://")) || str_starts_nocase(href, S("https://"));
    if (!(mail || web) || text.n == 0 || l->tiny || href.n > URL_MAX) return;
    if (str_eq_nocase(bare_url(text), bare_url(href))) return;
    char gap = l->gap;
    int lines = l->lines;
    l->lines = 0;
    l->gap = ' ';
    bool pre = l->pre;
    l->pre = false;
    BUF_AUTO buf shown = BUF_MAX(URL_MAX + 8);
    buf_add_char(&shown, '(');
    buf_add(&shown, mail ? str_slice(href, 7, href.n) : href);
    buf_add_char(&shown, ')');
    put_text(l, buf_str(&shown));
    l->gap = gap;
    l->lines = lines;
    l->pre = pre;
}

static void list_element(const GumboNode *node, struct ctx c, bool ordered) {
    int count = 0;
    c.item = ordered ? &count : NULL;
    c.cell = NULL;
    want_lines(c.to, c.to->lists ? 1 : 2);
    c.to->lists++;
    children(node, c);
    c.to->lists--;
    c.to->marker[0] = 0;
    want_lines(c.to, c.to->lists ? 1 : 2);
}

static void item_element(const GumboNode *node, struct ctx c) {
    want_lines(c.to, 1);
    if (c.item)
        snprintf(c.to->marker, sizeof c.to->marker, "%d. ", ++*c.item);
    else
        snprintf(c.to->marker, sizeof c.to->marker, "- ");
    bool outside = c.to->lists == 0; /* an item without a list */
    c.to->lists += outside;
    c.item = NULL;
    children(node, c);
    c.to->lists -= outside;
    c.to->marker[0] = 0;
    want_lines(c.to, 1);
}

static void cell_element(const GumboNode *node, struct ctx c) {
    struct liner *l = c.to;
    if (c.cell && *c.cell && !l->lines) l->gap = '\t';
    size_t before = l->out.n;
    int *cells = c.cell;
    c.cell = NULL;
    c.item = NULL;
    children(node, c);
    if (cells) *cells += l->out.n > before;
    if (!l->lines) l->gap = ' ';
}

static void row_element(const GumboNode *node, struct ctx c) {
    int cells = 0;
    c.cell = &cells;
    want_lines(c.to, 1);
    children(node, c);
    want_lines(c.to, 1);
}

static void quote_element(const GumboNode *node, struct ctx c) {
    want_lines(c.to, 1);
    c.to->quotes++;
    children(node, c);
    /* What follows must not be taken for quoted. */
    want_lines(c.to, 1);
    c.to->quotes--;
}

static void block_element(const GumboNode *node, struct ctx c, int lines) {
    want_lines(c.to, lines);
    children(node, c);
    want_lines(c.to, lines);
}

static void pre_element(const GumboNode *node, struct ctx c) {
    bool pre = c.to->pre;
    c.to->pre = true;
    block_element(node, c, 2);
    c.to->pre = pre;
}

static void element(const GumboNode *node, struct ctx c) {
    switch (node->v.element.tag) {
    case GUMBO_TAG_BR: line_break(c.to); return;
    case GUMBO_TAG_HR:
        want_lines(c.to, 1);
        put_text(c.to, S("---"));
        want_lines(c.to, 1);
        return;
    case GUMBO_TAG_IMG: put_text(c.to, html_attribute(node, "alt")); return;
    case GUMBO_TAG_A: link_element(node, c); return;
    case GUMBO_TAG_OL: list_element(node, c, true); return;
    case GUMBO_TAG_UL:
    case GUMBO_TAG_DIR:
    case GUMBO_TAG_MENU: list_element(node, c, false); return;
    case GUMBO_TAG_LI: item_element(node, c); return;
    case GUMBO_TAG_TR: row_element(node, c); return;
    case GUMBO_TAG_TD:
    case GUMBO_TAG_TH: cell_element(node, c); return;
    case GUMBO_TAG_BLOCKQUOTE: quote_element(node, c); return;
    case GUMBO_TAG_PRE:
    case GUMBO_TAG_LISTING: pre_element(node, c); return;
    case GUMBO_TAG_P:
    case GUMBO_TAG_DL:
    case GUMBO_TAG_H1:
    case GUMBO_TAG_H2:
    case GUMBO_TAG_H3:
    case GUMBO_TAG_H4:
    case GUMBO_TAG_H5:
    case GUMBO_TAG_H6: block_element(node, c, 2); return;
    default:
        if (html_is_block(node))
            block_element(node, c, 1);
        else
            children(node, c);
    }
}

static void walk(const GumboNode *node, struct ctx c) {
    if (c.depth > HTML_WALK_MAX) {
        c.to->out.failed = true;
        return;
    }
    if (node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE ||
        node->type == GUMBO_NODE_CDATA) {
        put_text(c.to, str_z(node->v.text.text));
        return;
    }
    if (node->type != GUMBO_NODE_ELEMENT || html_kind_of(node).fate == HTML_DROP || html_is_hidden(node))
        return;
    bool tiny = c.to->tiny;
    c.to->tiny = html_is_tiny(node, tiny);
    element(node, c);
    c.to->tiny = tiny;
}

err html_to_text(arena *a, str html, str *ret_text) {
    struct html_tree tree;
    TRY(html_tree_parse(html, HTML_BYTES_MAX, &tree));
    struct liner l = {.out = BUF_MAX(TEXT_MAX)};
    if (tree.body) children(tree.body, (struct ctx){.to = &l});
    html_tree_free(&tree);
    bool good = buf_ok(&l.out);
    /* Gumbo makes broken sequences of numeric references beyond all numbers. */
    if (good) *ret_text = mime_repair_utf8(a, str_copy(a, buf_str(&l.out)));
    buf_free(&l.out);
    return good ? ERR_NONE : err_set(ERR_LIMIT, "The HTML is nested too deep, or its text is too long.");
}
