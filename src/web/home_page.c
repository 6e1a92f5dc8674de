#include "web/home_page.h"

#include <sodium.h>

#include "base/embedded.h"
#include "desk/figures.h"
#include "home.tmpl.h"
#include "web/routes.h"

static str brand_path(const struct web_call *w, const struct store_brand *b) {
    return str_fmt(w->arena, "/b/%.*s/list/waiting", STR_FMT(b->slug));
}

static err load_brands(struct web_call *w, store_brand_list *ret_brands) {
    db_conn *c;
    TRY(web_read(w, &c));
    return store_brand_list_of_account(c, w->arena, w->who.account.id, ret_brands);
}

err home_go(struct web_call *w) {
    store_brand_list brands = {0};
    TRY(load_brands(w, &brands));
    web_go(w, brands.n == 1 ? brand_path(w, &brands.v[0]) : S("/brands"));
    return ERR_NONE;
}

static err administers(struct web_call *w, const store_brand_list *brands, bool *ret_yes) {
    struct store_agent agent;
    enum role role;
    db_conn *c;
    bool yes = false;
    TRY(web_read(w, &c));
    for (size_t i = 0; !yes && i < brands->n; i++) {
        TRY(store_agent_by_account(c, w->arena, brands->v[i].id, w->who.account.id, &agent));
        yes = role_from(agent.role, &role) && role_may(role, RIGHT_ADMIN);
    }
    *ret_yes = yes;
    return ERR_NONE;
}

err home_view(struct web_call *w) {
    struct home_view *v = arena_alloc(w->arena, sizeof *v);
    TRY(load_brands(w, &v->brands));
    TRY(administers(w, &v->brands, &v->administers));
    TRY(frame_load(w, web_text(w, T("Your brands")), &v->frame));
    w->view = v;
    return ERR_NONE;
}

void home_html(struct web_call *w) {
    const struct home_view *v = w->view;
    frame_open(w, &v->frame);
    tmpl_home(&w->page, v);
    frame_close(w, &v->frame);
}

void home_json(const struct web_call *w, struct json_out *o) {
    const struct home_view *v = w->view;
    json_open_object(o);
    json_key(o, S("brands"));
    json_open_array(o);
    for (size_t i = 0; i < v->brands.n; i++) {
        json_open_object(o);
        json_key(o, S("id")), json_id(o, v->brands.v[i].id);
        json_key(o, S("slug")), json_str(o, v->brands.v[i].slug);
        json_key(o, S("name")), json_str(o, v->brands.v[i].name);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}

err home_brand(struct web_call *w) {
    bool packs = str_eq(w->who.agent.role, str_z(role_text(ROLE_PACKER)));
    web_go(w, web_path(w, packs ? "/boxes" : "/list/waiting"));
    return ERR_NONE;
}

/* The database is asked, so that whoever watches this address learns of a desk that cannot work. */
err health(struct web_call *w) {
    db_conn *c;
    TRY(web_read(w, &c));
    web_bytes(w, "text/plain; charset=utf-8", S("ok\n"));
    return ERR_NONE;
}

/* Without a token in desk.json nobody learns that the figures exist. Two texts of equal length are compared
 * in a time that says nothing of them. */
err figures_view(struct web_call *w) {
    str wanted = w->desk->metrics_token, given = web_bearer(w->in), text;
    if (!wanted.n) return err_set(ERR_MISSING, "There is nothing at this address.");
    if (given.n != wanted.n || sodium_memcmp(given.p, wanted.p, wanted.n))
        return err_set(ERR_DENIED, "The token of desk.json is needed: Authorization: Bearer TOKEN.");
    TRY(figures_text(w->desk, w->arena, &text));
    web_bytes(w, "text/plain; version=0.0.4; charset=utf-8", text);
    return ERR_NONE;
}

/* The version in the path changes with any asset, so that scripts which import each other by relative path
 * stay of one version; an older page's address gets what there is now, uncached. */
err asset(struct web_call *w) {
    const struct embedded_file *file =
        embedded_find(str_fmt(w->arena, "assets/%.*s", STR_FMT(w->at.value[1])));
    if (!file) return err_set(ERR_MISSING, "There is no such file.");
    str tag = str_fmt(w->arena, "\"%s\"", file->hash);
    web_header(w, "ETag", tag);
    bool current = str_eq(w->at.value[0], str_z(embedded_version()));
    w->cache = current ? "public, max-age=31536000, immutable" : "no-cache";
    w->out->type = str_z(file->type);
    if (str_eq(http_header(w->in, S("If-None-Match")), tag))
        w->out->status = 304;
    else
        w->out->static_body = (str){(const char *)file->bytes, file->n};
    return ERR_NONE;
}

err openapi(struct web_call *w) {
    w->out->type = S("application/json");
    openapi_print(&w->out->body, w->desk->public_url);
    return ERR_NONE;
}
