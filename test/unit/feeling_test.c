/* The model of feelings: what it says of plain sentences, and that a damaged file is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/embedded.h"
#include "letter/feeling.h"

static struct feeling_found found_in(str sentence) {
    ARENA_AUTO arena *a = arena_new(0);
    struct text t;
    struct feeling_found f;
    text_of(a, sentence, S("en"), &t);
    feeling_of(feeling_model_find(S("en")), &t, 0, t.nwords, &f);
    return f;
}

static void plain_sentences(void **state) {
    (void)state;
    static const struct {
        const char *text;
        feeling f;
    } v[] = {
        {"Thank you so much for the lovely letter.", FEELING_THANKFUL},
        {"What a wonderful set, well done!", FEELING_ADMIRING},
        {"We love it.", FEELING_GLAD},
        {"This is so annoying.", FEELING_UPSET},
        {"I hate the new layout.", FEELING_ANGRY},
        {"I am so confused.", FEELING_CONFUSED},
        {"I am so sad about this.", FEELING_SAD},
        {"Haha, that was so funny!", FEELING_AMUSED},
    };
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        struct feeling_found f = found_in(str_z(v[i].text));
        if (!(f.shown >> v[i].f & 1)) fail_msg("\"%s\" does not show %s", v[i].text, feeling_name(v[i].f));
        assert_true(f.sure > 0 && f.sure <= 1 && (f.shown & ~f.feelings) == 0);
        assert_true(f.shown >> f.strongest & 1);
    }
}

static void facts_and_formulas_show_nothing(void **state) {
    (void)state;
    static const char *const v[] = {"The box holds two wheels.", "Best regards, Anna", "I bought it in May.",
                                    "I am not happy with it.", "This is not good."};
    const uint32_t kind = 1u << FEELING_ADMIRING | 1u << FEELING_GLAD | 1u << FEELING_THANKFUL;
    for (size_t i = 0; i < sizeof v / sizeof *v; i++)
        if (found_in(str_z(v[i])).shown & kind) fail_msg("\"%s\" shows something kind", v[i]);
}

static void a_sentence_alone(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    struct text t;
    struct feeling_found first, second, none;
    const struct feeling_model *m = feeling_model_find(S("en-GB"));
    text_of(a, S("The parcel came in May. Thank you so much!"), S("en"), &t);
    assert_int_equal(t.nsentences, 2);
    feeling_of(m, &t, 0, t.sentences[0].words, &first);
    feeling_of(m, &t, t.sentences[1].word, t.nwords + 7, &second);
    assert_false(first.shown >> FEELING_THANKFUL & 1);
    assert_true(second.shown >> FEELING_THANKFUL & 1);
    feeling_of(m, &t, 3, 3, &none);
    assert_true(none.shown == 0 && none.labels == 0);
    feeling_of(NULL, &t, 0, t.nwords, &none);
    assert_true(none.shown == 0 && none.labels == 0 && none.score[0] == 0);
}

static void only_english(void **state) {
    (void)state;
    assert_non_null(feeling_model_find(S("en")));
    assert_ptr_equal(feeling_model_find(S("en")), feeling_model_find(S("en-US")));
    assert_null(feeling_model_find(S("de")));
    assert_null(feeling_model_find(S("")));
    assert_null(feeling_model_find(S("eng")));
    assert_true(str_find(feeling_model_find(S("en"))->about, S("Apache"), 0) != SIZE_MAX);
}

static void names(void **state) {
    (void)state;
    feeling f;
    for (int i = 0; i < FEELINGS; i++) {
        assert_true(feeling_of_name(str_z(feeling_name((feeling)i)), &f));
        assert_int_equal(f, i);
    }
    assert_false(feeling_of_name(S("neutral"), &f));
    assert_false(feeling_of_label(27, &f));
    assert_false(feeling_of_label(28, &f));
    assert_true(feeling_of_label(15, &f) && f == FEELING_THANKFUL);
    assert_string_equal(feeling_label_name(15), "gratitude");
}

/* Any byte changed, any end cut off: refused, and what was there stays. */
static void damaged_files(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    const struct embedded_file *file = embedded_find(S("assets/lang/en.feelings"));
    assert_non_null(file);
    str good = {(const char *)file->bytes, file->n};
    struct feeling_model m, kept;
    assert_int_equal(feeling_model_read(good, &m), ERR_NONE);
    kept = m;
    char *bytes = arena_copy(a, good.p, good.n);
    for (size_t i = 0; i < good.n; i += i < 600 ? 7 : 9973) {
        bytes[i] ^= 0x10;
        assert_int_equal(feeling_model_read((str){bytes, good.n}, &m), ERR_INVALID);
        bytes[i] ^= 0x10;
        assert_int_equal(feeling_model_read(str_slice(good, 0, i), &m), ERR_INVALID);
    }
    assert_int_equal(feeling_model_read((str){bytes, good.n}, &m), ERR_NONE);
    bytes[8] = 3; /* no power of two */
    assert_int_equal(feeling_model_read((str){bytes, good.n}, &m), ERR_INVALID);
    assert_memory_equal(&m.scale, &kept.scale, sizeof m.scale);
}

static void a_very_long_sentence(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    enum { MANY = 300000 };
    char *p = arena_alloc(a, MANY);
    for (size_t i = 0; i < MANY; i++) p[i] = "thank you so much "[i % 18];
    struct feeling_found f = found_in((str){p, MANY});
    assert_true(f.shown >> FEELING_THANKFUL & 1);
    memset(p, '!', MANY);
    p[0] = 'A';
    for (size_t i = 0; i < FEELING_LABELS; i++) assert_true(isfinite(found_in((str){p, MANY}).score[i]));
}

static void sorts(void **state) {
    (void)state;
    static const struct {
        struct feeling_tally t;
        letter_sort sort;
    } v[] = {
        {{.sentences = 3}, SORT_OTHER},
        {{.sentences = 3, .asks = 1}, SORT_ASK},
        {{.sentences = 3, .kind = 2}, SORT_THANKS},
        {{.sentences = 3, .kind = 2, .asks = 1}, SORT_THANKS},
        {{.sentences = 6, .kind = 1, .asks = 2}, SORT_ASK},
        {{.sentences = 6, .unhappy = 1, .losses = 1, .asks = 1}, SORT_ASK},
        {{.sentences = 6, .unhappy = 1, .faults = 1, .asks = 1}, SORT_COMPLAINT},
        {{.sentences = 6, .faults = 1}, SORT_COMPLAINT},
        {{.sentences = 6, .faults = 1, .asks = 1}, SORT_ASK},
        {{.sentences = 6, .unhappy = 2, .kind = 1}, SORT_COMPLAINT},
        {{.sentences = 6, .losses = 1}, SORT_ASK},
    };
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) assert_int_equal(feeling_sort(&v[i].t), v[i].sort);
    struct feeling_tally t = {0};
    feeling_count(&t, 1u << FEELING_ANGRY | 1u << FEELING_GLAD);
    feeling_count(&t, 1u << FEELING_THANKFUL);
    feeling_count(&t, 0);
    assert_true(t.sentences == 3 && t.unhappy == 1 && t.kind == 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_sentences),
        cmocka_unit_test(facts_and_formulas_show_nothing),
        cmocka_unit_test(a_sentence_alone),
        cmocka_unit_test(only_english),
        cmocka_unit_test(names),
        cmocka_unit_test(damaged_files),
        cmocka_unit_test(a_very_long_sentence),
        cmocka_unit_test(sorts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
