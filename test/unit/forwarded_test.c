/* Forwarded letters, as the common mail programs write their headings, and texts that only look like some. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "format/forwarded.h"

struct sample {
    const char *text, *name, *address, *subject, *says;
    bool announced;
};

static const struct sample samples[] = {
    /* Gmail */
    {"Can you take this?\n\n---------- Forwarded message ---------\nFrom: Milo Ferreira "
     "<milo@customer.example>\nDate: "
     "Tue, 5 May 2026 at 20:42\nSubject: My boat\nTo: <ines@tidewatch.example>\n\n\nHello,\n\nthe boat "
     "sank.\n\nMilo\n",
     "Milo Ferreira", "milo@customer.example", "My boat", "Hello,\n\nthe boat sank.\n\nMilo", true},
    /* Outlook, without a line that announces it */
    {"FYI\r\n\r\nFrom: Kim Lee <Kim@Customer.example>\r\nSent: Monday, 4 May 2026 10:00\r\nTo: "
     "letters@tidewatch.example\r\nCc: a@b.example;\r\n c@d.example\r\nSubject: Where is it\r\n\r\nHi "
     "there\r\n",
     "Kim Lee", "kim@customer.example", "Where is it", "Hi there", false},
    /* Apple Mail: the letter has a '>' before each line */
    {"Begin forwarded message:\n\n> From: Ada <ada@customer.example>\n> Subject: Two shells\n> Date: 5 May "
     "2026 at "
     "09:00:00 CEST\n> To: help@tidewatch.example\n> \n> Dear all,\n> > as you said\n> thank you\n",
     "Ada", "ada@customer.example", "Two shells", "Dear all,\n> as you said\nthank you", true},
    /* Thunderbird, German */
    {"Bitte\n\n-------- Weitergeleitete Nachricht --------\nBetreff: \tKran\nDatum: \tTue, 5 May 2026 "
     "20:42:00 "
     "+0200\nVon: \tJörg Müller <joerg@kunde.example>\nAn: \tbriefe@tidewatch.example\n\nDer Kran klemmt.\n",
     "Jörg Müller", "joerg@kunde.example", "Kran", "Der Kran klemmt.", true},
    {"Von: Jörg Müller [mailto:joerg@kunde.example]\nGesendet: Dienstag, 5. Mai 2026 20:42\nAn: "
     "Briefe\nBetreff: "
     "Kran\n\nDer Kran klemmt.",
     "Jörg Müller", "joerg@kunde.example", "Kran", "Der Kran klemmt.", false},
    {"-------- Message transféré --------\nSujet : Bateau\nDe : Zoé <zoe@client.example>\nDate : mardi 5 mai "
     "2026\nPour "
     ": lettres\nObjet : Bateau\n\nBonjour",
     "Zoé", "zoe@client.example", "Bateau", "Bonjour", true},
    {"De: Ana Ruiz <ana@cliente.example>\nEnviado el: martes, 5 de mayo\nPara: cartas\nAsunto: Barco\n\nHola",
     "Ana Ruiz", "ana@cliente.example", "Barco", "Hola", false},
    {"Van: Piet <piet@klant.example>\nVerzonden: dinsdag 5 mei\nAan: brieven\nOnderwerp: Boot\n\nHallo",
     "Piet", "piet@klant.example", "Boot", "Hallo", false},
    {"---------- Messaggio inoltrato ---------\nDa: Gino <gino@cliente.example>\nData: mar 5 mag\nOggetto: "
     "Barca\nA: "
     "lettere\n\nCiao",
     "Gino", "gino@cliente.example", "Barca", "Ciao", true},
    {"De: Rui <rui@cliente.example>\nEnviada em: terça\nPara: cartas\nAssunto: Barco\n\nOlá", "Rui",
     "rui@cliente.example", "Barco", "Olá", false},
    {"差出人: 花子 <hanako@kyaku.example>\n日時: 2026年5月5日 20:42\n件名: ボート\n宛先: "
     "tegami\n\nこんにちは",
     "花子", "hanako@kyaku.example", "ボート", "こんにちは", false},
    {"差出人： 花子 <hanako@kyaku.example>\n送信日時： 2026年5月5日\n宛先： tegami\n件名： ボート\n\nはい",
     "花子", "hanako@kyaku.example", "ボート", "はい", false},
    /* What was HTML: bold names of fields, blank lines between them, addresses twice */
    {"Hi\n\n*From:* Bo <bo@customer.example<mailto:bo@customer.example>>\n*Sent:* Monday\n*To:* "
     "us\n*Subject:* "
     "Sails\n\nText",
     "Bo", "bo@customer.example", "Sails", "Text", false},
    {"From: Bo <bo@customer.example>\n\nDate: Monday\n\nSubject: Sails\n\n\nText", "Bo",
     "bo@customer.example", "Sails", "Text", false},
    /* Only an address, only a name */
    {"From: bo@customer.example\nSubject: Sails\n\nText", "", "bo@customer.example", "Sails", "Text", false},
    {"From: Bo Sailor\nSent: Monday\nTo: us\n\nText", "Bo Sailor", "", "", "Text", false},
    /* The first one counts; what it holds is part of it. */
    {"From: Bo <bo@customer.example>\nSubject: Sails\n\nText\n\nFrom: Cy <cy@customer.example>\nSubject: "
     "Older\n\nOld",
     "Bo", "bo@customer.example", "Sails", "Text\n\nFrom: Cy <cy@customer.example>\nSubject: Older\n\nOld",
     false},
};

static void assert_text(str s, const char *wanted, const struct sample *x) {
    if (!str_eq(s, str_z(wanted))) fail_msg("\"%.*s\", not \"%s\", of %s", STR_FMT(s), wanted, x->text);
}

static void test_headings(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const struct sample *x = &samples[i];
        struct forwarded f;
        if (!forwarded_find(a, str_z(x->text), &f)) fail_msg("nothing found in %s", x->text);
        assert_text(f.name, x->name, x);
        assert_text(f.address, x->address, x);
        assert_text(f.subject, x->subject, x);
        assert_text(f.text, x->says, x);
        if (f.announced != x->announced) fail_msg("announced %d: %s", f.announced, x->text);
    }
}

static void test_what_is_none(void **state) {
    (void)state;
    static const char *const texts[] = {"",
                                        "Hello, the boat sank.",
                                        "From: here to there\nit is far",
                                        "From: the sea\n\nSubject: none of this",
                                        "On Monday, Bo <bo@customer.example> wrote:\n> Hello",
                                        "To: you\nDate: today\n\nText",
                                        "Subject: x\nDate: y\n",
                                        "von: hier\nkein Betreff",
                                        "> > From: Bo <bo@customer.example>\n> > Subject: deep"};
    ARENA_AUTO arena *a = arena_new(0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct forwarded f;
        if (forwarded_find(a, str_z(texts[i]), &f))
            fail_msg("found \"%.*s\" in %s", STR_FMT(f.name), texts[i]);
    }
}

static void test_subjects(void **state) {
    (void)state;
    static const struct {
        const char *subject, *rest;
        bool is;
    } all[] = {{"Fwd: My boat", "My boat", true},
               {"FW: RE: My boat", "My boat", true},
               {"WG: AW: Kran", "Kran", true},
               {"Re: My boat", "My boat", false},
               {"TR : Bateau", "Bateau", true},
               {"RV: Barco", "Barco", true},
               {"I: Barca", "Barca", true},
               {"ENC: Barco", "Barco", true},
               {"転送: ボート", "ボート", true},
               {"Fwd：ボート", "ボート", true},
               {"Forwarding", "Forwarding", false},
               {"I am here: now", "I am here: now", false},
               {"", "", false},
               {"Doorst: Boot", "Boot", true},
               {"Re: Fwd: Re: x", "x", true},
               {"Treasure: found", "Treasure: found", false}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        str rest;
        if (forwarded_subject(str_z(all[i].subject), &rest) != all[i].is) fail_msg("%s", all[i].subject);
        if (!str_eq(rest, str_z(all[i].rest))) fail_msg("%s: \"%.*s\"", all[i].subject, STR_FMT(rest));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_headings), cmocka_unit_test(test_what_is_none),
                                       cmocka_unit_test(test_subjects)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
