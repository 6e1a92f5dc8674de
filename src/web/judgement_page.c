#include "web/judgement_page.h"

#include "format/unwrap.h"
#include "judgement.tmpl.h"
#include "web/gesture_page.h"
#include "web/policy_page.h"

/* ---- stories ---- */

static err load(struct web_call *w, const char *title, struct stories_view **ret) {
    struct stories_view *v = arena_alloc(w->arena, sizeof *v);
    v->lead = web_may(w, RIGHT_LEAD);
    TRY(leeway_load(w, title, "judgements", &v->admin));
    web_read_end(w);
    *ret = v;
    return ERR_NONE;
}

err stories_view(struct web_call *w) {
    struct stories_view *v;
    TRY(load(w, web_may(w, RIGHT_LEAD) ? T("Judgements") : T("Your judgements"), &v));
    TRY(web_param_int(w, "before", 0, &v->before));
    v->unread = web_param_on(w, "unread");
    TRY(judgement_stories(w->desk, w->arena, &w->actor, v->unread, v->before, STORIES_SHOWN, &v->stories,
                          &v->next));
    w->view = v;
    return ERR_NONE;
}

err story_view(struct web_call *w) {
    struct stories_view *v;
    int64_t id;
    TRY(web_id(w, 1, &id));
    TRY(load(w, T("A judgement"), &v));
    v->one = true;
    TRY(judgement_story_get(w->desk, w->arena, &w->actor, id, list_add(w->arena, &v->stories)));
    w->view = v;
    return ERR_NONE;
}

void stories_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct stories_view *v = w->view;
    leeway_open(w, &v->admin);
    tmpl_stories(&w->page, v);
    leeway_close(w, &v->admin);
}

static void json_part(struct json_out *o, const char *key, const struct store_story_part *p) {
    json_key(o, str_z(key));
    if (!p->id) {
        json_nil(o);
        return;
    }
    json_open_object(o);
    json_key(o, S("id")), json_id(o, p->id);
    json_key(o, S("name")), json_str(o, p->name);
    json_key(o, S("text")), json_str(o, p->text);
    json_key(o, S("cut")), json_bool(o, p->cut);
    json_key(o, S("at")), json_int(o, p->at);
    json_close_object(o);
}

static void json_story(const struct web_call *w, struct json_out *o, const struct judgement_story *s) {
    json_open_object(o);
    json_key(o, S("gesture"));
    gesture_json_object(w, o, &s->gesture);
    json_part(o, "letter", &s->said.letter);
    json_part(o, "reply", &s->said.reply);
    json_part(o, "after", &s->said.after);
    json_key(o, S("notes"));
    json_open_array(o);
    for (size_t i = 0; i < s->notes.n; i++) {
        const struct store_judgement_note *n = &s->notes.v[i];
        json_open_object(o);
        json_key(o, S("id")), json_id(o, n->id);
        json_key(o, S("agent")), json_id(o, n->agent_id);
        json_key(o, S("agent_name")), json_str(o, n->agent_name);
        json_key(o, S("well_judged")), json_bool(o, n->well);
        json_key(o, S("note")), json_str(o, n->note);
        json_key(o, S("suggestion")), json_str(o, n->suggestion);
        json_key(o, S("at")), json_int(o, n->at);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}

void stories_json(const struct web_call *w, struct json_out *o) {
    const struct stories_view *v = w->view;
    json_open_object(o);
    json_key(o, S("judgements"));
    json_open_array(o);
    for (size_t i = 0; i < v->stories.n; i++) json_story(w, o, &v->stories.v[i]);
    json_close_array(o);
    json_key(o, S("before"));
    if (v->next)
        json_id(o, v->next);
    else
        json_nil(o);
    json_close_object(o);
}

void story_json(const struct web_call *w, struct json_out *o) {
    const struct stories_view *v = w->view;
    json_story(w, o, &v->stories.v[0]);
}

/* ---- what is said of one ---- */

/* Back to where the form was: the list, or the story's own page. */
static void go_back(struct web_call *w, int64_t id) {
    if (web_param_on(w, "one"))
        web_go(w, web_path(w, "/judgements/%lld", (long long)id));
    else
        web_go(w, web_path(w, "/judgements%s#s-%lld", web_param_on(w, "unread") ? "?unread=1" : "",
                           (long long)id));
}

err judgement_do_well(struct web_call *w) {
    int64_t id;
    TRY(web_id(w, 1, &id));
    TRY(judgement_well(w->desk, w->arena, &w->actor, id));
    if (w->json) TRY(story_view(w));
    go_back(w, id);
    return ERR_NONE;
}

err judgement_do_note(struct web_call *w) {
    int64_t id;
    struct judgement_story s;
    TRY(web_id(w, 1, &id));
    /* Whether there is such a judgement for them comes before what they typed. */
    TRY(judgement_story_get(w->desk, w->arena, &w->actor, id, &s));
    str note = web_param_text(w, "note"), suggestion = web_param_text(w, "suggestion");
    err e = judgement_note(w->desk, w->arena, &w->actor, id, note, suggestion);
    if (e) {
        e = admin_again(w, e, story_view);
        struct stories_view *v = w->view;
        if (w->json || !v) return e;
        v->typed_for = id;
        v->note = note;
        v->suggestion = suggestion;
        return e;
    }
    if (w->json) TRY(story_view(w));
    go_back(w, id);
    return ERR_NONE;
}

str story_begins(struct web_call *w, const struct store_story_part *p) {
    str s = text_unwrap(w->arena, str_trim(p->text)), begins = str_clip_utf8(s, STORY_BYTES);
    return begins.n < s.n || p->cut ? str_fmt(w->arena, "%.*s…", STR_FMT(begins)) : s;
}

bool story_is_well(const struct judgement_story *s) {
    for (size_t i = 0; i < s->notes.n; i++)
        if (s->notes.v[i].well) return true;
    return false;
}

bool story_well_by(const struct judgement_story *s, int64_t agent) {
    for (size_t i = 0; i < s->notes.n; i++)
        if (s->notes.v[i].well && s->notes.v[i].agent_id == agent) return true;
    return false;
}

/* ---- patterns ---- */

err patterns_view(struct web_call *w) {
    struct patterns_view *v = arena_alloc(w->arena, sizeof *v);
    TRY(leeway_load(w, T("Patterns"), "patterns", &v->admin));
    TRY(leeway_currency(w, &v->currency));
    web_read_end(w);
    TRY(judgement_patterns(w->desk, w->arena, &w->actor, &v->rows));
    w->view = v;
    return ERR_NONE;
}

void patterns_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct patterns_view *v = w->view;
    leeway_open(w, &v->admin);
    tmpl_patterns(&w->page, v);
    leeway_close(w, &v->admin);
}

void patterns_json(const struct web_call *w, struct json_out *o) {
    const struct patterns_view *v = w->view;
    json_open_object(o);
    json_key(o, S("currency")), json_str(o, currency_str(&v->currency));
    json_key(o, S("patterns"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) {
        const struct store_pattern *p = &v->rows.v[i].p;
        json_open_object(o);
        json_key(o, S("situation")), json_str(o, p->situation);
        json_key(o, S("answer")), json_str(o, str_z(gesture_kind_name(p->kind)));
        json_key(o, S("item_kind")), json_str(o, p->item_kind);
        json_key(o, S("code")), json_str(o, p->item_code);
        json_key(o, S("item")), json_str(o, p->item_name);
        json_key(o, S("agents")), json_int(o, p->agents);
        json_key(o, S("gestures")), json_int(o, p->gestures);
        leeway_json_amount(w, o, "least", p->least, v->currency);
        leeway_json_amount(w, o, "most", p->most, v->currency);
        json_key(o, S("quantity")), json_int(o, p->quantity);
        json_key(o, S("last_at")), json_int(o, p->last_at);
        json_key(o, S("policy"));
        if (v->rows.v[i].now.id)
            policy_json_object(w, o, &v->rows.v[i].now, v->currency);
        else
            json_nil(o);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}
