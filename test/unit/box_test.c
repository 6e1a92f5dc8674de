/* Boxes on both engines: what goes into them, whom they wait for, how they go and what they mean for
 * promises, gestures and the conversation. */
#include "box_kit.h"

#include "desk/carrier.h"
#include "desk/child.h"
#include "desk/promise.h"
#include "desk/settings.h"
#include "jobs/jobs.h"
#include "store/promise.h"

static event_list events_of(int64_t conversation) {
    event_list rows;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_event_list(c, kit.a, w.brand, conversation, 50, &rows));
    return rows;
}

static struct conversation conversation_now(int64_t id) {
    struct conversation v;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_conversation_get(c, kit.a, w.brand, id, &v));
    return v;
}

static struct store_promise promise_now(int64_t id) {
    struct store_promise p;
    promise_step_list steps;
    assert_ok(promise_get(&kit.d, kit.a, w.brand, id, &p, &steps));
    return p;
}

static int64_t promise_by_hand(int64_t conversation, const char *text, int64_t day) {
    struct promise_wish wish = {.conversation = conversation, .text = str_z(text), .day = day};
    int64_t id;
    assert_ok(promise_add(&kit.d, kit.a, &w.omar, &wish, &id));
    return id;
}

/* A gesture that holds: `n` Keeper Junos. */
static int64_t gesture_of(int64_t conversation, int64_t n) {
    struct gesture_wish wish = world_wish(conversation);
    struct gesture_done done;
    wish.quantity = n;
    wish.cost = n;
    assert_ok(allowance_set(&kit.d, kit.a, &w.lea, ROLE_AGENT, 0, 100000, S("EUR")));
    assert_ok(gesture_give(&kit.d, kit.a, &w.omar, &wish, &done));
    assert_int_equal(done.state, GESTURE_GIVEN);
    return done.id;
}

static void a_box_goes_its_way(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("I lost Keeper Juno.");
    struct box_item_wish items[] = {{.gesture = gesture_of(v, 2)}, thing("WAY-1", 1)};
    struct box_wish wish = box_wish(v, items, 2);
    struct box_done done;
    store_box_item_list lines;
    int64_t carrier;
    kit.now = friday;
    lay("WAY-1", "A-01", 3);
    wish.due_day = 20270129;
    assert_ok(box_make(&kit.d, kit.a, &w.omar, &wish, &done));
    assert_int_equal(done.state, BOX_TO_PICK);
    assert_false(done.short_of_stock);
    assert_false(done.locked);
    struct store_box b = box_now(done.id, &lines);
    assert_str(b.customer_name, "Milo");
    assert_str(b.agent_name, "Omar");
    assert_str(b.first_item, "Keeper Juno");
    assert_int_equal(b.nitems, 2);
    assert_int_equal(b.pieces, 3);
    assert_int_equal(b.unpicked, 3);
    assert_int_equal(lines.v[0].quantity, 2);
    assert_false(lines.v[0].counted);
    assert_int_equal(lines.v[1].reserved, 1);
    assert_str(lines.v[1].place, "A-01");
    assert_stock("WAY-1", "A-01", 3, 1);
    event_list events = events_of(v);
    str detail = str_fmt(kit.a, "%lld: 2 x Keeper Juno, 1 x Brass bell", (long long)done.number);
    assert_str(events.v[0].kind, "box_made");
    assert_true(str_eq(events.v[0].detail, detail));
    /* It has a day, so it promised. */
    assert_int_not_equal(b.promise_id, 0);
    assert_int_equal(promise_now(b.promise_id).due_day, 20270129);

    struct box_act act = act_on(done.id);
    act.seen_version = done.version;
    assert_ok(box_pick_item(&kit.d, kit.a, &w.pia, &act, 1, 1, &done));
    assert_says(box_pick_item(&kit.d, kit.a, &w.bo, &act, 2, -1, &done), ERR_CONFLICT, "is to be picked now");
    act.seen_version = -1;
    assert_says(box_pick_item(&kit.d, kit.a, &w.pia, &act, 1, 3, &done), ERR_INVALID, "Only 2");
    assert_says(box_pick_item(&kit.d, kit.a, &w.pia, &act, 1, -7, &done), ERR_INVALID, "0 or more");
    assert_says(box_pick_item(&kit.d, kit.a, &w.pia, &act, 9, 1, &done), ERR_MISSING, "no such line");
    assert_ok(box_pick_item(&kit.d, kit.a, &w.pia, &act, 2, -1, &done));
    assert_says(box_pack(&kit.d, kit.a, &w.pia, &act, false, &done), ERR_CONFLICT, "1 to go");
    assert_ok(box_pack(&kit.d, kit.a, &w.pia, &act, true, &done));
    assert_int_equal(done.state, BOX_PACKED);
    assert_stock("WAY-1", "A-01", 2, 0);
    int64_t version = done.version;
    assert_ok(box_pack(&kit.d, kit.a, &w.pia, &act, true, &done)); /* a second click */
    assert_int_equal(done.version, version);
    assert_says(box_arrived(&kit.d, kit.a, &w.pia, &act, &done), ERR_CONFLICT, "is packed");

    assert_ok(carrier_put(&kit.d, kit.a, &w.lea, 0, S("Gull Post"),
                          S("https://gull.example/t?n={tracking}&l=en"), &carrier));
    assert_ok(box_send(&kit.d, kit.a, &w.pia, &act,
                       &(struct box_sending){S("Gull Post"), S("00 12 &x=/1"), 0}, &done));
    b = box_now(done.id, NULL);
    assert_str(b.tracking, "0012&x=/1");
    assert_true(str_eq(carrier_url(kit.a, b.carrier_url, b.tracking),
                       S("https://gull.example/t?n=0012%26x%3D%2F1&l=en")));
    assert_int_equal(b.due_day, 20270129);
    events = events_of(v);
    assert_str(events.v[0].kind, "box_sent");
    assert_int_equal(promise_now(b.promise_id).state, PROMISE_OPEN);

    kit.now += 3 * DAY_MS;
    assert_ok(box_arrived(&kit.d, kit.a, &w.pia, &act, &done));
    struct store_promise p = promise_now(b.promise_id);
    assert_int_equal(p.state, PROMISE_KEPT);
    assert_int_equal(p.proof.kind, PROOF_BOX);
    assert_int_equal(p.proof.id, done.id);
    assert_says(box_cancel(&kit.d, kit.a, &w.omar, &act, &done), ERR_CONFLICT, "has arrived");
    assert_says(box_change(&kit.d, kit.a, &w.omar, &act, &(struct box_edit){.what = BOX_LETTER}, &done),
                ERR_CONFLICT, "cannot be changed any more");
}

static void a_gestures_goods_are_boxed_once(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("I lost Keeper Juno."), other = world_letter("Me too.");
    int64_t g = gesture_of(v, 3), left;
    struct box_item_wish item = {.gesture = g, .quantity = 2};
    struct box_done first, done;
    struct box_wish wish = box_wish(v, &item, 1);
    assert_ok(box_make(&kit.d, kit.a, &w.omar, &wish, &first));
    struct store_gesture row = world_gesture(g);
    assert_ok(box_gesture_left(&kit.d, w.brand, &row, &left));
    assert_int_equal(left, 1);
    wish.key = S("the-second-box");
    assert_says(box_make(&kit.d, kit.a, &w.omar, &wish, &done), ERR_CONFLICT, "Only 1 of this");
    item.quantity = 0;
    struct box_item_wish twice[] = {item, item};
    wish.items = twice;
    wish.nitems = 2;
    assert_says(box_make(&kit.d, kit.a, &w.omar, &wish, &done), ERR_CONFLICT, "All of this is in a box");
    wish.nitems = 1;
    assert_ok(box_make(&kit.d, kit.a, &w.omar, &wish, &done));
    wish.key = S("the-third-box");
    assert_says(box_make(&kit.d, kit.a, &w.omar, &wish, &done), ERR_CONFLICT, "All of this is in a box");
    wish = box_wish(other, &item, 1);
    assert_says(box_make(&kit.d, kit.a, &w.omar, &wish, &done), ERR_INVALID, "another conversation");

    /* What was cancelled, and what was lost, can be boxed again. */
    struct box_act act = act_on(first.id);
    assert_ok(box_cancel(&kit.d, kit.a, &w.omar, &act, &done));
    wish = box_wish(v, &item, 1);
    item.quantity = 2;
    assert_ok(box_make(&kit.d, kit.a, &w.omar, &wish, &first));
    act = act_on(first.id);
    assert_ok(box_pack(&kit.d, kit.a, &w.pia, &act, true, &done));
    assert_ok(box_send(&kit.d, kit.a, &w.pia, &act, &(struct box_sending){0}, &done));
    assert_ok(box_lost(&kit.d, kit.a, &w.pia, &act, &done));
    wish = box_wish(v, &item, 1);
    assert_ok(box_make(&kit.d, kit.a, &w.omar, &wish, &done));

    /* Refunds are no goods; what a lead has not confirmed is not sent. */
    struct gesture_wish refund = world_wish(v);
    struct gesture_done given;
    refund.kind = GESTURE_REFUND;
    assert_ok(gesture_give(&kit.d, kit.a, &w.omar, &refund, &given));
    item = (struct box_item_wish){.gesture = given.id};
    wish = box_wish(v, &item, 1);
    assert_says(box_make(&kit.d, kit.a, &w.omar, &wish, &done), ERR_INVALID, "refund");
    struct gesture_wish large = world_wish(v);
    large.cost = 10000000;
    large.ask = true;
    assert_ok(gesture_give(&kit.d, kit.a, &w.omar, &large, &given));
    item = (struct box_item_wish){.gesture = given.id};
    assert_says(box_make(&kit.d, kit.a, &w.omar, &wish, &done), ERR_CONFLICT, "lead has not confirmed");
    item.gesture = 4711;
    assert_int_equal(box_make(&kit.d, kit.a, &w.omar, &wish, &done), ERR_MISSING);
}

static void withdrawn_gestures_leave(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("I lost Keeper Juno.");
    int64_t stays = gesture_of(v, 1), goes = gesture_of(v, 1);
    struct box_item_wish items[] = {{.gesture = stays}, {.gesture = goes}, thing("LEAVE-1", 2)};
    store_box_item_list lines;
    lay("LEAVE-1", "B-01", 5);
    struct box_done one = make_box(v, items, 3), done;
    struct box_act act = act_on(one.id);
    assert_ok(box_pack(&kit.d, kit.a, &w.pia, &act, true, &done));
    assert_stock("LEAVE-1", "B-01", 3, 0);
    assert_ok(gesture_withdraw(&kit.d, kit.a, &w.omar, goes, S("Found under the sofa.")));
    struct store_box b = box_now(one.id, &lines);
    /* Somebody has to take it out of the packed box. */
    assert_int_equal(b.state, BOX_TO_PICK);
    assert_int_equal(lines.n, 2);
    assert_int_equal(lines.v[0].gesture_id, stays);
    assert_stock("LEAVE-1", "B-01", 5, 2);

    /* A box with nothing else in it is cancelled, and its own promise with it. */
    goes = gesture_of(v, 1);
    struct box_item_wish only = {.gesture = goes};
    struct box_wish wish = box_wish(v, &only, 1);
    wish.due_day = 20270201;
    assert_ok(box_make(&kit.d, kit.a, &w.omar, &wish, &done));
    assert_int_not_equal(done.promise, 0);
    assert_ok(gesture_withdraw(&kit.d, kit.a, &w.omar, goes, S("")));
    b = box_now(done.id, NULL);
    assert_int_equal(b.state, BOX_CANCELLED);
    assert_int_equal(promise_now(done.promise).state, PROMISE_RELEASED);

    /* What left us has left. */
    struct box_item_wish last = {.gesture = gesture_of(v, 1)};
    one = make_box(v, &last, 1);
    act = act_on(one.id);
    assert_ok(box_pack(&kit.d, kit.a, &w.pia, &act, true, &done));
    assert_ok(box_send(&kit.d, kit.a, &w.pia, &act, &(struct box_sending){0}, &done));
    assert_says(gesture_withdraw(&kit.d, kit.a, &w.omar, last.gesture, S("")), ERR_CONFLICT, "left with box");
    assert_int_equal(world_gesture(last.gesture).state, GESTURE_GIVEN);
    assert_int_equal(box_now(one.id, NULL).state, BOX_SENT);
}

static void the_same_key_is_the_same_box(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("A bell is missing.");
    struct box_item_wish item = thing("KEY-1", 1);
    struct box_wish wish = box_wish(v, &item, 1);
    struct box_done first, done;
    char letter[9000];
    memset(letter, 'a', sizeof letter);
    wish.letter = (str){letter, sizeof letter};
    assert_ok(box_make(&kit.d, kit.a, &w.omar, &wish, &first));
    assert_ok(box_make(&kit.d, kit.a, &w.omar, &wish, &done));
    assert_true(done.repeated);
    assert_int_equal(done.id, first.id);
    letter[sizeof letter - 1] = 'b';
    assert_says(box_make(&kit.d, kit.a, &w.omar, &wish, &done), ERR_CONFLICT, "another box");
    letter[sizeof letter - 1] = 'a';
    item.quantity = 2;
    assert_int_equal(box_make(&kit.d, kit.a, &w.omar, &wish, &done), ERR_CONFLICT);
    item.quantity = 1;
    /* A colleague's key is theirs, and gets the next number. */
    assert_ok(box_make(&kit.d, kit.a, &w.ada, &wish, &done));
    assert_false(done.repeated);
    assert_int_equal(done.number, first.number + 1);
    wish.key = S("short");
    assert_says(box_make(&kit.d, kit.a, &w.omar, &wish, &done), ERR_INVALID, "8 to 200");
}

static void bad_input_is_refused(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("A bell is missing.");
    struct box_item_wish item = thing("BAD-1", 1);
    struct box_done done;
    const int64_t wrong[] = {0, -1, INT64_MIN, 1001, INT64_MAX};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct box_wish wish = box_wish(v, &item, 1);
        item.quantity = wrong[i];
        assert_says(box_make(&kit.d, kit.a, &w.omar, &wish, &done), ERR_INVALID, "from 1 to 1000");
    }
    struct box_item_wish given = {.gesture = gesture_of(v, 1), .quantity = -3};
    struct box_wish wish = box_wish(v, &given, 1);
    assert_says(box_make(&kit.d, kit.a, &w.omar, &wish, &done), ERR_INVALID, "from 1 to 1000");
    item.quantity = 1;
    wish = box_wish(v, &item, 1);
    wish.address = S(LONG_ADDRESS "\nand one more");
    assert_says(box_make(&kit.d, kit.a, &w.omar, &wish, &done), ERR_INVALID,
                "at most 12 lines; this one has 13");
    wish.address = S("Milo\x07\nQuay Street");
    assert_says(box_make(&kit.d, kit.a, &w.omar, &wish, &done), ERR_INVALID, "control characters");
    wish.address = S("Milo\xff");
    assert_int_equal(box_make(&kit.d, kit.a, &w.omar, &wish, &done), ERR_INVALID);
    wish.address = S("\r\n" LONG_ADDRESS "\r\n\r\n");
    assert_ok(box_make(&kit.d, kit.a, &w.omar, &wish, &done));
    assert_str(box_now(done.id, NULL).address, LONG_ADDRESS);
    wish = box_wish(v, &item, 1);
    wish.address = S("〒100-8111\n東京都千代田区千代田1-1\n山田 太郎 様");
    assert_ok(box_make(&kit.d, kit.a, &w.omar, &wish, &done));
    assert_str(box_now(done.id, NULL).address, "〒100-8111\n東京都千代田区千代田1-1\n山田 太郎 様");

    wish = box_wish(v, &item, 0);
    assert_says(box_make(&kit.d, kit.a, &w.omar, &wish, &done), ERR_INVALID, "needs something");
    struct box_item_wish *many = arena_array(kit.a, 101, sizeof *many);
    for (int i = 0; i < 101; i++) many[i] = item;
    wish = box_wish(v, many, 101);
    assert_says(box_make(&kit.d, kit.a, &w.omar, &wish, &done), ERR_LIMIT, "at most 100");
    wish = box_wish(v, &item, 1);
    wish.due_day = 20270114;
    assert_says(box_make(&kit.d, kit.a, &w.omar, &wish, &done), ERR_INVALID, "past");
    wish.due_day = 20270231;
    assert_says(box_make(&kit.d, kit.a, &w.omar, &wish, &done), ERR_INVALID, "no day");
    wish.due_day = 20990101;
    assert_says(box_make(&kit.d, kit.a, &w.omar, &wish, &done), ERR_INVALID, "years ahead");
    wish = box_wish(4711, &item, 1);
    assert_int_equal(box_make(&kit.d, kit.a, &w.omar, &wish, &done), ERR_MISSING);
    item = (struct box_item_wish){.kind = S("part"), .code = S("no-such-code"), .quantity = 1};
    wish = box_wish(v, &item, 1);
    assert_says(box_make(&kit.d, kit.a, &w.omar, &wish, &done), ERR_MISSING, "catalogue has no part");
    item = (struct box_item_wish){.quantity = 1};
    assert_says(box_make(&kit.d, kit.a, &w.omar, &wish, &done), ERR_INVALID, "Say what is sent");
    struct box_act act = act_on(4711);
    assert_int_equal(box_pack(&kit.d, kit.a, &w.pia, &act, true, &done), ERR_MISSING);
    /* What has no address is not packed. */
    item = thing("BAD-1", 1);
    wish = box_wish(v, &item, 1);
    wish.address = S("");
    assert_ok(box_make(&kit.d, kit.a, &w.omar, &wish, &done));
    act = act_on(done.id);
    assert_says(box_pack(&kit.d, kit.a, &w.pia, &act, true, &done), ERR_CONFLICT, "no address");
    act.note = S("two\nlines");
    assert_int_equal(box_cancel(&kit.d, kit.a, &w.omar, &act, &done), ERR_INVALID);
}

static void retired_items_are_asked_about(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("I lost Captain Fenn.");
    struct box_item_wish item = {.kind = S("figure"), .code = S("F-012"), .quantity = 1};
    struct box_wish wish = box_wish(v, &item, 1);
    struct box_done done;
    world_catalogue(kit_figures_later);
    assert_says(box_make(&kit.d, kit.a, &w.omar, &wish, &done), ERR_CONFLICT, "Captain Fenn is no longer");
    wish.even_retired = true;
    assert_ok(box_make(&kit.d, kit.a, &w.omar, &wish, &done));
    /* A customer may ask for it; the agent who agrees says that one is still there. */
    wish = box_wish(v, &item, 1);
    wish.proposed = true;
    assert_ok(box_make(&kit.d, kit.a, &w.omar, &wish, &done));
    struct box_act act = act_on(done.id);
    assert_says(box_agree(&kit.d, kit.a, &w.omar, &act, &done), ERR_CONFLICT, "Captain Fenn is no longer");
    act.even_retired = true;
    assert_ok(box_agree(&kit.d, kit.a, &w.omar, &act, &done));
    assert_int_equal(done.state, BOX_TO_PICK);
    world_catalogue(kit_figures);
}

static void proposed_boxes_wait(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("Two bells are missing.");
    struct box_item_wish item = thing("PROP-1", 2);
    struct box_wish wish = box_wish(v, &item, 1);
    struct actor nobody = {.brand = w.brand};
    struct box_done done;
    lay("PROP-1", "C-01", 2);
    wish.proposed = true;
    wish.due_day = 20270120;
    assert_ok(box_make(&kit.d, kit.a, &nobody, &wish, &done));
    assert_int_equal(done.state, BOX_PROPOSED);
    assert_int_equal(done.promise, 0);
    assert_stock("PROP-1", "C-01", 2, 0);
    assert_str(events_of(v).v[0].kind, "box_proposed");
    struct box_act act = act_on(done.id);
    assert_says(box_pick_item(&kit.d, kit.a, &w.pia, &act, 1, 1, &done), ERR_CONFLICT, "somebody to agree");
    /* Agreed long after: the day it was wished for is over, and nothing is promised. */
    kit.now += 10 * DAY_MS;
    assert_ok(box_agree(&kit.d, kit.a, &w.omar, &act, &done));
    assert_int_equal(done.promise, 0);
    assert_stock("PROP-1", "C-01", 2, 2);
    assert_str(box_now(done.id, NULL).agent_name, "Omar");
    assert_str(events_of(v).v[0].kind, "box_agreed");
    int64_t version = done.version;
    assert_ok(box_agree(&kit.d, kit.a, &w.omar, &act, &done));
    assert_int_equal(done.version, version);
    assert_ok(box_cancel(&kit.d, kit.a, &w.omar, &act, &done));
    assert_stock("PROP-1", "C-01", 2, 0);
    assert_says(box_agree(&kit.d, kit.a, &w.omar, &act, &done), ERR_CONFLICT, "was cancelled");
}

static void boxes_change_until_they_are_packed(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("Bells are missing.");
    struct box_item_wish item = thing("CH-1", 2), more[] = {thing("CH-1", 3), thing("CH-2", 1)};
    store_box_item_list lines;
    struct box_done done;
    lay("CH-1", "D-01", 3);
    struct box_done made = make_box(v, &item, 1);
    struct box_act act = {.box = made.id, .seen_version = made.version, .note = S("They wrote again.")};
    struct box_edit edit = {.what = BOX_ITEMS | BOX_LETTER | BOX_DUE,
                            .items = more,
                            .nitems = 2,
                            .letter = S("Dear Milo, three of them."),
                            .language = S("de"),
                            .due_day = 20270301};
    assert_ok(box_change(&kit.d, kit.a, &w.ada, &act, &edit, &done));
    assert_false(done.short_of_stock);
    struct store_box b = box_now(made.id, &lines);
    assert_str(b.letter, "Dear Milo, three of them.");
    assert_str(b.address, "Milo Berg\nQuay Street 4\n20457 Hamburg");
    assert_int_equal(b.due_day, 20270301);
    assert_int_equal(lines.n, 2);
    assert_stock("CH-1", "D-01", 3, 3);
    assert_says(box_change(&kit.d, kit.a, &w.omar, &act, &edit, &done), ERR_CONFLICT, "Look at it again");
    act = act_on(made.id);
    assert_ok(box_pack(&kit.d, kit.a, &w.pia, &act, true, &done));
    assert_says(box_change(&kit.d, kit.a, &w.omar, &act, &edit, &done), ERR_CONFLICT, "unpack it");
    edit = (struct box_edit){.what = BOX_ADDRESS, .address = S(" \n ")};
    assert_says(box_change(&kit.d, kit.a, &w.omar, &act, &edit, &done), ERR_INVALID, "needs its address");
    edit.address = S("Somewhere else");
    assert_ok(box_change(&kit.d, kit.a, &w.omar, &act, &edit, &done));
    assert_ok(box_unpack(&kit.d, kit.a, &w.pia, &act, &done));
    assert_stock("CH-1", "D-01", 3, 3);
    box_now(made.id, &lines);
    assert_int_equal(lines.v[0].picked, 0);
}

static void promises_are_tied_kept_and_broken(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("A bell is missing.");
    struct box_item_wish item = thing("TIE-1", 1);
    struct box_wish wish = box_wish(v, &item, 1);
    struct box_done one, done;
    wish.due_day = 20270125;
    assert_ok(box_make(&kit.d, kit.a, &w.omar, &wish, &one));
    int64_t own = one.promise;
    /* What somebody writes takes the place of what the box promised by itself. */
    int64_t said = promise_by_hand(v, "It will be with you within ten days.", 20270125);
    assert_int_equal(box_now(one.id, NULL).promise_id, said);
    assert_int_equal(promise_now(own).state, PROMISE_RELEASED);
    /* The next box does not take what is another's. */
    wish = box_wish(v, &item, 1);
    assert_ok(box_make(&kit.d, kit.a, &w.omar, &wish, &done));
    assert_int_equal(done.promise, 0);
    wish.key = S("with-a-promise-of-another");
    wish.promise = promise_by_hand(world_letter("Another."), "Something else.", 20270125);
    assert_says(box_make(&kit.d, kit.a, &w.omar, &wish, &done), ERR_INVALID, "its own conversation");

    /* Sent with a later day: the promise rises at once. */
    kit.now = friday;
    struct box_act act = act_on(one.id);
    assert_ok(box_pack(&kit.d, kit.a, &w.pia, &act, true, &done));
    assert_ok(box_send(&kit.d, kit.a, &w.pia, &act, &(struct box_sending){.due_day = 20270128}, &done));
    assert_int_equal(promise_now(said).warned_day, 20270128);
    /* It arrives too late: kept, with the facts. */
    kit.now = friday + 13 * DAY_MS;
    assert_ok(box_arrived(&kit.d, kit.a, &w.pia, &act, &done));
    struct store_promise p = promise_now(said);
    assert_int_equal(p.state, PROMISE_KEPT);
    assert_true(str_find(p.note, S("arrived late: 2027-01-28 instead of 2027-01-25"), 0) != SIZE_MAX);
    /* And comes back: what it proved is not proved; the day is over, so it is broken. */
    assert_ok(box_came_back(&kit.d, kit.a, &w.pia, &act, &done));
    p = promise_now(said);
    assert_int_equal(p.state, PROMISE_BROKEN);
    assert_int_equal(p.proof.id, one.id);
}

static void what_a_reply_promises_the_box_keeps(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("A bell is missing."), conversation;
    struct box_item_wish item = thing("REP-1", 1);
    struct box_done one = make_box(v, &item, 1), done;
    struct reply_made made;
    struct reply_wish wish = {.conversation = v,
                              .seen_version = -1,
                              .to_line = S("milo@example.org"),
                              .subject = S("Re: the bell"),
                              .text = S("Dear Milo,\n\nthe bell will arrive by 29 January 2027.\n\nOmar"),
                              .key = S("a-reply-that-promises"),
                              .override = S("It is a test of boxes.")};
    assert_int_equal(box_now(one.id, NULL).promise_id, 0);
    assert_ok(reply_send(&kit.d, kit.a, &w.omar, &wish, &made));
    struct store_box b = box_now(one.id, NULL);
    assert_int_equal(promise_now(b.promise_id).message_id, made.message);
    assert_int_equal(promise_now(b.promise_id).due_day, 20270129);
    /* Taken back before it left, the promise is gone; the next one counts. */
    assert_ok(reply_take_back(&kit.d, kit.a, &w.omar, made.message, &conversation));
    wish.text = S("Dear Milo,\n\nthe bell will arrive by 5 February 2027.\n\nOmar");
    wish.key = S("another-reply-that-promises");
    assert_ok(reply_send(&kit.d, kit.a, &w.omar, &wish, &made));
    b = box_now(one.id, NULL);
    assert_int_equal(promise_now(b.promise_id).due_day, 20270205);
    struct box_act act = act_on(one.id);
    assert_ok(box_pack(&kit.d, kit.a, &w.pia, &act, true, &done));
    assert_ok(box_send(&kit.d, kit.a, &w.pia, &act, &(struct box_sending){0}, &done));
    assert_ok(box_arrived(&kit.d, kit.a, &w.pia, &act, &done));
    assert_int_equal(promise_now(b.promise_id).state, PROMISE_KEPT);
}

/* A reply that was taken back leaves nothing in a box: it is not its letter any more, and what the box itself
 * had promised counts again. */
static void a_reply_taken_back_leaves_the_box(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("A bell is missing."), conversation;
    struct box_item_wish item = thing("REP-2", 1);
    struct box_wish wanted = box_wish(v, &item, 1);
    struct box_done one, done;
    struct reply_made made;
    struct reply_wish wish = {.conversation = v,
                              .seen_version = -1,
                              .to_line = S("milo@example.org"),
                              .subject = S("Re: the bell"),
                              .text = S("Dear Milo,\n\nthe bell will arrive by 5 February 2027.\n\nOmar"),
                              .key = S("a-reply-taken-back"),
                              .override = S("It is a test of boxes.")};
    wanted.due_day = 20270129;
    assert_ok(box_make(&kit.d, kit.a, &w.omar, &wanted, &one));
    assert_ok(reply_send(&kit.d, kit.a, &w.omar, &wish, &made));
    struct box_act act = act_on(one.id);
    struct box_edit edit = {
        .what = BOX_LETTER, .language = S("en"), .letter = S("Dear Milo"), .message = made.message};
    assert_ok(box_change(&kit.d, kit.a, &w.omar, &act, &edit, &done));
    assert_int_equal(promise_now(one.promise).state, PROMISE_RELEASED);
    assert_int_equal(promise_now(done.promise).message_id, made.message);
    assert_ok(reply_take_back(&kit.d, kit.a, &w.omar, made.message, &conversation));
    struct store_box b = box_now(one.id, NULL);
    assert_int_equal(b.message_id, 0);
    assert_int_equal(promise_now(b.promise_id).state, PROMISE_OPEN);
    assert_int_equal(promise_now(b.promise_id).due_day, 20270129);
    edit.message = b.message_id;
    assert_ok(box_change(&kit.d, kit.a, &w.omar, &act, &edit, &done));
    /* Another reply takes it over as before. */
    wish.key = S("a-reply-after-it");
    assert_ok(reply_send(&kit.d, kit.a, &w.omar, &wish, &made));
    assert_int_equal(promise_now(b.promise_id).state, PROMISE_RELEASED);
    assert_int_equal(promise_now(box_now(one.id, NULL).promise_id).message_id, made.message);
}

/* Picked while nobody counted it, and then it is counted, at two places. */
static void picked_before_it_is_counted(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("Bells are missing.");
    struct box_item_wish item = thing("LATE-1", 5);
    struct box_done done = make_box(v, &item, 1);
    struct box_act act = act_on(done.id);
    store_box_item_list lines;
    assert_ok(box_pick_item(&kit.d, kit.a, &w.pia, &act, 1, 4, &done));
    lay("LATE-1", "A-01", 3);
    lay("LATE-1", "B-01", 3);
    assert_ok(box_pack(&kit.d, kit.a, &w.pia, &act, true, &done));
    box_now(done.id, &lines);
    assert_int_equal(lines.n, 2);
    assert_int_equal(lines.v[0].picked + lines.v[1].picked, 5);
    assert_int_equal(there("LATE-1", "A-01").on_hand + there("LATE-1", "B-01").on_hand, 1);
    assert_stock("LATE-1", "B-01", there("LATE-1", "B-01").on_hand, 0);
}

static void lost_in_time_is_not_broken(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("A bell is missing.");
    struct box_item_wish item = thing("LOST-1", 1);
    int64_t said = promise_by_hand(v, "It will be with you by the first of March.", 20270301);
    struct box_done one = make_box(v, &item, 1), done;
    struct box_act act = act_on(one.id);
    assert_int_equal(one.promise, said);
    assert_ok(conversation_close(&kit.d, kit.a, &w.omar, v, CLOSE_NONE_NEEDED, -1));
    assert_ok(box_pack(&kit.d, kit.a, &w.pia, &act, true, &done));
    assert_ok(box_send(&kit.d, kit.a, &w.pia, &act, &(struct box_sending){0}, &done));
    assert_ok(box_lost(&kit.d, kit.a, &w.pia, &act, &done));
    assert_int_equal(promise_now(said).state, PROMISE_OPEN);
    struct conversation c = conversation_now(v);
    assert_int_equal(c.state, CONVERSATION_US);
    assert_int_equal(c.agent_id, w.omar.agent);
    assert_str(events_of(v).v[0].kind, "box_lost");
    /* Another box takes the promise up. */
    struct box_done two = make_box(v, &item, 1);
    assert_int_equal(two.promise, said);
    /* And what was lost turns up after all. */
    assert_ok(box_arrived(&kit.d, kit.a, &w.pia, &act, &done));
    assert_int_equal(promise_now(said).state, PROMISE_KEPT);
}

static err follow_now(db_conn *c, void *box) {
    return store_job_put(c, w.brand, S("follow"), *(int64_t *)box, id_new(kit.now), kit.now);
}

static void the_follow_up_comes_on_its_day(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("A bell is missing."), sent;
    struct box_item_wish item = thing("FOL-1", 1);
    struct box_done one, done;
    int n;
    kit.now = friday;
    one = make_box(v, &item, 1);
    struct box_act act = act_on(one.id);
    assert_ok(conversation_take(&kit.d, kit.a, &w.ada, v, false));
    assert_ok(conversation_close(&kit.d, kit.a, &w.ada, v, CLOSE_NONE_NEEDED, -1));
    assert_ok(box_pack(&kit.d, kit.a, &w.pia, &act, true, &done));
    assert_ok(box_send(&kit.d, kit.a, &w.pia, &act, &(struct box_sending){.due_day = 20270120}, &done));
    sent = kit.now;
    /* Three days after the day it should have arrived, in the morning of the brand's zone. */
    int64_t due = 1800000000000 + 8 * (int64_t)DAY_MS - 3 * (int64_t)HOUR_MS;
    assert_int_equal(box_now(one.id, NULL).follow_at, due);
    kit.now = due - 1;
    assert_ok(jobs_run_kind(&kit.d, S("unused"), S("follow"), &n));
    assert_int_equal(conversation_now(v).state, CONVERSATION_DONE);
    /* Nor when somebody has the job done again. */
    assert_ok(db_write(kit.db, follow_now, &one.id));
    assert_ok(jobs_run_kind(&kit.d, S("unused"), S("follow"), &n));
    assert_int_equal(conversation_now(v).state, CONVERSATION_DONE);
    kit.now = due;
    assert_ok(jobs_run_kind(&kit.d, S("unused"), S("follow"), &n));
    struct conversation c = conversation_now(v);
    assert_int_equal(c.state, CONVERSATION_US);
    assert_int_equal(c.agent_id, w.ada.agent);
    assert_true(c.waiting_since > 0 && c.waiting_since <= due && sent < due);
    event_list events = events_of(v);
    assert_str(events.v[0].kind, "follow_up_due");
    assert_true(str_eq(events.v[0].detail, str_fmt(kit.a, "%lld", (long long)one.number)));
    assert_int_equal(box_now(one.id, NULL).follow_at, 0);
    /* Once is enough. */
    kit.now += 30 * (int64_t)DAY_MS;
    size_t before = events_of(v).n;
    assert_ok(jobs_run_kind(&kit.d, S("unused"), S("follow"), &n));
    assert_int_equal(events_of(v).n, before);
}

static void follow_ups_keep_to_the_setting_and_to_who_is_here(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("A bell is missing."), junk = world_letter("Buy now.");
    struct box_item_wish item = thing("FOL-2", 1);
    struct box_done one, done;
    int n;
    kit.now = friday;
    assert_ok(setting_change(&kit.d, kit.a, w.brand, S("follow_up_days"), S("0")));
    assert_says(setting_change(&kit.d, kit.a, w.brand, S("follow_up_days"), S("-1")), ERR_INVALID,
                "from 0 to 60");
    one = make_box(v, &item, 1);
    struct box_act act = act_on(one.id);
    assert_ok(box_pack(&kit.d, kit.a, &w.pia, &act, true, &done));
    /* Without a day it is the rule's: three days from today. */
    assert_ok(box_send(&kit.d, kit.a, &w.pia, &act, &(struct box_sending){0}, &done));
    assert_int_equal(box_now(one.id, NULL).due_day, 20270118);
    store_box_list due;
    assert_ok(box_list(&kit.d, kit.a, w.brand, BOXES_DUE, (struct page_key){0}, 500, &due));
    for (size_t i = 0; i < due.n; i++) assert_int_not_equal(due.v[i].id, one.id);
    struct box_done spam = make_box(junk, &item, 1);
    struct box_act act2 = act_on(spam.id);
    assert_ok(box_pack(&kit.d, kit.a, &w.pia, &act2, true, &done));
    assert_ok(box_send(&kit.d, kit.a, &w.pia, &act2, &(struct box_sending){0}, &done));
    assert_ok(conversation_junk(&kit.d, kit.a, &w.lea, junk, false, -1));
    assert_ok(setting_change(&kit.d, kit.a, w.brand, S("follow_up_days"), S("")));
    kit.now = friday + 3 * DAY_MS;
    assert_ok(jobs_run_kind(&kit.d, S("unused"), S("follow"), &n));
    assert_int_equal(conversation_now(v).state, CONVERSATION_US);
    assert_int_equal(conversation_now(v).agent_id, w.omar.agent);
    assert_int_equal(conversation_now(junk).state, CONVERSATION_DONE);
    assert_ok(box_list(&kit.d, kit.a, w.brand, BOXES_DUE, (struct page_key){0}, 500, &due));
    bool found = false;
    for (size_t i = 0; i < due.n; i++) found = found || due.v[i].id == one.id;
    assert_true(found);
}

static err confirm_in(db_conn *c, void *arg) {
    int64_t *v = arg;
    return box_address_in(c, kit.a, &(struct actor){.brand = w.brand}, *v, S("Anna Berg\nQuay Street 4"),
                          S("DE"), kit.now);
}

static err forget_in(db_conn *c, void *arg) { return box_forget(c, w.brand, *(int64_t *)arg); }

static err keep_text(void *context, str bytes) {
    buf_add(context, bytes);
    return ERR_NONE;
}

static bool to_pick(int64_t box) {
    store_box_item_list lines;
    assert_ok(box_pick_list(&kit.d, kit.a, w.brand, (struct pick_key){0}, 10000, &lines));
    for (size_t i = 0; i < lines.n; i++)
        if (lines.v[i].box_id == box) return true;
    return false;
}

static bool exported_with_name(int64_t number) {
    BUF_AUTO buf b = BUF_MAX(1 << 20);
    str line, start = str_fmt(kit.a, "%lld,", (long long)number);
    assert_ok(box_export(&kit.d, w.brand, keep_text, &b));
    for (str rest = buf_str(&b); str_line(&rest, &line);)
        if (str_starts(line, start)) return str_find(line, S("Milo"), 0) != SIZE_MAX;
    fail_msg("box %lld is not in the export", (long long)number);
    return false;
}

static void a_childs_box_is_locked(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("I am seven and lost my bell.");
    struct box_item_wish item = thing("KID-1", 1);
    struct box_done one, done;
    assert_ok(child_set(&kit.d, kit.a, &w.omar, v, true, -1));
    struct box_wish wish = box_wish(v, &item, 1);
    assert_says(box_make(&kit.d, kit.a, &w.omar, &wish, &one), ERR_CONFLICT, "grown-up");
    wish.address = S("");
    wish.proposed = true;
    assert_ok(box_make(&kit.d, kit.a, &w.omar, &wish, &one));
    assert_true(one.locked);
    struct box_act act = act_on(one.id);
    assert_ok(box_agree(&kit.d, kit.a, &w.omar, &act, &done));
    assert_true(done.locked);
    struct box_edit edit = {.what = BOX_ADDRESS, .address = S("Quay Street 4")};
    assert_says(box_change(&kit.d, kit.a, &w.omar, &act, &edit, &done), ERR_CONFLICT, "grown-up");
    assert_says(box_pick_item(&kit.d, kit.a, &w.pia, &act, 1, 1, &done), ERR_CONFLICT, "grown-up");
    assert_says(box_pack(&kit.d, kit.a, &w.pia, &act, true, &done), ERR_CONFLICT, "grown-up");
    edit = (struct box_edit){.what = BOX_LETTER, .letter = S("Dear Milo")};
    assert_ok(box_change(&kit.d, kit.a, &w.omar, &act, &edit, &done));
    assert_true(box_now(one.id, NULL).locked);
    assert_false(to_pick(one.id));
    assert_false(exported_with_name(one.number));
    /* The grown-up's address is the box's, whoever wrote one before. */
    assert_ok(db_write(kit.db, confirm_in, &v));
    assert_str(box_now(one.id, NULL).address, "Anna Berg\nQuay Street 4");
    assert_ok(child_set(&kit.d, kit.a, &w.omar, v, false, -1));
    assert_true(to_pick(one.id));
    assert_true(exported_with_name(one.number));
    assert_ok(box_pack(&kit.d, kit.a, &w.pia, &act, true, &done));
    assert_false(done.locked);
    /* Said after it was packed: it does not leave. */
    assert_ok(child_set(&kit.d, kit.a, &w.omar, v, true, -1));
    assert_says(box_send(&kit.d, kit.a, &w.pia, &act, &(struct box_sending){0}, &done), ERR_CONFLICT,
                "grown-up");

    assert_ok(child_set(&kit.d, kit.a, &w.omar, v, false, -1));
    assert_ok(box_send(&kit.d, kit.a, &w.pia, &act, &(struct box_sending){.tracking = S("KID 77")}, &done));
    assert_ok(db_write(kit.db, forget_in, &v));
    struct store_box b = box_now(one.id, NULL);
    assert_str(b.tracking, "");
    assert_int_equal(b.follow_at, 0);
    assert_str(b.address, "");
    assert_str(b.letter, "");
    assert_str(b.first_item, "Brass bell");
}

static void boxes_are_found_and_listed(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("Bells, bells.");
    kit.now = friday + 100 * (int64_t)DAY_MS; /* later than what other tests left */
    struct box_item_wish item = thing("LIST-1", 1);
    struct box_counts before, after;
    store_box_list page, rest;
    struct box_done ids[5], done;
    assert_ok(box_counts(&kit.d, kit.a, w.brand, &before));
    for (int i = 0; i < 5; i++) ids[i] = make_box(v, &item, 1);
    assert_ok(box_counts(&kit.d, kit.a, w.brand, &after));
    assert_int_equal(after.of[BOXES_TO_PICK], before.of[BOXES_TO_PICK] + 5);
    /* Page by page, none twice and none left out. */
    size_t seen = 0;
    struct page_key key = {0};
    do {
        assert_ok(box_list(&kit.d, kit.a, w.brand, BOXES_TO_PICK, key, 2, &page));
        for (size_t i = 0; i < page.n; i++) {
            assert_true(page.v[i].id > key.id);
            key = box_key(BOXES_TO_PICK, &page.v[i]);
            seen++;
        }
    } while (page.n);
    assert_int_equal(seen, after.of[BOXES_TO_PICK]);
    for (int i = 0; i < 3; i++) {
        struct box_act act = act_on(ids[i].id);
        kit.now += 1000;
        assert_ok(box_cancel(&kit.d, kit.a, &w.omar, &act, &done));
    }
    assert_ok(box_list(&kit.d, kit.a, w.brand, BOXES_CANCELLED, (struct page_key){0}, 1, &page));
    assert_int_equal(page.v[0].id, ids[2].id);
    assert_ok(
        box_list(&kit.d, kit.a, w.brand, BOXES_CANCELLED, box_key(BOXES_CANCELLED, &page.v[0]), 1, &rest));
    assert_int_equal(rest.v[0].id, ids[1].id);

    struct box_act act = act_on(ids[3].id);
    assert_ok(box_pack(&kit.d, kit.a, &w.pia, &act, true, &done));
    assert_ok(
        box_send(&kit.d, kit.a, &w.pia, &act, &(struct box_sending){S("Gull Post"), S("GP 77 1"), 0}, &done));
    const char *before_it[] = {"", " #"};
    for (int i = 0; i < 2; i++) {
        str text = str_fmt(kit.a, "%s%lld ", before_it[i], (long long)ids[3].number);
        assert_ok(box_find(&kit.d, kit.a, w.brand, text, 10, &page));
        assert_int_equal(page.n, 1);
        assert_int_equal(page.v[0].id, ids[3].id);
    }
    assert_ok(box_find(&kit.d, kit.a, w.brand, S("GP77 1"), 10, &page));
    assert_int_equal(page.n, 1);
    assert_ok(box_find(&kit.d, kit.a, w.brand, S(""), 10, &page));
    assert_int_equal(page.n, 0);
    assert_ok(box_find(&kit.d, kit.a, w.brand, S("99999999999999999999"), 10, &page));
    assert_int_equal(page.n, 0);
    struct store_box b;
    assert_ok(box_by_number(&kit.d, kit.a, w.brand, ids[4].number, &b, NULL, NULL));
    assert_int_equal(b.id, ids[4].id);
    assert_int_equal(box_by_number(&kit.d, kit.a, w.brand, 1000000, &b, NULL, NULL), ERR_MISSING);
    store_box_item_list all;
    assert_ok(box_of_conversation(&kit.d, kit.a, w.brand, v, &page, &all));
    assert_int_equal(page.n, 5);
    assert_int_equal(all.n, 5);
}

static void the_export_runs_no_formula(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("A bell is missing.");
    struct box_item_wish item = thing("CSV-1", 1);
    struct box_done one = make_box(v, &item, 1), done;
    struct box_act act = act_on(one.id);
    BUF_AUTO buf b = BUF_MAX(1 << 20);
    assert_ok(box_pack(&kit.d, kit.a, &w.pia, &act, true, &done));
    assert_ok(box_send(&kit.d, kit.a, &w.pia, &act,
                       &(struct box_sending){S("=HYPERLINK(\"http://x.example\")"), S("@SUM(1)"), 0}, &done));
    assert_ok(box_export(&kit.d, w.brand, keep_text, &b));
    str all = buf_str(&b);
    assert_true(str_starts(all, S("box,conversation,customer,state")));
    assert_true(str_find(all, S(",\"'=HYPERLINK(\"\"http"), 0) != SIZE_MAX);
    assert_true(str_find(all, S("\"'@SUM(1)\""), 0) != SIZE_MAX);
}

static void carriers_lead_where_they_say(void **state) {
    (void)state;
    static const char *const wrong[] = {"javascript:alert({tracking})",
                                        "ftp://gull.example/{tracking}",
                                        "https://{tracking}/x",
                                        "https://gull.example/x",
                                        "https://a@gull.example/{tracking}",
                                        "https:///{tracking}",
                                        "https://gull.example/ {tracking}",
                                        "//gull.example/{tracking}",
                                        "https://gull.example/\"{tracking}",
                                        "https://gull.{tracking}.example/"};
    SKIP_WITHOUT_DESK;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(carrier_url_check(str_z(wrong[i])), ERR_INVALID);
        assert_int_equal(carrier_url(kit.a, str_z(wrong[i]), S("1")).n, 0);
    }
    assert_ok(carrier_url_check(S("http://gull.example?{tracking}")));
    assert_int_equal(carrier_url(kit.a, S("https://gull.example/{tracking}"), S("")).n, 0);
    assert_str(carrier_url(kit.a, S("https://gull.example/{tracking}/{tracking}#x"), S("a b?")),
               "https://gull.example/a%20b%3F/a%20b%3F#x");
    int64_t id, other;
    assert_ok(carrier_put(&kit.d, kit.a, &w.lea, 0, S("Tern Express"), S(""), &id));
    assert_says(carrier_put(&kit.d, kit.a, &w.lea, 0, S("Tern Express"), S(""), &other), ERR_CONFLICT,
                "already");
    assert_ok(carrier_put(&kit.d, kit.a, &w.lea, id, S("Tern Express"), S("https://tern.example/{tracking}"),
                          &other));
    assert_int_equal(other, id);
    assert_int_equal(carrier_put(&kit.d, kit.a, &w.lea, 4711, S("X"), S(""), &other), ERR_MISSING);
    assert_ok(carrier_delete(&kit.d, kit.a, &w.lea, id));
    assert_int_equal(carrier_delete(&kit.d, kit.a, &w.lea, id), ERR_MISSING);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOX_TEST(a_box_goes_its_way),
        BOX_TEST(a_gestures_goods_are_boxed_once),
        BOX_TEST(withdrawn_gestures_leave),
        BOX_TEST(the_same_key_is_the_same_box),
        BOX_TEST(bad_input_is_refused),
        BOX_TEST(retired_items_are_asked_about),
        BOX_TEST(proposed_boxes_wait),
        BOX_TEST(boxes_change_until_they_are_packed),
        BOX_TEST(promises_are_tied_kept_and_broken),
        BOX_TEST(what_a_reply_promises_the_box_keeps),
        BOX_TEST(a_reply_taken_back_leaves_the_box),
        BOX_TEST(picked_before_it_is_counted),
        BOX_TEST(lost_in_time_is_not_broken),
        BOX_TEST(the_follow_up_comes_on_its_day),
        BOX_TEST(follow_ups_keep_to_the_setting_and_to_who_is_here),
        BOX_TEST(a_childs_box_is_locked),
        BOX_TEST(boxes_are_found_and_listed),
        BOX_TEST(the_export_runs_no_formula),
        BOX_TEST(carriers_lead_where_they_say),
    };
    return KIT_RUN(tests);
}
