#include <string.h>

#include "format/html_tree.h"

enum {
    MARK_A = 1,
    MARK_B = 2,
    MARK_I = 4,
    MARK_EM = 8,
    MARK_STRONG = 16,
    MARK_U = 32,
    MARK_S = 64,
    MARK_SMALL = 128,
    MARK_CODE = 256
};

#define KEEP(tag, text) [GUMBO_TAG_##tag] = {text, HTML_KEEP, 0}
#define MARK(tag, text, bit) [GUMBO_TAG_##tag] = {text, HTML_KEEP, bit}
#define BLOCK(tag) [GUMBO_TAG_##tag] = {"div", HTML_BLOCK, 0}
#define DROP(tag) [GUMBO_TAG_##tag] = {NULL, HTML_DROP, 0}

/* All others are unwrapped. */
static const struct html_kind kinds[GUMBO_TAG_LAST + 1] = {
    KEEP(DIV, "div"),
    KEEP(P, "p"),
    KEEP(BR, "br"),
    KEEP(HR, "hr"),
    KEEP(PRE, "pre"),
    KEEP(LISTING, "pre"),
    KEEP(H1, "h1"),
    KEEP(H2, "h2"),
    KEEP(H3, "h3"),
    KEEP(H4, "h4"),
    KEEP(H5, "h5"),
    KEEP(H6, "h6"),
    KEEP(UL, "ul"),
    KEEP(OL, "ol"),
    KEEP(LI, "li"),
    KEEP(DL, "dl"),
    KEEP(DT, "dt"),
    KEEP(DD, "dd"),
    KEEP(DIR, "ul"),
    KEEP(MENU, "ul"),
    KEEP(BLOCKQUOTE, "blockquote"),
    KEEP(TABLE, "table"),
    KEEP(CAPTION, "caption"),
    KEEP(THEAD, "thead"),
    KEEP(TBODY, "tbody"),
    KEEP(TFOOT, "tfoot"),
    KEEP(TR, "tr"),
    KEEP(TD, "td"),
    KEEP(TH, "th"),
    KEEP(SPAN, "span"),
    KEEP(IMG, "img"),
    KEEP(SUB, "sub"),
    KEEP(SUP, "sup"),
    MARK(A, "a", MARK_A),
    MARK(B, "b", MARK_B),
    MARK(I, "i", MARK_I),
    MARK(EM, "em", MARK_EM),
    MARK(STRONG, "strong", MARK_STRONG),
    MARK(U, "u", MARK_U),
    MARK(INS, "u", MARK_U),
    MARK(S, "s", MARK_S),
    MARK(STRIKE, "s", MARK_S),
    MARK(DEL, "s", MARK_S),
    MARK(SMALL, "small", MARK_SMALL),
    MARK(CODE, "code", MARK_CODE),
    MARK(TT, "code", MARK_CODE),
    MARK(KBD, "code", MARK_CODE),
    MARK(SAMP, "code", MARK_CODE),
    MARK(VAR, "i", MARK_I),
    MARK(CITE, "i", MARK_I),
    MARK(DFN, "i", MARK_I),
    BLOCK(CENTER),
    BLOCK(SECTION),
    BLOCK(ARTICLE),
    BLOCK(ASIDE),
    BLOCK(HEADER),
    BLOCK(FOOTER),
    BLOCK(NAV),
    BLOCK(MAIN),
    BLOCK(ADDRESS),
    BLOCK(FIGURE),
    BLOCK(FIGCAPTION),
    BLOCK(DETAILS),
    BLOCK(SUMMARY),
    BLOCK(FORM),
    BLOCK(FIELDSET),
    BLOCK(LEGEND),
    BLOCK(HGROUP),
    DROP(HEAD),
    DROP(TITLE),
    DROP(BASE),
    DROP(LINK),
    DROP(META),
    DROP(STYLE),
    DROP(SCRIPT),
    DROP(NOSCRIPT),
    DROP(TEMPLATE),
    DROP(SVG),
    DROP(MATH),
    DROP(IFRAME),
    DROP(NOEMBED),
    DROP(NOFRAMES),
    DROP(OBJECT),
    DROP(EMBED),
    DROP(APPLET),
    DROP(AUDIO),
    DROP(VIDEO),
    DROP(CANVAS),
    DROP(MAP),
    DROP(AREA),
    DROP(TEXTAREA),
    DROP(XMP),
    DROP(PLAINTEXT),
    DROP(SELECT),
    DROP(OPTION),
    DROP(OPTGROUP),
    DROP(DATALIST),
    DROP(INPUT),
    DROP(KEYGEN),
    DROP(FRAME),
    DROP(FRAMESET),
    DROP(COL),
    DROP(COLGROUP),
    DROP(PARAM),
    DROP(SOURCE),
    DROP(TRACK),
    DROP(BGSOUND),
    DROP(WBR),
};

struct html_kind html_kind_of(const GumboNode *element) {
    static const struct html_kind drop = {NULL, HTML_DROP, 0};
    if (element->type != GUMBO_NODE_ELEMENT) return drop;
    const GumboElement *e = &element->v.element;
    if (e->tag_namespace != GUMBO_NAMESPACE_HTML) return drop;
    return (unsigned)e->tag < GUMBO_TAG_LAST ? kinds[e->tag] : (struct html_kind){NULL, HTML_UNWRAP, 0};
}

bool html_is_block(const GumboNode *element) {
    struct html_kind kind = html_kind_of(element);
    if (kind.fate == HTML_BLOCK) return true;
    if (kind.fate != HTML_KEEP || kind.mark) return false;
    switch (element->v.element.tag) {
    case GUMBO_TAG_BR:
    case GUMBO_TAG_SPAN:
    case GUMBO_TAG_IMG:
    case GUMBO_TAG_SUB:
    case GUMBO_TAG_SUP: return false;
    default: return true;
    }
}

static bool has_block(const GumboNode *element, int depth) {
    const GumboVector *children = &element->v.element.children;
    for (unsigned i = 0; i < children->length; i++) {
        const GumboNode *child = children->data[i];
        if (child->type != GUMBO_NODE_ELEMENT || html_kind_of(child).fate == HTML_DROP) continue;
        if (html_is_block(child) || depth > HTML_WALK_MAX || has_block(child, depth + 1)) return true;
    }
    return false;
}

bool html_has_block(const GumboNode *element) { return has_block(element, 0); }

str html_attribute(const GumboNode *element, const char *name) {
    const GumboAttribute *attribute = gumbo_get_attribute(&element->v.element.attributes, name);
    return attribute ? str_z(attribute->value) : S("");
}

bool html_style_value(str style, str property, char *to, size_t size) {
    bool found = false;
    str piece, rest = style;
    while (str_split(&rest, ';', &piece)) {
        size_t colon = str_find_char(piece, ':', 0);
        if (colon == SIZE_MAX || !str_eq_nocase(str_trim(str_slice(piece, 0, colon)), property)) continue;
        size_t n = 0;
        for (size_t i = colon + 1; i < piece.n && n + 1 < size; i++)
            if (piece.p[i] > ' ')
                to[n++] = (char)(piece.p[i] >= 'A' && piece.p[i] <= 'Z' ? piece.p[i] | 0x20 : piece.p[i]);
        to[n] = 0;
        found = true;
    }
    return found;
}

bool html_is_hidden(const GumboNode *element) {
    char value[32];
    if (gumbo_get_attribute(&element->v.element.attributes, "hidden")) return true;
    str style = html_attribute(element, "style");
    if (style.n == 0) return false;
    if (html_style_value(style, S("display"), value, sizeof value) && str_starts(str_z(value), S("none")))
        return true;
    return html_style_value(style, S("visibility"), value, sizeof value) &&
           str_starts(str_z(value), S("hidden"));
}

bool html_is_tiny(const GumboNode *element, bool outside) {
    char value[32];
    str style = html_attribute(element, "style");
    if (style.n == 0 || !html_style_value(style, S("font-size"), value, sizeof value)) return outside;
    /* Relative sizes of nothing are nothing. */
    size_t n = strlen(value);
    bool relative = str_ends(str_z(value), S("em")) || (n && value[n - 1] == '%') ||
                    str_starts(str_z(value), S("inherit"));
    if (outside && relative && !str_ends(str_z(value), S("rem"))) return true;
    size_t i = 0;
    while (value[i] == '0' || value[i] == '.') i++;
    return i > 0 && !(value[i] >= '1' && value[i] <= '9');
}
