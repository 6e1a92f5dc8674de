/* Schema changes: in order, once, whole or not at all, on both engines. */
#include "db_world.h"

#include <string.h>
#include <sys/wait.h>

#include "db/migrate.h"

static const char start[] = "-- the first; BIGINT in a comment stays;\n"
                            "CREATE TABLE thing (\n"
                            "    id BIGINT PRIMARY KEY,\n"
                            "    note TEXT NOT NULL DEFAULT 'a BIGINT; and\na BYTEA;\n', -- it's;\n"
                            "    raw BYTEA\n"
                            ");\n"
                            "/* an index;\n */\n"
                            "CREATE INDEX thing_note ON thing (note);\n"
                            "INSERT INTO thing (id) VALUES (1); \n"
                            "\n-- the end;\n";

static const struct db_migration list[] = {
    {"0001-start", -1, start},
    {"0002-search", DB_SQLITE, "CREATE VIRTUAL TABLE words USING fts5 (body);\n"},
    {"0002-search", DB_POSTGRES, "CREATE TABLE words (body TEXT, v tsvector);\n"},
    {"0003-more", -1,
     "ALTER TABLE thing ADD COLUMN more BIGINT;\nCREATE TABLE more (id BIGINT PRIMARY KEY);"},
};

static err migrate(struct world *w, const struct db_migration *l, size_t n, bool dry,
                   struct db_migrate_report *r) {
    return db_migrate(w->d, l, n, 1234, dry, r);
}

static void assert_report(struct db_migrate_report r, int applied, int pending, int total) {
    assert_int_equal(r.applied, applied);
    assert_int_equal(r.pending, pending);
    assert_int_equal(r.total, total);
}

static void changes_are_applied_once(void **state) {
    WORLD(w);
    struct db_migrate_report r;
    assert_ok(migrate(w, list, 4, true, &r));
    assert_report(r, 0, 3, 3);
    assert_ok(migrate(w, list, 3, false, &r));
    assert_report(r, 2, 0, 2);
    assert_ok(migrate(w, list, 4, true, &r));
    assert_report(r, 0, 1, 3);
    assert_ok(migrate(w, list, 4, false, &r));
    assert_report(r, 1, 0, 3);
    assert_ok(migrate(w, list, 4, false, &r));
    assert_report(r, 0, 0, 3);
    assert_int_equal(world_number(w->d, "SELECT count(*) AS n FROM schema_change WHERE applied_at = 1234"),
                     3);
    assert_int_equal(
        world_number(w->d, "SELECT count(*) AS n FROM schema_change WHERE length(checksum) = 64"), 3);
    assert_int_equal(world_number(w->d, "SELECT count(*) AS n FROM thing WHERE more IS NULL AND id = 1"), 1);
    assert_int_equal(world_number(w->d, "SELECT count(*) AS n FROM words"), 0);
    assert_int_equal(
        world_number(w->d, "SELECT count(*) AS n FROM thing WHERE note = 'a BIGINT; and\na BYTEA;\n'"), 1);
}

static void dry_runs_touch_nothing(void **state) {
    WORLD(w);
    struct db_migrate_report r;
    assert_ok(migrate(w, list, 4, true, &r));
    assert_err(world_exec(w->d, "SELECT count(*) FROM schema_change"), ERR_DATABASE);
}

static void sqlite_tables_are_strict(void **state) {
    WORLD(w);
    struct db_migrate_report r;
    assert_ok(migrate(w, list, 4, false, &r));
    assert_err(world_exec(w->d, "INSERT INTO thing (id, more) VALUES (2, 'text')"), ERR_INVALID);
    assert_err(world_exec(w->d, "INSERT INTO thing (id, raw) VALUES (2, 'text')"), ERR_INVALID);
    assert_ok(world_exec(w->d, "INSERT INTO words (body) VALUES ('a word')"));
    assert_int_equal(world_number(w->d, "SELECT count(*) AS n FROM words WHERE words MATCH 'word'"), 1);
}

static void what_does_not_fit_is_refused(void **state) {
    WORLD(w);
    struct db_migrate_report r = {.total = -1};
    assert_ok(migrate(w, list, 4, false, &r));
    r.total = -1;
    /* A newer program was here. */
    assert_err(migrate(w, list, 3, false, &r), ERR_CONFLICT);
    assert_err(migrate(w, list, 3, true, &r), ERR_CONFLICT);
    /* The text was changed afterwards. */
    struct db_migration changed[4];
    memcpy(changed, list, sizeof changed);
    changed[0].sql = "CREATE TABLE thing (id BIGINT PRIMARY KEY);\n";
    assert_err(migrate(w, changed, 4, true, &r), ERR_CONFLICT);
    /* One was put in below others. */
    struct db_migration between[] = {list[0], {"0001-x", -1, "SELECT 1;\n"}, list[1], list[2], list[3]};
    assert_err(migrate(w, between, 5, false, &r), ERR_CONFLICT);
    assert_int_equal(r.total, -1);
    assert_int_equal(world_number(w->d, "SELECT count(*) AS n FROM schema_change"), 3);
}

static void a_failing_change_leaves_nothing(void **state) {
    WORLD(w);
    struct db_migration bad[] = {
        list[0],
        {"0002-bad", -1, "CREATE TABLE half (id BIGINT PRIMARY KEY);\nCREATE TABLE thing (id BIGINT);\n"},
    };
    struct db_migrate_report r;
    assert_err(migrate(w, bad, 2, false, &r), ERR_DATABASE);
    assert_non_null(strstr(err_text(), "0002-bad"));
    assert_non_null(strstr(err_text(), "statement 2"));
    assert_int_equal(world_number(w->d, "SELECT count(*) AS n FROM schema_change"), 1);
    assert_err(world_exec(w->d, "SELECT id FROM half"), ERR_DATABASE);
    struct db_migration good[] = {list[0], {"0002-bad", -1, "CREATE TABLE half (id BIGINT PRIMARY KEY);"}};
    assert_ok(migrate(w, good, 2, false, &r));
    assert_report(r, 1, 0, 2);
}

/* Exit status: how many this process applied, or 100. */
static int migrate_in_child(struct world *w, int go) {
    char c;
    db *d = NULL;
    if (read(go, &c, 1) != 0) return 100;
    if (db_open(&(struct db_options){.target = w->target}, &d)) return 100;
    struct db_migrate_report r;
    err code = db_migrate(d, list, 4, 1234, false, &r);
    if (code) fprintf(stderr, "%s: %s\n", err_name(code), err_text());
    db_close(d);
    return code ? 100 : r.applied;
}

static void processes_share_the_work(void **state) {
    WORLD(w);
    db_close(w->d);
    w->d = NULL;
    int ends[2], applied = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t children[4];
    for (int i = 0; i < 4; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            close(ends[1]);
            _exit(migrate_in_child(w, ends[0]));
        }
    }
    close(ends[0]);
    close(ends[1]); /* all start at once */
    for (int i = 0; i < 4; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 3);
        applied += WEXITSTATUS(status);
    }
    assert_ok(db_open(&(struct db_options){.target = w->target}, &w->d));
    assert_int_equal(applied, 3);
    assert_int_equal(world_number(w->d, "SELECT count(*) AS n FROM schema_change"), 3);
    assert_int_equal(world_number(w->d, "SELECT count(*) AS n FROM thing"), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_BOTH(changes_are_applied_once),        WORLD_BOTH(dry_runs_touch_nothing),
        WORLD_SQLITE(sqlite_tables_are_strict),      WORLD_BOTH(what_does_not_fit_is_refused),
        WORLD_BOTH(a_failing_change_leaves_nothing), WORLD_BOTH(processes_share_the_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
