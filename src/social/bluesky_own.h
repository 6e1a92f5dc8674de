/* bluesky_own: what the files of the adapter share besides its pure parts. */
#ifndef LONGHAND_SOCIAL_BLUESKY_OWN_H
#define LONGHAND_SOCIAL_BLUESKY_OWN_H

#include "social/bluesky_call.h"

/* The account as it is kept. False: the report says SIGN_IN. */
bool bluesky_begin(struct social_call *c, struct bsky *b, struct social_report *report);

/* What a person typed: the server's origin ("" is bsky.social), the handle. */
err bluesky_server(arena *a, str typed, bool inside, str *ret_origin);
str bluesky_account(arena *a, str typed, str origin);
/* The call's account, from who was signed in. */
void bluesky_fill(struct bsky *b, str origin, str handle);

/* The members of struct social_network that have files of their own. */
err bluesky_publish(struct social_call *c, const struct social_wish *wish, struct social_published *ret,
                    struct social_report *report);
err bluesky_find(struct social_call *c, const struct social_wish *wish, struct social_published *ret,
                 struct social_report *report);
err bluesky_remove(struct social_call *c, str id, struct social_report *report);
str bluesky_client_document(arena *a, str client_id, str redirect_url, str brand_name);
err bluesky_consent_begin(struct social_call *c, const struct social_sign_in *typed, str client_id,
                          str redirect_url, str state, str *ret_url, str *ret_pending,
                          struct social_report *report);
err bluesky_consent_end(struct social_call *c, str pending, str query, struct social_report *report);

#endif
