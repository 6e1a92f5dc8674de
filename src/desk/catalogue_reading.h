/* catalogue_reading: what the two halves of reading an import share: catalogue_read.c (items, contents,
 * names) and catalogue_read_lots.c (colours and pieces). */
#ifndef LONGHAND_DESK_CATALOGUE_READING_H
#define LONGHAND_DESK_CATALOGUE_READING_H

#include "desk/catalogue_read.h"
#include "format/csv.h"

enum { CODE_MAX = 100, NAME_MAX_BYTES = 1000, COLUMNS_MAX = 6, TELL_EVERY = 8192 };

/* Numbers of a file (themes, inventories) -> what they stand for; open addressing, 0 in slots is free. */
struct table {
    int64_t *keys;
    uint32_t *slots; /* value + 1 */
    size_t cap, n;
};
/* UINT32_MAX when the key is not there. */
uint32_t table_get(const struct table *t, int64_t key);
/* False when the key is there already. */
bool table_put(arena *a, struct table *t, int64_t key, uint32_t value);

struct inventory_link {
    int64_t holder, item, inventory, quantity;
};
typedef LIST(struct inventory_link) inventory_link_list;

struct theme {
    str name;
    int64_t parent;
};
typedef LIST(struct theme) theme_list;

/* An edition of a product, or in our own files the product itself. */
struct inventory {
    int64_t item, version;
};
typedef LIST(struct inventory) inventory_list;

struct lot_row {
    uint32_t inventory, part; /* indexes of reading.inventory_rows and reading.rows */
    uint32_t colour, element; /* index + 1; 0 none */
    uint32_t quantity, spare;
};
typedef LIST(struct lot_row) lot_row_list;
typedef LIST(str) element_list;

struct reading {
    arena *a;
    const struct catalogue_progress *progress;
    struct catalogue_report *report;
    size_t bytes_before, bytes_all;
    str file;
    struct csv_in csv;
    int column[COLUMNS_MAX]; /* of the file, -1 where it has none */
    struct table items, themes, inventories, colours, elements;
    store_catalogue_item_list rows;
    inventory_link_list links;
    store_catalogue_alias_list aliases;
    theme_list theme_rows;
    inventory_list inventory_rows;
    store_colour_list colour_rows;
    element_list element_rows;
    lot_row_list lots;
};

/* Say what is wrong with the row on that line; {0} of `why` is detail. */
void reading_problem(struct reading *r, size_t line, const char *why, str detail);
/* The field of the current row; "" where the file has no such column. */
str reading_field(const struct reading *r, int column);
bool reading_number(const struct reading *r, int column, int64_t *ret);
/* The item of any kind with this code; products first. 0 after naming the problem. */
int64_t reading_any_item(struct reading *r, str code);

/* catalogue_read_lots.c: one row each. */
void reading_take_colour(struct reading *r);  /* id, name, rgb, is_trans */
void reading_take_element(struct reading *r); /* element_id, part_num, color_id */
void reading_take_lot(struct reading *r);     /* inventory_id, part_num, quantity, color_id, is_spare */
void reading_take_own_lot(struct reading *r); /* product, part, quantity, colour, element */
/* The pieces of each product, of its newest edition that has some. */
void reading_finish_lots(struct reading *r, store_lots_list *ret);

#endif
