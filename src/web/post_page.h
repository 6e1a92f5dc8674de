/* post_page: posts in the thread of a conversation, and the composer of replies that leave as posts. */
#ifndef LONGHAND_WEB_POST_PAGE_H
#define LONGHAND_WEB_POST_PAGE_H

#include "desk/post.h"
#include "desk/post_reply.h"
#include "web/conversation_page.h"

/* What a message that is a post has beyond others: a letter `row`, a reply `parts`. */
struct said_post {
    struct store_post row; /* message_id 0: of a reply */
    post_image_list images;
    post_link_list links;
    store_post_before_list before; /* what it said, the newest first */
    store_post_out_list parts;
};

/* How the reply being written would leave. */
struct post_compose {
    struct post_ways ways;
    reply_way way;
    str text, front;
    int64_t used, most;   /* of a text that is one post; most 0: no limit */
    post_part_list parts; /* of a longer one */
    str wrong;            /* why it fits no post; "" it does */
    str base;             /* of the conversation's page */
};

/* Hang them on what was said; nothing is asked where no post is on the page. */
err said_posts_load(struct web_call *w, struct conversation_page *p);
/* NULL where no post stands in it. The way is the one typed, or the usual one. */
err post_compose_load(struct web_call *w, const struct conversation_page *p, str text,
                      struct post_compose **ret);

/* The same outside of its page; NULL where replies leave by mail. */
err post_compose_of(struct web_call *w, const struct conversation *v, str text, struct post_compose **ret);

/* Keep what a form says of the pictures of one's draft: its fields alt-ID. */
err post_keep_alts(struct web_call *w, int64_t conversation);
err post_do_describe(struct web_call *w); /* the same of one, for scripts and programs */
bool post_is_picture(const struct attachment *f);

/* POST .../fit: how a text would leave. */
err post_do_fit(struct web_call *w);
void post_fit_html(struct web_call *w);
void post_fit_json(const struct web_call *w, struct json_out *o);
void post_json(const struct said *s, struct json_out *o); /* the member "post" of a message */

/* ---- for templates ---- */

str post_kind_word(struct web_call *w, str kind);             /* "Reply to us" */
str post_visibility_word(struct web_call *w, str visibility); /* "In public" */
str post_network(channel c);                                  /* "Bluesky" */
/* A customer's address: of an account on a network as people write it. */
str post_address_text(const struct conversation_page *p, str address);

#endif
