#include "format/idn.h"

#include <stdlib.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/buf.h"

/* RFC 3492, 5 */
enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, FIRST_BIAS = 72, FIRST_N = 128 };
enum { LABEL_BYTES = 63, POINTS_MAX = 1000 };

static bool is_ascii(str s) {
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80) return false;
    return true;
}

static uint32_t adapt(uint32_t delta, uint32_t points, bool first) {
    uint32_t k = 0;
    delta = first ? delta / DAMP : delta / 2;
    for (delta += delta / points; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE) delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static char digit(uint32_t d) { return (char)(d < 26 ? 'a' + d : '0' + (d - 26)); }

static void put_number(buf *out, uint32_t q, uint32_t bias) {
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
        if (q < t) break;
        buf_add_char(out, digit(t + (q - t) % (BASE - t)));
        q = (q - t) / (BASE - t);
    }
    buf_add_char(out, digit(q));
}

/* RFC 3492, 6.3. The points are at most POINTS_MAX, so nothing can overflow: 1,000 times 0x110000 fits. */
static void punycode(buf *out, const uint32_t *v, size_t count) {
    uint32_t n = FIRST_N, delta = 0, bias = FIRST_BIAS, done = 0;
    for (size_t i = 0; i < count; i++)
        if (v[i] < 0x80) buf_add_char(out, (char)v[i]), done++;
    uint32_t basic = done;
    if (basic) buf_add_char(out, '-');
    while (done < count) {
        uint32_t next = UINT32_MAX;
        for (size_t i = 0; i < count; i++)
            if (v[i] >= n && v[i] < next) next = v[i];
        delta += (next - n) * (done + 1);
        n = next;
        for (size_t i = 0; i < count; i++) {
            if (v[i] < n) delta++;
            if (v[i] != n) continue;
            put_number(out, delta, bias);
            bias = adapt(delta, done + 1, done == basic);
            delta = 0;
            done++;
        }
        delta++;
        n++;
    }
}

static bool may_stand(uint32_t c) {
    if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_N);
}

static bool put_label(buf *out, const uint32_t *v, size_t n) {
    size_t from = out->n;
    bool plain = true;
    if (!n || v[0] == '-' || v[n - 1] == '-') return false;
    for (size_t i = 0; i < n; i++) {
        if (!may_stand(v[i])) return false;
        plain = plain && v[i] < 0x80;
    }
    if (!plain) buf_add_z(out, "xn--");
    if (plain)
        for (size_t i = 0; i < n; i++) buf_add_char(out, (char)v[i]);
    else
        punycode(out, v, n);
    return out->n - from <= LABEL_BYTES;
}

/* Lower case, compatible forms made one, as points; freed by the caller. NULL for no UTF-8. */
static uint32_t *mapped(str domain, size_t *ret_n) {
    size_t n = 0, m = 0;
    uint8_t *low = u8_tolower((const uint8_t *)domain.p, domain.n, NULL, UNINORM_NFKC, NULL, &n);
    uint32_t *points = low ? u8_to_u32(low, n, NULL, &m) : NULL;
    free(low);
    *ret_n = m;
    return points;
}

static bool is_dot(uint32_t c) { return c == '.' || c == 0x3002; }

bool idn_to_ascii(arena *a, str domain, str *ret_ascii) {
    if (is_ascii(domain)) {
        *ret_ascii = domain;
        return true;
    }
    size_t n;
    uint32_t *v = mapped(domain, &n);
    BUF_AUTO buf out = BUF_MAX(1 << 16);
    bool good = v && n <= POINTS_MAX;
    for (size_t i = 0, from = 0; good && i <= n; i++) {
        if (i < n && !is_dot(v[i])) continue;
        good = put_label(&out, v + from, i - from);
        if (i < n) buf_add_char(&out, '.');
        from = i + 1;
    }
    free(v);
    if (!good || out.n > 253) return false;
    *ret_ascii = str_copy(a, buf_str(&out));
    return true;
}

bool idn_address(arena *a, str address, str *ret_address) {
    size_t at = address.n;
    while (at > 0 && address.p[at - 1] != '@') at--;
    str local = str_slice(address, 0, at), domain = str_slice(address, at, address.n), ascii;
    if (!at || !is_ascii(local)) {
        *ret_address = address;
        return true;
    }
    if (!idn_to_ascii(a, domain, &ascii)) return false;
    *ret_address = ascii.p == domain.p ? address : str_fmt(a, "%.*s%.*s", STR_FMT(local), STR_FMT(ascii));
    return true;
}
