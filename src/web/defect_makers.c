/* Units sold, and where makers are told. */
#include "defect.tmpl.h"
#include "web/defect_page.h"

/* ---- units sold ---- */

/* Months of two products are never mixed: rows come by product. */
static void add_units(struct web_call *w, units_line_list *lines, const units_sold_list *units) {
    for (size_t i = 0; i < units->n; i++) {
        const struct units_sold *u = &units->v[i];
        struct units_line *l = lines->n ? &lines->v[lines->n - 1] : NULL;
        if (!l || !str_eq(l->product, u->product)) {
            l = list_add(w->arena, lines);
            l->product = u->product;
            l->first = u->month;
        }
        l->months++;
        l->last = u->month;
    }
    for (size_t i = 0, k = 0; i < units->n; i++) {
        while (!str_eq(lines->v[k].product, units->v[i].product)) k++;
        if (units->v[i].month > lines->v[k].last - 100) lines->v[k].year += units->v[i].units;
    }
}

err units_view(struct web_call *w) {
    struct units_view *v = arena_alloc(w->arena, sizeof *v);
    units_sold_list units = {0};
    db_conn *c;
    TRY(defects_load(w, T("Units sold"), "units", &v->admin));
    TRY(web_read(w, &c));
    TRY(store_units(c, w->arena, w->who.brand.id, S(""), &units));
    add_units(w, &v->lines, &units);
    TRY(voice_paged(w, "/defects/units", v->lines.n, DEFECT_ROWS, &v->pages));
    if (w->in->method != HTTP_GET) v->typed = str_clip_utf8(web_param_text(w, "csv"), 100000);
    w->view = v;
    return ERR_NONE;
}

void units_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct units_view *v = w->view;
    defects_open(w, &v->admin);
    tmpl_defect_units(&w->page, v);
    defects_close(w, &v->admin);
}

static void put_problems(const struct web_call *w, struct json_out *o, const struct units_report *r) {
    json_key(o, S("kept")), json_int(o, (int64_t)r->kept);
    json_key(o, S("left_out")), json_int(o, (int64_t)r->nproblems);
    json_key(o, S("problems"));
    json_open_array(o);
    for (size_t i = 0; i < r->problems.n; i++) {
        BUF_AUTO buf b = BUF_MAX(1024);
        lang_fmt(&b, w->page.lang, r->problems.v[i].why, &r->problems.v[i].detail, 1);
        json_open_object(o);
        json_key(o, S("line")), json_int(o, (int64_t)r->problems.v[i].line);
        json_key(o, S("says")), json_str(o, buf_str(&b));
        json_close_object(o);
    }
    json_close_array(o);
}

void units_json(const struct web_call *w, struct json_out *o) {
    const struct units_view *v = w->view;
    json_open_object(o);
    if (v->imported) put_problems(w, o, &v->report);
    json_key(o, S("products"));
    json_open_array(o);
    for (size_t i = v->pages.from; i < v->pages.to; i++) {
        json_open_object(o);
        json_key(o, S("product")), json_str(o, v->lines.v[i].product);
        json_key(o, S("months")), json_int(o, v->lines.v[i].months);
        json_key(o, S("first")), json_int(o, v->lines.v[i].first);
        json_key(o, S("last")), json_int(o, v->lines.v[i].last);
        json_key(o, S("sold_in_a_year")), json_int(o, v->lines.v[i].year);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}

err units_do_import(struct web_call *w) {
    struct units_report report;
    str csv = w->in->files.n ? w->in->files.v[0].bytes : web_param_text(w, "csv");
    err e = defect_units_import(w->desk, w->arena, &w->actor, csv, &report);
    if (e) return admin_again(w, e, units_view);
    TRY(units_view(w));
    struct units_view *v = w->view;
    v->report = report;
    v->imported = true;
    v->typed = S("");
    return ERR_NONE;
}

/* ---- makers ---- */

err makers_view(struct web_call *w) {
    struct makers_view *v = arena_alloc(w->arena, sizeof *v);
    db_conn *c;
    TRY(defects_load(w, T("Telling makers"), "makers", &v->admin));
    TRY(web_read(w, &c));
    TRY(store_hook_get(c, w->arena, w->who.brand.id, &v->hook));
    TRY(store_posts(c, w->arena, w->who.brand.id, POST_ROWS, &v->posts));
    v->url = w->in->method == HTTP_GET ? v->hook.url : web_param(w, "url");
    v->secret = S("");
    v->tried = w->in->method == HTTP_GET && web_param_has(w, "tried");
    w->view = v;
    return ERR_NONE;
}

void makers_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct makers_view *v = w->view;
    defects_open(w, &v->admin);
    tmpl_defect_makers(&w->page, v);
    defects_close(w, &v->admin);
}

/* The secret is in the answer to the call that made it, and in no other. */
void makers_json(const struct web_call *w, struct json_out *o) {
    const struct makers_view *v = w->view;
    json_open_object(o);
    json_key(o, S("url")), json_str(o, v->hook.url);
    if (v->secret.n) json_key(o, S("secret")), json_str(o, v->secret);
    json_key(o, S("posts"));
    json_open_array(o);
    for (size_t i = 0; i < v->posts.n; i++) {
        const struct maker_post *p = &v->posts.v[i];
        json_open_object(o);
        json_key(o, S("id")), json_id(o, p->id);
        json_key(o, S("event")), json_str(o, str_z(maker_event_name(p->event)));
        json_key(o, S("subject")), json_id(o, p->subject_id);
        json_key(o, S("state")), json_str(o, str_z(maker_post_state_name(p->state)));
        json_key(o, S("attempts")), json_int(o, p->attempts);
        json_key(o, S("says")), json_str(o, p->says);
        json_key(o, S("at")), json_int(o, p->created_at);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
    (void)w;
}

err makers_do_set(struct web_call *w) {
    str secret;
    err e = maker_hook_set(w->desk, w->arena, &w->actor, web_param(w, "url"), &secret);
    if (e) return admin_again(w, e, makers_view);
    TRY(makers_view(w));
    struct makers_view *v = w->view;
    v->secret = secret;
    v->admin.kept = true;
    return ERR_NONE;
}

err makers_do_try(struct web_call *w) {
    err e = maker_hook_try(w->desk, w->arena, &w->actor);
    if (e) return admin_again(w, e, makers_view);
    web_go(w, web_path(w, "/defects/makers?tried=1"));
    return w->json ? makers_view(w) : ERR_NONE;
}
