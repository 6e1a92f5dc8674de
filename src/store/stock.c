#include "store/stock.h"

static const char *const moves[STOCK_MOVES] = {"received", "counted", "corrected",
                                               "imported", "packed",  "put_back"};

const char *stock_move_name(stock_move v) { return moves[v]; }
bool stock_move_from(str s, stock_move *ret) {
    for (int i = 0; i < STOCK_MOVES; i++) {
        if (!str_eq(s, str_z(moves[i]))) continue;
        *ret = (stock_move)i;
        return true;
    }
    return false;
}

#define ROWS                                                                                                 \
    "SELECT s.kind, s.code, s.colour, s.place, s.name, s.on_hand, s.reserved, s.expected_day, s.expected, "  \
    "s.updated_at FROM stock s WHERE s.brand_id = $1 "
#define OF_KEY "brand_id = $1 AND kind = $2 AND code = $3 AND colour = $4 AND place = $5 "

static void bind_key(db_query *q, int64_t brand, const struct stock_key *k) {
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, k->kind);
    db_bind_text(q, 3, k->code);
    db_bind_text(q, 4, k->colour);
    db_bind_text(q, 5, k->place);
}

static struct stock_key read_key(db_query *q, arena *a) {
    return (struct stock_key){db_text(q, a, "kind"), db_text(q, a, "code"), db_text(q, a, "colour"),
                              db_text(q, a, "place")};
}

static err take_rows(db_query *q, arena *a, store_stock_list *ret) {
    store_stock_list rows = {0};
    while (db_row(q))
        *list_add(a, &rows) = (struct store_stock){.key = read_key(q, a),
                                                   .name = db_text(q, a, "name"),
                                                   .on_hand = db_int(q, "on_hand"),
                                                   .reserved = db_int(q, "reserved"),
                                                   .expected_day = db_int(q, "expected_day"),
                                                   .expected = db_int(q, "expected"),
                                                   .updated_at = db_int(q, "updated_at")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_stock_get(db_conn *c, arena *a, int64_t brand, struct stock_key key, struct store_stock *ret) {
    db_query *q = db_sql(c, ROWS "AND s.kind = $2 AND s.code = $3 AND s.colour = $4 AND s.place = $5");
    store_stock_list rows;
    bind_key(q, brand, &key);
    TRY(take_rows(q, a, &rows));
    *ret = rows.n ? rows.v[0] : (struct store_stock){0};
    return ERR_NONE;
}

err store_stock_of_item(db_conn *c, arena *a, int64_t brand, struct stock_key key, store_stock_list *ret) {
    db_query *q = db_sql(c, ROWS "AND s.kind = $2 AND s.code = $3 AND s.colour = $4 "
                                 "ORDER BY s.on_hand - s.reserved DESC, s.place");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, key.kind);
    db_bind_text(q, 3, key.code);
    db_bind_text(q, 4, key.colour);
    return take_rows(q, a, ret);
}

err store_stock_open(db_conn *c, arena *a, int64_t brand, struct stock_key key, str name, int64_t now) {
    str said = str_fmt(a, "%.*s\n%.*s\n%.*s", STR_FMT(key.place), STR_FMT(key.code), STR_FMT(name));
    db_query *q = db_sql(c, "INSERT INTO stock (brand_id, kind, code, colour, place, name, on_hand, "
                            "reserved, expected_day, expected, words, updated_at) "
                            "VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0, 0, $7, $8) ON CONFLICT DO NOTHING");
    bind_key(q, brand, &key);
    db_bind_text(q, 6, name);
    db_bind_text(q, 7, str_lower(a, said));
    db_bind_int(q, 8, now);
    TRY(db_done(q));
    if (db_changes(q) || !name.n) return ERR_NONE;
    q = db_sql(c, "UPDATE stock SET name = $6, words = $7 WHERE " OF_KEY "AND name <> $6");
    bind_key(q, brand, &key);
    db_bind_text(q, 6, name);
    db_bind_text(q, 7, str_lower(a, said));
    return db_done(q);
}

err store_stock_reserve(db_conn *c, int64_t brand, struct stock_key key, int64_t quantity, bool *ret_taken) {
    db_query *q =
        db_sql(c, "UPDATE stock SET reserved = reserved + $6 WHERE " OF_KEY "AND reserved + $6 <= on_hand");
    bind_key(q, brand, &key);
    db_bind_int(q, 6, quantity);
    TRY(db_done(q));
    *ret_taken = db_changes(q) > 0;
    return ERR_NONE;
}

err store_stock_free(db_conn *c, int64_t brand, struct stock_key key, int64_t quantity) {
    db_query *q = db_sql(c, "UPDATE stock SET reserved = reserved - $6 WHERE " OF_KEY "AND reserved >= $6");
    bind_key(q, brand, &key);
    db_bind_int(q, 6, quantity);
    TRY(db_done(q));
    if (!db_changes(q))
        return err_set(ERR_INTERNAL, "Less of %.*s is reserved than a box holds.",
                       STR_FMT(str_clip_utf8(key.code, 60)));
    return ERR_NONE;
}

err store_stock_change(db_conn *c, int64_t brand, struct stock_key key, int64_t on_hand, int64_t reserved,
                       int64_t most, int64_t now, int64_t *ret_on_hand) {
    db_query *q =
        db_sql(c, "UPDATE stock SET on_hand = on_hand + $6, reserved = reserved + $7, "
                  "updated_at = $9 WHERE " OF_KEY "AND reserved + $7 >= 0 AND reserved + $7 <= on_hand + $6 "
                  "AND on_hand + $6 <= $8 RETURNING on_hand");
    bind_key(q, brand, &key);
    db_bind_int(q, 6, on_hand);
    db_bind_int(q, 7, reserved);
    db_bind_int(q, 8, most);
    db_bind_int(q, 9, now);
    int64_t left = db_row(q) ? db_int(q, "on_hand") : -1;
    TRY(db_done(q));
    *ret_on_hand = left;
    return ERR_NONE;
}

err store_stock_expect(db_conn *c, int64_t brand, struct stock_key key, int64_t day, int64_t quantity,
                       int64_t now) {
    db_query *q =
        db_sql(c, "UPDATE stock SET expected_day = $6, expected = $7, updated_at = $8 WHERE " OF_KEY);
    bind_key(q, brand, &key);
    db_bind_int(q, 6, day);
    db_bind_int(q, 7, quantity);
    db_bind_int(q, 8, now);
    return db_done(q);
}

err store_stock_delete(db_conn *c, int64_t brand, struct stock_key key, bool *ret_gone) {
    db_query *q = db_sql(c, "DELETE FROM stock WHERE " OF_KEY "AND on_hand = 0");
    bind_key(q, brand, &key);
    TRY(db_done(q));
    *ret_gone = db_changes(q) > 0;
    return ERR_NONE;
}

/* A pattern that holds the words as they are: what LIKE would read otherwise is escaped. */
static str pattern_of(arena *a, str words) {
    str low = str_lower(a, str_clip_utf8(words, 200));
    char *p = arena_alloc(a, low.n * 2 + 2);
    size_t n = 0;
    p[n++] = '%';
    for (size_t i = 0; i < low.n; i++) {
        if (low.p[i] == '%' || low.p[i] == '_' || low.p[i] == '\\') p[n++] = '\\';
        p[n++] = low.p[i];
    }
    p[n++] = '%';
    return (str){p, n};
}

err store_stock_list_of(db_conn *c, arena *a, int64_t brand, str words, struct stock_key after, int limit,
                        store_stock_list *ret) {
    db_query *q = db_sql(c, ROWS "AND (s.place, s.kind, s.code, s.colour) > ($5, $2, $3, $4) "
                                 "AND s.words LIKE $6 ESCAPE '\\' "
                                 "ORDER BY s.place, s.kind, s.code, s.colour LIMIT $7");
    bind_key(q, brand, &after);
    db_bind_text(q, 6, pattern_of(a, words));
    db_bind_int(q, 7, limit);
    return take_rows(q, a, ret);
}

/* ---- moves ---- */

err store_stock_move_insert(db_conn *c, int64_t brand, const struct store_stock_move *r) {
    db_query *q = db_sql(c, "INSERT INTO stock_move (brand_id, kind, code, colour, place, id, move, "
                            "quantity, on_hand, reason, box_id, agent_id, at) VALUES ($1, $2, $3, $4, $5, "
                            "$6, $7, $8, $9, $10, $11, $12, $13)");
    bind_key(q, brand, &r->key);
    db_bind_int(q, 6, r->id);
    db_bind_text(q, 7, str_z(moves[r->move]));
    db_bind_int(q, 8, r->quantity);
    db_bind_int(q, 9, r->on_hand);
    db_bind_text(q, 10, r->reason);
    db_bind_int(q, 11, r->box_id);
    db_bind_int(q, 12, r->agent_id);
    db_bind_int(q, 13, r->at);
    return db_done(q);
}

err store_stock_moves(db_conn *c, arena *a, int64_t brand, struct stock_key key, int64_t before, int limit,
                      store_stock_move_list *ret) {
    db_query *q = db_sql(c, "SELECT m.id, m.kind, m.code, m.colour, m.place, m.move, m.quantity, m.on_hand, "
                            "m.reason, m.box_id, m.agent_id, m.at, COALESCE(p.name, '') AS agent_name, "
                            "COALESCE(b.number, 0) AS box_number FROM stock_move m "
                            "LEFT JOIN agent x ON x.brand_id = m.brand_id AND x.id = m.agent_id "
                            "LEFT JOIN account p ON p.id = x.account_id "
                            "LEFT JOIN box b ON b.brand_id = m.brand_id AND b.id = m.box_id "
                            "WHERE m.brand_id = $1 AND m.kind = $2 AND m.code = $3 AND m.colour = $4 "
                            "AND m.id < $5 ORDER BY m.id DESC LIMIT $6");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, key.kind);
    db_bind_text(q, 3, key.code);
    db_bind_text(q, 4, key.colour);
    db_bind_int(q, 5, before ? before : INT64_MAX);
    db_bind_int(q, 6, limit);
    store_stock_move_list rows = {0};
    while (db_row(q)) {
        struct store_stock_move *r = list_add(a, &rows);
        *r = (struct store_stock_move){.id = db_int(q, "id"),
                                       .key = read_key(q, a),
                                       .quantity = db_int(q, "quantity"),
                                       .on_hand = db_int(q, "on_hand"),
                                       .reason = db_text(q, a, "reason"),
                                       .box_id = db_int(q, "box_id"),
                                       .agent_id = db_int(q, "agent_id"),
                                       .at = db_int(q, "at"),
                                       .agent_name = db_text(q, a, "agent_name"),
                                       .box_number = db_int(q, "box_number")};
        stock_move_from(db_text(q, a, "move"), &r->move);
    }
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}
