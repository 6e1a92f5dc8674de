#include "desk/room_hall.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"

static mtx_t making;
static once_flag making_once = ONCE_FLAG_INIT;

static void make_lock(void) {
    if (mtx_init(&making, mtx_plain) != thrd_success) abort();
}

struct hall *hall_of(struct desk *d) {
    call_once(&making_once, make_lock);
    mtx_lock(&making);
    if (!d->rooms) {
        struct hall *h = memory_zeroed(sizeof *h);
        if (mtx_init(&h->lock, mtx_plain) != thrd_success) abort();
        h->last = &h->first;
        d->rooms = h;
    }
    struct hall *h = d->rooms;
    mtx_unlock(&making);
    return h;
}

/* A plain lock goes to whoever is awake, and one of twenty waits for all the others' second turn. */
void hall_enter(struct hall *h) {
    struct hall_turn turn = {0};
    mtx_lock(&h->lock);
    if (h->writes) {
        if (cnd_init(&turn.comes) != thrd_success) abort();
        *h->last = &turn;
        h->last = &turn.next;
        while (!turn.is_here) cnd_wait(&turn.comes, &h->lock);
        cnd_destroy(&turn.comes);
    }
    h->writes = true;
    mtx_unlock(&h->lock);
}

void hall_leave(struct hall *h) {
    mtx_lock(&h->lock);
    struct hall_turn *next = h->first;
    h->writes = next != NULL;
    if (next) {
        h->first = next->next;
        if (!h->first) h->last = &h->first;
        next->is_here = true;
        cnd_signal(&next->comes);
    }
    mtx_unlock(&h->lock);
}

void room_close(struct desk *d) {
    if (!d->rooms) return;
    room_index_drop_all(d->rooms);
    mtx_destroy(&d->rooms->lock);
    free(d->rooms);
    d->rooms = NULL;
}

err room_event_in(db_conn *c, const struct actor *who, int64_t incident, room_event_kind kind, str text,
                  int64_t about, int64_t now) {
    struct room_event row = {
        .id = id_new(now), .agent_id = who->agent, .kind = kind, .text = text, .about_id = about, .at = now};
    return store_room_event_insert(c, who->brand, incident, &row);
}
