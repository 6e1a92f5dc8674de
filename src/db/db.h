/* db: one way to talk to SQLite (embedded) and PostgreSQL, blocking.
 *
 * SQL is written once, with $1 $2 ... and the common subset of both engines: integers for times and
 * booleans, RETURNING, ON CONFLICT, explicit NULLS LAST; no engine date, JSON or case functions.
 *
 * Reading: db_read_begin gives a connection inside a read transaction (one snapshot), db_read_end
 * gives it back. Writing: db_write runs a function inside a write transaction, runs it again when the
 * engine says busy or serialization failure, and returns when the commit is durable. On SQLite all
 * writes of a process go through one connection, one at a time, and whatever waits goes into one commit
 * (group commit); a function that fails is undone alone, by savepoint. A function may run on the thread
 * of another caller of db_write, so it must not rely on thread-local state. */
#ifndef LONGHAND_DB_DB_H
#define LONGHAND_DB_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

typedef struct db db;
typedef struct db_conn db_conn;
typedef struct db_query db_query;

typedef enum db_engine { DB_SQLITE, DB_POSTGRES } db_engine;

struct db_options {
    str target;      /* a file's path, or postgres://... or postgresql://... */
    int connections; /* readers (SQLite) or pool size (PostgreSQL); 0 means 8 */
    bool read_only;  /* refuse db_write */
    int busy_ms;     /* SQLite: how long db_write waits while another process writes; 0 means 10000 */
};

/* Safe to use from many threads. ERR_MISSING when a SQLite file's folder is not there, ERR_DATABASE
 * with the engine's own words otherwise. */
err db_open(const struct db_options *options, db **ret_db);
void db_close(db *d); /* waits for queued writes; NULL is allowed */
db_engine db_engine_of(const db *d);
db_engine db_conn_engine(const db_conn *c);

/* `fn` must be safe to run again: it may only fill outputs that a second run fills anew. It returns
 * ERR_NONE to commit, anything else to undo; that code and sentence come back from db_write.
 *
 * Any statement that fails poisons its transaction on both engines: every later one fails with the same
 * error, and a function that returns ERR_NONE all the same is undone with ERR_INTERNAL. So a row that may
 * be there already is written with ON CONFLICT DO NOTHING (db_changes says 0), not by trying.
 * ERR_BUSY: another process held the database for longer than busy_ms, or PostgreSQL asked for more than 20
 * runs. ERR_DATABASE after a broken connection: it is not known whether the work was kept.
 * ERR_INTERNAL: called from inside a db_fn, or on a database opened read_only. */
typedef err (*db_fn)(db_conn *c, void *arg);
err db_write(db *d, db_fn fn, void *arg);

/* How many commits and how many functions they carried, since db_open. */
void db_write_counts(const db *d, int64_t *ret_commits, int64_t *ret_functions);

/* The snapshot is that of the first statement. Writing on it fails. All connections in use for 30 s:
 * ERR_BUSY; so do not hold one while waiting for another. */
err db_read_begin(db *d, db_conn **ret_c);
void db_read_end(db_conn *c); /* NULL is allowed */
void db_read_endp(db_conn **c);
#define DB_READ_AUTO __attribute__((cleanup(db_read_endp)))

/* Where many processes write to the same few rows, one after the other is faster than all at once, since on
 * PostgreSQL one of two has to begin anew and may lose again and again. `fn` locks a row of theirs (SELECT
 * ... FOR NO KEY UPDATE) on a connection of its own, and it stays locked until db_turn_end; the writes
 * themselves are db_write's, and none of them may change that row. Nothing rests on it: after 10 s without
 * the lock, and on SQLite, which has one writer, *ret_c is NULL and all goes on. */
void db_turn_begin(db *d, db_fn fn, void *arg, db_conn **ret_c);
void db_turn_end(db_conn *c); /* NULL is allowed */

/* One statement: db_sql, bind, step with db_row until false, then db_done, which reports the first
 * error of the whole and makes the statement free for its next use. Statements are prepared once per
 * connection and kept. `sql` must be a string literal (it is kept by address) with $1 to $64 at most. The
 * same literal may be open only once at a time on a connection. Different ones may be open together.
 * Without db_row, db_done runs the statement; a changing one with RETURNING always runs to its end.
 * BEGIN, COMMIT and their like are refused.
 *
 *     db_query *q = db_sql(c, "SELECT name FROM brand WHERE id = $1");
 *     db_bind_int(q, 1, brand);
 *     if (db_row(q)) name = db_text(q, arena, "name");
 *     return db_done(q);
 */
db_query *db_sql(db_conn *c, const char *sql);
void db_bind_int(db_query *q, int index, int64_t v); /* index counts from 1, as $1 */
void db_bind_text(db_query *q, int index,
                  str v); /* invalid UTF-8 or NUL makes the statement fail with ERR_INVALID */
void db_bind_blob(db_query *q, int index, str v);
void db_bind_null(db_query *q, int index);
void db_bind_int_or_null(db_query *q, int index, int64_t v); /* 0 binds NULL */
/* The bound bytes must live until db_done. */

bool db_row(db_query *q); /* the next row; false at the end or on error */
/* Columns by name; a name that is not in the result is a mistake of ours and aborts. NULL reads as 0 or
 * the empty str. Text and blobs are copied into the arena. A value of another kind makes the statement
 * fail with ERR_INTERNAL; comparisons and sums of integers read as integers on both engines. Name every
 * expression with AS, in lower case. */
int64_t db_int(db_query *q, const char *column);
str db_text(db_query *q, arena *a, const char *column);
str db_blob(db_query *q, arena *a, const char *column);
bool db_is_null(db_query *q, const char *column);

/* The row's columns by their place, from 0, whatever they are called: for copying whole tables. False behind
 * the last one. The bytes are valid until the next row. */
enum db_cell_kind { DB_CELL_NULL, DB_CELL_NUMBER, DB_CELL_TEXT, DB_CELL_BYTES };
struct db_cell {
    const char *column;
    enum db_cell_kind kind;
    int64_t number;
    str bytes;
};
bool db_cell_at(db_query *q, int place, struct db_cell *ret);

/* ERR_NONE, or the first error: ERR_CONFLICT for a unique or primary key already there, ERR_INVALID for
 * another constraint (NOT NULL, CHECK, a foreign key), ERR_FULL for no space, ERR_BUSY when the engine asks
 * to try again (db_write does), else ERR_DATABASE. Once for each db_sql. */
err db_done(db_query *q);
int64_t db_changes(
    const db_query *q); /* rows changed; call after db_done and before the next db_sql on that literal */

/* db_done of a changing statement without rows in a write whose caller goes on whatever it changed:
 * PostgreSQL is not waited for, so many of them cost one round trip. What fails is the error of a later
 * statement or of the write itself. db_changes says nothing. */
err db_done_later(db_query *q);

/* Bind nothing, read nothing: for one-off statements. One statement; nothing is kept, so `sql` need not be
 * a literal. */
err db_exec(db_conn *c, const char *sql);

/* A consistent copy of a SQLite database into a new file while others write (online backup). It is on the
 * disk and complete when it has its name. ERR_CONFLICT when something is at `path` already. ERR_INVALID on
 * PostgreSQL, where pg_dump does this. */
err db_copy_to(db *d, str path);

/* SQLite: what was deleted before is in no file any more. All that is committed is copied from the WAL into
 * the database's own file, the WAL becomes empty, and what deleted rows left behind in pages is overwritten.
 * Reads the whole file, in pieces between which others write. ERR_BUSY while somebody reads an older state or
 * writes all the time: try again later. PostgreSQL: nothing; its own VACUUM does this. */
err db_settle(db *d);

#endif
