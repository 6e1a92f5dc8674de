/* track: a customer's private page of a conversation: what happens to it, and when. Whoever has the link sees
 * it; it shows nothing but a first name, what is in our boxes, and days. 128 random bits, of which only a
 * hash is kept. */
#ifndef LONGHAND_DESK_TRACK_H
#define LONGHAND_DESK_TRACK_H

#include "desk/desk.h"
#include "store/box.h"
#include "store/track.h"

enum { TRACK_LINKS_MAX = 10 /* of a conversation that work at once: a new one ends the oldest */ };

/* In a write of the caller's, by the desk itself. It works for setting track_days. */
err track_make_in(db_conn *c, arena *a, int64_t brand, int64_t conversation, int64_t now, str *ret_token);
/* By an agent: the event link_made. ERR_MISSING for no such conversation. */
err track_make(struct desk *d, arena *a, const struct actor *who, int64_t conversation, str *ret_token);
/* End one link, or with id 0 all that work: the event link_ended. ERR_MISSING when there is none that works.
 */
err track_revoke(struct desk *d, arena *a, const struct actor *who, int64_t conversation, int64_t id);
/* Newest first, ended ones too. */
err track_list(db_conn *c, arena *a, int64_t brand, int64_t conversation, store_track_list *ret);
/* What was kept of a conversation's links and mails, when its words are deleted. */
err track_forget(db_conn *c, int64_t brand, int64_t conversation);
/* Links that ended long ago go. */
err track_sweep(struct desk *d);
/* The address of the page. */
str track_url(const struct desk *d, arena *a, str token);

struct track_box {
    struct store_box box; /* its url filled: where one sees how far it is, "" nowhere */
    store_box_item_list items;
    str url;
};
typedef LIST(struct track_box) track_box_list;

struct track_view {
    int64_t brand, conversation, customer;
    str brand_name, brand_slug, language, zone;
    bool ended;     /* too old, or taken back: nothing below is set */
    str first_name; /* "" where there is none */
    int64_t begun_at, answered_at, expires_at;
    bool waits_for_grown_up, grown_up_asked;
    int64_t promised_day; /* the earliest day of an open promise of ours, such as 20261204; 0 none */
    track_box_list boxes; /* oldest first, without cancelled ones */
};
/* ERR_MISSING when it is no link of ours. */
err track_open(struct desk *d, arena *a, str token, struct track_view *ret);

#endif
