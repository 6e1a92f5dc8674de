/* Tokens for programs; see people.h. */
#include "base/random.h"
#include "desk/check.h"
#include "desk/people.h"

struct token_write {
    const struct desk *d;
    arena *a;
    int64_t brand, agent, token;
    struct store_token row;
};

static err write_token(db_conn *c, void *arg) {
    struct token_write *x = arg;
    struct store_agent agent;
    TRY(store_agent_by_id(c, x->a, x->brand, x->agent, &agent));
    if (agent.disabled_at || agent.account_disabled_at) {
        return err_set(ERR_CONFLICT, "This agent is disabled and can have no token.");
    }
    x->row.agent_name = agent.name;
    return store_token_insert(c, x->a, &x->row);
}

err people_token_create(const struct desk *d, arena *a, int64_t brand, int64_t agent, str name, str *ret_text,
                        struct store_token *ret_token) {
    str text = token_new(a);
    int64_t now = desk_now(d);
    struct token_write x = {
        .d = d,
        .a = a,
        .brand = brand,
        .agent = agent,
        .row = {.brand_id = brand,
                .id = id_new(now),
                .agent_id = agent,
                .hash = token_hash(a, text),
                .created_at = now},
    };
    TRY(check_line("The name of the token", name, CHECK_NAME_BYTES, &x.row.name));
    TRY(db_write(d->db, write_token, &x));
    *ret_text = text;
    *ret_token = x.row;
    return ERR_NONE;
}

err people_token_list(const struct desk *d, arena *a, int64_t brand, int64_t agent,
                      store_token_list *ret_tokens) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return store_token_list_of(c, a, brand, agent, ret_tokens);
}

static err write_revoke(db_conn *c, void *arg) {
    struct token_write *x = arg;
    return store_token_revoke(c, x->a, x->brand, x->agent, x->token, desk_now(x->d));
}

err people_token_revoke(const struct desk *d, arena *a, int64_t brand, int64_t agent, int64_t token) {
    struct token_write x = {.d = d, .a = a, .brand = brand, .agent = agent, .token = token};
    return db_write(d->db, write_revoke, &x);
}
