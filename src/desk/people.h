/* people: who works in a brand. Whether the caller may is judged before (RIGHT_ADMIN, or the agent's own
 * signature, absence and tokens); every function works in the one brand it is given and gives ERR_MISSING
 * for another brand's agents. */
#ifndef LONGHAND_DESK_PEOPLE_H
#define LONGHAND_DESK_PEOPLE_H

#include "desk/desk.h"
#include "desk/roles.h"
#include "store/agent.h"
#include "store/brand.h"
#include "store/inbox.h"
#include "store/token.h"

/* The first brand, its inbox and its administrator. What is there already is left as it is, so that it can
 * be repeated. "" takes what is there, or else: "Our brand", desk@localhost, admin@localhost, UTC, en. */
struct people_setup {
    str brand, inbox, admin; /* a name, an address, an address */
    str admin_name;          /* "" means the part before the @ */
    str zone, language;
};
struct people_setup_done {
    struct store_brand brand;
    struct store_inbox inbox;
    struct store_agent admin;
    bool new_brand, new_inbox, new_admin;
    str first_password; /* of an account that was just made; "" else. It is told only now */
};
/* ERR_INVALID for what was typed; ERR_CONFLICT when another brand has the inbox. Nothing is half made. */
err people_setup(const struct desk *d, arena *a, const struct people_setup *wanted,
                 struct people_setup_done *ret_done);

struct people_invited {
    struct store_agent agent;
    str link_token; /* of an invitation; "" when they have a password already and can just sign in */
};
/* A new agent, with a new account where the address has none. A disabled agent is enabled with this role.
 * Somebody who has not taken up their invitation gets another one. ERR_CONFLICT when they are an agent of
 * this brand and have a password; ERR_DENIED when their account is disabled. */
err people_invite(const struct desk *d, arena *a, int64_t brand, str email, str name, enum role role,
                  struct people_invited *ret_invited);

/* ERR_CONFLICT when nobody would be left who may administer the brand. */
err people_set_role(const struct desk *d, arena *a, int64_t brand, int64_t agent, enum role role);
/* No more in the actor's brand: their tokens are revoked, their conversations go back to the list (how many,
 * says *ret_given_back), and they are signed out everywhere when this was their last brand. ERR_CONFLICT for
 * the last administrator. */
err people_disable(struct desk *d, arena *a, const struct actor *who, int64_t agent, int *ret_given_back);
err people_enable(const struct desk *d, arena *a, int64_t brand, int64_t agent);

/* Away: their conversations go back to the list. `agent` may be the actor's own. */
err people_away(struct desk *d, arena *a, const struct actor *who, int64_t agent, int *ret_given_back);
err people_back(const struct desk *d, arena *a, int64_t brand, int64_t agent);
err people_set_signature(const struct desk *d, arena *a, int64_t brand, int64_t agent, str signature);
/* Of the account, in all brands. */
err people_set_profile(const struct desk *d, arena *a, int64_t account, str name, str zone, str language);

err people_list(const struct desk *d, arena *a, int64_t brand, store_agent_list *ret_agents);
/* The agent with this address, for `--as EMAIL`; ERR_MISSING when there is none or they are disabled. */
err people_by_email(const struct desk *d, arena *a, int64_t brand, str email, struct store_agent *ret_agent);

/* Tokens for programs. `name` says what for. The text is told only now. ERR_CONFLICT for a disabled agent. */
err people_token_create(const struct desk *d, arena *a, int64_t brand, int64_t agent, str name, str *ret_text,
                        struct store_token *ret_token);
err people_token_list(const struct desk *d, arena *a, int64_t brand, int64_t agent,
                      store_token_list *ret_tokens);
/* `agent` 0: of any agent of the brand (for administrators); else only their own. */
err people_token_revoke(const struct desk *d, arena *a, int64_t brand, int64_t agent, int64_t token);

#endif
