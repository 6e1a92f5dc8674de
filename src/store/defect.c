#include "store/defect.h"

static const char *const symptoms[SYMPTOMS] = {"broken", "missing", "wrong", "other"};

const char *symptom_name(symptom v) { return symptoms[v]; }

bool symptom_from(str s, symptom *ret) {
    for (int i = 0; i < SYMPTOMS; i++) {
        if (!str_eq(s, str_z(symptoms[i]))) continue;
        *ret = (symptom)i;
        return true;
    }
    return false;
}

/* ---- defects ---- */

err store_defect_insert(db_conn *c, int64_t brand, const struct store_defect *r, bool *ret_there) {
    db_query *q = db_sql(c, "INSERT INTO defect (brand_id, id, product_code, product_name, part_code, "
                            "part_name, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) "
                            "ON CONFLICT (brand_id, product_code, part_code) DO NOTHING");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_text(q, 3, r->product_code);
    db_bind_text(q, 4, r->product_name);
    db_bind_text(q, 5, r->part_code);
    db_bind_text(q, 6, r->part_name);
    db_bind_int(q, 7, r->created_at);
    TRY(db_done(q));
    *ret_there = db_changes(q) == 0;
    return ERR_NONE;
}

#define DEFECT "d.product_code, d.product_name, d.part_code, d.part_name, d.created_at AS defect_created_at"

static struct store_defect read_defect(db_query *q, arena *a, const char *id) {
    return (struct store_defect){.id = db_int(q, id),
                                 .product_code = db_text(q, a, "product_code"),
                                 .product_name = db_text(q, a, "product_name"),
                                 .part_code = db_text(q, a, "part_code"),
                                 .part_name = db_text(q, a, "part_name"),
                                 .created_at = db_int(q, "defect_created_at")};
}

err store_defect_find(db_conn *c, arena *a, int64_t brand, str product, str part, struct store_defect *ret) {
    db_query *q = db_sql(c, "SELECT d.id, " DEFECT " FROM defect d WHERE d.brand_id = $1 AND "
                            "d.product_code = $2 AND d.part_code = $3");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, product);
    db_bind_text(q, 3, part);
    struct store_defect row = {0};
    if (db_row(q)) row = read_defect(q, a, "id");
    TRY(db_done(q));
    *ret = row;
    return ERR_NONE;
}

err store_defect_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_defect *ret) {
    db_query *q = db_sql(c, "SELECT d.id, " DEFECT " FROM defect d WHERE d.brand_id = $1 AND d.id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    struct store_defect row = {0};
    if (db_row(q)) row = read_defect(q, a, "id");
    TRY(db_done(q));
    if (!row.id) return err_set(ERR_MISSING, "There is no such defect.");
    *ret = row;
    return ERR_NONE;
}

#define WITHIN(days) "COALESCE(SUM(CASE WHEN k.came_day > $2 - " days " THEN 1 ELSE 0 END), 0)"

err store_defect_counts(db_conn *c, arena *a, int64_t brand, int64_t today, int limit,
                        defect_count_list *ret) {
    db_query *q = db_sql(
        c, "SELECT n.id, n.week, n.month, n.year, n.total, n.last_at, " DEFECT
           ", (SELECT COUNT(*) FROM trial t WHERE t.brand_id = $1 AND t.defect_id = n.id "
           "AND t.ended_at = 0) AS trials FROM (SELECT k.defect_id AS id, " WITHIN("7") " AS week, " WITHIN(
               "28") " AS month, " WITHIN("364") " AS year, COUNT(*) AS total, MAX(k.came_at) AS last_at "
                                                 "FROM defect_case k WHERE k.brand_id = $1 AND "
                                                 "k.taken_back_at = 0 GROUP BY k.defect_id) n "
                                                 "JOIN defect d ON d.brand_id = $1 AND d.id = n.id "
                                                 "ORDER BY n.month DESC, n.year DESC, n.last_at DESC, "
                                                 "n.id DESC LIMIT $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, today);
    db_bind_int(q, 3, limit);
    defect_count_list rows = {0};
    while (db_row(q))
        *list_add(a, &rows) = (struct defect_count){.defect = read_defect(q, a, "id"),
                                                    .week = db_int(q, "week"),
                                                    .month = db_int(q, "month"),
                                                    .year = db_int(q, "year"),
                                                    .all = db_int(q, "total"),
                                                    .last_at = db_int(q, "last_at"),
                                                    .trials = db_int(q, "trials")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

static err take_days(db_query *q, arena *a, defect_day_list *ret) {
    defect_day_list rows = {0};
    while (db_row(q))
        *list_add(a, &rows) =
            (struct defect_day){db_int(q, "defect_id"), db_int(q, "came_day"), db_int(q, "n")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_defect_days(db_conn *c, arena *a, int64_t brand, int64_t defect, int64_t from_day, int64_t to_day,
                      defect_day_list *ret) {
    db_query *q;
    if (defect) {
        q = db_sql(c, "SELECT defect_id, came_day, COUNT(*) AS n FROM defect_case WHERE brand_id = $1 AND "
                      "came_day >= $2 AND came_day <= $3 AND taken_back_at = 0 AND defect_id = $4 "
                      "GROUP BY defect_id, came_day ORDER BY defect_id, came_day");
        db_bind_int(q, 4, defect);
    } else {
        q = db_sql(c, "SELECT defect_id, came_day, COUNT(*) AS n FROM defect_case WHERE brand_id = $1 AND "
                      "came_day >= $2 AND came_day <= $3 AND taken_back_at = 0 "
                      "GROUP BY defect_id, came_day ORDER BY defect_id, came_day");
    }
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, from_day);
    db_bind_int(q, 3, to_day);
    return take_days(q, a, ret);
}

err store_defect_since(db_conn *c, int64_t brand, int64_t *ret_at) {
    db_query *q = db_sql(c, "SELECT created_at FROM defect_case WHERE brand_id = $1 ORDER BY id LIMIT 1");
    db_bind_int(q, 1, brand);
    int64_t at = 0;
    if (db_row(q)) at = db_int(q, "created_at");
    TRY(db_done(q));
    *ret_at = at;
    return ERR_NONE;
}

/* ---- cases ---- */

err store_defect_case_insert(db_conn *c, int64_t brand, const struct store_defect_case *r) {
    db_query *q = db_sql(c, "INSERT INTO defect_case (brand_id, id, defect_id, conversation_id, "
                            "customer_id, message_id, start_at, end_at, symptom, words, lot, packed_day, "
                            "came_at, came_day, agent_id, created_at, taken_back_at, version) VALUES ($1, "
                            "$2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) "
                            "ON CONFLICT (brand_id, conversation_id, defect_id, symptom) DO NOTHING");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_int(q, 3, r->defect_id);
    db_bind_int(q, 4, r->conversation_id);
    db_bind_int(q, 5, r->customer_id);
    db_bind_int(q, 6, r->message_id);
    db_bind_int(q, 7, r->start);
    db_bind_int(q, 8, r->end);
    db_bind_text(q, 9, str_z(symptoms[r->symptom]));
    db_bind_text(q, 10, r->words);
    db_bind_text(q, 11, r->lot);
    db_bind_int(q, 12, r->packed_day);
    db_bind_int(q, 13, r->came_at);
    db_bind_int(q, 14, r->came_day);
    db_bind_int(q, 15, r->agent_id);
    db_bind_int(q, 16, r->created_at);
    db_bind_int(q, 17, r->taken_back_at);
    db_bind_int(q, 18, r->version);
    return db_done(q);
}

err store_defect_case_update(db_conn *c, int64_t brand, const struct store_defect_case *r) {
    db_query *q = db_sql(c, "UPDATE defect_case SET message_id = $3, start_at = $4, end_at = $5, "
                            "words = $6, lot = $7, packed_day = $8, agent_id = $9, taken_back_at = $10, "
                            "version = $11 WHERE brand_id = $1 AND id = $2 AND version = $11 - 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_int(q, 3, r->message_id);
    db_bind_int(q, 4, r->start);
    db_bind_int(q, 5, r->end);
    db_bind_text(q, 6, r->words);
    db_bind_text(q, 7, r->lot);
    db_bind_int(q, 8, r->packed_day);
    db_bind_int(q, 9, r->agent_id);
    db_bind_int(q, 10, r->taken_back_at);
    db_bind_int(q, 11, r->version);
    TRY(db_done(q));
    if (!db_changes(q)) return err_set(ERR_CONFLICT, "Somebody changed this at the same moment; look again.");
    return ERR_NONE;
}

#define CASES                                                                                                \
    "SELECT k.id, k.defect_id, k.conversation_id, k.customer_id, k.message_id, k.start_at, k.end_at, "       \
    "k.symptom, k.words, k.lot, k.packed_day, k.came_at, k.came_day, k.agent_id, k.created_at, "             \
    "k.taken_back_at, k.version, v.number, v.snippet, u.name AS customer_name, "                             \
    "COALESCE(p.name, '') AS agent_name, " DEFECT " FROM defect_case k "                                     \
    "JOIN defect d ON d.brand_id = k.brand_id AND d.id = k.defect_id "                                       \
    "JOIN conversation v ON v.brand_id = k.brand_id AND v.id = k.conversation_id "                           \
    "JOIN customer u ON u.brand_id = k.brand_id AND u.id = k.customer_id "                                   \
    "LEFT JOIN agent g ON g.brand_id = k.brand_id AND g.id = k.agent_id "                                    \
    "LEFT JOIN account p ON p.id = g.account_id WHERE k.brand_id = $1 "

static err take_cases(db_query *q, arena *a, store_defect_case_list *ret) {
    store_defect_case_list rows = {0};
    while (db_row(q)) {
        struct store_defect_case *r = list_add(a, &rows);
        *r = (struct store_defect_case){.id = db_int(q, "id"),
                                        .defect_id = db_int(q, "defect_id"),
                                        .conversation_id = db_int(q, "conversation_id"),
                                        .customer_id = db_int(q, "customer_id"),
                                        .message_id = db_int(q, "message_id"),
                                        .start = db_int(q, "start_at"),
                                        .end = db_int(q, "end_at"),
                                        .words = db_text(q, a, "words"),
                                        .lot = db_text(q, a, "lot"),
                                        .packed_day = db_int(q, "packed_day"),
                                        .came_at = db_int(q, "came_at"),
                                        .came_day = db_int(q, "came_day"),
                                        .agent_id = db_int(q, "agent_id"),
                                        .created_at = db_int(q, "created_at"),
                                        .taken_back_at = db_int(q, "taken_back_at"),
                                        .version = db_int(q, "version"),
                                        .defect = read_defect(q, a, "defect_id"),
                                        .number = db_int(q, "number"),
                                        .customer_name = db_text(q, a, "customer_name"),
                                        .agent_name = db_text(q, a, "agent_name"),
                                        .snippet = db_text(q, a, "snippet")};
        if (!symptom_from(db_text(q, a, "symptom"), &r->symptom)) r->symptom = SYMPTOM_OTHER;
    }
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_defect_case_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_defect_case *ret) {
    db_query *q = db_sql(c, CASES "AND k.id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    store_defect_case_list rows;
    TRY(take_cases(q, a, &rows));
    if (!rows.n) return err_set(ERR_MISSING, "There is no such case.");
    *ret = rows.v[0];
    return ERR_NONE;
}

err store_defect_case_same(db_conn *c, arena *a, int64_t brand, int64_t conversation, int64_t defect,
                           symptom what, struct store_defect_case *ret) {
    db_query *q = db_sql(c, CASES "AND k.conversation_id = $2 AND k.defect_id = $3 AND k.symptom = $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, defect);
    db_bind_text(q, 4, str_z(symptoms[what]));
    store_defect_case_list rows;
    TRY(take_cases(q, a, &rows));
    *ret = rows.n ? rows.v[0] : (struct store_defect_case){0};
    return ERR_NONE;
}

err store_defect_cases(db_conn *c, arena *a, int64_t brand, int64_t defect, struct page_key after, int limit,
                       store_defect_case_list *ret) {
    if (after.id == 0) after.at = after.id = INT64_MAX;
    db_query *q = db_sql(c, CASES "AND k.defect_id = $2 AND k.taken_back_at = 0 AND (k.came_at, k.id) < "
                                  "($3, $4) ORDER BY k.came_at DESC, k.id DESC LIMIT $5");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, defect);
    db_bind_int(q, 3, after.at);
    db_bind_int(q, 4, after.id);
    db_bind_int(q, 5, limit);
    return take_cases(q, a, ret);
}

err store_defect_cases_between(db_conn *c, arena *a, int64_t brand, int64_t defect, int64_t from_day,
                               int64_t to_day, int limit, store_defect_case_list *ret) {
    db_query *q = db_sql(c, CASES "AND k.defect_id = $2 AND k.taken_back_at = 0 AND k.came_day >= $3 AND "
                                  "k.came_day <= $4 ORDER BY k.came_at DESC, k.id DESC LIMIT $5");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, defect);
    db_bind_int(q, 3, from_day);
    db_bind_int(q, 4, to_day);
    db_bind_int(q, 5, limit);
    return take_cases(q, a, ret);
}

err store_defect_cases_of_conversation(db_conn *c, arena *a, int64_t brand, int64_t conversation,
                                       store_defect_case_list *ret) {
    db_query *q = db_sql(c, CASES "AND k.conversation_id = $2 AND k.taken_back_at = 0 ORDER BY k.id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    return take_cases(q, a, ret);
}

err store_defect_cases_after(db_conn *c, arena *a, int64_t brand, int64_t defect, int64_t after, int limit,
                             store_defect_case_list *ret) {
    db_query *q = db_sql(c, CASES "AND ($2 = 0 OR k.defect_id = $2) AND k.taken_back_at = 0 AND k.id > $3 "
                                  "ORDER BY k.id LIMIT $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, defect);
    db_bind_int(q, 3, after);
    db_bind_int(q, 4, limit);
    return take_cases(q, a, ret);
}

err store_defect_lots(db_conn *c, arena *a, int64_t brand, int64_t defect, int limit, defect_lot_list *ret) {
    db_query *q = db_sql(c, "SELECT lot, packed_day, COUNT(*) AS n FROM defect_case WHERE brand_id = $1 AND "
                            "defect_id = $2 AND taken_back_at = 0 GROUP BY lot, packed_day "
                            "ORDER BY n DESC, lot, packed_day LIMIT $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, defect);
    db_bind_int(q, 3, limit);
    defect_lot_list rows = {0};
    while (db_row(q))
        *list_add(a, &rows) =
            (struct defect_lot){db_text(q, a, "lot"), db_int(q, "packed_day"), db_int(q, "n")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

/* ---- units sold ---- */

err store_units_put(db_conn *c, int64_t brand, const struct units_sold *r) {
    db_query *q =
        db_sql(c, "INSERT INTO units_sold (brand_id, product_code, month, units) VALUES ($1, $2, $3, $4) "
                  "ON CONFLICT (brand_id, product_code, month) DO UPDATE SET units = excluded.units");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, r->product);
    db_bind_int(q, 3, r->month);
    db_bind_int(q, 4, r->units);
    return db_done(q);
}

err store_units(db_conn *c, arena *a, int64_t brand, str product, units_sold_list *ret) {
    db_query *q = db_sql(c, "SELECT product_code, month, units FROM units_sold WHERE brand_id = $1 AND "
                            "($2 = '' OR product_code = $2) ORDER BY product_code, month");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, product);
    units_sold_list rows = {0};
    while (db_row(q))
        *list_add(a, &rows) =
            (struct units_sold){db_text(q, a, "product_code"), db_int(q, "month"), db_int(q, "units")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}
