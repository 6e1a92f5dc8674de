/* The letters behind a number. */
#include "fans.tmpl.h"
#include "store/story.h"
#include "web/fans_page.h"
#include "web/routes.h"

static str path_of(const struct fans_letters *v) { return fans_letters_path(&v->h, v->sign, v->what); }

static bool parse_key(str text, struct fan_key *ret) {
    str rest = text, at, id;
    return !text.n || (str_split(&rest, '.', &at) && str_split(&rest, '.', &id) && str_to_int(at, &ret->at) &&
                       str_to_int(id, &ret->id) && ret->id > 0);
}

static void more_at(struct fans_letters *v, const char *of, int64_t at, int64_t id) {
    v->next = str_fmt(v->h.frame.w->arena, "%.*s&after=%s%lld.%lld", STR_FMT(path_of(v)), of, (long long)at,
                      (long long)id);
}

static err praise_rows(struct web_call *w, db_conn *c, struct fans_letters *v, struct fan_key before) {
    struct praise_ask ask =
        fans_praise_of(&v->h, v->sign == FANS_STORIES ? PRAISE_TELLS : PRAISE_THANKS | PRAISE_PRAISE);
    praise_list rows;
    TRY(store_praise_list(c, w->arena, w->who.brand.id, &ask, (struct praise_key){before.at, before.id},
                          FANS_ROWS + 1, &rows));
    for (size_t i = 0; i < rows.n && i < FANS_ROWS; i++) {
        const struct praise_row *p = &rows.v[i];
        str said = fans_said(w, p->text);
        *list_add(w->arena, &v->rows) =
            (struct fans_row){.name = p->customer_name,
                              .line = str_clip_utf8(said.n ? said : p->subject, 300),
                              .path = web_path(w, "/m/%lld", (long long)p->message_id),
                              .at = p->at};
    }
    if (rows.n > FANS_ROWS) more_at(v, "", rows.v[FANS_ROWS - 1].at, rows.v[FANS_ROWS - 1].message_id);
    return ERR_NONE;
}

static err sign_rows(struct web_call *w, db_conn *c, struct fans_letters *v, struct fan_key before) {
    struct fan_ask ask = fans_ask_of(&v->h);
    fan_sign_list rows;
    TRY(store_fan_signs(c, w->arena, w->who.brand.id, v->sign == FANS_RETURNS ? FAN_RETURN : FAN_PURCHASE,
                        &ask, v->what, before, FANS_ROWS + 1, &rows));
    for (size_t i = 0; i < rows.n && i < FANS_ROWS; i++) {
        const struct fan_sign *s = &rows.v[i];
        struct fans_row r = {.name = s->customer_name,
                             .line = s->subject,
                             .path = web_path(w, "/c/%lld", (long long)s->conversation_id),
                             .at = s->at};
        if (v->sign == FANS_PURCHASES) {
            struct purchase p;
            TRY(store_purchase_get(c, w->arena, w->who.brand.id, s->subject_id, &p));
            if (p.what.n) r.line = p.what;
        }
        *list_add(w->arena, &v->rows) = r;
    }
    if (rows.n > FANS_ROWS) more_at(v, "", rows.v[FANS_ROWS - 1].at, rows.v[FANS_ROWS - 1].subject_id);
    return ERR_NONE;
}

static err promise_rows(struct web_call *w, db_conn *c, struct fans_letters *v, struct fan_key before) {
    struct fan_ask ask = fans_ask_of(&v->h);
    fan_promise_list late = {0}, rows;
    int64_t brand = w->who.brand.id;
    if (!before.id || v->late)
        TRY(store_fan_promise_late(c, w->arena, brand, &ask, w->page.now, before, FANS_ROWS + 1, &late));
    for (size_t i = 0; i < late.n && i < FANS_ROWS; i++) fans_add_promise(w, &v->rows, &late.v[i]);
    if (late.n > FANS_ROWS) {
        more_at(v, "late.", late.v[FANS_ROWS - 1].due_at, late.v[FANS_ROWS - 1].id);
        return ERR_NONE;
    }
    if (v->late) before = (struct fan_key){0, 0};
    TRY(store_fan_promise_list(c, w->arena, brand, &ask, before, FANS_ROWS + 1, &rows));
    for (size_t i = 0; i < rows.n && i < FANS_ROWS; i++) fans_add_promise(w, &v->rows, &rows.v[i]);
    if (rows.n > FANS_ROWS) more_at(v, "", rows.v[FANS_ROWS - 1].settled_at, rows.v[FANS_ROWS - 1].id);
    return ERR_NONE;
}

static err answer_rows(struct web_call *w, db_conn *c, struct fans_letters *v, struct fan_key before) {
    survey_ask_list rows;
    int64_t brand = w->who.brand.id;
    const struct fans_span *s = &v->h.span;
    TRY(store_survey_choices(c, w->arena, brand, v->h.agent, s->from, s->until, &v->choices));
    TRY(store_survey_answers(c, w->arena, brand, v->h.agent, s->from, s->until, v->what, before.at, before.id,
                             FANS_ROWS + 1, &rows));
    for (size_t i = 0; i < rows.n && i < FANS_ROWS; i++)
        *list_add(w->arena, &v->rows) =
            (struct fans_row){.name = rows.v[i].customer_name,
                              .line = rows.v[i].words,
                              .end = rows.v[i].chosen,
                              .path = web_path(w, "/c/%lld", (long long)rows.v[i].conversation_id),
                              .at = rows.v[i].answered_at};
    if (rows.n > FANS_ROWS) more_at(v, "", rows.v[FANS_ROWS - 1].answered_at, rows.v[FANS_ROWS - 1].id);
    return ERR_NONE;
}

err fans_letters_view(struct web_call *w) {
    struct fans_letters *v = arena_alloc(w->arena, sizeof *v);
    bool of_agent = str_find(str_z(w->route->path), S("/of/"), 0) != SIZE_MAX;
    struct fan_key before = {0, 0};
    int64_t agent = 0;
    db_conn *c;
    if (of_agent) TRY(web_id(w, 1, &agent));
    str after = web_param(w, "after");
    v->late = str_starts(after, S("late."));
    v->what = web_param(w, "what");
    if (!fans_sign_from(w->at.value[of_agent ? 2 : 1], &v->sign) ||
        !parse_key(v->late ? str_slice(after, 5, after.n) : after, &before))
        return err_set(ERR_MISSING, "There is no such list.");
    TRY(fans_head_load(w, &v->h, of_agent, agent));
    v->h.frame.w = w;
    v->first = before.id ? path_of(v) : S("");
    TRY(web_read(w, &c));
    switch (v->sign) {
    case FANS_THANKS:
    case FANS_STORIES: TRY(praise_rows(w, c, v, before)); break;
    case FANS_RETURNS:
    case FANS_PURCHASES: TRY(sign_rows(w, c, v, before)); break;
    case FANS_PROMISES: TRY(promise_rows(w, c, v, before)); break;
    case FANS_ANSWERS: TRY(answer_rows(w, c, v, before)); break;
    }
    TRY(fans_head_frame(w, &v->h, web_text(w, fans_sign_title(v->sign))));
    w->view = v;
    return ERR_NONE;
}

void fans_letters_html(struct web_call *w) {
    const struct fans_letters *v = w->view;
    frame_open(w, &v->h.frame);
    tmpl_fans_letters(&w->page, v);
    frame_close(w, &v->h.frame);
}

void fans_letters_json(const struct web_call *w, struct json_out *o) {
    const struct fans_letters *v = w->view;
    json_open_object(o);
    json_key(o, S("sign")), json_str(o, str_z(fans_sign_name(v->sign)));
    json_key(o, S("when")), json_str(o, v->h.when);
    json_key(o, S("letters"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) {
        const struct fans_row *r = &v->rows.v[i];
        json_open_object(o);
        json_key(o, S("customer")), json_str(o, r->name);
        json_key(o, S("words")), json_str(o, r->line);
        json_key(o, S("says")), json_str(o, r->end);
        json_key(o, S("path")), json_str(o, r->path);
        json_key(o, S("at")), json_int(o, r->at);
        json_close_object(o);
    }
    json_close_array(o);
    json_key(o, S("next"));
    if (v->next.n)
        json_str(o, str_fmt(w->arena, "/api/v1%.*s", STR_FMT(v->next)));
    else
        json_nil(o);
    json_close_object(o);
}
