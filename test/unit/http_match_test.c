#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "http/http.h"

static void matches(void **state) {
    (void)state;
    struct http_match m;
    assert_true(http_match(S("/"), S("/"), &m));
    assert_int_equal(m.n, 0);
    assert_true(http_match(S("/c/new"), S("/c/new"), &m));
    assert_true(http_match(S("/c/:id/reply"), S("/c/5/reply"), &m));
    assert_int_equal(m.n, 1);
    assert_true(str_eq(m.value[0], S("5")));
    assert_true(http_match(S("/:a/:b/:c"), S("/x/:b/z"), &m));
    assert_int_equal(m.n, 3);
    assert_true(str_eq(m.value[1], S(":b")));
    assert_true(str_eq(m.value[2], S("z")));
    assert_true(http_match(S("/a/:1/:2/:3/:4/:5/:6/:7/:8"), S("/a/1/2/3/4/5/6/7/8"), &m));
    assert_int_equal(m.n, 8);
}

static void refuses(void **state) {
    (void)state;
    struct http_match m = {.n = 77};
    static const str pairs[][2] = {
        {S("/"), S("")},
        {S("/"), S("//")},
        {S("/c/:id"), S("/c/")},
        {S("/c/:id"), S("/c")},
        {S("/c/:id"), S("/c/5/")},
        {S("/c/:id"), S("/c/5/x")},
        {S("/c/:id"), S("//c/5")},
        {S("/c/:id"), S("/C/5")},
        {S("/c/:id/reply"), S("/c//reply")},
        {S("/c/new"), S("/c/newer")},
        {S("/c/:"), S("/c/x")},
        {S("/:1/:2/:3/:4/:5/:6/:7/:8/:9"), S("/1/2/3/4/5/6/7/8/9")},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (http_match(pairs[i][0], pairs[i][1], &m)) fail_msg("%s matches %s", pairs[i][0].p, pairs[i][1].p);
    assert_int_equal(m.n, 77);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(matches), cmocka_unit_test(refuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
