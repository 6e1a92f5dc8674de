/* After: who is still owed a letter, what was learned, and the incident's record as files. */
#include "base/zone.h"
#include "desk/check.h"
#include "desk/room.h"
#include "format/csv.h"
#include "format/json.h"

enum { PAGE = 500, EVENTS_OUT = 100000 };

struct after {
    struct desk *desk;
    arena *arena;
    const struct actor *who;
    int64_t incident, customer, now, n;
    str text;
};

static err fixed(db_conn *c, void *arg) {
    struct after *x = arg;
    struct store_incident incident;
    TRY(room_is_open_in(c, x->arena, x->who->brand, x->incident, &incident));
    TRY(store_room_fixed(c, x->who->brand, x->incident, x->who->agent, x->text, x->now));
    TRY(store_owed_fixed(c, x->who->brand, x->incident, x->now, &x->n));
    return room_event_in(c, x->who, x->incident, ROOM_EVENT_FIXED, x->text, 0, x->now);
}

err room_fixed(struct desk *d, arena *a, const struct actor *who, int64_t incident, str says,
               int64_t *ret_n) {
    struct after x = {.desk = d, .arena = a, .who = who, .incident = incident, .now = desk_now(d)};
    TRY(check_text(a, "What there is to tell", says, ROOM_NOTE_BYTES, &x.text));
    x.text = str_trim(x.text);
    if (!x.text.n)
        return err_set(ERR_INVALID, "Write down what there is to tell them, for those who will write.");
    TRY(db_write(d->db, fixed, &x));
    *ret_n = x.n;
    desk_changed(d, who->brand, 0, "room");
    return ERR_NONE;
}

static err drop(db_conn *c, void *arg) {
    struct after *x = arg;
    struct store_incident incident;
    bool there;
    TRY(room_is_open_in(c, x->arena, x->who->brand, x->incident, &incident));
    TRY(store_owed_drop(c, x->who->brand, x->incident, x->customer, x->who->agent, x->text, x->now, &there));
    return there ? ERR_NONE : err_set(ERR_CONFLICT, "Nothing is owed to this customer any more.");
}

err room_owed_drop(struct desk *d, arena *a, const struct actor *who, int64_t incident, int64_t customer,
                   str why) {
    struct after x = {
        .desk = d, .arena = a, .who = who, .incident = incident, .customer = customer, .now = desk_now(d)};
    TRY(check_sentence("The reason", why, ROOM_FACT_BYTES, &x.text));
    TRY(db_write(d->db, drop, &x));
    desk_changed(d, who->brand, 0, "room");
    return ERR_NONE;
}

static err learned(db_conn *c, void *arg) {
    struct after *x = arg;
    struct store_incident incident;
    TRY(room_is_open_in(c, x->arena, x->who->brand, x->incident, &incident));
    TRY(store_room_learned(c, x->who->brand, x->incident, x->text));
    return room_event_in(c, x->who, x->incident, ROOM_EVENT_LEARNED, S(""), 0, x->now);
}

err room_learned(struct desk *d, arena *a, const struct actor *who, int64_t incident, str text) {
    struct after x = {.desk = d, .arena = a, .who = who, .incident = incident, .now = desk_now(d)};
    TRY(check_text(a, "What you learned", text, CHECK_TEXT_BYTES, &x.text));
    TRY(db_write(d->db, learned, &x));
    desk_changed(d, who->brand, 0, "room");
    return ERR_NONE;
}

/* ---- files ---- */

static void csv_at(struct csv_out *o, arena *a, int64_t at) {
    struct local_time t;
    if (!at) {
        csv_field(o, S(""));
        return;
    }
    zone_local(NULL, at, &t);
    csv_field(o, str_fmt(a, "%04lld-%02d-%02dT%02d:%02d:%02dZ", (long long)t.year, t.month, t.day, t.hour,
                         t.minute, t.second));
}

static void csv_line(struct csv_out *o, arena *a, const struct room_line *l) {
    csv_field(o, str_fmt(a, "%lld", (long long)l->number));
    csv_field(o, l->customer_name);
    csv_field(o, l->channel);
    csv_at(o, a, l->waited_since);
    csv_at(o, a, l->at);
    csv_field(o, l->waited_since ? str_fmt(a, "%lld", (long long)((l->at - l->waited_since) / SECOND_MS))
                                 : S(""));
    csv_field(o, l->agent_name);
    csv_field(o, l->text);
    csv_end_row(o);
}

err room_export_csv(struct desk *d, arena *a, int64_t brand, int64_t incident, buf *out) {
    static const char *const heads[] = {"conversation", "customer",       "channel",     "waited_since",
                                        "answered_at",  "waited_seconds", "answered_by", "reply"};
    DB_READ_AUTO db_conn *c = NULL;
    struct csv_out o = {.to = out};
    int64_t after = 0;
    (void)a;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) csv_field(&o, str_z(heads[i]));
    csv_end_row(&o);
    TRY(db_read_begin(d->db, &c));
    for (;;) {
        ARENA_AUTO arena *page = arena_new(0);
        room_line_list rows = {0};
        TRY(store_room_lines(c, page, brand, incident, after, PAGE, &rows));
        for (size_t i = 0; i < rows.n; i++) csv_line(&o, page, &rows.v[i]);
        if (rows.n < PAGE) break;
        after = rows.v[rows.n - 1].serial;
    }
    return buf_ok(out) ? ERR_NONE : err_set(ERR_LIMIT, "The file would be too large.");
}

static void json_fact(struct json_out *o, const struct room_fact *f) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, f->id);
    json_key(o, S("kind")), json_str(o, str_z(room_fact_kind_name(f->kind)));
    json_key(o, S("text")), json_str(o, f->text);
    json_key(o, S("owner")), json_str(o, f->owner_name);
    json_key(o, S("checked_at")), json_int(o, f->checked_at);
    json_key(o, S("withdrawn_at")), json_int(o, f->withdrawn_at);
    json_key(o, S("withdrawn_why")), json_str(o, f->withdrawn_why);
    json_key(o, S("told")), json_int(o, f->told);
    json_close_object(o);
}

static void json_event(struct json_out *o, const struct room_event *e) {
    json_open_object(o);
    json_key(o, S("at")), json_int(o, e->at);
    json_key(o, S("kind")), json_str(o, str_z(room_event_kind_name(e->kind)));
    json_key(o, S("by")), json_str(o, e->agent_name);
    json_key(o, S("text")), json_str(o, e->text);
    json_close_object(o);
}

static err json_replies(db_conn *c, struct json_out *o, int64_t brand, int64_t incident) {
    int64_t after = 0;
    json_key(o, S("replies"));
    json_open_array(o);
    for (;;) {
        ARENA_AUTO arena *page = arena_new(0);
        room_line_list rows = {0};
        TRY(store_room_lines(c, page, brand, incident, after, PAGE, &rows));
        for (size_t i = 0; i < rows.n; i++) {
            const struct room_line *l = &rows.v[i];
            json_open_object(o);
            json_key(o, S("conversation")), json_id(o, l->conversation_id);
            json_key(o, S("customer")), json_str(o, l->customer_name);
            json_key(o, S("channel")), json_str(o, l->channel);
            json_key(o, S("waited_since")), json_int(o, l->waited_since);
            json_key(o, S("answered_at")), json_int(o, l->at);
            json_key(o, S("answered_by")), json_str(o, l->agent_name);
            json_key(o, S("reply")), json_str(o, l->text);
            json_close_object(o);
        }
        if (rows.n < PAGE) break;
        after = rows.v[rows.n - 1].serial;
    }
    json_close_array(o);
    return ERR_NONE;
}

err room_export_json(struct desk *d, arena *a, const struct actor *who, int64_t incident, buf *out) {
    struct room_look look;
    room_fact_list facts = {0};
    struct json_out o = json_begin(out);
    TRY(room_look(d, a, who, incident, EVENTS_OUT, &look));
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    TRY(store_room_facts(c, a, who->brand, incident, true, &facts));
    const struct store_incident *i = &look.incident.incident;
    json_open_object(&o);
    json_key(&o, S("incident")), json_id(&o, i->id);
    json_key(&o, S("title")), json_str(&o, i->title);
    json_key(&o, S("state")), json_str(&o, str_z(incident_state_name(i->state)));
    json_key(&o, S("began_at")), json_int(&o, i->began_at);
    json_key(&o, S("opened_at")), json_int(&o, i->opened_at);
    json_key(&o, S("ended_at")), json_int(&o, i->ended_at);
    json_key(&o, S("conversations")), json_int(&o, i->in);
    json_key(&o, S("answered")), json_int(&o, look.counts.said);
    json_key(&o, S("people_answered")), json_int(&o, look.counts.people);
    json_key(&o, S("waiting")), json_int(&o, look.counts.waiting);
    json_key(&o, S("owed")), json_int(&o, look.counts.owed);
    json_key(&o, S("what_came_of_it")), json_str(&o, i->note);
    json_key(&o, S("learned")), json_str(&o, look.room.learned);
    json_key(&o, S("facts"));
    json_open_array(&o);
    for (size_t f = 0; f < facts.n; f++) json_fact(&o, &facts.v[f]);
    json_close_array(&o);
    json_key(&o, S("timeline"));
    json_open_array(&o);
    for (size_t e = look.events.n; e > 0; e--) json_event(&o, &look.events.v[e - 1]);
    json_close_array(&o);
    TRY(json_replies(c, &o, who->brand, incident));
    json_close_object(&o);
    return json_done(&o) ? ERR_NONE : err_set(ERR_LIMIT, "The file would be too large.");
}
