/* Stories, the questions about them, and forgetting them. */
#include "store/story.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static bool find(const char *const *names, size_t n, str s, int *ret) {
    for (size_t i = 0; i < n; i++) {
        if (!str_eq(str_z(names[i]), s)) continue;
        *ret = (int)i;
        return true;
    }
    return false;
}

#define SET(type, ...)                                                                                       \
    static const char *const type##_names[] = {__VA_ARGS__};                                                 \
    const char *type##_name(type v) { return (size_t)v < COUNT(type##_names) ? type##_names[v] : ""; }       \
    bool type##_from(str s, type *ret) {                                                                     \
        int at;                                                                                              \
        if (!find(type##_names, COUNT(type##_names), s, &at)) return false;                                  \
        *ret = (type)at;                                                                                     \
        return true;                                                                                         \
    }

SET(story_state, "found", "aside", "asked", "yes", "no", "withdrawn")
SET(story_answer, "", "full", "first", "nameless", "no")
SET(story_shelf, "new", "thanked", "asked", "shown", "no", "aside")

/* ---- stories ---- */

err store_story_insert(db_conn *c, int64_t brand, const struct store_tale *r) {
    db_query *q = db_sql(c, "INSERT INTO story (brand_id, id, message_id, state, kept_by, quote, reach, "
                            "reach_how, reach_by, ask_id, created_at, updated_at, version) VALUES "
                            "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1) "
                            "ON CONFLICT (brand_id, message_id) DO NOTHING");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_int(q, 3, r->message_id);
    db_bind_text(q, 4, str_z(story_state_name(r->state)));
    db_bind_int(q, 5, r->kept_by);
    db_bind_text(q, 6, r->quote);
    db_bind_int(q, 7, r->reach);
    db_bind_text(q, 8, r->reach_how);
    db_bind_int(q, 9, r->reach_by);
    db_bind_int(q, 10, r->ask_id);
    db_bind_int(q, 11, r->created_at);
    db_bind_int(q, 12, r->updated_at);
    TRY(db_done(q));
    return db_changes(q) ? ERR_NONE : err_set(ERR_CONFLICT, "This letter is among the stories already.");
}

err store_story_update(db_conn *c, int64_t brand, const struct store_tale *r) {
    db_query *q =
        db_sql(c, "UPDATE story SET state = $3, quote = $4, reach = $5, reach_how = $6, reach_by = $7, "
                  "ask_id = $8, updated_at = $9, version = version + 1 WHERE brand_id = $1 AND id = $2 "
                  "AND version = $10");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_text(q, 3, str_z(story_state_name(r->state)));
    db_bind_text(q, 4, r->quote);
    db_bind_int(q, 5, r->reach);
    db_bind_text(q, 6, r->reach_how);
    db_bind_int(q, 7, r->reach_by);
    db_bind_int(q, 8, r->ask_id);
    db_bind_int(q, 9, r->updated_at);
    db_bind_int(q, 10, r->version);
    TRY(db_done(q));
    return db_changes(q) ? ERR_NONE
                         : err_set(ERR_CONFLICT,
                                   "Somebody changed this story in the meantime; look at it again first.");
}

/* With the first reply of ours behind the letter as r. */
#define COLUMNS                                                                                              \
    "s.id, s.message_id, s.state, s.kept_by, s.quote, s.reach, s.reach_how, s.reach_by, s.ask_id, "          \
    "s.created_at, s.updated_at, s.version, m.conversation_id, v.customer_id, m.said_at, "                   \
    "COALESCE(x.agent_id, 0) AS praise_agent, COALESCE(x.kinds, 0) AS kinds, m.channel, m.text, m.subject, " \
    "m.from_name, " /* In a conversation others may write, too; what they say is theirs. */                  \
    "CASE WHEN m.from_name <> '' AND NOT EXISTS (SELECT 1 FROM customer_address w WHERE "                    \
    "w.brand_id = m.brand_id AND w.address = m.from_address AND w.customer_id = v.customer_id) "             \
    "THEN m.from_name ELSE u.name END AS customer_name, COALESCE(px.name, '') AS praise_name, "              \
    "COALESCE(pk.name, '') AS kept_name, COALESCE(r.said_at, 0) AS thanked_at, "                             \
    "COALESCE(r.id, 0) AS thanked_message, COALESCE(pr.name, '') AS thanked_name, "                          \
    "k.id AS k_id, k.agent_id AS k_agent, k.message_id AS k_message, k.grown_up, k.quote AS k_quote, "       \
    "k.created_at AS k_created, k.expires_at, k.ended_at, k.answer, k.answered_at, k.name AS k_name, "       \
    "k.wall, k.team, k.photos, k.wording, k.language, k.withdrawn_at, k.withdrawn_by, "                      \
    "COALESCE(pa.name, '') AS asked_name "
#define REPLY_BEHIND                                                                                         \
    "SELECT MIN(y.id) FROM message y WHERE y.brand_id = m.brand_id "                                         \
    "AND y.conversation_id = m.conversation_id AND y.id > m.id AND y.kind = 'reply' "                        \
    "AND y.state <> 'failed'"
#define TABLES                                                                                               \
    "FROM story s JOIN message m ON m.brand_id = s.brand_id AND m.id = s.message_id "                        \
    "JOIN conversation v ON v.brand_id = m.brand_id AND v.id = m.conversation_id "                           \
    "JOIN customer u ON u.brand_id = v.brand_id AND u.id = v.customer_id "                                   \
    "LEFT JOIN story_praise x ON x.brand_id = s.brand_id AND x.message_id = s.message_id "                   \
    "LEFT JOIN agent gx ON gx.brand_id = s.brand_id AND gx.id = x.agent_id "                                 \
    "LEFT JOIN account px ON px.id = gx.account_id "                                                         \
    "LEFT JOIN agent gk ON gk.brand_id = s.brand_id AND gk.id = s.kept_by "                                  \
    "LEFT JOIN account pk ON pk.id = gk.account_id "                                                         \
    "LEFT JOIN message r ON r.brand_id = s.brand_id AND r.id = (" REPLY_BEHIND ") "                          \
    "LEFT JOIN agent gr ON gr.brand_id = s.brand_id AND gr.id = r.agent_id "                                 \
    "LEFT JOIN account pr ON pr.id = gr.account_id "                                                         \
    "LEFT JOIN story_ask k ON k.brand_id = s.brand_id AND k.id = s.ask_id "                                  \
    "LEFT JOIN agent ga ON ga.brand_id = s.brand_id AND ga.id = k.agent_id "                                 \
    "LEFT JOIN account pa ON pa.id = ga.account_id "

static void read_ask(db_query *q, arena *a, struct store_story_ask *r) {
    r->grown_up = db_int(q, "grown_up") != 0;
    r->expires_at = db_int(q, "expires_at");
    r->ended_at = db_int(q, "ended_at");
    story_answer_from(db_text(q, a, "answer"), &r->answer);
    r->answered_at = db_int(q, "answered_at");
    r->wall = db_int(q, "wall") != 0;
    r->team = db_int(q, "team") != 0;
    r->photos = db_int(q, "photos") != 0;
    r->wording = db_int(q, "wording");
    r->language = db_text(q, a, "language");
    r->withdrawn_at = db_int(q, "withdrawn_at");
    r->withdrawn_by = db_text(q, a, "withdrawn_by");
}

static void read_story(db_query *q, arena *a, int64_t brand, struct store_tale *r) {
    *r = (struct store_tale){.id = db_int(q, "id"),
                             .message_id = db_int(q, "message_id"),
                             .kept_by = db_int(q, "kept_by"),
                             .quote = db_text(q, a, "quote"),
                             .reach = db_int(q, "reach"),
                             .reach_how = db_text(q, a, "reach_how"),
                             .reach_by = db_int(q, "reach_by"),
                             .ask_id = db_int(q, "ask_id"),
                             .created_at = db_int(q, "created_at"),
                             .updated_at = db_int(q, "updated_at"),
                             .version = db_int(q, "version"),
                             .conversation_id = db_int(q, "conversation_id"),
                             .customer_id = db_int(q, "customer_id"),
                             .said_at = db_int(q, "said_at"),
                             .praise_agent = db_int(q, "praise_agent"),
                             .kinds = (int)db_int(q, "kinds"),
                             .text = db_text(q, a, "text"),
                             .subject = db_text(q, a, "subject"),
                             .from_name = db_text(q, a, "from_name"),
                             .customer_name = db_text(q, a, "customer_name"),
                             .praise_name = db_text(q, a, "praise_name"),
                             .kept_name = db_text(q, a, "kept_name"),
                             .thanked_at = db_int(q, "thanked_at"),
                             .thanked_message = db_int(q, "thanked_message"),
                             .thanked_name = db_text(q, a, "thanked_name")};
    story_state_from(db_text(q, a, "state"), &r->state);
    channel_from(db_text(q, a, "channel"), &r->channel);
    r->ask = (struct store_story_ask){.brand_id = brand, .id = db_int(q, "k_id"), .story_id = r->id};
    if (!r->ask.id) return;
    r->ask.agent_id = db_int(q, "k_agent");
    r->ask.message_id = db_int(q, "k_message");
    r->ask.quote = db_text(q, a, "k_quote");
    r->ask.created_at = db_int(q, "k_created");
    r->ask.name = db_text(q, a, "k_name");
    r->ask.agent_name = db_text(q, a, "asked_name");
    read_ask(q, a, &r->ask);
}

err store_story_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_tale *ret) {
    db_query *q = db_sql(c, "SELECT " COLUMNS TABLES "WHERE s.brand_id = $1 AND s.id = $2");
    struct store_tale row;
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    bool there = db_row(q);
    if (there) read_story(q, a, brand, &row);
    TRY(db_done(q));
    if (!there) return err_set(ERR_MISSING, "There is no such story.");
    *ret = row;
    return ERR_NONE;
}

err store_story_of_message(db_conn *c, int64_t brand, int64_t message, int64_t *ret_id) {
    db_query *q = db_sql(c, "SELECT id FROM story WHERE brand_id = $1 AND message_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    int64_t id = db_row(q) ? db_int(q, "id") : 0;
    TRY(db_done(q));
    *ret_id = id;
    return ERR_NONE;
}

#define REPLIED                                                                                              \
    "EXISTS (SELECT 1 FROM message y WHERE y.brand_id = m.brand_id "                                         \
    "AND y.conversation_id = m.conversation_id AND y.id > m.id AND y.kind = 'reply' "                        \
    "AND y.state <> 'failed')"
/* Of story s, its letter m and their conversation v. */
#define IN_NEW "s.state = 'found' AND v.closed_reason <> 'spam' AND NOT " REPLIED
#define IN_THANKED "s.state = 'found' AND v.closed_reason <> 'spam' AND " REPLIED
#define IN_ASKED "s.state = 'asked'"
#define IN_SHOWN "s.state = 'yes'"
#define IN_NO "s.state IN ('no', 'withdrawn')"
#define IN_ASIDE "s.state = 'aside'"
#define ROWS(where)                                                                                          \
    "SELECT " COLUMNS TABLES "WHERE s.brand_id = $1 AND s.id < $2 AND " where " ORDER BY s.id DESC LIMIT $3"
#define COUNTED(where)                                                                                       \
    "SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM story s WHERE s.brand_id = $1 AND " where               \
    " LIMIT $2) AS few"
/* The menu asks this again and again: of those that nobody asked about, which may be as many as there are
 * letters that praise, the newest are looked at. */
#define COUNTED_FOUND(replied)                                                                               \
    "SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM (SELECT f.brand_id, f.message_id FROM story f WHERE "   \
    "f.brand_id = $1 AND f.state = 'found' ORDER BY f.id DESC LIMIT 3000) AS s WHERE EXISTS (SELECT 1 FROM " \
    "message m JOIN conversation v ON v.brand_id = m.brand_id AND v.id = m.conversation_id WHERE "           \
    "m.brand_id = s.brand_id AND m.id = s.message_id AND v.closed_reason <> 'spam' AND " replied             \
    ") LIMIT $2) "                                                                                           \
    "AS few"

static const char *const rows_sql[STORY_SHELVES] = {
    [SHELF_NEW] = ROWS(IN_NEW),     [SHELF_THANKED] = ROWS(IN_THANKED), [SHELF_ASKED] = ROWS(IN_ASKED),
    [SHELF_SHOWN] = ROWS(IN_SHOWN), [SHELF_NO] = ROWS(IN_NO),           [SHELF_ASIDE] = ROWS(IN_ASIDE)};
static const char *const count_sql[STORY_SHELVES] = {[SHELF_NEW] = COUNTED_FOUND("NOT " REPLIED),
                                                     [SHELF_THANKED] = COUNTED_FOUND(REPLIED),
                                                     [SHELF_ASKED] = COUNTED(IN_ASKED),
                                                     [SHELF_SHOWN] = COUNTED(IN_SHOWN),
                                                     [SHELF_NO] = COUNTED(IN_NO),
                                                     [SHELF_ASIDE] = COUNTED(IN_ASIDE)};

err store_story_rows(db_conn *c, arena *a, int64_t brand, story_shelf view, int64_t before, int limit,
                     store_tale_list *ret) {
    db_query *q = db_sql(c, rows_sql[view]);
    store_tale_list all = {0};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, before ? before : INT64_MAX);
    db_bind_int(q, 3, limit);
    while (db_row(q)) read_story(q, a, brand, list_add(a, &all));
    TRY(db_done(q));
    *ret = all;
    return ERR_NONE;
}

err store_story_count(db_conn *c, int64_t brand, story_shelf view, int cap, int *ret) {
    db_query *q = db_sql(c, count_sql[view]);
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, cap);
    int64_t n = db_row(q) ? db_int(q, "n") : 0;
    TRY(db_done(q));
    *ret = (int)n;
    return ERR_NONE;
}

/* ---- questions ---- */

static void bind_said(db_query *q, const struct store_story_ask *r) {
    db_bind_int(q, 1, r->brand_id);
    db_bind_int(q, 2, r->id);
    db_bind_int(q, 3, r->message_id);
    db_bind_int(q, 4, r->grown_up);
    db_bind_text(q, 5, r->quote);
    db_bind_int(q, 6, r->expires_at);
    db_bind_int(q, 7, r->ended_at);
    db_bind_text(q, 8, str_z(story_answer_name(r->answer)));
    db_bind_int(q, 9, r->answered_at);
    db_bind_text(q, 10, r->name);
    db_bind_int(q, 11, r->wall);
    db_bind_int(q, 12, r->team);
    db_bind_int(q, 13, r->photos);
    db_bind_int(q, 14, r->wording);
    db_bind_text(q, 15, r->language);
    db_bind_int(q, 16, r->withdrawn_at);
    db_bind_text(q, 17, r->withdrawn_by);
}

err store_story_ask_insert(db_conn *c, const struct store_story_ask *r) {
    db_query *q =
        db_sql(c, "INSERT INTO story_ask (brand_id, id, message_id, grown_up, quote, expires_at, ended_at, "
                  "answer, answered_at, name, wall, team, photos, wording, language, withdrawn_at, "
                  "withdrawn_by, story_id, agent_id, hash, created_at) VALUES ($1, $2, $3, $4, $5, $6, "
                  "$7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)");
    bind_said(q, r);
    db_bind_int(q, 18, r->story_id);
    db_bind_int(q, 19, r->agent_id);
    db_bind_blob(q, 20, r->hash);
    db_bind_int(q, 21, r->created_at);
    return db_done(q);
}

err store_story_ask_update(db_conn *c, const struct store_story_ask *r) {
    db_query *q =
        db_sql(c, "UPDATE story_ask SET message_id = $3, grown_up = $4, quote = $5, expires_at = $6, "
                  "ended_at = $7, answer = $8, answered_at = $9, name = $10, wall = $11, team = $12, "
                  "photos = $13, wording = $14, language = $15, withdrawn_at = $16, withdrawn_by = $17 "
                  "WHERE brand_id = $1 AND id = $2");
    bind_said(q, r);
    return db_done(q);
}

#define ASK_COLUMNS                                                                                          \
    "k.brand_id, k.id, k.story_id, k.agent_id, k.message_id, k.grown_up, k.quote, k.created_at, "            \
    "k.expires_at, k.ended_at, k.answer, k.answered_at, k.name, k.wall, k.team, k.photos, k.wording, "       \
    "k.language, k.withdrawn_at, k.withdrawn_by, COALESCE(p.name, '') AS agent_name "
#define ASK_TABLES                                                                                           \
    "FROM story_ask k LEFT JOIN agent g ON g.brand_id = k.brand_id AND g.id = k.agent_id "                   \
    "LEFT JOIN account p ON p.id = g.account_id "

static void read_whole_ask(db_query *q, arena *a, struct store_story_ask *r) {
    *r = (struct store_story_ask){.brand_id = db_int(q, "brand_id"),
                                  .id = db_int(q, "id"),
                                  .story_id = db_int(q, "story_id"),
                                  .agent_id = db_int(q, "agent_id"),
                                  .message_id = db_int(q, "message_id"),
                                  .quote = db_text(q, a, "quote"),
                                  .created_at = db_int(q, "created_at"),
                                  .name = db_text(q, a, "name"),
                                  .agent_name = db_text(q, a, "agent_name")};
    read_ask(q, a, r);
}

err store_story_ask_by_hash(db_conn *c, arena *a, str hash, struct store_story_ask *ret) {
    db_query *q = db_sql(c, "SELECT " ASK_COLUMNS ASK_TABLES "WHERE k.hash = $1");
    struct store_story_ask row;
    db_bind_blob(q, 1, hash);
    bool there = db_row(q);
    if (there) read_whole_ask(q, a, &row);
    TRY(db_done(q));
    if (!there) return err_set(ERR_MISSING, "This link does not work.");
    *ret = row;
    return ERR_NONE;
}

err store_story_asks(db_conn *c, arena *a, int64_t brand, int64_t story, store_story_ask_list *ret) {
    db_query *q = db_sql(c, "SELECT " ASK_COLUMNS ASK_TABLES
                            "WHERE k.brand_id = $1 AND k.story_id = $2 ORDER BY k.id DESC LIMIT 100");
    store_story_ask_list all = {0};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, story);
    while (db_row(q)) read_whole_ask(q, a, list_add(a, &all));
    TRY(db_done(q));
    *ret = all;
    return ERR_NONE;
}

/* As a column, so that the letters of the conversation are gone through, not all that was heard. */
#define HEARD(conversation)                                                                                  \
    "EXISTS (SELECT 1 FROM message b WHERE b.brand_id = $1 AND b.conversation_id = " conversation            \
    " AND b.kind = 'letter' AND (SELECT l.heard FROM listening l WHERE l.brand_id = b.brand_id "             \
    "AND l.message_id = b.id) LIKE '%\"child\":true%')"

err store_story_child_near(db_conn *c, int64_t brand, int64_t conversation, bool *ret) {
    db_query *q = db_sql(
        c, "SELECT 1 AS one FROM conversation v JOIN conversation o ON o.brand_id = v.brand_id "
           "AND o.customer_id = v.customer_id AND o.id <> v.id LEFT JOIN child d ON d.brand_id = o.brand_id "
           "AND d.conversation_id = o.id WHERE v.brand_id = $1 AND v.id = $2 AND (d.state <> 'none' "
           "OR (d.state IS NULL AND " HEARD("o.id") ")) LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    bool near = db_row(q);
    TRY(db_done(q));
    *ret = near;
    return ERR_NONE;
}

err store_story_followers(db_conn *c, int64_t brand, int64_t message, int64_t *ret_n) {
    db_query *q = db_sql(c, "SELECT followers FROM post WHERE brand_id = $1 AND message_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    int64_t n = db_row(q) ? db_int(q, "followers") : -1;
    TRY(db_done(q));
    *ret_n = n;
    return ERR_NONE;
}

/* ---- forgetting ---- */

static err run_on(db_query *q, int64_t brand, int64_t id) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    return db_done(q);
}

err store_story_forget_message(db_conn *c, int64_t brand, int64_t message) {
    TRY(run_on(db_sql(c,
                      "DELETE FROM story_ask WHERE brand_id = $1 AND story_id IN (SELECT s.id FROM story s "
                      "WHERE s.brand_id = $1 AND s.message_id = $2)"),
               brand, message));
    TRY(run_on(db_sql(c, "DELETE FROM story WHERE brand_id = $1 AND message_id = $2"), brand, message));
    return run_on(db_sql(c, "DELETE FROM story_praise WHERE brand_id = $1 AND message_id = $2"), brand,
                  message);
}

#define OF_MESSAGES "IN (SELECT m.id FROM message m WHERE m.brand_id = $1 AND m.conversation_id = $2)"

err store_story_forget(db_conn *c, int64_t brand, int64_t conversation) {
    TRY(run_on(db_sql(c,
                      "DELETE FROM story_ask WHERE brand_id = $1 AND story_id IN (SELECT s.id FROM story s "
                      "WHERE s.brand_id = $1 AND s.message_id " OF_MESSAGES ")"),
               brand, conversation));
    TRY(run_on(db_sql(c, "DELETE FROM story WHERE brand_id = $1 AND message_id " OF_MESSAGES), brand,
               conversation));
    return run_on(db_sql(c, "DELETE FROM story_praise WHERE brand_id = $1 AND message_id " OF_MESSAGES),
                  brand, conversation);
}
