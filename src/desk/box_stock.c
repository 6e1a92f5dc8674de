/* What boxes take from the stock, and give back to it. */
#include "base/random.h"
#include "desk/box_own.h"
#include "desk/promise_own.h"
#include "desk/settings.h"

enum { WAITING_MAX = 1000 };

static struct stock_key key_of(const struct store_box_item *i) {
    return (struct stock_key){i->item_kind, i->item_code, i->colour, i->place};
}

static err put_item(struct box_work *w, const struct store_box_item *i) {
    return store_box_item_update(w->c, w->who->brand, i);
}

/* ---- reserving ---- */

/* The rest of a line that no place holds whole becomes a line of its own. */
static err split(struct box_work *w, size_t i, int64_t rest) {
    struct store_box_item fresh = w->items.v[i];
    fresh.position = w->items.v[w->items.n - 1].position + 1;
    fresh.quantity = rest;
    /* What lay in the box before anybody counted it, lies there still. */
    int64_t first = w->items.v[i].quantity - rest;
    fresh.picked = fresh.picked > first ? fresh.picked - first : 0;
    fresh.reserved = 0;
    fresh.place = S("");
    TRY(store_box_item_insert(w->c, w->who->brand, &fresh));
    *list_add(w->a, &w->items) = fresh;
    w->items.v[i].quantity = first;
    w->items.v[i].picked -= fresh.picked;
    return ERR_NONE;
}

static int64_t free_in(const store_stock_list *rows) {
    int64_t n = 0;
    for (size_t i = 0; i < rows->n; i++) n += rows->v[i].on_hand - rows->v[i].reserved;
    return n;
}

err box_reserve_item(struct box_work *w, size_t i) {
    if (w->items.v[i].reserved || !w->items.v[i].item_code.n) return ERR_NONE;
    store_stock_list rows;
    TRY(store_stock_of_item(w->c, w->a, w->who->brand, key_of(&w->items.v[i]), &rows));
    w->items.v[i].counted = rows.n > 0;
    w->items.v[i].is_short = rows.n > 0 && free_in(&rows) < w->items.v[i].quantity;
    for (size_t k = 0; k < rows.n && !w->items.v[i].is_short; k++) {
        int64_t there = rows.v[k].on_hand - rows.v[k].reserved;
        bool taken, whole = there >= w->items.v[i].quantity;
        if (!whole) TRY(split(w, i, w->items.v[i].quantity - there));
        struct store_box_item *item = &w->items.v[i];
        item->place = rows.v[k].key.place;
        TRY(store_stock_reserve(w->c, w->who->brand, key_of(item), item->quantity, &taken));
        if (!taken) return err_set(ERR_BUSY, "Somebody took from the same place; try again.");
        item->reserved = item->quantity;
        TRY(put_item(w, item));
        if (whole) return ERR_NONE;
        i = w->items.n - 1;
    }
    return put_item(w, &w->items.v[i]);
}

err box_reserve(struct box_work *w) {
    /* A split adds lines that have theirs already. */
    for (size_t i = 0, n = w->items.n; i < n; i++) TRY(box_reserve_item(w, i));
    return ERR_NONE;
}

err box_free(struct box_work *w) {
    for (size_t i = 0; i < w->items.n; i++) {
        struct store_box_item *item = &w->items.v[i];
        int64_t reserved = item->reserved;
        bool was_short = item->is_short;
        item->reserved = 0;
        item->is_short = false;
        if (reserved) TRY(store_stock_free(w->c, w->who->brand, key_of(item), reserved));
        if (reserved || was_short) TRY(put_item(w, item));
    }
    return ERR_NONE;
}

err box_let_others(struct box_work *w, const store_box_item_list *items) {
    int64_t filled;
    for (size_t i = 0; i < items->n; i++)
        if (items->v[i].counted)
            TRY(box_fill_waiting(w->c, w->a, w->who, key_of(&items->v[i]), w->now, &filled));
    return ERR_NONE;
}

/* ---- in and out ---- */

static err add_move(struct box_work *w, const struct store_box_item *item, stock_move move, int64_t quantity,
                    int64_t on_hand) {
    struct store_stock_move row = {.id = id_new(w->now),
                                   .key = key_of(item),
                                   .move = move,
                                   .quantity = quantity,
                                   .on_hand = on_hand,
                                   .box_id = w->box.id,
                                   .agent_id = w->who->agent,
                                   .at = w->now};
    return store_stock_move_insert(w->c, w->who->brand, &row);
}

err box_take_out(struct box_work *w) {
    for (size_t i = 0; i < w->items.n; i++) {
        struct store_box_item *item = &w->items.v[i];
        int64_t left, n = item->reserved;
        if (!n) continue;
        TRY(store_stock_change(w->c, w->who->brand, key_of(item), -n, -n, STOCK_MAX, w->now, &left));
        if (left < 0) return err_set(ERR_INTERNAL, "The stock holds less than is reserved in it.");
        TRY(add_move(w, item, MOVE_PACKED, -n, left));
        item->reserved = 0;
        TRY(put_item(w, item));
    }
    return ERR_NONE;
}

err box_put_back(struct box_work *w, size_t i, bool reserve) {
    struct store_box_item *item = &w->items.v[i];
    int64_t left, n = item->picked;
    if (!n) return ERR_NONE;
    item->picked = 0;
    if (!item->counted) return put_item(w, item);
    TRY(store_stock_open(w->c, w->a, w->who->brand, key_of(item), S(""), w->now));
    TRY(store_stock_change(w->c, w->who->brand, key_of(item), n, reserve ? n : 0, STOCK_MAX, w->now, &left));
    if (left < 0) return err_set(ERR_LIMIT, "There is no room for more of this in its place.");
    TRY(add_move(w, item, MOVE_PUT_BACK, n, left));
    item->reserved = reserve ? n : 0;
    return put_item(w, item);
}

err box_put_all_back(struct box_work *w, bool reserve) {
    for (size_t i = 0; i < w->items.n; i++) TRY(box_put_back(w, i, reserve));
    return ERR_NONE;
}

/* ---- those that wait ---- */

static bool waits(const struct box_work *w) {
    for (size_t i = 0; i < w->items.n; i++)
        if (w->items.v[i].is_short) return true;
    return false;
}

err box_fill_waiting(db_conn *c, arena *a, const struct actor *who, struct stock_key item, int64_t now,
                     int64_t *ret_filled) {
    store_box_item_list waiting;
    store_stock_list rows;
    int64_t filled = 0;
    TRY(store_stock_of_item(c, a, who->brand, item, &rows));
    int64_t there = free_in(&rows);
    *ret_filled = 0;
    if (!there) return ERR_NONE;
    TRY(store_box_items_short(c, a, who->brand, item.kind, item.code, item.colour, WAITING_MAX, &waiting));
    for (size_t i = 0; i < waiting.n && there; i++) {
        struct box_work w = {.c = c, .a = a, .who = who, .now = now};
        if (waiting.v[i].quantity > there) continue;
        TRY(box_load(&w, waiting.v[i].box_id));
        for (size_t k = 0; k < w.items.n; k++)
            if (w.items.v[k].position == waiting.v[i].position) {
                TRY(box_reserve_item(&w, k));
                break;
            }
        there -= waiting.v[i].quantity;
        TRY(box_put_step(&w, BOX_STEP_RESERVED, waiting.v[i].item_name));
        filled += !waits(&w);
    }
    *ret_filled = filled;
    return ERR_NONE;
}

err box_unreserve(db_conn *c, arena *a, const struct actor *who, const struct store_stock *row, int64_t most,
                  int64_t now, int64_t *ret_opened) {
    store_box_item_list holders;
    int64_t over = row->reserved - most, opened = 0;
    *ret_opened = 0;
    if (over <= 0) return ERR_NONE;
    TRY(store_box_items_reserved(c, a, who->brand, row->key.kind, row->key.code, row->key.colour,
                                 row->key.place, &holders));
    for (size_t i = 0; i < holders.n && over > 0; i++) {
        struct box_work w = {.c = c, .a = a, .who = who, .now = now};
        struct store_box_item item = holders.v[i];
        if (item.picked) continue;
        TRY(store_stock_free(c, who->brand, row->key, item.reserved));
        over -= item.reserved;
        item.reserved = 0;
        item.is_short = true;
        item.place = S("");
        TRY(store_box_item_update(c, who->brand, &item));
        TRY(box_load(&w, item.box_id));
        TRY(box_put_step(&w, BOX_STEP_UNRESERVED, item.item_name));
        opened++;
    }
    if (over > 0)
        return err_set(ERR_CONFLICT, "%lld more than that lie in boxes already; count those too.",
                       (long long)over);
    *ret_opened = opened;
    return ERR_NONE;
}

err box_warn_waiting(db_conn *c, arena *a, const struct actor *who, struct stock_key item, int64_t now) {
    store_box_item_list waiting;
    TRY(store_box_items_short(c, a, who->brand, item.kind, item.code, item.colour, WAITING_MAX, &waiting));
    for (size_t i = 0; i < waiting.n; i++) {
        struct box_work w = {.c = c, .a = a, .who = who, .now = now};
        if (i && waiting.v[i].box_id == waiting.v[i - 1].box_id) continue;
        TRY(box_load(&w, waiting.v[i].box_id));
        TRY(box_warn(&w));
    }
    return ERR_NONE;
}

err box_uncounted(db_conn *c, arena *a, const struct actor *who, struct stock_key item, int64_t now) {
    store_box_item_list waiting;
    store_stock_list rows;
    TRY(store_stock_of_item(c, a, who->brand, item, &rows));
    if (rows.n) return ERR_NONE;
    TRY(store_box_items_short(c, a, who->brand, item.kind, item.code, item.colour, WAITING_MAX, &waiting));
    for (size_t i = 0; i < waiting.n; i++) {
        struct box_work w = {.c = c, .a = a, .who = who, .now = now};
        TRY(box_load(&w, waiting.v[i].box_id));
        waiting.v[i].is_short = waiting.v[i].counted = false;
        TRY(put_item(&w, &waiting.v[i]));
        TRY(box_put_step(&w, BOX_STEP_RESERVED, waiting.v[i].item_name));
    }
    return ERR_NONE;
}

/* ---- when it comes ---- */

/* Whether anybody said when more comes. Asked before the rest, since it mostly ends here. */
static bool expects(const store_stock_list *rows, int64_t today) {
    for (size_t i = 0; i < rows->n; i++)
        if (rows->v[i].expected_day >= today) return true;
    return false;
}

/* The first day from `today` on by which enough has come; an expected quantity of 0 is enough for all. */
static int64_t day_for(const store_stock_list *rows, int64_t n, int64_t today) {
    for (int64_t from = today, day; n > 0; from = box_day_add(day, 1)) {
        day = 0;
        for (size_t i = 0; i < rows->n; i++) {
            int64_t at = rows->v[i].expected_day;
            if (at >= from && (!day || at < day)) day = at;
        }
        if (!day) return 0;
        for (size_t i = 0; i < rows->n; i++) {
            if (rows->v[i].expected_day != day) continue;
            n = rows->v[i].expected ? n - rows->v[i].expected : 0;
            if (n <= 0) return day;
        }
    }
    return today;
}

err box_true_day_in(db_conn *c, arena *a, int64_t brand, const store_box_item_list *items, int64_t now,
                    int64_t *ret_day) {
    int64_t today, days, last = 0;
    TRY(box_today(c, a, brand, now, &today));
    TRY(setting_number(c, a, brand, SETTING_BOX_DAYS, &days));
    for (size_t i = 0; i < items->n; i++) {
        store_stock_list rows;
        int64_t n, day;
        if (!items->v[i].is_short) continue;
        TRY(store_stock_of_item(c, a, brand, key_of(&items->v[i]), &rows));
        day = 0;
        if (expects(&rows, today)) {
            TRY(store_box_items_waiting(c, brand, &items->v[i], &n));
            day = day_for(&rows, n - free_in(&rows), today);
        }
        if (!day) {
            *ret_day = 0;
            return ERR_NONE;
        }
        if (day > last) last = day;
    }
    *ret_day = last ? box_day_add(last, days) : 0;
    return ERR_NONE;
}
