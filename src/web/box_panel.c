/* What of boxes stands beside a conversation. */
#include "web/box_page.h"

static err load_true_day(struct web_call *w, struct box_panel *p) {
    for (size_t i = p->boxes.n; i > 0; i--) {
        const struct store_box *b = &p->boxes.v[i - 1];
        store_box_item_list own = {0};
        if (!b->short_of_stock) continue;
        for (size_t k = 0; k < p->items.n; k++)
            if (p->items.v[k].box_id == b->id) *list_add(w->arena, &own) = p->items.v[k];
        web_read_end(w);
        return box_true_day(w->desk, w->arena, w->who.brand.id, &own, &p->true_day);
    }
    return ERR_NONE;
}

err box_panel_load(struct web_call *w, int64_t conversation, const struct box_panel **ret) {
    struct box_panel *p = arena_alloc(w->arena, sizeof *p);
    db_conn *c;
    int64_t brand = w->who.brand.id;
    p->may_make = web_may(w, RIGHT_WRITE);
    TRY(web_read(w, &c));
    TRY(store_boxes_of_conversation(c, w->arena, brand, conversation, &p->boxes));
    if (p->boxes.n) TRY(store_box_items_of_conversation(c, w->arena, brand, conversation, &p->items));
    TRY(load_true_day(w, p));
    *ret = p;
    return ERR_NONE;
}

void box_panel_json(const struct web_call *w, struct json_out *o, const struct box_panel *p) {
    /* Where they go is for those who send them. */
    size_t n = web_may(w, RIGHT_PACK) ? p->boxes.n : 0;
    json_open_array(o);
    for (size_t i = 0; i < n; i++) {
        json_open_object(o);
        box_json_members(w, o, &p->boxes.v[i]);
        json_key(o, S("items")), box_items_json(o, &p->items, p->boxes.v[i].id);
        json_close_object(o);
    }
    json_close_array(o);
}

size_t box_items_from(const store_box_item_list *items, int64_t box, size_t from, size_t *ret_end) {
    while (from < items->n && items->v[from].box_id != box) from++;
    size_t end = from;
    while (end < items->n && items->v[end].box_id == box) end++;
    *ret_end = end;
    return from;
}
