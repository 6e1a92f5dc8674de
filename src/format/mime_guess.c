#include "format/mime_guess.h"

enum { LOOKED_AT = 16 << 10, HIGH_MIN = 8, DISTINCT_MIN = 5 };

/* How the bytes above 127 stand. In Latin text they stand alone among ASCII letters; in other scripts words
 * are made of them; in two-byte charsets such words have even lengths. */
struct look {
    size_t high, in_runs;          /* of them, in runs of three and more */
    size_t runs, even_runs;        /* runs of two and more */
    size_t upper_half, lower_half; /* E0-FF, C0-DF */
    size_t distinct;
};

static struct look look_at(const unsigned char *p, size_t n) {
    struct look l = {0};
    bool seen[256] = {false};
    for (size_t i = 0; i < n;) {
        size_t from = i;
        for (; i < n && p[i] >= 0x80; i++) {
            l.upper_half += p[i] >= 0xE0;
            l.lower_half += p[i] >= 0xC0 && p[i] < 0xE0;
            l.distinct += !seen[p[i]];
            seen[p[i]] = true;
        }
        size_t run = i - from;
        l.high += run;
        if (run >= 3) l.in_runs += run;
        l.runs += run >= 2;
        l.even_runs += run >= 2 && run % 2 == 0;
        if (i < n) i++;
    }
    return l;
}

/* Pairs as a charset has them: how many there are, how many are of its commonest, and whether all fit. */
struct pairs {
    size_t n, common;
    bool fit;
};

typedef bool pair_fits(unsigned lead, unsigned trail, bool *ret_common);

static struct pairs count_pairs(const unsigned char *p, size_t n, pair_fits *fits) {
    struct pairs c = {.fit = true};
    for (size_t i = 0; i < n && c.fit; i++) {
        bool common = false;
        if (p[i] < 0x80) continue;
        if (i + 1 == n) break;
        c.fit = fits(p[i], p[i + 1], &common);
        c.n++;
        c.common += common;
        i++;
    }
    return c;
}

/* Kana: what no Japanese text is without. */
static bool euc_jp(unsigned lead, unsigned trail, bool *ret_common) {
    *ret_common = lead == 0xA4 || lead == 0xA5;
    return lead >= 0xA1 && lead <= 0xF4 && trail >= 0xA1;
}

/* Of the Hangul, in order of the alphabet: all of them. */
static bool euc_kr(unsigned lead, unsigned trail, bool *ret_common) {
    *ret_common = lead >= 0xB0 && lead <= 0xC8 && trail >= 0xA1;
    return lead >= 0x81 && lead <= 0xFE && trail >= 0x41;
}

/* The first level of GB 2312, in order of pronunciation: the 3,755 commonest. */
static bool gb(unsigned lead, unsigned trail, bool *ret_common) {
    *ret_common = lead >= 0xB0 && lead <= 0xD7 && trail >= 0xA1;
    return lead >= 0x81 && lead <= 0xFE && trail >= 0x40;
}

static bool big5(unsigned lead, unsigned trail, bool *ret_common) {
    *ret_common = lead >= 0xA4 && lead <= 0xC6;
    return lead >= 0x87 && lead <= 0xFE && ((trail >= 0x40 && trail <= 0x7E) || trail >= 0xA1);
}

/* Shift_JIS has single bytes between the pairs, and ASCII letters as second halves. */
static bool is_shift_jis(const unsigned char *p, size_t n) {
    size_t pairs = 0, kana = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned c = p[i];
        if (c < 0x80 || (c >= 0xA1 && c <= 0xDF)) continue;
        if (i + 1 == n) break;
        bool lead = (c >= 0x81 && c <= 0x9F) || (c >= 0xE0 && c <= 0xFC);
        if (!lead || p[i + 1] < 0x40 || p[i + 1] == 0x7F || p[i + 1] > 0xFC) return false;
        pairs++;
        kana += c == 0x82 || c == 0x83;
        i++;
    }
    return pairs >= 4 && kana * 4 >= pairs;
}

static const char *two_byte(const unsigned char *p, size_t n, const struct look *l) {
    struct pairs jp = count_pairs(p, n, euc_jp), kr = count_pairs(p, n, euc_kr), cn = count_pairs(p, n, gb),
                 tw = count_pairs(p, n, big5);
    if (is_shift_jis(p, n)) return "CP932";
    if (jp.fit && jp.common * 4 >= jp.n) return "EUC-JP";
    bool even = l->even_runs * 10 >= l->runs * 9 && l->runs;
    if (kr.fit && even && kr.common * 10 >= kr.n * 8) return "CP949";
    if (cn.fit && even && cn.common * 10 >= cn.n * 7) return "GB18030";
    /* Second halves below 80 hex part its runs. */
    if (tw.fit && !even && tw.common * 10 >= tw.n * 8) return "BIG5-HKSCS";
    return NULL;
}

const char *mime_guess(str bytes) {
    const unsigned char *p = (const unsigned char *)bytes.p;
    size_t n = bytes.n < LOOKED_AT ? bytes.n : LOOKED_AT;
    struct look l = look_at(p, n);
    if (!l.high) {
        bool japanese = str_find(str_slice(bytes, 0, n), S("\x1b$B"), 0) != SIZE_MAX ||
                        str_find(str_slice(bytes, 0, n), S("\x1b$@"), 0) != SIZE_MAX;
        return japanese ? "ISO-2022-JP-3" : NULL;
    }
    if (l.high < HIGH_MIN || l.distinct < DISTINCT_MIN) return NULL;
    /* Lines and frames are runs of few signs; words of another script are most of what is written. */
    bool words = l.in_runs * 10 >= l.high * 7;
    bool letters = (l.upper_half + l.lower_half) * 10 >= l.high * 9;
    bool even = l.even_runs * 10 >= l.runs * 9;
    if (words && letters && !even) return l.upper_half > l.lower_half ? "CP1251" : "KOI8-R";
    return words || is_shift_jis(p, n) ? two_byte(p, n, &l) : NULL;
}
