/* Any bytes as a letter: the first byte picks the language, a line may name the sender. */
#include <stdint.h>
#include <stdlib.h>

#include "letter/listen.h"

static void check(bool good) {
    if (!good) abort();
}

static const struct catalogue *catalogue(void) {
    static const struct catalogue_item items[] = {
        {CATALOGUE_PRODUCT, {"4127-1", 6}, {"Harbour Glider", 14}, {"Tidewatch", 9}, 2024},
        {CATALOGUE_FIGURE, {"fig-0007", 8}, {"Keeper Juno", 11}, {"", 0}, 0},
        {CATALOGUE_FIGURE, {"fig-0008", 8}, {"Keeper Juno", 11}, {"", 0}, 0},
        {CATALOGUE_PART, {"88-204", 6}, {"Red Door", 8}, {"", 0}, 0},
    };
    static const struct catalogue_link links[] = {{0, 1, 1}};
    static const struct catalogue *c;
    if (!c) c = catalogue_build(items, 4, links, 1, NULL, 0);
    return c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const languages[] = {"", "en", "de", "fr"};
    if (!size) return 0;
    str text = {(const char *)data + 1, size - 1}, sender = {0};
    if (data[0] & 4) str_line(&text, &sender);
    struct listen_input in = {.text = text,
                              .from_name = sender,
                              .from_address = data[0] & 8 ? sender : (str){0},
                              .language = str_z(languages[data[0] & 3]),
                              .catalogue = data[0] & 16 ? catalogue() : NULL};
    ARENA_AUTO arena *a = arena_new(0);
    struct heard h = {0};
    listen_to(a, &in, &h);
    check(h.findings.n <= 200);
    check(h.text.bytes.n <= text.n && h.clipped == (h.text.bytes.n < text.n));
    for (size_t i = 0; i < h.findings.n; i++) {
        const struct finding *f = &h.findings.v[i];
        check(f->start <= f->end && f->end <= h.text.bytes.n && f->why);
        check(i == 0 || h.findings.v[i - 1].start <= f->start);
        check(f->ncandidates <= sizeof f->candidates / sizeof *f->candidates);
        if (!str_is_utf8(h.text.bytes)) continue;
        check(str_is_utf8(str_slice(h.text.bytes, f->start, f->end)));
    }
    /* The same twice: nothing of one letter is kept for the next. */
    ARENA_AUTO arena *b = arena_new(0);
    struct heard again;
    listen_to(b, &in, &again);
    check(again.findings.n == h.findings.n && again.sort == h.sort && again.child == h.child);
    return 0;
}
