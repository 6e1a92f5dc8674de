/* db_settle: nothing of deleted rows is left in SQLite's files, others write and read meanwhile, and the
 * database stays whole. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/random.h"
#include "db/db.h"
#include "net/objects.h"
#include "sqlite3.h"

static struct {
    char folder[64], path[128];
    db *d;
    atomic_bool stop;
    atomic_int written;
} t;

static err run(db_conn *c, void *sql) { return db_exec(c, sql); }

static int open_db(void **state) {
    (void)state;
    random_start();
    snprintf(t.folder, sizeof t.folder, "/tmp/longhand-settle-XXXXXX");
    if (!mkdtemp(t.folder)) return -1;
    snprintf(t.path, sizeof t.path, "%s/x.db", t.folder);
    if (db_open(&(struct db_options){.target = str_z(t.path), .connections = 4}, &t.d)) return -1;
    return db_write(t.d, run,
                    (void *)(uintptr_t) "CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT, n INT)") ||
           db_write(t.d, run, (void *)(uintptr_t) "CREATE INDEX word_text ON word (text)");
}

static int close_db(void **state) {
    (void)state;
    char path[160];
    db_close(t.d);
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", t.path, ends[i]);
        unlink(path);
    }
    return rmdir(t.folder);
}

struct put {
    int id, times;
    const char *word;
};

static err put(db_conn *c, void *arg) {
    const struct put *x = arg;
    ARENA_AUTO arena *a = arena_new(0);
    BUF_AUTO buf b = BUF_MAX(1 << 20);
    for (int i = 0; i < x->times; i++) buf_add_z(&b, x->word);
    db_query *q = db_sql(c, "INSERT OR REPLACE INTO word (id, text, n) VALUES ($1, $2, $3)");
    db_bind_int(q, 1, x->id);
    db_bind_text(q, 2, str_copy(a, buf_str(&b)));
    db_bind_int(q, 3, x->times);
    return db_done(q);
}

static int hits(const char *end, const char *word) {
    char path[160];
    str bytes;
    int n = 0;
    ARENA_AUTO arena *a = arena_new(0);
    snprintf(path, sizeof path, "%s%s", t.path, end);
    if (access(path, F_OK)) return 0;
    assert_int_equal(file_read(a, str_z(path), 1 << 30, &bytes), ERR_NONE);
    for (size_t at = 0; (at = str_find(bytes, str_z(word), at)) != SIZE_MAX; at++) n++;
    return n;
}

static void assert_whole(void) {
    sqlite3 *h;
    sqlite3_stmt *s;
    assert_int_equal(sqlite3_open_v2(t.path, &h, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(h, "PRAGMA integrity_check", -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(s, 0), "ok");
    sqlite3_finalize(s);
    sqlite3_close(h);
}

static int64_t sum(void) {
    DB_READ_AUTO db_conn *c = NULL;
    assert_int_equal(db_read_begin(t.d, &c), ERR_NONE);
    db_query *q = db_sql(c, "SELECT SUM(n) AS n FROM word");
    assert_true(db_row(q));
    int64_t n = db_int(q, "n");
    assert_int_equal(db_done(q), ERR_NONE);
    return n;
}

/* Rows of many sizes, in and between, so that pages split and merge. */
static void test_nothing_is_left(void **state) {
    (void)state;
    int64_t kept = 0;
    for (int i = 0; i < 2000; i++) {
        int times = 1 + i * 37 % 300;
        struct put x = {i * 2, times, "canaryword "}, y = {i * 2 + 1, times, "harbour "};
        assert_int_equal(db_write(t.d, put, &x), ERR_NONE);
        assert_int_equal(db_write(t.d, put, &y), ERR_NONE);
        kept += times;
    }
    for (int i = 0; i < 2000; i += 3) {
        struct put x = {i * 2, 1 + i % 50, "canaryword "};
        assert_int_equal(db_write(t.d, put, &x), ERR_NONE);
    }
    assert_int_equal(db_write(t.d, run, (void *)(uintptr_t) "DELETE FROM word WHERE id % 2 = 0"), ERR_NONE);
    assert_true(hits("", "canaryword") + hits("-wal", "canaryword") > 0);
    assert_int_equal(db_settle(t.d), ERR_NONE);
    assert_int_equal(hits("", "canaryword"), 0);
    assert_int_equal(hits("-wal", "canaryword"), 0);
    assert_int_equal(sum(), kept);
    assert_whole();
    /* What the writer had in its cache does not bring it back. */
    for (int i = 0; i < 2000; i++) {
        struct put y = {i * 2 + 1, 5, "harbour "};
        assert_int_equal(db_write(t.d, put, &y), ERR_NONE);
    }
    assert_int_equal(db_settle(t.d), ERR_NONE);
    assert_int_equal(hits("", "canaryword"), 0);
    assert_int_equal(sum(), 2000 * 5);
    assert_whole();
}

static void *writer(void *arg) {
    int mine = *(int *)arg;
    for (int i = 0; !atomic_load(&t.stop); i++) {
        struct put x = {100000 * mine + i % 500, 1 + i % 200, "beside "};
        if (db_write(t.d, put, &x)) break;
        atomic_fetch_add(&t.written, 1);
        usleep(2000);
    }
    return NULL;
}

static void test_beside_writers_and_readers(void **state) {
    (void)state;
    pthread_t threads[2];
    int numbers[2] = {1, 2}, settled = 0;
    atomic_store(&t.stop, false);
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, writer, &numbers[i]);
    for (int i = 0; i < 30 && (i < 3 || !settled || atomic_load(&t.written) <= 20); i++) {
        err e = db_settle(t.d);
        assert_true(e == ERR_NONE || e == ERR_BUSY);
        settled += e == ERR_NONE;
        sum();
    }
    atomic_store(&t.stop, true);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    assert_true(atomic_load(&t.written) > 20);
    assert_true(settled > 0);
    assert_whole();
    /* A reader of an older state holds it up, and loses nothing. */
    DB_READ_AUTO db_conn *c = NULL;
    int64_t before = sum();
    assert_int_equal(db_read_begin(t.d, &c), ERR_NONE);
    db_query *q = db_sql(c, "SELECT COUNT(*) AS n FROM word");
    assert_true(db_row(q));
    assert_int_equal(db_done(q), ERR_NONE);
    struct put x = {1, 7, "later "};
    assert_int_equal(db_write(t.d, put, &x), ERR_NONE);
    assert_int_equal(db_settle(t.d), ERR_BUSY);
    db_read_end(c);
    c = NULL;
    assert_int_equal(db_settle(t.d), ERR_NONE);
    assert_int_equal(sum(), before - 5 + 7);
    assert_whole();
}

/* A file whose operator set auto_vacuum holds pages that only look as if they had gaps. */
static void test_pointer_maps_stay(void **state) {
    (void)state;
    static const char made[] =
        "PRAGMA auto_vacuum = FULL; CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT, n INT);"
        "WITH RECURSIVE some (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM some WHERE i < 30000) "
        "INSERT INTO word SELECT i, hex(zeroblob(300)), 1 FROM some; CREATE INDEX word_text ON word (text);"
        "DELETE FROM word WHERE id % 3 = 0;";
    sqlite3 *h;
    close_db(NULL);
    snprintf(t.folder, sizeof t.folder, "/tmp/longhand-settle-XXXXXX");
    assert_non_null(mkdtemp(t.folder));
    snprintf(t.path, sizeof t.path, "%s/x.db", t.folder);
    assert_int_equal(sqlite3_open(t.path, &h), SQLITE_OK);
    assert_int_equal(sqlite3_exec(h, made, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(h);
    assert_int_equal(db_open(&(struct db_options){.target = str_z(t.path), .connections = 4}, &t.d),
                     ERR_NONE);
    assert_int_equal(db_settle(t.d), ERR_NONE);
    assert_whole();
    assert_int_equal(sum(), 20000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_left),
        cmocka_unit_test(test_beside_writers_and_readers),
        cmocka_unit_test(test_pointer_maps_stay),
    };
    return cmocka_run_group_tests_name("settle", tests, open_db, close_db);
}
