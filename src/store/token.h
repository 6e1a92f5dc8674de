/* store token: what programs sign in with. A token may what its agent may; only its hash is kept. */
#ifndef LONGHAND_STORE_TOKEN_H
#define LONGHAND_STORE_TOKEN_H

#include "base/list.h"
#include "db/db.h"

struct store_token {
    int64_t brand_id, id, agent_id;
    str hash; /* 32 bytes, token_hash */
    str name; /* what it is for */
    int64_t created_at, used_at, revoked_at;
    str agent_name; /* of the account; ignored by store_token_insert */
};
typedef LIST(struct store_token) store_token_list;

err store_token_insert(db_conn *c, arena *a, const struct store_token *token);
/* Newest first, revoked ones too; `agent` 0 for those of the whole brand. */
err store_token_list_of(db_conn *c, arena *a, int64_t brand, int64_t agent, store_token_list *ret_tokens);
/* `agent` 0: whosever it is. ERR_MISSING when there is no such token or it is revoked already. */
err store_token_revoke(db_conn *c, arena *a, int64_t brand, int64_t agent, int64_t id, int64_t now);
err store_token_revoke_all_of_agent(db_conn *c, arena *a, int64_t brand, int64_t agent, int64_t now);
/* Moves used_at forward when it is `before` or older. */
err store_token_touch(db_conn *c, arena *a, int64_t brand, int64_t id, int64_t now, int64_t before);

#endif
