/* jobs: the desk's work in the background. One table of kinds; one worker thread a slot.
 *
 * A kind's function does a batch and ends its jobs in the transaction that writes their results. When it
 * fails, the batch is done again one by one; a job that fails alone is put off by `backoff * attempts^2`,
 * and after `attempts_max` it waits for a person ("dead"), listed with its last error, never dropped. */
#ifndef LONGHAND_JOBS_JOBS_H
#define LONGHAND_JOBS_JOBS_H

#include "desk/desk.h"
#include "net/reader.h"
#include "store/job.h"

struct job_context {
    struct desk *desk;
    arena *arena; /* for one batch */
    reader *reader;
};

struct job_kind {
    const char *name, *does;
    int workers, batch;
    int64_t lease_ms, backoff_ms;
    int attempts_max;
    err (*run)(struct job_context *context, const job_list *jobs);
};
extern const struct job_kind job_kinds[];
extern const int job_kinds_n;

/* Do everything due at the desk's clock, in the calling thread, until nothing is left. `ret_done` counts
 * batches' jobs that were taken up. */
err jobs_run_due(struct desk *d, str program, int *ret_done);
/* The same for one kind of the table. */
err jobs_run_kind(struct desk *d, str program, str kind, int *ret_done);

/* Worker threads for the running desk. `program`: path for the reader child. */
typedef struct job_workers job_workers;
err job_workers_start(struct desk *d, str program, job_workers **ret_workers);
void job_workers_wake(job_workers *w);
void job_workers_stop(job_workers *w); /* lets running batches end */

#endif
