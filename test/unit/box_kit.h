/* What the tests of boxes and of stock share: gestures that hold, wishes for boxes, things that lie
 * somewhere.
 */
#ifndef LONGHAND_TEST_BOX_KIT_H
#define LONGHAND_TEST_BOX_KIT_H

#include "gesture_kit.h"

#include "desk/box.h"
#include "desk/stock.h"
#include "store/event.h"

/* 15 January 2027, a Friday, 08:00 UTC. */
static const int64_t friday = 1800000000000;
enum { THE_FRIDAY = 20270115 };

#define LONG_ADDRESS                                                                                         \
    "Milo Berg\nc/o Anna Berg\nHouse Seagull\nEntrance 3\nStaircase B\nThird floor\nQuay Street 4\n"         \
    "Old Harbour\n20457 Hamburg\nHamburg\nGermany\nEurope"

static int box_world(void **state) {
    if (!kit.open) return 0;
    world();
    kit.now = friday;
    return kit_next(state);
}
#define BOX_TEST(f) cmocka_unit_test_setup(f, box_world)

static struct stock_key part(const char *code, const char *place) {
    return (struct stock_key){S("part"), str_z(code), S(""), str_z(place)};
}

static struct stock_done lay(const char *code, const char *place, int64_t n) {
    struct stock_done done;
    struct stock_change change = {.key = part(code, place), .quantity = n, .seen_on_hand = -1};
    assert_ok(stock_receive(&kit.d, kit.a, &w.pia, &change, &done));
    return done;
}

static struct store_stock there(const char *code, const char *place) {
    DB_READ_AUTO db_conn *c = NULL;
    struct store_stock row;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_stock_get(c, kit.a, w.brand, part(code, place), &row));
    return row;
}

static inline void assert_stock(const char *code, const char *place, int64_t on_hand, int64_t reserved) {
    struct store_stock row = there(code, place);
    if (row.on_hand != on_hand || row.reserved != reserved)
        fail_msg("%s at %s: %lld on hand, %lld reserved", code, place, (long long)row.on_hand,
                 (long long)row.reserved);
}

/* An item of the desk's own, in no catalogue, so that no test takes another's. */
static struct box_item_wish thing(const char *code, int64_t quantity) {
    return (struct box_item_wish){
        .kind = S("part"), .code = str_z(code), .name = S("Brass bell"), .quantity = quantity};
}

static struct box_wish box_wish(int64_t conversation, const struct box_item_wish *items, size_t n) {
    return (struct box_wish){.conversation = conversation,
                             .items = items,
                             .nitems = n,
                             .address = S("Milo Berg\nQuay Street 4\n20457 Hamburg"),
                             .country = S("DE"),
                             .language = S("en"),
                             .letter = S("Dear Milo,\n\nhere it is."),
                             .key = str_fmt(kit.a, "box-key-%d", ++w.keys)};
}

static struct box_done make_box(int64_t conversation, const struct box_item_wish *items, size_t n) {
    struct box_wish wish = box_wish(conversation, items, n);
    struct box_done done;
    assert_ok(box_make(&kit.d, kit.a, &w.omar, &wish, &done));
    return done;
}

static struct store_box box_now(int64_t id, store_box_item_list *ret_items) {
    struct store_box b;
    store_box_step_list steps;
    assert_ok(box_get(&kit.d, kit.a, w.brand, id, &b, ret_items, &steps));
    assert_int_equal(steps.n, b.version);
    for (size_t i = 0; i < steps.n; i++) assert_int_equal(steps.v[i].position, i + 1);
    return b;
}

static inline struct box_act act_on(int64_t box) { return (struct box_act){.box = box, .seen_version = -1}; }

#endif
