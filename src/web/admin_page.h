/* admin_page: what the pages of a brand's administration share. */
#ifndef LONGHAND_WEB_ADMIN_PAGE_H
#define LONGHAND_WEB_ADMIN_PAGE_H

#include "web/frame.h"

/* The first member of the view of each of these pages. */
struct admin {
    struct frame frame;
    const char *tab; /* "brand", "inboxes", "people", "settings", "blocked", "jobs" */
    str says;        /* what was wrong with what was typed; "" nothing */
    bool kept;       /* the page follows a POST that worked */
};

err admin_go(struct web_call *w); /* "/b/SLUG/admin": to its first page */

err admin_load(struct web_call *w, str title, const char *tab, struct admin *ret_admin);
/* Frame, head and tabs; `w->says` goes into them. */
void admin_open(struct web_call *w, struct admin *v);
void admin_close(struct web_call *w, struct admin *v);
/* To "/b/SLUG" + rest, which then says that it was kept. */
void admin_kept(struct web_call *w, const char *rest);

/* A POST failed with `e`: fill the view of its page, so that the form can be shown again, and give back `e`
 * with its sentence. */
err admin_again(struct web_call *w, err e, err (*view)(struct web_call *w));

/* A POST can fail before there is a view (a body that is no JSON): then the common error page is printed, and
 * the answer is true. First thing in the html function of a row that takes a POST. */
bool admin_no_view(struct web_call *w);

/* A role as people read it, in English: the key of its translation. */
const char *role_title(str role);

/* For datalists and selects. NULL past the last. */
const char *zone_offer(size_t i);
struct language_offer {
    const char *tag, *name; /* "de", "Deutsch" */
};
/* Languages that letters may be in; of those that pages are in lang_at tells. */
const struct language_offer *language_offer(size_t i);
bool language_is_offered(str tag);

#endif
