/* What the files of desk/box and desk/stock share. All within a write of the caller's. */
#ifndef LONGHAND_DESK_BOX_OWN_H
#define LONGHAND_DESK_BOX_OWN_H

#include "base/zone.h"
#include "desk/box.h"
#include "desk/stock.h"
#include "store/promise.h"

/* One box in one write. */
struct box_work {
    db_conn *c;
    arena *a;
    const struct actor *who;
    int64_t now;
    struct store_box box;
    store_box_item_list items;
};
/* With its items. ERR_MISSING. */
err box_load(struct box_work *w, int64_t id);
/* The changed row and its next step. */
err box_put_step(struct box_work *w, box_step step, str note);
/* A line of the conversation's history: "12: detail". */
err box_tell(struct box_work *w, const char *event, str detail);
err box_fill_done(struct box_work *w, struct box_done *ret);
/* "Box 12 is packed" */
str box_standing(arena *a, const struct store_box *b);
/* What begins when somebody of us wants it: it is reserved, and tied to a promise. */
err box_begin(struct box_work *w, int64_t promise, box_step step, str note);

/* The last thing done with it. `put_back`: of a packed one. */
err box_cancel_in(struct box_work *w, bool put_back, str note);

/* ---- what people type ---- */

err box_check_letter(arena *a, str language, str letter, str *ret_letter);
err box_check_address(arena *a, str address, str country, str *ret_address, str *ret_country);
/* 0 is none. */
err box_check_message(const struct box_work *w, int64_t conversation, int64_t id);

/* ---- days ---- */

int64_t box_day_add(int64_t day, int64_t days);
err box_today(db_conn *c, arena *a, int64_t brand, int64_t now, int64_t *ret_day);
/* ERR_INVALID for what is no day, past, or too far ahead; 0 is one. */
err box_check_day(int64_t day, int64_t today);

/* ---- what goes in (box_items.c) ---- */

/* Looks up, checks and fills the items of a wish; what `box` (0: none yet) holds of gestures does not count.
 */
err box_items_of(db_conn *c, arena *a, const struct actor *who, int64_t conversation, int64_t box,
                 const struct box_item_wish *items, size_t n, bool even_retired, store_box_item_list *ret);
/* ERR_CONFLICT for an item that the catalogue holds no longer; those of gestures were judged there. */
err box_check_retired(db_conn *c, arena *a, int64_t brand, const store_box_item_list *items);
/* Positions from 1, and the rows. */
err box_put_items(struct box_work *w, const store_box_item_list *items);

/* ---- stock (box_stock.c) ---- */

/* Take from the stock what the box has not yet; what is not there is short. */
err box_reserve(struct box_work *w);
err box_reserve_item(struct box_work *w, size_t i);
/* Give back what is reserved, and wait for nothing. */
err box_free(struct box_work *w);
/* Boxes that wait for what these lines gave back get it. The last thing done in a write: one of them may be
 * this very box. */
err box_let_others(struct box_work *w, const store_box_item_list *items);
/* Out of the stock into the box, when it is packed; and back, when it is unpacked (`reserve`), came back or
 * was cancelled. */
err box_take_out(struct box_work *w);
err box_put_back(struct box_work *w, size_t i, bool reserve);
err box_put_all_back(struct box_work *w, bool reserve);
/* Boxes that wait for this item get it, the oldest first. */
err box_fill_waiting(db_conn *c, arena *a, const struct actor *who, struct stock_key item, int64_t now,
                     int64_t *ret_filled);
/* Boxes give back what they have reserved at this place, the newest first, until `reserved` is no more than
 * `most`. ERR_CONFLICT when what is picked already is more than that. */
err box_unreserve(db_conn *c, arena *a, const struct actor *who, const struct store_stock *row, int64_t most,
                  int64_t now, int64_t *ret_opened);
/* Boxes that wait for this item: their promises get the day that is known now. */
err box_warn_waiting(db_conn *c, arena *a, const struct actor *who, struct stock_key item, int64_t now);
/* See box_true_day. */
err box_true_day_in(db_conn *c, arena *a, int64_t brand, const store_box_item_list *items, int64_t now,
                    int64_t *ret_day);

/* A place of this item is gone. If it was the last, what boxes wait for is not counted any more. */
err box_uncounted(db_conn *c, arena *a, const struct actor *who, struct stock_key item, int64_t now);

/* One change of the stock in one write (stock.c). */
struct stock_work {
    arena *a;
    const struct actor *who;
    stock_move move;
    int64_t now;
    struct stock_key key; /* checked, this and the next */
    str name, reason;
    int64_t quantity, seen_on_hand;
    bool changed;
    struct stock_done done;
};
/* Pure: fills what is checked. */
err stock_check(struct stock_work *x, const struct stock_change *change);
err stock_apply(db_conn *c, struct stock_work *x);

/* ---- a file of stock (stock_file.c) ---- */

typedef enum stock_column {
    COLUMN_KIND,
    COLUMN_CODE,
    COLUMN_COLOUR,
    COLUMN_NAME,
    COLUMN_PLACE,
    COLUMN_ON_HAND,
    COLUMN_EXPECTED_DAY,
    COLUMN_EXPECTED
} stock_column;
enum { STOCK_COLUMNS = COLUMN_EXPECTED + 1 };
struct stock_row {
    size_t line;
    struct stock_change change;
    bool dated; /* the file says when more comes */
    int64_t day, expected;
};
struct stock_import {
    arena *a;
    const struct actor *who;
    int64_t now;
    LIST(struct stock_row) rows;
    LIST(struct stock_problem) problems;
    bool more_problems;
    int at[STOCK_COLUMNS]; /* where a column stands; -1: nowhere */
    struct stock_report report;
};
/* Pure: the rows of the file, or what is wrong in it. Only `a` needs to be set before. */
void stock_read_file(struct stock_import *m, str csv);

/* ---- promises (box_promise.c) ---- */

/* Ties the box to a promise: `wish` as in box_wish; makes one where `may_make` and the box has a day. */
err box_tie_promise(struct box_work *w, int64_t wish, bool may_make);
/* It had one, which went with a reply that was taken back. */
err box_promise_gone(struct box_work *w, bool *ret);
/* It has none, or only one that it made itself; then it can take one that somebody wrote. */
err box_may_take(struct box_work *w, bool *ret);
err box_take_promise(struct box_work *w, bool *ret_taken);
/* A promise that was settled while the box was only proposed is not its any more. */
err box_drop_settled(struct box_work *w);
/* Its promise will be late, when the box waits for stock, or arrives only after that day. */
err box_warn(struct box_work *w);
err box_promise_arrived(struct box_work *w);
/* Lost or back. */
err box_promise_failed(struct box_work *w, const char *why);
err box_promise_cancelled(struct box_work *w);
/* The conversation is back on its agent's list. */
err box_back_to_agent(struct box_work *w);

#endif
