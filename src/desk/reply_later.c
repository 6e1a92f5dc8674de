/* A reply that leaves at a chosen time: another time, or now. */
#include "base/random.h"
#include "base/zone.h"
#include "desk/child.h"
#include "desk/events.h"
#include "desk/post_reply.h"
#include "desk/reply.h"
#include "desk/reply_bytes.h"
#include "net/objects.h"
#include "store/brand.h"
#include "store/forget.h"
#include "store/raw.h"

struct leaving {
    struct desk *desk;
    arena *arena;
    const struct actor *who;
    int64_t message, at, seen_version, now;
    struct message m;
    struct conversation v;
    outbox_list rows;
};

err reply_check_time(int64_t at, int64_t now) {
    if (at <= now) return err_set(ERR_INVALID, "That time has passed; choose a later one.");
    if (at > now + LEAVE_DAYS_MAX * (int64_t)DAY_MS)
        return err_set(ERR_INVALID, "A letter can wait for at most %d days.", LEAVE_DAYS_MAX);
    return ERR_NONE;
}

static err load(db_conn *c, struct leaving *x) {
    int64_t brand = x->who->brand;
    TRY(store_message_get(c, x->arena, brand, x->message, &x->m));
    TRY(store_outbox_of_message(c, x->arena, brand, x->message, &x->rows));
    TRY(store_conversation_get(c, x->arena, brand, x->m.conversation_id, &x->v));
    bool held = x->m.kind == MESSAGE_REPLY && x->m.state == MESSAGE_HELD && x->rows.n;
    for (size_t i = 0; i < x->rows.n && held; i++)
        held = x->rows.v[i].state == OUTBOX_HELD || x->rows.v[i].state == OUTBOX_STOPPED;
    if (!held) return err_set(ERR_CONFLICT, "The reply has left already.");
    if (x->seen_version >= 0 && x->seen_version != x->v.version)
        return err_set(ERR_CONFLICT,
                       "The conversation changed since you looked; read it, then choose again.");
    return ERR_NONE;
}

/* Its Date is when it leaves. The old bytes, where they are a file, go the way of all words that go. */
static err put_date(db_conn *c, struct leaving *x) {
    struct raw raw;
    struct store_brand brand;
    int64_t id = x->who->brand;
    TRY(store_raw_get(c, x->arena, id, x->message, &raw));
    if (raw.form == RAW_POST) return ERR_NONE; /* the network dates it */
    TRY(store_brand_by_id(c, x->arena, id, &brand));
    str bytes = raw.bytes, old = raw.hash;
    bool was_file = raw.in_object;
    if (was_file) TRY(object_get(x->arena, x->desk->folder, raw.hash, &bytes));
    raw.bytes = reply_redate(x->arena, bytes, x->at ? x->at : x->now, brand.zone);
    raw.size = (int64_t)raw.bytes.n;
    raw.in_object = raw.bytes.n > OBJECT_ROW_BYTES;
    raw.hash = raw.in_object ? content_hash(x->arena, raw.bytes) : S("");
    if (raw.in_object) TRY(object_put(x->arena, x->desk->folder, raw.hash, raw.bytes));
    TRY(store_raw_delete(c, id, raw.id));
    TRY(store_raw_insert(c, id, &raw));
    bool wanted = true;
    if (was_file) TRY(store_object_wanted(c, old, &wanted));
    return wanted ? ERR_NONE : store_aside_put(c, id, old, 0);
}

/* A job of its own for the new time: a worker that holds the old one finds itself without. */
static err put_rows(db_conn *c, struct leaving *x) {
    struct message last = {0};
    int64_t brand = x->who->brand;
    err e = x->v.waiting_since ? store_message_last_letter(c, x->arena, brand, x->v.id, &last) : ERR_NONE;
    if (e && e != ERR_MISSING) return e;
    TRY(store_outbox_delete(c, brand, x->message));
    for (size_t i = 0; i < x->rows.n; i++) {
        struct outbox row = x->rows.v[i];
        row.state = x->at ? OUTBOX_HELD : OUTBOX_READY;
        row.ready_at = x->at ? x->at : x->now;
        row.later = !x->at ? 0 : last.id ? last.id : 1;
        row.updated_at = x->now;
        TRY(store_outbox_insert(c, brand, &row));
        TRY(outbox_job_in(c, x->arena, brand, row.id, id_new(x->now), row.ready_at));
    }
    return ERR_NONE;
}

static err leave(db_conn *c, void *arg) {
    struct leaving *x = arg;
    int64_t brand = x->who->brand;
    TRY(load(c, x));
    TRY(child_writable_in(c, x->arena, brand, x->v.id));
    TRY(put_date(c, x));
    TRY(put_rows(c, x));
    if (!x->at) TRY(store_message_state(c, brand, x->message, MESSAGE_QUEUED));
    return event_add(c, x->who, x->v.id, x->at ? "send_later_changed" : "send_now", x->rows.v[0].recipient,
                     x->now);
}

err reply_leave(struct desk *d, arena *a, const struct actor *who, int64_t message, int64_t at,
                int64_t seen_version, int64_t *ret_conversation) {
    struct leaving x = {.desk = d,
                        .arena = a,
                        .who = who,
                        .message = message,
                        .at = at,
                        .seen_version = seen_version,
                        .now = desk_now(d)};
    if (at) TRY(reply_check_time(at, x.now));
    TRY(db_write(d->db, leave, &x));
    *ret_conversation = x.v.id;
    desk_changed(d, who->brand, x.v.id, "reply");
    desk_work(d);
    return ERR_NONE;
}
