#include "web/status_board.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "desk/status_copy.h"

enum { LOOK_AGAIN_S = 2, PAGES_MAX = 1000, ETAG_BYTES = 32 };

static const char cache_for[] = "public, max-age=5, stale-if-error=86400";

/* One page, never changed once it is on the board. */
struct leaf {
    atomic_int refs;
    arena *arena; /* of all strings */
    str source;   /* what it was made from, in few words */
    str host;
    struct store_brand brand;
    str bytes[STATUS_FORMS], etag[STATUS_FORMS];
    str modified; /* Last-Modified; "": made within a second of the one before, so a date cannot tell them
                     apart */
    http_kept *whole[STATUS_FORMS], *same[STATUS_FORMS]; /* 200 and 304 */
    int64_t made_s;                                      /* when, in seconds */
    int64_t due_at; /* when a word is due that was promised first; 0 none */
    bool on_disk;   /* only the refresher looks */
};

struct status_board {
    struct desk *desk;
    bool secure;
    pthread_mutex_t lock; /* for what follows */
    struct leaf *leaves[PAGES_MAX];
    size_t n;

    pthread_mutex_t refreshing; /* one at a time */
    bool tidied, said_away;     /* under it */

    pthread_mutex_t sleep; /* for what follows */
    pthread_cond_t wake;
    bool woken, leave, running;
    pthread_t thread;
};

/* ---- leaves ---- */

/* RFC 9110, 5.6.7 */
static str date_of(arena *a, int64_t at) {
    static const char days[] = "ThuFriSatSunMonTueWed", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct local_time l;
    zone_local(zone_utc, at, &l);
    return str_fmt(a, "%.3s, %02d %.3s %04lld %02d:%02d:%02d GMT", days + at / DAY_MS % 7 * 3, l.day,
                   months + (l.month - 1) * 3, (long long)l.year, l.hour, l.minute, l.second);
}

static void leaf_unref(struct leaf *l) {
    if (!l || atomic_fetch_sub(&l->refs, 1) != 1) return;
    for (int i = 0; i < STATUS_FORMS; i++) {
        http_kept_unref(l->whole[i]);
        http_kept_unref(l->same[i]);
    }
    arena_free(l->arena);
    free(l);
}

void status_board_headers(const struct status_board *b, arena *a, status_form form, str etag, str modified,
                          http_pairs *ret) {
    *list_add(a, ret) = (struct http_pair){S("ETag"), etag};
    if (modified.n) *list_add(a, ret) = (struct http_pair){S("Last-Modified"), modified};
    *list_add(a, ret) = (struct http_pair){S("Cache-Control"), str_z(cache_for)};
    *list_add(a, ret) = (struct http_pair){S("Content-Security-Policy"), status_csp(a)};
    *list_add(a, ret) = (struct http_pair){S("X-Content-Type-Options"), S("nosniff")};
    *list_add(a, ret) = (struct http_pair){S("Referrer-Policy"), S("no-referrer")};
    /* What is public may be shown by other sites of the brand. */
    if (form != STATUS_HTML) *list_add(a, ret) = (struct http_pair){S("Access-Control-Allow-Origin"), S("*")};
    if (b->secure)
        *list_add(a, ret) = (struct http_pair){S("Strict-Transport-Security"), S("max-age=31536000")};
}

static err keep_answers(const struct status_board *b, struct leaf *l) {
    for (int i = 0; i < STATUS_FORMS; i++) {
        http_pairs headers = {0};
        str hash = content_hash(l->arena, l->bytes[i]);
        l->etag[i] = str_fmt(l->arena, "\"%.*s\"", STR_FMT(str_slice(hash, 0, ETAG_BYTES)));
        status_board_headers(b, l->arena, (status_form)i, l->etag[i], l->modified, &headers);
        l->whole[i] =
            http_kept_new(200, str_z(status_form_type((status_form)i)), l->bytes[i], headers.v, headers.n);
        l->same[i] = http_kept_new(304, S(""), S(""), headers.v, headers.n);
        if (!l->whole[i] || !l->same[i])
            return err_set(ERR_BUSY, "There is no memory for the status page now.");
    }
    return ERR_NONE;
}

static int64_t first_due(arena *a, const struct status_public *p) {
    status_matter_list matters;
    status_matters(a, p, &matters);
    const struct store_status_update *u = status_overdue(&matters, INT64_MAX);
    return u ? u->next_at : 0;
}

static err leaf_make(const struct status_board *b, const struct status_public *p, str source, int64_t now,
                     const struct leaf *before, struct leaf **ret) {
    struct leaf *l = memory_zeroed(sizeof *l);
    atomic_init(&l->refs, 1);
    l->arena = arena_new(0);
    l->source = str_copy(l->arena, source);
    l->host = str_copy(l->arena, p->page.host);
    l->brand = p->brand;
    l->brand.slug = str_copy(l->arena, p->brand.slug);
    l->brand.name = str_copy(l->arena, p->brand.name);
    l->brand.zone = str_copy(l->arena, p->brand.zone);
    l->brand.language = str_copy(l->arena, p->brand.language);
    l->due_at = first_due(l->arena, p);
    l->made_s = now / SECOND_MS;
    l->modified = before && before->made_s >= l->made_s ? S("") : date_of(l->arena, now);
    err e = status_render(l->arena, b->desk->public_url, p, now, l->bytes);
    if (!e) e = keep_answers(b, l);
    if (e) {
        leaf_unref(l);
        return e;
    }
    *ret = l;
    return ERR_NONE;
}

/* ---- looking for changes ---- */

struct wanted {
    struct store_status_page page;
    struct store_brand brand;
    str source;
    struct leaf *there;          /* on the board, made from the same */
    struct status_public *fresh; /* else what to make it from */
};
typedef LIST(struct wanted) wanted_list;

static struct leaf *leaf_of(const struct status_board *b, int64_t brand) {
    for (size_t i = 0; i < b->n; i++)
        if (b->leaves[i]->brand.id == brand) return b->leaves[i];
    return NULL;
}

static str source_of(arena *a, const struct status_board *b, const struct wanted *w, str contact,
                     int64_t now) {
    return str_fmt(a, "%lld|%lld|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s", (long long)w->page.version,
                   (long long)status_day(&w->brand, now), STR_FMT(w->brand.slug), STR_FMT(w->brand.name),
                   STR_FMT(w->brand.zone), STR_FMT(w->brand.language), STR_FMT(w->page.host),
                   STR_FMT(contact), STR_FMT(b->desk->public_url));
}

/* Only the refresher changes the board, so it may look without the lock. */
static err look(const struct status_board *b, db_conn *c, arena *a, int64_t now, wanted_list *ret) {
    store_status_page_list pages;
    TRY(store_status_pages(c, a, &pages));
    for (size_t i = 0; i < pages.n && ret->n < PAGES_MAX; i++) {
        if (!pages.v[i].opened) continue;
        struct wanted w = {.page = pages.v[i]};
        str contact;
        TRY(store_brand_by_id(c, a, w.page.brand_id, &w.brand));
        TRY(status_contact(c, a, &w.page, &contact));
        w.source = source_of(a, b, &w, contact, now);
        struct leaf *l = leaf_of(b, w.brand.id);
        bool dated = !l || l->modified.n || now / SECOND_MS <= l->made_s;
        if (l && dated && str_eq(l->source, w.source)) {
            w.there = l;
        } else {
            w.fresh = arena_alloc(a, sizeof *w.fresh);
            TRY(status_load(c, a, w.brand.id, w.fresh));
        }
        *list_add(a, ret) = w;
    }
    return ERR_NONE;
}

static err look_at_all(struct status_board *b, arena *a, int64_t now, wanted_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(b->desk->db, &c));
    return look(b, c, a, now, ret);
}

/* All at once takes the place of what was there; what is asked for meanwhile is the old or the new. */
static void swap(struct status_board *b, struct leaf **leaves, size_t n) {
    struct leaf *old[PAGES_MAX];
    pthread_mutex_lock(&b->lock);
    size_t before = b->n;
    memcpy(old, b->leaves, before * sizeof *old);
    if (n) memcpy(b->leaves, leaves, n * sizeof *leaves);
    b->n = n;
    pthread_mutex_unlock(&b->lock);
    for (size_t i = 0; i < before; i++) leaf_unref(old[i]);
}

static void copy_to_disk(struct status_board *b, arena *a) {
    status_slug_list open = {0};
    for (size_t i = 0; i < b->n; i++) {
        struct leaf *l = b->leaves[i];
        err e = ERR_NONE;
        *list_add(a, &open) = l->brand.slug;
        for (int f = 0; f < STATUS_FORMS && !l->on_disk && !e; f++)
            e = status_copy_put(b->desk, a, l->brand.slug, status_form_file((status_form)f), l->bytes[f]);
        l->on_disk = !e;
        if (e) log_warn("status", "the copy of a status page was not written: %s", err_text());
    }
    if (b->tidied) return;
    b->tidied = status_copy_keep_only(b->desk, a, &open) == ERR_NONE;
}

static err refresh(struct status_board *b, arena *a) {
    wanted_list wanted = {0};
    struct leaf *leaves[PAGES_MAX];
    size_t n = 0;
    int64_t now = desk_now(b->desk);
    err e = look_at_all(b, a, now, &wanted), bad = ERR_NONE;
    bool changed = wanted.n != b->n;
    for (size_t i = 0; i < wanted.n && !e; i++) {
        struct wanted *w = &wanted.v[i];
        struct leaf *before = leaf_of(b, w->brand.id);
        err made = w->there ? ERR_NONE : leaf_make(b, w->fresh, w->source, now, before, &leaves[n]);
        if (made) bad = made;
        changed = changed || (!w->there && !made);
        /* Where one cannot be made the one before stays, and the others go on. */
        if (w->there || (made && before)) atomic_fetch_add(&before->refs, 1), leaves[n] = before;
        n += !made || before;
    }
    if (e || !changed) {
        for (size_t i = 0; i < n; i++) leaf_unref(leaves[i]);
    } else {
        if (wanted.n < b->n) b->tidied = false;
        swap(b, leaves, n);
    }
    copy_to_disk(b, a);
    return e ? e : bad;
}

/* That the database is away is said once, and not every two seconds. */
err status_board_refresh(struct status_board *b) {
    ARENA_AUTO arena *a = arena_new(0);
    pthread_mutex_lock(&b->refreshing);
    err e = refresh(b, a);
    if (e && !b->said_away) log_warn("status", "the status page stays as it is: %s", err_text());
    b->said_away = e != ERR_NONE;
    pthread_mutex_unlock(&b->refreshing);
    return e;
}

/* ---- the thread ---- */

static bool wait_for_change(struct status_board *b) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += LOOK_AGAIN_S;
    pthread_mutex_lock(&b->sleep);
    while (!b->woken && !b->leave)
        if (pthread_cond_timedwait(&b->wake, &b->sleep, &until)) break;
    b->woken = false;
    bool go_on = !b->leave;
    pthread_mutex_unlock(&b->sleep);
    return go_on;
}

static void *board_run(void *context) {
    struct status_board *b = context;
    pthread_setname_np(pthread_self(), "status pages");
    do (void)status_board_refresh(b);
    while (wait_for_change(b));
    return NULL;
}

struct status_board *status_board_new(struct desk *d, bool secure) {
    struct status_board *b = memory_zeroed(sizeof *b);
    pthread_condattr_t monotonic;
    b->desk = d;
    b->secure = secure;
    pthread_mutex_init(&b->lock, NULL);
    pthread_mutex_init(&b->refreshing, NULL);
    pthread_mutex_init(&b->sleep, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&b->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return b;
}

err status_board_start(struct status_board *b) {
    if (b->running) return ERR_NONE;
    if (pthread_create(&b->thread, NULL, board_run, b))
        return err_set(ERR_IO, "The system gives no more threads.");
    b->running = true;
    return ERR_NONE;
}

void status_board_wake(struct status_board *b) {
    pthread_mutex_lock(&b->sleep);
    b->woken = true;
    pthread_cond_signal(&b->wake);
    pthread_mutex_unlock(&b->sleep);
}

void status_board_free(struct status_board *b) {
    if (!b) return;
    pthread_mutex_lock(&b->sleep);
    b->leave = true;
    pthread_cond_signal(&b->wake);
    pthread_mutex_unlock(&b->sleep);
    if (b->running) pthread_join(b->thread, NULL);
    for (size_t i = 0; i < b->n; i++) leaf_unref(b->leaves[i]);
    pthread_mutex_destroy(&b->lock);
    pthread_mutex_destroy(&b->refreshing);
    pthread_mutex_destroy(&b->sleep);
    pthread_cond_destroy(&b->wake);
    free(b);
}

/* ---- answers ---- */

static bool form_of(str rest, status_form *ret) {
    if (!rest.n || str_eq(rest, S("/")))
        *ret = STATUS_HTML;
    else if (str_eq(rest, S("/feed.atom")))
        *ret = STATUS_ATOM;
    else if (str_eq(rest, S("/status.json")))
        *ret = STATUS_JSON;
    else
        return false;
    return true;
}

static str host_of(const struct http_request *q) {
    str host = http_header(q, S("Host"));
    return str_slice(host, 0, str_find_char(host, ':', 0));
}

/* Which page, and in which form; under the lock. */
static struct leaf *find(const struct status_board *b, const struct http_request *q, status_form *ret_form) {
    str prefix = S("/status/"), rest;
    if (str_starts(q->path, prefix)) {
        size_t slash = str_find_char(q->path, '/', prefix.n);
        str slug = str_slice(q->path, prefix.n, slash);
        rest = slash == SIZE_MAX ? S("") : str_slice(q->path, slash, q->path.n);
        if (!form_of(rest, ret_form)) return NULL;
        for (size_t i = 0; i < b->n; i++)
            if (str_eq(b->leaves[i]->brand.slug, slug)) return b->leaves[i];
        return NULL;
    }
    if (!form_of(q->path, ret_form)) return NULL;
    str host = {0};
    for (size_t i = 0; i < b->n; i++) {
        if (!b->leaves[i]->host.n) continue;
        if (!host.n) host = host_of(q);
        if (host.n && str_eq_nocase(b->leaves[i]->host, host)) return b->leaves[i];
    }
    return NULL;
}

/* RFC 9110, 13.1.2: any of the list, weak or not; 13.1.3: a date only where there is none, and the very one
 * that was given. */
static bool has_it(const struct http_request *q, const struct leaf *l, status_form form) {
    str seen = http_header(q, S("If-None-Match"));
    if (!seen.n) return l->modified.n && str_eq(http_header(q, S("If-Modified-Since")), l->modified);
    return str_eq(seen, S("*")) || str_find(seen, l->etag[form], 0) != SIZE_MAX;
}

http_kept *status_board_quick(struct status_board *b, const struct http_request *q) {
    status_form form;
    http_kept *k = NULL;
    pthread_mutex_lock(&b->lock);
    struct leaf *l = find(b, q, &form);
    if (l) k = http_kept_ref(has_it(q, l, form) ? l->same[form] : l->whole[form]);
    pthread_mutex_unlock(&b->lock);
    return k;
}

bool status_board_get(struct status_board *b, arena *a, str slug, status_form form,
                      struct status_shown *ret) {
    struct leaf *l = NULL;
    pthread_mutex_lock(&b->lock);
    for (size_t i = 0; i < b->n && !l; i++)
        if (str_eq(b->leaves[i]->brand.slug, slug)) l = b->leaves[i];
    if (l) atomic_fetch_add(&l->refs, 1);
    pthread_mutex_unlock(&b->lock);
    if (!l) return false;
    *ret = (struct status_shown){.brand = l->brand.id, .row = l->brand};
    ret->modified = str_copy(a, l->modified);
    ret->bytes = str_copy(a, l->bytes[form]);
    ret->etag = str_copy(a, l->etag[form]);
    ret->row.slug = str_copy(a, l->brand.slug);
    ret->row.name = str_copy(a, l->brand.name);
    ret->row.zone = str_copy(a, l->brand.zone);
    ret->row.language = str_copy(a, l->brand.language);
    leaf_unref(l);
    return true;
}

int64_t status_board_due(struct status_board *b, int64_t brand) {
    pthread_mutex_lock(&b->lock);
    struct leaf *l = leaf_of(b, brand);
    int64_t due_at = l ? l->due_at : 0;
    pthread_mutex_unlock(&b->lock);
    return due_at;
}
