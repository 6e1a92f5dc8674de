#include "store/training.h"

enum { PRACTICES_MAX = 500, APPLICANTS_MAX = 200 };

/* ---- replies ---- */

err store_practice_put(db_conn *c, int64_t brand, const struct store_practice *row) {
    db_query *q = db_sql(
        c,
        "INSERT INTO practice (brand_id, id, agent_id, applicant_id, letter, message_id, text, created_at, "
        "updated_at, done_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
        "ON CONFLICT (brand_id, agent_id, applicant_id, letter) DO UPDATE SET text = excluded.text, "
        "updated_at = excluded.updated_at, done_at = excluded.done_at");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, row->id);
    db_bind_int(q, 3, row->agent_id);
    db_bind_int(q, 4, row->applicant_id);
    db_bind_text(q, 5, row->letter);
    db_bind_int(q, 6, row->message_id);
    db_bind_text(q, 7, row->text);
    db_bind_int(q, 8, row->created_at);
    db_bind_int(q, 9, row->updated_at);
    db_bind_int(q, 10, row->done_at);
    return db_done(q);
}

#define PRACTICE                                                                                             \
    "SELECT p.id, p.agent_id, p.applicant_id, p.letter, p.message_id, p.text, p.created_at, p.updated_at, "  \
    "p.done_at, COALESCE(u.name, l.name, '') AS name, (SELECT COUNT(*) FROM practice_note n WHERE "          \
    "n.brand_id = p.brand_id AND n.practice_id = p.id) AS notes FROM practice p "                            \
    "LEFT JOIN agent g ON g.brand_id = p.brand_id AND g.id = p.agent_id "                                    \
    "LEFT JOIN account u ON u.id = g.account_id "                                                            \
    "LEFT JOIN applicant l ON l.brand_id = p.brand_id AND l.id = p.applicant_id "

static struct store_practice practice_row(db_query *q, arena *a) {
    return (struct store_practice){.id = db_int(q, "id"),
                                   .agent_id = db_int(q, "agent_id"),
                                   .applicant_id = db_int(q, "applicant_id"),
                                   .letter = db_text(q, a, "letter"),
                                   .message_id = db_int(q, "message_id"),
                                   .text = db_text(q, a, "text"),
                                   .created_at = db_int(q, "created_at"),
                                   .updated_at = db_int(q, "updated_at"),
                                   .done_at = db_int(q, "done_at"),
                                   .name = db_text(q, a, "name"),
                                   .notes = db_int(q, "notes")};
}

static err one_practice(db_query *q, arena *a, struct store_practice *ret) {
    struct store_practice row = {0};
    bool there = db_row(q);
    if (there) row = practice_row(q, a);
    TRY(db_done(q));
    if (!there) return err_set(ERR_MISSING, "There is no such reply in the practice room.");
    *ret = row;
    return ERR_NONE;
}

static err many_practices(db_query *q, arena *a, store_practice_list *ret) {
    store_practice_list all = {0};
    while (db_row(q)) *list_add(a, &all) = practice_row(q, a);
    TRY(db_done(q));
    *ret = all;
    return ERR_NONE;
}

err store_practice_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_practice *ret) {
    db_query *q = db_sql(c, PRACTICE "WHERE p.brand_id = $1 AND p.id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    return one_practice(q, a, ret);
}

err store_practice_of_letter(db_conn *c, arena *a, int64_t brand, int64_t agent, int64_t applicant,
                             str letter, struct store_practice *ret) {
    db_query *q = db_sql(c, PRACTICE "WHERE p.brand_id = $1 AND p.agent_id = $2 AND p.applicant_id = $3 AND "
                                     "p.letter = $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, agent);
    db_bind_int(q, 3, applicant);
    db_bind_text(q, 4, letter);
    return one_practice(q, a, ret);
}

err store_practices(db_conn *c, arena *a, int64_t brand, int64_t agent, int64_t applicant,
                    store_practice_list *ret) {
    db_query *q = db_sql(c, PRACTICE "WHERE p.brand_id = $1 AND p.agent_id = $2 AND p.applicant_id = $3 "
                                     "ORDER BY p.id DESC LIMIT $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, agent);
    db_bind_int(q, 3, applicant);
    db_bind_int(q, 4, PRACTICES_MAX);
    return many_practices(q, a, ret);
}

err store_practices_shown(db_conn *c, arena *a, int64_t brand, int64_t reader, int limit,
                          store_practice_list *ret) {
    db_query *q =
        db_sql(c, PRACTICE "JOIN practice_reader r ON r.brand_id = p.brand_id AND r.agent_id = "
                           "p.agent_id WHERE p.brand_id = $1 AND r.reader_id = $2 AND "
                           "p.applicant_id = 0 AND p.done_at > 0 ORDER BY p.done_at DESC, p.id DESC "
                           "LIMIT $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, reader);
    db_bind_int(q, 3, limit);
    return many_practices(q, a, ret);
}

static err run_one(db_query *q, int64_t brand, int64_t of) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, of);
    return db_done(q);
}

err store_practice_delete_of(db_conn *c, int64_t brand, int64_t applicant) {
    TRY(run_one(db_sql(c, "DELETE FROM practice_note WHERE brand_id = $1 AND practice_id IN (SELECT id FROM "
                          "practice WHERE brand_id = $1 AND applicant_id = $2 AND applicant_id > 0)"),
                brand, applicant));
    return run_one(
        db_sql(c, "DELETE FROM practice WHERE brand_id = $1 AND applicant_id = $2 AND applicant_id > 0"),
        brand, applicant);
}

err store_training_forget(db_conn *c, int64_t brand, int64_t conversation) {
    TRY(run_one(db_sql(c,
                       "DELETE FROM practice_note WHERE brand_id = $1 AND practice_id IN (SELECT p.id FROM "
                       "practice p JOIN message m ON m.brand_id = p.brand_id AND m.id = p.message_id WHERE "
                       "p.brand_id = $1 AND p.message_id > 0 AND m.conversation_id = $2)"),
                brand, conversation));
    return run_one(db_sql(c, "DELETE FROM practice WHERE brand_id = $1 AND message_id > 0 AND message_id IN "
                             "(SELECT id FROM message WHERE brand_id = $1 AND conversation_id = $2)"),
                   brand, conversation);
}

/* ---- notes and readers ---- */

err store_practice_note_insert(db_conn *c, int64_t brand, const struct store_practice_note *row) {
    db_query *q = db_sql(c, "INSERT INTO practice_note (brand_id, id, practice_id, agent_id, by_name, quote, "
                            "note, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, row->id);
    db_bind_int(q, 3, row->practice_id);
    db_bind_int(q, 4, row->agent_id);
    db_bind_text(q, 5, row->by_name);
    db_bind_text(q, 6, row->quote);
    db_bind_text(q, 7, row->note);
    db_bind_int(q, 8, row->at);
    return db_done(q);
}

err store_practice_notes(db_conn *c, arena *a, int64_t brand, int64_t practice,
                         store_practice_note_list *ret) {
    db_query *q = db_sql(c, "SELECT id, practice_id, agent_id, by_name, quote, note, at FROM practice_note "
                            "WHERE brand_id = $1 AND practice_id = $2 ORDER BY id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, practice);
    store_practice_note_list all = {0};
    while (db_row(q))
        *list_add(a, &all) = (struct store_practice_note){.id = db_int(q, "id"),
                                                          .practice_id = db_int(q, "practice_id"),
                                                          .agent_id = db_int(q, "agent_id"),
                                                          .by_name = db_text(q, a, "by_name"),
                                                          .quote = db_text(q, a, "quote"),
                                                          .note = db_text(q, a, "note"),
                                                          .at = db_int(q, "at")};
    TRY(db_done(q));
    *ret = all;
    return ERR_NONE;
}

err store_practice_reader(db_conn *c, int64_t brand, int64_t agent, int64_t reader, bool *ret_may) {
    db_query *q = db_sql(c, "SELECT 1 AS yes FROM practice_reader WHERE brand_id = $1 AND agent_id = $2 AND "
                            "reader_id = $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, agent);
    db_bind_int(q, 3, reader);
    bool may = db_row(q);
    TRY(db_done(q));
    *ret_may = may;
    return ERR_NONE;
}

err store_practice_readers(db_conn *c, arena *a, int64_t brand, int64_t agent, store_reader_list *ret) {
    db_query *q = db_sql(c, "SELECT reader_id FROM practice_reader WHERE brand_id = $1 AND agent_id = $2 "
                            "ORDER BY reader_id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, agent);
    store_reader_list all = {0};
    while (db_row(q)) *list_add(a, &all) = db_int(q, "reader_id");
    TRY(db_done(q));
    *ret = all;
    return ERR_NONE;
}

err store_practice_reader_set(db_conn *c, int64_t brand, int64_t agent, int64_t reader, bool on,
                              int64_t now) {
    db_query *q = on ? db_sql(c, "INSERT INTO practice_reader (brand_id, agent_id, reader_id, at) VALUES "
                                 "($1, $2, $3, $4) ON CONFLICT (brand_id, agent_id, reader_id) DO NOTHING")
                     : db_sql(c, "DELETE FROM practice_reader WHERE brand_id = $1 AND agent_id = $2 AND "
                                 "reader_id = $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, agent);
    db_bind_int(q, 3, reader);
    if (on) db_bind_int(q, 4, now);
    return db_done(q);
}

/* ---- applicants ---- */

err store_applicant_put(db_conn *c, const struct store_applicant *row) {
    db_query *q = db_sql(c, "INSERT INTO applicant (brand_id, id, name, hash, agent_id, by_name, created_at, "
                            "expires_at, ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
                            "ON CONFLICT (brand_id, id) DO UPDATE SET ended_at = excluded.ended_at");
    db_bind_int(q, 1, row->brand_id);
    db_bind_int(q, 2, row->id);
    db_bind_text(q, 3, row->name);
    db_bind_blob(q, 4, row->hash);
    db_bind_int(q, 5, row->agent_id);
    db_bind_text(q, 6, row->by_name);
    db_bind_int(q, 7, row->created_at);
    db_bind_int(q, 8, row->expires_at);
    db_bind_int(q, 9, row->ended_at);
    return db_done(q);
}

#define APPLICANT                                                                                            \
    "SELECT t.brand_id, t.id, t.name, t.agent_id, t.by_name, t.created_at, t.expires_at, t.ended_at, "       \
    "(SELECT COUNT(*) FROM practice p WHERE p.brand_id = t.brand_id AND p.applicant_id = t.id AND "          \
    "p.done_at > 0) AS done FROM applicant t "

static struct store_applicant applicant_row(db_query *q, arena *a) {
    return (struct store_applicant){.brand_id = db_int(q, "brand_id"),
                                    .id = db_int(q, "id"),
                                    .name = db_text(q, a, "name"),
                                    .hash = S(""),
                                    .agent_id = db_int(q, "agent_id"),
                                    .by_name = db_text(q, a, "by_name"),
                                    .created_at = db_int(q, "created_at"),
                                    .expires_at = db_int(q, "expires_at"),
                                    .ended_at = db_int(q, "ended_at"),
                                    .done = db_int(q, "done")};
}

static err one_applicant(db_query *q, arena *a, struct store_applicant *ret) {
    struct store_applicant row = {0};
    bool there = db_row(q);
    if (there) row = applicant_row(q, a);
    TRY(db_done(q));
    if (!there) return err_set(ERR_MISSING, "There is no practice room behind this link.");
    *ret = row;
    return ERR_NONE;
}

err store_applicant_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_applicant *ret) {
    db_query *q = db_sql(c, APPLICANT "WHERE t.brand_id = $1 AND t.id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    return one_applicant(q, a, ret);
}

err store_applicant_by_hash(db_conn *c, arena *a, str hash, struct store_applicant *ret) {
    db_query *q = db_sql(c, APPLICANT "WHERE t.hash = $1 LIMIT 1");
    db_bind_blob(q, 1, hash);
    return one_applicant(q, a, ret);
}

err store_applicants(db_conn *c, arena *a, int64_t brand, store_applicant_list *ret) {
    db_query *q = db_sql(c, APPLICANT "WHERE t.brand_id = $1 ORDER BY t.id DESC LIMIT $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, APPLICANTS_MAX);
    store_applicant_list all = {0};
    while (db_row(q)) *list_add(a, &all) = applicant_row(q, a);
    TRY(db_done(q));
    *ret = all;
    return ERR_NONE;
}

err store_applicant_sweep(db_conn *c, int64_t before) {
    db_query *q =
        db_sql(c, "DELETE FROM practice_note WHERE EXISTS (SELECT 1 FROM practice p JOIN applicant t "
                  "ON t.brand_id = p.brand_id AND t.id = p.applicant_id WHERE p.brand_id = "
                  "practice_note.brand_id AND p.id = practice_note.practice_id AND "
                  "t.expires_at < $1)");
    db_bind_int(q, 1, before);
    TRY(db_done(q));
    q = db_sql(c, "DELETE FROM practice WHERE EXISTS (SELECT 1 FROM applicant t WHERE t.brand_id = "
                  "practice.brand_id AND t.id = practice.applicant_id AND t.expires_at < $1)");
    db_bind_int(q, 1, before);
    TRY(db_done(q));
    q = db_sql(c, "DELETE FROM applicant WHERE expires_at < $1");
    db_bind_int(q, 1, before);
    return db_done(q);
}

/* ---- letters that were answered well ---- */

/* Of a letter that thanks (x, m): our last reply before it, and the last letter before that. With LIMIT the
 * newest are found first, by the key of story_praise. */
#define LOVED(of)                                                                                            \
    "SELECT w.letter_id, w.reply_id, w.thanks_id, w.conversation_id FROM (SELECT y.thanks_id, "              \
    "y.reply_id, y.conversation_id, (SELECT MAX(l.id) FROM message l WHERE l.brand_id = $1 AND "             \
    "l.conversation_id = y.conversation_id AND l.id < y.reply_id AND l.kind = 'letter' AND l.text <> "       \
    "'') AS letter_id FROM (SELECT x.message_id AS thanks_id, m.conversation_id, (SELECT MAX(r.id) FROM "    \
    "message r WHERE r.brand_id = m.brand_id AND r.conversation_id = m.conversation_id AND r.id < m.id "     \
    "AND r.kind = 'reply' AND r.state <> 'failed' AND r.text <> '') AS reply_id FROM story_praise x "        \
    "JOIN message m ON m.brand_id = x.brand_id AND m.id = x.message_id JOIN conversation v ON v.brand_id = " \
    "m.brand_id AND v.id = m.conversation_id WHERE x.brand_id = $1 AND x.kinds <> 4 AND m.text <> '' AND "   \
    "m.machine = '' AND v.closed_reason <> 'spam' AND NOT EXISTS (SELECT 1 FROM child k WHERE k.brand_id = " \
    "m.brand_id AND k.conversation_id = m.conversation_id)" of ") AS y WHERE y.reply_id IS NOT NULL) AS w "  \
    "WHERE w.letter_id IS NOT NULL AND (w.letter_id = $2 OR $2 = 0) ORDER BY w.thanks_id DESC LIMIT $3"

err store_loved_letters(db_conn *c, arena *a, int64_t brand, int64_t letter, int limit,
                        store_loved_list *ret) {
    db_query *q = letter
                      ? db_sql(c, LOVED(" AND m.conversation_id = (SELECT o.conversation_id FROM message o "
                                        "WHERE o.brand_id = $1 AND o.id = $2)"))
                      : db_sql(c, LOVED(""));
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, letter);
    db_bind_int(q, 3, limit);
    store_loved_list all = {0};
    while (db_row(q)) {
        struct store_loved row = {.letter_id = db_int(q, "letter_id"),
                                  .reply_id = db_int(q, "reply_id"),
                                  .thanks_id = db_int(q, "thanks_id"),
                                  .conversation_id = db_int(q, "conversation_id")};
        bool known = false;
        for (size_t i = 0; i < all.n && !known; i++) known = all.v[i].letter_id == row.letter_id;
        if (!known) *list_add(a, &all) = row;
    }
    TRY(db_done(q));
    *ret = all;
    return ERR_NONE;
}

err store_practice_digest(db_conn *c, int64_t brand, int64_t week, int64_t now, bool *ret_first) {
    db_query *q = db_sql(c, "INSERT INTO practice_digest (brand_id, week, at) VALUES ($1, $2, $3) "
                            "ON CONFLICT (brand_id, week) DO NOTHING");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, week);
    db_bind_int(q, 3, now);
    TRY(db_done(q));
    *ret_first = db_changes(q) > 0;
    return ERR_NONE;
}
