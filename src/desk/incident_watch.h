/* incident_watch: the job `watch` counts what letters and posts say against what is usual at this hour of the
 * week (letter/burst.h), proposes incidents, and proposes later letters for those that there are. It decides
 * nothing: people do (desk/incident.h).
 *
 * A letter that was listened to stands in watch_letter until it is counted. What is usual is derived from the
 * letters and kept in memory and in DATA/near/BRAND.watch, written when an hour is over; a file that is
 * missing or damaged is made anew from the letters of the last weeks. Only a process that keeps indexes
 * counts. */
#ifndef LONGHAND_DESK_INCIDENT_WATCH_H
#define LONGHAND_DESK_INCIDENT_WATCH_H

#include "desk/desk.h"
#include "store/job.h"

/* In the caller's transaction: this letter was listened to; and look soon. */
err watch_heard_in(db_conn *c, int64_t brand, int64_t message);
err watch_soon_in(db_conn *c, int64_t brand, int64_t now);
/* The job `watch`. Each wish has a job of its own; one run serves all that are claimed together. Subject 0
 * looks every ten minutes, so that a proposal that nobody confirmed and no letter joined for two days goes
 * away. One thread runs it. */
err watch_run(struct desk *d, arena *a, const job_list *jobs);
/* Enqueue that standing job: of a brand that is made, in its transaction; of every brand, at the desk's
 * start. */
err watch_stand_in(db_conn *c, int64_t brand, int64_t now);
err watch_start(struct desk *d, arena *a);

/* What one brand's watch holds in memory (desk/heart.h keeps it). */
struct watch;
void watch_free(struct watch *w);

#endif
