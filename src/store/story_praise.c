/* Letters that thank, and what is shown of them. */
#include "store/story.h"

/* ---- letters that thank ---- */

err store_praise_put(db_conn *c, int64_t brand, int64_t message, int kinds) {
    db_query *q;
    if (kinds) {
        q = db_sql(
            c, "INSERT INTO story_praise (brand_id, message_id, kinds, agent_id, at) "
               "SELECT m.brand_id, m.id, $3, COALESCE((SELECT r.agent_id FROM message r WHERE r.brand_id = "
               "m.brand_id AND r.conversation_id = m.conversation_id AND r.id < m.id AND r.kind = 'reply' "
               "AND r.state <> 'failed' ORDER BY r.id DESC LIMIT 1), v.agent_id), m.said_at "
               "FROM message m JOIN conversation v ON v.brand_id = m.brand_id AND v.id = m.conversation_id "
               "WHERE m.brand_id = $1 AND m.id = $2 AND m.kind = 'letter' "
               "ON CONFLICT (brand_id, message_id) DO UPDATE SET kinds = excluded.kinds");
        db_bind_int(q, 3, kinds);
    } else {
        q = db_sql(c, "DELETE FROM story_praise WHERE brand_id = $1 AND message_id = $2");
    }
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    return db_done(q);
}

/* A bit of x.kinds is tested by division, the same on both engines. */
#define HAS(bit) "(x.kinds / " bit ") % 2 = 1"
#define PRAISED                                                                                              \
    "FROM story_praise x JOIN message m ON m.brand_id = x.brand_id AND m.id = x.message_id "                 \
    "JOIN conversation v ON v.brand_id = m.brand_id AND v.id = m.conversation_id "
#define ASKED_FOR                                                                                            \
    "WHERE x.brand_id = $1 AND (x.agent_id = $2 OR $2 = -1) AND x.at >= $3 AND x.at < $4 "                   \
    "AND (($5 / 1 % 2 = 1 AND " HAS("1") ") OR ($5 / 2 % 2 = 1 AND " HAS(                                    \
        "2") ") OR ($5 / 4 % 2 = 1 AND " HAS("4") ")) AND m.text <> '' AND m.machine = '' AND "              \
                                                  "v.closed_reason <> 'spam' "

static void bind_ask(db_query *q, int64_t brand, const struct praise_ask *ask) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, ask->agent);
    db_bind_int(q, 3, ask->from);
    db_bind_int(q, 4, ask->until ? ask->until : INT64_MAX);
    db_bind_int(q, 5, ask->kinds);
}

err store_praise_counts(db_conn *c, arena *a, int64_t brand, const struct praise_ask *ask,
                        praise_count_list *ret) {
    db_query *q = db_sql(
        c,
        "SELECT x.agent_id, COALESCE(p.name, '') AS agent_name, COUNT(*) AS letters, "
        "COUNT(DISTINCT v.customer_id) AS customers, "
        "SUM(CASE WHEN " HAS(
            "1") " THEN 1 ELSE 0 END) AS thanks, "
                 "SUM(CASE WHEN " HAS(
                     "2") " THEN 1 ELSE 0 END) AS praise, "
                          "SUM(CASE WHEN " HAS(
                              "4") " THEN 1 ELSE 0 END) AS tells, "
                                   "SUM(CASE WHEN s.ask_id > 0 THEN 1 ELSE 0 END) AS asked, "
                                   "SUM(CASE WHEN s.state = 'yes' THEN 1 ELSE 0 END) AS yes " PRAISED
                                   "LEFT JOIN story s ON s.brand_id = x.brand_id AND s.message_id = "
                                   "x.message_id "
                                   "LEFT JOIN agent g ON g.brand_id = x.brand_id AND g.id = x.agent_id "
                                   "LEFT JOIN account p ON p.id = g.account_id " ASKED_FOR
                                   "GROUP BY x.agent_id, p.name ORDER BY COALESCE(p.name, ''), x.agent_id");
    praise_count_list all = {0};
    bind_ask(q, brand, ask);
    while (db_row(q))
        *list_add(a, &all) = (struct praise_count){.agent_id = db_int(q, "agent_id"),
                                                   .agent_name = db_text(q, a, "agent_name"),
                                                   .thanks = db_int(q, "thanks"),
                                                   .praise = db_int(q, "praise"),
                                                   .tells = db_int(q, "tells"),
                                                   .letters = db_int(q, "letters"),
                                                   .customers = db_int(q, "customers"),
                                                   .stories_asked = db_int(q, "asked"),
                                                   .stories_yes = db_int(q, "yes")};
    TRY(db_done(q));
    *ret = all;
    return ERR_NONE;
}

err store_praise_list(db_conn *c, arena *a, int64_t brand, const struct praise_ask *ask,
                      struct praise_key before, int limit, praise_list *ret) {
    db_query *q = db_sql(
        c, "SELECT x.message_id, x.agent_id, x.at, x.kinds, m.conversation_id, v.customer_id, m.channel, "
           "m.subject, m.text, u.name AS customer_name, COALESCE(p.name, '') AS agent_name, "
           "COALESCE(s.id, 0) AS story_id " PRAISED
           "JOIN customer u ON u.brand_id = v.brand_id AND u.id = v.customer_id "
           "LEFT JOIN story s ON s.brand_id = x.brand_id AND s.message_id = x.message_id "
           "LEFT JOIN agent g ON g.brand_id = x.brand_id AND g.id = x.agent_id "
           "LEFT JOIN account p ON p.id = g.account_id " ASKED_FOR
           "AND (x.at < $6 OR (x.at = $6 AND x.message_id < $7)) ORDER BY x.at DESC, x.message_id DESC "
           "LIMIT $8");
    praise_list all = {0};
    bind_ask(q, brand, ask);
    db_bind_int(q, 6, before.message ? before.at : INT64_MAX);
    db_bind_int(q, 7, before.message);
    db_bind_int(q, 8, limit);
    while (db_row(q)) {
        struct praise_row *r = list_add(a, &all);
        *r = (struct praise_row){.message_id = db_int(q, "message_id"),
                                 .conversation_id = db_int(q, "conversation_id"),
                                 .customer_id = db_int(q, "customer_id"),
                                 .agent_id = db_int(q, "agent_id"),
                                 .at = db_int(q, "at"),
                                 .kinds = (int)db_int(q, "kinds"),
                                 .customer_name = db_text(q, a, "customer_name"),
                                 .agent_name = db_text(q, a, "agent_name"),
                                 .subject = db_text(q, a, "subject"),
                                 .text = db_text(q, a, "text"),
                                 .story_id = db_int(q, "story_id")};
        channel_from(db_text(q, a, "channel"), &r->channel);
    }
    TRY(db_done(q));
    *ret = all;
    return ERR_NONE;
}

/* ---- what is shown ---- */

/* Of a child's conversation only what a grown-up agreed to; where listening hears a child and nobody has said
 * anything yet, it is one, and so it is where people said that a child wrote from the same customer. A post
 * that was deleted is none that anybody agreed to (what an edit makes of a yes: story_words_changed_in).
 * Along the answers, newest first: the index of states would have all of them read and sorted; and what was
 * heard as a column, else all that was ever heard is gone through for every row. */
#define SHOWN                                                                                                \
    "FROM story_ask k JOIN story s ON s.brand_id = k.brand_id AND s.id = k.story_id AND s.ask_id = k.id "    \
    "JOIN message m ON m.brand_id = s.brand_id AND m.id = s.message_id "                                     \
    "JOIN conversation v ON v.brand_id = m.brand_id AND v.id = m.conversation_id "                           \
    "LEFT JOIN child d ON d.brand_id = m.brand_id AND d.conversation_id = m.conversation_id "                \
    "LEFT JOIN post z ON z.brand_id = m.brand_id AND z.message_id = m.id "                                   \
    "WHERE k.brand_id = $1 AND s.state || '' = 'yes' AND k.withdrawn_at = 0 AND k.ended_at = 0 "             \
    "AND k.answer IN ('full', 'first', 'nameless') AND m.text <> '' "                                        \
    "AND (z.message_id IS NULL OR z.deleted_at = 0) "                                                        \
    "AND ((k.grown_up = 1 AND d.state = 'confirmed' AND d.forgotten_at = 0) OR (k.grown_up = 0 AND "         \
    "(d.state = 'none' OR (d.state IS NULL AND NOT EXISTS (SELECT 1 FROM message b WHERE "                   \
    "b.brand_id = m.brand_id AND b.conversation_id = m.conversation_id AND b.kind = 'letter' "               \
    "AND (SELECT l.heard FROM listening l WHERE l.brand_id = b.brand_id AND l.message_id = b.id) "           \
    "LIKE '%\"child\":true%') AND NOT EXISTS (SELECT 1 FROM conversation o JOIN child e "                    \
    "ON e.brand_id = o.brand_id AND e.conversation_id = o.id WHERE o.brand_id = v.brand_id "                 \
    "AND o.customer_id = v.customer_id AND e.state <> 'none'))))) "
#define SHOWN_COLUMNS                                                                                        \
    "SELECT s.id, k.id AS ask_id, s.message_id, m.conversation_id, k.quote, k.name, k.answer, k.wall, "      \
    "k.team, k.photos, k.grown_up, m.said_at, k.answered_at "

static void read_shown(db_query *q, arena *a, struct story_shown *r) {
    *r = (struct story_shown){.story_id = db_int(q, "id"),
                              .ask_id = db_int(q, "ask_id"),
                              .message_id = db_int(q, "message_id"),
                              .conversation_id = db_int(q, "conversation_id"),
                              .quote = db_text(q, a, "quote"),
                              .name = db_text(q, a, "name"),
                              .wall = db_int(q, "wall") != 0,
                              .team = db_int(q, "team") != 0,
                              .photos = db_int(q, "photos") != 0,
                              .child = db_int(q, "grown_up") != 0,
                              .said_at = db_int(q, "said_at"),
                              .answered_at = db_int(q, "answered_at")};
    story_answer_from(db_text(q, a, "answer"), &r->answer);
    if (!r->child) return;
    /* Whatever was once written there. */
    r->name = S("");
    r->photos = false;
}

err store_stories_shown(db_conn *c, arena *a, int64_t brand, story_where where, int64_t before, int limit,
                        story_shown_list *ret) {
    db_query *q =
        where == SHOWN_WALL
            ? db_sql(c, SHOWN_COLUMNS SHOWN "AND k.wall = 1 AND k.id < $2 ORDER BY k.id DESC LIMIT $3")
            : db_sql(c, SHOWN_COLUMNS SHOWN "AND k.team = 1 AND k.id < $2 ORDER BY k.id DESC LIMIT $3");
    story_shown_list all = {0};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, before ? before : INT64_MAX);
    db_bind_int(q, 3, limit);
    while (db_row(q)) read_shown(q, a, list_add(a, &all));
    TRY(db_done(q));
    *ret = all;
    return ERR_NONE;
}

/* What can be looked at: a small picture was made of it. */
#define PICTURE "t.thumb = 1 AND t.scan <> 'found' AND t.remote = 0 AND t.type LIKE 'image/%'"

err store_story_photo(db_conn *c, int64_t brand, int64_t story, int64_t attachment) {
    db_query *q =
        db_sql(c, "SELECT 1 AS one " SHOWN
                  "AND k.wall = 1 AND k.photos = 1 AND k.grown_up = 0 AND s.id = $2 AND EXISTS (SELECT 1 "
                  "FROM attachment t WHERE t.brand_id = m.brand_id AND t.message_id = m.id AND t.id = $3 "
                  "AND " PICTURE ")");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, story);
    db_bind_int(q, 3, attachment);
    bool there = db_row(q);
    TRY(db_done(q));
    return there ? ERR_NONE : err_set(ERR_MISSING, "There is no such picture.");
}

err store_story_photos(db_conn *c, arena *a, int64_t brand, int64_t message, story_photo_list *ret) {
    db_query *q = db_sql(c, "SELECT t.id FROM attachment t WHERE t.brand_id = $1 AND t.message_id = $2 "
                            "AND " PICTURE " ORDER BY t.id LIMIT 6");
    story_photo_list all = {0};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    while (db_row(q)) list_add(a, &all)->id = db_int(q, "id");
    TRY(db_done(q));
    *ret = all;
    return ERR_NONE;
}
