/* defect_like: letters like the one somebody complained in. A second index of the brand (near/), over letters
 * that came in; DATA/near/BRAND-letters.near. Derived from the messages and never the source of truth, as
 * desk/learning.h has it: each letter has a mark from which file on it is surely in there. Letters of
 * machines are not in it. What is forgotten (desk/forget.h) is taken out of it. */
#ifndef LONGHAND_DESK_DEFECT_LIKE_H
#define LONGHAND_DESK_DEFECT_LIKE_H

#include "desk/desk.h"
#include "store/defect.h"
#include "store/job.h"

/* In the caller's transaction: these letters were listened to and are to be learned, soon. */
err letters_heard_in(db_conn *c, int64_t brand, int64_t message);
err letters_learn_soon_in(db_conn *c, int64_t brand, int64_t now);
/* The job `like`: learn what is new. Each wish has a job of its own, so that none is lost while another is at
 * work; one run serves all that are claimed together. heart_save writes the file. */
err letters_learn_run(struct desk *d, arena *a, const job_list *jobs);

/* A letter that says in nearly the same words what was said before. */
struct letter_like {
    int64_t message, conversation, customer, number, at;
    str customer_name;
    str words;   /* the sentence of it that is likest */
    float share; /* 0 to 1 */
};
typedef LIST(struct letter_like) letter_like_list;
enum { LETTERS_FOR_A_FILE = 5000, LETTERS_LIKE = 20, LETTERS_LIKE_DAYS = 90 };
/* Letters like the newest cases of a defect, of the last LETTERS_LIKE_DAYS days, that have no case of it yet:
 * the likest first, at most LETTERS_LIKE. Suggestions, for people to join. */
err letters_like(struct desk *d, arena *a, int64_t brand, int64_t defect, letter_like_list *ret);

#endif
