/* stock: what lies where, for boxes. An item that no row counts is always there; one that is counted can be
 * reserved only as often as it lies there, however many ask at once.
 *
 * Whether the caller may is judged before (packers, agents). Every change of what lies there is a move with a
 * reason, and moves are never changed. What comes in goes to the boxes that wait longest. */
#ifndef LONGHAND_DESK_STOCK_H
#define LONGHAND_DESK_STOCK_H

#include "desk/desk.h"
#include "store/stock.h"

enum {
    STOCK_MAX = 10 * 1000 * 1000, /* of one item at one place */
    STOCK_PLACE_BYTES = 60,
    STOCK_CODE_BYTES = 60,
    STOCK_COLOUR_BYTES = 60,
    STOCK_REASON_BYTES = 500,
    STOCK_FILE_BYTES = 16 << 20,
    STOCK_PROBLEMS_MAX = 200,
};

struct stock_change {
    struct stock_key key; /* what and where; a new place begins a new row. Kind and code must be there */
    str name;             /* of an item that the catalogue does not name; "" else */
    int64_t quantity;     /* received: how many came, 1 or more; counted: how many lie there, 0 or more;
                           * corrected: by how much, not 0 */
    str reason;           /* one line; must be there when corrected */
    int64_t seen_on_hand; /* of counted and corrected: how many there were on the page, else ERR_CONFLICT;
                           * -1 does not say */
};
struct stock_done {
    int64_t on_hand, reserved;
    int64_t filled; /* boxes that waited for this and have it now */
    int64_t opened; /* boxes that had it reserved and must wait now */
};
/* ERR_INVALID, with a sentence, for quantities below 0 or above STOCK_MAX, a place, code or colour too long;
 * ERR_CONFLICT when more are picked for boxes already than would be left. */
err stock_receive(struct desk *d, arena *a, const struct actor *who, const struct stock_change *change,
                  struct stock_done *ret);
err stock_count(struct desk *d, arena *a, const struct actor *who, const struct stock_change *change,
                struct stock_done *ret);
err stock_correct(struct desk *d, arena *a, const struct actor *who, const struct stock_change *change,
                  struct stock_done *ret);
/* When more comes, and how much; 0 and 0: nobody knows. Boxes that wait get that day, and their promises are
 * warned. */
err stock_expect(struct desk *d, arena *a, const struct actor *who, struct stock_key key, int64_t day,
                 int64_t quantity);
/* The row at this place is gone, when nothing lies there. The last one of an item gone: it is not counted any
 * more. ERR_CONFLICT else. */
err stock_close(struct desk *d, arena *a, const struct actor *who, struct stock_key key);

/* ---- looking ---- */

/* Paging as store_stock_list_of. */
err stock_list(struct desk *d, arena *a, int64_t brand, str words, struct stock_key after, int limit,
               store_stock_list *ret);
/* All places of an item. */
err stock_of_item(struct desk *d, arena *a, int64_t brand, struct stock_key key, store_stock_list *ret);
err stock_moves(struct desk *d, arena *a, int64_t brand, struct stock_key key, int64_t before, int limit,
                store_stock_move_list *ret);

/* ---- files ---- */

/* A CSV file (format/csv.h) whose first line names its columns: kind, code, place and on_hand must be there;
 * colour, name, expected_day (2026-12-04) and expected may. What it says of a place is what lies there, as if
 * counted; places that it does not name stay. All of it is written, or, where a line is wrong, nothing. */
struct stock_problem {
    size_t line; /* from 1; 0: the whole file */
    str what;
};
struct stock_report {
    int64_t read, changed, filled, opened;
    struct stock_problem *problems; /* at most STOCK_PROBLEMS_MAX of them */
    size_t nproblems;
    bool more_problems;
};
/* ERR_INVALID when there are problems (*ret says which, and is set), ERR_LIMIT for a file that is too large.
 */
err stock_import(struct desk *d, arena *a, const struct actor *who, str csv, struct stock_report *ret);
/* All rows in that form, told to `put` in pieces; what it returns ends the export. */
err stock_export(struct desk *d, int64_t brand, err (*put)(void *context, str bytes), void *context);

#endif
