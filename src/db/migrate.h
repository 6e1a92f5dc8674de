/* Schema changes: numbered files, applied once each, in order, each in a transaction of its own. */
#ifndef LONGHAND_DB_MIGRATE_H
#define LONGHAND_DB_MIGRATE_H

#include "db/db.h"

/* `name` "0001-start"; `engine` -1 for both. Written in PostgreSQL's spelling; for SQLite exactly these
 * are replaced: BIGINT -> INTEGER, BYTEA -> BLOB, and STRICT is added to each plain CREATE TABLE. */
struct db_migration {
    const char *name;
    int engine;      /* -1, DB_SQLITE or DB_POSTGRES */
    const char *sql; /* NUL-terminated, statements end with ";" at a line's end */
};

struct db_migrate_report {
    int applied, pending, total; /* of this engine's list */
};

/* Apply what is missing. ERR_CONFLICT, changing nothing, when the database holds a migration that this
 * list does not (a newer program made it), or one whose recorded checksum differs. With `dry` nothing
 * is applied and `pending` says how many would be. Works on an empty database. */
err db_migrate(db *d, const struct db_migration *list, size_t n, int64_t now_ms, bool dry,
               struct db_migrate_report *ret_report);

#endif
