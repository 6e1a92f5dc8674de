#include "store/forget_person.h"

#include "store/merge.h"
#include "store/message.h"
#include "store/story.h"

/* $1 the brand, $2 the customer. */
#define OF_THEM(t)                                                                                           \
    t ".brand_id = $1 AND " t                                                                                \
      ".conversation_id IN (SELECT v.id FROM conversation v WHERE v.brand_id = $1 AND v.customer_id = $2)"
/* What names its customer itself is theirs wherever it stands: conversations are merged and split. */
#define OF_THEM_OR_THEIRS(t)                                                                                 \
    t ".brand_id = $1 AND (" t ".customer_id = $2 OR " t                                                     \
      ".conversation_id IN (SELECT v.id FROM conversation v WHERE v.brand_id = $1 AND v.customer_id = $2))"
#define THEIR_ADDRESS                                                                                        \
    "IN (SELECT k.address FROM customer_address k WHERE k.brand_id = $1 AND k.customer_id = $2)"
/* By the small rows of addresses: there is no index on who wrote. */
#define LETTERS_FROM_THEM                                                                                    \
    "message_address d JOIN message m ON m.brand_id = d.brand_id AND m.id = d.message_id "                   \
    "AND m.kind = 'letter' WHERE d.brand_id = $1 AND d.role = 'from' AND d.address " THEIR_ADDRESS
#define OF_OTHERS                                                                                            \
    "EXISTS (SELECT 1 FROM conversation v WHERE v.brand_id = m.brand_id AND v.id = m.conversation_id "       \
    "AND v.customer_id <> $2)"

static err one(db_query *q, int64_t brand, int64_t of, int64_t *ret) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, of);
    if (db_row(q)) *ret = db_int(q, "n");
    return db_done(q);
}

static err on(db_query *q, int64_t brand, int64_t of) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, of);
    return db_done(q);
}

static err count_said(db_conn *c, int64_t brand, int64_t customer, struct store_person_count *r) {
    db_query *q =
        db_sql(c, "SELECT m.kind, COUNT(*) AS n FROM message m WHERE " OF_THEM("m") " GROUP BY m.kind");
    ARENA_AUTO arena *a = arena_new(1 << 16);
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, customer);
    while (db_row(q)) {
        message_kind kind;
        if (!message_kind_from(db_text(q, a, "kind"), &kind)) continue;
        switch (kind) {
        case MESSAGE_LETTER: r->letters = db_int(q, "n"); break;
        case MESSAGE_REPLY: r->replies = db_int(q, "n"); break;
        case MESSAGE_NOTE: r->notes = db_int(q, "n"); break;
        }
    }
    return db_done(q);
}

/* About a letter of theirs, or about all of a conversation that one stands in, whosever it is. */
#define WORRIES                                                                                              \
    "SELECT COUNT(*) AS n FROM worry t WHERE t.brand_id = $1 AND t.closed_at = 0 AND (t.conversation_id IN " \
    "(SELECT v.id FROM conversation v WHERE v.brand_id = $1 AND v.customer_id = $2) OR EXISTS (SELECT 1 "    \
    "FROM message m WHERE m.brand_id = t.brand_id AND m.conversation_id = t.conversation_id AND "            \
    "(t.message_id = 0 OR m.id = t.message_id) AND m.kind = 'letter' AND m.from_address " THEIR_ADDRESS      \
    ") OR EXISTS (SELECT 1 FROM merge_row r JOIN merge_operation o ON o.brand_id = r.brand_id "              \
    "AND o.id = r.operation_id JOIN conversation v ON v.brand_id = o.brand_id AND v.id = o.from_id "         \
    "WHERE r.brand_id = t.brand_id AND r.row_id = t.id AND r.sort = 'worry' AND o.kind = 'merge' "           \
    "AND o.undone_at = 0 AND v.customer_id = $2))"

err store_person_sending(db_conn *c, int64_t brand, int64_t customer, int64_t *ret_leaving,
                         int64_t *ret_unsent) {
    TRY(one(db_sql(c, "SELECT COUNT(*) AS n FROM outbox o JOIN message m ON m.brand_id = o.brand_id "
                      "AND m.id = o.message_id JOIN conversation v ON v.brand_id = m.brand_id AND "
                      "v.id = m.conversation_id WHERE o.brand_id = $1 AND o.state IN ('sending', 'dot_sent') "
                      "AND (v.customer_id = $2 OR o.recipient " THEIR_ADDRESS ")"),
            brand, customer, ret_leaving));
    return one(db_sql(c, "SELECT COUNT(*) AS n FROM outbox o JOIN message m ON m.brand_id = o.brand_id "
                         "AND m.id = o.message_id WHERE o.brand_id = $1 AND o.state IN ('held', 'ready', "
                         "'limited', 'stopped', 'failed', 'uncertain', 'bounced') "
                         "AND o.recipient " THEIR_ADDRESS " AND " OF_OTHERS),
               brand, customer, ret_unsent);
}

err store_person_count(db_conn *c, int64_t brand, int64_t customer, struct store_person_count *ret) {
    struct store_person_count r = {0};
    int64_t sent = 0;
    TRY(count_said(c, brand, customer, &r));
    TRY(one(db_sql(c, "SELECT COUNT(*) AS n FROM conversation WHERE brand_id = $1 AND customer_id = $2"),
            brand, customer, &r.conversations));
    TRY(one(db_sql(c, "SELECT COUNT(*) AS n FROM attachment t WHERE " OF_THEM("t")), brand, customer,
            &r.files));
    TRY(one(db_sql(c, "SELECT COUNT(*) AS n FROM draft t WHERE " OF_THEM("t")), brand, customer, &r.drafts));
    TRY(one(db_sql(c, "SELECT COUNT(*) AS n FROM box t WHERE " OF_THEM_OR_THEIRS("t")), brand, customer,
            &r.boxes));
    TRY(one(db_sql(c, "SELECT COUNT(*) AS n FROM gesture t WHERE " OF_THEM_OR_THEIRS("t")), brand, customer,
            &r.gestures));
    TRY(one(db_sql(c, WORRIES), brand, customer, &r.worries));
    TRY(store_person_sending(c, brand, customer, &r.leaving, &r.unsent));
    TRY(one(db_sql(c, "SELECT COUNT(DISTINCT m.id) AS n FROM " LETTERS_FROM_THEM " AND " OF_OTHERS), brand,
            customer, &r.elsewhere));
    TRY(one(db_sql(c,
                   "SELECT COUNT(DISTINCT m.id) AS n FROM message_address d JOIN message m ON "
                   "m.brand_id = d.brand_id AND m.id = d.message_id WHERE d.brand_id = $1 "
                   "AND d.address " THEIR_ADDRESS " AND m.from_address NOT " THEIR_ADDRESS " AND " OF_OTHERS),
            brand, customer, &r.named));
    TRY(one(db_sql(c, "SELECT COALESCE(MAX(t.at), 0) AS n FROM gesture t WHERE " OF_THEM_OR_THEIRS("t")),
            brand, customer, &r.accounts_at));
    TRY(one(db_sql(c, "SELECT COALESCE(MAX(t.sent_at), 0) AS n FROM box t WHERE " OF_THEM_OR_THEIRS("t")),
            brand, customer, &sent));
    if (sent > r.accounts_at) r.accounts_at = sent;
    *ret = r;
    return ERR_NONE;
}

static err ids_of(db_query *q, arena *a, int64_t brand, int64_t customer, int limit, forget_ids *ret) {
    forget_ids ids = {0};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, customer);
    db_bind_int(q, 3, limit);
    while (db_row(q)) *list_add(a, &ids) = db_int(q, "id");
    TRY(db_done(q));
    *ret = ids;
    return ERR_NONE;
}

err store_person_conversations(db_conn *c, arena *a, int64_t brand, int64_t customer, int limit,
                               forget_ids *ret) {
    return ids_of(db_sql(c, "SELECT v.id FROM conversation v WHERE v.brand_id = $1 AND v.customer_id = $2 "
                            "AND NOT EXISTS (SELECT 1 FROM child k WHERE k.brand_id = v.brand_id "
                            "AND k.conversation_id = v.id AND k.forgotten_at > 0 AND k.keep_memory = 0) "
                            "ORDER BY v.id LIMIT $3"),
                  a, brand, customer, limit, ret);
}

err store_person_elsewhere(db_conn *c, arena *a, int64_t brand, int64_t customer, int limit,
                           forget_ids *ret) {
    return ids_of(
        db_sql(c, "SELECT DISTINCT m.id FROM " LETTERS_FROM_THEM " AND " OF_OTHERS " ORDER BY m.id LIMIT $3"),
        a, brand, customer, limit, ret);
}

/* $2 a conversation */
#define OF_ITS_OPERATIONS                                                                                    \
    "operation_id IN (SELECT s.operation_id FROM merge_state s WHERE s.brand_id = $1 AND s.conversation_id " \
    "= $2)"

/* ---- what of theirs stands with others ---- */

/* Their conversation went into another one by a merge that stands. end: where that leads to now. */
struct gone_into {
    int64_t operation, from, from_number, to, end;
};
typedef LIST(struct gone_into) gone_into_list;

static err gone_into_others(db_conn *c, arena *a, int64_t brand, int64_t customer, gone_into_list *ret) {
    db_query *q =
        db_sql(c, "SELECT o.id, o.from_id, o.from_number, o.to_id FROM conversation v JOIN merge_operation o "
                  "ON o.brand_id = v.brand_id AND o.from_id = v.id WHERE v.brand_id = $1 "
                  "AND v.customer_id = $2 AND o.kind = 'merge' AND o.undone_at = 0 ORDER BY o.id");
    gone_into_list rows = {0};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, customer);
    while (db_row(q))
        *list_add(a, &rows) =
            (struct gone_into){db_int(q, "id"), db_int(q, "from_id"), db_int(q, "from_number"),
                               db_int(q, "to_id"), db_int(q, "to_id")};
    TRY(db_done(q));
    for (size_t i = 0; i < rows.n; i++) TRY(store_merge_end(c, brand, rows.v[i].to, &rows.v[i].end));
    *ret = rows;
    return ERR_NONE;
}

/* Of what it moved, what others wrote is theirs; a draft that was put below another one is of the one it
 * stands in. */
#define STILL_WITH_OTHERS                                                                                    \
    "SELECT t.number, 0 AS draft FROM merge_row r JOIN message m ON m.brand_id = r.brand_id AND "            \
    "m.id = r.row_id JOIN conversation t ON t.brand_id = m.brand_id AND t.id = m.conversation_id WHERE "     \
    "r.brand_id = $1 AND r.operation_id = $3 AND r.sort = 'message' AND t.customer_id <> $2 AND "            \
    "(m.kind <> 'letter' OR m.from_address " THEIR_ADDRESS ") UNION ALL "                                    \
    "SELECT t.number, 1 AS draft FROM draft d JOIN conversation t ON t.brand_id = d.brand_id AND "           \
    "t.id = d.conversation_id WHERE d.brand_id = $1 AND d.conversation_id = $4 AND t.customer_id <> $2 "     \
    "AND (EXISTS (SELECT 1 FROM merge_row r WHERE r.brand_id = d.brand_id AND r.operation_id = $3 AND "      \
    "r.sort = 'draft' AND r.row_id = d.agent_id) OR EXISTS (SELECT 1 FROM merge_draft g WHERE "              \
    "g.brand_id = d.brand_id AND g.operation_id = $3 AND g.agent_id = d.agent_id)) "                         \
    "ORDER BY draft LIMIT 1"

err store_person_merged(db_conn *c, arena *a, int64_t brand, int64_t customer,
                        struct store_person_merged *ret) {
    struct store_person_merged r = {0};
    gone_into_list merges;
    TRY(gone_into_others(c, a, brand, customer, &merges));
    for (size_t i = 0; i < merges.n && !r.from_number; i++) {
        db_query *q = db_sql(c, STILL_WITH_OTHERS);
        db_bind_int(q, 1, brand);
        db_bind_int(q, 2, customer);
        db_bind_int(q, 3, merges.v[i].operation);
        db_bind_int(q, 4, merges.v[i].end);
        if (db_row(q))
            r = (struct store_person_merged){merges.v[i].from_number, db_int(q, "number"),
                                             db_int(q, "draft") != 0};
        TRY(db_done(q));
    }
    *ret = r;
    return ERR_NONE;
}

/* $2 the operation. */
#define CAME(sort)                                                                                           \
    "brand_id = $1 AND id IN (SELECT r.row_id FROM merge_row r WHERE r.brand_id = $1 AND r.operation_id = "  \
    "$2 AND r.sort = '" sort "')"

static err wipe_came(db_conn *c, int64_t brand, int64_t operation) {
    static const char events[] =
        "UPDATE event SET detail = '' WHERE " CAME("event") " AND kind NOT IN ('taken', 'released', "
                                                            "'passed', 'closed', 'reopened', 'away')";
    TRY(on(db_sql(c, events), brand, operation));
    TRY(on(db_sql(c, "UPDATE override SET because = '' WHERE " CAME("override")), brand, operation));
    TRY(on(db_sql(c, "UPDATE worry SET note = '', closed_note = '' WHERE " CAME("worry")), brand, operation));
    TRY(on(db_sql(c, "UPDATE defect_case SET words = '', start_at = 0, end_at = 0, version = version + 1 "
                     "WHERE " CAME("defect_case")),
           brand, operation));
    TRY(on(db_sql(c, "UPDATE trial_case SET skip_why = '' WHERE brand_id = $1 AND EXISTS (SELECT 1 FROM "
                     "merge_row r WHERE r.brand_id = $1 AND r.operation_id = $2 AND r.sort = 'trial_case' "
                     "AND r.row_id = trial_case.trial_id AND r.also_id = trial_case.customer_id)"),
           brand, operation));
    TRY(on(db_sql(c, "DELETE FROM track WHERE " CAME("track")), brand, operation));
    TRY(on(db_sql(c, "DELETE FROM job WHERE brand_id = $1 AND kind = 'ask' AND subject_id IN (SELECT "
                     "r.row_id FROM merge_row r WHERE r.brand_id = $1 AND r.operation_id = $2 "
                     "AND r.sort = 'child_ask')"),
           brand, operation));
    db_query *q = db_sql(c, "UPDATE child_ask SET email = '', says = '', hash = $3 WHERE " CAME("child_ask"));
    db_bind_blob(q, 3, S(""));
    return on(q, brand, operation);
}

/* What was said about a child came along as a copy. $2: where to, $3: theirs */
static err wipe_child_copy(db_conn *c, int64_t brand, int64_t there, int64_t theirs) {
    db_query *q = db_sql(
        c, "UPDATE child SET name = '', address = '', country = '', version = version + 1 WHERE "
           "brand_id = $1 AND conversation_id = $2 AND EXISTS (SELECT 1 FROM child k WHERE k.brand_id = $1 "
           "AND k.conversation_id = $3 AND k.name = child.name AND k.address = child.address "
           "AND k.country = child.country AND k.name || k.address || k.country <> '')");
    db_bind_int(q, 3, theirs);
    return on(q, brand, there);
}

/* Events tell of what they got by its words, wherever it stands; $1, $2 the customer. Before the words go. */
#define EVENTS_OF(table, test)                                                                               \
    "UPDATE event SET detail = '' WHERE brand_id = $1 AND conversation_id IN (SELECT x.conversation_id "     \
    "FROM " table " x WHERE x.brand_id = $1 AND x.customer_id = $2) AND EXISTS (SELECT 1 FROM " table        \
    " x WHERE x.brand_id = $1 AND x.customer_id = $2 AND x.conversation_id = event.conversation_id "         \
    "AND " test ")"
#define TELLS(text) "REPLACE(event.detail, SUBSTR(" text ", 1, 60), '') <> event.detail"

static err wipe_events(db_conn *c, int64_t brand, int64_t customer) {
    TRY(on(db_sql(c, EVENTS_OF("box", "event.kind LIKE 'box%' AND SUBSTR(event.detail, 1, "
                                      "LENGTH(CAST(x.number AS TEXT)) + 1) = CAST(x.number AS TEXT) || ':'")),
           brand, customer));
    TRY(on(db_sql(c, EVENTS_OF("gesture", "event.kind LIKE 'gesture%' AND x.item_code = '' "
                                          "AND " TELLS("x.item_name"))),
           brand, customer));
    return on(db_sql(c, EVENTS_OF("promise", TELLS("x.text"))), brand, customer);
}

static err wipe_gestures(db_conn *c, int64_t brand, int64_t customer) {
    static const char of_gestures[] =
        "UPDATE gesture_step SET note = '' WHERE brand_id = $1 AND gesture_id IN "
        "(SELECT x.id FROM gesture x WHERE x.brand_id = $1 AND x.customer_id = $2)";
    TRY(on(db_sql(c, "DELETE FROM judgement_note WHERE brand_id = $1 AND gesture_id IN (SELECT x.id FROM "
                     "gesture x WHERE x.brand_id = $1 AND x.customer_id = $2)"),
           brand, customer));
    TRY(on(db_sql(c, of_gestures), brand, customer));
    return on(db_sql(c, "UPDATE gesture SET judgement = '', item_name = CASE WHEN item_code = '' THEN '' "
                        "ELSE item_name END WHERE brand_id = $1 AND customer_id = $2"),
              brand, customer);
}

static err wipe_boxes(db_conn *c, int64_t brand, int64_t customer) {
    TRY(on(db_sql(c, "UPDATE box_step SET note = '' WHERE brand_id = $1 AND box_id IN (SELECT x.id FROM box "
                     "x WHERE x.brand_id = $1 AND x.customer_id = $2)"),
           brand, customer));
    TRY(on(db_sql(c, "UPDATE box_item SET item_name = '' WHERE brand_id = $1 AND item_code = '' AND box_id "
                     "IN (SELECT x.id FROM box x WHERE x.brand_id = $1 AND x.customer_id = $2)"),
           brand, customer));
    return on(db_sql(c, "UPDATE box SET address = '', country = '', letter = '', tracking = '', "
                        "follow_at = 0 WHERE brand_id = $1 AND customer_id = $2"),
              brand, customer);
}

#define PROMISES "(SELECT x.id FROM promise x WHERE x.brand_id = $1 AND x.customer_id = $2"
static err wipe_promises(db_conn *c, int64_t brand, int64_t customer, str subject) {
    TRY(on(db_sql(c, "DELETE FROM promise_step WHERE brand_id = $1 AND promise_id IN " PROMISES
                     " AND x.whose = 'theirs')"),
           brand, customer));
    TRY(on(db_sql(c, "DELETE FROM promise WHERE brand_id = $1 AND customer_id = $2 AND whose = 'theirs'"),
           brand, customer));
    TRY(on(db_sql(c, "UPDATE promise_step SET note = '' WHERE brand_id = $1 AND promise_id IN " PROMISES ")"),
           brand, customer));
    db_query *q = db_sql(c, "UPDATE promise SET text = $3 WHERE brand_id = $1 AND customer_id = $2");
    db_bind_text(q, 3, subject);
    return on(q, brand, customer);
}

err store_forget_with_others(db_conn *c, arena *a, int64_t brand, int64_t customer, str subject) {
    gone_into_list merges;
    TRY(gone_into_others(c, a, brand, customer, &merges));
    for (size_t i = 0; i < merges.n; i++) {
        const struct gone_into *m = &merges.v[i];
        const int64_t there[] = {m->to, m->end};
        TRY(wipe_came(c, brand, m->operation));
        for (size_t k = 0; k < sizeof there / sizeof *there; k++) {
            TRY(wipe_child_copy(c, brand, there[k], m->from));
            TRY(on(db_sql(c, "UPDATE merge_state SET snippet = '' WHERE brand_id = $1 "
                             "AND " OF_ITS_OPERATIONS),
                   brand, there[k]));
        }
    }
    TRY(wipe_events(c, brand, customer));
    TRY(wipe_gestures(c, brand, customer));
    TRY(wipe_boxes(c, brand, customer));
    return wipe_promises(c, brand, customer, subject);
}

/* ---- one letter alone: $2 is its id ---- */

static err add_hashes(db_query *q, arena *a, int64_t brand, int64_t message, hash_list *to) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    while (db_row(q)) *list_add(a, to) = db_text(q, a, "hash");
    return db_done(q);
}

/* As it came, and the later copies of it. Each by its own index: joined by OR, all of raw would be read.
 * BETWEEN, since of "=" beside "> 0" SQLite without statistics takes "> 0" for the search: all copies there
 * are. */
#define AS_IT_CAME                                                                                           \
    "brand_id = $1 AND id = (SELECT m.raw_id FROM message m WHERE m.brand_id = $1 AND m.id = $2)"
#define COPIES_OF_IT "brand_id = $1 AND message_id > 0 AND message_id BETWEEN $2 AND $2"
#define WIPE_RAW "UPDATE raw SET bytes = $3, hash = '', mail_from = '', rcpt = '', problem = '' WHERE "

static err wipe_raw(db_query *q, int64_t brand, int64_t message) {
    db_bind_blob(q, 3, S(""));
    return on(q, brand, message);
}

static err wipe_bytes(db_conn *c, arena *a, int64_t brand, int64_t message, hash_list *named) {
    TRY(add_hashes(db_sql(c, "SELECT hash FROM raw WHERE bytes IS NULL AND " AS_IT_CAME), a, brand, message,
                   named));
    TRY(add_hashes(db_sql(c, "SELECT hash FROM raw WHERE bytes IS NULL AND " COPIES_OF_IT), a, brand, message,
                   named));
    TRY(add_hashes(db_sql(c, "SELECT hash FROM attachment WHERE bytes IS NULL AND brand_id = $1 "
                             "AND message_id = $2"),
                   a, brand, message, named));
    TRY(wipe_raw(db_sql(c, WIPE_RAW AS_IT_CAME), brand, message));
    TRY(wipe_raw(db_sql(c, WIPE_RAW COPIES_OF_IT), brand, message));
    return on(db_sql(c, "DELETE FROM attachment WHERE brand_id = $1 AND message_id = $2"), brand, message);
}

#define MOVED_IT                                                                                             \
    "(SELECT r.operation_id FROM merge_row r WHERE r.brand_id = $1 AND r.row_id = $2 AND r.sort IN "         \
    "('message', 'letter_made', 'letter_noted'))"

/* Its first words stand in lists, wherever it was moved, and in what is kept to undo that. A subject is
 * blanked only of what was undone: undoing looks at it. */
static err wipe_snippets(db_conn *c, int64_t brand, int64_t message, int64_t conversation) {
    TRY(on(db_sql(c, "UPDATE conversation SET snippet = '' WHERE brand_id = $1 AND id = $2"), brand,
           conversation));
    TRY(on(db_sql(c, "UPDATE conversation SET snippet = '' WHERE brand_id = $1 AND id IN (SELECT "
                     "s.conversation_id FROM merge_state s WHERE s.brand_id = $1 AND s.operation_id "
                     "IN " MOVED_IT ")"),
           brand, message));
    TRY(on(db_sql(c, "UPDATE merge_state SET snippet = '' WHERE brand_id = $1 AND operation_id IN " MOVED_IT),
           brand, message));
    TRY(on(db_sql(c, "UPDATE merge_state SET subject = '' WHERE brand_id = $1 AND operation_id IN (SELECT "
                     "o.id FROM merge_operation o WHERE o.brand_id = $1 AND o.undone_at > 0 AND o.id "
                     "IN " MOVED_IT ")"),
           brand, message));
    return on(db_sql(c, "UPDATE merge_state SET snippet = '' WHERE brand_id = $1 AND " OF_ITS_OPERATIONS),
              brand, conversation);
}

err store_forget_message(db_conn *c, arena *a, int64_t brand, int64_t message, hash_list *ret_objects,
                         int64_t *ret_conversation) {
    struct message m;
    hash_list named = {0};
    TRY(store_message_get(c, a, brand, message, &m));
    TRY(store_words_delete(c, brand, message));
    TRY(wipe_bytes(c, a, brand, message, &named));
    TRY(on(db_sql(c, "DELETE FROM message_address WHERE brand_id = $1 AND message_id = $2"), brand, message));
    TRY(store_story_forget_message(c, brand, message));
    TRY(on(db_sql(c, "DELETE FROM listening WHERE brand_id = $1 AND message_id = $2"), brand, message));
    TRY(on(db_sql(c, "DELETE FROM bounce WHERE brand_id = $1 AND message_id = $2"), brand, message));
    TRY(on(db_sql(c, "UPDATE incident_conversation SET why = '' WHERE brand_id = $1 AND message_id = $2"),
           brand, message));
    TRY(on(db_sql(c, "UPDATE correction SET value = '', found_value = '' WHERE brand_id = $1 "
                     "AND message_id = $2"),
           brand, message));
    TRY(on(db_sql(c, "UPDATE defect_case SET words = '', start_at = 0, end_at = 0, version = version + 1 "
                     "WHERE brand_id = $1 AND message_id = $2"),
           brand, message));
    TRY(wipe_snippets(c, brand, message, m.conversation_id));
    TRY(on(
        db_sql(c,
               "UPDATE message SET text = '', html = '', subject = '', from_address = '', from_name = '', "
               "problem = '', rfc_id = '', same_as = '', remote_images = 0 WHERE brand_id = $1 AND id = $2"),
        brand, message));
    for (size_t i = 0; i < named.n; i++) {
        bool wanted;
        TRY(store_object_wanted(c, named.v[i], &wanted));
        if (!wanted) *list_add(a, ret_objects) = named.v[i];
    }
    *ret_conversation = m.conversation_id;
    return ERR_NONE;
}

err store_forget_their_promises(db_conn *c, int64_t brand, int64_t conversation) {
    TRY(on(
        db_sql(c,
               "DELETE FROM promise_step WHERE brand_id = $1 AND promise_id IN (SELECT p.id FROM promise p "
               "WHERE p.brand_id = $1 AND p.conversation_id = $2 AND p.whose = 'theirs')"),
        brand, conversation));
    return on(
        db_sql(c, "DELETE FROM promise WHERE brand_id = $1 AND conversation_id = $2 AND whose = 'theirs'"),
        brand, conversation);
}

/* ---- the customer ---- */

/* A letter to them that was begun and belongs to no conversation yet. */
static err wipe_new_drafts(db_conn *c, int64_t brand, int64_t customer) {
    static const char its[] =
        "DELETE FROM attachment WHERE brand_id = $1 AND message_id = 0 AND conversation_id = 0 AND agent_id "
        "IN "
        "(SELECT d.agent_id FROM draft d JOIN customer_address k ON k.brand_id = d.brand_id AND "
        "k.customer_id = $2 WHERE d.brand_id = $1 AND d.conversation_id = 0 AND "
        "LOWER(d.to_line || ' ' || d.cc_line || ' ' || d.bcc_line) LIKE '%' || k.address || '%')";
    TRY(on(db_sql(c, its), brand, customer));
    return on(
        db_sql(c, "DELETE FROM draft WHERE brand_id = $1 AND conversation_id = 0 AND EXISTS (SELECT 1 FROM "
                  "customer_address k WHERE k.brand_id = $1 AND k.customer_id = $2 AND "
                  "LOWER(to_line || ' ' || cc_line || ' ' || bcc_line) LIKE '%' || k.address || '%')"),
        brand, customer);
}

err store_forget_person(db_conn *c, int64_t brand, int64_t customer, str name) {
    TRY(wipe_new_drafts(c, brand, customer));
    TRY(on(db_sql(c, "DELETE FROM message_address WHERE brand_id = $1 AND address " THEIR_ADDRESS), brand,
           customer));
    TRY(on(db_sql(c, "UPDATE outbox SET recipient = '', says = '' WHERE brand_id = $1 AND state IN ('sent', "
                     "'taken_back') AND recipient " THEIR_ADDRESS),
           brand, customer));
    TRY(on(db_sql(c,
                  "UPDATE merge_operation SET about = '' WHERE brand_id = $1 AND kind <> 'move' AND EXISTS "
                  "(SELECT 1 FROM customer_address k WHERE k.brand_id = $1 AND k.customer_id = $2 AND "
                  "LOWER(merge_operation.about) LIKE '%' || k.address || '%')"),
           brand, customer));
    TRY(on(
        db_sql(
            c,
            "UPDATE bounce SET recipient = '', says = '' WHERE brand_id = $1 AND recipient " THEIR_ADDRESS),
        brand, customer));
    TRY(on(
        db_sql(c, "UPDATE child_ask SET email = '', says = '' WHERE brand_id = $1 AND email " THEIR_ADDRESS),
        brand, customer));
    TRY(on(db_sql(c, "DELETE FROM customer_address WHERE brand_id = $1 AND customer_id = $2"), brand,
           customer));
    db_query *q = db_sql(c, "UPDATE customer SET name = $3, about = '' WHERE brand_id = $1 AND id = $2");
    db_bind_text(q, 3, name);
    return on(q, brand, customer);
}

/* ---- that it was done ---- */

err store_forgotten_put(db_conn *c, int64_t brand, const struct store_forgotten *r) {
    db_query *q = db_sql(
        c, "INSERT INTO forgotten (brand_id, customer_id, agent_id, at, conversations, messages, keep_until, "
           "settled_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (brand_id, customer_id) DO "
           "UPDATE SET agent_id = excluded.agent_id, at = excluded.at, "
           "conversations = excluded.conversations, messages = excluded.messages, "
           "keep_until = excluded.keep_until, settled_at = excluded.settled_at");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->customer_id);
    db_bind_int(q, 3, r->agent_id);
    db_bind_int(q, 4, r->at);
    db_bind_int(q, 5, r->conversations);
    db_bind_int(q, 6, r->messages);
    db_bind_int(q, 7, r->keep_until);
    db_bind_int(q, 8, r->settled_at);
    return db_done(q);
}

err store_forgotten_get(db_conn *c, arena *a, int64_t brand, int64_t customer, struct store_forgotten *ret) {
    db_query *q =
        db_sql(c, "SELECT f.agent_id, f.at, f.conversations, f.messages, f.keep_until, f.settled_at, "
                  "COALESCE(p.name, '') AS agent_name FROM forgotten f LEFT JOIN agent g ON "
                  "g.brand_id = f.brand_id AND g.id = f.agent_id LEFT JOIN account p ON p.id = g.account_id "
                  "WHERE f.brand_id = $1 AND f.customer_id = $2");
    struct store_forgotten r = {.customer_id = customer};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, customer);
    if (db_row(q)) {
        r.agent_id = db_int(q, "agent_id");
        r.at = db_int(q, "at");
        r.conversations = db_int(q, "conversations");
        r.messages = db_int(q, "messages");
        r.keep_until = db_int(q, "keep_until");
        r.settled_at = db_int(q, "settled_at");
        r.agent_name = db_text(q, a, "agent_name");
    }
    TRY(db_done(q));
    *ret = r;
    return ERR_NONE;
}

err store_forgotten_due(db_conn *c, arena *a, int64_t brand, int64_t now, int limit, forget_ids *ret) {
    return ids_of(db_sql(c, "SELECT customer_id AS id FROM forgotten WHERE brand_id = $1 AND settled_at = 0 "
                            "AND keep_until <= $2 ORDER BY keep_until LIMIT $3"),
                  a, brand, now, limit, ret);
}

#define THEIR(t) "IN (SELECT x.id FROM " t " x WHERE " OF_THEM_OR_THEIRS("x") ")"

err store_forget_accounts(db_conn *c, int64_t brand, int64_t customer, int64_t now) {
    TRY(on(db_sql(c, "DELETE FROM judgement_note WHERE brand_id = $1 AND gesture_id " THEIR("gesture")),
           brand, customer));
    TRY(on(db_sql(c, "DELETE FROM gesture_step WHERE brand_id = $1 AND gesture_id " THEIR("gesture")), brand,
           customer));
    TRY(on(db_sql(c, "DELETE FROM gesture WHERE brand_id = $1 AND id " THEIR("gesture")), brand, customer));
    TRY(on(db_sql(c, "DELETE FROM box_item WHERE brand_id = $1 AND box_id " THEIR("box")), brand, customer));
    TRY(on(db_sql(c, "DELETE FROM box_step WHERE brand_id = $1 AND box_id " THEIR("box")), brand, customer));
    TRY(on(db_sql(c, "DELETE FROM box WHERE brand_id = $1 AND id " THEIR("box")), brand, customer));
    db_query *q = db_sql(c, "UPDATE forgotten SET settled_at = $3 WHERE brand_id = $1 AND customer_id = $2");
    db_bind_int(q, 3, now);
    return on(q, brand, customer);
}
