#include "desk/room_next.h"

#include "desk/check.h"
#include "desk/roles.h"
#include "desk/room_hall.h"
#include "store/agent.h"
#include "store/merge.h"

enum { NEXT_TRIES = 50, QUEUE_PAGE = 32 };

struct taking {
    struct desk *desk;
    arena *arena;
    const struct actor *who;
    int64_t incident, conversation, agent, until, now;
    int64_t customer; /* of whom the queue gave; 0: held or passed before */
    bool alone;       /* a colleague may have taken their other letter */
    bool unseen;      /* no sign of them was written down lately */
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

/* ---- whom they could take ---- */

/* Who of those that wait is somebody's already, read once. */
struct taken {
    room_hold_list holds;
    id_list skipped, reserved;
    int64_t agent;
};

static bool listed(const id_list *list, int64_t id) {
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i] == id) return true;
    return false;
}

/* Whoever writes to a person writes to them alone, though they asked in two letters. */
static bool somebodys(const struct taken *t, int64_t conversation, int64_t customer) {
    for (size_t i = 0; i < t->holds.n; i++) {
        const struct room_hold *h = &t->holds.v[i];
        if (h->conversation_id == conversation) return true;
        if (h->customer_id == customer && h->agent_id != t->agent && h->state != ROOM_CLAIM_SNOOZED)
            return true;
    }
    return listed(&t->reserved, conversation) || listed(&t->reserved, -customer);
}

/* Those of this process who are being taken at this moment: conversations, and customers below 0. */
static void read_reserved(struct hall *h, arena *a, id_list *ret) {
    mtx_lock(&h->lock);
    for (size_t i = 0; i < HALL_TAKING; i++) {
        if (!h->taking[i].conversation) continue;
        *list_add(a, ret) = h->taking[i].conversation;
        *list_add(a, ret) = -h->taking[i].customer;
    }
    mtx_unlock(&h->lock);
}

static bool reserve(struct hall *h, int64_t conversation, int64_t customer) {
    struct hall_taking *empty = NULL;
    bool free_one = true;
    mtx_lock(&h->lock);
    for (size_t i = 0; i < HALL_TAKING; i++) {
        struct hall_taking *t = &h->taking[i];
        if (!t->conversation)
            empty = t;
        else if (t->conversation == conversation || t->customer == customer)
            free_one = false;
    }
    if (free_one && empty) *empty = (struct hall_taking){conversation, customer};
    mtx_unlock(&h->lock);
    return free_one;
}

static void release(struct hall *h, int64_t conversation) {
    mtx_lock(&h->lock);
    for (size_t i = 0; i < HALL_TAKING; i++)
        if (h->taking[i].conversation == conversation) h->taking[i] = (struct hall_taking){0};
    mtx_unlock(&h->lock);
}

typedef err (*asking)(db_conn *c, arena *a, int64_t brand, int64_t incident, struct page_key after, int limit,
                      room_waiting_list *ret);

/* Where their letters stand now, and whether they are still theirs: a conversation that was merged into
 * somebody else's is left to the list of who is owed. */
static err follow(db_conn *c, struct taking *x, struct room_waiting *w, bool *ret_there) {
    struct conversation v;
    *ret_there = true;
    if (!w->merged_into) return ERR_NONE;
    TRY(store_merge_end(c, x->who->brand, w->conversation_id, &w->conversation_id));
    TRY(store_conversation_get(c, x->arena, x->who->brand, w->conversation_id, &v));
    *ret_there = v.customer_id == w->customer_id && v.incident_id == x->incident;
    return ERR_NONE;
}

struct found {
    room_waiting_list free;   /* of the minute of the first, at most ROOM_MOST_OF */
    struct room_waiting left; /* the first that the agent left to others; conversation_id 0: none */
};

/* True when there are enough. */
static bool consider(arena *a, const struct taken *t, const struct room_waiting *w, struct found *f) {
    if (f->free.n && w->since / MINUTE_MS != f->free.v[0].since / MINUTE_MS) return true;
    if (somebodys(t, w->conversation_id, w->customer_id)) return false;
    if (!listed(&t->skipped, w->conversation_id))
        *list_add(a, &f->free) = *w;
    else if (!f->left.conversation_id)
        f->left = *w;
    return f->free.n == ROOM_MOST_OF;
}

static err search(db_conn *c, struct taking *x, const struct taken *t, asking ask, struct found *f) {
    struct page_key after = {0};
    for (bool enough = false; !enough;) {
        room_waiting_list page = {0};
        TRY(ask(c, x->arena, x->who->brand, x->incident, after, QUEUE_PAGE, &page));
        for (size_t i = 0; i < page.n && !enough; i++) {
            bool there;
            after = (struct page_key){page.v[i].since, page.v[i].conversation_id};
            TRY(follow(c, x, &page.v[i], &there));
            enough = there && consider(x->arena, t, &page.v[i], f);
        }
        if (page.n < QUEUE_PAGE) break;
    }
    return ERR_NONE;
}

/* Of those who began to wait in the same minute who wrote most; where colleagues of this process are taking
 * that one just now, the next. conversation_id 0: all of them are being taken. */
static err choose(db_conn *c, struct taking *x, struct found *f, struct room_waiting *ret) {
    int64_t ids[ROOM_MOST_OF], letters[ROOM_MOST_OF] = {0};
    struct hall *h = hall_of(x->desk);
    *ret = (struct room_waiting){0};
    for (size_t i = 0; i < ROOM_MOST_OF; i++)
        ids[i] = f->free.n ? f->free.v[i < f->free.n ? i : 0].conversation_id : 0;
    if (f->free.n > 1) TRY(store_room_letters(c, x->who->brand, ids, letters));
    for (size_t tried = 0; tried < f->free.n; tried++) {
        size_t best = 0;
        for (size_t i = 1; i < f->free.n; i++)
            if (letters[i] > letters[best]) best = i;
        letters[best] = -1;
        if (!reserve(h, ids[best], f->free.v[best].customer_id)) continue;
        *ret = f->free.v[best];
        return ERR_NONE;
    }
    if (!f->free.n && reserve(h, f->left.conversation_id, f->left.customer_id)) *ret = f->left;
    return ERR_NONE;
}

/* What they hold already or were passed, else from the queues. */
static err look_for(struct taking *x, bool *ret_busy) {
    static const asking queues[] = {store_room_queue, store_room_queue_owed};
    DB_READ_AUTO db_conn *c = NULL;
    struct store_incident incident;
    struct taken t = {.agent = x->who->agent};
    struct hall *h = hall_of(x->desk);
    TRY(db_read_begin(x->desk->db, &c));
    TRY(room_is_open_in(c, x->arena, x->who->brand, x->incident, &incident));
    TRY(room_unseen_in(c, x->arena, x->who, x->incident, x->now, &x->unseen));
    TRY(store_claim_of(c, x->arena, x->who->brand, x->incident, x->who->agent, x->now, &x->claim));
    x->customer = 0;
    x->alone = !x->claim.conversation_id || x->claim.until_at <= x->now;
    if (x->claim.conversation_id) return ERR_NONE;
    x->claim = (struct room_claim){.incident_id = x->incident, .agent_id = x->who->agent, .taken_at = x->now};
    TRY(store_room_holds(c, x->arena, x->who->brand, x->incident, x->now, &t.holds));
    TRY(store_room_skips(c, x->arena, x->who->brand, x->who->agent, x->now, &t.skipped));
    read_reserved(h, x->arena, &t.reserved);
    for (int q = 0; q < 2; q++) {
        struct found f = {0};
        struct room_waiting best;
        TRY(search(c, x, &t, queues[q], &f));
        if (!f.free.n && !f.left.conversation_id) continue;
        *ret_busy = true;
        TRY(choose(c, x, &f, &best));
        if (!best.conversation_id) return ERR_NONE;
        x->claim.conversation_id = best.conversation_id;
        x->customer = best.customer_id;
        return ERR_NONE;
    }
    return ERR_NONE;
}

/* ---- taking them ---- */

static err take(db_conn *c, void *arg) {
    struct taking *x = arg;
    return store_claim_take(c, x->who->brand, &x->claim, x->now, &x->taken);
}

static err end(db_conn *c, void *arg) {
    struct taking *x = arg;
    return store_claim_end(c, x->who->brand, x->claim.conversation_id, x->incident, x->who->agent);
}

/* Between looking and taking it may have been answered, or another process gave a colleague the same person's
 * other letter: looked at once more now that nobody else can take it. Of two who see each other none goes on.
 */
static err still_theirs(struct taking *x, bool *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    struct conversation v;
    room_owed_list owed = {0};
    struct taken t = {.agent = x->who->agent};
    TRY(db_read_begin(x->desk->db, &c));
    TRY(store_conversation_get(c, x->arena, x->who->brand, x->claim.conversation_id, &v));
    x->given.owed = v.state != CONVERSATION_US;
    if (x->given.owed) TRY(store_owed_to(c, x->arena, x->who->brand, v.id, &owed));
    *ret = v.incident_id == x->incident && !v.merged_into && (!x->given.owed || owed.n);
    if (!*ret || !x->alone) return ERR_NONE;
    TRY(store_room_holds(c, x->arena, x->who->brand, x->incident, x->now, &t.holds));
    *ret = !somebodys(&t, 0, v.customer_id);
    return ERR_NONE;
}

static err try_one(struct taking *x, bool *ret_done) {
    bool busy = false, theirs = false;
    TRY(look_for(x, &busy));
    *ret_done = !x->claim.conversation_id && !busy;
    if (!x->claim.conversation_id) return ERR_NONE;
    bool held = x->claim.until_at && x->claim.state == ROOM_CLAIM_HELD;
    x->claim.state = ROOM_CLAIM_HELD;
    x->claim.until_at = x->now + ROOM_LEASE_MS;
    err e = db_write(x->desk->db, take, x);
    if (!e && x->taken) e = still_theirs(x, &theirs);
    if (!e && x->taken && !theirs) e = db_write(x->desk->db, end, x);
    if (x->customer) release(hall_of(x->desk), x->claim.conversation_id);
    if (e || !theirs) return e;
    give(x, &x->claim);
    x->given.held = held;
    *ret_done = true;
    return ERR_NONE;
}

err room_next(struct desk *d, arena *a, const struct actor *who, int64_t incident, struct room_given *ret) {
    struct taking x = {.desk = d, .arena = a, .who = who, .incident = incident, .now = desk_now(d)};
    bool found = false;
    for (int tries = 0; tries < NEXT_TRIES && !found; tries++) TRY(try_one(&x, &found));
    if (x.unseen) TRY(room_here(d, a, who, incident));
    if (!found)
        return err_set(ERR_BUSY, "Everybody asks for the next person at this moment. Ask once more; nobody "
                                 "was given to you.");
    *ret = x.given;
    if (x.given.conversation && !x.given.held) desk_changed(d, who->brand, 0, "room");
    return ERR_NONE;
}

err room_holds(db_conn *c, arena *a, const struct actor *who, int64_t incident, int64_t now,
               struct room_given *ret) {
    struct taking x = {.arena = a, .who = who, .incident = incident, .now = now};
    struct room_claim k;
    TRY(store_claim_of(c, a, who->brand, incident, who->agent, now, &k));
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
