/* training_page: the practice room: its letters, one of them with the reply and what was answered then,
 * replies that others show, applicants, and the letters of a week that made us proud. */
#ifndef LONGHAND_WEB_TRAINING_PAGE_H
#define LONGHAND_WEB_TRAINING_PAGE_H

#include "desk/training.h"
#include "store/story.h"
#include "web/frame.h"

enum { PRACTICE_SHOWN = 50, PRACTICE_SHOWN_FIRST = 8, PROUD_ROWS = 20, PROUD_WORDS = 600 };

/* The room: of an agent, or, with applicant.id, of an applicant, who sees no frame. */
struct practice_room {
    struct frame frame;
    struct web_call *w;
    struct store_applicant applicant;
    str base; /* "/b/SLUG/practice" or "/practice/TOKEN" */
    str says;
    bool kept, left;
    training_letter_list demo, past;
    store_practice_list mine, shown;
    store_reader_list readers;
    store_applicant_list applicants; /* of leads */
    str link, link_name;             /* just made */
};
err practice_room_view(struct web_call *w);
void practice_room_html(struct web_call *w);
void practice_room_json(const struct web_call *w, struct json_out *o);
err practice_share(struct web_call *w);
err practice_let_in(struct web_call *w);
void practice_let_in_json(const struct web_call *w, struct json_out *o);
err practice_applicant_end(struct web_call *w);
err practice_applicant_view(struct web_call *w); /* what an applicant wrote */
void practice_applicant_html(struct web_call *w);
/* Everything of one's own as a text file: it is theirs to take along. */
err practice_mine(struct web_call *w);

struct practice_remark {
    const struct remark *remark;
    str says, words;
};
struct practice_one {
    struct practice_room room;
    struct training_letter letter;
    struct store_practice row; /* id 0: not begun */
    store_practice_note_list notes;
    str text, quote, note;
    struct practice_remark *remarks; /* with `checked` */
    size_t nremarks;
    bool checked, reading; /* reading: somebody else's */
};
err practice_letter_view(struct web_call *w);
err practice_letter_do(struct web_call *w);
void practice_letter_html(struct web_call *w);
void practice_letter_json(const struct web_call *w, struct json_out *o);
err practice_read_view(struct web_call *w);
err practice_note(struct web_call *w);

/* ---- applicants: the same without a brand ---- */

err practice_guest_view(struct web_call *w);
err practice_guest_mine(struct web_call *w);
err practice_guest_letter(struct web_call *w);
err practice_guest_letter_do(struct web_call *w);
err practice_guest_leave(struct web_call *w);

/* ---- the week ---- */

struct proud_view {
    struct frame frame;
    int64_t monday, before, behind; /* 20261116; behind 0: this week is the last */
    int64_t from, until;
    praise_list rows;
    str next; /* the path of more of them; "" none */
};
err proud_view(struct web_call *w);
void proud_html(struct web_call *w);
void proud_json(const struct web_call *w, struct json_out *o);

/* ---- for templates ---- */

const struct store_practice *practice_of(const struct practice_room *v, str letter); /* NULL: not begun */
size_t practice_older_count(const struct practice_room *v); /* replies to letters that are not offered */
bool practice_over(const struct store_applicant *t, int64_t now);  /* their link works no more */
size_t practice_ended(const struct practice_room *v, int64_t now); /* of how many applicants */
bool practice_shows(const struct practice_room *v, int64_t reader);
bool practice_is_offered(const struct practice_room *v, str letter);
str practice_subject(const struct practice_room *v, const struct store_practice *p);

#endif
