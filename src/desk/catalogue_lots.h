/* catalogue_lots: the second half of an import: colours and the pieces of products. */
#ifndef LONGHAND_DESK_CATALOGUE_LOTS_H
#define LONGHAND_DESK_CATALOGUE_LOTS_H

#include "desk/catalogue_read.h"

struct lot_changes {
    store_colour_list colours;
    store_lots_list put;
    LIST(int64_t) gone; /* holders */
};

/* What differs from `was` (without its bytes). A piece whose part the import no longer knows stays with its
 * product, so that people who miss it find it; the part is retired. */
err catalogue_lots_compare(struct desk *d, arena *a, int64_t brand, const struct catalogue_rows *now,
                           const store_lots_list *was, struct lot_changes *ret);
/* How much of the whole work of writing these are, in rows of other tables. */
size_t catalogue_lots_weight(const struct lot_changes *changes);
/* In several transactions. `done` and `total` are for the progress, which may be NULL. */
err catalogue_lots_write(struct desk *d, int64_t brand, const struct lot_changes *changes,
                         const struct catalogue_progress *progress, size_t done, size_t total);

#endif
