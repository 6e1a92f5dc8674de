#include "web/status_page.h"

#include "status_site.tmpl.h"
#include "web/admin_page.h"

enum { TYPED_BYTES = 400 };

static err no_page(void) { return err_set(ERR_MISSING, "There is no status page at this address."); }

/* ---- the page ---- */

static err show(struct web_call *w, status_form form) {
    struct status_shown s;
    http_pairs headers = {0};
    if (!status_board_get(w->web->status, w->arena, w->at.value[0], form, &s)) return no_page();
    status_board_headers(w->web->status, w->arena, form, s.etag, s.modified, &headers);
    for (size_t i = 0; i < headers.n; i++) {
        str name = headers.v[i].name;
        /* The router writes these itself. */
        if (str_eq(name, S("Content-Security-Policy")))
            w->csp = str_cstr(w->arena, headers.v[i].value);
        else if (str_eq(name, S("Cache-Control")))
            w->cache = str_cstr(w->arena, headers.v[i].value);
        else if (str_eq(name, S("ETag")) || str_eq(name, S("Last-Modified")) ||
                 str_eq(name, S("Access-Control-Allow-Origin")))
            web_header(w, str_cstr(w->arena, name), headers.v[i].value);
    }
    w->out->type = str_z(status_form_type(form));
    w->out->static_body = s.bytes;
    return ERR_NONE;
}

err status_page_view(struct web_call *w) { return show(w, w->program ? STATUS_JSON : STATUS_HTML); }
err status_feed_view(struct web_call *w) { return show(w, STATUS_ATOM); }
err status_json_view(struct web_call *w) { return show(w, STATUS_JSON); }

/* ---- mails ---- */

static err begin(struct web_call *w, struct status_site **ret) {
    struct status_shown s;
    struct status_site *v = arena_alloc(w->arena, sizeof *v);
    if (!status_board_get(w->web->status, w->arena, w->at.value[0], STATUS_JSON, &s)) return no_page();
    *v = (struct status_site){.w = w, .brand = s.row};
    w->view = v;
    *ret = v;
    return ERR_NONE;
}

err status_subscribe_view(struct web_call *w) {
    struct status_site *v;
    return begin(w, &v);
}

err status_subscribe_do(struct web_call *w) {
    struct status_site *v;
    TRY(begin(w, &v));
    v->email = str_clip_utf8(web_param(w, "email"), TYPED_BYTES);
    const struct status_wish wish = {.brand = v->brand.id,
                                     .email = v->email,
                                     .language = w->page.lang ? str_z(w->page.lang->tag) : S("en"),
                                     .peer = web_peer(w)};
    /* A field that people do not see: what fills it in gets the same answer, and nothing happens. */
    err e = web_param(w, "website").n ? ERR_NONE : status_subscribe(w->desk, w->arena, &wish);
    if (e == ERR_LIMIT) w->status = 429;
    TRY(e);
    v->done = true;
    return ERR_NONE;
}

void status_subscribe_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct status_site *v = w->view;
    if (w->problem) v->says = w->says;
    tmpl_status_subscribe(&w->page, v);
}

void status_subscribe_json(const struct web_call *w, struct json_out *o) {
    (void)w;
    json_open_object(o);
    json_key(o, S("ok")), json_bool(o, true);
    json_key(o, S("says"));
    json_str(o, S("If this address can be asked now, a mail with a question is on its way to it."));
    json_close_object(o);
}

/* ---- links ---- */

/* A page that was closed leaves nobody without a way out of its mails. */
static err begin_link(struct web_call *w, struct status_site **ret) {
    struct status_site *v = arena_alloc(w->arena, sizeof *v);
    if (begin(w, ret) == ERR_NONE) return ERR_NONE;
    *v = (struct status_site){.w = w, .closed = true};
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(w->desk->db, &c));
        err e = store_brand_by_slug(c, w->arena, w->at.value[0], &v->brand);
        if (e == ERR_MISSING) return no_page();
        TRY(e);
    }
    *ret = v;
    return ERR_NONE;
}

/* Of a brand whose page is closed only those hear who have a link. */
static err know_link(struct web_call *w, struct status_site *v, status_link *ret) {
    TRY(status_link_open(w->desk, w->arena, v->brand.id, w->at.value[1], ret));
    if (v->closed && *ret == STATUS_LINK_NONE) return no_page();
    w->view = v;
    return ERR_NONE;
}

static void links_are_private(struct web_call *w, const struct status_site *v) {
    web_header(w, "X-Robots-Tag", S("noindex, nofollow"));
    if (v->link == STATUS_LINK_NONE && !v->answered) w->out->status = 404;
}

err status_link_view(struct web_call *w) {
    struct status_site *v;
    TRY(begin_link(w, &v));
    TRY(know_link(w, v, &v->link));
    links_are_private(w, v);
    return ERR_NONE;
}

err status_link_do(struct web_call *w) {
    struct status_site *v;
    status_link before;
    TRY(begin_link(w, &v));
    str doing = web_param(w, "do");
    bool one_click = str_eq_nocase(web_param(w, "List-Unsubscribe"), S("One-Click"));
    bool yes = str_eq(doing, S("yes")), no = str_eq(doing, S("no")) || one_click;
    TRY(know_link(w, v, &before));
    if (!yes && !no) return err_set(ERR_INVALID, "Say yes or no.");
    TRY(status_link_answer(w->desk, w->arena, v->brand.id, w->at.value[1], yes ? STATUS_YES : STATUS_NO,
                           &v->link));
    /* Who says no twice is told the same; to a mail program a link that ended is no mistake. */
    v->answered = before != STATUS_LINK_NONE || no;
    links_are_private(w, v);
    return ERR_NONE;
}

void status_link_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct status_site *v = w->view;
    if (w->problem) v->says = w->says;
    tmpl_status_link(&w->page, v);
}

void status_link_json(const struct web_call *w, struct json_out *o) {
    static const char *const names[] = {"none", "asked", "confirmed"};
    const struct status_site *v = w->view;
    json_open_object(o);
    json_key(o, S("subscription")), json_str(o, str_z(names[v->link]));
    json_close_object(o);
}
