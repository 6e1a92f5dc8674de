/* Any bytes as an address, an address list, a subject and a date: addresses have their normal form, which is
 * its own. */
#include <stdlib.h>

#include "format/compose.h"
#include "format/mime_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good) {
    if (!good) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ARENA_AUTO arena *a = arena_new(1 << 30);
    str bytes = {(const char *)data, size}, normal, twice;
    struct mime_address one;
    mime_address_list list = {0};
    mime_addresses(a, bytes, &list);
    for (size_t i = 0; i < list.n; i++) {
        if (list.v[i].address.n == 0) continue;
        check(address_normal(a, list.v[i].address, &normal) && str_eq(normal, list.v[i].address));
    }
    if (address_normal(a, bytes, &normal)) check(address_normal(a, normal, &twice) && str_eq(normal, twice));
    if (address_parse(a, bytes, &one)) check(one.address.n > 0);
    compose_reply_subject(a, bytes);
    int zone;
    mime_date(bytes, &zone);
    return 0;
}
