/* What was said, apart from quotes, forwards and signatures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "format/quoted.h"

static arena *a;

static int setup(void **state) {
    (void)state;
    a = arena_new(0);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_free(a);
    return 0;
}

/* Parts lie side by side and cover the text. */
static quoted_part_list split(str text) {
    quoted_part_list parts = {0};
    quoted_split(a, text, &parts);
    size_t at = 0;
    for (size_t i = 0; i < parts.n; i++) {
        assert_int_equal(parts.v[i].start, at);
        assert_true(parts.v[i].end > at);
        if (i) assert_true(parts.v[i].kind != parts.v[i - 1].kind);
        at = parts.v[i].end;
    }
    assert_int_equal(at, text.n);
    return parts;
}

static void says(const char *mail, const char *said) {
    str text = str_z(mail);
    quoted_part_list parts = split(text);
    str got = quoted_said(a, text, &parts, false);
    if (!str_eq(got, str_z(said))) fail_msg("of\n%s\n\nsaid \"%.*s\"", mail, (int)got.n, got.p);
}

static void quotes_of_many_programs(void **state) {
    (void)state;
    static const char *const intros[] = {
        "On Tue, 5 May 2026 at 20:42, Ines <ines@tidewatch.example> wrote:",
        "On Tue, 5 May 2026 at 20:42, Ines <\nines@tidewatch.example> wrote:",
        "Am Di., 5. Mai 2026 um 20:42 Uhr schrieb Ines <\nines@tidewatch.example>:",
        "Ines <ines@tidewatch.example> schrieb am Di., 5. Mai 2026\num 20:42 Uhr:",
        "Le mar. 5 mai 2026 à 20:42, Ines <ines@tidewatch.example> a écrit :",
        "El mar, 5 may 2026 a las 20:42, Ines (<ines@tidewatch.example>) escribió:",
        "Op di 5 mei 2026 om 20:42 schreef Ines <ines@tidewatch.example>:",
        "Il giorno mar 5 mag 2026 alle ore 20:42 Ines <ines@tidewatch.example> ha scritto:",
        "Em ter., 5 de mai. de 2026 às 20:42, Ines <ines@tidewatch.example> escreveu:",
        "2026年5月5日(火) 20:42 Ines <ines@tidewatch.example>:",
        "2026-05-05 20:42 GMT+02:00 Ines <ines@tidewatch.example>:",
        "---- On Tue, 05 May 2026 20:42:00 +0200 Ines <ines@tidewatch.example> wrote ----",
        "-----Original Message-----\nFrom: Ines\nSent: Tuesday\nTo: Milo\nSubject: The pier",
        "-----Ursprüngliche Nachricht-----\nVon: Ines\nGesendet: Dienstag\nAn: Milo\nBetreff: Der Steg",
        "________________________________\nFrom: Ines <ines@tidewatch.example>\nSent: 5 May\nTo: "
        "Milo\nSubject: Pier",
        "De : Ines\nEnvoyé : mardi\nÀ : Milo\nObjet : Le ponton",
        "*Von:* Ines\n*Gesendet:* Dienstag\n*An:* Milo\n*Betreff:* Der Steg",
        "Van: Ines\nVerzonden: dinsdag\nAan: Milo\nOnderwerp: De steiger",
        "差出人: Ines\n送信日時: 2026年5月5日\n宛先: Milo\n件名: 桟橋",
    };
    for (size_t i = 0; i < sizeof intros / sizeof *intros; i++) {
        says((char *)str_cstr(
                 a,
                 str_fmt(a, "The pier came. Thank you!\n\n%s\n\nDear Milo,\nit is on its way.\n", intros[i])),
             "The pier came. Thank you!");
        says((char *)str_cstr(a, str_fmt(a,
                                         "The pier came. Thank you!\r\n\r\n%s\r\n> Dear Milo,\r\n> it is on "
                                         "its way.\r\n\r\nMilo\r\n",
                                         intros[i])),
             "The pier came. Thank you!\r\n\r\nMilo");
    }
}

/* What looks like the head of a quote and is what somebody tells. */
static void what_somebody_tells_is_not_a_quote(void **state) {
    (void)state;
    static const char *const letters[] = {
        "On 3 May 2024 I wrote to you about the ferry.\nNobody answered.",
        "In 2019 my mother wrote:\nThe crane is wonderful.\nI think so too.",
        "From: a very sad boy\nPlease send a new keeper.",
        "To whom it may concern:\nthe ferry sank on 5 May at 20:42.",
        "I ordered two things:\nDate: 5 May\nand a crane.",
        "The box said \"from 3 years\" and at 10:30 it was broken.",
        "Hello\n---\nThis is about two things. First the ferry.\n---\nSecond the crane.",
        "My order of 2026-05-05 is not here.\nWhere is it?",
    };
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) says(letters[i], letters[i]);
}

static void an_answer_below_the_quote_is_said(void **state) {
    (void)state;
    says("On 5 May 2026, at 20:42, Ines <ines@tidewatch.example> wrote:\n> Which colour was it?\n\nRed.\n",
         "Red.");
    says("> Which colour was it?\n\nRed.\n\n> And how tall?\n\nAs tall as my thumb.\n",
         "Red.\n\nAs tall as my thumb.");
    str text = S("> Which colour was it?\n\nRed.\n\nMilo\n\n> Regards, Ines\n");
    quoted_part_list parts = split(text);
    assert_int_equal(parts.n, 3);
    assert_int_equal(parts.v[0].kind, QUOTED_CONTEXT);
    assert_int_equal(parts.v[1].kind, QUOTED_SAID);
    assert_int_equal(parts.v[2].kind, QUOTED_QUOTE);
    str got = quoted_said(a, text, &parts, true);
    assert_true(str_starts(got, S("> Which colour was it?\n\nRed.")));
}

static void signatures(void **state) {
    (void)state;
    says("Thank you!\n-- \nMilo Brandt\nHarbour Street 3\n", "Thank you!");
    says("Thank you!\n\nSent from my iPhone\n", "Thank you!");
    says("Danke!\n\nVon meinem Telefon gesendet\n\nAm 05.05.2026 um 20:42 schrieb Ines "
         "<ines@tidewatch.example>:\n> Gern\n",
         "Danke!");
    says("-- \nMilo\n", "-- \nMilo"); /* nothing else is there */
    /* Far too much for a signature. */
    BUF_AUTO buf b = BUF_MAX(4096);
    buf_add_z(&b, "Two things.\n--\n");
    for (int i = 0; i < 20; i++) buf_add_fmt(&b, "Sentence number %d about the ferry.\n", i);
    str whole = str_trim(buf_str(&b));
    says(str_cstr(a, whole), str_cstr(a, whole));
}

static void forwards(void **state) {
    (void)state;
    const char *mail =
        "Can you help her?\n\n---------- Forwarded message ---------\nFrom: Tove <tove@example.org>\n"
        "Date: Tue, 5 May 2026\nSubject: Keeper\nTo: <shop@example.org>\n\nMy keeper is gone.\n";
    quoted_part_list parts = split(str_z(mail));
    assert_int_equal(parts.n, 2);
    assert_int_equal(parts.v[1].kind, QUOTED_FORWARD);
    says(mail, "Can you help her?");
    /* With nothing above it, what was passed on is the letter. */
    says(strstr(mail, "-----"), "My keeper is gone.");
}

static void offsets_stay_when_quotes_are_blanked(void **state) {
    (void)state;
    str text = S("Red.\n\nOn 5 May 2026, at 20:42, Ines <i@tidewatch.example> wrote:\n> Which colour?\n> "
                 "Grüße\n-- \nMilo\n");
    str blank = quoted_blank(a, text);
    assert_int_equal(blank.n, text.n);
    assert_true(str_starts(blank, S("Red.\n\n   ")));
    assert_true(str_ends(blank, S("-- \nMilo\n")));
    assert_int_equal(str_find(blank, S("Which"), 0), SIZE_MAX);
    assert_true(str_is_utf8(blank));
    for (size_t i = 0; i < text.n; i++) assert_int_equal(text.p[i] == '\n', blank.p[i] == '\n');
    str plain = S("Nothing is quoted here.");
    assert_ptr_equal(quoted_blank(a, plain).p, plain.p);
}

static void extremes(void **state) {
    (void)state;
    split(S(""));
    split(S("\n"));
    split(S(">\n>>\n> > >"));
    split(S("@:\n@:\n@:"));
    size_t n = 3 * (QUOTED_LINES_MAX + 10);
    char *many = arena_alloc(a, n);
    for (size_t i = 0; i < n; i += 3) memcpy(many + i, ">a\n", 3);
    quoted_part_list parts = split((str){many, n});
    assert_true(parts.n >= 1);
    for (size_t i = 0; i < n; i++) many[i] = i % 2 ? '9' : '@';
    split((str){many, n});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_of_many_programs),
        cmocka_unit_test(what_somebody_tells_is_not_a_quote),
        cmocka_unit_test(an_answer_below_the_quote_is_said),
        cmocka_unit_test(signatures),
        cmocka_unit_test(forwards),
        cmocka_unit_test(offsets_stay_when_quotes_are_blanked),
        cmocka_unit_test(extremes),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
