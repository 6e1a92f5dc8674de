/* A picture without what was written beside it: doing it again changes nothing, and it grows by no more than
 * how the camera was held. */
#include <stdlib.h>

#include "format/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    ARENA_AUTO arena *a = arena_new(64 << 20);
    str bytes = {(const char *)data, n}, once, twice;
    if (!picture_bare(a, bytes, &once)) return 0;
    if (once.n > n + 1024 || !str_eq(picture_type(once), picture_type(bytes))) abort();
    if (!picture_bare(a, once, &twice) || !str_eq(once, twice)) abort();
    return 0;
}
