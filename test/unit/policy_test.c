/* Policies, the brand's currency and allowances, on both engines. */
#include "gesture_kit.h"

static struct policy_form form(const char *situation, const char *kind, const char *code,
                               policy_answer answer, int64_t amount) {
    return (struct policy_form){.situation = str_z(situation),
                                .concerns = {str_z(kind), str_z(code)},
                                .answer = answer,
                                .amount = amount,
                                .hint = S("Warmly.")};
}

static err add(const char *situation, const char *kind, const char *code, policy_answer answer,
               int64_t amount, int64_t *ret_id) {
    struct policy_form f = form(situation, kind, code, answer, amount);
    return policy_add(&kit.d, kit.a, &w.lea, &f, ret_id);
}

static void policies_are_readable_rows(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t id, changed, other;
    store_policy_list live, retired;
    assert_ok(add("lost", "figure", "F-011", ANSWER_ASK_PAYMENT, 399, &id));
    assert_says(add("lost", "figure", "F-011", ANSWER_REPLACEMENT, 0, &other), ERR_CONFLICT, "already");
    assert_ok(add("lost", "", "", ANSWER_NONE, 0, &other));
    assert_ok(policy_list(&kit.d, kit.a, w.brand, &live, &retired));
    assert_int_equal(live.n, 2);
    assert_int_equal(retired.n, 0);
    assert_int_equal(live.v[0].id, other); /* general before special */
    assert_str(live.v[1].item_name, "Keeper Juno");
    assert_str(live.v[1].hint, "Warmly.");
    assert_str(live.v[1].agent_name, "Lea");
    assert_int_equal(live.v[1].quantity, POLICY_QUANTITY_STANDARD);

    struct policy_form f = form("lost", "figure", "F-011", ANSWER_REPLACEMENT, 0);
    assert_ok(policy_change(&kit.d, kit.a, &w.ines, id, &f, &changed));
    assert_says(policy_change(&kit.d, kit.a, &w.lea, id, &f, &other), ERR_CONFLICT, "Somebody changed");
    assert_ok(policy_list(&kit.d, kit.a, w.brand, &live, &retired));
    assert_int_equal(live.n, 2);
    assert_int_equal(retired.n, 1);
    assert_int_equal(retired.v[0].id, id);
    assert_int_equal(retired.v[0].answer, ANSWER_ASK_PAYMENT); /* as it was when gestures rested on it */
    f = form("lost", "", "", ANSWER_REPLACEMENT, 0);
    assert_says(policy_change(&kit.d, kit.a, &w.lea, changed, &f, &other), ERR_CONFLICT, "already");
    assert_ok(policy_list(&kit.d, kit.a, w.brand, &live, &retired));
    assert_int_equal(live.n, 2); /* the refused change retired nothing */
    assert_ok(policy_retire(&kit.d, kit.a, &w.lea, changed));
    assert_ok(policy_retire(&kit.d, kit.a, &w.lea, changed));
    assert_ok(add("lost", "figure", "F-011", ANSWER_REPLACEMENT, 0, &other));
    assert_int_equal(policy_retire(&kit.d, kit.a, &w.lea, 5), ERR_MISSING);
}

static void bad_policies_are_refused(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t id = -7;
    assert_says(add("stolen", "", "", ANSWER_NONE, 0, &id), ERR_INVALID, "what happened");
    assert_says(add("late", "", "", ANSWER_ASK_PAYMENT, 0, &id), ERR_INVALID, "how much we ask");
    assert_says(add("late", "", "", ANSWER_REFUND, 0, &id), ERR_INVALID, "at most");
    assert_says(add("late", "", "", ANSWER_NONE, 1, &id), ERR_INVALID, "no amount");
    assert_says(add("late", "", "", ANSWER_REFUND, -1, &id), ERR_INVALID, "negative");
    assert_says(add("late", "", "", ANSWER_REFUND, MONEY_MAX + 1, &id), ERR_LIMIT, "larger");
    assert_says(add("late", "toy", "", ANSWER_EXTRA, 0, &id), ERR_INVALID, "product, figure or part");
    assert_says(add("late", "", "F-011", ANSWER_EXTRA, 0, &id), ERR_INVALID, "Say whether");
    assert_says(add("late", "part", "F-011", ANSWER_EXTRA, 0, &id), ERR_MISSING, "no part");
    struct policy_form f = form("late", "", "", ANSWER_VOUCHER, 500);
    f.quantity = POLICY_QUANTITY_MAX + 1;
    assert_says(policy_add(&kit.d, kit.a, &w.lea, &f, &id), ERR_INVALID, "quantity");
    f.quantity = -1;
    assert_int_equal(policy_add(&kit.d, kit.a, &w.lea, &f, &id), ERR_INVALID);
    f = form("late", "", "", ANSWER_VOUCHER, 500);
    f.currency = S("JPY");
    assert_says(policy_add(&kit.d, kit.a, &w.lea, &f, &id), ERR_INVALID, "counts in EUR");
    f.currency = S("EUR");
    f.hint = str_fmt(kit.a, "%0501d", 0);
    assert_says(policy_add(&kit.d, kit.a, &w.lea, &f, &id), ERR_INVALID, "500 bytes");
    f.hint = (str){"\xff", 1};
    assert_says(policy_add(&kit.d, kit.a, &w.lea, &f, &id), ERR_INVALID, "UTF-8");
    assert_int_equal(id, -7);
}

static void currency_is_one(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t id;
    struct gesture_done done;
    struct gesture_wish wish = world_wish(world_letter("I lost Juno."));
    store_policy_list live, retired;
    assert_ok(allowance_set(&kit.d, kit.a, &w.lea, ROLE_AGENT, 0, 1000, S("eur")));
    assert_ok(add("outage", "", "", ANSWER_REFUND, 500, &id));
    wish.situation = S("other");
    assert_ok(gesture_give(&kit.d, kit.a, &w.ada, &wish, &done));
    assert_ok(policy_currency_change(&kit.d, kit.a, &w.ines, S("eur")));
    assert_says(policy_currency_change(&kit.d, kit.a, &w.ines, S("kwd")), ERR_CONFLICT, "2 policies");
    assert_says(policy_currency_change(&kit.d, kit.a, &w.ines, S("XTS")), ERR_INVALID, "not the code");
    assert_ok(policy_list(&kit.d, kit.a, w.brand, &live, &retired));
    assert_ok(policy_retire(&kit.d, kit.a, &w.lea, id));
    assert_ok(allowance_clear(&kit.d, kit.a, &w.lea, ROLE_AGENT, 0));
    assert_ok(policy_currency_change(&kit.d, kit.a, &w.ines, S("kwd")));
    struct allowance_room room = world_room(&w.ada);
    assert_string_equal(room.currency.code, "KWD");
    assert_int_equal(room.used, 0);
    assert_says(allowance_set(&kit.d, kit.a, &w.lea, ROLE_AGENT, 0, 1000, S("EUR")), ERR_INVALID,
                "counts in KWD");
    assert_ok(allowance_set(&kit.d, kit.a, &w.lea, ROLE_AGENT, 0, 1000, S("KWD")));
    /* What was given in euros stays so, and gives its room back in euros. */
    assert_ok(gesture_withdraw(&kit.d, kit.a, &w.ada, done.id, S("")));
    store_used_list months;
    assert_ok(allowance_months(&kit.d, kit.a, w.brand, w.ada.agent, &months));
    assert_int_equal(months.n, 1);
    assert_str(months.v[0].currency, "EUR");
    assert_int_equal(months.v[0].used, 0);
    assert_str(world_gesture(done.id).currency, "EUR");
    assert_int_equal(world_room(&w.ada).room, 1000);
    assert_ok(allowance_clear(&kit.d, kit.a, &w.lea, ROLE_AGENT, 0));
    assert_ok(policy_currency_change(&kit.d, kit.a, &w.ines, S("EUR")));
}

static void allowances_are_of_a_role_or_a_person(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    assert_int_equal(world_room(&w.omar).room, 0);
    assert_ok(allowance_set(&kit.d, kit.a, &w.lea, ROLE_AGENT, 0, 1500, S("")));
    assert_ok(allowance_set(&kit.d, kit.a, &w.lea, ROLE_AGENT, w.bo.agent, 300, S("")));
    assert_int_equal(world_room(&w.omar).room, 1500);
    assert_int_equal(world_room(&w.bo).room, 300);
    assert_int_equal(world_room(&w.lea).room, 0);
    assert_ok(people_set_role(&kit.d, kit.a, w.brand, w.bo.agent, ROLE_LEAD)); /* their own stays theirs */
    assert_int_equal(world_room(&w.bo).room, 300);
    assert_ok(people_set_role(&kit.d, kit.a, w.brand, w.bo.agent, ROLE_AGENT));
    assert_ok(
        allowance_set(&kit.d, kit.a, &w.lea, ROLE_AGENT, w.bo.agent, 0, S(""))); /* nothing is an amount */
    assert_int_equal(world_room(&w.bo).room, 0);
    assert_ok(allowance_clear(&kit.d, kit.a, &w.lea, ROLE_AGENT, w.bo.agent));
    assert_int_equal(world_room(&w.bo).room, 1500);
    assert_says(allowance_set(&kit.d, kit.a, &w.lea, ROLE_AGENT, 0, -1, S("")), ERR_INVALID, "negative");
    assert_says(allowance_set(&kit.d, kit.a, &w.lea, ROLE_AGENT, 0, MONEY_MAX + 1, S("")), ERR_LIMIT,
                "larger");
    assert_says(allowance_set(&kit.d, kit.a, &w.lea, ROLE_PACKER, 0, 1, S("")), ERR_INVALID,
                "answers letters");
    assert_int_equal(allowance_set(&kit.d, kit.a, &w.lea, ROLE_AGENT, 5, 1, S("")), ERR_MISSING);

    /* Lowered below what is spent: no room, never a negative one. */
    struct gesture_wish wish = world_wish(world_letter("My Juno!"));
    struct gesture_done done;
    wish.situation = S("other");
    assert_ok(gesture_give(&kit.d, kit.a, &w.bo, &wish, &done));
    assert_ok(allowance_set(&kit.d, kit.a, &w.lea, ROLE_AGENT, 0, 100, S("")));
    assert_int_equal(world_room(&w.bo).room, 0);
    assert_int_equal(world_room(&w.bo).used, 450);
    struct allowance_page page;
    assert_ok(allowance_page(&kit.d, kit.a, w.brand, &page));
    assert_int_equal(page.of_role[ROLE_AGENT], 100);
    assert_int_equal(page.of_role[ROLE_LEAD], -1);
    for (size_t i = 0; i + 1 < page.lines.n; i++)
        assert_true(str_cmp(page.lines.v[i].name, page.lines.v[i + 1].name) <= 0); /* by name, not by money */
    assert_int_equal(page.lines.n, 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {KIT_TEST(policies_are_readable_rows),
                                       KIT_TEST(bad_policies_are_refused), KIT_TEST(currency_is_one),
                                       KIT_TEST(allowances_are_of_a_role_or_a_person)};
    return KIT_RUN(tests);
}
