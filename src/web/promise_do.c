/* What is done to promises. */
#include "promise.tmpl.h"
#include "web/conversation_page.h"
#include "web/promise_page.h"

/* What a POST made or changed, for programs. */
struct promise_made {
    int64_t id;
};

static err made(struct web_call *w, int64_t id) {
    struct promise_made *v = arena_alloc(w->arena, sizeof *v);
    v->id = id;
    w->view = v;
    return ERR_NONE;
}

void promise_made_json(const struct web_call *w, struct json_out *o) {
    const struct promise_made *v = w->view;
    json_open_object(o);
    json_key(o, S("promise")), json_id(o, v->id);
    json_close_object(o);
}

static err day_of(const struct web_call *w, int64_t *ret_day) {
    str day = str_trim(web_param(w, "day"));
    if (!promise_day_from(day, ret_day))
        return err_set(ERR_INVALID, "By when? Say a day such as 2026-12-04.");
    return ERR_NONE;
}

/* ---- a change ---- */

static err change_of(const struct web_call *w, promise_step_kind step, struct promise_change *ret) {
    struct promise_change x = {.why = str_trim(web_param(w, "why"))};
    int64_t message;
    TRY(web_id(w, 1, &x.promise));
    TRY(web_param_int(w, "seen_steps", -1, &x.seen_steps));
    if (x.seen_steps < 0 && !w->program)
        return err_set(ERR_INVALID, "The page did not say how it saw this promise.");
    if (step == STEP_MOVED || step == STEP_WARNED) TRY(day_of(w, &x.day));
    if (step == STEP_KEPT || step == STEP_BROKEN) {
        TRY(web_param_int(w, "proof", 0, &message));
        if (message) x.proof = (struct promise_proof){PROOF_MESSAGE, message};
    }
    *ret = x;
    return ERR_NONE;
}

static err change(struct web_call *w, promise_step_kind step, const struct promise_change *x) {
    switch (step) {
    case STEP_MOVED: return promise_move(w->desk, w->arena, &w->actor, x);
    case STEP_WARNED: return promise_warn(w->desk, w->arena, &w->actor, x);
    case STEP_KEPT: return promise_keep(w->desk, w->arena, &w->actor, x);
    case STEP_BROKEN: return promise_break(w->desk, w->arena, &w->actor, x);
    case STEP_RELEASED: return promise_release(w->desk, w->arena, &w->actor, x);
    case STEP_REOPENED: return promise_reopen(w->desk, w->arena, &w->actor, x);
    case STEP_MADE:
    case STEP_AGREED:
    case STEP_DISAGREED: break;
    }
    return err_set(ERR_INVALID,
                   "What became of it? One of: kept, moved, warned, broken, released, reopened.");
}

err promise_do_change(struct web_call *w) {
    struct promise_change x;
    struct store_promise p;
    promise_step_kind step = STEP_MADE;
    db_conn *c;
    int64_t id;
    TRY(web_id(w, 1, &id));
    TRY(web_read(w, &c));
    TRY(store_promise_get(c, w->arena, w->who.brand.id, id, &p));
    web_read_end(w);
    if (!promise_step_from(web_param(w, "step"), &step)) step = STEP_MADE;
    TRY(change_of(w, step, &x));
    TRY(change(w, step, &x));
    bool beside = str_eq(web_param(w, "back"), S("conversation"));
    web_go(w, beside ? web_path(w, "/c/%lld#promises", (long long)p.conversation_id)
                     : web_path(w, "/promises/%lld", (long long)id));
    return made(w, id);
}

void promise_again(struct web_call *w) {
    int status = w->out->status;
    str says = w->says;
    if (promise_view_one(w)) {
        web_error(w, status, err_name(w->problem), says);
        return;
    }
    struct promise_one *v = w->view;
    v->says = says;
    v->form.step = web_param(w, "step");
    v->form.day = web_param(w, "day");
    v->form.why = web_param(w, "why");
    if (web_param_int(w, "proof", 0, &v->form.proof)) v->form.proof = 0;
    w->out->type = S("text/html; charset=utf-8");
    promise_html(w);
}

/* ---- from the page of a conversation ---- */

/* Of another brand there is none, whatever else is wrong with the form. */
static err begin(struct web_call *w, int64_t *ret_conversation) {
    struct conversation v;
    db_conn *c;
    TRY(web_id(w, 1, ret_conversation));
    TRY(web_read(w, &c));
    TRY(store_conversation_get(c, w->arena, w->who.brand.id, *ret_conversation, &v));
    web_read_end(w);
    web_go(w, web_path(w, "/c/%lld#promises", (long long)*ret_conversation));
    return ERR_NONE;
}

err promise_do_add(struct web_call *w) {
    struct promise_wish wish = {.text = web_param_text(w, "text")};
    int64_t id;
    TRY(begin(w, &wish.conversation));
    if (!str_trim(wish.text).n) return err_set(ERR_INVALID, "What is promised?");
    TRY(day_of(w, &wish.day));
    TRY(promise_add(w->desk, w->arena, &w->actor, &wish, &id));
    return made(w, id);
}

err promise_do_agree(struct web_call *w) {
    int64_t conversation;
    TRY(begin(w, &conversation));
    if (!web_param_has(w, "agreed")) return err_set(ERR_INVALID, "May it be remembered? Say yes or no.");
    TRY(promise_agree(w->desk, w->arena, &w->actor, conversation, web_param_on(w, "agreed"),
                      str_trim(web_param(w, "note"))));
    return ERR_NONE;
}

void promise_add_again(struct web_call *w) {
    int64_t id;
    struct conversation_page *p;
    str says = w->says;
    int status = w->out->status;
    if (web_id(w, 1, &id) || conversation_load(w, id, false, &p)) {
        web_error(w, status, err_name(w->problem), says);
        return;
    }
    p->says = says;
    p->promises->adding = web_param_has(w, "text");
    p->promises->text = web_param_text(w, "text");
    p->promises->day = web_param(w, "day");
    p->promises->note = web_param(w, "note");
    w->view = p;
    w->out->type = S("text/html; charset=utf-8");
    conversation_html(w);
}

err promise_do_remember(struct web_call *w) {
    struct promise_memory memory = {.child = web_param_on(w, "child")};
    struct message letter;
    int64_t start, end, id;
    db_conn *c;
    TRY(web_id(w, 1, &memory.message));
    TRY(web_read(w, &c));
    TRY(store_message_get(c, w->arena, w->who.brand.id, memory.message, &letter));
    web_read_end(w);
    TRY(web_param_int(w, "start", -1, &start));
    TRY(web_param_int(w, "end", -1, &end));
    if (start < 0 || end < 0 || start > UINT32_MAX || end > UINT32_MAX)
        return err_set(ERR_INVALID, "Which words of the letter? Say where they start and end.");
    memory.start = (uint32_t)start;
    memory.end = (uint32_t)end;
    TRY(promise_remember(w->desk, w->arena, &w->actor, &memory, &id));
    web_go(w, web_path(w, "/c/%lld#promises", (long long)letter.conversation_id));
    return made(w, id);
}
