#include <stdint.h>
#include <stdlib.h>

#include "format/idn.h"

static void check(bool good) {
    if (!good) abort();
}

/* What comes out is ASCII, short enough, and stays as it is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str out, again, in = {(const char *)data, size};
    if (size > 4096) return 0;
    arena *a = arena_new(1 << 20);
    bool good = idn_to_ascii(a, in, &out);
    for (size_t i = 0; good && i < out.n; i++) check((unsigned char)out.p[i] < 0x80);
    if (good && out.p != in.p) check(out.n <= 253);
    if (good) check(idn_to_ascii(a, out, &again) && str_eq(out, again));
    idn_address(a, in, &out);
    arena_free(a);
    return 0;
}
