/* error_page: what went wrong, what it means for the letter, and the way back; what was typed is on it. */
#ifndef LONGHAND_WEB_ERROR_PAGE_H
#define LONGHAND_WEB_ERROR_PAGE_H

#include "web/web.h"

struct error_view {
    struct web_call *w;
    int status;
    str title, says;
    str kept;   /* what was typed into the form that failed; "" none */
    str back;   /* where to go: the page it came from, or the desk */
    bool retry; /* signed out: the way back leads through the sign-in page */
};

void error_page(struct web_call *w, int status, str says);

#endif
