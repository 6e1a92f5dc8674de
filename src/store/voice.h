/* store/voice: how a brand answers: frameworks, facts, phrases, and the replies it holds up. */
#ifndef LONGHAND_STORE_VOICE_H
#define LONGHAND_STORE_VOICE_H

#include "base/list.h"
#include "db/db.h"

/* A framework, a fact, or a note of the brand's world: a named text. */
struct store_piece {
    int64_t id;
    str name, text;
    int64_t agent_id, updated_at, retired_at;
    str agent_name; /* joined; not written */
};
typedef LIST(struct store_piece) store_piece_list;

/* Not retired ones, by name. */
err store_frameworks(db_conn *c, arena *a, int64_t brand, store_piece_list *ret);
err store_facts(db_conn *c, arena *a, int64_t brand, store_piece_list *ret);
err store_notes(db_conn *c, arena *a, int64_t brand, store_piece_list *ret);
/* The retired ones, latest first, at most `limit`. */
err store_frameworks_retired(db_conn *c, arena *a, int64_t brand, int limit, store_piece_list *ret);
err store_facts_retired(db_conn *c, arena *a, int64_t brand, int limit, store_piece_list *ret);
err store_notes_retired(db_conn *c, arena *a, int64_t brand, int limit, store_piece_list *ret);
/* ERR_MISSING when the brand has none of that id. */
err store_framework_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_piece *ret);
err store_fact_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_piece *ret);
err store_note_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_piece *ret);
/* Insert, or replace what stands under that id. */
err store_framework_put(db_conn *c, int64_t brand, const struct store_piece *row);
err store_fact_put(db_conn *c, int64_t brand, const struct store_piece *row);
err store_note_put(db_conn *c, int64_t brand, const struct store_piece *row);

typedef enum phrase_state { PHRASE_LEARNED, PHRASE_ADDED, PHRASE_ALLOWED } phrase_state;
const char *phrase_state_name(phrase_state s); /* "learned", "added", "allowed" */
bool phrase_state_of(str name, phrase_state *ret);
struct store_phrase {
    str phrase;
    phrase_state state;
    int64_t customers, agent_id, at;
    str agent_name; /* joined; not written */
};
typedef LIST(struct store_phrase) store_phrase_list;
err store_phrases(db_conn *c, arena *a, int64_t brand, store_phrase_list *ret); /* by phrase */
err store_phrase_put(db_conn *c, int64_t brand, const struct store_phrase *row);
err store_phrase_delete(db_conn *c, int64_t brand, str phrase);

struct store_approved {
    int64_t message_id, conversation_id, number, agent_id, at;
    str text, agent_name, by_name, customer_name; /* of the reply; joined */
};
typedef LIST(struct store_approved) store_approved_list;
err store_approved_put(db_conn *c, int64_t brand, int64_t message, int64_t agent, int64_t at);
err store_approved_delete(db_conn *c, int64_t brand, int64_t message);
err store_approved_list_of(db_conn *c, arena *a, int64_t brand, int limit,
                           store_approved_list *ret); /* newest first */

#endif
