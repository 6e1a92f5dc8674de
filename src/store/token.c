#include "store/token.h"

err store_token_insert(db_conn *c, arena *a, const struct store_token *token) {
    (void)a;
    db_query *q = db_sql(c, "INSERT INTO token (brand_id, hash, id, agent_id, name, created_at, used_at, "
                            "revoked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
    db_bind_int(q, 1, token->brand_id);
    db_bind_blob(q, 2, token->hash);
    db_bind_int(q, 3, token->id);
    db_bind_int(q, 4, token->agent_id);
    db_bind_text(q, 5, token->name);
    db_bind_int(q, 6, token->created_at);
    db_bind_int(q, 7, token->used_at);
    db_bind_int(q, 8, token->revoked_at);
    db_row(q);
    return db_done(q);
}

err store_token_list_of(db_conn *c, arena *a, int64_t brand, int64_t agent, store_token_list *ret_tokens) {
    db_query *q =
        db_sql(c, "SELECT t.brand_id, t.id, t.agent_id, t.hash, t.name, t.created_at, t.used_at, "
                  "t.revoked_at, p.name AS agent_name FROM token t "
                  "JOIN agent g ON g.brand_id = t.brand_id AND g.id = t.agent_id "
                  "JOIN account p ON p.id = g.account_id "
                  "WHERE t.brand_id = $1 AND (t.agent_id = $2 OR CAST($3 AS BIGINT) = 0) ORDER BY t.id DESC");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, agent);
    db_bind_int(q, 3, agent);
    store_token_list all = {0};
    while (db_row(q)) {
        *list_add(a, &all) = (struct store_token){
            .brand_id = db_int(q, "brand_id"),
            .id = db_int(q, "id"),
            .agent_id = db_int(q, "agent_id"),
            .hash = db_blob(q, a, "hash"),
            .name = db_text(q, a, "name"),
            .created_at = db_int(q, "created_at"),
            .used_at = db_int(q, "used_at"),
            .revoked_at = db_int(q, "revoked_at"),
            .agent_name = db_text(q, a, "agent_name"),
        };
    }
    TRY(db_done(q));
    *ret_tokens = all;
    return ERR_NONE;
}

err store_token_revoke(db_conn *c, arena *a, int64_t brand, int64_t agent, int64_t id, int64_t now) {
    (void)a;
    db_query *q =
        db_sql(c, "UPDATE token SET revoked_at = $3 WHERE brand_id = $1 AND id = $2 AND revoked_at = 0 "
                  "AND (agent_id = $4 OR CAST($5 AS BIGINT) = 0)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    db_bind_int(q, 3, now);
    db_bind_int(q, 4, agent);
    db_bind_int(q, 5, agent);
    db_row(q);
    TRY(db_done(q));
    if (db_changes(q) == 0) return err_set(ERR_MISSING, "There is no such token, or it is revoked already.");
    return ERR_NONE;
}

err store_token_revoke_all_of_agent(db_conn *c, arena *a, int64_t brand, int64_t agent, int64_t now) {
    (void)a;
    db_query *q = db_sql(c, "UPDATE token SET revoked_at = $3 "
                            "WHERE brand_id = $1 AND agent_id = $2 AND revoked_at = 0");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, agent);
    db_bind_int(q, 3, now);
    db_row(q);
    return db_done(q);
}

err store_token_touch(db_conn *c, arena *a, int64_t brand, int64_t id, int64_t now, int64_t before) {
    (void)a;
    db_query *q =
        db_sql(c, "UPDATE token SET used_at = $3 WHERE brand_id = $1 AND id = $2 AND used_at <= $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    db_bind_int(q, 3, now);
    db_bind_int(q, 4, before);
    db_row(q);
    return db_done(q);
}
