/* listen: letters of our own, in English and German; the bad ones; and, with DATA, the letter it began with.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "format/mime.h"
#include "letter/listen.h"

static arena *mem;

static int begin(void **state) {
    (void)state;
    mem = arena_new(0);
    return 0;
}

static int end(void **state) {
    (void)state;
    arena_free(mem);
    return 0;
}

static struct heard hear_all(struct listen_input in) {
    struct heard h;
    listen_to(mem, &in, &h);
    for (size_t i = 0; i < h.findings.n; i++) {
        const struct finding *f = &h.findings.v[i];
        assert_true(f->start <= f->end && f->end <= h.text.bytes.n);
        assert_non_null(f->why);
        if (i) assert_true(h.findings.v[i - 1].start <= f->start);
    }
    return h;
}

static struct heard hear(const char *text) { return hear_all((struct listen_input){.text = str_z(text)}); }
static struct heard hear_in(const char *language, const char *text) {
    return hear_all((struct listen_input){.text = str_z(text), .language = str_z(language)});
}

/* The words of a finding, line breaks as spaces. */
static str words(const struct heard *h, const struct finding *f) {
    str s = str_slice(h->text.bytes, f->start, f->end);
    char *out = arena_copy(mem, s.p, s.n);
    for (size_t i = 0; i < s.n; i++)
        if (out[i] == '\n') out[i] = ' ';
    return (str){out, s.n};
}

static const struct finding *find(const struct heard *h, finding_kind kind, const char *quote,
                                  const char *value) {
    for (size_t i = 0; i < h->findings.n; i++) {
        const struct finding *f = &h->findings.v[i];
        if (f->kind != kind || (value && !str_eq(f->value, str_z(value)))) continue;
        if (!quote || str_eq(words(h, f), str_z(quote))) return f;
    }
    return NULL;
}

static void print_all(const struct heard *h) {
    for (size_t i = 0; i < h->findings.n; i++) {
        const struct finding *f = &h->findings.v[i];
        print_error("  %s [%.*s] = %.*s\n", finding_kind_name(f->kind), STR_FMT(words(h, f)),
                    STR_FMT(f->value));
    }
}

static void has_(const struct heard *h, finding_kind kind, const char *quote, const char *value, int line) {
    if (find(h, kind, quote, value)) return;
    print_error("line %d: no %s [%s] = %s among\n", line, finding_kind_name(kind), quote ? quote : "any",
                value ? value : "any");
    print_all(h);
    fail();
}
#define has(h, kind, quote, value) has_(h, kind, quote, value, __LINE__)

static size_t count(const struct heard *h, finding_kind kind) {
    size_t n = 0;
    for (size_t i = 0; i < h->findings.n; i++) n += h->findings.v[i].kind == kind;
    return n;
}

static void none_(const struct heard *h, finding_kind kind, int line) {
    if (!count(h, kind)) return;
    print_error("line %d: there should be no %s among\n", line, finding_kind_name(kind));
    print_all(h);
    fail();
}
#define none(h, kind) none_(h, kind, __LINE__)

static void is_sort(const struct heard *h, letter_sort want) {
    if (h->sort != want) {
        print_error("%s, not %s\n", letter_sort_name(h->sort), letter_sort_name(want));
        print_all(h);
    }
    assert_int_equal(h->sort, want);
}

/* ---- a child's letter, with a catalogue ---- */

static struct catalogue *small_catalogue(void) {
    static const struct catalogue_item items[] = {
        {CATALOGUE_PRODUCT, {"4127-1", 6}, {"Harbour Glider", 14}, {"Tidewatch", 9}, 2024},
        {CATALOGUE_PRODUCT, {"2210-1", 6}, {"Fire Station", 12}, {"Tidewatch", 9}, 2023},
        {CATALOGUE_FIGURE, {"fig-0007", 8}, {"Keeper Juno", 11}, {"", 0}, 0},
    };
    static const struct catalogue_link links[] = {{0, 2, 1}};
    return catalogue_build(items, 3, links, 1, NULL, 0);
}

static const char pia[] = "Dear Tidewatch,\n"
                          "\n"
                          "My name is Pia and I am eight years old. I got the Harbour Glider for my\n"
                          "birthday, the number is 4127. It is great. Yesterday Grandpa told me to leave\n"
                          "Keeper Juno at home but I took her along and I lost her on the ferry because\n"
                          "she slipped out of my bag. I am so sad. Grandpa said to write to you to ask if\n"
                          "you could send me a new one. I promise I will never take her on a boat again.\n"
                          "\n"
                          "From Pia";

static void child(void **state) {
    (void)state;
    struct catalogue *c = small_catalogue();
    struct heard h = hear_all((struct listen_input){.text = str_z(pia),
                                                    .subject = S("Juno"),
                                                    .from_name = S("Hendriksen, Pia"),
                                                    .from_address = S("family@post.example"),
                                                    .catalogue = c});
    assert_true(str_eq(h.language, S("en")));
    assert_true(h.has_pack && h.child && !h.clipped);
    is_sort(&h, SORT_ASK);
    has(&h, FINDING_NAME, "Pia", "Pia");
    has(&h, FINDING_NAME, "", "Pia Hendriksen");
    assert_int_equal(find(&h, FINDING_NAME, "Pia", NULL)->ncandidates, 0);
    has(&h, FINDING_AGE, "I am eight years old", "8");
    has(&h, FINDING_PRODUCT, NULL, "4127-1");
    has(&h, FINDING_PRODUCT, NULL, "fig-0007");
    has(&h, FINDING_EVENT, NULL, "lost");
    has(&h, FINDING_ASK, "ask if you could send me a new one", NULL);
    has(&h, FINDING_PROMISE, "I promise I will never take her on a boat again", NULL);
    has(&h, FINDING_FEELING, "I am so sad", "sad");
    none(&h, FINDING_ORDER);
    catalogue_free(c);
}

static void luka(void **state) {
    (void)state;
    const char *data = getenv("DATA");
    if (!data) skip();
    char path[4096], raw[65536];
    snprintf(path, sizeof path, "%s/letters/luka.eml", data);
    FILE *f = fopen(path, "rb");
    if (!f) skip();
    size_t n = fread(raw, 1, sizeof raw, f);
    fclose(f);
    struct mime_letter m;
    assert_int_equal(mime_read(mem, (str){raw, n}, &mime_default_limits, &m), ERR_NONE);
    struct heard h = hear_all((struct listen_input){.text = m.text,
                                                    .subject = m.subject,
                                                    .from_name = m.from.v[0].name,
                                                    .from_address = m.from.v[0].address});
    assert_true(h.child);
    is_sort(&h, SORT_ASK);
    has(&h, FINDING_NAME, "Luka", "Luka");
    has(&h, FINDING_AGE, NULL, "7");
    has(&h, FINDING_EVENT, NULL, "lost");
    has(&h, FINDING_ASK, "see if you will send me another one", NULL);
    has(&h, FINDING_FEELING, "I am really upset", "upset");
    assert_int_equal(count(&h, FINDING_PROMISE), 1);
    assert_int_equal(count(&h, FINDING_ASK), 1);
}

/* ---- names ---- */

static void one_name(const char *text, const char *want) {
    struct heard h = hear_in("en", text);
    if (!want && count(&h, FINDING_NAME)) print_error("in: %s\n", text);
    if (!want) {
        none(&h, FINDING_NAME);
        return;
    }
    if (!find(&h, FINDING_NAME, NULL, want)) print_error("in: %s\n", text);
    has(&h, FINDING_NAME, NULL, want);
    assert_int_equal(count(&h, FINDING_NAME), 1);
}

static void names(void **state) {
    (void)state;
    one_name("The lamp is dark.\n\nKind regards,\nOttilie Brand\nPriory Lane School", "Ottilie Brand");
    one_name("Can you help?\n\nThanks!\nJim Clark jim@post.example", "Jim Clark");
    one_name("The lamp is dark. What can I do? Thanks, Sue", "Sue");
    one_name("The lamp is dark. What can I do? Sue", "Sue");
    one_name("The lamp is dark.\nMany thanks for your kind help, Walter from Kent", "Walter");
    one_name("It came late.\n\nBest wishes\n- Ada", "Ada");
    one_name("It came late.\n\nWim de Graaf", "Wim de Graaf");
    one_name("It came late.\n\nRegards\nJ. R. Hartley", "J. R. Hartley");
    one_name("It came late.\nSincerely yours,\nMrs. Edna Krantz\n12 Mill Lane", "Edna Krantz");
    one_name("my name is oliver and my crane is broken", "oliver");
    one_name("Hi, this is Grace from Leeds. My crane is broken.", "Grace");
    one_name("Where is the anchor?\nThanks Dora", "Dora");
    /* Nobody's, or the reader's. */
    one_name("Dear Max, thank you for the anchor.", NULL);
    one_name("Hello Max\nwhere is the anchor?\nThanks Max", NULL);
    one_name("It works now. Thank you Max for your help.", NULL);
    one_name("Where is the anchor?\n\nSent from my iPhone", NULL);
    one_name("Where is the anchor?\n\nThanks\n\nSent from Mail for Windows", NULL);
    one_name("I am Sorry to say that I am Using Windows.", NULL);
    one_name("I'm Confused. It's Broken.", NULL);
    one_name("Where is the anchor?\n\nThanks,\nThe Crane Team", NULL);
    one_name("Where is the anchor?\n\nBest Regards", NULL);
    one_name("We sailed to Norway. Thanks in advance.", NULL);
    one_name("The one I want is called\n\nWindows 10 Pro", NULL);
    one_name("Thanks", NULL);
    one_name("Many thanks, David, but how do I open it?", NULL);
    one_name("Thank you, David.\nI will try that at once and tell you how it went.", NULL);
    one_name("The columns are Subject, From, Recipient, Date", NULL);
    one_name("Thanks\nNB: it is the red one", NULL);
}

static void senders(void **state) {
    (void)state;
    struct heard h = hear_all((struct listen_input){
        .text = S("Where is it?\n\nRegards\nRosa Lind"), .language = S("en"), .from_name = S("Peter Lind")});
    has(&h, FINDING_NAME, "Rosa Lind", "Rosa Lind");
    has(&h, FINDING_NAME, "", "Peter Lind");
    const struct finding *f = find(&h, FINDING_NAME, "Rosa Lind", NULL);
    assert_int_equal(f->ncandidates, 1);
    assert_true(str_eq(f->candidates[0], S("Peter Lind")));
    h = hear_all(
        (struct listen_input){.text = S("Where is it?"), .from_address = S("quax.lind@post.example")});
    none(&h, FINDING_NAME); /* Quax stands in no list of names */
    h = hear_all(
        (struct listen_input){.text = S("Where is it?"), .from_address = S("rosa.lind@post.example")});
    has(&h, FINDING_NAME, "", "Rosa Lind");
    h = hear_all((struct listen_input){.text = S("Where is it?"), .from_address = S("info@post.example")});
    none(&h, FINDING_NAME);
    h = hear_all((struct listen_input){.text = S("Where is it?"), .from_name = S("Crane Support Team")});
    none(&h, FINDING_NAME);
    h = hear_all((struct listen_input){
        .text = S("Where is it?\n\nR. Okonkwo"), .language = S("en"), .from_name = S("\"Rita Okonkwo\"")});
    has(&h, FINDING_NAME, "", "Rita Okonkwo");
    for (size_t i = 0; i < h.findings.n; i++) assert_int_equal(h.findings.v[i].ncandidates, 0);
}

/* ---- ages ---- */

static void one_age(const char *text, const char *age, bool of_child) {
    struct heard h = hear_in("en", text);
    if (!age) {
        none(&h, FINDING_AGE);
        assert_false(h.child);
        return;
    }
    has(&h, FINDING_AGE, NULL, age);
    assert_int_equal(h.child, of_child);
}

static void ages(void **state) {
    (void)state;
    one_age("I am Tove, 11. I built the ferry.", "11", true);
    one_age("I'm 7 and I like boats.", "7", true);
    one_age("I am 6 years old.", "6", true);
    one_age("Hello! My name is Bo. I am nine.", "9", true);
    one_age("I am twenty one years old and still build.", "21", false);
    one_age("I am a 74 year old man with a crane.", "74", false);
    one_age("My son (7) wants to know why the bakery has no baker.", "7", true);
    one_age("My daughter Mara, 5, asks why the bakery has no baker.", "5", true);
    one_age("My 8 year old son broke it.", "8", false);
    one_age("Where is it?\n\nLove,\nNora (6)", "6", true);
    one_age("I am 100% sure.", NULL, false);
    one_age("I am 2 hours away and 3 days late.", NULL, false);
    one_age("I am one of many who wait.", NULL, false);
    one_age("I am on version 7.", NULL, false);
    struct heard h = hear_in("en", "I am in third grade and my crane is broken.");
    assert_true(h.child);
}

/* ---- asks and promises ---- */

static void one_ask(const char *text, const char *ask) {
    struct heard h = hear_in("en", text);
    if (!ask) {
        if (count(&h, FINDING_ASK)) print_error("in: %s\n", text);
        none(&h, FINDING_ASK);
        return;
    }
    if (!find(&h, FINDING_ASK, ask, NULL)) print_error("in: %s\n", text);
    has(&h, FINDING_ASK, ask, NULL);
}

static void asks(void **state) {
    (void)state;
    one_ask("The bell is mute. Why does it not ring?", "Why does it not ring?");
    one_ask("I do not like the bell so how can I take it off.", "how can I take it off");
    one_ask("how do you get the bell to ring", "how do you get the bell to ring");
    one_ask("My bell is mute, any ideas?", "any ideas?");
    one_ask("The bell is mute. Any help would be appreciated.", "Any help would be appreciated");
    one_ask("Please send a new bell.", "Please send a new bell");
    one_ask("The bell is mute and I would like a new one.", "I would like a new one");
    one_ask("I was wondering whether you have a bell.", "I was wondering whether you have a bell");
    one_ask("Let me know what to do, because I am at a loss.", "Let me know what to do");
    one_ask("Dad told me to write to see if there is another bell.", "see if there is another bell");
    one_ask("Give me my money back", "Give me my money back");
    one_ask("I need to replace the bell.", "I need to replace the bell");
    struct heard h = hear_in("en", "Can you send me a new bell and can you tell me why it broke?");
    assert_int_equal(count(&h, FINDING_ASK), 2);
    h = hear_in("en", "Is the picture wrong, or is the part missing?");
    assert_int_equal(count(&h, FINDING_ASK), 2);
    /* Broken by a mail program in the midst. */
    h = hear_in("en", "The bell of the big lighthouse is mute since we put it on the shelf. Could\n"
                      "you send us another one before the summer, please? We are sad about it and\n"
                      "so are the gulls.");
    has(&h, FINDING_ASK, "Could you send us another one before the summer, please?", NULL);
    one_ask("Thank you for all your help in advance.", NULL);
    one_ask("I love the bell. It rings every day.", NULL);
    one_ask("That is how I found out.", NULL);
    one_ask("As you can see it is lovely.", NULL);
    one_ask("", NULL);
    one_ask("?????", NULL);
}

static void promises(void **state) {
    (void)state;
    struct heard h = hear_in("en", "I will send the log tomorrow, but today I am at sea.");
    has(&h, FINDING_PROMISE, NULL, NULL);
    h = hear_in("en", "I won't take him to the pool again if you send one.");
    has(&h, FINDING_PROMISE, "I won't take him to the pool again if you send one", NULL);
    h = hear_in("en", "We'll let you know how it went.");
    has(&h, FINDING_PROMISE, "We'll let you know how it went", NULL);
    h = hear_in("en", "I will have to live with it. I will never understand this. If I will see it, fine.");
    none(&h, FINDING_PROMISE);
}

/* ---- what happened, how they feel ---- */

static void one_event(const char *text, const char *value) {
    struct heard h = hear_in("en", text);
    if (value && !find(&h, FINDING_EVENT, NULL, value)) print_error("in: %s\n", text);
    if (value)
        has(&h, FINDING_EVENT, NULL, value);
    else
        none(&h, FINDING_EVENT);
}

static void events(void **state) {
    (void)state;
    one_event("I lost the captain on the beach.", "lost");
    one_event("She fell down the drain.", "lost");
    one_event("The axle of our lorry (1507) broke on its second trip.", "broken");
    one_event("The lamp does not turn.", "broken");
    one_event("The app crashes when I open it.", "broken");
    one_event("There was no bag 7 in the box.", "missing");
    one_event("The anchor is missing.", "missing");
    one_event("My parcel has not arrived yet.", "late");
    one_event("You sent the wrong colour.", "wrong");
    one_event("Bag 4 holds two left doors.", "wrong");
    one_event("The site has been down since Monday.", "outage");
    one_event("I was charged twice for one box.", "charge");
    one_event("The lamp is not broken at all.", NULL);
    one_event("What if I lose the captain?", NULL);
    one_event("We love the ferry.", NULL);
    struct heard h = hear_in("en", "The axle of our lorry (1507) broke on its second trip.");
    has(&h, FINDING_EVENT, "The axle of our lorry (1507) broke on its second trip", "broken");
}

static void one_feeling(const char *text, const char *quote, const char *value) {
    struct heard h = hear_in("en", text);
    if (!find(&h, FINDING_FEELING, quote, value)) print_error("in: %s\n", text);
    has(&h, FINDING_FEELING, quote, value);
}

static void feelings(void **state) {
    (void)state;
    one_feeling("I am really upset that he is gone.", "I am really upset", "upset");
    one_feeling("I'm so angry about this!", "I'm so angry", "angry");
    one_feeling("We are very disappointed with you.", "We are very disappointed", "disappointed");
    one_feeling("I cried all the way to the library.", NULL, "sad");
    one_feeling("I am worried that it will happen again.", "I am worried", "worried");
    one_feeling("I was so proud of it.", NULL, "proud");
    one_feeling("Thank you so much for the quick answer, it made my day, and the ferry floats.", NULL,
                "thankful");
    struct heard h = hear_in("en", "I would be happy if you could help. It would be great to have one.");
    none(&h, FINDING_FEELING);
    h = hear_in("en", "Where is the anchor? Thank you.");
    none(&h, FINDING_FEELING);
}

static void sorts(void **state) {
    (void)state;
    struct heard h =
        hear_in("en", "Thank you so much for the anchor. We love the ferry and it is wonderful.");
    is_sort(&h, SORT_THANKS);
    h = hear_in("en", "The lamp broke on the first day and I am very angry. This is unacceptable.");
    is_sort(&h, SORT_COMPLAINT);
    h = hear_in("en", "Do you sell the red door by itself?");
    is_sort(&h, SORT_ASK);
    h = hear_in("en", "The ferry stands on the table.");
    is_sort(&h, SORT_OTHER);
}

/* ---- numbers ---- */

static void orders(void **state) {
    (void)state;
    struct catalogue *c = small_catalogue();
    static const struct {
        const char *text, *number;
    } rows[] = {
        {"The invoice for order 2026-54010 is wrong.", "2026-54010"},
        {"My order number is AB-1234567.", "AB-1234567"},
        {"Order #7788123, delivered on Monday.", "7788123"},
        {"See invoice no. 55812 please.", "55812"},
        {"It is about #1234567.", "1234567"},
        {"My case CS-0048217 is still open.", "CS-0048217"},
        {"I ordered it on 12 May 2024.", NULL},
        {"My order of 12/05/2024 is late.", NULL},
        {"My order 4127 is late.", NULL}, /* a product's number */
        {"I paid an invoice of 120.50 for it.", NULL},
        {"Order 12 is late.", NULL},
        {"In 2024 I wrote to you.", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct heard h =
            hear_all((struct listen_input){.text = str_z(rows[i].text), .language = S("en"), .catalogue = c});
        if (rows[i].number)
            has(&h, FINDING_ORDER, rows[i].number, rows[i].number);
        else
            none(&h, FINDING_ORDER);
    }
    catalogue_free(c);
}

/* ---- German ---- */

static void german_child(void **state) {
    (void)state;
    struct heard h =
        hear("Hallo liebes Team!\n"
             "Ich heiße Mia und bin acht Jahre alt. Zu Weihnachten habe ich das Baumhaus bekommen.\n"
             "Gestern ist mir die Eule in den Bach gefallen. Ich war so traurig und habe geweint.\n"
             "Mama hat gesagt ich soll euch fragen ob ihr mir eine neue Eule schicken könnt. Ich\n"
             "verspreche dass ich sie nie wieder mit raus nehme.\n"
             "Liebe Grüße\n"
             "eure Mia");
    assert_true(str_eq(h.language, S("de")));
    assert_true(h.child && h.has_pack);
    is_sort(&h, SORT_ASK);
    has(&h, FINDING_NAME, "Mia", "Mia");
    has(&h, FINDING_AGE, NULL, "8");
    has(&h, FINDING_EVENT, NULL, "lost");
    has(&h, FINDING_FEELING, "Ich war so traurig", "sad");
    has(&h, FINDING_ASK, "fragen ob ihr mir eine neue Eule schicken könnt", NULL);
    has(&h, FINDING_PROMISE, "Ich verspreche dass ich sie nie wieder mit raus nehme", NULL);
}

static void german(void **state) {
    (void)state;
    struct heard h =
        hear("Sehr geehrte Damen und Herren,\n\n"
             "ich habe unter der Bestellnummer 4711-00815 eine Mühle bestellt. Geliefert wurde\n"
             "leider das falsche Modell, außerdem fehlt der Deckel. Ich warte seit drei Wochen auf\n"
             "eine Antwort. Das ist wirklich ärgerlich!\n\n"
             "Ich möchte mein Geld zurück. Bitte teilen Sie mir mit, wie es weitergeht.\n\n"
             "Mit freundlichen Grüßen\n"
             "Dr. Sabine Krüger-Lang\n"
             "Tel. 0221 555 123");
    assert_true(str_eq(h.language, S("de")));
    is_sort(&h, SORT_COMPLAINT);
    assert_false(h.child);
    has(&h, FINDING_NAME, NULL, "Sabine Krüger-Lang");
    assert_int_equal(count(&h, FINDING_NAME), 1);
    has(&h, FINDING_ORDER, "4711-00815", "4711-00815");
    has(&h, FINDING_EVENT, NULL, "wrong");
    has(&h, FINDING_EVENT, NULL, "missing");
    has(&h, FINDING_EVENT, NULL, "late");
    has(&h, FINDING_FEELING, NULL, "upset");
    has(&h, FINDING_ASK, "Ich möchte mein Geld zurück", NULL);
    has(&h, FINDING_ASK, "Bitte teilen Sie mir mit, wie es weitergeht", NULL);
    h = hear_in("de", "Vielen herzlichen Dank für die schnelle Lieferung! Wir haben uns sehr gefreut.");
    is_sort(&h, SORT_THANKS);
    none(&h, FINDING_ASK);
    h = hear_in("de", "Mein Sohn Jonas (6) möchte wissen, ob es den Drachen auch in Blau gibt. LG Petra");
    has(&h, FINDING_AGE, NULL, "6");
    has(&h, FINDING_NAME, NULL, "Petra");
    assert_true(h.child);
    assert_int_equal(count(&h, FINDING_ASK), 1);
    h = hear_in("de", "hallo ich bin emil und 9 jahre alt. könnt ihr mir eine schaufel schicken? euer emil");
    has(&h, FINDING_NAME, "emil", "emil");
    has(&h, FINDING_AGE, NULL, "9");
    assert_true(h.child);
    h = hear_in("de",
                "Der Mast ist abgebrochen. Die Rechnung kann ich Ihnen gerne mailen.\n\nFreundliche Grüße\n"
                "i.A. Bettina Vogt, Buchhaltung");
    has(&h, FINDING_NAME, NULL, "Bettina Vogt");
    has(&h, FINDING_EVENT, NULL, "broken");
    has(&h, FINDING_PROMISE, "kann ich Ihnen gerne mailen", NULL);
    h = hear_in("de", "Der Kutter schwimmt.\nViele Grüße aus Flensburg\nAnnegret und Tomke");
    has(&h, FINDING_NAME, "Annegret", "Annegret");
    has(&h, FINDING_NAME, "Tomke", "Tomke");
    assert_int_equal(find(&h, FINDING_NAME, "Tomke", NULL)->ncandidates, 0);
}

static void german_asks(void **state) {
    (void)state;
    static const char *const asking[] = {
        "Können Sie mir eine neue Achse schicken?",
        "Könnten Sie mir bitte helfen",
        "Ich hätte gerne ein neues Rad.",
        "Wo bekomme ich eine Ersatzlampe",
        "Über eine Rückmeldung würde ich mich freuen.",
        "Gibt es das auch in Grün?",
        "Ich bitte um Rückruf.",
        "Könnt ihr mir ein Rad schicken",
        "Ich fordere Sie auf, den Betrag zu erstatten.",
        "Wissen Sie, wann die Mühle wieder lieferbar ist?",
    };
    for (size_t i = 0; i < sizeof asking / sizeof *asking; i++) {
        struct heard h = hear_in("de", asking[i]);
        if (!count(&h, FINDING_ASK)) print_error("in: %s\n", asking[i]);
        has(&h, FINDING_ASK, NULL, NULL);
    }
    static const char *const telling[] = {
        "Gestern wurde das Paket geliefert.",
        "Wir konnten den Turm in zwei Stunden bauen.",
        "Vielen Dank im Voraus für Ihre Mühe.",
        "Wie gesagt ist alles in Ordnung.",
        "Der Turm steht im Garten, wo er allen gefällt.",
    };
    for (size_t i = 0; i < sizeof telling / sizeof *telling; i++) {
        struct heard h = hear_in("de", telling[i]);
        if (count(&h, FINDING_ASK)) print_error("in: %s\n", telling[i]);
        none(&h, FINDING_ASK);
    }
}

/* ---- what goes wrong ---- */

static str repeat(const char *piece, size_t bytes) {
    size_t n = strlen(piece);
    char *out = arena_alloc(mem, bytes + n);
    size_t at = 0;
    for (; at < bytes; at += n) memcpy(out + at, piece, n);
    return (str){out, at};
}

static void bad_input(void **state) {
    (void)state;
    struct heard h = hear("");
    assert_int_equal(h.findings.n, 0);
    is_sort(&h, SORT_OTHER);
    h = hear_all((struct listen_input){0});
    assert_int_equal(h.findings.n, 0);
    h = hear_all((struct listen_input){.text = repeat("?", 10000), .language = S("en")});
    assert_int_equal(h.findings.n, 0);
    h = hear_all((struct listen_input){.text = repeat("why? ", 10000), .language = S("en")});
    assert_true(h.findings.n <= 200);
    h = hear_all((struct listen_input){.text = repeat("i lost my i want my i am sad how do i ", 300000)});
    assert_true(h.clipped && h.findings.n <= 200);
    assert_true(h.text.bytes.n <= LISTEN_MAX);
    h = hear_all((struct listen_input){.text = repeat("it broke again ", 300000), .language = S("en")});
    assert_true(h.findings.n <= 200);
    h = hear_all((struct listen_input){.text = repeat("Thanks\nBob\n", 300000), .language = S("en")});
    assert_true(h.findings.n <= 200);
    h = hear_all((struct listen_input){.text = repeat("\xC3\xBC", 25 << 20)});
    assert_true(h.clipped && str_is_utf8(h.text.bytes));
    h = hear_all(
        (struct listen_input){.text = repeat("\xFF\xFE Where is it? \x80", 5000), .language = S("en")});
    assert_true(count(&h, FINDING_ASK) > 0);
    h = hear_all((struct listen_input){.text = {"a\0b? \0", 6}, .language = S("en")});
    assert_true(h.findings.n <= 1);
}

static void other_scripts(void **state) {
    (void)state;
    struct heard h = hear("你好,我买的灯塔坏了。你们可以给我寄一个新的灯吗?谢谢。");
    assert_false(h.has_pack);
    has(&h, FINDING_ASK, NULL, NULL);
    h = hear("مرحبا، انكسرت المنارة أمس. هل يمكنكم إرسال مصباح جديد؟ رقم الطلب #1234567");
    assert_false(h.has_pack);
    has(&h, FINDING_ASK, NULL, NULL);
    has(&h, FINDING_ORDER, "1234567", "1234567");
    h = hear_all((struct listen_input){.text = S("Bonjour, pourquoi la cloche ne sonne pas ?\n\nAmélie"),
                                       .from_name = S("Amélie Roux")});
    has(&h, FINDING_NAME, "", "Amélie Roux");
    has(&h, FINDING_ASK, NULL, NULL);
    assert_int_equal(h.findings.n, 2);
    /* Zero-width characters and look-alikes of other scripts. */
    h = hear_in("en", "I am re\u200Bally ups\u200Det. Plea\u0455e send m\u0435 a n\u0435w one.");
    has(&h, FINDING_FEELING, NULL, "upset");
    has(&h, FINDING_ASK, NULL, NULL);
    h = hear_in("en", "I LOST MY CAPTAIN AND I AM VERY SAD CAN YOU SEND ME A NEW ONE");
    has(&h, FINDING_EVENT, "I LOST MY CAPTAIN", "lost");
    has(&h, FINDING_FEELING, "I AM VERY SAD", "sad");
    has(&h, FINDING_ASK, "CAN YOU SEND ME A NEW ONE", NULL);
    h = hear_in("xx", "Where is it? I am sad.");
    assert_false(h.has_pack);
    assert_int_equal(h.findings.n, 1);
}

static void names_of_kinds(void **state) {
    (void)state;
    for (int i = 0; i < FINDING_KINDS; i++) {
        finding_kind k;
        assert_true(finding_kind_of(str_z(finding_kind_name((finding_kind)i)), &k));
        assert_int_equal(k, i);
    }
    finding_kind k;
    assert_false(finding_kind_of(S("smell"), &k));
    assert_string_equal(letter_sort_name(SORT_THANKS), "thanks");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(child, begin, end),
        cmocka_unit_test_setup_teardown(luka, begin, end),
        cmocka_unit_test_setup_teardown(names, begin, end),
        cmocka_unit_test_setup_teardown(senders, begin, end),
        cmocka_unit_test_setup_teardown(ages, begin, end),
        cmocka_unit_test_setup_teardown(asks, begin, end),
        cmocka_unit_test_setup_teardown(promises, begin, end),
        cmocka_unit_test_setup_teardown(events, begin, end),
        cmocka_unit_test_setup_teardown(feelings, begin, end),
        cmocka_unit_test_setup_teardown(sorts, begin, end),
        cmocka_unit_test_setup_teardown(orders, begin, end),
        cmocka_unit_test_setup_teardown(german_child, begin, end),
        cmocka_unit_test_setup_teardown(german, begin, end),
        cmocka_unit_test_setup_teardown(german_asks, begin, end),
        cmocka_unit_test_setup_teardown(bad_input, begin, end),
        cmocka_unit_test_setup_teardown(other_scripts, begin, end),
        cmocka_unit_test_setup_teardown(names_of_kinds, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
