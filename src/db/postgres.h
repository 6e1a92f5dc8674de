/* What the two halves of the PostgreSQL engine share: connections and transactions (postgres.c),
 * statements and values (postgres_query.c). */
#ifndef LONGHAND_DB_POSTGRES_H
#define LONGHAND_DB_POSTGRES_H

#include "db/db_driver.h"

typedef struct pg_conn PGconn;
typedef struct pg_result PGresult;

struct postgres_conn {
    db_conn base;
    PGconn *pg;
    bool again;          /* the transaction failed in a way that running it again may cure */
    bool there_already;  /* a duplicate, which may be a race lost to another transaction */
    bool broken;         /* the server is gone: close, never reuse */
    unsigned statements; /* prepared so far; names them */
    struct postgres_conn *next_idle;
};

/* Remember a failed result (or, NULL, the connection's trouble) as the transaction's error. */
err postgres_failed(struct postgres_conn *c, const PGresult *r);

err postgres_exec(db_conn *c, const char *sql);
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
