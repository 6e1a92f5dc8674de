/* store/world: a brand's own world: who speaks, which words it uses, how its letters end. Its notes are named
 * texts like frameworks and facts (store/voice.h). */
#ifndef LONGHAND_STORE_WORLD_H
#define LONGHAND_STORE_WORLD_H

#include "store/voice.h"

struct store_persona {
    int64_t id;
    str name, who, speaks, may, sign_off;
    bool everyone; /* else only the agents of store_speakers */
    int64_t agent_id, updated_at, retired_at;
    str agent_name; /* joined; not written */
};
typedef LIST(struct store_persona) store_persona_list;
err store_personas(db_conn *c, arena *a, int64_t brand, store_persona_list *ret); /* not retired, by name */
err store_personas_retired(db_conn *c, arena *a, int64_t brand, int limit, store_persona_list *ret);
/* ERR_MISSING when the brand has none of that id. */
err store_persona_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_persona *ret);
/* Insert, or replace what stands under that id. */
err store_persona_put(db_conn *c, int64_t brand, const struct store_persona *row);

/* An agent who may speak as a persona that is not everyone's. */
struct store_speaker {
    int64_t persona_id, agent_id;
    str name; /* joined; "" by store_world */
};
typedef LIST(struct store_speaker) store_speaker_list;
/* By name; `persona` 0: of all of them. */
err store_speakers(db_conn *c, arena *a, int64_t brand, int64_t persona, store_speaker_list *ret);
err store_speakers_clear(db_conn *c, int64_t brand, int64_t persona);
err store_speaker_add(db_conn *c, int64_t brand, int64_t persona, int64_t agent); /* twice is once */

struct store_word {
    str folded, word;
    bool avoid;
    str instead, why;
    int64_t agent_id, updated_at;
    str agent_name; /* joined; not written */
};
typedef LIST(struct store_word) store_word_list;
err store_words(db_conn *c, arena *a, int64_t brand, store_word_list *ret); /* avoided ones first, by word */
err store_word_put(db_conn *c, int64_t brand, const struct store_word *row);
err store_word_delete(db_conn *c, int64_t brand, str folded, int64_t *ret_deleted);

struct store_sign_off {
    int64_t id;
    str text;
    int64_t agent_id, updated_at; /* who wrote it; by store_world: whose own it is, 0 everybody's */
};
typedef LIST(struct store_sign_off) store_sign_off_list;
err store_sign_offs(db_conn *c, arena *a, int64_t brand, store_sign_off_list *ret); /* oldest first */
err store_sign_off_insert(db_conn *c, int64_t brand, const struct store_sign_off *row);
err store_sign_off_delete(db_conn *c, int64_t brand, int64_t id, int64_t *ret_deleted);

/* All that stands beside every letter, in one statement: personas in use, the notes and words that were
 * changed last, up to the limits, and every end of a letter, the agents' own too. Of a text that is longer
 * than its number of characters there is one more. */
enum { WORLD_NOTES = 12, WORLD_WORDS = 60, WORLD_NOTE_CHARS = 700, WORLD_PERSONA_CHARS = 400 };
struct store_world {
    store_persona_list personas;
    store_speaker_list speakers;
    store_piece_list notes; /* by name */
    store_word_list words;  /* by word */
    store_sign_off_list sign_offs;
    bool more_notes, more_words; /* there are others */
};
err store_world(db_conn *c, arena *a, int64_t brand, struct store_world *ret);

/* What the letter check has to know, in one statement: words to avoid, names of personas in use. */
typedef LIST(str) store_name_list;
err store_world_for_check(db_conn *c, arena *a, int64_t brand, store_word_list *ret_avoided,
                          store_name_list *ret_names);

#endif
