#include "store/merge.h"

enum { SIGNPOSTS_MAX = 1000 };

static const char *const kind_names[] = {"merge", "split", "move", "forward"};
const char *merge_kind_name(merge_kind v) { return kind_names[v]; }

static merge_kind kind_from(str s) {
    for (size_t i = 0; i < sizeof kind_names / sizeof *kind_names; i++)
        if (str_eq(s, str_z(kind_names[i]))) return (merge_kind)i;
    return MERGE_MERGE;
}

/* ---- operations ---- */

err store_merge_insert(db_conn *c, int64_t brand, const struct merge_operation *r) {
    db_query *q = db_sql(c, "INSERT INTO merge_operation (brand_id, id, kind, agent_id, at, from_id, to_id, "
                            "from_number, to_number, about, undone_at, undone_by) "
                            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_text(q, 3, str_z(merge_kind_name(r->kind)));
    db_bind_int(q, 4, r->agent_id);
    db_bind_int(q, 5, r->at);
    db_bind_int(q, 6, r->from_id);
    db_bind_int(q, 7, r->to_id);
    db_bind_int(q, 8, r->from_number);
    db_bind_int(q, 9, r->to_number);
    db_bind_text(q, 10, r->about);
    return db_done(q);
}

#define OPERATIONS                                                                                           \
    "SELECT o.id, o.kind, o.agent_id, o.at, o.from_id, o.to_id, o.from_number, o.to_number, o.about, "       \
    "o.undone_at, o.undone_by, COALESCE(p.name, '') AS agent_name, COALESCE(n.name, '') AS undone_name "     \
    "FROM merge_operation o LEFT JOIN agent g ON g.brand_id = o.brand_id AND g.id = o.agent_id "             \
    "LEFT JOIN account p ON p.id = g.account_id "                                                            \
    "LEFT JOIN agent h ON h.brand_id = o.brand_id AND h.id = o.undone_by "                                   \
    "LEFT JOIN account n ON n.id = h.account_id "

static void read_operation(db_query *q, arena *a, struct merge_operation *r) {
    *r = (struct merge_operation){.id = db_int(q, "id"),
                                  .kind = kind_from(db_text(q, a, "kind")),
                                  .agent_id = db_int(q, "agent_id"),
                                  .at = db_int(q, "at"),
                                  .from_id = db_int(q, "from_id"),
                                  .to_id = db_int(q, "to_id"),
                                  .from_number = db_int(q, "from_number"),
                                  .to_number = db_int(q, "to_number"),
                                  .about = db_text(q, a, "about"),
                                  .undone_at = db_int(q, "undone_at"),
                                  .undone_by = db_int(q, "undone_by"),
                                  .agent_name = db_text(q, a, "agent_name"),
                                  .undone_name = db_text(q, a, "undone_name")};
}

err store_merge_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct merge_operation *ret) {
    db_query *q = db_sql(c, OPERATIONS "WHERE o.brand_id = $1 AND o.id = $2");
    struct merge_operation row;
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    bool found = db_row(q);
    if (found) read_operation(q, a, &row);
    TRY(db_done(q));
    if (!found) return err_set(ERR_MISSING, "There is nothing of this kind to undo.");
    *ret = row;
    return ERR_NONE;
}

err store_merge_of(db_conn *c, arena *a, int64_t brand, int64_t conversation, int64_t before, int limit,
                   merge_operation_list *ret) {
    db_query *q =
        db_sql(c, OPERATIONS "WHERE o.brand_id = $1 AND (o.from_id = $2 OR o.to_id = $2) AND o.id < $3 "
                             "ORDER BY o.id DESC LIMIT $4");
    merge_operation_list rows = {0};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, before ? before : INT64_MAX);
    db_bind_int(q, 4, limit);
    while (db_row(q)) read_operation(q, a, list_add(a, &rows));
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_merge_find(db_conn *c, int64_t brand, merge_kind kind, int64_t from, int64_t to, int64_t *ret_id) {
    db_query *q =
        db_sql(c, "SELECT id FROM merge_operation WHERE brand_id = $1 AND kind = $2 AND from_id = $3 "
                  "AND ($4 = 0 OR to_id = $4) AND undone_at = 0 ORDER BY id DESC LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, str_z(merge_kind_name(kind)));
    db_bind_int(q, 3, from);
    db_bind_int(q, 4, to);
    int64_t id = db_row(q) ? db_int(q, "id") : 0;
    TRY(db_done(q));
    *ret_id = id;
    return ERR_NONE;
}

err store_merge_undone(db_conn *c, int64_t brand, int64_t id, int64_t by, int64_t at) {
    db_query *q = db_sql(c, "UPDATE merge_operation SET undone_at = $3, undone_by = $4 WHERE brand_id = $1 "
                            "AND id = $2 AND undone_at = 0");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    db_bind_int(q, 3, at);
    db_bind_int(q, 4, by);
    TRY(db_done(q));
    return db_changes(q) ? ERR_NONE : err_set(ERR_CONFLICT, "This was undone already.");
}

/* ---- signposts ---- */

err store_merge_end(db_conn *c, int64_t brand, int64_t conversation, int64_t *ret_end) {
    int64_t at = conversation;
    for (int i = 0; i < SIGNPOSTS_MAX; i++) {
        db_query *q = db_sql(c, "SELECT merged_into FROM conversation WHERE brand_id = $1 AND id = $2");
        db_bind_int(q, 1, brand);
        db_bind_int(q, 2, at);
        int64_t next = db_row(q) ? db_int(q, "merged_into") : -1;
        TRY(db_done(q));
        if (next < 0) return err_set(ERR_MISSING, "There is no such conversation.");
        if (!next) {
            *ret_end = at;
            return ERR_NONE;
        }
        at = next;
    }
    return err_set(ERR_INTERNAL, "The signposts of a conversation lead in a circle.");
}

err store_merge_signposts(db_conn *c, arena *a, int64_t brand, int64_t conversation, merge_ids *ret) {
    merge_ids all = {0};
    for (size_t i = 0; i <= all.n && i < SIGNPOSTS_MAX; i++) {
        db_query *q = db_sql(c, "SELECT id FROM conversation WHERE brand_id = $1 AND merged_into = $2 "
                                "AND merged_into > 0 ORDER BY id");
        db_bind_int(q, 1, brand);
        db_bind_int(q, 2, i ? all.v[i - 1] : conversation);
        while (db_row(q)) *list_add(a, &all) = db_int(q, "id");
        TRY(db_done(q));
    }
    *ret = all;
    return ERR_NONE;
}

static bool add_id(arena *a, merge_ids *all, int64_t id) {
    for (size_t i = 0; i < all->n; i++)
        if (all->v[i] == id) return false;
    *list_add(a, all) = id;
    return true;
}

/* `id` with all that is one with it. */
static err add_whole(db_conn *c, arena *a, int64_t brand, int64_t id, merge_ids *all, merge_ids *ends) {
    merge_ids signposts;
    int64_t end;
    err e = store_merge_end(c, brand, id, &end);
    if (e == ERR_MISSING) return ERR_NONE;
    TRY(e);
    if (!add_id(a, ends, end)) return ERR_NONE;
    add_id(a, all, end);
    TRY(store_merge_signposts(c, a, brand, end, &signposts));
    for (size_t i = 0; i < signposts.n; i++) add_id(a, all, signposts.v[i]);
    return ERR_NONE;
}

err store_merge_parts(db_conn *c, arena *a, int64_t brand, int64_t conversation, merge_ids *ret) {
    merge_ids all = {0}, ends = {0}, parts = {0};
    TRY(add_whole(c, a, brand, conversation, &all, &ends));
    for (size_t i = 0; i < all.n; i++) {
        merge_ids next = {0};
        db_query *q = db_sql(c, "SELECT from_id, to_id FROM merge_operation WHERE brand_id = $1 "
                                "AND (from_id = $2 OR to_id = $2) AND from_id <> to_id "
                                "AND kind IN ('split', 'forward') AND undone_at = 0 ORDER BY id");
        db_bind_int(q, 1, brand);
        db_bind_int(q, 2, all.v[i]);
        while (db_row(q)) {
            int64_t from = db_int(q, "from_id");
            add_id(a, &next, from == all.v[i] ? db_int(q, "to_id") : from);
        }
        TRY(db_done(q));
        for (size_t k = 0; k < next.n; k++) TRY(add_whole(c, a, brand, next.v[k], &all, &ends));
    }
    for (size_t i = 1; i < ends.n; i++) *list_add(a, &parts) = ends.v[i];
    *ret = parts;
    return ERR_NONE;
}

/* ---- a conversation's own row ---- */

err store_merge_write(db_conn *c, int64_t brand, const struct conversation *r) {
    db_query *q =
        db_sql(c, "UPDATE conversation SET inbox_id = $3, customer_id = $4, subject = $5, snippet = $6, "
                  "state = $7, waiting_since = $8, agent_id = $9, closed_kind = $10, closed_reason = $11, "
                  "closed_at = $12, closed_by = $13, related_id = $14, merged_into = $15, "
                  "updated_at = $16, counted = 0, version = version + 1 WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_int(q, 3, r->inbox_id);
    db_bind_int(q, 4, r->customer_id);
    db_bind_text(q, 5, r->subject);
    db_bind_text(q, 6, r->snippet);
    db_bind_text(q, 7, str_z(conversation_state_name(r->state)));
    db_bind_int(q, 8, r->waiting_since);
    db_bind_int(q, 9, r->agent_id);
    db_bind_int(q, 10, r->closed_kind);
    db_bind_text(q, 11, str_z(close_reason_name(r->closed_reason)));
    db_bind_int(q, 12, r->closed_at);
    db_bind_int(q, 13, r->closed_by);
    db_bind_int(q, 14, r->related_id);
    db_bind_int(q, 15, r->merged_into);
    db_bind_int(q, 16, r->updated_at);
    TRY(db_done(q));
    return db_changes(q) == 1 ? ERR_NONE : err_set(ERR_MISSING, "There is no such conversation.");
}

#define STATE                                                                                                \
    "inbox_id, customer_id, subject, snippet, state, waiting_since, agent_id, closed_kind, closed_reason, "  \
    "closed_at, closed_by, related_id, merged_into, updated_at"

err store_merge_remember(db_conn *c, int64_t brand, int64_t operation, int64_t conversation, int moment) {
    db_query *q = db_sql(c, "INSERT INTO merge_state (brand_id, operation_id, conversation_id, moment, " STATE
                            ") SELECT brand_id, $3, id, $4, " STATE
                            " FROM conversation WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, operation);
    db_bind_int(q, 4, moment);
    return db_done(q);
}

err store_merge_recall(db_conn *c, arena *a, int64_t brand, int64_t operation, int64_t conversation,
                       int moment, struct conversation *ret) {
    db_query *q = db_sql(c, "SELECT " STATE " FROM merge_state WHERE brand_id = $1 AND operation_id = $2 "
                            "AND conversation_id = $3 AND moment = $4");
    struct conversation r = {0};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, operation);
    db_bind_int(q, 3, conversation);
    db_bind_int(q, 4, moment);
    if (db_row(q)) {
        r = (struct conversation){.id = conversation,
                                  .inbox_id = db_int(q, "inbox_id"),
                                  .customer_id = db_int(q, "customer_id"),
                                  .subject = db_text(q, a, "subject"),
                                  .snippet = db_text(q, a, "snippet"),
                                  .waiting_since = db_int(q, "waiting_since"),
                                  .agent_id = db_int(q, "agent_id"),
                                  .closed_kind = (int)db_int(q, "closed_kind"),
                                  .closed_at = db_int(q, "closed_at"),
                                  .closed_by = db_int(q, "closed_by"),
                                  .related_id = db_int(q, "related_id"),
                                  .merged_into = db_int(q, "merged_into"),
                                  .updated_at = db_int(q, "updated_at")};
        conversation_state_from(db_text(q, a, "state"), &r.state);
        close_reason_from(db_text(q, a, "closed_reason"), &r.closed_reason);
    }
    TRY(db_done(q));
    *ret = r;
    return ERR_NONE;
}

static err on(db_query *q, int64_t brand, int64_t id) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    return db_done(q);
}

err store_merge_drop(db_conn *c, int64_t brand, int64_t conversation) {
    TRY(on(db_sql(c, "UPDATE conversation SET related_id = 0 WHERE brand_id = $1 AND related_id = $2"), brand,
           conversation));
    TRY(on(db_sql(c, "UPDATE merge_state SET related_id = 0 WHERE brand_id = $1 AND related_id = $2"), brand,
           conversation));
    TRY(on(db_sql(c, "DELETE FROM fan_talk WHERE brand_id = $1 AND conversation_id = $2"), brand,
           conversation));
    return on(db_sql(c, "DELETE FROM conversation WHERE brand_id = $1 AND id = $2"), brand, conversation);
}

/* ---- deleted words ---- */

#define OF_IT                                                                                                \
    "operation_id IN (SELECT s.operation_id FROM merge_state s WHERE s.brand_id = $1 AND s.conversation_id " \
    "= $2)"

static err forget_one(db_conn *c, int64_t brand, int64_t v, str subject) {
    TRY(on(db_sql(c, "DELETE FROM merge_child WHERE brand_id = $1 AND " OF_IT), brand, v));
    TRY(on(db_sql(c, "DELETE FROM merge_draft WHERE brand_id = $1 AND " OF_IT), brand, v));
    TRY(on(db_sql(c, "DELETE FROM merge_set WHERE brand_id = $1 AND " OF_IT), brand, v));
    TRY(on(db_sql(c, "DELETE FROM merge_row WHERE brand_id = $1 AND " OF_IT), brand, v));
    TRY(on(db_sql(c, "UPDATE merge_operation SET about = '' WHERE brand_id = $1 AND kind = 'forward' "
                     "AND (from_id = $2 OR to_id = $2)"),
           brand, v));
    db_query *q =
        db_sql(c, "UPDATE merge_state SET subject = $3, snippet = '' WHERE brand_id = $1 AND " OF_IT);
    db_bind_text(q, 3, subject);
    return on(q, brand, v);
}

static err forget_signpost(db_conn *c, int64_t brand, int64_t v, str subject) {
    TRY(on(db_sql(c, "DELETE FROM draft WHERE brand_id = $1 AND conversation_id = $2"), brand, v));
    TRY(on(db_sql(c, "DELETE FROM track WHERE brand_id = $1 AND conversation_id = $2"), brand, v));
    TRY(on(db_sql(c, "DELETE FROM missing_mail WHERE brand_id = $1 AND conversation_id = $2"), brand, v));
    TRY(on(db_sql(c, "DELETE FROM acknowledgement WHERE brand_id = $1 AND conversation_id = $2"), brand, v));
    TRY(on(db_sql(c, "UPDATE defect_case SET words = '' WHERE brand_id = $1 AND conversation_id = $2"), brand,
           v));
    TRY(on(db_sql(c, "UPDATE child SET name = '', address = '', country = '' WHERE brand_id = $1 "
                     "AND conversation_id = $2"),
           brand, v));
    db_query *q =
        db_sql(c, "UPDATE conversation SET subject = $3, snippet = '' WHERE brand_id = $1 AND id = $2");
    db_bind_text(q, 3, subject);
    return on(q, brand, v);
}

err store_merge_forget(db_conn *c, arena *a, int64_t brand, int64_t conversation, str subject) {
    merge_ids signposts;
    TRY(store_merge_signposts(c, a, brand, conversation, &signposts));
    TRY(forget_one(c, brand, conversation, subject));
    for (size_t i = 0; i < signposts.n; i++) {
        TRY(forget_one(c, brand, signposts.v[i], subject));
        TRY(forget_signpost(c, brand, signposts.v[i], subject));
    }
    return ERR_NONE;
}

err store_merge_forgotten(db_conn *c, int64_t brand, int64_t operation, bool *ret) {
    db_query *q =
        db_sql(c, "SELECT 1 AS one FROM merge_set WHERE brand_id = $1 AND operation_id = $2 LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, operation);
    bool there = db_row(q);
    TRY(db_done(q));
    *ret = !there;
    return ERR_NONE;
}

/* ---- to choose from ---- */

err store_merge_senders(db_conn *c, arena *a, int64_t brand, int64_t conversation, int limit,
                        merge_sender_list *ret) {
    db_query *q = db_sql(c, "SELECT MAX(from_name) AS name, from_address, MAX(id) AS newest FROM message "
                            "WHERE brand_id = $1 AND conversation_id = $2 AND kind = 'letter' "
                            "GROUP BY from_address ORDER BY MAX(id) DESC LIMIT $3");
    merge_sender_list rows = {0};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, limit);
    while (db_row(q))
        *list_add(a, &rows) =
            (struct merge_sender){.name = db_text(q, a, "name"), .address = db_text(q, a, "from_address")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}
