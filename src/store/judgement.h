/* store/judgement: what was said of judgements, the story around one, and what they have in common. */
#ifndef LONGHAND_STORE_JUDGEMENT_H
#define LONGHAND_STORE_JUDGEMENT_H

#include "store/gesture.h"

struct store_judgement_note {
    int64_t id, gesture_id, agent_id;
    bool well;
    str note, suggestion;
    int64_t at;
    str agent_name; /* joined; not written */
};
typedef LIST(struct store_judgement_note) store_judgement_note_list;
err store_judgement_note_insert(db_conn *c, int64_t brand, const struct store_judgement_note *row);
/* Oldest first. */
err store_judgement_notes(db_conn *c, arena *a, int64_t brand, int64_t gesture,
                          store_judgement_note_list *ret);

/* One thing said, its text cut after 4,000 characters; id 0: there is none. */
struct store_story_part {
    int64_t id, at;
    str name, text;
    bool cut;
};
/* The letter before the gesture, our next reply that was not taken back, and the next letter after that. */
struct store_story {
    struct store_story_part letter, reply, after;
};
err store_story_of(db_conn *c, arena *a, int64_t brand, const struct store_gesture *g,
                   struct store_story *ret);

struct store_pattern {
    str situation;
    gesture_kind kind;
    str item_kind, item_code, item_name; /* code and name "" where it is of the kind */
    int64_t agents, gestures;
    int64_t least, most, quantity; /* cost of the cheapest and dearest, the largest quantity */
    int64_t last_at;
};
typedef LIST(struct store_pattern) store_pattern_list;
/* Gestures outside policy that hold, since `since`, by at least `agents` different agents. By item, or
 * (`by_kind`) by the kind of item alone. Latest first. */
err store_patterns(db_conn *c, arena *a, int64_t brand, int64_t since, int agents, bool by_kind,
                   store_pattern_list *ret);

#endif
