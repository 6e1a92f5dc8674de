#include "web/merge_page.h"

#include "desk/filing.h"
#include "merge.tmpl.h"
#include "web/admin_page.h"

/* ---- in words ---- */

static str fill(struct web_call *w, const char *msgid, str a0, str a1) {
    BUF_AUTO buf b = BUF_MAX(16384);
    str args[2] = {a0, a1};
    lang_fmt(&b, w->page.lang, msgid, args, 2);
    return str_copy(w->arena, buf_str(&b));
}

static str number(struct web_call *w, int64_t n) { return str_fmt(w->arena, "%lld", (long long)n); }

str merge_operation_text(struct web_call *w, const struct merge_operation *op, int64_t here) {
    bool from = op->from_id == here;
    switch (op->kind) {
    case MERGE_MERGE:
        return from ? fill(w, T("Merged into conversation {0}"), number(w, op->to_number), S(""))
                    : fill(w, T("Conversation {0} was merged into this one"), number(w, op->from_number),
                           S(""));
    case MERGE_SPLIT:
        return from ? fill(w, T("Messages were split off into conversation {0}"), number(w, op->to_number),
                           S(""))
                    : fill(w, T("Split off from conversation {0}"), number(w, op->from_number), S(""));
    case MERGE_MOVE: return fill(w, T("Moved to another inbox: {0}"), op->about, S(""));
    case MERGE_FORWARD:
        return fill(w, T("A letter that {0} forwarded became its writer's"),
                    op->about.n ? op->about : web_text(w, T("a colleague")), S(""));
    }
    return S("");
}

str merge_conversation_text(struct web_call *w, const struct conversation *c) {
    if (c->state == CONVERSATION_US) return web_text(w, T("Waiting for us"));
    if (c->state == CONVERSATION_THEM) return web_text(w, T("Waiting for them"));
    return web_text(w, T("Done"));
}

str merge_sender_line(struct web_call *w, const merge_sender_list *senders) {
    BUF_AUTO buf b = BUF_MAX(65536);
    for (size_t i = 0; i < senders->n; i++) {
        const struct merge_sender *s = &senders->v[i];
        if (!s->address.n) continue;
        if (b.n) buf_add_z(&b, ", ");
        buf_add(&b, s->address);
    }
    return str_copy(w->arena, buf_str(&b));
}

str merge_about(struct web_call *w, const struct conversation *c) {
    str line = list_line(c);
    return line.n ? fill(w, T("{0}: {1}"), number(w, c->number), line) : number(w, c->number);
}

/* ---- what can be done ---- */

static bool ticked(const struct web_call *w, int64_t message) {
    for (size_t i = 0; i < w->in->form.n; i++) {
        int64_t id;
        if (str_eq(w->in->form.v[i].name, S("message")) && str_to_int(w->in->form.v[i].value, &id) &&
            id == message)
            return true;
    }
    return false;
}

static err load_messages(struct web_call *w, struct merge_view *v) {
    db_conn *c;
    message_list all;
    TRY(web_read(w, &c));
    TRY(store_message_list(c, w->arena, w->who.brand.id, v->c.id, 0, MERGE_MESSAGES_SHOWN + 1, &all));
    v->more = all.n > MERGE_MESSAGES_SHOWN;
    for (size_t i = v->more; i < all.n; i++)
        *list_add(w->arena, &v->messages) = (struct merge_message){
            &all.v[i], filing_snippet(w->arena, all.v[i].text), ticked(w, all.v[i].id)};
    return ERR_NONE;
}

static err load(struct web_call *w, struct merge_view **ret) {
    struct merge_view *v = arena_alloc(w->arena, sizeof *v);
    const struct glance *g;
    db_conn *c;
    int64_t id;
    TRY(web_id(w, 1, &id));
    v->q = str_clip_utf8(str_trim(web_param(w, "q")), 200);
    /* Both read by themselves. */
    TRY(merge_operations(w->desk, w->arena, w->who.brand.id, id, &v->operations));
    TRY(merge_candidates(w->desk, w->arena, w->who.brand.id, id, v->q, &v->rows));
    TRY(web_read(w, &c));
    TRY(store_conversation_get(c, w->arena, w->who.brand.id, id, &v->c));
    TRY(glance_of(w, &g));
    for (size_t i = 0; i < g->inboxes.n; i++)
        if (g->inboxes.v[i].id == v->c.inbox_id) v->inbox = g->inboxes.v[i].address;
    TRY(load_messages(w, v));
    v->base = web_path(w, "/c/%lld", (long long)id);
    v->subject = w->in->method == HTTP_GET ? S("") : web_param(w, "subject");
    *ret = v;
    return ERR_NONE;
}

err merge_view(struct web_call *w) {
    struct merge_view *v;
    TRY(load(w, &v));
    TRY(frame_load(w, web_text(w, T("Merge, split or move")), &v->frame));
    v->frame.here = -1;
    w->view = v;
    return ERR_NONE;
}

void merge_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct merge_view *v = w->view;
    if (w->problem) v->says = w->says;
    frame_open(w, &v->frame);
    tmpl_merge_page(&w->page, v);
    frame_close(w, &v->frame);
}

static void json_operation(struct json_out *o, const struct merge_operation *op) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, op->id);
    json_key(o, S("kind")), json_str(o, str_z(merge_kind_name(op->kind)));
    json_key(o, S("from")), json_id(o, op->from_id);
    json_key(o, S("into")), json_id(o, op->to_id);
    json_key(o, S("from_number")), json_int(o, op->from_number);
    json_key(o, S("into_number")), json_int(o, op->to_number);
    json_key(o, S("about")), json_str(o, op->about);
    json_key(o, S("agent")), json_id(o, op->agent_id);
    json_key(o, S("agent_name")), json_str(o, op->agent_name);
    json_key(o, S("at")), json_int(o, op->at);
    json_key(o, S("undone_at")), json_int(o, op->undone_at);
    json_key(o, S("undone_by")), json_id(o, op->undone_by);
    json_close_object(o);
}

void merge_json(const struct web_call *w, struct json_out *o) {
    const struct merge_view *v = w->view;
    json_open_object(o);
    json_key(o, S("conversation")), conversation_json_object(o, &v->c);
    json_key(o, S("merged_into")), json_id(o, v->c.merged_into);
    json_key(o, S("candidates"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) conversation_json_object(o, &v->rows.v[i]);
    json_close_array(o);
    json_key(o, S("operations"));
    json_open_array(o);
    for (size_t i = 0; i < v->operations.n; i++) json_operation(o, &v->operations.v[i]);
    json_close_array(o);
    json_close_object(o);
}

/* ---- are you sure? ---- */

static err load_side(struct web_call *w, int64_t id, struct merge_side *s) {
    db_conn *c;
    int64_t brand = w->who.brand.id;
    TRY(web_read(w, &c));
    TRY(store_conversation_get(c, w->arena, brand, id, &s->c));
    TRY(store_merge_senders(c, w->arena, brand, id, 20, &s->senders));
    TRY(store_child_get(c, w->arena, brand, id, &s->child));
    s->path = web_path(w, "/c/%lld", (long long)id);
    return ERR_NONE;
}

static bool locks(const struct merge_side *s) { return s->child.version && s->child.state != CHILD_NONE; }

err merge_confirm_view(struct web_call *w) {
    struct merge_confirm *v = arena_alloc(w->arena, sizeof *v);
    int64_t from, into;
    TRY(web_id(w, 1, &from));
    if (w->in->method == HTTP_GET)
        TRY(web_id(w, 2, &into));
    else
        TRY(web_param_int(w, "into", 0, &into));
    TRY(load_side(w, from, &v->from));
    TRY(load_side(w, into, &v->into));
    v->strangers = v->from.c.customer_id != v->into.c.customer_id;
    v->child = locks(&v->from) || locks(&v->into);
    TRY(frame_load(w, web_text(w, T("Merge two conversations")), &v->frame));
    v->frame.here = -1;
    w->view = v;
    return ERR_NONE;
}

void merge_confirm_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct merge_confirm *v = w->view;
    if (w->problem) v->says = w->says;
    frame_open(w, &v->frame);
    tmpl_merge_confirm(&w->page, v);
    frame_close(w, &v->frame);
}
