#include <stdint.h>
#include <stdlib.h>

#include "letter/burst.h"

static void check(bool good) {
    if (!good) abort();
}

/* A file of the watch; and letters: eight words each, at times and from
 * customers that the bytes say. Whatever is loaded is saved as it was, and counts on. */
static void count_letters(burst *b, const uint8_t *data, size_t size) {
    arena *a = arena_new(64 << 20);
    int64_t at = 1800000000000;
    for (size_t i = 0; i + 12 <= size && i < 12 * 300; i += 12) {
        uint32_t keys[8];
        burst_cluster_list found;
        for (int k = 0; k < 8; k++) keys[k] = (uint32_t)data[i + 4 + k] << 2 | (data[i + 4 + k] & 1);
        at += (int64_t)data[i] * data[i + 1] * 100;
        burst_add(b, &(struct burst_letter){(int64_t)i + 1, data[i + 2], at,
                                            data[i + 3] & 1 ? S("en") : S("de"), keys, 8});
        if (data[i + 3] & 2) burst_remove(b, (int64_t)i + 1, at);
        burst_look(b, a, at, &found);
        for (size_t c = 0; c < found.n; c++) check(found.v[c].n && found.v[c].voices >= BURST_VOICES);
    }
    arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str bytes = {(const char *)data, size};
    burst *b = NULL;
    if (burst_load(bytes, &b) == ERR_NONE) {
        buf again = BUF_MAX(32 << 20);
        check(burst_save(b, &again) && str_eq(buf_str(&again), bytes));
        buf_free(&again);
    } else {
        b = burst_new();
    }
    count_letters(b, data, size);
    burst_free(b);
    return 0;
}
