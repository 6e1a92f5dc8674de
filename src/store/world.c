#include "store/world.h"

#include <string.h>

/* ---- personas ---- */

#define PERSONA_ROWS                                                                                         \
    "SELECT f.id, f.name, f.who, f.speaks, f.may, f.sign_off, f.everyone, f.agent_id, f.updated_at, "        \
    "f.retired_at, COALESCE(p.name, '') AS agent_name FROM persona f "                                       \
    "LEFT JOIN agent g ON g.brand_id = f.brand_id AND g.id = f.agent_id "                                    \
    "LEFT JOIN account p ON p.id = g.account_id WHERE f.brand_id = $1 "

static err take_personas(db_query *q, arena *a, store_persona_list *ret) {
    store_persona_list rows = {0};
    while (db_row(q))
        *list_add(a, &rows) = (struct store_persona){.id = db_int(q, "id"),
                                                     .name = db_text(q, a, "name"),
                                                     .who = db_text(q, a, "who"),
                                                     .speaks = db_text(q, a, "speaks"),
                                                     .may = db_text(q, a, "may"),
                                                     .sign_off = db_text(q, a, "sign_off"),
                                                     .everyone = db_int(q, "everyone") != 0,
                                                     .agent_id = db_int(q, "agent_id"),
                                                     .updated_at = db_int(q, "updated_at"),
                                                     .retired_at = db_int(q, "retired_at"),
                                                     .agent_name = db_text(q, a, "agent_name")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_personas(db_conn *c, arena *a, int64_t brand, store_persona_list *ret) {
    db_query *q = db_sql(c, PERSONA_ROWS "AND f.retired_at = 0 ORDER BY f.name, f.id");
    db_bind_int(q, 1, brand);
    return take_personas(q, a, ret);
}

err store_personas_retired(db_conn *c, arena *a, int64_t brand, int limit, store_persona_list *ret) {
    db_query *q =
        db_sql(c, PERSONA_ROWS "AND f.retired_at > 0 ORDER BY f.retired_at DESC, f.id DESC LIMIT $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, limit);
    return take_personas(q, a, ret);
}

err store_persona_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_persona *ret) {
    store_persona_list rows = {0};
    db_query *q = db_sql(c, PERSONA_ROWS "AND f.id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    TRY(take_personas(q, a, &rows));
    if (!rows.n) return err_set(ERR_MISSING, "There is no such persona.");
    *ret = rows.v[0];
    return ERR_NONE;
}

err store_persona_put(db_conn *c, int64_t brand, const struct store_persona *r) {
    db_query *q = db_sql(
        c, "INSERT INTO persona (brand_id, id, name, who, speaks, may, sign_off, everyone, agent_id, "
           "updated_at, retired_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
           "ON CONFLICT (brand_id, id) DO UPDATE SET name = excluded.name, who = excluded.who, "
           "speaks = excluded.speaks, may = excluded.may, sign_off = excluded.sign_off, "
           "everyone = excluded.everyone, agent_id = excluded.agent_id, updated_at = excluded.updated_at, "
           "retired_at = excluded.retired_at");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_text(q, 3, r->name);
    db_bind_text(q, 4, r->who);
    db_bind_text(q, 5, r->speaks);
    db_bind_text(q, 6, r->may);
    db_bind_text(q, 7, r->sign_off);
    db_bind_int(q, 8, r->everyone);
    db_bind_int(q, 9, r->agent_id);
    db_bind_int(q, 10, r->updated_at);
    db_bind_int(q, 11, r->retired_at);
    return db_done(q);
}

err store_speakers(db_conn *c, arena *a, int64_t brand, int64_t persona, store_speaker_list *ret) {
    store_speaker_list rows = {0};
    db_query *q = db_sql(c, "SELECT f.persona_id, f.agent_id, p.name FROM persona_agent f JOIN agent g "
                            "ON g.brand_id = f.brand_id AND g.id = f.agent_id JOIN account p "
                            "ON p.id = g.account_id WHERE f.brand_id = $1 AND ($2 = 0 OR f.persona_id = $2) "
                            "ORDER BY p.name, f.agent_id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, persona);
    while (db_row(q))
        *list_add(a, &rows) =
            (struct store_speaker){db_int(q, "persona_id"), db_int(q, "agent_id"), db_text(q, a, "name")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_speakers_clear(db_conn *c, int64_t brand, int64_t persona) {
    db_query *q = db_sql(c, "DELETE FROM persona_agent WHERE brand_id = $1 AND persona_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, persona);
    return db_done(q);
}

err store_speaker_add(db_conn *c, int64_t brand, int64_t persona, int64_t agent) {
    db_query *q = db_sql(c, "INSERT INTO persona_agent (brand_id, persona_id, agent_id) VALUES ($1, $2, $3) "
                            "ON CONFLICT (brand_id, persona_id, agent_id) DO NOTHING");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, persona);
    db_bind_int(q, 3, agent);
    return db_done(q);
}

/* ---- words ---- */

err store_words(db_conn *c, arena *a, int64_t brand, store_word_list *ret) {
    store_word_list rows = {0};
    db_query *q = db_sql(c, "SELECT f.folded, f.word, f.avoid, f.instead, f.why, f.agent_id, f.updated_at, "
                            "COALESCE(p.name, '') AS agent_name FROM world_word f "
                            "LEFT JOIN agent g ON g.brand_id = f.brand_id AND g.id = f.agent_id "
                            "LEFT JOIN account p ON p.id = g.account_id WHERE f.brand_id = $1 "
                            "ORDER BY f.avoid DESC, f.folded");
    db_bind_int(q, 1, brand);
    while (db_row(q))
        *list_add(a, &rows) = (struct store_word){.folded = db_text(q, a, "folded"),
                                                  .word = db_text(q, a, "word"),
                                                  .avoid = db_int(q, "avoid") != 0,
                                                  .instead = db_text(q, a, "instead"),
                                                  .why = db_text(q, a, "why"),
                                                  .agent_id = db_int(q, "agent_id"),
                                                  .updated_at = db_int(q, "updated_at"),
                                                  .agent_name = db_text(q, a, "agent_name")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_word_put(db_conn *c, int64_t brand, const struct store_word *r) {
    db_query *q = db_sql(
        c, "INSERT INTO world_word (brand_id, folded, word, avoid, instead, why, agent_id, updated_at) "
           "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (brand_id, folded) DO UPDATE SET "
           "word = excluded.word, avoid = excluded.avoid, instead = excluded.instead, "
           "why = excluded.why, agent_id = excluded.agent_id, updated_at = excluded.updated_at");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, r->folded);
    db_bind_text(q, 3, r->word);
    db_bind_int(q, 4, r->avoid);
    db_bind_text(q, 5, r->instead);
    db_bind_text(q, 6, r->why);
    db_bind_int(q, 7, r->agent_id);
    db_bind_int(q, 8, r->updated_at);
    return db_done(q);
}

err store_word_delete(db_conn *c, int64_t brand, str folded, int64_t *ret_deleted) {
    db_query *q = db_sql(c, "DELETE FROM world_word WHERE brand_id = $1 AND folded = $2");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, folded);
    TRY(db_done(q));
    *ret_deleted = db_changes(q);
    return ERR_NONE;
}

/* ---- ends of letters ---- */

err store_sign_offs(db_conn *c, arena *a, int64_t brand, store_sign_off_list *ret) {
    store_sign_off_list rows = {0};
    db_query *q =
        db_sql(c, "SELECT id, text, agent_id, updated_at FROM sign_off WHERE brand_id = $1 ORDER BY id");
    db_bind_int(q, 1, brand);
    while (db_row(q))
        *list_add(a, &rows) = (struct store_sign_off){db_int(q, "id"), db_text(q, a, "text"),
                                                      db_int(q, "agent_id"), db_int(q, "updated_at")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_sign_off_insert(db_conn *c, int64_t brand, const struct store_sign_off *r) {
    db_query *q = db_sql(c, "INSERT INTO sign_off (brand_id, id, text, agent_id, updated_at) "
                            "VALUES ($1, $2, $3, $4, $5)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_text(q, 3, r->text);
    db_bind_int(q, 4, r->agent_id);
    db_bind_int(q, 5, r->updated_at);
    return db_done(q);
}

err store_sign_off_delete(db_conn *c, int64_t brand, int64_t id, int64_t *ret_deleted) {
    db_query *q = db_sql(c, "DELETE FROM sign_off WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    TRY(db_done(q));
    *ret_deleted = db_changes(q);
    return ERR_NONE;
}

/* ---- all of it, for the pages of letters ---- */

enum world_sort { SORT_PERSONA = 1, SORT_SPEAKER, SORT_NOTE, SORT_WORD, SORT_SIGN_OFF };

static void take_word(db_query *q, arena *a, store_word_list *ret) {
    *list_add(a, ret) = (struct store_word){.word = db_text(q, a, "a"),
                                            .instead = db_text(q, a, "b"),
                                            .why = db_text(q, a, "c"),
                                            .avoid = db_int(q, "flag") != 0};
}

static void take_world(db_query *q, arena *a, struct store_world *w) {
    int64_t id = db_int(q, "id"), owner = db_int(q, "owner");
    switch ((enum world_sort)db_int(q, "sort")) {
    case SORT_PERSONA:
        *list_add(a, &w->personas) = (struct store_persona){.id = id,
                                                            .name = db_text(q, a, "a"),
                                                            .who = db_text(q, a, "b"),
                                                            .speaks = db_text(q, a, "c"),
                                                            .may = db_text(q, a, "d"),
                                                            .sign_off = db_text(q, a, "e"),
                                                            .everyone = db_int(q, "flag") != 0};
        break;
    case SORT_SPEAKER: *list_add(a, &w->speakers) = (struct store_speaker){id, owner, S("")}; break;
    case SORT_NOTE:
        *list_add(a, &w->notes) = (struct store_piece){
            .id = id, .name = db_text(q, a, "a"), .text = db_text(q, a, "b"), .updated_at = owner};
        break;
    case SORT_WORD:
        take_word(q, a, &w->words);
        w->words.v[w->words.n - 1].updated_at = owner;
        break;
    case SORT_SIGN_OFF:
        *list_add(a, &w->sign_offs) =
            (struct store_sign_off){.id = id, .text = db_text(q, a, "a"), .agent_id = owner};
        break;
    }
}

/* They come by name, and one more than is shown. */
#define drop_oldest(list)                                                                                    \
    do {                                                                                                     \
        size_t oldest_ = 0;                                                                                  \
        for (size_t i_ = 1; i_ < (list)->n; i_++)                                                            \
            if ((list)->v[i_].updated_at < (list)->v[oldest_].updated_at) oldest_ = i_;                      \
        (list)->n--;                                                                                         \
        memmove(&(list)->v[oldest_], &(list)->v[oldest_ + 1], ((list)->n - oldest_) * sizeof *(list)->v);    \
    } while (0)

err store_world(db_conn *c, arena *a, int64_t brand, struct store_world *ret) {
    struct store_world w = {0};
    db_query *q = db_sql(
        c, "SELECT 1 AS sort, id, 0 AS owner, name AS a, substr(who, 1, CAST($5 AS INTEGER)) AS b, "
           "substr(speaks, 1, CAST($5 AS INTEGER)) AS c, substr(may, 1, CAST($5 AS INTEGER)) AS d, sign_off "
           "AS e, "
           "everyone AS flag FROM persona WHERE brand_id = $1 AND retired_at = 0 "
           "UNION ALL SELECT 2, persona_id, agent_id, '', '', '', '', '', 0 FROM persona_agent "
           "WHERE brand_id = $1 "
           "UNION ALL SELECT 3, n.id, n.updated_at, n.name, n.text, '', '', '', 0 FROM "
           "(SELECT id, updated_at, name, substr(text, 1, CAST($2 AS INTEGER)) AS text FROM world_note WHERE "
           "brand_id = $1 "
           "AND retired_at = 0 ORDER BY updated_at DESC, id DESC LIMIT $3) AS n "
           "UNION ALL SELECT 4, 0, o.updated_at, o.word, o.instead, o.why, '', '', o.avoid FROM "
           "(SELECT updated_at, word, instead, why, avoid FROM world_word WHERE brand_id = $1 "
           "ORDER BY updated_at DESC, folded LIMIT $4) AS o "
           "UNION ALL SELECT 5, id, 0, text, '', '', '', '', 0 FROM sign_off WHERE brand_id = $1 "
           "UNION ALL SELECT 5, 0, agent_id, sign_off, '', '', '', '', 0 FROM signing "
           "WHERE brand_id = $1 AND sign_off <> '' ORDER BY sort, a, id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, WORLD_NOTE_CHARS + 1);
    db_bind_int(q, 3, WORLD_NOTES + 1);
    db_bind_int(q, 4, WORLD_WORDS + 1);
    db_bind_int(q, 5, WORLD_PERSONA_CHARS + 1);
    while (db_row(q)) take_world(q, a, &w);
    TRY(db_done(q));
    w.more_notes = w.notes.n > WORLD_NOTES;
    w.more_words = w.words.n > WORLD_WORDS;
    if (w.more_notes) drop_oldest(&w.notes);
    if (w.more_words) drop_oldest(&w.words);
    *ret = w;
    return ERR_NONE;
}

err store_world_for_check(db_conn *c, arena *a, int64_t brand, store_word_list *ret_avoided,
                          store_name_list *ret_names) {
    store_word_list avoided = {0};
    store_name_list names = {0};
    db_query *q = db_sql(c, "SELECT 1 AS flag, word AS a, instead AS b, why AS c FROM world_word "
                            "WHERE brand_id = $1 AND avoid = 1 UNION ALL SELECT 0, name, '', '' FROM persona "
                            "WHERE brand_id = $1 AND retired_at = 0 ORDER BY flag, a");
    db_bind_int(q, 1, brand);
    while (db_row(q)) {
        if (db_int(q, "flag"))
            take_word(q, a, &avoided);
        else
            *list_add(a, &names) = db_text(q, a, "a");
    }
    TRY(db_done(q));
    *ret_avoided = avoided;
    *ret_names = names;
    return ERR_NONE;
}
