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

#include "tmp_kit.h"

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
    snprintf(t.folder, sizeof t.folder, "%s/longhand-settle-XXXXXX", test_tmp());
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

/* Rows first, first + step, ... below `end`; `sized` says how many words each has. Many a transaction: what
 * is asked here is what lies in the pages, not how often a disk was waited for. */
struct puts {
    int first, end, step;
    struct put (*sized)(int i);
};
static err put_some(db_conn *c, void *arg) {
    const struct puts *x = arg;
    for (int i = x->first; i < x->end; i += x->step) {
        struct put one = x->sized(i);
        TRY(put(c, &one));
    }
    return ERR_NONE;
}
static void put_all(int end, int step, struct put (*sized)(int i)) {
    for (int i = 0; i < end; i += 60 * step) {
        struct puts x = {i, i + 60 * step < end ? i + 60 * step : end, step, sized};
        assert_int_equal(db_write(t.d, put_some, &x), ERR_NONE);
    }
}

static struct put canary(int i) { return (struct put){i * 2, 1 + i * 37 % 300, "canaryword "}; }
static struct put beside(int i) { return (struct put){i * 2 + 1, 1 + i * 37 % 300, "harbour "}; }
static struct put canary_again(int i) { return (struct put){i * 2, 1 + i % 50, "canaryword "}; }
static struct put five(int i) { return (struct put){i * 2 + 1, 5, "harbour "}; }

static bool holds(const char *end, const char *word) {
    char path[160];
    str bytes;
    ARENA_AUTO arena *a = arena_new(0);
    snprintf(path, sizeof path, "%s%s", t.path, end);
    if (access(path, F_OK)) return false;
    assert_int_equal(file_read(a, str_z(path), 1 << 30, &bytes), ERR_NONE);
    return str_find(bytes, str_z(word), 0) != SIZE_MAX;
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
    put_all(2000, 1, canary);
    put_all(2000, 1, beside);
    for (int i = 0; i < 2000; i++) kept += beside(i).times;
    put_all(2000, 3, canary_again);
    assert_int_equal(db_write(t.d, run, (void *)(uintptr_t) "DELETE FROM word WHERE id % 2 = 0"), ERR_NONE);
    assert_true(holds("", "canaryword") || holds("-wal", "canaryword"));
    assert_int_equal(db_settle(t.d), ERR_NONE);
    assert_false(holds("", "canaryword"));
    assert_false(holds("-wal", "canaryword"));
    assert_int_equal(sum(), kept);
    assert_whole();
    /* What the writer had in its cache does not bring it back. */
    put_all(2000, 1, five);
    assert_int_equal(db_settle(t.d), ERR_NONE);
    assert_false(holds("", "canaryword"));
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
    snprintf(t.folder, sizeof t.folder, "%s/longhand-settle-XXXXXX", test_tmp());
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
