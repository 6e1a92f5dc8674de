#include "desk/room_next.h"

#include "desk/check.h"
#include "desk/roles.h"
#include "desk/room_hall.h"
#include "store/agent.h"

enum { NEXT_TRIES = 50 };

struct taking {
    struct desk *desk;
    arena *arena;
    const struct actor *who;
    int64_t incident, conversation, agent, until, now;
    str note;
    struct room_given given;
    struct room_claim claim;
    bool taken;
};

static void give(struct taking *x, const struct room_claim *k) {
    x->given.conversation = k->conversation_id;
    x->given.until_at = k->until_at;
    x->given.by = k->by_id;
    x->given.by_name = k->by_name;
    x->given.note = k->note;
    x->given.passed = k->by_id != 0;
}

/* Of those who began to wait in the same minute as the first, who wrote most. */
static size_t most_affected(const room_waiting_list *list, size_t from) {
    size_t best = from;
    for (size_t i = from + 1; i < list->n; i++) {
        if (list->v[i].since / MINUTE_MS != list->v[from].since / MINUTE_MS) break;
        if (list->v[i].letters > list->v[best].letters) best = i;
    }
    return best;
}

static bool reserved(const struct hall *h, int64_t conversation) {
    for (size_t i = 0; i < HALL_TAKING; i++)
        if (h->taking[i] == conversation) return true;
    return false;
}

/* The first that nobody of this process is taking at this moment, so that those who ask at once do not all
 * reach for the same. */
static int64_t reserve(struct hall *h, room_waiting_list *list) {
    int64_t found = 0;
    mtx_lock(&h->lock);
    for (size_t from = 0; from < list->n && !found; from++) {
        size_t best = most_affected(list, from);
        struct room_waiting first = list->v[from];
        if (!reserved(h, list->v[best].conversation_id)) found = list->v[best].conversation_id;
        list->v[from] = list->v[best];
        list->v[best] = first;
    }
    for (size_t i = 0; i < HALL_TAKING && found; i++) {
        if (h->taking[i]) continue;
        h->taking[i] = found;
        break;
    }
    mtx_unlock(&h->lock);
    return found;
}

static void release(struct hall *h, int64_t conversation) {
    mtx_lock(&h->lock);
    for (size_t i = 0; i < HALL_TAKING; i++)
        if (h->taking[i] == conversation) h->taking[i] = 0;
    mtx_unlock(&h->lock);
}

typedef err (*asking)(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t agent, bool skipped,
                      int64_t now, int limit, room_waiting_list *ret);

/* Whom they could take, as it stands now: what they hold already or were passed, else from the queues. */
static err look_for(struct taking *x, struct room_claim *ret, bool *ret_busy) {
    static const asking queues[] = {store_room_next, store_room_next_owed};
    DB_READ_AUTO db_conn *c = NULL;
    struct store_incident incident;
    struct room_claim k;
    TRY(db_read_begin(x->desk->db, &c));
    TRY(room_is_open_in(c, x->arena, x->who->brand, x->incident, &incident));
    TRY(store_claim_of(c, x->arena, x->who->brand, x->incident, x->who->agent, &k));
    *ret = k;
    if (k.conversation_id && (k.state == ROOM_CLAIM_HELD || k.until_at > x->now)) return ERR_NONE;
    *ret = (struct room_claim){.incident_id = x->incident, .agent_id = x->who->agent, .taken_at = x->now};
    for (int q = 0; q < 4 && !ret->conversation_id; q++) {
        room_waiting_list list = {0};
        TRY(queues[q / 2](c, x->arena, x->who->brand, x->incident, x->who->agent, q % 2, x->now,
                          ROOM_CANDIDATES, &list));
        ret->conversation_id = reserve(hall_of(x->desk), &list);
        *ret_busy = *ret_busy || list.n;
        /* All of them are being taken: the queue behind them is looked at again. */
        if (list.n && !ret->conversation_id) return ERR_NONE;
    }
    return ERR_NONE;
}

static err take(db_conn *c, void *arg) {
    struct taking *x = arg;
    return store_claim_take(c, x->who->brand, &x->claim, x->now, &x->taken);
}

static err end(db_conn *c, void *arg) {
    struct taking *x = arg;
    return store_claim_end(c, x->who->brand, x->claim.conversation_id, x->incident, x->who->agent);
}

/* Between looking and taking it may have been answered: looked at once more now that nobody else can take it.
 */
static err still_waits(struct taking *x, bool *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    struct conversation v;
    room_owed_list owed = {0};
    TRY(db_read_begin(x->desk->db, &c));
    TRY(store_conversation_get(c, x->arena, x->who->brand, x->claim.conversation_id, &v));
    x->given.owed = v.state != CONVERSATION_US;
    if (x->given.owed) TRY(store_owed_to(c, x->arena, x->who->brand, v.id, &owed));
    *ret = v.incident_id == x->incident && (!x->given.owed || owed.n);
    return ERR_NONE;
}

static err try_one(struct taking *x, bool *ret_done) {
    bool busy = false, waits = false;
    TRY(look_for(x, &x->claim, &busy));
    *ret_done = !x->claim.conversation_id && !busy;
    if (!x->claim.conversation_id) return ERR_NONE;
    bool held = x->claim.until_at && x->claim.state == ROOM_CLAIM_HELD;
    x->claim.state = ROOM_CLAIM_HELD;
    x->claim.until_at = x->now + ROOM_LEASE_MS;
    err e = db_write(x->desk->db, take, x);
    release(hall_of(x->desk), x->claim.conversation_id);
    if (e || !x->taken) return e;
    TRY(still_waits(x, &waits));
    if (!waits) return db_write(x->desk->db, end, x);
    give(x, &x->claim);
    x->given.held = held;
    *ret_done = true;
    return ERR_NONE;
}

err room_next(struct desk *d, arena *a, const struct actor *who, int64_t incident, struct room_given *ret) {
    struct taking x = {.desk = d, .arena = a, .who = who, .incident = incident, .now = desk_now(d)};
    bool found = false;
    TRY(room_here(d, a, who, incident));
    for (int tries = 0; tries < NEXT_TRIES && !found; tries++) TRY(try_one(&x, &found));
    *ret = x.given;
    if (x.given.conversation && !x.given.held) desk_changed(d, who->brand, 0, "room");
    return ERR_NONE;
}

err room_holds(db_conn *c, arena *a, const struct actor *who, int64_t incident, int64_t now,
               struct room_given *ret) {
    struct taking x = {.arena = a, .who = who, .incident = incident, .now = now};
    struct room_claim k;
    TRY(store_claim_of(c, a, who->brand, incident, who->agent, &k));
    if (k.conversation_id && k.state == ROOM_CLAIM_HELD) {
        struct conversation v;
        give(&x, &k);
        x.given.held = true;
        TRY(store_conversation_get(c, a, who->brand, k.conversation_id, &v));
        x.given.owed = v.state != CONVERSATION_US;
    }
    *ret = x.given;
    return ERR_NONE;
}

/* ---- leaving it ---- */

static err is_mine(db_conn *c, struct taking *x, struct room_claim *k) {
    TRY(store_claim_get(c, x->arena, x->who->brand, x->conversation, k));
    if (k->conversation_id && k->incident_id == x->incident && k->agent_id == x->who->agent) return ERR_NONE;
    if (k->conversation_id && k->until_at > x->now && k->state == ROOM_CLAIM_HELD)
        return err_set(ERR_CONFLICT, "%.*s holds this letter by now.", STR_FMT(k->agent_name));
    return err_set(ERR_CONFLICT, "You do not hold this letter any more.");
}

static err skip(db_conn *c, void *arg) {
    struct taking *x = arg;
    struct room_claim k;
    TRY(is_mine(c, x, &k));
    TRY(store_claim_drop(c, x->who->brand, x->conversation));
    return store_skip_put(c, x->who->brand, x->who->agent, x->conversation, x->now + ROOM_SKIP_MS);
}

static err give_back(db_conn *c, void *arg) {
    struct taking *x = arg;
    struct room_claim k;
    TRY(is_mine(c, x, &k));
    return store_claim_drop(c, x->who->brand, x->conversation);
}

static err snooze(db_conn *c, void *arg) {
    struct taking *x = arg;
    struct room_claim k;
    TRY(is_mine(c, x, &k));
    k.state = ROOM_CLAIM_SNOOZED;
    k.until_at = x->until;
    return store_claim_put(c, x->who->brand, &k);
}

static err pass(db_conn *c, void *arg) {
    struct taking *x = arg;
    struct room_claim k;
    struct store_agent to;
    enum role role;
    TRY(is_mine(c, x, &k));
    TRY(store_agent_by_id(c, x->arena, x->who->brand, x->agent, &to));
    if (to.disabled_at || to.away_at || !role_from(to.role, &role) || !role_may(role, RIGHT_WRITE))
        return err_set(ERR_INVALID, "%.*s cannot take a letter just now.", STR_FMT(to.name));
    if (x->agent == x->who->agent) return err_set(ERR_INVALID, "You hold this letter already.");
    k.state = ROOM_CLAIM_PASSED;
    k.agent_id = x->agent;
    k.by_id = x->who->agent;
    k.note = x->note;
    k.taken_at = x->now;
    k.until_at = x->now + ROOM_LEASE_MS;
    return store_claim_put(c, x->who->brand, &k);
}

static err leave(struct desk *d, const struct actor *who, struct taking *x, db_fn fn) {
    TRY(db_write(d->db, fn, x));
    desk_changed(d, who->brand, 0, "room");
    return ERR_NONE;
}

err room_skip(struct desk *d, arena *a, const struct actor *who, int64_t incident, int64_t conversation) {
    struct taking x = {d, a, who, .incident = incident, .conversation = conversation, .now = desk_now(d)};
    return leave(d, who, &x, skip);
}

err room_give_back(struct desk *d, arena *a, const struct actor *who, int64_t incident,
                   int64_t conversation) {
    struct taking x = {d, a, who, .incident = incident, .conversation = conversation, .now = desk_now(d)};
    return leave(d, who, &x, give_back);
}

err room_snooze(struct desk *d, arena *a, const struct actor *who, int64_t incident, int64_t conversation,
                int64_t minutes) {
    struct taking x = {d, a, who, .incident = incident, .conversation = conversation, .now = desk_now(d)};
    if (minutes < 1 || minutes > ROOM_SNOOZE_MINUTES_MAX)
        return err_set(ERR_INVALID, "A letter can be put off for 1 minute to a day.");
    x.until = x.now + minutes * MINUTE_MS;
    return leave(d, who, &x, snooze);
}

err room_pass(struct desk *d, arena *a, const struct actor *who, int64_t incident, int64_t conversation,
              int64_t agent, str note) {
    struct taking x = {
        d, a, who, .incident = incident, .conversation = conversation, .agent = agent, .now = desk_now(d)};
    TRY(check_line_or_empty("The note", note, ROOM_NOTE_BYTES, &x.note));
    return leave(d, who, &x, pass);
}
