#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "desk/password.h"
#include "desk/rate.h"

#define assert_ok(call) assert_int_equal(call, ERR_NONE)

static void test_passwords_good_enough(void **state) {
    arena *a = *state;
    const str email = S("luka@example.org"), name = S("Luka Example");
    const str bad[] = {S(""),
                       S("ninechars"),
                       S("Luka@Example.org"),
                       S("luka example"),
                       S("LUKA EXAMPLE"),
                       S("password123"),
                       S("PassWord123"),
                       S("qwertyuiop"),
                       S("aaaaaaaaaaaaaaaa"),
                       S("1234567890"),
                       (str){"ten chars\0more", 14},
                       S("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"),
                       S("ten bytes \xff")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(password_check(a, bad[i], email, name), ERR_INVALID);
    }
    char *max = arena_alloc(a, 1025);
    for (int i = 0; i < 1025; i++) max[i] = (char)('a' + i % 26);
    assert_ok(password_check(a, (str){max, 1024}, email, name));
    assert_int_equal(password_check(a, (str){max, 1025}, email, name), ERR_INVALID);
    assert_ok(password_check(a, S("zehn äöüß!"), email, name));
    assert_ok(password_check(a, password_new(a), email, name));

    str hash;
    bool right = false;
    assert_ok(password_hash(a, S("caf\xc3\xa9 au lait"), &hash));
    assert_true(str_starts(hash, S("$argon2id$v=19$m=19456,t=6,p=1$")));
    assert_false(password_outdated(hash));
    assert_ok(password_verify(a, S("cafe\xcc\x81 au lait"), hash, &right)); /* e and an accent */
    assert_true(right);
    assert_ok(password_verify(a, S("cafe au lait"), hash, &right));
    assert_false(right);
    assert_ok(password_hash(a, S("cafe\xcc\x81 au lait"), &hash));
    assert_ok(password_verify(a, S("caf\xc3\xa9 au lait"), hash, &right));
    assert_true(right);
}

static void test_the_table_of_tries(void **state) {
    arena *a = *state;
    static struct rate r = RATE_EMPTY;
    rate_forget_all(&r);
    for (int i = 0; i < 3; i++) assert_true(rate_take(&r, S("x"), 3, 100, 1000 + i * 10));
    assert_false(rate_take(&r, S("x"), 3, 100, 1099));
    assert_true(rate_take(&r, S("x"), 3, 100, 1100)); /* the first has left the window */
    assert_false(rate_take(&r, S("x"), 3, 100, 1101));
    rate_give_back(&r, S("x"));
    assert_true(rate_take(&r, S("x"), 3, 100, 1101));
    rate_forget(&r, S("x"));
    assert_true(rate_take(&r, S("x"), 1, 100, 500)); /* the clock was set back */
    assert_false(rate_take(&r, S("x"), 1, 100, 500));
    assert_true(rate_take(&r, S("x"), 1, 100, 300));
    /* Many others do not grow it, and those used all the time are not pushed out by them. */
    const int64_t ages = INT64_C(1) << 40;
    for (int i = 0; i < 100000; i++) {
        rate_take(&r, str_fmt(a, "k%d", i), 3, ages, 2000 + i);
        for (int k = 0; i % 100 == 0 && k < 64; k++)
            rate_take(&r, str_fmt(a, "kept%d", k), 3, ages, 2000 + i);
    }
    for (int k = 0; k < 64; k++) assert_false(rate_take(&r, str_fmt(a, "kept%d", k), 3, ages, 200000));
}

static int start(void **state) {
    random_start();
    *state = arena_new(0);
    return 0;
}

static int stop(void **state) {
    arena_free(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passwords_good_enough),
        cmocka_unit_test(test_the_table_of_tries),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
