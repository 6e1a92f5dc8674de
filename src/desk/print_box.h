/* print_box: a box on paper: the letter that lies in it, the packing slip and the address label, in the
 * brand's look, with words and dates in the customer's language and days of the brand's calendar. What is
 * printed is a function of the box, the look and the one who signs, not of the moment. */
#ifndef LONGHAND_DESK_PRINT_BOX_H
#define LONGHAND_DESK_PRINT_BOX_H

#include "base/lang.h"
#include "base/zone.h"
#include "desk/box.h"
#include "desk/desk.h"
#include "print/print.h"

struct print_parts {
    bool letter, slip, label;
};

/* "letter", "slip", "label", "all" (letter and slip), "letter slip label" in any mixture, parted by spaces or
 * commas. ERR_INVALID for anything else and for nothing. */
err print_parts_from(str text, struct print_parts *ret);
str print_parts_text(arena *a, struct print_parts parts); /* "letter slip" */

/* What the prints of a brand have in common; lives in the arena it was opened with. */
struct print_shop;
err print_shop_open(const struct desk *d, db_conn *c, arena *a, int64_t brand, struct print_shop **ret);
/* For its documents that hold several boxes. */
void print_shop_about(const struct print_shop *shop, str title, int64_t at, struct print_about *ret);

/* One box, ready for print_batch_add: `box` points into this struct, which is in the arena. */
struct print_ready {
    int64_t number;
    struct print_about about; /* of a document with this box alone */
    struct print_letter letter;
    struct print_slip slip;
    struct print_label label;
    struct print_box box;
};
/* ERR_MISSING: no such box; ERR_CONFLICT: it must not be printed (where a child wrote and no grown-up has
 * confirmed, or it is cancelled), or has nothing to print: no letter, no address for the label. A part that
 * is empty is left out where others are wanted too. */
err print_box_ready(db_conn *c, struct print_shop *shop, arena *a, int64_t box, struct print_parts parts,
                    struct print_ready **ret);

/* A document of one box. */
err print_box_pdf(const struct desk *d, arena *a, int64_t brand, int64_t box, struct print_parts parts,
                  print_write write, void *context, struct print_result *ret);

/* Where the QR codes of the prints lead: the box's page on the desk's public address. */
str print_box_link(arena *a, const struct desk *d, str slug, int64_t number);
/* What was read from such a code, or typed: "31", "box:31", "#31", the address of a box's page. 0: none of
 * these. */
int64_t print_box_number(str scanned);

/* "U+1F9F8 TEDDY BEAR"; the number alone where it has no name. */
str print_character(arena *a, uint32_t code_point);

/* "Wednesday 11 March 2026" in that language; "2026-03-11" in one that the desk has no words of. `day` is
 * 20260311. */
str print_day(arena *a, str language, int64_t day);

#endif
