#include "desk/learning.h"

#include "base/random.h"
#include "desk/heart.h"
#include "desk/history.h"
#include "net/objects.h"
#include "store/brand.h"
#include "store/learned.h"

enum { LEARN_PAGE = 500, SAVE_EVERY_MINUTES = 10 };

err learning_wanted(db_conn *c, int64_t brand, int64_t message, int64_t now) {
    return store_job_put(c, brand, S("learn"), message, id_new(now), now);
}

typedef err (*adding)(near *x, const struct near_text *text); /* near_add, or near_load to rebuild */

/* Read a reply and add it, or forget it when there is none (any more). */
static err learn_one(struct desk *d, arena *a, int64_t brand, int64_t message,
                     const struct catalogue *catalogue, near *x, adding add, bool *ret_there) {
    struct store_said said;
    err e;
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        e = store_said_get(c, a, brand, message, &said);
    }
    if (e && e != ERR_MISSING) return e;
    *ret_there = !e && !said.failed;
    if (!*ret_there) return near_remove(x, message);
    struct near_text text;
    history_text(a,
                 &(struct history_said){.id = message,
                                        .customer = said.customer_id,
                                        .at = said.said_at,
                                        .reply = said.text,
                                        .letter = said.letter,
                                        .customer_name = said.customer_name,
                                        .letter_name = said.letter_from,
                                        .agent_name = said.agent_name},
                 catalogue, &text);
    return add(x, &text);
}

static err learn_list(struct desk *d, int64_t brand, const store_learned_list *page, near *x, adding add) {
    HEART_CATALOGUE_AUTO struct heart_catalogue catalogue = {0};
    ARENA_AUTO arena *a = arena_new(0);
    TRY(heart_catalogue(d, brand, &catalogue));
    for (size_t i = 0; i < page->n; i++) {
        bool there;
        arena_reset(a);
        if (page->v[i].gone)
            TRY(near_remove(x, page->v[i].id));
        else if (!near_has(x, page->v[i].id))
            TRY(learn_one(d, a, brand, page->v[i].id, catalogue.catalogue, x, add, &there));
    }
    return ERR_NONE;
}

/* What is to be looked at after `after`: all replies where there is no file yet, else those the file may
 * lack. */
static err next_page(struct desk *d, arena *a, int64_t brand, int64_t generation, int64_t after,
                     store_learned_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    id_list ids = {0};
    TRY(db_read_begin(d->db, &c));
    if (generation) return store_learned_after(c, a, brand, generation, after, LEARN_PAGE, ret);
    TRY(store_reply_ids(c, a, brand, after, LEARN_PAGE, &ids));
    for (size_t i = 0; i < ids.n; i++) *list_add(a, ret) = (struct store_learned){ids.v[i], false};
    return ERR_NONE;
}

static err learn_all(struct desk *d, int64_t brand, int64_t generation, near *x, adding add, int64_t total,
                     void (*progress)(void *context, int64_t done, int64_t total), void *context,
                     int64_t *ret_n) {
    ARENA_AUTO arena *a = arena_new(0);
    int64_t after = 0, done = 0;
    for (;;) {
        store_learned_list page = {0};
        arena_reset(a);
        TRY(next_page(d, a, brand, generation, after, &page));
        if (!page.n) break;
        TRY(learn_list(d, brand, &page, x, add));
        after = page.v[page.n - 1].id;
        done += (int64_t)page.n;
        if (progress) progress(context, done, total > done ? total : done);
    }
    *ret_n = done;
    return ERR_NONE;
}

err learning_catch_up(struct desk *d, int64_t brand, near *x) {
    int64_t n;
    return learn_all(d, brand, near_generation(x), x, near_add, 0, NULL, NULL, &n);
}

struct mark {
    const struct job *job;
    int64_t generation; /* of the file that holds it, or no longer does */
    int64_t again_at;   /* the standing job: when next */
};

static err end_job(db_conn *c, void *arg) {
    struct mark *m = arg;
    bool mine;
    if (m->again_at) return store_job_postpone(c, m->job, m->again_at, S(""), 0);
    TRY(store_learned_put(c, m->job->brand_id, m->job->subject_id, m->generation));
    return store_job_finish(c, m->job, &mine);
}

static err stand(struct desk *d, const struct job *job) {
    near *x;
    TRY(heart_replies(d, job->brand_id, &x));
    TRY(learning_catch_up(d, job->brand_id, x));
    TRY(heart_save(d));
    struct mark m = {.job = job, .again_at = desk_now(d) + SAVE_EVERY_MINUTES * MINUTE_MS};
    return db_write(d->db, end_job, &m);
}

static err learn_job(struct desk *d, const struct job *job) {
    HEART_CATALOGUE_AUTO struct heart_catalogue catalogue = {0};
    ARENA_AUTO arena *a = arena_new(0);
    near *x;
    bool there;
    TRY(heart_replies(d, job->brand_id, &x));
    TRY(heart_catalogue(d, job->brand_id, &catalogue));
    TRY(learn_one(d, a, job->brand_id, job->subject_id, catalogue.catalogue, x, near_add, &there));
    /* What is gone keeps its mark, too: the file may hold it until the next one. */
    struct mark m = {.job = job, .generation = near_next(x)};
    return db_write(d->db, end_job, &m);
}

err learning_run(struct desk *d, arena *a, const job_list *jobs) {
    (void)a;
    for (size_t i = 0; i < jobs->n; i++)
        TRY(jobs->v[i].subject_id ? learn_job(d, &jobs->v[i]) : stand(d, &jobs->v[i]));
    return ERR_NONE;
}

struct start {
    const store_brand_list *brands;
    int64_t now;
};

err learning_stand_in(db_conn *c, int64_t brand, int64_t now) {
    return store_job_put(c, brand, S("learn"), 0, id_new(now), now);
}

static err put_standing(db_conn *c, void *arg) {
    struct start *s = arg;
    for (size_t i = 0; i < s->brands->n; i++) TRY(learning_stand_in(c, s->brands->v[i].id, s->now));
    return ERR_NONE;
}

err learning_start(struct desk *d, arena *a) {
    store_brand_list brands = {0};
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        TRY(store_brand_list_all(c, a, &brands));
    }
    struct start s = {&brands, desk_now(d)};
    return brands.n ? db_write(d->db, put_standing, &s) : ERR_NONE;
}

static err count_replies(struct desk *d, int64_t brand, int64_t *ret_n) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return store_reply_count(c, brand, ret_n);
}

err learning_rebuild(struct desk *d, int64_t brand,
                     void (*progress)(void *context, int64_t done, int64_t total), void *context,
                     struct learning_rebuilt *ret) {
    ARENA_AUTO arena *a = arena_new(0);
    str folder = str_fmt(a, "%.*s/near", STR_FMT(d->folder));
    str path = str_fmt(a, "%.*s/%lld-replies.near", STR_FMT(folder), (long long)brand);
    str fresh = str_fmt(a, "%.*s.new", STR_FMT(path));
    bool damaged;
    near *x = NULL;
    struct near_count count;
    int64_t total;
    TRY(count_replies(d, brand, &total));
    TRY(folder_make(a, folder));
    TRY(file_remove(a, fresh)); /* of a run that was broken off */
    TRY(near_open(fresh, false, &x, &damaged));
    err e = learn_all(d, brand, 0, x, near_load, total, progress, context, &ret->replies);
    if (!e) e = near_save(x);
    near_counts(x, &count);
    near_close(x);
    err clean = file_remove(a, str_fmt(a, "%.*s.lock", STR_FMT(fresh)));
    if (e || clean) return e ? e : clean;
    ret->sentences = (int64_t)count.sentences;
    return file_move(a, fresh, path);
}
