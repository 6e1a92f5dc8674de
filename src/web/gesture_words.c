#include "web/finding_page.h"
#include "web/gesture_panel.h"

static str fill(struct web_call *w, const char *msgid, str a0) {
    BUF_AUTO buf b = BUF_MAX(16384);
    lang_fmt(&b, w->page.lang, msgid, &a0, 1);
    return str_copy(w->arena, buf_str(&b));
}

str gesture_money(struct web_call *w, int64_t minor, struct currency c) {
    return money_text(w->arena, minor, c, str_z(w->page.lang ? w->page.lang->tag : "en"));
}

str gesture_cost_text(struct web_call *w, const struct store_gesture *g) {
    struct currency c;
    if (currency_from(g->currency, &c))
        return str_fmt(w->arena, "%lld %.*s", (long long)g->cost, STR_FMT(g->currency));
    return gesture_money(w, g->cost, c);
}

bool gesture_is_goods(gesture_kind k) { return k != GESTURE_REFUND && k != GESTURE_VOUCHER; }

str gesture_kind_text(struct web_call *w, gesture_kind k) {
    static const char *const names[GESTURE_KINDS] = {T("Replacement"), T("Part"), T("Refund"), T("Voucher"),
                                                     T("Extra")};
    return web_text(w, names[k]);
}

str gesture_what_text(struct web_call *w, const struct store_gesture *g) {
    if (!gesture_is_goods(g->kind)) return gesture_cost_text(w, g);
    str name = g->item_name.n ? g->item_name : web_text(w, T("something that is no longer described"));
    if (g->quantity == 1) return name;
    return str_fmt(w->arena, "%lld \xc3\x97 %.*s", (long long)g->quantity, STR_FMT(name));
}

str gesture_state_text(struct web_call *w, const struct store_gesture *g) {
    str who = g->state_agent_name.n ? g->state_agent_name : web_text(w, T("somebody"));
    switch (g->state) {
    case GESTURE_GIVEN: return fill(w, T("Given by {0}"), who);
    case GESTURE_ASKED: return fill(w, T("Asked by {0}: a lead will look"), who);
    case GESTURE_CONFIRMED: return fill(w, T("Confirmed by {0}"), who);
    case GESTURE_DECLINED: return fill(w, T("Declined by {0}"), who);
    case GESTURE_WITHDRAWN: return fill(w, T("Taken back by {0}"), who);
    }
    return S("");
}

str situation_text(struct web_call *w, str situation) {
    static const struct {
        const char *value, *text;
    } words[] = {
        {"lost", T("Lost")},      {"missing", T("Missing from the box")}, {"broken", T("Broken in use")},
        {"late", T("Late")},      {"wrong", T("Not what was wanted")},    {"outage", T("Did not work")},
        {"charge", T("Charged")}, {"other", T("Something else")}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq(situation, str_z(words[i].value))) return web_text(w, words[i].text);
    return situation;
}

str policy_answer_text(struct web_call *w, const struct store_policy *p, struct currency c) {
    str money = p->amount ? gesture_money(w, p->amount, c) : S("");
    switch (p->answer) {
    case ANSWER_REPLACEMENT: return web_text(w, T("send a new one, free"));
    case ANSWER_PART: return web_text(w, T("send the piece, free"));
    case ANSWER_REFUND: return fill(w, T("give back up to {0}"), money);
    case ANSWER_VOUCHER: return fill(w, T("a voucher of up to {0}"), money);
    case ANSWER_EXTRA: return web_text(w, T("put something extra in"));
    case ANSWER_ASK_PAYMENT: return fill(w, T("ask them to pay {0}"), money);
    case ANSWER_NONE: return web_text(w, T("an answer in words, nothing else"));
    }
    return S("");
}

str policy_answer_name_text(struct web_call *w, policy_answer v) {
    static const char *const names[POLICY_ANSWERS] = {
        T("Send a new one"),  T("Send the piece"),  T("Refund"),     T("Voucher"),
        T("Put an extra in"), T("Ask them to pay"), T("Words alone")};
    return web_text(w, names[v]);
}

str concerns_text(struct web_call *w, str kind, str name) {
    if (name.n) return name;
    if (str_eq(kind, S("product"))) return web_text(w, T("any product"));
    if (str_eq(kind, S("figure"))) return web_text(w, T("any figure"));
    if (str_eq(kind, S("part"))) return web_text(w, T("any part"));
    return web_text(w, T("anything"));
}
