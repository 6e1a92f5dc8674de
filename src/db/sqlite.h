/* What the two halves of the SQLite engine share: connections (sqlite.c), writer (sqlite_writer.c). */
#ifndef LONGHAND_DB_SQLITE_H
#define LONGHAND_DB_SQLITE_H

#include <pthread.h>

#include "db/db_driver.h"

typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;

struct sqlite_conn {
    db_conn base;
    sqlite3 *h;
    sqlite3_stmt *begin, *commit, *rollback;
    struct sqlite_conn *next_idle;
};

struct sqlite_writer;

struct sqlite_db {
    db base;
    char *path;
    bool create;
    int busy_ms; /* how long to wait for another process */
    pthread_mutex_t mutex;
    pthread_cond_t returned;
    struct sqlite_conn *idle; /* readers nobody holds; the last used first, its cache is warm */
    int opened, idle_n, most;
    struct sqlite_writer *writer; /* NULL when read_only */
};

enum sqlite_use { SQLITE_FOR_READING, SQLITE_FOR_WRITING };

err sqlite_conn_open(struct sqlite_db *d, enum sqlite_use use, struct sqlite_conn **ret_c);
void sqlite_conn_close(struct sqlite_conn *c);

/* The err for the connection's last error. */
err sqlite_code(sqlite3 *h, int rc);
/* Run a statement of our own that gives no rows; the SQLite result code, SQLITE_OK when done. */
int sqlite_run(sqlite3_stmt *s);

err sqlite_writer_start(struct sqlite_db *d, struct sqlite_writer **ret_w);
void sqlite_writer_stop(struct sqlite_writer *w);
err sqlite_writer_write(struct sqlite_writer *w, db_fn fn, void *arg);

/* The whole WAL is copied back and its file becomes empty. ERR_BUSY while somebody reads an older state. */
err sqlite_writer_truncate(struct sqlite_writer *w);
/* Within a write: has nobody written since then? */
err sqlite_writer_wal_empty(struct sqlite_writer *w, bool *ret_empty);
err sqlite_settle(db *d); /* db_settle */

err sqlite_copy_to(db *d, str path);

#endif
