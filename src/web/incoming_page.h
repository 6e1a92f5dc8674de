/* incoming_page: what an inbox believes of the mail that comes to it, and how replies are answered. */
#ifndef LONGHAND_WEB_INCOMING_PAGE_H
#define LONGHAND_WEB_INCOMING_PAGE_H

#include "desk/incoming.h"
#include "store/bounce.h"
#include "store/message.h"
#include "web/admin_page.h"

struct incoming_view {
    struct admin admin;
    struct store_inbox inbox;
    struct store_incoming chosen; /* as it is, or as it was typed just now */
    str example;                  /* of an address that replies would ask for */
};

err incoming_view(struct web_call *w);
void incoming_html(struct web_call *w);
void incoming_json(const struct web_call *w, struct json_out *o);
/* What the form leaves out is off. */
err incoming_save(struct web_call *w);

/* ---- in a conversation ---- */

/* Why a letter may not be from whom it says; "" where nothing speaks against it. */
str auth_text(struct web_call *w, const struct message *m);
void bounces_json(const store_bounce_list *all, struct json_out *o);
/* What a report says of a reply, in words for people. */
str bounce_text(struct web_call *w, const struct store_bounce *b);

#endif
