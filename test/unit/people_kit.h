/* A desk on an empty database for tests of store and desk: SQLite in a folder of its own, or PostgreSQL in a
 * schema of its own when PG_URL names a server. Time stands still until a test moves kit.now. */
#ifndef LONGHAND_TEST_PEOPLE_KIT_H
#define LONGHAND_TEST_PEOPLE_KIT_H

#include <ftw.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "tmp_kit.h"

#include "base/random.h"
#include "cli/cli.h"
#include "db/migrate.h"
#include "desk/heart.h"
#include "desk/password_cost.h"
#include "desk/sign_in.h"

/* Instead of the library's own, at link time: most tests set a desk up, and hardly one asks what a password
 * costs. password_test holds what the desk really uses. */
#ifndef KIT_PASSWORD_COST
#define KIT_PASSWORD_COST                                                                                    \
    { .memory = 8 << 10, .passes = 1 }
#endif
const struct password_cost password_cost = KIT_PASSWORD_COST;

static struct {
    bool open, postgres, copied;
    arena *a;
    db *db;
    int64_t now;
    wall_clock clock;
    struct desk d;
    char folder[64], schema[64], target[1024];
} kit;

#define SKIP_WITHOUT_DESK                                                                                    \
    if (!kit.open) skip()

#define assert_ok(call)                                                                                      \
    do {                                                                                                     \
        err code_ = (call);                                                                                  \
        if (code_) fail_msg("%s: %s: %s", #call, err_name(code_), err_text());                               \
    } while (0)
#define assert_str(s, text)                                                                                  \
    do {                                                                                                     \
        str s_ = (s);                                                                                        \
        if (!str_eq(s_, str_z(text))) fail_msg("%s is \"%.*s\", not \"%s\"", #s, STR_FMT(s_), text);         \
    } while (0)

static inline err kit_exec(db_conn *c, void *sql) { return db_exec(c, sql); }

static inline void kit_exec_at(const char *target, const char *sql) {
    db *d = NULL;
    assert_ok(db_open(&(struct db_options){.target = str_z(target), .connections = 2}, &d));
    assert_ok(db_write(d, kit_exec, (void *)(uintptr_t)sql));
    db_close(d);
}

static inline void kit_open(void) {
    random_start();
    kit.a = arena_new(0);
    kit.now = 1800000000000;
    kit.clock = clock_fixed(&kit.now);
    assert_ok(db_open(&(struct db_options){.target = str_z(kit.target), .connections = 4}, &kit.db));
    struct db_migration *list;
    size_t n;
    struct db_migrate_report report;
    assert_ok(cli_migrations(kit.a, &list, &n));
    assert_ok(db_migrate(kit.db, list, n, kit.now, false, &report));
    kit.d = (struct desk){.db = kit.db,
                          .clock = &kit.clock,
                          .folder = str_z(kit.folder),
                          .public_url = S("https://desk.example")};
    kit.open = true;
}

static inline int kit_make_folder(void) {
    snprintf(kit.folder, sizeof kit.folder, "%s/longhand-kit-XXXXXX", test_tmp());
    return mkdtemp(kit.folder) ? 0 : -1;
}

static inline int kit_open_sqlite(void **state) {
    (void)state;
    kit.postgres = false;
    if (kit_make_folder()) return -1;
    snprintf(kit.target, sizeof kit.target, "%s/desk.db", kit.folder);
    kit_open();
    return 0;
}

/* Databases are made and dropped outside of transactions, so not through db. */
static inline void kit_server(const char *url, const char *sql) {
    PGconn *c = PQconnectdb(url);
    PGresult *r = PQexec(c, sql);
    if (PQresultStatus(r) != PGRES_COMMAND_OK) fail_msg("%s: %s", sql, PQerrorMessage(c));
    PQclear(r);
    PQfinish(c);
}

/* PG_TEMPLATE names a database of that server with the desk's tables (test/run makes it): a copy of it is
 * there in a twentieth of the time that all schema changes take. That they are the binary's own is checked
 * all the same. */
static __attribute__((unused)) int kit_open_postgres(void **state) {
    (void)state;
    const char *url = getenv("PG_URL"), *template = getenv("PG_TEMPLATE");
    kit.postgres = true;
    if (!url || !*url) return 0;
    random_start();
    if (kit_make_folder()) return -1;
    kit.copied = template && *template;
    char sql[256], more = str_has(str_z(url), '?') ? '&' : '?';
    snprintf(kit.schema, sizeof kit.schema, "people_%" PRId64, id_new(clock_now(NULL)));
    if (kit.copied) {
        snprintf(sql, sizeof sql, "CREATE DATABASE %s TEMPLATE %s STRATEGY file_copy", kit.schema, template);
        kit_server(url, sql);
        snprintf(kit.target, sizeof kit.target, "%s%cdbname=%s", url, more, kit.schema);
    } else {
        snprintf(sql, sizeof sql, "CREATE SCHEMA %s", kit.schema);
        kit_server(url, sql);
        snprintf(kit.target, sizeof kit.target, "%s%coptions=-csearch_path%%3D%s", url, more, kit.schema);
    }
    kit_open();
    return 0;
}

static inline int kit_remove(const char *path, const struct stat *st, int type, struct FTW *at) {
    (void)st, (void)type, (void)at;
    return remove(path);
}

static inline int kit_close(void **state) {
    (void)state;
    if (!kit.open) return 0;
    kit.open = false;
    heart_close(&kit.d);
    db_close(kit.db);
    arena_free(kit.a);
    char sql[128];
    if (kit.postgres) {
        snprintf(sql, sizeof sql, kit.copied ? "DROP DATABASE %s WITH (FORCE)" : "DROP SCHEMA %s CASCADE",
                 kit.schema);
        kit_server(getenv("PG_URL"), sql);
    }
    return kit.folder[0] ? nftw(kit.folder, kit_remove, 16, FTW_DEPTH | FTW_PHYS) : 0;
}

static inline int kit_next(void **state) {
    (void)state;
    sign_in_forget_tries();
    return 0;
}

/* A fresh address for each test, since all of a program share one database. */
static inline str kit_email(const char *who) {
    static int n;
    return str_fmt(kit.a, "%s%d@example.org", who, ++n);
}

#define KIT_RUN(tests)                                                                                       \
    (cmocka_run_group_tests_name("sqlite", tests, kit_open_sqlite, kit_close) |                              \
     cmocka_run_group_tests_name("postgres", tests, kit_open_postgres, kit_close))
#define KIT_TEST(f) cmocka_unit_test_setup(f, kit_next)

#endif
