#include "web/allowance_page.h"

#include "allowance.tmpl.h"
#include "desk/roles.h"
#include "web/gesture_panel.h"

/* ---- shared ---- */

err leeway_load(struct web_call *w, const char *title, const char *tab, struct admin *ret_admin) {
    struct admin v;
    TRY(admin_load(w, web_text(w, title), tab, &v));
    v.frame.at = str_eq(str_z(tab), S("asked")) ? "asked" : "leeway";
    *ret_admin = v;
    return ERR_NONE;
}

void leeway_open(struct web_call *w, struct admin *v) {
    v->says = w->problem ? w->says : S("");
    frame_open(w, &v->frame);
    tmpl_leeway_open(&w->page, v);
}

void leeway_close(struct web_call *w, struct admin *v) {
    tmpl_leeway_close(&w->page, v);
    frame_close(w, &v->frame);
}

err leeway_go(struct web_call *w) {
    web_go(w, web_path(w, "/allowance"));
    return ERR_NONE;
}

err leeway_currency(struct web_call *w, struct currency *ret) {
    db_conn *c;
    TRY(web_read(w, &c));
    return policy_currency(c, w->arena, w->who.brand.id, ret);
}

err leeway_amount(struct web_call *w, const char *name, struct currency own, int64_t otherwise,
                  int64_t *ret_minor) {
    str text = str_trim(web_param(w, name));
    int64_t minor = otherwise;
    TRY(policy_currency_check(own, web_param(w, "currency")));
    if (text.n) TRY(money_parse(text, own, &minor));
    *ret_minor = minor;
    return ERR_NONE;
}

void leeway_json_amount(const struct web_call *w, struct json_out *o, const char *key, int64_t minor,
                        struct currency c) {
    json_key(o, str_z(key)), json_str(o, money_number(w->arena, minor, c));
}

str leeway_month_text(struct web_call *w, int64_t month) {
    static const char *const names[] = {T("January {0}"), T("February {0}"), T("March {0}"),
                                        T("April {0}"),   T("May {0}"),      T("June {0}"),
                                        T("July {0}"),    T("August {0}"),   T("September {0}"),
                                        T("October {0}"), T("November {0}"), T("December {0}")};
    BUF_AUTO buf b = BUF_MAX(1000);
    if (month % 100 < 1 || month % 100 > 12) return str_fmt(w->arena, "%lld", (long long)month);
    str year = str_fmt(w->arena, "%lld", (long long)(month / 100));
    lang_fmt(&b, w->page.lang, names[month % 100 - 1], &year, 1);
    return str_copy(w->arena, buf_str(&b));
}

/* ---- the page ---- */

err allowance_view(struct web_call *w) {
    struct allowance_view *v = arena_alloc(w->arena, sizeof *v);
    v->typed_role = -1;
    v->lead = web_may(w, RIGHT_LEAD);
    TRY(leeway_load(w, T("Room to use"), "allowance", &v->admin));
    web_read_end(w);
    TRY(allowance_page(w->desk, w->arena, w->who.brand.id, &v->page));
    for (size_t i = 0; i < v->page.lines.n; i++)
        if (v->page.lines.v[i].agent == w->who.agent.id) v->own = v->page.lines.v[i];
    TRY(allowance_months(w->desk, w->arena, w->who.brand.id, w->who.agent.id, &v->months));
    w->view = v;
    return ERR_NONE;
}

void allowance_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct allowance_view *v = w->view;
    leeway_open(w, &v->admin);
    tmpl_allowance(&w->page, v);
    leeway_close(w, &v->admin);
}

static void json_line(const struct web_call *w, struct json_out *o, const struct allowance_line *l,
                      struct currency c) {
    json_open_object(o);
    json_key(o, S("agent")), json_id(o, l->agent);
    json_key(o, S("name")), json_str(o, l->name);
    json_key(o, S("role")), json_str(o, l->role);
    json_key(o, S("own")), json_bool(o, l->own);
    leeway_json_amount(w, o, "amount", l->amount, c);
    leeway_json_amount(w, o, "used", l->used, c);
    leeway_json_amount(w, o, "left", l->room, c);
    leeway_json_amount(w, o, "used_last_month", l->used_before, c);
    leeway_json_amount(w, o, "left_last_month", l->room_before, c);
    json_close_object(o);
}

static void json_months(const struct web_call *w, struct json_out *o, const store_used_list *months) {
    json_key(o, S("months"));
    json_open_array(o);
    for (size_t i = 0; i < months->n; i++) {
        struct currency c;
        json_open_object(o);
        json_key(o, S("month")), json_int(o, months->v[i].month);
        json_key(o, S("currency")), json_str(o, months->v[i].currency);
        if (currency_from(months->v[i].currency, &c) == ERR_NONE)
            leeway_json_amount(w, o, "used", months->v[i].used, c);
        json_close_object(o);
    }
    json_close_array(o);
}

void allowance_json(const struct web_call *w, struct json_out *o) {
    const struct allowance_view *v = w->view;
    struct currency c = v->page.currency;
    json_open_object(o);
    json_key(o, S("currency")), json_str(o, currency_str(&c));
    json_key(o, S("month")), json_int(o, v->page.month);
    json_key(o, S("you")), json_line(w, o, &v->own, c);
    json_months(w, o, &v->months);
    if (v->lead) {
        json_key(o, S("roles"));
        json_open_object(o);
        for (int r = 0; r < ROLES; r++)
            if (v->page.of_role[r] >= 0)
                leeway_json_amount(w, o, role_text((enum role)r), v->page.of_role[r], c);
        json_close_object(o);
        json_key(o, S("agents"));
        json_open_array(o);
        for (size_t i = 0; i < v->page.lines.n; i++) json_line(w, o, &v->page.lines.v[i], c);
        json_close_array(o);
    }
    json_close_object(o);
}

/* ---- setting ---- */

/* Whose allowance the form is about: of one agent, or of a role. */
static err whose(struct web_call *w, enum role *ret_role, int64_t *ret_agent) {
    int64_t agent;
    enum role role = ROLE_AGENT;
    TRY(web_param_int(w, "agent", 0, &agent));
    if (!agent && !role_from(web_param(w, "role"), &role))
        return err_set(ERR_INVALID,
                       "Say whose allowance: an agent's, or a role's (administrator, lead, agent).");
    *ret_role = role;
    *ret_agent = agent;
    return ERR_NONE;
}

static err save(struct web_call *w, bool clear) {
    struct currency own;
    int64_t agent, minor = 0;
    enum role role;
    TRY(whose(w, &role, &agent));
    if (clear) return allowance_clear(w->desk, w->arena, &w->actor, role, agent);
    TRY(leeway_currency(w, &own));
    web_read_end(w);
    TRY(leeway_amount(w, "amount", own, -1, &minor));
    if (minor < 0) return err_set(ERR_INVALID, "Say an amount; 0 is one.");
    return allowance_set(w->desk, w->arena, &w->actor, role, agent, minor, web_param(w, "currency"));
}

static err again(struct web_call *w, err e) {
    if (e == ERR_LIMIT) w->status = 422;
    e = admin_again(w, e, allowance_view);
    struct allowance_view *v = w->view;
    enum role role;
    int64_t agent;
    str says = str_copy(w->arena, str_z(err_text()));
    if (w->json || !v || whose(w, &role, &agent)) return err_set(e, "%.*s", STR_FMT(says));
    v->typed_agent = agent;
    v->typed_role = agent ? -1 : (int)role;
    v->typed = web_param(w, "amount");
    return e;
}

static err do_save(struct web_call *w, bool clear) {
    err e = save(w, clear);
    if (e) return again(w, e);
    if (w->json) TRY(allowance_view(w));
    admin_kept(w, "/allowance");
    return ERR_NONE;
}

err allowance_save(struct web_call *w) { return do_save(w, false); }
err allowance_do_clear(struct web_call *w) { return do_save(w, true); }

str allowance_field(const struct allowance_view *v, int role, const struct allowance_line *l) {
    arena *a = v->admin.frame.w->arena;
    if (l ? v->typed_agent == l->agent : v->typed_role == role) return v->typed;
    if (l) return l->own ? money_number(a, l->amount, v->page.currency) : S("");
    return v->page.of_role[role] >= 0 ? money_number(a, v->page.of_role[role], v->page.currency) : S("");
}
