/* box: what is packed and sent: things, a printed letter, an address. It goes from to_pick over packed to
 * sent, and then it arrived, came back or was lost. One that nobody of us asked for (a customer's form)
 * begins as proposed: it reserves nothing and waits for an agent to agree.
 *
 * What goes into a box is reserved in the stock (desk/stock.h) when it is made or agreed to. What is not
 * there makes it short of stock: it waits, its true day is said, and its promise is warned. A gesture's goods
 * can be boxed once; when a gesture is withdrawn or declined its things leave a box that has not left.
 *
 * A box keeps a promise: the one it was given, else the only open one of ours in its conversation, else,
 * where it has a day, one of its own. When it arrives, the promise is kept, with the box as proof. When it is
 * lost or comes back, the promise stays open as long as its day is not over, since another box may keep it;
 * after that it is broken. Lost or back, the conversation returns to its agent's list at once; otherwise
 * setting follow_up_days after the day it should have arrived. Nothing is ever sent by itself.
 *
 * Where a child wrote and no grown-up has confirmed yet, the box is locked: it can be made, agreed to and
 * cancelled, but not addressed, picked, packed or sent (ERR_CONFLICT).
 *
 * Whether the caller may is judged before (agents make and agree; packers and agents do the rest). Changes
 * are told as desk_changed "box", and stand in the history as the events box_made, box_agreed, box_packed,
 * box_sent, box_arrived, box_came_back, box_lost, box_cancelled, follow_up_due; detail: "12: what lies in
 * it", of sent "12: CARRIER TRACKING", of follow_up_due "12". */
#ifndef LONGHAND_DESK_BOX_H
#define LONGHAND_DESK_BOX_H

#include "desk/desk.h"
#include "store/box.h"
#include "store/gesture.h"

enum {
    BOX_ITEMS_MAX = 100,
    BOX_QUANTITY_MAX = 1000, /* of one item */
    BOX_ADDRESS_LINES = 12,
    BOX_ADDRESS_BYTES = 2000,
    BOX_COUNTRY_BYTES = 60,
    BOX_LETTER_BYTES = 512 << 10,
    BOX_NOTE_BYTES = 500,
    BOX_TRACKING_BYTES = 100,
    BOX_YEARS_AHEAD = 2,
};

/* ---- making ---- */

struct box_item_wish {
    int64_t gesture;  /* above 0: kind, code and name are the gesture's; it must hold and give goods */
    str kind, code;   /* "product", "figure" or "part" and its code, or "" and "" */
    str colour;       /* "" for none */
    str name;         /* must be there where the catalogue has no name for it */
    int64_t quantity; /* 1 to BOX_QUANTITY_MAX; of a gesture 0 means what is not boxed yet */
};
struct box_wish {
    int64_t conversation;
    const struct box_item_wish *items;
    size_t nitems;         /* 1 to BOX_ITEMS_MAX */
    str address;           /* up to 12 lines; "" when it is not known yet */
    str country, language; /* as for a letter: "DE" or "Germany"; "de"; may be "" */
    str letter;            /* what is printed; may be "" */
    int64_t message;       /* the reply that the letter is; 0 for none */
    bool proposed;
    bool even_retired; /* send what the catalogue no longer holds; else that is ERR_CONFLICT. A proposed
                        * box may hold it, and is asked when it is agreed to */
    int64_t due_day;   /* when it should have arrived, such as 20261204; 0: nobody knows yet */
    int64_t promise;   /* what it keeps; 0: as said above; -1: none */
    str key;           /* idempotency key, 8 to 200 bytes; "" only with box_make_in: none */
};
struct box_done {
    int64_t id, number;
    int64_t conversation, version;
    box_state state;
    bool locked;         /* a grown-up has to confirm first */
    bool short_of_stock; /* something in it is not there */
    int64_t true_day;    /* when it can have arrived then; 0: nobody knows */
    int64_t promise;     /* what it keeps; 0: nothing */
    bool repeated;       /* this very wish was there already; nothing was made again */
};
/* ERR_CONFLICT: a key that was used for another box, a gesture that does not hold or whose goods are boxed
 * already, a retired item, an address where a grown-up has to give it. ERR_INVALID with a sentence for the
 * rest. ERR_MISSING: no such conversation, gesture, promise. */
err box_make(struct desk *d, arena *a, const struct actor *who, const struct box_wish *wish,
             struct box_done *ret);
/* The same within a write of the caller's, who tells of the change. */
err box_make_in(db_conn *c, struct desk *d, arena *a, const struct actor *who, const struct box_wish *wish,
                int64_t now, struct box_done *ret);

/* ---- steps ---- */

struct box_act {
    int64_t box;
    int64_t seen_version; /* ERR_CONFLICT, saying how it stands, when it changed since; -1 does not say */
    str note;             /* one line of at most 500 bytes; may be "" */
    bool put_back;        /* came back, or cancelled when packed: what was in it lies in its places again */
    bool even_retired;    /* of agree, as in the wish */
};
/* All: ERR_MISSING for no such box; ERR_CONFLICT, saying how it stands, from a state in which it cannot be
 * done. Doing again what is done already is ERR_NONE and changes nothing. */

/* proposed -> to_pick. */
err box_agree(struct desk *d, arena *a, const struct actor *who, const struct box_act *act,
              struct box_done *ret);

/* What is to be changed while it is proposed or to be picked; `what` says which members count. Items replace
 * the others; those that were picked have to be picked again. Address, letter and day also when packed. */
enum { BOX_ADDRESS = 1, BOX_LETTER = 2, BOX_ITEMS = 4, BOX_DUE = 8, BOX_PROMISE = 16 };
struct box_edit {
    unsigned what;
    str address, country; /* BOX_ADDRESS */
    str language, letter; /* BOX_LETTER */
    int64_t message;
    const struct box_item_wish *items; /* BOX_ITEMS */
    size_t nitems;
    int64_t due_day; /* BOX_DUE */
    int64_t promise; /* BOX_PROMISE; as in the wish */
};
err box_change(struct desk *d, arena *a, const struct actor *who, const struct box_act *act,
               const struct box_edit *edit, struct box_done *ret);

/* `picked` of the line at `position` lie in the box now; -1: all of them. ERR_CONFLICT for what is not in
 * stock. With seen_version -1 several packers may pick lines of one box. */
err box_pick_item(struct desk *d, arena *a, const struct actor *who, const struct box_act *act,
                  int64_t position, int64_t picked, struct box_done *ret);
/* to_pick -> packed: everything picked, or all of it now with `all`. Takes it from the stock. Needs an
 * address. */
err box_pack(struct desk *d, arena *a, const struct actor *who, const struct box_act *act, bool all,
             struct box_done *ret);
/* packed -> to_pick, when it was a mistake: what was in it is back in its places, and reserved. */
err box_unpack(struct desk *d, arena *a, const struct actor *who, const struct box_act *act,
               struct box_done *ret);

struct box_sending {
    str carrier, tracking; /* one line each; both may be "" */
    int64_t due_day;       /* when it should arrive; 0: as it has one, else setting box_days from today */
};
/* packed -> sent. */
err box_send(struct desk *d, arena *a, const struct actor *who, const struct box_act *act,
             const struct box_sending *sending, struct box_done *ret);
/* sent or lost -> arrived: what was thought lost may still turn up. What came back lies here. */
err box_arrived(struct desk *d, arena *a, const struct actor *who, const struct box_act *act,
                struct box_done *ret);
/* sent, arrived or lost -> came_back. */
err box_came_back(struct desk *d, arena *a, const struct actor *who, const struct box_act *act,
                  struct box_done *ret);
/* sent -> lost. */
err box_lost(struct desk *d, arena *a, const struct actor *who, const struct box_act *act,
             struct box_done *ret);
/* proposed, to_pick or packed -> cancelled. */
err box_cancel(struct desk *d, arena *a, const struct actor *who, const struct box_act *act,
               struct box_done *ret);

/* ---- within writes of others ---- */

/* The grown-up typed it: into every box of the conversation that has not left. */
err box_address_in(db_conn *c, arena *a, const struct actor *who, int64_t conversation, str address,
                   str country, int64_t now);
/* Those that have not left are cancelled: a grown-up said no. */
err box_cancel_all_in(db_conn *c, arena *a, const struct actor *who, int64_t conversation, str note,
                      int64_t now);
/* A gesture does not hold any more: its things leave boxes that have not left, and a box with nothing else in
 * it is cancelled. ERR_CONFLICT when some of them have left: what is spent is spent. */
err box_gesture_gone_in(db_conn *c, arena *a, const struct actor *who, int64_t gesture, int64_t now);
/* A promise of ours was made in the conversation: its open box without one is tied to it, if there is just
 * one of each; and when that box waits for stock, the promise is warned. */
err box_promised_in(db_conn *c, arena *a, const struct actor *who, int64_t conversation, int64_t now);
/* A reply was taken back: boxes do not name it any more, and one that kept its promise takes the open one, or
 * promises its day itself again. */
err box_reply_gone_in(db_conn *c, arena *a, const struct actor *who, int64_t conversation, int64_t message,
                      int64_t now);
/* What customers told us is deleted: addresses, letters, tracking numbers, notes. */
err box_forget(db_conn *c, int64_t brand, int64_t conversation);
/* ERR_CONFLICT, with the sentence for people, while a grown-up has to confirm. For printing too. */
err box_unlocked_in(db_conn *c, arena *a, int64_t brand, int64_t conversation);
/* An address as a box keeps it: up to 12 lines, without empty ones around. "" stays "". ERR_INVALID. */
err box_address_check(arena *a, str address, str *ret_address);

/* ---- looking ---- */

/* With items and steps; any of the last two may be NULL. */
err box_get(struct desk *d, arena *a, int64_t brand, int64_t id, struct store_box *ret,
            store_box_item_list *ret_items, store_box_step_list *ret_steps);
err box_by_number(struct desk *d, arena *a, int64_t brand, int64_t number, struct store_box *ret,
                  store_box_item_list *ret_items, store_box_step_list *ret_steps);
/* Oldest first; the items of all of them by box and position, which may be NULL. */
err box_of_conversation(struct desk *d, arena *a, int64_t brand, int64_t conversation, store_box_list *ret,
                        store_box_item_list *ret_items);
/* Newest first, ids below `before` (0: all). */
err box_of_customer(struct desk *d, arena *a, int64_t brand, int64_t customer, int64_t before, int limit,
                    store_box_list *ret);
/* When a box that is short of stock can have arrived: 0 when nobody knows, or nothing is short. */
err box_true_day(struct desk *d, arena *a, int64_t brand, const store_box_item_list *items, int64_t *ret_day);
/* store/box.h says what the views are. */
err box_list(struct desk *d, arena *a, int64_t brand, box_view view, struct page_key after, int limit,
             store_box_list *ret);
/* For the menu; settled ones of the last 30 days. */
err box_counts(struct desk *d, arena *a, int64_t brand, struct box_counts *ret);
/* "12", "#12", or a tracking number; spaces in it do not matter. */
err box_find(struct desk *d, arena *a, int64_t brand, str text, int limit, store_box_list *ret);
err box_pick_list(struct desk *d, arena *a, int64_t brand, struct pick_key after, int limit,
                  store_box_item_list *ret);
/* What boxes wait for. */
err box_wanted(struct desk *d, arena *a, int64_t brand, int limit, store_wanted_list *ret);
/* What of a gesture is not boxed yet: 0 when all is, or it gives no goods. */
err box_gesture_left(struct desk *d, int64_t brand, const struct store_gesture *g, int64_t *ret_quantity);
/* "2 x Keeper Juno, 1 x Captain Fenn". */
str box_what(arena *a, const store_box_item_list *items);

/* All boxes as CSV (format/csv.h), oldest first, told to `put` in pieces; what it returns ends the export. */
err box_export(struct desk *d, int64_t brand, err (*put)(void *context, str bytes), void *context);

/* ---- the job `follow` ---- */

struct job;
/* The conversation of a box comes back to its agent's list when its day has come; ends or puts off the job.
 */
err box_follow(struct desk *d, arena *a, const struct job *job);

#endif
