/* lots: the pieces of a product as bytes, so many of one part in one colour after the other. Pure.
 *
 * Each lot: three texts (part, colour, element) with one byte of length before each, and the quantity in
 * groups of seven bits, the lowest first, of which all but the last have the high bit set. */
#ifndef LONGHAND_FORMAT_LOTS_H
#define LONGHAND_FORMAT_LOTS_H

#include "base/buf.h"

enum { LOT_TEXT_MAX = 255, LOT_QUANTITY_MAX = 1000000 };

struct lot {
    str part;    /* its code in the catalogue */
    str colour;  /* the code of a colour; "" none */
    str element; /* the number of this part in this colour; "" none */
    int64_t quantity;
};

/* Longer texts are cut, a quantity outside 0 to LOT_QUANTITY_MAX is moved to the nearer of them. */
void lots_add(buf *to, const struct lot *lot);
/* The next lot off `*rest`, pointing into it. False at the end, or where what is left is none: then *rest is
 * not empty. */
bool lots_next(str *rest, struct lot *ret);
/* A number that names part and colour in forms: the same in every import, not 0. */
uint64_t lot_key(str part, str colour);

#endif
