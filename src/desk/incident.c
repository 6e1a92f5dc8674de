#include "desk/incident.h"

#include "base/random.h"
#include "desk/check.h"
#include "desk/events.h"
#include "desk/merge.h"
#include "desk/status.h"
#include "store/message.h"
#include "store/room.h"

/* What one of these transactions needs; each uses the part that concerns it. */
struct run {
    struct desk *desk;
    arena *a;
    const struct actor *who;
    int64_t incident, into, conversation, seen, seen_into, now, began_at, count;
    const int64_t *conversations;
    size_t n;
    str title, note;
};

static struct run run_of(struct desk *d, arena *a, const struct actor *who, int64_t incident, int64_t seen) {
    return (struct run){.desk = d,
                        .a = a,
                        .who = who,
                        .incident = incident,
                        .seen = seen,
                        .seen_into = -1,
                        .now = desk_now(d),
                        .title = S(""),
                        .note = S("")};
}

static err told(struct run *x, db_fn fn) {
    TRY(db_write(x->desk->db, fn, x));
    desk_changed(x->desk, x->who->brand, x->conversation, "incident");
    return ERR_NONE;
}

static err get(db_conn *c, struct run *x, int64_t id, int64_t seen, struct store_incident *ret) {
    TRY(store_incident_get(c, x->a, x->who->brand, id, ret));
    if (seen >= 0 && seen != ret->version)
        return err_set(ERR_CONFLICT, "Somebody changed this incident after you opened it; look again first.");
    return ERR_NONE;
}

static err in_state(const struct store_incident *i, unsigned states) {
    if (states >> i->state & 1) return ERR_NONE;
    const char *is = "";
    switch (i->state) {
    case INCIDENT_PROPOSED: is = "is only proposed; confirm it first"; break;
    case INCIDENT_OPEN: is = "is open"; break;
    case INCIDENT_OVER: is = "is over; open it again first"; break;
    case INCIDENT_DISMISSED: is = "was dismissed"; break;
    case INCIDENT_MERGED: is = "is part of another one now"; break;
    }
    return err_set(ERR_CONFLICT, "This incident %s.", is);
}

enum {
    PROPOSED = 1u << INCIDENT_PROPOSED,
    OPEN = 1u << INCIDENT_OPEN,
    OVER = 1u << INCIDENT_OVER,
    DISMISSED = 1u << INCIDENT_DISMISSED
};

static err update(db_conn *c, struct run *x, struct store_incident *i) {
    i->updated_at = x->now;
    i->version++;
    return store_incident_update(c, x->who->brand, i);
}

/* Its state is another one: so is, for its conversations, which incident they are in. */
static err update_state(db_conn *c, struct run *x, struct store_incident *i) {
    TRY(update(c, x, i));
    return store_room_place_all(c, x->who->brand, i->id);
}

/* ---- looking ---- */

err incident_get_in(db_conn *c, arena *a, int64_t brand, int64_t id, struct incident *ret) {
    struct incident x = {0};
    TRY(store_incident_get(c, a, brand, id, &x.incident));
    TRY(store_incident_counts(c, brand, &x.incident));
    TRY(store_incident_words(c, a, brand, id, &x.words));
    *ret = x;
    return ERR_NONE;
}

err incident_get(struct desk *d, arena *a, int64_t brand, int64_t id, struct incident *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return incident_get_in(c, a, brand, id, ret);
}

err incident_list(struct desk *d, arena *a, int64_t brand, unsigned states, int64_t before, int limit,
                  incident_list_of *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    store_incident_list rows;
    incident_list_of list = {0};
    TRY(db_read_begin(d->db, &c));
    TRY(store_incidents(c, a, brand, states, before, limit, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        struct incident *x = list_add(a, &list);
        x->incident = rows.v[i];
        TRY(store_incident_words(c, a, brand, rows.v[i].id, &x->words));
    }
    *ret = list;
    return ERR_NONE;
}

err incident_conversations(struct desk *d, arena *a, int64_t brand, int64_t incident, incident_part state,
                           int64_t after, int limit, incident_conversation_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return store_incident_conversations(c, a, brand, incident, state, after, limit, ret);
}

/* ---- conversations ---- */

err incident_propose_in(db_conn *c, int64_t brand, int64_t incident, int64_t conversation, int64_t message,
                        str why, int64_t now) {
    bool there;
    return store_incident_conversation_propose(
        c, brand,
        &(struct incident_conversation){.id = id_new(now),
                                        .incident_id = incident,
                                        .conversation_id = conversation,
                                        .message_id = message,
                                        .state = INCIDENT_PART_PROPOSED,
                                        .why = why,
                                        .at = now},
        &there);
}

/* The letter that a person read when they took the conversation in. */
static err spoke(db_conn *c, arena *a, int64_t brand, int64_t conversation, int64_t *ret_message) {
    struct message m;
    err e = store_message_last_letter(c, a, brand, conversation, &m);
    if (!e) *ret_message = m.id;
    return e == ERR_MISSING ? ERR_NONE : e;
}

/* `i`: the incident; in which others it must not be. */
static err join_in(db_conn *c, arena *a, const struct actor *who, const struct store_incident *i,
                   int64_t conversation, int64_t now) {
    int64_t brand = who->brand, other;
    struct conversation v;
    struct incident_conversation row;
    TRY(store_conversation_get(c, a, brand, conversation, &v));
    TRY(merge_writable(&v));
    TRY(store_incident_open_of(c, brand, conversation, &other));
    if (other && other != i->id && i->state == INCIDENT_OPEN) {
        struct store_incident o;
        TRY(store_incident_get(c, a, brand, other, &o));
        return err_set(ERR_CONFLICT,
                       "Conversation %lld is in the incident \"%.*s\" already. Take it out there first, or "
                       "merge the two incidents if they are one.",
                       (long long)v.number, STR_FMT(o.title));
    }
    TRY(store_incident_conversation_get(c, a, brand, i->id, conversation, &row));
    if (row.id && row.state == INCIDENT_PART_IN) return ERR_NONE;
    if (!row.message_id) TRY(spoke(c, a, brand, conversation, &row.message_id));
    struct incident_conversation put = {.id = row.id ? row.id : id_new(now),
                                        .incident_id = i->id,
                                        .conversation_id = conversation,
                                        .message_id = row.message_id,
                                        .state = INCIDENT_PART_IN,
                                        .why = row.id ? row.why : S(""),
                                        .at = now,
                                        .agent_id = who->agent};
    TRY(store_incident_conversation_put(c, brand, &put));
    return event_add(c, who, conversation, "incident_in", str_clip_utf8(i->title, 200), now);
}

static err write_join(db_conn *c, void *arg) {
    struct run *x = arg;
    struct store_incident i;
    TRY(get(c, x, x->incident, -1, &i));
    TRY(in_state(&i, PROPOSED | OPEN | OVER));
    for (size_t k = 0; k < x->n; k++) TRY(join_in(c, x->a, x->who, &i, x->conversations[k], x->now));
    return ERR_NONE;
}

err incident_join(struct desk *d, arena *a, const struct actor *who, int64_t incident,
                  const int64_t *conversations, size_t n) {
    struct run x = run_of(d, a, who, incident, -1);
    if (n > INCIDENT_JOIN_MAX)
        return err_set(ERR_INVALID, "At most %d conversations can be taken in at once.", INCIDENT_JOIN_MAX);
    x.conversations = conversations;
    x.n = n;
    x.conversation = n == 1 ? conversations[0] : 0;
    return told(&x, write_join);
}

/* Those that were proposed; one that is in another open incident stays proposed here, and one that was merged
 * into another conversation is proposed by that. */
static err take_proposed(db_conn *c, struct run *x, const struct store_incident *i, int64_t most) {
    int64_t after = 0, other;
    x->count = 0;
    while (x->count < most) {
        incident_conversation_list page;
        int64_t room = most - x->count;
        TRY(store_incident_conversations(c, x->a, x->who->brand, i->id, INCIDENT_PART_PROPOSED, after,
                                         room < INCIDENT_JOIN_MAX ? (int)room : INCIDENT_JOIN_MAX, &page));
        if (!page.n) break;
        for (size_t k = 0; k < page.n; k++) {
            after = page.v[k].id;
            struct conversation v;
            TRY(store_incident_open_of(c, x->who->brand, page.v[k].conversation_id, &other));
            TRY(store_conversation_get(c, x->a, x->who->brand, page.v[k].conversation_id, &v));
            if ((other && other != i->id) || v.merged_into) continue;
            TRY(join_in(c, x->a, x->who, i, page.v[k].conversation_id, x->now));
            x->count++;
        }
    }
    return ERR_NONE;
}

/* It is about to be open: those that people took in, and that are in another open incident (not in `into`, 0
 * none), stay there; here they are proposed again. */
static err leave_to_others(db_conn *c, struct run *x, int64_t incident, int64_t into) {
    int64_t after = 0, other;
    for (;;) {
        incident_conversation_list page;
        TRY(store_incident_conversations(c, x->a, x->who->brand, incident, INCIDENT_PART_IN, after,
                                         INCIDENT_JOIN_MAX, &page));
        for (size_t k = 0; k < page.n; k++) {
            after = page.v[k].id;
            TRY(store_incident_open_of(c, x->who->brand, page.v[k].conversation_id, &other));
            if (!other || other == incident || other == into) continue;
            page.v[k].state = INCIDENT_PART_PROPOSED;
            TRY(store_incident_conversation_put(c, x->who->brand, &page.v[k]));
        }
        if (page.n < INCIDENT_JOIN_MAX) return ERR_NONE;
    }
}

static err write_join_proposed(db_conn *c, void *arg) {
    struct run *x = arg;
    struct store_incident i;
    TRY(get(c, x, x->incident, -1, &i));
    TRY(in_state(&i, OPEN | OVER));
    return take_proposed(c, x, &i, INCIDENT_JOIN_MAX);
}

err incident_join_proposed(struct desk *d, arena *a, const struct actor *who, int64_t incident,
                           int64_t *ret_n) {
    struct run x = run_of(d, a, who, incident, -1);
    TRY(told(&x, write_join_proposed));
    *ret_n = x.count;
    return ERR_NONE;
}

static err write_leave(db_conn *c, void *arg) {
    struct run *x = arg;
    int64_t brand = x->who->brand;
    struct store_incident i;
    struct incident_conversation row;
    TRY(get(c, x, x->incident, -1, &i));
    TRY(in_state(&i, PROPOSED | OPEN | OVER));
    TRY(store_incident_conversation_get(c, x->a, brand, i.id, x->conversation, &row));
    if (!row.id) return err_set(ERR_MISSING, "This conversation does not belong to the incident.");
    if (row.state == INCIDENT_PART_OUT) return ERR_NONE;
    bool was_in = row.state == INCIDENT_PART_IN;
    row.state = INCIDENT_PART_OUT;
    row.at = x->now;
    row.agent_id = x->who->agent;
    TRY(store_incident_conversation_put(c, brand, &row));
    return was_in ? event_add(c, x->who, x->conversation, "incident_out", str_clip_utf8(i.title, 200), x->now)
                  : ERR_NONE;
}

err incident_leave(struct desk *d, arena *a, const struct actor *who, int64_t incident,
                   int64_t conversation) {
    struct run x = run_of(d, a, who, incident, -1);
    x.conversation = conversation;
    return told(&x, write_leave);
}

err incident_forget(db_conn *c, int64_t brand, int64_t conversation) {
    return store_incident_forget(c, brand, conversation);
}

/* ---- deciding ---- */

/* When the first of these conversations came. */
static err began_of(db_conn *c, struct run *x, int64_t *ret) {
    int64_t first = x->now;
    for (size_t i = 0; i < x->n; i++) {
        struct conversation v;
        TRY(store_conversation_get(c, x->a, x->who->brand, x->conversations[i], &v));
        if (v.created_at < first) first = v.created_at;
    }
    *ret = first;
    return ERR_NONE;
}

static err write_open(db_conn *c, void *arg) {
    struct run *x = arg;
    struct store_incident i = {.id = x->incident,
                               .state = INCIDENT_OPEN,
                               .title = x->title,
                               .began_at = x->began_at,
                               .opened_at = x->now,
                               .opened_by = x->who->agent,
                               .note = S(""),
                               .updated_at = x->now,
                               .version = 1};
    if (!i.began_at) TRY(began_of(c, x, &i.began_at));
    TRY(store_incident_insert(c, x->who->brand, &i));
    for (size_t k = 0; k < x->n; k++) TRY(join_in(c, x->a, x->who, &i, x->conversations[k], x->now));
    return ERR_NONE;
}

err incident_open(struct desk *d, arena *a, const struct actor *who, const struct incident_wish *wish,
                  int64_t *ret_id) {
    struct run x = run_of(d, a, who, 0, -1);
    x.incident = id_new(x.now);
    TRY(check_sentence("The name of the incident", wish->title, INCIDENT_TITLE_BYTES, &x.title));
    if (wish->n > INCIDENT_JOIN_MAX)
        return err_set(ERR_INVALID, "At most %d conversations can be taken in at once.", INCIDENT_JOIN_MAX);
    if (wish->began_at < 0 || wish->began_at > x.now)
        return err_set(ERR_INVALID, "An incident cannot have begun in the future.");
    x.began_at = wish->began_at;
    x.conversations = wish->conversations;
    x.n = wish->n;
    TRY(told(&x, write_open));
    *ret_id = x.incident;
    return ERR_NONE;
}

static err write_confirm(db_conn *c, void *arg) {
    struct run *x = arg;
    struct store_incident i;
    TRY(get(c, x, x->incident, x->seen, &i));
    if (i.state == INCIDENT_OPEN)
        return err_set(ERR_CONFLICT, "%.*s opened this incident already.",
                       STR_FMT(i.opened_name.n ? i.opened_name : S("Somebody")));
    TRY(in_state(&i, PROPOSED));
    i.state = INCIDENT_OPEN;
    if (x->title.n) i.title = x->title;
    i.opened_at = x->now;
    i.opened_by = x->who->agent;
    TRY(leave_to_others(c, x, i.id, 0));
    TRY(update_state(c, x, &i));
    return take_proposed(c, x, &i, INCIDENT_JOIN_MAX);
}

err incident_confirm(struct desk *d, arena *a, const struct actor *who, int64_t incident, str title,
                     int64_t seen_version) {
    struct run x = run_of(d, a, who, incident, seen_version);
    if (str_trim(title).n)
        TRY(check_sentence("The name of the incident", title, INCIDENT_TITLE_BYTES, &x.title));
    TRY(told(&x, write_confirm));
    /* The rest a few at a time, so that letters are kept meanwhile; what is not reached stays proposed. */
    while (x.count == INCIDENT_JOIN_MAX) TRY(told(&x, write_join_proposed));
    return ERR_NONE;
}

static err write_rename(db_conn *c, void *arg) {
    struct run *x = arg;
    struct store_incident i;
    TRY(get(c, x, x->incident, x->seen, &i));
    TRY(in_state(&i, PROPOSED | OPEN | OVER));
    i.title = x->title;
    return update(c, x, &i);
}

err incident_rename(struct desk *d, arena *a, const struct actor *who, int64_t incident, str title,
                    int64_t seen_version) {
    struct run x = run_of(d, a, who, incident, seen_version);
    TRY(check_sentence("The name of the incident", title, INCIDENT_TITLE_BYTES, &x.title));
    return told(&x, write_rename);
}

/* Of a word that both have the stronger. */
static err merge_words(db_conn *c, struct run *x) {
    incident_word_list to, from;
    int64_t brand = x->who->brand;
    TRY(store_incident_words(c, x->a, brand, x->into, &to));
    TRY(store_incident_words(c, x->a, brand, x->incident, &from));
    for (size_t i = 0; i < from.n; i++) {
        size_t k = 0;
        while (k < to.n && to.v[k].key != from.v[i].key) k++;
        if (k == to.n)
            *list_add(x->a, &to) = from.v[i];
        else if (from.v[i].chance < to.v[k].chance)
            to.v[k] = from.v[i];
    }
    return store_incident_words_put(c, brand, x->into, to.v, to.n);
}

static err write_merge(db_conn *c, void *arg) {
    struct run *x = arg;
    struct store_incident from, into;
    TRY(get(c, x, x->incident, x->seen, &from));
    TRY(get(c, x, x->into, x->seen_into, &into));
    TRY(in_state(&from, PROPOSED | OPEN));
    TRY(in_state(&into, PROPOSED | OPEN));
    if (from.state == INCIDENT_OPEN && into.state == INCIDENT_PROPOSED)
        return err_set(ERR_CONFLICT, "The other one is only proposed. Merge it into this one instead.");
    if (into.state == INCIDENT_OPEN) TRY(leave_to_others(c, x, from.id, into.id));
    TRY(store_incident_merge(c, x->who->brand, from.id, into.id));
    TRY(status_incident_merged_in(c, x->who->brand, from.id, into.id));
    TRY(merge_words(c, x));
    TRY(store_incident_words_put(c, x->who->brand, from.id, NULL, 0));
    if (from.began_at < into.began_at) into.began_at = from.began_at;
    from.state = INCIDENT_MERGED;
    from.merged_into = into.id;
    from.ended_at = x->now;
    from.ended_by = x->who->agent;
    TRY(update(c, x, &from));
    return update(c, x, &into);
}

err incident_merge(struct desk *d, arena *a, const struct actor *who, int64_t from, int64_t into,
                   int64_t seen_from, int64_t seen_into) {
    struct run x = run_of(d, a, who, from, seen_from);
    x.into = into;
    x.seen_into = seen_into;
    if (from == into) return err_set(ERR_INVALID, "An incident cannot be merged into itself.");
    return told(&x, write_merge);
}

static err note_of(struct run *x, const char *what, str note) {
    TRY(check_text(x->a, what, note, INCIDENT_NOTE_BYTES, &x->note));
    x->note = str_trim(x->note);
    return ERR_NONE;
}

static err write_dismiss(db_conn *c, void *arg) {
    struct run *x = arg;
    struct store_incident i;
    TRY(get(c, x, x->incident, x->seen, &i));
    TRY(in_state(&i, PROPOSED));
    i.state = INCIDENT_DISMISSED;
    i.note = x->note;
    i.ended_at = x->now;
    i.ended_by = x->who->agent;
    i.quiet_until = x->now + INCIDENT_QUIET_MS;
    return update_state(c, x, &i);
}

err incident_dismiss(struct desk *d, arena *a, const struct actor *who, int64_t incident, str why,
                     int64_t seen_version) {
    struct run x = run_of(d, a, who, incident, seen_version);
    TRY(note_of(&x, "Why it is none", why));
    return told(&x, write_dismiss);
}

static err write_close(db_conn *c, void *arg) {
    struct run *x = arg;
    struct store_incident i;
    TRY(get(c, x, x->incident, x->seen, &i));
    TRY(in_state(&i, OPEN));
    i.state = INCIDENT_OVER;
    i.note = x->note;
    i.ended_at = x->now;
    i.ended_by = x->who->agent;
    return update_state(c, x, &i);
}

err incident_close(struct desk *d, arena *a, const struct actor *who, int64_t incident, str note,
                   int64_t seen_version) {
    struct run x = run_of(d, a, who, incident, seen_version);
    TRY(note_of(&x, "What came of it", note));
    return told(&x, write_close);
}

static err write_reopen(db_conn *c, void *arg) {
    struct run *x = arg;
    struct store_incident i;
    TRY(get(c, x, x->incident, x->seen, &i));
    TRY(in_state(&i, OVER | DISMISSED));
    TRY(leave_to_others(c, x, i.id, 0));
    i.state = i.opened_at ? INCIDENT_OPEN : INCIDENT_PROPOSED;
    i.ended_at = i.ended_by = i.quiet_until = 0;
    return update_state(c, x, &i);
}

err incident_reopen(struct desk *d, arena *a, const struct actor *who, int64_t incident,
                    int64_t seen_version) {
    struct run x = run_of(d, a, who, incident, seen_version);
    return told(&x, write_reopen);
}
