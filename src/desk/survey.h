/* survey: one question, some days after a conversation was answered and done: an answer in words first, then
 * perhaps a choice. Off unless an administrator switched it on for an inbox.
 *
 * Never where a child wrote or may have; never to a person twice within the inbox's months, whatever they
 * wrote from behind a "+"; never again to who said so; never to machines, blocked senders, or who wrote again
 * meanwhile. It is a mail of fixed words with a link that works once (its hash is kept); who does nothing is
 * asked nothing more. An answer is one of that conversation's words: it opens to it, and goes with it. */
#ifndef LONGHAND_DESK_SURVEY_H
#define LONGHAND_DESK_SURVEY_H

#include "base/list.h"
#include "desk/desk.h"
#include "store/job.h"
#include "store/survey.h"

enum {
    SURVEY_QUESTION_BYTES = 300,
    SURVEY_CHOICES_MAX = 6,
    SURVEY_CHOICE_BYTES = 60,
    SURVEY_WORDS_BYTES = 4000,
    SURVEY_LINK_DAYS = 30
};

struct survey_form {
    bool asks;
    str question, choices; /* choices: one a line; "" words only */
    int64_t after_days;    /* 1 to 60 */
    int64_t pause_months;  /* 1 to 60 */
};
/* What an inbox begins with, and what stands for it. */
struct survey_form survey_standard(const struct desk *d, str language);
/* ERR_MISSING for no such inbox; ERR_INVALID. Switched on it asks of what is done from then on. */
err survey_set(struct desk *d, arena *a, const struct actor *who, int64_t inbox,
               const struct survey_form *form);

typedef LIST(str) survey_choice_texts;
void survey_choices_of(arena *a, str choices, survey_choice_texts *ret);

/* With the job `fans`: order the questions whose time has come. */
err survey_look(struct desk *d, arena *a, int64_t brand);
/* The job `survey`: send one. */
err survey_send(struct desk *d, arena *a, const struct job *job);

/* ---- who answers ---- */

typedef enum survey_link_state {
    SURVEY_LINK_GOOD,
    SURVEY_LINK_WRONG,
    SURVEY_LINK_USED,
    SURVEY_LINK_EXPIRED
} survey_link_state;
struct survey_link {
    survey_link_state state;
    struct survey_ask ask;
    str brand_name, language, inbox_address;
};
/* Changes nothing: mail programs open links by themselves. */
err survey_open(const struct desk *d, arena *a, str token, struct survey_link *ret);
/* `chosen`: the number of a choice from 1, 0 none. ERR_INVALID when both are empty; the link stays good then.
 * Where a child turned out to have written, nothing is kept, and the page says thank you all the same. */
err survey_answer(struct desk *d, arena *a, str token, str words, int64_t chosen, struct survey_link *ret);

/* They want to be asked no more, for good: by the link of any question they got, answered or too old. */
err survey_never(struct desk *d, arena *a, str token, struct survey_link *ret);

/* Before the words of a conversation go: the mails that lie in our own folder. */
err survey_forget_mail(struct desk *d, arena *a, int64_t brand, int64_t conversation);

#endif
