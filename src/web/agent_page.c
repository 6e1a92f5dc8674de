#include "web/agent_page.h"

#include "account.tmpl.h"
#include "desk/people.h"

err agent_view(struct web_call *w) {
    struct agent_view *v = arena_alloc(w->arena, sizeof *v);
    store_token_list all = {0};
    db_conn *c;
    TRY(web_read(w, &c));
    TRY(frame_load(w, web_text(w, T("You in this brand")), &v->admin.frame));
    v->admin.frame.at = "account";
    v->admin.kept = w->in->method == HTTP_GET && web_param_has(w, "kept");
    v->given_back = -1;
    if (web_param_int(w, "given", -1, &v->given_back)) v->given_back = -1;
    TRY(store_agent_by_id(c, w->arena, w->who.brand.id, w->who.agent.id, &v->agent));
    v->signature = v->agent.signature;
    TRY(store_token_list_of(c, w->arena, w->who.brand.id, w->who.agent.id, &all));
    for (size_t i = 0; i < all.n; i++)
        if (!all.v[i].revoked_at) *list_add(w->arena, &v->tokens) = all.v[i];
    w->view = v;
    return ERR_NONE;
}

void agent_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct agent_view *v = w->view;
    v->admin.says = w->problem ? w->says : S("");
    frame_open(w, &v->admin.frame);
    tmpl_agent(&w->page, v);
    frame_close(w, &v->admin.frame);
}

void agent_json(const struct web_call *w, struct json_out *o) {
    const struct agent_view *v = w->view;
    (void)w;
    json_open_object(o);
    json_key(o, S("id")), json_id(o, v->agent.id);
    json_key(o, S("role")), json_str(o, v->agent.role);
    json_key(o, S("signature")), json_str(o, v->signature);
    json_key(o, S("away_at")), json_int(o, v->agent.away_at);
    json_key(o, S("tokens"));
    json_open_array(o);
    for (size_t i = 0; i < v->tokens.n; i++) {
        const struct store_token *t = &v->tokens.v[i];
        json_open_object(o);
        json_key(o, S("id")), json_id(o, t->id);
        json_key(o, S("name")), json_str(o, t->name);
        json_key(o, S("created_at")), json_int(o, t->created_at);
        json_key(o, S("used_at")), json_int(o, t->used_at);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}

err agent_save(struct web_call *w) {
    str signature = web_param_text(w, "signature");
    err e = people_set_signature(w->desk, w->arena, w->who.brand.id, w->who.agent.id, signature);
    if (e) {
        e = admin_again(w, e, agent_view);
        struct agent_view *v = w->view;
        if (v) v->signature = signature;
        return e;
    }
    admin_kept(w, "/account");
    return ERR_NONE;
}

err agent_away(struct web_call *w) {
    int given_back;
    TRY(people_away(w->desk, w->arena, &w->actor, w->who.agent.id, &given_back));
    web_go(w, web_path(w, "/account?given=%d", given_back));
    return ERR_NONE;
}

err agent_back(struct web_call *w) {
    TRY(people_back(w->desk, w->arena, w->who.brand.id, w->who.agent.id));
    admin_kept(w, "/account");
    return ERR_NONE;
}

err agent_token_new(struct web_call *w) {
    struct store_token token;
    str text, name = str_trim(web_param(w, "name"));
    err e = people_token_create(w->desk, w->arena, w->who.brand.id, w->who.agent.id, name, &text, &token);
    if (e) {
        e = admin_again(w, e, agent_view);
        struct agent_view *v = w->view;
        if (v) v->token_name = name;
        return e;
    }
    TRY(agent_view(w));
    ((struct agent_view *)w->view)->fresh = text;
    return ERR_NONE;
}

err agent_token_revoke(struct web_call *w) {
    int64_t id;
    TRY(web_id(w, 1, &id));
    TRY(people_token_revoke(w->desk, w->arena, w->who.brand.id, w->who.agent.id, id));
    admin_kept(w, "/account");
    return ERR_NONE;
}
