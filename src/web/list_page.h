/* list_page: one of the seven views of a brand's conversations, fifty to a page; and the same as the column
 * beside an open one. */
#ifndef LONGHAND_WEB_LIST_PAGE_H
#define LONGHAND_WEB_LIST_PAGE_H

#include "web/frame.h"

enum { LIST_ROWS = 50, COLUMN_ROWS = 25 };

struct list_view {
    struct frame frame;
    conversation_view view;
    conversation_list rows;
    str next;        /* path of the next page; "" when this is the last */
    bool first;      /* no earlier page */
    int64_t current; /* the open conversation, in the column; 0 none */
    int count;       /* in the whole view, up to the cap; -1 not counted */
    str last_name;   /* when nobody waits: to whom the last answer went, "" none */
    int64_t last_at;
    const struct promise_day *promises; /* due ones of the reader, above their list; promise_page.h */
};

/* Rows of a view after a key ("AT.ID" as next pages name it, "" from the start). */
err list_load(struct web_call *w, conversation_view view, str after, int limit, struct list_view *ret_list);

err list_view(struct web_call *w);
void list_html(struct web_call *w);
void list_json(const struct web_call *w, struct json_out *o);

/* One conversation as JSON, as every list and the conversation itself give it. */
void conversation_json_object(struct json_out *o, const struct conversation *v);
/* What a row shows: the subject, or how the letter begins. */
str list_line(const struct conversation *v);
str list_subtitle(const struct list_view *v);

/* The two largest parts of a page that scripts ask for alone. */
void list_counts_header(struct web_call *w, const struct frame *f);

#endif
