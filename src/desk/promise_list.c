/* Promises as lists: for pages, the menu and export. */
#include "desk/child.h"
#include "desk/promise_own.h"
#include "format/csv.h"

enum { MEMORIES_MAX = 20, EXPORT_PAGE = 500 };

static err ask_of(db_conn *c, arena *a, int64_t brand, int64_t holder, int64_t now, struct promise_ask *ret) {
    const struct zone *zone;
    TRY(promise_zone(c, a, brand, &zone));
    *ret = (struct promise_ask){
        .holder = holder, .now = now, .today_end = promise_day_end(zone, promise_day_of(zone, now))};
    return ERR_NONE;
}

err promise_list(struct desk *d, arena *a, int64_t brand, promise_view view, int64_t holder,
                 struct page_key after, int limit, store_promise_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    struct promise_ask ask;
    TRY(db_read_begin(d->db, &c));
    TRY(ask_of(c, a, brand, holder, desk_now(d), &ask));
    ask.view = view;
    return store_promises(c, a, brand, &ask, after, limit, ret);
}

err promise_count(struct desk *d, arena *a, int64_t brand, int64_t holder, struct promise_counts *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    struct promise_ask ask;
    TRY(db_read_begin(d->db, &c));
    TRY(ask_of(c, a, brand, holder, desk_now(d), &ask));
    return store_promise_count(c, brand, &ask, ret);
}

err promise_get(struct desk *d, arena *a, int64_t brand, int64_t promise, struct store_promise *ret,
                promise_step_list *ret_steps) {
    DB_READ_AUTO db_conn *c = NULL;
    struct store_promise p;
    promise_step_list steps;
    TRY(db_read_begin(d->db, &c));
    TRY(store_promise_get(c, a, brand, promise, &p));
    TRY(store_promise_steps(c, a, brand, promise, &steps));
    *ret = p;
    *ret_steps = steps;
    return ERR_NONE;
}

err promise_memories(struct desk *d, arena *a, int64_t brand, int64_t customer, int64_t conversation,
                     store_promise_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return store_promise_memories(c, a, brand, customer, conversation, MEMORIES_MAX, ret);
}

const char *promise_standing(const struct store_promise *p, int64_t now) {
    return promise_late(p, now) ? "late" : promise_state_name(p->state);
}

/* ---- export ---- */

static const char *const columns[] = {"promise",    "conversation", "customer",      "text",
                                      "due_day",    "state",        "comes_instead", "made_by",
                                      "made_at",    "holder",       "settled_by",    "settled_at",
                                      "proof_kind", "proof_id",     "steps",         "note"};

static str moment(arena *a, int64_t at) {
    struct local_time t;
    if (!at) return S("");
    zone_local(NULL, at, &t);
    return str_fmt(a, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)t.year, t.month, t.day, t.hour, t.minute,
                   t.second);
}

static str number(arena *a, int64_t v) { return v ? str_fmt(a, "%lld", (long long)v) : S(""); }

/* Counted, but without a name and without words. */
static void hush(struct store_promise *p) { p->customer_name = p->text = p->note = S(""); }

static void put_row(arena *a, struct csv_out *o, const struct store_promise *p, int64_t now) {
    const str fields[] = {
        number(a, p->id),
        number(a, p->number),
        p->customer_name,
        p->text,
        promise_day_text(a, p->due_day),
        str_z(promise_standing(p, now)),
        promise_day_text(a, p->warned_day),
        p->agent_name,
        moment(a, p->created_at),
        p->holder_name,
        p->settled_name,
        moment(a, p->settled_at),
        str_z(proof_kind_name(p->proof.kind)),
        number(a, p->proof.id),
        number(a, p->steps),
        p->note,
    };
    _Static_assert(sizeof fields / sizeof *fields == sizeof columns / sizeof *columns, "a field a column");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) csv_field(o, fields[i]);
    csv_end_row(o);
}

static err page_of(struct desk *d, arena *a, int64_t brand, int64_t after, store_promise_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    TRY(store_promises_after(c, a, brand, after, EXPORT_PAGE, ret));
    int64_t conversation = 0;
    bool child = false;
    for (size_t i = 0; i < ret->n; i++) {
        struct store_promise *p = &ret->v[i];
        if (p->conversation_id != conversation) TRY(child_is_in(c, a, brand, p->conversation_id, &child));
        conversation = p->conversation_id;
        if (child) hush(p);
    }
    return ERR_NONE;
}

err promise_export(struct desk *d, int64_t brand, err (*put)(void *context, str bytes), void *context) {
    ARENA_AUTO arena *a = arena_new(0);
    BUF_AUTO buf b = BUF_MAX(16 << 20);
    struct csv_out o = {.to = &b};
    int64_t after = 0, now = desk_now(d);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) csv_field(&o, str_z(columns[i]));
    csv_end_row(&o);
    for (;;) {
        store_promise_list rows;
        arena_reset(a);
        TRY(page_of(d, a, brand, after, &rows));
        for (size_t i = 0; i < rows.n; i++) put_row(a, &o, &rows.v[i], now);
        if (!buf_ok(&b)) return err_set(ERR_LIMIT, "A page of promises is larger than 16 MB.");
        TRY(put(context, buf_str(&b)));
        if (rows.n < EXPORT_PAGE) return ERR_NONE;
        buf_clear(&b);
        after = rows.v[rows.n - 1].id;
    }
}
