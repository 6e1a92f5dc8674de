/* objects: large bytes as files named by their hash, in FOLDER/objects/ab/cdef... A file is complete and
 * durable (file and folders fsynced) before object_put returns, so a row that names it can be committed. */
#ifndef LONGHAND_NET_OBJECTS_H
#define LONGHAND_NET_OBJECTS_H

#include "base/err.h"
#include "base/str.h"

/* Up to this many bytes stay in the row. */
enum { OBJECT_ROW_BYTES = 64 * 1024 };

/* `hash` is content_hash(bytes). Putting what is there already is ERR_NONE. ERR_FULL, ERR_IO. */
err object_put(arena *a, str folder, str hash, str bytes);
/* ERR_MISSING when it is not there, ERR_IO when the bytes no longer have that hash. */
err object_get(arena *a, str folder, str hash, str *ret_bytes);
str object_path(arena *a, str folder, str hash); /* NUL-terminated */
/* An object that no row names may be about to be named by one: whoever puts the same bytes finds the file
 * there and commits a moment later. So it is put aside first, where object_put does not see it any more but
 * object_get still does, and an hour later it is dropped, or taken back when a row names it after all. All:
 * not there is ERR_NONE. */
err object_set_aside(arena *a, str folder, str hash);
err object_take_back(arena *a, str folder, str hash);
err object_drop_aside(arena *a, str folder, str hash);
/* A whole file, at most `max` bytes (ERR_LIMIT beyond). */
err file_read(arena *a, str path, size_t max, str *ret_bytes);
/* Write a file so that after a crash either the old or the new one is there: temporary name, fsync, rename.
 */
err file_write(arena *a, str path, str bytes, unsigned mode);
err file_move(arena *a, str from, str to); /* in one file system; takes the place of `to`; durable */
err file_remove(arena *a, str path);       /* not there is ERR_NONE */
err folder_make(arena *a, str path);       /* with its parents; there already is ERR_NONE */
/* Free bytes on the file system that holds `path`; -1 when it cannot be told. */
int64_t disk_free(arena *a, str path);

#endif
