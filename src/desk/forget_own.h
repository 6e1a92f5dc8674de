/* What the parts of forget share: the words of one conversation go, whoever wrote them. */
#ifndef LONGHAND_DESK_FORGET_OWN_H
#define LONGHAND_DESK_FORGET_OWN_H

#include "desk/desk.h"
#include "store/child.h"
#include "store/conversation.h"
#include "store/forget.h"

struct forgetting {
    struct desk *d;
    arena *a;
    struct actor who; /* agent 0: the desk itself */
    int64_t conversation, now, done_before;
    bool done; /* something was deleted */
};

/* Nothing more is wanted of us: nobody has to answer. Within a write. */
err forget_close(db_conn *c, struct forgetting *x, struct conversation *v);
/* Within a write: all words of the conversation go, its replies and letters are taken out of the indexes
 * soon, its files put aside, and the files of the database cleaned behind it. */
err forget_words_in(db_conn *c, struct forgetting *x, const struct store_forget *what);
/* Before that, each with writes of its own: what went out lies in a folder of ours; what has not left stays;
 * prints go. */
err forget_sent_mail(struct forgetting *x);
err forget_boxes(struct forgetting *x);
err forget_prints(struct forgetting *x);
/* Both for all boxes of a customer, wherever they stand. */
err forget_boxes_of(struct forgetting *x, int64_t customer);
/* The job that cleans the files of the database. */
err forget_want_scrub(db_conn *c, const struct forgetting *x);

/* forget_person.c, for the hourly job: what bookkeeping needed of somebody who was forgotten goes on its day.
 */
err forget_accounts_due(struct forgetting *x);

#endif
