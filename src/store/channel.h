/* store/channel: social accounts, each of which is an inbox. */
#ifndef LONGHAND_STORE_CHANNEL_H
#define LONGHAND_STORE_CHANNEL_H

#include "base/list.h"
#include "db/db.h"

typedef enum channel_state {
    CHANNEL_IS_NEW, /* no round has ended yet */
    CHANNEL_IS_WELL,
    CHANNEL_IS_WAITING,   /* the network asked to wait */
    CHANNEL_IS_TROUBLE,   /* its last answer was none, or made no sense */
    CHANNEL_IS_SIGNED_OUT /* a person must connect it anew */
} channel_state;
const char *channel_state_text(channel_state s); /* "new", "well", "waiting", "trouble", "sign_in" */
bool channel_state_from(str text, channel_state *ret);

struct store_channel {
    int64_t brand_id, inbox_id;
    str kind, server, account, account_id;
    str secret; /* sealed, as is pending */
    str limits;
    str pending, pending_hash;
    int64_t pending_by, pending_at;
    str found; /* the network's cursor */
    channel_state state;
    str says;
    int64_t failures, next_at, contact_at, post_at, kept, paused_at, version, created_at, followers_at;
    /* Of the inbox; read only. */
    str address, name;
    int64_t inbox_disabled_at;
};
typedef LIST(struct store_channel) store_channel_list;

err store_channel_insert(db_conn *c, const struct store_channel *row);
/* server, account, account_id, secret, limits, pending*, found, state, says, failures, next_at, contact_at,
 * paused_at; version counts up. */
err store_channel_connect(db_conn *c, const struct store_channel *row);
/* What a round ends with: found, state, says, failures, next_at; contact_at and post_at only grow, `kept` is
 * added. ret_same: false, and nothing is written, where the account is of another version by now. */
err store_channel_round(db_conn *c, const struct store_channel *row, bool *ret_same);
err store_channel_secret(db_conn *c, int64_t brand, int64_t inbox, int64_t version, str secret,
                         bool *ret_same);
/* Its followers were asked for; no change of the account. */
err store_channel_followers(db_conn *c, int64_t brand, int64_t inbox, int64_t at);
err store_channel_pause(db_conn *c, int64_t brand, int64_t inbox, int64_t paused_at);
/* A post was kept that came by itself. */
err store_channel_kept(db_conn *c, int64_t brand, int64_t inbox, int64_t n, int64_t at);
err store_channel_delete(db_conn *c, int64_t brand, int64_t inbox);
err store_channel_get(db_conn *c, arena *a, int64_t brand, int64_t inbox, struct store_channel *ret);
/* By the hash of a consent's state; any brand's. */
err store_channel_by_pending(db_conn *c, arena *a, str hash, struct store_channel *ret);
/* The brand's account that is known to the network by this id, of another inbox than `but`; ERR_MISSING. */
err store_channel_same(db_conn *c, arena *a, int64_t brand, str kind, str account_id, int64_t but,
                       struct store_channel *ret);
err store_channel_list_of_brand(db_conn *c, arena *a, int64_t brand, store_channel_list *ret);

#endif
