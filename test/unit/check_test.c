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

/* Replies to Luka Apps. */
static void greetings(void **state) {
    (void)state;
    struct world w = world("I lost my kite on the beach. Can you send me one? Luka", "Luka Apps");
    static const char *const others[] = {
        "dear peter,\n\nI have one.",
        "hi peter!\nI have one.",
        "hallo peter,\n\nich habe einen.",
        "Dear Peter thank you so much for your kind letter. I have one.",
        "Thank you, Peter! I have one.",
        "Thank you so much, Peter. I have one.",
        "Hello Luka, good news.\n\nDear Mr Brown,\nI have one.",
        "Hello Luka, good news.\n\ndear peter,\nI have one.",
        "Dear Fritzbert,\n\nI have one.",
        "Hello Luka, good news.\n\nDear Tom and Barbara,\nI have one.",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        run(&w, others[i]);
        if (!find(&w, REMARK_GREETING, REMARK_STOP)) print_error("let past: %s\n", others[i]);
        assert_non_null(find(&w, REMARK_GREETING, REMARK_STOP));
        assert_null(find(&w, REMARK_NAME, REMARK_FINE));
    }
    static const char *const nobody[] = {
        "Luka,\n\nI looked.\nHello Kitty is not ours.",
        "Hello Kitty is not ours, Luka.",
        "Luka,\n\nI looked.\nDear Zoo is a book.",
        "Luka,\n\nI looked.\nGood Morning Berlin is a show.",
        "Luka,\n\nI looked.\nHi-Fi is loud.",
        "Hi-Fi is loud, Luka.",
        "Hello from Berlin!\n\nLuka, I have one.",
        "Hi Champ,\n\nI have one, Luka.",
        "Hello Ninja fan,\n\nI have one, Luka.",
        "Hi Tidewatch friend,\n\nI have one, Luka.",
        "Thank you for the kite, Luka! I have one.",
        "Hallo Luka,\n\nich habe einen.\n\nLiebe Gr\xc3\xbc\xc3\x9f"
        "e\nInes",
        "Luka,\n\nI have one.\n\nDear Barbara of our workshop glued it.",
    };
    for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++) {
        run(&w, nobody[i]);
        if (find(&w, REMARK_GREETING, REMARK_STOP)) print_error("stopped: %s\n", nobody[i]);
        assert_null(find(&w, REMARK_GREETING, REMARK_STOP));
        assert_null(find(&w, REMARK_NAME, REMARK_STOP));
    }
    run(&w, "Hi Lukas,\n\nI have one.");
    assert_true(at(&w, find(&w, REMARK_NAME, REMARK_LOOK), "Lukas"));
    assert_null(find(&w, REMARK_NAME, REMARK_STOP));
    assert_null(find(&w, REMARK_NAME, REMARK_FINE));
    end(&w);
    w = world("I lost mine on the beach. Luka", "Luka Apps");
    const struct catalogue_item item = {CATALOGUE_PRODUCT, S("4711"), S("Windvogel Kite"), S("Beach"), 2012};
    struct catalogue *sold = catalogue_build(&item, 1, NULL, 0, NULL, 0);
    run(&w, "Hi Windvogel Kite!\n\nI have one, Luka.");
    assert_non_null(find(&w, REMARK_GREETING, REMARK_STOP));
    w.in.catalogue = sold;
    run(&w, "Hi Windvogel Kite!\n\nI have one, Luka.");
    assert_null(find(&w, REMARK_GREETING, REMARK_STOP));
    catalogue_free(sold);
    end(&w);
    w = world("My kite broke. Thank you,\nTomas Novak", "Amazon Marketplace");
    run(&w, "Dear Customer,\n\nI have one.");
    assert_true(says(&w, find(&w, REMARK_NAME, REMARK_LOOK), "Tomas"));
    end(&w);
}

static void slots(void **state) {
    (void)state;
    struct world w = world("My order AB-77120 is late.", "Ruth Kalu");
    static const struct {
        const char *reply, *slot;
    } left[] = {{"Dear [[name],\n\nit comes.", "[[name],"},
                {"Dear {{name}},\n\nit comes.", "{{name}}"},
                {"Dear {{name,\n\nit comes.", "{{name,"},
                {"Dear [Name],\n\nit comes.", "[Name]"},
                {"Dear <name>,\n\nit comes.", "<name>"},
                {"Dear [first name],\n\nit comes.", "[first name]"},
                {"Dear Ruth,\n\nit comes on [date].", "[date]"},
                {"Dear Ruth,\n\nit comes.\n\n[your name here]", "[your name here]"},
                {"Dear Ruth,\n\nit comes on [Datum] to you.", "[Datum]"},
                {"Dear Ruth,\n\n[[why]] and [order number]", "[[why]]"},
                {"Liebe Ruth,\n\nes kommt am [Datum] zu Ihnen nach Hause.", "[Datum]"}};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        run(&w, left[i].reply);
        const struct remark *r = find(&w, REMARK_SLOT, REMARK_STOP);
        if (!at(&w, r, left[i].slot)) print_error("slot: %s\n", left[i].reply);
        assert_true(at(&w, r, left[i].slot));
    }
    static const char *const none[] = {"Dear Ruth,\n\nit comes [on a lorry] and a < b or b > c.",
                                       "Dear Ruth,\n\nsee [1] and [] and <https://a.example/name>.",
                                       "Dear Ruth,\n\nthe box (name on it) is {red}."};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        run(&w, none[i]);
        assert_null(find(&w, REMARK_SLOT, REMARK_STOP));
    }
    end(&w);
}

static void numbers_of_others(void **state) {
    (void)state;
    struct world w = world("My parcel is late.", "Ruth Kalu");
    static const char *const theirs[] = {
        "Dear Ruth,\n\nyour tracking number is JD0146000. It is with DHL.",
        "Dear Ruth,\n\nthe reference of the parcel for tracking is JD014600.",
        "Dear Ruth,\n\nthe lamp follows ISO-9001 and DIN-5008.",
        "Dear Ruth,\n\nthe axle is part AX-44120, in every shop.",
    };
    for (size_t i = 0; i < sizeof theirs / sizeof *theirs; i++) {
        run(&w, theirs[i]);
        assert_false(any(&w, REMARK_REFERENCE));
    }
    run(&w, "Dear Ruth,\n\nyour reference number is CS-0048217.");
    assert_true(at(&w, find(&w, REMARK_REFERENCE, REMARK_LOOK), "CS-0048217"));
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

/* Today is a Monday. */
static void days_of_promises(void **state) {
    (void)state;
    static const struct {
        const char *reply, *quoted;
        int day; /* of January 2013 */
    } examples[] = {
        {"Dear Milo,\n\nA new one is in the post today, you should have it by Friday.", "by Friday", 11},
        {"Lieber Milo,\n\nIch habe heute ein zweites losgeschickt, es kommt am Samstag.", "am Samstag", 12},
        {"Dear Milo,\n\nI put the axle in the post yesterday, so you should have it today or tomorrow.",
         "today or tomorrow", 8},
        {"Dear Milo,\n\nI will send it on Tuesday at the latest.", "on Tuesday at the latest", 8},
        {"Dear Milo,\n\nI will send it by Friday at the latest.", "by Friday at the latest", 11},
        {"Dear Milo,\n\nYou will have it soon, at the latest by Friday.", "at the latest by Friday", 11},
        {"Dear Milo,\n\nOn Friday I will send it.", "On Friday", 11},
        {"Dear Milo,\n\nI will call you at 15:00.", "at 15:00", 7},
        {"Dear Milo,\n\nI will send it by 26/01.", "26/01", 26},
    };
    struct world w = world(letter, "Milo Hart");
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        run(&w, examples[i].reply);
        const struct remark *r = find(&w, REMARK_PROMISE, REMARK_FINE);
        int64_t due = zone_instant(NULL, 2013, 1, examples[i].day + 1, 0, 0) - SECOND_MS;
        if (!r || r->due_at != due || !says(&w, r, examples[i].quoted))
            print_error("%s: %s\n", examples[i].reply, r ? remark_says(w.a, NULL, r).p : "no promise");
        assert_non_null(r);
        assert_int_equal(r->due_at, due);
        assert_true(says(&w, r, examples[i].quoted));
        assert_null(find(&w, REMARK_PROMISE, REMARK_LOOK));
    }
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

static void one_remark_is_enough(void **state) {
    (void)state;
    struct world w = world("My parcel is late.", "Ruth Kalu");
    run(&w,
        "Dear Ruth,\n\nfour people here wanted to pack your kite. We drew lots for it, and Ben won. We all "
        "laughed. We put a bow on it.");
    assert_false(any(&w, REMARK_PRONOUN));
    run(&w, "Dear Ruth,\n\nwe received your letter. We are checking the parcel. We will review our records.");
    assert_non_null(find(&w, REMARK_PRONOUN, REMARK_LOOK));
    str mine[] = {S("we will get back to you in due course")};
    w.in.stock = mine;
    w.in.nstock = 1;
    run(&w, "Dear Ruth,\n\nthe depot has it. We will get back to you in due course.");
    assert_non_null(find(&w, REMARK_PROMISE, REMARK_LOOK));
    assert_null(find(&w, REMARK_STOCK, REMARK_LOOK));
    run(&w, "Dear Ruth,\n\nthe depot has it. We will get back to you in due course by Friday.");
    assert_non_null(find(&w, REMARK_PROMISE, REMARK_FINE));
    end(&w);
    w = world("Mein Paket ist zu sp\xc3\xa4t.", "Ruth Kalu");
    run(&w, "Liebe Ruth,\n\nwir bedauern das zerbrochene Glas in Ihrem Paket und haben es ersetzt.");
    const struct remark *r = find(&w, REMARK_STOCK, REMARK_LOOK);
    assert_false(says(&w, r, "say no in your own words"));
    end(&w);
    w = world("My kite broke on the beach. Can you send me a new tail, or should I buy the whole kite again?",
              "Ruth Kalu");
    run(&w, "Dear Ruth,\n\nthe office has a new carpet and it is blue. It came with four men and a van.");
    int asks = 0;
    for (size_t i = 0; i < w.out.remarks.n; i++) asks += w.out.remarks.v[i].kind == REMARK_ASK;
    assert_true(says(&w, find(&w, REMARK_ASK, REMARK_LOOK),
                     "Can you send me a new tail, or should I buy the whole kite a"));
    assert_int_equal(asks, 1);
    end(&w);
    w = world("My brother will not take the kite to the beach again and neither will I. I am sad.",
              "Ruth Kalu");
    for (size_t i = 0; i < w.heard.findings.n; i++)
        assert_int_not_equal(w.heard.findings.v[i].kind, FINDING_ASK);
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
    /* Nor do full stops left out. */
    run(&w, "Dear Milo,\n\nthe workshop keeps a list of all the pieces that people miss in a year, your wish "
            "stands on that list since this morning under number CS-00482, please tell the postman to ring "
            "twice, because our boxes are small and thin\n\nKind regards,\nThe Team");
    assert_non_null(find(&w, REMARK_CANNED_LETTER, REMARK_STOP));
    run(&w,
        "Dear Milo,\n\nthe drain by the tram stop has eaten my umbrella too, so I asked the harbourmaster "
        "for another Keeper Juno, and he signed at once and told me to tell the postman to ring twice, "
        "and she comes with a lantern of his\n\nKind regards,\nInes");
    assert_false(any(&w, REMARK_CANNED_LETTER));
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
    static const char pieces[] = " \n\n \xff\xfe\x80 \xe8\xac\x9d\xe8\xac\x9d\xe4\xbd\xa0\xe3\x80\x82"
                                 "\xd7\xa9\xd7\x9c [[ ]][[ ? Dear \xe2\x80\x8b, {{ <a A-AB-1234";
    for (size_t from = 0; from < sizeof pieces; from++)
        for (size_t to = from; to < sizeof pieces; to++)
            run(&w, str_cstr(w.a, str_slice(str_z(pieces), from, to)));
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
        cmocka_unit_test(the_name),
        cmocka_unit_test(slots_and_numbers),
        cmocka_unit_test(the_ask),
        cmocka_unit_test(their_words),
        cmocka_unit_test(promises),
        cmocka_unit_test(apologies),
        cmocka_unit_test(words_and_length),
        cmocka_unit_test(canned),
        cmocka_unit_test(facts_are_exempt),
        cmocka_unit_test(stock_phrases),
        cmocka_unit_test(other_languages),
        cmocka_unit_test(bad_input),
        cmocka_unit_test(names_of_kinds),
        cmocka_unit_test(greetings),
        cmocka_unit_test(days_of_promises),
        cmocka_unit_test(one_remark_is_enough),
        cmocka_unit_test(slots),
        cmocka_unit_test(numbers_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
