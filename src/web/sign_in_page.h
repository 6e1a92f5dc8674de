/* sign_in_page: the door. Signing in and out. */
#ifndef LONGHAND_WEB_SIGN_IN_PAGE_H
#define LONGHAND_WEB_SIGN_IN_PAGE_H

#include "web/web.h"

struct signin_view {
    struct web_call *w;
    str next;  /* where to go afterwards: a path of ours */
    str email; /* as it was typed */
    str says;  /* what was wrong, "" nothing */
};

err signin_view(struct web_call *w);
void signin_html(struct web_call *w);
err signin_enter(struct web_call *w);
err signin_leave(struct web_call *w);

/* `next` when it is a path on this server that can be shown after a sign-in, else "/". */
str signin_next(str next);

#endif
