/* A first letter: the composer without a conversation. */
#include "composer.tmpl.h"
#include "web/reply_page.h"
#include "write.tmpl.h"

static err load_inboxes(struct web_call *w, store_inbox_list *ret_inboxes) {
    const struct glance *g;
    store_inbox_list open = {0};
    TRY(glance_of(w, &g));
    for (size_t i = 0; i < g->inboxes.n; i++)
        if (!g->inboxes.v[i].disabled_at) *list_add(w->arena, &open) = g->inboxes.v[i];
    *ret_inboxes = open;
    return ERR_NONE;
}

/* ?customer=ID: to the address they wrote from last. */
static err to_customer(struct web_call *w, str *ret_to) {
    int64_t id;
    db_conn *c;
    customer_address_list list = {0};
    TRY(web_param_int(w, "customer", 0, &id));
    if (!id) return ERR_NONE;
    TRY(web_read(w, &c));
    TRY(store_customer_addresses(c, w->arena, w->who.brand.id, id, &list));
    if (list.n) *ret_to = list.v[list.n - 1].address;
    return ERR_NONE;
}

err write_view(struct web_call *w) {
    struct write_view *v = arena_alloc(w->arena, sizeof *v);
    struct composing *k = &v->compose;
    db_conn *c;
    struct draft draft;
    TRY(web_read(w, &c));
    TRY(store_draft_get(c, w->arena, w->who.brand.id, 0, w->who.agent.id, &draft));
    *k = (struct composing){.to = draft.to_line,
                            .cc = draft.cc_line,
                            .bcc = draft.bcc_line,
                            .subject = draft.subject,
                            .text = draft.text,
                            .base = web_path(w, "/write"),
                            .version = -1,
                            .kept = draft.updated_at != 0};
    compose_begin(w, k);
    TRY(store_attachments_of_draft(c, w->arena, w->who.brand.id, 0, w->who.agent.id, &k->files));
    if (!k->to.n) TRY(to_customer(w, &k->to));
    TRY(load_inboxes(w, &v->inboxes));
    TRY(inserts_load(w, &k->inserts));
    TRY(web_param_int(w, "inbox", 0, &v->inbox));
    TRY(frame_load(w, web_text(w, T("Write first")), &v->frame));
    v->frame.at = "write";
    v->frame.skip = "text";
    w->view = v;
    if (!web_param_on(w, "checked") || w->program) return ERR_NONE;
    struct check_view *check;
    web_read_end(w);
    TRY(check_load(w, 0, k->text, false, &check));
    k->check = check;
    return ERR_NONE;
}

void write_html(struct web_call *w) {
    const struct write_view *v = w->view;
    if (str_eq(w->fragment, S("send"))) {
        tmpl_conflict(&w->page, w, &v->conflict, &v->compose);
        return;
    }
    frame_open(w, &v->frame);
    tmpl_write(&w->page, v);
    frame_close(w, &v->frame);
}

void write_json(const struct web_call *w, struct json_out *o) {
    const struct write_view *v = w->view;
    const struct composing *k = &v->compose;
    json_open_object(o);
    json_key(o, S("draft"));
    json_open_object(o);
    json_key(o, S("to")), json_str(o, k->to);
    json_key(o, S("cc")), json_str(o, k->cc);
    json_key(o, S("bcc")), json_str(o, k->bcc);
    json_key(o, S("subject")), json_str(o, k->subject);
    json_key(o, S("text")), json_str(o, k->text);
    json_close_object(o);
    json_key(o, S("inboxes"));
    json_open_array(o);
    for (size_t i = 0; i < v->inboxes.n; i++) {
        json_open_object(o);
        json_key(o, S("id")), json_id(o, v->inboxes.v[i].id);
        json_key(o, S("address")), json_str(o, v->inboxes.v[i].address);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
    (void)w;
}
