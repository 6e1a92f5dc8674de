/* hook: anything else that people write at, by signed webhooks (hook_sign.h; docs/webhooks.md is for whoever
 * builds the other side). Posts come as "post/1" documents, one or an array of them; what is to be posted is
 * sent to an address of the operator's. */
#ifndef LONGHAND_SOCIAL_HOOK_H
#define LONGHAND_SOCIAL_HOOK_H

#include "social/hook_sign.h"
#include "social/social.h"

enum { HOOK_POSTS_MAX = 100 };

/* The posts of a body, each normal. ERR_INVALID says which one is wrong and how (counted from 1, where there
 * are several); nothing is taken then. */
err hook_posts(arena *a, str body, post_list *ret);

/* The body that tells the other side what to post: the same at every try. Pure. */
str hook_wish_body(arena *a, const struct social_wish *wish);
/* Its webhook-id, and the id of the post where the other side names none: "lh-KEY". */
str hook_wish_id(arena *a, int64_t key);

/* Say hello (type "ping") to the address that is sent to; the report says what came of it. */
err hook_hello(struct social_call *c, struct social_report *ret_report);

#endif
