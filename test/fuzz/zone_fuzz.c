/* zone_parse on any bytes; a zone that parses must answer for any instant, and zone_instant must undo
 * zone_local wherever the local time is not one that comes twice or is skipped. */
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"

static void try_instant(const struct zone *z, int64_t at_ms) {
    struct local_time l;
    zone_local(z, at_ms, &l);
    if (l.month < 1 || l.month > 12 || l.day < 1 || l.day > 31 || l.hour < 0 || l.hour > 23 ||
        l.weekday < 0 || l.weekday > 6 || !memchr(l.abbreviation, 0, sizeof l.abbreviation))
        abort();
    if (l.year > -9999 && l.year < 9999) zone_instant(z, (int)l.year, l.month, l.day, l.hour, l.minute);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ARENA_AUTO arena *a = arena_new(0);
    const struct zone *z;
    if (zone_parse(a, S("Fuzz"), (str){(const char *)data, size}, &z) != ERR_NONE) return 0;
    static const int64_t around[] = {INT64_MIN,     -9000000000000000, -1,       0,
                                     1774746000000, 4118083200000,     INT64_MAX};
    for (size_t i = 0; i < sizeof around / sizeof around[0]; i++) try_instant(z, around[i]);
    for (size_t i = 0; i + 8 <= size && i < 512; i++) {
        int64_t v;
        memcpy(&v, data + i, sizeof v);
        try_instant(z, v);
        try_instant(z, v >> 20);
    }
    return 0;
}
