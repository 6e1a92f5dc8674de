#include "store/room_queue.h"

#define NAME_OF(alias, column)                                                                               \
    "COALESCE((SELECT p.name FROM agent g JOIN account p ON p.id = g.account_id WHERE g.brand_id = " alias   \
    ".brand_id AND g.id = " alias "." column "), '')"

static const char *const states[ROOM_CLAIM_STATES] = {"held", "passed", "snoozed"};
const char *room_claim_state_name(room_claim_state v) { return (unsigned)v < 3 ? states[v] : "?"; }

static room_claim_state claim_state_of(str s) {
    for (int i = 0; i < ROOM_CLAIM_STATES; i++)
        if (str_eq(s, str_z(states[i]))) return (room_claim_state)i;
    return ROOM_CLAIM_HELD;
}

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
        r.state = claim_state_of(db_text(q, a, "state"));
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

/* Without a join: PostgreSQL would rather read every conversation of the incident. */
err store_claim_of(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t agent, int64_t now,
                   struct room_claim *ret) {
    db_query *q =
        db_sql(c, CLAIMS
               "WHERE k.brand_id = $1 AND k.incident_id = $2 AND k.agent_id = $3 AND (k.state = 'held' OR "
               "(k.state = 'passed' AND k.until_at > $4)) AND COALESCE((SELECT CASE WHEN v.incident_id <> $2 "
               "THEN 0 WHEN v.state = 'us' THEN 1 WHEN EXISTS (SELECT 1 FROM room_owed o WHERE o.brand_id = "
               "v.brand_id AND o.customer_id = v.customer_id AND o.state = 'due' AND o.incident_id = $2) "
               "THEN 1 ELSE 0 END FROM conversation v WHERE v.brand_id = k.brand_id AND v.id = "
               "k.conversation_id), 0) = 1 ORDER BY k.state, k.taken_at LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, agent);
    db_bind_int(q, 4, now);
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
    return db_done_later(q);
}

err store_claim_drop(db_conn *c, int64_t brand, int64_t conversation) {
    db_query *q = db_sql(c, "DELETE FROM room_claim WHERE brand_id = $1 AND conversation_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    return db_done_later(q);
}

err store_claim_end(db_conn *c, int64_t brand, int64_t conversation, int64_t incident, int64_t agent) {
    struct room_claim ended = {.conversation_id = conversation, .incident_id = incident};
    db_query *q = db_sql(c, PUT " WHERE room_claim.agent_id = $10 OR room_claim.state = 'snoozed'");
    bind_claim(q, brand, &ended);
    db_bind_int(q, 10, agent);
    return db_done_later(q);
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
    return db_done_later(q);
}

/* ---- who is next ---- */

static err list_waiting(db_query *q, arena *a, int64_t brand, int64_t incident, struct page_key after,
                        int limit, room_waiting_list *ret) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, after.at);
    db_bind_int(q, 4, after.id);
    db_bind_int(q, 5, limit);
    room_waiting_list list = {0};
    while (db_row(q))
        *list_add(a, &list) = (struct room_waiting){db_int(q, "id"), db_int(q, "customer_id"),
                                                    db_int(q, "since"), db_int(q, "merged_into")};
    TRY(db_done(q));
    *ret = list;
    return ERR_NONE;
}

/* Nothing but the first rows of an index, so that it costs the same however many wait. */
err store_room_queue(db_conn *c, arena *a, int64_t brand, int64_t incident, struct page_key after, int limit,
                     room_waiting_list *ret) {
    db_query *q = db_sql(c, "SELECT v.id, v.customer_id, v.waiting_since AS since, 0 AS merged_into FROM "
                            "conversation v WHERE v.brand_id = $1 AND v.incident_id = $2 AND "
                            "v.incident_id <> 0 AND v.state = 'us' AND (v.waiting_since, v.id) > ($3, $4) "
                            "ORDER BY v.waiting_since, v.id LIMIT $5");
    return list_waiting(q, a, brand, incident, after, limit, ret);
}

err store_room_queue_owed(db_conn *c, arena *a, int64_t brand, int64_t incident, struct page_key after,
                          int limit, room_waiting_list *ret) {
    db_query *q = db_sql(
        c, "SELECT v.id, o.customer_id, o.since, v.merged_into FROM room_owed o JOIN conversation v ON "
           "v.brand_id = o.brand_id AND v.id = o.conversation_id WHERE o.brand_id = $1 AND "
           "o.incident_id = $2 AND o.state = 'due' AND v.state <> 'us' AND (o.since, "
           "o.conversation_id) > ($3, $4) ORDER BY o.since, o.conversation_id LIMIT $5");
    return list_waiting(q, a, brand, incident, after, limit, ret);
}

err store_room_holds(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t now,
                     room_hold_list *ret) {
    db_query *q =
        db_sql(c, "SELECT k.conversation_id, k.agent_id, k.state, COALESCE((SELECT v.customer_id FROM "
                  "conversation v WHERE v.brand_id = k.brand_id AND v.id = k.conversation_id), 0) AS "
                  "customer_id FROM room_claim k WHERE k.brand_id = $1 AND k.incident_id = $2 AND "
                  "k.until_at > $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, now);
    room_hold_list list = {0};
    while (db_row(q)) {
        struct room_hold *h = list_add(a, &list);
        *h = (struct room_hold){db_int(q, "conversation_id"), db_int(q, "agent_id"), db_int(q, "customer_id"),
                                claim_state_of(db_text(q, a, "state"))};
    }
    TRY(db_done(q));
    *ret = list;
    return ERR_NONE;
}

err store_room_skips(db_conn *c, arena *a, int64_t brand, int64_t agent, int64_t now, id_list *ret) {
    db_query *q = db_sql(c, "SELECT conversation_id FROM room_skip WHERE brand_id = $1 AND agent_id = $2 AND "
                            "until_at > $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, agent);
    db_bind_int(q, 3, now);
    id_list list = {0};
    while (db_row(q)) *list_add(a, &list) = db_int(q, "conversation_id");
    TRY(db_done(q));
    *ret = list;
    return ERR_NONE;
}

err store_room_letters(db_conn *c, int64_t brand, const int64_t conversations[static ROOM_MOST_OF],
                       int64_t ret_letters[static ROOM_MOST_OF]) {
    db_query *q = db_sql(
        c, "SELECT v.id, (SELECT COUNT(*) FROM (SELECT 1 AS one FROM message m WHERE m.brand_id = v.brand_id "
           "AND m.conversation_id = v.id AND m.kind = 'letter' LIMIT 50) x) AS letters FROM conversation v "
           "WHERE v.brand_id = $1 AND v.id IN ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)");
    db_bind_int(q, 1, brand);
    for (int i = 0; i < ROOM_MOST_OF; i++) db_bind_int(q, 2 + i, conversations[i]);
    while (db_row(q)) {
        int64_t id = db_int(q, "id"), letters = db_int(q, "letters");
        for (int i = 0; i < ROOM_MOST_OF; i++)
            if (conversations[i] == id) ret_letters[i] = letters;
    }
    return db_done(q);
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

/* A piece of an index for each stretch: sorting 100,000 rows into groups takes ten times as long. */
static err count_began(db_conn *c, int64_t brand, int64_t incident, int64_t from, int64_t until,
                       int64_t *came) {
    db_query *q =
        db_sql(c, "SELECT COUNT(*) AS n FROM conversation WHERE brand_id = $1 AND incident_id = $2 AND "
                  "incident_id <> 0 AND state = 'us' AND waiting_since >= $3 AND waiting_since < $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, from);
    db_bind_int(q, 4, until);
    if (db_row(q)) *came += db_int(q, "n");
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
    return count_began(c, brand, incident, lately, INT64_MAX, &r->came_lately);
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
    q = db_sql(
        c, "SELECT state, COUNT(*) AS n FROM incident_conversation WHERE brand_id = $1 AND incident_id = $2 "
           "GROUP BY state");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    while (db_row(q)) {
        str state = db_text(q, a, "state");
        if (str_eq(state, S("in"))) r->in = db_int(q, "n");
        if (str_eq(state, S("proposed"))) r->proposed = db_int(q, "n");
    }
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
    for (int i = 0; i < n; i++)
        TRY(count_began(c, brand, incident, i ? ret[i].at : 0, i + 1 < n ? ret[i + 1].at : INT64_MAX,
                        &ret[i].came));
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
