/* people_page: who works in a brand.
 *
 * A link to choose a password opens the whole account, in every brand. So an administrator only gets to see
 * one for somebody who works in no brand but those they administer themselves; for others it goes by mail
 * only. */
#ifndef LONGHAND_WEB_PEOPLE_PAGE_H
#define LONGHAND_WEB_PEOPLE_PAGE_H

#include "desk/roles.h"
#include "web/admin_page.h"
#include "web/notice.h"

struct people_link {
    str url; /* to be handed on; "" when it is not for the reader's eyes, or when there is none */
    str name, email;
    bool invitation; /* else a reset */
    bool mailed;     /* an invitation: `mail` says how it went */
    enum notice_result mail;
    bool signs_in; /* no link: they have a password already */
};

struct people_view {
    struct admin admin;
    store_agent_list agents;
    struct people_link link; /* what was just made; email "" nothing */
    str name, email, role;   /* of the invitation, as they were typed */
    int64_t given_back;      /* conversations that went back to the list; -1: nobody was let go just now */
};

err people_view(struct web_call *w);
void people_html(struct web_call *w);
void people_json(const struct web_call *w, struct json_out *o);
err people_do_invite(struct web_call *w);
void people_link_json(const struct web_call *w, struct json_out *o);
err people_do_role(struct web_call *w);
err people_do_disable(struct web_call *w);
err people_do_enable(struct web_call *w);
err people_do_link(struct web_call *w); /* a link to choose a password */

/* "Invited, not here yet", "Away since ...", or "". */
str people_state(const struct people_view *v, struct page_out *o, const struct store_agent *agent);

#endif
