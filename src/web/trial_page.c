#include "web/trial_page.h"

#include "desk/promise.h"
#include "trial.tmpl.h"

/* ---- all of them ---- */

err trials_view_page(struct web_call *w) {
    struct trials_view *v = arena_alloc(w->arena, sizeof *v);
    int64_t before;
    db_conn *c;
    if (!trial_view_from(web_param(w, "view"), &v->view)) v->view = TRIALS_RUNNING;
    TRY(web_param_int(w, "before", 0, &before));
    TRY(defects_load(w, T("Tests"), "trials", &v->admin));
    TRY(web_read(w, &c));
    TRY(store_trials(c, w->arena, w->who.brand.id, v->view, before, TRIAL_ROWS + 1, &v->rows));
    v->first = before == 0;
    if (v->rows.n > TRIAL_ROWS) {
        v->rows.n = TRIAL_ROWS;
        v->next = v->rows.v[TRIAL_ROWS - 1].id;
    }
    w->view = v;
    return ERR_NONE;
}

void trials_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct trials_view *v = w->view;
    defects_open(w, &v->admin);
    tmpl_trials(&w->page, v);
    defects_close(w, &v->admin);
}

void trial_json_object(struct json_out *o, const struct store_trial *t) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, t->id);
    json_key(o, S("version")), json_int(o, t->version);
    json_key(o, S("name")), json_str(o, t->name);
    json_key(o, S("about")), json_str(o, t->about);
    json_key(o, S("defect")), json_id(o, t->defect_id);
    json_key(o, S("ends_day")), json_int(o, t->ends_day);
    json_key(o, S("result")), json_str(o, t->result);
    json_key(o, S("created_at")), json_int(o, t->created_at);
    json_key(o, S("ended_at")), json_int(o, t->ended_at);
    json_key(o, S("customers")), json_int(o, t->cases);
    json_key(o, S("waiting")), json_int(o, t->waiting);
    json_key(o, S("told")), json_int(o, t->told);
    json_key(o, S("skipped")), json_int(o, t->skipped);
    json_close_object(o);
}

void trials_json(const struct web_call *w, struct json_out *o) {
    const struct trials_view *v = w->view;
    json_open_object(o);
    json_key(o, S("trials"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) trial_json_object(o, &v->rows.v[i]);
    json_close_array(o);
    json_key(o, S("before"));
    if (v->next)
        json_id(o, v->next);
    else
        json_nil(o);
    json_close_object(o);
}

/* ---- a new one ---- */

static void typed(struct web_call *w, struct trial_page *v) {
    v->name = web_param(w, "name");
    v->about = web_param_text(w, "about");
    v->ends = web_param(w, "ends");
}

err trial_new_view(struct web_call *w) {
    struct trial_page *v = arena_alloc(w->arena, sizeof *v);
    struct store_defect d;
    db_conn *c;
    TRY(defects_load(w, T("Begin a test"), "trials", &v->admin));
    TRY(web_param_int(w, "defect", 0, &v->defect));
    typed(w, v);
    if (v->defect) {
        TRY(web_read(w, &c));
        TRY(store_defect_get(c, w->arena, w->who.brand.id, v->defect, &d));
        v->defect_name = defect_name(w, &d);
    }
    w->view = v;
    return ERR_NONE;
}

void trial_new_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct trial_page *v = w->view;
    defects_open(w, &v->admin);
    tmpl_trial_new(&w->page, v);
    defects_close(w, &v->admin);
}

static err wish_of(struct web_call *w, struct trial_wish *ret) {
    struct trial_wish wish = {.name = web_param(w, "name"), .about = web_param_text(w, "about")};
    TRY(web_param_int(w, "defect", 0, &wish.defect));
    TRY(defect_day_from(web_param(w, "ends"), "The day on which it ends", &wish.ends_day));
    *ret = wish;
    return ERR_NONE;
}

static void show_done(struct web_call *w, int64_t id) {
    struct trial_page *v = arena_alloc(w->arena, sizeof *v);
    v->trial.id = id;
    w->view = v;
}

void trial_done_json(const struct web_call *w, struct json_out *o) {
    const struct trial_page *v = w->view;
    json_open_object(o);
    json_key(o, S("trial")), json_id(o, v->trial.id);
    if (v->taken >= 0) json_key(o, S("taken_in")), json_int(o, v->taken);
    json_close_object(o);
}

static err start(struct web_call *w) {
    struct trial_wish wish;
    int64_t id;
    TRY(wish_of(w, &wish));
    TRY(trial_start(w->desk, w->arena, &w->actor, &wish, &id));
    show_done(w, id);
    ((struct trial_page *)w->view)->taken = -1;
    web_go(w, web_path(w, "/trials/%lld?kept=1", (long long)id));
    return ERR_NONE;
}

err trial_do_start(struct web_call *w) {
    err e = start(w);
    return e ? admin_again(w, e, trial_new_view) : ERR_NONE;
}

/* ---- one ---- */

static err load_rows(struct web_call *w, db_conn *c, struct trial_page *v) {
    struct page_key after = {0, 0};
    str text = w->in->method == HTTP_GET ? web_param(w, "after") : S(""), at;
    if (text.n && (!str_split(&text, '-', &at) || !str_to_int(at, &after.at) || !str_to_int(text, &after.id)))
        return err_set(ERR_INVALID, "This is not the end of a page.");
    TRY(store_trial_cases(c, w->arena, w->who.brand.id, v->trial.id, v->queue, after, TRIAL_ROWS + 1,
                          &v->rows));
    v->first = after.id == 0;
    if (v->rows.n <= TRIAL_ROWS) return ERR_NONE;
    v->rows.n = TRIAL_ROWS;
    v->next = (struct page_key){v->rows.v[TRIAL_ROWS - 1].at, v->rows.v[TRIAL_ROWS - 1].customer_id};
    return ERR_NONE;
}

static err load(struct web_call *w, bool queue) {
    struct trial_page *v = arena_alloc(w->arena, sizeof *v);
    int64_t id;
    db_conn *c;
    TRY(web_id(w, 1, &id));
    TRY(web_read(w, &c));
    TRY(store_trial_get(c, w->arena, w->who.brand.id, id, &v->trial));
    TRY(defects_load(w, "", "trials", &v->admin));
    v->admin.frame.title = v->trial.name;
    v->queue = queue;
    v->defect = v->trial.defect_id;
    if (v->defect) v->defect_name = defect_name(w, &v->trial.defect);
    v->name = v->trial.name;
    v->about = v->trial.about;
    v->ends = promise_day_text(w->arena, v->trial.ends_day);
    v->result = web_param_text(w, "result");
    v->ending = w->in->method != HTTP_GET && web_param_has(w, "result");
    if (w->in->method != HTTP_GET && web_param_has(w, "name")) typed(w, v);
    TRY(web_param_int(w, "taken", -1, &v->taken));
    TRY(load_rows(w, c, v));
    w->view = v;
    return ERR_NONE;
}

err trial_view_one(struct web_call *w) { return load(w, false); }
err trial_queue_view(struct web_call *w) { return load(w, true); }

void trial_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct trial_page *v = w->view;
    defects_open(w, &v->admin);
    if (v->queue)
        tmpl_trial_queue(&w->page, v);
    else
        tmpl_trial(&w->page, v);
    defects_close(w, &v->admin);
}

void trial_case_json(struct json_out *o, const struct store_trial_case *k) {
    json_open_object(o);
    json_key(o, S("trial")), json_id(o, k->trial_id);
    json_key(o, S("trial_name")), json_str(o, k->trial_name);
    json_key(o, S("customer")), json_id(o, k->customer_id);
    json_key(o, S("customer_name")), json_str(o, k->customer_name);
    json_key(o, S("conversation")), json_id(o, k->conversation_id);
    json_key(o, S("state")), json_str(o, str_z(trial_case_state_name(k->state)));
    json_key(o, S("agent")), json_id(o, k->holder_id);
    json_key(o, S("agent_name")), json_str(o, k->holder_name);
    json_key(o, S("told_by_message")), json_id(o, k->told_message);
    json_key(o, S("skip_why")), json_str(o, k->skip_why);
    json_key(o, S("at")), json_int(o, k->at);
    json_close_object(o);
}

void trial_json(const struct web_call *w, struct json_out *o) {
    const struct trial_page *v = w->view;
    json_open_object(o);
    json_key(o, S("trial")), trial_json_object(o, &v->trial);
    json_key(o, v->queue ? S("queue") : S("customers"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) trial_case_json(o, &v->rows.v[i]);
    json_close_array(o);
    json_key(o, S("after"));
    if (v->next.id)
        json_str(o, str_fmt(w->arena, "%lld-%lld", (long long)v->next.at, (long long)v->next.id));
    else
        json_nil(o);
    json_close_object(o);
}

str trial_case_text(struct web_call *w, const struct store_trial_case *k) {
    switch (k->state) {
    case TRIAL_CASE_IN: return web_text(w, T("The test runs"));
    case TRIAL_CASE_WAITING: return web_text(w, T("Waits for a letter"));
    case TRIAL_CASE_TOLD: return web_text(w, T("Was told"));
    case TRIAL_CASE_SKIPPED: break;
    }
    return web_text(w, T("Needs no letter"));
}

bool trial_overdue(struct web_call *w, const struct store_trial *t) {
    return !t->ended_at && t->ends_day && t->ends_day < promise_day_of(w->page.zone, w->page.now);
}

/* ---- what can be done ---- */

static err change(struct web_call *w, int64_t id) {
    struct trial_wish wish;
    int64_t seen;
    TRY(wish_of(w, &wish));
    TRY(web_param_int(w, "seen", -1, &seen));
    return trial_change(w->desk, w->arena, &w->actor, id, &wish, seen);
}

static err end(struct web_call *w, int64_t id) {
    int64_t seen;
    TRY(web_param_int(w, "seen", -1, &seen));
    return trial_end(w->desk, w->arena, &w->actor, id, web_param_text(w, "result"), seen);
}

static err take_all(struct web_call *w, int64_t id) {
    int n;
    TRY(trial_take_all(w->desk, w->arena, &w->actor, id, &n));
    ((struct trial_page *)w->view)->taken = n;
    return ERR_NONE;
}

static err customer_of(struct web_call *w, int64_t *ret) {
    TRY(web_param_int(w, "customer", 0, ret));
    return ERR_NONE;
}

static err take_out(struct web_call *w, int64_t id) {
    int64_t customer;
    TRY(customer_of(w, &customer));
    return trial_take_out(w->desk, w->arena, &w->actor, id, customer);
}

static err skip(struct web_call *w, int64_t id) {
    int64_t customer;
    TRY(customer_of(w, &customer));
    return trial_skip(w->desk, w->arena, &w->actor, id, customer, web_param(w, "why"));
}

static err unskip(struct web_call *w, int64_t id) {
    int64_t customer;
    TRY(customer_of(w, &customer));
    return trial_unskip(w->desk, w->arena, &w->actor, id, customer);
}

/* What is not there is said before what was wrong in the form. */
static err trial_there(struct web_call *w, int64_t id) {
    DB_READ_AUTO db_conn *c = NULL;
    struct store_trial t;
    TRY(db_read_begin(w->desk->db, &c));
    return store_trial_get(c, w->arena, w->who.brand.id, id, &t);
}

static err act(struct web_call *w, err (*fn)(struct web_call *w, int64_t id), const char *rest, bool queue) {
    int64_t id;
    TRY(web_id(w, 1, &id));
    TRY(trial_there(w, id));
    show_done(w, id);
    ((struct trial_page *)w->view)->taken = -1;
    err e = fn(w, id);
    if (e) return admin_again(w, e, queue ? trial_queue_view : trial_view_one);
    int64_t taken = ((struct trial_page *)w->view)->taken;
    if (taken >= 0)
        web_go(w, web_path(w, "/trials/%lld?taken=%lld", (long long)id, (long long)taken));
    else
        web_go(w, web_path(w, "/trials/%lld%s", (long long)id, rest));
    return ERR_NONE;
}

err trial_do_change(struct web_call *w) { return act(w, change, "?kept=1", false); }
err trial_do_end(struct web_call *w) { return act(w, end, "/queue", false); }
err trial_do_take_all(struct web_call *w) { return act(w, take_all, "", false); }
err trial_do_out(struct web_call *w) { return act(w, take_out, "?kept=1", false); }
err trial_do_skip(struct web_call *w) { return act(w, skip, "/queue?kept=1", true); }
err trial_do_unskip(struct web_call *w) { return act(w, unskip, "?kept=1", false); }

err trial_do_in(struct web_call *w) {
    int64_t conversation, trial;
    bool there;
    TRY(web_id(w, 1, &conversation));
    TRY(web_param_int(w, "trial", 0, &trial));
    TRY(trial_take_in(w->desk, w->arena, &w->actor, trial, conversation, &there));
    show_done(w, trial);
    ((struct trial_page *)w->view)->taken = there ? 0 : 1;
    web_go(w, web_path(w, "/c/%lld#defects", (long long)conversation));
    return ERR_NONE;
}
