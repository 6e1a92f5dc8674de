/* store/defect_letter: letters as the index of letters is given them, and what it surely holds
 * (desk/defect_like.h). */
#ifndef LONGHAND_STORE_DEFECT_LETTER_H
#define LONGHAND_STORE_DEFECT_LETTER_H

#include "store/learned.h"
#include "store/message.h"

/* Not in any file of the index yet. */
#define LETTER_NOT_LEARNED INT64_MAX

err store_letter_learned_put(db_conn *c, int64_t brand, int64_t message, int64_t generation);
/* Every letter of a conversation is to be looked at again: its words changed or are gone. */
err store_letters_learn_again(db_conn *c, int64_t brand, int64_t conversation);
struct store_letter_mark {
    int64_t id;
    bool gone;  /* the message is no more */
    bool fresh; /* LETTER_NOT_LEARNED */
};
typedef LIST(struct store_letter_mark) store_letter_mark_list;
/* Those with a later mark than the file `generation`, by id. */
err store_letters_learned_after(db_conn *c, arena *a, int64_t brand, int64_t generation, int64_t after,
                                int limit, store_letter_mark_list *ret);
/* Those with the mark LETTER_NOT_LEARNED: the same cost however many others there are. */
err store_letters_not_learned(db_conn *c, arena *a, int64_t brand, int64_t after, int limit,
                              store_letter_mark_list *ret);
err store_letter_ids(db_conn *c, arena *a, int64_t brand, int64_t after, int limit, id_list *ret);

struct store_letter {
    int64_t id, conversation_id, customer_id, number, at;
    str text, from_name, customer_name;
    bool machine; /* no person wrote it */
};
typedef LIST(struct store_letter) store_letter_list;
/* ERR_MISSING when there is none. */
err store_letter_get(db_conn *c, arena *a, int64_t brand, int64_t message, struct store_letter *ret);

/* The words of a conversation's cases are forgotten; the counts stay. */
err store_defect_words_forget(db_conn *c, int64_t brand, int64_t conversation);

#endif
