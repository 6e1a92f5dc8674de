/* store/merge: conversations that were merged, split and moved, and the rows that were moved for it. Every
 * function runs inside the caller's transaction. */
#ifndef LONGHAND_STORE_MERGE_H
#define LONGHAND_STORE_MERGE_H

#include "store/conversation.h"

typedef enum merge_kind { MERGE_MERGE, MERGE_SPLIT, MERGE_MOVE, MERGE_FORWARD } merge_kind;
const char *merge_kind_name(merge_kind v); /* "merge", "split", "move", "forward" */

/* See the schema. */
struct merge_operation {
    int64_t id;
    merge_kind kind;
    int64_t agent_id, at, from_id, to_id, from_number, to_number;
    str about;
    int64_t undone_at, undone_by;
    str agent_name, undone_name; /* joined; not written */
};
typedef LIST(struct merge_operation) merge_operation_list;

err store_merge_insert(db_conn *c, int64_t brand, const struct merge_operation *row);
/* ERR_MISSING when the brand has none of that id. */
err store_merge_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct merge_operation *ret);
/* From or to this conversation, newest first, ids below `before` (0: all). */
err store_merge_of(db_conn *c, arena *a, int64_t brand, int64_t conversation, int64_t before, int limit,
                   merge_operation_list *ret);
/* The newest that stands, of a kind, from one conversation to another (0: any); ret_id 0 when there is none.
 */
err store_merge_find(db_conn *c, int64_t brand, merge_kind kind, int64_t from, int64_t to, int64_t *ret_id);
err store_merge_undone(db_conn *c, int64_t brand, int64_t id, int64_t by, int64_t at);

/* ---- signposts ---- */

/* Where a conversation leads to: itself, or the end of the signposts it begins. ERR_MISSING for none. */
err store_merge_end(db_conn *c, int64_t brand, int64_t conversation, int64_t *ret_end);
typedef LIST(int64_t) merge_ids;
/* All that lead to this one, directly or by others; not itself. */
err store_merge_signposts(db_conn *c, arena *a, int64_t brand, int64_t conversation, merge_ids *ret);

/* All that were split or forwarded from this one or to it, over any number of such steps that stand, where
 * they are found now; not itself. What was merged into one of them counts as that one. */
err store_merge_parts(db_conn *c, arena *a, int64_t brand, int64_t conversation, merge_ids *ret);

/* ---- a conversation's own row ---- */

/* All columns that an operation may change; version is counted up. */
err store_merge_write(db_conn *c, int64_t brand, const struct conversation *row);
enum { MERGE_BEFORE, MERGE_AFTER };
/* Remember the row as it stands. */
err store_merge_remember(db_conn *c, int64_t brand, int64_t operation, int64_t conversation, int moment);
/* ret->id is 0 when it is not remembered. Only what store_merge_write writes. */
err store_merge_recall(db_conn *c, arena *a, int64_t brand, int64_t operation, int64_t conversation,
                       int moment, struct conversation *ret);
/* A conversation that an operation made. Nothing may hang on it; nobody is sent there any more. */
err store_merge_drop(db_conn *c, int64_t brand, int64_t conversation);

/* ---- what hangs on conversations (merge_rows.c) ---- */

/* The tables, each by its own key beside the brand: of SORT_DRAFT the agent, of SORT_TRIAL_CASE trial and
 * customer. */
typedef enum merge_sort {
    SORT_MESSAGE,
    SORT_ATTACHMENT,
    SORT_EVENT,
    SORT_OVERRIDE,
    SORT_GESTURE,
    SORT_PROMISE,
    SORT_BOX,
    SORT_CHILD_ASK,
    SORT_WORRY,
    SORT_DEFECT_CASE,
    SORT_TRIAL_CASE,
    SORT_TRACK,
    SORT_DRAFT,
    /* What was done to a row instead of moving it. */
    SORT_ASK_ENDED,     /* a question to a grown-up; row_id */
    SORT_CASE_TAKEN,    /* a defect case; row_id */
    SORT_EVENT_MADE,    /* an event that tells of the operation; row_id */
    SORT_LETTER_MADE,   /* a letter of its real writer; row_id */
    SORT_LETTER_NOTED,  /* a colleague's letter that is a note now; row_id */
    SORT_FILE_GIVEN,    /* a file; row_id, also_id: the letter it came with */
    SORT_CUSTOMER_MADE, /* a customer and their address; row_id */
    SORT_INCIDENT_MADE, /* a row of an incident; row_id, also_id: the conversation */
} merge_sort;
enum { MERGE_SORTS = SORT_DRAFT + 1, MERGE_MARKS = SORT_INCIDENT_MADE + 1 };
const char *merge_sort_name(merge_sort s); /* as merge_row.sort */

struct merge_key {
    int64_t id, also;
};
typedef LIST(struct merge_key) merge_keys;

/* All of a sort that hang on a conversation, by key. */
err store_merge_keys(db_conn *c, arena *a, int64_t brand, merge_sort sort, int64_t conversation,
                     merge_keys *ret);
/* Those of them that hang on one message; none of sorts that never do. */
err store_merge_keys_of_message(db_conn *c, arena *a, int64_t brand, merge_sort sort, int64_t conversation,
                                int64_t message, merge_keys *ret);
/* Move one row; `ret_moved` false when it does not stand in `from`. */
err store_merge_move(db_conn *c, int64_t brand, merge_sort sort, struct merge_key key, int64_t from,
                     int64_t to, bool *ret_moved);
/* What an operation did. Again is not an error. */
err store_merge_note(db_conn *c, int64_t brand, int64_t operation, merge_sort sort, struct merge_key key);
/* The operation that did this to a row and stands; ret_id 0 when there is none. */
err store_merge_find_noted(db_conn *c, int64_t brand, merge_sort sort, int64_t row, int64_t *ret_id);
err store_merge_noted(db_conn *c, arena *a, int64_t brand, int64_t operation, merge_sort sort,
                      merge_keys *ret);

/* Remember which rows of a sort hang on a conversation; and is it still the same ones? Drafts, their files,
 * events and links may come and go. */
bool merge_sort_counts(merge_sort s);
err store_merge_set_put(db_conn *c, arena *a, int64_t brand, int64_t operation, int64_t conversation,
                        merge_sort sort);
err store_merge_set_same(db_conn *c, arena *a, int64_t brand, int64_t operation, int64_t conversation,
                         merge_sort sort, bool *ret_same);

/* What hangs on a conversation that is its customer's alone; the first there is. */
typedef enum merge_tie { TIE_NONE, TIE_TRACK, TIE_BOX, TIE_PROMISE, TIE_GESTURE } merge_tie;
/* A private page that works at `now`, a box that was not cancelled, an open promise, a gesture that was
 * neither declined nor withdrawn. */
err store_merge_tie(db_conn *c, int64_t brand, int64_t conversation, int64_t now, merge_tie *ret);

/* ---- what is changed rather than moved (merge_more.c) ---- */

/* End a question to a grown-up that is open, and take that back. */
err store_merge_end_ask(db_conn *c, int64_t brand, int64_t ask, int64_t at);
err store_merge_open_ask(db_conn *c, int64_t brand, int64_t ask, int64_t ended_at);
/* Cases of `from` that say what a case of `to` says already, both counting; and those of `from` that cannot
 * stand in `to` beside one that was taken back. */
err store_merge_same_cases(db_conn *c, arena *a, int64_t brand, int64_t from, int64_t to, bool counting,
                           merge_keys *ret);
err store_merge_take_case(db_conn *c, int64_t brand, int64_t defect_case, int64_t at);
err store_merge_untake_case(db_conn *c, int64_t brand, int64_t defect_case, int64_t taken_at);

/* Remember what is said of a child in `conversation`, then write there what is said in `as_in`, in state
 * `state`; a grown-up's own words only with "confirmed". */
err store_merge_child(db_conn *c, int64_t brand, int64_t operation, int64_t conversation, int64_t as_in,
                      str state);
/* Remember that nothing is said of a child in a conversation that the operation makes. */
err store_merge_no_child(db_conn *c, int64_t brand, int64_t operation, int64_t conversation);
/* Does it stand as the operation left it? True when the operation left it alone. */
err store_merge_child_same(db_conn *c, int64_t brand, int64_t operation, int64_t conversation,
                           bool *ret_same);
err store_merge_child_back(db_conn *c, int64_t brand, int64_t operation, int64_t conversation);

/* Put the draft that `agent` has in `from` below the one in `to`, remembering that. The files of both are of
 * the draft in `to` afterwards, by SORT_ATTACHMENT. */
err store_merge_draft(db_conn *c, arena *a, int64_t brand, int64_t operation, int64_t agent, int64_t from,
                      int64_t to);
/* Those drafts as they were, where nobody wrote on since. */
err store_merge_drafts_back(db_conn *c, arena *a, int64_t brand, int64_t operation, int64_t conversation);

err store_merge_draft_drop(db_conn *c, int64_t brand, int64_t conversation, int64_t agent);

/* A letter becomes a note of `agent` (0: nobody here), or a letter again. */
err store_merge_letter_kind(db_conn *c, int64_t brand, int64_t message, message_kind kind, int64_t agent);
err store_merge_file_to(db_conn *c, int64_t brand, int64_t attachment, int64_t message);
err store_merge_event_drop(db_conn *c, int64_t brand, int64_t event);
/* A customer that an operation made, unless anything else has come to name them. */
err store_merge_customer_drop(db_conn *c, int64_t brand, int64_t customer);
/* The job `listen` of a letter that goes again. */
err store_merge_job_drop(db_conn *c, int64_t brand, int64_t message);
/* The index of letters is to look at one again that it knows; `ret_known` false: it does not. */
err store_merge_relearn(db_conn *c, int64_t brand, int64_t message, bool *ret_known);
/* Is the mail that says "we have it" about to leave from here? */
err store_merge_mail_due(db_conn *c, int64_t brand, int64_t conversation, bool *ret_due);

/* Words of a conversation are deleted: what operations remember of it goes too, and the words of its
 * signposts. Those operations cannot be undone any more. `subject` stands instead. */
err store_merge_forget(db_conn *c, arena *a, int64_t brand, int64_t conversation, str subject);
/* Nothing is remembered any more. */
err store_merge_forgotten(db_conn *c, int64_t brand, int64_t operation, bool *ret);

/* ---- to choose from ---- */

struct merge_sender {
    str name, address;
};
typedef LIST(struct merge_sender) merge_sender_list;
/* Who wrote letters there, each address once, newest first. */
err store_merge_senders(db_conn *c, arena *a, int64_t brand, int64_t conversation, int limit,
                        merge_sender_list *ret);

#endif
