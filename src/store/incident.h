/* store/incident: incidents, the words that speak for them, and which conversations belong. */
#ifndef LONGHAND_STORE_INCIDENT_H
#define LONGHAND_STORE_INCIDENT_H

#include "store/conversation.h"
#include "store/learned.h"
#include "store/states.h"

/* PROPOSED by the desk, no person agreed yet. OPEN: people answer it. OVER: it ended. DISMISSED: it was none.
 * MERGED: it is another one, which is to be looked at instead. */
typedef enum incident_state {
    INCIDENT_PROPOSED,
    INCIDENT_OPEN,
    INCIDENT_OVER,
    INCIDENT_DISMISSED,
    INCIDENT_MERGED
} incident_state;
enum { INCIDENT_STATES = INCIDENT_MERGED + 1 };
const char *incident_state_name(incident_state v); /* "proposed", "open", "over", "dismissed", "merged" */
bool incident_state_from(str s, incident_state *ret);

struct store_incident {
    int64_t id;
    incident_state state;
    str title;
    int64_t began_at;    /* when the first letter of it came, or what a person said */
    int64_t proposed_at; /* 0: by hand */
    int64_t opened_at, opened_by;
    int64_t ended_at, ended_by; /* over, dismissed or merged */
    str note;                   /* why dismissed, or what came of it */
    int64_t quiet_until, merged_into, updated_at, version;
    /* Joined; not written. */
    str opened_name, ended_name;
    int64_t in, proposed; /* conversations; counted by store_incidents and store_incident_counts, else 0 */
};
typedef LIST(struct store_incident) store_incident_list;

err store_incident_insert(db_conn *c, int64_t brand, const struct store_incident *row);
/* ERR_CONFLICT when the stored row is not of version `row->version - 1`. */
err store_incident_update(db_conn *c, int64_t brand, const struct store_incident *row);
err store_incident_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_incident *ret);
err store_incident_counts(db_conn *c, int64_t brand, struct store_incident *row);
/* Latest first, ids below `before` (0: all). `states`: a bit for each state, 1 << INCIDENT_OPEN. */
err store_incidents(db_conn *c, arena *a, int64_t brand, unsigned states, int64_t before, int limit,
                    store_incident_list *ret);
/* What letters may belong to: open and proposed ones, those that were over after `ended_after`, and dismissed
 * ones whose words propose nothing yet; latest first. */
err store_incidents_lately(db_conn *c, arena *a, int64_t brand, int64_t now, int64_t ended_after, int limit,
                           store_incident_list *ret);
/* Another letter spoke for it: updated_at, and nothing else. */
err store_incident_stirred(db_conn *c, int64_t brand, int64_t id, int64_t at);
/* How many are in the states. */
err store_incident_count(db_conn *c, int64_t brand, unsigned states, int64_t *ret);

/* Words that many used, against what the history leads to expect. */
struct incident_word {
    int64_t key;
    str words;
    int64_t customers; /* in window_ms before `at` */
    int64_t expected;  /* times 1000 */
    int64_t chance;    /* of so many or more by chance, times 10^12, rounded up */
    int64_t window_ms;
    int64_t weight; /* times 1000; how much they say for a letter that has them */
    int64_t at;
};
typedef LIST(struct incident_word) incident_word_list;
/* Replaces all words of the incident. */
err store_incident_words_put(db_conn *c, int64_t brand, int64_t incident, const struct incident_word *words,
                             size_t n);
/* The least likely first. */
err store_incident_words(db_conn *c, arena *a, int64_t brand, int64_t incident, incident_word_list *ret);

typedef enum incident_part { INCIDENT_PART_PROPOSED, INCIDENT_PART_IN, INCIDENT_PART_OUT } incident_part;
enum { INCIDENT_PARTS = INCIDENT_PART_OUT + 1 };
const char *incident_part_name(incident_part v); /* "proposed", "in", "out" */
bool incident_part_from(str s, incident_part *ret);

struct incident_conversation {
    int64_t id, incident_id, conversation_id;
    int64_t message_id; /* the letter that spoke for it, or that was the last when a person took it in */
    incident_part state;
    str why; /* the shared words, parted by ", "; "" when a person took it in */
    int64_t at, agent_id;
    /* Joined; not written. */
    int64_t number, customer_id, waiting_since, holder_id, came_at;
    str customer_name, subject, snippet, channel, agent_name;
    conversation_state conversation_state;
    /* Of store_incidents_of_conversation only. */
    incident_state incident_state;
    str incident_title;
};
typedef LIST(struct incident_conversation) incident_conversation_list;

/* Puts or replaces state, why, message, at and agent of the incident's row for this conversation. */
err store_incident_conversation_put(db_conn *c, int64_t brand, const struct incident_conversation *row);
/* Only where there is no row yet: ret_there says that there is. */
err store_incident_conversation_propose(db_conn *c, int64_t brand, const struct incident_conversation *row,
                                        bool *ret_there);
/* ret->id 0 when none. */
err store_incident_conversation_get(db_conn *c, arena *a, int64_t brand, int64_t incident,
                                    int64_t conversation, struct incident_conversation *ret);
/* In the order in which they came to it, row ids above `after`. */
err store_incident_conversations(db_conn *c, arena *a, int64_t brand, int64_t incident, incident_part state,
                                 int64_t after, int limit, incident_conversation_list *ret);
/* Of a conversation: those of open incidents first, then of proposed ones, then the latest. */
err store_incidents_of_conversation(db_conn *c, arena *a, int64_t brand, int64_t conversation,
                                    incident_conversation_list *ret);
/* The open incident a conversation is in; 0 none. */
err store_incident_open_of(db_conn *c, int64_t brand, int64_t conversation, int64_t *ret_incident);
/* The letters from the id `from` on that spoke for it, latest first. */
err store_incident_messages(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t from, int limit,
                            id_list *ret);
/* Rows of `from` become rows of `into`. Where both have one for a conversation, in stands above out, and what
 * a person decided above what was proposed. */
err store_incident_merge(db_conn *c, int64_t brand, int64_t from, int64_t into);
/* `from` was merged into `to`: where `to` has no row of an incident that stands, it gets one as `from` has it
 * (only proposed where it is in another open one); ret_rows are those rows. */
err store_incident_follow(db_conn *c, arena *a, int64_t brand, int64_t from, int64_t to, int64_t now,
                          id_list *ret_rows);
/* And that is taken back. */
err store_incident_conversation_drop(db_conn *c, int64_t brand, int64_t row, int64_t conversation);
/* The words of a conversation are deleted: which it shared with others goes, that it belonged stays. */
err store_incident_forget(db_conn *c, int64_t brand, int64_t conversation);

#endif
