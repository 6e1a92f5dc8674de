/* The first line is a carrier's template, the rest a tracking number; and all of it a file of stock. */
#include <stdint.h>
#include <stdlib.h>

#include "desk/box_own.h"
#include "desk/carrier.h"

static void check(bool good) {
    if (!good) abort();
}

/* A number cannot lead to another host, nor out of the attribute it stands in. */
static void check_url(arena *a, str template, str tracking) {
    str url = carrier_url(a, template, tracking);
    if (carrier_url_check(template)) {
        check(url.n == 0);
        return;
    }
    check(str_starts_nocase(template, S("http")));
    size_t host = str_find(template, S("//"), 0) + 2;
    size_t end = host;
    while (end < template.n && !str_has(S("/?#"), template.p[end])) end++;
    check(end > host);
    check(!tracking.n || str_starts(url, str_slice(template, 0, end)));
    for (size_t i = 0; i < url.n; i++)
        check((unsigned char)url.p[i] > ' ' && !str_has(S("\"'<>\\"), url.p[i]));
    for (size_t i = end; i < url.n && i < template.n && template.p[i] != '{'; i++)
        check(url.p[i] == template.p[i]);
}

static void check_stock(arena *a, str csv) {
    struct stock_import m = {.a = a};
    if (!str_is_utf8(csv)) return;
    stock_read_file(&m, csv);
    check(m.problems.n <= STOCK_PROBLEMS_MAX);
    for (size_t i = 0; i < m.rows.n; i++) {
        const struct stock_row *r = &m.rows.v[i];
        check(r->change.quantity >= 0 && r->change.quantity <= STOCK_MAX);
        check(r->expected >= 0 && r->expected <= STOCK_MAX && (!r->expected || r->day));
        check(str_trim(r->change.key.code).n && str_trim(r->change.key.place).n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    arena *a = arena_new(256 << 20);
    str text = {(const char *)data, size}, rest = text, line = S("");
    str_line(&rest, &line);
    check_url(a, line, str_clip_utf8(rest, BOX_TRACKING_BYTES));
    check_stock(a, text);
    arena_free(a);
    return 0;
}
