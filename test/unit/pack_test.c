#include "letter/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void assert_str(str got, const char *want) {
    if (got.n != strlen(want) || memcmp(got.p, want, got.n) != 0)
        fail_msg("got \"%.*s\", want \"%s\"", STR_FMT(got), want);
}

static const struct pack *read(arena *a, const char *z) {
    str file = str_z(z);
    struct pack_error e;
    const struct pack *p = NULL;
    assert_int_equal(pack_read(a, S("en"), &file, 1, &e, &p), ERR_NONE);
    return p;
}

/* What pattern `z` fits in `text`: the words of its first hit, "" for none. */
static str fits(arena *a, const char *z, const char *text) {
    const struct pack *p = read(a, str_cstr(a, str_fmt(a, "[number]\nseven =7\n[x]\n%s\n", z)));
    struct text t;
    pack_hit_list hits;
    text_of(a, str_z(text), S("en"), &t);
    pack_match(a, p, "x", &t, 0, t.nwords, &hits);
    return hits.n ? text_span(&t, hits.v[0].from, hits.v[0].to) : S("");
}

static void patterns_fit(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    static const struct {
        const char *pattern, *text, *fits;
    } cases[] = {
        {"could|can you", "Well, could you help", "could you"},
        {"i'd like",
         "I\xe2\x80\x99"
         "d like one",
         "I\xe2\x80\x99"
         "d like"},
        {"i am ?only # years old", "I am seven years old", "I am seven years old"},
        {"i am ?only # years old", "I am only 7 years old", "I am only 7 years old"},
        {"reimburs* me", "please reimbursing me", "reimbursing me"},
        {"see <2 will", "see if you will", "see if you will"},
        {"see <2 will", "see if you ever will", ""},
        {"^ thanks", "Thanks a lot", "Thanks"},
        {"^ thanks", "Many thanks", ""},
        {"thanks $", "Many thanks", "thanks"},
        {"thanks $", "Many thanks to you. Bye", ""},
        {"send me", "send it. me too", ""}, /* not over a sentence's end */
        {"a|b <3 c", "a c b c", "a c b c"}, /* the longest */
        {"?not good", "this is good", "good"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_str(fits(a, cases[i].pattern, cases[i].text), cases[i].fits);
}

static void a_hit_has_an_inner_part_and_a_value(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    const struct pack *p =
        read(a, "# about\n[who]\nmy name is { <3 } and =given\n[verb]\nlost broke =bad\n[y]\ni @verb it\n");
    struct text t;
    pack_hit_list hits;
    text_of(a, S("My name is Anna Lee and I broke it"), S("en"), &t);
    pack_match(a, p, "who", &t, 0, t.nwords, &hits);
    assert_int_equal(hits.n, 1);
    assert_str(text_span(&t, hits.v[0].inner_from, hits.v[0].inner_to), "Anna Lee");
    assert_str(hits.v[0].value, "given");
    pack_match(a, p, "y", &t, 0, t.nwords, &hits);
    assert_int_equal(hits.n, 1);
    assert_str(text_span(&t, hits.v[0].from, hits.v[0].to), "I broke it");
    assert_true(pack_has(p, "verb", S("lost")));
    assert_false(pack_has(p, "verb", S("found")));
    assert_false(pack_has(p, "none", S("lost")));
    assert_str(pack_value(p, "verb", S("broke")), "bad");
    pack_match(a, p, "none", &t, 0, t.nwords, &hits);
    assert_int_equal(hits.n, 0);
}

static void mistakes_name_their_line(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    static const struct {
        const char *file;
        size_t line;
    } cases[] = {{"word\n", 1}, {"[x]\n\n# c\n<99 a\n", 4}, {"[x]\na ??? b\n", 2}, {"[x]\n@nothing a\n", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        str file = str_z(cases[i].file);
        struct pack_error e = {99, NULL};
        const struct pack *p;
        assert_int_equal(pack_read(a, S("en"), &file, 1, &e, &p), ERR_INVALID);
        assert_int_equal(e.line, cases[i].line);
        assert_non_null(e.why);
    }
}

static void the_shipped_packs_read(void **state) {
    (void)state;
    assert_non_null(pack_find(S("en")));
    assert_non_null(pack_find(S("de-AT")));
    assert_null(pack_find(S("xx")));
    assert_null(pack_find(S("")));
    assert_true(pack_has(pack_find(S("en")), "stop", S("the")));
    assert_true(pack_has(pack_find(S("de")), "stop", S("und")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_fit),
        cmocka_unit_test(a_hit_has_an_inner_part_and_a_value),
        cmocka_unit_test(mistakes_name_their_line),
        cmocka_unit_test(the_shipped_packs_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
