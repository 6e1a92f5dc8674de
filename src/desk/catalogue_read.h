/* catalogue_read: the files of an import -> rows, with what is wrong in them. Pure. */
#ifndef LONGHAND_DESK_CATALOGUE_READ_H
#define LONGHAND_DESK_CATALOGUE_READ_H

#include "desk/catalogue.h"
#include "store/catalogue.h"
#include "store/piece_list.h"

struct catalogue_rows {
    store_catalogue_item_list items;    /* sorted by id, each once */
    store_catalogue_link_list links;    /* sorted by holder and item, each pair once */
    store_catalogue_alias_list aliases; /* sorted by item and alias, each once */
    store_colour_list colours;
    store_lots_list lots; /* sorted by holder, each once */
};

int64_t catalogue_item_id(catalogue_kind kind, str code);
/* For qsort and bsearch: the orders of the three lists. */
int catalogue_row_item_order(const void *a, const void *b);
int catalogue_row_link_order(const void *a, const void *b);
int catalogue_row_alias_order(const void *a, const void *b);

/* Errors as catalogue_import. Fills format, problems, read and ignored of the report. */
err catalogue_read(arena *a, const struct catalogue_source *files, size_t n,
                   const struct catalogue_progress *progress, struct catalogue_rows *ret_rows,
                   struct catalogue_report *ret_report);

/* In memory; `a` is for the while of building. */
struct catalogue *catalogue_of_rows(arena *a, const struct catalogue_rows *rows);

#endif
