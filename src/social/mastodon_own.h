/* mastodon_own: what the files of the Mastodon adapter share. */
#ifndef LONGHAND_SOCIAL_MASTODON_OWN_H
#define LONGHAND_SOCIAL_MASTODON_OWN_H

#include "net/call.h"
#include "social/mastodon_read.h"

struct mastodon_ask {
    enum call_method method;
    str path;  /* "/api/...", with its query */
    str token; /* "" for a public question */
    str body, type;
    str once;   /* Idempotency-Key; "" for none */
    size_t max; /* bytes of the answer; 0: 1 MiB */
    bool does; /* something is made or taken away: where no clear answer comes, nobody knows whether it was */
};
/* True: an answer of 2xx stands in `ret`. Else the report says what happened. ret->status is 0 without one.
 */
bool mastodon_ask(struct social_call *c, const struct mastodon_ask *q, struct call_answer *ret,
                  struct social_report *ret_report);
/* The account's own JSON; false: the report says that it must be connected anew. */
bool mastodon_home(struct social_call *c, struct mastodon_home *ret, struct social_report *ret_report);
str mastodon_server_name(const struct social_account *account); /* without https:// */
struct social_report mastodon_nonsense(struct social_call *c); /* LATER: the server's answer makes no sense */

/* mastodon_post.c */
err mastodon_publish(struct social_call *c, const struct social_wish *wish, struct social_published *ret,
                     struct social_report *ret_report);
err mastodon_find(struct social_call *c, const struct social_wish *wish, struct social_published *ret,
                  struct social_report *ret_report);
err mastodon_remove(struct social_call *c, str id, struct social_report *ret_report);

/* The text as it is sent: whom it answers and who else was named in the post answered, by name before our
 * words, where they do not name them. `parent` may be NULL. Of the others only so many as `most` characters
 * leave room for, and none when only one person is to get it. Pure. */
str mastodon_text_of_wish(arena *a, const struct mastodon_home *home, const struct social_wish *wish,
                          const json_t *parent, post_visibility visibility, const struct social_limits *most);
/* Is this status (its text) the wish as we would have sent it? Whom it names before our words does not
 * matter. Pure. */
bool mastodon_same(arena *a, str status_text, str wish_text);

/* mastodon_sign.c */
err mastodon_sign_in(struct social_call *c, const struct social_sign_in *typed,
                     struct social_report *ret_report);
err mastodon_consent_begin(struct social_call *c, const struct social_sign_in *typed, str client_id,
                           str redirect_url, str state, str *ret_url, str *ret_pending,
                           struct social_report *ret_report);
err mastodon_consent_end(struct social_call *c, str pending, str query, struct social_report *ret_report);

#endif
