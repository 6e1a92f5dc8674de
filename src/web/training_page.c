#include "web/training_page.h"

#include "training.tmpl.h"
#include "web/admin_page.h"
#include "web/check_page.h"

enum { TYPED_TEXT = 60000, MINE_BYTES = 4 << 20 };

/* ---- the room ---- */

static err load_of_agent(struct web_call *w, struct practice_room *v) {
    int64_t brand = w->who.brand.id, me = w->who.agent.id;
    db_conn *c;
    TRY(web_read(w, &c));
    TRY(store_practices(c, w->arena, brand, me, 0, &v->mine));
    TRY(store_practices_shown(c, w->arena, brand, me, PRACTICE_SHOWN, &v->shown));
    TRY(store_practice_readers(c, w->arena, brand, me, &v->readers));
    if (web_may(w, RIGHT_LEAD)) TRY(store_applicants(c, w->arena, brand, &v->applicants));
    TRY(frame_load(w, web_text(w, T("Practice")), &v->frame));
    v->frame.at = "practice";
    v->base = web_path(w, "/practice");
    v->kept = w->in->method == HTTP_GET && web_param_has(w, "kept");
    return ERR_NONE;
}

static err load_of_guest(struct web_call *w, struct practice_room *v) {
    TRY(training_open(w->desk, w->arena, w->at.value[0], &v->applicant));
    v->base = str_fmt(w->arena, "/practice/%.*s", STR_FMT(w->at.value[0]));
    web_header(w, "X-Robots-Tag", S("noindex, nofollow"));
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(w->desk->db, &c));
    return store_practices(c, w->arena, v->applicant.brand_id, 0, v->applicant.id, &v->mine);
}

static bool is_guest(const struct web_call *w) { return !w->who.brand.id; }

static err load_room(struct web_call *w, struct practice_room *v) {
    *v = (struct practice_room){.w = w, .says = S("")};
    return is_guest(w) ? load_of_guest(w, v) : load_of_agent(w, v);
}

/* It reads by itself, so nothing else may be open. */
static err load_letters(struct web_call *w, struct practice_room *v) {
    web_read_end(w);
    training_demo(w->arena, &v->demo);
    return is_guest(w) ? ERR_NONE : training_past(w->desk, w->arena, w->who.brand.id, &v->past);
}

err practice_room_view(struct web_call *w) {
    struct practice_room *v = arena_alloc(w->arena, sizeof *v), letters = {0};
    TRY(load_letters(w, &letters));
    TRY(load_room(w, v));
    v->demo = letters.demo;
    v->past = letters.past;
    w->view = v;
    return ERR_NONE;
}
err practice_guest_view(struct web_call *w) { return practice_room_view(w); }

void practice_room_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct practice_room *v = w->view;
    if (w->problem) v->says = w->says;
    if (v->applicant.id || v->left) {
        tmpl_practice_guest(&w->page, v);
        return;
    }
    frame_open(w, &v->frame);
    tmpl_practice_room(&w->page, v);
    frame_close(w, &v->frame);
}

static void json_letters(struct json_out *o, const char *name, const training_letter_list *all) {
    json_key(o, str_z(name));
    json_open_array(o);
    for (size_t i = 0; i < all->n; i++) {
        json_open_object(o);
        json_key(o, S("letter")), json_str(o, all->v[i].key);
        json_key(o, S("subject")), json_str(o, all->v[i].subject);
        json_key(o, S("from")), json_str(o, all->v[i].from);
        json_close_object(o);
    }
    json_close_array(o);
}

static void json_practice(struct json_out *o, const struct store_practice *p) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, p->id);
    json_key(o, S("letter")), json_str(o, p->letter);
    json_key(o, S("by")), json_str(o, p->name);
    json_key(o, S("text")), json_str(o, p->text);
    json_key(o, S("updated_at")), json_int(o, p->updated_at);
    json_key(o, S("done_at")), json_int(o, p->done_at);
    json_key(o, S("notes")), json_int(o, p->notes);
    json_close_object(o);
}

void practice_room_json(const struct web_call *w, struct json_out *o) {
    const struct practice_room *v = w->view;
    json_open_object(o);
    json_letters(o, "demo", &v->demo);
    json_letters(o, "past", &v->past);
    json_key(o, S("mine"));
    json_open_array(o);
    for (size_t i = 0; i < v->mine.n; i++) json_practice(o, &v->mine.v[i]);
    json_close_array(o);
    json_key(o, S("shown"));
    json_open_array(o);
    for (size_t i = 0; i < v->shown.n; i++) json_practice(o, &v->shown.v[i]);
    json_close_array(o);
    json_key(o, S("applicants"));
    json_open_array(o);
    for (size_t i = 0; i < v->applicants.n; i++) {
        json_open_object(o);
        json_key(o, S("id")), json_id(o, v->applicants.v[i].id);
        json_key(o, S("name")), json_str(o, v->applicants.v[i].name);
        json_key(o, S("expires_at")), json_int(o, v->applicants.v[i].expires_at);
        json_key(o, S("ended_at")), json_int(o, v->applicants.v[i].ended_at);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}

err practice_share(struct web_call *w) {
    int64_t agent;
    TRY(web_param_int(w, "agent", 0, &agent));
    err e = training_share(w->desk, w->arena, &w->actor, agent, web_param_on(w, "on"));
    if (e) return admin_again(w, e, practice_room_view);
    web_go(w, web_path(w, "/practice?kept=1"));
    return ERR_NONE;
}

/* The link is shown once, on this very page. */
err practice_let_in(struct web_call *w) {
    struct store_applicant t;
    str url;
    int64_t days = 0;
    err e = web_param_int(w, "days", TRAINING_LINK_DAYS, &days);
    if (!e) e = training_let_in(w->desk, w->arena, &w->actor, web_param(w, "name"), days, &t, &url);
    if (e) return admin_again(w, e, practice_room_view);
    TRY(practice_room_view(w));
    struct practice_room *v = w->view;
    v->link = url;
    v->link_name = t.name;
    return ERR_NONE;
}

void practice_let_in_json(const struct web_call *w, struct json_out *o) {
    const struct practice_room *v = w->view;
    json_open_object(o);
    json_key(o, S("link")), json_str(o, v->link);
    json_close_object(o);
}

err practice_applicant_end(struct web_call *w) {
    int64_t id;
    TRY(web_id(w, 1, &id));
    err e = training_end(w->desk, w->arena, &w->actor, id);
    if (e) return admin_again(w, e, practice_room_view);
    web_go(w, web_path(w, "/practice?kept=1"));
    return ERR_NONE;
}

err practice_applicant_view(struct web_call *w) {
    struct practice_room *v = arena_alloc(w->arena, sizeof *v);
    struct store_applicant t;
    db_conn *c;
    int64_t id;
    TRY(web_id(w, 1, &id));
    TRY(web_read(w, &c));
    TRY(store_applicant_get(c, w->arena, w->who.brand.id, id, &t));
    /* Whoever let them in, and nobody else. */
    if (t.agent_id != w->who.agent.id) return err_set(ERR_MISSING, "There is no such page.");
    TRY(load_room(w, v));
    TRY(store_practices(c, w->arena, w->who.brand.id, 0, id, &v->shown));
    training_demo(w->arena, &v->demo);
    v->link_name = t.name;
    w->view = v;
    return ERR_NONE;
}

void practice_applicant_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct practice_room *v = w->view;
    frame_open(w, &v->frame);
    tmpl_practice_applicant(&w->page, v);
    frame_close(w, &v->frame);
}

/* ---- taking it along ---- */

static err write_mine(struct web_call *w, const struct practice_room *v) {
    int64_t brand = is_guest(w) ? 0 : w->who.brand.id;
    w->out->type = S("text/plain; charset=utf-8");
    web_header(w, "Content-Disposition", S("attachment; filename=\"practice.txt\""));
    for (size_t i = 0; i < v->mine.n && w->out->body.n < MINE_BYTES; i++) {
        const struct store_practice *p = &v->mine.v[i];
        struct training_letter l = {.subject = practice_subject(v, p), .text = S("")};
        if (!p->done_at) continue;
        /* Its letter may be gone; what they wrote is theirs all the same. */
        err e = training_letter(w->desk, w->arena, brand, p->letter, &l);
        if (e && e != ERR_MISSING) return e;
        buf_add_fmt(&w->out->body, "== %.*s ==\n\n", STR_FMT(l.subject));
        if (!e) buf_add(&w->out->body, l.text);
        buf_add(&w->out->body, S("\n\n-- \n\n"));
        buf_add(&w->out->body, p->text);
        buf_add(&w->out->body, S("\n\n\n"));
    }
    return ERR_NONE;
}

err practice_mine(struct web_call *w) {
    struct practice_room v;
    TRY(load_room(w, &v));
    web_read_end(w);
    return write_mine(w, &v);
}
err practice_guest_mine(struct web_call *w) { return practice_mine(w); }

/* ---- one letter ---- */

static err load_remarks(struct web_call *w, struct practice_one *v) {
    struct checked checked;
    int64_t brand = is_guest(w) ? 0 : w->who.brand.id;
    web_read_end(w);
    str writer = is_guest(w) ? v->room.applicant.name : w->actor.name;
    TRY(training_check(w->desk, w->arena, brand, &v->letter, writer, v->text, &checked));
    v->remarks = arena_array(w->arena, checked.remarks.n + 1, sizeof *v->remarks);
    v->nremarks = checked.remarks.n;
    v->checked = true;
    for (size_t i = 0; i < checked.remarks.n; i++) {
        const struct remark *r = &checked.remarks.v[i];
        v->remarks[i] = (struct practice_remark){.remark = r,
                                                 .says = remark_says(w->arena, w->page.lang, r),
                                                 .words = str_slice(v->text, r->start, r->end)};
    }
    return ERR_NONE;
}

/* A letter that is not among the good ones any more: what they wrote to it stays theirs to read. */
static err letter_gone(struct web_call *w, const struct store_practice *p, struct training_letter *ret) {
    if (!p) return err_set(ERR_MISSING, "There is no such letter in the practice room.");
    *ret = (struct training_letter){.key = p->letter,
                                    .subject = web_text(w, T("A letter of before")),
                                    .from = S(""),
                                    .text = web_text(w, T("It is not among the letters of before any more.")),
                                    .loved = S(""),
                                    .thanks = S(""),
                                    .loved_by = S("")};
    return ERR_NONE;
}

static err load_letter(struct web_call *w, struct practice_one *v) {
    int64_t brand = is_guest(w) ? 0 : w->who.brand.id;
    str key = w->at.value[1];
    struct training_letter letter;
    web_read_end(w);
    /* A link that ended leads to nothing, whatever stands behind it. */
    if (is_guest(w)) TRY(training_open(w->desk, w->arena, w->at.value[0], &(struct store_applicant){0}));
    err e = training_letter(w->desk, w->arena, brand, key, &letter);
    if (e && e != ERR_MISSING) return e;
    *v = (struct practice_one){.text = S(""), .quote = S(""), .note = S(""), .letter = letter};
    TRY(load_room(w, &v->room));
    web_read_end(w);
    const struct store_practice *p = practice_of(&v->room, key);
    if (e) TRY(letter_gone(w, p, &v->letter));
    if (!p) return ERR_NONE;
    v->row = *p;
    v->text = p->text;
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(w->desk->db, &c));
    return store_practice_notes(c, w->arena, is_guest(w) ? v->room.applicant.brand_id : w->who.brand.id,
                                p->id, &v->notes);
}

err practice_letter_view(struct web_call *w) {
    struct practice_one *v = arena_alloc(w->arena, sizeof *v);
    TRY(load_letter(w, v));
    if (w->in->method != HTTP_GET) v->text = str_clip_utf8(web_param_text(w, "text"), TYPED_TEXT);
    if (v->row.done_at && w->in->method == HTTP_GET) TRY(load_remarks(w, v));
    w->view = v;
    return ERR_NONE;
}
err practice_guest_letter(struct web_call *w) { return practice_letter_view(w); }

/* Checking keeps what was typed, too; nothing is lost by looking. */
err practice_letter_do(struct web_call *w) {
    struct store_practice row;
    struct training_writer who = {.brand = w->who.brand.id, .agent = w->who.agent.id};
    if (is_guest(w)) {
        struct store_applicant t;
        TRY(training_open(w->desk, w->arena, w->at.value[0], &t));
        who = (struct training_writer){.brand = t.brand_id, .applicant = t.id};
    }
    bool done = str_eq(web_param(w, "do"), S("done"));
    web_read_end(w);
    err e = training_keep(w->desk, w->arena, &who, w->at.value[1], web_param_text(w, "text"), done, &row);
    if (e) return admin_again(w, e, practice_letter_view);
    TRY(practice_letter_view(w));
    TRY(load_remarks(w, w->view));
    return ERR_NONE;
}
err practice_guest_letter_do(struct web_call *w) { return practice_letter_do(w); }

void practice_letter_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct practice_one *v = w->view;
    if (w->problem) v->room.says = w->says;
    if (v->room.applicant.id) {
        tmpl_practice_guest_letter(&w->page, v);
        return;
    }
    frame_open(w, &v->room.frame);
    tmpl_practice_letter(&w->page, v);
    frame_close(w, &v->room.frame);
}

void practice_letter_json(const struct web_call *w, struct json_out *o) {
    const struct practice_one *v = w->view;
    json_open_object(o);
    json_key(o, S("letter")), json_str(o, v->letter.text);
    json_key(o, S("subject")), json_str(o, v->letter.subject);
    json_key(o, S("text")), json_str(o, v->text);
    json_key(o, S("done_at")), json_int(o, v->row.done_at);
    json_key(o, S("answered")), json_str(o, v->row.done_at ? v->letter.loved : S(""));
    json_key(o, S("remarks"));
    json_open_array(o);
    for (size_t i = 0; i < v->nremarks; i++) {
        json_open_object(o);
        json_key(o, S("kind")), json_str(o, str_z(remark_kind_name(v->remarks[i].remark->kind)));
        json_key(o, S("level")), json_str(o, str_z(remark_level_name(v->remarks[i].remark->level)));
        json_key(o, S("says")), json_str(o, v->remarks[i].says);
        json_key(o, S("words")), json_str(o, v->remarks[i].words);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}

err practice_read_view(struct web_call *w) {
    struct practice_one *v = arena_alloc(w->arena, sizeof *v);
    db_conn *c;
    int64_t id;
    *v = (struct practice_one){.quote = S(""), .note = S(""), .reading = true};
    TRY(web_id(w, 1, &id));
    TRY(web_read(w, &c));
    TRY(training_read(c, w->arena, w->who.brand.id, w->who.agent.id, id, &v->row, &v->notes));
    TRY(load_room(w, &v->room));
    web_read_end(w);
    err e = training_letter(w->desk, w->arena, v->row.applicant_id ? 0 : w->who.brand.id, v->row.letter,
                            &v->letter);
    if (e && e != ERR_MISSING) return e;
    if (e) TRY(letter_gone(w, &v->row, &v->letter));
    v->text = v->row.text;
    if (w->in->method != HTTP_GET) {
        v->quote = str_clip_utf8(web_param_text(w, "quote"), TYPED_TEXT);
        v->note = str_clip_utf8(web_param_text(w, "note"), TYPED_TEXT);
    }
    TRY(load_remarks(w, v));
    w->view = v;
    return ERR_NONE;
}

err practice_note(struct web_call *w) {
    int64_t id;
    TRY(web_id(w, 1, &id));
    err e = training_note(w->desk, w->arena, &w->actor, id, web_param_text(w, "quote"),
                          web_param_text(w, "note"));
    if (e) return admin_again(w, e, practice_read_view);
    web_go(w, web_path(w, "/practice/r/%lld#notes", (long long)id));
    return ERR_NONE;
}

err practice_guest_leave(struct web_call *w) {
    struct practice_room *v = arena_alloc(w->arena, sizeof *v);
    TRY(training_leave(w->desk, w->arena, w->at.value[0]));
    *v = (struct practice_room){.w = w, .says = S(""), .left = true};
    w->view = v;
    return ERR_NONE;
}

/* ---- for templates ---- */

size_t practice_older_count(const struct practice_room *v) {
    size_t n = 0;
    for (size_t i = 0; i < v->mine.n; i++) n += !practice_is_offered(v, v->mine.v[i].letter);
    return n;
}

bool practice_over(const struct store_applicant *t, int64_t now) {
    return t->ended_at || t->expires_at <= now;
}

size_t practice_ended(const struct practice_room *v, int64_t now) {
    size_t n = 0;
    for (size_t i = 0; i < v->applicants.n; i++) n += practice_over(&v->applicants.v[i], now);
    return n;
}

const struct store_practice *practice_of(const struct practice_room *v, str letter) {
    for (size_t i = 0; i < v->mine.n; i++)
        if (str_eq(v->mine.v[i].letter, letter)) return &v->mine.v[i];
    return NULL;
}

bool practice_shows(const struct practice_room *v, int64_t reader) {
    for (size_t i = 0; i < v->readers.n; i++)
        if (v->readers.v[i] == reader) return true;
    return false;
}

bool practice_is_offered(const struct practice_room *v, str letter) {
    for (size_t i = 0; i < v->demo.n; i++)
        if (str_eq(v->demo.v[i].key, letter)) return true;
    for (size_t i = 0; i < v->past.n; i++)
        if (str_eq(v->past.v[i].key, letter)) return true;
    return false;
}

str practice_subject(const struct practice_room *v, const struct store_practice *p) {
    for (size_t i = 0; i < v->demo.n; i++)
        if (str_eq(v->demo.v[i].key, p->letter)) return v->demo.v[i].subject;
    for (size_t i = 0; i < v->past.n; i++)
        if (str_eq(v->past.v[i].key, p->letter)) return v->past.v[i].subject;
    return web_text(v->w, T("A letter of before"));
}
