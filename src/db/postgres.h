/* What the two halves of the PostgreSQL engine share: connections and transactions (postgres.c),
 * statements and values (postgres_query.c). */
#ifndef LONGHAND_DB_POSTGRES_H
#define LONGHAND_DB_POSTGRES_H

#include "db/db_driver.h"

typedef struct pg_conn PGconn;
typedef struct pg_result PGresult;

enum { POSTGRES_SENT_MAX = 64 };

struct postgres_conn {
    db_conn base;
    PGconn *pg;
    bool again;                   /* the transaction failed in a way that running it again may cure */
    bool there_already;           /* a duplicate, which may be a race lost to another transaction */
    bool broken;                  /* the server is gone: close, never reuse */
    unsigned statements;          /* prepared so far; names them */
    char sent[POSTGRES_SENT_MAX]; /* what is to be answered, in order: 'c' a statement, 's' a sync */
    int nsent;
    const char *begin; /* of this transaction */
    bool untried;      /* nothing of this transaction was answered yet */
    struct postgres_conn *next_idle;
};

/* Remember a failed result (or, NULL, the connection's trouble) as the transaction's error. */
err postgres_failed(struct postgres_conn *c, const PGresult *r);

/* Reading only: a connection that was lost before anything of the transaction was answered is opened anew,
 * with the transaction begun in it, and its error is forgotten. False: there is nothing to be had. */
bool postgres_again(struct postgres_conn *c);

/* postgres_pipe.c. Statements are sent in order; false, with the error remembered, where that cannot be. */
bool postgres_pipe_open(struct postgres_conn *c);
bool postgres_send(struct postgres_conn *c, const char *sql); /* without parameters or rows */
bool postgres_send_prepare(struct postgres_conn *c, const char *name, const char *sql, int n,
                           const unsigned *types);
bool postgres_send_prepared(struct postgres_conn *c, const char *name, int n, const char *const *values,
                            const int *lengths, const int *formats);
/* Wait for the answers to all that was sent. The last one's; NULL when any failed, which is remembered. */
PGresult *postgres_answer(struct postgres_conn *c);
bool postgres_command(struct postgres_conn *c, const char *sql, const char *tag); /* send it and wait */
bool postgres_begin(struct postgres_conn *c, const char *begin); /* goes out with the first statement */
bool postgres_leave(struct postgres_conn *c); /* ROLLBACK; its answer is read with the next one */
bool postgres_is_alive(struct postgres_conn *c);

err postgres_exec(db_conn *c, const char *sql);
void postgres_forget_statements(struct postgres_conn *c); /* the server has none of them any more */
void postgres_query_later(db_query *q);
db_query *postgres_query_new(db_conn *c);
void postgres_query_free(db_query *q);
void postgres_query_start(db_query *q);
void postgres_query_bind(db_query *q, int index, const struct db_value *v, bool typed_null);
bool postgres_query_row(db_query *q);
void postgres_query_finish(db_query *q);
void postgres_query_reset(db_query *q);
const char *postgres_column_name(db_query *q, int column);
void postgres_column_value(db_query *q, int column, struct db_value *ret_value);

#endif
