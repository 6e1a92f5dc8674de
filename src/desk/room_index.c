#include "desk/room_index.h"

#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include "base/memory.h"
#include "desk/room.h"
#include "desk/room_hall.h"
#include "desk/room_said.h"

enum { PAGE = 500, KEPT = 8 };

struct entry {
    int64_t message, serial, at;
    bool sending; /* when it was read */
};

/* Made anew when replies were taken back: whoever still asks the old one keeps it until then. */
struct room_index {
    struct hall *hall;
    int64_t brand, incident;
    near *near;
    int users;              /* the hall's own hold counts one; under the hall's lock */
    mtx_t reading;          /* one at a time brings it up to date */
    int64_t asked, brought; /* the latest time it was begun, and was done; the first under the lock */
    mtx_t lock;             /* of what follows */
    int64_t serial, undone;
    struct entry *entries; /* by message */
    size_t n, cap;
};

static void entry_put(struct room_index *x, struct entry e) {
    mtx_lock(&x->lock);
    if (x->n == x->cap) {
        x->cap = x->cap ? x->cap * 2 : 64;
        x->entries = memory_again(x->entries, x->cap * sizeof *x->entries);
    }
    size_t at = x->n;
    while (at > 0 && x->entries[at - 1].message > e.message) at--;
    memmove(x->entries + at + 1, x->entries + at, (x->n - at) * sizeof *x->entries);
    x->entries[at] = e;
    x->n++;
    mtx_unlock(&x->lock);
}

/* Under the lock. */
static struct entry *entry_of(struct room_index *x, int64_t message) {
    size_t low = 0, high = x->n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (x->entries[mid].message < message)
            low = mid + 1;
        else
            high = mid;
    }
    return low < x->n && x->entries[low].message == message ? &x->entries[low] : NULL;
}

int64_t room_index_serial(struct room_index *x, int64_t message) {
    mtx_lock(&x->lock);
    const struct entry *e = entry_of(x, message);
    int64_t serial = e ? e->serial : INT64_MAX;
    mtx_unlock(&x->lock);
    return serial;
}

int64_t room_index_at(struct room_index *x, int64_t message) {
    mtx_lock(&x->lock);
    const struct entry *e = entry_of(x, message);
    int64_t at = e ? e->at : 0;
    mtx_unlock(&x->lock);
    return at;
}

near *room_index_near(struct room_index *x) { return x->near; }

/* ---- reading ---- */

static err add(arena *a, struct room_index *x, const struct room_said *r) {
    LIST(struct near_sentence) sentences = {0};
    size_t n = r->words.n / sizeof(uint32_t), from = 0;
    uint32_t *words = arena_copy(a, r->words.p, r->words.n);
    for (size_t i = 0; i < n; i++) {
        if (words[i]) continue;
        *list_add(a, &sentences) = (struct near_sentence){words + from, (uint32_t)(i - from)};
        from = i + 1;
    }
    struct near_text text = {r->message_id, r->customer_id, r->at, sentences.v, sentences.n};
    TRY(near_add(x->near, &text));
    entry_put(x, (struct entry){r->message_id, r->serial, r->at, r->sending});
    return ERR_NONE;
}

static err read_new(db_conn *c, struct room_index *x, int64_t dead_before) {
    for (;;) {
        ARENA_AUTO arena *a = arena_new(0);
        room_said_list page = {0};
        TRY(store_room_said(c, a, x->brand, x->incident, x->serial, dead_before, PAGE, &page));
        for (size_t i = 0; i < page.n; i++) {
            TRY(add(a, x, &page.v[i]));
            x->serial = page.v[i].serial;
        }
        if (page.n < PAGE) return ERR_NONE;
    }
}

static void gone(struct room_index *x, struct entry *e) {
    size_t at = (size_t)(e - x->entries);
    memmove(e, e + 1, (x->n - at - 1) * sizeof *e);
    x->n--;
}

/* What was on its way when it was read has been sent by now, or has not. */
static err look_again(db_conn *c, struct room_index *x, int64_t dead_before) {
    ARENA_AUTO arena *a = arena_new(0);
    LIST(struct entry) open = {0};
    room_on_its_way_list now = {0};
    int64_t low = INT64_MAX, high = 0;
    mtx_lock(&x->lock);
    for (size_t i = 0; i < x->n; i++)
        if (x->entries[i].sending) *list_add(a, &open) = x->entries[i];
    mtx_unlock(&x->lock);
    if (!open.n) return ERR_NONE;
    for (size_t i = 0; i < open.n; i++) {
        if (open.v[i].serial < low) low = open.v[i].serial;
        if (open.v[i].serial > high) high = open.v[i].serial;
    }
    TRY(store_room_on_their_way(c, a, x->brand, x->incident, low, high, &now));
    for (size_t i = 0; i < open.n; i++) {
        const struct room_on_its_way *row = NULL;
        for (size_t k = 0; k < now.n && !row; k++)
            if (now.v[k].serial == open.v[i].serial) row = &now.v[k];
        bool sent = row && !row->sending;
        if (row && row->sending && row->at >= dead_before) continue;
        if (!sent) TRY(near_remove(x->near, open.v[i].message));
        mtx_lock(&x->lock);
        struct entry *e = entry_of(x, open.v[i].message);
        e->sending = false;
        if (!sent) gone(x, e);
        mtx_unlock(&x->lock);
    }
    return ERR_NONE;
}

/* `ret_stale`: replies were taken back since it was made. */
static err refresh(struct desk *d, struct room_index *x, bool *ret_stale) {
    DB_READ_AUTO db_conn *c = NULL;
    int64_t said, undone, dead_before = desk_now(d) - ROOM_ANNOUNCE_MS - ROOM_CLOCKS_MS;
    TRY(db_read_begin(d->db, &c));
    TRY(store_room_state(c, x->brand, x->incident, &said, &undone));
    if (x->undone < 0) x->undone = undone;
    *ret_stale = undone != x->undone;
    if (*ret_stale) return ERR_NONE;
    TRY(look_again(c, x, dead_before));
    return said > x->serial ? read_new(c, x, dead_before) : ERR_NONE;
}

/* ---- those that are kept ---- */

static err make(struct desk *d, struct hall *h, int64_t brand, int64_t incident, struct room_index **ret) {
    ARENA_AUTO arena *a = arena_new(0);
    bool damaged;
    near *index;
    /* There is no such file: the index lives in memory alone. */
    TRY(near_open(str_fmt(a, "%.*s/near/no-file", STR_FMT(d->folder)), true, &index, &damaged));
    struct room_index *x = memory_zeroed(sizeof *x);
    *x = (struct room_index){
        .hall = h, .brand = brand, .incident = incident, .near = index, .users = 1, .undone = -1};
    if (mtx_init(&x->reading, mtx_plain) != thrd_success || mtx_init(&x->lock, mtx_plain) != thrd_success)
        abort();
    *ret = x;
    return ERR_NONE;
}

static void drop(struct room_index *x) {
    mtx_lock(&x->hall->lock);
    bool last = --x->users == 0;
    mtx_unlock(&x->hall->lock);
    if (!last) return;
    near_close(x->near);
    mtx_destroy(&x->reading);
    mtx_destroy(&x->lock);
    free(x->entries);
    free(x);
}

void room_index_close(struct room_index *x) { drop(x); }

void room_index_drop_all(struct hall *h) {
    for (size_t i = 0; i < HALL_INDEXES; i++)
        if (h->indexes[i]) drop(h->indexes[i]);
}

/* The kept one, held once more; made and kept where there is none, in place of the one that was asked for
 * longest ago. */
static err hold(struct desk *d, int64_t brand, int64_t incident, struct room_index **ret) {
    struct hall *h = hall_of(d);
    struct room_index *found = NULL, *old = NULL;
    mtx_lock(&h->lock);
    for (size_t i = 0; i < HALL_INDEXES && !found; i++) {
        struct room_index *x = h->indexes[i];
        if (!x || x->brand != brand || x->incident != incident) continue;
        found = x;
        memmove(h->indexes + 1, h->indexes, i * sizeof *h->indexes);
        h->indexes[0] = found;
    }
    err e = found ? ERR_NONE : make(d, h, brand, incident, &found);
    if (!e && h->indexes[0] != found) {
        old = h->indexes[HALL_INDEXES - 1];
        memmove(h->indexes + 1, h->indexes, (HALL_INDEXES - 1) * sizeof *h->indexes);
        h->indexes[0] = found;
    }
    if (!e) found->users++;
    mtx_unlock(&h->lock);
    if (old) drop(old);
    *ret = found;
    return e;
}

static void forget(struct room_index *x) {
    struct hall *h = x->hall;
    bool kept = false;
    mtx_lock(&h->lock);
    for (size_t i = 0; i < HALL_INDEXES && !kept; i++) {
        if (h->indexes[i] != x) continue;
        kept = true;
        memmove(h->indexes + i, h->indexes + i + 1, (HALL_INDEXES - 1 - i) * sizeof *h->indexes);
        h->indexes[HALL_INDEXES - 1] = NULL;
    }
    mtx_unlock(&h->lock);
    if (kept) drop(x);
}

static int64_t asked(struct room_index *x, int more) {
    mtx_lock(&x->lock);
    int64_t n = x->asked += more;
    mtx_unlock(&x->lock);
    return n;
}

/* Of many who wait for each other one reads for all: what was begun after they came has what they need. */
static err bring_up_to_date(struct desk *d, struct room_index *x, bool *ret_stale) {
    err e = ERR_NONE;
    int64_t before = asked(x, 0);
    mtx_lock(&x->reading);
    if (x->brought <= before) {
        int64_t mine = asked(x, 1);
        e = refresh(d, x, ret_stale);
        if (!e && !*ret_stale) x->brought = mine;
    }
    mtx_unlock(&x->reading);
    return e;
}

err room_index_open(struct desk *d, int64_t brand, int64_t incident, struct room_index **ret) {
    for (;;) {
        struct room_index *x;
        bool stale = false;
        TRY(hold(d, brand, incident, &x));
        err e = bring_up_to_date(d, x, &stale);
        if (!e && !stale) {
            *ret = x;
            return ERR_NONE;
        }
        forget(x);
        drop(x);
        if (e) return e;
    }
}
