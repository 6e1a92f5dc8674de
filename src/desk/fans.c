#include "desk/fans.h"

#include "desk/order.h"
#include "desk/promise.h"
#include "store/agent.h"
#include "store/brand.h"
#include "store/customer.h"

/* ---- days ---- */

static int64_t day_number(int64_t year, int month, int day) { return year * 10000 + month * 100 + day; }

int64_t fans_day_of(const struct zone *zone, int64_t at) {
    struct local_time t;
    zone_local(zone, at, &t);
    return day_number(t.year, t.month, t.day);
}

int64_t fans_day_plus(int64_t day, int days) {
    int64_t at = zone_days(day / 10000, (int)(day / 100 % 100), day % 100 + days) * DAY_MS;
    return fans_day_of(zone_utc, at);
}

int64_t fans_day_start(const struct zone *zone, int64_t day) {
    return zone_instant(zone, (int)(day / 10000), (int)(day / 100 % 100), (int)(day % 100), 0, 0);
}

int64_t fans_week_of(const struct zone *zone, int64_t at) {
    struct local_time t;
    zone_local(zone, at, &t);
    return fans_day_plus(day_number(t.year, t.month, t.day), -((t.weekday + 6) % 7));
}

/* ---- a span of time ---- */

static struct fans_span span_of(const struct zone *zone, int year, int month) {
    int from = month ? month : 1, to = month ? month + 1 : 13;
    return (struct fans_span){.from = zone_instant(zone, year, from, 1, 0, 0),
                              .until = zone_instant(zone, year, to, 1, 0, 0),
                              .year = year,
                              .month = month};
}

static struct fans_span week_of(const struct zone *zone, int64_t day) {
    int64_t week = fans_week_of(zone_utc, fans_day_start(zone_utc, day));
    return (struct fans_span){.from = fans_day_start(zone, week),
                              .until = fans_day_start(zone, fans_day_plus(week, 7)),
                              .year = (int)(week / 10000),
                              .month = (int)(week / 100 % 100),
                              .week = week};
}

bool fans_span_of(const struct zone *zone, str text, int64_t now, struct fans_span *ret) {
    int64_t year, month = 0, day;
    if (!text.n) {
        struct local_time t;
        zone_local(zone, now, &t);
        *ret = span_of(zone, (int)t.year, t.month);
        return true;
    }
    if (text.n != 4 && text.n != 10 && (text.n != 7 || text.p[4] != '-')) return false;
    if (!str_to_int(str_slice(text, 0, 4), &year) || year < 1970 || year > 8999) return false;
    if (text.n == 10) {
        if (!promise_day_from(text, &day)) return false;
        *ret = week_of(zone, day);
        return true;
    }
    if (text.n == 7 && (!str_to_int(str_slice(text, 5, 7), &month) || month < 1 || month > 12)) return false;
    *ret = span_of(zone, (int)year, (int)month);
    return true;
}

str fans_span_text(arena *a, const struct fans_span *span) {
    if (span->week)
        return str_fmt(a, "%04lld-%02lld-%02lld", (long long)(span->week / 10000),
                       (long long)(span->week / 100 % 100), (long long)(span->week % 100));
    return span->month ? str_fmt(a, "%04d-%02d", span->year, span->month) : str_fmt(a, "%04d", span->year);
}

struct fans_span fans_span_move(const struct zone *zone, const struct fans_span *span, int by) {
    if (span->week) return week_of(zone, fans_day_plus(span->week, 7 * by));
    if (!span->month) return span_of(zone, span->year + by, 0);
    int months = span->year * 12 + span->month - 1 + by;
    return span_of(zone, months / 12, months % 12 + 1);
}

/* ---- who is still with us ---- */

static void group_of(arena *a, const fan_step_list *all, bool trouble, struct fans_group *ret) {
    struct fans_group g = {0};
    for (size_t i = 0; i < all->n; i++) {
        const struct fan_step *s = &all->v[i];
        if (s->trouble != trouble || s->day == FAN_STEP_DRAWN) continue;
        if (s->day == FAN_STEP_YEAR) {
            g.gone = s->gone;
            g.stayed = s->at_risk - s->gone;
            continue;
        }
        *list_add(a, &g.steps) = (struct curve_step){s->day, s->at_risk, s->gone};
        if (g.steps.n == 1) g.people = s->at_risk;
    }
    g.at = curve_at(&g.steps, CURVE_YEAR);
    *ret = g;
}

err fans_still(db_conn *c, arena *a, int64_t brand, struct fans_still *ret) {
    struct fans_still s = {0};
    struct fan_mark mark;
    fan_step_list all;
    TRY(store_fan_mark_get(c, a, brand, &mark));
    TRY(store_fan_curve(c, a, brand, &all));
    s.quiet_days = mark.quiet_days;
    s.drawn_day = mark.drawn_day;
    for (size_t i = 0; i < all.n; i++)
        if (all.v[i].day == FAN_STEP_DRAWN) s.drawn_at = all.v[i].at_risk;
    group_of(a, &all, true, &s.trouble);
    group_of(a, &all, false, &s.free);
    s.few = s.trouble.people < FANS_FEW || s.free.people < FANS_FEW;
    *ret = s;
    return ERR_NONE;
}

/* ---- an agent's page ---- */

err fans_may(db_conn *c, int64_t brand, int64_t agent, int64_t reader, bool *ret) {
    if (agent == reader) {
        *ret = true;
        return ERR_NONE;
    }
    return store_fan_share_is(c, brand, agent, reader, ret);
}

struct sharing {
    arena *a;
    const struct actor *who;
    int64_t reader, now;
    bool on;
};

static err write_share(db_conn *c, void *arg) {
    struct sharing *x = arg;
    struct store_agent there;
    TRY(store_agent_by_id(c, x->a, x->who->brand, x->reader, &there));
    if (x->on && (there.disabled_at || there.account_disabled_at))
        return err_set(ERR_MISSING, "%.*s does not work here any more.", STR_FMT(there.name));
    return store_fan_share_set(c, x->who->brand, x->who->agent, x->reader, x->on, x->now);
}

err fans_share(struct desk *d, arena *a, const struct actor *who, int64_t reader, bool on) {
    struct sharing x = {a, who, reader, desk_now(d), on};
    if (reader == who->agent) return err_set(ERR_INVALID, "You see your own page anyway.");
    return db_write(d->db, write_share, &x);
}

/* What was counted of them in which weeks goes, so those weeks are counted anew. */
static err wipe_counts(db_conn *c, arena *a, int64_t brand, int64_t person) {
    fan_ids weeks, times;
    struct store_brand b;
    const struct zone *zone;
    TRY(store_brand_by_id(c, a, brand, &b));
    if (zone_load(b.zone, &zone)) zone = zone_utc;
    TRY(store_fans_wipe(c, a, brand, person, &weeks, &times));
    for (size_t i = 0; i < weeks.n; i++) TRY(store_fan_week_stale(c, brand, weeks.v[i]));
    for (size_t i = 0; i < times.n; i++) TRY(store_fan_week_stale(c, brand, fans_week_of(zone, times.v[i])));
    return ERR_NONE;
}

err fans_forget(db_conn *c, arena *a, int64_t brand, int64_t customer) {
    customer_address_list all;
    TRY(store_customer_addresses(c, a, brand, customer, &all));
    for (size_t i = 0; i < all.n; i++) {
        int64_t stranger = order_stranger(a, all.v[i].address);
        TRY(wipe_counts(c, a, brand, stranger));
        TRY(store_fans_forget(c, brand, stranger));
    }
    TRY(wipe_counts(c, a, brand, customer));
    TRY(store_fans_forget(c, brand, customer));
    /* That they wrote, and waited, is counted on, as far as it is left. */
    return store_fan_again_put(c, brand, customer);
}

err fans_drop(db_conn *c, arena *a, int64_t brand, int64_t customer) {
    customer_address_list all;
    bool moved;
    TRY(store_customer_addresses(c, a, brand, customer, &all));
    if (all.n) {
        int64_t stranger = order_stranger(a, all.v[0].address);
        TRY(store_purchase_claim(c, brand, customer, stranger, &moved));
        if (moved) TRY(store_fan_again_put(c, brand, stranger));
    }
    TRY(wipe_counts(c, a, brand, customer));
    return store_fan_again_put(c, brand, customer);
}
