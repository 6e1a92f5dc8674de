/* conversation_page: one conversation: what was said, who said it, the answer being written. */
#ifndef LONGHAND_WEB_CONVERSATION_PAGE_H
#define LONGHAND_WEB_CONVERSATION_PAGE_H

#include "desk/reply.h"
#include "store/bounce.h"
#include "store/customer.h"
#include "store/event.h"
#include "store/message.h"
#include "store/outbox.h"
#include "web/check_page.h"
#include "web/finding_page.h"
#include "web/list_page.h"

enum { MESSAGES_SHOWN = 100, EVENTS_SHOWN = 200, OPEN_SHOWN = 4, OTHERS_SHOWN = 6 };

struct said_post;
struct post_compose;
/* One line of the thread: a message with all that hangs on it, or (message NULL) an event. */
struct said {
    const struct message *message;
    const struct event *event;
    str to, cc, bcc;  /* of a reply, as one line; cc of a letter, too */
    str body, quoted; /* the text, and what it quotes at its end */
    attachment_list files;
    outbox_list outbox;
    store_bounce_list bounces;        /* what reports say of it, or what it, a report, says */
    bool may_fetch;                   /* the brand lets its pictures from elsewhere be fetched */
    bool as_sent;                     /* its HTML is shown in a frame */
    const struct letter_heard *heard; /* of a letter; NULL: not listened to */
    struct said_post *post;           /* post_page.h; NULL: no post */
};
typedef LIST(struct said) said_list;

/* Something that can be put into a reply: an outline with slots, a fact (a link, steps, legal text), or an
 * end. */
struct insert {
    str name, text;
    bool fact, sign_off;
    int64_t id; /* of an end; 0 the agent's own */
};
typedef LIST(struct insert) insert_list;

/* What the composer holds. */
struct composing {
    str to, cc, bcc, subject, text;
    attachment_list files;
    str base;        /* "/b/SLUG/c/ID" or "/b/SLUG/write": followed by /reply, /draft, /attach, /detach */
    int64_t version; /* -1: there is none yet */
    str answers;     /* reply_default.to_line as this page knows it; sent along, so that a change is seen */
    bool astray;     /* `to` names nobody of `answers` */
    str leave_at;    /* "2026-11-24T09:00" as typed; "" none */
    int64_t seen;    /* the last message or event on the page, so that a refusal can say what came after it */
    bool kept;       /* there is a draft */
    str key;         /* reply_wish.key: one for each form that was made */
    str signature;   /* a text that is nothing else counts as empty */
    insert_list inserts;              /* frameworks, facts and sign-offs of the brand */
    const struct post_compose *posts; /* post_page.h; NULL: it leaves by mail */
    const struct check_view *check;   /* the remarks, for a browser without scripts; NULL not asked for */
};

/* What happened since the agent looked, when a send was refused. */
struct conflict {
    bool yes;
    str says;
    said_list newer;
    bool later;                     /* it was to leave later */
    str to;                         /* whom the refused reply would have gone to */
    const struct check_view *stops; /* what the letter check stopped it for; NULL nothing */
    str because;                    /* the reason given so far why it shall go anyway */
    bool asked;                     /* "send anyway" was chosen without one */
    str wrong;                      /* what else was refused, the reason itself perhaps; "" nothing */
};

struct child_panel;
struct forwarded_offer;
struct defect_panel;
struct conversation_page {
    struct frame frame;
    struct list_view column;
    str base;
    struct conversation c;
    str inbox; /* its address */
    message_list messages;
    event_list events;
    said_list said;     /* oldest first */
    size_t folded;      /* of these, how many stand under "earlier" */
    int64_t older_than; /* the page asked for: messages before this one; 0 the newest */
    int64_t before;     /* older messages than these: ?before=ID; 0 none */
    struct composing compose;
    const struct letter_heard *newest; /* of the newest letter on the page; NULL none */
    bool in_room;                      /* shown beside the room of an incident: what was heard is folded */
    struct customer customer;
    customer_address_list addresses;
    conversation_list others;   /* of the same customer, newest first */
    int64_t related;            /* which of them this may belong to; 0 none */
    const struct message *held; /* a reply of the reader's that may still be taken back */
    int64_t ready_at;
    struct conflict conflict;
    str says;                        /* why the last form was refused; "" none */
    struct promise_panel *promises;  /* promise_page.h */
    struct gesture_panel *gestures;  /* gesture_panel.h; NULL nothing to show */
    const struct box_panel *boxes;   /* box_page.h */
    const struct track_panel *track; /* missing_page.h */
    struct child_panel *child;       /* child_page.h */
    struct defect_panel *defects;    /* defect_page.h */
    const struct forwarded_offer
        *forwarded; /* a letter that a colleague forwarded (merge_page.h); NULL none */
    bool may_write, mine;
};

err conversation_view_page(struct web_call *w);
void conversation_html(struct web_call *w);
void conversation_json(const struct web_call *w, struct json_out *o);

/* Load the page of a conversation; what `compose` was typed in comes from the request when `typed`. */
err conversation_load(struct web_call *w, int64_t id, bool typed, struct conversation_page **ret_page);

/* conversation_do.c: what can be done with one. All lead back to it. */
err conversation_do_take(struct web_call *w);
err conversation_do_release(struct web_call *w);
err conversation_do_pass(struct web_call *w);
err conversation_do_close(struct web_call *w);
err conversation_do_reopen(struct web_call *w);
err conversation_do_junk(struct web_call *w);
err conversation_do_note(struct web_call *w);
void conversation_again(
    struct web_call *w); /* the page once more, with what was typed and why it was refused */

/* conversation_words.c: what is shown, in words. */
str said_event_text(struct web_call *w, const struct event *e);
/* Its subject is not the conversation's, apart from "Re:" and the like. */
bool said_another_subject(struct web_call *w, const struct message *m, const struct conversation *c);
/* A mail's own date and its arrival are more than an hour apart. */
bool said_came_later(const struct message *m);
str said_state_text(struct web_call *w, const struct message *m);
str close_reason_text(struct web_call *w, close_reason r);
str first_name(str name);
/* What was newly written, and what is quoted, forwarded or signed at its end. */
void split_quoted(arena *a, str text, str *ret_body, str *ret_quoted);
str outbox_text(struct web_call *w, const struct outbox *o);   /* "" when all is well */
str file_kind(struct web_call *w, const struct attachment *f); /* "Photo", "PDF" */
bool file_is_picture(str type);
str addresses_line(arena *a, const message_address_list *all, int64_t message, address_role role);

#endif
