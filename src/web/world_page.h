/* world_page: who speaks for a brand, the words it uses and avoids, the ends of its letters; and all of that
 * beside a letter that is being written. Notes of its world have their pages in piece_page. */
#ifndef LONGHAND_WEB_WORLD_PAGE_H
#define LONGHAND_WEB_WORLD_PAGE_H

#include "desk/world.h"
#include "web/conversation_page.h"
#include "web/voice_page.h"

enum { PERSONA_RETIRED_ROWS = 200, WORD_ROWS = 50 };

struct personas_view {
    struct admin admin;
    store_persona_list rows, retired;
    store_speaker_list speakers; /* of all of them; without names */
    store_sign_off_list sign_offs;
    str typed; /* a sign-off that was refused */
};
/* Somebody who may be allowed to speak as a persona. */
struct persona_candidate {
    int64_t agent;
    str name;
    bool may;
};
struct persona_view {
    struct admin admin;
    struct store_persona persona, form; /* as it is (id 0: a new one); as it is or was typed just now */
    LIST(struct persona_candidate) candidates;
    store_speaker_list speakers;
    bool changed; /* somebody else changed it in the meantime: `persona` is theirs */
};
struct words_view {
    struct admin admin;
    store_word_list rows;
    struct voice_pages pages;
    struct store_word form; /* as it was typed, or the word in the query that is to be changed */
};

err personas_view(struct web_call *w);
void personas_html(struct web_call *w);
void personas_json(const struct web_call *w, struct json_out *o);
err sign_off_add(struct web_call *w);
err sign_off_take_away(struct web_call *w);
void sign_off_json(const struct web_call *w, struct json_out *o);

err persona_new_view(struct web_call *w);
err persona_view(struct web_call *w);
void persona_html(struct web_call *w);
void persona_json(const struct web_call *w, struct json_out *o);
err persona_add(struct web_call *w);
err persona_save(struct web_call *w);
err persona_retire(struct web_call *w);
err persona_restore(struct web_call *w);

err words_view(struct web_call *w);
void words_html(struct web_call *w);
void words_json(const struct web_call *w, struct json_out *o);
err word_save(struct web_call *w);
err word_take_away(struct web_call *w);

/* ---- world_panel.c: beside the composer ---- */

/* Put the end of a letter into what is typed, for browsers without scripts, and keep it as the draft: that of
 * the persona `persona`, or the brand's `sign_off`, 0 being the agent's own. ERR_DENIED for a persona of
 * others. */
err sign_do(struct web_call *w);
/* Those of the brand and the agent's own, for the composer's menu. Reads the glance. */
err sign_off_inserts(struct web_call *w, insert_list *inserts);

/* ---- for templates ---- */

/* What of the world this reader has beside a letter; NULL when there is nothing. */
const struct store_world *world_beside(struct web_call *w);
bool world_speaks(struct web_call *w, const struct store_persona *p);
bool world_has_personas(struct web_call *w);
bool world_words_of(const struct store_world *x, bool avoid); /* is there one? */
/* "Everyone who answers", "Ines and 3 others", "Nobody yet". */
str persona_speakers_text(struct web_call *w, const struct store_persona *p,
                          const store_speaker_list *speakers);
/* The first `chars` characters, and "…" where there are more. */
bool world_is_cut(str text, size_t chars);
str world_shown(struct web_call *w, str text, size_t chars);
bool world_persona_is_cut(const struct store_persona *p);
struct store_persona world_persona_shown(struct web_call *w, const struct store_persona *p);
str world_begins(struct web_call *w, str text); /* on one line, cut */

#endif
