/* world: a brand's own world beside the composer: personas that may speak for it, words it uses and avoids,
 * ends of letters. What is true in that world are notes: voice_piece_add and its like with VOICE_NOTE.
 * Whoever answers reads all of it, leads write it; a text of a persona gets into a letter only by an agent's
 * hand. */
#ifndef LONGHAND_DESK_WORLD_H
#define LONGHAND_DESK_WORLD_H

#include "desk/desk.h"
#include "store/world.h"

enum {
    WORLD_NAME_BYTES = 120,  /* of a persona */
    WORLD_TEXT_BYTES = 4000, /* of each text of a persona */
    WORLD_SIGN_OFF_BYTES = 300,
    WORLD_WORD_BYTES = 120,
    WORLD_WHY_BYTES = 200,
    WORLD_PERSONAS_MAX = 30, /* in use: every composer offers them all */
    WORLD_SPEAKERS_MAX = 500,
    WORLD_WORDS_MAX = 1000, /* every check looks for all of them */
    WORLD_SIGN_OFFS_MAX = 30
};

/* ---- personas ---- */

struct world_persona_form {
    str name;              /* "Captain Mara, harbour master" */
    str who, speaks, may;  /* who they are, how they speak, what they may say */
    str sign_off;          /* may be empty */
    bool everyone;         /* whoever answers may speak as them; else: */
    const int64_t *agents; /* who may; nobody at all is a choice */
    size_t nagents;
    int64_t seen; /* updated_at of what was changed; 0 not asked */
};
/* ERR_INVALID with a sentence, an agent who is not in the brand included. ERR_CONFLICT: the name is taken by
 * another one in use, or it was changed since it was seen. ERR_LIMIT. */
err world_persona_add(const struct desk *d, arena *a, const struct actor *who,
                      const struct world_persona_form *form, int64_t *ret_id);
err world_persona_change(const struct desk *d, arena *a, const struct actor *who, int64_t id,
                         const struct world_persona_form *form);
/* A retired one is offered to nobody, and a letter that greets them greets a stranger; it is kept. */
err world_persona_retire(const struct desk *d, arena *a, const struct actor *who, int64_t id, bool retired);

/* May this agent speak as them? `speakers` may hold those of others too. */
bool world_may_speak(const struct store_persona *p, const store_speaker_list *speakers, int64_t agent);

/* ---- words ---- */

struct world_word_form {
    str word; /* one or several, on one line */
    bool avoid;
    str instead, why; /* may be empty */
};
/* Add a word or change what is said of it; words are the same without regard to capitals and accents.
 * ERR_INVALID, ERR_LIMIT. */
err world_word_put(const struct desk *d, arena *a, const struct actor *who,
                   const struct world_word_form *form);
err world_word_take_away(const struct desk *d, arena *a, const struct actor *who, str word); /* ERR_MISSING */

/* ---- ends of letters ---- */

err world_sign_off_add(const struct desk *d, arena *a, const struct actor *who, str text, int64_t *ret_id);
err world_sign_off_take_away(const struct desk *d, arena *a, const struct actor *who, int64_t id);

/* `text` with `sign_off` at its end, one empty line before it; before `signature` where the text ends with
 * that. */
str world_sign(arena *a, str text, str sign_off, str signature);

#endif
