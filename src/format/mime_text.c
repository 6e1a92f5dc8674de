#include "format/mime_text.h"

#include <string.h>

#include "base/buf.h"
#include "format/mime_charset.h"

struct flow {
    buf *out;
    size_t depth; /* of the paragraph that is open */
    bool open;
};

static void flow_mark(buf *out, size_t depth) {
    for (size_t i = 0; i < depth; i++) buf_add_char(out, '>');
    if (depth) buf_add_char(out, ' ');
}

static void flow_line(struct flow *f, str line, bool delsp) {
    size_t depth = 0;
    while (depth < line.n && line.p[depth] == '>') depth++;
    line = str_slice(line, depth, line.n);
    if (line.n && line.p[0] == ' ') line = str_slice(line, 1, line.n);
    /* 4.3: the signature separator ends in a space and is never flowed. */
    bool signature = str_eq(line, S("-- "));
    bool soft = line.n && line.p[line.n - 1] == ' ' && !signature;
    /* 4.5: a paragraph ends where the depth of quoting changes. */
    if (f->open && (depth != f->depth || signature)) {
        buf_add_char(f->out, '\n');
        f->open = false;
    }
    if (!f->open) flow_mark(f->out, depth);
    if (soft && delsp) line.n--;
    buf_add(f->out, line);
    if (!soft) buf_add_char(f->out, '\n');
    f->open = soft;
    f->depth = depth;
}

str mime_flowed(arena *a, str text, bool delsp) {
    /* A line grows by its mark's space at most. */
    BUF_AUTO buf out = BUF_MAX(text.n * 3 + 16);
    struct flow f = {.out = &out};
    str line, rest = text;
    while (str_line(&rest, &line)) flow_line(&f, line, delsp);
    return str_copy(a, buf_str(&out));
}

/* Characters that make a name read differently than it is, or not at all. */
static bool hidden(uint32_t c) {
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x061C || c == 0x200B || c == 0x200E || c == 0x200F ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || c == 0xAD ||
           c == 0x180E || c == 0x115F || c == 0x1160 || c == 0x3164 || c == 0xFFA0 ||
           (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE007F);
}

static uint32_t code_at(str s, size_t i, size_t *ret_len) {
    unsigned char c = (unsigned char)s.p[i];
    size_t len = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    if (i + len > s.n) len = 1;
    uint32_t code = len == 1 ? c : c & (0xFFu >> (len + 1));
    for (size_t k = 1; k < len; k++) code = code << 6 | ((unsigned char)s.p[i + k] & 0x3F);
    *ret_len = len;
    return code;
}

str mime_file_name(arena *a, str name) {
    enum { MAX = 200, EXTENSION = 16 };
    for (size_t i = name.n; i > 0; i--) {
        if (name.p[i - 1] != '/' && name.p[i - 1] != '\\') continue;
        name = str_slice(name, i, name.n);
        break;
    }
    char *p = arena_alloc(a, name.n + 1);
    size_t n = 0;
    for (size_t i = 0, len; i < name.n; i += len) {
        if (hidden(code_at(name, i, &len))) continue;
        memcpy(p + n, name.p + i, len);
        n += len;
    }
    str clean = str_trim((str){p, n});
    /* Names that begin with a dot are hidden where they are saved, and some of them are obeyed. */
    while (clean.n && (clean.p[0] == '.' || clean.p[0] == ' ')) clean = str_slice(clean, 1, clean.n);
    while (clean.n && (clean.p[clean.n - 1] == '.' || clean.p[clean.n - 1] == ' ')) clean.n--;
    if (clean.n <= MAX) return clean;
    size_t dot = clean.n;
    while (dot > 0 && clean.n - dot < EXTENSION && clean.p[dot - 1] != '.') dot--;
    bool has = dot > 0 && clean.p[dot - 1] == '.';
    str extension = has ? str_slice(clean, dot - 1, clean.n) : S("");
    str stem = str_clip_utf8(clean, MAX - extension.n);
    return str_fmt(a, "%.*s%.*s", STR_FMT(stem), STR_FMT(extension));
}

str mime_meta_charset(str html) {
    html = str_slice(html, 0, 2048);
    for (size_t at = 0; (at = str_find_char(html, '<', at)) != SIZE_MAX; at++) {
        if (!str_starts_nocase(str_slice(html, at, html.n), S("<meta"))) continue;
        size_t end = str_find_char(html, '>', at);
        str tag = str_slice(html, at, end);
        for (size_t i = 0; i + 8 < tag.n; i++) {
            if (!str_starts_nocase(str_slice(tag, i, tag.n), S("charset="))) continue;
            size_t from = i + 8;
            while (from < tag.n && (tag.p[from] == '"' || tag.p[from] == '\'' || tag.p[from] == ' ')) from++;
            size_t to = from;
            while (to < tag.n && !strchr("\"' ;/>", tag.p[to])) to++;
            return str_slice(tag, from, to);
        }
    }
    return S("");
}

str mime_trim_text(str text) {
    while (text.n && (text.p[text.n - 1] == ' ' || text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\t'))
        text.n--;
    /* Leading empty lines go, but the indent of the first line stays. */
    for (size_t i = 0; i < text.n && (text.p[i] == ' ' || text.p[i] == '\n' || text.p[i] == '\t'); i++) {
        if (text.p[i] != '\n') continue;
        text = str_slice(text, i + 1, text.n);
        i = (size_t)-1;
    }
    return text;
}
