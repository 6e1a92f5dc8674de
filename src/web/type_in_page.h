/* type_in_page: a letter that came on paper or a call, typed in; it waits like any other. */
#ifndef LONGHAND_WEB_TYPE_IN_PAGE_H
#define LONGHAND_WEB_TYPE_IN_PAGE_H

#include "web/frame.h"

struct type_in_view {
    struct frame frame;
    str kind, name, address, subject, text, date; /* date: "2026-03-12" */
    str today;
    str says; /* why it was refused */
};

err type_in_view(struct web_call *w);
void type_in_html(struct web_call *w);
err type_in_do(struct web_call *w);
void type_in_again(struct web_call *w);

#endif
