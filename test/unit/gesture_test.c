/* Gestures on both engines: what policy says, what an agent may decide alone, what a lead confirms, and that
 * no room is ever spent twice. */
#include "gesture_kit.h"
#include "gesture_storm.h"

#include "desk/listening.h"
#include "store/event.h"

static int64_t add_policy(const char *situation, const char *kind, const char *code, policy_answer answer,
                          int64_t amount, int64_t quantity) {
    int64_t id;
    struct policy_form f = {.situation = str_z(situation),
                            .concerns = {str_z(kind), str_z(code)},
                            .answer = answer,
                            .amount = amount,
                            .quantity = quantity,
                            .hint = S("Say how it is checked.")};
    assert_ok(policy_add(&kit.d, kit.a, &w.lea, &f, &id));
    return id;
}

static event_list events_of(int64_t conversation) {
    event_list rows;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_event_list(c, kit.a, w.brand, conversation, 50, &rows));
    return rows;
}

static int64_t gestures_in(int64_t conversation) {
    store_gesture_list rows;
    assert_ok(gesture_list_of(&kit.d, kit.a, w.brand, conversation, &rows));
    return (int64_t)rows.n;
}

static void within_policy_is_one_click(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("The right door is missing from the box.");
    int64_t any = add_policy("missing", "", "", ANSWER_REFUND, 500, 0);
    int64_t part = add_policy("missing", "part", "", ANSWER_PART, 0, 3);
    struct gesture_wish wish = world_wish(v);
    struct gesture_done done;
    wish.kind = GESTURE_PART;
    wish.situation = S("missing");
    wish.concerns = (struct concerns){S("part"), S("88-204")};
    wish.cost = 0;
    wish.judgement = S("");
    wish.quantity = 2;
    wish.seen_gestures = 0;
    assert_ok(gesture_give(&kit.d, kit.a, &w.omar, &wish, &done));
    assert_int_equal(done.state, GESTURE_GIVEN);
    assert_int_equal(done.policy, part);
    assert_int_equal(done.room.used, 0);
    struct store_gesture g = world_gesture(done.id);
    assert_str(g.item_name, "Right door, red");
    assert_str(g.agent_name, "Omar");
    assert_int_equal(g.month, 0);
    event_list events = events_of(v);
    assert_str(events.v[0].kind, "gesture_given");
    assert_str(events.v[0].detail, "part: 2 x Right door, red");

    /* Another agent whose page is older does not give it a second time; and policy ends at three. */
    wish.key = S("another-key-of-ada");
    assert_says(gesture_give(&kit.d, kit.a, &w.ada, &wish, &done), ERR_CONFLICT, "after you opened it");
    wish.seen_gestures = 1;
    assert_says(gesture_give(&kit.d, kit.a, &w.ada, &wish, &done), ERR_INVALID, "outside the policy");
    wish.quantity = 1;
    assert_ok(gesture_give(&kit.d, kit.a, &w.ada, &wish, &done));
    assert_int_equal(done.policy, part);

    /* The most special one decides, also when a more general one would allow it. */
    wish = world_wish(v);
    wish.situation = S("missing");
    wish.kind = GESTURE_REFUND;
    wish.cost = 300;
    wish.judgement = S("");
    wish.concerns = (struct concerns){S("part"), S("88-204")};
    assert_says(gesture_give(&kit.d, kit.a, &w.omar, &wish, &done), ERR_INVALID, "outside the policy");
    wish.concerns = (struct concerns){S("product"), S("4127")};
    assert_ok(gesture_give(&kit.d, kit.a, &w.omar, &wish, &done));
    assert_int_equal(done.policy, any);
    wish.key = S("one-more-refund");
    assert_says(gesture_give(&kit.d, kit.a, &w.omar, &wish, &done), ERR_INVALID, "outside the policy");
    int64_t one = add_policy("missing", "part", "88-204", ANSWER_REFUND, 1000, 0);
    wish.concerns = (struct concerns){S("part"), S("88-204")};
    assert_ok(gesture_give(&kit.d, kit.a, &w.omar, &wish, &done));
    assert_int_equal(done.policy, one);
    assert_int_equal(gestures_in(v), 4);
}

static void outside_policy_takes_room_and_a_sentence(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("I lost Keeper Juno.");
    struct gesture_wish wish = world_wish(v);
    struct gesture_done done;
    assert_ok(allowance_set(&kit.d, kit.a, &w.lea, ROLE_AGENT, 0, 1000, S("EUR")));
    wish.judgement = S(" ");
    assert_says(gesture_give(&kit.d, kit.a, &w.omar, &wish, &done), ERR_INVALID, "one sentence");
    wish.judgement = S("He slept beside it every night.");
    wish.cost = 0;
    assert_says(gesture_give(&kit.d, kit.a, &w.omar, &wish, &done), ERR_INVALID, "what it costs us");
    wish.cost = 450;
    assert_ok(gesture_give(&kit.d, kit.a, &w.omar, &wish, &done));
    assert_int_equal(done.state, GESTURE_GIVEN);
    assert_int_equal(done.policy, 0);
    assert_int_equal(done.room.room, 550);
    int64_t first = done.id;

    /* The same key: the same wish gives nothing more, another one is refused. */
    assert_ok(gesture_give(&kit.d, kit.a, &w.omar, &wish, &done));
    assert_true(done.repeated);
    assert_int_equal(done.id, first);
    assert_int_equal(done.room.room, 550);
    struct gesture_wish other = wish;
    other.cost = 451;
    assert_says(gesture_give(&kit.d, kit.a, &w.omar, &other, &done), ERR_CONFLICT, "another gesture");
    other = wish;
    other.judgement = S("Another sentence.");
    assert_int_equal(gesture_give(&kit.d, kit.a, &w.omar, &other, &done), ERR_CONFLICT);
    /* A colleague's key is theirs, and so is their room. */
    assert_ok(gesture_give(&kit.d, kit.a, &w.ada, &wish, &done));
    assert_false(done.repeated);
    assert_int_equal(world_room(&w.omar).room, 550);

    wish.key = S("above-the-room");
    wish.cost = 551;
    assert_says(gesture_give(&kit.d, kit.a, &w.omar, &wish, &done), ERR_LIMIT,
                "you can decide 5.50 EUR alone");
    wish.cost = 550;
    assert_ok(gesture_give(&kit.d, kit.a, &w.omar, &wish, &done));
    assert_int_equal(world_room(&w.omar).room, 0);
    /* Withdrawing gives the room back, once. */
    assert_says(gesture_withdraw(&kit.d, kit.a, &w.ada, first, S("")), ERR_DENIED, "Omar or a lead");
    assert_ok(gesture_withdraw(&kit.d, kit.a, &w.omar, first, S("It was found under the sofa.")));
    assert_ok(gesture_withdraw(&kit.d, kit.a, &w.omar, first, S("")));
    assert_says(gesture_withdraw(&kit.d, kit.a, &w.lea, first, S("")), ERR_CONFLICT, "nothing to withdraw");
    assert_int_equal(world_room(&w.omar).room, 450);
    struct store_gesture g = world_gesture(first);
    assert_int_equal(g.state, GESTURE_WITHDRAWN);
    assert_str(g.state_note, "It was found under the sofa.");
    assert_str(events_of(v).v[0].kind, "gesture_withdrawn");
}

static void a_lead_confirms_what_is_above(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("The whole harbour burnt with our house.");
    struct gesture_wish wish = world_wish(v);
    struct gesture_done done, mine;
    store_gesture_list waiting;
    assert_ok(allowance_set(&kit.d, kit.a, &w.lea, ROLE_AGENT, 0, 1000, S("")));
    assert_ok(allowance_set(&kit.d, kit.a, &w.lea, ROLE_LEAD, 0, 0, S("")));
    wish.cost = 250000;
    wish.ask = true;
    int64_t room = world_room(&w.bo).room;
    assert_ok(gesture_give(&kit.d, kit.a, &w.bo, &wish, &done));
    assert_int_equal(done.state, GESTURE_ASKED);
    assert_int_equal(world_room(&w.bo).room, room);
    assert_ok(gesture_asked(&kit.d, kit.a, w.brand, 0, 10, &waiting));
    assert_int_equal(waiting.n, 1);
    assert_int_equal(waiting.v[0].id, done.id);
    assert_says(gesture_confirm(&kit.d, kit.a, &w.omar, done.id, S("")), ERR_DENIED, "lead");
    assert_int_equal(gesture_confirm(&kit.d, kit.a, &w.pia, done.id, S("")), ERR_DENIED);
    assert_ok(gesture_confirm(&kit.d, kit.a, &w.lea, done.id, S("Of course.")));
    assert_ok(gesture_confirm(&kit.d, kit.a, &w.lea, done.id, S(""))); /* two clicks */
    assert_says(gesture_confirm(&kit.d, kit.a, &w.ines, done.id, S("")), ERR_CONFLICT, "Lea decided");
    assert_says(gesture_decline(&kit.d, kit.a, &w.ines, done.id, S("No.")), ERR_CONFLICT, "Lea");
    assert_int_equal(world_gesture(done.id).state, GESTURE_CONFIRMED);
    assert_str(events_of(v).v[0].kind, "gesture_confirmed");

    wish.key = S("lea-asks-for-herself");
    assert_ok(gesture_give(&kit.d, kit.a, &w.lea, &wish, &mine));
    assert_says(gesture_confirm(&kit.d, kit.a, &w.lea, mine.id, S("")), ERR_DENIED, "yourself");
    assert_says(gesture_decline(&kit.d, kit.a, &w.ines, mine.id, S(" ")), ERR_INVALID, "why not");
    assert_ok(gesture_decline(&kit.d, kit.a, &w.ines, mine.id, S("Offer the small one first.")));
    assert_int_equal(gesture_withdraw(&kit.d, kit.a, &w.lea, mine.id, S("")), ERR_CONFLICT);
    assert_ok(gesture_asked(&kit.d, kit.a, w.brand, 0, 10, &waiting));
    assert_int_equal(waiting.n, 0);
    /* What was confirmed took no room, so withdrawing it gives none. */
    assert_ok(gesture_withdraw(&kit.d, kit.a, &w.bo, done.id, S("")));
    assert_int_equal(world_room(&w.bo).room, room);
}

static void bad_wishes_are_refused(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("I lost Captain Fenn.");
    struct gesture_done done = {.id = -7};
#define REFUSED(code, part, change)                                                                          \
    do {                                                                                                     \
        struct gesture_wish x = world_wish(v);                                                               \
        change;                                                                                              \
        assert_says(gesture_give(&kit.d, kit.a, &w.omar, &x, &done), code, part);                            \
    } while (0)
    REFUSED(ERR_INVALID, "quantity", x.quantity = 0);
    REFUSED(ERR_INVALID, "quantity", x.quantity = -1);
    REFUSED(ERR_INVALID, "quantity", x.quantity = INT64_MAX);
    REFUSED(ERR_INVALID, "negative", x.cost = -1);
    REFUSED(ERR_LIMIT, "larger", x.cost = INT64_MAX);
    REFUSED(ERR_LIMIT, "larger", x.cost = MONEY_MAX + 1);
    REFUSED(ERR_INVALID, "counts in EUR", x.currency = S("USD"));
    REFUSED(ERR_INVALID, "not the code", x.currency = S("EURO"));
    REFUSED(ERR_INVALID, "key", x.key = S("short"));
    REFUSED(ERR_INVALID, "what happened", x.situation = S("stolen"));
    REFUSED(ERR_INVALID, "one line", x.judgement = S("One.\nTwo."));
    REFUSED(ERR_INVALID, "500 bytes", x.judgement = str_fmt(kit.a, "%0501d", 0));
    REFUSED(ERR_MISSING, "no figure \"F-999\"", x.concerns.code = S("F-999"));
    REFUSED(ERR_MISSING, "no part \"F-011\"", x.concerns.kind = S("part"));
    REFUSED(ERR_INVALID, "not \"thing\"", x.concerns.kind = S("thing"));
    REFUSED(ERR_INVALID, "Say whether", x.concerns.kind = S(""));
    REFUSED(ERR_INVALID, "what is given", x.concerns = (struct concerns){0});
    REFUSED(ERR_INVALID, "refunded", x.kind = GESTURE_REFUND; x.cost = 0);
    REFUSED(ERR_INVALID, "whole amount", x.kind = GESTURE_VOUCHER; x.quantity = 2);
    REFUSED(ERR_MISSING, "conversation", x.conversation = 5);
    struct gesture_wish x = world_wish(v);
    assert_int_equal(gesture_give(&kit.d, kit.a, &w.pia, &x, &done), ERR_DENIED);
    struct actor stranger = {w.brand, 99, S("Nobody")};
    assert_int_equal(gesture_give(&kit.d, kit.a, &stranger, &x, &done), ERR_DENIED);
    assert_int_equal(done.id, -7);
    assert_int_equal(gestures_in(v), 0);

    /* What the catalogue no longer holds needs a second word. */
    world_catalogue(kit_figures_later);
    x.concerns.code = S("F-012");
    x.cost = 100;
    assert_ok(allowance_set(&kit.d, kit.a, &w.lea, ROLE_AGENT, w.omar.agent, 100000, S("")));
    assert_says(gesture_give(&kit.d, kit.a, &w.omar, &x, &done), ERR_CONFLICT,
                "Captain Fenn is no longer in the catalogue");
    struct gesture_offers offers;
    assert_ok(gesture_offers(&kit.d, kit.a, &w.omar, v, &offers));
    assert_true(offers.offers.v[0].retired);
    x.even_retired = true;
    assert_ok(gesture_give(&kit.d, kit.a, &w.omar, &x, &done));
    world_catalogue(kit_figures);
}

static void what_can_be_done_now(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v =
        world_letter("Hello! My name is Milo. I lost Keeper Juno at the beach, and the right door of the "
                     "Harbour Glider broke. Could you please send me a new one?");
    struct gesture_offers o;
    int64_t lost = add_policy("lost", "figure", "", ANSWER_ASK_PAYMENT, 399, 0);
    int64_t broken = add_policy("broken", "part", "", ANSWER_PART, 0, 2);
    assert_ok(allowance_set(&kit.d, kit.a, &w.lea, ROLE_AGENT, w.ada.agent, 2000, S("")));
    assert_ok(gesture_offers(&kit.d, kit.a, &w.ada, v, &o));
    assert_int_equal(o.room.room, 2000 - world_room(&w.ada).used);
    assert_int_equal(o.seen_gestures, 0);
    const struct gesture_offer *juno = NULL, *door = NULL;
    for (size_t i = 0; i < o.offers.n; i++) {
        const struct gesture_offer *x = &o.offers.v[i];
        if (str_eq(x->situation, S("lost")) && str_eq(x->concerns.code, S("F-011"))) juno = x;
        if (str_eq(x->situation, S("broken")) && str_eq(x->concerns.code, S("88-204"))) door = x;
    }
    assert_non_null(juno);
    assert_non_null(door);
    assert_ptr_equal(juno == &o.offers.v[0] ? juno : door, &o.offers.v[0]);
    assert_int_equal(juno->policy.id, lost);
    assert_int_equal(juno->policy.answer, ANSWER_ASK_PAYMENT);
    assert_int_equal(juno->policy.amount, 399);
    assert_str(juno->policy.hint, "Say how it is checked.");
    assert_str(juno->item_name, "Keeper Juno");
    assert_false(juno->within);
    assert_int_equal(juno->kind, GESTURE_REPLACEMENT);
    assert_int_equal(juno->cost_each, 550); /* what it cost last time */
    assert_int_equal(door->policy.id, broken);
    assert_true(door->within);
    assert_int_equal(door->kind, GESTURE_PART);
    assert_int_equal(door->quantity_left, 2);
    assert_int_equal(door->amount_left, -1);

    struct gesture_wish wish = world_wish(v);
    struct gesture_done done;
    wish.seen_gestures = o.seen_gestures;
    assert_ok(gesture_give(&kit.d, kit.a, &w.ada, &wish, &done));
    assert_ok(gesture_offers(&kit.d, kit.a, &w.ada, v, &o));
    assert_int_equal(o.seen_gestures, 1);
    for (size_t i = 0; i < o.offers.n; i++)
        assert_int_equal(o.offers.v[i].already, str_eq(o.offers.v[i].concerns.code, S("F-011")) ? 1 : 0);
    /* What was struck out is offered nothing for. */
    for (size_t i = 0; i < o.offers.n; i++) {
        const struct gesture_offer *x = &o.offers.v[i];
        if (str_eq(x->concerns.code, S("F-011")) && x->item_finding)
            assert_ok(listening_strike(&kit.d, kit.a, &w.ada, x->item_message, x->item_finding, true));
    }
    assert_ok(gesture_offers(&kit.d, kit.a, &w.ada, v, &o));
    assert_true(o.offers.n >= 1);
    for (size_t i = 0; i < o.offers.n; i++) assert_false(str_eq(o.offers.v[i].concerns.code, S("F-011")));
    /* A letter that says nothing of the kind has one offer all the same. */
    assert_ok(gesture_offers(&kit.d, kit.a, &w.ada, world_letter("Thank you!"), &o));
    assert_int_equal(o.offers.n, 1);
    assert_str(o.offers.v[0].situation, "other");
    assert_int_equal(gesture_offers(&kit.d, kit.a, &w.ada, 5, &o), ERR_MISSING);
}

static void months_are_the_brands(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("My parcel is late."), then = kit.now;
    struct gesture_wish wish = world_wish(v);
    struct gesture_done done;
    assert_ok(allowance_set(&kit.d, kit.a, &w.lea, ROLE_AGENT, w.bo.agent, 500, S("")));
    /* 2027-05-31 22:30 UTC is June in Berlin. */
    kit.now = 1811802600000;
    assert_int_equal(policy_month(S("UTC"), kit.now), 202705);
    assert_int_equal(policy_month(S("Europe/Berlin"), kit.now), 202706);
    assert_int_equal(policy_month(S("No/Where"), kit.now), 202705);
    assert_int_equal(policy_month_before(202706), 202705);
    assert_int_equal(policy_month_before(202701), 202612);
    assert_ok(gesture_give(&kit.d, kit.a, &w.bo, &wish, &done));
    assert_int_equal(done.room.month, 202706);
    assert_int_equal(done.room.room, 50);
    /* In July there is new room; what is withdrawn then goes back to June. */
    kit.now += INT64_C(31) * DAY_MS;
    assert_int_equal(world_room(&w.bo).month, 202707);
    assert_int_equal(world_room(&w.bo).room, 500);
    struct allowance_page page;
    assert_ok(allowance_page(&kit.d, kit.a, w.brand, &page));
    bool seen = false;
    for (size_t i = 0; i < page.lines.n; i++) {
        const struct allowance_line *l = &page.lines.v[i];
        assert_int_not_equal(l->agent, w.pia.agent);
        if (l->agent != w.bo.agent) continue;
        seen = l->own && l->used == 0 && l->room == 500 && l->used_before == 450 && l->room_before == 50;
    }
    assert_true(seen);
    assert_ok(gesture_withdraw(&kit.d, kit.a, &w.bo, done.id, S("")));
    store_used_list months;
    assert_ok(allowance_months(&kit.d, kit.a, w.brand, w.bo.agent, &months));
    assert_int_equal(months.v[0].month, 202706);
    assert_int_equal(months.v[0].used, 0);
    assert_int_equal(world_room(&w.bo).room, 500);
    kit.now = then;
}

struct with_reply {
    struct gesture_wish wish;
    struct gesture_done done;
    bool fails;
};

static err give_with_reply(db_conn *c, void *arg) {
    struct with_reply *x = arg;
    TRY(gesture_give_in(c, &kit.d, kit.a, &w.omar, &x->wish, &x->done));
    return x->fails ? err_set(ERR_CONFLICT, "The reply could not be sent.") : ERR_NONE;
}

static void a_gesture_stands_and_falls_with_its_reply(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("I lost Juno.");
    assert_ok(allowance_set(&kit.d, kit.a, &w.lea, ROLE_AGENT, w.omar.agent, 100000, S("")));
    int64_t room = world_room(&w.omar).room;
    struct with_reply x = {.wish = world_wish(v), .fails = true};
    x.wish.situation = S("other");
    assert_int_equal(db_write(kit.db, give_with_reply, &x), ERR_CONFLICT);
    assert_int_equal(gestures_in(v), 0);
    assert_int_equal(world_room(&w.omar).room, room);
    assert_int_equal(events_of(v).n, 0);
    x.fails = false;
    assert_ok(db_write(kit.db, give_with_reply, &x));
    assert_false(x.done.repeated);
    assert_int_equal(gestures_in(v), 1);
    assert_int_equal(world_room(&w.omar).room, room - 450);
}

/* ---- many at once ---- */

static int64_t held_in(const int64_t *conversations, size_t n) {
    int64_t held = 0;
    for (size_t i = 0; i < n; i++) {
        store_gesture_list rows;
        assert_ok(gesture_list_of(&kit.d, kit.a, w.brand, conversations[i], &rows));
        for (size_t k = 0; k < rows.n; k++) held += gesture_holds(rows.v[k].state);
    }
    return held;
}

static void nobody_spends_the_same_room_twice(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t conversations[10];
    for (int i = 0; i < 10; i++) conversations[i] = world_letter("It was late.");
    struct actor storm_agent = world_person("Storm", ROLE_AGENT);
    assert_ok(allowance_set(&kit.d, kit.a, &w.lea, ROLE_AGENT, storm_agent.agent, 3 * 37 + 2, S("")));
    struct storm s = {.d = &kit.d,
                      .agents = &storm_agent,
                      .nagents = 1,
                      .conversations = conversations,
                      .nconversations = 10,
                      .attempts = 200,
                      .threads = 8,
                      .cost = 3,
                      .distinct_keys = 200};
    storm_run(&s);
    if (s.failed) fail_msg("%s", s.said);
    assert_int_equal(s.given, 37);
    assert_int_equal(s.refused, 163);
    assert_int_equal(held_in(conversations, 10), 37);
    assert_int_equal(world_room(&storm_agent).used, 3 * 37);

    /* Ten clicks on each of five buttons give five. */
    struct actor clicker = world_person("Click", ROLE_AGENT);
    assert_ok(allowance_set(&kit.d, kit.a, &w.lea, ROLE_AGENT, clicker.agent, 1000, S("")));
    struct storm clicks = {.d = &kit.d,
                           .agents = &clicker,
                           .nagents = 1,
                           .conversations = conversations,
                           .nconversations = 10,
                           .attempts = 50,
                           .threads = 8,
                           .cost = 3,
                           .distinct_keys = 5};
    storm_run(&clicks);
    if (clicks.failed) fail_msg("%s", clicks.said);
    assert_int_equal(clicks.given, 5);
    assert_int_equal(clicks.repeated, 45);
    assert_int_equal(world_room(&clicker).used, 15);
}

static void two_who_saw_nothing_give_once(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("It was late.");
    struct actor agents[] = {w.omar, w.ada, w.bo};
    for (int i = 0; i < 3; i++)
        assert_ok(allowance_set(&kit.d, kit.a, &w.lea, ROLE_AGENT, agents[i].agent, 100000, S("")));
    int64_t before = world_room(&w.omar).used + world_room(&w.ada).used + world_room(&w.bo).used;
    struct storm s = {.d = &kit.d,
                      .agents = agents,
                      .nagents = 3,
                      .conversations = &v,
                      .nconversations = 1,
                      .attempts = 24,
                      .threads = 8,
                      .cost = 7,
                      .distinct_keys = 24,
                      .saw_nothing = true};
    storm_run(&s);
    if (s.failed) fail_msg("%s", s.said);
    assert_int_equal(s.given, 1);
    assert_int_equal(s.conflicts, 23);
    assert_int_equal(gestures_in(v), 1);
    assert_int_equal(world_room(&w.omar).used + world_room(&w.ada).used + world_room(&w.bo).used, before + 7);
}

struct taking_back {
    int64_t gesture;
    const struct actor *who;
    err got;
};

static void *take_back(void *arg) {
    struct taking_back *t = arg;
    arena *a = arena_new(0);
    while ((t->got = gesture_withdraw(&kit.d, a, t->who, t->gesture, S(""))) == ERR_BUSY)
        ;
    arena_free(a);
    return NULL;
}

static void room_comes_back_once(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = world_letter("I lost Juno.");
    struct actor giver = world_person("Giver", ROLE_AGENT);
    assert_ok(allowance_set(&kit.d, kit.a, &w.lea, ROLE_AGENT, giver.agent, 1000, S("")));
    struct gesture_wish wish = world_wish(v);
    struct gesture_done kept, gone;
    wish.situation = S("other");
    assert_ok(gesture_give(&kit.d, kit.a, &giver, &wish, &kept));
    wish.key = S("the-one-that-goes");
    assert_ok(gesture_give(&kit.d, kit.a, &giver, &wish, &gone));
    struct taking_back t[8];
    pthread_t threads[8];
    for (int i = 0; i < 8; i++) {
        t[i] = (struct taking_back){gone.id, i % 2 ? &giver : &w.lea, ERR_NONE};
        assert_int_equal(pthread_create(&threads[i], NULL, take_back, &t[i]), 0);
    }
    for (int i = 0; i < 8; i++) pthread_join(threads[i], NULL);
    int good = 0;
    for (int i = 0; i < 8; i++) {
        assert_true(t[i].got == ERR_NONE || t[i].got == ERR_CONFLICT);
        good += t[i].got == ERR_NONE;
    }
    assert_int_equal(good, 4); /* one of them took it back, however often they clicked */
    assert_int_equal(world_gesture(gone.id).steps, 2);
    assert_int_equal(world_room(&giver).used, 450);
}

int main(void) {
    const struct CMUnitTest tests[] = {KIT_TEST(within_policy_is_one_click),
                                       KIT_TEST(outside_policy_takes_room_and_a_sentence),
                                       KIT_TEST(a_lead_confirms_what_is_above),
                                       KIT_TEST(bad_wishes_are_refused),
                                       KIT_TEST(what_can_be_done_now),
                                       KIT_TEST(months_are_the_brands),
                                       KIT_TEST(a_gesture_stands_and_falls_with_its_reply),
                                       KIT_TEST(nobody_spends_the_same_room_twice),
                                       KIT_TEST(two_who_saw_nothing_give_once),
                                       KIT_TEST(room_comes_back_once)};
    return KIT_RUN(tests);
}
