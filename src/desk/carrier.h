/* carrier: who carries boxes, and where one sees how far a box is. */
#ifndef LONGHAND_DESK_CARRIER_H
#define LONGHAND_DESK_CARRIER_H

#include "desk/desk.h"
#include "store/box.h"

enum { CARRIER_NAME_BYTES = 60, CARRIER_URL_BYTES = 500, CARRIERS_MAX = 100 };

err carrier_list(struct desk *d, arena *a, int64_t brand, store_carrier_list *ret);
/* A new one (id 0) or a changed one. `url` may be ""; else it begins with https:// or http://, and holds
 * {tracking} somewhere behind the host. ERR_CONFLICT when another has the name; ERR_MISSING for the id;
 * ERR_LIMIT when there are CARRIERS_MAX. Boxes keep the name that they were sent with. */
err carrier_put(struct desk *d, arena *a, const struct actor *who, int64_t id, str name, str url,
                int64_t *ret_id);
err carrier_delete(struct desk *d, arena *a, const struct actor *who, int64_t id);

/* Pure. ERR_INVALID, with a sentence, for a template that could lead elsewhere than it shows. */
err carrier_url_check(str url);
/* The template with the number in its place, percent-encoded; "" where one of them is "", or the template is
 * none. */
str carrier_url(arena *a, str url, str tracking);

#endif
