#include "store/judgement.h"

err store_judgement_note_insert(db_conn *c, int64_t brand, const struct store_judgement_note *r) {
    db_query *q = db_sql(c, "INSERT INTO judgement_note (brand_id, id, gesture_id, agent_id, well, note, "
                            "suggestion, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_int(q, 3, r->gesture_id);
    db_bind_int(q, 4, r->agent_id);
    db_bind_int(q, 5, r->well);
    db_bind_text(q, 6, r->note);
    db_bind_text(q, 7, r->suggestion);
    db_bind_int(q, 8, r->at);
    return db_done(q);
}

err store_judgement_notes(db_conn *c, arena *a, int64_t brand, int64_t gesture,
                          store_judgement_note_list *ret) {
    db_query *q = db_sql(c, "SELECT j.id, j.agent_id, j.well, j.note, j.suggestion, j.at, "
                            "COALESCE(p.name, '') AS agent_name FROM judgement_note j "
                            "LEFT JOIN agent x ON x.brand_id = j.brand_id AND x.id = j.agent_id "
                            "LEFT JOIN account p ON p.id = x.account_id "
                            "WHERE j.brand_id = $1 AND j.gesture_id = $2 ORDER BY j.id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, gesture);
    store_judgement_note_list rows = {0};
    while (db_row(q))
        *list_add(a, &rows) = (struct store_judgement_note){.id = db_int(q, "id"),
                                                            .gesture_id = gesture,
                                                            .agent_id = db_int(q, "agent_id"),
                                                            .well = db_int(q, "well") != 0,
                                                            .note = db_text(q, a, "note"),
                                                            .suggestion = db_text(q, a, "suggestion"),
                                                            .at = db_int(q, "at"),
                                                            .agent_name = db_text(q, a, "agent_name")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

/* ---- stories ---- */

#define PART                                                                                                 \
    "SELECT m.id, m.said_at, m.from_name, SUBSTR(m.text, 1, 4000) AS said, "                                 \
    "CASE WHEN LENGTH(m.text) > 4000 THEN 1 ELSE 0 END AS cut FROM message m "                               \
    "WHERE m.brand_id = $1 AND m.conversation_id = $2 AND m.kind = $4 "

static err take_part(db_query *q, arena *a, int64_t brand, int64_t conversation, int64_t id, const char *kind,
                     struct store_story_part *ret) {
    struct store_story_part p = {0};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, id);
    db_bind_text(q, 4, str_z(kind));
    if (db_row(q))
        p = (struct store_story_part){db_int(q, "id"), db_int(q, "said_at"), db_text(q, a, "from_name"),
                                      db_text(q, a, "said"), db_int(q, "cut") != 0};
    TRY(db_done(q));
    *ret = p;
    return ERR_NONE;
}

#define NEXT "AND m.id > $3 AND m.state NOT IN ('held', 'failed') ORDER BY m.id LIMIT 1"

err store_story_of(db_conn *c, arena *a, int64_t brand, const struct store_gesture *g,
                   struct store_story *ret) {
    struct store_story s = {0};
    int64_t v = g->conversation_id;
    TRY(take_part(db_sql(c, PART "AND m.id <= $3 ORDER BY m.id DESC LIMIT 1"), a, brand, v, g->id, "letter",
                  &s.letter));
    TRY(take_part(db_sql(c, PART NEXT), a, brand, v, g->id, "reply", &s.reply));
    if (s.reply.id) TRY(take_part(db_sql(c, PART NEXT), a, brand, v, s.reply.id, "letter", &s.after));
    *ret = s;
    return ERR_NONE;
}

/* ---- patterns ---- */

#define HOLDS                                                                                                \
    "EXISTS (SELECT 1 FROM gesture_step s WHERE s.brand_id = g.brand_id AND s.gesture_id = g.id "            \
    "AND s.step IN ('given', 'confirmed')) AND NOT EXISTS (SELECT 1 FROM gesture_step s "                    \
    "WHERE s.brand_id = g.brand_id AND s.gesture_id = g.id AND s.step = 'withdrawn') "
#define SUMS                                                                                                 \
    "COUNT(DISTINCT g.agent_id) AS agents, COUNT(*) AS gestures, MIN(g.cost) AS least, MAX(g.cost) AS "      \
    "most, MAX(g.quantity) AS quantity, MAX(g.at) AS last_at FROM gesture g "                                \
    "WHERE g.brand_id = $1 AND g.policy_id = 0 AND g.at >= $2 AND " HOLDS
#define ENOUGH                                                                                               \
    "HAVING COUNT(DISTINCT g.agent_id) >= $3 ORDER BY last_at DESC, situation, kind, item_kind, item_code "  \
    "LIMIT 100"

err store_patterns(db_conn *c, arena *a, int64_t brand, int64_t since, int agents, bool by_kind,
                   store_pattern_list *ret) {
    const char *sql =
        by_kind ? "SELECT g.situation AS situation, g.kind AS kind, g.item_kind AS item_kind, '' AS "
                  "item_code, '' AS item_name, " SUMS "GROUP BY g.situation, g.kind, g.item_kind " ENOUGH
                : "SELECT g.situation AS situation, g.kind AS kind, g.item_kind AS item_kind, g.item_code AS "
                  "item_code, MAX(g.item_name) AS item_name, " SUMS
                  "AND g.item_code <> '' GROUP BY g.situation, g.kind, g.item_kind, g.item_code " ENOUGH;
    db_query *q = db_sql(c, sql);
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, since);
    db_bind_int(q, 3, agents);
    store_pattern_list rows = {0};
    while (db_row(q)) {
        struct store_pattern *r = list_add(a, &rows);
        *r = (struct store_pattern){.situation = db_text(q, a, "situation"),
                                    .item_kind = db_text(q, a, "item_kind"),
                                    .item_code = db_text(q, a, "item_code"),
                                    .item_name = db_text(q, a, "item_name"),
                                    .agents = db_int(q, "agents"),
                                    .gestures = db_int(q, "gestures"),
                                    .least = db_int(q, "least"),
                                    .most = db_int(q, "most"),
                                    .quantity = db_int(q, "quantity"),
                                    .last_at = db_int(q, "last_at")};
        gesture_kind_from(db_text(q, a, "kind"), &r->kind);
    }
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}
