#include "db/sqlite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sqlite3.h"

enum {
    APPLICATION_ID = 0x4C6E6768, /* "Lngh" in the file's header */
    PARAMETERS_MAX = 64,
    BUSY_DEFAULT_MS = 10000,
    BUSY_TIMEOUT_MS = 5000, /* of one try */
};

struct sqlite_query {
    db_query base;
    sqlite3_stmt *stmt;                /* NULL while not prepared */
    uint64_t wanted;                   /* bit i-1: the statement has $i */
    uint8_t at[PARAMETERS_MAX];        /* SQLite's own index of $(i+1): it counts by first appearance */
    bool changing, stepped_to_the_end; /* changing: not a pure reading statement */
};

static struct sqlite_conn *conn_of(db_query *q) { return (struct sqlite_conn *)q->c; }

err sqlite_code(sqlite3 *h, int rc) {
    int os = sqlite3_system_errno(h);
    switch (rc & 0xff) {
    case SQLITE_CONSTRAINT:
        if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
            rc == SQLITE_CONSTRAINT_ROWID)
            return ERR_CONFLICT;
        return ERR_INVALID;
    case SQLITE_MISMATCH: return ERR_INVALID;
    case SQLITE_TOOBIG: return ERR_LIMIT;
    case SQLITE_FULL: return ERR_FULL;
    case SQLITE_NOMEM: /* surely not kept, and there may be memory soon */
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ERR_BUSY;
    case SQLITE_IOERR: return os == ENOSPC || os == EDQUOT || os == EFBIG ? ERR_FULL : ERR_DATABASE;
    default: return ERR_DATABASE;
    }
}

int sqlite_run(sqlite3_stmt *s) {
    int rc = sqlite3_step(s);
    int reset = sqlite3_reset(s);
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? reset : rc;
}

static err refused(sqlite3 *h) {
    int rc = sqlite3_extended_errcode(h);
    return err_set(sqlite_code(h, rc), "SQLite: %s.", sqlite3_errmsg(h));
}

/* Connections. */

static err set_up(struct sqlite_conn *c, enum sqlite_use use, const struct sqlite_db *d) {
    /* Memory counts: no mmap, small reader caches. secure_delete wipes what is deleted, in freed pages
     * too; what an erased customer wrote should not stay in the file. */
    static const char common[] = "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"
                                 "PRAGMA synchronous = FULL; PRAGMA mmap_size = 0;"
                                 "PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = 0;"
                                 "PRAGMA journal_size_limit = 67108864;";
    sqlite3 *h = c->h;
    sqlite3_extended_result_codes(h, 1);
    sqlite3_busy_timeout(h, d->busy_ms < BUSY_TIMEOUT_MS ? d->busy_ms : BUSY_TIMEOUT_MS);
    sqlite3_db_config(h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    /* Without this a statement on a table with a partial index is planned anew each time a value is bound. */
    sqlite3_db_config(h, SQLITE_DBCONFIG_ENABLE_QPSG, 1, NULL);
    if (d->create && sqlite3_exec(h, "PRAGMA journal_mode = WAL;", NULL, NULL, NULL)) return refused(h);
    if (sqlite3_exec(h, common, NULL, NULL, NULL)) return refused(h);
    const char *cache = use == SQLITE_FOR_WRITING ? "PRAGMA cache_size = -16000;"
                                                  : "PRAGMA cache_size = -4000; PRAGMA query_only = ON;";
    if (sqlite3_exec(h, cache, NULL, NULL, NULL)) return refused(h);
    const char *begin = use == SQLITE_FOR_WRITING ? "BEGIN IMMEDIATE" : "BEGIN";
    if (sqlite3_prepare_v3(h, begin, -1, SQLITE_PREPARE_PERSISTENT, &c->begin, NULL) ||
        sqlite3_prepare_v3(h, "COMMIT", -1, SQLITE_PREPARE_PERSISTENT, &c->commit, NULL) ||
        sqlite3_prepare_v3(h, "ROLLBACK", -1, SQLITE_PREPARE_PERSISTENT, &c->rollback, NULL))
        return refused(h);
    return ERR_NONE;
}

err sqlite_conn_open(struct sqlite_db *d, enum sqlite_use use, struct sqlite_conn **ret_c) {
    struct sqlite_conn *c = db_alloc(sizeof *c);
    db_conn_init(&c->base, &d->base);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (d->create ? SQLITE_OPEN_CREATE : 0);
    err code = ERR_NONE;
    if (sqlite3_open_v2(d->path, &c->h, flags, NULL)) {
        code = c->h ? err_set(ERR_DATABASE, "SQLite cannot open %.300s: %s.", d->path, sqlite3_errmsg(c->h))
                    : err_set(ERR_DATABASE, "SQLite has no memory to open %.300s.", d->path);
    } else {
        code = set_up(c, use, d);
    }
    if (code) {
        sqlite_conn_close(c);
        return code;
    }
    *ret_c = c;
    return ERR_NONE;
}

void sqlite_conn_close(struct sqlite_conn *c) {
    if (!c) return;
    db_conn_clear(&c->base);
    sqlite3_finalize(c->begin);
    sqlite3_finalize(c->commit);
    sqlite3_finalize(c->rollback);
    sqlite3_close_v2(c->h);
    free(c);
}

/* Our own file says so in its header; another program's file is left alone. */
static err claim(struct sqlite_conn *c, bool read_only) {
    sqlite3_stmt *s = NULL;
    int id = 0;
    if (sqlite3_prepare_v2(c->h, "PRAGMA application_id", -1, &s, NULL)) return refused(c->h);
    int rc = sqlite3_step(s);
    if (rc == SQLITE_ROW) id = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    if (rc != SQLITE_ROW) return refused(c->h);
    if (id == APPLICATION_ID || (id == 0 && read_only)) return ERR_NONE;
    if (id) return err_set(ERR_DATABASE, "The database file belongs to another program.");
    char sql[64];
    snprintf(sql, sizeof sql, "PRAGMA application_id = %d", APPLICATION_ID);
    return sqlite3_exec(c->h, sql, NULL, NULL, NULL) ? refused(c->h) : ERR_NONE;
}

/* Readers. */

static err read_begin(db *base, db_conn **ret_c) {
    struct sqlite_db *d = (struct sqlite_db *)base;
    struct sqlite_conn *c = NULL;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += DB_POOL_WAIT_MS / 1000;
    pthread_mutex_lock(&d->mutex);
    int late = 0;
    while (!d->idle && d->opened >= d->most && !late)
        late = pthread_cond_timedwait(&d->returned, &d->mutex, &until);
    if (d->idle) {
        c = d->idle;
        d->idle = c->next_idle;
        d->idle_n--;
    } else if (d->opened < d->most) {
        d->opened++;
        late = 0;
    }
    pthread_mutex_unlock(&d->mutex);
    if (!c && late) return err_set(ERR_BUSY, "All %d database readers are in use.", d->most);
    err code = c ? ERR_NONE : sqlite_conn_open(d, SQLITE_FOR_READING, &c);
    if (code) {
        pthread_mutex_lock(&d->mutex);
        d->opened--;
        pthread_cond_signal(&d->returned);
        pthread_mutex_unlock(&d->mutex);
        return code;
    }
    db_conn_start(&c->base, false);
    if (sqlite_run(c->begin)) {
        code = refused(c->h);
        db_read_end(&c->base);
        return code;
    }
    *ret_c = &c->base;
    return ERR_NONE;
}

static void read_end(db_conn *base) {
    struct sqlite_conn *c = (struct sqlite_conn *)base;
    struct sqlite_db *d = (struct sqlite_db *)base->d;
    db_conn_close_queries(base);
    if (!sqlite3_get_autocommit(c->h) && sqlite_run(c->commit)) sqlite_run(c->rollback);
    bool usable = sqlite3_get_autocommit(c->h);
    if (!usable) sqlite_conn_close(c);
    pthread_mutex_lock(&d->mutex);
    if (usable) {
        c->next_idle = d->idle;
        d->idle = c;
        d->idle_n++;
    } else {
        d->opened--;
    }
    pthread_cond_signal(&d->returned);
    pthread_mutex_unlock(&d->mutex);
}

/* Statements. */

static err exec(db_conn *base, const char *sql) {
    struct sqlite_conn *c = (struct sqlite_conn *)base;
    sqlite3_stmt *s = NULL;
    const char *tail = "";
    int rc = sqlite3_prepare_v2(c->h, sql, -1, &s, &tail);
    if (!rc && tail[strspn(tail, " \t\r\n;")])
        db_conn_fail(base, ERR_INTERNAL, "More than one statement at once: %.200s", sql);
    while (!rc && s && !base->failed) {
        rc = sqlite3_step(s);
        if (rc == SQLITE_DONE) break;
        if (rc == SQLITE_ROW) rc = SQLITE_OK;
    }
    if (rc && rc != SQLITE_DONE)
        db_conn_fail(base, sqlite_code(c->h, rc), "SQLite: %s.", sqlite3_errmsg(c->h));
    sqlite3_finalize(s);
    return base->failed;
}

static db_query *query_new(db_conn *c) {
    (void)c;
    return db_alloc(sizeof(struct sqlite_query));
}

static void query_free(db_query *q) {
    sqlite3_finalize(((struct sqlite_query *)q)->stmt);
    free(q);
}

static void engine_failed(db_query *q, int rc) {
    sqlite3 *h = conn_of(q)->h;
    db_query_fail(q, sqlite_code(h, rc), "SQLite: %s.", sqlite3_errmsg(h));
}

static void learn_parameters(db_query *base) {
    struct sqlite_query *q = (struct sqlite_query *)base;
    q->wanted = 0;
    for (int i = 1; i <= sqlite3_bind_parameter_count(q->stmt); i++) {
        const char *name = sqlite3_bind_parameter_name(q->stmt, i);
        int64_t n;
        if (!name || name[0] != '$' || !str_to_int(str_z(name + 1), &n) || n < 1 || n > PARAMETERS_MAX) {
            db_query_fail(base, ERR_INTERNAL, "Parameters are $1 to $%d: %.200s", PARAMETERS_MAX, base->copy);
            return;
        }
        q->wanted |= UINT64_C(1) << (n - 1);
        q->at[n - 1] = (uint8_t)i;
    }
}

static void query_start(db_query *base) {
    struct sqlite_query *q = (struct sqlite_query *)base;
    q->stepped_to_the_end = false;
    if (q->stmt) return;
    const char *tail = "";
    int rc = sqlite3_prepare_v3(conn_of(base)->h, base->copy, -1, SQLITE_PREPARE_PERSISTENT, &q->stmt, &tail);
    if (rc) {
        engine_failed(base, rc);
        return;
    }
    if (!q->stmt || tail[strspn(tail, " \t\r\n;")]) {
        db_query_fail(base, ERR_INTERNAL, "Not one statement: %.200s", base->copy);
    } else {
        learn_parameters(base);
        q->changing = !sqlite3_stmt_readonly(q->stmt);
    }
    if (base->error) {
        sqlite3_finalize(q->stmt);
        q->stmt = NULL;
    }
}

static void query_bind(db_query *base, int index, const struct db_value *v, bool typed_null) {
    (void)typed_null;
    struct sqlite_query *q = (struct sqlite_query *)base;
    if (!(q->wanted >> (index - 1) & 1)) {
        db_query_fail(base, ERR_INTERNAL, "There is no $%d in: %.200s", index, base->copy);
        return;
    }
    int at = q->at[index - 1], rc = SQLITE_OK;
    switch (v->kind) {
    case DB_NULL: rc = sqlite3_bind_null(q->stmt, at); break;
    case DB_NUMBER: rc = sqlite3_bind_int64(q->stmt, at, v->number); break;
    case DB_TEXT:
        rc = sqlite3_bind_text64(q->stmt, at, v->bytes.p, v->bytes.n, SQLITE_STATIC, SQLITE_UTF8);
        break;
    case DB_BLOB: rc = sqlite3_bind_blob64(q->stmt, at, v->bytes.p, v->bytes.n, SQLITE_STATIC); break;
    case DB_OTHER: rc = SQLITE_MISUSE; break;
    }
    if (rc) engine_failed(base, rc);
}

static bool query_row(db_query *base) {
    struct sqlite_query *q = (struct sqlite_query *)base;
    if (!base->ran && base->bound != q->wanted) {
        db_query_fail(base, ERR_INTERNAL, "Not every parameter was bound: %.200s", base->copy);
        return false;
    }
    int rc = sqlite3_step(q->stmt);
    if (rc == SQLITE_ROW) {
        base->columns = sqlite3_column_count(q->stmt);
        return true;
    }
    q->stepped_to_the_end = true;
    if (rc != SQLITE_DONE)
        engine_failed(base, rc);
    else if (q->changing)
        base->changes = sqlite3_changes64(conn_of(base)->h);
    return false;
}

/* A changing statement with RETURNING is stepped to its end, as PostgreSQL does. */
static void query_finish(db_query *base) {
    struct sqlite_query *q = (struct sqlite_query *)base;
    bool more = !q->stepped_to_the_end && (!base->ran || q->changing);
    while (more && !base->error) {
        more = query_row(base) && q->changing;
        base->ran = true;
    }
}

static void query_reset(db_query *base) {
    struct sqlite_query *q = (struct sqlite_query *)base;
    if (!q->stmt) return;
    sqlite3_reset(q->stmt);
    sqlite3_clear_bindings(q->stmt);
}

static const char *column_name(db_query *q, int column) {
    return sqlite3_column_name(((struct sqlite_query *)q)->stmt, column);
}

static void column_value(db_query *base, int column, struct db_value *ret_value) {
    sqlite3_stmt *s = ((struct sqlite_query *)base)->stmt;
    struct db_value v = {.kind = DB_OTHER};
    switch (sqlite3_column_type(s, column)) {
    case SQLITE_NULL: v.kind = DB_NULL; break;
    case SQLITE_INTEGER:
        v.kind = DB_NUMBER;
        v.number = sqlite3_column_int64(s, column);
        break;
    case SQLITE_TEXT:
        v.kind = DB_TEXT;
        v.bytes.p = (const char *)sqlite3_column_text(s, column);
        v.bytes.n = (size_t)sqlite3_column_bytes(s, column);
        break;
    case SQLITE_BLOB:
        v.kind = DB_BLOB;
        v.bytes.p = sqlite3_column_blob(s, column);
        v.bytes.n = (size_t)sqlite3_column_bytes(s, column);
        break;
    }
    /* SQLite gives NULL for a text that it had no memory to convert; it must not pass for an empty one. */
    bool without = (v.kind == DB_TEXT || v.kind == DB_BLOB) && !v.bytes.p;
    if (without && sqlite3_errcode(conn_of(base)->h) == SQLITE_NOMEM) {
        engine_failed(base, SQLITE_NOMEM);
        v.kind = DB_NULL;
    }
    *ret_value = v;
}

/* The database. */

static void close_db(db *base) {
    struct sqlite_db *d = (struct sqlite_db *)base;
    sqlite_writer_stop(d->writer);
    if (d->idle_n != d->opened) db_die("db_close while a read is open", d->path);
    while (d->idle) {
        struct sqlite_conn *c = d->idle;
        d->idle = c->next_idle;
        sqlite_conn_close(c);
    }
    pthread_cond_destroy(&d->returned);
    pthread_mutex_destroy(&d->mutex);
    free(d->path);
    free(d);
}

static err write_db(db *d, db_fn fn, void *arg) {
    return sqlite_writer_write(((struct sqlite_db *)d)->writer, fn, arg);
}

static const struct db_driver driver = {
    .engine = DB_SQLITE,
    .close = close_db,
    .write = write_db,
    .read_begin = read_begin,
    .read_end = read_end,
    .copy_to = sqlite_copy_to,
    .settle = sqlite_settle,
    .exec = exec,
    .query_new = query_new,
    .query_free = query_free,
    .query_start = query_start,
    .query_bind = query_bind,
    .query_row = query_row,
    .query_finish = query_finish,
    .query_reset = query_reset,
    .column_name = column_name,
    .column_value = column_value,
};

static err check_place(const char *path, bool read_only) {
    struct stat st;
    if (read_only) {
        if (stat(path, &st)) return err_set(ERR_MISSING, "There is no database at %.300s.", path);
        return ERR_NONE;
    }
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 0;
    char folder[4096] = ".";
    if (n >= sizeof folder) return err_set(ERR_INVALID, "The path of the database is too long.");
    if (slash) snprintf(folder, sizeof folder, "%.*s", n ? (int)n : 1, path);
    if (stat(folder, &st) || !S_ISDIR(st.st_mode))
        return err_set(ERR_MISSING, "There is no folder %.300s for the database.", folder);
    return ERR_NONE;
}

err sqlite_open(const struct db_options *options, db **ret_db) {
    if (options->target.n == 0 || str_has(options->target, 0))
        return err_set(ERR_INVALID, "The path of the database is empty or holds a NUL.");
    struct sqlite_db *d = db_alloc(sizeof *d);
    d->base.driver = &driver;
    d->base.read_only = options->read_only;
    d->create = !options->read_only;
    d->most = options->connections;
    d->busy_ms = options->busy_ms > 0 ? options->busy_ms : BUSY_DEFAULT_MS;
    d->path = db_alloc(options->target.n + 1);
    memcpy(d->path, options->target.p, options->target.n);
    pthread_mutex_init(&d->mutex, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&d->returned, &monotonic);
    pthread_condattr_destroy(&monotonic);

    struct sqlite_conn *first = NULL;
    err code = check_place(d->path, options->read_only);
    if (!code) code = sqlite_conn_open(d, SQLITE_FOR_WRITING, &first);
    if (!code) code = claim(first, options->read_only);
    /* From here on the file is there. If somebody moves it away, a connection that made another one would
     * have SQLite delete the WAL, since it belongs to no page of an empty file. */
    d->create = false;
    if (!code && !options->read_only) code = sqlite_writer_start(d, &d->writer);
    /* After the writer's own connection is open, so that the WAL file stays in place between the two. */
    sqlite_conn_close(first);
    if (code) {
        close_db(&d->base);
        return code;
    }
    *ret_db = &d->base;
    return ERR_NONE;
}
