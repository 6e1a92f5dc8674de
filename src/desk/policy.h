/* policy: a brand's normal answers, its currency, and what agents may give on their own judgement in a month.
 * Whether the caller may is judged before (RIGHT_LEAD); every function works in the one brand it is given. */
#ifndef LONGHAND_DESK_POLICY_H
#define LONGHAND_DESK_POLICY_H

#include "desk/desk.h"
#include "desk/roles.h"
#include "format/money.h"
#include "store/policy.h"

enum {
    POLICY_HINT_BYTES = 500,
    POLICY_QUANTITY_MAX = 1000,
    POLICY_QUANTITY_STANDARD = 10,
    POLICIES_MAX = 500
};

/* What happened, in the words of listening (letter/listen.h): 0 lost ... 7 other; NULL past the last. */
const char *situation_at(size_t i);
bool situation_is(str s);

/* What a policy or a gesture concerns. kind: "" anything, "product", "figure", "part"; code: one item of the
 * catalogue of that kind, or "". */
struct concerns {
    str kind, code;
};
/* Checked, with the item's name from the catalogue ("" without a code) and when it was retired (0: it is
 * not). ERR_INVALID for another kind or a code without one; ERR_MISSING for a code that the catalogue does
 * not hold. */
err concerns_check(db_conn *c, arena *a, int64_t brand, struct concerns x, str *ret_name,
                   int64_t *ret_retired_at);

/* ---- currency ---- */

/* The brand's, EUR where none was set. */
err policy_currency(db_conn *c, arena *a, int64_t brand, struct currency *ret);
/* ERR_CONFLICT while a policy or an allowance holds an amount: their numbers would mean something else.
 * Gestures keep the currency they were given in. */
err policy_currency_change(const struct desk *d, arena *a, const struct actor *who, str code);
/* ERR_INVALID unless `code` is "" or the brand's own. */
err policy_currency_check(struct currency own, str code);

/* ---- policies ---- */

struct policy_form {
    str situation;
    struct concerns concerns;
    policy_answer answer;
    /* In smallest units of `currency` ("" means the brand's). ask_payment: what we ask, above 0. refund,
     * voucher: the most for one conversation, above 0. Else the most it may cost us, 0 for no limit; none: 0.
     */
    int64_t amount;
    str currency;
    int64_t quantity; /* the most in one conversation, 1 to 1000; 0 means 10 */
    str hint;         /* how to say it, at most 500 bytes; may be "" */
};

/* The most special of the live ones that fits: of the item, of its kind, of anything; id 0 when there is
 * none. */
struct store_policy policy_fitting(const store_policy_list *live, str situation, struct concerns x);

err policy_list(const struct desk *d, arena *a, int64_t brand, store_policy_list *ret_live,
                store_policy_list *ret_retired);
/* One live policy for each situation and what it concerns: ERR_CONFLICT when there is one. */
err policy_add(const struct desk *d, arena *a, const struct actor *who, const struct policy_form *form,
               int64_t *ret_id);
/* The old row is retired and a new one put in its place. ERR_CONFLICT when it is not live any more (somebody
 * changed it meanwhile). */
err policy_change(const struct desk *d, arena *a, const struct actor *who, int64_t id,
                  const struct policy_form *form, int64_t *ret_id);
err policy_retire(const struct desk *d, arena *a, const struct actor *who, int64_t id);
/* Within a write of the caller's: put it in the place of whatever is there (*ret_replaced, 0 for nothing). */
err policy_put(db_conn *c, const struct desk *d, arena *a, const struct actor *who,
               const struct policy_form *form, int64_t *ret_id, int64_t *ret_replaced);

/* ---- allowances ---- */

/* The month an instant falls in, in that zone: 202611. UTC where the zone is not known any more. */
int64_t policy_month(str zone, int64_t at);
int64_t policy_month_before(int64_t month);

/* What an agent can decide alone now. */
struct allowance_room {
    struct currency currency;
    int64_t month, amount, used; /* used may be above amount when that was lowered */
    int64_t room;                /* never negative */
};
/* ERR_MISSING when the brand has no such agent. */
err allowance_room(db_conn *c, arena *a, int64_t brand, int64_t agent, int64_t now,
                   struct allowance_room *ret);

/* The same for who knows the rules (gesture.h), the agent's role and the brand's zone; one statement. */
struct gesture_rules;
err allowance_room_by(db_conn *c, const struct gesture_rules *rules, int64_t brand, int64_t agent, str role,
                      str zone, int64_t now, struct allowance_room *ret);

/* Of everybody with this role, or (agent not 0) of one agent, whatever their role. `currency` as above.
 * ERR_INVALID below 0, ERR_LIMIT above MONEY_MAX, ERR_MISSING for an agent there is none of. */
err allowance_set(const struct desk *d, arena *a, const struct actor *who, enum role role, int64_t agent,
                  int64_t amount, str currency);
/* No allowance of their own any more: the role's counts. */
err allowance_clear(const struct desk *d, arena *a, const struct actor *who, enum role role, int64_t agent);

/* The page: by name, never by money. Only who may answer letters and is not disabled. */
struct allowance_line {
    int64_t agent;
    str name, role;
    bool own; /* an allowance of their own, not the role's */
    int64_t amount, used, room;
    int64_t used_before, room_before; /* last month: what was not spent then was a chance missed */
};
typedef LIST(struct allowance_line) allowance_line_list;
struct allowance_page {
    struct currency currency;
    int64_t month;
    int64_t of_role[ROLES]; /* -1: none is set */
    allowance_line_list lines;
};
err allowance_page(const struct desk *d, arena *a, int64_t brand, struct allowance_page *ret);
/* An agent's last twelve months in which something was spent, newest first. */
err allowance_months(const struct desk *d, arena *a, int64_t brand, int64_t agent, store_used_list *ret);

#endif
