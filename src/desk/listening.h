/* listening: what was heard in a letter, kept, and put right by people. */
#ifndef LONGHAND_DESK_LISTENING_H
#define LONGHAND_DESK_LISTENING_H

#include "desk/desk.h"
#include "letter/listen.h"
#include "store/finding.h"
#include "store/job.h"
#include "store/message.h"

/* The job `listen`: hear letters and keep what was found, many in one transaction. */
err listening_run(struct desk *d, const job_list *jobs);

typedef enum finding_state { FINDING_FOUND, FINDING_STRUCK, FINDING_CORRECTED, FINDING_ADDED } finding_state;
const char *finding_state_name(finding_state s); /* "found", "struck", "corrected", "added" */

struct stored_finding {
    int64_t id; /* made from kind, place and found value: the same as long as the letter's text is */
    struct finding f;
    finding_state state;
    str found_value;      /* before it was corrected */
    str kept_value;       /* of a struck one that was corrected before: the correction; else "" */
    int64_t agent_id, at; /* who put it right and when; 0 for what was only found */
    str agent_name;
};
typedef LIST(struct stored_finding) stored_finding_list;

/* The findings of a letter as they stand, struck ones too. A letter that was not listened to yet, or before
 * the catalogue changed, is listened to now; nothing is written. */
struct letter_findings {
    str language;
    bool child, has_pack, clipped;
    letter_sort sort;
    stored_finding_list findings; /* by place */
};
err listening_of(struct desk *d, arena *a, int64_t brand, const struct message *m,
                 struct letter_findings *ret);
/* From a row of store_listening: the products that were heard of, each once; how many. */
size_t listening_products(arena *a, str heard, str *ret, size_t most);
/* The same as the check takes it: without what was struck out, with what was corrected and added. */
err listening_heard(struct desk *d, arena *a, int64_t brand, const struct message *m, struct heard *ret);
/* That in two steps, for a caller who reads more in one snapshot: the rows, and what they say. */
struct listening_rows {
    struct store_listening row;
    store_correction_list corrections;
    int64_t catalogue_version;
};
err listening_rows_in(db_conn *c, arena *a, int64_t brand, int64_t message, struct listening_rows *ret);
err listening_heard_of(struct desk *d, arena *a, int64_t brand, const struct message *m,
                       const struct listening_rows *rows, struct heard *ret);

/* Strike out (or take that back), correct the value, add one that was missed. Corrections are kept and
 * counted. ERR_MISSING for a letter or finding there is none of; ERR_INVALID for an empty or overlong value,
 * or a span outside the text or within a character. */
err listening_strike(struct desk *d, arena *a, const struct actor *who, int64_t message, int64_t finding,
                     bool struck);
err listening_correct(struct desk *d, arena *a, const struct actor *who, int64_t message, int64_t finding,
                      str value);
err listening_add(struct desk *d, arena *a, const struct actor *who, int64_t message, finding_kind kind,
                  uint32_t start, uint32_t end, str value, int64_t *ret_finding);
/* The same within a write of the caller's, for what the sender of a form chose from a list: agent 0, and not
 * counted among what listening missed. `value` and the span must be right. */
err listening_add_in(db_conn *c, arena *a, const struct actor *who, int64_t message, finding_kind kind,
                     uint32_t start, uint32_t end, str value, int64_t now);

#endif
