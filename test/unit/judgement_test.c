/* Judgements on both engines: the stories around them, the notes that only some may read, and what becomes
 * policy. */
#include "gesture_kit.h"

#include "desk/judgement.h"

static int64_t give(const struct actor *who, int64_t conversation, const char *code, int64_t cost) {
    struct gesture_wish wish = world_wish(conversation);
    struct gesture_done done;
    wish.concerns.code = str_z(code);
    wish.cost = cost;
    assert_ok(gesture_give(&kit.d, kit.a, who, &wish, &done));
    assert_int_equal(done.policy, 0);
    return done.id;
}

static void answer(const struct actor *who, int64_t conversation, const char *text) {
    struct reply_wish wish = {.conversation = conversation,
                              .seen_version = -1,
                              .subject = S("Re"),
                              .text = str_z(text),
                              .override = S("A test."),
                              .by_hand = true};
    struct reply_made made;
    kit.now += 1000;
    assert_ok(reply_send(&kit.d, kit.a, who, &wish, &made));
    kit.now += 1000;
}

static void allow(void) {
    world();
    assert_ok(allowance_set(&kit.d, kit.a, &w.lea, ROLE_AGENT, 0, 100000, S("")));
    assert_ok(allowance_set(&kit.d, kit.a, &w.lea, ROLE_LEAD, 0, 100000, S("")));
}

static void a_judgement_is_a_story(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    allow();
    int64_t v = world_letter("I lost Keeper Juno in the dunes.");
    int64_t id = give(&w.omar, v, "F-011", 450), next;
    struct judgement_story s;
    assert_ok(judgement_story_get(&kit.d, kit.a, &w.lea, id, &s));
    assert_str(s.said.letter.text, "I lost Keeper Juno in the dunes.");
    assert_int_equal(s.said.reply.id, 0);
    answer(&w.omar, v, "Dear Milo, she walks to you with a lantern.");
    assert_ok(judgement_story_get(&kit.d, kit.a, &w.omar, id, &s));
    assert_str(s.said.reply.text, "Dear Milo, she walks to you with a lantern.");
    assert_int_equal(s.said.after.id, 0);
    assert_str(s.gesture.judgement, "He slept beside it every night.");

    /* Others see neither the story nor what was said of it; packers nothing at all. */
    assert_says(judgement_story_get(&kit.d, kit.a, &w.ada, id, &s), ERR_MISSING, "no such judgement");
    assert_int_equal(judgement_story_get(&kit.d, kit.a, &w.pia, id, &s), ERR_DENIED);
    assert_says(judgement_well(&kit.d, kit.a, &w.omar, id), ERR_DENIED, "Only a lead");
    assert_int_equal(judgement_note(&kit.d, kit.a, &w.ada, id, S("Hm."), S("")), ERR_MISSING);
    assert_ok(judgement_well(&kit.d, kit.a, &w.lea, id));
    assert_ok(judgement_well(&kit.d, kit.a, &w.lea, id));
    assert_ok(judgement_note(&kit.d, kit.a, &w.ines, id, S("I liked the lantern."),
                             S("Add the map of the dunes.")));
    assert_ok(judgement_note(&kit.d, kit.a, &w.omar, id, S("A good idea!"), S("")));
    assert_says(judgement_note(&kit.d, kit.a, &w.omar, id, S(""), S("Me.")), ERR_INVALID, "from others");
    assert_says(judgement_note(&kit.d, kit.a, &w.lea, id, S(" "), S("\n")), ERR_INVALID, "empty");
    assert_says(judgement_note(&kit.d, kit.a, &w.lea, id, str_fmt(kit.a, "%02001d", 0), S("")), ERR_INVALID,
                "2000 bytes");
    assert_ok(judgement_story_get(&kit.d, kit.a, &w.omar, id, &s));
    assert_int_equal(s.notes.n, 3);
    assert_true(s.notes.v[0].well);
    assert_str(s.notes.v[1].suggestion, "Add the map of the dunes.");
    assert_str(s.notes.v[1].agent_name, "Ines");
    int64_t own = give(&w.lea, v, "F-012", 300);
    assert_says(judgement_well(&kit.d, kit.a, &w.lea, own), ERR_DENIED, "your own");
    assert_ok(judgement_well(&kit.d, kit.a, &w.ines, own));

    /* Pages: newest first; leads all, agents their own; unread ones alone. */
    judgement_story_list list;
    give(&w.ada, v, "F-011", 99999); /* the dearest is not the first */
    int64_t newest = give(&w.omar, v, "F-011", 1);
    assert_ok(judgement_stories(&kit.d, kit.a, &w.lea, false, 0, 3, &list, &next));
    assert_int_equal(list.n, 3);
    assert_int_equal(list.v[0].gesture.id, newest);
    assert_int_equal(next, list.v[2].gesture.id);
    assert_ok(judgement_stories(&kit.d, kit.a, &w.lea, false, next, 3, &list, &next));
    assert_int_equal(list.n, 1);
    assert_int_equal(list.v[0].gesture.id, id);
    assert_int_equal(next, 0);
    assert_ok(judgement_stories(&kit.d, kit.a, &w.lea, true, 0, 0, &list, &next));
    assert_int_equal(list.n, 1);
    assert_ok(judgement_stories(&kit.d, kit.a, &w.lea, true, 0, 500, &list, &next));
    assert_int_equal(list.n, 2);
    assert_ok(judgement_stories(&kit.d, kit.a, &w.omar, false, 0, 50, &list, &next));
    assert_int_equal(list.n, 2);
    for (size_t i = 0; i < list.n; i++) assert_int_equal(list.v[i].gesture.agent_id, w.omar.agent);
    assert_int_equal(judgement_stories(&kit.d, kit.a, &w.pia, false, 0, 50, &list, &next), ERR_DENIED);
}

static err forget(db_conn *c, void *arg) { return store_gestures_forget_words(c, w.brand, *(int64_t *)arg); }

static void words_are_forgotten_and_books_kept(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    allow();
    int64_t v = world_letter("I lost the string of my kite."), other = world_letter("I lost Juno.");
    struct gesture_wish wish = world_wish(v);
    struct gesture_done done;
    struct judgement_story s;
    wish.kind = GESTURE_EXTRA;
    wish.concerns = (struct concerns){0};
    wish.item_name = S("A string for the kite that Milo flew with his grandmother");
    assert_ok(gesture_give(&kit.d, kit.a, &w.omar, &wish, &done));
    int64_t kept = give(&w.omar, other, "F-011", 450);
    assert_ok(judgement_note(&kit.d, kit.a, &w.lea, done.id, S("Milo will fly it again."), S("")));
    assert_ok(gesture_withdraw(&kit.d, kit.a, &w.lea, done.id, S("Milo found it.")));
    assert_ok(db_write(kit.db, forget, &v));
    assert_ok(judgement_story_get(&kit.d, kit.a, &w.lea, done.id, &s));
    assert_int_equal(s.notes.n, 0);
    assert_str(s.gesture.judgement, "");
    assert_str(s.gesture.item_name, "");
    assert_str(s.gesture.state_note, "");
    assert_int_equal(s.gesture.cost, 450);
    assert_int_equal(s.gesture.state, GESTURE_WITHDRAWN);
    assert_ok(judgement_story_get(&kit.d, kit.a, &w.lea, kept, &s));
    assert_str(s.gesture.judgement, "He slept beside it every night.");
}

static const struct judgement_pattern *find(const judgement_pattern_list *all, const char *code) {
    for (size_t i = 0; i < all->n; i++)
        if (str_eq(all->v[i].p.item_code, str_z(code))) return &all->v[i];
    return NULL;
}

static void what_many_do_can_become_policy(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    allow();
    kit.now += INT64_C(40) * DAY_MS;
    int64_t v = world_letter("I lost them all."), policy, old;
    judgement_pattern_list all;
    struct policy_form pay = {.situation = S("lost"),
                              .concerns = {S("figure"), S("F-011")},
                              .answer = ANSWER_ASK_PAYMENT,
                              .amount = 399};
    assert_ok(policy_add(&kit.d, kit.a, &w.lea, &pay, &old));
    /* Two agents, one of them often, are no pattern; what was withdrawn does not count. */
    for (int i = 0; i < 4; i++) give(&w.omar, v, "F-011", 400 + i);
    give(&w.ada, v, "F-011", 450);
    int64_t gone = give(&w.bo, v, "F-011", 9000);
    assert_ok(gesture_withdraw(&kit.d, kit.a, &w.bo, gone, S("")));
    assert_ok(judgement_patterns(&kit.d, kit.a, &w.lea, &all));
    assert_int_equal(all.n, 0);
    give(&w.bo, v, "F-011", 420);
    assert_ok(judgement_patterns(&kit.d, kit.a, &w.lea, &all));
    assert_int_equal(all.n, 1); /* of the item; its kind shows nothing more */
    const struct judgement_pattern *p = find(&all, "F-011");
    assert_non_null(p);
    assert_int_equal(p->p.agents, 3);
    assert_int_equal(p->p.gestures, 6);
    assert_int_equal(p->p.least, 400);
    assert_int_equal(p->p.most, 450);
    assert_str(p->p.item_name, "Keeper Juno");
    assert_int_equal(p->now.id, old);
    assert_int_equal(judgement_patterns(&kit.d, kit.a, &w.omar, &all), ERR_DENIED);

    struct pattern_choice choice = {.situation = S("lost"),
                                    .kind = GESTURE_REPLACEMENT,
                                    .concerns = {S("figure"), S("F-011")},
                                    .amount = -1,
                                    .hint = S("Ask where she was last seen.")};
    assert_int_equal(judgement_make_policy(&kit.d, kit.a, &w.omar, &choice, &policy), ERR_DENIED);
    assert_ok(judgement_make_policy(&kit.d, kit.a, &w.lea, &choice, &policy));
    store_policy_list live, retired;
    assert_ok(policy_list(&kit.d, kit.a, w.brand, &live, &retired));
    assert_int_equal(live.n, 1);
    assert_int_equal(live.v[0].id, policy);
    assert_int_equal(live.v[0].answer, ANSWER_REPLACEMENT);
    assert_int_equal(live.v[0].amount, 450);
    assert_int_equal(live.v[0].quantity, 1);
    assert_int_equal(retired.v[0].id, old);
    assert_ok(judgement_patterns(&kit.d, kit.a, &w.lea, &all));
    assert_null(find(&all, "F-011"));
    assert_says(judgement_make_policy(&kit.d, kit.a, &w.lea, &choice, &policy), ERR_MISSING, "no pattern");
    /* Now it is one click. */
    struct gesture_wish wish = world_wish(world_letter("Juno is gone."));
    struct gesture_done done;
    wish.judgement = S("");
    assert_ok(gesture_give(&kit.d, kit.a, &w.omar, &wish, &done));
    assert_int_equal(done.policy, live.v[0].id);
    /* What is older than thirty days is no pattern. */
    assert_ok(policy_retire(&kit.d, kit.a, &w.lea, policy));
    assert_ok(judgement_patterns(&kit.d, kit.a, &w.lea, &all));
    assert_non_null(find(&all, "F-011"));
    kit.now += INT64_C(31) * DAY_MS;
    assert_ok(judgement_patterns(&kit.d, kit.a, &w.lea, &all));
    assert_int_equal(all.n, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {KIT_TEST(a_judgement_is_a_story),
                                       KIT_TEST(words_are_forgotten_and_books_kept),
                                       KIT_TEST(what_many_do_can_become_policy)};
    return KIT_RUN(tests);
}
