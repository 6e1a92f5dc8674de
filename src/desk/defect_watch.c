#include "desk/defect_watch.h"

#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "desk/check.h"
#include "desk/defect.h"
#include "desk/defect_hook.h"

enum {
    SPAN = ALARM_MONTH + ALARM_HISTORY, /* days looked at */
    DEFECTS_MAX = 20000,
    STANDING_MAX = 10000,
    NOTE_BYTES = 1000
};

err defect_watch_soon(db_conn *c, int64_t brand, int64_t now) {
    int64_t id = id_new(now);
    return store_job_put(c, brand, S("alarm"), id, id, now);
}

/* ---- what is known ---- */

struct watch {
    arena *a;
    int64_t brand, now, today, since;
    defect_count_list defects;
    defect_day_list days; /* by defect */
    alarm_settled_list settled;
    units_sold_list units; /* by product */
    store_alarm_list standing;
};

/* `defect` 0: all. */
static err read_watch(db_conn *c, struct watch *w, int64_t defect) {
    int64_t since_at;
    w->today = defect_today(w->now);
    TRY(store_defect_since(c, w->brand, &since_at));
    w->since = since_at ? defect_today(since_at) : w->today;
    TRY(store_defect_days(c, w->a, w->brand, defect, w->today - SPAN + 1, w->today, &w->days));
    return store_alarms_settled(c, w->a, w->brand, w->today - SPAN, &w->settled);
}

struct units_range {
    str product;
    size_t from, to; /* of watch.units */
    double *exposure;
    bool known, made;
};

/* Exposure of a product's days: by units sold where they are known, else one a day. */
static bool exposure_of(struct watch *w, str product, struct units_range *r) {
    if (r->made && str_eq(r->product, product)) return r->known;
    *r = (struct units_range){.product = product, .made = true};
    while (r->from < w->units.n && str_cmp(w->units.v[r->from].product, product) < 0) r->from++;
    r->to = r->from;
    while (r->to < w->units.n && str_eq(w->units.v[r->to].product, product)) r->to++;
    struct alarm_month *months = arena_array(w->a, r->to - r->from, sizeof *months);
    for (size_t i = r->from; i < r->to; i++)
        months[i - r->from] = (struct alarm_month){w->units.v[i].month, w->units.v[i].units};
    r->exposure = arena_array(w->a, SPAN, sizeof *r->exposure);
    r->known = product.n && alarm_exposure(months, r->to - r->from, w->today - SPAN + 1, SPAN, r->exposure);
    for (int i = 0; i < SPAN && !r->known; i++) r->exposure[i] = 1;
    return r->known;
}

static int64_t settled_of(const struct watch *w, int64_t defect) {
    for (size_t i = 0; i < w->settled.n; i++)
        if (w->settled.v[i].defect_id == defect) return w->settled.v[i].to_day;
    return w->today - SPAN;
}

static bool look_at(struct watch *w, const struct store_defect *d, struct units_range *range,
                    struct alarm_look *ret) {
    int64_t *letters = arena_array(w->a, SPAN, sizeof *letters), first = w->today - SPAN + 1;
    size_t lo = 0, hi = w->days.n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (w->days.v[mid].defect_id < d->id)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < w->days.n && w->days.v[lo].defect_id == d->id; lo++)
        letters[w->days.v[lo].day - first] += w->days.v[lo].n;
    bool by_units = exposure_of(w, d->product_code, range);
    alarm_look_at(&(struct alarm_days){.letters = letters,
                                       .exposure = range->exposure,
                                       .n = SPAN,
                                       .first = first,
                                       .since = w->since,
                                       .settled = settled_of(w, d->id)},
                  ret);
    return by_units;
}

err defect_watch_look(db_conn *c, arena *a, int64_t brand, int64_t defect, int64_t now,
                      struct alarm_look *ret, bool *ret_by_units) {
    struct watch w = {.a = a, .brand = brand, .now = now};
    struct units_range range = {0};
    struct store_defect d;
    TRY(store_defect_get(c, a, brand, defect, &d));
    TRY(read_watch(c, &w, defect));
    if (d.product_code.n) TRY(store_units(c, a, brand, d.product_code, &w.units));
    *ret_by_units = look_at(&w, &d, &range, ret);
    return ERR_NONE;
}

/* ---- the job ---- */

struct ringing {
    int64_t defect;
    struct alarm_look look;
    bool by_units;
};
typedef LIST(struct ringing) ringing_list;

static int by_product(const void *x, const void *y) {
    const struct defect_count *a = x, *b = y;
    return str_cmp(a->defect.product_code, b->defect.product_code);
}

/* All defects at once, since the limit depends on how many take part. */
static void look_at_all(struct watch *w, ringing_list *ret) {
    struct units_range range = {0};
    ringing_list looked = {0}, rings = {0};
    if (w->defects.n) qsort(w->defects.v, w->defects.n, sizeof *w->defects.v, by_product);
    for (size_t i = 0; i < w->defects.n; i++) {
        const struct defect_count *d = &w->defects.v[i];
        struct ringing r = {.defect = d->defect.id};
        if (d->all < ALARM_LETTERS) continue;
        r.by_units = look_at(w, &d->defect, &range, &r.look);
        if (alarm_counts(&r.look)) *list_add(w->a, &looked) = r;
    }
    for (size_t i = 0; i < looked.n; i++)
        if (alarm_rings(&looked.v[i].look, (int64_t)looked.n)) *list_add(w->a, &rings) = looked.v[i];
    *ret = rings;
}

static int64_t whole(double x, double times) {
    x = ceil(x * times);
    return x < 9e18 ? (int64_t)x : INT64_MAX;
}

static void number(struct store_alarm *l, const struct ringing *r, int64_t now) {
    l->days = r->look.days;
    l->from_day = r->look.from_day;
    l->to_day = r->look.to_day;
    l->seen = r->look.now;
    l->earlier = r->look.fresh ? 0 : r->look.before;
    l->earlier_days = r->look.fresh ? 0 : r->look.before_days;
    l->expected = whole(r->look.expected, 1000);
    l->chance = whole(r->look.chance, 1e12);
    l->by_units = r->by_units && !r->look.fresh;
    l->updated_at = now;
}

struct watching {
    arena *a;
    const job_list *jobs;
    int64_t brand;
    const store_alarm_list *standing;
    const ringing_list *rings;
    int64_t now;
    int raised;
};

static err put_alarm(db_conn *c, struct watching *x, const struct ringing *r) {
    int64_t brand = x->brand;
    for (size_t i = 0; i < x->standing->n; i++) {
        if (x->standing->v[i].defect_id != r->defect) continue;
        struct store_alarm l = x->standing->v[i];
        number(&l, r, x->now);
        return store_alarm_numbers(c, brand, &l);
    }
    struct store_alarm l = {.id = id_new(x->now), .defect_id = r->defect, .note = S(""), .version = 1};
    bool there;
    l.raised_at = x->now;
    number(&l, r, x->now);
    TRY(store_alarm_insert(c, brand, &l, &there));
    if (there) return ERR_NONE;
    x->raised++;
    return maker_tell_in(c, x->a, brand, MAKER_ALARM_RAISED, l.id, x->now);
}

static err write_watch(db_conn *c, void *arg) {
    struct watching *x = arg;
    x->raised = 0;
    for (size_t i = 0; i < x->rings->n; i++) TRY(put_alarm(c, x, &x->rings->v[i]));
    for (size_t i = 0; i < x->jobs->n; i++) {
        bool mine;
        if (x->jobs->v[i].brand_id == x->brand) TRY(store_job_finish(c, &x->jobs->v[i], &mine));
    }
    /* Tomorrow has another window. */
    int64_t next = (defect_today(x->now) + 1) * DAY_MS + MINUTE_MS;
    return store_job_put(c, x->brand, S("alarm"), 0, id_new(x->now), next);
}

static err watch_brand(struct desk *d, arena *a, int64_t brand, const job_list *jobs) {
    struct watch w = {.a = a, .brand = brand, .now = desk_now(d)};
    ringing_list rings = {0};
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        TRY(read_watch(c, &w, 0));
        TRY(store_defect_counts(c, a, w.brand, w.today, DEFECTS_MAX, &w.defects));
        TRY(store_units(c, a, w.brand, S(""), &w.units));
        TRY(store_alarms_standing(c, a, w.brand, STANDING_MAX, &w.standing));
    }
    look_at_all(&w, &rings);
    struct watching x = {
        .a = a, .jobs = jobs, .brand = brand, .standing = &w.standing, .rings = &rings, .now = w.now};
    TRY(db_write(d->db, write_watch, &x));
    if (rings.n) desk_changed(d, w.brand, 0, "alarm");
    if (x.raised) desk_work(d);
    return ERR_NONE;
}

err defect_watch_run(struct desk *d, arena *a, const job_list *jobs) {
    for (size_t i = 0; i < jobs->n; i++) {
        bool looked = false;
        for (size_t k = 0; k < i; k++) looked = looked || jobs->v[k].brand_id == jobs->v[i].brand_id;
        if (!looked) TRY(watch_brand(d, a, jobs->v[i].brand_id, jobs));
    }
    return ERR_NONE;
}

/* ---- people ---- */

struct handling {
    arena *a;
    const struct actor *who;
    int64_t alarm, seen, now;
    str note;
    alarm_state to;
};

static err write_handled(db_conn *c, void *arg) {
    struct handling *x = arg;
    struct store_alarm l;
    TRY(store_alarm_get(c, x->a, x->who->brand, x->alarm, &l));
    if (x->seen >= 0 && x->seen != l.version)
        return err_set(ERR_CONFLICT, "Somebody changed this alarm after you opened it; look again first.");
    if (l.state == ALARM_CLOSED)
        return err_set(ERR_CONFLICT, "%.*s closed this alarm already.",
                       STR_FMT(l.agent_name.n ? l.agent_name : S("Somebody")));
    l.state = x->to;
    l.note = x->note;
    l.agent_id = x->who->agent;
    l.updated_at = x->now;
    l.version++;
    if (x->to == ALARM_ACKNOWLEDGED) l.acknowledged_at = x->now;
    if (x->to == ALARM_CLOSED) {
        l.closed_at = x->now;
        l.to_day = defect_today(x->now);
    }
    TRY(store_alarm_update(c, x->who->brand, &l));
    return maker_tell_in(c, x->a, x->who->brand,
                         x->to == ALARM_CLOSED ? MAKER_ALARM_CLOSED : MAKER_ALARM_ACKNOWLEDGED, l.id, x->now);
}

static err handle(struct desk *d, arena *a, const struct actor *who, int64_t alarm, str note, int64_t seen,
                  alarm_state to, const char *what) {
    struct handling x = {.a = a, .who = who, .alarm = alarm, .seen = seen, .now = desk_now(d), .to = to};
    TRY(check_sentence(what, note, NOTE_BYTES, &x.note));
    TRY(db_write(d->db, write_handled, &x));
    desk_changed(d, who->brand, 0, "alarm");
    desk_work(d);
    return ERR_NONE;
}

err alarm_acknowledge(struct desk *d, arena *a, const struct actor *who, int64_t alarm, str note,
                      int64_t seen_version) {
    return handle(d, a, who, alarm, note, seen_version, ALARM_ACKNOWLEDGED, "What is being done");
}

err alarm_close(struct desk *d, arena *a, const struct actor *who, int64_t alarm, str note,
                int64_t seen_version) {
    return handle(d, a, who, alarm, note, seen_version, ALARM_CLOSED, "What came of it");
}
