#include "base/random.h"
#include "desk/check.h"
#include "desk/room.h"
#include "store/agent.h"

struct stating {
    struct desk *desk;
    arena *arena;
    const struct actor *who;
    int64_t incident, now, seen, n;
    struct room_fact fact;
    str why;
    bool again;
};

static err check_minutes(int64_t minutes, int64_t *ret_ms) {
    if (!minutes) minutes = ROOM_FACT_MINUTES;
    if (minutes < 1 || minutes > ROOM_FACT_MINUTES_MAX)
        return err_set(ERR_INVALID, "A fact holds unseen for 1 to %d minutes.", ROOM_FACT_MINUTES_MAX);
    *ret_ms = minutes * MINUTE_MS;
    return ERR_NONE;
}

static err add(db_conn *c, void *arg) {
    struct stating *x = arg;
    struct store_incident incident;
    struct store_agent owner;
    room_fact_list all = {0};
    int64_t brand = x->who->brand;
    TRY(room_is_open_in(c, x->arena, brand, x->incident, &incident));
    TRY(store_agent_by_id(c, x->arena, brand, x->fact.owner_id, &owner));
    TRY(store_room_facts(c, x->arena, brand, x->incident, false, &all));
    if (all.n >= ROOM_FACTS_MAX)
        return err_set(ERR_LIMIT, "There are %d facts. Nobody reads more: take out one that matters less.",
                       ROOM_FACTS_MAX);
    for (size_t i = 0; i < all.n; i++)
        if (str_eq(all.v[i].text, x->fact.text))
            return err_set(ERR_CONFLICT, "This stands among the facts already.");
    TRY(store_room_fact_insert(c, brand, &x->fact));
    return room_event_in(c, x->who, x->incident, ROOM_EVENT_FACT, x->fact.text, x->fact.id, x->now);
}

err room_fact_add(struct desk *d, arena *a, const struct actor *who, int64_t incident,
                  const struct room_fact_wish *wish, int64_t *ret_id) {
    struct stating x = {.desk = d, .arena = a, .who = who, .incident = incident, .now = desk_now(d)};
    x.fact = (struct room_fact){.id = id_new(x.now),
                                .incident_id = incident,
                                .kind = wish->kind,
                                .owner_id = wish->owner ? wish->owner : who->agent,
                                .checked_at = x.now,
                                .checked_by = who->agent,
                                .created_at = x.now,
                                .created_by = who->agent,
                                .version = 1};
    TRY(check_sentence("The fact", wish->text, ROOM_FACT_BYTES, &x.fact.text));
    TRY(check_minutes(wish->minutes, &x.fact.good_ms));
    TRY(db_write(d->db, add, &x));
    *ret_id = x.fact.id;
    desk_changed(d, who->brand, 0, "room");
    return ERR_NONE;
}

/* The fact as it is, to be changed: of an open room, not withdrawn, of the version that was seen. */
static err begin(db_conn *c, struct stating *x, struct room_fact *f, bool withdrawn) {
    struct store_incident incident;
    TRY(store_room_fact_get(c, x->arena, x->who->brand, x->fact.id, f));
    TRY(room_is_open_in(c, x->arena, x->who->brand, f->incident_id, &incident));
    x->incident = f->incident_id;
    if (x->seen >= 0 && x->seen != f->version)
        return err_set(ERR_CONFLICT, "This fact changed since you looked: “%.*s”. Look again.",
                       STR_FMT(str_clip_utf8(f->text, 200)));
    if (!withdrawn && f->withdrawn_at)
        return err_set(ERR_CONFLICT, "This was taken out of the facts at the same time.");
    f->version++;
    return ERR_NONE;
}

static err check_again(db_conn *c, void *arg) {
    struct stating *x = arg;
    struct room_fact f;
    TRY(begin(c, x, &f, false));
    f.checked_at = x->now;
    f.checked_by = x->who->agent;
    return store_room_fact_update(c, x->who->brand, &f);
}

static err act(struct desk *d, const struct actor *who, struct stating *x, db_fn fn) {
    TRY(db_write(d->db, fn, x));
    desk_changed(d, who->brand, 0, "room");
    return ERR_NONE;
}

err room_fact_check(struct desk *d, arena *a, const struct actor *who, int64_t fact, int64_t seen_version) {
    struct stating x = {
        .desk = d, .arena = a, .who = who, .now = desk_now(d), .seen = seen_version, .fact.id = fact};
    return act(d, who, &x, check_again);
}

static err change(db_conn *c, void *arg) {
    struct stating *x = arg;
    struct room_fact f;
    struct store_agent owner;
    TRY(begin(c, x, &f, false));
    if (x->fact.owner_id) {
        TRY(store_agent_by_id(c, x->arena, x->who->brand, x->fact.owner_id, &owner));
        f.owner_id = x->fact.owner_id;
    }
    f.good_ms = x->fact.good_ms;
    TRY(store_room_fact_update(c, x->who->brand, &f));
    return room_event_in(c, x->who, x->incident, ROOM_EVENT_FACT_CHANGED, f.text, f.id, x->now);
}

err room_fact_change(struct desk *d, arena *a, const struct actor *who, int64_t fact, int64_t owner,
                     int64_t minutes, int64_t seen_version) {
    struct stating x = {
        .desk = d, .arena = a, .who = who, .now = desk_now(d), .seen = seen_version, .fact.id = fact};
    x.fact.owner_id = owner;
    TRY(check_minutes(minutes, &x.fact.good_ms));
    return act(d, who, &x, change);
}

static err withdraw(db_conn *c, void *arg) {
    struct stating *x = arg;
    struct room_fact f;
    x->n = 0;
    TRY(begin(c, x, &f, false));
    f.withdrawn_at = x->now;
    f.withdrawn_by = x->who->agent;
    f.withdrawn_why = x->why;
    TRY(store_room_fact_update(c, x->who->brand, &f));
    TRY(room_event_in(c, x->who, x->incident, ROOM_EVENT_WITHDRAWN, f.text, f.id, x->now));
    return x->again ? store_owed_fact(c, x->who->brand, x->incident, f.id, x->now, &x->n) : ERR_NONE;
}

err room_fact_withdraw(struct desk *d, arena *a, const struct actor *who, int64_t fact, str why,
                       bool write_again, int64_t seen_version, int64_t *ret_n) {
    struct stating x = {.desk = d,
                        .arena = a,
                        .who = who,
                        .now = desk_now(d),
                        .seen = seen_version,
                        .again = write_again,
                        .fact.id = fact};
    TRY(check_line_or_empty("The reason", why, ROOM_FACT_BYTES, &x.why));
    TRY(act(d, who, &x, withdraw));
    *ret_n = x.n;
    return ERR_NONE;
}

static err write_again(db_conn *c, void *arg) {
    struct stating *x = arg;
    struct room_fact f;
    TRY(begin(c, x, &f, true));
    if (!f.withdrawn_at)
        return err_set(ERR_CONFLICT, "This fact still holds; whoever was told needs no other letter.");
    return store_owed_fact(c, x->who->brand, x->incident, f.id, x->now, &x->n);
}

err room_fact_write_again(struct desk *d, arena *a, const struct actor *who, int64_t fact, int64_t *ret_n) {
    struct stating x = {.desk = d, .arena = a, .who = who, .now = desk_now(d), .seen = -1, .fact.id = fact};
    TRY(act(d, who, &x, write_again));
    *ret_n = x.n;
    return ERR_NONE;
}
