#include "store/incident.h"

#include "base/random.h"
#include "store/room.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const char *const states[INCIDENT_STATES] = {"proposed", "open", "over", "dismissed", "merged"};
static const char *const parts[INCIDENT_PARTS] = {"proposed", "in", "out"};

const char *incident_state_name(incident_state v) { return states[v]; }
const char *incident_part_name(incident_part v) { return parts[v]; }

static bool find(const char *const *names, size_t n, str s, int *ret) {
    for (size_t i = 0; i < n; i++) {
        if (!str_eq(s, str_z(names[i]))) continue;
        *ret = (int)i;
        return true;
    }
    return false;
}

bool incident_state_from(str s, incident_state *ret) {
    int at;
    if (!find(states, COUNT(states), s, &at)) return false;
    *ret = (incident_state)at;
    return true;
}

bool incident_part_from(str s, incident_part *ret) {
    int at;
    if (!find(parts, COUNT(parts), s, &at)) return false;
    *ret = (incident_part)at;
    return true;
}

/* ---- incidents ---- */

static void bind(db_query *q, int64_t brand, const struct store_incident *r) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_text(q, 3, str_z(states[r->state]));
    db_bind_text(q, 4, r->title);
    db_bind_int(q, 5, r->began_at);
    db_bind_int(q, 6, r->opened_at);
    db_bind_int(q, 7, r->opened_by);
    db_bind_int(q, 8, r->ended_at);
    db_bind_int(q, 9, r->ended_by);
    db_bind_text(q, 10, r->note);
    db_bind_int(q, 11, r->quiet_until);
    db_bind_int(q, 12, r->merged_into);
    db_bind_int(q, 13, r->updated_at);
    db_bind_int(q, 14, r->version);
}

err store_incident_insert(db_conn *c, int64_t brand, const struct store_incident *r) {
    db_query *q =
        db_sql(c, "INSERT INTO incident (brand_id, id, state, title, began_at, opened_at, opened_by, "
                  "ended_at, ended_by, note, quiet_until, merged_into, updated_at, version, "
                  "proposed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, "
                  "$14, $15)");
    bind(q, brand, r);
    db_bind_int(q, 15, r->proposed_at);
    return db_done(q);
}

err store_incident_update(db_conn *c, int64_t brand, const struct store_incident *r) {
    db_query *q = db_sql(c, "UPDATE incident SET state = $3, title = $4, began_at = $5, opened_at = $6, "
                            "opened_by = $7, ended_at = $8, ended_by = $9, note = $10, quiet_until = $11, "
                            "merged_into = $12, updated_at = $13, version = $14 "
                            "WHERE brand_id = $1 AND id = $2 AND version = $14 - 1");
    bind(q, brand, r);
    TRY(db_done(q));
    if (!db_changes(q))
        return err_set(ERR_CONFLICT, "Somebody changed this incident at the same moment; look again.");
    return ERR_NONE;
}

err store_incident_stirred(db_conn *c, int64_t brand, int64_t id, int64_t at) {
    db_query *q = db_sql(c, "UPDATE incident SET updated_at = $3 WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    db_bind_int(q, 3, at);
    return db_done(q);
}

#define NAME_OF(agent)                                                                                       \
    "COALESCE((SELECT p.name FROM agent g JOIN account p ON p.id = g.account_id WHERE g.brand_id = "         \
    "i.brand_id AND g.id = i." agent "), '')"
#define HOW_MANY(state)                                                                                      \
    "(SELECT COUNT(*) FROM incident_conversation k WHERE k.brand_id = i.brand_id AND k.incident_id = i.id "  \
    "AND k.state = '" state "')"
#define INCIDENTS_WITH(in, proposed)                                                                         \
    "SELECT i.id, i.state, i.title, i.began_at, i.proposed_at, i.opened_at, i.opened_by, i.ended_at, "       \
    "i.ended_by, i.note, i.quiet_until, i.merged_into, i.updated_at, i.version, " /**/                       \
        NAME_OF("opened_by") " AS opened_name, " /**/ NAME_OF(                                               \
            "ended_by") " AS ended_name, " in " AS n_in, " proposed                                          \
                        " AS n_proposed FROM incident i WHERE i.brand_id = $1 "
/* Counting costs a step for each conversation: for those who show it. */
#define INCIDENTS_COUNTED INCIDENTS_WITH(HOW_MANY("in"), HOW_MANY("proposed"))
#define INCIDENTS INCIDENTS_WITH("0", "0")

static err take(db_query *q, arena *a, store_incident_list *ret) {
    store_incident_list rows = {0};
    while (db_row(q)) {
        struct store_incident *r = list_add(a, &rows);
        *r = (struct store_incident){.id = db_int(q, "id"),
                                     .title = db_text(q, a, "title"),
                                     .began_at = db_int(q, "began_at"),
                                     .proposed_at = db_int(q, "proposed_at"),
                                     .opened_at = db_int(q, "opened_at"),
                                     .opened_by = db_int(q, "opened_by"),
                                     .ended_at = db_int(q, "ended_at"),
                                     .ended_by = db_int(q, "ended_by"),
                                     .note = db_text(q, a, "note"),
                                     .quiet_until = db_int(q, "quiet_until"),
                                     .merged_into = db_int(q, "merged_into"),
                                     .updated_at = db_int(q, "updated_at"),
                                     .version = db_int(q, "version"),
                                     .opened_name = db_text(q, a, "opened_name"),
                                     .ended_name = db_text(q, a, "ended_name"),
                                     .in = db_int(q, "n_in"),
                                     .proposed = db_int(q, "n_proposed")};
        incident_state_from(db_text(q, a, "state"), &r->state);
    }
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_incident_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_incident *ret) {
    db_query *q = db_sql(c, INCIDENTS "AND i.id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    store_incident_list rows;
    TRY(take(q, a, &rows));
    if (!rows.n) return err_set(ERR_MISSING, "There is no such incident.");
    *ret = rows.v[0];
    return ERR_NONE;
}

/* $n to $n + 4: the states. */
static void bind_states(db_query *q, int at, unsigned wanted) {
    for (int i = 0; i < INCIDENT_STATES; i++)
        db_bind_text(q, at + i, wanted >> i & 1 ? str_z(states[i]) : S(""));
}

err store_incident_counts(db_conn *c, int64_t brand, struct store_incident *r) {
    db_query *q = db_sql(c, "SELECT " HOW_MANY("in") " AS n_in, " HOW_MANY(
                                "proposed") " AS n_proposed FROM "
                                            "incident i WHERE i.brand_id = $1 AND i.id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    if (db_row(q)) {
        r->in = db_int(q, "n_in");
        r->proposed = db_int(q, "n_proposed");
    }
    return db_done(q);
}

err store_incidents(db_conn *c, arena *a, int64_t brand, unsigned wanted, int64_t before, int limit,
                    store_incident_list *ret) {
    db_query *q = db_sql(c, INCIDENTS_COUNTED "AND i.state IN ($4, $5, $6, $7, $8) AND i.id < $2 "
                                              "ORDER BY i.id DESC LIMIT $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, before ? before : INT64_MAX);
    db_bind_int(q, 3, limit);
    bind_states(q, 4, wanted);
    return take(q, a, ret);
}

err store_incidents_lately(db_conn *c, arena *a, int64_t brand, int64_t now, int64_t ended_after, int limit,
                           store_incident_list *ret) {
    db_query *q =
        db_sql(c, INCIDENTS "AND (i.state IN ('open', 'proposed') OR (i.state = 'over' AND i.ended_at > $3) "
                            "OR (i.state = 'dismissed' AND i.quiet_until > $2)) ORDER BY i.id DESC LIMIT $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, now);
    db_bind_int(q, 3, ended_after);
    db_bind_int(q, 4, limit);
    return take(q, a, ret);
}

err store_incident_count(db_conn *c, int64_t brand, unsigned wanted, int64_t *ret) {
    db_query *q = db_sql(c, "SELECT COUNT(*) AS n FROM incident i WHERE i.brand_id = $1 "
                            "AND i.state IN ($2, $3, $4, $5, $6)");
    db_bind_int(q, 1, brand);
    bind_states(q, 2, wanted);
    int64_t n = db_row(q) ? db_int(q, "n") : 0;
    TRY(db_done(q));
    *ret = n;
    return ERR_NONE;
}

/* ---- words ---- */

static err put_word(db_conn *c, int64_t brand, int64_t incident, const struct incident_word *w) {
    db_query *q = db_sql(
        c, "INSERT INTO incident_word (brand_id, incident_id, key, words, customers, expected, chance, "
           "window_ms, weight, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
           "ON CONFLICT (brand_id, incident_id, key) DO UPDATE SET words = excluded.words, "
           "customers = excluded.customers, expected = excluded.expected, chance = excluded.chance, "
           "window_ms = excluded.window_ms, weight = excluded.weight, at = excluded.at");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, w->key);
    db_bind_text(q, 4, w->words);
    db_bind_int(q, 5, w->customers);
    db_bind_int(q, 6, w->expected);
    db_bind_int(q, 7, w->chance);
    db_bind_int(q, 8, w->window_ms);
    db_bind_int(q, 9, w->weight);
    db_bind_int(q, 10, w->at);
    return db_done(q);
}

err store_incident_words_put(db_conn *c, int64_t brand, int64_t incident, const struct incident_word *words,
                             size_t n) {
    db_query *q = db_sql(c, "DELETE FROM incident_word WHERE brand_id = $1 AND incident_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    TRY(db_done(q));
    for (size_t i = 0; i < n; i++) TRY(put_word(c, brand, incident, &words[i]));
    return ERR_NONE;
}

err store_incident_words(db_conn *c, arena *a, int64_t brand, int64_t incident, incident_word_list *ret) {
    db_query *q = db_sql(c, "SELECT key, words, customers, expected, chance, window_ms, weight, at FROM "
                            "incident_word WHERE brand_id = $1 AND incident_id = $2 "
                            "ORDER BY chance, customers DESC, key");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    incident_word_list rows = {0};
    while (db_row(q))
        *list_add(a, &rows) = (struct incident_word){.key = db_int(q, "key"),
                                                     .words = db_text(q, a, "words"),
                                                     .customers = db_int(q, "customers"),
                                                     .expected = db_int(q, "expected"),
                                                     .chance = db_int(q, "chance"),
                                                     .window_ms = db_int(q, "window_ms"),
                                                     .weight = db_int(q, "weight"),
                                                     .at = db_int(q, "at")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

/* ---- conversations ---- */

static void bind_part(db_query *q, int64_t brand, const struct incident_conversation *r) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_int(q, 3, r->incident_id);
    db_bind_int(q, 4, r->conversation_id);
    db_bind_int(q, 5, r->message_id);
    db_bind_text(q, 6, str_z(parts[r->state]));
    db_bind_text(q, 7, r->why);
    db_bind_int(q, 8, r->at);
    db_bind_int(q, 9, r->agent_id);
}

#define INSERT_PART                                                                                          \
    "INSERT INTO incident_conversation (brand_id, id, incident_id, conversation_id, message_id, state, "     \
    "why, "                                                                                                  \
    "at, agent_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (brand_id, incident_id, "         \
    "conversation_id) DO "

err store_incident_conversation_put(db_conn *c, int64_t brand, const struct incident_conversation *r) {
    db_query *q =
        db_sql(c, INSERT_PART "UPDATE SET state = excluded.state, why = excluded.why, message_id = "
                              "excluded.message_id, at = excluded.at, agent_id = excluded.agent_id");
    bind_part(q, brand, r);
    TRY(db_done(q));
    return store_room_place(c, brand, r->conversation_id);
}

err store_incident_conversation_propose(db_conn *c, int64_t brand, const struct incident_conversation *r,
                                        bool *ret_there) {
    db_query *q = db_sql(c, INSERT_PART "NOTHING");
    bind_part(q, brand, r);
    TRY(db_done(q));
    *ret_there = db_changes(q) == 0;
    return ERR_NONE;
}

#define PARTS                                                                                                \
    "SELECT k.id, k.incident_id, k.conversation_id, k.message_id, k.state, k.why, k.at, k.agent_id, "        \
    "v.number, v.customer_id, v.waiting_since, v.agent_id AS holder_id, v.created_at AS came_at, "           \
    "v.subject, "                                                                                            \
    "v.snippet, v.channel, v.state AS conversation_state, u.name AS customer_name, "                         \
    "COALESCE((SELECT p.name FROM agent g JOIN account p ON p.id = g.account_id WHERE g.brand_id = "         \
    "k.brand_id AND g.id = k.agent_id), '') AS agent_name, i.state AS incident_state, i.title "              \
    "FROM incident_conversation k "                                                                          \
    "JOIN incident i ON i.brand_id = k.brand_id AND i.id = k.incident_id "                                   \
    "JOIN conversation v ON v.brand_id = k.brand_id AND v.id = k.conversation_id "                           \
    "JOIN customer u ON u.brand_id = v.brand_id AND u.id = v.customer_id WHERE k.brand_id = $1 "

static err take_parts(db_query *q, arena *a, incident_conversation_list *ret) {
    incident_conversation_list rows = {0};
    while (db_row(q)) {
        struct incident_conversation *r = list_add(a, &rows);
        *r = (struct incident_conversation){.id = db_int(q, "id"),
                                            .incident_id = db_int(q, "incident_id"),
                                            .conversation_id = db_int(q, "conversation_id"),
                                            .message_id = db_int(q, "message_id"),
                                            .why = db_text(q, a, "why"),
                                            .at = db_int(q, "at"),
                                            .agent_id = db_int(q, "agent_id"),
                                            .number = db_int(q, "number"),
                                            .customer_id = db_int(q, "customer_id"),
                                            .waiting_since = db_int(q, "waiting_since"),
                                            .holder_id = db_int(q, "holder_id"),
                                            .came_at = db_int(q, "came_at"),
                                            .customer_name = db_text(q, a, "customer_name"),
                                            .subject = db_text(q, a, "subject"),
                                            .snippet = db_text(q, a, "snippet"),
                                            .channel = db_text(q, a, "channel"),
                                            .agent_name = db_text(q, a, "agent_name"),
                                            .incident_title = db_text(q, a, "title")};
        incident_part_from(db_text(q, a, "state"), &r->state);
        conversation_state_from(db_text(q, a, "conversation_state"), &r->conversation_state);
        incident_state_from(db_text(q, a, "incident_state"), &r->incident_state);
    }
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_incident_conversation_get(db_conn *c, arena *a, int64_t brand, int64_t incident,
                                    int64_t conversation, struct incident_conversation *ret) {
    db_query *q = db_sql(c, PARTS "AND k.incident_id = $2 AND k.conversation_id = $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, conversation);
    incident_conversation_list rows;
    TRY(take_parts(q, a, &rows));
    *ret = rows.n ? rows.v[0] : (struct incident_conversation){0};
    return ERR_NONE;
}

err store_incident_conversations(db_conn *c, arena *a, int64_t brand, int64_t incident, incident_part state,
                                 int64_t after, int limit, incident_conversation_list *ret) {
    db_query *q = db_sql(c, PARTS "AND k.incident_id = $2 AND k.state = $3 AND k.id > $4 "
                                  "ORDER BY k.id LIMIT $5");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_text(q, 3, str_z(parts[state]));
    db_bind_int(q, 4, after);
    db_bind_int(q, 5, limit);
    return take_parts(q, a, ret);
}

err store_incidents_of_conversation(db_conn *c, arena *a, int64_t brand, int64_t conversation,
                                    incident_conversation_list *ret) {
    db_query *q = db_sql(c, PARTS "AND k.conversation_id = $2 ORDER BY CASE i.state WHEN 'open' THEN 0 "
                                  "WHEN 'proposed' THEN 1 ELSE 2 END, k.incident_id DESC LIMIT 50");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    return take_parts(q, a, ret);
}

err store_incident_open_of(db_conn *c, int64_t brand, int64_t conversation, int64_t *ret_incident) {
    db_query *q = db_sql(c, "SELECT k.incident_id FROM incident_conversation k JOIN incident i "
                            "ON i.brand_id = k.brand_id AND i.id = k.incident_id WHERE k.brand_id = $1 "
                            "AND k.conversation_id = $2 AND k.state = 'in' AND i.state = 'open' "
                            "ORDER BY k.incident_id DESC LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    int64_t id = db_row(q) ? db_int(q, "incident_id") : 0;
    TRY(db_done(q));
    *ret_incident = id;
    return ERR_NONE;
}

err store_incident_messages(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t from, int limit,
                            id_list *ret) {
    db_query *q = db_sql(c, "SELECT message_id FROM incident_conversation WHERE brand_id = $1 "
                            "AND incident_id = $2 AND message_id > 0 AND message_id >= $4 "
                            "ORDER BY message_id DESC LIMIT $3");
    db_bind_int(q, 4, from);
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, limit);
    id_list ids = {0};
    while (db_row(q)) *list_add(a, &ids) = db_int(q, "message_id");
    TRY(db_done(q));
    *ret = ids;
    return ERR_NONE;
}

/* A person decided above what was proposed: in above out above proposed. */
#define RANK(x) "CASE " x ".state WHEN 'in' THEN 2 WHEN 'out' THEN 1 ELSE 0 END"

err store_incident_merge(db_conn *c, int64_t brand, int64_t from, int64_t into) {
    db_query *q = db_sql(
        c, "DELETE FROM incident_conversation WHERE brand_id = $1 AND incident_id = $3 "
           "AND EXISTS (SELECT 1 FROM incident_conversation f WHERE f.brand_id = $1 "
           "AND f.incident_id = $2 AND f.conversation_id = "
           "incident_conversation.conversation_id AND " RANK("f") " > " RANK("incident_conversation") ")");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, from);
    db_bind_int(q, 3, into);
    TRY(db_done(q));
    q = db_sql(c, "UPDATE incident_conversation SET incident_id = $3 WHERE brand_id = $1 "
                  "AND incident_id = $2 AND NOT EXISTS (SELECT 1 FROM incident_conversation t "
                  "WHERE t.brand_id = $1 AND t.incident_id = $3 AND t.conversation_id = "
                  "incident_conversation.conversation_id)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, from);
    db_bind_int(q, 3, into);
    TRY(db_done(q));
    /* What the other has of the same conversation stands. */
    q = db_sql(c, "DELETE FROM incident_conversation WHERE brand_id = $1 AND incident_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, from);
    TRY(db_done(q));
    return store_room_merge(c, brand, from, into);
}

err store_incident_follow(db_conn *c, arena *a, int64_t brand, int64_t from, int64_t to, int64_t now,
                          id_list *ret_rows) {
    incident_conversation_list rows;
    id_list made = {0};
    int64_t open;
    TRY(store_incidents_of_conversation(c, a, brand, from, &rows));
    TRY(store_incident_open_of(c, brand, to, &open));
    for (size_t i = 0; i < rows.n; i++) {
        struct incident_conversation r = rows.v[i];
        bool there;
        if (r.incident_state == INCIDENT_DISMISSED || r.incident_state == INCIDENT_MERGED) continue;
        r.id = id_new(now);
        r.conversation_id = to;
        if (r.state == INCIDENT_PART_IN && r.incident_state == INCIDENT_OPEN && open && open != r.incident_id)
            r.state = INCIDENT_PART_PROPOSED;
        TRY(store_incident_conversation_propose(c, brand, &r, &there));
        if (!there) *list_add(a, &made) = r.id;
    }
    TRY(store_room_place(c, brand, to));
    *ret_rows = made;
    return ERR_NONE;
}

err store_incident_conversation_drop(db_conn *c, int64_t brand, int64_t row, int64_t conversation) {
    db_query *q = db_sql(c, "DELETE FROM incident_conversation WHERE brand_id = $1 AND id = $2 "
                            "AND conversation_id = $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, row);
    db_bind_int(q, 3, conversation);
    TRY(db_done(q));
    return store_room_place(c, brand, conversation);
}

err store_incident_forget(db_conn *c, int64_t brand, int64_t conversation) {
    db_query *q = db_sql(c, "UPDATE incident_conversation SET why = '' WHERE brand_id = $1 "
                            "AND conversation_id = $2 AND why <> ''");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    TRY(db_done(q));
    q = db_sql(c, "DELETE FROM watch_letter WHERE brand_id = $1 AND message_id IN (SELECT id FROM message "
                  "WHERE brand_id = $1 AND conversation_id = $2)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    return db_done(q);
}
