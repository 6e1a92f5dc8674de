#include "web/survey_page.h"

#include "survey.tmpl.h"
#include "web/frame.h"

enum { TYPED_BYTES = 8000 };

/* ---- for administrators ---- */

err survey_view(struct web_call *w) {
    struct survey_view *v = arena_alloc(w->arena, sizeof *v);
    struct survey row;
    int64_t id;
    db_conn *c;
    TRY(web_id(w, 1, &id));
    TRY(web_read(w, &c));
    TRY(store_inbox_by_id(c, w->arena, w->who.brand.id, id, &v->inbox));
    TRY(store_survey_get(c, w->arena, w->who.brand.id, id, &row));
    v->inbox.smtp_password = S("");
    v->set = row.updated_at > 0;
    v->form =
        v->set ? (struct survey_form){row.asks, row.question, row.choices, row.after_days, row.pause_months}
               : survey_standard(w->desk, w->who.brand.language);
    TRY(admin_load(w, v->inbox.address, "inboxes", &v->admin));
    w->view = v;
    return ERR_NONE;
}

void survey_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct survey_view *v = w->view;
    admin_open(w, &v->admin);
    tmpl_survey(&w->page, v);
    admin_close(w, &v->admin);
}

void survey_json(const struct web_call *w, struct json_out *o) {
    const struct survey_view *v = w->view;
    (void)w;
    json_open_object(o);
    json_key(o, S("id")), json_id(o, v->inbox.id);
    json_key(o, S("asks")), json_bool(o, v->form.asks);
    json_key(o, S("question")), json_str(o, v->form.question);
    json_key(o, S("choices")), json_str(o, v->form.choices);
    json_key(o, S("after_days")), json_int(o, v->form.after_days);
    json_key(o, S("pause_months")), json_int(o, v->form.pause_months);
    json_close_object(o);
}

err survey_save(struct web_call *w) {
    struct survey_form form = {.asks = web_param_on(w, "asks"),
                               .question = web_param(w, "question"),
                               .choices = web_param_text(w, "choices")};
    int64_t id;
    TRY(web_id(w, 1, &id));
    err e = web_param_int(w, "after_days", 5, &form.after_days);
    if (!e) e = web_param_int(w, "pause_months", 6, &form.pause_months);
    if (!e) e = survey_set(w->desk, w->arena, &w->actor, id, &form);
    if (e) {
        e = admin_again(w, e, survey_view);
        struct survey_view *v = w->view;
        if (v) v->form = form;
        return e;
    }
    TRY(survey_view(w));
    web_go(w, web_path(w, "/admin/inboxes/%lld/survey?kept=1", (long long)id));
    return ERR_NONE;
}

/* ---- who answers ---- */

/* 410: it was a link once. */
static void status_of(struct web_call *w, const struct answer_view *v) {
    if (v->done || v->never) return;
    switch (v->link.state) {
    case SURVEY_LINK_GOOD: return;
    case SURVEY_LINK_WRONG: w->out->status = 404; return;
    case SURVEY_LINK_USED:
    case SURVEY_LINK_EXPIRED: w->out->status = 410; return;
    }
}

static struct answer_view *new_view(struct web_call *w) {
    struct answer_view *v = arena_alloc(w->arena, sizeof *v);
    *v = (struct answer_view){.w = w, .action = w->in->path};
    w->view = v;
    return v;
}

err answer_view(struct web_call *w) {
    struct answer_view *v = new_view(w);
    TRY(survey_open(w->desk, w->arena, w->at.value[0], &v->link));
    survey_choices_of(w->arena, v->link.ask.choices, &v->choices);
    web_header(w, "X-Robots-Tag", S("noindex, nofollow"));
    status_of(w, v);
    return ERR_NONE;
}

static err answer_never(struct web_call *w, struct answer_view *v) {
    TRY(survey_never(w->desk, w->arena, w->at.value[0], &v->link));
    v->never = v->link.state != SURVEY_LINK_WRONG;
    status_of(w, v);
    return ERR_NONE;
}

err answer_do(struct web_call *w) {
    struct answer_view *v = new_view(w);
    if (web_param_on(w, "never")) return answer_never(w, v);
    v->words = str_clip_utf8(web_param_text(w, "words"), TYPED_BYTES);
    if (web_param_int(w, "chosen", 0, &v->chosen)) v->chosen = 0;
    err e = survey_answer(w->desk, w->arena, w->at.value[0], v->words, v->chosen, &v->link);
    if (e == ERR_INVALID) {
        str says = str_copy(w->arena, str_z(err_text()));
        if (survey_open(w->desk, w->arena, w->at.value[0], &v->link)) w->view = NULL;
        survey_choices_of(w->arena, v->link.ask.choices, &v->choices);
        return err_set(e, "%.*s", STR_FMT(says));
    }
    TRY(e);
    v->done = v->link.state == SURVEY_LINK_GOOD;
    status_of(w, v);
    return ERR_NONE;
}

void answer_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct answer_view *v = w->view;
    if (w->problem) v->says = w->says;
    bool form = v->done || v->link.state == SURVEY_LINK_GOOD;
    frame_bare_open(w, form ? v->link.brand_name : web_text(w, T("This link does not work any more")));
    tmpl_answer(&w->page, v);
    frame_bare_close(w);
}
