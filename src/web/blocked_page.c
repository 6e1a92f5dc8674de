#include "web/blocked_page.h"

#include "admin.tmpl.h"
#include "desk/conversation.h"

err blocked_view(struct web_call *w) {
    struct blocked_view *v = arena_alloc(w->arena, sizeof *v);
    TRY(admin_load(w, web_text(w, T("Blocked senders")), "blocked", &v->admin));
    db_conn *c;
    TRY(web_read(w, &c));
    TRY(store_customer_blocked(c, w->arena, w->who.brand.id, BLOCKED_ROWS, &v->rows));
    w->view = v;
    return ERR_NONE;
}

void blocked_html(struct web_call *w) {
    struct blocked_view *v = w->view;
    admin_open(w, &v->admin);
    tmpl_blocked(&w->page, v);
    admin_close(w, &v->admin);
}

void blocked_json(const struct web_call *w, struct json_out *o) {
    const struct blocked_view *v = w->view;
    json_open_object(o);
    json_key(o, S("blocked"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) {
        json_open_object(o);
        json_key(o, S("address")), json_str(o, v->rows.v[i].address);
        json_key(o, S("customer")), json_id(o, v->rows.v[i].customer_id);
        json_key(o, S("blocked_at")), json_int(o, v->rows.v[i].blocked_at);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}

err blocked_unblock(struct web_call *w) {
    TRY(conversation_unblock(w->desk, w->arena, &w->actor, web_param(w, "address")));
    admin_kept(w, "/blocked");
    return ERR_NONE;
}
