#include "store/conversation.h"

#define COLUMNS                                                                                              \
    "v.id, v.number, v.inbox_id, v.customer_id, v.channel, v.subject, v.snippet, v.state, v.waiting_since, " \
    "v.agent_id, v.closed_kind, v.closed_reason, v.closed_at, v.closed_by, v.related_id, v.version, "        \
    "v.created_at, v.updated_at, v.merged_into, v.incident_id, u.name AS customer_name, COALESCE(p.name, "   \
    "'') AS "                                                                                                \
    "agent_name "
#define TABLES                                                                                               \
    "FROM conversation v JOIN customer u ON u.brand_id = v.brand_id AND u.id = v.customer_id "               \
    "LEFT JOIN agent g ON g.brand_id = v.brand_id AND g.id = v.agent_id "                                    \
    "LEFT JOIN account p ON p.id = g.account_id "

static const char *const view_names[] = {"waiting", "mine", "unassigned", "them", "done", "closed", "junk"};
enum { VIEWS = sizeof view_names / sizeof *view_names };

const char *conversation_view_name(conversation_view v) { return view_names[v]; }

bool conversation_view_from(str s, conversation_view *ret) {
    for (int i = 0; i < VIEWS; i++) {
        if (!str_eq(s, str_z(view_names[i]))) continue;
        *ret = (conversation_view)i;
        return true;
    }
    return false;
}

static void read_row(db_query *q, arena *a, struct conversation *r) {
    *r = (struct conversation){
        .id = db_int(q, "id"),
        .number = db_int(q, "number"),
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
        .version = db_int(q, "version"),
        .created_at = db_int(q, "created_at"),
        .updated_at = db_int(q, "updated_at"),
        .merged_into = db_int(q, "merged_into"),
        .incident_id = db_int(q, "incident_id"),
        .customer_name = db_text(q, a, "customer_name"),
        .agent_name = db_text(q, a, "agent_name"),
    };
    channel_from(db_text(q, a, "channel"), &r->channel);
    conversation_state_from(db_text(q, a, "state"), &r->state);
    close_reason_from(db_text(q, a, "closed_reason"), &r->closed_reason);
}

static void bind_row(db_query *q, int64_t brand, const struct conversation *r) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_text(q, 3, str_z(conversation_state_name(r->state)));
    db_bind_int(q, 4, r->waiting_since);
    db_bind_int(q, 5, r->agent_id);
    db_bind_int(q, 6, r->closed_kind);
    db_bind_text(q, 7, str_z(close_reason_name(r->closed_reason)));
    db_bind_int(q, 8, r->closed_at);
    db_bind_int(q, 9, r->closed_by);
    db_bind_int(q, 10, r->related_id);
    db_bind_int(q, 11, r->version);
    db_bind_int(q, 12, r->updated_at);
    db_bind_text(q, 13, r->subject);
    db_bind_text(q, 14, r->snippet);
    db_bind_int(q, 15, r->customer_id);
}

err store_conversation_insert(db_conn *c, int64_t brand, const struct conversation *r) {
    db_query *q = db_sql(
        c,
        "INSERT INTO conversation (brand_id, id, state, waiting_since, agent_id, closed_kind, closed_reason, "
        "closed_at, closed_by, related_id, version, updated_at, subject, snippet, customer_id, number, "
        "inbox_id, channel, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, "
        "$15, $16, $17, $18, $19)");
    bind_row(q, brand, r);
    db_bind_int(q, 16, r->number);
    db_bind_int(q, 17, r->inbox_id);
    db_bind_text(q, 18, str_z(channel_name(r->channel)));
    db_bind_int(q, 19, r->created_at);
    return db_done(q);
}

err store_conversation_update(db_conn *c, int64_t brand, const struct conversation *r) {
    db_query *q = db_sql(
        c, "UPDATE conversation SET state = $3, waiting_since = $4, agent_id = $5, closed_kind = $6, "
           "closed_reason = $7, closed_at = $8, closed_by = $9, related_id = $10, version = $11, "
           "updated_at = $12, "
           "subject = $13, snippet = $14, customer_id = $15, counted = 0 WHERE brand_id = $1 AND id = $2");
    bind_row(q, brand, r);
    return db_done_later(q);
}

static err one(db_query *q, arena *a, struct conversation *ret) {
    struct conversation row;
    bool found = db_row(q);
    if (found) read_row(q, a, &row);
    TRY(db_done(q));
    if (!found) return err_set(ERR_MISSING, "There is no such conversation.");
    *ret = row;
    return ERR_NONE;
}

err store_conversation_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct conversation *ret) {
    db_query *q = db_sql(c, "SELECT " COLUMNS TABLES "WHERE v.brand_id = $1 AND v.id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    return one(q, a, ret);
}

err store_conversation_by_number(db_conn *c, arena *a, int64_t brand, int64_t number,
                                 struct conversation *ret) {
    db_query *q = db_sql(c, "SELECT " COLUMNS TABLES "WHERE v.brand_id = $1 AND v.number = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, number);
    return one(q, a, ret);
}

#define OLDEST_FIRST(where)                                                                                  \
    "SELECT " COLUMNS TABLES "WHERE v.brand_id = $1 AND " where                                              \
    " AND (v.waiting_since, v.id) > ($2, $3) ORDER BY v.waiting_since, v.id LIMIT $4"
#define LATEST_FIRST(where, column)                                                                          \
    "SELECT " COLUMNS TABLES "WHERE v.brand_id = $1 AND " where " AND (v." column ", v.id) < ($2, $3) "      \
    "ORDER BY v." column " DESC, v.id DESC LIMIT $4"

static const char *view_sql(conversation_view view) {
    switch (view) {
    case VIEW_WAITING: return OLDEST_FIRST("v.state = 'us'");
    case VIEW_MINE: return OLDEST_FIRST("v.agent_id = $5 AND v.state = 'us'");
    case VIEW_UNASSIGNED: return OLDEST_FIRST("v.agent_id = 0 AND v.state = 'us'");
    case VIEW_THEM: return LATEST_FIRST("v.state = 'them'", "updated_at");
    case VIEW_DONE: return LATEST_FIRST("v.closed_kind = 1", "closed_at");
    case VIEW_CLOSED: return LATEST_FIRST("v.closed_kind = 2", "closed_at");
    case VIEW_JUNK: return LATEST_FIRST("v.closed_kind = 3", "closed_at");
    }
    return "";
}

static bool oldest_first(conversation_view view) {
    return view == VIEW_WAITING || view == VIEW_MINE || view == VIEW_UNASSIGNED;
}

struct page_key conversation_key(conversation_view view, const struct conversation *row) {
    int64_t at = oldest_first(view)  ? row->waiting_since
                 : view == VIEW_THEM ? row->updated_at
                                     : row->closed_at;
    return (struct page_key){at, row->id};
}

static err collect(db_query *q, arena *a, conversation_list *ret) {
    conversation_list rows = {0};
    while (db_row(q)) read_row(q, a, list_add(a, &rows));
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_conversation_view(db_conn *c, arena *a, int64_t brand, conversation_view view, int64_t agent,
                            struct page_key after, int limit, conversation_list *ret) {
    if (after.id == 0) after.at = after.id = oldest_first(view) ? -1 : INT64_MAX;
    db_query *q = db_sql(c, view_sql(view));
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, after.at);
    db_bind_int(q, 3, after.id);
    db_bind_int(q, 4, limit);
    if (view == VIEW_MINE) db_bind_int(q, 5, agent);
    return collect(q, a, ret);
}

#define CAPPED(where)                                                                                        \
    "SELECT COUNT(*) AS n FROM (SELECT 1 FROM conversation v WHERE v.brand_id = $1 AND " where               \
    " LIMIT $2) AS capped"

static const char *count_sql(conversation_view view) {
    switch (view) {
    case VIEW_WAITING: return CAPPED("v.state = 'us'");
    case VIEW_MINE: return CAPPED("v.agent_id = $3 AND v.state = 'us'");
    case VIEW_UNASSIGNED: return CAPPED("v.agent_id = 0 AND v.state = 'us'");
    case VIEW_THEM: return CAPPED("v.state = 'them'");
    case VIEW_DONE: return CAPPED("v.closed_kind = 1");
    case VIEW_CLOSED: return CAPPED("v.closed_kind = 2");
    case VIEW_JUNK: return CAPPED("v.closed_kind = 3");
    }
    return "";
}

err store_conversation_count(db_conn *c, int64_t brand, conversation_view view, int64_t agent, int cap,
                             int *ret) {
    db_query *q = db_sql(c, count_sql(view));
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, cap);
    if (view == VIEW_MINE) db_bind_int(q, 3, agent);
    int n = db_row(q) ? (int)db_int(q, "n") : 0;
    TRY(db_done(q));
    *ret = n;
    return ERR_NONE;
}

err store_conversation_of_customer(db_conn *c, arena *a, int64_t brand, int64_t customer, int64_t before_id,
                                   int limit, conversation_list *ret) {
    db_query *q =
        db_sql(c, "SELECT " COLUMNS TABLES "WHERE v.brand_id = $1 AND v.customer_id = $2 AND v.id < $3 "
                  "AND v.merged_into = 0 ORDER BY v.id DESC LIMIT $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, customer);
    db_bind_int(q, 3, before_id ? before_id : INT64_MAX);
    db_bind_int(q, 4, limit);
    return collect(q, a, ret);
}

err store_conversation_of_incident(db_conn *c, arena *a, int64_t brand, int64_t incident,
                                   struct page_key after, int limit, conversation_list *ret) {
    db_query *q =
        db_sql(c, "SELECT " COLUMNS TABLES
                  "WHERE v.brand_id = $1 AND v.incident_id = $2 AND v.incident_id <> 0 AND v.state = "
                  "'us' AND (v.waiting_since, v.id) > ($3, $4) ORDER BY v.waiting_since, v.id LIMIT $5");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, after.at);
    db_bind_int(q, 4, after.id);
    db_bind_int(q, 5, limit);
    return collect(q, a, ret);
}

err store_conversation_latest_of(db_conn *c, int64_t brand, int64_t customer, int64_t except,
                                 int64_t *ret_id) {
    db_query *q =
        db_sql(c, "SELECT id FROM conversation WHERE brand_id = $1 AND customer_id = $2 AND id <> $3 "
                  "AND merged_into = 0 ORDER BY id DESC LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, customer);
    db_bind_int(q, 3, except);
    int64_t id = db_row(q) ? db_int(q, "id") : 0;
    TRY(db_done(q));
    *ret_id = id;
    return ERR_NONE;
}

err store_conversation_held_by(db_conn *c, arena *a, int64_t brand, int64_t agent, conversation_list *ret) {
    db_query *q =
        db_sql(c, "SELECT " COLUMNS TABLES "WHERE v.brand_id = $1 AND v.agent_id = $2 AND v.state <> 'done'");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, agent);
    return collect(q, a, ret);
}
