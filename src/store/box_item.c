/* What lies in boxes, what became of them, and what is forgotten. */
#include "store/box.h"

static const char *const steps[BOX_STEPS] = {"proposed",  "made",       "agreed",  "changed",   "address",
                                             "reserved",  "unreserved", "picked",  "left",      "packed",
                                             "unpacked",  "sent",       "arrived", "came_back", "lost",
                                             "cancelled", "promised",   "followed"};

const char *box_step_name(box_step v) { return steps[v]; }
bool box_step_from(str s, box_step *ret) {
    for (int i = 0; i < BOX_STEPS; i++) {
        if (!str_eq(s, str_z(steps[i]))) continue;
        *ret = (box_step)i;
        return true;
    }
    return false;
}

/* ---- items ---- */

#define ITEMS                                                                                                \
    "SELECT i.box_id, i.position, i.gesture_id, i.item_kind, i.item_code, i.colour, i.item_name, "           \
    "i.quantity, i.counted, i.short, i.reserved, i.picked, i.place, b.number AS box_number, "                \
    "b.version AS box_version, b.state AS box_state, b.conversation_id, b.created_at AS box_created_at "     \
    "FROM box_item i JOIN box b ON b.brand_id = i.brand_id AND b.id = i.box_id WHERE i.brand_id = $1 "
#define OF_ITEM "AND i.item_kind = $2 AND i.item_code = $3 AND i.colour = $4 "

static err take_items(db_query *q, arena *a, store_box_item_list *ret) {
    store_box_item_list rows = {0};
    while (db_row(q)) {
        struct store_box_item *r = list_add(a, &rows);
        *r = (struct store_box_item){.box_id = db_int(q, "box_id"),
                                     .position = db_int(q, "position"),
                                     .gesture_id = db_int(q, "gesture_id"),
                                     .item_kind = db_text(q, a, "item_kind"),
                                     .item_code = db_text(q, a, "item_code"),
                                     .colour = db_text(q, a, "colour"),
                                     .item_name = db_text(q, a, "item_name"),
                                     .quantity = db_int(q, "quantity"),
                                     .counted = db_int(q, "counted") != 0,
                                     .is_short = db_int(q, "short") != 0,
                                     .reserved = db_int(q, "reserved"),
                                     .picked = db_int(q, "picked"),
                                     .place = db_text(q, a, "place"),
                                     .box_number = db_int(q, "box_number"),
                                     .box_version = db_int(q, "box_version"),
                                     .conversation_id = db_int(q, "conversation_id"),
                                     .box_created_at = db_int(q, "box_created_at")};
        box_state_from(db_text(q, a, "box_state"), &r->box_state);
    }
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

static void bind_item(db_query *q, int64_t brand, const struct store_box_item *r) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->box_id);
    db_bind_int(q, 3, r->position);
    db_bind_int(q, 4, r->quantity);
    db_bind_int(q, 5, r->counted);
    db_bind_int(q, 6, r->is_short);
    db_bind_int(q, 7, r->reserved);
    db_bind_int(q, 8, r->picked);
    db_bind_text(q, 9, r->place);
}

err store_box_item_insert(db_conn *c, int64_t brand, const struct store_box_item *r) {
    db_query *q =
        db_sql(c, "INSERT INTO box_item (brand_id, box_id, position, quantity, counted, short, reserved, "
                  "picked, place, gesture_id, item_kind, item_code, colour, item_name) VALUES ($1, $2, $3, "
                  "$4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)");
    bind_item(q, brand, r);
    db_bind_int(q, 10, r->gesture_id);
    db_bind_text(q, 11, r->item_kind);
    db_bind_text(q, 12, r->item_code);
    db_bind_text(q, 13, r->colour);
    db_bind_text(q, 14, r->item_name);
    return db_done(q);
}

err store_box_item_update(db_conn *c, int64_t brand, const struct store_box_item *r) {
    db_query *q = db_sql(c, "UPDATE box_item SET quantity = $4, counted = $5, short = $6, reserved = $7, "
                            "picked = $8, place = $9 WHERE brand_id = $1 AND box_id = $2 AND position = $3");
    bind_item(q, brand, r);
    return db_done(q);
}

static err run_on(db_query *q, int64_t brand, int64_t id) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    return db_done(q);
}

err store_box_item_delete(db_conn *c, int64_t brand, int64_t box, int64_t position) {
    db_query *q = db_sql(c, "DELETE FROM box_item WHERE brand_id = $1 AND box_id = $2 AND position = $3");
    db_bind_int(q, 3, position);
    return run_on(q, brand, box);
}

err store_box_items(db_conn *c, arena *a, int64_t brand, int64_t box, store_box_item_list *ret) {
    db_query *q = db_sql(c, ITEMS "AND i.box_id = $2 ORDER BY i.position");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, box);
    return take_items(q, a, ret);
}

err store_box_items_of_conversation(db_conn *c, arena *a, int64_t brand, int64_t conversation,
                                    store_box_item_list *ret) {
    db_query *q = db_sql(c, ITEMS "AND b.conversation_id = $2 ORDER BY i.box_id, i.position");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    return take_items(q, a, ret);
}

err store_box_items_between(db_conn *c, arena *a, int64_t brand, int64_t first, int64_t last,
                            store_box_item_list *ret) {
    db_query *q = db_sql(c, ITEMS "AND i.box_id >= $2 AND i.box_id <= $3 ORDER BY i.box_id, i.position");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, first);
    db_bind_int(q, 3, last);
    return take_items(q, a, ret);
}

err store_box_items_sum(db_conn *c, int64_t brand, int64_t gesture, int64_t except, int64_t *ret_quantity) {
    db_query *q = db_sql(c, "SELECT COALESCE(SUM(i.quantity), 0) AS n FROM box_item i "
                            "JOIN box b ON b.brand_id = i.brand_id AND b.id = i.box_id "
                            "WHERE i.brand_id = $1 AND i.gesture_id = $2 AND i.gesture_id > 0 "
                            "AND i.box_id <> $3 AND b.state NOT IN ('cancelled', 'lost', 'came_back')");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, gesture);
    db_bind_int(q, 3, except);
    int64_t n = db_row(q) ? db_int(q, "n") : 0;
    TRY(db_done(q));
    *ret_quantity = n;
    return ERR_NONE;
}

err store_box_took_gesture(db_conn *c, int64_t brand, int64_t gesture, int64_t *ret_number) {
    db_query *q = db_sql(c, "SELECT COALESCE(MAX(b.number), 0) AS n FROM box_item i "
                            "JOIN box b ON b.brand_id = i.brand_id AND b.id = i.box_id "
                            "WHERE i.brand_id = $1 AND i.gesture_id = $2 AND i.gesture_id > 0 "
                            "AND b.state IN ('sent', 'arrived', 'lost')");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, gesture);
    int64_t n = db_row(q) ? db_int(q, "n") : 0;
    TRY(db_done(q));
    *ret_number = n;
    return ERR_NONE;
}

err store_box_items_of_gesture(db_conn *c, arena *a, int64_t brand, int64_t gesture,
                               store_box_item_list *ret) {
    db_query *q = db_sql(c, ITEMS "AND i.gesture_id = $2 AND i.gesture_id > 0 "
                                  "AND b.state IN ('proposed', 'to_pick', 'packed') "
                                  "ORDER BY i.box_id, i.position");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, gesture);
    return take_items(q, a, ret);
}

static void bind_of_item(db_query *q, int64_t brand, str kind, str code, str colour) {
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, kind);
    db_bind_text(q, 3, code);
    db_bind_text(q, 4, colour);
}

err store_box_items_short(db_conn *c, arena *a, int64_t brand, str kind, str code, str colour, int limit,
                          store_box_item_list *ret) {
    db_query *q = db_sql(c, ITEMS OF_ITEM "AND i.short = 1 ORDER BY i.box_id, i.position LIMIT $5");
    bind_of_item(q, brand, kind, code, colour);
    db_bind_int(q, 5, limit);
    return take_items(q, a, ret);
}

err store_box_items_waiting(db_conn *c, int64_t brand, const struct store_box_item *r, int64_t *ret_pieces) {
    db_query *q = db_sql(c, "SELECT COALESCE(SUM(i.quantity), 0) AS n FROM box_item i "
                            "WHERE i.brand_id = $1 " OF_ITEM "AND i.short = 1 "
                            "AND (i.box_id < $5 OR (i.box_id = $5 AND i.position <= $6))");
    bind_of_item(q, brand, r->item_kind, r->item_code, r->colour);
    db_bind_int(q, 5, r->box_id);
    db_bind_int(q, 6, r->position);
    int64_t n = db_row(q) ? db_int(q, "n") : 0;
    TRY(db_done(q));
    *ret_pieces = n;
    return ERR_NONE;
}

err store_box_items_reserved(db_conn *c, arena *a, int64_t brand, str kind, str code, str colour, str place,
                             store_box_item_list *ret) {
    db_query *q = db_sql(c, ITEMS OF_ITEM "AND i.place = $5 AND i.reserved > 0 "
                                          "ORDER BY i.box_id DESC, i.position DESC");
    bind_of_item(q, brand, kind, code, colour);
    db_bind_text(q, 5, place);
    return take_items(q, a, ret);
}

err store_pick_list(db_conn *c, arena *a, int64_t brand, struct pick_key after, int limit,
                    store_box_item_list *ret) {
    db_query *q = db_sql(c, ITEMS "AND b.state = 'to_pick' AND i.short = 0 AND i.picked < i.quantity "
                                  "AND NOT " BOX_LOCKED " "
                                  "AND (i.place, i.box_id, i.position) > ($2, $3, $4) "
                                  "ORDER BY i.place, i.box_id, i.position LIMIT $5");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, after.place);
    db_bind_int(q, 3, after.box);
    db_bind_int(q, 4, after.position);
    db_bind_int(q, 5, limit);
    return take_items(q, a, ret);
}

#define ITS_STOCK                                                                                            \
    "FROM stock s WHERE s.brand_id = $1 AND s.kind = i.item_kind AND s.code = i.item_code "                  \
    "AND s.colour = i.colour AND s.expected_day > 0"

err store_wanted(db_conn *c, arena *a, int64_t brand, int limit, store_wanted_list *ret) {
    db_query *q = db_sql(c, "SELECT i.item_kind, i.item_code, i.colour, MAX(i.item_name) AS item_name, "
                            "SUM(i.quantity) AS wanted, COUNT(DISTINCT i.box_id) AS boxes, "
                            "MIN(i.box_id) AS oldest_box, "
                            "COALESCE((SELECT MIN(s.expected_day) " ITS_STOCK "), 0) AS expected_day, "
                            "COALESCE((SELECT SUM(s.expected) " ITS_STOCK "), 0) AS expected "
                            "FROM box_item i WHERE i.brand_id = $1 AND i.short = 1 "
                            "GROUP BY i.item_kind, i.item_code, i.colour "
                            "ORDER BY i.item_kind, i.item_code, i.colour LIMIT $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, limit);
    store_wanted_list rows = {0};
    while (db_row(q))
        *list_add(a, &rows) = (struct store_wanted){.kind = db_text(q, a, "item_kind"),
                                                    .code = db_text(q, a, "item_code"),
                                                    .colour = db_text(q, a, "colour"),
                                                    .name = db_text(q, a, "item_name"),
                                                    .wanted = db_int(q, "wanted"),
                                                    .boxes = db_int(q, "boxes"),
                                                    .oldest_box = db_int(q, "oldest_box"),
                                                    .expected_day = db_int(q, "expected_day"),
                                                    .expected = db_int(q, "expected")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

/* ---- steps ---- */

err store_box_step_insert(db_conn *c, int64_t brand, const struct store_box_step *r) {
    db_query *q = db_sql(c, "INSERT INTO box_step (brand_id, box_id, position, step, note, agent_id, at) "
                            "VALUES ($1, $2, $3, $4, $5, $6, $7)");
    db_bind_int(q, 3, r->position);
    db_bind_text(q, 4, str_z(steps[r->step]));
    db_bind_text(q, 5, r->note);
    db_bind_int(q, 6, r->agent_id);
    db_bind_int(q, 7, r->at);
    return run_on(q, brand, r->box_id);
}

err store_box_steps(db_conn *c, arena *a, int64_t brand, int64_t box, store_box_step_list *ret) {
    db_query *q = db_sql(c, "SELECT s.position, s.step, s.note, s.agent_id, s.at, COALESCE(p.name, '') AS "
                            "agent_name FROM box_step s "
                            "LEFT JOIN agent x ON x.brand_id = s.brand_id AND x.id = s.agent_id "
                            "LEFT JOIN account p ON p.id = x.account_id "
                            "WHERE s.brand_id = $1 AND s.box_id = $2 ORDER BY s.position");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, box);
    store_box_step_list rows = {0};
    while (db_row(q)) {
        struct store_box_step *r = list_add(a, &rows);
        *r = (struct store_box_step){.box_id = box,
                                     .position = db_int(q, "position"),
                                     .note = db_text(q, a, "note"),
                                     .agent_id = db_int(q, "agent_id"),
                                     .at = db_int(q, "at"),
                                     .agent_name = db_text(q, a, "agent_name")};
        box_step_from(db_text(q, a, "step"), &r->step);
    }
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

#define ITS_BOXES                                                                                            \
    "WHERE brand_id = $1 AND box_id IN (SELECT id FROM box WHERE brand_id = $1 AND conversation_id = $2)"

err store_boxes_forget(db_conn *c, int64_t brand, int64_t conversation) {
    TRY(run_on(db_sql(c,
                      "UPDATE box SET address = '', country = '', letter = '', tracking = '', follow_at = 0 "
                      "WHERE brand_id = $1 AND conversation_id = $2"),
               brand, conversation));
    TRY(run_on(db_sql(c, "UPDATE box_step SET note = '' " ITS_BOXES), brand, conversation));
    return run_on(db_sql(c, "UPDATE box_item SET item_name = '' " ITS_BOXES " AND item_code = ''"), brand,
                  conversation);
}
