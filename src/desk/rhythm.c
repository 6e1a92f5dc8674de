#include "desk/rhythm.h"

#include <math.h>

#include "base/random.h"
#include "store/brand.h"
#include "store/inbox.h"

enum { WEEK = RHYTHM_HOURS, KNOWN_HOURS = 30, KNOWN_WEEKS = 2, AT_ONCE = 20000, EVERY_MS = 15 * MINUTE_MS };

static const double surprise_least = 7, beyond_longest = 1.5;

/* ---- the rule ---- */

static int hour_of_week(const struct zone *zone, int64_t hour) {
    struct local_time t;
    zone_local(zone, hour * HOUR_MS, &t);
    return t.weekday * 24 + t.hour;
}

static void learn(struct rhythm *r, const struct zone *zone, const int64_t *hours, size_t n, double weeks) {
    double share[WEEK] = {0};
    for (size_t i = 0; i < n; i++) share[hour_of_week(zone, hours[i])] += 1 / (weeks + 1);
    for (int h = 0; h < WEEK; h++) {
        double p = share[(h + WEEK - 1) % WEEK] / 4 + share[h] / 2 + share[(h + 1) % WEEK] / 4;
        /* An hour that a change of clocks repeats may count twice in a week. */
        r->surprise[h] = -log(1 - (p < 0.95 ? p : 0.95));
    }
}

/* The sum over the whole hours between two. */
static double silence(const struct rhythm *r, const struct zone *zone, int64_t last, int64_t next) {
    double sum = 0;
    for (int64_t h = last + 1; h < next; h++) sum += r->surprise[hour_of_week(zone, h)];
    return sum;
}

struct rhythm rhythm_of(const struct zone *zone, const int64_t *hours, size_t n, int64_t now) {
    struct rhythm r = {0};
    if (n < KNOWN_HOURS) return r;
    int64_t known = now - hours[0];
    if (known < KNOWN_WEEKS * WEEK) return r;
    double weeks = (double)known / WEEK;
    learn(&r, zone, hours, n, weeks < RHYTHM_WEEKS ? weeks : RHYTHM_WEEKS);
    for (size_t i = 1; i < n; i++) {
        double sum = silence(&r, zone, hours[i - 1], hours[i]);
        if (sum > r.longest) r.longest = sum;
    }
    r.known = true;
    r.present = silence(&r, zone, hours[n - 1], now);
    r.silent = r.present > surprise_least && r.present > beyond_longest * r.longest;
    return r;
}

/* ---- the job ---- */

struct counting {
    arena *a;
    int64_t brand, oldest;
    bool more;
};

static err write_count(db_conn *c, void *arg) {
    struct counting *x = arg;
    return store_rhythm_count(c, x->a, x->brand, x->oldest, AT_ONCE, &x->more);
}

struct judging {
    arena *a;
    int64_t brand, inbox, silent_at, last_at;
};

static err write_silence(db_conn *c, void *arg) {
    const struct judging *x = arg;
    return store_silence_set(c, x->brand, x->inbox, x->silent_at, x->last_at);
}

struct brand_look {
    const struct zone *zone;
    store_inbox_list inboxes;
    store_silence_list silent;
    hour_list *hours; /* of each inbox */
};

static err look(const struct desk *d, arena *a, const struct store_brand *brand, struct brand_look *ret) {
    struct brand_look x = {.zone = zone_utc};
    if (zone_load(brand->zone, &x.zone)) x.zone = zone_utc;
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    TRY(store_inbox_list_of_brand(c, a, brand->id, &x.inboxes));
    TRY(store_silences(c, a, brand->id, &x.silent));
    x.hours = arena_array(a, x.inboxes.n, sizeof *x.hours);
    for (size_t i = 0; i < x.inboxes.n; i++)
        TRY(store_rhythm_hours(c, a, brand->id, x.inboxes.v[i].id, &x.hours[i]));
    *ret = x;
    return ERR_NONE;
}

static bool is_silent(const struct brand_look *x, int64_t inbox) {
    for (size_t i = 0; i < x->silent.n; i++)
        if (x->silent.v[i].inbox_id == inbox) return true;
    return false;
}

static err judge_brand(struct desk *d, arena *a, const struct store_brand *brand) {
    struct counting count = {a, brand->id, desk_now(d) / HOUR_MS - RHYTHM_WEEKS * WEEK, false};
    do TRY(db_write(d->db, write_count, &count));
    while (count.more);
    struct brand_look x;
    TRY(look(d, a, brand, &x));
    for (size_t i = 0; i < x.inboxes.n; i++) {
        const struct store_inbox *inbox = &x.inboxes.v[i];
        struct rhythm r = rhythm_of(x.zone, x.hours[i].v, x.hours[i].n, desk_now(d) / HOUR_MS);
        bool silent = r.silent && !inbox->disabled_at;
        if (silent == is_silent(&x, inbox->id)) continue;
        struct judging j = {a, brand->id, inbox->id, silent ? desk_now(d) : 0, inbox->letter_at};
        TRY(db_write(d->db, write_silence, &j));
        desk_changed(d, brand->id, 0, "inbox");
    }
    return ERR_NONE;
}

static err brands_of(const struct desk *d, arena *a, store_brand_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return store_brand_list_all(c, a, ret);
}

struct timing {
    const struct job *job;
    int64_t brand, at;
};

static err write_job(db_conn *c, void *arg) {
    const struct timing *t = arg;
    if (t->job) return store_job_postpone(c, t->job, t->at, S(""), 0);
    return store_job_put(c, t->brand, S("rhythm"), 0, id_new(t->at), t->at);
}

err rhythm_start(struct desk *d, arena *a) {
    store_brand_list brands = {0};
    TRY(brands_of(d, a, &brands));
    if (!brands.n) return ERR_NONE;
    struct timing t = {NULL, brands.v[0].id, desk_now(d)};
    return db_write(d->db, write_job, &t);
}

err rhythm_run(struct desk *d, arena *a, const struct job *job) {
    store_brand_list brands = {0};
    TRY(brands_of(d, a, &brands));
    for (size_t i = 0; i < brands.n; i++) TRY(judge_brand(d, a, &brands.v[i]));
    struct timing t = {job, 0, desk_now(d) + EVERY_MS};
    return db_write(d->db, write_job, &t);
}
