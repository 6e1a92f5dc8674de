#include "cli/fetching.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/memory.h"
#include "desk/fetch.h"

enum { LOOK_SECONDS = 1, ARENA_BYTES = 16 << 20 };

/* An account as the fetcher has it. entered: the version it was last let in with. */
struct having {
    int64_t id, version, entered, asked;
    bool seen;
};

struct fetching {
    struct desk *desk;
    imap_fetcher *fetcher;
    pthread_t thread;
    bool running, stop, look;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct having *v; /* under `known`; changed by this thread alone, but for `entered` */
    size_t n, cap;
    pthread_mutex_t known;
};

static struct having *having_of(struct fetching *f, int64_t id) {
    for (size_t i = 0; i < f->n; i++)
        if (f->v[i].id == id) return &f->v[i];
    return NULL;
}

/* -1: the fetcher is not to have it any more. */
static int64_t version_to_enter(struct fetching *f, int64_t id) {
    pthread_mutex_lock(&f->known);
    struct having *h = having_of(f, id);
    int64_t version = h ? (h->entered = h->version) : -1;
    pthread_mutex_unlock(&f->known);
    return version;
}

static int64_t version_entered(struct fetching *f, int64_t id) {
    pthread_mutex_lock(&f->known);
    struct having *h = having_of(f, id);
    int64_t version = h ? h->entered : -1;
    pthread_mutex_unlock(&f->known);
    return version;
}

/* ---- hooks ---- */

static err on_login(void *context, arena *a, int64_t brand, int64_t account, struct imap_login *ret_login) {
    struct fetching *f = context;
    return fetch_login_as(f->desk, a, brand, account, version_to_enter(f, account), ret_login);
}

static err on_stand(void *context, arena *a, int64_t brand, int64_t account, str folder,
                    struct imap_stand *ret) {
    struct fetching *f = context;
    return fetch_stand(f->desk, a, brand, account, version_entered(f, account), folder, ret);
}

static err on_keep(void *context, arena *a, struct imap_batch *batch) {
    return fetch_keep(((struct fetching *)context)->desk, a, batch);
}

static err on_acted(void *context, arena *a, const struct imap_acted *acted) {
    return fetch_acted(((struct fetching *)context)->desk, a, acted);
}

static void on_state(void *context, const struct imap_state *state) {
    ARENA_AUTO arena *a = arena_new(ARENA_BYTES);
    if (fetch_state(((struct fetching *)context)->desk, a, state))
        log_warn("fetch", "How fetching goes could not be kept: %s", err_text());
    /* The server's words may hold the address of the mailbox. */
    if (state->code)
        log_warn("fetch", "Inbox %lld: try %d failed: %s.", (long long)state->account, state->failures,
                 err_name(state->code));
}

/* ---- following the database ---- */

static struct having *having_new(struct fetching *f, int64_t id) {
    pthread_mutex_lock(&f->known);
    if (f->n == f->cap) {
        size_t cap = f->cap ? f->cap * 2 : 16;
        f->v = memory_again(f->v, cap * sizeof *f->v);
        f->cap = cap;
    }
    f->v[f->n] = (struct having){.id = id, .version = -1, .entered = -1};
    struct having *h = &f->v[f->n++];
    pthread_mutex_unlock(&f->known);
    return h;
}

static void follow_one(struct fetching *f, arena *a, const struct store_fetch *row) {
    struct imap_account account;
    err e = fetch_account_of(f->desk, a, row, &account);
    if (e == ERR_CONFLICT) return; /* not to be fetched: not seen, so it is taken out */
    struct having *h = having_of(f, row->inbox_id);
    if (!h) h = having_new(f, row->inbox_id);
    h->seen = true;
    if (!e && h->version != row->version) {
        bool fresh = h->version < 0;
        /* In one: no login of the account as it was may take the new version for its own. */
        pthread_mutex_lock(&f->known);
        e = imap_fetcher_put(f->fetcher, &account);
        h->version = row->version;
        pthread_mutex_unlock(&f->known);
        if (e) imap_fetcher_remove(f->fetcher, h->id);
        if (fresh) h->asked = row->asked;
    }
    if (e) log_warn("fetch", "Inbox %lld cannot be fetched: %s", (long long)row->inbox_id, err_text());
    if (h->asked == row->asked) return;
    h->asked = row->asked;
    imap_fetcher_retry(f->fetcher, h->id);
    imap_fetcher_poke(f->fetcher, h->id);
}

static err read_accounts(struct fetching *f, arena *a, store_fetch_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(f->desk->db, &c));
    return store_fetch_list_all(c, a, ret);
}

static void follow(struct fetching *f) {
    ARENA_AUTO arena *a = arena_new(ARENA_BYTES);
    store_fetch_list rows = {0};
    if (read_accounts(f, a, &rows)) return; /* the database is away: what is fetched stays as it is */
    for (size_t i = 0; i < f->n; i++) f->v[i].seen = false;
    for (size_t i = 0; i < rows.n; i++) follow_one(f, a, &rows.v[i]);
    size_t kept = 0;
    pthread_mutex_lock(&f->known);
    for (size_t i = 0; i < f->n; i++) {
        if (f->v[i].seen)
            f->v[kept++] = f->v[i];
        else
            imap_fetcher_remove(f->fetcher, f->v[i].id);
    }
    f->n = kept;
    pthread_mutex_unlock(&f->known);
}

static void *run(void *arg) {
    struct fetching *f = arg;
    pthread_mutex_lock(&f->lock);
    while (!f->stop) {
        pthread_mutex_unlock(&f->lock);
        follow(f);
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += LOOK_SECONDS;
        pthread_mutex_lock(&f->lock);
        while (!f->stop && !f->look && pthread_cond_timedwait(&f->wake, &f->lock, &until) == 0)
            ;
        f->look = false;
    }
    pthread_mutex_unlock(&f->lock);
    return NULL;
}

static void look_now(void *context) {
    struct fetching *f = context;
    pthread_mutex_lock(&f->lock);
    f->look = true;
    pthread_cond_signal(&f->wake);
    pthread_mutex_unlock(&f->lock);
}

err fetching_start(struct desk *d, struct fetching **ret) {
    struct fetching *f = memory_zeroed(sizeof *f);
    f->desk = d;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&f->lock, NULL);
    pthread_mutex_init(&f->known, NULL);
    pthread_cond_init(&f->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    const struct imap_options options = {.hooks = {f, on_login, on_stand, on_keep, on_acted, on_state},
                                         .clock = d->clock};
    err e = imap_fetcher_start(&options, &f->fetcher);
    if (!e && pthread_create(&f->thread, NULL, run, f))
        e = err_set(ERR_IO, "No thread can be made to fetch mail.");
    f->running = !e;
    if (e) {
        fetching_stop(f);
        return e;
    }
    d->fetch_context = f;
    d->fetch = look_now;
    *ret = f;
    return ERR_NONE;
}

void fetching_stop(struct fetching *f) {
    if (!f) return;
    if (f->running) {
        pthread_mutex_lock(&f->lock);
        f->stop = true;
        pthread_cond_signal(&f->wake);
        pthread_mutex_unlock(&f->lock);
        pthread_join(f->thread, NULL);
    }
    imap_fetcher_stop(f->fetcher);
    pthread_cond_destroy(&f->wake);
    pthread_mutex_destroy(&f->lock);
    pthread_mutex_destroy(&f->known);
    free(f->v);
    free(f);
}
