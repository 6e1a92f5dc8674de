#include "format/compose_encode.h"

#include <string.h>

enum {
    QP_LINE = 76,
    BASE64_LINE = 57,
    FOLD_AT = 76,
    WORD_FRAME = 12,
    WORD_ROOM = 60,
    WORD_LEAST = 20,
    PIECE = 50,
    QUOTED_MAX = 200,
    HEADER_LINE_MAX = 900
};

static const char hex[] = "0123456789ABCDEF";

static void put_hex(buf *out, char lead, unsigned char c) {
    char three[3] = {lead, hex[c >> 4], hex[c & 15]};
    buf_add(out, (str){three, 3});
}

static void qp_line(buf *out, str line) {
    size_t column = 0;
    bool from = str_starts(line, S("From ")), dot = str_eq(line, S("."));
    for (size_t i = 0; i < line.n; i++) {
        unsigned char c = (unsigned char)line.p[i];
        bool last = i + 1 == line.n;
        bool plain = (c >= 33 && c <= 126 && c != '=') || ((c == ' ' || c == '\t') && !last);
        if (i == 0 && (from || dot)) plain = false;
        size_t width = plain ? 1 : 3;
        /* A soft break needs a column for its '='. */
        if (column + width > (last ? QP_LINE : QP_LINE - 1)) {
            buf_add(out, S("=\r\n"));
            column = 0;
        }
        if (plain)
            buf_add_char(out, (char)c);
        else
            put_hex(out, '=', c);
        column += width;
    }
    buf_add(out, S("\r\n"));
}

void encode_quoted_printable(buf *out, str text) {
    str line, rest = text;
    while (str_line(&rest, &line)) qp_line(out, line);
}

static void base64_group(buf *out, const unsigned char *p, size_t n) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned v = (unsigned)p[0] << 16 | (n > 1 ? (unsigned)p[1] << 8 : 0) | (n > 2 ? p[2] : 0);
    char four[4] = {letters[v >> 18], letters[v >> 12 & 63], n > 1 ? letters[v >> 6 & 63] : '=',
                    n > 2 ? letters[v & 63] : '='};
    buf_add(out, (str){four, 4});
}

static void base64_run(buf *out, str bytes) {
    for (size_t i = 0; i < bytes.n; i += 3)
        base64_group(out, (const unsigned char *)bytes.p + i, bytes.n - i < 3 ? bytes.n - i : 3);
}

void encode_base64(buf *out, str bytes) {
    for (size_t i = 0; i < bytes.n; i += BASE64_LINE) {
        base64_run(out, str_slice(bytes, i, i + BASE64_LINE));
        buf_add(out, S("\r\n"));
    }
}

void header_start(struct header_writer *h, const char *name) {
    size_t before = h->out->n;
    buf_add_z(h->out, name);
    buf_add_char(h->out, ':');
    h->column = h->out->n - before;
}

void header_word(struct header_writer *h, str word) {
    bool fold = h->column + 1 + word.n > FOLD_AT && h->column > 1;
    if (fold) buf_add(h->out, S("\r\n"));
    buf_add_char(h->out, ' ');
    buf_add(h->out, word);
    h->column = (fold ? 0 : h->column) + 1 + word.n;
}

void header_glue(struct header_writer *h, str s) {
    buf_add(h->out, s);
    h->column += s.n;
}

void header_end(struct header_writer *h) { buf_add(h->out, S("\r\n")); }

static bool is_ascii(str s) {
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] & 0x80) return false;
    return true;
}

static bool q_plain(unsigned char c) {
    /* RFC 2047, 5 (3): what may stand in an encoded word of a phrase. */
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c && strchr("!*+-/", c));
}

static void encoded_word(struct header_writer *h, str piece, bool base64) {
    BUF_AUTO buf word = BUF_MAX(400);
    buf_add_z(&word, base64 ? "=?utf-8?b?" : "=?utf-8?q?");
    if (base64) base64_run(&word, piece);
    for (size_t i = 0; i < piece.n && !base64; i++) {
        unsigned char c = (unsigned char)piece.p[i];
        if (c == ' ')
            buf_add_char(&word, '_');
        else if (q_plain(c))
            buf_add_char(&word, (char)c);
        else
            put_hex(&word, '=', c);
    }
    buf_add(&word, S("?="));
    header_word(h, buf_str(&word));
}

/* How many bytes of the text go into the next word: whole characters, `room` bytes when encoded, one at
 * least. */
static size_t word_size(str text, bool base64, size_t room) {
    if (base64) room = room / 4 * 3;
    size_t n = 0, cost = 0;
    while (n < text.n) {
        size_t next = n + 1;
        while (next < text.n && ((unsigned char)text.p[next] & 0xC0) == 0x80) next++;
        for (size_t i = n; i < next; i++) {
            unsigned char c = (unsigned char)text.p[i];
            cost += base64 || c == ' ' || q_plain(c) ? 1 : 3;
        }
        if (n && cost > room) break;
        n = next;
    }
    return n;
}

static void encoded_words(struct header_writer *h, str text) {
    size_t high = 0;
    for (size_t i = 0; i < text.n; i++) high += !q_plain((unsigned char)text.p[i]) && text.p[i] != ' ';
    bool base64 = high * 3 > text.n;
    while (text.n) {
        /* What is left of the line, when that is worth a word, else a line of its own. */
        size_t used = h->column + 1 + WORD_FRAME;
        bool here = used + WORD_LEAST <= FOLD_AT;
        size_t n = word_size(text, base64, here ? FOLD_AT - used : WORD_ROOM);
        encoded_word(h, str_slice(text, 0, n), base64);
        text = str_slice(text, n, text.n);
    }
}

static bool long_word(str text) {
    str word, rest = text;
    while (str_split(&rest, ' ', &word))
        if (word.n > HEADER_LINE_MAX) return true;
    return false;
}

void header_text(struct header_writer *h, str text) {
    text = str_trim(text);
    if (!is_ascii(text) || str_find(text, S("=?"), 0) != SIZE_MAX || long_word(text)) {
        encoded_words(h, text);
        return;
    }
    str word, rest = text;
    bool first = true;
    while (text.n && str_split(&rest, ' ', &word)) {
        /* An empty word is one more space; folding there would lose it. */
        if (word.n == 0 || first) {
            header_glue(h, S(" "));
            header_glue(h, word);
        } else {
            header_word(h, word);
        }
        first = false;
    }
}

static bool is_atoms(str s) {
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool ok = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  (c && strchr("!#$%&'*+-/=?^_`{|}~ ", c));
        if (!ok) return false;
    }
    return true;
}

void header_phrase(struct header_writer *h, str name) {
    name = str_trim(name);
    if (!is_ascii(name) || str_find(name, S("=?"), 0) != SIZE_MAX || name.n > 200) {
        encoded_words(h, name);
    } else if (is_atoms(name)) {
        header_text(h, name);
    } else {
        BUF_AUTO buf quoted = BUF_MAX(name.n * 2 + 2);
        buf_add_char(&quoted, '"');
        for (size_t i = 0; i < name.n; i++) {
            if (name.p[i] == '"' || name.p[i] == '\\') buf_add_char(&quoted, '\\');
            buf_add_char(&quoted, name.p[i]);
        }
        buf_add_char(&quoted, '"');
        header_word(h, buf_str(&quoted));
    }
}

static void put_quoted(buf *out, const char *name, str value) {
    buf_add(out, S(";\r\n "));
    buf_add_z(out, name);
    buf_add(out, S("=\""));
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == '"' || value.p[i] == '\\') buf_add_char(out, '\\');
        buf_add_char(out, value.p[i]);
    }
    buf_add_char(out, '"');
}

void parameter_put(buf *out, const char *name, str value) {
    if (is_ascii(value) && value.n <= QUOTED_MAX) {
        put_quoted(out, name, value);
        return;
    }
    bool one = value.n <= PIECE / 3;
    int piece = 0;
    size_t cost = PIECE;
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     (c && strchr("-._~", c));
        if (cost + 3 > PIECE) {
            if (one)
                buf_add_fmt(out, ";\r\n %s*=utf-8''", name);
            else
                buf_add_fmt(out, ";\r\n %s*%d*=%s", name, piece, piece ? "" : "utf-8''");
            piece++;
            cost = 0;
        }
        if (plain)
            buf_add_char(out, (char)c);
        else
            put_hex(out, '%', c);
        cost += plain ? 1 : 3;
    }
}

void parameter_put_words(buf *out, const char *name, str value) {
    if (is_ascii(value)) {
        parameter_put(out, name, value);
        return;
    }
    buf_add(out, S(";\r\n "));
    buf_add_z(out, name);
    buf_add(out, S("=\""));
    /* The first word is glued to the quote, the others fold. */
    struct header_writer h = {out, 0};
    for (bool first = true; value.n; first = false) {
        size_t n = word_size(value, true, WORD_ROOM);
        if (first) {
            buf_add(out, S("=?utf-8?b?"));
            base64_run(out, str_slice(value, 0, n));
            buf_add(out, S("?="));
            h.column = FOLD_AT;
        } else {
            encoded_word(&h, str_slice(value, 0, n), true);
        }
        value = str_slice(value, n, value.n);
    }
    buf_add_char(out, '"');
}
