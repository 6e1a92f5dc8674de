/* voice: how a brand answers. Frameworks (outlines with slots that must be written), facts (texts that are
 * right word for word), phrases (stock ones to be remarked on, allowed ones to be let pass), the replies that
 * leads hold up, and which remarks of the letter check stop a send. Who may do what stands in the table of
 * routes. */
#ifndef LONGHAND_DESK_VOICE_H
#define LONGHAND_DESK_VOICE_H

#include "desk/desk.h"
#include "letter/check.h"
#include "store/voice.h"

enum {
    VOICE_NAME_BYTES = 120,
    VOICE_TEXT_BYTES = 64 * 1024,
    VOICE_NOTE_BYTES = 4000, /* of the brand's world: they stand beside every letter */
    VOICE_PHRASE_BYTES = 1000,
    VOICE_PIECES_MAX = 500,  /* of each sort in use: every composer offers them all */
    VOICE_PHRASES_MAX = 5000 /* every check looks for all of them */
};

/* What is not retired, by name; for the composer. */
err voice_pieces(db_conn *c, arena *a, int64_t brand, store_piece_list *ret_frameworks,
                 store_piece_list *ret_facts);

/* ---- frameworks and facts ---- */

enum voice_sort { VOICE_FRAMEWORK, VOICE_FACT, VOICE_NOTE }; /* the last: of the brand's world */

struct voice_form {
    str name, text;
    int64_t seen; /* updated_at of what was changed; 0: not asked */
};
/* ERR_INVALID with a sentence: no name or text, too long, not UTF-8, a framework without a slot, a fact with
 * one. ERR_CONFLICT: the name is taken by another one in use, or it was changed since it was seen. ERR_LIMIT.
 */
err voice_piece_add(const struct desk *d, arena *a, const struct actor *who, enum voice_sort sort,
                    const struct voice_form *form, int64_t *ret_id);
err voice_piece_change(const struct desk *d, arena *a, const struct actor *who, enum voice_sort sort,
                       int64_t id, const struct voice_form *form);
/* Retired ones are offered to nobody, and a retired fact is exempt from nothing; they are kept. */
err voice_piece_retire(const struct desk *d, arena *a, const struct actor *who, enum voice_sort sort,
                       int64_t id, bool retired);

/* Does the text hold a slot "[[in your own words: ...]]", as the check finds it? */
bool voice_has_slot(str text);

/* ---- phrases ---- */

/* Its words as the check compares them: folded, parted by single blanks. */
str voice_phrase_key(arena *a, str phrase);
/* On one line, with one blank between words, whatever was pasted. */
str voice_phrase_line(arena *a, str phrase);

/* Add a phrase or change what it counts as. One whose words are there already, in whatever case, is changed.
 * ERR_INVALID: no word in it, too long, not one line of UTF-8. ERR_LIMIT. */
err voice_phrase_put(const struct desk *d, arena *a, const struct actor *who, str phrase, phrase_state state);
/* ERR_MISSING. */
err voice_phrase_take_away(const struct desk *d, arena *a, const struct actor *who, str phrase);

/* ---- replies approved as the brand's voice ---- */

/* ERR_MISSING when it is no reply that went out. Approving twice is approving once. */
err voice_approve(const struct desk *d, arena *a, const struct actor *who, int64_t message, bool approved);

/* ---- what stops a send ---- */

/* Can the check say "stop" about this kind? */
bool voice_kind_stops(remark_kind k);
/* As checking_stops reads it. */
err voice_stops(db_conn *c, arena *a, int64_t brand, bool ret_stops[REMARK_KINDS]);
/* ERR_INVALID for a kind that never stops. None at all is a choice. */
err voice_stops_change(const struct desk *d, arena *a, const struct actor *who,
                       const bool stops[REMARK_KINDS]);

#endif
