#include "desk/incident_watch.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "desk/heart.h"
#include "desk/incident_match.h"
#include "net/objects.h"
#include "store/brand.h"

enum {
    SHOWN = 60,           /* letters of a cluster that are read again for how its words are written */
    PAGE = 200,           /* letters in one transaction */
    CLUSTER_MAX = 3000,   /* letters of one that are looked up */
    REPLAY_MOST = 200000, /* letters that are counted again where there is no file */
    FILE_MAX = 16 << 20,
    LOOK_MINUTES = 10,
    CATCH_UP_MINUTES = 5,
    COMMIT_MINUTES = 2, /* a letter is seen by others so long after its id was made, or before */
    ANEW_MOST = 3,
    BY_HAND_MANY = 1000, /* letters */
    BY_HAND_PAUSE = 30 * SECOND_MS,
};
#define REPLAY_SPAN (56 * (int64_t)DAY_MS)
/* A proposal that nobody confirmed and no letter joined any more. */
#define PROPOSAL_STAYS (2 * DAY_MS)

struct watch {
    burst *b;
    int64_t saved;              /* burst_folded of the file */
    int64_t caught_up_at, seen; /* when, and the id up to which what others counted is counted here */
    int64_t by_hand_at;         /* no sooner: what many letters share that people put together */
};

err watch_heard_in(db_conn *c, int64_t brand, int64_t message) { return store_watch_put(c, brand, message); }

err watch_soon_in(db_conn *c, int64_t brand, int64_t now) {
    int64_t id = id_new(now);
    return store_job_put(c, brand, S("watch"), id, id, now);
}

err watch_stand_in(db_conn *c, int64_t brand, int64_t now) {
    return store_job_put(c, brand, S("watch"), 0, id_new(now), now);
}

struct start {
    const store_brand_list *brands;
    int64_t now;
};

static err put_standing(db_conn *c, void *arg) {
    struct start *s = arg;
    for (size_t i = 0; i < s->brands->n; i++) TRY(watch_stand_in(c, s->brands->v[i].id, s->now));
    return ERR_NONE;
}

err watch_start(struct desk *d, arena *a) {
    store_brand_list brands = {0};
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        TRY(store_brand_list_all(c, a, &brands));
    }
    struct start s = {&brands, desk_now(d)};
    return brands.n ? db_write(d->db, put_standing, &s) : ERR_NONE;
}

void watch_free(struct watch *w) {
    if (!w) return;
    burst_free(w->b);
    free(w);
}

/* ---- what is usual ---- */

static str path_of(struct desk *d, arena *a, int64_t brand) {
    return str_fmt(a, "%.*s/near/%lld.watch", STR_FMT(d->folder), (long long)brand);
}

static void count(burst *b, const struct watched *w) {
    if (w->letter.left_out) return;
    burst_add(b, &(struct burst_letter){w->letter.id, w->letter.customer_id, w->letter.at, w->language,
                                        w->words.keys, w->words.n});
}

static err read_page(struct desk *d, arena *a, int64_t brand, int64_t after, watch_letter_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return store_watch_letters(c, a, brand, after, INT64_MAX, false, PAGE, ret);
}

/* The letters since what was saved, or of the last weeks. Those that wait to be counted come in their turn.
 */
static err replay(struct desk *d, int64_t brand, burst *b) {
    ARENA_AUTO arena *a = arena_new(0);
    int64_t now = desk_now(d), from = now - REPLAY_SPAN, after, least;
    if (burst_folded(b) > from) from = burst_folded(b);
    after = id_past(from - MINUTE_MS);
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        TRY(store_watch_from(c, brand, REPLAY_MOST, &least));
    }
    if (least > after) after = least;
    for (;;) {
        watch_letter_list page;
        arena_reset(a);
        TRY(read_page(d, a, brand, after, &page));
        if (!page.n) break;
        for (size_t i = 0; i < page.n; i++) {
            struct watched w;
            watched_of(a, &page.v[i], &w);
            count(b, &w);
            if (page.v[i].came_at <= now) burst_advance(b, page.v[i].came_at);
        }
        after = page.v[page.n - 1].id;
    }
    /* They were looked at when they came. */
    burst_advance(b, now);
    return ERR_NONE;
}

static err open_watch(struct desk *d, arena *a, int64_t brand, struct watch **ret) {
    struct watch *w = heart_watch(d, brand);
    int64_t now = desk_now(d);
    str bytes;
    if (w && burst_folded(w->b) <= now) {
        *ret = w;
        return ERR_NONE;
    }
    burst *b = NULL;
    if (!w && !file_read(a, path_of(d, a, brand), FILE_MAX, &bytes) && burst_load(bytes, &b))
        log_warn("watch", "%s", err_text());
    /* The clock was far ahead: all that comes now would seem to be of long ago. */
    if (b && burst_folded(b) > now) {
        burst_free(b);
        b = NULL;
    }
    if (!b) b = burst_new();
    int64_t saved = burst_folded(b);
    err e = replay(d, brand, b);
    if (e) {
        burst_free(b);
        return e;
    }
    watch_free(w);
    w = memory_take(sizeof *w);
    *w = (struct watch){b, saved, now, id_past(now - COMMIT_MINUTES * (int64_t)MINUTE_MS), 0};
    heart_watch_put(d, brand, w);
    *ret = w;
    return ERR_NONE;
}

/* Of several processes each takes letters that the others do not see. */
static err catch_up(struct desk *d, int64_t brand, struct watch *w) {
    ARENA_AUTO arena *a = arena_new(0);
    int64_t now = desk_now(d), after = w->seen;
    if (db_engine_of(d->db) == DB_SQLITE || now - w->caught_up_at < CATCH_UP_MINUTES * (int64_t)MINUTE_MS)
        return ERR_NONE;
    for (bool more = true; more;) {
        watch_letter_list page;
        arena_reset(a);
        TRY(read_page(d, a, brand, after, &page));
        for (size_t i = 0; i < page.n; i++) {
            struct watched m;
            if (burst_has(w->b, page.v[i].id, page.v[i].at)) continue;
            watched_of(a, &page.v[i], &m);
            count(w->b, &m);
        }
        more = page.n == PAGE;
        if (more) after = page.v[page.n - 1].id;
    }
    w->caught_up_at = now;
    w->seen = id_past(now - COMMIT_MINUTES * (int64_t)MINUTE_MS);
    return ERR_NONE;
}

/* At most once an hour, since that is how often it changes. */
static err save(struct desk *d, arena *a, int64_t brand, struct watch *w) {
    BUF_AUTO buf b = BUF_MAX(FILE_MAX);
    if (burst_folded(w->b) == w->saved) return ERR_NONE;
    if (!burst_save(w->b, &b))
        return err_set(ERR_LIMIT, "What is usual in letters is too large for its file.");
    TRY(folder_make(a, str_fmt(a, "%.*s/near", STR_FMT(d->folder))));
    TRY(file_write(a, path_of(d, a, brand), buf_str(&b), 0600));
    w->saved = burst_folded(w->b);
    return ERR_NONE;
}

/* ---- a run ---- */

struct run {
    arena *a;
    int64_t brand, now;
    const job_list *jobs;
    watched_list letters; /* new ones */
    bool last;            /* no more are waiting: the jobs end */
    id_list known;        /* incidents that it was worked out with */
    struct incident_plan plan;
    int proposed, joined;
};

static err end_jobs(db_conn *c, struct run *x) {
    for (size_t i = 0; i < x->jobs->n; i++) {
        const struct job *j = &x->jobs->v[i];
        bool mine;
        if (j->brand_id != x->brand) continue;
        TRY(store_job_finish(c, j, &mine));
        if (!j->subject_id)
            TRY(store_job_put(c, x->brand, S("watch"), 0, id_new(x->now), x->now + LOOK_MINUTES * MINUTE_MS));
    }
    return ERR_NONE;
}

/* A person may have decided since it was worked out. */
static err still_takes(db_conn *c, struct run *x, int64_t incident, bool *ret) {
    struct store_incident i;
    err e = store_incident_get(c, x->a, x->brand, incident, &i);
    if (e && e != ERR_MISSING) return e;
    *ret = !e && (i.state == INCIDENT_PROPOSED || i.state == INCIDENT_OPEN || i.state == INCIDENT_OVER);
    return ERR_NONE;
}

/* Another process may have proposed the same meanwhile: then it is worked out anew. */
static err none_is_newer(db_conn *c, struct run *x) {
    id_list there;
    bool any = false;
    for (size_t i = 0; i < x->plan.incidents.n; i++) any = any || x->plan.incidents.v[i].is_new;
    if (!any) return ERR_NONE;
    TRY(known_incident_ids(c, x->a, x->brand, x->now, &there));
    for (size_t i = 0; i < there.n; i++) {
        size_t k = 0;
        while (k < x->known.n && x->known.v[k] != there.v[i]) k++;
        if (k == x->known.n)
            return err_set(ERR_CONFLICT, "An incident was begun while another was looked for.");
    }
    return ERR_NONE;
}

static err write_incidents(db_conn *c, struct run *x) {
    TRY(none_is_newer(c, x));
    for (size_t i = 0; i < x->plan.incidents.n; i++) {
        const struct plan_incident *p = &x->plan.incidents.v[i];
        bool takes = true;
        if (p->is_new)
            TRY(store_incident_insert(c, x->brand, &p->incident));
        else
            TRY(still_takes(c, x, p->incident.id, &takes));
        if (takes) TRY(store_incident_words_put(c, x->brand, p->incident.id, p->words.v, p->words.n));
        x->proposed += p->is_new;
    }
    return ERR_NONE;
}

static err write_letters(db_conn *c, struct run *x) {
    int64_t last = 0;
    bool takes = false;
    for (size_t i = 0; i < x->plan.letters.n; i++) {
        const struct plan_letter *p = &x->plan.letters.v[i];
        if (p->incident != last) {
            TRY(still_takes(c, x, p->incident, &takes));
            if (takes) TRY(store_incident_stirred(c, x->brand, p->incident, x->now));
            last = p->incident;
        }
        if (!takes) continue;
        TRY(incident_propose_in(c, x->brand, p->incident, p->conversation, p->message, p->why, x->now));
        x->joined++;
    }
    return ERR_NONE;
}

static err write_run(db_conn *c, void *arg) {
    struct run *x = arg;
    x->proposed = x->joined = 0;
    TRY(write_incidents(c, x));
    TRY(write_letters(c, x));
    for (size_t i = 0; i < x->letters.n; i++) TRY(store_watch_done(c, x->brand, x->letters.v[i].letter.id));
    return x->last ? end_jobs(c, x) : ERR_NONE;
}

static err read_run(struct desk *d, struct run *x, known_incident_list *ret_known) {
    DB_READ_AUTO db_conn *c = NULL;
    watch_letter_list fresh;
    int64_t first = INT64_MAX;
    TRY(db_read_begin(d->db, &c));
    TRY(store_watch_fresh(c, x->a, x->brand, PAGE, &fresh));
    for (size_t i = 0; i < fresh.n; i++) {
        watched_of(x->a, &fresh.v[i], list_add(x->a, &x->letters));
        if (fresh.v[i].id < first) first = fresh.v[i].id;
    }
    x->last = fresh.n < PAGE;
    TRY(known_incidents(c, x->a, x->brand, x->now, ret_known));
    if (fresh.n) TRY(known_messages(c, x->a, x->brand, first, ret_known));
    for (size_t i = 0; i < ret_known->n; i++) *list_add(x->a, &x->known) = ret_known->v[i].incident.id;
    return ERR_NONE;
}

/* All that spoke for them, which is much in a storm. */
static err read_messages(struct desk *d, struct run *x, known_incident_list *known) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return known_messages(c, x->a, x->brand, 0, known);
}

static bool is_known(const known_incident_list *known, int64_t id) {
    for (size_t i = 0; i < known->n; i++)
        if (known_has(&known->v[i], id)) return true;
    return false;
}

/* Letters by their ids: those that no incident has yet, and the last of the others, for how words are
 * written. Those of this run without a question to the database. What was found to be junk meanwhile is not
 * counted any more. */
static err letters_of(struct desk *d, struct run *x, burst *b, const known_incident_list *known,
                      const int64_t *ids, size_t n, watched_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    watched_list list = {0};
    TRY(db_read_begin(d->db, &c));
    for (size_t i = n > CLUSTER_MAX ? n - CLUSTER_MAX : 0; i < n; i++) {
        struct watched w = {0};
        struct watch_letter m;
        if (i + SHOWN < n && is_known(known, ids[i])) continue;
        for (size_t k = 0; k < x->letters.n && !w.letter.id; k++)
            if (x->letters.v[k].letter.id == ids[i]) w = x->letters.v[k];
        if (!w.letter.id) {
            err e = store_watch_letter(c, x->a, x->brand, ids[i], &m);
            if (e == ERR_MISSING) continue;
            if (e) return e;
            watched_of(x->a, &m, &w);
        }
        if (w.letter.left_out)
            burst_remove(b, w.letter.id, w.letter.at);
        else
            *list_add(x->a, &list) = w;
    }
    *ret = list;
    return ERR_NONE;
}

static bool wants_words(const struct known_incident *k) {
    return k->incident.state == INCIDENT_OPEN && !k->words.n;
}

/* One that a person opened: what do its letters share? Where that was asked of many, not at once again. */
static err plan_by_hand(struct desk *d, struct run *x, struct watch *w, known_incident_list *known) {
    bool any = false;
    for (size_t i = 0; i < known->n; i++) any = any || wants_words(&known->v[i]);
    if (!any || x->now < w->by_hand_at) return ERR_NONE;
    TRY(read_messages(d, x, known));
    for (size_t i = 0; i < known->n; i++) {
        const struct known_incident *k = &known->v[i];
        burst_word_list words;
        watched_list letters;
        if (!wants_words(k) || k->messages.n < 3) continue;
        if (k->messages.n > BY_HAND_MANY) w->by_hand_at = x->now + BY_HAND_PAUSE;
        burst_shared(w->b, x->a, k->messages.v, k->messages.n, &words);
        if (!words.n) continue;
        TRY(letters_of(d, x, w->b, known, k->messages.v, k->messages.n, &letters));
        plan_of_words(x->a, k, &words, &letters, x->now, &x->plan);
    }
    return ERR_NONE;
}

static err plan(struct desk *d, struct run *x, struct watch *w, known_incident_list *known) {
    burst_cluster_list clusters;
    burst *b = w->b;
    for (size_t i = 0; i < x->letters.n; i++) {
        count(b, &x->letters.v[i]);
        plan_of_letter(x->a, known, &x->letters.v[i], &x->plan);
    }
    burst_look(b, x->a, x->now, &clusters);
    if (clusters.n) TRY(read_messages(d, x, known));
    for (size_t i = 0; i < clusters.n; i++) {
        watched_list letters;
        TRY(letters_of(d, x, b, known, clusters.v[i].letters, clusters.v[i].n, &letters));
        plan_of_cluster(x->a, known, &clusters.v[i], &letters, x->now, &x->plan);
    }
    return plan_by_hand(d, x, w, known);
}

/* One page of letters; what was found and could not be written is looked for again. */
static err run_page(struct desk *d, struct run *x, struct watch *w) {
    known_incident_list known;
    TRY(read_run(d, x, &known));
    err e = plan(d, x, w, &known);
    if (!e) e = db_write(d->db, write_run, x);
    if (e) {
        burst_again(w->b);
        return e;
    }
    if (x->proposed || x->joined) desk_changed(d, x->brand, 0, "incident");
    return ERR_NONE;
}

/* ---- proposals that nobody wanted ---- */

static err write_tidy(db_conn *c, void *arg) {
    struct run *x = arg;
    store_incident_list rows;
    x->proposed = 0;
    TRY(store_incidents(c, x->a, x->brand, 1u << INCIDENT_PROPOSED, 0, 500, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        struct store_incident r = rows.v[i];
        if (r.updated_at > x->now - PROPOSAL_STAYS) continue;
        r.state = INCIDENT_DISMISSED;
        r.ended_at = r.updated_at = r.quiet_until = x->now;
        r.version++;
        TRY(store_incident_update(c, x->brand, &r));
        x->proposed++;
    }
    return ERR_NONE;
}

static err tidy(struct desk *d, arena *a, int64_t brand) {
    struct run x = {.a = a, .brand = brand, .now = desk_now(d)};
    TRY(db_write(d->db, write_tidy, &x));
    if (x.proposed) desk_changed(d, brand, 0, "incident");
    return ERR_NONE;
}

/* ---- the job ---- */

static err just_end(db_conn *c, void *arg) { return end_jobs(c, arg); }

static err watch_brand(struct desk *d, arena *a, int64_t brand, const job_list *jobs, bool standing) {
    struct watch *w;
    struct run x = {.a = a, .brand = brand, .now = desk_now(d), .jobs = jobs};
    if (!d->keeps_indexes) return db_write(d->db, just_end, &x);
    TRY(open_watch(d, a, brand, &w));
    TRY(catch_up(d, brand, w));
    if (standing) TRY(tidy(d, a, brand));
    int anew = 0;
    do {
        ARENA_AUTO arena *page = arena_new(0);
        x = (struct run){.a = page, .brand = brand, .now = desk_now(d), .jobs = jobs};
        err e = run_page(d, &x, w);
        if (e && (e != ERR_CONFLICT || ++anew > ANEW_MOST)) return e;
        if (e) x.last = false;
    } while (!x.last);
    return save(d, a, brand, w);
}

err watch_run(struct desk *d, arena *a, const job_list *jobs) {
    for (size_t i = 0; i < jobs->n; i++) {
        bool done = false, standing = false;
        for (size_t k = 0; k < jobs->n; k++) {
            if (jobs->v[k].brand_id != jobs->v[i].brand_id) continue;
            done = done || k < i;
            standing = standing || !jobs->v[k].subject_id;
        }
        if (!done) TRY(watch_brand(d, a, jobs->v[i].brand_id, jobs, standing));
    }
    return ERR_NONE;
}
