#include "desk/room_said.h"

#include <stdio.h>

#include "base/log.h"
#include "desk/heart.h"
#include "desk/history.h"
#include "desk/room.h"
#include "desk/room_hall.h"
#include "desk/room_index.h"
#include "desk/room_next.h"
#include "store/catalogue.h"
#include "store/customer.h"
#include "store/message.h"

enum { MILESTONE = 100, OTHERS_MS = 10 * SECOND_MS };

/* ---- announcing ---- */

struct announcing {
    int64_t brand, incident;
    struct room_said row;
    int64_t serial;
    bool held; /* by somebody else */
};

/* Whoever sends holds the conversation until it is sent, wherever they write. */
static err announce(db_conn *c, void *arg) {
    struct announcing *x = arg;
    struct room_claim k = {.conversation_id = x->row.conversation_id,
                           .incident_id = x->incident,
                           .agent_id = x->row.agent_id,
                           .state = ROOM_CLAIM_HELD,
                           .taken_at = x->row.at,
                           .until_at = x->row.at + ROOM_LEASE_MS};
    bool taken;
    TRY(store_claim_take(c, x->brand, &k, x->row.at, &taken));
    x->held = !taken;
    return taken ? store_room_announce(c, x->brand, x->incident, &x->row, &x->serial) : ERR_NONE;
}

static err held_by(struct desk *d, arena *a, int64_t brand, int64_t conversation) {
    DB_READ_AUTO db_conn *c = NULL;
    struct room_claim k;
    TRY(db_read_begin(d->db, &c));
    TRY(store_claim_get(c, a, brand, conversation, &k));
    return err_set(
        ERR_CONFLICT,
        "%.*s is answering this letter in the incident's room; nothing was sent, and your words are "
        "kept.",
        STR_FMT(k.agent_name.n ? k.agent_name : S("A colleague")));
}

struct turn {
    int64_t brand, incident;
    db_fn fn;
    void *arg;
    int runs;
};

static err take_turn(db_conn *c, void *arg) {
    const struct turn *t = arg;
    return store_room_turn(c, t->brand, t->incident);
}

static err write_once(db_conn *c, void *arg) {
    struct turn *t = arg;
    t->runs++;
    return t->fn(c, t->arg);
}

/* On PostgreSQL one of two that write to a room at once mostly has to begin anew; so they wait for
 * each other instead: those of this process in its hall, and where other processes write to it, too, all of
 * them by the incident's row. That others do shows in having to begin anew. */
err room_write(struct desk *d, const struct room_saying *s, db_fn fn, void *arg) {
    bool one_by_one = s->incident && db_engine_of(d->db) == DB_POSTGRES;
    if (!one_by_one) return db_write(d->db, fn, arg);
    struct hall *h = hall_of(d);
    db_conn *held = NULL;
    struct turn t = {s->brand, s->incident, fn, arg, 0};
    hall_enter(h);
    if (h->others_until > clock_monotonic_ms()) db_turn_begin(d->db, take_turn, &t, &held);
    err e = db_write(d->db, write_once, &t);
    db_turn_end(held);
    if (t.runs > 1) h->others_until = clock_monotonic_ms() + OTHERS_MS;
    hall_leave(h);
    return e;
}

/* Words of 32 bits, a 0 behind each sentence. */
static str packed(arena *a, const struct near_text *text) {
    size_t n = 0, at = 0;
    for (size_t i = 0; i < text->n; i++) n += text->sentences[i].n + 1;
    uint32_t *words = arena_array(a, n + 1, sizeof *words);
    for (size_t i = 0; i < text->n; i++) {
        for (uint32_t w = 0; w < text->sentences[i].n; w++) words[at++] = text->sentences[i].words[w];
        words[at++] = 0;
    }
    return (str){(const char *)words, n * sizeof *words};
}

/* What announcing rests on. */
struct before {
    struct conversation v;
    struct message letter;
    int64_t facts_gone, catalogue;
};

static err skeleton_for(struct desk *d, arena *a, const struct actor *who, const struct before *b,
                        int64_t message, str text, str *ret_words) {
    HEART_CATALOGUE_AUTO struct heart_catalogue catalogue = {0};
    struct near_text said;
    TRY(heart_catalogue_at(d, who->brand, b->catalogue, &catalogue));
    history_text(a,
                 &(struct history_said){.id = message,
                                        .customer = b->v.customer_id,
                                        .reply = text,
                                        .letter = b->letter.text,
                                        .customer_name = b->v.customer_name,
                                        .letter_name = b->letter.from_name,
                                        .agent_name = who->name},
                 catalogue.catalogue, &said);
    *ret_words = packed(a, &said);
    return ERR_NONE;
}

static err read_before(struct desk *d, arena *a, int64_t brand, int64_t conversation, struct before *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    struct store_catalogue catalogue;
    TRY(db_read_begin(d->db, &c));
    TRY(store_conversation_get(c, a, brand, conversation, &ret->v));
    if (!ret->v.incident_id) return ERR_NONE;
    TRY(store_room_facts_gone(c, brand, ret->v.incident_id, &ret->facts_gone));
    TRY(store_catalogue_get(c, a, brand, &catalogue));
    ret->catalogue = catalogue.version;
    err e = store_message_last_letter(c, a, brand, conversation, &ret->letter);
    if (e == ERR_MISSING) ret->letter = (struct message){0};
    return e == ERR_MISSING ? ERR_NONE : e;
}

err room_announce(struct desk *d, arena *a, const struct actor *who, int64_t conversation, int64_t message,
                  str text, struct room_saying *ret) {
    struct before b = {0};
    struct announcing x = {.brand = who->brand};
    *ret = (struct room_saying){0};
    if (!conversation) return ERR_NONE;
    TRY(read_before(d, a, who->brand, conversation, &b));
    x.incident = b.v.incident_id;
    if (!x.incident) return ERR_NONE;
    x.row = (struct room_said){.message_id = message,
                               .conversation_id = conversation,
                               .customer_id = b.v.customer_id,
                               .agent_id = who->agent,
                               .at = desk_now(d)};
    TRY(skeleton_for(d, a, who, &b, message, text, &x.row.words));
    TRY(room_write(d, &(struct room_saying){.brand = who->brand, .incident = x.incident}, announce, &x));
    if (x.held) return held_by(d, a, who->brand, conversation);
    *ret = (struct room_saying){.brand = who->brand,
                                .incident = x.incident,
                                .serial = x.serial,
                                .customer = b.v.customer_id,
                                .desk = d,
                                .gone = b.facts_gone};
    return ERR_NONE;
}

static err take_away(db_conn *c, void *arg) {
    struct announcing *x = arg;
    return store_room_unannounce(c, x->brand, x->incident, x->serial);
}

void room_unannounce(struct desk *d, const struct actor *who, const struct room_saying *s) {
    struct announcing x = {.brand = who->brand, .incident = s->incident, .serial = s->serial};
    if (!s->incident) return;
    ARENA_AUTO arena *a = arena_new(0);
    /* The sentence of the error that led here is still to be shown. */
    str says = str_copy(a, str_z(err_text()));
    if (db_write(d->db, take_away, &x))
        log_warn("room", "A reply that was not sent still stands as announced: %s", err_text());
    if (says.n) (void)err_set(ERR_INTERNAL, "%.*s", STR_FMT(says));
}

void room_states(arena *a, const struct checked *checked, struct room_saying *s) {
    s->facts.n = 0;
    if (!s->incident) return;
    for (size_t i = 0; i < checked->remarks.n; i++) {
        const struct remark *r = &checked->remarks.v[i];
        if (r->kind != REMARK_FACT || (!r->start && !r->end)) continue;
        for (size_t k = 0; k < r->evidence.n; k++)
            if (r->evidence.v[k].source == EVIDENCE_FACT) *list_add(a, &s->facts) = r->evidence.v[k].id;
    }
}

/* ---- in the transaction that sends ---- */

static err note_told(db_conn *c, const struct actor *who, const struct room_saying *s,
                     const struct conversation *v, int64_t message, int64_t now) {
    int64_t facts_gone;
    if (!s->facts.n) return ERR_NONE;
    TRY(store_room_facts_gone(c, who->brand, s->incident, &facts_gone));
    if (facts_gone != s->gone)
        return err_set(ERR_CONFLICT,
                       "A fact was taken out at this moment, and this letter may state it; nothing "
                       "was sent. Look at the facts again, then send.");
    for (size_t i = 0; i < s->facts.n; i++) {
        struct room_told row = {.fact_id = s->facts.v[i],
                                .message_id = message,
                                .conversation_id = v->id,
                                .customer_id = v->customer_id,
                                .at = now};
        TRY(store_room_told_put(c, who->brand, s->incident, &row));
    }
    return ERR_NONE;
}

/* "The 1,300th answer" stands in the timeline by itself. */
static err milestone(db_conn *c, const struct actor *who, const struct room_saying *s, int64_t message,
                     int64_t now) {
    int64_t n;
    if (s->serial % MILESTONE) return ERR_NONE;
    TRY(store_room_said_count(c, who->brand, s->incident, &n));
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%lld", (long long)n);
    return room_event_in(c, who, s->incident, ROOM_EVENT_MILESTONE, (str){digits, (size_t)len}, message, now);
}

err room_sent_in(db_conn *c, arena *a, const struct actor *who, const struct room_saying *s,
                 const struct conversation *v, int64_t message, int64_t now) {
    bool there;
    (void)a;
    if (!v->incident_id && !s->incident) return ERR_NONE;
    if (v->incident_id != s->incident)
        return err_set(ERR_CONFLICT, "This conversation was taken into an incident, or out of one, at this "
                                     "moment; nothing was sent. Look again, then send.");
    /* By the clock as it is now: all that went before in sending took its time. */
    TRY(store_room_sent(c, who->brand, s->incident, s->serial, v->waiting_since, now,
                        desk_now(s->desk) - ROOM_ANNOUNCE_MS, &there));
    if (!there)
        return err_set(ERR_CONFLICT,
                       "Sending took longer than a minute, and a colleague may have said the same meanwhile; "
                       "nothing was sent. Send it again.");
    TRY(store_claim_end(c, who->brand, v->id, s->incident, who->agent));
    TRY(store_owed_done(c, who->brand, s->incident, v->customer_id, message, who->agent, now));
    TRY(note_told(c, who, s, v, message, now));
    return milestone(c, who, s, message, now);
}

err room_taken_back_in(db_conn *c, const struct actor *who, const struct conversation *v, int64_t message,
                       int64_t now) {
    TRY(store_room_undo(c, who->brand, message));
    struct room_claim k = {.conversation_id = v->id,
                           .incident_id = v->incident_id,
                           .agent_id = who->agent,
                           .state = ROOM_CLAIM_HELD,
                           .taken_at = now,
                           .until_at = now + ROOM_LEASE_MS};
    bool taken;
    return v->incident_id ? store_claim_take(c, who->brand, &k, now, &taken) : ERR_NONE;
}

/* ---- who holds it ---- */

err room_renew_in(db_conn *c, int64_t brand, int64_t conversation, int64_t agent, int64_t now) {
    return store_claim_renew(c, brand, conversation, agent, now + ROOM_LEASE_MS);
}

/* ---- for the check ---- */

struct room_source {
    struct check_incident incident;
    struct history history;
    struct check_history view;
    struct room_index *index;
    int64_t limit, now; /* serials below the limit count */
};

/* Of several earlier texts those that were announced before; what came after has to mind this one. */
static void only_earlier(const struct room_source *x, struct check_like *like) {
    int64_t ids[4] = {like->text, like->earlier[0], like->earlier[1], like->earlier[2]}, good[4];
    size_t n = 0;
    uint32_t later = 0;
    for (int i = 0; i < 4; i++) {
        bool seen = !ids[i];
        for (int k = 0; k < i && !seen; k++) seen = ids[k] == ids[i];
        if (seen) continue;
        if (room_index_serial(x->index, ids[i]) < x->limit)
            good[n++] = ids[i];
        else
            later++;
    }
    if (!later) return;
    if (!n) {
        *like = (struct check_like){0};
        return;
    }
    like->customers = like->customers > later ? like->customers - later : 1;
    if (like->text != good[0]) like->sentence = UINT32_MAX;
    like->text = good[0];
    for (size_t i = 0; i < 3; i++) like->earlier[i] = i < n ? good[i] : 0;
}

static void said_like(void *context, const uint32_t *words, uint32_t n, float min_alike,
                      struct check_like *ret) {
    struct room_source *x = context;
    x->history.view.like(&x->history, words, n, min_alike, ret);
    if (ret->alike > 0) only_earlier(x, ret);
}

static size_t said_texts_like(void *context, const struct skeleton *s, float min_share, size_t max,
                              struct check_vote *ret) {
    struct room_source *x = context;
    size_t n = x->history.view.texts_like(&x->history, s, min_share, max, ret), kept = 0;
    for (size_t i = 0; i < n; i++)
        if (room_index_serial(x->index, ret[i].text) < x->limit) ret[kept++] = ret[i];
    return kept;
}

static bool said_just_now(void *context, int64_t text) {
    const struct room_source *x = context;
    return room_index_at(x->index, text) > x->now - ROOM_JUST_NOW_MS;
}

/* "09:12" of today, "2026-11-21 09:12" of another day. */
static str moment(arena *a, const struct zone *zone, int64_t at, int64_t now) {
    struct local_time t, today;
    zone_local(zone, at, &t);
    zone_local(zone, now, &today);
    if (t.year == today.year && t.month == today.month && t.day == today.day)
        return str_fmt(a, "%02d:%02d", t.hour, t.minute);
    return str_fmt(a, "%04lld-%02d-%02d %02d:%02d", (long long)t.year, t.month, t.day, t.hour, t.minute);
}

err room_stated_in(db_conn *c, arena *a, int64_t brand, const struct conversation *v,
                   struct room_stated *ret) {
    str state, title;
    *ret = (struct room_stated){0};
    if (!v->incident_id) return ERR_NONE;
    TRY(store_room_incident(c, a, brand, v->incident_id, &state, &title, &ret->began));
    TRY(store_room_facts_stated(c, a, brand, v->incident_id, &ret->facts));
    return ret->facts.n ? store_room_told_to(c, a, brand, v->incident_id, v->customer_id, &ret->told)
                        : ERR_NONE;
}

static void add_stated(arena *a, const struct room_stated *s, const struct zone *zone, int64_t now,
                       struct room_check *k, struct check_incident *x) {
    struct check_stated *all = arena_array(a, s->facts.n + 1, sizeof *all);
    struct check_fact *exempt = arena_array(a, s->facts.n + 1, sizeof *exempt);
    for (size_t i = 0; i < s->facts.n; i++) {
        const struct room_fact *f = &s->facts.v[i];
        all[i] = (struct check_stated){.id = f->id,
                                       .text = f->text,
                                       .owner = f->owner_name,
                                       .minutes = (now - f->checked_at) / MINUTE_MS,
                                       .old = room_fact_old(f, now),
                                       .unknown = f->kind == ROOM_FACT_UNKNOWN && !f->withdrawn_at};
        all[i].withdrawn_ms = f->withdrawn_at;
        for (size_t t = 0; t < s->told.n; t++)
            if (s->told.v[t].fact_id == f->id && !s->told.v[t].again) all[i].told_ms = s->told.v[t].at;
        if (all[i].withdrawn_ms) all[i].withdrawn_at = moment(a, zone, all[i].withdrawn_ms, now);
        if (all[i].told_ms) all[i].told_at = moment(a, zone, all[i].told_ms, now);
        if (f->kind == ROOM_FACT_SAY && !f->withdrawn_at)
            exempt[k->nfacts++] = (struct check_fact){f->id, f->text};
    }
    x->facts = all;
    x->nfacts = s->facts.n;
    k->facts = exempt;
}

err room_check_begin(struct desk *d, arena *a, int64_t brand, const struct conversation *v,
                     const struct room_stated *stated, const struct room_saying *saying,
                     const struct zone *zone, struct room_check *ret) {
    int64_t now = desk_now(d);
    *ret = (struct room_check){0};
    if (!v->incident_id) return ERR_NONE;
    struct room_source *x = arena_alloc(a, sizeof *x);
    *x = (struct room_source){.limit = saying && saying->serial ? saying->serial : INT64_MAX, .now = now};
    TRY(room_index_open(d, brand, v->incident_id, &x->index));
    history_for(&x->history, a, room_index_near(x->index), v->customer_id);
    x->view = (struct check_history){
        .context = x, .like = said_like, .texts_like = said_texts_like, .replies = x->history.view.replies};
    x->incident = (struct check_incident){.said = &x->view,
                                          .just_now = said_just_now,
                                          .since = moment(a, zone, stated->began, now),
                                          .since_ms = stated->began};
    add_stated(a, stated, zone, now, ret, &x->incident);
    ret->incident = &x->incident;
    ret->source = x;
    return ERR_NONE;
}

void room_check_end(struct room_check *k) {
    if (k->source) room_index_close(k->source->index);
    k->source = NULL;
}
