#include "web/child_page.h"

#include "desk/forget.h"
#include "web/box_page.h"
#include "web/conversation_page.h"

static str fill(struct web_call *w, const char *msgid, str a0, str a1) {
    BUF_AUTO buf b = BUF_MAX(16384);
    str args[2] = {a0, a1};
    lang_fmt(&b, w->page.lang, msgid, args, 2);
    return str_copy(w->arena, buf_str(&b));
}

/* ---- looking ---- */

static err load(struct web_call *w, int64_t conversation, struct child_panel *ret) {
    db_conn *c;
    int64_t brand = w->who.brand.id;
    TRY(web_read(w, &c));
    TRY(child_get_in(c, w->arena, brand, conversation, &ret->k));
    if (!ret->k.worry_id) return ERR_NONE;
    TRY(store_worry_of(c, w->arena, brand, conversation, &ret->worry));
    TRY(worry_may_in(c, w->arena, &w->actor, &ret->sees_worry));
    if (ret->worry.agent_id == w->who.agent.id) ret->sees_worry = true;
    return ERR_NONE;
}

/* A child's letter often comes from a grown-up's address. */
static str newest_sender(const struct conversation_page *p) {
    str from = S("");
    for (size_t i = 0; i < p->messages.n; i++)
        if (p->messages.v[i].kind == MESSAGE_LETTER && p->messages.v[i].from_address.n)
            from = p->messages.v[i].from_address;
    return from;
}

bool child_forgotten(const struct conversation_page *p) { return p->child && p->child->k.forgotten_at; }

err child_panel_load(struct web_call *w, struct conversation_page *p) {
    struct child_panel *c = arena_alloc(w->arena, sizeof *c);
    TRY(load(w, p->c.id, c));
    c->email = c->k.ask_email.n ? c->k.ask_email : newest_sender(p);
    if (w->in->method != HTTP_GET) {
        if (web_param_has(w, "email")) c->email = str_clip_utf8(web_param(w, "email"), 320);
        if (web_param_has(w, "worry")) c->note = web_param_text(w, "worry");
    }
    p->child = c;
    if (c->k.forgotten_at) p->may_write = false;
    return ERR_NONE;
}

void child_only_looks(struct web_call *w, struct conversation_page *p) {
    if (!child_forgotten(p)) return;
    struct box_panel *boxes = arena_alloc(w->arena, sizeof *boxes);
    *boxes = *p->boxes;
    boxes->may_make = false;
    p->boxes = boxes;
}

str child_when_deleted(struct web_call *w, const struct child_panel *c) {
    const struct store_child *k = &c->k;
    if (k->state == CHILD_NONE || k->forgotten_at) return S("");
    if (k->worry_id) return web_text(w, T("Nothing is deleted while somebody worries about it."));
    if (k->delete_at && k->delete_at <= w->page.now) return web_text(w, T("Their words are being deleted."));
    if (k->delete_at)
        return fill(w, T("Their words are deleted on {0}."), page_day_text(&w->page, k->delete_at), S(""));
    return fill(w, T("Their words are deleted when this is done: {0} days later."),
                str_fmt(w->arena, "%lld", (long long)k->delete_days), S(""));
}

str child_ask_text(struct web_call *w, const struct store_child *k) {
    str when = str_copy(w->arena, page_when_text(&w->page, k->asked_at));
    if (str_eq(k->ask_state, S("failed")))
        return fill(w, T("The mail to {0} could not be delivered."), k->ask_email, S(""));
    if (str_eq(k->ask_state, S("waiting")))
        return fill(w, T("A mail to {0} is on its way."), k->ask_email, S(""));
    if (k->ask_expires_at <= w->page.now)
        return fill(w, T("The link that went to {0} is too old now."), k->ask_email, S(""));
    return fill(w, T("A grown-up was asked ({0}, {1})."), k->ask_email, when);
}

void child_panel_json(const struct web_call *w, struct json_out *o, const struct child_panel *c) {
    const struct store_child *k = &c->k;
    (void)w;
    json_open_object(o);
    json_key(o, S("state")), json_str(o, str_z(child_state_name(k->state)));
    json_key(o, S("version")), json_int(o, k->version);
    json_key(o, S("by")), json_str(o, k->agent_name);
    json_key(o, S("at")), json_int(o, k->at);
    json_key(o, S("locked")),
        json_bool(o, k->state != CHILD_NONE && (k->state != CHILD_CONFIRMED || k->forgotten_at));
    json_key(o, S("asks")), json_int(o, k->asks);
    json_key(o, S("asked_at")), json_int(o, k->asked_at);
    json_key(o, S("ask_state")), json_str(o, k->ask_state);
    json_key(o, S("link_expires_at")), json_int(o, k->ask_expires_at);
    json_key(o, S("settled_at")), json_int(o, k->settled_at);
    json_key(o, S("grown_up")), json_str(o, k->name);
    json_key(o, S("keep_memory")), json_bool(o, k->keep_memory);
    json_key(o, S("delete_at")), json_int(o, k->delete_at);
    json_key(o, S("deleted_at")), json_int(o, k->forgotten_at);
    json_key(o, S("worry")), json_id(o, k->worry_id);
    json_close_object(o);
}

err child_view(struct web_call *w) {
    int64_t id;
    db_conn *c;
    struct conversation v;
    struct child_panel *x = arena_alloc(w->arena, sizeof *x);
    TRY(web_id(w, 1, &id));
    TRY(web_read(w, &c));
    TRY(store_conversation_get(c, w->arena, w->who.brand.id, id, &v));
    TRY(load(w, id, x));
    w->view = x;
    return ERR_NONE;
}

void child_json(const struct web_call *w, struct json_out *o) { child_panel_json(w, o, w->view); }

/* ---- doing ---- */

static err begin(struct web_call *w, int64_t *ret_id) {
    TRY(web_id(w, 1, ret_id));
    web_go(w, web_path(w, "/c/%lld", (long long)*ret_id));
    return ERR_NONE;
}

/* How it stands afterwards, for programs. */
static err stands(struct web_call *w, int64_t conversation) {
    struct child_panel *x = arena_alloc(w->arena, sizeof *x);
    TRY(load(w, conversation, x));
    w->view = x;
    return ERR_NONE;
}

err child_do_set(struct web_call *w) {
    int64_t id, version;
    TRY(begin(w, &id));
    TRY(web_param_int(w, "version", -1, &version));
    TRY(child_set(w->desk, w->arena, &w->actor, id, web_param_on(w, "child"), version));
    return stands(w, id);
}

err child_do_ask(struct web_call *w) {
    int64_t id;
    TRY(begin(w, &id));
    err e = child_ask(w->desk, w->arena, &w->actor, id, web_param(w, "email"));
    if (e == ERR_LIMIT) w->status = 429;
    TRY(e);
    return stands(w, id);
}

err child_do_delete(struct web_call *w) {
    int64_t id;
    TRY(begin(w, &id));
    return forget_now(w->desk, w->arena, &w->actor, id);
}

err child_do_worry(struct web_call *w) {
    int64_t id, letter, worry;
    TRY(begin(w, &id));
    TRY(web_param_int(w, "letter", 0, &letter));
    TRY(worry_raise(w->desk, w->arena, &w->actor, id, letter, web_param_text(w, "worry"), &worry));
    return stands(w, id);
}

void child_done_json(const struct web_call *w, struct json_out *o) { child_panel_json(w, o, w->view); }
