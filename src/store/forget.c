#include "store/forget.h"

#include "store/message.h"

err store_forget_due(db_conn *c, arena *a, int64_t brand, int64_t done_before, int64_t now, int limit,
                     forget_ids *ret) {
    db_query *q = db_sql(
        c, "SELECT k.conversation_id AS id FROM child k JOIN conversation v ON v.brand_id = k.brand_id "
           "AND v.id = k.conversation_id WHERE k.brand_id = $1 AND k.state <> 'none' AND k.forgotten_at = 0 "
           "AND v.merged_into = 0 "
           "AND ((k.forget_at > 0 AND k.forget_at <= $2) OR (v.state = 'done' AND v.closed_at <= $3)) "
           "AND NOT EXISTS (SELECT 1 FROM worry w WHERE w.brand_id = k.brand_id "
           "AND w.conversation_id = k.conversation_id AND w.closed_at = 0) "
           "ORDER BY k.conversation_id LIMIT $4");
    forget_ids ids = {0};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, now);
    db_bind_int(q, 3, done_before);
    db_bind_int(q, 4, limit);
    while (db_row(q)) *list_add(a, &ids) = db_int(q, "id");
    TRY(db_done(q));
    *ret = ids;
    return ERR_NONE;
}

/* ---- the words ---- */

/* Where $1 is the brand and $2 the conversation. */
#define OF_MESSAGES "IN (SELECT m.id FROM message m WHERE m.brand_id = $1 AND m.conversation_id = $2)"

static err run_on(db_query *q, int64_t brand, int64_t conversation) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    return db_done(q);
}

static err take_ids(db_query *q, arena *a, int64_t brand, int64_t conversation, forget_ids *ret) {
    forget_ids ids = {0};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    while (db_row(q)) *list_add(a, &ids) = db_int(q, "id");
    TRY(db_done(q));
    *ret = ids;
    return ERR_NONE;
}

static err add_ids(db_query *q, arena *a, int64_t brand, int64_t of, forget_ids *to) {
    forget_ids more;
    TRY(take_ids(q, a, brand, of, &more));
    for (size_t i = 0; i < more.n; i++) *list_add(a, to) = more.v[i];
    return ERR_NONE;
}

/* The bytes of what is said there: letters as they came, the later copies of them, and what we sent. */
static err raws_of(db_conn *c, arena *a, int64_t brand, int64_t conversation, const forget_ids *messages,
                   forget_ids *ret) {
    forget_ids ids = *messages;
    TRY(add_ids(db_sql(c, "SELECT raw_id AS id FROM message WHERE brand_id = $1 AND conversation_id = $2 "
                          "AND raw_id > 0"),
                a, brand, conversation, &ids));
    for (size_t i = 0; i < messages->n; i++)
        TRY(add_ids(
            db_sql(c, "SELECT id FROM raw WHERE brand_id = $1 AND message_id = $2 AND message_id > 0"), a,
            brand, messages->v[i], &ids));
    *ret = ids;
    return ERR_NONE;
}

static err add_hashes(db_query *q, arena *a, int64_t brand, int64_t of, hash_list *to) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, of);
    while (db_row(q)) *list_add(a, to) = db_text(q, a, "hash");
    return db_done(q);
}

static err named_objects(db_conn *c, arena *a, int64_t brand, int64_t conversation, const forget_ids *raws,
                         hash_list *ret) {
    hash_list rows = {0};
    for (size_t i = 0; i < raws->n; i++)
        TRY(add_hashes(db_sql(c, "SELECT hash FROM raw WHERE brand_id = $1 AND id = $2 AND bytes IS NULL"), a,
                       brand, raws->v[i], &rows));
    TRY(add_hashes(db_sql(c, "SELECT hash FROM attachment WHERE brand_id = $1 AND bytes IS NULL "
                             "AND (conversation_id = $2 OR message_id " OF_MESSAGES ")"),
                   a, brand, conversation, &rows));
    *ret = rows;
    return ERR_NONE;
}

static err wipe_raws(db_conn *c, int64_t brand, const forget_ids *raws) {
    for (size_t i = 0; i < raws->n; i++) {
        TRY(run_on(db_sql(c, "DELETE FROM job WHERE brand_id = $1 AND kind IN ('read', 'listen') "
                             "AND subject_id = $2"),
                   brand, raws->v[i]));
        db_query *q = db_sql(c, "UPDATE raw SET bytes = $3, hash = '', mail_from = '', rcpt = '', "
                                "problem = '' WHERE brand_id = $1 AND id = $2");
        db_bind_blob(q, 3, S(""));
        TRY(run_on(q, brand, raws->v[i]));
    }
    return ERR_NONE;
}

/* What hangs on messages, and then the messages. */
static err wipe_messages(db_conn *c, int64_t brand, int64_t v) {
    TRY(run_on(db_sql(c, "DELETE FROM attachment WHERE brand_id = $1 AND message_id " OF_MESSAGES), brand,
               v));
    TRY(run_on(db_sql(c, "DELETE FROM message_address WHERE brand_id = $1 AND message_id " OF_MESSAGES),
               brand, v));
    TRY(run_on(db_sql(c, "DELETE FROM listening WHERE brand_id = $1 AND message_id " OF_MESSAGES), brand, v));
    TRY(run_on(db_sql(c, "UPDATE correction SET value = '', found_value = '' WHERE brand_id = $1 "
                         "AND message_id " OF_MESSAGES),
               brand, v));
    TRY(run_on(db_sql(c, "DELETE FROM approved WHERE brand_id = $1 AND message_id " OF_MESSAGES), brand, v));
    TRY(run_on(db_sql(c,
                      "DELETE FROM job WHERE brand_id = $1 AND kind IN ('send', 'publish') AND subject_id IN "
                      "(SELECT o.id FROM outbox o WHERE o.brand_id = $1 AND o.message_id " OF_MESSAGES ")"),
               brand, v));
    TRY(run_on(db_sql(c, "UPDATE outbox SET recipient = '', says = '', state = CASE WHEN state = 'sent' "
                         "THEN state ELSE 'taken_back' END WHERE brand_id = $1 AND message_id " OF_MESSAGES),
               brand, v));
    return run_on(db_sql(c, "UPDATE message SET text = '', html = '', subject = '', from_address = '', "
                            "from_name = CASE WHEN kind = 'letter' THEN '' ELSE from_name END, "
                            "problem = '', rfc_id = '', same_as = '', remote_images = 0 "
                            "WHERE brand_id = $1 AND conversation_id = $2"),
                  brand, v);
}

static err wipe_around(db_conn *c, int64_t brand, const struct store_forget *what) {
    int64_t v = what->conversation;
    TRY(run_on(db_sql(c, "DELETE FROM draft WHERE brand_id = $1 AND conversation_id = $2"), brand, v));
    TRY(run_on(db_sql(c, "DELETE FROM attachment WHERE brand_id = $1 AND conversation_id = $2"), brand, v));
    TRY(run_on(db_sql(c, "UPDATE override SET because = '' WHERE brand_id = $1 AND conversation_id = $2"),
               brand, v));
    /* These say what became of the conversation, and at most the name of an agent. */
    TRY(run_on(db_sql(c, "UPDATE event SET detail = '' WHERE brand_id = $1 AND conversation_id = $2 AND kind "
                         "NOT IN ('taken', 'released', 'passed', 'closed', 'reopened', 'away')"),
               brand, v));
    TRY(run_on(db_sql(c, "UPDATE promise_step SET note = '' WHERE brand_id = $1 AND promise_id IN (SELECT "
                         "p.id FROM promise p WHERE p.brand_id = $1 AND p.conversation_id = $2)"),
               brand, v));
    TRY(run_on(db_sql(c, "UPDATE trial_case SET skip_why = '' WHERE brand_id = $1 AND conversation_id = $2"),
               brand, v));
    TRY(run_on(db_sql(c, "UPDATE worry SET note = '', closed_note = '' WHERE brand_id = $1 "
                         "AND conversation_id = $2"),
               brand, v));
    db_query *q = db_sql(c, "UPDATE promise SET text = $3 WHERE brand_id = $1 AND conversation_id = $2 "
                            "AND whose = 'ours'");
    db_bind_text(q, 3, what->subject);
    TRY(run_on(q, brand, v));
    q = db_sql(c, "UPDATE child_ask SET email = '', says = '', hash = $3 WHERE brand_id = $1 "
                  "AND conversation_id = $2");
    db_bind_blob(q, 3, S(""));
    TRY(run_on(q, brand, v));
    q = db_sql(c, "UPDATE conversation SET subject = $3, snippet = '' WHERE brand_id = $1 AND id = $2");
    db_bind_text(q, 3, what->subject);
    return run_on(q, brand, v);
}

/* Another conversation that still has its words needs them, and so does a memory that was agreed to. */
err store_forget_customer(db_conn *c, int64_t brand, const struct store_forget *what) {
    db_query *q = db_sql(
        c, "SELECT 1 AS one FROM conversation v WHERE v.brand_id = $1 AND v.customer_id = $3 AND v.id <> $2 "
           "AND v.merged_into = 0 AND NOT EXISTS (SELECT 1 FROM child k WHERE k.brand_id = v.brand_id "
           "AND k.conversation_id = v.id AND k.forgotten_at > 0) UNION ALL "
           "SELECT 1 AS one FROM promise p WHERE p.brand_id = $1 AND p.customer_id = $3 "
           "AND p.whose = 'theirs' AND p.agreed = 1 AND $4 = 1 LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, what->conversation);
    db_bind_int(q, 3, what->customer);
    db_bind_int(q, 4, what->keep_customer);
    bool needed = db_row(q);
    TRY(db_done(q));
    if (needed) return ERR_NONE;
    q = db_sql(c, "UPDATE customer SET name = $3, about = '' WHERE brand_id = $1 AND id = $2");
    db_bind_text(q, 3, what->customer_name);
    TRY(run_on(q, brand, what->customer));
    return run_on(db_sql(c, "DELETE FROM customer_address WHERE brand_id = $1 AND customer_id = $2"), brand,
                  what->customer);
}

err store_forget_words(db_conn *c, arena *a, int64_t brand, const struct store_forget *what,
                       forget_ids *ret_replies, hash_list *ret_objects) {
    forget_ids messages, replies, raws;
    hash_list named, gone = {0};
    int64_t v = what->conversation;
    TRY(take_ids(db_sql(c, "SELECT id FROM message WHERE brand_id = $1 AND conversation_id = $2"), a, brand,
                 v, &messages));
    TRY(take_ids(db_sql(c, "SELECT id FROM message WHERE brand_id = $1 AND conversation_id = $2 "
                           "AND kind = 'reply'"),
                 a, brand, v, &replies));
    TRY(raws_of(c, a, brand, v, &messages, &raws));
    TRY(named_objects(c, a, brand, v, &raws, &named));
    for (size_t i = 0; i < messages.n; i++) TRY(store_words_delete(c, brand, messages.v[i]));
    TRY(wipe_raws(c, brand, &raws));
    TRY(wipe_messages(c, brand, v));
    TRY(wipe_around(c, brand, what));
    TRY(store_forget_customer(c, brand, what));
    for (size_t i = 0; i < named.n; i++) {
        bool wanted;
        TRY(store_object_wanted(c, named.v[i], &wanted));
        if (!wanted) *list_add(a, &gone) = named.v[i];
    }
    *ret_replies = replies;
    *ret_objects = gone;
    return ERR_NONE;
}

err store_forget_sent(db_conn *c, arena *a, int64_t brand, int64_t conversation, forget_ids *ret) {
    return take_ids(db_sql(c, "SELECT id FROM outbox WHERE brand_id = $1 AND message_id " OF_MESSAGES
                              " UNION ALL SELECT id FROM child_ask WHERE brand_id = $1 "
                              "AND conversation_id = $2"),
                    a, brand, conversation, ret);
}

err store_words_scrub(db_conn *c, bool *ret_more) {
    int64_t changes[2] = {0, 0};
    *ret_more = false;
    if (db_conn_engine(c) != DB_SQLITE) return ERR_NONE;
    for (int i = 0; i < 2; i++) {
        db_query *q = db_sql(c, "SELECT total_changes() AS n");
        if (db_row(q)) changes[i] = db_int(q, "n");
        TRY(db_done(q));
        /* Negative: all of the index becomes one piece in the end, and what was deleted is in none. */
        if (!i) TRY(db_exec(c, "INSERT INTO message_words (message_words, rank) VALUES ('merge', -500)"));
    }
    /* The documentation of FTS5: a difference below 2 means that there was nothing to merge. */
    *ret_more = changes[1] - changes[0] >= 2;
    return ERR_NONE;
}

/* ---- files ---- */

err store_aside_put(db_conn *c, int64_t brand, str hash, int64_t at) {
    db_query *q = db_sql(c, "INSERT INTO object_aside (brand_id, hash, at) VALUES ($1, $2, $3) "
                            "ON CONFLICT (brand_id, hash) DO UPDATE SET at = excluded.at");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, hash);
    db_bind_int(q, 3, at);
    return db_done(q);
}

err store_aside_list_of(db_conn *c, arena *a, int64_t brand, int limit, store_aside_list *ret) {
    db_query *q = db_sql(c, "SELECT brand_id, hash, at FROM object_aside WHERE brand_id = $1 ORDER BY at "
                            "LIMIT $2");
    store_aside_list rows = {0};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, limit);
    while (db_row(q))
        *list_add(a, &rows) = (struct store_aside){
            .brand_id = db_int(q, "brand_id"), .at = db_int(q, "at"), .hash = db_text(q, a, "hash")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_aside_delete(db_conn *c, int64_t brand, str hash) {
    db_query *q = db_sql(c, "DELETE FROM object_aside WHERE brand_id = $1 AND hash = $2");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, hash);
    return db_done(q);
}

err store_object_wanted(db_conn *c, str hash, bool *ret) {
    db_query *q = db_sql(c, "SELECT 1 AS one FROM raw WHERE hash = $1 AND bytes IS NULL UNION ALL "
                            "SELECT 1 AS one FROM attachment WHERE hash = $1 AND bytes IS NULL LIMIT 1");
    db_bind_text(q, 1, hash);
    bool wanted = db_row(q);
    TRY(db_done(q));
    *ret = wanted;
    return ERR_NONE;
}
