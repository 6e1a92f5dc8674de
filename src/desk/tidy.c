#include "desk/tidy.h"

#include "base/random.h"
#include "desk/print_box_run.h"
#include "desk/sign_in.h"
#include "desk/status_mail.h"
#include "desk/track.h"
#include "desk/training.h"
#include "store/brand.h"

struct start {
    int64_t brand, now;
};

static err put_job(db_conn *c, void *arg) {
    struct start *s = arg;
    return store_job_put(c, s->brand, S("tidy"), 0, id_new(s->now), s->now);
}

err tidy_start(struct desk *d, arena *a) {
    store_brand_list brands = {0};
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        TRY(store_brand_list_all(c, a, &brands));
    }
    if (!brands.n) return ERR_NONE;
    struct start s = {brands.v[0].id, desk_now(d)};
    return db_write(d->db, put_job, &s);
}

struct again {
    const struct job *job;
    int64_t at;
};

static err put_off(db_conn *c, void *arg) {
    struct again *g = arg;
    return store_job_postpone(c, g->job, g->at, S(""), 0);
}

err tidy_run(struct desk *d, arena *a, const struct job *job) {
    TRY(sign_in_sweep(d, a));
    TRY(print_run_sweep(d, a));
    TRY(track_sweep(d));
    TRY(status_mail_sweep(d));
    TRY(training_sweep(d));
    TRY(training_digest_due(d, a));
    struct again g = {job, desk_now(d) + HOUR_MS};
    return db_write(d->db, put_off, &g);
}
