/* incident_page: incidents: their list, a proposal with its letters and why, the room in which one is
 * answered, and what it leaves behind. */
#ifndef LONGHAND_WEB_INCIDENT_PAGE_H
#define LONGHAND_WEB_INCIDENT_PAGE_H

#include "desk/room_next.h"
#include "desk/room_status.h"
#include "web/admin_page.h"
#include "web/conversation_page.h"

enum {
    INCIDENT_ROWS = 25,
    INCIDENT_LETTERS = 50,
    INCIDENT_WORDS = 5,
    ROOM_EVENTS = 30,
    ROOM_PROPOSED = 4,
    ROOM_CHART_STEPS = ROOM_STEPS
};

/* ---- incident_list.c: all of them, and a proposal ---- */

struct incidents_view {
    struct admin admin;
    incident_list_of open, proposed, past; /* past: over or dismissed, a page */
    int64_t next;
    bool first;
    str title; /* as typed */
};
err incidents_view(struct web_call *w);
void incidents_html(struct web_call *w);
void incidents_json(const struct web_call *w, struct json_out *o);
err incident_do_open(struct web_call *w);

struct proposal_view {
    struct admin admin;
    struct incident incident;
    incident_conversation_list letters; /* proposed and in, a page */
    incident_part part;
    int64_t next;
    bool first;
    incident_list_of others; /* open and proposed ones it may be merged into */
    str title, why;          /* as typed */
};

/* GET /incidents/:id: the room, or where there is none yet the proposal. */
struct room_view;
struct incident_view {
    struct proposal_view *proposal;
    struct room_view *room; /* one of the two */
};
err incident_view(struct web_call *w);
void incident_html(struct web_call *w);
void incident_json(const struct web_call *w, struct json_out *o);
err proposal_load(struct web_call *w, int64_t id, struct proposal_view **ret);
void proposal_html(struct web_call *w, struct proposal_view *v);
void incident_json_members(struct json_out *o, const struct store_incident *i);

/* ---- incident_room.c: the room ---- */

struct room_chart {
    struct room_bucket steps[ROOM_CHART_STEPS];
    int64_t waiting[ROOM_CHART_STEPS]; /* at the end of each */
    int n;                             /* steps that there are */
    int64_t until;                     /* the last of them may end later */
    int64_t step_ms, top;              /* top: the number at the upper edge */
    str line, columns;                 /* paths in a box of 240 by 60 */
    int64_t most_at, most;
};
/* What the status page could say next. */
struct room_say {
    bool may;
    str keepers; /* who may, "" nobody */
    status_kind kind;
    int64_t matter; /* that goes on, 0 a new one */
    str headline, words, next, key;
    store_status_component_list parts;
};
struct room_view {
    struct frame frame;
    str base; /* "/b/SLUG/incidents/ID" */
    struct room_look look;
    struct room_given given;
    struct conversation_page *held; /* with the composer; NULL nothing is held */
    room_owed_list owed;            /* what they are owed */
    struct room_chart chart;
    incident_conversation_list proposed;
    struct status_word status;
    bool status_open, posted;           /* posted: it was just written on */
    struct room_say say;                /* when it is open */
    const struct room_fact *said_wrong; /* that the page still states; NULL none */
    str says;                           /* why a form was refused */
    bool kept, nobody;                  /* nobody: Next was pressed, and nobody waits */
    int64_t sent;                       /* the reply that was just sent, 0 */
    str sent_to;
    int64_t sent_conversation;
    bool may_write;
};
err room_load(struct web_call *w, int64_t id, struct room_view **ret);
void room_html(struct web_call *w, struct room_view *v);
void room_json(const struct web_call *w, struct json_out *o, const struct room_view *v);
void room_chart_of(struct web_call *w, struct room_chart *k, int64_t began, int64_t until);

/* The reply form of a room comes back: with why it was not sent, or for the check of a browser without
 * scripts. False when the form was not a room's. `p` is the conversation with what was typed. */
bool room_again(struct web_call *w, struct conversation_page *p);
/* Where a form that came from a room leads back to: "/b/SLUG/incidents/ID", "" when it came from none. */
str room_place(const struct web_call *w);
/* A reply was sent from a room: the next person, where that was ticked, and back to the room. */
void room_sent(struct web_call *w, int64_t message);

/* ---- incident_do.c: what can be done ---- */

err incident_do_confirm(struct web_call *w);
err incident_do_merge(struct web_call *w);
err incident_do_dismiss(struct web_call *w);
err incident_do_close(struct web_call *w);
err incident_do_reopen(struct web_call *w);
err incident_do_rename(struct web_call *w);
err incident_do_join(struct web_call *w);
err incident_do_join_all(struct web_call *w);
err incident_do_leave(struct web_call *w);
err room_do_next(struct web_call *w);
err room_do_skip(struct web_call *w);
err room_do_pass(struct web_call *w);
err room_do_snooze(struct web_call *w);
err room_do_back(struct web_call *w);
err room_do_here(struct web_call *w);
err room_do_role(struct web_call *w);
err room_do_says(struct web_call *w);
err room_do_note(struct web_call *w);
err room_do_fact(struct web_call *w);
err room_do_check(struct web_call *w);
err room_do_change(struct web_call *w);
err room_do_withdraw(struct web_call *w);
err room_do_write_again(struct web_call *w);
err room_do_fixed(struct web_call *w);
err room_do_drop(struct web_call *w);
err room_do_learned(struct web_call *w);
void room_given_json(const struct web_call *w, struct json_out *o);
/* The id that an act made, or how many it was about. */
struct room_done {
    int64_t id, n;
    const char *what; /* the name of the member; NULL none */
    struct room_given given;
};
void room_done_json(const struct web_call *w, struct json_out *o);

/* ---- incident_letters.c: every number opens to its letters ---- */

enum room_list {
    ROOM_LIST_WAITING,
    ROOM_LIST_SAID,
    ROOM_LIST_IN,
    ROOM_LIST_PROPOSED,
    ROOM_LIST_OUT,
    ROOM_LIST_OWED,
    ROOM_LIST_TOLD
};
struct room_letter {
    int64_t conversation, message, customer, at, row;
    str name, text, meta; /* meta: who answered, why, which channel */
    int64_t waited;       /* ms; -1 not known */
};
typedef LIST(struct room_letter) room_letter_list;
struct letters_view {
    struct admin admin;
    struct store_incident incident;
    enum room_list show;
    room_letter_list rows;
    str next; /* the query that goes on; "" none */
    bool first;
    struct room_fact fact; /* of ROOM_LIST_TOLD */
    int64_t told_owed;     /* who are, or were, owed a letter because it no longer holds */
};
err letters_view(struct web_call *w);
err fact_view(struct web_call *w);
void letters_html(struct web_call *w);
void letters_json(const struct web_call *w, struct json_out *o);
const char *room_list_name(enum room_list v);

/* ---- incident_review.c: what stays ---- */

struct review_view {
    struct admin admin;
    struct room_look look;
    room_fact_list facts;
    struct room_chart chart;
    int64_t waited_median, waited_longest; /* ms; 0 nobody was answered */
    str learned;                           /* as typed */
};
err review_view(struct web_call *w);
void review_html(struct web_call *w);
void review_json(const struct web_call *w, struct json_out *o);
err review_markdown(struct web_call *w);
err review_csv(struct web_call *w);
err review_file(struct web_call *w);

/* ---- for templates ---- */

const char *room_role_title(room_role r); /* in English: the key of its translation */
str room_event_text(struct web_call *w, const struct room_event *e);
str room_channel_text(struct web_call *w, str name, int64_t n); /* "236 letters" */
str room_waiting_text(struct web_call *w, const struct room_counts *k);
str room_rate_text(struct web_call *w, int64_t times_ten);
/* "12:47", or with its day when that is another one. */
str room_clock(struct web_call *w, int64_t at);
bool room_person_here(const struct room_look *l, const struct room_person *p);
str incident_words_text(struct web_call *w, const struct incident_word *k);
const char *incident_state_title(incident_state s);
size_t room_facts_to_say(const struct room_look *l);
/* Minutes since a fact was checked. */
int64_t room_fact_minutes(const struct room_look *l, const struct room_fact *f);

#endif
