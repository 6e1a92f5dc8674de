/* store/box: what is packed and sent, what lies in it, and its steps. Steps are only ever added; a row of
 * `box` is where they lead to. */
#ifndef LONGHAND_STORE_BOX_H
#define LONGHAND_STORE_BOX_H

#include "base/list.h"
#include "db/db.h"
#include "store/conversation.h"

typedef enum box_state {
    BOX_PROPOSED, /* waits for an agent to agree; reserves nothing */
    BOX_TO_PICK,
    BOX_PACKED,
    BOX_SENT,
    BOX_ARRIVED,
    BOX_CAME_BACK,
    BOX_LOST,
    BOX_CANCELLED
} box_state;
enum { BOX_STATES = BOX_CANCELLED + 1 };
const char *box_state_name(box_state v); /* "proposed", "to_pick", "packed", "sent", "arrived", ... */
bool box_state_from(str s, box_state *ret);
/* It has not left yet. */
static inline bool box_unsent(box_state v) { return v <= BOX_PACKED; }

/* See the schema. */
struct store_box {
    int64_t id, number, conversation_id, customer_id;
    str address, country, language, letter;
    int64_t message_id, agent_id;
    box_state state;
    str carrier, tracking;
    int64_t due_day, promise_id, follow_at;
    int64_t created_at, updated_at, packed_at, sent_at, settled_at, version;
    str key_hash, body_hash;
    /* Joined; not written. */
    int64_t conversation_number, conversation_agent; /* who has the conversation, 0 for nobody */
    str subject, customer_name, agent_name;
    str carrier_url;  /* the template of its carrier, "" for none; desk/carrier.h fills it */
    int64_t nitems;   /* how many lines */
    int64_t pieces;   /* how many things together */
    int64_t unpicked; /* of these not in it yet */
    bool short_of_stock;
    bool locked;    /* a child wrote and no grown-up has confirmed: as child_locked_in */
    str first_item; /* the name of the first line's */
};
typedef LIST(struct store_box) store_box_list;
/* Of a row b of the table box. */
#define BOX_LOCKED                                                                                           \
    "EXISTS (SELECT 1 FROM child k WHERE k.brand_id = b.brand_id AND k.conversation_id = b.conversation_id " \
    "AND k.state <> 'none' AND (k.state <> 'confirmed' OR k.forgotten_at > 0))"

/* The next number of the brand. Two writers never get the same one. */
err store_box_number(db_conn *c, int64_t brand, int64_t *ret_number);
/* Without items and its first step. ERR_CONFLICT when the key is there. */
err store_box_insert(db_conn *c, int64_t brand, const struct store_box *row);
/* All that can change. ERR_CONFLICT when the stored row is not of `row->version - 1`: somebody was faster. */
err store_box_update(db_conn *c, int64_t brand, const struct store_box *row);
/* ERR_MISSING when the brand has none of that id or number. */
err store_box_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_box *ret);
err store_box_by_number(db_conn *c, arena *a, int64_t brand, int64_t number, struct store_box *ret);
/* ret->id 0 when there is none. */
err store_box_by_key(db_conn *c, arena *a, int64_t brand, str key_hash, struct store_box *ret);
/* Oldest first. */
err store_boxes_of_conversation(db_conn *c, arena *a, int64_t brand, int64_t conversation,
                                store_box_list *ret);
/* Those that name this promise and have not been cancelled, lost or come back; oldest first. */
err store_boxes_of_promise(db_conn *c, arena *a, int64_t brand, int64_t promise, store_box_list *ret);
/* Newest first, ids below `before` (0: all). */
err store_boxes_of_customer(db_conn *c, arena *a, int64_t brand, int64_t customer, int64_t before, int limit,
                            store_box_list *ret);

/* Lists for pages. */
typedef enum box_view {
    BOXES_PROPOSED, /* oldest first, this and the next four */
    BOXES_TO_PICK,
    BOXES_SHORT, /* of those to pick: something is not in stock */
    BOXES_PACKED,
    BOXES_SENT,
    BOXES_DUE,     /* sent, and should have arrived by today: longest ago first */
    BOXES_ARRIVED, /* latest first, this and the rest */
    BOXES_CAME_BACK,
    BOXES_LOST,
    BOXES_CANCELLED
} box_view;
enum { BOX_VIEWS = BOXES_CANCELLED + 1 };
const char *box_view_name(box_view v); /* "proposed", "to_pick", "short", "packed", "sent", "due", ... */
bool box_view_from(str s, box_view *ret);
/* At most `limit` rows after `after`, which is box_key of the last row seen; {0, 0}: from the start. `today`
 * matters for BOXES_DUE only. */
err store_boxes(db_conn *c, arena *a, int64_t brand, box_view view, int64_t today, struct page_key after,
                int limit, store_box_list *ret);
struct page_key box_key(box_view view, const struct store_box *row);
/* How many each view holds; arrived ones and those after them since the moment `since`. */
struct box_counts {
    int64_t of[BOX_VIEWS];
};
err store_box_counts(db_conn *c, arena *a, int64_t brand, int64_t today, int64_t since,
                     struct box_counts *ret);
/* How many are proposed, to pick or packed, counted up to `cap`: for the menu. */
err store_boxes_waiting(db_conn *c, int64_t brand, int64_t cap, int64_t *ret);
/* Those with this number (0: none has) or this tracking number; newest first. */
err store_boxes_find(db_conn *c, arena *a, int64_t brand, int64_t number, str tracking, int limit,
                     store_box_list *ret);
/* All, oldest first, ids above `after`: for export. */
err store_boxes_after(db_conn *c, arena *a, int64_t brand, int64_t after, int limit, store_box_list *ret);

/* ---- items ---- */

struct store_box_item {
    int64_t box_id, position; /* from 1 */
    int64_t gesture_id;
    str item_kind, item_code, colour, item_name;
    int64_t quantity;
    bool counted, is_short;
    int64_t reserved, picked;
    str place;
    /* Joined; not written. */
    int64_t box_number, box_version, conversation_id, box_created_at;
    box_state box_state;
};
typedef LIST(struct store_box_item) store_box_item_list;

err store_box_item_insert(db_conn *c, int64_t brand, const struct store_box_item *row);
/* quantity, counted, short, reserved, picked, place. */
err store_box_item_update(db_conn *c, int64_t brand, const struct store_box_item *row);
err store_box_item_delete(db_conn *c, int64_t brand, int64_t box, int64_t position);
/* By position. */
err store_box_items(db_conn *c, arena *a, int64_t brand, int64_t box, store_box_item_list *ret);
/* Of all boxes of a conversation, by box and position: for its page. */
err store_box_items_of_conversation(db_conn *c, arena *a, int64_t brand, int64_t conversation,
                                    store_box_item_list *ret);
/* Of a page of boxes: ids from `first` to `last`, by box and position. */
err store_box_items_between(db_conn *c, arena *a, int64_t brand, int64_t first, int64_t last,
                            store_box_item_list *ret);
/* How much of a gesture lies in boxes other than `except` that go or have gone; what was cancelled, lost or
 * came back can be boxed again. */
err store_box_items_sum(db_conn *c, int64_t brand, int64_t gesture, int64_t except, int64_t *ret_quantity);
/* The number of a box that left with something of a gesture and did not come back; 0 for none. */
err store_box_took_gesture(db_conn *c, int64_t brand, int64_t gesture, int64_t *ret_number);
/* Of a gesture, in boxes that have not left. */
err store_box_items_of_gesture(db_conn *c, arena *a, int64_t brand, int64_t gesture,
                               store_box_item_list *ret);
/* Those that wait for stock of this item: the oldest box first. */
err store_box_items_short(db_conn *c, arena *a, int64_t brand, str kind, str code, str colour, int limit,
                          store_box_item_list *ret);
/* How many pieces of this line's item boxes wait for, up to and with this line. */
err store_box_items_waiting(db_conn *c, int64_t brand, const struct store_box_item *row, int64_t *ret_pieces);
/* Those for which something is reserved at this place: the newest box first. */
err store_box_items_reserved(db_conn *c, arena *a, int64_t brand, str kind, str code, str colour, str place,
                             store_box_item_list *ret);
/* What is to pick, place by place, from behind `after` ("place", box, position: the last line seen; box 0:
 * from the start). Items that nobody can pick yet (short, locked) are left out. `box` 0: of all boxes. */
struct pick_key {
    str place;
    int64_t box, position;
};
err store_pick_list(db_conn *c, arena *a, int64_t brand, struct pick_key after, int limit,
                    store_box_item_list *ret);
/* What boxes wait for: an item, how much of it, how many boxes, and when more is expected. */
struct store_wanted {
    str kind, code, colour, name;
    int64_t wanted, boxes, oldest_box, expected_day, expected;
};
typedef LIST(struct store_wanted) store_wanted_list;
/* By kind, code and colour. */
err store_wanted(db_conn *c, arena *a, int64_t brand, int limit, store_wanted_list *ret);

/* ---- steps ---- */

typedef enum box_step {
    BOX_STEP_PROPOSED,
    BOX_STEP_MADE,
    BOX_STEP_AGREED,
    BOX_STEP_CHANGED,
    BOX_STEP_ADDRESS,    /* a grown-up typed it */
    BOX_STEP_RESERVED,   /* stock came for what was short */
    BOX_STEP_UNRESERVED, /* stock was counted, and there was less */
    BOX_STEP_PICKED,
    BOX_STEP_LEFT, /* the gesture of an item does not hold any more */
    BOX_STEP_PACKED,
    BOX_STEP_UNPACKED,
    BOX_STEP_SENT,
    BOX_STEP_ARRIVED,
    BOX_STEP_CAME_BACK,
    BOX_STEP_LOST,
    BOX_STEP_CANCELLED,
    BOX_STEP_PROMISED, /* tied to a promise */
    BOX_STEP_FOLLOWED, /* its conversation came back to its agent */
} box_step;
enum { BOX_STEPS = BOX_STEP_FOLLOWED + 1 };
const char *box_step_name(box_step v); /* "proposed", "made", "agreed", ... */
bool box_step_from(str s, box_step *ret);

struct store_box_step {
    int64_t box_id, position; /* from 1 */
    box_step step;
    str note;
    int64_t agent_id, at;
    str agent_name; /* joined; not written */
};
typedef LIST(struct store_box_step) store_box_step_list;
err store_box_step_insert(db_conn *c, int64_t brand, const struct store_box_step *row);
/* Oldest first. */
err store_box_steps(db_conn *c, arena *a, int64_t brand, int64_t box, store_box_step_list *ret);

/* Addresses, letters, tracking numbers, notes and freely described items of a conversation's boxes: gone.
 * What was sent, when and by whom stays; nobody is asked to write again. */
err store_boxes_forget(db_conn *c, int64_t brand, int64_t conversation);

/* ---- carriers ---- */

struct store_carrier {
    int64_t id;
    str name, url;
    int64_t updated_at;
};
typedef LIST(struct store_carrier) store_carrier_list;
/* By name. */
err store_carriers(db_conn *c, arena *a, int64_t brand, store_carrier_list *ret);
/* ERR_MISSING. */
err store_carrier_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_carrier *ret);
/* ret->id 0 when there is none of that name. */
err store_carrier_by_name(db_conn *c, arena *a, int64_t brand, str name, struct store_carrier *ret);
err store_carrier_insert(db_conn *c, int64_t brand, const struct store_carrier *row);
err store_carrier_update(db_conn *c, int64_t brand, const struct store_carrier *row);
err store_carrier_delete(db_conn *c, int64_t brand, int64_t id);

#endif
