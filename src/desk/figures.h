/* figures: what the operator's monitoring asks for, as Prometheus text (exposition format 0.0.4). No address,
 * no name and no word of anybody: brands by their slug, inboxes by their number. */
#ifndef LONGHAND_DESK_FIGURES_H
#define LONGHAND_DESK_FIGURES_H

#include "desk/desk.h"

err figures_text(const struct desk *d, arena *a, str *ret_text);

#endif
