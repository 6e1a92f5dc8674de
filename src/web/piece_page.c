#include "web/piece_page.h"

#include "piece.tmpl.h"
#include "web/routes.h"

static const struct {
    const char *path, *tab, *key; /* key: of the list, in JSON */
    const char *title, *fresh;    /* of the page of all, of that for a new one */
    err (*list)(db_conn *c, arena *a, int64_t brand, store_piece_list *ret);
    err (*retired)(db_conn *c, arena *a, int64_t brand, int limit, store_piece_list *ret);
    err (*get)(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_piece *ret);
} sorts[] = {
    [VOICE_FRAMEWORK] = {"/voice/frameworks", "frameworks", "frameworks", T("Frameworks"),
                         T("A new framework"), store_frameworks, store_frameworks_retired,
                         store_framework_get},
    [VOICE_FACT] = {"/voice/facts", "facts", "facts", T("Facts"), T("A new fact"), store_facts,
                    store_facts_retired, store_fact_get},
    [VOICE_NOTE] = {"/voice/world", "world", "notes", T("Our world"), T("A new note"), store_notes,
                    store_notes_retired, store_note_get},
};

static enum voice_sort sort_of(const struct web_call *w) {
    for (int i = VOICE_FACT; i <= VOICE_NOTE; i++)
        if (str_find(str_z(w->route->path), str_z(sorts[i].path), 0) != SIZE_MAX) return (enum voice_sort)i;
    return VOICE_FRAMEWORK;
}

str piece_path(const struct admin *v, enum voice_sort sort) {
    return web_path(v->frame.w, "%s", sorts[sort].path);
}

/* ---- all of them ---- */

err pieces_view(struct web_call *w) {
    struct pieces_view *v = arena_alloc(w->arena, sizeof *v);
    db_conn *c;
    v->sort = sort_of(w);
    TRY(voice_load(w, sorts[v->sort].title, sorts[v->sort].tab, &v->admin));
    TRY(web_read(w, &c));
    TRY(sorts[v->sort].list(c, w->arena, w->who.brand.id, &v->pieces));
    if (web_may(w, RIGHT_LEAD))
        TRY(sorts[v->sort].retired(c, w->arena, w->who.brand.id, PIECE_RETIRED_ROWS, &v->retired));
    TRY(voice_paged(w, sorts[v->sort].path, v->pieces.n, PIECE_ROWS, &v->pages));
    w->view = v;
    return ERR_NONE;
}

void pieces_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct pieces_view *v = w->view;
    voice_open(w, &v->admin);
    tmpl_pieces(&w->page, v);
    voice_close(w, &v->admin);
}

static void put_piece(struct json_out *o, const struct store_piece *p) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, p->id);
    json_key(o, S("name")), json_str(o, p->name);
    json_key(o, S("text")), json_str(o, p->text);
    json_key(o, S("agent")), json_id(o, p->agent_id);
    json_key(o, S("agent_name")), json_str(o, p->agent_name);
    json_key(o, S("updated_at")), json_int(o, p->updated_at);
    json_key(o, S("retired_at")), json_int(o, p->retired_at);
    json_close_object(o);
}

static void put_pieces(struct json_out *o, const char *key, const store_piece_list *rows) {
    json_key(o, str_z(key));
    json_open_array(o);
    for (size_t i = 0; i < rows->n; i++) put_piece(o, &rows->v[i]);
    json_close_array(o);
}

void pieces_json(const struct web_call *w, struct json_out *o) {
    const struct pieces_view *v = w->view;
    json_open_object(o);
    put_pieces(o, sorts[v->sort].key, &v->pieces);
    if (web_may(w, RIGHT_LEAD)) put_pieces(o, "retired", &v->retired);
    json_close_object(o);
}

str piece_begins(const struct admin *v, const struct store_piece *p) {
    arena *a = v->frame.w->arena;
    str s = str_copy(a, str_clip_utf8(str_trim(p->text), 140));
    char *z = str_cstr(a, s);
    for (size_t i = 0; i < s.n; i++)
        if (z[i] == '\n' || z[i] == '\t') z[i] = ' ';
    return str_fmt(a, "%s%s", z, s.n < str_trim(p->text).n ? "…" : "");
}

/* ---- one ---- */

static err open_new(struct web_call *w, enum voice_sort sort, struct piece_view **ret_view) {
    struct piece_view *v = arena_alloc(w->arena, sizeof *v);
    v->sort = sort;
    TRY(voice_load(w, sorts[sort].fresh, sorts[sort].tab, &v->admin));
    *ret_view = v;
    return ERR_NONE;
}

static bool was_typed(const struct web_call *w) {
    return w->in->method != HTTP_GET && web_param_has(w, "text");
}

static void show_typed(struct web_call *w, struct piece_view *v) {
    v->name = str_clip_utf8(web_param(w, "name"), 10000);
    v->text = web_param_text(w, "text");
}

err piece_new_view(struct web_call *w) {
    struct piece_view *v;
    TRY(open_new(w, sort_of(w), &v));
    if (was_typed(w)) show_typed(w, v);
    w->view = v;
    return ERR_NONE;
}

static err get_piece(struct web_call *w, enum voice_sort sort, int64_t id, struct store_piece *ret) {
    db_conn *c;
    TRY(web_read(w, &c));
    return sorts[sort].get(c, w->arena, w->who.brand.id, id, ret);
}

err piece_view(struct web_call *w) {
    struct piece_view *v = arena_alloc(w->arena, sizeof *v);
    int64_t id, seen;
    v->sort = sort_of(w);
    TRY(web_id(w, 1, &id));
    TRY(get_piece(w, v->sort, id, &v->piece));
    TRY(voice_load(w, "", sorts[v->sort].tab, &v->admin));
    v->admin.frame.title = v->piece.name;
    v->name = v->piece.name;
    v->text = v->piece.text;
    if (was_typed(w)) {
        show_typed(w, v);
        v->changed = !web_param_int(w, "seen", 0, &seen) && seen && seen != v->piece.updated_at;
    }
    w->view = v;
    return ERR_NONE;
}

void piece_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct piece_view *v = w->view;
    voice_open(w, &v->admin);
    tmpl_piece(&w->page, v);
    voice_close(w, &v->admin);
}

void piece_json(const struct web_call *w, struct json_out *o) {
    const struct piece_view *v = w->view;
    (void)w;
    put_piece(o, &v->piece);
}

/* For the answer to a program. */
static err show_kept(struct web_call *w, enum voice_sort sort, int64_t id) {
    struct piece_view *v = arena_alloc(w->arena, sizeof *v);
    v->sort = sort;
    TRY(get_piece(w, sort, id, &v->piece));
    w->view = v;
    return ERR_NONE;
}

err piece_add(struct web_call *w) {
    int64_t id;
    enum voice_sort sort = sort_of(w);
    const struct voice_form form = {web_param(w, "name"), web_param_text(w, "text"), 0};
    err e = voice_piece_add(w->desk, w->arena, &w->actor, sort, &form, &id);
    if (e) return admin_again(w, e, piece_new_view);
    TRY(show_kept(w, sort, id));
    admin_kept(w, sorts[sort].path);
    return ERR_NONE;
}

static err save(struct web_call *w, enum voice_sort sort, int64_t id) {
    struct store_piece now;
    struct voice_form form;
    TRY(get_piece(w, sort, id, &now));
    web_read_end(w);
    form.name = web_param_has(w, "name") ? web_param(w, "name") : now.name;
    form.text = web_param_has(w, "text") ? web_param_text(w, "text") : now.text;
    TRY(web_param_int(w, "seen", 0, &form.seen));
    return voice_piece_change(w->desk, w->arena, &w->actor, sort, id, &form);
}

err piece_save(struct web_call *w) {
    int64_t id;
    enum voice_sort sort = sort_of(w);
    TRY(web_id(w, 1, &id));
    err e = save(w, sort, id);
    if (e) return admin_again(w, e, piece_view);
    TRY(show_kept(w, sort, id));
    admin_kept(w, sorts[sort].path);
    return ERR_NONE;
}

static err set_retired(struct web_call *w, bool retired) {
    int64_t id;
    enum voice_sort sort = sort_of(w);
    TRY(web_id(w, 1, &id));
    err e = voice_piece_retire(w->desk, w->arena, &w->actor, sort, id, retired);
    if (e) return admin_again(w, e, piece_view);
    TRY(show_kept(w, sort, id));
    admin_kept(w, sorts[sort].path);
    return ERR_NONE;
}

err piece_retire(struct web_call *w) { return set_retired(w, true); }
err piece_restore(struct web_call *w) { return set_retired(w, false); }

void piece_runs(struct web_call *w, str text, piece_run_list *ret) {
    size_t done = 0, at = 0;
    while ((at = str_find(text, S("[["), at)) != SIZE_MAX) {
        size_t end = str_find(text, S("]]"), at + 2);
        if (end == SIZE_MAX) break;
        if (at > done) *list_add(w->arena, ret) = (struct piece_run){str_slice(text, done, at), false};
        *list_add(w->arena, ret) = (struct piece_run){str_trim(str_slice(text, at + 2, end)), true};
        at = done = end + 2;
    }
    if (done < text.n) *list_add(w->arena, ret) = (struct piece_run){str_slice(text, done, text.n), false};
}
