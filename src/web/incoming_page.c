#include "web/incoming_page.h"

#include "desk/bounce.h"
#include "incoming.tmpl.h"

/* What a reply address looks like; the letters stand for themselves. */
static str example_of(arena *a, str address) {
    size_t at = str_find_char(address, '@', 0);
    if (at == SIZE_MAX) return address;
    return str_fmt(a, "%.*s+k3v7\xE2\x80\xA6%.*s", STR_FMT(str_slice(address, 0, at)),
                   STR_FMT(str_slice(address, at, address.n)));
}

err incoming_view(struct web_call *w) {
    struct incoming_view *v = arena_alloc(w->arena, sizeof *v);
    int64_t id;
    db_conn *c;
    TRY(web_id(w, 1, &id));
    TRY(web_read(w, &c));
    TRY(store_inbox_by_id(c, w->arena, w->who.brand.id, id, &v->inbox));
    TRY(store_incoming_get(c, w->arena, w->who.brand.id, id, &v->chosen));
    v->inbox.smtp_password = S("");
    v->example = example_of(w->arena, v->inbox.address);
    TRY(admin_load(w, v->inbox.address, "inboxes", &v->admin));
    w->view = v;
    return ERR_NONE;
}

void incoming_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct incoming_view *v = w->view;
    admin_open(w, &v->admin);
    tmpl_incoming(&w->page, v);
    admin_close(w, &v->admin);
}

void incoming_json(const struct web_call *w, struct json_out *o) {
    const struct incoming_view *v = w->view;
    (void)w;
    json_open_object(o);
    json_key(o, S("id")), json_id(o, v->chosen.inbox_id);
    json_key(o, S("authserv_id")), json_str(o, v->chosen.authserv_id);
    json_key(o, S("reply_addresses")), json_bool(o, v->chosen.reply_addresses);
    json_key(o, S("acknowledges")), json_bool(o, v->chosen.acknowledges);
    json_key(o, S("updated_at")), json_int(o, v->chosen.updated_at);
    json_close_object(o);
}

err incoming_save(struct web_call *w) {
    struct store_incoming form = {.authserv_id = str_trim(web_param(w, "authserv_id")),
                                  .reply_addresses = web_param_on(w, "reply_addresses"),
                                  .acknowledges = web_param_on(w, "acknowledges")};
    TRY(web_id(w, 1, &form.inbox_id));
    err e = incoming_change(w->desk, w->arena, &w->actor, &form);
    if (e) {
        e = admin_again(w, e, incoming_view);
        struct incoming_view *v = w->view;
        if (v) v->chosen = form;
        return e;
    }
    TRY(incoming_view(w));
    web_go(w, web_path(w, "/admin/inboxes/%lld/incoming?kept=1", (long long)form.inbox_id));
    return ERR_NONE;
}

static str filled(struct web_call *w, const char *text, str arg) {
    BUF_AUTO buf b = BUF_MAX(8000);
    lang_fmt(&b, w->page.lang, text, &arg, 1);
    return str_copy(w->arena, buf_str(&b));
}

str auth_text(struct web_call *w, const struct message *m) {
    switch (m->auth) {
    case AUTH_NONE:
    case AUTH_PASS: return S("");
    case AUTH_FAIL:
        return filled(
            w,
            T("This letter may not be from whom it says: the mail server checked, and nothing shows "
              "that it comes from {0}. It joins no conversation by itself."),
            m->from_address);
    case AUTH_OWN:
        return filled(
            w,
            T("This letter may not be from whom it says: {0} is an inbox of ours, and nothing shows "
              "that we sent it. It joins no conversation by itself."),
            m->from_address);
    }
    return S("");
}

void bounces_json(const store_bounce_list *all, struct json_out *o) {
    json_open_array(o);
    for (size_t i = 0; i < all->n; i++) {
        const struct store_bounce *b = &all->v[i];
        json_open_object(o);
        json_key(o, S("report")), json_id(o, b->message_id);
        json_key(o, S("reply")), json_id(o, b->reply_id);
        json_key(o, S("recipient")), json_str(o, b->recipient);
        json_key(o, S("reason")), json_str(o, str_z(bounce_reason_name(b->reason)));
        json_key(o, S("status")), json_str(o, b->status);
        json_key(o, S("code")), json_int(o, b->code);
        json_key(o, S("delayed")), json_bool(o, b->delayed);
        json_key(o, S("hard")), json_bool(o, b->hard);
        json_key(o, S("says")), json_str(o, b->says);
        json_close_object(o);
    }
    json_close_array(o);
}

str bounce_text(struct web_call *w, const struct store_bounce *b) {
    str whom = b->recipient.n ? b->recipient : web_text(w, T("Somebody it went to"));
    return filled(w, bounce_sentence(b->reason, b->delayed), whom);
}
