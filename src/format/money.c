#include "format/money.h"

#include <string.h>

/* ISO 4217, list one, without funds, metals and test codes; by exponent. */
static const char two[] =
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY "
    "COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR "
    "ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK "
    "MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP "
    "SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER "
    "ZAR ZMW ZWG";
static const struct {
    int exponent;
    const char *codes;
} tables[] = {{2, two},
              {0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"},
              {3, "BHD IQD JOD KWD LYD OMR TND"},
              {4, "UYW"}};

/* -1 when it is none. `code` is three capitals. */
static int exponent_of(const char *code) {
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const char *p = tables[i].codes; *p; p += p[3] ? 4 : 3)
            if (memcmp(p, code, 3) == 0) return tables[i].exponent;
    return -1;
}

err currency_from(str code, struct currency *ret_currency) {
    struct currency c = {0};
    code = str_trim(code);
    for (size_t i = 0; i < code.n && code.n == 3; i++) {
        char x = code.p[i];
        if (x >= 'a' && x <= 'z') x = (char)(x - 'a' + 'A');
        if (x < 'A' || x > 'Z') break;
        c.code[i] = x;
    }
    if (!c.code[0] || !c.code[1] || !c.code[2] || exponent_of(c.code) < 0)
        return err_set(ERR_INVALID,
                       "\"%.*s\" is not the code of a currency; write three letters, such as EUR.",
                       STR_FMT(str_clip_utf8(code, 20)));
    *ret_currency = c;
    return ERR_NONE;
}

bool currency_same(struct currency a, struct currency b) { return memcmp(a.code, b.code, 3) == 0; }

int money_exponent(struct currency c) {
    int e = c.code[0] && c.code[1] && c.code[2] ? exponent_of(c.code) : -1;
    return e < 0 ? 2 : e;
}

static err no_amount(str text) {
    return err_set(ERR_INVALID, "\"%.*s\" is not an amount; write it such as 3.99.",
                   STR_FMT(str_clip_utf8(text, 40)));
}

static bool is_letter(char x) { return (x >= 'a' && x <= 'z') || (x >= 'A' && x <= 'Z'); }

/* Take the code off either end. */
static err take_code(str *text, struct currency c) {
    str t = *text, code = S("");
    size_t n = 0;
    if (t.n && is_letter(t.p[0])) {
        while (n < t.n && is_letter(t.p[n])) n++;
        code = str_slice(t, 0, n);
        t = str_slice(t, n, t.n);
    } else if (t.n && is_letter(t.p[t.n - 1])) {
        while (n < t.n && is_letter(t.p[t.n - 1 - n])) n++;
        code = str_slice(t, t.n - n, t.n);
        t = str_slice(t, 0, t.n - n);
    }
    if (!code.n) return ERR_NONE;
    struct currency said;
    TRY(currency_from(code, &said));
    if (!currency_same(said, c))
        return err_set(ERR_INVALID, "This brand counts in %s, and the amount is in %s.", c.code, said.code);
    *text = str_trim(t);
    return ERR_NONE;
}

static err decimals_wrong(struct currency c, int exponent, str digits) {
    if (exponent == 0) return err_set(ERR_INVALID, "%s has no decimals.", c.code);
    if (digits.n == 3)
        return err_set(ERR_INVALID, "Write the amount without signs between thousands, such as 1234.50.");
    return err_set(ERR_INVALID, "%s has at most %d decimals.", c.code, exponent);
}

err money_parse(str text, struct currency c, int64_t *ret_minor) {
    str t = str_trim(text);
    TRY(take_code(&t, c));
    if (t.n && t.p[0] == '-') return err_set(ERR_INVALID, "The amount must not be negative.");
    size_t point = 0;
    while (point < t.n && t.p[point] != '.' && t.p[point] != ',') point++;
    bool has_point = point < t.n;
    str whole = str_slice(t, 0, point), part = str_slice(t, point + has_point, t.n);
    if (!whole.n || (has_point && !part.n)) return no_amount(text);
    for (size_t i = 0; i < t.n; i++)
        if ((i != point || !has_point) && (t.p[i] < '0' || t.p[i] > '9')) return no_amount(text);
    int exponent = money_exponent(c);
    if (has_point && part.n > (size_t)exponent) return decimals_wrong(c, exponent, part);
    int64_t minor = 0;
    for (size_t i = 0; i < whole.n + (size_t)exponent; i++) {
        char digit = '0';
        if (i < whole.n)
            digit = whole.p[i];
        else if (i - whole.n < part.n)
            digit = part.p[i - whole.n];
        minor = minor * 10 + (digit - '0');
        if (minor > MONEY_MAX) return err_set(ERR_LIMIT, "The amount is larger than a desk can count.");
    }
    *ret_minor = minor;
    return ERR_NONE;
}

/* The digits, at least one before the point, backwards into `to`; returns how many bytes. */
static size_t digits_of(uint64_t v, int exponent, char to[24]) {
    size_t n = 0;
    for (int i = 0; v || i <= exponent; i++, v /= 10) to[n++] = (char)('0' + v % 10);
    return n;
}

static str write_money(arena *a, int64_t minor, int exponent, const char *point, const char *between) {
    char back[24], *out = arena_alloc(a, 96);
    size_t n = digits_of(minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor, exponent, back), w = 0;
    size_t whole = n - (size_t)exponent;
    if (minor < 0) out[w++] = '-';
    for (size_t i = 0; i < n; i++) {
        const char *sign = i == whole ? point : i && i < whole && (whole - i) % 3 == 0 ? between : "";
        size_t len = strlen(sign);
        memcpy(out + w, sign, len);
        w += len;
        out[w++] = back[n - 1 - i];
    }
    return (str){out, w};
}

str money_number(arena *a, int64_t minor, struct currency c) {
    return write_money(a, minor, money_exponent(c), ".", "");
}

/* Languages that write a point; the others of Europe and Latin America write a comma. */
static bool writes_point(str language) {
    static const char *const tags[] = {"en", "ja", "zh", "ko", "th", "he",
                                       "hi", "ms", "ar", "fa", "cy", "ga"};
    if (!language.n) return true;
    str main = str_slice(language, 0, str_find_char(language, '-', 0));
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (str_eq_nocase(main, str_z(tags[i]))) return true;
    return str_eq_nocase(language, S("de-CH")) || str_eq_nocase(language, S("es-MX"));
}

str money_text(arena *a, int64_t minor, struct currency c, str language) {
    str number = write_money(a, minor, money_exponent(c), writes_point(language) ? "." : ",", "\xE2\x80\xAF");
    return str_fmt(a, "%.*s\xC2\xA0%s", STR_FMT(number), c.code);
}

err money_times(int64_t minor, int64_t quantity, int64_t *ret_minor) {
    int64_t product;
    if (minor < 0 || quantity < 0) return err_set(ERR_INVALID, "The amount must not be negative.");
    if (__builtin_mul_overflow(minor, quantity, &product) || product > MONEY_MAX)
        return err_set(ERR_LIMIT, "The amount is larger than a desk can count.");
    *ret_minor = product;
    return ERR_NONE;
}
