#include "store/agent.h"

#define SELECT_AGENT                                                                                         \
    "SELECT g.brand_id, g.id, g.account_id, g.role, g.signature, g.away_at, g.created_at, g.disabled_at, "   \
    "p.email, p.name, p.disabled_at AS account_disabled_at, LENGTH(p.password) AS password_length "          \
    "FROM agent g JOIN account p ON p.id = g.account_id "

static struct store_agent read_agent(db_query *q, arena *a) {
    return (struct store_agent){
        .brand_id = db_int(q, "brand_id"),
        .id = db_int(q, "id"),
        .account_id = db_int(q, "account_id"),
        .role = db_text(q, a, "role"),
        .signature = db_text(q, a, "signature"),
        .away_at = db_int(q, "away_at"),
        .created_at = db_int(q, "created_at"),
        .disabled_at = db_int(q, "disabled_at"),
        .email = db_text(q, a, "email"),
        .name = db_text(q, a, "name"),
        .account_disabled_at = db_int(q, "account_disabled_at"),
        .invited = db_int(q, "password_length") == 0,
    };
}

static err missing(void) { return err_set(ERR_MISSING, "There is no such agent in this brand."); }

static err one_agent(db_query *q, arena *a, struct store_agent *ret_agent) {
    struct store_agent found = {0};
    bool there = db_row(q);
    if (there) found = read_agent(q, a);
    TRY(db_done(q));
    if (!there) return missing();
    *ret_agent = found;
    return ERR_NONE;
}

static err changed_one(db_query *q) {
    db_row(q);
    TRY(db_done(q));
    return db_changes(q) == 0 ? missing() : ERR_NONE;
}

err store_agent_insert(db_conn *c, arena *a, const struct store_agent *agent) {
    (void)a;
    db_query *q =
        db_sql(c, "INSERT INTO agent (brand_id, id, account_id, role, signature, away_at, created_at, "
                  "disabled_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
    db_bind_int(q, 1, agent->brand_id);
    db_bind_int(q, 2, agent->id);
    db_bind_int(q, 3, agent->account_id);
    db_bind_text(q, 4, agent->role);
    db_bind_text(q, 5, agent->signature);
    db_bind_int(q, 6, agent->away_at);
    db_bind_int(q, 7, agent->created_at);
    db_bind_int(q, 8, agent->disabled_at);
    db_row(q);
    return db_done(q);
}

err store_agent_by_id(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_agent *ret_agent) {
    db_query *q = db_sql(c, SELECT_AGENT "WHERE g.brand_id = $1 AND g.id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    return one_agent(q, a, ret_agent);
}

err store_agent_by_account(db_conn *c, arena *a, int64_t brand, int64_t account,
                           struct store_agent *ret_agent) {
    db_query *q = db_sql(c, SELECT_AGENT "WHERE g.brand_id = $1 AND g.account_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, account);
    return one_agent(q, a, ret_agent);
}

err store_agent_list_of_brand(db_conn *c, arena *a, int64_t brand, store_agent_list *ret_agents) {
    db_query *q =
        db_sql(c, SELECT_AGENT "WHERE g.brand_id = $1 ORDER BY g.disabled_at, p.name, p.email, g.id");
    db_bind_int(q, 1, brand);
    store_agent_list all = {0};
    while (db_row(q)) *list_add(a, &all) = read_agent(q, a);
    TRY(db_done(q));
    *ret_agents = all;
    return ERR_NONE;
}

static err one_count(db_query *q, int64_t *ret_count) {
    int64_t count = db_row(q) ? db_int(q, "count") : 0;
    TRY(db_done(q));
    *ret_count = count;
    return ERR_NONE;
}

err store_agent_count(db_conn *c, arena *a, int64_t brand, str role, int64_t *ret_count) {
    (void)a;
    db_query *q =
        db_sql(c, "SELECT COUNT(*) AS count FROM agent g JOIN account p ON p.id = g.account_id "
                  "WHERE g.brand_id = $1 AND g.role = $2 AND g.disabled_at = 0 AND p.disabled_at = 0");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, role);
    return one_count(q, ret_count);
}

err store_agent_count_brands(db_conn *c, arena *a, int64_t account, int64_t *ret_count) {
    (void)a;
    db_query *q = db_sql(c, "SELECT COUNT(*) AS count FROM agent WHERE account_id = $1 AND disabled_at = 0");
    db_bind_int(q, 1, account);
    return one_count(q, ret_count);
}

err store_agent_set_role(db_conn *c, arena *a, int64_t brand, int64_t id, str role) {
    (void)a;
    db_query *q = db_sql(c, "UPDATE agent SET role = $3 WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    db_bind_text(q, 3, role);
    return changed_one(q);
}

err store_agent_set_signature(db_conn *c, arena *a, int64_t brand, int64_t id, str signature) {
    (void)a;
    db_query *q = db_sql(c, "UPDATE agent SET signature = $3 WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    db_bind_text(q, 3, signature);
    return changed_one(q);
}

err store_agent_set_away(db_conn *c, arena *a, int64_t brand, int64_t id, int64_t away_at) {
    (void)a;
    db_query *q = db_sql(c, "UPDATE agent SET away_at = $3 WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    db_bind_int(q, 3, away_at);
    return changed_one(q);
}

err store_agent_set_disabled(db_conn *c, arena *a, int64_t brand, int64_t id, int64_t disabled_at) {
    (void)a;
    db_query *q = db_sql(c, "UPDATE agent SET disabled_at = $3 WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    db_bind_int(q, 3, disabled_at);
    return changed_one(q);
}
