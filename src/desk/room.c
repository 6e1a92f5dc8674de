#include "desk/room.h"

#include <string.h>

#include "desk/check.h"
#include "desk/roles.h"
#include "desk/room_hall.h"
#include "store/agent.h"

enum { HERE_EVERY_MS = 30 * SECOND_MS, COUNTS_MOST_MS = 5 * SECOND_MS, COUNTS_MANY = 2000 };

/* ---- counts ---- */

/* Counting 100,000 people takes longer than showing the room, and the room is shown to everybody in it: so
 * one counts, at most a 50th of the time, and the others take what was counted last. */
static int64_t keep_ms(int64_t cost) { return cost < COUNTS_MOST_MS / 50 ? cost * 50 : COUNTS_MOST_MS; }

/* Under the lock. */
static struct hall_count *count_of(struct hall *h, int64_t brand, int64_t incident) {
    for (size_t i = 0; i < HALL_COUNTS; i++)
        if (h->counts[i].brand == brand && h->counts[i].incident == incident) return &h->counts[i];
    return NULL;
}

/* False: the caller counts. */
static bool kept_counts(struct hall *h, arena *a, int64_t brand, int64_t incident, struct room_counts *ret) {
    mtx_lock(&h->lock);
    struct hall_count *k = count_of(h, brand, incident);
    bool kept = k && (k->counting || k->until > clock_monotonic_ms());
    if (k && !kept) k->counting = true;
    if (kept) {
        *ret = k->counts;
        ret->channels.v = arena_copy(a, k->channels, sizeof k->channels);
        for (size_t c = 0; c < ret->channels.n; c++)
            ret->channels.v[c].channel = str_copy(a, str_z(k->names[c]));
    }
    mtx_unlock(&h->lock);
    return kept;
}

/* `counts` NULL: they could not be counted. */
static void keep_counts(struct hall *h, int64_t brand, int64_t incident, const struct room_counts *counts,
                        int64_t began) {
    int64_t now = clock_monotonic_ms();
    bool many =
        counts && counts->waiting + counts->said >= COUNTS_MANY && counts->channels.n <= HALL_CHANNELS;
    mtx_lock(&h->lock);
    struct hall_count *k = count_of(h, brand, incident);
    if (!many && k) *k = (struct hall_count){0};
    for (size_t i = 0; many && !k && i < HALL_COUNTS; i++)
        if (!h->counts[i].brand) k = &h->counts[i];
    for (size_t i = 0; many && !k && i < HALL_COUNTS; i++)
        if (!h->counts[i].counting && h->counts[i].until <= now) k = &h->counts[i];
    if (many && k) {
        *k = (struct hall_count){
            .brand = brand, .incident = incident, .until = now + keep_ms(now - began), .counts = *counts};
        for (size_t c = 0; c < counts->channels.n; c++) {
            str name = str_clip_utf8(counts->channels.v[c].channel, sizeof k->names[c] - 1);
            k->channels[c] = counts->channels.v[c];
            memcpy(k->names[c], name.p, name.n);
        }
    }
    mtx_unlock(&h->lock);
}

static err counts_in(db_conn *c, struct desk *d, arena *a, int64_t brand, int64_t incident,
                     struct room_counts *ret) {
    struct hall *h = hall_of(d);
    int64_t now = desk_now(d), began = clock_monotonic_ms();
    if (kept_counts(h, a, brand, incident, ret)) return ERR_NONE;
    err e =
        store_room_counts(c, a, brand, incident, now, now - ROOM_LATELY_MINUTES * (int64_t)MINUTE_MS, ret);
    keep_counts(h, brand, incident, e ? NULL : ret, began);
    return e;
}

err room_counts(struct desk *d, arena *a, int64_t brand, int64_t incident, struct room_counts *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return counts_in(c, d, a, brand, incident, ret);
}

err room_chart(struct desk *d, db_conn *c, int64_t brand, int64_t incident, int64_t from, int64_t step,
               struct room_bucket ret[static ROOM_STEPS]) {
    struct hall *h = hall_of(d);
    struct hall_chart *k = &h->charts[(uint64_t)incident % HALL_COUNTS];
    int64_t began = clock_monotonic_ms(), n = 0;
    mtx_lock(&h->lock);
    bool kept = k->brand == brand && k->incident == incident && k->from == from && k->step == step &&
                k->until > began;
    if (kept) memcpy(ret, k->steps, sizeof k->steps);
    mtx_unlock(&h->lock);
    if (kept) return ERR_NONE;
    TRY(store_room_buckets(c, brand, incident, from, step, ROOM_STEPS, ret));
    for (size_t i = 0; i < ROOM_STEPS; i++) n += ret[i].came + ret[i].said;
    if (n < COUNTS_MANY) return ERR_NONE;
    int64_t now = clock_monotonic_ms();
    mtx_lock(&h->lock);
    *k = (struct hall_chart){brand, incident, from, step, .until = now + keep_ms(now - began)};
    memcpy(k->steps, ret, sizeof k->steps);
    mtx_unlock(&h->lock);
    return ERR_NONE;
}

struct room_rate room_rate_of(const struct room_counts *k, int64_t now) {
    struct room_rate r = {.said = (k->said_lately * 10 + ROOM_LATELY_MINUTES / 2) / ROOM_LATELY_MINUTES,
                          .came = (k->came_lately * 10 + ROOM_LATELY_MINUTES / 2) / ROOM_LATELY_MINUTES};
    int64_t fewer = k->said_lately - k->came_lately; /* in ROOM_LATELY_MINUTES */
    if (k->waiting && fewer > 0)
        r.empty_at = now + k->waiting * ROOM_LATELY_MINUTES * (int64_t)MINUTE_MS / fewer;
    return r;
}

/* ---- looking ---- */

err room_is_open_in(db_conn *c, arena *a, int64_t brand, int64_t incident, struct store_incident *ret) {
    str state;
    struct store_incident x = {.id = incident};
    TRY(store_room_incident(c, a, brand, incident, &state, &x.title, &x.began_at));
    if (!incident_state_from(state, &x.state)) return err_set(ERR_MISSING, "There is no such incident.");
    switch (x.state) {
    case INCIDENT_OPEN:
    case INCIDENT_OVER: break;
    case INCIDENT_PROPOSED:
        return err_set(ERR_CONFLICT, "Nobody has confirmed this incident yet, so it has no room.");
    case INCIDENT_DISMISSED: return err_set(ERR_CONFLICT, "This was found to be no incident.");
    case INCIDENT_MERGED: return err_set(ERR_CONFLICT, "This incident was merged into another one.");
    }
    *ret = x;
    return ERR_NONE;
}

err room_look(struct desk *d, arena *a, const struct actor *who, int64_t incident, int events,
              struct room_look *ret) {
    struct room_look x = {.now = desk_now(d)};
    int64_t brand = who->brand;
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        TRY(store_incident_get(c, a, brand, incident, &x.incident.incident));
        TRY(store_incident_words(c, a, brand, incident, &x.incident.words));
        TRY(store_room_get(c, a, brand, incident, &x.room));
        TRY(counts_in(c, d, a, brand, incident, &x.counts));
        TRY(store_room_people(c, a, brand, incident, x.now, &x.people));
        TRY(store_room_facts(c, a, brand, incident, false, &x.facts));
        TRY(store_room_events(c, a, brand, incident, 0, events, &x.events));
    }
    for (size_t i = 0; i < x.people.n; i++)
        if (x.people.v[i].agent_id == who->agent) x.me = x.people.v[i];
    x.incident.incident.in = x.counts.in;
    x.incident.incident.proposed = x.counts.proposed;
    x.rate = room_rate_of(&x.counts, x.now);
    *ret = x;
    return ERR_NONE;
}

/* ---- the timeline ---- */

struct doing {
    struct desk *desk;
    arena *arena;
    const struct actor *who;
    int64_t incident, agent, now;
    room_event_kind kind;
    room_role role;
    str text;
    bool away, changed;
    bool others, away_long; /* as it was before: somebody came first; no sign of them for long */
};

static err write_down(db_conn *c, void *arg) {
    struct doing *x = arg;
    struct store_incident incident;
    TRY(room_is_open_in(c, x->arena, x->who->brand, x->incident, &incident));
    return room_event_in(c, x->who, x->incident, x->kind, x->text, 0, x->now);
}

err room_write_down(struct desk *d, arena *a, const struct actor *who, int64_t incident, room_event_kind kind,
                    str text) {
    struct doing x = {
        .desk = d, .arena = a, .who = who, .incident = incident, .kind = kind, .now = desk_now(d)};
    TRY(check_text(a, "The note", text, ROOM_NOTE_BYTES, &x.text));
    x.text = str_trim(x.text);
    if (!x.text.n) return err_set(ERR_INVALID, "The note is empty. Write what happened.");
    TRY(db_write(d->db, write_down, &x));
    desk_changed(d, who->brand, 0, "room");
    return ERR_NONE;
}

/* ---- people ---- */

/* Their row as it is, or as it begins: whoever comes first is the coordinator. */
static err person_of(db_conn *c, struct doing *x, int64_t agent, struct room_person *ret, bool *ret_there) {
    int64_t n;
    TRY(store_room_person_get(c, x->arena, x->who->brand, x->incident, agent, ret));
    *ret_there = ret->agent_id != 0;
    if (*ret_there) return ERR_NONE;
    TRY(store_room_people_count(c, x->who->brand, x->incident, &n));
    *ret = (struct room_person){
        .agent_id = agent, .role = n ? ROOM_WRITER : ROOM_COORDINATOR, .joined_at = x->now};
    return ERR_NONE;
}

static err come_in(db_conn *c, void *arg) {
    struct doing *x = arg;
    struct room_person p;
    struct store_incident incident;
    bool there;
    x->changed = false;
    TRY(room_is_open_in(c, x->arena, x->who->brand, x->incident, &incident));
    if (x->others) {
        x->changed = x->away_long;
        return store_room_person_seen(c, x->who->brand, x->incident, x->who->agent, x->now);
    }
    TRY(person_of(c, x, x->who->agent, &p, &there));
    if (p.seen_at > x->now - HERE_EVERY_MS) return ERR_NONE;
    x->changed = p.seen_at <= x->now - ROOM_SEEN_MS;
    p.seen_at = x->now;
    return store_room_person_put(c, x->who->brand, x->incident, &p);
}

err room_unseen_in(db_conn *c, arena *a, const struct actor *who, int64_t incident, int64_t now, bool *ret) {
    struct room_person p;
    TRY(store_room_person_get(c, a, who->brand, incident, who->agent, &p));
    *ret = p.seen_at <= now - HERE_EVERY_MS;
    return ERR_NONE;
}

err room_here(struct desk *d, arena *a, const struct actor *who, int64_t incident) {
    struct doing x = {.desk = d, .arena = a, .who = who, .incident = incident, .now = desk_now(d)};
    struct room_person p;
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        int64_t n;
        TRY(store_room_person_get(c, a, who->brand, incident, who->agent, &p));
        if (p.seen_at > x.now - HERE_EVERY_MS) return ERR_NONE;
        TRY(store_room_people_count(c, who->brand, incident, &n));
        x.others = n > 0;
        x.away_long = p.seen_at <= x.now - ROOM_SEEN_MS;
    }
    TRY(db_write(d->db, come_in, &x));
    if (x.changed) desk_changed(d, who->brand, 0, "room");
    return ERR_NONE;
}

static err set_role(db_conn *c, void *arg) {
    struct doing *x = arg;
    struct room_person p;
    struct store_incident incident;
    struct store_agent agent;
    enum role role;
    bool there;
    TRY(room_is_open_in(c, x->arena, x->who->brand, x->incident, &incident));
    TRY(store_agent_by_id(c, x->arena, x->who->brand, x->agent, &agent));
    if (agent.disabled_at || !role_from(agent.role, &role) || !role_may(role, RIGHT_WRITE))
        return err_set(ERR_INVALID, "%.*s may not answer letters here.", STR_FMT(agent.name));
    TRY(person_of(c, x, x->agent, &p, &there));
    if (there && p.role == x->role) return ERR_NONE;
    p.role = x->role;
    if (x->agent == x->who->agent) p.seen_at = x->now;
    TRY(store_room_person_put(c, x->who->brand, x->incident, &p));
    return room_event_in(c, x->who, x->incident, ROOM_EVENT_ROLE, str_z(room_role_name(x->role)), x->agent,
                         x->now);
}

err room_set_role(struct desk *d, arena *a, const struct actor *who, int64_t incident, int64_t agent,
                  room_role role) {
    struct doing x = {.desk = d,
                      .arena = a,
                      .who = who,
                      .incident = incident,
                      .agent = agent ? agent : who->agent,
                      .role = role,
                      .now = desk_now(d)};
    TRY(db_write(d->db, set_role, &x));
    desk_changed(d, who->brand, 0, "room");
    return ERR_NONE;
}

static err set_says(db_conn *c, void *arg) {
    struct doing *x = arg;
    struct room_person p;
    bool there;
    struct store_incident incident;
    TRY(room_is_open_in(c, x->arena, x->who->brand, x->incident, &incident));
    TRY(person_of(c, x, x->who->agent, &p, &there));
    p.says = x->text;
    p.away = x->away;
    p.seen_at = x->now;
    return store_room_person_put(c, x->who->brand, x->incident, &p);
}

err room_set_says(struct desk *d, arena *a, const struct actor *who, int64_t incident, str says, bool away) {
    struct doing x = {
        .desk = d, .arena = a, .who = who, .incident = incident, .away = away, .now = desk_now(d)};
    TRY(check_line_or_empty("What you are at", says, ROOM_SAYS_BYTES, &x.text));
    TRY(db_write(d->db, set_says, &x));
    desk_changed(d, who->brand, 0, "room");
    return ERR_NONE;
}
