#include "format/html.h"

#include <string.h>

/* NULL: stands for itself. */
static const char *const escapes[256] = {
    ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;"};

void html_escape(buf *out, str text) {
    size_t from = 0;
    for (size_t i = 0; i < text.n; i++) {
        const char *entity = escapes[(unsigned char)text.p[i]];
        if (!entity) continue;
        buf_add(out, str_slice(text, from, i));
        buf_add_z(out, entity);
        from = i + 1;
    }
    buf_add(out, str_slice(text, from, text.n));
}

/* Where an http(s) address that starts at `at` ends: before white space, brackets and quotes, and without the
 * punctuation of the sentence around it. */
static size_t link_end(str s, size_t at) {
    size_t end = at;
    while (end < s.n && (unsigned char)s.p[end] > ' ' && !strchr("<>\"'`|\\^{}", s.p[end])) end++;
    while (end > at && strchr(".,;:!?*_", s.p[end - 1])) end--;
    bool opened = str_has(str_slice(s, at, end), '(');
    while (end > at && s.p[end - 1] == ')' && !opened) end--;
    while (end > at && strchr(".,;:!?", s.p[end - 1])) end--;
    return end;
}

static bool link_starts(str s, size_t at, size_t *ret_end) {
    str rest = str_slice(s, at, s.n);
    size_t scheme = str_starts_nocase(rest, S("https://"))  ? 8
                    : str_starts_nocase(rest, S("http://")) ? 7
                                                            : 0;
    if (!scheme) return false;
    bool in_word = at && ((s.p[at - 1] | 0x20) >= 'a' && (s.p[at - 1] | 0x20) <= 'z');
    size_t end = link_end(s, at);
    if (in_word || end <= at + scheme) return false;
    *ret_end = end;
    return true;
}

static void line_with_links(buf *out, str line) {
    size_t from = 0;
    for (size_t at = 0; (at = str_find_char(line, 'h', at)) != SIZE_MAX;) {
        size_t end;
        if (!link_starts(line, at, &end)) {
            at++;
            continue;
        }
        html_escape(out, str_slice(line, from, at));
        buf_add(out, S("<a href=\""));
        html_escape(out, str_slice(line, at, end));
        buf_add(out, S("\">"));
        html_escape(out, str_slice(line, at, end));
        buf_add(out, S("</a>"));
        from = at = end;
    }
    html_escape(out, str_slice(line, from, line.n));
}

void html_from_text(buf *out, str text) {
    str line, rest = text;
    bool open = false;
    while (str_line(&rest, &line)) {
        if (str_trim(line).n == 0) {
            if (open) buf_add(out, S("</p>\n"));
            open = false;
            continue;
        }
        buf_add(out, open ? S("<br>\n") : S("<p>"));
        line_with_links(out, line);
        open = true;
    }
    if (open) buf_add(out, S("</p>\n"));
}

static const struct entity {
    const char *name, *text;
} entities[] = {{"amp", "&"},  {"lt", "<"},   {"gt", ">"}, {"quot", "\""},
                {"apos", "'"}, {"nbsp", " "}, {"#39", "'"}};

static size_t strip_entity(buf *out, str html, size_t at) {
    size_t end = str_find_char(str_slice(html, 0, at + 10), ';', at);
    for (size_t i = 0; end != SIZE_MAX && i < sizeof entities / sizeof *entities; i++) {
        if (!str_eq_nocase(str_slice(html, at + 1, end), str_z(entities[i].name))) continue;
        buf_add_z(out, entities[i].text);
        return end + 1;
    }
    buf_add_char(out, '&');
    return at + 1;
}

static size_t strip_tag(buf *out, str html, size_t at) {
    static const char *const raw[] = {"script", "style", "title", "textarea", "noscript"};
    str rest = str_slice(html, at, html.n);
    if (str_starts(rest, S("<!--"))) {
        size_t end = str_find(html, S("-->"), at + 2);
        return end == SIZE_MAX ? html.n : end + 3;
    }
    for (size_t i = 0; i < sizeof raw / sizeof *raw; i++) {
        str name = str_z(raw[i]);
        if (!str_eq_nocase(str_slice(rest, 1, 1 + name.n), name)) continue;
        for (size_t k = at + 1; (k = str_find(html, S("</"), k)) != SIZE_MAX; k += 2)
            if (str_eq_nocase(str_slice(html, k + 2, k + 2 + name.n), name)) {
                size_t close = str_find_char(html, '>', k);
                return close == SIZE_MAX ? html.n : close + 1;
            }
        return html.n;
    }
    bool line = str_starts_nocase(rest, S("<br")) || str_starts_nocase(rest, S("<p")) ||
                str_starts_nocase(rest, S("<div")) || str_starts_nocase(rest, S("<tr")) ||
                str_starts_nocase(rest, S("<li"));
    buf_add_char(out, line ? '\n' : ' ');
    size_t end = str_find_char(html, '>', at);
    return end == SIZE_MAX ? html.n : end + 1;
}

/* White space runs as one space, or as one or two line ends when they hold such. */
static str squeeze(arena *a, str text) {
    char *p = arena_alloc(a, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n;) {
        size_t lines = 0, from = i;
        while (i < text.n &&
               (text.p[i] == ' ' || text.p[i] == '\n' || text.p[i] == '\t' || text.p[i] == '\r'))
            lines += text.p[i++] == '\n';
        if (i > from && n) p[n++] = lines ? '\n' : ' ';
        if (i > from && n && lines > 1 && i - from > 1) p[n++] = '\n';
        while (i < text.n &&
               !(text.p[i] == ' ' || text.p[i] == '\n' || text.p[i] == '\t' || text.p[i] == '\r'))
            p[n++] = text.p[i++];
    }
    return str_trim((str){p, n});
}

str html_strip(arena *a, str html) {
    BUF_AUTO buf out = BUF_MAX(html.n + 16);
    for (size_t i = 0; i < html.n;) {
        char c = html.p[i];
        if (c == '&') {
            i = strip_entity(&out, html, i);
        } else if (c == '<') {
            i = strip_tag(&out, html, i);
        } else {
            if ((unsigned char)c >= 0x20 || c == '\n' || c == '\t') buf_add_char(&out, c);
            i++;
        }
    }
    return squeeze(a, buf_str(&out));
}
