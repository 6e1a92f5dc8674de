/* What sign_in.c lends to sign_in_link.c: the counted tries are in one place. */
#ifndef LONGHAND_DESK_SIGN_IN_PRIVATE_H
#define LONGHAND_DESK_SIGN_IN_PRIVATE_H

#include "desk/desk.h"
#include "store/account.h"

err sign_in_account_by_email(const struct desk *d, arena *a, str email, struct store_account *ret_account);
/* Counts this question; false when there were too many for this address or this network. */
bool sign_in_may_ask_reset(const struct desk *d, arena *a, str email, str peer);
/* Whoever proved to be the person need not wait for what others tried in their name. */
void sign_in_forget_person(const struct desk *d, arena *a, str email);

#endif
