#include "web/brand_page.h"

#include "admin.tmpl.h"
#include "desk/brands.h"
#include "desk/people.h"

err brand_view(struct web_call *w) {
    struct brand_view *v = arena_alloc(w->arena, sizeof *v);
    TRY(admin_load(w, web_text(w, T("Brand")), "brand", &v->admin));
    db_conn *c;
    struct store_brand now;
    TRY(web_read(w, &c));
    TRY(store_brand_by_id(c, w->arena, w->who.brand.id, &now));
    v->name = now.name;
    v->zone = now.zone;
    v->language = now.language;
    w->view = v;
    return ERR_NONE;
}

void brand_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct brand_view *v = w->view;
    admin_open(w, &v->admin);
    tmpl_brand(&w->page, v);
    admin_close(w, &v->admin);
}

void brand_json(const struct web_call *w, struct json_out *o) {
    const struct brand_view *v = w->view;
    json_open_object(o);
    json_key(o, S("id")), json_id(o, w->who.brand.id);
    json_key(o, S("slug")), json_str(o, w->who.brand.slug);
    json_key(o, S("name")), json_str(o, v->name);
    json_key(o, S("zone")), json_str(o, v->zone);
    json_key(o, S("language")), json_str(o, v->language);
    json_close_object(o);
}

/* What a form leaves out stays as it is. */
static str typed(const struct web_call *w, const char *name, str otherwise) {
    return web_param_has(w, name) ? str_trim(web_param(w, name)) : otherwise;
}

static void take_typed(const struct web_call *w, struct brand_view *v) {
    v->name = typed(w, "name", v->name);
    v->zone = typed(w, "zone", v->zone);
    v->language = typed(w, "language", v->language);
}

err brand_save(struct web_call *w) {
    struct brand_view wanted = {
        .name = w->who.brand.name, .zone = w->who.brand.zone, .language = w->who.brand.language};
    take_typed(w, &wanted);
    err e = brand_change(w->desk, w->arena, w->who.brand.id, wanted.name, wanted.zone, wanted.language);
    if (e) {
        e = admin_again(w, e, brand_view);
        if (w->view) take_typed(w, w->view);
        return e;
    }
    admin_kept(w, "/admin/brand");
    return ERR_NONE;
}

/* ---- a new one ---- */

static err must_administer(struct web_call *w, db_conn *c) {
    store_brand_list brands = {0};
    TRY(store_brand_list_of_account(c, w->arena, w->who.account.id, &brands));
    for (size_t i = 0; i < brands.n; i++) {
        struct store_agent agent;
        enum role role;
        err e = store_agent_by_account(c, w->arena, brands.v[i].id, w->who.account.id, &agent);
        if (e && e != ERR_MISSING) return e;
        if (!e && role_from(agent.role, &role) && role_may(role, RIGHT_ADMIN)) return ERR_NONE;
    }
    return err_set(ERR_DENIED, "Only an administrator of a brand can add another one.");
}

err brand_new_view(struct web_call *w) {
    struct brand_view *v = arena_alloc(w->arena, sizeof *v);
    db_conn *c;
    TRY(web_read(w, &c));
    TRY(must_administer(w, c));
    TRY(frame_load(w, web_text(w, T("A new brand")), &v->admin.frame));
    v->zone = w->who.account.zone;
    v->language = w->who.account.language;
    w->view = v;
    return ERR_NONE;
}

void brand_new_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct brand_view *v = w->view;
    v->admin.says = w->problem ? w->says : S("");
    frame_open(w, &v->admin.frame);
    tmpl_brand_new(&w->page, v);
    frame_close(w, &v->admin.frame);
}

static err create(struct web_call *w, struct store_brand *ret_brand) {
    struct people_invited invited;
    TRY(brand_create(w->desk, w->arena, web_param(w, "name"), web_param(w, "zone"), web_param(w, "language"),
                     ret_brand));
    return people_invite(w->desk, w->arena, ret_brand->id, w->who.account.email, S(""), ROLE_ADMINISTRATOR,
                         &invited);
}

err brand_new_save(struct web_call *w) {
    struct store_brand made;
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(w->desk->db, &c));
        err e = must_administer(w, c);
        if (e) {
            /* Not the form again: it is not for them. */
            web_error(w, web_status(e), err_name(e), str_copy(w->arena, str_z(err_text())));
            return ERR_NONE;
        }
    }
    err e = create(w, &made);
    if (e) {
        e = admin_again(w, e, brand_new_view);
        if (w->view) take_typed(w, w->view);
        return e;
    }
    web_go(w, str_fmt(w->arena, "/b/%.*s/admin/inboxes", STR_FMT(made.slug)));
    return ERR_NONE;
}
