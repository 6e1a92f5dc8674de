#include "store/box.h"

static const char *const states[BOX_STATES] = {"proposed", "to_pick",   "packed", "sent",
                                               "arrived",  "came_back", "lost",   "cancelled"};
static const char *const views[BOX_VIEWS] = {"proposed", "to_pick", "short",     "packed", "sent",
                                             "due",      "arrived", "came_back", "lost",   "cancelled"};

static bool find_name(const char *const *names, int n, str s, int *ret) {
    for (int i = 0; i < n; i++) {
        if (!str_eq(s, str_z(names[i]))) continue;
        *ret = i;
        return true;
    }
    return false;
}

const char *box_state_name(box_state v) { return states[v]; }
bool box_state_from(str s, box_state *ret) {
    int i;
    if (!find_name(states, BOX_STATES, s, &i)) return false;
    *ret = (box_state)i;
    return true;
}

const char *box_view_name(box_view v) { return views[v]; }
bool box_view_from(str s, box_view *ret) {
    int i;
    if (!find_name(views, BOX_VIEWS, s, &i)) return false;
    *ret = (box_view)i;
    return true;
}

/* ---- reading ---- */

#define ITS_ITEMS "FROM box_item i WHERE i.brand_id = b.brand_id AND i.box_id = b.id"
/* What is looked up for the rows that are shown only; as joins it would be done for all. */
#define SHOWN                                                                                                \
    "COALESCE((SELECT x.name FROM agent y JOIN account x ON x.id = y.account_id "                            \
    "WHERE y.brand_id = b.brand_id AND y.id = b.agent_id), '') AS agent_name, "                              \
    "COALESCE((SELECT r.url FROM carrier r WHERE r.brand_id = b.brand_id AND r.name = b.carrier), '') "      \
    "AS carrier_url, "                                                                                       \
    "(SELECT COUNT(*) " ITS_ITEMS ") AS nitems, "                                                            \
    "COALESCE((SELECT SUM(i.quantity) " ITS_ITEMS "), 0) AS pieces, "                                        \
    "COALESCE((SELECT SUM(i.quantity - i.picked) " ITS_ITEMS "), 0) AS unpicked, "                           \
    "COALESCE((SELECT MAX(i.short) " ITS_ITEMS "), 0) AS short_of_stock, "                                   \
    "CASE WHEN " BOX_LOCKED " THEN 1 ELSE 0 END AS locked, "                                                 \
    "COALESCE((SELECT i.item_name " ITS_ITEMS " ORDER BY i.position LIMIT 1), '') AS first_item "
#define ROWS                                                                                                 \
    "SELECT b.id, b.number, b.conversation_id, b.customer_id, b.address, b.country, b.language, b.letter, "  \
    "b.message_id, b.agent_id, b.state, b.carrier, b.tracking, b.due_day, b.promise_id, b.follow_at, "       \
    "b.created_at, b.updated_at, b.packed_at, b.sent_at, b.settled_at, b.version, b.key_hash, "              \
    "b.body_hash, v.number AS conversation_number, v.agent_id AS conversation_agent, v.subject, "            \
    "u.name AS customer_name, " SHOWN                                                                        \
    "FROM box b JOIN conversation v ON v.brand_id = b.brand_id AND v.id = b.conversation_id "                \
    "JOIN customer u ON u.brand_id = b.brand_id AND u.id = b.customer_id WHERE b.brand_id = $1 "

static void read_row(db_query *q, arena *a, struct store_box *r) {
    *r = (struct store_box){.id = db_int(q, "id"),
                            .number = db_int(q, "number"),
                            .conversation_id = db_int(q, "conversation_id"),
                            .customer_id = db_int(q, "customer_id"),
                            .address = db_text(q, a, "address"),
                            .country = db_text(q, a, "country"),
                            .language = db_text(q, a, "language"),
                            .letter = db_text(q, a, "letter"),
                            .message_id = db_int(q, "message_id"),
                            .agent_id = db_int(q, "agent_id"),
                            .carrier = db_text(q, a, "carrier"),
                            .tracking = db_text(q, a, "tracking"),
                            .due_day = db_int(q, "due_day"),
                            .promise_id = db_int(q, "promise_id"),
                            .follow_at = db_int(q, "follow_at"),
                            .created_at = db_int(q, "created_at"),
                            .updated_at = db_int(q, "updated_at"),
                            .packed_at = db_int(q, "packed_at"),
                            .sent_at = db_int(q, "sent_at"),
                            .settled_at = db_int(q, "settled_at"),
                            .version = db_int(q, "version"),
                            .key_hash = db_text(q, a, "key_hash"),
                            .body_hash = db_text(q, a, "body_hash"),
                            .conversation_number = db_int(q, "conversation_number"),
                            .conversation_agent = db_int(q, "conversation_agent"),
                            .subject = db_text(q, a, "subject"),
                            .customer_name = db_text(q, a, "customer_name"),
                            .agent_name = db_text(q, a, "agent_name"),
                            .carrier_url = db_text(q, a, "carrier_url"),
                            .nitems = db_int(q, "nitems"),
                            .pieces = db_int(q, "pieces"),
                            .unpicked = db_int(q, "unpicked"),
                            .short_of_stock = db_int(q, "short_of_stock") != 0,
                            .locked = db_int(q, "locked") != 0,
                            .first_item = db_text(q, a, "first_item")};
    box_state_from(db_text(q, a, "state"), &r->state);
}

static err take_rows(db_query *q, arena *a, store_box_list *ret) {
    store_box_list rows = {0};
    while (db_row(q)) read_row(q, a, list_add(a, &rows));
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

static err one_row(db_query *q, arena *a, struct store_box *ret) {
    store_box_list rows;
    TRY(take_rows(q, a, &rows));
    if (!rows.n) return err_set(ERR_MISSING, "There is no such box.");
    *ret = rows.v[0];
    return ERR_NONE;
}

static err rows_of(db_query *q, arena *a, int64_t brand, int64_t id, store_box_list *ret) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    return take_rows(q, a, ret);
}

err store_box_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_box *ret) {
    db_query *q = db_sql(c, ROWS "AND b.id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    return one_row(q, a, ret);
}

err store_box_by_number(db_conn *c, arena *a, int64_t brand, int64_t number, struct store_box *ret) {
    db_query *q = db_sql(c, ROWS "AND b.number = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, number);
    return one_row(q, a, ret);
}

err store_box_by_key(db_conn *c, arena *a, int64_t brand, str key_hash, struct store_box *ret) {
    db_query *q = db_sql(c, ROWS "AND b.key_hash = $2 AND b.key_hash <> ''");
    store_box_list rows;
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, key_hash);
    TRY(take_rows(q, a, &rows));
    *ret = rows.n ? rows.v[0] : (struct store_box){0};
    return ERR_NONE;
}

err store_boxes_of_conversation(db_conn *c, arena *a, int64_t brand, int64_t conversation,
                                store_box_list *ret) {
    return rows_of(db_sql(c, ROWS "AND b.conversation_id = $2 ORDER BY b.id"), a, brand, conversation, ret);
}

err store_boxes_of_promise(db_conn *c, arena *a, int64_t brand, int64_t promise, store_box_list *ret) {
    return rows_of(db_sql(c, ROWS "AND b.promise_id = $2 AND b.promise_id > 0 "
                                  "AND b.state NOT IN ('cancelled', 'lost', 'came_back') ORDER BY b.id"),
                   a, brand, promise, ret);
}

err store_boxes_of_customer(db_conn *c, arena *a, int64_t brand, int64_t customer, int64_t before, int limit,
                            store_box_list *ret) {
    db_query *q = db_sql(c, ROWS "AND b.customer_id = $2 AND b.id < $3 ORDER BY b.id DESC LIMIT $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, customer);
    db_bind_int(q, 3, before ? before : INT64_MAX);
    db_bind_int(q, 4, limit);
    return take_rows(q, a, ret);
}

/* ---- lists ---- */

#define OPEN(which) ROWS "AND " which " AND b.id > $2 ORDER BY b.id LIMIT $3"
#define SETTLED(state)                                                                                       \
    ROWS "AND b.state = '" state "' AND (b.settled_at, b.id) < ($2, $3) "                                    \
         "ORDER BY b.settled_at DESC, b.id DESC LIMIT $4"
#define IS_SHORT                                                                                             \
    "b.state = 'to_pick' AND b.id IN (SELECT s.box_id FROM box_item s WHERE s.brand_id = $1 AND s.short = "  \
    "1)"

static const char *view_sql(box_view view) {
    switch (view) {
    case BOXES_PROPOSED: return OPEN("b.state = 'proposed'");
    case BOXES_TO_PICK: return OPEN("b.state = 'to_pick'");
    case BOXES_SHORT: return OPEN(IS_SHORT);
    case BOXES_PACKED: return OPEN("b.state = 'packed'");
    case BOXES_SENT: return OPEN("b.state = 'sent'");
    case BOXES_DUE:
        return ROWS "AND b.state = 'sent' AND b.due_day > 0 AND b.due_day <= $5 "
                    "AND (b.due_day, b.id) > ($2, $3) ORDER BY b.due_day, b.id LIMIT $4";
    case BOXES_ARRIVED: return SETTLED("arrived");
    case BOXES_CAME_BACK: return SETTLED("came_back");
    case BOXES_LOST: return SETTLED("lost");
    case BOXES_CANCELLED: return SETTLED("cancelled");
    }
    return "";
}

struct page_key box_key(box_view view, const struct store_box *r) {
    if (view == BOXES_DUE) return (struct page_key){r->due_day, r->id};
    return (struct page_key){view >= BOXES_ARRIVED ? r->settled_at : 0, r->id};
}

err store_boxes(db_conn *c, arena *a, int64_t brand, box_view view, int64_t today, struct page_key after,
                int limit, store_box_list *ret) {
    if (!after.id && view >= BOXES_ARRIVED) after.at = after.id = INT64_MAX;
    db_query *q = db_sql(c, view_sql(view));
    bool by_id = view <= BOXES_SENT;
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, by_id ? after.id : after.at);
    db_bind_int(q, 3, by_id ? limit : after.id);
    if (!by_id) db_bind_int(q, 4, limit);
    if (view == BOXES_DUE) db_bind_int(q, 5, today);
    return take_rows(q, a, ret);
}

static err count_states(db_query *q, arena *a, struct box_counts *to) {
    static const box_view of[BOX_STATES] = {BOXES_PROPOSED, BOXES_TO_PICK,   BOXES_PACKED, BOXES_SENT,
                                            BOXES_ARRIVED,  BOXES_CAME_BACK, BOXES_LOST,   BOXES_CANCELLED};
    while (db_row(q)) {
        box_state state;
        if (box_state_from(db_text(q, a, "state"), &state)) to->of[of[state]] = db_int(q, "n");
    }
    return db_done(q);
}

static err count_one(db_query *q, int64_t *ret) {
    int64_t n = db_row(q) ? db_int(q, "n") : 0;
    TRY(db_done(q));
    *ret = n;
    return ERR_NONE;
}

err store_box_counts(db_conn *c, arena *a, int64_t brand, int64_t today, int64_t since,
                     struct box_counts *ret) {
    struct box_counts n = {0};
    db_query *q = db_sql(c, "SELECT b.state, COUNT(*) AS n FROM box b WHERE b.brand_id = $1 "
                            "AND b.state IN ('proposed', 'to_pick', 'packed', 'sent') GROUP BY b.state");
    db_bind_int(q, 1, brand);
    TRY(count_states(q, a, &n));
    q = db_sql(c, "SELECT b.state, COUNT(*) AS n FROM box b WHERE b.brand_id = $1 "
                  "AND b.state IN ('arrived', 'came_back', 'lost', 'cancelled') AND b.settled_at >= $2 "
                  "GROUP BY b.state");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, since);
    TRY(count_states(q, a, &n));
    q = db_sql(c, "SELECT COUNT(*) AS n FROM box b WHERE b.brand_id = $1 AND b.state = 'sent' "
                  "AND b.due_day > 0 AND b.due_day <= $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, today);
    TRY(count_one(q, &n.of[BOXES_DUE]));
    q = db_sql(c, "SELECT COUNT(DISTINCT i.box_id) AS n FROM box_item i WHERE i.brand_id = $1 "
                  "AND i.short = 1");
    db_bind_int(q, 1, brand);
    TRY(count_one(q, &n.of[BOXES_SHORT]));
    *ret = n;
    return ERR_NONE;
}

err store_boxes_waiting(db_conn *c, int64_t brand, int64_t cap, int64_t *ret) {
    db_query *q = db_sql(c, "SELECT COUNT(*) AS n FROM (SELECT 1 FROM box b WHERE b.brand_id = $1 "
                            "AND b.state IN ('proposed', 'to_pick', 'packed') LIMIT $2) AS few");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, cap);
    return count_one(q, ret);
}

err store_boxes_find(db_conn *c, arena *a, int64_t brand, int64_t number, str tracking, int limit,
                     store_box_list *ret) {
    db_query *q = db_sql(c, ROWS "AND (b.number = $2 OR (b.tracking <> '' AND b.tracking = $3)) "
                                 "ORDER BY b.id DESC LIMIT $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, number);
    db_bind_text(q, 3, tracking);
    db_bind_int(q, 4, limit);
    return take_rows(q, a, ret);
}

err store_boxes_after(db_conn *c, arena *a, int64_t brand, int64_t after, int limit, store_box_list *ret) {
    db_query *q = db_sql(c, ROWS "AND b.id > $2 ORDER BY b.id LIMIT $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, after);
    db_bind_int(q, 3, limit);
    return take_rows(q, a, ret);
}

/* ---- writing ---- */

err store_box_number(db_conn *c, int64_t brand, int64_t *ret_number) {
    db_query *q = db_sql(c, "INSERT INTO box_number (brand_id, last) VALUES ($1, 1) "
                            "ON CONFLICT (brand_id) DO UPDATE SET last = box_number.last + 1 "
                            "RETURNING last AS number");
    db_bind_int(q, 1, brand);
    int64_t number = db_row(q) ? db_int(q, "number") : 0;
    TRY(db_done(q));
    *ret_number = number;
    return ERR_NONE;
}

static void bind_changing(db_query *q, int64_t brand, const struct store_box *r) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_text(q, 3, r->address);
    db_bind_text(q, 4, r->country);
    db_bind_text(q, 5, r->language);
    db_bind_text(q, 6, r->letter);
    db_bind_int(q, 7, r->message_id);
    db_bind_text(q, 8, str_z(states[r->state]));
    db_bind_text(q, 9, r->carrier);
    db_bind_text(q, 10, r->tracking);
    db_bind_int(q, 11, r->due_day);
    db_bind_int(q, 12, r->promise_id);
    db_bind_int(q, 13, r->follow_at);
    db_bind_int(q, 14, r->updated_at);
    db_bind_int(q, 15, r->packed_at);
    db_bind_int(q, 16, r->sent_at);
    db_bind_int(q, 17, r->settled_at);
    db_bind_int(q, 18, r->version);
    db_bind_int(q, 19, r->agent_id);
}

err store_box_insert(db_conn *c, int64_t brand, const struct store_box *r) {
    db_query *q = db_sql(
        c, "INSERT INTO box (brand_id, id, address, country, language, letter, message_id, state, carrier, "
           "tracking, due_day, promise_id, follow_at, updated_at, packed_at, sent_at, settled_at, version, "
           "agent_id, number, conversation_id, customer_id, created_at, key_hash, body_hash) VALUES ($1, $2, "
           "$3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, "
           "$23, $24, $25)");
    bind_changing(q, brand, r);
    db_bind_int(q, 20, r->number);
    db_bind_int(q, 21, r->conversation_id);
    db_bind_int(q, 22, r->customer_id);
    db_bind_int(q, 23, r->created_at);
    db_bind_text(q, 24, r->key_hash);
    db_bind_text(q, 25, r->body_hash);
    return db_done(q);
}

err store_box_update(db_conn *c, int64_t brand, const struct store_box *r) {
    db_query *q = db_sql(
        c, "UPDATE box SET address = $3, country = $4, language = $5, letter = $6, message_id = $7, "
           "state = $8, carrier = $9, tracking = $10, due_day = $11, promise_id = $12, follow_at = $13, "
           "updated_at = $14, packed_at = $15, sent_at = $16, settled_at = $17, version = $18, "
           "agent_id = $19 WHERE brand_id = $1 AND id = $2 AND version = $18 - 1");
    bind_changing(q, brand, r);
    TRY(db_done(q));
    if (!db_changes(q))
        return err_set(ERR_CONFLICT, "Somebody changed this box at the same moment; look again.");
    return ERR_NONE;
}
