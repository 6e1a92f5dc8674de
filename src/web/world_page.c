#include "web/world_page.h"

#include <string.h>

#include "web/routes.h"
#include "world.tmpl.h"

str world_begins(struct web_call *w, str text) {
    str s = voice_phrase_line(w->arena, str_clip_utf8(str_trim(text), 140));
    return str_fmt(w->arena, "%.*s%s", STR_FMT(s), str_trim(text).n > 140 ? "…" : "");
}

/* ---- all personas, and the ends of letters ---- */

err personas_view(struct web_call *w) {
    struct personas_view *v = arena_alloc(w->arena, sizeof *v);
    int64_t brand = w->who.brand.id;
    db_conn *c;
    TRY(voice_load(w, T("Who speaks"), "personas", &v->admin));
    TRY(web_read(w, &c));
    TRY(store_personas(c, w->arena, brand, &v->rows));
    TRY(store_speakers(c, w->arena, brand, 0, &v->speakers));
    TRY(store_sign_offs(c, w->arena, brand, &v->sign_offs));
    if (web_may(w, RIGHT_LEAD))
        TRY(store_personas_retired(c, w->arena, brand, PERSONA_RETIRED_ROWS, &v->retired));
    if (w->in->method != HTTP_GET) v->typed = str_clip_utf8(web_param_text(w, "text"), 10000);
    w->view = v;
    return ERR_NONE;
}

void personas_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct personas_view *v = w->view;
    voice_open(w, &v->admin);
    tmpl_personas(&w->page, v);
    voice_close(w, &v->admin);
}

static void put_persona(const struct web_call *w, struct json_out *o, const struct store_persona *p,
                        const store_speaker_list *speakers) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, p->id);
    json_key(o, S("name")), json_str(o, p->name);
    json_key(o, S("who")), json_str(o, p->who);
    json_key(o, S("speaks")), json_str(o, p->speaks);
    json_key(o, S("may")), json_str(o, p->may);
    json_key(o, S("sign_off")), json_str(o, p->sign_off);
    json_key(o, S("everyone")), json_bool(o, p->everyone);
    json_key(o, S("you_may")), json_bool(o, world_may_speak(p, speakers, w->who.agent.id));
    json_key(o, S("agents"));
    json_open_array(o);
    for (size_t i = 0; i < speakers->n; i++) {
        if (speakers->v[i].persona_id != p->id) continue;
        json_open_object(o);
        json_key(o, S("id")), json_id(o, speakers->v[i].agent_id);
        json_key(o, S("name")), json_str(o, speakers->v[i].name);
        json_close_object(o);
    }
    json_close_array(o);
    json_key(o, S("agent")), json_id(o, p->agent_id);
    json_key(o, S("agent_name")), json_str(o, p->agent_name);
    json_key(o, S("updated_at")), json_int(o, p->updated_at);
    json_key(o, S("retired_at")), json_int(o, p->retired_at);
    json_close_object(o);
}

static void put_personas(const struct web_call *w, struct json_out *o, const char *key,
                         const store_persona_list *rows, const store_speaker_list *speakers) {
    json_key(o, str_z(key));
    json_open_array(o);
    for (size_t i = 0; i < rows->n; i++) put_persona(w, o, &rows->v[i], speakers);
    json_close_array(o);
}

void personas_json(const struct web_call *w, struct json_out *o) {
    const struct personas_view *v = w->view;
    json_open_object(o);
    put_personas(w, o, "personas", &v->rows, &v->speakers);
    if (web_may(w, RIGHT_LEAD)) put_personas(w, o, "retired", &v->retired, &v->speakers);
    json_key(o, S("sign_offs"));
    json_open_array(o);
    for (size_t i = 0; i < v->sign_offs.n; i++) {
        json_open_object(o);
        json_key(o, S("id")), json_id(o, v->sign_offs.v[i].id);
        json_key(o, S("text")), json_str(o, v->sign_offs.v[i].text);
        json_key(o, S("agent")), json_id(o, v->sign_offs.v[i].agent_id);
        json_key(o, S("updated_at")), json_int(o, v->sign_offs.v[i].updated_at);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}

err sign_off_add(struct web_call *w) {
    int64_t *id = arena_alloc(w->arena, sizeof *id);
    err e = world_sign_off_add(w->desk, w->arena, &w->actor, web_param_text(w, "text"), id);
    if (e) return admin_again(w, e, personas_view);
    w->view = id;
    admin_kept(w, "/voice/personas");
    return ERR_NONE;
}

void sign_off_json(const struct web_call *w, struct json_out *o) {
    const int64_t *id = w->view;
    json_open_object(o);
    json_key(o, S("id")), json_id(o, *id);
    json_close_object(o);
}

err sign_off_take_away(struct web_call *w) {
    int64_t id;
    TRY(web_param_int(w, "id", 0, &id));
    TRY(world_sign_off_take_away(w->desk, w->arena, &w->actor, id));
    admin_kept(w, "/voice/personas");
    return ERR_NONE;
}

str persona_speakers_text(struct web_call *w, const struct store_persona *p,
                          const store_speaker_list *speakers) {
    BUF_AUTO buf b = BUF_MAX(8192);
    int shown = 0, n = 0;
    if (p->everyone) return web_text(w, T("Everyone who answers"));
    for (size_t i = 0; i < speakers->n; i++) n += speakers->v[i].persona_id == p->id;
    if (!n) return web_text(w, T("Nobody yet"));
    for (size_t i = 0; i < speakers->n && shown < 3; i++) {
        if (speakers->v[i].persona_id != p->id) continue;
        if (shown++) buf_add(&b, S(", "));
        buf_add(&b, speakers->v[i].name);
    }
    if (n <= shown) return str_copy(w->arena, buf_str(&b));
    static const char *const forms[] = {TN("{1} and {0} other", "{1} and {0} others")};
    const str args[] = {str_fmt(w->arena, "%d", n - shown), str_copy(w->arena, buf_str(&b))};
    buf_clear(&b);
    lang_fill(&b, lang_plural(w->page.lang, n - shown, forms[0], forms[1]), args, 2);
    return str_copy(w->arena, buf_str(&b));
}

/* ---- one ---- */

static bool was_typed(const struct web_call *w) {
    return w->in->method != HTTP_GET && web_param_has(w, "name");
}

/* What is not in the request stays as it is. */
static str said(const struct web_call *w, const char *name, str now) {
    return web_param_has(w, name) ? web_param_text(w, name) : now;
}

static str candidate_box(const struct web_call *w, int64_t agent) {
    return str_fmt(w->arena, "agent_%lld", (long long)agent);
}

static bool is_among(const store_speaker_list *speakers, int64_t agent) {
    for (size_t i = 0; i < speakers->n; i++)
        if (speakers->v[i].agent_id == agent) return true;
    return false;
}

/* Whoever answers letters now, and those who were chosen and do not any more. */
static err load_candidates(struct web_call *w, struct persona_view *v, bool typed) {
    const struct glance *g;
    TRY(glance_of(w, &g));
    for (size_t i = 0; i < g->colleagues.n; i++)
        *list_add(w->arena, &v->candidates) = (struct persona_candidate){
            g->colleagues.v[i].id, g->colleagues.v[i].name, is_among(&v->speakers, g->colleagues.v[i].id)};
    for (size_t i = 0; i < v->speakers.n; i++) {
        const struct store_speaker *s = &v->speakers.v[i];
        bool there = false;
        for (size_t k = 0; k < g->colleagues.n; k++) there = there || g->colleagues.v[k].id == s->agent_id;
        if (!there)
            *list_add(w->arena, &v->candidates) = (struct persona_candidate){s->agent_id, s->name, true};
    }
    for (size_t i = 0; typed && i < v->candidates.n; i++)
        v->candidates.v[i].may =
            web_param_on(w, str_cstr(w->arena, candidate_box(w, v->candidates.v[i].agent)));
    return ERR_NONE;
}

static void show_typed(struct web_call *w, struct store_persona *form) {
    form->name = str_clip_utf8(web_param(w, "name"), 10000);
    form->who = str_clip_utf8(web_param_text(w, "who"), 100000);
    form->speaks = str_clip_utf8(web_param_text(w, "speaks"), 100000);
    form->may = str_clip_utf8(web_param_text(w, "may"), 100000);
    form->sign_off = str_clip_utf8(web_param_text(w, "sign_off"), 10000);
    form->everyone = web_param_on(w, "everyone");
}

err persona_new_view(struct web_call *w) {
    struct persona_view *v = arena_alloc(w->arena, sizeof *v);
    TRY(voice_load(w, T("A new persona"), "personas", &v->admin));
    v->form.everyone = true;
    if (was_typed(w)) show_typed(w, &v->form);
    TRY(load_candidates(w, v, was_typed(w)));
    w->view = v;
    return ERR_NONE;
}

static err get_persona(struct web_call *w, int64_t id, struct persona_view *v) {
    db_conn *c;
    TRY(web_read(w, &c));
    TRY(store_persona_get(c, w->arena, w->who.brand.id, id, &v->persona));
    return store_speakers(c, w->arena, w->who.brand.id, id, &v->speakers);
}

err persona_view(struct web_call *w) {
    struct persona_view *v = arena_alloc(w->arena, sizeof *v);
    int64_t id, seen;
    TRY(web_id(w, 1, &id));
    TRY(get_persona(w, id, v));
    TRY(voice_load(w, "", "personas", &v->admin));
    v->admin.frame.title = v->persona.name;
    v->form = v->persona;
    if (was_typed(w)) {
        show_typed(w, &v->form);
        v->changed = !web_param_int(w, "seen", 0, &seen) && seen && seen != v->persona.updated_at;
    }
    TRY(load_candidates(w, v, was_typed(w)));
    w->view = v;
    return ERR_NONE;
}

void persona_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct persona_view *v = w->view;
    voice_open(w, &v->admin);
    tmpl_persona(&w->page, v);
    voice_close(w, &v->admin);
}

void persona_json(const struct web_call *w, struct json_out *o) {
    const struct persona_view *v = w->view;
    put_persona(w, o, &v->persona, &v->speakers);
}

/* "17, 18" of a program; else the ticked boxes of those whom the page offered. */
static err agents_of(struct web_call *w, const store_speaker_list *now, struct world_persona_form *form) {
    LIST(int64_t) ids = {0};
    str rest = web_param(w, "agents"), piece;
    bool listed = web_param_has(w, "agents"), boxes = was_typed(w) && !w->program && !w->body;
    while (listed && str_split(&rest, ',', &piece)) {
        int64_t id;
        if (!str_trim(piece).n) continue;
        if (!str_to_int(str_trim(piece), &id) || id <= 0)
            return err_set(ERR_INVALID, "agents must be numbers of agents, parted by commas.");
        *list_add(w->arena, &ids) = id;
    }
    if (!listed && boxes) {
        struct persona_view v = {.speakers = *now};
        TRY(load_candidates(w, &v, true));
        for (size_t i = 0; i < v.candidates.n; i++)
            if (v.candidates.v[i].may) *list_add(w->arena, &ids) = v.candidates.v[i].agent;
    } else if (!listed) {
        for (size_t i = 0; i < now->n; i++) *list_add(w->arena, &ids) = now->v[i].agent_id;
    }
    form->agents = ids.v;
    form->nagents = ids.n;
    return ERR_NONE;
}

static err form_of(struct web_call *w, const struct persona_view *now, struct world_persona_form *ret) {
    const struct store_persona *p = &now->persona;
    struct world_persona_form form = {.name = web_param_has(w, "name") ? web_param(w, "name") : p->name,
                                      .who = said(w, "who", p->who),
                                      .speaks = said(w, "speaks", p->speaks),
                                      .may = said(w, "may", p->may),
                                      .sign_off = said(w, "sign_off", p->sign_off),
                                      .everyone = web_param_has(w, "everyone") ? web_param_on(w, "everyone")
                                                                               : !p->id || p->everyone};
    /* Whoever names some does not mean all, unless they say so. */
    if (web_param_has(w, "agents") && !web_param_has(w, "everyone")) form.everyone = false;
    TRY(web_param_int(w, "seen", 0, &form.seen));
    TRY(agents_of(w, &now->speakers, &form));
    web_read_end(w);
    *ret = form;
    return ERR_NONE;
}

static err show_kept(struct web_call *w, int64_t id) {
    struct persona_view *v = arena_alloc(w->arena, sizeof *v);
    TRY(get_persona(w, id, v));
    w->view = v;
    admin_kept(w, "/voice/personas");
    return ERR_NONE;
}

err persona_add(struct web_call *w) {
    int64_t id;
    struct world_persona_form form;
    const struct persona_view none = {0};
    err e = form_of(w, &none, &form);
    if (!e) e = world_persona_add(w->desk, w->arena, &w->actor, &form, &id);
    return e ? admin_again(w, e, persona_new_view) : show_kept(w, id);
}

err persona_save(struct web_call *w) {
    int64_t id;
    struct world_persona_form form;
    struct persona_view now = {0};
    TRY(web_id(w, 1, &id));
    TRY(get_persona(w, id, &now));
    err e = form_of(w, &now, &form);
    if (!e) e = world_persona_change(w->desk, w->arena, &w->actor, id, &form);
    return e ? admin_again(w, e, persona_view) : show_kept(w, id);
}

static err set_retired(struct web_call *w, bool retired) {
    int64_t id;
    TRY(web_id(w, 1, &id));
    err e = world_persona_retire(w->desk, w->arena, &w->actor, id, retired);
    return e ? admin_again(w, e, persona_view) : show_kept(w, id);
}

err persona_retire(struct web_call *w) { return set_retired(w, true); }
err persona_restore(struct web_call *w) { return set_retired(w, false); }
