/* What the shared front (db.c) and the two engines (sqlite*.c, postgres*.c) know of each other.
 *
 * The front keeps the rules that must be the same on both engines: the statement table, the checks on
 * what is bound, the first error of a statement, and the poisoned transaction. An engine embeds the
 * structs below as the first member of its own. */
#ifndef LONGHAND_DB_DB_DRIVER_H
#define LONGHAND_DB_DB_DRIVER_H

#include <stdatomic.h>

#include "db/db.h"

enum { DB_DEFAULT_CONNECTIONS = 8, DB_POOL_WAIT_MS = 30000, DB_WHY = 512 };

/* DB_OTHER: a type no column of ours has, such as a fraction. */
enum db_kind { DB_NULL, DB_NUMBER, DB_TEXT, DB_BLOB, DB_OTHER };

struct db_value {
    enum db_kind kind;
    int64_t number;
    str bytes; /* of a column: valid until the next row or the statement's end */
};

struct db_driver {
    db_engine engine;

    void (*close)(db *d);
    err (*write)(db *d, db_fn fn, void *arg);
    err (*read_begin)(db *d, db_conn **ret_c);
    void (*read_end)(db_conn *c);
    void (*turn_begin)(db *d, db_fn fn, void *arg, db_conn **ret_c); /* NULL: there is no need */
    err (*copy_to)(db *d, str path);
    err (*settle)(db *d);

    /* Run one statement without parameters and keep nothing of it. Fails by db_conn_fail. */
    err (*exec)(db_conn *c, const char *sql);

    /* A query for q->sql, not yet prepared. Never NULL. */
    db_query *(*query_new)(db_conn *c);
    void (*query_free)(db_query *q);
    /* Called by every db_sql; prepares when that is still to be done. These fail by db_query_fail. */
    void (*query_start)(db_query *q);
    void (*query_bind)(db_query *q, int index, const struct db_value *v, bool typed_null);
    bool (*query_row)(db_query *q);
    /* Run what was not run, let a changing statement finish, set q->changes. */
    void (*query_finish)(db_query *q);
    void (*query_later)(db_query *q); /* NULL: an engine that nothing is waited for */
    void (*query_reset)(db_query *q); /* ready for the next db_sql, the bound bytes forgotten */
    const char *(*column_name)(db_query *q, int column);
    void (*column_value)(db_query *q, int column, struct db_value *ret_value);
};

struct db {
    const struct db_driver *driver;
    bool read_only;
    _Atomic int64_t commits, functions;
};

struct db_query {
    db_conn *c;
    const char *sql; /* the literal, the key of the table */
    char *copy;      /* its text, to notice a caller whose sql is no literal */
    err error;
    uint64_t bound; /* bit i-1: $i is bound */
    int columns;    /* of the result; set once run */
    int next;       /* the column after the one read last */
    bool open, ran, has_row;
    int64_t changes;
};

struct db_conn {
    const struct db_driver *driver;
    db *d;
    bool writing;
    err failed; /* the transaction's first error: nothing more is run in it */
    char why[DB_WHY];
    db_query **table; /* open addressing by the literal's address; cap is a power of two */
    size_t n, cap;
    int open_queries;
    db_query broken; /* given out where a statement was opened twice */
};

err sqlite_open(const struct db_options *options, db **ret_db);
err postgres_open(const struct db_options *options, db **ret_db);

void *db_alloc(size_t n); /* zeroed, never NULL (base/memory.h) */
_Noreturn void db_die(const char *what, const char *detail);

void db_conn_init(db_conn *c, db *d);
void db_conn_clear(db_conn *c);               /* frees every query of the connection */
void db_conn_start(db_conn *c, bool writing); /* a new transaction: no error yet */
/* Reset what was left open. A statement that was bound but never run counts as an error when writing. */
void db_conn_close_queries(db_conn *c);

/* Set the sentence, remember the first error of the transaction. */
err db_conn_fail(db_conn *c, err code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void db_query_fail(db_query *q, err code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Run `fn` with the rules of a write around it: no write inside a write, statements closed at the end,
 * a failed statement never followed by ERR_NONE. The sentence is in err_text. */
err db_conn_run(db_conn *c, db_fn fn, void *arg);

#endif
