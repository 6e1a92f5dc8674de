/* tidy: clear away what has expired, once an hour. */
#ifndef LONGHAND_DESK_TIDY_H
#define LONGHAND_DESK_TIDY_H

#include "desk/desk.h"
#include "store/job.h"

/* See that the hourly job is there; called when the desk starts. Without a brand there is nothing to do. */
err tidy_start(struct desk *d, arena *a);
/* Remove expired sessions and links, and put the job off by an hour. */
err tidy_run(struct desk *d, arena *a, const struct job *job);

#endif
