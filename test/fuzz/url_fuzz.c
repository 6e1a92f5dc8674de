#include <stdint.h>
#include <stdlib.h>

#include "format/url.h"
#include "http/http.h"

static void check(bool good) {
    if (!good) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    arena *a = arena_new(64 << 20);
    str text = {(const char *)data, size}, back, name, value, rest = text;
    buf b BUF_AUTO = BUF_MAX(size * 3 + 1);
    url_encode(&b, text);
    check(buf_ok(&b) && url_decode(a, buf_str(&b), &back) && str_eq(back, text));
    check(str_eq(url_decode_form(a, buf_str(&b)), text));
    if (url_decode(a, text, &back)) check(back.n <= text.n);
    while (url_pair(a, &rest, &name, &value)) check(name.n + value.n <= size);
    struct http_match m;
    if (http_match(S("/c/:id/:x"), text, &m))
        for (int i = 0; i < m.n; i++) check(m.value[i].n && !str_has(m.value[i], '/'));
    arena_free(a);
    return 0;
}
