#include "web/check_page.h"

#include <stdlib.h>
#include <string.h>

#include "web/conversation_page.h"
#include "web/incident_page.h"
#include "web/promise_page.h"
#include "web/reply_page.h"

/* ---- offsets ---- */

/* Byte offsets of one text that are to become UTF-16 units: collected, and turned in one pass. */
struct offsets {
    uint32_t **to;
    size_t n;
};

static int by_value(const void *a, const void *b) {
    uint32_t x = **(uint32_t *const *)a, y = **(uint32_t *const *)b;
    return (x > y) - (x < y);
}

static void to_units(arena *a, str text, struct offsets *all) {
    uint32_t *at = arena_array(a, all->n + 1, sizeof *at), *units = arena_array(a, all->n + 1, sizeof *at);
    qsort(all->to, all->n, sizeof *all->to, by_value);
    for (size_t i = 0; i < all->n; i++) at[i] = *all->to[i];
    text_utf16(text, at, all->n, units);
    for (size_t i = 0; i < all->n; i++) *all->to[i] = units[i];
}

static err letter_text(struct web_call *w, int64_t conversation, str *ret_text) {
    struct message letter;
    db_conn *c;
    *ret_text = S("");
    if (!conversation) return ERR_NONE;
    TRY(web_read(w, &c));
    err e = store_message_last_letter(c, w->arena, w->who.brand.id, conversation, &letter);
    web_read_end(w);
    if (e == ERR_NONE) *ret_text = letter.text;
    return e == ERR_MISSING ? ERR_NONE : e;
}

static err in_units(struct web_call *w, int64_t conversation, struct check_view *v) {
    size_t most = 0;
    str letter;
    for (size_t i = 0; i < v->n; i++) most += 2 + 2 * v->rows[i].remark->evidence.n;
    struct offsets reply = {arena_array(w->arena, most + 1, sizeof(uint32_t *)), 0};
    struct offsets theirs = {arena_array(w->arena, most + 1, sizeof(uint32_t *)), 0};
    for (size_t i = 0; i < v->n; i++) {
        struct remark_row *r = &v->rows[i];
        reply.to[reply.n++] = &r->start;
        reply.to[reply.n++] = &r->end;
        for (size_t k = 0; k < r->remark->evidence.n; k++) {
            if (r->evidence[k].evidence->source != EVIDENCE_LETTER) continue;
            theirs.to[theirs.n++] = &r->evidence[k].start;
            theirs.to[theirs.n++] = &r->evidence[k].end;
        }
    }
    to_units(w->arena, v->text, &reply);
    if (!theirs.n) return ERR_NONE;
    TRY(letter_text(w, conversation, &letter));
    to_units(w->arena, letter, &theirs);
    return ERR_NONE;
}

/* ---- remarks as rows ---- */

/* A promise is due on a day of the brand's calendar, wherever its reader sits. */
static void add_day(struct web_call *w, struct remark_row *r) {
    const struct zone *zone;
    struct local_time t;
    struct page_out day = w->page;
    if (!r->remark->due_at) return;
    if (zone_load(w->who.brand.zone, &zone)) zone = NULL;
    zone_local(zone, r->remark->due_at, &t);
    r->due_day = str_fmt(w->arena, "%04d-%02d-%02d", (int)t.year, t.month, t.day);
    day.zone = zone;
    r->due_text = str_copy(w->arena, page_day_text(&day, r->remark->due_at));
}

static str counted(struct web_call *w, int n, const char *one, const char *many) {
    BUF_AUTO buf b = BUF_MAX(4096);
    str arg = str_fmt(w->arena, "%d", n);
    lang_fill(&b, lang_plural(w->page.lang, n, one, many), &arg, 1);
    return str_copy(w->arena, buf_str(&b));
}

static const char *const stop_forms[] = {TN("{0} stop", "{0} stops")};
static const char *const note_forms[] = {TN("{0} note", "{0} notes")};

static str summary_of(struct web_call *w, int stops, int notes) {
    if (!stops && !notes) return web_text(w, T("Nothing to look at"));
    str a = stops ? counted(w, stops, stop_forms[0], stop_forms[1]) : S("");
    str b = notes ? counted(w, notes, note_forms[0], note_forms[1]) : S("");
    if (!a.n || !b.n) return a.n ? a : b;
    return str_fmt(w->arena, "%.*s, %.*s", STR_FMT(a), STR_FMT(b));
}

/* Times as the reader's other pages write them, in their zone. */
static str says_of(struct web_call *w, const struct remark *m) {
    struct remark own = *m;
    if (own.moment) own.args[0] = str_copy(w->arena, page_when_text(&w->page, own.moment));
    return remark_says(w->arena, w->page.lang, &own);
}

err check_rows(struct web_call *w, int64_t conversation, str text, bool units, const remark_list *remarks,
               struct check_view **ret_view) {
    struct check_view *v = arena_alloc(w->arena, sizeof *v);
    v->text = text;
    v->units = units;
    v->n = remarks->n;
    v->has_pack = true;
    v->rows = arena_array(w->arena, v->n + 1, sizeof *v->rows);
    for (size_t i = 0; i < v->n; i++) {
        const struct remark *m = &remarks->v[i];
        struct remark_row *r = &v->rows[i];
        *r = (struct remark_row){.remark = m,
                                 .says = says_of(w, m),
                                 .words = str_slice(text, m->start, m->end),
                                 .start = m->start,
                                 .end = m->end};
        add_day(w, r);
        r->evidence = arena_array(w->arena, m->evidence.n + 1, sizeof *r->evidence);
        for (size_t k = 0; k < m->evidence.n; k++)
            r->evidence[k] =
                (struct remark_evidence){&m->evidence.v[k], m->evidence.v[k].start, m->evidence.v[k].end};
        v->stops += m->level == REMARK_STOP;
        v->notes += m->level == REMARK_LOOK;
    }
    v->summary = summary_of(w, v->stops, v->notes);
    if (units) TRY(in_units(w, conversation, v));
    *ret_view = v;
    return ERR_NONE;
}

err check_load(struct web_call *w, int64_t conversation, str text, bool units, struct check_view **ret_view) {
    struct checking_wish wish = {.conversation = conversation, .text = text};
    struct checked checked;
    struct check_view *v;
    TRY(checking_run(w->desk, w->arena, &w->actor, &wish, &checked));
    TRY(check_rows(w, conversation, text, units, &checked.remarks, &v));
    v->language = checked.language;
    v->has_pack = checked.has_pack;
    *ret_view = v;
    return ERR_NONE;
}

/* ---- JSON ---- */

static void json_evidence(struct json_out *o, const struct remark_evidence *x) {
    const struct evidence *e = x->evidence;
    json_open_object(o);
    json_key(o, S("source")), json_str(o, str_z(evidence_source_name(e->source)));
    json_key(o, S("id")), json_id(o, e->id);
    json_key(o, S("start")), json_int(o, x->start);
    json_key(o, S("end")), json_int(o, x->end);
    json_key(o, S("text")), json_str(o, e->text);
    json_key(o, S("customers")), json_int(o, e->customers);
    json_close_object(o);
}

void check_json_remarks(const struct check_view *v, struct json_out *o) {
    json_open_array(o);
    for (size_t i = 0; i < v->n; i++) {
        const struct remark_row *r = &v->rows[i];
        const struct remark *m = r->remark;
        json_open_object(o);
        json_key(o, S("kind")), json_str(o, str_z(remark_kind_name(m->kind)));
        json_key(o, S("level")), json_str(o, str_z(remark_level_name(m->level)));
        json_key(o, S("start")), json_int(o, r->start);
        json_key(o, S("end")), json_int(o, r->end);
        json_key(o, S("says")), json_str(o, r->says);
        json_key(o, S("due"));
        if (m->due_at)
            json_int(o, m->due_at);
        else
            json_nil(o);
        if (m->due_at) json_key(o, S("due_day")), json_str(o, r->due_day);
        if (m->due_at) json_key(o, S("due_text")), json_str(o, r->due_text);
        /* What not_promised takes, whatever the other places are counted in. */
        if (m->due_at) json_key(o, S("start_bytes")), json_int(o, m->start);
        json_key(o, S("evidence"));
        json_open_array(o);
        for (size_t k = 0; k < m->evidence.n; k++) json_evidence(o, &r->evidence[k]);
        json_close_array(o);
        json_close_object(o);
    }
    json_close_array(o);
}

void check_json(const struct web_call *w, struct json_out *o) {
    const struct check_view *v = w->view;
    json_open_object(o);
    /* A page has the text already, and counts otherwise. */
    if (!v->units) json_key(o, S("text")), json_str(o, v->text);
    json_key(o, S("language")), json_str(o, v->language);
    json_key(o, S("pack")), json_bool(o, v->has_pack);
    json_key(o, S("summary")), json_str(o, v->summary);
    json_key(o, S("remarks")), check_json_remarks(v, o);
    json_close_object(o);
    (void)w;
}

/* ---- the rows of the table ---- */

err check_do(struct web_call *w) {
    int64_t conversation;
    struct check_view *v;
    TRY(reply_conversation(w, &conversation));
    if (!w->json) {
        /* A browser without scripts: the draft is kept, and the page shows the remarks above it. */
        TRY(reply_keep(w, conversation));
        str ticks = promise_ticks_query(w, web_param_text(w, "text"));
        str page = conversation ? web_path(w, "/c/%lld", (long long)conversation) : web_path(w, "/write");
        str room = room_place(w);
        if (room.n) page = room;
        web_go(w, str_fmt(w->arena, "%.*s?checked=1%.*s#check", STR_FMT(page), STR_FMT(ticks)));
        return ERR_NONE;
    }
    str units = web_param(w, "units");
    if (units.n && !str_eq(units, S("bytes")) && !str_eq(units, S("utf16")))
        return err_set(ERR_INVALID, "Units are bytes or utf16.");
    TRY(check_load(w, conversation, web_param_text(w, "text"), str_eq(units, S("utf16")), &v));
    w->view = v;
    return ERR_NONE;
}

err message_go(struct web_call *w) {
    int64_t id;
    struct message m;
    db_conn *c;
    TRY(web_id(w, 1, &id));
    TRY(web_read(w, &c));
    TRY(store_message_get(c, w->arena, w->who.brand.id, id, &m));
    web_go(w, web_path(w, "/c/%lld#m-%lld", (long long)m.conversation_id, (long long)id));
    return ERR_NONE;
}

/* ---- for templates ---- */

const char *check_tone(remark_level l) {
    switch (l) {
    case REMARK_FINE: return "ok";
    case REMARK_LOOK: return "look";
    case REMARK_STOP: return "stop";
    }
    return "ok";
}

str check_tone_text(struct web_call *w, remark_level l) {
    switch (l) {
    case REMARK_FINE: return web_text(w, T("Fine:"));
    case REMARK_LOOK: return web_text(w, T("To look at:"));
    case REMARK_STOP: return web_text(w, T("Stop:"));
    }
    return S("");
}

int64_t check_customers(const struct remark_row *r) {
    int64_t most = 0;
    for (size_t i = 0; i < r->remark->evidence.n; i++) {
        const struct evidence *e = &r->remark->evidence.v[i];
        if (e->source == EVIDENCE_REPLY && e->customers > most) most = e->customers;
    }
    return most;
}
