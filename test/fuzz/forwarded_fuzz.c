/* Finding a forwarded message: what is found is text of the letter, and an address has the shape of one. */
#include <stdlib.h>

#include "format/forwarded.h"
#include "format/mime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    ARENA_AUTO arena *a = arena_new(64 << 20);
    str text = {(const char *)data, n}, rest, normal;
    struct forwarded f;
    (void)forwarded_subject(text, &rest);
    if (rest.n > n) abort();
    if (!forwarded_find(a, text, &f)) return 0;
    if (f.start >= n || f.text.n > n || f.name.n > 200 || f.subject.n > 500 || f.date.n > 200) abort();
    if (!f.name.n && !f.address.n) abort();
    if (f.address.n && !address_normal(a, f.address, &normal)) abort();
    if (str_has(f.name, '\n') || str_has(f.address, '\n')) abort();
    return 0;
}
