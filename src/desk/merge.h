/* merge: conversations that belong together become one, what does not belong together is parted, and what
 * came to the wrong inbox goes to the right one. By people only, and each can be undone exactly.
 *
 * Merging A into B: all messages and all that hangs on A goes to B. A becomes a signpost: its number and its
 * old links lead to B, letters that answer A's messages join B, and nothing is written into A any more. B
 * waits since the earlier of the two; a lock that a child set holds for all of it.
 *
 * Undoing takes back every row and column of it, as long as nothing came or went since that would have to be
 * guessed about: then it is refused and says what. Only the versions of conversations go on (pages that are
 * open hold them), and a number that a split used is not used again.
 *
 * Every call is one transaction. Whether the caller may is judged before (RIGHT_WRITE). ERR_MISSING for a
 * conversation of another brand. Changes are told as desk_changed "merge" of both. */
#ifndef LONGHAND_DESK_MERGE_H
#define LONGHAND_DESK_MERGE_H

#include "desk/desk.h"
#include "store/forget.h"
#include "store/merge.h"

enum { MERGE_MESSAGES_MAX = 5000 /* of a conversation that is split */ };

struct merge_done {
    int64_t operation;    /* 0: nothing had to be done and none is known */
    int64_t conversation; /* where to look now */
    bool repeated;        /* it was so already */
};

/* ---- merging ---- */

struct merge_wish {
    int64_t from, into;
    int64_t seen_from, seen_into; /* versions; -1 is not checked */
    /* Both customers, in any order, as whoever asks saw them: needed where they differ. */
    int64_t customers[2];
};
/* ERR_CONFLICT when one changed since, was merged elsewhere, or must not be merged as it stands; when the
 * customers differ and were not both named (`ret_strangers`, if not NULL, says so, whatever is returned);
 * when one would come to stand with letters of another customer and holds what is its own customer's alone: a
 * child wrote, a worry, or a merge_tie. Two that are one already, in whichever direction: ERR_NONE, repeated.
 */
err merge_conversations(struct desk *d, arena *a, const struct actor *who, const struct merge_wish *wish,
                        struct merge_done *ret_done, bool *ret_strangers);

/* ---- splitting ---- */

struct split_wish {
    int64_t conversation, seen_version; /* -1 is not checked */
    const int64_t *messages;
    size_t n;
    str subject; /* "": of the newest of them */
};
/* The messages, with the files, promises, boxes, cases and worries that hang on exactly those, become a new
 * conversation; ret_done->conversation is that. Its customer is who wrote the newest letter among them.
 * ERR_INVALID for none, all, or more than there may be; ERR_CONFLICT when one of them is not there. The same
 * messages again: ERR_NONE, repeated. */
err merge_split(struct desk *d, arena *a, const struct actor *who, const struct split_wish *wish,
                struct merge_done *ret_done);

/* ---- moving ---- */

/* Answers go out from `inbox` from now on. ERR_INVALID when it is none of the brand's that is in use. */
err merge_move(struct desk *d, arena *a, const struct actor *who, int64_t conversation, int64_t inbox,
               int64_t seen_version, struct merge_done *ret_done);

/* ---- undoing ---- */

/* ERR_CONFLICT says what happened since that cannot be taken apart. Undone already: ERR_NONE, repeated. */
err merge_undo(struct desk *d, arena *a, const struct actor *who, int64_t operation,
               struct merge_done *ret_done);

/* ---- for everybody ---- */

/* Where a conversation is to be found now (itself, mostly). In the caller's transaction: what files letters
 * by a reference or a token asks here. ERR_MISSING for none. */
err merge_end_in(db_conn *c, int64_t brand, int64_t conversation, int64_t *ret_end);
/* In the caller's transaction, before something is written there: ERR_CONFLICT for a signpost. */
err merge_writable(const struct conversation *v);
/* The same, with a read of its own; no error for what is not there. */
err merge_open(struct desk *d, int64_t brand, int64_t conversation);

/* It is not the same matter: `related` is not proposed there any more. */
err merge_not_related(struct desk *d, arena *a, const struct actor *who, int64_t conversation,
                      int64_t related);

/* What was done to it and from it, newest first. */
err merge_operations(struct desk *d, arena *a, int64_t brand, int64_t conversation,
                     merge_operation_list *ret);
/* To merge it with: of its customer, newest first; with `q`, by number or by words of its letters. */
err merge_candidates(struct desk *d, arena *a, int64_t brand, int64_t conversation, str q,
                     conversation_list *ret);

/* The words of a conversation are deleted, and so are those of its signposts, their customers'
 * names (unless what->customer is 0), and everything of them that was kept for undoing. */
err merge_forget(db_conn *c, arena *a, int64_t brand, const struct store_forget *what);

#endif
