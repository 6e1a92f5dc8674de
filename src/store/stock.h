/* store/stock: what lies where, and every change of it. */
#ifndef LONGHAND_STORE_STOCK_H
#define LONGHAND_STORE_STOCK_H

#include "base/list.h"
#include "db/db.h"

/* What a row counts: kind product, figure or part, its code, its colour ("" for none), and where it lies. */
struct stock_key {
    str kind, code, colour, place;
};

/* See the schema. */
struct store_stock {
    struct stock_key key;
    str name;
    int64_t on_hand, reserved, expected_day, expected, updated_at;
};
typedef LIST(struct store_stock) store_stock_list;

/* ret->key.kind is empty when there is none. */
err store_stock_get(db_conn *c, arena *a, int64_t brand, struct stock_key key, struct store_stock *ret);
/* Of an item (key.place does not matter), most free ones first, then by place. */
err store_stock_of_item(db_conn *c, arena *a, int64_t brand, struct stock_key key, store_stock_list *ret);
/* A row of nothing on hand where there is none. A name that is not "" replaces the old one. */
err store_stock_open(db_conn *c, arena *a, int64_t brand, struct stock_key key, str name, int64_t now);
/* Take `quantity` of what is free only if so much is; *ret_taken says whether. One statement decides, so that
 * two who come at once never get the same piece. */
err store_stock_reserve(db_conn *c, int64_t brand, struct stock_key key, int64_t quantity, bool *ret_taken);
/* Reserved ones become free again. ERR_INTERNAL when fewer were reserved. */
err store_stock_free(db_conn *c, int64_t brand, struct stock_key key, int64_t quantity);
/* Change on_hand and reserved by so much in one statement; *ret_on_hand afterwards, -1 when that would leave
 * reserved below 0 or above on_hand, or on_hand above `most`: then nothing was changed. */
err store_stock_change(db_conn *c, int64_t brand, struct stock_key key, int64_t on_hand, int64_t reserved,
                       int64_t most, int64_t now, int64_t *ret_on_hand);
err store_stock_expect(db_conn *c, int64_t brand, struct stock_key key, int64_t day, int64_t quantity,
                       int64_t now);
/* Only a row with nothing on hand; *ret_gone says whether. */
err store_stock_delete(db_conn *c, int64_t brand, struct stock_key key, bool *ret_gone);

/* By place, kind, code and colour, from behind `after` (empty kind: from the start). With `words` only rows
 * whose place, code or name holds them, in any case of ASCII. */
err store_stock_list_of(db_conn *c, arena *a, int64_t brand, str words, struct stock_key after, int limit,
                        store_stock_list *ret);

typedef enum stock_move {
    MOVE_RECEIVED,
    MOVE_COUNTED,
    MOVE_CORRECTED,
    MOVE_IMPORTED,
    MOVE_PACKED,
    MOVE_PUT_BACK /* came back, or was taken out of a box again */
} stock_move;
enum { STOCK_MOVES = MOVE_PUT_BACK + 1 };
const char *stock_move_name(stock_move v); /* "received", "counted", ... */
bool stock_move_from(str s, stock_move *ret);

struct store_stock_move {
    int64_t id;
    struct stock_key key;
    stock_move move;
    int64_t quantity; /* by how much */
    int64_t on_hand;  /* how many there were then */
    str reason;
    int64_t box_id, agent_id, at;
    str agent_name; /* joined; not written */
    int64_t box_number;
};
typedef LIST(struct store_stock_move) store_stock_move_list;
err store_stock_move_insert(db_conn *c, int64_t brand, const struct store_stock_move *row);
/* Of an item at all places, newest first, ids below `before` (0: all). */
err store_stock_moves(db_conn *c, arena *a, int64_t brand, struct stock_key key, int64_t before, int limit,
                      store_stock_move_list *ret);

#endif
