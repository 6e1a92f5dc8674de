#include "format/html.h"

/* In HTML of the sanitiser's form a '<' begins a tag and a '>' ends one, and every tag is closed. */
static str tag_at(str html, size_t at, size_t *ret_end) {
    size_t end = str_find_char(html, '>', at);
    *ret_end = end == SIZE_MAX ? html.n : end + 1;
    size_t from = at + 1, to = from;
    while (to < html.n && html.p[to] != '>' && html.p[to] != ' ') to++;
    return str_slice(html, from, to);
}

/* Characters that show something: not white space, nor a no-break space. */
static bool says(str text) {
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c == 0xC2 && i + 1 < text.n && (unsigned char)text.p[i + 1] == 0xA0)
            i++;
        else if (c > ' ')
            return true;
    }
    return false;
}

bool html_quote_at_end(str safe, size_t *ret_from, size_t *ret_to) {
    size_t from = SIZE_MAX, to = 0, end;
    int depth = 0;
    bool before = false, after = false;
    for (size_t at = 0; at < safe.n;) {
        size_t open = str_find_char(safe, '<', at);
        if (open == SIZE_MAX) open = safe.n;
        if (!depth && says(str_slice(safe, at, open))) {
            after = true;
            before = before || from == SIZE_MAX;
        }
        if (open == safe.n) break;
        str name = tag_at(safe, open, &end);
        if (str_eq(name, S("blockquote")) && depth++ == 0) {
            from = open;
            after = false;
        }
        if (str_eq(name, S("/blockquote")) && --depth == 0) to = end;
        at = end;
    }
    if (from == SIZE_MAX || depth || after || !before) return false;
    *ret_from = from;
    *ret_to = to;
    return true;
}
