#include "base/zone.h"
#include "desk/gesture.h"
#include "format/csv.h"

enum { EXPORT_PAGE = 500 };

static const char *const columns[] = {
    "gesture",   "conversation", "customer", "given_at",    "agent", "situation", "kind",
    "item_kind", "item_code",    "item",     "quantity",    "cost",  "currency",  "within_policy",
    "judgement", "state",        "state_by", "state_since", "note"};

static str moment(arena *a, int64_t at) {
    struct local_time t;
    zone_local(NULL, at, &t);
    return str_fmt(a, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)t.year, t.month, t.day, t.hour, t.minute,
                   t.second);
}

static str number(arena *a, int64_t v) { return str_fmt(a, "%lld", (long long)v); }

static void put_row(arena *a, struct csv_out *o, const struct store_gesture *g) {
    struct currency c;
    bool known = currency_from(g->currency, &c) == ERR_NONE;
    const str fields[] = {
        number(a, g->id),
        number(a, g->number),
        g->customer_name,
        moment(a, g->at),
        g->agent_name,
        g->situation,
        str_z(gesture_kind_name(g->kind)),
        g->item_kind,
        g->item_code,
        g->item_name,
        number(a, g->quantity),
        known ? money_number(a, g->cost, c) : number(a, g->cost),
        g->currency,
        g->policy_id ? S("yes") : S("no"),
        g->judgement,
        str_z(gesture_state_name(g->state)),
        g->state_agent_name,
        moment(a, g->state_at),
        g->state_note,
    };
    _Static_assert(sizeof fields / sizeof *fields == sizeof columns / sizeof *columns, "a field a column");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) csv_field(o, fields[i]);
    csv_end_row(o);
}

static err page_of(struct desk *d, arena *a, int64_t brand, int64_t after, store_gesture_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return store_gestures_after(c, a, brand, after, EXPORT_PAGE, ret);
}

err gesture_export(struct desk *d, int64_t brand, int64_t after, err (*put)(void *context, str bytes),
                   void *context) {
    ARENA_AUTO arena *a = arena_new(0);
    BUF_AUTO buf b = BUF_MAX(16 << 20);
    struct csv_out o = {.to = &b};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) csv_field(&o, str_z(columns[i]));
    csv_end_row(&o);
    for (;;) {
        store_gesture_list rows;
        arena_reset(a);
        TRY(page_of(d, a, brand, after, &rows));
        for (size_t i = 0; i < rows.n; i++) put_row(a, &o, &rows.v[i]);
        if (!buf_ok(&b)) return err_set(ERR_LIMIT, "A page of gestures is larger than 16 MB.");
        TRY(put(context, buf_str(&b)));
        if (rows.n < EXPORT_PAGE) return ERR_NONE;
        buf_clear(&b);
        after = rows.v[rows.n - 1].id;
    }
}
