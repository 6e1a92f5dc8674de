/* export: the whole desk as files that people and other programs can read, and back into an empty desk, on
 * either engine. docs/export-format.md describes them. */
#ifndef LONGHAND_DESK_EXPORT_H
#define LONGHAND_DESK_EXPORT_H

#include "desk/desk.h"

enum { EXPORT_VERSION = 1 };

struct export_report {
    int64_t brands, rows, letters, files;
    int64_t damaged; /* letters and files whose bytes are not there any more */
    int64_t held;    /* in: replies that had not surely left, uncertain now */
};
/* Told about each table that is begun. */
typedef void (*export_progress)(void *context, const char *table, int64_t rows);

/* One snapshot of everything, into a folder that is empty or not there. Its longhand.json is written last: a
 * folder without it is not complete. Memory does not grow with the desk. Passwords, secrets and tokens are
 * left out. ERR_CONFLICT: there is something in the folder. The desk remembers the copy
 * (store/import.h) before the first word is in it, so one that broke off is known, too. */
err export_out(struct desk *d, str folder, export_progress progress, void *context,
               struct export_report *ret);

/* Into a desk without brands. ERR_CONFLICT: it has one, or a newer program made the export; ERR_INVALID: it
 * is none, or not whole. No reply leaves by itself that had not
 * surely left, at any moment of it: they are uncertain from the row on. After an error the desk is to be
 * thrown away. The caller sees that no desk is served from it meanwhile. `keep` lives as long as the
 * database.
 */
err export_in(struct desk *d, arena *keep, str folder, export_progress progress, void *context,
              struct export_report *ret);

/* ---- what both sides know ---- */

/* "brands/SLUG", "" for tables of the desk. */
str export_brand_folder(arena *a, str slug);
/* "letters/07/ID.eml", "attachments/07/ID". */
str export_bytes_name(arena *a, bool letter, int64_t id);

/* Remember a copy, for whoever is asked later where words may still stand. kind: backup, export. */
err copy_made(struct desk *d, str kind, str path);

#endif
