#include <stdint.h>
#include <stdlib.h>

#include "format/csv.h"

static void check(bool good) {
    if (!good) abort();
}

/* What is read can be written, and reads the same; a field that looks like a formula has its apostrophe. */
static void again(arena *a, const struct csv_in *row) {
    BUF_AUTO buf b = BUF_MAX(64 << 20);
    struct csv_out out = {.to = &b};
    for (size_t i = 0; i < row->nfields; i++) csv_field(&out, row->fields[i]);
    csv_end_row(&out);
    check(buf_ok(&b));
    struct csv_in in = csv_begin(buf_str(&b));
    in.separator = ',';
    in.at = 0;
    in.text = buf_str(&b);
    check(csv_next(&in, a) == CSV_ROW && in.nfields == row->nfields);
    for (size_t i = 0; i < in.nfields; i++) {
        str was = row->fields[i], is = in.fields[i];
        bool guarded = is.n == was.n + 1 && is.p[0] == '\'';
        check(str_eq(guarded ? str_slice(is, 1, is.n) : is, was));
    }
    check(csv_next(&in, a) == CSV_END);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    arena *a = arena_new(256 << 20);
    struct csv_in in = csv_begin((str){(const char *)data, size});
    size_t line = 0;
    csv_result r;
    while ((r = csv_next(&in, a)) != CSV_END) {
        check(in.line > line && in.at <= in.text.n);
        line = in.line;
        check(r == CSV_BROKEN ? in.why != NULL : in.nfields > 0 && in.nfields <= CSV_FIELDS_MAX);
        if (r == CSV_ROW) again(a, &in);
    }
    arena_free(a);
    return 0;
}
