/* confine: a process gives up all that it could do but compute and answer. Used by the child processes that
 * read what strangers send (net/reader.h).
 *
 * A system call filter (seccomp, a list of what may be called: everything else fails with EPERM) and, where
 * the kernel has it, Landlock with no rule at all (no file may be opened, executed, made or removed; no TCP
 * port bound or connected). Both hold until the process ends, for every thread and child. */
#ifndef LONGHAND_NET_CONFINE_H
#define LONGHAND_NET_CONFINE_H

#include <stdbool.h>

#include "base/err.h"

/* From here on: read from descriptor 0, write to descriptor 1, memory (never executable, never a file's),
 * clocks, random bytes, signals' handlers returning, the end. Whatever needs a file must be loaded before.
 * Descriptors above 2 are closed, no core is written, nobody may trace it, new privileges are refused.
 *
 * Needs one thread. ERR_IO with a sentence when the kernel refuses the filter: then the caller must not go
 * on. A sanitised build may also write to descriptor 2 and say which thread it is, for its reports. */
err confine_now(void);

/* What this kernel has. Landlock's version, 0 where there is none. */
int confine_landlock(void);
/* Whether a filter can be set here: asks the kernel, changes nothing. */
bool confine_filters(void);

#endif
