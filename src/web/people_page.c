#include "web/people_page.h"

#include "desk/people.h"
#include "people.tmpl.h"

err people_view(struct web_call *w) {
    struct people_view *v = arena_alloc(w->arena, sizeof *v);
    TRY(admin_load(w, web_text(w, T("People")), "people", &v->admin));
    TRY(people_list(w->desk, w->arena, w->who.brand.id, &v->agents));
    if (w->in->method != HTTP_GET || web_param_int(w, "given", -1, &v->given_back)) v->given_back = -1;
    v->role = str_z(role_text(ROLE_AGENT));
    w->view = v;
    return ERR_NONE;
}

void people_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct people_view *v = w->view;
    admin_open(w, &v->admin);
    tmpl_people(&w->page, v);
    admin_close(w, &v->admin);
}

static void put_agent(struct json_out *o, const struct store_agent *agent) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, agent->id);
    json_key(o, S("name")), json_str(o, agent->name);
    json_key(o, S("email")), json_str(o, agent->email);
    json_key(o, S("role")), json_str(o, agent->role);
    json_key(o, S("invited")), json_bool(o, agent->invited);
    json_key(o, S("away_at")), json_int(o, agent->away_at);
    json_key(o, S("created_at")), json_int(o, agent->created_at);
    json_key(o, S("disabled_at")), json_int(o, agent->disabled_at);
    json_close_object(o);
}

void people_json(const struct web_call *w, struct json_out *o) {
    const struct people_view *v = w->view;
    json_open_object(o);
    json_key(o, S("people"));
    json_open_array(o);
    for (size_t i = 0; i < v->agents.n; i++) put_agent(o, &v->agents.v[i]);
    json_close_array(o);
    json_close_object(o);
}

str people_state(const struct people_view *v, struct page_out *o, const struct store_agent *agent) {
    struct web_call *w = v->admin.frame.w;
    const char *msgid = agent->disabled_at ? T("Not let in since {0}")
                        : agent->invited   ? T("Invited {0}, not here yet")
                        : agent->away_at   ? T("Away since {0}")
                                           : NULL;
    if (!msgid) return S("");
    int64_t at = agent->disabled_at ? agent->disabled_at
                 : agent->invited   ? agent->created_at
                                    : agent->away_at;
    str when = page_when_text(o, at);
    BUF_AUTO buf b = BUF_MAX(1000);
    lang_fmt(&b, w->page.lang, msgid, &when, 1);
    return str_copy(w->arena, buf_str(&b));
}

/* ---- links ---- */

/* Does the one who asks administer every brand the account works in? */
static err may_see_link(struct web_call *w, int64_t account, bool *ret_may) {
    DB_READ_AUTO db_conn *c = NULL;
    store_brand_list brands = {0};
    bool may = true;
    TRY(db_read_begin(w->desk->db, &c));
    TRY(store_brand_list_of_account(c, w->arena, account, &brands));
    for (size_t i = 0; i < brands.n && may; i++) {
        struct store_agent own;
        enum role role;
        if (brands.v[i].id == w->who.brand.id) continue;
        err e = w->program ? ERR_MISSING
                           : store_agent_by_account(c, w->arena, brands.v[i].id, w->who.account.id, &own);
        if (e && e != ERR_MISSING) return e;
        may = !e && !own.disabled_at && role_from(own.role, &role) && role_may(role, RIGHT_ADMIN);
    }
    *ret_may = may;
    return ERR_NONE;
}

static err show_link(struct web_call *w, const struct people_link *link) {
    struct people_view *v = arena_alloc(w->arena, sizeof *v);
    if (!w->json) {
        TRY(people_view(w));
        v = w->view;
    }
    v->link = *link;
    w->view = v;
    return ERR_NONE;
}

void people_link_json(const struct web_call *w, struct json_out *o) {
    static const char *const mails[] = {"sent", "kept", "failed"};
    const struct people_link *link = &((const struct people_view *)w->view)->link;
    json_open_object(o);
    json_key(o, S("email")), json_str(o, link->email);
    json_key(o, S("link"));
    if (link->url.n)
        json_str(o, link->url);
    else
        json_nil(o);
    json_key(o, S("mail"));
    if (link->mailed)
        json_str(o, str_z(mails[link->mail]));
    else
        json_nil(o);
    json_close_object(o);
}

static err invite(struct web_call *w, str email, str name, str role_name) {
    enum role role;
    struct people_invited made;
    bool may = false;
    if (!role_from(role_name, &role)) return err_set(ERR_INVALID, "There is no such role.");
    TRY(people_invite(w->desk, w->arena, w->who.brand.id, email, name, role, &made));
    struct people_link link = {.name = made.agent.name, .email = made.agent.email, .invitation = true};
    if (made.link_token.n) {
        TRY(may_see_link(w, made.agent.account_id, &may));
        link.mail = notice_invite(w->desk, w->arena, w->who.brand.id, link.email, made.link_token);
        link.mailed = true;
        if (may) link.url = notice_link(w->desk, w->arena, true, made.link_token);
    } else {
        link.signs_in = true;
    }
    return show_link(w, &link);
}

err people_do_invite(struct web_call *w) {
    str email = str_trim(web_param(w, "email")), name = str_trim(web_param(w, "name"));
    str role = web_param_has(w, "role") ? web_param(w, "role") : str_z(role_text(ROLE_AGENT));
    err e = invite(w, email, name, role);
    if (!e) return ERR_NONE;
    e = admin_again(w, e, people_view);
    struct people_view *v = w->view;
    if (v) v->email = email, v->name = name, v->role = role;
    return e;
}

static err agent_of(struct web_call *w, int64_t *ret_id, struct store_agent *ret_agent) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(web_id(w, 1, ret_id));
    TRY(db_read_begin(w->desk->db, &c));
    return store_agent_by_id(c, w->arena, w->who.brand.id, *ret_id, ret_agent);
}

static err make_link(struct web_call *w) {
    struct store_agent agent;
    int64_t id;
    bool may;
    str token;
    TRY(agent_of(w, &id, &agent));
    if (agent.disabled_at) return err_set(ERR_CONFLICT, "They are not let in at present; let them in first.");
    TRY(may_see_link(w, agent.account_id, &may));
    if (!may)
        return err_set(ERR_DENIED,
                       "They work for a brand that you do not administer, so only they can have a "
                       "link sent: on the sign-in page, \"I do not know my password\".");
    TRY(sign_in_make_link(w->desk, w->arena, agent.account_id, agent.invited, &token));
    return show_link(w, &(struct people_link){.url = notice_link(w->desk, w->arena, agent.invited, token),
                                              .name = agent.name,
                                              .email = agent.email,
                                              .invitation = agent.invited});
}

err people_do_link(struct web_call *w) {
    err e = make_link(w);
    return e ? admin_again(w, e, people_view) : ERR_NONE;
}

/* ---- changes ---- */

static err set_role(struct web_call *w) {
    enum role role;
    int64_t id;
    TRY(web_id(w, 1, &id));
    if (!role_from(web_param(w, "role"), &role)) return err_set(ERR_INVALID, "There is no such role.");
    return people_set_role(w->desk, w->arena, w->who.brand.id, id, role);
}

err people_do_role(struct web_call *w) {
    err e = set_role(w);
    if (e) return admin_again(w, e, people_view);
    admin_kept(w, "/admin/people");
    return ERR_NONE;
}

err people_do_disable(struct web_call *w) {
    int64_t id;
    int given_back;
    TRY(web_id(w, 1, &id));
    err e = people_disable(w->desk, w->arena, &w->actor, id, &given_back);
    if (e) return admin_again(w, e, people_view);
    web_go(w, web_path(w, "/admin/people?given=%d", given_back));
    return ERR_NONE;
}

err people_do_enable(struct web_call *w) {
    int64_t id;
    TRY(web_id(w, 1, &id));
    err e = people_enable(w->desk, w->arena, w->who.brand.id, id);
    if (e) return admin_again(w, e, people_view);
    admin_kept(w, "/admin/people");
    return ERR_NONE;
}
