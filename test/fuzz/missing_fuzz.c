/* What the missing-pieces page reads: the first byte picks the form of a browser, the JSON of a program, the
 * pieces of a product as they are stored, or a search for a product. */
#include <stdint.h>
#include <stdlib.h>

#include "format/json.h"
#include "format/lots.h"
#include "format/url.h"
#include "letter/catalogue.h"
#include "web/missing_page.h"

static void check(bool good) {
    if (!good) abort();
}

static const struct catalogue *catalogue(void) {
    static const struct catalogue_item items[] = {
        {CATALOGUE_PRODUCT, {"4127-1", 6}, {"Harbour Glider", 14}, {"Tidewatch", 9}, 2024},
        {CATALOGUE_PRODUCT, {"9526", 4}, {"Ultra Sonic Raider", 18}, {"", 0}, 2012},
        {CATALOGUE_FIGURE, {"fig-0007", 8}, {"Keeper Juno", 11}, {"", 0}, 0},
        {CATALOGUE_PART, {"88-204", 6}, {"Red Door", 8}, {"", 0}, 0},
    };
    static const struct catalogue_link links[] = {{0, 2, 1}, {1, 2, 1}};
    static const struct catalogue_alias aliases[] = {{{"Hafengleiter", 12}, 0}};
    static struct catalogue *c;
    if (!c) c = catalogue_build(items, 4, links, 2, aliases, 1);
    return c;
}

static void check_form(const struct missing_form *f) {
    check((unsigned)f->step < MISSING_STEPS && f->from >= 0 && f->opened_at >= 0 && f->wish.pieces.n <= 200);
    for (size_t i = 0; i < f->wish.pieces.n; i++) {
        check(f->wish.pieces.v[i].quantity >= -1);
        check(missing_form_count(f, f->wish.pieces.v[i].key) == f->wish.pieces.v[i].quantity);
    }
    check(!str_has(f->wish.words, '\r') && !str_has(f->wish.address, '\r'));
}

static void form(arena *a, str text) {
    http_pairs fields = {0};
    struct http_pair one;
    struct missing_form f;
    while (fields.n < 1000 && url_pair(a, &text, &one.name, &one.value)) *list_add(a, &fields) = one;
    missing_form_read(a, &fields, &f);
    check_form(&f);
}

static void json(arena *a, str text) {
    JSON_AUTO json_t *body = NULL;
    struct missing_form f;
    if (json_read(text, &body) || !json_is_object(body)) return;
    missing_form_of_json(a, body, &f);
    check_form(&f);
}

/* What can be read is the same when it is written and read again. */
static void lots(str text) {
    struct lot lot, again;
    while (lots_next(&text, &lot)) {
        BUF_AUTO buf b = BUF_MAX(10000);
        check(lot.quantity >= 0 && lot.quantity <= LOT_QUANTITY_MAX);
        if (!str_is_utf8(lot.part) || !str_is_utf8(lot.colour) || !str_is_utf8(lot.element)) continue;
        lots_add(&b, &lot);
        str rest = buf_str(&b);
        check(lots_next(&rest, &again) && !rest.n && again.quantity == lot.quantity);
        check(str_eq(again.part, lot.part) && str_eq(again.colour, lot.colour) &&
              str_eq(again.element, lot.element));
    }
}

static void search(arena *a, str text) {
    uint32_t found[5];
    size_t n = catalogue_search(catalogue(), a, text, found, 5);
    check(n <= 5);
    for (size_t i = 0; i < n; i++) {
        check(catalogue_item_at(catalogue(), found[i])->kind == CATALOGUE_PRODUCT);
        for (size_t k = 0; k < i; k++) check(found[k] != found[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!size) return 0;
    arena *a = arena_new(256 << 20);
    str text = {(const char *)data + 1, size - 1};
    switch (data[0] % 4) {
    case 0: form(a, text); break;
    case 1: json(a, text); break;
    case 2: lots(text); break;
    case 3: search(a, text); break;
    }
    arena_free(a);
    return 0;
}
