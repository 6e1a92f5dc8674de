#include "base/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILE_MAX = 256 * 1024,
    NAME_MAX_BYTES = 64,
    ZONES_MAX = 1000,
    HEADER_BYTES = 44,
    TYPES_MAX = 256,
    TIMES_MAX = 8192,
    DAY_S = 86400,
};

struct zone_type {
    int32_t offset; /* seconds east of UTC */
    char abbreviation[12];
};

/* The day and time of a yearly change, POSIX.1 TZ: Jn, n or Mm.w.d, then /time. */
enum rule_kind { RULE_JULIAN, RULE_DAY, RULE_WEEKDAY };
struct zone_change {
    enum rule_kind kind;
    int month, week, day;
    int32_t time; /* seconds after local midnight, -167 h to 167 h */
};

struct zone {
    str name;
    size_t n;          /* transitions */
    const int64_t *at; /* seconds, ascending */
    const uint8_t *type_of;
    const struct zone_type *types; /* types[0] holds before the first transition */
    /* After the last transition: */
    bool has_rule, has_summer;
    struct zone_type standard, summer;
    struct zone_change summer_begins, summer_ends;
};

static const struct zone_type utc_type = {0, "UTC"};
static const struct zone utc = {.name = {"UTC", 3}, .types = &utc_type};
const struct zone *const zone_utc = &utc;

str zone_name(const struct zone *z) { return z ? z->name : utc.name; }

/* ---- the calendar (Howard Hinnant, "chrono-compatible low-level date algorithms") ---- */

int64_t zone_days(int64_t year, int month, int64_t day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468 + day - 1;
}

static void civil(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day) {
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *ret_day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *ret_month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *ret_year = year_of_era + era * 400 + (*ret_month <= 2);
}

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }
static bool is_leap(int64_t y) { return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0; }
static int weekday_of(int64_t days) { return (int)(((days + 4) % 7 + 7) % 7); }

/* ---- the yearly rule ---- */

/* Local seconds since 1970 of a change in a year. */
static int64_t change_at(const struct zone_change *c, int64_t year) {
    int64_t first = zone_days(year, 1, 1), days = first;
    switch (c->kind) {
    case RULE_JULIAN: days = first + c->day - 1 + (is_leap(year) && c->day >= 60); break;
    case RULE_DAY: days = first + c->day; break;
    case RULE_WEEKDAY: {
        days = zone_days(year, c->month, 1);
        int64_t next = c->month == 12 ? zone_days(year + 1, 1, 1) : zone_days(year, c->month + 1, 1);
        days += (c->day - weekday_of(days) + 7) % 7 + (c->week - 1) * 7;
        if (days >= next) days -= 7;
        break;
    }
    }
    return days * DAY_S + c->time;
}

static const struct zone_type *type_by_rule(const struct zone *z, int64_t t) {
    if (!z->has_summer) return &z->standard;
    int64_t year;
    int month, day;
    civil(floor_div(t + z->standard.offset, DAY_S), &year, &month, &day);
    int64_t begins = change_at(&z->summer_begins, year) - z->standard.offset;
    int64_t ends = change_at(&z->summer_ends, year) - z->summer.offset;
    bool summer = begins < ends ? t >= begins && t < ends : t >= begins || t < ends;
    return summer ? &z->summer : &z->standard;
}

static const struct zone_type *type_at(const struct zone *z, int64_t t) {
    if (z->n == 0 || t >= z->at[z->n - 1]) {
        if (z->has_rule) return type_by_rule(z, t);
        return &z->types[z->n ? z->type_of[z->n - 1] : 0];
    }
    if (t < z->at[0]) return &z->types[0];
    size_t low = 0, high = z->n - 1; /* at[low] <= t < at[high] */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (z->at[middle] <= t)
            low = middle;
        else
            high = middle;
    }
    return &z->types[z->type_of[low]];
}

void zone_local(const struct zone *z, int64_t at_ms, struct local_time *ret_local) {
    if (!z) z = zone_utc;
    int64_t t = floor_div(at_ms, 1000);
    const struct zone_type *type = type_at(z, t);
    struct local_time l = {.offset_minutes = type->offset / 60};
    t += type->offset;
    int64_t days = floor_div(t, DAY_S);
    int left = (int)(t - days * DAY_S);
    civil(days, &l.year, &l.month, &l.day);
    l.hour = left / 3600;
    l.minute = left / 60 % 60;
    l.second = left % 60;
    l.weekday = weekday_of(days);
    memcpy(l.abbreviation, type->abbreviation, sizeof l.abbreviation);
    *ret_local = l;
}

int64_t zone_instant(const struct zone *z, int year, int month, int day, int hour, int minute) {
    if (!z) z = zone_utc;
    int64_t months = (int64_t)year * 12 + month - 1;
    int64_t y = floor_div(months, 12);
    int m = (int)(months - y * 12) + 1;
    if (y < -9999) y = -9999;
    if (y > 9999) y = 9999;
    int64_t local = zone_days(y, m, day) * DAY_S + (int64_t)hour * 3600 + (int64_t)minute * 60;
    /* Offsets a day before and after: between them lies at most one change of clocks. */
    int64_t before = type_at(z, local - DAY_S)->offset, after = type_at(z, local + DAY_S)->offset;
    int64_t first = local - before, second = local - after;
    bool first_fits = type_at(z, first)->offset == before, second_fits = type_at(z, second)->offset == after;
    int64_t t = first; /* in a gap the old offset leads past it */
    if (first_fits && second_fits)
        t = first < second ? first : second;
    else if (second_fits)
        t = second;
    return t * 1000;
}

/* ---- zone files ---- */

struct reader {
    const unsigned char *p;
    size_t n;
};

static int64_t big_endian(const unsigned char *p, int bytes) {
    uint64_t v = 0;
    for (int i = 0; i < bytes; i++) v = v << 8 | p[i];
    return bytes == 4 ? (int64_t)(int32_t)(uint32_t)v : (int64_t)v;
}

static err broken(str name, const char *why) {
    return err_set(ERR_INVALID, "The zone file %.*s cannot be used: %s.", STR_FMT(name), why);
}

struct header {
    int version;
    int64_t utc_count, std_count, leap_count, time_count, type_count, char_count;
};

static bool read_header(struct reader *r, struct header *ret) {
    if (r->n < HEADER_BYTES || memcmp(r->p, "TZif", 4) != 0) return false;
    const unsigned char *p = r->p;
    *ret = (struct header){
        .version = p[4] == 0 ? 1 : p[4] - '0',
        .utc_count = big_endian(p + 20, 4),
        .std_count = big_endian(p + 24, 4),
        .leap_count = big_endian(p + 28, 4),
        .time_count = big_endian(p + 32, 4),
        .type_count = big_endian(p + 36, 4),
        .char_count = big_endian(p + 40, 4),
    };
    r->p += HEADER_BYTES;
    r->n -= HEADER_BYTES;
    const int64_t counts[] = {ret->utc_count,  ret->std_count,  ret->leap_count,
                              ret->time_count, ret->type_count, ret->char_count};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        if (counts[i] < 0 || counts[i] > FILE_MAX) return false;
    return ret->version >= 1 && ret->version <= 9;
}

static size_t data_bytes(const struct header *h, int time_bytes) {
    return (size_t)(h->time_count * (time_bytes + 1) + h->type_count * 6 + h->char_count +
                    h->leap_count * (time_bytes + 4) + h->std_count + h->utc_count);
}

static bool read_types(arena *a, const unsigned char *p, const char *names, const struct header *h,
                       struct zone *z) {
    struct zone_type *types = arena_array(a, (size_t)h->type_count, sizeof *types);
    for (int64_t i = 0; i < h->type_count; i++, p += 6) {
        int64_t offset = big_endian(p, 4);
        if (offset < -25 * 3600 || offset > 26 * 3600 || p[5] >= h->char_count) return false;
        types[i].offset = (int32_t)offset;
        size_t n = strnlen(names + p[5], (size_t)h->char_count - p[5]);
        if (n >= sizeof types[i].abbreviation || p[5] + n >= (size_t)h->char_count) return false;
        memcpy(types[i].abbreviation, names + p[5], n);
    }
    z->types = types;
    return true;
}

static bool read_data(arena *a, struct reader *r, const struct header *h, int time_bytes, struct zone *z) {
    if (h->type_count < 1 || h->type_count > TYPES_MAX || h->time_count > TIMES_MAX || h->char_count < 1)
        return false;
    size_t n = (size_t)h->time_count, bytes = data_bytes(h, time_bytes);
    if (r->n < bytes) return false;
    const unsigned char *times = r->p, *indexes = times + n * (size_t)time_bytes, *types = indexes + n;
    if (!read_types(a, types, (const char *)types + h->type_count * 6, h, z)) return false;
    int64_t *at = arena_array(a, n, sizeof *at);
    uint8_t *type_of = arena_array(a, n, 1);
    for (size_t i = 0; i < n; i++) {
        at[i] = big_endian(times + i * (size_t)time_bytes, time_bytes);
        type_of[i] = indexes[i];
        if (type_of[i] >= h->type_count || (i && at[i] <= at[i - 1])) return false;
    }
    z->at = at;
    z->type_of = type_of;
    z->n = n;
    r->p += bytes;
    r->n -= bytes;
    return true;
}

/* ---- the footer: a POSIX TZ string ---- */

static bool take(str *s, char c) {
    if (!s->n || s->p[0] != c) return false;
    *s = str_slice(*s, 1, s->n);
    return true;
}

static bool take_number(str *s, int low, int high, int *ret) {
    int v = 0;
    size_t i = 0;
    for (; i < s->n && i < 4 && s->p[i] >= '0' && s->p[i] <= '9'; i++) v = v * 10 + (s->p[i] - '0');
    if (i == 0 || v < low || v > high) return false;
    *s = str_slice(*s, i, s->n);
    *ret = v;
    return true;
}

static bool take_time(str *s, int max_hours, int32_t *ret) {
    int hours = 0, minutes = 0, seconds = 0;
    bool minus = take(s, '-');
    if (!minus) take(s, '+');
    if (!take_number(s, 0, max_hours, &hours)) return false;
    if (take(s, ':') &&
        (!take_number(s, 0, 59, &minutes) || (take(s, ':') && !take_number(s, 0, 59, &seconds))))
        return false;
    int32_t t = hours * 3600 + minutes * 60 + seconds;
    *ret = minus ? -t : t;
    return true;
}

static bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static bool take_abbreviation(str *s, struct zone_type *ret) {
    bool quoted = take(s, '<');
    size_t n = 0;
    while (n < s->n && (quoted ? s->p[n] != '>' : is_alpha(s->p[n]))) n++;
    if (n < 3 || n >= sizeof ret->abbreviation) return false;
    for (size_t i = 0; i < n; i++)
        if (!is_alpha(s->p[i]) && !(s->p[i] >= '0' && s->p[i] <= '9') && s->p[i] != '+' && s->p[i] != '-')
            return false;
    memcpy(ret->abbreviation, s->p, n);
    *s = str_slice(*s, n, s->n);
    return !quoted || take(s, '>');
}

static bool take_change(str *s, struct zone_change *ret) {
    if (!take(s, ',')) return false;
    ret->time = 2 * 3600;
    bool ok;
    if (take(s, 'J')) {
        ret->kind = RULE_JULIAN;
        ok = take_number(s, 1, 365, &ret->day);
    } else if (take(s, 'M')) {
        ret->kind = RULE_WEEKDAY;
        ok = take_number(s, 1, 12, &ret->month) && take(s, '.') && take_number(s, 1, 5, &ret->week) &&
             take(s, '.') && take_number(s, 0, 6, &ret->day);
    } else {
        ret->kind = RULE_DAY;
        ok = take_number(s, 0, 365, &ret->day);
    }
    return ok && (!take(s, '/') || take_time(s, 167, &ret->time));
}

static bool read_footer(str s, struct zone *z) {
    if (s.n == 0) return true;
    int32_t west;
    if (!take_abbreviation(&s, &z->standard) || !take_time(&s, 24, &west)) return false;
    z->standard.offset = -west;
    z->has_rule = true;
    if (s.n == 0) return true;
    if (!take_abbreviation(&s, &z->summer)) return false;
    z->summer.offset = z->standard.offset + 3600;
    if (s.n && s.p[0] != ',') {
        if (!take_time(&s, 24, &west)) return false;
        z->summer.offset = -west;
    }
    z->has_summer = true;
    return take_change(&s, &z->summer_begins) && take_change(&s, &z->summer_ends) && s.n == 0;
}

err zone_parse(arena *a, str name, str bytes, const struct zone **ret_zone) {
    if (bytes.n > FILE_MAX) return broken(name, "it is above 256 KB");
    struct reader r = {(const unsigned char *)bytes.p, bytes.n};
    struct header h;
    if (!read_header(&r, &h)) return broken(name, "it is no TZif file");
    struct zone *z = arena_alloc(a, sizeof *z);
    int time_bytes = 4;
    if (h.version >= 2) { /* the first block is for old readers */
        size_t skip = data_bytes(&h, 4);
        if (r.n < skip) return broken(name, "it is cut short");
        r.p += skip;
        r.n -= skip;
        time_bytes = 8;
        if (!read_header(&r, &h)) return broken(name, "its second part is missing");
    }
    if (h.leap_count) return broken(name, "it counts leap seconds");
    if (!read_data(a, &r, &h, time_bytes, z)) return broken(name, "its tables are broken");
    if (time_bytes == 8) {
        str footer = {(const char *)r.p, r.n};
        size_t end = footer.n ? str_find_char(footer, '\n', 1) : SIZE_MAX;
        if (!take(&footer, '\n') || end == SIZE_MAX || !read_footer(str_slice(footer, 0, end - 1), z))
            return broken(name, "its last line is broken");
    }
    z->name = str_copy(a, name);
    *ret_zone = z;
    return ERR_NONE;
}

/* ---- loading ---- */

static struct {
    pthread_mutex_t lock;
    arena *memory; /* for the life of the program */
    const struct zone *zone[ZONES_MAX];
    size_t n;
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool is_zone_name(str name) {
    if (name.n == 0 || name.n > NAME_MAX_BYTES || name.p[0] == '/' || str_starts(name, S("right/")))
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!is_alpha(c) && !(c >= '0' && c <= '9') && c != '_' && c != '+' && c != '-' && c != '/')
            return false;
    }
    return true;
}

static err read_zone_file(arena *a, str name, str *ret_bytes) {
    char path[sizeof "/usr/share/zoneinfo/" + NAME_MAX_BYTES];
    int n = snprintf(path, sizeof path, "/usr/share/zoneinfo/%.*s", (int)name.n, name.p);
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(ERR_INVALID, "The name of the time zone is too long.");
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return err_set(ERR_MISSING, "The system has no time zone %.*s.", STR_FMT(name));
    if (fd < 0) return err_set(ERR_IO, "Cannot read the time zone %.*s: %m.", STR_FMT(name));
    struct stat st;
    size_t size = 0;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX) {
        close(fd);
        return broken(name, "it is no file of at most 256 KB");
    }
    char *p = arena_alloc(a, (size_t)st.st_size);
    while (size < (size_t)st.st_size) {
        ssize_t got = read(fd, p + size, (size_t)st.st_size - size);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        size += (size_t)got;
    }
    close(fd);
    *ret_bytes = (str){p, size};
    return ERR_NONE;
}

static err load_locked(str name, const struct zone **ret_zone) {
    for (size_t i = 0; i < cache.n; i++)
        if (str_eq(cache.zone[i]->name, name)) {
            *ret_zone = cache.zone[i];
            return ERR_NONE;
        }
    if (cache.n == ZONES_MAX) return err_set(ERR_LIMIT, "More than %d time zones are in use.", ZONES_MAX);
    /* Tried in memory of its own first: a broken file costs nothing for good. */
    ARENA_AUTO arena *trial = arena_new(0);
    str bytes;
    TRY(read_zone_file(trial, name, &bytes));
    const struct zone *z;
    TRY(zone_parse(trial, name, bytes, &z));
    if (!cache.memory) cache.memory = arena_new(0);
    TRY(zone_parse(cache.memory, name, bytes, &z));
    cache.zone[cache.n++] = z;
    *ret_zone = z;
    return ERR_NONE;
}

err zone_load(str name, const struct zone **ret_zone) {
    if (!is_zone_name(name)) return err_set(ERR_INVALID, "This is not the name of a time zone.");
    if (str_eq(name, S("UTC"))) {
        *ret_zone = zone_utc;
        return ERR_NONE;
    }
    pthread_mutex_lock(&cache.lock);
    err e = load_locked(name, ret_zone);
    pthread_mutex_unlock(&cache.lock);
    return e;
}
