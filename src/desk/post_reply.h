/* post_reply: a reply that goes out as a post, or as several in a row.
 *
 * A reply is one message and, for every part of it, one row of the outbox and one of post_out. Its states are
 * those of mail (desk/outbox.h). A part is handed over under its row's id as key, and before it is handed
 * over again the network is asked whether it is there: so none is posted twice. A part goes when the one
 * before it is out. */
#ifndef LONGHAND_DESK_POST_REPLY_H
#define LONGHAND_DESK_POST_REPLY_H

#include "format/post_fit.h"
#include "social/social.h"
#include "store/conversation.h"
#include "store/inbox.h"
#include "store/message.h"
#include "store/outbox.h"
#include "store/post.h"

/* How a reply goes. */
typedef enum reply_way {
    REPLY_AS_BEFORE, /* as the last thing was said, by them or by us */
    REPLY_MAIL,
    REPLY_PUBLIC, /* a post for as many as the one it answers */
    REPLY_PRIVATE,
    REPLY_QUOTE /* a post of our own, for everybody, that shows theirs below it */
} reply_way;
enum { REPLY_WAYS = REPLY_QUOTE + 1 };
const char *reply_way_text(reply_way w); /* "", "mail", "public", "private", "quote" */
static inline bool reply_is_open(reply_way w) { return w == REPLY_PUBLIC || w == REPLY_QUOTE; }
bool reply_way_from(str text, reply_way *ret);

/* What a reply in this conversation can be. All zero where no post stands in it. */
struct post_ways {
    bool is_public, is_private, is_quote, mail;
    reply_way usual;
    struct store_post answers; /* the newest post that is still there; message_id 0: its author deleted all */
    struct store_post last;    /* the newest, deleted or not */
    social_kind kind;
    post_visibility visibility; /* of a public answer */
    struct social_limits limits;
    str network; /* its title */
    str mail_to; /* an address of the customer's; "" none is known */
};
err post_ways_in(db_conn *c, arena *a, int64_t brand, const struct conversation *v, struct post_ways *ret);

/* An address of the customer's that mail of this brand can reach; "" for none. */
err post_mail_of(db_conn *c, arena *a, int64_t brand, int64_t customer, str *ret);

/* The fit of one part, and what stands before each (a mention, where the network tells nobody without one).
 */
struct post_fit post_fit_of(const struct post_ways *ways, reply_way way);
str post_front_of(arena *a, const struct post_ways *ways, reply_way way, str text);

struct post_plan {
    struct post_ways ways;
    reply_way way; /* PUBLIC or PRIVATE */
    struct store_inbox inbox;
    channel channel;
    post_part_list parts;
    str spoiler;
};
/* What `text` becomes. ERR_INVALID, ERR_LIMIT: it does not fit; ERR_CONFLICT: what it answers is gone, or is
 * private; ERR_MISSING: nothing to answer. */
err post_plan_in(db_conn *c, arena *a, int64_t brand, const struct conversation *v, reply_way way, str text,
                 struct post_plan *ret);

/* May these files of a draft leave in a post? ERR_INVALID says why not: what is no picture, too many or too
 * large ones, and one that nobody has described. */
enum { POST_PICTURE_BYTES = 10 << 20 };
err post_pictures_fit(const struct post_ways *ways, const attachment_list *files);

/* The rows of a reply, and the jobs that publish it; `like` has what is the same in each row of the outbox.
 */
err post_put_out(db_conn *c, arena *a, int64_t brand, const struct post_plan *plan, const struct outbox *like,
                 int64_t now);
/* The job of a row of the outbox, whatever it is: `send` or `publish`. */
err outbox_job_in(db_conn *c, arena *a, int64_t brand, int64_t outbox, int64_t job, int64_t at);

#endif
