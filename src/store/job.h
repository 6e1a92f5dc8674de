/* store/job: work to do. Enqueued in the transaction that causes it, leased, done at least once. */
#ifndef LONGHAND_STORE_JOB_H
#define LONGHAND_STORE_JOB_H

#include "base/list.h"
#include "db/db.h"

struct job {
    int64_t brand_id, id;
    str kind;
    int64_t subject_id; /* what it is about; one job of a kind for a subject */
    int64_t run_at, lease_until, attempts;
    str last_error;
    int64_t dead_at; /* it kept failing and waits for a person */
};
typedef LIST(struct job) job_list;

/* One job of a kind for a subject: when it is there already, it is made due at `run_at` and alive again. */
err store_job_put(db_conn *c, int64_t brand, str kind, int64_t subject, int64_t id, int64_t run_at);
/* The same for a job that may be running at this moment: then it stays as it is, since whoever runs it says
 * when it comes again (and store_job_put would leave it leased, though nobody has it). */
err store_job_hurry(db_conn *c, int64_t brand, str kind, int64_t subject, int64_t id, int64_t now);
/* The job `read` of a letter that was just kept: due at once, its id is the letter's. It stands in the table
 * `unread` until it ends or fails for the first time; all that is below knows both tables. */
err store_job_put_read(db_conn *c, int64_t brand, int64_t raw, int64_t run_at);
/* Is a job of this kind due and free? */
err store_job_due(db_conn *c, str kind, int64_t now, bool *ret_due);
/* Lease at most `limit` due jobs of a kind to the caller until `lease_until`; attempts is counted up. */
err store_job_claim(db_conn *c, arena *a, str kind, int64_t now, int64_t lease_until, int limit,
                    job_list *ret);
/* True when the lease is still the caller's: same attempts. Ends the job. */
err store_job_finish(db_conn *c, const struct job *job, bool *ret_mine);
/* Try again at `run_at`; with dead_at not 0 it waits for a person. Same condition as finish. */
err store_job_postpone(db_conn *c, const struct job *job, int64_t run_at, str error, int64_t dead_at);
err store_job_retry(db_conn *c, int64_t id, int64_t now, bool *ret_found);
/* All brands' (brand 0) or one's, dead ones first, then by run_at. */
err store_job_list(db_conn *c, arena *a, int64_t brand, int limit, job_list *ret);
/* Free every lease: for a desk that starts and knows that nobody else works on this database. */
err store_job_release_all(db_conn *c);
/* When the next one of any kind is due; 0 when none. */
err store_job_next(db_conn *c, int64_t *ret_at);

#endif
