#include "web/gesture_page.h"

#include "gesture.tmpl.h"
#include "web/conversation_page.h"
#include "web/error_page.h"

/* ---- JSON ---- */

void gesture_json_object(const struct web_call *w, struct json_out *o, const struct store_gesture *g) {
    struct currency c;
    json_open_object(o);
    json_key(o, S("id")), json_id(o, g->id);
    json_key(o, S("conversation")), json_id(o, g->conversation_id);
    json_key(o, S("customer_name")), json_str(o, g->customer_name);
    json_key(o, S("kind")), json_str(o, str_z(gesture_kind_name(g->kind)));
    json_key(o, S("situation")), json_str(o, g->situation);
    json_key(o, S("item_kind")), json_str(o, g->item_kind);
    json_key(o, S("code")), json_str(o, g->item_code);
    json_key(o, S("item")), json_str(o, g->item_name);
    json_key(o, S("quantity")), json_int(o, g->quantity);
    if (currency_from(g->currency, &c) == ERR_NONE) leeway_json_amount(w, o, "cost", g->cost, c);
    json_key(o, S("currency")), json_str(o, g->currency);
    json_key(o, S("policy"));
    if (g->policy_id)
        json_id(o, g->policy_id);
    else
        json_nil(o);
    json_key(o, S("judgement")), json_str(o, g->judgement);
    json_key(o, S("agent")), json_id(o, g->agent_id);
    json_key(o, S("agent_name")), json_str(o, g->agent_name);
    json_key(o, S("at")), json_int(o, g->at);
    json_key(o, S("state")), json_str(o, str_z(gesture_state_name(g->state)));
    json_key(o, S("state_agent_name")), json_str(o, g->state_agent_name);
    json_key(o, S("state_at")), json_int(o, g->state_at);
    json_key(o, S("note")), json_str(o, g->state_note);
    json_close_object(o);
}

static void json_room(const struct web_call *w, struct json_out *o, const struct allowance_room *r) {
    json_key(o, S("room"));
    json_open_object(o);
    json_key(o, S("month")), json_int(o, r->month);
    leeway_json_amount(w, o, "amount", r->amount, r->currency);
    leeway_json_amount(w, o, "used", r->used, r->currency);
    leeway_json_amount(w, o, "left", r->room, r->currency);
    json_key(o, S("currency")), json_str(o, currency_str(&r->currency));
    json_close_object(o);
}

static void json_gestures(const struct web_call *w, struct json_out *o, const store_gesture_list *rows) {
    json_key(o, S("gestures"));
    json_open_array(o);
    for (size_t i = 0; i < rows->n; i++) gesture_json_object(w, o, &rows->v[i]);
    json_close_array(o);
}

static void json_offer(const struct web_call *w, struct json_out *o, const struct gesture_offer *x,
                       struct currency c) {
    json_open_object(o);
    json_key(o, S("situation")), json_str(o, x->situation);
    json_key(o, S("item_kind")), json_str(o, x->concerns.kind);
    json_key(o, S("code")), json_str(o, x->concerns.code);
    json_key(o, S("item")), json_str(o, x->item_name);
    json_key(o, S("retired")), json_bool(o, x->retired);
    json_key(o, S("kind")), json_str(o, str_z(gesture_kind_name(x->kind)));
    json_key(o, S("within_policy")), json_bool(o, x->within);
    json_key(o, S("in_a_box")), json_bool(o, x->boxed);
    leeway_json_amount(w, o, "cost_each", x->cost_each, c);
    json_key(o, S("already")), json_int(o, x->already);
    json_key(o, S("policy"));
    if (x->policy.id) {
        json_open_object(o);
        json_key(o, S("id")), json_id(o, x->policy.id);
        json_key(o, S("answer")), json_str(o, str_z(policy_answer_name(x->policy.answer)));
        leeway_json_amount(w, o, "amount", x->policy.amount, c);
        json_key(o, S("hint")), json_str(o, x->policy.hint);
        json_key(o, S("quantity_left")), json_int(o, x->quantity_left);
        json_close_object(o);
    } else {
        json_nil(o);
    }
    json_close_object(o);
}

/* ---- of a conversation ---- */

err gestures_view(struct web_call *w) {
    struct gesture_offers *v = arena_alloc(w->arena, sizeof *v);
    int64_t id;
    TRY(web_id(w, 1, &id));
    TRY(gesture_offers(w->desk, w->arena, &w->actor, id, v));
    if (!web_may(w, RIGHT_WRITE)) v->offers.n = 0;
    w->view = v;
    web_go(w, web_path(w, "/c/%lld#gestures", (long long)id));
    return ERR_NONE;
}

void gestures_json(const struct web_call *w, struct json_out *o) {
    const struct gesture_offers *v = w->view;
    json_open_object(o);
    json_gestures(w, o, &v->gestures);
    json_key(o, S("seen_gestures")), json_int(o, v->seen_gestures);
    if (web_may(w, RIGHT_WRITE)) json_room(w, o, &v->room);
    json_key(o, S("offers"));
    json_open_array(o);
    for (size_t i = 0; i < v->offers.n; i++) json_offer(w, o, &v->offers.v[i], v->room.currency);
    json_close_array(o);
    json_close_object(o);
}

/* What the refused form is shown with: a way that is still open. */
struct way {
    bool ask, retired;
};

static void also_way(const struct web_call *w, struct json_out *o) {
    const struct way *x = w->view;
    json_key(o, S("may"));
    json_str(o, x->ask ? S("ask") : x->retired ? S("even_retired") : S(""));
}

/* A sentence may be typed over several lines; it is one. */
static str one_line(struct web_call *w, const char *name) {
    str text = str_trim(web_param_text(w, name));
    char *out = arena_copy(w->arena, text.p, text.n);
    for (size_t i = 0; i < text.n; i++)
        if (out[i] == '\n') out[i] = ' ';
    return (str){out, text.n};
}

static err take_item(struct web_call *w, struct gesture_wish *wish) {
    struct concerns found;
    wish->item_name = web_param(w, "item");
    wish->concerns = (struct concerns){web_param(w, "item_kind"), web_param(w, "code")};
    bool other = web_param_has(w, "item_was") && !str_eq(str_trim(wish->item_name), web_param(w, "item_was"));
    if (wish->concerns.code.n && !other) return ERR_NONE;
    if (other) wish->concerns = (struct concerns){S(""), S("")};
    TRY(gesture_item_typed(w->desk, w->arena, w->who.brand.id, wish->item_name, &found));
    if (found.code.n) wish->concerns = found;
    return ERR_NONE;
}

static err take_wish(struct web_call *w, struct currency own, struct gesture_wish *wish) {
    if (!gesture_kind_from(web_param(w, "kind"), &wish->kind))
        return err_set(ERR_INVALID, "The kind is one of: replacement, part, refund, voucher, extra.");
    wish->situation = web_param(w, "situation").n ? web_param(w, "situation") : S("other");
    str quantity = str_trim(web_param(w, "quantity"));
    wish->quantity = 1;
    if (quantity.n && (!str_to_int(quantity, &wish->quantity) || wish->quantity < 1 ||
                       wish->quantity > POLICY_QUANTITY_MAX))
        return err_set(ERR_INVALID, "The quantity must be from 1 to %d.", POLICY_QUANTITY_MAX);
    TRY(leeway_amount(w, "cost", own, 0, &wish->cost));
    TRY(take_item(w, wish));
    wish->currency = web_param(w, "currency");
    wish->judgement = one_line(w, "judgement");
    wish->key = web_param(w, "key");
    wish->ask = web_param_on(w, "ask");
    wish->even_retired = web_param_on(w, "even_retired");
    if (!web_param_has(w, "seen_gestures")) return ERR_NONE;
    return web_param_int(w, "seen_gestures", -1, &wish->seen_gestures);
}

/* Whether the item is one that the catalogue no longer holds. */
static bool is_retired(struct web_call *w, struct concerns x) {
    str name;
    int64_t at = 0;
    db_conn *c;
    bool is = x.code.n && web_read(w, &c) == ERR_NONE &&
              concerns_check(c, w->arena, w->who.brand.id, x, &name, &at) == ERR_NONE && at;
    web_read_end(w);
    return is;
}

err gesture_do_give(struct web_call *w) {
    struct gesture_wish wish = {.seen_gestures = -1};
    struct gesture_done done;
    struct conversation v;
    struct currency own;
    db_conn *c;
    TRY(web_id(w, 1, &wish.conversation));
    TRY(web_read(w, &c));
    TRY(store_conversation_get(c, w->arena, w->who.brand.id, wish.conversation, &v));
    TRY(leeway_currency(w, &own));
    web_read_end(w);
    web_go(w, web_path(w, "/c/%lld#gestures", (long long)wish.conversation));
    err e = take_wish(w, own, &wish);
    if (!e) e = gesture_give(w->desk, w->arena, &w->actor, &wish, &done);
    if (e == ERR_NONE) {
        struct gesture_done *kept = arena_alloc(w->arena, sizeof *kept);
        *kept = done;
        w->view = kept;
        return ERR_NONE;
    }
    str says = str_copy(w->arena, str_z(err_text()));
    /* The conversation is there: it is the item that is not, and the form can name another. */
    if (e == ERR_MISSING) e = ERR_INVALID;
    struct way *way = arena_alloc(w->arena, sizeof *way);
    way->retired = e == ERR_CONFLICT && !wish.even_retired && is_retired(w, wish.concerns);
    /* ERR_LIMIT is also an amount that no desk can count. */
    way->ask = e == ERR_LIMIT && wish.cost > 0 && wish.cost <= MONEY_MAX;
    w->view = way;
    w->also = also_way;
    if (e == ERR_LIMIT) w->status = 422;
    return err_set(e, "%.*s", STR_FMT(says));
}

void gesture_again(struct web_call *w) {
    const struct way *way = w->view;
    struct conversation_page *p;
    str says = w->says;
    int64_t id;
    int status = w->out->status;
    if (!way || web_id(w, 1, &id) || conversation_load(w, id, false, &p)) {
        web_error(w, status, err_name(w->problem), says);
        return;
    }
    gesture_panel_refused(w, p, says, way->ask, way->retired);
    w->view = p;
    w->out->type = S("text/html; charset=utf-8");
    conversation_html(w);
}

void gesture_done_json(const struct web_call *w, struct json_out *o) {
    const struct gesture_done *v = w->view;
    json_open_object(o);
    json_key(o, S("id")), json_id(o, v->id);
    json_key(o, S("state")), json_str(o, str_z(gesture_state_name(v->state)));
    json_key(o, S("within_policy")), json_bool(o, v->policy != 0);
    json_key(o, S("repeated")), json_bool(o, v->repeated);
    json_room(w, o, &v->room);
    json_close_object(o);
}

/* ---- one ---- */

struct one_view {
    struct store_gesture gesture;
    store_step_list steps;
};

/* The gesture in the path, as it stands. */
static err one(struct web_call *w, struct one_view **ret) {
    struct one_view *v = arena_alloc(w->arena, sizeof *v);
    int64_t id;
    TRY(web_id(w, 1, &id));
    TRY(gesture_get(w->desk, w->arena, w->who.brand.id, id, &v->gesture, &v->steps));
    *ret = v;
    return ERR_NONE;
}

err gesture_view(struct web_call *w) {
    struct one_view *v;
    TRY(one(w, &v));
    w->view = v;
    web_go(w, web_path(w, "/c/%lld#g-%lld", (long long)v->gesture.conversation_id, (long long)v->gesture.id));
    return ERR_NONE;
}

void gesture_json(const struct web_call *w, struct json_out *o) {
    const struct one_view *v = w->view;
    json_open_object(o);
    json_key(o, S("gesture"));
    gesture_json_object(w, o, &v->gesture);
    json_key(o, S("steps"));
    json_open_array(o);
    for (size_t i = 0; i < v->steps.n; i++) {
        const struct store_step *s = &v->steps.v[i];
        json_open_object(o);
        json_key(o, S("step")), json_str(o, str_z(gesture_state_name(s->step)));
        json_key(o, S("agent")), json_id(o, s->agent_id);
        json_key(o, S("agent_name")), json_str(o, s->agent_name);
        json_key(o, S("note")), json_str(o, s->note);
        json_key(o, S("at")), json_int(o, s->at);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}

typedef err step_fn(struct desk *d, arena *a, const struct actor *who, int64_t gesture, str note);

/* Take the step, and show programs how the gesture stands then. */
static err take_step(struct web_call *w, step_fn *step, const struct one_view *before) {
    TRY(step(w->desk, w->arena, &w->actor, before->gesture.id, one_line(w, "note")));
    struct one_view *after;
    TRY(one(w, &after));
    w->view = after;
    return ERR_NONE;
}

err gesture_do_withdraw(struct web_call *w) {
    struct one_view *v;
    TRY(one(w, &v));
    web_go(w, web_path(w, "/c/%lld#gestures", (long long)v->gesture.conversation_id));
    w->view = v;
    return take_step(w, gesture_withdraw, v);
}

void gesture_step_again(struct web_call *w) {
    const struct one_view *v = w->view;
    struct conversation_page *p;
    str says = w->says;
    int status = w->out->status;
    if (!v || conversation_load(w, v->gesture.conversation_id, false, &p)) {
        web_error(w, status, err_name(w->problem), says);
        return;
    }
    p->says = says;
    w->view = p;
    w->out->type = S("text/html; charset=utf-8");
    conversation_html(w);
}

/* ---- what waits for a lead ---- */

static err load_asked(struct web_call *w, struct asked_view *v) {
    TRY(leeway_load(w, T("Waiting for a lead"), "asked", &v->admin));
    TRY(web_param_int(w, "after", 0, &v->after));
    web_read_end(w);
    TRY(gesture_asked(w->desk, w->arena, w->who.brand.id, v->after, ASKED_ROWS + 1, &v->rows));
    if (v->rows.n > ASKED_ROWS) v->rows.n = ASKED_ROWS, v->next = v->rows.v[ASKED_ROWS - 1].id;
    return ERR_NONE;
}

err asked_view(struct web_call *w) {
    struct asked_view *v = arena_alloc(w->arena, sizeof *v);
    TRY(load_asked(w, v));
    w->view = v;
    return ERR_NONE;
}

void asked_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct asked_view *v = w->view;
    leeway_open(w, &v->admin);
    tmpl_asked(&w->page, v);
    leeway_close(w, &v->admin);
}

void asked_json(const struct web_call *w, struct json_out *o) {
    const struct asked_view *v = w->view;
    json_open_object(o);
    json_gestures(w, o, &v->rows);
    json_key(o, S("after"));
    if (v->next)
        json_id(o, v->next);
    else
        json_nil(o);
    json_close_object(o);
}

static err decide(struct web_call *w, step_fn *step) {
    struct one_view *before;
    TRY(one(w, &before));
    err e = take_step(w, step, before);
    if (e) {
        e = admin_again(w, e, asked_view);
        struct asked_view *v = w->view;
        if (!e || w->json || !v) return e;
        v->typed_for = before->gesture.id;
        v->typed = web_param(w, "note");
        return e;
    }
    admin_kept(w, "/gestures/asked");
    return ERR_NONE;
}

err gesture_do_confirm(struct web_call *w) { return decide(w, gesture_confirm); }
err gesture_do_decline(struct web_call *w) { return decide(w, gesture_decline); }

/* ---- export ---- */

static err put_bytes(void *context, str bytes) {
    struct web_call *w = context;
    buf_add(&w->out->body, bytes);
    return buf_ok(&w->out->body) ? ERR_NONE
                                 : err_set(ERR_LIMIT, "This is more than 64 MB. Take it in pieces: after=ID "
                                                      "gives the gestures after that one.");
}

err gestures_export(struct web_call *w) {
    int64_t after;
    TRY(web_param_int(w, "after", 0, &after));
    TRY(gesture_export(w->desk, w->who.brand.id, after, put_bytes, w));
    w->out->type = S("text/csv; charset=utf-8");
    web_header(w, "Content-Disposition", S("attachment; filename=\"gestures.csv\""));
    return ERR_NONE;
}
