/* judgement: reading what agents decided outside policy, as stories, and learning from it. Nobody is ranked,
 * least of all by money: stories come by time, patterns by time, and neither says who gave most. */
#ifndef LONGHAND_DESK_JUDGEMENT_H
#define LONGHAND_DESK_JUDGEMENT_H

#include "desk/gesture.h"
#include "store/judgement.h"

enum { JUDGEMENT_NOTE_BYTES = 2000, JUDGEMENT_PAGE_MAX = 50 };
/* A pattern: so many agents in so many days. */
enum { PATTERN_AGENTS = 3, PATTERN_DAYS = 30 };

struct judgement_story {
    struct store_gesture gesture;
    struct store_story said;         /* the letter, our reply, what came of it */
    store_judgement_note_list notes; /* oldest first */
    bool may_read_notes;             /* the agent's own, or the reader is a lead; else notes is empty */
};
typedef LIST(struct judgement_story) judgement_story_list;

/* Newest first, gesture ids below `before` (0: from the newest); `limit` is cut to 1 ... 50. Leads get
 * everybody's, others their own. `unread`: those nobody said anything of yet. *ret_next: `before` of the next
 * page, 0 when this was the last. ERR_DENIED for who cannot answer letters. */
err judgement_stories(const struct desk *d, arena *a, const struct actor *who, bool unread, int64_t before,
                      int limit, judgement_story_list *ret, int64_t *ret_next);
/* One of them. ERR_MISSING for a gesture within policy, and for one that the reader may not see. */
err judgement_story_get(const struct desk *d, arena *a, const struct actor *who, int64_t gesture,
                        struct judgement_story *ret);

/* "Well judged", by a lead who is not the one who judged (ERR_DENIED). Doing it again changes nothing. */
err judgement_well(const struct desk *d, arena *a, const struct actor *who, int64_t gesture);
/* A private note between leads and the agent: what else could be tried, never whose fault. Leads open it with
 * a note, a suggestion, or both; the agent may answer, with a note. 1 to 2000 bytes each. ERR_DENIED for
 * others. */
err judgement_note(const struct desk *d, arena *a, const struct actor *who, int64_t gesture, str note,
                   str suggestion);

/* What at least PATTERN_AGENTS agents did outside policy in the last PATTERN_DAYS days, that policy still
 * does not say. A pattern of a kind of items is left out where one item alone makes it up. Leads only
 * (ERR_DENIED). */
struct judgement_pattern {
    struct store_pattern p;
    struct store_policy now; /* what stands at exactly this place; id 0: nothing */
};
typedef LIST(struct judgement_pattern) judgement_pattern_list;
err judgement_patterns(const struct desk *d, arena *a, const struct actor *who, judgement_pattern_list *ret);

/* Make a pattern the policy, in the place of what stood there. It must still be one (ERR_MISSING). amount -1:
 * the dearest of the pattern; quantity 0: the largest of the pattern. */
struct pattern_choice {
    str situation;
    gesture_kind kind;
    struct concerns concerns;
    int64_t amount, quantity;
    str hint;
};
err judgement_make_policy(const struct desk *d, arena *a, const struct actor *who,
                          const struct pattern_choice *choice, int64_t *ret_policy);

#endif
