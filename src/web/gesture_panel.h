/* gesture_panel: what can be done for a customer beyond words, beside the reply: what happened as it was
 * found, the normal answer, one click within policy, a form on one's own judgement, the room left, and what
 * was given. It is on every conversation page, so it reads little: the rules come from the glance, what was
 * heard from the page. */
#ifndef LONGHAND_WEB_GESTURE_PANEL_H
#define LONGHAND_WEB_GESTURE_PANEL_H

#include "desk/gesture.h"
#include "web/web.h"

struct conversation_page;

enum { OFFERS_SHOWN = 4 };

/* A form for a gesture: as it is offered, or as it was typed and refused. */
struct gesture_fields {
    str kind, situation, item_kind, code, item, quantity, cost, judgement;
    str was;      /* the item's name that the code is of: with another one typed the code no longer counts */
    bool ask;     /* offer to ask a lead: it is above the room */
    bool retired; /* offer to give it although the catalogue no longer holds it */
    bool even_so; /* and that was ticked */
    str says;     /* why it was refused; "" it was not */
};

struct gesture_panel {
    struct web_call *w;
    str base, name; /* "/b/SLUG/c/ID", the customer's first name */
    bool may_write, may_lead;
    struct gesture_offers all;
    /* What stands closest to each thing that happened, and what takes one click. */
    const struct gesture_offer *shown[GESTURE_OFFERS_MAX];
    size_t nshown, left_out;
    const struct gesture_offer *next; /* the first of these that nothing was given of; NULL none */
    str key;                          /* each form's idempotency key begins with it */
    const struct gesture_fields *refused;
    bool asked; /* something waits for a lead */
};

/* For a page whose letters were listened to; nothing where the reader has nothing to see here. */
err gesture_panel_load(struct web_call *w, struct conversation_page *p);
/* The form that was just refused stands in it, with `says`. */
void gesture_panel_refused(struct web_call *w, struct conversation_page *p, str says, bool ask, bool retired);

/* ---- for templates ---- */

/* What stands before the money, out of 200, for the bar. */
int gesture_bar(int64_t part, int64_t whole);
struct gesture_fields gesture_fields_of(const struct gesture_panel *p, const struct gesture_offer *o);
/* "Send a new one", "Send the part", "Refund it"; what one click does. */
str gesture_click_text(struct web_call *w, const struct gesture_offer *o);
/* The offer's goods cost nothing that has to be typed. */
bool gesture_is_goods(gesture_kind k);

/* ---- gesture_words.c ---- */

str gesture_money(struct web_call *w, int64_t minor, struct currency c);
/* Of a gesture, in the currency it was given in. */
str gesture_cost_text(struct web_call *w, const struct store_gesture *g);
str gesture_kind_text(struct web_call *w, gesture_kind k);                 /* "Replacement" */
str gesture_state_text(struct web_call *w, const struct store_gesture *g); /* "Confirmed by Lea" */
str gesture_what_text(struct web_call *w, const struct store_gesture *g);  /* "2 x Keeper Juno" */
str situation_text(struct web_call *w, str situation);                     /* "Lost" */
/* "ask them to pay 3.99 EUR" */
str policy_answer_text(struct web_call *w, const struct store_policy *p, struct currency c);
/* An answer alone, for selects: "Ask them to pay". */
str policy_answer_name_text(struct web_call *w, policy_answer v);
/* "Keeper Juno", "any part", "anything" */
str concerns_text(struct web_call *w, str kind, str name);

#endif
