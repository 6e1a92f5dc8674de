/* incident_match: what the watch proposes (desk/incident_watch.h), worked out before it is written. */
#ifndef LONGHAND_DESK_INCIDENT_MATCH_H
#define LONGHAND_DESK_INCIDENT_MATCH_H

#include "desk/incident.h"
#include "letter/burst.h"
#include "store/watch.h"

/* A letter as the watch counts it. */
struct watched {
    struct watch_letter letter;
    struct burst_words words;
    str language;
};
typedef LIST(struct watched) watched_list;
void watched_of(arena *a, const struct watch_letter *letter, struct watched *ret);

/* An incident that letters may belong to. */
struct known_incident {
    struct store_incident incident;
    incident_word_list words;
    struct burst_weight *weights; /* of each word */
    id_list messages;             /* letters that spoke for it, by id; see known_messages */
};
typedef LIST(struct known_incident) known_incident_list;
/* Those of now; over ones for a day. */
err known_incidents(db_conn *c, arena *a, int64_t brand, int64_t now, known_incident_list *ret);
/* Their letters from the id `from` on; known_has tells of those. */
err known_messages(db_conn *c, arena *a, int64_t brand, int64_t from, known_incident_list *known);
/* Their ids only. */
err known_incident_ids(db_conn *c, arena *a, int64_t brand, int64_t now, id_list *ret);

/* Did this letter speak for it? */
bool known_has(const struct known_incident *k, int64_t message);

/* A letter proposed for an incident. */
struct plan_letter {
    int64_t incident, conversation, message;
    str why;
};
typedef LIST(struct plan_letter) plan_letter_list;
struct plan_incident {
    struct store_incident incident; /* is_new: with all of it; else its id only */
    incident_word_list words;       /* none: as they are */
    bool is_new;
};
typedef LIST(struct plan_incident) plan_incident_list;
struct incident_plan {
    plan_letter_list letters;
    plan_incident_list incidents;
};

/* Which of the known ones does a letter seem to belong to? */
void plan_of_letter(arena *a, const known_incident_list *known, const struct watched *w,
                    struct incident_plan *plan);
/* A cluster: more letters and newer words of a known incident; nothing where it was dismissed, unless many
 * more write now than then; or a new proposal. `letters`: those of the cluster, as far as they are there and
 * count; ids are made at `now`. */
void plan_of_cluster(arena *a, const known_incident_list *known, const struct burst_cluster *cluster,
                     const watched_list *letters, int64_t now, struct incident_plan *plan);
/* For an open incident without words, when its letters share some. */
void plan_of_words(arena *a, const struct known_incident *known, const burst_word_list *words,
                   const watched_list *letters, int64_t now, struct incident_plan *plan);

#endif
