/* The letter check, kind by kind. Letters and replies are of an invented toy maker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/clock.h"
#include "desk/history.h"

static const int64_t now = 1357578131000LL; /* Monday, 7 January 2013 */

struct world {
    arena *a;
    struct heard heard;
    struct check_input in;
    struct checked out;
    near *index;
    struct history history;
};

static struct world world(const char *letter, const char *name) {
    struct world w = {.a = arena_new(0)};
    listen_to(w.a,
              &(struct listen_input){.text = str_z(letter), .from_name = str_z(name), .language = S("en")},
              &w.heard);
    w.in = (struct check_input){.customer_name = str_z(name), .now = now};
    return w;
}

static void run(struct world *w, const char *reply) {
    w->in.letter = w->heard.text.nwords ? &w->heard : NULL;
    w->in.reply = str_z(reply);
    if (w->index) {
        history_for(&w->history, w->a, w->index, 0);
        w->in.history = &w->history.view;
    }
    check(w->a, &w->in, &w->out);
    for (size_t i = 0; i < w->out.remarks.n; i++) {
        const struct remark *r = &w->out.remarks.v[i];
        assert_true(r->start <= r->end && r->end <= w->in.reply.n);
    }
}

static void end(struct world *w) {
    if (w->index) near_close(w->index);
    arena_free(w->a);
}

/* The first remark of that kind and level, NULL none. */
static const struct remark *find(const struct world *w, remark_kind kind, remark_level level) {
    for (size_t i = 0; i < w->out.remarks.n; i++)
        if (w->out.remarks.v[i].kind == kind && w->out.remarks.v[i].level == level)
            return &w->out.remarks.v[i];
    return NULL;
}

static bool any(const struct world *w, remark_kind kind) {
    return find(w, kind, REMARK_LOOK) || find(w, kind, REMARK_STOP);
}

static bool at(const struct world *w, const struct remark *r, const char *words) {
    return r && str_eq(str_slice(w->in.reply, r->start, r->end), str_z(words));
}

static bool says(const struct world *w, const struct remark *r, const char *part) {
    return r && str_find(remark_says(w->a, NULL, r), str_z(part), 0) != SIZE_MAX;
}

static const char letter[] = "Hello, my name is Milo and I am 7. On Saturday I took Keeper Juno on the tram. "
                             "Then I took my glove off and "
                             "she fell down the drain. I am really sad. Can you send me another Keeper Juno? "
                             "I will never take her on the "
                             "tram again. From Milo";

static void the_name(void **state) {
    (void)state;
    struct world w = world(letter, "Milo Hart");
    run(&w, "Dear Milo,\n\nthe drain has eaten many gloves. A new Keeper Juno leaves us tomorrow.\n\nInes");
    assert_true(at(&w, find(&w, REMARK_NAME, REMARK_FINE), "Milo"));
    assert_false(any(&w, REMARK_NAME) || any(&w, REMARK_GREETING));
    run(&w,
        "Dear Customer,\n\nthe drain has eaten many gloves. A new Keeper Juno leaves us tomorrow.\n\nInes");
    assert_true(says(&w, find(&w, REMARK_NAME, REMARK_LOOK), "Milo"));
    run(&w, "Dear Mila,\n\na new Keeper Juno leaves us tomorrow.");
    assert_true(at(&w, find(&w, REMARK_NAME, REMARK_STOP), "Mila"));
    run(&w, "Dear Barbara,\n\na new Keeper Juno leaves us tomorrow.");
    assert_true(at(&w, find(&w, REMARK_GREETING, REMARK_STOP), "Barbara"));
    run(&w, "Hello Milo, here is news.\n\nDear Barbara,\n\na new Keeper Juno leaves us tomorrow.");
    assert_true(at(&w, find(&w, REMARK_GREETING, REMARK_STOP), "Barbara"));
    run(&w, "Dear Juno,\n\na new one leaves us tomorrow.");
    assert_true(find(&w, REMARK_GREETING, REMARK_LOOK) != NULL);
    assert_null(find(&w, REMARK_GREETING, REMARK_STOP));
    end(&w);
    w = world("The door is stuck. Robert Jones", "Robert Jones");
    static const char *const good[] = {"Dear Mr Jones,\n\nopen it.", "Dear Bob,\n\nopen it.",
                                       "Robert,\n\nopen it.", "Good morning Robert!\nOpen it.",
                                       "Dear R. Jones,\n\nopen it."};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        run(&w, good[i]);
        assert_null(find(&w, REMARK_NAME, REMARK_STOP));
        assert_null(find(&w, REMARK_GREETING, REMARK_STOP));
    }
    end(&w);
    w = world("The door is stuck.", "kombuchabaer");
    run(&w, "Dear Barbara,\n\nopen it.");
    assert_false(any(&w, REMARK_NAME) || any(&w, REMARK_GREETING)); /* nobody knows what they are called */
    end(&w);
}

static void slots_and_numbers(void **state) {
    (void)state;
    struct world w = world("My order AB-77120 is late.", "Ruth Kalu");
    str ours[] = {S("#1042")};
    w.in.references = ours;
    w.in.nreferences = 1;
    run(&w,
        "Dear Ruth,\n\n[[what happened, in your own words]] Case CS-0048217, and order AB-77120. See #1042.");
    assert_true(at(&w, find(&w, REMARK_SLOT, REMARK_STOP), "[[what happened, in your own words]]"));
    int n = 0;
    for (size_t i = 0; i < w.out.remarks.n; i++) n += w.out.remarks.v[i].kind == REMARK_REFERENCE;
    assert_int_equal(n, 2); /* hers is hers */
    assert_true(at(&w, find(&w, REMARK_REFERENCE, REMARK_LOOK), "CS-0048217"));
    run(&w, "Dear Ruth,\n\nsee https://a.example/CS-0048217 and CVE-2024-1234, HTML5 and #10425.");
    assert_false(any(&w, REMARK_REFERENCE));
    end(&w);
}

static void the_ask(void **state) {
    (void)state;
    struct world w = world(letter, "Milo Hart");
    run(&w, "Dear Milo,\n\nwe are looking forward to the summer here. The office has a new carpet and it is "
            "blue.");
    const struct remark *r = find(&w, REMARK_ASK, REMARK_LOOK);
    assert_true(says(&w, r, "send me another Keeper Juno"));
    assert_int_equal(r->evidence.v[0].source, EVIDENCE_LETTER);
    run(&w, "Dear Milo,\n\nI was on the tram too. I am sending you another Keeper Juno today.");
    assert_true(at(&w, find(&w, REMARK_ASK, REMARK_FINE), "I am sending you another Keeper Juno today."));
    assert_false(any(&w, REMARK_ASK));
    end(&w);
    w = world("My parcel never came. When will it arrive? Ruth Kalu", "Ruth Kalu");
    run(&w, "Dear Ruth,\n\nthe depot in Leeds has it. A driver brings it on Thursday before noon.");
    assert_true(at(&w, find(&w, REMARK_ASK, REMARK_FINE), "A driver brings it on Thursday before noon."));
    run(&w, "Dear Ruth,\n\nthe depot in Leeds has it. A driver brings it to you soon.");
    assert_non_null(find(&w, REMARK_ASK, REMARK_LOOK));
    end(&w);
}

static void their_words(void **state) {
    (void)state;
    struct world w = world(letter, "Milo Hart");
    run(&w, "Dear Milo,\n\nI told our harbourmaster about the glove and the drain at once. He lost two "
            "whistles so.");
    const struct remark *r = find(&w, REMARK_ECHO, REMARK_FINE);
    assert_non_null(r);
    assert_true(r->evidence.n >= 2);
    run(&w, "Dear Milo,\n\nour specialists have registered the matter and are going through it with all due "
            "care, "
            "as they do with everything that reaches this office on working days between nine and five.");
    assert_non_null(find(&w, REMARK_ECHO, REMARK_LOOK));
    end(&w);
}

static void promises(void **state) {
    (void)state;
    struct world w = world(letter, "Milo Hart");
    run(&w, "Dear Milo,\n\nI will send you another Keeper Juno by Friday.");
    const struct remark *r = find(&w, REMARK_PROMISE, REMARK_FINE);
    assert_non_null(r);
    assert_int_equal(r->due_at, zone_instant(NULL, 2013, 1, 12, 0, 0) - SECOND_MS);
    run(&w, "Dear Milo,\n\nWe will look into it and get back to you in due course.");
    assert_true(says(&w, find(&w, REMARK_PROMISE, REMARK_LOOK), "in due course"));
    run(&w, "Dear Milo,\n\nI will send you another Keeper Juno.");
    assert_true(says(&w, find(&w, REMARK_PROMISE, REMARK_LOOK), "without a day"));
    run(&w, "Dear Milo,\n\nI am going to send you a lantern too! You will see an envelope within two weeks.");
    assert_non_null(find(&w, REMARK_PROMISE, REMARK_FINE));
    assert_null(find(&w, REMARK_PROMISE, REMARK_LOOK));
    run(&w, "Dear Milo,\n\nIf you tell me where you live, I will send you another one. I will not forget the "
            "drain. "
            "Will we send two?");
    assert_false(any(&w, REMARK_PROMISE));
    end(&w);
}

static void apologies(void **state) {
    (void)state;
    struct world w = world(letter, "Milo Hart");
    run(&w, "Dear Milo,\n\nWe are sorry for any inconvenience this may have caused.");
    assert_true(at(&w, find(&w, REMARK_APOLOGY, REMARK_LOOK), "any inconvenience this may have caused"));
    run(&w, "Dear Milo,\n\nI am so sorry to hear about Juno and the drain.");
    assert_false(any(&w, REMARK_APOLOGY)); /* he lost her himself: feeling with him is enough */
    run(&w, "Dear Milo,\n\nI am sorry. We sent you the wrong glove, that was my mistake.");
    assert_non_null(find(&w, REMARK_APOLOGY, REMARK_FINE));
    str before[] = {S("We are very sorry about this.")};
    w.in.earlier = before;
    w.in.nearlier = 1;
    run(&w, "Dear Milo,\n\nWe are sorry about this.");
    assert_true(says(&w, find(&w, REMARK_APOLOGY, REMARK_LOOK), "before"));
    run(&w, "Dear Milo,\n\nWe are sorry about this. A new one is on its way to you since this morning.");
    assert_null(find(&w, REMARK_APOLOGY, REMARK_LOOK));
    end(&w);
}

static void words_and_length(void **state) {
    (void)state;
    struct world w = world(letter, "Milo Hart");
    run(&w, "Dear Milo,\n\nWe got your letter. We read it. We liked the tram. We think of our tram too.");
    assert_non_null(find(&w, REMARK_PRONOUN, REMARK_LOOK));
    run(&w, "Dear Milo,\n\nWe got your letter. We read it. We liked the tram. I think of our tram too.");
    assert_null(find(&w, REMARK_PRONOUN, REMARK_LOOK));
    run(&w, "Dear Milo,\n\nUnfortunately the availability of replacements is limited.");
    assert_non_null(find(&w, REMARK_LENGTH, REMARK_LOOK));
    run(&w, "Dear Milo,\n\nYour request is in a queue.");
    assert_true(at(&w, find(&w, REMARK_CONCRETE, REMARK_LOOK), "Your request"));
    str less[] = {S("queue"), S("process"), S("accordingly")};
    w.in.voice_less = less;
    w.in.nvoice_less = 3;
    run(&w, "Dear Milo,\n\nWe process the queue accordingly.");
    assert_true(says(&w, find(&w, REMARK_VOICE, REMARK_LOOK), "process, queue, accordingly"));
    end(&w);
}

static void learn(struct world *w, int64_t id, const char *reply) {
    struct near_text text;
    bool damaged;
    if (!w->index)
        assert_int_equal(near_open(S("/tmp/longhand-check-test.near"), false, &w->index, &damaged), 0);
    history_text(w->a, &(struct history_said){.id = id, .customer = 100 + id, .at = 1, .reply = str_z(reply)},
                 NULL, &text);
    assert_int_equal(near_add(w->index, &text), 0);
}

static const char *const canned_letter = "Dear Milo,\n\nThe workshop keeps a list of all the pieces that "
                                         "people miss in a year. Your wish stands on that "
                                         "list since this morning under number CS-00482. Please tell the "
                                         "postman to ring twice, because our boxes are "
                                         "small and thin.\n\nKind regards,\nThe Team";

static void canned(void **state) {
    (void)state;
    struct world w = world(letter, "Milo Hart");
    learn(&w, 1,
          "Dear Ruth,\n\nThe workshop keeps a list of all the pieces that people miss in a year. Your wish "
          "stands on that list since Monday under number CS-00101. Please tell the postman to ring twice, "
          "because our boxes are small and thin.\n\nKind regards,\nThe Team");
    run(&w, canned_letter);
    assert_non_null(find(&w, REMARK_CANNED_LETTER, REMARK_LOOK)); /* one other: to be looked at */
    assert_null(find(&w, REMARK_CANNED_LETTER, REMARK_STOP));
    assert_true(says(&w, find(&w, REMARK_CANNED, REMARK_LOOK), "Somebody else"));
    for (int64_t id = 2; id < 6; id++)
        learn(
            &w, id,
            str_fmt(w.a,
                    "Hello customer %lld,\n\nThe workshop keeps a list of all the pieces that people miss in "
                    "a year. Your wish stands on that list since Monday under number CS-00%lld. Please tell "
                    "the postman to ring twice, because our boxes are small and thin.\n\nKind regards,\n"
                    "The Team",
                    (long long)id, (long long)id + 200)
                .p);
    run(&w, canned_letter);
    const struct remark *r = find(&w, REMARK_CANNED_LETTER, REMARK_STOP);
    assert_true(says(&w, r, "5 other customers"));
    r = find(&w, REMARK_CANNED, REMARK_LOOK);
    assert_true(says(&w, r, "5 other customers got this sentence"));
    assert_int_equal(r->evidence.v[0].source, EVIDENCE_REPLY);
    assert_true(r->evidence.v[0].id > 0 && r->evidence.v[0].customers == 5);
    /* Nouns of the letter pasted in do not help, an own letter does. */
    run(&w, "Dear Milo,\n\nThe workshop keeps a list of all the pieces like Keeper Juno that people miss in "
            "a year. "
            "Your wish for Keeper Juno stands on that list since this morning under number CS-00482. Please "
            "tell the "
            "postman of Keeper Juno to ring twice, because our boxes are small and thin.\n\nKind "
            "regards,\nThe Team");
    assert_non_null(find(&w, REMARK_CANNED_LETTER, REMARK_STOP));
    run(&w,
        "Dear Milo,\n\nthe drain by the tram stop has eaten my umbrella too. I asked the harbourmaster for "
        "another Keeper Juno, and he signed at once.\n\nKind regards,\nInes");
    assert_false(any(&w, REMARK_CANNED) || any(&w, REMARK_CANNED_LETTER));
    end(&w);
}

static void facts_are_exempt(void **state) {
    (void)state;
    struct world w = world(letter, "Milo Hart");
    for (int64_t id = 1; id < 6; id++)
        learn(&w, id, "Turn the screw to the left until it clicks, then lift the lid with both hands.");
    const char *reply =
        "Dear Milo,\n\nTurn the screw to the left until it clicks, then  lift\nthe lid with both hands.";
    run(&w, reply);
    assert_non_null(find(&w, REMARK_CANNED, REMARK_LOOK));
    struct check_fact fact = {
        7, S("Turn the screw to the left until it clicks, then lift the lid with both hands.")};
    w.in.facts = &fact;
    w.in.nfacts = 1;
    run(&w, reply);
    assert_false(any(&w, REMARK_CANNED));
    w.in.nfacts = 0;
    str allowed[] = {fact.text};
    w.in.allowed = allowed;
    w.in.nallowed = 1;
    run(&w, reply);
    assert_false(any(&w, REMARK_CANNED));
    end(&w);
}

static void stock_phrases(void **state) {
    (void)state;
    struct world w = world(letter, "Milo Hart");
    run(&w, "Dear Milo,\n\nPlease do not hesitate to contact us about the tram.");
    assert_non_null(find(&w, REMARK_STOCK, REMARK_LOOK));
    str mine[] = {S("about the tram")};
    w.in.stock = mine;
    w.in.nstock = 1;
    run(&w, "Dear Milo,\n\nI asked About the Tram today.");
    assert_true(at(&w, find(&w, REMARK_STOCK, REMARK_LOOK), "About the Tram"));
    w.in.allowed = mine;
    w.in.nallowed = 1;
    run(&w, "Dear Milo,\n\nI asked about the tram today.");
    assert_false(any(&w, REMARK_STOCK));
    end(&w);
}

static void other_languages(void **state) {
    (void)state;
    struct world w = world(
        "Mein Drachen ist kaputt, können Sie mir bitte einen neuen schicken?\nViele Grüße\nJan", "Jan Berg");
    run(&w, "Liebe Frau Schulz,\n\nwir bitten, etwaige Unannehmlichkeiten zu entschuldigen. Wir werden uns "
            "in Kürze bei "
            "Ihnen melden.");
    assert_true(str_eq(w.out.language, S("de")) && w.out.has_pack);
    assert_non_null(find(&w, REMARK_GREETING, REMARK_STOP));
    assert_non_null(find(&w, REMARK_APOLOGY, REMARK_LOOK));
    assert_non_null(find(&w, REMARK_PROMISE, REMARK_LOOK));
    w.in.language = S("fr");
    run(&w, "Cher Jan,\n\nnous sommes d\xc3\xa9sol\xc3\xa9s. [[la suite]] Le num\xc3\xa9ro est CS-0048217.");
    assert_false(w.out.has_pack);
    assert_non_null(find(&w, REMARK_SLOT, REMARK_STOP));
    assert_non_null(find(&w, REMARK_REFERENCE, REMARK_LOOK));
    assert_null(find(&w, REMARK_APOLOGY, REMARK_LOOK));
    end(&w);
}

static void bad_input(void **state) {
    (void)state;
    struct world w = world("", "");
    static const char *const replies[] = {"",
                                          " \n\n ",
                                          "\xff\xfe\x80",
                                          "\xe8\xac\x9d\xe8\xac\x9d\xe4\xbd\xa0\xe3\x80\x82",
                                          "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
                                          "[[",
                                          "]][[",
                                          "?",
                                          "Dear ",
                                          "Dear \xe2\x80\x8b,",
                                          "1",
                                          "A-",
                                          "AB-",
                                          "AB-1234"};
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) run(&w, replies[i]);
    run(&w, "");
    assert_int_equal(w.out.remarks.n, 0);
    end(&w);
    /* Look-alike letters and characters of no width hide nothing. */
    w = world(letter, "Milo Hart");
    run(&w, "Dear Milo,\n\nPlease do n\xd0\xbet hes\xe2\x80\x8bitate to c\xd0\xbentact us.");
    assert_non_null(find(&w, REMARK_STOCK, REMARK_LOOK));
    /* A megabyte. */
    buf b BUF_AUTO = BUF_MAX(2 << 20);
    while (b.n < 1000000)
        buf_add_z(&b, "We will get back to Milo in due course about the tram and CS-0048217. ");
    buf_add_char(&b, 0);
    int64_t begin = clock_monotonic_ms();
    run(&w, b.p);
    assert_true(w.out.remarks.n > 0 && w.out.remarks.n <= 300);
    assert_true(clock_monotonic_ms() - begin < 20000);
    end(&w);
}

static void names_of_kinds(void **state) {
    (void)state;
    for (int i = 0; i < REMARK_KINDS; i++) {
        remark_kind k;
        assert_true(remark_kind_of(str_z(remark_kind_name((remark_kind)i)), &k) && k == (remark_kind)i);
    }
    remark_kind k;
    assert_false(remark_kind_of(S("grade"), &k));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_name),         cmocka_unit_test(slots_and_numbers),
        cmocka_unit_test(the_ask),          cmocka_unit_test(their_words),
        cmocka_unit_test(promises),         cmocka_unit_test(apologies),
        cmocka_unit_test(words_and_length), cmocka_unit_test(canned),
        cmocka_unit_test(facts_are_exempt), cmocka_unit_test(stock_phrases),
        cmocka_unit_test(other_languages),  cmocka_unit_test(bad_input),
        cmocka_unit_test(names_of_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
