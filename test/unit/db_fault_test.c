/* db when things break: no space, a sync that fails, killed processes, lost connections. Whatever was
 * reported as kept must be there afterwards; what was reported as failed must not be half there. */
#include "db_world.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "sqlite3.h"

enum { BIG = 200000 };

static char bytes[BIG];

static void make_letters(struct world *w) {
    assert_ok(world_exec(w->d, w->engine == DB_SQLITE
                                   ? "CREATE TABLE letter (id INTEGER PRIMARY KEY, raw BLOB NOT NULL) STRICT"
                                   : "CREATE TABLE letter (id BIGINT PRIMARY KEY, raw BYTEA NOT NULL)"));
}

struct letter {
    int64_t id;
    size_t size;
};

static err insert_letter(db_conn *c, void *arg) {
    struct letter *l = arg;
    db_query *q = db_sql(c, "INSERT INTO letter (id, raw) VALUES ($1, $2)");
    db_bind_int(q, 1, l->id);
    db_bind_blob(q, 2, (str){bytes, l->size});
    return db_done(q);
}

static err write_letter(db *d, int64_t id, size_t size) {
    return db_write(d, insert_letter, &(struct letter){id, size});
}

static bool has_letter(db *d, int64_t id) {
    db_conn *c = NULL;
    assert_ok(db_read_begin(d, &c));
    db_query *q = db_sql(c, "SELECT id FROM letter WHERE id = $1");
    db_bind_int(q, 1, id);
    bool has = db_row(q);
    assert_ok(db_done(q));
    db_read_end(c);
    return has;
}

static err check_integrity(db_conn *c, void *arg) {
    struct world *w = arg;
    db_query *q = db_sql(c, "PRAGMA integrity_check");
    bool fine = db_row(q) && str_eq(db_text(q, w->a, "integrity_check"), S("ok"));
    TRY(db_done(q));
    return fine ? ERR_NONE : err_set(ERR_DATABASE, "The integrity check found damage.");
}

static void reopen(struct world *w) {
    db_close(w->d);
    w->d = NULL;
    assert_ok(db_open(&(struct db_options){.target = w->target, .connections = 4}, &w->d));
    if (w->engine == DB_SQLITE) assert_ok(db_write(w->d, check_integrity, w));
}

/* Many writers at once, some of them with letters that do not fit. */

struct writer {
    db *d;
    int number;
    pthread_t thread;
    err codes[20];
};

static int64_t letter_id(int writer, int turn) { return writer * 1000 + turn; }

static void *writer_main(void *arg) {
    struct writer *t = arg;
    for (int i = 0; i < 20; i++)
        t->codes[i] = write_letter(t->d, letter_id(t->number, i), i % 5 == 4 ? BIG : 100);
    return NULL;
}

/* Every code is ERR_NONE or `allowed`; exactly the letters with ERR_NONE are there. Returns how many
 * failed. */
static int run_writers(struct world *w, err allowed) {
    struct writer t[8];
    int failed = 0;
    for (int i = 0; i < 8; i++) {
        t[i] = (struct writer){.d = w->d, .number = i + 1};
        assert_int_equal(pthread_create(&t[i].thread, NULL, writer_main, &t[i]), 0);
    }
    for (int i = 0; i < 8; i++) pthread_join(t[i].thread, NULL);
    for (int i = 0; i < 8; i++)
        for (int k = 0; k < 20; k++) {
            if (t[i].codes[k] && t[i].codes[k] != allowed) fail_msg("%s", err_name(t[i].codes[k]));
            assert_int_equal(has_letter(w->d, letter_id(i + 1, k)), t[i].codes[k] == ERR_NONE);
            if (t[i].codes[k]) failed++;
        }
    return failed;
}

static void a_full_database_keeps_what_it_said(void **state) {
    WORLD(w);
    make_letters(w);
    assert_ok(world_exec(w->d, "PRAGMA max_page_count = 200"));
    int failed = run_writers(w, ERR_FULL);
    assert_true(failed >= 28); /* of 32 large ones three or four fit */
    assert_err(write_letter(w->d, 1, BIG * 4 / 5), ERR_FULL);
    assert_ok(world_exec(w->d, "PRAGMA max_page_count = 100000"));
    assert_ok(write_letter(w->d, 1, BIG));
    reopen(w);
    assert_int_equal(world_number(w->d, "SELECT count(*) AS n FROM letter"), 8 * 20 - failed + 1);
}

/* A limit on the size of files stands for a full disk: the WAL cannot grow. */
static void child_with_a_limit(str target, int out) {
    db *d = NULL;
    signal(SIGXFSZ, SIG_IGN);
    if (db_open(&(struct db_options){.target = target}, &d)) _exit(1);
    if (setrlimit(RLIMIT_FSIZE, &(struct rlimit){600000, 600000})) _exit(2);
    err code = ERR_NONE;
    int64_t id = 1;
    for (; id < 1000; id++) {
        code = write_letter(d, id, 10000);
        if (code) break;
        if (write(out, &id, sizeof id) != sizeof id) _exit(3);
    }
    if (code != ERR_FULL) _exit(4);
    /* Still alive: a small read works. */
    db_conn *c = NULL;
    if (db_read_begin(d, &c)) _exit(5);
    if (db_done(db_sql(c, "SELECT count(*) AS n FROM letter"))) _exit(6);
    db_read_end(c);
    _exit(0);
}

static int64_t last_told(int in) {
    int64_t id = 0, last = 0;
    while (read(in, &id, sizeof id) == sizeof id) last = id;
    return last;
}

static void a_file_that_cannot_grow(void **state) {
    WORLD(w);
    make_letters(w);
    db_close(w->d);
    w->d = NULL;
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) child_with_a_limit(w->target, ends[1]);
    close(ends[1]);
    int64_t last = last_told(ends[0]);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    reopen(w);
    assert_true(last > 10);
    assert_int_equal(world_number(w->d, "SELECT count(*) AS n FROM letter"), last);
    assert_ok(write_letter(w->d, last + 1, 10000));
}

/* A process is killed between two instructions; what it had told must be there. */

static _Atomic int64_t next_id = 1;

struct killed {
    db *d;
    int out;
};

static void *killed_main(void *arg) {
    struct killed *k = arg;
    for (;;) {
        int64_t id = atomic_fetch_add(&next_id, 1);
        if (write_letter(k->d, id, 3000)) _exit(1);
        if (write(k->out, &id, sizeof id) != sizeof id) _exit(2);
    }
    return NULL;
}

static void child_to_be_killed(str target, int out) {
    struct killed k = {.out = out};
    if (db_open(&(struct db_options){.target = target}, &k.d)) _exit(1);
    pthread_t t[4];
    for (int i = 0; i < 4; i++) pthread_create(&t[i], NULL, killed_main, &k);
    for (;;) pause();
}

static void a_killed_process_loses_nothing_it_told(void **state) {
    WORLD(w);
    make_letters(w);
    db_close(w->d);
    w->d = NULL;
    for (int round = 0; round < 3; round++) {
        int ends[2], status;
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) child_to_be_killed(w->target, ends[1]);
        close(ends[1]);
        nanosleep(&(struct timespec){.tv_nsec = 150000000 + round * 37000000}, NULL);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        assert_ok(db_open(&(struct db_options){.target = w->target}, &w->d));
        if (w->engine == DB_SQLITE) assert_ok(db_write(w->d, check_integrity, w));
        int64_t id, told = 0;
        for (; read(ends[0], &id, sizeof id) == sizeof id; told++)
            if (!has_letter(w->d, id)) fail_msg("letter %lld was told and is lost", (long long)id);
        close(ends[0]);
        assert_true(told > 0);
        int64_t there = world_number(w->d, "SELECT count(*) AS n FROM letter");
        assert_true(there >= told && there <= told + 4);
        assert_ok(world_exec(w->d, "DELETE FROM letter"));
        db_close(w->d);
        w->d = NULL;
    }
    assert_ok(db_open(&(struct db_options){.target = w->target}, &w->d));
}

/* A disk that fails on demand: SQLite's own file layer with a switch before writes and syncs. */

struct fault_file {
    sqlite3_file base;
    sqlite3_file *real;
};

static _Atomic int fail_writes, fail_syncs; /* how many of the next ones fail */
static sqlite3_vfs fault_vfs;
static sqlite3_vfs *real_vfs;

static bool use_up(_Atomic int *counter) {
    int n = atomic_load(counter);
    while (n > 0)
        if (atomic_compare_exchange_weak(counter, &n, n - 1)) return true;
    return false;
}

#define REAL(f) ((struct fault_file *)(f))->real

static int f_close(sqlite3_file *f) { return REAL(f)->pMethods->xClose(REAL(f)); }
static int f_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at) {
    return REAL(f)->pMethods->xRead(REAL(f), p, n, at);
}
static int f_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at) {
    if (use_up(&fail_writes)) return SQLITE_IOERR_WRITE;
    return REAL(f)->pMethods->xWrite(REAL(f), p, n, at);
}
static int f_truncate(sqlite3_file *f, sqlite3_int64 n) { return REAL(f)->pMethods->xTruncate(REAL(f), n); }
static int f_sync(sqlite3_file *f, int flags) {
    if (use_up(&fail_syncs)) return SQLITE_IOERR_FSYNC;
    return REAL(f)->pMethods->xSync(REAL(f), flags);
}
static int f_size(sqlite3_file *f, sqlite3_int64 *n) { return REAL(f)->pMethods->xFileSize(REAL(f), n); }
static int f_lock(sqlite3_file *f, int level) { return REAL(f)->pMethods->xLock(REAL(f), level); }
static int f_unlock(sqlite3_file *f, int level) { return REAL(f)->pMethods->xUnlock(REAL(f), level); }
static int f_check(sqlite3_file *f, int *out) { return REAL(f)->pMethods->xCheckReservedLock(REAL(f), out); }
static int f_control(sqlite3_file *f, int op, void *arg) {
    return REAL(f)->pMethods->xFileControl(REAL(f), op, arg);
}
static int f_sector(sqlite3_file *f) { return REAL(f)->pMethods->xSectorSize(REAL(f)); }
static int f_traits(sqlite3_file *f) { return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f)); }
static int f_map(sqlite3_file *f, int page, int size, int extend, void volatile **pp) {
    return REAL(f)->pMethods->xShmMap(REAL(f), page, size, extend, pp);
}
static int f_shm_lock(sqlite3_file *f, int at, int n, int flags) {
    return REAL(f)->pMethods->xShmLock(REAL(f), at, n, flags);
}
static void f_barrier(sqlite3_file *f) { REAL(f)->pMethods->xShmBarrier(REAL(f)); }
static int f_unmap(sqlite3_file *f, int delete_it) {
    return REAL(f)->pMethods->xShmUnmap(REAL(f), delete_it);
}

static const sqlite3_io_methods fault_methods = {
    2,         f_close,  f_read,   f_write, f_truncate, f_sync,    f_size,  f_lock, f_unlock, f_check,
    f_control, f_sector, f_traits, f_map,   f_shm_lock, f_barrier, f_unmap, NULL,   NULL};

static int fault_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *ret_flags) {
    (void)vfs;
    struct fault_file *file = (struct fault_file *)f;
    file->real = (sqlite3_file *)(file + 1);
    int rc = real_vfs->xOpen(real_vfs, name, file->real, flags, ret_flags);
    file->base.pMethods = file->real->pMethods ? &fault_methods : NULL;
    return rc;
}

static void use_fault_disk(struct world *w) {
    db_close(w->d);
    w->d = NULL;
    if (!real_vfs) {
        real_vfs = sqlite3_vfs_find(NULL);
        fault_vfs = *real_vfs;
        fault_vfs.zName = "fault";
        fault_vfs.szOsFile = (int)sizeof(struct fault_file) + real_vfs->szOsFile;
        fault_vfs.xOpen = fault_open;
    }
    assert_int_equal(sqlite3_vfs_register(&fault_vfs, 1), SQLITE_OK);
    assert_ok(db_open(&(struct db_options){.target = w->target, .connections = 4}, &w->d));
}

static void use_real_disk(struct world *w) {
    fail_writes = fail_syncs = 0;
    db_close(w->d);
    w->d = NULL;
    sqlite3_vfs_unregister(&fault_vfs);
    assert_ok(db_open(&(struct db_options){.target = w->target, .connections = 4}, &w->d));
    assert_ok(db_write(w->d, check_integrity, w));
}

static void a_failed_sync_is_told(void **state) {
    WORLD(w);
    make_letters(w);
    use_fault_disk(w);
    assert_ok(write_letter(w->d, 1, 100));
    fail_syncs = 1;
    assert_err(write_letter(w->d, 2, 100), ERR_DATABASE);
    assert_int_equal(fail_syncs, 0);
    assert_ok(write_letter(w->d, 3, 100));
    use_real_disk(w);
    assert_true(has_letter(w->d, 1));
    assert_true(has_letter(w->d, 3));
    assert_false(has_letter(w->d, 2));
}

static void failed_writes_are_told(void **state) {
    WORLD(w);
    make_letters(w);
    use_fault_disk(w);
    /* A cache of few pages makes SQLite write before the commit, inside a function; an error there
     * rolls back what other functions of the batch had done. */
    assert_ok(world_exec(w->d, "PRAGMA cache_size = 10"));
    int failed = 0;
    struct writer t[8];
    for (int i = 0; i < 8; i++) {
        t[i] = (struct writer){.d = w->d, .number = i + 1};
        assert_int_equal(pthread_create(&t[i].thread, NULL, writer_main, &t[i]), 0);
    }
    for (int i = 0; i < 40; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
        fail_writes = i % 3 + 1;
    }
    for (int i = 0; i < 8; i++) pthread_join(t[i].thread, NULL);
    use_real_disk(w);
    for (int i = 0; i < 8; i++)
        for (int k = 0; k < 20; k++) {
            assert_true(t[i].codes[k] == ERR_NONE || t[i].codes[k] == ERR_DATABASE);
            assert_int_equal(has_letter(w->d, letter_id(i + 1, k)), t[i].codes[k] == ERR_NONE);
            failed += t[i].codes[k] != ERR_NONE;
        }
    assert_true(failed > 0);
}

static void *hold_main(void *arg) {
    sqlite3 *h = arg;
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    sqlite3_exec(h, "COMMIT", NULL, NULL, NULL);
    return NULL;
}

static void another_writer_is_waited_for(void **state) {
    WORLD(w);
    make_letters(w);
    sqlite3 *h = NULL;
    assert_int_equal(sqlite3_open(w->target.p, &h), SQLITE_OK);
    assert_int_equal(sqlite3_exec(h, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    pthread_t holder;
    assert_int_equal(pthread_create(&holder, NULL, hold_main, h), 0);
    assert_ok(write_letter(w->d, 1, 100));
    pthread_join(holder, NULL);
    sqlite3_close(h);
    assert_true(has_letter(w->d, 1));
}

static void a_writer_that_never_ends_is_told(void **state) {
    WORLD(w);
    make_letters(w);
    db_close(w->d);
    assert_ok(db_open(&(struct db_options){.target = w->target, .busy_ms = 100}, &w->d));
    sqlite3 *h = NULL;
    assert_int_equal(sqlite3_open(w->target.p, &h), SQLITE_OK);
    assert_int_equal(sqlite3_exec(h, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(run_writers(w, ERR_BUSY), 8 * 20);
    sqlite3_exec(h, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(h);
    assert_ok(write_letter(w->d, 1, 100));
}

/* A reader that stays keeps the WAL from beginning anew; when it goes, the WAL must stop growing even
 * though writers never rest. */
static void the_wal_ends(void **state) {
    WORLD(w);
    make_letters(w);
    struct stat st;
    str wal = str_fmt(w->a, "%.*s-wal", STR_FMT(w->target));
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(w->d, &c));
    assert_ok(db_done(db_sql(c, "SELECT count(*) AS n FROM letter")));
    int64_t id = 1;
    for (; id <= 400; id++) assert_ok(write_letter(w->d, id, BIG));
    assert_int_equal(stat(wal.p, &st), 0);
    int64_t most = st.st_size;
    assert_true(most > 64 << 20);
    db_read_end(c);
    c = NULL;
    for (; id <= 600; id++) assert_ok(write_letter(w->d, id, BIG));
    assert_int_equal(stat(wal.p, &st), 0);
    assert_true(st.st_size <= most + (8 << 20));
    assert_int_equal(world_number(w->d, "SELECT count(*) AS n FROM letter"), 600);
}

/* Copies. */

static err insert_pair(db_conn *c, void *arg) {
    _Atomic int64_t *next = arg;
    int64_t id = atomic_fetch_add(next, 1) * 2;
    TRY(insert_letter(c, &(struct letter){id, 3000}));
    return insert_letter(c, &(struct letter){id + 1, 3000});
}

struct pairs {
    db *d;
    _Atomic int64_t next;
    _Atomic bool stop;
};

static void *pairs_main(void *arg) {
    struct pairs *p = arg;
    while (!p->stop)
        if (db_write(p->d, insert_pair, &p->next)) abort();
    return NULL;
}

static void copies_are_consistent(void **state) {
    WORLD(w);
    make_letters(w);
    struct pairs p = {.d = w->d, .next = 1};
    pthread_t t;
    assert_int_equal(pthread_create(&t, NULL, pairs_main, &p), 0);
    str path = world_path(w, "copy.db");
    for (int i = 0; i < 3; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
        unlink(path.p);
        assert_ok(db_copy_to(w->d, path));
        assert_err(db_copy_to(w->d, path), ERR_CONFLICT);
        struct world copy = {.engine = DB_SQLITE, .a = w->a, .target = path};
        assert_ok(db_open(&(struct db_options){.target = path}, &copy.d));
        assert_ok(db_write(copy.d, check_integrity, &copy));
        int64_t n = world_number(copy.d, "SELECT count(*) AS n FROM letter");
        assert_true(n > 0 && n % 2 == 0);
        db_close(copy.d);
    }
    p.stop = true;
    pthread_join(t, NULL);
    assert_err(db_copy_to(w->d, world_path(w, "no/such.db")), ERR_DATABASE);
}

/* A backup put back, or a folder cleared, under a desk that runs: no letter is said to be kept there. */
static void a_deleted_file_is_noticed(void **state) {
    WORLD(w);
    make_letters(w);
    str aside = world_path(w, "aside.db");
    assert_ok(write_letter(w->d, 1, 100));
    assert_int_equal(rename(w->target.p, aside.p), 0);
    assert_err(write_letter(w->d, 2, 100), ERR_DATABASE);
    assert_int_equal(rename(aside.p, w->target.p), 0);
    assert_ok(write_letter(w->d, 3, 100));
    assert_false(has_letter(w->d, 2));
    reopen(w);
    assert_true(has_letter(w->d, 1) && has_letter(w->d, 3));
}

/* PostgreSQL: connections that die. */

static err kill_others(db_conn *c, void *arg) {
    (void)arg;
    return db_exec(c, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                      " WHERE pid <> pg_backend_pid() AND query LIKE '%longhand_test_victim%'");
}

static void dead_connections_are_replaced(void **state) {
    WORLD(w);
    make_letters(w);
    db_conn *c[4];
    /* All four of the pool are opened, and marked by their last statement. */
    for (int i = 0; i < 4; i++) {
        assert_ok(db_read_begin(w->d, &c[i]));
        assert_ok(
            db_done(db_sql(c[i], "SELECT count(*) AS n FROM letter WHERE 'longhand_test_victim' <> ''")));
    }
    db *other = NULL;
    assert_ok(db_open(&(struct db_options){.target = w->target, .connections = 1}, &other));
    assert_ok(db_write(other, kill_others, NULL));
    db_close(other);
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    assert_err(db_done(db_sql(c[0], "SELECT 1 AS n")), ERR_DATABASE);
    for (int i = 0; i < 4; i++) db_read_end(c[i]);
    assert_ok(write_letter(w->d, 1, 100));
    assert_true(has_letter(w->d, 1));
}

struct suicide {
    int runs, until; /* the first `until` runs end with a lost connection */
};

static err lose_connection(db_conn *c, void *arg) {
    struct suicide *s = arg;
    TRY(insert_letter(c, &(struct letter){7, 100}));
    if (s->runs++ < s->until) return db_exec(c, "SELECT pg_terminate_backend(pg_backend_pid())");
    return ERR_NONE;
}

static void a_connection_lost_before_commit_is_tried_once_more(void **state) {
    WORLD(w);
    make_letters(w);
    struct suicide s = {.until = 5};
    assert_err(db_write(w->d, lose_connection, &s), ERR_DATABASE);
    assert_int_equal(s.runs, 2);
    assert_false(has_letter(w->d, 7));
    s = (struct suicide){.until = 1};
    assert_ok(db_write(w->d, lose_connection, &s));
    assert_int_equal(s.runs, 2);
    assert_true(has_letter(w->d, 7));
}

static err die_at_commit(db_conn *c, void *arg) {
    ++*(int *)arg;
    return insert_letter(c, &(struct letter){8, 100});
}

static void a_lost_commit_is_never_repeated(void **state) {
    WORLD(w);
    make_letters(w);
    assert_ok(world_exec(w->d, "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS"
                               " 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'"));
    assert_ok(world_exec(w->d, "CREATE CONSTRAINT TRIGGER die AFTER INSERT ON letter DEFERRABLE"
                               " INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()"));
    int runs = 0;
    assert_err(db_write(w->d, die_at_commit, &runs), ERR_DATABASE);
    assert_non_null(strstr(err_text(), "not known"));
    assert_int_equal(runs, 1);
    assert_int_equal(world_number(w->d, "SELECT count(*) AS n FROM letter"), 0);
}

int main(void) {
    for (size_t i = 0; i < BIG; i++) bytes[i] = (char)(i * 31 + i / 256);
    const struct CMUnitTest tests[] = {
        WORLD_SQLITE(a_full_database_keeps_what_it_said),
        WORLD_SQLITE(a_file_that_cannot_grow),
        WORLD_BOTH(a_killed_process_loses_nothing_it_told),
        WORLD_SQLITE(a_failed_sync_is_told),
        WORLD_SQLITE(failed_writes_are_told),
        WORLD_SQLITE(another_writer_is_waited_for),
        WORLD_SQLITE(a_writer_that_never_ends_is_told),
        WORLD_SQLITE(the_wal_ends),
        WORLD_SQLITE(copies_are_consistent),
        WORLD_SQLITE(a_deleted_file_is_noticed),
        WORLD_POSTGRES(dead_connections_are_replaced),
        WORLD_POSTGRES(a_connection_lost_before_commit_is_tried_once_more),
        WORLD_POSTGRES(a_lost_commit_is_never_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
