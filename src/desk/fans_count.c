/* The job that counts. */
#include "base/random.h"
#include "desk/fans.h"
#include "desk/order.h"
#include "desk/settings.h"
#include "desk/survey.h"
#include "format/json.h"
#include "letter/listen.h"
#include "store/brand.h"
#include "store/customer.h"

enum { AT_ONCE = 50, SAID_MAX = 20000, BOUGHT_MAX = 5000, WEEKS_AT_ONCE = 50, HEARD_WITHIN = HOUR_MS };

struct counting {
    arena *a;
    int64_t brand, now, generation, quiet;
    struct fan_place from;  /* conversations until there were looked at */
    struct fan_place after; /* the same, when the batch is written */
    const struct zone *zone;
    bool done, shop; /* shop: somebody bought something */
    bool some;       /* somebody was counted in this batch */
    /* Of the customer at hand: */
    int64_t person;
    fan_said_list said;
    fan_bought_list bought;
    LIST(struct told) told;
    LIST(const struct fan_said *) replies; /* of said: some write a thousand letters, and get few */
};

/* What a letter is, as far as it was listened to. */
struct told {
    bool known, trouble;
    letter_sort sort;
};

static struct told told_of(str heard) {
    JSON_AUTO json_t *root = NULL;
    struct told t = {.sort = SORT_OTHER};
    int64_t sort;
    if (!heard.n || json_read_long(heard, 1 << 20, &root)) return t;
    t.known = true;
    if (json_take_int(root, "sort", &sort) && sort >= SORT_ASK && sort <= SORT_OTHER)
        t.sort = (letter_sort)sort;
    t.trouble = t.sort == SORT_COMPLAINT;
    const json_t *found = json_object_get(root, "found");
    for (size_t i = 0; i < json_array_size(found) && !t.trouble; i++)
        t.trouble = json_integer_value(json_array_get(json_array_get(found, i), 0)) == FINDING_EVENT;
    return t;
}

static bool is_letter(const struct fan_said *s) { return s->kind == MESSAGE_LETTER && !s->machine; }

/* ---- conversations ---- */

/* The row of a week, made when it is not there. */
static struct fan_talk *talk_of(arena *a, fan_talk_list *all, int64_t conversation, int64_t week) {
    for (size_t i = 0; i < all->n; i++)
        if (all->v[i].week == week) return &all->v[i];
    struct fan_talk *t = list_add(a, all);
    *t = (struct fan_talk){.conversation_id = conversation, .week = week, .first_ms = -1, .final_ms = -1};
    return t;
}

/* Messages [from, to) are one conversation: the replies that count, and since when the first was waited for.
 * What was brought in from before does not say that, so there it is since the letter before it. */
struct wait {
    const struct fan_said *first, *last;
    int64_t since;
};

static struct wait wait_of(const struct counting *x, size_t from, size_t to) {
    struct wait k = {0};
    int64_t letter = 0;
    for (size_t i = from; i < to; i++) {
        const struct fan_said *s = &x->said.v[i];
        if (is_letter(s) && !letter) letter = s->said_at;
        if (s->kind != MESSAGE_REPLY) continue;
        k.last = s;
        if (k.first || (!s->waited_since && !letter)) continue;
        k.first = s;
        k.since = s->waited_since ? s->waited_since : letter;
    }
    return k;
}

/* The first answer is waited for until the first reply that ends a wait; the last one is that of a
 * conversation which is answered and done. */
static err count_talk(db_conn *c, struct counting *x, size_t from, size_t to) {
    fan_talk_list talks = {0};
    struct wait k = wait_of(x, from, to);
    int64_t conversation = x->said.v[from].conversation_id;
    for (size_t i = from; i < to; i++) {
        const struct fan_said *s = &x->said.v[i];
        if (s->kind == MESSAGE_LETTER && s->machine) continue;
        struct fan_talk *t = talk_of(x->a, &talks, conversation, fans_week_of(x->zone, s->said_at));
        if (s->kind == MESSAGE_LETTER)
            t->letters++;
        else
            t->replies++;
    }
    if (k.first) {
        struct fan_talk *t = talk_of(x->a, &talks, conversation, fans_week_of(x->zone, k.first->said_at));
        t->first_ms = k.first->said_at > k.since ? k.first->said_at - k.since : 0;
        t->first_id = k.first->message_id;
    }
    if (k.first && x->said.v[from].closed_kind == CLOSED_ANSWERED) {
        struct fan_talk *t = talk_of(x->a, &talks, conversation, fans_week_of(x->zone, k.last->said_at));
        t->final_ms = k.last->said_at > k.since ? k.last->said_at - k.since : 0;
        t->final_id = k.last->message_id;
    }
    for (size_t i = 0; i < talks.n; i++) {
        TRY(store_fan_talk_put(c, x->brand, &talks.v[i]));
        TRY(store_fan_week_stale(c, x->brand, talks.v[i].week));
    }
    return ERR_NONE;
}

/* ---- signs ---- */

/* Our last reply to them before `at`, outside of conversation `except`. */
static const struct fan_said *reply_before(const struct counting *x, int64_t at, int64_t except) {
    const struct fan_said *best = NULL;
    for (size_t i = 0; i < x->replies.n; i++) {
        const struct fan_said *s = x->replies.v[i];
        if (s->conversation_id == except || s->said_at >= at) continue;
        if (!best || s->said_at > best->said_at) best = s;
    }
    return best;
}

static err put_sign(db_conn *c, struct counting *x, struct fan_sign s) {
    s.customer_id = x->person;
    TRY(store_fan_sign_put(c, x->brand, &s));
    return store_fan_week_stale(c, x->brand, fans_week_of(x->zone, s.at));
}

static const char *what_for(const struct told *t) {
    if (t->trouble) return "trouble";
    switch (t->sort) {
    case SORT_ASK: return "ask";
    case SORT_THANKS: return "thanks";
    case SORT_COMPLAINT: return "trouble";
    case SORT_OTHER: break;
    }
    return "other";
}

/* They began a conversation a while after we had answered another one. */
static err count_return(db_conn *c, struct counting *x, size_t from, size_t to) {
    const struct fan_said *s = NULL;
    size_t at = from;
    for (; at < to && !s; at++)
        if (x->said.v[at].kind == MESSAGE_REPLY || is_letter(&x->said.v[at])) s = &x->said.v[at];
    /* We wrote first: nobody came. */
    if (!s || s->kind == MESSAGE_REPLY) return ERR_NONE;
    const struct fan_said *before = reply_before(x, s->said_at, s->conversation_id);
    if (!before || s->said_at - before->said_at < FANS_RETURN_DAYS * (int64_t)DAY_MS) return ERR_NONE;
    return put_sign(c, x,
                    (struct fan_sign){.kind = FAN_RETURN,
                                      .subject_id = s->conversation_id,
                                      .conversation_id = s->conversation_id,
                                      .agent_id = before->agent_id,
                                      .what = str_z(what_for(&x->told.v[at - 1])),
                                      .at = s->said_at});
}

static err count_purchases(db_conn *c, struct counting *x) {
    for (size_t i = 0; i < x->bought.n; i++) {
        const struct fan_bought *b = &x->bought.v[i];
        const struct fan_said *before = reply_before(x, b->at, 0);
        if (!before || b->at - before->said_at > FANS_PURCHASE_DAYS * (int64_t)DAY_MS) continue;
        TRY(put_sign(c, x,
                     (struct fan_sign){.kind = FAN_PURCHASE,
                                       .subject_id = b->id,
                                       .conversation_id = before->conversation_id,
                                       .agent_id = before->agent_id,
                                       .what = S(""),
                                       .at = b->at}));
    }
    return ERR_NONE;
}

/* ---- lives ---- */

/* The last sign of life from `from` on before a silence of `quiet` ms; `from` itself counts as one. Signs are
 * sorted once: letters by conversation and purchases stand in no order. */
static int64_t last_before_silence(const fan_ids *signs, int64_t from, int64_t quiet) {
    int64_t last = from;
    for (size_t i = 0; i < signs->n; i++) {
        if (signs->v[i] <= last) continue;
        if (signs->v[i] - last > quiet) break;
        last = signs->v[i];
    }
    return last;
}

static int by_time(const void *x, const void *y) {
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

static fan_ids signs_of(struct counting *x) {
    fan_ids signs = {0};
    for (size_t i = 0; i < x->said.n; i++)
        if (is_letter(&x->said.v[i])) *list_add(x->a, &signs) = x->said.v[i].said_at;
    for (size_t i = 0; i < x->bought.n; i++) *list_add(x->a, &signs) = x->bought.v[i].at;
    if (signs.n) qsort(signs.v, signs.n, sizeof *signs.v, by_time);
    return signs;
}

/* The first letter that tells of trouble, and the first reply to one, which may be another. */
static void find_trouble(const struct counting *x, const struct fan_said **ret_letter,
                         const struct fan_said **ret_reply) {
    const struct fan_said *letter = NULL, *reply = NULL, *open = NULL;
    for (size_t i = 0; i < x->said.n; i++) {
        const struct fan_said *s = &x->said.v[i];
        if (is_letter(s) && x->told.v[i].trouble) {
            if (!letter || s->said_at < letter->said_at) letter = s;
            open = s;
        } else if (s->kind == MESSAGE_REPLY && open && open->conversation_id == s->conversation_id) {
            if (!reply || s->said_at < reply->said_at) reply = s;
        }
    }
    *ret_letter = letter;
    *ret_reply = reply;
}

static err count_life(db_conn *c, struct counting *x) {
    fan_ids signs = signs_of(x);
    const struct fan_said *letter, *reply;
    int64_t quiet = x->quiet * (int64_t)DAY_MS;
    if (!signs.n) return ERR_NONE;
    find_trouble(x, &letter, &reply);
    struct fan_life life = {.person = x->person,
                            .free_from = signs.v[0],
                            .free_last = last_before_silence(&signs, signs.v[0], quiet),
                            .free_until = letter ? letter->said_at : 0};
    if (reply) {
        life.trouble_from = reply->said_at;
        life.trouble_last = last_before_silence(&signs, reply->said_at, quiet);
        life.trouble_id = reply->conversation_id;
    }
    return store_fan_life_put(c, x->brand, &life);
}

/* ---- a person ---- */

static err count_conversations(db_conn *c, struct counting *x) {
    for (size_t i = 0; i < x->said.n;) {
        size_t to = i;
        bool waits = false;
        for (; to < x->said.n && x->said.v[to].conversation_id == x->said.v[i].conversation_id; to++)
            waits = waits || (is_letter(&x->said.v[to]) && !x->told.v[to].known &&
                              x->said.v[to].created_at > x->now - HEARD_WITHIN);
        TRY(count_talk(c, x, i, to));
        TRY(count_return(c, x, i, to));
        /* Listening comes to it soon. */
        if (waits) TRY(store_fans_uncounted(c, x->brand, x->said.v[i].conversation_id));
        i = to;
    }
    return ERR_NONE;
}

/* What they bought before they wrote to us for the first time, or from another address of theirs. */
static err claim_purchases(db_conn *c, struct counting *x, int64_t customer) {
    customer_address_list all;
    if (!x->shop) return ERR_NONE;
    TRY(store_customer_addresses(c, x->a, x->brand, customer, &all));
    for (size_t i = 0; i < all.n; i++) {
        fan_ids weeks, times;
        bool moved;
        int64_t stranger = order_stranger(x->a, all.v[i].address);
        TRY(store_purchase_claim(c, x->brand, stranger, customer, &moved));
        if (moved) TRY(store_fans_wipe(c, x->a, x->brand, stranger, &weeks, &times));
    }
    return ERR_NONE;
}

static err count_person(db_conn *c, struct counting *x, int64_t person) {
    fan_ids weeks, times;
    x->person = person;
    x->said.n = x->told.n = x->bought.n = x->replies.n = 0;
    TRY(store_fans_wipe(c, x->a, x->brand, person, &weeks, &times));
    for (size_t i = 0; i < weeks.n; i++)
        if (!i || weeks.v[i] != weeks.v[i - 1]) TRY(store_fan_week_stale(c, x->brand, weeks.v[i]));
    for (size_t i = 0; i < times.n; i++)
        TRY(store_fan_week_stale(c, x->brand, fans_week_of(x->zone, times.v[i])));
    if (person > 0) TRY(claim_purchases(c, x, person));
    if (person > 0) TRY(store_fans_said(c, x->a, x->brand, person, SAID_MAX, &x->said));
    TRY(store_fans_bought(c, x->a, x->brand, person, BOUGHT_MAX, &x->bought));
    for (size_t i = 0; i < x->said.n; i++) {
        const struct fan_said *s = &x->said.v[i];
        *list_add(x->a, &x->told) = is_letter(s) ? told_of(s->heard) : (struct told){0};
        if (s->kind == MESSAGE_REPLY) *list_add(x->a, &x->replies) = s;
    }
    if (person > 0) TRY(store_fans_counted(c, x->brand, person, x->generation));
    TRY(count_conversations(c, x));
    TRY(count_purchases(c, x));
    return count_life(c, x);
}

static err write_batch(db_conn *c, void *arg) {
    struct counting *x = arg;
    struct counting run = *x;
    fan_ids people, again;
    bool more;
    TRY(store_fans_changed(c, x->a, x->brand, x->generation, x->from, AT_ONCE, &people, &run.after, &more));
    TRY(store_fan_again(c, x->a, x->brand, AT_ONCE, &again));
    TRY(store_purchase_any(c, x->brand, &run.shop));
    for (size_t i = 0; i < people.n; i++) TRY(count_person(c, &run, people.v[i]));
    for (size_t i = 0; i < again.n; i++) {
        TRY(count_person(c, &run, again.v[i]));
        TRY(store_fan_again_done(c, x->brand, again.v[i]));
    }
    x->some = people.n || again.n;
    x->done = !more && again.n < AT_ONCE;
    x->after = run.after;
    return ERR_NONE;
}

/* ---- weeks ---- */

/* The value that a share of them is at most; of few people it is one of theirs. */
static int64_t at_share(const fan_ids *sorted, int share) {
    if (!sorted->n) return -1;
    size_t rank = (sorted->n * (size_t)share + 99) / 100;
    return sorted->v[rank ? rank - 1 : 0];
}

static err write_weeks(db_conn *c, void *arg) {
    struct counting *x = arg;
    fan_ids weeks, first, final;
    TRY(store_fan_weeks_stale(c, x->a, x->brand, WEEKS_AT_ONCE, &weeks));
    for (size_t i = 0; i < weeks.n; i++) {
        struct fan_week w = {.week = weeks.v[i]};
        struct fan_ask ask = {.agent = -1,
                              .from = fans_day_start(x->zone, w.week),
                              .until = fans_day_start(x->zone, fans_day_plus(w.week, 7))};
        TRY(store_fan_week_waits(c, x->a, x->brand, w.week, &first, &final, &w.letters, &w.replies));
        if (first.n) qsort(first.v, first.n, sizeof *first.v, by_time);
        if (final.n) qsort(final.v, final.n, sizeof *final.v, by_time);
        w.first_n = (int64_t)first.n;
        w.first_half = at_share(&first, 50);
        w.first_tenth = at_share(&first, 90);
        w.final_n = (int64_t) final.n;
        w.final_half = at_share(&final, 50);
        w.final_tenth = at_share(&final, 90);
        TRY(store_fan_sign_count(c, x->brand, FAN_RETURN, &ask, &w.returns));
        TRY(store_fan_sign_count(c, x->brand, FAN_PURCHASE, &ask, &w.purchases));
        TRY(store_fan_week_put(c, x->brand, &w));
    }
    x->done = weeks.n < WEEKS_AT_ONCE;
    return ERR_NONE;
}

/* ---- curves ---- */

struct drawn {
    struct curve_count count;
    int64_t over, gone; /* whose year is over; gone within it */
};
struct drawing {
    struct drawn trouble, free;
    int64_t now, quiet;
};

/* Somebody who was watched from `from` to `until` at most, and heard of last at `last`. Their year says
 * something when all of it could be seen: who came lately and is gone already must not stand beside nobody
 * who stayed. */
static void add_watched(const struct drawing *d, struct drawn *to, int64_t from, int64_t last,
                        int64_t until) {
    bool gone = last + d->quiet <= until;
    int64_t days = ((gone ? last + d->quiet : until) - from) / DAY_MS;
    curve_add(&to->count, days, gone);
    gone = gone && days <= CURVE_YEAR;
    if ((gone ? d->now : until) - from < CURVE_YEAR * (int64_t)DAY_MS) return;
    to->over++;
    to->gone += gone;
}

/* Gone is who was silent for so long; until then they were there. Trouble ends the life of those without. */
static void add_life(void *context, const struct fan_life *l) {
    struct drawing *d = context;
    int64_t until = l->free_until ? l->free_until : d->now;
    if (until > l->free_from) add_watched(d, &d->free, l->free_from, l->free_last, until);
    if (l->trouble_from && l->trouble_from <= d->now)
        add_watched(d, &d->trouble, l->trouble_from, l->trouble_last, d->now);
}

static void add_steps(arena *a, const struct drawing *d, bool trouble, fan_step_list *to) {
    const struct drawn *of = trouble ? &d->trouble : &d->free;
    curve_step_list steps;
    curve_steps(a, &of->count, &steps);
    for (size_t i = 0; i < steps.n; i++)
        *list_add(a, to) = (struct fan_step){trouble, steps.v[i].day, steps.v[i].at_risk, steps.v[i].gone};
    *list_add(a, to) = (struct fan_step){trouble, FAN_STEP_YEAR, of->over, of->gone};
    *list_add(a, to) = (struct fan_step){trouble, FAN_STEP_DRAWN, d->now, 0};
}

static err draw(struct desk *d, struct counting *x, fan_step_list *ret) {
    struct drawing *w = arena_alloc(x->a, sizeof *w);
    fan_step_list steps = {0};
    DB_READ_AUTO db_conn *c = NULL;
    w->now = x->now;
    w->quiet = x->quiet * (int64_t)DAY_MS;
    TRY(db_read_begin(d->db, &c));
    TRY(store_fan_lives(c, x->brand, add_life, w));
    add_steps(x->a, w, true, &steps);
    add_steps(x->a, w, false, &steps);
    *ret = steps;
    return ERR_NONE;
}

struct ending {
    struct counting *x;
    struct fan_mark mark;
    const fan_step_list *steps; /* NULL: as it was */
};

static err write_end(db_conn *c, void *arg) {
    struct ending *e = arg;
    if (e->steps) TRY(store_fan_curve_put(c, e->x->brand, e->steps));
    return store_fan_mark_put(c, e->x->brand, &e->mark);
}

/* ---- a brand ---- */

static err begin(struct desk *d, arena *a, int64_t brand, struct fan_mark *ret_mark,
                 const struct zone **ret_zone, bool *ret_fresh) {
    struct store_brand b;
    int64_t quiet;
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    TRY(store_brand_by_id(c, a, brand, &b));
    TRY(setting_number(c, a, brand, SETTING_QUIET_DAYS, &quiet));
    TRY(store_fan_mark_get(c, a, brand, ret_mark));
    if (zone_load(b.zone, ret_zone)) *ret_zone = zone_utc;
    *ret_fresh = !ret_mark->generation || !str_eq(ret_mark->zone, b.zone) || ret_mark->quiet_days != quiet;
    ret_mark->zone = b.zone;
    ret_mark->quiet_days = quiet;
    return ERR_NONE;
}

static err write_afresh(db_conn *c, void *arg) {
    struct ending *e = arg;
    TRY(store_fans_wipe_all(c, e->x->brand));
    return store_fan_mark_put(c, e->x->brand, &e->mark);
}

err fans_count(struct desk *d, arena *a, int64_t brand) {
    ARENA_AUTO arena *own = arena_new(0);
    struct counting x = {.a = own, .brand = brand, .now = desk_now(d)};
    struct ending e = {.x = &x};
    fan_step_list steps;
    bool fresh, some = false;
    TRY(begin(d, a, brand, &e.mark, &x.zone, &fresh));
    x.quiet = e.mark.quiet_days;
    if (fresh) {
        e.mark.generation++;
        e.mark.counted_at = e.mark.drawn_day = 0;
        TRY(db_write(d->db, write_afresh, &e));
    }
    x.generation = e.mark.generation;
    while (!x.done) {
        arena_reset(own);
        TRY(db_write(d->db, write_batch, &x));
        x.from = x.after;
        some = some || x.some;
    }
    for (x.done = false; !x.done;) {
        arena_reset(own);
        TRY(db_write(d->db, write_weeks, &x));
    }
    int64_t today = fans_day_of(x.zone, x.now);
    if (some || e.mark.drawn_day != today) {
        TRY(draw(d, &x, &steps));
        e.steps = &steps;
    }
    e.mark.counted_at = x.now;
    e.mark.drawn_day = today;
    return db_write(d->db, write_end, &e);
}

/* ---- the job ---- */

struct timing {
    const struct job *job;
    int64_t brand, at;
};

static err write_job(db_conn *c, void *arg) {
    const struct timing *t = arg;
    if (t->job) return store_job_postpone(c, t->job, t->at, S(""), 0);
    return store_job_put(c, t->brand, S("fans"), 0, id_new(t->at), t->at);
}

static err brands_of(struct desk *d, arena *a, store_brand_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return store_brand_list_all(c, a, ret);
}

err fans_start(struct desk *d, arena *a) {
    store_brand_list brands = {0};
    TRY(brands_of(d, a, &brands));
    if (!brands.n) return ERR_NONE;
    struct timing t = {NULL, brands.v[0].id, desk_now(d)};
    return db_write(d->db, write_job, &t);
}

err fans_run(struct desk *d, arena *a, const struct job *job) {
    store_brand_list brands = {0};
    TRY(brands_of(d, a, &brands));
    for (size_t i = 0; i < brands.n; i++) {
        TRY(fans_count(d, a, brands.v[i].id));
        TRY(survey_look(d, a, brands.v[i].id));
    }
    struct timing t = {job, 0, desk_now(d) + FANS_EVERY_MINUTES * (int64_t)MINUTE_MS};
    return db_write(d->db, write_job, &t);
}
