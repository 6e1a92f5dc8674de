#include "web/page_out.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

enum { LINK_MAX = 8192, ARGS_MAX = 10 };

/* ---- bytes, text, numbers ---- */

void page_bytes(struct page_out *o, const char *markup, size_t n) { buf_add(o->out, (str){markup, n}); }
void page_put_str(struct page_out *o, str x) { html_escape(o->out, x); }
void page_put_z(struct page_out *o, const char *x) { html_escape(o->out, str_z(x)); }
void page_put_int(struct page_out *o, long long x) { buf_add_int(o->out, x); }

/* Two halves, since buf knows only signed numbers. */
void page_put_uint(struct page_out *o, unsigned long long x) {
    if (x >= 10) buf_add_int(o->out, (int64_t)(x / 10));
    buf_add_char(o->out, (char)('0' + x % 10));
}

void page_raw(struct page_out *o, struct safe_html x) { buf_add(o->out, x.html); }
void page_srcdoc(struct page_out *o, struct safe_html x) { html_escape(o->out, x.html); }

/* ---- URLs ---- */

static bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static void percent(buf *out, char c) {
    static const char digits[] = "0123456789ABCDEF";
    unsigned char byte = (unsigned char)c;
    buf_add_char(out, '%');
    buf_add_char(out, digits[byte >> 4]);
    buf_add_char(out, digits[byte & 15]);
}

void page_path_str(struct page_out *o, str x) {
    size_t from = 0;
    for (size_t i = 0; i < x.n; i++) {
        char c = x.p[i];
        if (is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~') continue;
        buf_add(o->out, str_slice(x, from, i));
        percent(o->out, c);
        from = i + 1;
    }
    buf_add(o->out, str_slice(x, from, x.n));
}

void page_path_z(struct page_out *o, const char *x) { page_path_str(o, str_z(x)); }

/* Browsers drop tab, CR and LF anywhere and control characters in front, then look for the scheme; so none
 * of them may stand before we look. "//host" is another host and needs its scheme written. */
static bool link_is_allowed(str url) {
    if (url.n == 0 || url.n > LINK_MAX) return false;
    for (size_t i = 0; i < url.n; i++)
        if ((unsigned char)url.p[i] < 0x20 || url.p[i] == 0x7f) return false;
    if (str_starts_nocase(url, S("http://")) || str_starts_nocase(url, S("https://")) ||
        str_starts_nocase(url, S("mailto:")))
        return true;
    for (size_t i = 0; i < url.n && !strchr("/?#", url.p[i]); i++)
        if (url.p[i] == ':' || url.p[i] == '\\') return false;
    /* A backslash counts as a slash there. */
    return !(url.n > 1 && (url.p[0] == '/' || url.p[0] == '\\') && (url.p[1] == '/' || url.p[1] == '\\'));
}

void page_link(struct page_out *o, str url) {
    url = str_trim(url);
    if (!link_is_allowed(url)) {
        buf_add_char(o->out, '#');
        return;
    }
    size_t from = 0;
    for (size_t i = 0; i < url.n; i++) {
        char c = url.p[i];
        bool encoded = c == '%' && i + 2 < url.n && is_hex(url.p[i + 1]) && is_hex(url.p[i + 2]);
        if (encoded || is_alnum(c) || (c && strchr("-._~:/?#[]@!$()*+,;=", c))) continue;
        buf_add(o->out, str_slice(url, from, i));
        if (c == '&' || c == '\'')
            html_escape(o->out, (str){&c, 1});
        else
            percent(o->out, c);
        from = i + 1;
    }
    buf_add(o->out, str_slice(url, from, url.n));
}

/* ---- JSON inside HTML ---- */

void page_json_str(struct page_out *o, str x) {
    buf_add_z(o->out, "&quot;");
    for (size_t i = 0; i < x.n; i++) {
        unsigned char c = (unsigned char)x.p[i];
        if (c < 0x20)
            buf_add_fmt(o->out, "\\u%04x", c);
        else if (c == '"' || c == '\\')
            buf_add_z(o->out, c == '"' ? "\\&quot;" : "\\\\");
        else
            html_escape(o->out, (str){x.p + i, 1});
    }
    buf_add_z(o->out, "&quot;");
}

void page_json_z(struct page_out *o, const char *x) { page_json_str(o, str_z(x)); }

/* ---- translated text ---- */

struct page_arg page_arg_str(str x) {
    return (struct page_arg){.text = x};
}
struct page_arg page_arg_z(const char *x) {
    return (struct page_arg){.text = str_z(x)};
}

struct page_arg page_arg_int(long long x) {
    struct page_arg a = {.text = {NULL, 0}};
    snprintf(a.digits, sizeof a.digits, "%lld", x);
    return a;
}

struct page_arg page_arg_uint(unsigned long long x) {
    struct page_arg a = {.text = {NULL, 0}};
    snprintf(a.digits, sizeof a.digits, "%llu", x);
    return a;
}

/* Text and arguments are escaped piece by piece, in the order of the translation. */
static void put_filled(struct page_out *o, str text, int nargs, const struct page_arg *args) {
    size_t from = 0;
    for (size_t i = 0; i + 2 < text.n; i++) {
        int k = text.p[i] == '{' && text.p[i + 2] == '}' ? text.p[i + 1] - '0' : -1;
        if (k < 0 || k >= nargs || k >= ARGS_MAX) continue;
        html_escape(o->out, str_slice(text, from, i));
        html_escape(o->out, args[k].digits[0] ? str_z(args[k].digits) : args[k].text);
        from = i + 3;
        i += 2;
    }
    html_escape(o->out, str_slice(text, from, text.n));
}

void page_text(struct page_out *o, const char *msgid, int nargs, const struct page_arg *args) {
    put_filled(o, lang_text(o->lang, msgid), nargs, args);
}

void page_plural(struct page_out *o, int64_t n, const char *one, const char *many, int nargs,
                 const struct page_arg *args) {
    put_filled(o, lang_plural(o->lang, n, one, many), nargs, args);
}

/* ---- times, spans, sizes ---- */

static const char *const weekdays[] = {T("Sunday"),   T("Monday"), T("Tuesday"), T("Wednesday"),
                                       T("Thursday"), T("Friday"), T("Saturday")};
static const char *const months[] = {T("January"),   T("February"), T("March"),    T("April"),
                                     T("May"),       T("June"),     T("July"),     T("August"),
                                     T("September"), T("October"),  T("November"), T("December")};

/* `text` with its arguments in the next scratch line, cut at a letter's end when a translation is long. */
static str scratch(struct page_out *o, str text, const str *args, int nargs) {
    BUF_AUTO buf full = BUF_MAX(4096);
    lang_fill(&full, text, args, nargs);
    str s = str_clip_utf8(buf_str(&full), PAGE_SCRATCH_BYTES);
    char *line = o->scratch[o->next_scratch++ % PAGE_SCRATCH];
    memcpy(line, s.p, s.n);
    return (str){line, s.n};
}

struct digits {
    char z[24];
};

/* By hand, as buf_add_int is: a list says how long each of fifty people waited. */
static str number(struct digits *d, int64_t v) {
    size_t at = sizeof d->z;
    uint64_t rest = v < 0 ? -(uint64_t)v : (uint64_t)v;
    do {
        d->z[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (v < 0) d->z[--at] = '-';
    return (str){d->z + at, sizeof d->z - at};
}

static str clock_text(const struct local_time *l, char z[8]) {
    int hour = l->hour % 24, minute = l->minute % 60;
    z[0] = (char)('0' + hour / 10), z[1] = (char)('0' + hour % 10), z[2] = ':';
    z[3] = (char)('0' + minute / 10), z[4] = (char)('0' + minute % 10);
    return (str){z, 5};
}

static int64_t day_number(const struct local_time *l) { return zone_days(l->year, l->month, l->day); }

str page_when_text(struct page_out *o, int64_t at) {
    if (at == 0) return S("");
    struct local_time l, today;
    zone_local(o->zone, at, &l);
    zone_local(o->zone, o->now, &today);
    char z[8];
    struct digits day, year;
    str time = clock_text(&l, z);
    int64_t days_ago = day_number(&today) - day_number(&l);
    if (days_ago == 0) return scratch(o, time, NULL, 0);
    if (days_ago > 0 && days_ago <= 6)
        return scratch(o, lang_text(o->lang, /* l10n: weekday, time */ T("{0} {1}")),
                       (str[]){lang_text(o->lang, weekdays[l.weekday]), time}, 2);
    str month = lang_text(o->lang, months[l.month - 1]), number_of_day = number(&day, l.day);
    if (l.year == today.year)
        return scratch(o, lang_text(o->lang, /* l10n: day, month, time */ T("{0} {1}, {2}")),
                       (str[]){number_of_day, month, time}, 3);
    return scratch(o, lang_text(o->lang, /* l10n: day, month, year */ T("{0} {1} {2}")),
                   (str[]){number_of_day, month, number(&year, l.year)}, 3);
}

str page_day_text(struct page_out *o, int64_t at) {
    if (at == 0) return S("");
    struct local_time l, today;
    zone_local(o->zone, at, &l);
    zone_local(o->zone, o->now, &today);
    struct digits day, year;
    str month = lang_text(o->lang, months[l.month - 1]), number_of_day = number(&day, l.day);
    if (l.year == today.year)
        return scratch(o, lang_text(o->lang, /* l10n: weekday, day, month */ T("{0}, {1} {2}")),
                       (str[]){lang_text(o->lang, weekdays[l.weekday]), number_of_day, month}, 3);
    return scratch(o, lang_text(o->lang, T("{0} {1} {2}")),
                   (str[]){number_of_day, month, number(&year, l.year)}, 3);
}

str page_waited_text(struct page_out *o, int64_t ms) {
    if (ms < MINUTE_MS) return scratch(o, lang_text(o->lang, T("under a minute")), NULL, 0);
    int64_t days = ms / DAY_MS, hours = ms / HOUR_MS % 24, minutes = ms / MINUTE_MS % 60;
    const char *text;
    int64_t first, second;
    if (days) {
        text = hours ? /* l10n: days, hours */ T("{0} d {1} h") : T("{0} d");
        first = days, second = hours;
    } else if (hours) {
        text = minutes ? /* l10n: hours, minutes */ T("{0} h {1} min") : T("{0} h");
        first = hours, second = minutes;
    } else {
        text = T("{0} min");
        first = minutes, second = 0;
    }
    struct digits a, b;
    return scratch(o, lang_text(o->lang, text), (str[]){number(&a, first), number(&b, second)}, 2);
}

str page_count_text(struct page_out *o, int64_t n) {
    struct digits d;
    BUF_AUTO buf b = BUF_MAX(200);
    str all = number(&d, n), comma = lang_text(o->lang, /* l10n: between thousands, as in 1,873 */ T(","));
    for (size_t i = 0; i < all.n; i++) {
        bool part = i && (all.n - i) % 3 == 0 && all.p[i - 1] != '-';
        if (part) buf_add(&b, comma);
        buf_add_char(&b, all.p[i]);
    }
    return scratch(o, buf_str(&b), NULL, 0);
}

str page_size_text(struct page_out *o, int64_t bytes) {
    static const char *const whole[] = {T("{0} KB"), T("{0} MB"), T("{0} GB"), T("{0} TB")};
    /* l10n: size with one decimal: whole part, tenths */
    static const char *const tenths[] = {T("{0}.{1} KB"), T("{0}.{1} MB"), T("{0}.{1} GB"), T("{0}.{1} TB")};
    static const int64_t largest = 1000000 * INT64_C(1000000000000);
    struct digits a, b;
    if (bytes < 0) bytes = 0;
    if (bytes > largest) bytes = largest;
    if (bytes < 1000)
        return scratch(o, lang_plural(o->lang, bytes, TN("{0} byte", "{0} bytes")),
                       (str[]){number(&a, bytes)}, 1);
    int unit = 0;
    int64_t one = 1000;
    for (; unit < 3 && bytes >= one * 1000 - one / 2; unit++) one *= 1000;
    int64_t tenth = (bytes + one / 20) / (one / 10);
    if (tenth < 100)
        return scratch(o, lang_text(o->lang, tenths[unit]),
                       (str[]){number(&a, tenth / 10), number(&b, tenth % 10)}, 2);
    return scratch(o, lang_text(o->lang, whole[unit]), (str[]){number(&a, (bytes + one / 2) / one)}, 1);
}

void page_when(struct page_out *o, int64_t at) {
    if (at == 0) return;
    struct local_time l;
    zone_local(o->zone, at, &l);
    int offset = l.offset_minutes < 0 ? -l.offset_minutes : l.offset_minutes;
    buf_add_fmt(o->out, "<time datetime=\"%04lld-%02d-%02dT%02d:%02d:%02d%c%02d:%02d\">", (long long)l.year,
                l.month, l.day, l.hour, l.minute, l.second, l.offset_minutes < 0 ? '-' : '+', offset / 60,
                offset % 60);
    page_put_str(o, page_when_text(o, at));
    buf_add_z(o->out, "</time>");
}

void page_day(struct page_out *o, int64_t at) {
    if (at == 0) return;
    struct local_time l;
    zone_local(o->zone, at, &l);
    buf_add_fmt(o->out, "<time datetime=\"%04lld-%02d-%02d\">", (long long)l.year, l.month, l.day);
    page_put_str(o, page_day_text(o, at));
    buf_add_z(o->out, "</time>");
}

void page_waited(struct page_out *o, int64_t ms) { page_put_str(o, page_waited_text(o, ms)); }
void page_size(struct page_out *o, int64_t bytes) { page_put_str(o, page_size_text(o, bytes)); }
