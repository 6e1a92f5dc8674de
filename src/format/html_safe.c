#include <string.h>

#include "format/html.h"

enum { OPEN_MAX = 1100 };

/* The elements that the sanitiser writes. Void ones stand first. */
static const char *const names[] = {"br",      "hr",    "img",        "div",   "p",  "span", "a",   "b",
                                    "i",       "em",    "strong",     "u",     "s",  "sub",  "sup", "small",
                                    "code",    "pre",   "blockquote", "h1",    "h2", "h3",   "h4",  "h5",
                                    "h6",      "ul",    "ol",         "li",    "dl", "dt",   "dd",  "table",
                                    "caption", "thead", "tbody",      "tfoot", "tr", "td",   "th"};
enum { VOID_NAMES = 3, NAMES = sizeof names / sizeof *names };

struct check {
    str s;
    size_t i;
    unsigned char open[OPEN_MAX];
    size_t depth;
};

static bool take(struct check *k, str what) {
    if (!str_starts(str_slice(k->s, k->i, k->s.n), what)) return false;
    k->i += what.n;
    return true;
}

static bool take_entity(struct check *k) {
    return take(k, S("&amp;")) || take(k, S("&lt;")) || take(k, S("&gt;")) || take(k, S("&quot;")) ||
           take(k, S("&#39;")) || take(k, S("&#96;"));
}

/* Escaped characters up to `end`, which is not taken. */
static bool take_value(struct check *k, char end, size_t *ret_n) {
    size_t from = k->i;
    while (k->i < k->s.n && k->s.p[k->i] != end) {
        unsigned char c = (unsigned char)k->s.p[k->i];
        if (c == '&') {
            if (!take_entity(k)) return false;
            continue;
        }
        if (c == '<' || c == '>' || c == '"' || c == '\'' || c == 0x7F) return false;
        if (c < 0x20 && !(end == '<' && (c == '\n' || c == '\t'))) return false;
        k->i++;
    }
    *ret_n = k->i - from;
    return true;
}

static bool take_quoted(struct check *k) {
    size_t n;
    return take_value(k, '"', &n) && n > 0 && take(k, S("\""));
}

static bool take_digits(struct check *k) {
    size_t from = k->i;
    while (k->i < k->s.n && k->s.p[k->i] >= '0' && k->s.p[k->i] <= '9') k->i++;
    return k->i > from && k->i - from <= 4 && take(k, S("\""));
}

static bool take_language(struct check *k) {
    if (take(k, S(" dir=\"")) && !take_quoted(k)) return false;
    if (!take(k, S(" lang=\""))) return true;
    size_t from = k->i;
    while (k->i < k->s.n && k->s.p[k->i] != '"') {
        char c = k->s.p[k->i] | 0x20;
        bool ok =
            (c >= 'a' && c <= 'z') || (k->s.p[k->i] >= '0' && k->s.p[k->i] <= '9') || k->s.p[k->i] == '-';
        if (!ok) return false;
        k->i++;
    }
    return k->i > from && take(k, S("\""));
}

static bool take_scheme(struct check *k) {
    str rest = str_slice(k->s, k->i, k->s.n);
    return str_starts_nocase(rest, S("http://")) || str_starts_nocase(rest, S("https://")) ||
           str_starts_nocase(rest, S("mailto:"));
}

static bool take_attributes(struct check *k, const char *name) {
    size_t n;
    if (strcmp(name, "a") == 0)
        return take(k, S(" href=\"")) && take_scheme(k) && take_quoted(k) &&
               take(k, S(" rel=\"noopener noreferrer nofollow\" target=\"_blank\"")) && take_language(k);
    if (strcmp(name, "img") == 0) {
        if (!take(k, S(" src=\"cid:")) || !take_value(k, '"', &n) || !take(k, S("\" alt=\"")) ||
            !take_value(k, '"', &n) || !take(k, S("\"")))
            return false;
        if (take(k, S(" width=\"")) && !take_digits(k)) return false;
        return !take(k, S(" height=\"")) || take_digits(k);
    }
    if (strcmp(name, "br") == 0 || strcmp(name, "hr") == 0) return true;
    if (!take_language(k)) return false;
    if (strcmp(name, "td") == 0 || strcmp(name, "th") == 0) {
        if (take(k, S(" colspan=\"")) && !take_digits(k)) return false;
        return !take(k, S(" rowspan=\"")) || take_digits(k);
    }
    return true;
}

static size_t take_name(struct check *k) {
    size_t end = k->i;
    while (end < k->s.n &&
           ((k->s.p[end] >= 'a' && k->s.p[end] <= 'z') || (k->s.p[end] >= '0' && k->s.p[end] <= '9')))
        end++;
    str name = str_slice(k->s, k->i, end);
    for (size_t i = 0; i < NAMES; i++) {
        if (!str_eq(name, str_z(names[i]))) continue;
        k->i = end;
        return i;
    }
    return NAMES;
}

static bool take_tag(struct check *k) {
    if (take(k, S("</"))) {
        size_t name = take_name(k);
        if (name == NAMES || k->depth == 0 || k->open[k->depth - 1] != name) return false;
        k->depth--;
        return take(k, S(">"));
    }
    if (!take(k, S("<"))) return false;
    size_t name = take_name(k);
    if (name == NAMES || !take_attributes(k, names[name]) || !take(k, S(">"))) return false;
    if (name < VOID_NAMES) return true;
    if (k->depth == OPEN_MAX) return false;
    k->open[k->depth++] = (unsigned char)name;
    return true;
}

bool html_is_safe(str html) {
    if (!str_is_utf8(html)) return false;
    struct check k;
    k.s = html;
    k.i = k.depth = 0;
    while (k.i < html.n) {
        size_t n;
        if (!take_value(&k, '<', &n)) return false;
        if (k.i < html.n && !take_tag(&k)) return false;
    }
    return k.depth == 0;
}
