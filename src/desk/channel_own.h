/* Shared by the channel_*.c files. */
#ifndef LONGHAND_DESK_CHANNEL_OWN_H
#define LONGHAND_DESK_CHANNEL_OWN_H

#include "desk/channel.h"

/* What a row keeps of an account, and back. */
err channel_seal(const struct desk *d, arena *a, const struct social_account *account,
                 struct store_channel *row);
err channel_unseal(const struct desk *d, arena *a, const struct store_channel *row,
                   struct social_account *account);
/* What a network's "no" is to the person who connects an account; ERR_NONE for SOCIAL_DONE. */
err channel_verdict(const struct social_report *report);
err channel_network(str kind, const struct social_network **ret);
/* "@name on Bluesky": what stands as the inbox's address; unlike every mail address. */
str channel_address(arena *a, const struct social_network *network, const struct social_account *account);
/* In the caller's transaction: a first round, or one now. */
err channel_job_in(db_conn *c, const struct social_network *network, int64_t brand, int64_t inbox,
                   int64_t now);
/* Insert the inbox (disabled where `waits`) and the account; ERR_CONFLICT where the brand has it. */
err channel_insert_in(db_conn *c, arena *a, struct store_channel *row, str address, str name, bool waits,
                      int64_t now);

/* It is connected: its inbox is in use, under the name that the network gives the account, and is read. */
err channel_connected_in(db_conn *c, arena *a, int64_t brand, int64_t inbox,
                         const struct social_network *network, const struct social_account *account,
                         int64_t now);

/* The account's followers, once a day of the brand's zone (desk/follower.h). Where they cannot be had, the
 * log says so. */
void channel_followers(struct channel_use *use);

#endif
