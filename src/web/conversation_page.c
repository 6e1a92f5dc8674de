#include "web/conversation_page.h"

#include "composer.tmpl.h"
#include "conversation.tmpl.h"
#include "web/box_page.h"
#include "web/child_page.h"
#include "web/defect_page.h"
#include "web/file_page.h"
#include "web/incoming_page.h"
#include "web/post_page.h"
#include "web/promise_page.h"

void conversation_html(struct web_call *w) {
    const struct conversation_page *p = w->view;
    if (str_eq(w->fragment, S("list"))) {
        list_counts_header(w, &p->frame);
        tmpl_list_column(&w->page, &p->column);
        return;
    }
    if (str_eq(w->fragment, S("conversation"))) {
        web_header(w, "X-Version", str_fmt(w->arena, "%lld", (long long)p->c.version));
        tmpl_conversation(&w->page, p);
        return;
    }
    if (str_eq(w->fragment, S("send"))) {
        tmpl_conflict(&w->page, w, &p->conflict, &p->compose);
        return;
    }
    frame_open(w, &p->frame);
    tmpl_conversation_page(&w->page, p);
    frame_close(w, &p->frame);
}

static void json_file(const struct web_call *w, struct json_out *o, const struct attachment *f) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, f->id);
    json_key(o, S("name")), json_str(o, f->name);
    json_key(o, S("type")), json_str(o, f->type);
    json_key(o, S("size")), json_int(o, f->size);
    json_key(o, S("inline")), json_bool(o, f->shown_inline);
    json_key(o, S("scan")), json_str(o, str_z(file_scan_name(f->scan)));
    json_key(o, S("scan_says")), json_str(o, f->scan_says);
    json_key(o, S("held")), json_bool(o, files_held(f));
    file_about_json(f, o);
    json_key(o, S("url")),
        json_str(o, str_fmt(w->arena, "/api/v1%.*s", STR_FMT(web_path(w, "/a/%lld", (long long)f->id))));
    json_close_object(o);
}

static void json_outbox(struct json_out *o, const struct outbox *x) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, x->id);
    json_key(o, S("recipient")), json_str(o, x->recipient);
    json_key(o, S("state")), json_str(o, str_z(outbox_state_name(x->state)));
    json_key(o, S("ready_at")), json_int(o, x->ready_at);
    json_key(o, S("attempts")), json_int(o, x->attempts);
    json_key(o, S("says")), json_str(o, x->says);
    json_close_object(o);
}

static void json_message(const struct web_call *w, struct json_out *o, const struct said *s) {
    const struct message *m = s->message;
    bool reply = m->kind == MESSAGE_REPLY;
    json_open_object(o);
    json_key(o, S("id")), json_id(o, m->id);
    json_key(o, S("kind")), json_str(o, str_z(message_kind_name(m->kind)));
    json_key(o, S("channel")), json_str(o, str_z(channel_name(m->channel)));
    json_key(o, S("state")), json_str(o, str_z(message_state_name(m->state)));
    json_key(o, S("from")), json_str(o, m->from_address);
    json_key(o, S("from_name")), json_str(o, m->from_name.n ? m->from_name : m->agent_name);
    post_json(s, o);
    if (reply) json_key(o, S("to")), json_str(o, s->to);
    if (reply) json_key(o, S("cc")), json_str(o, s->cc);
    json_key(o, S("subject")), json_str(o, m->subject);
    json_key(o, S("text")), json_str(o, m->text);
    if (s->heard) {
        json_key(o, S("heard"));
        json_open_object(o);
        heard_json_members(s->heard, o);
        json_close_object(o);
    }
    json_key(o, S("html")), json_bool(o, m->html.n > 0);
    json_key(o, S("remote_images")), json_int(o, m->remote_images);
    json_key(o, S("pictures")), json_str(o, str_z(letter_pictures_name(m->pictures)));
    json_key(o, S("machine")), json_str(o, m->machine);
    json_key(o, S("problem")), json_str(o, m->problem);
    json_key(o, S("auth")), json_str(o, str_z(auth_verdict_name(m->auth)));
    if (s->bounces.n) json_key(o, S("bounces")), bounces_json(&s->bounces, o);
    json_key(o, S("agent")), json_id(o, m->agent_id);
    json_key(o, S("said_at")), json_int(o, m->said_at);
    json_key(o, S("files"));
    json_open_array(o);
    for (size_t i = 0; i < s->files.n; i++) json_file(w, o, &s->files.v[i]);
    json_close_array(o);
    if (reply) {
        json_key(o, S("outbox"));
        json_open_array(o);
        for (size_t i = 0; i < s->outbox.n; i++) json_outbox(o, &s->outbox.v[i]);
        json_close_array(o);
    }
    json_close_object(o);
}

static void json_event(struct json_out *o, const struct event *e) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, e->id);
    json_key(o, S("kind")), json_str(o, e->kind);
    json_key(o, S("detail")), json_str(o, e->detail);
    json_key(o, S("agent")), json_id(o, e->agent_id);
    json_key(o, S("agent_name")), json_str(o, e->agent_name);
    json_key(o, S("at")), json_int(o, e->at);
    json_close_object(o);
}

void conversation_json(const struct web_call *w, struct json_out *o) {
    const struct conversation_page *p = w->view;
    json_open_object(o);
    json_key(o, S("conversation")), conversation_json_object(o, &p->c);
    json_key(o, S("messages"));
    json_open_array(o);
    for (size_t i = 0; i < p->said.n; i++)
        if (p->said.v[i].message) json_message(w, o, &p->said.v[i]);
    json_close_array(o);
    json_key(o, S("before"));
    if (p->before)
        json_id(o, p->before);
    else
        json_nil(o);
    json_key(o, S("events"));
    json_open_array(o);
    for (size_t i = 0; i < p->said.n; i++)
        if (p->said.v[i].event) json_event(o, p->said.v[i].event);
    json_close_array(o);
    json_key(o, S("customer"));
    json_open_object(o);
    json_key(o, S("id")), json_id(o, p->customer.id);
    json_key(o, S("name")), json_str(o, p->customer.name);
    json_key(o, S("about")), json_str(o, p->customer.about);
    json_key(o, S("addresses"));
    json_open_array(o);
    for (size_t i = 0; i < p->addresses.n; i++) json_str(o, p->addresses.v[i].address);
    json_close_array(o);
    json_close_object(o);
    json_key(o, S("child")), child_panel_json(w, o, p->child);
    json_key(o, S("promises")), promise_panel_json(w, o, p->promises);
    json_key(o, S("boxes")), box_panel_json(w, o, p->boxes);
    json_key(o, S("defects")), defect_panel_json(o, p->defects);
    json_key(o, S("others"));
    json_open_array(o);
    for (size_t i = 0; i < p->others.n; i++) conversation_json_object(o, &p->others.v[i]);
    json_close_array(o);
    json_close_object(o);
}
