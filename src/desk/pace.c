#include "desk/pace.h"

#include "store/inbox.h"
#include "store/outbox.h"
#include "store/pace.h"

err pace_get(struct desk *d, int64_t brand, int64_t inbox, int64_t *ret_per_minute) {
    DB_READ_AUTO db_conn *c = NULL;
    struct pace p;
    TRY(db_read_begin(d->db, &c));
    TRY(store_pace_get(c, brand, inbox, &p));
    *ret_per_minute = p.per_minute;
    return ERR_NONE;
}

struct pacing {
    arena *arena;
    int64_t brand, now;
    struct pace row;
};

static err change(db_conn *c, void *arg) {
    struct pacing *x = arg;
    struct store_inbox inbox;
    TRY(store_inbox_by_id(c, x->arena, x->brand, x->row.inbox_id, &inbox));
    TRY(store_pace_put(c, x->brand, &x->row));
    return store_outbox_unlimit(c, x->brand, x->row.inbox_id, x->now);
}

err pace_change(struct desk *d, arena *a, int64_t brand, int64_t inbox, int64_t per_minute) {
    if (per_minute < 0 || per_minute > PACE_MAX)
        return err_set(ERR_INVALID, "The letters a minute must be from 0 (no limit) to %d.", PACE_MAX);
    struct pacing x = {a, brand, desk_now(d), {.inbox_id = inbox, .per_minute = per_minute}};
    TRY(db_write(d->db, change, &x));
    desk_changed(d, brand, 0, "inbox");
    desk_work(d);
    return ERR_NONE;
}

err pace_take_in(db_conn *c, int64_t brand, int64_t inbox, int64_t now, int64_t *ret_at) {
    struct pace p;
    TRY(store_pace_get(c, brand, inbox, &p));
    *ret_at = now;
    if (!p.per_minute) return ERR_NONE;
    *ret_at = p.next_at > now ? p.next_at : now;
    p.next_at = *ret_at + (MINUTE_MS + p.per_minute - 1) / p.per_minute;
    return store_pace_put(c, brand, &p);
}

err pace_next_in(db_conn *c, int64_t brand, int64_t inbox, int64_t now, int64_t *ret_at) {
    struct pace p;
    TRY(store_pace_get(c, brand, inbox, &p));
    *ret_at = p.per_minute && p.next_at > now ? p.next_at : now;
    return ERR_NONE;
}
