/* db_write: one commit for many, undoing alone, retrying, poisoned transactions; on both engines. */
#include "db_world.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

enum { THREADS = 16, TURNS = 25 };

static void make_counter(struct world *w) {
    assert_ok(
        world_exec(w->d, w->engine == DB_SQLITE
                             ? "CREATE TABLE counter (id INTEGER PRIMARY KEY, n INTEGER NOT NULL) STRICT"
                             : "CREATE TABLE counter (id BIGINT PRIMARY KEY, n BIGINT NOT NULL)"));
    assert_ok(world_exec(w->d, "INSERT INTO counter (id, n) VALUES (1, 0), (2, 0)"));
}

static err read_counter(db_conn *c, int64_t id, int64_t *ret_n) {
    db_query *q = db_sql(c, "SELECT n FROM counter WHERE id = $1");
    db_bind_int(q, 1, id);
    int64_t n = db_row(q) ? db_int(q, "n") : -1;
    TRY(db_done(q));
    *ret_n = n;
    return ERR_NONE;
}

static err set_counter(db_conn *c, int64_t id, int64_t n) {
    db_query *q = db_sql(c, "UPDATE counter SET n = $2 WHERE id = $1");
    db_bind_int(q, 1, id);
    db_bind_int(q, 2, n);
    return db_done(q);
}

static err insert_counter(db_conn *c, int64_t id) {
    db_query *q = db_sql(c, "INSERT INTO counter (id, n) VALUES ($1, 0)");
    db_bind_int(q, 1, id);
    return db_done(q);
}

/* Many threads. */

struct crowd {
    db *d;
    db_fn fn;
    _Atomic int failed;
    _Atomic int64_t next_id;
    int turns;
};

static void *crowd_main(void *arg) {
    struct crowd *crowd = arg;
    for (int i = 0; i < crowd->turns; i++)
        if (db_write(crowd->d, crowd->fn, crowd)) atomic_fetch_add(&crowd->failed, 1);
    return NULL;
}

static void run_crowd(struct crowd *crowd) {
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, crowd_main, crowd), 0);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
}

static err increment(db_conn *c, void *arg) {
    (void)arg;
    int64_t n;
    TRY(read_counter(c, 1, &n));
    return set_counter(c, 1, n + 1);
}

static void increments_sum_up(void **state) {
    WORLD(w);
    make_counter(w);
    struct crowd crowd = {.d = w->d, .fn = increment, .turns = TURNS};
    run_crowd(&crowd);
    assert_int_equal(crowd.failed, 0);
    assert_int_equal(world_number(w->d, "SELECT n FROM counter WHERE id = 1"), THREADS * TURNS);
    int64_t commits, functions;
    db_write_counts(w->d, &commits, &functions);
    assert_true(commits > 0 && commits <= functions);
    assert_int_equal(functions, THREADS * TURNS + 2);
}

/* Write skew: each sees the sum of both and takes from one; together they must not take too much. */
static err take_one(db_conn *c, void *arg) {
    struct crowd *crowd = arg;
    int64_t one, two;
    TRY(read_counter(c, 1, &one));
    TRY(read_counter(c, 2, &two));
    if (one + two <= 0) return err_set(ERR_LIMIT, "Nothing is left.");
    int64_t id = 1 + atomic_fetch_add(&crowd->next_id, 1) % 2;
    return set_counter(c, id, (id == 1 ? one : two) - 1);
}

static void transactions_are_serializable(void **state) {
    WORLD(w);
    make_counter(w);
    assert_ok(world_exec(w->d, "UPDATE counter SET n = 50"));
    struct crowd crowd = {.d = w->d, .fn = take_one, .turns = 10};
    run_crowd(&crowd);
    assert_int_equal(world_number(w->d, "SELECT sum(n) AS n FROM counter"), 0);
    assert_int_equal(crowd.failed, THREADS * 10 - 100);
}

static err insert_or_fail(db_conn *c, void *arg) {
    struct crowd *crowd = arg;
    int64_t id = 100 + atomic_fetch_add(&crowd->next_id, 1);
    TRY(insert_counter(c, id));
    TRY(increment(c, NULL));
    return id % 3 == 0 ? err_set(ERR_MISSING, "The third one goes back.") : ERR_NONE;
}

static void failing_functions_are_undone_alone(void **state) {
    WORLD(w);
    make_counter(w);
    struct crowd crowd = {.d = w->d, .fn = insert_or_fail, .turns = TURNS};
    run_crowd(&crowd);
    int64_t kept = THREADS * TURNS - crowd.failed;
    assert_true(crowd.failed > 0);
    assert_int_equal(world_number(w->d, "SELECT count(*) AS n FROM counter WHERE id >= 100"), kept);
    assert_int_equal(world_number(w->d, "SELECT count(*) AS n FROM counter WHERE id >= 100 AND id % 3 = 0"),
                     0);
    assert_int_equal(world_number(w->d, "SELECT n FROM counter WHERE id = 1"), kept);
}

/* A batch made on purpose: the first function holds the writer until all others wait behind it. */

struct gate {
    sem_t inside, open;
};

static err wait_at_gate(db_conn *c, void *arg) {
    struct gate *gate = arg;
    sem_post(&gate->inside);
    while (sem_wait(&gate->open)) {
    }
    return insert_counter(c, 1000);
}

struct call {
    db *d;
    db_fn fn;
    void *arg;
    pthread_t thread;
    err code;
    char text[512];
};

static void *call_main(void *arg) {
    struct call *call = arg;
    call->code = db_write(call->d, call->fn, call->arg);
    snprintf(call->text, sizeof call->text, "%s", call->code ? err_text() : "");
    return NULL;
}

static void start_call(struct call *call, db *d, db_fn fn, void *arg) {
    *call = (struct call){.d = d, .fn = fn, .arg = arg};
    assert_int_equal(pthread_create(&call->thread, NULL, call_main, call), 0);
}

static err insert_fine(db_conn *c, void *arg) { return insert_counter(c, *(int64_t *)arg); }

static err insert_and_refuse(db_conn *c, void *arg) {
    TRY(insert_counter(c, *(int64_t *)arg));
    return err_set(ERR_DENIED, "Number %lld may not.", (long long)*(int64_t *)arg);
}

static err insert_and_fail_inside(db_conn *c, void *arg) {
    TRY(insert_counter(c, *(int64_t *)arg));
    return insert_counter(c, 1);
}

static void one_commit_carries_many(void **state) {
    WORLD(w);
    make_counter(w);
    struct gate gate;
    sem_init(&gate.inside, 0, 0);
    sem_init(&gate.open, 0, 0);
    struct call calls[10];
    int64_t ids[10];
    int64_t commits[2], functions[2];
    db_write_counts(w->d, &commits[0], &functions[0]);
    start_call(&calls[0], w->d, wait_at_gate, &gate);
    while (sem_wait(&gate.inside)) {
    }
    for (int i = 1; i < 10; i++) {
        ids[i] = 2000 + i;
        start_call(&calls[i], w->d,
                   i == 4   ? insert_and_refuse
                   : i == 6 ? insert_and_fail_inside
                            : insert_fine,
                   &ids[i]);
    }
    /* The test holds for any order and any batches; the pause only makes a batch of all likely. */
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    sem_post(&gate.open);
    for (int i = 0; i < 10; i++) {
        pthread_join(calls[i].thread, NULL);
        err wanted = i == 4 ? ERR_DENIED : i == 6 ? ERR_CONFLICT : ERR_NONE;
        if (calls[i].code != wanted) fail_msg("call %d: %s: %s", i, err_name(calls[i].code), calls[i].text);
    }
    assert_string_equal(calls[4].text, "Number 2004 may not.");
    assert_int_equal(world_number(w->d, "SELECT count(*) AS n FROM counter WHERE id >= 1000"), 8);
    assert_int_equal(world_number(w->d, "SELECT count(*) AS n FROM counter WHERE id = 2004 OR id = 2006"), 0);
    db_write_counts(w->d, &commits[1], &functions[1]);
    assert_int_equal(functions[1] - functions[0], 8);
    if (w->engine == DB_SQLITE) assert_true(commits[1] - commits[0] <= 2);
    sem_destroy(&gate.inside);
    sem_destroy(&gate.open);
}

/* Rules for functions. */

static err go_on_after_failure(db_conn *c, void *arg) {
    err *later = arg;
    TRY(set_counter(c, 1, 77));
    insert_counter(c, 1);
    *later = set_counter(c, 2, 77);
    return ERR_NONE;
}

static err go_on_after_bad_text(db_conn *c, void *arg) {
    (void)arg;
    TRY(set_counter(c, 1, 77));
    db_query *q = db_sql(c, "UPDATE counter SET n = 1 WHERE $1 = 'x'");
    db_bind_text(q, 1, S("\xFF"));
    db_done(q);
    return ERR_NONE;
}

static void a_failed_statement_spoils_the_transaction(void **state) {
    WORLD(w);
    make_counter(w);
    err later = ERR_NONE;
    assert_err(db_write(w->d, go_on_after_failure, &later), ERR_INTERNAL);
    assert_int_equal(later, ERR_CONFLICT);
    assert_err(db_write(w->d, go_on_after_bad_text, NULL), ERR_INTERNAL);
    assert_int_equal(world_number(w->d, "SELECT sum(n) AS n FROM counter"), 0);
    assert_ok(db_write(w->d, increment, NULL));
}

static err forget_to_run(db_conn *c, void *arg) {
    (void)arg;
    db_query *q = db_sql(c, "UPDATE counter SET n = $1");
    db_bind_int(q, 1, 5);
    return ERR_NONE;
}

static err forget_to_end(db_conn *c, void *arg) {
    (void)arg;
    db_query *q = db_sql(c, "UPDATE counter SET n = $1 RETURNING id");
    db_bind_int(q, 1, 6);
    return db_row(q) ? ERR_NONE : ERR_MISSING;
}

static void open_statements_are_closed(void **state) {
    WORLD(w);
    make_counter(w);
    assert_err(db_write(w->d, forget_to_run, NULL), ERR_INTERNAL);
    assert_int_equal(world_number(w->d, "SELECT sum(n) AS n FROM counter"), 0);
    for (int i = 0; i < 2; i++) assert_ok(db_write(w->d, forget_to_end, NULL));
    assert_int_equal(world_number(w->d, "SELECT sum(n) AS n FROM counter"), 12);
}

static err write_inside(db_conn *c, void *arg) {
    db *d = arg;
    TRY(increment(c, NULL));
    return db_write(d, increment, NULL);
}

static err control(db_conn *c, void *arg) {
    TRY(increment(c, NULL));
    return db_exec(c, arg);
}

static void functions_leave_transactions_alone(void **state) {
    WORLD(w);
    make_counter(w);
    assert_err(db_write(w->d, write_inside, w->d), ERR_INTERNAL);
    static const char *const words[] = {"COMMIT", " rollback;", "BEGIN", "SAVEPOINT x", "END"};
    for (size_t i = 0; i < 5; i++)
        assert_err(db_write(w->d, control, (void *)(uintptr_t)words[i]), ERR_INTERNAL);
    assert_err(db_write(w->d, control, "SELECT 1; SELECT 2"),
               w->engine == DB_SQLITE ? ERR_INTERNAL : ERR_DATABASE);
    assert_int_equal(world_number(w->d, "SELECT sum(n) AS n FROM counter"), 0);
}

static err insert_known(db_conn *c, void *arg) {
    ++*(int *)arg;
    return insert_counter(c, 1);
}

static void a_conflict_is_told(void **state) {
    WORLD(w);
    make_counter(w);
    int runs = 0;
    assert_err(db_write(w->d, insert_known, &runs), ERR_CONFLICT);
    /* PostgreSQL says the same for a race lost, so it is run once more there. */
    assert_int_equal(runs, w->engine == DB_SQLITE ? 1 : 2);
}

struct meeting {
    struct world *w;
    int runs;
    int64_t seen;
    bool swallow; /* the function hides the error behind one of its own */
};

/* In the first run somebody else changes what was read, so that the server refuses the update. */
static err meet(db_conn *c, void *arg) {
    struct meeting *m = arg;
    TRY(read_counter(c, 1, &m->seen));
    if (m->runs++ == 0) {
        struct call other;
        start_call(&other, m->w->d, increment, NULL);
        pthread_join(other.thread, NULL);
        TRY(other.code);
    }
    err code = set_counter(c, 1, m->seen + 10);
    return code && m->swallow ? err_set(ERR_MISSING, "Not so.") : code;
}

static void a_serialization_failure_runs_again(void **state) {
    WORLD(w);
    make_counter(w);
    for (int i = 0; i < 2; i++) {
        struct meeting m = {.w = w, .swallow = i == 1};
        assert_ok(db_write(w->d, meet, &m));
        assert_int_equal(m.runs, 2);
        assert_int_equal(m.seen, i * 11 + 1);
        assert_int_equal(world_number(w->d, "SELECT n FROM counter WHERE id = 1"), (i + 1) * 11);
    }
}

static err lose_always(db_conn *c, void *arg) {
    struct meeting *m = arg;
    m->runs = 0;
    return meet(c, arg);
}

static void retrying_ends(void **state) {
    WORLD(w);
    make_counter(w);
    struct meeting m = {.w = w};
    assert_err(db_write(w->d, lose_always, &m), ERR_BUSY);
    assert_int_equal(world_number(w->d, "SELECT n FROM counter WHERE id = 1"), 21);
}

/* Deferred rules speak at COMMIT only; there one function must not take others down with it. */
static err insert_orphan(db_conn *c, void *arg) {
    (void)arg;
    return db_exec(c, "INSERT INTO child (id, parent) VALUES (1, 99)");
}

static void a_failed_commit_is_told(void **state) {
    WORLD(w);
    make_counter(w);
    assert_ok(world_exec(w->d, w->engine == DB_SQLITE
                                   ? "CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL"
                                     " REFERENCES counter (id) DEFERRABLE INITIALLY DEFERRED) STRICT"
                                   : "CREATE TABLE child (id BIGINT PRIMARY KEY, parent BIGINT NOT NULL"
                                     " REFERENCES counter (id) DEFERRABLE INITIALLY DEFERRED)"));
    struct gate gate;
    sem_init(&gate.inside, 0, 0);
    sem_init(&gate.open, 0, 0);
    struct call calls[3];
    int64_t id = 2000;
    start_call(&calls[0], w->d, wait_at_gate, &gate);
    while (sem_wait(&gate.inside)) {
    }
    start_call(&calls[1], w->d, insert_orphan, NULL);
    start_call(&calls[2], w->d, insert_fine, &id);
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    for (int i = 0; i < 2; i++) sem_post(&gate.open); /* SQLite runs each once more, alone */
    for (int i = 0; i < 3; i++) {
        pthread_join(calls[i].thread, NULL);
        assert_int_equal(calls[i].code, i == 1 ? ERR_INVALID : ERR_NONE);
    }
    assert_int_equal(world_number(w->d, "SELECT count(*) AS n FROM child"), 0);
    assert_int_equal(world_number(w->d, "SELECT count(*) AS n FROM counter WHERE id >= 1000"), 2);
    sem_destroy(&gate.inside);
    sem_destroy(&gate.open);
}

/* ---- statements that nobody waits for ---- */

struct later {
    int runs;
    int64_t seen;
    bool known; /* the last one is there already */
};

static void put_later(db_conn *c, int64_t id, int64_t n) {
    db_query *q = db_sql(c, "INSERT INTO counter (id, n) VALUES ($1, $2)");
    db_bind_int(q, 1, id);
    db_bind_int(q, 2, n);
    assert_ok(db_done_later(q));
}

static err many_later(db_conn *c, void *arg) {
    struct later *x = arg;
    x->runs++;
    for (int i = 0; i < 100; i++) put_later(c, 10 + i, 1);
    db_query *q = db_sql(c, "SELECT COUNT(*) AS n FROM counter WHERE n = 1");
    x->seen = db_row(q) ? db_int(q, "n") : -1;
    TRY(db_done(q));
    put_later(c, 200, 2);
    return ERR_NONE;
}

/* What follows sees them, more of them than wait for an answer at a time, and the commit keeps them. */
static void nobody_waits(void **state) {
    WORLD(w);
    struct later x = {0};
    make_counter(w);
    assert_ok(db_write(w->d, many_later, &x));
    assert_int_equal(x.seen, 100);
    assert_int_equal(world_number(w->d, "SELECT COUNT(*) AS n FROM counter"), 103);
}

static err known_later(db_conn *c, void *arg) {
    struct later *x = arg;
    x->runs++;
    put_later(c, 300, 1);
    db_query *q = db_sql(c, "INSERT INTO counter (id, n) VALUES (1, $1)");
    db_bind_int(q, 1, x->runs);
    err e = db_done_later(q);
    if (!e && x->known) e = db_exec(c, "UPDATE counter SET n = 7 WHERE id = 2");
    return e;
}

/* The one that fails is the error of what comes after it, of the commit at the latest, and nothing is kept.
 */
static void nobody_waits_in_vain(void **state) {
    WORLD(w);
    make_counter(w);
    for (int i = 0; i < 2; i++) {
        struct later x = {.known = i == 1};
        assert_err(db_write(w->d, known_later, &x), ERR_CONFLICT);
        assert_int_equal(x.runs, w->engine == DB_SQLITE ? 1 : 2);
        assert_int_equal(world_number(w->d, "SELECT COUNT(*) AS n FROM counter WHERE n = 0"), 2);
        assert_int_equal(world_number(w->d, "SELECT COUNT(*) AS n FROM counter"), 2);
    }
}

/* ---- one process after the other ---- */

struct process {
    struct world *w;
    db *d;
    int runs;
    err e;
};

static err hold_second(db_conn *c, void *arg) {
    (void)arg;
    return db_exec(c, "SELECT id FROM counter WHERE id = 2 FOR NO KEY UPDATE");
}

static err one_more(db_conn *c, void *arg) {
    struct process *p = arg;
    p->runs++;
    db_query *q = db_sql(c, "SELECT SUM(n) AS n FROM counter");
    int64_t n = db_row(q) ? db_int(q, "n") : 0;
    TRY(db_done(q));
    q = db_sql(c, "UPDATE counter SET n = $1 WHERE id = 1");
    db_bind_int(q, 1, n + 1);
    return db_done_later(q);
}

static void *write_in_turn(void *arg) {
    struct process *p = arg;
    for (int i = 0; i < 50 && !p->e; i++) {
        db_conn *held;
        db_turn_begin(p->d, hold_second, NULL, &held);
        p->e = held ? db_write(p->d, one_more, p) : ERR_INTERNAL;
        db_turn_end(held);
    }
    return NULL;
}

/* Two that hold the row in turn never have to begin anew. */
static void in_turn(void **state) {
    WORLD(w);
    struct process p[2] = {{.w = w, .d = w->d}, {.w = w}};
    pthread_t threads[2];
    make_counter(w);
    assert_ok(db_open(&(struct db_options){.target = w->target}, &p[1].d));
    for (int i = 0; i < 2; i++) assert_int_equal(pthread_create(&threads[i], NULL, write_in_turn, &p[i]), 0);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    db_close(p[1].d);
    assert_int_equal(p[0].e, ERR_NONE);
    assert_int_equal(p[1].e, ERR_NONE);
    assert_int_equal(p[0].runs + p[1].runs, 100);
    assert_int_equal(world_number(w->d, "SELECT n FROM counter WHERE id = 1"), 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_BOTH(increments_sum_up),
        WORLD_BOTH(transactions_are_serializable),
        WORLD_BOTH(failing_functions_are_undone_alone),
        WORLD_BOTH(one_commit_carries_many),
        WORLD_BOTH(a_failed_statement_spoils_the_transaction),
        WORLD_BOTH(open_statements_are_closed),
        WORLD_BOTH(functions_leave_transactions_alone),
        WORLD_BOTH(a_conflict_is_told),
        WORLD_BOTH(nobody_waits),
        WORLD_BOTH(nobody_waits_in_vain),
        WORLD_BOTH(a_failed_commit_is_told),
        WORLD_POSTGRES(a_serialization_failure_runs_again),
        WORLD_POSTGRES(retrying_ends),
        WORLD_POSTGRES(in_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
