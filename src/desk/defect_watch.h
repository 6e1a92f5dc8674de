/* defect_watch: the job `alarm` looks at every defect's letters, when some are added and once a day, and
 * raises, keeps up and leaves alone alarms; people acknowledge and close them. desk/defect_alarm.h is the
 * test. */
#ifndef LONGHAND_DESK_DEFECT_WATCH_H
#define LONGHAND_DESK_DEFECT_WATCH_H

#include "desk/defect_alarm.h"
#include "desk/desk.h"
#include "store/defect_alarm.h"
#include "store/job.h"

/* In the caller's transaction: look again, now. */
err defect_watch_soon(db_conn *c, int64_t brand, int64_t now);
/* The job `alarm`. Each wish to look has a job of its own, so that none is lost while another is at work;
 * subject 0 looks once a day. One look serves all that are claimed together. */
err defect_watch_run(struct desk *d, arena *a, const job_list *jobs);

/* How the letters of one defect stand against its history today. For pages. */
err defect_watch_look(db_conn *c, arena *a, int64_t brand, int64_t defect, int64_t now,
                      struct alarm_look *ret, bool *ret_by_units);

/* Whether the caller may is judged before (RIGHT_LEAD). `seen_version` -1: not checked; else ERR_CONFLICT.
 * Acknowledged: a person looks into it; one sentence says what. Closed: what came of it. Letters that came
 * until then do not raise another. Both told as desk_changed "alarm" and to the makers. */
err alarm_acknowledge(struct desk *d, arena *a, const struct actor *who, int64_t alarm, str note,
                      int64_t seen_version);
err alarm_close(struct desk *d, arena *a, const struct actor *who, int64_t alarm, str note,
                int64_t seen_version);

#endif
