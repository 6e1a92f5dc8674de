#include "web/policy_page.h"

#include "policy.tmpl.h"
#include "web/gesture_panel.h"

/* ---- all of them ---- */

err policies_view(struct web_call *w) {
    struct policies_view *v = arena_alloc(w->arena, sizeof *v);
    TRY(leeway_load(w, T("Policies"), "policies", &v->admin));
    TRY(leeway_currency(w, &v->currency));
    web_read_end(w);
    TRY(policy_list(w->desk, w->arena, w->who.brand.id, &v->live, &v->retired));
    if (w->in->method != HTTP_GET) v->typed = str_clip_utf8(web_param(w, "currency"), 40);
    w->view = v;
    return ERR_NONE;
}

void policies_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct policies_view *v = w->view;
    leeway_open(w, &v->admin);
    tmpl_policies(&w->page, v);
    leeway_close(w, &v->admin);
}

void policy_json_object(const struct web_call *w, struct json_out *o, const struct store_policy *p,
                        struct currency c) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, p->id);
    json_key(o, S("situation")), json_str(o, p->situation);
    json_key(o, S("item_kind")), json_str(o, p->item_kind);
    json_key(o, S("code")), json_str(o, p->item_code);
    json_key(o, S("item")), json_str(o, p->item_name);
    json_key(o, S("answer")), json_str(o, str_z(policy_answer_name(p->answer)));
    leeway_json_amount(w, o, "amount", p->amount, c);
    json_key(o, S("quantity")), json_int(o, p->quantity);
    json_key(o, S("hint")), json_str(o, p->hint);
    json_key(o, S("agent_name")), json_str(o, p->agent_name);
    json_key(o, S("updated_at")), json_int(o, p->updated_at);
    json_key(o, S("retired_at")), json_int(o, p->retired_at);
    json_close_object(o);
}

static void json_policies(const struct web_call *w, struct json_out *o, const char *key,
                          const store_policy_list *rows, struct currency c) {
    json_key(o, str_z(key));
    json_open_array(o);
    for (size_t i = 0; i < rows->n; i++) policy_json_object(w, o, &rows->v[i], c);
    json_close_array(o);
}

void policies_json(const struct web_call *w, struct json_out *o) {
    const struct policies_view *v = w->view;
    json_open_object(o);
    json_key(o, S("currency")), json_str(o, currency_str(&v->currency));
    json_policies(w, o, "policies", &v->live, v->currency);
    json_policies(w, o, "retired", &v->retired, v->currency);
    json_close_object(o);
}

/* ---- one ---- */

static err get_policy(struct web_call *w, int64_t id, struct store_policy *ret) {
    db_conn *c;
    TRY(web_read(w, &c));
    return store_policy_get(c, w->arena, w->who.brand.id, id, ret);
}

static str or_now(const struct web_call *w, const char *name, str now) {
    return web_param_has(w, name) ? str_clip_utf8(web_param_text(w, name), 10000) : now;
}

/* The form: what was typed or asked for, where nothing was what is. */
static void fill_form(struct web_call *w, struct policy_view *v) {
    const struct store_policy *p = &v->policy;
    bool is = p->id != 0;
    v->situation = or_now(w, "situation", is ? p->situation : S("lost"));
    v->item_kind = or_now(w, "item_kind", p->item_kind);
    v->code = or_now(w, "code", p->item_code);
    v->answer = or_now(w, "answer", is ? str_z(policy_answer_name(p->answer)) : S("replacement"));
    v->amount = or_now(w, "amount", p->amount ? money_number(w->arena, p->amount, v->currency) : S(""));
    v->quantity = or_now(w, "quantity", is ? str_fmt(w->arena, "%lld", (long long)p->quantity) : S(""));
    v->hint = or_now(w, "hint", p->hint);
}

/* What stands where the pattern would go. */
static err find_replaced(struct web_call *w, struct policy_view *v) {
    struct store_policy now;
    int64_t retired;
    db_conn *c;
    TRY(web_read(w, &c));
    TRY(store_policy_at(c, w->arena, w->who.brand.id, v->situation, v->item_kind, v->code, &now));
    TRY(concerns_check(c, w->arena, w->who.brand.id, (struct concerns){v->item_kind, v->code}, &v->item,
                       &retired));
    v->replaces = now.id;
    if (now.id && !web_param_has(w, "hint")) v->hint = now.hint;
    return ERR_NONE;
}

err policy_new_view(struct web_call *w) {
    struct policy_view *v = arena_alloc(w->arena, sizeof *v);
    v->pattern = web_param_on(w, "pattern");
    TRY(leeway_load(w, v->pattern ? T("A pattern becomes policy") : T("A new policy"), "policies",
                    &v->admin));
    TRY(leeway_currency(w, &v->currency));
    fill_form(w, v);
    if (v->pattern) TRY(find_replaced(w, v));
    w->view = v;
    return ERR_NONE;
}

err policy_view(struct web_call *w) {
    struct policy_view *v = arena_alloc(w->arena, sizeof *v);
    int64_t id;
    TRY(web_id(w, 1, &id));
    TRY(get_policy(w, id, &v->policy));
    TRY(leeway_load(w, T("A policy"), "policies", &v->admin));
    TRY(leeway_currency(w, &v->currency));
    v->gone = v->policy.retired_at != 0;
    if (w->in->method == HTTP_GET) {
        const struct store_policy *p = &v->policy;
        *v = (struct policy_view){.admin = v->admin, .currency = v->currency, .policy = *p, .gone = v->gone};
    }
    fill_form(w, v);
    w->view = v;
    return ERR_NONE;
}

void policy_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct policy_view *v = w->view;
    leeway_open(w, &v->admin);
    tmpl_policy(&w->page, v);
    leeway_close(w, &v->admin);
}

void policy_json(const struct web_call *w, struct json_out *o) {
    const struct policy_view *v = w->view;
    policy_json_object(w, o, &v->policy, v->currency);
}

/* ---- keeping ---- */

static err read_quantity(struct web_call *w, int64_t *ret) {
    str text = str_trim(web_param(w, "quantity"));
    int64_t n = 0;
    if (text.n && (!str_to_int(text, &n) || n < 1 || n > POLICY_QUANTITY_MAX))
        return err_set(ERR_INVALID, "The quantity must be from 1 to %d.", POLICY_QUANTITY_MAX);
    *ret = n;
    return ERR_NONE;
}

/* Of a change, what is left out stays as it is. */
static err read_form(struct web_call *w, const struct store_policy *now, struct policy_form *f) {
    struct currency own;
    TRY(leeway_currency(w, &own));
    web_read_end(w);
    *f = (struct policy_form){
        .situation = or_now(w, "situation", now->situation),
        .concerns = {or_now(w, "item_kind", now->item_kind), str_trim(or_now(w, "code", now->item_code))},
        .answer = now->answer,
        .currency = web_param(w, "currency"),
        .hint = or_now(w, "hint", now->hint)};
    if ((!now->id || web_param_has(w, "answer")) && !policy_answer_from(web_param(w, "answer"), &f->answer))
        return err_set(ERR_INVALID, "The answer is one of: replacement, part, refund, voucher, extra, "
                                    "ask_payment, none.");
    TRY(leeway_amount(w, "amount", own, web_param_has(w, "amount") ? 0 : now->amount, &f->amount));
    TRY(read_quantity(w, &f->quantity));
    if (!web_param_has(w, "quantity")) f->quantity = now->quantity;
    return ERR_NONE;
}

/* For the answer to a program. */
static err show_kept(struct web_call *w, int64_t id) {
    struct policy_view *v = arena_alloc(w->arena, sizeof *v);
    TRY(get_policy(w, id, &v->policy));
    TRY(leeway_currency(w, &v->currency));
    w->view = v;
    return ERR_NONE;
}

static err again(struct web_call *w, err e, err (*view)(struct web_call *w)) {
    if (e == ERR_LIMIT) w->status = 422;
    return admin_again(w, e, view);
}

err policy_do_add(struct web_call *w) {
    struct policy_form f;
    int64_t id;
    err e = read_form(w, &(struct store_policy){.id = 0}, &f);
    if (!e) e = policy_add(w->desk, w->arena, &w->actor, &f, &id);
    if (e) {
        /* An item that the catalogue lacks is a mistake in the form. */
        if (e == ERR_MISSING)
            e = err_set(ERR_INVALID, "%s", str_cstr(w->arena, str_copy(w->arena, str_z(err_text()))));
        return again(w, e, policy_new_view);
    }
    TRY(show_kept(w, id));
    admin_kept(w, "/policies");
    return ERR_NONE;
}

err policy_do_change(struct web_call *w) {
    struct policy_form f;
    struct store_policy now;
    int64_t id, made;
    TRY(web_id(w, 1, &id));
    TRY(get_policy(w, id, &now));
    web_read_end(w);
    err e = read_form(w, &now, &f);
    if (!e) e = policy_change(w->desk, w->arena, &w->actor, id, &f, &made);
    if (e) {
        if (e == ERR_MISSING)
            e = err_set(ERR_INVALID, "%s", str_cstr(w->arena, str_copy(w->arena, str_z(err_text()))));
        return again(w, e, policy_view);
    }
    TRY(show_kept(w, made));
    admin_kept(w, "/policies");
    return ERR_NONE;
}

err policy_do_retire(struct web_call *w) {
    int64_t id;
    TRY(web_id(w, 1, &id));
    TRY(policy_retire(w->desk, w->arena, &w->actor, id));
    TRY(show_kept(w, id));
    admin_kept(w, "/policies");
    return ERR_NONE;
}

err policy_do_currency(struct web_call *w) {
    err e = policy_currency_change(w->desk, w->arena, &w->actor, web_param(w, "currency"));
    if (e) return again(w, e, policies_view);
    if (w->json) TRY(policies_view(w));
    admin_kept(w, "/policies");
    return ERR_NONE;
}

/* ---- from a pattern ---- */

str pattern_path(struct web_call *w, const struct store_pattern *p, struct currency c) {
    str amount = money_number(w->arena, p->most, c);
    BUF_AUTO buf b = BUF_MAX(4096);
    buf_add(&b, web_path(w, "/policies/new?pattern=1&situation="));
    http_encode(&b, p->situation);
    buf_add_fmt(&b, "&answer=%s&item_kind=%.*s&code=", gesture_kind_name(p->kind), STR_FMT(p->item_kind));
    http_encode(&b, p->item_code);
    buf_add_fmt(&b, "&amount=%.*s&quantity=%lld", STR_FMT(amount), (long long)p->quantity);
    return buf_ok(&b) ? str_copy(w->arena, buf_str(&b)) : web_path(w, "/policies/new");
}

static err read_choice(struct web_call *w, struct pattern_choice *x) {
    struct currency own;
    TRY(leeway_currency(w, &own));
    web_read_end(w);
    *x = (struct pattern_choice){.situation = web_param(w, "situation"),
                                 .concerns = {web_param(w, "item_kind"), web_param(w, "code")},
                                 .hint = web_param_text(w, "hint")};
    if (!gesture_kind_from(web_param(w, "answer"), &x->kind))
        return err_set(ERR_INVALID, "The answer is one of: replacement, part, refund, voucher, extra.");
    TRY(leeway_amount(w, "amount", own, -1, &x->amount));
    return read_quantity(w, &x->quantity);
}

err policy_do_pattern(struct web_call *w) {
    struct pattern_choice x;
    int64_t id;
    err e = read_choice(w, &x);
    if (!e) e = judgement_make_policy(w->desk, w->arena, &w->actor, &x, &id);
    if (e) return again(w, e, policy_new_view);
    TRY(show_kept(w, id));
    admin_kept(w, "/policies");
    return ERR_NONE;
}
