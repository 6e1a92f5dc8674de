/* Calendar files (RFC 5545) as far as one line needs it: what, when, where, who calls. */
#include "base/clock.h"
#include "base/list.h"
#include "base/zone.h"
#include "format/about.h"
#include "format/mime_charset.h"

enum { LOOKED_AT = 1 << 20, LINES_MAX = 20000, ZONES_MAX = 32, RULES_MAX = 64 };

/* ---- content lines (3.1) ---- */

struct property {
    str name, parameters, value;
};
typedef LIST(struct property) property_list;

/* Folds may stand inside a character, so they are undone before the bytes are taken for text. */
static str unfolded(arena *a, str bytes) {
    char *out = arena_alloc(a, bytes.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < bytes.n; i++) {
        size_t end = i + (bytes.p[i] == '\r');
        bool fold = end + 1 < bytes.n && bytes.p[end] == '\n' &&
                    (bytes.p[end + 1] == ' ' || bytes.p[end + 1] == '\t');
        if (fold)
            i = end + 1;
        else
            out[n++] = bytes.p[i];
    }
    return (str){out, n};
}

/* NAME *(";" parameter) ":" value; a quoted parameter may hold both signs. */
static bool part_line(str line, struct property *ret) {
    size_t name = 0;
    while (name < line.n && line.p[name] != ';' && line.p[name] != ':') name++;
    bool quoted = false;
    size_t i = name;
    while (i < line.n && (quoted || line.p[i] != ':')) quoted ^= line.p[i++] == '"';
    if (!name || i == line.n) return false;
    ret->name = str_slice(line, 0, name);
    ret->parameters = str_slice(line, name, i);
    ret->value = str_slice(line, i + 1, line.n);
    return true;
}

static void lines_of(arena *a, str bytes, property_list *ret) {
    str whole = unfolded(a, str_slice(bytes, 0, LOOKED_AT));
    str rest = mime_clean(a, mime_to_utf8(a, whole, S("")), false), line;
    struct property p;
    while (ret->n < LINES_MAX && str_line(&rest, &line))
        if (part_line(line, &p)) *list_add(a, ret) = p;
}

/* ";TZID=Europe/Berlin;VALUE=DATE": the value of one of them, without quotes. */
static str parameter(const struct property *p, str name) {
    str rest = p->parameters;
    size_t from = 0;
    while (from < rest.n) {
        size_t end = from + 1;
        bool quoted = false;
        while (end < rest.n && (quoted || rest.p[end] != ';')) quoted ^= rest.p[end++] == '"';
        str piece = str_slice(rest, from + 1, end), key;
        from = end;
        if (!str_split(&piece, '=', &key) || !str_eq_nocase(key, name)) continue;
        bool ends = piece.n > 1 && piece.p[piece.n - 1] == '"';
        if (ends && piece.p[0] == '"') piece = str_slice(piece, 1, piece.n - 1);
        return piece;
    }
    return S("");
}

/* 3.3.11 */
static str text_of(arena *a, str value) {
    char *out = arena_alloc(a, value.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (c == '\\' && i + 1 < value.n) {
            c = value.p[++i];
            if (c == 'n' || c == 'N') c = ' ';
        }
        out[n++] = c;
    }
    return (str){out, n};
}

/* ---- times ---- */

/* As it is written: a calendar day, and a time of day unless it is a date alone. */
struct stamp {
    int year, month, day, seconds; /* of the day */
    bool has_time, utc;
};

static bool digits(str s, size_t from, size_t n, int *ret) {
    int64_t v;
    str part = str_slice(s, from, from + n);
    if (part.n != n || part.p[0] == '-' || !str_to_int(part, &v)) return false;
    *ret = (int)v;
    return true;
}

static bool stamp_of(str value, struct stamp *ret) {
    struct stamp s = {0};
    int hour, minute, second;
    if (!digits(value, 0, 4, &s.year) || !digits(value, 4, 2, &s.month) || !digits(value, 6, 2, &s.day))
        return false;
    if (s.year < 1900 || s.month < 1 || s.month > 12 || s.day < 1 || s.day > 31) return false;
    if (value.n >= 15 && value.p[8] == 'T') {
        if (!digits(value, 9, 2, &hour) || !digits(value, 11, 2, &minute) || !digits(value, 13, 2, &second))
            return false;
        if (hour > 23 || minute > 59 || second > 60) return false;
        s.seconds = hour * 3600 + minute * 60 + second;
        s.has_time = true;
        s.utc = value.n > 15 && value.p[15] == 'Z';
    }
    *ret = s;
    return true;
}

/* Seconds since 1970 as if it were written in UTC. */
static int64_t plain_seconds(const struct stamp *s) {
    return zone_days(s->year, s->month, s->day) * 86400 + s->seconds;
}

/* ---- zones that the file describes (3.6.5) ---- */

/* From when on which offset holds: once, or every year on the nth weekday of a month. */
struct rule {
    struct stamp starts;
    int offset; /* seconds east of UTC */
    int month, nth, weekday, until_year;
};
struct zone_in_file {
    str name;
    struct rule rules[RULES_MAX];
    int n;
};
typedef LIST(struct zone_in_file) zone_in_file_list;

/* "+0130", "-050000" */
static int offset_of(str value) {
    int hours, minutes;
    if (value.n < 5 || !digits(value, 1, 2, &hours) || !digits(value, 3, 2, &minutes)) return 0;
    int seconds = hours * 3600 + minutes * 60;
    return value.p[0] == '-' ? -seconds : seconds;
}

/* "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU;UNTIL=20301231T000000Z" */
static void read_repeat(str value, struct rule *r) {
    static const char *const names[] = {"SU", "MO", "TU", "WE", "TH", "FR", "SA"};
    str piece, key;
    while (str_split(&value, ';', &piece)) {
        if (!str_split(&piece, '=', &key)) continue;
        int64_t v;
        if (str_eq_nocase(key, S("BYMONTH")) && str_to_int(piece, &v) && v >= 1 && v <= 12) r->month = (int)v;
        if (str_eq_nocase(key, S("UNTIL"))) digits(piece, 0, 4, &r->until_year);
        if (!str_eq_nocase(key, S("BYDAY")) || piece.n < 2) continue;
        str number = str_slice(piece, 0, piece.n - 2), day = str_slice(piece, piece.n - 2, piece.n);
        if (number.n && number.p[0] == '+') number = str_slice(number, 1, number.n);
        for (int i = 0; i < 7; i++)
            if (str_eq_nocase(day, str_z(names[i]))) r->weekday = i;
        r->nth = str_to_int(number, &v) && v >= -5 && v <= 5 ? (int)v : 1;
    }
}

/* The day of the month on which the nth weekday falls. 1970-01-01 was a Thursday. */
static int nth_weekday(int year, int month, int nth, int weekday) {
    int64_t first = zone_days(year, month, 1), next = zone_days(year, month + 1, 1);
    int ahead = (int)(((weekday - (first + 4)) % 7 + 7) % 7);
    int day = 1 + ahead + (nth > 0 ? (nth - 1) * 7 : 0);
    if (nth < 0) {
        int last = 1 + ahead;
        while (last + 7 <= (int)(next - first)) last += 7;
        day = last + (nth + 1) * 7;
    }
    return day;
}

/* When it last began to hold before `at` (seconds as it is written); INT64_MIN for never. */
static int64_t last_began(const struct rule *r, int64_t at, int year) {
    int64_t first = plain_seconds(&r->starts);
    if (at < first) return INT64_MIN;
    if (!r->nth) return first;
    for (int y = year; y >= year - 1; y--) {
        if (r->until_year && y > r->until_year) continue;
        struct stamp s = r->starts;
        s.year = y;
        s.month = r->month ? r->month : s.month;
        s.day = nth_weekday(y, s.month, r->nth, r->weekday);
        int64_t began = plain_seconds(&s);
        if (began <= at && began >= first) return began;
    }
    return first;
}

static bool offset_at(const zone_in_file_list *zones, str name, const struct stamp *s, int *ret_offset) {
    for (size_t i = 0; i < zones->n; i++) {
        const struct zone_in_file *z = &zones->v[i];
        if (!str_eq(z->name, name) || !z->n) continue;
        int64_t best = INT64_MIN, at = plain_seconds(s);
        *ret_offset = z->rules[0].offset;
        for (int k = 0; k < z->n; k++) {
            int64_t began = last_began(&z->rules[k], at, s->year);
            if (began == INT64_MIN || began < best) continue;
            best = began;
            *ret_offset = z->rules[k].offset;
        }
        return true;
    }
    return false;
}

static void read_zone(const struct property *p, struct zone_in_file *z) {
    struct rule *r = z->n ? &z->rules[z->n - 1] : NULL;
    if (str_eq_nocase(p->name, S("TZID"))) z->name = p->value;
    if (str_eq_nocase(p->name, S("BEGIN")) && z->n < RULES_MAX)
        z->rules[z->n++] = (struct rule){.starts = {1970, 1, 1, 0, true, false}};
    if (!r) return;
    if (str_eq_nocase(p->name, S("DTSTART"))) stamp_of(p->value, &r->starts);
    if (str_eq_nocase(p->name, S("TZOFFSETTO"))) r->offset = offset_of(p->value);
    if (str_eq_nocase(p->name, S("RRULE"))) read_repeat(p->value, r);
}

/* ---- events (3.6.1) ---- */

struct event {
    struct about about;
    struct stamp from, until;
    str from_zone, until_zone;
    int64_t seconds; /* DURATION */
    bool has_from, has_until;
};

/* "P1DT2H30M", "P2W" */
static int64_t duration_of(str value) {
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = {{'W', 604800}, {'D', 86400}, {'H', 3600}, {'M', 60}, {'S', 1}};
    int64_t total = 0, number = 0;
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (c >= '0' && c <= '9') {
            number = number < 100000 ? number * 10 + (c - '0') : number;
            continue;
        }
        for (size_t k = 0; k < sizeof units / sizeof *units; k++)
            if (c == units[k].letter) total += number * units[k].seconds;
        number = 0;
    }
    return total;
}

static str organiser(arena *a, const struct property *p) {
    str name = parameter(p, S("CN")), address = p->value;
    if (str_starts_nocase(address, S("mailto:"))) address = str_slice(address, 7, address.n);
    return name.n && address.n ? str_fmt(a, "%.*s <%.*s>", STR_FMT(name), STR_FMT(address)) : address;
}

static void read_event(arena *a, const struct property *p, struct event *e) {
    if (str_eq_nocase(p->name, S("SUMMARY"))) e->about.subject = text_of(a, p->value);
    if (str_eq_nocase(p->name, S("LOCATION"))) e->about.where = text_of(a, p->value);
    if (str_eq_nocase(p->name, S("ORGANIZER"))) e->about.from = organiser(a, p);
    if (str_eq_nocase(p->name, S("RRULE"))) e->about.repeats = true;
    if (str_eq_nocase(p->name, S("DURATION"))) e->seconds = duration_of(p->value);
    if (str_eq_nocase(p->name, S("STATUS")) && str_eq_nocase(p->value, S("CANCELLED")))
        e->about.wish = ABOUT_CANCELS;
    if (str_eq_nocase(p->name, S("DTSTART"))) {
        e->has_from = stamp_of(p->value, &e->from);
        e->from_zone = parameter(p, S("TZID"));
    }
    if (str_eq_nocase(p->name, S("DTEND"))) {
        e->has_until = stamp_of(p->value, &e->until);
        e->until_zone = parameter(p, S("TZID"));
    }
}

static int64_t instant_of(const struct stamp *s, str zone, const zone_in_file_list *zones, bool *floating) {
    int64_t seconds = plain_seconds(s);
    int offset = 0;
    if (s->has_time && !s->utc && !offset_at(zones, zone, s, &offset)) *floating = true;
    return (seconds - offset) * SECOND_MS;
}

static void settle(struct event *e, const zone_in_file_list *zones) {
    struct about *x = &e->about;
    if (!e->has_from) return;
    x->all_day = !e->from.has_time;
    x->at = instant_of(&e->from, e->from_zone, zones, &x->floating);
    if (e->has_until)
        x->until = instant_of(&e->until, e->until_zone, zones, &x->floating);
    else if (e->seconds)
        x->until = x->at + e->seconds * SECOND_MS;
    /* The end of a day is the next one's beginning. */
    if (x->all_day && x->until) x->until -= DAY_MS;
    if (x->until <= x->at) x->until = 0;
}

struct calendar {
    arena *a;
    zone_in_file_list zones;
    struct event first, other;
    struct event *event;    /* within which this line stands; NULL none */
    struct zone_in_file *z; /* or within which zone */
    int events;
    about_wish wish;
};

static about_wish wish_of(str method) {
    if (str_eq_nocase(method, S("REQUEST"))) return ABOUT_INVITES;
    if (str_eq_nocase(method, S("CANCEL"))) return ABOUT_CANCELS;
    return str_eq_nocase(method, S("REPLY")) ? ABOUT_ANSWERS : ABOUT_INFORMS;
}

static void read_line(struct calendar *c, const struct property *p) {
    bool begins = str_eq_nocase(p->name, S("BEGIN")), ends = str_eq_nocase(p->name, S("END"));
    bool zone = str_eq_nocase(p->value, S("VTIMEZONE")), event = str_eq_nocase(p->value, S("VEVENT"));
    if (str_eq_nocase(p->name, S("METHOD"))) c->wish = wish_of(p->value);
    if (begins && zone && c->zones.n < ZONES_MAX) {
        c->z = list_add(c->a, &c->zones);
    } else if (ends && zone) {
        c->z = NULL;
    } else if (begins && event) {
        c->event = c->events++ ? &c->other : &c->first;
    } else if (ends && event) {
        c->event = NULL;
    } else if (c->z) {
        read_zone(p, c->z);
    } else if (c->event && begins) {
        c->event = NULL; /* an alarm has texts of its own */
    } else if (c->event) {
        read_event(c->a, p, c->event);
    }
}

bool calendar_about(arena *a, str bytes, struct about *ret) {
    property_list all = {0};
    struct calendar c = {.a = a};
    lines_of(a, bytes, &all);
    for (size_t i = 0; i < all.n; i++) read_line(&c, &all.v[i]);
    if (!c.events) return false;
    settle(&c.first, &c.zones);
    struct about x = c.first.about;
    x.kind = ABOUT_EVENT;
    if (x.wish != ABOUT_CANCELS) x.wish = c.wish;
    x.more = c.events - 1;
    *ret = x;
    return true;
}
