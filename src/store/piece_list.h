/* store piece_list: the colours of a brand's catalogue and what its products are made of. */
#ifndef LONGHAND_STORE_PIECE_LIST_H
#define LONGHAND_STORE_PIECE_LIST_H

#include "base/list.h"
#include "db/db.h"

struct store_colour {
    str code, name;
    str rgb; /* "c9a23a", "" unknown */
    bool clear;
};
typedef LIST(struct store_colour) store_colour_list;

/* By code. */
err store_colours(db_conn *c, arena *a, int64_t brand, store_colour_list *ret_colours);
err store_colour_put(db_conn *c, int64_t brand, const struct store_colour *colour);

struct store_lots {
    int64_t holder; /* the id of the product's or figure's catalogue_item */
    int64_t n;      /* lots */
    int64_t source; /* of the bytes as they were imported */
    str lots;       /* format/lots.h */
};
typedef LIST(struct store_lots) store_lots_list;

/* Of all products, by holder; without the bytes unless `with_lots`. */
err store_lots_all(db_conn *c, arena *a, int64_t brand, bool with_lots, store_lots_list *ret_lots);
/* All zero when there are none. */
err store_lots_of(db_conn *c, arena *a, int64_t brand, int64_t holder, struct store_lots *ret_lots);
/* Many in one statement; replaces. */
err store_lots_put(db_conn *c, int64_t brand, const struct store_lots *rows, size_t n);
err store_lots_delete(db_conn *c, int64_t brand, int64_t holder);

/* What a product holds by catalogue_link, with names: figures, and parts without a colour. */
struct store_content {
    int64_t kind; /* enum catalogue_kind */
    str code, name;
    int64_t quantity, retired_at;
};
typedef LIST(struct store_content) store_content_list;
err store_contents_of(db_conn *c, arena *a, int64_t brand, int64_t holder, store_content_list *ret_contents);

#endif
