/* box_page: boxes on the way out: the list, the pick list, one box, the form that makes or changes one, what
 * of it stands beside a conversation, and its prints. */
#ifndef LONGHAND_WEB_BOX_PAGE_H
#define LONGHAND_WEB_BOX_PAGE_H

#include "desk/box.h"
#include "desk/carrier.h"
#include "desk/print_box_run.h"
#include "store/promise.h"
#include "web/frame.h"

struct conversation_page;

enum { BOX_ROWS = 50, PICK_ROWS = 100, BOX_FOUND_ROWS = 50, BOX_EARLIER = 5 };

/* ---- box_words.c: in words, and as JSON ---- */

const char *box_view_title(box_view v); /* "To pick", in English: the key of its translation */
str box_state_text(struct web_call *w, box_state s);
const char *box_state_tone(const struct store_box *b, int64_t today); /* "look" where somebody should look */
/* "Keeper Juno, and 2 more". */
str box_contents_text(struct web_call *w, const struct store_box *b);
str box_item_text(struct web_call *w, const struct store_box_item *i); /* "Tray, sand yellow" */
/* "Promised by Friday, 13 March", "Should have arrived on ...", "Arrived ..."; "" nothing to say. */
str box_when_text(struct web_call *w, const struct store_box *b);
str box_step_text(struct web_call *w, const struct store_box_step *s);
str box_tracking_url(struct web_call *w, const struct store_box *b);
str box_first_line(str address);
/* Today in the brand's calendar: 20261122. */
int64_t pack_today(const struct web_call *w);
/* "2026-12-04" of a form; "" is 0. `name` is the parameter. */
err box_day_param(const struct web_call *w, const char *name, int64_t *ret_day);

void box_json_members(const struct web_call *w, struct json_out *o, const struct store_box *b);
void box_items_json(struct json_out *o, const store_box_item_list *items, int64_t box); /* box 0: all */
/* Of a POST: w->view is a struct box_done. */
void box_done_json(const struct web_call *w, struct json_out *o);

/* ---- the sections above the pages of boxes and stock ---- */

struct pack_head {
    struct frame frame;
    const char *tab; /* "boxes", "pick", "stock", "carriers" */
    str says;        /* why what was asked for was refused; "" nothing */
    bool kept;
};
err pack_load(struct web_call *w, str title, const char *tab, struct pack_head *ret);

/* ---- box_list.c ---- */

struct boxes_view {
    struct pack_head head;
    box_view view;
    struct box_counts counts;
    store_box_list rows;
    bool first, found; /* found: what a search gave */
    str next, q;
    int64_t today;
};
err boxes_view_page(struct web_call *w);
void boxes_html(struct web_call *w);
void boxes_json(const struct web_call *w, struct json_out *o);
/* ?q= a number, what a slip's code holds, or a tracking number: to the box, or to what was found. */
err box_find_page(struct web_call *w);
err box_go_number(struct web_call *w); /* /box/:number, where the codes lead */
err boxes_do_export(struct web_call *w);
/* Was this one ticked in the form that was refused? */
bool box_ticked(const struct web_call *w, int64_t box);

struct pick_view {
    struct pack_head head;
    store_box_item_list rows;
    store_wanted_list wanted;
    bool first;
    str next;
};
err pick_view_page(struct web_call *w);
void pick_html(struct web_call *w);
void pick_json(const struct web_call *w, struct json_out *o);

/* ---- box_page.c ---- */

struct box_one {
    struct pack_head head;
    struct store_box b;
    store_box_item_list items;
    store_box_step_list steps;
    store_carrier_list carriers;
    bool may_write, all_picked;
    int64_t true_day, today;
    str lock_says;             /* why nothing can be done with it yet; "" nothing */
    struct print_result print; /* of a trial print: what would be missing or cut */
    bool printable;
    str print_says; /* why it cannot be printed */
    str promise;    /* what it keeps; "" nothing */
};
err box_view_one(struct web_call *w);
void box_html(struct web_call *w);
void box_json(const struct web_call *w, struct json_out *o);
void box_again(struct web_call *w); /* the page once more, saying why what was asked was refused */

err box_do_agree(struct web_call *w);
err box_do_pick(struct web_call *w);
err box_do_pack(struct web_call *w);
err box_do_unpack(struct web_call *w);
err box_do_send(struct web_call *w);
err box_do_arrived(struct web_call *w);
err box_do_came_back(struct web_call *w);
err box_do_lost(struct web_call *w);
err box_do_cancel(struct web_call *w);

/* ---- box_make.c ---- */

struct box_line {
    struct box_item_wish wish;
    str name;
    int64_t most; /* how many at most; 0: BOX_QUANTITY_MAX */
    str note;     /* "Given by Ines" */
};
typedef LIST(struct box_line) box_line_list;

struct box_form {
    struct frame frame;
    int64_t conversation, box; /* box 0: a new one */
    str customer_name, action, back;
    int64_t number, version;
    box_line_list lines;
    str address, country, language, letter, due, key;
    str theirs; /* the newest letter of theirs */
    int64_t message, promise;
    store_box_list earlier;      /* of the customer, each with another address */
    store_promise_list promises; /* open ones of ours */
    bool locked, packed;         /* packed: its items stay */
    bool retired;                /* something in it is no longer in the catalogue: asked once more */
    str says;
};
err box_make_view(struct web_call *w);
err box_edit_view(struct web_call *w);
void box_form_html(struct web_call *w);
err box_do_make(struct web_call *w);
err box_do_change(struct web_call *w);

/* ---- box_panel.c: beside a conversation ---- */

struct box_panel {
    store_box_list boxes; /* oldest first */
    store_box_item_list items;
    int64_t true_day; /* of the newest one that waits for stock; 0 */
    bool may_make;
};
err box_panel_load(struct web_call *w, int64_t conversation, const struct box_panel **ret);
void box_panel_json(const struct web_call *w, struct json_out *o, const struct box_panel *p);
size_t box_items_from(const store_box_item_list *items, int64_t box, size_t from, size_t *ret_end);

/* ---- pack_print.c ---- */

err box_letter_pdf(struct web_call *w);
err box_slip_pdf(struct web_call *w);
err box_label_pdf(struct web_call *w);
err box_all_pdf(struct web_call *w);
/* What a print of it would lack, without keeping it. */
err box_try_print(struct web_call *w, struct box_one *v);

struct print_view {
    struct pack_head head;
    struct print_run run;
};
err printing_do_start(struct web_call *w);
void printing_started_json(const struct web_call *w, struct json_out *o);
err printing_view(struct web_call *w);
void printing_html(struct web_call *w);
void printing_json(const struct web_call *w, struct json_out *o);
err printing_download(struct web_call *w);
/* "3 of 500" as a share of 100, for the bar. */
int printing_share(const struct print_run *r);

#endif
