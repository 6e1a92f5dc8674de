/* What boxes mean for promises, and for the conversation. */
#include "desk/box_own.h"
#include "desk/events.h"
#include "desk/promise_own.h"
#include "desk/roles.h"
#include "store/agent.h"

static struct promise_proof proof_of(const struct box_work *w) {
    return (struct promise_proof){PROOF_BOX, w->box.id};
}

static err change(struct box_work *w, promise_step_kind step, int64_t day, str why) {
    struct promise_change x = {.promise = w->box.promise_id, .seen_steps = -1, .day = day, .why = why};
    int64_t conversation;
    if (step == STEP_KEPT || step == STEP_BROKEN) x.proof = proof_of(w);
    return promise_change_in(w->c, w->a, w->who, step, &x, w->now, &conversation);
}

/* ret->id 0: the box has none. */
static err its_promise(struct box_work *w, struct store_promise *ret) {
    *ret = (struct store_promise){0};
    if (!w->box.promise_id) return ERR_NONE;
    err e = store_promise_get(w->c, w->a, w->who->brand, w->box.promise_id, ret);
    return e == ERR_MISSING ? ERR_NONE : e;
}

err box_promise_gone(struct box_work *w, bool *ret) {
    struct store_promise p;
    TRY(its_promise(w, &p));
    *ret = w->box.promise_id && !p.id;
    return ERR_NONE;
}

/* ---- tying ---- */

static err check_given(struct box_work *w, int64_t promise) {
    struct store_promise p;
    TRY(store_promise_get(w->c, w->a, w->who->brand, promise, &p));
    if (p.whose != PROMISE_OURS || p.conversation_id != w->box.conversation_id)
        return err_set(ERR_INVALID, "A box keeps a promise of ours in its own conversation.");
    if (p.state != PROMISE_OPEN) return err_set(ERR_CONFLICT, "That promise is settled already.");
    return ERR_NONE;
}

/* Made by this very box, and not by what somebody wrote. */
static err is_own(struct box_work *w, const struct store_promise *p, bool *ret) {
    promise_step_list steps;
    TRY(store_promise_steps(w->c, w->a, w->who->brand, p->id, &steps));
    *ret = steps.n && steps.v[0].proof.kind == PROOF_BOX && steps.v[0].proof.id == w->box.id;
    return ERR_NONE;
}

/* The only open one of ours but `except` that no other box keeps; 0 when there is none, or nobody can say
 * which.
 */
static err only_open(struct box_work *w, int64_t except, int64_t *ret) {
    enum { LOOKED_AT = 500 };
    store_promise_list all;
    int64_t found = 0;
    TRY(store_promises_of_conversation(w->c, w->a, w->who->brand, w->box.conversation_id, 0, LOOKED_AT,
                                       &all));
    *ret = 0;
    for (size_t i = 0; i < all.n; i++) {
        store_box_list boxes;
        const struct store_promise *p = &all.v[i];
        if (p->whose != PROMISE_OURS || p->state != PROMISE_OPEN || p->id == except) continue;
        TRY(store_boxes_of_promise(w->c, w->a, w->who->brand, p->id, &boxes));
        if (boxes.n && boxes.v[0].id != w->box.id) continue;
        if (found) return ERR_NONE;
        found = p->id;
    }
    *ret = found;
    return ERR_NONE;
}

static err make_one(struct box_work *w, int64_t *ret) {
    str what = box_what(w->a, &w->items);
    struct promise_wish wish = {.conversation = w->box.conversation_id,
                                .text =
                                    str_fmt(w->a, "Box %lld: %.*s", (long long)w->box.number, STR_FMT(what)),
                                .day = w->box.due_day,
                                .from = proof_of(w)};
    return promise_add_in(w->c, w->a, w->who, &wish, w->now, ret);
}

err box_tie_promise(struct box_work *w, int64_t wish, bool may_make) {
    if (wish < 0) {
        w->box.promise_id = 0;
        return ERR_NONE;
    }
    if (wish > 0) {
        TRY(check_given(w, wish));
        w->box.promise_id = wish;
        return ERR_NONE;
    }
    struct store_promise p;
    int64_t today;
    TRY(its_promise(w, &p));
    w->box.promise_id = p.id; /* 0 for one that went with a reply that was taken back */
    if (p.id) return ERR_NONE;
    TRY(only_open(w, 0, &w->box.promise_id));
    if (w->box.promise_id || !may_make || !w->box.due_day) return ERR_NONE;
    TRY(box_today(w->c, w->a, w->who->brand, w->now, &today));
    return w->box.due_day < today ? ERR_NONE : make_one(w, &w->box.promise_id);
}

err box_may_take(struct box_work *w, bool *ret) {
    struct store_promise p;
    bool own = true;
    TRY(its_promise(w, &p));
    if (p.id && p.state == PROMISE_OPEN) TRY(is_own(w, &p, &own));
    *ret = p.id ? p.state == PROMISE_OPEN && own : true;
    return ERR_NONE;
}

err box_take_promise(struct box_work *w, bool *ret_taken) {
    struct store_promise p;
    int64_t found;
    *ret_taken = false;
    TRY(its_promise(w, &p));
    TRY(only_open(w, p.id, &found));
    if (!found) return ERR_NONE;
    if (p.id) TRY(change(w, STEP_RELEASED, 0, S("The reply promises it now.")));
    w->box.promise_id = found;
    *ret_taken = true;
    return ERR_NONE;
}

err box_drop_settled(struct box_work *w) {
    struct store_promise p;
    TRY(its_promise(w, &p));
    if (!p.id || p.state != PROMISE_OPEN) w->box.promise_id = 0;
    return ERR_NONE;
}

/* ---- telling it ---- */

static str missing_names(struct box_work *w) {
    store_box_item_list gone = {0};
    for (size_t i = 0; i < w->items.n; i++)
        if (w->items.v[i].is_short) *list_add(w->a, &gone) = w->items.v[i];
    return box_what(w->a, &gone);
}

err box_warn(struct box_work *w) {
    struct store_promise p;
    int64_t day = 0;
    str why, number = str_fmt(w->a, "Box %lld", (long long)w->box.number);
    TRY(its_promise(w, &p));
    if (!p.id || p.state != PROMISE_OPEN || p.whose != PROMISE_OURS) return ERR_NONE;
    if (box_unsent(w->box.state)) {
        TRY(box_true_day_in(w->c, w->a, w->who->brand, &w->items, w->now, &day));
        str gone = missing_names(w);
        why = str_fmt(w->a, "%.*s waits for what is not in stock: %.*s.", STR_FMT(number), STR_FMT(gone));
    } else {
        day = w->box.due_day;
        why = str_fmt(w->a, "%.*s left, and should arrive on that day.", STR_FMT(number));
    }
    if (day <= p.due_day || day == p.warned_day) return ERR_NONE;
    return change(w, STEP_WARNED, day, why);
}

err box_promise_arrived(struct box_work *w) {
    struct store_promise p;
    TRY(its_promise(w, &p));
    if (!p.id || p.state != PROMISE_OPEN) return ERR_NONE;
    const struct zone *zone;
    TRY(promise_zone(w->c, w->a, w->who->brand, &zone));
    str day = promise_day_text(w->a, promise_day_of(zone, w->now));
    str due = promise_day_text(w->a, p.due_day), why = S("");
    if (p.due_at < w->now)
        why = str_fmt(w->a, "Box %lld arrived late: %.*s instead of %.*s.", (long long)w->box.number,
                      STR_FMT(day), STR_FMT(due));
    return change(w, STEP_KEPT, 0, why);
}

err box_promise_failed(struct box_work *w, const char *why) {
    struct store_promise p;
    TRY(its_promise(w, &p));
    if (!p.id) return ERR_NONE;
    str said = str_fmt(w->a, "Box %lld %s.", (long long)w->box.number, why);
    if (p.state == PROMISE_KEPT && p.proof.kind == PROOF_BOX && p.proof.id == w->box.id) {
        TRY(change(w, STEP_REOPENED, 0, said));
        TRY(its_promise(w, &p));
    }
    if (p.state != PROMISE_OPEN || p.due_at >= w->now) return ERR_NONE;
    return change(w, STEP_BROKEN, 0, said);
}

/* What only the box itself promised, it takes along. */
err box_promise_cancelled(struct box_work *w) {
    struct store_promise p;
    bool own;
    TRY(its_promise(w, &p));
    if (!p.id || p.state != PROMISE_OPEN) return ERR_NONE;
    TRY(is_own(w, &p, &own));
    if (!own) return ERR_NONE;
    return change(w, STEP_RELEASED, 0, str_fmt(w->a, "Box %lld was cancelled.", (long long)w->box.number));
}

/* ---- the conversation ---- */

static err is_here(struct box_work *w, int64_t agent, bool *ret) {
    struct store_agent there;
    enum role role;
    *ret = false;
    if (!agent) return ERR_NONE;
    err e = store_agent_by_id(w->c, w->a, w->who->brand, agent, &there);
    if (e && e != ERR_MISSING) return e;
    *ret = !e && !there.away_at && !there.disabled_at && !there.account_disabled_at &&
           role_from(there.role, &role) && role_may(role, RIGHT_WRITE);
    return ERR_NONE;
}

err box_back_to_agent(struct box_work *w) {
    struct conversation v;
    bool holder, maker;
    TRY(store_conversation_get(w->c, w->a, w->who->brand, w->box.conversation_id, &v));
    if (v.closed_kind == CLOSED_JUNK) return ERR_NONE;
    TRY(is_here(w, v.agent_id, &holder));
    TRY(is_here(w, w->box.agent_id, &maker));
    if (!holder) v.agent_id = maker ? w->box.agent_id : 0;
    if (!v.waiting_since) v.waiting_since = w->now;
    v.state = CONVERSATION_US;
    v.closed_kind = CLOSED_NOT;
    v.closed_reason = CLOSE_ANSWERED;
    v.closed_at = v.closed_by = 0;
    v.version++;
    v.updated_at = w->now;
    return store_conversation_update(w->c, w->who->brand, &v);
}
