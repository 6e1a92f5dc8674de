#include <string.h>

#include "format/mime_header.h"

/* A date as the tokens in it: words, numbers, and signs glued to what follows. Order decides what they mean,
 * so that "Fri, 07 Oct 1994 16:15:05 -0700 (PDT)", "07-Oct-94 16:15", and "Fri Oct  7 16:15:05 1994" all
 * pass. */
struct moment {
    int year, month, day, hour, minute, second, zone; /* -1: not seen */
    bool zone_seen, afternoon, forenoon;
};

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

static int month_of(str word) {
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    if (word.n < 3) return -1;
    for (int m = 0; m < 12; m++)
        if (str_eq_nocase(str_slice(word, 0, 3), (str){names + m * 3, 3})) return m + 1;
    return -1;
}

/* RFC 5322, 4.3; single letters count as unknown, that is +0000. */
static bool zone_of(str word, int *ret_minutes) {
    static const struct {
        char name[5];
        int hours;
    } zones[] = {{"UT", 0},   {"GMT", 0},  {"UTC", 0},   {"Z", 0},    {"EST", -5}, {"EDT", -4}, {"CST", -6},
                 {"CDT", -5}, {"MST", -7}, {"MDT", -6},  {"PST", -8}, {"PDT", -7}, {"CET", 1},  {"CEST", 2},
                 {"MET", 1},  {"MEST", 2}, {"BST", 1},   {"EET", 2},  {"EEST", 3}, {"WET", 0},  {"WEST", 1},
                 {"MSK", 3},  {"JST", 9},  {"AEST", 10}, {"AEDT", 11}};
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        if (!str_eq_nocase(word, str_z(zones[i].name))) continue;
        *ret_minutes = zones[i].hours * 60;
        return true;
    }
    return false;
}

static int number(str digits) {
    int v = 0;
    for (size_t i = 0; i < digits.n && i < 8; i++) v = v * 10 + (digits.p[i] - '0');
    return v;
}

static str take(str *rest, bool (*of)(char)) {
    size_t n = 0;
    while (n < rest->n && of(rest->p[n])) n++;
    str out = str_slice(*rest, 0, n);
    *rest = str_slice(*rest, n, rest->n);
    return out;
}

static void skip_comment(str *rest) {
    int depth = 0;
    size_t i = 0;
    for (; i < rest->n; i++) {
        if (rest->p[i] == '(') depth++;
        if (rest->p[i] == ')' && --depth == 0) break;
    }
    *rest = str_slice(*rest, i + 1, rest->n);
}

/* After the digits of an hour: ":mm" and perhaps ":ss". */
static void take_time(struct moment *m, int hour, str *rest) {
    m->hour = hour;
    *rest = str_slice(*rest, 1, rest->n);
    m->minute = number(take(rest, is_digit));
    m->second = 0;
    if (rest->n > 1 && rest->p[0] == ':' && is_digit(rest->p[1])) {
        *rest = str_slice(*rest, 1, rest->n);
        m->second = number(take(rest, is_digit));
    }
    if (rest->n > 1 && rest->p[0] == '.' && is_digit(rest->p[1])) {
        *rest = str_slice(*rest, 1, rest->n);
        take(rest, is_digit);
    }
}

static void take_zone(struct moment *m, str *rest) {
    int sign = rest->p[0] == '-' ? -1 : 1;
    *rest = str_slice(*rest, 1, rest->n);
    str digits = take(rest, is_digit);
    int hours = number(str_slice(digits, 0, digits.n > 2 ? digits.n - 2 : digits.n));
    int minutes = digits.n > 2 ? number(str_slice(digits, digits.n - 2, digits.n)) : 0;
    if (digits.n <= 2 && rest->n > 2 && rest->p[0] == ':') {
        *rest = str_slice(*rest, 1, rest->n);
        minutes = number(take(rest, is_digit));
    }
    m->zone_seen = true;
    m->zone = hours <= 15 && minutes < 60 ? sign * (hours * 60 + minutes) : 0;
}

static void take_number(struct moment *m, str *rest) {
    str digits = take(rest, is_digit);
    int v = number(digits);
    if (rest->n && rest->p[0] == ':' && m->hour < 0) {
        take_time(m, v, rest);
    } else if (digits.n == 4 && m->year < 0) {
        m->year = v;
        /* 2024-02-03: the month and the day follow in digits. */
        if (m->month < 0 && rest->n > 5 && rest->p[0] == '-' && is_digit(rest->p[1])) {
            *rest = str_slice(*rest, 1, rest->n);
            m->month = number(take(rest, is_digit));
            if (rest->n && rest->p[0] == '-') *rest = str_slice(*rest, 1, rest->n);
            m->day = number(take(rest, is_digit));
        }
    } else if (digits.n <= 2 && m->day < 0) {
        m->day = v;
    } else if (m->year < 0 && digits.n <= 3) {
        /* RFC 5322, 4.3: years of two and three digits. */
        m->year = digits.n == 3 ? v + 1900 : v < 50 ? v + 2000 : v + 1900;
    }
}

static void take_word(struct moment *m, str *rest) {
    str word = take(rest, is_letter);
    int month = month_of(word), zone;
    if (m->month < 0 && month > 0) {
        m->month = month;
    } else if (m->hour >= 0 && str_eq_nocase(word, S("pm"))) {
        m->afternoon = true;
    } else if (m->hour >= 0 && str_eq_nocase(word, S("am"))) {
        m->forenoon = true;
    } else if (m->hour >= 0 && !m->zone_seen && zone_of(word, &zone)) {
        m->zone = zone;
        m->zone_seen = true;
        /* "GMT+0200": the offset after the name is what counts. */
        if (rest->n > 2 && (rest->p[0] == '+' || rest->p[0] == '-') && is_digit(rest->p[1]))
            m->zone_seen = false;
    }
}

/* Days since 1970-01-01 in the Gregorian calendar (Howard Hinnant's days_from_civil). */
static int64_t days(int year, int month, int day) {
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int month_days(int year, int month) {
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return lengths[month - 1] + (month == 2 && leap);
}

int64_t mime_date(str value, int *ret_zone_minutes) {
    struct moment m = {-1, -1, -1, -1, 0, 0, 0, false, false, false};
    str rest = str_slice(value, 0, 200);
    while (rest.n) {
        char c = rest.p[0];
        if (c == '(')
            skip_comment(&rest);
        else if (is_digit(c))
            take_number(&m, &rest);
        else if (is_letter(c))
            take_word(&m, &rest);
        else if ((c == '+' || c == '-') && m.hour >= 0 && !m.zone_seen && rest.n > 1 && is_digit(rest.p[1]))
            take_zone(&m, &rest);
        else
            rest = str_slice(rest, 1, rest.n);
    }
    if (m.afternoon && m.hour < 12) m.hour += 12;
    if (m.forenoon && m.hour == 12) m.hour = 0;
    if (m.hour < 0) m.hour = 0;
    bool good = m.year >= 1900 && m.year < 10000 && m.month >= 1 && m.month <= 12 && m.day >= 1 &&
                m.day <= month_days(m.year, m.month) && m.hour < 24 && m.minute < 60 && m.second <= 60;
    if (!good) return 0;
    int64_t seconds = days(m.year, m.month, m.day) * 86400 + m.hour * 3600 + m.minute * 60 + m.second;
    *ret_zone_minutes = m.zone;
    return (seconds - m.zone * 60) * 1000;
}
