/* What happens when the system gives no memory: the reserve, the letter that must not be refused for good,
 * and intake, of which every single allocation fails once. */
#include <stdarg.h>

#include <string.h>

#include "people_kit.h"
#include "sqlite3.h"

#include "base/memory.h"
#include "cli/receive.h"
#include "desk/intake.h"
#include "desk/people.h"

/* A system whose n-th call fails, and some after it. */
static struct { int64_t calls, at, many, failed; } sick;

static bool fails(void) {
    int64_t n = ++sick.calls;
    bool yes = sick.at && n >= sick.at && n < sick.at + sick.many;
    sick.failed += yes;
    return yes;
}

static void *sick_realloc(void *p, size_t n) { return fails() ? NULL : realloc(p, n); }

static void sicken(int64_t at, int64_t many) {
    sick.calls = sick.failed = 0;
    sick.at = at;
    sick.many = many;
}

static void test_the_reserve_helps_and_is_made_whole(void **state) {
    (void)state;
    memory_source(sick_realloc);
    sicken(0, 0);
    memory_reserve(4 << 20);
    assert_false(memory_short());
    sicken(1, 3);
    char *p = memory_take(100);
    assert_non_null(p);
    assert_int_equal(sick.failed, 3);
    sicken(1, 1000);
    assert_true(memory_short());
    assert_false(memory_room(10));
    sicken(0, 0);
    /* Asked at most ten times a second. */
    for (int i = 0; i < 100 && memory_short(); i++) usleep(5000);
    assert_false(memory_short());
    assert_true(memory_room(10));
    p = memory_again(p, 200);
    memset(p, 1, 200);
    free(p);
    /* More than there is in reserve is not given, and the reserve not wasted on it. */
    sicken(1, 1);
    assert_null(memory_try(NULL, 64 << 20));
    sicken(1, 1);
    p = memory_try(NULL, 1000);
    assert_non_null(p);
    free(p);
    memory_reserve(0);
    memory_source(NULL);
}

static void test_an_arena_goes_on(void **state) {
    (void)state;
    memory_source(sick_realloc);
    sicken(0, 0);
    memory_reserve(8 << 20);
    for (int i = 1; i < 8; i++) {
        sicken(i, 2);
        arena *a = arena_new(0);
        for (int k = 0; k < 10; k++) memset(arena_alloc(a, 30000), 7, 30000);
        arena_free(a);
        assert_int_equal(sick.failed, 2);
        sicken(0, 0);
        for (int k = 0; k < 100 && memory_short(); k++) usleep(5000);
    }
    memory_reserve(0);
    memory_source(NULL);
}

/* --- Intake --- */

static struct sqlite3_mem_methods sound;
static void *sick_malloc(int n) { return fails() ? NULL : sound.xMalloc(n); }
static void *sick_again(void *p, int n) { return fails() ? NULL : sound.xRealloc(p, n); }

/* Before SQLite is used for the first time. */
static void make_sqlite_sick(void) {
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sound);
    struct sqlite3_mem_methods m = sound;
    m.xMalloc = sick_malloc;
    m.xRealloc = sick_again;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &m);
}

static int64_t count(const char *sql) {
    db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    db_query *q = db_sql(c, sql);
    int64_t n = db_row(q) ? db_int(q, "n") : -1;
    assert_ok(db_done(q));
    db_read_end(c);
    return n;
}

static lmtp_session *session_on(struct receiver *r, size_t max_size) {
    static struct lmtp_hooks hooks;
    hooks = receiver_hooks(r);
    return lmtp_session_new(&hooks, S("desk.test"), max_size);
}

/* One letter; its answer's code. */
static int say_letter(struct receiver *r, lmtp_session *s, str text) {
    BUF_AUTO buf out = BUF_MAX(1 << 16);
    BUF_AUTO buf in = BUF_MAX(4 << 20);
    buf_add_z(&in, "LHLO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<letters@desk.test>\r\nDATA\r\n");
    buf_add(&in, text);
    buf_add_z(&in, "\r\n.\r\n");
    lmtp_take(s, buf_str(&in), &out);
    const struct lmtp_envelope *e = lmtp_waiting(s);
    if (e) {
        struct lmtp_letter l = {.envelope = e, .result = ERR_INTERNAL, .says = BUF_MAX(200)};
        receiver_hooks(r).keep_many(r, &l, 1);
        buf_clear(&out);
        lmtp_answer(s, &l, &out);
        buf_free(&l.says);
    }
    /* The last line's code; every other one is of the envelope. */
    str said = buf_str(&out), line, last = S("");
    while (str_line(&said, &line))
        if (line.n > 3) last = line;
    int64_t code = 0;
    str_to_int(str_slice(last, 0, 3), &code);
    return (int)code;
}

static void set_up(void) {
    struct people_setup_done done;
    assert_ok(people_setup(&kit.d, kit.a,
                           &(struct people_setup){.brand = S("Tidewatch Toys"),
                                                  .inbox = S("letters@desk.test"),
                                                  .zone = S("UTC"),
                                                  .language = S("en")},
                           &done));
}

/* A letter that has come is never refused for good because memory was short for a moment. */
static void test_a_letter_without_memory_may_come_again(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct receiver *r = receiver_new(&kit.d);
    str large = {arena_alloc(kit.a, 1 << 20), 1 << 20};
    memset((char *)(uintptr_t)large.p, 'x', large.n);
    memory_source(sick_realloc);
    sicken(0, 0);
    for (int at = 1; at < 12; at++) {
        lmtp_session *s = session_on(r, 2 << 20);
        sicken(at, 1000);
        BUF_AUTO buf out = BUF_MAX(1 << 16);
        lmtp_take(s, S("LHLO a\r\n"), &out);
        sicken(0, 0);
        lmtp_session_free(s);
    }
    lmtp_session *s = session_on(r, 2 << 20);
    assert_int_equal(say_letter(r, s, large), 250);
    lmtp_session_free(s);
    s = session_on(r, 1000);
    assert_int_equal(say_letter(r, s, large), 552); /* that one is too large */
    lmtp_session_free(s);
    memory_source(NULL);
    receiver_free(r);
}

/* Without a reserve a buffer that cannot grow is the only sign. */
static void test_a_buffer_that_cannot_grow(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct receiver *r = receiver_new(&kit.d);
    static char line[8192];
    memset(line, 'y', sizeof line);
    lmtp_session *s = session_on(r, 2 << 20);
    BUF_AUTO buf out = BUF_MAX(1 << 16);
    lmtp_take(s, S("LHLO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<letters@desk.test>\r\nDATA\r\n"), &out);
    memory_source(sick_realloc);
    sicken(1, 1);
    lmtp_take(s, (str){line, sizeof line}, &out);
    assert_int_equal(sick.failed, 1);
    sicken(0, 0);
    memory_source(NULL);
    buf_clear(&out);
    lmtp_take(s, S("\r\n.\r\n"), &out);
    assert_true(str_starts(buf_str(&out), S("452 4.3.1")));
    lmtp_session_free(s);
    receiver_free(r);
}

/* Every allocation of the database while a letter is kept, one after the other: a 250 means that it is there,
 * anything else is 45x, and the same letter is taken when it comes again. */
static void test_every_allocation_of_keeping(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    set_up();
    int64_t refused = 0, kept = 0;
    sicken(0, 0);
    for (int at = 1, missed = 0; missed < 3 && at < 4000; at++) {
        struct receiver *r = receiver_new(&kit.d); /* remembers no inbox */
        lmtp_session *s = session_on(r, 1 << 20);
        str text = str_fmt(kit.a, "Subject: number %d\r\n\r\nHello.", at);
        int64_t before = count("SELECT count(*) AS n FROM raw");
        sicken(at, at % 3 ? 1 : 4);
        int code = say_letter(r, s, text);
        bool met = sick.failed > 0;
        sicken(0, 0);
        missed = met ? 0 : missed + 1;
        lmtp_session_free(s);
        int64_t more = count("SELECT count(*) AS n FROM raw") - before;
        if (code == 250) {
            kept++;
            assert_int_equal(more, 1);
        } else {
            refused++;
            /* The recipient or the letter; without a recipient DATA gets 503, and the letter's lines 500. */
            assert_true(code == 451 || code == 452 || code == 500 || code == 503);
            assert_int_equal(more, 0);
            s = session_on(r, 1 << 20);
            assert_int_equal(say_letter(r, s, text), 250);
            lmtp_session_free(s);
        }
        receiver_free(r);
    }
    assert_true(refused > 3 && kept > 0);
    assert_int_equal(count("SELECT count(*) AS n FROM raw"), count("SELECT count(*) AS n FROM unread"));
}

/* Bytes that SQLite had no memory to give must not be read as none. */
static void test_nothing_is_lost_on_the_way(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int failed = 0;
    for (int i = 0; i < 60; i++) {
        sicken(1 + i % 30, 1); /* again from 1, when the statement is prepared */
        db_conn *c = NULL;
        err code = db_read_begin(kit.db, &c);
        if (!code) {
            db_query *q = db_sql(c, "SELECT zeroblob(100000) AS bytes, name FROM brand");
            str bytes = S(""), name = S("");
            if (db_row(q)) {
                bytes = db_blob(q, kit.a, "bytes");
                name = db_text(q, kit.a, "name");
            }
            code = db_done(q);
            db_read_end(c);
            assert_true(code || (bytes.n == 100000 && str_eq(name, S("Tidewatch Toys"))));
        }
        failed += code != ERR_NONE;
        sicken(0, 0);
    }
    assert_true(failed > 0);
}

int main(void) {
    make_sqlite_sick();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_reserve_helps_and_is_made_whole),
        cmocka_unit_test(test_an_arena_goes_on),
        cmocka_unit_test(test_every_allocation_of_keeping),
        cmocka_unit_test(test_a_letter_without_memory_may_come_again),
        cmocka_unit_test(test_a_buffer_that_cannot_grow),
        cmocka_unit_test(test_nothing_is_lost_on_the_way),
    };
    return cmocka_run_group_tests_name("sqlite", tests, kit_open_sqlite, kit_close);
}
