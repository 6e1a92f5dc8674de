#include "store/look.h"

err store_look_get(db_conn *c, arena *a, int64_t brand, struct store_look *ret) {
    db_query *q = db_sql(
        c, "SELECT b.name AS brand, f.brand_line, f.sender, f.foot, f.accent, f.sans, f.paper, f.label, "
           "f.sign_off, f.mark, f.agent_id, f.updated_at, COALESCE(p.name, '') AS agent_name FROM brand b "
           "LEFT JOIN look f ON f.brand_id = b.id LEFT JOIN agent g ON g.brand_id = f.brand_id "
           "AND g.id = f.agent_id LEFT JOIN account p ON p.id = g.account_id WHERE b.id = $1");
    struct store_look row = {0};
    db_bind_int(q, 1, brand);
    bool there = db_row(q);
    if (there)
        row = (struct store_look){.brand = db_text(q, a, "brand"),
                                  .brand_line = db_text(q, a, "brand_line"),
                                  .sender = db_text(q, a, "sender"),
                                  .foot = db_text(q, a, "foot"),
                                  .sign_off = db_text(q, a, "sign_off"),
                                  .accent = db_int(q, "accent"),
                                  .sans = db_int(q, "sans") != 0,
                                  .paper = db_text(q, a, "paper"),
                                  .label = db_text(q, a, "label"),
                                  .mark = db_blob(q, a, "mark"),
                                  .agent_id = db_int(q, "agent_id"),
                                  .updated_at = db_int(q, "updated_at"),
                                  .agent_name = db_text(q, a, "agent_name")};
    TRY(db_done(q));
    if (!there) return err_set(ERR_MISSING, "There is no such brand.");
    *ret = row;
    return ERR_NONE;
}

err store_look_put(db_conn *c, int64_t brand, const struct store_look *r) {
    db_query *q = db_sql(
        c,
        "INSERT INTO look (brand_id, brand_line, sender, foot, accent, sans, paper, label, sign_off, mark, "
        "agent_id, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) "
        "ON CONFLICT (brand_id) DO UPDATE SET brand_line = excluded.brand_line, sender = excluded.sender, "
        "foot = excluded.foot, accent = excluded.accent, sans = excluded.sans, paper = excluded.paper, "
        "label = excluded.label, sign_off = excluded.sign_off, mark = excluded.mark, "
        "agent_id = excluded.agent_id, updated_at = excluded.updated_at");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, r->brand_line);
    db_bind_text(q, 3, r->sender);
    db_bind_text(q, 4, r->foot);
    db_bind_int(q, 5, r->accent);
    db_bind_int(q, 6, r->sans);
    db_bind_text(q, 7, r->paper);
    db_bind_text(q, 8, r->label);
    db_bind_text(q, 9, r->sign_off);
    db_bind_blob(q, 10, r->mark);
    db_bind_int(q, 11, r->agent_id);
    db_bind_int(q, 12, r->updated_at);
    return db_done(q);
}

err store_signing_get(db_conn *c, arena *a, int64_t brand, int64_t agent, struct store_signing *ret) {
    db_query *q = db_sql(c, "SELECT p.name, f.role, f.sign_off, f.picture, f.updated_at FROM agent g "
                            "JOIN account p ON p.id = g.account_id LEFT JOIN signing f "
                            "ON f.brand_id = g.brand_id AND f.agent_id = g.id "
                            "WHERE g.brand_id = $1 AND g.id = $2");
    struct store_signing row = {.agent_id = agent};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, agent);
    bool there = db_row(q);
    if (there)
        row = (struct store_signing){.agent_id = agent,
                                     .name = db_text(q, a, "name"),
                                     .role = db_text(q, a, "role"),
                                     .sign_off = db_text(q, a, "sign_off"),
                                     .picture = db_blob(q, a, "picture"),
                                     .updated_at = db_int(q, "updated_at")};
    TRY(db_done(q));
    if (!there) return err_set(ERR_MISSING, "There is no such agent.");
    *ret = row;
    return ERR_NONE;
}

err store_signing_put(db_conn *c, int64_t brand, const struct store_signing *r) {
    db_query *q = db_sql(c, "INSERT INTO signing (brand_id, agent_id, role, sign_off, picture, updated_at) "
                            "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (brand_id, agent_id) DO UPDATE SET "
                            "role = excluded.role, sign_off = excluded.sign_off, picture = excluded.picture, "
                            "updated_at = excluded.updated_at");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->agent_id);
    db_bind_text(q, 3, r->role);
    db_bind_text(q, 4, r->sign_off);
    db_bind_blob(q, 5, r->picture);
    db_bind_int(q, 6, r->updated_at);
    return db_done(q);
}
