/* archive: one file that holds many, tar compressed with zstd (libarchive). */
#ifndef LONGHAND_NET_ARCHIVE_H
#define LONGHAND_NET_ARCHIVE_H

#include "base/err.h"
#include "base/str.h"

typedef struct archive_out archive_out;
/* Written beside `path` first; archive_finish makes it durable and gives it its name. */
err archive_begin(arena *a, str path, archive_out **ret_out);
err archive_add_file(arena *a, archive_out *out, str name, str from_path);
err archive_add_bytes(archive_out *out, str name, str bytes);
err archive_finish(arena *a, archive_out *out); /* frees `out`, also on error */
void archive_drop(archive_out *out);            /* leave nothing behind; NULL is allowed */

/* Unpack plain files and folders into an existing `folder`, fsynced; names that lead out of it, links and
 * devices are refused (ERR_INVALID), a damaged archive too. */
err archive_unpack(arena *a, str path, str folder);

#endif
