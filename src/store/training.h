/* store/training: the practice room: replies that go to nobody, notes beside them, applicants, and who may
 * read. */
#ifndef LONGHAND_STORE_TRAINING_H
#define LONGHAND_STORE_TRAINING_H

#include "base/list.h"
#include "db/db.h"

/* See the schema. */
struct store_practice {
    int64_t id, agent_id, applicant_id;
    str letter;
    int64_t message_id;
    str text;
    int64_t created_at, updated_at, done_at;
    str name;      /* joined; not written: who wrote it */
    int64_t notes; /* joined: how many */
};
typedef LIST(struct store_practice) store_practice_list;

/* Insert or, for the same writer and letter, replace text, updated_at and done_at. */
err store_practice_put(db_conn *c, int64_t brand, const struct store_practice *row);
err store_practice_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_practice *ret);
/* ERR_MISSING when they have not begun it. */
err store_practice_of_letter(db_conn *c, arena *a, int64_t brand, int64_t agent, int64_t applicant,
                             str letter, struct store_practice *ret);
/* All of one writer, latest first, at most 500. */
err store_practices(db_conn *c, arena *a, int64_t brand, int64_t agent, int64_t applicant,
                    store_practice_list *ret);
/* Done ones that `reader` may see: of agents who chose them, latest first. */
err store_practices_shown(db_conn *c, arena *a, int64_t brand, int64_t reader, int limit,
                          store_practice_list *ret);
/* Those of an applicant, with notes. */
err store_practice_delete_of(db_conn *c, int64_t brand, int64_t applicant);
/* Those that rest on letters of a conversation whose words are deleted. */
err store_training_forget(db_conn *c, int64_t brand, int64_t conversation);

struct store_practice_note {
    int64_t id, practice_id, agent_id;
    str by_name, quote, note;
    int64_t at;
};
typedef LIST(struct store_practice_note) store_practice_note_list;
err store_practice_note_insert(db_conn *c, int64_t brand, const struct store_practice_note *row);
/* Oldest first. */
err store_practice_notes(db_conn *c, arena *a, int64_t brand, int64_t practice,
                         store_practice_note_list *ret);

err store_practice_reader(db_conn *c, int64_t brand, int64_t agent, int64_t reader, bool *ret_may);
typedef LIST(int64_t) store_reader_list;
err store_practice_readers(db_conn *c, arena *a, int64_t brand, int64_t agent, store_reader_list *ret);
err store_practice_reader_set(db_conn *c, int64_t brand, int64_t agent, int64_t reader, bool on, int64_t now);

struct store_applicant {
    int64_t brand_id, id;
    str name, hash; /* hash: not read */
    int64_t agent_id;
    str by_name;
    int64_t created_at, expires_at, ended_at;
    int64_t done; /* joined: how many letters they answered */
};
typedef LIST(struct store_applicant) store_applicant_list;
err store_applicant_put(db_conn *c, const struct store_applicant *row);
err store_applicant_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_applicant *ret);
/* Across brands: whoever holds a link knows no brand. */
err store_applicant_by_hash(db_conn *c, arena *a, str hash, struct store_applicant *ret);
/* Latest first, at most 200. */
err store_applicants(db_conn *c, arena *a, int64_t brand, store_applicant_list *ret);
/* Those whose link ended before `before`; they go with all they wrote. */
err store_applicant_sweep(db_conn *c, int64_t before);

/* The mail of that week begins now; ret_first: nobody began it before. */
err store_practice_digest(db_conn *c, int64_t brand, int64_t week, int64_t now, bool *ret_first);

/* Letters that were answered so that somebody thanked us: the letter, our reply, the letter that thanks.
 * Newest first; none of a conversation in which a child may have written, and none whose words are deleted.
 * `letter`: only that one; 0 all. */
struct store_loved {
    int64_t letter_id, reply_id, thanks_id, conversation_id;
};
typedef LIST(struct store_loved) store_loved_list;
err store_loved_letters(db_conn *c, arena *a, int64_t brand, int64_t letter, int limit,
                        store_loved_list *ret);

#endif
