#include "format/rfc3339.h"

enum { DAY = 86400 };

/* Days since 1970-01-01 in the Gregorian calendar and back (Howard Hinnant's days_from_civil). */
static int64_t days_of(int64_t y, int64_t m, int64_t d) {
    y -= m <= 2;
    int64_t era = y / 400, yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void civil_of(int64_t days, int64_t *y, int64_t *m, int64_t *d) {
    days += 719468;
    int64_t era = days / 146097, doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    *d = doy - (153 * mp + 2) / 5 + 1;
    *m = mp < 10 ? mp + 3 : mp - 9;
    *y = yoe + era * 400 + (*m <= 2);
}

/* `n` digits at `*at`. */
static bool digits(str s, size_t *at, int n, int64_t *ret) {
    int64_t v = 0;
    for (int i = 0; i < n; i++, (*at)++) {
        if (*at >= s.n || s.p[*at] < '0' || s.p[*at] > '9') return false;
        v = v * 10 + (s.p[*at] - '0');
    }
    *ret = v;
    return true;
}

static bool sign(str s, size_t *at, const char *any) {
    if (*at >= s.n) return false;
    for (; *any; any++)
        if (s.p[*at] == *any) return (*at)++, true;
    return false;
}

static int64_t decimals(str s, size_t *at) {
    int64_t ms = 0, weight = 100;
    for (; *at < s.n && s.p[*at] >= '0' && s.p[*at] <= '9'; (*at)++, weight /= 10)
        ms += weight * (s.p[*at] - '0');
    return ms;
}

static bool zone(str s, size_t *at, int64_t *ret_seconds) {
    int64_t h, m;
    if (sign(s, at, "Zz")) return *ret_seconds = 0, true;
    bool west = *at < s.n && s.p[*at] == '-';
    if (!sign(s, at, "+-") || !digits(s, at, 2, &h)) return false;
    sign(s, at, ":");
    if (!digits(s, at, 2, &m) || h > 23 || m > 59) return false;
    *ret_seconds = (west ? -1 : 1) * (h * 3600 + m * 60);
    return true;
}

bool rfc3339_read(str s, int64_t *ret_at) {
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t y, m, d, h, min, sec, off, ms = 0;
    size_t at = 0;
    if (!digits(s, &at, 4, &y) || !sign(s, &at, "-") || !digits(s, &at, 2, &m) || !sign(s, &at, "-") ||
        !digits(s, &at, 2, &d) || !sign(s, &at, "Tt ") || !digits(s, &at, 2, &h) || !sign(s, &at, ":") ||
        !digits(s, &at, 2, &min) || !sign(s, &at, ":") || !digits(s, &at, 2, &sec))
        return false;
    if (sign(s, &at, ".")) {
        if (at >= s.n || s.p[at] < '0' || s.p[at] > '9') return false;
        ms = decimals(s, &at);
    }
    if (!zone(s, &at, &off) || at != s.n) return false;
    if (y < 1970 || m < 1 || m > 12 || d < 1 || h > 23 || min > 59 || sec > 60) return false;
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    if (d > lengths[m - 1] + (m == 2 && leap)) return false;
    int64_t seconds = days_of(y, m, d) * DAY + h * 3600 + min * 60 + sec - off;
    if (seconds < 0) return false;
    *ret_at = seconds * 1000 + ms;
    return true;
}

str rfc3339_write(arena *a, int64_t at) {
    const int64_t last = 253402300799999;
    at = at < 0 ? 0 : at > last ? last : at;
    int64_t y, m, d, s = at / 1000 % DAY;
    civil_of(at / 1000 / DAY, &y, &m, &d);
    return str_fmt(a, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)y, (int)m, (int)d, (int)(s / 3600),
                   (int)(s / 60 % 60), (int)(s % 60), (int)(at % 1000));
}
