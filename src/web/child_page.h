/* child_page: when a child wrote: the banner of a conversation, what people can say there, and worries. */
#ifndef LONGHAND_WEB_CHILD_PAGE_H
#define LONGHAND_WEB_CHILD_PAGE_H

#include "desk/child.h"
#include "web/admin_page.h"

struct conversation_page;

/* What the banner shows. */
struct child_panel {
    struct store_child k;
    struct store_worry worry; /* id 0: none is open */
    bool sees_worry;          /* may read what worries, and close it */
    str email;                /* as it was typed, or what the newest letter came from */
    str note;                 /* as it was typed */
};
/* conversation_load.c: with the page's own read. One statement where no child wrote and nobody worries. */
err child_panel_load(struct web_call *w, struct conversation_page *p);
/* After the boxes were loaded: where the words are deleted, nothing more is packed. */
void child_only_looks(struct web_call *w, struct conversation_page *p);
void child_panel_json(const struct web_call *w, struct json_out *o, const struct child_panel *c);
/* "They are deleted on 12 December, 30 days after this was done." and the like; "" for nothing to say. */
str child_when_deleted(struct web_call *w, const struct child_panel *c);
/* The words of this conversation are deleted: there is nothing to answer. */
bool child_forgotten(const struct conversation_page *p);
/* How the question to the grown-up stands: sent, failed, waiting. */
str child_ask_text(struct web_call *w, const struct store_child *k);

err child_view(struct web_call *w);
void child_json(const struct web_call *w, struct json_out *o);
err child_do_set(struct web_call *w);
err child_do_ask(struct web_call *w);
err child_do_delete(struct web_call *w);
err child_do_worry(struct web_call *w);
void child_done_json(const struct web_call *w, struct json_out *o);

/* ---- worries ---- */

enum { WORRY_ROWS = 50 };
struct worry_view {
    struct frame frame;
    bool closed; /* those that are closed */
    store_worry_list rows;
    int64_t next; /* ?after= of the next page, 0 none */
    bool first;   /* the first page */
    store_safeguard_list people;
    size_t chosen; /* how many of them look after worries */
    bool may_choose;
    int64_t typed_for; /* the worry whose sentence was refused */
    str sentence, says;
    bool kept;
};
err worries_view(struct web_call *w);
void worries_html(struct web_call *w);
void worries_json(const struct web_call *w, struct json_out *o);
err worry_do_close(struct web_call *w);
err safeguard_do_set(struct web_call *w);

#endif
