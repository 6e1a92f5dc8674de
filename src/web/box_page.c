/* One box, and what is done to it. */
#include "web/box_page.h"

#include "box.tmpl.h"
#include "desk/promise.h"

/* ---- the page ---- */

/* The sentence that says why nothing can be done with it yet. */
static err load_lock(struct web_call *w, struct box_one *v) {
    db_conn *c;
    TRY(web_read(w, &c));
    err e = box_unlocked_in(c, w->arena, w->who.brand.id, v->b.conversation_id);
    if (e != ERR_CONFLICT) return e;
    v->lock_says = lang_text(w->page.lang, str_cstr(w->arena, str_z(err_text())));
    return ERR_NONE;
}

static err load_promise(struct web_call *w, struct box_one *v) {
    db_conn *c;
    struct store_promise p;
    TRY(web_read(w, &c));
    err e = store_promise_get(c, w->arena, w->who.brand.id, v->b.promise_id, &p);
    if (!e) v->promise = p.text;
    return e == ERR_MISSING ? ERR_NONE : e;
}

static err load_rest(struct web_call *w, struct box_one *v) {
    db_conn *c;
    int64_t brand = w->who.brand.id;
    TRY(web_read(w, &c));
    TRY(store_box_items(c, w->arena, brand, v->b.id, &v->items));
    TRY(store_box_steps(c, w->arena, brand, v->b.id, &v->steps));
    TRY(store_carriers(c, w->arena, brand, &v->carriers));
    if (v->b.locked && box_unsent(v->b.state)) TRY(load_lock(w, v));
    if (v->b.promise_id) TRY(load_promise(w, v));
    v->all_picked = v->b.unpicked == 0;
    v->may_write = web_may(w, RIGHT_WRITE);
    v->today = pack_today(w);
    v->printable = !v->lock_says.n && v->b.state != BOX_CANCELLED;
    if (w->program) return ERR_NONE;
    str number = str_fmt(w->arena, "%lld", (long long)v->b.number);
    BUF_AUTO buf title = BUF_MAX(200);
    lang_fmt(&title, w->page.lang, T("Box {0}"), &number, 1);
    return pack_load(w, str_copy(w->arena, buf_str(&title)), "boxes", &v->head);
}

static err load(struct web_call *w, int64_t id, struct box_one **ret) {
    struct box_one *v = arena_alloc(w->arena, sizeof *v);
    db_conn *c;
    v->lock_says = v->print_says = v->promise = S("");
    TRY(web_read(w, &c));
    TRY(store_box_get(c, w->arena, w->who.brand.id, id, &v->b));
    TRY(load_rest(w, v));
    /* Both read by themselves. */
    web_read_end(w);
    if (v->b.short_of_stock) TRY(box_true_day(w->desk, w->arena, w->who.brand.id, &v->items, &v->true_day));
    /* A tick changes nothing of what is printed. */
    bool tick = str_eq(w->fragment, S("quick"));
    if (v->printable && box_unsent(v->b.state) && !w->program && !tick) TRY(box_try_print(w, v));
    *ret = v;
    return ERR_NONE;
}

err box_view_one(struct web_call *w) {
    int64_t id;
    struct box_one *v;
    TRY(web_id(w, 1, &id));
    TRY(load(w, id, &v));
    w->view = v;
    return ERR_NONE;
}

static void show(struct web_call *w, const struct box_one *v) {
    frame_open(w, &v->head.frame);
    tmpl_box(&w->page, v);
    frame_close(w, &v->head.frame);
}

void box_html(struct web_call *w) { show(w, w->view); }

void box_again(struct web_call *w) {
    int64_t id;
    struct box_one *v;
    str says = w->says;
    int status = w->out->status;
    if (web_id(w, 1, &id) || load(w, id, &v)) {
        web_error(w, status, err_name(w->problem), says);
        return;
    }
    v->head.says = says;
    w->out->type = S("text/html; charset=utf-8");
    show(w, v);
}

void box_json(const struct web_call *w, struct json_out *o) {
    const struct box_one *v = w->view;
    json_open_object(o);
    box_json_members(w, o, &v->b);
    json_key(o, S("true_day")), json_str(o, promise_day_text(w->arena, v->true_day));
    json_key(o, S("items")), box_items_json(o, &v->items, v->b.id);
    json_key(o, S("steps"));
    json_open_array(o);
    for (size_t i = 0; i < v->steps.n; i++) {
        const struct store_box_step *s = &v->steps.v[i];
        json_open_object(o);
        json_key(o, S("step")), json_str(o, str_z(box_step_name(s->step)));
        json_key(o, S("note")), json_str(o, s->note);
        json_key(o, S("agent")), json_id(o, s->agent_id);
        json_key(o, S("agent_name")), json_str(o, s->agent_name);
        json_key(o, S("at")), json_int(o, s->at);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}

/* ---- what is done ---- */

/* Back to the same page of the pick list, where the row stands that comes next. */
static str pick_path(struct web_call *w) {
    str after = web_param(w, "after"), near = web_param(w, "near");
    BUF_AUTO buf b = BUF_MAX(4096);
    buf_add_fmt(&b, "/b/%.*s/boxes/pick", STR_FMT(w->who.brand.slug));
    if (after.n) buf_add_z(&b, "?after="), http_encode(&b, after);
    if (near.n) buf_add_char(&b, '#'), http_encode(&b, near);
    return buf_ok(&b) ? str_copy(w->arena, buf_str(&b)) : web_path(w, "/boxes/pick");
}

/* Where a browser goes on: beside the conversation, in the pick list, or with the box. */
static void go_on(struct web_call *w, const struct box_done *done) {
    str to = web_param(w, "to");
    if (str_eq(to, S("conversation")))
        web_go(w, web_path(w, "/c/%lld#boxes", (long long)done->conversation));
    else if (str_eq(to, S("pick")))
        web_go(w, pick_path(w));
    else
        web_go(w, web_path(w, "/boxes/%lld", (long long)done->id));
}

typedef err (*box_step_fn)(struct desk *d, arena *a, const struct actor *who, const struct box_act *act,
                           struct box_done *ret);

static err read_act(struct web_call *w, struct box_act *ret) {
    struct box_act act = {.note = web_param(w, "note"),
                          .put_back = web_param_on(w, "put_back"),
                          .even_retired = web_param_on(w, "even_retired")};
    TRY(web_id(w, 1, &act.box));
    TRY(web_param_int(w, "version", -1, &act.seen_version));
    *ret = act;
    return ERR_NONE;
}

static err settle(struct web_call *w, err e, struct box_done *done) {
    TRY(e);
    w->view = done;
    go_on(w, done);
    return ERR_NONE;
}

static err step(struct web_call *w, box_step_fn fn) {
    struct box_act act;
    struct box_done *done = arena_alloc(w->arena, sizeof *done);
    TRY(read_act(w, &act));
    return settle(w, fn(w->desk, w->arena, &w->actor, &act, done), done);
}

err box_do_agree(struct web_call *w) { return step(w, box_agree); }
err box_do_unpack(struct web_call *w) { return step(w, box_unpack); }
err box_do_arrived(struct web_call *w) { return step(w, box_arrived); }
err box_do_came_back(struct web_call *w) { return step(w, box_came_back); }
err box_do_lost(struct web_call *w) { return step(w, box_lost); }
err box_do_cancel(struct web_call *w) { return step(w, box_cancel); }

err box_do_pick(struct web_call *w) {
    struct box_act act;
    struct box_done *done = arena_alloc(w->arena, sizeof *done);
    int64_t position, picked = -1;
    TRY(read_act(w, &act));
    TRY(web_param_int(w, "position", 0, &position));
    TRY(web_param_int(w, "picked", -1, &picked));
    return settle(w, box_pick_item(w->desk, w->arena, &w->actor, &act, position, picked, done), done);
}

err box_do_pack(struct web_call *w) {
    struct box_act act;
    struct box_done *done = arena_alloc(w->arena, sizeof *done);
    TRY(read_act(w, &act));
    return settle(w, box_pack(w->desk, w->arena, &w->actor, &act, web_param_on(w, "all"), done), done);
}

err box_do_send(struct web_call *w) {
    struct box_act act;
    struct box_sending sending = {.carrier = web_param(w, "carrier"),
                                  .tracking = str_trim(web_param(w, "tracking"))};
    struct box_done *done = arena_alloc(w->arena, sizeof *done);
    TRY(read_act(w, &act));
    TRY(box_day_param(w, "due_day", &sending.due_day));
    return settle(w, box_send(w->desk, w->arena, &w->actor, &act, &sending, done), done);
}
