/* What merging, splitting and forwarding change rather than move. */
#include "store/defect_letter.h"
#include "store/merge.h"

static err on(db_query *q, int64_t brand, int64_t id) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    return db_done(q);
}

/* ---- questions to grown-ups ---- */

err store_merge_end_ask(db_conn *c, int64_t brand, int64_t ask, int64_t at) {
    db_query *q =
        db_sql(c, "UPDATE child_ask SET ended_at = $3 WHERE brand_id = $1 AND id = $2 AND ended_at = 0");
    db_bind_int(q, 3, at);
    return on(q, brand, ask);
}

err store_merge_open_ask(db_conn *c, int64_t brand, int64_t ask, int64_t ended_at) {
    db_query *q =
        db_sql(c, "UPDATE child_ask SET ended_at = 0 WHERE brand_id = $1 AND id = $2 AND ended_at = $3");
    db_bind_int(q, 3, ended_at);
    return on(q, brand, ask);
}

/* ---- cases ---- */

err store_merge_same_cases(db_conn *c, arena *a, int64_t brand, int64_t from, int64_t to, bool counting,
                           merge_keys *ret) {
    db_query *q =
        db_sql(c, "SELECT f.id FROM defect_case f JOIN defect_case t ON t.brand_id = f.brand_id "
                  "AND t.conversation_id = $3 AND t.defect_id = f.defect_id AND t.symptom = f.symptom "
                  "WHERE f.brand_id = $1 AND f.conversation_id = $2 "
                  "AND ($4 = 0 OR (f.taken_back_at = 0 AND t.taken_back_at = 0)) ORDER BY f.id");
    merge_keys keys = {0};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, from);
    db_bind_int(q, 3, to);
    db_bind_int(q, 4, counting);
    while (db_row(q)) *list_add(a, &keys) = (struct merge_key){db_int(q, "id"), 0};
    TRY(db_done(q));
    *ret = keys;
    return ERR_NONE;
}

err store_merge_take_case(db_conn *c, int64_t brand, int64_t defect_case, int64_t at) {
    db_query *q = db_sql(c, "UPDATE defect_case SET taken_back_at = $3 WHERE brand_id = $1 AND id = $2 "
                            "AND taken_back_at = 0");
    db_bind_int(q, 3, at);
    return on(q, brand, defect_case);
}

err store_merge_untake_case(db_conn *c, int64_t brand, int64_t defect_case, int64_t taken_at) {
    db_query *q = db_sql(c, "UPDATE defect_case SET taken_back_at = 0 WHERE brand_id = $1 AND id = $2 "
                            "AND taken_back_at = $3");
    db_bind_int(q, 3, taken_at);
    return on(q, brand, defect_case);
}

/* ---- what is said of a child ---- */

#define CHILD "agent_id, at, settled_at, name, address, country, keep_memory, forget_at, forgotten_at"

static err child_version(db_conn *c, int64_t brand, int64_t conversation, int64_t *ret) {
    db_query *q = db_sql(c, "SELECT version FROM child WHERE brand_id = $1 AND conversation_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    int64_t version = db_row(q) ? db_int(q, "version") : 0;
    TRY(db_done(q));
    *ret = version;
    return ERR_NONE;
}

static err remember_child(db_conn *c, int64_t brand, int64_t operation, int64_t conversation,
                          int64_t version) {
    db_query *q =
        version
            ? db_sql(c, "INSERT INTO merge_child (brand_id, operation_id, conversation_id, had, state, " CHILD
                        ", version, after_version) SELECT brand_id, $3, conversation_id, 1, state, " CHILD
                        ", version, version + 1 FROM child WHERE brand_id = $1 AND conversation_id = $2")
            : db_sql(c, "INSERT INTO merge_child (brand_id, operation_id, conversation_id, had, state, " CHILD
                        ", version, after_version) VALUES ($1, $3, $2, 0, '', 0, 0, 0, '', '', '', 0, 0, 0, "
                        "0, 1)");
    db_bind_int(q, 3, operation);
    return on(q, brand, conversation);
}

err store_merge_child(db_conn *c, int64_t brand, int64_t operation, int64_t conversation, int64_t as_in,
                      str state) {
    int64_t version;
    TRY(child_version(c, brand, conversation, &version));
    TRY(remember_child(c, brand, operation, conversation, version));
    if (version)
        TRY(on(db_sql(c, "DELETE FROM child WHERE brand_id = $1 AND conversation_id = $2"), brand,
               conversation));
    db_query *q =
        str_eq(state, S("confirmed"))
            ? db_sql(c, "INSERT INTO child (brand_id, conversation_id, state, " CHILD ", version) "
                        "SELECT brand_id, $3, $4, " CHILD ", $5 FROM child WHERE brand_id = $1 "
                        "AND conversation_id = $2")
            : db_sql(c,
                     "INSERT INTO child (brand_id, conversation_id, state, " CHILD ", version) "
                     "SELECT brand_id, $3, $4, agent_id, at, 0, '', '', '', 0, forget_at, forgotten_at, $5 "
                     "FROM child WHERE brand_id = $1 AND conversation_id = $2");
    db_bind_int(q, 3, conversation);
    db_bind_text(q, 4, state);
    db_bind_int(q, 5, version + 1);
    return on(q, brand, as_in);
}

err store_merge_no_child(db_conn *c, int64_t brand, int64_t operation, int64_t conversation) {
    db_query *q =
        db_sql(c, "INSERT INTO merge_child (brand_id, operation_id, conversation_id, had, state, " CHILD
                  ", version, after_version) VALUES ($1, $3, $2, 0, '', 0, 0, 0, '', '', '', 0, 0, 0, "
                  "0, 0)");
    db_bind_int(q, 3, operation);
    return on(q, brand, conversation);
}

err store_merge_child_same(db_conn *c, int64_t brand, int64_t operation, int64_t conversation,
                           bool *ret_same) {
    int64_t version;
    TRY(child_version(c, brand, conversation, &version));
    db_query *q = db_sql(c, "SELECT after_version FROM merge_child WHERE brand_id = $1 AND operation_id = $3 "
                            "AND conversation_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, operation);
    bool same = !db_row(q) || db_int(q, "after_version") == version;
    TRY(db_done(q));
    *ret_same = same;
    return ERR_NONE;
}

err store_merge_child_back(db_conn *c, int64_t brand, int64_t operation, int64_t conversation) {
    db_query *gone =
        db_sql(c, "DELETE FROM child WHERE brand_id = $1 AND conversation_id = $2 AND EXISTS (SELECT 1 "
                  "FROM merge_child m WHERE m.brand_id = $1 AND m.conversation_id = $2 "
                  "AND m.operation_id = $3)");
    db_bind_int(gone, 3, operation);
    TRY(on(gone, brand, conversation));
    db_query *q = db_sql(c, "INSERT INTO child (brand_id, conversation_id, state, " CHILD ", version) "
                            "SELECT brand_id, conversation_id, state, " CHILD ", version FROM merge_child "
                            "WHERE brand_id = $1 AND conversation_id = $2 AND operation_id = $3 AND had = 1");
    db_bind_int(q, 3, operation);
    return on(q, brand, conversation);
}

/* ---- drafts ---- */

struct draft_row {
    str kind, text;
    int64_t updated_at;
};

static err draft_of(db_conn *c, arena *a, int64_t brand, int64_t conversation, int64_t agent,
                    struct draft_row *ret) {
    db_query *q = db_sql(c, "SELECT kind, text, updated_at FROM draft WHERE brand_id = $1 "
                            "AND conversation_id = $2 AND agent_id = $3");
    struct draft_row row = {S(""), S(""), 0};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, agent);
    if (db_row(q))
        row = (struct draft_row){db_text(q, a, "kind"), db_text(q, a, "text"), db_int(q, "updated_at")};
    TRY(db_done(q));
    *ret = row;
    return ERR_NONE;
}

static err write_draft(db_conn *c, int64_t brand, int64_t conversation, int64_t agent,
                       const struct draft_row *row) {
    db_query *q = db_sql(c, "UPDATE draft SET kind = $4, text = $5, updated_at = $6 WHERE brand_id = $1 "
                            "AND conversation_id = $2 AND agent_id = $3");
    db_bind_int(q, 3, agent);
    db_bind_text(q, 4, row->kind);
    db_bind_text(q, 5, row->text);
    db_bind_int(q, 6, row->updated_at);
    return on(q, brand, conversation);
}

err store_merge_draft(db_conn *c, arena *a, int64_t brand, int64_t operation, int64_t agent, int64_t from,
                      int64_t to) {
    struct draft_row below, above, after;
    TRY(draft_of(c, a, brand, from, agent, &below));
    TRY(draft_of(c, a, brand, to, agent, &above));
    after = above;
    if (str_trim(below.text).n)
        after.text =
            above.text.n ? str_fmt(a, "%.*s\n\n%.*s", STR_FMT(above.text), STR_FMT(below.text)) : below.text;
    /* A note must never become part of what is sent. */
    if (str_eq(below.kind, S("note"))) after.kind = below.kind;
    db_query *q =
        db_sql(c, "INSERT INTO merge_draft (brand_id, operation_id, conversation_id, agent_id, kind, "
                  "text, updated_at, after_text) VALUES ($1, $3, $2, $4, $5, $6, $7, $8)");
    db_bind_int(q, 3, operation);
    db_bind_int(q, 4, agent);
    db_bind_text(q, 5, above.kind);
    db_bind_text(q, 6, above.text);
    db_bind_int(q, 7, above.updated_at);
    db_bind_text(q, 8, after.text);
    TRY(on(q, brand, to));
    return write_draft(c, brand, to, agent, &after);
}

struct kept_draft {
    int64_t agent;
    struct draft_row before;
    str after;
};
typedef LIST(struct kept_draft) kept_drafts;

err store_merge_drafts_back(db_conn *c, arena *a, int64_t brand, int64_t operation, int64_t conversation) {
    db_query *q = db_sql(c, "SELECT agent_id, kind, text, updated_at, after_text FROM merge_draft "
                            "WHERE brand_id = $1 AND conversation_id = $2 AND operation_id = $3");
    kept_drafts all = {0};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, operation);
    while (db_row(q))
        *list_add(a, &all) =
            (struct kept_draft){db_int(q, "agent_id"),
                                {db_text(q, a, "kind"), db_text(q, a, "text"), db_int(q, "updated_at")},
                                db_text(q, a, "after_text")};
    TRY(db_done(q));
    for (size_t i = 0; i < all.n; i++) {
        struct draft_row now;
        TRY(draft_of(c, a, brand, conversation, all.v[i].agent, &now));
        if (now.updated_at && str_eq(now.text, all.v[i].after))
            TRY(write_draft(c, brand, conversation, all.v[i].agent, &all.v[i].before));
    }
    return ERR_NONE;
}

err store_merge_draft_drop(db_conn *c, int64_t brand, int64_t conversation, int64_t agent) {
    db_query *q =
        db_sql(c, "DELETE FROM draft WHERE brand_id = $1 AND conversation_id = $2 AND agent_id = $3");
    db_bind_int(q, 3, agent);
    return on(q, brand, conversation);
}

/* ---- forwarded letters ---- */

err store_merge_letter_kind(db_conn *c, int64_t brand, int64_t message, message_kind kind, int64_t agent) {
    db_query *q = db_sql(c, "UPDATE message SET kind = $3, agent_id = $4 WHERE brand_id = $1 AND id = $2");
    db_bind_text(q, 3, str_z(message_kind_name(kind)));
    db_bind_int(q, 4, agent);
    return on(q, brand, message);
}

err store_merge_file_to(db_conn *c, int64_t brand, int64_t attachment, int64_t message) {
    db_query *q = db_sql(c, "UPDATE attachment SET message_id = $3 WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 3, message);
    return on(q, brand, attachment);
}

err store_merge_event_drop(db_conn *c, int64_t brand, int64_t event) {
    return on(db_sql(c, "DELETE FROM event WHERE brand_id = $1 AND id = $2"), brand, event);
}

err store_merge_customer_drop(db_conn *c, int64_t brand, int64_t customer) {
    db_query *q =
        db_sql(c, "SELECT 1 AS one FROM conversation WHERE brand_id = $1 AND customer_id = $2 UNION ALL "
                  "SELECT 1 AS one FROM gesture WHERE brand_id = $1 AND customer_id = $2 UNION ALL "
                  "SELECT 1 AS one FROM promise WHERE brand_id = $1 AND customer_id = $2 UNION ALL "
                  "SELECT 1 AS one FROM box WHERE brand_id = $1 AND customer_id = $2 UNION ALL "
                  "SELECT 1 AS one FROM defect_case WHERE brand_id = $1 AND customer_id = $2 UNION ALL "
                  "SELECT 1 AS one FROM trial_case WHERE brand_id = $1 AND customer_id = $2 LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, customer);
    bool named = db_row(q);
    TRY(db_done(q));
    if (named) return ERR_NONE;
    TRY(on(db_sql(c, "DELETE FROM customer_address WHERE brand_id = $1 AND customer_id = $2"), brand,
           customer));
    return on(db_sql(c, "DELETE FROM customer WHERE brand_id = $1 AND id = $2"), brand, customer);
}

err store_merge_job_drop(db_conn *c, int64_t brand, int64_t message) {
    return on(db_sql(c, "DELETE FROM job WHERE brand_id = $1 AND kind = 'listen' AND subject_id = $2"), brand,
              message);
}

err store_merge_relearn(db_conn *c, int64_t brand, int64_t message, bool *ret_known) {
    db_query *q =
        db_sql(c, "UPDATE learned_letter SET generation = $3 WHERE brand_id = $1 AND message_id = $2");
    db_bind_int(q, 3, LETTER_NOT_LEARNED);
    TRY(on(q, brand, message));
    *ret_known = db_changes(q) > 0;
    return ERR_NONE;
}

err store_merge_mail_due(db_conn *c, int64_t brand, int64_t conversation, bool *ret_due) {
    db_query *q = db_sql(c, "SELECT 1 AS one FROM missing_mail WHERE brand_id = $1 AND conversation_id = $2 "
                            "AND state = 'due'");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    bool due = db_row(q);
    TRY(db_done(q));
    *ret_due = due;
    return ERR_NONE;
}
