/* What filing makes of letters at the edge of what the engines take. */
#include <stdarg.h>

#include <string.h>

#include "people_kit.h"

#include "base/buf.h"
#include "desk/filing.h"

struct put {
    str text;
    int64_t id;
};

static err put(db_conn *c, void *arg) {
    struct put *p = arg;
    struct message m = {.id = p->id, .text = p->text};
    return words_index_message(c, kit.a, 1, S("en"), &m);
}

/* As many words as are taken, each as long as one may be, all different. */
static void test_words_fit_both_engines(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    BUF_AUTO buf b = BUF_MAX(4 << 20);
    for (int i = 0; i < 25000; i++) {
        buf_add_fmt(&b, "%05d", i);
        for (int k = 0; k < 59; k++) buf_add_char(&b, 'z');
        buf_add_char(&b, ' ');
    }
    struct put p = {buf_str(&b), 4711};
    struct message m = {.text = p.text};
    str words = words_of_message(kit.a, S("en"), &m);
    assert_in_range(words.n, 900000, 1048575);
    assert_int_equal(words.p[words.n - 1], 'z');
    assert_ok(db_write(kit.db, put, &p));
}

int main(void) {
    const struct CMUnitTest tests[] = {KIT_TEST(test_words_fit_both_engines)};
    return KIT_RUN(tests);
}
