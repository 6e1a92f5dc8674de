#include "web/customer_page.h"

#include "customer.tmpl.h"
#include "desk/conversation.h"
#include "web/promise_page.h"

err customer_view(struct web_call *w) {
    struct customer_view *v = arena_alloc(w->arena, sizeof *v);
    int64_t id, before, brand = w->who.brand.id;
    db_conn *c;
    TRY(web_id(w, 1, &id));
    TRY(web_param_int(w, "before", 0, &before));
    TRY(web_read(w, &c));
    TRY(store_customer_get(c, w->arena, brand, id, &v->customer));
    TRY(store_customer_addresses(c, w->arena, brand, id, &v->addresses));
    TRY(store_conversation_of_customer(c, w->arena, brand, id, before, LIST_ROWS + 1, &v->rows));
    TRY(promise_customer_load(w, id, &v->promises));
    v->first = before == 0;
    if (v->rows.n > LIST_ROWS) {
        v->rows.n = LIST_ROWS;
        v->before = v->rows.v[LIST_ROWS - 1].id;
    }
    v->base = web_path(w, "/customers/%lld", (long long)id);
    v->may_write = web_may(w, RIGHT_WRITE);
    v->may_lead = web_may(w, RIGHT_LEAD);
    v->name = v->customer.name;
    v->about = v->customer.about;
    TRY(frame_load(w, v->customer.name, &v->frame));
    w->view = v;
    return ERR_NONE;
}

void customer_html(struct web_call *w) {
    const struct customer_view *v = w->view;
    frame_open(w, &v->frame);
    tmpl_customer(&w->page, v);
    frame_close(w, &v->frame);
}

void customer_json(const struct web_call *w, struct json_out *o) {
    const struct customer_view *v = w->view;
    json_open_object(o);
    json_key(o, S("customer"));
    json_open_object(o);
    json_key(o, S("id")), json_id(o, v->customer.id);
    json_key(o, S("name")), json_str(o, v->customer.name);
    json_key(o, S("about")), json_str(o, v->customer.about);
    json_key(o, S("created_at")), json_int(o, v->customer.created_at);
    json_close_object(o);
    json_key(o, S("addresses"));
    json_open_array(o);
    for (size_t i = 0; i < v->addresses.n; i++) {
        json_open_object(o);
        json_key(o, S("address")), json_str(o, v->addresses.v[i].address);
        json_key(o, S("blocked_at")), json_int(o, v->addresses.v[i].blocked_at);
        json_close_object(o);
    }
    json_close_array(o);
    json_key(o, S("promises"));
    json_open_array(o);
    for (size_t i = 0; i < v->promises->rows.n; i++) promise_json_object(w, o, &v->promises->rows.v[i]);
    json_close_array(o);
    json_key(o, S("conversations"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) conversation_json_object(o, &v->rows.v[i]);
    json_close_array(o);
    json_key(o, S("next"));
    if (v->before)
        json_str(o, str_fmt(w->arena, "/api/v1%.*s?before=%lld", STR_FMT(v->base), (long long)v->before));
    else
        json_nil(o);
    json_close_object(o);
    (void)w;
}

static err begin(struct web_call *w, int64_t *ret_id) {
    TRY(web_id(w, 1, ret_id));
    web_go(w, web_path(w, "/customers/%lld", (long long)*ret_id));
    return ERR_NONE;
}

err customer_do_describe(struct web_call *w) {
    int64_t id;
    TRY(begin(w, &id));
    return customer_describe(w->desk, w->arena, &w->actor, id, web_param(w, "name"),
                             web_param_text(w, "text"));
}

err customer_do_add_address(struct web_call *w) {
    int64_t id;
    TRY(begin(w, &id));
    return customer_add_address(w->desk, w->arena, &w->actor, id, web_param(w, "address"));
}

/* Only an address of this very customer: the page says whose it is. */
err customer_do_unblock(struct web_call *w) {
    int64_t id;
    struct customer_address known;
    db_conn *c;
    TRY(begin(w, &id));
    TRY(web_read(w, &c));
    TRY(store_customer_address_get(c, w->arena, w->who.brand.id, web_param(w, "address"), &known));
    web_read_end(w);
    if (known.customer_id != id) return err_set(ERR_MISSING, "This customer has no such address.");
    return conversation_unblock(w->desk, w->arena, &w->actor, known.address);
}

void customer_again(struct web_call *w) {
    int status = w->out->status;
    if (customer_view(w)) {
        web_error(w, status, err_name(w->problem), w->says);
        return;
    }
    struct customer_view *v = w->view;
    v->says = w->says;
    if (web_param_has(w, "name")) v->name = web_param(w, "name");
    if (web_param_has(w, "text")) v->about = web_param_text(w, "text");
    v->address = web_param(w, "address");
    w->out->type = S("text/html; charset=utf-8");
    customer_html(w);
}
