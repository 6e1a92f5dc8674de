/* customer_page: who wrote: their name, what we know of them, every address and conversation. */
#ifndef LONGHAND_WEB_CUSTOMER_PAGE_H
#define LONGHAND_WEB_CUSTOMER_PAGE_H

#include "store/customer.h"
#include "web/list_page.h"

struct customer_view {
    struct frame frame;
    struct customer customer;
    customer_address_list addresses;
    conversation_list rows;            /* newest first */
    int64_t before;                    /* of the next page; 0 none */
    struct promise_customer *promises; /* promise_page.h */
    bool first, may_write, may_lead;
    str base;                 /* "/b/SLUG/customers/ID" */
    str says;                 /* why the last form was refused */
    str name, about, address; /* what the forms hold */
};

err customer_view(struct web_call *w);
void customer_html(struct web_call *w);
void customer_json(const struct web_call *w, struct json_out *o);
err customer_do_describe(struct web_call *w);
err customer_do_add_address(struct web_call *w);
err customer_do_unblock(struct web_call *w);
void customer_again(struct web_call *w);

#endif
