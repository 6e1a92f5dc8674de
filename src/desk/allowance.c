#include "base/zone.h"
#include "desk/gesture.h"
#include "store/agent.h"
#include "store/brand.h"

int64_t policy_month(str zone, int64_t at) {
    const struct zone *z = zone_utc;
    struct local_time t;
    if (zone_load(zone, &z)) z = zone_utc;
    zone_local(z, at, &t);
    return t.year * 100 + t.month;
}

int64_t policy_month_before(int64_t month) { return month % 100 > 1 ? month - 1 : month - 100 + 11; }

static int64_t room_of(int64_t amount, int64_t used) { return used < amount ? amount - used : 0; }

err allowance_room(db_conn *c, arena *a, int64_t brand, int64_t agent, int64_t now,
                   struct allowance_room *ret) {
    struct allowance_room r = {0};
    struct store_agent who;
    struct store_brand b;
    TRY(store_agent_by_id(c, a, brand, agent, &who));
    TRY(store_brand_by_id(c, a, brand, &b));
    TRY(policy_currency(c, a, brand, &r.currency));
    r.month = policy_month(b.zone, now);
    TRY(store_allowance_of(c, brand, agent, who.role, &r.amount));
    TRY(store_used_get(c, brand, agent, r.month, currency_str(&r.currency), &r.used));
    r.room = room_of(r.amount, r.used);
    *ret = r;
    return ERR_NONE;
}

err allowance_room_by(db_conn *c, const struct gesture_rules *rules, int64_t brand, int64_t agent, str role,
                      str zone, int64_t now, struct allowance_room *ret) {
    struct allowance_room r = {.currency = rules->currency, .month = policy_month(zone, now)};
    bool own = false;
    for (size_t i = 0; i < rules->allowances.n && !own; i++) {
        const struct store_allowance *x = &rules->allowances.v[i];
        own = x->agent_id == agent;
        if (own || (!x->agent_id && str_eq(x->role, role))) r.amount = x->amount;
    }
    TRY(store_used_get(c, brand, agent, r.month, currency_str(&r.currency), &r.used));
    r.room = room_of(r.amount, r.used);
    *ret = r;
    return ERR_NONE;
}

struct allowance_write {
    arena *a;
    const struct actor *who;
    struct store_allowance row;
    str currency;
    bool clear;
};

static err write_allowance(db_conn *c, void *arg) {
    struct allowance_write *x = arg;
    struct currency own;
    struct store_agent there;
    if (x->row.agent_id) TRY(store_agent_by_id(c, x->a, x->who->brand, x->row.agent_id, &there));
    if (x->clear) return store_allowance_delete(c, x->who->brand, x->row.role, x->row.agent_id);
    TRY(policy_currency(c, x->a, x->who->brand, &own));
    TRY(policy_currency_check(own, x->currency));
    return store_allowance_put(c, x->who->brand, &x->row);
}

err allowance_set(const struct desk *d, arena *a, const struct actor *who, enum role role, int64_t agent,
                  int64_t amount, str currency) {
    if (amount < 0) return err_set(ERR_INVALID, "The amount must not be negative.");
    if (amount > MONEY_MAX) return err_set(ERR_LIMIT, "The amount is larger than a desk can count.");
    if (!agent && !role_may(role, RIGHT_WRITE))
        return err_set(ERR_INVALID, "Nobody with this role answers letters.");
    struct allowance_write x = {.a = a,
                                .who = who,
                                .row = {.role = agent ? S("") : str_z(role_text(role)),
                                        .agent_id = agent,
                                        .amount = amount,
                                        .updated_by = who->agent,
                                        .updated_at = desk_now(d)},
                                .currency = currency};
    TRY(db_write(d->db, write_allowance, &x));
    desk_changed(d, who->brand, 0, "allowance");
    return ERR_NONE;
}

err allowance_clear(const struct desk *d, arena *a, const struct actor *who, enum role role, int64_t agent) {
    struct allowance_write x = {.a = a,
                                .who = who,
                                .row = {.role = agent ? S("") : str_z(role_text(role)), .agent_id = agent},
                                .clear = true};
    TRY(db_write(d->db, write_allowance, &x));
    desk_changed(d, who->brand, 0, "allowance");
    return ERR_NONE;
}

static int64_t used_by(const store_used_list *rows, int64_t agent) {
    for (size_t i = 0; i < rows->n; i++)
        if (rows->v[i].agent_id == agent) return rows->v[i].used;
    return 0;
}

/* The agent's own, else the role's, else nothing. */
static int64_t amount_of(const store_allowance_list *rows, const int64_t *of_role, int64_t agent,
                         enum role role, bool *ret_own) {
    for (size_t i = 0; i < rows->n; i++) {
        if (rows->v[i].agent_id != agent) continue;
        *ret_own = true;
        return rows->v[i].amount;
    }
    *ret_own = false;
    return of_role[role] > 0 ? of_role[role] : 0;
}

err allowance_page(const struct desk *d, arena *a, int64_t brand, struct allowance_page *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    struct allowance_page p = {0};
    struct store_brand b;
    store_agent_list agents;
    store_allowance_list rows = {0};
    store_used_list now = {0}, before = {0};
    TRY(db_read_begin(d->db, &c));
    TRY(store_brand_by_id(c, a, brand, &b));
    TRY(policy_currency(c, a, brand, &p.currency));
    p.month = policy_month(b.zone, desk_now(d));
    str code = str_copy(a, currency_str(&p.currency));
    TRY(store_agent_list_of_brand(c, a, brand, &agents));
    TRY(store_allowances(c, a, brand, &rows));
    TRY(store_used_in_month(c, a, brand, p.month, code, &now));
    TRY(store_used_in_month(c, a, brand, policy_month_before(p.month), code, &before));
    for (int i = 0; i < ROLES; i++) p.of_role[i] = -1;
    enum role role;
    for (size_t i = 0; i < rows.n; i++)
        if (!rows.v[i].agent_id && role_from(rows.v[i].role, &role)) p.of_role[role] = rows.v[i].amount;
    for (size_t i = 0; i < agents.n; i++) {
        const struct store_agent *g = &agents.v[i];
        if (g->disabled_at || g->account_disabled_at || !role_from(g->role, &role) ||
            !role_may(role, RIGHT_WRITE))
            continue;
        struct allowance_line *l = list_add(a, &p.lines);
        *l = (struct allowance_line){.agent = g->id, .name = g->name, .role = g->role};
        l->amount = amount_of(&rows, p.of_role, g->id, role, &l->own);
        l->used = used_by(&now, g->id);
        l->room = room_of(l->amount, l->used);
        l->used_before = used_by(&before, g->id);
        l->room_before = g->created_at && policy_month(b.zone, g->created_at) >= p.month
                             ? 0
                             : room_of(l->amount, l->used_before);
    }
    *ret = p;
    return ERR_NONE;
}

err allowance_months(const struct desk *d, arena *a, int64_t brand, int64_t agent, store_used_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return store_used_of_agent(c, a, brand, agent, 12, ret);
}
