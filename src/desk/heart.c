#include "desk/heart.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <threads.h>

#include "base/log.h"
#include "base/memory.h"
#include "desk/catalogue.h"
#include "desk/incident_watch.h"
#include "desk/learning.h"
#include "desk/room.h"
#include "net/objects.h"
#include "store/catalogue.h"

/* A catalogue stays while somebody reads it, also when a newer one has taken its place. */
struct kept_catalogue {
    struct catalogue *catalogue;
    int64_t version;
    int readers; /* the brand's own hold counts one */
    mtx_t *lock; /* the heart's */
};
struct brand_heart {
    int64_t brand;
    struct kept_catalogue *catalogue;
    near *replies, *letters;
    int64_t letters_whole;
    struct watch *watch;
};
struct heart {
    mtx_t lock;    /* of the table; held for moments */
    mtx_t loading; /* of what takes long: one loads, the others wait for it */
    struct brand_heart *brands;
    size_t n;
};

static mtx_t making;
static once_flag making_once = ONCE_FLAG_INIT;

static void make_lock(void) {
    if (mtx_init(&making, mtx_plain) != thrd_success) abort();
}

static struct heart *heart_of(struct desk *d) {
    call_once(&making_once, make_lock);
    mtx_lock(&making);
    if (!d->heart) {
        struct heart *h = memory_zeroed(sizeof *h);
        if (mtx_init(&h->lock, mtx_plain) != thrd_success || mtx_init(&h->loading, mtx_plain) != thrd_success)
            abort();
        d->heart = h;
    }
    struct heart *h = d->heart;
    mtx_unlock(&making);
    return h;
}

/* Under the lock; valid until the lock is given back. */
static struct brand_heart *brand_of(struct heart *h, int64_t brand) {
    for (size_t i = 0; i < h->n; i++)
        if (h->brands[i].brand == brand) return &h->brands[i];
    h->brands = memory_again(h->brands, (h->n + 1) * sizeof *h->brands);
    h->brands[h->n] = (struct brand_heart){.brand = brand};
    return &h->brands[h->n++];
}

static void drop(struct kept_catalogue *k) {
    if (!k || --k->readers) return;
    catalogue_free(k->catalogue);
    free(k);
}

static err version_of(struct desk *d, int64_t brand, int64_t *ret_version) {
    ARENA_AUTO arena *a = arena_new(0);
    DB_READ_AUTO db_conn *c = NULL;
    struct store_catalogue row;
    TRY(db_read_begin(d->db, &c));
    TRY(store_catalogue_get(c, a, brand, &row));
    *ret_version = row.version;
    return ERR_NONE;
}

static bool take_kept(struct heart *h, int64_t brand, int64_t version, struct heart_catalogue *ret) {
    mtx_lock(&h->lock);
    struct kept_catalogue *k = brand_of(h, brand)->catalogue;
    bool fits = k && k->version == version;
    if (fits) {
        k->readers++;
        *ret = (struct heart_catalogue){k->catalogue, version, k};
    }
    mtx_unlock(&h->lock);
    return fits;
}

static err load_catalogue(struct desk *d, struct heart *h, int64_t brand, int64_t version) {
    struct catalogue *fresh = NULL;
    TRY(catalogue_load(d, brand, &fresh));
    struct kept_catalogue *k = memory_take(sizeof *k);
    *k = (struct kept_catalogue){fresh, version, 1, &h->lock};
    mtx_lock(&h->lock);
    struct brand_heart *b = brand_of(h, brand);
    drop(b->catalogue);
    b->catalogue = k;
    mtx_unlock(&h->lock);
    return ERR_NONE;
}

err heart_catalogue(struct desk *d, int64_t brand, struct heart_catalogue *ret) {
    int64_t version = 0;
    TRY(version_of(d, brand, &version));
    return heart_catalogue_at(d, brand, version, ret);
}

err heart_catalogue_at(struct desk *d, int64_t brand, int64_t version, struct heart_catalogue *ret) {
    struct heart *h = heart_of(d);
    if (!version) {
        *ret = (struct heart_catalogue){0};
        return ERR_NONE;
    }
    if (take_kept(h, brand, version, ret)) return ERR_NONE;
    mtx_lock(&h->loading);
    err e = ERR_NONE;
    if (!take_kept(h, brand, version, ret)) {
        e = load_catalogue(d, h, brand, version);
        if (!e) take_kept(h, brand, version, ret);
    }
    mtx_unlock(&h->loading);
    return e;
}

void heart_catalogue_done(struct heart_catalogue *c) {
    if (!c->kept) return;
    mtx_t *lock = c->kept->lock;
    mtx_lock(lock);
    drop(c->kept);
    mtx_unlock(lock);
    *c = (struct heart_catalogue){0};
}

static near *opened(struct heart *h, int64_t brand) {
    mtx_lock(&h->lock);
    near *x = brand_of(h, brand)->replies;
    mtx_unlock(&h->lock);
    return x;
}

static err open_replies(struct desk *d, struct heart *h, int64_t brand) {
    ARENA_AUTO arena *a = arena_new(0);
    str folder = str_fmt(a, "%.*s/near", STR_FMT(d->folder));
    bool damaged = false;
    near *x = NULL;
    if (d->keeps_indexes) TRY(folder_make(a, folder));
    TRY(near_open(str_fmt(a, "%.*s/%lld-replies.near", STR_FMT(folder), (long long)brand), !d->keeps_indexes,
                  &x, &damaged));
    if (damaged)
        log_warn("near", "The index of replies of brand %lld is damaged; it is built anew.",
                 (long long)brand);
    if (!d->keeps_indexes) {
        err e = learning_catch_up(d, brand, x);
        if (e) {
            near_close(x);
            return e;
        }
    }
    mtx_lock(&h->lock);
    brand_of(h, brand)->replies = x;
    mtx_unlock(&h->lock);
    return ERR_NONE;
}

err heart_replies(struct desk *d, int64_t brand, near **ret) {
    struct heart *h = heart_of(d);
    near *x = opened(h, brand);
    if (!x) {
        mtx_lock(&h->loading);
        err e = ERR_NONE;
        if (!opened(h, brand)) e = open_replies(d, h, brand);
        mtx_unlock(&h->loading);
        if (e) return e;
        x = opened(h, brand);
    }
    *ret = x;
    return ERR_NONE;
}

static near *opened_letters(struct heart *h, int64_t brand) {
    mtx_lock(&h->lock);
    near *x = brand_of(h, brand)->letters;
    mtx_unlock(&h->lock);
    return x;
}

static err open_letters(struct desk *d, struct heart *h, int64_t brand) {
    ARENA_AUTO arena *a = arena_new(0);
    str folder = str_fmt(a, "%.*s/near", STR_FMT(d->folder));
    bool damaged = false;
    near *x = NULL;
    if (d->keeps_indexes) TRY(folder_make(a, folder));
    TRY(near_open(str_fmt(a, "%.*s/%lld-letters.near", STR_FMT(folder), (long long)brand), !d->keeps_indexes,
                  &x, &damaged));
    if (damaged)
        log_warn("near", "The index of letters of brand %lld is damaged; it is built anew.",
                 (long long)brand);
    mtx_lock(&h->lock);
    brand_of(h, brand)->letters = x;
    mtx_unlock(&h->lock);
    return ERR_NONE;
}

err heart_letters(struct desk *d, int64_t brand, near **ret) {
    struct heart *h = heart_of(d);
    near *x = opened_letters(h, brand);
    if (!x) {
        mtx_lock(&h->loading);
        err e = opened_letters(h, brand) ? ERR_NONE : open_letters(d, h, brand);
        mtx_unlock(&h->loading);
        if (e) return e;
        x = opened_letters(h, brand);
    }
    *ret = x;
    return ERR_NONE;
}

int64_t heart_letters_whole(struct desk *d, int64_t brand) {
    struct heart *h = heart_of(d);
    mtx_lock(&h->lock);
    int64_t generation = brand_of(h, brand)->letters_whole;
    mtx_unlock(&h->lock);
    return generation;
}

void heart_letters_whole_put(struct desk *d, int64_t brand, int64_t generation) {
    struct heart *h = heart_of(d);
    mtx_lock(&h->lock);
    brand_of(h, brand)->letters_whole = generation;
    mtx_unlock(&h->lock);
}

struct watch *heart_watch(struct desk *d, int64_t brand) {
    struct heart *h = heart_of(d);
    mtx_lock(&h->lock);
    struct watch *w = brand_of(h, brand)->watch;
    mtx_unlock(&h->lock);
    return w;
}

void heart_watch_put(struct desk *d, int64_t brand, struct watch *w) {
    struct heart *h = heart_of(d);
    mtx_lock(&h->lock);
    brand_of(h, brand)->watch = w;
    mtx_unlock(&h->lock);
}

static err save_if_new(near *x) {
    struct near_count count = {0};
    if (x) near_counts(x, &count);
    return count.unsaved ? near_save(x) : ERR_NONE;
}

err heart_save(struct desk *d) {
    if (!d->keeps_indexes || !d->heart) return ERR_NONE;
    struct heart *h = heart_of(d);
    for (size_t i = 0;; i++) {
        mtx_lock(&h->lock);
        near *replies = i < h->n ? h->brands[i].replies : NULL;
        near *letters = i < h->n ? h->brands[i].letters : NULL;
        bool end = i >= h->n;
        mtx_unlock(&h->lock);
        if (end) return ERR_NONE;
        TRY(save_if_new(replies));
        /* A few letters stay in memory, where every like one is found (desk/defect_like.h). */
        if (letters && near_generation(letters)) TRY(save_if_new(letters));
    }
}

void heart_close(struct desk *d) {
    room_close(d);
    struct heart *h = d->heart;
    if (!h) return;
    for (size_t i = 0; i < h->n; i++) {
        drop(h->brands[i].catalogue);
        if (h->brands[i].replies) near_close(h->brands[i].replies);
        if (h->brands[i].letters) near_close(h->brands[i].letters);
        watch_free(h->brands[i].watch);
    }
    mtx_destroy(&h->lock);
    mtx_destroy(&h->loading);
    free(h->brands);
    free(h);
    d->heart = NULL;
}
