/* promise: what we said will happen, by when, and what became of it; and what customers promised us, which is
 * remembered kindly and never held against them.
 *
 * Ours are found by the letter check when a reply is sent, or added by hand, by boxes and by incidents. A day
 * is a number such as 20261204 in the brand's calendar, and lasts to its end in the brand's zone; when that
 * zone changes, the day stays and the moment moves. "Late" is never stored: it is open and over. One that
 * will be late is warned of with the facts and another day, and from then on stands among the late ones.
 *
 * Whether the caller may is judged before (RIGHT_WRITE). Changes are told as desk_changed "promise" and stand
 * in the conversation's history as the events promise_added, promise_moved, promise_warned, promise_kept,
 * promise_broken, promise_released, promise_reopened, promise_remembered; detail: "TEXT", of moved and warned
 * "2026-12-04: TEXT"; and promise_agreed, promise_disagreed: the note. What a reply promised has no event:
 * the reply says it. */
#ifndef LONGHAND_DESK_PROMISE_H
#define LONGHAND_DESK_PROMISE_H

#include "base/buf.h"
#include "base/zone.h"
#include "desk/desk.h"
#include "letter/check.h"
#include "store/promise.h"

enum { PROMISE_TEXT_BYTES = 1000, PROMISE_NOTE_BYTES = 500, PROMISE_YEARS_AHEAD = 10 };

/* ---- days ---- */

/* A NULL zone is UTC. The end is the last second of the day, as letter/dates.h has it. */
int64_t promise_day_end(const struct zone *zone, int64_t day);
int64_t promise_day_of(const struct zone *zone, int64_t at);
/* "2026-12-04" and back; false for what is no day of the calendar from 1970 to 8999. */
str promise_day_text(arena *a, int64_t day); /* "" for 0 */
bool promise_day_from(str text, int64_t *ret_day);

/* ---- found in a reply ---- */

struct promise_found {
    uint32_t start; /* of its remark */
    str text;       /* the sentence, or the two, in which it stands; at most 1000 bytes */
    int64_t day;
};
typedef LIST(struct promise_found) promise_found_list;
/* The dated promises among the remarks on `reply`, but those the agent took away: `not_promised` holds the
 * starts of their remarks in bytes, parted by spaces. An offset where none begins is passed over; ERR_INVALID
 * for what is no number, or more than 10,000 bytes. */
err promise_find(struct desk *d, arena *a, int64_t brand, const struct checked *checked, str reply,
                 str not_promised, promise_found_list *ret);
/* In the transaction that writes the reply. `zone`: the brand's, as that transaction read it. */
err promise_of_reply(db_conn *c, const struct actor *who, const struct conversation *v, int64_t message,
                     const promise_found_list *found, str zone, int64_t now);
/* In the transaction that takes a reply back: its promises are gone, and what it proved is open again. */
err promise_take_back(db_conn *c, arena *a, const struct actor *who, const struct conversation *v,
                      int64_t message, int64_t now);

/* ---- by hand, by boxes and by incidents ---- */

struct promise_wish {
    int64_t conversation;
    str text;                  /* 1 to 1000 bytes */
    int64_t day;               /* today or later, at most ten years ahead */
    struct promise_proof from; /* what makes it; PROOF_NONE: a person */
};
/* By a person, the same words for the same day in the same conversation, still open, are that same promise.
 * ERR_INVALID for text or day; ERR_MISSING for the conversation. */
err promise_add(struct desk *d, arena *a, const struct actor *who, const struct promise_wish *wish,
                int64_t *ret_id);
/* The same within a write of the caller's. */
err promise_add_in(db_conn *c, arena *a, const struct actor *who, const struct promise_wish *wish,
                   int64_t now, int64_t *ret_id);

struct promise_change {
    int64_t promise;
    int64_t seen_steps;         /* how many steps the agent had seen, else ERR_CONFLICT; -1 does not say */
    int64_t day;                /* of move and warn */
    str why;                    /* one line of at most 500 bytes */
    struct promise_proof proof; /* of keep and break. A message must be the same customer's */
};
/* All: ERR_MISSING for no such promise; ERR_CONFLICT, saying how it stands, when it is settled already
 * (reopen: when it is open). Theirs can only be kept, released and reopened: else ERR_INVALID.
 *
 * Move: another day, not past, and why. Warn: it will be late; the day it would come instead, and the facts.
 * Keep: a proof, or a sentence. Break and release: why. Reopen: `why` may be "". */
err promise_move(struct desk *d, arena *a, const struct actor *who, const struct promise_change *change);
err promise_warn(struct desk *d, arena *a, const struct actor *who, const struct promise_change *change);
err promise_keep(struct desk *d, arena *a, const struct actor *who, const struct promise_change *change);
err promise_break(struct desk *d, arena *a, const struct actor *who, const struct promise_change *change);
err promise_release(struct desk *d, arena *a, const struct actor *who, const struct promise_change *change);
err promise_reopen(struct desk *d, arena *a, const struct actor *who, const struct promise_change *change);
/* The same within a write of the caller's, for boxes and incidents. `step` is one of moved, warned, kept,
 * broken, released, reopened. */
err promise_change_in(db_conn *c, arena *a, const struct actor *who, promise_step_kind step,
                      const struct promise_change *change, int64_t now, int64_t *ret_conversation);

/* In the write that changes the brand's zone: open promises keep their day and get its new end. */
err promise_rezone(db_conn *c, arena *a, int64_t brand, str zone);

/* ---- theirs ---- */

struct promise_memory {
    int64_t message;     /* the letter */
    uint32_t start, end; /* their words in its text; at most 1000 bytes without the white space around */
    bool child;          /* a person said that a child wrote; listening may say so too */
};
/* Where a child wrote, nothing is shown in other conversations before a grown-up agreed (promise_agree, or
 * desk/child.h, whose word counts more than listening).
 * Remembering the same words of the same letter again gives that same promise. */
err promise_remember(struct desk *d, arena *a, const struct actor *who, const struct promise_memory *memory,
                     int64_t *ret_id);
/* Whether what customers promised in this conversation may be remembered in others, and who said so. Told by
 * the grown-up's confirmation (in its write) or by hand. */
err promise_agree(struct desk *d, arena *a, const struct actor *who, int64_t conversation, bool agreed,
                  str note);
err promise_agree_in(db_conn *c, arena *a, const struct actor *who, int64_t conversation, bool agreed,
                     str note, int64_t now);
/* In the write that deletes what a child told us: theirs without an agreement are gone. */
err promise_forget(db_conn *c, int64_t brand, int64_t conversation);
/* What this customer promised in other conversations than `conversation` (0: in any), newest first. */
err promise_memories(struct desk *d, arena *a, int64_t brand, int64_t customer, int64_t conversation,
                     store_promise_list *ret);

/* ---- looking ---- */

/* Ours; store/promise.h says what `view` and `holder` are. */
err promise_list(struct desk *d, arena *a, int64_t brand, promise_view view, int64_t holder,
                 struct page_key after, int limit, store_promise_list *ret);
/* For the menu. */
err promise_count(struct desk *d, arena *a, int64_t brand, int64_t holder, struct promise_counts *ret);
err promise_get(struct desk *d, arena *a, int64_t brand, int64_t promise, struct store_promise *ret,
                promise_step_list *ret_steps);
static inline bool promise_late(const struct store_promise *p, int64_t now) {
    return p->whose == PROMISE_OURS && p->state == PROMISE_OPEN && p->due_at < now;
}
/* "late", or the name of its state. */
const char *promise_standing(const struct store_promise *p, int64_t now);

/* All of ours as CSV (format/csv.h), oldest first, told to `put` in pieces; what it returns ends the export.
 * Where a child wrote the row has neither name nor words: those do not leave the desk.
 * Days as 2026-12-04 in the brand's calendar, moments in UTC (RFC 3339). */
err promise_export(struct desk *d, int64_t brand, err (*put)(void *context, str bytes), void *context);

#endif
