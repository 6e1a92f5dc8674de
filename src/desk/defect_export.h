/* defect_export: what the makers of a product take away: every case, without names and addresses; the words
 * of a conversation in which a child wrote are left out, while it counts. */
#ifndef LONGHAND_DESK_DEFECT_EXPORT_H
#define LONGHAND_DESK_DEFECT_EXPORT_H

#include "base/buf.h"
#include "desk/desk.h"

/* Of one defect, or (0) of all, oldest record first. CSV: letter (the conversation's number), came, product,
 * product_name, part, part_name, symptom, words, lot, packed; cells that a spreadsheet would run are text.
 * ERR_LIMIT when `out` does not hold it. */
err defect_export_csv(struct desk *d, int64_t brand, int64_t defect, buf *out);
/* {"cases": [...]} with the same members; days as "2026-12-04", what is not known as null. */
err defect_export_json(struct desk *d, int64_t brand, int64_t defect, buf *out);

#endif
