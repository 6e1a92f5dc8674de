/* Parting a letter into what was said and what is quoted: parts cover it, and blanking keeps every offset. */
#include <stdlib.h>

#include "format/quoted.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    ARENA_AUTO arena *a = arena_new(256 << 20);
    str text = {(const char *)data, n};
    quoted_part_list parts = {0};
    quoted_split(a, text, &parts);
    size_t at = 0;
    for (size_t i = 0; i < parts.n; i++) {
        if (parts.v[i].start != at || parts.v[i].end <= at) abort();
        at = parts.v[i].end;
    }
    if (at != n) abort();
    if (quoted_said(a, text, &parts, true).n > n || quoted_blank(a, text).n != n) abort();
    return 0;
}
