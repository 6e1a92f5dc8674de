#include "format/mime_header.h"

#include <string.h>

#include "base/buf.h"
#include "format/mime_charset.h"

enum { FIELDS_MAX = 20000, WORD_MAX = 4096, ID_MAX = 998 };

static bool is_blank(char c) { return c == ' ' || c == '\t'; }
static bool is_white(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static bool field_name(str line, size_t *ret_colon) {
    size_t colon = str_find_char(line, ':', 0);
    if (colon == SIZE_MAX || colon == 0) return false;
    size_t end = colon;
    while (end && is_blank(line.p[end - 1])) end--;
    for (size_t i = 0; i < end; i++)
        if (line.p[i] <= ' ' || line.p[i] == 0x7F) return false;
    *ret_colon = colon;
    return end > 0;
}

void mime_fields(arena *a, str head, mime_field_list *ret_fields) {
    mime_field_list fields = {0};
    str line, rest = head;
    bool joined = false; /* the line before belongs to the last field of the list */
    while (fields.n < FIELDS_MAX && str_line(&rest, &line)) {
        if (line.n && is_blank(line.p[0])) {
            if (joined) {
                str *value = &fields.v[fields.n - 1].value;
                value->n = (size_t)(line.p + line.n - value->p);
            }
            continue;
        }
        size_t colon;
        joined = field_name(line, &colon);
        if (!joined) continue;
        struct mime_field *f = list_add(a, &fields);
        f->name = str_trim(str_slice(line, 0, colon));
        f->value = str_slice(line, colon + 1, line.n);
    }
    *ret_fields = fields;
}

str mime_field_first(const mime_field_list *fields, str name) {
    for (size_t i = 0; i < fields->n; i++)
        if (str_eq_nocase(fields->v[i].name, name)) return fields->v[i].value;
    return S("");
}

bool mime_field_has(const mime_field_list *fields, str name) {
    for (size_t i = 0; i < fields->n; i++)
        if (str_eq_nocase(fields->v[i].name, name)) return true;
    return false;
}

struct word {
    str charset, text;
    char encoding; /* 'b' or 'q' */
    size_t end;    /* offset behind it */
};

/* RFC 2047, 2: =?charset?encoding?text?=. Spaces in the text are let pass: many senders write them. */
static bool encoded_word(str s, size_t at, struct word *ret_word) {
    if (s.n - at < 8 || s.p[at] != '=' || s.p[at + 1] != '?') return false;
    size_t mark = str_find_char(s, '?', at + 2);
    if (mark == SIZE_MAX || mark == at + 2 || mark - at > 80 || mark + 3 >= s.n || s.p[mark + 2] != '?')
        return false;
    char encoding = (char)(s.p[mark + 1] | 0x20);
    if (encoding != 'b' && encoding != 'q') return false;
    size_t end = str_find(str_slice(s, 0, mark + 3 + WORD_MAX), S("?="), mark + 3);
    if (end == SIZE_MAX) return false;
    str charset = str_slice(s, at + 2, mark);
    for (size_t i = 0; i < charset.n; i++)
        if (is_white(charset.p[i])) return false;
    size_t star = str_find_char(charset, '*', 0); /* RFC 2231, 5: charset*language */
    *ret_word = (struct word){.charset = str_slice(charset, 0, star == SIZE_MAX ? charset.n : star),
                              .text = str_slice(s, mark + 3, end),
                              .encoding = encoding,
                              .end = end + 2};
    return true;
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void decode_q(buf *out, str text) {
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '=' && i + 2 < text.n && hex_value(text.p[i + 1]) >= 0 && hex_value(text.p[i + 2]) >= 0) {
            c = (char)(hex_value(text.p[i + 1]) * 16 + hex_value(text.p[i + 2]));
            i += 2;
        } else if (c == '_') {
            c = ' ';
        }
        buf_add_char(out, c);
    }
}

static int base64_value(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static void decode_b(buf *out, str text) {
    unsigned bits = 0;
    int have = 0;
    for (size_t i = 0; i < text.n; i++) {
        int v = base64_value(text.p[i]);
        if (v < 0) continue;
        bits = bits << 6 | (unsigned)v;
        have += 6;
        if (have >= 8) {
            have -= 8;
            buf_add_char(out, (char)(bits >> have & 0xFF));
        }
    }
}

static void add_utf8(arena *a, buf *out, buf *bytes, str charset) {
    if (bytes->n) buf_add(out, mime_to_utf8(a, str_copy(a, buf_str(bytes)), charset));
    buf_clear(bytes);
}

str mime_decode(arena *a, str value) {
    if (str_find(value, S("=?"), 0) == SIZE_MAX) return mime_clean(a, mime_to_utf8(a, value, S("")), true);
    BUF_AUTO buf out = BUF_MAX(value.n * 4 + 64), bytes = BUF_MAX(value.n + 1);
    str charset = S("");
    bool after_word = false; /* `bytes` hold encoded words of `charset`, not yet converted */
    size_t i = 0;
    while (i < value.n) {
        struct word w;
        size_t next = i;
        while (after_word && next < value.n && is_white(value.p[next])) next++;
        if (next < value.n && value.p[next] == '=' && encoded_word(value, next, &w)) {
            if (!after_word || !str_eq_nocase(charset, w.charset)) add_utf8(a, &out, &bytes, charset);
            charset = w.charset;
            if (w.encoding == 'b')
                decode_b(&bytes, w.text);
            else
                decode_q(&bytes, w.text);
            after_word = true;
            i = w.end;
            continue;
        }
        if (after_word) add_utf8(a, &out, &bytes, charset);
        after_word = false;
        charset = S("");
        buf_add_char(&bytes, value.p[i++]);
    }
    add_utf8(a, &out, &bytes, charset);
    return mime_clean(a, str_copy(a, buf_str(&out)), true);
}

static bool ids_have(const str_list *ids, str id) {
    for (size_t i = 0; i < ids->n; i++)
        if (str_eq(ids->v[i], id)) return true;
    return false;
}

/* The id in the brackets: folding may have put white space into it; anything else odd makes it none. */
static str id_clean(arena *a, str s) {
    if (s.n > ID_MAX) return S("");
    char *p = arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (is_white(s.p[i])) continue;
        if (c < 0x20 || c == 0x7F || c == '<' || c == '>') return S("");
        p[n++] = s.p[i];
    }
    str id = {p, n};
    return str_is_utf8(id) ? id : S("");
}

void mime_ids(arena *a, str value, bool backwards, size_t max, str_list *ids) {
    str_list found = {0};
    for (size_t at = str_find_char(value, '<', 0); at != SIZE_MAX && found.n < 2000;) {
        size_t end = str_find_char(value, '>', at + 1);
        if (end == SIZE_MAX) break;
        str id = id_clean(a, str_slice(value, at + 1, end));
        if (id.n) *list_add(a, &found) = id;
        at = str_find_char(value, '<', end + 1);
    }
    for (size_t i = 0; i < found.n && ids->n < max; i++) {
        str id = found.v[backwards ? found.n - 1 - i : i];
        if (!ids_have(ids, id)) *list_add(a, ids) = id;
    }
}
