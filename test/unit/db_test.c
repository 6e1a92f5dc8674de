/* db: values, names, errors, reading; the same cases on both engines. */
#include "db_world.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

static void make_things(struct world *w) {
    assert_ok(world_exec(w->d, w->engine == DB_SQLITE
                                   ? "CREATE TABLE thing (id INTEGER PRIMARY KEY, n INTEGER, s TEXT, b BLOB,"
                                     " u TEXT UNIQUE, CHECK (n <> 13)) STRICT"
                                   : "CREATE TABLE thing (id BIGINT PRIMARY KEY, n BIGINT, s TEXT, b BYTEA,"
                                     " u TEXT UNIQUE, CHECK (n <> 13))"));
    assert_ok(world_exec(w->d, w->engine == DB_SQLITE
                                   ? "CREATE TABLE part (id INTEGER PRIMARY KEY, thing_id INTEGER NOT NULL"
                                     " REFERENCES thing (id)) STRICT"
                                   : "CREATE TABLE part (id BIGINT PRIMARY KEY, thing_id BIGINT NOT NULL"
                                     " REFERENCES thing (id))"));
}

struct thing {
    int64_t id, n;
    str s, b;
};

/* Parameters on purpose out of order: SQLite numbers them by first appearance. */
static err insert_thing(db_conn *c, void *arg) {
    struct thing *t = arg;
    db_query *q = db_sql(c, "INSERT INTO thing (b, id, s, n) VALUES ($4, $1, $3, $2)");
    db_bind_int(q, 1, t->id);
    db_bind_int(q, 2, t->n);
    db_bind_text(q, 3, t->s);
    db_bind_blob(q, 4, t->b);
    return db_done(q);
}

static struct thing read_thing(struct world *w, int64_t id) {
    struct thing t = {0};
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(w->d, &c));
    db_query *q = db_sql(c, "SELECT s, b, n, id FROM thing WHERE id = $1");
    db_bind_int(q, 1, id);
    assert_true(db_row(q));
    t = (struct thing){db_int(q, "id"), db_int(q, "n"), db_text(q, w->a, "s"), db_blob(q, w->a, "b")};
    assert_false(db_row(q));
    assert_ok(db_done(q));
    return t;
}

static void values_come_back(void **state) {
    WORLD(w);
    make_things(w);
    struct thing in[] = {
        {1, 0, S(""), S("")},
        {2, INT64_MAX, S("Zo\xC3\xAB \xF0\x9F\xA7\xB1 \xE2\x80\xA8 'quoted' $1 \\"), S("\0\x01\xff\\x00'")},
        {3, INT64_MIN, {NULL, 0}, {NULL, 0}},
        {-4, -1, S("line\r\nline"), S("\\x41")},
    };
    for (size_t i = 0; i < 4; i++) assert_ok(db_write(w->d, insert_thing, &in[i]));
    for (size_t i = 0; i < 4; i++) {
        struct thing out = read_thing(w, in[i].id);
        assert_int_equal(out.n, in[i].n);
        assert_true(str_eq(out.s, in[i].s));
        assert_true(str_eq(out.b, in[i].b));
    }
    assert_int_equal(world_number(w->d, "SELECT count(*) AS n FROM thing WHERE s IS NULL OR b IS NULL"), 0);
}

static void large_blobs_come_back(void **state) {
    WORLD(w);
    make_things(w);
    size_t n = 5 << 20;
    char *p = arena_alloc(w->a, n);
    for (size_t i = 0; i < n; i++) p[i] = (char)(i * 2654435761u >> 13);
    struct thing in = {1, 1, S("big"), {p, n}};
    assert_ok(db_write(w->d, insert_thing, &in));
    assert_true(str_eq(read_thing(w, 1).b, in.b));
}

static err insert_nulls(db_conn *c, void *arg) {
    (void)arg;
    for (int64_t i = 1; i <= 3; i++) {
        /* NULL first, so that the types are not known when the statement is prepared. */
        db_query *q = db_sql(c, "INSERT INTO thing (id, n, s, b) VALUES ($1, $2, $3, $4)");
        db_bind_int(q, 1, i);
        db_bind_int_or_null(q, 2, i == 2 ? 7 : 0);
        if (i == 2)
            db_bind_text(q, 3, S("text"));
        else
            db_bind_null(q, 3);
        if (i == 2)
            db_bind_blob(q, 4, S("blob"));
        else
            db_bind_null(q, 4);
        TRY(db_done(q));
    }
    return ERR_NONE;
}

static void nulls_come_back(void **state) {
    WORLD(w);
    make_things(w);
    assert_ok(db_write(w->d, insert_nulls, NULL));
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(w->d, &c));
    db_query *q = db_sql(c, "SELECT id, n, s, b FROM thing ORDER BY id");
    for (int64_t i = 1; i <= 3; i++) {
        assert_true(db_row(q));
        assert_int_equal(db_is_null(q, "n"), i != 2);
        assert_int_equal(db_is_null(q, "s"), i != 2);
        assert_int_equal(db_is_null(q, "b"), i != 2);
        assert_int_equal(db_int(q, "n"), i == 2 ? 7 : 0);
        assert_true(str_eq(db_text(q, w->a, "s"), i == 2 ? S("text") : S("")));
        assert_true(str_eq(db_blob(q, w->a, "b"), i == 2 ? S("blob") : S("")));
    }
    assert_false(db_row(q));
    assert_false(db_row(q));
    assert_ok(db_done(q));
}

static void expressions_read_as_numbers(void **state) {
    WORLD(w);
    make_things(w);
    struct thing t[] = {{1, 4000000000000000000, S("a"), S("")},
                        {2, 5000000000000000000, S("b"), S("")},
                        {3, -9223372036854775807, S("c"), S("")}};
    for (size_t i = 0; i < 3; i++) assert_ok(db_write(w->d, insert_thing, &t[i]));
    assert_int_equal(world_number(w->d, "SELECT sum(n) AS n FROM thing WHERE id < 3"), 9000000000000000000);
    assert_int_equal(world_number(w->d, "SELECT sum(n) AS n FROM thing"), -223372036854775807);
    assert_int_equal(world_number(w->d, "SELECT sum(id) * 10000 AS n FROM thing"), 60000);
    assert_int_equal(world_number(w->d, "SELECT id = 2 AS n FROM thing WHERE id = 2"), 1);
    assert_int_equal(world_number(w->d, "SELECT id = 3 AS n FROM thing WHERE id = 2"), 0);
    assert_int_equal(world_number(w->d, "SELECT count(*) AS n FROM thing"), 3);
    assert_int_equal(world_number(w->d, "SELECT 7 AS n"), 7);
    assert_int_equal(world_number(w->d, "SELECT length(s) AS n FROM thing WHERE id = 1"), 1);
}

static void a_parameter_may_stand_twice(void **state) {
    WORLD(w);
    make_things(w);
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(w->d, &c));
    db_query *q = db_sql(c, "SELECT count(*) AS n FROM thing WHERE n = $2 OR id = $1 OR n = $1");
    db_bind_int(q, 2, 5);
    db_bind_int(q, 1, 6);
    assert_true(db_row(q));
    assert_int_equal(db_int(q, "n"), 0);
    assert_ok(db_done(q));
}

static void wrong_text_is_refused(void **state) {
    WORLD(w);
    make_things(w);
    struct thing t = {1, 1, S("bad \xC3("), S("")};
    assert_err(db_write(w->d, insert_thing, &t), ERR_INVALID);
    t.s = S("nul \0 inside");
    assert_err(db_write(w->d, insert_thing, &t), ERR_INVALID);
    assert_int_equal(world_number(w->d, "SELECT count(*) AS n FROM thing"), 0);
    /* In a read it spoils that statement only. */
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(w->d, &c));
    for (int i = 0; i < 2; i++) {
        db_query *q = db_sql(c, "SELECT count(*) AS n FROM thing WHERE s = $1");
        db_bind_text(q, 1, i == 0 ? S("\xFF") : S("fine"));
        assert_int_equal(db_row(q), i);
        assert_err(db_done(q), i == 0 ? ERR_INVALID : ERR_NONE);
    }
}

static void insert_and_expect(struct world *w, const char *sql, err code) {
    err got = world_exec(w->d, sql);
    if (got != code) fail_msg("%s: %s (%s), not %s", sql, err_name(got), err_text(), err_name(code));
}

static void constraints_have_their_codes(void **state) {
    WORLD(w);
    make_things(w);
    insert_and_expect(w, "INSERT INTO thing (id, u) VALUES (1, 'x')", ERR_NONE);
    insert_and_expect(w, "INSERT INTO thing (id) VALUES (1)", ERR_CONFLICT);
    insert_and_expect(w, "INSERT INTO thing (id, u) VALUES (2, 'x')", ERR_CONFLICT);
    insert_and_expect(w, "INSERT INTO thing (id, n) VALUES (2, 13)", ERR_INVALID);
    insert_and_expect(w, "INSERT INTO part (id, thing_id) VALUES (1, 99)", ERR_INVALID);
    insert_and_expect(w, "INSERT INTO part (id, thing_id) VALUES (1, NULL)", ERR_INVALID);
    insert_and_expect(w, "INSERT INTO nowhere (id) VALUES (1)", ERR_DATABASE);
    insert_and_expect(w, "INSERT INTO thing (id) VALUES (", ERR_DATABASE);
    assert_true(strlen(err_text()) > 10);
    insert_and_expect(w, "INSERT INTO thing (id, u) VALUES (1, 'y') ON CONFLICT DO NOTHING", ERR_NONE);
    assert_int_equal(world_number(w->d, "SELECT count(*) AS n FROM thing"), 1);
}

static void mistakes_are_told(void **state) {
    WORLD(w);
    make_things(w);
    struct thing t = {1, 5, S("text"), S("")};
    assert_ok(db_write(w->d, insert_thing, &t));
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(w->d, &c));
    db_query *q = db_sql(c, "SELECT s FROM thing");
    assert_true(db_row(q));
    assert_int_equal(db_int(q, "s"), 0);
    assert_err(db_done(q), ERR_INTERNAL);
    db_read_end(c);

    assert_ok(db_read_begin(w->d, &c));
    q = db_sql(c, "SELECT s FROM thing WHERE id = $1 AND n = $2");
    db_bind_int(q, 2, 1);
    assert_false(db_row(q));
    assert_err(db_done(q), ERR_INTERNAL);
    db_read_end(c);

    assert_ok(db_read_begin(w->d, &c));
    q = db_sql(c, "SELECT s FROM thing WHERE id = $1");
    db_query *same = db_sql(c, "SELECT 1 AS n");
    assert_ok(db_done(same));
    db_bind_int(q, 65, 1);
    assert_err(db_done(q), ERR_INTERNAL);
}

static const char all_things[] = "SELECT id FROM thing ORDER BY id";

static void a_statement_is_not_opened_twice(void **state) {
    WORLD(w);
    make_things(w);
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(w->d, &c));
    db_query *q = db_sql(c, all_things);
    db_query *again = db_sql(c, all_things);
    db_bind_int(again, 1, 1);
    assert_false(db_row(again));
    assert_err(db_done(again), ERR_INTERNAL);
    db_done(q);
    db_read_end(c);
    /* Only that transaction was spoilt; a statement left open is closed with it. */
    assert_ok(db_read_begin(w->d, &c));
    db_row(db_sql(c, all_things));
    db_read_end(c);
    assert_ok(db_read_begin(w->d, &c));
    assert_ok(db_done(db_sql(c, all_things)));
}

static void statements_nest(void **state) {
    WORLD(w);
    make_things(w);
    for (int64_t i = 1; i <= 3; i++) {
        struct thing t = {i, i * 10, S("x"), S("")};
        assert_ok(db_write(w->d, insert_thing, &t));
    }
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(w->d, &c));
    int64_t sum = 0;
    db_query *outer = db_sql(c, all_things);
    while (db_row(outer)) {
        db_query *inner = db_sql(c, "SELECT n FROM thing WHERE id = $1");
        db_bind_int(inner, 1, db_int(outer, "id"));
        assert_true(db_row(inner));
        sum += db_int(inner, "n");
        assert_ok(db_done(inner));
    }
    assert_ok(db_done(outer));
    assert_int_equal(sum, 60);
}

static err count_changes(db_conn *c, void *arg) {
    int64_t *changes = arg;
    db_query *q = db_sql(c, "INSERT INTO thing (id, n) VALUES (1, 1), (2, 2), (3, 3) RETURNING id");
    assert_true(db_row(q)); /* only the first is read; all three are written */
    assert_int_equal(db_int(q, "id"), 1);
    TRY(db_done(q));
    changes[0] = db_changes(q);
    q = db_sql(c, "UPDATE thing SET n = n + 1 WHERE id > $1");
    db_bind_int(q, 1, 1);
    TRY(db_done(q));
    changes[1] = db_changes(q);
    q = db_sql(c, "INSERT INTO thing (id) VALUES (1) ON CONFLICT DO NOTHING");
    TRY(db_done(q));
    changes[2] = db_changes(q);
    q = db_sql(c, all_things);
    while (db_row(q)) {
    }
    TRY(db_done(q));
    changes[3] = db_changes(q);
    q = db_sql(c, "DELETE FROM thing WHERE id = 99");
    TRY(db_done(q));
    changes[4] = db_changes(q);
    return ERR_NONE;
}

static void changes_are_counted(void **state) {
    WORLD(w);
    make_things(w);
    int64_t changes[5];
    assert_ok(db_write(w->d, count_changes, changes));
    static const int64_t wanted[5] = {3, 2, 0, 0, 0};
    for (int i = 0; i < 5; i++) assert_int_equal(changes[i], wanted[i]);
    assert_int_equal(world_number(w->d, "SELECT sum(n) AS n FROM thing"), 8);
}

static void readers_see_one_snapshot(void **state) {
    WORLD(w);
    make_things(w);
    struct thing t = {1, 1, S("x"), S("")};
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(w->d, &c));
    for (int i = 0; i < 2; i++) {
        db_query *q = db_sql(c, "SELECT count(*) AS n FROM thing");
        assert_true(db_row(q));
        assert_int_equal(db_int(q, "n"), 0);
        assert_ok(db_done(q));
        if (i == 0) assert_ok(db_write(w->d, insert_thing, &t));
    }
    db_read_end(c);
    c = NULL;
    assert_int_equal(world_number(w->d, "SELECT count(*) AS n FROM thing"), 1);
}

static void *read_main(void *arg) {
    db *d = arg;
    db_conn *c = NULL;
    err code = db_read_begin(d, &c);
    db_read_end(c);
    return (void *)(uintptr_t)code;
}

static void readers_wait_for_their_turn(void **state) {
    WORLD(w);
    db_conn *c[4];
    pthread_t threads[3];
    for (int i = 0; i < 4; i++) assert_ok(db_read_begin(w->d, &c[i]));
    for (int i = 0; i < 3; i++) assert_int_equal(pthread_create(&threads[i], NULL, read_main, w->d), 0);
    for (int i = 0; i < 4; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
        db_read_end(c[i]);
    }
    for (int i = 0; i < 3; i++) {
        void *code;
        pthread_join(threads[i], &code);
        assert_int_equal((uintptr_t)code, ERR_NONE);
    }
}

static void readers_do_not_write(void **state) {
    WORLD(w);
    make_things(w);
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(w->d, &c));
    assert_err(db_exec(c, "INSERT INTO thing (id) VALUES (1)"), ERR_DATABASE);
    db_read_end(c);
    assert_ok(db_read_begin(w->d, &c));
    assert_err(db_done(db_sql(c, "INSERT INTO thing (id) VALUES (2)")), ERR_DATABASE);
    /* PostgreSQL runs nothing after an error, so nobody does. */
    assert_err(db_done(db_sql(c, all_things)), ERR_DATABASE);
    db_read_end(c);
    c = NULL;
    assert_int_equal(world_number(w->d, "SELECT count(*) AS n FROM thing"), 0);

    db *d = NULL;
    assert_ok(db_open(&(struct db_options){.target = w->target, .read_only = true}, &d));
    assert_err(world_exec(d, "INSERT INTO thing (id) VALUES (1)"), ERR_INTERNAL);
    assert_int_equal(world_number(d, "SELECT count(*) AS n FROM thing"), 0);
    db_close(d);
}

static void an_unknown_column_aborts(void **state) {
    WORLD(w);
    make_things(w);
    pid_t child = fork();
    if (child == 0) {
        /* The file's locks and the server's socket belong to the parent: a database of its own. */
        db *d = NULL;
        if (db_open(&(struct db_options){.target = w->target, .read_only = true}, &d)) _exit(1);
        if (!freopen("/dev/null", "w", stderr)) _exit(1);
        db_conn *c = NULL;
        if (db_read_begin(d, &c)) _exit(1);
        db_query *q = db_sql(c, "SELECT 1 AS n");
        db_row(q);
        signal(SIGABRT, SIG_DFL);
        db_int(q, "m");
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void wrong_places_are_told(void **state) {
    WORLD(w);
    db *d = NULL;
    if (w->engine == DB_POSTGRES) {
        assert_err(db_open(&(struct db_options){.target = S("postgres:///x?host=/nowhere/at/all")}, &d),
                   ERR_DATABASE);
        assert_int_equal(db_engine_of(w->d), DB_POSTGRES);
        assert_err(db_copy_to(w->d, S("/tmp/x")), ERR_INVALID);
        return;
    }
    assert_err(db_open(&(struct db_options){.target = world_path(w, "no/such.db")}, &d), ERR_MISSING);
    assert_err(db_open(&(struct db_options){.target = world_path(w, "not.db"), .read_only = true}, &d),
               ERR_MISSING);
    assert_err(db_open(&(struct db_options){.target = S("")}, &d), ERR_INVALID);
    str other = world_path(w, "copy.db");
    FILE *f = fopen(other.p, "w");
    assert_non_null(f);
    for (int i = 0; i < 1000; i++) fputs("This is no database. ", f);
    fclose(f);
    assert_err(db_open(&(struct db_options){.target = other}, &d), ERR_DATABASE);
    assert_null(d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_BOTH(values_come_back),
        WORLD_BOTH(large_blobs_come_back),
        WORLD_BOTH(nulls_come_back),
        WORLD_BOTH(expressions_read_as_numbers),
        WORLD_BOTH(a_parameter_may_stand_twice),
        WORLD_BOTH(wrong_text_is_refused),
        WORLD_BOTH(constraints_have_their_codes),
        WORLD_BOTH(mistakes_are_told),
        WORLD_BOTH(a_statement_is_not_opened_twice),
        WORLD_BOTH(statements_nest),
        WORLD_BOTH(changes_are_counted),
        WORLD_BOTH(readers_see_one_snapshot),
        WORLD_BOTH(readers_wait_for_their_turn),
        WORLD_BOTH(readers_do_not_write),
        WORLD_BOTH(an_unknown_column_aborts),
        WORLD_BOTH(wrong_places_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
