/* merge_page: to put conversations together, part them, move them, and take all that back; what may belong
 * together, beside a letter; and a forwarded letter that becomes its writer's. */
#ifndef LONGHAND_WEB_MERGE_PAGE_H
#define LONGHAND_WEB_MERGE_PAGE_H

#include "desk/forwarded.h"
#include "desk/merge.h"
#include "store/child.h"
#include "web/conversation_page.h"

enum { MERGE_MESSAGES_SHOWN = 200, RELATED_DAYS = 30 };

/* ---- the page of what can be done ---- */

struct merge_message {
    const struct message *m;
    str begins; /* how it begins, on one line */
    bool on;    /* it was ticked */
};
typedef LIST(struct merge_message) merge_message_list;

struct merge_view {
    struct frame frame;
    struct conversation c;
    str base, inbox, q;
    conversation_list rows;          /* to merge it with */
    merge_message_list messages;     /* to split off, oldest first */
    merge_operation_list operations; /* newest first */
    str subject;                     /* typed for a split */
    str says;                        /* why the last form was refused; "" none */
    bool more;                       /* there are more messages than are shown */
};
err merge_view(struct web_call *w);
void merge_html(struct web_call *w);
void merge_json(const struct web_call *w, struct json_out *o);

/* ---- are you sure? ---- */

struct merge_side {
    struct conversation c;
    merge_sender_list senders;
    struct store_child child;
    str path;
};
struct merge_confirm {
    struct frame frame;
    struct merge_side from, into;
    str says;
    bool strangers, child;
};
err merge_confirm_view(struct web_call *w);
void merge_confirm_html(struct web_call *w);

/* ---- what is done (merge_do.c) ---- */

err merge_do_merge(struct web_call *w);
err merge_do_split(struct web_call *w);
err merge_do_move(struct web_call *w);
err merge_do_undo(struct web_call *w);
err merge_do_not_related(struct web_call *w);
err merge_do_forwarded(struct web_call *w);
void merge_forwarded_again(struct web_call *w);
void merge_done_json(const struct web_call *w, struct json_out *o);

/* ---- beside a letter (merge_panel.c) ---- */

/* What a letter on the page proposes; no question to the database. */
err merge_panel_load(struct web_call *w, struct conversation_page *p);
/* Why `c` may be the same matter as the page's; "" when it is not proposed. */
str merge_related_why(struct web_call *w, const struct conversation_page *p, const struct conversation *c);
/* Before a POST to a conversation: ERR_CONFLICT when it was merged elsewhere. */
err merge_guard(struct web_call *w);

/* ---- in words ---- */

str merge_operation_text(struct web_call *w, const struct merge_operation *op, int64_t here);
str merge_conversation_text(struct web_call *w, const struct conversation *c); /* its state */
str merge_sender_line(struct web_call *w, const merge_sender_list *senders);
str merge_about(struct web_call *w, const struct conversation *c); /* number and subject */

#endif
