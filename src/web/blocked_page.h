/* blocked_page: senders whose letters go to junk, and their way back. */
#ifndef LONGHAND_WEB_BLOCKED_PAGE_H
#define LONGHAND_WEB_BLOCKED_PAGE_H

#include "store/customer.h"
#include "web/admin_page.h"

enum { BLOCKED_ROWS = 500 };

struct blocked_view {
    struct admin admin;
    customer_address_list rows; /* latest first */
};

err blocked_view(struct web_call *w);
void blocked_html(struct web_call *w);
void blocked_json(const struct web_call *w, struct json_out *o);
err blocked_unblock(struct web_call *w);

#endif
