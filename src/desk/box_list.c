/* Boxes as lists: for pages, the menu and export. */
#include "desk/box_own.h"
#include "desk/child.h"
#include "desk/promise_own.h"
#include "format/csv.h"

enum { EXPORT_PAGE = 500, SETTLED_SHOWN_DAYS = 30 };

static err items_and_steps(db_conn *c, arena *a, int64_t brand, int64_t id, store_box_item_list *ret_items,
                           store_box_step_list *ret_steps) {
    store_box_item_list items = {0};
    if (ret_items) TRY(store_box_items(c, a, brand, id, &items));
    if (ret_steps) TRY(store_box_steps(c, a, brand, id, ret_steps));
    if (ret_items) *ret_items = items;
    return ERR_NONE;
}

err box_get(struct desk *d, arena *a, int64_t brand, int64_t id, struct store_box *ret,
            store_box_item_list *ret_items, store_box_step_list *ret_steps) {
    DB_READ_AUTO db_conn *c = NULL;
    struct store_box b;
    TRY(db_read_begin(d->db, &c));
    TRY(store_box_get(c, a, brand, id, &b));
    TRY(items_and_steps(c, a, brand, b.id, ret_items, ret_steps));
    *ret = b;
    return ERR_NONE;
}

err box_by_number(struct desk *d, arena *a, int64_t brand, int64_t number, struct store_box *ret,
                  store_box_item_list *ret_items, store_box_step_list *ret_steps) {
    DB_READ_AUTO db_conn *c = NULL;
    struct store_box b;
    TRY(db_read_begin(d->db, &c));
    TRY(store_box_by_number(c, a, brand, number, &b));
    TRY(items_and_steps(c, a, brand, b.id, ret_items, ret_steps));
    *ret = b;
    return ERR_NONE;
}

err box_of_conversation(struct desk *d, arena *a, int64_t brand, int64_t conversation, store_box_list *ret,
                        store_box_item_list *ret_items) {
    DB_READ_AUTO db_conn *c = NULL;
    store_box_list rows;
    TRY(db_read_begin(d->db, &c));
    TRY(store_boxes_of_conversation(c, a, brand, conversation, &rows));
    if (ret_items) TRY(store_box_items_of_conversation(c, a, brand, conversation, ret_items));
    *ret = rows;
    return ERR_NONE;
}

err box_of_customer(struct desk *d, arena *a, int64_t brand, int64_t customer, int64_t before, int limit,
                    store_box_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return store_boxes_of_customer(c, a, brand, customer, before, limit, ret);
}

err box_true_day(struct desk *d, arena *a, int64_t brand, const store_box_item_list *items,
                 int64_t *ret_day) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return box_true_day_in(c, a, brand, items, desk_now(d), ret_day);
}

err box_list(struct desk *d, arena *a, int64_t brand, box_view view, struct page_key after, int limit,
             store_box_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    int64_t today;
    TRY(db_read_begin(d->db, &c));
    TRY(box_today(c, a, brand, desk_now(d), &today));
    return store_boxes(c, a, brand, view, today, after, limit, ret);
}

err box_counts(struct desk *d, arena *a, int64_t brand, struct box_counts *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    int64_t today, now = desk_now(d);
    TRY(db_read_begin(d->db, &c));
    TRY(box_today(c, a, brand, now, &today));
    return store_box_counts(c, a, brand, today, now - SETTLED_SHOWN_DAYS * (int64_t)DAY_MS, ret);
}

static str without(arena *a, str text, char gone) {
    char *p = arena_alloc(a, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != gone) p[n++] = text.p[i];
    return (str){p, n};
}

err box_find(struct desk *d, arena *a, int64_t brand, str text, int limit, store_box_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    int64_t number = 0;
    str said = str_trim(text);
    if (said.n > BOX_TRACKING_BYTES * 2 || !str_is_utf8(said)) said = S("");
    str digits = said;
    if (str_starts(digits, S("#"))) digits = str_slice(digits, 1, digits.n);
    if (!str_to_int(digits, &number) || number < 0) number = 0;
    if (!said.n) {
        *ret = (store_box_list){0};
        return ERR_NONE;
    }
    TRY(db_read_begin(d->db, &c));
    return store_boxes_find(c, a, brand, number, without(a, said, ' '), limit, ret);
}

err box_pick_list(struct desk *d, arena *a, int64_t brand, struct pick_key after, int limit,
                  store_box_item_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return store_pick_list(c, a, brand, after, limit, ret);
}

err box_wanted(struct desk *d, arena *a, int64_t brand, int limit, store_wanted_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return store_wanted(c, a, brand, limit, ret);
}

err box_gesture_left(struct desk *d, int64_t brand, const struct store_gesture *g, int64_t *ret_quantity) {
    DB_READ_AUTO db_conn *c = NULL;
    int64_t boxed;
    if (g->kind == GESTURE_REFUND || g->kind == GESTURE_VOUCHER || !gesture_holds(g->state)) {
        *ret_quantity = 0;
        return ERR_NONE;
    }
    TRY(db_read_begin(d->db, &c));
    TRY(store_box_items_sum(c, brand, g->id, 0, &boxed));
    *ret_quantity = boxed < g->quantity ? g->quantity - boxed : 0;
    return ERR_NONE;
}

/* ---- export ---- */

static const char *const columns[] = {"box",      "conversation", "customer", "state",      "made_by",
                                      "made_at",  "packed_at",    "sent_at",  "settled_at", "carrier",
                                      "tracking", "due_day",      "short",    "quantity",   "items"};

static str moment(arena *a, int64_t at) {
    struct local_time t;
    if (!at) return S("");
    zone_local(NULL, at, &t);
    return str_fmt(a, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)t.year, t.month, t.day, t.hour, t.minute,
                   t.second);
}

static str number(arena *a, int64_t v) { return str_fmt(a, "%lld", (long long)v); }

/* Its lines among those of a page of boxes. */
static str items_of(arena *a, int64_t box, const store_box_item_list *all) {
    store_box_item_list own = {0};
    for (size_t i = 0; i < all->n; i++)
        if (all->v[i].box_id == box) *list_add(a, &own) = all->v[i];
    return box_what(a, &own);
}

static void put_row(arena *a, struct csv_out *o, const struct store_box *b,
                    const store_box_item_list *items) {
    const str fields[] = {
        number(a, b->number),
        number(a, b->conversation_number),
        b->customer_name,
        str_z(box_state_name(b->state)),
        b->agent_name,
        moment(a, b->created_at),
        moment(a, b->packed_at),
        moment(a, b->sent_at),
        moment(a, b->settled_at),
        b->carrier,
        b->tracking,
        promise_day_text(a, b->due_day),
        b->short_of_stock ? S("yes") : S(""),
        number(a, b->pieces),
        items_of(a, b->id, items),
    };
    _Static_assert(sizeof fields / sizeof *fields == sizeof columns / sizeof *columns, "a field a column");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) csv_field(o, fields[i]);
    csv_end_row(o);
}

static err page_of(struct desk *d, arena *a, int64_t brand, int64_t after, store_box_list *ret,
                   store_box_item_list *ret_items) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    TRY(store_boxes_after(c, a, brand, after, EXPORT_PAGE, ret));
    if (!ret->n) return ERR_NONE;
    /* A child's name leaves the desk in no file. */
    for (size_t i = 0; i < ret->n; i++) {
        bool child;
        TRY(child_is_in(c, a, brand, ret->v[i].conversation_id, &child));
        if (child) ret->v[i].customer_name = S("");
    }
    return store_box_items_between(c, a, brand, ret->v[0].id, ret->v[ret->n - 1].id, ret_items);
}

err box_export(struct desk *d, int64_t brand, err (*put)(void *context, str bytes), void *context) {
    ARENA_AUTO arena *a = arena_new(0);
    BUF_AUTO buf b = BUF_MAX(16 << 20);
    struct csv_out o = {.to = &b};
    int64_t after = 0;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) csv_field(&o, str_z(columns[i]));
    csv_end_row(&o);
    for (;;) {
        store_box_list rows = {0};
        store_box_item_list items = {0};
        arena_reset(a);
        TRY(page_of(d, a, brand, after, &rows, &items));
        for (size_t i = 0; i < rows.n; i++) put_row(a, &o, &rows.v[i], &items);
        if (!buf_ok(&b)) return err_set(ERR_LIMIT, "A page of boxes is larger than 16 MB.");
        TRY(put(context, buf_str(&b)));
        if (rows.n < EXPORT_PAGE) return ERR_NONE;
        buf_clear(&b);
        after = rows.v[rows.n - 1].id;
    }
}
