/* forget_page: a customer wants to be forgotten: what goes, what stays and why, and the word that does it. */
#ifndef LONGHAND_WEB_FORGET_PAGE_H
#define LONGHAND_WEB_FORGET_PAGE_H

#include "desk/forget_person.h"
#include "web/frame.h"

struct forget_view {
    struct frame frame;
    struct forget_plan plan;
    str base;        /* "/b/SLUG/customers/ID" */
    str says;        /* why the form was refused */
    str again;       /* what was typed */
    str word;        /* what to type: an address, or the name */
    bool over;       /* they are forgotten, and nothing came since */
    bool sees_paths; /* where copies lie is for administrators */
};

err forget_view(struct web_call *w);
void forget_html(struct web_call *w);
void forget_json(const struct web_call *w, struct json_out *o);
err forget_do(struct web_call *w);
void forget_again(struct web_call *w);

#endif
