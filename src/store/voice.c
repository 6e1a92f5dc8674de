#include "store/voice.h"

/* ---- frameworks and facts: the same columns in two tables ---- */

static err take_pieces(db_query *q, arena *a, store_piece_list *ret) {
    store_piece_list rows = {0};
    while (db_row(q))
        *list_add(a, &rows) = (struct store_piece){.id = db_int(q, "id"),
                                                   .name = db_text(q, a, "name"),
                                                   .text = db_text(q, a, "text"),
                                                   .agent_id = db_int(q, "agent_id"),
                                                   .updated_at = db_int(q, "updated_at"),
                                                   .retired_at = db_int(q, "retired_at"),
                                                   .agent_name = db_text(q, a, "agent_name")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

#define PIECE_ROWS(table)                                                                                    \
    "SELECT f.id, f.name, f.text, f.agent_id, f.updated_at, f.retired_at, COALESCE(p.name, '') AS "          \
    "agent_name "                                                                                            \
    "FROM " table " f LEFT JOIN agent g ON g.brand_id = f.brand_id AND g.id = f.agent_id "                   \
    "LEFT JOIN account p ON p.id = g.account_id WHERE f.brand_id = $1 "
#define PIECE_PUT(table)                                                                                     \
    "INSERT INTO " table " (brand_id, id, name, text, agent_id, updated_at, retired_at) "                    \
    "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (brand_id, id) DO UPDATE SET name = excluded.name, "    \
    "text = excluded.text, agent_id = excluded.agent_id, updated_at = excluded.updated_at, "                 \
    "retired_at = excluded.retired_at"

err store_frameworks(db_conn *c, arena *a, int64_t brand, store_piece_list *ret) {
    db_query *q = db_sql(c, PIECE_ROWS("framework") "AND f.retired_at = 0 ORDER BY f.name, f.id");
    db_bind_int(q, 1, brand);
    return take_pieces(q, a, ret);
}

err store_facts(db_conn *c, arena *a, int64_t brand, store_piece_list *ret) {
    db_query *q = db_sql(c, PIECE_ROWS("fact") "AND f.retired_at = 0 ORDER BY f.name, f.id");
    db_bind_int(q, 1, brand);
    return take_pieces(q, a, ret);
}

err store_notes(db_conn *c, arena *a, int64_t brand, store_piece_list *ret) {
    db_query *q = db_sql(c, PIECE_ROWS("world_note") "AND f.retired_at = 0 ORDER BY f.name, f.id");
    db_bind_int(q, 1, brand);
    return take_pieces(q, a, ret);
}

#define PIECES_RETIRED "AND f.retired_at > 0 ORDER BY f.retired_at DESC, f.id DESC LIMIT $2"

err store_frameworks_retired(db_conn *c, arena *a, int64_t brand, int limit, store_piece_list *ret) {
    db_query *q = db_sql(c, PIECE_ROWS("framework") PIECES_RETIRED);
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, limit);
    return take_pieces(q, a, ret);
}

err store_facts_retired(db_conn *c, arena *a, int64_t brand, int limit, store_piece_list *ret) {
    db_query *q = db_sql(c, PIECE_ROWS("fact") PIECES_RETIRED);
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, limit);
    return take_pieces(q, a, ret);
}

err store_notes_retired(db_conn *c, arena *a, int64_t brand, int limit, store_piece_list *ret) {
    db_query *q = db_sql(c, PIECE_ROWS("world_note") PIECES_RETIRED);
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, limit);
    return take_pieces(q, a, ret);
}

static err take_one(db_query *q, arena *a, const char *missing, struct store_piece *ret) {
    store_piece_list rows = {0};
    TRY(take_pieces(q, a, &rows));
    if (!rows.n) return err_set(ERR_MISSING, "%s", missing);
    *ret = rows.v[0];
    return ERR_NONE;
}

err store_framework_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_piece *ret) {
    db_query *q = db_sql(c, PIECE_ROWS("framework") "AND f.id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    return take_one(q, a, "There is no such framework.", ret);
}

err store_fact_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_piece *ret) {
    db_query *q = db_sql(c, PIECE_ROWS("fact") "AND f.id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    return take_one(q, a, "There is no such fact.", ret);
}

err store_note_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_piece *ret) {
    db_query *q = db_sql(c, PIECE_ROWS("world_note") "AND f.id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    return take_one(q, a, "There is no such note.", ret);
}

static err put_piece(db_query *q, int64_t brand, const struct store_piece *r) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_text(q, 3, r->name);
    db_bind_text(q, 4, r->text);
    db_bind_int(q, 5, r->agent_id);
    db_bind_int(q, 6, r->updated_at);
    db_bind_int(q, 7, r->retired_at);
    return db_done(q);
}

err store_framework_put(db_conn *c, int64_t brand, const struct store_piece *row) {
    return put_piece(db_sql(c, PIECE_PUT("framework")), brand, row);
}

err store_fact_put(db_conn *c, int64_t brand, const struct store_piece *row) {
    return put_piece(db_sql(c, PIECE_PUT("fact")), brand, row);
}

err store_note_put(db_conn *c, int64_t brand, const struct store_piece *row) {
    return put_piece(db_sql(c, PIECE_PUT("world_note")), brand, row);
}

/* ---- phrases ---- */

static const char *const phrase_states[] = {"learned", "added", "allowed"};

const char *phrase_state_name(phrase_state s) { return phrase_states[s]; }

bool phrase_state_of(str name, phrase_state *ret) {
    for (int i = 0; i < 3; i++) {
        if (!str_eq(name, str_z(phrase_states[i]))) continue;
        *ret = (phrase_state)i;
        return true;
    }
    return false;
}

err store_phrases(db_conn *c, arena *a, int64_t brand, store_phrase_list *ret) {
    db_query *q = db_sql(
        c, "SELECT f.phrase, f.state, f.customers, f.agent_id, f.at, COALESCE(p.name, '') AS agent_name "
           "FROM phrase f LEFT JOIN agent g ON g.brand_id = f.brand_id AND g.id = f.agent_id "
           "LEFT JOIN account p ON p.id = g.account_id WHERE f.brand_id = $1 ORDER BY f.phrase");
    db_bind_int(q, 1, brand);
    store_phrase_list rows = {0};
    while (db_row(q)) {
        struct store_phrase *r = list_add(a, &rows);
        *r = (struct store_phrase){.phrase = db_text(q, a, "phrase"),
                                   .customers = db_int(q, "customers"),
                                   .agent_id = db_int(q, "agent_id"),
                                   .at = db_int(q, "at"),
                                   .agent_name = db_text(q, a, "agent_name")};
        phrase_state_of(db_text(q, a, "state"), &r->state);
    }
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_phrase_put(db_conn *c, int64_t brand, const struct store_phrase *r) {
    db_query *q =
        db_sql(c, "INSERT INTO phrase (brand_id, phrase, state, customers, agent_id, at) "
                  "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (brand_id, phrase) DO UPDATE SET "
                  "state = excluded.state, customers = excluded.customers, agent_id = excluded.agent_id, "
                  "at = excluded.at");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, r->phrase);
    db_bind_text(q, 3, str_z(phrase_states[r->state]));
    db_bind_int(q, 4, r->customers);
    db_bind_int(q, 5, r->agent_id);
    db_bind_int(q, 6, r->at);
    return db_done(q);
}

err store_phrase_delete(db_conn *c, int64_t brand, str phrase) {
    db_query *q = db_sql(c, "DELETE FROM phrase WHERE brand_id = $1 AND phrase = $2");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, phrase);
    return db_done(q);
}

/* ---- approved replies ---- */

err store_approved_put(db_conn *c, int64_t brand, int64_t message, int64_t agent, int64_t at) {
    db_query *q =
        db_sql(c, "INSERT INTO approved (brand_id, message_id, agent_id, at) VALUES ($1, $2, $3, $4) "
                  "ON CONFLICT (brand_id, message_id) DO NOTHING");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    db_bind_int(q, 3, agent);
    db_bind_int(q, 4, at);
    return db_done(q);
}

err store_approved_delete(db_conn *c, int64_t brand, int64_t message) {
    db_query *q = db_sql(c, "DELETE FROM approved WHERE brand_id = $1 AND message_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    return db_done(q);
}

err store_approved_list_of(db_conn *c, arena *a, int64_t brand, int limit, store_approved_list *ret) {
    db_query *q = db_sql(c, "SELECT w.message_id, m.conversation_id, v.number, w.agent_id, w.at, m.text, "
                            "m.from_name AS agent_name, "
                            "COALESCE(p.name, '') AS by_name, k.name AS customer_name FROM approved w "
                            "JOIN message m ON m.brand_id = w.brand_id AND m.id = w.message_id "
                            "JOIN conversation v ON v.brand_id = m.brand_id AND v.id = m.conversation_id "
                            "JOIN customer k ON k.brand_id = v.brand_id AND k.id = v.customer_id "
                            "LEFT JOIN agent g ON g.brand_id = w.brand_id AND g.id = w.agent_id "
                            "LEFT JOIN account p ON p.id = g.account_id WHERE w.brand_id = $1 ORDER BY w.at "
                            "DESC, w.message_id DESC "
                            "LIMIT $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, limit);
    store_approved_list rows = {0};
    while (db_row(q))
        *list_add(a, &rows) = (struct store_approved){.message_id = db_int(q, "message_id"),
                                                      .conversation_id = db_int(q, "conversation_id"),
                                                      .number = db_int(q, "number"),
                                                      .agent_id = db_int(q, "agent_id"),
                                                      .at = db_int(q, "at"),
                                                      .text = db_text(q, a, "text"),
                                                      .agent_name = db_text(q, a, "agent_name"),
                                                      .by_name = db_text(q, a, "by_name"),
                                                      .customer_name = db_text(q, a, "customer_name")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}
