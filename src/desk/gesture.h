/* gesture: what we do for a customer beyond words. What policy says is one click. Outside it the agent
 * decides alone while there is room in their allowance of the month, with one sentence of judgement; above it
 * they may ask, and one lead who is not they confirms or declines. Nothing is ever changed, only steps are
 * added.
 *
 * Changed gestures are told as desk_changed "gesture", and stand in the conversation's history as the events
 * gesture_given, gesture_asked, gesture_confirmed, gesture_declined, gesture_withdrawn, whose detail is
 * "KIND: what": "replacement: 2 x Keeper Juno", "refund: 3.99 EUR". */
#ifndef LONGHAND_DESK_GESTURE_H
#define LONGHAND_DESK_GESTURE_H

#include "desk/policy.h"
#include "store/box.h"
#include "store/gesture.h"

enum { JUDGEMENT_BYTES = 500, GESTURE_NOTE_BYTES = 500, GESTURE_KEY_BYTES = 200 };

struct gesture_wish {
    int64_t conversation;
    /* How many gestures of the conversation the agent had seen; -1 does not say. Another number there is
     * ERR_CONFLICT, so that two agents do not give the same thing twice. */
    int64_t seen_gestures;
    gesture_kind kind;
    str situation; /* policy.h */
    /* What is given, or what the refund is for. With a code the name is the catalogue's; without one
     * item_name says it, and must where goods are given. */
    struct concerns concerns;
    str item_name;
    int64_t quantity;  /* 1 to 1000; of refunds and vouchers 1 */
    int64_t cost;      /* of all of it together, in smallest units; above 0 but for goods within policy */
    str currency;      /* "" means the brand's */
    str judgement;     /* one line, 1 to 500 bytes, outside policy; may be "" within it */
    str key;           /* idempotency key of the agent's, 8 to 200 bytes */
    bool ask;          /* ask a lead where it is above the room; else that is ERR_LIMIT */
    bool even_retired; /* give goods that the catalogue no longer holds; else that is ERR_CONFLICT */
};
struct gesture_done {
    int64_t id;
    gesture_state state;        /* given or asked; of a repeated wish how it stands now */
    int64_t policy;             /* 0: outside policy */
    bool repeated;              /* this very wish was there already; nothing was given again */
    struct allowance_room room; /* afterwards */
};
/* ERR_CONFLICT also for a key that was used for something else. ERR_DENIED: may not answer letters.
 * ERR_INVALID with a sentence for the rest: quantities, costs, another currency, a missing judgement.
 * ERR_BUSY: repeat it with the same key. */
err gesture_give(struct desk *d, arena *a, const struct actor *who, const struct gesture_wish *wish,
                 struct gesture_done *ret);

/* The same within a write of the caller's, such as the one that sends the reply; who calls tells of the
 * change. */
err gesture_give_in(db_conn *c, struct desk *d, arena *a, const struct actor *who,
                    const struct gesture_wish *wish, struct gesture_done *ret);

/* A lead who is not the one who asked: else ERR_DENIED. ERR_CONFLICT when it is not waiting any more; doing
 * again what one did oneself is ERR_NONE. The note is one line of at most 500 bytes; declining needs one. */
err gesture_confirm(struct desk *d, arena *a, const struct actor *who, int64_t gesture, str note);
err gesture_decline(struct desk *d, arena *a, const struct actor *who, int64_t gesture, str note);
/* By the one who gave it, or a lead. The allowance gets its room back in the month it was spent.
 * ERR_CONFLICT when it was declined or withdrawn, or has left in a box. */
err gesture_withdraw(struct desk *d, arena *a, const struct actor *who, int64_t gesture, str note);

/* Oldest first. */
err gesture_list_of(const struct desk *d, arena *a, int64_t brand, int64_t conversation,
                    store_gesture_list *ret);
err gesture_get(const struct desk *d, arena *a, int64_t brand, int64_t gesture, struct store_gesture *ret,
                store_step_list *ret_steps);
/* What waits for a lead, longest first, ids above `after`. */
err gesture_asked(const struct desk *d, arena *a, int64_t brand, int64_t after, int limit,
                  store_gesture_list *ret);
/* What the agent can decide alone now. */
err gesture_room(const struct desk *d, arena *a, const struct actor *who, struct allowance_room *ret);

/* Every gesture as CSV (format/csv.h), oldest first, from ids above `after` (0: all), told to `put` in
 * pieces; what it returns ends the export. Amounts as money_number has them, moments in UTC (RFC 3339). */
err gesture_export(struct desk *d, int64_t brand, int64_t after, err (*put)(void *context, str bytes),
                   void *context);

/* "2 x Keeper Juno", "3.99 EUR". */
str gesture_what(arena *a, const struct store_gesture *g);

/* Within a transaction of the caller's: may the agent do this? ERR_DENIED else. *ret_lead, which may be NULL,
 * says whether they are a lead. */
err gesture_may(db_conn *c, arena *a, const struct actor *who, bool *ret_lead);

/* ---- what could be done now ---- */

/* Something that happened, to something the letters name. */
struct gesture_offer {
    str situation;
    struct concerns concerns;
    str item_name;
    bool retired;                         /* the catalogue no longer holds it */
    int64_t event_message, event_finding; /* where it is read; 0: nowhere */
    int64_t item_message, item_finding;
    struct store_policy policy;         /* the normal answer; id 0: there is none */
    gesture_kind kind;                  /* the policy's, else what fits the item */
    bool boxed;                         /* a box that no gesture filled, such as a form proposes, covers it */
    bool within;                        /* `kind` once is within policy: one click; never when boxed */
    int64_t quantity_left, amount_left; /* within policy in this conversation; -1: no limit */
    int64_t cost_each;                  /* what one cost when it was last given; 0: not known */
    int64_t already;                    /* of this item in this conversation, holding or asked */
};
typedef LIST(struct gesture_offer) gesture_offer_list;
enum { GESTURE_OFFERS_MAX = 24 };

struct gesture_offers {
    struct allowance_room room;
    int64_t seen_gestures; /* for the wish */
    store_gesture_list gestures;
    gesture_offer_list offers; /* what stands closest together first; at least one */
};
/* From the letters that wait for an answer, else the newest. ERR_MISSING: no such conversation. */
err gesture_offers(struct desk *d, arena *a, const struct actor *who, int64_t conversation,
                   struct gesture_offers *ret);

/* What decides in a whole brand. It changes only when desk_changed tells "policy" or "allowance", so that
 * who shows many pages may keep it. */
struct gesture_rules {
    struct currency currency;
    store_policy_list policies; /* live ones */
    store_allowance_list allowances;
};
err gesture_rules_of(db_conn *c, arena *a, int64_t brand, struct gesture_rules *ret);

/* An event or an item as a letter has it. */
struct gesture_heard {
    bool is_event, is_part;
    int64_t message, finding;
    uint32_t start, end; /* both 0: not in the text itself */
    str value;
};
typedef LIST(struct gesture_heard) gesture_heard_list;

/* The same as gesture_offers for who has read the letters already; three statements. */
struct gesture_ask {
    const struct actor *who;
    str role, zone; /* the agent's, the brand's */
    int64_t conversation, now;
    store_box_item_list boxed; /* what lies in the conversation's boxes */
    bool nothing_given;        /* known: no gesture is in the conversation, whatever became of it */
    const struct gesture_rules *rules;
    gesture_heard_list heard;
};
err gesture_offers_in(db_conn *c, arena *a, const struct gesture_ask *ask, struct gesture_offers *ret);

/* What is typed where an item is asked for, as the catalogue has it: by its number, or by a name that only
 * one item has. Left as it is, with code "", when it is neither. */
err gesture_item_typed(struct desk *d, arena *a, int64_t brand, str typed, struct concerns *ret);

#endif
