#include "store/outbox.h"

#define COLUMNS                                                                                              \
    "o.id, o.message_id, o.inbox_id, o.recipient, o.state, o.ready_at, o.attempts, o.says, o.updated_at, "   \
    "o.later, m.conversation_id, m.subject, m.state AS reply "
#define TABLES "FROM outbox o JOIN message m ON m.brand_id = o.brand_id AND m.id = o.message_id "

static void read_row(db_query *q, arena *a, struct outbox *r) {
    *r = (struct outbox){
        .id = db_int(q, "id"),
        .message_id = db_int(q, "message_id"),
        .inbox_id = db_int(q, "inbox_id"),
        .recipient = db_text(q, a, "recipient"),
        .ready_at = db_int(q, "ready_at"),
        .attempts = db_int(q, "attempts"),
        .says = db_text(q, a, "says"),
        .updated_at = db_int(q, "updated_at"),
        .later = db_int(q, "later"),
        .conversation_id = db_int(q, "conversation_id"),
        .subject = db_text(q, a, "subject"),
    };
    outbox_state_from(db_text(q, a, "state"), &r->state);
    message_state_from(db_text(q, a, "reply"), &r->reply);
}

err store_outbox_insert(db_conn *c, int64_t brand, const struct outbox *r) {
    db_query *q =
        db_sql(c, "INSERT INTO outbox (brand_id, id, message_id, inbox_id, recipient, state, ready_at, "
                  "attempts, says, updated_at, later) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_int(q, 3, r->message_id);
    db_bind_int(q, 4, r->inbox_id);
    db_bind_text(q, 5, r->recipient);
    db_bind_text(q, 6, str_z(outbox_state_name(r->state)));
    db_bind_int(q, 7, r->ready_at);
    db_bind_int(q, 8, r->attempts);
    db_bind_text(q, 9, r->says);
    db_bind_int(q, 10, r->updated_at);
    db_bind_int(q, 11, r->later);
    return db_done_later(q);
}

err store_outbox_update(db_conn *c, int64_t brand, const struct outbox *r) {
    db_query *q =
        db_sql(c, "UPDATE outbox SET state = $3, ready_at = $4, attempts = $5, says = $6, updated_at = $7, "
                  "later = $8 WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_text(q, 3, str_z(outbox_state_name(r->state)));
    db_bind_int(q, 4, r->ready_at);
    db_bind_int(q, 5, r->attempts);
    db_bind_text(q, 6, r->says);
    db_bind_int(q, 7, r->updated_at);
    db_bind_int(q, 8, r->later);
    return db_done(q);
}

err store_outbox_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct outbox *ret) {
    db_query *q = db_sql(c, "SELECT " COLUMNS TABLES "WHERE o.brand_id = $1 AND o.id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    struct outbox row = {0};
    if (db_row(q)) read_row(q, a, &row);
    TRY(db_done(q));
    if (!row.id) return err_set(ERR_MISSING, "There is no such entry in the outbox.");
    *ret = row;
    return ERR_NONE;
}

static err collect(db_query *q, arena *a, outbox_list *ret) {
    outbox_list rows = {0};
    while (db_row(q)) read_row(q, a, list_add(a, &rows));
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_outbox_of_message(db_conn *c, arena *a, int64_t brand, int64_t message, outbox_list *ret) {
    db_query *q =
        db_sql(c, "SELECT " COLUMNS TABLES "WHERE o.brand_id = $1 AND o.message_id = $2 ORDER BY o.id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    return collect(q, a, ret);
}

err store_outbox_of_conversation(db_conn *c, arena *a, int64_t brand, int64_t conversation,
                                 outbox_list *ret) {
    db_query *q = db_sql(c, "SELECT " COLUMNS "FROM message m JOIN outbox o ON o.brand_id = m.brand_id "
                            "AND o.message_id = m.id WHERE m.brand_id = $1 AND m.conversation_id = $2 "
                            "ORDER BY o.id LIMIT 2000");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    return collect(q, a, ret);
}

err store_outbox_delete(db_conn *c, int64_t brand, int64_t message) {
    db_query *q =
        db_sql(c, "DELETE FROM job WHERE brand_id = $1 AND kind IN ('send', 'publish') AND subject_id IN "
                  "(SELECT id FROM outbox WHERE brand_id = $1 AND message_id = $2)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    TRY(db_done(q));
    q = db_sql(c, "DELETE FROM outbox WHERE brand_id = $1 AND message_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    return db_done(q);
}

err store_outbox_in_state(db_conn *c, arena *a, int64_t brand, outbox_state state, int limit,
                          outbox_list *ret) {
    db_query *q = db_sql(c, "SELECT " COLUMNS TABLES "WHERE o.brand_id = $1 AND o.state = $2 "
                            "ORDER BY o.updated_at DESC, o.id DESC LIMIT $3");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, str_z(outbox_state_name(state)));
    db_bind_int(q, 3, limit);
    return collect(q, a, ret);
}

static const char *const view_names[OUTBOX_VIEWS] = {"needs", "failed",  "uncertain", "bounced", "stopped",
                                                     "waits", "sending", "sent",      "given_up"};

const char *outbox_view_name(outbox_view_kind v) { return (int)v < OUTBOX_VIEWS ? view_names[v] : ""; }

bool outbox_view_from(str s, outbox_view_kind *ret) {
    for (int i = 0; i < OUTBOX_VIEWS; i++) {
        if (!str_eq(s, str_z(view_names[i]))) continue;
        *ret = (outbox_view_kind)i;
        return true;
    }
    return false;
}

/* Up to four states; what is left over names the first one again. */
static void states_of(outbox_view_kind view, outbox_state ret[4]) {
    static const outbox_state table[OUTBOX_VIEWS][4] = {
        [OUTBOX_VIEW_NEEDS] = {OUTBOX_FAILED, OUTBOX_UNCERTAIN, OUTBOX_BOUNCED, OUTBOX_STOPPED},
        [OUTBOX_VIEW_FAILED] = {OUTBOX_FAILED, OUTBOX_FAILED, OUTBOX_FAILED, OUTBOX_FAILED},
        [OUTBOX_VIEW_UNCERTAIN] = {OUTBOX_UNCERTAIN, OUTBOX_UNCERTAIN, OUTBOX_UNCERTAIN, OUTBOX_UNCERTAIN},
        [OUTBOX_VIEW_BOUNCED] = {OUTBOX_BOUNCED, OUTBOX_BOUNCED, OUTBOX_BOUNCED, OUTBOX_BOUNCED},
        [OUTBOX_VIEW_STOPPED] = {OUTBOX_STOPPED, OUTBOX_STOPPED, OUTBOX_STOPPED, OUTBOX_STOPPED},
        [OUTBOX_VIEW_WAITS] = {OUTBOX_HELD, OUTBOX_LIMITED, OUTBOX_READY, OUTBOX_READY},
        [OUTBOX_VIEW_GOING] = {OUTBOX_SENDING, OUTBOX_DOT_SENT, OUTBOX_DOT_SENT, OUTBOX_DOT_SENT},
        [OUTBOX_VIEW_SENT] = {OUTBOX_SENT, OUTBOX_SENT, OUTBOX_SENT, OUTBOX_SENT},
        [OUTBOX_VIEW_GIVEN_UP] = {OUTBOX_TAKEN_BACK, OUTBOX_TAKEN_BACK, OUTBOX_TAKEN_BACK, OUTBOX_TAKEN_BACK},
    };
    for (int i = 0; i < 4; i++) ret[i] = table[view][i];
}

static void bind_view(db_query *q, int64_t brand, const outbox_state states[4], bool one) {
    db_bind_int(q, 1, brand);
    for (int i = 0; i < (one ? 1 : 4); i++) db_bind_text(q, 2 + i, str_z(outbox_state_name(states[i])));
}

/* One state goes along the index, however many rows it has; several have to be sorted, and are few. */
err store_outbox_view(db_conn *c, arena *a, int64_t brand, outbox_view_kind view, struct page_key after,
                      int limit, outbox_list *ret) {
    outbox_state states[4];
    states_of(view, states);
    bool one = states[0] == states[1];
    db_query *q = db_sql(
        c, one ? "SELECT " COLUMNS TABLES "WHERE o.brand_id = $1 AND o.state = $2 AND (o.updated_at < $3 OR "
                 "(o.updated_at = $3 AND o.id < $4)) ORDER BY o.updated_at DESC, o.id DESC LIMIT $5"
               : "SELECT " COLUMNS TABLES "WHERE o.brand_id = $1 AND o.state IN ($2, $3, $4, $5) AND "
                 "(o.updated_at < $6 OR (o.updated_at = $6 AND o.id < $7)) "
                 "ORDER BY o.updated_at DESC, o.id DESC LIMIT $8");
    bind_view(q, brand, states, one);
    int next = one ? 3 : 6;
    db_bind_int(q, next, after.id ? after.at : INT64_MAX);
    db_bind_int(q, next + 1, after.id ? after.id : INT64_MAX);
    db_bind_int(q, next + 2, limit);
    return collect(q, a, ret);
}

err store_outbox_count(db_conn *c, int64_t brand, outbox_view_kind view, int cap, int *ret) {
    outbox_state states[4];
    states_of(view, states);
    db_query *q = db_sql(c, "SELECT COUNT(*) AS n FROM (SELECT 1 FROM outbox WHERE brand_id = $1 AND "
                            "state IN ($2, $3, $4, $5) LIMIT $6) AS few");
    bind_view(q, brand, states, false);
    db_bind_int(q, 6, cap);
    int n = db_row(q) ? (int)db_int(q, "n") : 0;
    TRY(db_done(q));
    *ret = n;
    return ERR_NONE;
}

err store_outbox_lease(db_conn *c, const struct job *job, int64_t until, bool *ret_mine) {
    db_query *q = db_sql(c, "UPDATE job SET lease_until = CASE WHEN lease_until < $6 THEN $6 ELSE "
                            "lease_until END WHERE brand_id = $1 AND kind = $2 AND subject_id = $3 AND "
                            "attempts = $4 AND id = $5");
    db_bind_int(q, 1, job->brand_id);
    db_bind_text(q, 2, job->kind);
    db_bind_int(q, 3, job->subject_id);
    db_bind_int(q, 4, job->attempts);
    db_bind_int(q, 5, job->id);
    db_bind_int(q, 6, until);
    TRY(db_done(q));
    *ret_mine = db_changes(q) == 1;
    return ERR_NONE;
}

err store_outbox_unlimit(db_conn *c, int64_t brand, int64_t inbox, int64_t now) {
    db_query *q =
        db_sql(c, "UPDATE job SET run_at = $3 WHERE brand_id = $1 AND kind IN ('send', 'publish') AND "
                  "lease_until < $3 AND subject_id IN (SELECT id FROM outbox WHERE brand_id = $1 "
                  "AND inbox_id = $2 AND state = 'limited')");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_bind_int(q, 3, now);
    TRY(db_done(q));
    q = db_sql(c, "UPDATE outbox SET state = 'ready', ready_at = $3 WHERE brand_id = $1 AND inbox_id = $2 "
                  "AND state = 'limited'");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_bind_int(q, 3, now);
    return db_done(q);
}

err store_draft_put(db_conn *c, int64_t brand, const struct draft *r) {
    db_query *q =
        db_sql(c, "INSERT INTO draft (brand_id, conversation_id, agent_id, kind, to_line, cc_line, bcc_line, "
                  "subject, text, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
                  "ON CONFLICT (brand_id, conversation_id, agent_id) DO UPDATE SET kind = excluded.kind, "
                  "to_line = excluded.to_line, cc_line = excluded.cc_line, bcc_line = excluded.bcc_line, "
                  "subject = excluded.subject, text = excluded.text, updated_at = excluded.updated_at");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->conversation_id);
    db_bind_int(q, 3, r->agent_id);
    db_bind_text(q, 4, str_z(message_kind_name(r->kind)));
    db_bind_text(q, 5, r->to_line);
    db_bind_text(q, 6, r->cc_line);
    db_bind_text(q, 7, r->bcc_line);
    db_bind_text(q, 8, r->subject);
    db_bind_text(q, 9, r->text);
    db_bind_int(q, 10, r->updated_at);
    return db_done(q);
}

err store_draft_get(db_conn *c, arena *a, int64_t brand, int64_t conversation, int64_t agent,
                    struct draft *ret) {
    db_query *q =
        db_sql(c, "SELECT conversation_id, agent_id, kind, to_line, cc_line, bcc_line, subject, text, "
                  "updated_at FROM draft WHERE brand_id = $1 AND conversation_id = $2 AND agent_id = $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, agent);
    struct draft r = {0};
    if (db_row(q)) {
        r = (struct draft){
            .conversation_id = db_int(q, "conversation_id"),
            .agent_id = db_int(q, "agent_id"),
            .to_line = db_text(q, a, "to_line"),
            .cc_line = db_text(q, a, "cc_line"),
            .bcc_line = db_text(q, a, "bcc_line"),
            .subject = db_text(q, a, "subject"),
            .text = db_text(q, a, "text"),
            .updated_at = db_int(q, "updated_at"),
        };
        message_kind_from(db_text(q, a, "kind"), &r.kind);
    }
    TRY(db_done(q));
    *ret = r;
    return ERR_NONE;
}

err store_draft_delete(db_conn *c, int64_t brand, int64_t conversation, int64_t agent) {
    db_query *q =
        db_sql(c, "DELETE FROM draft WHERE brand_id = $1 AND conversation_id = $2 AND agent_id = $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, agent);
    return db_done_later(q);
}
