#include "letter/dates.h"

#include "base/clock.h"
#include "letter/pack.h"

enum { FRIDAY = 5, SPAN_MAX = 3660 };

struct reading {
    const struct text *text;
    const struct pack *pack;
    const struct zone *zone;
    struct local_time today;
    int64_t now;
};

static int64_t end_of_day(const struct reading *r, int64_t year, int month, int64_t day) {
    if (year > 9000) return 0;
    return zone_instant(r->zone, (int)year, month, (int)day + 1, 0, 0) - SECOND_MS;
}

static int64_t days_from_today(const struct reading *r, int64_t days) {
    return end_of_day(r, r->today.year, r->today.month, r->today.day + days);
}

static bool number_of(const struct reading *r, const struct word *w, int64_t *ret) {
    if (w->flags & WORD_NUMBER) {
        int64_t v = 0;
        size_t i = 0;
        for (; i < w->folded.n && i < 6 && w->folded.p[i] >= '0' && w->folded.p[i] <= '9'; i++)
            v = v * 10 + (w->folded.p[i] - '0');
        /* "3rd" and "24h" are numbers, "5.3" and "10:30" are not. */
        for (size_t k = i; k < w->folded.n; k++)
            if (w->folded.p[k] < 'a' || w->folded.p[k] > 'z') return false;
        if (i) *ret = v;
        return i > 0;
    }
    return str_to_int(pack_value(r->pack, "number", w->folded), ret);
}

static bool take_int(str *rest, int64_t *ret) {
    str piece;
    while (str_split(rest, ' ', &piece))
        if (str_to_int(piece, ret)) return true;
    return false;
}

/* The largest of the numbers that belong to the hit: of "5 to 7 days" the customer waits for the 7. */
static int64_t number_in(const struct reading *r, const struct pack_hit *h, int64_t otherwise) {
    int64_t best = 0, v;
    for (uint32_t i = h->from; i < h->to; i++)
        if (number_of(r, &r->text->words[i], &v) && v > best) best = v;
    return best ? best : otherwise;
}

static int64_t after_workdays(const struct reading *r, int64_t n) {
    int64_t days = 0;
    for (int weekday = r->today.weekday; n > 0 && days < SPAN_MAX; days++) {
        weekday = (weekday + 1) % 7;
        if (weekday != 0 && weekday != 6) n--;
    }
    return days_from_today(r, days);
}

static int64_t calendar_day(const struct reading *r, int64_t year, int64_t month, int64_t day) {
    if (month < 1 || month > 12 || day < 1 || day > 31) return 0;
    bool given = year != 0;
    if (!given) year = r->today.year;
    int64_t at = end_of_day(r, year, (int)month, day);
    if (at >= r->now) return at;
    /* "on 3 January" in December is the next; "on 3 March" in May tells what was. */
    if (given || r->now - at < 90LL * DAY_MS) return 0;
    return end_of_day(r, year + 1, (int)month, day);
}

static int64_t month_and_day(const struct reading *r, struct pack_hit *h) {
    int64_t month = 0, day = 0, year = 0, v;
    for (uint32_t i = h->from; i < h->to; i++) {
        const struct word *w = &r->text->words[i];
        if (str_to_int(pack_value(r->pack, "month", w->folded), &v) && !month)
            month = v;
        else if (number_of(r, w, &v) && v >= 1 && v <= 31 && !day)
            day = v;
    }
    if (h->to < r->text->nwords) {
        const struct word *w = &r->text->words[h->to];
        if ((w->flags & WORD_NUMBER) && number_of(r, w, &v) && v > 2000 && v < 2200 && w->folded.n == 4) {
            year = v;
            h->to++;
        }
    }
    return calendar_day(r, year, month, day);
}

/* Of "Friday or Saturday" the later. */
static int64_t next_weekday(const struct reading *r, const struct pack_hit *h) {
    int64_t day, last = 0;
    for (uint32_t i = h->from; i < h->to; i++) {
        const struct word *w = &r->text->words[i];
        if (!str_to_int(pack_value(r->pack, "weekday", w->folded), &day)) continue;
        int64_t ahead = (day - r->today.weekday + 7) % 7;
        if (!ahead) ahead = 7;
        if (ahead > last) last = ahead;
    }
    return last ? days_from_today(r, last) : 0;
}

static int64_t day_of_month(const struct reading *r, const struct pack_hit *h) {
    int64_t v;
    for (uint32_t i = h->from; i < h->to; i++) {
        const struct word *w = &r->text->words[i];
        if (!(w->flags & WORD_NUMBER) || !number_of(r, w, &v) || v < 1 || v > 31) continue;
        int64_t at = end_of_day(r, r->today.year, r->today.month, v);
        return at >= r->now ? at : end_of_day(r, r->today.year, r->today.month + 1, v);
    }
    return 0;
}

/* What the pattern's value makes of the words; 0 when that is no day to come. */
static int64_t due(const struct reading *r, struct pack_hit *h) {
    str rest = h->value, unit;
    int64_t n = 1;
    if (!str_split(&rest, ' ', &unit)) return 0;
    take_int(&rest, &n);
    if (str_eq(unit, S("day"))) return days_from_today(r, n);
    if (str_eq(unit, S("weekday"))) return next_weekday(r, h);
    if (str_eq(unit, S("monthday"))) return month_and_day(r, h);
    if (str_eq(unit, S("dayofmonth"))) return day_of_month(r, h);
    if (str_eq(unit, S("week"))) {
        int from_monday = (r->today.weekday + 6) % 7;
        int64_t ahead = FRIDAY - 1 - from_monday + 7 * n;
        return days_from_today(r, ahead < 0 ? 0 : ahead);
    }
    if (str_eq(unit, S("month"))) return end_of_day(r, r->today.year, r->today.month + (int)n + 1, 0);
    n = number_in(r, h, n);
    if (n > SPAN_MAX) return 0;
    if (str_eq(unit, S("days"))) return days_from_today(r, n);
    if (str_eq(unit, S("workdays"))) return after_workdays(r, n);
    if (str_eq(unit, S("weeks"))) return n > 520 ? 0 : days_from_today(r, 7 * n);
    if (str_eq(unit, S("months"))) return end_of_day(r, r->today.year, r->today.month + (int)n, r->today.day);
    if (str_eq(unit, S("hours")) || str_eq(unit, S("minutes"))) {
        struct local_time then;
        zone_local(r->zone, r->now + n * (str_eq(unit, S("hours")) ? HOUR_MS : MINUTE_MS), &then);
        return end_of_day(r, then.year, then.month, then.day);
    }
    return 0;
}

static void add(arena *a, date_hit_list *list, size_t from, size_t to, int64_t due_at) {
    if (due_at > 0 && from < to) *list_add(a, list) = (struct date_hit){(uint32_t)from, (uint32_t)to, due_at};
}

static bool month_first(const struct reading *r) {
    return r->zone && str_starts(zone_name(r->zone), S("America/"));
}

/* Up to `max` digits at `*at`. */
static bool digits(str s, size_t *at, size_t max, int64_t *ret, size_t *ret_n) {
    size_t i = *at;
    int64_t v = 0;
    while (i < s.n && i - *at < max && s.p[i] >= '0' && s.p[i] <= '9') v = v * 10 + (s.p[i++] - '0');
    *ret_n = i - *at;
    *at = i;
    *ret = v;
    return *ret_n > 0;
}

/* A date in digits that begins at byte `at`: 2027-03-05, 5.3.2027, 5.3., 3/5/2027; 3/5 where a word `leads`
 * to a day. */
static int64_t date_in_digits(const struct reading *r, str s, size_t at, bool leads, size_t *ret_end) {
    int64_t one, two, three = 0;
    size_t n1, n2, n3 = 0;
    if (!digits(s, &at, 4, &one, &n1) || at >= s.n) return 0;
    char mark = s.p[at++];
    if ((mark != '.' && mark != '/' && mark != '-') || !digits(s, &at, 2, &two, &n2)) return 0;
    bool closed = at < s.n && s.p[at] == mark;
    if (closed) {
        at++;
        digits(s, &at, 4, &three, &n3);
    }
    *ret_end = at;
    if (at < s.n && s.p[at] >= '0' && s.p[at] <= '9') return 0;
    if (n1 == 4) return closed && n3 && n3 <= 2 ? calendar_day(r, one, two, three) : 0;
    if (n1 > 2 || (n3 != 0 && n3 != 2 && n3 != 4)) return 0;
    if (n3 == 2) three += 2000;
    /* "5.3" is a version and "1/2" a half; only the German "5.3." and "by 26/11" go without a year. */
    if (!n3 && !(mark == '.' && closed) && !(mark == '/' && !closed && leads)) return 0;
    if (mark == '/' && (two > 12 || (one <= 12 && month_first(r)))) return calendar_day(r, three, one, two);
    return calendar_day(r, three, two, one);
}

static void find_digits(arena *a, const struct reading *r, size_t from, size_t to, date_hit_list *list) {
    const struct text *t = r->text;
    size_t end = 0;
    for (size_t i = from; i < to; i++) {
        const struct word *w = &t->words[i];
        if (!(w->flags & WORD_NUMBER) || w->start < end) continue;
        bool leads = r->pack && i > from && w[-1].sentence == w->sentence &&
                     pack_has(r->pack, "date_before", w[-1].folded);
        int64_t at = date_in_digits(r, t->bytes, w->start, leads, &end);
        if (!at) continue;
        size_t past = i + 1;
        while (past < to && t->words[past].start < end) past++;
        add(a, list, i, past, at);
    }
}

/* "am 3. März": the point behind the number may have ended a sentence, over which no pattern reaches. */
static void find_day_and_month(arena *a, const struct reading *r, size_t from, size_t to,
                               date_hit_list *list) {
    const struct text *t = r->text;
    for (size_t i = from; i < to && i + 1 < t->nwords; i++) {
        const struct word *w = &t->words[i];
        str gap = str_slice(t->bytes, w->end, w[1].start);
        if (!(w->flags & WORD_NUMBER) || w->folded.n > 2 || !gap.n || gap.p[0] != '.' || gap.n > 3 ||
            !pack_has(r->pack, "month", w[1].folded))
            continue;
        struct pack_hit h = {.from = (uint32_t)i, .to = (uint32_t)i + 2};
        int64_t at = month_and_day(r, &h);
        add(a, list, h.from, h.to, at);
    }
}

static bool clock_time(const struct reading *r, size_t i) {
    const struct word *w = &r->text->words[i];
    str s = str_slice(r->text->bytes, w->start, r->text->bytes.n);
    int64_t hour, minute;
    size_t at = 0, n;
    if (!(w->flags & WORD_NUMBER) || !digits(s, &at, 2, &hour, &n) || at >= s.n || s.p[at] != ':')
        return false;
    at++;
    return digits(s, &at, 2, &minute, &n) && n == 2 && hour < 24 && minute < 60;
}

/* "at 15:00", "um 15 Uhr": today, where the sentence names no day. */
static void find_times(arena *a, const struct reading *r, size_t from, size_t to, date_hit_list *list) {
    const struct text *t = r->text;
    size_t days = list->n;
    pack_hit_list hits = {0};
    pack_match(a, r->pack, "time", t, from, to, &hits);
    for (size_t i = from + 1; i < to; i++)
        if (clock_time(r, i) && pack_has(r->pack, "time_before", t->words[i - 1].folded))
            *list_add(a, &hits) = (struct pack_hit){.from = (uint32_t)i - 1, .to = (uint32_t)i + 1};
    for (size_t i = 0; i < hits.n; i++) {
        bool named = false;
        for (size_t d = 0; d < days && !named; d++)
            named = t->words[list->v[d].from].sentence == t->words[hits.v[i].from].sentence;
        if (!named) add(a, list, hits.v[i].from, hits.v[i].to, days_from_today(r, 0));
    }
}

/* "today or tomorrow" is one date, the later. */
static bool either(const struct reading *r, const struct date_hit *one, const struct date_hit *two) {
    const struct word *words = r->text->words;
    return r->pack && one->to + 1 == two->from && words[one->from].sentence == words[two->from].sentence &&
           pack_has(r->pack, "date_or", words[one->to].folded);
}

/* By place, the longer first, so that "3 March 2027" is not also "in 3 ...". */
static void by_place(date_hit_list *found) {
    for (size_t i = 1; i < found->n; i++)
        for (size_t k = i;
             k && (found->v[k].from < found->v[k - 1].from ||
                   (found->v[k].from == found->v[k - 1].from && found->v[k].to > found->v[k - 1].to));
             k--) {
            struct date_hit h = found->v[k];
            found->v[k] = found->v[k - 1];
            found->v[k - 1] = h;
        }
}

void dates_find(arena *a, const struct text *t, size_t from, size_t to, int64_t now, const struct zone *zone,
                date_hit_list *ret) {
    struct reading r = {.text = t, .pack = pack_find(t->language), .zone = zone, .now = now};
    date_hit_list found = {0}, kept = {0};
    if (to > t->nwords) to = t->nwords;
    zone_local(zone, now, &r.today);
    find_digits(a, &r, from, to, &found);
    if (r.pack) {
        pack_hit_list hits = {0};
        find_day_and_month(a, &r, from, to, &found);
        pack_match(a, r.pack, "date", t, from, to, &hits);
        for (size_t i = 0; i < hits.n; i++) {
            int64_t at = due(&r, &hits.v[i]);
            add(a, &found, hits.v[i].from, hits.v[i].to, at);
        }
        find_times(a, &r, from, to, &found);
    }
    by_place(&found);
    uint32_t end = 0;
    for (size_t i = 0; i < found.n; i++) {
        const struct date_hit *h = &found.v[i];
        struct date_hit *last = kept.n ? &kept.v[kept.n - 1] : NULL;
        if (h->from < end) continue;
        end = h->to;
        if (last && either(&r, last, h)) {
            last->to = h->to;
            if (h->due_at > last->due_at) last->due_at = h->due_at;
        } else {
            *list_add(a, &kept) = *h;
        }
    }
    *ret = kept;
}
