/* The pages of promises: what is due, one of them, the file for leads. What is done to them: promise_do.c. */
#include "web/promise_page.h"

#include "promise.tmpl.h"
#include "store/message.h"

enum { PROOFS_FROM = 20 };

/* ---- JSON ---- */

static void key_day(const struct web_call *w, struct json_out *o, str key, int64_t day) {
    json_key(o, key);
    if (day)
        json_str(o, promise_day_text(w->arena, day));
    else
        json_nil(o);
}

static void json_proof(struct json_out *o, const struct promise_proof *proof) {
    json_key(o, S("proof"));
    if (proof->kind == PROOF_NONE) {
        json_nil(o);
        return;
    }
    json_open_object(o);
    json_key(o, S("kind")), json_str(o, str_z(proof_kind_name(proof->kind)));
    json_key(o, S("id")), json_id(o, proof->id);
    json_close_object(o);
}

void promise_json_object(const struct web_call *w, struct json_out *o, const struct store_promise *p) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, p->id);
    json_key(o, S("whose")), json_str(o, str_z(promise_whose_name(p->whose)));
    json_key(o, S("text")), json_str(o, p->text);
    json_key(o, S("standing")), json_str(o, str_z(promise_standing(p, w->page.now)));
    key_day(w, o, S("day"), p->due_day);
    json_key(o, S("due_at")), json_int(o, p->due_at);
    key_day(w, o, S("comes_instead"), p->warned_day);
    json_key(o, S("warned_at")), json_int(o, p->warned_at);
    json_key(o, S("conversation")), json_id(o, p->conversation_id);
    json_key(o, S("number")), json_int(o, p->number);
    json_key(o, S("customer")), json_id(o, p->customer_id);
    json_key(o, S("customer_name")), json_str(o, p->customer_name);
    json_key(o, S("message")), json_id(o, p->message_id);
    json_key(o, S("made_by")), json_str(o, p->agent_name);
    json_key(o, S("made_at")), json_int(o, p->created_at);
    json_key(o, S("holder")), json_id(o, p->holder_id);
    json_key(o, S("holder_name")), json_str(o, p->holder_name);
    json_key(o, S("holder_gone")), json_bool(o, p->holder_gone);
    json_key(o, S("settled_by")), json_str(o, p->settled_name);
    json_key(o, S("settled_at")), json_int(o, p->settled_at);
    json_proof(o, &p->proof);
    json_key(o, S("agreed")), json_bool(o, p->agreed);
    json_key(o, S("steps")), json_int(o, p->steps);
    json_key(o, S("note")), json_str(o, p->note);
    json_close_object(o);
}

/* ---- what is due ---- */

static err holder_of(const struct web_call *w, int64_t *ret) {
    str of = web_param(w, "of");
    if (!of.n || str_eq(of, S("all")))
        *ret = PROMISES_OF_ALL;
    else if (str_eq(of, S("mine")))
        *ret = w->who.agent.id;
    else if (str_eq(of, S("nobody")))
        *ret = PROMISES_OF_NOBODY;
    else
        return err_set(ERR_INVALID, "Whose promises: of is one of all, mine, nobody.");
    return ERR_NONE;
}

str promises_query(const struct web_call *w, promise_view view, int64_t holder) {
    const char *of = holder == PROMISES_OF_ALL      ? ""
                     : holder == PROMISES_OF_NOBODY ? "&of=nobody"
                                                    : "&of=mine";
    return str_fmt(w->arena, "?view=%s%s", promise_view_name(view), of);
}

static bool parse_key(str text, struct page_key *ret_key) {
    str at;
    struct page_key key;
    if (!str_split(&text, '.', &at) || !str_to_int(at, &key.at) || !str_to_int(text, &key.id)) return false;
    if (key.id <= 0) return false;
    *ret_key = key;
    return true;
}

static err load_rows(struct web_call *w, struct promises_view *v) {
    struct promise_ask ask = promise_ask_now(w, v->view, v->holder);
    struct page_key key = {0, 0};
    str after = web_param(w, "after");
    db_conn *c;
    if (after.n && !parse_key(after, &key)) return err_set(ERR_MISSING, "There is no such page of the list.");
    v->first = !after.n;
    TRY(web_read(w, &c));
    TRY(store_promises(c, w->arena, w->who.brand.id, &ask, key, PROMISE_ROWS + 1, &v->rows));
    TRY(store_promise_count(c, w->who.brand.id, &ask, &v->counts));
    if (v->rows.n <= PROMISE_ROWS) return ERR_NONE;
    v->rows.n = PROMISE_ROWS;
    struct page_key last = promise_key(v->view, &v->rows.v[PROMISE_ROWS - 1]);
    v->next = web_path(w, "/promises%.*s&after=%lld.%lld", STR_FMT(promises_query(w, v->view, v->holder)),
                       (long long)last.at, (long long)last.id);
    return ERR_NONE;
}

err promises_view(struct web_call *w) {
    struct promises_view *v = arena_alloc(w->arena, sizeof *v);
    str view = web_param(w, "view");
    *v = (struct promises_view){.view = PROMISES_DUE, .next = S("")};
    if (view.n && !promise_view_from(view, &v->view)) return err_set(ERR_MISSING, "There is no such list.");
    TRY(holder_of(w, &v->holder));
    TRY(load_rows(w, v));
    TRY(frame_load(w, web_text(w, T("Promises due")), &v->frame));
    v->frame.at = "promises";
    w->view = v;
    return ERR_NONE;
}

void promises_html(struct web_call *w) {
    const struct promises_view *v = w->view;
    frame_open(w, &v->frame);
    tmpl_promises(&w->page, v);
    frame_close(w, &v->frame);
}

void promises_json(const struct web_call *w, struct json_out *o) {
    const struct promises_view *v = w->view;
    json_open_object(o);
    json_key(o, S("view")), json_str(o, str_z(promise_view_name(v->view)));
    json_key(o, S("today")), json_str(o, promise_today(w));
    json_key(o, S("late")), json_int(o, v->counts.late);
    json_key(o, S("due_today")), json_int(o, v->counts.today);
    json_key(o, S("will_be_late")), json_int(o, v->counts.warned);
    json_key(o, S("next"));
    if (v->next.n)
        json_str(o, str_fmt(w->arena, "/api/v1%.*s", STR_FMT(v->next)));
    else
        json_nil(o);
    json_key(o, S("promises"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) promise_json_object(w, o, &v->rows.v[i]);
    json_close_array(o);
    json_close_object(o);
}

/* ---- one ---- */

err promise_view_one(struct web_call *w) {
    struct promise_one *v = arena_alloc(w->arena, sizeof *v);
    int64_t id, brand = w->who.brand.id;
    message_list messages = {0};
    db_conn *c;
    *v = (struct promise_one){.may_write = web_may(w, RIGHT_WRITE)};
    TRY(web_id(w, 1, &id));
    TRY(web_read(w, &c));
    TRY(store_promise_get(c, w->arena, brand, id, &v->p));
    TRY(store_promise_steps(c, w->arena, brand, id, &v->steps));
    w->view = v;
    if (w->json) return ERR_NONE;
    if (v->may_write && v->p.state == PROMISE_OPEN)
        TRY(store_message_list(c, w->arena, brand, v->p.conversation_id, 0, PROOFS_FROM, &messages));
    promise_choices(w, &messages, &v->choices);
    v->form.choices = &v->choices;
    const char *title = v->p.whose == PROMISE_OURS ? T("A promise of ours") : T("What they promised");
    TRY(frame_load(w, web_text(w, title), &v->frame));
    v->frame.at = "promises";
    return ERR_NONE;
}

void promise_html(struct web_call *w) {
    const struct promise_one *v = w->view;
    frame_open(w, &v->frame);
    tmpl_promise(&w->page, v);
    frame_close(w, &v->frame);
}

static void json_step(const struct web_call *w, struct json_out *o, const struct promise_step *s) {
    json_open_object(o);
    json_key(o, S("step")), json_str(o, str_z(promise_step_name(s->step)));
    key_day(w, o, S("from_day"), s->from_day);
    key_day(w, o, S("to_day"), s->to_day);
    json_proof(o, &s->proof);
    json_key(o, S("note")), json_str(o, s->note);
    json_key(o, S("agent")), json_id(o, s->agent_id);
    json_key(o, S("agent_name")), json_str(o, s->agent_name);
    json_key(o, S("at")), json_int(o, s->at);
    json_close_object(o);
}

void promise_json(const struct web_call *w, struct json_out *o) {
    const struct promise_one *v = w->view;
    json_open_object(o);
    json_key(o, S("promise")), promise_json_object(w, o, &v->p);
    json_key(o, S("steps"));
    json_open_array(o);
    for (size_t i = 0; i < v->steps.n; i++) json_step(w, o, &v->steps.v[i]);
    json_close_array(o);
    json_close_object(o);
}

/* ---- the file ---- */

static err put(void *context, str bytes) {
    buf *out = context;
    buf_add(out, bytes);
    return buf_ok(out) ? ERR_NONE : err_set(ERR_LIMIT, "There are more promises than fit into one file.");
}

err promises_do_export(struct web_call *w) {
    buf_clear(&w->out->body);
    TRY(promise_export(w->desk, w->who.brand.id, put, &w->out->body));
    w->out->type = S("text/csv; charset=utf-8");
    w->csp = "default-src 'none'; sandbox; frame-ancestors 'none'";
    str day = promise_today(w);
    web_header(w, "Content-Disposition",
               str_fmt(w->arena, "attachment; filename=\"promises-%.*s.csv\"", STR_FMT(day)));
    return ERR_NONE;
}
