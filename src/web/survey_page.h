/* survey_page: the one question: how an inbox asks it, and the page on which somebody answers. */
#ifndef LONGHAND_WEB_SURVEY_PAGE_H
#define LONGHAND_WEB_SURVEY_PAGE_H

#include "desk/survey.h"
#include "store/inbox.h"
#include "web/admin_page.h"

struct survey_view {
    struct admin admin;
    struct store_inbox inbox;
    struct survey_form form; /* as it is, or as it was typed */
    bool set;                /* somebody chose something */
};
err survey_view(struct web_call *w);
void survey_html(struct web_call *w);
void survey_json(const struct web_call *w, struct json_out *o);
err survey_save(struct web_call *w);

/* No account; a GET changes nothing. It says nothing of what was written: whoever holds the link may not be
 * who it was meant for. */
struct answer_view {
    struct web_call *w;
    struct survey_link link;
    survey_choice_texts choices;
    str words, says, action;
    int64_t chosen;
    bool done, never; /* never: they asked to be asked no more */
};
err answer_view(struct web_call *w);
err answer_do(struct web_call *w);
void answer_html(struct web_call *w);

#endif
