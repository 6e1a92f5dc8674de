/* Days of the brand's calendar, and the promises a reply makes. */
#include "desk/promise_own.h"
#include "store/brand.h"

enum { OFFSETS_BYTES = 10000 };

/* ---- days ---- */

int64_t promise_day_end(const struct zone *zone, int64_t day) {
    int year = (int)(day / 10000), month = (int)(day / 100 % 100), d = (int)(day % 100);
    return zone_instant(zone, year, month, d + 1, 0, 0) - SECOND_MS;
}

int64_t promise_day_of(const struct zone *zone, int64_t at) {
    struct local_time t;
    zone_local(zone, at, &t);
    return t.year * 10000 + t.month * 100 + t.day;
}

bool promise_is_day(int64_t day) {
    int64_t year = day / 10000;
    int month = (int)(day / 100 % 100);
    if (day < 0 || year < 1970 || year > 8999 || month < 1 || month > 12 || day % 100 < 1) return false;
    /* A day beyond the month's last would be one of the next month. */
    return promise_day_of(NULL, zone_days(year, month, day % 100) * (int64_t)DAY_MS) == day;
}

str promise_day_text(arena *a, int64_t day) {
    if (!day) return S("");
    return str_fmt(a, "%04lld-%02lld-%02lld", (long long)(day / 10000), (long long)(day / 100 % 100),
                   (long long)(day % 100));
}

bool promise_day_from(str text, int64_t *ret_day) {
    int64_t year, month, day;
    if (text.n != 10 || text.p[4] != '-' || text.p[7] != '-' || text.p[5] == '-' || text.p[8] == '-')
        return false;
    if (!str_to_int(str_slice(text, 0, 4), &year) || !str_to_int(str_slice(text, 5, 7), &month) ||
        !str_to_int(str_slice(text, 8, 10), &day) || year < 0)
        return false;
    day += year * 10000 + month * 100;
    if (!promise_is_day(day)) return false;
    *ret_day = day;
    return true;
}

const struct zone *promise_zone_of(str name) {
    const struct zone *zone;
    return zone_load(name, &zone) ? NULL : zone;
}

err promise_zone(db_conn *c, arena *a, int64_t brand, const struct zone **ret) {
    struct store_brand b;
    TRY(store_brand_by_id(c, a, brand, &b));
    *ret = promise_zone_of(b.zone);
    return ERR_NONE;
}

/* ---- found in a reply ---- */

static bool listed(str offsets, uint32_t start) {
    str one;
    int64_t v;
    while (str_split(&offsets, ' ', &one))
        if (str_to_int(one, &v) && v == (int64_t)start) return true;
    return false;
}

static err check_offsets(str offsets) {
    str one;
    int64_t v;
    if (offsets.n > OFFSETS_BYTES)
        return err_set(ERR_INVALID, "The list of what is no promise is longer than %d bytes.", OFFSETS_BYTES);
    while (str_split(&offsets, ' ', &one))
        if (one.n && (!str_to_int(one, &v) || v < 0))
            return err_set(ERR_INVALID, "The list of what is no promise must be numbers parted by spaces.");
    return ERR_NONE;
}

/* The sentences that the remark touches; where those are too long, the promise and its day. */
static str around(const struct text *t, str reply, const struct remark *r) {
    uint32_t start = r->start, end = r->end;
    for (size_t i = 0; i < t->nsentences; i++) {
        const struct sentence *s = &t->sentences[i];
        if (s->end <= r->start || s->start >= r->end) continue;
        if (s->start < start) start = s->start;
        if (s->end > end) end = s->end;
    }
    str whole = str_slice(reply, start, end);
    if (whole.n > PROMISE_TEXT_BYTES) whole = str_slice(reply, r->start, r->end);
    return str_trim(str_clip_utf8(whole, PROMISE_TEXT_BYTES));
}

err promise_find(struct desk *d, arena *a, int64_t brand, const struct checked *checked, str reply,
                 str not_promised, promise_found_list *ret) {
    promise_found_list found = {0};
    struct text text = {0};
    const struct zone *zone = NULL;
    TRY(check_offsets(not_promised));
    for (size_t i = 0; i < checked->remarks.n; i++) {
        const struct remark *r = &checked->remarks.v[i];
        if (r->kind != REMARK_PROMISE || !r->due_at || listed(not_promised, r->start)) continue;
        if (!found.n) {
            DB_READ_AUTO db_conn *c = NULL;
            TRY(db_read_begin(d->db, &c));
            TRY(promise_zone(c, a, brand, &zone));
            text_of(a, reply, checked->language, &text);
        }
        *list_add(a, &found) =
            (struct promise_found){r->start, around(&text, reply, r), promise_day_of(zone, r->due_at)};
    }
    *ret = found;
    return ERR_NONE;
}
