#include "store/fans.h"

static const char *const kinds[FAN_KINDS] = {"return", "purchase"};

const char *fan_kind_name(fan_kind k) { return kinds[k]; }

/* ---- marks ---- */

err store_fan_mark_get(db_conn *c, arena *a, int64_t brand, struct fan_mark *ret) {
    struct fan_mark row = {.zone = S("")};
    db_query *q = db_sql(c, "SELECT generation, zone, quiet_days, counted_at, drawn_day FROM fan_mark "
                            "WHERE brand_id = $1");
    db_bind_int(q, 1, brand);
    if (db_row(q))
        row = (struct fan_mark){db_int(q, "generation"), db_text(q, a, "zone"), db_int(q, "quiet_days"),
                                db_int(q, "counted_at"), db_int(q, "drawn_day")};
    TRY(db_done(q));
    *ret = row;
    return ERR_NONE;
}

err store_fan_mark_put(db_conn *c, int64_t brand, const struct fan_mark *row) {
    db_query *q =
        db_sql(c, "INSERT INTO fan_mark (brand_id, generation, zone, quiet_days, counted_at, drawn_day) "
                  "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (brand_id) DO UPDATE SET "
                  "generation = excluded.generation, zone = excluded.zone, "
                  "quiet_days = excluded.quiet_days, counted_at = excluded.counted_at, "
                  "drawn_day = excluded.drawn_day");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, row->generation);
    db_bind_text(q, 3, row->zone);
    db_bind_int(q, 4, row->quiet_days);
    db_bind_int(q, 5, row->counted_at);
    db_bind_int(q, 6, row->drawn_day);
    return db_done(q);
}

static err of_brand(db_query *q, int64_t brand) {
    db_bind_int(q, 1, brand);
    return db_done(q);
}

err store_fans_wipe_all(db_conn *c, int64_t brand) {
    TRY(of_brand(db_sql(c, "DELETE FROM fan_sign WHERE brand_id = $1"), brand));
    TRY(of_brand(db_sql(c, "DELETE FROM fan_talk WHERE brand_id = $1"), brand));
    TRY(of_brand(db_sql(c, "DELETE FROM fan_week WHERE brand_id = $1"), brand));
    TRY(of_brand(db_sql(c, "DELETE FROM fan_life WHERE brand_id = $1"), brand));
    TRY(of_brand(db_sql(c, "DELETE FROM fan_curve WHERE brand_id = $1"), brand));
    /* Who only bought has no conversation that would bring them back. */
    return of_brand(db_sql(c,
                           "INSERT INTO fan_again (brand_id, person) SELECT DISTINCT brand_id, person FROM "
                           "purchase WHERE brand_id = $1 AND person < 0 ON CONFLICT DO NOTHING"),
                    brand);
}

static bool is_in(const fan_ids *all, int64_t id) {
    for (size_t i = 0; i < all->n; i++)
        if (all->v[i] == id) return true;
    return false;
}

err store_fans_changed(db_conn *c, arena *a, int64_t brand, int64_t generation, struct fan_place after,
                       int limit, fan_ids *ret_customers, struct fan_place *ret_after, bool *ret_more) {
    fan_ids customers = {0};
    struct fan_place last = after;
    int n = 0;
    db_query *q =
        db_sql(c, "SELECT counted, id, customer_id FROM conversation WHERE brand_id = $1 AND counted < $2 "
                  "AND (counted, id) > ($3, $4) ORDER BY counted, id LIMIT $5");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, generation);
    db_bind_int(q, 3, after.counted);
    db_bind_int(q, 4, after.id);
    db_bind_int(q, 5, limit);
    for (; db_row(q); n++) {
        int64_t customer = db_int(q, "customer_id");
        last = (struct fan_place){db_int(q, "counted"), db_int(q, "id")};
        if (!is_in(&customers, customer)) *list_add(a, &customers) = customer;
    }
    TRY(db_done(q));
    *ret_customers = customers;
    *ret_after = last;
    *ret_more = n == limit;
    return ERR_NONE;
}

static err ids_of(db_query *q, arena *a, fan_ids *ret) {
    fan_ids ids = {0};
    while (db_row(q)) *list_add(a, &ids) = db_int(q, "id");
    TRY(db_done(q));
    *ret = ids;
    return ERR_NONE;
}

err store_fan_again(db_conn *c, arena *a, int64_t brand, int limit, fan_ids *ret) {
    db_query *q =
        db_sql(c, "SELECT person AS id FROM fan_again WHERE brand_id = $1 ORDER BY person LIMIT $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, limit);
    return ids_of(q, a, ret);
}

static err with_person(db_query *q, int64_t brand, int64_t person) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, person);
    return db_done(q);
}

err store_fan_again_put(db_conn *c, int64_t brand, int64_t person) {
    return with_person(
        db_sql(c, "INSERT INTO fan_again (brand_id, person) VALUES ($1, $2) ON CONFLICT DO NOTHING"), brand,
        person);
}

err store_fan_again_done(db_conn *c, int64_t brand, int64_t person) {
    return with_person(db_sql(c, "DELETE FROM fan_again WHERE brand_id = $1 AND person = $2"), brand, person);
}

/* ---- what it is made from ---- */

/* By the customer: "+ 0" keeps SQLite, which knows nothing of how many rows a value has, off the indexes that
 * begin with closed_kind and counted. */
static struct fan_said said_of(db_query *q, arena *a) {
    struct fan_said s = {.conversation_id = db_int(q, "conversation_id"),
                         .message_id = db_int(q, "message_id"),
                         .machine = db_int(q, "is_machine") != 0,
                         .agent_id = db_int(q, "agent_id"),
                         .waited_since = db_int(q, "waited_since"),
                         .said_at = db_int(q, "said_at"),
                         .created_at = db_int(q, "created_at"),
                         .closed_kind = (int)db_int(q, "closed_kind"),
                         .heard = db_text(q, a, "heard")};
    message_kind_from(db_text(q, a, "kind"), &s.kind);
    return s;
}

err store_fans_said(db_conn *c, arena *a, int64_t brand, int64_t customer, int limit, fan_said_list *ret) {
    fan_said_list rows = {0};
    db_query *q = db_sql(
        c,
        "SELECT m.conversation_id, m.id AS message_id, m.kind, CASE WHEN m.machine = '' THEN 0 ELSE 1 END AS "
        "is_machine, m.agent_id, m.waited_since, m.said_at, m.created_at, v.closed_kind, "
        "COALESCE(l.heard, '') AS heard FROM conversation v CROSS JOIN message m LEFT JOIN listening l ON "
        "l.brand_id = m.brand_id AND l.message_id = m.id WHERE v.brand_id = $1 AND v.customer_id = $2 AND "
        "v.closed_kind + 0 < 3 AND m.brand_id = v.brand_id AND m.conversation_id = v.id AND m.kind <> 'note' "
        "AND "
        "m.state <> 'failed' ORDER BY v.id, m.said_at, m.id LIMIT $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, customer);
    db_bind_int(q, 3, limit);
    while (db_row(q)) *list_add(a, &rows) = said_of(q, a);
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_fans_bought(db_conn *c, arena *a, int64_t brand, int64_t person, int limit, fan_bought_list *ret) {
    fan_bought_list rows = {0};
    db_query *q = db_sql(c, "SELECT id, bought_at FROM purchase WHERE brand_id = $1 AND person = $2 "
                            "ORDER BY bought_at, id LIMIT $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, person);
    db_bind_int(q, 3, limit);
    while (db_row(q)) *list_add(a, &rows) = (struct fan_bought){db_int(q, "id"), db_int(q, "bought_at")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

/* ---- what is counted ---- */

static err numbers_of(db_query *q, arena *a, int64_t brand, int64_t person, const char *column,
                      fan_ids *ret) {
    fan_ids all = {0};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, person);
    while (db_row(q)) *list_add(a, &all) = db_int(q, column);
    TRY(db_done(q));
    *ret = all;
    return ERR_NONE;
}

err store_fans_wipe(db_conn *c, arena *a, int64_t brand, int64_t person, fan_ids *ret_weeks,
                    fan_ids *ret_times) {
    TRY(numbers_of(db_sql(c,
                          "DELETE FROM fan_talk WHERE brand_id = $1 AND conversation_id IN (SELECT id FROM "
                          "conversation WHERE brand_id = $1 AND customer_id = $2) RETURNING week"),
                   a, brand, person, "week", ret_weeks));
    TRY(numbers_of(db_sql(c, "DELETE FROM fan_sign WHERE brand_id = $1 AND customer_id = $2 RETURNING at"), a,
                   brand, person, "at", ret_times));
    return with_person(db_sql(c, "DELETE FROM fan_life WHERE brand_id = $1 AND person = $2"), brand, person);
}

err store_fan_talk_put(db_conn *c, int64_t brand, const struct fan_talk *r) {
    db_query *q =
        db_sql(c, "INSERT INTO fan_talk (brand_id, conversation_id, week, letters, replies, first_ms, "
                  "first_id, final_ms, final_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->conversation_id);
    db_bind_int(q, 3, r->week);
    db_bind_int(q, 4, r->letters);
    db_bind_int(q, 5, r->replies);
    db_bind_int(q, 6, r->first_ms);
    db_bind_int(q, 7, r->first_id);
    db_bind_int(q, 8, r->final_ms);
    db_bind_int(q, 9, r->final_id);
    return db_done(q);
}

err store_fan_sign_put(db_conn *c, int64_t brand, const struct fan_sign *r) {
    db_query *q = db_sql(c, "INSERT INTO fan_sign (brand_id, kind, subject_id, conversation_id, customer_id, "
                            "agent_id, what, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
                            "ON CONFLICT (brand_id, kind, subject_id) DO UPDATE SET "
                            "conversation_id = excluded.conversation_id, customer_id = excluded.customer_id, "
                            "agent_id = excluded.agent_id, what = excluded.what, at = excluded.at");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, str_z(kinds[r->kind]));
    db_bind_int(q, 3, r->subject_id);
    db_bind_int(q, 4, r->conversation_id);
    db_bind_int(q, 5, r->customer_id);
    db_bind_int(q, 6, r->agent_id);
    db_bind_text(q, 7, r->what);
    db_bind_int(q, 8, r->at);
    return db_done(q);
}

err store_fan_life_put(db_conn *c, int64_t brand, const struct fan_life *r) {
    db_query *q =
        db_sql(c, "INSERT INTO fan_life (brand_id, person, free_from, free_last, free_until, "
                  "trouble_from, trouble_last, trouble_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->person);
    db_bind_int(q, 3, r->free_from);
    db_bind_int(q, 4, r->free_last);
    db_bind_int(q, 5, r->free_until);
    db_bind_int(q, 6, r->trouble_from);
    db_bind_int(q, 7, r->trouble_last);
    db_bind_int(q, 8, r->trouble_id);
    return db_done(q);
}

err store_fans_counted(db_conn *c, int64_t brand, int64_t customer, int64_t generation) {
    db_query *q =
        db_sql(c, "UPDATE conversation SET counted = $3 WHERE brand_id = $1 AND customer_id = $2 AND "
                  "counted + 0 < $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, customer);
    db_bind_int(q, 3, generation);
    return db_done(q);
}

err store_fans_uncounted(db_conn *c, int64_t brand, int64_t conversation) {
    return with_person(db_sql(c, "UPDATE conversation SET counted = 0 WHERE brand_id = $1 AND id = $2"),
                       brand, conversation);
}

err store_fan_week_stale(db_conn *c, int64_t brand, int64_t week) {
    return with_person(
        db_sql(
            c,
            "INSERT INTO fan_week (brand_id, week, letters, replies, first_n, first_half, first_tenth, "
            "final_n, final_half, final_tenth, returns, purchases, stale) VALUES ($1, $2, 0, 0, 0, -1, -1, "
            "0, -1, -1, 0, 0, 1) ON CONFLICT (brand_id, week) DO UPDATE SET stale = 1 WHERE "
            "fan_week.stale = 0"),
        brand, week);
}

/* ---- weeks ---- */

err store_fan_weeks_stale(db_conn *c, arena *a, int64_t brand, int limit, fan_ids *ret) {
    db_query *q =
        db_sql(c, "SELECT week AS id FROM fan_week WHERE brand_id = $1 AND stale = 1 ORDER BY week LIMIT $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, limit);
    return ids_of(q, a, ret);
}

err store_fan_week_waits(db_conn *c, arena *a, int64_t brand, int64_t week, fan_ids *ret_first,
                         fan_ids *ret_final, int64_t *ret_letters, int64_t *ret_replies) {
    fan_ids first = {0}, final = {0};
    int64_t letters = 0, replies = 0;
    db_query *q =
        db_sql(c, "SELECT letters, replies, first_ms, final_ms FROM fan_talk WHERE brand_id = $1 AND "
                  "week = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, week);
    while (db_row(q)) {
        int64_t first_ms = db_int(q, "first_ms"), final_ms = db_int(q, "final_ms");
        letters += db_int(q, "letters");
        replies += db_int(q, "replies");
        if (first_ms >= 0) *list_add(a, &first) = first_ms;
        if (final_ms >= 0) *list_add(a, &final) = final_ms;
    }
    TRY(db_done(q));
    *ret_first = first;
    *ret_final = final;
    *ret_letters = letters;
    *ret_replies = replies;
    return ERR_NONE;
}

err store_fan_week_put(db_conn *c, int64_t brand, const struct fan_week *r) {
    db_query *q =
        db_sql(c, "UPDATE fan_week SET letters = $3, replies = $4, first_n = $5, first_half = $6, "
                  "first_tenth = $7, final_n = $8, final_half = $9, final_tenth = $10, returns = $11, "
                  "purchases = $12, stale = 0 WHERE brand_id = $1 AND week = $2");
    const int64_t values[] = {r->letters, r->replies,    r->first_n,     r->first_half, r->first_tenth,
                              r->final_n, r->final_half, r->final_tenth, r->returns,    r->purchases};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->week);
    for (int i = 0; i < (int)(sizeof values / sizeof *values); i++) db_bind_int(q, 3 + i, values[i]);
    return db_done(q);
}

err store_fan_weeks(db_conn *c, arena *a, int64_t brand, int64_t from, int64_t to, fan_week_list *ret) {
    fan_week_list rows = {0};
    db_query *q =
        db_sql(c, "SELECT week, letters, replies, first_n, first_half, first_tenth, final_n, final_half, "
                  "final_tenth, returns, purchases FROM fan_week WHERE brand_id = $1 AND week >= $2 "
                  "AND week <= $3 ORDER BY week");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, from);
    db_bind_int(q, 3, to);
    while (db_row(q))
        *list_add(a, &rows) =
            (struct fan_week){db_int(q, "week"),    db_int(q, "letters"),    db_int(q, "replies"),
                              db_int(q, "first_n"), db_int(q, "first_half"), db_int(q, "first_tenth"),
                              db_int(q, "final_n"), db_int(q, "final_half"), db_int(q, "final_tenth"),
                              db_int(q, "returns"), db_int(q, "purchases")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

/* ---- curves ---- */

err store_fan_lives(db_conn *c, int64_t brand, void (*each)(void *context, const struct fan_life *row),
                    void *context) {
    db_query *q =
        db_sql(c, "SELECT person, free_from, free_last, free_until, trouble_from, trouble_last FROM "
                  "fan_life WHERE brand_id = $1");
    db_bind_int(q, 1, brand);
    while (db_row(q)) {
        struct fan_life row = {.person = db_int(q, "person"),
                               .free_from = db_int(q, "free_from"),
                               .free_last = db_int(q, "free_last"),
                               .free_until = db_int(q, "free_until"),
                               .trouble_from = db_int(q, "trouble_from"),
                               .trouble_last = db_int(q, "trouble_last")};
        each(context, &row);
    }
    return db_done(q);
}

err store_fan_curve_put(db_conn *c, int64_t brand, const fan_step_list *steps) {
    TRY(of_brand(db_sql(c, "DELETE FROM fan_curve WHERE brand_id = $1"), brand));
    for (size_t i = 0; i < steps->n; i++) {
        db_query *q = db_sql(c, "INSERT INTO fan_curve (brand_id, trouble, day, at_risk, gone) "
                                "VALUES ($1, $2, $3, $4, $5)");
        db_bind_int(q, 1, brand);
        db_bind_int(q, 2, steps->v[i].trouble);
        db_bind_int(q, 3, steps->v[i].day);
        db_bind_int(q, 4, steps->v[i].at_risk);
        db_bind_int(q, 5, steps->v[i].gone);
        TRY(db_done(q));
    }
    return ERR_NONE;
}

err store_fan_curve(db_conn *c, arena *a, int64_t brand, fan_step_list *ret) {
    fan_step_list rows = {0};
    db_query *q = db_sql(c, "SELECT trouble, day, at_risk, gone FROM fan_curve WHERE brand_id = $1 "
                            "ORDER BY trouble, day");
    db_bind_int(q, 1, brand);
    while (db_row(q))
        *list_add(a, &rows) = (struct fan_step){db_int(q, "trouble") != 0, db_int(q, "day"),
                                                db_int(q, "at_risk"), db_int(q, "gone")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

/* ---- forgetting ---- */

err store_fans_forget(db_conn *c, int64_t brand, int64_t customer) {
    TRY(with_person(db_sql(c, "DELETE FROM fan_sign WHERE brand_id = $1 AND customer_id = $2"), brand,
                    customer));
    TRY(with_person(db_sql(c, "DELETE FROM fan_life WHERE brand_id = $1 AND person = $2"), brand, customer));
    TRY(with_person(db_sql(c, "DELETE FROM fan_again WHERE brand_id = $1 AND person = $2"), brand, customer));
    return with_person(db_sql(c, "DELETE FROM purchase WHERE brand_id = $1 AND person = $2"), brand,
                       customer);
}
