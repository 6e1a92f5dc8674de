/* The first line is a Content-Type header, the rest the body. */
#include <stdint.h>
#include <stdlib.h>

#include "http/form.h"

static void check(bool good) {
    if (!good) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    arena *a = arena_new(64 << 20);
    str body = {(const char *)data, size}, type, boundary = {"", 0};
    http_pairs pairs = {.v = NULL};
    http_files files = {.v = NULL};
    if (str_line(&body, &type)) {
        form_parameter(a, type, S("boundary"), &boundary);
        if (boundary.n) {
            form_multipart(a, boundary, body, &pairs, &files);
        } else {
            form_urlencoded(a, body, &pairs);
        }
    }
    check(pairs.n <= FORM_MAX_FIELDS && files.n <= FORM_MAX_FILES);
    for (size_t i = 0; i < pairs.n; i++) {
        check(str_is_utf8(pairs.v[i].name) && str_is_utf8(pairs.v[i].value));
        check(!str_has(pairs.v[i].name, 0) && !str_has(pairs.v[i].value, 0));
    }
    for (size_t i = 0; i < files.n; i++) {
        const struct http_file *f = &files.v[i];
        check(str_is_utf8(f->name) && str_is_utf8(f->field) && str_is_utf8(f->type));
        check(!str_has(f->name, '/') && !str_has(f->name, '\\') && !str_has(f->name, '\n'));
        check(f->bytes.p >= body.p && f->bytes.p + f->bytes.n <= body.p + body.n);
    }
    arena_free(a);
    return 0;
}
