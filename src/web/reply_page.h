/* reply_page: the composer's buttons: send, keep as draft, attach, take off, take back; what became of a
 * reply on its way; and a first letter. The same functions serve "/b/:brand/c/:id/..." and
 * "/b/:brand/write/...". */
#ifndef LONGHAND_WEB_REPLY_PAGE_H
#define LONGHAND_WEB_REPLY_PAGE_H

#include "desk/outbox.h"
#include "store/inbox.h"
#include "web/conversation_page.h"

struct reply_done {
    int64_t conversation, message, ready_at, attachment;
};

/* What the form begins with: its key and, where there is no draft, the signature under two empty lines. Set
 * `kept` before. A form shown again keeps its key, unless what was sent with it lies behind a conflict. */
void compose_begin(struct web_call *w, struct composing *k);

/* Is there an address in `answers`, and none of them in `to`? A draft may be older than the newest letter. */
bool compose_astray(arena *a, str to, str answers);
/* "2026-11-24T09:00" in the reader's zone, for a field; and back: ERR_INVALID for anything else. */
str local_time_text(const struct web_call *w, int64_t at);
err local_time_from(const struct web_call *w, str text, int64_t *ret_at);

/* What the composer offers to put in: the brand's frameworks, then its facts, then ends of letters. */
err inserts_load(struct web_call *w, insert_list *ret_inserts);

/* The conversation in the path; 0 for a first letter: "/b/:brand/write/..." has no id. */
err reply_conversation(const struct web_call *w, int64_t *ret_id);
/* Keep what the form holds, chosen files too, as a browser without scripts sends it. */
err reply_keep(struct web_call *w, int64_t conversation);

err reply_do_send(struct web_call *w);
void reply_again(struct web_call *w);
void reply_json(const struct web_call *w, struct json_out *o);
err reply_do_take_back(struct web_call *w);
err reply_do_leave(struct web_call *w); /* another time for one that has not left, or now */

err draft_do_save(struct web_call *w);
err draft_do_drop(struct web_call *w);
err draft_do_attach(struct web_call *w);
err draft_do_detach(struct web_call *w);

err outbox_do_retry(struct web_call *w);
err outbox_do_arrived(struct web_call *w);
err outbox_do_give_up(struct web_call *w);

/* Replies on their way, and what became of them. */
struct outbox_view {
    struct frame frame;
    outbox_view_kind view;
    outbox_list rows;
    int counts[OUTBOX_VIEWS];
    bool first;
    str next; /* the next page; "" none */
};
const char *outbox_view_title(outbox_view_kind view);              /* to be translated */
str outbox_state_text(struct web_call *w, const struct outbox *x); /* "Uncertain" */
str outbox_row_text(struct web_call *w, const struct outbox *x);   /* what is to be known of it */
err outbox_view(struct web_call *w);
void outbox_html(struct web_call *w);
void outbox_json(const struct web_call *w, struct json_out *o);

/* A first letter. */
struct write_view {
    struct frame frame;
    struct composing compose;
    struct conflict conflict;
    store_inbox_list inboxes;
    int64_t inbox;
};
err write_view(struct web_call *w);
void write_html(struct web_call *w);
void write_json(const struct web_call *w, struct json_out *o);

#endif
