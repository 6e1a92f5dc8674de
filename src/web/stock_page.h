/* stock_page: what lies where: the list, one item with its places and moves, files in and out; and the
 * carriers, with the addresses at which one sees how far a box is. */
#ifndef LONGHAND_WEB_STOCK_PAGE_H
#define LONGHAND_WEB_STOCK_PAGE_H

#include "desk/stock.h"
#include "web/box_page.h"

enum { STOCK_ROWS = 100, STOCK_MOVE_ROWS = 50 };

struct stock_view {
    struct pack_head head;
    store_stock_list rows;
    bool first;
    str q, next;
    const struct stock_report *report; /* of a file that was just read; NULL none */
};
err stock_view_page(struct web_call *w);
void stock_html(struct web_call *w);
void stock_json(const struct web_call *w, struct json_out *o);
err stock_do_export(struct web_call *w);
err stock_do_import(struct web_call *w);
void stock_import_json(const struct web_call *w, struct json_out *o);

struct stock_item_view {
    struct pack_head head;
    struct stock_key key; /* its place: of the form that was sent, "" none */
    str name;
    store_stock_list places;
    store_stock_move_list moves;
    int64_t before; /* of older moves; 0 none */
    int64_t on_hand, reserved;
};
err stock_item_view_page(struct web_call *w);
void stock_item_html(struct web_call *w);
void stock_item_json(const struct web_call *w, struct json_out *o);

err stock_do_receive(struct web_call *w);
err stock_do_count(struct web_call *w);
err stock_do_correct(struct web_call *w);
err stock_do_expect(struct web_call *w);
err stock_do_close(struct web_call *w);
void stock_done_json(const struct web_call *w, struct json_out *o);

struct carriers_view {
    struct pack_head head;
    store_carrier_list rows;
    int64_t typed; /* the id whose form was refused; 0 the new one's, -1 none */
};
err carriers_view_page(struct web_call *w);
void carriers_html(struct web_call *w);
void carriers_json(const struct web_call *w, struct json_out *o);
err carrier_do_put(struct web_call *w);
void carrier_put_json(const struct web_call *w, struct json_out *o);
err carrier_do_delete(struct web_call *w);

/* ---- for templates ---- */

str stock_item_path(struct web_call *w, const struct stock_key *key);
str stock_kind_text(struct web_call *w, str kind);
str stock_move_text(struct web_call *w, const struct store_stock_move *m);
/* What was typed into the form of this place, when that was refused. */
str stock_typed(const struct stock_item_view *v, str place, const char *name);

#endif
