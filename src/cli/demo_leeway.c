/* What the brand of `longhand demo` gives: its currency, its normal answers, and room to go beyond them. */
#include "cli/demo.h"

#include "desk/policy.h"

static const struct {
    const char *situation, *item_kind;
    policy_answer answer;
    int64_t amount, quantity;
    const char *hint;
} answers[] = {
    {"lost", "figure", ANSWER_ASK_PAYMENT, 399, 1,
     "Say first that you know how it is to lose somebody. Then that a new one costs 3.99, post included."},
    {"lost", "part", ANSWER_PART, 0, 4, "Pieces get lost. Nobody has to say sorry for it."},
    {"missing", "", ANSWER_PART, 0, 10, "It was our machine, not their search. Say which piece you packed."},
    {"broken", "", ANSWER_REPLACEMENT, 6000, 2,
     "Ask how it broke only where the workshop can learn from it, and never as a condition."},
    {"late", "", ANSWER_VOUCHER, 500, 1, "Say where the parcel is before you say sorry."},
    {"wrong", "", ANSWER_REPLACEMENT, 9000, 1,
     "They keep what came by mistake, or give it to a child next door."},
    {"outage", "", ANSWER_REFUND, 1000, 1, "Say what did not work, since when, and what works again."},
};
static const struct {
    enum role role;
    int64_t amount;
} rooms[] = {{ROLE_AGENT, 5000}, {ROLE_LEAD, 15000}, {ROLE_ADMINISTRATOR, 15000}};

err demo_leeway(struct cli_desk *c, const struct actor *who) {
    int64_t id;
    store_policy_list live = {0}, retired = {0};
    TRY(policy_list(&c->desk, c->arena, who->brand, &live, &retired));
    /* What is there is the user's own. */
    if (live.n + retired.n) return ERR_NONE;
    TRY(policy_currency_change(&c->desk, c->arena, who, S("EUR")));
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        const struct policy_form form = {.situation = str_z(answers[i].situation),
                                         .concerns = {str_z(answers[i].item_kind), S("")},
                                         .answer = answers[i].answer,
                                         .amount = answers[i].amount,
                                         .quantity = answers[i].quantity,
                                         .hint = str_z(answers[i].hint)};
        TRY(policy_add(&c->desk, c->arena, who, &form, &id));
    }
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++)
        TRY(allowance_set(&c->desk, c->arena, who, rooms[i].role, 0, rooms[i].amount, S("EUR")));
    return ERR_NONE;
}
