#include "store/child.h"

static const char *const states[CHILD_STATES] = {"none", "set", "asked", "confirmed", "declined"};

const char *child_state_name(child_state v) { return states[v]; }

bool child_state_from(str s, child_state *ret) {
    for (int i = 0; i < CHILD_STATES; i++) {
        if (!str_eq(s, str_z(states[i]))) continue;
        *ret = (child_state)i;
        return true;
    }
    return false;
}

/* ---- child ---- */

static void read_child(db_query *q, arena *a, struct store_child *r) {
    r->agent_id = db_int(q, "agent_id");
    r->at = db_int(q, "at");
    r->settled_at = db_int(q, "settled_at");
    r->name = db_text(q, a, "name");
    r->address = db_text(q, a, "address");
    r->country = db_text(q, a, "country");
    r->keep_memory = db_int(q, "keep_memory") != 0;
    r->forget_at = db_int(q, "forget_at");
    r->forgotten_at = db_int(q, "forgotten_at");
    r->version = db_int(q, "version");
    r->agent_name = db_text(q, a, "agent_name");
    r->done_at = db_int(q, "done_at");
    r->worry_id = db_int(q, "worry_id");
    r->merged_into = db_int(q, "merged_into");
    r->asks = db_int(q, "asks");
    r->asked_at = db_int(q, "asked_at");
    r->ask_expires_at = db_int(q, "ask_expires_at");
    r->ask_used_at = db_int(q, "ask_used_at");
    r->ask_email = db_text(q, a, "ask_email");
    r->ask_state = db_text(q, a, "ask_state");
    r->ask_says = db_text(q, a, "ask_says");
}

err store_child_get(db_conn *c, arena *a, int64_t brand, int64_t conversation, struct store_child *ret) {
    db_query *q = db_sql(
        c,
        "SELECT COALESCE(k.state, '') AS state, k.agent_id, k.at, k.settled_at, k.name, k.address, "
        "k.country, k.keep_memory, k.forget_at, k.forgotten_at, k.version, p.name AS agent_name, "
        "CASE WHEN v.state = 'done' THEN v.closed_at ELSE 0 END AS done_at, y.id AS worry_id, v.merged_into, "
        "(SELECT COUNT(*) FROM child_ask n WHERE n.brand_id = v.brand_id AND n.conversation_id = v.id) "
        "AS asks, q.created_at AS asked_at, q.expires_at AS ask_expires_at, q.used_at AS ask_used_at, "
        "q.email AS ask_email, q.state AS ask_state, q.says AS ask_says FROM conversation v "
        "LEFT JOIN child k ON k.brand_id = v.brand_id AND k.conversation_id = v.id "
        "LEFT JOIN agent g ON g.brand_id = k.brand_id AND g.id = k.agent_id "
        "LEFT JOIN account p ON p.id = g.account_id "
        "LEFT JOIN worry y ON y.brand_id = v.brand_id AND y.conversation_id = v.id AND y.closed_at = 0 "
        "LEFT JOIN child_ask q ON q.brand_id = v.brand_id AND q.id = (SELECT MAX(m.id) FROM child_ask m "
        "WHERE m.brand_id = v.brand_id AND m.conversation_id = v.id) "
        "WHERE v.brand_id = $1 AND v.id = $2");
    struct store_child r = {.conversation_id = conversation};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    if (db_row(q)) {
        child_state_from(db_text(q, a, "state"), &r.state);
        read_child(q, a, &r);
    }
    TRY(db_done(q));
    *ret = r;
    return ERR_NONE;
}

static void bind_child(db_query *q, int64_t brand, const struct store_child *r) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->conversation_id);
    db_bind_text(q, 3, str_z(states[r->state]));
    db_bind_int(q, 4, r->agent_id);
    db_bind_int(q, 5, r->at);
    db_bind_int(q, 6, r->settled_at);
    db_bind_text(q, 7, r->name);
    db_bind_text(q, 8, r->address);
    db_bind_text(q, 9, r->country);
    db_bind_int(q, 10, r->keep_memory);
    db_bind_int(q, 11, r->forget_at);
    db_bind_int(q, 12, r->forgotten_at);
    db_bind_int(q, 13, r->version);
}

err store_child_put(db_conn *c, int64_t brand, const struct store_child *r) {
    db_query *q =
        r->version == 0
            ? db_sql(c, "INSERT INTO child (brand_id, conversation_id, state, agent_id, at, settled_at, "
                        "name, address, country, keep_memory, forget_at, forgotten_at, version) "
                        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 + 1) "
                        "ON CONFLICT DO NOTHING")
            : db_sql(c, "UPDATE child SET state = $3, agent_id = $4, at = $5, settled_at = $6, name = $7, "
                        "address = $8, country = $9, keep_memory = $10, forget_at = $11, "
                        "forgotten_at = $12, version = version + 1 "
                        "WHERE brand_id = $1 AND conversation_id = $2 AND version = $13");
    bind_child(q, brand, r);
    TRY(db_done(q));
    if (db_changes(q)) return ERR_NONE;
    return err_set(ERR_CONFLICT,
                   "Somebody said something about this child in the meantime; look again first.");
}

err store_child_heard(db_conn *c, arena *a, int64_t brand, int64_t conversation, bool *ret) {
    (void)a;
    /* What desk/listening.c writes; a quotation mark within a text would have a backslash before it. */
    /* As a column, so that the letters of the conversation are gone through, not all that was ever heard. */
    db_query *q =
        db_sql(c, "SELECT 1 AS one FROM message m WHERE m.brand_id = $1 AND m.conversation_id = $2 "
                  "AND m.kind = 'letter' AND (SELECT l.heard FROM listening l WHERE "
                  "l.brand_id = m.brand_id AND l.message_id = m.id) LIKE '%\"child\":true%' LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    bool heard = db_row(q);
    TRY(db_done(q));
    *ret = heard;
    return ERR_NONE;
}

/* ---- asks ---- */

err store_ask_insert(db_conn *c, const struct store_ask *r) {
    db_query *q = db_sql(c, "INSERT INTO child_ask (brand_id, id, conversation_id, agent_id, email, hash, "
                            "state, says, created_at, expires_at, used_at, ended_at) "
                            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)");
    db_bind_int(q, 1, r->brand_id);
    db_bind_int(q, 2, r->id);
    db_bind_int(q, 3, r->conversation_id);
    db_bind_int(q, 4, r->agent_id);
    db_bind_text(q, 5, r->email);
    db_bind_blob(q, 6, r->hash);
    db_bind_text(q, 7, r->state);
    db_bind_text(q, 8, r->says);
    db_bind_int(q, 9, r->created_at);
    db_bind_int(q, 10, r->expires_at);
    db_bind_int(q, 11, r->used_at);
    db_bind_int(q, 12, r->ended_at);
    return db_done(q);
}

err store_ask_update(db_conn *c, const struct store_ask *r) {
    db_query *q = db_sql(c, "UPDATE child_ask SET hash = $3, state = $4, says = $5, expires_at = $6 "
                            "WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, r->brand_id);
    db_bind_int(q, 2, r->id);
    db_bind_blob(q, 3, r->hash);
    db_bind_text(q, 4, r->state);
    db_bind_text(q, 5, r->says);
    db_bind_int(q, 6, r->expires_at);
    return db_done(q);
}

#define ASKS                                                                                                 \
    "SELECT brand_id, id, conversation_id, agent_id, email, hash, state, says, created_at, expires_at, "     \
    "used_at, ended_at FROM child_ask "

static void read_ask(db_query *q, arena *a, struct store_ask *r) {
    *r = (struct store_ask){.brand_id = db_int(q, "brand_id"),
                            .id = db_int(q, "id"),
                            .conversation_id = db_int(q, "conversation_id"),
                            .agent_id = db_int(q, "agent_id"),
                            .email = db_text(q, a, "email"),
                            .hash = db_blob(q, a, "hash"),
                            .state = db_text(q, a, "state"),
                            .says = db_text(q, a, "says"),
                            .created_at = db_int(q, "created_at"),
                            .expires_at = db_int(q, "expires_at"),
                            .used_at = db_int(q, "used_at"),
                            .ended_at = db_int(q, "ended_at")};
}

static err one_ask(db_query *q, arena *a, struct store_ask *ret) {
    struct store_ask r = {0};
    bool there = db_row(q);
    if (there) read_ask(q, a, &r);
    TRY(db_done(q));
    if (!there) return err_set(ERR_MISSING, "There is no such question to a grown-up.");
    *ret = r;
    return ERR_NONE;
}

err store_ask_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_ask *ret) {
    db_query *q = db_sql(c, ASKS "WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    return one_ask(q, a, ret);
}

err store_ask_by_hash(db_conn *c, arena *a, str hash, struct store_ask *ret) {
    db_query *q = db_sql(c, ASKS "WHERE hash = $1 LIMIT 1");
    db_bind_blob(q, 1, hash);
    return one_ask(q, a, ret);
}

err store_asks_of(db_conn *c, arena *a, int64_t brand, int64_t conversation, store_ask_list *ret) {
    db_query *q = db_sql(c, ASKS "WHERE brand_id = $1 AND conversation_id = $2 ORDER BY id DESC");
    store_ask_list rows = {0};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    while (db_row(q)) read_ask(q, a, list_add(a, &rows));
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_ask_use(db_conn *c, int64_t brand, int64_t id, int64_t now) {
    db_query *q = db_sql(c, "UPDATE child_ask SET used_at = $3 WHERE brand_id = $1 AND id = $2 "
                            "AND used_at = 0 AND ended_at = 0 AND expires_at > $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    db_bind_int(q, 3, now);
    TRY(db_done(q));
    return db_changes(q) ? ERR_NONE : err_set(ERR_MISSING, "This link does not work any more.");
}

err store_asks_end(db_conn *c, int64_t brand, int64_t conversation, int64_t now) {
    db_query *q = db_sql(c, "UPDATE child_ask SET ended_at = $3 WHERE brand_id = $1 "
                            "AND conversation_id = $2 AND ended_at = 0 AND used_at = 0");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, now);
    return db_done(q);
}

err store_asks_to(db_conn *c, str email, int64_t since, int64_t *ret_n) {
    db_query *q = db_sql(c, "SELECT COUNT(*) AS n FROM child_ask WHERE email = $1 AND created_at > $2");
    db_bind_text(q, 1, email);
    db_bind_int(q, 2, since);
    int64_t n = db_row(q) ? db_int(q, "n") : 0;
    TRY(db_done(q));
    *ret_n = n;
    return ERR_NONE;
}
