#include "format/lots.h"

enum { QUANTITY_BYTES = 3 };

static void add_text(buf *to, str s) {
    s = str_clip_utf8(s, LOT_TEXT_MAX);
    buf_add_char(to, (char)(unsigned char)s.n);
    buf_add(to, s);
}

void lots_add(buf *to, const struct lot *lot) {
    int64_t left = lot->quantity < 0                  ? 0
                   : lot->quantity > LOT_QUANTITY_MAX ? LOT_QUANTITY_MAX
                                                      : lot->quantity;
    add_text(to, lot->part);
    add_text(to, lot->colour);
    add_text(to, lot->element);
    for (; left > 127; left >>= 7) buf_add_char(to, (char)(unsigned char)((left & 127) | 128));
    buf_add_char(to, (char)left);
}

static bool take_text(str *rest, str *ret) {
    if (!rest->n) return false;
    size_t n = (unsigned char)rest->p[0];
    if (rest->n < n + 1) return false;
    *ret = (str){rest->p + 1, n};
    *rest = (str){rest->p + 1 + n, rest->n - 1 - n};
    return true;
}

static bool take_quantity(str *rest, int64_t *ret) {
    int64_t n = 0;
    for (size_t i = 0; i < QUANTITY_BYTES && i < rest->n; i++) {
        unsigned char byte = (unsigned char)rest->p[i];
        n |= (int64_t)(byte & 127) << (7 * i);
        if (byte & 128) continue;
        *ret = n;
        *rest = (str){rest->p + i + 1, rest->n - i - 1};
        return n <= LOT_QUANTITY_MAX;
    }
    return false;
}

bool lots_next(str *rest, struct lot *ret) {
    if (!rest->n) return false;
    struct lot lot = {0};
    str left = *rest;
    if (!take_text(&left, &lot.part) || !take_text(&left, &lot.colour) || !take_text(&left, &lot.element) ||
        !take_quantity(&left, &lot.quantity))
        return false;
    *rest = left;
    *ret = lot;
    return true;
}

uint64_t lot_key(str part, str colour) {
    uint64_t h = str_hash(part) * UINT64_C(0x9E3779B97F4A7C15) ^ str_hash(colour);
    return h ? h : 1;
}
