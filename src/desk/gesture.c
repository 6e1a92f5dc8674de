#include "desk/gesture.h"

#include "base/lang.h"
#include "base/random.h"
#include "desk/box.h"
#include "desk/check.h"
#include "desk/child.h"
#include "desk/events.h"
#include "store/agent.h"
#include "store/conversation.h"

_Static_assert((int)ANSWER_REPLACEMENT == (int)GESTURE_REPLACEMENT && (int)ANSWER_PART == (int)GESTURE_PART &&
                   (int)ANSWER_REFUND == (int)GESTURE_REFUND && (int)ANSWER_VOUCHER == (int)GESTURE_VOUCHER &&
                   (int)ANSWER_EXTRA == (int)GESTURE_EXTRA,
               "the first answers are the gestures");

static bool is_goods(gesture_kind k) { return k != GESTURE_REFUND && k != GESTURE_VOUCHER; }

static struct currency currency_of(str code) {
    struct currency c = {"EUR"};
    return currency_from(code, &c) ? (struct currency){"EUR"} : c;
}

/* For sentences: "3.99 EUR". */
static str money(arena *a, int64_t minor, struct currency c) {
    str number = money_number(a, minor, c);
    return str_fmt(a, "%.*s %s", STR_FMT(number), c.code);
}

str gesture_what(arena *a, const struct store_gesture *g) {
    if (!is_goods(g->kind)) return money(a, g->cost, currency_of(g->currency));
    return str_fmt(a, "%lld x %.*s", (long long)g->quantity, STR_FMT(g->item_name));
}

err gesture_may(db_conn *c, arena *a, const struct actor *who, bool *ret_lead) {
    struct store_agent agent;
    enum role role;
    err e = store_agent_by_id(c, a, who->brand, who->agent, &agent);
    if (e && e != ERR_MISSING) return e;
    if (e || agent.disabled_at || agent.account_disabled_at || !role_from(agent.role, &role) ||
        !role_may(role, RIGHT_WRITE))
        return err_set(ERR_DENIED, "Only who answers letters here may do this.");
    if (ret_lead) *ret_lead = role_may(role, RIGHT_LEAD);
    return ERR_NONE;
}

static err add_step(db_conn *c, const struct actor *who, struct store_gesture *g, gesture_state step,
                    str note, arena *a, int64_t now) {
    static const char *const events[GESTURE_STATES] = {"gesture_given", "gesture_asked", "gesture_confirmed",
                                                       "gesture_declined", "gesture_withdrawn"};
    struct store_step row = {.gesture_id = g->id,
                             .position = g->steps + 1,
                             .step = step,
                             .agent_id = who->agent,
                             .note = note,
                             .at = now};
    TRY(store_step_insert(c, who->brand, &row));
    str what = gesture_what(a, g);
    return event_add(c, who, g->conversation_id, events[step],
                     str_fmt(a, "%s: %.*s", gesture_kind_name(g->kind), STR_FMT(what)), now);
}

/* ---- giving ---- */

struct give {
    struct desk *d;
    arena *a;
    const struct actor *who;
    const struct gesture_wish *wish;
    str item_name, judgement; /* checked */
    int64_t now;
    struct gesture_done done;
};

static err check_wish(struct give *g) {
    const struct gesture_wish *w = g->wish;
    if (w->key.n < 8 || w->key.n > GESTURE_KEY_BYTES)
        return err_set(ERR_INVALID, "The idempotency key must have 8 to %d bytes.", GESTURE_KEY_BYTES);
    if (w->quantity < 1 || w->quantity > POLICY_QUANTITY_MAX)
        return err_set(ERR_INVALID, "The quantity must be from 1 to %d.", POLICY_QUANTITY_MAX);
    if (w->cost < 0) return err_set(ERR_INVALID, "The cost must not be negative.");
    if (w->cost > MONEY_MAX) return err_set(ERR_LIMIT, "The cost is larger than a desk can count.");
    if (!is_goods(w->kind) && !w->cost)
        return err_set(ERR_INVALID, "%s",
                       w->kind == GESTURE_REFUND ? T("Say how much is refunded.")
                                                 : T("Say how much the voucher is worth."));
    if (!is_goods(w->kind) && w->quantity != 1)
        return err_set(ERR_INVALID, "A refund or a voucher is given once; say the whole amount.");
    if (!situation_is(w->situation)) return err_set(ERR_INVALID, "Say what happened to the customer.");
    TRY(check_line_or_empty("What is given", w->item_name, CHECK_NAME_BYTES, &g->item_name));
    if (is_goods(w->kind) && !w->concerns.code.n && !g->item_name.n)
        return err_set(ERR_INVALID, "Say what is given.");
    return check_line_or_empty("The judgement", w->judgement, JUDGEMENT_BYTES, &g->judgement);
}

/* Each part with its length, so that no two wishes give the same text. */
static str body_of(const struct give *g, struct currency own) {
    const struct gesture_wish *w = g->wish;
    const str parts[] = {w->situation, w->concerns.kind, w->concerns.code, g->item_name, g->judgement};
    str all = str_fmt(g->a, "%lld %d %lld %lld %s", (long long)w->conversation, w->kind,
                      (long long)w->quantity, (long long)w->cost, own.code);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        all = str_fmt(g->a, "%.*s %zu:%.*s", STR_FMT(all), parts[i].n, STR_FMT(parts[i]));
    return content_hash(g->a, all);
}

static str key_of(const struct give *g) {
    return content_hash(g->a, str_fmt(g->a, "%lld %.*s", (long long)g->who->agent, STR_FMT(g->wish->key)));
}

static err repeat(struct give *g, const struct store_gesture *first, str body) {
    if (!str_eq(first->body_hash, body))
        return err_set(ERR_CONFLICT, "This idempotency key was used for another gesture.");
    g->done.id = first->id;
    g->done.state = first->state;
    g->done.policy = first->policy_id;
    g->done.repeated = true;
    return ERR_NONE;
}

static err check_place(db_conn *c, struct give *g, struct store_gesture *row) {
    const struct gesture_wish *w = g->wish;
    struct conversation v;
    str name;
    int64_t retired;
    TRY(store_conversation_get(c, g->a, g->who->brand, w->conversation, &v));
    row->customer_id = v.customer_id;
    TRY(concerns_check(c, g->a, g->who->brand, w->concerns, &name, &retired));
    if (name.n) row->item_name = name;
    if (retired && is_goods(w->kind) && !w->even_retired)
        return err_set(ERR_CONFLICT,
                       "%.*s is no longer in the catalogue. Give something else, or say that one "
                       "is still there.",
                       STR_FMT(str_clip_utf8(name, 100)));
    return ERR_NONE;
}

/* Whether policy covers it; fills row->policy_id. */
static err ask_policy(db_conn *c, const struct give *g, struct store_gesture *row, struct store_policy *ret) {
    struct store_gesture_sums sums;
    store_policy_list live;
    TRY(store_policies(c, g->a, g->who->brand, &live));
    *ret = policy_fitting(&live, row->situation, (struct concerns){row->item_kind, row->item_code});
    TRY(store_gesture_sums(c, g->who->brand, row->conversation_id, ret->id, &sums));
    if (g->wish->seen_gestures >= 0 && g->wish->seen_gestures != sums.n)
        return err_set(ERR_CONFLICT,
                       "Something was given in this conversation after you opened it; look at it "
                       "again first.");
    bool covered = ret->id && (int)ret->answer == (int)row->kind &&
                   sums.quantity + row->quantity <= ret->quantity &&
                   (!ret->amount || sums.cost + row->cost <= ret->amount);
    row->policy_id = covered ? ret->id : 0;
    return ERR_NONE;
}

static err decide_alone(db_conn *c, const struct give *g, struct store_gesture *row, gesture_state *ret) {
    struct allowance_room room;
    bool spent = false;
    if (!g->judgement.n)
        return err_set(ERR_INVALID, "This is outside the policy. Write one sentence of judgement: why is it "
                                    "right for this customer?");
    if (!row->cost) return err_set(ERR_INVALID, "Say what it costs us; an estimate will do.");
    TRY(allowance_room(c, g->a, g->who->brand, g->who->agent, g->now, &room));
    TRY(store_used_spend(c, g->who->brand, g->who->agent, room.month, row->currency, row->cost, room.amount,
                         &spent));
    if (!spent && !g->wish->ask) {
        str cost = money(g->a, row->cost, room.currency), left = money(g->a, room.room, room.currency);
        return err_set(
            ERR_LIMIT,
            "This costs %.*s, and you can decide %.*s alone for the rest of the month. Ask a lead to "
            "confirm it, or give something smaller.",
            STR_FMT(cost), STR_FMT(left));
    }
    row->month = spent ? room.month : 0;
    *ret = spent ? GESTURE_GIVEN : GESTURE_ASKED;
    return ERR_NONE;
}

static err write_gesture(db_conn *c, void *arg) {
    struct give *g = arg;
    const struct gesture_wish *w = g->wish;
    struct currency own;
    struct store_gesture first;
    struct store_policy policy;
    gesture_state state = GESTURE_GIVEN;
    g->done = (struct gesture_done){0};
    TRY(gesture_may(c, g->a, g->who, NULL));
    TRY(policy_currency(c, g->a, g->who->brand, &own));
    TRY(policy_currency_check(own, w->currency));
    str key = key_of(g), body = body_of(g, own);
    TRY(store_gesture_by_key(c, g->a, g->who->brand, key, &first));
    if (!first.id) TRY(child_writable_in(c, g->a, g->who->brand, w->conversation));
    if (first.id) {
        TRY(repeat(g, &first, body));
        return allowance_room(c, g->a, g->who->brand, g->who->agent, g->now, &g->done.room);
    }
    struct store_gesture row = {.id = id_new(g->now),
                                .conversation_id = w->conversation,
                                .agent_id = g->who->agent,
                                .kind = w->kind,
                                .situation = w->situation,
                                .item_kind = w->concerns.kind,
                                .item_code = w->concerns.code,
                                .item_name = g->item_name,
                                .quantity = w->quantity,
                                .cost = w->cost,
                                .currency = str_copy(g->a, currency_str(&own)),
                                .judgement = g->judgement,
                                .key_hash = key,
                                .body_hash = body,
                                .at = g->now};
    TRY(check_place(c, g, &row));
    TRY(ask_policy(c, g, &row, &policy));
    if (!row.policy_id) TRY(decide_alone(c, g, &row, &state));
    TRY(store_gesture_insert(c, g->who->brand, &row));
    TRY(add_step(c, g->who, &row, state, S(""), g->a, g->now));
    g->done.id = row.id;
    g->done.state = state;
    g->done.policy = row.policy_id;
    return allowance_room(c, g->a, g->who->brand, g->who->agent, g->now, &g->done.room);
}

err gesture_give_in(db_conn *c, struct desk *d, arena *a, const struct actor *who,
                    const struct gesture_wish *wish, struct gesture_done *ret) {
    struct give g = {.d = d, .a = a, .who = who, .wish = wish, .now = desk_now(d)};
    TRY(check_wish(&g));
    TRY(write_gesture(c, &g));
    *ret = g.done;
    return ERR_NONE;
}

err gesture_give(struct desk *d, arena *a, const struct actor *who, const struct gesture_wish *wish,
                 struct gesture_done *ret) {
    struct give g = {.d = d, .a = a, .who = who, .wish = wish, .now = desk_now(d)};
    TRY(check_wish(&g));
    TRY(db_write(d->db, write_gesture, &g));
    if (!g.done.repeated) desk_changed(d, who->brand, wish->conversation, "gesture");
    *ret = g.done;
    return ERR_NONE;
}

/* ---- steps ---- */

struct step_change {
    arena *a;
    const struct actor *who;
    int64_t gesture, now;
    gesture_state to;
    str note;
    int64_t conversation;
};

static err check_decide(const struct step_change *x, const struct store_gesture *g, bool lead) {
    if (!lead) return err_set(ERR_DENIED, "Only a lead confirms or declines what was asked.");
    if (g->agent_id == x->who->agent)
        return err_set(ERR_DENIED, "Another lead has to decide this: you asked for it yourself.");
    if (g->state != GESTURE_ASKED)
        return err_set(ERR_CONFLICT, "This waits for nobody any more: %.*s decided it.",
                       STR_FMT(g->state_agent_name));
    return ERR_NONE;
}

static err check_withdraw(const struct step_change *x, const struct store_gesture *g, bool lead) {
    if (g->agent_id != x->who->agent && !lead)
        return err_set(ERR_DENIED, "Only %.*s or a lead can withdraw this.", STR_FMT(g->agent_name));
    if (g->state == GESTURE_DECLINED || g->state == GESTURE_WITHDRAWN)
        return err_set(ERR_CONFLICT, "This does not hold any more; there is nothing to withdraw.");
    return ERR_NONE;
}

static err write_step(db_conn *c, void *arg) {
    struct step_change *x = arg;
    struct store_gesture g;
    bool lead;
    x->conversation = 0;
    TRY(gesture_may(c, x->a, x->who, &lead));
    TRY(store_gesture_get(c, x->a, x->who->brand, x->gesture, &g));
    if (g.state == x->to && g.state_agent_id == x->who->agent) return ERR_NONE;
    if (x->to == GESTURE_WITHDRAWN)
        TRY(check_withdraw(x, &g, lead));
    else
        TRY(check_decide(x, &g, lead));
    if (x->to == GESTURE_WITHDRAWN && g.month)
        TRY(store_used_give_back(c, x->who->brand, g.agent_id, g.month, g.currency, g.cost));
    TRY(add_step(c, x->who, &g, x->to, x->note, x->a, x->now));
    if (!gesture_holds(x->to)) TRY(box_gesture_gone_in(c, x->a, x->who, g.id, x->now));
    x->conversation = g.conversation_id;
    return ERR_NONE;
}

static err take_step(struct desk *d, arena *a, const struct actor *who, int64_t gesture, gesture_state to,
                     str note) {
    struct step_change x = {.a = a, .who = who, .gesture = gesture, .now = desk_now(d), .to = to};
    TRY(check_line_or_empty("The note", note, GESTURE_NOTE_BYTES, &x.note));
    if (to == GESTURE_DECLINED && !x.note.n)
        return err_set(ERR_INVALID, "Say in a sentence why not, and what could be done instead.");
    TRY(db_write(d->db, write_step, &x));
    if (x.conversation) desk_changed(d, who->brand, x.conversation, "gesture");
    return ERR_NONE;
}

err gesture_confirm(struct desk *d, arena *a, const struct actor *who, int64_t gesture, str note) {
    return take_step(d, a, who, gesture, GESTURE_CONFIRMED, note);
}

err gesture_decline(struct desk *d, arena *a, const struct actor *who, int64_t gesture, str note) {
    return take_step(d, a, who, gesture, GESTURE_DECLINED, note);
}

err gesture_withdraw(struct desk *d, arena *a, const struct actor *who, int64_t gesture, str note) {
    return take_step(d, a, who, gesture, GESTURE_WITHDRAWN, note);
}

/* ---- reading ---- */

err gesture_list_of(const struct desk *d, arena *a, int64_t brand, int64_t conversation,
                    store_gesture_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return store_gestures_of_conversation(c, a, brand, conversation, ret);
}

err gesture_get(const struct desk *d, arena *a, int64_t brand, int64_t gesture, struct store_gesture *ret,
                store_step_list *ret_steps) {
    DB_READ_AUTO db_conn *c = NULL;
    struct store_gesture g;
    TRY(db_read_begin(d->db, &c));
    TRY(store_gesture_get(c, a, brand, gesture, &g));
    TRY(store_steps_of(c, a, brand, gesture, ret_steps));
    *ret = g;
    return ERR_NONE;
}

err gesture_asked(const struct desk *d, arena *a, int64_t brand, int64_t after, int limit,
                  store_gesture_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return store_gestures_asked(c, a, brand, after, limit, ret);
}

err gesture_room(const struct desk *d, arena *a, const struct actor *who, struct allowance_room *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return allowance_room(c, a, who->brand, who->agent, desk_now(d), ret);
}
