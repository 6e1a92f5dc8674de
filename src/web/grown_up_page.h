/* grown_up_page: what the link in a mail to a grown-up opens. No account; a GET changes nothing, since mail
 * programs and the filters in front of them open links by themselves. It says nothing of what the child
 * wrote, nor who it is: whoever holds the link may not be who it was meant for. */
#ifndef LONGHAND_WEB_GROWN_UP_PAGE_H
#define LONGHAND_WEB_GROWN_UP_PAGE_H

#include "desk/child.h"
#include "web/web.h"

struct grown_up_view {
    struct web_call *w;
    struct child_link link;
    struct child_answer typed;
    bool done;  /* it was answered just now */
    str says;   /* what was wrong, "" nothing */
    str action; /* the link's own path */
};
err grown_up_view(struct web_call *w);
err grown_up_answer(struct web_call *w);
void grown_up_html(struct web_call *w);

#endif
