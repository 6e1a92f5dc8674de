/* What lies on the shelves of the brand of `longhand demo`, and who carries its boxes. */
#include "cli/demo.h"

#include "base/embedded.h"
#include "desk/box.h"
#include "desk/carrier.h"
#include "desk/promise.h"
#include "desk/stock.h"

static const struct {
    const char *name, *url;
} carriers[] = {{"Gull Post", "https://gullpost.example/where?number={tracking}"},
                {"Tern Express", "https://tern.example/{tracking}"}};

/* Not there now; when more comes. */
static const struct {
    const char *kind, *code, *place;
    int in_days, quantity;
} expected[] = {{"figure", "F-014", "A-04", 9, 40}, {"part", "77-014", "B-06", 20, 200}};

static bool is_empty(struct cli_desk *c, int64_t brand) {
    store_stock_list rows;
    return !stock_list(&c->desk, c->arena, brand, S(""), (struct stock_key){0}, 1, &rows) && !rows.n;
}

err demo_stock(struct cli_desk *c, const struct actor *who) {
    const struct embedded_file *file = embedded_find(S("demo/stock.csv"));
    struct stock_report report;
    int64_t id;
    /* What is there is the user's own. */
    if (!file || !is_empty(c, who->brand)) return ERR_NONE;
    TRY(stock_import(&c->desk, c->arena, who, (str){(const char *)file->bytes, file->n}, &report));
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        struct stock_key key = {str_z(expected[i].kind), str_z(expected[i].code), S(""),
                                str_z(expected[i].place)};
        int64_t day = promise_day_of(NULL, desk_now(&c->desk) + expected[i].in_days * (int64_t)DAY_MS);
        TRY(stock_expect(&c->desk, c->arena, who, key, day, expected[i].quantity));
    }
    for (size_t i = 0; i < sizeof carriers / sizeof *carriers; i++)
        TRY(carrier_put(&c->desk, c->arena, who, 0, str_z(carriers[i].name), str_z(carriers[i].url), &id));
    return ERR_NONE;
}
