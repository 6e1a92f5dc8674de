/* forget_person: a customer wants to be forgotten. It cannot be undone.
 *
 * Gone are: all that stands in their conversations (as desk/forget.h has it: letters, replies and notes with
 * their bytes, files, addresses, findings, drafts, search words, prints, what the indexes know, what was
 * promised), boxes that have not left, letters of theirs in conversations of others, their name, their
 * addresses wherever they stand as such, and what was written about them. Files put aside go an hour later;
 * the files of the database are cleaned, and both indexes written anew, by the running desk.
 *
 * Kept are, because bookkeeping needs them: what was given and sent, with costs, items and dates, without
 * words and address, until the end of the year SETTING_BOOKKEEPING_YEARS after the last of them; then they
 * go, too. Kept are, because they are others': what other people wrote that names them. Not reached are
 * copies of the desk made before (backups, exports); those that can still be read are named. */
#ifndef LONGHAND_DESK_FORGET_PERSON_H
#define LONGHAND_DESK_FORGET_PERSON_H

#include "desk/desk.h"
#include "store/customer.h"
#include "store/forget_person.h"
#include "store/import.h"

struct forget_plan {
    struct customer customer;
    customer_address_list addresses;
    struct store_person_count count;
    int64_t keep_until;             /* of what bookkeeping needs; 0: there is nothing of it */
    store_copy_list copies;         /* made before, and still there to be read */
    struct store_forgotten already; /* at 0: not yet */
    struct store_person_merged merged;
    str against; /* what has to be done first, as a sentence; "" for nothing */
};
/* What would go and what would stay. `who`: the id of a customer, or an address. ERR_MISSING: nobody. */
err forget_person_plan(struct desk *d, arena *a, int64_t brand, str who, struct forget_plan *ret);

/* Do it. `again` is the word that a person repeated: the customer's id, an address or the name, as the plan
 * shows it; ERR_INVALID otherwise. Where something stands against it (`against`), nothing is deleted:
 * ERR_CONFLICT while somebody worries about a letter of theirs, while a conversation of theirs is merged into
 * one of somebody else, or while a reply to others that names them has not left; ERR_BUSY while a reply is
 * just leaving. May be run again after a failure. ret: what the plan was. */
err forget_person(struct desk *d, arena *a, const struct actor *who, int64_t customer, str again,
                  struct forget_plan *ret);

#endif
