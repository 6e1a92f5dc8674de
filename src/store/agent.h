/* store agent: an account in a brand. */
#ifndef LONGHAND_STORE_AGENT_H
#define LONGHAND_STORE_AGENT_H

#include "base/list.h"
#include "db/db.h"

struct store_agent {
    int64_t brand_id, id, account_id;
    str role; /* as desk/roles.h spells it */
    str signature;
    int64_t away_at, created_at, disabled_at;
    /* Of the account; ignored by store_agent_insert. */
    str email, name;
    int64_t account_disabled_at;
    bool invited; /* has not chosen a password yet */
};
typedef LIST(struct store_agent) store_agent_list;

/* ERR_CONFLICT when the account is already an agent of the brand. */
err store_agent_insert(db_conn *c, arena *a, const struct store_agent *agent);
/* ERR_MISSING when there is none in this brand. Disabled agents are found too. */
err store_agent_by_id(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_agent *ret_agent);
err store_agent_by_account(db_conn *c, arena *a, int64_t brand, int64_t account,
                           struct store_agent *ret_agent);
/* All of the brand, disabled ones last, by name and address. */
err store_agent_list_of_brand(db_conn *c, arena *a, int64_t brand, store_agent_list *ret_agents);

/* Agents with `role` who can sign in: neither they nor their account is disabled. */
err store_agent_count(db_conn *c, arena *a, int64_t brand, str role, int64_t *ret_count);
/* Brands in which the account is an agent who is not disabled. */
err store_agent_count_brands(db_conn *c, arena *a, int64_t account, int64_t *ret_count);

/* ERR_MISSING when there is none in this brand. */
err store_agent_set_role(db_conn *c, arena *a, int64_t brand, int64_t id, str role);
err store_agent_set_signature(db_conn *c, arena *a, int64_t brand, int64_t id, str signature);
err store_agent_set_away(db_conn *c, arena *a, int64_t brand, int64_t id, int64_t away_at);
err store_agent_set_disabled(db_conn *c, arena *a, int64_t brand, int64_t id, int64_t disabled_at);

#endif
