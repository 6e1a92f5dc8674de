#include "mail/imap_names.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/* The code point at the beginning of valid UTF-8; how long it is. */
static size_t decode_one(str s, uint32_t *ret_point) {
    unsigned char c = (unsigned char)s.p[0];
    size_t n = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    uint32_t point = n == 1 ? c : c & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++) point = point << 6 | ((unsigned char)s.p[i] & 0x3F);
    *ret_point = point;
    return n;
}

struct bits {
    uint32_t held;
    int n;
};

static void put_unit(struct bits *b, uint32_t unit, buf *out) {
    b->held = (b->held << 16 | unit);
    b->n += 16;
    while (b->n >= 6) {
        b->n -= 6;
        buf_add_char(out, digits[b->held >> b->n & 63]);
    }
    b->held &= (1u << b->n) - 1;
}

static bool plain(uint32_t point) { return point >= 0x20 && point <= 0x7E; }

bool imap_name_encode(str name, buf *out) {
    if (!str_is_utf8(name)) return false;
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] == '\0' || name.p[i] == '\r' || name.p[i] == '\n') return false;
    struct bits b = {0};
    bool shifted = false;
    for (size_t at = 0; at < name.n;) {
        uint32_t point;
        at += decode_one(str_slice(name, at, name.n), &point);
        if (plain(point)) {
            if (shifted) {
                if (b.n) buf_add_char(out, digits[b.held << (6 - b.n) & 63]);
                buf_add_char(out, '-');
            }
            shifted = false;
            buf_add_char(out, (char)point);
            if (point == '&') buf_add_char(out, '-');
            continue;
        }
        if (!shifted) {
            buf_add_char(out, '&');
            b = (struct bits){0};
            shifted = true;
        }
        if (point >= 0x10000) {
            put_unit(&b, 0xD800 + ((point - 0x10000) >> 10), out);
            point = 0xDC00 + ((point - 0x10000) & 0x3FF);
        }
        put_unit(&b, point, out);
    }
    if (shifted) {
        if (b.n) buf_add_char(out, digits[b.held << (6 - b.n) & 63]);
        buf_add_char(out, '-');
    }
    return true;
}

/* What stands between "&" and "-". False when it is not UTF-16 of what could not stand for itself. */
static bool decode_shifted(str text, buf *out) {
    uint32_t high = 0;
    struct bits b = {0};
    for (size_t i = 0; i < text.n; i++) {
        const char *digit = text.p[i] ? strchr(digits, text.p[i]) : NULL;
        if (!digit) return false;
        b.held = b.held << 6 | (uint32_t)(digit - digits);
        b.n += 6;
        if (b.n < 16) continue;
        b.n -= 16;
        uint32_t unit = b.held >> b.n & 0xFFFF;
        b.held &= (1u << b.n) - 1;
        bool low = unit >= 0xDC00 && unit < 0xE000;
        if ((high != 0) != low) return false;
        if (unit >= 0xD800 && unit < 0xDC00) {
            high = unit;
            continue;
        }
        if (low) unit = 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00);
        high = 0;
        if (plain(unit) || unit == 0 || unit == '\r' || unit == '\n') return false;
        buf_add_utf8(out, unit);
    }
    /* Fewer than six bits are left over, all of them 0. */
    return high == 0 && b.n < 6 && b.held == 0;
}

bool imap_name_decode(str name, buf *out) {
    size_t start = out->n;
    for (size_t at = 0; at < name.n; at++) {
        char c = name.p[at];
        bool good = plain((unsigned char)c);
        if (good && c == '&') {
            size_t end = str_find_char(name, '-', at);
            good = end != SIZE_MAX;
            if (good && end == at + 1)
                buf_add_char(out, '&');
            else if (good)
                good = decode_shifted(str_slice(name, at + 1, end), out);
            if (good) at = end;
        } else if (good)
            buf_add_char(out, c);
        if (!good) {
            out->n = start;
            return false;
        }
    }
    return true;
}

bool imap_name_quote(str name, buf *out) {
    BUF_AUTO buf coded = BUF_MAX(name.n * 6 + 16);
    if (!imap_name_encode(name, &coded) || !buf_ok(&coded)) return false;
    buf_add_char(out, '"');
    for (size_t i = 0; i < coded.n; i++) {
        if (coded.p[i] == '"' || coded.p[i] == '\\') buf_add_char(out, '\\');
        buf_add_char(out, coded.p[i]);
    }
    buf_add_char(out, '"');
    return true;
}
