#include "base/random.h"
#include "room.tmpl.h"
#include "store/outbox.h"
#include "web/incident_page.h"
#include "web/status_desk_page.h"

/* ---- loading ---- */

static err load_held(struct web_call *w, struct room_view *v) {
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(w->desk->db, &c));
        TRY(room_holds(c, w->arena, &w->actor, v->look.incident.incident.id, v->look.now, &v->given));
        if (v->given.conversation)
            TRY(store_owed_to(c, w->arena, w->who.brand.id, v->given.conversation, &v->owed));
    }
    if (!v->given.conversation || w->program) return ERR_NONE;
    TRY(conversation_load(w, v->given.conversation, false, &v->held));
    v->held->in_room = true;
    return ERR_NONE;
}

/* "Sent to Rosalind. Take it back": while it still may be. */
static err load_sent(struct web_call *w, struct room_view *v) {
    int64_t id;
    struct message m;
    struct conversation c_of;
    outbox_list rows = {0};
    db_conn *c;
    if (w->in->method != HTTP_GET || web_param_int(w, "sent", 0, &id) || !id) return ERR_NONE;
    TRY(web_read(w, &c));
    err e = store_message_get(c, w->arena, w->who.brand.id, id, &m);
    if (e == ERR_MISSING) return ERR_NONE;
    if (e) return e;
    TRY(store_conversation_get(c, w->arena, w->who.brand.id, m.conversation_id, &c_of));
    TRY(store_outbox_of_message(c, w->arena, w->who.brand.id, id, &rows));
    v->sent_to = first_name(c_of.customer_name);
    v->sent_conversation = c_of.id;
    if (m.state == MESSAGE_HELD && m.agent_id == w->who.agent.id && rows.n &&
        rows.v[0].ready_at > w->page.now)
        v->sent = id;
    return ERR_NONE;
}

static err suggest(struct web_call *w, db_conn *c, struct room_view *v) {
    const struct store_status_update *newest = &v->status.update;
    bool goes_on = v->status.said && newest->kind == STATUS_TROUBLE, fixed = v->look.room.fixed_at;
    if (goes_on) {
        room_fact_list all = {0};
        TRY(store_room_facts(c, w->arena, w->who.brand.id, v->look.incident.incident.id, true, &all));
        v->said_wrong = room_status_wrong(&all, newest->words);
    }
    v->say.may = v->may_write && room_keeps_status(&v->look.me);
    v->say.keepers = room_status_keepers(w->arena, &v->look.people);
    if (!v->say.may) return ERR_NONE;
    v->say.kind = goes_on && fixed ? STATUS_OVER : STATUS_TROUBLE;
    v->say.matter = goes_on ? newest->matter_id : 0;
    v->say.headline = goes_on ? S("") : str_clip_utf8(v->look.incident.incident.title, STATUS_HEADLINE_BYTES);
    v->say.words = fixed ? str_clip_utf8(v->look.room.fixed_says, STATUS_WORDS_BYTES)
                         : room_status_words(w->arena, &v->look);
    v->say.next = status_next_word(w);
    v->say.key = token_new(w->arena);
    return store_status_components(c, w->arena, w->who.brand.id, &v->say.parts);
}

static err load_more(struct web_call *w, struct room_view *v) {
    const struct store_incident *i = &v->look.incident.incident;
    db_conn *c;
    if (v->look.counts.proposed)
        TRY(incident_conversations(w->desk, w->arena, w->who.brand.id, i->id, INCIDENT_PART_PROPOSED, 0,
                                   ROOM_PROPOSED, &v->proposed));
    TRY(web_read(w, &c));
    TRY(status_is_open(c, w->arena, w->who.brand.id, &v->status_open));
    if (v->status_open) TRY(status_word_of(c, w->arena, w->who.brand.id, i->id, v->look.now, &v->status));
    if (v->status_open) TRY(suggest(w, c, v));
    TRY(load_sent(w, v));
    int64_t until = i->state == INCIDENT_OVER && i->ended_at ? i->ended_at : v->look.now;
    int64_t step = (until - i->began_at) / ROOM_CHART_STEPS / MINUTE_MS + 1;
    v->chart.step_ms = step * MINUTE_MS;
    TRY(room_chart(w->desk, c, w->who.brand.id, i->id, i->began_at, v->chart.step_ms, v->chart.steps));
    room_chart_of(w, &v->chart, i->began_at, until);
    return ERR_NONE;
}

err room_load(struct web_call *w, int64_t id, struct room_view **ret) {
    struct room_view *v = arena_alloc(w->arena, sizeof *v);
    v->may_write = web_may(w, RIGHT_WRITE);
    v->base = web_path(w, "/incidents/%lld", (long long)id);
    v->kept = web_param_on(w, "kept") && w->in->method == HTTP_GET;
    v->posted = web_param_on(w, "posted") && w->in->method == HTTP_GET;
    v->nobody = web_param_on(w, "nobody") && w->in->method == HTTP_GET;
    TRY(room_look(w->desk, w->arena, &w->actor, id, ROOM_EVENTS, &v->look));
    if (v->may_write && !str_eq(w->fragment, S("room"))) TRY(load_held(w, v));
    TRY(load_more(w, v));
    TRY(frame_load(w, v->look.incident.incident.title, &v->frame));
    v->frame.at = "incidents";
    v->frame.skip = v->held ? "text" : "main";
    if (v->held) v->held->frame = v->frame;
    *ret = v;
    return ERR_NONE;
}

void room_html(struct web_call *w, struct room_view *v) {
    v->says = w->problem ? w->says : S("");
    if (str_eq(w->fragment, S("room"))) {
        tmpl_room_parts(&w->page, v);
        return;
    }
    if (str_eq(w->fragment, S("conversation"))) {
        if (v->held) web_header(w, "X-Version", str_fmt(w->arena, "%lld", (long long)v->held->c.version));
        tmpl_room_main(&w->page, v);
        return;
    }
    frame_open(w, &v->frame);
    tmpl_room_main(&w->page, v);
    frame_close(w, &v->frame);
}

/* ---- replies from here ---- */

static int64_t room_of(const struct web_call *w) {
    int64_t id;
    return web_param_int(w, "room", 0, &id) ? 0 : id;
}

str room_place(const struct web_call *w) {
    int64_t id = room_of(w);
    return id ? web_path(w, "/incidents/%lld", (long long)id) : S("");
}

void room_sent(struct web_call *w, int64_t message) {
    struct room_given given;
    str place = room_place(w);
    if (!place.n) return;
    /* The letter is sent: whatever hinders the next one is seen in the room. */
    if (web_param_on(w, "next")) (void)room_next(w->desk, w->arena, &w->actor, room_of(w), &given);
    web_go(w, str_fmt(w->arena, "%.*s?sent=%lld", STR_FMT(place), (long long)message));
}

bool room_again(struct web_call *w, struct conversation_page *p) {
    int64_t id = room_of(w);
    struct room_view *v;
    if (!id || w->fragment.n) return false;
    str says = w->says;
    if (room_load(w, id, &v)) return false;
    /* Somebody else's by now: the words stand on the conversation's own page. */
    if (!v->held || v->held->c.id != p->c.id) return false;
    p->frame = v->frame;
    p->in_room = true;
    v->held = p;
    w->says = S("");
    w->out->type = S("text/html; charset=utf-8");
    frame_open(w, &v->frame);
    tmpl_room_main(&w->page, v);
    frame_close(w, &v->frame);
    w->says = says;
    return true;
}

/* ---- JSON ---- */

static void json_counts(struct json_out *o, const struct room_look *l) {
    const struct room_counts *k = &l->counts;
    json_open_object(o);
    json_key(o, S("waiting")), json_int(o, k->waiting);
    json_key(o, S("oldest_since")), json_int(o, k->oldest);
    json_key(o, S("channels"));
    json_open_array(o);
    for (size_t i = 0; i < k->channels.n; i++) {
        json_open_object(o);
        json_key(o, S("channel")), json_str(o, k->channels.v[i].channel);
        json_key(o, S("waiting")), json_int(o, k->channels.v[i].waiting);
        json_key(o, S("oldest_since")), json_int(o, k->channels.v[i].oldest);
        json_close_object(o);
    }
    json_close_array(o);
    json_key(o, S("held")), json_int(o, k->held);
    json_key(o, S("snoozed")), json_int(o, k->snoozed);
    json_key(o, S("answered")), json_int(o, k->said);
    json_key(o, S("people_answered")), json_int(o, k->people);
    json_key(o, S("answers_ten_minutes")), json_int(o, k->said_lately);
    json_key(o, S("arrived_ten_minutes")), json_int(o, k->came_lately);
    json_key(o, S("empty_at")), json_int(o, l->rate.empty_at);
    json_key(o, S("owed")), json_int(o, k->owed);
    json_key(o, S("owed_done")), json_int(o, k->owed_done);
    json_key(o, S("proposed")), json_int(o, k->proposed);
    json_close_object(o);
}

static void json_facts(struct json_out *o, const struct room_look *l) {
    json_open_array(o);
    for (size_t i = 0; i < l->facts.n; i++) {
        const struct room_fact *f = &l->facts.v[i];
        json_open_object(o);
        json_key(o, S("id")), json_id(o, f->id);
        json_key(o, S("version")), json_int(o, f->version);
        json_key(o, S("kind")), json_str(o, str_z(room_fact_kind_name(f->kind)));
        json_key(o, S("text")), json_str(o, f->text);
        json_key(o, S("owner")), json_str(o, f->owner_name);
        json_key(o, S("owner_id")), json_id(o, f->owner_id);
        json_key(o, S("checked_at")), json_int(o, f->checked_at);
        json_key(o, S("minutes")), json_int(o, f->good_ms / MINUTE_MS);
        json_key(o, S("old")), json_bool(o, room_fact_old(f, l->now));
        json_key(o, S("told")), json_int(o, f->told);
        json_close_object(o);
    }
    json_close_array(o);
}

static void json_people(struct json_out *o, const struct room_look *l) {
    json_open_array(o);
    for (size_t i = 0; i < l->people.n; i++) {
        const struct room_person *p = &l->people.v[i];
        json_open_object(o);
        json_key(o, S("agent")), json_id(o, p->agent_id);
        json_key(o, S("name")), json_str(o, p->name);
        json_key(o, S("role")), json_str(o, str_z(room_role_name(p->role)));
        json_key(o, S("here")), json_bool(o, room_person_here(l, p));
        json_key(o, S("says")), json_str(o, p->says);
        json_key(o, S("holds")), json_id(o, p->holds);
        json_close_object(o);
    }
    json_close_array(o);
}

void room_json(const struct web_call *w, struct json_out *o, const struct room_view *v) {
    const struct room_look *l = &v->look;
    (void)w;
    json_open_object(o);
    json_key(o, S("incident"));
    json_open_object(o);
    incident_json_members(o, &l->incident.incident);
    json_close_object(o);
    json_key(o, S("counts")), json_counts(o, l);
    json_key(o, S("facts")), json_facts(o, l);
    json_key(o, S("people")), json_people(o, l);
    json_key(o, S("holds")), json_id(o, v->given.conversation);
    json_key(o, S("holds_until")), json_int(o, v->given.until_at);
    json_key(o, S("timeline"));
    json_open_array(o);
    for (size_t i = 0; i < l->events.n; i++) {
        const struct room_event *e = &l->events.v[i];
        json_open_object(o);
        json_key(o, S("at")), json_int(o, e->at);
        json_key(o, S("kind")), json_str(o, str_z(room_event_kind_name(e->kind)));
        json_key(o, S("by")), json_str(o, e->agent_name);
        json_key(o, S("text")), json_str(o, e->text);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}
