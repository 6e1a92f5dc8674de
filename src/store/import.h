/* store/import: mail that was brought in, how far a run is, and copies of the desk that were made. */
#ifndef LONGHAND_STORE_IMPORT_H
#define LONGHAND_STORE_IMPORT_H

#include "base/list.h"
#include "db/db.h"
#include "store/states.h"

/* `hash` is of a mail's bytes; ret_fresh false: the inbox was given these bytes before. */
err store_imported_put(db_conn *c, int64_t brand, int64_t inbox, str hash, int64_t raw, bool *ret_fresh);
err store_imported_has(db_conn *c, int64_t brand, int64_t inbox, str hash, bool *ret_known);
/* The job `read` of a letter, in the caller's hands until `lease_until`: attempts is 1. */
err store_unread_put_leased(db_conn *c, int64_t brand, int64_t raw, int64_t run_at, int64_t lease_until);
err store_raw_state(db_conn *c, arena *a, int64_t brand, int64_t id, raw_state *ret);

/* One for each file or folder that was brought into an inbox. */
struct store_import_run {
    int64_t inbox_id;
    str source, contents; /* see the schema */
    int64_t done, total, started_at, updated_at, finished_at;
};
/* ret->started_at 0: there is none. */
err store_import_run_get(db_conn *c, arena *a, int64_t brand, int64_t inbox, str source,
                         struct store_import_run *ret);
err store_import_run_put(db_conn *c, int64_t brand, const struct store_import_run *row);

struct store_copy {
    int64_t id, at;
    str kind; /* backup, export */
    str path;
};
typedef LIST(struct store_copy) store_copy_list;
err store_copy_put(db_conn *c, const struct store_copy *row);
/* Newest first, at most 1,000. */
err store_copy_list_all(db_conn *c, arena *a, store_copy_list *ret);

#endif
