#include "store/defect_alarm.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static bool find(const char *const *names, size_t n, str s, int *ret) {
    for (size_t i = 0; i < n; i++) {
        if (!str_eq(s, str_z(names[i]))) continue;
        *ret = (int)i;
        return true;
    }
    return false;
}

static const char *const states[] = {"open", "acknowledged", "closed"};

const char *alarm_state_name(alarm_state v) { return states[v]; }

bool alarm_state_from(str s, alarm_state *ret) {
    int at;
    if (!find(states, COUNT(states), s, &at)) return false;
    *ret = (alarm_state)at;
    return true;
}

static void bind_changing(db_query *q, int64_t brand, const struct store_alarm *r) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_text(q, 3, str_z(states[r->state]));
    db_bind_int(q, 4, r->days);
    db_bind_int(q, 5, r->from_day);
    db_bind_int(q, 6, r->to_day);
    db_bind_int(q, 7, r->seen);
    db_bind_int(q, 8, r->earlier);
    db_bind_int(q, 9, r->earlier_days);
    db_bind_int(q, 10, r->expected);
    db_bind_int(q, 11, r->chance);
    db_bind_int(q, 12, r->by_units);
    db_bind_text(q, 13, r->note);
    db_bind_int(q, 14, r->agent_id);
    db_bind_int(q, 15, r->acknowledged_at);
    db_bind_int(q, 16, r->closed_at);
    db_bind_int(q, 17, r->updated_at);
    db_bind_int(q, 18, r->version);
}

err store_alarm_insert(db_conn *c, int64_t brand, const struct store_alarm *r, bool *ret_there) {
    db_query *q =
        db_sql(c, "INSERT INTO defect_alarm (brand_id, id, state, days, from_day, to_day, seen, earlier, "
                  "earlier_days, expected, chance, by_units, note, agent_id, acknowledged_at, closed_at, "
                  "updated_at, version, defect_id, raised_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
                  "$10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) "
                  "ON CONFLICT (brand_id, defect_id) WHERE state <> 'closed' DO NOTHING");
    bind_changing(q, brand, r);
    db_bind_int(q, 19, r->defect_id);
    db_bind_int(q, 20, r->raised_at);
    TRY(db_done(q));
    *ret_there = db_changes(q) == 0;
    return ERR_NONE;
}

err store_alarm_update(db_conn *c, int64_t brand, const struct store_alarm *r) {
    db_query *q = db_sql(c, "UPDATE defect_alarm SET state = $3, days = $4, from_day = $5, to_day = $6, "
                            "seen = $7, earlier = $8, earlier_days = $9, expected = $10, chance = $11, "
                            "by_units = $12, note = $13, agent_id = $14, acknowledged_at = $15, "
                            "closed_at = $16, updated_at = $17, version = $18 "
                            "WHERE brand_id = $1 AND id = $2 AND version = $18 - 1");
    bind_changing(q, brand, r);
    TRY(db_done(q));
    if (!db_changes(q))
        return err_set(ERR_CONFLICT, "Somebody changed this alarm at the same moment; look again.");
    return ERR_NONE;
}

err store_alarm_numbers(db_conn *c, int64_t brand, const struct store_alarm *r) {
    db_query *q = db_sql(c, "UPDATE defect_alarm SET days = $3, from_day = $4, to_day = $5, seen = $6, "
                            "earlier = $7, earlier_days = $8, expected = $9, chance = $10, by_units = $11, "
                            "updated_at = $12 WHERE brand_id = $1 AND id = $2 AND state <> 'closed'");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_int(q, 3, r->days);
    db_bind_int(q, 4, r->from_day);
    db_bind_int(q, 5, r->to_day);
    db_bind_int(q, 6, r->seen);
    db_bind_int(q, 7, r->earlier);
    db_bind_int(q, 8, r->earlier_days);
    db_bind_int(q, 9, r->expected);
    db_bind_int(q, 10, r->chance);
    db_bind_int(q, 11, r->by_units);
    db_bind_int(q, 12, r->updated_at);
    return db_done(q);
}

#define ALARMS                                                                                               \
    "SELECT l.id, l.defect_id, l.state, l.days, l.from_day, l.to_day, l.seen, l.earlier, l.earlier_days, "   \
    "l.expected, l.chance, l.by_units, l.note, l.agent_id, l.raised_at, l.acknowledged_at, l.closed_at, "    \
    "l.updated_at, l.version, d.product_code, d.product_name, d.part_code, d.part_name, "                    \
    "d.created_at AS defect_created_at, COALESCE(p.name, '') AS agent_name FROM defect_alarm l "             \
    "JOIN defect d ON d.brand_id = l.brand_id AND d.id = l.defect_id "                                       \
    "LEFT JOIN agent g ON g.brand_id = l.brand_id AND g.id = l.agent_id "                                    \
    "LEFT JOIN account p ON p.id = g.account_id WHERE l.brand_id = $1 "

static err take(db_query *q, arena *a, store_alarm_list *ret) {
    store_alarm_list rows = {0};
    while (db_row(q)) {
        struct store_alarm *r = list_add(a, &rows);
        *r = (struct store_alarm){.id = db_int(q, "id"),
                                  .defect_id = db_int(q, "defect_id"),
                                  .days = db_int(q, "days"),
                                  .from_day = db_int(q, "from_day"),
                                  .to_day = db_int(q, "to_day"),
                                  .seen = db_int(q, "seen"),
                                  .earlier = db_int(q, "earlier"),
                                  .earlier_days = db_int(q, "earlier_days"),
                                  .expected = db_int(q, "expected"),
                                  .chance = db_int(q, "chance"),
                                  .by_units = db_int(q, "by_units") != 0,
                                  .note = db_text(q, a, "note"),
                                  .agent_id = db_int(q, "agent_id"),
                                  .raised_at = db_int(q, "raised_at"),
                                  .acknowledged_at = db_int(q, "acknowledged_at"),
                                  .closed_at = db_int(q, "closed_at"),
                                  .updated_at = db_int(q, "updated_at"),
                                  .version = db_int(q, "version"),
                                  .defect = {.id = db_int(q, "defect_id"),
                                             .product_code = db_text(q, a, "product_code"),
                                             .product_name = db_text(q, a, "product_name"),
                                             .part_code = db_text(q, a, "part_code"),
                                             .part_name = db_text(q, a, "part_name"),
                                             .created_at = db_int(q, "defect_created_at")},
                                  .agent_name = db_text(q, a, "agent_name")};
        alarm_state_from(db_text(q, a, "state"), &r->state);
    }
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_alarm_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_alarm *ret) {
    db_query *q = db_sql(c, ALARMS "AND l.id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    store_alarm_list rows;
    TRY(take(q, a, &rows));
    if (!rows.n) return err_set(ERR_MISSING, "There is no such alarm.");
    *ret = rows.v[0];
    return ERR_NONE;
}

err store_alarms_standing(db_conn *c, arena *a, int64_t brand, int limit, store_alarm_list *ret) {
    db_query *q =
        db_sql(c, ALARMS "AND l.state <> 'closed' ORDER BY CASE WHEN l.state = 'open' THEN 0 ELSE 1 "
                         "END, l.id DESC LIMIT $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, limit);
    return take(q, a, ret);
}

err store_alarms_of(db_conn *c, arena *a, int64_t brand, int64_t defect, int limit, store_alarm_list *ret) {
    db_query *q = db_sql(c, ALARMS "AND l.defect_id = $2 ORDER BY l.id DESC LIMIT $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, defect);
    db_bind_int(q, 3, limit);
    return take(q, a, ret);
}

err store_alarm_count_open(db_conn *c, int64_t brand, int cap, int *ret) {
    db_query *q = db_sql(c, "SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM defect_alarm WHERE "
                            "brand_id = $1 AND state <> 'closed' AND state = 'open' LIMIT $2) x");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, cap);
    int n = 0;
    if (db_row(q)) n = (int)db_int(q, "n");
    TRY(db_done(q));
    *ret = n;
    return ERR_NONE;
}

err store_alarms_settled(db_conn *c, arena *a, int64_t brand, int64_t from_day, alarm_settled_list *ret) {
    db_query *q = db_sql(c, "SELECT defect_id, MAX(to_day) AS to_day FROM defect_alarm WHERE brand_id = $1 "
                            "AND state = 'closed' AND to_day >= $2 GROUP BY defect_id ORDER BY defect_id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, from_day);
    alarm_settled_list rows = {0};
    while (db_row(q))
        *list_add(a, &rows) = (struct alarm_settled){db_int(q, "defect_id"), db_int(q, "to_day")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

/* ---- what makers are told ---- */

err store_hook_get(db_conn *c, arena *a, int64_t brand, struct maker_hook *ret) {
    db_query *q = db_sql(c, "SELECT url, secret, agent_id, updated_at FROM maker_hook WHERE brand_id = $1");
    db_bind_int(q, 1, brand);
    struct maker_hook row = {.url = S(""), .secret = S("")};
    if (db_row(q))
        row = (struct maker_hook){db_text(q, a, "url"), db_text(q, a, "secret"), db_int(q, "agent_id"),
                                  db_int(q, "updated_at")};
    TRY(db_done(q));
    *ret = row;
    return ERR_NONE;
}

err store_hook_put(db_conn *c, int64_t brand, const struct maker_hook *r) {
    db_query *q =
        db_sql(c, "INSERT INTO maker_hook (brand_id, url, secret, agent_id, updated_at) VALUES ($1, $2, $3, "
                  "$4, $5) ON CONFLICT (brand_id) DO UPDATE SET url = excluded.url, "
                  "secret = excluded.secret, agent_id = excluded.agent_id, "
                  "updated_at = excluded.updated_at");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, r->url);
    db_bind_text(q, 3, r->secret);
    db_bind_int(q, 4, r->agent_id);
    db_bind_int(q, 5, r->updated_at);
    return db_done(q);
}

err store_hook_delete(db_conn *c, int64_t brand) {
    db_query *q = db_sql(c, "DELETE FROM maker_hook WHERE brand_id = $1");
    db_bind_int(q, 1, brand);
    return db_done(q);
}

static const char *const events[MAKER_EVENTS] = {"alarm_raised",  "alarm_acknowledged", "alarm_closed",
                                                 "trial_started", "trial_ended",        "test"};
static const char *const post_states[] = {"waiting", "sent", "failed"};

const char *maker_event_name(maker_event v) { return events[v]; }
const char *maker_post_state_name(maker_post_state v) { return post_states[v]; }

bool maker_event_from(str s, maker_event *ret) {
    int at;
    if (!find(events, COUNT(events), s, &at)) return false;
    *ret = (maker_event)at;
    return true;
}

err store_maker_post_insert(db_conn *c, int64_t brand, const struct maker_post *r) {
    db_query *q = db_sql(c, "INSERT INTO maker_post (brand_id, id, event, subject_id, state, attempts, says, "
                            "created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_text(q, 3, str_z(events[r->event]));
    db_bind_int(q, 4, r->subject_id);
    db_bind_text(q, 5, str_z(post_states[r->state]));
    db_bind_int(q, 6, r->attempts);
    db_bind_text(q, 7, r->says);
    db_bind_int(q, 8, r->created_at);
    db_bind_int(q, 9, r->updated_at);
    return db_done(q);
}

err store_maker_post_update(db_conn *c, int64_t brand, const struct maker_post *r) {
    db_query *q = db_sql(c, "UPDATE maker_post SET state = $3, attempts = $4, says = $5, updated_at = $6 "
                            "WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_text(q, 3, str_z(post_states[r->state]));
    db_bind_int(q, 4, r->attempts);
    db_bind_text(q, 5, r->says);
    db_bind_int(q, 6, r->updated_at);
    return db_done(q);
}

#define POSTS                                                                                                \
    "SELECT id, event, subject_id, state, attempts, says, created_at, updated_at FROM maker_post "           \
    "WHERE brand_id = $1 "

static err take_posts(db_query *q, arena *a, maker_post_list *ret) {
    maker_post_list rows = {0};
    while (db_row(q)) {
        struct maker_post *r = list_add(a, &rows);
        int state = POST_WAITING;
        *r = (struct maker_post){.id = db_int(q, "id"),
                                 .subject_id = db_int(q, "subject_id"),
                                 .attempts = db_int(q, "attempts"),
                                 .says = db_text(q, a, "says"),
                                 .created_at = db_int(q, "created_at"),
                                 .updated_at = db_int(q, "updated_at")};
        maker_event_from(db_text(q, a, "event"), &r->event);
        if (find(post_states, COUNT(post_states), db_text(q, a, "state"), &state))
            r->state = (maker_post_state)state;
    }
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_maker_post_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct maker_post *ret) {
    db_query *q = db_sql(c, POSTS "AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    maker_post_list rows;
    TRY(take_posts(q, a, &rows));
    if (!rows.n) return err_set(ERR_MISSING, "There is no such message to makers.");
    *ret = rows.v[0];
    return ERR_NONE;
}

err store_posts(db_conn *c, arena *a, int64_t brand, int limit, maker_post_list *ret) {
    db_query *q = db_sql(c, POSTS "ORDER BY id DESC LIMIT $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, limit);
    return take_posts(q, a, ret);
}
