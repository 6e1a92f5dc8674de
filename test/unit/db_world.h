/* A fresh, empty database for each test case, on either engine.
 *
 * SQLite: a file in a new folder. PostgreSQL: a new schema of the server that the environment's PG_URL
 * names (test/pg.sh start DIR prints such a URL); without it those cases are skipped.
 *
 *     static void keeps(void **state) { WORLD(w); ... w->d ... }
 *     const struct CMUnitTest tests[] = {WORLD_BOTH(keeps), WORLD_SQLITE(other)}; */
#ifndef LONGHAND_TEST_UNIT_DB_WORLD_H
#define LONGHAND_TEST_UNIT_DB_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tmp_kit.h"

#include "db/db.h"

struct world {
    db_engine engine;
    arena *a;
    db *d;      /* NULL: no such engine here */
    str target; /* to open it once more */
    char name[64];
    char folder[80]; /* for files of the case, removed at the end when empty of others */
};

static const db_engine world_sqlite = DB_SQLITE, world_postgres = DB_POSTGRES;

#define WORLD(w)                                                                                             \
    struct world *w = *state;                                                                                \
    if (!w->d) skip()

#define WORLD_SQLITE(f)                                                                                      \
    { #f " on SQLite", f, world_setup, world_teardown, (void *)(uintptr_t)&world_sqlite }
#define WORLD_POSTGRES(f)                                                                                    \
    { #f " on PostgreSQL", f, world_setup, world_teardown, (void *)(uintptr_t)&world_postgres }
#define WORLD_BOTH(f) WORLD_SQLITE(f), WORLD_POSTGRES(f)

#define assert_ok(call)                                                                                      \
    do {                                                                                                     \
        err ok_err_ = (call);                                                                                \
        if (ok_err_) fail_msg("%s: %s: %s", #call, err_name(ok_err_), err_text());                           \
    } while (0)
#define assert_err(call, code)                                                                               \
    do {                                                                                                     \
        err got_err_ = (call);                                                                               \
        if (got_err_ != (code))                                                                              \
            fail_msg("%s: %s (%s), not %s", #call, err_name(got_err_), err_text(), err_name(code));          \
    } while (0)

static inline err world_run(db_conn *c, void *arg) { return db_exec(c, ((str *)arg)->p); }

/* Run one statement without parameters in a write. */
static inline err world_exec(db *d, const char *sql) {
    str s = str_z(sql);
    return db_write(d, world_run, &s);
}

static inline str world_path(struct world *w, const char *name) {
    return str_fmt(w->a, "%s/%s", w->folder, name);
}

static inline void world_open_sqlite(struct world *w) {
    w->target = world_path(w, "test.db");
    assert_ok(db_open(&(struct db_options){.target = w->target, .connections = 4}, &w->d));
}

static inline void world_open_postgres(struct world *w) {
    const char *url = getenv("PG_URL");
    if (!url || !*url) return;
    db *base = NULL;
    assert_ok(db_open(&(struct db_options){.target = str_z(url), .connections = 1}, &base));
    assert_ok(world_exec(base, str_fmt(w->a, "CREATE SCHEMA %s", w->name).p));
    db_close(base);
    w->target =
        str_fmt(w->a, "%s%coptions=-csearch_path%%3D%s", url, str_has(str_z(url), '?') ? '&' : '?', w->name);
    assert_ok(db_open(&(struct db_options){.target = w->target, .connections = 4}, &w->d));
}

static inline int world_setup(void **state) {
    static int count;
    struct world *w = calloc(1, sizeof *w);
    if (!w) return -1;
    w->engine = *(const db_engine *)*state;
    w->a = arena_new(0);
    snprintf(w->name, sizeof w->name, "longhand_test_%ld_%d", (long)getpid(), ++count);
    snprintf(w->folder, sizeof w->folder, "%s/%s", test_tmp(), w->name);
    if (mkdir(w->folder, 0700)) return -1;
    if (w->engine == DB_SQLITE)
        world_open_sqlite(w);
    else
        world_open_postgres(w);
    *state = w;
    return 0;
}

static inline int world_teardown(void **state) {
    struct world *w = *state;
    bool there = w->d != NULL;
    db_close(w->d);
    if (there && w->engine == DB_POSTGRES) {
        db *base = NULL;
        assert_ok(db_open(&(struct db_options){.target = str_z(getenv("PG_URL")), .connections = 1}, &base));
        assert_ok(world_exec(base, str_fmt(w->a, "DROP SCHEMA %s CASCADE", w->name).p));
        db_close(base);
    }
    static const char *const names[] = {"test.db", "test.db-wal", "test.db-shm",
                                        "copy.db", "copy.db-wal", "copy.db-shm"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) unlink(world_path(w, names[i]).p);
    rmdir(w->folder);
    arena_free(w->a);
    free(w);
    return 0;
}

/* One number of a statement that is a literal and gives one row with the column n. */
static inline int64_t world_number(db *d, const char *sql) {
    db_conn *c = NULL;
    int64_t n = -1;
    assert_ok(db_read_begin(d, &c));
    db_query *q = db_sql(c, sql);
    if (db_row(q)) n = db_int(q, "n");
    assert_ok(db_done(q));
    db_read_end(c);
    return n;
}

#endif
