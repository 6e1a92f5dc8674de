/* store/export: whole tables, row by row, in and out, whatever columns they have. */
#ifndef LONGHAND_STORE_EXPORT_H
#define LONGHAND_STORE_EXPORT_H

#include "base/list.h"
#include "db/db.h"

enum { STORE_KEYS_MAX = 4, STORE_SECRETS_MAX = 5 };

/* A table that is copied, with its key beside brand_id. In the list a table stands behind those it refers to.
 */
struct store_table {
    const char *name;
    const char *keys[STORE_KEYS_MAX + 1];       /* up to the first NULL; none: one row a brand */
    const char *secrets[STORE_SECRETS_MAX + 1]; /* columns that are written as "" */
    bool of_desk;                               /* has no brand_id and is copied once */
};
extern const struct store_table store_tables[];
extern const int store_tables_n;
bool store_secret(const struct store_table *table, const char *column);
/* Tables that are not copied, and why. */
struct store_left_out {
    const char *name, *why;
};
extern const struct store_left_out store_left_out[];
extern const int store_left_out_n;

enum store_column_kind { COLUMN_NUMBER, COLUMN_TEXT, COLUMN_BYTES };
struct store_column {
    str name;
    enum store_column_kind kind;
};
typedef LIST(struct store_column) store_column_list;
/* In the order of the table; none when there is no such table. */
err store_columns(db_conn *c, arena *a, const char *table, store_column_list *ret);
/* The names of all tables there are. */
typedef LIST(str) store_name_list;
err store_table_names(db_conn *c, arena *a, store_name_list *ret);

/* At most `limit` rows of a brand behind the one whose keys are `after` (NULL: from the start), in the order
 * of their keys. `row` gets the query to read cells from (db_cell_at) and must not use the connection. */
struct store_page {
    const struct store_table *table;
    int64_t brand;
    int limit;
    const struct db_cell *after; /* as many as there are keys */
    err (*row)(void *context, db_query *q);
    void *context;
};
err store_export_page(db_conn *c, const struct store_page *page, int *ret_rows);

/* The statement that puts in one row; it lives in `a`, which must outlive the database's connections. */
const char *store_import_sql(arena *a, const struct store_table *table, const store_column_list *columns);
/* One row, cells in the order of the columns. */
err store_import_row(db_conn *c, const char *sql, const struct db_cell *cells, size_t n);
/* Before a row is put in, so that nothing can leave from a desk that is half brought in: what had not surely
 * left or surely failed where it came from may have left there since. It becomes uncertain, and says `says`;
 * what would send by itself is left out or skipped. */
enum store_import_as { IMPORT_AS_IT_IS, IMPORT_HELD /* a reply that became uncertain */, IMPORT_LEFT_OUT };
enum store_import_as store_import_hold(const struct store_table *table, const store_column_list *columns,
                                       struct db_cell *cells, str says);
/* Leases of whoever had them where it came from. */
err store_import_free_jobs(db_conn *c, int64_t brand);

#endif
