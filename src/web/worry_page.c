/* Letters that worry somebody, and who looks after them. */
#include "child.tmpl.h"
#include "web/child_page.h"

static err load_rows(struct web_call *w, db_conn *c, struct worry_view *v) {
    int64_t after;
    bool get = w->in->method == HTTP_GET;
    v->closed = get && str_eq(web_param(w, "view"), S("closed"));
    after = 0;
    if (get) TRY(web_param_int(w, "after", 0, &after));
    v->first = after == 0;
    TRY(store_worries(c, w->arena, w->who.brand.id, !v->closed, after, WORRY_ROWS + 1, &v->rows));
    if (v->rows.n > WORRY_ROWS) {
        v->rows.n = WORRY_ROWS;
        v->next = v->rows.v[WORRY_ROWS - 1].id;
    }
    return ERR_NONE;
}

err worries_view(struct web_call *w) {
    struct worry_view *v = arena_alloc(w->arena, sizeof *v);
    db_conn *c;
    bool may;
    TRY(web_read(w, &c));
    TRY(worry_may_in(c, w->arena, &w->actor, &may));
    if (!may)
        return err_set(ERR_DENIED, "Only who looks after worries, or an administrator, sees this page.");
    TRY(frame_load(w, web_text(w, T("Worries")), &v->frame));
    v->frame.at = "worries";
    TRY(load_rows(w, c, v));
    TRY(store_safeguards(c, w->arena, w->who.brand.id, &v->people));
    for (size_t i = 0; i < v->people.n; i++) v->chosen += v->people.v[i].on;
    v->may_choose = web_may(w, RIGHT_ADMIN);
    v->kept = w->in->method == HTTP_GET && web_param_has(w, "kept");
    w->view = v;
    return ERR_NONE;
}

void worries_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct worry_view *v = w->view;
    if (w->problem) v->says = w->says;
    frame_open(w, &v->frame);
    tmpl_worries(&w->page, v);
    frame_close(w, &v->frame);
}

static void worry_object(struct json_out *o, const struct store_worry *r) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, r->id);
    json_key(o, S("conversation")), json_id(o, r->conversation_id);
    json_key(o, S("letter")), json_id(o, r->message_id);
    json_key(o, S("customer")), json_str(o, r->customer_name);
    json_key(o, S("worry")), json_str(o, r->note);
    json_key(o, S("by")), json_str(o, r->agent_name);
    json_key(o, S("at")), json_int(o, r->at);
    json_key(o, S("held_by")), json_str(o, r->holder_name);
    json_key(o, S("closed_at")), json_int(o, r->closed_at);
    json_key(o, S("closed_by")), json_str(o, r->closed_name);
    json_key(o, S("sentence")), json_str(o, r->closed_note);
    json_close_object(o);
}

void worries_json(const struct web_call *w, struct json_out *o) {
    const struct worry_view *v = w->view;
    json_open_object(o);
    json_key(o, S("worries"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) worry_object(o, &v->rows.v[i]);
    json_close_array(o);
    json_key(o, S("after")), json_id(o, v->next);
    json_key(o, S("people"));
    json_open_array(o);
    for (size_t i = 0; i < v->people.n; i++) {
        const struct store_safeguard *s = &v->people.v[i];
        if (!s->on) continue;
        json_open_object(o);
        json_key(o, S("agent")), json_id(o, s->agent_id);
        json_key(o, S("name")), json_str(o, s->name);
        json_key(o, S("away")), json_bool(o, s->away);
        json_key(o, S("open")), json_int(o, s->open);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}

err worry_do_close(struct web_call *w) {
    int64_t id, conversation;
    TRY(web_id(w, 1, &id));
    err e = worry_close(w->desk, w->arena, &w->actor, id, web_param(w, "sentence"), &conversation);
    if (!e) {
        admin_kept(w, "/worries");
        return ERR_NONE;
    }
    if (e == ERR_DENIED) return e;
    e = admin_again(w, e, worries_view);
    struct worry_view *v = w->view;
    if (v) {
        v->typed_for = id;
        v->sentence = web_param(w, "sentence");
    }
    return e;
}

err safeguard_do_set(struct web_call *w) {
    int64_t agent;
    TRY(web_id(w, 1, &agent));
    err e = safeguard_set(w->desk, w->arena, &w->actor, agent, web_param_on(w, "on"));
    if (e) return admin_again(w, e, worries_view);
    admin_kept(w, "/worries");
    return ERR_NONE;
}
