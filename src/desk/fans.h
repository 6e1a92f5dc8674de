/* fans: what became of letters. Letters that thank and stories are store/story's; here people who came back
 * and for what, purchases after an answer, how long people waited, and who is still with us.
 *
 * The job `fans` looks every few minutes at conversations that changed (conversation.counted) and counts
 * their customers anew, whole: so it can be run at any time and any number of times, and nothing that moves,
 * merges or is forgotten leaves a trace. Weeks are the brand's own, from Monday. Nobody is timed and nobody
 * is ranked: waits are of customers, never of an agent, and the page of an agent holds letters, for them and
 * whom they choose. */
#ifndef LONGHAND_DESK_FANS_H
#define LONGHAND_DESK_FANS_H

#include "base/zone.h"
#include "desk/desk.h"
#include "desk/fans_curve.h"
#include "store/fans.h"
#include "store/job.h"

enum {
    FANS_EVERY_MINUTES = 5,
    FANS_RETURN_DAYS = 14,    /* a new conversation so long after our last reply is somebody who came back */
    FANS_PURCHASE_DAYS = 365, /* a purchase at most so long after an answer */
    FANS_FEW = 20             /* fewer people than this are told of in words, not as a curve */
};

/* ---- counting ---- */

/* See that the job is there; called when the desk starts. Without a brand there is nothing to do. */
err fans_start(struct desk *d, arena *a);
err fans_run(struct desk *d, arena *a, const struct job *job);
/* One brand, now. */
err fans_count(struct desk *d, arena *a, int64_t brand);

/* Days of the calendar as 20261122. The Monday of the week in which an instant, or a day, lies. */
int64_t fans_day_of(const struct zone *zone, int64_t at);
int64_t fans_week_of(const struct zone *zone, int64_t at);
int64_t fans_day_plus(int64_t day, int days);
int64_t fans_day_start(const struct zone *zone, int64_t day);

/* ---- a span of time ---- */

/* A month "2026-02", a year "2026" or the week in which a day "2026-02-18" lies, of the brand's calendar; ""
 * is the month of `now`. false for anything else. */
struct fans_span {
    int64_t from, until; /* milliseconds */
    int year, month;     /* month 0: the whole year */
    int64_t week;        /* its Monday, 20260216; 0: it is no week */
};
bool fans_span_of(const struct zone *zone, str text, int64_t now, struct fans_span *ret);
str fans_span_text(arena *a, const struct fans_span *span);
/* The one before or behind it, of the same length. */
struct fans_span fans_span_move(const struct zone *zone, const struct fans_span *span, int by);

/* ---- who is still with us ---- */

struct fans_group {
    int64_t people;        /* watched at all */
    int64_t stayed, gone;  /* of those whose year is over: still there then, and gone within it */
    struct curve_point at; /* after a year */
    curve_step_list steps;
};
struct fans_still {
    struct fans_group trouble, free;
    int64_t quiet_days, drawn_day; /* 0: not drawn yet */
    int64_t drawn_at;              /* ms; who stands behind the numbers: store_fan_watched */
    bool few;                      /* too few of one kind for a curve: say so in words */
};
err fans_still(db_conn *c, arena *a, int64_t brand, struct fans_still *ret);

/* ---- an agent's page ---- */

/* May `reader` see it? The agent, and whom they chose; nobody else, whatever their role. */
err fans_may(db_conn *c, int64_t brand, int64_t agent, int64_t reader, bool *ret);
/* By the agent themselves. ERR_MISSING for who does not work here. */
err fans_share(struct desk *d, arena *a, const struct actor *who, int64_t reader, bool on);

/* A customer is forgotten, and what they bought under any of their addresses. In the caller's transaction,
 * while those are still known. */
err fans_forget(db_conn *c, arena *a, int64_t brand, int64_t customer);
/* A customer may be about to go, since nothing is theirs any more: what they bought is a stranger's again,
 * and nothing is counted of them. If they stay they are counted anew. In the caller's transaction. */
err fans_drop(db_conn *c, arena *a, int64_t brand, int64_t customer);

#endif
