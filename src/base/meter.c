#include "base/meter.h"

#include <stdatomic.h>

static _Atomic int64_t counts[METERS];

void meter_add(meter which, int64_t n) { atomic_fetch_add_explicit(&counts[which], n, memory_order_relaxed); }

int64_t meter_of(meter which) { return atomic_load_explicit(&counts[which], memory_order_relaxed); }
