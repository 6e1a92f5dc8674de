#include "db/db_driver.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

enum { PARAMETERS_MAX = 64 };

/* Set while a db_fn runs on this thread. */
static _Thread_local bool inside_write;

void db_die(const char *what, const char *detail) {
    fprintf(stderr, "longhand: %s: %s\n", what, detail);
    abort();
}

void *db_alloc(size_t n) { return memory_zeroed(n); }

/* Databases. */

err db_open(const struct db_options *options, db **ret_db) {
    struct db_options o = *options;
    if (o.connections <= 0) o.connections = DB_DEFAULT_CONNECTIONS;
    bool postgres = str_starts(o.target, S("postgres://")) || str_starts(o.target, S("postgresql://"));
    db *d = NULL;
    TRY(postgres ? postgres_open(&o, &d) : sqlite_open(&o, &d));
    *ret_db = d;
    return ERR_NONE;
}

void db_close(db *d) {
    if (d) d->driver->close(d);
}

db_engine db_engine_of(const db *d) { return d->driver->engine; }

db_engine db_conn_engine(const db_conn *c) { return c->driver->engine; }

err db_write(db *d, db_fn fn, void *arg) {
    if (d->read_only) return err_set(ERR_INTERNAL, "The database was opened for reading only.");
    if (inside_write) return err_set(ERR_INTERNAL, "db_write was called from inside a db_write function.");
    return d->driver->write(d, fn, arg);
}

void db_write_counts(const db *d, int64_t *ret_commits, int64_t *ret_functions) {
    *ret_commits = atomic_load(&d->commits);
    *ret_functions = atomic_load(&d->functions);
}

err db_read_begin(db *d, db_conn **ret_c) { return d->driver->read_begin(d, ret_c); }

void db_read_end(db_conn *c) {
    if (c) c->driver->read_end(c);
}

void db_turn_begin(db *d, db_fn fn, void *arg, db_conn **ret_c) {
    *ret_c = NULL;
    if (d->driver->turn_begin) d->driver->turn_begin(d, fn, arg, ret_c);
}

void db_turn_end(db_conn *c) { db_read_end(c); }

void db_read_endp(db_conn **c) { db_read_end(*c); }

err db_copy_to(db *d, str path) { return d->driver->copy_to(d, path); }
err db_settle(db *d) { return d->driver->settle(d); }

/* Connections. */

void db_conn_init(db_conn *c, db *d) {
    c->driver = d->driver;
    c->d = d;
    c->broken = (db_query){.c = c, .sql = "", .error = ERR_INTERNAL, .open = true};
}

void db_conn_clear(db_conn *c) {
    for (size_t i = 0; i < c->cap; i++) {
        db_query *q = c->table[i];
        if (!q) continue;
        free(q->copy);
        c->driver->query_free(q);
    }
    free(c->table);
    c->table = NULL;
    c->n = c->cap = 0;
    c->open_queries = 0;
}

void db_conn_start(db_conn *c, bool writing) {
    c->writing = writing;
    c->failed = ERR_NONE;
    c->why[0] = 0;
}

static void remember(db_conn *c, err code) {
    if (c->failed) return;
    c->failed = code;
    snprintf(c->why, sizeof c->why, "%s", err_text());
}

err db_conn_fail(db_conn *c, err code, const char *fmt, ...) {
    char text[DB_WHY];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    err_set(code, "%s", text);
    remember(c, code);
    return code;
}

void db_query_fail(db_query *q, err code, const char *fmt, ...) {
    if (q->error) return;
    char text[DB_WHY];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    q->error = code;
    err_set(code, "%s", text);
    remember(q->c, code);
}

/* What never reached the engine leaves a read transaction usable; a write must not go on without it. */
static void refuse_bind(db_query *q, err code, const char *why, int index) {
    if (q->error) return;
    q->error = code;
    err_set(code, "%s ($%d of a statement).", why, index);
    if (q->c->writing)
        remember(q->c, code);
    else
        snprintf(q->c->why, sizeof q->c->why, "%s", err_text());
}

void db_conn_close_queries(db_conn *c) {
    if (!c->open_queries) return;
    for (size_t i = 0; i < c->cap; i++) {
        db_query *q = c->table[i];
        if (!q || !q->open) continue;
        if (c->writing && !q->error && !q->ran)
            db_query_fail(q, ERR_INTERNAL, "A statement was begun and never run: %.200s", q->copy);
        else if (c->writing && !q->error)
            c->driver->query_finish(q);
        c->driver->query_reset(q);
        q->open = false;
    }
    c->open_queries = 0;
}

err db_conn_run(db_conn *c, db_fn fn, void *arg) {
    db_conn_start(c, true);
    inside_write = true;
    err code = fn(c, arg);
    inside_write = false;
    if (code) {
        /* Closing may set a sentence of its own; the function's stays. */
        char text[DB_WHY];
        snprintf(text, sizeof text, "%s", err_text());
        db_conn_close_queries(c);
        return err_set(code, "%s", text);
    }
    db_conn_close_queries(c);
    if (c->failed) return err_set(ERR_INTERNAL, "A statement failed and its function went on: %s", c->why);
    return ERR_NONE;
}

/* Statements. */

static size_t slot_of(const db_conn *c, const char *sql) {
    uintptr_t h = (uintptr_t)sql;
    h = (h ^ (h >> 17)) * (uintptr_t)0x9E3779B97F4A7C15u;
    size_t i = (h >> 20) & (c->cap - 1);
    while (c->table[i] && c->table[i]->sql != sql) i = (i + 1) & (c->cap - 1);
    return i;
}

static void grow(db_conn *c) {
    db_query **old = c->table;
    size_t old_cap = c->cap;
    c->cap = old_cap ? old_cap * 2 : 64;
    c->table = db_alloc(c->cap * sizeof *c->table);
    for (size_t i = 0; i < old_cap; i++)
        if (old[i]) c->table[slot_of(c, old[i]->sql)] = old[i];
    free(old);
}

/* Transactions belong to db_write and db_read_begin: a COMMIT inside would keep half of a batch. */
static bool controls_transaction(const char *sql) {
    static const char *const words[] = {"BEGIN",    "START",     "COMMIT",  "END",
                                        "ROLLBACK", "SAVEPOINT", "RELEASE", "ABORT"};
    while (*sql == ' ' || *sql == '\n' || *sql == '\t') sql++;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i]);
        char after = strncasecmp(sql, words[i], n) == 0 ? sql[n] : 'x';
        if (after == 0 || after == ' ' || after == ';' || after == '\n') return true;
    }
    return false;
}

static db_query *query_of(db_conn *c, const char *sql) {
    if ((c->n + 1) * 4 > c->cap * 3) grow(c);
    size_t i = slot_of(c, sql);
    db_query *q = c->table[i];
    if (q) {
        if (strcmp(q->copy, sql) != 0) db_die("a statement is not a literal", sql);
        return q;
    }
    q = c->driver->query_new(c);
    q->c = c;
    q->sql = sql;
    size_t n = strlen(sql) + 1;
    q->copy = db_alloc(n);
    memcpy(q->copy, sql, n);
    c->table[i] = q;
    c->n++;
    return q;
}

db_query *db_sql(db_conn *c, const char *sql) {
    db_query *q = query_of(c, sql);
    if (q->open) {
        db_conn_fail(c, ERR_INTERNAL, "A statement was opened twice at a time: %.200s", sql);
        return &c->broken;
    }
    q->open = true;
    c->open_queries++;
    q->error = c->failed;
    q->bound = 0;
    q->ran = q->has_row = false;
    q->changes = 0;
    if (q->error) return q;
    if (controls_transaction(sql))
        db_query_fail(q, ERR_INTERNAL, "Not a statement for here: %.100s", sql);
    else
        c->driver->query_start(q);
    return q;
}

static void bind(db_query *q, int index, const struct db_value *v, bool typed_null) {
    if (q->error) return;
    if (index < 1 || index > PARAMETERS_MAX) {
        refuse_bind(q, ERR_INTERNAL, "There is no such parameter", index);
        return;
    }
    q->bound |= UINT64_C(1) << (index - 1);
    q->c->driver->query_bind(q, index, v, typed_null);
}

void db_bind_int(db_query *q, int index, int64_t v) {
    bind(q, index, &(struct db_value){.kind = DB_NUMBER, .number = v}, false);
}

void db_bind_text(db_query *q, int index, str v) {
    if (!str_is_utf8(v))
        refuse_bind(q, ERR_INVALID, "The text is not valid UTF-8", index);
    else if (str_has(v, 0))
        refuse_bind(q, ERR_INVALID, "The text holds a NUL character", index);
    /* Both engines take a NULL pointer for NULL, and the empty str may be one. */
    bind(q, index, &(struct db_value){.kind = DB_TEXT, .bytes = v.n ? v : S("")}, false);
}

void db_bind_blob(db_query *q, int index, str v) {
    bind(q, index, &(struct db_value){.kind = DB_BLOB, .bytes = v.n ? v : S("")}, false);
}

void db_bind_null(db_query *q, int index) { bind(q, index, &(struct db_value){.kind = DB_NULL}, false); }

void db_bind_int_or_null(db_query *q, int index, int64_t v) {
    if (v)
        db_bind_int(q, index, v);
    else
        bind(q, index, &(struct db_value){.kind = DB_NULL}, true);
}

bool db_row(db_query *q) {
    if (q->error || (q->ran && !q->has_row)) return false;
    bool got = q->c->driver->query_row(q);
    q->ran = true;
    q->has_row = got && !q->error;
    return q->has_row;
}

static bool value_of(db_query *q, const char *column, struct db_value *ret_value) {
    if (q->error) return false;
    if (!q->has_row) db_die("a column was read where there is no row", column);
    /* Columns are mostly read in their order, so the one after the last is tried first. */
    for (int tried = 0, i = q->next < q->columns ? q->next : 0; tried < q->columns; tried++) {
        if (strcmp(q->c->driver->column_name(q, i), column) == 0) {
            q->c->driver->column_value(q, i, ret_value);
            q->next = i + 1;
            return true;
        }
        i = i + 1 < q->columns ? i + 1 : 0;
    }
    db_die("no such column in a result", column);
}

static bool typed_value(db_query *q, const char *column, enum db_kind kind, struct db_value *ret_value) {
    if (!value_of(q, column, ret_value) || ret_value->kind == DB_NULL) return false;
    if (ret_value->kind == kind) return true;
    static const char *const names[] = {"null", "a number", "text", "bytes", "of another type"};
    db_query_fail(q, ERR_INTERNAL, "The column %s is %s, not %s.", column, names[ret_value->kind],
                  names[kind]);
    return false;
}

int64_t db_int(db_query *q, const char *column) {
    struct db_value v = {0};
    return typed_value(q, column, DB_NUMBER, &v) ? v.number : 0;
}

str db_text(db_query *q, arena *a, const char *column) {
    struct db_value v = {0};
    return typed_value(q, column, DB_TEXT, &v) ? str_copy(a, v.bytes) : S("");
}

str db_blob(db_query *q, arena *a, const char *column) {
    struct db_value v = {0};
    return typed_value(q, column, DB_BLOB, &v) ? str_copy(a, v.bytes) : S("");
}

bool db_is_null(db_query *q, const char *column) {
    struct db_value v = {0};
    return !value_of(q, column, &v) || v.kind == DB_NULL;
}

bool db_cell_at(db_query *q, int place, struct db_cell *ret) {
    struct db_value v = {0};
    if (q->error || place >= q->columns) return false;
    if (!q->has_row) db_die("a column was read where there is no row", q->copy);
    q->c->driver->column_value(q, place, &v);
    if (v.kind == DB_OTHER) {
        db_query_fail(q, ERR_INTERNAL, "Column %d is of a type that no table of ours has.", place);
        return false;
    }
    *ret =
        (struct db_cell){q->c->driver->column_name(q, place), (enum db_cell_kind)v.kind, v.number, v.bytes};
    return true;
}

err db_done(db_query *q) {
    db_conn *c = q->c;
    if (q != &c->broken) {
        if (!q->open) db_die("db_done was called twice", q->copy);
        if (!q->error) c->driver->query_finish(q);
        c->driver->query_reset(q);
        q->open = false;
        q->has_row = false;
        c->open_queries--;
    }
    return q->error ? err_set(q->error, "%s", c->why) : ERR_NONE;
}

err db_done_later(db_query *q) {
    const struct db_driver *driver = q->c->driver;
    if (driver->query_later && q->open && !q->error && !q->ran && q->c->writing) {
        driver->query_later(q);
        q->ran = true;
    }
    return db_done(q);
}

int64_t db_changes(const db_query *q) { return q->changes; }

err db_exec(db_conn *c, const char *sql) {
    if (c->failed) return err_set(c->failed, "%s", c->why);
    if (controls_transaction(sql))
        return db_conn_fail(c, ERR_INTERNAL, "Not a statement for here: %.100s", sql);
    return c->driver->exec(c, sql);
}
