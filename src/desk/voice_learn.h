/* voice_learn: what a brand's own replies tell: phrases that its customers read too often (store/voice.h,
 * PHRASE_LEARNED), and the words by which the replies that leads approve differ from the rest (two settings,
 * `voice_more` and `voice_less`). The job `voice` learns both once a day and when somebody asks for it. */
#ifndef LONGHAND_DESK_VOICE_LEARN_H
#define LONGHAND_DESK_VOICE_LEARN_H

#include "desk/desk.h"
#include "store/job.h"
#include "store/setting.h"

enum {
    VOICE_LEARN_REPLIES = 5000,  /* the newest; more would say little else and take memory */
    VOICE_LEARN_BYTES = 3 << 20, /* of replies, of letters, of approved ones */
    VOICE_LEARNED_MAX = 500,
    VOICE_APPROVED_MIN = 5, /* fewer approved replies are no voice yet */
    VOICE_WORDS_MAX = 20
};

typedef LIST(str) voice_word_list;
/* Folded words; empty until enough is approved. */
err voice_words(db_conn *c, arena *a, int64_t brand, voice_word_list *ret_more, voice_word_list *ret_less);
/* From the brand's settings, for a caller who has read them. */
void voice_words_of(arena *a, const store_setting_list *settings, voice_word_list *ret_more,
                    voice_word_list *ret_less);

/* Learn now. What a person added or allowed stays as it is; what was learned and does not hold any more goes.
 */
struct voice_learned {
    int64_t replies, phrases, more, less;
};
err voice_learn(const struct desk *d, int64_t brand, struct voice_learned *ret);

/* In the caller's transaction: something changed what is to be learned. */
err voice_learn_wanted(db_conn *c, int64_t brand, int64_t now);
/* Have it learned soon. */
err voice_learn_soon(const struct desk *d, int64_t brand);
/* The job `voice`, and enqueueing it for every brand. */
err voice_learn_run(struct desk *d, const job_list *jobs);
err voice_learn_start(struct desk *d, arena *a);

#endif
