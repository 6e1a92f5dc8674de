/* store/fans: what became of letters, counted: who came back and bought again, how long people waited, who is
 * still with us. All of it but fan_share can be made anew. Every function runs inside the caller's
 * transaction. */
#ifndef LONGHAND_STORE_FANS_H
#define LONGHAND_STORE_FANS_H

#include "base/list.h"
#include "db/db.h"
#include "store/states.h"

/* ---- how far the counting is ---- */

/* See the schema. */
struct fan_mark {
    int64_t generation;
    str zone;
    int64_t quiet_days, counted_at, drawn_day;
};
/* Generation 0 where nothing was counted yet. */
err store_fan_mark_get(db_conn *c, arena *a, int64_t brand, struct fan_mark *ret);
err store_fan_mark_put(db_conn *c, int64_t brand, const struct fan_mark *row);
/* All that was counted goes, but not what stands elsewhere; marks stay. */
err store_fans_wipe_all(db_conn *c, int64_t brand);

typedef LIST(int64_t) fan_ids;
/* Where a look at what changed ended: {0, 0} from the start. */
struct fan_place {
    int64_t counted, id;
};
/* Customers of conversations that changed since they were counted, each once, behind `after`. ret_after:
 * behind which to go on; *ret_more: there may be more. */
err store_fans_changed(db_conn *c, arena *a, int64_t brand, int64_t generation, struct fan_place after,
                       int limit, fan_ids *ret_customers, struct fan_place *ret_after, bool *ret_more);
/* Persons put down by store_fan_again_put. */
err store_fan_again(db_conn *c, arena *a, int64_t brand, int limit, fan_ids *ret);
err store_fan_again_put(db_conn *c, int64_t brand, int64_t person);
err store_fan_again_done(db_conn *c, int64_t brand, int64_t person);

/* ---- what a customer's counts are made from ---- */

/* A message of theirs or to them, of conversations that are neither junk nor merged into another. */
struct fan_said {
    int64_t conversation_id, message_id;
    message_kind kind;
    bool machine;
    int64_t agent_id, waited_since, said_at, created_at;
    int closed_kind;
    str heard; /* what listening wrote; "" nothing yet */
};
typedef LIST(struct fan_said) fan_said_list;
/* By conversation, then as they were said; without notes and replies that failed. */
err store_fans_said(db_conn *c, arena *a, int64_t brand, int64_t customer, int limit, fan_said_list *ret);
/* When they bought, oldest first. */
struct fan_bought {
    int64_t id, at;
};
typedef LIST(struct fan_bought) fan_bought_list;
err store_fans_bought(db_conn *c, arena *a, int64_t brand, int64_t person, int limit, fan_bought_list *ret);

/* ---- what is counted ---- */

typedef enum fan_kind { FAN_RETURN, FAN_PURCHASE } fan_kind;
enum { FAN_KINDS = FAN_PURCHASE + 1 };
const char *fan_kind_name(fan_kind k); /* "return", "purchase" */

struct fan_sign {
    fan_kind kind;
    int64_t subject_id, conversation_id, customer_id, agent_id;
    str what;
    int64_t at;
    /* Joined; not written. */
    str customer_name, subject;
};
typedef LIST(struct fan_sign) fan_sign_list;

struct fan_talk {
    int64_t conversation_id, week, letters, replies, first_ms, first_id, final_ms, final_id;
    str customer_name, subject; /* joined; not written */
};
typedef LIST(struct fan_talk) fan_talk_list;

struct fan_life {
    int64_t person, free_from, free_last, free_until, trouble_from, trouble_last, trouble_id;
    str customer_name, subject; /* joined; not written */
};
typedef LIST(struct fan_life) fan_life_list;

/* Everything counted of a person goes. ret_weeks: the weeks it stood in, some more than once; ret_times: when
 * its signs were. */
err store_fans_wipe(db_conn *c, arena *a, int64_t brand, int64_t person, fan_ids *ret_weeks,
                    fan_ids *ret_times);
err store_fan_talk_put(db_conn *c, int64_t brand, const struct fan_talk *row);
err store_fan_sign_put(db_conn *c, int64_t brand, const struct fan_sign *row);
err store_fan_life_put(db_conn *c, int64_t brand, const struct fan_life *row);
/* All conversations of a customer are counted; one of them is not yet, after all. */
err store_fans_counted(db_conn *c, int64_t brand, int64_t customer, int64_t generation);
err store_fans_uncounted(db_conn *c, int64_t brand, int64_t conversation);
err store_fan_week_stale(db_conn *c, int64_t brand, int64_t week);

/* ---- weeks ---- */

struct fan_week {
    int64_t week, letters, replies, first_n, first_half, first_tenth, final_n, final_half, final_tenth,
        returns, purchases;
};
typedef LIST(struct fan_week) fan_week_list;
err store_fan_weeks_stale(db_conn *c, arena *a, int64_t brand, int limit, fan_ids *ret);
/* Every wait of a week, and the sums of letters and replies. Unsorted. */
err store_fan_week_waits(db_conn *c, arena *a, int64_t brand, int64_t week, fan_ids *ret_first,
                         fan_ids *ret_final, int64_t *ret_letters, int64_t *ret_replies);
/* The row, which is not stale any more. */
err store_fan_week_put(db_conn *c, int64_t brand, const struct fan_week *row);
/* From `from` to `to` inclusive, oldest first; weeks in which nothing was said are left out. */
err store_fan_weeks(db_conn *c, arena *a, int64_t brand, int64_t from, int64_t to, fan_week_list *ret);

/* ---- curves ---- */

/* All lives, those of trouble too, `each` for each. */
err store_fan_lives(db_conn *c, int64_t brand, void (*each)(void *context, const struct fan_life *row),
                    void *context);
/* Beside its days a curve has two rows: of whom a year is over (at_risk: all of them; gone: within it), and
 * when it was drawn (at_risk, ms). */
enum { FAN_STEP_YEAR = -1, FAN_STEP_DRAWN = -2 };
struct fan_step {
    bool trouble;
    int64_t day, at_risk, gone;
};
typedef LIST(struct fan_step) fan_step_list;
err store_fan_curve_put(db_conn *c, int64_t brand, const fan_step_list *steps); /* instead of the old ones */
err store_fan_curve(db_conn *c, arena *a, int64_t brand, fan_step_list *ret);

/* ---- for pages (fans_read.c) ---- */

/* Where a page of a list ended. */
struct fan_key {
    int64_t at, id;
};
/* Which signs: of `agent` (-1: everybody's), in [from, until). */
struct fan_ask {
    int64_t agent, from, until;
};
err store_fan_sign_count(db_conn *c, int64_t brand, fan_kind kind, const struct fan_ask *ask, int64_t *ret);
/* What for, of returns: by how often. */
struct fan_what {
    str what;
    int64_t n;
};
typedef LIST(struct fan_what) fan_what_list;
err store_fan_sign_what(db_conn *c, arena *a, int64_t brand, fan_kind kind, const struct fan_ask *ask,
                        fan_what_list *ret);
/* Newest first, before {at, subject}; {0, 0}: from the newest. `what`: only those; "" all. */
err store_fan_signs(db_conn *c, arena *a, int64_t brand, fan_kind kind, const struct fan_ask *ask, str what,
                    struct fan_key before, int limit, fan_sign_list *ret);

/* How many letters thank or praise, and how many tell; the same that store/story lists. */
err store_fan_praise(db_conn *c, int64_t brand, const struct fan_ask *ask, int64_t *ret_thanks,
                     int64_t *ret_told);
/* When letters that thank were said, since `from`, the same that store/story lists; in no order. */
err store_fan_thanks_times(db_conn *c, arena *a, int64_t brand, int64_t from, fan_ids *ret);

/* Our promises that were settled in [from, until) or whose day ended in it and that are open still.
 * `released` ones are counted nowhere. */
struct fan_promises {
    int64_t kept, broken, late;
};
err store_fan_promises(db_conn *c, int64_t brand, const struct fan_ask *ask, int64_t now,
                       struct fan_promises *ret);
struct fan_promise {
    int64_t id, conversation_id, due_at, settled_at, warned_at;
    str text, customer_name;
    bool kept, broken; /* neither: it is late */
};
typedef LIST(struct fan_promise) fan_promise_list;
/* Settled ones newest first, before {settled_at, id}. */
err store_fan_promise_list(db_conn *c, arena *a, int64_t brand, const struct fan_ask *ask,
                           struct fan_key before, int limit, fan_promise_list *ret);
/* Those that are open although their day ended in the span, oldest first, behind {due_at, id}. */
err store_fan_promise_late(db_conn *c, arena *a, int64_t brand, const struct fan_ask *ask, int64_t now,
                           struct fan_key after, int limit, fan_promise_list *ret);

/* Who waited longest in a week: for the first answer, or for the final one. Before {ms, conversation}. */
err store_fan_waits(db_conn *c, arena *a, int64_t brand, int64_t week, bool final, struct fan_key before,
                    int limit, fan_talk_list *ret);
/* Conversations in which something was said in a week, ids below `before` (0: all). */
err store_fan_talks(db_conn *c, arena *a, int64_t brand, int64_t week, int64_t before, int limit,
                    fan_talk_list *ret);
/* Who stands behind a number of a curve: all of a kind, those of whom a year is over and who are still there
 * then, those who were gone within it. Drawn at `at`, gone after a silence of quiet_ms. */
typedef enum fan_part { FAN_ALL, FAN_STAYED, FAN_GONE } fan_part;
struct fan_watched {
    bool trouble;
    fan_part part;
    int64_t at, quiet_ms;
};
/* Newest first, before {trouble_from or free_from, person}. customer_name "": they only bought. */
err store_fan_watched(db_conn *c, arena *a, int64_t brand, const struct fan_watched *of,
                      struct fan_key before, int limit, fan_life_list *ret);

/* ---- whom an agent lets see their page ---- */

err store_fan_share_set(db_conn *c, int64_t brand, int64_t agent, int64_t reader, bool on, int64_t now);
err store_fan_share_is(db_conn *c, int64_t brand, int64_t agent, int64_t reader, bool *ret);
struct fan_share {
    int64_t agent_id;
    str name;
    bool on;
};
typedef LIST(struct fan_share) fan_share_list;
/* Everybody else who works here, and whether they may see it; by name. */
err store_fan_shares(db_conn *c, arena *a, int64_t brand, int64_t agent, fan_share_list *ret);
/* Whose pages `reader` may see, by name. */
err store_fan_shared_with(db_conn *c, arena *a, int64_t brand, int64_t reader, fan_share_list *ret);

/* A customer who is forgotten: all that was counted of them, and what they bought. */
err store_fans_forget(db_conn *c, int64_t brand, int64_t customer);

#endif
