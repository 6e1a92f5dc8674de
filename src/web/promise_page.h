/* promise_page: what we promised and what customers promised us: chips beside the reply being written, the
 * panel of a conversation, one promise with its steps, the list of what is due, and the file for leads. */
#ifndef LONGHAND_WEB_PROMISE_PAGE_H
#define LONGHAND_WEB_PROMISE_PAGE_H

#include "desk/promise.h"
#include "store/message.h"
#include "web/check_page.h"
#include "web/frame.h"

struct composing;
struct conversation_page;

/* ---- promise_chips.c: in the reply being written ---- */

/* What reply_wish.not_promised takes. A program names the offsets itself (`not_promised`). A form has a field
 * `no_promise` for each, "START WORDS": the words are looked for in `text` at START, else nearest to it, for
 * the text may have been edited since it was checked. */
str promise_not_promised(const struct web_call *w, str text);

/* The same for browsers without scripts: a box to tick a promise that is none. */
struct promise_tick {
    str value; /* "START WORDS" */
    str words;
    str due_text; /* "" when the reply was not checked again */
    bool on;
};
typedef LIST(struct promise_tick) promise_tick_list;
promise_tick_list promise_ticks(const struct web_call *w, const struct composing *k);
/* "&not_promised=12+80" to take ticks along to the checked page; "" for none. */
str promise_ticks_query(const struct web_call *w, str text);

/* ---- promise_words.c: in words ---- */

/* A day of the brand's calendar, the same in every reader's zone: "Friday, 4 December". */
str promise_day_words(struct web_call *w, int64_t day);
str promise_today(const struct web_call *w); /* "2026-11-22" in the brand's zone: the least of a date field */
/* The ask of the brand of this request, at its moment. */
struct promise_ask promise_ask_now(const struct web_call *w, promise_view view, int64_t holder);
/* "Late since ...", "Due today", "By ...", "Kept": where it stands. */
str promise_standing_text(struct web_call *w, const struct store_promise *p);
bool promise_presses(const struct web_call *w,
                     const struct store_promise *p); /* late, due today or known to become late */
str promise_holder_text(struct web_call *w, const struct store_promise *p); /* "Ines sees to it" */
/* "It would come on ... instead: the facts", why it was moved, broken, released; "" nothing. */
str promise_note_text(struct web_call *w, const struct store_promise *p);
str promise_proof_path(const struct web_call *w, const struct promise_proof *proof); /* "" for none */
str promise_proof_text(struct web_call *w, const struct promise_proof *proof);
str promise_step_text(struct web_call *w, const struct promise_step *s);
const char *promise_view_title(promise_view view); /* English: the key of its translation */

/* ---- forms ---- */

/* A message that may prove a promise. */
struct promise_choice {
    int64_t message;
    str label;
};
typedef LIST(struct promise_choice) promise_choice_list;
/* The latest of `messages`, newest first. */
void promise_choices(struct web_call *w, const message_list *messages, promise_choice_list *ret);

/* What the form "what became of it" holds. */
struct promise_form {
    str step, day, why;
    int64_t proof;
    const promise_choice_list *choices;
    bool beside; /* it stands beside the conversation and leads back there */
};

/* ---- the panel of a conversation and of a customer ---- */

enum { PROMISES_BESIDE = 60, MEMORIES_SHOWN = 3, PROMISES_OF_CUSTOMER = 20 };

struct promise_panel {
    store_promise_list ours, theirs; /* of this conversation, oldest first */
    store_promise_list memories;     /* what they promised in others, newest first */
    promise_choice_list choices;
    bool more;     /* there are older ones than are shown */
    str text, day; /* typed in, when adding one was refused */
    str note;      /* the same of an agreement */
    bool adding;
};
/* While the page is being read: one question. */
err promise_panel_load(struct web_call *w, struct conversation_page *p);
void promise_panel_json(const struct web_call *w, struct json_out *o, const struct promise_panel *v);
/* Was this finding of a letter remembered? NULL: not yet. */
const struct store_promise *promise_remembered(const struct promise_panel *v, int64_t letter, str words);

/* For the template: does one of theirs wait for a grown-up; is there anything of theirs to show. */
bool promise_waits_for_grown_up(const struct promise_panel *v);
bool promise_theirs_to_show(const struct conversation_page *p);

struct promise_customer {
    store_promise_list rows; /* newest first */
    int64_t before;          /* of older ones; 0 none */
    bool first;
};
/* ?promised=ID: older ones. */
err promise_customer_load(struct web_call *w, int64_t customer, struct promise_customer **ret);

/* ---- the day of whoever reads ---- */

enum { DAY_ROWS = 3 };
struct promise_day {
    store_promise_list rows; /* theirs that are due, first the latest */
    struct promise_counts counts;
};
/* NULL when nothing of theirs is due. */
err promise_day_load(struct web_call *w, const struct promise_day **ret);

/* ---- pages ---- */

enum { PROMISE_ROWS = 50 };

struct promises_view {
    struct frame frame;
    promise_view view;
    int64_t holder; /* of whom: a reader's own id, PROMISES_OF_ALL, PROMISES_OF_NOBODY */
    store_promise_list rows;
    struct promise_counts counts; /* of that holder */
    str next;                     /* path of the next page; "" none */
    bool first;
};
err promises_view(struct web_call *w);
void promises_html(struct web_call *w);
void promises_json(const struct web_call *w, struct json_out *o);
/* "?view=late&of=mine" */
str promises_query(const struct web_call *w, promise_view view, int64_t holder);

struct promise_one {
    struct frame frame;
    struct store_promise p;
    promise_step_list steps;
    promise_choice_list choices;
    struct promise_form form;
    bool may_write;
    str says; /* why the last form was refused */
};
err promise_view_one(struct web_call *w);
void promise_html(struct web_call *w);
void promise_json(const struct web_call *w, struct json_out *o);
void promise_json_object(const struct web_call *w, struct json_out *o, const struct store_promise *p);

err promise_do_change(struct web_call *w);
void promise_again(struct web_call *w);
err promise_do_add(struct web_call *w);
void promise_add_again(struct web_call *w);
err promise_do_remember(struct web_call *w);
err promise_do_agree(struct web_call *w);
void promise_made_json(const struct web_call *w, struct json_out *o);
err promises_do_export(struct web_call *w);

#endif
