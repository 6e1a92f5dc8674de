/* What lies where, on both engines: who gets it, who waits, and when more comes. */
#include "box_kit.h"
#include "stock_storm.h"

#include "desk/promise.h"
#include "desk/settings.h"

static struct box_done one_box(int64_t conversation, const char *code, int64_t n) {
    struct box_item_wish item = thing(code, n);
    return make_box(conversation, &item, 1);
}

static bool is_short(int64_t box) { return box_now(box, NULL).short_of_stock; }

static struct stock_change at(const char *code, const char *place, int64_t quantity, const char *reason) {
    return (struct stock_change){
        .key = part(code, place), .quantity = quantity, .reason = str_z(reason), .seen_on_hand = -1};
}

static void the_oldest_get_it_first(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("Bells.");
    lay("OLD-1", "A-01", 2);
    struct box_done a = one_box(v, "OLD-1", 2), b = one_box(v, "OLD-1", 2), c = one_box(v, "OLD-1", 1), done;
    assert_false(a.short_of_stock);
    assert_true(b.short_of_stock);
    assert_true(c.short_of_stock);
    assert_int_equal(b.true_day, 0);
    assert_stock("OLD-1", "A-01", 2, 2);
    struct box_act act = act_on(b.id);
    assert_says(box_pack(&kit.d, kit.a, &w.pia, &act, true, &done), ERR_CONFLICT, "not in stock");
    assert_says(box_pick_item(&kit.d, kit.a, &w.pia, &act, 1, -1, &done), ERR_CONFLICT, "not in stock");
    struct stock_done came = lay("OLD-1", "A-02", 2);
    assert_int_equal(came.filled, 1);
    assert_int_equal(came.reserved, 2);
    assert_false(is_short(b.id));
    assert_true(is_short(c.id));
    /* What one gives back, the next one has. */
    act = act_on(a.id);
    assert_ok(box_cancel(&kit.d, kit.a, &w.omar, &act, &done));
    assert_false(is_short(c.id));
    assert_stock("OLD-1", "A-01", 2, 1);
    struct box_counts n;
    assert_ok(box_counts(&kit.d, kit.a, w.brand, &n));
    store_wanted_list wanted;
    one_box(v, "OLD-1", 5);
    one_box(v, "OLD-1", 7);
    assert_ok(box_wanted(&kit.d, kit.a, w.brand, 1000, &wanted));
    bool found = false;
    for (size_t i = 0; i < wanted.n; i++) {
        if (!str_eq(wanted.v[i].code, S("OLD-1"))) continue;
        found = true;
        assert_int_equal(wanted.v[i].wanted, 12);
        assert_int_equal(wanted.v[i].boxes, 2);
    }
    assert_true(found);
}

static err take_too_many(db_conn *c, void *arg) {
    bool *taken = arg;
    return store_stock_reserve(c, w.brand, part("TOO-1", "A-09"), 3, taken);
}

static err free_too_many(db_conn *c, void *arg) {
    (void)arg;
    return store_stock_free(c, w.brand, part("TOO-1", "A-09"), 1);
}

static void the_store_gives_no_more_than_there_is(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    bool taken = true;
    lay("TOO-1", "A-09", 2);
    assert_ok(db_write(kit.db, take_too_many, &taken));
    assert_false(taken);
    assert_int_equal(db_write(kit.db, free_too_many, NULL), ERR_INTERNAL);
    assert_stock("TOO-1", "A-09", 2, 0);
}

static void a_changed_box_gives_others_what_it_needs_no_more(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("Bells.");
    lay("GIVE-1", "A-08", 3);
    struct box_done a = one_box(v, "GIVE-1", 3), b = one_box(v, "GIVE-1", 2), done;
    struct box_item_wish fewer = thing("GIVE-1", 1);
    struct box_act act = act_on(a.id);
    struct box_edit edit = {.what = BOX_ITEMS, .items = &fewer, .nitems = 1};
    assert_true(is_short(b.id));
    assert_ok(box_change(&kit.d, kit.a, &w.omar, &act, &edit, &done));
    assert_false(is_short(b.id));
    /* And keeps what it still needs, though another waits for it. */
    struct box_done c = one_box(v, "GIVE-1", 1);
    assert_true(c.short_of_stock);
    edit.what |= BOX_LETTER;
    assert_ok(box_change(&kit.d, kit.a, &w.omar, &act, &edit, &done));
    assert_false(done.short_of_stock);
    assert_true(is_short(c.id));
    assert_stock("GIVE-1", "A-08", 3, 3);
}

static void several_places_make_several_lines(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("Bells.");
    store_box_item_list lines;
    lay("SPLIT-1", "C-03", 2);
    lay("SPLIT-1", "C-01", 3);
    lay("SPLIT-1", "C-02", 1);
    struct box_done one = one_box(v, "SPLIT-1", 6), done;
    assert_false(one.short_of_stock);
    box_now(one.id, &lines);
    assert_int_equal(lines.n, 3);
    int64_t sum = 0;
    for (size_t i = 0; i < lines.n; i++) {
        assert_int_equal(lines.v[i].reserved, lines.v[i].quantity);
        sum += lines.v[i].quantity;
    }
    assert_int_equal(sum, 6);
    assert_stock("SPLIT-1", "C-01", 3, 3);
    assert_stock("SPLIT-1", "C-03", 2, 2);
    /* To pick in the order of the places. */
    store_box_item_list pick;
    struct pick_key key = {0};
    const char *last = "";
    size_t found = 0;
    do {
        assert_ok(box_pick_list(&kit.d, kit.a, w.brand, key, 2, &pick));
        for (size_t i = 0; i < pick.n; i++) {
            const struct store_box_item *item = &pick.v[i];
            key = (struct pick_key){item->place, item->box_id, item->position};
            assert_true(str_cmp(item->place, str_z(last)) >= 0);
            last = str_cstr(kit.a, item->place);
            found += item->box_id == one.id;
        }
    } while (pick.n);
    assert_int_equal(found, 3);
    struct box_act act = act_on(one.id);
    assert_ok(box_pack(&kit.d, kit.a, &w.pia, &act, true, &done));
    assert_stock("SPLIT-1", "C-02", 0, 0);
    /* It comes back: on the shelf only when somebody says so, and once. */
    assert_ok(box_send(&kit.d, kit.a, &w.pia, &act, &(struct box_sending){0}, &done));
    act.put_back = true;
    assert_ok(box_came_back(&kit.d, kit.a, &w.pia, &act, &done));
    assert_ok(box_came_back(&kit.d, kit.a, &w.pia, &act, &done));
    assert_stock("SPLIT-1", "C-01", 3, 0);
    assert_stock("SPLIT-1", "C-02", 1, 0);
    struct box_done two = one_box(v, "SPLIT-1", 3);
    act = act_on(two.id);
    assert_ok(box_pack(&kit.d, kit.a, &w.pia, &act, true, &done));
    assert_ok(box_send(&kit.d, kit.a, &w.pia, &act, &(struct box_sending){0}, &done));
    assert_ok(box_came_back(&kit.d, kit.a, &w.pia, &act, &done));
    assert_stock("SPLIT-1", "C-01", 0, 0);
    /* Every move is written down, and adds up. */
    store_stock_move_list moves;
    assert_ok(stock_moves(&kit.d, kit.a, w.brand, part("SPLIT-1", ""), 0, 100, &moves));
    sum = 0;
    for (size_t i = 0; i < moves.n; i++) sum += moves.v[i].quantity;
    assert_int_equal(sum, 3);
    assert_int_equal(moves.v[0].move, MOVE_PACKED);
    assert_int_equal(moves.v[0].box_number, two.number);
    assert_str(moves.v[0].agent_name, "Pia");
}

static void counting_may_take_from_boxes(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("Bells.");
    struct stock_done done;
    struct box_done ignored;
    lay("COUNT-1", "D-01", 5);
    struct box_done a = one_box(v, "COUNT-1", 2), b = one_box(v, "COUNT-1", 2);
    struct stock_change change = at("COUNT-1", "D-01", 3, "");
    change.seen_on_hand = 4;
    assert_says(stock_count(&kit.d, kit.a, &w.pia, &change, &done), ERR_CONFLICT, "There are 5 now");
    change.seen_on_hand = 5;
    assert_ok(stock_count(&kit.d, kit.a, &w.pia, &change, &done));
    assert_int_equal(done.opened, 1);
    assert_int_equal(done.on_hand, 3);
    assert_false(is_short(a.id));
    assert_true(is_short(b.id));
    assert_stock("COUNT-1", "D-01", 3, 2);
    /* What lies in a box already cannot have vanished from the shelf. */
    struct box_act act = act_on(a.id);
    assert_ok(box_pick_item(&kit.d, kit.a, &w.pia, &act, 1, -1, &ignored));
    change = at("COUNT-1", "D-01", 1, "");
    assert_says(stock_count(&kit.d, kit.a, &w.pia, &change, &done), ERR_CONFLICT, "lie in boxes already");
    assert_stock("COUNT-1", "D-01", 3, 2);
    /* Correcting says why, and never goes below nothing. */
    change = at("COUNT-1", "D-01", -1, " ");
    assert_says(stock_correct(&kit.d, kit.a, &w.pia, &change, &done), ERR_INVALID, "why");
    change.reason = S("One was broken.");
    assert_ok(stock_correct(&kit.d, kit.a, &w.pia, &change, &done));
    assert_int_equal(done.on_hand, 2);
    change.quantity = -3;
    assert_says(stock_correct(&kit.d, kit.a, &w.pia, &change, &done), ERR_CONFLICT, "Only 2");
    change = at("COUNT-1", "D-01", 4, "");
    assert_ok(stock_count(&kit.d, kit.a, &w.pia, &change, &done));
    assert_int_equal(done.filled, 1);
    assert_false(is_short(b.id));
}

static void bad_stock_is_refused(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct stock_done done;
    const int64_t wrong[] = {0, -1, INT64_MIN, INT64_MAX, STOCK_MAX + 1};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct stock_change change = at("BAD-9", "E-01", wrong[i], "");
        assert_int_equal(stock_receive(&kit.d, kit.a, &w.pia, &change, &done), ERR_INVALID);
        if (wrong[i]) assert_int_equal(stock_count(&kit.d, kit.a, &w.pia, &change, &done), ERR_INVALID);
    }
    struct stock_change change = at("BAD-9", "", 1, "");
    assert_says(stock_receive(&kit.d, kit.a, &w.pia, &change, &done), ERR_INVALID, "where it lies");
    change = at("", "E-01", 1, "");
    assert_says(stock_receive(&kit.d, kit.a, &w.pia, &change, &done), ERR_INVALID, "the code");
    change = at("BAD-9", "E-01", 1, "");
    change.key.kind = S("ship");
    assert_says(stock_receive(&kit.d, kit.a, &w.pia, &change, &done), ERR_INVALID, "product, figure or part");
    change = at("BAD-9", "E-01\n", 1, "");
    change.key.place = S("E\n01");
    assert_int_equal(stock_receive(&kit.d, kit.a, &w.pia, &change, &done), ERR_INVALID);
    assert_int_equal(there("BAD-9", "E-01").on_hand, 0);
    lay("BAD-9", "E-01", STOCK_MAX);
    change = at("BAD-9", "E-01", 1, "");
    assert_int_equal(stock_receive(&kit.d, kit.a, &w.pia, &change, &done), ERR_LIMIT);
    assert_int_equal(stock_expect(&kit.d, kit.a, &w.pia, part("BAD-9", "E-01"), 0, 5), ERR_INVALID);
    assert_int_equal(stock_expect(&kit.d, kit.a, &w.pia, part("BAD-9", "E-01"), 20270101, 5), ERR_INVALID);
    assert_int_equal(stock_expect(&kit.d, kit.a, &w.pia, part("BAD-9", "E-01"), 20270201, -5), ERR_INVALID);
    /* A place is closed when it is empty; then the item is not counted any more. */
    assert_says(stock_close(&kit.d, kit.a, &w.pia, part("BAD-9", "E-01")), ERR_CONFLICT, "still lie there");
    change = at("BAD-9", "E-01", 0, "");
    assert_ok(stock_count(&kit.d, kit.a, &w.pia, &change, &done));
    struct box_done waits = one_box(world_letter("Bells."), "BAD-9", 1);
    assert_true(waits.short_of_stock);
    assert_ok(stock_close(&kit.d, kit.a, &w.pia, part("BAD-9", "E-01")));
    assert_int_equal(stock_close(&kit.d, kit.a, &w.pia, part("BAD-9", "E-01")), ERR_MISSING);
    assert_false(is_short(waits.id));
}

static struct store_promise promise_of(int64_t box) {
    struct store_promise p;
    promise_step_list steps;
    assert_ok(promise_get(&kit.d, kit.a, w.brand, box_now(box, NULL).promise_id, &p, &steps));
    return p;
}

static void the_true_day_warns_the_promise(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("Bells."), v2 = world_letter("More bells.");
    struct stock_done none;
    struct stock_change change = at("DAY-1", "F-01", 0, "");
    struct promise_wish promise = {.conversation = v, .text = S("Within ten days."), .day = 20270125};
    int64_t id, day;
    assert_ok(setting_change(&kit.d, kit.a, w.brand, S("box_days"), S("2")));
    assert_ok(stock_count(&kit.d, kit.a, &w.pia, &change, &none));
    assert_ok(promise_add(&kit.d, kit.a, &w.omar, &promise, &id));
    struct box_done a = one_box(v, "DAY-1", 3), b = one_box(v2, "DAY-1", 2);
    assert_true(a.short_of_stock);
    assert_int_equal(a.promise, id);
    assert_int_equal(a.true_day, 0);
    assert_int_equal(promise_of(a.id).warned_day, 0);
    /* Four come at the end of the month: enough for the first, not for the second. */
    assert_ok(stock_expect(&kit.d, kit.a, &w.pia, part("DAY-1", "F-01"), 20270131, 4));
    struct store_promise p = promise_of(a.id);
    assert_int_equal(p.warned_day, 20270202);
    assert_true(str_find(p.note, S("3 x Brass bell"), 0) != SIZE_MAX);
    store_box_item_list lines;
    box_now(b.id, &lines);
    assert_ok(box_true_day(&kit.d, kit.a, w.brand, &lines, &day));
    assert_int_equal(day, 0);
    assert_ok(stock_expect(&kit.d, kit.a, &w.pia, part("DAY-1", "F-02"), 20270210, 1));
    assert_ok(box_true_day(&kit.d, kit.a, w.brand, &lines, &day));
    assert_int_equal(day, 20270212);
    /* A promise made after the box waits is warned at once. */
    promise = (struct promise_wish){.conversation = v2, .text = S("By the end of January."), .day = 20270131};
    assert_ok(promise_add(&kit.d, kit.a, &w.omar, &promise, &id));
    p = promise_of(b.id);
    assert_int_equal(p.id, id);
    assert_int_equal(p.warned_day, 20270212);
    /* The day passes, and nothing came: nobody knows any more. */
    kit.now = friday + 27 * (int64_t)DAY_MS;
    assert_ok(box_true_day(&kit.d, kit.a, w.brand, &lines, &day));
    assert_int_equal(day, 0);
    assert_ok(setting_change(&kit.d, kit.a, w.brand, S("box_days"), S("")));
}

static void a_file_says_what_lies_there(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct stock_report report = {0};
    int64_t v = world_letter("Bells.");
    lay("FILE-1", "G-01", 1);
    struct box_done waits = one_box(v, "FILE-1", 4);
    assert_ok(stock_import(&kit.d, kit.a, &w.pia,
                           S("\xef\xbb\xbfKind;Code;Place;on_hand;Name;colour;expected_day;expected\r\n"
                             "part;FILE-1;G-01;5;Brass bell;;;\r\n"
                             "part;FILE-2;G-02;0;=1+1;red;2027-02-01;20\r\n"
                             "figure;F-011;G-03;7;Not her name;;;\r\n"),
                           &report));
    assert_int_equal(report.read, 3);
    assert_int_equal(report.changed, 2);
    assert_int_equal(report.filled, 1);
    assert_false(is_short(waits.id));
    assert_stock("FILE-1", "G-01", 5, 4);
    store_stock_list rows;
    assert_ok(stock_list(&kit.d, kit.a, w.brand, S("juno"), (struct stock_key){0}, 10, &rows));
    assert_int_equal(rows.n, 1);
    assert_str(rows.v[0].name, "Keeper Juno");
    assert_ok(stock_list(&kit.d, kit.a, w.brand, S("g-0"), (struct stock_key){0}, 10, &rows));
    assert_int_equal(rows.n, 3);
    assert_int_equal(rows.v[1].expected_day, 20270201);
    assert_ok(stock_list(&kit.d, kit.a, w.brand, S("g_0"), (struct stock_key){0}, 10, &rows));
    assert_int_equal(rows.n, 0);

    /* One line wrong: nothing is written, and every problem is named. */
    const char *wrong = "kind,code,place,on_hand,expected_day,expected\n"
                        "part,FILE-1,G-01,9,,\n"
                        "part,FILE-1,G-01,8,,\n"
                        "part,FILE-3,G-04,-1,,\n"
                        "part,FILE-3,G-05,many,,\n"
                        "ship,FILE-3,G-06,1,,\n"
                        "part,FILE-3,,1,,\n"
                        "part,FILE-4,G-07,1,2027-02-30,4\n"
                        "part,FILE-5,G-07,1,,4\n"
                        "part,FILE-6,G-07,99999999999999999999,,\n";
    assert_says(stock_import(&kit.d, kit.a, &w.pia, str_z(wrong), &report), ERR_INVALID,
                "Nothing was changed");
    assert_int_equal(report.nproblems, 8);
    assert_stock("FILE-1", "G-01", 5, 4);
    bool twice = false;
    for (size_t i = 0; i < report.nproblems; i++)
        twice = twice || (report.problems[i].line == 3 && str_starts(report.problems[i].what, S("Line 2 ")));
    assert_true(twice);
    assert_int_equal(stock_import(&kit.d, kit.a, &w.pia, S("kind,code\npart,X\n"), &report), ERR_INVALID);
    assert_int_equal(report.nproblems, 2);
    assert_int_equal(stock_import(&kit.d, kit.a, &w.pia, S(""), &report), ERR_INVALID);
    assert_int_equal(stock_import(&kit.d, kit.a, &w.pia, S("kind\xff"), &report), ERR_INVALID);
    /* Fewer than are picked already: also nothing, with the line. */
    struct box_act act = act_on(waits.id);
    struct box_done done;
    assert_ok(box_pick_item(&kit.d, kit.a, &w.pia, &act, 1, -1, &done));
    assert_says(stock_import(&kit.d, kit.a, &w.pia,
                             S("kind,code,place,on_hand\npart,FILE-7,G-08,3\npart,FILE-1,G-01,1\n"), &report),
                ERR_CONFLICT, "Line 3: ");
    assert_int_equal(there("FILE-7", "G-08").on_hand, 0);
}

static err keep_text(void *context, str bytes) {
    buf_add(context, bytes);
    return ERR_NONE;
}

static void the_export_can_be_read_again(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    BUF_AUTO buf first = BUF_MAX(1 << 20), second = BUF_MAX(1 << 20);
    struct stock_report report;
    struct stock_done done;
    struct stock_change change = at("EXP-1", "H-01", 2, "");
    change.name = S("=cmd|' /C calc'!A0");
    assert_ok(stock_receive(&kit.d, kit.a, &w.pia, &change, &done));
    assert_ok(stock_export(&kit.d, w.brand, keep_text, &first));
    assert_true(str_find(buf_str(&first), S("'=cmd"), 0) != SIZE_MAX);
    assert_ok(stock_import(&kit.d, kit.a, &w.pia, buf_str(&first), &report));
    assert_int_equal(report.changed, 0);
    assert_ok(stock_export(&kit.d, w.brand, keep_text, &second));
    str name = S("'=cmd");
    assert_true(str_find(buf_str(&second), name, 0) != SIZE_MAX);
}

static void nobody_gets_the_same_piece(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t conversations[4];
    for (int i = 0; i < 4; i++) conversations[i] = world_letter("Bells.");
    lay("STORM-1", "I-01", 12);
    lay("STORM-1", "I-02", 8);
    struct stock_storm s = {.d = &kit.d,
                            .agent = &w.omar,
                            .conversations = conversations,
                            .nconversations = 4,
                            .code = S("STORM-1"),
                            .attempts = 80,
                            .threads = 4,
                            .distinct_keys = 60};
    stock_storm_run(&s);
    if (s.failed) fail_msg("%s", s.said);
    assert_int_equal(s.reserved, 20);
    assert_int_equal(s.waiting, 40);
    assert_int_equal(s.repeated, 20);
    assert_stock("STORM-1", "I-01", 12, 12);
    assert_stock("STORM-1", "I-02", 8, 8);
    /* Some give theirs back while others come: it is never more, and none is forgotten. */
    lay("STORM-2", "I-03", 10);
    struct stock_storm again = {.d = &kit.d,
                                .agent = &w.ada,
                                .conversations = conversations,
                                .nconversations = 4,
                                .code = S("STORM-2"),
                                .attempts = 40,
                                .threads = 4,
                                .distinct_keys = 40,
                                .cancel_some = true};
    stock_storm_run(&again);
    if (again.failed) fail_msg("%s", again.said);
    assert_stock("STORM-2", "I-03", 10, 10);
    store_wanted_list wanted;
    assert_ok(box_wanted(&kit.d, kit.a, w.brand, 1000, &wanted));
    for (size_t i = 0; i < wanted.n; i++)
        if (str_eq(wanted.v[i].code, S("STORM-2")))
            assert_int_equal(wanted.v[i].wanted, 40 - 10 - again.cancelled);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOX_TEST(the_oldest_get_it_first),
        BOX_TEST(the_store_gives_no_more_than_there_is),
        BOX_TEST(a_changed_box_gives_others_what_it_needs_no_more),
        BOX_TEST(several_places_make_several_lines),
        BOX_TEST(counting_may_take_from_boxes),
        BOX_TEST(bad_stock_is_refused),
        BOX_TEST(the_true_day_warns_the_promise),
        BOX_TEST(a_file_says_what_lies_there),
        BOX_TEST(the_export_can_be_read_again),
        BOX_TEST(nobody_gets_the_same_piece),
    };
    return KIT_RUN(tests);
}
