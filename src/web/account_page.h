/* account_page: oneself, in all brands: name, zone, language, password, where one is signed in. */
#ifndef LONGHAND_WEB_ACCOUNT_PAGE_H
#define LONGHAND_WEB_ACCOUNT_PAGE_H

#include "web/admin_page.h"

struct account_brand {
    struct store_brand brand;
    struct store_agent agent;
};

struct account_view {
    struct admin admin;
    str name, zone, language; /* as they are, or as they were typed just now */
    LIST(struct account_brand) brands;
    int64_t sessions;
    int min_length;   /* of a password */
    bool administers; /* one of them at least */
};

err account_view(struct web_call *w);
void account_html(struct web_call *w);
void account_json(const struct web_call *w, struct json_out *o);
err account_save(struct web_call *w);
/* The old password is asked for; every other browser is signed out, and this one gets a new session. */
err account_password(struct web_call *w);
err account_leave_others(struct web_call *w);

#endif
