#include "desk/desk.h"

void desk_changed(const struct desk *d, int64_t brand, int64_t conversation, const char *what) {
    if (d->changed) d->changed(d->changed_context, brand, conversation, what);
}

void desk_work(const struct desk *d) {
    if (d->work) d->work(d->work_context);
}
