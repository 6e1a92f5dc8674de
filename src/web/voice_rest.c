/* What stops a send, what was sent anyway, and what was put right: the pages that look back. */
#include <stdlib.h>

#include "base/clock.h"
#include "voice.tmpl.h"
#include "web/finding_page.h"
#include "web/voice_page.h"

/* ---- what stops a send ---- */

static const struct {
    const char *title, *help;
} stop_kinds[REMARK_KINDS] = {
    [REMARK_NAME] = {T("A wrong name"), T("Their name is spelled in another way than they spell it.")},
    [REMARK_GREETING] = {T("A greeting to somebody else"),
                         T("The letter greets a person who did not write to you.")},
    [REMARK_CANNED_LETTER] = {T("The same letter as others got"),
                              T("The whole of it is like one that three or more other people were sent.")},
    [REMARK_SLOT] = {T("A place still to be written"), T("A framework's [[place]] has not been filled.")},
    [REMARK_FACT] = {T("A fact that was taken out"), T("It states what colleagues found to be untrue.")},
};

const char *stop_kind_title(remark_kind k) { return stop_kinds[k].title; }
const char *stop_kind_help(remark_kind k) { return stop_kinds[k].help; }

err stops_view(struct web_call *w) {
    struct stops_view *v = arena_alloc(w->arena, sizeof *v);
    db_conn *c;
    TRY(voice_load(w, T("What stops a letter"), "stops", &v->admin));
    TRY(web_read(w, &c));
    TRY(voice_stops(c, w->arena, w->who.brand.id, v->stops));
    w->view = v;
    return ERR_NONE;
}

void stops_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct stops_view *v = w->view;
    voice_open(w, &v->admin);
    tmpl_stops(&w->page, v);
    voice_close(w, &v->admin);
}

void stops_json(const struct web_call *w, struct json_out *o) {
    const struct stops_view *v = w->view;
    (void)w;
    json_open_object(o);
    for (int k = 0; k < REMARK_KINDS; k++) {
        if (!voice_kind_stops((remark_kind)k)) continue;
        json_key(o, str_z(remark_kind_name((remark_kind)k)));
        json_bool(o, v->stops[k]);
    }
    json_close_object(o);
}

/* A box that is not ticked is not in a form, so there a kind that is left out does not stop. A program says
 * each, so that an empty object switches nothing off. */
static err stops_said(const struct web_call *w) {
    for (int k = 0; k < REMARK_KINDS; k++) {
        const char *name = remark_kind_name((remark_kind)k);
        if (voice_kind_stops((remark_kind)k) && !json_is_boolean(json_object_get(w->body, name)))
            return err_set(ERR_INVALID, "%s must be true or false.", name);
    }
    return ERR_NONE;
}

err stops_save(struct web_call *w) {
    bool stops[REMARK_KINDS] = {0};
    if (w->program || w->body) TRY(stops_said(w));
    for (int k = 0; k < REMARK_KINDS; k++)
        stops[k] = voice_kind_stops((remark_kind)k) && web_param_on(w, remark_kind_name((remark_kind)k));
    err e = voice_stops_change(w->desk, w->arena, &w->actor, stops);
    if (e) return admin_again(w, e, stops_view);
    admin_kept(w, "/voice/stops");
    return ERR_NONE;
}

/* ---- sent anyway ---- */

err overrides_view(struct web_call *w) {
    struct overrides_view *v = arena_alloc(w->arena, sizeof *v);
    int64_t before;
    db_conn *c;
    TRY(web_param_int(w, "before", 0, &before));
    TRY(voice_load(w, T("Sent anyway"), "overrides", &v->admin));
    TRY(web_read(w, &c));
    TRY(store_override_list_of(c, w->arena, w->who.brand.id, before, OVERRIDE_ROWS + 1, &v->rows));
    v->first = before == 0;
    if (v->rows.n > OVERRIDE_ROWS) {
        v->rows.n = OVERRIDE_ROWS;
        v->next = v->rows.v[OVERRIDE_ROWS - 1].id;
    }
    w->view = v;
    return ERR_NONE;
}

void overrides_html(struct web_call *w) {
    struct overrides_view *v = w->view;
    voice_open(w, &v->admin);
    tmpl_overrides(&w->page, v);
    voice_close(w, &v->admin);
}

void overrides_json(const struct web_call *w, struct json_out *o) {
    const struct overrides_view *v = w->view;
    (void)w;
    json_open_object(o);
    json_key(o, S("overrides"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) {
        const struct store_override *r = &v->rows.v[i];
        str kinds = r->kinds, kind;
        json_open_object(o);
        json_key(o, S("id")), json_id(o, r->id);
        json_key(o, S("kinds"));
        json_open_array(o);
        while (str_split(&kinds, ' ', &kind)) json_str(o, kind);
        json_close_array(o);
        json_key(o, S("because")), json_str(o, r->because);
        json_key(o, S("conversation")), json_id(o, r->conversation_id);
        json_key(o, S("number")), json_int(o, r->number);
        json_key(o, S("message")), json_id(o, r->message_id);
        json_key(o, S("agent")), json_id(o, r->agent_id);
        json_key(o, S("agent_name")), json_str(o, r->agent_name);
        json_key(o, S("at")), json_int(o, r->at);
        json_close_object(o);
    }
    json_close_array(o);
    json_key(o, S("before"));
    if (v->next)
        json_id(o, v->next);
    else
        json_nil(o);
    json_close_object(o);
}

str override_kinds_text(struct web_call *w, str kinds) {
    str text = S(""), one;
    remark_kind k;
    while (str_split(&kinds, ' ', &one)) {
        str title = one;
        if (remark_kind_of(one, &k) && stop_kinds[k].title) title = web_text(w, stop_kinds[k].title);
        text = str_fmt(w->arena, "%.*s%s%.*s", STR_FMT(text), text.n ? " · " : "", STR_FMT(title));
    }
    return text;
}

/* ---- what was put right ---- */

static int64_t total(const struct correction_line *l) { return l->n[0] + l->n[1] + l->n[2]; }

static int by_total(const void *a, const void *b) {
    const struct correction_line *x = a, *y = b;
    if (total(x) != total(y)) return total(x) < total(y) ? 1 : -1;
    return str_cmp(x->kind, y->kind);
}

static struct correction_line *line_of(arena *a, correction_line_list *lines, str kind) {
    for (size_t i = 0; i < lines->n; i++)
        if (str_eq(lines->v[i].kind, kind)) return &lines->v[i];
    struct correction_line *l = list_add(a, lines);
    l->kind = kind;
    return l;
}

err corrections_view(struct web_call *w) {
    struct corrections_view *v = arena_alloc(w->arena, sizeof *v);
    store_correction_count_list counts = {0};
    db_conn *c;
    TRY(web_param_int(w, "days", 30, &v->days));
    if (v->days > 36500) v->days = 0;
    TRY(voice_load(w, T("Corrections"), "corrections", &v->admin));
    TRY(web_read(w, &c));
    int64_t since = v->days ? desk_now(w->desk) - v->days * DAY_MS : 0;
    TRY(store_correction_counts(c, w->arena, w->who.brand.id, since, &counts));
    for (size_t i = 0; i < counts.n; i++)
        line_of(w->arena, &v->lines, counts.v[i].kind)->n[counts.v[i].state] += counts.v[i].n;
    if (v->lines.n) qsort(v->lines.v, v->lines.n, sizeof *v->lines.v, by_total);
    w->view = v;
    return ERR_NONE;
}

void corrections_html(struct web_call *w) {
    struct corrections_view *v = w->view;
    voice_open(w, &v->admin);
    tmpl_corrections(&w->page, v);
    voice_close(w, &v->admin);
}

void corrections_json(const struct web_call *w, struct json_out *o) {
    const struct corrections_view *v = w->view;
    (void)w;
    json_open_object(o);
    json_key(o, S("days")), json_int(o, v->days);
    json_key(o, S("corrections"));
    json_open_array(o);
    for (size_t i = 0; i < v->lines.n; i++) {
        const struct correction_line *l = &v->lines.v[i];
        json_open_object(o);
        json_key(o, S("kind")), json_str(o, l->kind);
        for (int s = 0; s < 3; s++) {
            json_key(o, str_z(correction_state_name((correction_state)s)));
            json_int(o, l->n[s]);
        }
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}

str correction_kind_text(struct web_call *w, str kind) {
    finding_kind k;
    return finding_kind_of(kind, &k) ? heard_kind_text(w, k) : kind;
}
