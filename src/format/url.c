#include "format/url.h"

static bool is_plain(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '~' || c == '-';
}

void url_encode(buf *out, str text) {
    static const char hex[] = "0123456789ABCDEF";
    size_t from = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (is_plain(c)) continue;
        buf_add(out, str_slice(text, from, i));
        buf_add(out, (str){(char[]){'%', hex[c >> 4], hex[c & 15]}, 3});
        from = i + 1;
    }
    buf_add(out, str_slice(text, from, text.n));
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* The byte that %XX at `i` stands for, or -1. */
static int byte_at(str s, size_t i) {
    if (s.n - i < 3) return -1;
    int high = hex_value(s.p[i + 1]), low = hex_value(s.p[i + 2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

bool url_decode(arena *a, str text, str *ret_text) {
    if (!str_has(text, '%')) {
        *ret_text = text;
        return true;
    }
    char *p = arena_alloc(a, text.n);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != '%') {
            p[n++] = text.p[i];
            continue;
        }
        int byte = byte_at(text, i);
        if (byte < 0) return false;
        p[n++] = (char)byte;
        i += 2;
    }
    *ret_text = (str){p, n};
    return true;
}

str url_decode_form(arena *a, str text) {
    if (!str_has(text, '%') && !str_has(text, '+')) return text;
    char *p = arena_alloc(a, text.n);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        int byte = text.p[i] == '%' ? byte_at(text, i) : -1;
        if (byte >= 0) {
            p[n++] = (char)byte;
            i += 2;
        } else {
            p[n++] = text.p[i] == '+' ? ' ' : text.p[i];
        }
    }
    return (str){p, n};
}

bool url_pair(arena *a, str *rest, str *ret_name, str *ret_value) {
    str piece;
    do {
        if (!str_split(rest, '&', &piece)) return false;
    } while (piece.n == 0);
    size_t at = str_find_char(piece, '=', 0);
    *ret_name = url_decode_form(a, str_slice(piece, 0, at));
    *ret_value = at == SIZE_MAX ? (str){"", 0} : url_decode_form(a, str_slice(piece, at + 1, piece.n));
    return true;
}
