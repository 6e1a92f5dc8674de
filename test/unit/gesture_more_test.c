/* Gestures as tables and offers: the export, items as they are typed, what is offered for a letter that names
 * many. */
#include "gesture_kit.h"

#include "base/buf.h"
#include "format/csv.h"

static err collect(void *context, str bytes) {
    buf_add(context, bytes);
    return ERR_NONE;
}

static err refuse(void *context, str bytes) {
    (void)bytes;
    ++*(int *)context;
    return err_set(ERR_IO, "The reader has gone.");
}

static void export_is_complete_and_plain(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("I lost Keeper Juno.");
    struct gesture_done done;
    assert_ok(allowance_set(&kit.d, kit.a, &w.lea, ROLE_AGENT, w.ada.agent, 100000000, S("")));
    enum { MANY = 503 };
    int64_t first = 0;
    for (int i = 0; i < MANY; i++) {
        struct gesture_wish wish = world_wish(v);
        wish.concerns = (struct concerns){S(""), S("")};
        wish.kind = GESTURE_EXTRA;
        wish.item_name = S("=HYPERLINK(\"x\")");
        wish.judgement = S("-1+1, she said");
        assert_ok(gesture_give(&kit.d, kit.a, &w.ada, &wish, &done));
        if (!first) first = done.id;
    }
    BUF_AUTO buf b = BUF_MAX(16 << 20);
    assert_ok(gesture_export(&kit.d, w.brand, 0, collect, &b));
    struct csv_in in = csv_begin(buf_str(&b));
    int rows = 0;
    while (csv_next(&in, kit.a) == CSV_ROW) {
        assert_int_equal(in.nfields, 19);
        if (rows++ == 0) continue;
        assert_str(in.fields[9], "'=HYPERLINK(\"x\")");
        assert_str(in.fields[11], "4.50");
        assert_str(in.fields[14], "'-1+1, she said");
    }
    assert_int_equal(rows, MANY + 1);
    buf_clear(&b);
    assert_ok(gesture_export(&kit.d, w.brand, done.id, collect, &b));
    assert_true(str_starts(buf_str(&b), S("gesture,")) &&
                str_find(buf_str(&b), S("HYPERLINK"), 0) == SIZE_MAX);
    buf_clear(&b);
    assert_ok(gesture_export(&kit.d, w.brand, first, collect, &b));
    assert_true(str_find(buf_str(&b), str_fmt(kit.a, "%lld,", (long long)first), 0) == SIZE_MAX);
    int calls = 0;
    assert_int_equal(gesture_export(&kit.d, w.brand, 0, refuse, &calls), ERR_IO);
    assert_int_equal(calls, 1);
}

static void items_are_found_as_typed(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    static const struct {
        const char *typed, *kind, *code;
    } tries[] = {
        {"F-011", "figure", "F-011"},
        {"  keeper juno ", "figure", "F-011"},
        {"4127", "product", "4127"},
        {"88-204", "part", "88-204"},
        {"right door", "part", "88-204"},
        {"Keeper Juno's lantern", "", ""},
        {"two Keeper Junos and a gull", "", ""},
        {"", "", ""},
        {"a paper boat", "", ""},
    };
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        struct concerns found;
        assert_ok(gesture_item_typed(&kit.d, kit.a, w.brand, str_z(tries[i].typed), &found));
        if (!str_eq(found.code, str_z(tries[i].code)) || !str_eq(found.kind, str_z(tries[i].kind)))
            fail_msg("%s is %.*s %.*s", tries[i].typed, STR_FMT(found.kind), STR_FMT(found.code));
    }
    char *huge = arena_alloc(kit.a, 100000);
    memset(huge, 'x', 100000);
    struct concerns found;
    assert_ok(gesture_item_typed(&kit.d, kit.a, w.brand, (str){huge, 100000}, &found));
    assert_int_equal(found.code.n, 0);
}

static err offers(db_conn *c, struct gesture_ask *ask, struct gesture_offers *ret) {
    static struct gesture_rules rules;
    TRY(gesture_rules_of(c, kit.a, w.brand, &rules));
    ask->rules = &rules;
    return gesture_offers_in(c, kit.a, ask, ret);
}

static void many_items_are_looked_up_in_turns(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("A list.");
    struct gesture_ask ask = {
        .who = &w.omar, .role = S("agent"), .zone = S("UTC"), .conversation = v, .now = kit.now};
    /* More than one statement asks for; the last of them is in the catalogue, and a struck one is not here.
     */
    *list_add(kit.a, &ask.heard) =
        (struct gesture_heard){.is_event = true, .message = 1, .finding = 1, .value = S("lost")};
    for (int i = 0; i < 15; i++)
        *list_add(kit.a, &ask.heard) =
            (struct gesture_heard){.message = 1, .finding = i + 2, .value = str_fmt(kit.a, "thing %d", i)};
    *list_add(kit.a, &ask.heard) = (struct gesture_heard){.message = 1, .finding = 90, .value = S("F-012")};
    struct gesture_offers all;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(offers(c, &ask, &all));
    assert_int_equal(all.offers.n, 16);
    assert_str(all.offers.v[15].concerns.code, "F-012");
    assert_str(all.offers.v[15].item_name, "Captain Fenn");
    assert_str(all.offers.v[0].item_name, "thing 0");
    assert_int_equal(all.offers.v[0].concerns.code.n, 0);
    /* A list without end is cut. */
    for (int i = 0; i < 500; i++)
        *list_add(kit.a, &ask.heard) =
            (struct gesture_heard){.message = 1, .finding = i + 100, .value = str_fmt(kit.a, "more %d", i)};
    assert_ok(offers(c, &ask, &all));
    assert_int_equal(all.offers.n, GESTURE_OFFERS_MAX);
}

static void what_waits_is_counted_to_a_cap(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("I lost Keeper Juno.");
    struct gesture_done done;
    int before, n;
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_gestures_asked_count(c, w.brand, 99, &before));
    }
    for (int i = 0; i < 3; i++) {
        struct gesture_wish wish = world_wish(v);
        wish.ask = true;
        wish.cost = 90000000;
        assert_ok(gesture_give(&kit.d, kit.a, &w.omar, &wish, &done));
        assert_int_equal(done.state, GESTURE_ASKED);
    }
    assert_ok(gesture_confirm(&kit.d, kit.a, &w.lea, done.id, S("")));
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_gestures_asked_count(c, w.brand, 99, &n));
    assert_int_equal(n, before + 2);
    assert_ok(store_gestures_asked_count(c, w.brand, 1, &n));
    assert_int_equal(n, 1);
    assert_ok(store_gestures_asked_count(c, w.brand + 1, 99, &n));
    assert_int_equal(n, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(export_is_complete_and_plain), KIT_TEST(items_are_found_as_typed),
        KIT_TEST(many_items_are_looked_up_in_turns), KIT_TEST(what_waits_is_counted_to_a_cap)};
    return KIT_RUN(tests);
}
