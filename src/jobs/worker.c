#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/memory.h"
#include "jobs/jobs.h"
#include "mail/send.h"

struct claim {
    arena *arena;
    const struct job_kind *kind;
    int64_t now;
    job_list jobs;
};

static err claim(db_conn *c, void *arg) {
    struct claim *g = arg;
    g->jobs = (job_list){0};
    return store_job_claim(c, g->arena, str_z(g->kind->name), g->now, g->now + g->kind->lease_ms,
                           g->kind->batch, &g->jobs);
}

struct postpone {
    const struct job *job;
    const struct job_kind *kind;
    str why;
    int64_t now;
};

static err postpone(db_conn *c, void *arg) {
    struct postpone *p = arg;
    int64_t n = p->job->attempts;
    bool dead = n >= p->kind->attempts_max;
    return store_job_postpone(c, p->job, p->now + n * n * p->kind->backoff_ms, p->why, dead ? p->now : 0);
}

static void put_off(struct job_context *x, const struct job_kind *kind, const struct job *job) {
    struct postpone p = {job, kind, str_copy(x->arena, str_z(err_text())), desk_now(x->desk)};
    log_warn(kind->name, "job %lld, attempt %lld: %.*s", (long long)job->id, (long long)job->attempts,
             STR_FMT(p.why));
    /* When even this fails, the lease runs out by itself and the job comes again. */
    if (db_write(x->desk->db, postpone, &p)) log_error(kind->name, "cannot put off a job: %s", err_text());
}

static void run_batch(struct job_context *x, const struct job_kind *kind, const job_list *jobs) {
    err e = kind->run(x, jobs);
    if (!e) return;
    if (jobs->n == 1) {
        put_off(x, kind, &jobs->v[0]);
        return;
    }
    /* One of them spoils the batch: alone it spoils only itself. */
    for (size_t i = 0; i < jobs->n; i++) {
        job_list one = {&jobs->v[i], 1, 1};
        if (kind->run(x, &one)) put_off(x, kind, &jobs->v[i]);
    }
}

/* One batch of one kind; ret_n says how many jobs it had. */
static err step(struct job_context *x, const struct job_kind *kind, size_t *ret_n) {
    arena_reset(x->arena);
    if (memory_short()) {
        *ret_n = 0; /* the next look is in a second */
        return ERR_NONE;
    }
    /* A look costs nothing; only what is due makes a write transaction. */
    {
        DB_READ_AUTO db_conn *c = NULL;
        bool due;
        TRY(db_read_begin(x->desk->db, &c));
        TRY(store_job_due(c, str_z(kind->name), desk_now(x->desk), &due));
        if (!due) {
            *ret_n = 0;
            return ERR_NONE;
        }
    }
    struct claim g = {x->arena, kind, desk_now(x->desk), {0}};
    TRY(db_write(x->desk->db, claim, &g));
    if (g.jobs.n) run_batch(x, kind, &g.jobs);
    *ret_n = g.jobs.n;
    return ERR_NONE;
}

err jobs_run_kind(struct desk *d, str program, str kind, int *ret_done) {
    ARENA_AUTO arena *a = arena_new(1 << 30);
    struct job_context x = {d, a, reader_new(program)};
    int done = 0;
    err e = ERR_NONE;
    for (bool more = true; more && !e;) {
        more = false;
        for (int k = 0; k < job_kinds_n && !e; k++) {
            size_t n = 0;
            if (kind.n && !str_eq(kind, str_z(job_kinds[k].name))) continue;
            e = step(&x, &job_kinds[k], &n);
            done += (int)n;
            more = more || n > 0;
        }
    }
    reader_free(x.reader);
    if (e) return e;
    *ret_done = done;
    return ERR_NONE;
}

err jobs_run_due(struct desk *d, str program, int *ret_done) {
    return jobs_run_kind(d, program, S(""), ret_done);
}

struct worker {
    struct job_workers *all;
    const struct job_kind *kind;
    pthread_t thread;
    bool started;
};

/* One thread looks what is due and calls the workers of those kinds only: thirty that wake for every letter,
 * to find nothing, are in the way of whoever has something to do. */
struct job_workers {
    struct desk *desk;
    char *program;
    pthread_mutex_t lock;
    pthread_cond_t wake;    /* the looker */
    pthread_cond_t *called; /* by kind: its workers */
    unsigned long *calls;   /* by kind, so that none is missed between a look and a wait */
    bool woken, stopping;
    struct worker looker, *v;
    int n;
};

enum { LOOK_EVERY_MS = 1000 };

static err look(struct job_workers *w, bool *ret_due) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(w->desk->db, &c));
    for (int k = 0; k < job_kinds_n; k++)
        TRY(store_job_due(c, str_z(job_kinds[k].name), desk_now(w->desk), &ret_due[k]));
    return ERR_NONE;
}

/* Until it is woken, or the time of the next look. False when the desk stops. */
static bool wait_for_look(struct job_workers *w) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += LOOK_EVERY_MS / 1000;
    pthread_mutex_lock(&w->lock);
    while (!w->stopping && !w->woken)
        if (pthread_cond_timedwait(&w->wake, &w->lock, &until)) break;
    w->woken = false;
    bool go_on = !w->stopping;
    pthread_mutex_unlock(&w->lock);
    return go_on;
}

static void *looker_main(void *arg) {
    struct job_workers *w = ((struct worker *)arg)->all;
    bool *due = memory_array((size_t)job_kinds_n, sizeof *due);
    do {
        if (look(w, due)) {
            log_error("jobs", "cannot look for work: %s", err_text());
            continue;
        }
        pthread_mutex_lock(&w->lock);
        for (int k = 0; k < job_kinds_n; k++) {
            if (!due[k]) continue;
            w->calls[k]++;
            pthread_cond_broadcast(&w->called[k]);
        }
        pthread_mutex_unlock(&w->lock);
    } while (wait_for_look(w));
    free(due);
    return NULL;
}

/* Wait for a call later than `seen`. False when the desk stops. */
static bool wait_for_call(struct worker *me, unsigned long *seen) {
    struct job_workers *w = me->all;
    size_t k = (size_t)(me->kind - job_kinds);
    pthread_mutex_lock(&w->lock);
    while (!w->stopping && w->calls[k] == *seen) pthread_cond_wait(&w->called[k], &w->lock);
    *seen = w->calls[k];
    bool go_on = !w->stopping;
    pthread_mutex_unlock(&w->lock);
    return go_on;
}

static bool stopping(struct job_workers *w) {
    pthread_mutex_lock(&w->lock);
    bool yes = w->stopping;
    pthread_mutex_unlock(&w->lock);
    return yes;
}

static void *worker_main(void *arg) {
    struct worker *me = arg;
    ARENA_AUTO arena *a = arena_new(1 << 30);
    struct job_context x = {me->all->desk, a, reader_new(str_z(me->all->program))};
    unsigned long seen = 0;
    while (wait_for_call(me, &seen)) {
        size_t n = 1;
        while (n && !stopping(me->all)) {
            if (step(&x, me->kind, &n)) {
                log_error(me->kind->name, "cannot look for work: %s", err_text());
                n = 0;
            }
        }
        smtp_thread_end(); /* no mail server is kept waiting while there is nothing to send */
    }
    reader_free(x.reader);
    return NULL;
}

static bool start(struct worker *me, void *(*run)(void *)) {
    me->started = pthread_create(&me->thread, NULL, run, me) == 0;
    return me->started;
}

static struct job_workers *workers_new(struct desk *d, str program) {
    job_workers *w = memory_zeroed(sizeof *w);
    int n = 0;
    for (int k = 0; k < job_kinds_n; k++) n += job_kinds[k].workers;
    *w = (job_workers){.desk = d,
                       .program = memory_take(program.n + 1),
                       .v = memory_array((size_t)n, sizeof *w->v),
                       .called = memory_array((size_t)job_kinds_n, sizeof *w->called),
                       .calls = memory_array((size_t)job_kinds_n, sizeof *w->calls),
                       .looker = {.all = w}};
    memcpy(w->program, program.p, program.n);
    w->program[program.n] = 0;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    for (int k = 0; k < job_kinds_n; k++) pthread_cond_init(&w->called[k], NULL);
    return w;
}

err job_workers_start(struct desk *d, str program, job_workers **ret_workers) {
    job_workers *w = workers_new(d, program);
    bool all = true;
    for (int k = 0; k < job_kinds_n && all; k++)
        for (int i = 0; i < job_kinds[k].workers && all; i++) {
            struct worker *me = &w->v[w->n++];
            *me = (struct worker){.all = w, .kind = &job_kinds[k]};
            all = start(me, worker_main);
        }
    if (!all || !start(&w->looker, looker_main)) {
        job_workers_stop(w);
        return err_set(ERR_IO, "Cannot start a thread for the work in the background.");
    }
    *ret_workers = w;
    return ERR_NONE;
}

void job_workers_wake(job_workers *w) {
    pthread_mutex_lock(&w->lock);
    w->woken = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

void job_workers_stop(job_workers *w) {
    if (!w) return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->wake);
    for (int k = 0; k < job_kinds_n; k++) pthread_cond_broadcast(&w->called[k]);
    pthread_mutex_unlock(&w->lock);
    if (w->looker.started) pthread_join(w->looker.thread, NULL);
    for (int i = 0; i < w->n; i++)
        if (w->v[i].started) pthread_join(w->v[i].thread, NULL);
    for (int k = 0; k < job_kinds_n; k++) pthread_cond_destroy(&w->called[k]);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->wake);
    free(w->called);
    free(w->calls);
    free(w->v);
    free(w->program);
    free(w);
}
