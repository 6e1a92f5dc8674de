/* Jobs, above all those of letters that were just kept: they stand in a table of their own, and nobody
 * outside of store/job can tell. */
#include <pthread.h>

#include "people_kit.h"

#include "desk/intake.h"
#include "desk/people.h"
#include "store/job.h"
#include "store/raw.h"

enum { LEASE = 1000, BRAND = 7 };

struct ask {
    int64_t id, n;
    int limit;
    job_list jobs;
    bool yes;
    const struct job *job;
    arena *arena; /* NULL: the kit's */
    err failed;
};

static err put_letters(db_conn *c, void *arg) {
    struct ask *k = arg;
    for (int64_t i = 0; i < k->n; i++) TRY(store_job_put_read(c, BRAND, k->id + i, kit.now));
    return ERR_NONE;
}
static err claim(db_conn *c, void *arg) {
    struct ask *k = arg;
    k->jobs = (job_list){0};
    return store_job_claim(c, k->arena ? k->arena : kit.a, S("read"), kit.now, kit.now + LEASE, k->limit,
                           &k->jobs);
}
static err finish(db_conn *c, void *arg) {
    struct ask *k = arg;
    return store_job_finish(c, k->job, &k->yes);
}
static err postpone(db_conn *c, void *arg) {
    struct ask *k = arg;
    return store_job_postpone(c, k->job, kit.now + 10 * LEASE, S("It fell over."), k->yes ? kit.now : 0);
}
static err retry(db_conn *c, void *arg) {
    struct ask *k = arg;
    return store_job_retry(c, k->id, kit.now, &k->yes);
}

static void put(int64_t first, int64_t n) {
    assert_ok(db_write(kit.db, put_letters, &(struct ask){.id = first, .n = n}));
}
static job_list claimed(int limit) {
    struct ask k = {.limit = limit};
    assert_ok(db_write(kit.db, claim, &k));
    return k.jobs;
}
static bool finished(const struct job *job) {
    struct ask k = {.job = job};
    assert_ok(db_write(kit.db, finish, &k));
    return k.yes;
}
static bool retried(int64_t id) {
    struct ask k = {.id = id};
    assert_ok(db_write(kit.db, retry, &k));
    return k.yes;
}
static bool due(void) {
    DB_READ_AUTO db_conn *c = NULL;
    bool yes;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_job_due(c, S("read"), kit.now, &yes));
    return yes;
}
static int64_t next_at(void) {
    DB_READ_AUTO db_conn *c = NULL;
    int64_t at;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_job_next(c, &at));
    return at;
}
static job_list listed(int64_t brand) {
    DB_READ_AUTO db_conn *c = NULL;
    job_list jobs = {0};
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_job_list(c, kit.a, brand, 100, &jobs));
    return jobs;
}

static void test_claimed_once_in_order(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    assert_false(due());
    assert_int_equal(next_at(), 0);
    put(100, 5);
    assert_true(due());
    assert_int_equal(next_at(), kit.now);
    job_list a = claimed(3), b = claimed(3), none = claimed(3);
    assert_int_equal(a.n, 3);
    assert_int_equal(b.n, 2);
    assert_int_equal(none.n, 0);
    assert_false(due());
    for (size_t i = 0; i < 5; i++) {
        const struct job *job = i < 3 ? &a.v[i] : &b.v[i - 3];
        assert_int_equal(job->id, 100 + i);
        assert_int_equal(job->subject_id, 100 + i);
        assert_int_equal(job->brand_id, BRAND);
        assert_int_equal(job->run_at, kit.now);
        assert_int_equal(job->lease_until, kit.now + LEASE);
        assert_int_equal(job->attempts, 1);
        assert_str(job->kind, "read");
        assert_true(finished(job));
        assert_false(finished(job));
    }
    assert_int_equal(listed(0).n, 0);
}

static void test_lease_runs_out(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    put(200, 1);
    job_list first = claimed(8);
    assert_int_equal(first.n, 1);
    kit.now += LEASE + 1;
    assert_true(due());
    put(300, 2);
    /* What is tried again does not wait for what came later, nor the other way round. */
    job_list second = claimed(2);
    assert_int_equal(second.n, 2);
    assert_int_equal(second.v[0].id, 200);
    assert_int_equal(second.v[0].attempts, 2);
    assert_int_equal(second.v[1].id, 300);
    assert_false(finished(&first.v[0]));
    assert_true(finished(&second.v[0]));
    assert_true(finished(&second.v[1]));
    second = claimed(8);
    assert_int_equal(second.n, 1);
    assert_true(finished(&second.v[0]));
}

static void test_person_sees_and_retries(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    put(400, 2);
    job_list all = listed(BRAND);
    assert_int_equal(all.n, 2);
    assert_int_equal(all.v[0].id, 400);
    assert_int_equal(all.v[0].run_at, kit.now);
    assert_str(all.v[0].kind, "read");
    assert_int_equal(listed(BRAND + 1).n, 0);
    assert_true(retried(400)); /* it waits, and is due anyway */
    assert_false(retried(402));
    job_list jobs = claimed(1);
    assert_int_equal(jobs.v[0].id, 400);
    assert_false(retried(400)); /* under way */
    struct ask dead = {.job = &jobs.v[0], .yes = true};
    assert_ok(db_write(kit.db, postpone, &dead));
    all = listed(0);
    assert_int_equal(all.n, 2);
    assert_int_equal(all.v[0].id, 400);
    assert_int_equal(all.v[0].dead_at, kit.now);
    assert_str(all.v[0].last_error, "It fell over.");
    jobs = claimed(8);
    assert_int_equal(jobs.n, 1);
    assert_int_equal(jobs.v[0].id, 401);
    assert_true(finished(&jobs.v[0]));
    assert_true(retried(400));
    jobs = claimed(8);
    assert_int_equal(jobs.n, 1);
    assert_int_equal(jobs.v[0].attempts, 1);
    assert_true(finished(&jobs.v[0]));
}

static void *claim_all(void *arg) {
    struct ask *k = arg;
    k->arena = arena_new(0);
    do {
        struct ask some = {.limit = 3, .arena = k->arena};
        k->failed = db_write(kit.db, claim, &some);
        if (k->failed || !some.jobs.n) return NULL;
        for (size_t i = 0; i < some.jobs.n; i++) *list_add(k->arena, &k->jobs) = some.jobs.v[i];
    } while (true);
}

static void test_many_readers(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    enum { READERS = 4, LETTERS = 200 };
    pthread_t threads[READERS];
    struct ask asks[READERS] = {0};
    int times[LETTERS] = {0};
    put(1000, LETTERS);
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, claim_all, &asks[i]), 0);
    for (int i = 0; i < READERS; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < READERS; i++) {
        assert_int_equal(asks[i].failed, ERR_NONE);
        for (size_t k = 0; k < asks[i].jobs.n; k++) times[asks[i].jobs.v[k].id - 1000]++;
    }
    for (int i = 0; i < LETTERS; i++) assert_int_equal(times[i], 1);
    for (int i = 0; i < READERS; i++) {
        for (size_t k = 0; k < asks[i].jobs.n; k++) assert_true(finished(&asks[i].jobs.v[k]));
        arena_free(asks[i].arena);
    }
}

/* A letter that is kept is a job and nothing else yet; its bytes are there, and only an object has a name. */
static void test_intake_puts_it(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct people_setup wanted = {.brand = S("Tidewatch Toys"),
                                  .inbox = S("letters@tidewatch.example"),
                                  .admin = S("ines@tidewatch.example"),
                                  .admin_name = S("Ines Duarte"),
                                  .zone = S("UTC"),
                                  .language = S("en")};
    struct people_setup_done done;
    struct intake_inbox inbox;
    assert_ok(people_setup(&kit.d, kit.a, &wanted, &done));
    assert_ok(intake_find(&kit.d, kit.a, S("letters@tidewatch.example"), &inbox));
    char *large = arena_alloc(kit.a, 100000);
    for (int i = 0; i < 100000; i++) large[i] = 'x';
    const str bytes[2] = {S("Subject: a\r\n\r\nb\r\n"), {large, 100000}};
    for (int i = 0; i < 2; i++) {
        int64_t id;
        struct raw row;
        str back;
        assert_ok(intake_keep(&kit.d, kit.a, inbox, S(""), S("letters@tidewatch.example"), bytes[i], &id));
        {
            DB_READ_AUTO db_conn *c = NULL;
            assert_ok(db_read_begin(kit.db, &c));
            assert_ok(store_raw_get(c, kit.a, inbox.brand, id, &row));
        }
        assert_int_equal(row.in_object, i);
        assert_int_equal(row.hash.n, i ? 64 : 0);
        assert_ok(intake_bytes(&kit.d, kit.a, &row, &back));
        assert_true(str_eq(back, bytes[i]));
        job_list jobs = claimed(8);
        assert_int_equal(jobs.n, 1);
        assert_int_equal(jobs.v[0].subject_id, id);
        assert_true(finished(&jobs.v[0]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {KIT_TEST(test_claimed_once_in_order), KIT_TEST(test_lease_runs_out),
                                       KIT_TEST(test_person_sees_and_retries), KIT_TEST(test_many_readers),
                                       KIT_TEST(test_intake_puts_it)};
    return KIT_RUN(tests);
}
