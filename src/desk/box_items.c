/* What is wished into a box: looked up and checked. */
#include "desk/box_own.h"
#include "desk/check.h"
#include "desk/policy.h"

static err quantity_check(int64_t quantity) {
    if (quantity < 1 || quantity > BOX_QUANTITY_MAX)
        return err_set(ERR_INVALID, "The quantity must be from 1 to %d.", BOX_QUANTITY_MAX);
    return ERR_NONE;
}

static err check_gesture(const struct store_gesture *g, int64_t conversation) {
    if (g->conversation_id != conversation)
        return err_set(ERR_INVALID, "That gesture belongs to another conversation.");
    if (g->kind == GESTURE_REFUND || g->kind == GESTURE_VOUCHER)
        return err_set(ERR_INVALID, "A refund or a voucher does not go into a box.");
    if (g->state == GESTURE_ASKED)
        return err_set(ERR_CONFLICT, "A lead has not confirmed this yet; it cannot be sent before.");
    if (!gesture_holds(g->state))
        return err_set(ERR_CONFLICT, "This was declined or taken back; it is not sent any more.");
    return ERR_NONE;
}

static int64_t wished_already(const store_box_item_list *items, int64_t gesture) {
    int64_t n = 0;
    for (size_t i = 0; i < items->n; i++)
        if (items->v[i].gesture_id == gesture) n += items->v[i].quantity;
    return n;
}

static err from_gesture(db_conn *c, arena *a, int64_t brand, int64_t conversation, int64_t box,
                        const struct box_item_wish *wish, const store_box_item_list *before,
                        struct store_box_item *ret) {
    struct store_gesture g;
    int64_t boxed;
    TRY(store_gesture_get(c, a, brand, wish->gesture, &g));
    TRY(check_gesture(&g, conversation));
    TRY(store_box_items_sum(c, brand, g.id, box, &boxed));
    int64_t left = g.quantity - boxed - wished_already(before, g.id);
    if (left <= 0)
        return err_set(ERR_CONFLICT, "All of this is in a box already: %lld x %.*s.", (long long)g.quantity,
                       STR_FMT(str_clip_utf8(g.item_name, 100)));
    int64_t quantity = wish->quantity ? wish->quantity : left;
    TRY(quantity_check(quantity));
    if (quantity > left)
        return err_set(ERR_CONFLICT, "Only %lld of this were given and are not in a box yet.",
                       (long long)left);
    ret->gesture_id = g.id;
    ret->item_kind = g.item_code.n ? g.item_kind : S("");
    ret->item_code = g.item_code;
    ret->item_name = g.item_name;
    ret->quantity = quantity;
    return ERR_NONE;
}

static err is_retired(str name) {
    return err_set(ERR_CONFLICT,
                   "%.*s is no longer in the catalogue. Send something else, or say that one is still there.",
                   STR_FMT(str_clip_utf8(name, 100)));
}

static err from_catalogue(db_conn *c, arena *a, int64_t brand, const struct box_item_wish *wish,
                          bool even_retired, struct store_box_item *ret) {
    str name = S(""), own;
    int64_t retired = 0;
    TRY(quantity_check(wish->quantity));
    TRY(check_line_or_empty("What is sent", wish->name, CHECK_NAME_BYTES, &own));
    TRY(check_line_or_empty("The code", wish->code, STOCK_CODE_BYTES, &ret->item_code));
    if (ret->item_code.n) {
        err e = concerns_check(c, a, brand, (struct concerns){wish->kind, ret->item_code}, &name, &retired);
        if (e && (e != ERR_MISSING || !own.n)) return e;
        ret->item_kind = wish->kind;
    } else {
        ret->item_kind = S("");
    }
    if (retired && !even_retired) return is_retired(name);
    ret->item_name = own.n ? own : name;
    if (!ret->item_name.n) return err_set(ERR_INVALID, "Say what is sent.");
    ret->quantity = wish->quantity;
    return ERR_NONE;
}

err box_items_of(db_conn *c, arena *a, const struct actor *who, int64_t conversation, int64_t box,
                 const struct box_item_wish *items, size_t n, bool even_retired, store_box_item_list *ret) {
    store_box_item_list rows = {0};
    if (!n) return err_set(ERR_INVALID, "A box needs something in it.");
    if (n > BOX_ITEMS_MAX)
        return err_set(ERR_LIMIT, "A box holds at most %d different things.", BOX_ITEMS_MAX);
    for (size_t i = 0; i < n; i++) {
        struct store_box_item row = {0};
        TRY(check_line_or_empty("The colour", items[i].colour, STOCK_COLOUR_BYTES, &row.colour));
        if (items[i].gesture)
            TRY(from_gesture(c, a, who->brand, conversation, box, &items[i], &rows, &row));
        else
            TRY(from_catalogue(c, a, who->brand, &items[i], even_retired, &row));
        *list_add(a, &rows) = row;
    }
    *ret = rows;
    return ERR_NONE;
}

err box_check_retired(db_conn *c, arena *a, int64_t brand, const store_box_item_list *items) {
    for (size_t i = 0; i < items->n; i++) {
        const struct store_box_item *item = &items->v[i];
        str name;
        int64_t retired = 0;
        if (item->gesture_id || !item->item_code.n) continue;
        err e =
            concerns_check(c, a, brand, (struct concerns){item->item_kind, item->item_code}, &name, &retired);
        if (e && e != ERR_MISSING) return e;
        if (!e && retired) return is_retired(name);
    }
    return ERR_NONE;
}

err box_put_items(struct box_work *w, const store_box_item_list *items) {
    w->items = (store_box_item_list){0};
    for (size_t i = 0; i < items->n; i++) {
        struct store_box_item *row = list_add(w->a, &w->items);
        *row = items->v[i];
        row->box_id = w->box.id;
        row->position = (int64_t)i + 1;
        TRY(store_box_item_insert(w->c, w->who->brand, row));
    }
    return ERR_NONE;
}

str box_what(arena *a, const store_box_item_list *items) {
    enum { SHOWN = 300 };
    str all = S("");
    for (size_t i = 0; i < items->n && all.n < SHOWN; i++) {
        str name = str_clip_utf8(items->v[i].item_name, 100);
        if (i + 1 < items->n && all.n > SHOWN - 100) return str_fmt(a, "%.*s, ...", STR_FMT(all));
        all = str_fmt(a, "%.*s%s%lld x %.*s", STR_FMT(all), i ? ", " : "", (long long)items->v[i].quantity,
                      STR_FMT(name));
    }
    return all;
}

/* ---- addresses ---- */

err box_address_check(arena *a, str address, str *ret_address) {
    str text, line, rest;
    int lines = 0;
    TRY(check_text(a, "The address", address, BOX_ADDRESS_BYTES, &text));
    text = str_trim(text);
    for (rest = text; str_line(&rest, &line);) lines++;
    if (lines > BOX_ADDRESS_LINES)
        return err_set(ERR_INVALID, "An address has at most %d lines; this one has %d.", BOX_ADDRESS_LINES,
                       lines);
    *ret_address = text;
    return ERR_NONE;
}
