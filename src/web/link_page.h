/* link_page: single-use links. Asking for one, and what an invitation or a reset opens. Mail programs and the
 * filters in front of them open links by themselves, so a GET uses nothing up. */
#ifndef LONGHAND_WEB_LINK_PAGE_H
#define LONGHAND_WEB_LINK_PAGE_H

#include "web/web.h"

struct link_view {
    struct web_call *w;
    bool done;       /* forgotten: it was asked for */
    bool gone;       /* the link does not work any more; nothing of `link` is set */
    str email, name; /* as they were typed */
    str says;        /* what was wrong, "" nothing */
    str action;      /* the link's own path */
    int min_length;
    struct sign_in_link link;
};

err forgotten_view(struct web_call *w);
/* The same answer at the same speed whether or not there is such an account: all of it is done elsewhere. */
err forgotten_ask(struct web_call *w);
void forgotten_html(struct web_call *w);

err link_view(struct web_call *w);
err link_take(struct web_call *w);
void link_html(struct web_call *w);

#endif
