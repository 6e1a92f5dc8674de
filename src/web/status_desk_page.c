#include "web/status_desk_page.h"

#include "base/clock.h"
#include "base/random.h"
#include "desk/room_status.h"
#include "status_desk.tmpl.h"
#include "status_public.tmpl.h"
#include "web/admin_page.h"
#include "web/status_board.h"

enum { TYPED_LINE = 500, TYPED_TEXT = 8000, AHEAD_MS = 60 * MINUTE_MS, STEP_MS = 30 * MINUTE_MS };

/* ---- what was typed ---- */

static const struct zone *zone_of(const struct web_call *w) {
    const struct zone *z;
    return zone_load(w->who.brand.zone, &z) == ERR_NONE ? z : zone_utc;
}

static str clock_of(arena *a, const struct zone *z, int64_t at) {
    struct local_time l;
    zone_local(z, at, &l);
    return str_fmt(a, "%02d:%02d", l.hour, l.minute);
}

/* The next time that a clock in the brand's zone shows it. */
static err next_of(const struct web_call *w, str clock, int64_t *ret_at) {
    int64_t hour, minute, now = desk_now(w->desk);
    size_t colon = str_find_char(clock, ':', 0);
    *ret_at = 0;
    if (!clock.n) return ERR_NONE;
    bool good = colon != SIZE_MAX && str_to_int(str_slice(clock, 0, colon), &hour) &&
                str_to_int(str_slice(clock, colon + 1, colon + 3), &minute) && hour >= 0 && hour < 24 &&
                minute >= 0 && minute < 60;
    if (!good)
        return err_set(ERR_INVALID,
                       "Say when you will write again as a time such as 14:30, or leave it empty.");
    const struct zone *z = zone_of(w);
    struct local_time l;
    zone_local(z, now, &l);
    for (int day = 0; day < 2 && *ret_at <= now; day++)
        *ret_at = zone_instant(z, (int)l.year, l.month, l.day + day, (int)hour, (int)minute);
    return ERR_NONE;
}

static void add_said(struct web_call *w, struct status_typed *t, str component, str state) {
    struct store_status_said row;
    if (!str_to_int(component, &row.component_id) || !status_state_from(state, &row.state)) return;
    if (t->said.n <= STATUS_COMPONENTS_MAX) *list_add(w->arena, &t->said) = row;
}

/* Fields state_ID of a form, or the list `states` of a program. */
static void read_said(struct web_call *w, struct status_typed *t) {
    str prefix = S("state_");
    for (size_t i = 0; i < w->in->form.n; i++) {
        const struct http_pair *p = &w->in->form.v[i];
        if (str_starts(p->name, prefix)) add_said(w, t, str_slice(p->name, prefix.n, p->name.n), p->value);
    }
    const json_t *list = w->body ? json_object_get(w->body, "states") : NULL;
    for (size_t i = 0; i < json_array_size(list); i++) {
        str component, state;
        const json_t *row = json_array_get(list, i);
        if (json_take_str(row, "component", &component) && json_take_str(row, "state", &state))
            add_said(w, t, component, state);
    }
}

static void read_typed(struct web_call *w, struct status_typed *t) {
    *t = (struct status_typed){.kind = STATUS_TROUBLE};
    (void)status_kind_from(web_param(w, "kind"), &t->kind);
    if (!str_to_int(web_param(w, "matter"), &t->matter)) t->matter = 0;
    t->headline = str_clip_utf8(web_param(w, "headline"), TYPED_LINE);
    t->words = str_clip_utf8(web_param_text(w, "words"), TYPED_TEXT);
    t->next = str_clip_utf8(str_trim(web_param(w, "next")), 20);
    t->mail = web_param_on(w, "mail");
    t->all_work = web_param_on(w, "all_work");
    t->key = web_param(w, "key");
    read_said(w, t);
}

str status_next_word(const struct web_call *w) {
    int64_t next = (desk_now(w->desk) + AHEAD_MS + STEP_MS - 1) / STEP_MS * STEP_MS;
    return clock_of(w->arena, zone_of(w), next);
}

/* A form that begins: what goes on goes on. */
static void begin_typed(struct status_desk *v, struct web_call *w) {
    v->typed = (struct status_typed){.kind = STATUS_TROUBLE,
                                     .headline = S(""),
                                     .words = S(""),
                                     .next = status_next_word(w),
                                     .mail = true,
                                     .key = token_new(w->arena)};
    for (size_t i = 0; i < v->matters.n && !v->typed.matter; i++)
        if (v->matters.v[i].open && (!v->incident || v->matters.v[i].newest->incident_id == v->incident))
            v->typed.matter = v->matters.v[i].id;
}

/* ---- the page ---- */

static err load_updates(struct web_call *w, db_conn *c, struct status_desk *v) {
    TRY(web_param_int(w, "before", 0, &v->before));
    TRY(store_status_updates(c, w->arena, w->who.brand.id, v->before, STATUS_DESK_ROWS + 1, true,
                             &v->updates));
    if (v->updates.n <= STATUS_DESK_ROWS) return ERR_NONE;
    v->updates.n = STATUS_DESK_ROWS;
    v->next_before = v->updates.v[STATUS_DESK_ROWS - 1].id;
    return ERR_NONE;
}

static err load_head(struct web_call *w, db_conn *c, struct status_desk *v) {
    err e = status_load(c, w->arena, w->who.brand.id, &v->p);
    if (e && e != ERR_MISSING) return e;
    v->has_page = !e;
    v->p.brand = w->who.brand;
    status_matters(w->arena, &v->p, &v->matters);
    v->overdue = status_overdue(&v->matters, desk_now(w->desk));
    TRY(store_subscriber_count(c, w->who.brand.id, &v->subscribers));
    v->zone = zone_name(zone_of(w));
    v->public_url =
        str_fmt(w->arena, "%.*s/status/%.*s", STR_FMT(w->desk->public_url), STR_FMT(w->who.brand.slug));
    v->kept = w->in->method == HTTP_GET && web_param_has(w, "kept");
    TRY(frame_load(w, web_text(w, T("Status page")), &v->frame));
    v->frame.at = "status";
    return ERR_NONE;
}

static err load(struct web_call *w, struct status_desk *v) {
    db_conn *c;
    TRY(web_read(w, &c));
    TRY(load_head(w, c, v));
    TRY(web_param_int(w, "incident", 0, &v->incident));
    return load_updates(w, c, v);
}

static struct status_desk *new_view(struct web_call *w) {
    struct status_desk *v = arena_alloc(w->arena, sizeof *v);
    *v = (struct status_desk){.open_form = S(""), .says = S("")};
    return v;
}

err status_desk_view(struct web_call *w) {
    struct status_desk *v = new_view(w);
    TRY(load(w, v));
    if (w->in->method == HTTP_GET)
        begin_typed(v, w);
    else
        read_typed(w, &v->typed);
    if (!v->typed.key.n) v->typed.key = token_new(w->arena);
    w->view = v;
    return ERR_NONE;
}

/* ---- publishing ---- */

static err all_work(struct web_call *w, struct status_typed *t) {
    store_status_component_list all;
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(w->desk->db, &c));
    TRY(store_status_components(c, w->arena, w->who.brand.id, &all));
    t->said.n = 0;
    for (size_t i = 0; i < all.n; i++)
        *list_add(w->arena, &t->said) = (struct store_status_said){all.v[i].id, STATUS_WORKING};
    return ERR_NONE;
}

static err publish(struct web_call *w, struct status_typed *t, int64_t incident, int64_t *ret_update) {
    struct status_post post = {.incident = incident,
                               .matter = t->matter,
                               .kind = t->kind,
                               .headline = t->headline,
                               .words = t->words,
                               .mail = t->mail,
                               .key = t->key};
    if (t->kind == STATUS_TROUBLE) TRY(next_of(w, t->next, &post.next_at));
    if (t->all_work && t->kind == STATUS_OVER) TRY(all_work(w, t));
    post.said = t->said;
    return (incident ? room_status_post : status_post)(w->desk, w->arena, &w->actor, &post, ret_update);
}

/* Reads what it will be, and shows it; nothing is written. */
static err preview(struct web_call *w, const struct status_typed *t) {
    struct status_desk *v;
    int64_t next;
    TRY(next_of(w, t->kind == STATUS_TROUBLE ? t->next : S(""), &next));
    if (!str_trim(t->words).n)
        return err_set(ERR_INVALID, "An update needs a sentence: what do people see, and what are we doing?");
    TRY(status_desk_view(w));
    v = w->view;
    v->preview = true;
    return ERR_NONE;
}

err status_desk_post(struct web_call *w) {
    struct status_typed t;
    int64_t *id = arena_alloc(w->arena, sizeof *id), incident;
    TRY(web_param_int(w, "incident", 0, &incident));
    read_typed(w, &t);
    if (str_eq(web_param(w, "do"), S("preview")) && !w->json) {
        err e = preview(w, &t);
        return e ? admin_again(w, e, status_desk_view) : ERR_NONE;
    }
    err e = publish(w, &t, incident, id);
    if (e) return admin_again(w, e, status_desk_view);
    w->view = id;
    web_go(w, incident ? web_path(w, "/incidents/%lld?posted=1", (long long)incident)
                       : web_path(w, "/status?kept=1"));
    return ERR_NONE;
}

void status_desk_posted_json(const struct web_call *w, struct json_out *o) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, *(const int64_t *)w->view);
    json_close_object(o);
}

/* ---- one update ---- */

err status_one_view(struct web_call *w) {
    struct status_one *v = arena_alloc(w->arena, sizeof *v);
    db_conn *c;
    int64_t id;
    *v = (struct status_one){.head = {.open_form = S(""), .says = S("")}};
    TRY(web_id(w, 1, &id));
    TRY(web_read(w, &c));
    TRY(store_status_update_get(c, w->arena, w->who.brand.id, id, &v->u));
    TRY(load_head(w, c, &v->head));
    TRY(store_status_edits(c, w->arena, w->who.brand.id, id, &v->edits));
    TRY(store_status_mail_count(c, w->who.brand.id, id, &v->mails));
    bool typed = w->in->method != HTTP_GET && web_param_has(w, "words");
    v->headline = typed ? str_clip_utf8(web_param(w, "headline"), TYPED_LINE) : v->u.headline;
    v->words = typed ? str_clip_utf8(web_param_text(w, "words"), TYPED_TEXT) : v->u.words;
    v->next = typed          ? str_clip_utf8(web_param(w, "next"), 20)
              : v->u.next_at ? status_clock(&v->head, v->u.next_at)
                             : S("");
    w->view = v;
    return ERR_NONE;
}

static err edit(struct web_call *w, int64_t id) {
    struct status_edit_form form = {
        .update = id, .headline = web_param(w, "headline"), .words = web_param_text(w, "words")};
    struct store_status_update u;
    str next = str_trim(web_param(w, "next"));
    TRY(web_param_int(w, "version", 0, &form.version));
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(w->desk->db, &c));
        TRY(store_status_update_get(c, w->arena, w->who.brand.id, id, &u));
    }
    /* The same time as before is the same, though it may have passed. */
    form.next_at = u.next_at;
    if (!u.next_at || !str_eq(next, clock_of(w->arena, zone_of(w), u.next_at)))
        TRY(next_of(w, next, &form.next_at));
    return status_edit(w->desk, w->arena, &w->actor, &form);
}

err status_one_edit(struct web_call *w) {
    int64_t id;
    TRY(web_id(w, 1, &id));
    err e = edit(w, id);
    if (e) return admin_again(w, e, status_one_view);
    web_go(w, web_path(w, "/status/u/%lld?kept=1", (long long)id));
    return ERR_NONE;
}

err status_one_withdraw(struct web_call *w) {
    int64_t id;
    TRY(web_id(w, 1, &id));
    err e = status_withdraw(w->desk, w->arena, &w->actor, id);
    if (e) return admin_again(w, e, status_one_view);
    web_go(w, web_path(w, "/status?kept=1"));
    return ERR_NONE;
}

/* ---- the page and its parts ---- */

/* What a program does not say of a part stays as it is. */
static err part_as_it_is(struct web_call *w, struct status_component_form *form) {
    store_status_component_list all;
    *form = (struct status_component_form){.position = STATUS_COMPONENTS_MAX, .name = S(""), .note = S("")};
    TRY(web_param_int(w, "id", 0, &form->id));
    if (!form->id) return ERR_NONE;
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(w->desk->db, &c));
    TRY(store_status_components(c, w->arena, w->who.brand.id, &all));
    for (size_t i = 0; i < all.n; i++) {
        const struct store_status_component *k = &all.v[i];
        if (k->id != form->id) continue;
        form->position = (int64_t)i + 1;
        form->name = k->name;
        form->note = k->note;
        form->state = k->state;
    }
    return ERR_NONE;
}

static err read_part(struct web_call *w, struct status_component_form *form) {
    TRY(part_as_it_is(w, form));
    if (web_param_has(w, "name")) form->name = web_param(w, "name");
    if (web_param_has(w, "note")) form->note = web_param(w, "note");
    TRY(web_param_int(w, "position", form->position, &form->position));
    if (web_param_has(w, "state") && !status_state_from(web_param(w, "state"), &form->state))
        return err_set(ERR_INVALID, "Its state is one of working, slow, partly, down and care.");
    return ERR_NONE;
}

err status_part_save(struct web_call *w) {
    struct status_component_form form;
    err e = read_part(w, &form);
    if (!e) e = status_component_save(w->desk, w->arena, &w->actor, &form);
    if (e) {
        e = admin_again(w, e, status_desk_view);
        struct status_desk *v = w->view;
        if (v) v->open_form = str_fmt(w->arena, "part-%lld", (long long)form.id);
        return e;
    }
    web_go(w, web_path(w, "/status?kept=1"));
    return ERR_NONE;
}

err status_part_retire(struct web_call *w) {
    int64_t id;
    TRY(web_id(w, 1, &id));
    err e = status_component_retire(w->desk, w->arena, &w->actor, id);
    if (e) return admin_again(w, e, status_desk_view);
    web_go(w, web_path(w, "/status?kept=1"));
    return ERR_NONE;
}

err status_page_save(struct web_call *w) {
    err e = status_page_change(w->desk, w->arena, &w->actor, web_param_on(w, "opened"), web_param(w, "host"),
                               web_param(w, "contact"));
    if (e) {
        e = admin_again(w, e, status_desk_view);
        struct status_desk *v = w->view;
        if (v) v->open_form = S("page");
        return e;
    }
    web_go(w, web_path(w, "/status?kept=1"));
    return ERR_NONE;
}

/* ---- out ---- */

void status_desk_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct status_desk *v = w->view;
    if (w->problem) v->says = w->says;
    frame_open(w, &v->frame);
    tmpl_status_desk(&w->page, v);
    frame_close(w, &v->frame);
}

void status_one_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct status_one *v = w->view;
    if (w->problem) v->head.says = w->says;
    frame_open(w, &v->head.frame);
    tmpl_status_one(&w->page, v);
    frame_close(w, &v->head.frame);
}

static void json_update(struct json_out *o, const struct store_status_update *u) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, u->id);
    json_key(o, S("matter")), json_id(o, u->matter_id);
    json_key(o, S("incident")), json_id(o, u->incident_id);
    json_key(o, S("kind")), json_str(o, str_z(status_kind_name(u->kind)));
    json_key(o, S("headline")), json_str(o, u->headline);
    json_key(o, S("words")), json_str(o, u->words);
    json_key(o, S("by")), json_str(o, u->by_name);
    json_key(o, S("at")), json_int(o, u->at);
    json_key(o, S("edited_at")), json_int(o, u->edited_at);
    json_key(o, S("next_at")), json_int(o, u->next_at);
    json_key(o, S("withdrawn_at")), json_int(o, u->withdrawn_at);
    json_key(o, S("version")), json_int(o, u->version);
    json_close_object(o);
}

static void json_part(struct json_out *o, const struct store_status_component *k) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, k->id);
    json_key(o, S("name")), json_str(o, k->name);
    json_key(o, S("note")), json_str(o, k->note);
    json_key(o, S("state")), json_str(o, str_z(status_state_name(k->state)));
    json_key(o, S("since")), json_int(o, k->since);
    json_key(o, S("position")), json_int(o, k->position);
    json_close_object(o);
}

void status_desk_json(const struct web_call *w, struct json_out *o) {
    const struct status_desk *v = w->view;
    json_open_object(o);
    json_key(o, S("opened")), json_bool(o, v->has_page && v->p.page.opened);
    json_key(o, S("url")), json_str(o, v->public_url);
    json_key(o, S("host")), json_str(o, v->p.page.host);
    json_key(o, S("contact")), json_str(o, v->p.contact);
    json_key(o, S("subscribers")), json_int(o, v->subscribers);
    json_key(o, S("overdue")), json_id(o, v->overdue ? v->overdue->id : 0);
    json_key(o, S("components"));
    json_open_array(o);
    for (size_t i = 0; i < v->p.components.n; i++) json_part(o, &v->p.components.v[i]);
    json_close_array(o);
    json_key(o, S("updates"));
    json_open_array(o);
    for (size_t i = 0; i < v->updates.n; i++) json_update(o, &v->updates.v[i]);
    json_close_array(o);
    json_key(o, S("before")), json_id(o, v->next_before);
    json_close_object(o);
}

void status_one_json(const struct web_call *w, struct json_out *o) {
    const struct status_one *v = w->view;
    json_open_object(o);
    json_key(o, S("update"));
    json_update(o, &v->u);
    json_key(o, S("mails"));
    json_open_object(o);
    json_key(o, S("sent")), json_int(o, v->mails.sent);
    json_key(o, S("waiting")), json_int(o, v->mails.due);
    json_key(o, S("failed")), json_int(o, v->mails.failed);
    json_close_object(o);
    json_close_object(o);
}

/* ---- for templates ---- */

bool status_typed_state(const struct status_desk *v, int64_t component, status_state *ret) {
    for (size_t i = 0; i < v->typed.said.n; i++) {
        if (v->typed.said.v[i].component_id != component) continue;
        *ret = v->typed.said.v[i].state;
        return true;
    }
    return false;
}

str status_clock(const struct status_desk *v, int64_t at) {
    return clock_of(v->frame.w->arena, zone_of(v->frame.w), at);
}

str status_zone_when(const struct status_desk *v, int64_t at) {
    struct web_call *w = v->frame.w;
    struct page_out o = {.lang = w->page.lang, .zone = zone_of(w), .now = w->page.now};
    return str_copy(w->arena, page_when_text(&o, at));
}

const char *status_kind_words(status_kind k) {
    switch (k) {
    case STATUS_TROUBLE: return T("Something is wrong");
    case STATUS_OVER: return T("It works again");
    case STATUS_NOTE: return T("A note");
    }
    return "";
}

void status_preview(struct page_out *o, const struct status_desk *v) {
    struct web_call *w = v->frame.w;
    struct status_sheet s = {.a = w->arena, .p = &v->p, .now = o->now, .zone = zone_of(w)};
    struct page_out as = {.out = o->out, .zone = s.zone, .now = o->now};
    struct status_words u = {.words = str_trim(v->typed.words), .by_name = w->actor.name, .at = o->now};
    as.lang = s.lang = lang_find(w->who.brand.language);
    if (v->typed.kind == STATUS_TROUBLE && next_of(w, v->typed.next, &u.next_at)) u.next_at = 0;
    tmpl_status_say(&as, &s, u);
}

/* On every page of the brand: a word that was promised to everybody is late. From memory. */
int64_t frame_word_due(const struct frame *f) {
    struct web_call *w = f->w;
    if (!w->who.brand.id || !web_may(w, RIGHT_WRITE)) return 0;
    int64_t due_at = status_board_due(w->web->status, w->who.brand.id);
    return due_at && due_at <= w->page.now ? due_at : 0;
}
