#include "web/account_page.h"

#include "account.tmpl.h"
#include "desk/password.h"
#include "desk/people.h"

static err add_brands(struct web_call *w, db_conn *c, struct account_view *v) {
    store_brand_list brands = {0};
    TRY(store_brand_list_of_account(c, w->arena, w->who.account.id, &brands));
    for (size_t i = 0; i < brands.n; i++) {
        struct account_brand *b = list_add(w->arena, &v->brands);
        enum role role;
        b->brand = brands.v[i];
        TRY(store_agent_by_account(c, w->arena, b->brand.id, w->who.account.id, &b->agent));
        if (role_from(b->agent.role, &role) && role_may(role, RIGHT_ADMIN)) v->administers = true;
    }
    return ERR_NONE;
}

err account_view(struct web_call *w) {
    struct account_view *v = arena_alloc(w->arena, sizeof *v);
    db_conn *c;
    struct store_account now;
    TRY(web_read(w, &c));
    TRY(store_account_by_id(c, w->arena, w->who.account.id, &now));
    TRY(frame_load(w, now.name, &v->admin.frame));
    v->admin.frame.at = "account";
    v->admin.kept = w->in->method == HTTP_GET && web_param_has(w, "kept");
    v->name = now.name;
    v->zone = now.zone;
    v->language = now.language;
    v->min_length = PASSWORD_MIN_CHARACTERS;
    TRY(add_brands(w, c, v));
    TRY(store_session_count(c, w->arena, now.id, &v->sessions));
    w->view = v;
    return ERR_NONE;
}

void account_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct account_view *v = w->view;
    v->admin.says = w->problem ? w->says : S("");
    frame_open(w, &v->admin.frame);
    tmpl_account(&w->page, v);
    frame_close(w, &v->admin.frame);
}

void account_json(const struct web_call *w, struct json_out *o) {
    const struct account_view *v = w->view;
    json_open_object(o);
    json_key(o, S("id")), json_id(o, w->who.account.id);
    json_key(o, S("email")), json_str(o, w->who.account.email);
    json_key(o, S("name")), json_str(o, v->name);
    json_key(o, S("zone")), json_str(o, v->zone);
    json_key(o, S("language")), json_str(o, v->language);
    json_key(o, S("brand")), json_str(o, w->who.brand.slug);
    json_key(o, S("agent")), json_id(o, w->who.agent.id);
    json_key(o, S("role")), json_str(o, w->who.agent.role);
    json_close_object(o);
}

static str typed(const struct web_call *w, const char *name, str otherwise) {
    return web_param_has(w, name) ? str_trim(web_param(w, name)) : otherwise;
}

err account_save(struct web_call *w) {
    const struct store_account *now = &w->who.account;
    str name = typed(w, "name", now->name), zone = typed(w, "zone", now->zone);
    str language = typed(w, "language", now->language);
    err e = people_set_profile(w->desk, w->arena, now->id, name, zone, language);
    if (e) {
        e = admin_again(w, e, account_view);
        struct account_view *v = w->view;
        if (v) v->name = name, v->zone = zone, v->language = language;
        return e;
    }
    web_go(w, S("/account?kept=1"));
    return ERR_NONE;
}

err account_password(struct web_call *w) {
    struct sign_in_done done;
    err e = sign_in_change_password(w->desk, w->arena, &w->who, web_peer(w), web_param(w, "old"),
                                    web_param(w, "password"), &done);
    if (e == ERR_LIMIT) {
        w->status = 429;
        web_header(w, "Retry-After", S("900"));
    }
    if (e) return admin_again(w, e, account_view);
    web_session_set(w, done.session, done.expires_at);
    web_go(w, S("/account?kept=1"));
    return ERR_NONE;
}

err account_leave_others(struct web_call *w) {
    TRY(sign_out_everywhere(w->desk, w->arena, w->who.account.id, web_session(w)));
    web_go(w, S("/account?kept=1"));
    return ERR_NONE;
}
