#include "web/voice_page.h"

#include <stdlib.h>

#include "base/clock.h"
#include "voice.tmpl.h"
#include "web/finding_page.h"

/* ---- shared ---- */

err voice_load(struct web_call *w, const char *title, const char *tab, struct admin *ret_admin) {
    TRY(admin_load(w, *title ? web_text(w, title) : S(""), tab, ret_admin));
    ret_admin->frame.at = "voice";
    return ERR_NONE;
}

void voice_open(struct web_call *w, struct admin *v) {
    v->says = w->problem ? w->says : S("");
    frame_open(w, &v->frame);
    tmpl_voice_open(&w->page, v);
}

void voice_close(struct web_call *w, struct admin *v) {
    tmpl_voice_close(&w->page, v);
    frame_close(w, &v->frame);
}

err voice_paged(struct web_call *w, const char *path, size_t n, size_t per_page, struct voice_pages *ret) {
    struct voice_pages p = {.first = S(""), .next = S("")};
    int64_t from = 0;
    if (w->in->method == HTTP_GET) TRY(web_param_int(w, "from", 0, &from));
    p.from = (uint64_t)from < n ? (size_t)from : 0;
    p.to = n - p.from > per_page ? p.from + per_page : n;
    if (p.from) p.first = web_path(w, "%s", path);
    if (p.to < n) p.next = web_path(w, "%s%sfrom=%zu", path, str_has(str_z(path), '?') ? "&" : "?", p.to);
    *ret = p;
    return ERR_NONE;
}

err voice_go(struct web_call *w) {
    web_go(w, web_path(w, "/voice/frameworks"));
    return ERR_NONE;
}

/* ---- phrases ---- */

err phrases_view(struct web_call *w) {
    struct phrases_view *v = arena_alloc(w->arena, sizeof *v);
    phrase_state state = PHRASE_LEARNED;
    store_phrase_list all = {0};
    db_conn *c;
    v->state =
        phrase_state_of(w->in->method == HTTP_GET ? web_param(w, "state") : S(""), &state) ? (int)state : -1;
    TRY(voice_load(w, T("Phrases"), "phrases", &v->admin));
    TRY(web_read(w, &c));
    TRY(store_phrases(c, w->arena, w->who.brand.id, &all));
    v->all = all.n;
    for (size_t i = 0; i < all.n; i++) {
        v->counts[all.v[i].state]++;
        if (v->state < 0 || (int)all.v[i].state == v->state) *list_add(w->arena, &v->rows) = all.v[i];
    }
    const char *path = "/voice/phrases";
    if (v->state >= 0)
        path = str_cstr(w->arena, str_fmt(w->arena, "%s?state=%s", path, phrase_state_name(state)));
    TRY(voice_paged(w, path, v->rows.n, PHRASE_ROWS, &v->pages));
    v->learning = w->in->method == HTTP_GET && web_param_has(w, "learning");
    if (w->in->method != HTTP_GET) {
        v->typed = str_clip_utf8(web_param_text(w, "phrase"), 10000);
        v->typed_allowed = str_eq(web_param(w, "state"), S("allowed"));
    }
    w->view = v;
    return ERR_NONE;
}

void phrases_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct phrases_view *v = w->view;
    voice_open(w, &v->admin);
    tmpl_phrases(&w->page, v);
    voice_close(w, &v->admin);
}

void phrases_json(const struct web_call *w, struct json_out *o) {
    const struct phrases_view *v = w->view;
    (void)w;
    json_open_object(o);
    json_key(o, S("phrases"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) {
        const struct store_phrase *p = &v->rows.v[i];
        json_open_object(o);
        json_key(o, S("phrase")), json_str(o, p->phrase);
        json_key(o, S("state")), json_str(o, str_z(phrase_state_name(p->state)));
        json_key(o, S("customers")), json_int(o, p->customers);
        json_key(o, S("agent")), json_id(o, p->agent_id);
        json_key(o, S("agent_name")), json_str(o, p->agent_name);
        json_key(o, S("at")), json_int(o, p->at);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}

static void phrases_again(struct web_call *w) {
    phrase_state state;
    bool known = phrase_state_of(web_param(w, "shown"), &state);
    admin_kept(w, "/voice/phrases");
    if (known) web_go(w, web_path(w, "/voice/phrases?state=%s&kept=1", phrase_state_name(state)));
}

static err save_phrase(struct web_call *w) {
    phrase_state state = PHRASE_ADDED;
    str typed = web_param(w, "state");
    if (typed.n && (!phrase_state_of(typed, &state) || state == PHRASE_LEARNED))
        return err_set(ERR_INVALID, "A phrase is either added or allowed.");
    return voice_phrase_put(w->desk, w->arena, &w->actor, web_param(w, "phrase"), state);
}

err phrase_save(struct web_call *w) {
    err e = save_phrase(w);
    if (e) return admin_again(w, e, phrases_view);
    phrases_again(w);
    return ERR_NONE;
}

err phrases_learn(struct web_call *w) {
    TRY(voice_learn_soon(w->desk, w->who.brand.id));
    web_go(w, web_path(w, "/voice/phrases?learning=1"));
    return ERR_NONE;
}

err phrase_take_away(struct web_call *w) {
    TRY(voice_phrase_take_away(w->desk, w->arena, &w->actor, web_param(w, "phrase")));
    phrases_again(w);
    return ERR_NONE;
}

/* ---- approved replies ---- */

err approved_view(struct web_call *w) {
    struct approved_view *v = arena_alloc(w->arena, sizeof *v);
    db_conn *c;
    TRY(voice_load(w, T("Approved replies"), "approved", &v->admin));
    TRY(web_read(w, &c));
    TRY(store_approved_list_of(c, w->arena, w->who.brand.id, APPROVED_MAX, &v->rows));
    TRY(voice_words(c, w->arena, w->who.brand.id, &v->more, &v->less));
    TRY(voice_paged(w, "/voice/approved", v->rows.n, APPROVED_ROWS, &v->pages));
    w->view = v;
    return ERR_NONE;
}

void approved_html(struct web_call *w) {
    struct approved_view *v = w->view;
    voice_open(w, &v->admin);
    tmpl_approved(&w->page, v);
    voice_close(w, &v->admin);
}

static void put_words(struct json_out *o, const char *key, const voice_word_list *words) {
    json_key(o, str_z(key));
    json_open_array(o);
    for (size_t i = 0; i < words->n; i++) json_str(o, words->v[i]);
    json_close_array(o);
}

void approved_json(const struct web_call *w, struct json_out *o) {
    const struct approved_view *v = w->view;
    (void)w;
    json_open_object(o);
    json_key(o, S("approved"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) {
        const struct store_approved *r = &v->rows.v[i];
        json_open_object(o);
        json_key(o, S("message")), json_id(o, r->message_id);
        json_key(o, S("conversation")), json_id(o, r->conversation_id);
        json_key(o, S("number")), json_int(o, r->number);
        json_key(o, S("customer_name")), json_str(o, r->customer_name);
        json_key(o, S("written_by")), json_str(o, r->agent_name);
        json_key(o, S("agent")), json_id(o, r->agent_id);
        json_key(o, S("agent_name")), json_str(o, r->by_name);
        json_key(o, S("at")), json_int(o, r->at);
        json_key(o, S("text")), json_str(o, r->text);
        json_close_object(o);
    }
    json_close_array(o);
    put_words(o, "more", &v->more);
    put_words(o, "less", &v->less);
    json_close_object(o);
}

str voice_words_text(struct web_call *w, const voice_word_list *words) {
    str text = S("");
    for (size_t i = 0; i < words->n; i++)
        text = str_fmt(w->arena, "%.*s%s%.*s", STR_FMT(text), i ? ", " : "", STR_FMT(words->v[i]));
    return text;
}

err reply_do_approve(struct web_call *w) {
    int64_t message;
    bool approved = !web_param_has(w, "approved") || web_param_on(w, "approved");
    TRY(web_id(w, 1, &message));
    TRY(voice_approve(w->desk, w->arena, &w->actor, message, approved));
    if (approved)
        web_go(w, web_path(w, "/m/%lld", (long long)message));
    else
        admin_kept(w, "/voice/approved");
    return ERR_NONE;
}
