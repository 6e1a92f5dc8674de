#include "store/room_queue.h"

#define NAME_OF(alias, column)                                                                               \
    "COALESCE((SELECT p.name FROM agent g JOIN account p ON p.id = g.account_id WHERE g.brand_id = " alias   \
    ".brand_id AND g.id = " alias "." column "), '')"

static const char *const states[ROOM_CLAIM_STATES] = {"held", "passed", "snoozed"};
const char *room_claim_state_name(room_claim_state v) { return (unsigned)v < 3 ? states[v] : "?"; }

/* ---- claims ---- */

#define CLAIMS                                                                                               \
    "SELECT k.conversation_id, k.incident_id, k.agent_id, k.state, k.by_id, k.note, k.taken_at, "            \
    "k.until_at, " NAME_OF("k", "agent_id") " AS agent_name, " NAME_OF(                                      \
        "k", "by_id") " AS by_name FROM room_claim k "

static err one_claim(db_query *q, arena *a, struct room_claim *ret) {
    struct room_claim r = {0};
    if (db_row(q)) {
        r = (struct room_claim){.conversation_id = db_int(q, "conversation_id"),
                                .incident_id = db_int(q, "incident_id"),
                                .agent_id = db_int(q, "agent_id"),
                                .by_id = db_int(q, "by_id"),
                                .note = db_text(q, a, "note"),
                                .taken_at = db_int(q, "taken_at"),
                                .until_at = db_int(q, "until_at"),
                                .agent_name = db_text(q, a, "agent_name"),
                                .by_name = db_text(q, a, "by_name")};
        str state = db_text(q, a, "state");
        for (int i = 0; i < ROOM_CLAIM_STATES; i++)
            if (str_eq(state, str_z(states[i]))) r.state = (room_claim_state)i;
    }
    TRY(db_done(q));
    *ret = r;
    return ERR_NONE;
}

err store_claim_get(db_conn *c, arena *a, int64_t brand, int64_t conversation, struct room_claim *ret) {
    db_query *q = db_sql(c, CLAIMS "WHERE k.brand_id = $1 AND k.conversation_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    return one_claim(q, a, ret);
}

err store_claim_of(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t agent,
                   struct room_claim *ret) {
    db_query *q = db_sql(
        c, CLAIMS "JOIN conversation v ON v.brand_id = k.brand_id AND v.id = k.conversation_id "
                  "WHERE k.brand_id = $1 AND k.incident_id = $2 AND k.agent_id = $3 AND k.until_at > 0 AND "
                  "k.state IN ('held', "
                  "'passed') AND v.incident_id = $2 AND (v.state = 'us' OR EXISTS (SELECT 1 FROM room_owed o "
                  "WHERE o.brand_id = v.brand_id AND o.conversation_id = v.id AND o.state = 'due')) "
                  "ORDER BY k.state, k.taken_at LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, agent);
    return one_claim(q, a, ret);
}

static void bind_claim(db_query *q, int64_t brand, const struct room_claim *r) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->conversation_id);
    db_bind_int(q, 3, r->incident_id);
    db_bind_int(q, 4, r->agent_id);
    db_bind_text(q, 5, str_z(room_claim_state_name(r->state)));
    db_bind_int(q, 6, r->by_id);
    db_bind_text(q, 7, r->note);
    db_bind_int(q, 8, r->taken_at);
    db_bind_int(q, 9, r->until_at);
}

#define PUT                                                                                                  \
    "INSERT INTO room_claim (brand_id, conversation_id, incident_id, agent_id, state, by_id, note, "         \
    "taken_at, until_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (brand_id, "                \
    "conversation_id) DO UPDATE SET incident_id = excluded.incident_id, agent_id = excluded.agent_id, "      \
    "state = excluded.state, by_id = excluded.by_id, note = excluded.note, taken_at = excluded.taken_at, "   \
    "until_at = excluded.until_at"

err store_claim_take(db_conn *c, int64_t brand, const struct room_claim *r, int64_t now, bool *ret_taken) {
    db_query *q = db_sql(c, PUT " WHERE room_claim.until_at <= $10 OR room_claim.agent_id = $4 OR "
                                "room_claim.state = 'snoozed'");
    bind_claim(q, brand, r);
    db_bind_int(q, 10, now);
    TRY(db_done(q));
    *ret_taken = db_changes(q) > 0;
    return ERR_NONE;
}

err store_claim_put(db_conn *c, int64_t brand, const struct room_claim *r) {
    db_query *q = db_sql(c, PUT);
    bind_claim(q, brand, r);
    return db_done(q);
}

err store_claim_drop(db_conn *c, int64_t brand, int64_t conversation) {
    db_query *q = db_sql(c, "DELETE FROM room_claim WHERE brand_id = $1 AND conversation_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    return db_done(q);
}

err store_claim_end(db_conn *c, int64_t brand, int64_t conversation, int64_t incident, int64_t agent) {
    struct room_claim ended = {.conversation_id = conversation, .incident_id = incident, .agent_id = agent};
    db_query *q = db_sql(c, PUT " WHERE room_claim.agent_id = $4 OR room_claim.state = 'snoozed'");
    bind_claim(q, brand, &ended);
    return db_done(q);
}

err store_claim_renew(db_conn *c, int64_t brand, int64_t conversation, int64_t agent, int64_t until) {
    db_query *q =
        db_sql(c, "UPDATE room_claim SET until_at = $4 WHERE brand_id = $1 AND conversation_id = $2 "
                  "AND agent_id = $3 AND state = 'held' AND until_at < $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, agent);
    db_bind_int(q, 4, until);
    return db_done(q);
}

err store_skip_put(db_conn *c, int64_t brand, int64_t agent, int64_t conversation, int64_t until) {
    db_query *q =
        db_sql(c, "INSERT INTO room_skip (brand_id, agent_id, conversation_id, until_at) VALUES "
                  "($1, $2, $3, $4) ON CONFLICT (brand_id, agent_id, conversation_id) DO UPDATE SET "
                  "until_at = excluded.until_at");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, agent);
    db_bind_int(q, 3, conversation);
    db_bind_int(q, 4, until);
    return db_done(q);
}

/* ---- who is next ---- */

#define HELD_BY_NOBODY                                                                                       \
    " AND NOT EXISTS (SELECT 1 FROM room_claim k WHERE k.brand_id = v.brand_id AND k.conversation_id = "     \
    "v.id "                                                                                                  \
    "AND k.until_at > $3) AND ($4 = 1 OR NOT EXISTS (SELECT 1 FROM room_skip s WHERE s.brand_id = "          \
    "v.brand_id AND s.agent_id = $5 AND s.conversation_id = v.id AND s.until_at > $3)) "
#define LETTERS                                                                                              \
    "(SELECT COUNT(*) FROM message m WHERE m.brand_id = v.brand_id AND m.conversation_id = v.id AND "        \
    "m.kind = 'letter') AS letters "

static err list_waiting(db_query *q, arena *a, int64_t brand, int64_t incident, int64_t agent, bool skipped,
                        int64_t now, int limit, room_waiting_list *ret) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, now);
    db_bind_int(q, 4, skipped);
    db_bind_int(q, 5, agent);
    db_bind_int(q, 6, limit);
    room_waiting_list list = {0};
    while (db_row(q))
        *list_add(a, &list) =
            (struct room_waiting){db_int(q, "id"), db_int(q, "since"), db_int(q, "letters")};
    TRY(db_done(q));
    *ret = list;
    return ERR_NONE;
}

err store_room_next(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t agent, bool skipped,
                    int64_t now, int limit, room_waiting_list *ret) {
    db_query *q = db_sql(c, "SELECT v.id, v.waiting_since AS since, " LETTERS
                            "FROM conversation v WHERE v.brand_id = $1 AND v.incident_id = $2 AND "
                            "v.incident_id <> 0 AND v.state = 'us'" HELD_BY_NOBODY
                            "ORDER BY v.waiting_since, v.id LIMIT $6");
    return list_waiting(q, a, brand, incident, agent, skipped, now, limit, ret);
}

err store_room_next_owed(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t agent, bool skipped,
                         int64_t now, int limit, room_waiting_list *ret) {
    db_query *q =
        db_sql(c, "SELECT v.id, o.since, " LETTERS
                  "FROM room_owed o JOIN conversation v ON v.brand_id = o.brand_id AND v.id = "
                  "o.conversation_id WHERE o.brand_id = $1 AND o.incident_id = $2 AND o.state = 'due' "
                  "AND v.state <> 'us'" HELD_BY_NOBODY "ORDER BY o.since, o.conversation_id LIMIT $6");
    return list_waiting(q, a, brand, incident, agent, skipped, now, limit, ret);
}

/* ---- counts ---- */

static err count_waiting(db_conn *c, arena *a, int64_t brand, int64_t incident, struct room_counts *r) {
    db_query *q = db_sql(c, "SELECT channel, COUNT(*) AS n, MIN(waiting_since) AS oldest FROM conversation "
                            "WHERE brand_id = $1 AND incident_id = $2 AND incident_id <> 0 AND state = 'us' "
                            "GROUP BY channel ORDER BY 2 DESC, 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    while (db_row(q)) {
        struct room_channel x = {db_text(q, a, "channel"), db_int(q, "n"), db_int(q, "oldest")};
        r->waiting += x.waiting;
        if (!r->oldest || x.oldest < r->oldest) r->oldest = x.oldest;
        *list_add(a, &r->channels) = x;
    }
    return db_done(q);
}

static err count_held(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t now,
                      struct room_counts *r) {
    db_query *q =
        db_sql(c, "SELECT state, COUNT(*) AS n FROM room_claim WHERE brand_id = $1 AND incident_id = $2 "
                  "AND until_at > $3 GROUP BY state");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, now);
    while (db_row(q))
        *(str_eq(db_text(q, a, "state"), S("snoozed")) ? &r->snoozed : &r->held) += db_int(q, "n");
    return db_done(q);
}

static err count_said(db_conn *c, int64_t brand, int64_t incident, int64_t lately, struct room_counts *r) {
    db_query *q = db_sql(c, "SELECT COUNT(*) AS n, COUNT(DISTINCT customer_id) AS people, "
                            "COUNT(CASE WHEN at >= $3 THEN 1 END) AS lately, "
                            "COUNT(CASE WHEN waited_since >= $3 THEN 1 END) AS came "
                            "FROM room_said WHERE brand_id = $1 AND incident_id = $2 AND state = 'said'");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, lately);
    if (db_row(q)) {
        r->said = db_int(q, "n");
        r->people = db_int(q, "people");
        r->said_lately = db_int(q, "lately");
        r->came_lately = db_int(q, "came");
    }
    TRY(db_done(q));
    q = db_sql(c, "SELECT COUNT(*) AS n FROM conversation WHERE brand_id = $1 AND incident_id = $2 AND "
                  "incident_id <> 0 AND state = 'us' AND waiting_since >= $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, lately);
    if (db_row(q)) r->came_lately += db_int(q, "n");
    return db_done(q);
}

static err count_owed(db_conn *c, arena *a, int64_t brand, int64_t incident, struct room_counts *r) {
    db_query *q =
        db_sql(c, "SELECT state, COUNT(DISTINCT customer_id) AS n FROM room_owed WHERE brand_id = $1 "
                  "AND incident_id = $2 GROUP BY state");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    while (db_row(q)) {
        str state = db_text(q, a, "state");
        if (str_eq(state, S("due"))) r->owed = db_int(q, "n");
        if (str_eq(state, S("done"))) r->owed_done = db_int(q, "n");
    }
    TRY(db_done(q));
    q = db_sql(c, "SELECT COUNT(*) AS n FROM incident_conversation WHERE brand_id = $1 AND incident_id = $2 "
                  "AND state = 'proposed'");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    if (db_row(q)) r->proposed = db_int(q, "n");
    return db_done(q);
}

err store_room_counts(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t now, int64_t lately,
                      struct room_counts *ret) {
    struct room_counts r = {0};
    TRY(count_waiting(c, a, brand, incident, &r));
    TRY(count_held(c, a, brand, incident, now, &r));
    TRY(count_said(c, brand, incident, lately, &r));
    TRY(count_owed(c, a, brand, incident, &r));
    *ret = r;
    return ERR_NONE;
}

/* What came before `from` counts into the first stretch. */
static int stretch(int64_t at, int64_t from, int64_t step, int n) {
    int64_t i = at < from ? 0 : (at - from) / step;
    return i < n ? (int)i : n - 1;
}

err store_room_buckets(db_conn *c, int64_t brand, int64_t incident, int64_t from, int64_t step, int n,
                       struct room_bucket *ret) {
    for (int i = 0; i < n; i++) ret[i] = (struct room_bucket){.at = from + i * step};
    db_query *q = db_sql(c, "SELECT (waited_since - $3) / $4 AS b, MIN(waited_since) AS at, COUNT(*) AS n "
                            "FROM room_said WHERE brand_id = $1 AND incident_id = $2 AND state = 'said' AND "
                            "waited_since > 0 GROUP BY (waited_since - $3) / $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, from);
    db_bind_int(q, 4, step);
    while (db_row(q)) ret[stretch(db_int(q, "at"), from, step, n)].came += db_int(q, "n");
    TRY(db_done(q));
    q = db_sql(c,
               "SELECT (waiting_since - $3) / $4 AS b, MIN(waiting_since) AS at, COUNT(*) AS n FROM "
               "conversation WHERE brand_id = $1 AND incident_id = $2 AND incident_id <> 0 AND state = 'us' "
               "GROUP BY (waiting_since - $3) / $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, from);
    db_bind_int(q, 4, step);
    while (db_row(q)) ret[stretch(db_int(q, "at"), from, step, n)].came += db_int(q, "n");
    TRY(db_done(q));
    q = db_sql(c,
               "SELECT (at - $3) / $4 AS b, MIN(at) AS at, COUNT(*) AS n FROM room_said WHERE brand_id = $1 "
               "AND incident_id = $2 AND state = 'said' AND waited_since > 0 GROUP BY (at - $3) / $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, from);
    db_bind_int(q, 4, step);
    while (db_row(q)) ret[stretch(db_int(q, "at"), from, step, n)].said += db_int(q, "n");
    return db_done(q);
}
