/* store/policy: a brand's normal answers, and what its agents may give outside them in a month. */
#ifndef LONGHAND_STORE_POLICY_H
#define LONGHAND_STORE_POLICY_H

#include "base/list.h"
#include "db/db.h"

typedef enum policy_answer {
    ANSWER_REPLACEMENT,
    ANSWER_PART,
    ANSWER_REFUND,
    ANSWER_VOUCHER,
    ANSWER_EXTRA,
    ANSWER_ASK_PAYMENT,
    ANSWER_NONE
} policy_answer;
enum { POLICY_ANSWERS = ANSWER_NONE + 1 };
const char *policy_answer_name(policy_answer v); /* "replacement", ..., "ask_payment", "none" */
bool policy_answer_from(str s, policy_answer *ret);

/* See the schema. Money in smallest units of the brand's currency. */
struct store_policy {
    int64_t id;
    str situation, item_kind, item_code, item_name;
    policy_answer answer;
    int64_t amount, quantity;
    str hint;
    int64_t agent_id, updated_at, retired_at;
    str agent_name; /* joined; not written */
};
typedef LIST(struct store_policy) store_policy_list;

err store_policy_insert(db_conn *c, int64_t brand, const struct store_policy *row);
/* Retired ones too. ERR_MISSING when the brand has none of that id. */
err store_policy_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_policy *ret);
/* Only a live one; *ret_was says whether it was. */
err store_policy_retire(db_conn *c, int64_t brand, int64_t id, int64_t agent, int64_t now, bool *ret_was);
/* Not retired ones, by situation, general before special. */
err store_policies(db_conn *c, arena *a, int64_t brand, store_policy_list *ret);
/* The retired ones, latest first, at most `limit`. */
err store_policies_retired(db_conn *c, arena *a, int64_t brand, int limit, store_policy_list *ret);
/* The live one of exactly this place; ret->id 0 when there is none. */
err store_policy_at(db_conn *c, arena *a, int64_t brand, str situation, str item_kind, str item_code,
                    struct store_policy *ret);
/* How many live rows hold an amount of money: policies and allowances. */
err store_policy_amounts(db_conn *c, int64_t brand, int64_t *ret);

struct store_allowance {
    str role;         /* "" where it is of one agent */
    int64_t agent_id; /* 0 where it is of a role */
    int64_t amount, updated_by, updated_at;
};
typedef LIST(struct store_allowance) store_allowance_list;
err store_allowance_put(db_conn *c, int64_t brand, const struct store_allowance *row);
err store_allowance_delete(db_conn *c, int64_t brand, str role, int64_t agent);
err store_allowances(db_conn *c, arena *a, int64_t brand, store_allowance_list *ret); /* roles first */
/* What an agent of that role may give: their own, else the role's, else 0. */
err store_allowance_of(db_conn *c, int64_t brand, int64_t agent, str role, int64_t *ret_amount);

struct store_used {
    int64_t agent_id, month;
    str currency;
    int64_t used;
};
typedef LIST(struct store_used) store_used_list;
err store_used_get(db_conn *c, int64_t brand, int64_t agent, int64_t month, str currency, int64_t *ret_used);
/* An agent's last months, newest first. */
err store_used_of_agent(db_conn *c, arena *a, int64_t brand, int64_t agent, int limit, store_used_list *ret);
/* Everybody's in one month. */
err store_used_in_month(db_conn *c, arena *a, int64_t brand, int64_t month, str currency,
                        store_used_list *ret);
/* Take `cost` only if that leaves used <= amount; *ret_spent says whether it was taken. One statement
 * decides, so that two who come at once never spend the same room. 0 <= cost, amount <= MONEY_MAX. */
err store_used_spend(db_conn *c, int64_t brand, int64_t agent, int64_t month, str currency, int64_t cost,
                     int64_t amount, bool *ret_spent);
/* ERR_INTERNAL when less than that was spent. */
err store_used_give_back(db_conn *c, int64_t brand, int64_t agent, int64_t month, str currency, int64_t cost);

#endif
