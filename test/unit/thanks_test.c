/* What thanks, praises and tells, and what only looks so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "letter/listen.h"
#include "letter/thanks.h"

static arena *a;

static int kinds(const char *language, const char *words) {
    struct text t;
    thanks_list found;
    int bits = 0;
    text_of(a, str_z(words), str_z(language), &t);
    thanks_of(a, &t, NULL, false, &found);
    for (size_t i = 0; i < found.n; i++) {
        assert_true(found.v[i].from < found.v[i].to && found.v[i].to <= t.nwords);
        assert_non_null(found.v[i].why);
        bits |= 1 << found.v[i].kind;
    }
    return bits;
}

enum { NONE = 0, T = 1 << THANKS_THANKS, P = 1 << THANKS_PRAISE, O = 1 << THANKS_TELLS };

static void check(const char *language, const char *words, int wanted) {
    int got = kinds(language, words);
    if (got != wanted) fail_msg("%d, not %d: %s", got, wanted, words);
}

static void test_english(void **state) {
    (void)state;
    check("en", "Thank you so much for the new lamp.", T);
    check("en", "I wanted to thank the two of you from all my heart: thank you!", T);
    check("en", "Your letter was wonderful.", P);
    check("en", "You are the kindest people.", P);
    check("en", "You made my son's day.", P);
    check("en", "Bram took the letter to school for show and tell.", O);
    check("en", "I have told all our neighbours about it.", O);
    check("en", "We will happily recommend you to our friends.", O);
    check("en", "The lighthouse is 30 cm high.", NONE);
    check("en", "My parcel has not come.", NONE);
}

static void test_no_thanks(void **state) {
    (void)state;
    check("en", "Please send the tug by Friday. Thanks in advance.", NONE);
    check("en", "In advance, thank you.", NONE);
    check("en", "Thanks for nothing.", NONE);
    check("en", "Thanks a lot for losing my parcel.", NONE);
    check("en", "No thanks.", NONE);
    check("en", "Thanks to the storm our parcel is wet.", NONE);
    check("en", "I would be grateful if you could send one.", NONE);
    check("en", "Any help would be appreciated.", NONE);
    check("en", "I would never recommend you to my friends.", NONE);
    check("en", "I will tell everyone to avoid this shop.", NONE);
    check("en", "You call that \"thanks\"?", NONE);
    check("en", "It would be great if it floated.", NONE);
}

static void test_german(void **state) {
    (void)state;
    check("de", "Vielen Dank f\xC3\xBCr den neuen Leuchtturm.", T);
    check("de",
          "Wir m\xC3\xB6"
          "chten uns herzlich bedanken.",
          T);
    check("de", "Ihr Service ist hervorragend.", P);
    check("de", "Ich kann Sie nur weiterempfehlen.", O);
    check("de", "Bram hat den Brief mit in die Schule genommen.", O);
    check("de", "Vielen Dank im Voraus.", NONE);
    check("de", "Danke f\xC3\xBCr nichts.", NONE);
    check("de", "Ich w\xC3\xA4re Ihnen sehr dankbar, wenn Sie mir helfen.", NONE);
    check("de", "Ich kann Sie nicht weiterempfehlen.", NONE);
}

static void test_french(void **state) {
    (void)state;
    check("fr", "Merci beaucoup pour la nouvelle lampe.", T);
    check("fr", "Nous vous remercions de votre lettre.", T);
    check("fr", "Votre service est formidable.", P);
    check("fr", "Je vous recommande \xC3\xA0 tous mes amis.", O);
    check("fr", "Merci d'avance.", NONE);
    check("fr", "Merci de me r\xC3\xA9pondre rapidement.", NONE);
    check("fr", "Merci pour rien.", NONE);
    check("fr", "Je ne vous recommande pas.", NONE);
}

static void test_spanish(void **state) {
    (void)state;
    check("es", "Muchas gracias por el nuevo faro.", T);
    check("es", "Les agradezco su carta.", T);
    check("es", "El servicio es excelente.", P);
    check("es", "Los recomiendo a todos mis amigos.", O);
    check("es", "Gracias de antemano.", NONE);
    check("es", "Gracias por nada.", NONE);
    check("es",
          "Les agradecer\xC3\xAD"
          "a una respuesta.",
          NONE);
    check("es", "No los recomiendo.", NONE);
}

/* In no language that we know, and too short to tell which. */
static void test_any_language(void **state) {
    (void)state;
    check("", "Merci beaucoup!", T);
    check("", "Danke!", T);
    check("ja", "Thank you", NONE);
    check("en", "", NONE);
    check("en", "\xFF\xFE thanks \xC3", T);
}

/* ---- in a letter ---- */

static int heard(const char *text) {
    struct listen_input in = {.text = str_z(text), .language = S("en")};
    struct heard h;
    int bits = 0;
    listen_to(a, &in, &h);
    for (size_t i = 0; i < h.findings.n; i++) {
        const struct finding *f = &h.findings.v[i];
        thanks_kind k;
        if (f->kind != FINDING_THANKS) continue;
        assert_true(thanks_kind_of(f->value, &k));
        assert_true(f->end > f->start && f->end <= h.text.bytes.n);
        bits |= 1 << k;
    }
    return bits;
}

static void test_letters(void **state) {
    (void)state;
    /* How one ends a letter that asks. */
    assert_int_equal(
        heard("Dear Tidewatch,\n\nthe bell of my clock tower is missing. Could you send me one?\n\n"
              "Thank you.\n\nNel"),
        NONE);
    assert_int_equal(heard("Where is my parcel? It was to come on Monday.\n\nThanks for your help\nPiers"),
                     NONE);
    /* The same words where they are what the letter is about. */
    assert_int_equal(heard("Thank you."), T);
    assert_int_equal(
        heard("Dear Ines,\n\nthe new lamp is in. Thank you for your help. My mother keeps your letter under "
              "it.\n\nCorinne"),
        T | O);
    /* Thanks for what came stay thanks beside a new question. */
    assert_int_equal(
        heard("Thank you for the two wheels, they fit. One more thing: could you tell me how the crane is "
              "mounted on its deck?"),
        T);
}

/* A pattern pack holds for any input; a long letter costs little more. */
static void test_long(void **state) {
    (void)state;
    size_t n = 200000;
    char *text = arena_alloc(a, n + 1);
    for (size_t i = 0; i < n; i++) text[i] = "thanks so very much "[i % 20];
    struct text t;
    thanks_list found;
    text_of(a, (str){text, n}, S("en"), &t);
    thanks_of(a, &t, NULL, true, &found);
    assert_in_range(found.n, 1, THANKS_FOUND_MAX);
}

static int open_arena(void **state) {
    (void)state;
    a = arena_new(1 << 28);
    return 0;
}

static int close_arena(void **state) {
    (void)state;
    arena_free(a);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_english), cmocka_unit_test(test_no_thanks), cmocka_unit_test(test_german),
        cmocka_unit_test(test_french),  cmocka_unit_test(test_spanish),   cmocka_unit_test(test_any_language),
        cmocka_unit_test(test_letters), cmocka_unit_test(test_long),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
