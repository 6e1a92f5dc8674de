#include "carrier.tmpl.h"
#include "web/admin_page.h"
#include "web/stock_page.h"

err carriers_view_page(struct web_call *w) {
    struct carriers_view *v = arena_alloc(w->arena, sizeof *v);
    db_conn *c;
    v->typed = -1;
    if (w->in->method != HTTP_GET && web_param_int(w, "id", 0, &v->typed)) v->typed = -1;
    TRY(web_read(w, &c));
    TRY(store_carriers(c, w->arena, w->who.brand.id, &v->rows));
    TRY(pack_load(w, web_text(w, T("Carriers")), "carriers", &v->head));
    w->view = v;
    return ERR_NONE;
}

void carriers_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct carriers_view *v = w->view;
    if (w->problem) v->head.says = w->says;
    frame_open(w, &v->head.frame);
    tmpl_carriers(&w->page, v);
    frame_close(w, &v->head.frame);
}

void carriers_json(const struct web_call *w, struct json_out *o) {
    const struct carriers_view *v = w->view;
    (void)w;
    json_open_object(o);
    json_key(o, S("carriers"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) {
        json_open_object(o);
        json_key(o, S("id")), json_id(o, v->rows.v[i].id);
        json_key(o, S("name")), json_str(o, v->rows.v[i].name);
        json_key(o, S("url")), json_str(o, v->rows.v[i].url);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}

static err put(struct web_call *w, int64_t *ret_id) {
    int64_t id;
    TRY(web_param_int(w, "id", 0, &id));
    return carrier_put(w->desk, w->arena, &w->actor, id, web_param(w, "name"), str_trim(web_param(w, "url")),
                       ret_id);
}

err carrier_do_put(struct web_call *w) {
    int64_t *id = arena_alloc(w->arena, sizeof *id);
    err e = put(w, id);
    if (e) return admin_again(w, e, carriers_view_page);
    w->view = id;
    web_go(w, web_path(w, "/carriers?kept=1"));
    return ERR_NONE;
}

void carrier_put_json(const struct web_call *w, struct json_out *o) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, *(const int64_t *)w->view);
    json_close_object(o);
}

err carrier_do_delete(struct web_call *w) {
    int64_t id;
    TRY(web_id(w, 1, &id));
    err e = carrier_delete(w->desk, w->arena, &w->actor, id);
    if (e) return admin_again(w, e, carriers_view_page);
    web_go(w, web_path(w, "/carriers?kept=1"));
    return ERR_NONE;
}
