/* training: the practice room. Somebody new answers letters that nobody waits for: demo letters, and past
 * ones with every name, number and address changed. They see the letter check, and when they say that they
 * are done, what was answered then by somebody whom the customer thanked. Nothing is sent, learned or
 * counted.
 *
 * What somebody writes there is theirs: colleagues see it when its writer chose them, and only what is done;
 * then they may leave notes in its margin. Applicants come in by a link that ends. They see demo letters
 * only, and nothing of the brand; whoever let them in reads what they write, and they are told so.
 *
 * Whether the caller may is judged before (RIGHT_WRITE; applicants' links: RIGHT_LEAD). */
#ifndef LONGHAND_DESK_TRAINING_H
#define LONGHAND_DESK_TRAINING_H

#include "desk/desk.h"
#include "letter/check.h"
#include "store/job.h"
#include "store/training.h"

enum {
    TRAINING_TEXT_BYTES = 20000,
    TRAINING_NOTE_BYTES = 2000,
    TRAINING_QUOTE_BYTES = 500,
    TRAINING_PAST_MAX = 20,  /* past letters that are offered */
    TRAINING_LINK_DAYS = 14, /* of an applicant's link, unless said */
    TRAINING_LINK_DAYS_MAX = 60,
    TRAINING_KEEP_DAYS = 90, /* after a link ended all that was written there goes */
};

/* ---- letters ---- */

struct training_letter {
    str key;                 /* "demo-041-milo", "past-4711" */
    int64_t message;         /* of a past one; 0 */
    str subject, from, text; /* of a past one masked */
    str loved, thanks; /* what was answered, and what came back; masked. Filled by training_letter alone */
    str loved_by;      /* who answered; "" of a demo letter */
};
typedef LIST(struct training_letter) training_letter_list;
/* Ours, always there, without a brand. */
void training_demo(arena *a, training_letter_list *ret);
/* A brand's past letters that ended in thanks, newest first; none in which a child may have written. */
err training_past(struct desk *d, arena *a, int64_t brand, training_letter_list *ret);
/* One, with how it was answered. `brand` 0: demo letters only. ERR_MISSING. */
err training_letter(struct desk *d, arena *a, int64_t brand, str key, struct training_letter *ret);

/* Other names, "Robin Vale" and "Kim", for those in `names`; numbers of three digits and more, addresses of
 * mail and web, and lines that read like a postal address, changed. Pure. */
str training_mask(arena *a, str text, str customer, const str *names, size_t n);
/* The check of a reply to such a letter: without what was said before, and, of an applicant (brand 0),
 * without the brand's catalogue. */
err training_check(struct desk *d, arena *a, int64_t brand, const struct training_letter *letter, str writer,
                   str reply, struct checked *ret);

/* ---- writing ---- */

/* Who practises: an agent, or an applicant. */
struct training_writer {
    int64_t brand, agent, applicant;
};
/* Keep what was typed; with `done` it is shown what was answered then. Done stays done. ERR_INVALID for an
 * empty reply that is done. */
err training_keep(struct desk *d, arena *a, const struct training_writer *who, str key, str text, bool done,
                  struct store_practice *ret);

/* ---- reading ---- */

/* May `reader` see it: its writer, whom the writer chose, who let an applicant in. ERR_MISSING otherwise, and
 * for what is not done. */
err training_read(db_conn *c, arena *a, int64_t brand, int64_t reader, int64_t practice,
                  struct store_practice *ret, store_practice_note_list *ret_notes);
err training_note(struct desk *d, arena *a, const struct actor *who, int64_t practice, str quote, str note);
/* By the writer: who may read. ERR_MISSING for who does not work here. */
err training_share(struct desk *d, arena *a, const struct actor *who, int64_t reader, bool on);

/* ---- applicants ---- */

err training_let_in(struct desk *d, arena *a, const struct actor *who, str name, int64_t days,
                    struct store_applicant *ret, str *ret_url);
err training_end(struct desk *d, arena *a, const struct actor *who, int64_t applicant);
/* ERR_MISSING for a link that does not work (any more). */
err training_open(struct desk *d, arena *a, str token, struct store_applicant *ret);
/* By the applicant: all they wrote goes, and the link ends. It cannot be undone. */
err training_leave(struct desk *d, arena *a, str token);
/* Hourly: what has expired. */
err training_sweep(struct desk *d);

/* ---- the week ---- */

/* Hourly: from Monday 8:00 of the brand's zone on, where the setting proud_mail is 1 and letters came back, a
 * mail to each who works there, once a week. */
err training_digest_due(struct desk *d, arena *a);
/* The job `proud`, of one agent. */
err training_digest_send(struct desk *d, arena *a, const struct job *job);

#endif
