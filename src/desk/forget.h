/* forget: what a child wrote is deleted, setting child_delete_days after the conversation is done, or at once
 * where the grown-up wants it so; not while somebody worries about it. When a conversation is opened again or
 * another letter comes, the day moves with it: it is counted from when it is done at last.
 *
 * Gone are: the texts of letters, replies and notes, their bytes and files, the sender and all addresses,
 * what was found in them, drafts, search words, the words of judgements, promises and worries, the box's
 * address and letter, the grown-up's word and mail, memories that no grown-up agreed to, and the customer
 * unless another conversation has them. Counts, dates and costs stay, and an event words_deleted.
 *
 * On SQLite the bytes are overwritten (db_settle) and the search index is merged, so that the words are in no
 * file any more; on PostgreSQL its VACUUM does that. Backups made before keep what they hold. */
#ifndef LONGHAND_DESK_FORGET_H
#define LONGHAND_DESK_FORGET_H

#include "desk/desk.h"
#include "store/job.h"

/* The job `forget`. Its subject: 0 looks hourly for what is due in the brand, and drops files put aside;
 * FORGET_SCRUB cleans the files of the database behind it; else a conversation that may be due now. */
enum { FORGET_SCRUB = 1 };
err forget_run(struct desk *d, arena *a, const struct job *job);

/* A grown-up wrote that all of it is to go, what they had agreed to be remembered too: at once. Also of a
 * conversation whose words are deleted already but for that. ERR_CONFLICT where no child wrote, while
 * somebody worries, or when nothing is left. Leaves the event delete_now. */
err forget_now(struct desk *d, arena *a, const struct actor *who, int64_t conversation);

/* Enqueue the hourly one: of a brand that is made, in its transaction; of every brand, at the desk's start.
 */
err forget_stand_in(db_conn *c, int64_t brand, int64_t now);
err forget_start(struct desk *d, arena *a);

#endif
