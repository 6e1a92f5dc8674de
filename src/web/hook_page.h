/* The pages of a brand's webhooks, and the public address that posts are sent to. */
#ifndef LONGHAND_WEB_HOOK_PAGE_H
#define LONGHAND_WEB_HOOK_PAGE_H

#include "desk/hook.h"
#include "web/admin_page.h"

struct hooks_view {
    struct admin admin;
    store_channel_list hooks;
    str name, url; /* as typed */
    int64_t inbox; /* that was made by this call; its secret is shown once */
    str secret;
};

struct hook_page {
    struct admin admin;
    struct hook_view hook;
    str url;     /* as typed */
    str secret;  /* not "": a new one, shown this once */
    str example; /* a call to copy */
    bool tried, try_ok;
    str try_says;
};

err hook_do_take(struct web_call *w); /* POST /hook/TOKEN: the body is read as it came */

err hooks_view_all(struct web_call *w);
void hooks_html(struct web_call *w);
void hooks_json(const struct web_call *w, struct json_out *o);
err hook_do_add(struct web_call *w);

err hook_view_one(struct web_call *w);
void hook_html(struct web_call *w);
void hook_json(const struct web_call *w, struct json_out *o);
err hook_do_url(struct web_call *w);
err hook_do_rotate(struct web_call *w);
err hook_do_address(struct web_call *w);
err hook_do_try(struct web_call *w);
err hook_do_pause(struct web_call *w);
err hook_do_resume(struct web_call *w);

/* For the template: how a webhook does, in the reader's language. */
str hook_state_text(const struct web_call *w, const struct store_channel *row);

#endif
