/* What pages show of what was counted. */
#include "base/clock.h"
#include "store/fans.h"

/* SQL that asks of one agent or of everybody is two texts, so that each goes by its own index. */
static void bind_ask(db_query *q, int64_t brand, const struct fan_ask *ask) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, ask->from);
    db_bind_int(q, 3, ask->until);
    if (ask->agent >= 0) db_bind_int(q, 4, ask->agent);
}

static err count_of(db_query *q, int64_t *ret) {
    int64_t n = db_row(q) ? db_int(q, "n") : 0;
    TRY(db_done(q));
    *ret = n;
    return ERR_NONE;
}

err store_fan_sign_count(db_conn *c, int64_t brand, fan_kind kind, const struct fan_ask *ask, int64_t *ret) {
    db_query *q = ask->agent < 0
                      ? db_sql(c, "SELECT COUNT(*) AS n FROM fan_sign WHERE brand_id = $1 AND at >= $2 "
                                  "AND at < $3 AND kind = $4")
                      : db_sql(c, "SELECT COUNT(*) AS n FROM fan_sign WHERE brand_id = $1 AND at >= $2 "
                                  "AND at < $3 AND agent_id = $4 AND kind = $5");
    bind_ask(q, brand, ask);
    db_bind_text(q, ask->agent < 0 ? 4 : 5, str_z(fan_kind_name(kind)));
    return count_of(q, ret);
}

err store_fan_sign_what(db_conn *c, arena *a, int64_t brand, fan_kind kind, const struct fan_ask *ask,
                        fan_what_list *ret) {
    fan_what_list rows = {0};
    db_query *q =
        ask->agent < 0
            ? db_sql(c,
                     "SELECT what, COUNT(*) AS n FROM fan_sign WHERE brand_id = $1 AND at >= $2 AND at < $3 "
                     "AND kind = $4 GROUP BY what ORDER BY n DESC, what")
            : db_sql(c,
                     "SELECT what, COUNT(*) AS n FROM fan_sign WHERE brand_id = $1 AND at >= $2 AND at < $3 "
                     "AND agent_id = $4 AND kind = $5 GROUP BY what ORDER BY n DESC, what");
    bind_ask(q, brand, ask);
    db_bind_text(q, ask->agent < 0 ? 4 : 5, str_z(fan_kind_name(kind)));
    while (db_row(q)) *list_add(a, &rows) = (struct fan_what){db_text(q, a, "what"), db_int(q, "n")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

#define SIGN_SQL(who, key)                                                                                   \
    "SELECT s.kind, s.subject_id, s.conversation_id, s.customer_id, s.agent_id, s.what, s.at, u.name AS "    \
    "customer_name, v.subject FROM fan_sign s JOIN conversation v ON v.brand_id = s.brand_id AND v.id = "    \
    "s.conversation_id JOIN customer u ON u.brand_id = v.brand_id AND u.id = v.customer_id WHERE "           \
    "s.brand_id = $1 AND s.at >= $2 AND s.at < $3 AND " who " AND (s.at, s.subject_id) < " key               \
    " ORDER BY s.at DESC, s.subject_id DESC LIMIT "

err store_fan_signs(db_conn *c, arena *a, int64_t brand, fan_kind kind, const struct fan_ask *ask, str what,
                    struct fan_key before, int limit, fan_sign_list *ret) {
    fan_sign_list rows = {0};
    bool all = ask->agent < 0;
    int next = all ? 4 : 5;
    db_query *q = all ? db_sql(c, SIGN_SQL("s.kind = $4 AND ($8 = '' OR s.what = $8)", "($5, $6)") "$7")
                      : db_sql(c, SIGN_SQL("s.agent_id = $4 AND s.kind = $5 AND ($9 = '' OR s.what = $9)",
                                           "($6, $7)") "$8");
    bind_ask(q, brand, ask);
    db_bind_text(q, next, str_z(fan_kind_name(kind)));
    db_bind_int(q, next + 1, before.id ? before.at : INT64_MAX);
    db_bind_int(q, next + 2, before.id ? before.id : INT64_MAX);
    db_bind_int(q, next + 3, limit);
    db_bind_text(q, next + 4, what);
    while (db_row(q))
        *list_add(a, &rows) = (struct fan_sign){.kind = kind,
                                                .subject_id = db_int(q, "subject_id"),
                                                .conversation_id = db_int(q, "conversation_id"),
                                                .customer_id = db_int(q, "customer_id"),
                                                .agent_id = db_int(q, "agent_id"),
                                                .what = db_text(q, a, "what"),
                                                .at = db_int(q, "at"),
                                                .customer_name = db_text(q, a, "customer_name"),
                                                .subject = db_text(q, a, "subject")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

/* kinds: 1 thanks, 2 praises, 4 tells, added up. Each letter is looked up by its key: as a join PostgreSQL
 * would read all messages there are for the letters of half a year. */
#define PRAISED(columns)                                                                                     \
    "SELECT " columns " FROM story_praise p WHERE p.brand_id = $1 AND p.at >= $2 AND p.at < $3 AND (SELECT " \
    "CASE WHEN m.text <> '' AND m.machine = '' AND v.closed_reason <> 'spam' THEN 1 ELSE 0 END FROM "        \
    "message m JOIN conversation v ON v.brand_id = m.brand_id AND v.id = m.conversation_id WHERE "           \
    "m.brand_id = p.brand_id AND m.id = p.message_id) = 1"
#define PRAISE_COUNTS                                                                                        \
    PRAISED("COUNT(CASE WHEN p.kinds <> 4 THEN 1 END) AS thanks, COUNT(CASE WHEN p.kinds >= 4 THEN 1 END) "  \
            "AS told")

err store_fan_praise(db_conn *c, int64_t brand, const struct fan_ask *ask, int64_t *ret_thanks,
                     int64_t *ret_told) {
    int64_t thanks = 0, told = 0;
    db_query *q = ask->agent < 0 ? db_sql(c, PRAISE_COUNTS) : db_sql(c, PRAISE_COUNTS " AND p.agent_id = $4");
    bind_ask(q, brand, ask);
    if (db_row(q)) {
        thanks = db_int(q, "thanks");
        told = db_int(q, "told");
    }
    TRY(db_done(q));
    *ret_thanks = thanks;
    *ret_told = told;
    return ERR_NONE;
}

err store_fan_thanks_times(db_conn *c, arena *a, int64_t brand, int64_t from, fan_ids *ret) {
    fan_ids times = {0};
    struct fan_ask ask = {-1, from, INT64_MAX};
    db_query *q = db_sql(c, PRAISED("p.at") " AND p.kinds <> 4");
    bind_ask(q, brand, &ask);
    while (db_row(q)) *list_add(a, &times) = db_int(q, "at");
    TRY(db_done(q));
    *ret = times;
    return ERR_NONE;
}

/* ---- promises ---- */

/* By the indexes of the promises: a state and a span of time; whose they are is looked at row by row. */
#define SETTLED                                                                                              \
    "brand_id = $1 AND whose = 'ours' AND settled_at >= $2 AND settled_at < $3 AND ($4 < 0 OR agent_id = "   \
    "$4)"

static void bind_promises(db_query *q, int64_t brand, const struct fan_ask *ask, int64_t until) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, ask->from);
    db_bind_int(q, 3, until);
    db_bind_int(q, 4, ask->agent);
}

err store_fan_promises(db_conn *c, int64_t brand, const struct fan_ask *ask, int64_t now,
                       struct fan_promises *ret) {
    struct fan_promises n;
    db_query *q = db_sql(c, "SELECT COUNT(*) AS n FROM promise WHERE " SETTLED " AND state = 'kept'");
    bind_promises(q, brand, ask, ask->until);
    TRY(count_of(q, &n.kept));
    q = db_sql(c, "SELECT COUNT(*) AS n FROM promise WHERE " SETTLED " AND state = 'broken'");
    bind_promises(q, brand, ask, ask->until);
    TRY(count_of(q, &n.broken));
    q = db_sql(
        c, "SELECT COUNT(*) AS n FROM promise WHERE brand_id = $1 AND whose = 'ours' AND state = 'open' AND "
           "due_at >= $2 AND due_at < $3 AND rise_at < $3 AND ($4 < 0 OR agent_id = $4)");
    bind_promises(q, brand, ask, ask->until < now ? ask->until : now);
    TRY(count_of(q, &n.late));
    *ret = n;
    return ERR_NONE;
}

#define PROMISE_COLUMNS                                                                                      \
    "SELECT p.id, p.conversation_id, p.due_at, p.settled_at, p.warned_at, p.text, p.state, u.name AS "       \
    "customer_name FROM "
#define PROMISE_CUSTOMER                                                                                     \
    " JOIN customer u ON u.brand_id = p.brand_id AND u.id = p.customer_id WHERE p.brand_id = $1 "
#define PROMISE_SQL                                                                                          \
    PROMISE_COLUMNS "promise p" PROMISE_CUSTOMER "AND p.whose = 'ours' AND ($4 < 0 OR p.agent_id = $4) AND "
/* Of each state by itself, in the order of its index. */
#define SETTLED_IN(of)                                                                                       \
    "SELECT brand_id, id, conversation_id, customer_id, due_at, settled_at, warned_at, text, state FROM "    \
    "promise WHERE " SETTLED " AND state = '" of                                                             \
    "' AND (settled_at, id) < ($5, $6) ORDER BY settled_at DESC, id DESC LIMIT $7"

static err promises_of(db_query *q, arena *a, fan_promise_list *ret) {
    fan_promise_list rows = {0};
    while (db_row(q)) {
        str state = db_text(q, a, "state");
        *list_add(a, &rows) = (struct fan_promise){.id = db_int(q, "id"),
                                                   .conversation_id = db_int(q, "conversation_id"),
                                                   .due_at = db_int(q, "due_at"),
                                                   .settled_at = db_int(q, "settled_at"),
                                                   .warned_at = db_int(q, "warned_at"),
                                                   .text = db_text(q, a, "text"),
                                                   .customer_name = db_text(q, a, "customer_name"),
                                                   .kept = str_eq(state, S("kept")),
                                                   .broken = str_eq(state, S("broken"))};
    }
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_fan_promise_list(db_conn *c, arena *a, int64_t brand, const struct fan_ask *ask,
                           struct fan_key before, int limit, fan_promise_list *ret) {
    db_query *q =
        db_sql(c, PROMISE_COLUMNS "(SELECT * FROM (" SETTLED_IN(
                      "kept") ") a UNION ALL SELECT * FROM "
                              "(" SETTLED_IN("broken") ") b) p" PROMISE_CUSTOMER
                                                       "ORDER BY p.settled_at DESC, p.id DESC LIMIT $7");
    bind_promises(q, brand, ask, ask->until);
    db_bind_int(q, 5, before.id ? before.at : INT64_MAX);
    db_bind_int(q, 6, before.id ? before.id : INT64_MAX);
    db_bind_int(q, 7, limit);
    return promises_of(q, a, ret);
}

err store_fan_promise_late(db_conn *c, arena *a, int64_t brand, const struct fan_ask *ask, int64_t now,
                           struct fan_key after, int limit, fan_promise_list *ret) {
    db_query *q =
        db_sql(c, PROMISE_SQL "p.state = 'open' AND p.due_at >= $2 AND p.due_at < $3 AND p.rise_at < $3 "
                              "AND (p.due_at, p.id) > ($5, $6) ORDER BY p.due_at, p.id LIMIT $7");
    bind_promises(q, brand, ask, ask->until < now ? ask->until : now);
    db_bind_int(q, 5, after.at);
    db_bind_int(q, 6, after.id);
    db_bind_int(q, 7, limit);
    return promises_of(q, a, ret);
}

/* ---- waits ---- */

/* CROSS JOIN: SQLite, which knows nothing of how many rows there are, would begin with all customers. */
#define TALK_SQL                                                                                             \
    "SELECT t.conversation_id, t.week, t.letters, t.replies, t.first_ms, t.first_id, t.final_ms, "           \
    "t.final_id, v.subject, u.name AS customer_name FROM fan_talk t CROSS JOIN conversation v CROSS JOIN "   \
    "customer u WHERE v.brand_id = t.brand_id AND v.id = t.conversation_id AND u.brand_id = v.brand_id AND " \
    "u.id = v.customer_id AND t.brand_id = $1 AND t.week = $2 AND "

static err talks_of(db_query *q, arena *a, fan_talk_list *ret) {
    fan_talk_list rows = {0};
    while (db_row(q))
        *list_add(a, &rows) = (struct fan_talk){.conversation_id = db_int(q, "conversation_id"),
                                                .week = db_int(q, "week"),
                                                .letters = db_int(q, "letters"),
                                                .replies = db_int(q, "replies"),
                                                .first_ms = db_int(q, "first_ms"),
                                                .first_id = db_int(q, "first_id"),
                                                .final_ms = db_int(q, "final_ms"),
                                                .final_id = db_int(q, "final_id"),
                                                .customer_name = db_text(q, a, "customer_name"),
                                                .subject = db_text(q, a, "subject")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_fan_waits(db_conn *c, arena *a, int64_t brand, int64_t week, bool final, struct fan_key before,
                    int limit, fan_talk_list *ret) {
    db_query *q =
        final ? db_sql(c, TALK_SQL "t.final_ms >= 0 AND (t.final_ms, t.conversation_id) < ($3, $4) ORDER BY "
                                   "t.final_ms DESC, t.conversation_id DESC LIMIT $5")
              : db_sql(c, TALK_SQL "t.first_ms >= 0 AND (t.first_ms, t.conversation_id) < ($3, $4) ORDER BY "
                                   "t.first_ms DESC, t.conversation_id DESC LIMIT $5");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, week);
    db_bind_int(q, 3, before.id ? before.at : INT64_MAX);
    db_bind_int(q, 4, before.id ? before.id : INT64_MAX);
    db_bind_int(q, 5, limit);
    return talks_of(q, a, ret);
}

err store_fan_talks(db_conn *c, arena *a, int64_t brand, int64_t week, int64_t before, int limit,
                    fan_talk_list *ret) {
    db_query *q = db_sql(c, TALK_SQL "t.conversation_id < $3 ORDER BY t.conversation_id DESC LIMIT $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, week);
    db_bind_int(q, 3, before ? before : INT64_MAX);
    db_bind_int(q, 4, limit);
    return talks_of(q, a, ret);
}

/* $2: when it was drawn, $3: quiet_ms, $4: a day, $5: a year; the same as desk/fans_count.c counts it. */
#define LIFE_COLUMNS "person, free_from, free_last, free_until, trouble_from, trouble_last, trouble_id"
#define LIFE_SQL(begins, gone_at, until, also)                                                               \
    "SELECT l.*, COALESCE(u.name, '') AS customer_name, COALESCE(v.subject, '') AS subject FROM (SELECT "    \
    "brand_id, " LIFE_COLUMNS " FROM fan_life WHERE brand_id = $1 AND (" begins                              \
    ", person) < ($6, $7) AND ($8 = 0 OR ($8 = 1 AND " until " - " begins " >= $5 AND NOT (" gone_at         \
    " <= " until " AND (" gone_at " - " begins ") / $4 <= $5 / $4)) OR ($8 = 2 AND $2 - " begins             \
    " >= $5 AND " gone_at " <= " until " AND (" gone_at " - " begins ") / $4 <= $5 / $4)) AND " also         \
    " ORDER BY " begins " DESC, person DESC LIMIT $9) l LEFT JOIN conversation v ON v.brand_id = "           \
    "l.brand_id AND v.id = l.trouble_id LEFT JOIN customer u ON u.brand_id = l.brand_id AND u.id = "         \
    "l.person ORDER BY l." begins " DESC, l.person DESC"
#define FREE_UNTIL "(CASE WHEN free_until > 0 THEN free_until ELSE $2 END)"

err store_fan_watched(db_conn *c, arena *a, int64_t brand, const struct fan_watched *of,
                      struct fan_key before, int limit, fan_life_list *ret) {
    fan_life_list rows = {0};
    db_query *q =
        of->trouble
            ? db_sql(c, LIFE_SQL("trouble_from", "(trouble_last + $3)", "$2",
                                 "trouble_from > 0 AND trouble_from <= $2"))
            : db_sql(c, LIFE_SQL("free_from", "(free_last + $3)", FREE_UNTIL, FREE_UNTIL " > free_from"));
    const int64_t values[] = {brand,
                              of->at,
                              of->quiet_ms,
                              DAY_MS,
                              365 * (int64_t)DAY_MS,
                              before.id ? before.at : INT64_MAX,
                              before.id ? before.id : INT64_MAX,
                              of->part,
                              limit};
    for (int i = 0; i < (int)(sizeof values / sizeof *values); i++) db_bind_int(q, 1 + i, values[i]);
    while (db_row(q))
        *list_add(a, &rows) = (struct fan_life){.person = db_int(q, "person"),
                                                .free_from = db_int(q, "free_from"),
                                                .free_last = db_int(q, "free_last"),
                                                .free_until = db_int(q, "free_until"),
                                                .trouble_from = db_int(q, "trouble_from"),
                                                .trouble_last = db_int(q, "trouble_last"),
                                                .trouble_id = db_int(q, "trouble_id"),
                                                .customer_name = db_text(q, a, "customer_name"),
                                                .subject = db_text(q, a, "subject")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

/* ---- whom an agent lets see their page ---- */

err store_fan_share_set(db_conn *c, int64_t brand, int64_t agent, int64_t reader, bool on, int64_t now) {
    db_query *q =
        on ? db_sql(c, "INSERT INTO fan_share (brand_id, agent_id, reader_id, at) VALUES ($1, $2, $3, $4) "
                       "ON CONFLICT DO NOTHING")
           : db_sql(c, "DELETE FROM fan_share WHERE brand_id = $1 AND agent_id = $2 AND reader_id = $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, agent);
    db_bind_int(q, 3, reader);
    if (on) db_bind_int(q, 4, now);
    return db_done(q);
}

err store_fan_share_is(db_conn *c, int64_t brand, int64_t agent, int64_t reader, bool *ret) {
    int64_t n;
    db_query *q = db_sql(c, "SELECT COUNT(*) AS n FROM fan_share WHERE brand_id = $1 AND agent_id = $2 AND "
                            "reader_id = $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, agent);
    db_bind_int(q, 3, reader);
    TRY(count_of(q, &n));
    *ret = n > 0;
    return ERR_NONE;
}

static err shares_of(db_query *q, arena *a, int64_t brand, int64_t agent, fan_share_list *ret) {
    fan_share_list rows = {0};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, agent);
    while (db_row(q))
        *list_add(a, &rows) =
            (struct fan_share){db_int(q, "id"), db_text(q, a, "name"), db_int(q, "is_on") != 0};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_fan_shares(db_conn *c, arena *a, int64_t brand, int64_t agent, fan_share_list *ret) {
    return shares_of(
        db_sql(c, "SELECT g.id, p.name, CASE WHEN s.reader_id IS NULL THEN 0 ELSE 1 END AS is_on FROM "
                  "agent g JOIN account p ON p.id = g.account_id LEFT JOIN fan_share s ON s.brand_id = "
                  "g.brand_id AND s.agent_id = $2 AND s.reader_id = g.id WHERE g.brand_id = $1 AND g.id "
                  "<> $2 AND g.disabled_at = 0 AND p.disabled_at = 0 ORDER BY p.name, g.id"),
        a, brand, agent, ret);
}

err store_fan_shared_with(db_conn *c, arena *a, int64_t brand, int64_t reader, fan_share_list *ret) {
    return shares_of(
        db_sql(c, "SELECT g.id, p.name, 1 AS is_on FROM fan_share s JOIN agent g ON g.brand_id = "
                  "s.brand_id AND g.id = s.agent_id JOIN account p ON p.id = g.account_id WHERE "
                  "s.brand_id = $1 AND s.reader_id = $2 AND g.disabled_at = 0 ORDER BY p.name, g.id"),
        a, brand, reader, ret);
}
