/* reading: a kept letter becomes a message in a conversation. Run by the job `read`, any number of times. */
#ifndef LONGHAND_DESK_READING_H
#define LONGHAND_DESK_READING_H

#include "desk/desk.h"
#include "net/reader.h"
#include "store/job.h"

/* Read the letters these jobs are about and file them, many in one transaction, which also ends their jobs.
 * After an error the later ones are still to do; calling again with the same jobs does no harm.
 *
 * Filing: a letter with the Message-ID and body of one that is there already, in the same inbox, is kept as
 * its duplicate. It joins a conversation only when In-Reply-To or References names a message that we sent
 * there AND its sender takes part in that conversation. Anything else begins a new one, with a pointer to
 * what it may belong to. What cannot be read becomes an "unreadable letter" that waits like any other.
 * ERR_IO when the reader cannot be started: nothing is filed, and the jobs may be tried again. */
err reading_file(struct desk *d, reader *r, const job_list *jobs);

/* Read a letter again, after the desk learned to: its message is filled anew, its place stays. */
err reading_again(struct desk *d, arena *a, int64_t brand, int64_t agent, int64_t message);

#endif
